//! `prokura resource` and `prokura grant`.

use serde_json::{Value, json};
use testkit::World;

use crate::command::{Desk, RESOURCE, typed, world_with_resource};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resource_is_registered_disabled_and_enabled() {
    let (world, desk) = world_with_resource().await;
    let made = desk.json(&[
        "resource",
        "create",
        "https://mcp.example.com/mcp",
        "--name",
        "Notes",
        "--scope",
        "notes:read=Read your notes = all of them",
        "--scope",
        "plain",
        "--introspection-client",
        "gateway",
        "--token-alg",
        "ES256",
    ]);
    assert_eq!(
        made["scopes"],
        json!({ "notes:read": "Read your notes = all of them", "plain": "plain" })
    );
    assert_eq!(
        (
            &made["introspection_clients"],
            &made["access_token_signed_response_alg"]
        ),
        (&json!(["gateway"]), &json!("ES256"))
    );

    desk.run(&["resource", "create", "https://mcp.example.com/mcp", "--name", "Again"])
        .expect(5);
    desk.run(&["resource", "create", "no uri", "--name", "x"]).expect(1);
    assert!(
        desk.run(&["resource", "disable", RESOURCE])
            .expect(0)
            .line("state")
            .starts_with("disabled 20")
    );
    assert_eq!(
        desk.run(&["resource", "enable", RESOURCE]).expect(0).line("state"),
        "enabled"
    );
    desk.run(&["resource", "disable", "https://nowhere.example"]).expect(3);
    world.end().await;
}

/// A grant of `a` that reaches read and write, and a narrower one of `b` below it.
async fn grant_and_child() -> (World, Desk, Value, Value) {
    let (world, desk) = world_with_resource().await;
    for id in ["a", "b"] {
        desk.run(&typed(&format!(
            "client create --name x --id {id} --method client_secret_basic"
        )))
        .expect(0);
    }
    let root = desk.json(&typed(&format!(
        "grant create --client a --scope read --scope write --resource {RESOURCE} --depth 1 --expires-at 2100-01-01T00:00:00Z"
    )));
    let child = desk.json(&typed(&format!(
        "grant create --client b --parent {} --scope read --resource {RESOURCE} --expires-in 30d",
        id(&root)
    )));
    (world, desk, root, child)
}

fn id(grant: &Value) -> &str {
    grant["id"].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grant_is_given_and_narrowed_but_never_widened() {
    let (world, desk, root, child) = grant_and_child().await;
    let expected = (&json!("read write"), &json!(4_102_444_800_i64), &json!(1));
    assert_eq!((&root["scope"], &root["expires_at"], &root["depth"]), expected);
    assert_eq!((&child["scope"], &child["client_id"]), (&json!("read"), &json!("b")));

    let wider = format!(
        "grant create --client b --parent {} --scope write --resource {RESOURCE}",
        id(&child)
    );
    let refused = desk.run(&typed(&wider)).expect(1);
    assert!(refused.err.contains("child"), "{refused:?}");
    desk.run(&typed(&format!(
        "grant create --client nobody --scope read --resource {RESOURCE}"
    )))
    .expect(3);
    let nothing = desk.run(&typed("grant create --client b")).expect(2);
    assert!(nothing.err.contains("--scope, --resource or --details"), "{nothing:?}");
    desk.write("one.json", r#"{"type": "payment"}"#);
    let one = desk.run(&typed("grant create --client b --details one.json")).expect(2);
    assert!(one.err.contains("put [ and ] around the object"), "{one:?}");
    let warned = desk.run(&typed("grant create --client b --scope nosuch")).expect(0);
    assert!(warned.err.contains("has the scope nosuch"), "{warned:?}");
    desk.run(&typed("grant create --client b --scope read --expires-in soon"))
        .expect(2);
    desk.run(&typed(
        "grant create --client b --scope read --expires-in 1d --expires-at 2100-01-01T00:00:00Z",
    ))
    .expect(2);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_grant_silences_what_is_below_it_and_both_are_shown_so() {
    let (world, desk, root, child) = grant_and_child().await;
    let shown = desk.run(&["grant", "show", id(&child)]).expect(0);
    let told = (shown.line("state"), shown.line("narrowed from"), shown.line("holder"));
    assert_eq!(told, ("active", id(&root), "b"));

    let revoked = desk.run(&["grant", "revoke", id(&root)]).expect(0);
    assert!(revoked.line("state").starts_with("revoked "), "{revoked:?}");
    let shown = desk.run(&["grant", "show", id(&child)]).expect(0);
    assert!(shown.line("state").starts_with("silent"), "{shown:?}");
    let left = desk.json(&typed("grant list --client b"));
    assert!(
        left["grants"]
            .as_array()
            .unwrap()
            .iter()
            .all(|grant| id(grant) != id(&child)),
        "{left}"
    );
    let all = desk.run(&typed("grant list --client b --all")).expect(0);
    let line = all.out.lines().find(|line| line.starts_with(id(&child))).unwrap();
    assert!(line.ends_with("silent"), "{all:?}");
    desk.run(&typed("grant revoke nothing")).expect(3);
    world.end().await;
}
