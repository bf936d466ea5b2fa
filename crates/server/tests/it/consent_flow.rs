//! What a person is asked, what their answer does, and how long it stands (product.md §3, §4; OpenID Connect Core s3.1.2, RFC 8252 s8.6).

use serde_json::json;
use testkit::{App, Asking, Browser, Page};

use crate::{
    front::{Front, LOOPBACK, WEB, boxes, code, grants, problem, redeemed, refused_at, says, session_cookie},
    setup::MCP,
};

#[tokio::test]
async fn a_person_is_asked_in_words_and_an_untouched_form_allows_all_of_it() {
    let front = Front::new().await;
    let mut alice = front.browser().await;
    let asking = front.asking("write read");
    let page = front.consent_page(&mut alice, &asking).await;
    for text in [
        "Atlas</bdi> wants to use",
        "Test resource",
        "Read things",
        "Change things",
        "app.example",
        "alice@demo.test",
        "180 days",
        "It asks you for the first time",
        "Registered by an administrator",
        MCP,
        WEB,
        front.app.client.id.as_str(),
    ] {
        assert!(says(&page, text), "{text}: {page:?}");
    }
    assert!(
        !says(&page, "any program here can pretend"),
        "it does not lead to this computer"
    );
    assert_eq!(boxes(&page), ["read", "write"]);
    assert!(!says(&page, "checked"), "no box is ticked");
    let deny = page.answer.text.find("id=\"deny\"").unwrap();
    assert!(deny < page.answer.text.find("id=\"allow\"").unwrap(), "no comes first");
    let page = front.answer(&mut alice, &page, &[("decision", "allow")]).await;
    assert_eq!(redeemed(&front, &front.app, &asking, &page).await.0, "read write");
    assert_eq!(front.world.events("authorization.given").await, 1);
}

#[tokio::test]
async fn what_a_person_leaves_out_is_not_given() {
    let front = Front::new().await;
    let mut alice = front.browser().await;
    let asking = front.asking("read write");
    let page = front.consent_page(&mut alice, &asking).await;
    let page = front
        .answer(&mut alice, &page, &[("without", "write"), ("decision", "allow")])
        .await;
    let (scope, refresh) = redeemed(&front, &front.app, &asking, &page).await;
    assert_eq!(scope, "read");
    let answer = front
        .world
        .refresh(&front.app, &refresh, &[("scope", "write".to_owned())], &[])
        .await;
    assert_eq!(
        (answer.status, answer.error()),
        (400, "invalid_scope"),
        "nor later: {answer:?}"
    );

    // Of our own endpoints likewise.
    let asking = Asking::new(&front.app, None, Some("profile email"));
    let page = front.consent_page(&mut alice, &asking).await;
    let changes = [("without", "email"), ("decision", "allow")];
    let page = front.answer(&mut alice, &page, &changes).await;
    assert_eq!(redeemed(&front, &front.app, &asking, &page).await.0, "profile");

    // To leave everything out is to say no.
    let asking = front.asking("read write").with("prompt", Some("consent"));
    let page = front.consent_page(&mut alice, &asking).await;
    let headers = [("origin", front.world.issuer.clone())];
    let form = page.form("consent");
    let mut body: Vec<String> = form
        .fields
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    body.extend(["without=read", "without=write", "decision=allow"].map(str::to_owned));
    let page = alice
        .send(&front.world, "POST", "/consent", &headers, Some(body.join("&")))
        .await;
    refused_at(&page, &asking, "access_denied", "a yes to nothing");
}

/// A resource where `write` brings `read` with it, and `admin` brings both.
const LAYERED: &str = "https://mcp.example.com/layered";

async fn layered(front: &Front) {
    let body = json!({
        "resource": LAYERED, "resource_name": "Layers", "scopes": { "read": "Read things", "write": "Change things", "admin": "Do everything" },
        "implied_scopes": { "write": ["read"], "admin": ["write"] },
    });
    front.admin("POST", "/admin/v1/resources", &body).await;
}

#[tokio::test]
async fn a_scope_brings_what_it_implies_and_does_not_come_without_it() {
    let front = Front::new().await;
    layered(&front).await;
    let mut alice = front.browser().await;
    for (asked, without, given) in [
        ("read", None, Some("read")),
        ("write", None, Some("read write")),
        ("admin", None, Some("admin read write")),
        ("admin", Some("admin"), Some("read write")),
        ("admin", Some("write"), Some("read")),
        ("write", Some("read"), None), // nothing is left
        ("read admin", Some("read"), None),
    ] {
        let asking = Asking::new(&front.app, Some(LAYERED), Some(asked)).with("prompt", Some("consent"));
        let page = front.consent_page(&mut alice, &asking).await;
        let mut changes = vec![("decision", "allow")];
        changes.extend(without.map(|without| ("without", without)));
        let page = front.answer(&mut alice, &page, &changes).await;
        match given {
            Some(given) => assert_eq!(
                redeemed(&front, &front.app, &asking, &page).await.0,
                given,
                "{asked} without {without:?}"
            ),
            None => refused_at(&page, &asking, "access_denied", asked),
        }
    }
}

