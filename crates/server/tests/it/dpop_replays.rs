//! DPoP proofs that come again, and nonces (S-17; RFC 9449 s8, s11.1).

use proof::{Algorithm, base64url};
use serde_json::{Value, json};
use testkit::{Client, Key, World, assertion_form};

use crate::{
    dpop_proofs::{CODE, Prover},
    setup::{MCP, asking, machine, refused, still_well, with, with_proof, without},
};

#[tokio::test]
async fn s_17_a_proof_works_once() {
    let prover = Prover::new().await;
    let claims = prover.claims();
    let proof = prover.proof(&claims).await;
    assert_eq!(prover.show(&proof).await.status, 200);
    refused(&prover.show(&proof).await, 400, CODE, "the second time");
    prover.claims_are_refused(&claims, "the same jti, signed anew").await;
    prover
        .claims_are_refused(
            &with(&claims, "htu", format!("{}/oauth2/token?x", prover.world.issuer)),
            "the same jti for another spelling of the URL",
        )
        .await;
    let other = Client::register(&prover.world, "client_secret_basic", "read", &[MCP]).await;
    refused(
        &with_proof(&prover.world, &other, &proof).await,
        400,
        CODE,
        "by another client",
    );

    let second = prover.world.second_node().await;
    refused(
        &with_proof(&second, &prover.client, &proof).await,
        400,
        CODE,
        "on another node",
    );
    let there = prover.proof(&prover.claims()).await;
    assert_eq!(
        with_proof(&second, &prover.client, &there).await.status,
        200,
        "the nonce of one node is good at the other"
    );
    refused(&prover.show(&there).await, 400, CODE, "first there, then here");
    second.end().await;

    let key = Key::new(Algorithm::ES256);
    let theirs = prover
        .world
        .dpop(&key, &with(&claims, "jti", claims["jti"].clone()))
        .await;
    assert_eq!(
        prover.show(&theirs).await.status,
        200,
        "nobody can use up another key's jti"
    );

    let Prover { world, client, .. } = prover;
    let world = world.restart().await;
    refused(&with_proof(&world, &client, &proof).await, 400, CODE, "after a restart");
    world.advance(60);
    refused(
        &with_proof(&world, &client, &proof).await,
        400,
        CODE,
        "in its last second",
    );
    world.advance(1);
    refused(&with_proof(&world, &client, &proof).await, 400, CODE, "after its end");
    still_well(&world, &client).await;
}

/// Longer than marks are kept, into the time in which the table they were in is emptied.
async fn empty_the_marks(world: &World) -> i64 {
    // security.md S-17: the tables hold 720 s each; the first 30 s of a period and its last 390 s empty nothing.
    let into = world.now().rem_euclid(720);
    let ahead = 720 - into + 100;
    world.advance(ahead);
    world
        .app
        .store()
        .sweep_marks(world.app.moment().unwrap().now)
        .await
        .unwrap();
    ahead
}

#[tokio::test]
async fn s_17_a_clock_that_goes_back_past_an_emptied_table_brings_no_proof_back() {
    let prover = Prover::new().await;
    prover.world.advance(720 - prover.world.now().rem_euclid(720)); // the marks of now end in this period
    let prover = Prover {
        nonce: prover.world.nonce().await,
        ..prover
    };
    let (proof, unused) = (
        prover.proof(&prover.claims()).await,
        prover.proof(&prover.claims()).await,
    );
    let second = prover.world.second_node().await;
    assert_eq!(prover.show(&proof).await.status, 200);
    let ahead = empty_the_marks(&prover.world).await;
    prover.world.advance(-ahead);
    refused(
        &prover.show(&proof).await,
        400,
        CODE,
        "whether it was used is not known any more, so it counts as used",
    );
    refused(
        &prover.show(&unused).await,
        400,
        CODE,
        "an unused one of that time as well",
    );
    second
        .app
        .store()
        .sweep_marks(second.app.moment().unwrap().now)
        .await
        .unwrap();
    refused(
        &with_proof(&second, &prover.client, &proof).await,
        400,
        CODE,
        "another node has heard of it",
    );
    second.end().await;
    let Prover { world, client, .. } = prover;
    let world = world.restart().await;
    refused(&with_proof(&world, &client, &proof).await, 400, CODE, "after a restart");
    world.advance(ahead);
    let later = world
        .dpop(&Key::new(Algorithm::ES256), &world.dpop_claims().await)
        .await;
    assert_eq!(
        with_proof(&world, &client, &later).await.status,
        200,
        "when the clock is right again, proofs count again"
    );
}

#[tokio::test]
async fn a_nonce_of_ours_is_demanded_and_fresh() {
    let prover = Prover::new().await;
    let use_nonce = async |claims: &Value, what: &str| {
        let answer = prover.show(&prover.proof(claims).await).await;
        refused(&answer, 400, "use_dpop_nonce", what);
        assert_eq!(
            answer.header("dpop-nonce"),
            Some(prover.world.nonce().await.as_str()),
            "RFC 9449 s8: with the nonce to use"
        );
    };
    use_nonce(&without(&prover.claims(), "nonce"), "none").await;
    let mut flipped = prover.nonce.clone().into_bytes();
    flipped[20] = if flipped[20] == b'A' { b'B' } else { b'A' };
    let truncated = &prover.nonce[..prover.nonce.len() - 1];
    let foreign = [
        "",
        "x",
        &base64url::encode(&[0; 24]),
        &base64url::encode(&[9; 32]),
        truncated,
        &format!("{}A", prover.nonce),
        &String::from_utf8(flipped).unwrap(),
    ]
    .map(str::to_owned);
    for nonce in foreign {
        use_nonce(&with(&prover.claims(), "nonce", nonce.as_str()), &nonce).await;
    }
    // A nonce is good for five minutes from the start of the half minute it was made in.
    let into_bucket = prover.world.now().rem_euclid(30);
    prover.world.advance(299 - into_bucket);
    prover.claims_pass(&prover.claims(), "a nonce in its last second").await;
    prover.world.advance(1);
    use_nonce(&prover.claims(), "a nonce that is over").await;
    // A clock may be half a minute behind the node that made the nonce, and no more.
    prover.world.advance(-300 - 30);
    prover
        .claims_pass(&prover.claims(), "made by a node that is half a minute ahead")
        .await;
    prover.world.advance(-1);
    use_nonce(&prover.claims(), "made too far ahead").await;
}

