//! Product s3 step 5, seed 001 (credentials limited by executions), seed 003 (usage limits) and S-32: what may be booked, what is charged, how bookings end, and that nobody ever spends more.
#![expect(clippy::arithmetic_side_effects, reason = "test arithmetic on small known values")]

use proof::{
    Time, Verified,
    access_token::{self, AccessToken},
    json::Object,
    jws::Compact,
};
use serde_json::{Value, json};

use super::*;
use crate::{
    caller::{Caller, PureMachine, Who},
    client::{Client, Introspects},
    decision::{Answer, Change, Decision, Guard as AnyGuard, Reply, Write as AnyWrite},
    event::EventKind,
    form::Form,
    grant::{self, Grant, Status},
    id::{BookingId, ClientId},
    introspection::Known,
    moment::Moment,
    policy::{self, Policy, Rules},
    power::{Currency, Decimal, Last, Used},
    vectors::{self, details, facts, policies, signer},
    why::Why,
};

mod asked;
mod charged;
mod ending;
mod model;
mod property;
mod reach;
mod stories;

use model::Rows;

/// 11:06:40 of a day in UTC: 20 seconds before the minute ends, 46,400 before the day does.
const NOW: i64 = 1_795_000_000;
const DAY: i64 = 86_400;
const ISSUER: &str = "https://as.example";
const HERE: &str = "https://notes.example/api";

#[test]
fn golden_vectors_of_the_ledger_hold() {
    vectors::golden("ledger", vectors::booking);
}

fn object(value: Value) -> Object {
    let Value::Object(o) = value else { panic!("an object") };
    o
}

fn at(seconds: i64) -> Moment {
    Moment {
        now: Time::from_unix(NOW + seconds),
        seed: [7; 32],
    }
}

/// A catalogue, and policies that permit all of it.
fn catalogue() -> Value {
    let capability = |name: &str, strength: &str, scopes: &[&str]| json!({ "name": name, "description": name, "approval_strength": strength, "input_schema": { "type": "object" }, "scopes": scopes });
    let all = [
        capability("read_notes", "none", &["read"]),
        capability("write_notes", "none", &["write"]),
        capability("purchase", "session", &[]),
        capability("wire", "biometric", &[]),
    ];
    let names = ["read_notes", "write_notes", "purchase", "wire", "access"];
    let permit = |name: &str| (name.to_owned(), json!({ "answer": "permit", "decided": ["all"] }));
    let says: serde_json::Map<String, Value> = names.into_iter().map(permit).collect();
    json!({ "version": 3, "capabilities": all, "says": says })
}

fn policy_but(change: impl FnOnce(&mut Value)) -> Policy {
    let mut all = catalogue();
    change(&mut all);
    policies::policy(Some(&all))
}

fn verified(claims: &Value) -> Verified<AccessToken> {
    let token = signer::signed(Some("at+jwt"), claims);
    access_token::check(
        &Compact::parse(&token).unwrap(),
        &signer::key_set(),
        ISSUER,
        None,
        Time::from_unix(NOW),
        0,
    )
    .unwrap()
}

fn client(id: &str) -> Client {
    facts::client(
        &json!({ "client_id": id, "token_endpoint_auth_method": "client_secret_basic", "client_secret_digest": "d" }),
    )
}

/// Who carries out what agents ask for, and is told of their tokens.
fn resource() -> Caller {
    by(client("api"))
}

fn by(client: Client) -> Caller {
    Caller::plain(Who::PureMachine(PureMachine { client }))
}

/// What an agent's token hangs on.
#[derive(Clone, Debug)]
struct Token {
    /// The grants, the token's first.
    path: Vec<Grant>,
    scope: &'static str,
    details: Value,
    policy: Policy,
    /// What the token by itself is limited to.
    own: Value,
    jti: &'static str,
}

impl Token {
    /// On a path of grants with these powers, the token's first.
    fn of<const N: usize>(powers: [Value; N]) -> Self {
        Self::named("grant", powers)
    }

