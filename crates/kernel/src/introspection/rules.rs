//! Whether a token counts, and who may know.

use std::sync::Arc;

use proof::{Verified, access_token::AccessToken, json};
use serde_json::json;

use super::{Request, SIGNED_ANSWER};
use crate::{
    authority::{Audience, Scopes},
    authorization::Wish,
    browser_session::Assurance,
    caller::{Caller, Who},
    capability::Strength,
    client::{Client, Introspects},
    decision::{Change, Decision, Reply, Unsigned},
    detail::{Details, Types},
    event::{Event, EventKind},
    grant::{self, Grant, Source, Subject},
    moment::Moment,
    policy::{Rules, Ruling, Scene},
    power::registered,
    resource::Resource,
    tenant::Tenant,
    token,
    user::User,
    why::Why,
};

/// What was loaded about the token.
#[derive(Debug)]
pub enum Facts {
    /// Not a token of ours, or a wrong signature, or past its end, or without a record.
    Unknown,
    /// A token of ours and everything it hangs on.
    Known(Arc<Known>),
}

/// Everything a token hangs on.
#[derive(Debug)]
pub struct Known {
    /// What it says, signature checked.
    pub token: Verified<AccessToken>,
    /// Its record.
    pub record: token::Record,
    /// The grant it projects, with its path to the root.
    pub path: Vec<Grant>,
    /// The client it was issued to, if it still exists.
    pub client: Option<Client>,
    /// The resource it is for, unless it is for us or the resource is gone.
    pub resource: Option<Resource>,
    /// The person it acts for, if it acts for one and they are still there.
    pub user: Option<User>,
    /// What the organisation decided: central consent, if it acts for a person, and policies.
    pub rules: Rules,
    /// The types of its details, and what their schemas make of them.
    pub types: Types,
}

impl Known {
    /// The details of a token of ours that are of registered types; `None` when it has some that cannot be read any more.
    pub fn details(token: &AccessToken) -> Option<Details> {
        match token.claims.get("authorization_details") {
            None => Some(Details::default()),
            Some(value) => Details::of(value.clone()).ok().map(|details| registered(&details)),
        }
    }
}

/// Decides an introspection request. The answer changes nothing; its event goes to the journal.
pub fn decide(request: &Request, caller: &Caller, facts: &Facts, tenant: &Tenant, at: &Moment) -> Decision {
    let Who::PureMachine(machine) = &caller.who else {
        return Decision::refuse(
            Why::CredentialsMissing,
            Vec::new(),
            vec![Event::refused(&Why::CredentialsMissing, caller, at)],
        );
    };
    let event = Event::new(EventKind::TokenIntrospected, caller, at);
    let (document, event) = match facts {
        Facts::Known(known) if may_know(&machine.client, known) && counts(known, at) => (
            describe(known),
            event.about(known.record.id.as_str()).with("active", true),
        ),
        Facts::Known(known) => (inactive(), event.about(known.record.id.as_str()).with("active", false)),
        Facts::Unknown => (inactive(), event.with("active", false)),
    };
    let change = Change {
        events: vec![event],
        ..Change::default()
    };
    match request.signed {
        Wish::No => Decision::issue(Reply::Document(document), Vec::new(), change),
        Wish::Yes => {
            let unsigned = signed(document, &machine.client, tenant, at);
            Decision::issue(Reply::Jwt { typ: SIGNED_ANSWER }, vec![unsigned], change)
        }
    }
}

/// The answer as a token for whoever asked (RFC 9701 s5): the times and names of the token in question stand inside, where nobody takes this one for it.
fn signed(document: json::Object, client: &Client, tenant: &Tenant, at: &Moment) -> Unsigned {
    let mut claims = json::Object::new();
    claims.insert("iss".to_owned(), tenant.issuer.as_str().into());
    claims.insert("aud".to_owned(), client.id.as_str().into());
    claims.insert("iat".to_owned(), at.now.unix().into());
    claims.insert("token_introspection".to_owned(), document.into());
    Unsigned {
        typ: "token-introspection+jwt",
        signing: client.signing(client.further.introspection, tenant),
        claims,
        hash_of: None,
    }
}

/// Whether a token that is shown at one of our own endpoints speaks for its client here: it is for us, and it counts. A resource that was shown a token is not the client that showed it.
pub fn speaks_here(known: &Known, at: &Moment) -> bool {
    known.record.audience == Audience::Issuer && counts(known, at)
}

