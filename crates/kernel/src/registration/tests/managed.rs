//! RFC 7592: what a registered client does with its registration access token.

use super::*;

/// A client that registered itself, but for these members.
fn itself(changed: &Value) -> Client {
    let mut row = json!({
        "client_id": "client-1", "client_name": "App", "token_endpoint_auth_method": "none", "grant_types": ["authorization_code", "refresh_token"],
        "registration_token_digest": "t", "redirect_uris": [BACK], "client_uri": "https://app.example", "scope": "read", "expires_at": NOW + 50, "epoch": 4,
        "created_at": NOW - 100,
    });
    for (name, value) in changed.as_object().unwrap() {
        row[name] = value.clone();
    }
    facts::client(&row)
}

fn run(command: &Command, client: Option<(Client, Known)>) -> Decision {
    let tenant = tenant("off"); // registering may be off; what was registered is still its own
    let facts = Facts {
        tenant: &tenant,
        unused: 20_000,
        client,
    };
    decide(command, &nobody(), &facts, &at())
}

fn read() -> Command {
    Command::Read(facts::id("client-1"))
}

fn replace(changed: &Value) -> Command {
    Command::Replace(facts::id("client-1"), wanted(changed))
}

fn delete() -> Command {
    Command::Delete(facts::id("client-1"))
}

#[test]
fn a_wrong_token_an_unknown_client_and_a_disabled_one_look_the_same() {
    let disabled = itself(&json!({ "disabled_at": 1 }));
    for command in [
        read(),
        replace(&json!({ "token_endpoint_auth_method": "none" })),
        delete(),
    ] {
        for client in [
            None,
            Some((itself(&json!({})), Known::No)),
            Some((disabled.clone(), Known::Token)),
            Some((disabled.clone(), Known::No)),
        ] {
            let decision = run(&command, client);
            assert_eq!(why(&decision), Some(Why::RegistrationUnproved), "RFC 7592 s2.1");
            assert_changes_nothing(&decision);
        }
        assert_eq!(why(&run(&command, Some((itself(&json!({})), Known::Token)))), None);
    }
}

#[test]
fn what_was_registered_is_read_without_its_secrets() {
    let client = itself(&json!({ "token_endpoint_auth_method": "client_secret_basic", "client_secret_digest": "d" }));
    let decision = run(&read(), Some((client, Known::Token)));
    let expected = json!({
        "client_id": "client-1", "client_id_issued_at": NOW - 100, "client_name": "App", "redirect_uris": [BACK], "token_endpoint_auth_method": "client_secret_basic",
        "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"], "scope": "read", "client_uri": "https://app.example",
        "registration_client_uri": "https://as.example/oauth2/register/client-1",
    });
    assert_eq!(document(&decision), expected);
    assert_eq!(decision.change(), &Change::default(), "reading changes nothing");
}

#[test]
fn a_replacement_replaces_all_of_it_but_id_credential_and_age() {
    let new = json!({
        "client_name": "App 2", "redirect_uris": ["https://app.example/new"], "token_endpoint_auth_method": "none", "grant_types": ["authorization_code"],
        "dpop_bound_access_tokens": true,
    });
    let decision = run(&replace(&new), Some((itself(&json!({})), Known::Token)));
    let row = facts::client(&json!({
        "client_id": "client-1", "client_name": "App 2", "token_endpoint_auth_method": "none", "grant_types": ["authorization_code"],
        "dpop_bound_access_tokens": true, "registration_token_digest": "t", "redirect_uris": ["https://app.example/new"], "expires_at": NOW + 50, "epoch": 5,
        "created_at": NOW - 100, "sector": "app.example",
    }));
    let guard = Guard::Client(client::Guard::Replace {
        client: Box::new(row.clone()),
        epoch: 4,
    });
    assert_eq!(
        decision.change().guards,
        [guard],
        "what was not said is gone (RFC 7592 s2.2)"
    );
    let answer = document(&decision);
    assert_eq!(answer["client_id_issued_at"], NOW - 100);
    assert!(!has_null(&answer) && answer.get("scope").is_none() && answer.get("client_uri").is_none());
    assert_ne!(
        row.basis(),
        itself(&json!({})).basis(),
        "S-23: who said yes before is asked again"
    );
    let [event] = decision.change().events.as_slice() else {
        panic!("one event")
    };
    assert_eq!(
        (event.kind, event.about.as_deref()),
        (EventKind::ClientChanged, Some("client-1"))
    );
}

