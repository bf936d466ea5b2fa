//! RFC 6749 s4.1.3, RFC 7636 s4.6 and App. B, RFC 8705 s3, RFC 8707 s2.2, RFC 9449 s5 and s10, OpenID Connect Core s2 and s3.1.3.

mod bound;
mod detailed;
mod identified;
mod issued;
mod property;
mod refused;

use proof::{Time, digest};
use serde_json::{Value, json};

use super::*;
use crate::{
    authority::{Ask, Authority},
    caller::{Caller, PublicClient, Who},
    client::Client,
    decision::{Answer, Change, Decision, Guard, Reply, Touch, Write},
    event::EventKind,
    family,
    form::Form,
    grant::{self, Grant},
    resource::Resource,
    tenant::Tenant,
    token::{self, TenantKeys},
    user::User,
    vectors::{
        self, Outcome, Presented, facts,
        people::{self, by, with},
    },
    why::Why,
};

const NOW: i64 = 1_795_000_000;
const HERE: &str = "https://mcp.example/mcp";
const ISSUER: &str = "https://as.example";
const BACK: &str = "https://app.example/cb";
/// RFC 7636 App. B: the verifier and its challenge.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// The thumbprint of RFC 9449 s6.1.
const JKT: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
/// The code as the client has it: the id and the secret part, here the code of RFC 6749 s4.1.2.
const CODE: &str = "code-1.SplxlOBeZQQYbYS6WxSbIA";

#[test]
fn golden_vectors_of_authorization_code_hold() {
    vectors::golden("authorization_code", |vector| {
        let loaded = vector.facts(&[
            "tenant",
            "keys",
            "client",
            "code",
            "path",
            "resource",
            "user",
            "rules",
            "policy",
            "detail_types",
            "admitted_details",
            "refused_details",
        ]);
        let (tenant, keys) = (facts::tenant(&loaded["tenant"]), people::tenant_keys(&loaded["keys"]));
        let presented = Presented::read(&vector.request);
        let decided = presented.form(token::Request::REPEATABLE).and_then(|form| {
            let token::Request::AuthorizationCode(request) = token::Request::parse(&form)? else {
                panic!("an authorization code request");
            };
            let client = loaded.get("client").map(facts::client);
            let caller = presented.caller(&form, client, &tenant, vector.at.now)?;
            let facts = Facts {
                budgets: std::collections::BTreeMap::new(),
                tenant: &tenant,
                keys: &keys,
                client_epoch: None,
                code: loaded.get("code").map(people::code),
                path: loaded.get("path").map(facts::path).unwrap_or_default(),
                resource: loaded.get("resource").map(facts::resource),
                user: loaded.get("user").map(people::user),
                rules: vectors::policies::ruled(loaded),
                types: vectors::details::types(loaded),
            };
            Ok(decide(&request, &caller, &facts, &vector.at))
        });
        Outcome::from(decided)
    });
}

fn at() -> Moment {
    people::moment(NOW, 7)
}

/// A client without credential, but for these members.
fn client(changed: &Value) -> Client {
    let row = json!({
        "client_id": "app", "client_name": "App", "token_endpoint_auth_method": "none", "grant_types": ["authorization_code", "refresh_token"],
        "redirect_uris": [BACK], "epoch": 3,
    });
    facts::client(&with(row, changed))
}

fn with_secret(changed: &Value) -> Client {
    let secret = json!({ "token_endpoint_auth_method": "client_secret_basic", "client_secret_digest": "d" });
    client(&with(secret, changed))
}

fn by_app() -> Caller {
    by(client(&json!({})))
}

/// The same caller with a proof of this key.
fn with_key(caller: Caller, key: &str) -> Caller {
    Caller {
        key: Some(crate::Confirmation::Jkt(key.to_owned())),
        ..caller
    }
}

fn code(changed: &Value) -> AuthorizationCode {
    let row = json!({
        "id": "code-1", "digest": digest::sha256_b64(b"SplxlOBeZQQYbYS6WxSbIA"), "client_id": "app", "user_id": "alice", "grant": "yes-1", "scope": "read write",
        "aud": HERE, "redirect_uri": BACK, "code_challenge": CHALLENGE, "auth_time": NOW - 900, "created_at": NOW - 10,
    });
    people::code(&with(row, changed))
}

/// The person's yes, but for these members.
fn yes(changed: &Value) -> Grant {
    let row = json!({
        "id": "yes-1", "client_id": "app", "user_id": "alice", "scope": "admin read write", "resources": [HERE], "own_endpoints": false, "depth": 4,
        "given_by_person": "basis", "epoch": 2, "created_at": NOW - 10,
    });
    facts::grant(&with(row, changed))
}

