//! Who is there, since when, and how surely (OpenID Connect Core s3.1.2.1, s3.1.2.6).

use serde_json::Value;
use testkit::{Browser, Page};

use super::super::{Bench, request};
use crate::front::refused_at;

/// A page as it stands: what comes back when the same browser asks again without anybody touching it.
fn answered_at_once(page: &Page, what: &str) {
    assert!(page.parameter("code").is_some(), "{what}: nobody is asked: {page:?}");
}

#[tokio::test]
async fn prompt_login_and_max_age_1_ask_who_is_there_again() {
    let bench = Bench::new().await;
    for (module, name, value) in [
        ("oidcc-prompt-login", "prompt", "login"),
        ("oidcc-max-age-1", "max_age", "1"),
    ] {
        let app = bench.app("client_secret_basic").await;
        let mut browser = Browser::new(&bench.world);
        let (_, first) = bench.flow_in(&mut browser, &app, &request(&app)).await;
        bench.world.advance(2);
        let asking = request(&app).with(name, Some(value));
        let page = browser.visit(&bench.world, &asking.path()).await;
        assert!(
            page.has_form("sign-in"),
            "{name}: the person must sign in again: {page:?}"
        );
        let (_, second) = bench.flow_in(&mut browser, &app, &asking).await;
        let time = |claims: &Value| claims["auth_time"].as_i64().unwrap();
        assert!(time(&second) > time(&first), "{name}: {first} {second}");
        assert_eq!(first["sub"], second["sub"]);
        bench.world.shows(&[module]);
    }
}

#[tokio::test]
async fn prompt_none_asks_nobody() {
    let bench = Bench::new().await;
    let app = bench.app("client_secret_basic").await;
    let silent = || request(&app).with("prompt", Some("none"));
    // Nobody is signed in: one of the errors of s3.1.2.6, and the state as it was.
    let asking = silent().with("state", Some(&"s".repeat(128)));
    let page = Browser::new(&bench.world).visit(&bench.world, &asking.path()).await;
    refused_at(&page, &asking, "login_required", "s3.1.2.6");
    bench.world.shows(&["oidcc-prompt-none-not-logged-in"]);

    let mut browser = Browser::new(&bench.world);
    let (_, first) = bench.flow_in(&mut browser, &app, &request(&app)).await;
    bench.world.advance(5);
    let asking = silent();
    let page = browser.visit(&bench.world, &asking.path()).await;
    answered_at_once(&page, "prompt=none");
    bench.answers(&page, &asking);
    let answer = bench.tokens(&app, &asking, &page).await;
    let second = bench.id_token(&app, &asking, &answer).await;
    assert_eq!(
        (&first["sub"], &first["auth_time"]),
        (&second["sub"], &second["auth_time"]),
        "the same person, and the same sign-in"
    );
    bench.world.shows(&["oidcc-prompt-none-logged-in"]);
}

#[tokio::test]
async fn max_age_10000_is_met_by_a_sign_in_of_a_moment_ago() {
    let bench = Bench::new().await;
    let app = bench.app("client_secret_basic").await;
    let mut browser = Browser::new(&bench.world);
    let asking = request(&app).with("max_age", Some("15000"));
    let (_, first) = bench.flow_in(&mut browser, &app, &asking).await;
    bench.world.advance(1);
    let asking = request(&app).with("max_age", Some("10000"));
    let page = browser.visit(&bench.world, &asking.path()).await;
    answered_at_once(&page, "max_age=10000");
    let answer = bench.tokens(&app, &asking, &page).await;
    let second = bench.id_token(&app, &asking, &answer).await;
    assert_eq!(
        (&first["sub"], &first["auth_time"]),
        (&second["sub"], &second["auth_time"])
    );
    bench.world.shows(&["oidcc-max-age-10000"]);
}

#[tokio::test]
async fn an_id_token_as_a_hint_says_who_must_be_there() {
    let bench = Bench::new().await;
    let app = bench.app("client_secret_basic").await;
    let mut browser = Browser::new(&bench.world);
    let (answer, first) = bench.flow_in(&mut browser, &app, &request(&app)).await;
    let asking = request(&app)
        .with("prompt", Some("none"))
        .with("id_token_hint", Some(answer.text_of("id_token")));
    let page = browser.visit(&bench.world, &asking.path()).await;
    answered_at_once(&page, "id_token_hint");
    let answer = bench.tokens(&app, &asking, &page).await;
    let second = bench.id_token(&app, &asking, &answer).await;
    assert_eq!(
        (&first["sub"], &first["auth_time"]),
        (&second["sub"], &second["auth_time"])
    );
    bench.world.shows(&["oidcc-id-token-hint"]);
    // Somebody else is there: s3.1.2.2, an error and never another person's token.
    let bob = bench.world.person("bob@demo.test").await;
    let mut browser = bench.world.signed_in(&bob).await;
    let page = browser.visit(&bench.world, &asking.path()).await;
    refused_at(&page, &asking, "login_required", "another person");
}

#[tokio::test]
async fn acr_values_are_answered_with_the_level_that_was_reached() {
    let bench = Bench::new().await;
    let app = bench.app("client_secret_basic").await;
    let offered = super::super::metadata(&bench.world).await["acr_values_supported"].clone();
    let offered: Vec<&str> = offered.as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let asking = request(&app).with("acr_values", Some(&offered.join(" ")));
    let (_, claims) = bench.flow(&app, &asking).await;
    assert!(
        offered.contains(&claims["acr"].as_str().unwrap()),
        "{offered:?}: {claims}"
    );
    bench.world.shows(&["oidcc-ensure-request-with-acr-values-succeeds"]);
}
