//! `prokura consent`: what is decided centrally.

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::{Map, Value};

use super::{
    api::Call,
    arguments::Planned,
    client::insert_if,
    console::Console,
    failure::{Exit, Failure},
    member::{items, text, time},
    scope,
    table::{Record, Table},
    when,
};

#[derive(Debug, Subcommand)]
pub(super) enum ConsentCommand {
    /// List what is decided
    List,
    /// Allow: nobody needs to be asked
    #[command(after_help = "\
What is not named is every one: without --client every client (an allow: every one that an administrator registered), without --group everybody.

Example:
  prokura consent allow --client report-agent --scope notes:read --resource https://mcp.example.com/mcp --group finance")]
    Allow(RuleArguments),
    /// Forbid: nobody can say yes, and what was given before falls silent; it beats every allow
    #[command(after_help = "\
What is not named is every one: without --client every client (an allow: every one that an administrator registered), without --group everybody.

Examples:
  prokura consent forbid --unregistered --scope payments:write
  prokura consent forbid --client https://app.example/client.json")]
    Forbid(RuleArguments),
    /// Take a decision back
    Remove(Named),
}

#[derive(Debug, Args)]
pub(super) struct RuleArguments {
    /// For this client
    #[arg(long, value_name = "ID", conflicts_with = "unregistered")]
    client: Option<String>,
    /// For every client that no administrator registered
    #[arg(long)]
    unregistered: bool,
    /// For every client, every scope, everywhere and for everybody: what a rule without any other option would say
    #[arg(long, conflicts_with_all = ["client", "unregistered", "scope", "resource", "group"])]
    everything: bool,
    /// For this scope
    #[arg(long, value_name = "SCOPE")]
    scope: Option<String>,
    /// At this resource
    #[arg(long, value_name = "URI")]
    resource: Option<String>,
    /// For the people of this group or role
    #[arg(long, value_name = "ID")]
    group: Option<String>,
    #[command(flatten)]
    planned: Planned,
}

#[derive(Debug, Args)]
pub(super) struct Named {
    /// The id of the rule
    #[arg(value_name = "RULE")]
    id: String,
    #[command(flatten)]
    planned: Planned,
}

/// What a rule says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    Allow,
    Forbid,
}

pub(super) async fn run(command: ConsentCommand, console: &Console<'_>) -> Result<()> {
    match command {
        ConsentCommand::List => list(console).await,
        ConsentCommand::Allow(arguments) => create(Effect::Allow, arguments, console).await,
        ConsentCommand::Forbid(arguments) => create(Effect::Forbid, arguments, console).await,
        ConsentCommand::Remove(Named { id, planned }) => {
            console.confirm(
                &format!("Take the decision {id} back? What it alone allowed falls silent, and what it alone forbade is possible again."),
                planned,
            )?;
            let call = Call::delete(format!("remove rule {id}"), &["consent-rules", &id]);
            changed(call, planned, console).await?;
            console.done(&format!("took back rule {id}"), planned);
            Ok(())
        }
    }
}

async fn create(effect: Effect, arguments: RuleArguments, console: &Console<'_>) -> Result<()> {
    let RuleArguments {
        client,
        unregistered,
        everything,
        scope,
        resource,
        group,
        planned,
    } = arguments;
    let names_something = unregistered || [&client, &scope, &resource, &group].iter().any(|named| named.is_some());
    if !names_something && !everything {
        return Err(
            Failure::new(Exit::Usage, "the rule names nothing, so it would be about everything")
                .why("what is not named is every one: every client, every scope, everywhere, for everybody")
                .advice("name a client, a scope, a resource or a group; or say --everything")
                .into(),
        );
    }
    if let Some(scope) = &scope
        && !planned.dry_run
    {
        scope::warn_of_unknown([scope.as_str()], console).await?;
    }
    let mut body = Map::new();
    let (word, end) = match effect {
        Effect::Allow => ("allow", "Nobody is asked about it any more."),
        Effect::Forbid => ("forbid", "What was given before falls silent."),
    };
    body.insert("effect".to_owned(), word.into());
    insert_if(&mut body, "client_id", client.map(Value::from));
    insert_if(&mut body, "clients", unregistered.then(|| "unregistered".into()));
    insert_if(&mut body, "scope", scope.map(Value::from));
    insert_if(&mut body, "resource", resource.map(Value::from));
    insert_if(&mut body, "group", group.map(Value::from));
    let body = Value::Object(body);
    console.confirm(&format!("{} {end}", sentence(&body)), planned)?;
    let call = Call::post(format!("{word} that centrally"), &["consent-rules"])
        .on_conflict("take a rule back first: prokura consent remove RULE")
        .body(body);
    changed(call, planned, console).await
}

