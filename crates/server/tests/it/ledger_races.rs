//! The ledger under races, at two nodes, and when nodes die: what is handed out is in the ledger, and never more than the cap (S-32).

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use serde_json::json;
use server::{Fate, Point};
use testkit::{Answer, Client, World};
use tokio::sync::mpsc;

use crate::{
    ledger::{Cast, key, one_tenant, power},
    setup::{MCP, access_token},
};

const RACERS: usize = 256;

/// How many answers there were of each kind.
fn tally(answers: &[Answer]) -> BTreeMap<(u16, String), usize> {
    let mut tally = BTreeMap::new();
    for answer in answers {
        *tally.entry((answer.status, answer.error().to_owned())).or_default() += 1;
    }
    tally
}

/// As many consume at once at these nodes as there are racers, each by a key of its own.
async fn race(nodes: &[&World], cast: &Cast, token: &str, capability: &str) -> Vec<Answer> {
    join_all((0..RACERS).map(|n| cast.consume(nodes[n % nodes.len()], token, capability))).await
}

async fn never_overspent(nodes: &[&World], cast: &Cast) {
    const CAP: usize = 100;
    let world = nodes[0];
    for limits in [json!({ "max_executions": CAP }), json!({ "daily_limit_count": CAP })] {
        let capability = "read_notes";
        let grant = cast.give(world, json!([power(capability, &limits)])).await;
        let token = cast.token(world).await;
        let answers = race(nodes, cast, &token, capability).await;
        let told = tally(&answers);
        let won = told[&(200, String::new())];
        let unsure = told
            .get(&(503, "temporarily_unavailable".to_owned()))
            .copied()
            .unwrap_or(0);
        let exact = told.get(&(403, "limit_exceeded".to_owned())).copied().unwrap_or(0);
        assert_eq!(won + unsure + exact, RACERS, "{told:?}");
        assert_eq!(won, CAP, "{told:?}");
        let ids: BTreeSet<&str> = answers
            .iter()
            .filter(|answer| answer.status == 200)
            .map(|answer| answer.text_of("id"))
            .collect();
        assert_eq!(ids.len(), CAP, "each its own booking");
        let cap = i64::try_from(CAP).unwrap();
        assert_eq!(
            (cast.used(world, &grant).await, cast.summed(world, &grant).await),
            (cap, cap)
        );
        let path = format!("/admin/v1/grants/{grant}/revoke");
        cast.tenant.admin(world, "POST", &path, None).await;
    }
    assert_eq!(world.app.store().streams_with_holes().await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_32_of_256_at_once_exactly_as_many_succeed_as_the_cap_allows() {
    let (world, cast) = one_tenant().await;
    never_overspent(&[&world], &cast).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_32_nor_at_two_nodes() {
    let (world, cast) = one_tenant().await;
    let second = world.second_node().await;
    never_overspent(&[&world, &second], &cast).await;
    second.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_32_purchases_of_many_agents_at_once_never_spend_more_than_the_grant_above_them() {
    let (world, cast) = one_tenant().await;
    let second = world.second_node().await;
    let limits = json!({ "daily_limit_amount": { "EUR": "100" } });
    let body = json!({ "client_id": cast.agent.id, "scope": "read write", "resources": [MCP], "capabilities": [power("buy", &limits)], "depth": 1 });
    let root = cast
        .tenant
        .admin(&world, "POST", "/admin/v1/grants", Some(&body))
        .await
        .text_of("id")
        .to_owned();
    let mut tokens = Vec::new();
    for _ in 0..4 {
        let agent = Client::register_at(&world, &cast.tenant, "client_secret_basic", "", &[]).await;
        let body = json!({ "client_id": agent.id, "scope": "read", "resources": [MCP], "capabilities": [power("buy", &limits)], "parent": root });
        let made = cast.tenant.admin(&world, "POST", "/admin/v1/grants", Some(&body)).await;
        assert_eq!(made.status, 201, "{made:?}");
        let token = access_token(
            &cast
                .tenant
                .token(&world, &agent, &[("resource", MCP.to_owned())], &[])
                .await,
        );
        tokens.push((token, made.text_of("id").to_owned()));
    }
    let nodes = [&world, &second];
    let buy = async |n: usize| {
        let currency = if n.is_multiple_of(16) { "USD" } else { "EUR" };
        let input = format!(r#"{{"amount":{{"value":"7.50","currency":"{currency}"}}}}"#);
        let form = [
            ("token", tokens[n % 4].0.as_str()),
            ("capability", "buy"),
            ("input", &input),
            ("idempotency_key", &key()),
        ];
        cast.book(nodes[n % 2], "consume", &form).await
    };
    let told = tally(&join_all((0..RACERS).map(buy)).await);
    assert_eq!(told[&(200, String::new())], 13, "13 times 7.50 is 97.50: {told:?}");
    let mut spent = 0;
    for (_, grant) in &tokens {
        spent += cast.entries(&world, grant).await.len();
    }
    assert_eq!(spent, 13);
    let shown = cast.shown(&world, &root, "budgets").await;
    assert_eq!(shown["budgets"][0]["used"]["amounts"], json!({ "EUR": "97.5" }));
    second.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_32_one_key_is_one_booking_however_many_send_it_at_once() {
    let (world, cast) = one_tenant().await;
    let second = world.second_node().await;
    let grant = cast
        .give(&world, json!([power("read_notes", &json!({ "max_executions": 64 }))]))
        .await;
    let token = cast.token(&world).await;
    let nodes = [&world, &second];
    for door in ["consume", "reserve", "lease"] {
        let form = [
            ("token", token.as_str()),
            ("capability", "read_notes"),
            ("idempotency_key", &key()),
        ];
        let answers = join_all((0..64).map(|n| cast.book(nodes[n % 2], door, &form))).await;
        assert_eq!(tally(&answers), BTreeMap::from([((200, String::new()), 64)]), "{door}");
        let said: BTreeSet<String> = answers
            .iter()
            .map(|answer| {
                ["id", "kind", "units", "expires_at"]
                    .map(|name| answer.body[name].to_string())
                    .join(" ")
            })
            .collect();
        assert_eq!(said.len(), 1, "{door}: {said:?}");
        let first = answers
            .iter()
            .filter(|answer| answer.body.get("repeated").is_none())
            .count();
        assert_eq!(first, 1, "{door}: one hears what remains");
    }
    assert_eq!(
        (
            cast.used(&world, &grant).await,
            cast.entries(&world, &grant).await.len()
        ),
        (3, 3)
    );
    second.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_32_of_many_ends_of_one_booking_at_once_one_counts() {
    let (world, cast) = one_tenant().await;
    let second = world.second_node().await;
    let grant = cast
        .give(&world, json!([power("read_notes", &json!({ "max_executions": 64 }))]))
        .await;
    let token = cast.token(&world).await;
    let form = [
        ("token", token.as_str()),
        ("capability", "read_notes"),
        ("units", "9"),
        ("idempotency_key", &key()),
    ];
    let leased = cast.book(&world, "lease", &form).await.text_of("id").to_owned();
    let nodes = [&world, &second];
    let ends = (0..64).map(|n| {
        let (door, units) = [("settle", "4"), ("settle", "5"), ("void", "0")][n % 3];
        let (cast, leased) = (&cast, &leased);
        async move { cast.book(nodes[n % 2], door, &[("id", leased), ("units", units)]).await }
    });
    let answers = join_all(ends).await;
    let told: BTreeSet<i64> = answers
        .iter()
        .filter(|answer| answer.status == 200)
        .map(|answer| answer.body["units"].as_i64().unwrap())
        .collect();
    assert_eq!(
        told.len(),
        1,
        "everybody who hears a yes hears the same: {:?}",
        tally(&answers)
    );
    assert!(
        answers
            .iter()
            .all(|answer| answer.status == 200 || answer.error() == "conflict")
    );
    assert_eq!(cast.used(&world, &grant).await, *told.first().unwrap());
    second.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f_1_what_dies_between_signing_and_committing_hands_nothing_out_and_what_was_handed_out_is_in_the_ledger() {
    const CAP: usize = 20;
    let (world, cast) = one_tenant().await;
    let grant = cast
        .give(&world, json!([power("read_notes", &json!({ "max_executions": CAP }))]))
        .await;
    let token = cast.token(&world).await;
    let second = world.second_node().await;
    let (gate, mut held) = mpsc::unbounded_channel();
    world.script().hold(Some(gate));
    // Of those that are about to commit every third dies, of those that have committed every fifth; at both nodes.
    let fates = tokio::spawn(async move {
        let (mut signed, mut committed) = (0, 0);
        while let Some(server::Held { point, fate }) = held.recv().await {
            let dies = match point {
                Point::Look => false,
                Point::Signed => {
                    signed += 1;
                    u32::is_multiple_of(signed, 3)
                }
                Point::Committed => {
                    committed += 1;
                    u32::is_multiple_of(committed, 5)
                }
            };
            let _heard = fate.send(if dies { Fate::Dies } else { Fate::GoesOn }); // an error: nobody waits any more
        }
    });
    let keys: Vec<String> = (0..60).map(|_| key()).collect();
    let ask = async |node: &World, key: &str| {
        let form = [
            ("token", token.as_str()),
            ("capability", "read_notes"),
            ("idempotency_key", key),
        ];
        tokio::time::timeout(std::time::Duration::from_secs(3), cast.book(node, "consume", &form))
            .await
            .ok()
    };
    let nodes = [&world, &second];
    let heard = join_all(keys.iter().enumerate().map(|(n, key)| ask(nodes[n % 2], key))).await;
    world.script().hold(None);
    fates.abort();
    let handed_out = |answers: &[Option<Answer>]| -> BTreeSet<String> {
        let yes = answers.iter().flatten().filter(|answer| answer.status == 200);
        yes.map(|answer| answer.text_of("id").to_owned()).collect()
    };
    let first = handed_out(&heard);
    assert!(
        heard.iter().any(Option::is_none) && !first.is_empty(),
        "some died, some did not"
    );
    drop(second.crash().await);
    let world = world.crash().await;

    let booked: BTreeSet<String> = cast
        .entries(&world, &grant)
        .await
        .iter()
        .map(|entry| entry["id"].as_str().unwrap().to_owned())
        .collect();
    assert!(
        first.is_subset(&booked) && booked.len() <= CAP,
        "what was handed out is written down"
    );
    assert_eq!(
        cast.used(&world, &grant).await,
        i64::try_from(booked.len()).unwrap(),
        "and nothing else was charged"
    );

    // Everybody asks again by the key of before: what was booked is answered, and no unit is handed out twice.
    let again = join_all(keys.iter().map(|key| ask(&world, key))).await;
    let all = handed_out(&again);
    assert!(first.is_subset(&all) && booked.is_subset(&all));
    assert_eq!(all.len(), CAP);
    assert_eq!(
        (cast.used(&world, &grant).await, cast.summed(&world, &grant).await),
        (20, 20)
    );
    world.end().await;
}