#[tokio::test]
async fn what_nobody_knows_is_cut_and_nothing_asked_is_all_or_our_default() {
    let front = Front::new().await;
    let mut alice = front.browser().await;
    for (resource, scope, given) in [
        (Some(MCP), Some("read unheard-of offline_access"), "read"),
        (Some(MCP), None, "read write"),
        (None, None, "profile"),
        (None, Some("profile email openid"), "email openid profile"),
        (Some(MCP), Some("read openid email"), "openid read"), // the claims of a person are at our own endpoints; who it is, is asked everywhere
    ] {
        let asking = Asking::new(&front.app, resource, scope).with("prompt", Some("consent"));
        let page = front.consent_page(&mut alice, &asking).await;
        assert_eq!(boxes(&page).join(" "), given, "{scope:?}");
        let page = front.answer(&mut alice, &page, &[("decision", "allow")]).await;
        assert_eq!(redeemed(&front, &front.app, &asking, &page).await.0, given, "{scope:?}");
    }
}

#[tokio::test]
async fn a_no_is_an_answer_and_gives_nothing() {
    let front = Front::new().await;
    let mut alice = front.browser().await;
    let asking = front.asking("read");
    let page = front.consent_page(&mut alice, &asking).await;
    // Also with every box ticked or none, whatever else the form says.
    let denied = front
        .answer(&mut alice, &page, &[("decision", "deny"), ("without", "")])
        .await;
    refused_at(&denied, &asking, "access_denied", "no");
    assert_eq!(grants(&front.world).await, 0);
    assert_eq!(
        (
            front.world.events("authorization.denied").await,
            front.world.events("authorization.given").await
        ),
        (1, 0)
    );
    // An app that nobody registered hears it too: the person read its name and place.
    let id = front
        .self_registered(
            &json!({ "client_name": "Stranger", "redirect_uris": [WEB], "token_endpoint_auth_method": "none" }),
        )
        .await;
    let asking = Asking::of(&id, WEB, Some(MCP), Some("read"));
    let page = front.consent_page(&mut alice, &asking).await;
    let denied = front.answer(&mut alice, &page, &[("decision", "deny")]).await;
    refused_at(&denied, &asking, "access_denied", "no to a stranger");
}

#[tokio::test]
async fn a_request_is_answered_once_also_by_the_back_button_and_a_second_tab() {
    let front = Front::new().await;
    let mut alice = front.browser().await;
    let asking = front.asking("read");
    let page = front.consent_page(&mut alice, &asking).await;
    let here = page
        .form("consent")
        .fields
        .iter()
        .find(|(name, _)| name == "request")
        .unwrap()
        .1
        .clone();
    let path = format!("/consent?request={here}");
    let second = alice.get(&front.world, &path).await; // the same request in another tab: sealed anew
    let done = front.answer(&mut alice, &page, &[("decision", "allow")]).await;
    code(&done);
    for again in [&page, &second] {
        for decision in ["allow", "deny"] {
            let answer = front.answer(&mut alice, again, &[("decision", decision)]).await;
            problem(&answer, 400, "invalid_request", decision);
            assert!(says(&answer, "answered before"), "{answer:?}");
        }
    }
    let back = alice.get(&front.world, &path).await;
    problem(&back, 400, "invalid_request", "the back button");
    assert_eq!(
        (
            grants(&front.world).await,
            front.world.events("authorization.given").await
        ),
        (1, 1)
    );
    let world = front.world.restart().await;
    let answer = alice.submit(&world, &page, "consent", &[("decision", "allow")]).await;
    problem(&answer, 400, "invalid_request", "after a restart");
}

