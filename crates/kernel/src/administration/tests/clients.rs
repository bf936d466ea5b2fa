//! Registering clients and changing them.

use serde_json::{Value, json};

use super::*;
use crate::client;

#[test]
fn a_client_is_registered_with_its_root_grant() {
    let request = json!({ "create_client": {
        "client_id": "scout", "client_name": "Scout", "token_endpoint_auth_method": "private_key_jwt", "jwks": { "keys": [signer::ed25519_jwk()] },
        "grant_types": ["client_credentials"], "scope": "pay read", "resources": [HERE, THERE], "access_token_signed_response_alg": "ES256",
        "dpop_bound_access_tokens": true, "introspects_everything": true,
    } });
    let decision = run(&request, &new_client());
    let expected_client = facts::client(&json!({
        "client_id": "scout", "client_name": "Scout", "token_endpoint_auth_method": "private_key_jwt", "jwks": { "keys": [signer::ed25519_jwk()] },
        "grant_types": ["client_credentials"], "access_token_signed_response_alg": "ES256", "dpop_bound_access_tokens": true, "introspects_everything": true,
        "created_at": NOW,
    }));
    let grant_id = at().id::<crate::id::GrantKind>("grant");
    let expected_grant = facts::grant(&json!({
        "id": grant_id.as_str(), "client_id": "scout", "scope": "pay read", "resources": [HERE, THERE], "own_endpoints": true, "depth": 1,
        "given_by": "admin", "created_at": NOW,
    }));
    let guards = [
        Guard::Client(client::Guard::Create(Box::new(expected_client))),
        Guard::Grant(grant::Guard::Create(Box::new(expected_grant))),
    ];
    assert_eq!(decision.change().guards, guards);
    assert_eq!(
        events(&decision),
        [
            ("client.created", Some("scout")),
            ("grant.created", Some(grant_id.as_str()))
        ]
    );
    assert_eq!(document(&decision).get("client_secret"), None);
}

#[test]
fn a_root_grant_is_made_when_something_is_given_that_a_grant_type_can_use() {
    let given = |grant_types: &[&str], scope: &str, resources: &[&str]| {
        let client = json!({
            "client_name": "x", "token_endpoint_auth_method": "client_secret_post",
            "grant_types": grant_types, "scope": scope, "resources": resources,
        });
        run(&json!({ "create_client": client }), &naming(&client, &new_client()))
    };
    let machine: &[&str] = &["client_credentials"];
    for (grant_types, scope, resources, grants) in [
        (machine, "read", &[HERE][..], 1_usize),
        (machine, "", &[HERE], 1),
        (machine, "anything", &[], 1),
        (machine, "", &[], 0),
        (&[], "", &[], 0),
    ] {
        let decision = given(grant_types, scope, resources);
        let made = decision
            .change()
            .guards
            .iter()
            .filter(|guard| matches!(guard, Guard::Grant(_)))
            .count();
        assert_eq!(
            (made, events(&decision).len()),
            (grants, grants.saturating_add(1)),
            "{grant_types:?} {scope:?} {resources:?}"
        );
    }
    for decision in [given(&[], "read", &[]), given(&[], "", &[HERE])] {
        let code = why(&decision).unwrap().code().name();
        assert_eq!(code, "invalid_client_metadata", "authority that nothing can use");
    }
}

#[test]
fn a_client_is_described_in_the_words_of_rfc_7591() {
    let decision = run(&commands()[0].0, &new_client());
    let id = created_client(&decision).id.as_str().to_owned();
    let secret = document(&decision)["client_secret"].as_str().unwrap().to_owned();
    let expected = json!({
        "client_id": id, "client_name": "Atlas", "token_endpoint_auth_method": "client_secret_basic", "grant_types": ["client_credentials"],
        "dpop_bound_access_tokens": false, "introspects_everything": false, "created_at": NOW, "registered_by": "administrator",
        "client_secret": secret, "client_secret_expires_at": 0, // RFC 7591 s3.2.1
    });
    assert_eq!(document(&decision), expected);
    assert_eq!(id.len(), 26, "a drawn id sorts by time");
}

