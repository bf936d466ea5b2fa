//! `prokura resource` and `prokura grant`.

use serde_json::json;

use crate::command::{RESOURCE, world_with_resource};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resource_is_registered_disabled_and_enabled() {
    let (world, desk) = world_with_resource().await;
    let made = desk.json(&[
        "resource", "create", "https://mcp.example.com/mcp", "--name", "Notes", "--scope", "notes:read=Read your notes = all of them", "--scope", "plain",
        "--introspection-client", "gateway", "--token-alg", "ES256",
    ]);
    assert_eq!(made["scopes"], json!({ "notes:read": "Read your notes = all of them", "plain": "plain" }));
    assert_eq!((&made["introspection_clients"], &made["access_token_signed_response_alg"]), (&json!(["gateway"]), &json!("ES256")));

    desk.run(&["resource", "create", "https://mcp.example.com/mcp", "--name", "Again"]).expect(5);
    desk.run(&["resource", "create", "no uri", "--name", "x"]).expect(1);
    assert!(desk.run(&["resource", "disable", RESOURCE]).expect(0).line("state").starts_with("disabled 20"));
    assert_eq!(desk.run(&["resource", "enable", RESOURCE]).expect(0).line("state"), "enabled");
    desk.run(&["resource", "disable", "https://nowhere.example"]).expect(3);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grant_is_given_narrowed_shown_and_revoked_with_what_is_below() {
    let (world, desk) = world_with_resource().await;
    desk.run(&["client", "create", "--name", "a", "--id", "a", "--method", "client_secret_basic"]).expect(0);
    desk.run(&["client", "create", "--name", "b", "--id", "b", "--method", "client_secret_basic"]).expect(0);

    let root = desk.json(&["grant", "create", "--client", "a", "--scope", "read", "--scope", "write", "--resource", RESOURCE, "--depth", "1", "--expires-at", "2100-01-01T00:00:00Z"]);
    assert_eq!((&root["scope"], &root["expires_at"], &root["depth"]), (&json!("read write"), &json!(4_102_444_800_i64), &json!(1)));
    let root_id = root["id"].as_str().unwrap();
    let child = desk.json(&["grant", "create", "--client", "b", "--parent", root_id, "--scope", "read", "--resource", RESOURCE, "--expires-in", "30d"]);
    let child_id = child["id"].as_str().unwrap();

    let wider = desk.run(&["grant", "create", "--client", "b", "--parent", child_id, "--scope", "write", "--resource", RESOURCE]).expect(1);
    assert!(wider.err.contains("child"), "{wider:?}");
    desk.run(&["grant", "create", "--client", "nobody", "--scope", "read", "--resource", RESOURCE]).expect(3);
    desk.run(&["grant", "create", "--client", "b", "--scope", "read", "--expires-in", "soon"]).expect(2);

    let shown = desk.run(&["grant", "show", child_id]).expect(0);
    assert_eq!((shown.line("state"), shown.line("narrowed from"), shown.line("holder")), ("active", root_id, "b"));

    assert!(desk.run(&["grant", "revoke", root_id]).expect(0).line("state").starts_with("revoked "));
    assert!(desk.run(&["grant", "show", child_id]).expect(0).line("state").starts_with("silent"), "what is below falls silent");
    let left = desk.json(&["grant", "list", "--client", "b"]);
    assert!(left["grants"].as_array().unwrap().iter().all(|grant| grant["id"] != child_id), "{left}");
    let all = desk.run(&["grant", "list", "--client", "b", "--all"]).expect(0);
    assert!(all.out.lines().any(|line| line.starts_with(child_id) && line.ends_with("silent")), "{all:?}");
    desk.run(&["grant", "revoke", "nothing"]).expect(3);
    world.end().await;
}
