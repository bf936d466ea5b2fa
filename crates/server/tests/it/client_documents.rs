//! Clients by the address of their metadata document (S-23): what it may say, where it may be, how long it counts. A host of the test counts who came.

use serde_json::{Value, json};
use testkit::{App, Asking, Browser, Client, Page, World};

use crate::{
    document_host::DocumentHost,
    setup::{refused, with, without},
};

pub(crate) const CALLBACK: &str = "https://app.example/callback";

/// What a good document at an address says.
pub(crate) fn document(id: &str) -> Value {
    json!({ "client_id": id, "client_name": "Atlas", "redirect_uris": [CALLBACK] })
}

/// The app whose document that is, as a client without a credential.
pub(crate) fn app(world: &World, id: &str) -> App {
    App {
        client: Client {
            id: id.to_owned(),
            secret: None,
            key: None,
            method: "none",
            issuer: world.issuer.clone(),
        },
        redirect_uri: CALLBACK.to_owned(),
    }
}

/// A fresh browser is sent here by a client of this id.
pub(crate) async fn sent(world: &World, id: &str) -> Page {
    Browser::new(world)
        .get(world, &Asking::of(id, CALLBACK, None, None).path())
        .await
}

/// The client is one: the browser goes on to the sign-in.
pub(crate) async fn taken(world: &World, id: &str, what: &str) {
    let page = sent(world, id).await;
    let on = page
        .location()
        .is_some_and(|location| location.starts_with("/sign-in?request="));
    assert!(on, "{what}: {page:?}");
}

