//! What a form of ours does it does for pages of ours alone: for every form route of the table (S-45).

use std::collections::BTreeMap;

use server::{Face, ROUTES};
use testkit::{Browser, Page, PageForm, Person, World};

use crate::asked;
use crate::front::{Front, forged, grants, is_signed_in, problem, session_cookie};

/// What the form of the account page changes the password to.
const NEW_PASSWORD: &str = "another four words there";

/// A form as its own page has it, with everything filled in that a person fills in: sent as it is, it does something.
struct Filled {
    path: String,
    form: PageForm,
}

/// The form of every form route, from the pages of this browser. A route that is not here fails the tests, so none is forgotten.
async fn all(front: &Front, person: &Person, browser: &mut Browser) -> Vec<Filled> {
    let world = &front.world;
    let asking = front.asking("read").with("prompt", Some("consent"));
    let consent = browser.visit(world, &asking.path()).await;
    let account = browser.get(world, "/account").await;
    let agents = browser.get(world, "/agents").await;
    // The sign-in page of an authorization request: a person who is signed in gets it there.
    let request = consent
        .form("consent")
        .fields
        .into_iter()
        .find(|(name, _)| name == "request")
        .unwrap()
        .1;
    let sign_in = browser.get(world, &format!("/sign-in?request={request}")).await;
    let recovery = browser
        .get(world, &format!("/sign-in/recovery?request={request}"))
        .await;
    let fill = |form: PageForm, fields: &[(&str, &str)]| {
        let mut form = form;
        form.fields
            .retain(|(name, _)| !fields.iter().any(|(filled, _)| filled == name));
        form.fields.extend(
            fields
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        form
    };
    let own = |fields: &[(&str, &str)], action: &str| {
        let form = PageForm {
            action: action.to_owned(),
            ..account.form("sign-out")
        };
        fill(form, fields)
    };
    let device = asked::device_client(world, "none").await;
    let (typed, open) = (asked::codes(world, &device).await, asked::codes(world, &device).await);
    let approval = asked::typed(world, browser, &typed.user).await;
    let code = browser.get(world, "/device").await;
    let mut made = Vec::new();
    for route in ROUTES.iter().filter(|route| route.face == Face::OwnForm) {
        assert_eq!(route.method.as_str(), "POST");
        let login = [("login", person.login.as_str()), ("password", person.password.as_str())];
        let form = match route.path {
            "/sign-in" => fill(sign_in.form("sign-in"), &login),
            "/sign-in/passkey" => fill(sign_in.form("passkey"), &[("credential", "{}")]),
            "/sign-in/recovery" => fill(
                recovery.form("recovery"),
                &[("login", &person.login), ("code", "AAAA-AAAA-AAAA-AAAA")],
            ),
            "/consent" => fill(consent.form("consent"), &[("decision", "allow")]),
            "/agents/stop" => fill(
                agents
                    .find_form("name=\"all\"")
                    .unwrap_or_else(|| own(&[], "/agents/stop")),
                &[("all", "yes")],
            ),
            "/account/passkeys" => fill(account.form("add-passkey"), &[("credential", "{}"), ("name", "Mine")]),
            "/account/passkeys/remove" => own(&[("passkey", "unknown")], route.path),
            "/account/password" => fill(
                account.form("change-password"),
                &[("current", person.password.as_str()), ("password", NEW_PASSWORD)],
            ),
            "/account/recovery-codes" => account.form("make-codes"),
            "/account/sessions/end" => own(&[("session", "unknown")], route.path),
            "/sign-out" => account.form("sign-out"),
            "/device" => fill(code.form("device"), &[("user_code", open.user.as_str())]),
            "/approvals/{id}" => fill(approval.form("approval"), &[("decision", "allow")]),
            "/agents/give" => own(
                &[("client", "nobody"), ("resource", "urn:x"), ("scope", "read")],
                route.path,
            ),
            "/agents/grants/{id}" => own(&[("without", "read")], "/agents/grants/nothing"),
            path => panic!("a form that this test does not know: {path}"),
        };
        let fixed = route.path.trim_end_matches("{id}");
        assert!(
            form.action == route.path || route.path != fixed && form.action.starts_with(fixed),
            "{form:?}"
        );
        made.push(Filled {
            path: form.action.clone(),
            form,
        });
    }
    made
}

fn body(form: &PageForm, csrf: Option<&str>) -> String {
    let escape = |text: &str| {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
        text.bytes()
            .map(|b| {
                if plain(b) {
                    char::from(b).to_string()
                } else {
                    format!("%{b:02X}")
                }
            })
            .collect::<String>()
    };
    let mut fields: Vec<(String, String)> = form.fields.clone();
    if let Some(csrf) = csrf {
        fields.retain(|(name, _)| name != "csrf");
        fields.push(("csrf".to_owned(), csrf.to_owned()));
    }
    let pairs = fields
        .iter()
        .map(|(name, value)| format!("{}={}", escape(name), escape(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// Sends a form with these headers, from a copy of the browser.
async fn send(
    world: &World,
    browser: &Browser,
    form: &PageForm,
    csrf: Option<&str>,
    headers: &[(&str, String)],
) -> Page {
    let mut copy = browser.clone();
    copy.send(world, "POST", &form.action, headers, Some(body(form, csrf)))
        .await
}

/// What a world has of everything that forms change.
async fn state(front: &Front, browser: &mut Browser) -> BTreeMap<&'static str, i64> {
    assert!(is_signed_in(&front.world, browser).await, "the session goes on");
    let mut state = BTreeMap::new();
    for kind in [
        "user.signed_in",
        "user.signed_out",
        "credential.changed",
        "grant.revoked",
        "authorization.given",
        "authorization.denied",
        "approval.claimed",
        "approval.given",
        "approval.denied",
    ] {
        state.insert(kind, front.world.events(kind).await);
    }
    state.insert("grants", i64::try_from(grants(&front.world).await).unwrap());
    state
}

fn same_origin(world: &World) -> Vec<(&'static str, String)> {
    vec![
        ("origin", world.issuer.clone()),
        ("sec-fetch-site", "same-origin".to_owned()),
    ]
}

/// A world in which somebody has given something, and the browser in which they are signed in.
async fn given() -> (Front, Browser) {
    let front = Front::new().await;
    let mut browser = front.browser().await;
    browser.agree(&front.world, &front.alice, &front.asking("read")).await;
    (front, browser)
}

fn csrf_of(form: &PageForm) -> String {
    form.fields.iter().find(|(name, _)| name == "csrf").unwrap().1.clone()
}

#[tokio::test]
async fn s_45_no_form_does_anything_without_the_token_of_its_page() {
    let (front, mut alice) = given().await;
    let forms = all(&front, &front.alice, &mut alice).await;
    assert_eq!(forms.len(), 15);
    // The attacker has an account and a browser of their own; and the victim's browser as it was before the sign-in.
    let mallory = front.world.person("mallory@demo.test").await;
    let mut of_mallory = front.world.signed_in(&mallory).await;
    let theirs = all(&front, &mallory, &mut of_mallory).await;
    let mut signed_out = alice.clone();
    signed_out.cookies.retain(|name, _| !name.contains("session"));
    let before = csrf_of(&signed_out.get(&front.world, "/sign-in").await.form("sign-in"));
    let untouched = state(&front, &mut alice).await;
    for (filled, theirs) in forms.iter().zip(&theirs) {
        let own = csrf_of(&filled.form);
        let mut almost = own.clone();
        almost.pop();
        for (csrf, what) in [
            (String::new(), "none"),
            ("x".to_owned(), "something"),
            (csrf_of(&theirs.form), "somebody else's"),
            (before.clone(), "one of before the sign-in"),
            (almost, "a part of it"),
            (format!("{own}A"), "more than it"),
            (own.to_uppercase(), "other letters"),
        ] {
            for headers in [same_origin(&front.world), Vec::new()] {
                let page = send(&front.world, &alice, &filled.form, Some(&csrf), &headers).await;
                forged(&page, &format!("{}: {what}", filled.path));
            }
        }
        let bare = PageForm {
            fields: filled
                .form
                .fields
                .iter()
                .filter(|(name, _)| name != "csrf")
                .cloned()
                .collect(),
            ..filled.form.clone()
        };
        let page = send(&front.world, &alice, &bare, None, &same_origin(&front.world)).await;
        forged(&page, &format!("{}: no field at all", filled.path));
    }
    assert_eq!(state(&front, &mut alice).await, untouched);
}

#[tokio::test]
async fn s_45_a_foreign_page_is_refused_also_with_the_right_cookies_and_token() {
    let (front, mut alice) = given().await;
    let forms = all(&front, &front.alice, &mut alice).await;
    let untouched = state(&front, &mut alice).await;
    let own = front.world.issuer.clone();
    let port = own.rsplit_once(':').unwrap().1.to_owned();
    let foreign: Vec<Vec<(&str, String)>> = vec![
        vec![("origin", "https://evil.example".to_owned())],
        vec![("origin", "null".to_owned())],
        vec![("origin", String::new())],
        vec![("origin", format!("https://127.0.0.1:{port}"))],
        vec![("origin", format!("{own}.evil.example"))],
        vec![("origin", format!("{own}/"))],
        vec![("origin", own.to_uppercase())],
        vec![("origin", "http://127.0.0.1:1".to_owned())],
        vec![("origin", format!("http://evil@127.0.0.1:{port}"))],
        vec![("origin", own.clone()), ("origin", "https://evil.example".to_owned())],
        vec![("sec-fetch-site", "cross-site".to_owned())],
        vec![("sec-fetch-site", "same-site".to_owned())],
        vec![("sec-fetch-site", "Same-Origin".to_owned())],
        vec![("sec-fetch-site", String::new())],
        vec![
            ("sec-fetch-site", "same-origin".to_owned()),
            ("sec-fetch-site", "cross-site".to_owned()),
        ],
        vec![("origin", own.clone()), ("sec-fetch-site", "cross-site".to_owned())],
        vec![
            ("origin", "https://evil.example".to_owned()),
            ("sec-fetch-site", "same-origin".to_owned()),
        ],
        vec![("origin", "null".to_owned()), ("sec-fetch-site", "none".to_owned())],
    ];
    for filled in &forms {
        for headers in &foreign {
            let page = send(&front.world, &alice, &filled.form, None, headers).await;
            forged(&page, &format!("{}: {headers:?}", filled.path));
        }
    }
    assert_eq!(state(&front, &mut alice).await, untouched);
}

#[tokio::test]
async fn s_45_what_is_no_form_is_not_read() {
    let (front, mut alice) = given().await;
    let forms = all(&front, &front.alice, &mut alice).await;
    let untouched = state(&front, &mut alice).await;
    for filled in &forms {
        let json: serde_json::Value = filled
            .form
            .fields
            .iter()
            .map(|(name, value)| (name.clone(), value.clone().into()))
            .collect::<serde_json::Map<_, _>>()
            .into();
        for (content_type, text) in [
            ("text/plain", json.to_string()),
            ("text/plain", body(&filled.form, None)),
            ("application/json", json.to_string()),
            ("multipart/form-data; boundary=x", body(&filled.form, None)),
            ("", body(&filled.form, None)),
            (
                "application/x-www-form-urlencoded, text/plain",
                body(&filled.form, None),
            ),
        ] {
            let mut headers = same_origin(&front.world);
            headers.push(("content-type", content_type.to_owned()));
            let page = alice
                .clone()
                .send(&front.world, "POST", &filled.path, &headers, Some(text))
                .await;
            problem(
                &page,
                400,
                "invalid_request",
                &format!("{}: {content_type:?}", filled.path),
            );
        }
    }
    assert_eq!(state(&front, &mut alice).await, untouched);
}

#[tokio::test]
async fn s_45_looking_changes_nothing() {
    let (front, mut alice) = given().await;
    let forms = all(&front, &front.alice, &mut alice).await;
    let untouched = state(&front, &mut alice).await;
    for filled in &forms {
        let path = format!("{}?{}", filled.path, body(&filled.form, None));
        for method in ["GET", "PUT", "DELETE", "PATCH"] {
            let page = alice
                .clone()
                .send(&front.world, method, &path, &same_origin(&front.world), None)
                .await;
            // A page that a form is on answers GET, if what it names is there; everything else is not there.
            assert!(
                matches!(page.answer.status, 200 | 400 | 404 | 405),
                "{method} {}: {page:?}",
                filled.path
            );
            assert!(
                method == "GET" || page.answer.status == 405,
                "{method} {}: {page:?}",
                filled.path
            );
        }
        // And a form in the query is none: what counts is the body.
        let page = alice
            .clone()
            .send(
                &front.world,
                "POST",
                &path,
                &same_origin(&front.world),
                Some(String::new()),
            )
            .await;
        forged(&page, &filled.path);
    }
    for path in [
        "/sign-out",
        "/agents",
        "/account",
        "/agents?stopped-all",
        "/sign-out?yes",
    ] {
        alice.get(&front.world, path).await;
    }
    assert_eq!(state(&front, &mut alice).await, untouched);
}

#[tokio::test]
async fn s_45_the_form_of_a_page_works_with_and_without_the_headers_of_a_new_browser() {
    // Each in a world of its own: they end sessions and grants.
    for headers_of in [0, 1, 2, 3] {
        let (front, mut alice) = given().await;
        let headers = match headers_of {
            0 => same_origin(&front.world),
            1 => vec![("origin", front.world.issuer.clone())],
            2 => vec![("sec-fetch-site", "none".to_owned())],
            _ => Vec::new(), // neither: the token decides
        };
        let forms = all(&front, &front.alice, &mut alice).await;
        let is =
            |filled: &Filled, path: &str| filled.path == path || path.ends_with('/') && filled.path.starts_with(path);
        let path = |path: &str| forms.iter().find(|filled| is(filled, path)).unwrap();
        let ends: Vec<(&str, u16)> = vec![
            ("/sign-in/passkey", 403), // read, and refused for what it says
            ("/sign-in/recovery", 403),
            ("/account/passkeys", 400),
            ("/account/passkeys/remove", 404),
            ("/account/sessions/end", 404),
            ("/account/recovery-codes", 200),
            ("/consent", 303),
            ("/device", 303),
            ("/approvals/", 303),
            ("/agents/stop", 303),
            ("/account/password", 303),
            ("/sign-in", 303),
        ];
        for (name, status) in ends {
            let mut form = path(name).form.clone();
            if name == "/sign-in" {
                form.fields.retain(|(name, _)| name != "password"); // it was changed just now
                form.fields.push(("password".to_owned(), NEW_PASSWORD.to_owned()));
            }
            let page = send(&front.world, &alice, &form, None, &headers).await;
            assert_eq!(page.answer.status, status, "{name} {headers:?}: {page:?}");
            assert!(
                !page.answer.text.contains("a page that is not ours"),
                "{name}: {page:?}"
            );
        }
        // The sign-in above ended the session of before: the token of its pages is worth nothing any more.
        let page = send(&front.world, &alice, &path("/sign-out").form, None, &headers).await;
        forged(&page, "the session is another one");
        let mut alice = front
            .world
            .signed_in(&Person {
                password: NEW_PASSWORD.to_owned(),
                ..front.alice.clone()
            })
            .await;
        let page = alice.get(&front.world, "/account").await;
        let page = send(&front.world, &alice, &page.form("sign-out"), None, &headers).await;
        assert_eq!(page.location(), Some("/sign-out"));
        assert!(!is_signed_in(&front.world, &mut alice).await);
    }
}

#[tokio::test]
async fn s_45_nobody_is_signed_in_as_somebody_else_by_a_foreign_page() {
    let front = Front::new().await;
    let mallory = front.world.person("mallory@demo.test").await;
    let mut of_mallory = Browser::new(&front.world);
    let theirs = of_mallory.visit(&front.world, "/sign-in").await.form("sign-in");
    let fill = |form: &PageForm| PageForm {
        fields: form
            .fields
            .iter()
            .filter(|(name, _)| name != "login" && name != "password")
            .cloned()
            .chain([
                ("login".to_owned(), mallory.login.clone()),
                ("password".to_owned(), mallory.password.clone()),
            ])
            .collect(),
        ..form.clone()
    };

    // A browser that we do not know.
    let mut fresh = Browser::new(&front.world);
    let page = fresh
        .send(&front.world, "POST", "/sign-in", &[], Some(body(&fill(&theirs), None)))
        .await;
    problem(&page, 400, "invalid_request", "no cookie names it");
    assert!(session_cookie(&fresh).is_none());

    // One that has our page open, and one where somebody is signed in.
    let mut victim = Browser::new(&front.world);
    victim.visit(&front.world, "/sign-in").await;
    let mut alice = front.browser().await;
    let before = session_cookie(&alice);
    for browser in [&mut victim, &mut alice] {
        let page = browser
            .send(&front.world, "POST", "/sign-in", &[], Some(body(&fill(&theirs), None)))
            .await;
        forged(&page, "the attacker's own token");
        let own = browser.clone().get(&front.world, "/sign-in").await;
        if own.has_form("sign-in") {
            let headers = [
                ("origin", "https://evil.example".to_owned()),
                ("sec-fetch-site", "cross-site".to_owned()),
            ];
            let page = browser
                .send(
                    &front.world,
                    "POST",
                    "/sign-in",
                    &headers,
                    Some(body(&fill(&own.form("sign-in")), None)),
                )
                .await;
            forged(&page, "the right token from a foreign page");
        }
    }
    assert!(session_cookie(&victim).is_none());
    assert_eq!(session_cookie(&alice), before);
    assert_eq!(front.world.events("user.signed_in").await, 1, "Alice alone");
}

#[tokio::test]
async fn s_45_a_person_who_is_not_signed_in_hears_that_first_and_nothing_else() {
    let (front, mut alice) = given().await;
    let forms = all(&front, &front.alice, &mut alice).await;
    let mut signed_out = alice.clone();
    signed_out.cookies.retain(|name, _| !name.contains("session"));
    for filled in &forms {
        let page = send(
            &front.world,
            &signed_out,
            &filled.form,
            None,
            &same_origin(&front.world),
        )
        .await;
        match filled.path.as_str() {
            "/sign-in" | "/sign-in/passkey" | "/sign-in/recovery" | "/consent" | "/sign-out" => {
                forged(&page, &filled.path);
            } // made for who was signed in
            path => problem(&page, 403, "login_required", path),
        }
    }
    assert_eq!(grants(&front.world).await, 1);
}
