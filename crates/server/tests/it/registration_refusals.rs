//! What nobody may register, and what gives nothing (S-24, S-38).

use kernel::registration::UNUSED_SECONDS;
use serde_json::{Value, json};

use crate::{
    registration::{CALLBACK, app, call, least, own, register, registering, sweep, token},
    setup::{MCP, refused, with, without},
};

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one table, and what it is for")]
async fn s_24_what_nobody_may_register() {
    let world = registering("open").await;
    let uris = |uri: &str| with(&least(), "redirect_uris", json!([CALLBACK, uri]));
    let many: Vec<String> = (0..21).map(|n| format!("https://app.example/{n}")).collect();
    let rsa = |bytes: usize, e: &str| json!({ "keys": [{ "kty": "RSA", "n": proof::base64url::encode(&vec![0xff; bytes]), "e": e }] });
    let by_key = |jwks: Value| {
        with(
            &with(&least(), "token_endpoint_auth_method", "private_key_jwt"),
            "jwks",
            jwks,
        )
    };
    let mut private = Value::Object(testkit::Key::new(proof::Algorithm::ES256).public_jwk());
    private["d"] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE".into();
    for (what, body) in [
        ("no redirect_uris", without(&least(), "redirect_uris")),
        ("empty redirect_uris", with(&least(), "redirect_uris", json!([]))),
        ("21 redirect_uris", with(&least(), "redirect_uris", json!(many))),
        ("javascript", uris("javascript:alert(1)")),
        ("JavaScript", uris("JaVaScRiPt:alert(1)")),
        ("data", uris("data:text/html,x")),
        ("vbscript", uris("vbscript:x")),
        ("blob", uris("blob:https://app.example/x")),
        ("file", uris("file:///etc/passwd")),
        ("about", uris("about:blank")),
        ("a scheme without a dot", uris("myapp:/callback")),
        ("http elsewhere", uris("http://app.example/callback")),
        ("http near loopback", uris("http://127.0.0.1.app.example/")),
        ("localhost of somebody", uris("http://localhost.app.example/")),
        ("a user name", uris("https://bank.example@evil.example/")),
        ("a user name on loopback", uris("http://localhost@evil.example/")),
        ("a fragment", uris("https://app.example/#x")),
        ("an empty fragment", uris("https://app.example/#")),
        ("a wildcard", uris("https://*.app.example/")),
        ("a wildcard path", uris("https://app.example/*")),
        ("a tab", uris("https://app.example/\tx")),
        ("a newline", uris("https://app.example/\nx")),
        ("a backslash", uris("https://app.example\\@evil.example/")),
        ("a capital host", uris("https://APP.example/")),
        ("a relative one", uris("/callback")),
        ("nothing", uris("")),
        (
            "2001 bytes",
            uris(&format!("https://app.example/{}", "x".repeat(1_981))),
        ),
        (
            "a web site on this computer",
            with(&uris("http://127.0.0.1/cb"), "application_type", "web"),
        ),
    ] {
        refused(&register(&world, &body).await, 400, "invalid_redirect_uri", what);
    }
    for (what, body) in [
        (
            "a name of 201 characters",
            with(&least(), "client_name", "\u{e4}".repeat(201)),
        ),
        ("a control character", with(&least(), "client_name", "A\u{0}B")),
        ("an escape", with(&least(), "client_name", "A\u{1b}[2J")),
        ("a name that is a number", with(&least(), "client_name", 7)),
        ("a name that is null", with(&least(), "client_name", Value::Null)),
        ("redirect_uris as a text", with(&least(), "redirect_uris", CALLBACK)),
        ("redirect_uris of numbers", with(&least(), "redirect_uris", json!([1]))),
        (
            "65 redirect_uris",
            with(&least(), "redirect_uris", json!(vec![CALLBACK; 65])),
        ),
        (
            "a script for a page",
            with(&least(), "client_uri", "javascript:alert(1)"),
        ),
        (
            "a page with a user name",
            with(&least(), "client_uri", "https://bank.example@evil.example/"),
        ),
        (
            "a page of 2001 bytes",
            with(
                &least(),
                "client_uri",
                format!("https://app.example/{}", "x".repeat(1_981)),
            ),
        ),
        (
            "a method of nobody",
            with(&least(), "token_endpoint_auth_method", "client_secret_jwt"),
        ),
        (
            "keys without keys",
            with(&least(), "token_endpoint_auth_method", "private_key_jwt"),
        ),
        (
            "keys here and elsewhere",
            with(
                &by_key(json!({ "keys": [testkit::Key::new(proof::Algorithm::ES256).public_jwk()] })),
                "jwks_uri",
                "https://app.example/jwks",
            ), // RFC 7591 s2: not both
        ),
        (
            "keys behind an address without TLS",
            with(
                &with(&least(), "token_endpoint_auth_method", "private_key_jwt"),
                "jwks_uri",
                "http://app.example/jwks",
            ),
        ),
        (
            "a picture that is a script",
            with(&least(), "logo_uri", "javascript:alert(1)"),
        ),
        (
            "terms that are a script",
            with(&least(), "tos_uri", "javascript:alert(1)"),
        ),
        (
            "a policy that is a script",
            with(&least(), "policy_uri", "data:text/html,x"),
        ),
        ("RSA of 1,024 bits", by_key(rsa(128, "AQAB"))),
        ("RSA of 4,104 bits", by_key(rsa(513, "AQAB"))),
        ("RSA of 16,384 bits", by_key(rsa(2_048, "AQAB"))),
        ("RSA with an exponent of 1", by_key(rsa(256, "AQ"))),
        ("RSA with an exponent of 2", by_key(rsa(256, "Ag"))),
        ("a private key", by_key(json!({ "keys": [private] }))),
        (
            "a private key that is not needed",
            with(&least(), "jwks", json!({ "keys": [private] })),
        ),
        (
            "a symmetric key",
            by_key(json!({ "keys": [{ "kty": "oct", "k": "AAAA" }] })),
        ),
        ("no key", by_key(json!({ "keys": [] }))),
        (
            "no key of a known type",
            by_key(json!({ "keys": [{ "kty": "?" }, { "kty": "OKP", "crv": "X25519", "x": "AAAA" }] })),
        ),
        ("a set that is none", by_key(json!({}))),
        (
            "33 keys",
            by_key(
                json!({ "keys": (0..33).map(|_| Value::Object(testkit::Key::new(proof::Algorithm::ES256).public_jwk())).collect::<Vec<_>>() }),
            ),
        ),
        (
            "a machine",
            with(&least(), "grant_types", json!(["client_credentials"])),
        ),
        ("no grant type at all", with(&least(), "grant_types", json!([]))),
        ("refresh alone", with(&least(), "grant_types", json!(["refresh_token"]))),
        ("implicit", with(&least(), "response_types", json!(["token"]))),
        ("no response type", with(&least(), "response_types", json!([]))),
        ("a strange type", with(&least(), "application_type", "robot")),
        ("a scope that is none", with(&least(), "scope", "a\"b")),
        ("bound or not", with(&least(), "dpop_bound_access_tokens", "yes")),
    ] {
        refused(&register(&world, &body).await, 400, "invalid_client_metadata", what);
    }
    let statement = with(
        &least(),
        "software_statement",
        "eyJhbGciOiJub25lIn0.eyJjbGllbnRfbmFtZSI6Ikdvb2dsZSJ9.",
    );
    refused(
        &register(&world, &statement).await,
        400,
        "unapproved_software_statement",
        "forged",
    );
    for (what, kind, body) in [
        (
            "a form",
            "application/x-www-form-urlencoded",
            "client_name=x".to_owned(),
        ),
        ("text", "text/plain", least().to_string()),
    ] {
        let answer = world
            .send(
                "POST",
                "/oauth2/register",
                &[("content-type", kind.to_owned())],
                Some(body),
            )
            .await;
        refused(&answer, 415, "unsupported_media_type", what);
    }
    for body in [
        "",
        "[]",
        "null",
        "{",
        "\"x\"",
        r#"{"client_name":"a","client_name":"b","redirect_uris":["https://app.example/"]}"#,
    ] {
        let answer = call(&world, "POST", "/oauth2/register", None, Some(body)).await;
        refused(&answer, 400, "invalid_client_metadata", body);
    }
    assert_eq!(
        world.admin("GET", "/admin/v1/clients", None).await.body["clients"],
        json!([]),
        "nothing of all that became a client"
    );

    let twenty: Vec<String> = many[..20].to_vec();
    for (what, body) in [
        ("20 redirect_uris", with(&least(), "redirect_uris", json!(twenty))),
        (
            "2000 bytes",
            uris(&format!("https://app.example/{}", "x".repeat(1_980))),
        ),
        ("200 characters", with(&least(), "client_name", "\u{e4}".repeat(200))),
        ("RSA of 2,048 bits", by_key(rsa(256, "AQAB"))),
        ("RSA of 4,096 bits", by_key(rsa(512, "AQAB"))),
        ("an exponent of 3", by_key(rsa(256, "Aw"))),
        (
            "more grant types",
            with(
                &least(),
                "grant_types",
                json!(["authorization_code", "client_credentials", "implicit", "urn:x"]),
            ),
        ),
        (
            "more response types",
            with(&least(), "response_types", json!(["code", "token"])),
        ),
    ] {
        let made = register(&world, &body).await;
        assert_eq!(made.status, 201, "{what}: {made:?}");
        assert!(
            !made.body["grant_types"].to_string().contains("client_credentials"),
            "{what}"
        );
    }
    world.shows(&["TokenEndpoint/ClientKeySecure"]);
}

