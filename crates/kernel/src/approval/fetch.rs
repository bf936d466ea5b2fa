//! Fetching: what a poll is answered with, and how an answer becomes tokens. One for every skin that polls.

use std::collections::{BTreeMap, BTreeSet};

use proof::Time;

use super::{
    Approval, Door, Guard as ApprovalGuard, Handle, Origin, SLOW_DOWN_SECONDS, Skin, State, Whom,
    Write as ApprovalWrite,
};
use crate::{
    authority::{Authority, Scopes},
    authorization::lives_as_read,
    authorization_code::{issued_event, key_shown, own_key_shown, place, proved_client, relied_on, told, used},
    caller::Caller,
    capability::Strength,
    client::{self, Client, GrantType},
    code::Code,
    decision::{self, Change, Decision, Guard, Reply, Unsigned, Waiting, Write},
    detail::{Details, Types},
    event::Event,
    grant::{self, Grant},
    id::ApprovalId,
    ledger::{self, Budget, BudgetId},
    moment::Moment,
    policy::{Rules, Ruling, Scene},
    power::ExecutionLimits,
    resource::Resource,
    tenant::Tenant,
    token::{self, Acts, First, Projection, Redemption, TenantKeys},
    user::User,
    why::{Refused, Why},
};

/// What was loaded for a poll.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The tenant.
    pub tenant: &'a Tenant,
    /// The tenant's keys for handles, refresh tokens and pairwise names.
    pub keys: &'a TenantKeys,
    /// The epoch of the client's registration as it is now: read again when somebody moved first, `None` at the first look.
    pub client_epoch: Option<i64>,
    /// The approval, if its id is known.
    pub approval: Option<Approval>,
    /// The grant that the answer gave, with its path to the root.
    pub path: Vec<Grant>,
    /// The authorization whose line asked, with its path, if it was a line.
    pub line: Vec<Grant>,
    /// The resource, unless it is for our own endpoints or the resource is gone.
    pub resource: Option<Resource>,
    /// Who said yes, if it was one person and they are still there.
    pub user: Option<User>,
    /// Those who said yes and are still there.
    pub people: Vec<User>,
    /// What the organisation decided: central consent and policies.
    pub rules: Rules,
    /// What was used of the powers along that path.
    pub budgets: BTreeMap<BudgetId, Budget>,
    /// The types of the details in question, and what their schemas make of them.
    pub types: Types,
    /// When this client asked for it last at this node, if it did.
    pub polled: Option<Time>,
}

/// Which approval a presented handle is of, before anything is loaded: for the node's memory of polls.
pub fn poller(keys: &TenantKeys, handle: &str) -> Option<ApprovalId> {
    Handle::read(&keys.approvals, handle).map(|handle| handle.id().clone())
}

/// Answers a poll.
pub(crate) fn poll(handle: &str, skin: Skin, caller: &Caller, facts: &Facts<'_>, at: &Moment) -> Decision {
    match consider(handle, skin, caller, facts, at) {
        Ok(decision) => decision,
        Err(why) => {
            // A poll is no write; only one that came too soon leaves something behind.
            let slow_down = match (&why, &facts.approval) {
                (Why::PollTooSoon, Some(approval)) => Some(Write::Approval(ApprovalWrite::SlowDown {
                    id: approval.id.clone(),
                    interval_seconds: approval.interval_seconds.saturating_add(SLOW_DOWN_SECONDS),
                })),
                (_, _) => None,
            };
            let told = (why != Why::PollTooSoon).then(|| Event::refused(&why, caller, at).with("handle", skin.name()));
            Decision::refuse(why, slow_down.into_iter().collect(), told.into_iter().collect())
        }
    }
}

fn consider(handle: &str, skin: Skin, caller: &Caller, facts: &Facts<'_>, at: &Moment) -> Result<Decision, Why> {
    // 1. Whose question: the client that asked, by the door that asked. Unknown, another's and used look the same.
    let client = proved_client(caller, facts.client_epoch)?;
    let known = Handle::read(&facts.keys.approvals, handle);
    let approval = match (&facts.approval, &known) {
        (Some(approval), Some(known)) if approval.id == *known.id() && approval.door.opens_with(skin) => approval,
        (Some(_) | None, _) => return Err(Why::HandleUnknown),
    };
    if approval.client != client.id {
        return Err(Why::HandleOfAnother);
    }
    if approval.key.is_some() && approval.key != caller.key {
        return Err(Why::HandleOtherKey); // S-17: the key of the question, at every poll
    }

    // 2. Where it stands (RFC 8628 s3.5).
    let approval = approval.clone().as_of(at.now);
    match &approval.state {
        State::Asked | State::Clarifying { .. } | State::PartlyApproved { .. } => {
            let soon = |last: Time| at.now.since(last) < approval.interval_seconds;
            if facts.polled.is_some_and(soon) {
                return Err(Why::PollTooSoon);
            }
            let waiting = waiting(&approval, facts.tenant, at);
            let pending = decision::Pending::Approval(Box::new(waiting));
            Ok(Decision::wait(pending, Vec::new(), Change::default()))
        }
        State::Denied { .. } => Err(Why::ApprovalDenied),
        State::Cancelled { .. } => Err(Why::ApprovalCancelled),
        State::Expired { .. } => Err(Why::ApprovalExpired),
        State::Redeemed { .. } => Err(Why::HandleRedeemed),
        State::Approved { .. } => redeem(&approval, client, caller, facts, at),
    }
}

