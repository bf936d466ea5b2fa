//! Nothing is reached without the right token.

use demo::{MCP_SCOPES, Settings};
use http::{HeaderMap, Method, StatusCode, header::WWW_AUTHENTICATE};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};

use crate::world::{OLD, World, listener, new, new_headers, old};

fn bearer_challenge(headers: &HeaderMap) -> String {
    headers
        .get_all(WWW_AUTHENTICATE)
        .iter()
        .next()
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn a_401_comes_before_anything_else_is_looked_at() {
    let world = World::new().await;
    let metadata = world.mcp.replace("/mcp", "/.well-known/oauth-protected-resource/mcp");
    for (method, headers, body) in [
        (Method::POST, vec![], String::new()),
        (Method::POST, vec![], "not json".to_owned()),
        (
            Method::POST,
            vec![("mcp-protocol-version", "1999-01-01")],
            old("tools/list", &json!({})).to_string(),
        ),
        (
            Method::POST,
            vec![("mcp-session-id", "gone")],
            old("initialize", &json!({})).to_string(),
        ),
        (
            Method::POST,
            new_headers("server/discover", None),
            new("server/discover", &json!({})).to_string(),
        ),
        (
            Method::POST,
            vec![("content-type", "text/plain")],
            "x".repeat(1_000_000),
        ),
        (Method::GET, vec![("accept", "text/event-stream")], String::new()),
        (Method::DELETE, vec![], String::new()),
        (Method::PATCH, vec![], String::new()),
    ] {
        let (status, answered, _) = world.ask(method.clone(), &world.mcp, None, &headers, body).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{method} {headers:?}");
        assert_eq!(
            bearer_challenge(&answered),
            format!(r#"Bearer resource_metadata="{metadata}", scope="tools:read""#)
        );
    }
}

#[tokio::test]
async fn the_metadata_of_both_resources_lies_at_both_places() {
    let world = World::new().await;
    for (resource, path, scopes, name) in [
        (&world.mcp, "/mcp", vec!["tools:read", "tools:write"], "Demo MCP server"),
        (&world.api, "/api", vec!["api:read", "api:write"], "Demo API"),
    ] {
        let origin = resource.strip_suffix(path).unwrap();
        for place in [
            format!("/.well-known/oauth-protected-resource{path}"),
            "/.well-known/oauth-protected-resource".to_owned(),
        ] {
            let url = format!("{origin}{place}");
            let (status, headers, body) = world
                .ask(
                    Method::GET,
                    &url,
                    None,
                    &[("mcp-protocol-version", "2025-11-25")],
                    String::new(),
                )
                .await;
            assert_eq!(status, StatusCode::OK);
            assert_eq!(headers["access-control-allow-origin"], "*");
            assert_eq!(body["resource"], resource.as_str());
            assert_eq!(body["authorization_servers"], json!([world.issuer.url]));
            assert_eq!(
                (&body["scopes_supported"], &body["resource_name"]),
                (&json!(scopes), &json!(name))
            );
        }
    }
    assert_eq!(MCP_SCOPES.len(), 2);
}

#[tokio::test]
async fn a_tool_that_changes_something_needs_its_own_scope() {
    let world = World::new().await;
    let arguments = json!({ "name": "note_write", "arguments": { "text": "a note" } });
    let reader = world.token(&world.mcp, "tools:read");
    let writer = world.token(&world.mcp, "tools:read tools:write");
    let only_writer = world.token(&world.mcp, "tools:write");
    for (headers, message) in [
        (OLD.to_vec(), old("tools/call", &arguments)),
        (vec![], old("tools/call", &arguments)),
        (
            new_headers("tools/call", Some("note_write")),
            new("tools/call", &arguments),
        ),
        // The headers lie; the body counts.
        (new_headers("tools/call", Some("echo")), new("tools/call", &arguments)),
    ] {
        let (status, answered, body) = world.post_with(&reader, &headers, &message.to_string()).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{headers:?}");
        let challenge = bearer_challenge(&answered);
        assert!(
            challenge.starts_with(r#"Bearer error="insufficient_scope", "#),
            "{challenge}"
        );
        assert!(challenge.ends_with(r#"scope="tools:read tools:write""#), "{challenge}");
        assert_eq!(body["error"], "insufficient_scope");
    }
    let call = old("tools/call", &arguments).to_string();
    let (status, _, body) = world.post_with(&writer, OLD, &call).await;
    assert_eq!(
        (status, &body["result"]["structuredContent"]["text"]),
        (StatusCode::OK, &json!("a note"))
    );
    let (status, answered, _) = world.post_with(&only_writer, OLD, &call).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(bearer_challenge(&answered).contains(r#"scope="tools:read""#));
}

#[tokio::test]
async fn no_spelling_of_a_call_gets_past_the_scope() {
    let world = World::new().await;
    let reader = world.token(&world.mcp, "tools:read");
    for body in [
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","name":"note_write","arguments":{"text":"x"}}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","method":"tools/call","params":{"name":"note_write","arguments":{"text":"x"}}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"},"params":{"name":"note_write","arguments":{"text":"x"}}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools\/call","params":{"name":"note\u005fwrite","arguments":{"text":"x"}}}"#,
        r#"[{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"note_write","arguments":{"text":"x"}}}]"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":["note_write",{"text":"x"}]}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"TOOLS/CALL","params":{"name":"note_write","arguments":{"text":"x"}}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"Note_Write","arguments":{"text":"x"}}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":" note_write","arguments":{"text":"x"}}}"#,
        r#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"note_write","arguments":{"text":"x"}}}"#,
    ] {
        let (_, _, answer) = world.post_with(&reader, OLD, body).await;
        assert_eq!(
            answer.get("result").and_then(|result| result.get("structuredContent")),
            None,
            "{body}: {answer}"
        );
    }
    let url = format!("{}/notes", world.api);
    let (_, _, notes) = world
        .ask(
            Method::GET,
            &url,
            Some(&world.token(&world.api, "api:read")),
            &[],
            String::new(),
        )
        .await;
    assert_eq!(notes, json!({ "notes": [] }));
}

#[tokio::test]
async fn s_26_a_token_for_one_resource_does_not_open_the_other() {
    let world = World::new().await;
    let all = "tools:read tools:write api:read api:write";
    for (resource, url) in [
        (&world.api, world.mcp.clone()),
        (&world.mcp, format!("{}/notes", world.api)),
    ] {
        let method = if url == world.mcp { Method::POST } else { Method::GET };
        let (status, answered, _) = world
            .ask(method, &url, Some(&world.token(resource, all)), &[], String::new())
            .await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        assert!(bearer_challenge(&answered).contains("invalid_token"));
    }
    // The same server under its other name is another audience.
    let other_name = world.mcp.replace("localhost", "127.0.0.1");
    let (status, ..) = world.post_with(&world.token(&other_name, all), OLD, "{}").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn pages_and_names_of_this_machine_may_call_and_others_may_not() {
    let world = World::new().await;
    let list = old("tools/list", &json!({}));
    let by_address = world.mcp.replace("localhost", "127.0.0.1");
    let token = world.token(&world.mcp, "tools:read");
    let usual = [
        ("content-type", "application/json"),
        ("accept", "application/json, text/event-stream"),
    ];
    let (status, ..) = world
        .ask(Method::POST, &by_address, Some(&token), &usual, list.to_string())
        .await;
    assert_eq!(status, StatusCode::OK);
    for host in ["localhost", "localhost:1", "127.0.0.1:9", "[::1]:9"] {
        assert_eq!(world.post(&[("host", host)], &list).await.0, StatusCode::OK, "{host}");
    }
    assert_eq!(
        world.post(&[("host", "rebound.example")], &list).await.0,
        StatusCode::FORBIDDEN
    );
    for origin in ["http://localhost:6274", "http://127.0.0.1:6274"] {
        let (status, headers, _) = world.post(&[("origin", origin)], &list).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(headers["access-control-allow-origin"], origin);
    }
    assert_eq!(
        world.post(&[("origin", "https://evil.example")], &list).await.0,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn a_revoked_token_ends_at_once_when_the_issuer_is_asked() {
    let world = World::with(Some(("demo".to_owned(), "secret".to_owned()))).await;
    let token = world.token(&world.mcp, "tools:read");
    let list = old("tools/list", &json!({})).to_string();
    assert_eq!(world.post_with(&token, OLD, &list).await.0, StatusCode::OK);
    world
        .issuer
        .change(|script| script.introspection = (200, r#"{"active":false}"#.to_owned()));
    assert_eq!(world.post_with(&token, OLD, &list).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_issuer_that_is_down_makes_503_and_not_a_sign_in() {
    let world = World::new().await;
    world.issuer.change(|script| script.status = 500);
    let (status, headers, body) = world.post(OLD, &old("tools/list", &json!({}))).await;
    assert_eq!(
        (status, &body["error"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("temporarily_unavailable"))
    );
    assert!(headers.contains_key("retry-after") && !headers.contains_key("www-authenticate"));
}

#[tokio::test]
async fn the_servers_stop_when_told_although_a_client_stays() {
    let world = World::new().await;
    let address = world
        .mcp
        .strip_prefix("http://localhost:")
        .unwrap()
        .strip_suffix("/mcp")
        .unwrap();
    let idle = TcpStream::connect(format!("127.0.0.1:{address}")).await.unwrap();
    assert_eq!(world.post(OLD, &old("tools/list", &json!({}))).await.0, StatusCode::OK);
    world.stop.send(()).unwrap();
    let ended = tokio::time::timeout(std::time::Duration::from_secs(10), world.served).await;
    ended.expect("it ends").unwrap().unwrap();
    drop(idle);
}

#[tokio::test]
async fn listeners_beyond_loopback_are_refused() {
    for (mcp, api) in [("0.0.0.0:0", "127.0.0.1:0"), ("127.0.0.1:0", "0.0.0.0:0")] {
        let (mcp, api) = (
            TcpListener::bind(mcp).await.unwrap(),
            TcpListener::bind(api).await.unwrap(),
        );
        let issuer = "http://localhost:1".to_owned();
        let settings = Settings {
            issuer,
            mcp,
            api,
            host: "localhost".to_owned(),
            introspection: None,
        };
        let refused = demo::serve(settings, std::future::pending()).await.unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::InvalidInput);
    }
}

#[tokio::test]
async fn the_settings_do_not_print_the_secret() {
    let (mcp, api) = (listener().await, listener().await);
    let introspection = Some(("demo".to_owned(), "the secret".to_owned()));
    let settings = Settings {
        issuer: "http://localhost:1".to_owned(),
        mcp,
        api,
        host: "localhost".to_owned(),
        introspection,
    };
    let printed = format!("{settings:?}");
    assert!(printed.contains("demo") && !printed.contains("the secret"), "{printed}");
}
