//! Requests that want to be expensive (S-15): each is refused at once, and the server goes on.

use std::time::Duration;

use proof::Algorithm;
use serde_json::{Value, json};
use testkit::{Answer, Client, Key, World, assertion_form};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::setup::{MCP, asking, machine, refused, still_well, with_assertion, with_proof};

/// The largest body (security.md S-15).
const BODY_BYTES_MAX: usize = 64 * 1024;

/// No bomb may keep a request longer than this, however slow the machine: a build for tests is some ten times slower than the product.
async fn quickly<T>(work: impl Future<Output = T>, what: &str) -> T {
    tokio::time::timeout(Duration::from_secs(5), work)
        .await
        .unwrap_or_else(|_| panic!("{what} took too long"))
}

fn form_of(bytes: usize) -> String {
    let head = "grant_type=client_credentials&x=";
    format!("{head}{}", "a".repeat(bytes - head.len()))
}

async fn post_text(world: &World, client: &Client, body: String) -> Answer {
    let headers = [
        client.basic(),
        ("content-type", "application/x-www-form-urlencoded".to_owned()),
    ];
    world.send_raw("POST", "/oauth2/token", &headers, &body).await
}

#[tokio::test]
async fn s_15_a_body_has_at_most_64_kib_announced_or_not() {
    let (world, client) = machine("client_secret_basic").await;
    assert_eq!(
        post_text(&world, &client, form_of(BODY_BYTES_MAX)).await.status,
        200,
        "exactly the limit"
    );
    for bytes in [BODY_BYTES_MAX + 1, 1024 * 1024] {
        let head = |framing: String| {
            format!(
                "POST /oauth2/token HTTP/1.1\r\nhost: {}\r\n{}: {}\r\ncontent-type: application/x-www-form-urlencoded\r\n{framing}\r\n\r\n",
                world.authority(),
                client.basic().0,
                client.basic().1
            )
        };
        let body = form_of(bytes);
        // Announced: refused by what is announced, before any of it is read.
        let answers = quickly(world.raw(head(format!("content-length: {bytes}"))), "an announced body").await;
        assert_eq!(answers.len(), 1);
        refused(&answers[0], 413, "content_too_large", "announced");
        assert_eq!(answers[0].header("connection"), Some("close"), "the rest is not read");
        // Chunked: refused when the limit is passed.
        let chunks: String = body
            .as_bytes()
            .chunks(16 * 1024)
            .map(|chunk| format!("{:x}\r\n{}\r\n", chunk.len(), String::from_utf8_lossy(chunk)))
            .collect::<Vec<_>>()
            .concat();
        let answers = quickly(
            world.raw_in_parts(&[
                head("transfer-encoding: chunked".to_owned()).as_bytes(),
                chunks.as_bytes(),
                b"0\r\n\r\n",
            ]),
            "a chunked body",
        )
        .await;
        assert_eq!(answers.len(), 1);
        refused(&answers[0], 413, "content_too_large", "chunked");
    }
    still_well(&world, &client).await;
}

#[tokio::test]
async fn s_15_bodies_of_every_route_are_bounded() {
    let (world, client) = machine("client_secret_basic").await;
    let huge = "x".repeat(BODY_BYTES_MAX + 1);
    for (method, path, kind) in [
        ("POST", "/oauth2/introspect", "application/x-www-form-urlencoded"),
        ("POST", "/oauth2/revoke", "application/x-www-form-urlencoded"),
        ("POST", "/admin/v1/clients", "application/json"),
        ("PATCH", "/admin/v1/resources", "application/json"),
        ("POST", "/admin/v1/keys/rotate", "text/plain"),
        ("GET", "/oauth2/jwks", "text/plain"),
        ("GET", "/health/live", "text/plain"),
    ] {
        let headers = [
            ("content-type", kind.to_owned()),
            ("authorization", format!("Bearer {}", world.admin_token)),
        ];
        let answer = quickly(world.send_raw(method, path, &headers, &huge), path).await;
        refused(&answer, 413, "content_too_large", path);
    }
    // To people it is said by a page.
    for (method, path) in [
        ("GET", "/"),
        ("POST", "/oauth2/authorize"),
        ("POST", "/sign-in"),
        ("POST", "/consent"),
    ] {
        let headers = [("content-type", "application/x-www-form-urlencoded".to_owned())];
        let answer = quickly(world.send_raw(method, path, &headers, &huge), path).await;
        assert_eq!(answer.status, 413, "{path}: {answer:?}");
        assert!(
            answer.text.contains("data-problem=\"content_too_large\""),
            "{path}: {answer:?}"
        );
    }
    still_well(&world, &client).await;
}

