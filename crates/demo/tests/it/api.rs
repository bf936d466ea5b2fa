//! The HTTP API.

use std::time::SystemTime;

use http::{Method, StatusCode, header::WWW_AUTHENTICATE};
use serde_json::json;

use crate::world::{Answer, World};

async fn ask(world: &World, method: Method, token: Option<&str>, body: &str) -> Answer {
    let url = format!("{}/notes", world.api);
    world
        .ask(
            method,
            &url,
            token,
            &[("content-type", "application/json")],
            body.to_owned(),
        )
        .await
}

#[tokio::test]
async fn notes_are_written_and_listed_by_their_writer() {
    let world = World::new().await;
    let (alice, bob) = (
        world.token(&world.api, "api:write"),
        world.token_of("bob@demo.test", &world.api, "api:read"),
    );
    let (status, headers, written) = ask(&world, Method::POST, Some(&alice), r#"{"text":"milk"}"#).await;
    assert_eq!((status, &written["text"]), (StatusCode::CREATED, &json!("milk")));
    assert_eq!(headers["cache-control"], "no-store");
    // Writing implies reading.
    let (status, _, listed) = ask(&world, Method::GET, Some(&alice), "").await;
    assert_eq!((status, listed), (StatusCode::OK, json!({ "notes": [written] })));
    assert_eq!(ask(&world, Method::GET, Some(&bob), "").await.2, json!({ "notes": [] }));
}

#[tokio::test]
async fn notes_of_the_mcp_tool_show_up_in_the_api() {
    let world = World::new().await;
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "note_write", "arguments": { "text": "eggs" } } });
    world
        .post_with(
            &world.token(&world.mcp, "tools:read tools:write"),
            &[],
            &call.to_string(),
        )
        .await;
    let (_, _, listed) = ask(&world, Method::GET, Some(&world.token(&world.api, "api:read")), "").await;
    assert_eq!(listed["notes"][0]["text"], "eggs");
}

#[tokio::test]
async fn each_method_asks_for_its_own_scope() {
    let world = World::new().await;
    let reader = world.token(&world.api, "api:read");
    for (method, token, expected, scope) in [
        (Method::GET, None, StatusCode::UNAUTHORIZED, "api:read"),
        (Method::POST, None, StatusCode::UNAUTHORIZED, "api:write"),
        (Method::POST, Some(reader.as_str()), StatusCode::FORBIDDEN, "api:write"),
        (
            Method::DELETE,
            Some(reader.as_str()),
            StatusCode::FORBIDDEN,
            "api:write",
        ),
    ] {
        let (status, headers, _) = ask(&world, method.clone(), token, r#"{"text":"x"}"#).await;
        assert_eq!(status, expected, "{method}");
        let challenge = headers
            .get_all(WWW_AUTHENTICATE)
            .iter()
            .next()
            .unwrap()
            .to_str()
            .unwrap();
        assert!(challenge.ends_with(&format!(r#"scope="{scope}""#)), "{challenge}");
    }
    let nobody = world.token(&world.api, "other");
    assert_eq!(
        ask(&world, Method::GET, Some(&nobody), "").await.0,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "how long ago a sign-in was is told by the guard's own clock"
)]
async fn erasing_wants_a_passkey_and_lately() {
    let world = World::new().await;
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let token = |acr: &str, signed_in: u64| {
        world.token_saying(
            json!({ "sub": "alice@demo.test", "aud": world.api, "scope": "api:write", "acr": acr, "auth_time": signed_in }),
        )
    };
    let bob = world.token_of("bob@demo.test", &world.api, "api:write");
    for token in [&token("1", now), &bob] {
        assert_eq!(
            ask(&world, Method::POST, Some(token), r#"{"text":"milk"}"#).await.0,
            StatusCode::CREATED
        );
    }
    // A password, a passkey of an hour ago, and a token that says nothing of a sign-in.
    for token in [&token("1", now), &token("phr", now - 3600), &bob] {
        let (status, headers, body) = ask(&world, Method::DELETE, Some(token), "").await;
        assert_eq!(
            (status, &body["error"]),
            (StatusCode::UNAUTHORIZED, &json!("insufficient_user_authentication"))
        );
        let challenge = headers[WWW_AUTHENTICATE].to_str().unwrap();
        assert!(
            challenge.contains(r#"acr_values="phr", max_age="300""#),
            "RFC 9470 s3: {challenge}"
        );
    }
    assert_eq!(
        ask(&world, Method::DELETE, Some(&token("phr", now)), "").await.0,
        StatusCode::NO_CONTENT
    );
    let notes = async |token: &str| {
        ask(&world, Method::GET, Some(token), "").await.2["notes"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(
        (notes(&token("1", now)).await, notes(&bob).await),
        (0, 1),
        "one's own, and nobody else's"
    );
}

#[tokio::test]
async fn bad_notes_are_refused() {
    let world = World::new().await;
    let writer = world.token(&world.api, "api:write");
    let too_long = json!({ "text": "x".repeat(1025) }).to_string();
    for body in [
        "",
        "x",
        "[]",
        "{}",
        r#"{"text":7}"#,
        r#"{"text":""}"#,
        r#"{"text":"a","text":"b"}"#,
        &too_long,
    ] {
        let (status, _, answer) = ask(&world, Method::POST, Some(&writer), body).await;
        assert_eq!(
            (status, &answer["error"]),
            (StatusCode::BAD_REQUEST, &json!("invalid_request")),
            "{body:.40}"
        );
    }
    let huge = json!({ "text": "x".repeat(10_000) }).to_string();
    assert_eq!(
        ask(&world, Method::POST, Some(&writer), &huge).await.0,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    let (status, ..) = world
        .ask(
            Method::GET,
            &format!("{}/other", world.api),
            Some(&writer),
            &[],
            String::new(),
        )
        .await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(
        ask(&world, Method::GET, Some(&writer), "").await.2,
        json!({ "notes": [] })
    );
}
