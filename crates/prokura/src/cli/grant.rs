//! `prokura grant`.

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::{Map, Value};

use super::{
    api::Call,
    arguments::Planned,
    client::insert_if,
    console::Console,
    member::{is_set, text, time, words},
    table::{Record, Table},
    when,
};

#[derive(Debug, Subcommand)]
pub(super) enum GrantCommand {
    /// Give a client a grant, or narrow one for it
    #[command(after_help = "\
Examples:
  prokura grant create --client report-agent --scope notes:read --resource https://mcp.example.com/mcp --expires-in 30d
  prokura grant create --client sub-agent --parent GRANT --scope notes:read --resource https://mcp.example.com/mcp")]
    Create(CreateArguments),
    /// List the grants
    List(ListArguments),
    /// Show a grant
    Show(GrantId),
    /// Revoke a grant: it, every grant narrowed from it, and every token of theirs fall silent
    Revoke(Named),
}

#[derive(Debug, Args)]
pub(super) struct GrantId {
    /// The grant's id
    grant: String,
}

#[derive(Debug, Args)]
pub(super) struct Named {
    /// The grant's id
    grant: String,
    #[command(flatten)]
    planned: Planned,
}

#[derive(Debug, Args)]
pub(super) struct ListArguments {
    /// Only those of this client
    #[arg(long, value_name = "ID")]
    client: Option<String>,
    /// Also those that are revoked or have ended
    #[arg(long)]
    all: bool,
}

#[derive(Debug, Args)]
pub(super) struct CreateArguments {
    /// The client that may use it
    #[arg(long, value_name = "ID")]
    client: String,
    /// A scope of it; repeatable
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// A resource of it; repeatable
    #[arg(long = "resource", value_name = "URI")]
    resources: Vec<String>,
    /// When it ends, as in 12h or 30d from now; never if absent
    #[arg(long, value_name = "TIME", value_parser = when::duration, conflicts_with = "expires_at")]
    expires_in: Option<i64>,
    /// When it ends, as in 2027-01-31T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = when::moment)]
    expires_at: Option<i64>,
    /// How many more times it may be narrowed, 0 to 8
    #[arg(long, value_name = "N", default_value_t = 0)]
    depth: u8,
    /// The grant to narrow; a new root if absent
    #[arg(long, value_name = "GRANT")]
    parent: Option<String>,
    #[command(flatten)]
    planned: Planned,
}

pub(super) async fn run(command: GrantCommand, console: &Console<'_>) -> Result<()> {
    match command {
        GrantCommand::Create(arguments) => create(arguments, console).await,
        GrantCommand::List(arguments) => list(arguments, console).await,
        GrantCommand::Show(GrantId { grant }) => {
            let document = console.api()?.send(&Call::get(format!("show grant {grant}"), &["grants", &grant])).await?;
            console.show(&document, &record(&document, console.now))
        }
        GrantCommand::Revoke(Named { grant, planned }) => {
            console.confirm(&format!("Revoke grant {grant}? Everything narrowed from it and every token of it falls silent, for good."), planned)?;
            changed(Call::post(format!("revoke grant {grant}"), &["grants", &grant, "revoke"]), planned, console).await
        }
    }
}

async fn create(arguments: CreateArguments, console: &Console<'_>) -> Result<()> {
    let CreateArguments { client, scopes, resources, expires_in, expires_at, depth, parent, planned } = arguments;
    let expires = expires_at.or_else(|| expires_in.map(|seconds| console.now.saturating_add(seconds)));
    let mut body = Map::new();
    body.insert("client_id".to_owned(), client.as_str().into());
    insert_if(&mut body, "scope", (!scopes.is_empty()).then(|| scopes.join(" ").into()));
    insert_if(&mut body, "resources", (!resources.is_empty()).then(|| resources.into()));
    insert_if(&mut body, "expires_at", expires.map(Value::from));
    insert_if(&mut body, "depth", (depth > 0).then(|| depth.into()));
    insert_if(&mut body, "parent", parent.map(Value::from));
    changed(Call::post(format!("give client {client} a grant"), &["grants"]).body(Value::Object(body)), planned, console).await
}

async fn list(arguments: ListArguments, console: &Console<'_>) -> Result<()> {
    let mut grants = console.api()?.list(&Call::get("list grants", &["grants"]), "grants").await?;
    if let Some(client) = &arguments.client {
        grants.retain(|grant| grant.get("client_id").and_then(Value::as_str) == Some(client));
    }
    if !arguments.all {
        grants.retain(|grant| state(grant, console.now) == "active");
    }
    let table = table(&grants, console.now);
    console.list("grants", grants, &table, "no such grants; prokura grant create gives one, and --all shows those that ended")
}

async fn changed(call: Call, planned: Planned, console: &Console<'_>) -> Result<()> {
    match console.change(call, planned).await? {
        Some(document) => console.show(&document, &record(&document, console.now)),
        None => Ok(()),
    }
}

/// Grants as a table.
pub(super) fn table(grants: &[Value], now: i64) -> Table {
    let mut table = Table::new(&["GRANT", "HOLDER", "SCOPE", "RESOURCES", "ENDS", "NARROWED FROM", "STATE"]);
    for grant in grants {
        table.row([
            text(grant, "id"),
            holder(grant),
            text(grant, "scope"),
            words(grant, "resources"),
            time(grant, "expires_at").map_or_else(|| "never".to_owned(), |at| when::relative(at, now)),
            text(grant, "parent"),
            state(grant, now).to_owned(),
        ]);
    }
    table
}

fn record(grant: &Value, now: i64) -> String {
    let parent = text(grant, "parent");
    Record::default()
        .line("grant", text(grant, "id"))
        .line("holder", holder(grant))
        .line_if("for", grant.get("user_id").and_then(Value::as_str).map(str::to_owned))
        .line("scope", text(grant, "scope"))
        .line("resources", words(grant, "resources"))
        .line("at this server", if is_set(grant, "own_endpoints") { "yes: its tokens may be for our own endpoints" } else { "no" })
        .line("may be narrowed", match time(grant, "depth") {
            Some(1) => "once".to_owned(),
            Some(n) if n > 1 => format!("{n} times"),
            Some(_) | None => "no".to_owned(),
        })
        .line_if("narrowed from", (!parent.is_empty()).then_some(parent))
        .line("ends", time(grant, "expires_at").map_or_else(|| "never".to_owned(), |at| when::both(at, now)))
        .line("given by", text(grant, "given_by"))
        .line_if("created", time(grant, "created_at").map(|at| when::both(at, now)))
        .line("state", match time(grant, "revoked_at") {
            Some(at) => format!("revoked {}", when::both(at, now)),
            None => state(grant, now).to_owned(),
        })
        .text()
}

fn holder(grant: &Value) -> String {
    ["client_id", "host_id", "session_id"].iter().map(|name| text(grant, name)).find(|holder| !holder.is_empty()).unwrap_or_default()
}

/// Whether a grant stands by itself. One whose parent ended is silent too: the server reads the whole path at every use.
fn state(grant: &Value, now: i64) -> &'static str {
    if time(grant, "revoked_at").is_some() {
        "revoked"
    } else if time(grant, "expires_at").is_some_and(|end| end <= now) {
        "ended"
    } else {
        "active"
    }
}
