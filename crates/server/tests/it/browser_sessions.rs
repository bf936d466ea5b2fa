//! Whose browser it is: cookies, their life, and what begins in one browser ends in it (S-08; S-36, S-37 for sessions).

use serde_json::json;
use testkit::{Browser, PageForm, World};

use crate::front::{Front, code, forged, grants, is_signed_in, problem, session_cookie};

/// The attributes of the cookies that an answer sets, by name.
fn set_cookies(headers: &[(String, String)]) -> Vec<(String, Vec<String>)> {
    let lines = headers.iter().filter(|(name, _)| name == "set-cookie");
    lines
        .map(|(_, line)| {
            let mut parts = line.split("; ");
            let name = parts.next().unwrap().split('=').next().unwrap().to_owned();
            (name, parts.map(str::to_owned).collect())
        })
        .collect()
}

#[tokio::test]
async fn s_08_cookies_are_out_of_reach_of_scripts_other_sites_and_other_hosts() {
    let world = World::new().await;
    let by_origin = world.tenant_by_origin("globex", "https://auth.globex.example").await;
    let by_path = world.tenant_by_path("acme").await;
    for (tenant, prefix, suffix, secure) in [
        (world.root_tenant().await, "", "", false),
        (by_path, "", "-acme", false),
        (by_origin, "__Host-", "-globex", true),
    ] {
        let body = json!({ "login": "alice@demo.test", "password": "four words make a sentence" });
        tenant.admin(&world, "POST", "/admin/v1/users", Some(&body)).await;
        let mut browser = Browser::at(&tenant);
        let page = browser.get(&world, "/sign-in?lang=de").await;
        let mut set = set_cookies(&page.answer.headers);
        let changes = [("login", "alice@demo.test"), ("password", "four words make a sentence")];
        let page = browser.submit(&world, &page, "sign-in", &changes).await;
        assert_eq!(page.answer.status, 303, "{page:?}");
        set.extend(set_cookies(&page.answer.headers));
        let names: Vec<&str> = set.iter().map(|(name, _)| name.as_str()).collect();
        let name = |what: &str| format!("{prefix}prokura-{what}{suffix}");
        assert_eq!(names, [name("browser"), name("language"), name("session")]);
        for (name, attributes) in &set {
            let has = |attribute: &str| attributes.iter().any(|known| known == attribute);
            assert!(
                has("HttpOnly") && has("SameSite=Lax") && has("Path=/"),
                "{name}: {attributes:?}"
            );
            assert_eq!(has("Secure"), secure, "{name}: {attributes:?}");
            assert!(
                !attributes.iter().any(|known| known.starts_with("Domain")),
                "{name}: {attributes:?}"
            );
        }
        let (_, value) = session_cookie(&browser).unwrap();
        assert_eq!(value.len(), 43, "256 bits");
    }
}

#[tokio::test]
async fn s_08_no_cookie_that_was_there_before_is_a_session_afterwards() {
    let front = Front::new().await;
    for planted in ["x".repeat(43), "planted".to_owned(), String::new()] {
        let mut victim = Browser::new(&front.world);
        let page = victim.visit(&front.world, "/sign-in").await;
        victim.cookies.insert("prokura-session".to_owned(), planted.clone());
        assert!(!is_signed_in(&front.world, &mut victim).await, "{planted}");
        let before = victim.clone();
        let page = victim
            .sign_in(&front.world, &page, &front.alice.login, &front.alice.password)
            .await;
        assert_eq!(page.answer.status, 200, "{page:?}");
        let (_, value) = session_cookie(&victim).unwrap();
        assert_ne!(value, planted, "the session has a name of its own");

        // Whoever planted it, or kept the cookies of before, has nothing.
        let mut planter = Browser::new(&front.world);
        planter.cookies = [("prokura-session".to_owned(), planted)].into();
        for mut attacker in [before, planter] {
            assert!(!is_signed_in(&front.world, &mut attacker).await, "{attacker:?}");
        }
        assert!(is_signed_in(&front.world, &mut victim).await);
    }
}