#[test]
fn client_ids_use_the_characters_that_every_client_sends_unencoded() {
    let with_id = |id: &str| {
        let client =
            json!({ "client_id": id, "client_name": "x", "token_endpoint_auth_method": "client_secret_basic" });
        run(&json!({ "create_client": client }), &new_client())
    };
    let longest = "x".repeat(128);
    for good in ["s6BhdRkqt3", "a", "AZ.az_09-~", longest.as_str()] {
        assert_eq!(created_client(&with_id(good)).id.as_str(), good);
    }
    let too_long = "x".repeat(129);
    for bad in [
        "https://agent.example/client.json",
        "a:b",
        "a/b",
        "a+b",
        "a%20b",
        "a@b",
        "a&b",
        "\"",
        too_long.as_str(),
    ] {
        assert_eq!(
            why(&with_id(bad)).unwrap().code().name(),
            "invalid_client_metadata",
            "{bad}"
        );
    }
}

#[test]
fn credentials_must_fit_the_method() {
    let keys = json!({ "keys": [signer::ed25519_jwk(), signer::p256_jwk()] });
    let mut private = signer::ed25519_jwk();
    private["d"] = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A".into(); // RFC 8037 App. A.1
    let cases = [
        ("private_key_jwt", Some(keys.clone()), true, "public keys"),
        ("private_key_jwt", None, false, "no keys"),
        ("private_key_jwt", Some(json!({ "keys": [] })), false, "a set of none"),
        (
            "private_key_jwt",
            Some(json!({ "keys": [{ "kty": "AKP", "alg": "ML-DSA-65" }] })),
            false,
            "none that can be used",
        ),
        (
            "private_key_jwt",
            Some(json!({ "keys": [private] })),
            false,
            "a private key: it is nobody's any more",
        ),
        (
            "private_key_jwt",
            Some(json!({ "keys": [{ "kty": "oct", "k": "c2VjcmV0" }] })),
            false,
            "a shared secret is no public key",
        ),
        ("private_key_jwt", Some(json!({ "keys": "none" })), false, "no list"),
        ("client_secret_basic", None, true, "we make the secret"),
        ("client_secret_post", None, true, "we make the secret"),
        (
            "client_secret_basic",
            Some(keys.clone()),
            true,
            "keys for its request objects (RFC 9101 s6.2)",
        ),
        ("client_secret_post", Some(keys), true, "keys for its request objects"),
    ];
    for (method, jwks, accepted, claim) in cases {
        let mut client = json!({ "client_name": "x", "token_endpoint_auth_method": method });
        if let Some(jwks) = jwks {
            client["jwks"] = jwks;
        }
        let decision = run(&json!({ "create_client": client }), &new_client());
        assert_eq!(why(&decision).is_none(), accepted, "{method}: {claim}");
        if accepted {
            assert_eq!(created_client(&decision).authentication.method().name(), method);
        } else {
            assert_eq!(
                why(&decision).unwrap().code().name(),
                "invalid_client_metadata",
                "{method}: {claim}"
            );
        }
    }
}

#[test]
fn a_name_that_is_taken_is_a_conflict() {
    let cases = [
        ("create_client", Why::Exists("client")),
        ("create_resource", Why::Exists("resource")),
        ("create_tenant", Why::Exists("tenant")),
    ];
    for (name, expected) in cases {
        let commands = commands();
        let (request, _) = commands
            .iter()
            .find(|(request, _)| request.get(name).is_some())
            .unwrap();
        assert_eq!(expected.code().name(), "conflict");
        assert_eq!(why(&run(request, &loaded())), Some(expected), "{request}");
    }
}