#[test]
fn a_client_cannot_wish_its_method_away_or_its_keys() {
    let jwks = |key: Value| json!({ "keys": [key] });
    let with_keys =
        itself(&json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": jwks(signer::ed25519_jwk()) }));
    let with_secret =
        itself(&json!({ "token_endpoint_auth_method": "client_secret_basic", "client_secret_digest": "d" }));
    let rows = [
        (
            itself(&json!({})),
            json!({ "token_endpoint_auth_method": "client_secret_basic" }),
            false,
        ),
        (itself(&json!({})), json!({}), false), // absent is client_secret_basic
        (
            with_secret.clone(),
            json!({ "token_endpoint_auth_method": "none" }),
            false,
        ),
        (
            with_secret.clone(),
            json!({ "token_endpoint_auth_method": "client_secret_post" }),
            false,
        ),
        (with_secret.clone(), json!({}), true),
        (
            with_keys.clone(),
            json!({ "token_endpoint_auth_method": "private_key_jwt" }),
            false,
        ),
        (
            with_keys.clone(),
            json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": jwks(signer::p256_jwk()) }),
            true,
        ),
    ];
    for (client, new, accepted) in rows {
        let decision = run(&replace(&new), Some((client.clone(), Known::Token)));
        let code = why(&decision).map(|why| why.code().name());
        assert_eq!(
            code,
            (!accepted).then_some("invalid_client_metadata"),
            "{} {new}",
            client.authentication.method().name()
        );
    }
    let decision = run(&replace(&json!({})), Some((with_secret.clone(), Known::Token)));
    let [Guard::Client(client::Guard::Replace { client, .. })] = decision.change().guards.as_slice() else {
        panic!("one client")
    };
    assert_eq!(client.authentication, with_secret.authentication, "the secret stays");
    assert_eq!(document(&decision).get("client_secret"), None, "and is shown once only");
}

#[test]
fn a_replacement_repeats_its_own_id_and_secret_or_none() {
    let with_secret = itself(&json!({
        "token_endpoint_auth_method": "client_secret_basic", "client_secret_digest": digest::sha256_b64(b"its own"),
    }));
    let rows = [
        (json!({}), true),
        (json!({ "client_id": "client-1", "client_secret": "its own" }), true),
        (json!({ "client_id": null, "client_secret": null }), true),
        (json!({ "client_id": "client-2" }), false),
        (json!({ "client_id": "" }), false),
        (json!({ "client_id": 1 }), false),
        (json!({ "client_secret": "of its choice" }), false),
        (json!({ "client_secret": "" }), false),
        (json!({ "client_secret": ["its own"] }), false),
    ];
    for (said, accepted) in rows {
        let decision = run(&replace(&said), Some((with_secret.clone(), Known::Token)));
        let code = why(&decision).map(|why| why.code().name());
        assert_eq!(
            code,
            (!accepted).then_some("invalid_client_metadata"),
            "RFC 7592 s2.2: {said}"
        );
        if !accepted {
            assert_changes_nothing(&decision);
        }
    }
    let public = replace(&json!({ "token_endpoint_auth_method": "none", "client_secret": "its own" }));
    let refused = why(&run(&public, Some((itself(&json!({})), Known::Token)))).unwrap();
    assert_eq!(refused.code().name(), "invalid_client_metadata", "it has none");
}

#[test]
fn a_registration_ends_when_its_client_says_so() {
    let decision = run(&delete(), Some((itself(&json!({})), Known::Token)));
    assert_eq!(decision.answer(), &Answer::Issue(Reply::Gone), "RFC 7592 s2.3: 204");
    assert_eq!(
        decision.change().guards,
        [Guard::Client(client::Guard::Drop {
            id: facts::id("client-1"),
            epoch: 4
        })]
    );
    let [event] = decision.change().events.as_slice() else {
        panic!("one event")
    };
    assert_eq!(
        (event.kind, event.about.as_deref()),
        (EventKind::ClientDropped, Some("client-1"))
    );
}