#[tokio::test]
async fn a_yes_stands_for_the_same_app_place_and_scope() {
    let front = Front::new().await;
    let other = "https://mcp.example.com/other";
    front.world.resource(other, &[]).await;
    let mut alice = front.browser().await;
    alice
        .agree(&front.world, &front.alice, &front.asking("read write"))
        .await;
    for scope in ["read", "write", "read write", "read unheard-of"] {
        let asking = front.asking(scope);
        let page = alice.get(&front.world, &asking.path()).await;
        redeemed(&front, &front.app, &asking, &page).await;
        let quiet = front.asking(scope).with("prompt", Some("none"));
        code(&alice.get(&front.world, &quiet.path()).await);
    }
    assert_eq!(
        grants(&front.world).await,
        1 + 4,
        "one yes, and what was redeemed below it"
    );
    // Another place, another app, another person, or being asked for it: a question.
    front
        .consent_page(&mut alice, &Asking::new(&front.app, Some(other), Some("read")))
        .await;
    front
        .consent_page(&mut alice, &Asking::new(&front.app, None, None))
        .await;
    let second = App::public(&front.world, WEB).await;
    front
        .consent_page(&mut alice, &Asking::new(&second, Some(MCP), Some("read")))
        .await;
    let asked = front.asking("read").with("prompt", Some("consent"));
    let page = front.consent_page(&mut alice, &asked).await;
    assert!(says(&page, "You allowed the same before"), "{page:?}");
    let bob = front.world.person("bob@demo.test").await;
    let mut of_bob = front.world.signed_in(&bob).await;
    front.consent_page(&mut of_bob, &front.asking("read")).await;
}

#[tokio::test]
async fn a_yes_ends_after_half_a_year() {
    let front = Front::new().await;
    let mut alice = front.browser().await;
    alice.agree(&front.world, &front.alice, &front.asking("read")).await;
    front.world.advance(180 * 86_400 - 1);
    let mut alice = front.browser().await;
    code(&alice.get(&front.world, &front.asking("read").path()).await);
    front.world.advance(1);
    let page = front.consent_page(&mut alice, &front.asking("read")).await;
    assert!(says(&page, "It asks you for the first time"), "{page:?}");
}

#[tokio::test]
async fn who_asks_for_more_is_answered_for_all_of_it() {
    let front = Front::new().await;
    let mut alice = front.browser().await;
    let first = front.asking("read");
    let page = alice.agree(&front.world, &front.alice, &first).await;
    let (_, refresh) = redeemed(&front, &front.app, &first, &page).await;

    // A resource demanded `write` (RFC 6750 s3.1 insufficient_scope): the app comes back with the union (MCP authorization, step-up).
    let asking = front.asking("read write");
    let quiet = asking.clone().with("prompt", Some("none"));
    refused_at(
        &alice.get(&front.world, &quiet.path()).await,
        &quiet,
        "consent_required",
        "more is a question",
    );
    let page = front.consent_page(&mut alice, &asking).await;
    assert!(
        says(&page, "It asks for something that you have not allowed it before"),
        "{page:?}"
    );
    assert_eq!(boxes(&page), ["read", "write"]);
    let page = front.answer(&mut alice, &page, &[("decision", "allow")]).await;
    assert_eq!(redeemed(&front, &front.app, &asking, &page).await.0, "read write");

    // What it had stays as it was: no wider, and alive.
    let answer = front.world.refresh(&front.app, &refresh, &[], &[]).await;
    assert_eq!((answer.status, answer.text_of("scope")), (200, "read"), "{answer:?}");
    code(&alice.get(&front.world, &front.asking("write").path()).await);
}

#[tokio::test]
async fn an_app_that_is_not_the_same_any_more_is_a_question_and_the_page_says_so() {
    let front = Front::new().await;
    let client = format!("/admin/v1/clients/{}", front.app.client.id);
    for change in [
        json!({ "redirect_uris": [WEB, "https://app.example/second"] }),
        json!({ "client_name": "Atlas Two" }),
    ] {
        let mut alice = front.browser().await;
        alice
            .agree(
                &front.world,
                &front.alice,
                &front.asking("read").with("prompt", Some("consent")),
            )
            .await;
        code(&alice.get(&front.world, &front.asking("read").path()).await);
        front.admin("PATCH", &client, &change).await;
        let quiet = front.asking("read").with("prompt", Some("none"));
        refused_at(
            &alice.get(&front.world, &quiet.path()).await,
            &quiet,
            "consent_required",
            &change.to_string(),
        );
        let page = front.consent_page(&mut alice, &front.asking("read")).await;
        assert!(
            says(&page, "Something is different from what you allowed"),
            "{change}: {page:?}"
        );
    }
}

