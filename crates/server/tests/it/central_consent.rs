//! What an administrator decided for everybody or a group, as people and apps meet it (seed 001).

use serde_json::json;
use testkit::{App, Asking};

use crate::{
    front::{Front, WEB, acting, boxes, code, listed, problem, redeemed, refreshes, refused_at, says},
    setup::MCP,
};

#[tokio::test]
async fn what_is_forbidden_nobody_can_allow() {
    let front = Front::new().await;
    let mut alice = front.browser().await;
    // A part of it: shown, struck out, and not given, whatever the form says.
    let rule = front
        .rule(&json!({ "effect": "forbid", "scope": "write", "resource": MCP }))
        .await;
    let asking = front.asking("read write");
    let page = front.consent_page(&mut alice, &asking).await;
    assert!(
        says(&page, "Your organisation does not allow") && says(&page, "<s>"),
        "{page:?}"
    );
    assert_eq!(boxes(&page), ["read"]);
    let page = front
        .answer(&mut alice, &page, &[("decision", "allow"), ("scope", "read write")])
        .await;
    assert_eq!(redeemed(&front, &front.app, &asking, &page).await.0, "read");
    // All of it.
    let asking = front.asking("write");
    refused_at(
        &alice.get(&front.world, &asking.path()).await,
        &asking,
        "access_denied",
        "all is forbidden",
    );
    // Taken back: a question again.
    assert_eq!(
        front
            .world
            .admin("DELETE", &format!("/admin/v1/consent-rules/{rule}"), None)
            .await
            .status,
        200
    );
    front.consent_page(&mut alice, &front.asking("write")).await;
    // Between the page and its answer.
    let asking = front.asking("write");
    let page = front.consent_page(&mut alice, &asking).await;
    front
        .rule(&json!({ "effect": "forbid", "client_id": front.app.client.id }))
        .await;
    let answer = front.answer(&mut alice, &page, &[("decision", "allow")]).await;
    refused_at(&answer, &asking, "access_denied", "forbidden since");
    // What stood before stands no more.
    let asking = front.asking("read");
    refused_at(
        &alice.get(&front.world, &asking.path()).await,
        &asking,
        "access_denied",
        "a standing yes",
    );
}

#[tokio::test]
async fn what_is_allowed_for_everybody_is_no_question_and_people_see_that_it_was_decided() {
    let front = Front::new().await;
    let mut alice = front.browser().await;
    front
        .rule(&json!({ "effect": "allow", "client_id": front.app.client.id, "scope": "read", "resource": MCP }))
        .await;
    let asking = front.asking("read");
    let page = alice.get(&front.world, &asking.path()).await;
    assert_eq!(redeemed(&front, &front.app, &asking, &page).await.0, "read");
    code(
        &alice
            .get(&front.world, &front.asking("read").with("prompt", Some("none")).path())
            .await,
    );
    let page = alice.get(&front.world, "/agents").await;
    assert!(says(&page, "by your organisation"), "{page:?}");
    // Beside something else it is a question, and the page says what is decided; it can still be left out.
    let asking = front.asking("read write");
    let page = front.consent_page(&mut alice, &asking).await;
    assert!(says(&page, "Allowed by your organisation already"), "{page:?}");
    let mut choices = boxes(&page);
    choices.sort();
    assert_eq!(choices, ["read", "write"]);
    let page = front
        .answer(&mut alice, &page, &[("decision", "allow"), ("without", "read")])
        .await;
    assert_eq!(redeemed(&front, &front.app, &asking, &page).await.0, "write");
    // Another app, another place, another scope: not decided.
    let second = App::public(&front.world, WEB).await;
    front
        .consent_page(&mut alice, &Asking::new(&second, Some(MCP), Some("read")))
        .await;
    let elsewhere = "https://mcp.example.com/other";
    front.world.resource(elsewhere, &[]).await;
    let asking = Asking::new(&front.app, Some(elsewhere), Some("read"));
    front.consent_page(&mut alice, &asking).await;
    // A forbid beats it.
    front.rule(&json!({ "effect": "forbid", "scope": "read" })).await;
    let asking = front.asking("read");
    refused_at(
        &alice.get(&front.world, &asking.path()).await,
        &asking,
        "access_denied",
        "a forbid beats every allow",
    );
}

