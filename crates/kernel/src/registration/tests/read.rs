//! What strangers may say of themselves (S-24): the same table for those who register and for those who publish a document.

use super::*;

/// An RSA key with a modulus of so many bytes, all alike, and this exponent.
fn rsa(bytes: usize, exponent: &str) -> Value {
    json!({ "kty": "RSA", "n": proof::base64url::encode(&vec![0xc3; bytes]), "e": exponent, "alg": "PS256" })
}

fn keys(key: &Value) -> Value {
    json!({ "jwks": { "keys": [key] } })
}

fn with_private() -> Value {
    let mut key = signer::ed25519_jwk();
    key["d"] = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A".into(); // RFC 8037 App. A.1
    key
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn s_24_metadata_that_breaks_a_rule_is_refused_by_its_code() {
    let uris = |uris: &[&str]| json!({ "redirect_uris": uris });
    let of_type = |kind: &str, uri: &str| json!({ "application_type": kind, "redirect_uris": [uri] });
    let twenty_one: Vec<String> = (0..21).map(|n| format!("https://app.example/{n}")).collect();
    let long_uri = format!("https://app.example/{}", "x".repeat(2_000 - 20 + 1));
    let (uri, client) = ("invalid_redirect_uri", "invalid_client_metadata");
    let table = [
        // RFC 7591 s2: redirect_uris.
        (json!({ "redirect_uris": "-" }), uri),
        (uris(&[]), uri),
        (json!({ "redirect_uris": BACK }), client),
        (json!({ "redirect_uris": [1] }), client),
        (json!({ "redirect_uris": null }), client),
        (json!({ "redirect_uris": [null] }), client),
        (json!({ "redirect_uris": twenty_one }), uri),
        (uris(&["http://app.example/cb"]), uri),
        (uris(&["http://127.0.0.2/cb"]), uri),
        (uris(&["http://localhost.evil.example/cb"]), uri),
        (uris(&["https://app.example/cb#f"]), uri),
        (uris(&["https://user:pw@app.example/cb"]), uri),
        (uris(&["https://app.example@evil.example/cb"]), uri),
        (uris(&["https://*.app.example/cb"]), uri),
        (uris(&["https://app.example/*"]), uri),
        (uris(&["https://app.example/\u{0}"]), uri),
        (uris(&["https://app.example/a\r\nb"]), uri),
        (uris(&["https://app.example/\u{e9}"]), uri),
        (uris(&["https://app.example/../cb"]), uri),
        (uris(&["https://App.example/cb"]), uri),
        (uris(&[""]), uri),
        (uris(&["/cb"]), uri),
        (uris(&["myapp:/cb"]), uri), // RFC 8252 s7.1: a name that somebody owns, turned round
        (uris(&[BACK, "http://app.example/cb"]), uri),
        (json!({ "redirect_uris": [long_uri] }), uri),
        // S-02: an allow-list of schemes.
        (uris(&["javascript:alert(1)"]), uri),
        (uris(&["data:text/html,x"]), uri),
        (uris(&["vbscript:x"]), uri),
        (uris(&["blob:https://app.example/x"]), uri),
        (uris(&["file:///etc/passwd"]), uri),
        // OpenID Connect Dynamic Client Registration s2: application_type.
        (of_type("web", "http://127.0.0.1/cb"), uri),
        (of_type("web", "http://localhost:3456/cb"), uri),
        (of_type("web", "https://localhost/cb"), uri),
        (of_type("web", "com.example.app:/cb"), uri),
        (of_type("desktop", BACK), client),
        (of_type("", BACK), client),
        (json!({ "application_type": 1 }), client),
        (json!({ "application_type": null }), client),
        // client_name.
        (json!({ "client_name": "x".repeat(201) }), client),
        (json!({ "client_name": "a\nb" }), client),
        (json!({ "client_name": "a\u{0}" }), client),
        (json!({ "client_name": "\u{1b}[31mred" }), client),
        (json!({ "client_name": "a\u{9f}b" }), client),
        (json!({ "client_name": 1 }), client),
        (json!({ "client_name": { "en": "App" } }), client),
        // token_endpoint_auth_method.
        (json!({ "token_endpoint_auth_method": "client_secret_jwt" }), client),
        (json!({ "token_endpoint_auth_method": "client_secret" }), client),
        (json!({ "token_endpoint_auth_method": "None" }), client),
        (json!({ "token_endpoint_auth_method": "" }), client),
        (json!({ "token_endpoint_auth_method": ["none"] }), client),
        // grant_types and response_types (s2.1).
        (json!({ "grant_types": "authorization_code" }), client),
        (json!({ "grant_types": [] }), client),
        (json!({ "grant_types": ["client_credentials"] }), client),
        (json!({ "grant_types": ["refresh_token"] }), client),
        (json!({ "grant_types": ["implicit"] }), client),
        (
            json!({ "grant_types": ["password", "urn:ietf:params:oauth:grant-type:device_code"] }),
            client,
        ),
        (json!({ "grant_types": [1] }), client),
        (json!({ "grant_types": vec!["authorization_code"; 65] }), client),
        (json!({ "response_types": ["token"] }), client),
        (json!({ "response_types": ["code id_token"] }), client),
        (json!({ "response_types": [] }), client),
        (json!({ "response_types": "code" }), client),
        // scope.
        (json!({ "scope": ["read"] }), client),
        (json!({ "scope": "a\"b" }), client),
        (
            json!({ "scope": (0..129).map(|n| format!("s{n}")).collect::<Vec<_>>().join(" ") }),
            client,
        ),
        // URIs.
        (json!({ "client_uri": "javascript:alert(1)" }), client),
        (json!({ "client_uri": "app.example" }), client),
        (json!({ "client_uri": "https://" }), client),
        (json!({ "client_uri": "https://google.example@evil.example/" }), client),
        (
            json!({ "client_uri": "https://google.example\\@evil.example/" }),
            client,
        ),
        (json!({ "client_uri": "https://app.example/a b" }), client),
        (
            json!({ "client_uri": format!("https://app.example/{}", "x".repeat(1_981)) }),
            client,
        ),
        (json!({ "client_uri": 1 }), client),
        (json!({ "jwks_uri": "file:///keys" }), client),
        (json!({ "jwks_uri": ["https://app.example/keys"] }), client),
        (json!({ "logo_uri": "javascript:alert(1)" }), client),
        (json!({ "tos_uri": 1 }), client),
        (json!({ "policy_uri": "https://google.example@evil.example/" }), client),
        // Keys: public ones of kinds and sizes that can be used.
        (json!({ "jwks": "x" }), client),
        (json!({ "jwks": null }), client),
        (json!({ "jwks": {} }), client),
        (json!({ "jwks": { "keys": [] } }), client),
        (json!({ "jwks": { "keys": {} } }), client),
        (keys(&with_private()), client),
        (
            json!({ "jwks": { "keys": [signer::ed25519_jwk(), with_private()] } }),
            client,
        ),
        (json!({ "jwks": { "keys": vec![signer::ed25519_jwk(); 33] } }), client),
        (keys(&json!({ "kty": "oct", "k": "c2VjcmV0" })), client),
        (
            keys(&json!({ "kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA" })),
            client,
        ),
        (keys(&rsa(128, "AQAB")), client), // 1024 bits
        (keys(&rsa(255, "AQAB")), client), // 2040 bits
        (keys(&rsa(513, "AQAB")), client), // 4104 bits
        (keys(&rsa(256, "AQ")), client),   // e = 1
        (keys(&rsa(256, "Ag")), client),   // e = 2
        // RFC 9449 s5.2.
        (json!({ "dpop_bound_access_tokens": "true" }), client),
        (json!({ "dpop_bound_access_tokens": 1 }), client),
        (json!({ "dpop_bound_access_tokens": null }), client),
    ];
    assert!(table.len() >= 60);
    for (changed, code) in table {
        let why = said(&changed, Said::Registration).expect_err(&changed.to_string());
        assert_eq!(why.code().name(), code, "{changed}");
        let of_a_document = said(&changed, Said::Document).unwrap_err();
        assert!(
            matches!(of_a_document, Why::ClientDocument(_)),
            "{changed}: {of_a_document:?}"
        );
        for why in [why, of_a_document] {
            assert!(
                why.said().is_ascii() && !why.told().contains("evil"),
                "what came in is not repeated"
            );
        }
    }
}

/// Metadata with a name and one redirect URI, and nothing else.
fn least() -> Metadata {
    Metadata {
        name: "App".to_owned(),
        redirect_uris: vec![facts::redirect_uri(BACK)],
        method: None,
        keys: None,
        further: Further {
            sector: Some("app.example".to_owned()),
            ..Further::default()
        },
        grant_types: [GrantType::AuthorizationCode, GrantType::RefreshToken].into(),
        scope: None,
        application_type: ApplicationType::Unsaid,
        uri: None,
        binding: Binding::WhenProved,
        claimed: Claimed::default(),
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn s_24_metadata_within_the_rules_is_read_and_the_rest_is_ignored() {
    let back = |uris: &[&str]| Metadata {
        redirect_uris: uris.iter().map(|uri| facts::redirect_uri(uri)).collect(),
        ..least()
    };
    // Places on somebody's own computer have no host that could be a sector.
    let local = |uris: &[&str]| Metadata {
        further: Further::default(),
        ..back(uris)
    };
    let twenty: Vec<String> = (0..20).map(|n| format!("https://app.example/{n}")).collect();
    let long_uri = format!("https://app.example/{}", "x".repeat(2_000 - 20));
    let wide = "\u{1f512}".repeat(200);
    let jwks = json!({ "keys": [signer::ed25519_jwk()] });
    let method = |method: AuthenticationMethod| Metadata {
        method: Some(method),
        ..least()
    };
    let scope = |scope: &str| Metadata {
        scope: Some(Scopes::parse(scope).unwrap()),
        ..least()
    };
    let grant_types = |types: &[GrantType]| Metadata {
        grant_types: types.iter().copied().collect(),
        ..least()
    };
    let table = vec![
        (json!({}), least()),
        // Stock clients say no application_type and use loopback redirects.
        (
            json!({ "redirect_uris": ["http://localhost:3456/callback"] }),
            local(&["http://localhost:3456/callback"]),
        ),
        (
            json!({ "redirect_uris": ["http://127.0.0.1/cb", "http://[::1]/cb"] }),
            local(&["http://127.0.0.1/cb", "http://[::1]/cb"]),
        ),
        (
            json!({ "redirect_uris": ["com.example.app:/cb"] }),
            local(&["com.example.app:/cb"]),
        ),
        (
            json!({ "application_type": "native", "redirect_uris": ["http://127.0.0.1/cb", BACK] }),
            Metadata {
                application_type: ApplicationType::Native,
                ..local(&["http://127.0.0.1/cb", BACK])
            },
        ),
        (
            json!({ "application_type": "web" }),
            Metadata {
                application_type: ApplicationType::Web,
                ..least()
            },
        ),
        (
            json!({ "redirect_uris": twenty }),
            back(&twenty.iter().map(String::as_str).collect::<Vec<_>>()),
        ),
        (json!({ "redirect_uris": [long_uri] }), back(&[&long_uri])),
        (
            json!({ "client_name": wide }),
            Metadata {
                name: wide.clone(),
                ..least()
            },
        ),
        (
            json!({ "client_name": "-" }),
            Metadata {
                name: String::new(),
                ..least()
            },
        ),
        (
            json!({ "token_endpoint_auth_method": "none" }),
            method(AuthenticationMethod::Nothing),
        ),
        (
            json!({ "token_endpoint_auth_method": "client_secret_basic" }),
            method(AuthenticationMethod::SecretBasic),
        ),
        (
            json!({ "token_endpoint_auth_method": "client_secret_post" }),
            method(AuthenticationMethod::SecretPost),
        ),
        (
            json!({ "token_endpoint_auth_method": "private_key_jwt" }),
            method(AuthenticationMethod::PrivateKeyJwt),
        ),
        (
            json!({ "grant_types": ["authorization_code"] }),
            grant_types(&[GrantType::AuthorizationCode]),
        ),
        (
            json!({ "grant_types": ["authorization_code", "refresh_token"] }),
            least(),
        ),
        (
            json!({ "grant_types": ["authorization_code", "client_credentials"] }),
            grant_types(&[GrantType::AuthorizationCode]),
        ),
        (
            json!({ "grant_types": ["authorization_code", "implicit", "urn:x"] }),
            grant_types(&[GrantType::AuthorizationCode]),
        ),
        (json!({ "response_types": ["code"] }), least()),
        (json!({ "response_types": ["token", "code"] }), least()),
        (json!({ "scope": "read" }), scope("read")),
        (json!({ "scope": "write admin read everything" }), scope("read write")),
        (json!({ "scope": "admin" }), scope("")),
        (json!({ "scope": "" }), scope("")),
        (
            json!({ "client_uri": "https://app.example/about?x=1@2" }),
            Metadata {
                uri: Some("https://app.example/about?x=1@2".to_owned()),
                ..least()
            },
        ),
        (
            json!({ "client_uri": "http://app.example" }),
            Metadata {
                uri: Some("http://app.example".to_owned()),
                ..least()
            },
        ),
        (
            json!({ "jwks": jwks }),
            Metadata {
                keys: Some(Keys::Here(proof::json::canonical(&jwks))),
                ..least()
            },
        ),
        (
            json!({ "jwks_uri": "https://app.example/keys" }),
            Metadata {
                keys: Some(Keys::At("https://app.example/keys".to_owned())),
                ..least()
            },
        ),
        (
            json!({ "dpop_bound_access_tokens": true }),
            Metadata {
                binding: Binding::Required,
                ..least()
            },
        ),
        (json!({ "dpop_bound_access_tokens": false }), least()),
        // Members that nobody here reads, of whatever type.
        (
            json!({ "contacts": null, "client_name#de": "App", "logo_uri#de": "javascript:alert(1)", "x": { "y": [null] } }),
            least(),
        ),
        (
            json!({ "client_id": "i-choose-myself", "client_id_issued_at": 1, "registration_access_token": "t" }),
            Metadata {
                claimed: Claimed {
                    id: Some("i-choose-myself".to_owned()),
                    secret_digest: None,
                },
                ..least()
            },
        ),
    ];
    for (changed, expected) in table {
        assert_eq!(said(&changed, Said::Registration), Ok(expected.clone()), "{changed}");
        assert_eq!(said(&changed, Said::Document), Ok(expected), "{changed}");
    }
}

#[test]
fn keys_of_every_kind_that_can_be_used_are_read() {
    for key in [
        signer::ed25519_jwk(),
        signer::p256_jwk(),
        rsa(256, "AQAB"),
        rsa(512, "AQAB"),
        rsa(256, "Aw"),
    ] {
        let read = said(&keys(&key), Said::Registration).unwrap();
        assert_eq!(
            read.keys,
            Some(Keys::Here(proof::json::canonical(&json!({ "keys": [key] }))))
        );
    }
    let with_a_stranger = json!({ "jwks": { "keys": [{ "kty": "AKP", "alg": "ML-DSA-65" }, signer::p256_jwk()] } });
    assert!(
        said(&with_a_stranger, Said::Registration).is_ok(),
        "RFC 7517 s5: what we do not know is skipped"
    );
}

#[test]
fn s_24_a_software_statement_is_of_an_issuer_that_nobody_trusts() {
    let statement = json!({ "software_statement": "eyJhbGciOiJub25lIn0.e30." });
    let refused = said(&statement, Said::Registration).unwrap_err();
    assert_eq!(
        (refused.code().name(), refused),
        ("unapproved_software_statement", Why::SoftwareStatement),
        "RFC 7591 s3.2.2"
    );
    assert_eq!(
        said(&statement, Said::Document),
        Ok(least()),
        "in a document it is one more member that nobody reads"
    );
}
