//! Members of client metadata that have no option of their own: `--set NAME=VALUE`.

use anyhow::Result;
use clap::Args;
use kernel::client::MEMBERS;
use serde_json::{Map, Value};

use crate::cli::failure::{Exit, Failure};

#[derive(Debug, Args)]
pub(super) struct Members {
    /// Another member of its metadata by its registered name, as in `--set subject_type=public` or `--set request_uris='["https://app.example/request"]'`;
    /// the value is JSON, or a text as it stands; repeatable
    #[arg(long = "set", value_name = "NAME=VALUE")]
    members: Vec<String>,
}

impl Members {
    /// Puts them into a body. A name that nobody knows is said here, with those that are known.
    pub(super) fn insert(&self, body: &mut Map<String, Value>) -> Result<()> {
        for member in &self.members {
            let Some((name, value)) = member.split_once('=') else {
                return Err(Failure::new(Exit::Usage, format!("--set {member} names no value"))
                    .advice("give NAME=VALUE, as in --set subject_type=public")
                    .into());
            };
            if name != "jwks_uri" && !MEMBERS.contains(&name) {
                return Err(Failure::new(Exit::Usage, format!("--set: there is no member {name}"))
                    .why(format!("known are jwks_uri, {}", MEMBERS.join(", ")))
                    .advice("check the name; what has an option of its own is set by that")
                    .into());
            }
            // A text is a text, whatever it looks like; JSON is for lists, numbers, true, false and null.
            let read: Value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
            body.insert(name.to_owned(), read);
        }
        Ok(())
    }
}
