//! Lines of refresh tokens: one lives at a time, whoever shows an old one ends it, and a retry is no theft (S-16; RFC 9700 s4.14.2).

use kernel::FamilyId;
use proof::Algorithm;
use serde_json::json;
use testkit::{Answer, Key, World};

use crate::{
    people::{Cast, Tokens, app, proof, tokens},
    setup::refused,
};

/// A refresh.
pub(crate) async fn shown(cast: &Cast, token: &str, more: &[(&str, String)]) -> Answer {
    cast.world.refresh(&cast.app, token, more, &[]).await
}

/// The newest generation of a line, as its row says.
pub(crate) async fn generation(world: &World, token: &str) -> i64 {
    let id = FamilyId::parse(token.split('.').next().unwrap()).unwrap();
    let line = world.app.default_tenant().unwrap().family(&id).await.unwrap();
    line.unwrap().generation
}

/// Events of tokens issued, and of old ones that came again.
pub(crate) async fn events(world: &World) -> (i64, i64) {
    (world.events("token.issued").await, world.events("refresh.reused").await)
}

/// A parameter that makes a request another one.
pub(crate) fn other(n: impl std::fmt::Display) -> Vec<(&'static str, String)> {
    vec![("note", n.to_string())]
}

#[tokio::test]
async fn s_16_an_old_token_ends_its_line_and_nothing_else() {
    for method in ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"] {
        let cast = Cast::with(method).await;
        let beside = cast.tokens(None).await;
        let first = cast.tokens(None).await;
        let second = tokens(&shown(&cast, &first.refresh, &[]).await);
        let third = tokens(&shown(&cast, &second.refresh, &[]).await);
        assert_eq!(events(&cast.world).await, (4, 0));
        cast.world.advance(11);
        refused(
            &shown(&cast, &first.refresh, &[]).await,
            400,
            "invalid_grant",
            "an old one",
        );
        for held in [&first, &second, &third] {
            cast.is_dead(held, method).await;
        }
        assert_eq!(
            events(&cast.world).await,
            (4, 1),
            "its line was over when the others came"
        );
        cast.lives(&beside, "another line of the same app and person").await;
        cast.world.shows(&[
            "TokenEndpoint/InvalidatedRefreshToken",
            "TokenEndpoint/RefreshTokenRevokedAfterUse",
            "TokenEndpoint/UsesTokenRotation",
        ]);
    }
}

