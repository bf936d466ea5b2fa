//! What each command does, what it refuses, who may give it, and that a secret is in the answer and nowhere else.

use proof::{Time, digest};
use serde_json::{Value, json};

use super::*;
use crate::{
    caller::{BrowserUser, Caller, PublicClient, PureMachine, Who},
    client,
    decision::{Answer, Change, Decision, Guard, Reply, Write},
    event::EventKind,
    grant,
    moment::Moment,
    tenant,
    vectors::{self, Outcome, command, facts, signer},
    why::Why,
};

const NOW: i64 = 1_795_000_000;
const HERE: &str = "https://mcp.example/mcp";
const THERE: &str = "https://api.example/v1";

#[test]
fn golden_vectors_of_administration_hold() {
    vectors::golden("administration", |vector| {
        let loaded = vector.facts(&["administrator", "client", "resources", "path", "tenant"]);
        let list = |name: &str| loaded.get(name).and_then(Value::as_array).into_iter().flatten();
        let facts = Facts {
            client: loaded.get("client").map(facts::client),
            resources: list("resources").map(facts::resource).collect(),
            path: list("path").map(facts::grant).collect(),
            tenant: loaded.get("tenant").map(facts::tenant),
        };
        let caller = vectors::administrator(&loaded["administrator"]);
        Outcome::Decided(decide(&command(&vector.request), &caller, &facts, &vector.at))
    });
}

fn at() -> Moment {
    Moment {
        now: Time::from_unix(NOW),
        seed: [7; 32],
    }
}

fn of_installation() -> Caller {
    vectors::administrator(&json!({ "id": "admin", "reach": "installation" }))
}

fn of_tenant() -> Caller {
    vectors::administrator(&json!({ "id": "admin", "reach": "tenant" }))
}

/// A client, two resources, a path of two grants and a tenant: what the commands below name.
fn loaded() -> Facts {
    Facts {
        client: Some(facts::client(&json!({
            "client_id": "atlas", "client_name": "Atlas", "token_endpoint_auth_method": "client_secret_basic", "client_secret_digest": "old-digest",
            "grant_types": ["client_credentials"], "epoch": 4, "created_at": 1000,
        }))),
        resources: vec![
            facts::resource(&json!({ "resource": HERE, "scopes": { "read": "see it", "write": "change it" } })),
            facts::resource(&json!({ "resource": THERE, "scopes": { "pay": "pay with it" } })),
        ],
        path: facts::path(&json!([
            { "id": "parent", "client_id": "atlas", "scope": "read write", "resources": [HERE], "parent": "top", "depth": 1, "expires_at": NOW.saturating_add(1000), "epoch": 1 },
            { "id": "top", "client_id": "atlas", "scope": "read write", "resources": [HERE, THERE], "depth": 2, "epoch": 2 },
        ])),
        tenant: Some(facts::tenant(
            &json!({ "id": "acme", "name": "Acme", "issuer": "https://as.example/t/acme" }),
        )),
    }
}

/// What a command finds that names nothing yet known, among two resources.
fn new_client() -> Facts {
    Facts {
        client: None,
        ..loaded()
    }
}

