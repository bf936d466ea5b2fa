//! Who may register, and what comes of it.

use super::*;

/// The answer to a registration at a tenant where anybody may register.
fn register(changed: &Value) -> Decision {
    let tenant = tenant("open");
    let facts = Facts {
        tenant: &tenant,
        unused: 0,
        client: None,
    };
    decide(&Command::Register(wanted(changed)), &nobody(), &facts, &at())
}

fn created(decision: &Decision) -> &Client {
    let [Guard::Client(client::Guard::Create(client))] = decision.change().guards.as_slice() else {
        panic!("one client and nothing else, not {:?}", decision.answer());
    };
    client
}

#[test]
fn a_registration_is_answered_with_all_that_was_registered() {
    let changed = json!({
        "application_type": "native", "redirect_uris": ["http://127.0.0.1/cb"], "token_endpoint_auth_method": "client_secret_post",
        "grant_types": ["authorization_code", "client_credentials"], "scope": "read unheard", "client_uri": "https://app.example", "dpop_bound_access_tokens": true,
        "logo_uri": "https://app.example/logo.png", "software_id": "x", "client_id": "mine",
    });
    let decision = register(&changed);
    let (id, secret, token) = (
        at().id::<()>("client"),
        at().secret("client secret"),
        at().secret("registration access token"),
    );
    let expected = json!({
        "client_id": id.as_str(), "client_id_issued_at": NOW, "client_name": "App", "redirect_uris": ["http://127.0.0.1/cb"],
        "token_endpoint_auth_method": "client_secret_post", "grant_types": ["authorization_code"], "response_types": ["code"], "application_type": "native",
        "scope": "read", "client_uri": "https://app.example", "dpop_bound_access_tokens": true, "logo_uri": "https://app.example/logo.png",
        "client_secret": secret, "client_secret_expires_at": 0, "registration_access_token": token,
        "registration_client_uri": format!("https://as.example/oauth2/register/{id}"),
    });
    assert_eq!(
        document(&decision),
        expected,
        "RFC 7591 s3.2.1, RFC 7592 s3: what is not read is not echoed"
    );
    assert!(matches!(decision.answer(), Answer::Issue(Reply::Created(_))), "201");
    let row = facts::client(&json!({
        "client_id": id.as_str(), "client_name": "App", "token_endpoint_auth_method": "client_secret_post", "client_secret_digest": digest::sha256_b64(secret.as_bytes()),
        "grant_types": ["authorization_code"], "dpop_bound_access_tokens": true, "registration_token_digest": digest::sha256_b64(token.as_bytes()),
        "redirect_uris": ["http://127.0.0.1/cb"], "application_type": "native", "client_uri": "https://app.example", "scope": "read",
        "expires_at": NOW + 86_400, "created_at": NOW, "logo_uri": "https://app.example/logo.png",
    }));
    assert_eq!(
        created(&decision),
        &row,
        "it goes away in a day if nobody ever says yes to it"
    );
    let change = decision.change();
    assert!(
        change.sure.is_empty() && change.touches.is_empty() && decision.sign().is_empty(),
        "S-24: it is given nothing"
    );
    let [event] = change.events.as_slice() else {
        panic!("one event")
    };
    assert_eq!(
        (event.kind, event.about.as_deref()),
        (EventKind::ClientCreated, Some(id.as_str()))
    );
    let text = format!("{change:?}");
    assert!(
        !text.contains(&secret) && !text.contains(&token),
        "digests alone are kept"
    );
}

#[test]
fn the_least_that_can_be_said_gets_the_defaults_of_rfc_7591() {
    let decision = register(&json!({ "client_name": "-" }));
    let id = at().id::<()>("client");
    let expected = json!({
        "client_id": id.as_str(), "client_id_issued_at": NOW, "redirect_uris": [BACK], "token_endpoint_auth_method": "client_secret_basic",
        "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
        "client_secret": at().secret("client secret"), "client_secret_expires_at": 0, "registration_access_token": at().secret("registration access token"),
        "registration_client_uri": format!("https://as.example/oauth2/register/{id}"),
    });
    assert_eq!(
        document(&decision),
        expected,
        "RFC 7591 s2: absent is client_secret_basic"
    );
}