/// What a client is told while it waits: how long that may be, how often it may ask, and where the person it may have at hand can answer.
pub(crate) fn waiting(approval: &Approval, tenant: &Tenant, at: &Moment) -> Waiting {
    let interaction = match (&approval.door, &approval.whom) {
        (Door::Deferred(_), Whom::Person(_)) => Some(format!("{}/approvals/{}", tenant.issuer, approval.id)),
        (_, _) => None,
    };
    Waiting {
        code: match interaction {
            Some(_) => Code::InteractionRequired,
            None => Code::AuthorizationPending,
        },
        deferral_code: None,
        interaction,
        expires_in_seconds: approval.expires.since(at.now),
        interval_seconds: approval.interval_seconds,
    }
}

/// The answer becomes tokens, once: of 64 who fetch it at once, one writes.
fn redeem(
    approval: &Approval,
    client: &Client,
    caller: &Caller,
    facts: &Facts<'_>,
    at: &Moment,
) -> Result<Decision, Why> {
    let State::Approved { gift, .. } = &approval.state else {
        return Err(Why::HandleUnknown);
    };
    let parent = facts
        .path
        .first()
        .filter(|grant| Some(&grant.id) == gift.grant() && grant::lives(&facts.path, at.now))
        .ok_or(Why::GrantEnded)?;
    // What people agreed to, of which every detail still counts: a type that ended or was tightened silences like a revocation.
    let agreed = approval.state.agreed();
    let allowed = grant::allowed(&facts.path, &facts.types).ok_or(Why::GrantEnded)?;
    if !allowed.scopes().covers(&agreed.scopes) || !allowed.audiences().contains(&approval.asks.audience) {
        return Err(Why::GrantEnded); // taken back since: what was agreed to is asked anew
    }
    let place_of_it = facts.tenant.place_of(&approval.asks.audience);
    let details = facts.types.of_granted(None, &agreed.details, client, place_of_it)?;
    let fetch = Fetch {
        approval,
        client,
        scopes: &agreed.scopes,
        details: &details,
        parent,
        allowed: &allowed,
        resource: place(&approval.asks.audience, facts.resource.as_ref())?,
        caller,
        facts,
    };
    let issued = match &approval.door {
        Door::AccessRequest => return Err(Why::HandleUnknown), // a yes to a question is not fetched
        Door::Device => fetch.for_a_person(at)?,
        Door::Deferred(Origin::ClientCredentials) => fetch.for_itself(at)?,
        Door::Deferred(Origin::RefreshToken { authorization }) => {
            registered_for(client, GrantType::RefreshToken)?;
            // The line that asked still lives: whoever was cut off meanwhile gets nothing by having asked before (S-16).
            let lives = facts.line.first().is_some_and(|grant| grant.id == *authorization);
            if !lives || !grant::lives(&facts.line, at.now) {
                return Err(Why::GrantEnded);
            }
            fetch.for_a_person(at)?
        }
    };

    let redeemed = approval.clone().redeem(at.now).map_err(|_| Why::HandleUnknown)?;
    let Issued {
        mut guards,
        sure,
        event,
        ruling,
        reply,
        sign,
    } = issued;
    guards.extend(facts.types.relied_on(&details));
    guards.push(facts.rules.policy.relied_on());
    guards.push(Guard::Approval(ApprovalGuard::Advance(Box::new(redeemed))));
    let change = Change {
        guards,
        sure,
        touches: used(client, parent, &facts.path, &ruling, at),
        events: vec![ruling.on(event.with("approval", approval.id.as_str()))],
    };
    Ok(Decision::issue(reply, sign, change))
}

/// The client may still do what it was deferred in.
fn registered_for(client: &Client, grant_type: GrantType) -> Result<(), Why> {
    if client.grant_types.contains(&grant_type) {
        Ok(())
    } else {
        Err(Why::GrantTypeNotAllowed)
    }
}

/// An answer that is fetched, and what it hangs on.
struct Fetch<'a> {
    approval: &'a Approval,
    client: &'a Client,
    /// What everybody who said yes said yes to.
    scopes: &'a Scopes,
    details: &'a Details,
    /// The grant that the answer gave: it lives.
    parent: &'a Grant,
    /// What it and its ancestors allow now.
    allowed: &'a Authority,
    resource: Option<&'a Resource>,
    caller: &'a Caller,
    facts: &'a Facts<'a>,
}

