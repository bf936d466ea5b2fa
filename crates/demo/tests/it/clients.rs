//! The official client, unchanged, in each way it can begin.

use demo::MCP_SCOPES;
use rmcp::{
    ClientLifecycleMode, ClientServiceExt,
    model::{CallToolRequestParams, ClientConfig, ProtocolVersion},
    service::{RoleClient, RunningService},
    transport::{StreamableHttpClientTransport, streamable_http_client::StreamableHttpClientTransportConfig},
};
use serde_json::{Value, json};

use crate::world::World;

type Session = RunningService<RoleClient, ClientConfig>;

async fn connect(world: &World, scope: &str, mode: ClientLifecycleMode) -> Session {
    let config =
        StreamableHttpClientTransportConfig::with_uri(world.mcp.as_str()).auth_header(world.token(&world.mcp, scope));
    let transport = StreamableHttpClientTransport::with_client(world.client.clone(), config);
    ClientConfig::default()
        .serve_with_lifecycle(transport, mode)
        .await
        .expect("the client connects")
}

async fn call(session: &Session, tool: &'static str, arguments: Value) -> Result<Value, String> {
    let params = CallToolRequestParams::new(tool).with_arguments(arguments.as_object().unwrap().clone());
    let result = session.call_tool(params).await.map_err(|error| error.to_string())?;
    Ok(serde_json::to_value(result).unwrap())
}

fn modes() -> [ClientLifecycleMode; 3] {
    let preferred_versions = vec![ProtocolVersion::V_2026_07_28];
    [
        ClientLifecycleMode::Initialize,
        ClientLifecycleMode::Discover {
            preferred_versions: preferred_versions.clone(),
        },
        ClientLifecycleMode::Auto {
            preferred_versions,
            legacy_version: Some(ProtocolVersion::V_2025_11_25),
        },
    ]
}

#[tokio::test]
async fn the_official_client_lists_and_calls_tools_in_both_eras() {
    let world = World::new().await;
    for mode in modes() {
        let session = connect(&world, "tools:read tools:write", mode.clone()).await;
        let tools = session.list_all_tools().await.unwrap();
        let names: Vec<_> = tools.iter().map(|tool| tool.name.as_ref()).collect();
        assert_eq!(names, ["echo", "add", "note_write", "whoami"], "{mode:?}");

        let changing: Vec<_> = tools
            .iter()
            .filter(|tool| tool.annotations.as_ref().and_then(|hints| hints.read_only_hint) != Some(true))
            .map(|tool| tool.name.as_ref())
            .collect();
        assert_eq!(changing, ["note_write"]);

        for text in ["hello", "", "\u{1f980} \"quoted\"\n", &"x".repeat(10_000)] {
            let echoed = call(&session, "echo", json!({ "text": text })).await.unwrap();
            assert_eq!(echoed["content"][0]["text"], text);
            assert_ne!(echoed["isError"], true);
        }
        let sum = call(&session, "add", json!({ "a": 2, "b": 0.5 })).await.unwrap();
        assert_eq!(
            (&sum["content"][0]["text"], &sum["structuredContent"]),
            (&json!("2.5"), &json!({ "sum": 2.5 }))
        );
        let who = call(&session, "whoami", json!({})).await.unwrap();
        let scopes = MCP_SCOPES.iter().map(|(name, _)| *name).collect::<Vec<_>>();
        let expected = json!({ "subject": "alice@demo.test", "client_id": "client-1", "scopes": scopes });
        assert_eq!(who["structuredContent"], expected);
        let note = call(&session, "note_write", json!({ "text": "a note" })).await.unwrap();
        assert_eq!(note["structuredContent"]["text"], "a note");
        session.cancel().await.unwrap();
    }
}

#[tokio::test]
async fn wrong_arguments_are_told_to_the_model() {
    let world = World::new().await;
    let session = connect(&world, "tools:read tools:write", ClientLifecycleMode::Initialize).await;
    for (tool, arguments) in [
        ("echo", json!({})),
        ("echo", json!({ "text": 7 })),
        ("add", json!({ "a": 1 })),
        ("add", json!({ "a": "1", "b": 2 })),
        ("add", json!({ "a": 1.7e308, "b": 1.7e308 })),
        ("note_write", json!({ "text": "" })),
        ("note_write", json!({ "text": "x".repeat(1025) })),
    ] {
        let result = call(&session, tool, arguments.clone()).await.unwrap();
        assert_eq!(result["isError"], true, "{tool} {arguments:.80}");
    }
    assert!(
        call(&session, "nothing", json!({}))
            .await
            .unwrap_err()
            .contains("-32602")
    );
}

#[tokio::test]
async fn the_official_client_learns_which_scope_is_missing() {
    let world = World::new().await;
    for mode in modes() {
        let session = connect(&world, "tools:read", mode).await;
        call(&session, "echo", json!({ "text": "may" })).await.unwrap();
        call(&session, "note_write", json!({ "text": "may not" }))
            .await
            .unwrap_err();
        session.cancel().await.unwrap();
    }
    let notes = world
        .ask(
            http::Method::GET,
            &format!("{}/notes", world.api),
            Some(&world.token(&world.api, "api:read")),
            &[],
            String::new(),
        )
        .await;
    assert_eq!(notes.2, json!({ "notes": [] }));
}
