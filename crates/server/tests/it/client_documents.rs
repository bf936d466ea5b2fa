//! Clients by the address of their metadata document: what may be fetched, from where, what it may say (S-23). A host of the test counts who came.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::{App, Asking, Browser, Client, Page, Person, World};

use crate::{
    document_host::{DocumentHost, Names, Says, served},
    setup::{MCP, refused, with, without},
};

pub(crate) const CALLBACK: &str = "https://app.example/callback";

/// What a good document at an address says.
pub(crate) fn document(id: &str) -> Value {
    json!({ "client_id": id, "client_name": "Atlas", "redirect_uris": [CALLBACK] })
}

/// The app whose document that is, as a client without a credential.
fn app(world: &World, id: &str) -> App {
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
    Browser::new(world).get(world, &Asking::of(id, CALLBACK, None, None).path()).await
}

/// The client is one: the browser goes on to the sign-in.
async fn taken(world: &World, id: &str, what: &str) {
    let page = sent(world, id).await;
    let on = page.location().is_some_and(|location| location.starts_with("/sign-in?request="));
    assert!(on, "{what}: {page:?}");
}

/// The client is none: a page says so, nothing is redirected, and the page does not tell what lies where.
async fn not_taken(world: &World, id: &str, what: &str) -> Page {
    let page = sent(world, id).await;
    assert_eq!(page.answer.status, 400, "{what}: {page:?}");
    assert_eq!(page.problem().as_deref(), Some("invalid_client_metadata"), "{what}");
    assert_eq!(page.location(), None, "{what}");
    for network in ["loopback", "link-local", "private use", "metadata addr", "special use", "refused"] {
        assert!(!page.answer.text.contains(network), "{what}: {page:?}");
    }
    page
}

/// A world in which nothing on this machine may be asked, as in the product; these names have these addresses.
async fn closed(names: &[(&str, &[&str])]) -> World {
    let resolver = Names::of(names);
    World::with_settings(|settings| {
        settings.egress = egress::Settings {
            resolver,
            ..egress::Settings::default()
        };
    })
    .await
}

/// A world in which the second address of this machine may be asked, and the first may not.
async fn next_door() -> (World, DocumentHost) {
    let host = DocumentHost::at("127.0.0.2".parse().unwrap()).await;
    let world = World::with_settings(|settings| {
        settings.egress = egress::Settings {
            allowed_networks: vec!["127.0.0.2/32".parse().unwrap()],
            plain_http: egress::PlainHttp::LoopbackOnly,
            resolver: Names::of(&[("home.test", &["127.0.0.1"]), ("both.test", &["127.0.0.2", "127.0.0.1"])]),
            ..egress::Settings::default()
        };
    })
    .await;
    (world, host)
}

/// Every way to write an address of this machine or of a network that is not the Internet, at this port.
fn places(port: u16) -> Vec<String> {
    let hosts = [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0x7F.1",
        "0177.0.0.1",
        "017700000001",
        "0177.0x0.0.1",
        "127.0.0.1.",
        "127.255.255.254",
        "0.0.0.0",
        "0",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "169.254.169.254",
        "0xa9fea9fe",
        "2852039166",
        "100.64.0.1",
        "100.127.255.255",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "a.localhost",
        "a.b.localhost.",
        "home.test",
        "six.test",
        "mapped.test",
        "metadata.test",
        "shared.test",
        "nowhere.test",
        "both.test",
        "unknown.test",
    ];
    hosts.iter().map(|host| format!("{host}:{port}")).collect()
}

