//! `prokura detail-type`: which authorization details may be asked for (RFC 9396), in which form and in which words.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::{Map, Value};

use super::{
    api::Call,
    arguments::Planned,
    console::Console,
    file,
    member::{items, text, time},
    table::{Record, Table},
    when,
};

#[derive(Debug, Subcommand)]
pub(super) enum DetailTypeCommand {
    /// List the types
    List,
    /// Show a type with its schema
    Show(TypeName),
    /// Register a type
    #[command(after_help = "\
The schema is JSON Schema, draft 2020-12, of the whole detail: with properties, additionalProperties: false, and the type as a const. It has no references.
What the words do not say of a detail is listed beneath them.

Example:
  prokura detail-type create payment --name Payment --words 'en=pay {amount.value} {amount.currency} to {payee}' --narrow amount.value=at_most --schema payment.json")]
    Create(Described),
    /// Register a type anew: all of it. What was granted of it counts on as far as the new schema admits it
    Replace(Described),
    /// End a type: nothing of it can be asked, and what was granted of it falls silent
    Remove(Named),
}

#[derive(Debug, Args)]
pub(super) struct TypeName {
    /// The type
    #[arg(value_name = "TYPE")]
    name: String,
}

#[derive(Debug, Args)]
pub(super) struct Named {
    /// The type
    #[arg(value_name = "TYPE")]
    name: String,
    #[command(flatten)]
    planned: Planned,
}

#[derive(Debug, Args)]
pub(super) struct Described {
    /// The type, as in `payment` or `https://bank.example/payment`
    #[arg(value_name = "TYPE")]
    kind: String,
    /// Its name for people
    #[arg(long, value_name = "NAME")]
    name: String,
    /// A verb phrase about one detail, as in 'en=pay {amount.value} {amount.currency} to {payee}'; repeatable, one a language, en at least
    #[arg(long = "words", value_name = "LANGUAGE=WORDS", value_parser = pair, required = true)]
    words: Vec<(String, String)>,
    /// A file with its JSON Schema
    #[arg(long, value_name = "FILE")]
    schema: PathBuf,
    /// How less is told from more, as in `amount.value=at_most`: `equal`, `subset` or `at_most`; repeatable. Members without a rule must be equal
    #[arg(long = "narrow", value_name = "MEMBER=RULE", value_parser = pair)]
    narrowing: Vec<(String, String)>,
    #[command(flatten)]
    planned: Planned,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("a name, = and a value")?;
    Ok((name.to_owned(), value.to_owned()))
}

pub(super) async fn run(command: DetailTypeCommand, console: &Console<'_>) -> Result<()> {
    match command {
        DetailTypeCommand::List => list(console).await,
        DetailTypeCommand::Show(TypeName { name }) => {
            let call = Call::get(format!("show detail type {name}"), &["detail-types", &in_path(&name)]);
            let document = console.api()?.send(&call).await?;
            console.show(&document, &record(&document, console.now))
        }
        DetailTypeCommand::Create(described) => {
            let planned = described.planned;
            let mut body = body(&described)?;
            body.insert("type".to_owned(), described.kind.as_str().into());
            let call = Call::post(format!("register detail type {}", described.kind), &["detail-types"]);
            changed(call.body(Value::Object(body)), planned, console).await
        }
        DetailTypeCommand::Replace(described) => {
            let planned = described.planned;
            let body = Value::Object(body(&described)?);
            console.confirm(
                &format!(
                    "Register {} anew? Pages that are open are shown again, and what was granted of it falls silent where the new schema does not admit it.",
                    described.kind
                ),
                planned,
            )?;
            let path = ["detail-types", &in_path(&described.kind)];
            let call = Call::put(format!("replace detail type {}", described.kind), &path);
            changed(call.body(body), planned, console).await
        }
        DetailTypeCommand::Remove(Named { name, planned }) => {
            console.confirm(
                &format!(
                    "End the type {name}? Nothing of it can be asked any more, and what was granted of it falls silent."
                ),
                planned,
            )?;
            let call = Call::delete(format!("end detail type {name}"), &["detail-types", &in_path(&name)]);
            changed(call, planned, console).await?;
            console.done(&format!("ended the type {name}"), planned);
            Ok(())
        }
    }
}

