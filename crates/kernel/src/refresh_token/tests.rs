//! RFC 6749 s6, RFC 8705 s3, RFC 8707 s2.2, RFC 9449 s5, RFC 9700 s4.14.2, OpenID Connect Core s12.2, product decision 2 (S-14, S-16).

mod detailed;
mod identified;
mod refused;
mod repeated;
mod turned;

use proof::Time;
use serde_json::{Value, json};

use super::*;
use crate::{
    caller::{Caller, Who},
    client::Client,
    decision::{Answer, Change, Decision, Guard, Reply, Touch, Write},
    event::EventKind,
    family::{self, Family},
    form::Form,
    grant::{self, Grant},
    moment::Moment,
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
/// The thumbprint of RFC 9449 s6.1.
const JKT: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
const FAMILY: &str = "0123456789abcdefghijklmnop";
/// The newest generation.
const NEWEST: i64 = 4;

#[test]
fn golden_vectors_of_refresh_token_hold() {
    vectors::golden("refresh_token", |vector| {
        let loaded = vector.facts(&[
            "tenant",
            "keys",
            "client",
            "family",
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
            let token::Request::RefreshToken(request) = token::Request::parse(&form)? else {
                panic!("a refresh");
            };
            let client = loaded.get("client").map(facts::client);
            let caller = presented.caller(&form, client, &tenant, vector.at.now)?;
            let facts = Facts {
                budgets: std::collections::BTreeMap::new(),
                tenant: &tenant,
                keys: &keys,
                client_epoch: None,
                family: loaded.get("family").map(people::family),
                path: loaded.get("path").map(facts::path).unwrap_or_default(),
                resource: loaded.get("resource").map(facts::resource),
                user: loaded.get("user").map(people::user),
                rules: vectors::policies::ruled(loaded),
                approvals: Vec::new(),
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
        "redirect_uris": ["https://app.example/cb"], "epoch": 3,
    });
    facts::client(&with(row, changed))
}

fn by_app() -> Caller {
    by(client(&json!({})))
}

fn with_key(caller: Caller, key: &str) -> Caller {
    Caller {
        key: Some(crate::Confirmation::Jkt(key.to_owned())),
        ..caller
    }
}

/// A line that turned five minutes ago, but for these members.
fn family(changed: &Value) -> Family {
    let row = json!({
        "id": FAMILY, "grant": "authorization-1", "client_id": "app", "auth_time": NOW - 4_000, "generation": NEWEST, "turned_at": NOW - 300,
        "request": "of an earlier request", "created_at": NOW - 3_600,
    });
    people::family(&with(row, changed))
}

fn authorization(changed: &Value) -> Grant {
    let row = json!({
        "id": "authorization-1", "client_id": "app", "user_id": "alice", "scope": "read write", "resources": [HERE], "own_endpoints": false,
        "expires_at": NOW + 86_400, "depth": 3, "parent": "yes-1", "redeemed": true, "epoch": 1, "created_at": NOW - 3_600,
    });
    facts::grant(&with(row, changed))
}

fn yes(changed: &Value) -> Grant {
    let row = json!({
        "id": "yes-1", "client_id": "app", "user_id": "alice", "scope": "admin read write", "resources": [HERE], "own_endpoints": false,
        "expires_at": NOW + 100_000, "depth": 4, "given_by_person": "basis", "epoch": 2, "created_at": NOW - 3_600,
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

/// The refresh token of a generation.
fn token(generation: i64) -> String {
    family::write(&people::any_tenant_keys().refresh, &facts::id(FAMILY), generation)
}

/// The body of a request with the token of this generation and these parameters.
fn body(generation: i64, more: &[(&str, &str)]) -> String {
    let token = token(generation);
    let mut pairs = vec![
        ("grant_type", "refresh_token"),
        ("refresh_token", token.as_str()),
        ("client_id", "app"),
    ];
    pairs.extend(more);
    pairs
        .iter()
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
    family: Option<Family>,
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
        family: Some(family(&json!({}))),
        path: vec![authorization(&json!({})), yes(&json!({}))],
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
            family: self.family.clone(),
            path: self.path.clone(),
            resource: self.resource.clone(),
            user: self.user.clone(),
            rules: self.rules.clone(),
            approvals: Vec::new(),
        }
    }

    fn shown(&self, body: &str, caller: &Caller) -> Decision {
        decide(&read(body).unwrap(), caller, &self.facts(), &at())
    }

    /// What the newest token is answered with.
    fn newest(&self, more: &[(&str, &str)], caller: &Caller) -> Decision {
        self.shown(&body(NEWEST, more), caller)
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

/// Refused as reuse, and the authorization dies by it: that one grant and nothing else.
fn assert_kills(decision: &Decision, claim: &str) {
    assert_eq!(why(decision), Some(Why::RefreshReused), "{claim}");
    let revoked = Write::Grant(grant::Write::EnsureRevoked {
        id: facts::id("authorization-1"),
        at: at().now,
    });
    assert_eq!(decision.change().sure, [revoked], "{claim}");
    assert!(
        decision.change().guards.is_empty() && decision.change().touches.is_empty() && decision.sign().is_empty(),
        "{claim}"
    );
    let [event] = decision.change().events.as_slice() else {
        panic!("one event: {claim}")
    };
    assert_eq!(
        (event.kind, event.about.as_deref()),
        (EventKind::RefreshReused, Some("authorization-1")),
        "{claim}"
    );
    assert_eq!(event.body["family"], FAMILY, "{claim}");
}

/// Scope and refresh token of the answer.
fn reply(decision: &Decision) -> (&str, &str) {
    let Answer::Issue(Reply::Token {
        scope,
        refresh: Some(refresh),
        ..
    }) = decision.answer()
    else {
        panic!("a token and a refresh token, not {:?}", decision.answer());
    };
    (scope, refresh)
}

/// What the answer does to the line.
fn turn(decision: &Decision) -> &family::Guard {
    let guard = decision.change().guards.iter().find_map(|guard| {
        let Guard::Family(guard) = guard else {
            return None;
        };
        Some(guard)
    });
    guard.unwrap_or_else(|| panic!("a line, not {:?}", decision.answer()))
}
