//! Passkeys through the real forms, with an authenticator in software: good ceremonies, and every ceremony that is not this one (WebAuthn s7.1, s7.2).

use std::collections::BTreeMap;

use futures_util::future::join_all;
use proof::base64url;
use serde_json::{Value, json};
use testkit::{Browser, Page, PageForm, Person, World};

use crate::{
    authenticator::{Alg, Assertion, Authenticator, b64},
    people::{Cast, RACERS},
};

/// A page that asks for a passkey: its form, and what the browser is asked for.
pub(crate) struct Asked {
    pub(crate) form: PageForm,
    pub(crate) challenge: Vec<u8>,
    pub(crate) rp_id: String,
    pub(crate) options: Value,
}

pub(crate) fn asked(page: &Page, form: &str) -> Asked {
    let text = page.answer.text.split(&format!("id=\"{form}\"")).nth(1).unwrap();
    let options = text.split("data-options=\"").nth(1).unwrap().split('"').next().unwrap();
    let options = options
        .replace("&quot;", "\"")
        .replace("&#34;", "\"")
        .replace("&amp;", "&");
    let options: Value = serde_json::from_str(&options).unwrap();
    let rp_id = options["rpId"].as_str().or(options["rp"]["id"].as_str()).unwrap();
    Asked {
        form: page.form(form),
        challenge: base64url::decode(options["challenge"].as_str().unwrap()).unwrap(),
        rp_id: rp_id.to_owned(),
        options,
    }
}

/// The account page of a browser, and what it asks for.
pub(crate) async fn account(world: &World, browser: &mut Browser) -> Asked {
    let page = browser.visit(world, "/account").await;
    assert_eq!(page.answer.status, 200, "{page:?}");
    asked(&page, "add-passkey")
}

/// Registers this authenticator for whoever is signed in.
pub(crate) async fn register(world: &World, browser: &Browser, key: &Authenticator, name: &str) -> Page {
    let mut browser = browser.clone();
    let asked = account(world, &mut browser).await;
    let credential = key.register(&asked.challenge, &world.issuer, &asked.rp_id);
    browser
        .post(world, &asked.form, &[("credential", &credential), ("name", name)])
        .await
}

/// A fresh browser before the sign-in page.
pub(crate) async fn at_the_door(world: &World) -> (Browser, Asked) {
    let mut browser = Browser::new(world);
    let page = browser.visit(world, "/sign-in").await;
    (browser, asked(&page, "passkey"))
}

/// What the authenticator says when it is asked well, with this counter.
pub(crate) fn good(world: &World, key: &Authenticator, person: &Person, asked: &Asked, counter: u32) -> Assertion {
    let mut assertion = key.assertion(&asked.challenge, &world.issuer, &asked.rp_id);
    assertion.user_handle = Some(person.id.as_bytes().to_vec());
    assertion.data.counter = counter;
    assertion
}

/// Signs in at a door.
pub(crate) async fn show(world: &World, browser: &mut Browser, asked: &Asked, credential: &str) -> Page {
    browser.post(world, &asked.form, &[("credential", credential)]).await
}

/// Signs in with this counter, in a fresh browser.
pub(crate) async fn sign_in(world: &World, key: &Authenticator, person: &Person, counter: u32) -> Page {
    let (mut browser, asked) = at_the_door(world).await;
    let credential = good(world, key, person, &asked, counter).json(key);
    show(world, &mut browser, &asked, &credential).await
}

pub(crate) fn is_in(page: &Page) -> bool {
    page.location() == Some("/agents") && page.answer.headers.iter().any(|(_, value)| value.contains("session="))
}

/// The sign-in page again, and nobody is in.
pub(crate) fn is_out(page: &Page, status: u16, what: &str) {
    assert_eq!(page.answer.status, status, "{what}: {page:?}");
    assert!(page.has_form("passkey"), "{what}");
    assert!(
        !page.answer.headers.iter().any(|(_, value)| value.contains("session=")),
        "{what}"
    );
}

pub(crate) async fn passkeys(world: &World, person: &Person) -> Vec<kernel::credential::Passkey> {
    let id = kernel::UserId::parse(&person.id).unwrap();
    world.app.default_tenant().unwrap().passkeys(&id).await.unwrap()
}

