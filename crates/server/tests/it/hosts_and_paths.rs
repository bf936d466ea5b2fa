//! One name, one path, one reading of a request: what a proxy or a parser could read differently is not routed (S-03, S-43).

use std::time::Duration;

use serde_json::json;
use testkit::{Answer, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::setup::{machine, refused, still_well};

async fn only(world: &World, request: String) -> Answer {
    let mut answers = world.raw(&request).await;
    assert_eq!(answers.len(), 1, "{request:?}: {answers:?}");
    answers.remove(0)
}

/// A request of these lines behind the first, for which the server closes the connection.
fn request(first: &str, lines: &[&str]) -> String {
    format!(
        "{first}\r\n{}connection: close\r\n\r\n",
        lines
            .iter()
            .map(|line| format!("{line}\r\n"))
            .collect::<Vec<_>>()
            .concat()
    )
}

#[tokio::test]
async fn s_03_strange_paths_are_not_there() {
    let world = World::new().await;
    let acme = world.tenant_by_path("acme").await;
    let host = format!("host: {}", world.authority());
    let strange = [
        "//",
        "//oauth2/jwks",
        "/oauth2//jwks",
        "/oauth2/jwks/",
        "/oauth2/jwks//",
        "/oauth2/./jwks",
        "/./oauth2/jwks",
        "/x/../oauth2/jwks",
        "/oauth2/../oauth2/jwks",
        "/..",
        "/.",
        "/oauth2/jwks/.",
        "/oauth2/jwks/..",
        "/oauth2%2fjwks",
        "/oauth2%2Fjwks",
        "/oauth2/%6awks",
        "/oauth2/jwks%00",
        "/oauth2/jwks%20",
        "/oauth2/jwks;x",
        "/oauth2/jwks;x=y",
        "/oauth2;x/jwks",
        "/;x/oauth2/jwks",
        "/oauth2\\jwks",
        "/oauth2%5cjwks",
        "/OAuth2/jwks",
        "/oauth2/JWKS",
        "/oauth2/jwks.json",
        "/t/acme;x/oauth2/jwks",
        "/t//acme/oauth2/jwks",
        "/t/acme//oauth2/jwks",
        "/t/ac%6De/oauth2/jwks",
        "/t%2facme/oauth2/jwks",
        "/t/acme%2foauth2/jwks",
        "/t/../t/acme/oauth2/jwks",
        "/t/./acme/oauth2/jwks",
        "/t/ACME/oauth2/jwks",
        "/T/acme/oauth2/jwks",
        "/t/%2561cme/oauth2/jwks",
        "/t/acme/t/acme/oauth2/jwks",
        "/t/acme/",
        "/t/",
        "/t",
        "/admin/v1/clients/%2e%2e",
        "/admin/v1/clients/",
        "/admin/v1/clients/a;b",
        "/admin/v1/clients/a/..",
        "/admin/v1/",
        "/admin",
        "/.well-known/openid-configuration/",
        "/.well-known/openid-configuration/t/acme/",
        "/.well-known/openid-configuration/t/ac%6De",
        "/.well-known/openid-configuration//t/acme",
        "/.well-known/oauth-protected-resource",
        "/t/default/oauth2/jwks",
        "/t/nobody/oauth2/jwks",
        "*",
    ];
    for path in strange {
        let answer = only(&world, request(&format!("GET {path} HTTP/1.1"), &[&host])).await;
        // What is no target at all is refused by the parser of HTTP itself (RFC 9112 s3: 400), the rest is not found.
        match answer.status {
            400 => assert!(path.contains('\\') || path == "*", "{path}: {answer:?}"),
            _ => refused(&answer, 404, "not_found", path),
        }
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "HEAD"] {
        for path in [
            "/t/ac%6De/oauth2/token",
            "/t/acme;x/oauth2/token",
            "/admin/v1/clients/a%2fb",
        ] {
            assert_eq!(
                only(&world, request(&format!("{method} {path} HTTP/1.1"), &[&host]))
                    .await
                    .status,
                404,
                "{method} {path}"
            );
        }
    }
    for path in [
        "/oauth2/jwks",
        "/t/acme/oauth2/jwks",
        "/t/acme",
        "/",
        "/oauth2/jwks?x=/../..;%2f",
    ] {
        assert_eq!(
            only(&world, request(&format!("GET {path} HTTP/1.1"), &[&host]))
                .await
                .status,
            200,
            "{path}"
        );
    }
    drop(acme);
}

#[tokio::test]
async fn s_43_the_issuer_never_comes_from_the_request() {
    let world = World::new().await;
    let liars = [
        ("x-forwarded-host", "evil.example.com"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-prefix", "/evil"),
        ("x-forwarded-port", "443"),
        ("x-forwarded-for", "127.0.0.1"),
        ("x-original-url", "/admin/v1/clients"),
        ("x-rewrite-url", "/admin/v1/clients"),
        ("x-http-method-override", "DELETE"),
        ("forwarded", "host=evil.example.com;proto=https"),
        ("origin", "https://evil.example.com"),
        ("referer", "https://evil.example.com/"),
        ("x-host", "evil.example.com"),
        ("upgrade", "h2c"),
    ];
    let path = "/.well-known/oauth-authorization-server";
    let plain = world.get(path).await;
    assert_eq!((plain.status, &plain.body["issuer"]), (200, &json!(world.issuer)));
    for (name, value) in liars {
        let answer = world.send("GET", path, &[(name, value.to_owned())], None).await;
        assert_eq!((answer.status, &answer.body), (200, &plain.body), "{name}: {value}");
        assert!(
            !answer.headers.iter().any(|(_, value)| value.contains("evil")),
            "{name}: {answer:?}"
        );
    }
    let everything: Vec<(&str, String)> = liars.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    assert_eq!(world.send("GET", path, &everything, None).await.body, plain.body);
}

#[tokio::test]
async fn s_43_hosts_that_are_not_ours_are_misdirected() {
    let world = World::new().await;
    let acme = world.tenant_by_origin("acme", "https://auth.acme.example").await;
    let port = world.authority().rsplit_once(':').unwrap().1.to_owned();
    let foreign = [
        "evil.example.com".to_owned(),
        format!("evil.example.com:{port}"),
        format!("localhost:{port}"),
        "127.0.0.1".to_owned(),
        "127.0.0.1:1".to_owned(),
        format!("127.0.0.1:{port}.evil.example.com"),
        format!("127.0.0.1:{port}@evil.example.com"),
        format!("evil.example.com@127.0.0.1:{port}"),
        format!("127.0.0.1:{port}/"),
        format!("127.0.0.1:{port} evil.example.com"),
        format!("127.0.0.1:0{port}"),
        format!("127.0.0.1.:{port}"),
        "auth.acme.example:443".to_owned(),
        "auth.acme.example.".to_owned(),
        "acme.example".to_owned(),
        "x.auth.acme.example".to_owned(),
        String::new(),
    ];
    for host in &foreign {
        for first in [
            "GET /oauth2/jwks HTTP/1.1",
            "GET /nowhere HTTP/1.1",
            "POST /oauth2/jwks HTTP/1.1",
            "OPTIONS /oauth2/token HTTP/1.1",
            "GET /t/acme HTTP/1.1",
            "GET /admin/v1/clients HTTP/1.1",
        ] {
            let answer = only(&world, request(first, &[&format!("host: {host}")])).await;
            refused(&answer, 421, "misdirected_request", &format!("{first}, host {host:?}"));
        }
    }
    for host in ["AUTH.ACME.EXAMPLE", "auth.acme.example", "Auth.Acme.example"] {
        let answer = only(
            &world,
            request(
                "GET /.well-known/openid-configuration HTTP/1.1",
                &[&format!("Host: {host}")],
            ),
        )
        .await;
        assert_eq!(
            (answer.status, answer.body["issuer"].as_str()),
            (200, Some(acme.issuer.as_str())),
            "RFC 3986 s3.2.2: host names have no case: {host}"
        );
    }
}

#[tokio::test]
async fn s_43_a_request_names_one_host() {
    let world = World::new().await;
    let own = world.authority();
    let host = format!("host: {own}");
    // RFC 9112 s3.2: 400 to a request without Host, and to one with more than one.
    let wrong: [&[&str]; 5] = [
        &[],
        &[&host, &host],
        &[&host, "host: evil.example.com"],
        &["host: evil.example.com", &host],
        &["x: y"],
    ];
    for lines in wrong {
        for path in ["/oauth2/jwks", "/nowhere"] {
            let answer = only(&world, request(&format!("GET {path} HTTP/1.1"), lines)).await;
            refused(&answer, 400, "invalid_request", &format!("{path} with {lines:?}"));
        }
    }
    // RFC 9112 s3.2.2: a target in absolute form; it and the Host must be the same, or one of two readers would be wrong.
    let absolute = |target: &str, host: &str| {
        request(
            &format!("GET http://{target}/.well-known/openid-configuration HTTP/1.1"),
            &[&format!("host: {host}")],
        )
    };
    let answer = only(&world, absolute(own, own)).await;
    assert_eq!(
        (answer.status, answer.body["issuer"].as_str()),
        (200, Some(world.issuer.as_str()))
    );
    for (target, host) in [
        (own, "evil.example.com"),
        ("evil.example.com", own),
        ("evil.example.com", "evil.example.com"),
    ] {
        refused(
            &only(&world, absolute(target, host)).await,
            421,
            "misdirected_request",
            &format!("{target}, {host}"),
        );
    }
    let at_user = only(&world, absolute(&format!("user@{own}"), own)).await;
    refused(&at_user, 421, "misdirected_request", "user information is another name");
}

#[tokio::test]
async fn s_43_what_could_smuggle_a_request_gets_one_answer_and_the_end() {
    let (world, client) = machine("client_secret_basic").await;
    let host = format!(
        "host: {}\r\ncontent-type: application/x-www-form-urlencoded",
        world.authority()
    );
    let smuggled = format!("GET /health/live HTTP/1.1\r\nhost: {}\r\n\r\n", world.authority());
    let vectors = [
        (
            "CL.TE",
            format!("content-length: {}\r\ntransfer-encoding: chunked", smuggled.len() + 5),
            format!("0\r\n\r\n{smuggled}"),
        ),
        (
            "TE.CL",
            "transfer-encoding: chunked\r\ncontent-length: 4".to_owned(),
            format!("{:x}\r\n{smuggled}\r\n0\r\n\r\n{smuggled}", smuggled.len()),
        ),
        (
            "two lengths",
            "content-length: 0\r\ncontent-length: 5".to_owned(),
            smuggled.clone(),
        ),
        ("a list of lengths", "content-length: 0, 5".to_owned(), smuggled.clone()),
        ("a signed length", "content-length: +0".to_owned(), smuggled.clone()),
        ("a negative length", "content-length: -1".to_owned(), smuggled.clone()),
        (
            "a hexadecimal length",
            "content-length: 0x0".to_owned(),
            smuggled.clone(),
        ),
        ("an empty length", "content-length: ".to_owned(), smuggled.clone()),
        (
            "a coding we do not know",
            "transfer-encoding: xchunked".to_owned(),
            format!("0\r\n\r\n{smuggled}"),
        ),
        (
            "chunked and something behind",
            "transfer-encoding: chunked, identity".to_owned(),
            format!("0\r\n\r\n{smuggled}"),
        ),
        (
            "chunked in quotes",
            "transfer-encoding: \"chunked\"".to_owned(),
            format!("0\r\n\r\n{smuggled}"),
        ),
        (
            "a space before the colon",
            "transfer-encoding : chunked".to_owned(),
            format!("0\r\n\r\n{smuggled}"),
        ),
        (
            "a folded header",
            "x: y\r\n transfer-encoding: chunked".to_owned(),
            format!("0\r\n\r\n{smuggled}"),
        ),
        (
            "a bare carriage return",
            "x: y\rtransfer-encoding: chunked".to_owned(),
            format!("0\r\n\r\n{smuggled}"),
        ),
        ("a null in a header", "x: y\0z".to_owned(), smuggled.clone()),
        (
            "a chunk size with a sign",
            "transfer-encoding: chunked".to_owned(),
            format!("+0\r\n\r\n{smuggled}"),
        ),
        (
            "a chunk size past all",
            "transfer-encoding: chunked".to_owned(),
            format!("ffffffffffffffffff\r\n{smuggled}"),
        ),
    ];
    for (what, framing, body) in vectors {
        let answers = world
            .raw(format!(
                "POST /oauth2/token HTTP/1.1\r\n{host}\r\n{framing}\r\n\r\n{body}"
            ))
            .await;
        assert_eq!(answers.len(), 1, "{what}: {answers:?}");
        assert!(matches!(answers[0].status, 400 | 401), "{what}: {answers:?}");
    }
    still_well(&world, &client).await;
}

#[tokio::test]
async fn s_43_other_protocols_get_no_door() {
    let world = World::new().await;
    let host = format!("host: {}", world.authority());
    let upgrade = request(
        "GET /health/live HTTP/1.1",
        &[&host, "upgrade: h2c", "http2-settings: AAMAAABkAAQAAP__"],
    );
    assert_eq!(
        only(&world, upgrade).await.status,
        200,
        "an offer that is not taken (RFC 9110 s7.8)"
    );
    for preface in [
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "GET / HTTP/3.0\r\n\r\n",
        "\u{16}\u{3}\u{1}\0\u{5}hello",
        "CONNECT evil.example.com:443 HTTP/1.1\r\nhost: evil.example.com:443\r\nconnection: close\r\n\r\n",
    ] {
        let answers = world.raw(preface).await;
        let refused = |answer: &Answer| (400..=505).contains(&answer.status);
        assert!(
            answers.len() <= 1 && answers.iter().all(refused),
            "{preface:?}: {answers:?}"
        );
    }
    assert_eq!(world.get("/health/live").await.status, 200);
}

/// A client may send head and body apart. An answer between them would leave the body unread, and the connection would end under the client's next request (RFC 9112 s9.3).
#[tokio::test]
async fn a_request_that_its_head_refuses_leaves_the_connection_to_the_next() {
    let world = World::new().await;
    let next = format!(
        "GET /health/live HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
        world.authority()
    );
    for (first, status) in [
        ("POST /nowhere", "404"),
        ("POST /oauth2/jwks", "405"),
        ("POST /t/nobody/oauth2/token", "404"),
        ("POST /oauth2/token", "400"),
        ("POST /admin/v1/clients", "415"),
    ] {
        let mut stream = world.connect().await;
        let head = format!(
            "{first} HTTP/1.1\r\nhost: {}\r\ncontent-type: text/plain\r\ncontent-length: 4\r\n\r\n",
            world.authority()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut all = Vec::new();
        let early = tokio::time::timeout(Duration::from_millis(50), stream.read_buf(&mut all)).await;
        assert!(
            early.is_err(),
            "{first}: answered before the body: {}",
            String::from_utf8_lossy(&all)
        );
        stream.write_all(format!("body{next}").as_bytes()).await.unwrap();
        stream.read_to_end(&mut all).await.unwrap();
        let text = String::from_utf8(all).unwrap();
        assert!(text.starts_with(&format!("HTTP/1.1 {status} ")), "{first}: {text}");
        assert!(text.contains("HTTP/1.1 200 "), "{first}: {text}");
    }
}
