//! Grants.

use std::collections::BTreeSet;

use super::{EditGrant, GrantEffect, NewGrant, describe, rules::Facts};
use crate::{
    authority::{Ask, Audience, Authority, Less, Scopes},
    caller::{AdministratorCaller, Caller},
    decision::{Change, Decision, Guard, Reply, Write},
    detail::Types,
    event::{Event, EventKind},
    grant::{self, Grant, Holder, Narrowed, Source, Status, Subject, Terms},
    id::{ClientId, GrantId},
    moment::Moment,
    power::{DataClasses, Power},
    resource::ResourceUri,
    why::Why,
};

/// Gives a client a grant: a root, or a child narrowed from a living one.
pub(super) fn create(
    new: &NewGrant,
    administrator: &AdministratorCaller,
    caller: &Caller,
    facts: &Facts,
    at: &Moment,
) -> Result<Decision, Why> {
    let client = facts.client.as_ref().ok_or(Why::Absent("client"))?;
    terms_fit(&new.terms, facts)?;
    if new.effect == GrantEffect::Deny {
        deniable(new)?;
    }
    if new.scopes.is_empty() && new.resources.is_empty() && new.details.is_empty() && new.powers.is_empty() {
        return Err(Why::Body(
            "scope: a grant gives something: name a scope, a resource, authorization_details or capabilities"
                .to_owned(),
        ));
    }
    all_registered(&new.resources, facts)?;
    scopes_known(&new.scopes, facts)?;
    if new.expires.is_some_and(|end| end <= at.now) {
        return Err(Why::Body("expires_at: lies in the past".to_owned()));
    }
    let mut audiences: BTreeSet<Audience> = new.resources.iter().cloned().map(Audience::Resource).collect();
    audiences.insert(Audience::Issuer);

    let places: Vec<&str> = new.resources.iter().map(ResourceUri::as_str).collect();
    for (n, detail) in new.details.iter().enumerate() {
        facts.types.admit(n, detail)?;
        let somewhere = places.iter().any(|place| detail.is_for(place));
        if !somewhere && !places.is_empty() {
            return Err(Why::DetailElsewhere(n));
        }
    }
    let ask = Ask {
        scopes: new.scopes.clone(),
        details: new.details.clone(),
        powers: new.powers.clone(),
        audiences,
        expires: new.expires,
        depth: new.depth,
    };
    let mut guards = facts.types.relied_on(&new.details);
    let authority = if new.parent.is_none() {
        Authority::root(ask)
    } else {
        let parent = grant::allowed(&facts.path, &facts.types)
            .filter(|_| grant::lives(&facts.path, at.now))
            .ok_or(Why::Absent("grant"))?;
        guards.extend(facts.path.iter().map(|node| {
            Guard::Grant(grant::Guard::Live {
                id: node.id.clone(),
                epoch: node.epoch,
            })
        }));
        let order = DataClasses::default();
        parent.narrow(&ask, &facts.types, &order).map_err(Why::Excess)?
    };
    let grant = Grant {
        terms: new.terms.clone(),
        status: match new.effect {
            GrantEffect::Give => Status::Active,
            GrantEffect::Deny => Status::Denied,
        },
        ..node(&client.id, authority, new.parent.clone(), administrator, at)
    };
    let event = created(&grant, caller, at);
    let document = describe::grant(&grant);
    guards.push(Guard::Grant(grant::Guard::Create(Box::new(grant))));
    Ok(Decision::issue(
        Reply::Created(document),
        Vec::new(),
        Change {
            guards,
            events: vec![event],
            ..Change::default()
        },
    ))
}

/// What may be asked of terms: an idle time that notes of use can tell, and an owner who is here.
fn terms_fit(terms: &Terms, facts: &Facts) -> Result<(), Why> {
    let told = Terms::IDLE_SECONDS_MIN..=Terms::IDLE_SECONDS_MAX;
    if terms.idle_seconds.is_some_and(|seconds| !told.contains(&seconds)) {
        return Err(Why::Body(format!(
            "revocation.idle_seconds: {} to {}",
            Terms::IDLE_SECONDS_MIN,
            Terms::IDLE_SECONDS_MAX
        )));
    }
    let here = facts.user.as_ref().is_some_and(|user| user.disabled.is_none());
    if terms.owner.is_some() && !here {
        return Err(Why::Body(
            "revocation.owner: nobody who is here and enabled has this id".to_owned(),
        ));
    }
    Ok(())
}

