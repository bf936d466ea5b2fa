//! Whether a line turns, answers again, or dies.

use std::collections::{BTreeMap, BTreeSet};

use super::Request;
use crate::{
    approval::{Approval, Origin, Whom},
    authority::{Audience, Scopes},
    authorization_code::{issued_event, key_shown, place, proved_client, relied_on, used},
    caller::Caller,
    client::{Client, GrantType, SecurityProfile},
    decision::{Change, Decision, Guard, Write},
    deferred::{Deferral, deferred},
    detail::Types,
    event::{Event, EventKind},
    family::{self, Family, Presented, REPEAT_SECONDS},
    grant::{self, Grant, Subject},
    identity,
    ledger::{self, Budget, BudgetId},
    moment::Moment,
    policy::{Rules, Scene},
    resource::Resource,
    tenant::Tenant,
    token::{self, Acts, IdToken, Projection, TenantKeys},
    user::User,
    why::{Refused, Why},
};

/// What was loaded for the question.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The tenant.
    pub tenant: &'a Tenant,
    /// The tenant's keys for refresh tokens and pairwise names.
    pub keys: &'a TenantKeys,
    /// The epoch of the client's registration as it is now: read again when somebody moved first, `None` at the first look.
    pub client_epoch: Option<i64>,
    /// The line that the token names, if there is one.
    pub family: Option<Family>,
    /// The authorization that it refreshes, with its path to the root.
    pub path: Vec<Grant>,
    /// The resource of that authorization, unless it is for our own endpoints or the resource is gone.
    pub resource: Option<Resource>,
    /// For whom, if they are still there.
    pub user: Option<User>,
    /// What the organisation decided: central consent and policies.
    pub rules: Rules,
    /// What was used of the powers along that path.
    pub budgets: BTreeMap<BudgetId, Budget>,
    /// What waits for this person, when the client takes a deferral.
    pub approvals: Vec<Approval>,
    /// The types of the details in question, and what their schemas make of them.
    pub types: Types,
}

/// What a genuine token does to its line.
enum Turn {
    /// It is the newest: the next one is handed out.
    Next,
    /// It stays, since its client is held to FAPI, where lines do not turn (FAPI 2.0 s5.3.2.1).
    Stay,
    /// It is the one before, in the identical request, a moment ago: the newest is handed out again.
    Again,
}

/// Decides a refresh.
pub fn decide(request: &Request, caller: &Caller, facts: &Facts<'_>, at: &Moment) -> Decision {
    match consider(request, caller, facts, at) {
        Ok(decision) => decision,
        Err(Why::RefreshReused) => reused(caller, facts, at),
        Err(why) => {
            let event = Event::refused(&why, caller, at);
            let (sure, mut events) = grant::fallen(&why, caller, at);
            events.insert(0, event);
            Decision::refuse(why, sure, events)
        }
    }
}

/// The line dies with its authorization, and every token of it (RFC 9700 s4.14.2, S-16).
fn reused(caller: &Caller, facts: &Facts<'_>, at: &Moment) -> Decision {
    let event = Event {
        kind: EventKind::RefreshReused,
        ..Event::refused(&Why::RefreshReused, caller, at)
    };
    let (sure, event) = match &facts.family {
        Some(family) => (
            vec![Write::Grant(grant::Write::EnsureRevoked {
                id: family.grant.clone(),
                at: at.now,
            })],
            event.about(family.grant.as_str()).with("family", family.id.as_str()),
        ),
        None => (Vec::new(), event),
    };
    Decision::refuse(Why::RefreshReused, sure, vec![event])
}

