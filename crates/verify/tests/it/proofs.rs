//! Tokens that are bound to a key (RFC 9449).

use http::{HeaderMap, Request};
use proof::{dpop::DpopError, jws::Rejected};
use serde_json::json;
use verify::Reason;

use crate::{
    issuer::Key,
    world::{RESOURCE, World, ath, challenges, merged, proof_with, unique},
};

#[tokio::test]
async fn a_bound_token_passes_with_a_proof_of_its_key() {
    let world = World::new().await;
    for holder in [Key::ed25519("h"), Key::p256("h")] {
        let token = world.bound_token(&holder);
        let access = world
            .dpop(&token, &world.proof(&holder, &token, &json!({})))
            .await
            .unwrap();
        assert_eq!(access.jkt(), Some(holder.thumbprint().as_str()));
    }
}

#[tokio::test]
async fn s_17_a_bound_token_never_passes_as_bearer() {
    let world = World::new().await;
    let holder = Key::ed25519("h");
    let token = world.bound_token(&holder);
    let denied = world.bearer(&token).await.unwrap_err();
    assert_eq!(
        (denied.reason(), denied.status().as_u16()),
        (Reason::BoundAsBearer, 401)
    );
    assert!(challenges(denied.response().headers())[0].contains(r#"error="invalid_token""#));
    // Not even with a good proof beside it.
    let proof = world.proof(&holder, &token, &json!({}));
    let headers = [("authorization", format!("Bearer {token}")), ("dpop", proof)];
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(world.check(&headers).await.unwrap_err().reason(), Reason::BoundAsBearer);
}

#[tokio::test]
async fn s_17_a_bearer_token_never_passes_as_dpop() {
    let world = World::new().await;
    let (holder, token) = (Key::ed25519("h"), world.token(&json!({})));
    let denied = world
        .dpop(&token, &world.proof(&holder, &token, &json!({})))
        .await
        .unwrap_err();
    assert_eq!(
        (denied.reason(), denied.status().as_u16()),
        (Reason::BearerAsBound, 401)
    );
}

#[tokio::test]
async fn s_17_a_proof_is_for_one_request() {
    let world = World::new().await;
    let holder = Key::ed25519("h");
    let token = world.bound_token(&holder);
    let other_token = world.bound_token(&holder);
    let now = world.clock.now();
    for (claims, expected) in [
        (json!({ "htm": "GET" }), DpopError::Method),
        (json!({ "htm": "post" }), DpopError::Method),
        (json!({ "htu": "https://mcp.example/MCP" }), DpopError::Url),
        (json!({ "htu": "https://mcp.example/mcp/" }), DpopError::Url),
        (json!({ "htu": "https://mcp.example" }), DpopError::Url),
        (json!({ "htu": "http://mcp.example/mcp" }), DpopError::Url),
        (json!({ "htu": "https://mcp.example:8443/mcp" }), DpopError::Url),
        (json!({ "htu": "https://evil.example/mcp" }), DpopError::Url),
        (json!({ "htu": "/mcp" }), DpopError::Url),
        (json!({ "ath": ath(&other_token) }), DpopError::AccessToken),
        (json!({ "ath": null }), DpopError::AccessToken),
        (json!({ "iat": now - 61 }), DpopError::TooOld),
        (json!({ "iat": now + 11 }), DpopError::FromTheFuture),
        (json!({ "jti": "" }), DpopError::Identifier),
        (json!({ "jti": "x".repeat(257) }), DpopError::Identifier),
    ] {
        let denied = world
            .dpop(&token, &world.proof(&holder, &token, &claims))
            .await
            .unwrap_err();
        assert_eq!(denied.reason(), Reason::Proof(expected), "{claims}");
        assert_eq!(denied.status().as_u16(), 401);
    }
    for claims in [
        json!({ "jti": null }),
        json!({ "htm": null }),
        json!({ "htu": null }),
        json!({ "iat": null }),
        json!({ "iat": "1" }),
    ] {
        let reason = world
            .dpop(&token, &world.proof(&holder, &token, &claims))
            .await
            .unwrap_err()
            .reason();
        assert!(
            matches!(reason, Reason::Proof(DpopError::Claims(_))),
            "{claims}: {reason:?}"
        );
    }
    for claims in [
        json!({ "htu": "https://mcp.example/mcp?x=1#y" }),
        json!({ "htu": "HTTPS://MCP.example:443/mcp" }),
        json!({ "htu": "https://mcp.example/%6dcp" }),
        json!({ "iat": now - 60 }),
        json!({ "iat": now + 10 }),
    ] {
        world
            .dpop(&token, &world.proof(&holder, &token, &claims))
            .await
            .expect("RFC 9449 s4.3 lets this pass");
    }
}

#[tokio::test]
async fn s_17_a_proof_is_signed_by_its_own_public_key_and_says_so() {
    let world = World::new().await;
    let (holder, other) = (Key::ed25519("h"), Key::ed25519("o"));
    let token = world.bound_token(&holder);
    let claims =
        json!({ "jti": unique(), "htm": "POST", "htu": RESOURCE, "iat": world.clock.now(), "ath": ath(&token) });
    let with_header =
        |signer: &Key, header: serde_json::Value| signer.sign_raw(&header.to_string(), &claims.to_string());

    let foreign = with_header(
        &other,
        json!({ "typ": "dpop+jwt", "alg": "EdDSA", "jwk": holder.bare_jwk() }),
    );
    assert_eq!(
        world.dpop(&token, &foreign).await.unwrap_err().reason(),
        Reason::Proof(DpopError::Jws(Rejected::Signature))
    );
    let untyped = with_header(
        &holder,
        json!({ "typ": "JWT", "alg": "EdDSA", "jwk": holder.bare_jwk() }),
    );
    assert_eq!(
        world.dpop(&token, &untyped).await.unwrap_err().reason(),
        Reason::Proof(DpopError::WrongType)
    );
    let private = merged(holder.bare_jwk(), &json!({ "d": "AAAA" }));
    let private = with_header(&holder, json!({ "typ": "dpop+jwt", "alg": "EdDSA", "jwk": private }));
    assert!(matches!(
        world.dpop(&token, &private).await.unwrap_err().reason(),
        Reason::Proof(DpopError::Key(_))
    ));
    let keyless = with_header(&holder, json!({ "typ": "dpop+jwt", "alg": "EdDSA", "kid": "h" }));
    assert!(matches!(
        world.dpop(&token, &keyless).await.unwrap_err().reason(),
        Reason::Proof(DpopError::Key(_))
    ));
    // A good proof, and an access token as proof.
    let good = with_header(
        &holder,
        json!({ "typ": "dpop+jwt", "alg": "EdDSA", "jwk": holder.bare_jwk() }),
    );
    world.dpop(&token, &good).await.unwrap();
    assert_eq!(
        world.dpop(&token, &token).await.unwrap_err().reason(),
        Reason::Proof(DpopError::WrongType)
    );
}

#[tokio::test]
async fn s_17_a_proof_by_another_key_is_refused() {
    let world = World::new().await;
    let token = world.bound_token(&Key::ed25519("h"));
    let thief = Key::ed25519("t");
    let denied = world
        .dpop(&token, &world.proof(&thief, &token, &json!({})))
        .await
        .unwrap_err();
    assert_eq!(denied.reason(), Reason::ForeignKey);
}

#[tokio::test]
async fn s_17_exactly_one_proof() {
    let world = World::new().await;
    let holder = Key::ed25519("h");
    let token = world.bound_token(&holder);
    let authorization = format!("DPoP {token}");
    let denied = world.check(&[("authorization", &authorization)]).await.unwrap_err();
    assert_eq!((denied.reason(), denied.status().as_u16()), (Reason::ProofHeader, 401));
    let (one, two) = (
        world.proof(&holder, &token, &json!({})),
        world.proof(&holder, &token, &json!({})),
    );
    let both = [
        ("authorization", authorization.as_str()),
        ("dpop", &one),
        ("dpop", &two),
    ];
    assert_eq!(world.check(&both).await.unwrap_err().reason(), Reason::ProofHeader);
    let joined = format!("{one}, {two}");
    assert!(world.dpop(&token, &joined).await.is_err());
    assert!(world.dpop(&token, "").await.is_err());
}

#[tokio::test]
async fn s_17_a_proof_passes_once_for_as_long_as_it_would_pass() {
    let world = World::new().await;
    let holder = Key::ed25519("h");
    let token = world.token(&json!({ "cnf": { "jkt": holder.thumbprint() }, "exp": world.clock.now() + 100_000 }));
    for ahead in [0, 10] {
        let proof = world.proof(&holder, &token, &json!({ "iat": world.clock.now() + ahead }));
        world.dpop(&token, &proof).await.unwrap();
        let mut refusals = Vec::new();
        for _ in 0..=(60 + ahead) {
            refusals.push(world.dpop(&token, &proof).await.unwrap_err().reason());
            // Other proofs come in between and move the memory on.
            world
                .dpop(
                    &token,
                    &world.proof(&holder, &token, &json!({ "iat": world.clock.now() + 10 })),
                )
                .await
                .unwrap();
            world.clock.pass(1);
        }
        assert!(
            refusals.iter().all(|reason| *reason == Reason::Replayed),
            "{refusals:?}"
        );
        assert_eq!(
            world.dpop(&token, &proof).await.unwrap_err().reason(),
            Reason::Proof(DpopError::TooOld)
        );
    }
}

#[tokio::test]
async fn s_17_the_same_identifier_under_another_key_is_another_proof() {
    let world = World::new().await;
    let jti = json!({ "jti": "same" });
    for holder in [Key::ed25519("h"), Key::ed25519("h")] {
        let token = world.bound_token(&holder);
        world.dpop(&token, &world.proof(&holder, &token, &jti)).await.unwrap();
        let again = world
            .dpop(&token, &world.proof(&holder, &token, &jti))
            .await
            .unwrap_err();
        assert_eq!(again.reason(), Reason::Replayed);
    }
}

#[tokio::test]
async fn s_17_racers_with_one_proof_have_one_winner() {
    let world = World::new().await;
    let holder = Key::ed25519("h");
    let token = world.bound_token(&holder);
    let proof = world.proof(&holder, &token, &json!({}));
    let racers: Vec<_> = (0..64)
        .map(|_| {
            let (guard, token, proof) = (world.guard.clone(), token.clone(), proof.clone());
            tokio::spawn(async move {
                let request = Request::post("/mcp")
                    .header("authorization", format!("DPoP {token}"))
                    .header("dpop", proof);
                guard
                    .check(&request.body(()).unwrap().into_parts().0, &[])
                    .await
                    .is_ok()
            })
        })
        .collect();
    let mut winners = 0;
    for racer in racers {
        winners += usize::from(racer.await.unwrap());
    }
    assert_eq!(winners, 1);
}

#[tokio::test]
async fn s_17_a_proof_is_not_usable_again_after_the_clock_went_back() {
    let world = World::new().await;
    let holder = Key::ed25519("h");
    let token = world.token(&json!({ "cnf": { "jkt": holder.thumbprint() }, "exp": world.clock.now() + 100_000 }));
    let proof = world.proof(&holder, &token, &json!({}));
    world.dpop(&token, &proof).await.unwrap();
    for _ in 0..10 {
        world.clock.pass(100);
        world
            .dpop(&token, &world.proof(&holder, &token, &json!({})))
            .await
            .unwrap();
    }
    world.clock.pass(-1000);
    assert!(matches!(
        world.dpop(&token, &proof).await.unwrap_err().reason(),
        Reason::Forgotten | Reason::Replayed
    ));
}

#[tokio::test]
async fn a_full_memory_refuses_and_recovers() {
    let world = World::with(|builder| builder.dpop_proofs_max(8)).await;
    let holder = Key::ed25519("h");
    let token = world.token(&json!({ "cnf": { "jkt": holder.thumbprint() }, "exp": world.clock.now() + 1000 }));
    for _ in 0..4 {
        world
            .dpop(&token, &world.proof(&holder, &token, &json!({})))
            .await
            .unwrap();
    }
    let denied = world
        .dpop(&token, &world.proof(&holder, &token, &json!({})))
        .await
        .unwrap_err();
    assert_eq!((denied.reason(), denied.status().as_u16()), (Reason::MemoryFull, 503));
    assert!(denied.response().headers().contains_key("retry-after"));
    // Strangers without a token take up no room, and bearer tokens need none.
    world.bearer(&world.token(&json!({}))).await.unwrap();
    world.clock.pass(142);
    world
        .dpop(&token, &world.proof(&holder, &token, &json!({})))
        .await
        .unwrap();
}

#[tokio::test]
async fn the_url_of_a_proof_does_not_depend_on_host() {
    let world = World::new().await;
    let holder = Key::ed25519("h");
    let token = world.bound_token(&holder);
    let proof = world.proof(&holder, &token, &json!({ "htu": "https://evil.example/mcp" }));
    let headers = [
        ("authorization", &*format!("DPoP {token}")),
        ("dpop", &*proof),
        ("host", "evil.example"),
    ];
    assert_eq!(
        world.check(&headers).await.unwrap_err().reason(),
        Reason::Proof(DpopError::Url)
    );
    // A query belongs to the request and not to the proof.
    let proof = world.proof(&holder, &token, &json!({}));
    let request = Request::post("/mcp?page=2")
        .header("authorization", format!("DPoP {token}"))
        .header("dpop", proof);
    world
        .guard
        .check(&request.body(()).unwrap().into_parts().0, &[])
        .await
        .unwrap();
}

fn nonce_of(headers: &HeaderMap) -> String {
    headers["dpop-nonce"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn nonces_are_asked_for_given_out_and_checked() {
    let world = World::with(|builder| builder.dpop_nonces([7; 32])).await;
    let holder = Key::ed25519("h");
    let token = world.token(&json!({ "cnf": { "jkt": holder.thumbprint() }, "exp": world.clock.now() + 1000 }));

    let without = world
        .dpop(&token, &world.proof(&holder, &token, &json!({})))
        .await
        .unwrap_err();
    assert_eq!((without.reason(), without.status().as_u16()), (Reason::NoNonce, 401));
    let response = without.response();
    let [bearer, dpop] = &*challenges(response.headers()) else {
        panic!("two challenges")
    };
    assert!(dpop.starts_with(r#"DPoP error="use_dpop_nonce""#), "{dpop}");
    assert!(bearer.starts_with("Bearer ") && !bearer.contains("error"), "{bearer}");

    let nonce = nonce_of(response.headers());
    let jti = unique();
    // The refused proof was not used up: the same identifier may come again, with the nonce.
    world
        .dpop(
            &token,
            &world.proof(&holder, &token, &json!({ "nonce": "foreign", "jti": jti })),
        )
        .await
        .unwrap_err();
    world
        .dpop(
            &token,
            &world.proof(&holder, &token, &json!({ "nonce": nonce, "jti": jti })),
        )
        .await
        .unwrap();

    world.clock.pass(301);
    let stale = world
        .dpop(&token, &world.proof(&holder, &token, &json!({ "nonce": nonce })))
        .await
        .unwrap_err();
    assert!(matches!(stale.reason(), Reason::Nonce(_)));
    assert_ne!(nonce_of(stale.response().headers()), nonce);
    // A node with another key made this one.
    let other = World::with(|builder| builder.dpop_nonces([8; 32])).await;
    let theirs = proof_with(
        &holder,
        &json!({
            "jti": unique(), "htm": "POST", "htu": RESOURCE, "iat": other.clock.now(), "ath": ath(&token), "nonce": nonce,
        }),
    );
    let other_token = other.bound_token(&holder);
    let theirs_bound = other.proof(&holder, &other_token, &json!({ "nonce": nonce }));
    assert!(matches!(
        other.dpop(&other_token, &theirs_bound).await.unwrap_err().reason(),
        Reason::Nonce(_)
    ));
    assert!(other.dpop(&token, &theirs).await.is_err());
}