/// A denied grant names scopes, resources or capabilities by name; it has no parent, no terms and no limits that it would keep.
fn deniable(new: &NewGrant) -> Result<(), Why> {
    let bare = |power: &Power| power.constraints.is_empty() && power.limits.is_empty();
    let plain = new.parent.is_none()
        && new.terms == Terms::default()
        && new.details.is_empty()
        && new.powers.iter().all(bare)
        && new.depth == 0;
    if plain {
        Ok(())
    } else {
        Err(Why::Body(
            "denied: a denied grant names scopes, resources and capabilities alone, without constraints, limits, details, parent, depth or revocation".to_owned(),
        ))
    }
}

/// Edits a grant down. Its subtree and every token below have no more than it at their next use: they read this row.
pub(super) fn edit(edit: &EditGrant, caller: &Caller, facts: &Facts, at: &Moment) -> Result<Decision, Why> {
    let grant = facts.path.first().ok_or(Why::Absent("grant"))?;
    if !grant::lives(&facts.path, at.now) {
        return Err(Why::Body(
            "this grant was revoked or has ended, or one above it: give a new one".to_owned(),
        ));
    }
    for (n, detail) in edit.details.iter().flatten().enumerate() {
        facts.types.admit(n, detail)?;
    }
    let own_endpoints = grant.authority.audiences().get(&Audience::Issuer);
    let audiences = edit.resources.as_ref().map(|resources| {
        let places = resources.iter().cloned().map(Audience::Resource);
        places.chain(own_endpoints.cloned()).collect()
    });
    let less = Less {
        scopes: edit.scopes.clone(),
        details: edit.details.clone(),
        powers: edit.powers.clone(),
        audiences,
        expires: edit.expires,
        depth: edit.depth,
    };
    terms_fit(&edit.terms, facts)?;
    let narrowed = narrowed(grant, &less, &edit.terms, &facts.types, at)?;
    let after = narrowed.after(grant);
    let mut guards = match &edit.details {
        Some(details) => facts.types.relied_on(details),
        None => Vec::new(),
    };
    let event = edited(&after, caller, at);
    guards.push(Guard::Grant(grant::Guard::Narrow(Box::new(narrowed))));
    let change = Change {
        guards,
        events: vec![event],
        ..Change::default()
    };
    Ok(Decision::issue(
        Reply::Document(describe::grant(&after)),
        Vec::new(),
        change,
    ))
}

/// What is left of a grant, whoever takes from it.
pub(crate) fn narrowed(grant: &Grant, less: &Less, terms: &Terms, types: &Types, at: &Moment) -> Result<Narrowed, Why> {
    if *less == Less::default() && *terms == Terms::default() {
        return Err(Why::Body(
            "name what is left: scope, resources, authorization_details, capabilities, expires_at, depth or revocation"
                .to_owned(),
        ));
    }
    let terms = grant.terms.tightened(terms).ok_or_else(|| {
        Why::Body(
            "revocation: an edit only tightens it: idle_seconds gets shorter, an owner stays, and so does risk"
                .to_owned(),
        )
    })?;
    if less.expires.is_some_and(|end| end <= at.now) {
        return Err(Why::Body(
            "expires_at: lies in the past; revoke the grant to end it now".to_owned(),
        ));
    }
    let authority = grant
        .authority
        .edited(less, types, &DataClasses::default())
        .map_err(Why::Widens)?;
    // A place alone is a connection: whoever took the last thing away meant to end it.
    let says_nothing = |authority: &Authority| {
        authority.scopes().is_empty() && authority.details().is_empty() && authority.powers().is_empty()
    };
    let nothing_left = says_nothing(&authority) && !says_nothing(&grant.authority);
    if nothing_left || authority.audiences().is_empty() {
        return Err(Why::Body("nothing would be left: revoke the grant instead".to_owned()));
    }
    Ok(Narrowed {
        id: grant.id.clone(),
        from_epoch: grant.epoch,
        authority,
        terms,
    })
}

