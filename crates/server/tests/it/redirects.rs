//! Where a browser is sent, and where it is not (S-01, S-02; RFC 6749 s3.1.2, RFC 8252 s7.3, RFC 9700 s4.11).

use serde_json::json;
use testkit::{App, Asking, Browser, Page, World};

use crate::{
    front::{Front, LOOPBACK, WEB, code, problem, refused_at},
    setup::MCP,
};

/// What is not `https://app.example/cb`.
const OTHERS: &[&str] = &[
    "",
    "https://app.example/cb/",
    "https://app.example//cb",
    "https://app.example/./cb",
    "https://app.example/x/../cb",
    "https://app.example/cb/..",
    "https://app.example/cb/../evil",
    "https://app.example/cb/.",
    "https://app.example/%63b",
    "https://app.example/c%62",
    "https://app.example/cb%2f",
    "https://app.example/%2e%2e/cb",
    "https://app.example/cb%2f..%2fevil",
    "https://app.example/cb%00",
    "https://app.example/cb%0d%0aLocation:%20https://evil.example",
    "https://app.example/cb?",
    "https://app.example/cb?x",
    "https://app.example/cb?x=1",
    "https://app.example/cb?redirect_uri=https://evil.example",
    "https://app.example/cb&x=1",
    "https://app.example/cb#",
    "https://app.example/cb#f",
    "https://app.example/cb#@evil.example",
    "https://app.example/cb;x=1",
    "https://app.example;x/cb",
    "https://app.example/CB",
    "https://app.example/Cb",
    "https://app.example/cbx",
    "https://app.example/c",
    "https://app.example/",
    "https://app.example",
    "https://app.example:443/cb",
    "https://app.example:0443/cb",
    "https://app.example:8443/cb",
    "https://app.example:/cb",
    "HTTPS://app.example/cb",
    "Https://app.example/cb",
    "https://APP.example/cb",
    "https://App.Example/cb",
    "https://app.example./cb",
    "https://app.example@evil.example/cb",
    "https://user@app.example/cb",
    "https://user:password@app.example/cb",
    "https://@app.example/cb",
    "https://evil.example/cb",
    "https://evil.example/https://app.example/cb",
    "https://evil.example?https://app.example/cb",
    "https://evil.example#https://app.example/cb",
    "https://app.example.evil.example/cb",
    "https://evilapp.example/cb",
    "https://evil.app.example/cb",
    "https://app.example\\.evil.example/cb",
    "https://app.example\\@evil.example/cb",
    "https://evil.example\\@app.example/cb",
    "https:\\\\app.example\\cb",
    "https:/app.example/cb",
    "https:app.example/cb",
    "https:///app.example/cb",
    "//app.example/cb",
    "/cb",
    "cb",
    "http://app.example/cb",
    "ftp://app.example/cb",
    "https://app.example/cb ",
    " https://app.example/cb",
    "https://app.example/cb\t",
    "\thttps://app.example/cb",
    "https://app.example/cb\n",
    "https://app.example/cb\r\nx: y",
    "https://app\t.example/cb",
    "https://app.example/c\nb",
    "https://app.example/cb\0",
    "https://xn--app-.example/cb",
    "https://app.ex\u{430}mple/cb",
    "https://app\u{3002}example/cb",
    "https://app.example\u{ff0f}cb",
    "https://app.example/cb\u{200b}",
    "https://app.example/\u{202e}bc",
    "https://[app.example]/cb",
    "https://*.example/cb",
    "https://app.example/*",
    "https://app.example/cb,https://evil.example/cb",
    "https://app.example/cb https://evil.example/cb",
    "[\"https://app.example/cb\"]",
    "javascript:alert(1)//https://app.example/cb",
    "javascript://app.example/cb%0aalert(1)",
    "data:text/html,https://app.example/cb",
    "urn:ietf:wg:oauth:2.0:oob",
    "null",
    "undefined",
];

/// The request with a redirect URI of this text.
fn to(asking: &Asking, redirect_uri: &str) -> Asking {
    asking.clone().with("redirect_uri", Some(redirect_uri))
}

