//! Where keys come from, how often they are asked for, and what happens when they cannot be had.

use std::time::Duration;

use proof::{access_token::AccessTokenError, jws::Rejected};
use serde_json::json;
use verify::{BadIdentifier, BuildError, Guard, Reason};

use crate::{
    issuer::{Issuer, Key},
    world::{RESOURCE, World, unique},
};

const UNKNOWN: Reason = Reason::Token(AccessTokenError::Jws(Rejected::UnknownKey));

async fn passes(world: &World) -> Result<(), Reason> {
    world
        .bearer(&world.token(&json!({})))
        .await
        .map(|_| ())
        .map_err(|denied| denied.reason())
}

#[tokio::test]
async fn metadata_is_found_in_both_forms() {
    for path in ["", "/t/acme"] {
        let world = World::at(path, |builder| builder).await;
        passes(&world).await.unwrap();
        assert_eq!(
            world
                .issuer
                .asked(&format!("/.well-known/oauth-authorization-server{path}")),
            1
        );
        assert_eq!(
            world.issuer.asked(&format!("{path}/.well-known/openid-configuration")),
            0
        );

        let world = World::at(path, |builder| builder).await;
        world.issuer.change(|script| script.openid_only = true);
        passes(&world).await.unwrap();
        assert_eq!(
            world.issuer.asked(&format!("{path}/.well-known/openid-configuration")),
            1
        );
    }
}

#[tokio::test]
async fn metadata_of_another_issuer_is_not_used() {
    let world = World::new().await;
    let url = world.issuer.url.clone();
    for issuer in [
        format!("{url}/"),
        url.replace("127.0.0.1", "localhost"),
        url.to_uppercase(),
    ] {
        let world = World::new().await;
        world
            .issuer
            .change(|script| script.metadata = json!({ "issuer": issuer }));
        assert_eq!(passes(&world).await, Err(Reason::KeysUnavailable));
        assert_eq!(world.issuer.key_fetches(), 0);
    }
    world
        .issuer
        .change(|script| script.metadata = json!({ "issuer": null }));
    assert_eq!(passes(&world).await, Err(Reason::KeysUnavailable));
}