#[tokio::test]
async fn passkeys_of_every_algorithm_are_registered_and_sign_in() {
    let cast = Cast::with("none").await;
    for alg in Alg::ALL {
        let key = Authenticator::new(alg);
        let page = register(&cast.world, &cast.browser, &key, "Laptop").await;
        assert_eq!(page.location(), Some("/account?passkey-added"), "{alg:?}: {page:?}");
        for counter in [0, 0, 1, 7] {
            let page = sign_in(&cast.world, &key, &cast.alice, counter).await;
            assert!(is_in(&page), "{alg:?} {counter}: {page:?}");
        }
    }
    assert_eq!(passkeys(&cast.world, &cast.alice).await.len(), 3);
    let mut browser = cast.browser.clone();
    let asked = account(&cast.world, &mut browser).await;
    assert_eq!(
        asked.options["excludeCredentials"].as_array().unwrap().len(),
        3,
        "each device once"
    );
    assert_eq!(asked.options["user"]["id"], b64(cast.alice.id.as_bytes()));
    assert_eq!(asked.options["attestation"], "none");

    // In the middle of an authorization: the request goes on, and ends with a code.
    let key = Authenticator::new(Alg::Es256);
    register(&cast.world, &cast.browser, &key, "Phone").await;
    let asking = cast.asking();
    let mut browser = Browser::new(&cast.world);
    let page = browser.visit(&cast.world, &asking.path()).await;
    let asked = self::asked(&page, "passkey");
    let credential = good(&cast.world, &key, &cast.alice, &asked, 1).json(&key);
    let page = show(&cast.world, &mut browser, &asked, &credential).await;
    let page = browser.follow(&cast.world, page).await;
    let page = browser
        .submit(&cast.world, &page, "consent", &[("decision", "allow")])
        .await;
    let answer = cast
        .world
        .redeem(&cast.app, &asking, &page.parameter("code").unwrap(), &[])
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test]
async fn s_08_a_ceremony_is_good_once_on_every_node_and_after_a_restart() {
    let cast = Cast::with("none").await;
    let key = Authenticator::new(Alg::Es256);
    register(&cast.world, &cast.browser, &key, "Laptop").await;
    let (browser, asked) = at_the_door(&cast.world).await;
    let first = good(&cast.world, &key, &cast.alice, &asked, 1).json(&key);
    let second = good(&cast.world, &key, &cast.alice, &asked, 2).json(&key);
    assert!(is_in(&show(&cast.world, &mut browser.clone(), &asked, &first).await));
    let other = cast.world.second_node().await;
    for node in [&cast.world, &other] {
        is_out(
            &show(node, &mut browser.clone(), &asked, &first).await,
            403,
            "the same response",
        );
        is_out(
            &show(node, &mut browser.clone(), &asked, &second).await,
            400,
            "another response to the same challenge",
        );
    }
    other.end().await;
    let cast = cast.restart().await;
    is_out(
        &show(&cast.world, &mut browser.clone(), &asked, &second).await,
        400,
        "after a restart",
    );
    assert!(is_in(&sign_in(&cast.world, &key, &cast.alice, 3).await), "a fresh one");

    // A registration, too.
    let mut browser = cast.browser.clone();
    let asked = account(&cast.world, &mut browser).await;
    for (n, expected) in [(0, 303), (1, 400)] {
        let key = Authenticator::new(Alg::Es256);
        let credential = key.register(&asked.challenge, &cast.world.issuer, &asked.rp_id);
        let page = browser
            .post(&cast.world, &asked.form, &[("credential", &credential)])
            .await;
        assert_eq!(page.answer.status, expected, "{n}: {page:?}");
    }
    assert_eq!(passkeys(&cast.world, &cast.alice).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_racers_with_one_ceremony_one_is_in() {
    let cast = Cast::with("none").await;
    let second = cast.world.second_node().await;
    let nodes = [&cast.world, &second];
    for counted in [false, true] {
        let key = Authenticator::new(Alg::Es256);
        register(&cast.world, &cast.browser, &key, "Laptop").await;
        let (browser, asked) = at_the_door(&cast.world).await;
        let credential = good(&cast.world, &key, &cast.alice, &asked, u32::from(counted)).json(&key);
        let mut browsers = vec![browser; RACERS];
        let racers = browsers.iter_mut().enumerate();
        let racers = racers.map(|(n, browser)| show(nodes[n % 2], browser, &asked, &credential));
        let pages = join_all(racers).await;
        let won = pages.iter().filter(|page| is_in(page)).count();
        let refused = pages
            .iter()
            .filter(|page| matches!(page.answer.status, 400 | 403))
            .count();
        assert_eq!((won, refused), (1, 63), "exact refusals, no 503");
    }
    second.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_racers_with_one_counter_one_is_in() {
    let cast = Cast::with("none").await;
    let second = cast.world.second_node().await;
    let nodes = [&cast.world, &second];
    let key = Authenticator::new(Alg::Es256);
    register(&cast.world, &cast.browser, &key, "Laptop").await;
    let mut doors = Vec::new();
    for n in 0..RACERS {
        let (browser, asked) = at_the_door(nodes[n % 2]).await;
        let credential = good(&cast.world, &key, &cast.alice, &asked, 5).json(&key);
        doors.push((nodes[n % 2], browser, asked, credential));
    }
    let racers = doors
        .iter_mut()
        .map(|(node, browser, asked, credential)| show(node, browser, asked, credential));
    let pages = join_all(racers).await;
    let mut tally = BTreeMap::new();
    for page in &pages {
        *tally.entry(page.answer.status).or_insert(0) += 1;
    }
    assert_eq!(
        tally,
        BTreeMap::from([(303, 1), (403, 63)]),
        "a copied authenticator is refused as one, not put off"
    );
    assert_eq!(passkeys(&cast.world, &cast.alice).await[0].counter, 5);
    second.end().await;
}

#[tokio::test]
async fn a_credential_has_one_owner() {
    let cast = Cast::with("none").await;
    let bob = cast.world.person("bob@demo.test").await;
    let his = cast.world.signed_in(&bob).await;
    let key = Authenticator::new(Alg::Es256);
    register(&cast.world, &cast.browser, &key, "Laptop").await;
    for (who, browser) in [("the same person", &cast.browser), ("another", &his)] {
        let page = register(&cast.world, browser, &key, "Once more").await;
        assert_eq!(page.answer.status, 400, "WebAuthn s7.1 step 26, {who}: {page:?}");
        assert!(page.has_form("add-passkey"), "{who}");
    }
    assert_eq!(passkeys(&cast.world, &bob).await, []);
    assert!(is_in(&sign_in(&cast.world, &key, &cast.alice, 1).await));
    is_out(&sign_in(&cast.world, &key, &bob, 2).await, 403, "as somebody else");
}

#[tokio::test]
async fn locks_are_changed_shortly_after_a_sign_in_and_by_their_owner() {
    let cast = Cast::with("none").await;
    let bob = cast.world.person("bob@demo.test").await;
    let his = cast.world.signed_in(&bob).await;
    let (key, spare) = (Authenticator::new(Alg::Es256), Authenticator::new(Alg::Es256));
    register(&cast.world, &cast.browser, &key, "Laptop").await;
    let id = passkeys(&cast.world, &cast.alice).await[0].id.as_str().to_owned();
    // Bob's form with alice's passkey in it.
    register(&cast.world, &his, &spare, "His").await;
    let mut browser = his.clone();
    let page = browser.visit(&cast.world, "/account").await;
    let form = page.find_form("name=\"passkey\"").unwrap();
    let page = browser.post(&cast.world, &form, &[("passkey", &id)]).await;
    assert_eq!(page.answer.status, 404, "{page:?}");
    assert_eq!(passkeys(&cast.world, &cast.alice).await.len(), 1);

    cast.world.advance(600);
    let mut browser = cast.browser.clone();
    let page = browser.visit(&cast.world, "/account").await;
    let form = page.find_form("name=\"passkey\"").unwrap();
    let page = browser.post(&cast.world, &form, &[]).await;
    assert_eq!(page.answer.status, 403, "ten minutes after the sign-in: {page:?}");
    let fresh = cast.world.signed_in(&cast.alice).await;
    let mut browser = fresh.clone();
    let page = browser.visit(&cast.world, "/account").await;
    let form = page.find_form("name=\"passkey\"").unwrap();
    let page = browser.post(&cast.world, &form, &[]).await;
    assert_eq!(page.location(), Some("/account?passkey-removed"));
    is_out(
        &sign_in(&cast.world, &key, &cast.alice, 1).await,
        403,
        "a passkey that was removed",
    );
    let page = browser.post(&cast.world, &form, &[]).await;
    assert_eq!(page.answer.status, 404, "removed before: {page:?}");
}

/// A person without a password, let in once by an administrator.
async fn without_password(world: &World) -> (Person, Browser) {
    let answer = world
        .admin("POST", "/admin/v1/users", Some(&json!({ "login": "carol@demo.test" })))
        .await;
    let id = answer.text_of("id").to_owned();
    let given = world
        .admin("POST", &format!("/admin/v1/users/{id}/recovery-code"), None)
        .await;
    let person = Person {
        id,
        login: "carol@demo.test".to_owned(),
        password: String::new(),
    };
    let mut browser = Browser::new(world);
    let page = browser.visit(world, "/sign-in/recovery").await;
    let fields = [
        ("login", person.login.as_str()),
        ("code", given.text_of("recovery_code")),
    ];
    let page = browser.submit(world, &page, "recovery", &fields).await;
    assert_eq!(page.location(), Some("/account?recovered"), "{page:?}");
    (person, browser)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_way_in_stays_whoever_removes_at_once() {
    let world = World::new().await;
    let (carol, browser) = without_password(&world).await;
    for round in 0..4 {
        let had = passkeys(&world, &carol).await.len();
        for _ in had..2 {
            let page = register(&world, &browser, &Authenticator::new(Alg::Es256), "Key").await;
            assert_eq!(page.location(), Some("/account?passkey-added"), "{page:?}");
        }
        let ids: Vec<String> = passkeys(&world, &carol)
            .await
            .iter()
            .map(|key| key.id.as_str().to_owned())
            .collect();
        let page = browser.clone().visit(&world, "/account").await;
        let form = page.find_form("name=\"passkey\"").unwrap();
        let mut racers = vec![browser.clone(); 16];
        let removals = racers.iter_mut().enumerate().map(|(n, browser)| {
            let id = ids[n % 2].clone();
            let (world, form) = (&world, &form);
            async move { browser.post(world, form, &[("passkey", &id)]).await }
        });
        let pages = join_all(removals).await;
        let left = passkeys(&world, &carol).await;
        assert_eq!(left.len(), 1, "round {round}");
        let removed = pages.iter().filter(|page| page.answer.status == 303).count();
        assert!(removed >= 1, "round {round}");
        for page in pages.iter().filter(|page| page.answer.status != 303) {
            assert!(matches!(page.answer.status, 400 | 404), "round {round}: {page:?}");
        }
    }
    let form = browser
        .clone()
        .visit(&world, "/account")
        .await
        .find_form("name=\"passkey\"")
        .unwrap();
    let page = browser.clone().post(&world, &form, &[]).await;
    assert_eq!(page.answer.status, 400, "the last one: {page:?}");
    assert_eq!(passkeys(&world, &carol).await.len(), 1);
}

#[tokio::test]
async fn passkeys_are_bounded_in_number_and_their_names_are_plain() {
    let cast = Cast::with("none").await;
    let name = format!("<img src=x>\u{202e}\u{7}x\"{}", "y".repeat(500));
    for _ in 0..kernel::credential::PASSKEYS_MAX {
        let page = register(&cast.world, &cast.browser, &Authenticator::new(Alg::Es256), &name).await;
        assert_eq!(page.answer.status, 303, "{page:?}");
    }
    let page = register(&cast.world, &cast.browser, &Authenticator::new(Alg::Es256), &name).await;
    assert_eq!(page.answer.status, 400, "one more: {page:?}");
    let known = passkeys(&cast.world, &cast.alice).await;
    assert_eq!(known.len(), kernel::credential::PASSKEYS_MAX);
    assert!(
        known
            .iter()
            .all(|key| key.name.chars().count() <= 60 && !key.name.chars().any(char::is_control))
    );
    let page = cast.browser.clone().visit(&cast.world, "/account").await;
    assert!(
        !page.answer.text.contains("<img") && !page.answer.text.contains('\u{202e}'),
        "nothing unescaped, nothing turned round"
    );
}
