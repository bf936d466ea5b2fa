//! The guard as a layer.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Version};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use tower::{Layer, Service, ServiceExt, service_fn};
use verify::{Access, GuardLayer};

use crate::{
    issuer::Key,
    world::{World, challenges},
};

/// A service that says who called and counts how often it was.
#[derive(Clone, Default)]
struct App {
    calls: Arc<AtomicUsize>,
}

impl App {
    async fn ask(&self, layer: &GuardLayer, request: Request<Full<Bytes>>) -> (StatusCode, HeaderMap, String) {
        let app = self.clone();
        let inner = service_fn(move |request: Request<Full<Bytes>>| {
            app.calls.fetch_add(1, Ordering::SeqCst);
            async move {
                let subject = request.extensions().get::<Access>().unwrap().subject().to_owned();
                let body = request.into_body().collect().await.unwrap().to_bytes();
                let text = format!("{subject} {}", String::from_utf8_lossy(&body));
                Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(text))))
            }
        });
        let mut service = layer.layer(inner);
        let response = service.ready().await.unwrap().call(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        (parts.status, parts.headers, String::from_utf8(body.to_vec()).unwrap())
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

fn request(method: Method, path: &str, headers: &[(&str, &str)]) -> Request<Full<Bytes>> {
    let request = Request::builder().method(method).uri(path);
    let request = headers
        .iter()
        .fold(request, |request, (name, value)| request.header(*name, *value));
    request.body(Full::new(Bytes::from_static(b"body"))).unwrap()
}

#[tokio::test]
async fn an_admitted_request_reaches_the_service_whole() {
    let (world, app) = (World::new().await, App::default());
    let bearer = format!("Bearer {}", world.token(&json!({})));
    let asked = request(Method::POST, "/mcp", &[("authorization", &bearer)]);
    let (status, headers, body) = app.ask(&world.guard.layer(), asked).await;
    assert_eq!((status, body.as_str()), (StatusCode::OK, "user-1 body"));
    assert!(headers.is_empty(), "{headers:?}");
}

#[tokio::test]
async fn a_refused_request_never_reaches_the_service_whatever_it_is() {
    let (world, app) = (World::new().await, App::default());
    for method in [
        Method::GET,
        Method::POST,
        Method::DELETE,
        Method::PUT,
        Method::OPTIONS,
        Method::from_bytes(b"BREW").unwrap(),
    ] {
        for path in [
            "/mcp",
            "/",
            "/nowhere",
            "/.well-known/oauth-protected-resource/other",
            "/.well-known/oauth-authorization-server",
        ] {
            let strange = [
                ("mcp-protocol-version", "1999-01-01"),
                ("mcp-session-id", "gone"),
                ("content-length", "4"),
            ];
            let (status, headers, _) = app
                .ask(&world.guard.layer(), request(method.clone(), path, &strange))
                .await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{method} {path}");
            assert!(challenges(&headers)[0].starts_with("Bearer "));
        }
    }
    assert_eq!(app.calls(), 0);
}

#[tokio::test]
async fn the_layer_can_say_what_a_request_needs_before_the_token_is_seen() {
    let (world, app) = (World::with(|builder| builder.require("read")).await, App::default());
    let layer = world
        .guard
        .layer()
        .needing(|parts| if parts.method == Method::GET { &[] } else { &["write"] });
    let (status, headers, _) = app.ask(&layer, request(Method::POST, "/mcp", &[])).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(challenges(&headers)[0].ends_with(r#"scope="read write""#));
    let bearer = format!("Bearer {}", world.token(&json!({})));
    let (status, ..) = app
        .ask(&layer, request(Method::POST, "/mcp", &[("authorization", &bearer)]))
        .await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let (status, ..) = app
        .ask(&layer, request(Method::GET, "/mcp", &[("authorization", &bearer)]))
        .await;
    assert_eq!((status, app.calls()), (StatusCode::OK, 1));
}

#[tokio::test]
async fn the_metadata_lies_at_both_places_for_everybody() {
    let (world, app) = (World::new().await, App::default());
    for path in [
        "/.well-known/oauth-protected-resource/mcp",
        "/.well-known/oauth-protected-resource",
    ] {
        let strange = [
            ("mcp-protocol-version", "1999-01-01"),
            ("origin", "https://anywhere.example"),
        ];
        let (status, headers, body) = app
            .ask(&world.guard.layer(), request(Method::GET, path, &strange))
            .await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(headers["content-type"], "application/json");
        assert_eq!(headers["access-control-allow-origin"], "*");
        assert_eq!(headers["content-length"], body.len().to_string().as_str());
        assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), *world.guard.metadata());

        let (status, head, empty) = app.ask(&world.guard.layer(), request(Method::HEAD, path, &[])).await;
        assert_eq!((status, empty.as_str(), head), (StatusCode::OK, "", headers));

        for method in [Method::POST, Method::PUT, Method::DELETE] {
            let (status, headers, _) = app.ask(&world.guard.layer(), request(method, path, &[])).await;
            assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
            assert_eq!(headers["allow"], "GET, HEAD, OPTIONS");
        }
        // A browser asks first, because clients send a header of their own.
        let asks = [
            ("origin", "https://anywhere.example"),
            ("access-control-request-method", "GET"),
            ("access-control-request-headers", "mcp-protocol-version"),
        ];
        let (status, headers, _) = app
            .ask(&world.guard.layer(), request(Method::OPTIONS, path, &asks))
            .await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        assert_eq!(headers["access-control-allow-headers"], "*");
    }
    assert_eq!((app.calls(), world.issuer.key_fetches()), (0, 0));
}

#[tokio::test]
async fn pages_of_allowed_origins_may_ask_and_read_the_answers() {
    let (world, app) = (World::new().await, App::default());
    let page = ("origin", "http://localhost:6274");
    let asks = [
        page,
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "authorization,dpop,mcp-method"),
    ];
    let (status, headers, _) = app
        .ask(&world.guard.layer(), request(Method::OPTIONS, "/mcp", &asks))
        .await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(headers["access-control-allow-origin"], "http://localhost:6274");
    assert_eq!(headers["access-control-allow-methods"], "POST");
    assert_eq!(headers["access-control-allow-headers"], "authorization,dpop,mcp-method");
    assert!(!headers.contains_key("access-control-allow-credentials"));

    let bearer = format!("Bearer {}", world.token(&json!({})));
    for (sent, expected) in [
        (vec![page], StatusCode::UNAUTHORIZED),
        (vec![page, ("authorization", &bearer)], StatusCode::OK),
    ] {
        let (status, headers, _) = app
            .ask(&world.guard.layer(), request(Method::POST, "/mcp", &sent))
            .await;
        assert_eq!(status, expected);
        assert_eq!(headers["access-control-allow-origin"], "http://localhost:6274");
        assert_eq!(headers["vary"], "Origin");
        let exposed = headers["access-control-expose-headers"].to_str().unwrap();
        assert!(
            exposed.contains("WWW-Authenticate") && exposed.contains("Mcp-Session-Id"),
            "{exposed}"
        );
    }
    let evil = [
        ("origin", "https://evil.example"),
        ("access-control-request-method", "POST"),
        ("authorization", &bearer),
    ];
    for method in [Method::OPTIONS, Method::POST] {
        let (status, headers, _) = app.ask(&world.guard.layer(), request(method, "/mcp", &evil)).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        assert!(!headers.contains_key("access-control-allow-origin"));
    }
    assert_eq!(app.calls(), 1);
}