#[tokio::test]
async fn s_08_each_sign_in_is_a_session_of_its_own_and_the_one_before_ends() {
    let front = Front::new().await;
    let bob = front.world.person("bob@demo.test").await;
    // Again as the same person, and as another one: with the roles swapped, too.
    for (first, second) in [(&front.alice, &front.alice), (&front.alice, &bob), (&bob, &front.alice)] {
        let mut browser = front.world.signed_in(first).await;
        let mut copy = browser.clone();
        let (_, before) = session_cookie(&browser).unwrap();
        let page = browser
            .get(
                &front.world,
                &format!("/sign-in?request={}", sealed(&front, &mut browser.clone()).await),
            )
            .await;
        let page = browser
            .submit(
                &front.world,
                &page,
                "sign-in",
                &[("login", &second.login), ("password", &second.password)],
            )
            .await;
        assert_eq!(page.answer.status, 303, "{page:?}");
        assert_ne!(session_cookie(&browser).unwrap().1, before);
        assert!(
            !is_signed_in(&front.world, &mut copy).await,
            "the old cookie is worth nothing"
        );
        let page = browser.get(&front.world, "/account").await;
        assert!(page.answer.text.contains(&second.login), "{page:?}");
    }
}

/// A sealed request of this browser.
async fn sealed(front: &Front, browser: &mut Browser) -> String {
    let page = front.consent_page(browser, &front.asking("read")).await;
    let form = page.form("consent");
    let found = form.fields.iter().find(|(name, _)| name == "request");
    found.unwrap().1.clone()
}

#[tokio::test]
async fn s_08_a_step_up_is_a_new_session() {
    let front = Front::new().await;
    let mut browser = front.browser().await;
    let mut copy = browser.clone();
    front.world.advance(60);
    let asking = front.asking("read").with("prompt", Some("login"));
    let page = browser.visit(&front.world, &asking.path()).await;
    assert!(
        page.has_form("sign-in"),
        "somebody is signed in, and must prove it again: {page:?}"
    );
    let page = browser
        .sign_in(&front.world, &page, &front.alice.login, &front.alice.password)
        .await;
    assert_ne!(session_cookie(&browser), session_cookie(&copy));
    assert!(!is_signed_in(&front.world, &mut copy).await);
    let page = front.answer(&mut browser, &page, &[("decision", "allow")]).await;
    code(&page);
}

#[tokio::test]
async fn s_08_who_answers_has_signed_in_for_this_request() {
    let front = Front::new().await;
    let mut browser = front.browser().await;
    let asking = front.asking("read").with("prompt", Some("login"));
    front.world.advance(60);
    let page = browser.visit(&front.world, &asking.path()).await;
    let form = page.form("sign-in");
    let request = form
        .fields
        .iter()
        .find(|(name, _)| name == "request")
        .unwrap()
        .1
        .clone();
    // Past the sign-in page, with the session of before.
    let page = browser.get(&front.world, &format!("/consent?request={request}")).await;
    assert!(
        page.location()
            .is_some_and(|location| location.starts_with("/sign-in?request=")),
        "{page:?}"
    );
    // The token of the sign-in page is for the same request and the same session: the form of the consent page can be made of it.
    let made = PageForm {
        action: "/consent".to_owned(),
        ..form
    };
    for decision in ["allow", "deny"] {
        let page = browser.post(&front.world, &made, &[("decision", decision)]).await;
        let location = page.location().unwrap_or_default();
        assert!(location.starts_with("/sign-in?request="), "{decision}: {page:?}");
    }
    assert_eq!(grants(&front.world).await, 0);
}