#[tokio::test]
async fn s_15_floods_of_parameters_dots_and_scopes_are_refused() {
    let (world, client) = machine("private_key_jwt").await;
    let letters: Vec<char> = ('a'..='z').chain('A'..='Z').collect();
    let name = |n: usize| {
        [letters[n / 2704 % 52], letters[n / 52 % 52], letters[n % 52]]
            .iter()
            .collect::<String>()
    };
    let basic = Client::register(&world, "client_secret_basic", "read", &[MCP]).await;
    let mut parameters = vec!["grant_type=client_credentials".to_owned()];
    parameters.extend((0..10_000).map(|n| format!("{}=1", name(n))));
    refused(
        &quickly(post_text(&world, &basic, parameters.join("&")), "parameters").await,
        400,
        "invalid_request",
        "10,000 parameters",
    );
    refused(
        &quickly(post_text(&world, &basic, "a=1&".repeat(16_000)), "repeated parameters").await,
        400,
        "invalid_request",
        "16,000 times the same",
    );
    assert_eq!(
        quickly(
            post_text(
                &world,
                &basic,
                format!("grant_type=client_credentials{}", "&".repeat(60_000))
            ),
            "separators"
        )
        .await
        .status,
        200,
        "nothing between separators is nothing"
    );
    let resources = "&resource=https://a.example.com".repeat(63);
    refused(
        &quickly(
            post_text(&world, &basic, format!("grant_type=client_credentials{resources}")),
            "resources",
        )
        .await,
        400,
        "invalid_target",
        "63 resources",
    );

    let scopes = |count: usize| (0..count).map(name).collect::<Vec<_>>().join("+");
    let asking_for = |scope: &str| format!("grant_type=client_credentials&scope={scope}");
    refused(
        &quickly(post_text(&world, &basic, asking_for(&scopes(16_000))), "scopes").await,
        400,
        "invalid_scope",
        "16,000 scopes",
    );
    refused(
        &quickly(post_text(&world, &basic, asking_for(&"s".repeat(60_000))), "one scope").await,
        400,
        "invalid_scope",
        "one scope of 60,000 letters",
    );
    refused(
        &quickly(post_text(&world, &basic, asking_for(&scopes(100_000))), "more scopes").await,
        413,
        "content_too_large",
        "100,000 scopes",
    );

    for dots in [3, 5, 15_000, 60_000] {
        refused(
            &quickly(with_assertion(&world, &".".repeat(dots)), "dots").await,
            401,
            "invalid_client",
            "dots",
        );
        let introspected = quickly(
            world.post("/oauth2/introspect", &[basic.basic()], &[("token", ".".repeat(dots))]),
            "dots",
        )
        .await;
        assert_eq!(introspected.body, json!({ "active": false }));
    }
    let million = format!(
        "grant_type=client_credentials&client_assertion={}",
        ".".repeat(1_000_000)
    );
    refused(
        &quickly(post_text(&world, &basic, million), "a million dots").await,
        413,
        "content_too_large",
        "a million dots",
    );
    still_well(&world, &client).await;
}