/// The audit entry of an edit: what is left.
pub(crate) fn edited(after: &Grant, caller: &Caller, at: &Moment) -> Event {
    let event = Event::new(EventKind::GrantNarrowed, caller, at)
        .about(after.id.as_str())
        .with("scope", after.authority.scopes().joined())
        .with_details(after.authority.details())
        .with_powers(after.authority.powers())
        .with("epoch", after.epoch);
    match after.authority.expires() {
        Some(end) => event.with("expires", end.unix()),
        None => event,
    }
}

/// Revokes a grant. Its subtree and every token below fall silent at their next use: they read this row. Revoking twice is fine.
pub(super) fn revoke(caller: &Caller, facts: &Facts, at: &Moment) -> Result<Decision, Why> {
    let grant = facts.path.first().ok_or(Why::Absent("grant"))?;
    let status = match grant.status {
        Status::Active | Status::Denied => Status::Revoked { at: at.now },
        revoked @ Status::Revoked { .. } => revoked,
    };
    let document = describe::grant(&Grant {
        status,
        ..grant.clone()
    });
    let change = Change {
        sure: vec![Write::Grant(grant::Write::EnsureRevoked {
            id: grant.id.clone(),
            at: at.now,
        })],
        events: vec![Event::new(EventKind::GrantRevoked, caller, at).about(grant.id.as_str())],
        ..Change::default()
    };
    Ok(Decision::issue(Reply::Document(document), Vec::new(), change))
}

pub(super) fn node(
    client: &ClientId,
    authority: Authority,
    parent: Option<GrantId>,
    administrator: &AdministratorCaller,
    at: &Moment,
) -> Grant {
    Grant {
        id: at.id("grant"),
        holder: Holder::Client(client.clone()),
        subject: Subject::Nobody,
        authority,
        parent,
        source: Source::Administrator(administrator.id.clone()),
        status: Status::Active,
        epoch: 0,
        created: at.now,
        terms: grant::Terms::default(),
        signs: grant::Signs::default(),
    }
}

pub(crate) fn created(grant: &Grant, caller: &Caller, at: &Moment) -> Event {
    let event = Event::new(EventKind::GrantCreated, caller, at)
        .about(grant.id.as_str())
        .with("scope", grant.authority.scopes().joined())
        .with_details(grant.authority.details())
        .with_powers(grant.authority.powers());
    match &grant.holder {
        Holder::Client(client) => event.with("client", client.as_str()),
        Holder::Host(host) => event.with("host", host.as_str()),
        Holder::Session(session) => event.with("session", session.as_str()),
    }
}

/// A grant may name only what is registered: a misspelt resource would be a grant of nothing that looks like one.
pub(super) fn all_registered(wanted: &BTreeSet<ResourceUri>, facts: &Facts) -> Result<(), Why> {
    let known: BTreeSet<&ResourceUri> = facts.resources.iter().map(|resource| &resource.uri).collect();
    match wanted.iter().find(|uri| !known.contains(uri)) {
        None => Ok(()),
        Some(uri) => Err(Why::Body(format!(
            "resources: {} is not registered here; identifiers are compared byte for byte",
            uri.as_str()
        ))),
    }
}

/// The same for scopes, when there are resources to ask.
pub(super) fn scopes_known(wanted: &Scopes, facts: &Facts) -> Result<(), Why> {
    let known = |token: &str| {
        facts.resources.is_empty()
            || facts
                .resources
                .iter()
                .any(|resource| resource.scopes.contains_key(token))
    };
    match wanted.iter().find(|token| !known(token)) {
        None => Ok(()),
        Some(token) => Err(Why::Body(format!(
            "scope: {token} is a scope of none of the resources named"
        ))),
    }
}
