//! Administration of people: who there is, what they may sign in by, and that they are gone when they are.

use serde_json::{Value, json};
use testkit::{App, Browser, World};

use crate::{
    setup::{MCP, refused, with, without},
    sites::{self, PASSWORD, Site},
};

const ALICE: &str = "alice@demo.test";

/// Enters a person, with these members beside the login.
async fn enter(world: &World, login: &str, members: &Value) -> Value {
    let mut body = json!({ "login": login });
    body.as_object_mut()
        .unwrap()
        .extend(members.as_object().unwrap().clone());
    let made = world.admin("POST", "/admin/v1/users", Some(&body)).await;
    assert_eq!(made.status, 201, "{made:?}");
    made.body
}

fn path(user: &Value) -> String {
    format!("/admin/v1/users/{}", user["id"].as_str().unwrap())
}

async fn group(world: &World, id: &str, kind: &str) {
    let body = json!({ "id": id, "kind": kind, "name": id });
    let made = world.admin("POST", "/admin/v1/groups", Some(&body)).await;
    assert_eq!(made.status, 201, "{made:?}");
}

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
async fn a_person_is_entered_shown_found_and_changed() {
    let world = World::new().await;
    group(&world, "finance", "group").await;
    group(&world, "approver", "role").await;
    let members = json!({ "profile": { "name": "Alice", "email": ALICE, "locale": "de" }, "groups": ["finance"] });
    let made = enter(&world, " Alice@Demo.Test ", &members).await;
    let mut expected = json!({
        "id": made["id"], "login": ALICE, "profile": { "name": "Alice", "email": ALICE, "locale": "de" },
        "groups": ["finance"], "created_at": world.now(),
    });
    assert_eq!(made, expected);
    assert_eq!(world.admin("GET", &path(&made), None).await.body, expected);
    let again = json!({ "login": "ALICE@demo.test" });
    let taken = world.admin("POST", "/admin/v1/users", Some(&again)).await;
    refused(&taken, 409, "conflict", "one person a login, whatever its case");

    for (query, found) in [
        ("?login=alice%40demo.test", vec![&expected]),
        ("?login=ALICE%40DEMO.TEST", vec![&expected]),
        ("?login=bob%40demo.test", vec![]),
        ("?login=no%20login", vec![]),
        ("?login=", vec![&expected]),
        ("", vec![&expected]),
    ] {
        let listed = world.admin("GET", &format!("/admin/v1/users{query}"), None).await;
        assert_eq!(listed.body, json!({ "users": found }), "{query}");
    }

    world.advance(5);
    let change = json!({ "login": "alice@new.demo.test", "profile": { "name": "Alice B", "locale": null }, "groups": ["approver", "finance"] });
    let changed = world.admin("PATCH", &path(&made), Some(&change)).await;
    expected["login"] = "alice@new.demo.test".into();
    expected["profile"] = json!({ "name": "Alice B", "email": ALICE });
    expected["groups"] = json!(["approver", "finance"]);
    assert_eq!((changed.status, &changed.body), (200, &expected));
    let disabled = world
        .admin("PATCH", &path(&made), Some(&json!({ "disabled": true })))
        .await;
    assert_eq!(disabled.body, with(&expected, "disabled_at", world.now()));
    let enabled = world
        .admin("PATCH", &path(&made), Some(&json!({ "disabled": false })))
        .await;
    assert_eq!(enabled.body, without(&disabled.body, "disabled_at"));

    let bob = enter(&world, "bob@demo.test", &json!({})).await;
    let taken = json!({ "login": "alice@new.demo.test" });
    refused(
        &world.admin("PATCH", &path(&bob), Some(&taken)).await,
        409,
        "conflict",
        "somebody else's login",
    );
    let own = json!({ "login": "BOB@demo.test" });
    assert_eq!(world.admin("PATCH", &path(&bob), Some(&own)).await.status, 200);
    assert_eq!(
        (world.events("user.created").await, world.events("user.changed").await),
        (2, 4)
    );
}

#[tokio::test]
async fn a_profile_holds_what_openid_connect_knows_and_a_refused_change_changes_nothing() {
    let world = World::new().await;
    let alice = enter(&world, ALICE, &json!({ "profile": { "name": "Alice" } })).await;
    for profile in [
        json!({ "sub": "1" }),
        json!({ "role": "admin" }),
        json!({ "email_verified": "yes" }),
        json!({ "name": 1 }),
        json!({ "address": { "country": 1 } }),
        json!({ "name": "x".repeat(501) }),
        json!({ "nickname": "new", "website": "ftp://demo.test" }),
    ] {
        let answer = world
            .admin("PATCH", &path(&alice), Some(&json!({ "profile": profile })))
            .await;
        refused(&answer, 400, "invalid_body", &profile.to_string());
        assert!(
            answer.body["detail"].as_str().unwrap().starts_with("profile: "),
            "{answer:?}"
        );
    }
    assert_eq!(world.admin("GET", &path(&alice), None).await.body, alice);
    let address = json!({ "profile": { "address": { "country": "CH" }, "email_verified": true, "website": "https://demo.test/" } });
    let changed = world.admin("PATCH", &path(&alice), Some(&address)).await;
    assert_eq!(
        changed.body["profile"],
        with(&address["profile"], "name", "Alice"),
        "what was there stays"
    );
}

