//! The ledger through the port: a resource books what is done with tokens that it was shown (seed 001, S-32, S-35).

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicU64, Ordering},
};

use futures_util::future::join;
use serde_json::{Value, json};
use testkit::{Answer, Client, Tenant, World};

use crate::setup::{MCP, access_token, refused};

/// A tenant with an agent that has no grant yet, and a resource that books what it does for agents.
pub(crate) struct Cast {
    pub(crate) tenant: Tenant,
    pub(crate) api: Client,
    pub(crate) agent: Client,
}

/// `{"action": ..., "limits": ...}`.
pub(crate) fn power(action: &str, limits: &Value) -> Value {
    json!({ "action": action, "limits": limits })
}

/// A key that no other booking has.
pub(crate) fn key() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("key-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

impl Cast {
    pub(crate) async fn new(world: &World) -> Self {
        Self::at(world, world.root_tenant().await).await
    }

    pub(crate) async fn at(world: &World, tenant: Tenant) -> Self {
        let api = Client::register_at(world, &tenant, "client_secret_basic", "", &[]).await;
        let agent = Client::register_at(world, &tenant, "client_secret_basic", "", &[]).await;
        tenant.resource(world, MCP, &[&api.id]).await;
        for (name, strength, scopes) in [
            ("read_notes", "none", json!(["read"])),
            ("write_notes", "none", json!(["write"])),
            ("buy", "session", json!([])),
            ("wire", "biometric", json!([])),
        ] {
            let body = json!({ "description": name, "approval_strength": strength, "scopes": scopes, "input_schema": {
                "type": "object", "properties": { "amount": { "type": "object" }, "folder": { "type": "string" } },
            } });
            let path = format!("/admin/v1/capabilities/{name}");
            let made = tenant.admin(world, "PUT", &path, Some(&body)).await;
            assert_eq!(made.status, 200, "{made:?}");
        }
        Self { tenant, api, agent }
    }

    /// An administrator gives the agent a grant with these powers.
    pub(crate) async fn give(&self, world: &World, powers: Value) -> String {
        let body =
            json!({ "client_id": self.agent.id, "scope": "read write", "resources": [MCP], "capabilities": powers });
        let made = self.tenant.admin(world, "POST", "/admin/v1/grants", Some(&body)).await;
        assert_eq!(made.status, 201, "{made:?}");
        made.text_of("id").to_owned()
    }

    pub(crate) async fn token(&self, world: &World) -> String {
        access_token(
            &self
                .tenant
                .token(world, &self.agent, &[("resource", MCP.to_owned())], &[])
                .await,
        )
    }

    /// POST to a door of the ledger by the resource.
    pub(crate) async fn book(&self, world: &World, door: &str, form: &[(&str, &str)]) -> Answer {
        let form: Vec<(&str, String)> = form.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        self.tenant
            .post(world, &format!("/oauth2/{door}"), &[self.api.basic()], &form)
            .await
    }

    /// One use of a capability, by a key of its own.
    pub(crate) async fn consume(&self, world: &World, token: &str, capability: &str) -> Answer {
        let form = [
            ("token", token),
            ("capability", capability),
            ("idempotency_key", &key()),
        ];
        self.book(world, "consume", &form).await
    }

    pub(crate) async fn shown(&self, world: &World, grant: &str, what: &str) -> Value {
        let path = format!("/admin/v1/grants/{grant}/{what}");
        let answer = self.tenant.admin(world, "GET", &path, None).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    }

    /// What was used of the first power of a grant, as administration shows it.
    pub(crate) async fn used(&self, world: &World, grant: &str) -> i64 {
        self.shown(world, grant, "budgets").await["budgets"][0]["used"]["executions"]
            .as_i64()
            .unwrap()
    }

    /// Everything that was booked by tokens of a grant.
    pub(crate) async fn entries(&self, world: &World, grant: &str) -> Vec<Value> {
        let listed = self.shown(world, grant, "ledger?limit=500").await;
        listed["entries"].as_array().unwrap().clone()
    }

    /// What the entries add up to.
    pub(crate) async fn summed(&self, world: &World, grant: &str) -> i64 {
        let counts = |entry: &Value| entry["end"].get("units").unwrap_or(&entry["units"]).as_i64().unwrap();
        self.entries(world, grant).await.iter().map(counts).sum()
    }
}

pub(crate) async fn one_tenant() -> (World, Cast) {
    let world = World::new().await;
    let cast = Cast::new(&world).await;
    (world, cast)
}

#[tokio::test]
async fn a_resource_consumes_reserves_leases_settles_and_takes_back() {
    let (world, cast) = one_tenant().await;
    let limits = json!({ "max_executions": 20, "daily_limit_count": 15, "daily_limit_amount": { "EUR": "100" } });
    let grant = cast.give(&world, json!([power("buy", &limits)])).await;
    let token = cast.token(&world).await;
    let input = r#"{"amount":{"value":"29.99","currency":"EUR"}}"#;
    let buy = |key: &'static str| {
        [
            ("token", token.clone()),
            ("capability", "buy".to_owned()),
            ("input", input.to_owned()),
            ("idempotency_key", key.to_owned()),
        ]
    };
    let post = async |door: &str, form: &[(&str, String)]| {
        let answer = world.post(&format!("/oauth2/{door}"), &[cast.api.basic()], form).await;
        assert_eq!(
            (answer.status, answer.header("cache-control")),
            (200, Some("no-store")),
            "{answer:?}"
        );
        answer.body
    };
    let euros = |value: &str| json!({ "value": value, "currency": "EUR" });

    let consumed = post("consume", &buy("a")).await;
    let expected = json!({
        "id": consumed["id"], "kind": "consume", "capability": "buy", "units": 1, "amount": euros("29.99"),
        "remaining": { "executions": 19, "day": 14, "amount": euros("70.01") },
    });
    assert_eq!(consumed, expected);

    let reserved = post("reserve", &buy("b")).await;
    assert_eq!(
        (&reserved["kind"], &reserved["expires_at"]),
        (&json!("reserve"), &json!(world.now() + 60))
    );
    let settled = post("settle", &[("id", reserved["id"].as_str().unwrap().to_owned())]).await;
    assert_eq!(
        settled,
        json!({ "id": reserved["id"], "kind": "settle", "units": 1, "amount": euros("29.99") })
    );

    let mut lease = buy("c").to_vec();
    lease.extend([("units", "3".to_owned()), ("expires_in", "600".to_owned())]);
    let leased = post("lease", &lease).await;
    assert_eq!(
        (&leased["units"], &leased["expires_at"]),
        (&json!(3), &json!(world.now() + 600))
    );
    assert_eq!(
        leased["remaining"],
        json!({ "executions": 15, "day": 10, "amount": euros("10.03") })
    );
    let again = post("lease", &lease).await;
    assert_eq!((&again["id"], &again["repeated"]), (&leased["id"], &json!(true)));

    let part = [
        ("id", leased["id"].as_str().unwrap().to_owned()),
        ("units", "1".to_owned()),
    ];
    let settled = post("settle", &part).await;
    assert_eq!(
        settled,
        json!({ "id": leased["id"], "kind": "settle", "units": 1, "amount": euros("9.9967") })
    );
    assert_eq!(post("settle", &part).await, settled, "said twice");

    let over = world.post("/oauth2/lease", &[cast.api.basic()], &lease).await;
    refused(
        &over,
        409,
        "conflict",
        "what is over is nobody's to use, and two of it went back",
    );

    let reserved = post("reserve", &buy("d")).await;
    let void = post("void", &[("id", reserved["id"].as_str().unwrap().to_owned())]).await;
    assert_eq!(
        void,
        json!({ "id": reserved["id"], "kind": "void", "units": 0, "amount": euros("0") })
    );

    let shown = cast.shown(&world, &grant, "budgets").await;
    let expected = json!({ "budgets": [{
        "action": "buy", "limits": limits, "words": "may buy: at most 15 a day, at most 100.00 EUR a day, at most 20 in all",
        "used": { "executions": 3, "day": 3, "minute": 3, "amounts": { "EUR": "69.9767" }, "last_at": world.now() },
        "left": { "executions": 17, "day": 12, "amounts": { "EUR": "30.0233" } },
    }] });
    assert_eq!(shown, expected);
    assert_eq!(cast.summed(&world, &grant).await, 3);
    assert_eq!(
        (world.events("ledger.booked").await, world.events("ledger.ended").await),
        (5, 4),
        "four bookings, one asked for twice; three ends, one said twice"
    );
    world.end().await;
}

