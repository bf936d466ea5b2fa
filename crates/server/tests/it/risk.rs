//! What is unusual, as policies see it at every door (product s3, S-32): measured here, judged by whoever writes the policies.

use serde_json::{Value, json};
use testkit::{Client, World};

use crate::{
    ledger::{Cast, key, one_tenant, power},
    setup::{MCP, access_token, refused},
};

const DAY: i64 = 86_400;
const OPEN: &str = "@id(\"open\") permit(principal, action, resource);";

async fn apply(world: &World, cast: &Cast, more: &str) {
    let counts = cast.tenant.admin(world, "GET", "/admin/v1/policies", None).await.body;
    let body = json!({ "policies": format!("{OPEN}\n{more}"), "capabilities": counts["capabilities"] });
    let applied = cast.tenant.admin(world, "PUT", "/admin/v1/policies", Some(&body)).await;
    assert_eq!(applied.status, 201, "{applied:?}");
}

/// Somebody buys for so many euros with a token.
async fn buys(world: &World, cast: &Cast, token: &str, value: &str, currency: &str) -> u16 {
    let input = json!({ "amount": { "value": value, "currency": currency } }).to_string();
    let form = [
        ("token", token),
        ("capability", "buy"),
        ("input", &input),
        ("idempotency_key", &key()),
    ];
    cast.book(world, "consume", &form).await.status
}

async fn shopper() -> (World, Cast, String) {
    let (world, cast, token, _) = shopper_with_grant().await;
    (world, cast, token)
}

async fn shopper_with_grant() -> (World, Cast, String, String) {
    let (world, cast) = one_tenant().await;
    let grant = cast
        .give(
            &world,
            json!([
                power("buy", &json!({})),
                power("read_notes", &json!({})),
                power("write_notes", &json!({}))
            ]),
        )
        .await;
    let token = cast.token(&world).await;
    (world, cast, token, grant)
}