    /// The same with grants of another name; the root has its own.
    fn named<const N: usize>(name: &str, powers: [Value; N]) -> Self {
        let root = N - 1;
        let id = |n: usize| {
            if n == root {
                "root".to_owned()
            } else {
                format!("{name}-{n}")
            }
        };
        let node = |(n, powers): (usize, Value)| {
            let mut row = json!({
                "id": id(n), "client_id": "agent", "scope": "read write", "resources": [HERE], "depth": 4, "epoch": 1, "capabilities": powers,
            });
            if n < root {
                row["parent"] = id(n + 1).into();
            }
            facts::grant(&row)
        };
        // A token has no scope that stands for what its grants have no power for.
        let contained = |name: &str| {
            let lists = powers
                .iter()
                .filter_map(Value::as_array)
                .filter(|list| !list.is_empty());
            lists
                .clone()
                .all(|list| list.iter().any(|power| power["action"] == name))
        };
        let scope = match (contained("read_notes"), contained("write_notes")) {
            (true, true) => "read write",
            (true, false) => "read",
            (false, true) => "write",
            (false, false) => "",
        };
        Self {
            path: powers.into_iter().enumerate().map(node).collect(),
            scope,
            details: json!([]),
            policy: policy_but(|_| {}),
            own: json!([]),
            jti: "token-1",
        }
    }

    fn scope(mut self, scope: &'static str) -> Self {
        self.scope = scope;
        self
    }

    /// Another token of the same grant.
    fn again(mut self, jti: &'static str) -> Self {
        self.jti = jti;
        self
    }

    fn limited(mut self, own: Value) -> Self {
        self.own = own;
        self
    }

    fn policy(mut self, change: impl FnOnce(&mut Value)) -> Self {
        self.policy = policy_but(change);
        self
    }

    /// The same, said yes to by nobody: an administrator granted it.
    fn unasked(mut self) -> Self {
        self.path[0].source = crate::grant::Source::Administrator(facts::id("a"));
        self
    }

    /// With details in the token, granted as they are, since people said yes to them.
    fn details(self, details: Value) -> Self {
        let granted = details.clone();
        self.details_of(details, &granted)
    }

    /// With details in the token that are part of what was granted.
    fn details_of(mut self, details: Value, granted: &Value) -> Self {
        let leaf = &self.path[0];
        let mut row = json!({
            "id": leaf.id.as_str(), "client_id": "agent", "scope": "read write", "resources": [HERE], "depth": 4, "epoch": 1,
            "capabilities": leaf.authority.powers().value(), "authorization_details": granted, "given_by_approval": "approval-1",
        });
        if let Some(parent) = &leaf.parent {
            row["parent"] = parent.as_str().into();
        }
        self.path[0] = facts::grant(&row);
        self.details = details;
        self
    }

    fn known(&self) -> Known {
        let mut claims = json!({
            "iss": ISSUER, "sub": "agent", "aud": HERE, "client_id": "agent", "iat": NOW - 100, "exp": NOW + 200, "jti": self.jti,
        });
        if !self.scope.is_empty() {
            claims["scope"] = self.scope.into();
        }
        if self.details != json!([]) {
            claims["authorization_details"] = self.details.clone();
        }
        let schema = |kind: &str| json!({ "properties": { "type": { "const": kind }, "amount": true, "to": true, "item": true }, "additionalProperties": false });
        let kind =
            |kind: &str| json!({ "type": kind, "narrowing": { "amount.value": "at_most" }, "schema": schema(kind) });
        let kinds: Vec<Value> = ["purchase", "wire"].map(kind).to_vec();
        let loaded = json!({ "detail_types": kinds, "admitted_details": self.details });
        Known {
            token: verified(&claims),
            record: facts::record(&json!({
                "jti": self.jti, "capabilities": self.own, "grant": self.path[0].id.as_str(), "client_id": "agent", "aud": HERE, "scope": self.scope,
                "issued_at": NOW - 100, "expires_at": NOW + 400 * DAY,
            })),
            path: self.path.clone(),
            client: Some(client("agent")),
            resource: Some(facts::resource(&json!({
                "resource": HERE, "scopes": { "read": "read them", "write": "write them" }, "introspection_clients": ["api", "gateway"],
            }))),
            user: None,
            rules: Rules {
                policy: self.policy.clone(),
                ..Rules::default()
            },
            types: details::types(loaded.as_object().unwrap()),
        }
    }
}

/// One use of a capability, by a key that nobody else has.
fn once(capability: &str, input: Value) -> Request {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    Request {
        kind: Kind::Consume,
        token: "the token".to_owned(),
        capability: crate::capability::CapabilityName::parse(capability).unwrap(),
        input: object(input),
        units: 1,
        key: format!("key-{}", NEXT.fetch_add(1, Ordering::Relaxed)),
        lifetime_seconds: 60,
    }
}

fn reading() -> Request {
    once("read_notes", json!({}))
}

fn spending(value: &str, currency: &str) -> Request {
    once(
        "purchase",
        json!({ "amount": { "value": value, "currency": currency } }),
    )
}

