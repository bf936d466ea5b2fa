//! What the browser carries from step to step cannot be changed, moved or kept too long (S-05).

use serde_json::json;
use testkit::{App, Asking, Browser, Page, PageForm};

use crate::{
    front::{Front, WEB, code, forged, grants, problem, refused_at},
    setup::MCP,
};

/// A field of a form.
fn field(form: &PageForm, name: &str) -> String {
    let found = form.fields.iter().find(|(known, _)| known == name);
    found.unwrap_or_else(|| panic!("no field {name}: {form:?}")).1.clone()
}

fn with_request(path: &str, request: &str) -> String {
    format!(
        "{path}?request={}",
        request.replace('%', "%25").replace('+', "%2B").replace('&', "%26")
    )
}

/// Everything that one can do to a text without knowing a key.
fn edited(sealed: &str) -> Vec<String> {
    let length = sealed.len();
    let mut all = vec![
        "x".to_owned(),
        sealed[1..].to_owned(),
        sealed[..length - 1].to_owned(),
        sealed[..length / 2].to_owned(),
        format!("{sealed}A"),
        format!("{sealed}="),
        format!("A{sealed}"),
        format!("{sealed}{sealed}"),
        sealed.to_uppercase(),
        sealed.chars().rev().collect(),
        "e30".to_owned(), // {}
    ];
    for at in [
        0,
        1,
        length / 4,
        length / 3,
        length / 2,
        length * 3 / 4,
        length - 2,
        length - 1,
    ] {
        let mut bytes = sealed.as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        all.push(String::from_utf8(bytes).unwrap());
    }
    all.retain(|text| text != sealed);
    all
}

#[tokio::test]
async fn s_05_a_sealed_request_opens_whole_or_not_at_all() {
    let front = Front::new().await;
    let mut alice = front.browser().await;
    let page = front.consent_page(&mut alice, &front.asking("read")).await;
    let request = field(&page.form("consent"), "request");
    let edits = edited(&request);
    assert!(edits.len() >= 15, "{}", edits.len());
    let mut nobody = Browser::new(&front.world);
    nobody.visit(&front.world, "/sign-in").await;
    for edit in edits {
        for path in ["/consent", "/sign-in"] {
            let page = alice.get(&front.world, &with_request(path, &edit)).await;
            problem(&page, 400, "invalid_request", &format!("GET {path}"));
        }
        let changes = [("request", edit.as_str()), ("decision", "allow")];
        let answer = front.answer(&mut alice, &page, &changes).await;
        forged(&answer, "the form's token is for another request");
    }
    assert_eq!(grants(&front.world).await, 0);
    let page = front.answer(&mut alice, &page, &[("decision", "allow")]).await;
    code(&page);
}

#[tokio::test]
async fn s_05_a_sign_in_with_an_edited_request_signs_nobody_in() {
    let front = Front::new().await;
    let mut browser = Browser::new(&front.world);
    let page = browser.visit(&front.world, &front.asking("read").path()).await;
    let request = field(&page.form("sign-in"), "request");
    for edit in edited(&request) {
        let changes = [
            ("request", edit.as_str()),
            ("login", &front.alice.login),
            ("password", &front.alice.password),
        ];
        let answer = browser.submit(&front.world, &page, "sign-in", &changes).await;
        forged(&answer, "sign-in");
        assert!(crate::front::session_cookie(&browser).is_none());
    }
    // A token for another request of the same browser is worth nothing either: the request must open by itself.
    let other = browser.visit(&front.world, "/sign-in").await;
    let token = field(&other.form("sign-in"), "csrf");
    let changes = [
        ("csrf", token.as_str()),
        ("login", &front.alice.login),
        ("password", &front.alice.password),
    ];
    let answer = browser.submit(&front.world, &page, "sign-in", &changes).await;
    forged(&answer, "the token of a sign-in without a request");
}

