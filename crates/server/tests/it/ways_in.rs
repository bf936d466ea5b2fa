//! Administration of how people get in: passwords, recovery codes, browser sessions; and of what they granted.

use serde_json::{Value, json};
use testkit::{App, Browser, World};

use crate::{
    people_administration::{ALICE, enter, path},
    setup::{MCP, refused, with, without},
    sites::{self, PASSWORD},
};

/// Whether the cookies are those of somebody who is signed in.
async fn is_signed_in(world: &World, cookies: &str) -> bool {
    let answer = world
        .send("GET", "/account", &[("cookie", cookies.to_owned())], None)
        .await;
    assert!(matches!(answer.status, 200 | 303), "{answer:?}");
    answer.status == 200
}

async fn can_sign_in(world: &World, login: &str, password: &str) -> bool {
    let tenant = world.root_tenant().await;
    let (_, answer) = sites::try_to_sign_in(world, &tenant, login, password).await;
    assert!(matches!(answer.status, 303 | 403), "{answer:?}");
    answer.status == 303
}

async fn sessions(world: &World, user: &Value) -> Vec<Value> {
    let path = format!("/admin/v1/browser-sessions?user={}", user["id"].as_str().unwrap());
    let answer = world.admin("GET", &path, None).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body["browser_sessions"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_password_is_set_by_rules_and_is_nowhere_to_be_read() {
    let world = World::new().await;
    let alice = enter(&world, ALICE, &json!({ "password": PASSWORD })).await;
    let bob = enter(&world, "bob@demo.test", &json!({})).await;
    assert!(can_sign_in(&world, ALICE, PASSWORD).await);
    assert!(
        !can_sign_in(&world, "bob@demo.test", PASSWORD).await,
        "nobody has a password unasked"
    );

    let new = "a quite different sentence";
    let set = world
        .admin(
            "POST",
            &format!("{}/password", path(&alice)),
            Some(&json!({ "password": new })),
        )
        .await;
    assert_eq!((set.status, &set.body), (200, &alice));
    assert!(can_sign_in(&world, ALICE, new).await && !can_sign_in(&world, ALICE, PASSWORD).await);
    let first = world
        .admin(
            "POST",
            &format!("{}/password", path(&bob)),
            Some(&json!({ "password": new })),
        )
        .await;
    assert_eq!(first.status, 200);
    assert!(can_sign_in(&world, "bob@demo.test", new).await, "the first one too");

    // NIST SP 800-63B s5.1.1.2: length, and what everybody tries; and at most 256 bytes (S-40).
    for (password, said) in [
        ("", "empty"),
        ("seven77", "too short"),
        ("Password1", "commonest"),
        ("Alice@demo.test", "the login"),
        (&"x".repeat(257), "too long"),
    ] {
        for (method, path, body) in [
            (
                "POST",
                format!("{}/password", path(&alice)),
                json!({ "password": password }),
            ),
            (
                "POST",
                "/admin/v1/users".to_owned(),
                json!({ "login": "alice@demo.test", "password": password }),
            ),
        ] {
            let answer = world.admin(method, &path, Some(&body)).await;
            refused(&answer, 400, "invalid_request", said);
            let told = answer.body["error_description"].as_str().unwrap();
            assert!(told.contains(said), "{told}: {said}");
            assert!(password.is_empty() || !answer.text.contains(password), "{answer:?}");
        }
    }
    assert!(
        can_sign_in(&world, ALICE, new).await,
        "what was refused changed nothing"
    );

    // It is in no answer, no event and no file; its hash is in no answer and no event.
    world.flush().await;
    for shown in [
        world.admin("GET", &path(&alice), None).await,
        world.admin("GET", "/admin/v1/users", None).await,
        world.admin("GET", "/admin/v1/events?limit=500", None).await,
    ] {
        assert!(
            !shown.text.contains(new) && !shown.text.contains("$argon2id$"),
            "{shown:?}"
        );
    }
    if let Some(bytes) = world.database_bytes() {
        let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(holds("$argon2id$v=19$m=19456,t=2,p=1$") && !holds(new));
    }
    let absent = world
        .admin(
            "POST",
            "/admin/v1/users/nobody/password",
            Some(&json!({ "password": "x" })),
        )
        .await;
    refused(&absent, 404, "not_found", "nobody is told the rules");
}

#[tokio::test]
async fn another_password_ends_every_session_of_the_person_and_of_nobody_else() {
    let world = World::new().await;
    let tenant = world.root_tenant().await;
    let alice = enter(&world, ALICE, &json!({ "password": PASSWORD })).await;
    let bob = enter(&world, "bob@demo.test", &json!({ "password": PASSWORD })).await;
    let [here, there] = [
        sites::sign_in(&world, &tenant, ALICE, PASSWORD).await,
        sites::sign_in(&world, &tenant, ALICE, PASSWORD).await,
    ];
    let of_bob = sites::sign_in(&world, &tenant, "bob@demo.test", PASSWORD).await;
    let body = json!({ "password": "a quite different sentence" });
    world
        .admin("POST", &format!("{}/password", path(&alice)), Some(&body))
        .await;
    assert!(!is_signed_in(&world, &here).await && !is_signed_in(&world, &there).await);
    assert!(is_signed_in(&world, &of_bob).await);
    assert_eq!(
        (sessions(&world, &alice).await.len(), sessions(&world, &bob).await.len()),
        (0, 1)
    );
}

#[tokio::test]
async fn s_36_who_is_disabled_is_signed_out_at_once_on_every_node_and_cannot_sign_in() {
    let world = World::new().await;
    let second = world.second_node().await;
    let tenant = world.root_tenant().await;
    let alice = enter(&world, ALICE, &json!({ "password": PASSWORD })).await;
    let cookies = sites::sign_in(&world, &tenant, ALICE, PASSWORD).await;
    assert!(is_signed_in(&world, &cookies).await && is_signed_in(&second, &cookies).await);
    let session = sessions(&world, &alice).await[0].clone();

    world
        .admin("PATCH", &path(&alice), Some(&json!({ "disabled": true })))
        .await;
    for node in [&world, &second] {
        assert!(!is_signed_in(node, &cookies).await);
        assert!(!can_sign_in(node, ALICE, PASSWORD).await);
    }
    assert_eq!(sessions(&world, &alice).await, [] as [Value; 0]);
    let all = world.admin("GET", "/admin/v1/browser-sessions", None).await.body;
    assert_eq!(
        all["browser_sessions"],
        json!([with(&session, "ended_at", world.now())])
    );

    world
        .admin("PATCH", &path(&alice), Some(&json!({ "disabled": false })))
        .await;
    assert!(!is_signed_in(&world, &cookies).await, "what ended stays ended");
    assert!(can_sign_in(&world, ALICE, PASSWORD).await);
    second.end().await;
}

#[tokio::test]
async fn browser_sessions_are_listed_and_ended_one_by_one_or_all() {
    let world = World::new().await;
    let tenant = world.root_tenant().await;
    let alice = enter(&world, ALICE, &json!({ "password": PASSWORD })).await;
    let first = sites::sign_in(&world, &tenant, ALICE, PASSWORD).await;
    world.advance(10);
    let second = sites::sign_in(&world, &tenant, ALICE, PASSWORD).await;
    let listed = sessions(&world, &alice).await;
    let [newest, oldest] = listed.as_slice() else {
        panic!("two sessions: {listed:?}")
    };
    let expected = json!({
        "id": newest["id"], "user_id": alice["id"], "method": "password", "signed_in_at": world.now(), "last_seen_at": world.now(),
        "expires_at": world.now() + 14 * 86_400, "browser": newest["browser"],
    });
    assert_eq!(newest, &expected);
    let secret = second.rsplit_once('=').unwrap().1;
    let all = world.admin("GET", "/admin/v1/browser-sessions", None).await;
    assert!(
        !all.text.contains(secret) && !all.text.contains(&proof::digest::sha256_b64(secret.as_bytes())),
        "neither the cookie nor its digest"
    );

    let end = format!("/admin/v1/browser-sessions/{}/end", oldest["id"].as_str().unwrap());
    world.advance(5);
    let ended = world.admin("POST", &end, None).await;
    let expected = with(oldest, "ended_at", world.now());
    assert_eq!((ended.status, &ended.body), (200, &expected));
    assert!(!is_signed_in(&world, &first).await && is_signed_in(&world, &second).await);
    world.advance(5);
    let again = world.admin("POST", &end, None).await;
    assert_eq!((again.status, &again.body), (200, &expected), "ending it twice is fine");

    let out = world.admin("POST", &format!("{}/sign-out", path(&alice)), None).await;
    assert_eq!((out.status, &out.body), (200, &alice));
    assert!(!is_signed_in(&world, &second).await);
    assert_eq!(world.events("user.signed_out").await, 3);
    for (method, path) in [
        ("POST", "/admin/v1/browser-sessions/nothing/end"),
        ("POST", "/admin/v1/users/nobody/sign-out"),
        ("GET", "/admin/v1/browser-sessions?user=nobody"),
        ("GET", "/admin/v1/users/nobody/grants"),
    ] {
        refused(&world.admin(method, path, None).await, 404, "not_found", path);
    }
    let grants = world.admin("GET", &format!("{}/grants", path(&alice)), None).await;
    assert_eq!((grants.status, grants.body), (200, json!({ "grants": [] })));
}

#[tokio::test]
async fn a_recovery_code_is_shown_once_works_once_and_ends_those_before() {
    let world = World::new().await;
    let alice = enter(&world, ALICE, &json!({})).await;
    let give = async || {
        let given = world
            .admin("POST", &format!("{}/recovery-code", path(&alice)), None)
            .await;
        assert_eq!((given.status, &without(&given.body, "recovery_code")), (201, &alice));
        given.body["recovery_code"].as_str().unwrap().to_owned()
    };
    let (first, second) = (give().await, give().await);
    assert_ne!(first, second);
    // 80 bits in Crockford's base32: four groups of four.
    let groups: Vec<&str> = second.split('-').collect();
    assert!(
        groups.len() == 4 && groups.iter().all(|group| group.len() == 4),
        "{second}"
    );

    assert_eq!(by_code(&world, &first).await, 403, "it ended with the second");
    assert_eq!(by_code(&world, &second).await, 303);
    assert_eq!(by_code(&world, &second).await, 403, "once");
    world.flush().await;
    let events = world.admin("GET", "/admin/v1/events?limit=500", None).await;
    assert!(
        !events.text.contains(&first) && !events.text.contains(&second),
        "{events:?}"
    );
    assert_eq!(sessions(&world, &alice).await[0]["method"], "recovery_code");

    refused(
        &world.admin("POST", "/admin/v1/users/nobody/recovery-code", None).await,
        404,
        "not_found",
        "nobody's",
    );
}

/// Signs alice in by a recovery code.
async fn by_code(world: &World, code: &str) -> u16 {
    let mut browser = Browser::new(world);
    let page = browser.visit(world, "/sign-in/recovery").await;
    let form = page.find_form("name=\"code\"").unwrap();
    let typed = [("login", ALICE), ("code", code)];
    browser.post(world, &form, &typed).await.answer.status
}

#[tokio::test]
async fn what_was_granted_for_a_person_is_listed_whatever_became_of_it() {
    let world = World::new().await;
    world.resource(MCP, &[]).await;
    let (alice, bob) = (world.person(ALICE).await, world.person("bob@demo.test").await);
    let app = App::public(&world, "https://app.example.com/callback").await;
    for person in [&alice, &bob] {
        world.tokens(person, &app, Some(MCP), Some("read")).await;
        world.advance(1);
    }
    let of_alice = format!("/admin/v1/users/{}/grants", alice.id);
    let listed = async |query: &str| {
        let answer = world.admin("GET", &format!("{of_alice}{query}"), None).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    };
    let grants = listed("").await["grants"].as_array().unwrap().clone();
    let [yes, line] = [false, true].map(|below| {
        let found: Vec<&Value> = grants
            .iter()
            .filter(|grant| grant.get("parent").is_some() == below)
            .collect();
        assert_eq!(found.len(), 1, "a yes, and an authorization of it: {grants:?}");
        found[0].clone()
    });
    assert_eq!(line["parent"], yes["id"]);
    for grant in &grants {
        assert_eq!(
            (
                &grant["user_id"],
                &grant["client_id"],
                &grant["scope"],
                &grant["status"]
            ),
            (
                &json!(alice.id),
                &json!(app.client.id),
                &json!("read"),
                &json!("active")
            )
        );
    }
    let revoke = format!("/admin/v1/grants/{}/revoke", yes["id"].as_str().unwrap());
    assert_eq!(world.admin("POST", &revoke, None).await.status, 200);
    world.advance(1);
    world.tokens(&alice, &app, Some(MCP), Some("read")).await;

    let all = listed("").await["grants"].as_array().unwrap().clone();
    assert_eq!(all.len(), 4, "what was revoked stays in the list");
    assert_eq!(
        (&all[2]["status"], &all[3]["status"]),
        (&json!("active"), &json!("active")),
        "the newest last"
    );
    let revoked: Vec<&Value> = all.iter().filter(|grant| grant["status"] == "revoked").collect();
    assert!(revoked.len() == 1 && revoked[0]["id"] == yes["id"], "{all:?}");
    let (first, id) = (listed("?limit=3").await, all[2]["id"].as_str().unwrap());
    assert_eq!((&first["grants"], &first["next"]), (&json!(all[..3]), &json!(id)));
    let rest = listed(&format!("?limit=3&after={id}")).await;
    assert_eq!(rest, json!({ "grants": [all[3]] }));
}
