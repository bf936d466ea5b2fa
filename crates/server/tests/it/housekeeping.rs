//! What people and strangers leave behind goes away by itself (S-49), and what wants to be expensive at the front doors is refused at once (S-15).

use std::time::Duration;

use kernel::{authorization_code, browser_session, family, registration::UNUSED_SECONDS};
use serde_json::json;
use server::{Body, Face};
use store::registry::Value as Arg;
use testkit::{Answer, App, Asking, Browser, World};

use crate::{
    registration::{register, registering, sweep},
    setup::{MCP, refused},
    sites,
};

/// Longer than any id.
const LAST: &str = "\u{7e}";
/// How long ended browser sessions are kept, in seconds.
const ENDED_KEPT_SECONDS: i64 = 7 * 86_400;

/// Whether a table has a row of the default tenant, by the statement that its sweep looks with.
async fn any(world: &World, statement: &str, behind_all: impl Into<Arg<'static>>) -> bool {
    let known = store::registry::statements();
    let statement = known.into_iter().find(|known| known.name == statement).unwrap();
    let args = [Arg::from("default".to_owned()), behind_all.into()];
    world.app.store().probe(statement, &args).await.unwrap() > 0
}

async fn codes(world: &World) -> bool {
    any(world, "authorization_code.before", LAST.to_owned()).await
}

async fn families(world: &World) -> bool {
    any(world, "family.before", LAST.to_owned()).await
}

async fn sessions(world: &World) -> bool {
    any(world, "browser_session.expired", i64::MAX).await
}

#[tokio::test]
async fn s_49_codes_sessions_and_lines_go_away() {
    let world = World::new().await;
    world.resource(MCP, &[]).await;
    assert_eq!(
        (codes(&world).await, families(&world).await, sessions(&world).await),
        (false, false, false),
        "the baseline"
    );
    let alice = world.person("alice@demo.test").await;
    let app = App::public(&world, "https://app.example/callback").await;
    let mut refresh = String::new();
    for _ in 0..5 {
        let answer = world.tokens(&alice, &app, Some(MCP), Some("read")).await; // a browser, a code and a line each
        refresh = answer.text_of("refresh_token").to_owned();
        let mut browser = world.signed_in(&alice).await;
        browser
            .agree(&world, &alice, &Asking::new(&app, Some(MCP), Some("read")))
            .await; // a code that nobody redeems
    }
    assert_eq!(
        (codes(&world).await, families(&world).await, sessions(&world).await),
        (true, true, true)
    );

    // Codes: they count a minute and are known a day longer, so that a replay is noticed.
    world.advance(authorization_code::LIFETIME_SECONDS + authorization_code::KEPT_SECONDS - 1);
    sweep(&world).await;
    assert!(codes(&world).await);
    world.advance(2);
    sweep(&world).await;
    assert!(!codes(&world).await, "no code is left");

    // Sessions: a week after they ended by themselves.
    assert!(sessions(&world).await);
    world.advance(browser_session::LIFETIME_SECONDS + ENDED_KEPT_SECONDS);
    sweep(&world).await;
    assert!(!sessions(&world).await, "no session is left");

    // Lines: when none of them can count any more.
    assert!(families(&world).await);
    world.advance(family::LIFETIME_SECONDS_BOUND);
    sweep(&world).await;
    assert!(!families(&world).await, "no line is left");
    let gone = world.refresh(&app, &refresh, &[], &[]).await;
    refused(&gone, 400, "invalid_grant", "a token of a line that is gone");
}

#[tokio::test]
async fn s_49_a_line_whose_grant_was_stopped_goes_at_once() {
    let world = World::new().await;
    world.resource(MCP, &[]).await;
    let (alice, bob) = (
        world.person("alice@demo.test").await,
        world.person("bob@demo.test").await,
    );
    let app = App::public(&world, "https://app.example/callback").await;
    world.tokens(&alice, &app, Some(MCP), Some("read")).await;
    let kept = world
        .tokens(&bob, &app, Some(MCP), Some("read"))
        .await
        .text_of("refresh_token")
        .to_owned();
    let stop = async |person: &testkit::Person| {
        let mut browser = world.signed_in(person).await;
        let page = browser.visit(&world, "/agents").await;
        let answer = browser.submit(&world, &page, "stop-all", &[]).await;
        assert_eq!(answer.answer.status, 303, "{answer:?}");
    };
    stop(&alice).await;
    sweep(&world).await;
    assert!(families(&world).await, "bob's is there");
    assert_eq!(world.refresh(&app, &kept, &[], &[]).await.status, 200, "and lives");
    stop(&bob).await;
    sweep(&world).await;
    sweep(&world).await; // a sweep goes on where the last one stopped
    assert!(!families(&world).await);
}