#[tokio::test]
async fn s_15_large_and_encrypted_tokens_are_refused() {
    let (world, client) = machine("private_key_jwt").await;
    let basic = Client::register(&world, "client_secret_basic", "read", &[MCP]).await;
    let key = client.key.as_ref().unwrap();
    let header = json!({ "alg": "ES256", "typ": "JWT" });
    let mut claims = client.assertion_claims(&world);
    claims["x"] = "x".repeat(13_000).into();
    refused(
        &quickly(with_assertion(&world, &key.sign(&header, &claims).await), "large").await,
        401,
        "invalid_client",
        "more than 16 KiB",
    );
    claims["x"] = "x".repeat(11_000).into();
    assert_eq!(
        with_assertion(&world, &key.sign(&header, &claims).await).await.status,
        200,
        "less than 16 KiB"
    );
    let kid = json!({ "alg": "ES256", "kid": "k".repeat(45_000) });
    refused(
        &quickly(
            with_assertion(&world, &key.sign(&kid, &client.assertion_claims(&world)).await),
            "kid",
        )
        .await,
        401,
        "invalid_client",
        "a kid of 45 kB",
    );

    let part = |value: Value| proof::base64url::encode(value.to_string().as_bytes());
    let headers = [
        json!({ "alg": "dir", "enc": "A256GCM", "zip": "DEF" }),
        json!({ "alg": "PBES2-HS512+A256KW", "enc": "A256GCM", "p2c": 2_147_483_647, "p2s": "AAAA" }),
        json!({ "alg": "RSA-OAEP", "enc": "A256GCM" }),
    ];
    for header in headers {
        let encrypted = format!("{}.AAAA.AAAA.{}.AAAA", part(header.clone()), "A".repeat(8_000));
        refused(
            &quickly(with_assertion(&world, &encrypted), "JWE").await,
            401,
            "invalid_client",
            "an encrypted assertion",
        );
        refused(
            &quickly(with_proof(&world, &basic, &encrypted), "JWE").await,
            400,
            "invalid_dpop_proof",
            "an encrypted proof",
        );
        let signed = key.sign(&header, &client.assertion_claims(&world)).await;
        refused(
            &quickly(with_assertion(&world, &signed), "JWE header").await,
            401,
            "invalid_client",
            "a signature under such a header",
        );
    }
    refused(
        &quickly(with_proof(&world, &basic, &"A".repeat(20_000)), "proof").await,
        400,
        "invalid_dpop_proof",
        "a proof of 20 kB",
    );
    still_well(&world, &client).await;
}

#[tokio::test]
async fn s_15_heads_are_bounded() {
    let (world, client) = machine("client_secret_basic").await;
    let host = world.authority().to_owned();
    let many: String = (0..200).map(|n| format!("x-{n}: 1\r\n")).collect::<Vec<_>>().concat();
    let requests = [
        (
            "a header of 64 kB",
            format!(
                "GET /health/live HTTP/1.1\r\nhost: {host}\r\nx: {}\r\n\r\n",
                "x".repeat(64 * 1024)
            ),
        ),
        (
            "200 headers",
            format!("GET /health/live HTTP/1.1\r\nhost: {host}\r\n{many}\r\n"),
        ),
        (
            "a path of 64 kB",
            format!("GET /{} HTTP/1.1\r\nhost: {host}\r\n\r\n", "x".repeat(64 * 1024)),
        ),
        (
            "a host of 64 kB",
            format!("GET / HTTP/1.1\r\nhost: {}\r\n\r\n", "x".repeat(64 * 1024)),
        ),
    ];
    for (what, request) in requests {
        let answers = quickly(world.raw(request), what).await;
        let status = answers.first().map(|answer| answer.status);
        assert!(matches!(status, Some(414 | 431)), "{what}: {answers:?}"); // RFC 9110 s15.5.15, RFC 6585 s5
    }
    still_well(&world, &client).await;
}

