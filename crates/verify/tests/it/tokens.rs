//! Which tokens pass.

use proof::{
    Malformed,
    access_token::AccessTokenError::{self, Expired, NotYetValid, WrongAudience, WrongIssuer, WrongType},
    jws::Rejected,
};
use serde_json::{Value, json};
use verify::{Reason, Time};

use crate::{
    issuer::{Key, base64url},
    world::{RESOURCE, World, merged},
};

fn token_error(error: AccessTokenError) -> Reason {
    Reason::Token(error)
}

fn jws_error(error: Rejected) -> Reason {
    Reason::Token(AccessTokenError::Jws(error))
}

#[tokio::test]
async fn a_good_token_passes_and_says_who_it_is() {
    let world = World::new().await;
    let act = json!({ "sub": "agent-1" });
    let access = world
        .bearer(&world.token(&json!({ "scope": "read write", "act": act })))
        .await
        .unwrap();
    assert_eq!(access.subject(), "user-1");
    assert_eq!(access.client_id(), "client-1");
    assert_eq!(access.scopes().collect::<Vec<_>>(), ["read", "write"]);
    assert_eq!(access.jkt(), None);
    assert_eq!(access.expires(), Time::from_unix(world.clock.now() + 300));
    assert_eq!(access.claims()["act"], act);
}

#[tokio::test]
async fn a_token_says_exactly_what_it_is_good_for() {
    let world = World::new().await;
    let payment = json!({ "type": "payment", "amount": { "value": "29.99", "currency": "EUR" } });
    let asked = json!({ "authorization_details": [payment, { "type": "calendar" }] });
    let access = world.bearer(&world.token(&asked)).await.unwrap();
    let details: Vec<Value> = access.authorization_details().cloned().map(Value::Object).collect();
    assert_eq!(details, [payment, json!({ "type": "calendar" })]);

    // A token without any, or with something that is no list of them, is good for nothing in particular.
    for claims in [
        json!({}),
        json!({ "authorization_details": "payment" }),
        json!({ "authorization_details": { "type": "payment" } }),
        json!({ "authorization_details": ["payment", 1, null] }),
    ] {
        let access = world.bearer(&world.token(&claims)).await.unwrap();
        assert_eq!(access.authorization_details().count(), 0, "{claims}");
    }
}

#[tokio::test]
async fn every_algorithm_of_the_issuer_passes() {
    let world = World::new().await;
    let p256 = Key::p256("key-2");
    world.issuer.change(|script| script.keys.push(p256.clone()));
    world.bearer(&world.token(&json!({}))).await.unwrap();
    world.bearer(&p256.sign("at+jwt", &world.claims())).await.unwrap();
}

#[tokio::test]
async fn s_11_the_algorithm_is_the_keys_and_never_the_tokens() {
    let world = World::new().await;
    let key = world.issuer.key();
    let claims = world.claims().to_string();
    let public = key.bare_jwk()["x"].as_str().unwrap().to_owned();
    for alg in ["none", "None", "nOnE", ""] {
        let header = json!({ "typ": "at+jwt", "alg": alg, "kid": "key-1" }).to_string();
        let unsigned = [
            base64url(header.as_bytes()),
            base64url(claims.as_bytes()),
            String::new(),
        ]
        .join(".");
        assert_eq!(world.refusal(&unsigned).await, jws_error(Rejected::Algorithm), "{alg}");
    }
    // HMAC keyed by what everybody knows: the public key.
    let header = json!({ "typ": "at+jwt", "alg": "HS256", "kid": "key-1" }).to_string();
    let input = [base64url(header.as_bytes()), base64url(claims.as_bytes())].join(".");
    let mac_key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, public.as_bytes());
    let mac = base64url(aws_lc_rs::hmac::sign(&mac_key, input.as_bytes()).as_ref());
    assert_eq!(
        world.refusal(&[input, mac].join(".")).await,
        jws_error(Rejected::Algorithm)
    );
    // A real signature of another kind, under the key id of an Ed25519 key.
    let other = Key::p256("x").named("key-1");
    assert_eq!(
        world.refusal(&other.sign("at+jwt", &world.claims())).await,
        jws_error(Rejected::WrongAlgorithm)
    );
    // ECDSA with r = s = 0 under a P-256 key.
    let p256 = Key::p256("key-2");
    world.issuer.change(|script| script.keys.push(p256.clone()));
    world.clock.pass(20);
    world.bearer(&p256.sign("at+jwt", &world.claims())).await.unwrap();
    let good = p256.sign("at+jwt", &world.claims());
    let (input, _) = good.rsplit_once('.').unwrap();
    let zero = [input, &base64url(&[0; 64])].join(".");
    assert_eq!(world.refusal(&zero).await, jws_error(Rejected::Signature));
}

