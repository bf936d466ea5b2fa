//! Decisions and proved callers as readable JSON, every member of them.

use serde_json::{Value, json};

use super::{approvals, credentials, people, rows};
use crate::{
    administration, approval,
    authorization::{Asked, Delivery, ResponseMode},
    authorization_code, browser_session,
    caller::Caller,
    client,
    confirmation::Confirmation,
    consent, credential,
    decision::{Answer, Before, Change, Decision, Guard, Pending, Reply, Return, Touch, Unsigned, Write},
    detail,
    event::Event,
    family, grant,
    mark::{Mark, Stands},
    policy, pushed_authorization, relying_party, tenant, token, user,
    why::Why,
};

/// What a vector expects.
pub(crate) enum Outcome {
    /// A rule decided.
    Decided(Decision),
    /// The caller is proved.
    Proved(Box<Caller>),
    /// A pushed request is opened.
    Opened(Box<Asked>),
    /// Refused before anything was decided.
    Stopped(Why),
    /// Refused one way or the other, and this is where the refusal goes.
    Delivered(Box<Self>, Delivery),
}

impl Outcome {
    /// The outcome as a vector holds it.
    pub(super) fn value(&self) -> Value {
        match self {
            Self::Decided(decision) => decided(decision),
            Self::Proved(caller) => {
                let Caller {
                    who: _,
                    key,
                    instance: _,
                    marks,
                } = caller.as_ref();
                json!({
                    "answer": "proved",
                    "caller": self.caller_name(),
                    "key": key.as_ref().map(Confirmation::as_row),
                    "marks": marks.iter().map(mark).collect::<Vec<_>>(),
                })
            }
            Self::Opened(asked) => json!({ "answer": "opened", "asked": asked.to_json() }),
            Self::Stopped(why) => json!({ "answer": "refuse", "error": why.code().name(), "reason": why.told() }),
            Self::Delivered(refused, delivery) => {
                let mut value = refused.value();
                value["delivery"] = match delivery {
                    Delivery::Redirect(back) => json!({ "redirect": returned(back) }),
                    Delivery::Leave(back) => json!({ "leave": returned(back) }),
                    Delivery::Page => json!("page"),
                };
                value
            }
        }
    }

    fn caller_name(&self) -> Value {
        match self {
            Self::Proved(caller) => json!({ caller.kind().name(): caller.name() }),
            Self::Decided(_) | Self::Opened(_) | Self::Stopped(_) | Self::Delivered(..) => Value::Null,
        }
    }
}

impl From<Result<Decision, Why>> for Outcome {
    fn from(result: Result<Decision, Why>) -> Self {
        result.map_or_else(Self::Stopped, Self::Decided)
    }
}

fn decided(decision: &Decision) -> Value {
    let Change {
        guards,
        sure,
        touches,
        events,
    } = decision.change();
    let mut value = match decision.answer() {
        Answer::Issue(reply) => json!({ "answer": "issue", "reply": said(reply) }),
        Answer::Wait(pending) => json!({ "answer": "wait", "for": waits(pending) }),
        Answer::Refuse(code, why) => json!({ "answer": "refuse", "error": code.name(), "reason": why.told() }),
    };
    value["sign"] = decision.sign().iter().map(unsigned).collect();
    value["guards"] = guards.iter().map(guard).collect();
    value["writes"] = sure.iter().map(write).collect();
    value["touches"] = touches.iter().map(touch).collect();
    value["events"] = events.iter().map(event).collect();
    value
}