#[tokio::test]
async fn s_01_no_variant_of_a_registered_redirect_uri_is_followed() {
    assert!(OTHERS.len() >= 60, "{}", OTHERS.len());
    let front = Front::new().await;
    let secret = App::confidential(&front.world, WEB).await;
    let (mut alice, mut nobody) = (front.browser().await, Browser::new(&front.world));
    for app in [&front.app, &secret] {
        let asking = Asking::new(app, Some(MCP), Some("read"));
        for other in OTHERS {
            // Also when everything else is wrong, or nobody may be asked: the place comes first.
            for asking in [
                to(&asking, other),
                to(&asking, other).with("prompt", Some("none")),
                to(&asking, other).with("response_type", Some("token")),
            ] {
                for browser in [&mut alice, &mut nobody] {
                    let page = browser.get(&front.world, &asking.path()).await;
                    problem(&page, 400, "invalid_request", other);
                }
            }
        }
        let page = alice.visit(&front.world, &asking.path()).await;
        assert!(page.has_form("consent"), "the registered one is: {page:?}");
    }
    front.world.shows(&[
        "AuthEndpoint/RedirectUriFullyMatched",
        "AuthEndpoint/RedirectUriPathMatched",
        "AuthEndpoint/RedirectUriConfusion",
    ]);
}

#[tokio::test]
async fn s_01_each_refused_redirect_uri_is_in_the_log_with_its_reason() {
    let front = Front::new().await;
    let mut browser = front.browser().await;
    let before = front.world.events("request.refused").await;
    let others = &OTHERS[..8];
    for other in others {
        browser
            .get(&front.world, &to(&front.asking("read"), other).path())
            .await;
    }
    let after = front.world.events("request.refused").await;
    assert_eq!(after - before, i64::try_from(others.len()).unwrap());
    let log = front.world.admin("GET", "/admin/v1/events?limit=20", None).await;
    let reasons = log.text.matches("not one that this client registered").count();
    assert_eq!(reasons, others.len(), "{log:?}");
}

#[tokio::test]
async fn s_01_without_a_redirect_uri_nothing_happens_also_when_there_is_only_one() {
    let front = Front::new().await;
    let mut browser = front.browser().await;
    for scope in ["read", "openid", "openid profile"] {
        let asking = front.asking(scope).with("redirect_uri", None);
        let page = browser.get(&front.world, &asking.path()).await;
        problem(&page, 400, "invalid_request", scope);
        let page = browser.get(&front.world, &asking.with("resource", None).path()).await;
        problem(&page, 400, "invalid_request", scope);
    }
    front.world.shows(&["AuthEndpoint/RedirectUriRequired"]);
}

/// Which of these places a client is answered at, all asked for by somebody who is signed in.
async fn answered_at(world: &World, browser: &mut Browser, app: &App, places: &[&str]) -> Vec<String> {
    let mut answered = Vec::new();
    for place in places {
        let asking = to(&Asking::new(app, Some(MCP), Some("read")), place).with("prompt", Some("consent"));
        let page = browser.visit(world, &asking.path()).await;
        if page.has_form("consent") {
            let page = browser.submit(world, &page, "consent", &[("decision", "allow")]).await;
            let location = page.location().unwrap_or_default();
            assert!(location.starts_with(&format!("{place}?code=")), "{place}: {location}");
            answered.push((*place).to_owned());
        } else {
            problem(&page, 400, "invalid_request", place);
        }
    }
    answered
}

