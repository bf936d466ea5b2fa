//! Raw JSON-RPC of both eras: 2025-11-25 and before, and 2026-07-28.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::{Answer, OLD, World, new, new_headers, old};

fn error_code(answer: &Answer) -> (u16, i64) {
    (
        answer.0.as_u16(),
        answer.2["error"]["code"].as_i64().unwrap_or_default(),
    )
}

#[tokio::test]
async fn initialize_negotiates_a_version_both_know() {
    let world = World::new().await;
    for (asked, expected) in [
        ("2025-11-25", "2025-11-25"),
        ("2025-06-18", "2025-06-18"),
        ("2025-03-26", "2025-03-26"),
        ("2024-11-05", "2024-11-05"),
        ("2024-10-07", "2025-11-25"),
        ("2099-01-01", "2025-11-25"),
        // The handshake is of the old era; the new revision has none.
        ("2026-07-28", "2025-11-25"),
    ] {
        let params =
            json!({ "protocolVersion": asked, "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } });
        let (status, headers, body) = world.post(&[], &old("initialize", &params)).await;
        assert_eq!((status, &body["id"]), (StatusCode::OK, &json!(1)), "{asked}: {body}");
        assert_eq!(body["result"]["protocolVersion"], expected, "{asked}");
        assert_eq!(body["result"]["serverInfo"]["name"], "prokura-demo");
        assert!(body["result"]["capabilities"]["tools"].is_object());
        assert!(!headers.contains_key("mcp-session-id"), "no sessions");
    }
    let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    assert_eq!(world.post(OLD, &initialized).await.0, StatusCode::ACCEPTED);
    assert_eq!(world.post(OLD, &old("ping", &json!({}))).await.2["result"], json!({}));
}

#[tokio::test]
async fn the_old_era_gets_the_old_shapes() {
    let world = World::new().await;
    for headers in [
        &[][..],
        OLD,
        &[
            ("mcp-protocol-version", "2025-06-18"),
            ("mcp-session-id", "of another server"),
        ],
    ] {
        let (status, _, body) = world.post(headers, &old("tools/list", &json!({}))).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(body["result"]["tools"].as_array().unwrap().len(), 4);
        assert_eq!(body["result"].get("resultType"), None);
        let call = old("tools/call", &json!({ "name": "echo", "arguments": { "text": "hi" } }));
        let (status, _, body) = world.post(headers, &call).await;
        assert_eq!(
            (status, &body["result"]["content"][0]["text"]),
            (StatusCode::OK, &json!("hi"))
        );
    }
}

#[tokio::test]
async fn the_new_era_is_answered_without_a_handshake() {
    let world = World::new().await;
    let (status, _, body) = world
        .post(
            &new_headers("server/discover", None),
            &new("server/discover", &json!({})),
        )
        .await;
    assert_eq!((status, &body["id"]), (StatusCode::OK, &json!("one")), "{body}");
    let result = &body["result"];
    let versions = result["supportedVersions"].as_array().unwrap();
    assert!(
        versions.contains(&json!("2026-07-28")) && versions.contains(&json!("2025-11-25")),
        "{versions:?}"
    );
    assert_eq!(result["resultType"], "complete");
    assert!(result["capabilities"]["tools"].is_object());
    assert_eq!(
        result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"],
        "prokura-demo"
    );

    let (status, _, body) = world
        .post(&new_headers("tools/list", None), &new("tools/list", &json!({})))
        .await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body["result"]["resultType"], "complete");
    assert!(body["result"]["ttlMs"].is_u64());
    assert_eq!(body["result"]["cacheScope"], "private");

    let call = new("tools/call", &json!({ "name": "echo", "arguments": { "text": "hi" } }));
    let (status, _, body) = world.post(&new_headers("tools/call", Some("echo")), &call).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body["result"]["resultType"], "complete");
    assert_eq!(body["result"]["content"][0]["text"], "hi");
}

#[tokio::test]
async fn headers_that_differ_from_the_body_are_a_mismatch() {
    let world = World::new().await;
    let call = new("tools/call", &json!({ "name": "echo", "arguments": { "text": "hi" } }));
    let version = ("mcp-protocol-version", "2026-07-28");
    for headers in [
        // The version: absent, another, twice, not text.
        vec![("mcp-method", "tools/call"), ("mcp-name", "echo")],
        vec![
            ("mcp-protocol-version", "2025-11-25"),
            ("mcp-method", "tools/call"),
            ("mcp-name", "echo"),
        ],
        vec![version, version, ("mcp-method", "tools/call"), ("mcp-name", "echo")],
        vec![
            version,
            ("mcp-protocol-version", "2025-11-25"),
            ("mcp-method", "tools/call"),
            ("mcp-name", "echo"),
        ],
        vec![
            ("mcp-protocol-version", "\u{e9}"),
            ("mcp-method", "tools/call"),
            ("mcp-name", "echo"),
        ],
        // The method: absent, another, twice.
        vec![version, ("mcp-name", "echo")],
        vec![version, ("mcp-method", "tools/list"), ("mcp-name", "echo")],
        vec![
            version,
            ("mcp-method", "tools/call"),
            ("mcp-method", "tools/call"),
            ("mcp-name", "echo"),
        ],
        // The name: absent, another.
        vec![version, ("mcp-method", "tools/call")],
        vec![version, ("mcp-method", "tools/call"), ("mcp-name", "add")],
    ] {
        let answer = world.post(&headers, &call).await;
        assert_eq!(error_code(&answer), (400, -32020), "{headers:?}: {}", answer.2);
        assert_eq!(answer.2["id"], "one");
    }
}

