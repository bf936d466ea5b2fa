//! Whether a code gets its tokens.

use std::collections::BTreeMap;

use proof::digest;

use super::{AuthorizationCode, Guard as CodeGuard, Request};
use crate::{
    authority::{Audience, Scopes},
    authorization::Wish,
    browser_session::Presence,
    caller::{Caller, Who},
    client::{self, Authentication, Binding, Client, GrantType, SecurityProfile},
    confirmation::Confirmation,
    decision::{Change, Decision, Guard, Touch, Write},
    detail::{Details, Types},
    event::{Event, EventKind},
    grant::{self, Grant},
    id::UserId,
    identity,
    ledger::{self, Budget, BudgetId},
    moment::Moment,
    policy::{Policy, Rules, Ruling, Scene},
    relying_party,
    resource::Resource,
    tenant::Tenant,
    token::{self, First, Redemption, TenantKeys},
    user::{self, User},
    why::Why,
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
    /// The code, if its id is known.
    pub code: Option<AuthorizationCode>,
    /// The grant that it projects, with its path to the root.
    pub path: Vec<Grant>,
    /// The resource of the code, unless it is for our own endpoints or the resource is gone.
    pub resource: Option<Resource>,
    /// Who said yes, if they are still there.
    pub user: Option<User>,
    /// What the organisation decided: central consent and policies.
    pub rules: Rules,
    /// What was used of the powers along that path.
    pub budgets: BTreeMap<BudgetId, Budget>,
    /// The types of the details in question, and what their schemas make of them.
    pub types: Types,
}

/// Decides the redemption of a code.
pub fn decide(request: &Request, caller: &Caller, facts: &Facts<'_>, at: &Moment) -> Decision {
    match consider(request, caller, facts, at) {
        Ok(decision) => decision,
        Err(Why::CodeReplayed) => replayed(caller, facts, at),
        Err(why) => {
            let event = Event::refused(&why, caller, at);
            let (sure, mut events) = grant::fallen(&why, caller, at);
            events.insert(0, event);
            Decision::refuse(why, sure, events)
        }
    }
}

/// A second use: everything that came of the code dies, whoever shows it (RFC 6749 s4.1.2, S-07).
fn replayed(caller: &Caller, facts: &Facts<'_>, at: &Moment) -> Decision {
    let event = Event::refused(&Why::CodeReplayed, caller, at);
    let event = Event {
        kind: EventKind::CodeReplayed,
        ..event
    };
    let redeemed = facts.code.as_ref().and_then(|code| code.redeemed.clone());
    let (sure, event) = match redeemed {
        Some(id) => {
            let event = event.about(id.as_str());
            (
                vec![Write::Grant(grant::Write::EnsureRevoked { id, at: at.now })],
                event,
            )
        }
        None => (Vec::new(), event),
    };
    Decision::refuse(Why::CodeReplayed, sure, vec![event])
}