async fn seed_001(reads: usize, writes: usize) {
    let (world, cast) = one_tenant().await;
    let powers = json!([
        power("read_notes", &json!({ "max_executions": reads })),
        power("write_notes", &json!({ "max_executions": writes }))
    ]);
    let grant = cast.give(&world, powers).await;
    let mut token = cast.token(&world).await;
    let mut done = [0, 0];
    for n in 0..reads + 5 {
        if n % 40 == 39 {
            world.advance(299);
            token = cast.token(&world).await; // another token of the same grant
        }
        for (place, capability) in ["read_notes", "write_notes"].into_iter().enumerate() {
            let answer = cast.consume(&world, &token, capability).await;
            if answer.status == 200 {
                done[place] += 1;
            } else {
                refused(&answer, 403, "limit_exceeded", capability);
                assert_eq!(answer.header("retry-after"), None, "for good");
            }
        }
    }
    assert_eq!(done, [reads, writes]);
    assert_eq!(
        cast.summed(&world, &grant).await,
        i64::try_from(reads + writes).unwrap()
    );
    world.end().await;
}

#[tokio::test]
async fn seed_001_an_agent_reads_fifteen_times_and_writes_once() {
    seed_001(15, 1).await;
}

#[tokio::test]
async fn seed_001_an_agent_reads_a_hundred_times_and_writes_five_times() {
    seed_001(100, 5).await;
}