/// Each command in a form that succeeds, with the facts it needs.
fn commands() -> Vec<(Value, Facts)> {
    let secret_client = json!({ "client_name": "Atlas", "token_endpoint_auth_method": "client_secret_basic", "grant_types": ["client_credentials"], "scope": "read", "resources": [HERE] });
    let key = json!({ "kid": "k", "alg": "EdDSA", "created_at": NOW, "active_from": NOW.saturating_add(900), "public_jwk": signer::ed25519_jwk(), "sealed": "sealed-private-half" });
    vec![
        (json!({ "create_client": secret_client }), new_client()),
        (
            json!({ "change_client": { "client_id": "atlas", "disabled": true } }),
            loaded(),
        ),
        (json!({ "rotate_client_secret": { "client_id": "atlas" } }), loaded()),
        (
            json!({ "create_resource": { "resource": HERE, "resource_name": "Files", "scopes": { "read": "see it" } } }),
            Facts::default(),
        ),
        (
            json!({ "set_resource_disabled": { "resource": HERE, "disabled": true } }),
            loaded(),
        ),
        (
            json!({ "create_grant": { "client_id": "atlas", "scope": "read", "resources": [HERE] } }),
            loaded(),
        ),
        (json!({ "revoke_grant": { "id": "parent" } }), loaded()),
        (
            json!({ "create_administrator": { "name": "Alice", "reach": "tenant" } }),
            Facts::default(),
        ),
        (json!({ "rotate_keys": { "keys": [key] } }), Facts::default()),
        (
            json!({ "set_tenant_settings": { "id": "acme", "access_token_seconds": 60 } }),
            loaded(),
        ),
        (
            json!({ "create_tenant": { "id": "acme", "name": "Acme", "issuer": "https://as.example/t/acme" } }),
            Facts::default(),
        ),
        (
            json!({ "set_tenant_disabled": { "id": "acme", "disabled": true } }),
            loaded(),
        ),
        (
            json!({ "create_administrator": { "name": "Alice", "reach": "installation" } }),
            Facts::default(),
        ),
    ]
}

/// How many of [`commands`], the last ones, are for administrators of the installation only.
const OF_INSTALLATION: usize = 3;

fn run(request: &Value, facts: &Facts) -> Decision {
    decide(&command(request), &of_installation(), facts, &at())
}

fn why(decision: &Decision) -> Option<Why> {
    match decision.answer() {
        Answer::Refuse(code, why) => {
            assert_eq!(*code, why.code());
            Some(why.clone())
        }
        Answer::Issue(_) | Answer::Wait(_) => None,
    }
}

/// The document of the answer.
fn document(decision: &Decision) -> Value {
    match decision.answer() {
        Answer::Issue(Reply::Created(document) | Reply::Document(document)) => document.clone().into(),
        other => panic!("a document, not {other:?}"),
    }
}

fn created_client(decision: &Decision) -> &client::Client {
    let Some(Guard::Client(client::Guard::Create(client))) = decision.change().guards.first() else {
        panic!("a client, not {:?}", decision.answer());
    };
    client
}

fn created_grant(decision: &Decision) -> &grant::Grant {
    let Some(Guard::Grant(grant::Guard::Create(grant))) = decision.change().guards.last() else {
        panic!("a grant, not {:?}", decision.answer());
    };
    grant
}

fn events(decision: &Decision) -> Vec<(&'static str, Option<&str>)> {
    decision
        .change()
        .events
        .iter()
        .map(|event| (event.kind.name(), event.about.as_deref()))
        .collect()
}

// Who may.

#[test]
fn only_an_administrator_may_give_commands() {
    let client = loaded().client.unwrap();
    let callers = [
        Who::Anyone,
        Who::PublicClient(PublicClient { client: client.clone() }),
        Who::PureMachine(PureMachine { client }),
        Who::BrowserUser(BrowserUser {
            user: facts::id("u"),
            browser_session: facts::id("s"),
        }),
    ];
    for who in callers {
        for (request, facts) in commands() {
            let decision = decide(&command(&request), &Caller::plain(who.clone()), &facts, &at());
            assert_eq!(why(&decision), Some(Why::AdministratorUnproved), "{request}");
            assert_eq!(
                Why::AdministratorUnproved.code().name(),
                "invalid_token",
                "RFC 6750 s3.1"
            );
        }
    }
}

#[test]
fn a_tenants_administrator_commands_the_tenant_and_not_the_installation() {
    let commands = commands();
    let of_installation_from = commands.len().saturating_sub(OF_INSTALLATION);
    for (n, (request, facts)) in commands.iter().enumerate() {
        assert_eq!(why(&run(request, facts)), None, "{request}");
        let decision = decide(&command(request), &of_tenant(), facts, &at());
        let expected = (n >= of_installation_from).then_some(Why::AdministratorReach);
        assert_eq!(why(&decision), expected, "{request}");
    }
    let nothing_there = Why::Absent("tenant");
    assert_eq!(
        Why::AdministratorReach.code(),
        nothing_there.code(),
        "beyond reach looks like nothing at all"
    );
    assert_eq!(Why::AdministratorReach.said(), nothing_there.said());
}

