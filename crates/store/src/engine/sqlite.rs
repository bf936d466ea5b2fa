//! SQLite: point reads inline on the calling thread (3 to 5 microseconds, shorter than a thread hop), one writer elsewhere.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, ToSql, params_from_iter, types::ToSqlOutput};

use crate::{
    engine::Written,
    fault::Fault,
    migrate,
    row::Row,
    statement::{Statement, Value},
};

/// How long a read waits for another process; it hardly ever has to.
const READ_BUSY_MAX: Duration = Duration::from_secs(5);
/// How long a start waits for another process that makes the schema.
const START_BUSY_MAX: Duration = Duration::from_secs(30);

/// A database file.
#[derive(Debug)]
pub(crate) struct Sqlite {
    path: PathBuf,
    readers: Mutex<Vec<Connection>>,
    watch: Mutex<Watch>,
}

/// The connection that tells whether somebody has written. Its number counts for itself alone, so each connection has one too.
#[derive(Debug, Default)]
struct Watch {
    connection: Option<Connection>,
    which: u64,
}

impl Sqlite {
    /// Opens the file, and makes it if it is not there.
    pub(crate) fn open(path: &Path) -> Result<Self, Fault> {
        let sqlite = Self {
            path: path.to_owned(),
            readers: Mutex::new(Vec::new()),
            watch: Mutex::default(),
        };
        let writer = sqlite.writer()?; // sets the journal mode, which stays with the file
        drop(writer);
        Ok(sqlite)
    }

    /// A connection that may write. `FULL`: what was answered survives a power cut (`NORMAL` in WAL mode loses the last commits).
    pub(crate) fn writer(&self) -> Result<Connection, Fault> {
        let connection = Connection::open(&self.path)?;
        connection.busy_timeout(START_BUSY_MAX)?;
        keep_a_log(&connection)?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", "ON")?;
        stable_plans(&connection)?;
        connection.set_prepared_statement_cache_capacity(256);
        Ok(connection)
    }

    fn reader(&self) -> Result<Connection, Fault> {
        let kept = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        kept.map_or_else(|| self.another_reader(), Ok)
    }

    fn another_reader(&self) -> Result<Connection, Fault> {
        let connection = Connection::open_with_flags(
            &self.path,
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        connection.busy_timeout(READ_BUSY_MAX)?;
        stable_plans(&connection)?;
        connection.set_prepared_statement_cache_capacity(256);
        Ok(connection)
    }

    /// Lends a reader; one that failed is not kept.
    fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, Fault>) -> Result<T, Fault> {
        let connection = self.reader()?;
        let found = work(&connection)?;
        self.readers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(connection);
        Ok(found)
    }

    /// What is different from before when anybody has written since, in this process or in others.
    pub(crate) fn written(&self) -> Result<Written, Fault> {
        let mut watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = if let Some(connection) = watch.connection.take() {
            connection
        } else {
            watch.which = watch.which.wrapping_add(1);
            self.another_reader()?
        };
        let version = connection
            .prepare_cached("PRAGMA data_version")?
            .query_row([], |row| row.get(0))?;
        watch.connection = Some(connection);
        Ok(Written(watch.which, version))
    }

    pub(crate) fn one<T>(
        &self,
        statement: &'static Statement,
        args: &[Value<'_>],
        read: impl Fn(&Row<'_>) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        self.read(|connection| {
            let mut prepared = connection.prepare_cached(statement.for_sqlite())?;
            let mut rows = prepared.query(params_from_iter(args))?;
            rows.next()?.map(|row| read(&Row::Sqlite(row))).transpose()
        })
    }

    pub(crate) fn all<T>(
        &self,
        statement: &'static Statement,
        args: &[Value<'_>],
        read: impl Fn(&Row<'_>) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        self.read(|connection| {
            let mut prepared = connection.prepare_cached(statement.for_sqlite())?;
            let mut rows = prepared.query(params_from_iter(args))?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(read(&Row::Sqlite(row))?);
            }
            Ok(found)
        })
    }

    pub(crate) fn migrate(&self, steps: &[(i64, &str)]) -> Result<(), Fault> {
        let mut connection = self.writer()?;
        connection.execute_batch(migrate::TABLE)?;
        for (step, text) in steps {
            let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            let taken: bool = transaction
                .query_row("SELECT COUNT(*) FROM schema_step WHERE step = ?1", [step], |row| {
                    row.get::<_, i64>(0)
                })
                .map(|n| n > 0)?;
            if !taken {
                transaction.execute_batch(&migrate::for_sqlite(text))?;
                transaction.execute("INSERT INTO schema_step (step) VALUES (?1)", [step])?;
            }
            transaction.commit()?;
        }
        Ok(())
    }

    pub(crate) fn explain(&self, statement: &'static Statement) -> Result<String, Fault> {
        self.read(|connection| {
            let count = connection.prepare(statement.for_sqlite())?.parameter_count();
            if count != statement.args.len() {
                return Err(Fault::Arguments(statement.name));
            }
            let mut prepared = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", statement.for_sqlite()))?;
            let nothing: Vec<Value<'_>> = statement.args.iter().map(|_| Value::NoText).collect();
            let mut rows = prepared.query(params_from_iter(&nothing))?;
            let mut plan = String::new();
            while let Some(row) = rows.next()? {
                plan.push_str(&row.get::<_, String>(3)?);
                plan.push('\n');
            }
            Ok(plan)
        })
    }
}

/// Makes the file keep a write-ahead log, once and for all. While another process writes to a file that has none yet, SQLite refuses the switch without waiting (two that read
/// and both want more would wait for ever); we wait for the writer and ask again.
fn keep_a_log(connection: &Connection) -> Result<(), Fault> {
    const ATTEMPTS: usize = 100;
    let mut mode = Err(Fault::Busy("another process holds the database"));
    for _ in 0..ATTEMPTS {
        mode = connection
            .pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0))
            .map_err(Fault::from);
        match &mode {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(_) | Err(Fault::Busy(_)) => connection.execute_batch("BEGIN IMMEDIATE; ROLLBACK")?,
            Err(_) => break,
        }
    }
    let mode = mode?;
    Err(Fault::Engine(format!(
        "the file keeps its journal as {mode}, not as a write-ahead log"
    )))
}

/// Plans go by the text of a statement alone. Otherwise SQLite looks at bound values too, and plans anew whenever one is bound: a seventh of a token's cost.
fn stable_plans(connection: &Connection) -> Result<(), Fault> {
    connection.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Value::Text(text) => text.as_ref().to_sql(),
            Value::Int(number) => number.to_sql(),
            Value::NoText | Value::NoInt => Ok(ToSqlOutput::from(rusqlite::types::Null)),
        }
    }
}
