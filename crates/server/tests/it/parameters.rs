//! Parameters of the front channel that stand twice, nowhere, or where they do not belong (S-03; RFC 6749 s3.1, RFC 9700 s4).

use testkit::{Browser, Page};

use crate::front::{Front, code, grants, problem, refused_at};

/// Parameters of an authorization request: what we read, what others read, and what nobody knows.
const NAMES: [&str; 16] = [
    "response_type",
    "client_id",
    "redirect_uri",
    "state",
    "code_challenge",
    "code_challenge_method",
    "scope",
    "prompt",
    "response_mode",
    "dpop_jkt",
    "login_hint",
    "ui_locales",
    "nonce",
    "request_uri",
    "acr_values",
    "unheard_of",
];

/// The query of a good request, with each parameter of [`NAMES`] that it has; `more` is added at its end.
fn query(front: &Front, more: &str) -> String {
    let path = front.asking("read").path();
    format!("{}{more}", path.split_once('?').unwrap().1)
}

async fn post(browser: &mut Browser, front: &Front, query: &str, body: &str) -> Page {
    let path = match query {
        "" => "/oauth2/authorize".to_owned(),
        query => format!("/oauth2/authorize?{query}"),
    };
    // A form of an app's own page: another site, and SameSite keeps the cookies back.
    let headers = [
        ("origin", "https://app.example".to_owned()),
        ("sec-fetch-site", "cross-site".to_owned()),
    ];
    browser
        .send(&front.world, "POST", &path, &headers, Some(body.to_owned()))
        .await
}

#[tokio::test]
async fn s_03_a_parameter_that_stands_twice_is_refused_wherever_it_stands() {
    let front = Front::new().await;
    let (mut alice, mut nobody) = (front.browser().await, Browser::new(&front.world));
    for name in NAMES {
        let good = query(&front, "");
        let first = if good.contains(&format!("{name}=")) {
            String::new()
        } else {
            format!("&{name}=one")
        };
        let once = format!("{good}{first}");
        let value = once
            .split('&')
            .find_map(|pair| pair.strip_prefix(&format!("{name}=")))
            .unwrap()
            .to_owned();
        let encoded = format!("%{:02X}{}", name.as_bytes()[0], &name[1..]);
        for again in [
            format!("{name}={value}"),
            format!("{name}=other"),
            format!("{name}="),
            format!("{encoded}={value}"),
            name.to_owned(),
        ] {
            let what = format!("{name}, then {again}");
            let twice = format!("{once}&{again}");
            for browser in [&mut alice, &mut nobody] {
                let page = browser.get(&front.world, &format!("/oauth2/authorize?{twice}")).await;
                problem(&page, 400, "invalid_request", &what);
            }
            let page = post(&mut nobody, &front, "", &twice).await;
            problem(&page, 400, "invalid_request", &format!("in the body: {what}"));
            if !again.ends_with('=') && again != name {
                let page = post(&mut nobody, &front, &once, &again).await;
                problem(&page, 400, "invalid_request", &format!("in query and body: {what}"));
            }
        }
    }
    assert_eq!(grants(&front.world).await, 0);
    front.world.shows(&["AuthEndpoint/SameParameterTwiceDisallowed"]);
}

#[tokio::test]
async fn s_03_a_resource_may_stand_twice_and_two_of_them_are_an_error_of_their_own() {
    let front = Front::new().await;
    let mut alice = front.browser().await;
    let asking = front.asking("read");
    let twice = format!("{}&resource=https%3A%2F%2Fother.example%2Fmcp", asking.path());
    let page = alice.get(&front.world, &twice).await;
    refused_at(
        &page,
        &asking,
        "invalid_target",
        "RFC 8707 s2: a token here has one audience",
    );
}

#[tokio::test]
async fn s_03_a_parameter_without_a_value_counts_as_left_out() {
    let front = Front::new().await;
    let mut alice = front.browser().await;
    let asking = front.asking("read").with("state", None);
    let path = format!(
        "{}&state=&prompt=&response_mode=&dpop_jkt=&login_hint=&ui_locales",
        asking.path()
    );
    let page = alice.visit(&front.world, &path).await;
    let page = front.answer(&mut alice, &page, &[("decision", "allow")]).await;
    code(&page);
    assert_eq!(page.parameter("state"), None, "RFC 6749 s3.1: {page:?}");
    let without = front.asking("read").with("redirect_uri", Some(""));
    problem(
        &alice.get(&front.world, &without.path()).await,
        400,
        "invalid_request",
        "an empty place",
    );
}