#[tokio::test]
async fn s_49_strangers_who_only_look_leave_nothing() {
    let world = registering("open").await;
    world.resource(MCP, &[]).await;
    let made = register(&world, &json!({ "redirect_uris": ["https://app.example/callback"] })).await;
    let id = made.text_of("client_id").to_owned();
    for n in 0..50 {
        let asking = Asking::of(&id, "https://app.example/callback", Some(MCP), Some("read"));
        let mut browser = Browser::new(&world);
        let page = browser.visit(&world, &asking.path()).await;
        assert!(page.has_form("sign-in"), "{page:?}");
        let page = browser
            .submit(
                &world,
                &page,
                "sign-in",
                &[("login", &format!("nobody-{n}")), ("password", "")],
            )
            .await;
        assert_eq!(page.answer.status, 403, "{page:?}");
    }
    assert_eq!(
        (codes(&world).await, families(&world).await, sessions(&world).await),
        (false, false, false)
    );
    let grants = world.admin("GET", "/admin/v1/grants", None).await;
    assert_eq!(grants.body["grants"], json!([]));
    world.advance(UNUSED_SECONDS + 1);
    sweep(&world).await;
    let clients = world.admin("GET", "/admin/v1/clients", None).await;
    assert_eq!(clients.body["clients"], json!([]), "to be looked at is not to be used");
}

async fn quickly<T>(work: impl Future<Output = T>, what: &str) -> T {
    tokio::time::timeout(Duration::from_secs(5), work)
        .await
        .unwrap_or_else(|_| panic!("{what} took too long"))
}

async fn raw(world: &World, method: &str, path: &str, kind: Option<&str>, body: &str) -> Answer {
    let headers: Vec<(&str, String)> = kind.map(|kind| ("content-type", kind.to_owned())).into_iter().collect();
    quickly(world.send_raw(method, path, &headers, body), path).await
}

const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn s_15_a_long_authorization_request_is_refused_at_once() {
    let world = World::new().await;
    let app = App::public(&world, "https://app.example/callback").await;
    let asking = Asking::new(&app, None, None);
    for (bytes, what) in [(30_000, "a long one"), (31 * 1024, "almost all that a head may have")] {
        let path = format!("{}&x={}", asking.path(), "a".repeat(bytes - asking.path().len()));
        let answer = raw(&world, "GET", &path, None, "").await;
        assert!(matches!(answer.status, 303 | 400), "{what}: {answer:?}");
    }
    for bytes in [128 * 1024, 1024 * 1024] {
        let path = format!("{}&x={}", asking.path(), "a".repeat(bytes));
        let head = format!(
            "GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
            world.authority()
        );
        let answers = quickly(world.raw(head), "a head").await;
        assert!(
            answers.iter().all(|answer| matches!(answer.status, 400 | 414 | 431)),
            "{answers:?}"
        );
    }
    // State comes back as it was sent, so it is bounded as all of the request is; floods of parameters are none.
    for (what, more) in [
        (
            "parameters",
            (0..5_000).map(|n| format!("&a{n}=1")).collect::<Vec<_>>().concat(),
        ),
        ("the same parameter", "&x=1".repeat(5_000)),
        (
            "scopes",
            format!(
                "&scope={}",
                (0..5_000).map(|n| format!("s{n}")).collect::<Vec<_>>().join("+")
            ),
        ),
        ("resources", "&resource=https://a.example".repeat(500)),
        ("prompts", format!("&prompt={}", "login+".repeat(4_000))),
        ("percent signs", format!("&y={}", "%41".repeat(9_000))),
        ("half escapes", format!("&y={}", "%".repeat(9_000))),
    ] {
        let answer = raw(&world, "GET", &format!("{}{more}", asking.path()), None, "").await;
        let one_thing = matches!(what, "percent signs" | "prompts"); // a long value, and the same word many times
        assert_eq!(answer.status, if one_thing { 303 } else { 400 }, "{what}: {answer:?}");
        assert!(
            answer.header("location").unwrap_or("/").starts_with('/'),
            "{what}: nobody is signed in: {answer:?}"
        );
    }
    assert_eq!(world.get("/health/ready").await.status, 200);
}