#[test]
fn beyond_its_reach_an_administrator_does_not_learn_what_exists() {
    for (request, _) in commands().iter().rev().take(OF_INSTALLATION) {
        let decision = decide(&command(request), &of_tenant(), &loaded(), &at());
        assert_eq!(
            why(&decision),
            Some(Why::AdministratorReach),
            "whatever is there: {request}"
        );
    }
}

#[test]
fn every_command_is_told_by_an_event_of_its_own_kind_and_a_refusal_by_one_refusal() {
    let kinds = [
        vec![EventKind::ClientCreated, EventKind::GrantCreated],
        vec![EventKind::ClientChanged],
        vec![EventKind::ClientSecretRotated],
        vec![EventKind::ResourceCreated],
        vec![EventKind::ResourceChanged],
        vec![EventKind::GrantCreated],
        vec![EventKind::GrantRevoked],
        vec![EventKind::AdministratorCreated],
        vec![EventKind::KeyCreated],
        vec![EventKind::TenantChanged],
        vec![EventKind::TenantCreated],
        vec![EventKind::TenantChanged],
        vec![EventKind::AdministratorCreated],
    ];
    for ((request, facts), expected) in commands().iter().zip(kinds) {
        let decision = run(request, facts);
        let told: Vec<EventKind> = decision.change().events.iter().map(|event| event.kind).collect();
        assert_eq!(told, expected, "{request}");
        for event in &decision.change().events {
            assert_eq!(
                (event.actor.as_deref(), event.at),
                (Some("admin"), at().now),
                "{request}"
            );
            assert!(event.about.is_some(), "{request}");
        }
        let refused = decide(&command(request), &Caller::plain(Who::Anyone), facts, &at());
        assert_eq!(
            Change {
                events: vec![],
                ..refused.change().clone()
            },
            Change::default(),
            "{request}"
        );
        let [event] = refused.change().events.as_slice() else {
            panic!("one event")
        };
        assert_eq!(
            (event.kind, &event.body["error"]),
            (EventKind::RequestRefused, &json!("invalid_token"))
        );
    }
}

// Clients.

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
fn a_client_without_grant_types_has_no_grant() {
    let member = |name: &str, value: Value| {
        let mut client = json!({ "client_name": "Gateway", "token_endpoint_auth_method": "client_secret_post", "introspects_everything": true });
        client[name] = value;
        run(&json!({ "create_client": client }), &new_client())
    };
    let decision = member("grant_types", json!([]));
    assert_eq!(decision.change().guards.len(), 1);
    assert_eq!(events(&decision).len(), 1);
    for decision in [member("scope", json!("read")), member("resources", json!([HERE]))] {
        assert_eq!(
            why(&decision).unwrap().code().name(),
            "invalid_client_metadata",
            "authority that nothing can use"
        );
    }
}

