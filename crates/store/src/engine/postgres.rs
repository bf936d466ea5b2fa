//! PostgreSQL: reads pipelined on two shared connections, one more for the committer. A connection that is gone is opened anew at the next use.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::sync::Mutex;
use tokio_postgres::{
    Client, NoTls,
    types::{IsNull, ToSql, Type as PgType, private::BytesMut, to_sql_checked},
};

use crate::{
    fault::Fault,
    migrate,
    row::Row,
    statement::{Statement, Type, Value},
};

/// Read connections of a node. tokio-postgres pipelines what runs at once on one of them.
const READERS: usize = 2;
/// Any number will do, as long as every node takes the same: nodes that start together migrate one after the other.
const MIGRATION_LOCK: i64 = 0x5072_6f6b;

/// A database server.
#[derive(Debug)]
pub(crate) struct Postgres {
    config: tokio_postgres::Config,
    readers: Vec<Mutex<Option<Arc<Link>>>>,
    turn: AtomicUsize,
}

/// One connection and what is prepared on it.
pub(crate) struct Link {
    pub(crate) client: Client,
    prepared: RwLock<HashMap<usize, tokio_postgres::Statement>>,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("closed", &self.client.is_closed()).finish_non_exhaustive()
    }
}

impl Postgres {
    /// Reads the connection string; nothing is connected yet.
    pub(crate) fn new(url: &str) -> Result<Self, Fault> {
        let mut config: tokio_postgres::Config = url.parse().map_err(|error: tokio_postgres::Error| Fault::Engine(error.to_string()))?;
        if config.get_application_name().is_none() {
            config.application_name("prokura");
        }
        config.connect_timeout(std::time::Duration::from_secs(5));
        Ok(Self { config, readers: (0..READERS).map(|_| Mutex::new(None)).collect(), turn: AtomicUsize::new(0) })
    }

    /// The same server for the committer, which keeps a connection of its own.
    pub(crate) fn clone_for_writer(&self) -> Self {
        Self { config: self.config.clone(), readers: Vec::new(), turn: AtomicUsize::new(0) }
    }

    /// Opens a connection.
    pub(crate) async fn connect(&self) -> Result<Arc<Link>, Fault> {
        let (client, connection) = self.config.connect(NoTls).await?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::warn!(%error, "connection to the database ended");
            }
        });
        Ok(Arc::new(Link { client, prepared: RwLock::new(HashMap::new()) }))
    }

    async fn reader(&self) -> Result<Arc<Link>, Fault> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed).checked_rem(READERS).unwrap_or(0);
        let slot = self.readers.get(turn).ok_or(Fault::Closed)?;
        let mut kept = slot.lock().await;
        match kept.as_ref().filter(|link| !link.client.is_closed()) {
            Some(link) => Ok(Arc::clone(link)),
            None => {
                let link = self.connect().await?;
                *kept = Some(Arc::clone(&link));
                Ok(link)
            }
        }
    }

    pub(crate) async fn one<T>(&self, statement: &'static Statement, args: &[Value<'_>], read: impl Fn(&Row<'_>) -> Result<T, Fault>) -> Result<Option<T>, Fault> {
        let link = self.reader().await?;
        let prepared = link.prepare(statement).await?;
        let row = link.client.query_opt(&prepared, &borrowed(args)).await?;
        row.map(|row| read(&Row::Postgres(&row))).transpose()
    }

    pub(crate) async fn all<T>(&self, statement: &'static Statement, args: &[Value<'_>], read: impl Fn(&Row<'_>) -> Result<T, Fault>) -> Result<Vec<T>, Fault> {
        let link = self.reader().await?;
        let prepared = link.prepare(statement).await?;
        let rows = link.client.query(&prepared, &borrowed(args)).await?;
        rows.iter().map(|row| read(&Row::Postgres(row))).collect()
    }

    pub(crate) async fn migrate(&self, steps: &[(i64, &str)]) -> Result<(), Fault> {
        let link = self.connect().await?;
        link.client.execute("SELECT pg_advisory_lock($1)", &[&MIGRATION_LOCK]).await?;
        link.client.batch_execute(migrate::TABLE).await?;
        for (step, text) in steps {
            let taken = link.client.query_opt("SELECT step FROM schema_step WHERE step = $1", &[step]).await?.is_some();
            if !taken {
                link.client.batch_execute(&format!("BEGIN; {text} INSERT INTO schema_step (step) VALUES ({step}); COMMIT;")).await?;
            }
        }
        link.client.execute("SELECT pg_advisory_unlock($1)", &[&MIGRATION_LOCK]).await?;
        Ok(())
    }

    pub(crate) async fn explain(&self, statement: &'static Statement) -> Result<String, Fault> {
        let link = self.connect().await?;
        let prepared = link.prepare(statement).await?;
        if prepared.params().len() != statement.args.len() {
            return Err(Fault::Arguments(statement.name));
        }
        Ok(String::new()) // the planner goes by table sizes, and these are empty: plans are judged on SQLite
    }
}

impl Link {
    /// The statement as this connection knows it, prepared with the types we state.
    pub(crate) async fn prepare(&self, statement: &'static Statement) -> Result<tokio_postgres::Statement, Fault> {
        let key = std::ptr::from_ref(statement).addr();
        let known = self.prepared.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let types: Vec<PgType> = statement
            .args
            .iter()
            .map(|of_type| match of_type {
                Type::Text => PgType::TEXT,
                Type::Int => PgType::INT8,
            })
            .collect();
        let prepared = self.client.prepare_typed(statement.for_postgres(), &types).await?;
        self.prepared.write().unwrap_or_else(PoisonError::into_inner).insert(key, prepared.clone());
        Ok(prepared)
    }
}

/// Arguments as the driver wants them.
pub(crate) fn borrowed<'a>(args: &'a [Value<'a>]) -> Vec<&'a (dyn ToSql + Sync)> {
    args.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

impl ToSql for Value<'_> {
    fn to_sql(&self, of_type: &PgType, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Value::Text(text) => text.as_ref().to_sql(of_type, out),
            Value::Int(number) => number.to_sql(of_type, out),
            Value::NoText | Value::NoInt => Ok(IsNull::Yes),
        }
    }

    fn accepts(of_type: &PgType) -> bool {
        matches!(*of_type, PgType::TEXT | PgType::INT8)
    }

    to_sql_checked!();
}
