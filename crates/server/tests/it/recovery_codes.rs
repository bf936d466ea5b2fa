//! Recovery codes: each signs in once, a new set ends the old one, and nobody learns which logins exist (S-14, S-41).

use std::collections::BTreeMap;

use futures_util::future::join_all;
use testkit::{Browser, Page, Person, World};

use crate::people::{Cast, RACERS};

/// Makes a set on the person's own page.
async fn make(world: &World, browser: &Browser) -> Vec<String> {
    let mut browser = browser.clone();
    let page = browser.visit(world, "/account").await;
    let page = browser.submit(world, &page, "make-codes", &[]).await;
    assert_eq!(page.answer.status, 200, "{page:?}");
    let list = page.answer.text.split("id=\"fresh-codes\"").nth(1).unwrap();
    let list = list.split("</ol>").next().unwrap();
    let codes: Vec<String> = list
        .split(|c: char| !c.is_ascii_uppercase() && !c.is_ascii_digit() && c != '-')
        .filter(|word| word.len() == 19)
        .map(str::to_owned)
        .collect();
    assert_eq!(codes.len(), 10, "{list}");
    codes
}

/// Signs in with a code in a fresh browser.
async fn try_code(world: &World, login: &str, code: &str) -> (Browser, Page) {
    let mut browser = Browser::new(world);
    let page = browser.visit(world, "/sign-in/recovery").await;
    let page = browser
        .submit(world, &page, "recovery", &[("login", login), ("code", code)])
        .await;
    (browser, page)
}

/// Signed in, and led to where a lasting way in can be added: the code is used up.
fn is_in(page: &Page) -> bool {
    page.location() == Some("/account?recovered")
}

/// The one page of every refusal.
fn refused(page: &Page, what: &str) {
    assert_eq!(page.answer.status, 403, "{what}: {page:?}");
    assert!(page.has_form("recovery"), "{what}");
    assert!(
        !page.answer.headers.iter().any(|(_, value)| value.contains("session=")),
        "{what}"
    );
}

/// What a person sees of a page, apart from what is different each time.
fn seen(page: &Page) -> String {
    let text = &page.answer.text;
    let mut seen = String::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once("value=\"") {
        seen.push_str(before);
        rest = after.split_once('"').map_or("", |(_, rest)| rest);
    }
    seen + rest
}

