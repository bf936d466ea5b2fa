//! Grants that say of a capability which values, how often and how much.

use serde_json::{Value, json};
use testkit::{Answer, World};

use crate::setup::{machine, refused};

/// Purchases of at most so many euros at two merchants, so often a day.
fn purchase(most: &str, a_day: i64) -> Value {
    json!({
        "action": "purchase",
        "constraints": [
            { "field": "amount", "op": "max", "value": most, "currency": "EUR" },
            { "field": "merchant", "op": "in", "values": ["Acme", "Beta"] },
        ],
        "limits": { "daily_limit_count": a_day, "daily_limit_amount": { "EUR": "100" } },
    })
}

/// A grant of these capabilities, a child of `parent` if there is one.
async fn give(world: &World, client: &str, capabilities: &Value, parent: Option<&str>) -> Answer {
    let body = match parent {
        Some(parent) => json!({ "client_id": client, "capabilities": capabilities, "depth": 0, "parent": parent }),
        None => json!({ "client_id": client, "capabilities": capabilities, "depth": 1 }),
    };
    world.admin("POST", "/admin/v1/grants", Some(&body)).await
}

#[tokio::test]
async fn a_grant_tells_its_capabilities_in_words_and_the_log_names_them() {
    let (world, client) = machine("client_secret_basic").await;
    let made = give(
        &world,
        &client.id,
        &json!([purchase("50.00", 3), { "action": "read_profile" }]),
        None,
    )
    .await;
    assert_eq!(made.status, 201, "{made:?}");
    let mut told =
        json!([purchase("50", 3), { "action": "read_profile", "words": "may read_profile: anything, without limits" }]);
    told[0]["words"] =
        "may purchase: amount at most 50.00 EUR, merchant one of Acme, Beta; at most 3 a day, at most 100.00 EUR a day"
            .into();
    assert_eq!(made.body["capabilities"], told);
    let path = format!("/admin/v1/grants/{}", made.text_of("id"));
    let shown = world.admin("GET", &path, None).await.body;
    for (member, value) in made.body.as_object().unwrap() {
        assert_eq!(shown[member], *value, "the document says all of it: {member}");
    }
    world.flush().await;
    let events = world.admin("GET", "/admin/v1/events?limit=50", None).await;
    let created = events.body["events"]
        .as_array()
        .unwrap()
        .iter()
        .find(|event| event["about"] == made.body["id"]);
    assert_eq!(
        created.unwrap()["body"]["capabilities"],
        json!(["purchase", "read_profile"])
    );
    world.end().await;
}

#[tokio::test]
async fn a_list_says_which_grants_act_and_which_stand_below_one_that_ended() {
    let (world, client) = machine("client_secret_basic").await;
    let root = give(&world, &client.id, &json!([{ "action": "read_profile" }]), None).await;
    let root = root.text_of("id");
    let child = give(&world, &client.id, &json!([{ "action": "read_profile" }]), Some(root)).await;
    let child = child.text_of("id");
    let listed = async || {
        let all = world.admin("GET", "/admin/v1/grants", None).await.body;
        let all = all["grants"].as_array().unwrap().clone();
        [root, child].map(|id| {
            let found = all.iter().find(|grant| grant["id"] == id).unwrap();
            (found["status"].clone(), found["lives"].clone())
        })
    };
    assert_eq!(
        listed().await,
        [(json!("active"), json!(true)), (json!("active"), json!(true))]
    );
    let path = format!("/admin/v1/grants/{root}/revoke");
    world.admin("POST", &path, None).await;
    assert_eq!(
        listed().await,
        [(json!("revoked"), json!(false)), (json!("active"), json!(false))]
    );
    world.end().await;
}

#[tokio::test]
async fn s_31_no_child_has_a_capability_beyond_its_parents() {
    let (world, client) = machine("client_secret_basic").await;
    let root = give(&world, &client.id, &json!([purchase("50", 3)]), None).await;
    let root = root.text_of("id");
    let less = give(&world, &client.id, &json!([purchase("20", 1)]), Some(root)).await;
    assert_eq!(less.status, 201, "{less:?}");
    for (more, what) in [
        (json!([purchase("50.01", 3)]), "purchase"),
        (json!([purchase("50", 4)]), "purchase"),
        (json!([{ "action": "purchase" }]), "purchase"),
        (json!([purchase("20", 1), { "action": "read_profile" }]), "read_profile"),
    ] {
        let answer = give(&world, &client.id, &more, Some(root)).await;
        refused(&answer, 400, "invalid_body", "more than the parent has");
        assert_eq!(
            answer.text_of("error_description"),
            format!("a child grant cannot have a capability beyond what its parent has: {what}")
        );
    }
    world.end().await;
}

#[tokio::test]
async fn capabilities_that_cannot_be_meant_are_refused_with_their_place() {
    let (world, client) = machine("client_secret_basic").await;
    let constrained =
        |constraint: Value| json!([{ "action": "purchase" }, { "action": "purchase", "constraints": [constraint] }]);
    for (capabilities, told) in [
        (
            constrained(json!({ "field": "x", "op": "lt", "value": 1 })),
            "capabilities[1]: constraints[0]: op: one of",
        ),
        (
            constrained(json!({ "field": "x", "op": "max", "value": 1.5 })),
            "capabilities[1]: constraints[0]: value: a decimal number",
        ),
        (
            json!([{ "action": "purchase", "limits": { "daily": 1 } }]),
            "capabilities[0]: limits: daily: not a member",
        ),
        (
            json!([{ "action": "purchase", "words": "anything" }]),
            "capabilities[0]: words: not a member",
        ),
        (json!({ "action": "purchase" }), "capabilities: invalid type"),
    ] {
        let answer = give(&world, &client.id, &capabilities, None).await;
        refused(&answer, 400, "invalid_body", "what nobody can mean");
        assert!(answer.text_of("detail").starts_with(told), "{answer:?}");
    }
    let nothing = world
        .admin("POST", "/admin/v1/grants", Some(&json!({ "client_id": client.id })))
        .await;
    refused(&nothing, 400, "invalid_body", "a grant gives something");
    world.end().await;
}
