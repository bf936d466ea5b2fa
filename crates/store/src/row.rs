//! Reading a row by stating the types.

use kernel::Time;

use crate::fault::Fault;

/// What a column with another type than the one stated is answered with.
const MISTYPED: Fault = Fault::Row("a column is not of its type");

/// A row of either engine.
#[derive(Debug)]
pub(crate) enum Row<'a> {
    /// Of SQLite.
    Sqlite(&'a rusqlite::Row<'a>),
    /// Of PostgreSQL.
    Postgres(&'a tokio_postgres::Row),
}

impl Row<'_> {
    /// A text that is there.
    pub(crate) fn text(&self, column: usize) -> Result<String, Fault> {
        match self {
            Self::Sqlite(row) => row.get(column).map_err(|_| MISTYPED),
            Self::Postgres(row) => row.try_get(column).map_err(|_| MISTYPED),
        }
    }

    /// A text that may be missing.
    pub(crate) fn text_if_any(&self, column: usize) -> Result<Option<String>, Fault> {
        match self {
            Self::Sqlite(row) => row.get(column).map_err(|_| MISTYPED),
            Self::Postgres(row) => row.try_get(column).map_err(|_| MISTYPED),
        }
    }

    /// An integer that is there.
    pub(crate) fn int(&self, column: usize) -> Result<i64, Fault> {
        match self {
            Self::Sqlite(row) => row.get(column).map_err(|_| MISTYPED),
            Self::Postgres(row) => row.try_get(column).map_err(|_| MISTYPED),
        }
    }

    /// An integer that may be missing.
    pub(crate) fn int_if_any(&self, column: usize) -> Result<Option<i64>, Fault> {
        match self {
            Self::Sqlite(row) => row.get(column).map_err(|_| MISTYPED),
            Self::Postgres(row) => row.try_get(column).map_err(|_| MISTYPED),
        }
    }

    /// A time that is there.
    pub(crate) fn time(&self, column: usize) -> Result<Time, Fault> {
        self.int(column).map(Time::from_unix)
    }

    /// A time that may be missing.
    pub(crate) fn time_if_any(&self, column: usize) -> Result<Option<Time>, Fault> {
        Ok(self.int_if_any(column)?.map(Time::from_unix))
    }
}
