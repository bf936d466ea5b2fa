//! When a token request is deferred, and what a poll is answered with.

use super::{Completion, Request};
use crate::{
    approval::{self, Approval, Asks, Door, Handle, Origin, Pending, Skin, Whom},
    authority::{Audience, Scopes},
    caller::Caller,
    capability::Strength,
    client::{self, Client},
    decision::{self, Change, Decision, Guard},
    detail::{Details, Types},
    event::Event,
    identity,
    moment::Moment,
    resource::Resource,
    tenant::Tenant,
    token::TenantKeys,
    why::Why,
};

/// How long people have to answer, and the client to fetch it, in seconds: an hour.
pub(super) const LIFETIME_SECONDS: i64 = 3_600;

/// A token request that its own rules refuse, and that people could allow.
#[derive(Debug)]
pub(crate) struct Deferral<'a> {
    pub(crate) tenant: &'a Tenant,
    pub(crate) keys: &'a TenantKeys,
    pub(crate) client: &'a Client,
    pub(crate) completion: &'a Completion,
    pub(crate) origin: Origin,
    pub(crate) whom: Option<Whom>,
    pub(crate) scopes: &'a Scopes,
    pub(crate) details: &'a Details,
    /// The types of the details, and what their schemas make of them.
    pub(crate) types: &'a Types,
    pub(crate) audience: &'a Audience,
    pub(crate) resource: Option<&'a Resource>,
    /// What waits for the same people.
    pub(crate) others: &'a [Approval],
}

/// Defers a request that was refused for this reason, if the client takes that, somebody can be asked, and what it asks means something there; else the refusal stands.
pub(crate) fn deferred(deferral: Deferral<'_>, refused: Why, caller: &Caller, at: &Moment) -> Result<Decision, Why> {
    let Completion::Deferred { message } = deferral.completion else {
        return Err(refused);
    };
    let Some(whom) = deferral.whom.filter(|_| deferral.tenant.settings.deferred.is_on()) else {
        return Err(refused);
    };
    // Who is there may be asked beside everything else, but a machine is nobody (OpenID Connect Core s3.1.2.1).
    let identity = deferral.scopes.iter().filter(|scope| identity::is_identity(scope));
    let identity = match whom {
        Whom::Person(_) => identity.fold(Scopes::default(), |all, scope| all.with(&Scopes::one(scope))),
        Whom::Members(_) | Whom::WhoeverHasTheCode => Scopes::default(),
    };
    let of_the_place = deferral.scopes.without(&identity);
    let nothing = deferral.scopes.is_empty() && deferral.details.is_empty();
    if nothing || !approval::own_or_known(deferral.resource, &of_the_place) {
        return Err(refused);
    }
    let place = deferral.tenant.place_of(deferral.audience);
    deferral.types.askable(deferral.details, deferral.client, place)?; // nobody is asked about details that nobody could give (RFC 9396 s5)
    let asking = approval::Asking {
        door: Door::Deferred(deferral.origin),
        client: deferral.client,
        asks: Asks {
            once: beyond_what_is_granted(&refused),
            // Outside the envelope of something that moves, nobody says yes by a cookie (seed 001).
            strength: if matches!(&refused, Why::ConstraintViolated(unmet) if unmet.moves) {
                Strength::Biometric
            } else {
                Strength::None
            },
            scopes: deferral.scopes.clone(),
            details: deferral.details.clone(),
            audience: deferral.audience.clone(),
            message: message.clone(),
            clarified: Vec::new(),
            question: None,
        },
        whom,
        user_code_digest: None,
        started_from: None,
        lifetime_seconds: LIFETIME_SECONDS,
        submitted_as: None,
    };
    let put = approval::ask(asking, deferral.others, caller, at)?;
    let mut waiting = approval::waiting(&put.approval, deferral.tenant, at);
    waiting.deferral_code = Some(Handle::write(&deferral.keys.approvals, &put.approval.id));
    let mut guards = put.guards;
    guards.push(Guard::Client(client::Guard::Unchanged {
        id: deferral.client.id.clone(),
        epoch: deferral.client.epoch,
    }));
    let change = Change {
        guards,
        events: put.events,
        ..Change::default()
    };
    let pending = decision::Pending::Approval(Box::new(waiting));
    Ok(Decision::wait(pending, Vec::new(), change))
}

/// Whether a grant is there and does not reach so far: a yes to that is for this one time, and the grant stays what it is (product s3).
const fn beyond_what_is_granted(refused: &Why) -> bool {
    matches!(
        refused,
        Why::LimitExceeded { .. } | Why::ConstraintViolated(_) | Why::CapabilityNotGranted
    )
}

/// Decides a poll.
pub fn decide(request: &Request, caller: &Caller, facts: &Pending<'_>, at: &Moment) -> Decision {
    if !facts.tenant.settings.deferred.is_on() {
        let event = Event::refused(&Why::GrantTypeUnknown, caller, at);
        return Decision::refuse(Why::GrantTypeUnknown, Vec::new(), vec![event]);
    }
    approval::poll(&request.code, Skin::Deferred, caller, facts, at)
}