#[tokio::test]
async fn s_12_no_key_comes_from_the_header() {
    let world = World::new().await;
    let foreign = Key::ed25519("key-1");
    let claims = world.claims().to_string();
    for extra in [
        json!({ "jwk": foreign.jwk() }),
        json!({ "jku": format!("{}/other-jwks", world.issuer.url) }),
        json!({ "x5u": format!("{}/other-x5u", world.issuer.url) }),
        json!({ "x5c": ["MIIB"] }),
    ] {
        let header = merged(json!({ "typ": "at+jwt", "alg": "EdDSA", "kid": "key-1" }), &extra);
        let token = foreign.sign_raw(&header.to_string(), &claims);
        assert_eq!(world.refusal(&token).await, jws_error(Rejected::Signature), "{extra}");
    }
    assert_eq!(world.issuer.asked("/other-jwks") + world.issuer.asked("/other-x5u"), 0);
    for kid in ["../../etc/passwd", "' OR 1=1 --", &"k".repeat(4096)] {
        let header = json!({ "typ": "at+jwt", "alg": "EdDSA", "kid": kid });
        let token = world.issuer.key().sign_raw(&header.to_string(), &claims);
        assert_eq!(world.refusal(&token).await, jws_error(Rejected::UnknownKey));
    }
    let header = json!({ "typ": "at+jwt", "alg": "EdDSA", "kid": "key-1", "crit": ["exp"] });
    let token = world.issuer.key().sign_raw(&header.to_string(), &claims);
    assert_eq!(world.refusal(&token).await, jws_error(Rejected::Critical));
}

#[tokio::test]
async fn s_13_claims_of_the_wrong_type_are_not_absent_claims() {
    let world = World::new().await;
    for claims in [
        json!({ "exp": "9999999999" }),
        json!({ "exp": [9_999_999_999_i64] }),
        json!({ "exp": 9_999_999_999.5 }),
        json!({ "exp": -1 }),
        json!({ "exp": true }),
        json!({ "iat": "1" }),
        json!({ "nbf": "0" }),
        json!({ "sub": 1 }),
        json!({ "sub": "" }),
        json!({ "client_id": ["client-1"] }),
        json!({ "scope": ["read"] }),
        json!({ "scope": "read  write" }),
        json!({ "aud": { "x": 1 } }),
        json!({ "iss": 1 }),
        json!({ "cnf": "x" }),
        // Required claims that are not there.
        json!({ "exp": null }),
        json!({ "iat": null }),
        json!({ "sub": null }),
        json!({ "aud": null }),
        json!({ "iss": null }),
        json!({ "jti": null }),
        json!({ "client_id": null }),
    ] {
        let reason = world.refusal(&world.token(&claims)).await;
        assert!(
            matches!(reason, Reason::Token(AccessTokenError::Malformed(_))),
            "{claims}: {reason:?}"
        );
    }
}