#[tokio::test]
async fn s_01_on_this_computer_the_port_alone_may_vary_and_each_host_stands_for_itself() {
    let front = Front::new().await;
    let mut browser = front.browser().await;
    let all = [
        "http://127.0.0.1/callback",
        "http://127.0.0.1:1/callback",
        "http://127.0.0.1:65535/callback",
        "http://127.0.0.1:0/callback",
        "http://127.0.0.1:65536/callback",
        "http://127.0.0.1:080/callback",
        "http://127.0.0.1:/callback",
        "http://127.0.0.1:1/callback/",
        "http://127.0.0.1:1/callback?x=1",
        "http://127.0.0.1:1/callback#f",
        "http://127.0.0.1:1/other",
        "http://127.0.0.1:1/Callback",
        "http://127.0.0.1:1@evil.example/callback",
        "http://127.0.0.1:x@evil.example/callback",
        "http://127.0.0.1.evil.example/callback",
        "http://127.0.0.1:1.evil.example/callback",
        "http://evil.example:1/callback",
        "http://127.0.0.2:1/callback",
        "http://127.1:1/callback",
        "http://2130706433:1/callback",
        "http://0x7f000001:1/callback",
        "http://0177.0.0.1:1/callback",
        "http://[::ffff:127.0.0.1]:1/callback",
        "http://0.0.0.0:1/callback",
        "https://127.0.0.1:1/callback",
        "HTTP://127.0.0.1:1/callback",
        "http://[::1]/callback",
        "http://[::1]:1/callback",
        "http://[0:0:0:0:0:0:0:1]:1/callback",
        "http://[::1%25lo]:1/callback",
        "http://localhost/callback",
        "http://localhost:1/callback",
        "http://LOCALHOST:1/callback",
        "http://localhost.:1/callback",
        "http://localhost.evil.example:1/callback",
        "http://user@localhost:1/callback",
    ];
    let addresses = [
        (
            "http://127.0.0.1:3456/callback",
            vec![
                "http://127.0.0.1/callback",
                "http://127.0.0.1:1/callback",
                "http://127.0.0.1:65535/callback",
            ],
        ),
        (
            "http://[::1]:3456/callback",
            vec!["http://[::1]/callback", "http://[::1]:1/callback"],
        ),
        (
            "http://localhost:3456/callback",
            vec!["http://localhost/callback", "http://localhost:1/callback"],
        ),
    ];
    for (registered, expected) in addresses {
        let app = App::public(&front.world, registered).await;
        let answered = answered_at(&front.world, &mut browser, &app, &all).await;
        assert_eq!(answered, expected, "registered: {registered}");
    }
    front.world.shows(&["DocumentSupport/RFC8252Supported"]);
}

#[tokio::test]
async fn s_01_the_port_of_localhost_varies_for_programs_without_a_secret_alone() {
    let front = Front::new().await;
    let mut browser = front.browser().await;
    let places = ["http://localhost:3456/callback", "http://localhost:1/callback"];
    let secret = App::confidential(&front.world, places[0]).await;
    let answered = answered_at(&front.world, &mut browser, &secret, &places).await;
    assert_eq!(answered, ["http://localhost:3456/callback"], "a name like any other");
    let places = [LOOPBACK, "http://127.0.0.1:1/callback"];
    let secret = App::confidential(&front.world, LOOPBACK).await;
    let answered = answered_at(&front.world, &mut browser, &secret, &places).await;
    assert_eq!(answered, places, "RFC 8252 s7.3 speaks of the addresses");
}

/// Requests with a proved place of answer that are refused: what is wrong, and the code.
fn wrong(asking: &Asking) -> Vec<(Asking, &'static str)> {
    let with = |name: &str, value: Option<&str>| asking.clone().with(name, value);
    vec![
        (with("response_type", None), "invalid_request"),
        (with("response_type", Some("token")), "unsupported_response_type"),
        (with("response_type", Some("id_token")), "unsupported_response_type"),
        (with("response_type", Some("code token")), "unsupported_response_type"),
        (with("response_mode", Some("fragment")), "invalid_request"),
        (with("code_challenge", None), "invalid_request"),
        (with("code_challenge_method", Some("plain")), "invalid_request"),
        (with("scope", Some("unheard-of")), "invalid_scope"),
        (with("scope", Some("re\"ad")), "invalid_scope"),
        (
            with("resource", Some("https://elsewhere.example/mcp")),
            "invalid_target",
        ),
        (with("resource", Some("not a uri")), "invalid_target"),
        (with("prompt", Some("sometimes")), "invalid_request"),
        (with("prompt", Some("none login")), "invalid_request"),
        (with("dpop_jkt", Some("short")), "invalid_request"),
    ]
}

