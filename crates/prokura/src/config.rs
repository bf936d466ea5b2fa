//! The configuration of a node: one TOML file, overridden by the environment (`PROKURA__SECTION__KEY`).
//!
//! Only what a node must know before it can open its database stands here; everything that a tenant decides lives in the database. The table of
//! keys is [`table`]; [`read`] finds values and says where each comes from; [`settings`] makes sense of them; every problem is told at once, with its line.

mod database;
mod example;
mod kek;
mod nearest;
mod problem;
mod proxy;
mod read;
mod reference;
mod settings;
mod table;

pub(crate) use database::shown;
pub(crate) use example::EXAMPLE;
pub(crate) use problem::Problems;
pub(crate) use reference::secret_file;
pub(crate) use settings::{Config, LogFormat, LogSettings, Transport, is_loopback};

use std::path::{Path, PathBuf};

use crate::Environment;

/// A value, where it comes from, and how it may be shown.
#[derive(Clone, Debug)]
pub(crate) struct Effective {
    /// `section.key`.
    pub(crate) key: String,
    /// The value; what is secret in it is masked.
    pub(crate) shown: String,
    /// The file and line, the variable, or that it is the default.
    pub(crate) origin: String,
}

impl Config {
    /// Reads the file and the environment. What the file refers to (keys, certificates) is not opened yet.
    pub(crate) fn load(file: &Path, environment: &Environment) -> Result<Self, Problems> {
        let name = file.display().to_string();
        let text = std::fs::read_to_string(file).map_err(|error| Problems::unreadable(&name, &error))?;
        Self::from_text(&text, &name, &folder(file), environment)
    }

    fn from_text(text: &str, name: &str, folder: &Path, environment: &Environment) -> Result<Self, Problems> {
        let mut problems = Problems::new(name);
        let found = read::values(text, name, environment, &mut problems);
        let Some(found) = found else { return Err(problems) };
        let config = settings::interpret(&found, folder, &mut problems);
        match config {
            Some(config) if problems.is_empty() => Ok(config),
            Some(_) | None => Err(problems),
        }
    }
}

/// Relative paths in the file start at the file's own folder, wherever the process was started.
fn folder(file: &Path) -> PathBuf {
    file.parent().unwrap_or(Path::new("")).to_owned()
}

#[cfg(test)]
mod tests;