#[tokio::test]
async fn s_15_registrations_are_bounded() {
    let (world, client) = machine("client_secret_basic").await;
    let key = |n: usize| json!({ "kty": "EC", "crv": "P-256", "kid": format!("{n}"), "x": "a", "y": "b" });
    let register = async |jwks: Value| {
        let body = json!({ "client_name": "Bomb", "token_endpoint_auth_method": "private_key_jwt", "jwks": jwks });
        let headers = [
            ("content-type", "application/json".to_owned()),
            ("authorization", format!("Bearer {}", world.admin_token)),
        ];
        quickly(
            world.send_raw("POST", "/admin/v1/clients", &headers, &body.to_string()),
            "a registration",
        )
        .await
    };
    let rsa = |bytes: usize| json!({ "kty": "RSA", "n": proof::base64url::encode(&vec![0xff; bytes]), "e": "AQAB" });
    let right = |count: usize| {
        (0..count)
            .map(|_| Value::Object(Key::new(Algorithm::ES256).public_jwk()))
            .collect::<Vec<_>>()
    };
    assert_eq!(register(json!({ "keys": right(32) })).await.status, 201, "32 are taken");
    let sets = [
        ("33 keys, each of them right", json!({ "keys": right(33) })),
        (
            "1,000 keys of no known type",
            json!({ "keys": vec![json!({ "kty": "?" }); 1_000] }),
        ),
        ("RSA of 16,384 bits", json!({ "keys": [rsa(2_048)] })),
        ("RSA of 4,104 bits", json!({ "keys": [rsa(513)] })),
        ("RSA of 1,024 bits", json!({ "keys": [rsa(128)] })),
        (
            "RSA with an exponent of 1",
            json!({ "keys": [{ "kty": "RSA", "n": proof::base64url::encode(&[0xff; 256]), "e": "AQ" }] }),
        ),
        (
            "RSA with a huge exponent",
            json!({ "keys": [{ "kty": "RSA", "n": proof::base64url::encode(&[0xff; 256]), "e": proof::base64url::encode(&[0xff; 256]) }] }),
        ),
        (
            "a small order key",
            json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "x": "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" }] }),
        ),
        ("no key", json!({ "keys": [] })),
        ("no keys at all", json!({})),
        ("keys that are no array", json!({ "keys": {} })),
    ];
    for (what, jwks) in sets {
        refused(&register(jwks).await, 400, "invalid_client_metadata", what);
    }
    refused(
        &register(json!({ "keys": (0..10_000).map(key).collect::<Vec<_>>() })).await,
        413,
        "content_too_large",
        "10,000 keys",
    );
    let scopes: Vec<String> = (0..129).map(|n| format!("s{n}")).collect();
    let body = json!({ "client_name": "Bomb", "token_endpoint_auth_method": "client_secret_basic", "grant_types": ["client_credentials"], "scope": scopes.join(" ") });
    refused(
        &quickly(world.admin("POST", "/admin/v1/clients", Some(&body)), "scopes").await,
        400,
        "invalid_scope",
        "129 scopes",
    );
    still_well(&world, &client).await;
}

#[tokio::test]
async fn s_15_deep_json_is_refused() {
    let (world, client) = machine("client_secret_basic").await;
    for depth in [17, 1_000, 30_000] {
        for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
            let count = depth.min(60_000 / open.len().max(2));
            let body = format!(
                r#"{{"client_name":{}1{}}}"#,
                open.repeat(count),
                close.repeat(if open == "[" { count } else { 0 })
            );
            let headers = [
                ("content-type", "application/json".to_owned()),
                ("authorization", format!("Bearer {}", world.admin_token)),
            ];
            let answer = quickly(
                world.send("POST", "/admin/v1/clients", &headers, Some(body)),
                "deep JSON",
            )
            .await;
            refused(&answer, 400, "invalid_body", &format!("{depth} times {open}"));
        }
    }
    still_well(&world, &client).await;
}

/// What the server says before it gives up, within the ten seconds that it promises. The clock of the runtime stands still while the test waits, and jumps to the next
/// deadline when nothing else is to do: no test sleeps.
async fn until_cut_off(stream: &mut TcpStream) -> String {
    tokio::time::pause();
    let before = tokio::time::Instant::now();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let waited = before.elapsed();
    tokio::time::resume();
    assert!(waited <= Duration::from_secs(11), "{waited:?}");
    answer
}

#[tokio::test]
async fn s_15_a_body_that_drips_is_cut_off() {
    let (world, client) = machine("client_secret_basic").await;
    let mut stream = world.connect().await;
    let head = format!(
        "POST /oauth2/token HTTP/1.1\r\nhost: {}\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 1000\r\n\r\ngrant_type=",
        world.authority()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let answer = until_cut_off(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(
        answer.contains(r#""error":"request_timeout""#) && answer.contains("connection: close"),
        "{answer}"
    );
    still_well(&world, &client).await;
}

#[tokio::test]
async fn s_15_a_head_that_drips_is_cut_off() {
    let (world, client) = machine("client_secret_basic").await;
    let mut stream = world.connect().await;
    stream
        .write_all(b"POST /oauth2/token HTTP/1.1\r\nhost: ")
        .await
        .unwrap();
    let answer = until_cut_off(&mut stream).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408 "), "{answer}");
    still_well(&world, &client).await;
}

#[tokio::test]
async fn s_15_many_idle_connections_keep_nobody_out() {
    let (world, client) = machine("client_secret_basic").await;
    let mut idle = Vec::new();
    for _ in 0..300 {
        let mut stream = world.connect().await;
        stream.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
        idle.push(stream);
    }
    still_well(&world, &client).await;
    drop(idle);
    let mut form = asking();
    form.extend(assertion_form("x"));
    refused(
        &world.post("/oauth2/token", &[], &form).await,
        401,
        "invalid_client",
        "afterwards",
    );
}