#[tokio::test]
async fn s_23_nothing_on_this_machine_is_reached_where_loopback_is_closed() {
    assert!(egress::Settings::default().total_seconds_max <= 5, "answered within 5 s");
    let trap = DocumentHost::everywhere().await;
    let world = closed(&[
        ("home.test", &["127.0.0.1"]),
        ("six.test", &["::1"]),
        ("mapped.test", &["::ffff:127.0.0.1"]),
        ("metadata.test", &["169.254.169.254"]),
        ("shared.test", &["100.64.0.1"]),
        ("nowhere.test", &["0.0.0.0"]),
        ("both.test", &["192.0.1.1", "127.0.0.1"]), // the first is an ordinary address: one bad one refuses all
    ])
    .await;
    for place in places(trap.port) {
        for scheme in ["https", "http"] {
            let id = format!("{scheme}://{place}/client.json");
            trap.serves("client.json", &document(&id), &[]);
            let asked = Instant::now();
            not_taken(&world, &id, &id).await;
            assert!(asked.elapsed() < Duration::from_secs(5), "{id}");
        }
    }
    assert_eq!(trap.connections().await, 0, "{:?}", trap.requests());
}

#[tokio::test]
async fn s_23_in_development_no_other_place_than_loopback_is_open() {
    let trap = DocumentHost::everywhere().await;
    let world = World::with_settings(|settings| {
        settings.egress.resolver = Names::of(&[("nowhere.test", &["0.0.0.0"]), ("mapped.test", &["::ffff:127.0.0.1"])]);
    })
    .await;
    let loopback = |place: &str| {
        let host = place.rsplit_once(':').unwrap().0.to_ascii_lowercase();
        let url = url::Url::parse(&format!("https://{host}/")).unwrap();
        match url.host() {
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            Some(url::Host::Domain(name)) => name.trim_end_matches('.').ends_with("localhost"),
            None => false,
        }
    };
    for place in places(trap.port).into_iter().filter(|place| !loopback(place)) {
        for scheme in ["https", "http"] {
            let id = format!("{scheme}://{place}/client.json");
            trap.serves("client.json", &document(&id), &[]);
            not_taken(&world, &id, &id).await;
        }
    }
    assert_eq!(trap.connections().await, 0, "{:?}", trap.requests());
    let id = trap.id("client.json");
    trap.serves("client.json", &document(&id), &[]);
    taken(&world, &id, "http on localhost").await;
    assert_eq!(trap.connections().await, 1, "the trap works");
}

#[tokio::test]
async fn s_23_an_http_id_is_for_localhost_alone() {
    // A name that leads here is no localhost: plain http says nothing about who answers.
    let host = DocumentHost::new().await;
    let world = World::with_settings(|settings| {
        settings.egress.resolver = Names::of(&[("home.test", &["127.0.0.1"])]);
    })
    .await;
    let id = format!("http://home.test:{}/client.json", host.port);
    host.serves("client.json", &document(&id), &[]);
    not_taken(&world, &id, "plain http to a name").await;
    assert_eq!(host.connections().await, 0);
}

#[tokio::test]
async fn s_23_what_a_document_names_is_fetched_by_the_same_rules_or_not_at_all() {
    let (world, host) = next_door().await;
    let trap = DocumentHost::everywhere().await;
    let id = format!("http://127.0.0.2:{}/client.json", host.port);
    host.serves("client.json", &document(&id), &[]);
    taken(&world, &id, "next door is open").await;
    assert_eq!(host.asked("client.json"), 1);

    // Keys are fetched, from where a document could be, and from nowhere else.
    let keyed = |uri: &str| with(&with(&document(&id), "token_endpoint_auth_method", "private_key_jwt"), "jwks_uri", uri);
    world.advance(400);
    for place in places(trap.port) {
        if place.starts_with("unknown") {
            continue;
        }
        for scheme in ["https", "http"] {
            let uri = format!("{scheme}://{place}/jwks.json");
            host.serves("client.json", &keyed(&uri), &[]);
            not_taken(&world, &id, &uri).await;
        }
    }
    for uri in ["ftp://127.0.0.2/jwks.json", "file:///etc/passwd", "jwks.json", "//127.0.0.1/jwks.json", "https://u@127.0.0.2/x"] {
        host.serves("client.json", &keyed(uri), &[]);
        not_taken(&world, &id, uri).await;
    }
    assert_eq!(trap.connections().await, 0, "{:?}", trap.requests());

    // A redirect of the keys leads nowhere either.
    host.serves("client.json", &keyed(&format!("http://127.0.0.2:{}/jwks.json", host.port)), &[]);
    let away = format!(
        "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:{}/jwks.json\r\ncontent-length: 0\r\n\r\n",
        trap.port
    );
    host.says("jwks.json", Says::Bytes(away.into_bytes()));
    not_taken(&world, &id, "keys that are somewhere else").await;
    assert_eq!(host.asked("jwks.json"), 1);

    // Nothing else in a document is ever fetched.
    let mut all = document(&id);
    let picture = format!("http://127.0.0.1:{}/picture", trap.port);
    for name in [
        "logo_uri",
        "client_uri",
        "policy_uri",
        "tos_uri",
        "sector_identifier_uri",
        "initiate_login_uri",
        "backchannel_logout_uri",
        "software_statement",
    ] {
        all[name] = picture.as_str().into();
    }
    all["request_uris"] = json!([picture]);
    host.serves("client.json", &all, &[]);
    taken(&world, &id, "members that are not looked at").await;
    assert_eq!(trap.connections().await, 0, "{:?}", trap.requests());
}

