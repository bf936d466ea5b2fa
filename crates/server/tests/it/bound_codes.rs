//! Codes and keys: a code that named a key is redeemed with it, a code redeemed with a key makes a line of that key, and proofs are good once (S-17; RFC 9449 s5, s10).

use futures_util::future::join_all;
use proof::Algorithm;
use serde_json::json;
use testkit::{Answer, App, Asking, Key};

use crate::{
    people::{CALLBACK, Cast, RACERS, one_and, proof, tally, tokens},
    setup::{introspect, refused, with, without},
};

/// A request that names this key.
fn naming(cast: &Cast, key: &Key) -> Asking {
    cast.asking().with("dpop_jkt", Some(key.thumbprint()))
}

/// Redeems a code with this proof.
async fn redeem(cast: &Cast, asking: &Asking, code: &str, proof: &str) -> Answer {
    let headers = [("dpop", proof.to_owned())];
    cast.world.redeem(&cast.app, asking, code, &headers).await
}

#[tokio::test]
async fn s_17_a_code_that_named_a_key_is_redeemed_with_that_key() {
    for method in ["none", "private_key_jwt"] {
        let cast = Cast::with(method).await;
        let (key, thief) = (Key::new(Algorithm::ES256), Key::new(Algorithm::ES256));
        let asking = naming(&cast, &key);
        let code = cast.code_for(&asking).await;
        let bare = cast.world.redeem(&cast.app, &asking, &code, &[]).await;
        refused(&bare, 400, "invalid_grant", "no key");
        let claims = cast.world.dpop_claims().await;
        let answer = redeem(&cast, &asking, &code, &cast.world.dpop(&thief, &claims).await).await;
        refused(&answer, 400, "invalid_grant", "another key");
        // The key in the header is the one that signed, whatever the request named.
        let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": key.public_jwk() });
        let answer = redeem(&cast, &asking, &code, &thief.sign(&header, &claims).await).await;
        refused(&answer, 400, "invalid_dpop_proof", "its key, signed by another");
        let claims = cast.world.dpop_claims().await;
        let answer = redeem(&cast, &asking, &code, &cast.world.dpop(&key, &claims).await).await;
        assert_eq!(
            answer.text_of("token_type"),
            "DPoP",
            "none of that has used it up: {answer:?}"
        );
        let shown = introspect(&cast.world, &cast.gateway, answer.text_of("access_token")).await;
        assert_eq!(shown["cnf"], json!({ "jkt": key.thumbprint() }));
        assert_eq!(shown["token_type"], "DPoP");
    }
}

#[tokio::test]
async fn s_17_a_key_that_is_no_thumbprint_is_refused_at_the_door() {
    let cast = Cast::with("none").await;
    let thumbprint = Key::new(Algorithm::ES256).thumbprint().to_owned();
    let longer = format!("{thumbprint}A");
    for named in [
        &thumbprint[1..],
        longer.as_str(),
        "x",
        "=",
        "*******************************************",
    ] {
        let asking = cast.asking().with("dpop_jkt", Some(named));
        let page = cast.browser.clone().visit(&cast.world, &asking.path()).await;
        assert_eq!(
            page.parameter("error").as_deref(),
            Some("invalid_request"),
            "{named}: {page:?}"
        );
        assert_eq!(page.parameter("code"), None);
    }
}

#[tokio::test]
async fn s_17_the_key_named_cannot_be_changed_between_question_and_answer() {
    let cast = Cast::with("none").await;
    let (key, thief) = (Key::new(Algorithm::ES256), Key::new(Algorithm::ES256));
    let mut browser = cast.browser.clone();
    let asking = naming(&cast, &key);
    let page = browser.visit(&cast.world, &asking.path()).await;
    let page = browser
        .submit(
            &cast.world,
            &page,
            "consent",
            &[("decision", "allow"), ("dpop_jkt", thief.thumbprint())],
        )
        .await;
    let code = page.parameter("code").unwrap();
    let answer = cast
        .world
        .redeem(&cast.app, &asking, &code, &[proof(&cast.world, &thief).await])
        .await;
    refused(&answer, 400, "invalid_grant", "the key of the form");
    let answer = cast
        .world
        .redeem(&cast.app, &asking, &code, &[proof(&cast.world, &key).await])
        .await;
    assert_eq!(answer.status, 200, "the key of the request: {answer:?}");
}