#[tokio::test]
async fn s_37_a_session_that_was_signed_out_is_over_for_every_copy_of_its_cookie() {
    let front = Front::new().await;
    let mut browser = front.browser().await;
    let mut copy = browser.clone();
    let second = front.world.second_node().await;
    assert!(is_signed_in(&second, &mut copy).await);
    let page = browser.get(&front.world, "/account").await;
    let page = browser.submit(&front.world, &page, "sign-out", &[]).await;
    assert_eq!((page.answer.status, page.location()), (303, Some("/sign-out")));
    assert!(session_cookie(&browser).is_none(), "the cookie is taken away");
    for world in [&front.world, &second] {
        assert!(!is_signed_in(world, &mut copy).await);
        assert!(!is_signed_in(world, &mut browser).await);
    }
    assert_eq!(front.world.events("user.signed_out").await, 1);
    second.end().await;

    // Also after a restart, and however often it is tried.
    let world = front.world.restart().await;
    assert!(!is_signed_in(&world, &mut copy).await);
}

#[tokio::test]
async fn s_36_a_session_ends_with_its_time_its_person_or_an_administrator() {
    let front = Front::new().await;
    let world = &front.world;

    let mut idle = front.browser().await;
    world.advance(24 * 3_600 - 1);
    assert!(is_signed_in(world, &mut idle).await, "used within a day");
    world.flush().await;
    world.advance(24 * 3_600);
    assert!(!is_signed_in(world, &mut idle).await, "not used for a day");

    let mut busy = front.browser().await;
    for _ in 0..27 {
        world.advance(12 * 3_600);
        assert!(is_signed_in(world, &mut busy).await);
        world.flush().await;
    }
    world.advance(12 * 3_600);
    assert!(
        !is_signed_in(world, &mut busy).await,
        "however busy, after two weeks it is over"
    );

    let mut ended = front.browser().await;
    let path = format!("/admin/v1/users/{}/sign-out", front.alice.id);
    assert_eq!(world.admin("POST", &path, None).await.status, 200);
    assert!(!is_signed_in(world, &mut ended).await, "an administrator ended it");

    let mut disabled = front.browser().await;
    let path = format!("/admin/v1/users/{}", front.alice.id);
    front.admin("PATCH", &path, &json!({ "disabled": true })).await;
    assert!(!is_signed_in(world, &mut disabled).await, "the person is disabled");
    front.admin("PATCH", &path, &json!({ "disabled": false })).await;
    assert!(
        !is_signed_in(world, &mut disabled).await,
        "and signs in anew when they are not any more"
    );
}

#[tokio::test]
async fn s_08_a_consent_is_finished_in_the_browser_where_it_began() {
    let front = Front::new().await;
    let bob = front.world.person("bob@demo.test").await;
    for (first, second) in [(&front.alice, &front.alice), (&front.alice, &bob), (&bob, &front.alice)] {
        let mut one = front.world.signed_in(first).await;
        let mut other = front.world.signed_in(second).await;
        let started = one.get(&front.world, &front.asking("read").path()).await;
        let captured = started.location().unwrap().to_owned();
        assert!(captured.starts_with("/consent?request="), "{captured}");
        let page = other.get(&front.world, &captured).await;
        problem(&page, 400, "invalid_request", "captured");
        let page = Browser::new(&front.world).get(&front.world, &captured).await;
        problem(&page, 400, "invalid_request", "captured, without cookies");
        // With the cookie that names the first browser it is the first browser, but nobody has signed in there.
        let mut half = Browser::new(&front.world);
        half.cookies = one.cookies.clone();
        half.cookies.retain(|name, _| name.contains("browser"));
        let page = half.get(&front.world, &captured).await;
        assert!(
            page.location().is_some_and(|location| location.starts_with("/sign-in")),
            "{page:?}"
        );
        assert_eq!(grants(&front.world).await, 0);
    }
}