#[tokio::test]
async fn a_program_on_this_computer_is_always_a_question() {
    // Any other program could have the same name and port (RFC 8252 s8.6).
    for place in [
        LOOPBACK,
        "http://[::1]:3456/callback",
        "http://localhost:3456/callback",
        "com.example.atlas:/callback",
    ] {
        let front = Front::answered_at(place).await;
        let mut alice = front.browser().await;
        for round in 0..2 {
            let page = front.consent_page(&mut alice, &front.asking("read")).await;
            assert!(says(&page, "any program here can pretend"), "{place}: {page:?}");
            assert_eq!(
                says(&page, "You allowed the same before"),
                round > 0,
                "{place}: {page:?}"
            );
            code(&front.answer(&mut alice, &page, &[("decision", "allow")]).await);
            let quiet = front.asking("read").with("prompt", Some("none"));
            refused_at(
                &alice.get(&front.world, &quiet.path()).await,
                &quiet,
                "consent_required",
                place,
            );
        }
        front.world.shows(&["AuthEndpoint/RequireUserConsent"]);
    }
}

#[tokio::test]
async fn an_app_may_demand_a_fresh_sign_in_and_gets_one() {
    let front = Front::new().await;
    let mut alice = front.browser().await;
    alice.agree(&front.world, &front.alice, &front.asking("read")).await;
    front.world.advance(60);
    for prompt in ["login", "select_account", "login consent"] {
        let asking = front.asking("read").with("prompt", Some(prompt));
        let before = session_cookie(&alice);
        let page = alice.visit(&front.world, &asking.path()).await;
        assert!(
            page.has_form("sign-in") && says(&page, "wants to be sure that it is you"),
            "{prompt}: {page:?}"
        );
        let page = alice
            .sign_in(&front.world, &page, &front.alice.login, &front.alice.password)
            .await;
        assert_ne!(session_cookie(&alice), before);
        if prompt.contains("consent") {
            assert!(page.has_form("consent"), "{page:?}");
        } else {
            code(&page); // the yes stands
        }
        front.world.advance(60);
    }
}

#[tokio::test]
async fn a_hint_fills_the_field_and_decides_nothing() {
    let front = Front::new().await;
    let bob = front.world.person("bob@demo.test").await;
    let mut browser = Browser::new(&front.world);
    let asking = front.asking("read").with("login_hint", Some("bob@demo.test"));
    let page = browser.visit(&front.world, &asking.path()).await;
    let form = page.form("sign-in");
    assert!(
        form.fields.contains(&("login".to_owned(), "bob@demo.test".to_owned())),
        "{form:?}"
    );
    let page = browser
        .sign_in(&front.world, &page, &front.alice.login, &front.alice.password)
        .await;
    assert!(says(&page, "alice@demo.test") && !says(&page, &bob.login), "{page:?}");
    // Somebody who is signed in stays who they are, and sees who that is.
    let mut alice = front.browser().await;
    let page = front.consent_page(&mut alice, &asking).await;
    assert!(says(&page, "alice@demo.test"), "{page:?}");
}

#[tokio::test]
async fn a_page_speaks_as_the_person_chose_then_as_the_app_asked_then_as_the_browser_does() {
    let front = Front::new().await;
    let german = |page: &Page| says(page, "<html lang=\"de\"");
    let header = [("accept-language", "de, en;q=0.5".to_owned())];
    let asking = |locales: Option<&str>| front.asking("read").with("ui_locales", locales);
    let mut browser = Browser::new(&front.world);
    assert!(!german(&browser.visit(&front.world, &asking(None).path()).await));
    assert!(german(
        &browser.visit(&front.world, &asking(Some("fr de")).path()).await
    ));
    assert!(!german(
        &browser.visit(&front.world, &asking(Some("fr tlh")).path()).await
    ));
    assert!(german(
        &browser.send(&front.world, "GET", "/sign-in", &header, None).await
    ));
    // By a link of the page; it stays chosen.
    let page = browser.visit(&front.world, &asking(None).path()).await;
    let (_, link) = page.answer.text.split_once("lang=de\"").unwrap();
    assert!(!link.is_empty());
    let request = page
        .form("sign-in")
        .fields
        .iter()
        .find(|(name, _)| name == "request")
        .unwrap()
        .1
        .clone();
    let page = browser
        .get(&front.world, &format!("/sign-in?request={request}&lang=de"))
        .await;
    assert!(german(&page), "{page:?}");
    assert_eq!(browser.cookies.get("prokura-language").map(String::as_str), Some("de"));
    assert!(german(&browser.visit(&front.world, &asking(None).path()).await));
    let page = browser.visit(&front.world, &asking(None).path()).await;
    let page = browser
        .sign_in(&front.world, &page, &front.alice.login, &front.alice.password)
        .await;
    assert!(german(&page) && page.has_form("consent"), "{page:?}");
}