fn consider(request: &Request, caller: &Caller, facts: &Facts<'_>, at: &Moment) -> Result<Decision, Why> {
    // 1. The client: by its credential, or by name alone if it has none (RFC 6749 s3.2.1), and registered for codes.
    let client = proved_client(caller, facts.client_epoch)?;
    if !client.grant_types.contains(&GrantType::AuthorizationCode) {
        return Err(Why::GrantTypeNotAllowed);
    }

    // 2. to 4. The code, and that who redeems it is who asked for it.
    let code = redeemable(request, client, facts, at)?;

    // 5. The key: the one that was named when the code was asked for (RFC 9449 s10), and one at all where the client or the tenant wants it.
    let named = code.key.clone().map(Confirmation::Jkt);
    if named.is_some() && named != caller.key {
        return Err(Why::KeyOther);
    }
    key_shown(client, facts.tenant, caller)?;

    // 6. The place: the code's own (RFC 8707 s2.2), still there.
    let asked_elsewhere = request
        .resource
        .as_ref()
        .is_some_and(|uri| code.audience != Audience::Resource(uri.clone()));
    if asked_elsewhere {
        return Err(Why::ResourceNotGranted);
    }
    let resource = place(&code.audience, facts.resource.as_ref())?;

    // 7. The person, and what they or the organisation said: all of it still stands.
    let user = facts
        .user
        .as_ref()
        .filter(|user| user.id == code.user && user.disabled.is_none())
        .ok_or(Why::UserDisabled)?;
    let parent = facts
        .path
        .first()
        .filter(|grant| grant.id == code.grant && grant::lives(&facts.path, at.now))
        .ok_or(Why::GrantEnded)?;
    let allowed = grant::allowed(&facts.path, &facts.types).ok_or(Why::GrantEnded)?;
    let where_to = facts.tenant.place_of(&code.audience);
    let details = facts.types.of_granted(None, &code.details, client, where_to)?;
    let scene = Scene {
        policy: &facts.rules.policy,
        client,
        user: Some(user),
        audience: &code.audience,
        place: where_to,
        now: at.now,
    };
    let still = grant::still_given(&facts.path, &facts.rules.consent, &scene, &code.scopes, &details)?;
    let details = still.said_to_by(&code.presence, &details)?;
    let scopes = still.scopes;

    // 8. The details: the authorization has those of the code, the first token has them or less (RFC 9396 s6).
    let policy = &facts.rules.policy;
    let first = facts
        .types
        .of_granted(request.details.as_ref(), &details, client, where_to)?;
    let first = first_of(request, &scopes, first, policy, where_to);
    let powers = parent.authority.powers();
    first.limits.are_meant(policy, &first.scopes, &first.details, powers)?;

    // 9. What is used by issuing the first token, the authorization and its tokens.
    let booked = ledger::Issue::of(&facts.path, &first.details, policy, &facts.budgets, at.now)?;
    let redeemed = Redemption {
        tenant: facts.tenant,
        keys: facts.keys,
        client,
        caller,
        user,
        presence: &code.presence,
        parent,
        allowed: &allowed,
        scopes: &scopes,
        details: &details,
        first: &first,
        types: &facts.types,
        audience: &code.audience,
        resource,
        nonce: code.nonce.as_deref(),
        id_claims: &code.id_claims,
        lifetime_seconds: still.ruling.demands().lifetime_seconds,
    }
    .redeem(at)?;

    // 10. What the answer relied on, and what it leaves behind.
    let event = still
        .ruling
        .on(issued_event(&redeemed.record, caller, at).with("code", code.id.as_str()));
    let mut guards = relied_on(&facts.path, client, user);
    guards.extend(facts.types.relied_on(&details));
    guards.push(facts.rules.policy.relied_on());
    guards.extend(booked.guards(&redeemed.record, at.now));
    guards.push(Guard::AuthorizationCode(CodeGuard::Redeem {
        id: code.id.clone(),
        grant: redeemed.authorization.id.clone(),
    }));
    let (made, reply, sign) = redeemed.guards();
    guards.extend(made);
    let change = Change {
        guards,
        sure: told(client, &code.scopes, &code.presence, &code.user, at),
        touches: used(client, parent, &facts.path, &still.ruling, at),
        events: vec![event],
    };
    Ok(Decision::issue(reply, sign, change))
}

/// What the first token has: where it is limited and nothing else is asked, what the limits name.
fn first_of(request: &Request, scopes: &Scopes, details: Details, policy: &Policy, place: &str) -> First {
    let limits = request.limits.clone();
    if limits.is_none() {
        return First {
            scopes: scopes.clone(),
            details,
            limits,
        };
    }
    First {
        scopes: limits.scopes_of(scopes, place, policy),
        details: match &request.details {
            None => limits.details_of(&details),
            Some(_) => details,
        },
        limits,
    }
}

/// An app that wants to hear when the person signs out is noted with what it is told of them.
pub(crate) fn told(client: &Client, scopes: &Scopes, presence: &Presence, user: &UserId, at: &Moment) -> Vec<Write> {
    let wants = client.further.backchannel_logout_uri.is_some() && scopes.contains(identity::OPENID);
    let session = presence.session.as_ref().filter(|_| wants);
    session
        .map(|session| {
            Write::RelyingParty(relying_party::Write::Tell {
                session: session.clone(),
                client: client.id.clone(),
                user: user.clone(),
                at: at.now,
            })
        })
        .into_iter()
        .collect()
}

/// The code, if this client may redeem it now.
fn redeemable<'f>(
    request: &Request,
    client: &Client,
    facts: &'f Facts<'_>,
    at: &Moment,
) -> Result<&'f AuthorizationCode, Why> {
    // 2. The code: known, whole (compared by digest, in constant time), this client's, unused, in time.
    let (code, secret) = match (&facts.code, &request.code) {
        (Some(code), Some((id, secret))) if code.id == *id => (code, secret),
        (Some(_) | None, _) => return Err(Why::CodeUnknown),
    };
    if !digest::same(digest::sha256_b64(secret.as_bytes()).as_bytes(), code.digest.as_bytes()) {
        return Err(Why::CodeUnknown);
    }
    if code.redeemed.is_some() {
        return Err(Why::CodeReplayed);
    }
    if code.client != client.id {
        return Err(Why::CodeOfAnother);
    }
    if code.expires() <= at.now {
        return Err(Why::CodeExpired);
    }

    // 3. The redirect URI, if the client repeats it (RFC 6749 s4.1.3).
    if request
        .redirect_uri
        .as_deref()
        .is_some_and(|uri| uri != code.redirect_uri.as_str())
    {
        return Err(Why::CodeRedirect);
    }

    // 4. PKCE (RFC 7636 s4.6): who redeems is who asked. A verifier without a challenge is a downgrade that somebody tried (RFC 9700 s4.8.2).
    match (request.verifier.as_deref(), code.challenge.as_deref()) {
        (Some(verifier), Some(challenge)) => {
            let digest = digest::sha256_b64(verifier.as_bytes());
            if !is_verifier(verifier) || !digest::same(digest.as_bytes(), challenge.as_bytes()) {
                return Err(Why::VerifierWrong);
            }
        }
        (None, None) => {}
        (None, Some(_)) => return Err(Why::VerifierMissing),
        (Some(_), None) => return Err(Why::VerifierWrong),
    }
    Ok(code)
}

