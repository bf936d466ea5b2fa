//! Whether a machine gets a token, and which.

use super::Request;
use crate::{
    approval::{Approval, Origin, Whom},
    authority::{Audience, Authority, Scopes},
    authorization_code::own_key_shown,
    caller::{Caller, Who},
    client::{self, Client, GrantType},
    decision::{Change, Decision, Guard, Touch},
    deferred::{Deferral, deferred},
    detail::{Details, Types},
    event::{Event, EventKind},
    grant::{self, Grant},
    moment::Moment,
    resource::Resource,
    tenant::Tenant,
    token::{self, Acts, Projection, TenantKeys},
    why::Why,
};

/// What was loaded for the question.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The tenant.
    pub tenant: &'a Tenant,
    /// The resource that the request names, if it is registered.
    pub resource: Option<Resource>,
    /// The epoch of the client's registration as it is now: read again when somebody moved first, `None` at the first look. A client that is gone has none that fits.
    pub client_epoch: Option<i64>,
    /// The grants the client holds for itself, each with its path to the root.
    pub grants: Vec<Vec<Grant>>,
    /// The types of the details in question, and what their schemas make of them.
    pub types: Types,
    /// The tenant's keys, for the deferral code.
    pub keys: &'a TenantKeys,
    /// What waits for the client's approvers, when the client takes a deferral.
    pub approvals: Vec<Approval>,
}

/// Decides a client credentials request.
pub fn decide(request: &Request, caller: &Caller, facts: &Facts<'_>, at: &Moment) -> Decision {
    match consider(request, caller, facts, at) {
        Ok(decision) => decision,
        Err(why) => {
            let event = Event::refused(&why, caller, at);
            Decision::refuse(why, Vec::new(), vec![event])
        }
    }
}

fn consider(request: &Request, caller: &Caller, facts: &Facts<'_>, at: &Moment) -> Result<Decision, Why> {
    // 1. Only a client that authenticated (RFC 6749 s4.4), and only if it registered for this (s5.2 unauthorized_client).
    let Who::PureMachine(machine) = &caller.who else {
        return Err(Why::CredentialsMissing);
    };
    let client = &machine.client;
    if facts.client_epoch.is_some_and(|now| now != client.epoch) {
        return Err(Why::ClientChanged); // what it proved may no longer be what it must prove
    }
    if !client.grant_types.contains(&GrantType::ClientCredentials) {
        return Err(Why::GrantTypeNotAllowed);
    }

    // 2. A client whose tokens are always bound must have proved a key (RFC 9449 s5.2).
    own_key_shown(client, facts.tenant, caller)?;

    // 3. The audience: the named resource, registered and enabled (RFC 8707 s2), or our issuer.
    let audience = match (&request.resource, &facts.resource) {
        (None, _) => Audience::Issuer,
        (Some(_), None) => return Err(Why::ResourceUnknown),
        (Some(_), Some(resource)) if resource.disabled.is_some() => return Err(Why::ResourceDisabled),
        (Some(_), Some(resource)) => Audience::Resource(resource.uri.clone()),
    };

    // 4. to 6. A grant that has it; or people who can give it, if there are any and the client waits for them.
    let (grant, scopes, details) = match found(request, client, &audience, facts, at) {
        Ok(found) => found,
        Err(why) => return ask_approvers(request, client, &audience, why, caller, facts, at),
    };

    // 7. The projection: one audience, short, never longer than the grant, bound to the key that was proved.
    let projection = Projection {
        tenant: facts.tenant,
        client,
        acts: Acts::Itself,
        grant,
        scopes: &scopes,
        details: &details,
        audience: &audience,
        resource: facts.resource.as_ref(),
        key: caller.key.as_ref(),
    };
    let issued = projection.issue(None, at);

    // 8. What the answer relied on: the grant as it was read. Its ancestors' death is read at use; their epochs are expected too.
    let path = facts
        .grants
        .iter()
        .find(|path| path.first().is_some_and(|first| first.id == grant.id));
    let live = path.into_iter().flatten().map(|node| {
        Guard::Grant(grant::Guard::Live {
            id: node.id.clone(),
            epoch: node.epoch,
        })
    });
    let unchanged = Guard::Client(client::Guard::Unchanged {
        id: client.id.clone(),
        epoch: client.epoch,
    });
    let event = Event::new(EventKind::TokenIssued, caller, at)
        .about(issued.record.id.as_str())
        .with("grant", grant.id.as_str())
        .with("audience", issued.record.audience.as_row())
        .with("scope", issued.record.scope.as_str())
        .with("expires", issued.record.expires.unix())
        .with("bound", issued.record.key.is_some());
    let change = Change {
        guards: live
            .chain(facts.types.relied_on(&details))
            .chain([unchanged, Guard::Token(token::Guard::Create(Box::new(issued.record)))])
            .collect(),
        sure: Vec::new(),
        touches: vec![Touch::ClientUsed {
            id: client.id.clone(),
            at: at.now,
        }],
        events: vec![event],
    };
    Ok(Decision::issue(issued.reply, vec![issued.unsigned], change))
}