#[tokio::test]
async fn every_answer_to_a_proof_brings_the_next_nonce() {
    let prover = Prover::new().await;
    let right = prover.show(&prover.proof(&prover.claims()).await).await;
    assert_eq!(
        (right.status, right.header("dpop-nonce")),
        (200, Some(prover.nonce.as_str()))
    );
    prover.world.advance(30);
    let next = prover.show("x").await;
    assert_ne!(
        next.header("dpop-nonce"),
        Some(prover.nonce.as_str()),
        "another half minute, another nonce"
    );
    assert!(
        next.header("access-control-expose-headers")
            .unwrap()
            .contains("dpop-nonce"),
        "browsers may read it"
    );
    let without_proof = prover.world.token(&prover.client, &[], &[]).await;
    assert_eq!(
        (without_proof.status, without_proof.header("dpop-nonce")),
        (200, None),
        "who sends no proof needs none"
    );
}

#[tokio::test]
async fn a_tenant_may_accept_proofs_without_nonce_but_never_a_wrong_one() {
    let prover = Prover::new().await;
    let rule = json!({ "dpop_nonce_required": false });
    assert_eq!(
        prover
            .world
            .admin("PATCH", "/admin/v1/tenants/default", Some(&rule))
            .await
            .status,
        200
    );
    prover.claims_pass(&without(&prover.claims(), "nonce"), "none").await;
    prover.claims_pass(&prover.claims(), "a good one").await;
    let answer = prover
        .show(&prover.proof(&with(&prover.claims(), "nonce", "x")).await)
        .await;
    refused(&answer, 400, "use_dpop_nonce", "a wrong one");
}

#[tokio::test]
async fn use_dpop_nonce_uses_up_neither_the_assertion_nor_the_proof() {
    let (world, client) = machine("private_key_jwt").await;
    let key = Key::new(Algorithm::ES256);
    let assertion = client.assertion(&client.assertion_claims(&world)).await;
    let ask = async |claims: &Value| {
        let mut form = asking();
        form.extend(assertion_form(&assertion));
        world
            .post("/oauth2/token", &[("dpop", world.dpop(&key, claims).await)], &form)
            .await
    };
    let claims = world.dpop_claims().await;
    let first = ask(&without(&claims, "nonce")).await;
    refused(&first, 400, "use_dpop_nonce", "no nonce");
    let nonce = first.header("dpop-nonce").unwrap().to_owned();
    let retry = ask(&with(&claims, "nonce", nonce.as_str())).await;
    assert_eq!(retry.status, 200, "the same assertion and the same jti: {retry:?}");
    refused(
        &ask(&world.dpop_claims().await).await,
        401,
        "invalid_client",
        "now the assertion is used up",
    );
}

#[tokio::test]
async fn a_refused_request_of_a_proved_client_uses_up_its_proofs() {
    let (world, client) = machine("private_key_jwt").await;
    let key = Key::new(Algorithm::ES256);
    let proof = world.dpop(&key, &world.dpop_claims().await).await;
    let ask = async |assertion: &str, proof: &str, scope: &str| {
        let mut form = asking();
        form.extend(assertion_form(assertion));
        form.push(("scope", scope.to_owned()));
        world.post("/oauth2/token", &[("dpop", proof.to_owned())], &form).await
    };
    let assertions = [
        client.assertion(&client.assertion_claims(&world)).await,
        client.assertion(&client.assertion_claims(&world)).await,
    ];
    refused(
        &ask(&assertions[0], &proof, "admin").await,
        400,
        "invalid_scope",
        "more than was granted",
    );
    refused(
        &ask(&assertions[0], &proof, "read").await,
        401,
        "invalid_client",
        "the assertion was used for that",
    );
    refused(
        &ask(&assertions[1], &proof, "read").await,
        400,
        CODE,
        "and so was the proof",
    );
    // That last answer was a replay too, and nothing of a lost change is kept: the second assertion is still good.
    let fresh = world.dpop(&key, &world.dpop_claims().await).await;
    assert_eq!(ask(&assertions[1], &fresh, "read").await.status, 200);
}

#[tokio::test]
async fn proofs_of_callers_who_did_not_prove_themselves_are_not_remembered() {
    let (world, client) = machine("client_secret_basic").await;
    let key = Key::new(Algorithm::ES256);
    let proof = world.dpop(&key, &world.dpop_claims().await).await;
    let form = asking();
    let strangers = [
        vec![],
        vec![("authorization", "Basic bm9ib2R5OngK".to_owned())],
        vec![("authorization", "Basic".to_owned())],
    ];
    for mut headers in strangers {
        headers.push(("dpop", proof.clone()));
        let answer = world.post("/oauth2/token", &headers, &form).await;
        assert!(
            matches!(answer.error(), "invalid_client" | "invalid_request"),
            "{answer:?}"
        );
    }
    assert_eq!(with_proof(&world, &client, &proof).await.status, 200);
}