#[tokio::test]
async fn s_15_forms_of_people_are_bounded() {
    let world = World::new().await;
    let alice = world.person("alice@demo.test").await;
    let browser = world.signed_in(&alice).await;
    let cookie = ("cookie", browser.cookie_header().unwrap());
    let kind = ("content-type", FORM.to_owned());
    let mut seen = 0;
    for route in sites::routes().filter(|route| route.face != Face::Program && route.body == Body::Form) {
        let path = route.path;
        let headers = [cookie.clone(), kind.clone()];
        let huge = format!("csrf={}", "x".repeat(64 * 1024));
        let answer = quickly(world.send_raw("POST", path, &headers, &huge), path).await;
        assert_eq!(answer.status, 413, "{path}: {answer:?}");
        for (what, body) in [
            (
                "parameters",
                (0..8_000).map(|n| format!("a{n}=1&")).collect::<Vec<_>>().concat(),
            ),
            ("the same", "csrf=x&".repeat(9_000)),
            ("boxes", "without=x&".repeat(6_000)),
            ("escapes", format!("request={}", "%".repeat(60_000))),
        ] {
            let answer = quickly(world.send_raw("POST", path, &headers, &body), what).await;
            assert!(
                (400..500).contains(&answer.status),
                "{path}, {what}: {} {}",
                answer.status,
                answer.text.len()
            );
        }
        // A sealed request, a ceremony, a credential or a password of 60 kB opens nothing.
        let long = "A".repeat(60_000);
        for field in [
            "request",
            "ceremony",
            "credential",
            "password",
            "login",
            "code",
            "grant",
            "session",
            "passkey",
            "name",
        ] {
            let answer = quickly(
                world.send_raw("POST", path, &headers, &format!("{field}={long}")),
                field,
            )
            .await;
            let sent_on = matches!(path, "/oauth2/authorize" | "/oauth2/logout") && answer.status == 303; // as a query, which no head can carry
            assert!(
                sent_on || (400..500).contains(&answer.status),
                "{path} {field}: {}",
                answer.status
            );
            assert!(sent_on || !answer.text.contains(&long), "{path} {field} comes back");
        }
        seen += 1;
    }
    assert_eq!(seen, 17, "every form of the table");
    assert_eq!(world.get("/health/ready").await.status, 200);
}

#[tokio::test]
async fn s_15_registrations_are_bounded() {
    let world = registering("open").await;
    let json = Some("application/json");
    let open = |depth: usize| {
        format!(
            r#"{{"redirect_uris":["https://app.example/"],"x":{}1{}}}"#,
            "[".repeat(depth),
            "]".repeat(depth)
        )
    };
    let objects = |depth: usize| {
        format!(
            r#"{{"redirect_uris":["https://app.example/"],"x":{}1{}}}"#,
            r#"{"a":"#.repeat(depth),
            "}".repeat(depth)
        )
    };
    for (what, body) in [
        ("100,000 brackets", open(100_000)),
        ("100,000 brackets that nobody closes", "[".repeat(100_000)),
        ("30,000 objects", objects(30_000)),
        ("17 levels", open(17)),
        ("a member that no JSON has, behind 16,000 good ones", format!("{{{}}}x", (0..16_000).map(|n| format!("\"{n}\":1")).collect::<Vec<_>>().join(","))),
        ("a long number", format!(r#"{{"redirect_uris":["https://app.example/"],"x":{}}}"#, "9".repeat(200_000))),
        ("an exponent", r#"{"redirect_uris":["https://app.example/"],"x":1e999999999}"#.to_owned()),
        ("30,000 scopes of their own", json!({ "redirect_uris": ["https://app.example/"], "scope": (0..30_000).map(|n| format!("s{n}")).collect::<Vec<_>>().join(" ") }).to_string()),
        ("10,000 redirects", json!({ "redirect_uris": (0..8_000).map(|n| format!("https://app.example/{n}")).collect::<Vec<_>>() }).to_string()),
        ("10,000 grant types", json!({ "redirect_uris": ["https://app.example/"], "grant_types": vec!["authorization_code"; 8_000] }).to_string()),
        ("a name of 200 kB", json!({ "redirect_uris": ["https://app.example/"], "client_name": "x".repeat(200_000) }).to_string()),
        ("10,000 keys", json!({ "redirect_uris": ["https://app.example/"], "jwks": { "keys": vec![json!({ "kty": "?" }); 10_000] } }).to_string()),
    ] {
        let answer = raw(&world, "POST", "/oauth2/register", json, &body).await;
        refused(&answer, 400, "invalid_client_metadata", what);
    }
    let huge = json!({ "redirect_uris": ["https://app.example/"], "client_name": "x".repeat(256 * 1024) }).to_string();
    for (method, path) in [("POST", "/oauth2/register"), ("PUT", "/oauth2/register/nobody")] {
        refused(
            &raw(&world, method, path, json, &huge).await,
            413,
            "content_too_large",
            "more than 256 KiB",
        );
    }
    refused(
        &raw(
            &world,
            "DELETE",
            "/oauth2/register/nobody",
            json,
            &"x".repeat(65 * 1024 + 1),
        )
        .await,
        413,
        "content_too_large",
        "nothing is to be said there",
    );
    assert_eq!(
        world.admin("GET", "/admin/v1/clients", None).await.body["clients"],
        json!([])
    );
    // What is large but right is taken; a scope that stands there 100,000 times is one.
    let again = json!({ "redirect_uris": ["https://app.example/"], "scope": "s ".repeat(100_000) }).to_string();
    let made = raw(&world, "POST", "/oauth2/register", json, &again).await;
    assert_eq!((made.status, made.body.get("scope")), (201, None), "{made:?}");
    let uris: Vec<String> = (0..20)
        .map(|n| format!("https://app.example/{n}/{}", "x".repeat(1_900)))
        .collect();
    let made = raw(
        &world,
        "POST",
        "/oauth2/register",
        json,
        &json!({ "redirect_uris": uris, "x": "y".repeat(200_000) }).to_string(),
    )
    .await;
    assert_eq!(made.status, 201, "{made:?}");
}