#[tokio::test]
async fn what_cannot_be_booked_is_refused_as_the_table_says() {
    let (world, cast) = one_tenant().await;
    let powers = json!([
        { "action": "buy", "constraints": [{ "field": "folder", "op": "eq", "value": "a" }], "limits": { "max_per_minute": 1 } },
        { "action": "wire" },
    ]);
    cast.give(&world, powers).await;
    let token = cast.token(&world).await;
    let buy = [("capability", "buy"), ("input", r#"{"folder":"a"}"#)];
    for (claim, form, status, code) in [
        (
            "no token",
            vec![("capability", "buy"), ("idempotency_key", "k")],
            400,
            "invalid_request",
        ),
        ("no key", vec![("token", &token), buy[0]], 400, "invalid_request"),
        (
            "no token of ours",
            vec![("token", "x"), buy[0], ("idempotency_key", "k")],
            400,
            "invalid_grant",
        ),
        (
            "no such capability",
            vec![("token", &token), ("capability", "fly"), ("idempotency_key", "k")],
            400,
            "invalid_request",
        ),
        (
            "beyond the powers",
            vec![
                ("token", &token),
                ("capability", "read_notes"),
                ("idempotency_key", "k"),
            ],
            403,
            "insufficient_scope",
        ),
        (
            "not of the schema",
            vec![
                ("token", &token),
                buy[0],
                ("input", r#"{"folder":1}"#),
                ("idempotency_key", "k"),
            ],
            400,
            "invalid_request",
        ),
        (
            "a constraint",
            vec![
                ("token", &token),
                buy[0],
                ("input", r#"{"folder":"b"}"#),
                ("idempotency_key", "k"),
            ],
            403,
            "constraint_violated",
        ),
        (
            "an amount below zero",
            vec![
                ("token", &token),
                buy[0],
                ("input", r#"{"folder":"a","amount":{"value":"-1","currency":"EUR"}}"#),
                ("idempotency_key", "k"),
            ],
            400,
            "invalid_request",
        ),
        (
            "a human must say so",
            vec![("token", &token), ("capability", "wire"), ("idempotency_key", "k")],
            403,
            "approval_required",
        ),
        ("no such booking", vec![("id", "nothing")], 400, "invalid_request"),
    ] {
        let answer = cast.book(&world, "consume", &form).await;
        refused(&answer, status, code, claim);
        assert_eq!(
            (answer.header("www-authenticate"), answer.header("retry-after")),
            (None, None),
            "{claim}"
        );
        assert!(!answer.text.contains(&token), "{claim}");
    }
    for door in ["settle", "void"] {
        refused(
            &cast.book(&world, door, &[("id", "nothing")]).await,
            404,
            "not_found",
            door,
        );
        refused(&cast.book(&world, door, &[]).await, 400, "invalid_request", door);
    }
    world.end().await;
}

#[tokio::test]
async fn what_policies_forbid_is_told_with_its_reason_also_when_a_scope_stands_for_it() {
    let (world, cast) = one_tenant().await;
    let powers = json!([power("read_notes", &json!({})), power("write_notes", &json!({}))]);
    cast.give(&world, powers).await;
    let token = cast.token(&world).await;
    let counts = cast.tenant.admin(&world, "GET", "/admin/v1/policies", None).await.body;
    let forbid = "@id(\"open\") permit(principal, action, resource); @reason(\"no reading today\") forbid(principal, action == Action::\"read_notes\", resource);";
    let body = json!({ "policies": forbid, "capabilities": counts["capabilities"] });
    cast.tenant
        .admin(&world, "PUT", "/admin/v1/policies", Some(&body))
        .await;
    let told = cast.consume(&world, &token, "read_notes").await;
    refused(&told, 400, "access_denied", "policies forbid it");
    assert!(
        told.text_of("error_description").contains("no reading today"),
        "{told:?}"
    );
    let other = cast.consume(&world, &token, "write_notes").await;
    refused(&other, 400, "invalid_grant", "the token is silent as a whole");
}

#[tokio::test]
async fn a_limit_without_room_says_when_it_has_some() {
    let (world, cast) = one_tenant().await;
    cast.give(&world, json!([power("buy", &json!({ "max_per_minute": 1 }))]))
        .await;
    let token = cast.token(&world).await;
    let buy = [("capability", "buy"), ("input", r#"{"folder":"a"}"#)];
    let once = [("token", token.as_str()), buy[0], buy[1], ("idempotency_key", "k")];
    assert_eq!(cast.book(&world, "consume", &once).await.status, 200);
    let mut other = once;
    other[3] = ("idempotency_key", "l");
    let answer = cast.book(&world, "consume", &other).await;
    refused(&answer, 403, "limit_exceeded", "once a minute");
    let seconds = 60 - world.now().rem_euclid(60);
    assert_eq!(answer.header("retry-after"), Some(seconds.to_string().as_str()));
    refused(
        &cast.book(&world, "reserve", &once).await,
        409,
        "conflict",
        "the same key for something else",
    );
    world.advance(seconds);
    assert_eq!(cast.book(&world, "consume", &other).await.status, 200);
    world.end().await;
}

#[tokio::test]
async fn the_key_stands_in_the_header_or_in_the_form_and_in_both_places_it_is_one() {
    let (world, cast) = one_tenant().await;
    cast.give(&world, json!([])).await;
    let token = cast.token(&world).await;
    let form = [("token", token), ("capability", "read_notes".to_owned())];
    let by_header = |key: &str| [cast.api.basic(), ("idempotency-key", key.to_owned())];
    let consume = async |key: &str, form: &[(&str, String)]| world.post("/oauth2/consume", &by_header(key), form).await;
    assert_eq!(consume("m", &form).await.status, 200);
    let mut both = form.to_vec();
    both.push(("idempotency_key", "m".to_owned()));
    assert_eq!(consume("m", &both).await.body["repeated"], true);
    refused(&consume("n", &both).await, 400, "invalid_request", "two keys");
    let twice = [
        cast.api.basic(),
        ("idempotency-key", "m".to_owned()),
        ("idempotency-key", "n".to_owned()),
    ];
    refused(
        &world.post("/oauth2/consume", &twice, &form).await,
        400,
        "invalid_request",
        "two headers",
    );
    world.end().await;
}

#[tokio::test]
async fn only_a_credential_of_the_resources_own_books_for_it() {
    let (world, cast) = one_tenant().await;
    cast.give(&world, json!([])).await;
    let token = cast.token(&world).await;
    let body = json!({ "client_id": cast.api.id, "scope": "read", "resources": [MCP], "depth": 0 });
    cast.tenant.admin(&world, "POST", "/admin/v1/grants", Some(&body)).await;
    let form = [
        ("token", token.clone()),
        ("capability", "read_notes".to_owned()),
        ("idempotency_key", "k".to_owned()),
    ];
    // A token that the resource got to act elsewhere is in the hands of whoever it was shown to: it does not speak for it here.
    let elsewhere = access_token(
        &cast
            .tenant
            .token(&world, &cast.api, &[("resource", MCP.to_owned())], &[])
            .await,
    );
    for (claim, header) in [
        ("its token", format!("Bearer {elsewhere}")),
        ("the agent's", format!("Bearer {token}")),
    ] {
        let answer = world.post("/oauth2/consume", &[("authorization", header)], &form).await;
        refused(&answer, 401, "invalid_client", claim);
    }
    let wrong = Client {
        secret: Some("wrong".to_owned()),
        id: cast.api.id.clone(),
        key: None,
        method: "client_secret_basic",
        issuer: String::new(),
    };
    let answer = world.post("/oauth2/consume", &[wrong.basic()], &form).await;
    refused(&answer, 401, "invalid_client", "a wrong secret");
    assert_eq!(
        answer.header("www-authenticate"),
        Some("Basic realm=\"prokura\", charset=\"UTF-8\"")
    );
    refused(
        &world.post("/oauth2/consume", &[], &form).await,
        401,
        "invalid_client",
        "nobody",
    );
    let by_agent = world.post("/oauth2/consume", &[cast.agent.basic()], &form).await;
    refused(&by_agent, 400, "invalid_grant", "the agent is not the resource");
    assert_eq!(
        world.post("/oauth2/consume", &[cast.api.basic()], &form).await.status,
        200
    );
    world.end().await;
}

#[tokio::test]
async fn what_was_revoked_books_nothing_and_uses_no_reservation() {
    let (world, cast) = one_tenant().await;
    let grant = cast
        .give(&world, json!([power("read_notes", &json!({ "max_executions": 9 }))]))
        .await;
    let token = cast.token(&world).await;
    let reading = |key: &'static str| {
        [
            ("token", token.clone()),
            ("capability", "read_notes".to_owned()),
            ("idempotency_key", key.to_owned()),
        ]
    };
    let book = async |door: &str, key| {
        world
            .post(&format!("/oauth2/{door}"), &[cast.api.basic()], &reading(key))
            .await
    };
    let (reserved, leased) = (book("reserve", "a").await, book("lease", "b").await);
    let path = format!("/admin/v1/grants/{grant}/revoke");
    assert_eq!(cast.tenant.admin(&world, "POST", &path, None).await.status, 200);
    for door in ["consume", "reserve", "lease"] {
        refused(&book(door, "c").await, 400, "invalid_grant", door);
    }
    let id = |answer: &Answer| [("id", answer.text_of("id").to_owned())];
    let end = async |door: &str, answer: &Answer| {
        world
            .post(&format!("/oauth2/{door}"), &[cast.api.basic()], &id(answer))
            .await
    };
    refused(
        &end("settle", &reserved).await,
        400,
        "invalid_grant",
        "it would be used now",
    );
    assert_eq!(end("void", &reserved).await.status, 200);
    assert_eq!(end("settle", &leased).await.status, 200, "it was used before");
    assert_eq!(cast.used(&world, &grant).await, 1);
    world.end().await;
}

#[tokio::test]
async fn s_32_what_was_reserved_is_not_used_once_its_token_its_client_or_the_capability_was_taken_back() {
    let (world, cast) = one_tenant().await;
    cast.give(&world, json!([power("read_notes", &json!({}))])).await;
    let reserve = async |token: &str| {
        let form = [
            ("token", token),
            ("capability", "read_notes"),
            ("idempotency_key", &key()),
        ];
        let reserved = cast.book(&world, "reserve", &form).await;
        assert_eq!(reserved.status, 200, "{reserved:?}");
        reserved.text_of("id").to_owned()
    };
    let settle = async |id: &str| cast.book(&world, "settle", &[("id", id)]).await;
    let token = cast.token(&world).await;
    let (ended, disabled, denied, good) = (
        reserve(&token).await,
        reserve(&cast.token(&world).await).await,
        reserve(&cast.token(&world).await).await,
        reserve(&cast.token(&world).await).await,
    );

    let form = [("token", token)];
    world.post("/oauth2/revoke", &[cast.agent.basic()], &form).await;
    refused(&settle(&ended).await, 400, "invalid_grant", "the token was taken back");
    let change = async |disabled: bool| {
        let path = format!("/admin/v1/clients/{}", cast.agent.id);
        let body = json!({ "disabled": disabled });
        cast.tenant.admin(&world, "PATCH", &path, Some(&body)).await;
    };
    change(true).await;
    refused(&settle(&disabled).await, 400, "invalid_grant", "the client is disabled");
    change(false).await;
    assert_eq!(settle(&disabled).await.status, 200, "and enabled again");
    let denial = json!({ "client_id": cast.agent.id, "denied": true, "capabilities": [{ "action": "read_notes" }] });
    let made = cast
        .tenant
        .admin(&world, "POST", "/admin/v1/grants", Some(&denial))
        .await;
    assert_eq!(made.status, 201, "{made:?}");
    refused(
        &settle(&denied).await,
        400,
        "invalid_grant",
        "an administrator denied it",
    );
    let path = format!("/admin/v1/grants/{}/revoke", made.text_of("id"));
    cast.tenant.admin(&world, "POST", &path, None).await;
    let counts = cast.tenant.admin(&world, "GET", "/admin/v1/policies", None).await.body;
    let apply = async |more: &str| {
        let policies = format!("@id(\"open\") permit(principal, action, resource); {more}");
        let body = json!({ "policies": policies, "capabilities": counts["capabilities"] });
        let applied = cast
            .tenant
            .admin(&world, "PUT", "/admin/v1/policies", Some(&body))
            .await;
        assert_eq!(applied.status, 201, "{applied:?}");
    };
    apply("@id(\"nobody-reads\") forbid(principal, action == Action::\"read_notes\", resource);").await;
    refused(&settle(&good).await, 400, "invalid_grant", "policies forbid it by now");
    apply("").await;
    assert_eq!(settle(&good).await.status, 200);
}

#[tokio::test]
async fn a_lease_that_nobody_settles_counts_whole_and_a_reservation_goes_back() {
    let (world, cast) = one_tenant().await;
    let grant = cast
        .give(&world, json!([power("read_notes", &json!({ "max_executions": 10 }))]))
        .await;
    let token = cast.token(&world).await;
    let form = |key: &'static str, units: &'static str| {
        [
            ("token", token.clone()),
            ("capability", "read_notes".to_owned()),
            ("idempotency_key", key.to_owned()),
            ("units", units.to_owned()),
        ]
    };
    let book = async |door: &str, key, units| {
        world
            .post(&format!("/oauth2/{door}"), &[cast.api.basic()], &form(key, units))
            .await
    };
    let (reserved, leased) = (book("reserve", "a", "4").await, book("lease", "b", "5").await);
    refused(
        &book("consume", "c", "2").await,
        403,
        "limit_exceeded",
        "nine of ten are out",
    );
    world.advance(59);
    world.end_bookings().await;
    assert_eq!(cast.used(&world, &grant).await, 9, "a second too early");
    world.advance(1);
    for door in ["settle", "void"] {
        for booked in [&reserved, &leased] {
            refused(
                &cast.book(&world, door, &[("id", booked.text_of("id"))]).await,
                409,
                "conflict",
                "its time is over",
            );
        }
    }
    let second = world.second_node().await;
    join(world.end_bookings(), second.end_bookings()).await;
    world.end_bookings().await;
    assert_eq!(cast.used(&world, &grant).await, 5);
    assert_eq!(book("consume", "d", "5").await.status, 200);
    let ends: Vec<Value> = cast
        .entries(&world, &grant)
        .await
        .iter()
        .map(|entry| json!([entry["kind"], entry["end"]["kind"], entry["end"]["units"]]))
        .collect();
    for expected in [
        json!(["reserve", "expire", 0]),
        json!(["lease", "expire", 5]),
        json!(["consume", null, null]),
    ] {
        assert!(ends.contains(&expected), "{expected}: {ends:?}");
    }
    assert_eq!(world.events("ledger.ended").await, 2);
    second.end().await;
    world.end().await;
}

#[tokio::test]
async fn bookings_that_ended_while_no_node_ran_are_ended_by_the_next_one() {
    let (world, cast) = one_tenant().await;
    let grant = cast
        .give(&world, json!([power("read_notes", &json!({ "max_executions": 10 }))]))
        .await;
    let token = cast.token(&world).await;
    for n in 0..3 {
        let form = [
            ("token", token.as_str()),
            ("capability", "read_notes"),
            ("idempotency_key", &key()),
            ("expires_in", ["60", "1800", "3600"][n]),
        ];
        assert_eq!(cast.book(&world, "reserve", &form).await.status, 200);
    }
    assert_eq!(cast.used(&world, &grant).await, 3);
    world.advance(40 * 86_400);
    let world = world.restart().await;
    world.end_bookings().await;
    assert_eq!(cast.used(&world, &grant).await, 0, "forty days later");
    world.end().await;
}

#[tokio::test]
async fn s_35_tenants_and_resources_see_nothing_of_each_others_bookings() {
    let world = World::new().await;
    let acme = Cast::at(&world, world.tenant_by_path("acme").await).await;
    let globex = Cast::at(
        &world,
        world.tenant_by_origin("globex", "https://auth.globex.example").await,
    )
    .await;
    let other = Client::register_at(&world, &acme.tenant, "client_secret_basic", "", &[]).await;
    acme.tenant
        .resource(&world, "https://other.example.com/api", &[&other.id])
        .await;
    let limits = json!({ "max_executions": 3 });
    let mut grants = Vec::new();
    for cast in [&acme, &globex] {
        grants.push(cast.give(&world, json!([power("read_notes", &limits)])).await);
    }
    let token = acme.token(&world).await;
    let form = [
        ("token", token.as_str()),
        ("capability", "read_notes"),
        ("idempotency_key", "one-key"),
    ];
    let leased = acme.book(&world, "lease", &form).await;
    assert_eq!(leased.status, 200, "{leased:?}");

    refused(
        &globex.book(&world, "lease", &form).await,
        400,
        "invalid_grant",
        "a token of another tenant",
    );
    let theirs = globex.token(&world).await;
    let same_key = [("token", theirs.as_str()), form[1], form[2]];
    assert_eq!(
        globex.book(&world, "lease", &same_key).await.body.get("repeated"),
        None,
        "keys are of one tenant"
    );

    let id = [("id", leased.text_of("id").to_owned())];
    for door in ["settle", "void"] {
        let path = format!("/oauth2/{door}");
        let unknown = [("id", "nothing".to_owned())];
        let cases = [
            (
                "another resource",
                acme.tenant.post(&world, &path, &[other.basic()], &id).await,
            ),
            (
                "the agent",
                acme.tenant.post(&world, &path, &[acme.agent.basic()], &id).await,
            ),
            (
                "another tenant",
                globex.tenant.post(&world, &path, &[globex.api.basic()], &id).await,
            ),
            (
                "unknown",
                acme.tenant.post(&world, &path, &[acme.api.basic()], &unknown).await,
            ),
        ];
        for (claim, answer) in &cases {
            refused(answer, 404, "not_found", claim);
            let same = crate::setup::apart_from_request_id(answer);
            assert_eq!(
                same,
                crate::setup::apart_from_request_id(&cases[3].1),
                "{door} {claim}: they look the same"
            );
        }
        let stranger = globex.tenant.post(&world, &path, &[acme.api.basic()], &id).await;
        refused(&stranger, 401, "invalid_client", "a client of another tenant");
    }
    let shown = acme
        .tenant
        .post(
            &world,
            "/oauth2/consume",
            &[other.basic()],
            &[
                ("token", token.clone()),
                ("capability", "read_notes".to_owned()),
                ("idempotency_key", "one-key".to_owned()),
            ],
        )
        .await;
    refused(
        &shown,
        400,
        "invalid_grant",
        "another resource has keys of its own, and no business with this token",
    );
    administered_apart(&world, &acme, &globex, &grants[0]).await;
    assert_eq!(
        (
            acme.used(&world, &grants[0]).await,
            globex.used(&world, &grants[1]).await
        ),
        (1, 1)
    );
    world.end().await;
}

/// What administration shows of a grant's ledger is there for its own tenant alone.
async fn administered_apart(world: &World, acme: &Cast, globex: &Cast, grant: &str) {
    for what in ["ledger", "budgets"] {
        let path = format!("/admin/v1/grants/{grant}/{what}");
        refused(
            &globex.tenant.admin(world, "GET", &path, None).await,
            404,
            "not_found",
            what,
        );
        let path = format!("/admin/v1/grants/nothing/{what}");
        refused(
            &acme.tenant.admin(world, "GET", &path, None).await,
            404,
            "not_found",
            what,
        );
    }
}

#[tokio::test]
async fn administrators_see_what_was_booked_newest_first_in_pages_and_what_is_left() {
    let (world, cast) = one_tenant().await;
    let powers = json!([
        power(
            "read_notes",
            &json!({ "max_executions": 10, "max_per_minute": 8, "cooldown_sec": 30 })
        ),
        power("buy", &json!({ "daily_limit_amount": { "EUR": "100", "USD": "50" } })),
        power("read_notes", &json!({})),
    ]);
    let grant = cast.give(&world, powers).await;
    let untouched = cast.shown(&world, &grant, "budgets").await;
    let first = &untouched["budgets"][0];
    assert_eq!(
        first["used"],
        json!({ "executions": 0, "day": 0, "minute": 0, "amounts": {} })
    );
    assert_eq!(first["left"], json!({ "executions": 10, "minute": 8 }));
    assert_eq!(cast.shown(&world, &grant, "ledger").await, json!({ "entries": [] }));
    let token = cast.token(&world).await;
    for n in 0..4 {
        world.advance(i64::from(n % 2 == 0));
        assert_eq!(cast.consume(&world, &token, "read_notes").await.status, 200);
    }
    let input = r#"{"amount":{"value":"1.5","currency":"USD"}}"#;
    let form = [
        ("token", token.as_str()),
        ("capability", "buy"),
        ("input", input),
        ("idempotency_key", "k"),
    ];
    let reserved = cast.book(&world, "reserve", &form).await;
    assert_eq!(
        cast.book(&world, "settle", &[("id", reserved.text_of("id"))])
            .await
            .status,
        200
    );

    let mut listed = Vec::new();
    let mut after = String::new();
    loop {
        let page = cast
            .shown(&world, &grant, &format!("ledger?limit=2&after={after}"))
            .await;
        listed.extend(page["entries"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { break };
        next.clone_into(&mut after);
    }
    let ids: BTreeSet<&str> = listed.iter().map(|entry| entry["id"].as_str().unwrap()).collect();
    assert_eq!((listed.len(), ids.len()), (5, 5), "every one once");
    let times: Vec<i64> = listed.iter().map(|entry| entry["at"].as_i64().unwrap()).collect();
    assert!(times.is_sorted_by(|one, next| one >= next), "{times:?}");
    let bought = listed.iter().find(|entry| entry["capability"] == "buy").unwrap();
    let amount = json!({ "value": "1.5", "currency": "USD" });
    let expected = json!({
        "id": reserved.body["id"], "kind": "reserve", "capability": "buy", "units": 1, "amount": amount, "client_id": cast.agent.id, "booked_by": cast.api.id,
        "token": bought["token"], "at": world.now(), "expires_at": world.now() + 60,
        "end": { "kind": "settle", "units": 1, "amount": amount, "at": world.now() },
    });
    assert_eq!(*bought, expected);

    let shown = cast.shown(&world, &grant, "budgets").await;
    let of = |place: usize, what: &str| shown["budgets"][place][what].clone();
    let now = world.now();
    assert_eq!(
        of(0, "used"),
        json!({ "executions": 1, "day": 1, "minute": 1, "amounts": {}, "last_at": now - 1 })
    );
    assert_eq!(
        of(0, "left"),
        json!({ "executions": 9, "minute": 7, "rests_until": now + 29 })
    );
    assert_eq!(
        (of(1, "used")["amounts"].clone(), of(1, "left")),
        (
            json!({ "USD": "1.5" }),
            json!({ "amounts": { "EUR": "100", "USD": "48.5" } })
        )
    );
    assert_eq!(
        (of(2, "used")["executions"].clone(), of(2, "left"), of(2, "limits")),
        (json!(3), json!({}), json!({}))
    );
    world.advance(86_400);
    let later = cast.shown(&world, &grant, "budgets").await;
    assert_eq!(
        later["budgets"][0]["used"],
        json!({ "executions": 1, "day": 0, "minute": 0, "amounts": {}, "last_at": now - 1 })
    );
    assert_eq!(
        later["budgets"][1]["left"],
        json!({ "amounts": { "EUR": "100", "USD": "50" } })
    );
    for wrong in ["ledger?limit=0", "ledger?after=x", "ledger?after=x:y"] {
        let answer = cast
            .tenant
            .admin(&world, "GET", &format!("/admin/v1/grants/{grant}/{wrong}"), None)
            .await;
        refused(&answer, 400, "invalid_body", wrong);
    }
    world.end().await;
}
