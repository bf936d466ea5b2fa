//! `prokura key` and `prokura event`.

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
    sync::mpsc,
    time::Duration,
};

use serde_json::Value;
use testkit::World;

use crate::command::{Desk, typed};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_keys_are_published_before_they_sign() {
    let world = World::new().await;
    let desk = Desk::of(&world);
    let before = desk.json(&["key", "list"]);
    let made = desk.json(&["key", "rotate"]);
    let kid = |key: &Value| key["kid"].as_str().unwrap().to_owned();
    let list = |document: &Value| document["keys"].as_array().unwrap().iter().map(kid).collect::<Vec<_>>();
    assert!(
        list(&made).iter().all(|kid| !list(&before).contains(kid)) && list(&made).len() == 2,
        "one of each algorithm: {made}"
    );

    let now = desk.json(&["key", "list"]);
    assert_eq!(list(&now).len(), 4);
    let jwks = world.get("/oauth2/jwks").await.body; // which also makes the RSA keys that nobody needed until now
    for kid in list(&now) {
        assert!(
            jwks["keys"]
                .as_array()
                .unwrap()
                .iter()
                .any(|key| key["kid"] == kid.as_str()),
            "{kid} is published"
        );
    }
    for key in made["keys"].as_array().unwrap() {
        assert!(
            key["active_from"].as_i64().unwrap() >= world.now() + 300,
            "cached key sets have ended before it signs"
        );
    }
    let table = desk.run(&["key", "list"]).expect(0).out;
    assert!(table.starts_with("KEY ") && !table.contains("\"d\""), "{table}");
    world.end().await;
}

#[test]
fn a_key_encryption_key_is_private_and_never_overwritten() {
    let desk = Desk::new();
    let made = desk.run(&typed("key kek --out kek")).expect(0);
    let text = desk.read("kek");
    assert_eq!(proof::base64url::decode(text.trim()).unwrap().len(), 32);
    assert!(
        desk.mode("kek") == 0o600 && made.out.is_empty() && !made.err.contains(text.trim()),
        "{made:?}"
    );
    let again = desk.run(&typed("key kek --out kek")).expect(1);
    assert!(again.err.contains("is not overwritten"), "{again:?}");
    assert_eq!(desk.read("kek"), text);
    desk.run(&typed("key kek --out other")).expect(0);
    assert_ne!(desk.read("other"), text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_are_listed_the_newest_last_and_found_by_what_they_are_about() {
    let world = World::new().await;
    let desk = Desk::of(&world);
    for id in ["first", "second"] {
        desk.run(&["client", "create", "--name", id, "--id", id, "--introspect-everything"])
            .expect(0);
        world.advance(60);
    }
    let events = desk.json(&["event", "list"])["events"].as_array().unwrap().clone();
    assert_eq!(events.last().unwrap()["about"], "second");
    assert!(events.is_sorted_by_key(|event| event["at"].as_i64()));

    let about = desk.json(&typed("event list --about first"));
    assert_eq!(
        about["events"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| event["kind"].as_str().unwrap())
            .collect::<Vec<_>>(),
        ["client.created"]
    );
    let of_kind = desk.json(&typed("event list --kind client. --limit 1"));
    assert_eq!(
        of_kind["events"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| event["about"].as_str().unwrap())
            .collect::<Vec<_>>(),
        ["second"]
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn watching_prints_what_comes_of_every_node() {
    let world = World::new().await;
    world
        .admin(
            "POST",
            "/admin/v1/tenants",
            Some(&serde_json::json!({ "id": "one", "name": "one" })),
        )
        .await;
    world.advance(1);
    let second = world.second_node().await; // its stream is the newer one
    second
        .admin(
            "POST",
            "/admin/v1/tenants",
            Some(&serde_json::json!({ "id": "two", "name": "two" })),
        )
        .await;

    let desk = Desk::of(&world);
    let mut command = desk.command(&["event", "list", "--watch", "--limit", "1", "--output", "json"]);
    let mut child = Ended(
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap(),
    );
    let lines = BufReader::new(child.0.stdout.take().unwrap()).lines();
    let (send, received) = mpsc::channel();
    std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| send.send(line)));
    let next = || -> Value {
        serde_json::from_str(
            &received
                .recv_timeout(Duration::from_secs(30))
                .expect("an entry in time"),
        )
        .unwrap()
    };
    assert_eq!(next()["about"], "two", "first what is there");

    // News of the older stream, which lies behind the newer one in the log, and then of the newer one.
    let made = |id: &str| serde_json::json!({ "id": id, "name": id });
    world.admin("POST", "/admin/v1/tenants", Some(&made("three"))).await;
    assert_eq!(next()["about"], "three");
    second.admin("POST", "/admin/v1/tenants", Some(&made("four"))).await;
    assert_eq!(next()["about"], "four");

    drop(child);
    second.end().await;
    world.end().await;
}

/// A process that ends with its test, however that ends.
struct Ended(std::process::Child);

impl Drop for Ended {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