fn waits(pending: &Pending) -> Value {
    match pending {
        Pending::Approval(waiting) => {
            let mut o = rows::object(json!({
                "error": waiting.code.name(), "expires_in": waiting.expires_in_seconds, "interval": waiting.interval_seconds,
            }));
            rows::text(&mut o, "deferral_code", waiting.deferral_code.as_deref());
            rows::text(&mut o, "interaction_uri", waiting.interaction.as_deref());
            json!({ "approval": o })
        }
        Pending::SignIn(asked) => json!({ "sign_in": asked.to_json() }),
        Pending::SignOut { client, back } => json!({ "sign_out": {
            "client_id": client.as_ref().map(|client| client.id.as_str()),
            "back": back.as_ref().map(returned),
        } }),
        Pending::Consent(ask) => json!({ "consent": {
            "asked": ask.asked.to_json(),
            "open": ask.open.joined(),
            "decided": ask.decided.joined(),
            "forbidden": ask.forbidden.joined(),
            "before": match ask.before {
                Before::Nothing => json!("nothing"),
                Before::Same { at } => json!({ "same": at.unix() }),
                Before::Again { at } => json!({ "again": at.unix() }),
                Before::Less { at } => json!({ "less": at.unix() }),
                Before::AnotherClient { at } => json!({ "another_client": at.unix() }),
            },
        } }),
    }
}

fn said(reply: &Reply) -> Value {
    match reply {
        Reply::Accepted { body, location } => json!({ "accepted": body, "location": location }),
        Reply::Token {
            access,
            kind,
            expires_in_seconds,
            scope,
            details,
            refresh,
            id_token,
        } => {
            let mut token = rows::object(json!({
                "access_token": format!("sign[{access}]"),
                "token_type": kind.name(),
                "expires_in": expires_in_seconds,
                "scope": scope,
            }));
            super::details::write(&mut token, details);
            rows::text(&mut token, "refresh_token", refresh.as_deref());
            rows::text(
                &mut token,
                "id_token",
                id_token.map(|place| format!("sign[{place}]")).as_deref(),
            );
            json!({ "token": token })
        }
        Reply::Authorization(back) => json!({ "authorization": returned(back) }),
        Reply::SignedIn { cookie } => json!({ "signed_in": { "cookie": cookie } }),
        Reply::SignedOut { back } => json!({ "signed_out": { "back": back.as_ref().map(returned) } }),
        Reply::Jwt { typ } => json!({ "jwt": { "content_type": typ, "body": "sign[0]" } }),
        Reply::RecoveryCodes(codes) => json!({ "recovery_codes": codes }),
        Reply::Gone => json!("gone"),
        Reply::Document(document) => json!({ "document": document }),
        Reply::Created(document) => json!({ "created": document }),
        Reply::Done => json!("done"),
    }
}

fn returned(back: &Return) -> Value {
    let Return {
        redirect_uri,
        mode,
        parameters,
        signed,
    } = back;
    let mut answer = rows::object(json!({
        "redirect_uri": redirect_uri.as_str(),
        "parameters": parameters.iter().map(|(name, value)| json!([name, value])).collect::<Vec<_>>(),
    }));
    if *mode != ResponseMode::Query {
        answer.insert("response_mode".into(), mode.name().into());
    }
    if let Some(signed) = signed {
        answer.insert("signed".into(), unsigned(signed));
    }
    answer.into()
}

fn unsigned(token: &Unsigned) -> Value {
    let Unsigned {
        typ,
        signing,
        claims,
        hash_of,
    } = token;
    let mut token = rows::object(json!({ "typ": typ, "alg": signing.name(), "claims": claims }));
    if let Some((name, place)) = hash_of {
        token.insert("hash_of".into(), json!({ *name: format!("sign[{place}]") }));
    }
    token.into()
}

