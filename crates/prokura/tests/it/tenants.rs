//! `prokura tenant` and `prokura administrator`: worlds of their own.

use serde_json::json;
use testkit::World;

use crate::command::{Desk, typed};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_is_made_changed_disabled_and_enabled() {
    let world = World::new().await;
    let desk = Desk::of(&world);
    let made = desk.json(&[
        "tenant",
        "create",
        "acme",
        "--name",
        "Acme Ltd",
        "--access-token-seconds",
        "120",
    ]);
    assert_eq!(
        (&made["issuer"], &made["access_token_seconds"]),
        (&json!(format!("{}/t/acme", world.issuer)), &json!(120))
    );
    desk.run(&typed("tenant create acme --name Again")).expect(5);
    desk.run(&typed("tenant create Acme --name Shouting")).expect(1);

    let changed = desk.json(&typed(
        "tenant change acme --require-dpop-nonce false --access-token-seconds 600",
    ));
    assert_eq!(
        (&changed["dpop_nonce_required"], &changed["access_token_seconds"]),
        (&json!(false), &json!(600))
    );
    desk.run(&["tenant", "change", "acme"]).expect(2);
    let renamed = desk.json(&["tenant", "change", "acme", "--name", "Acme and Sons"]);
    assert_eq!(
        (&renamed["name"], &renamed["access_token_seconds"]),
        (&json!("Acme and Sons"), &json!(600))
    );
    desk.run(&["tenant", "change", "acme", "--name", " "]).expect(1);
    let strict = desk
        .run(&typed(
            "tenant change acme --security-profile fapi2 --require-pushed-requests true",
        ))
        .expect(0);
    let shown = desk.run(&["tenant", "show", "acme"]).expect(0);
    assert_eq!(shown.out, strict.out);
    assert_eq!(shown.line("name"), "Acme and Sons");
    assert_eq!(shown.line("security profile"), "fapi2: every client is held to it");
    assert_eq!(shown.line("requests"), "must be pushed (RFC 9126)");
    assert_eq!(shown.line("PKCE"), "always");
    assert_eq!(desk.json(&["tenant", "show"])["id"], "default");
    assert_eq!(desk.json(&typed("--tenant acme tenant show"))["id"], "acme");
    let unknown = desk.run(&["tenant", "show", "nobody"]).expect(3);
    assert!(unknown.err.contains("prokura tenant list"), "{unknown:?}");

    // A client that the profile would never let in is refused when it is made, and what the profile demands is shown.
    let weak = desk
        .run(&typed(
            "--tenant acme client create --name x --method client_secret_basic",
        ))
        .expect(1);
    assert!(weak.err.contains("private_key_jwt, tls_client_auth"), "{weak:?}");
    let strong = desk
        .run(&typed("--tenant acme client create --name x --generate-key x.jwk"))
        .expect(0);
    assert!(strong.line("proves a key").starts_with("always"), "{strong:?}");
    desk.run(&typed("tenant change acme --access-token-seconds 5"))
        .expect(1);

    desk.run(&["tenant", "disable", "acme"]).expect(0);
    desk.run(&typed("--tenant acme client list")).expect(3);
    desk.run(&["tenant", "enable", "acme"]).expect(0);
    desk.run(&typed("--tenant acme client list")).expect(0);
    desk.run(&["tenant", "disable", "nobody"]).expect(3);
    assert_eq!(desk.json(&["tenant", "list"])["tenants"].as_array().unwrap().len(), 2);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_tenants_are_separate_worlds() {
    let world = World::new().await;
    let desk = Desk::of(&world);
    for tenant in ["a", "b"] {
        desk.run(&["tenant", "create", tenant, "--name", tenant]).expect(0);
        desk.run(&[
            "--tenant",
            tenant,
            "client",
            "create",
            "--name",
            tenant,
            "--id",
            "same-id",
            "--method",
            "client_secret_basic",
        ])
        .expect(0);
    }
    let token = desk
        .run(&["--tenant", "a", "administrator", "create", "--name", "of a"])
        .expect(0)
        .out
        .trim()
        .to_owned();
    let of_a = Desk::with(&world.issuer, &token);

    assert_eq!(of_a.json(&typed("--tenant a client show same-id"))["client_name"], "a");
    for elsewhere in [vec!["--tenant", "b"], vec![], vec!["--tenant", "default"]] {
        let denied = of_a
            .run(&[elsewhere.as_slice(), &["client", "list"]].concat())
            .expect(4);
        assert!(
            denied.out.is_empty() && denied.err.contains("what to do:") && denied.err.contains("request id:"),
            "{denied:?}"
        );
        of_a.run(&[elsewhere.as_slice(), &["client", "disable", "same-id"]].concat())
            .expect(4);
    }
    // Beyond its tenant nothing is there for it.
    of_a.run(&typed("--tenant a tenant create c --name c")).expect(3);
    of_a.run(&typed("--tenant a tenant change b --access-token-seconds 60"))
        .expect(3);
    of_a.run(&typed("--tenant a administrator create --name x --reach installation"))
        .expect(3);
    let seen = of_a.json(&typed("--tenant a tenant list"));
    assert_eq!(
        seen["tenants"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| &one["id"])
            .collect::<Vec<_>>(),
        ["a"]
    );
    assert_eq!(
        desk.json(&typed("--tenant b client show same-id")).get("disabled_at"),
        None
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_issuer_of_a_tenant_names_it_as_well() {
    let world = World::new().await;
    let desk = Desk::of(&world);
    desk.run(&typed("tenant create acme --name Acme")).expect(0);
    let at_issuer = Desk::with(&format!("{}/t/acme", world.issuer), &world.admin_token);
    at_issuer
        .run(&typed("client create --name x --id x --method client_secret_basic"))
        .expect(0);
    desk.run(&typed("--tenant acme client show x")).expect(0);
    desk.run(&["client", "show", "x"]).expect(3);
    at_issuer.run(&typed("--tenant other client list")).expect(2);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_administrators_token_is_printed_alone_and_once_and_ends_in_time() {
    let world = World::new().await;
    let desk = Desk::of(&world);
    let made = desk
        .run(&typed(
            "administrator create --name ci --reach installation --expires-in 1h",
        ))
        .expect(0);
    let token = made.out.trim_end();
    assert!(
        token.starts_with("pka_") && !token.contains(char::is_whitespace) && !made.err.contains(token),
        "{made:?}"
    );
    let other = Desk::with(&world.issuer, token);
    other.run(&["tenant", "list"]).expect(0);
    assert!(!desk.run(&["event", "list"]).expect(0).all().contains(token));
    world.advance(3_601);
    other.run(&["tenant", "list"]).expect(4);

    let to_file = desk
        .run(&typed("administrator create --name ci --out ci.token"))
        .expect(0);
    let token = desk.read("ci.token").trim().to_owned();
    assert!(
        desk.mode("ci.token") == 0o600 && to_file.out.is_empty() && !to_file.err.contains(&token),
        "{to_file:?}"
    );
    Desk::with(&world.issuer, &token).run(&["client", "list"]).expect(0);
    desk.run(&typed("administrator create --name ci --expires-in 1s"))
        .expect(1);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn administrators_are_listed_and_their_tokens_ended() {
    let world = World::new().await;
    let desk = Desk::of(&world);
    let made = desk.json(&typed("administrator create --name leaving --reach installation"));
    let (id, token) = (made["id"].as_str().unwrap(), made["token"].as_str().unwrap());
    let leaving = Desk::with(&world.issuer, token);
    leaving.run(&["client", "list"]).expect(0);

    let listed = desk.run(&["administrator", "list"]).expect(0);
    let line = listed.out.lines().find(|line| line.starts_with(id)).unwrap();
    assert!(
        line.contains("leaving") && line.ends_with("never") && !listed.all().contains(token),
        "{listed:?}"
    );

    desk.run(&["administrator", "revoke", id, "--dry-run"]).expect(0);
    leaving.run(&["client", "list"]).expect(0);
    desk.run(&["administrator", "revoke", id]).expect(0);
    leaving.run(&["client", "list"]).expect(4);
    desk.run(&["administrator", "revoke", "nobody"]).expect(3);
    world.end().await;
}