/// What an answer became.
struct Issued {
    guards: Vec<Guard>,
    sure: Vec<Write>,
    event: Event,
    ruling: Ruling,
    reply: Reply,
    sign: Vec<Unsigned>,
}

impl Fetch<'_> {
    /// What is used by issuing a token for these.
    fn uses(&self, details: &Details, at: &Moment) -> Result<ledger::Issue<'_>, Why> {
        let facts = self.facts;
        ledger::Issue::of(&facts.path, details, &facts.rules.policy, &facts.budgets, at.now)
    }

    fn scene<'s>(&'s self, user: Option<&'s User>, at: &Moment) -> Scene<'s> {
        Scene {
            policy: &self.facts.rules.policy,
            client: self.client,
            user,
            audience: &self.approval.asks.audience,
            place: self.facts.tenant.place_of(&self.approval.asks.audience),
            now: at.now,
        }
    }

    /// A machine's own token, as `client_credentials` gives it.
    fn for_itself(&self, at: &Moment) -> Result<Issued, Why> {
        registered_for(self.client, GrantType::ClientCredentials)?;
        own_key_shown(self.client, self.facts.tenant, self.caller)?;
        let ruling = self.scene(None, at).rule(self.scopes, self.details);
        self.approval.clone().by_people(&self.facts.people).suffices(&ruling)?;
        if !self.facts.types.within(self.details, self.allowed.details()) {
            return Err(Why::GrantEnded); // taken back since, in part or all of it
        }
        let issued = Projection {
            tenant: self.facts.tenant,
            client: self.client,
            acts: Acts::Itself,
            grant: self.parent,
            ends: self.allowed.expires(),
            scopes: self.scopes,
            details: self.details,
            audience: &self.approval.asks.audience,
            resource: self.resource,
            key: self.caller.key.as_ref(),
            limits: &ExecutionLimits::default(),
            lifetime_seconds: ruling.demands().lifetime_seconds,
        }
        .issue(None, at);
        let event = issued_event(&issued.record, self.caller, at);
        let uses = self.uses(self.details, at)?.guards(&issued.record, at.now);
        let (_, mut guards) = lives_as_read(&self.facts.path).ok_or(Why::GrantEnded)?;
        guards.push(Guard::Client(client::Guard::Unchanged {
            id: self.client.id.clone(),
            epoch: self.client.epoch,
        }));
        guards.extend(uses);
        guards.push(Guard::Token(token::Guard::Create(Box::new(issued.record))));
        Ok(Issued {
            guards,
            sure: Vec::new(),
            event,
            ruling,
            reply: issued.reply,
            sign: vec![issued.unsigned],
        })
    }

    /// A person's tokens: their yes is redeemed like every other.
    fn for_a_person(&self, at: &Moment) -> Result<Issued, Why> {
        let Self {
            approval,
            client,
            facts,
            ..
        } = self;
        key_shown(client, facts.tenant, self.caller)?;
        let yes = approval.state.yes().first().ok_or(Why::HandleUnknown)?;
        let user = facts
            .user
            .as_ref()
            .filter(|user| user.id == yes.by && user.disabled.is_none())
            .ok_or(Why::UserDisabled)?;
        let audience = &approval.asks.audience;
        let scene = self.scene(Some(user), at);
        let still = grant::still_given(&facts.path, &facts.rules.consent, &scene, self.scopes, self.details)?;
        if still.ruling.strength() >= Strength::Biometric && yes.signed_by.is_none() {
            return Err(Why::HumanDemanded(Refused::Standing)); // a sign-in by a passkey is no signature of this
        }
        let details = still.said_to_by(&yes.presence, self.details)?;
        let scopes = still.scopes;
        let redeemed = Redemption {
            tenant: facts.tenant,
            keys: facts.keys,
            client,
            caller: self.caller,
            user,
            presence: &yes.presence,
            parent: self.parent,
            allowed: self.allowed,
            scopes: &scopes,
            details: &details,
            first: &First {
                scopes: scopes.clone(),
                details: details.clone(),
                limits: ExecutionLimits::default(),
            },
            types: &facts.types,
            audience,
            resource: self.resource,
            nonce: None,
            id_claims: &BTreeSet::new(),
            lifetime_seconds: still.ruling.demands().lifetime_seconds,
        }
        .redeem(at)?;
        let event = issued_event(&redeemed.record, self.caller, at);
        let mut guards = relied_on(&facts.path, client, user);
        guards.extend(self.uses(&details, at)?.guards(&redeemed.record, at.now));
        let (made, reply, sign) = redeemed.guards();
        guards.extend(made);
        Ok(Issued {
            guards,
            sure: told(client, &scopes, &yes.presence, &user.id, at),
            event,
            ruling: still.ruling,
            reply,
            sign,
        })
    }
}
