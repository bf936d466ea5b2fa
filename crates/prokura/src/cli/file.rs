//! Files that a command is given.

use std::path::Path;

use anyhow::Result;
use serde_json::Value;

use super::failure::{Exit, Failure};

/// All of a file, as text.
pub(super) fn text(file: &Path) -> Result<String> {
    std::fs::read_to_string(file).map_err(|error| {
        Failure::new(Exit::Error, format!("cannot read {}", file.display()))
            .why(error.to_string())
            .advice("check the path, and that the file is text that you may read")
            .into()
    })
}

/// A file with JSON in it; `what` is what should stand there, as in `a JSON Schema`.
pub(super) fn json(file: &Path, what: &str) -> Result<Value> {
    of_json(file, &text(file)?, what)
}

/// The same, read before.
pub(super) fn of_json(file: &Path, text: &str, what: &str) -> Result<Value> {
    serde_json::from_str(text).map_err(|error| {
        Failure::new(Exit::Error, format!("{} is not JSON", file.display()))
            .why(error.to_string())
            .advice(format!("put {what} there"))
            .into()
    })
}
