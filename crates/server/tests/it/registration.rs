//! Clients that register themselves (RFC 7591, RFC 7592): what stock clients send and need, and what strangers try (S-24).

use kernel::{
    ClientId, Guard, Moment, Time,
    client::{self, ApplicationType, Authentication, Binding, GrantType, Introspects, Registration},
    registration::{UNUSED_MAX, UNUSED_SECONDS},
};
use serde_json::{Value, json};
use testkit::{Answer, App, Asking, Browser, Client, World};

use crate::setup::{MCP, apart_from_request_id, refused, with, without};

const LOOPBACK: &str = "http://localhost:6274/oauth/callback";
const CALLBACK: &str = "https://app.example/callback";

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

async fn call(world: &World, method: &str, path: &str, token: Option<&str>, body: Option<&str>) -> Answer {
    let mut headers = Vec::new();
    headers.extend(body.map(|_| ("content-type", "application/json".to_owned())));
    headers.extend(token.map(|token| ("authorization", format!("Bearer {token}"))));
    world.send(method, path, &headers, body.map(str::to_owned)).await
}

/// The path of its own registration.
fn own(answer: &Answer) -> String {
    format!("/oauth2/register/{}", answer.text_of("client_id"))
}

/// What it needs for it.
fn token(answer: &Answer) -> &str {
    answer.text_of("registration_access_token")
}

fn least() -> Value {
    json!({ "client_name": "Atlas", "redirect_uris": [CALLBACK] })
}

fn public() -> Value {
    with(&least(), "token_endpoint_auth_method", "none")
}

