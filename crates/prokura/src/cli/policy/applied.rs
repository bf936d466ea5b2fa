//! What counts at a server: applied, looked at, and tried against what was decided lately.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use kernel::{capability::Capability, policy::Judge as _};
use policy::{Catalogue, Policies};
use serde_json::{Map, Value, json};

use super::super::{
    api::{Api, Call},
    arguments::number,
    console::Console,
    failure::{Exit, Failure},
    file,
    member::{is_set, items, text, time},
    table::{Record, Table},
    visible, when,
};
use super::sources::Sources;

#[derive(Debug, Args)]
pub(in crate::cli) struct ApplyArguments {
    /// The policies, Cedar files; several count as one text, in this order
    #[arg(value_name = "FILE", required = true)]
    policies: Vec<PathBuf>,
    /// A JSON file with the tenant's capabilities, all of them; those that count now if absent
    #[arg(long, value_name = "FILE")]
    catalogue: Option<PathBuf>,
    /// A file in Cedar's schema language with entity types and actions of the tenant's own; the one that counts now if absent, none if the file is empty
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,
    /// A JSON file with what policies know by name, all of it: who is in which group, what is what; those that count now if absent
    #[arg(long, value_name = "FILE")]
    entities: Option<PathBuf>,
    /// Apply nothing: say which of the last decisions would be others
    #[arg(long)]
    dry_run: bool,
    /// With --dry-run, how many decisions to look at, 10000 at most
    #[arg(long, value_name = "N", value_parser = number::<u32>, default_value_t = 1_000, requires = "dry_run")]
    last: u32,
    /// The version that yours was made from: refused when another one counts by now
    #[arg(long, value_name = "VERSION", value_parser = number::<i64>)]
    replaces: Option<i64>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ShowArguments {
    /// A version that was applied; the one that counts if absent
    #[arg(long, value_name = "N", value_parser = number::<i64>)]
    version: Option<i64>,
}

pub(super) async fn apply(arguments: ApplyArguments, console: &Console<'_>) -> Result<()> {
    let sources = Sources::read(&arguments.policies)?;
    let api = console.api()?;
    let counts = api
        .send(&Call::get("look at the policies that count", &["policies"]))
        .await?;
    let catalogue = catalogue(&arguments, &counts)?;
    let compiled = Policies::compile(&sources.text, &catalogue).map_err(|problems| {
        sources
            .failure("the policies do not hold; nothing was applied", &problems)
            .advice("prokura policy check says the same without a server; prokura policy schema prints what policies may speak of")
    })?;
    if !compiled.permits_access() {
        console.say("warning: no policy permits the action \"access\", so nothing is given that no capability names; permit(principal, action == Action::\"access\", resource); would");
    }
    if !compiled.approvers().is_empty() {
        let groups = api.list(&Call::get("list groups", &["groups"]), "groups").await?;
        let is_there = |named: &str| groups.iter().any(|group| text(group, "id") == named);
        for demanded in compiled
            .approvers()
            .iter()
            .filter(|demanded| !is_there(&demanded.group))
        {
            let group = &demanded.group;
            console.say(&format!("warning: approvers of {group} are demanded, and there is no such group or role, so nobody can say yes; prokura group create {group} makes it"));
        }
    }
    let capabilities: Vec<Value> = catalogue.capabilities.iter().map(|one| one.document().into()).collect();
    let mut body = Map::new();
    body.insert("policies".to_owned(), sources.text.as_str().into());
    body.insert("capabilities".to_owned(), capabilities.into());
    body.extend(catalogue.schema.map(|text| ("schema".to_owned(), text.into())));
    body.extend(entities(&arguments, &counts)?.map(|all| ("entities".to_owned(), all)));
    if arguments.dry_run {
        return dry_run(body, arguments.last, &api, console).await;
    }
    let before = time(&counts, "version");
    let replaces = arguments.replaces.or(before);
    body.extend(replaces.map(|version| ("replaces".to_owned(), version.into())));
    let call = Call::put("apply policies", &["policies"])
        .on_conflict("prokura policy show prints what counts now: make yours from that, and apply it again")
        .body(Value::Object(body));
    let applied = api.send(&call).await?;
    let said = if time(&applied, "version") == before {
        "counted already"
    } else {
        "counts from now on"
    };
    let record = Record::default()
        .line("version", text(&applied, "version"))
        .line("state", said)
        .line("policies", compiled.len().to_string())
        .line("capabilities", items(&applied, "capabilities").len().to_string());
    console.show(&applied, &record.text())
}

async fn dry_run(mut body: Map<String, Value>, last: u32, api: &Api, console: &Console<'_>) -> Result<()> {
    body.insert("last".to_owned(), last.into());
    let call = Call::post("try policies", &["policies", "replay"]).body(Value::Object(body));
    let found = api.send(&call).await?;
    let mut table = Table::new(&["TIME", "WHO", "ACTION", "WHERE", "WAS", "WOULD BE"]);
    for flip in items(&found, "would_flip") {
        let question = flip.get("question").cloned().unwrap_or_default();
        let said = |answer: &str, human: &str, decided: &str| {
            let by: Vec<&str> = items(flip, decided).iter().filter_map(Value::as_str).collect();
            let human = if is_set(flip, human) { "by a human " } else { "" };
            format!("{} {human}{}", text(flip, answer), by.join(", "))
                .trim()
                .to_owned()
        };
        table.row(&[
            time(flip, "at").map(when::stamp).unwrap_or_default(),
            who(question.get("principal")),
            text(&question, "action"),
            question.get("resource").map(|at| text(at, "id")).unwrap_or_default(),
            said("was", "human_was", "decided_was"),
            said("would_be", "human_would_be", "decided_would_be"),
        ]);
    }
    console.show(&found, &table.text_if_any())?;
    let (replayed, flips) = (text(&found, "replayed"), text(&found, "flips"));
    let version = text(&found, "compared_to_version");
    console.say(&match replayed.as_str() {
        "0" => "dry run: no decision is on record yet; they are from the first version on that is applied".to_owned(),
        _ => format!(
            "dry run: {flips} of the last {replayed} decisions would be others; version {version} counts, nothing was applied"
        ),
    });
    if found.get("complete") == Some(&Value::Bool(false)) {
        console.say("it took too long to look at all of them; --last with less looks at fewer");
    }
    Ok(())
}

/// The client, and for whom it acted.
fn who(principal: Option<&Value>) -> String {
    let Some(principal) = principal else {
        return String::new();
    };
    let mut within = items(principal, "in").iter().filter_map(Value::as_str);
    let person = within.find_map(|name| name.strip_prefix("User::"));
    match person {
        Some(person) => format!("{} for {person}", text(principal, "id")),
        None => text(principal, "id"),
    }
}

/// What the policies that count say to a question.
pub(super) async fn explain(question: Value, console: &Console<'_>) -> Result<()> {
    let call =
        Call::post("ask the policies that count", &["policies", "explain"]).body(json!({ "question": question }));
    let said = console.api()?.send(&call).await?;
    let list = |names: &str| {
        let all: Vec<&str> = items(&said, names).iter().filter_map(Value::as_str).collect();
        (!all.is_empty()).then(|| all.join(", "))
    };
    let demands = said.get("demands").cloned().unwrap_or_default();
    let approvers: Vec<String> = items(&demands, "approvers")
        .iter()
        .map(|one| format!("{} of {}", text(one, "quorum"), text(one, "group")))
        .collect();
    let some = |text: String| (!text.is_empty()).then_some(text);
    let reasons: Vec<&str> = items(&demands, "reasons").iter().filter_map(Value::as_str).collect();
    let record = Record::default()
        .line("answer", text(&said, "answer"))
        .line_if("unfit", some(text(&said, "unfit")))
        .line_if("decided by", list("decided"))
        .line_if("strength", some(text(&demands, "strength")))
        .line_if("approvers", some(approvers.join(", ")))
        .line_if(
            "lifetime",
            time(&demands, "lifetime_seconds").map(|most| format!("{most} s at most")),
        )
        .line_if("reason", some(reasons.join(", ")))
        .line_if("could not be evaluated", list("failed"))
        .line_if(
            "besides",
            is_set(&said, "takes_a_human").then(|| super::HUMAN.to_owned()),
        )
        .line("version", text(&said, "version"));
    console.show(&said, &record.text())
}

pub(super) async fn show(arguments: ShowArguments, console: &Console<'_>) -> Result<()> {
    let version = arguments.version.map(|version| version.to_string());
    let path: Vec<&str> = match &version {
        Some(version) => vec!["policies", "versions", version],
        None => vec!["policies"],
    };
    let set = console.api()?.send(&Call::get("show policies", &path)).await?;
    let mut lines: String = text(&set, "policies")
        .lines()
        .map(|line| visible(line).into_owned() + "\n")
        .collect();
    if lines.is_empty() {
        lines.push_str("// no policies: nothing is permitted\n");
    }
    console.show(&set, &lines)?;
    if console.is_for_people() {
        let by = match time(&set, "created_at") {
            Some(at) => format!(
                "applied by {} {}",
                text(&set, "applied_by"),
                when::both(at, console.now)
            ),
            None => "built in".to_owned(),
        };
        let version = text(&set, "version");
        console.say(&format!(
            "version {version}, {by}; --output json has the capabilities and the schema too"
        ));
    }
    Ok(())
}

pub(super) async fn history(console: &Console<'_>) -> Result<()> {
    let call = Call::get("list versions of the policies", &["policies", "versions"]);
    let versions = console.api()?.list(&call, "versions").await?;
    let mut table = Table::new(&["VERSION", "APPLIED", "BY"]);
    for one in &versions {
        table.row(&[
            text(one, "version"),
            time(one, "created_at")
                .map(|at| when::both(at, console.now))
                .unwrap_or_default(),
            text(one, "applied_by"),
        ]);
    }
    console.list(
        "versions",
        versions,
        &table,
        "no policies were applied: what grants allow is permitted; prokura policy apply applies some",
    )
}

/// The catalogue that is applied: of the files, and of what counts where there is none.
fn catalogue(arguments: &ApplyArguments, counts: &Value) -> Result<Catalogue> {
    let capabilities = match &arguments.catalogue {
        Some(file) => super::capabilities(file)?,
        None => counts
            .as_object()
            .and_then(|counts| Capability::read_all(counts).ok())
            .ok_or_else(|| {
                Failure::new(Exit::Error, "cannot read the capabilities that count")
                    .advice("use the prokura of the server's version, or give --catalogue FILE")
            })?,
    };
    let schema = match &arguments.schema {
        Some(file) => Some(file::text(file)?).filter(|text| !text.trim().is_empty()),
        None => counts.get("schema").and_then(Value::as_str).map(str::to_owned),
    };
    Ok(Catalogue { capabilities, schema })
}

/// What policies know by name: of the file, and what counts where there is none.
fn entities(arguments: &ApplyArguments, counts: &Value) -> Result<Option<Value>> {
    match &arguments.entities {
        Some(file) => super::sources::entities(file).map(|(all, _)| Some(all)),
        None => Ok(counts.get("entities").cloned()),
    }
}