/// A rule as a sentence, ended by a question mark.
fn sentence(rule: &Value) -> String {
    let or = |name: &str, named: &str, every: &str| match text(rule, name) {
        value if value.is_empty() => every.to_owned(),
        value => format!("{named}{value}"),
    };
    let verb = if text(rule, "effect") == "forbid" {
        "Forbid"
    } else {
        "Allow"
    };
    format!(
        "{verb} {} {} {}, for {}?",
        clients(rule),
        or("scope", "", "every scope"),
        or("resource", "at ", "everywhere"),
        or("group", "the people of ", "everybody"),
    )
}

fn clients(rule: &Value) -> String {
    match (text(rule, "client_id"), text(rule, "clients")) {
        (client, _) if !client.is_empty() => client,
        (_, kind) if !kind.is_empty() => format!("{kind} clients"),
        _ if text(rule, "effect") == "allow" => "every client that an administrator registered".to_owned(),
        _ => "every client".to_owned(),
    }
}

async fn list(console: &Console<'_>) -> Result<()> {
    let call = Call::get("list consent rules", &["consent-rules"]);
    let document = console.api()?.send(&call).await?;
    let rules = items(&document, "consent_rules").to_vec();
    let mut table = Table::new(&["RULE", "EFFECT", "CLIENTS", "SCOPE", "RESOURCE", "PEOPLE", "CREATED"]);
    for rule in &rules {
        let every = |name: &str, every: &str| match text(rule, name) {
            value if value.is_empty() => every.to_owned(),
            value => value,
        };
        table.row(&[
            text(rule, "id"),
            text(rule, "effect"),
            clients(rule),
            every("scope", "every"),
            every("resource", "every"),
            every("group", "everybody"),
            time(rule, "created_at")
                .map(|at| when::relative(at, console.now))
                .unwrap_or_default(),
        ]);
    }
    console.list(
        "consent_rules",
        rules,
        &table,
        "nothing is decided centrally: each person is asked",
    )
}

async fn changed(call: Call, planned: Planned, console: &Console<'_>) -> Result<()> {
    match console.change(call, planned).await? {
        Some(document) => console.show(&document, &record(&document, console.now)),
        None => Ok(()),
    }
}

fn record(rule: &Value, now: i64) -> String {
    let every = |name: &str, every: &str| match text(rule, name) {
        value if value.is_empty() => every.to_owned(),
        value => value,
    };
    Record::default()
        .line("rule", text(rule, "id"))
        .line("effect", text(rule, "effect"))
        .line("clients", clients(rule))
        .line("scope", every("scope", "every scope"))
        .line("resource", every("resource", "everywhere"))
        .line("people", every("group", "everybody"))
        .line("made by", text(rule, "made_by"))
        .line_if("created", time(rule, "created_at").map(|at| when::both(at, now)))
        .text()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::sentence;

    #[test]
    fn a_rule_is_asked_about_as_a_sentence() {
        for (rule, asked) in [
            (
                json!({ "effect": "forbid" }),
                "Forbid every client every scope everywhere, for everybody?",
            ),
            (
                json!({ "effect": "allow", "client_id": "atlas", "scope": "read", "resource": "https://a.example/", "group": "finance" }),
                "Allow atlas read at https://a.example/, for the people of finance?",
            ),
            (
                json!({ "effect": "forbid", "clients": "unregistered", "scope": "pay" }),
                "Forbid unregistered clients pay everywhere, for everybody?",
            ),
        ] {
            assert_eq!(sentence(&rule), asked);
        }
    }
}