#[test]
fn what_is_not_there_cannot_be_changed() {
    let absent = [
        (
            json!({ "change_client": { "client_id": "x", "disabled": true } }),
            "client",
        ),
        (json!({ "rotate_client_secret": { "client_id": "x" } }), "client"),
        (
            json!({ "set_resource_disabled": { "resource": HERE, "disabled": true } }),
            "resource",
        ),
        (
            json!({ "create_grant": { "client_id": "x", "scope": "", "resources": [] } }),
            "client",
        ),
        (json!({ "revoke_grant": { "id": "x" } }), "grant"),
        (
            json!({ "set_tenant_disabled": { "id": "x", "disabled": true } }),
            "tenant",
        ),
        (json!({ "change_tenant": { "id": "x" } }), "tenant"),
    ];
    for (request, what) in absent {
        let expected = Why::Absent(what);
        assert_eq!(expected.code().name(), "not_found");
        assert_eq!(why(&run(&request, &Facts::default())), Some(expected), "{request}");
    }
}

#[test]
fn a_changed_registration_keeps_what_was_not_named_and_replaces_what_was_read() {
    let old = loaded().client.unwrap();
    let with = |members: Value| {
        let mut change = json!({ "client_id": "atlas" });
        for (name, value) in members.as_object().unwrap() {
            change[name] = value.clone();
        }
        let decision = run(&json!({ "change_client": change }), &loaded());
        let [Guard::Client(client::Guard::Replace { client, epoch: 4 })] = decision.change().guards.as_slice() else {
            panic!("a replacement of epoch 4, not {:?}", decision.answer());
        };
        client.as_ref().clone()
    };
    let newer = client::Client { epoch: 5, ..old };
    let disabled = Some(Time::from_unix(NOW));
    let cases = [
        (json!({}), newer.clone()),
        (
            json!({ "client_name": "Atlas 2" }),
            client::Client {
                name: "Atlas 2".to_owned(),
                ..newer.clone()
            },
        ),
        (
            json!({ "access_token_signed_response_alg": "ES256" }),
            client::Client {
                token_algorithm: Some(proof::Algorithm::ES256),
                ..newer.clone()
            },
        ),
        (
            json!({ "dpop_bound_access_tokens": true }),
            client::Client {
                binding: client::Binding::Required,
                ..newer.clone()
            },
        ),
        (
            json!({ "introspects_everything": true }),
            client::Client {
                introspects: client::Introspects::Everything,
                ..newer.clone()
            },
        ),
        (
            json!({ "disabled": true }),
            client::Client {
                disabled,
                ..newer.clone()
            },
        ),
        (json!({ "disabled": false }), newer),
    ];
    for (members, expected) in cases {
        assert_eq!(with(members.clone()), expected, "{members}");
    }
}

#[test]
fn a_disabled_client_can_be_enabled_again() {
    let disabled = client::Client {
        disabled: Some(Time::from_unix(1)),
        ..loaded().client.unwrap()
    };
    let facts = Facts {
        client: Some(disabled.clone()),
        ..Facts::default()
    };
    for (change, expected) in [
        (json!({ "client_id": "atlas", "disabled": false }), None),
        (json!({ "client_id": "atlas" }), disabled.disabled),
    ] {
        let decision = run(&json!({ "change_client": change }), &facts);
        let [Guard::Client(client::Guard::Replace { client, .. })] = decision.change().guards.as_slice() else {
            panic!("a replacement")
        };
        assert_eq!(client.disabled, expected);
    }
}

#[test]
fn keys_are_changed_for_every_client_and_secrets_for_one_with_a_secret() {
    let keys = json!({ "keys": [signer::p256_jwk()] });
    let change = json!({ "change_client": { "client_id": "atlas", "jwks": keys } });
    assert_eq!(
        document(&run(&change, &loaded()))["jwks"],
        keys,
        "one with a secret signs its request objects with them"
    );
    let with_keys = facts::client(&json!({
        "client_id": "atlas", "token_endpoint_auth_method": "private_key_jwt", "jwks": { "keys": [signer::ed25519_jwk()] },
    }));
    let facts = Facts {
        client: Some(with_keys),
        ..Facts::default()
    };
    let decision = run(&change, &facts);
    assert_eq!(document(&decision)["jwks"], keys);
    let broken = json!({ "change_client": { "client_id": "atlas", "jwks": { "keys": [] } } });
    assert_eq!(
        why(&run(&broken, &facts)).unwrap().code().name(),
        "invalid_client_metadata"
    );
    let rotate = json!({ "rotate_client_secret": { "client_id": "atlas" } });
    let no_secret = why(&run(&rotate, &facts)).unwrap();
    assert_eq!(no_secret.code().name(), "invalid_client_metadata", "it has none");
}

