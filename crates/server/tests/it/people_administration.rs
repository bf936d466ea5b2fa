//! Administration of people: who there is, what is known of them, and the groups they are in.

use serde_json::{Value, json};
use testkit::World;

use crate::{
    setup::{refused, with, without},
    sites::{self, PASSWORD, Site},
};

pub(crate) const ALICE: &str = "alice@demo.test";

/// Enters a person, with these members beside the login.
pub(crate) async fn enter(world: &World, login: &str, members: &Value) -> Value {
    let mut body = json!({ "login": login });
    body.as_object_mut()
        .unwrap()
        .extend(members.as_object().unwrap().clone());
    let made = world.admin("POST", "/admin/v1/users", Some(&body)).await;
    assert_eq!(made.status, 201, "{made:?}");
    made.body
}

pub(crate) fn path(user: &Value) -> String {
    format!("/admin/v1/users/{}", user["id"].as_str().unwrap())
}

async fn group(world: &World, id: &str, kind: &str) {
    let body = json!({ "id": id, "kind": kind, "name": id });
    let made = world.admin("POST", "/admin/v1/groups", Some(&body)).await;
    assert_eq!(made.status, 201, "{made:?}");
}

#[tokio::test]
async fn a_person_is_entered_shown_found_and_changed() {
    let world = World::new().await;
    group(&world, "finance", "group").await;
    group(&world, "approver", "role").await;
    let members = json!({ "profile": { "name": "Alice", "email": ALICE, "locale": "de" }, "groups": ["finance"] });
    let made = enter(&world, " Alice@Demo.Test ", &members).await;
    let mut expected = json!({
        "id": made["id"], "login": ALICE, "profile": { "name": "Alice", "email": ALICE, "locale": "de", "updated_at": world.now() },
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
    expected["profile"] = json!({ "name": "Alice B", "email": ALICE, "updated_at": world.now() });
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
        with(&with(&address["profile"], "name", "Alice"), "updated_at", world.now()),
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
    let left = world.admin("GET", &path(&alice), None).await.body;
    assert_eq!(left["groups"], json!(["approver"]), "nobody is in it any more");
    for id in ["finance", "Finance", "nothing"] {
        let answer = world.admin("DELETE", &format!("/admin/v1/groups/{id}"), None).await;
        refused(&answer, 404, "not_found", id);
    }
    let answer = world
        .admin("PATCH", &path(&alice), Some(&json!({ "groups": ["finance"] })))
        .await;
    refused(&answer, 400, "invalid_body", "nobody comes into a group that is gone");
    group(&world, "finance", "group").await;
    let left = world.admin("GET", &path(&alice), None).await.body;
    assert_eq!(left["groups"], json!(["approver"]), "nor into another one of its id");
    let many: Vec<String> = (0..129).map(|n| format!("g{n}")).collect();
    let answer = world
        .admin("PATCH", &path(&alice), Some(&json!({ "groups": many })))
        .await;
    refused(&answer, 400, "invalid_body", "129 groups");
    assert_eq!(
        (world.events("group.created").await, world.events("group.dropped").await),
        (3, 1)
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
