//! `prokura user`, `group` and `browser-session`: people.

use serde_json::{Value, json};
use server::Surroundings;
use testkit::{Browser, World};

use crate::command::{Desk, typed};

const ALICE: &str = "alice@demo.test";
const PASSWORD: &str = "four words make a sentence";

/// Tries to sign in, and says the status of the answer: 303 is in, 403 is not.
async fn sign_in(world: &World, login: &str, password: &str) -> u16 {
    let mut browser = Browser::new(world);
    let page = browser.visit(world, "/sign-in").await;
    let typed = [("login", login), ("password", password)];
    browser.submit(world, &page, "sign-in", &typed).await.answer.status
}

/// A world with alice, who has a password.
async fn world_with_alice() -> (World, Desk) {
    let world = World::new().await;
    let desk = Desk::of(&world);
    desk.write("password", &format!("{PASSWORD}\n"));
    desk.run(&typed(&format!(
        "user create {ALICE} --name Alice --password-file password"
    )))
    .expect(0);
    (world, desk)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_is_entered_shown_changed_and_named_by_login_or_id() {
    let world = World::new().await;
    let desk = Desk::of(&world);
    let empty = desk.run(&["user", "list"]).expect(0);
    assert!(empty.out.is_empty() && empty.err.contains("nobody"), "{empty:?}");
    desk.run(&["group", "create", "finance", "--name", "Finance department"])
        .expect(0);
    desk.run(&["group", "create", "approver", "--role", "--name", "May approve"])
        .expect(0);
    desk.write("profile.json", r#"{ "locale": "de", "name": "goes behind --name" }"#);
    let made = desk
        .run(&[
            "user",
            "create",
            "Alice@Demo.Test",
            "--name",
            "Alice Demo",
            "--email",
            ALICE,
            "--profile-json",
            "profile.json",
            "--group",
            "finance",
        ])
        .expect(0);
    assert_eq!(
        (
            made.line("login"),
            made.line("name"),
            made.line("email"),
            made.line("groups")
        ),
        (ALICE, "Alice Demo", ALICE, "finance")
    );
    assert!(made.err.contains("no way to sign in yet"), "{made:?}");
    let id = made.line("user").to_owned();

    let shown = desk.json(&["user", "show", &id]);
    assert_eq!(
        shown["profile"],
        json!({ "name": "Alice Demo", "email": ALICE, "locale": "de", "updated_at": world.now() })
    );
    for name in [ALICE, "ALICE@DEMO.TEST"] {
        assert_eq!(desk.json(&["user", "show", name]), shown, "{name}");
    }
    let changed = desk.json(&typed(&format!(
        "user change {ALICE} --login alice --without locale --group approver --group finance"
    )));
    assert_eq!(
        (&changed["login"], &changed["groups"], &changed["profile"]["locale"]),
        (&json!("alice"), &json!(["approver", "finance"]), &Value::Null)
    );
    assert_eq!(desk.json(&typed("user change alice --no-groups"))["groups"], json!([]));
    assert_eq!(
        desk.json(&typed("user list --login Alice"))["users"][0]["id"],
        id.as_str()
    );
    assert_eq!(desk.json(&typed("user list --login nobody")), json!({ "users": [] }));

    desk.run(&["user", "create", "alice"]).expect(5);
    desk.run(&["user", "create", "two words"]).expect(1);
    desk.run(&["user", "change", "alice"]).expect(2);
    desk.run(&typed("user change alice --group finance --no-groups"))
        .expect(2);
    desk.run(&typed("user create bob --group nobodies")).expect(1);
    for verb in ["show", "disable", "enable", "recovery-code", "sign-out", "grants"] {
        let refused = desk.run(&["user", verb, "nobody"]).expect(3);
        assert!(refused.err.contains("nobody here has this id or login"), "{refused:?}");
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_that_reads_like_the_id_of_somebody_else_is_not_taken_for_them() {
    let world = World::new().await;
    let desk = Desk::of(&world);
    let id = desk.json(&["user", "create", "alice"])["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let other = desk.json(&["user", "create", &id]);
    assert_ne!(other["id"], id.as_str());
    assert_eq!(desk.json(&["user", "disable", &id])["login"], "alice");
    assert_eq!(desk.json(&["user", "list"])["users"].as_array().unwrap().len(), 2);
    // A login that only looks like an id is a login.
    let like = "0".repeat(26);
    desk.run(&["user", "create", &like]).expect(0);
    assert_eq!(desk.json(&["user", "show", &like])["login"], like.as_str());
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_comes_from_a_file_or_standard_input_and_is_printed_nowhere() {
    let (world, desk) = world_with_alice().await;
    assert_eq!(sign_in(&world, ALICE, PASSWORD).await, 303);

    let new = "a quite different sentence";
    let set = desk
        .run_with_input(
            &typed(&format!("user password {ALICE} --password-file -")),
            &format!("{new}\r\n"),
        )
        .expect(0);
    assert_eq!(set.line("login"), ALICE);
    assert_eq!(
        (
            sign_in(&world, ALICE, new).await,
            sign_in(&world, ALICE, PASSWORD).await
        ),
        (303, 403)
    );

    desk.write("new", new);
    let dry = desk
        .run(&typed(&format!("user password {ALICE} --password-file new --dry-run")))
        .expect(0);
    assert!(
        dry.out.starts_with("POST ") && dry.out.contains("/password\n"),
        "{dry:?}"
    );
    let create = desk
        .run(&typed("user create bob --password-file new --dry-run --output json"))
        .expect(0);
    for ran in [&set, &dry, &create] {
        assert!(!ran.all().contains(new), "{ran:?}");
    }
    let planned: Value = serde_json::from_str(&create.out).unwrap();
    assert_eq!(planned["body"], json!({ "login": "bob", "password": "..." }));

    desk.write("short", "seven77");
    let refused = desk
        .run(&typed(&format!("user password {ALICE} --password-file short")))
        .expect(1);
    assert!(
        refused.err.contains("at least 8 characters") && !refused.all().contains("seven77"),
        "{refused:?}"
    );
    desk.run(&typed(&format!("user password {ALICE} --password-file absent")))
        .expect(2);
    desk.run(&typed(&format!("user password {ALICE}"))).expect(2);
    desk.run(&typed(&format!("user password {ALICE} --password {new}")))
        .expect(2); // never an argument
    desk.run(&typed("user password nobody --password-file new")).expect(3);
    assert_eq!(
        sign_in(&world, ALICE, new).await,
        303,
        "what was refused changed nothing"
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn standard_input_is_not_both_token_and_password() {
    let world = World::new().await;
    let desk = Desk::new();
    let arguments = [
        "--server",
        &world.issuer,
        "--token-file",
        "-",
        "user",
        "create",
        "bob",
        "--password-file",
        "-",
    ];
    let refused = desk.run_with_input(&arguments, &world.admin_token).expect(2);
    assert!(refused.err.contains("standard input"), "{refused:?}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recovery_code_is_printed_once_or_goes_to_a_private_file() {
    let (world, desk) = world_with_alice().await;
    let given = desk.run(&["user", "recovery-code", ALICE]).expect(0);
    let code = given.line("code").to_owned();
    assert!(given.err.contains("shown this once"), "{given:?}");
    assert_eq!(given.all().matches(&code).count(), 1);
    let kept = desk
        .run(&["user", "recovery-code", ALICE, "--out", "alice.code"])
        .expect(0);
    let second = desk.read("alice.code").trim().to_owned();
    assert!(
        second.len() == code.len() && second != code && !kept.all().contains(&second),
        "{kept:?}"
    );
    assert_eq!(desk.mode("alice.code"), 0o600);
    desk.run(&["user", "recovery-code", "nobody", "--out", "nobody.code"])
        .expect(3);
    assert!(!desk.path("nobody.code").exists());
    let events = desk.run(&["event", "list"]).expect(0);
    assert!(
        !events.all().contains(&code) && !events.all().contains(&second),
        "{events:?}"
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_sessions_are_listed_and_ended() {
    let (world, desk) = world_with_alice().await;
    world.advance(Surroundings::System.now().unix() - world.now()); // the command looks at the clock of its machine
    let nobody = desk.run(&["browser-session", "list"]).expect(0);
    assert!(
        nobody.out.is_empty() && nobody.err.contains("nobody is signed in"),
        "{nobody:?}"
    );
    assert!(
        desk.run(&["user", "show", ALICE])
            .expect(0)
            .out
            .contains("signed in nowhere")
    );
    sign_in(&world, ALICE, PASSWORD).await;
    sign_in(&world, ALICE, PASSWORD).await;
    let listed = desk.json(&typed(&format!("browser-session list --user {ALICE}")));
    let session = &listed["browser_sessions"][0];
    let id = session["id"].as_str().unwrap();
    assert_eq!(session["method"], "password");
    let shown = desk.run(&["user", "show", ALICE]).expect(0);
    assert!(shown.out.contains(id), "{shown:?}");

    let ended = desk.run(&["browser-session", "end", id]).expect(0);
    assert!(ended.out.lines().nth(1).unwrap().ends_with("ended"), "{ended:?}");
    let open = |ran: Value| ran["browser_sessions"].as_array().unwrap().len();
    assert_eq!(open(desk.json(&["browser-session", "list"])), 1);
    assert_eq!(open(desk.json(&["browser-session", "list", "--all"])), 2);
    desk.run(&["user", "sign-out", ALICE]).expect(0);
    assert_eq!(open(desk.json(&["browser-session", "list"])), 0);
    desk.run(&["browser-session", "end", "nothing"]).expect(3);
    desk.run(&["browser-session", "list", "--user", "nobody"]).expect(3);

    desk.run(&["user", "disable", ALICE]).expect(0);
    assert_eq!(sign_in(&world, ALICE, PASSWORD).await, 403);
    assert!(
        desk.run(&["user", "list"])
            .expect(0)
            .out
            .lines()
            .any(|line| line.contains(ALICE) && line.ends_with("disabled"))
    );
    desk.run(&["user", "enable", ALICE]).expect(0);
    assert_eq!(sign_in(&world, ALICE, PASSWORD).await, 303);
    let grants = desk.run(&["user", "grants", ALICE]).expect(0);
    assert!(
        grants.out.is_empty() && grants.err.contains("nothing acts for them"),
        "{grants:?}"
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn groups_and_roles_are_made_listed_and_removed() {
    let world = World::new().await;
    let desk = Desk::of(&world);
    let made = desk
        .run(&["group", "create", "finance", "--name", "Finance department"])
        .expect(0);
    assert_eq!((made.line("group"), made.line("kind")), ("finance", "group"));
    let role = desk
        .run(&["group", "create", "approver", "--role", "--name", "May approve"])
        .expect(0);
    assert_eq!(role.line("kind"), "role");
    desk.run(&["group", "create", "finance", "--name", "Again"]).expect(5);
    desk.run(&["group", "create", "Finance", "--name", "Shouting"])
        .expect(1);
    let listed = desk.json(&["group", "list"]);
    assert_eq!(listed["groups"].as_array().unwrap().len(), 2);

    let dry = desk.json(&["group", "remove", "finance", "--dry-run"]);
    assert_eq!(
        dry,
        json!({ "method": "DELETE", "url": format!("{}/admin/v1/groups/finance", world.issuer), "body": null })
    );
    desk.run(&typed("user create alice --group finance --group approver"))
        .expect(0);
    desk.run(&["group", "remove", "finance"]).expect(0);
    assert_eq!(desk.json(&["user", "show", "alice"])["groups"], json!(["approver"]));
    desk.run(&["group", "remove", "finance"]).expect(3);
    desk.run(&["group", "remove", "../clients"]).expect(3);
    assert_eq!(desk.json(&["group", "list"])["groups"].as_array().unwrap().len(), 1);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_of_one_tenant_are_nobody_in_another() {
    let world = World::new().await;
    let desk = Desk::of(&world);
    for tenant in ["a", "b"] {
        desk.run(&["tenant", "create", tenant, "--name", tenant]).expect(0);
    }
    let alice = desk.json(&typed(&format!("--tenant a user create {ALICE}")));
    let id = alice["id"].as_str().unwrap();
    desk.run(&["--tenant", "b", "user", "show", id]).expect(3);
    desk.run(&["--tenant", "b", "user", "show", ALICE]).expect(3);
    desk.run(&["--tenant", "b", "user", "disable", id]).expect(3);
    desk.run(&["--tenant", "b", "user", "create", ALICE]).expect(0);
    assert_eq!(desk.json(&["--tenant", "a", "user", "show", ALICE]), alice);
    world.end().await;
}