/// RFC 7662 s4: a token is shown only to those it is meant for.
pub(crate) fn may_know(client: &Client, known: &Known) -> bool {
    match client.introspects {
        Introspects::Everything => true,
        Introspects::ItsResources => known
            .resource
            .as_ref()
            .is_some_and(|resource| resource.introspectors.contains(&client.id)),
    }
}

/// Whether the token counts now, whatever its signature says: nothing below it has been taken away, and nobody forbids meanwhile what it says.
pub(crate) fn counts(known: &Known, at: &Moment) -> bool {
    lives(known, at) && still_allowed(known, at)
}

/// Whether what the token hangs on is still there. What policies say of it is another question.
pub(crate) fn lives(known: &Known, at: &Moment) -> bool {
    let resource_counts = match &known.record.audience {
        Audience::Issuer => true,
        Audience::Resource(_) => known
            .resource
            .as_ref()
            .is_some_and(|resource| resource.disabled.is_none()),
    };
    let client_counts = known.client.as_ref().is_some_and(|client| client.disabled.is_none());
    known.record.revoked.is_none()
        && known.record.expires > at.now
        && client_counts
        && resource_counts
        && grant::lives(&known.path, at.now)
        && Known::details(&known.token).is_some_and(|details| known.types.still_admit(&details))
}

/// Whether the person a token acts for is still there, and nobody has forbidden meanwhile what it says: central consent for a person's, policies for every token. A token for nobody
/// needs nobody.
fn still_allowed(known: &Known, at: &Moment) -> bool {
    let (Some(client), Ok(scopes), Some(details)) = (
        &known.client,
        Scopes::parse(&known.record.scope),
        Known::details(&known.token),
    ) else {
        return false;
    };
    let issuer = known.token.claims.get("iss").and_then(serde_json::Value::as_str);
    let place = match &known.record.audience {
        Audience::Issuer => issuer.unwrap_or_default(),
        Audience::Resource(uri) => uri.as_str(),
    };
    let scene = |user| Scene {
        policy: &known.rules.policy,
        client,
        user,
        audience: &known.record.audience,
        place,
        now: at.now,
    };
    let audience = &known.record.audience;
    let policy = &known.rules.policy;
    if !grant::all_have(&known.path, audience, &scopes, &details, &known.types, policy) {
        return false;
    }
    let subject = known.path.first().map(|grant| &grant.subject);
    match (subject, &known.user) {
        // What nobody was asked about counts as long as nobody need be asked.
        (Some(Subject::Nobody), _) => {
            let ruling = scene(None).rule(&scopes, &details);
            let leaf = known.path.first();
            let asked = leaf.is_some_and(|leaf| matches!(leaf.source, Source::Approval(_)));
            let contained = grant::contained(&known.path, &scopes, place, policy) == scopes;
            contained && ruling.permits() && (asked || ruling.is_silent())
        }
        (Some(Subject::User(id)), Some(user)) if user.id == *id && user.disabled.is_none() => {
            grant::still_given(&known.path, &known.rules.consent, &scene(Some(user)), &scopes, &details)
                .is_ok_and(|still| still.scopes == scopes && still.ruling.permits() && said_so(known, &still.ruling))
        }
        (Some(Subject::User(_)) | None, _) => false,
    }
}

/// Whether what the person showed when they said yes is what policies demand by now. Approvers whom a policy came to demand have not been asked.
fn said_so(known: &Known, ruling: &Ruling) -> bool {
    let shown = known.token.claims.get("acr").and_then(serde_json::Value::as_str);
    let verified = shown == Some(Assurance::PhishingResistant.name());
    ruling.demands().approvers.is_empty() && (ruling.strength() < Strength::Biometric || verified)
}

fn describe(known: &Known) -> json::Object {
    // RFC 7662 s2.2 and RFC 9449 s6.2: what the token says, as the token says it.
    let mut document = json::Object::new();
    document.insert("active".to_owned(), true.into());
    for name in [
        "iss",
        "sub",
        "aud",
        "client_id",
        "iat",
        "exp",
        "jti",
        "scope",
        "cnf",
        "act",
        "authorization_details",
        "acr",
        "amr",
        "auth_time",
    ] {
        if let Some(value) = known.token.claims.get(name) {
            document.insert(name.to_owned(), value.clone());
        }
    }
    let kind = token::Kind::of(known.record.key.as_ref());
    document.insert("token_type".to_owned(), kind.name().into());
    document
}

fn inactive() -> json::Object {
    let mut document = json::Object::new();
    document.insert("active".to_owned(), json!(false));
    document
}
