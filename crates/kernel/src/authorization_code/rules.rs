//! Whether a code gets its tokens.

use proof::digest;

use super::{AuthorizationCode, Guard as CodeGuard, Request};
use crate::{
    authority::{Ask, Audience},
    caller::{Caller, Who},
    client::{self, Authentication, Binding, Client, GrantType},
    consent::Rule,
    decision::{Change, Decision, Guard, Touch, Write},
    event::{Event, EventKind},
    family::{self, Family},
    grant::{self, Grant, Holder, Source, Status, Subject},
    moment::Moment,
    resource::Resource,
    tenant::Tenant,
    token::{self, Acts, Projection, TenantKeys},
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
    /// The tenant's rules of central consent.
    pub rules: Vec<Rule>,
}

/// Decides the redemption of a code.
pub fn decide(request: &Request, caller: &Caller, facts: &Facts<'_>, at: &Moment) -> Decision {
    match consider(request, caller, facts, at) {
        Ok(decision) => decision,
        Err(Why::CodeReplayed) => replayed(caller, facts, at),
        Err(why) => {
            let event = Event::refused(&why, caller, at);
            Decision::refuse(why, Vec::new(), vec![event])
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
    if code.key.is_some() && code.key != caller.key {
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
    let scopes = grant::still_given(&facts.path, &facts.rules, client, user, &code.audience, &code.scopes)?;

    // 8. The authorization: a child of the person's grant, for this one installation.
    let bound = caller.key.clone();
    let lifetime = if bound.is_some() {
        family::LIFETIME_SECONDS_BOUND
    } else {
        family::LIFETIME_SECONDS_BEARER
    };
    let end = at.now.plus(lifetime);
    let ask = Ask {
        scopes: scopes.clone(),
        audiences: [code.audience.clone()].into(),
        expires: Some(parent.authority.expires().map_or(end, |theirs| theirs.min(end))),
        depth: parent.authority.depth().saturating_sub(1),
    };
    let authorization = Grant {
        id: at.id("authorization"),
        holder: Holder::Client(client.id.clone()),
        subject: Subject::User(user.id.clone()),
        authority: parent.authority.narrow(&ask).map_err(|_| Why::GrantEnded)?,
        parent: Some(parent.id.clone()),
        source: Source::Redeemed,
        status: Status::Active,
        epoch: 0,
        created: at.now,
    };

    // 9. The line of refresh tokens, for clients that registered for it, whatever the scope says.
    let line = client.grant_types.contains(&GrantType::RefreshToken).then(|| Family {
        id: at.id("family"),
        grant: authorization.id.clone(),
        client: client.id.clone(),
        key: bound,
        authenticated: code.authenticated,
        generation: 0,
        turned: at.now,
        request: None,
        created: at.now,
    });
    let refresh = line
        .as_ref()
        .map(|line| family::write(&facts.keys.refresh, &line.id, 0));

    // 10. The projection.
    let issued = Projection {
        tenant: facts.tenant,
        client,
        acts: Acts::For {
            keys: facts.keys,
            user: &user.id,
            authenticated: code.authenticated,
        },
        grant: &authorization,
        scopes: &scopes,
        audience: &code.audience,
        resource,
        key: caller.key.as_deref(),
    }
    .issue(refresh, at);

    // 11. What the answer relied on, and what it leaves behind.
    let event = issued_event(&issued.record, caller, at).with("code", code.id.as_str());
    let mut guards = relied_on(&facts.path, client, user);
    guards.push(Guard::AuthorizationCode(CodeGuard::Redeem {
        id: code.id.clone(),
        grant: authorization.id.clone(),
    }));
    guards.push(Guard::Grant(grant::Guard::Create(Box::new(authorization))));
    guards.extend(line.map(|line| Guard::Family(family::Guard::Create(Box::new(line)))));
    guards.push(Guard::Token(token::Guard::Create(Box::new(issued.record))));
    let change = Change {
        guards,
        sure: Vec::new(),
        touches: used(client, parent, at),
        events: vec![event],
    };
    Ok(Decision::issue(issued.reply, vec![issued.unsigned], change))
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

    // 4. PKCE (RFC 7636 s4.6): who redeems is who asked.
    let verifier = request.verifier.as_deref().ok_or(Why::VerifierMissing)?;
    if !is_verifier(verifier)
        || !digest::same(
            digest::sha256_b64(verifier.as_bytes()).as_bytes(),
            code.challenge.as_bytes(),
        )
    {
        return Err(Why::VerifierWrong);
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

/// A key must have been proved where the client (RFC 9449 s5.2) or the tenant demands it.
pub(crate) fn key_shown(client: &Client, tenant: &Tenant, caller: &Caller) -> Result<(), Why> {
    let demanded = client.binding == Binding::Required || tenant.settings.binding == Binding::Required;
    if demanded && caller.key.is_none() {
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
pub(crate) fn used(client: &Client, grant: &Grant, at: &Moment) -> Vec<Touch> {
    vec![
        Touch::ClientUsed {
            id: client.id.clone(),
            at: at.now,
        },
        Touch::GrantUsed {
            id: grant.id.clone(),
            at: at.now,
        },
    ]
}

/// 43 to 128 unreserved characters (RFC 7636 s4.1).
fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~'))
}
