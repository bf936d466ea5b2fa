//! What a refused caller is told.

use http_body_util::BodyExt;
use proof::access_token::AccessTokenError;
use serde_json::{Value, json};
use verify::{Denied, Guard, Reason};

use crate::{
    issuer::Key,
    world::{World, challenges},
};

async fn world() -> World {
    World::with(|builder| {
        builder
            .scope("read", "Read")
            .scope("write", "Write")
            .require("read")
            .implies("admin", ["read", "write"])
    })
    .await
}

/// Status, challenges and body.
async fn told(denied: &Denied) -> (u16, Vec<String>, Value) {
    let response = denied.response();
    assert_eq!(response.status(), denied.status());
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(response.headers()["content-type"], "application/json");
    let (status, challenges) = (response.status().as_u16(), challenges(response.headers()));
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, challenges, serde_json::from_slice(&body).unwrap())
}

const METADATA: &str = r#"resource_metadata="https://mcp.example/.well-known/oauth-protected-resource/mcp""#;
const ALGS: &str = r#"algs="EdDSA Ed25519 ES256 RS256 PS256""#;

#[tokio::test]
async fn without_a_token_the_challenges_say_where_to_go_and_name_no_error() {
    let world = world().await;
    for headers in [
        vec![],
        vec![("authorization", "Basic YTpi")],
        vec![("authorization", "Negotiate")],
    ] {
        let (status, challenges, body) = told(&world.check(&headers).await.unwrap_err()).await;
        assert_eq!(status, 401);
        assert_eq!(
            challenges,
            [
                format!(r#"Bearer {METADATA}, scope="read""#),
                format!(r#"DPoP {ALGS}, {METADATA}, scope="read""#),
            ]
        );
        assert_eq!(
            body,
            json!({ "error": "unauthorized", "error_description": "an access token is needed" })
        );
    }
}

#[tokio::test]
async fn tokens_in_query_or_body_are_never_looked_at() {
    let world = world().await;
    let token = world.token(&json!({}));
    let request = http::Request::post(format!("/mcp?access_token={token}"))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("cookie", format!("access_token={token}"))
        .body(());
    let denied = world
        .guard
        .check(&request.unwrap().into_parts().0, &[])
        .await
        .unwrap_err();
    assert_eq!(denied.reason(), Reason::NoToken);
}

#[tokio::test]
async fn a_malformed_request_is_400() {
    let world = world().await;
    let bearer = format!("Bearer {}", world.token(&json!({})));
    for (headers, reason) in [
        (
            vec![("authorization", bearer.as_str()), ("authorization", &bearer)],
            Reason::TwoAuthorizations,
        ),
        (
            vec![("authorization", "Basic YTpi"), ("authorization", &bearer)],
            Reason::TwoAuthorizations,
        ),
        (vec![("authorization", "Bearer")], Reason::Authorization),
        (vec![("authorization", "Bearer a b")], Reason::Authorization),
    ] {
        let denied = world.check(&headers).await.unwrap_err();
        assert_eq!(denied.reason(), reason);
        let (status, challenges, body) = told(&denied).await;
        assert_eq!((status, &body["error"]), (400, &json!("invalid_request")));
        assert!(
            challenges[0].starts_with(r#"Bearer error="invalid_request", error_description=""#),
            "{challenges:?}"
        );
    }
}

#[tokio::test]
async fn an_invalid_token_is_401_with_the_error_in_both_challenges() {
    let world = world().await;
    let denied = world.bearer(&world.token(&json!({ "exp": 1 }))).await.unwrap_err();
    assert_eq!(denied.reason(), Reason::Token(AccessTokenError::Expired));
    let (status, challenges, body) = told(&denied).await;
    let error = r#"error="invalid_token", error_description="the access token has expired""#;
    assert_eq!(
        (status, challenges.as_slice()),
        (
            401,
            &[
                format!(r#"Bearer {error}, {METADATA}, scope="read""#),
                format!(r#"DPoP {error}, {ALGS}, {METADATA}, scope="read""#),
            ][..]
        )
    );
    assert_eq!(
        body,
        json!({ "error": "invalid_token", "error_description": "the access token has expired" })
    );
}

#[tokio::test]
async fn a_bad_proof_is_told_to_dpop_alone() {
    let world = world().await;
    let holder = Key::ed25519("h");
    let token = world.bound_token(&holder);
    let denied = world
        .dpop(&token, &world.proof(&holder, &token, &json!({ "htm": "GET" })))
        .await
        .unwrap_err();
    let (status, challenges, body) = told(&denied).await;
    assert_eq!((status, &body["error"]), (401, &json!("invalid_dpop_proof")));
    assert_eq!(challenges[0], format!(r#"Bearer {METADATA}, scope="read""#));
    assert!(
        challenges[1].starts_with(r#"DPoP error="invalid_dpop_proof", "#),
        "{challenges:?}"
    );
}

#[tokio::test]
async fn a_missing_scope_is_403_and_names_the_whole_set() {
    let world = world().await;
    let access = world.bearer(&world.token(&json!({ "scope": "read" }))).await.unwrap();
    let denied = world.guard.demand(&access, &["write", "delete"]).unwrap_err();
    assert_eq!(denied.needed(), ["read", "write", "delete"]);
    let (status, challenges, body) = told(&denied).await;
    let error =
        r#"error="insufficient_scope", error_description="the operation needs more scopes than the access token has""#;
    assert_eq!(
        (status, challenges.as_slice()),
        (
            403,
            &[
                format!(r#"Bearer {error}, {METADATA}, scope="read write delete""#),
                format!(r#"DPoP {error}, {ALGS}, {METADATA}, scope="read write delete""#),
            ][..]
        )
    );
    assert_eq!(body["error"], "insufficient_scope");
    // The same, asked in one go; and a token with no scope at all lacks what every request needs.
    let parts = crate::world::post(&[("authorization", &format!("Bearer {}", world.token(&json!({}))))]);
    assert_eq!(
        world.guard.check(&parts, &["write"]).await.unwrap_err().needed(),
        ["read", "write"]
    );
    assert_eq!(
        world.refusal(&world.token(&json!({ "scope": null }))).await,
        Reason::Scope
    );
}

#[tokio::test]
async fn a_sign_in_that_does_not_suffice_is_401_and_says_which_would() {
    let world = world().await;
    let wanted = verify::SignIn::default().level("phr").level("phrh").within(300);
    let now = crate::world::START;
    let met = |acr: serde_json::Value, at: serde_json::Value| {
        let token = world.token(&json!({ "acr": acr, "auth_time": at }));
        let (world, wanted) = (&world, wanted.clone());
        async move {
            let access = world.bearer(&token).await.unwrap();
            world.guard.demand_sign_in(&access, &wanted)
        }
    };
    met(json!("phr"), json!(now - 300)).await.unwrap();
    met(json!("phrh"), json!(now)).await.unwrap();
    for (acr, at) in [
        (json!("1"), json!(now)),
        (json!("phr"), json!(now - 301)),
        (json!("phr"), json!(null)),
        (json!(null), json!(now)),
        (json!("phr phrh"), json!(now)),
        (json!(["phr"]), json!(now)),
    ] {
        let denied = met(acr.clone(), at.clone()).await.unwrap_err();
        assert_eq!(denied.reason(), Reason::SignIn, "{acr} {at}");
        let (status, challenges, body) = told(&denied).await;
        // RFC 9470 s3.
        let error = r#"error="insufficient_user_authentication", error_description="the operation needs a stronger or a later sign-in of the person""#;
        let wanted = r#"acr_values="phr phrh", max_age="300""#;
        assert_eq!(
            (status, challenges.as_slice()),
            (
                401,
                &[
                    format!("Bearer {error}, {METADATA}, {wanted}"),
                    format!("DPoP {error}, {ALGS}, {METADATA}, {wanted}"),
                ][..]
            )
        );
        assert_eq!(body["error"], "insufficient_user_authentication");
    }
}

#[tokio::test]
async fn a_broad_scope_does_for_the_narrow_ones() {
    let world = world().await;
    let access = world.bearer(&world.token(&json!({ "scope": "admin" }))).await.unwrap();
    world.guard.demand(&access, &["write"]).unwrap();
    assert!(access.has("read") && access.has("write") && access.has("admin") && !access.has("delete"));
    let access = world
        .bearer(&world.token(&json!({ "scope": "read write" })))
        .await
        .unwrap();
    assert_eq!(
        world.guard.demand(&access, &["admin"]).unwrap_err().reason(),
        Reason::Scope
    );
}

#[tokio::test]
async fn a_scope_that_cannot_stand_in_a_challenge_is_never_granted() {
    let world = world().await;
    let access = world.bearer(&world.token(&json!({ "scope": "read" }))).await.unwrap();
    let denied = world
        .guard
        .demand(&access, &["a\", error=\"x", "b\r\nX: y"])
        .unwrap_err();
    assert_eq!(world.guard.demand(&access, &[""]).unwrap_err().reason(), Reason::Scope);
    let (_, challenges, _) = told(&denied).await;
    assert!(
        challenges.iter().all(|line| line.ends_with(r#"scope="read""#)),
        "{challenges:?}"
    );
}

#[tokio::test]
async fn an_origin_that_is_not_ours_is_403_without_challenge() {
    let world = world().await;
    let bearer = format!("Bearer {}", world.token(&json!({})));
    for origin in [
        "https://evil.example",
        "null",
        "http://mcp.example",
        "https://mcp.example:8443",
        "",
    ] {
        let denied = world
            .check(&[("authorization", &bearer), ("origin", origin)])
            .await
            .unwrap_err();
        let (status, challenges, body) = told(&denied).await;
        assert_eq!(
            (status, challenges.len(), &body["error"]),
            (403, 0, &json!("origin_not_allowed")),
            "{origin}"
        );
    }
    let two = [
        ("authorization", bearer.as_str()),
        ("origin", "https://mcp.example"),
        ("origin", "https://mcp.example"),
    ];
    assert_eq!(world.check(&two).await.unwrap_err().reason(), Reason::Origin);
    for origin in ["https://mcp.example", "http://localhost:6274", "http://127.0.0.1:6274"] {
        world
            .check(&[("authorization", &bearer), ("origin", origin)])
            .await
            .unwrap();
    }
    let listed = World::with(|builder| builder.allowed_origins(["https://app.example"])).await;
    let bearer = format!("Bearer {}", listed.token(&json!({})));
    listed
        .check(&[("authorization", &bearer), ("origin", "https://app.example")])
        .await
        .unwrap();
    let local = listed
        .check(&[("authorization", &bearer), ("origin", "http://localhost:6274")])
        .await;
    assert_eq!(local.unwrap_err().reason(), Reason::Origin);
}

#[tokio::test]
async fn nothing_of_the_request_comes_back_or_goes_to_the_log() {
    let world = world().await;
    let marked = world.token(&json!({ "sub": "marked-subject", "aud": "https://marked.example" }));
    let denied = world.bearer(&marked).await.unwrap_err();
    let (_, challenges, body) = told(&denied).await;
    let everything = format!("{challenges:?} {body} {denied} {denied:?} {}", denied.reason().code());
    assert!(
        !everything.contains("marked") && !everything.contains(&marked),
        "{everything}"
    );
    assert_eq!(denied.reason().code(), "token_audience");
}

#[tokio::test]
async fn the_metadata_says_what_rfc_9728_asks_for() {
    let world = world().await;
    assert_eq!(
        *world.guard.metadata(),
        json!({
            "resource": "https://mcp.example/mcp",
            "authorization_servers": [world.issuer.url],
            "scopes_supported": ["read", "write"],
            "bearer_methods_supported": ["header"],
            "dpop_signing_alg_values_supported": ["EdDSA", "Ed25519", "ES256", "RS256", "PS256"],
        })
    );
    let words: Vec<_> = world.guard.scopes().collect();
    assert_eq!(words, [("read", "Read"), ("write", "Write")]);
    let named = Guard::builder("https://as.example/t1", "https://api.example")
        .name("Notes")
        .build()
        .unwrap();
    assert_eq!(named.metadata()["resource_name"], "Notes");
    assert_eq!(named.metadata()["resource"], "https://api.example");
    assert_eq!(
        named.metadata_url(),
        "https://api.example/.well-known/oauth-protected-resource"
    );
    assert_eq!(named.resource(), "https://api.example");
    let slash = Guard::builder("https://as.example", "https://api.example/v1/")
        .build()
        .unwrap();
    assert_eq!(
        slash.metadata_url(),
        "https://api.example/.well-known/oauth-protected-resource/v1/"
    );
}
