//! Whether a machine gets a token, and which.

use std::{borrow::Cow, collections::BTreeMap};

use super::Request;
use crate::{
    approval::{Approval, Origin, Panel, Whom},
    authority::{Audience, Authority, Scopes},
    authorization_code::own_key_shown,
    caller::{Caller, Who},
    client::{self, Client, GrantType},
    decision::{Change, Decision, Guard, Touch},
    deferred::{Completion, Deferral, deferred},
    detail::{Details, Types},
    event::{Event, EventKind},
    grant::{self, Grant},
    ledger::{self, Budget, BudgetId},
    moment::Moment,
    policy::{Policy, Ruling, Scene},
    resource::Resource,
    tenant::Tenant,
    token::{self, Acts, Projection, TenantKeys},
    why::{Refused, Why},
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
    /// The tenant's policies.
    pub policy: Policy,
    /// What was used of the powers along these paths.
    pub budgets: BTreeMap<BudgetId, Budget>,
    /// What waits for the client's approvers, when the client takes a deferral.
    pub approvals: Vec<Approval>,
}

/// Decides a client credentials request.
pub fn decide(request: &Request, caller: &Caller, facts: &Facts<'_>, at: &Moment) -> Decision {
    match consider(request, caller, facts, at) {
        Ok(decision) => decision,
        Err(why) => {
            let event = Event::refused(&why, caller, at);
            let (sure, mut events) = grant::fallen(&why, caller, at);
            events.insert(0, event);
            Decision::refuse(why, sure, events)
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
    let asking = Asking {
        request,
        client,
        audience: &audience,
        caller,
        facts,
        at,
    };
    let Found {
        path,
        grant,
        allowed,
        scopes,
        details,
    } = match asking.found() {
        Ok(found) => found,
        Err(why) => return asking.ungranted(why),
    };

    // 7. What policies leave of it, and whether nobody need be asked.
    let ruling = asking.scene().rule(&scopes, &details);
    let (scopes, details) = match asking.silent(&scopes, &details, &ruling) {
        Ok(left) => left,
        Err(why) => return asking.demanded(&ruling, why.under(path)),
    };

    // 8. Within the powers of the grant, and room for what is used by issuing it; what is beyond, people may give once.
    let uses = match ledger::Issue::of(path, &details, &facts.policy, &facts.budgets, at.now) {
        Ok(uses) => uses,
        Err(why @ (Why::LimitExceeded { .. } | Why::ConstraintViolated(_) | Why::CapabilityNotGranted)) => {
            return asking.approvers(client.approvers.as_ref().map(Panel::registered), why);
        }
        Err(why) => return Err(why),
    };
    let powers = grant.authority.powers();
    request.limits.are_meant(&facts.policy, &scopes, &details, powers)?;

    // 9. The projection: one audience, short, never longer than the grant, bound to the key that was proved.
    let projection = Projection {
        tenant: facts.tenant,
        client,
        acts: Acts::Itself,
        grant,
        ends: allowed.expires(),
        scopes: &scopes,
        details: &details,
        audience: &audience,
        resource: facts.resource.as_ref(),
        key: caller.key.as_ref(),
        limits: &request.limits,
        lifetime_seconds: ruling.demands().lifetime_seconds,
    };
    let issued = projection.issue(None, at);

    // 10. What the answer relied on: the grant as it was read. Its ancestors' death is read at use; their epochs are expected too.
    let live = path.iter().map(|node| {
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
    let event = ruling.on(event);
    let change = Change {
        guards: live
            .chain(facts.types.relied_on(&details))
            .chain(uses.guards(&issued.record, at.now))
            .chain([
                unchanged,
                facts.policy.relied_on(),
                Guard::Token(token::Guard::Create(Box::new(issued.record))),
            ])
            .collect(),
        sure: Vec::new(),
        touches: notes(client, path, &ruling, at),
        events: vec![event],
    };
    Ok(Decision::issue(issued.reply, vec![issued.unsigned], change))
}

/// The notes that a token leaves.
fn notes(client: &Client, path: &[Grant], ruling: &Ruling, at: &Moment) -> Vec<Touch> {
    let of_client = Touch::ClientUsed {
        id: client.id.clone(),
        at: at.now,
    };
    let of_grants = grant::noted(path, at.now);
    std::iter::once(of_client)
        .chain(of_grants)
        .chain(ruling.noted())
        .collect()
}

/// A question, and what is known for it.
struct Asking<'a> {
    request: &'a Request,
    client: &'a Client,
    audience: &'a Audience,
    caller: &'a Caller,
    facts: &'a Facts<'a>,
    at: &'a Moment,
}

/// A living grant that has what is asked, with the scope and the details of the token.
#[derive(Clone)]
struct Found<'a> {
    /// The grant with its path.
    path: &'a [Grant],
    grant: &'a Grant,
    /// What the whole path allows.
    allowed: Cow<'a, Authority>,
    scopes: Scopes,
    details: Details,
}

/// A living grant that reaches the place, with what its whole path allows.
type Offer<'a> = (&'a [Grant], &'a Grant, Cow<'a, Authority>);

impl<'a> Asking<'a> {
    fn found(&self) -> Result<Found<'a>, Why> {
        let Self {
            request,
            audience,
            facts,
            ..
        } = *self;
        // 4. The grants that live: each with every ancestor, and no wider than any of them now. Any one suffices.
        let alive: Vec<&[Grant]> = facts
            .grants
            .iter()
            .map(Vec::as_slice)
            .filter(|path| grant::lives(path, self.at.now) && !path.iter().any(|grant| grant.terms.once))
            .collect();
        if alive.is_empty() {
            return Err(Why::NoGrant);
        }
        let here: Vec<Offer<'_>> = alive
            .into_iter()
            .filter_map(|path| Some((path, path.first()?, grant::allowed(path, &facts.types)?)))
            .filter(|(_, _, allowed)| allowed.audiences().contains(audience))
            .collect();
        if here.is_empty() {
            return Err(Why::ResourceNotGranted);
        }

        // 5. The scope: what was asked, all of it, or all that this grant and this resource share (RFC 6749 s3.3).
        // A grant that shares nothing with the resource gives an empty default only when no other grant gives more.
        let offers: Vec<(Offer<'_>, Scopes)> = here
            .into_iter()
            .filter_map(|offer| {
                let scopes = granted(request, &offer, self.audience, facts)?;
                Some((offer, scopes))
            })
            .collect();
        if offers.is_empty() {
            return Err(Why::ScopeNotGranted);
        }

        // 6. The details, of the same grant (RFC 9396 s6): within those that it has, or by a power of it. Of several grants one that has room is taken.
        let mut with_details = Vec::new();
        let mut missed = None;
        for ((path, grant, allowed), scopes) in offers {
            match self.detailed(path, &allowed) {
                Ok(details) => with_details.push(Found {
                    path,
                    grant,
                    allowed,
                    scopes,
                    details,
                }),
                Err(why) => missed = missed.or(Some(why)),
            }
        }
        let something = |found: &&Found<'_>| !found.scopes.is_empty() || !found.details.is_empty();
        let has_room = |found: &&Found<'_>| {
            let uses = ledger::Issue::of(found.path, &found.details, &facts.policy, &facts.budgets, self.at.now);
            something(found) && uses.is_ok()
        };
        with_details
            .iter()
            .find(has_room)
            .or_else(|| with_details.iter().find(something))
            .or_else(|| with_details.first())
            .cloned()
            .ok_or_else(|| missed.unwrap_or(Why::DetailNotGranted))
    }

    /// The details of the token: what was asked, within what this grant has or by its powers; when nothing at all was asked, everything of it that counts here.
    fn detailed(&self, path: &[Grant], allowed: &Authority) -> Result<Details, Why> {
        let Self { client, facts, .. } = *self;
        let types = &facts.types;
        let place = facts.tenant.place_of(self.audience);
        let granted = allowed.details();
        match (&self.request.details, &self.request.scopes) {
            (Some(asked), _) => {
                let by_power: Vec<bool> = asked
                    .iter()
                    .map(|detail| ledger::is_by_power(path, detail, &facts.policy))
                    .collect();
                let others = asked.keeping(|place| by_power.get(place) != Some(&true));
                types.askable(asked, client, place)?;
                if !others.is_empty() {
                    types.of_granted(Some(&others), granted, client, place)?;
                }
                Ok(asked.clone())
            }
            (None, Some(_)) => Ok(Details::default()),
            (None, None) => {
                let counting = types.counting(granted, client, place);
                let limits = &self.request.limits;
                Ok(if limits.is_none() {
                    counting
                } else {
                    limits.details_of(&counting)
                })
            }
        }
    }

    fn scene(&self) -> Scene<'a> {
        Scene {
            policy: &self.facts.policy,
            client: self.client,
            user: None,
            audience: self.audience,
            place: self.facts.tenant.place_of(self.audience),
            now: self.at.now,
        }
    }

    /// What of it is given without asking anybody: all that was named, or, where nothing was named, what policies leave (seed 003, what auto-approval can never do).
    fn silent(&self, scopes: &Scopes, details: &Details, ruling: &Ruling) -> Result<(Scopes, Details), Why> {
        if ruling.is_silent() {
            return Ok((scopes.clone(), details.clone()));
        }
        let refused = match &self.request.details {
            Some(_) if ruling.forbidden().is_empty() && ruling.not_silent().is_empty() => Refused::Detail,
            Some(_) | None => Refused::Scope,
        };
        let left = (scopes.without(&ruling.not_silent()), ruling.silent_details(details));
        let named = self.request.scopes.is_some() || self.request.details.is_some();
        let nothing = left.0.is_empty() && left.1.is_empty();
        if !named && !nothing {
            return Ok(left);
        }
        Err(if ruling.permits() {
            Why::HumanDemanded(refused)
        } else {
            ruling.refusal(refused)
        })
    }

    /// Nobody gave it: the client's people are asked, if it has some, or those whom policies name instead.
    fn ungranted(&self, why: Why) -> Result<Decision, Why> {
        if self.client.approvers.is_none() {
            return self.approvers(None, why);
        }
        let nothing = Scopes::default();
        let scopes = self.request.scopes.as_ref().unwrap_or(&nothing);
        let details = self.request.details.as_ref().unwrap_or(Details::none());
        let ruling = self.scene().rule(scopes, details);
        let would_wait = matches!(self.request.completion, Completion::Deferred { .. });
        if would_wait && ruling.unfit().is_some() {
            let place = self.facts.tenant.place_of(self.audience);
            self.facts.types.askable(details, self.client, place)?; // policies cannot judge it: its type says what is wrong
        }
        self.demanded(&ruling, why)
    }

    /// Policies or the capability demand that a human says so: those whom policies name, else those of the client. What is forbidden nobody is asked about.
    fn demanded(&self, ruling: &Ruling, why: Why) -> Result<Decision, Why> {
        if !ruling.permits() {
            return Err(why);
        }
        let demanded = ruling.demands().approvers;
        let panel = if demanded.is_empty() {
            self.client.approvers.as_ref().map(Panel::registered)
        } else {
            Panel::demanded(&demanded)
        };
        self.approvers(panel, why)
    }

    /// Asks people, for a scope or for details that are named: nobody can answer a question about everything.
    fn approvers(&self, panel: Option<Panel>, refused: Why) -> Result<Decision, Why> {
        if !self.request.limits.is_none() {
            return Err(refused); // a question does not carry them, and what comes of it would reach further than was asked
        }
        let nothing = Scopes::default();
        let whom = panel.map(Whom::Members);
        let who = whom.as_ref().map(Whom::who);
        let others: Vec<Approval> = self
            .facts
            .approvals
            .iter()
            .filter(|other| Some(other.whom.who()) == who)
            .cloned()
            .collect();
        let deferral = Deferral {
            tenant: self.facts.tenant,
            keys: self.facts.keys,
            client: self.client,
            completion: &self.request.completion,
            origin: Origin::ClientCredentials,
            whom: whom.clone(),
            scopes: self.request.scopes.as_ref().unwrap_or(&nothing),
            details: self.request.details.as_ref().unwrap_or(Details::none()),
            types: &self.facts.types,
            audience: self.audience,
            resource: self.facts.resource.as_ref(),
            others: &others,
        };
        deferred(deferral, refused, self.caller, self.at)
    }
}

/// The scope of the token, if this authority has all of what was asked. A resource gives only scopes it knows; our own endpoints know all.
fn granted(
    request: &Request,
    (path, _, authority): &Offer<'_>,
    audience: &Audience,
    facts: &Facts<'_>,
) -> Option<Scopes> {
    let place = facts.tenant.place_of(audience);
    let known = match &facts.resource {
        Some(resource) if request.resource.is_some() => resource.known(authority.scopes()),
        Some(_) | None => authority.scopes().clone(),
    };
    let known = grant::contained(path, &known, place, &facts.policy);
    match &request.scopes {
        None if request.details.is_some() => Some(Scopes::default()), // what was asked is in the details
        None if !request.limits.is_none() => Some(request.limits.scopes_of(&known, place, &facts.policy)),
        None => Some(known),
        Some(wanted) => known.covers(wanted).then(|| wanted.clone()),
    }
}