#[tokio::test]
async fn s_02_an_error_leaves_this_server_only_with_somebody_who_is_signed_in() {
    let front = Front::new().await;
    let (mut alice, mut nobody) = (front.browser().await, Browser::new(&front.world));
    for (asking, code) in wrong(&front.asking("read")) {
        let what = asking.path();
        let page = nobody.get(&front.world, &asking.path()).await;
        problem(&page, 400, code, &what);
        assert!(
            !page.answer.text.contains("app.example"),
            "not even a link leads there: {what}"
        );
        let page = alice.get(&front.world, &asking.path()).await;
        refused_at(&page, &asking, code, &what);
    }
    front.world.shows(&[
        "AuthEndpoint/AutomaticRedirectInvalidResponseType",
        "AuthEndpoint/AutomaticRedirectInvalidScope",
    ]);
}

#[tokio::test]
async fn s_02_when_nobody_may_be_asked_the_app_hears_so_at_once() {
    let front = Front::new().await;
    let (mut alice, mut nobody) = (front.browser().await, Browser::new(&front.world));
    let asking = front.asking("read").with("prompt", Some("none"));
    let page = nobody.get(&front.world, &asking.path()).await;
    refused_at(&page, &asking, "login_required", "nobody is signed in");
    let page = alice.get(&front.world, &asking.path()).await;
    refused_at(&page, &asking, "consent_required", "nobody said yes");
    let bad = asking.with("scope", Some("unheard-of"));
    let page = nobody.get(&front.world, &bad.path()).await;
    refused_at(
        &page,
        &bad,
        "invalid_scope",
        "prompt=none alone is the exception (RFC 9700 s4.11.2)",
    );
}

#[tokio::test]
async fn s_02_nobody_is_sent_to_an_app_that_nobody_approved_without_a_click() {
    let front = Front::new().await;
    let mut browser = front.browser().await;
    let members = json!({ "client_name": "Stranger", "redirect_uris": [WEB], "token_endpoint_auth_method": "none" });
    let id = front.self_registered(&members).await;
    let asking = Asking::of(&id, WEB, Some(MCP), Some("read"));
    for (asking, code) in wrong(&asking) {
        let page = browser.get(&front.world, &asking.path()).await;
        problem(&page, 400, code, &asking.path());
        let link = link(&page);
        assert!(link.starts_with("https://app.example/cb?error="), "{link}");
    }

    // The person says yes: from then on it is an app like any other.
    let page = browser.agree(&front.world, &front.alice, &asking).await;
    code(&page);
    for (asking, code) in wrong(&asking) {
        let page = browser.get(&front.world, &asking.path()).await;
        refused_at(&page, &asking, code, &asking.path());
    }

    // For another person it is a stranger still.
    let bob = front.world.person("bob@demo.test").await;
    let mut of_bob = front.world.signed_in(&bob).await;
    let page = of_bob
        .get(&front.world, &asking.with("scope", Some("unheard-of")).path())
        .await;
    problem(&page, 400, "invalid_scope", "bob never approved it");
}

