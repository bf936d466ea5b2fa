//! The admin API: bodies are read strictly, lists come in pages, secrets are shown once, and the description says what is done (S-38).

use std::collections::BTreeSet;

use kernel::CallerKind;
use proof::Algorithm;
use serde_json::{Value, json};
use server::{Body, Route};
use testkit::{Answer, Client, Key, World};

use crate::{
    setup::{MCP, access_token, raw_member, refused, with, without},
    sites::{self, Site, body_of, call, name, path_of, routes},
};

fn administrator(world: &World) -> [(&'static str, String); 1] {
    [("authorization", format!("Bearer {}", world.admin_token))]
}

/// Sends a text to a route as JSON, by the administrator of the installation.
async fn send(world: &World, route: &Route, site: &Site, text: &str) -> Answer {
    let headers = [
        administrator(world)[0].clone(),
        ("content-type", "application/json".to_owned()),
    ];
    site.tenant
        .send(
            world,
            route.method.as_str(),
            &path_of(route, site),
            &headers,
            Some(text.to_owned()),
        )
        .await
}

fn reading_json() -> impl Iterator<Item = &'static Route> {
    routes().filter(|route| route.body == Body::Json)
}

fn right_body(route: &Route, site: &Site) -> Value {
    serde_json::from_str(&body_of(route, site).unwrap().1).unwrap()
}

async fn description(world: &World) -> Value {
    let answer = world.get("/admin/v1/openapi.json").await;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, Some("application/json"))
    );
    answer.body
}

fn request_schema(description: &Value, route: &Route) -> Value {
    let operation = &description["paths"][route.path][route.method.as_str().to_lowercase()];
    operation["requestBody"]["content"]["application/json"]["schema"].clone()
}

async fn site(world: &World) -> Site {
    Site::new(world, world.root_tenant().await).await
}

#[tokio::test]
async fn s_38_bodies_hold_nothing_that_the_call_does_not_take() {
    let world = World::new().await;
    let site = site(&world).await;
    let lists = async || {
        let mut all = Vec::new();
        for what in ["clients", "resources", "grants", "tenants"] {
            all.push(
                world
                    .admin("GET", &format!("/admin/v1/{what}?limit=500"), None)
                    .await
                    .body,
            );
        }
        all
    };
    let before = lists().await;
    let description = description(&world).await;
    let assigned = [
        ("tenant", json!("acme")),
        ("tenant_id", json!("acme")),
        ("userId", json!("1")),
        ("user_id", json!("1")),
        ("role", json!("admin")),
        ("admin", json!(true)),
        ("verified", json!(true)),
        ("status", json!("active")),
        ("epoch", json!(99)),
        ("secret_digest", json!("AAAA")),
        ("client_secret", json!("chosen")),
        ("token", json!("pka_chosen")),
        ("token_digest", json!("AAAA")),
        ("created_at", json!(0)),
        ("disabled_at", json!(0)),
        ("revoked_at", Value::Null),
        ("given_by", json!("somebody")),
        ("source", json!("installation")),
        ("issuer", json!("https://evil.example.com")),
        ("subject", json!("alice@demo.test")),
        ("holder", json!("x")),
        ("own_endpoints", json!(true)),
        ("__proto__", json!({ "admin": true })),
        ("constructor", json!({})),
        ("", json!(1)),
        ("id ", json!("x")),
        ("Disabled", json!(true)),
    ];
    for route in reading_json() {
        let taken = request_schema(&description, route)["properties"].clone();
        for (member, value) in assigned.iter().filter(|(member, _)| taken.get(*member).is_none()) {
            let body = with(&right_body(route, &site), member, value.clone());
            refused(
                &send(&world, route, &site, &body.to_string()).await,
                400,
                "invalid_body",
                &format!("{} with {member:?}", name(route)),
            );
        }
    }
    assert_eq!(lists().await, before, "nothing was made or changed");
}

