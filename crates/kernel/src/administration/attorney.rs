//! The power of attorney itself: a grant as one document that says by names who may do what for whom, how far, until when, and whether it still stands.

use proof::{Time, json::Object};
use serde_json::{Value, json};

use super::{clients::resources_of, describe};
use crate::{
    authority::{Audience, Authority},
    client::Client,
    detail::{Details, Piece, Types},
    grant::{self, Grant, Holder, Silent, Source, Status, Subject, Terms},
    resource::{Resource, ResourceUri},
    tenant::Tenant,
    user::User,
};

/// A grant and everything that its document names.
#[derive(Debug)]
pub struct Attorney<'a> {
    /// The tenant.
    pub tenant: &'a Tenant,
    /// The grant with its path to the root.
    pub path: &'a [Grant],
    /// Its holder, if that is a client that is still there.
    pub client: Option<&'a Client>,
    /// For whom, if that is a person who is still there.
    pub user: Option<&'a User>,
    /// The resources that it names, as far as they are registered.
    pub resources: &'a [Resource],
    /// The types of its details.
    pub types: &'a Types,
}

impl Attorney<'_> {
    /// The document: everything that [`describe::grant`] says, and what makes it readable alone. None for a path without a grant.
    pub fn document(&self, now: Time) -> Option<Object> {
        let grant = self.path.first()?;
        let allowed = grant::allowed(self.path, self.types)?;
        let mut o = standing(self.path, now)?;
        o.insert("holder".into(), Value::Object(self.holder(grant)));
        o.insert("subject".into(), Value::Object(self.subject(grant)));
        o.insert("source".into(), Value::Object(source(grant)));
        o.insert("given_at".into(), grant.created.unix().into());
        if let Some(end) = allowed.expires() {
            o.insert("ends_at".into(), end.unix().into());
        }
        o.insert("scope_words".into(), self.scope_words(&grant.authority));
        o.insert("resource_names".into(), self.resource_names(&grant.authority));
        if !grant.authority.details().is_empty() {
            let words = self.details_in_words(grant.authority.details());
            o.insert("authorization_details_words".into(), json!(words));
        }
        let mut counts = Object::new();
        let denies = grant.status == Status::Denied; // then it allows nothing of what it names
        let scope = if denies {
            String::new()
        } else {
            allowed.scopes().joined()
        };
        let resources: Vec<&str> = resources_of(&allowed)
            .map(ResourceUri::as_str)
            .filter(|_| !denies)
            .collect();
        counts.insert("scope".into(), scope.into());
        counts.insert("resources".into(), resources.into());
        if !allowed.details().is_empty() && !denies {
            counts.insert("authorization_details".into(), allowed.details().value());
        }
        o.insert("allows_now".into(), Value::Object(counts));
        let above = self.path.iter().skip(1).map(|node| {
            let mut above = Object::new();
            above.insert("id".into(), node.id.as_str().into());
            above.insert("status".into(), status(node, now).into());
            above.insert("counts".into(), node.counts(now).into());
            above.insert("edited".into(), (node.epoch > 0).into());
            Value::Object(above)
        });
        o.insert("ancestors".into(), above.collect());
        o.insert("words".into(), json!(self.words(grant, &allowed, now)));
        Some(o)
    }

    fn holder(&self, grant: &Grant) -> Object {
        let (kind, id) = match &grant.holder {
            Holder::Client(id) => ("client", id.as_str()),
            Holder::Host(id) => ("host", id.as_str()),
            Holder::Session(id) => ("session", id.as_str()),
        };
        let mut o = Object::new();
        o.insert("kind".into(), kind.into());
        o.insert("id".into(), id.into());
        if let Some(client) = self.client {
            o.insert("name".into(), client.name.as_str().into());
        }
        o
    }

    fn subject(&self, grant: &Grant) -> Object {
        let mut o = Object::new();
        match &grant.subject {
            Subject::Nobody => {
                o.insert("kind".into(), "itself".into());
            }
            Subject::User(id) => {
                o.insert("kind".into(), "person".into());
                o.insert("id".into(), id.as_str().into());
                if let Some(user) = self.user {
                    o.insert("login".into(), user.login.as_str().into());
                }
            }
        }
        o
    }

    /// Each scope with the words of the resources that know it.
    fn scope_words(&self, authority: &Authority) -> Value {
        let words = |scope: &str| self.resources.iter().find_map(|resource| resource.scopes.get(scope));
        let told = authority.scopes().iter().map(|scope| match words(scope) {
            Some(words) => json!({ "scope": scope, "words": words }),
            None => json!({ "scope": scope }),
        });
        told.collect()
    }

    fn resource_names(&self, authority: &Authority) -> Value {
        let told = resources_of(authority).map(|uri| {
            let known = self.resources.iter().find(|resource| resource.uri == *uri);
            match known {
                Some(resource) => json!({ "resource": uri.as_str(), "name": resource.name }),
                None => json!({ "resource": uri.as_str() }),
            }
        });
        told.collect()
    }

    /// Each detail as its type says it; one whose type is gone as it is.
    fn details_in_words(&self, details: &Details) -> Vec<String> {
        let told = details.iter().map(|detail| match self.types.get(detail.kind()) {
            None => detail.text().to_owned(),
            Some(kind) => {
                let pieces = kind.sentence(detail, LANGUAGE);
                pieces
                    .iter()
                    .map(|piece| match piece {
                        Piece::Words(words) => words.clone(),
                        Piece::Value(value) => value.clone(),
                        Piece::Missing(path) => format!("({path} is not said)"),
                    })
                    .collect()
            }
        });
        told.collect()
    }

    /// Two or three sentences: who may do what for whom; each capability; until when, and whether it stands.
    fn words(&self, grant: &Grant, allowed: &Authority, now: Time) -> Vec<String> {
        let holder = match (self.client, &grant.holder) {
            (Some(client), _) if !client.name.is_empty() => format!("{} ({})", client.name, client.id),
            (_, Holder::Client(id)) => format!("The client {id}"),
            (_, Holder::Host(id)) => format!("The host {id}"),
            (_, Holder::Session(id)) => format!("The session {id}"),
        };
        let whom = match (&grant.subject, self.user) {
            (Subject::Nobody, _) => "for itself".to_owned(),
            (Subject::User(_), Some(user)) => format!("for {}", user.login.as_str()),
            (Subject::User(id), None) => format!("for {id}, who is not here any more"),
        };
        let scopes: Vec<String> = allowed.scopes().iter().map(|scope| self.said(scope)).collect();
        let what = match (scopes.is_empty(), allowed.details().is_empty()) {
            (false, true) => scopes.join(", "),
            (true, true) if allowed.powers().is_empty() => "be known there".to_owned(),
            (true, true) => "do what its capabilities say".to_owned(),
            (true, false) => self.details_in_words(allowed.details()).join("; "),
            (false, false) => {
                let details = self.details_in_words(allowed.details());
                format!("{}; {}", scopes.join(", "), details.join("; "))
            }
        };
        if grant.status == Status::Denied {
            let powers = allowed
                .powers()
                .iter()
                .map(|power| power.capability.as_str().to_owned());
            let named: Vec<String> = scopes.into_iter().chain(powers).collect();
            let named = if named.is_empty() {
                "anything".to_owned()
            } else {
                named.join(", ")
            };
            let first = format!("{holder} may not do this at {}: {named}.", self.places(allowed));
            return vec![first, self.standing(grant, allowed, now)];
        }
        let mut words = vec![format!("{holder} may act {whom} at {}: {what}.", self.places(allowed))];
        words.extend(allowed.powers().iter().map(|power| format!("It {}.", power.words())));
        // A child's own powers say more than it may once an ancestor was edited: what the ancestor says counts beside them.
        let edited = self.path.iter().skip(1).filter(|node| node.epoch > 0);
        let above = edited.flat_map(|node| node.authority.powers().iter());
        words.extend(above.map(|power| format!("A grant above it {}.", power.words())));
        if grant.terms.once {
            words.push("It was for one time: one token comes of it, and no other.".to_owned());
        }
        words.push(self.standing(grant, allowed, now));
        let on_terms = self.path.iter().filter(|_| grant.status == Status::Active);
        words.extend(on_terms.filter_map(|node| ends_by_itself(node, node.id == grant.id)));
        words
    }

    fn said(&self, scope: &str) -> String {
        let words = self.resources.iter().find_map(|resource| resource.scopes.get(scope));
        match words.filter(|words| *words != scope && !words.is_empty()) {
            Some(words) => format!("{words} ({scope})"),
            None => scope.to_owned(),
        }
    }

    fn places(&self, allowed: &Authority) -> String {
        let named = |place: &Audience| match place {
            Audience::Issuer => self.tenant.name.clone(),
            Audience::Resource(uri) => {
                let known = self.resources.iter().find(|resource| resource.uri == *uri);
                known.map_or_else(|| uri.as_str().to_owned(), |resource| resource.name.clone())
            }
        };
        let places: Vec<String> = allowed.audiences().iter().map(named).collect();
        if places.is_empty() {
            "no place".to_owned()
        } else {
            places.join(", ")
        }
    }

    fn standing(&self, grant: &Grant, allowed: &Authority, now: Time) -> String {
        let given = format!("It was given on {}", grant.created.rfc3339());
        let end = Time::rfc3339;
        match (grant.status, grant.authority.expires()) {
            (Status::Denied, _) => format!("{given} as a denial: what it names is refused, whatever other grants say."),
            (Status::Revoked { at }, _) => format!("{given} and revoked on {}: it allows nothing.", end(at)),
            (Status::Active, Some(over)) if over <= now => format!("{given} and ended on {}.", end(over)),
            (Status::Active, _) if grant.silent(now) == Some(Silent::Idle) => {
                format!("{given} and counts no more, for nothing came of it for too long.")
            }
            (Status::Active, _) if grant.silent(now) == Some(Silent::OwnerLeft) => {
                format!("{given} and does not count, for its owner is not here.")
            }
            (Status::Active, _) if !grant::lives(self.path, now) => {
                format!("{given}, and it allows nothing, for a grant above it counts no more.")
            }
            (Status::Active, _) => match allowed.expires() {
                Some(over) => format!("{given} and ends on {} unless it is revoked before.", end(over)),
                None => format!("{given} and stands until it is revoked."),
            },
        }
    }
}

