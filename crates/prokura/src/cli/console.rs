//! Where a command talks: data to standard output, everything else to standard error, questions to whoever sits there.

use std::io::{self, BufRead, IsTerminal, Write};

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::{
    api::{Api, Call},
    arguments::{Format, Global, Planned},
    connection::{self, Target},
    failure::{Exit, Failure},
    table::Table,
    visible,
};
use crate::Environment;

/// What every command is given.
#[derive(Clone, Copy, Debug)]
pub(super) struct Console<'a> {
    pub(super) global: &'a Global,
    pub(super) environment: &'a Environment,
    /// Seconds since 1970.
    pub(super) now: i64,
}

impl Console<'_> {
    /// The admin API of the server that was named.
    pub(super) fn api(&self) -> Result<Api> {
        Api::new(connection::find(self)?)
    }

    /// Carries out a change, or, on a dry run, prints the request that would be sent.
    pub(super) async fn change(&self, call: Call, planned: Planned) -> Result<Option<Value>> {
        if planned.dry_run {
            return self.plan(&call, &connection::target(self)?);
        }
        self.api()?.send(&call).await.map(Some)
    }

    /// The same, where something had to be looked up before.
    pub(super) async fn change_by(&self, api: &Api, call: Call, planned: Planned) -> Result<Option<Value>> {
        if planned.dry_run {
            return self.plan(&call, api.target());
        }
        api.send(&call).await.map(Some)
    }

    fn plan(&self, call: &Call, target: &Target) -> Result<Option<Value>> {
        let (method, url) = (call.method.as_str(), call.url(target)?);
        let body = call.shown_body();
        let text = match &body {
            None => format!("{method} {url}\n"),
            Some(body) => format!("{method} {url}\n{}", pretty(body)),
        };
        self.show(&json!({ "method": method, "url": url.as_str(), "body": body }), &text)?;
        self.say("dry run: nothing was sent");
        Ok(None)
    }

    /// A document, for programs as JSON, for people as they were given it.
    pub(super) fn show(&self, document: &Value, human: &str) -> Result<()> {
        match self.global.output {
            Format::Json => print(&pretty(document)),
            Format::Table => print(human),
        }
    }

    /// A list: for people a table, or, when it is empty, what to do about that.
    pub(super) fn list(&self, name: &str, rows: Vec<Value>, table: &Table, empty: &str) -> Result<()> {
        if rows.is_empty() && self.is_for_people() {
            self.say(empty);
            return Ok(());
        }
        let mut document = Map::new();
        document.insert(name.to_owned(), Value::Array(rows));
        self.show(&Value::Object(document), &table.text())
    }

    /// Whether tables are wanted, and what else makes reading easier.
    pub(super) fn is_for_people(&self) -> bool {
        self.global.output == Format::Table
    }

    /// Talk; nobody who asked for quiet hears it.
    pub(super) fn say(&self, text: &str) {
        if !self.global.quiet {
            complain(&format!("{}\n", visible(text)));
        }
    }

    /// Says that something is gone: what is printed is how it was.
    pub(super) fn done(&self, what: &str, planned: Planned) {
        if !planned.dry_run {
            self.say(what);
        }
    }

    /// Asks before something that hurts, if somebody is there to answer.
    pub(super) fn confirm(&self, question: &str, planned: Planned) -> Result<()> {
        let stdin = io::stdin();
        if self.global.yes || planned.dry_run || !stdin.is_terminal() {
            return Ok(());
        }
        complain(&format!("{} [y/N] ", visible(question)));
        let mut answer = String::new();
        stdin.lock().read_line(&mut answer)?;
        if matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
            return Ok(());
        }
        Err(Failure::new(Exit::Error, "nothing was changed")
            .why("the question was not answered with yes")
            .advice("answer y, or give --yes")
            .into())
    }
}

/// Data, on standard output.
pub(super) fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// A change that changes nothing is a slip.
pub(super) fn something_to_change(body: &Map<String, Value>, options: &str) -> Result<()> {
    if body.is_empty() {
        return Err(Failure::new(Exit::Usage, "there is nothing to change")
            .advice(format!("give {options}"))
            .into());
    }
    Ok(())
}

/// A line to standard error. If that is closed there is nobody left to tell.
pub(super) fn complain(text: &str) {
    drop(io::stderr().lock().write_all(text.as_bytes()));
}

/// JSON for reading, safe to show in a terminal: the line breaks are ours, every other control character is escaped.
pub(super) fn pretty(document: &Value) -> String {
    let mut document = document.clone();
    document.sort_all_objects();
    let text = serde_json::to_string_pretty(&document).unwrap_or_default();
    let lines: Vec<_> = text.lines().map(visible).chain(["".into()]).collect();
    lines.join("\n")
}

/// JSON on one line.
pub(super) fn line(document: &Value) -> String {
    format!("{}\n", visible(&proof::json::canonical(document)))
}