#[tokio::test]
async fn callers_with_proofs_always_get_the_newest_nonce() {
    let (world, app) = (
        World::with(|builder| builder.dpop_nonces([7; 32])).await,
        App::default(),
    );
    let holder = Key::ed25519("h");
    let token = world.bound_token(&holder);
    let authorization = format!("DPoP {token}");
    let proof = world.proof(&holder, &token, &json!({}));
    let asked = request(
        Method::POST,
        "/mcp",
        &[("authorization", &authorization), ("dpop", &proof)],
    );
    let (status, headers, _) = app.ask(&world.guard.layer(), asked).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let proof = world.proof(
        &holder,
        &token,
        &json!({ "nonce": headers["dpop-nonce"].to_str().unwrap() }),
    );
    let asked = request(
        Method::POST,
        "/mcp",
        &[("authorization", &authorization), ("dpop", &proof)],
    );
    let (status, headers, _) = app.ask(&world.guard.layer(), asked).await;
    assert_eq!(status, StatusCode::OK);
    assert!(headers.contains_key("dpop-nonce"));
    let bearer = format!("Bearer {}", world.token(&json!({})));
    let (_, headers, _) = app
        .ask(
            &world.guard.layer(),
            request(Method::POST, "/mcp", &[("authorization", &bearer)]),
        )
        .await;
    assert!(!headers.contains_key("dpop-nonce"));
}

#[tokio::test]
async fn an_error_of_the_service_stays_its_own() {
    let world = World::new().await;
    let failing = service_fn(|_: Request<String>| async { Err::<Response<Full<Bytes>>, _>("broken") });
    let bearer = format!("Bearer {}", world.token(&json!({})));
    let asked = Request::post("/mcp")
        .header("authorization", bearer)
        .body(String::new())
        .unwrap();
    assert_eq!(
        world.guard.layer().layer(failing).oneshot(asked).await.unwrap_err(),
        "broken"
    );
}

#[tokio::test]
async fn the_body_of_a_refused_request_is_read_past_or_the_connection_is_said_to_end() {
    let world = World::new().await;
    let ask = async |version: Version, head: &[(&str, &str)], body_bytes: usize| {
        let read = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&read);
        let body = Full::new(Bytes::from(vec![b' '; body_bytes])).map_frame(move |frame| {
            seen.fetch_add(frame.data_ref().map_or(0, Bytes::len), Ordering::SeqCst);
            frame
        });
        let request = Request::post("/mcp").version(version);
        let request = head
            .iter()
            .fold(request, |request, (name, value)| request.header(*name, *value));
        let inner = service_fn(async |_| Ok::<_, Infallible>(Response::new(Full::<Bytes>::default())));
        let guarded = world.guard.layer().layer(inner);
        let response = guarded.oneshot(request.body(body).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        let connection = response.headers().get("connection").cloned();
        (read.load(Ordering::SeqCst), connection)
    };
    let close = Some(HeaderValue::from_static("close")); // RFC 9112 s9.6
    assert_eq!(ask(Version::HTTP_11, &[], 64 * 1024).await, (64 * 1024, None));
    assert_eq!(ask(Version::HTTP_11, &[], 64 * 1024 + 1).await.1, close);
    let waits = [("expect", "100-continue")]; // RFC 9110 s10.1.1
    assert_eq!(ask(Version::HTTP_11, &waits, 4).await, (0, close));
    assert_eq!(ask(Version::HTTP_2, &waits, 4).await.1, None); // RFC 9113 s8.2.2
}
