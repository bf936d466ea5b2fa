//! What the tests of this binary share: a world with a machine in it, requests, and how a refusal must look.

use serde_json::Value;
use testkit::{Answer, Client, Form, World, assertion_form};

/// The resource of most tests.
pub(crate) const MCP: &str = "https://mcp.example.com/mcp";

/// A world with a resource and a client that may have tokens for it.
pub(crate) async fn machine(method: &'static str) -> (World, Client) {
    let world = World::new().await;
    world.resource(MCP, &[]).await;
    let client = Client::register(&world, method, "read write", &[MCP]).await;
    (world, client)
}

/// A world with a machine, and a gateway that may introspect the tokens of its resource.
pub(crate) async fn machine_and_gateway(method: &'static str) -> (World, Client, Client) {
    let world = World::new().await;
    let gateway = Client::register(&world, "client_secret_basic", "", &[]).await;
    world.resource(MCP, &[&gateway.id]).await;
    let client = Client::register(&world, method, "read write", &[MCP]).await;
    (world, client, gateway)
}

/// The parameters of a token request, without credentials.
pub(crate) fn asking() -> Form<'static> {
    vec![
        ("grant_type", "client_credentials".to_owned()),
        ("resource", MCP.to_owned()),
    ]
}

/// A token request with this assertion.
pub(crate) async fn with_assertion(world: &World, assertion: &str) -> Answer {
    let mut form = asking();
    form.extend(assertion_form(assertion));
    world.post("/oauth2/token", &[], &form).await
}

/// A token request of a client with a secret, with this DPoP proof.
pub(crate) async fn with_proof(world: &World, client: &Client, proof: &str) -> Answer {
    world
        .token(client, &[("resource", MCP.to_owned())], &[("dpop", proof.to_owned())])
        .await
}

/// The access token of an answer.
pub(crate) fn access_token(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body["access_token"].as_str().unwrap().to_owned()
}

/// What introspection says of a token.
pub(crate) async fn introspect(world: &World, by: &Client, token: &str) -> Value {
    let answer = world
        .post("/oauth2/introspect", &[by.basic()], &[("token", token.to_owned())])
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

/// Checks a refusal: status, code, and what every refusal has (RFC 6749 s5.2; a request id; nothing to keep).
pub(crate) fn refused(answer: &Answer, status: u16, code: &str, what: &str) {
    assert_eq!((answer.status, answer.error()), (status, code), "{what}: {answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/json"), "{what}");
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{what}");
    assert!(
        !answer.body["error_description"].as_str().unwrap_or("").is_empty(),
        "{what}: {answer:?}"
    );
    let id = answer.body["request_id"].as_str().unwrap_or("");
    assert_eq!((id.len(), answer.header("x-request-id")), (26, Some(id)), "{what}");
}

/// An answer without what names the request: two refusals that must look the same are equal in this.
pub(crate) fn apart_from_request_id(answer: &Answer) -> (u16, Vec<(String, String)>, Value) {
    let volatile = |name: &str| matches!(name, "x-request-id" | "date");
    let headers = answer
        .headers
        .iter()
        .filter(|(name, _)| !volatile(name))
        .cloned()
        .collect();
    let mut body = answer.body.clone();
    if let Some(body) = body.as_object_mut() {
        body.remove("request_id");
    }
    (answer.status, headers, body)
}

/// The server still does its work.
pub(crate) async fn still_well(world: &World, client: &Client) {
    assert_eq!(world.get("/health/ready").await.status, 200);
    let answer = world.token(client, &[("resource", MCP.to_owned())], &[]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// The JSON of an object with one member replaced by this text, which may be no JSON at all.
pub(crate) fn raw_member(object: &Value, name: &str, raw: &str) -> String {
    let mut object = object.clone();
    object[name] = "\u{1}".into();
    object.to_string().replacen(r#""\u0001""#, raw, 1)
}

/// An object without a member.
pub(crate) fn without(object: &Value, name: &str) -> Value {
    let mut object = object.clone();
    object.as_object_mut().unwrap().remove(name);
    object
}

/// An object with a member.
pub(crate) fn with(object: &Value, name: &str, value: impl Into<Value>) -> Value {
    let mut object = object.clone();
    object[name] = value.into();
    object
}