/// When a grant stops counting before its end, in words.
fn ends_by_itself(grant: &Grant, itself: bool) -> Option<String> {
    let Terms {
        idle_seconds,
        owner,
        risk,
        once: _,
    } = &grant.terms;
    let idle = idle_seconds.map(|seconds| match (seconds / 86_400, seconds % 86_400) {
        (1, 0) => "nothing came of it for a day".to_owned(),
        (days, 0) => format!("nothing came of it for {days} days"),
        (_, _) => format!("nothing came of it for {seconds} seconds"),
    });
    let left = owner
        .as_ref()
        .map(|owner| format!("{owner}, who answers for it, is disabled or not here any more"));
    let unusual = risk.then(|| "policies forbid something under it as unusual".to_owned());
    let when: Vec<String> = [idle, left, unusual].into_iter().flatten().collect();
    let which = if itself { "It" } else { "A grant above it" };
    (!when.is_empty()).then(|| format!("{which} stops counting earlier once {}.", when.join(", or once ")))
}

/// The language of the document.
const LANGUAGE: &str = "en";

/// A grant with how it stands now: by itself (`status`, `silent_because`) and with everything above it (`lives`). None for a path without a grant.
pub fn standing(path: &[Grant], now: Time) -> Option<Object> {
    let grant = path.first()?;
    let mut o = describe::grant(grant);
    o.insert("status".into(), status(grant, now).into());
    if let Some(why) = grant.silent(now) {
        o.insert("silent_because".into(), silence(why).into());
    }
    o.insert("lives".into(), grant::lives(path, now).into());
    Some(o)
}

/// Whether a node by itself stands, in one word.
fn status(grant: &Grant, now: Time) -> &'static str {
    match grant.status {
        Status::Revoked { .. } => "revoked",
        Status::Denied => "denied",
        Status::Active if !grant.counts(now) => "expired",
        Status::Active => "active",
    }
}

/// Why it allows nothing by itself, in a word.
const fn silence(why: Silent) -> &'static str {
    match why {
        Silent::Denies => "denies",
        Silent::Revoked => "revoked",
        Silent::Ended => "ended",
        Silent::Idle => "idle",
        Silent::OwnerLeft => "owner left",
    }
}

/// Who gave it.
fn source(grant: &Grant) -> Object {
    let (kind, id) = match &grant.source {
        Source::Administrator(id) => ("administrator", Some(id.as_str())),
        Source::Person { .. } => ("person", None),
        Source::Organisation { .. } => ("consent rules", None),
        Source::Approval(id) => ("approval", Some(id.as_str())),
        Source::Redeemed => ("authorization", None),
    };
    let mut o = Object::new();
    o.insert("kind".into(), kind.into());
    if let Some(id) = id {
        o.insert("id".into(), id.into());
    }
    o
}