/// What is known of a token, put together once more: nothing known is copied in the product.
fn same(known: &Known) -> Known {
    Known {
        token: known.token.clone(),
        record: known.record.clone(),
        path: known.path.clone(),
        client: known.client.clone(),
        resource: known.resource.clone(),
        user: known.user.clone(),
        rules: known.rules.clone(),
        types: known.types.clone(),
    }
}

/// What a resource would be answered now, with the rows as they are.
fn decided(rows: &Rows, known: Option<Known>, caller: &Caller, request: &Request, at: &Moment) -> Decision {
    let ids = known.as_ref().map(|known| rows_of(known, request)).unwrap_or_default();
    let budgets = ids.into_iter().filter_map(|id| Some((id.clone(), rows.budget(&id)?)));
    let by = caller.client().map(|client| request.booking(&client.id));
    let booked = by.and_then(|id| rows.entries.get(&id).cloned());
    let facts = Facts {
        ended: booked
            .as_ref()
            .is_some_and(|booked| rows.entries.contains_key(&booked.end_id())),
        budgets: budgets.collect(),
        booked,
        fits: Ok(()),
        known: known.map(std::sync::Arc::new),
    };
    decide(request, caller, &facts, at)
}

/// The guards and writes of a change that the ledger's rows see.
fn of_the_ledger(change: &Change) -> (Vec<Guard>, Vec<Write>) {
    let (mut guards, mut writes) = (Vec::new(), Vec::new());
    for guard in &change.guards {
        if let AnyGuard::Ledger(guard) = guard {
            guards.push(guard.clone());
        }
    }
    for write in &change.sure {
        if let AnyWrite::Ledger(write) = write {
            writes.push(write.clone());
        }
    }
    (guards, writes)
}

/// Commits what was decided; whether the rows let it.
fn committed(rows: &mut Rows, decision: &Decision) -> bool {
    let (guards, writes) = of_the_ledger(decision.change());
    rows.commit(&guards, &writes)
}

/// The document of a yes, or why not.
fn answered(decision: &Decision) -> Result<Value, Why> {
    match decision.answer() {
        Answer::Issue(Reply::Document(document)) => Ok(document.clone().into()),
        Answer::Refuse(_, why) => Err(why.clone()),
        other @ (Answer::Issue(_) | Answer::Wait(_)) => panic!("a document or a refusal, not {other:?}"),
    }
}

/// Asks, and books what is answered with a yes.
fn ask(rows: &mut Rows, token: &Token, request: &Request, seconds: i64) -> Result<Value, Why> {
    let decision = decided(rows, Some(token.known()), &resource(), request, &at(seconds));
    let answer = answered(&decision);
    assert!(committed(rows, &decision), "nobody moved first");
    answer
}

/// What is answered when nothing was booked before.
fn asked(token: &Token, request: &Request) -> Result<Value, Why> {
    ask(&mut Rows::default(), token, request, 0)
}

fn finish(rows: &mut Rows, path: &[Grant], id: &Value, end: End, seconds: i64) -> Result<Value, Why> {
    let decision = closing(rows, path, &resource(), id, end, seconds);
    let answer = answered(&decision);
    assert!(committed(rows, &decision), "nobody moved first");
    answer
}

fn closing(rows: &Rows, path: &[Grant], caller: &Caller, id: &Value, end: End, seconds: i64) -> Decision {
    let id = BookingId::parse(id.as_str().unwrap()).unwrap();
    let booked = rows.entries.get(&id).cloned();
    let facts = Closing {
        end: booked
            .as_ref()
            .and_then(|booked| rows.entries.get(&booked.end_id()).cloned()),
        booked,
        path: path.to_vec(),
        user: Using {
            client: Some(client("agent")),
            ..Using::default()
        },
    };
    close(&Finish { id, end }, caller, &facts, &at(seconds))
}

fn sweep(rows: &mut Rows, seconds: i64) -> usize {
    let over = rows.over(at(seconds).now);
    for booked in &over {
        let change = expire(booked, &resource(), &at(seconds)).unwrap();
        let (guards, writes) = of_the_ledger(&change);
        assert!(rows.commit(&guards, &writes));
    }
    over.len()
}

/// Uses in all that a grant's first power for a capability was charged with.
fn executions(rows: &Rows, grant: &Grant, capability: &str) -> i64 {
    let id = BudgetId {
        grant: grant.id.clone(),
        capability: crate::capability::CapabilityName::parse(capability).unwrap(),
        place: 0,
    };
    rows.budget(&id).map_or(0, |budget| budget.used.executions)
}

/// `[{"action": ..., ...}]`: one power.
fn power(action: &str, limits: &Value) -> Value {
    json!([{ "action": action, "limits": limits }])
}