#[tokio::test]
async fn s_17_a_nonce_is_demanded_and_its_refusal_uses_nothing_up() {
    let cast = Cast::with("private_key_jwt").await;
    let key = Key::new(Algorithm::ES256);
    let asking = naming(&cast, &key);
    let code = cast.code_for(&asking).await;
    let claims = cast.world.dpop_claims().await;
    let stale = with(&claims, "nonce", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    for (what, claims) in [("none", without(&claims, "nonce")), ("not ours", stale)] {
        let answer = redeem(&cast, &asking, &code, &cast.world.dpop(&key, &claims).await).await;
        refused(&answer, 400, "use_dpop_nonce", what);
        assert!(answer.header("dpop-nonce").is_some());
    }
    let answer = redeem(&cast, &asking, &code, &cast.world.dpop(&key, &claims).await).await;
    let held = tokens(&answer);
    // A refresh, too.
    let claims = cast.world.dpop_claims().await;
    let bare = [("dpop", cast.world.dpop(&key, &without(&claims, "nonce")).await)];
    let answer = cast.world.refresh(&cast.app, &held.refresh, &[], &bare).await;
    refused(&answer, 400, "use_dpop_nonce", "a refresh without");
    let good = [("dpop", cast.world.dpop(&key, &claims).await)];
    assert_eq!(
        cast.world.refresh(&cast.app, &held.refresh, &[], &good).await.status,
        200
    );
}

#[tokio::test]
async fn s_17_a_proof_of_one_redemption_is_good_for_no_other_on_any_node() {
    for method in ["none", "client_secret_basic"] {
        let cast = Cast::with(method).await;
        let second = cast.world.second_node().await;
        let key = Key::new(Algorithm::ES256);
        let (asking, code) = cast.code().await;
        let headers = [proof(&cast.world, &key).await];
        let held = tokens(&cast.world.redeem(&cast.app, &asking, &code, &headers).await);
        for node in [&cast.world, &second] {
            let (other, its_code) = cast.code().await;
            let answer = node.redeem(&cast.app, &other, &its_code, &headers).await;
            refused(&answer, 400, "invalid_dpop_proof", "another code");
            let answer = node.refresh(&cast.app, &held.refresh, &[], &headers).await;
            refused(&answer, 400, "invalid_dpop_proof", "a refresh");
            let fresh = [proof(&cast.world, &key).await];
            let answer = node.redeem(&cast.app, &other, &its_code, &fresh).await;
            assert_eq!(answer.status, 200, "the code is still good: {answer:?}");
        }
        let proved = [proof(&cast.world, &key).await];
        let held = tokens(&cast.world.refresh(&cast.app, &held.refresh, &[], &proved).await);
        // The whole request again, byte for byte: a code seen twice kills, whatever else is wrong with it.
        let answer = second.redeem(&cast.app, &asking, &code, &headers).await;
        assert!(
            matches!(answer.error(), "invalid_dpop_proof" | "invalid_grant"),
            "{answer:?}"
        );
        assert!(
            !cast.counts(&held.access).await,
            "{method}: the replay of a whole request"
        );
        second.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_07_of_64_racers_with_the_key_one_wins_and_dies_with_the_rest() {
    let cast = Cast::with("none").await;
    let second = cast.world.second_node().await;
    let key = Key::new(Algorithm::ES256);
    let asking = naming(&cast, &key);
    let code = cast.code_for(&asking).await;
    let mut proofs = Vec::new();
    for _ in 0..RACERS {
        proofs.push([proof(&cast.world, &key).await]);
    }
    let nodes = [&cast.world, &second];
    let racers = proofs
        .iter()
        .enumerate()
        .map(|(n, proof)| nodes[n % 2].redeem(&cast.app, &asking, &code, proof));
    let answers = join_all(racers).await;
    assert_eq!(tally(&answers), one_and(63, 400, "invalid_grant"));
    let won = answers.iter().find(|answer| answer.status == 200).map(tokens).unwrap();
    assert!(!cast.counts(&won.access).await);
    let fresh = [proof(&cast.world, &key).await];
    let answer = cast.world.refresh(&cast.app, &won.refresh, &[], &fresh).await;
    refused(&answer, 400, "invalid_grant", "its line");
    second.end().await;
}

#[tokio::test]
async fn s_17_who_registered_for_keys_gets_nothing_without() {
    let cast = Cast::with("none").await;
    let members = json!({ "client_name": "Bound", "redirect_uris": [CALLBACK], "dpop_bound_access_tokens": true });
    let bound = App::registered(&cast.world, "none", &members, CALLBACK).await;
    let asking = Asking::new(&bound, Some(crate::setup::MCP), Some("read"));
    let code = cast.code_for(&asking).await;
    let answer = cast.world.redeem(&bound, &asking, &code, &[]).await;
    refused(&answer, 400, "invalid_dpop_proof", "the client wants keys");
    let key = Key::new(Algorithm::ES256);
    let held = tokens(
        &cast
            .world
            .redeem(&bound, &asking, &code, &[proof(&cast.world, &key).await])
            .await,
    );
    let answer = cast.world.refresh(&bound, &held.refresh, &[], &[]).await;
    assert_eq!(answer.status, 400, "{answer:?}");
    assert!(matches!(answer.error(), "invalid_dpop_proof" | "invalid_grant"));

    // A line that was made before the client wanted keys goes on with a key only.
    let free = cast.tokens(None).await;
    let path = format!("/admin/v1/clients/{}", cast.app.client.id);
    let wants = json!({ "dpop_bound_access_tokens": true });
    assert_eq!(cast.world.admin("PATCH", &path, Some(&wants)).await.status, 200);
    let answer = cast.world.refresh(&cast.app, &free.refresh, &[], &[]).await;
    refused(&answer, 400, "invalid_dpop_proof", "from now on");
    let proved = [proof(&cast.world, &key).await];
    let answer = cast.world.refresh(&cast.app, &free.refresh, &[], &proved).await;
    assert_eq!(answer.text_of("token_type"), "DPoP", "{answer:?}");
}

#[tokio::test]
async fn s_17_a_key_of_a_line_is_no_key_of_an_access_token() {
    // The access token of one line does not count with the key of another: what `cnf` says is what was proved at issuing.
    let cast = Cast::with("none").await;
    let keys = [Key::new(Algorithm::ES256), Key::new(Algorithm::EdDSA)];
    for key in &keys {
        let held = cast.tokens(Some(key)).await;
        let shown = introspect(&cast.world, &cast.gateway, &held.access).await;
        assert_eq!(shown["cnf"]["jkt"], key.thumbprint());
    }
    let free = cast.tokens(None).await;
    let shown = introspect(&cast.world, &cast.gateway, &free.access).await;
    assert_eq!(
        (&shown["cnf"], &shown["token_type"]),
        (&serde_json::Value::Null, &json!("Bearer"))
    );
}
