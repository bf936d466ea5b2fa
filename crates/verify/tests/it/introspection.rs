//! Asking the issuer whether a token still counts (RFC 7662).

use serde_json::json;
use verify::Reason;

use crate::world::World;

async fn world(cache_seconds: u32) -> World {
    World::with(|builder| {
        builder
            .introspection("mcp server", "s:e/c ret")
            .introspection_cache_seconds(cache_seconds)
    })
    .await
}

#[tokio::test]
async fn the_issuer_is_asked_about_every_token_as_a_client() {
    let world = world(0).await;
    let token = world.token(&json!({}));
    world.bearer(&token).await.unwrap();
    world.bearer(&token).await.unwrap();
    assert_eq!(world.issuer.asked("/introspect"), 2);
    let request = world.issuer.last_introspection();
    assert!(request.starts_with("POST /introspect "), "{request}");
    // RFC 6749 s2.3.1: id and secret are form-encoded, then base64 of the two: "mcp+server:s%3Ae%2Fc+ret".
    assert!(
        request.contains("authorization: Basic bWNwK3NlcnZlcjpzJTNBZSUyRmMrcmV0\r\n"),
        "{request}"
    );
    assert!(
        request.ends_with(&format!("\r\n\r\ntoken={token}&token_type_hint=access_token")),
        "{request}"
    );
}

#[tokio::test]
async fn a_token_the_issuer_calls_inactive_is_refused() {
    let world = world(0).await;
    let token = world.token(&json!({}));
    world.bearer(&token).await.unwrap();
    world
        .issuer
        .change(|script| script.introspection = (200, r#"{"active":false}"#.to_owned()));
    let denied = world.bearer(&token).await.unwrap_err();
    assert_eq!((denied.reason(), denied.status().as_u16()), (Reason::Inactive, 401));
}

#[tokio::test]
async fn anything_but_a_clear_yes_is_no() {
    let world = world(0).await;
    for (status, body) in [
        (200, r#"{"active":"true"}"#),
        (200, r#"{"active":1}"#),
        (200, r#"{"active":null}"#),
        (200, "{}"),
        (200, "[true]"),
        (200, "true"),
        (200, ""),
        (200, r#"{"active":false,"active":true}"#),
        (201, r#"{"active":true}"#),
        (302, r#"{"active":true}"#),
        (401, r#"{"error":"invalid_client"}"#),
        (503, r#"{"active":true}"#),
    ] {
        world
            .issuer
            .change(|script| script.introspection = (status, body.to_owned()));
        let denied = world.bearer(&world.token(&json!({}))).await.unwrap_err();
        let refused = (denied.reason(), denied.status().as_u16());
        assert_eq!(refused, (Reason::IntrospectionUnavailable, 503), "{status} {body}");
        assert!(denied.response().headers().contains_key("retry-after"));
    }
}

#[tokio::test]
async fn a_token_that_is_bad_anyway_is_not_asked_about() {
    let world = world(0).await;
    assert!(
        world
            .bearer(&world.token(&json!({ "aud": "https://other.example" })))
            .await
            .is_err()
    );
    assert_eq!(world.issuer.asked("/introspect"), 0);
}

#[tokio::test]
async fn a_yes_is_kept_for_the_seconds_that_were_set() {
    let world = world(2).await;
    let (one, two) = (world.token(&json!({})), world.token(&json!({})));
    for _ in 0..3 {
        world.bearer(&one).await.unwrap();
        world.bearer(&two).await.unwrap();
    }
    assert_eq!(world.issuer.asked("/introspect"), 2);
    world
        .issuer
        .change(|script| script.introspection = (200, r#"{"active":false}"#.to_owned()));
    world.clock.pass(1);
    world.bearer(&one).await.unwrap();
    world.clock.pass(1);
    assert_eq!(world.bearer(&one).await.unwrap_err().reason(), Reason::Inactive);
}

#[tokio::test]
async fn an_issuer_without_the_endpoint_lets_nothing_pass() {
    let world = world(0).await;
    world
        .issuer
        .change(|script| script.metadata = json!({ "introspection_endpoint": null }));
    let denied = world.bearer(&world.token(&json!({}))).await.unwrap_err();
    assert_eq!(denied.reason(), Reason::IntrospectionUnavailable);
}

#[tokio::test]
async fn the_secret_is_never_printed() {
    let world = world(0).await;
    let printed = format!("{:?}", world.guard);
    assert!(
        !printed.contains("s:e/c ret") && printed.contains("Secret(..)"),
        "{printed}"
    );
}