/// An answer as an app.
fn app(world: &World, answer: &Answer, redirect_uri: &str) -> App {
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

fn nulls(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(nulls),
        Value::Object(members) => members.values().any(nulls),
        _ => false,
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
        let method = body["token_endpoint_auth_method"].as_str().unwrap_or("client_secret_basic");
        assert_eq!(made.text_of("token_endpoint_auth_method"), method, "always said: {made:?}");
        assert_eq!(made.body["grant_types"], json!(["authorization_code", "refresh_token"]));
        assert_eq!(made.body["response_types"], json!(["code"]));
        assert_eq!(made.body.get("application_type"), body.get("application_type"), "said when it was said");
        assert_eq!(made.body.get("client_name"), body.get("client_name"));
        assert_eq!(made.body["client_id_issued_at"], world.now());
        match method {
            "none" => assert!(made.body.get("client_secret").is_none() && made.body.get("client_secret_expires_at").is_none(), "{made:?}"),
            _ => assert_eq!((unreserved(made.text_of("client_secret")), &made.body["client_secret_expires_at"]), (true, &json!(0)), "{made:?}"),
        }
        assert!(unreserved(made.text_of("client_id")) && unreserved(token(&made)), "{made:?}");
        assert!(made.text_of("client_secret").is_empty() || made.text_of("client_secret").len() >= 43, "256 bits");
        assert_eq!(made.text_of("registration_client_uri"), format!("{}{}", world.issuer, own(&made)));
        // Scopes are cut to what is known here, never refused.
        let known = match body["scope"].as_str() {
            None => Value::Null,
            Some("read write openid nothing_known") => "read write".into(),
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
        assert!(!answer.text_of("refresh_token").is_empty() && answer.body["expires_in"].is_u64(), "{answer:?}");
        let answer = world.refresh(&app, answer.text_of("refresh_token"), &[("resource", MCP.to_owned())], &[]).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
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
    assert_eq!((answer.status, answer.body.get("refresh_token")), (200, None), "{answer:?}");
}

#[tokio::test]
async fn s_24_registration_is_for_whom_the_tenant_says() {
    let world = registering("off").await;
    refused(&register(&world, &least()).await, 403, "access_denied", "off");
    let discovery = world.get("/.well-known/oauth-authorization-server").await;
    assert!(discovery.body.get("registration_endpoint").is_none(), "{discovery:?}");
    let by_admin = call(&world, "POST", "/oauth2/register", Some(&world.admin_token), Some(&least().to_string())).await;
    refused(&by_admin, 403, "access_denied", "off is off, for an administrator too");
    let acme = world.tenant_by_path("acme").await;
    let made = acme.send(&world, "POST", "/oauth2/register", &[("content-type", "application/json".to_owned())], Some(least().to_string())).await;
    refused(&made, 403, "access_denied", "a new tenant is closed");

    let rule = async |rule: &str| {
        let answer = world.admin("PATCH", "/admin/v1/tenants/default", Some(&json!({ "registration": rule }))).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    };
    rule("initial_token").await;
    refused(&register(&world, &least()).await, 401, "invalid_token", "no token");
    let made = world.admin("POST", "/admin/v1/administrators", Some(&json!({ "name": "For one app", "reach": "registration", "lifetime_seconds": 600 }))).await;
    assert_eq!(made.status, 201, "{made:?}");
    let initial = made.text_of("token").to_owned();
    let by = async |token: &str| call(&world, "POST", "/oauth2/register", Some(token), Some(&least().to_string())).await;
    assert_eq!(by(&initial).await.status, 201);
    for wrong in ["x", &format!("{initial}x"), &initial[..initial.len() - 1], &acme.admin_token] {
        refused(&by(wrong).await, 401, "invalid_token", "a wrong token");
    }
    // It opens this door and no other.
    for path in ["/admin/v1/clients", "/admin/v1/users", "/admin/v1/tenants", "/admin/v1/events"] {
        let answer = call(&world, "GET", path, Some(&initial), None).await;
        refused(&answer, 401, "invalid_token", path);
    }
    let of_another = acme
        .send(&world, "POST", "/oauth2/register", &[("content-type", "application/json".to_owned()), ("authorization", format!("Bearer {initial}"))], Some(least().to_string()))
        .await;
    assert_eq!(of_another.status, 401, "{of_another:?}");
    world.advance(600);
    refused(&by(&initial).await, 401, "invalid_token", "it ended");

    rule("open").await;
    assert_eq!(register(&world, &least()).await.status, 201);
    refused(&by("x").await, 401, "invalid_token", "a token that is wrong is not overlooked");
}

#[tokio::test]
async fn s_24_what_nobody_may_register() {
    let world = registering("open").await;
    let uris = |uri: &str| with(&least(), "redirect_uris", json!([CALLBACK, uri]));
    let many: Vec<String> = (0..21).map(|n| format!("https://app.example/{n}")).collect();
    let rsa = |bytes: usize, e: &str| json!({ "keys": [{ "kty": "RSA", "n": proof::base64url::encode(&vec![0xff; bytes]), "e": e }] });
    let by_key = |jwks: Value| with(&with(&least(), "token_endpoint_auth_method", "private_key_jwt"), "jwks", jwks);
    let mut private = Value::Object(testkit::Key::new(proof::Algorithm::ES256).public_jwk());
    private["d"] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE".into();
    for (what, body) in [
        ("no redirect_uris", without(&least(), "redirect_uris")),
        ("empty redirect_uris", with(&least(), "redirect_uris", json!([]))),
        ("21 redirect_uris", with(&least(), "redirect_uris", json!(many))),
        ("javascript", uris("javascript:alert(1)")),
        ("JavaScript", uris("JaVaScRiPt:alert(1)")),
        ("data", uris("data:text/html,x")),
        ("vbscript", uris("vbscript:x")),
        ("blob", uris("blob:https://app.example/x")),
        ("file", uris("file:///etc/passwd")),
        ("about", uris("about:blank")),
        ("a scheme without a dot", uris("myapp:/callback")),
        ("http elsewhere", uris("http://app.example/callback")),
        ("http near loopback", uris("http://127.0.0.1.app.example/")),
        ("localhost of somebody", uris("http://localhost.app.example/")),
        ("a user name", uris("https://bank.example@evil.example/")),
        ("a user name on loopback", uris("http://localhost@evil.example/")),
        ("a fragment", uris("https://app.example/#x")),
        ("an empty fragment", uris("https://app.example/#")),
        ("a wildcard", uris("https://*.app.example/")),
        ("a wildcard path", uris("https://app.example/*")),
        ("a tab", uris("https://app.example/\tx")),
        ("a newline", uris("https://app.example/\nx")),
        ("a backslash", uris("https://app.example\\@evil.example/")),
        ("a capital host", uris("https://APP.example/")),
        ("a relative one", uris("/callback")),
        ("nothing", uris("")),
        ("2001 bytes", uris(&format!("https://app.example/{}", "x".repeat(1_981)))),
        ("a web site on this computer", with(&uris("http://127.0.0.1/cb"), "application_type", "web")),
    ] {
        refused(&register(&world, &body).await, 400, "invalid_redirect_uri", what);
    }
    for (what, body) in [
        ("a name of 201 characters", with(&least(), "client_name", "\u{e4}".repeat(201))),
        ("a control character", with(&least(), "client_name", "A\u{0}B")),
        ("an escape", with(&least(), "client_name", "A\u{1b}[2J")),
        ("a name that is a number", with(&least(), "client_name", 7)),
        ("a name that is null", with(&least(), "client_name", Value::Null)),
        ("redirect_uris as a text", with(&least(), "redirect_uris", CALLBACK)),
        ("redirect_uris of numbers", with(&least(), "redirect_uris", json!([1]))),
        ("65 redirect_uris", with(&least(), "redirect_uris", json!(vec![CALLBACK; 65]))),
        ("a script for a page", with(&least(), "client_uri", "javascript:alert(1)")),
        ("a page with a user name", with(&least(), "client_uri", "https://bank.example@evil.example/")),
        ("a page of 2001 bytes", with(&least(), "client_uri", format!("https://app.example/{}", "x".repeat(1_981)))),
        ("a method of nobody", with(&least(), "token_endpoint_auth_method", "client_secret_jwt")),
        ("keys without keys", with(&least(), "token_endpoint_auth_method", "private_key_jwt")),
        ("keys elsewhere", with(&with(&least(), "token_endpoint_auth_method", "private_key_jwt"), "jwks_uri", "https://app.example/jwks")),
        ("RSA of 1,024 bits", by_key(rsa(128, "AQAB"))),
        ("RSA of 4,104 bits", by_key(rsa(513, "AQAB"))),
        ("RSA of 16,384 bits", by_key(rsa(2_048, "AQAB"))),
        ("RSA with an exponent of 1", by_key(rsa(256, "AQ"))),
        ("RSA with an exponent of 2", by_key(rsa(256, "Ag"))),
        ("a private key", by_key(json!({ "keys": [private] }))),
        ("a private key that is not needed", with(&least(), "jwks", json!({ "keys": [private] }))),
        ("a symmetric key", by_key(json!({ "keys": [{ "kty": "oct", "k": "AAAA" }] }))),
        ("33 keys", by_key(json!({ "keys": (0..33).map(|_| Value::Object(testkit::Key::new(proof::Algorithm::ES256).public_jwk())).collect::<Vec<_>>() }))),
        ("a machine", with(&least(), "grant_types", json!(["client_credentials"]))),
        ("no grant type at all", with(&least(), "grant_types", json!([]))),
        ("refresh alone", with(&least(), "grant_types", json!(["refresh_token"]))),
        ("implicit", with(&least(), "response_types", json!(["token"]))),
        ("no response type", with(&least(), "response_types", json!([]))),
        ("a strange type", with(&least(), "application_type", "robot")),
        ("a scope that is none", with(&least(), "scope", "a\"b")),
        ("bound or not", with(&least(), "dpop_bound_access_tokens", "yes")),
    ] {
        refused(&register(&world, &body).await, 400, "invalid_client_metadata", what);
    }
    let statement = with(&least(), "software_statement", "eyJhbGciOiJub25lIn0.eyJjbGllbnRfbmFtZSI6Ikdvb2dsZSJ9.");
    refused(&register(&world, &statement).await, 400, "unapproved_software_statement", "forged");
    for (what, kind, body) in [
        ("a form", "application/x-www-form-urlencoded", "client_name=x".to_owned()),
        ("text", "text/plain", least().to_string()),
    ] {
        let answer = world.send("POST", "/oauth2/register", &[("content-type", kind.to_owned())], Some(body)).await;
        refused(&answer, 415, "unsupported_media_type", what);
    }
    for body in ["", "[]", "null", "{", "\"x\"", r#"{"client_name":"a","client_name":"b","redirect_uris":["https://app.example/"]}"#] {
        let answer = call(&world, "POST", "/oauth2/register", None, Some(body)).await;
        refused(&answer, 400, "invalid_client_metadata", body);
    }
    assert_eq!(world.admin("GET", "/admin/v1/clients", None).await.body["clients"], json!([]), "nothing of all that became a client");

    let twenty: Vec<String> = many[..20].to_vec();
    for (what, body) in [
        ("20 redirect_uris", with(&least(), "redirect_uris", json!(twenty))),
        ("2000 bytes", uris(&format!("https://app.example/{}", "x".repeat(1_980)))),
        ("200 characters", with(&least(), "client_name", "\u{e4}".repeat(200))),
        ("RSA of 2,048 bits", by_key(rsa(256, "AQAB"))),
        ("RSA of 4,096 bits", by_key(rsa(512, "AQAB"))),
        ("an exponent of 3", by_key(rsa(256, "Aw"))),
        ("more grant types", with(&least(), "grant_types", json!(["authorization_code", "client_credentials", "implicit", "urn:x"]))),
        ("more response types", with(&least(), "response_types", json!(["code", "token"]))),
    ] {
        let made = register(&world, &body).await;
        assert_eq!(made.status, 201, "{what}: {made:?}");
        assert!(!made.body["grant_types"].to_string().contains("client_credentials"), "{what}");
    }
}

#[tokio::test]
async fn s_24_s_38_what_it_says_beyond_metadata_gives_it_nothing() {
    let world = registering("open").await;
    world.resource(MCP, &[]).await;
    let extra = json!({
        "tenant": "acme", "tenant_id": "acme", "status": "active", "verified": true, "role": "admin", "registered": "administrator", "registration": "administrator",
        "client_id": "chosen", "client_secret": "chosen", "client_secret_expires_at": 1, "client_id_issued_at": 1, "expires_at": 9_999_999_999_i64, "expires": null,
        "unused_until": null, "epoch": 99, "created_at": 1, "disabled": false, "disabled_at": null, "introspects_everything": true, "introspects": "everything",
        "resources": [MCP], "user": "alice@demo.test", "userId": "alice", "registration_access_token": "chosen", "registration_client_uri": "https://evil.example/",
        "token_algorithm": "ES256", "access_token_signed_response_alg": "ES256", "logo_uri": "https://evil.example/x.svg", "contacts": ["x"], "jwks_uri": "https://evil.example/jwks",
        "software_id": "4", "software_version": "1", "frobnicate": { "deep": [null] }, "client_name#de": "x"
    });
    let mut body = least();
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    let made = register(&world, &body).await;
    assert_eq!(made.status, 201, "{made:?}");
    let said: Vec<&str> = made.body.as_object().unwrap().keys().map(String::as_str).collect();
    let may = [
        "client_id", "client_id_issued_at", "client_name", "client_secret", "client_secret_expires_at", "grant_types", "redirect_uris",
        "registration_access_token", "registration_client_uri", "response_types", "token_endpoint_auth_method",
    ];
    assert_eq!(said, may, "nothing is echoed that is not known here");
    for chosen in ["client_id", "client_secret", "registration_access_token"] {
        assert_ne!(made.text_of(chosen), "chosen", "{chosen}");
    }
    assert_eq!(made.body["client_id_issued_at"], world.now());
    assert!(made.text_of("registration_client_uri").starts_with(&world.issuer));
    // How an administrator sees it: by itself, at this tenant, with nothing.
    let shown = world.admin("GET", &format!("/admin/v1/clients/{}", made.text_of("client_id")), None).await;
    assert_eq!((shown.status, shown.text_of("registered_by")), (200, "itself"), "{shown:?}");
    assert_ne!(shown.body["introspects_everything"], true, "{shown:?}");
    // The tokens of machines are not for it, for any resource.
    let client = app(&world, &made, CALLBACK).client;
    for form in [vec![], vec![("resource", MCP.to_owned())], vec![("scope", "read".to_owned())]] {
        refused(&world.token(&client, &form, &[]).await, 400, "unauthorized_client", "client_credentials");
    }
    // The same at a replacement.
    let again = call(&world, "PUT", &own(&made), Some(token(&made)), Some(&body.to_string())).await;
    assert_eq!(again.status, 200, "{again:?}");
    assert_eq!(again.text_of("client_id"), made.text_of("client_id"));
    let shown = world.admin("GET", &format!("/admin/v1/clients/{}", made.text_of("client_id")), None).await;
    assert_eq!(shown.text_of("registered_by"), "itself", "{shown:?}");
    world.advance(UNUSED_SECONDS + 1);
    sweep(&world).await;
    let gone = world.admin("GET", &format!("/admin/v1/clients/{}", made.text_of("client_id")), None).await;
    assert_eq!(gone.status, 404, "it did not give itself a longer life: {gone:?}");
}

#[tokio::test]
async fn s_24_a_registration_is_managed_by_its_own_token_alone() {
    let world = registering("open").await;
    let (mine, other) = (register(&world, &least()).await, register(&world, &public()).await);
    let document = with(&least(), "client_name", "Stolen").to_string();
    let nobody = "/oauth2/register/nobody";
    let registered = Client::register(&world, "client_secret_basic", "", &[]).await;
    let by_administrator = format!("/oauth2/register/{}", registered.id);
    let no = ["", "x", token(&other), &token(&mine)[1..], &format!("{}x", token(&mine)), &token(&mine).to_uppercase(), mine.text_of("client_secret"), &world.admin_token];
    for method in ["GET", "PUT", "DELETE"] {
        let body = (method == "PUT").then_some(document.as_str());
        let unknown = call(&world, method, nobody, Some("x"), body).await;
        refused(&unknown, 401, "invalid_token", method);
        for wrong in no {
            for path in [&own(&mine), &by_administrator] {
                let answer = call(&world, method, path, Some(wrong), body).await;
                refused(&answer, 401, "invalid_token", &format!("{method} {path} with {wrong}"));
                assert_eq!(apart_from_request_id(&answer), apart_from_request_id(&unknown), "wrong and unknown look the same");
            }
        }
        for path in [&own(&mine), &by_administrator] {
            refused(&call(&world, method, path, None, body).await, 401, "invalid_token", "no token");
        }
        let basic = format!("Basic {}", token(&mine));
        let headers = [("authorization", basic), ("content-type", "application/json".to_owned())];
        let answer = world.send(method, &own(&mine), &headers, body.map(str::to_owned)).await;
        assert_eq!(answer.status, 401, "another scheme: {answer:?}");
        let in_query = format!("{}?access_token={}", own(&mine), token(&mine));
        refused(&call(&world, method, &in_query, None, body).await, 401, "invalid_token", "in the query");
    }
    // Nothing of it changed.
    let read = call(&world, "GET", &own(&mine), Some(token(&mine)), None).await;
    assert_eq!((read.status, read.text_of("client_name")), (200, "Atlas"), "{read:?}");
    assert!(read.body.get("client_secret").is_none() && !nulls(&read.body), "{read:?}");

    // Brute force is hopeless and cheap: 256 bits, and no row for a try.
    let events = world.events("request.refused").await;
    for n in 0..200 {
        let guess = proof::digest::sha256_b64(format!("guess {n}").as_bytes());
        refused(&call(&world, "GET", &own(&mine), Some(&guess), None).await, 401, "invalid_token", "a guess");
    }
    assert!(world.events("request.refused").await - events <= 200, "at most one line a guess");

    // What its owner may do with it.
    let changed = json!({ "redirect_uris": ["https://app.example/other"], "client_name": "Atlas 2" });
    let put = call(&world, "PUT", &own(&mine), Some(token(&mine)), Some(&changed.to_string())).await;
    assert_eq!((put.status, put.text_of("client_name")), (200, "Atlas 2"), "{put:?}");
    assert_eq!(put.body["redirect_uris"], json!(["https://app.example/other"]));
    assert!(!nulls(&put.body), "{put:?}");
    for (what, body) in [
        ("another method", with(&changed, "token_endpoint_auth_method", "none")),
        ("a place it may not have", with(&changed, "redirect_uris", json!(["http://evil.example/"]))),
    ] {
        let answer = call(&world, "PUT", &own(&mine), Some(token(&mine)), Some(&body.to_string())).await;
        assert_eq!(answer.status, 400, "{what}: {answer:?}");
    }
    let page = Browser::new(&world).get(&world, &Asking::of(mine.text_of("client_id"), CALLBACK, None, None).path()).await;
    assert_eq!((page.answer.status, page.location()), (400, None), "the old place is none any more: {page:?}");
    let gone = call(&world, "DELETE", &own(&mine), Some(token(&mine)), None).await;
    assert_eq!((gone.status, gone.text.as_str()), (204, ""), "{gone:?}");
    for method in ["GET", "DELETE"] {
        refused(&call(&world, method, &own(&mine), Some(token(&mine)), None).await, 401, "invalid_token", "it is over");
    }
    let still = call(&world, "GET", &own(&other), Some(token(&other)), None).await;
    assert_eq!(still.status, 200, "the other is as it was: {still:?}");
}

#[tokio::test]
async fn s_24_a_disabled_client_manages_nothing_and_a_deleted_one_has_no_tokens() {
    let world = registering("open").await;
    world.resource(MCP, &[]).await;
    let alice = world.person("alice@demo.test").await;
    let made = register(&world, &public()).await;
    let app = app(&world, &made, CALLBACK);
    let answer = world.tokens(&alice, &app, Some(MCP), Some("read")).await;
    let refresh = answer.text_of("refresh_token").to_owned();
    let switch = async |off: bool| {
        let path = format!("/admin/v1/clients/{}", app.client.id);
        let answer = world.admin("PATCH", &path, Some(&json!({ "disabled": off }))).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    };
    switch(true).await;
    for method in ["GET", "PUT", "DELETE"] {
        let body = (method == "PUT").then(|| public().to_string());
        refused(&call(&world, method, &own(&made), Some(token(&made)), body.as_deref()).await, 401, "invalid_token", method);
    }
    switch(false).await;
    assert_eq!(call(&world, "DELETE", &own(&made), Some(token(&made)), None).await.status, 204);
    refused(&world.refresh(&app, &refresh, &[], &[]).await, 401, "invalid_client", "the client is gone");
    let page = Browser::new(&world).get(&world, &Asking::new(&app, Some(MCP), None).path()).await;
    assert_eq!(page.problem().as_deref(), Some("invalid_client"), "{page:?}");
    // What was given to it is still shown to the person, and can be stopped.
    let mut browser = world.signed_in(&alice).await;
    let page = browser.visit(&world, "/agents").await;
    assert!(page.answer.text.contains(&app.client.id), "{page:?}");
}

#[tokio::test]
async fn s_24_s_10_a_stolen_name_is_shown_as_a_claim() {
    let world = registering("open").await;
    world.resource(MCP, &[]).await;
    let alice = world.person("alice@demo.test").await;
    for name in ["Google", "Registered by an administrator", "<b>Google</b>"] {
        let made = register(&world, &with(&public(), "client_name", name)).await;
        let app = app(&world, &made, CALLBACK);
        let mut browser = world.signed_in(&alice).await;
        let page = browser.visit(&world, &Asking::new(&app, Some(MCP), Some("read")).path()).await;
        assert!(page.has_form("consent"), "{page:?}");
        let text = &page.answer.text;
        assert!(text.contains("Not verified by anyone. Any program can use this name."), "{name}: {text}");
        assert!(text.contains("An app that calls itself"), "{name}: {text}");
        assert!(!text.contains("<b>Google") && !text.contains("Registered by an administrator of"), "{name}: {text}");
        // On the sign-in page its name does not stand at all.
        let mut nobody = Browser::new(&world);
        let page = nobody.visit(&world, &Asking::new(&app, Some(MCP), Some("read")).path()).await;
        assert!(page.answer.text.contains("Sign in to see what an app asks of you"), "{page:?}");
    }
}

#[tokio::test]
async fn s_24_a_changed_registration_is_asked_about_again() {
    let world = registering("open").await;
    world.resource(MCP, &[]).await;
    let alice = world.person("alice@demo.test").await;
    let made = register(&world, &public()).await;
    let app = app(&world, &made, CALLBACK);
    let mut browser = world.signed_in(&alice).await;
    browser.agree(&world, &alice, &Asking::new(&app, Some(MCP), Some("read"))).await;
    let silent = browser.visit(&world, &Asking::new(&app, Some(MCP), Some("read")).path()).await;
    assert!(silent.parameter("code").is_some(), "a yes that stands: {silent:?}");
    let evil = "https://evil.example/callback";
    let put = async |body: Value| {
        let answer = call(&world, "PUT", &own(&made), Some(token(&made)), Some(&body.to_string())).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    };
    put(with(&public(), "redirect_uris", json!([CALLBACK, evil]))).await;
    for to in [evil, CALLBACK] {
        let page = browser.visit(&world, &Asking::of(&app.client.id, to, Some(MCP), Some("read")).path()).await;
        assert!(page.has_form("consent") && page.answer.text.contains("Something is different"), "{page:?}");
    }
    put(with(&public(), "client_name", "Atlas 2")).await;
    let page = browser.visit(&world, &Asking::new(&app, Some(MCP), Some("read")).path()).await;
    assert!(page.has_form("consent"), "another name: {page:?}");

    // Changed while the person reads: what is allowed is what was shown (S-30).
    put(with(&with(&public(), "client_name", "Atlas 3"), "redirect_uris", json!([CALLBACK, evil]))).await;
    let again = browser.submit(&world, &page, "consent", &[("decision", "allow")]).await;
    assert!(again.has_form("consent") && again.answer.text.contains("Atlas 3"), "{again:?}");
    let back = browser.submit(&world, &again, "consent", &[("decision", "allow")]).await;
    assert!(back.parameter("code").is_some(), "{back:?}");
}

/// Rows that the background job would take away now.
pub(crate) async fn sweep(world: &World) {
    world.app.store().sweep_people(Time::from_unix(world.now())).await.unwrap();
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
        let commit = store::Commit { tenant: tenant.id(), marks: &[], guards: &guards, sure: &[], events: Vec::new() };
        assert_eq!(tenant.store().commit(commit).await.unwrap(), store::Outcome::Committed);
    }
}

fn spam(n: usize, at: &Moment) -> client::Client {
    client::Client {
        id: ClientId::parse(&format!("spam-{n}")).unwrap(),
        name: "Spam".to_owned(),
        authentication: Authentication::Nothing,
        grant_types: [GrantType::AuthorizationCode].into(),
        token_algorithm: None,
        binding: Binding::WhenProved,
        introspects: Introspects::ItsResources,
        registration: Registration::Itself { token_digest: "x".to_owned() },
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
    let by_admin = call(&world, "POST", "/oauth2/register", Some(&world.admin_token), Some(&least().to_string())).await;
    assert_eq!(by_admin.status, 201, "{by_admin:?}");
    acme.admin_as(&world, &world.admin_token, "PATCH", "/admin/v1/tenants/acme", Some(&json!({ "registration": "open" }))).await;
    let at_acme = acme.send(&world, "POST", "/oauth2/register", &[("content-type", "application/json".to_owned())], Some(least().to_string())).await;
    assert_eq!(at_acme.status, 201, "{at_acme:?}");

    // A day later all of them are gone, and nothing else is.
    world.advance(UNUSED_SECONDS - 1);
    sweep(&world).await;
    assert_eq!(unused(&world).await, UNUSED_MAX + 1, "not yet");
    world.advance(2);
    sweep(&world).await;
    assert_eq!(unused(&world).await, 0);
    let left = world.admin("GET", "/admin/v1/clients?limit=500", None).await;
    let ids: Vec<&str> = left.body["clients"].as_array().unwrap().iter().map(|client| client["client_id"].as_str().unwrap()).collect();
    let mut expected = vec![app.client.id.as_str(), pinned.id.as_str()];
    expected.sort_unstable();
    assert_eq!(ids, expected, "used ones stay");
    assert_eq!(call(&world, "GET", &own(&used), Some(token(&used)), None).await.status, 200);
    // A used client that replaces its registration is not swept later either.
    let put = call(&world, "PUT", &own(&used), Some(token(&used)), Some(&public().to_string())).await;
    assert_eq!(put.status, 200, "{put:?}");
    world.advance(10 * UNUSED_SECONDS);
    sweep(&world).await;
    assert_eq!(call(&world, "GET", &own(&used), Some(token(&used)), None).await.status, 200);
    assert_eq!(register(&world, &least()).await.status, 201, "there is room again");
}