#[test]
fn a_client_is_described_in_the_words_of_rfc_7591() {
    let decision = run(&commands()[0].0, &new_client());
    let id = created_client(&decision).id.as_str().to_owned();
    let secret = document(&decision)["client_secret"].as_str().unwrap().to_owned();
    let expected = json!({
        "client_id": id, "client_name": "Atlas", "token_endpoint_auth_method": "client_secret_basic", "grant_types": ["client_credentials"],
        "dpop_bound_access_tokens": false, "introspects_everything": false, "created_at": NOW,
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
            false,
            "keys that nothing would check",
        ),
        ("client_secret_post", Some(keys), false, "keys that nothing would check"),
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
    let (client, _) = &commands()[0];
    let (resource, _) = &commands()[3];
    let (tenant, _) = &commands()[10];
    let cases = [
        (client, Why::Exists("client")),
        (resource, Why::Exists("resource")),
        (tenant, Why::Exists("tenant")),
    ];
    for (request, expected) in cases {
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
        (json!({ "set_tenant_settings": { "id": "x" } }), "tenant"),
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
fn keys_are_changed_for_a_client_with_keys_and_secrets_for_one_with_a_secret() {
    let keys = json!({ "keys": [signer::p256_jwk()] });
    let change = json!({ "change_client": { "client_id": "atlas", "jwks": keys } });
    assert_eq!(
        why(&run(&change, &loaded())).unwrap().code().name(),
        "invalid_client_metadata"
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
    assert_eq!(
        why(&run(&rotate, &facts)).unwrap().code().name(),
        "invalid_client_metadata"
    );
}

// Secrets.

#[test]
fn a_secret_is_shown_once_and_only_its_digest_is_kept() {
    let cases = [
        (&commands()[0], "client_secret", ""),
        (&commands()[2], "client_secret", ""),
        (&commands()[7], "token", "pka_"),
        (&commands()[12], "token", "pka_"),
    ];
    for ((request, facts), member, prefix) in cases {
        let decision = run(request, facts);
        let secret = document(&decision)[member].as_str().unwrap().to_owned();
        assert_eq!(
            secret.strip_prefix(prefix).map(str::len),
            Some(43),
            "256 bits in base64url: {request}"
        );
        assert!(
            secret
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'),
            "sent unencoded in Basic: {request}"
        );
        let change = format!("{:?}", decision.change());
        assert!(!change.contains(secret.trim_start_matches(prefix)), "{request}");
        assert!(change.contains(&digest::sha256_b64(secret.as_bytes())), "{request}");
        let answer = document(&decision).to_string();
        assert!(
            !answer.contains(&digest::sha256_b64(secret.as_bytes())) && !answer.contains("old-digest"),
            "{request}"
        );
        let other = decide(
            &command(request),
            &of_installation(),
            facts,
            &Moment {
                now: at().now,
                seed: [8; 32],
            },
        );
        assert_ne!(
            document(&other)[member],
            secret.as_str(),
            "drawn from the seed: {request}"
        );
    }
}

#[test]
fn a_new_secret_ends_the_old_one_and_keeps_the_rest() {
    let decision = run(&commands()[2].0, &loaded());
    let secret = document(&decision)["client_secret"].as_str().unwrap().to_owned();
    let secret_digest = digest::sha256_b64(secret.as_bytes());
    let authentication = client::Authentication::SecretBasic { secret_digest };
    let client = client::Client {
        authentication,
        epoch: 5,
        ..loaded().client.unwrap()
    };
    assert_eq!(
        decision.change().guards,
        [Guard::Client(client::Guard::Replace {
            client: Box::new(client),
            epoch: 4
        })]
    );
}

#[test]
fn the_private_half_of_a_key_is_kept_and_never_shown() {
    let decision = run(&commands()[8].0, &Facts::default());
    let expected = json!({ "keys": [{
        "kid": "k", "alg": "EdDSA", "created_at": NOW, "active_from": NOW.saturating_add(900), "state": "published", "public_jwk": signer::ed25519_jwk(),
    }] });
    assert_eq!(document(&decision), expected);
    let [Guard::CreateKey(key)] = decision.change().guards.as_slice() else {
        panic!("one key")
    };
    assert_eq!(key.sealed, "sealed-private-half");
    assert!(!format!("{:?}", decision.change().events).contains("sealed-private-half"));
}

#[test]
fn keys_of_several_algorithms_are_told_by_events_that_do_not_collide() {
    let mut keys = command(&commands()[8].0);
    if let Command::RotateKeys(keys) = &mut keys {
        let second = crate::key::SigningKey {
            kid: "k2".to_owned(),
            algorithm: proof::Algorithm::ES256,
            active_from: at().now,
            ..keys[0].clone()
        };
        keys.push(second);
    }
    let decision = decide(&keys, &of_tenant(), &Facts::default(), &at());
    let [first, second] = decision.change().events.as_slice() else {
        panic!("two events")
    };
    assert_ne!(first.id, second.id);
    assert_eq!(
        (second.about.as_deref(), &second.body["algorithm"]),
        (Some("k2"), &json!("ES256"))
    );
    assert_eq!(
        document(&decision)["keys"][1]["state"],
        "active",
        "one that signs at once"
    );
}

// Resources.

#[test]
fn the_scopes_of_a_resource_are_scope_tokens() {
    let with = |scopes: Value| {
        let resource =
            json!({ "resource": HERE, "resource_name": "Files", "scopes": scopes, "introspection_clients": ["api"] });
        run(&json!({ "create_resource": resource }), &Facts::default())
    };
    let many = |count: usize| -> Value {
        (0..count)
            .map(|n| (format!("s{n}"), json!("words")))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    for good in [json!({}), json!({ "read": "see it", "tools:call": "" }), many(128)] {
        let decision = with(good.clone());
        let [Guard::CreateResource(resource)] = decision.change().guards.as_slice() else {
            panic!("a resource: {good}")
        };
        let row = json!({ "resource": HERE, "resource_name": "Files", "scopes": good, "introspection_clients": ["api"], "created_at": NOW });
        assert_eq!(**resource, facts::resource(&row));
    }
    let bad = [
        json!({ "": "nothing" }),
        json!({ "read write": "two in one" }),
        json!({ "read write": "two in one", "write": "and one of them again" }),
        json!({ "": "nothing", "read write": "two in one" }),
        json!({ " read": "a space before" }),
        json!({ "re\"ad": "a quote" }),
        json!({ "l\u{e4}s": "not ASCII" }),
        json!({ "x".repeat(257): "too long" }),
        many(129),
    ];
    for scopes in bad {
        assert_eq!(
            why(&with(scopes.clone())).unwrap().code().name(),
            "invalid_body",
            "{scopes}"
        );
    }
}

#[test]
fn a_resource_is_switched_without_a_race_to_lose() {
    for (disabled, since) in [(true, Some(Time::from_unix(NOW))), (false, None)] {
        let decision = run(
            &json!({ "set_resource_disabled": { "resource": HERE, "disabled": disabled } }),
            &loaded(),
        );
        assert_eq!(
            decision.change().sure,
            [Write::SetResourceDisabled {
                uri: facts::uri(HERE),
                at: since
            }]
        );
        assert!(decision.change().guards.is_empty());
        assert_eq!(
            document(&decision).get("disabled_at"),
            since.map(|at| json!(at.unix())).as_ref()
        );
        assert_eq!(decision.change().events[0].body["disabled"], disabled);
    }
}

// Grants.

/// A grant for Atlas with these members.
fn granting(members: &Value, facts: &Facts) -> Decision {
    let mut grant = json!({ "client_id": "atlas", "scope": "read", "resources": [HERE] });
    for (name, value) in members.as_object().unwrap() {
        grant[name] = value.clone();
    }
    let facts = naming(&grant, facts);
    run(&json!({ "create_grant": grant }), &facts)
}

/// These facts with no other resources than those that the command names.
fn naming(command: &Value, facts: &Facts) -> Facts {
    let named = command["resources"].as_array().unwrap();
    let resources = facts
        .resources
        .iter()
        .filter(|resource| named.contains(&resource.uri.as_str().into()));
    Facts {
        client: facts.client.clone(),
        resources: resources.cloned().collect(),
        path: facts.path.clone(),
        tenant: facts.tenant.clone(),
    }
}

#[test]
fn a_grant_names_only_what_is_registered() {
    let elsewhere = "https://mcp.example/MCP";
    let cases = [
        (
            json!({ "resources": [elsewhere] }),
            true,
            "identifiers are compared byte for byte",
        ),
        (
            json!({ "resources": [HERE, elsewhere] }),
            true,
            "one that is known does not excuse another",
        ),
        (json!({ "scope": "raed" }), true, "a misspelt scope"),
        (
            json!({ "scope": "read pay" }),
            true,
            "a scope of none of the resources named",
        ),
        (
            json!({ "resources": [HERE, THERE], "scope": "read pay" }),
            false,
            "several resources",
        ),
        (json!({ "scope": "" }), false, "none is none"),
    ];
    for (members, refused, claim) in cases {
        let decision = granting(&members, &loaded());
        let code = why(&decision).map(|why| why.code().name());
        assert_eq!(code, refused.then_some("invalid_body"), "{claim}");
        let mut client = json!({ "client_name": "x", "token_endpoint_auth_method": "client_secret_basic", "grant_types": ["client_credentials"], "scope": "read", "resources": [HERE] });
        for (name, value) in members.as_object().unwrap() {
            client[name] = value.clone();
        }
        let facts = naming(&client, &new_client());
        let decision = run(&json!({ "create_client": client }), &facts);
        assert_eq!(
            why(&decision).is_some(),
            refused,
            "the same for the first grant of a client: {claim}"
        );
    }
    let for_us = Facts {
        resources: vec![],
        ..loaded()
    };
    assert_eq!(
        why(&granting(&json!({ "resources": [], "scope": "anything" }), &for_us)),
        None,
        "our own endpoints know every scope"
    );
}

#[test]
fn a_grant_ends_in_the_future_or_never() {
    for (end, refused) in [
        (NOW.saturating_sub(1), true),
        (NOW, true),
        (NOW.saturating_add(1), false),
    ] {
        let decision = granting(&json!({ "expires_at": end }), &loaded());
        assert_eq!(
            why(&decision),
            refused.then(|| Why::Body("expires_at: lies in the past".to_owned())),
            "{end}"
        );
    }
    assert_eq!(
        created_grant(&granting(&json!({}), &loaded())).authority.expires(),
        None
    );
}

#[test]
fn a_root_is_what_was_asked_and_our_own_endpoints() {
    let decision = granting(
        &json!({ "scope": "write read", "expires_at": NOW.saturating_add(60), "depth": 3 }),
        &loaded(),
    );
    let id = at().id::<crate::id::GrantKind>("grant");
    let expected = facts::grant(&json!({
        "id": id.as_str(), "client_id": "atlas", "scope": "read write", "resources": [HERE], "own_endpoints": true,
        "expires_at": NOW.saturating_add(60), "depth": 3, "given_by": "admin", "created_at": NOW,
    }));
    assert_eq!(
        decision.change().guards,
        [Guard::Grant(grant::Guard::Create(Box::new(expected)))]
    );
    let described = json!({
        "id": id.as_str(), "client_id": "atlas", "scope": "read write", "resources": [HERE], "own_endpoints": true, "depth": 3,
        "expires_at": NOW.saturating_add(60), "given_by": "admin", "created_at": NOW, "status": "active",
    });
    assert_eq!(document(&decision), described);
    let deep = created_grant(&granting(&json!({ "depth": 200 }), &loaded()))
        .authority
        .depth();
    assert_eq!(deep, 8, "chains are short");
}

#[test]
fn a_child_is_narrowed_from_its_parent_and_relies_on_the_whole_path() {
    let decision = granting(&json!({ "parent": "parent" }), &loaded());
    let id = at().id::<crate::id::GrantKind>("grant");
    let expected = facts::grant(&json!({
        "id": id.as_str(), "client_id": "atlas", "scope": "read", "resources": [HERE], "own_endpoints": true, "parent": "parent",
        "expires_at": NOW.saturating_add(1000), "depth": 0, "given_by": "admin", "created_at": NOW,
    }));
    let live = |id: &str, epoch| {
        Guard::Grant(grant::Guard::Live {
            id: facts::id(id),
            epoch,
        })
    };
    let guards = [
        live("parent", 1),
        live("top", 2),
        Guard::Grant(grant::Guard::Create(Box::new(expected))),
    ];
    assert_eq!(decision.change().guards, guards, "no end of its own: the parent's");
    assert_eq!(document(&decision)["parent"], "parent");
}

#[test]
fn a_child_never_reaches_further_than_its_parent() {
    use crate::Excess;
    let cases = [
        (
            json!({ "scope": "read write", "expires_at": NOW.saturating_add(1000) }),
            None,
        ),
        (json!({ "scope": "pay", "resources": [THERE] }), Some(Excess::Scope)),
        (json!({ "resources": [THERE], "scope": "" }), Some(Excess::Audience)),
        (json!({ "expires_at": NOW.saturating_add(1001) }), Some(Excess::Expiry)),
        (json!({ "depth": 1 }), Some(Excess::Depth)),
    ];
    for (mut members, excess) in cases {
        members["parent"] = "parent".into();
        let decision = granting(&members, &loaded());
        assert_eq!(why(&decision), excess.map(Why::Excess), "{members}");
        assert_eq!(decision.change().guards.is_empty(), excess.is_some(), "{members}");
    }
    assert_eq!(Why::Excess(Excess::Scope).code().name(), "invalid_body");
    let mut facts = loaded();
    facts.path[0] = facts::grant(
        &json!({ "id": "parent", "client_id": "atlas", "scope": "read", "resources": [HERE], "parent": "top", "depth": 0 }),
    );
    assert_eq!(
        why(&granting(&json!({ "parent": "parent" }), &facts)),
        Some(Why::Excess(Excess::Depth)),
        "the last of its line"
    );
}

#[test]
fn nothing_is_narrowed_from_a_dead_grant() {
    let revoked = grant::Status::Revoked { at: Time::from_unix(1) };
    let of = |change: fn(&mut Facts, grant::Status)| {
        let mut facts = loaded();
        change(&mut facts, revoked);
        why(&granting(&json!({ "parent": "parent" }), &facts))
    };
    let dead = Some(Why::Absent("grant"));
    assert_eq!(
        of(|facts, revoked| facts.path[0].status = revoked),
        dead,
        "the parent is revoked"
    );
    assert_eq!(
        of(|facts, revoked| facts.path[1].status = revoked),
        dead,
        "the parent's parent is revoked"
    );
    assert_eq!(of(|facts, _| facts.path.truncate(1)), dead, "the path is not whole");
    assert_eq!(of(|facts, _| facts.path.clear()), dead, "there is none of that name");
    assert_eq!(of(|_, _| ()), None);
}

#[test]
fn revoking_a_grant_is_one_write_however_often_it_is_done() {
    let write = Write::Grant(grant::Write::EnsureRevoked {
        id: facts::id("parent"),
        at: at().now,
    });
    let mut again = loaded();
    again.path[0].status = grant::Status::Revoked { at: Time::from_unix(5) };
    for (facts, revoked_at, claim) in [
        (loaded(), NOW, "the first time"),
        (again, 5, "and again: it says since when"),
    ] {
        let decision = run(&json!({ "revoke_grant": { "id": "parent" } }), &facts);
        assert_eq!(decision.change().sure, [write.clone()], "{claim}");
        assert!(decision.change().guards.is_empty(), "{claim}");
        let document = document(&decision);
        assert_eq!(
            (&document["status"], &document["revoked_at"]),
            (&json!("revoked"), &json!(revoked_at)),
            "{claim}"
        );
        assert_eq!(events(&decision), [("grant.revoked", Some("parent"))], "{claim}");
    }
}

// Tenants and administrators.

#[test]
fn tenant_ids_can_be_a_path_segment_and_a_host_label() {
    let longest = "a".repeat(63);
    for good in ["a", "acme", "acme-2", "0", "a--b", longest.as_str()] {
        assert_eq!(tenant::parse_id(good).unwrap().as_str(), good);
    }
    let too_long = "a".repeat(64);
    for bad in [
        "",
        "-",
        "-a",
        "a-",
        "Acme",
        "a_b",
        "a.b",
        "a/b",
        "..",
        "a b",
        "\u{e4}",
        "a\n",
        too_long.as_str(),
    ] {
        assert_eq!(
            tenant::parse_id(bad).unwrap_err().code().name(),
            "invalid_body",
            "{bad:?}"
        );
    }
}

#[test]
fn access_tokens_live_between_a_minute_and_an_hour() {
    for (seconds, accepted) in [
        (i64::MIN, false),
        (0, false),
        (59, false),
        (60, true),
        (300, true),
        (3_600, true),
        (3_601, false),
    ] {
        let create = json!({ "create_tenant": { "id": "acme", "name": "Acme", "issuer": "https://as.example/t/acme", "access_token_seconds": seconds } });
        let change = json!({ "set_tenant_settings": { "id": "acme", "access_token_seconds": seconds } });
        for decision in [run(&create, &Facts::default()), run(&change, &loaded())] {
            let code = why(&decision).map(|why| why.code().name());
            assert_eq!(code, (!accepted).then_some("invalid_body"), "{seconds}");
        }
    }
}

#[test]
fn a_tenant_is_made_changed_and_switched() {
    let create = json!({ "create_tenant": { "id": "acme", "name": "Acme", "issuer": "https://as.example/t/acme", "dpop_nonce_required": true } });
    let decision = run(&create, &Facts::default());
    let row = json!({
        "id": "acme", "name": "Acme", "issuer": "https://as.example/t/acme", "dpop_nonce_required": true, "access_token_seconds": 300, "created_at": NOW,
    });
    let expected = facts::tenant(&row);
    assert_eq!(
        decision.change().guards,
        [Guard::Tenant(tenant::Guard::Create(Box::new(expected)))]
    );
    assert_eq!(document(&decision), row);

    let settings = tenant::Settings {
        dpop_nonce: tenant::NonceRule::Demanded,
        access_token_seconds: 900,
    };
    let change =
        json!({ "set_tenant_settings": { "id": "acme", "dpop_nonce_required": true, "access_token_seconds": 900 } });
    let decision = run(&change, &loaded());
    assert_eq!(
        decision.change().sure,
        [Write::Tenant(tenant::Write::SetSettings {
            id: facts::id("acme"),
            settings
        })]
    );
    assert_eq!(document(&decision)["access_token_seconds"], 900);

    for (disabled, since) in [(true, Some(at().now)), (false, None)] {
        let decision = run(
            &json!({ "set_tenant_disabled": { "id": "acme", "disabled": disabled } }),
            &loaded(),
        );
        assert_eq!(
            decision.change().sure,
            [Write::Tenant(tenant::Write::SetDisabled {
                id: facts::id("acme"),
                at: since
            })]
        );
        assert_eq!(
            document(&decision).get("disabled_at"),
            since.map(|at| json!(at.unix())).as_ref()
        );
    }
}

#[test]
fn the_default_tenant_cannot_be_disabled() {
    let default = facts::tenant(&json!({ "id": "default", "issuer": "https://as.example" }));
    let facts = Facts {
        tenant: Some(default),
        ..Facts::default()
    };
    for disabled in [true, false] {
        let decision = run(
            &json!({ "set_tenant_disabled": { "id": "default", "disabled": disabled } }),
            &facts,
        );
        assert_eq!(
            why(&decision).unwrap().code().name(),
            "invalid_body",
            "administration lives there"
        );
    }
}

#[test]
fn an_administrators_token_ends_when_it_was_asked_to() {
    for (lifetime, expires) in [(None, None), (Some(3_600), Some(1_795_003_600_i64))] {
        let mut new = json!({ "name": "Alice", "reach": "tenant" });
        if let Some(lifetime) = lifetime {
            new["lifetime_seconds"] = lifetime.into();
        }
        let decision = run(&json!({ "create_administrator": new }), &Facts::default());
        let [Guard::Tenant(tenant::Guard::CreateAdministrator { administrator, .. })] =
            decision.change().guards.as_slice()
        else {
            panic!("an administrator");
        };
        assert_eq!(administrator.expires.map(Time::unix), expires);
        assert_eq!(administrator.reach, tenant::Reach::Tenant);
        assert_eq!(
            document(&decision).get("expires_at"),
            expires.map(|at| json!(at)).as_ref()
        );
        assert_eq!(
            events(&decision),
            [("administrator.created", Some(administrator.id.as_str()))]
        );
    }
}