/// The client is none: a page says so, nothing is redirected, and the page does not tell what lies where.
pub(crate) async fn not_taken(world: &World, id: &str, what: &str) -> Page {
    let page = sent(world, id).await;
    assert_eq!(page.answer.status, 400, "{what}: {page:?}");
    assert_eq!(page.problem().as_deref(), Some("invalid_client_metadata"), "{what}");
    assert_eq!(page.location(), None, "{what}");
    for network in [
        "loopback",
        "link-local",
        "private use",
        "metadata addr",
        "special use",
        "refused",
    ] {
        assert!(!page.answer.text.contains(network), "{what}: {page:?}");
    }
    page
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one table, and what it is for")]
async fn s_23_what_a_document_must_not_say() {
    let (world, host) = (World::new().await, DocumentHost::new().await);
    let id = host.id("client.json");
    let good = document(&id);
    let key = testkit::Key::new(proof::Algorithm::ES256);
    let keys = json!({ "keys": [key.public_jwk()] });
    let mut private = Value::Object(key.public_jwk());
    private["d"] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE".into();
    let by_key = with(&good, "token_endpoint_auth_method", "private_key_jwt");
    let uris = |uri: &str| with(&good, "redirect_uris", json!([CALLBACK, uri]));
    let many: Vec<String> = (0..21).map(|n| format!("https://app.example/{n}")).collect();
    let bad = [
        ("no client_id", without(&good, "client_id")),
        (
            "another client_id",
            with(&good, "client_id", "https://app.example/client.json"),
        ),
        ("a slash more", with(&good, "client_id", format!("{id}/"))),
        ("a query more", with(&good, "client_id", format!("{id}?"))),
        (
            "another case",
            with(&good, "client_id", id.replace("localhost", "LOCALHOST")),
        ),
        (
            "an address for the name",
            with(&good, "client_id", id.replace("localhost", "127.0.0.1")),
        ),
        ("a list of ids", with(&good, "client_id", json!([id]))),
        ("client_secret", with(&good, "client_secret", "s")),
        ("an empty client_secret", with(&good, "client_secret", "")),
        ("client_secret null", with(&good, "client_secret", Value::Null)),
        ("client_secret_expires_at", with(&good, "client_secret_expires_at", 0)),
        (
            "client_secret_basic",
            with(&good, "token_endpoint_auth_method", "client_secret_basic"),
        ),
        (
            "client_secret_post",
            with(&good, "token_endpoint_auth_method", "client_secret_post"),
        ),
        (
            "client_secret_jwt",
            with(&good, "token_endpoint_auth_method", "client_secret_jwt"),
        ),
        (
            "a method of nobody",
            with(&good, "token_endpoint_auth_method", "telepathy"),
        ),
        ("a method that is no text", with(&good, "token_endpoint_auth_method", 1)),
        ("keys without keys", by_key.clone()),
        ("a private key", with(&by_key, "jwks", json!({ "keys": [private] }))),
        (
            "a private key of a public client",
            with(&good, "jwks", json!({ "keys": [private] })),
        ),
        (
            "a symmetric key",
            with(&by_key, "jwks", json!({ "keys": [{ "kty": "oct", "k": "AAAA" }] })),
        ),
        ("no key in the set", with(&by_key, "jwks", json!({ "keys": [] }))),
        ("a set that is a list", with(&by_key, "jwks", json!([key.public_jwk()]))),
        (
            "a small RSA key",
            with(
                &by_key,
                "jwks",
                json!({ "keys": [{ "kty": "RSA", "n": proof::base64url::encode(&[0xff; 128]), "e": "AQAB" }] }),
            ),
        ),
        ("no name", without(&good, "client_name")),
        ("an empty name", with(&good, "client_name", "")),
        (
            "a name of 201 characters",
            with(&good, "client_name", "\u{e4}".repeat(201)),
        ),
        (
            "a name with a control character",
            with(&good, "client_name", "At\u{1b}[31mlas"),
        ),
        (
            "a name that is no text",
            with(&good, "client_name", json!({ "en": "Atlas" })),
        ),
        ("no redirect_uris", without(&good, "redirect_uris")),
        ("empty redirect_uris", with(&good, "redirect_uris", json!([]))),
        ("redirect_uris that are no list", with(&good, "redirect_uris", CALLBACK)),
        ("21 redirect_uris", with(&good, "redirect_uris", json!(many))),
        ("javascript", uris("javascript:alert(1)")),
        ("data", uris("data:text/html,x")),
        ("http elsewhere", uris("http://app.example/callback")),
        ("a user name", uris("https://app.example@evil.example/")),
        ("a fragment", uris("https://app.example/#x")),
        ("a wildcard", uris("https://*.app.example/")),
        (
            "2001 bytes",
            uris(&format!("https://app.example/{}", "x".repeat(1_981))),
        ),
        ("a machine", with(&good, "grant_types", json!(["client_credentials"]))),
        ("no code", with(&good, "response_types", json!(["token"]))),
        (
            "a page that is a script",
            with(&good, "client_uri", "javascript:alert(1)"),
        ),
        (
            "a page with a user name",
            with(&good, "client_uri", "https://bank.example@evil.example/"),
        ),
        (
            "a page of 2001 bytes",
            with(
                &good,
                "client_uri",
                format!("https://app.example/{}", "x".repeat(1_981)),
            ),
        ),
        ("a strange type", with(&good, "application_type", "robot")),
        (
            "a web site on this computer",
            with(
                &with(&good, "application_type", "web"),
                "redirect_uris",
                json!(["http://127.0.0.1/cb"]),
            ),
        ),
        ("bound or not", with(&good, "dpop_bound_access_tokens", "true")),
    ];
    for (n, (what, body)) in bad.into_iter().enumerate() {
        host.serves("client.json", &body, &[]);
        not_taken(&world, &id, what).await;
        assert_eq!(host.asked("client.json"), n + 1, "{what}: it was not kept");
    }
    let twenty = &many[..19];
    let mut right: Vec<Value> = twenty.iter().map(|uri| uri.as_str().into()).collect();
    right.push(CALLBACK.into());
    for (what, body) in [
        (
            "a name of 200 characters",
            with(&good, "client_name", "\u{e4}".repeat(200)),
        ),
        ("20 redirect_uris", with(&good, "redirect_uris", right)),
        (
            "2000 bytes",
            uris(&format!("https://app.example/{}", "x".repeat(1_980))),
        ),
        (
            "unknown members",
            with(&good, "frobnicate", json!([{ "tenant": "acme" }, null])),
        ),
        (
            "unknown scopes",
            with(&good, "scope", "openid nothing_here offline_access"),
        ),
        (
            "unknown grant types",
            with(&good, "grant_types", json!(["authorization_code", "implicit"])),
        ),
        ("keys in it", with(&by_key, "jwks", keys.clone())),
        ("a software statement", with(&good, "software_statement", "e30.e30.")),
    ] {
        world.advance(90_000);
        host.serves("client.json", &body, &[]);
        taken(&world, &id, what).await;
    }
}

#[tokio::test]
async fn s_23_an_id_that_is_an_address_has_one_form() {
    let (world, trap) = (World::new().await, DocumentHost::new().await);
    let host = format!("localhost:{}", trap.port);
    for id in [
        format!("https://{host}"),
        format!("https://{host}/"),
        format!("https://{host}?x"),
        format!("https://u@{host}/client.json"),
        format!("https://u:p@{host}/client.json"),
        format!("https://@{host}/client.json"),
        format!("http://{host}/client.json#x"),
        format!("http://{host}/client.json#"),
        format!("http://{host}/a/../client.json"),
        format!("http://{host}/./client.json"),
        format!("http://{host}/a/.."),
        format!("http://{host}/%2e%2e/client.json"),
        format!("http://{host}/.%2E/client.json"),
        format!("http://{host}/%2e/client.json"),
        format!("HTTP://{host}/client.json"),
        format!("Https://{host}/client.json"),
        format!("ftp://{host}/client.json"),
        format!("file://{host}/client.json"),
        format!("x://{host}/client.json"),
        "https:///client.json".to_owned(),
        "http://localhost:0/client.json".to_owned(),
        "http://localhost:65536/client.json".to_owned(),
        format!("http://{host}\\client.json"),
        format!("http://{host}/client{{}}.json"),
    ] {
        trap.serves("client.json", &document(&id), &[]);
        not_taken(&world, &id, &id).await;
    }
    for id in [
        "client.json",
        "//localhost/client.json",
        "javascript:alert(1)",
        "https:/client.json",
    ] {
        let page = sent(&world, id).await;
        assert_eq!(page.problem().as_deref(), Some("invalid_client"), "{id}: {page:?}");
    }
    assert_eq!(trap.connections().await, 0, "{:?}", trap.requests());
    let id = trap.id(&format!("{}.json", "a".repeat(600)));
    assert_eq!(sent(&world, &id).await.location(), None, "longer than any id");
    assert_eq!(trap.connections().await, 0);
}

#[tokio::test]
async fn s_23_a_document_is_kept_within_bounds() {
    let (world, host) = (World::new().await, DocumentHost::new().await);
    // What its sender says of keeping it, and how long it counts here, in seconds.
    let bounds: [(&str, i64); 8] = [
        ("x-nothing: said", 300),
        ("cache-control: max-age=120", 120),
        ("cache-control: max-age=1", 30),
        ("cache-control: no-store", 30),
        ("cache-control: no-cache, max-age=600", 30),
        ("cache-control: max-age=31536000", 86_400),
        ("cache-control: public, max-age=100\r\nage: 40", 60),
        ("cache-control: max-age=oops", 30),
    ];
    for (n, (line, seconds)) in bounds.into_iter().enumerate() {
        let name = format!("client-{n}.json");
        let id = host.id(&name);
        host.serves(&name, &document(&id), &[line]);
        taken(&world, &id, line).await;
        world.advance(seconds - 1);
        taken(&world, &id, line).await;
        assert_eq!(host.asked(&name), 1, "{line}: it still counts");
        world.advance(1);
        taken(&world, &id, line).await;
        assert_eq!(host.asked(&name), 2, "{line}: it is read anew");
    }
    // A document that went away, or went bad, is none: what was kept does not outlive its time.
    let (name, id) = ("client-0.json", host.id("client-0.json"));
    host.serves(name, &document(&id), &[]);
    world.advance(90_000);
    taken(&world, &id, "there").await;
    host.serves(name, &with(&document(&id), "client_secret", "x"), &[]);
    taken(&world, &id, "kept").await;
    world.advance(300);
    not_taken(&world, &id, "gone bad").await;
    host.serves(name, &document(&id), &[]);
    taken(&world, &id, "there again, at once").await;
}

#[tokio::test]
async fn s_23_no_program_can_make_the_server_fetch() {
    let (world, trap) = (World::new().await, DocumentHost::new().await);
    let id = trap.id("client.json");
    trap.serves("client.json", &document(&id), &[]);
    let form = |more: &[(&'static str, &str)]| {
        let mut form = vec![("client_id", id.clone())];
        form.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        form
    };
    let basic = {
        use base64::Engine;
        let pair = base64::engine::general_purpose::STANDARD.encode(format!("{}:s", id.replace(':', "%3A")));
        [("authorization", format!("Basic {pair}"))]
    };
    for grant_type in ["authorization_code", "refresh_token", "client_credentials"] {
        let more = [
            ("grant_type", grant_type),
            ("code", "x"),
            ("refresh_token", "x"),
            ("code_verifier", "x"),
            ("redirect_uri", CALLBACK),
        ];
        refused(
            &world.post("/oauth2/token", &[], &form(&more)).await,
            401,
            "invalid_client",
            grant_type,
        );
        refused(
            &world.post("/oauth2/token", &basic, &form(&more)[1..]).await,
            401,
            "invalid_client",
            grant_type,
        );
    }
    let key = testkit::Key::new(proof::Algorithm::ES256);
    let client = Client {
        id: id.clone(),
        secret: None,
        key: Some(key),
        method: "private_key_jwt",
        issuer: world.issuer.clone(),
    };
    let assertion = client.assertion(&client.assertion_claims(&world)).await;
    let mut proved = testkit::assertion_form(&assertion);
    proved.push(("grant_type", "client_credentials".to_owned()));
    proved.push(("token", "x".to_owned()));
    for path in ["/oauth2/token", "/oauth2/introspect", "/oauth2/revoke"] {
        refused(&world.post(path, &[], &proved).await, 401, "invalid_client", path);
    }
    let by_name = world.post("/oauth2/revoke", &[], &form(&[("token", "x")])).await;
    assert_eq!(by_name.status, 401, "{by_name:?}");
    assert_eq!(trap.connections().await, 0, "{:?}", trap.requests());
}

#[tokio::test]
async fn s_23_a_tenant_can_refuse_documents() {
    let (world, host) = (World::new().await, DocumentHost::new().await);
    let acme = world.tenant_by_path("acme").await;
    let id = host.id("client.json");
    host.serves("client.json", &document(&id), &[]);
    taken(&world, &id, "before").await;
    let switch = async |on: bool| {
        let body = json!({ "client_documents": on });
        let answer = world.admin("PATCH", "/admin/v1/tenants/default", Some(&body)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    };
    switch(false).await;
    let asked = host.connections().await;
    let page = sent(&world, &id).await;
    assert_eq!(
        page.problem().as_deref(),
        Some("invalid_client"),
        "kept or not: {page:?}"
    );
    assert_eq!(page.location(), None);
    let other = host.id("other.json");
    host.serves("other.json", &document(&other), &[]);
    assert_eq!(sent(&world, &other).await.problem().as_deref(), Some("invalid_client"));
    assert_eq!(host.connections().await, asked, "nothing is fetched");
    let discovery = world.get("/.well-known/oauth-authorization-server").await;
    assert_ne!(
        discovery.body["client_id_metadata_document_supported"], true,
        "{discovery:?}"
    );
    // The other tenant still does.
    let page = Browser::at(&acme)
        .get(&world, &Asking::of(&other, CALLBACK, None, None).path())
        .await;
    assert!(
        page.location().is_some_and(|url| url.starts_with("/t/acme/sign-in?")),
        "{page:?}"
    );
    assert_eq!(
        acme.get(&world, "/.well-known/oauth-authorization-server").await.body["client_id_metadata_document_supported"],
        true
    );
    switch(true).await;
    taken(&world, &id, "after").await;
}
