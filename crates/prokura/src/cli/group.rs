//! `prokura group`.

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{
    api::Call,
    arguments::Planned,
    console::Console,
    member::{text, time},
    table::{Record, Table},
    when,
};

#[derive(Debug, Subcommand)]
pub(super) enum GroupCommand {
    /// Make a group, or a role
    #[command(after_help = "\
Examples:
  prokura group create finance --name 'Finance department'
  prokura group create approver --role --name 'May approve payments'
  prokura user change alice@demo.test --group finance --group approver")]
    Create(CreateArguments),
    /// List the groups and roles
    List,
    /// Remove a group or role: nobody is in it any more
    Remove(Named),
}

#[derive(Debug, Args)]
pub(super) struct CreateArguments {
    /// Its id: 1 to 64 lower-case letters, digits, inner hyphens, underscores and dots
    #[arg(value_name = "GROUP")]
    id: String,
    /// Its name, for people
    #[arg(long, value_name = "NAME")]
    name: String,
    /// It is a role: its people may decide something
    #[arg(long)]
    role: bool,
    #[command(flatten)]
    planned: Planned,
}

#[derive(Debug, Args)]
pub(super) struct Named {
    /// The id of the group or role
    #[arg(value_name = "GROUP")]
    id: String,
    #[command(flatten)]
    planned: Planned,
}

pub(super) async fn run(command: GroupCommand, console: &Console<'_>) -> Result<()> {
    match command {
        GroupCommand::Create(CreateArguments {
            id,
            name,
            role,
            planned,
        }) => {
            let kind = if role { "role" } else { "group" };
            let call = Call::post(format!("create {kind} {id}"), &["groups"])
                .body(json!({ "id": id, "kind": kind, "name": name }));
            changed(call, planned, console).await
        }
        GroupCommand::List => list(console).await,
        GroupCommand::Remove(Named { id, planned }) => {
            console.confirm(
                &format!(
                    "Remove {id}? Nobody is in it any more then, and what is decided for it is decided for nobody."
                ),
                planned,
            )?;
            let call = Call::delete(format!("remove group {id}"), &["groups", &id]);
            changed(call, planned, console).await?;
            console.done(&format!("removed {id}"), planned);
            Ok(())
        }
    }
}

async fn list(console: &Console<'_>) -> Result<()> {
    let call = Call::get("list groups", &["groups"]);
    let groups = console.api()?.list(&call, "groups").await?;
    let mut table = Table::new(&["GROUP", "KIND", "NAME", "CREATED"]);
    for group in &groups {
        table.row(&[
            text(group, "id"),
            text(group, "kind"),
            text(group, "name"),
            time(group, "created_at")
                .map(|at| when::relative(at, console.now))
                .unwrap_or_default(),
        ]);
    }
    console.list(
        "groups",
        groups,
        &table,
        "no groups and no roles yet; prokura group create makes one",
    )
}

async fn changed(call: Call, planned: Planned, console: &Console<'_>) -> Result<()> {
    match console.change(call, planned).await? {
        Some(document) => console.show(&document, &record(&document, console.now)),
        None => Ok(()),
    }
}

fn record(group: &Value, now: i64) -> String {
    Record::default()
        .line("group", text(group, "id"))
        .line("kind", text(group, "kind"))
        .line("name", text(group, "name"))
        .line_if("created", time(group, "created_at").map(|at| when::both(at, now)))
        .text()
}
