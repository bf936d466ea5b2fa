//! What goes wrong in a database, by what the caller can do about it.

use tokio_postgres::error::{Severity, SqlState};

/// A failure of the store. Being lost is not one: that is an [`crate::Outcome`].
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The queue to the disk is full, or another process holds the database: try again.
    #[error("the store is busy: {0}")]
    Busy(&'static str),
    /// The disk is full or refuses to write.
    #[error("the disk refuses to write: {0}")]
    Full(String),
    /// The connection to the database is gone; the next request opens a new one.
    #[error("the database is gone: {0}")]
    Gone(String),
    /// A commit was sent and no answer came: it may or may not have happened.
    #[error("the outcome of a commit is unknown: {0}")]
    Unknown(String),
    /// A row holds what no version of ours writes.
    #[error("a row cannot be read: {0}")]
    Row(&'static str),
    /// A statement was called with arguments it does not have.
    #[error("statement {0} was called with the wrong arguments")]
    Arguments(&'static str),
    /// Anything else the engine says.
    #[error("the database refuses: {0}")]
    Engine(String),
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
}

impl Fault {
    /// The same once more: one failure, told to every change that it hit.
    pub(crate) fn again(&self) -> Self {
        match self {
            Self::Busy(what) => Self::Busy(what),
            Self::Full(detail) => Self::Full(detail.clone()),
            Self::Gone(detail) => Self::Gone(detail.clone()),
            Self::Unknown(detail) => Self::Unknown(detail.clone()),
            Self::Row(what) => Self::Row(what),
            Self::Arguments(what) => Self::Arguments(what),
            Self::Engine(detail) => Self::Engine(detail.clone()),
            Self::Closed => Self::Closed,
        }
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Self::Busy("another process holds the database")
            }
            Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure | ErrorCode::ReadOnly) => {
                Self::Full(error.to_string())
            }
            Some(ErrorCode::CannotOpen) => Self::Gone(error.to_string()),
            _ => Self::Engine(error.to_string()),
        }
    }
}

impl From<tokio_postgres::Error> for Fault {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(db) = error.as_db_error() else {
            return Self::Gone(error.to_string()); // not an answer of the server: the connection broke, or was never there
        };
        let detail = format!("{}: {}", db.code().code(), db.message());
        if *db.code() == SqlState::QUERY_CANCELED || *db.code() == SqlState::LOCK_NOT_AVAILABLE {
            return Self::Busy("a lock did not come free in time");
        }
        if *db.code() == SqlState::DISK_FULL {
            return Self::Full(detail);
        }
        match class(db.code()) {
            "40" => Self::Busy("the database asks to try again"), // deadlock, serialization
            "53" => Self::Busy("the database has no room for more work"), // connections, memory
            "58" => Self::Full(detail),                           // input and output of the server itself
            // Connection exception; operator intervention; too long idle in a transaction; a server that became a copy.
            "08" | "57" | "25" => Self::Gone(detail),
            _ => Self::Engine(detail),
        }
    }
}

/// Whether the database undid a transaction only because of what ran beside it: the same once more is the answer.
pub(crate) fn asks_again(error: &tokio_postgres::Error) -> bool {
    error.code().is_some_and(|code| class(code) == "40")
}

/// Whether the server lives and said no, so that what was asked has surely not happened. Of a broken connection or a dying server one cannot say that.
pub(crate) fn refuses(error: &tokio_postgres::Error) -> bool {
    error
        .as_db_error()
        .is_some_and(|db| db.parsed_severity() == Some(Severity::Error))
}

/// The class of an error code: its first two characters.
fn class(code: &SqlState) -> &str {
    code.code().get(..2).unwrap_or_default()
}