fn body(described: &Described) -> Result<Map<String, Value>> {
    let object = |pairs: &[(String, String)]| -> Value {
        let members = pairs.iter().map(|(name, value)| (name.clone(), value.as_str().into()));
        Value::Object(members.collect())
    };
    let mut body = Map::new();
    body.insert("name".to_owned(), described.name.as_str().into());
    body.insert("words".to_owned(), object(&described.words));
    body.insert(
        "schema".to_owned(),
        file::json(&described.schema, "the JSON Schema of the type")?,
    );
    body.insert("narrowing".to_owned(), object(&described.narrowing));
    Ok(body)
}

/// A type as it stands in a path: one with characters that are reserved there is written as `~` and its base64url.
pub(super) fn in_path(name: &str) -> String {
    let unreserved = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
    if name.bytes().all(unreserved) {
        name.to_owned()
    } else {
        format!("~{}", proof::base64url::encode(name.as_bytes()))
    }
}

async fn list(console: &Console<'_>) -> Result<()> {
    let call = Call::get("list detail types", &["detail-types"]);
    let document = console.api()?.send(&call).await?;
    let kinds = items(&document, "detail_types").to_vec();
    let mut table = Table::new(&["TYPE", "NAME", "WORDS", "NARROWING", "CREATED"]);
    for kind in &kinds {
        table.row(&[
            text(kind, "type"),
            text(kind, "name"),
            in_english(kind),
            rules(kind),
            time(kind, "created_at")
                .map(|at| when::relative(at, console.now))
                .unwrap_or_default(),
        ]);
    }
    console.list(
        "detail_types",
        kinds,
        &table,
        "no types of authorization details: nothing can be asked in detail; prokura detail-type create registers one",
    )
}

async fn changed(call: Call, planned: Planned, console: &Console<'_>) -> Result<()> {
    match console.change(call, planned).await? {
        Some(document) => console.show(&document, &record(&document, console.now)),
        None => Ok(()),
    }
}

fn in_english(kind: &Value) -> String {
    kind.get("words").map(|words| text(words, "en")).unwrap_or_default()
}

fn rules(kind: &Value) -> String {
    let rules = kind.get("narrowing").and_then(Value::as_object).into_iter().flatten();
    let rules: Vec<String> = rules
        .map(|(member, rule)| format!("{member} {}", rule.as_str().unwrap_or_default()))
        .collect();
    if rules.is_empty() {
        "all equal".to_owned()
    } else {
        rules.join(", ")
    }
}

fn record(kind: &Value, now: i64) -> String {
    let mut record = Record::default()
        .line("type", text(kind, "type"))
        .line("name", text(kind, "name"));
    let words = kind.get("words").and_then(Value::as_object);
    for (language, words) in words.into_iter().flatten() {
        let words = words.as_str().unwrap_or_default();
        record = record.line("words", format!("{language}: {words}"));
    }
    record
        .line("narrowing", rules(kind))
        .line("schema", text(kind, "schema"))
        .line_if("created", time(kind, "created_at").map(|at| when::both(at, now)))
        .text()
}

#[cfg(test)]
mod tests {
    use super::in_path;

    #[test]
    fn an_address_stands_in_a_path_as_base64url() {
        assert_eq!(in_path("payment"), "payment");
        // base64url of `https://bank.example/payment` by Python's base64.urlsafe_b64encode.
        assert_eq!(
            in_path("https://bank.example/payment"),
            "~aHR0cHM6Ly9iYW5rLmV4YW1wbGUvcGF5bWVudA"
        );
    }
}
