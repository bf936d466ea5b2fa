//! Secrets that the server shows once: printed once, or written to a file that only its owner can read.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use serde_json::Value;

use super::{arguments::Planned, console::Console, table::Record};
use crate::config::secret_file;

/// Where a secret goes.
#[derive(Clone, Debug, Args)]
pub(super) struct Secrets {
    /// Write the secret to this new file (mode 0600) and do not print it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Secrets {
    /// Makes the file before anything is asked of the server: a secret that cannot be written would be lost.
    pub(super) fn reserve(&self, planned: Planned) -> Result<Place> {
        let file = self.out.clone().filter(|_| !planned.dry_run);
        if let Some(file) = &file {
            secret_file(file, "")?;
        }
        Ok(Place { file })
    }
}

/// What a token is good for, in words.
#[derive(Clone, Copy, Debug)]
pub(super) struct TokenUse {
    /// What who has it can do.
    pub(super) power: &'static str,
    /// How it is used.
    pub(super) by: &'static str,
}

/// A place for a secret.
#[derive(Debug)]
pub(super) struct Place {
    file: Option<PathBuf>,
}

impl Place {
    /// Leaves no empty file behind when the server says no.
    pub(super) fn or_give_up<T>(&self, outcome: Result<T>) -> Result<T> {
        outcome.inspect_err(|_| {
            if let Some(file) = &self.file {
                drop(std::fs::remove_file(file)); // the refusal is the error to tell
            }
        })
    }

    /// Shows a document with its secret, or without it when that goes to the file.
    pub(super) fn keep(
        &self,
        document: &Value,
        name: &'static str,
        record: Record,
        console: &Console<'_>,
    ) -> Result<()> {
        let Some(secret) = document.get(name).and_then(Value::as_str) else {
            return console.show(document, &record.text());
        };
        let Some(file) = &self.file else {
            console.say("the secret is shown this once; keep it where only the client can read it");
            return console.show(document, &record.line("secret", secret).text());
        };
        write(file, secret)?;
        console.say(&format!("the secret is in {}", file.display()));
        console.show(&without(document, name), &record.text())
    }

    /// Prints a code that is handed on to a person, or writes it to the file.
    pub(super) fn code(
        &self,
        document: &Value,
        name: &'static str,
        record: Record,
        console: &Console<'_>,
    ) -> Result<()> {
        let code = document.get(name).and_then(Value::as_str).unwrap_or_default();
        let Some(file) = &self.file else {
            console.say(
                "the code is shown this once and works once; hand it to the person, by a way that nobody else reads",
            );
            return console.show(document, &record.line("code", code).text());
        };
        write(file, code)?;
        console.say(&format!("the code is in {}; it works once", file.display()));
        console.show(&without(document, name), &record.text())
    }

    /// Prints a token alone, so that it can be piped, or writes it to the file.
    pub(super) fn token(
        &self,
        document: &Value,
        token: &str,
        use_of_it: TokenUse,
        console: &Console<'_>,
    ) -> Result<()> {
        let Some(file) = &self.file else {
            console.say(&format!("the token is shown this once; who has it {}", use_of_it.power));
            return console.show(document, &format!("{token}\n"));
        };
        write(file, token)?;
        console.say(&format!("the token is in {}; {}", file.display(), use_of_it.by));
        console.show(&without(document, "token"), "")
    }
}

fn without(document: &Value, name: &str) -> Value {
    let mut rest = document.clone();
    rest.as_object_mut().and_then(|members| members.remove(name));
    rest
}

fn write(file: &Path, secret: &str) -> Result<()> {
    std::fs::write(file, format!("{secret}\n"))?; // the file is ours, and empty
    Ok(std::fs::File::open(file)?.sync_all()?)
}
