//! Client assertions at the token endpoint: forged, embedded keys, wrong claims, other audiences, replays (S-11, S-12, S-13, S-18, S-19).

use std::net::TcpListener;

use proof::{Algorithm, base64url};
use serde_json::{Value, json};
use testkit::{Client, Form, Key, World, assertion_form, unique};

use crate::{
    forged::{self, NOT_A_TEXT, NOT_A_TIME},
    setup::{MCP, asking, machine, raw_member, refused, still_well, with, with_assertion, without},
};

fn key_of(client: &Client) -> &Key {
    client.key.as_ref().unwrap()
}

/// The header of a right assertion.
fn header_of(client: &Client) -> Value {
    json!({ "alg": "ES256", "kid": key_of(client).thumbprint(), "typ": "JWT" })
}

async fn is_refused(world: &World, assertion: &str, what: &str) {
    refused(&with_assertion(world, assertion).await, 401, "invalid_client", what);
}

#[tokio::test]
async fn s_11_forged_signatures_of_assertions_are_refused() {
    let (world, client) = machine("private_key_jwt").await;
    let claims = client.assertion_claims(&world);
    for (what, assertion) in forged::algorithm_forgeries(&header_of(&client), &claims, key_of(&client)).await {
        is_refused(&world, &assertion, &what).await;
    }
    let honest = key_of(&client).sign(&header_of(&client), &claims).await;
    for (what, assertion) in forged::other_spellings(&honest) {
        is_refused(&world, &assertion, what).await;
    }
    let other = key_of(&client)
        .sign(&header_of(&client), &client.assertion_claims(&world))
        .await;
    let (input, signature) = (honest.rsplit_once('.').unwrap().0, other.rsplit_once('.').unwrap().1);
    is_refused(
        &world,
        &format!("{input}.{signature}"),
        "the signature of another assertion",
    )
    .await;
    assert_eq!(
        with_assertion(&world, &honest).await.status,
        200,
        "the refused ones did not use it up"
    );
    still_well(&world, &client).await;
    world.shows(&[
        "Jwt/AcceptsNoneSignature",
        "Jwt/IsSignatureRequired",
        "Jwt/IsSignatureChecked",
    ]);
}

#[tokio::test]
async fn s_11_a_key_of_another_client_signs_for_nobody_else() {
    let (world, client) = machine("private_key_jwt").await;
    let other = Client::register(&world, "private_key_jwt", "read", &[MCP]).await;
    let claims = client.assertion_claims(&world);
    for kid in [
        Some(key_of(&client).thumbprint()),
        Some(key_of(&other).thumbprint()),
        None,
    ] {
        let mut header = json!({ "alg": "ES256" });
        if let Some(kid) = kid {
            header["kid"] = kid.into();
        }
        is_refused(
            &world,
            &key_of(&other).sign(&header, &claims).await,
            "signed by another client",
        )
        .await;
    }
    // With the other's names, and this client's name beside them.
    let theirs = other.assertion(&other.assertion_claims(&world)).await;
    let mut form = asking();
    form.extend(assertion_form(&theirs));
    form.push(("client_id", client.id.clone()));
    refused(
        &world.post("/oauth2/token", &[], &form).await,
        401,
        "invalid_client",
        "client_id of another",
    );
    assert_eq!(
        with_assertion(&world, &theirs).await.status,
        200,
        "and it was not used up"
    );
}

#[tokio::test]
async fn s_11_a_client_with_an_eddsa_key_proves_itself_by_eddsa_only() {
    let (world, _) = machine("private_key_jwt").await;
    let members = json!({ "scope": "read", "resources": [MCP] });
    let client = Client::register_with(&world, "private_key_jwt", &members, Some(Key::new(Algorithm::EdDSA))).await;
    let claims = client.assertion_claims(&world);
    for alg in ["ES256", "RS256", "none", "HS256", "Ed448"] {
        let header = json!({ "alg": alg, "kid": key_of(&client).thumbprint() });
        is_refused(&world, &key_of(&client).sign(&header, &claims).await, alg).await;
    }
    let zeros = forged::signed_by(&json!({ "alg": "EdDSA" }), &claims, |_| vec![0; 64]);
    is_refused(&world, &zeros, "a signature of zeros").await;
    assert_eq!(
        with_assertion(&world, &client.assertion(&claims).await).await.status,
        200
    );
}