#[tokio::test]
async fn s_24_s_38_what_it_says_beyond_metadata_gives_it_nothing() {
    let world = registering("open").await;
    world.resource(MCP, &[]).await;
    let extra = json!({
        "tenant": "acme", "tenant_id": "acme", "status": "active", "verified": true, "role": "admin", "registered": "administrator", "registration": "administrator",
        "client_id": "chosen", "client_secret": "chosen", "client_secret_expires_at": 1, "client_id_issued_at": 1, "expires_at": 9_999_999_999_i64, "expires": null,
        "unused_until": null, "epoch": 99, "created_at": 1, "disabled": false, "disabled_at": null, "introspects_everything": true, "introspects": "everything",
        "resources": [MCP], "user": "alice@demo.test", "userId": "alice", "registration_access_token": "chosen", "registration_client_uri": "https://evil.example/",
        "token_algorithm": "ES256", "access_token_signed_response_alg": "ES256", "logo_uri": "https://evil.example/x.svg", "contacts": ["x"], "jwks_uri": "https://evil.example/jwks",
        "software_id": "4", "software_version": "1", "frobnicate": { "deep": [null] }, "client_name#de": "x"
    });
    let mut body = least();
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    let made = register(&world, &body).await;
    assert_eq!(made.status, 201, "{made:?}");
    let mut said: Vec<&str> = made.body.as_object().unwrap().keys().map(String::as_str).collect();
    said.sort_unstable();
    let may = [
        "client_id",
        "client_id_issued_at",
        "client_name",
        "client_secret",
        "client_secret_expires_at",
        "grant_types",
        "jwks_uri",
        "logo_uri",
        "redirect_uris",
        "registration_access_token",
        "registration_client_uri",
        "response_types",
        "token_endpoint_auth_method",
    ];
    assert_eq!(said, may, "nothing is echoed that is not known here");
    for chosen in ["client_id", "client_secret", "registration_access_token"] {
        assert_ne!(made.text_of(chosen), "chosen", "{chosen}");
    }
    assert_eq!(made.body["client_id_issued_at"], world.now());
    assert!(made.text_of("registration_client_uri").starts_with(&world.issuer));
    // How an administrator sees it: by itself, at this tenant, with nothing.
    let shown = world
        .admin("GET", &format!("/admin/v1/clients/{}", made.text_of("client_id")), None)
        .await;
    assert_eq!(
        (shown.status, shown.text_of("registered_by")),
        (200, "itself"),
        "{shown:?}"
    );
    assert_ne!(shown.body["introspects_everything"], true, "{shown:?}");
    // The tokens of machines are not for it, for any resource.
    let client = app(&world, &made, CALLBACK).client;
    for form in [
        vec![],
        vec![("resource", MCP.to_owned())],
        vec![("scope", "read".to_owned())],
    ] {
        refused(
            &world.token(&client, &form, &[]).await,
            400,
            "unauthorized_client",
            "client_credentials",
        );
    }
    // The same at a replacement; id and secret may be repeated there, and not chosen (RFC 7592 s2.2).
    let mine = with(&body, "client_id", made.text_of("client_id"));
    for (what, chosen) in [
        ("both", body.clone()),
        ("the secret", mine.clone()),
        ("the id", with(&body, "client_secret", made.text_of("client_secret"))),
    ] {
        let answer = call(
            &world,
            "PUT",
            &own(&made),
            Some(token(&made)),
            Some(&chosen.to_string()),
        )
        .await;
        refused(&answer, 400, "invalid_client_metadata", what);
    }
    let mine = with(&mine, "client_secret", made.text_of("client_secret"));
    let again = call(&world, "PUT", &own(&made), Some(token(&made)), Some(&mine.to_string())).await;
    assert_eq!(again.status, 200, "{again:?}");
    assert_eq!(again.text_of("client_id"), made.text_of("client_id"));
    let shown = world
        .admin("GET", &format!("/admin/v1/clients/{}", made.text_of("client_id")), None)
        .await;
    assert_eq!(shown.text_of("registered_by"), "itself", "{shown:?}");
    world.advance(UNUSED_SECONDS + 1);
    sweep(&world).await;
    let gone = world
        .admin("GET", &format!("/admin/v1/clients/{}", made.text_of("client_id")), None)
        .await;
    assert_eq!(gone.status, 404, "it did not give itself a longer life: {gone:?}");
}
