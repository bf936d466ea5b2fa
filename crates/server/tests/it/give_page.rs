//! A person gives an app something before it asks: only apps and places of their organisation, never what it forbids, and only shortly after a sign-in.

use serde_json::json;
use testkit::{Browser, Page};

use crate::{
    front::{Front, code, listed, says},
    setup::MCP,
};

async fn picked(front: &Front, browser: &mut Browser, client: &str) -> Page {
    let resource = MCP.replace(':', "%3A").replace('/', "%2F");
    let path = format!("/agents/give?client={client}&resource={resource}");
    browser.visit(&front.world, &path).await
}

#[tokio::test]
async fn what_is_given_unasked_is_a_standing_yes_to_exactly_that() {
    let front = Front::new().await;
    let mut alice = front.browser().await;
    let stranger = json!({ "redirect_uris": ["https://stranger.example/cb"], "client_name": "Stranger" });
    let stranger = front.self_registered(&stranger).await;
    let lists = alice.visit(&front.world, "/agents/give").await;
    assert!(says(&lists, "Atlas") && says(&lists, "Test resource"), "{lists:?}");
    assert!(
        !says(&lists, "Stranger"),
        "only what an administrator registered: {lists:?}"
    );
    assert_eq!(picked(&front, &mut alice, &stranger).await.answer.status, 404);

    let page = picked(&front, &mut alice, &front.app.client.id).await;
    assert!(
        says(&page, "What may") && says(&page, "Read things") && !says(&page, "checked"),
        "{page:?}"
    );
    let nothing = alice.submit(&front.world, &page, "give", &[]).await;
    assert!(
        nothing.answer.status >= 400 && says(&nothing, "nothing was picked"),
        "{nothing:?}"
    );
    let past = alice
        .submit(
            &front.world,
            &page,
            "give",
            &[("scope", "read"), ("ends", "2001-01-01")],
        )
        .await;
    assert!(past.answer.status >= 400 && says(&past, "Pick another day"), "{past:?}");
    let given = alice.submit(&front.world, &page, "give", &[("scope", "read")]).await;
    assert_eq!(given.location(), Some("/agents?given"), "{given:?}");
    let list = alice.follow(&front.world, given).await;
    assert!(
        listed(&list).len() == 1 && says(&list, "it need not ask you"),
        "{list:?}"
    );

    let asking = front.asking("read");
    let answer = alice.visit(&front.world, &asking.path()).await;
    let tokens = front.world.redeem(&front.app, &asking, &code(&answer), &[]).await;
    assert_eq!(
        (tokens.status, &tokens.body["scope"]),
        (200, &json!("read")),
        "{tokens:?}"
    );
    front.consent_page(&mut alice, &front.asking("write")).await; // of writing nobody said so
}

#[tokio::test]
async fn nothing_is_given_by_a_browser_that_was_left_open() {
    let front = Front::new().await;
    let mut alice = front.browser().await;
    let page = picked(&front, &mut alice, &front.app.client.id).await;
    front.world.advance(660);
    for answer in [
        alice.get(&front.world, "/agents/give").await,
        alice.submit(&front.world, &page, "give", &[("scope", "read")]).await,
    ] {
        assert_eq!(
            answer.location(),
            Some("/sign-in?request=%2Fagents%2Fgive"),
            "{answer:?}"
        );
    }
    assert!(listed(&alice.visit(&front.world, "/agents").await).is_empty());
    let sign_in = alice.visit(&front.world, "/agents/give").await;
    assert!(says(&sign_in, "sign in once more"), "{sign_in:?}");
    let back = alice
        .sign_in(&front.world, &sign_in, &front.alice.login, &front.alice.password)
        .await;
    assert!(back.has_form("pick"), "{back:?}");
}

#[tokio::test]
async fn what_the_organisation_forbids_nobody_gives() {
    let front = Front::new().await;
    let mut alice = front.browser().await;
    let page = picked(&front, &mut alice, &front.app.client.id).await;
    front
        .rule(&json!({ "effect": "forbid", "scope": "write", "resource": MCP }))
        .await;
    // Nor beside what may be given: a person who ticks both is told, and does not give half of it unknowing.
    for ticked in [&[("scope", "write")][..], &[("scope", "read"), ("scope", "write")]] {
        let refused = alice.submit(&front.world, &page, "give", ticked).await;
        assert!(
            refused.answer.status >= 400 && says(&refused, "does not let you give this"),
            "{ticked:?}: {refused:?}"
        );
    }
    let client = format!("/admin/v1/clients/{}", front.app.client.id);
    front.admin("PATCH", &client, &json!({ "disabled": true })).await;
    let gone = alice.submit(&front.world, &page, "give", &[("scope", "read")]).await;
    assert_eq!(gone.answer.status, 404, "{gone:?}");
    assert!(listed(&alice.visit(&front.world, "/agents").await).is_empty());
}

#[tokio::test]
async fn what_takes_a_passkey_is_told_so_and_nobody_is_sent_in_circles() {
    let front = Front::new().await;
    let writes = |name: &str, strength: &str, scope: &str| json!({ "name": name, "description": "For tests", "approval_strength": strength, "scopes": [scope] });
    let set = json!({
        "policies": "@id(\"all\") permit(principal, action, resource);",
        "capabilities": [writes("write_file", "biometric", "write"), writes("read_file", "session", "read")],
    });
    front.admin("PUT", "/admin/v1/policies", &set).await;
    let mut alice = front.browser().await;
    let page = picked(&front, &mut alice, &front.app.client.id).await;
    let refused = alice.submit(&front.world, &page, "give", &[("scope", "write")]).await;
    assert!(
        refused.answer.status >= 400 && says(&refused, "wants a passkey for this"),
        "{refused:?}"
    );
    let read = alice.submit(&front.world, &page, "give", &[("scope", "read")]).await;
    assert_eq!(read.location(), Some("/agents?given"), "{read:?}");
}
