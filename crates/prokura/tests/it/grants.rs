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
    assert!(
        nothing.err.contains("--scope, --resource, --details or --capabilities"),
        "{nothing:?}"
    );
    let denial = format!("grant create --client b --denied --scope write --resource {RESOURCE}");
    let denial = desk.json(&typed(&denial));
    assert_eq!(denial["status"], "denied", "{denial}");
    let shown = desk.run(&typed(&format!("grant show {}", id(&denial)))).expect(0);
    assert_eq!(shown.line("state"), "denies", "{shown:?}");
    let idle = format!("grant create --client b --scope read --resource {RESOURCE} --idle 30d");
    let idle = desk.json(&typed(&idle));
    assert_eq!(idle["revocation"]["idle_seconds"], 2_592_000, "{idle}");
    let tighter = desk.json(&typed(&format!("grant edit {} --idle 7d --yes", id(&idle))));
    assert_eq!(tighter["revocation"]["idle_seconds"], 604_800, "{tighter}");
    let falls = desk.json(&typed(&format!("grant edit {} --revoke-at-risk --yes", id(&idle))));
    assert_eq!(falls["revocation"]["risk"], true, "{falls}");
    desk.write("none.json", "[]");
    let none = desk
        .run(&typed("grant create --client b --capabilities none.json"))
        .expect(2);
    assert!(none.err.contains("names no capability"), "{none:?}");
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
async fn what_a_grant_allows_of_a_capability_comes_from_a_file_and_is_shown_in_words() {
    let (world, desk, ..) = grant_and_child().await;
    let constraint = json!({ "field": "amount", "op": "max", "value": "50.00", "currency": "EUR" });
    let powers = json!([{ "action": "purchase", "constraints": [constraint], "limits": { "daily_limit_count": 3 } }]);
    desk.write("purchase.json", &powers.to_string());
    let made = desk
        .run(&typed("grant create --client b --capabilities purchase.json"))
        .expect(0);
    assert_eq!(
        made.line("capability"),
        "may purchase: amount at most 50.00 EUR; at most 3 a day"
    );
    desk.write("one.json", r#"{"action": "purchase"}"#);
    let one = desk
        .run(&typed("grant create --client b --capabilities one.json"))
        .expect(2);
    assert!(one.err.contains("put [ and ] around the object"), "{one:?}");
    desk.write("wrong.json", r#"[{"action": "purchase", "constraint": []}]"#);
    let wrong = desk
        .run(&typed("grant create --client b --capabilities wrong.json"))
        .expect(1);
    assert!(
        wrong.err.contains("capabilities[0]: constraint: not a member"),
        "{wrong:?}"
    );
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_left_of_a_grant_and_what_was_booked_by_it_is_shown() {
    let (world, desk, root, _) = grant_and_child().await;
    let powers = json!([
        { "action": "read_profile", "limits": { "max_executions": 15 } },
        { "action": "purchase", "limits": { "daily_limit_amount": { "EUR": "100.00" }, "cooldown_sec": 60 } },
    ]);
    desk.write("powers.json", &powers.to_string());
    let made = desk.json(&typed("grant create --client b --capabilities powers.json"));
    let shown = desk.run(&["grant", "budgets", id(&made)]).expect(0);
    let lines: Vec<Vec<&str>> = shown
        .out
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(lines[0], ["CAPABILITY", "LIMIT", "MOST", "USED", "LEFT"]);
    assert_eq!(lines[1], ["read_profile", "in", "all", "15", "0", "15"]);
    assert_eq!(lines[2], ["purchase", "EUR", "today", "100", "0", "100"]);
    assert_eq!(lines[3], ["purchase", "seconds", "apart", "60", "-", "ready"]);
    let document = desk.json(&["grant", "budgets", id(&made)]);
    assert_eq!(document["budgets"][0]["left"], json!({ "executions": 15 }));
    for (command, said) in [
        ("ledger", "nothing was booked"),
        ("budgets", "says nothing of capabilities"),
    ] {
        let shown = desk.run(&["grant", command, id(&root)]).expect(0);
        assert!(shown.all().contains(said), "{shown:?}");
        desk.run(&["grant", command, "nothing"]).expect(3);
    }
    assert_eq!(desk.json(&["grant", "ledger", id(&root)])["entries"], json!([]));
    desk.run(&["grant", "ledger", id(&root), "--limit", "0"]).expect(1);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grant_is_edited_down_and_exported_as_one_document() {
    let (world, desk, root, child) = grant_and_child().await;
    let edited = desk.json(&[
        "grant",
        "edit",
        id(&root),
        "--scope",
        "read",
        "--expires",
        "2099-01-01T00:00:00Z",
        "--yes",
    ]);
    assert_eq!(
        (&edited["scope"], &edited["expires_at"]),
        (&json!("read"), &json!(4_070_908_800_i64))
    );
    desk.run(&["grant", "edit", id(&root), "--scope", "write", "--yes"])
        .expect(1);
    desk.run(&["grant", "edit", id(&root), "--yes"]).expect(2);
    let document = desk.json(&["grant", "export", id(&child)]);
    assert_eq!(document["ancestors"][0]["id"], root["id"]);
    assert_eq!(document["allows_now"]["scope"], "read");
    let shown = desk.run(&["grant", "show", id(&child)]).expect(0);
    let words = shown.line("in words");
    assert!(words.contains("may act for itself at"), "{words}");
    world.end().await;
}