fn guard(guard: &Guard) -> Value {
    match guard {
        Guard::Grant(grant::Guard::Live { id, epoch }) => {
            json!({ "live_grant": { "id": id.as_str(), "epoch": epoch } })
        }
        Guard::Grant(grant::Guard::Create(grant)) => json!({ "create_grant": rows::grant(grant) }),
        Guard::Grant(grant::Guard::Narrow(narrowed)) => json!({ "narrow_grant": rows::narrowed(narrowed) }),
        Guard::Token(token::Guard::Create(record)) => json!({ "create_token": rows::record(record) }),
        Guard::Client(client::Guard::Unchanged { id, epoch }) => {
            json!({ "unchanged_client": { "client_id": id.as_str(), "epoch": epoch } })
        }
        Guard::Client(client::Guard::Create(client)) => json!({ "create_client": rows::client(client) }),
        Guard::Client(client::Guard::Replace { client, epoch }) => {
            json!({ "replace_client": { "epoch": epoch, "client": rows::client(client) } })
        }
        Guard::Client(client::Guard::PutDocument(client)) => json!({ "put_client_document": rows::client(client) }),
        Guard::Client(client::Guard::Drop { id, epoch }) => {
            json!({ "drop_client": { "client_id": id.as_str(), "epoch": epoch } })
        }
        Guard::CreateResource(resource) => json!({ "create_resource": rows::resource(resource) }),
        Guard::Tenant(tenant::Guard::Create(tenant)) => json!({ "create_tenant": rows::tenant(tenant) }),
        Guard::Tenant(tenant::Guard::CreateAdministrator {
            administrator,
            token_digest,
        }) => {
            json!({ "create_administrator": { "administrator": rows::administrator(administrator), "token_digest": token_digest } })
        }
        Guard::CreateKey(key) => json!({ "create_key": rows::signing_key(key) }),
        Guard::User(guard) => about_user(guard),
        Guard::Credential(guard) => about_credential(guard),
        Guard::BrowserSession(browser_session::Guard::Create(session)) => {
            json!({ "create_browser_session": people::browser_session_row(session) })
        }
        Guard::BrowserSession(browser_session::Guard::Live(id)) => json!({ "live_browser_session": id.as_str() }),
        Guard::AuthorizationCode(authorization_code::Guard::Create(code)) => {
            json!({ "create_code": people::code_row(code) })
        }
        Guard::AuthorizationCode(authorization_code::Guard::Redeem { id, grant }) => {
            json!({ "redeem_code": { "id": id.as_str(), "grant": grant.as_str() } })
        }
        Guard::PushedRequest(pushed_authorization::Guard::Create(row)) => json!({ "create_pushed_request": {
            "digest": row.digest, "client_id": row.client.as_str(), "asked": row.asked.to_json(), "expires_at": row.expires.unix(),
        } }),
        Guard::Family(family::Guard::Create(family)) => json!({ "create_family": people::family_row(family) }),
        Guard::Family(family::Guard::Turn { id, from, request, at }) => {
            json!({ "turn_family": { "id": id.as_str(), "from": from, "request": request, "at": at.unix() } })
        }
        Guard::Family(family::Guard::Current { id, generation }) => {
            json!({ "current_family": { "id": id.as_str(), "generation": generation } })
        }
        Guard::Approval(approval::Guard::Create(row)) => json!({ "create_approval": approvals::approval_row(row) }),
        Guard::Approval(approval::Guard::Advance(row)) => json!({ "advance_approval": approvals::approval_row(row) }),
        Guard::Approval(approval::Guard::Expire { id, at, .. }) => {
            json!({ "expire_approval": { "id": id.as_str(), "at": at.unix() } })
        }
        Guard::DetailType(guard) => super::details::guard(guard),
        Guard::Ledger(guard) => super::ledger::guard(guard),
        Guard::Policy(policy::Guard::Unchanged { version }) => json!({ "unchanged_policies": version }),
        Guard::Policy(policy::Guard::Create(set)) => {
            json!({ "create_policies": administration::describe::policy_set(set) })
        }
        Guard::Policy(policy::Guard::Advance { from, to }) => {
            json!({ "advance_policies": { "from": from, "to": to } })
        }
        Guard::Consent(consent::Guard::Create(rule)) => json!({ "create_rule": people::rule_row(rule) }),
    }
}

fn about_relying_party(write: &relying_party::Write) -> Value {
    match write {
        relying_party::Write::Tell {
            session,
            client,
            user,
            at,
        } => json!({ "tell_relying_party": {
            "browser_session": session.as_str(), "client_id": client.as_str(), "user_id": user.as_str(), "at": at.unix(),
        } }),
        relying_party::Write::Forget { session, client } => {
            json!({ "forget_relying_party": { "browser_session": session.as_str(), "client_id": client.as_str() } })
        }
        relying_party::Write::TryAgain {
            session,
            client,
            tries,
            at,
        } => json!({ "try_relying_party_again": {
            "browser_session": session.as_str(), "client_id": client.as_str(), "tries": tries, "at": at.unix(),
        } }),
    }
}

