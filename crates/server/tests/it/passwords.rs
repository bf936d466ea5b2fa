//! Passwords: hashing cannot be used against us (S-40), and nobody learns who has an account (S-41).

use std::collections::BTreeMap;

use futures_util::future::join_all;
use serde_json::json;
use server::Limits;
use testkit::{Browser, Client, Page, World};

use crate::{
    people::Cast,
    setup::{MCP, still_well},
};

/// A browser before the sign-in page.
async fn door(world: &World) -> (Browser, Page) {
    let mut browser = Browser::new(world);
    let page = browser.visit(world, "/sign-in").await;
    (browser, page)
}

/// Tries to sign in.
async fn try_in(world: &World, login: &str, password: &str) -> Page {
    let (mut browser, page) = door(world).await;
    let fields = [("login", login), ("password", password)];
    browser.submit(world, &page, "sign-in", &fields).await
}

fn is_in(page: &Page) -> bool {
    page.location() == Some("/agents")
}

/// What a person sees of a page, apart from what is different each time.
fn seen(page: &Page) -> (u16, String) {
    let mut pieces = page.answer.text.split("value=\"");
    let mut seen = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        seen.push_str(piece.split_once('"').map_or("", |(_, rest)| rest));
    }
    let options = seen
        .split("data-options=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    let options = options.unwrap_or_default().to_owned();
    (page.answer.status, seen.replace(&options, ""))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_40_five_hundred_wrong_passwords_leave_tokens_alone() {
    let cast = Cast::with("none").await;
    let machine = Client::register(&cast.world, "client_secret_basic", "read", &[MCP]).await;
    let (browser, page) = door(&cast.world).await;
    let form = page.form("sign-in");
    let before = cast.world.app.password_work();
    let mut browsers = vec![browser; 500];
    let flood = browsers.iter_mut().enumerate().map(|(n, browser)| {
        let (world, form, login) = (&cast.world, &form, &cast.alice.login);
        async move {
            let password = format!("wrong, attempt {n}");
            browser
                .post(world, form, &[("login", login), ("password", &password)])
                .await
        }
    });
    let tokens = async {
        for _ in 0..50 {
            still_well(&cast.world, &machine).await;
        }
    };
    let (pages, ()) = tokio::join!(join_all(flood), tokens);
    let mut tally = BTreeMap::new();
    for page in &pages {
        *tally.entry(page.answer.status).or_insert(0_u64) += 1;
        if page.answer.status == 503 {
            assert_eq!(page.answer.header("retry-after"), Some("1"), "{page:?}");
            assert!(
                page.has_form("sign-in"),
                "whoever was put off may try again from where they are"
            );
        }
    }
    let known = [403, 503];
    assert!(tally.keys().all(|status| known.contains(status)), "{tally:?}");
    assert!(
        tally.get(&503).is_some_and(|shed| *shed > 250),
        "the queue is short: {tally:?}"
    );
    let hashes = cast.world.app.password_work().hashes - before.hashes;
    assert_eq!(Some(&hashes), tally.get(&403), "who was put off cost no hash");
    let right = try_in(&cast.world, &cast.alice.login, &cast.alice.password).await;
    assert!(is_in(&right), "and when it is over alice is let in: {right:?}");
}

#[tokio::test]
async fn s_40_a_password_of_any_length_is_cheap_to_refuse() {
    let cast = Cast::with("none").await;
    let before = cast.world.app.password_work();
    let (mut browser, page) = door(&cast.world).await;
    let megabyte = "x".repeat(1_000_000);
    let fields = [("login", cast.alice.login.as_str()), ("password", megabyte.as_str())];
    let page = browser.submit(&cast.world, &page, "sign-in", &fields).await;
    assert_eq!(page.answer.status, 413, "{}", page.answer.status);
    for long in [
        "x".repeat(257),
        "x".repeat(60_000),
        "\u{301}".repeat(9_000),
        format!("{}{}", cast.alice.password, "\u{301}".repeat(4_000)),
    ] {
        for login in [cast.alice.login.as_str(), "nobody@demo.test"] {
            let page = try_in(&cast.world, login, &long).await;
            assert_eq!(page.answer.status, 403, "{page:?}");
        }
    }
    assert_eq!(
        cast.world.app.password_work(),
        before,
        "none of that was hashed, for anybody"
    );
    // Nothing is cut off: the first 256 bytes of a long password are another password.
    let whole = "p".repeat(256);
    let set = json!({ "password": whole });
    let path = format!("/admin/v1/users/{}/password", cast.alice.id);
    assert_eq!(cast.world.admin("POST", &path, Some(&set)).await.status, 200);
    assert!(is_in(&try_in(&cast.world, &cast.alice.login, &whole).await));
    assert!(!is_in(&try_in(&cast.world, &cast.alice.login, &whole[..255]).await));
    assert!(!is_in(
        &try_in(&cast.world, &cast.alice.login, &format!("{whole}p")).await
    ));
}

#[tokio::test]
async fn s_41_who_has_an_account_is_told_neither_in_words_nor_in_work() {
    let cast = Cast::with("none").await;
    let mut disabled = cast.world.person("bob@demo.test").await;
    let path = format!("/admin/v1/users/{}", disabled.id);
    cast.world
        .admin("PATCH", &path, Some(&json!({ "disabled": true })))
        .await;
    let carol = json!({ "login": "carol@demo.test" });
    assert_eq!(
        cast.world.admin("POST", "/admin/v1/users", Some(&carol)).await.status,
        201
    );
    disabled.login.make_ascii_uppercase();
    let wrong = "a password that is wrong";
    let expected = seen(&try_in(&cast.world, &cast.alice.login, wrong).await);
    assert_eq!(expected.0, 403);
    for (what, login, password) in [
        ("unknown", "nobody@demo.test", wrong),
        ("no password set", "carol@demo.test", wrong),
        ("disabled, wrong password", disabled.login.as_str(), wrong),
        (
            "disabled, right password",
            disabled.login.as_str(),
            disabled.password.as_str(),
        ),
        ("no login at all", "", wrong),
        ("no login by its form", "a b\u{1}", wrong),
        ("a login of 300 bytes", &"l".repeat(300), wrong),
        (
            "somebody else's password",
            cast.alice.login.as_str(),
            disabled.password.as_str(),
        ),
    ] {
        let before = cast.world.app.password_work().hashes;
        let page = try_in(&cast.world, login, password).await;
        assert_eq!(seen(&page), expected, "{what}");
        assert_eq!(
            cast.world.app.password_work().hashes - before,
            1,
            "{what}: one hash, like everybody"
        );
    }
    // No password at all is nothing to check, whoever it is.
    let before = cast.world.app.password_work().hashes;
    for login in [cast.alice.login.as_str(), "nobody@demo.test"] {
        assert_eq!(seen(&try_in(&cast.world, login, "").await), expected);
    }
    assert_eq!(cast.world.app.password_work().hashes, before);
}

#[tokio::test]
async fn s_41_guessing_is_slowed_down_by_login_known_or_not_at_every_door() {
    let world = World::with_settings(|settings| {
        settings.limits = Limits {
            sign_ins_per_minute: None,
            registrations_per_minute: None,
            failures_per_login_per_minute: 3,
            ..settings.limits
        };
    })
    .await;
    let alice = world.person("alice@demo.test").await;
    let browser = world.signed_in(&alice).await;
    for login in ["nobody@demo.test", "ALICE@demo.test"] {
        for _ in 0..3 {
            assert_eq!(try_in(&world, login, "a wrong one").await.answer.status, 403);
        }
        let page = try_in(&world, login, "a wrong one").await;
        assert_eq!(page.answer.status, 429, "{page:?}");
        assert_eq!(
            page.answer.header("retry-after"),
            Some("20"),
            "three a minute: the next one in twenty seconds"
        );
    }
    let before = world.app.password_work();
    let page = try_in(&world, &alice.login, &alice.password).await;
    assert_eq!(page.answer.status, 429, "the right one too, or guessing would go on");
    assert_eq!(world.app.password_work(), before);
    world.advance(20);
    assert!(
        is_in(&try_in(&world, &alice.login, &alice.password).await),
        "one more after twenty seconds"
    );

    // Where the present password is asked for: the same, in a browser that was left open.
    world.advance(60);
    let mut browser = browser.clone();
    let guess = async |browser: &mut Browser, current: &str| {
        let page = browser.visit(&world, "/account").await;
        let fields = [("current", current), ("password", "entirely another one")];
        browser
            .submit(&world, &page, "change-password", &fields)
            .await
            .answer
            .status
    };
    for n in 0..3 {
        assert_eq!(guess(&mut browser, &format!("a guess, {n}")).await, 403);
    }
    assert_eq!(guess(&mut browser, "a guess, 3").await, 429);
    assert_eq!(guess(&mut browser, &alice.password).await, 429);
    world.advance(60);
    assert_eq!(guess(&mut browser, &alice.password).await, 303);
}

#[tokio::test]
async fn a_password_is_changed_by_who_knows_it_and_signed_in_lately() {
    let cast = Cast::with("none").await;
    let change = async |browser: &Browser, current: &str, new: &str| {
        let mut browser = browser.clone();
        let page = browser.visit(&cast.world, "/account").await;
        let fields = [("current", current), ("password", new)];
        browser.submit(&cast.world, &page, "change-password", &fields).await
    };
    let (right, new) = (cast.alice.password.as_str(), "entirely another one");
    for (what, current, password, status) in [
        ("wrong", "not her password", new, 403),
        ("none", "", new, 403),
        ("seven characters", right, "7 chars", 400),
        ("too long", right, &"x".repeat(257), 400),
        ("common", right, "password", 400),
        ("the login", right, "Alice@Demo.test", 400),
    ] {
        let page = change(&cast.browser, current, password).await;
        assert_eq!(page.answer.status, status, "{what}: {page:?}");
        assert!(page.has_form("change-password"), "{what}");
        assert!(!page.answer.text.contains(new), "{what}: what was typed is not shown");
    }
    let elsewhere = cast.world.signed_in(&cast.alice).await;
    cast.world.advance(600);
    assert_eq!(
        change(&cast.browser, right, new).await.answer.status,
        403,
        "ten minutes after the sign-in"
    );
    assert!(
        is_in(&try_in(&cast.world, &cast.alice.login, right).await),
        "it still stands"
    );
    let fresh = cast.world.signed_in(&cast.alice).await;
    assert_eq!(
        change(&fresh, right, new).await.location(),
        Some("/account?password-changed")
    );
    assert!(!is_in(&try_in(&cast.world, &cast.alice.login, right).await));
    assert!(is_in(&try_in(&cast.world, &cast.alice.login, new).await));
    for (browser, out) in [(&elsewhere, true), (&cast.browser, true), (&fresh, false)] {
        let location = browser
            .clone()
            .get(&cast.world, "/agents")
            .await
            .location()
            .map(str::to_owned);
        assert_eq!(location.is_some(), out, "who knew the old one is signed out");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_37_a_sign_in_under_way_does_not_outlive_the_password_it_was_made_with() {
    let cast = Cast::with("none").await;
    let second = cast.world.second_node().await;
    let mut password = cast.alice.password.clone();
    for round in 0..6 {
        let new = format!("the password of round {round}");
        let mut doors = Vec::new();
        for n in 0..8 {
            let node = [&cast.world, &second][n % 2];
            let (browser, page) = door(node).await;
            doors.push((node, browser, page));
        }
        let fields = [("login", cast.alice.login.as_str()), ("password", password.as_str())];
        let racers = doors
            .iter_mut()
            .map(|(node, browser, page)| browser.submit(node, page, "sign-in", &fields));
        let path = format!("/admin/v1/users/{}/password", cast.alice.id);
        let body = json!({ "password": new });
        let (changed, _) = tokio::join!(cast.world.admin("POST", &path, Some(&body)), join_all(racers));
        assert!(matches!(changed.status, 200 | 503), "{changed:?}");
        if changed.status == 200 {
            for (node, browser, _) in &mut doors {
                let page = browser.get(node, "/agents").await;
                assert_eq!(
                    page.location(),
                    Some("/sign-in"),
                    "round {round}: whoever knew the old one is out"
                );
            }
            password = new;
        }
    }
    assert_ne!(password, cast.alice.password, "at least one round changed it");
    second.end().await;
}
