//! What a client says of itself beyond plain OAuth, and whose names for people it knows (OpenID Connect Core s8.1).

use super::*;

const ID: &str = "https://agent.example/client.json";

fn documented(changed: &Value) -> Result<Client, Why> {
    let mut text = json!({ "client_id": ID, "client_name": "Agent", "redirect_uris": ["https://agent.example/cb"] });
    text.as_object_mut()
        .unwrap()
        .extend(changed.as_object().unwrap().clone());
    crate::registration::document(
        &facts::id(ID),
        text.to_string().as_bytes(),
        None,
        &known(),
        Time::from_unix(NOW),
    )
}

fn run(command: &Command, client: Option<(Client, Known)>) -> Decision {
    let tenant = tenant("open");
    let facts = Facts {
        tenant: &tenant,
        unused: 0,
        client,
    };
    decide(command, &nobody(), &facts, &at())
}

/// The row that comes of it.
fn row(decision: &Decision) -> &Client {
    match decision.change().guards.as_slice() {
        [Guard::Client(client::Guard::Create(client) | client::Guard::Replace { client, .. })] => client,
        _ => panic!("one client, not {:?}", decision.answer()),
    }
}

#[test]
fn what_was_said_is_kept_and_told_again() {
    let further = json!({
        "id_token_signed_response_alg": "ES256", "subject_type": "public", "default_max_age": 60, "default_acr_values": ["phr"],
        "post_logout_redirect_uris": ["https://app.example/bye"], "backchannel_logout_uri": "https://app.example/logout",
        "backchannel_logout_session_required": true, "require_pushed_authorization_requests": true, "require_signed_request_object": true,
        "request_object_signing_alg": "PS256", "tls_client_certificate_bound_access_tokens": true, "security_profile": "fapi2",
        "policy_uri": "https://app.example/policy", "tos_uri": "https://app.example/terms",
    });
    let with_key = |said: &serde_json::Value| {
        let mut said = said.clone();
        said["token_endpoint_auth_method"] = "private_key_jwt".into();
        said["jwks"] = json!({ "keys": [signer::ed25519_jwk()] });
        said
    };
    let decision = run(&Command::Register(wanted(&with_key(&further))), None);
    let told = document(&decision);
    for (name, value) in further.as_object().unwrap() {
        assert_eq!(told.get(name), Some(value), "RFC 7591 s3.2.1: {name}");
    }
    assert!(!has_null(&told));
    let mut kept = Object::new();
    row(&decision).further.write(&mut kept);
    assert_eq!(Value::from(kept), further);
    let read = run(
        &Command::Read(row(&decision).id.clone()),
        Some((row(&decision).clone(), Known::Token)),
    );
    assert_eq!(document(&read)["default_acr_values"], json!(["phr"]), "RFC 7592 s2.1");
    let gone = run(
        &Command::Replace(
            row(&decision).id.clone(),
            wanted(&with_key(&json!({ "subject_type": "public" }))),
        ),
        Some((row(&decision).clone(), Known::Token)),
    );
    assert_eq!(
        row(&gone).further.default_max_age,
        None,
        "RFC 7592 s2.2: what is not said is gone"
    );
}

#[test]
fn each_method_needs_what_proves_it() {
    let jwks = json!({ "keys": [signer::ed25519_jwk()] });
    let rows = [
        (json!({ "token_endpoint_auth_method": "tls_client_auth" }), false),
        (
            json!({ "token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_uri": "spiffe://app.example/a" }),
            true,
        ),
        (
            json!({ "token_endpoint_auth_method": "self_signed_tls_client_auth" }),
            false,
        ),
        (
            json!({ "token_endpoint_auth_method": "self_signed_tls_client_auth", "jwks": jwks }),
            true,
        ),
        (
            json!({ "token_endpoint_auth_method": "self_signed_tls_client_auth", "jwks_uri": "https://app.example/keys" }),
            true,
        ),
    ];
    for (said, accepted) in rows {
        let decision = run(&Command::Register(wanted(&said)), None);
        let code = why(&decision).map(|why| why.code().name());
        assert_eq!(
            code,
            (!accepted).then_some("invalid_client_metadata"),
            "RFC 8705 s2: {said}"
        );
        if accepted {
            assert_eq!(document(&decision).get("client_secret"), None, "{said}");
        } else {
            assert_changes_nothing(&decision);
        }
        assert!(
            matches!(documented(&said), Err(Why::ClientDocument(_))),
            "a document proves itself by keys or by its address: {said}"
        );
    }
}