fn about_user(guard: &user::Guard) -> Value {
    match guard {
        user::Guard::Create(user) => json!({ "create_user": people::user_row(user) }),
        user::Guard::Replace { user, epoch } => {
            json!({ "replace_user": { "epoch": epoch, "user": people::user_row(user) } })
        }
        user::Guard::Unchanged { id, epoch } => json!({ "unchanged_user": { "id": id.as_str(), "epoch": epoch } }),
        user::Guard::CreateGroup(group) => json!({ "create_group": people::group_row(group) }),
        user::Guard::GroupExists(id) => json!({ "group_exists": id.as_str() }),
    }
}

fn about_credential(guard: &credential::Guard) -> Value {
    match guard {
        credential::Guard::CreatePasskey(passkey) => json!({ "create_passkey": credentials::passkey_row(passkey) }),
        credential::Guard::UsePasskey { id, from, to, at } => {
            json!({ "use_passkey": { "id": id.as_str(), "from": from, "to": to, "at": at.unix() } })
        }
        credential::Guard::UseRecoveryCode { user, digest, at } => {
            json!({ "use_recovery_code": { "user_id": user.as_str(), "digest": digest, "at": at.unix() } })
        }
        credential::Guard::CreateRecoveryCode { user, digest, set, at } => {
            json!({ "create_recovery_code": { "user_id": user.as_str(), "digest": digest, "set": set, "at": at.unix() } })
        }
    }
}

fn write(write: &Write) -> Value {
    let since = |at: &Option<proof::Time>| at.map(proof::Time::unix);
    match write {
        Write::Grant(grant::Write::EnsureRevoked { id, at }) => {
            json!({ "revoke_grant": { "id": id.as_str(), "at": at.unix() } })
        }
        Write::Token(token::Write::EnsureRevoked { id, at }) => {
            json!({ "revoke_token": { "jti": id.as_str(), "at": at.unix() } })
        }
        Write::SetResourceDisabled { uri, at } => {
            json!({ "disable_resource": { "resource": uri.as_str(), "at": since(at) } })
        }
        Write::Tenant(tenant::Write::SetDisabled { id, at }) => {
            json!({ "disable_tenant": { "id": id.as_str(), "at": since(at) } })
        }
        Write::Tenant(tenant::Write::SetSettings { id, change }) => {
            let tenant::SettingsChange {
                dpop_nonce,
                access_token_seconds,
                client_documents,
                registration,
                binding,
                profile,
                pushed_requests,
                pkce,
                device_grant,
                deferred,
            } = change;
            let change = json!({
                "dpop_nonce_required": dpop_nonce.map(|rule| rule == tenant::NonceRule::Demanded),
                "access_token_seconds": access_token_seconds,
                "client_documents": client_documents.map(|rule| rule == tenant::Documents::Accepted),
                "registration": registration.map(tenant::RegistrationRule::name),
                "dpop_required": binding.map(|rule| rule == client::Binding::Required),
                "security_profile": profile.map(client::SecurityProfile::name),
                "require_pushed_authorization_requests": pushed_requests.map(|rule| rule == tenant::PushedRequests::Required),
                "require_pkce": pkce.map(|rule| rule == tenant::PkceRule::Always),
                "device_grant": device_grant.map(tenant::Offered::is_on),
                "deferred_token_response": deferred.map(tenant::Offered::is_on),
            });
            json!({ "set_tenant_settings": { "id": id.as_str(), "change": change } })
        }
        Write::Tenant(tenant::Write::SetName { id, name }) => {
            json!({ "name_tenant": { "id": id.as_str(), "name": name } })
        }
        Write::Tenant(tenant::Write::EndAdministrator { id, at }) => {
            json!({ "end_administrator": { "id": id.as_str(), "at": at.unix() } })
        }
        Write::Family(family::Write::Used { id, at }) => {
            json!({ "use_family": { "id": id.as_str(), "at": at.unix() } })
        }
        Write::PushedRequest(pushed_authorization::Write::End(id)) => json!({ "end_pushed_request": id }),
        Write::RelyingParty(write) => about_relying_party(write),
        Write::DropKey { kid } => json!({ "drop_key": { "kid": kid } }),
        Write::Client(client::Write::Keep(id)) => json!({ "keep_client": id.as_str() }),
        Write::User(user::Write::DropGroup(id)) => json!({ "drop_group": id.as_str() }),
        Write::User(user::Write::LeaveGroup(id)) => json!({ "leave_group": id.as_str() }),
        Write::Credential(write) => write_credential(write),
        Write::BrowserSession(browser_session::Write::End { id, at }) => {
            json!({ "end_browser_session": { "id": id.as_str(), "at": at.unix() } })
        }
        Write::BrowserSession(browser_session::Write::EndOthers { user, keep, at }) => {
            let keep = keep.as_ref().map(crate::Id::as_str);
            json!({ "end_other_browser_sessions": { "user_id": user.as_str(), "keep": keep, "at": at.unix() } })
        }
        Write::Approval(approval::Write::SlowDown { id, interval_seconds }) => {
            json!({ "slow_approval_down": { "id": id.as_str(), "interval": interval_seconds } })
        }
        Write::Ledger(write) => super::ledger::write(write),
        Write::DetailType(detail::Write::Drop(id)) => json!({ "drop_detail_type": id.as_str() }),
        Write::Consent(consent::Write::Drop(id)) => json!({ "drop_rule": id.as_str() }),
    }
}