#[test]
fn a_client_of_people_has_places_of_answer_and_no_authority_of_its_own() {
    let new = |changed: &Value| {
        let mut client = json!({
            "client_id": "notes", "client_name": "Notes", "token_endpoint_auth_method": "none", "grant_types": ["authorization_code", "refresh_token"],
            "redirect_uris": ["https://app.example/cb"],
        });
        client
            .as_object_mut()
            .unwrap()
            .extend(changed.as_object().unwrap().clone());
        run(&json!({ "create_client": client }), &new_client())
    };
    let decision = new(&json!({ "application_type": "web", "client_uri": "https://app.example" }));
    let row = facts::client(&json!({
        "client_id": "notes", "client_name": "Notes", "token_endpoint_auth_method": "none", "grant_types": ["authorization_code", "refresh_token"],
        "redirect_uris": ["https://app.example/cb"], "application_type": "web", "client_uri": "https://app.example", "created_at": NOW,
        "sector": "app.example",
    }));
    assert_eq!(
        decision.change().guards,
        [Guard::Client(client::Guard::Create(Box::new(row)))]
    );
    let shown = document(&decision);
    assert_eq!(
        (
            &shown["redirect_uris"],
            &shown["application_type"],
            &shown["registered_by"],
            shown.get("client_secret")
        ),
        (
            &json!(["https://app.example/cb"]),
            &json!("web"),
            &json!("administrator"),
            None
        )
    );
    let (uri, metadata) = (Some("invalid_redirect_uri"), Some("invalid_client_metadata"));
    let rows = [
        (json!({ "redirect_uris": [] }), uri),
        (json!({ "redirect_uris": ["javascript:alert(1)"] }), uri),
        (json!({ "redirect_uris": ["http://app.example/cb"] }), uri),
        (
            json!({ "application_type": "web", "redirect_uris": ["http://127.0.0.1/cb"] }),
            uri,
        ),
        (json!({ "redirect_uris": vec!["https://app.example/cb"; 21] }), uri),
        (json!({ "grant_types": ["refresh_token"] }), metadata),
        (json!({ "grant_types": ["client_credentials"] }), metadata), // RFC 6749 s4.4: confidential clients only
        (json!({ "scope": "read" }), metadata),
        (json!({ "client_id": "https://agent.example/" }), metadata),
        (json!({ "client_id": "https://agent.example/client.json#f" }), metadata),
        (
            json!({ "client_id": "https://agent.example/client.json", "token_endpoint_auth_method": "client_secret_basic" }),
            metadata,
        ),
        (json!({ "client_id": "https://agent.example/client.json" }), None), // pinned, and never fetched
        (
            json!({ "redirect_uris": ["http://127.0.0.1/cb", "com.example.app:/cb"] }),
            None,
        ),
    ];
    for (changed, expected) in rows {
        assert_eq!(why(&new(&changed)).map(|why| why.code().name()), expected, "{changed}");
    }
}

