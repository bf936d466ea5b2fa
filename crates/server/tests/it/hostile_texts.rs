//! Text of apps, agents and passers-by shows as what it is and does nothing, on every page that has any of it (S-10).

use serde_json::json;
use testkit::{App, Asking, Browser, Page};

use crate::{
    front::{Front, WEB, problem},
    page_headers::{elements, names, nothing_inline},
    setup::MCP,
};

/// Texts that mean something to a browser, a template, a terminal or an eye.
const HOSTILE: [&str; 14] = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "\"><script>alert(1)</script>",
    "' onmouseover='alert(1)",
    "\" onmouseover=\"alert(1)",
    "<svg/onload=alert(1)>",
    "<a href=javascript:alert(1)>click</a>",
    "<iframe srcdoc=x></iframe>",
    "&lt;script&gt;alert(1)",
    "{{7*7}}${7*7}<%= 7*7 %>",
    "Atlas \u{202e}sknab\u{202c}",
    "At\u{200b}las\u{feff}\u{2066}",
    "A\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}tlas",
];

/// Elements and attributes that pages of ours are made of; everything else came from somewhere.
const ELEMENTS: &str = "!doctype a article b bdi body button code dd details div dl dt footer form h1 h2 h3 head header html input label li link main meta nav \
                        noscript ol p path s script section span summary svg time title ul";