#[test]
fn each_method_gets_the_credential_it_wants_and_no_answer_has_a_null() {
    let jwks = json!({ "keys": [signer::ed25519_jwk()] });
    let rows = [
        (json!({ "token_endpoint_auth_method": "none" }), "none", false, false),
        (
            json!({ "token_endpoint_auth_method": "none", "jwks": jwks }),
            "none",
            false,
            true,
        ),
        (
            json!({ "token_endpoint_auth_method": "client_secret_basic" }),
            "client_secret_basic",
            true,
            false,
        ),
        (
            json!({ "token_endpoint_auth_method": "client_secret_post", "jwks": jwks }),
            "client_secret_post",
            true,
            true,
        ),
        (
            json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": jwks }),
            "private_key_jwt",
            false,
            true,
        ),
        (
            json!({ "scope": "unheard", "client_name": "" }),
            "client_secret_basic",
            true,
            false,
        ),
    ];
    for (changed, method, secret, keys) in rows {
        let answer = document(&register(&changed));
        assert_eq!(answer["token_endpoint_auth_method"], method, "{changed}");
        assert_eq!(answer["redirect_uris"], json!([BACK]));
        assert_eq!(
            (
                answer.get("client_secret").is_some(),
                answer.get("client_secret_expires_at").is_some()
            ),
            (secret, secret),
            "{changed}"
        );
        assert_eq!(answer.get("jwks"), keys.then_some(&jwks), "{changed}");
        assert!(!has_null(&answer), "stock clients choke on null: {answer}");
        assert_eq!(answer.get("scope"), None);
    }
    let without_keys = register(&json!({ "token_endpoint_auth_method": "private_key_jwt" }));
    assert_eq!(why(&without_keys).unwrap().code().name(), "invalid_client_metadata");
    let at = "https://app.example/keys";
    let elsewhere = register(&json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": at }));
    assert_eq!(document(&elsewhere)["jwks_uri"], at, "RFC 7591 s2");
    assert_eq!(created(&elsewhere).keys, Some(Keys::At(at.to_owned())));
    let both = said(&json!({ "jwks": jwks, "jwks_uri": at }), Said::Registration).unwrap_err();
    assert_eq!(
        both.code().name(),
        "invalid_client_metadata",
        "RFC 7591 s2: they must not both be present"
    );
}

#[test]
fn ids_secrets_and_tokens_have_characters_that_nobody_must_encode() {
    for seed in 0..50 {
        let tenant = tenant("open");
        let facts = Facts {
            tenant: &tenant,
            unused: 0,
            client: None,
        };
        let decision = decide(
            &Command::Register(wanted(&json!({}))),
            &nobody(),
            &facts,
            &people::moment(NOW, seed),
        );
        let answer = document(&decision);
        for (name, length) in [
            ("client_id", 26),
            ("client_secret", 43),
            ("registration_access_token", 43),
        ] {
            let text = answer[name].as_str().unwrap();
            assert_eq!(text.len(), length, "{name}");
            assert!(
                text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b)),
                "RFC 3986 s2.3: {text}"
            );
        }
        assert!(
            !answer["client_id"].as_str().unwrap().starts_with("https://"),
            "CIMD: never like the address of a document"
        );
        assert_ne!(answer["client_secret"], answer["registration_access_token"]);
    }
}

#[test]
fn the_tenant_says_who_may_register() {
    let token = |reach: &str| vectors::administrator(&json!({ "id": "admin", "reach": reach }));
    let machine = || {
        Caller::plain(Who::PureMachine(crate::caller::PureMachine {
            client: facts::client(&json!({ "client_id": "m", "token_endpoint_auth_method": "none" })),
        }))
    };
    let rows = [
        ("off", nobody(), Some(Why::RegistrationOff)),
        ("off", token("registration"), Some(Why::RegistrationOff)),
        ("off", token("installation"), Some(Why::RegistrationOff)),
        ("initial_token", nobody(), Some(Why::RegistrationUnproved)),
        ("initial_token", machine(), Some(Why::RegistrationUnproved)),
        ("initial_token", token("registration"), None),
        ("initial_token", token("tenant"), None),
        ("open", nobody(), None),
        ("open", token("registration"), None),
    ];
    for (rule, caller, expected) in rows {
        let tenant = tenant(rule);
        let facts = Facts {
            tenant: &tenant,
            unused: 0,
            client: None,
        };
        let decision = decide(&Command::Register(wanted(&json!({}))), &caller, &facts, &at());
        assert_eq!(why(&decision), expected, "{rule} {}", caller.kind().name());
        if expected.is_some() {
            assert_changes_nothing(&decision);
        }
    }
    assert_eq!(
        Why::RegistrationUnproved.code().name(),
        "invalid_token",
        "RFC 7591 s3: as of any protected resource"
    );
    assert_eq!(Why::RegistrationOff.code().name(), "access_denied");
}

#[test]
fn s_24_those_that_nobody_uses_are_capped() {
    let answer = |unused: i64, caller: &Caller| {
        let tenant = tenant("open");
        let facts = Facts {
            tenant: &tenant,
            unused,
            client: None,
        };
        why(&decide(&Command::Register(wanted(&json!({}))), caller, &facts, &at()))
    };
    assert_eq!(answer(9_999, &nobody()), None);
    for unused in [10_000, 10_001, i64::MAX] {
        assert_eq!(
            answer(unused, &nobody()).unwrap().code().name(),
            "too_many_requests",
            "{unused}"
        );
    }
    let by_token = vectors::administrator(&json!({ "id": "admin", "reach": "registration" }));
    assert_eq!(
        answer(10_000, &by_token),
        None,
        "whoever has a token is not crowded out by strangers"
    );
}
