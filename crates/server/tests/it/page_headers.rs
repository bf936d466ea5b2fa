//! What every page carries, for every page route of the table (S-09; RFC 9700 s4.16).

use server::{Face, ROUTES, Route};
use testkit::{Answer, App, Asking, Browser, World};

use crate::{
    front::{Front, WEB},
    setup::MCP,
};

/// The directives of a policy, in order.
fn directives(answer: &Answer) -> Vec<(String, String)> {
    let policy = answer.header("content-security-policy").unwrap_or_default();
    policy
        .split(';')
        .filter_map(|directive| directive.trim().split_once(' '))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// What is true of every answer to a person, page or redirect.
fn personal(answer: &Answer, what: &str) {
    let header = |name: &str| {
        let found = answer.headers.iter().filter(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(header("x-frame-options"), ["DENY"], "{what}");
    assert_eq!(header("cache-control"), ["no-store"], "{what}");
    // Nothing for other origins. `no-referrer` would be as strict, but makes browsers send our own forms with `Origin: null`, which is refused (S-45).
    assert_eq!(header("referrer-policy"), ["same-origin"], "{what}");
    assert_eq!(header("x-content-type-options"), ["nosniff"], "{what}");
    assert_eq!(header("cross-origin-opener-policy"), ["same-origin"], "{what}");
    assert_eq!(header("cross-origin-resource-policy"), ["same-origin"], "{what}");
    assert_eq!(header("permissions-policy").len(), 1, "{what}");
    assert_eq!(header("access-control-allow-origin").len(), 0, "{what}");
    assert_eq!(header("content-security-policy").len(), 1, "{what}");
    let policy = directives(answer);
    for (name, value) in [("default-src", "'none'"), ("frame-ancestors", "'none'")] {
        assert!(
            policy.contains(&(name.to_owned(), value.to_owned())),
            "{what}: {policy:?}"
        );
    }
    for (name, value) in &policy {
        assert!(
            !value.contains("unsafe") && !value.contains('*') && !value.contains("http"),
            "{what}: {name} {value}"
        );
    }
}

/// Whether a page's forms may end elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Forms {
    EndHere,
    LeadAway,
}

/// What is true of every page.
fn page(answer: &Answer, forms: Forms, what: &str) {
    personal(answer, what);
    assert_eq!(
        answer.header("content-type"),
        Some("text/html; charset=utf-8"),
        "{what}"
    );
    let policy = directives(answer);
    let names: Vec<&str> = policy.iter().map(|(name, _)| name.as_str()).collect();
    let expected = match forms {
        Forms::EndHere => vec![
            "default-src",
            "style-src",
            "script-src",
            "img-src",
            "form-action",
            "base-uri",
            "frame-ancestors",
        ],
        Forms::LeadAway => vec![
            "default-src",
            "style-src",
            "script-src",
            "img-src",
            "base-uri",
            "frame-ancestors",
        ],
    };
    assert_eq!(names, expected, "{what}: {policy:?}");
    for (name, value) in &policy {
        let only = match name.as_str() {
            "style-src" | "script-src" | "img-src" | "form-action" => "'self'",
            _ => "'none'",
        };
        assert_eq!(value, only, "{what}: {name}");
    }
    nothing_inline(&answer.text, what);
}

/// No script and no style but those of the assets, no handler, nothing from elsewhere.
pub(crate) fn nothing_inline(html: &str, what: &str) {
    for (tag, attributes, content) in elements(html) {
        match tag {
            "script" => {
                assert!(
                    attributes.contains("/assets/prokura-") || attributes.contains("/assets/passkey-"),
                    "{what}: {attributes}"
                );
                assert!(attributes.contains("src=\"/"), "{what}: {attributes}");
                assert_eq!(content, "", "{what}: an inline script");
            }
            "link" => assert!(attributes.contains("href=\"/"), "{what}: {attributes}"),
            "style" | "iframe" | "object" | "embed" | "base" | "frame" | "applet" | "img" => panic!("{what}: <{tag}>"),
            _ => {}
        }
        for name in names(attributes) {
            assert!(
                name != "style" && !name.starts_with("on") && name != "srcdoc",
                "{what}: <{tag} {attributes}>"
            );
        }
    }
}

/// Tags with the text of their attributes, and the text up to the next tag.
pub(crate) fn elements(html: &str) -> impl Iterator<Item = (&str, &str, &str)> {
    html.split('<').skip(1).map(|piece| {
        let (tag, content) = piece.split_once('>').unwrap_or((piece, ""));
        let (name, attributes) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
        (name, attributes, content)
    })
}

/// The names of attributes.
pub(crate) fn names(attributes: &str) -> Vec<&str> {
    attributes
        .split('"')
        .step_by(2) // between the values
        .flat_map(str::split_whitespace)
        .map(|name| name.trim_end_matches('='))
        .filter(|name| !name.is_empty() && *name != "/")
        .collect()
}

/// The pages and forms of the table.
fn for_people() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().filter(|route| route.face != Face::Program)
}

/// The query that makes a page show its best: `request` is a sealed one.
fn paths(route: &Route, request: &str, asking: &Asking) -> Vec<(String, Forms)> {
    let sealed = format!("{}?request={request}", route.path);
    let bare = route.path.to_owned();
    match route.path {
        "/" | "/agents" | "/agents/give" | "/account" | "/sign-out" | "/device" | "/approvals" => vec![
            (bare.clone(), Forms::EndHere),
            (format!("{bare}?lang=de"), Forms::EndHere),
        ],
        "/approvals/{id}" => vec![("/approvals/nothing".to_owned(), Forms::EndHere)],
        "/agents/grants/{id}" | "/agents/grants/{id}/document" => {
            vec![(bare.replace("{id}", "nothing"), Forms::EndHere)]
        }
        "/sign-in" | "/sign-in/recovery" => {
            vec![(bare, Forms::LeadAway), (format!("{sealed}&lang=de"), Forms::LeadAway)]
        }
        "/consent" => vec![
            (sealed.clone(), Forms::LeadAway),
            (format!("{sealed}&lang=de"), Forms::LeadAway),
            (bare, Forms::EndHere),
        ],
        "/oauth2/authorize" => vec![(asking.path(), Forms::LeadAway), (bare, Forms::EndHere)],
        // After the sign-out the person is sent on to the app (RP-Initiated Logout s3).
        "/oauth2/logout" => vec![
            (format!("{bare}?ui_locales=de"), Forms::LeadAway),
            (
                format!("{bare}?post_logout_redirect_uri=https%3A%2F%2Fevil.example%2F"),
                Forms::EndHere,
            ),
            (bare, Forms::LeadAway),
        ],
        path => panic!("a page that this test does not know: {path}"),
    }
}

#[tokio::test]
async fn s_09_every_page_of_the_table_is_neither_framed_nor_kept_nor_scripted_from_elsewhere() {
    let front = Front::new().await;
    let mut seen = 0;
    let asking = front.asking("read");
    let mut alice = front.browser().await;
    let consent = front.consent_page(&mut alice, &asking).await;
    let form = consent.form("consent");
    let request = form
        .fields
        .iter()
        .find(|(name, _)| name == "request")
        .unwrap()
        .1
        .clone();
    for route in for_people() {
        let what = format!("{} {}", route.method, route.path);
        if route.method.as_str() == "GET" {
            for (path, forms) in paths(route, &request, &asking) {
                // Somebody who is signed in, the same browser when nobody is, and one that we do not know.
                let mut signed_out = alice.clone();
                signed_out.cookies.retain(|name, _| !name.contains("session"));
                for (n, mut browser) in [alice.clone(), signed_out, Browser::new(&front.world)]
                    .into_iter()
                    .enumerate()
                {
                    let got = browser.get(&front.world, &path).await;
                    let what = format!("{what} ({path}, {n})");
                    match got.answer.status {
                        200 => page(&got.answer, forms, &what),
                        303 => personal(&got.answer, &what),
                        _ if got.problem().is_some() => page(&got.answer, Forms::EndHere, &what),
                        status => panic!("{what}: {status}"),
                    }
                    seen += 1;
                }
            }
        } else {
            let path = route.path.replace("{id}", "nothing");
            for mut browser in [alice.clone(), Browser::new(&front.world)] {
                let got = browser
                    .send(&front.world, "POST", &path, &[], Some("a=b".to_owned()))
                    .await;
                match got.answer.status {
                    303 if matches!(route.path, "/oauth2/authorize" | "/oauth2/logout") => personal(&got.answer, &what),
                    400..500 => page(&got.answer, Forms::EndHere, &what),
                    status => panic!("{what}: {status}"),
                }
                seen += 1;
            }
        }
    }
    assert!(seen >= 60, "{seen}");
    front
        .world
        .shows(&["AuthEndpoint/HasContentSecurityPolicy", "AuthEndpoint/HasFrameOptions"]);
}

#[tokio::test]
async fn s_09_the_page_of_a_form_that_goes_wrong_is_a_page_like_any_other() {
    let front = Front::new().await;
    let mut browser = Browser::new(&front.world);
    let sign_in = browser.visit(&front.world, &front.asking("read").path()).await;
    let wrong = [("login", "nobody"), ("password", "nothing that fits")];
    let again = browser.submit(&front.world, &sign_in, "sign-in", &wrong).await;
    assert!(again.has_form("sign-in") && again.answer.status == 403, "{again:?}");
    page(&again.answer, Forms::LeadAway, "a wrong password");
    let recovery = browser.get(&front.world, "/sign-in/recovery").await;
    let again = browser
        .submit(
            &front.world,
            &recovery,
            "recovery",
            &[("login", "nobody"), ("code", "x")],
        )
        .await;
    page(&again.answer, Forms::LeadAway, "a wrong code");
    let mut alice = front.browser().await;
    let account = alice.get(&front.world, "/account").await;
    let again = alice
        .submit(
            &front.world,
            &account,
            "change-password",
            &[("current", "x"), ("password", "y")],
        )
        .await;
    page(&again.answer, Forms::EndHere, "a bad password");
    let codes = alice.submit(&front.world, &account, "make-codes", &[]).await;
    assert!(codes.answer.text.contains("fresh-codes"), "{codes:?}");
    page(&codes.answer, Forms::EndHere, "recovery codes, once and never kept");
}

#[tokio::test]
async fn s_09_the_answer_on_its_way_to_the_app_tells_nobody_where_it_comes_from() {
    let front = Front::new().await;
    let mut alice = front.browser().await;
    let got = alice.agree(&front.world, &front.alice, &front.asking("read")).await;
    personal(&got.answer, "a code");
    let standing = alice.get(&front.world, &front.asking("read").path()).await;
    assert!(standing.parameter("code").is_some(), "{standing:?}");
    personal(&standing.answer, "a code by a standing yes");
    let error = alice.get(&front.world, &front.asking("nothing").path()).await;
    personal(&error.answer, "an error");
    front.world.shows(&["AuthEndpoint/ReferrerPolicyEnforced"]);
}

#[tokio::test]
async fn s_09_the_page_before_a_strange_app_is_a_page_like_any_other() {
    let front = Front::new().await;
    let members =
        serde_json::json!({ "client_name": "Stranger", "redirect_uris": [WEB], "token_endpoint_auth_method": "none" });
    let id = front.self_registered(&members).await;
    let mut alice = front.browser().await;
    let asking = Asking::of(&id, WEB, Some(MCP), Some("nothing"));
    let got = alice.get(&front.world, &asking.path()).await;
    assert!(got.answer.text.contains("id=\"continue\""), "{got:?}");
    assert!(got.answer.text.contains("rel=\"noreferrer\""), "{got:?}");
    page(&got.answer, Forms::LeadAway, "leaving");
}

#[tokio::test]
async fn s_09_what_pages_are_dressed_in_is_of_its_type_and_changes_its_name_with_its_content() {
    let front = Front::new().await;
    let page = Browser::new(&front.world).get(&front.world, "/sign-in").await;
    let mut assets: Vec<&str> = page
        .answer
        .text
        .split("\"/assets/")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assets.sort_unstable();
    assert_eq!(assets.len(), 3, "{assets:?}");
    for name in assets {
        let answer = front.world.get(&format!("/assets/{name}")).await;
        let expected = match name.rsplit_once('.').unwrap().1 {
            "css" => "text/css",
            "js" => "text/javascript",
            "svg" => "image/svg+xml",
            other => panic!("{other}"),
        };
        assert_eq!(answer.status, 200, "{name}");
        assert!(
            answer.header("content-type").unwrap().starts_with(expected),
            "{name}: {answer:?}"
        );
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("cache-control"), Some("public, max-age=31536000"));
        assert_eq!(
            directives(&answer)[0],
            ("default-src".to_owned(), "'none'".to_owned()),
            "{name}"
        );
    }
    for name in [
        "prokura.css",
        "../Cargo.toml",
        "..%2fCargo.toml",
        "passkey-00000000.js",
        "",
    ] {
        assert_eq!(front.world.get(&format!("/assets/{name}")).await.status, 404, "{name}");
    }
}