/// Nothing of a page is made by a text.
fn harmless(page: &Page, what: &str) {
    let html = &page.answer.text;
    nothing_inline(html, what);
    for (tag, attributes, _) in elements(html) {
        let name = tag.trim_start_matches('/').trim_end_matches('/').to_ascii_lowercase();
        assert!(
            ELEMENTS.split_whitespace().any(|known| known == name),
            "{what}: <{tag} {attributes}>"
        );
        let plain = |name: &&str| {
            name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-') || *name == "viewBox" || *name == "html"
        };
        for name in names(attributes) {
            assert!(plain(&name), "{what}: <{tag} {attributes}>");
        }
        let to = attributes
            .split("href=\"")
            .nth(1)
            .or_else(|| attributes.split("src=\"").nth(1));
        if let Some(to) = to {
            assert!(
                to.starts_with(['/', '#', '?']) || to.starts_with("https://app.example/cb?"),
                "{what}: a link to {to}"
            );
        }
    }
    let hidden = |c: char| {
        c.is_control() && c != '\n'
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    let found: Vec<char> = html.chars().filter(|c| hidden(*c)).collect();
    assert!(
        found.is_empty(),
        "{what}: {found:?} in {}",
        html.split('<')
            .filter(|piece| piece.contains(hidden))
            .collect::<Vec<_>>()
            .join("<")
    );
    assert!(!html.contains("49<"), "{what}: a template was filled in");
}

#[tokio::test]
async fn s_10_what_an_app_says_of_itself_makes_nothing_on_any_page() {
    let front = Front::new().await;
    for (n, hostile) in HOSTILE.into_iter().enumerate() {
        let members = json!({
            "client_name": hostile, "redirect_uris": [WEB], "token_endpoint_auth_method": "none",
            "client_uri": "https://app.example/\"><script>alert(1)</script>",
            "logo_uri": format!("https://app.example/picture-{n}.svg"), "tos_uri": "https://app.example/\"><script>alert(1)</script>", "policy_uri": "https://app.example/'onload='alert(1)",
            "contacts": [hostile], "software_id": hostile,
        });
        let id = front.self_registered(&members).await;
        let asking = Asking::of(&id, WEB, Some(MCP), Some("read"));
        let mut browser = Browser::new(&front.world);

        let page = browser.visit(&front.world, &asking.path()).await;
        assert!(page.has_form("sign-in"), "{page:?}");
        harmless(&page, hostile);
        assert!(page.answer.text.contains("Not verified by anyone"), "{hostile}");
        let page = browser
            .sign_in(&front.world, &page, &front.alice.login, &front.alice.password)
            .await;
        assert!(page.has_form("consent"), "{page:?}");
        harmless(&page, hostile);
        assert!(page.answer.text.contains("Not verified by anyone"), "{hostile}");
        assert!(
            !page.answer.text.contains("<img") && !page.answer.text.contains("src=\"https://"),
            "no picture of a stranger: {hostile}"
        );

        let leaving = browser
            .get(&front.world, &asking.clone().with("scope", Some("nothing")).path())
            .await;
        problem(&leaving, 400, "invalid_scope", hostile);
        harmless(&leaving, hostile);
        front.answer(&mut browser, &page, &[("decision", "allow")]).await;
        let page = browser.get(&front.world, "/agents").await;
        assert!(
            page.find_form("stop-agent").is_some() || page.answer.text.contains("stop-agent"),
            "{page:?}"
        );
        harmless(&page, hostile);
    }
}

#[tokio::test]
async fn s_10_what_an_administrator_typed_makes_nothing_either() {
    let front = Front::new().await;
    for (n, hostile) in HOSTILE.into_iter().enumerate() {
        let uri = format!("https://mcp.example.com/{n}");
        let body = json!({ "resource": uri, "resource_name": hostile, "scopes": { "read": hostile, "write": "Change things", "<b>": hostile } });
        front.admin("POST", "/admin/v1/resources", &body).await;
        let body = json!({ "client_name": hostile, "redirect_uris": [WEB] });
        let app = App::registered(&front.world, "none", &body, WEB).await;
        let login = if hostile.contains(' ') || !hostile.is_ascii() {
            format!("<b>{n}</b>")
        } else {
            hostile.to_owned()
        };
        let password = "four words make a sentence";
        let body = json!({ "login": login, "password": password, "profile": { "name": hostile } });
        front.admin("POST", "/admin/v1/users", &body).await;
        let rule = json!({ "effect": "forbid", "client_id": app.client.id, "resource": uri, "scope": "write" });
        front.rule(&rule).await;

        let mut browser = Browser::new(&front.world);
        let asking = Asking::new(&app, Some(&uri), None);
        let page = browser.visit(&front.world, &asking.path()).await;
        harmless(&page, hostile);
        let again = browser
            .submit(
                &front.world,
                &page,
                "sign-in",
                &[("login", &login), ("password", "wrong, it is")],
            )
            .await;
        assert_eq!(again.answer.status, 403, "{again:?}");
        harmless(&again, hostile);
        let page = browser.sign_in(&front.world, &page, &login, password).await;
        assert!(page.has_form("consent"), "{page:?}");
        harmless(&page, hostile);
        front.answer(&mut browser, &page, &[("decision", "allow")]).await;
        for path in ["/agents", "/account", "/sign-out", "/"] {
            let page = browser.get(&front.world, path).await;
            assert_eq!(page.answer.status, 200, "{page:?}");
            harmless(&page, hostile);
        }
    }
    let body = json!({ "id": "acme", "name": "<script>alert(1)</script>\u{202e}" });
    front.admin("POST", "/admin/v1/tenants", &body).await;
    let page = Browser::new(&front.world).get(&front.world, "/t/acme/sign-in").await;
    assert!(page.answer.text.contains("&lt;script&gt;"), "{page:?}");
    harmless(&page, "the name of a tenant");
}

#[tokio::test]
async fn s_10_what_a_passer_by_sends_makes_nothing() {
    let front = Front::new().await;
    let mut alice = front.browser().await;
    let long = "<b>".repeat(1_000);
    let texts = HOSTILE
        .iter()
        .map(|text| (*text).to_owned())
        .chain([long, "\u{1b}[31m\r\nset-cookie: a=b".to_owned()]);
    for hostile in texts {
        let escaped = escaped(&hostile);
        let asking = front.asking("read");

        // Names and values that nobody knows.
        for path in [
            format!("/oauth2/authorize?client_id={escaped}"),
            format!(
                "/oauth2/authorize?client_id={}&redirect_uri={escaped}",
                front.app.client.id
            ),
            format!("/oauth2/authorize?{escaped}={escaped}"),
            format!("/consent?request={escaped}"),
            format!("/sign-in?request={escaped}"),
            format!("/sign-in?lang={escaped}"),
            format!("/sign-in/recovery?request={escaped}"),
            format!("/sign-out?{escaped}"),
            format!("/agents?{escaped}"),
            format!("/account?{escaped}"),
        ] {
            let mut nobody = Browser::new(&front.world);
            for browser in [&mut alice, &mut nobody] {
                let page = browser.get(&front.world, &path).await;
                if page.answer.status != 303 {
                    harmless(&page, &path);
                }
                assert!(
                    page.answer
                        .headers
                        .iter()
                        .all(|(name, value)| name != "set-cookie" || !value.starts_with("a=b"))
                );
            }
        }

        // What an app may say of the person: it stands in the field, or nowhere.
        let hinted = asking
            .clone()
            .with("login_hint", Some(&hostile))
            .with("ui_locales", Some(&hostile));
        let mut nobody = Browser::new(&front.world);
        let page = nobody.visit(&front.world, &hinted.path()).await;
        assert!(page.has_form("sign-in"), "{page:?}");
        harmless(&page, &hostile);
        let form = page.form("sign-in");
        let login = &form.fields.iter().find(|(name, _)| name == "login").unwrap().1;
        assert!(
            login.chars().count() <= 256 && hostile.starts_with(login.as_str()),
            "{login}"
        );

        // What somebody types.
        let page = nobody
            .submit(
                &front.world,
                &page,
                "sign-in",
                &[("login", &hostile), ("password", &hostile)],
            )
            .await;
        harmless(&page, &hostile);
        let page = nobody.get(&front.world, "/sign-in/recovery").await;
        let page = nobody
            .submit(
                &front.world,
                &page,
                "recovery",
                &[("login", &hostile), ("code", &hostile)],
            )
            .await;
        harmless(&page, &hostile);
    }
}

#[tokio::test]
async fn s_10_what_a_browser_calls_itself_is_words_or_a_few_plain_letters() {
    let front = Front::new().await;
    let agents = [
        "<script>alert(1)</script>".to_owned(),
        "\"><img src=x onerror=alert(1)>".to_owned(),
        "Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0 <script>alert(1)</script>".to_owned(),
        "x".repeat(10_000),
        "<b>".repeat(3_000),
    ];
    let mut browser = Browser::new(&front.world);
    for agent in &agents {
        let mut one = Browser::new(&front.world);
        let page = one.get(&front.world, "/sign-in").await;
        let form = page.form("sign-in");
        let csrf = &form.fields.iter().find(|(name, _)| name == "csrf").unwrap().1;
        let body = format!(
            "csrf={csrf}&login={}&password={}",
            front.alice.login.replace('@', "%40"),
            front.alice.password.replace([' ', '@', ','], "+")
        );
        let body = body.replace(
            &front.alice.password.replace([' ', '@', ','], "+"),
            &escaped(&front.alice.password),
        );
        let headers = [
            ("user-agent", agent.clone()),
            ("origin", front.world.issuer.clone()),
            ("sec-fetch-site", "same-origin".to_owned()),
        ];
        let page = one.send(&front.world, "POST", "/sign-in", &headers, Some(body)).await;
        assert_eq!(page.answer.status, 303, "{page:?}");
        browser = one;
    }
    let page = browser.get(&front.world, "/account").await;
    harmless(&page, "browsers that call themselves markup");
    assert!(
        page.answer.text.contains("&lt;script&gt;alert(1)"),
        "shown as it is: {page:?}"
    );
    assert!(page.answer.text.contains("Chromium, Linux"), "what is known has a name");
    assert!(!page.answer.text.contains(&"x".repeat(65)), "cut");
    let list = front.world.admin("GET", "/admin/v1/browser-sessions", None).await;
    assert!(
        !list.text.contains(&"x".repeat(65))
            && !list
                .text
                .contains("<b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b>"),
        "{list:?}"
    );
}

fn escaped(text: &str) -> String {
    text.bytes().map(|b| format!("%{b:02X}")).collect::<Vec<_>>().concat()
}

#[tokio::test]
async fn s_10_endless_texts_are_refused_or_cut() {
    let front = Front::new().await;
    let open = json!({ "registration": "open" });
    front.admin("PATCH", "/admin/v1/tenants/default", &open).await;
    let headers = [("content-type", "application/json".to_owned())];
    for (name, status) in [
        ("x".repeat(200), 201),
        ("x".repeat(201), 400),
        ("x".repeat(10_000), 400),
        ("\u{1b}[31m".to_owned(), 400),
        ("a\nb".to_owned(), 400),
    ] {
        let body =
            json!({ "client_name": name, "redirect_uris": [WEB], "token_endpoint_auth_method": "none" }).to_string();
        let answer = front.world.send("POST", "/oauth2/register", &headers, Some(body)).await;
        assert_eq!(answer.status, status, "{answer:?}");
        if status == 201 {
            let mut alice = front.browser().await;
            let page = alice
                .visit(
                    &front.world,
                    &Asking::of(answer.text_of("client_id"), WEB, Some(MCP), Some("read")).path(),
                )
                .await;
            let (shown, details) = page.answer.text.split_once("<details class=\"details\">").unwrap();
            assert!(!shown.contains(&"x".repeat(61)), "{page:?}");
            assert!(
                details.contains(&"x".repeat(200)),
                "whole under Details alone: {page:?}"
            );
            assert!(
                page.answer.text.contains(&format!("{}…", "x".repeat(60))),
                "cut, and it shows: {page:?}"
            );
        }
    }
    let mut nobody = Browser::new(&front.world);
    let asking = front.asking("read").with("login_hint", Some(&"h".repeat(10_000)));
    let page = nobody.visit(&front.world, &asking.path()).await;
    assert!(!page.answer.text.contains(&"h".repeat(257)), "{page:?}");
}