#[tokio::test]
async fn a_version_nobody_knows_is_answered_with_those_that_are_known() {
    let world = World::new().await;
    let mut unknown = new("tools/list", &json!({}));
    unknown["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!("2099-01-01");
    for (headers, body) in [
        (
            vec![("mcp-protocol-version", "2099-01-01"), ("mcp-method", "tools/list")],
            unknown,
        ),
        (
            vec![("mcp-protocol-version", "2099-01-01"), ("mcp-method", "tools/list")],
            old("tools/list", &json!({})),
        ),
        (
            vec![("mcp-protocol-version", "yesterday")],
            old("tools/list", &json!({})),
        ),
    ] {
        let answer = world.post(&headers, &body).await;
        assert_eq!(error_code(&answer), (400, -32022), "{}", answer.2);
        let supported = answer.2["error"]["data"]["supported"].as_array().unwrap();
        assert!(supported.contains(&json!("2026-07-28")) && supported.contains(&json!("2025-11-25")));
        assert_eq!(answer.2["error"]["data"]["requested"], headers[0].1);
        assert_eq!(answer.2["id"], body["id"]);
    }
}

#[tokio::test]
async fn the_new_era_needs_its_metadata_and_knows_no_ping() {
    let world = World::new().await;
    let bare = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {} });
    assert_eq!(
        error_code(&world.post(&new_headers("tools/list", None), &bare).await),
        (400, -32602)
    );
    let mut without = new("tools/list", &json!({}));
    without["params"]["_meta"]
        .as_object_mut()
        .unwrap()
        .remove("io.modelcontextprotocol/clientCapabilities");
    assert_eq!(
        error_code(&world.post(&new_headers("tools/list", None), &without).await),
        (400, -32602)
    );
    for method in ["ping", "no/such/method"] {
        let answer = world.post(&new_headers(method, None), &new(method, &json!({}))).await;
        assert_eq!(error_code(&answer), (404, -32601), "{method}");
    }
}

#[tokio::test]
async fn what_is_not_one_message_is_refused() {
    let world = World::new().await;
    let token = world.token(&world.mcp, "tools:read");
    let deep = "[".repeat(200_000);
    for (body, code) in [
        ("", -32700),
        ("{", -32700),
        ("not json", -32700),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"} x"#, -32700),
        (&deep, -32700),
        ("[]", -32600),
        (r#"[{"jsonrpc":"2.0","id":1,"method":"tools/list"}]"#, -32600),
        ("7", -32600),
    ] {
        let answer = world.post_with(&token, OLD, body).await;
        assert_eq!(error_code(&answer), (400, code), "{body:.200}");
        assert_eq!(answer.2["id"], Value::Null);
    }
}

#[tokio::test]
async fn s_15_a_large_body_is_not_read() {
    let world = World::new().await;
    let token = world.token(&world.mcp, "tools:read");
    let message = |text: &str| old("tools/call", &json!({ "name": "echo", "arguments": { "text": text } })).to_string();
    let fits = message(&"x".repeat(255 * 1024));
    let (status, _, body) = world.post_with(&token, OLD, &fits).await;
    assert_eq!(status, StatusCode::OK, "{body:.200}");
    let too_large = message(&"x".repeat(256 * 1024));
    let answer = world.post_with(&token, OLD, &too_large).await;
    assert_eq!(error_code(&answer), (413, -32600));
}

#[tokio::test]
async fn there_are_no_streams_and_no_sessions() {
    let world = World::new().await;
    let token = world.token(&world.mcp, "tools:read");
    for method in [Method::GET, Method::DELETE, Method::PUT] {
        let headers = [("accept", "text/event-stream"), ("mcp-session-id", "any")];
        let (status, headers, _) = world
            .ask(method, &world.mcp, Some(&token), &headers, String::new())
            .await;
        assert_eq!(
            (status, &headers["allow"]),
            (StatusCode::METHOD_NOT_ALLOWED, &"POST".parse().unwrap())
        );
    }
}