#[tokio::test]
async fn s_38_members_are_of_their_types_and_stand_once() {
    let world = World::new().await;
    let site = site(&world).await;
    let description = description(&world).await;
    for route in reading_json() {
        let right = right_body(route, &site);
        let schema = request_schema(&description, route);
        for (member, of) in schema["properties"].as_object().unwrap() {
            let types: BTreeSet<&str> = of["type"]
                .as_str()
                .into_iter()
                .chain(of["type"].as_array().into_iter().flatten().filter_map(Value::as_str))
                .collect();
            assert!(!types.is_empty(), "{} {member}: {of}", name(route));
            let values = [
                ("string", "\"x\""),
                ("boolean", "true"),
                ("integer", "7"),
                ("array", "[]"),
                ("object", "{}"),
                ("null", "null"),
                ("number", "1.5"),
                ("number", "1e400"),
                ("number", "-1e19"),
            ];
            for (_, raw) in values.iter().filter(|(of, _)| !types.contains(of)) {
                let text = raw_member(&right, member, raw);
                refused(
                    &send(&world, route, &site, &text).await,
                    400,
                    "invalid_body",
                    &format!("{} with {member}: {raw}", name(route)),
                );
            }
            let twice = format!(
                r#"{{"{member}":{},{}"#,
                right.get(member).unwrap_or(&Value::Null),
                &with(&right, member, right.get(member).cloned().unwrap_or(Value::Null)).to_string()[1..]
            );
            refused(
                &send(&world, route, &site, &twice).await,
                400,
                "invalid_body",
                &format!("{} with {member} twice", name(route)),
            );
        }
        for member in schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
        {
            refused(
                &send(&world, route, &site, &without(&right, member).to_string()).await,
                400,
                "invalid_body",
                &format!("{} without {member}", name(route)),
            );
        }
    }
}

#[tokio::test]
async fn s_38_bodies_are_one_json_object_and_say_so() {
    let world = World::new().await;
    let site = site(&world).await;
    for route in reading_json() {
        let right = right_body(route, &site);
        for text in [
            "",
            "null",
            "[]",
            "\"x\"",
            "{",
            "{}x",
            "{\"a\":1,}",
            "\u{feff}{}",
            &format!("[{right}]"),
            &format!("{right}{right}"),
        ] {
            refused(
                &send(&world, route, &site, text).await,
                400,
                "invalid_body",
                &format!("{}: {text:.40}", name(route)),
            );
        }
        for kind in [
            "",
            "text/plain",
            "application/x-www-form-urlencoded",
            "text/json",
            "application/jsonp",
        ] {
            let headers = [administrator(&world)[0].clone(), ("content-type", kind.to_owned())];
            let answer = world
                .send(
                    route.method.as_str(),
                    &path_of(route, &site),
                    &headers,
                    Some(right.to_string()),
                )
                .await;
            refused(
                &answer,
                415,
                "unsupported_media_type",
                &format!("{} as {kind:?}", name(route)),
            );
        }
    }
}

const METADATA: &str = "invalid_client_metadata";
const BODY: &str = "invalid_body";

/// A call, a body that is right, and what is wrong about it when one member is this.
type Bounds = (
    &'static str,
    &'static str,
    Value,
    &'static [(&'static str, &'static str, &'static str)],
);