#[test]
fn the_places_of_answer_of_a_client_change_by_the_same_rules() {
    let client = facts::client(&json!({
        "client_id": "notes", "token_endpoint_auth_method": "none", "grant_types": ["authorization_code"], "redirect_uris": ["https://app.example/cb"],
        "application_type": "web", "epoch": 4,
    }));
    let facts = Facts {
        client: Some(client.clone()),
        ..Facts::default()
    };
    let change = |uris: &[&str]| {
        run(
            &json!({ "change_client": { "client_id": "notes", "redirect_uris": uris } }),
            &facts,
        )
    };
    let decision = change(&["https://app.example/new"]);
    let [Guard::Client(client::Guard::Replace { client: new, epoch: 4 })] = decision.change().guards.as_slice() else {
        panic!("a client");
    };
    assert_eq!(
        (new.redirect_uris.as_slice(), new.epoch),
        (&[facts::redirect_uri("https://app.example/new")][..], 5)
    );
    assert_ne!(
        new.basis(),
        client.basis(),
        "S-23: what people said yes to was another client"
    );
    for bad in [&[][..], &["http://127.0.0.1/cb"], &["https://app.example/#f"]] {
        assert_eq!(
            why(&change(bad)).unwrap().code().name(),
            "invalid_redirect_uri",
            "{bad:?}"
        );
    }
    let secret = run(&json!({ "rotate_client_secret": { "client_id": "notes" } }), &facts);
    assert_eq!(
        why(&secret).unwrap().code().name(),
        "invalid_client_metadata",
        "a client of method none has no secret"
    );
}

#[test]
fn a_client_that_its_profile_would_never_let_in_is_told_so_at_once() {
    let strict = json!({ "id": "acme", "issuer": "https://as.example", "security_profile": "fapi2" });
    let plain = json!({ "id": "acme", "issuer": "https://as.example" });
    let with_key = |more: &Value| {
        let mut said = json!({ "client_name": "x", "token_endpoint_auth_method": "private_key_jwt", "jwks": { "keys": [signer::ed25519_jwk()] } });
        said.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        said
    };
    let secret = json!({ "client_name": "x", "token_endpoint_auth_method": "client_secret_basic" });
    let own =
        json!({ "client_name": "x", "token_endpoint_auth_method": "client_secret_basic", "security_profile": "fapi2" });
    let device = json!({ "grant_types": ["urn:ietf:params:oauth:grant-type:device_code"] });
    for (tenant, said, accepted) in [
        (&strict, secret.clone(), false),
        (&strict, with_key(&json!({})), true),
        (&strict, with_key(&device), false),
        (&plain, own, false),
        (&plain, with_key(&device), true),
        (&plain, secret.clone(), true),
    ] {
        let facts = Facts {
            tenant: Some(facts::tenant(tenant)),
            ..new_client()
        };
        let code = why(&run(&json!({ "create_client": said }), &facts)).map(|why| why.code().name());
        assert_eq!(
            code,
            (!accepted).then_some("invalid_client_metadata"),
            "{tenant} {said}"
        );
    }

    // What was there before the tenant became stricter can be renamed and disabled, and not be given a profile that it cannot hold.
    let there = Facts {
        tenant: Some(facts::tenant(&strict)),
        client: Some(facts::client(
            &json!({ "client_id": "atlas", "client_name": "x", "token_endpoint_auth_method": "client_secret_basic", "client_secret_digest": "x" }),
        )),
        ..Facts::default()
    };
    for (change, accepted) in [
        (json!({ "client_id": "atlas", "disabled": true }), true),
        (json!({ "client_id": "atlas", "security_profile": "fapi2" }), false),
    ] {
        let code = why(&run(&json!({ "change_client": change }), &there)).map(|why| why.code().name());
        assert_eq!(code, (!accepted).then_some("invalid_client_metadata"), "{change}");
    }
}

#[test]
fn a_group_that_is_not_there_is_named() {
    let client =
        json!({ "client_name": "x", "token_endpoint_auth_method": "client_secret_basic", "approvers": "nobody" });
    let refused = why(&run(&json!({ "create_client": client }), &new_client()));
    assert_eq!(
        refused,
        Some(Why::AbsentHere(
            "approvers: there is no group or role nobody here".to_owned()
        ))
    );
}

#[test]
fn a_grant_of_nothing_is_a_slip() {
    let refused = why(&run(&json!({ "create_grant": { "client_id": "atlas" } }), &loaded()));
    assert!(
        matches!(&refused, Some(Why::Body(rule)) if rule.starts_with("scope: ")),
        "{refused:?}"
    );
}