#[tokio::test]
async fn s_13_json_that_two_parsers_read_differently_is_refused() {
    let world = World::new().await;
    let good = world.claims().to_string();
    let body = good.strip_suffix('}').unwrap();
    let nested = format!(
        r#"{body},"act":{}1{}}}"#,
        r#"{"act":"#.repeat(10_000),
        "}".repeat(10_000)
    );
    for (payload, expected) in [
        (
            format!(r#"{body},"aud":"https://other.example"}}"#),
            Rejected::Payload(Malformed::Duplicate),
        ),
        (
            format!(r#"{body},"x":9223372036854775808}}"#),
            Rejected::Payload(Malformed::Number),
        ),
        (format!("{good} x"), Rejected::Payload(Malformed::Json)),
        ("[]".to_owned(), Rejected::Payload(Malformed::NotAnObject)),
        (nested, Rejected::TooLarge),
        (
            format!(r#"{body},"act":{}1{}}}"#, r#"{"act":"#.repeat(9), "}".repeat(9)),
            Rejected::Payload(Malformed::TooDeep),
        ),
    ] {
        let header = json!({ "typ": "at+jwt", "alg": "EdDSA", "kid": "key-1" });
        let token = world.issuer.key().sign_raw(&header.to_string(), &payload);
        let reason = world.refusal(&token).await;
        assert_eq!(reason, jws_error(expected), "{payload:.200}");
    }
    // The JSON reader or the rule for numbers refuses this one; which of them does not matter.
    let header = json!({ "typ": "at+jwt", "alg": "EdDSA", "kid": "key-1" });
    let token = world
        .issuer
        .key()
        .sign_raw(&header.to_string(), &format!(r#"{body},"x":1e400}}"#));
    let reason = world.refusal(&token).await;
    assert!(matches!(
        reason,
        Reason::Token(AccessTokenError::Jws(Rejected::Payload(_)))
    ));
}

#[tokio::test]
async fn s_14_no_other_artifact_passes_for_an_access_token() {
    let world = World::new().await;
    let key = world.issuer.key();
    for typ in [
        "JWT",
        "jwt",
        "logout+jwt",
        "dpop+jwt",
        "client-authentication+jwt",
        "oauth-id-jag+jwt",
        "secevent+jwt",
        "at",
        "",
    ] {
        assert_eq!(
            world.refusal(&key.sign(typ, &world.claims())).await,
            token_error(WrongType),
            "{typ}"
        );
    }
    // An ID token for this very audience, as OpenID Connect writes it: no typ at all.
    let header = json!({ "alg": "EdDSA", "kid": "key-1" });
    let claims = merged(
        world.claims(),
        &json!({ "nonce": "n", "client_id": null, "scope": null }),
    );
    assert_eq!(
        world
            .refusal(&key.sign_raw(&header.to_string(), &claims.to_string()))
            .await,
        token_error(WrongType)
    );
    for typ in ["at+jwt", "AT+JWT", "application/at+jwt"] {
        world.bearer(&key.sign(typ, &world.claims())).await.unwrap();
    }
}

#[tokio::test]
async fn s_14_a_token_that_is_cut_or_longer_is_another_token() {
    let world = World::new().await;
    let token = world.token(&json!({}));
    world.bearer(&token).await.unwrap();
    for cut in 1..token.len() {
        assert!(
            world.bearer(token.get(..token.len() - cut).unwrap()).await.is_err(),
            "{cut} characters less"
        );
    }
    for more in ["A", "AA", "=", ".", ".A"] {
        assert!(world.bearer(&format!("{token}{more}")).await.is_err(), "{more} more");
    }
}

#[tokio::test]
async fn s_15_large_tokens_and_many_dots_cost_nothing() {
    let world = World::new().await;
    assert_eq!(
        world.refusal(&".".repeat(1_000_000)).await,
        jws_error(Rejected::TooLarge)
    );
    assert_eq!(world.refusal(&"a".repeat(20_000)).await, jws_error(Rejected::TooLarge));
    assert_eq!(world.refusal(&".".repeat(10_000)).await, jws_error(Rejected::Parts));
    assert_eq!(world.issuer.key_fetches(), 0);
}

#[tokio::test]
async fn s_26_a_token_for_another_resource_is_refused() {
    let world = World::new().await;
    for aud in [
        json!("https://mcp.example"),
        json!("https://mcp.example/mcp/"),
        json!("https://mcp.example/mcp2"),
        json!("https://mcp.example/m"),
        json!("https://MCP.example/mcp"),
        json!("https://mcp.example:443/mcp"),
        json!("http://mcp.example/mcp"),
        json!(world.issuer.url),
        json!([RESOURCE, "https://other.example"]),
        json!([RESOURCE, RESOURCE]),
        json!([]),
        json!(""),
    ] {
        assert_eq!(
            world.refusal(&world.token(&json!({ "aud": aud }))).await,
            token_error(WrongAudience),
            "{aud}"
        );
    }
    world.bearer(&world.token(&json!({ "aud": [RESOURCE] }))).await.unwrap();
}

#[tokio::test]
async fn a_token_of_another_issuer_is_refused_even_under_our_key() {
    let world = World::new().await;
    for iss in [
        format!("{}/", world.issuer.url),
        "https://as.example".to_owned(),
        world.issuer.url.replace("127.0.0.1", "localhost"),
    ] {
        assert_eq!(
            world.refusal(&world.token(&json!({ "iss": iss }))).await,
            token_error(WrongIssuer),
            "{iss}"
        );
    }
}

#[tokio::test]
async fn a_token_lives_from_iat_and_nbf_to_exp_with_five_seconds_of_tolerance() {
    let world = World::new().await;
    let now = world.clock.now();
    for (claims, expected) in [
        (json!({ "exp": now - 4 }), None),
        (json!({ "exp": now - 5 }), Some(Expired)),
        (json!({ "exp": 0 }), Some(Expired)),
        (json!({ "iat": now + 5 }), None),
        (json!({ "iat": now + 6 }), Some(NotYetValid)),
        (json!({ "nbf": now + 5 }), None),
        (json!({ "nbf": now + 6 }), Some(NotYetValid)),
    ] {
        let answer = world.bearer(&world.token(&claims)).await;
        assert_eq!(
            answer.err().map(|denied| denied.reason()),
            expected.map(token_error),
            "{claims}"
        );
    }
    let token = world.token(&json!({}));
    world.clock.pass(304);
    world.bearer(&token).await.unwrap();
    world.clock.pass(1);
    assert_eq!(world.refusal(&token).await, token_error(Expired));
}

#[tokio::test]
async fn a_confirmation_we_cannot_demand_refuses_the_token() {
    let world = World::new().await;
    for cnf in [
        json!({}),
        json!({ "x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2" }),
        json!({ "jkt": "short" }),
        json!({ "jkt": Key::ed25519("k").thumbprint(), "x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2" }),
        Value::Object(serde_json::Map::from_iter([(
            "jwk".to_owned(),
            Key::ed25519("k").bare_jwk(),
        )])),
    ] {
        let reason = world.refusal(&world.token(&json!({ "cnf": cnf }))).await;
        assert_eq!(reason, token_error(AccessTokenError::Confirmation), "{cnf}");
    }
}