#[tokio::test]
async fn s_23_an_answer_that_is_no_document_is_refused_and_not_kept() {
    let (world, host, trap) = (World::new().await, DocumentHost::new().await, DocumentHost::new().await);
    let id = host.id("client.json");
    let good = document(&id).to_string();
    let redirect = |status: u16| {
        let to = trap.id("client.json");
        format!("HTTP/1.1 {status} Elsewhere\r\nlocation: {to}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{good}", good.len())
    };
    let status = |status: u16| {
        format!("HTTP/1.1 {status} Perhaps\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{good}", good.len())
    };
    let padded = |bytes: usize| {
        let body = with(&document(&id), "padding", "");
        with(&body, "padding", "x".repeat(bytes - body.to_string().len())).to_string()
    };
    let chunked = |body: &str| {
        let pieces: String = body
            .as_bytes()
            .chunks(1_000)
            .map(|chunk| format!("{:x}\r\n{}\r\n", chunk.len(), String::from_utf8_lossy(chunk)))
            .collect();
        format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n{pieces}0\r\n\r\n").into_bytes()
    };
    let typed = |kind: &str| served(good.as_bytes(), &[&format!("content-type: {kind}")]);
    let bomb = vec![0x1f; 2_000]; // what it would unpack to does not matter: nothing is unpacked
    let mut bad: Vec<(String, Says)> = Vec::new();
    for code in [301, 302, 303, 307, 308] {
        bad.push((format!("{code}"), Says::Bytes(redirect(code).into_bytes())));
    }
    for code in [201, 203, 206, 226, 304, 400, 401, 403, 404, 418, 500, 503] {
        bad.push((format!("{code}"), Says::Bytes(status(code).into_bytes())));
    }
    for kind in ["text/html", "text/plain", "application/xml", "application/json-seq", "application/jsonx", "application/ld+json", "x"] {
        bad.push((kind.to_owned(), Says::Bytes(typed(kind))));
    }
    for (what, bytes) in [
        ("two content types", served(good.as_bytes(), &["content-type: application/json", "content-type: text/html"])),
        ("gzip", served(&bomb, &["content-encoding: gzip"])),
        ("gzip that is none", served(good.as_bytes(), &["content-encoding: gzip"])),
        ("brotli", served(&bomb, &["content-encoding: br"])),
        ("one byte too much, announced", served(padded(10 * 1024 + 1).as_bytes(), &[])),
        ("one byte too much, in pieces", chunked(&padded(10 * 1024 + 1))),
        ("cut off", served(good.as_bytes(), &[])[..60].to_vec()),
        ("nothing", Vec::new()),
        ("no HTTP", b"hello\r\n\r\n".to_vec()),
        ("no JSON", served(b"<html>", &[])),
        ("an array", served(format!("[{good}]").as_bytes(), &[])),
        ("a text", served(b"\"x\"", &[])),
        ("more behind it", served(format!("{good}x").as_bytes(), &[])),
        ("a mark in front", served(format!("\u{feff}{good}").as_bytes(), &[])),
        ("a member twice", served(good.replacen('{', &format!(r#"{{"client_id":"{id}","#), 1).as_bytes(), &[])),
        ("Latin-1", served(&good.replace("Atlas", "\u{1}").bytes().map(|b| if b == 1 { 0xe4 } else { b }).collect::<Vec<_>>(), &[])),
        ("deep", served(format!(r#"{{"a":{}1{}}}"#, "[".repeat(4_000), "]".repeat(4_000)).as_bytes(), &[])),
    ] {
        bad.push((what.to_owned(), Says::Bytes(bytes)));
    }
    bad.push(("without end".to_owned(), Says::Endless));
    let mut asked = 0;
    for (what, says) in bad {
        host.says("client.json", says);
        not_taken(&world, &id, &what).await;
        asked += 1;
        assert_eq!(host.asked("client.json"), asked, "{what}: asked again, since nothing was kept");
    }
    assert_eq!(trap.connections().await, 0, "redirects are not followed");

    for (what, bytes) in [
        ("exactly the limit", served(padded(10 * 1024).as_bytes(), &["cache-control: no-store"])),
        ("in pieces", chunked(&padded(10 * 1024))),
        ("with a charset", typed("application/json; charset=utf-8")),
        ("as CIMD", typed("application/cimd+json")),
        ("in capitals", typed("Application/JSON")),
        ("identity", served(good.as_bytes(), &["content-encoding: identity"])),
    ] {
        world.advance(90_000); // whatever was kept is old
        host.says("client.json", Says::Bytes(bytes));
        taken(&world, &id, what).await;
    }
}

#[tokio::test]
async fn s_23_a_slow_answer_is_given_up_and_few_wait_at_a_time() {
    let host = DocumentHost::new().await;
    let world = World::with_settings(|settings| settings.egress.total_seconds_max = 2).await;
    let id = host.id("client.json");
    // All of it counts: the document and its keys share the time.
    let keyed = with(&document(&id), "token_endpoint_auth_method", "private_key_jwt");
    let keyed = with(&keyed, "jwks_uri", host.id("jwks.json"));
    let late = Duration::from_millis(1_800);
    host.says("client.json", Says::Later(late, served(keyed.to_string().as_bytes(), &[])));
    host.says("jwks.json", Says::Nothing);
    let asked = Instant::now();
    not_taken(&world, &id, "slow keys of a slow document").await;
    assert!(asked.elapsed() < Duration::from_millis(3_500), "{:?}", asked.elapsed());

    // A host that says nothing holds four requests at a time, and not a fifth.
    host.says("client.json", Says::Nothing);
    let asked = Instant::now();
    let ids: Vec<String> = (0..5).map(|n| format!("{id}?{n}")).collect();
    for n in 0..5 {
        host.says(&format!("client.json?{n}"), Says::Nothing);
    }
    let pages = futures_util::future::join_all(ids.iter().map(|id| not_taken(&world, id, "held"))).await;
    let refused_at_once = pages.iter().filter(|page| page.answer.text.contains("too many documents")).count();
    assert_eq!(refused_at_once, 1, "{pages:?}");
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
}

#[tokio::test]
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
        ("another client_id", with(&good, "client_id", "https://app.example/client.json")),
        ("a slash more", with(&good, "client_id", format!("{id}/"))),
        ("a query more", with(&good, "client_id", format!("{id}?"))),
        ("another case", with(&good, "client_id", id.replace("localhost", "LOCALHOST"))),
        ("an address for the name", with(&good, "client_id", id.replace("localhost", "127.0.0.1"))),
        ("a list of ids", with(&good, "client_id", json!([id]))),
        ("client_secret", with(&good, "client_secret", "s")),
        ("an empty client_secret", with(&good, "client_secret", "")),
        ("client_secret null", with(&good, "client_secret", Value::Null)),
        ("client_secret_expires_at", with(&good, "client_secret_expires_at", 0)),
        ("client_secret_basic", with(&good, "token_endpoint_auth_method", "client_secret_basic")),
        ("client_secret_post", with(&good, "token_endpoint_auth_method", "client_secret_post")),
        ("client_secret_jwt", with(&good, "token_endpoint_auth_method", "client_secret_jwt")),
        ("a method of nobody", with(&good, "token_endpoint_auth_method", "telepathy")),
        ("a method that is no text", with(&good, "token_endpoint_auth_method", 1)),
        ("keys without keys", by_key.clone()),
        ("a private key", with(&by_key, "jwks", json!({ "keys": [private] }))),
        ("a private key of a public client", with(&good, "jwks", json!({ "keys": [private] }))),
        ("a symmetric key", with(&by_key, "jwks", json!({ "keys": [{ "kty": "oct", "k": "AAAA" }] }))),
        ("no key in the set", with(&by_key, "jwks", json!({ "keys": [] }))),
        ("a set that is a list", with(&by_key, "jwks", json!([key.public_jwk()]))),
        ("a small RSA key", with(&by_key, "jwks", json!({ "keys": [{ "kty": "RSA", "n": proof::base64url::encode(&[0xff; 128]), "e": "AQAB" }] }))),
        ("no name", without(&good, "client_name")),
        ("an empty name", with(&good, "client_name", "")),
        ("a name of 201 characters", with(&good, "client_name", "\u{e4}".repeat(201))),
        ("a name with a control character", with(&good, "client_name", "At\u{1b}[31mlas")),
        ("a name that is no text", with(&good, "client_name", json!({ "en": "Atlas" }))),
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
        ("2001 bytes", uris(&format!("https://app.example/{}", "x".repeat(1_981)))),
        ("a machine", with(&good, "grant_types", json!(["client_credentials"]))),
        ("no code", with(&good, "response_types", json!(["token"]))),
        ("a page that is a script", with(&good, "client_uri", "javascript:alert(1)")),
        ("a page with a user name", with(&good, "client_uri", "https://bank.example@evil.example/")),
        ("a page of 2001 bytes", with(&good, "client_uri", format!("https://app.example/{}", "x".repeat(1_981)))),
        ("a strange type", with(&good, "application_type", "robot")),
        ("a web site on this computer", with(&with(&good, "application_type", "web"), "redirect_uris", json!(["http://127.0.0.1/cb"]))),
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
        ("a name of 200 characters", with(&good, "client_name", "\u{e4}".repeat(200))),
        ("20 redirect_uris", with(&good, "redirect_uris", right)),
        ("2000 bytes", uris(&format!("https://app.example/{}", "x".repeat(1_980)))),
        ("unknown members", with(&good, "frobnicate", json!([{ "tenant": "acme" }, null]))),
        ("unknown scopes", with(&good, "scope", "openid nothing_here offline_access")),
        ("unknown grant types", with(&good, "grant_types", json!(["authorization_code", "implicit"]))),
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
    for id in ["client.json", "//localhost/client.json", "javascript:alert(1)", "https:/client.json"] {
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

/// Through sign-in and consent, as an agreeable person; the way is `ways`: which pages were seen.
async fn ways(world: &World, browser: &mut Browser, person: &Person, asking: &Asking) -> (Page, bool) {
    let mut page = browser.visit(world, &asking.path()).await;
    if page.has_form("sign-in") {
        page = browser.sign_in(world, &page, &person.login, &person.password).await;
    }
    let was_asked = page.has_form("consent");
    (page, was_asked)
}

async fn allow(world: &World, browser: &mut Browser, page: &Page) -> String {
    let back = browser.submit(world, page, "consent", &[("decision", "allow")]).await;
    let code = back.parameter("code").unwrap_or_default();
    assert!(back.location().is_some_and(|url| url.starts_with(CALLBACK)) && !code.is_empty(), "{back:?}");
    code
}

#[tokio::test]
async fn s_23_a_document_makes_a_client_whose_host_the_person_reads() {
    let (world, host) = (World::new().await, DocumentHost::new().await);
    world.resource(MCP, &[]).await;
    let alice = world.person("alice@demo.test").await;
    let id = host.id("client.json");
    host.serves("client.json", &with(&document(&id), "client_name", "Google"), &[]);
    let rows = async || world.admin("GET", "/admin/v1/clients?limit=500", None).await.body["clients"].clone();
    let app = app(&world, &id);
    let asking = Asking::new(&app, Some(MCP), Some("read"));
    let mut browser = Browser::new(&world);
    let (page, was_asked) = ways(&world, &mut browser, &alice, &asking).await;
    assert!(was_asked, "{page:?}");
    for shown in ["Proved by the host", &format!("localhost:{}", host.port), &id, "app.example", "Google"] {
        assert!(page.answer.text.contains(shown), "{shown}: {page:?}");
    }
    assert!(!page.answer.text.contains("Registered by an administrator"), "{page:?}");
    assert_eq!(rows().await, json!([]), "a stranger fills no table");
    let code = allow(&world, &mut browser, &page).await;
    let row = &rows().await[0];
    assert_eq!((row["client_id"].as_str(), row["client_name"].as_str()), (Some(id.as_str()), Some("Google")));
    assert_eq!(host.asked("client.json"), 1, "one reading serves the whole way");

    // From here on the document is not needed, and never fetched.
    drop(page);
    let answer = world.redeem(&app, &asking, &code, &[]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    host.says("client.json", Says::Bytes(b"HTTP/1.1 500 Gone\r\n\r\n".to_vec()));
    world.advance(100_000);
    let answer = world.refresh(&app, answer.text_of("refresh_token"), &[], &[]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(host.asked("client.json"), 1);
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
        let more = [("grant_type", grant_type), ("code", "x"), ("refresh_token", "x"), ("code_verifier", "x"), ("redirect_uri", CALLBACK)];
        refused(&world.post("/oauth2/token", &[], &form(&more)).await, 401, "invalid_client", grant_type);
        refused(&world.post("/oauth2/token", &basic, &form(&more)[1..]).await, 401, "invalid_client", grant_type);
    }
    let key = testkit::Key::new(proof::Algorithm::ES256);
    let client = Client { id: id.clone(), secret: None, key: Some(key), method: "private_key_jwt", issuer: world.issuer.clone() };
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
async fn s_23_a_changed_document_is_asked_about_again() {
    let (world, host) = (World::new().await, DocumentHost::new().await);
    world.resource(MCP, &[]).await;
    let alice = world.person("alice@demo.test").await;
    let mut browser = world.signed_in(&alice).await;
    let id = host.id("client.json");
    let (old, new) = (testkit::Key::new(proof::Algorithm::ES256), testkit::Key::new(proof::Algorithm::ES256));
    let keyed = with(&document(&id), "token_endpoint_auth_method", "private_key_jwt");
    let first = with(&keyed, "jwks", json!({ "keys": [old.public_jwk()] }));
    let evil = "https://evil.example/callback";
    let steps = [
        ("redirect_uris", with(&first, "redirect_uris", json!([CALLBACK, evil])), "It sends you back to another place than before."),
        ("jwks", with(&first, "jwks", json!({ "keys": [new.public_jwk()] })), "It proves itself with other keys than before."),
        ("client_name", with(&first, "client_name", "Atlas Pro"), "Its name was"),
        ("method", document(&id), "It proves itself with other keys than before."),
    ];
    let app = app(&world, &id);
    for (what, changed, said) in steps {
        host.serves("client.json", &first, &[]);
        world.advance(400);
        let (page, _) = ways(&world, &mut browser, &alice, &Asking::new(&app, Some(MCP), Some("read"))).await;
        if page.has_form("consent") {
            allow(&world, &mut browser, &page).await;
        }
        // The same again: no question, whatever else the document says now.
        host.serves("client.json", &with(&with(&first, "logo_uri", "https://app.example/x"), "scope", "read"), &[]);
        world.advance(400);
        let silent = browser.visit(&world, &Asking::new(&app, Some(MCP), Some("read")).path()).await;
        assert!(silent.parameter("code").is_some(), "{what}: a yes that stands: {silent:?}");

        host.serves("client.json", &changed, &[]);
        world.advance(400);
        let to = if what == "redirect_uris" { evil } else { CALLBACK };
        let asking = Asking::of(&id, to, Some(MCP), Some("read"));
        let page = browser.visit(&world, &asking.path()).await;
        assert!(page.has_form("consent"), "{what}: no silent code: {page:?}");
        assert!(page.answer.text.contains("Something is different") && page.answer.text.contains(said), "{what}: {page:?}");
        let silent = browser.visit(&world, &asking.clone().with("prompt", Some("none")).path()).await;
        assert_eq!(silent.parameter("error").as_deref(), Some("consent_required"), "{what}: {silent:?}");
    }
}

#[tokio::test]
async fn s_23_s_30_what_is_allowed_is_what_was_shown() {
    let (world, host) = (World::new().await, DocumentHost::new().await);
    world.resource(MCP, &[]).await;
    let alice = world.person("alice@demo.test").await;
    let mut browser = world.signed_in(&alice).await;
    let id = host.id("client.json");
    host.serves("client.json", &document(&id), &["cache-control: no-store"]);
    let asking = Asking::new(&app(&world, &id), Some(MCP), Some("read"));
    let (page, was_asked) = ways(&world, &mut browser, &alice, &asking).await;
    assert!(was_asked, "{page:?}");
    // While the person reads, the document becomes another one.
    let evil = with(&document(&id), "redirect_uris", json!([CALLBACK, "https://evil.example/callback"]));
    host.serves("client.json", &with(&evil, "client_name", "Totally Atlas"), &["cache-control: no-store"]);
    world.advance(31);
    let again = browser.submit(&world, &page, "consent", &[("decision", "allow")]).await;
    assert!(again.has_form("consent") && again.answer.status == 200, "asked again: {again:?}");
    assert!(again.answer.text.contains("Totally Atlas"), "{again:?}");
    assert_eq!(world.events("authorization.given").await, 0, "nothing was given");
    let code = allow(&world, &mut browser, &again).await;
    assert!(!code.is_empty());
    // No is no, whatever the document says now.
    let asking = Asking::new(&app(&world, &id), Some(MCP), Some("read write"));
    let (page, _) = ways(&world, &mut browser, &alice, &asking).await;
    host.serves("client.json", &document(&id), &["cache-control: no-store"]);
    world.advance(31);
    let denied = browser.submit(&world, &page, "consent", &[("decision", "deny")]).await;
    assert_eq!(denied.parameter("error").as_deref(), Some("access_denied"), "{denied:?}");
}

#[tokio::test]
async fn s_23_a_pinned_document_is_never_fetched() {
    let (world, trap) = (World::new().await, DocumentHost::everywhere().await);
    world.resource(MCP, &[]).await;
    let alice = world.person("alice@demo.test").await;
    for id in [format!("https://localhost:{}/client.json", trap.port), trap.id("client.json")] {
        trap.serves("client.json", &with(&document(&id), "client_name", "Not this one"), &[]);
        let members = json!({ "client_id": id, "client_name": "Pinned", "redirect_uris": [CALLBACK], "grant_types": ["authorization_code", "refresh_token"] });
        let pinned = App::registered(&world, "none", &members, CALLBACK).await;
        assert_eq!(pinned.client.id, id);
        let asking = Asking::new(&pinned, Some(MCP), Some("read"));
        let mut browser = Browser::new(&world);
        let (page, was_asked) = ways(&world, &mut browser, &alice, &asking).await;
        assert!(was_asked && page.answer.text.contains("Pinned"), "{page:?}");
        assert!(page.answer.text.contains("Registered by an administrator"), "{page:?}");
        let code = allow(&world, &mut browser, &page).await;
        let answer = world.redeem(&pinned, &asking, &code, &[]).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let answer = world.refresh(&pinned, answer.text_of("refresh_token"), &[], &[]).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
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
    assert_eq!(page.problem().as_deref(), Some("invalid_client"), "kept or not: {page:?}");
    assert_eq!(page.location(), None);
    let other = host.id("other.json");
    host.serves("other.json", &document(&other), &[]);
    assert_eq!(sent(&world, &other).await.problem().as_deref(), Some("invalid_client"));
    assert_eq!(host.connections().await, asked, "nothing is fetched");
    let discovery = world.get("/.well-known/oauth-authorization-server").await;
    assert_ne!(discovery.body["client_id_metadata_document_supported"], true, "{discovery:?}");
    // The other tenant still does.
    let page = Browser::at(&acme).get(&world, &Asking::of(&other, CALLBACK, None, None).path()).await;
    assert!(page.location().is_some_and(|url| url.starts_with("/t/acme/sign-in?")), "{page:?}");
    assert_eq!(acme.get(&world, "/.well-known/oauth-authorization-server").await.body["client_id_metadata_document_supported"], true);
    switch(true).await;
    taken(&world, &id, "after").await;
}

#[tokio::test]
async fn a_document_with_keys_is_a_client_that_proves_itself() {
    let (world, host) = (World::new().await, DocumentHost::new().await);
    world.resource(MCP, &[]).await;
    let alice = world.person("alice@demo.test").await;
    for inline in [true, false] {
        let name = if inline { "inline.json" } else { "linked.json" };
        let id = host.id(name);
        let key = testkit::Key::new(proof::Algorithm::ES256);
        let keys = json!({ "keys": [key.public_jwk()] });
        let body = with(&document(&id), "token_endpoint_auth_method", "private_key_jwt");
        let body = if inline { with(&body, "jwks", keys.clone()) } else { with(&body, "jwks_uri", host.id("jwks.json")) };
        host.serves("jwks.json", &keys, &["content-type: application/jwk-set+json"]);
        host.serves(name, &body, &[]);
        let proving = |key| App {
            client: Client { id: id.clone(), secret: None, key: Some(key), method: "private_key_jwt", issuer: world.issuer.clone() },
            redirect_uri: CALLBACK.to_owned(),
        };
        let code = async |asking: &Asking| {
            let page = Browser::new(&world).agree(&world, &alice, asking).await;
            page.parameter("code").unwrap()
        };
        let asking = Asking::of(&id, CALLBACK, Some(MCP), Some("read"));
        let first = code(&asking).await;
        // Without its key it is nobody, although a public client would be somebody by its name.
        refused(&world.redeem(&app(&world, &id), &asking, &first, &[]).await, 401, "invalid_client", name);
        let forged = proving(testkit::Key::new(proof::Algorithm::ES256));
        refused(&world.redeem(&forged, &asking, &first, &[]).await, 401, "invalid_client", name);
        let right = proving(key);
        let answer = world.redeem(&right, &asking, &first, &[]).await;
        assert_eq!(answer.status, 200, "{name}: {answer:?}");
        let refresh = answer.text_of("refresh_token").to_owned();
        refused(&world.refresh(&app(&world, &id), &refresh, &[], &[]).await, 401, "invalid_client", name);

        // Rotation: the row has the keys of the last yes; the next yes brings the new ones, and the old are out.
        let key = testkit::Key::new(proof::Algorithm::ES256);
        let keys = json!({ "keys": [key.public_jwk()] });
        host.serves("jwks.json", &keys, &["content-type: application/jwk-set+json"]);
        if inline {
            host.serves(name, &with(&body, "jwks", keys), &[]);
        }
        world.advance(400);
        let asking = Asking::of(&id, CALLBACK, Some(MCP), Some("read"));
        let second = code(&asking).await;
        refused(&world.redeem(&right, &asking, &second, &[]).await, 401, "invalid_client", "the old key");
        let rotated = proving(key);
        assert_eq!(world.redeem(&rotated, &asking, &second, &[]).await.status, 200, "{name}");
    }
}
