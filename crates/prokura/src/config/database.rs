//! Which database, and what may be shown of it.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use proof::Secret;
use store::Database;
use url::Url;

use super::reference::Reference;
use crate::Environment;

/// Where the database is.
#[derive(Debug)]
pub(crate) enum DatabaseSource {
    Sqlite(PathBuf),
    Postgres(Secret<String>),
    /// The URL has a password and stands elsewhere.
    Elsewhere(Reference),
}

const WANTED: &str =
    "must be \"sqlite:/path/to/file.db\", \"postgres://user@host/database\", \"file:/path\" or \"env:NAME\"";

impl DatabaseSource {
    /// Reads `sqlite:/path`, `postgres://…`, or where the URL stands instead; else tells what is wanted.
    pub(super) fn parse(text: &str, folder: &Path) -> std::result::Result<Self, &'static str> {
        if let Some(reference) = Reference::parse(text, folder) {
            return Ok(Self::Elsewhere(reference));
        }
        if let Some(path) = text.strip_prefix("sqlite:") {
            return match path {
                "" | ":memory:" | "//" => {
                    Err("a node forgets nothing, so SQLite needs a file: \"sqlite:/path/to/file.db\"")
                }
                path => Ok(Self::Sqlite(folder.join(path))),
            };
        }
        let url = Url::parse(text).map_err(|_| WANTED)?;
        if !matches!(url.scheme(), "postgres" | "postgresql") || !url.has_host() {
            return Err(WANTED);
        }
        Ok(Self::Postgres(Secret::new(text.to_owned())))
    }

    /// The database itself; reads the file or the variable if the URL stands there.
    pub(crate) fn resolve(&self, environment: &Environment) -> Result<Database> {
        match self {
            Self::Sqlite(path) => Ok(Database::Sqlite(path.clone())),
            Self::Postgres(url) => Ok(Database::Postgres(url.reveal().clone())),
            Self::Elsewhere(reference) => {
                let (text, place) = (reference.read(environment)?, reference.place());
                match Self::parse(text.trim(), Path::new("")) {
                    Ok(Self::Sqlite(path)) => Ok(Database::Sqlite(path)),
                    Ok(Self::Postgres(url)) => Ok(Database::Postgres(url.reveal().clone())),
                    Ok(Self::Elsewhere(_)) | Err(_) => {
                        bail!("{place} must hold sqlite:/path or postgres://user:password@host/database")
                    }
                }
            }
        }
    }
}

/// Whether a URL has a password in it.
pub(super) fn has_password(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| url.password().is_some() || url.query_pairs().any(|(name, _)| name == "password"))
}

/// A database as it may be shown: without what lets anyone in.
pub(crate) fn shown(database: &Database) -> String {
    match database {
        Database::Sqlite(path) => format!("SQLite file {}", path.display()),
        Database::Postgres(url) => format!("PostgreSQL {}", masked(url)),
    }
}

/// A URL with its password masked; anything that cannot be read is masked whole.
pub(super) fn masked(text: &str) -> String {
    let Ok(mut url) = Url::parse(text) else {
        return "***".to_owned();
    };
    if !matches!(url.scheme(), "postgres" | "postgresql") {
        return text.to_owned();
    }
    let masked = url.password().is_none() || url.set_password(Some("***")).is_ok();
    if url.query_pairs().any(|(name, _)| name == "password") {
        url.set_query(Some("***"));
    }
    if masked { url.to_string() } else { "***".to_owned() }
}