#[tokio::test]
async fn s_05_a_request_of_another_browser_or_tenant_does_not_open() {
    let front = Front::new().await;
    let acme = front.world.tenant_by_path("acme").await;
    let mut first = front.browser().await;
    let page = front.consent_page(&mut first, &front.asking("read")).await;
    let form = page.form("consent");
    let request = field(&form, "request");

    // The same person, another browser.
    let mut second = front.browser().await;
    for path in ["/consent", "/sign-in"] {
        let stolen = second.get(&front.world, &with_request(path, &request)).await;
        problem(&stolen, 400, "invalid_request", path);
        assert!(stolen.answer.text.contains("opened in another browser"), "{stolen:?}");
    }
    let stolen = second.post(&front.world, &form, &[("decision", "allow")]).await;
    forged(&stolen, "the form of another browser");

    // The same browser, another tenant: it has the cookies of both, and even under the other's names.
    let mut there = Browser::at(&acme);
    there.cookies = first.cookies.clone();
    for (name, value) in &first.cookies {
        there.cookies.insert(format!("{name}-acme"), value.clone());
    }
    for path in ["/consent", "/sign-in"] {
        let elsewhere = there.get(&front.world, &with_request(path, &request)).await;
        problem(&elsewhere, 400, "invalid_request", path);
    }
    let elsewhere = PageForm {
        action: "/t/acme/consent".to_owned(),
        ..form.clone()
    };
    let elsewhere = there.post(&front.world, &elsewhere, &[("decision", "allow")]).await;
    forged(&elsewhere, "the form of another tenant");

    // A browser without cookies.
    let mut fresh = Browser::new(&front.world);
    let stolen = fresh.get(&front.world, &with_request("/consent", &request)).await;
    problem(&stolen, 400, "invalid_request", "no cookies");
    let stolen = Browser::new(&front.world)
        .post(&front.world, &form, &[("decision", "allow")])
        .await;
    problem(&stolen, 400, "invalid_request", "no cookies");

    assert_eq!(grants(&front.world).await, 0);
    let page = front.answer(&mut first, &page, &[("decision", "allow")]).await;
    code(&page);
}

#[tokio::test]
async fn s_05_the_token_of_another_form_is_none() {
    let front = Front::new().await;
    let mut alice = front.browser().await;
    let one = front.consent_page(&mut alice, &front.asking("read")).await;
    let other = front.consent_page(&mut alice, &front.asking("write")).await;
    let account = alice.get(&front.world, "/account").await;
    let tokens = [
        field(&other.form("consent"), "csrf"),
        field(&account.form("sign-out"), "csrf"),
        field(&account.form("change-password"), "csrf"),
        field(&one.form("consent"), "request"),
        String::new(),
    ];
    for token in &tokens {
        let answer = front
            .answer(&mut alice, &one, &[("csrf", token), ("decision", "allow")])
            .await;
        forged(&answer, token);
    }
    // And a request in place of the other: the token belongs to one.
    let request = field(&other.form("consent"), "request");
    let answer = front
        .answer(&mut alice, &one, &[("request", &request), ("decision", "allow")])
        .await;
    forged(&answer, "the other request");
    // What is sealed for a passkey is no request.
    let mut nobody = Browser::new(&front.world);
    let page = nobody.visit(&front.world, &front.asking("read").path()).await;
    let ceremony = field(&page.form("passkey"), "ceremony");
    for path in ["/consent", "/sign-in"] {
        let page = nobody.get(&front.world, &with_request(path, &ceremony)).await;
        problem(&page, 400, "invalid_request", "a ceremony");
    }
    assert_eq!(grants(&front.world).await, 0);
}

