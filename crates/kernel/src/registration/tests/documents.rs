//! Client metadata documents: where they are, and what they say (S-23).

use super::*;

const ID: &str = "https://agent.example/client.json";

fn good() -> Value {
    json!({ "client_id": ID, "client_name": "Agent", "redirect_uris": [BACK], "token_endpoint_auth_method": "none" })
}

/// The document with these members instead; `-` leaves one out.
fn changed(changed: &Value) -> Value {
    let mut document = good();
    for (name, value) in changed.as_object().unwrap() {
        document[name] = value.clone();
    }
    document.as_object_mut().unwrap().retain(|_, value| value != "-");
    document
}

fn read(text: &str, keys: Option<&[u8]>) -> Result<Client, Why> {
    document(&facts::id(ID), text.as_bytes(), keys, &known(), Time::from_unix(NOW))
}

fn document(id: &ClientId, body: &[u8], keys: Option<&[u8]>, known: &Scopes, now: Time) -> Result<Client, Why> {
    crate::registration::document(id, body, keys, known, now)
}

#[test]
fn addresses_have_one_form() {
    let rows: &[(&str, Option<bool>)] = &[
        ("https://agent.example/client.json", Some(true)),
        ("https://agent.example/a", Some(true)),
        ("https://agent.example:8443/client.json", Some(true)),
        ("https://agent.example/client.json?v=1", Some(true)), // discouraged, not forbidden
        ("https://agent.example/a/b/", Some(true)),
        ("https://agent.example/a..b/.well-known/c", Some(true)),
        ("http://localhost:8080/client.json", Some(true)), // whether it is fetched is a setting of the server
        ("https://agent.example", Some(false)),
        ("https://agent.example/", Some(false)),
        ("https://agent.example?x=/a", Some(false)),
        ("https://agent.example/#a", Some(false)),
        ("https://agent.example/client.json#f", Some(false)),
        ("https://user@agent.example/client.json", Some(false)),
        ("https://user:pw@agent.example/client.json", Some(false)),
        ("https://agent.example@evil.example/client.json", Some(false)),
        ("https:///client.json", Some(false)),
        ("https://agent.example/../client.json", Some(false)),
        ("https://agent.example/./client.json", Some(false)),
        ("https://agent.example/a/..", Some(false)),
        ("https://agent.example/a/%2e%2e/client.json", Some(false)),
        ("https://agent.example/a/.%2E/client.json", Some(false)),
        ("https://agent.example/%2e", Some(false)),
        ("ftp://agent.example/client.json", Some(false)),
        ("HTTPS://agent.example/client.json", Some(false)),
        ("javascript://agent.example/%0aalert(1)", Some(false)),
        ("file:///etc/passwd", Some(false)),
        ("client-1", None),
        ("https:agent.example", None),
        ("com.example.app", None),
    ];
    for (id, expected) in rows {
        let is = match address(&facts::id(id)) {
            Address::Good => Some(true),
            Address::Bad(_) => Some(false),
            Address::Plain => None,
        };
        assert_eq!(is, *expected, "{id}");
    }
}

#[test]
fn a_document_is_a_public_client_of_its_own_address() {
    let text = changed(&json!({
        "scope": "read unheard", "client_uri": "https://agent.example", "application_type": "native", "redirect_uris": ["http://127.0.0.1/cb"],
        "logo_uri": "https://agent.example/logo.png", "grant_types": ["authorization_code", "client_credentials"],
    }));
    let expected = facts::client(&json!({
        "client_id": ID, "client_name": "Agent", "token_endpoint_auth_method": "none", "grant_types": ["authorization_code"], "document_fetched_at": NOW,
        "redirect_uris": ["http://127.0.0.1/cb"], "application_type": "native", "client_uri": "https://agent.example", "scope": "read", "created_at": NOW,
        "logo_uri": "https://agent.example/logo.png",
    }));
    assert_eq!(read(&text.to_string(), None), Ok(expected.clone()));
    assert_eq!(
        expected.document_host(),
        Some("agent.example"),
        "what the person is shown as proved"
    );
    assert!(expected.is_document());
    let silent = changed(&json!({ "token_endpoint_auth_method": "-" }));
    assert_eq!(
        read(&silent.to_string(), None).unwrap().authentication,
        Authentication::Nothing,
        "there is nobody to share a secret with"
    );
}

