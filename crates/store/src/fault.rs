//! What goes wrong in a database, by what the caller can do about it.

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

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy("another process holds the database"),
            Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure | ErrorCode::ReadOnly) => Self::Full(error.to_string()),
            _ => Self::Engine(error.to_string()),
        }
    }
}

impl From<tokio_postgres::Error> for Fault {
    fn from(error: tokio_postgres::Error) -> Self {
        let detail = error.as_db_error().map_or_else(|| error.to_string(), |db| format!("{}: {}", db.code().code(), db.message()));
        let class = error.code().map(|code| code.code().chars().take(2).collect::<String>());
        match class.as_deref() {
            None if error.is_closed() => Self::Gone(detail),
            None => Self::Gone(detail),
            Some("08" | "57") => Self::Gone(detail),        // connection exception; operator intervention
            Some("53") => Self::Full(detail),               // insufficient resources
            Some("40" | "55") => Self::Busy("the database asks to try again"), // deadlock, serialization, lock not available
            Some(_) => Self::Engine(detail),
        }
    }
}