async fn left(world: &World, person: &Person) -> i64 {
    let id = kernel::UserId::parse(&person.id).unwrap();
    world
        .app
        .default_tenant()
        .unwrap()
        .recovery_codes_left(&id)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_recovery_code_signs_in_once_and_writes_it_down() {
    let cast = Cast::with("none").await;
    let codes = make(&cast.world, &cast.browser).await;
    assert_eq!(left(&cast.world, &cast.alice).await, 10);
    let login = &cast.alice.login.clone();
    let (mut browser, page) = try_code(&cast.world, login, &codes[0]).await;
    assert!(is_in(&page), "{page:?}");
    let page = browser.get(&cast.world, "/account?recovered").await;
    for said in ["The code that you used is used up", "add a passkey now"] {
        assert!(page.answer.text.contains(said), "{said}: {page:?}");
    }
    refused(&try_code(&cast.world, login, &codes[0]).await.1, "the second time");
    assert_eq!(left(&cast.world, &cast.alice).await, 9);
    let second = cast.world.second_node().await;
    refused(&try_code(&second, login, &codes[0]).await.1, "on another node");
    // As people write it down: small letters, no hyphens, O for 0 and I for 1.
    let sloppy = codes[1]
        .to_lowercase()
        .replace('-', " ")
        .replace('0', "o")
        .replace('1', "i");
    assert!(is_in(&try_code(&second, login, &sloppy).await.1));
    second.end().await;
    let cast = cast.restart().await;
    refused(&try_code(&cast.world, login, &codes[0]).await.1, "after a restart");
    refused(&try_code(&cast.world, login, &codes[1]).await.1, "nor the sloppy one");
    cast.world.advance(-3_600);
    refused(
        &try_code(&cast.world, login, &codes[1]).await.1,
        "nor when the clock went back",
    );
}

#[tokio::test]
async fn a_new_set_of_recovery_codes_ends_the_old_one() {
    let cast = Cast::with("none").await;
    let old = make(&cast.world, &cast.browser).await;
    let new = make(&cast.world, &cast.browser).await;
    assert!(old.iter().all(|code| !new.contains(code)));
    for code in &old {
        refused(&try_code(&cast.world, &cast.alice.login, code).await.1, code);
    }
    assert_eq!(left(&cast.world, &cast.alice).await, 10);
    assert!(is_in(&try_code(&cast.world, &cast.alice.login, &new[9]).await.1));
    // An administrator's code is a set of its own.
    let path = format!("/admin/v1/users/{}/recovery-code", cast.alice.id);
    let given = cast.world.admin("POST", &path, None).await;
    assert_eq!(given.status, 201, "{given:?}");
    refused(
        &try_code(&cast.world, &cast.alice.login, &new[0]).await.1,
        "a set that an administrator ended",
    );
    assert!(is_in(
        &try_code(&cast.world, &cast.alice.login, given.text_of("recovery_code"))
            .await
            .1
    ));
    assert_eq!(left(&cast.world, &cast.alice).await, 0);
}

#[tokio::test]
async fn s_41_a_wrong_code_an_unknown_login_and_a_disabled_person_are_one_refusal() {
    let cast = Cast::with("none").await;
    let codes = make(&cast.world, &cast.browser).await;
    let bob = cast.world.person("bob@demo.test").await;
    let wrong = try_code(&cast.world, &cast.alice.login, "AAAA-AAAA-AAAA-AAAA").await.1;
    refused(&wrong, "wrong");
    let cases = [
        ("somebody else's", bob.login.as_str(), codes[0].as_str()),
        ("nobody's", "nobody@demo.test", codes[0].as_str()),
        ("no login at all", "", codes[0].as_str()),
        ("no code", cast.alice.login.as_str(), ""),
        ("cut", cast.alice.login.as_str(), &codes[0][..18]),
        ("lengthened", cast.alice.login.as_str(), &format!("{}A", codes[0])),
        ("twice", cast.alice.login.as_str(), &format!("{0}{0}", codes[0])),
        (
            "its digest",
            cast.alice.login.as_str(),
            &proof::digest::sha256_b64(codes[0].as_bytes()),
        ),
        ("the password", cast.alice.login.as_str(), cast.alice.password.as_str()),
        ("long", cast.alice.login.as_str(), &"A".repeat(50_000)),
    ];
    for (what, login, code) in cases {
        let page = try_code(&cast.world, login, code).await.1;
        refused(&page, what);
        assert_eq!(seen(&page), seen(&wrong), "{what}");
    }
    let path = format!("/admin/v1/users/{}", cast.alice.id);
    let off = serde_json::json!({ "disabled": true });
    assert_eq!(cast.world.admin("PATCH", &path, Some(&off)).await.status, 200);
    let page = try_code(&cast.world, &cast.alice.login, &codes[0]).await.1;
    assert_eq!(seen(&page), seen(&wrong), "a good code of a disabled person");
    assert_eq!(
        left(&cast.world, &cast.alice).await,
        10,
        "and it is not used up by that"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_racers_with_one_recovery_code_one_is_in_and_the_others_hear_why_not() {
    let cast = Cast::with("none").await;
    let second = cast.world.second_node().await;
    let codes = make(&cast.world, &cast.browser).await;
    let nodes = [&cast.world, &second];
    for (round, code) in codes.iter().take(3).enumerate() {
        let mut doors = Vec::new();
        for n in 0..RACERS {
            let node = nodes[if round == 0 { 0 } else { n % 2 }];
            let mut browser = Browser::new(node);
            let page = browser.visit(node, "/sign-in/recovery").await;
            doors.push((node, browser, page));
        }
        let fields = [("login", cast.alice.login.as_str()), ("code", code.as_str())];
        let racers = doors
            .iter_mut()
            .map(|(node, browser, page)| browser.submit(node, page, "recovery", &fields));
        let pages = join_all(racers).await;
        let mut tally = BTreeMap::new();
        for page in &pages {
            *tally.entry(page.answer.status).or_insert(0) += 1;
        }
        assert_eq!(
            tally,
            BTreeMap::from([(303, 1), (403, 63)]),
            "round {round}: exact refusals, no 503"
        );
        pages
            .iter()
            .filter(|page| !is_in(page))
            .for_each(|page| refused(page, "a loser"));
    }
    assert_eq!(left(&cast.world, &cast.alice).await, 7);
    let in_all = 1 + 3; // alice's own browser, and one a round
    assert_eq!(cast.world.events("user.signed_in").await, in_all);
    second.end().await;
    assert_eq!(cast.world.app.store().streams_with_holes().await.unwrap(), 0);
}

#[tokio::test]
async fn codes_are_made_by_who_signed_in_lately_and_no_code_is_kept() {
    let cast = Cast::with("none").await;
    let codes = make(&cast.world, &cast.browser).await;
    if let Some(disk) = cast.world.database_bytes() {
        for code in &codes {
            let bare = code.replace('-', "");
            for text in [code.as_bytes(), bare.as_bytes()] {
                assert!(
                    !disk.windows(text.len()).any(|window| window == text),
                    "no code is on the disk"
                );
            }
        }
    }
    let mut browser = cast.browser.clone();
    let page = browser.visit(&cast.world, "/account").await;
    cast.world.advance(600);
    let page = browser.submit(&cast.world, &page, "make-codes", &[]).await;
    assert!(!page.answer.text.contains("fresh-codes"), "{page:?}");
    assert_eq!(page.answer.status, 403, "{page:?}");
    assert!(
        is_in(&try_code(&cast.world, &cast.alice.login, &codes[0]).await.1),
        "the old set stands"
    );
    // A guess with a session that was stolen makes nothing either: the form is refused without its token.
    let mut thief = Browser::new(&cast.world);
    thief.cookies.clone_from(&cast.browser.cookies);
    let forged = thief
        .send(
            &cast.world,
            "POST",
            "/account/recovery-codes",
            &[],
            Some("csrf=x".to_owned()),
        )
        .await;
    assert_eq!(forged.answer.status, 403);
}
