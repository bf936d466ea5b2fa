//! Powers at the token door: details that a grant's powers answer for, silently as far as they reach and by people beyond; tokens limited to so many executions (seed 001, seed 003).

use serde_json::{Value, json};
use testkit::{Answer, App, Asking, Client, World};

use crate::{
    asked::{defer_for, machine_with_approvers, newest, of_finance, poll_deferred, say},
    front::{WEB, code, refused_at},
    setup::{MCP, access_token, introspect, refused},
};

/// An order: how much, of whom.
fn order(value: &str, currency: &str, merchant: &str) -> Value {
    json!({ "type": "order", "amount": { "value": value, "currency": currency }, "merchant": merchant })
}

fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "type": { "const": "order" },
            "amount": { "type": "object", "required": ["value", "currency"], "additionalProperties": false,
                "properties": { "value": { "type": "string", "format": "decimal" }, "currency": { "type": "string" } } },
            "merchant": { "type": "string" },
        },
        "required": ["amount", "merchant"], "additionalProperties": false,
    })
}

/// A world in which machines may order, read and write files, and a machine with these powers.
struct Shop {
    world: World,
    machine: App,
    gateway: Client,
    grant: String,
}

impl Shop {
    async fn new(powers: Value) -> Self {
        let world = World::new().await;
        let kind = json!({ "type": "order", "name": "Order", "words": { "en": "order for {amount.value} {amount.currency} at {merchant}" }, "schema": schema() });
        assert_eq!(
            world.admin("POST", "/admin/v1/detail-types", Some(&kind)).await.status,
            201
        );
        let mut input = schema();
        input["properties"].as_object_mut().unwrap().remove("type");
        let capability = |name: &str, scopes: &[&str]| json!({ "name": name, "description": "For tests", "approval_strength": "session", "scopes": scopes });
        let mut orders = capability("order", &[]);
        orders["input_schema"] = input;
        let mut sells = capability("sell_shares", &[]);
        sells["approval_strength"] = json!("biometric");
        let set = json!({
            "policies": "@id(\"all\") permit(principal, action, resource);",
            "capabilities": [orders, sells, capability("read_file", &["read"]), capability("write_file", &["write"])],
        });
        let applied = world.admin("PUT", "/admin/v1/policies", Some(&set)).await;
        assert_eq!(applied.status, 201, "{applied:?}");
        let gateway = Client::register(&world, "client_secret_basic", "", &[]).await;
        world.resource(MCP, &[&gateway.id]).await;
        let machine = machine_with_approvers(&world, 1).await;
        let grant = json!({ "client_id": machine.client.id, "scope": "read write", "resources": [MCP], "capabilities": powers });
        let given = world.admin("POST", "/admin/v1/grants", Some(&grant)).await;
        assert_eq!(given.status, 201, "{given:?}");
        Self {
            grant: given.text_of("id").to_owned(),
            world,
            machine,
            gateway,
        }
    }

    async fn asks(&self, details: &Value) -> Answer {
        let form = [
            ("resource", MCP.to_owned()),
            ("authorization_details", details.to_string()),
        ];
        self.world.token(&self.machine.client, &form, &[]).await
    }

    async fn consumes(&self, token: &str, capability: &str, key: &str) -> Answer {
        self.consumes_with(token, capability, key, &json!({})).await
    }

    async fn consumes_with(&self, token: &str, capability: &str, key: &str, input: &Value) -> Answer {
        let form = [
            ("token", token.to_owned()),
            ("capability", capability.to_owned()),
            ("idempotency_key", key.to_owned()),
            ("input", input.to_string()),
        ];
        self.world.post("/oauth2/consume", &[self.gateway.basic()], &form).await
    }
}

fn up_to_fifty_a_purchase() -> Value {
    json!([{
        "action": "order",
        "constraints": [
            { "field": "amount", "op": "max", "value": "50.00", "currency": "EUR" },
            { "field": "merchant", "op": "in", "values": ["Acme", "Lamps"] },
        ],
        "limits": { "daily_limit_amount": { "EUR": "80.00" } },
    }])
}