#[tokio::test]
async fn keys_are_not_fetched_from_where_the_issuer_may_not_send_us() {
    for jwks_uri in [
        json!(null),
        json!("http://keys.example/jwks"),
        json!("file:///etc/passwd"),
        json!("jwks"),
        json!(7),
    ] {
        let world = World::new().await;
        world
            .issuer
            .change(|script| script.metadata = json!({ "jwks_uri": jwks_uri }));
        assert_eq!(passes(&world).await, Err(Reason::KeysUnavailable), "{jwks_uri}");
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let world = World::new().await;
    world.issuer.change(|script| script.moved = true);
    assert_eq!(passes(&world).await, Err(Reason::KeysUnavailable));
    assert_eq!((world.issuer.key_fetches(), world.issuer.asked("/moved")), (1, 0));
}

#[tokio::test]
async fn identifiers_that_cannot_be_used_are_refused_at_once() {
    let build = |issuer: &str, resource: &str| Guard::builder(issuer, resource).build();
    assert!(matches!(
        build("http://as.example", RESOURCE),
        Err(BuildError::Issuer(BadIdentifier::PlainHttp))
    ));
    assert!(matches!(
        build("https://as.example", "mcp"),
        Err(BuildError::Resource(BadIdentifier::NotAUrl))
    ));
    let with = |scope: &str| {
        Guard::builder("https://as.example", RESOURCE)
            .scope(scope, "words")
            .build()
    };
    assert!(matches!(with("a b"), Err(BuildError::Scope(scope)) if scope == "a b"));
    assert!(matches!(with("offline_access"), Err(BuildError::OfflineAccess)));
    let origins = Guard::builder("https://as.example", RESOURCE)
        .allowed_origins(["https://app.example/path"])
        .build();
    assert!(matches!(origins, Err(BuildError::Origin(_))));
}

#[tokio::test]
async fn keys_are_fetched_once_and_kept_as_long_as_the_issuer_says() {
    for (cache_control, kept_seconds) in [
        (None, 300),
        (Some("max-age=600"), 600),
        (Some("max-age=1"), 60),
        (Some("no-store"), 60),
        (Some("max-age=86400"), 3600),
    ] {
        let world = World::new().await;
        world.issuer.change(|script| script.cache_control = cache_control);
        for _ in 0..3 {
            passes(&world).await.unwrap();
        }
        world.clock.pass(kept_seconds - 1);
        passes(&world).await.unwrap();
        assert_eq!(world.issuer.key_fetches(), 1, "{cache_control:?}");
        world.clock.pass(1);
        passes(&world).await.unwrap();
        assert_eq!(world.issuer.key_fetches(), 2, "{cache_control:?}");
    }
}

#[tokio::test]
async fn many_first_requests_cause_one_fetch() {
    let world = World::new().await;
    let checks: Vec<_> = (0..100)
        .map(|_| {
            let (guard, token) = (world.guard.clone(), world.token(&json!({})));
            tokio::spawn(async move {
                let request = http::Request::post("/mcp").header("authorization", format!("Bearer {token}"));
                guard
                    .check(&request.body(()).unwrap().into_parts().0, &[])
                    .await
                    .is_ok()
            })
        })
        .collect();
    for check in checks {
        assert!(check.await.unwrap());
    }
    assert_eq!(world.issuer.key_fetches(), 1);
}

#[tokio::test]
async fn a_new_key_is_found_by_one_fetch() {
    let world = World::new().await;
    let old = world.token(&json!({}));
    passes(&world).await.unwrap();
    world
        .issuer
        .change(|script| script.keys.insert(0, Key::ed25519("key-2")));
    let checks: Vec<_> = (0..50)
        .map(|_| {
            let (guard, token) = (world.guard.clone(), world.token(&json!({})));
            tokio::spawn(async move {
                let request = http::Request::post("/mcp").header("authorization", format!("Bearer {token}"));
                guard
                    .check(&request.body(()).unwrap().into_parts().0, &[])
                    .await
                    .is_ok()
            })
        })
        .collect();
    for check in checks {
        assert!(check.await.unwrap());
    }
    world.bearer(&old).await.unwrap();
    assert_eq!(world.issuer.key_fetches(), 2);
}

#[tokio::test]
async fn a_withdrawn_key_counts_no_longer_once_keys_are_fetched_again() {
    let world = World::new().await;
    let stolen = world.issuer.key();
    passes(&world).await.unwrap();
    world.issuer.change(|script| script.keys = vec![Key::ed25519("key-2")]);
    world.clock.pass(300);
    assert_eq!(world.refusal(&stolen.sign("at+jwt", &world.claims())).await, UNKNOWN);
    passes(&world).await.unwrap();
}

#[tokio::test]
async fn a_flood_of_unknown_key_ids_is_not_a_flood_of_fetches() {
    let world = World::new().await;
    passes(&world).await.unwrap();
    for round in 1..=3 {
        let flood: Vec<_> = (0..300)
            .map(|_| {
                let key = world.issuer.key().named(&unique());
                let (guard, token) = (world.guard.clone(), key.sign("at+jwt", &world.claims()));
                tokio::spawn(async move {
                    let request = http::Request::post("/mcp").header("authorization", format!("Bearer {token}"));
                    guard
                        .check(&request.body(()).unwrap().into_parts().0, &[])
                        .await
                        .unwrap_err()
                        .reason()
                })
            })
            .collect();
        for check in flood {
            assert_eq!(check.await.unwrap(), UNKNOWN);
        }
        passes(&world).await.unwrap();
        assert_eq!(world.issuer.key_fetches(), 1 + round);
        world.clock.pass(9);
        world
            .refusal(&world.issuer.key().named(&unique()).sign("at+jwt", &world.claims()))
            .await;
        assert_eq!(world.issuer.key_fetches(), 1 + round, "ten seconds have not passed");
        world.clock.pass(1);
    }
}

#[tokio::test]
async fn without_any_keys_the_answer_is_503_and_the_issuer_is_left_alone() {
    let world = World::new().await;
    world.issuer.change(|script| script.status = 500);
    for _ in 0..20 {
        let denied = world.bearer(&world.token(&json!({}))).await.unwrap_err();
        assert_eq!(
            (denied.reason(), denied.status().as_u16()),
            (Reason::KeysUnavailable, 503)
        );
        let response = denied.response();
        assert_eq!(response.headers()["retry-after"], "10");
        assert!(!response.headers().contains_key("www-authenticate"));
    }
    assert_eq!(world.issuer.asked("/.well-known/oauth-authorization-server"), 1);
    world.issuer.change(|script| script.status = 200);
    world.clock.pass(10);
    passes(&world).await.unwrap();
}

#[tokio::test]
async fn the_last_good_keys_serve_for_an_hour_while_the_issuer_is_down() {
    let world = World::new().await;
    passes(&world).await.unwrap();
    world.issuer.change(|script| script.status = 503);
    for passed in (300..3900).step_by(100) {
        world.clock.pass(if passed == 300 { 300 } else { 100 });
        passes(&world).await.expect("the grace of one hour");
    }
    world.clock.pass(100);
    assert_eq!(passes(&world).await, Err(Reason::KeysUnavailable));
    world.issuer.change(|script| script.status = 200);
    world.clock.pass(10);
    passes(&world).await.unwrap();
}

#[tokio::test]
async fn an_unknown_key_while_the_issuer_is_down_is_refused_and_good_tokens_pass() {
    let world = World::new().await;
    passes(&world).await.unwrap();
    world.issuer.change(|script| script.status = 503);
    let unknown = world.issuer.key().named(&unique()).sign("at+jwt", &world.claims());
    assert_eq!(world.refusal(&unknown).await, UNKNOWN);
    passes(&world).await.unwrap();
}

#[tokio::test]
async fn an_answer_that_is_no_key_set_is_a_failure() {
    let world = World::new().await;
    let other = Issuer::start("").await;
    // The metadata document of another issuer, where keys should be.
    let url = format!("{}/.well-known/openid-configuration", other.url);
    world
        .issuer
        .change(|script| script.metadata = json!({ "jwks_uri": url }));
    assert_eq!(passes(&world).await, Err(Reason::KeysUnavailable));
}

#[tokio::test]
async fn s_15_an_answer_larger_than_64_kib_is_not_read() {
    let world = World::new().await;
    world
        .issuer
        .change(|script| script.metadata = json!({ "padding": "x".repeat(70_000) }));
    assert_eq!(passes(&world).await, Err(Reason::KeysUnavailable));
}

#[tokio::test]
async fn a_caller_who_hangs_up_does_not_stop_the_fetch() {
    let world = World::new().await;
    let token = world.token(&json!({}));
    {
        let request = http::Request::post("/mcp").header("authorization", format!("Bearer {token}"));
        let parts = request.body(()).unwrap().into_parts().0;
        let mut check = std::pin::pin!(world.guard.check(&parts, &[]));
        // Polled once, so that the fetch has begun, and dropped.
        std::future::poll_fn(|cx| {
            assert!(check.as_mut().poll(cx).is_pending());
            std::task::Poll::Ready(())
        })
        .await;
    }
    let arrival = async {
        while world.issuer.key_fetches() == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), arrival)
        .await
        .expect("the fetch goes on by itself");
    world.bearer(&token).await.unwrap();
    assert_eq!(world.issuer.key_fetches(), 1);
}