/// The one link that leads away.
fn link(page: &Page) -> String {
    let text = &page.answer.text;
    let (_, rest) = text
        .split_once(r#"<a id="continue""#)
        .unwrap_or_else(|| panic!("{text}"));
    let (_, rest) = rest.split_once("href=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn s_02_schemes_that_run_or_read_something_cannot_be_registered() {
    let front = Front::new().await;
    let open = json!({ "registration": "open" });
    front.admin("PATCH", "/admin/v1/tenants/default", &open).await;
    for bad in [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "java\tscript:alert(1)",
        " javascript:alert(1)",
        "javascript://app.example/%0aalert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:msgbox(1)",
        "blob:https://app.example/x",
        "file:///etc/passwd",
        "filesystem:https://app.example/x",
        "about:blank",
        "view-source:https://app.example/",
        "intent://app.example#Intent;end",
        "ftp://app.example/cb",
        "ws://app.example/cb",
        "mailto:alice@demo.test",
        "tel:123",
        "http://app.example/cb",
        "http://169.254.169.254/latest",
        "myapp:/cb",
        "myapp://cb",
        "//app.example/cb",
        "/cb",
        "https://app.example/cb#f",
        "https://user@app.example/cb",
        "https://*.example/cb",
        "https://app.example/../cb",
        "HTTPS://app.example/cb",
        "",
    ] {
        let headers = [("content-type", "application/json".to_owned())];
        let body = json!({ "client_name": "Atlas", "redirect_uris": [bad] }).to_string();
        let answer = front.world.send("POST", "/oauth2/register", &headers, Some(body)).await;
        assert_eq!(
            (answer.status, answer.error()),
            (400, "invalid_redirect_uri"),
            "{bad:?}"
        );
        let body = json!({
            "client_name": "Atlas", "token_endpoint_auth_method": "none", "redirect_uris": [WEB, bad],
            "grant_types": ["authorization_code"],
        });
        let answer = front.world.admin("POST", "/admin/v1/clients", Some(&body)).await;
        assert_eq!(answer.status, 400, "{bad:?}: {answer:?}");
    }
}

#[tokio::test]
async fn s_02_no_page_of_ours_sends_anybody_where_a_parameter_says() {
    let front = Front::new().await;
    let evil = "https://evil.example/";
    let query: Vec<String> = [
        "next",
        "return_to",
        "continue",
        "redirect",
        "redirect_uri",
        "url",
        "post_logout_redirect_uri",
        "target",
    ]
    .iter()
    .map(|name| format!("{name}={evil}"))
    .collect();
    let query = query.join("&");
    let mut browser = Browser::new(&front.world);
    for path in ["/", "/sign-in", "/sign-in/recovery", "/sign-out", "/agents", "/account"] {
        let page = browser.visit(&front.world, &format!("{path}?{query}")).await;
        assert!(
            page.answer.status == 200 && page.location().is_none(),
            "{path}: {page:?}"
        );
        assert!(!page.answer.text.contains("evil.example"), "{path}: {page:?}");
    }
    let page = browser.get(&front.world, &format!("/sign-in?{query}")).await;
    let form = page.form("sign-in");
    let page = browser
        .post(
            &front.world,
            &form,
            &[
                ("login", &front.alice.login),
                ("password", &front.alice.password),
                ("next", evil),
                ("return_to", evil),
            ],
        )
        .await;
    assert_eq!(page.location(), Some("/agents"));
    let page = browser.get(&front.world, "/account").await;
    let page = browser
        .submit(
            &front.world,
            &page,
            "sign-out",
            &[("post_logout_redirect_uri", evil), ("next", evil)],
        )
        .await;
    assert_eq!(page.location(), Some("/sign-out"));
}

#[tokio::test]
async fn s_02_what_a_redirect_uri_has_of_a_query_stays_and_the_answer_is_added() {
    let front = Front::answered_at("https://app.example/cb?tenant=a%26b").await;
    let mut browser = front.browser().await;
    let asking = front.asking("read");
    let page = browser.agree(&front.world, &front.alice, &asking).await;
    let location = page.location().unwrap();
    assert!(
        location.starts_with("https://app.example/cb?tenant=a%26b&code="),
        "RFC 6749 s3.1.2: {location}"
    );
    assert_eq!(page.parameter("state").as_deref(), Some(asking.get("state")));
}

#[tokio::test]
async fn s_02_a_state_comes_back_as_it_was_and_cannot_become_another_parameter() {
    let front = Front::new().await;
    let mut browser = front.browser().await;
    for state in [
        "a&code=evil&iss=evil",
        "a#b",
        "a%26b",
        "\u{e4} \u{202e}",
        "a=b;c",
        "\"'<>",
        "x".repeat(4_096).as_str(),
    ] {
        let asking = front.asking("read").with("state", Some(state));
        let page = browser.agree(&front.world, &front.alice, &asking).await;
        assert_eq!(page.parameter("state").as_deref(), Some(state));
        let url = url_of(&page);
        let names: Vec<&str> = url.split('&').filter_map(|pair| pair.split('=').next()).collect();
        assert_eq!(names, ["code", "state", "iss"], "{url}");
    }
    for state in ["a\r\nset-cookie: x=y", "a\0", "a\u{1b}[31m", "x".repeat(4_097).as_str()] {
        let asking = front.asking("read").with("state", Some(state));
        let page = browser.get(&front.world, &asking.path()).await;
        problem(&page, 400, "invalid_request", "a state that is no state");
    }
    front
        .world
        .shows(&["AuthEndpoint/CodePollution", "AuthEndpoint/StatePresent"]);
}

/// The query of the URL that a page leads to, as it travels.
fn url_of(page: &Page) -> String {
    let location = page.location().unwrap();
    location.split_once('?').unwrap().1.to_owned()
}
