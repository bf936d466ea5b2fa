//! What the development server says when it is ready: to programs as JSON, to people in words.

use std::{net::SocketAddr, path::Path};

use serde_json::{Value, json};

use super::seed::{DemoClient, Seeded};

/// Whether documents of clients may be fetched from loopback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loopback {
    Allowed,
    Refused,
}

/// The ready file.
pub(super) fn document(issuer: &str, seeded: &Seeded, mcp: &str, api: &str, loopback: Loopback) -> Value {
    json!({
        "issuer": issuer,
        "pid": std::process::id(),
        "admin": { "token": seeded.admin_token, "api": format!("{issuer}/admin/v1") },
        "users": seeded.users.iter().map(|user| json!({ "login": user.login, "password": user.password })).collect::<Vec<_>>(),
        "clients": seeded.clients.iter().map(client).collect::<Vec<_>>(),
        "resources": [
            { "resource": mcp, "kind": "mcp", "scopes": names(demo::MCP_SCOPES) },
            { "resource": api, "kind": "http", "scopes": names(demo::API_SCOPES) },
        ],
        "egress": { "loopback_allowed": loopback == Loopback::Allowed },
    })
}

fn client(client: &DemoClient) -> Value {
    serde_json::to_value(client).unwrap_or_default()
}

fn names(scopes: &[(&str, &str)]) -> Vec<String> {
    scopes.iter().map(|(name, _)| (*name).to_owned()).collect()
}

/// Where everything is.
#[derive(Debug)]
pub(super) struct Addresses<'a> {
    pub(super) issuer: &'a str,
    pub(super) listens_on: SocketAddr,
    pub(super) data: &'a Path,
    pub(super) mcp: &'a str,
    pub(super) api: &'a str,
}

/// The same for people: addresses, clients, three things to try. `program` is what the person typed to start us.
#[expect(clippy::print_stdout, reason = "this is what a person started the command for")]
pub(super) fn say(addresses: &Addresses<'_>, seeded: &Seeded, program: &str) {
    let Addresses {
        issuer,
        listens_on,
        data,
        mcp,
        api,
    } = addresses;
    let secret = seeded.clients.iter().find_map(|client| {
        client
            .client_secret
            .as_deref()
            .filter(|_| !client.scope.is_empty())
            .map(|secret| (client.client_id.as_str(), secret))
    });
    let (id, secret) = secret.unwrap_or(("", ""));
    let found_by_itself = *data == Path::new("./.prokura");
    println!(
        "\
Prokura is ready. FOR DEVELOPMENT ONLY: demo secrets, plain http, this machine only.

  issuer       {issuer}    (listens on {listens_on})
  metadata     {issuer}/.well-known/oauth-authorization-server
  admin API    {issuer}/admin/v1    ({token})
  MCP server   {mcp}    (demo, protected)
  API          {api}    (demo, protected)
  kept in      {data}

People: {people}
Clients: {clients}

Three things to try:

  1. Connect an MCP client of yours to {mcp}: it sends you here to sign in and say yes.
     Then see and stop what acts for you: {issuer}/agents
  2. Without a person, in another terminal, a token for the demo MCP server:
     curl -s -u {id}:{secret} -d grant_type=client_credentials -d resource={mcp} {issuer}/oauth2/token
  3. What everybody was granted, and taking it back so that the next token is refused:
     {cli} grant list
     {cli} grant revoke GRANT

Stop it with Ctrl-C; what it knows is kept.",
        data = data.display(),
        token = if found_by_itself {
            format!("the CLI finds the token in {}/ready.json", data.display())
        } else {
            format!("token in {}/admin.token", data.display())
        },
        cli = if found_by_itself {
            program.to_owned()
        } else {
            format!(
                "{program} --server {issuer} --token-file {}/admin.token",
                data.display()
            )
        },
        people = seeded
            .users
            .iter()
            .map(|user| format!("{} with {}", user.login, user.password))
            .collect::<Vec<_>>()
            .join(", "),
        clients = seeded
            .clients
            .iter()
            .map(|client| format!("{} ({})", client.client_id, client.token_endpoint_auth_method))
            .collect::<Vec<_>>()
            .join(", "),
    );
}
