//! Sixty-four at once: one wins, the others hear exactly why not, and who hangs up changes nothing (S-17, S-18; product.md §6).

use std::collections::BTreeMap;

use futures_util::future::join_all;
use proof::Algorithm;
use testkit::{Answer, Client, Form, Key, World, assertion_form};

use crate::setup::{MCP, asking, machine, refused};

const RACERS: usize = 64;

/// How many answers there were of each kind.
fn tally(answers: &[Answer]) -> BTreeMap<(u16, String), usize> {
    let mut tally = BTreeMap::new();
    for answer in answers {
        *tally.entry((answer.status, answer.error().to_owned())).or_default() += 1;
    }
    tally
}

fn one_and(losers: usize, status: u16, code: &str) -> BTreeMap<(u16, String), usize> {
    BTreeMap::from([((200, String::new()), 1), ((status, code.to_owned()), losers)])
}

/// Token records, and events of tokens issued and of replays.
async fn rows(world: &World) -> (i64, i64, i64) {
    let tokens = world.app.default_tenant().unwrap().token_count().await.unwrap();
    (
        tokens,
        world.events("token.issued").await,
        world.events("proof.replayed").await,
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_17_of_64_racers_on_one_proof_one_wins() {
    let (world, client) = machine("client_secret_basic").await;
    let proof = world
        .dpop(&Key::new(Algorithm::ES256), &world.dpop_claims().await)
        .await;
    let headers = [client.basic(), ("dpop", proof)];
    let form = asking();
    let answers = join_all((0..RACERS).map(|_| world.post("/oauth2/token", &headers, &form))).await;
    assert_eq!(tally(&answers), one_and(63, 400, "invalid_dpop_proof"));
    assert_eq!(rows(&world).await, (1, 1, 63));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_18_of_64_racers_on_one_assertion_one_wins() {
    let (world, client) = machine("private_key_jwt").await;
    let mut form = asking();
    form.extend(assertion_form(
        &client.assertion(&client.assertion_claims(&world)).await,
    ));
    let answers = join_all((0..RACERS).map(|_| world.post("/oauth2/token", &[], &form))).await;
    assert_eq!(
        tally(&answers),
        one_and(63, 401, "invalid_client"),
        "exact refusals, no 503"
    );
    assert_eq!(rows(&world).await, (1, 1, 63));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_18_of_64_racers_at_two_nodes_one_wins() {
    let (world, client) = machine("private_key_jwt").await;
    let second = world.second_node().await;
    let mut form = asking();
    form.extend(assertion_form(
        &client.assertion(&client.assertion_claims(&world)).await,
    ));
    let nodes = [&world, &second];
    let answers = join_all((0..RACERS).map(|n| nodes[n % 2].post("/oauth2/token", &[], &form))).await;
    assert_eq!(tally(&answers), one_and(63, 401, "invalid_client"));
    second.end().await;
    assert_eq!(rows(&world).await, (1, 1, 63));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_replayed_proof_is_answered_with_its_own_code() {
    let (world, client) = machine("private_key_jwt").await;
    let key = Key::new(Algorithm::ES256);
    let ask = async |assertion: &str, proof: &str| {
        let mut form = asking();
        form.extend(assertion_form(assertion));
        world.post("/oauth2/token", &[("dpop", proof.to_owned())], &form).await
    };
    let mut assertions = Vec::new();
    for _ in 0..RACERS {
        assertions.push(client.assertion(&client.assertion_claims(&world)).await);
    }
    let proof = world.dpop(&key, &world.dpop_claims().await).await;
    let answers = join_all(assertions.iter().map(|assertion| ask(assertion, &proof))).await;
    assert_eq!(
        tally(&answers),
        one_and(63, 400, "invalid_dpop_proof"),
        "one proof, many assertions"
    );

    let mut proofs = Vec::new();
    for _ in 0..RACERS {
        proofs.push(world.dpop(&key, &world.dpop_claims().await).await);
    }
    let assertion = client.assertion(&client.assertion_claims(&world)).await;
    let answers = join_all(proofs.iter().map(|proof| ask(&assertion, proof))).await;
    assert_eq!(
        tally(&answers),
        one_and(63, 401, "invalid_client"),
        "one assertion, many proofs"
    );

    // Of a lost change nothing is kept: the assertions of those who lost by the proof are still good.
    let winner = answers.iter().position(|answer| answer.status == 200).unwrap();
    let fresh = world.dpop(&key, &world.dpop_claims().await).await;
    refused(
        &ask(&assertion, &fresh).await,
        401,
        "invalid_client",
        "the assertion is used up",
    );
    let spare = client.assertion(&client.assertion_claims(&world)).await;
    refused(
        &ask(&spare, &proofs[winner]).await,
        400,
        "invalid_dpop_proof",
        "the winner's proof is used up",
    );
    assert_eq!(
        ask(&spare, &fresh).await.status,
        200,
        "neither was used up by the refusals"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn racers_with_proofs_of_their_own_all_win() {
    let (world, client) = machine("private_key_jwt").await;
    let mut forms: Vec<Form<'_>> = Vec::new();
    for _ in 0..RACERS {
        let mut form = asking();
        form.extend(assertion_form(
            &client.assertion(&client.assertion_claims(&world)).await,
        ));
        forms.push(form);
    }
    let answers = join_all(forms.iter().map(|form| world.post("/oauth2/token", &[], form))).await;
    assert_eq!(tally(&answers), BTreeMap::from([((200, String::new()), RACERS)]));
    assert_eq!(rows(&world).await, (64, 64, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn racers_who_hang_up_change_nothing() {
    let (world, client) = machine("private_key_jwt").await;
    // One assertion for everybody: half of the racers do not wait for their answer.
    let mut form = asking();
    form.extend(assertion_form(
        &client.assertion(&client.assertion_claims(&world)).await,
    ));
    let bytes = world.form_bytes("/oauth2/token", &[], &form);
    let rude = join_all((0..RACERS / 2).map(|_| world.send_and_hang_up(&bytes)));
    let polite = join_all((0..RACERS / 2).map(|_| world.post("/oauth2/token", &[], &form)));
    let (_, answers) = tokio::join!(rude, polite);
    let won = answers.iter().filter(|answer| answer.status == 200).count();
    assert!(won <= 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        refused(answer, 401, "invalid_client", "a loser");
    }
    // A request of its own each, and nobody waits: what was done is done whole.
    for _ in 0..RACERS / 2 {
        let mut form = asking();
        form.extend(assertion_form(
            &client.assertion(&client.assertion_claims(&world)).await,
        ));
        world
            .send_and_hang_up(&world.form_bytes("/oauth2/token", &[], &form))
            .await;
    }
    let world = world.restart().await; // every walk has ended
    let (tokens, issued, _) = rows(&world).await;
    assert_eq!(tokens, issued, "no token without its event, no event without its token");
    assert!(
        (1..=33).contains(&tokens),
        "the assertion of all was used once, those of each at most once: {tokens}"
    );
    refused(
        &world.post("/oauth2/token", &[], &form).await,
        401,
        "invalid_client",
        "it is used up, whoever won",
    );
    assert_eq!(
        world.app.store().streams_with_holes().await.unwrap(),
        0,
        "no hole in the log"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grant_that_is_revoked_during_a_race_gives_nothing_afterwards() {
    let (world, _) = machine("client_secret_basic").await;
    let gateway = Client::register_with(
        &world,
        "client_secret_basic",
        &serde_json::json!({ "introspects_everything": true }),
        None,
    )
    .await;
    let client = Client::register(&world, "client_secret_basic", "read", &[MCP]).await;
    let grants = world.admin("GET", "/admin/v1/grants", None).await;
    let grant = grants.body["grants"]
        .as_array()
        .unwrap()
        .iter()
        .find(|grant| grant["client_id"] == client.id.as_str())
        .unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let headers = [client.basic()];
    let form = asking();
    let revoke = format!("/admin/v1/grants/{grant}/revoke");
    let (answers, revoked) = tokio::join!(
        join_all((0..RACERS).map(|_| world.post("/oauth2/token", &headers, &form))),
        world.admin("POST", &revoke, None)
    );
    assert_eq!(revoked.status, 200);
    for answer in &answers {
        match answer.status {
            200 => {
                let token = answer.body["access_token"].as_str().unwrap().to_owned();
                let introspected = world
                    .post("/oauth2/introspect", &[gateway.basic()], &[("token", token)])
                    .await;
                assert_eq!(
                    introspected.body,
                    serde_json::json!({ "active": false }),
                    "issued before, dead now"
                );
            }
            _ => refused(answer, 400, "unauthorized_client", "after the revocation"),
        }
    }
    refused(
        &world.post("/oauth2/token", &headers, &form).await,
        400,
        "unauthorized_client",
        "afterwards",
    );
}