/// What each member may not be, as JSON text, with the code of the refusal. `LONG` stands for 1,100 letters.
fn bounds(site: &Site, now: i64) -> Vec<Bounds> {
    let machine = json!({ "client_name": "New", "token_endpoint_auth_method": "client_secret_basic", "grant_types": ["client_credentials"], "resources": [site.resource] });
    let keyed = json!({ "client_name": "New", "token_endpoint_auth_method": "private_key_jwt" });
    let resource = json!({ "resource": "https://new.example.com/", "resource_name": "New" });
    let grant =
        json!({ "client_id": site.spare, "scope": "read", "resources": [site.resource], "expires_at": now + 1 });
    let somebody = json!({ "name": "New", "reach": "tenant" });
    vec![
        ("POST", "/admin/v1/clients", machine, CLIENT),
        (
            "POST",
            "/admin/v1/clients",
            keyed,
            &[
                ("client_name", r#""New""#, METADATA),
                ("jwks", r#"{"keys":[]}"#, METADATA),
            ],
        ),
        ("POST", "/admin/v1/resources", resource, RESOURCE),
        ("POST", "/admin/v1/grants", grant, GRANT),
        ("POST", "/admin/v1/administrators", somebody, ADMINISTRATOR),
        ("PATCH", "/admin/v1/tenants/default", json!({}), TENANT),
    ]
}

const CLIENT: &[(&str, &str, &str)] = &[
    ("client_name", r#""""#, BODY),
    ("client_name", "\" \u{a0} \"", BODY),
    ("client_name", r#""a\nb""#, BODY),
    ("client_name", r#""a\u001b[31m""#, BODY),
    ("client_name", r#""LONG""#, BODY),
    ("client_id", r#""""#, METADATA),
    ("client_id", r#""a b""#, METADATA),
    ("client_id", r#""https://app.example.com/client.json""#, METADATA),
    ("client_id", r#""a/../b""#, METADATA),
    ("client_id", r#""LONG""#, METADATA),
    ("token_endpoint_auth_method", r#""none""#, METADATA),
    ("token_endpoint_auth_method", r#""client_secret_jwt""#, METADATA),
    ("token_endpoint_auth_method", r#""private_key_jwt""#, METADATA),
    ("grant_types", r#"["password"]"#, METADATA),
    (
        "grant_types",
        r#"["client_credentials","authorization_code"]"#,
        METADATA,
    ),
    ("grant_types", "[]", METADATA),
    ("access_token_signed_response_alg", r#""HS256""#, METADATA),
    ("access_token_signed_response_alg", r#""none""#, METADATA),
    ("jwks", r#"{"keys":[]}"#, METADATA),
    ("scope", r#""a\"b""#, "invalid_scope"),
    ("scope", r#""admin""#, BODY),
    ("resources", r#"["https://nobody.example.com/"]"#, BODY),
    ("resources", r#"["mcp"]"#, BODY),
];

const RESOURCE: &[(&str, &str, &str)] = &[
    ("resource", r#""mcp""#, BODY),
    ("resource", r#""""#, BODY),
    ("resource", r#""https://a.example.com/#f""#, BODY),
    ("resource", r#""https://a.example.com/LONG""#, BODY),
    ("scopes", r#"{"two words":"x"}"#, BODY),
    ("scopes", r#"{"":"x"}"#, BODY),
    ("introspection_clients", r#"[""]"#, BODY),
    ("access_token_signed_response_alg", r#""RS256""#, METADATA),
];

const GRANT: &[(&str, &str, &str)] = &[
    ("depth", "9", BODY),
    ("depth", "256", BODY),
    ("depth", "-1", BODY),
    ("expires_at", "1795000000", BODY),
    ("expires_at", "-1", BODY),
    ("scope", r#""admin""#, BODY),
];

const ADMINISTRATOR: &[(&str, &str, &str)] = &[
    ("reach", r#""everything""#, BODY),
    ("lifetime_seconds", "59", BODY),
    ("lifetime_seconds", "-1", BODY),
    ("lifetime_seconds", "31622401", BODY),
];

const TENANT: &[(&str, &str, &str)] = &[
    ("disabled", "null", BODY),
    ("access_token_seconds", "59", BODY),
    ("access_token_seconds", "3601", BODY),
    ("disabled", "true", BODY),
];

#[tokio::test]
async fn values_outside_their_bounds_are_refused_with_what_is_wrong() {
    let world = World::new().await;
    let site = site(&world).await;
    assert_eq!(world.now(), testkit::START, "the time that stands in the tables");
    for (method, path, right, members) in bounds(&site, world.now()) {
        for (member, raw, code) in members {
            let text = raw_member(&right, member, &raw.replace("LONG", &"x".repeat(1_100)));
            let headers = [
                administrator(&world)[0].clone(),
                ("content-type", "application/json".to_owned()),
            ];
            let answer = world.send(method, path, &headers, Some(text)).await;
            refused(&answer, 400, code, &format!("{method} {path} with {member} {raw}"));
            let detailed = answer.body.get("detail").is_some();
            assert_eq!(
                detailed,
                *code == BODY,
                "what is wrong, for the administrator: {answer:?}"
            );
        }
    }
    let both = json!({ "disabled": false, "access_token_seconds": 300 });
    let answer = world.admin("PATCH", "/admin/v1/tenants/default", Some(&both)).await;
    refused(&answer, 400, BODY, "a switch goes alone");
    let jwks = json!({ "keys": [Key::new(Algorithm::ES256).public_jwk()] });
    let spare = format!("/admin/v1/clients/{}", site.spare);
    let keys_for_a_secret = world.admin("PATCH", &spare, Some(&json!({ "jwks": jwks }))).await;
    refused(&keys_for_a_secret, 400, METADATA, "keys for a client with a secret");
    let private = json!({ "keys": [Key::new(Algorithm::ES256).private_jwk()] });
    let body = json!({ "client_name": "New", "token_endpoint_auth_method": "private_key_jwt", "jwks": private });
    let private_keys = world.admin("POST", "/admin/v1/clients", Some(&body)).await;
    refused(&private_keys, 400, METADATA, "a private key");
}

#[tokio::test]
async fn things_are_made_shown_listed_and_changed() {
    let world = World::new().await;
    world.resource(MCP, &[]).await;
    let key = Key::new(Algorithm::EdDSA);
    let jwks = json!({ "keys": [key.public_jwk()] });
    let made = world
        .admin("POST", "/admin/v1/clients", Some(&json!({ "client_id": "atlas", "client_name": "Atlas", "token_endpoint_auth_method": "private_key_jwt", "jwks": jwks, "grant_types": ["client_credentials"], "scope": "read", "resources": [MCP], "dpop_bound_access_tokens": true, "introspects_everything": true, "access_token_signed_response_alg": "ES256" })))
        .await;
    let mut expected = json!({ "client_id": "atlas", "client_name": "Atlas", "token_endpoint_auth_method": "private_key_jwt", "jwks": jwks, "grant_types": ["client_credentials"], "dpop_bound_access_tokens": true, "introspects_everything": true, "access_token_signed_response_alg": "ES256", "created_at": world.now() });
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
    assert_eq!(world.admin("GET", &path, None).await.body, *root);
    let revoked = with(&with(root, "status", "revoked"), "revoked_at", world.now());
    for _ in 0..2 {
        assert_eq!(
            world.admin("POST", &format!("{path}/revoke"), None).await.body,
            revoked,
            "revoking twice is fine, and changes nothing"
        );
        assert_eq!(world.admin("GET", &path, None).await.body, revoked);
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
    let (world, client) = crate::setup::machine("private_key_jwt").await;
    let old = client.assertion(&client.assertion_claims(&world)).await;
    assert_eq!(crate::setup::with_assertion(&world, &old).await.status, 200);
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
        assert_eq!(crate::setup::with_assertion(node, &assertion).await.status, 200);
    }
    let back = json!({ "keys": [Key::new(Algorithm::ES256).public_jwk()] });
    assert_eq!(
        world.admin("PATCH", &path, Some(&json!({ "jwks": back }))).await.status,
        200
    );
    for node in [&world, &second] {
        let assertion = new.assertion(&new.assertion_claims(&world)).await;
        refused(
            &crate::setup::with_assertion(node, &assertion).await,
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
    }
    for (what, id, count) in [
        ("clients", "client_id", 7),
        ("resources", "resource", 7),
        ("grants", "id", 7),
        ("tenants", "id", 8),
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
async fn the_description_has_every_call_with_its_body_and_its_answers() {
    let world = World::new().await;
    let site = site(&world).await;
    let description = description(&world).await;
    assert!(
        description["openapi"].as_str().unwrap().starts_with("3.1."),
        "{}",
        description["openapi"]
    );
    assert_eq!(description["servers"], json!([{ "url": world.issuer }]));
    let mut described = 0;
    let mut ids = BTreeSet::new();
    for route in routes().filter(|route| route.admits == CallerKind::Administrator) {
        let operation = &description["paths"][route.path][route.method.as_str().to_lowercase()];
        assert!(operation.is_object(), "{}", name(route));
        described += 1;
        assert!(
            ids.insert(operation["operationId"].as_str().unwrap().to_owned()),
            "an id stands once"
        );
        let schema = request_schema(&description, route);
        assert_eq!(
            schema.is_object(),
            route.body == Body::Json,
            "{}: {schema}",
            name(route)
        );
        if schema.is_object() {
            assert_eq!(
                (&schema["type"], &schema["additionalProperties"]),
                (&json!("object"), &json!(false)),
                "{}",
                name(route)
            );
            assert!(
                schema["properties"]
                    .as_object()
                    .unwrap()
                    .values()
                    .all(|of| of["description"].is_string()),
                "{}: every member says what it is",
                name(route)
            );
            let right = right_body(route, &site);
            assert!(
                right
                    .as_object()
                    .unwrap()
                    .keys()
                    .all(|member| schema["properties"].get(member).is_some()),
                "{}",
                name(route)
            );
        }
        let answer = call(&world, route, &site, &site, &administrator(&world)).await;
        let response = &operation["responses"][answer.status.to_string()]["content"]["application/json"]["schema"];
        conforms(&answer.body, response, &name(route));
    }
    let all = description["paths"]
        .as_object()
        .unwrap()
        .values()
        .map(|path| path.as_object().unwrap().len())
        .sum::<usize>();
    assert_eq!(all, described, "nothing is described that is not there");
    let problem = &description["components"]["schemas"]["Problem"];
    conforms(
        &world.admin("GET", "/admin/v1/clients/nobody", None).await.body,
        problem,
        "a problem",
    );
    conforms(
        &world.admin("POST", "/admin/v1/clients", Some(&json!({}))).await.body,
        problem,
        "a problem with detail",
    );
}

/// The part of JSON Schema that the description uses: type, required, properties, additionalProperties, items.
fn conforms(value: &Value, schema: &Value, what: &str) {
    assert!(schema.is_object(), "{what}: no schema for this status");
    let of = match value {
        Value::Object(_) => "object",
        Value::Array(_) => "array",
        Value::String(_) => "string",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() => "integer",
        Value::Number(_) => "number",
        Value::Null => "null",
    };
    assert_eq!(schema["type"], of, "{what}: {value}");
    for required in schema["required"].as_array().into_iter().flatten() {
        assert!(
            value.get(required.as_str().unwrap()).is_some(),
            "{what}: {required} is missing in {value}"
        );
    }
    for (member, inner) in value
        .as_object()
        .into_iter()
        .flatten()
        .filter(|_| schema.get("properties").is_some())
    {
        let property = &schema["properties"][member];
        assert!(property.is_object(), "{what}: {member} is not described");
        conforms(inner, property, &format!("{what}.{member}"));
    }
    for item in value
        .as_array()
        .into_iter()
        .flatten()
        .filter(|_| schema.get("items").is_some())
    {
        conforms(item, &schema["items"], &format!("{what}[]"));
    }
}

#[tokio::test]
async fn keys_rotated_by_hand_stay_as_few_as_verifiers_read() {
    let (world, client) = crate::setup::machine("client_secret_basic").await;
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
