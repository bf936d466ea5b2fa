//! What bodies of administration may hold: nothing that the call does not take (S-38).

use std::collections::BTreeSet;

use kernel::client::MEMBERS;
use serde_json::{Value, json};
use server::{Body, Route};
use testkit::{Answer, World};

use crate::{
    setup::{raw_member, refused, with, without},
    sites::{Site, administration, body_of, name, path_of},
};

pub(crate) fn administrator(world: &World) -> [(&'static str, String); 1] {
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
    administration().filter(|route| route.body == Body::Json)
}

pub(crate) fn right_body(route: &Route, site: &Site) -> Value {
    serde_json::from_str(&body_of(route, site).unwrap().1).unwrap()
}

pub(crate) async fn description(world: &World) -> Value {
    let answer = world.get("/admin/v1/openapi.json").await;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, Some("application/json"))
    );
    answer.body
}

pub(crate) fn request_schema(description: &Value, route: &Route) -> Value {
    let operation = &description["paths"][route.path][route.method.as_str().to_lowercase()];
    operation["requestBody"]["content"]["application/json"]["schema"].clone()
}

pub(crate) async fn site(world: &World) -> Site {
    Site::new(world, world.root_tenant().await).await
}

#[tokio::test]
async fn s_38_bodies_hold_nothing_that_the_call_does_not_take() {
    let world = World::new().await;
    let site = site(&world).await;
    let lists = async || {
        let mut all = Vec::new();
        for what in [
            "clients",
            "resources",
            "grants",
            "tenants",
            "users",
            "groups",
            "consent-rules",
            "detail-types",
            "approvals",
            "policies",
            "policies/versions",
        ] {
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
        ("id", json!("chosen")),
        ("sub", json!("chosen")),
        ("password_hash", json!("$argon2id$")),
        ("recovery_code", json!("chosen")),
        ("made_by", json!("somebody")),
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
                // What registration has too is refused as there (RFC 7591 s3.2.2), unless it is no JSON of ours at all.
                let metadata = route.path.starts_with("/admin/v1/clients") && MEMBERS.contains(&member.as_str());
                let code = if metadata && !matches!(*raw, "1e400" | "-1e19") {
                    "invalid_client_metadata"
                } else {
                    "invalid_body"
                };
                refused(
                    &send(&world, route, &site, &text).await,
                    400,
                    code,
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