fn write_credential(write: &credential::Write) -> Value {
    match write {
        credential::Write::SetPassword { user, hash, at } => {
            json!({ "set_password": { "user_id": user.as_str(), "hash": hash, "at": at.unix() } })
        }
        credential::Write::DropPassword { user } => json!({ "drop_password": user.as_str() }),
        credential::Write::Rehash { user, from, to } => {
            json!({ "rehash_password": { "user_id": user.as_str(), "from": from, "to": to } })
        }
        credential::Write::DropPasskey { user, id } => {
            json!({ "drop_passkey": { "user_id": user.as_str(), "id": id.as_str() } })
        }
        credential::Write::DropOtherRecoveryCodes { user, keep } => {
            json!({ "drop_other_recovery_codes": { "user_id": user.as_str(), "keep": keep } })
        }
    }
}

fn touch(touch: &Touch) -> Value {
    match touch {
        Touch::ClientUsed { id, at } => json!({ "client_used": { "client_id": id.as_str(), "at": at.unix() } }),
        Touch::GrantUsed { id, at } => json!({ "grant_used": { "id": id.as_str(), "at": at.unix() } }),
        Touch::BrowserSessionSeen { id, at } => {
            json!({ "browser_session_seen": { "id": id.as_str(), "at": at.unix() } })
        }
        Touch::Acted(acted) => json!({ "acted": {
            "principal": acted.actor.principal.written(),
            "person": acted.actor.person.as_ref().map(crate::UserId::as_str),
            "amounts": acted.amounts.iter().map(crate::power::Money::document).collect::<Vec<_>>(),
            "at": acted.at.unix(),
        } }),
    }
}

fn event(event: &Event) -> Value {
    let Event {
        id,
        kind,
        at,
        request_id,
        actor,
        about,
        body,
    } = event;
    json!({
        "id": id,
        "kind": kind.name(),
        "at": at.unix(),
        "request_id": request_id,
        "actor": actor,
        "about": about,
        "body": body,
    })
}

fn mark(mark: &Mark) -> Value {
    let Mark {
        digest,
        expires,
        stands_for,
    } = mark;
    let proof = match stands_for {
        Stands::ClientAssertion => "client assertion",
        Stands::DpopProof => "DPoP proof",
        Stands::AttestationProof => "attestation_proof",
        Stands::Ceremony => "passkey ceremony",
    };
    json!({ "proof": proof, "digest": digest, "expires_at": expires.unix(), "replay": stands_for.why().code().name() })
}
