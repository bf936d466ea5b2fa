//! Grants.

use std::collections::BTreeSet;

use super::{NewGrant, describe, rules::Facts};
use crate::{
    authority::{Ask, Audience, Authority, Scopes},
    caller::{AdministratorCaller, Caller},
    decision::{Change, Decision, Guard, Reply, Write},
    event::{Event, EventKind},
    grant::{self, Grant, Holder, Source, Status, Subject},
    id::{ClientId, GrantId},
    moment::Moment,
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
    if new.scopes.is_empty() && new.resources.is_empty() && new.details.is_empty() {
        return Err(Why::Body(
            "scope: a grant gives something: name a scope, a resource or authorization_details".to_owned(),
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
        audiences,
        expires: new.expires,
        depth: new.depth,
    };
    let mut guards = facts.types.relied_on(&new.details);
    let authority = if new.parent.is_none() {
        Authority::root(ask)
    } else {
        let parent = facts
            .path
            .first()
            .filter(|_| grant::lives(&facts.path, at.now))
            .ok_or(Why::Absent("grant"))?;
        guards.extend(facts.path.iter().map(|node| {
            Guard::Grant(grant::Guard::Live {
                id: node.id.clone(),
                epoch: node.epoch,
            })
        }));
        parent.authority.narrow(&ask, &facts.types).map_err(Why::Excess)?
    };
    let grant = node(&client.id, authority, new.parent.clone(), administrator, at);
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

/// Revokes a grant. Its subtree and every token below fall silent at their next use: they read this row. Revoking twice is fine.
pub(super) fn revoke(caller: &Caller, facts: &Facts, at: &Moment) -> Result<Decision, Why> {
    let grant = facts.path.first().ok_or(Why::Absent("grant"))?;
    let status = match grant.status {
        Status::Active => Status::Revoked { at: at.now },
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
    }
}

pub(super) fn created(grant: &Grant, caller: &Caller, at: &Moment) -> Event {
    let event = Event::new(EventKind::GrantCreated, caller, at)
        .about(grant.id.as_str())
        .with("scope", grant.authority.scopes().joined())
        .with_details(grant.authority.details());
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
