//! Authorization codes at the token endpoint: good once, for a minute, for who asked (S-07), and whole (S-14).

use futures_util::future::join_all;
use testkit::{Answer, World};

use crate::{
    people::{CALLBACK, Cast, RACERS, app, one_and, proof, tally, tokens},
    setup::refused,
};

/// A redemption that is refused as every bad code is.
async fn bad(cast: &Cast, node: &World, asking: &testkit::Asking, code: &str, what: &str) {
    let answer = node.redeem(&cast.app, asking, code, &[]).await;
    refused(&answer, 400, "invalid_grant", what);
}

#[tokio::test]
async fn s_07_the_second_use_of_a_code_kills_what_came_of_the_first() {
    for method in ["none", "client_secret_basic", "private_key_jwt"] {
        let cast = Cast::with(method).await;
        let beside = cast.tokens(None).await;
        let (asking, code) = cast.code().await;
        let first = tokens(&cast.world.redeem(&cast.app, &asking, &code, &[]).await);
        let turned = cast.lives(&first, "before").await;
        bad(&cast, &cast.world, &asking, &code, "the second use").await;
        cast.is_dead(&first, "the first tokens").await;
        cast.is_dead(&turned, "the refreshed ones").await;
        assert_eq!(cast.world.events("code.replayed").await, 1);
        bad(&cast, &cast.world, &asking, &code, "the third use").await;
        assert_eq!(cast.world.events("code.replayed").await, 2, "each use is written down");
        cast.lives(&beside, "another authorization of the same consent").await;
        cast.world.shows(&[
            "TokenEndpoint/MultipleCodeExchanges",
            "TokenEndpoint/TokenValidAfterMultiExchange",
            "TokenEndpoint/RefreshTokenValidAfterMultiExchange",
            "DocumentSupport/RFC6819Supported",
        ]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_07_of_64_racers_on_one_code_one_wins_and_dies_with_the_rest() {
    for method in ["none", "private_key_jwt"] {
        let cast = Cast::with(method).await;
        let second = cast.world.second_node().await;
        let one = vec![&cast.world];
        let two = vec![&cast.world, &second];
        for (round, nodes) in [one, two.clone(), two].iter().enumerate() {
            let (asking, code) = cast.code().await;
            let before = rows(&cast.world).await;
            let racers = (0..RACERS).map(|n| nodes[n % nodes.len()].redeem(&cast.app, &asking, &code, &[]));
            let answers = join_all(racers).await;
            assert_eq!(tally(&answers), one_and(63, 400, "invalid_grant"), "{method} {round}");
            let (tokens_made, issued, replayed) = rows(&cast.world).await;
            let made = (tokens_made - before.0, issued - before.1, replayed - before.2);
            assert_eq!(made, (1, 1, 63), "{method} {round}: one token, one event an answer");
            let won = answers.iter().find(|answer| answer.status == 200).map(tokens).unwrap();
            cast.is_dead(&won, "racing counts as replay").await;
        }
        second.end().await;
        assert_eq!(cast.world.app.store().streams_with_holes().await.unwrap(), 0);
        cast.world.shows(&[
            "Concurrency/SingleFastACExchange",
            "Concurrency/MultiFastACExchange",
            "Concurrency/ConcurrentTokensRevoked",
        ]);
    }
}

/// Token records, and events of tokens issued and of codes replayed.
async fn rows(world: &World) -> (i64, i64, i64) {
    let tokens = world.app.default_tenant().unwrap().token_count().await.unwrap();
    (
        tokens,
        world.events("token.issued").await,
        world.events("code.replayed").await,
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_07_racers_who_hang_up_use_the_code_all_the_same() {
    let cast = Cast::with("none").await;
    let (asking, code) = cast.code().await;
    let form = [
        ("grant_type", "authorization_code".to_owned()),
        ("client_id", cast.app.client.id.clone()),
        ("code", code.clone()),
        ("code_verifier", asking.verifier.clone()),
    ];
    let bytes = cast.world.form_bytes("/oauth2/token", &[], &form);
    let rude = join_all((0..RACERS / 2).map(|_| cast.world.send_and_hang_up(&bytes)));
    let polite = join_all((0..RACERS / 2).map(|_| cast.world.post("/oauth2/token", &[], &form)));
    let (_, answers) = tokio::join!(rude, polite);
    let won = answers.iter().filter(|answer| answer.status == 200).count();
    assert!(won <= 1, "{won}");
    let cast = cast.restart().await; // every walk has ended
    let (made, issued, _) = rows(&cast.world).await;
    assert_eq!(
        (made, issued),
        (1, 1),
        "one of them won, whether or not it was there to hear it"
    );
    bad(&cast, &cast.world, &asking, &code, "it is used").await;
    assert_eq!(cast.world.app.store().streams_with_holes().await.unwrap(), 0);
}

#[tokio::test]
async fn s_07_a_code_is_good_for_a_minute() {
    let cast = Cast::with("none").await;
    let (asking, code) = cast.code().await;
    cast.world.advance(59);
    let answer = cast.world.redeem(&cast.app, &asking, &code, &[]).await;
    assert_eq!(answer.status, 200, "in its last second: {answer:?}");
    let (asking, code) = cast.code().await;
    cast.world.advance(60);
    bad(&cast, &cast.world, &asking, &code, "after a minute").await;
    cast.world.advance(3_600);
    bad(&cast, &cast.world, &asking, &code, "after an hour").await;
    assert_eq!(cast.world.events("code.replayed").await, 0, "it was never used");
    cast.world.shows(&["TokenEndpoint/AuthorizationCodeTimeout"]);
}

#[tokio::test]
async fn s_07_a_replay_is_known_after_a_restart_after_its_minute_and_when_the_clock_went_back() {
    for jump in [0, 61, 3_600, -30, -3_600] {
        let cast = Cast::with("none").await;
        let (unused, fresh) = cast.code().await;
        let (asking, code) = cast.code().await;
        let held = tokens(&cast.world.redeem(&cast.app, &asking, &code, &[]).await);
        let cast = cast.restart().await;
        if jump == 0 {
            let answer = cast.world.redeem(&cast.app, &unused, &fresh, &[]).await;
            assert_eq!(answer.status, 200, "a code outlives the process: {answer:?}");
        }
        cast.world.advance(jump);
        bad(&cast, &cast.world, &asking, &code, "after a restart").await;
        cast.world.advance(-jump);
        cast.is_dead(&held, &format!("a jump of {jump} s")).await;
    }
}

#[tokio::test]
async fn s_07_a_code_is_of_no_use_to_another_client() {
    let cast = Cast::with("client_secret_basic").await;
    let (asking, code) = cast.code().await;
    for method in ["none", "client_secret_post", "private_key_jwt"] {
        let thief = app(&cast.world, method).await;
        let answer = cast.world.redeem(&thief, &asking, &code, &[]).await;
        refused(&answer, 400, "invalid_grant", method);
    }
    // By its name alone the app is not proved.
    let form = [
        ("grant_type", "authorization_code".to_owned()),
        ("client_id", cast.app.client.id.clone()),
        ("code", code.clone()),
        ("code_verifier", asking.verifier.clone()),
    ];
    refused(
        &cast.world.post("/oauth2/token", &[], &form).await,
        401,
        "invalid_client",
        "its name alone",
    );
    let held = tokens(&cast.world.redeem(&cast.app, &asking, &code, &[]).await);
    assert!(cast.counts(&held.access).await, "none of that has used it up");

    let thief = app(&cast.world, "none").await;
    let answer = cast.world.redeem(&thief, &asking, &code, &[]).await;
    refused(&answer, 400, "invalid_grant", "a used code in other hands");
    cast.is_dead(&held, "whoever shows it, it was seen twice").await;
    cast.world.shows(&["TokenEndpoint/IsCodeBoundToClient"]);
}

#[tokio::test]
async fn s_07_who_cannot_prove_the_request_uses_nothing_up() {
    let cast = Cast::with("none").await;
    let (asking, code) = cast.code().await;
    let other = cast.asking();
    let form = |verifier: Option<&str>, redirect: Option<&str>| {
        let mut form = vec![("grant_type", "authorization_code".to_owned()), ("code", code.clone())];
        form.extend(verifier.map(|verifier| ("code_verifier", verifier.to_owned())));
        form.extend(redirect.map(|redirect| ("redirect_uri", redirect.to_owned())));
        form
    };
    let mine = asking.verifier.as_str();
    for (what, form) in [
        ("no verifier", form(None, Some(CALLBACK))),
        (
            "another request's verifier",
            form(Some(&other.verifier), Some(CALLBACK)),
        ),
        ("the challenge itself", form(Some(asking.get("code_challenge")), None)),
        ("a verifier cut short", form(mine.get(..42), None)),
        (
            "another place",
            form(Some(mine), Some("https://app.example.com/callback/")),
        ),
        (
            "another case",
            form(Some(mine), Some("https://APP.example.com/callback")),
        ),
    ] {
        let answer = cast.world.as_app(&cast.app, &form, &[]).await;
        refused(&answer, 400, "invalid_grant", what);
    }
    let elsewhere = [
        form(Some(mine), None),
        vec![("resource", "https://other.example.com".to_owned())],
    ]
    .concat();
    let answer = cast.world.as_app(&cast.app, &elsewhere, &[]).await;
    refused(&answer, 400, "invalid_target", "another resource");
    let answer = cast.world.as_app(&cast.app, &form(Some(mine), None), &[]).await;
    assert_eq!(
        answer.status, 200,
        "OAuth 2.1 s4.1.3 leaves the redirect URI out: {answer:?}"
    );
    assert_eq!(cast.world.events("code.replayed").await, 0);
    cast.world
        .shows(&["TokenEndpoint/RedirectUriChecked", "Pkce/IsPkcePlainDowngradeDetected"]);
}

#[tokio::test]
async fn s_14_pieces_extensions_and_mixtures_of_codes_are_no_codes() {
    let cast = Cast::with("none").await;
    let (asking, code) = cast.code().await;
    let (other, others) = cast.code().await;
    let (id, secret) = code.split_once('.').unwrap();
    let (other_id, other_secret) = others.split_once('.').unwrap();
    assert!(secret.len() >= 22, "128 bits at least");
    let mut variants: Vec<String> = (1..8)
        .flat_map(|cut| [code[..code.len() - cut].to_owned(), code[cut..].to_owned()])
        .collect();
    variants.extend(["A", "=", ".", ".A", " ", "\0", "%00", "&x=y"].map(|more| format!("{code}{more}")));
    variants.extend([
        format!(" {code}"),
        format!("{code}{code}"),
        id.to_owned(),
        secret.to_owned(),
        format!("{id}."),
        format!(".{secret}"),
        format!("{id}.{other_secret}"),
        format!("{other_id}.{secret}"),
        format!("{id}{secret}"),
        code.to_uppercase(),
        format!("{id}.{}", proof::digest::sha256_b64(secret.as_bytes())),
        "x".repeat(40_000),
    ]);
    for (place, c) in code.char_indices() {
        let altered = if c == 'a' { "b" } else { "a" };
        variants.push(format!("{}{altered}{}", &code[..place], &code[place + 1..]));
    }
    for variant in variants.iter().filter(|variant| **variant != code) {
        bad(&cast, &cast.world, &asking, variant, variant).await;
    }
    let answer: Answer = cast.world.redeem(&cast.app, &asking, "", &[]).await;
    refused(&answer, 400, "invalid_request", "none at all");
    for (asking, code) in [(&asking, &code), (&other, &others)] {
        let held = tokens(&cast.world.redeem(&cast.app, asking, code, &[]).await);
        assert!(cast.counts(&held.access).await, "none of that has used it up");
    }
    assert_eq!(cast.world.events("code.replayed").await, 0);
}

#[tokio::test]
async fn s_07_a_replay_with_a_key_of_ones_own_kills_too() {
    let cast = Cast::with("none").await;
    let (asking, code) = cast.code().await;
    let held = tokens(&cast.world.redeem(&cast.app, &asking, &code, &[]).await);
    let thief = [proof(&cast.world, &testkit::Key::new(proof::Algorithm::ES256)).await];
    let answer = cast.world.redeem(&cast.app, &asking, &code, &thief).await;
    refused(&answer, 400, "invalid_grant", "with a key");
    cast.is_dead(&held, "replayed with another key").await;
}

#[tokio::test]
async fn s_37_a_code_dies_with_what_it_stands_on() {
    let off = serde_json::json!({ "disabled": true });
    let place = serde_json::json!({ "resource": crate::setup::MCP, "disabled": true });
    for (what, status, error) in [
        ("resource", 400, "invalid_target"),
        ("client", 401, "invalid_client"),
        ("person", 400, "invalid_grant"),
        ("consent", 400, "invalid_grant"),
    ] {
        let cast = Cast::with("client_secret_basic").await;
        let (asking, code) = cast.code().await;
        let (path, body) = match what {
            "resource" => ("/admin/v1/resources".to_owned(), &place),
            "client" => (format!("/admin/v1/clients/{}", cast.app.client.id), &off),
            _ => (format!("/admin/v1/users/{}", cast.alice.id), &off),
        };
        if what == "consent" {
            let mut browser = cast.browser.clone();
            let page = browser.visit(&cast.world, "/agents").await;
            let page = browser.submit(&cast.world, &page, "stop-all", &[]).await;
            assert_eq!(page.location(), Some("/agents?stopped-all"));
        } else {
            assert_eq!(cast.world.admin("PATCH", &path, Some(body)).await.status, 200, "{what}");
        }
        let answer = cast.world.redeem(&cast.app, &asking, &code, &[]).await;
        refused(&answer, status, error, what);
    }
}
