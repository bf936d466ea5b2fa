//! Clients that register themselves (RFC 7591): what stock clients send and need, whom the tenant lets, and how many (S-24).

use kernel::{
    ClientId, Guard, Moment, Time,
    client::{self, ApplicationType, Authentication, Binding, GrantType, Introspects, Registration},
    registration::{UNUSED_MAX, UNUSED_SECONDS},
};
use serde_json::{Value, json};
use testkit::{Answer, App, Asking, Browser, Client, World};

use crate::setup::{MCP, refused, with};

const LOOPBACK: &str = "http://localhost:6274/oauth/callback";
pub(crate) const CALLBACK: &str = "https://app.example/callback";

/// A world in which this is the rule about registration: `off`, `initial_token`, `open`.
pub(crate) async fn registering(rule: &str) -> World {
    let world = World::new().await;
    let body = json!({ "registration": rule });
    let answer = world.admin("PATCH", "/admin/v1/tenants/default", Some(&body)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    world
}

pub(crate) async fn register(world: &World, body: &Value) -> Answer {
    call(world, "POST", "/oauth2/register", None, Some(&body.to_string())).await
}

pub(crate) async fn call(world: &World, method: &str, path: &str, token: Option<&str>, body: Option<&str>) -> Answer {
    let mut headers = Vec::new();
    headers.extend(body.map(|_| ("content-type", "application/json".to_owned())));
    headers.extend(token.map(|token| ("authorization", format!("Bearer {token}"))));
    world.send(method, path, &headers, body.map(str::to_owned)).await
}

/// The path of its own registration.
pub(crate) fn own(answer: &Answer) -> String {
    format!("/oauth2/register/{}", answer.text_of("client_id"))
}

/// What it needs for it.
pub(crate) fn token(answer: &Answer) -> &str {
    answer.text_of("registration_access_token")
}

pub(crate) fn least() -> Value {
    json!({ "client_name": "Atlas", "redirect_uris": [CALLBACK] })
}

pub(crate) fn public() -> Value {
    with(&least(), "token_endpoint_auth_method", "none")
}

/// An answer as an app.
pub(crate) fn app(world: &World, answer: &Answer, redirect_uri: &str) -> App {
    let method = match answer.text_of("token_endpoint_auth_method") {
        "none" => "none",
        "client_secret_basic" => "client_secret_basic",
        other => panic!("{other}"),
    };
    App {
        client: Client {
            id: answer.text_of("client_id").to_owned(),
            secret: answer.body["client_secret"].as_str().map(str::to_owned),
            key: None,
            method,
            issuer: world.issuer.clone(),
        },
        redirect_uri: redirect_uri.to_owned(),
    }
}

pub(crate) fn nulls(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(nulls),
        Value::Object(members) => members.values().any(nulls),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Client and server of the wire agree: unreserved characters need no encoding in Basic (mcp-clients: two SDKs send it as it is, one encodes it).
fn unreserved(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
}

#[tokio::test]
async fn what_stock_clients_register_is_taken_and_works_to_the_end() {
    let world = registering("open").await;
    world.resource(MCP, &[]).await;
    let alice = world.person("alice@demo.test").await;
    // What the SDKs send: @modelcontextprotocol/client 2.4, @modelcontextprotocol/sdk 1.32, Python mcp 2.3.
    let stock = [
        json!({ "client_name": "c2", "application_type": "native", "redirect_uris": [LOOPBACK], "grant_types": ["authorization_code", "refresh_token"],
                "response_types": ["code"], "scope": "read offline_access", "token_endpoint_auth_method": "none" }),
        json!({ "client_name": "s1", "redirect_uris": [LOOPBACK], "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"], "scope": "read" }),
        json!({ "client_name": "s1 least", "redirect_uris": [LOOPBACK] }),
        json!({ "client_name": "py", "application_type": "native", "redirect_uris": ["http://localhost:3030/callback"],
                "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"], "scope": "read write openid nothing_known" }),
        json!({ "redirect_uris": ["com.example.app:/callback"], "token_endpoint_auth_method": "none" }),
        json!({ "client_name": "web", "application_type": "web", "redirect_uris": [CALLBACK], "client_uri": "https://app.example/" }),
    ];
    for body in stock {
        let made = register(&world, &body).await;
        assert_eq!(made.status, 201, "{body}: {made:?}");
        assert_eq!(made.header("cache-control"), Some("no-store"));
        assert!(!nulls(&made.body), "no null anywhere: {made:?}");
        assert_eq!(made.body["redirect_uris"], body["redirect_uris"], "echoed");
        let method = body["token_endpoint_auth_method"]
            .as_str()
            .unwrap_or("client_secret_basic");
        assert_eq!(
            made.text_of("token_endpoint_auth_method"),
            method,
            "always said: {made:?}"
        );
        assert_eq!(made.body["grant_types"], json!(["authorization_code", "refresh_token"]));
        assert_eq!(made.body["response_types"], json!(["code"]));
        assert_eq!(
            made.body.get("application_type"),
            body.get("application_type"),
            "said when it was said"
        );
        assert_eq!(made.body.get("client_name"), body.get("client_name"));
        assert_eq!(made.body["client_id_issued_at"], world.now());
        match method {
            "none" => assert!(
                made.body.get("client_secret").is_none() && made.body.get("client_secret_expires_at").is_none(),
                "{made:?}"
            ),
            _ => assert_eq!(
                (
                    unreserved(made.text_of("client_secret")),
                    &made.body["client_secret_expires_at"]
                ),
                (true, &json!(0)),
                "{made:?}"
            ),
        }
        assert!(
            unreserved(made.text_of("client_id")) && unreserved(token(&made)),
            "{made:?}"
        );
        assert!(
            made.text_of("client_secret").is_empty() || made.text_of("client_secret").len() >= 43,
            "256 bits"
        );
        assert_eq!(
            made.text_of("registration_client_uri"),
            format!("{}{}", world.issuer, own(&made))
        );
        // Scopes are cut to what is known here, never refused.
        let known = match body["scope"].as_str() {
            None => Value::Null,
            Some("read write openid nothing_known") => "openid read write".into(),
            Some(_) => "read".into(),
        };
        assert_eq!(made.body.get("scope").cloned().unwrap_or_default(), known, "{body}");

        // And it works, refresh tokens by grant type and not by scope.
        let uri = body["redirect_uris"][0].as_str().unwrap();
        let app = app(&world, &made, uri);
        let asking = Asking::new(&app, Some(MCP), Some("read"));
        let page = Browser::new(&world).agree(&world, &alice, &asking).await;
        let answer = world.redeem(&app, &asking, &page.parameter("code").unwrap(), &[]).await;
        assert_eq!(answer.status, 200, "{body}: {answer:?}");
        assert!(
            !answer.text_of("refresh_token").is_empty() && answer.body["expires_in"].is_u64(),
            "{answer:?}"
        );
        let answer = world
            .refresh(
                &app,
                answer.text_of("refresh_token"),
                &[("resource", MCP.to_owned())],
                &[],
            )
            .await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    world.shows(&[
        "TokenEndpoint/ClientSecretEntropyMinReq",
        "TokenEndpoint/ClientSecretEntropySugReq",
    ]);
}

#[tokio::test]
async fn refresh_tokens_come_by_grant_type() {
    let world = registering("open").await;
    world.resource(MCP, &[]).await;
    let alice = world.person("alice@demo.test").await;
    let body = with(&public(), "grant_types", json!(["authorization_code"]));
    let made = register(&world, &with(&body, "scope", "read offline_access")).await;
    assert_eq!(made.body["grant_types"], json!(["authorization_code"]), "{made:?}");
    let app = app(&world, &made, CALLBACK);
    let asking = Asking::new(&app, Some(MCP), Some("read offline_access"));
    let page = Browser::new(&world).agree(&world, &alice, &asking).await;
    let answer = world.redeem(&app, &asking, &page.parameter("code").unwrap(), &[]).await;
    assert_eq!(
        (answer.status, answer.body.get("refresh_token")),
        (200, None),
        "{answer:?}"
    );
}

#[tokio::test]
async fn s_24_registration_is_for_whom_the_tenant_says() {
    let world = registering("off").await;
    refused(&register(&world, &least()).await, 403, "access_denied", "off");
    let discovery = world.get("/.well-known/oauth-authorization-server").await;
    assert!(discovery.body.get("registration_endpoint").is_none(), "{discovery:?}");
    let by_admin = call(
        &world,
        "POST",
        "/oauth2/register",
        Some(&world.admin_token),
        Some(&least().to_string()),
    )
    .await;
    refused(&by_admin, 403, "access_denied", "off is off, for an administrator too");
    let acme = world.tenant_by_path("acme").await;
    let made = acme
        .send(
            &world,
            "POST",
            "/oauth2/register",
            &[("content-type", "application/json".to_owned())],
            Some(least().to_string()),
        )
        .await;
    refused(&made, 403, "access_denied", "a new tenant is closed");

    let rule = async |rule: &str| {
        let answer = world
            .admin(
                "PATCH",
                "/admin/v1/tenants/default",
                Some(&json!({ "registration": rule })),
            )
            .await;
        assert_eq!(answer.status, 200, "{answer:?}");
    };
    rule("initial_token").await;
    refused(&register(&world, &least()).await, 401, "invalid_token", "no token");
    let made = world
        .admin(
            "POST",
            "/admin/v1/administrators",
            Some(&json!({ "name": "For one app", "reach": "registration", "lifetime_seconds": 600 })),
        )
        .await;
    assert_eq!(made.status, 201, "{made:?}");
    let initial = made.text_of("token").to_owned();
    let by = async |token: &str| {
        call(
            &world,
            "POST",
            "/oauth2/register",
            Some(token),
            Some(&least().to_string()),
        )
        .await
    };
    assert_eq!(by(&initial).await.status, 201);
    for wrong in [
        "x",
        &format!("{initial}x"),
        &initial[..initial.len() - 1],
        &acme.admin_token,
    ] {
        refused(&by(wrong).await, 401, "invalid_token", "a wrong token");
    }
    // It opens this door and no other.
    for path in [
        "/admin/v1/clients",
        "/admin/v1/users",
        "/admin/v1/tenants",
        "/admin/v1/events",
    ] {
        let answer = call(&world, "GET", path, Some(&initial), None).await;
        refused(&answer, 401, "invalid_token", path);
    }
    let of_another = acme
        .send(
            &world,
            "POST",
            "/oauth2/register",
            &[
                ("content-type", "application/json".to_owned()),
                ("authorization", format!("Bearer {initial}")),
            ],
            Some(least().to_string()),
        )
        .await;
    assert_eq!(of_another.status, 401, "{of_another:?}");
    world.advance(600);
    refused(&by(&initial).await, 401, "invalid_token", "it ended");

    rule("open").await;
    assert_eq!(register(&world, &least()).await.status, 201);
    refused(
        &by("x").await,
        401,
        "invalid_token",
        "a token that is wrong is not overlooked",
    );
}

/// Rows that the background job would take away now.
pub(crate) async fn sweep(world: &World) {
    world
        .app
        .store()
        .sweep_people(Time::from_unix(world.now()))
        .await
        .unwrap();
}

async fn unused(world: &World) -> i64 {
    world.app.default_tenant().unwrap().unused_clients().await.unwrap()
}

/// So many clients that registered themselves, as they come in: straight into the rows, since it is the cap that is tested and not the door.
async fn fill(world: &World, count: usize) {
    let tenant = world.app.default_tenant().unwrap();
    let at = world.app.moment().unwrap();
    for from in (0..count).step_by(500) {
        let guards: Vec<Guard> = (from..count.min(from + 500))
            .map(|n| Guard::Client(client::Guard::Create(Box::new(spam(n, &at)))))
            .collect();
        let commit = store::Commit {
            tenant: tenant.id(),
            marks: &[],
            guards: &guards,
            sure: &[],
            events: Vec::new(),
        };
        assert_eq!(tenant.store().commit(commit).await.unwrap(), store::Outcome::Committed);
    }
}

fn spam(n: usize, at: &Moment) -> client::Client {
    client::Client {
        id: ClientId::parse(&format!("spam-{n}")).unwrap(),
        name: "Spam".to_owned(),
        keys: None,
        further: client::Further::default(),
        authentication: Authentication::Nothing,
        grant_types: [GrantType::AuthorizationCode].into(),
        token_algorithm: None,
        binding: Binding::WhenProved,
        introspects: Introspects::ItsResources,
        approvers: None,
        registration: Registration::Itself {
            token_digest: "x".to_owned(),
            key: None,
        },
        redirect_uris: vec![kernel::redirect_uri::RedirectUri::parse(CALLBACK).unwrap()],
        application_type: ApplicationType::Unsaid,
        uri: None,
        scope: None,
        expires: Some(at.now.plus(UNUSED_SECONDS)),
        epoch: 0,
        created: at.now,
        disabled: None,
    }
}

#[tokio::test]
async fn s_24_s_49_spam_fills_a_tenant_up_to_its_cap_and_goes_away_by_itself() {
    let world = registering("open").await;
    world.resource(MCP, &[]).await;
    let acme = world.tenant_by_path("acme").await;
    let alice = world.person("alice@demo.test").await;
    let used = register(&world, &public()).await;
    let app = app(&world, &used, CALLBACK);
    world.tokens(&alice, &app, Some(MCP), Some("read")).await;
    assert_eq!(unused(&world).await, 0, "somebody said yes to it");
    let pinned = Client::register(&world, "client_secret_basic", "", &[]).await;

    let cap = usize::try_from(UNUSED_MAX).unwrap();
    fill(&world, cap - 1).await;
    let last = register(&world, &least()).await;
    assert_eq!((last.status, unused(&world).await), (201, UNUSED_MAX), "the last one");
    for _ in 0..3 {
        let full = register(&world, &least()).await;
        refused(&full, 429, "too_many_requests", "full");
        assert!(full.header("retry-after").is_some(), "{full:?}");
    }
    assert_eq!(unused(&world).await, UNUSED_MAX);
    // Those with a token of an administrator still may, and so does the other tenant.
    let by_admin = call(
        &world,
        "POST",
        "/oauth2/register",
        Some(&world.admin_token),
        Some(&least().to_string()),
    )
    .await;
    assert_eq!(by_admin.status, 201, "{by_admin:?}");
    acme.admin_as(
        &world,
        &world.admin_token,
        "PATCH",
        "/admin/v1/tenants/acme",
        Some(&json!({ "registration": "open" })),
    )
    .await;
    let at_acme = acme
        .send(
            &world,
            "POST",
            "/oauth2/register",
            &[("content-type", "application/json".to_owned())],
            Some(least().to_string()),
        )
        .await;
    assert_eq!(at_acme.status, 201, "{at_acme:?}");

    // A day later all of them are gone, and nothing else is.
    world.advance(UNUSED_SECONDS - 1);
    sweep(&world).await;
    assert_eq!(unused(&world).await, UNUSED_MAX + 1, "not yet");
    world.advance(2);
    sweep(&world).await;
    assert_eq!(unused(&world).await, 0);
    let left = world.admin("GET", "/admin/v1/clients?limit=500", None).await;
    let ids: Vec<&str> = left.body["clients"]
        .as_array()
        .unwrap()
        .iter()
        .map(|client| client["client_id"].as_str().unwrap())
        .collect();
    let mut expected = vec![app.client.id.as_str(), pinned.id.as_str()];
    expected.sort_unstable();
    assert_eq!(ids, expected, "used ones stay");
    assert_eq!(
        call(&world, "GET", &own(&used), Some(token(&used)), None).await.status,
        200
    );
    // A used client that replaces its registration is not swept later either.
    let put = call(
        &world,
        "PUT",
        &own(&used),
        Some(token(&used)),
        Some(&public().to_string()),
    )
    .await;
    assert_eq!(put.status, 200, "{put:?}");
    world.advance(10 * UNUSED_SECONDS);
    sweep(&world).await;
    assert_eq!(
        call(&world, "GET", &own(&used), Some(token(&used)), None).await.status,
        200
    );
    assert_eq!(register(&world, &least()).await.status, 201, "there is room again");
}