/// A living grant that has what is asked, with the scope and the details of the token.
fn found<'f>(
    request: &Request,
    client: &Client,
    audience: &Audience,
    facts: &'f Facts<'_>,
    at: &Moment,
) -> Result<(&'f Grant, Scopes, Details), Why> {
    // 4. The grants that live: each with every ancestor. Any one suffices.
    let alive: Vec<&Grant> = facts
        .grants
        .iter()
        .filter(|path| grant::lives(path, at.now))
        .filter_map(|path| path.first())
        .collect();
    if alive.is_empty() {
        return Err(Why::NoGrant);
    }
    let here: Vec<&Grant> = alive
        .into_iter()
        .filter(|grant| grant.authority.audiences().contains(audience))
        .collect();
    if here.is_empty() {
        return Err(Why::ResourceNotGranted);
    }

    // 5. The scope: what was asked, all of it, or all that this grant and this resource share (RFC 6749 s3.3).
    // A grant that shares nothing with the resource gives an empty default only when no other grant gives more.
    let offers: Vec<(&Grant, Scopes)> = here
        .iter()
        .filter_map(|grant| granted(request, &grant.authority, facts).map(|scopes| (*grant, scopes)))
        .collect();
    if offers.is_empty() {
        return Err(Why::ScopeNotGranted);
    }

    // 6. The details, of the same grant (RFC 9396 s6).
    let place = facts.tenant.place_of(audience);
    let mut with_details = Vec::new();
    let mut missed = None;
    for (grant, scopes) in offers {
        match detailed(request, &grant.authority, client, place, &facts.types) {
            Ok(details) => with_details.push((grant, scopes, details)),
            Err(why) => missed = missed.or(Some(why)),
        }
    }
    let something = |(_, scopes, details): &&(&Grant, Scopes, Details)| !scopes.is_empty() || !details.is_empty();
    with_details
        .iter()
        .find(something)
        .or_else(|| with_details.first())
        .cloned()
        .ok_or_else(|| missed.unwrap_or(Why::DetailNotGranted))
}

/// Asks the people whom an administrator named, for a scope or for details that are named: nobody can answer a question about everything.
fn ask_approvers(
    request: &Request,
    client: &Client,
    audience: &Audience,
    refused: Why,
    caller: &Caller,
    facts: &Facts<'_>,
    at: &Moment,
) -> Result<Decision, Why> {
    let nothing = Scopes::default();
    let deferral = Deferral {
        tenant: facts.tenant,
        keys: facts.keys,
        client,
        completion: &request.completion,
        origin: Origin::ClientCredentials,
        whom: client.approvers.as_ref().map(|approvers| Whom::Members {
            group: approvers.group.clone(),
            quorum: approvers.quorum,
        }),
        scopes: request.scopes.as_ref().unwrap_or(&nothing),
        details: request.details.as_ref().unwrap_or(Details::none()),
        types: &facts.types,
        audience,
        resource: facts.resource.as_ref(),
        others: &facts.approvals,
    };
    deferred(deferral, refused, caller, at)
}

/// The scope of the token, if this authority has all of what was asked. A resource gives only scopes it knows; our own endpoints know all.
fn granted(request: &Request, authority: &Authority, facts: &Facts<'_>) -> Option<Scopes> {
    let known = match &facts.resource {
        Some(resource) if request.resource.is_some() => resource.known(authority.scopes()),
        Some(_) | None => authority.scopes().clone(),
    };
    match &request.scopes {
        None if request.details.is_some() => Some(Scopes::default()), // what was asked is in the details
        None => Some(known),
        Some(wanted) => known.covers(wanted).then(|| wanted.clone()),
    }
}

/// The details of the token: what was asked, within what this authority has; when nothing at all was asked, everything of it that counts here.
fn detailed(
    request: &Request,
    authority: &Authority,
    client: &Client,
    place: &str,
    types: &Types,
) -> Result<Details, Why> {
    match (&request.details, &request.scopes) {
        (Some(_), _) => types.of_granted(request.details.as_ref(), authority.details(), client, place),
        (None, Some(_)) => Ok(Details::default()),
        (None, None) => Ok(types.counting(authority.details(), client, place)),
    }
}