fn alice(changed: &Value) -> User {
    people::user(&with(
        json!({ "id": "alice", "groups": ["finance"], "epoch": 5 }),
        changed,
    ))
}

fn here(changed: &Value) -> Resource {
    let row = json!({ "resource": HERE, "scopes": { "read": "see it", "write": "change it", "admin": "all of it" } });
    facts::resource(&with(row, changed))
}

fn body(changed: &[(&str, &str)]) -> String {
    let good = [("code", CODE), ("redirect_uri", BACK), ("code_verifier", VERIFIER)];
    let kept = good
        .into_iter()
        .filter(|(name, _)| !changed.iter().any(|(other, _)| other == name));
    let pairs = kept.chain(changed.iter().copied()).filter(|(_, value)| *value != "-");
    pairs
        .map(|(name, value)| format!("{name}={value}"))
        .collect::<Vec<_>>()
        .join("&")
}

fn read(body: &str) -> Result<Request, Why> {
    Request::parse(&Form::parse(body.as_bytes(), token::Request::REPEATABLE)?)
}

/// What is there: everything as it should be.
struct World {
    tenant: Tenant,
    keys: TenantKeys,
    client_epoch: Option<i64>,
    code: Option<AuthorizationCode>,
    path: Vec<Grant>,
    resource: Option<Resource>,
    user: Option<User>,
    rules: crate::policy::Rules,
    types: crate::detail::Types,
}

fn world() -> World {
    World {
        tenant: facts::tenant(&json!({ "id": "default", "issuer": ISSUER })),
        keys: people::any_tenant_keys(),
        client_epoch: None,
        code: Some(code(&json!({}))),
        path: vec![yes(&json!({}))],
        resource: Some(here(&json!({}))),
        user: Some(alice(&json!({}))),
        rules: crate::policy::Rules::default(),
        types: crate::detail::Types::default(),
    }
}

impl World {
    fn facts(&self) -> Facts<'_> {
        Facts {
            budgets: std::collections::BTreeMap::new(),
            types: self.types.clone(),
            tenant: &self.tenant,
            keys: &self.keys,
            client_epoch: self.client_epoch,
            code: self.code.clone(),
            path: self.path.clone(),
            resource: self.resource.clone(),
            user: self.user.clone(),
            rules: self.rules.clone(),
        }
    }

    fn redeem(&self, changed: &[(&str, &str)], caller: &Caller) -> Decision {
        decide(&read(&body(changed)).unwrap(), caller, &self.facts(), &at())
    }

    fn ruled(self, rules: &[Value]) -> Self {
        Self {
            rules: rules.iter().map(people::rule).collect(),
            ..self
        }
    }
}

fn why(decision: &Decision) -> Option<Why> {
    match decision.answer() {
        Answer::Refuse(code, why) => {
            assert_eq!(*code, why.code());
            Some(why.clone())
        }
        Answer::Issue(_) | Answer::Wait(_) => None,
    }
}

/// A refusal changes nothing: one entry in the log, and nothing else.
fn assert_changes_nothing(decision: &Decision) {
    let change = decision.change();
    assert_eq!(
        Change {
            events: vec![],
            ..change.clone()
        },
        Change::default()
    );
    assert_eq!((change.events.len(), decision.sign().len()), (1, 0));
}

/// The authorization that is made.
fn made(decision: &Decision) -> &Grant {
    let made = decision.change().guards.iter().find_map(|guard| {
        let Guard::Grant(grant::Guard::Create(grant)) = guard else {
            return None;
        };
        Some(grant.as_ref())
    });
    made.unwrap_or_else(|| panic!("a grant, not {:?}", decision.answer()))
}

/// The line of refresh tokens that is made, if one is.
fn line(decision: &Decision) -> Option<&family::Family> {
    decision.change().guards.iter().find_map(|guard| {
        let Guard::Family(family::Guard::Create(family)) = guard else {
            return None;
        };
        Some(family.as_ref())
    })
}

/// Kind, lifetime, scope and refresh token of the answer.
fn reply(decision: &Decision) -> (token::Kind, i64, &str, Option<&str>) {
    let Answer::Issue(Reply::Token {
        access: 0,
        kind,
        expires_in_seconds,
        scope,
        details: _,
        refresh,
        id_token: _,
    }) = decision.answer()
    else {
        panic!("a token, not {:?}", decision.answer());
    };
    (*kind, *expires_in_seconds, scope, refresh.as_deref())
}