#[tokio::test]
async fn s_12_nothing_in_the_header_brings_a_key() {
    let (world, client) = machine("private_key_jwt").await;
    let claims = client.assertion_claims(&world);
    let attacker = Key::new(Algorithm::ES256);
    let trap = TcpListener::bind("127.0.0.1:0").unwrap();
    trap.set_nonblocking(true).unwrap();
    let url = format!("http://{}/keys", trap.local_addr().unwrap());
    let jwk = Value::Object(attacker.public_jwk());
    let mut tricks = vec![
        json!({ "jwk": jwk }),
        json!({ "jku": url }),
        json!({ "x5u": url }),
        json!({ "jku": url, "kid": attacker.thumbprint() }),
        json!({ "x5c": ["MIIB"] }),
        json!({ "x5t#S256": attacker.thumbprint() }),
        json!({ "jwk": jwk, "kid": attacker.thumbprint() }),
        json!({ "jwk": jwk, "kid": key_of(&client).thumbprint() }),
    ];
    let long = "k".repeat(4_000);
    let kids = [
        "",
        "../../etc/passwd",
        "' OR '1'='1",
        "*",
        "\u{0}",
        "default",
        long.as_str(),
    ];
    tricks.extend(kids.map(|kid| json!({ "kid": kid })));
    for trick in tricks {
        let mut header = json!({ "alg": "ES256" });
        header
            .as_object_mut()
            .unwrap()
            .extend(trick.as_object().unwrap().clone());
        is_refused(
            &world,
            &attacker.sign(&header, &claims).await,
            &format!("{:.80}", trick.to_string()),
        )
        .await;
    }
    assert!(trap.accept().is_err(), "nothing named in a header is fetched");
}

#[tokio::test]
async fn s_12_key_ids_that_name_no_key_of_the_client_are_refused_even_with_a_right_signature() {
    let (world, client) = machine("private_key_jwt").await;
    let claims = client.assertion_claims(&world);
    for kid in ["../../etc/passwd", "' OR '1'='1", "", client.id.as_str()] {
        let header = json!({ "alg": "ES256", "kid": kid });
        is_refused(&world, &key_of(&client).sign(&header, &claims).await, kid).await;
    }
    let without_kid = key_of(&client).sign(&json!({ "alg": "ES256" }), &claims).await;
    assert_eq!(
        with_assertion(&world, &without_kid).await.status,
        200,
        "RFC 7515 s4.1.4: kid is a hint, and may be absent"
    );
}