#[expect(
    clippy::too_many_lines,
    reason = "one decision from top to bottom, in numbered steps"
)]
fn consider(request: &Request, caller: &Caller, facts: &Facts<'_>, at: &Moment) -> Result<Decision, Why> {
    // 1. The client, registered for refreshing.
    let client = proved_client(caller, facts.client_epoch)?;
    if !client.grant_types.contains(&GrantType::RefreshToken) {
        return Err(Why::GrantTypeNotAllowed);
    }

    // 2. The token, and that this client may show it.
    let (family, shown) = genuine(request, client, caller, facts)?;

    // 3. The authorization lives; a line that was killed says so, whichever of its tokens is shown.
    let authorization = facts
        .path
        .first()
        .filter(|grant| grant.id == family.grant && grant::lives(&facts.path, at.now))
        .ok_or(Why::GrantEnded)?;
    if family.expires() <= at.now {
        return Err(Why::RefreshExpired);
    }

    // 4. The newest turns; the one before it answers again to the identical request for ten seconds; anything else is reuse.
    let digest = request.digest(caller);
    let newest = family.generation;
    let apart = at.now.since(family.turned);
    let in_time = (-REPEAT_SECONDS..=REPEAT_SECONDS).contains(&apart); // clocks of nodes differ a little; one that jumped back opens no window
    let identical = family.request.as_ref() == Some(&digest);
    let stays = client.profile(facts.tenant) >= SecurityProfile::Fapi2;
    let turn = if shown.generation == newest && stays {
        Turn::Stay
    } else if shown.generation == newest {
        Turn::Next
    } else if shown.generation.saturating_add(1) == newest && identical && in_time {
        Turn::Again
    } else {
        return Err(Why::RefreshReused);
    };

    // 5. The place, the scope and the details: within what was given (RFC 6749 s6, RFC 8707 s2.2), and still given.
    let allowed = grant::allowed(&facts.path, &facts.types).ok_or(Why::GrantEnded)?;
    let audience = allowed.audiences().first().ok_or(Why::GrantEnded)?;
    let elsewhere = request
        .resource
        .as_ref()
        .is_some_and(|uri| *audience != Audience::Resource(uri.clone()));
    if elsewhere {
        return Err(Why::ResourceNotGranted);
    }
    let resource = place(audience, facts.resource.as_ref())?;
    let user = facts
        .user
        .as_ref()
        .filter(|user| authorization.subject == Subject::User(user.id.clone()) && user.disabled.is_none())
        .ok_or(Why::UserDisabled)?;
    let given = allowed.scopes();
    let place_of_it = facts.tenant.place_of(audience);
    let of_line = allowed.details();
    let scene = Scene {
        policy: &facts.rules.policy,
        client,
        user: Some(user),
        audience,
        place: place_of_it,
        now: at.now,
    };
    let still = grant::still_given(&facts.path, &facts.rules.consent, &scene, given, of_line)?;
    let (left, silent) = still.silently(of_line);
    let details = facts
        .types
        .of_granted(request.details.as_ref(), &silent, client, place_of_it);
    let nothing_silent = left.is_empty() && silent.is_empty() && !still.ruling.is_silent();
    let scopes = match wanted(request, &left) {
        Ok(_) if nothing_silent => Err(Why::HumanDemanded(Refused::Standing)), // a human says so each time
        scopes => scopes,
    };
    let scopes = scopes.map(|scopes| match &request.scopes {
        None if !request.limits.is_none() => request.limits.scopes_of(&scopes, place_of_it, &facts.rules.policy),
        None | Some(_) => scopes,
    });
    let details = details.map(|details| match &request.details {
        None if !request.limits.is_none() => request.limits.details_of(&details),
        None | Some(_) => details,
    });
    let (scopes, details) = match (scopes, details) {
        (Ok(scopes), Ok(details)) => (scopes, details),
        (Err(why), Ok(_) | Err(Why::DetailNotGranted)) | (Ok(_), Err(why @ Why::DetailNotGranted)) => {
            if !request.limits.is_none() {
                return Err(why); // a question does not carry them
            }
            let deferral = deferral(request, client, user, authorization, resource, facts)?;
            return deferred(deferral, why, caller, at);
        }
        (_, Err(why)) => return Err(why), // nobody can give what no type admits, or wake a line whose own details count no longer
    };

    // 6. What is used by issuing it, the projection, and the token that comes next.
    let policy = &facts.rules.policy;
    let powers = authorization.authority.powers();
    request.limits.are_meant(policy, &scopes, &details, powers)?;
    let booked = ledger::Issue::of(&facts.path, &details, policy, &facts.budgets, at.now)?;
    let generation = match turn {
        Turn::Next => newest.saturating_add(1),
        Turn::Again | Turn::Stay => newest,
    };
    let refresh = family::write(&facts.keys.refresh, &family.id, generation);
    let issued = Projection {
        tenant: facts.tenant,
        client,
        acts: Acts::For {
            keys: facts.keys,
            user: &user.id,
            presence: &family.presence,
        },
        grant: authorization,
        ends: allowed.expires(),
        scopes: &scopes,
        details: &details,
        audience,
        resource,
        key: caller.key.as_ref(),
        limits: &request.limits,
        lifetime_seconds: still.ruling.demands().lifetime_seconds,
    }
    .issue(Some(refresh), at);
    let mut sign = vec![issued.unsigned];
    let reply = if scopes.contains(identity::OPENID) {
        // OpenID Connect Core s12.2: the sign-in that it tells of is the one of then.
        let wanted = BTreeSet::new();
        sign.push(
            IdToken {
                tenant: facts.tenant,
                keys: facts.keys,
                client,
                user,
                presence: &family.presence,
                scopes: &scopes,
                nonce: None,
                wanted: &wanted,
                access: 0,
            }
            .unsigned(at),
        );
        issued.reply.with_id_token(1)
    } else {
        issued.reply
    };

    // 7. What the answer relied on, and what it leaves behind: one rotation in the row however many identical requests there are, one entry an answer.
    let event = issued_event(&issued.record, caller, at)
        .with("family", family.id.as_str())
        .with("generation", generation);
    let event = still.ruling.on(event);
    let event = match turn {
        Turn::Next | Turn::Stay => event,
        Turn::Again => event.with("repeated", true),
    };
    let mut guards = relied_on(&facts.path, client, user);
    guards.extend(facts.types.relied_on(&details));
    guards.push(facts.rules.policy.relied_on());
    guards.push(Guard::Family(match turn {
        Turn::Next => family::Guard::Turn {
            id: family.id.clone(),
            from: newest,
            request: digest,
            at: at.now,
        },
        Turn::Again | Turn::Stay => family::Guard::Current {
            id: family.id.clone(),
            generation: newest,
        },
    }));
    guards.extend(booked.guards(&issued.record, at.now));
    guards.push(Guard::Token(token::Guard::Create(Box::new(issued.record))));
    let root = facts.path.last().unwrap_or(authorization);
    let used_now = family::Write::Used {
        id: family.id.clone(),
        at: at.now,
    };
    let change = Change {
        guards,
        sure: matches!(turn, Turn::Stay)
            .then_some(Write::Family(used_now))
            .into_iter()
            .collect(),
        touches: used(client, root, &facts.path, &still.ruling, at),
        events: vec![event],
    };
    Ok(Decision::issue(reply, sign, change))
}