/// The client that asks for tokens of a person: proved by its credential, or by name alone if it registered without one; and its registration is still the one that proved it.
pub(crate) fn proved_client(caller: &Caller, epoch_now: Option<i64>) -> Result<&Client, Why> {
    let client = match &caller.who {
        Who::PureMachine(machine) => &machine.client,
        Who::PublicClient(public) if public.client.authentication == Authentication::Nothing => &public.client,
        Who::PublicClient(_)
        | Who::BrowserUser(_)
        | Who::UserDelegatedMachine(_)
        | Who::Agent(_)
        | Who::Administrator(_)
        | Who::Anyone => return Err(Why::CredentialsMissing),
    };
    if epoch_now.is_some_and(|now| now != client.epoch) {
        return Err(Why::ClientChanged);
    }
    Ok(client)
}

/// A key must have been proved where the client (RFC 9449 s5.2, RFC 8705 s3.4) or the profile demands it, and for a person's tokens where the tenant does.
pub(crate) fn key_shown(client: &Client, tenant: &Tenant, caller: &Caller) -> Result<(), Why> {
    own_key_shown(client, tenant, caller)?;
    if tenant.settings.binding == Binding::Required && caller.key.is_none() {
        return Err(Why::DpopMissing);
    }
    Ok(())
}

/// The same for a client's own tokens.
pub(crate) fn own_key_shown(client: &Client, tenant: &Tenant, caller: &Caller) -> Result<(), Why> {
    let (by_proof, by_certificate) = match &caller.key {
        Some(Confirmation::Jkt(_)) => (true, false),
        Some(Confirmation::Certificate(_)) => (false, true),
        None => (false, false),
    };
    if client.further.certificate_bound == Wish::Yes && !by_certificate {
        return Err(Why::CertificateMissing);
    }
    let demanded = client.binding == Binding::Required;
    let by_profile = client.profile(tenant) >= SecurityProfile::Fapi2; // FAPI 2.0 s5.3.2.1: sender-constrained, either way
    if (demanded && !by_proof) || (by_profile && !by_proof && !by_certificate) {
        return Err(Why::DpopMissing);
    }
    Ok(())
}

/// The resource of an audience, registered and enabled; none for our own endpoints.
pub(crate) fn place<'a>(audience: &Audience, resource: Option<&'a Resource>) -> Result<Option<&'a Resource>, Why> {
    match (audience, resource) {
        (Audience::Issuer, _) => Ok(None),
        (Audience::Resource(_), None) => Err(Why::ResourceUnknown),
        (Audience::Resource(_), Some(resource)) if resource.disabled.is_some() => Err(Why::ResourceDisabled),
        (Audience::Resource(_), Some(resource)) => Ok(Some(resource)),
    }
}

/// What every token of a person relies on: the grants as they were read, the client, the person.
pub(crate) fn relied_on(path: &[Grant], client: &Client, user: &User) -> Vec<Guard> {
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
    let person = Guard::User(user::Guard::Unchanged {
        id: user.id.clone(),
        epoch: user.epoch,
    });
    live.chain([unchanged, person]).collect()
}

/// The audit entry of a token.
pub(crate) fn issued_event(record: &token::Record, caller: &Caller, at: &Moment) -> Event {
    Event::new(EventKind::TokenIssued, caller, at)
        .about(record.id.as_str())
        .with("grant", record.grant.as_str())
        .with("audience", record.audience.as_row())
        .with("scope", record.scope.as_str())
        .with("expires", record.expires.unix())
        .with("bound", record.key.is_some())
}

/// The notes that a token leaves.
pub(crate) fn used(client: &Client, grant: &Grant, path: &[Grant], ruling: &Ruling, at: &Moment) -> Vec<Touch> {
    let notes = [
        Touch::ClientUsed {
            id: client.id.clone(),
            at: at.now,
        },
        Touch::GrantUsed {
            id: grant.id.clone(),
            at: at.now,
        },
    ];
    let of_grants = grant::noted(path, at.now);
    notes.into_iter().chain(of_grants).chain(ruling.noted()).collect()
}

/// 43 to 128 unreserved characters (RFC 7636 s4.1).
fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~'))
}
