//! Policies that want to be expensive or to do harm, and people who may not write any (S-34).

use serde_json::{Value, json};
use testkit::{Answer, World};

use crate::{
    policies::{OPEN, apply, try_to_apply},
    setup::{access_token, machine, refused, still_well},
};

const CALLS: [(&str, &str); 9] = [
    ("GET", "/admin/v1/policies"),
    ("PUT", "/admin/v1/policies"),
    ("GET", "/admin/v1/policies/versions"),
    ("GET", "/admin/v1/policies/versions/1"),
    ("POST", "/admin/v1/policies/replay"),
    ("POST", "/admin/v1/policies/explain"),
    ("GET", "/admin/v1/capabilities"),
    ("PUT", "/admin/v1/capabilities/sell"),
    ("DELETE", "/admin/v1/capabilities/sell"),
];

#[tokio::test]
async fn s_34_trying_takes_the_same_token_as_applying() {
    let (world, client) = machine("client_secret_basic").await;
    apply(&world, OPEN).await;
    let acme = world.tenant_by_path("acme").await;
    let registers = json!({ "name": "Registers", "reach": "registration" });
    let made = world.admin("POST", "/admin/v1/administrators", Some(&registers)).await;
    let token = access_token(
        &world
            .token(&client, &[("resource", crate::setup::MCP.to_owned())], &[])
            .await,
    );
    for (method, path) in CALLS {
        let body = (method != "GET" && method != "DELETE")
            .then(|| json!({ "policies": OPEN, "capabilities": [], "question": {} }));
        for by in [
            acme.admin_token.as_str(),
            made.text_of("token"),
            token.as_str(),
            "",
            "nobody",
        ] {
            let answer = world.admin_as(by, method, path, body.as_ref()).await;
            refused(&answer, 401, "invalid_token", &format!("{method} {path}"));
        }
    }
    assert_eq!(world.admin("GET", "/admin/v1/policies", None).await.body["version"], 1);
}

const MIB: usize = 1024 * 1024;

async fn raw(world: &World, token: &str, bytes: usize) -> Answer {
    let text = format!("{{\"policies\":\"{}\",\"capabilities\":[]}}", "/".repeat(bytes));
    let headers = [
        ("authorization", format!("Bearer {token}")),
        ("content-type", "application/json".to_owned()),
    ];
    world.send_raw("PUT", "/admin/v1/policies", &headers, &text).await
}

#[tokio::test]
async fn s_34_much_is_read_from_administrators_only_and_more_than_4_mib_from_nobody() {
    let world = World::new().await;
    // A comment of almost 4 MiB is no policy, and compiles.
    let comment = format!("{OPEN}\n// {}", "x".repeat(4 * MIB - 100));
    assert_eq!(try_to_apply(&world, &comment).await.status, 201);
    let answer = raw(&world, &world.admin_token, 4 * MIB + 1).await;
    refused(&answer, 400, "invalid_body", "more than the policies may be");
    assert!(answer.text_of("detail").contains("at most 4 MiB"), "{answer:?}");
    refused(
        &raw(&world, &world.admin_token, 13 * MIB).await,
        413,
        "content_too_large",
        "more than the body may be",
    );
    for stranger in ["", "nobody"] {
        refused(
            &raw(&world, stranger, MIB).await,
            413,
            "content_too_large",
            "a stranger's",
        );
    }
    let own = json!({ "policies": OPEN, "schema": "/".repeat(256 * 1024 + 1), "capabilities": [] });
    let answer = world.admin("PUT", "/admin/v1/policies", Some(&own)).await;
    assert!(
        answer.text_of("detail").contains("schema: at most 256 KiB"),
        "{answer:?}"
    );
    let many: Vec<Value> = (0..501)
        .map(|n| json!({ "name": format!("c{n}"), "description": "x", "approval_strength": "none" }))
        .collect();
    let answer = world
        .admin(
            "PUT",
            "/admin/v1/policies",
            Some(&json!({ "policies": OPEN, "capabilities": many })),
        )
        .await;
    assert!(answer.text_of("detail").contains("at most 500"), "{answer:?}");
    let nul = try_to_apply(&world, &format!("{OPEN} // \0")).await;
    assert!(nul.text_of("detail").contains("U+0000"), "{nul:?}");
    let mut deep = json!({ "type": "string" });
    for _ in 0..5 {
        deep = json!({ "type": "object", "properties": { "a": deep } });
    }
    let deep = json!({ "policies": OPEN, "capabilities": [{ "name": "a", "description": "x", "approval_strength": "none", "input_schema": deep }] });
    refused(
        &world.admin("PUT", "/admin/v1/policies", Some(&deep)).await,
        400,
        "invalid_body",
        "too deep to be read again",
    );
    assert_eq!(world.admin("GET", "/admin/v1/policies", None).await.body["version"], 1);
}

#[tokio::test]
async fn s_34_pathological_policies_are_refused_or_judged_and_the_server_goes_on() {
    let (world, client) = machine("client_secret_basic").await;
    let deep = |open: &str, middle: &str, close: &str, times: usize| {
        let condition = format!("{}{middle}{}", open.repeat(times), close.repeat(times));
        format!("{OPEN}\npermit(principal, action, resource) when {{ {condition} }};")
    };
    for (what, text) in [
        ("parentheses", deep("(", "true", ")", 20_000)),
        ("open parentheses", deep("(", "", "", 100_000)),
        ("negations", deep("!", "true", "", 20_000)),
        ("lists", deep("[", "1", "]", 20_000)),
        ("records", deep("{\"a\":", "1", "}", 20_000)),
        ("ifs", deep("if true then ", "true", " else false", 5_000)),
        (
            "ands",
            format!(
                "{OPEN}\npermit(principal, action, resource) when {{ true{} }};",
                " && true".repeat(50_000)
            ),
        ),
        ("members", deep("", "context", ".a", 20_000)),
        (
            "annotations",
            format!(
                "{} permit(principal, action, resource);",
                "@description(\"x\") ".repeat(5_000)
            ),
        ),
        (
            "stars",
            deep(
                "\"",
                &"a".repeat(10_000),
                &format!("\" like \"{}b\"", "*a".repeat(5_000)),
                1,
            ),
        ),
        ("broken", "permit(".repeat(10_000)),
        ("text", "\u{202e}\u{0}".to_owned()),
    ] {
        let answer = try_to_apply(&world, &text).await;
        assert!(matches!(answer.status, 200 | 201 | 400), "{what}: {answer:?}");
        if answer.status == 400 {
            let told = answer.text_of("detail");
            assert!(!told.is_empty() && told.len() < 10_000, "{what}: {} bytes", told.len());
        }
        still_well(&world, &client).await;
    }
    let many: Vec<String> = (0..2_000)
        .map(|n| format!("@id(\"{n}\") permit(principal == User::\"{n}\", action, resource);"))
        .collect();
    let many = format!("{OPEN}{}", many.join("\n"));
    assert_eq!(try_to_apply(&world, &many).await.status, 201);
    still_well(&world, &client).await;
}

#[tokio::test]
async fn s_34_problems_say_what_is_wrong_and_not_everything() {
    let world = World::new().await;
    let wrong: Vec<String> = (0..2_000)
        .map(|n| format!("@id(\"p{n}\") permit(principal, action == Action::\"nothing\", resource);"))
        .collect();
    let answer = try_to_apply(&world, &wrong.join("\n")).await;
    refused(&answer, 400, "invalid_body", "2000 problems");
    let told = answer.text_of("detail");
    assert!(told.len() < 9_000 && told.ends_with(" more"), "{}", told.len());
}