#[tokio::test]
async fn s_03_a_form_may_carry_the_request() {
    let front = Front::new().await;
    let asking = front.asking("read");
    let body = asking.path().split_once('?').unwrap().1.to_owned();
    let mut browser = Browser::new(&front.world);
    let page = post(&mut browser, &front, "", &body).await;
    assert_eq!(
        (page.answer.status, page.location()),
        (303, Some(asking.path().as_str()))
    );
    let page = browser.agree(&front.world, &front.alice, &asking).await;
    let answer = front.world.redeem(&front.app, &asking, &code(&page), &[]).await;
    assert_eq!(answer.status, 200, "{answer:?}");

    // Half and half.
    let (query, rest) = body.split_once('&').unwrap();
    let page = post(&mut browser, &front, query, rest).await;
    assert_eq!(page.location(), Some(asking.path().as_str()));
}

#[tokio::test]
async fn s_03_what_is_no_form_is_not_read() {
    let front = Front::new().await;
    let mut browser = front.browser().await;
    let good = query(&front, "");
    let long: Vec<String> = (0..65).map(|n| format!("p{n}=x")).collect();
    for (bad, what) in [
        (format!("{good}&x=%"), "half an escape"),
        (format!("{good}&x=%zz"), "no escape"),
        (format!("{good}&x=%ff"), "no UTF-8"),
        (format!("{good}&{}", long.join("&")), "more than 64 parameters"),
    ] {
        let page = browser.get(&front.world, &format!("/oauth2/authorize?{bad}")).await;
        problem(&page, 400, "invalid_request", what);
        let page = post(&mut browser, &front, "", &bad).await;
        problem(&page, 400, "invalid_request", what);
    }
    for body in ["client_id=a b", "client_id=\u{e4}", "client_id=a\nx"] {
        let page = post(&mut browser, &front, "", body).await;
        problem(&page, 400, "invalid_request", body);
    }
    for content_type in ["application/json", "text/plain", "multipart/form-data; boundary=x"] {
        let headers = [("content-type", content_type.to_owned())];
        let page = browser
            .send(&front.world, "POST", "/oauth2/authorize", &headers, Some(good.clone()))
            .await;
        assert_eq!(
            (page.answer.status, page.location()),
            (400, None),
            "{content_type}: {page:?}"
        );
    }
}

#[tokio::test]
async fn s_03_forms_of_ours_take_each_field_once() {
    let front = Front::new().await;
    let mut alice = front.browser().await;
    let page = front.consent_page(&mut alice, &front.asking("read write")).await;
    let form = page.form("consent");
    let field = |name: &str| form.fields.iter().find(|(known, _)| known == name).unwrap().1.clone();
    let (request, csrf) = (field("request"), field("csrf"));
    let own = [
        ("origin", front.world.issuer.clone()),
        ("sec-fetch-site", "same-origin".to_owned()),
    ];
    let good = format!("request={request}&csrf={csrf}&decision=allow");
    for (path, body) in [
        ("/consent".to_owned(), format!("{good}&decision=deny")),
        ("/consent".to_owned(), format!("{good}&decision=allow")),
        ("/consent".to_owned(), format!("{good}&csrf=x")),
        ("/consent".to_owned(), format!("{good}&request={request}")),
        (format!("/consent?request={request}"), good.clone()),
        ("/consent?decision=deny".to_owned(), good.clone()),
        (format!("/consent?csrf={csrf}"), good.clone()),
    ] {
        let page = alice.send(&front.world, "POST", &path, &own, Some(body.clone())).await;
        problem(&page, 400, "invalid_request", &format!("{path} {body}"));
    }
    assert_eq!(grants(&front.world).await, 0);
    let left_out = format!("{good}&without=read&without=nothing");
    let page = alice.send(&front.world, "POST", "/consent", &own, Some(left_out)).await;
    code(&page);
}

#[tokio::test]
async fn s_03_a_page_has_one_path() {
    let front = Front::new().await;
    let tenant = front.world.tenant_by_path("acme").await;
    let mut alice = front.browser().await;
    for page in [
        "oauth2/authorize",
        "sign-in",
        "sign-in/recovery",
        "consent",
        "agents",
        "account",
        "sign-out",
    ] {
        for path in [
            format!("/{page};x=1"),
            format!("/{page}/"),
            format!("//{page}"),
            format!("/./{page}"),
            format!("/x/../{page}"),
            format!("/%2e/{page}"),
            format!("/{page}%2f"),
            format!("/{page}%00"),
            format!("/{}", page.to_uppercase()),
            format!("/t/{};x/{page}", tenant.id),
            format!("/t//{}/{page}", tenant.id),
            format!("/t/{}%2f{page}", tenant.id),
            format!("/t/ACME/{page}"),
            format!("/t/nowhere/{page}"),
        ] {
            // As bytes: an HTTP client would tidy the path up.
            let cookie = alice.cookie_header().unwrap();
            let request = format!(
                "GET {path} HTTP/1.1\r\nhost: {}\r\ncookie: {cookie}\r\nconnection: close\r\n\r\n",
                front.world.authority()
            );
            let answers = front.world.raw(request).await;
            assert_eq!((answers.len(), answers[0].status), (1, 404), "{path}: {answers:?}");
        }
    }
    assert!(crate::front::is_signed_in(&front.world, &mut alice).await);
}
