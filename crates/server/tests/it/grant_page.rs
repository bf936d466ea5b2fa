//! A person takes something from what they allowed, by a page of theirs: at once, for everything that hangs on it, and never more than before.

use serde_json::{Value, json};
use testkit::{Answer, Browser, Page};

use crate::{
    front::{listed, says},
    people::Cast,
    policies::{OPEN, apply},
    setup::{access_token, refused},
};

/// Alice's page of the one grant that she gave.
async fn page_of(cast: &Cast, browser: &mut Browser) -> (String, Page) {
    let list = browser.visit(&cast.world, "/agents").await;
    let id = listed(&list).remove(0);
    let path = format!("/agents/grants/{id}");
    assert!(says(&list, &format!("href=\"{path}\"")), "{list:?}");
    (path.clone(), browser.visit(&cast.world, &path).await)
}

async fn takes(cast: &Cast, browser: &mut Browser, changes: &[(&str, &str)]) -> Page {
    let (_, page) = page_of(cast, browser).await;
    browser.submit(&cast.world, &page, "grant", changes).await
}

#[tokio::test]
async fn a_person_takes_a_scope_away_and_lets_it_end_sooner() {
    let cast = Cast::with("none").await;
    let held = cast.tokens(None).await;
    let mut alice = cast.browser.clone();
    let (path, page) = page_of(&cast, &mut alice).await;
    for text in ["Atlas", "Test resource", "Take away", "Read things"] {
        assert!(says(&page, text), "{text}: {page:?}");
    }
    let done = takes(&cast, &mut alice, &[("without", "write")]).await;
    assert_eq!(done.location(), Some(format!("{path}?reduced").as_str()), "{done:?}");
    let page = alice.follow(&cast.world, done).await;
    assert!(
        says(&page, "It may do less than before") && !says(&page, "value=\"write\""),
        "{page:?}"
    );
    assert!(!cast.counts(&held.access).await, "its token says write");
    let next = cast.world.refresh(&cast.app, &held.refresh, &[], &[]).await;
    assert_eq!((next.status, &next.body["scope"]), (200, &json!("read")), "{next:?}");
    assert!(cast.counts(&access_token(&next)).await);

    // The last day is today, by the clock of everybody; later than the end it has already is no change.
    let done = takes(&cast, &mut alice, &[("ends", "2099-01-01")]).await;
    assert_eq!(done.location(), Some(path.as_str()), "{done:?}");
    let today = "2026-11-18"; // of the tests' clock
    let done = takes(&cast, &mut alice, &[("ends", today)]).await;
    assert_eq!(done.location(), Some(format!("{path}?reduced").as_str()), "{done:?}");
    cast.world.advance(86_400);
    let late = cast
        .world
        .refresh(&cast.app, next.text_of("refresh_token"), &[], &[])
        .await;
    refused(&late, 400, "invalid_grant", "the day is over");
    assert_eq!(cast.world.events("grant.narrowed").await, 2);
    cast.world.end().await;
}

#[tokio::test]
async fn a_person_takes_all_of_it_only_by_stopping_it() {
    let cast = Cast::with("none").await;
    cast.tokens(None).await;
    let mut alice = cast.browser.clone();
    let (path, page) = page_of(&cast, &mut alice).await;
    for changes in [
        vec![("ends", "2001-01-01")],
        vec![("ends", "yesterday")],
        vec![("csrf", "x"), ("ends", "2026-11-18")],
    ] {
        let answer = alice.submit(&cast.world, &page, "grant", &changes).await;
        assert!([400, 403].contains(&answer.answer.status), "{changes:?}: {answer:?}");
    }
    let document = alice.get(&cast.world, &format!("{path}/document")).await;
    let told: Value = serde_json::from_str(&document.answer.text).unwrap();
    assert_eq!(
        (&told["status"], &told["scope"]),
        (&json!("active"), &json!("read write")),
        "{told}"
    );
    assert_eq!(told["subject"]["login"], "alice@demo.test");
    cast.world.end().await;
}

#[tokio::test]
async fn s_35_nobody_sees_or_changes_the_grant_of_another() {
    let cast = Cast::with("none").await;
    cast.tokens(None).await;
    let (path, page) = page_of(&cast, &mut cast.browser.clone()).await;
    let bob = cast.world.person("bob@demo.test").await;
    let mut bob = cast.world.signed_in(&bob).await;
    for path in [
        path.clone(),
        format!("{path}/document"),
        "/agents/grants/nothing".to_owned(),
    ] {
        assert_eq!(bob.get(&cast.world, &path).await.answer.status, 404, "{path}");
    }
    let own = bob.visit(&cast.world, "/agents").await;
    let csrf = own
        .answer
        .text
        .split("name=\"csrf\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let answer = bob
        .submit(
            &cast.world,
            &page,
            "grant",
            &[("without", "write"), ("csrf", csrf.as_str())],
        )
        .await;
    assert_eq!(answer.answer.status, 404, "{answer:?}");
    cast.world.end().await;
}

async fn reads(cast: &Cast, token: &str, key: &str) -> Answer {
    let form = [
        ("token", token.to_owned()),
        ("capability", "read_things".to_owned()),
        ("idempotency_key", key.to_owned()),
    ];
    cast.world.post("/oauth2/consume", &[cast.gateway.basic()], &form).await
}

#[tokio::test]
async fn a_person_limits_what_a_scope_stands_for_and_the_limit_holds_at_once() {
    let cast = Cast::with("none").await;
    apply(&cast.world, OPEN).await;
    let held = cast.tokens(None).await;
    assert_eq!(reads(&cast, &held.access, "before").await.status, 200);
    let mut alice = cast.browser.clone();
    let (_, page) = page_of(&cast, &mut alice).await;
    assert!(says(&page, "may read_things: anything, without limits"), "{page:?}");
    let done = takes(&cast, &mut alice, &[("day-0", "1")]).await;
    let page = alice.follow(&cast.world, done).await;
    assert!(says(&page, "may read_things: at most 1 a day"), "{page:?}");
    assert_eq!(reads(&cast, &held.access, "first").await.status, 200);
    let second = reads(&cast, &held.access, "second").await;
    refused(&second, 403, "limit_exceeded", "once a day");

    let more = takes(&cast, &mut alice, &[("day-0", "2")]).await;
    assert!(
        more.answer.status == 400 && says(&more, "Nothing was changed"),
        "{more:?}"
    );
    let unreadable = takes(&cast, &mut alice, &[("day-0", "often")]).await;
    assert!(
        unreadable.answer.status == 400 && says(&unreadable, "Nothing was changed"),
        "{unreadable:?}"
    );
    let money = takes(
        &cast,
        &mut alice,
        &[("amount-0-", "20.00"), ("currency-0", "eur"), ("all-0", "7")],
    )
    .await;
    let page = alice.follow(&cast.world, money).await;
    assert!(says(&page, "at most 20.00 EUR a day, at most 7 in all"), "{page:?}");
    cast.world.end().await;
}