#[tokio::test]
async fn s_16_a_retry_is_answered_again_for_ten_seconds() {
    let cast = Cast::with("none").await;
    let first = cast.tokens(None).await;
    let second = tokens(&shown(&cast, &first.refresh, &[]).await);
    for second_of_window in [0, 1, 10] {
        cast.world
            .advance(second_of_window - (cast.world.now() - testkit::START));
        let again = tokens(&shown(&cast, &first.refresh, &[]).await);
        assert_eq!(
            again.refresh, second.refresh,
            "the same successor after {second_of_window} s"
        );
        assert!(cast.counts(&again.access).await);
    }
    assert_eq!(generation(&cast.world, &first.refresh).await, 1);
    let repeated = cast
        .world
        .app
        .default_tenant()
        .unwrap()
        .events_before(None, 1_000)
        .await
        .unwrap();
    let repeated = repeated
        .iter()
        .filter(|entry| entry.body.contains(r#""repeated":true"#))
        .count();
    assert_eq!(repeated, 3, "each one is marked in the log");
    cast.world.advance(1);
    refused(
        &shown(&cast, &first.refresh, &[]).await,
        400,
        "invalid_grant",
        "after 11 s",
    );
    cast.is_dead(&second, "a late retry cannot be told from a thief").await;
}

#[tokio::test]
async fn s_16_inside_the_window_only_the_same_request_is_a_retry() {
    let key = Key::new(Algorithm::ES256);
    let thief = Key::new(Algorithm::ES256);
    for (what, more, with_key) in [
        ("another scope", vec![("scope", "read".to_owned())], false),
        (
            "the same scope said in words",
            vec![("scope", "read write".to_owned())],
            false,
        ),
        (
            "the resource said",
            vec![("resource", crate::setup::MCP.to_owned())],
            false,
        ),
        ("an unknown parameter", other("x"), false),
        ("a key of one's own", vec![], true),
    ] {
        let cast = Cast::with("none").await;
        let first = cast.tokens(None).await;
        let second = tokens(&shown(&cast, &first.refresh, &[]).await);
        let headers = if with_key {
            vec![proof(&cast.world, &thief).await]
        } else {
            vec![]
        };
        let answer = cast.world.refresh(&cast.app, &first.refresh, &more, &headers).await;
        refused(&answer, 400, "invalid_grant", what);
        cast.is_dead(&second, what).await;
    }
    // The order of parameters and the proof's own text are not the request.
    let cast = Cast::with("none").await;
    let first = cast.tokens(Some(&key)).await;
    let ask = async |form: &[(&str, String)]| {
        let form = [&[("grant_type", "refresh_token".to_owned())], form].concat();
        cast.world
            .as_app(&cast.app, &form, &[proof(&cast.world, &key).await])
            .await
    };
    let (token, scope) = (("refresh_token", first.refresh.clone()), ("scope", "read".to_owned()));
    let second = tokens(&ask(&[token.clone(), scope.clone()]).await);
    let again = tokens(&ask(&[scope, token]).await);
    assert_eq!(again.refresh, second.refresh);
}

#[tokio::test]
async fn s_16_an_older_generation_ends_the_line_at_once() {
    let cast = Cast::with("none").await;
    let first = cast.tokens(None).await;
    let second = tokens(&shown(&cast, &first.refresh, &[]).await);
    let third = tokens(&shown(&cast, &second.refresh, &[]).await);
    assert_eq!(
        tokens(&shown(&cast, &second.refresh, &[]).await).refresh,
        third.refresh,
        "the window is the newest one's"
    );
    refused(
        &shown(&cast, &first.refresh, &[]).await,
        400,
        "invalid_grant",
        "the identical request of the turn before, in the same second",
    );
    cast.is_dead(&third, "two generations back").await;
}

#[tokio::test]
async fn s_16_a_generation_that_was_never_handed_out_is_no_token() {
    let cast = Cast::with("none").await;
    let first = cast.tokens(None).await;
    let parts: Vec<&str> = first.refresh.split('.').collect();
    let [line, _, mac] = parts[..] else {
        panic!("three parts")
    };
    let beside = cast.tokens(None).await;
    let (its_line, its_mac) = (
        beside.refresh.split('.').next().unwrap(),
        beside.refresh.rsplit('.').next().unwrap(),
    );
    let forged = [
        format!("{line}.1.{mac}"),
        format!("{line}.-1.{mac}"),
        format!("{line}.00.{mac}"),
        format!("{line}.0.{its_mac}"),
        format!("{its_line}.0.{mac}"),
        format!("{line}.0.{mac}A"),
        format!("{line}.0.{mac}."),
        format!("{line}.0.{}", &mac[1..]),
        format!("{line}.0.{}", mac.to_lowercase()),
        format!("{line}.9223372036854775807.{mac}"),
        format!("{line}.9223372036854775808.{mac}"),
        format!("{line}..{mac}"),
        line.to_owned(),
        first.access.clone(),
    ];
    for token in forged.iter().filter(|token| **token != first.refresh) {
        refused(&shown(&cast, token, &[]).await, 400, "invalid_grant", token);
    }
    assert_eq!(cast.world.events("refresh.reused").await, 0, "a forgery is no reuse");
    cast.lives(&first, "and does no harm").await;
    cast.lives(&beside, "to nobody").await;
}

#[tokio::test]
async fn s_16_reuse_is_known_after_a_restart_and_after_a_jump_of_the_clock() {
    for jump in [0, 11, 86_400, -5, -3_600, -86_400] {
        let cast = Cast::with("none").await;
        let first = cast.tokens(None).await;
        let second = tokens(&shown(&cast, &first.refresh, &[]).await);
        let third = tokens(&shown(&cast, &second.refresh, &[]).await);
        let cast = cast.restart().await;
        cast.world.advance(jump);
        refused(
            &shown(&cast, &first.refresh, &[]).await,
            400,
            "invalid_grant",
            "after a restart",
        );
        cast.world.advance(-jump);
        cast.is_dead(&third, &format!("a jump of {jump} s")).await;
        assert_eq!(cast.world.events("refresh.reused").await, 1);
    }
}

#[tokio::test]
async fn s_16_a_clock_that_goes_back_opens_no_window() {
    for (back, retry) in [(5, true), (10, true), (11, false), (3_600, false)] {
        let cast = Cast::with("none").await;
        let first = cast.tokens(None).await;
        let second = tokens(&shown(&cast, &first.refresh, &[]).await);
        cast.world.advance(-back);
        let answer = shown(&cast, &first.refresh, &[]).await;
        if retry {
            assert_eq!(tokens(&answer).refresh, second.refresh, "a node may be {back} s behind");
        } else {
            refused(&answer, 400, "invalid_grant", "long before it was handed out");
            cast.world.advance(back);
            cast.is_dead(&second, &format!("{back} s back")).await;
        }
    }
}

#[tokio::test]
async fn s_16_a_line_is_of_no_use_to_another_client() {
    for method in ["none", "client_secret_basic"] {
        let cast = Cast::with(method).await;
        let held = cast.tokens(None).await;
        let old = cast.tokens(None).await;
        let newest = tokens(&shown(&cast, &old.refresh, &[]).await);
        cast.world.advance(11);
        for thief in ["none", "client_secret_post", "private_key_jwt"] {
            let thief = app(&cast.world, thief).await;
            for token in [&held.refresh, &old.refresh, &newest.refresh] {
                let answer = cast.world.refresh(&thief, token, &[], &[]).await;
                refused(&answer, 400, "invalid_grant", "another client");
            }
        }
        let nobody = [
            ("grant_type", "refresh_token".to_owned()),
            ("refresh_token", held.refresh.clone()),
        ];
        refused(
            &cast.world.post("/oauth2/token", &[], &nobody).await,
            401,
            "invalid_client",
            "nobody at all",
        );
        cast.lives(&held, "a line is its client's to end").await;
        cast.lives(&newest, "an old token in other hands included").await;
        cast.world.shows(&[
            "TokenEndpoint/IsRefreshBoundToClient",
            "TokenEndpoint/IsRefreshAuthenticationRequired",
        ]);
    }
}

#[tokio::test]
async fn s_16_a_bound_line_demands_its_key() {
    let cast = Cast::with("none").await;
    let (key, thief) = (Key::new(Algorithm::ES256), Key::new(Algorithm::EdDSA));
    let first = cast.tokens(Some(&key)).await;
    let with = async |token: &str, key: &Key| {
        let headers = [proof(&cast.world, key).await];
        cast.world.refresh(&cast.app, token, &[], &headers).await
    };
    refused(&shown(&cast, &first.refresh, &[]).await, 400, "invalid_grant", "no key");
    refused(&with(&first.refresh, &thief).await, 400, "invalid_grant", "another key");
    let answer = with(&first.refresh, &key).await;
    assert_eq!(answer.text_of("token_type"), "DPoP", "{answer:?}");
    let second = tokens(&answer);
    let introspected = crate::setup::introspect(&cast.world, &cast.gateway, &second.access).await;
    assert_eq!(introspected["cnf"], json!({ "jkt": key.thumbprint() }));
    cast.world.advance(11);
    refused(
        &with(&first.refresh, &thief).await,
        400,
        "invalid_grant",
        "an old one, another key",
    );
    assert_eq!(
        cast.world.events("refresh.reused").await,
        0,
        "who has not the key cannot end the line either"
    );
    let third = tokens(&with(&second.refresh, &key).await);
    refused(
        &with(&first.refresh, &key).await,
        400,
        "invalid_grant",
        "an old one, the key",
    );
    refused(
        &with(&third.refresh, &key).await,
        400,
        "invalid_grant",
        "that was reuse",
    );
    assert!(!cast.counts(&third.access).await);
}

#[tokio::test]
async fn s_16_a_bearer_line_cannot_be_taken_over_with_a_key() {
    let cast = Cast::with("none").await;
    let thief = Key::new(Algorithm::ES256);
    let held = cast.tokens(None).await;
    let stolen = cast
        .world
        .refresh(&cast.app, &held.refresh, &[], &[proof(&cast.world, &thief).await])
        .await;
    let stolen = tokens(&stolen);
    // The app does not know; it refreshes as ever, and that ends what was stolen.
    refused(
        &shown(&cast, &held.refresh, &[]).await,
        400,
        "invalid_grant",
        "the app is next",
    );
    assert!(!cast.counts(&stolen.access).await);
    let again = cast
        .world
        .refresh(&cast.app, &stolen.refresh, &[], &[proof(&cast.world, &thief).await])
        .await;
    refused(&again, 400, "invalid_grant", "the thief has nothing any more");

    // And a key shown once locks nobody out who has the newest token.
    let held = cast.tokens(None).await;
    let turned = cast
        .world
        .refresh(&cast.app, &held.refresh, &[], &[proof(&cast.world, &thief).await])
        .await;
    cast.lives(&tokens(&turned), "a line stays what it was made as").await;
}

#[tokio::test]
async fn s_16_lines_end_unused_and_end_altogether() {
    const DAY: i64 = 86_400;
    let key = Key::new(Algorithm::ES256);
    for (bound, idle, lifetime) in [(false, 7 * DAY, 30 * DAY), (true, 30 * DAY, 180 * DAY)] {
        let cast = Cast::with("none").await;
        let key = bound.then_some(&key);
        let start = cast.world.now();
        let turn = async |held: &Tokens| {
            let mut headers = Vec::new();
            if let Some(key) = key {
                headers.push(proof(&cast.world, key).await);
            }
            cast.world.refresh(&cast.app, &held.refresh, &[], &headers).await
        };
        let (mut used, unused) = (cast.tokens(key).await, cast.tokens(key).await);
        cast.world.advance(idle - 1);
        used = tokens(&turn(&used).await);
        cast.world.advance(1);
        refused(&turn(&unused).await, 400, "invalid_grant", "unused for too long");
        assert_eq!(cast.world.events("refresh.reused").await, 0);
        while cast.world.now() + idle - 2 < start + lifetime {
            cast.world.advance(idle - 2);
            used = tokens(&turn(&used).await);
        }
        cast.world.advance(start + lifetime - 1 - cast.world.now());
        used = tokens(&turn(&used).await);
        cast.world.advance(1);
        refused(
            &turn(&used).await,
            400,
            "invalid_grant",
            "too old, however much it was used",
        );
    }
}

#[tokio::test]
async fn a_refused_refresh_turns_nothing() {
    let cast = Cast::with("none").await;
    let held = cast.tokens(None).await;
    for (more, error) in [
        (("scope", "admin"), "invalid_scope"),
        (("scope", "read \u{1}"), "invalid_scope"),
        (("resource", "https://other.example.com"), "invalid_target"),
    ] {
        let answer = shown(&cast, &held.refresh, &[(more.0, more.1.to_owned())]).await;
        refused(&answer, 400, error, more.1);
    }
    assert_eq!(generation(&cast.world, &held.refresh).await, 0);
    let less = tokens(&shown(&cast, &held.refresh, &[("scope", "read".to_owned())]).await);
    let all = shown(&cast, &less.refresh, &[]).await;
    assert_eq!(
        all.text_of("scope"),
        "read write",
        "asking for less once gives nothing away"
    );
}

#[tokio::test]
async fn s_37_revoking_any_token_of_a_line_ends_it() {
    for method in ["none", "client_secret_basic"] {
        let cast = Cast::with(method).await;
        let revoke = async |token: &str| {
            let (headers, mut form) = match method {
                "none" => (vec![], vec![("client_id", cast.app.client.id.clone())]),
                _ => cast.app.client.credentials(&cast.world).await,
            };
            form.push(("token", token.to_owned()));
            let answer = cast.world.post("/oauth2/revoke", &headers, &form).await;
            assert_eq!((answer.status, answer.text.as_str()), (200, ""), "{answer:?}");
        };
        let first = cast.tokens(None).await;
        let second = tokens(&shown(&cast, &first.refresh, &[]).await);
        revoke(&first.access).await;
        assert!(!cast.counts(&first.access).await);
        let third = cast.lives(&second, "an access token ends alone").await;
        revoke(&first.refresh).await;
        cast.is_dead(&third, "an old refresh token ends the line").await;
        let beside = cast.tokens(None).await;
        revoke(&beside.refresh[..beside.refresh.len() - 1]).await;
        revoke(&format!("{}A", beside.refresh)).await;
        cast.lives(&beside, "a piece ends nothing").await;
        cast.world.shows(&[
            "Revocation/AccessRevokesRefresh",
            "Revocation/RefreshRevokesAccess",
            "Revocation/CanAccessTokensBeRevoked",
            "Revocation/CanRefreshTokensBeRevoked",
        ]);
    }
}
