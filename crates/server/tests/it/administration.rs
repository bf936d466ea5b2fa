//! What administration does: things are made, shown, listed and changed; secrets are shown once.

use std::collections::BTreeSet;

use proof::Algorithm;
use serde_json::{Value, json};
use testkit::{Client, Key, World};

use crate::{
    setup::{MCP, access_token, machine, refused, with, with_assertion, without},
    sites,
};

#[tokio::test]
async fn things_are_made_shown_listed_and_changed() {
    let world = World::new().await;
    world.resource(MCP, &[]).await;
    let key = Key::new(Algorithm::EdDSA);
    let jwks = json!({ "keys": [key.public_jwk()] });
    let made = world
        .admin("POST", "/admin/v1/clients", Some(&json!({ "client_id": "atlas", "client_name": "Atlas", "token_endpoint_auth_method": "private_key_jwt", "jwks": jwks, "grant_types": ["client_credentials"], "scope": "read", "resources": [MCP], "dpop_bound_access_tokens": true, "introspects_everything": true, "access_token_signed_response_alg": "ES256" })))
        .await;
    let mut expected = json!({ "client_id": "atlas", "client_name": "Atlas", "token_endpoint_auth_method": "private_key_jwt", "jwks": jwks, "grant_types": ["client_credentials"], "dpop_bound_access_tokens": true, "introspects_everything": true, "access_token_signed_response_alg": "ES256", "registered_by": "administrator", "created_at": world.now() });
    assert_eq!((made.status, &made.body), (201, &expected));
    assert_eq!(world.admin("GET", "/admin/v1/clients/atlas", None).await.body, expected);
    refused(&world.admin("POST", "/admin/v1/clients", Some(&json!({ "client_id": "atlas", "client_name": "Again", "token_endpoint_auth_method": "client_secret_basic" }))).await, 409, "conflict", "the id is taken");
    let changes = json!({ "client_name": "Atlas II", "dpop_bound_access_tokens": false, "introspects_everything": false, "access_token_signed_response_alg": "EdDSA", "disabled": true });
    world.advance(5);
    let renamed = world.admin("PATCH", "/admin/v1/clients/atlas", Some(&changes)).await;
    for (member, value) in changes
        .as_object()
        .unwrap()
        .iter()
        .filter(|(member, _)| *member != "disabled")
    {
        expected[member] = value.clone();
    }
    expected["disabled_at"] = world.now().into();
    assert_eq!((renamed.status, &renamed.body), (200, &expected));
    let listed = world.admin("GET", "/admin/v1/clients", None).await;
    assert!(
        listed.body["clients"].as_array().unwrap().contains(&expected),
        "{listed:?}"
    );
    let enabled = world
        .admin("PATCH", "/admin/v1/clients/atlas", Some(&json!({ "disabled": false })))
        .await;
    assert_eq!(enabled.body, without(&expected, "disabled_at"));

    let grants = world.admin("GET", "/admin/v1/grants", None).await.body["grants"].clone();
    let root = &grants[0];
    assert_eq!(
        (&root["client_id"], &root["scope"], &root["resources"], &root["status"]),
        (&json!("atlas"), &json!("read"), &json!([MCP]), &json!("active"))
    );
    let path = format!("/admin/v1/grants/{}", root["id"].as_str().unwrap());
    // The document says all that the list says, and more.
    let shows = async |row: &Value| {
        let document = world.admin("GET", &path, None).await.body;
        let members = row.as_object().unwrap();
        assert!(
            members.iter().all(|(name, value)| document[name] == *value),
            "{document}"
        );
    };
    shows(root).await;
    let revoked = with(
        &with(&without(root, "lives"), "status", "revoked"),
        "revoked_at",
        world.now(),
    );
    for _ in 0..2 {
        assert_eq!(
            world.admin("POST", &format!("{path}/revoke"), None).await.body,
            revoked,
            "revoking twice is fine, and changes nothing"
        );
        shows(&revoked).await;
        world.advance(1);
    }
    let resource = world
        .admin(
            "PATCH",
            "/admin/v1/resources",
            Some(&json!({ "resource": MCP, "disabled": true })),
        )
        .await;
    assert_eq!(resource.body["disabled_at"], world.now());
    let kinds: BTreeSet<String> = world.admin("GET", "/admin/v1/events?limit=500", None).await.body["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["kind"].as_str().unwrap().to_owned())
        .collect();
    for kind in [
        "client.created",
        "client.changed",
        "grant.created",
        "grant.revoked",
        "resource.created",
        "resource.changed",
        "administrator.created",
        "key.created",
    ] {
        assert!(kinds.contains(kind), "{kind} is in the log: {kinds:?}");
    }
}

#[tokio::test]
async fn a_changed_key_set_counts_at_once() {
    let (world, client) = machine("private_key_jwt").await;
    let old = client.assertion(&client.assertion_claims(&world)).await;
    assert_eq!(with_assertion(&world, &old).await.status, 200);
    let new = Client {
        key: Some(Key::new(Algorithm::EdDSA)),
        ..client
    };
    let jwks = json!({ "keys": [new.key.as_ref().unwrap().public_jwk()] });
    let path = format!("/admin/v1/clients/{}", new.id);
    assert_eq!(
        world.admin("PATCH", &path, Some(&json!({ "jwks": jwks }))).await.status,
        200
    );
    let second = world.second_node().await;
    for node in [&world, &second] {
        let assertion = new.assertion(&new.assertion_claims(&world)).await;
        assert_eq!(with_assertion(node, &assertion).await.status, 200);
    }
    let back = json!({ "keys": [Key::new(Algorithm::ES256).public_jwk()] });
    assert_eq!(
        world.admin("PATCH", &path, Some(&json!({ "jwks": back }))).await.status,
        200
    );
    for node in [&world, &second] {
        let assertion = new.assertion(&new.assertion_claims(&world)).await;
        refused(
            &with_assertion(node, &assertion).await,
            401,
            "invalid_client",
            "a key that was taken away, on every node",
        );
    }
    second.end().await;
}

#[tokio::test]
async fn lists_come_in_pages_that_hold_everything_once() {
    let world = World::new().await;
    for n in 0..7 {
        let resource = world.resource(&format!("https://r{n}.example.com/"), &[]).await;
        Client::register(&world, "client_secret_basic", "read", &[&resource]).await;
        world
            .admin(
                "POST",
                "/admin/v1/tenants",
                Some(&json!({ "id": format!("t{n}"), "name": "T" })),
            )
            .await;
        let user = json!({ "login": format!("user-{n}@demo.test") });
        world.admin("POST", "/admin/v1/users", Some(&user)).await;
        let group = json!({ "id": format!("g{n}"), "kind": "group", "name": "G" });
        world.admin("POST", "/admin/v1/groups", Some(&group)).await;
    }
    for (what, id, count) in [
        ("clients", "client_id", 7),
        ("resources", "resource", 7),
        ("grants", "id", 7),
        ("tenants", "id", 8),
        ("users", "id", 7),
        ("groups", "id", 7),
        ("events", "id", 0),
    ] {
        let whole: Vec<Value> = world
            .admin("GET", &format!("/admin/v1/{what}?limit=500"), None)
            .await
            .body[what]
            .as_array()
            .unwrap()
            .clone();
        assert!(what == "events" || whole.len() == count, "{what}");
        for limit in [1, 3, 7] {
            let (mut walked, mut next) = (Vec::new(), None::<String>);
            for page in 0..=whole.len() {
                let after = next
                    .map(|next| format!("&after={}", next.replace(':', "%3A").replace('/', "%2F")))
                    .unwrap_or_default();
                let answer = world
                    .admin("GET", &format!("/admin/v1/{what}?limit={limit}{after}"), None)
                    .await;
                assert_eq!(answer.status, 200, "{answer:?}");
                let items = answer.body[what].as_array().unwrap().clone();
                assert!(
                    items.len() <= limit && (page == 0 || items.len() + walked.len() <= whole.len()),
                    "{what}"
                );
                walked.extend(items);
                next = answer.body["next"].as_str().map(str::to_owned);
                if next.is_none() {
                    break;
                }
            }
            assert_eq!(next, None, "{what}: the pages end");
            let ids = |items: &[Value]| {
                items
                    .iter()
                    .map(|item| item[id].as_str().unwrap().to_owned())
                    .collect::<Vec<_>>()
            };
            assert_eq!(ids(&walked), ids(&whole), "{what} by {limit}");
        }
        for query in [
            "limit=0",
            "limit=-1",
            "limit=501",
            "limit=x",
            "limit=1.5",
            "limit=99999999999999999999",
            "after=%00",
            "after=no%20cursor",
        ] {
            refused(
                &world.admin("GET", &format!("/admin/v1/{what}?{query}"), None).await,
                400,
                "invalid_body",
                query,
            );
        }
        refused(
            &world
                .admin("GET", &format!("/admin/v1/{what}?limit=1&limit=2"), None)
                .await,
            400,
            "invalid_request",
            "limit twice",
        );
    }
    for cursor in ["x", "a:b", ":", "x:", "a:9999999999999999999999"] {
        refused(
            &world
                .admin("GET", &format!("/admin/v1/events?after={cursor}"), None)
                .await,
            400,
            "invalid_body",
            cursor,
        );
    }
}

#[tokio::test]
async fn secrets_are_shown_once_and_a_new_one_ends_the_old_one() {
    let world = World::new().await;
    world.resource(MCP, &[]).await;
    for method in ["client_secret_basic", "client_secret_post"] {
        let client = Client::register(&world, method, "read", &[MCP]).await;
        let old = client.secret.clone().unwrap();
        assert!(old.len() >= 43, "256 bits in base64url (RFC 6749 s10.10)");
        let digest = proof::digest::sha256_b64(old.as_bytes());
        let path = format!("/admin/v1/clients/{}", client.id);
        let rotated = world.admin("POST", &format!("{path}/secret"), None).await;
        let new = rotated.body["client_secret"].as_str().unwrap().to_owned();
        assert_eq!(
            (rotated.status, &rotated.body["client_secret_expires_at"]),
            (200, &json!(0))
        );
        assert_ne!(old, new);
        for shown in [
            world.admin("GET", &path, None).await,
            world.admin("GET", "/admin/v1/clients", None).await,
            world
                .admin("PATCH", &path, Some(&json!({ "client_name": "Renamed" })))
                .await,
            world.admin("GET", "/admin/v1/events?limit=500", None).await,
        ] {
            for secret in [&old, &new, &digest, &proof::digest::sha256_b64(new.as_bytes())] {
                assert!(!shown.text.contains(secret.as_str()), "{shown:?}");
            }
        }
        refused(
            &world.token(&client, &[], &[]).await,
            401,
            "invalid_client",
            "the old secret",
        );
        let renewed = Client {
            secret: Some(new),
            ..client
        };
        assert_eq!(world.token(&renewed, &[], &[]).await.status, 200);
    }
    let keyed = Client::register(&world, "private_key_jwt", "read", &[MCP]).await;
    assert_eq!(keyed.secret, None);
    refused(
        &world
            .admin("POST", &format!("/admin/v1/clients/{}/secret", keyed.id), None)
            .await,
        400,
        "invalid_client_metadata",
        "there is none",
    );
    refused(
        &world.admin("POST", "/admin/v1/clients/nobody/secret", None).await,
        404,
        "not_found",
        "nobody's",
    );
}

#[tokio::test]
async fn an_administrator_s_token_can_be_ended_and_is_refused_at_once_on_every_node() {
    let world = World::new().await;
    let second = world.second_node().await;
    let body = json!({ "name": "Leaked", "reach": "tenant" });
    let made = world.admin("POST", "/admin/v1/administrators", Some(&body)).await;
    let (id, token) = (made.body["id"].as_str().unwrap(), made.body["token"].as_str().unwrap());
    assert_eq!(
        world.admin_as(token, "GET", "/admin/v1/clients", None).await.status,
        200
    );
    let ended = world
        .admin("POST", &format!("/admin/v1/administrators/{id}/revoke"), None)
        .await;
    assert_eq!((ended.status, &ended.body["expires_at"]), (200, &json!(world.now())));
    for node in [&world, &second] {
        let answer = node.admin_as(token, "GET", "/admin/v1/clients", None).await;
        refused(&answer, 401, "invalid_token", "a token that was ended");
    }
    let listed = world.admin("GET", "/admin/v1/administrators", None).await;
    let found = listed.body["administrators"]
        .as_array()
        .unwrap()
        .iter()
        .find(|administrator| administrator["id"] == id)
        .unwrap();
    assert_eq!(
        (&found["name"], &found["expires_at"]),
        (&json!("Leaked"), &json!(world.now()))
    );
    assert!(found.get("token").is_none());
    assert_eq!(world.events("administrator.ended").await, 1);
    second.end().await;
}

#[tokio::test]
async fn no_administrator_s_token_outlives_the_one_that_made_it() {
    let world = World::new().await;
    let make = async |token: &str, lifetime: Option<i64>| {
        let mut body = json!({ "name": "Made", "reach": "tenant" });
        if let Some(lifetime) = lifetime {
            body["lifetime_seconds"] = lifetime.into();
        }
        let made = world
            .admin_as(token, "POST", "/admin/v1/administrators", Some(&body))
            .await;
        assert_eq!(made.status, 201, "{made:?}");
        made.body
    };
    let short = make(&world.admin_token, Some(60)).await;
    let short = short["token"].as_str().unwrap();
    for (lifetime, expected) in [(None, 60), (Some(3_600), 60), (Some(60), 60)] {
        let child = make(short, lifetime).await;
        assert_eq!(child["expires_at"], world.now() + expected, "asked for {lifetime:?}");
    }
    let child = make(short, None).await;
    world.advance(60);
    let answer = world
        .admin_as(child["token"].as_str().unwrap(), "GET", "/admin/v1/clients", None)
        .await;
    refused(&answer, 401, "invalid_token", "it ended with its maker's");
}

#[tokio::test]
async fn an_administrator_s_token_ends_when_it_said() {
    let world = World::new().await;
    let body = json!({ "name": "For an hour", "reach": "installation", "lifetime_seconds": 3_600 });
    let made = world.admin("POST", "/admin/v1/administrators", Some(&body)).await;
    assert_eq!(
        (made.status, &made.body["expires_at"], &made.body["reach"]),
        (201, &json!(world.now() + 3_600), &json!("installation"))
    );
    let token = made.body["token"].as_str().unwrap().to_owned();
    world.advance(3_599);
    assert_eq!(
        world.admin_as(&token, "GET", "/admin/v1/tenants", None).await.status,
        200
    );
    world.advance(1);
    refused(
        &world.admin_as(&token, "GET", "/admin/v1/tenants", None).await,
        401,
        "invalid_token",
        "in the second in which it ends",
    );
    let world = world.restart().await;
    refused(
        &world.admin_as(&token, "GET", "/admin/v1/tenants", None).await,
        401,
        "invalid_token",
        "after a restart",
    );
    assert_eq!(
        world.admin("GET", "/admin/v1/tenants", None).await.status,
        200,
        "one without an end goes on"
    );
}

#[tokio::test]
async fn keys_rotated_by_hand_stay_as_few_as_verifiers_read() {
    let (world, client) = machine("client_secret_basic").await;
    let mut last = 201;
    for _ in 0..40 {
        last = world.admin("POST", "/admin/v1/keys/rotate", None).await.status;
        world.advance(1);
        let keys = proof::jwk::KeySet::parse(world.get("/oauth2/jwks").await.text.as_bytes());
        assert!(keys.is_ok(), "a set that verifiers take");
    }
    assert_eq!(last, 409, "enough is enough");
    access_token(&world.token(&client, &[], &[]).await);
    assert_eq!(world.admin("GET", "/admin/v1/doctor", None).await.body["state"], "ok");
}

#[tokio::test]
async fn the_doctor_and_the_probes_say_how_it_is() {
    let world = World::new().await;
    let doctor = world.admin("GET", "/admin/v1/doctor", None).await;
    let checks: BTreeSet<&str> = doctor.body["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| check["check"].as_str().unwrap())
        .collect();
    assert!(
        checks.is_superset(&BTreeSet::from(["database commit", "signing key", "audit streams"])),
        "{doctor:?}"
    );
    for (path, text) in [("/health/live", "live\n"), ("/health/ready", "ready\n")] {
        let answer = world.get(path).await;
        assert_eq!((answer.status, answer.text.as_str()), (200, text));
    }
    for path in sites::routes()
        .filter(|route| route.path.starts_with("/health"))
        .map(|route| route.path)
    {
        assert_eq!(
            world
                .send("GET", path, &[("authorization", "Bearer nonsense".to_owned())], None)
                .await
                .status,
            200,
            "a probe needs no credentials, and wrong ones do no harm"
        );
    }
}

#[tokio::test]
async fn a_tenant_is_renamed_and_its_settings_stay() {
    let world = World::new().await;
    let made = world
        .admin(
            "POST",
            "/admin/v1/tenants",
            Some(&json!({ "id": "acme", "name": "Acme", "access_token_seconds": 120 })),
        )
        .await;
    assert_eq!(made.status, 201, "{made:?}");
    let named = world
        .admin("PATCH", "/admin/v1/tenants/acme", Some(&json!({ "name": "Acme Ltd" })))
        .await;
    assert_eq!(named.body, with(&made.body, "name", "Acme Ltd"));
    let both = json!({ "name": "Acme & Sons", "access_token_seconds": 60 });
    let both = world.admin("PATCH", "/admin/v1/tenants/acme", Some(&both)).await;
    assert_eq!(
        (&both.body["name"], &both.body["access_token_seconds"]),
        (&json!("Acme & Sons"), &json!(60))
    );
    let listed = world.admin("GET", "/admin/v1/tenants", None).await;
    assert!(
        listed.body["tenants"].as_array().unwrap().contains(&both.body),
        "{listed:?}"
    );
    for bad in [
        json!({ "name": "" }),
        json!({ "name": "a\nb" }),
        json!({ "name": "x", "disabled": true }),
    ] {
        let answer = world.admin("PATCH", "/admin/v1/tenants/acme", Some(&bad)).await;
        refused(
            &answer,
            400,
            "invalid_body",
            "a name is something to read, and disabling goes alone",
        );
    }
    // Who signs in there reads it.
    let page = world.get("/t/acme/sign-in").await;
    assert!(
        page.text.contains("Acme &#38; Sons") || page.text.contains("Acme &amp; Sons"),
        "{page:?}"
    );
}

#[tokio::test]
async fn an_administrator_who_is_refused_is_named_in_the_log() {
    let world = World::new().await;
    for (path, body) in [
        ("/admin/v1/clients", json!({ "client_name": 1 })),
        (
            "/admin/v1/clients",
            json!({ "client_name": "x", "token_endpoint_auth_method": "no such" }),
        ),
        ("/admin/v1/groups", json!({ "id": "A", "kind": "group", "name": "x" })),
    ] {
        let answer = world.admin("POST", path, Some(&body)).await;
        assert_eq!(answer.status, 400, "{answer:?}");
        world.flush().await;
        let events = world.admin("GET", "/admin/v1/events?limit=50", None).await;
        let of_request = events.body["events"]
            .as_array()
            .unwrap()
            .iter()
            .find(|event| event["request_id"] == answer.body["request_id"])
            .unwrap_or_else(|| panic!("{body}: {events:?}"));
        assert_eq!(of_request["kind"], "request.refused");
        let made = world
            .admin(
                "POST",
                "/admin/v1/groups",
                Some(&json!({ "id": format!("g{}", world.requests()), "kind": "group", "name": "x" })),
            )
            .await;
        assert_eq!(made.status, 201);
        world.flush().await;
        let events = world.admin("GET", "/admin/v1/events?limit=50", None).await;
        let done = events.body["events"]
            .as_array()
            .unwrap()
            .iter()
            .find(|event| event["kind"] == "group.created")
            .unwrap();
        assert_eq!(of_request["actor"], done["actor"], "the same one: {of_request}");
        assert!(of_request["actor"].is_string());
    }
    // Who proved nothing is nobody.
    let stranger = world
        .admin_as("pka_wrong", "POST", "/admin/v1/clients", Some(&json!({})))
        .await;
    refused(&stranger, 401, "invalid_token", "no token of ours");
    assert!(
        stranger
            .text_of("error_description")
            .contains("one that came is not known here")
    );
    world.flush().await;
    let events = world.admin("GET", "/admin/v1/events?limit=50", None).await;
    let of_stranger = events.body["events"]
        .as_array()
        .unwrap()
        .iter()
        .find(|event| event["request_id"] == stranger.body["request_id"])
        .unwrap();
    assert_eq!(of_stranger.get("actor"), None);
}

#[tokio::test]
async fn a_member_of_another_type_is_named() {
    let world = World::new().await;
    for (path, body, told) in [
        (
            "/admin/v1/grants",
            json!({ "client_id": "x", "authorization_details": { "type": "payment" } }),
            "authorization_details: invalid type: ..., expected a sequence",
        ),
        (
            "/admin/v1/clients",
            json!({ "client_name": "x", "token_endpoint_auth_method": "none", "grant_types": "client_credentials" }),
            "grant_types: invalid type: ..., expected a sequence",
        ),
        (
            "/admin/v1/groups",
            json!({ "id": "a", "kind": "group", "name": 4111 }),
            "name: invalid type: ..., expected a string",
        ),
    ] {
        let answer = world.admin("POST", path, Some(&body)).await;
        assert_eq!(answer.text_of("detail"), told, "{answer:?}");
    }
}
