//! The plans' modules about the discovery document (OpenID Connect Discovery s3, RFC 8414 s2, RP-Initiated Logout s2.1, Back-Channel Logout s2.1).

use std::collections::BTreeSet;

use serde_json::{Value, json};
use testkit::World;

use super::{Bench, endpoint, metadata};

fn texts<'v>(metadata: &'v Value, name: &str) -> Vec<&'v str> {
    let list = metadata[name].as_array().unwrap_or_else(|| panic!("{name} is a list"));
    list.iter().map(|item| item.as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_discovery_document_says_what_openid_connect_requires() {
    let bench = Bench::new().await;
    let world = &bench.world;
    let metadata = metadata(world).await;
    assert_eq!(metadata["issuer"], world.issuer, "s4.3: as it was asked for");
    assert!(!world.issuer.contains(['?', '#']) && !world.issuer.ends_with('/'));
    for (name, required) in [
        ("response_types_supported", "code"),
        ("subject_types_supported", "public"),
        ("subject_types_supported", "pairwise"),
        ("id_token_signing_alg_values_supported", "RS256"),
        ("grant_types_supported", "authorization_code"),
        ("scopes_supported", "openid"),
        ("claims_supported", "sub"),
        ("userinfo_signing_alg_values_supported", "RS256"),
        ("request_object_signing_alg_values_supported", "RS256"),
        ("token_endpoint_auth_methods_supported", "client_secret_basic"),
        ("token_endpoint_auth_methods_supported", "client_secret_post"),
        ("token_endpoint_auth_methods_supported", "private_key_jwt"),
        ("code_challenge_methods_supported", "S256"),
    ] {
        assert!(texts(&metadata, name).contains(&required), "{name} has {required}");
    }
    for name in texts(&metadata, "scopes_supported") {
        // RFC 6749 App. A.4.
        assert!(
            name.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\'),
            "{name}"
        );
    }
    for tag in texts(&metadata, "ui_locales_supported") {
        assert!(
            tag.len() == 2 && tag.bytes().all(|b| b.is_ascii_lowercase()),
            "RFC 5646: {tag}"
        );
    }
    for switch in [
        "claims_parameter_supported",
        "request_parameter_supported",
        "request_uri_parameter_supported",
        "require_request_uri_registration",
        "authorization_response_iss_parameter_supported",
    ] {
        assert_eq!(metadata[switch], json!(true), "{switch}");
    }
    for name in [
        "authorization_endpoint",
        "token_endpoint",
        "userinfo_endpoint",
        "jwks_uri",
        "registration_endpoint",
        "end_session_endpoint",
    ] {
        assert!(metadata[name].as_str().unwrap().starts_with(&world.issuer), "{name}");
    }
    keys_can_be_used(world).await;
    world.shows(&[
        "oidcc-discovery-endpoint-verification",
        "DocumentSupport/OpenIdSupported",
    ]);
}

/// Keys of their own ids, public members only, each of a kind that is registered (RFC 7517 s4, RFC 7518 s6).
async fn keys_can_be_used(world: &World) {
    let keys = world.get(&endpoint(world, "jwks_uri").await).await;
    assert_eq!(keys.status, 200, "{keys:?}");
    let keys = keys.body["keys"].as_array().unwrap().clone();
    let ids: BTreeSet<&str> = keys.iter().map(|key| key["kid"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), keys.len(), "RFC 7517 s4.5: distinct ids");
    for key in &keys {
        let required: &[&str] = match key["kty"].as_str().unwrap() {
            "RSA" => &["n", "e"],
            "EC" => &["crv", "x", "y"],
            "OKP" => &["crv", "x"],
            other => panic!("{other}"),
        };
        assert!(required.iter().all(|name| key[name].is_string()), "{key}");
        let private = ["d", "p", "q", "dp", "dq", "qi", "k"];
        assert!(private.iter().all(|name| key.get(name).is_none()), "{key}");
        assert_eq!(key["use"], "sig", "{key}");
    }
}

#[tokio::test]
async fn the_discovery_document_says_how_people_are_signed_out() {
    let bench = Bench::new().await;
    let metadata = metadata(&bench.world).await;
    let logout = metadata["end_session_endpoint"].as_str().unwrap();
    assert!(logout.starts_with(&format!("{}/", bench.world.issuer)), "{logout}");
    bench
        .world
        .shows(&["oidcc-rp-initiated-logout-discovery-endpoint-verification"]);
    for name in ["backchannel_logout_supported", "backchannel_logout_session_supported"] {
        assert_eq!(metadata[name], json!(true), "{name}");
    }
    bench
        .world
        .shows(&["oidcc-backchannel-logout-discovery-endpoint-verification"]);
}
