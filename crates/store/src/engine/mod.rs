//! The small driver: the same statement on either engine.

mod postgres;
mod sqlite;

pub(crate) use postgres::{Age, Link, Postgres, SILENCE_MAX, borrowed};
pub(crate) use sqlite::Sqlite;

use crate::{
    fault::Fault,
    row::Row,
    statement::{Statement, Value},
};

/// The database behind the store, for reading. Writing goes through the committer.
#[derive(Debug)]
pub(crate) enum Engine {
    /// A file of ours.
    Sqlite(Sqlite),
    /// A server.
    Postgres(Box<Postgres>),
}

/// What a database is like now, as far as its engine tells: equal to another as long as nobody has written between the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written(u64, i64);

impl Engine {
    /// What the database is like now; nothing where the engine cannot tell.
    pub(crate) fn written(&self) -> Result<Option<Written>, Fault> {
        match self {
            Self::Sqlite(sqlite) => sqlite.written().map(Some),
            Self::Postgres(_) => Ok(None),
        }
    }

    /// The first row, if there is one.
    pub(crate) async fn one<T>(
        &self,
        statement: &'static Statement,
        args: &[Value<'_>],
        read: impl Fn(&Row<'_>) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        statement.check(args)?;
        match self {
            Self::Sqlite(sqlite) => sqlite.one(statement, args, read),
            Self::Postgres(postgres) => postgres.one(statement, args, read).await,
        }
    }

    /// Every row.
    pub(crate) async fn all<T>(
        &self,
        statement: &'static Statement,
        args: &[Value<'_>],
        read: impl Fn(&Row<'_>) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        statement.check(args)?;
        match self {
            Self::Sqlite(sqlite) => sqlite.all(statement, args, read),
            Self::Postgres(postgres) => postgres.all(statement, args, read).await,
        }
    }

    /// Takes schema steps.
    pub(crate) async fn migrate(&self, steps: &[(i64, &str)]) -> Result<(), Fault> {
        match self {
            Self::Sqlite(sqlite) => sqlite.migrate(steps),
            Self::Postgres(postgres) => postgres.migrate(steps).await,
        }
    }

    /// Prepares a statement without running it, and tells how it would be found: for the registry test.
    pub(crate) async fn explain(&self, statement: &'static Statement) -> Result<String, Fault> {
        match self {
            Self::Sqlite(sqlite) => sqlite.explain(statement),
            Self::Postgres(postgres) => postgres.explain(statement).await,
        }
    }
}