#[tokio::test]
async fn s_32_velocity_is_measured_at_the_ledger_and_lets_go_after_a_minute() {
    let (world, cast, token) = shopper().await;
    let fast = r#"@id("fast") @reason("too fast") forbid(principal, action == Action::"buy", resource) when { context.risk.velocity >= 3 };"#;
    apply(&world, &cast, fast).await;
    for flushed in [false, true, true] {
        let read = cast.consume(&world, &token, "buy").await;
        assert_eq!(read.status, 200, "{read:?}");
        if flushed {
            world.flush().await; // it does not matter what is written already
        }
    }
    let fourth = cast.consume(&world, &token, "buy").await;
    assert_eq!(
        (fourth.status, fourth.text_of("error")),
        (400, "access_denied"),
        "{fourth:?}"
    );
    assert!(fourth.text_of("error_description").contains("too fast"), "{fourth:?}");

    // Whoever is refused is not held longer for asking.
    for _ in 0..3 {
        world.advance(20);
        cast.consume(&world, &token, "buy").await;
    }
    world.advance(20);
    assert_eq!(cast.consume(&world, &token, "buy").await.status, 200);

    world.flush().await;
    let log = cast
        .tenant
        .admin(&world, "GET", "/admin/v1/events?limit=100", None)
        .await;
    let told = log.body["events"].to_string();
    assert!(told.contains(r#""velocity":3"#), "the log says what was seen");
}

#[tokio::test]
async fn s_32_an_amount_far_beyond_what_is_usual_is_seen() {
    let (world, cast, token) = shopper().await;
    let dear = r#"@id("dear") forbid(principal, action == Action::"buy", resource) when { context.risk has amount_percent && context.risk.amount_percent > 500 };"#;
    apply(&world, &cast, dear).await;
    assert_eq!(
        buys(&world, &cast, &token, "10.00", "EUR").await,
        200,
        "nothing is known yet"
    );
    assert_eq!(
        buys(&world, &cast, &token, "50.01", "EUR").await,
        400,
        "more than five times that"
    );
    assert_eq!(
        buys(&world, &cast, &token, "9000", "USD").await,
        200,
        "dollars are measured by dollars"
    );
    assert_eq!(buys(&world, &cast, &token, "50.00", "EUR").await, 200);
    world.flush().await;
    world.advance(DAY);
    let token = cast.token(&world).await;
    assert_eq!(
        buys(&world, &cast, &token, "250.00", "EUR").await,
        200,
        "what is usual grows"
    );
    world.advance(29 * DAY);
    let token = cast.token(&world).await;
    assert_eq!(buys(&world, &cast, &token, "1250.01", "EUR").await, 400);
    world.advance(3 * DAY);
    let token = cast.token(&world).await;
    assert_eq!(
        buys(&world, &cast, &token, "1250.01", "EUR").await,
        200,
        "after thirty days it is forgotten"
    );
}

#[tokio::test]
async fn s_32_an_hour_at_which_a_client_never_works_is_unusual_at_every_door() {
    let (world, cast, _) = shopper().await;
    apply(
        &world,
        &cast,
        r#"@id("night") forbid(principal, action, resource) when { context.risk.unusual_hour };"#,
    )
    .await;
    let asks = async || {
        cast.tenant
            .token(&world, &cast.agent, &[("resource", MCP.to_owned())], &[])
            .await
    };
    for _ in 0..7 {
        assert_eq!(asks().await.status, 200);
        world.flush().await;
        world.advance(DAY);
    }
    let by_day = access_token(&asks().await);
    world.advance(60);
    let shown = async |token: &str| {
        let form = [("token", token.to_owned())];
        cast.tenant
            .post(&world, "/oauth2/introspect", &[cast.api.basic()], &form)
            .await
            .body
    };
    assert_eq!(shown(&by_day).await["active"], true);
    world.advance(12 * 3_600 - 60);
    refused(
        &asks().await,
        400,
        "invalid_scope",
        "twelve hours away from when it works",
    );
    world.advance(11 * 3_600);
    assert_eq!(asks().await.status, 200, "an hour before its hour");
    // For a client that nobody knows nothing is unusual.
    world.advance(11 * 3_600);
    let stranger = Client::register_at(&world, &cast.tenant, "client_secret_basic", "", &[]).await;
    let body = json!({ "client_id": stranger.id, "scope": "read", "resources": [MCP] });
    assert_eq!(
        cast.tenant
            .admin(&world, "POST", "/admin/v1/grants", Some(&body))
            .await
            .status,
        201
    );
    let token = cast
        .tenant
        .token(&world, &stranger, &[("resource", MCP.to_owned())], &[])
        .await;
    assert_eq!(token.status, 200, "{token:?}");
}

#[tokio::test]
async fn s_32_the_decision_point_remembers_what_it_permitted_to_whom() {
    let world = World::new().await;
    let fast = r#"@id("open") permit(principal, action, resource);
        @id("fast") @reason("too fast") forbid(principal, action == Action::"purchase", resource) when { context.risk.velocity >= 2 };"#;
    let counts = world.admin("GET", "/admin/v1/policies", None).await.body;
    let body = json!({ "policies": fast, "capabilities": counts["capabilities"] });
    let applied = world.admin("PUT", "/admin/v1/policies", Some(&body)).await;
    assert_eq!(applied.status, 201, "{applied:?}");
    let gateway = Client::register(&world, "client_secret_basic", "authzen:evaluate", &[]).await;
    let token = access_token(&world.token(&gateway, &[], &[]).await);
    let post = async |path: &str, body: Value| {
        let headers = [
            ("authorization", format!("Bearer {token}")),
            ("content-type", "application/json".to_owned()),
        ];
        world
            .send("POST", &format!("/access/v1/{path}"), &headers, Some(body.to_string()))
            .await
    };
    let question = |who: &str| {
        json!({
            "subject": { "type": "User", "id": who }, "resource": { "type": "Resource", "id": "https://shop.example/" },
            "action": { "name": "read_profile", "properties": {} },
        })
    };
    let buying = |who: &str| {
        let mut question = question(who);
        question["action"] = json!({ "name": "purchase", "properties": { "amount": { "value": "1.00", "currency": "EUR" }, "merchant": "shop" } });
        question
    };
    // A purchase takes a passkey: it is a no, and no act. What is permitted is one.
    let reason = async |who: &str| post("evaluation", buying(who)).await.body["context"]["reason"].clone();
    for _ in 0..3 {
        assert_eq!(reason("alice").await, "approval_required");
    }
    let long = "x".repeat(3_000);
    for who in ["alice", &long, "nul\u{0}nul"] {
        for _ in 0..2 {
            let said = post("evaluation", question(who)).await;
            assert_eq!(said.body, json!({ "decision": true }), "{said:?}");
        }
        assert_eq!(reason(who).await, "policy_denied", "{who}");
        world.flush().await;
        assert_eq!(reason(who).await, "policy_denied", "{who}");
    }
    assert_eq!(reason("bob").await, "approval_required");
    // In a batch each is judged by what was before it.
    let batch = json!({ "evaluations": [question("carol"), question("carol"), buying("carol")] });
    let answers = post("evaluations", batch).await.body["evaluations"].clone();
    assert_eq!(answers[2]["context"]["reason"], "approval_required");
    assert_eq!(reason("carol").await, "policy_denied");
    // A search for what she may do sees the same.
    let search = json!({ "subject": { "type": "User", "id": "carol" }, "resource": { "type": "Resource", "id": "https://shop.example/" } });
    assert_eq!(post("search/action", search).await.status, 200);
    world.advance(120);
    assert_eq!(reason("alice").await, "approval_required");
}

/// The status of a grant, and whether it says that it falls at a risk.
async fn standing(world: &World, cast: &Cast, grant: &str) -> (Value, Value) {
    let path = format!("/admin/v1/grants/{grant}");
    let shown = cast.tenant.admin(world, "GET", &path, None).await.body;
    (shown["status"].clone(), shown["revocation"]["risk"].clone())
}

#[tokio::test]
async fn s_32_a_grant_that_falls_at_a_risk_is_revoked_for_good_by_what_policies_forbid_as_unusual() {
    let (world, cast, _, grant) = shopper_with_grant().await;
    let path = format!("/admin/v1/grants/{grant}");
    let falls = json!({ "revocation": { "risk": true } });
    let edited = cast.tenant.admin(&world, "PATCH", &path, Some(&falls)).await;
    assert_eq!(edited.status, 200, "{edited:?}");
    let policies = r#"@id("fast") forbid(principal, action == Action::"buy", resource) when { context.risk.velocity >= 4 };
        @id("no-risk") @reason("no currency risk") forbid(principal, action == Action::"buy", resource) when { context.input has folder && context.input.folder == "casino" };"#;
    apply(&world, &cast, policies).await;
    let token = cast.token(&world).await; // as far as policies go now

    // What is forbidden for another reason revokes nothing, whatever words stand in the policy.
    let casino = json!({ "folder": "casino" }).to_string();
    let form = [
        ("token", token.as_str()),
        ("capability", "buy"),
        ("input", &casino),
        ("idempotency_key", &key()),
    ];
    let refused_by_policy = cast.book(&world, "consume", &form).await;
    assert!(
        refused_by_policy.text.contains("no currency risk"),
        "{refused_by_policy:?}"
    );
    assert_eq!(standing(&world, &cast, &grant).await, (json!("active"), json!(true)));
    let document = cast.tenant.admin(&world, "GET", &path, None).await.body;
    let words = "It stops counting earlier once policies forbid something under it as unusual.";
    assert!(document["words"].to_string().contains(words), "{document}");

    for _ in 0..3 {
        assert_eq!(buys(&world, &cast, &token, "1.00", "EUR").await, 200);
    }
    assert_eq!(buys(&world, &cast, &token, "1.00", "EUR").await, 400);
    assert_eq!(standing(&world, &cast, &grant).await, (json!("revoked"), json!(true)));
    world.advance(120); // the minute is over, and nothing comes back
    let late = cast.consume(&world, &token, "read_notes").await;
    assert!(late.status >= 400, "{late:?}");
    let anew = cast
        .tenant
        .token(&world, &cast.agent, &[("resource", MCP.to_owned())], &[])
        .await;
    refused(&anew, 400, "unauthorized_client", "no grant is left");

    let log = cast
        .tenant
        .admin(&world, "GET", "/admin/v1/events?limit=100", None)
        .await;
    let events = log.body["events"].as_array().unwrap().clone();
    let revoked: Vec<&Value> = events.iter().filter(|event| event["kind"] == "grant.revoked").collect();
    assert_eq!(revoked.len(), 1, "{revoked:?}");
    assert!(revoked[0].to_string().contains(r#""because":"risk""#), "{revoked:?}");

    let loosened = json!({ "revocation": { "risk": false } });
    let other = cast.give(&world, json!([power("buy", &json!({}))])).await;
    let path = format!("/admin/v1/grants/{other}");
    cast.tenant.admin(&world, "PATCH", &path, Some(&falls)).await;
    let answer = cast.tenant.admin(&world, "PATCH", &path, Some(&loosened)).await;
    assert!(
        answer.status == 400 || answer.body["revocation"]["risk"] == true,
        "never loosened: {answer:?}"
    );
}

#[tokio::test]
async fn s_32_a_token_that_is_refused_as_unusual_takes_the_grant_along_too() {
    let (world, cast, _, grant) = shopper_with_grant().await;
    let path = format!("/admin/v1/grants/{grant}");
    let falls = json!({ "revocation": { "risk": true } });
    cast.tenant.admin(&world, "PATCH", &path, Some(&falls)).await;
    let night =
        r#"@id("often") forbid(principal, action, resource) when { context has risk && context.risk.velocity >= 2 };"#;
    apply(&world, &cast, night).await;
    let asks = async || {
        cast.tenant
            .token(&world, &cast.agent, &[("resource", MCP.to_owned())], &[])
            .await
    };
    for _ in 0..2 {
        access_token(&asks().await);
    }
    let third = asks().await;
    assert_eq!(third.status, 400, "{third:?}");
    assert_eq!(standing(&world, &cast, &grant).await.0, "revoked");
}

#[tokio::test]
async fn s_34_a_number_in_another_form_is_a_mistake_of_whoever_sends_it_and_no_decision() {
    let (world, cast, _, _) = shopper_with_grant().await;
    let amount = json!({ "type": "object", "required": ["value", "currency"], "properties": {
        "value": { "type": "string", "format": "decimal" }, "currency": { "type": "string" } } });
    let body = json!({ "description": "buy", "approval_strength": "session", "scopes": [],
        "input_schema": { "type": "object", "properties": { "amount": amount } } });
    let made = cast
        .tenant
        .admin(&world, "PUT", "/admin/v1/capabilities/buy", Some(&body))
        .await;
    assert_eq!(made.status, 200, "{made:?}");
    apply(&world, &cast, "").await;
    let token = cast.token(&world).await;
    for value in ["1e1", " 1", "+1", "40.00001", "12345678901234567890"] {
        let input = json!({ "amount": { "value": value, "currency": "EUR" } }).to_string();
        let form = [
            ("token", token.as_str()),
            ("capability", "buy"),
            ("input", &input),
            ("idempotency_key", &key()),
        ];
        let answer = cast.book(&world, "consume", &form).await;
        assert_eq!(
            (answer.status, answer.text_of("error")),
            (400, "invalid_request"),
            "{value}: {answer:?}"
        );
        assert!(
            answer.text_of("error_description").contains("decimal"),
            "{value}: {answer:?}"
        );
    }
    assert_eq!(buys(&world, &cast, &token, "1.0000", "EUR").await, 200);
}