#[test]
fn s_23_a_document_that_is_not_about_its_own_address_or_means_a_secret_is_refused() {
    let refused = [
        json!({ "client_id": "-" }),
        json!({ "client_id": null }),
        json!({ "client_id": 1 }),
        json!({ "client_id": "https://agent.example/client.json/" }),
        json!({ "client_id": "https://agent.example:443/client.json" }),
        json!({ "client_id": "https://AGENT.example/client.json" }),
        json!({ "client_id": "https://evil.example/client.json" }),
        json!({ "client_secret": "s" }),
        json!({ "client_secret": null }),
        json!({ "client_secret_expires_at": 0 }),
        json!({ "client_secret_hash": "x" }),
        json!({ "token_endpoint_auth_method": "client_secret_basic" }),
        json!({ "token_endpoint_auth_method": "client_secret_post" }),
        json!({ "token_endpoint_auth_method": "client_secret_jwt" }),
        json!({ "token_endpoint_auth_method": "private_key_jwt" }),
        json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": { "keys": [] } }),
        json!({ "client_name": "-" }),
        json!({ "client_name": "" }),
        json!({ "redirect_uris": "-" }),
        json!({ "redirect_uris": ["http://agent.example/cb"] }),
    ];
    for change in refused {
        let why = read(&changed(&change).to_string(), None).expect_err(&change.to_string());
        assert!(matches!(why, Why::ClientDocument(_)), "{change}: {why:?}");
    }
    let deep = format!("{{\"client_id\":\"{ID}\",\"x\":{}1{}}}", "[".repeat(20), "]".repeat(20));
    let twice = format!(
        "{{\"client_id\":\"{ID}\",\"client_id\":\"{ID}\",\"client_name\":\"A\",\"redirect_uris\":[\"{BACK}\"]}}"
    );
    for text in ["", "null", "[]", "<html>", "{", &format!("{} x", good()), &deep, &twice] {
        assert!(matches!(read(text, None), Err(Why::ClientDocument(_))), "{text}");
    }
    assert!(read(&good().to_string(), None).is_ok());
}

#[test]
fn a_document_with_keys_is_a_client_that_must_prove_itself_by_them() {
    let jwks = json!({ "keys": [signer::ed25519_jwk()] });
    let elsewhere = json!({ "keys": [signer::p256_jwk()] }).to_string();
    let by_key = |more: Value| {
        let mut document = changed(&json!({ "token_endpoint_auth_method": "private_key_jwt" }));
        document
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        document.to_string()
    };
    let method = |text: &str, keys: Option<&str>| {
        read(text, keys.map(str::as_bytes)).map(|client| {
            assert_eq!(client.authentication, Authentication::PrivateKeyJwt);
            client.keys
        })
    };
    let expected = |jwks: &str| Ok(Some(Keys::Here(jwks.to_owned())));
    let inside = by_key(json!({ "jwks": jwks }));
    let outside = by_key(json!({ "jwks_uri": "https://agent.example/keys" }));
    assert_eq!(method(&inside, None), expected(&proof::json::canonical(&jwks)));
    assert_eq!(
        method(&inside, Some(&elsewhere)),
        expected(&proof::json::canonical(&jwks)),
        "its own come first"
    );
    assert_eq!(method(&outside, Some(&elsewhere)), expected(&elsewhere));
    assert!(
        method(&outside, None).is_err(),
        "keys that were not fetched are no keys"
    );
    let mut private = signer::ed25519_jwk();
    private["d"] = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A".into(); // RFC 8037 App. A.1
    for broken in [
        "",
        "{}",
        "{\"keys\":[]}",
        "<html>",
        &json!({ "keys": [private] }).to_string(),
        "\u{feff}{}",
    ] {
        assert!(
            matches!(method(&outside, Some(broken)), Err(Why::ClientDocument(_))),
            "{broken}"
        );
    }
    assert!(matches!(read(&outside, Some(b"\xff")), Err(Why::ClientDocument(_))));
    let not_used = changed(&json!({ "jwks": jwks })).to_string();
    let client = read(&not_used, None).unwrap();
    assert_eq!(
        (client.authentication, client.keys),
        (Authentication::Nothing, Some(Keys::Here(proof::json::canonical(&jwks)))),
        "keys of a client that says none sign its request objects"
    );
}

#[test]
fn keys_are_fetched_only_where_the_document_has_none() {
    let uri = "https://agent.example/keys";
    let jwks = json!({ "keys": [signer::ed25519_jwk()] });
    for (change, expected) in [
        (json!({}), None),
        (json!({ "jwks_uri": uri }), Some(uri.to_owned())),
        (json!({ "jwks": jwks }), None),
    ] {
        assert_eq!(
            keys_address(changed(&change).to_string().as_bytes()),
            Ok(expected),
            "{change}"
        );
    }
    let both = changed(&json!({ "jwks_uri": uri, "jwks": jwks })).to_string(); // RFC 7591 s2: not both
    for broken in ["{", "{\"jwks_uri\":1}", "[]", both.as_str()] {
        assert!(
            matches!(keys_address(broken.as_bytes()), Err(Why::ClientDocument(_))),
            "{broken}"
        );
    }
}

#[test]
fn s_23_what_a_yes_rests_on_changes_with_the_document() {
    let basis = |change: Value| read(&changed(&change).to_string(), None).unwrap().basis();
    let same = [
        json!({}),
        json!({ "scope": "read" }),
        json!({ "client_uri": "https://agent.example/" }),
        json!({ "logo_uri": "https://agent.example/logo.png" }),
    ];
    let other = [
        json!({ "client_name": "Agent 2" }),
        json!({ "redirect_uris": [BACK, "https://agent.example/cb"] }),
        json!({ "redirect_uris": ["https://evil.example/cb"] }),
        json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": { "keys": [signer::ed25519_jwk()] } }),
    ];
    for change in same {
        assert_eq!(basis(change.clone()), basis(json!({})), "{change}");
    }
    for change in other {
        assert_ne!(basis(change.clone()), basis(json!({})), "{change}");
    }
}