/// More than was granted: the person of the line may give it, if the client waits for them. The line stays as it is.
fn deferral<'f>(
    request: &'f Request,
    client: &'f Client,
    user: &User,
    authorization: &'f Grant,
    resource: Option<&'f Resource>,
    facts: &'f Facts<'_>,
) -> Result<Deferral<'f>, Why> {
    let authority = &authorization.authority;
    Ok(Deferral {
        tenant: facts.tenant,
        keys: facts.keys,
        client,
        completion: &request.completion,
        origin: Origin::RefreshToken {
            authorization: authorization.id.clone(),
        },
        whom: Some(Whom::Person(user.id.clone())),
        scopes: request.scopes.as_ref().unwrap_or(authority.scopes()),
        details: request.details.as_ref().unwrap_or(authority.details()),
        types: &facts.types,
        audience: authority.audiences().first().ok_or(Why::GrantEnded)?,
        resource,
        others: &facts.approvals,
    })
}

/// The line and the token: written by us (compared in constant time), of a line of this client, by whoever holds its key.
fn genuine<'f>(
    request: &'f Request,
    client: &Client,
    caller: &Caller,
    facts: &'f Facts<'_>,
) -> Result<(&'f Family, &'f Presented), Why> {
    let (family, shown) = match (&facts.family, &request.token) {
        (Some(family), Some(shown)) if family.id == shown.family => (family, shown),
        (Some(_) | None, _) => return Err(Why::RefreshUnknown),
    };
    if !shown.is_genuine(&facts.keys.refresh) {
        return Err(Why::RefreshUnknown);
    }
    if family.client != client.id {
        return Err(Why::RefreshOfAnother);
    }
    let of_another_key = family.key.is_some() && family.key != caller.key;
    let of_another_instance = family.instance.is_some() && family.instance != caller.instance;
    if of_another_key || of_another_instance {
        return Err(Why::KeyOther);
    }
    key_shown(client, facts.tenant, caller)?;
    Ok((family, shown))
}

fn wanted(request: &Request, given: &Scopes) -> Result<Scopes, Why> {
    match &request.scopes {
        None => Ok(given.clone()),
        Some(asked) if given.covers(asked) => Ok(asked.clone()),
        Some(_) => Err(Why::ScopeNotGranted),
    }
}