#[tokio::test]
async fn s_38_nobody_is_given_an_id_an_epoch_or_a_credential_by_the_way() {
    let world = World::new().await;
    let alice = enter(&world, ALICE, &json!({})).await;
    for (member, value) in [
        ("id", json!("chosen")),
        ("epoch", json!(9)),
        ("verified", json!(true)),
        ("created_at", json!(0)),
        ("disabled_at", json!(0)),
        ("password_hash", json!("$argon2id$v=19$m=8,t=1,p=1$AAAA$AAAA")),
        ("memberships", json!(["approver"])),
        ("passkeys", json!([])),
    ] {
        let new = with(&json!({ "login": "bob@demo.test" }), member, value.clone());
        let answer = world.admin("POST", "/admin/v1/users", Some(&new)).await;
        refused(&answer, 400, "invalid_body", member);
        let answer = world
            .admin("PATCH", &path(&alice), Some(&json!({ member: value })))
            .await;
        refused(&answer, 400, "invalid_body", member);
    }
    let answer = world
        .admin("PATCH", &path(&alice), Some(&json!({ "password": PASSWORD })))
        .await;
    refused(&answer, 400, "invalid_body", "a password has a call of its own");
    let listed = world.admin("GET", "/admin/v1/users", None).await;
    assert_eq!(listed.body, json!({ "users": [alice] }));
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

#[tokio::test]
async fn groups_and_roles_are_made_listed_and_ended() {
    let world = World::new().await;
    let finance = json!({ "id": "finance", "kind": "group", "name": "Finance department" });
    let made = world.admin("POST", "/admin/v1/groups", Some(&finance)).await;
    let expected = with(&finance, "created_at", world.now());
    assert_eq!((made.status, &made.body), (201, &expected));
    group(&world, "approver", "role").await;
    refused(
        &world.admin("POST", "/admin/v1/groups", Some(&finance)).await,
        409,
        "conflict",
        "the id is taken",
    );
    let listed = world.admin("GET", "/admin/v1/groups", None).await;
    let kinds: Vec<(&Value, &Value)> = listed.body["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| (&group["id"], &group["kind"]))
        .collect();
    assert_eq!(
        kinds,
        [
            (&json!("approver"), &json!("role")),
            (&json!("finance"), &json!("group"))
        ]
    );

    let alice = enter(&world, ALICE, &json!({ "groups": ["finance", "approver"] })).await;
    let dropped = world.admin("DELETE", "/admin/v1/groups/finance", None).await;
    assert_eq!((dropped.status, &dropped.body), (200, &expected));
    for id in ["finance", "Finance", "nothing"] {
        let answer = world.admin("DELETE", &format!("/admin/v1/groups/{id}"), None).await;
        refused(&answer, 404, "not_found", id);
    }
    let answer = world
        .admin("PATCH", &path(&alice), Some(&json!({ "groups": ["finance"] })))
        .await;
    refused(&answer, 400, "invalid_body", "nobody comes into a group that is gone");
    let many: Vec<String> = (0..129).map(|n| format!("g{n}")).collect();
    let answer = world
        .admin("PATCH", &path(&alice), Some(&json!({ "groups": many })))
        .await;
    refused(&answer, 400, "invalid_body", "129 groups");
    assert_eq!(
        (world.events("group.created").await, world.events("group.dropped").await),
        (2, 1)
    );
}

#[tokio::test]
async fn s_35_people_groups_and_sessions_of_another_tenant_are_not_there() {
    let world = World::new().await;
    let acme = Site::new(&world, world.tenant_by_path("acme").await).await;
    let globex = Site::new(&world, world.tenant_by_path("globex").await).await;
    let at_acme = async |method: &str, path: &str, body: Option<Value>| {
        acme.tenant.admin(&world, method, path, body.as_ref()).await
    };
    for (method, path, body) in [
        ("GET", format!("/admin/v1/users/{}", globex.user), None),
        (
            "PATCH",
            format!("/admin/v1/users/{}", globex.user),
            Some(json!({ "disabled": true })),
        ),
        (
            "POST",
            format!("/admin/v1/users/{}/password", globex.user),
            Some(json!({ "password": "a quite different sentence" })),
        ),
        ("POST", format!("/admin/v1/users/{}/recovery-code", globex.user), None),
        ("POST", format!("/admin/v1/users/{}/sign-out", globex.user), None),
        ("GET", format!("/admin/v1/users/{}/grants", globex.user), None),
        ("GET", format!("/admin/v1/browser-sessions?user={}", globex.user), None),
        (
            "POST",
            format!("/admin/v1/browser-sessions/{}/end", globex.browser_session),
            None,
        ),
        ("DELETE", format!("/admin/v1/groups/{}", globex.group), None),
    ] {
        refused(&at_acme(method, &path, body).await, 404, "not_found", &path);
    }
    let found = at_acme("GET", &format!("/admin/v1/users?login={}", globex.login), None).await;
    assert_eq!(found.body, json!({ "users": [] }));
    let member = json!({ "login": "bob@demo.test", "groups": [globex.group] });
    refused(
        &at_acme("POST", "/admin/v1/users", Some(member)).await,
        400,
        "invalid_body",
        "a group of another tenant",
    );
    // The same login is two people, each with a password of their own.
    let twin = json!({ "login": globex.login, "password": "a quite different sentence" });
    assert_eq!(at_acme("POST", "/admin/v1/users", Some(twin)).await.status, 201);
    let (_, answer) = sites::try_to_sign_in(&world, &acme.tenant, &globex.login, PASSWORD).await;
    assert_eq!(answer.status, 403, "{answer:?}");
    let cookies = sites::sign_in(&world, &globex.tenant, &globex.login, PASSWORD).await;
    let account = globex
        .tenant
        .send(&world, "GET", "/account", &[("cookie", cookies.clone())], None)
        .await;
    assert_eq!(account.status, 200, "nothing of it was changed: {account:?}");
    let elsewhere = acme
        .tenant
        .send(&world, "GET", "/account", &[("cookie", cookies)], None)
        .await;
    assert_eq!(elsewhere.status, 303, "a session counts in its tenant");
}