#[tokio::test]
async fn s_09_what_is_no_page_cannot_be_framed_either() {
    let front = Front::new().await;
    let app = App::public(&front.world, WEB).await;
    for path in [
        "/nowhere".to_owned(),
        "/oauth2/token".to_owned(),
        "/admin/v1/clients".to_owned(),
        format!("/oauth2/register/{}", app.client.id),
        "/.well-known/openid-configuration".to_owned(),
    ] {
        let answer = front.world.get(&path).await;
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert!(
            directives(&answer).contains(&("frame-ancestors".to_owned(), "'none'".to_owned())),
            "{path}"
        );
    }
}

#[tokio::test]
async fn whoever_was_here_by_https_comes_by_nothing_else() {
    // FAPI 2.0 s5.2.2: connections of browsers cannot be downgraded; RFC 6797 s7.2: plain http says nothing of it.
    let (https, http) = (World::with_client_certificates(|_| {}).await, World::new().await);
    for path in [
        "/sign-in",
        "/oauth2/authorize",
        "/.well-known/openid-configuration",
        "/nowhere",
    ] {
        let told = https.get(path).await;
        assert_eq!(
            told.header("strict-transport-security"),
            Some("max-age=31536000"),
            "{path}"
        );
        assert_eq!(http.get(path).await.header("strict-transport-security"), None, "{path}");
    }
}
