//! `prokura doctor`: whether a server, or what it would be started with, is well.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};

use super::{
    connection,
    console::Console,
    failure::{Exit, brief},
    table::Table,
};

mod configured;
mod running;

#[derive(Debug, Args)]
#[command(after_help = "\
A database is opened as serve opens it: its schema is brought up to date.

Exit codes:
  0  all is well, or there are warnings only
  1  a check failed; with --strict, or warned
  6  the server does not answer")]
pub(super) struct DoctorArguments {
    /// Also examine this configuration, the files it names, and the database; that needs no server
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Treat warnings as failures
    #[arg(long)]
    strict: bool,
}

/// What the checks found.
#[derive(Debug, Default)]
pub(super) struct Findings {
    found: Vec<Finding>,
}

#[derive(Debug)]
struct Finding {
    check: String,
    state: State,
    found: String,
}

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    Ok,
    Warning,
    Failed,
    /// The server does not answer.
    Silent,
}

impl State {
    const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed | Self::Silent => "failed",
        }
    }
}

impl Findings {
    /// Notes a check.
    pub(super) fn note(&mut self, check: impl Into<String>, state: State, found: impl Into<String>) {
        self.found.push(Finding {
            check: check.into(),
            state,
            found: found.into(),
        });
    }

    /// Notes a check that went well, or why it failed.
    pub(super) fn note_result(&mut self, check: &str, outcome: Result<String>) {
        match outcome {
            Ok(found) => self.note(check, State::Ok, found),
            Err(error) => self.note(check, State::Failed, brief(&error)),
        }
    }

    fn worst(&self) -> State {
        self.found.iter().map(|one| one.state).max().unwrap_or(State::Ok)
    }
}

pub(super) async fn run(arguments: DoctorArguments, console: &Console<'_>) -> Result<Exit> {
    let mut findings = Findings::default();
    if let Some(file) = &arguments.config {
        configured::examine(file, console, &mut findings).await;
    }
    if arguments.config.is_none() || connection::is_named(console) {
        running::examine(console, &mut findings).await?;
    }
    let worst = findings.worst();
    let mut table = Table::new(&["CHECK", "STATE", "FOUND"]);
    let mut checks: Vec<Value> = Vec::new();
    for Finding { check, state, found } in findings.found {
        checks.push(json!({ "check": check, "state": state.name(), "found": found }));
        table.row(&[check, state.name().to_owned(), found]);
    }
    console.show(&json!({ "state": worst.name(), "checks": checks }), &table.text())?;
    Ok(match worst {
        State::Warning if arguments.strict => Exit::Error,
        State::Ok | State::Warning => Exit::Done,
        State::Failed => Exit::Error,
        State::Silent => Exit::Unavailable,
    })
}
