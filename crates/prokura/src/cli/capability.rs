//! `prokura capability`: the named kinds of action that policies speak of.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::Value;

use super::{
    api::Call,
    arguments::Planned,
    console::Console,
    detail_type::in_path,
    failure::{Exit, Failure},
    file,
    member::{items, text},
    table::{Record, Table},
};

#[derive(Debug, Subcommand)]
pub(super) enum CapabilityCommand {
    /// List the capabilities
    List,
    /// Show a capability with its schemas
    Show(CapabilityName),
    /// Enter a capability, or replace it: the next version of policies and capabilities
    #[command(after_help = "\
The file is JSON: {\"name\": \"purchase\", \"description\": \"Buy things\", \"approval_strength\": \"biometric\", \"input_schema\": {…}, \"scopes\": [\"buy\"]}.
`prokura policy catalogue` prints several of them.")]
    Put(Entered),
    /// Take a capability out; refused while a policy speaks of it
    Drop(Dropped),
}

#[derive(Debug, Args)]
pub(super) struct CapabilityName {
    /// The capability
    #[arg(value_name = "NAME")]
    name: String,
}

#[derive(Debug, Args)]
pub(super) struct Entered {
    /// The capability, a JSON file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    planned: Planned,
}

#[derive(Debug, Args)]
pub(super) struct Dropped {
    /// The capability
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    planned: Planned,
}

pub(super) async fn run(command: CapabilityCommand, console: &Console<'_>) -> Result<()> {
    match command {
        CapabilityCommand::List => list(console).await,
        CapabilityCommand::Show(CapabilityName { name }) => {
            let call = Call::get(format!("show capability {name}"), &["capabilities"]);
            let all = console.api()?.send(&call).await?;
            let found = items(&all, "capabilities").iter().find(|one| text(one, "name") == name);
            let found = found.ok_or_else(|| {
                Failure::new(Exit::NotFound, format!("cannot show capability {name}"))
                    .why("there is no such capability")
                    .advice("prokura capability list shows what there is")
            })?;
            console.show(found, &record(found))
        }
        CapabilityCommand::Put(Entered { file, planned }) => {
            let mut document = file::json(&file, "a capability")?;
            let name = document.as_object_mut().and_then(|o| o.remove("name"));
            let name = name.as_ref().and_then(Value::as_str).ok_or_else(|| {
                Failure::new(Exit::Error, format!("{} is no capability", file.display()))
                    .why("there is no text \"name\"")
                    .advice("prokura capability put --help shows the form")
            })?;
            let path = ["capabilities", &in_path(name)];
            let call = Call::put(format!("enter capability {name}"), &path).body(document);
            changed(call, planned, console).await
        }
        CapabilityCommand::Drop(Dropped { name, planned }) => {
            console.confirm(
                &format!(
                    "Take the capability {name} out? Scopes and details that it stood for are \"access\" from then on."
                ),
                planned,
            )?;
            let path = ["capabilities", &in_path(&name)];
            let call = Call::delete(format!("take out capability {name}"), &path);
            changed(call, planned, console).await?;
            console.done(&format!("took out the capability {name}"), planned);
            Ok(())
        }
    }
}

async fn list(console: &Console<'_>) -> Result<()> {
    let call = Call::get("list capabilities", &["capabilities"]);
    let document = console.api()?.send(&call).await?;
    let all = items(&document, "capabilities").to_vec();
    let mut table = Table::new(&["NAME", "STRENGTH", "SCOPES", "DESCRIPTION"]);
    for one in &all {
        table.row(&[
            text(one, "name"),
            text(one, "approval_strength"),
            scopes(one),
            text(one, "description"),
        ]);
    }
    console.list(
        "capabilities",
        all,
        &table,
        "no capabilities: everything that is asked is \"access\"; prokura capability put enters one",
    )
}

async fn changed(call: Call, planned: Planned, console: &Console<'_>) -> Result<()> {
    match console.change(call, planned).await? {
        Some(document) => console.show(&document, &record(&document)),
        None => Ok(()),
    }
}

/// Scopes, with the place where they stand for one place alone.
fn scopes(capability: &Value) -> String {
    let scopes = items(capability, "scopes").iter().map(|one| match one {
        Value::Object(_) => format!("{} at {}", text(one, "scope"), text(one, "resource")),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            one.as_str().unwrap_or_default().to_owned()
        }
    });
    scopes.collect::<Vec<_>>().join(", ")
}

fn record(capability: &Value) -> String {
    let schema = |member: &str| capability.get(member).map(proof::json::canonical);
    let version = Some(text(capability, "version")).filter(|version| !version.is_empty());
    let some_scopes = Some(scopes(capability)).filter(|scopes| !scopes.is_empty());
    Record::default()
        .line("name", text(capability, "name"))
        .line("description", text(capability, "description"))
        .line("strength", text(capability, "approval_strength"))
        .line_if("scopes", some_scopes)
        .line_if("input", schema("input_schema"))
        .line_if("output", schema("output_schema"))
        .line_if("version", version)
        .text()
}
