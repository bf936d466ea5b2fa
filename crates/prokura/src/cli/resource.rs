//! `prokura resource`.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::{
    api::Call,
    arguments::Planned,
    client::insert_if,
    console::Console,
    key::KeyAlgorithm,
    member::{items, state, text, time, words},
    table::{Record, Table},
    when,
};

#[derive(Debug, Subcommand)]
pub(super) enum ResourceCommand {
    /// Register a resource, with its scopes in words that a person understands
    #[command(after_help = "\
Example:
  prokura resource create https://mcp.example.com/mcp --name Notes --scope 'notes:read=Read your notes' --scope 'notes:write=Change your notes' --implies notes:write=notes:read")]
    Create(CreateArguments),
    /// List the resources
    List,
    /// Disable a resource: no token for it is issued or counts
    Disable(Named),
    /// Enable a resource again
    Enable(Named),
}

#[derive(Debug, Args)]
pub(super) struct Named {
    /// The resource's identifier
    resource: String,
    #[command(flatten)]
    planned: Planned,
}

#[derive(Debug, Args)]
pub(super) struct CreateArguments {
    /// Its identifier: the absolute URI that clients ask for, compared byte for byte
    resource: String,
    /// Its name, for people
    #[arg(long, value_name = "NAME")]
    name: String,
    /// A scope and what it means, as in 'notes:read=Read your notes'; repeatable
    #[arg(long = "scope", value_name = "SCOPE=WORDS")]
    scopes: Vec<String>,
    /// A scope and one that it brings with it, as in notes:write=notes:read; repeatable
    #[arg(long = "implies", value_name = "SCOPE=SCOPE", value_parser = pair)]
    implied: Vec<(String, String)>,
    /// A client that may introspect its tokens; repeatable
    #[arg(long = "introspection-client", value_name = "ID")]
    introspection_clients: Vec<String>,
    /// The algorithm its tokens are signed with
    #[arg(long, value_enum, value_name = "ALG", ignore_case = true)]
    token_alg: Option<KeyAlgorithm>,
    #[command(flatten)]
    planned: Planned,
}

pub(super) async fn run(command: ResourceCommand, console: &Console<'_>) -> Result<()> {
    match command {
        ResourceCommand::Create(arguments) => create(arguments, console).await,
        ResourceCommand::List => list(console).await,
        ResourceCommand::Disable(Named { resource, planned }) => {
            console.confirm(
                &format!("Disable resource {resource}? No token for it is issued or counts any more."),
                planned,
            )?;
            let call = Call::patch(format!("disable resource {resource}"), &["resources"])
                .body(json!({ "resource": resource, "disabled": true }));
            changed(call, planned, console).await
        }
        ResourceCommand::Enable(Named { resource, planned }) => {
            let call = Call::patch(format!("enable resource {resource}"), &["resources"])
                .body(json!({ "resource": resource, "disabled": false }));
            changed(call, planned, console).await
        }
    }
}

async fn create(arguments: CreateArguments, console: &Console<'_>) -> Result<()> {
    let CreateArguments {
        resource,
        name,
        scopes,
        implied,
        introspection_clients,
        token_alg,
        planned,
    } = arguments;
    // A scope without words is described by its own name.
    let scopes: BTreeMap<&str, &str> = scopes
        .iter()
        .map(|text| text.split_once('=').unwrap_or((text, text)))
        .collect();
    let mut brings: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (scope, brought) in &implied {
        brings.entry(scope).or_default().insert(brought);
    }
    let mut body = Map::new();
    body.insert("resource".to_owned(), resource.as_str().into());
    body.insert("resource_name".to_owned(), name.into());
    body.insert("scopes".to_owned(), json!(scopes));
    insert_if(&mut body, "implied_scopes", (!brings.is_empty()).then(|| json!(brings)));
    insert_if(
        &mut body,
        "introspection_clients",
        (!introspection_clients.is_empty()).then(|| introspection_clients.into()),
    );
    insert_if(
        &mut body,
        "access_token_signed_response_alg",
        token_alg.map(|alg| alg.name().into()),
    );
    changed(
        Call::post(format!("create resource {resource}"), &["resources"]).body(Value::Object(body)),
        planned,
        console,
    )
    .await
}

/// Reads `write=read`.
fn pair(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .filter(|(scope, brought)| !scope.is_empty() && !brought.is_empty())
        .map(|(scope, brought)| (scope.to_owned(), brought.to_owned()))
        .ok_or_else(|| "two scopes with = between them, as in write=read".to_owned())
}

async fn list(console: &Console<'_>) -> Result<()> {
    let resources = console
        .api()?
        .list(&Call::get("list resources", &["resources"]), "resources")
        .await?;
    let mut table = Table::new(&["RESOURCE", "NAME", "SCOPES", "INTROSPECTED BY", "STATE"]);
    for resource in &resources {
        table.row(&[
            text(resource, "resource"),
            text(resource, "resource_name"),
            words(resource, "scopes"),
            words(resource, "introspection_clients"),
            state(resource).to_owned(),
        ]);
    }
    console.list(
        "resources",
        resources,
        &table,
        "no resources yet; prokura resource create registers one",
    )
}

async fn changed(call: Call, planned: Planned, console: &Console<'_>) -> Result<()> {
    match console.change(call, planned).await? {
        Some(document) => console.show(&document, &record(&document, console.now)),
        None => Ok(()),
    }
}

fn record(resource: &Value, now: i64) -> String {
    let mut record = Record::default()
        .line("resource", text(resource, "resource"))
        .line("name", text(resource, "resource_name"));
    for (scope, words) in resource.get("scopes").and_then(Value::as_object).into_iter().flatten() {
        let brought = items(resource.get("implied_scopes").unwrap_or(&Value::Null), scope);
        let brought: Vec<&str> = brought.iter().filter_map(Value::as_str).collect();
        let brings = if brought.is_empty() {
            String::new()
        } else {
            format!(" (brings {})", brought.join(" "))
        };
        record = record.line(
            "scope",
            format!("{scope}  {}{brings}", words.as_str().unwrap_or_default()),
        );
    }
    let signed = text(resource, "access_token_signed_response_alg");
    record
        .line("introspected by", words(resource, "introspection_clients"))
        .line_if("tokens signed", (!signed.is_empty()).then_some(signed))
        .line(
            "state",
            match time(resource, "disabled_at") {
                Some(at) => format!("disabled {}", when::both(at, now)),
                None => "enabled".to_owned(),
            },
        )
        .line_if("created", time(resource, "created_at").map(|at| when::both(at, now)))
        .text()
}