#[tokio::test]
async fn s_08_two_people_in_one_browser_do_not_answer_for_each_other() {
    let front = Front::new().await;
    let bob = front.world.person("bob@demo.test").await;
    for (first, second) in [(&front.alice, &bob), (&bob, &front.alice)] {
        let mut browser = front.world.signed_in(first).await;
        let page = front.consent_page(&mut browser, &front.asking("read")).await;
        // In another tab somebody else signs in.
        let other = browser
            .get(
                &front.world,
                &format!("/sign-in?request={}", sealed(&front, &mut browser.clone()).await),
            )
            .await;
        browser
            .sign_in(&front.world, &other, &second.login, &second.password)
            .await;
        for decision in ["allow", "deny"] {
            let answer = front.answer(&mut browser, &page, &[("decision", decision)]).await;
            forged(&answer, "the page was made for somebody else");
        }
        assert_eq!(grants(&front.world).await, 0);
    }
}

#[tokio::test]
async fn s_08_a_cookie_that_stands_twice_is_no_cookie() {
    let front = Front::new().await;
    let mut browser = front.browser().await;
    let (name, value) = session_cookie(&browser).unwrap();
    let named = browser.cookies["prokura-browser"].clone();
    for (cookies, signed_in) in [
        (vec![format!("{name}={value}")], true),
        (vec![format!("{name}={value}; {name}={value}")], false),
        (vec![format!("{name}={value}; {name}=planted")], false),
        (vec![format!("{name}=planted; {name}={value}")], false),
        (vec![format!("{name}={value}"), format!("{name}=planted")], false),
        (vec![format!("{name}={value}"), format!("{name}-acme=planted")], true),
        (vec![format!("x{name}=planted; {name}={value}")], true),
    ] {
        let headers: Vec<(&str, String)> = cookies.iter().map(|line| ("cookie", line.clone())).collect();
        let page = Browser::new(&front.world)
            .send(&front.world, "GET", "/agents", &headers, None)
            .await;
        let expected = if signed_in { 200 } else { 303 };
        assert_eq!(page.answer.status, expected, "{cookies:?}");
    }
    // The name of the browser likewise: whoever plants a second one makes nothing work.
    let page = front.consent_page(&mut browser, &front.asking("read")).await;
    browser.cookies.remove("prokura-browser");
    browser.cookies.insert(
        "prokura-browser".to_owned(),
        format!("{named}; prokura-browser={}", "x".repeat(43)),
    );
    let answer = front.answer(&mut browser, &page, &[("decision", "allow")]).await;
    problem(&answer, 400, "invalid_request", "two names");
    assert_eq!(grants(&front.world).await, 0);
}

#[tokio::test]
async fn s_35_the_cookie_of_another_tenant_is_none() {
    let front = Front::new().await;
    let acme = front.world.tenant_by_path("acme").await;
    let body = json!({ "login": front.alice.login, "password": front.alice.password });
    acme.admin(&front.world, "POST", "/admin/v1/users", Some(&body)).await;
    let mut here = front.browser().await;
    let mut there = Browser::at(&acme);
    let page = there.visit(&front.world, "/sign-in").await;
    there
        .sign_in(&front.world, &page, &front.alice.login, &front.alice.password)
        .await;
    assert!(is_signed_in(&front.world, &mut there).await);

    let (name_here, value_here) = session_cookie(&here).unwrap();
    let (name_at_acme, value_at_acme) = session_cookie(&there).unwrap();
    assert_eq!(
        (name_here.as_str(), name_at_acme.as_str()),
        ("prokura-session", "prokura-session-acme")
    );
    // Each under its own name, and under the other's.
    let mut wrong = Browser::at(&acme);
    wrong.cookies = [
        (name_here.clone(), value_here.clone()),
        (name_at_acme.clone(), value_here.clone()),
    ]
    .into();
    assert!(!is_signed_in(&front.world, &mut wrong).await);
    let mut wrong = Browser::new(&front.world);
    wrong.cookies = [(name_here, value_at_acme.clone()), (name_at_acme, value_at_acme)].into();
    assert!(!is_signed_in(&front.world, &mut wrong).await);

    // Signing out of one is not signing out of the other.
    let page = here.get(&front.world, "/account").await;
    here.submit(&front.world, &page, "sign-out", &[]).await;
    assert!(is_signed_in(&front.world, &mut there).await);
}
