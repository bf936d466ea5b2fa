//! `prokura approval`: what was asked of people, and their answers.

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::Value;

use super::{
    api::Call,
    arguments::Planned,
    console::Console,
    member::{is_set, text, time},
    table::{Record, Table},
    when,
};

#[derive(Debug, Subcommand)]
pub(super) enum ApprovalCommand {
    /// List what waits for people
    List(ListArguments),
    /// Show what was asked of whom, by whom, for exactly what, and the answer
    Show(ApprovalId),
    /// End a question that waits, or an answer that nobody has fetched; with it what the answer gave
    Cancel(Named),
}

#[derive(Debug, Args)]
pub(super) struct ListArguments {
    /// Only those of this client
    #[arg(long, value_name = "ID")]
    client: Option<String>,
    /// Also those that were answered, taken back, or are over
    #[arg(long)]
    all: bool,
}

#[derive(Debug, Args)]
pub(super) struct ApprovalId {
    /// The approval's id
    approval: String,
}

#[derive(Debug, Args)]
pub(super) struct Named {
    /// The approval's id
    approval: String,
    #[command(flatten)]
    planned: Planned,
}

pub(super) async fn run(command: ApprovalCommand, console: &Console<'_>) -> Result<()> {
    match command {
        ApprovalCommand::List(arguments) => list(arguments, console).await,
        ApprovalCommand::Show(ApprovalId { approval }) => {
            let call = Call::get(format!("show approval {approval}"), &["approvals", &approval]);
            let document = console.api()?.send(&call).await?;
            console.show(&document, &record(&document, console.now))
        }
        ApprovalCommand::Cancel(Named { approval, planned }) => {
            console.confirm(
                &format!("End approval {approval}? Whoever asked hears that it was taken back."),
                planned,
            )?;
            let call = Call::post(
                format!("cancel approval {approval}"),
                &["approvals", &approval, "cancel"],
            )
            .on_conflict(
                "prokura approval show says how it ended; what was given and fetched is stopped by: prokura grant revoke GRANT",
            );
            match console.change(call, planned).await? {
                Some(document) => console.show(&document, &record(&document, console.now)),
                None => Ok(()),
            }
        }
    }
}

async fn list(arguments: ListArguments, console: &Console<'_>) -> Result<()> {
    let mut approvals = console
        .api()?
        .list(&Call::get("list approvals", &["approvals"]), "approvals")
        .await?;
    if let Some(client) = &arguments.client {
        approvals.retain(|approval| approval.get("client_id").and_then(Value::as_str) == Some(client));
    }
    if !arguments.all {
        approvals.retain(waits);
    }
    let mut table = Table::new(&[
        "APPROVAL", "CLIENT", "SCOPE", "RESOURCE", "ASKED", "YES", "ENDS", "STATE",
    ]);
    for approval in &approvals {
        table.row(&[
            text(approval, "id"),
            text(approval, "client_id"),
            text(approval, "scope"),
            text(approval, "resource"),
            whom(approval),
            yes(approval),
            time(approval, "expires_at")
                .map(|at| when::relative(at, console.now))
                .unwrap_or_default(),
            state(approval),
        ]);
    }
    console.list(
        "approvals",
        approvals,
        &table,
        "nothing waits for anybody; --all shows what was answered or is over",
    )
}

/// Whether people still have to answer.
fn waits(approval: &Value) -> bool {
    matches!(
        text(approval, "state").as_str(),
        "asked" | "clarifying" | "partly_approved"
    )
}

fn state(approval: &Value) -> String {
    text(approval, "state").replace('_', " ")
}

/// Who is asked.
fn whom(approval: &Value) -> String {
    let user = text(approval, "user_id");
    let groups = approval.get("approval_groups").and_then(Value::as_array);
    let names: Vec<String> = groups.into_iter().flatten().map(|one| text(one, "group")).collect();
    if !names.is_empty() {
        format!("members of {}", names.join(" and "))
    } else if user.is_empty() {
        "who types the code".to_owned()
    } else {
        user
    }
}

/// How many said yes, of how many; of several groups by group.
fn yes(approval: &Value) -> String {
    let groups = approval.get("approval_groups").and_then(Value::as_array);
    if let Some(groups) = groups.filter(|groups| groups.len() > 1) {
        let of = |one: &Value| {
            let number = |name: &str| one.get(name).and_then(Value::as_i64).unwrap_or_default();
            format!("{}: {} of {}", text(one, "group"), number("yes"), number("quorum"))
        };
        return groups.iter().map(of).collect::<Vec<_>>().join(", ");
    }
    let said = approval
        .get("approved_by")
        .and_then(Value::as_array)
        .map_or(0, Vec::len);
    let needed = approval.get("approval_quorum").and_then(Value::as_i64).unwrap_or(1);
    format!("{said} of {needed}")
}

/// What is asked about somebody and something: who wants to do what to what.
fn question(asked: &Value) -> String {
    let part = |name: &str| asked.get(name).cloned().unwrap_or_default();
    let named = |one: &Value| format!("{} {}", text(one, "type"), text(one, "id"));
    let with = part("action").get("properties").map(|with| format!(" with {with}"));
    format!(
        "{} {} {}{}",
        named(&part("subject")),
        text(&part("action"), "name"),
        named(&part("resource")),
        with.unwrap_or_default()
    )
}

fn record(approval: &Value, now: i64) -> String {
    let both = |name: &str| time(approval, name).map(|at| when::both(at, now));
    let some = |name: &str| Some(text(approval, name)).filter(|text| !text.is_empty());
    let record = Record::default()
        .line("approval", text(approval, "id"))
        .line("client", text(approval, "client_id"))
        .line("asked by", text(approval, "door"))
        .line("asked", whom(approval))
        .line_if("scope", some("scope"))
        .line_if("may", approval.get("question").map(question))
        .line_if("details", some("authorization_details"))
        .line_if("resource", some("resource"))
        .line_if("it says", some("binding_message"))
        .line_if("started from", some("started_from"))
        .line(
            "proves a key",
            if is_set(approval, "bound") {
                "yes, and only its holder fetches the answer"
            } else {
                "no"
            },
        )
        .line("yes", yes(approval))
        .line("state", state(approval))
        .line_if("denied by", some("denied_by"))
        .line_if("grant", some("grant"))
        .line("payload hash", text(approval, "payload_hash"))
        .line_if("created", both("created_at"))
        .line_if("ends", both("expires_at"))
        .line_if("answered", both("answered_at"));
    let said = approval.get("approved_by").and_then(Value::as_array);
    said.into_iter()
        .flatten()
        .fold(record, |record, yes| {
            let at = time(yes, "at").map(|at| when::both(at, now)).unwrap_or_default();
            let how = match text(yes, "signed_by") {
                none if none.is_empty() => format!("signed in by {}", text(yes, "method").replace('_', " ")),
                passkey => format!("signed by passkey {passkey}"),
            };
            record.line("said yes", format!("{}, {how}, {at}", text(yes, "user_id")))
        })
        .text()
}
