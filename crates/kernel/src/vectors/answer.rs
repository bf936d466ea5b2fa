//! Decisions and proved callers as readable JSON, every member of them.

use serde_json::{Value, json};

use super::rows;
use crate::{
    caller::Caller,
    client,
    decision::{Answer, Change, Decision, Guard, Reply, Touch, Unsigned, Write},
    event::Event,
    grant,
    mark::{Mark, Stands},
    tenant, token,
    why::Why,
};

/// What a vector expects.
pub(crate) enum Outcome {
    /// A rule decided.
    Decided(Decision),
    /// The caller is proved.
    Proved(Caller),
    /// Refused before anything was decided.
    Stopped(Why),
}

impl Outcome {
    /// The outcome as a vector holds it.
    pub(super) fn value(&self) -> Value {
        match self {
            Self::Decided(decision) => decided(decision),
            Self::Proved(Caller { who: _, key, marks }) => json!({
                "answer": "proved",
                "caller": self.caller_name(),
                "key": key,
                "marks": marks.iter().map(mark).collect::<Vec<_>>(),
            }),
            Self::Stopped(why) => json!({ "answer": "refuse", "error": why.code().name(), "reason": why.told() }),
        }
    }

    fn caller_name(&self) -> Value {
        match self {
            Self::Proved(caller) => json!({ caller.kind().name(): caller.name() }),
            Self::Decided(_) | Self::Stopped(_) => Value::Null,
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
        Answer::Wait(pending) => json!({
            "answer": "wait",
            "handle": pending.handle,
            "interval": pending.interval_seconds,
            "expires_at": pending.expires.unix(),
        }),
        Answer::Refuse(code, why) => json!({ "answer": "refuse", "error": code.name(), "reason": why.told() }),
    };
    value["sign"] = decision.sign().iter().map(unsigned).collect();
    value["guards"] = guards.iter().map(guard).collect();
    value["writes"] = sure.iter().map(write).collect();
    value["touches"] = touches.iter().map(touch).collect();
    value["events"] = events.iter().map(event).collect();
    value
}

fn said(reply: &Reply) -> Value {
    match reply {
        Reply::Token {
            access,
            kind,
            expires_in_seconds,
            scope,
        } => json!({ "token": {
            "access_token": format!("sign[{access}]"),
            "token_type": kind.name(),
            "expires_in": expires_in_seconds,
            "scope": scope,
        } }),
        Reply::Document(document) => json!({ "document": document }),
        Reply::Created(document) => json!({ "created": document }),
        Reply::Done => json!("done"),
    }
}

fn unsigned(token: &Unsigned) -> Value {
    let Unsigned { typ, algorithm, claims } = token;
    json!({ "typ": typ, "alg": algorithm.name(), "claims": claims })
}

fn guard(guard: &Guard) -> Value {
    match guard {
        Guard::Grant(grant::Guard::Live { id, epoch }) => {
            json!({ "live_grant": { "id": id.as_str(), "epoch": epoch } })
        }
        Guard::Grant(grant::Guard::Create(grant)) => json!({ "create_grant": rows::grant(grant) }),
        Guard::Token(token::Guard::Create(record)) => json!({ "create_token": rows::record(record) }),
        Guard::Client(client::Guard::Unchanged { id, epoch }) => {
            json!({ "unchanged_client": { "client_id": id.as_str(), "epoch": epoch } })
        }
        Guard::Client(client::Guard::Create(client)) => json!({ "create_client": rows::client(client) }),
        Guard::Client(client::Guard::Replace { client, epoch }) => {
            json!({ "replace_client": { "epoch": epoch, "client": rows::client(client) } })
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
            let nonce = change.dpop_nonce.map(|rule| rule == tenant::NonceRule::Demanded);
            let change = json!({ "dpop_nonce_required": nonce, "access_token_seconds": change.access_token_seconds });
            json!({ "set_tenant_settings": { "id": id.as_str(), "change": change } })
        }
        Write::Tenant(tenant::Write::EndAdministrator { id, at }) => {
            json!({ "end_administrator": { "id": id.as_str(), "at": at.unix() } })
        }
        Write::DropKey { kid } => json!({ "drop_key": { "kid": kid } }),
    }
}

fn touch(touch: &Touch) -> Value {
    match touch {
        Touch::ClientUsed { id, at } => json!({ "client_used": { "client_id": id.as_str(), "at": at.unix() } }),
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
    };
    json!({ "proof": proof, "digest": digest, "expires_at": expires.unix(), "replay": stands_for.why().code().name() })
}