#[tokio::test]
async fn s_12_critical_extensions_and_unencoded_payloads_are_refused() {
    let (world, client) = machine("private_key_jwt").await;
    let claims = client.assertion_claims(&world);
    let header = header_of(&client);
    for (name, raw) in [
        ("crit", r#"["exp"]"#),
        ("crit", "[]"),
        ("crit", r#"["b64"]"#),
        ("crit", "null"),
        ("b64", "false"),
        ("b64", "true"),
    ] {
        let assertion = key_of(&client)
            .sign_text(&raw_member(&header, name, raw), &claims.to_string())
            .await;
        is_refused(&world, &assertion, &format!("{name}: {raw}")).await;
    }
}

#[tokio::test]
async fn s_13_headers_of_assertions_have_the_right_types() {
    let (world, client) = machine("private_key_jwt").await;
    let key = key_of(&client);
    let fresh = || client.assertion_claims(&world);
    for typ in [
        "at+jwt",
        "dpop+jwt",
        "application/at+jwt",
        "jwt-bearer",
        "client-authentication",
        "token-introspection+jwt",
        "secevent+jwt",
        "JOSE",
        "",
    ] {
        is_refused(
            &world,
            &key.sign(&with(&header_of(&client), "typ", typ), &fresh()).await,
            typ,
        )
        .await;
    }
    for name in ["typ", "kid", "alg"] {
        for raw in NOT_A_TEXT {
            let assertion = key
                .sign_text(&raw_member(&header_of(&client), name, raw), &fresh().to_string())
                .await;
            is_refused(&world, &assertion, &format!("{name}: {raw}")).await;
        }
    }
    for (what, header) in forged::not_an_object(&header_of(&client)) {
        is_refused(&world, &key.sign_text(&header, &fresh().to_string()).await, what).await;
    }
    let twice = format!(r#"{{"alg":"none",{}"#, &header_of(&client).to_string()[1..]);
    is_refused(&world, &key.sign_text(&twice, &fresh().to_string()).await, "alg twice").await;
    // draft-ietf-oauth-rfc7523bis s4: an explicit type, its long form, or (RFC 7519 s5.1) JWT, or none.
    for typ in [
        "JWT",
        "jwt",
        "client-authentication+jwt",
        "application/client-authentication+jwt",
    ] {
        let answer = with_assertion(
            &world,
            &key.sign(&with(&header_of(&client), "typ", typ), &fresh()).await,
        )
        .await;
        assert_eq!(answer.status, 200, "{typ}: {answer:?}");
    }
    let untyped = key.sign(&without(&header_of(&client), "typ"), &fresh()).await;
    assert_eq!(with_assertion(&world, &untyped).await.status, 200);
}

#[tokio::test]
async fn s_13_claims_of_assertions_have_the_right_types() {
    let (world, client) = machine("private_key_jwt").await;
    let sign = async |claims: String| {
        key_of(&client)
            .sign_text(&header_of(&client).to_string(), &claims)
            .await
    };
    let fresh = || client.assertion_claims(&world);
    for name in ["iss", "sub", "aud", "jti"] {
        for raw in NOT_A_TEXT.iter().chain(&[r#""""#]) {
            is_refused(
                &world,
                &sign(raw_member(&fresh(), name, raw)).await,
                &format!("{name}: {raw}"),
            )
            .await;
        }
    }
    for name in ["exp", "iat", "nbf"] {
        for raw in NOT_A_TIME {
            is_refused(
                &world,
                &sign(raw_member(&fresh(), name, raw)).await,
                &format!("{name}: {raw}"),
            )
            .await;
        }
    }
    for name in ["iss", "sub", "aud", "jti", "exp"] {
        is_refused(
            &world,
            &sign(without(&fresh(), name).to_string()).await,
            &format!("without {name}"),
        )
        .await;
        let claims = fresh();
        for again in [claims[name].to_string(), "null".to_owned()] {
            let twice = format!(r#"{{"{name}":{again},{}"#, &claims.to_string()[1..]);
            is_refused(&world, &sign(twice).await, &format!("{name} twice")).await;
        }
        let escaped = format!(
            r#"{{"\u00{:02x}{}":{},{}"#,
            name.as_bytes()[0],
            &name[1..],
            claims[name],
            &claims.to_string()[1..]
        );
        is_refused(&world, &sign(escaped).await, &format!("{name} twice, once escaped")).await;
    }
    for (what, claims) in forged::not_an_object(&fresh()) {
        is_refused(&world, &sign(claims).await, what).await;
    }
    for (iss, sub) in [
        (client.id.as_str(), "somebody"),
        ("somebody", client.id.as_str()),
        ("", ""),
        ("somebody", "somebody"),
    ] {
        is_refused(
            &world,
            &sign(with(&with(&fresh(), "iss", iss), "sub", sub).to_string()).await,
            "iss is not sub",
        )
        .await;
    }
    is_refused(
        &world,
        &sign(with(&fresh(), "jti", "j".repeat(257)).to_string()).await,
        "a long jti",
    )
    .await;
    let not_utf8 = key_of(&client)
        .sign_parts(
            &base64url::encode(header_of(&client).to_string().as_bytes()),
            &base64url::encode(b"{\"iss\":\"\xff\"}"),
        )
        .await;
    is_refused(&world, &not_utf8, "not UTF-8").await;
    still_well(&world, &client).await;
    world.shows(&["Jwt/HasIssuerClaim", "Jwt/HasSubjectClaim"]);
}

#[tokio::test]
async fn s_13_the_times_of_assertions_are_near() {
    let (world, client) = machine("private_key_jwt").await;
    let now = world.now();
    let timed = async |members: Value| {
        let mut claims = without(&client.assertion_claims(&world), "iat");
        claims
            .as_object_mut()
            .unwrap()
            .extend(members.as_object().unwrap().clone());
        with_assertion(&world, &client.assertion(&claims).await).await
    };
    for good in [
        json!({ "exp": now + 300 }),
        json!({ "exp": now + 1 }),
        json!({ "exp": now + 300, "iat": now, "nbf": now }),
        json!({ "exp": now + 60, "iat": now + 10, "nbf": now + 10 }),
        json!({ "exp": now + 1, "iat": now - 299 }),
    ] {
        assert_eq!(timed(good.clone()).await.status, 200, "{good}");
    }
    let far = i64::MAX;
    for bad in [
        json!({ "exp": now }),
        json!({ "exp": now - 1 }),
        json!({ "exp": 0 }),
        json!({ "exp": now + 311 }),
        json!({ "exp": now + 3_600 }),
        json!({ "exp": far }),
        json!({ "exp": now + 60, "iat": now + 11 }),
        json!({ "exp": now + 60, "nbf": now + 11 }),
        json!({ "exp": now + 1, "iat": now - 300 }),
        json!({ "exp": now + 60, "iat": 0 }),
    ] {
        refused(&timed(bad.clone()).await, 401, "invalid_client", &bad.to_string());
    }
    world.shows(&[
        "Jwt/IsExpirationChecked",
        "Jwt/IsIssuedAtChecked",
        "Jwt/IsNotBeforeChecked",
    ]);
}

#[tokio::test]
async fn s_18_an_assertion_works_once() {
    let (world, client) = machine("private_key_jwt").await;
    let assertion = client.assertion(&client.assertion_claims(&world)).await;
    assert_eq!(with_assertion(&world, &assertion).await.status, 200);
    is_refused(&world, &assertion, "the second time").await;
    let second = world.second_node().await;
    is_refused(&second, &assertion, "on another node").await;
    second.end().await;
    let claims = client.assertion_claims(&world);
    assert_eq!(
        with_assertion(&world, &client.assertion(&claims).await).await.status,
        200
    );
    let again = with(&claims, "exp", world.now() + 90);
    is_refused(
        &world,
        &client.assertion(&again).await,
        "the same jti in an assertion that was signed anew",
    )
    .await;

    let world = world.restart().await;
    is_refused(&world, &assertion, "after a restart").await;
    world.advance(59);
    is_refused(&world, &assertion, "in its last second").await;
    assert_eq!(
        world.events("proof.replayed").await,
        5,
        "each replay is in the log while the assertion lives"
    );
    world.advance(11);
    is_refused(&world, &assertion, "after its end").await;
    still_well(&world, &client).await;
    world.shows(&["Jwt/IsJwtReplayDetected"]);
}

#[tokio::test]
async fn s_18_marks_belong_to_their_client() {
    let (world, client) = machine("private_key_jwt").await;
    let other = Client::register(&world, "private_key_jwt", "read", &[MCP]).await;
    let jti = unique();
    for client in [&client, &other] {
        let claims = with(&client.assertion_claims(&world), "jti", jti.as_str());
        assert_eq!(
            with_assertion(&world, &client.assertion(&claims).await).await.status,
            200,
            "nobody can use up another client's jti"
        );
    }
}

#[tokio::test]
async fn s_18_an_assertion_is_used_up_at_every_endpoint() {
    let (world, client) = machine("private_key_jwt").await;
    for first in ["/oauth2/introspect", "/oauth2/revoke"] {
        let assertion = client.assertion(&client.assertion_claims(&world)).await;
        let mut form: Form<'_> = vec![("token", "x".to_owned())];
        form.extend(assertion_form(&assertion));
        assert_eq!(world.post(first, &[], &form).await.status, 200);
        is_refused(&world, &assertion, first).await;
    }
}

#[tokio::test]
async fn s_18_an_assertion_does_not_count_in_another_tenant() {
    let (world, _) = machine("private_key_jwt").await;
    let acme = world.tenant_by_path("acme").await;
    let key = Key::new(Algorithm::ES256);
    let jwks = json!({ "keys": [key.public_jwk()] });
    let body = json!({ "client_id": "twin", "client_name": "Twin", "token_endpoint_auth_method": "private_key_jwt", "grant_types": ["client_credentials"], "jwks": jwks, "scope": "x" });
    assert_eq!(world.admin("POST", "/admin/v1/clients", Some(&body)).await.status, 201);
    assert_eq!(
        acme.admin(&world, "POST", "/admin/v1/clients", Some(&body))
            .await
            .status,
        201
    );
    let claims = |issuer: &str| json!({ "iss": "twin", "sub": "twin", "aud": issuer, "jti": unique(), "iat": world.now(), "exp": world.now() + 60 });
    let ask = async |there: &str, claims: &Value| {
        let mut form: Form<'_> = vec![("grant_type", "client_credentials".to_owned())];
        form.extend(assertion_form(&key.sign(&json!({ "alg": "ES256" }), claims).await));
        world.post(&format!("{there}/oauth2/token"), &[], &form).await
    };
    refused(
        &ask("/t/acme", &claims(&world.issuer)).await,
        401,
        "invalid_client",
        "made for the default tenant",
    );
    refused(
        &ask("", &claims(&acme.issuer)).await,
        401,
        "invalid_client",
        "made for acme",
    );
    // Where it is for, it counts: and the marks of one tenant are not those of the other.
    let jti = unique();
    assert_eq!(
        ask("", &with(&claims(&world.issuer), "jti", jti.as_str())).await.status,
        200
    );
    assert_eq!(
        ask("/t/acme", &with(&claims(&acme.issuer), "jti", jti.as_str()))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn s_19_the_audience_is_our_issuer_as_one_string() {
    let (world, client) = machine("private_key_jwt").await;
    let acme = world.tenant_by_path("acme").await;
    let issuer = world.issuer.as_str();
    let audiences = vec![
        json!(format!("{issuer}/oauth2/token")),
        json!(format!("{issuer}/oauth2/introspect")),
        json!(format!("{issuer}/")),
        json!(format!("{issuer}?")),
        json!(format!("{issuer}#")),
        json!(format!(" {issuer}")),
        json!([issuer]),
        json!([issuer, "https://evil.example.com"]),
        json!(["https://evil.example.com", issuer]),
        json!([issuer, issuer]),
        json!([]),
        json!(acme.issuer),
        json!([issuer, acme.issuer]),
        json!(issuer.to_uppercase()),
        json!(issuer.replace("http://", "HTTP://")),
        json!(issuer.replace("127.0.0.1", "localhost")),
        json!(issuer.replace("http://", "https://")),
        json!(issuer.replace("http://", "")),
        json!(MCP),
        json!(client.id),
        json!({ "0": issuer }),
        Value::Null,
    ];
    for audience in audiences {
        let claims = with(&client.assertion_claims(&world), "aud", audience.clone());
        is_refused(&world, &client.assertion(&claims).await, &audience.to_string()).await;
    }
    let many = with(&client.assertion_claims(&world), "aud", vec![issuer; 300]);
    is_refused(&world, &client.assertion(&many).await, "three hundred audiences").await;
    still_well(&world, &client).await;
    world.shows(&[
        "Jwt/HasAudienceClaim",
        "Jwt/SupportsJwtClientAuthentication",
        "DocumentSupport/RFC7523Supported",
    ]);
}

#[tokio::test]
async fn assertion_types_other_than_jwt_bearer_are_refused() {
    let (world, client) = machine("private_key_jwt").await;
    for kind in [
        "",
        "urn:ietf:params:oauth:client-assertion-type:saml2-bearer",
        "jwt-bearer",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
    ] {
        let mut form = asking();
        form.push(("client_assertion_type", kind.to_owned()));
        form.push((
            "client_assertion",
            client.assertion(&client.assertion_claims(&world)).await,
        ));
        refused(
            &world.post("/oauth2/token", &[], &form).await,
            401,
            "invalid_client",
            kind,
        );
    }
}