#[test]
fn a_client_that_its_profile_would_never_let_in_is_told_so_at_once() {
    let strict = Tenant {
        settings: crate::tenant::Settings {
            profile: crate::client::SecurityProfile::Fapi2,
            ..tenant("open").settings
        },
        ..tenant("open")
    };
    let jwks = json!({ "keys": [signer::ed25519_jwk()] });
    let own = "fapi2_message_signing";
    for (tenant, said, accepted) in [
        (&strict, json!({}), false),
        (&strict, json!({ "token_endpoint_auth_method": "none" }), false),
        (
            &strict,
            json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": jwks }),
            true,
        ),
        (&tenant("open"), json!({ "security_profile": own }), false),
        (&tenant("open"), json!({}), true),
    ] {
        let facts = Facts {
            tenant,
            unused: 0,
            client: None,
        };
        let decision = decide(&Command::Register(wanted(&said)), &nobody(), &facts, &at());
        let code = why(&decision).map(|why| why.code().name());
        assert_eq!(code, (!accepted).then_some("invalid_client_metadata"), "{said}");
    }
    let registered = run(&Command::Register(wanted(&json!({}))), None);
    let replaced = run(
        &Command::Replace(row(&registered).id.clone(), wanted(&json!({ "security_profile": own }))),
        Some((row(&registered).clone(), Known::Token)),
    );
    assert_eq!(why(&replaced).unwrap().code().name(), "invalid_client_metadata");
}

#[test]
fn a_sector_is_the_host_of_its_list_or_the_one_host_of_its_places() {
    let rows = [
        (json!({}), Some("app.example")),
        (
            json!({ "redirect_uris": [BACK, "https://app.example/2"] }),
            Some("app.example"),
        ),
        (
            json!({ "redirect_uris": [BACK, "https://app.example:8443/2"] }),
            Some("app.example"),
        ), // a host, not an origin
        (json!({ "redirect_uris": [BACK, "https://other.example/cb"] }), None),
        (json!({ "redirect_uris": [BACK, "http://127.0.0.1/cb"] }), None),
        (json!({ "redirect_uris": ["http://localhost/cb"] }), None),
        (json!({ "redirect_uris": ["com.example.app:/cb"] }), None),
        (
            json!({ "sector_identifier_uri": "https://sector.example/uris.json?v=1" }),
            Some("sector.example"),
        ),
        (
            json!({ "sector_identifier_uri": "https://Sector.example:8443", "redirect_uris": [BACK, "https://other.example/cb"] }),
            Some("sector.example"),
        ),
        (json!({ "sector": "victim.example" }), Some("app.example")), // a member that nobody reads
        (
            json!({ "sector": "victim.example", "redirect_uris": ["http://localhost/cb"] }),
            None,
        ),
    ];
    for (said, expected) in rows {
        let decision = run(&Command::Register(wanted(&said)), None);
        let client = row(&decision);
        assert_eq!(client.further.sector.as_deref(), expected, "{said}");
        assert_eq!(client.sector(), expected.unwrap_or(client.id.as_str()), "{said}");
    }
}

#[test]
fn s_23_a_document_knows_people_by_the_names_of_its_own_places_and_of_no_list_elsewhere() {
    let rows = [
        (json!({}), "agent.example"),
        (
            json!({ "sector_identifier_uri": "https://victim.example/uris.json" }),
            "agent.example",
        ),
        (json!({ "sector": "victim.example" }), "agent.example"),
        (json!({ "redirect_uris": ["http://127.0.0.1/cb"] }), ID),
        (
            json!({ "redirect_uris": ["http://127.0.0.1/cb"], "sector": "victim.example", "sector_identifier_uri": "https://victim.example/uris.json" }),
            ID,
        ),
    ];
    for (said, expected) in rows {
        let client = documented(&said).unwrap();
        assert_eq!(client.sector(), expected, "{said}");
        assert_eq!(client.further.sector_identifier_uri, None, "{said}");
    }
}

#[test]
fn s_24_whoever_registered_itself_takes_no_sector_along_to_other_places() {
    let victim = facts::client(&json!({
        "client_id": "client-1", "token_endpoint_auth_method": "none", "grant_types": ["authorization_code"], "registration_token_digest": "t",
        "redirect_uris": ["https://victim.example/cb"], "sector": "victim.example",
    }));
    let elsewhere = json!({ "redirect_uris": ["https://evil.example/cb"], "token_endpoint_auth_method": "none" });
    let replaced = |client: &Client, metadata: &Value| {
        run(
            &Command::Replace(client.id.clone(), wanted(metadata)),
            Some((client.clone(), Known::Token)),
        )
    };
    // Neither with the old sector, which tells the names of another place, nor with a new one, which renames people under tokens that live (OpenID Connect Core s12.2).
    let refused = replaced(&victim, &elsewhere);
    assert!(
        matches!(why(&refused), Some(Why::ClientMetadata(rule)) if rule.contains("register anew")),
        "{refused:?}"
    );
    let mut same_host = elsewhere.clone();
    same_host["redirect_uris"] = json!(["https://victim.example/other"]);
    assert_eq!(row(&replaced(&victim, &same_host)).sector(), "victim.example");
    // Names that every such app knows hang on no place.
    let public = facts::client(&json!({
        "client_id": "client-1", "token_endpoint_auth_method": "none", "grant_types": ["authorization_code"], "registration_token_digest": "t",
        "redirect_uris": ["https://victim.example/cb"], "subject_type": "public",
    }));
    let mut elsewhere = elsewhere;
    elsewhere["subject_type"] = "public".into();
    assert_eq!(why(&replaced(&public, &elsewhere)), None);
    elsewhere["subject_type"] = "pairwise".into();
    assert!(
        why(&replaced(&public, &elsewhere)).is_some(),
        "other names under tokens that live"
    );
}