#[tokio::test]
async fn s_32_what_a_power_allows_is_silent_until_its_limit_and_not_a_cent_further() {
    let shop = Shop::new(up_to_fifty_a_purchase()).await;
    let first = shop.asks(&json!([order("30.00", "EUR", "Acme")])).await;
    assert_eq!(first.status, 200, "{first:?}");
    assert_eq!(
        first.body["authorization_details"],
        json!([order("30.00", "EUR", "Acme")])
    );
    let token = access_token(&first);
    assert_eq!(introspect(&shop.world, &shop.gateway, &token).await["active"], true);
    for (details, code) in [
        (json!([order("50.01", "EUR", "Acme")]), "constraint_violated"),
        (json!([order("5.00", "USD", "Acme")]), "constraint_violated"),
        (json!([order("5.00", "EUR", "Casino")]), "constraint_violated"),
        (json!([order("-5.00", "EUR", "Acme")]), "invalid_request"),
        (json!([order("NaN", "EUR", "Acme")]), "invalid_scope"), // the schema of the capability knows decimals: policies cannot be asked about anything else
    ] {
        let answer = shop.asks(&details).await;
        assert!(answer.status >= 400, "{details}: {answer:?}");
        assert!(
            [code, "invalid_authorization_details"].contains(&answer.error()),
            "{details}: {answer:?}"
        );
    }
    assert_eq!(
        shop.asks(&json!([order("50.00", "EUR", "Lamps")])).await.status,
        200,
        "80 of 80"
    );
    let spent = shop.asks(&json!([order("0.01", "EUR", "Lamps")])).await;
    refused(&spent, 403, "limit_exceeded", "the day's money is spent");
    let again: u64 = spent.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=86_400).contains(&again), "{again}");
    // Two at once count one after the other.
    shop.world.advance(i64::try_from(again).unwrap());
    let two = shop
        .asks(&json!([order("40.00", "EUR", "Acme"), order("40.01", "EUR", "Acme")]))
        .await;
    refused(&two, 403, "limit_exceeded", "together they are more than a day");
    assert_eq!(
        shop.asks(&json!([order("40.00", "EUR", "Acme"), order("39.99", "EUR", "Acme")]))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn s_32_sixty_four_who_ask_at_once_get_what_the_day_has_and_no_more() {
    let shop = Shop::new(up_to_fifty_a_purchase()).await;
    let details = json!([order("5.00", "EUR", "Acme")]);
    let answers = futures_util::future::join_all((0..64).map(|_| shop.asks(&details))).await;
    let given = answers.iter().filter(|answer| answer.status == 200).count();
    assert!(given <= 16, "{given}");
    let rest: Vec<&str> = answers
        .iter()
        .filter(|answer| answer.status != 200)
        .map(Answer::error)
        .collect();
    assert!(
        rest.iter()
            .all(|code| ["limit_exceeded", "temporarily_unavailable"].contains(code)),
        "{rest:?}"
    );
    let mut more = given;
    while shop.asks(&details).await.status == 200 {
        more += 1;
    }
    assert_eq!(more, 16, "80.00 a day are sixteen times 5.00");
}

#[tokio::test]
async fn beyond_a_power_people_are_asked_and_their_yes_is_a_grant_of_its_own() {
    let shop = Shop::new(up_to_fifty_a_purchase()).await;
    let ann = of_finance(&shop.world, "ann@demo.test").await;
    let dear = json!([order("70.00", "EUR", "Acme")]);
    refused(&shop.asks(&dear).await, 403, "constraint_violated", "nobody waits");
    let more = [
        ("resource", MCP.to_owned()),
        ("authorization_details", dear.to_string()),
    ];
    let asked = defer_for(&shop.world, &shop.machine, &more).await;
    refused(&asked, 400, "authorization_pending", "people are asked");
    let code = asked.text_of("deferral_code").to_owned();
    let mut browser = shop.world.signed_in(&ann).await;
    let page = newest(&shop.world, &mut browser).await;
    assert!(page.answer.text.contains("70.00</bdi>"), "{}", page.answer.text);
    say(&shop.world, &mut browser, &page, "allow", &[]).await;
    shop.world.advance(5);
    let given = poll_deferred(&shop.world, &shop.machine, &code, &[]).await;
    assert_eq!(given.status, 200, "{given:?}");
    assert_eq!(given.body["authorization_details"], dear);
    // It was booked, and the power's own day is as it was: eighty are left.
    assert_eq!(shop.asks(&json!([order("50.00", "EUR", "Acme")])).await.status, 200);
    assert_eq!(shop.asks(&json!([order("30.00", "EUR", "Acme")])).await.status, 200);
}

#[tokio::test]
async fn s_32_what_a_token_was_issued_for_is_done_once_without_being_charged_twice() {
    let mut powers = up_to_fifty_a_purchase();
    powers[0]["limits"] = json!({ "daily_limit_count": 2 });
    let shop = Shop::new(powers).await;
    let lamp = order("30.00", "EUR", "Acme");
    let token = access_token(&shop.asks(&json!([lamp])).await);
    let mut input = lamp.clone();
    input.as_object_mut().unwrap().remove("type");
    let buy = async |token: &str, key: &str, input: &Value| shop.consumes_with(token, "order", key, input).await;
    assert_eq!(buy(&token, "a", &input).await.status, 200, "its issue was booked");
    assert_eq!(buy(&token, "b", &input).await.status, 200, "the second one of the day");
    refused(&buy(&token, "c", &input).await, 403, "limit_exceeded", "two a day");
    refused(
        &shop.asks(&json!([lamp])).await,
        403,
        "limit_exceeded",
        "also where tokens are issued",
    );
    let mut dear = input.clone();
    dear["amount"]["value"] = json!("50.01");
    refused(
        &buy(&token, "d", &dear).await,
        403,
        "constraint_violated",
        "a token for 30 is none for 50.01",
    );
}

#[tokio::test]
async fn a_yes_of_people_is_for_one_use_of_exactly_what_they_said_yes_to() {
    let shop = Shop::new(json!([])).await;
    let now = shop.world.admin("GET", "/admin/v1/policies", None).await.body;
    let text = "@id(\"all\") permit(principal, action, resource);\n@id(\"orders\") @approvers(\"finance\") permit(principal, action == Action::\"order\", resource);";
    let set = json!({ "policies": text, "capabilities": now["capabilities"] });
    let applied = shop.world.admin("PUT", "/admin/v1/policies", Some(&set)).await;
    assert_eq!(applied.status, 201, "{applied:?}");
    let ann = of_finance(&shop.world, "ann@demo.test").await;
    let lamp = order("70.00", "EUR", "Acme");
    let more = [
        ("resource", MCP.to_owned()),
        ("authorization_details", json!([lamp]).to_string()),
    ];
    let asked = defer_for(&shop.world, &shop.machine, &more).await;
    refused(&asked, 400, "authorization_pending", "people are asked");
    let code = asked.text_of("deferral_code").to_owned();
    let mut browser = shop.world.signed_in(&ann).await;
    let page = newest(&shop.world, &mut browser).await;
    say(&shop.world, &mut browser, &page, "allow", &[]).await;
    shop.world.advance(5);
    let token = access_token(&poll_deferred(&shop.world, &shop.machine, &code, &[]).await);
    let mut input = lamp.clone();
    input.as_object_mut().unwrap().remove("type");
    let buy = async |key: &str, input: &Value| shop.consumes_with(&token, "order", key, input).await;
    let mut other = input.clone();
    other["amount"]["value"] = json!("69.00");
    refused(
        &buy("a", &other).await,
        403,
        "insufficient_scope",
        "it is not what they said yes to",
    );
    assert_eq!(buy("b", &input).await.status, 200);
    assert_eq!(buy("b", &input).await.body["repeated"], true);
    refused(&buy("c", &input).await, 403, "approval_required", "it was done");
}

#[tokio::test]
async fn what_wants_a_passkey_no_power_gives_silently() {
    let shop = Shop::new(json!([{ "action": "sell_shares" }])).await;
    let kind = json!({ "type": "sell_shares", "name": "Sell", "words": { "en": "sell shares" },
        "schema": { "type": "object", "properties": { "type": { "const": "sell_shares" } }, "additionalProperties": false } });
    assert_eq!(
        shop.world
            .admin("POST", "/admin/v1/detail-types", Some(&kind))
            .await
            .status,
        201
    );
    let answer = shop.asks(&json!([{ "type": "sell_shares" }])).await;
    refused(
        &answer,
        400,
        "invalid_authorization_details",
        "seed 003: biometric is never silent",
    );
}

#[tokio::test]
async fn a_token_of_fifteen_reads_and_one_write_does_fifteen_reads_and_one_write() {
    executions(15, 1).await;
}

#[tokio::test]
async fn a_token_of_a_hundred_reads_and_five_writes_does_a_hundred_reads_and_five_writes() {
    executions(100, 5).await;
}

async fn executions(reads: usize, writes: usize) {
    let shop = Shop::new(json!([])).await;
    let limit = |capability: &str, most: usize| json!({ "type": "execution_limit", "capability": capability, "max_executions": most });
    let limits = json!([limit("read_file", reads), limit("write_file", writes)]);
    let answer = shop.asks(&limits).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(
        answer.body["authorization_details"], limits,
        "the resource sees them too"
    );
    let token = access_token(&answer);
    assert_eq!(introspect(&shop.world, &shop.gateway, &token).await["active"], true);
    for (capability, most) in [("read_file", reads), ("write_file", writes)] {
        for n in 0..most {
            let done = shop.consumes(&token, capability, &format!("{capability}-{n}")).await;
            assert_eq!(done.status, 200, "{done:?}");
            assert_eq!(done.body["remaining"]["executions"], json!(most - n - 1));
        }
        let beyond = shop.consumes(&token, capability, &format!("{capability}-beyond")).await;
        refused(&beyond, 403, "limit_exceeded", "it was used as often as it may be");
        assert_eq!(beyond.header("retry-after"), None, "for good");
    }
    // Another token of the same grant has its own.
    let other = shop.asks(&json!([limit("read_file", 1)])).await;
    assert_eq!(other.text_of("scope"), "read", "and no scope that stands for more");
    let other = access_token(&other);
    assert_eq!(shop.consumes(&other, "read_file", "other").await.status, 200);
    refused(
        &shop.consumes(&other, "write_file", "other-write").await,
        403,
        "insufficient_scope",
        "a token with limits reaches what they name",
    );
    // One without limits is limited by nothing but its grant.
    let plain = access_token(
        &shop
            .world
            .token(&shop.machine.client, &[("resource", MCP.to_owned())], &[])
            .await,
    );
    assert_eq!(shop.consumes(&plain, "write_file", "plain").await.status, 200);
    // And all of them die with it.
    let revoked = shop
        .world
        .admin("POST", &format!("/admin/v1/grants/{}/revoke", shop.grant), None)
        .await;
    assert_eq!(revoked.status, 200, "{revoked:?}");
    refused(
        &shop.consumes(&plain, "write_file", "dead").await,
        400,
        "invalid_grant",
        "its grant is gone",
    );
}

#[tokio::test]
async fn a_persons_code_buys_a_token_of_so_many_uses_and_the_authorization_keeps_the_rest() {
    let shop = Shop::new(json!([])).await;
    let alice = shop.world.person("alice@demo.test").await;
    let app = App::public(&shop.world, WEB).await;
    let mut browser = shop.world.signed_in(&alice).await;
    let limit =
        |capability: &str| json!([{ "type": "execution_limit", "capability": capability, "max_executions": 1 }]);

    // It is asked of a token, not of a person.
    let asking = Asking::new(&app, Some(MCP), Some("read write"));
    let on_page = asking
        .clone()
        .with("authorization_details", Some(&limit("read_file").to_string()));
    let page = browser.visit(&shop.world, &on_page.path()).await;
    refused_at(&page, &on_page, "invalid_authorization_details", "no page asks it");

    let page = browser.agree(&shop.world, &alice, &asking).await;
    let redeem = async |limits: Value| {
        let form = [
            ("grant_type", "authorization_code".to_owned()),
            ("code", code(&page)),
            ("code_verifier", asking.verifier.clone()),
            ("authorization_details", limits.to_string()),
        ];
        shop.world.as_app(&app, &form, &[]).await
    };
    refused(
        &redeem(limit("order")).await,
        400,
        "invalid_scope",
        "a token of nothing is no token, and the code is still good",
    );
    let answer = redeem(limit("read_file")).await;
    assert_eq!(answer.text_of("scope"), "read", "{answer:?}");
    assert_eq!(answer.body["authorization_details"], limit("read_file"));
    let token = access_token(&answer);
    assert_eq!(shop.consumes(&token, "read_file", "once").await.status, 200);
    refused(
        &shop.consumes(&token, "read_file", "twice").await,
        403,
        "limit_exceeded",
        "once means once",
    );
    refused(
        &shop.consumes(&token, "write_file", "other").await,
        403,
        "insufficient_scope",
        "it reaches what it names",
    );
    let refresh = answer.text_of("refresh_token").to_owned();
    let whole = shop.world.refresh(&app, &refresh, &[], &[]).await;
    assert_eq!(
        whole.text_of("scope"),
        "read write",
        "the authorization was given whole"
    );
}

#[tokio::test]
async fn s_31_a_grant_that_speaks_of_capabilities_gives_no_scope_of_another() {
    let reads = json!([{ "action": "read_file" }]);
    let shop = Shop::new(reads.clone()).await;
    let of = |scope: &str| [("resource", MCP.to_owned()), ("scope", scope.to_owned())];
    let machine = &shop.machine.client;
    refused(
        &shop.world.token(machine, &of("write"), &[]).await,
        400,
        "invalid_scope",
        "it has no power to write files",
    );
    let plain = [("resource", MCP.to_owned())];
    let told = shop.world.token(machine, &plain, &[]).await;
    assert_eq!(told.text_of("scope"), "read", "{told:?}");

    // One that comes to speak of them silences what was given before.
    let shop = Shop::new(json!([])).await;
    let machine = &shop.machine.client;
    let token = access_token(&shop.world.token(machine, &of("read write"), &[]).await);
    assert_eq!(introspect(&shop.world, &shop.gateway, &token).await["active"], true);
    let path = format!("/admin/v1/grants/{}", shop.grant);
    let edited = shop
        .world
        .admin("PATCH", &path, Some(&json!({ "capabilities": reads })))
        .await;
    assert_eq!(edited.status, 200, "{edited:?}");
    assert_eq!(introspect(&shop.world, &shop.gateway, &token).await["active"], false);
    let told = shop.world.token(machine, &plain, &[]).await;
    assert_eq!(told.text_of("scope"), "read", "{told:?}");
}

#[tokio::test]
async fn a_power_that_would_never_hold_is_refused_when_it_is_written() {
    let shop = Shop::new(json!([])).await;
    let class = |name: &str| json!([{ "action": "read_file", "constraints": [{ "field": "class", "op": "max", "value": name, "order": "data_class" }] }]);
    for (powers, said) in [
        (
            json!([{ "action": "fly" }]),
            "fly is not in the catalogue of capabilities",
        ),
        (
            class("secret"),
            "read_file: secret is no class of data; they are public, internal",
        ),
        (
            json!([{ "action": "order", "constraints": [{ "field": "merchant", "op": "eq", "value": "Acme" }, { "field": "amount.value", "op": "max", "value": "50" }] }]),
            "order: constraints[1]: amount.value counts in a currency, and nothing says in which: add a constraint on amount.currency",
        ),
    ] {
        let body =
            json!({ "client_id": shop.machine.client.id, "scope": "read", "resources": [MCP], "capabilities": powers });
        let answer = shop.world.admin("POST", "/admin/v1/grants", Some(&body)).await;
        refused(&answer, 400, "invalid_body", said);
        assert!(answer.text_of("detail").contains(said), "{answer:?}");
        let path = format!("/admin/v1/grants/{}", shop.grant);
        let edited = json!({ "capabilities": body["capabilities"] });
        let answer = shop.world.admin("PATCH", &path, Some(&edited)).await;
        refused(&answer, 400, "invalid_body", said);
        assert!(answer.text_of("detail").contains(said), "{answer:?}");
    }
    let said = json!([{ "action": "order", "constraints": [
        { "field": "amount.value", "op": "max", "value": "50" }, { "field": "amount.currency", "op": "eq", "value": "EUR" }] }]);
    let body =
        json!({ "client_id": shop.machine.client.id, "scope": "read", "resources": [MCP], "capabilities": said });
    let answer = shop.world.admin("POST", "/admin/v1/grants", Some(&body)).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let body = json!({ "client_id": shop.machine.client.id, "scope": "read", "resources": [MCP], "capabilities": class("internal") });
    let answer = shop.world.admin("POST", "/admin/v1/grants", Some(&body)).await;
    assert_eq!(answer.status, 201, "{answer:?}");
}

#[tokio::test]
async fn an_execution_limit_that_cannot_be_meant_is_refused() {
    let shop = Shop::new(json!([])).await;
    let limit = json!({ "type": "execution_limit", "capability": "read_file", "max_executions": 1 });
    for (details, code) in [
        (json!([{ "type": "execution_limit" }]), "invalid_authorization_details"),
        (
            json!([{ "type": "execution_limit", "capability": "read_file", "max_executions": 0 }]),
            "invalid_authorization_details",
        ),
        (
            json!([{ "type": "execution_limit", "capability": "read_file", "max_executions": "9" }]),
            "invalid_authorization_details",
        ),
        (
            json!([{ "type": "execution_limit", "capability": "read_file", "max_executions": 1, "per": "day" }]),
            "invalid_authorization_details",
        ),
        (
            json!([{ "type": "execution_limit", "capability": "fly", "max_executions": 1 }]),
            "invalid_request",
        ),
        (
            json!([limit, { "type": "execution_limit", "capability": "read_file", "max_executions": 2 }]),
            "invalid_authorization_details",
        ),
        (
            json!([{ "type": "execution_limit", "capability": "sell_shares", "max_executions": 1 }]),
            "invalid_scope",
        ),
    ] {
        let answer = shop.asks(&details).await;
        assert_eq!((answer.status, answer.error()), (400, code), "{details}: {answer:?}");
    }
    let kind = json!({ "type": "execution_limit", "name": "Mine", "words": { "en": "mine" },
        "schema": { "type": "object", "properties": { "type": { "const": "execution_limit" } }, "additionalProperties": false } });
    assert_eq!(
        shop.world
            .admin("POST", "/admin/v1/detail-types", Some(&kind))
            .await
            .status,
        400
    );
}