/// The answer of an allowed request, and what came of its code.
async fn allowed(front: &Front, asking: &Asking, page: &Page) -> String {
    assert!(
        page.location()
            .is_some_and(|location| location.starts_with("https://app.example/cb?code=")),
        "{page:?}"
    );
    assert_eq!(page.parameter("state").as_deref(), Some(asking.get("state")));
    let answer = front.world.redeem(&front.app, asking, &code(page), &[]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.text_of("scope").to_owned()
}

#[tokio::test]
async fn s_05_what_was_asked_once_is_not_asked_differently_by_the_page() {
    let front = Front::new().await;
    let evil = App::public(&front.world, "https://evil.example/cb").await;
    let mut alice = front.browser().await;
    let asking = front.asking("read");
    let page = front.consent_page(&mut alice, &asking).await;

    // In the query of the page ...
    let request = field(&page.form("consent"), "request");
    let more = [
        ("response_type", "token"),
        ("response_type", "code id_token"),
        ("response_mode", "fragment"),
        ("response_mode", "form_post"),
        ("redirect_uri", "https://evil.example/cb"),
        ("client_id", evil.client.id.as_str()),
        ("scope", "read write"),
        ("state", "mine"),
        ("code_challenge_method", "plain"),
        ("prompt", "none"),
    ];
    for (name, value) in more {
        let path = format!(
            "{}&{name}={}",
            with_request("/consent", &request),
            value.replace(' ', "+")
        );
        let again = alice.get(&front.world, &path).await;
        assert!(again.has_form("consent"), "{name}={value}: {again:?}");
        assert!(!again.answer.text.contains("evil.example"), "{name}={value}");
        assert!(!again.answer.text.contains("value=\"write\""), "{name}={value}");
    }

    // ... and in its form.
    let mut changes = vec![("decision", "allow"), ("resource", "https://other.example/mcp")];
    changes.extend(
        more.iter()
            .filter(|(name, _)| !changes.iter().any(|(known, _)| known == name))
            .copied()
            .fold(Vec::new(), |mut once: Vec<(&str, &str)>, pair| {
                if !once.iter().any(|(known, _)| *known == pair.0) {
                    once.push(pair);
                }
                once
            }),
    );
    let page = front.answer(&mut alice, &page, &changes).await;
    assert_eq!(allowed(&front, &asking, &page).await, "read");
}

#[tokio::test]
async fn s_05_an_answer_is_yes_or_no() {
    let front = Front::new().await;
    let mut alice = front.browser().await;
    let page = front.consent_page(&mut alice, &front.asking("read")).await;
    for decision in ["", "yes", "Allow", "allow deny", "true"] {
        let answer = front.answer(&mut alice, &page, &[("decision", decision)]).await;
        problem(&answer, 400, "invalid_request", decision);
    }
    let answer = front.answer(&mut alice, &page, &[]).await;
    problem(&answer, 400, "invalid_request", "no answer at all");
    assert_eq!(grants(&front.world).await, 0);
}

#[tokio::test]
async fn s_05_a_request_is_over_after_half_an_hour() {
    let front = Front::new().await;
    let mut alice = front.browser().await;
    let page = front.consent_page(&mut alice, &front.asking("read")).await;
    let request = field(&page.form("consent"), "request");
    front.world.advance(1_799);
    let again = alice.get(&front.world, &with_request("/consent", &request)).await;
    assert!(again.has_form("consent"), "{again:?}");
    front.world.advance(1);
    for path in ["/consent", "/sign-in"] {
        let late = alice.get(&front.world, &with_request(path, &request)).await;
        problem(&late, 400, "invalid_request", path);
        assert!(late.answer.text.contains("too old"), "{late:?}");
    }
    for decision in ["allow", "deny"] {
        let late = front.answer(&mut alice, &again, &[("decision", decision)]).await;
        problem(&late, 400, "invalid_request", decision);
    }
    assert_eq!(grants(&front.world).await, 0);
}

#[tokio::test]
async fn s_05_what_changed_since_the_page_was_shown_counts() {
    let front = Front::new().await;
    let client = format!("/admin/v1/clients/{}", front.app.client.id);
    let mut alice = front.browser().await;

    // The place of the answer is the app's no longer.
    let page = front.consent_page(&mut alice, &front.asking("read")).await;
    front
        .admin(
            "PATCH",
            &client,
            &json!({ "redirect_uris": ["https://app.example/new"] }),
        )
        .await;
    for decision in ["allow", "deny"] {
        let answer = front.answer(&mut alice, &page, &[("decision", decision)]).await;
        problem(&answer, 400, "invalid_request", decision);
    }
    front.admin("PATCH", &client, &json!({ "redirect_uris": [WEB] })).await;

    // The resource is switched off.
    let asking = front.asking("read");
    let page = front.consent_page(&mut alice, &asking).await;
    front
        .admin(
            "PATCH",
            "/admin/v1/resources",
            &json!({ "resource": MCP, "disabled": true }),
        )
        .await;
    let answer = front.answer(&mut alice, &page, &[("decision", "allow")]).await;
    refused_at(&answer, &asking, "invalid_target", "the resource is switched off");
    front
        .admin(
            "PATCH",
            "/admin/v1/resources",
            &json!({ "resource": MCP, "disabled": false }),
        )
        .await;

    // The app is switched off.
    let page = front.consent_page(&mut alice, &front.asking("read")).await;
    front.admin("PATCH", &client, &json!({ "disabled": true })).await;
    for decision in ["allow", "deny"] {
        let answer = front.answer(&mut alice, &page, &[("decision", decision)]).await;
        assert_eq!((answer.answer.status, answer.location()), (400, None), "{answer:?}");
    }
    let page = alice.get(&front.world, &front.asking("read").path()).await;
    assert_eq!(
        (page.answer.status, page.location()),
        (400, None),
        "and at the door: {page:?}"
    );
    let bad = front.asking("read").with("response_type", Some("token"));
    let page = alice.get(&front.world, &bad.path()).await;
    assert_eq!(
        (page.answer.status, page.location()),
        (400, None),
        "nobody is sent to it, whatever else is wrong: {page:?}"
    );
    front.admin("PATCH", &client, &json!({ "disabled": false })).await;

    // The person is.
    let page = front.consent_page(&mut alice, &front.asking("read")).await;
    let path = format!("/admin/v1/users/{}", front.alice.id);
    front.admin("PATCH", &path, &json!({ "disabled": true })).await;
    let answer = front.answer(&mut alice, &page, &[("decision", "allow")]).await;
    assert_eq!(answer.location(), None, "{answer:?}");
    assert!(answer.answer.status >= 400, "{answer:?}");
    assert_eq!(grants(&front.world).await, 0);
}