#[tokio::test]
async fn a_rule_for_a_group_is_for_its_members() {
    let front = Front::new().await;
    let bob = front.world.person("bob@demo.test").await;
    front
        .admin(
            "POST",
            "/admin/v1/groups",
            &json!({ "id": "sales", "kind": "group", "name": "Sales" }),
        )
        .await;
    front
        .admin(
            "PATCH",
            &format!("/admin/v1/users/{}", front.alice.id),
            &json!({ "groups": ["sales"] }),
        )
        .await;
    front
        .rule(&json!({ "effect": "allow", "scope": "read", "group": "sales" }))
        .await;
    front
        .rule(&json!({ "effect": "forbid", "scope": "write", "group": "sales" }))
        .await;
    for (person, member) in [(&front.alice, true), (&bob, false)] {
        let mut browser = front.world.signed_in(person).await;
        let page = browser.visit(&front.world, &front.asking("read").path()).await;
        assert_eq!(page.parameter("code").is_some(), member, "{}: {page:?}", person.login);
        let asking = front.asking("write");
        let page = browser.visit(&front.world, &asking.path()).await;
        if member {
            refused_at(&page, &asking, "access_denied", &person.login);
        } else {
            assert!(page.has_form("consent"), "{page:?}");
        }
    }
    // Out of the group: asked like everybody.
    front
        .admin(
            "PATCH",
            &format!("/admin/v1/users/{}", front.alice.id),
            &json!({ "groups": [] }),
        )
        .await;
    let mut alice = front.browser().await;
    front.consent_page(&mut alice, &front.asking("write")).await;
}

#[tokio::test]
async fn a_rule_for_unregistered_apps_is_for_them_alone() {
    let front = Front::new().await;
    let id = front
        .self_registered(
            &json!({ "client_name": "Stranger", "redirect_uris": [WEB], "token_endpoint_auth_method": "none" }),
        )
        .await;
    front
        .rule(&json!({ "effect": "forbid", "clients": "unregistered" }))
        .await;
    let mut alice = front.browser().await;
    let stranger = Asking::of(&id, WEB, Some(MCP), Some("read"));
    let page = alice.visit(&front.world, &stranger.path()).await;
    problem(
        &page,
        403,
        "access_denied",
        "an unregistered app, with a link back to it",
    );
    assert!(says(&page, "id=\"continue\""), "{page:?}");
    front.consent_page(&mut alice, &front.asking("read")).await;
}

#[tokio::test]
async fn an_organisations_yes_can_be_stopped_by_the_person_too() {
    let front = Front::new().await;
    front.rule(&json!({ "effect": "allow", "scope": "read" })).await;
    let mut alice = front.browser().await;
    let asking = front.asking("read");
    let page = alice.get(&front.world, &asking.path()).await;
    let refresh = redeemed(&front, &front.app, &asking, &page).await.1;
    let page = alice.get(&front.world, "/agents").await;
    assert_eq!(listed(&page).len(), 1);
    alice.submit(&front.world, &page, "stop-all", &[]).await;
    assert!(!refreshes(&front, &front.app, &refresh).await);
}

#[tokio::test]
async fn s_36_a_forbid_silences_what_was_given_before() {
    let front = Front::new().await;
    let mut alice = front.browser().await;
    let refresh = acting(&front, &mut alice, &front.alice, &front.app, "read").await;
    assert!(refreshes(&front, &front.app, &refresh).await);
    let refresh = acting(&front, &mut alice, &front.alice, &front.app, "read").await;
    let rule = json!({ "effect": "forbid", "client_id": front.app.client.id });
    assert!(says(&alice.get(&front.world, "/agents").await, "can act now"));
    front.rule(&rule).await;
    let page = alice.get(&front.world, "/agents").await;
    assert!(
        says(&page, "No connection now") && !says(&page, "can act now"),
        "{page:?}"
    );
    let answer = front.world.refresh(&front.app, &refresh, &[], &[]).await;
    assert_eq!((answer.status, answer.error()), (400, "invalid_grant"), "{answer:?}");
}
