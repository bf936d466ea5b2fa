//! PostgreSQL: reads pipelined on two shared connections, one more for the committer. A connection that is gone is opened anew at the next use.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::sync::Mutex;
use tokio_postgres::{
    Client, NoTls,
    types::{IsNull, ToSql, Type as PgType, private::BytesMut, to_sql_checked},
};

use crate::{
    fault::Fault,
    lower::Bound,
    migrate,
    row::Row,
    statement::{Hold, Statement, Type, Value},
};

/// Read connections of a node. tokio-postgres pipelines what runs at once on one of them.
const READERS: usize = 2;
/// Any number will do, as long as every node takes the same: nodes that start together migrate one after the other.
const MIGRATION_LOCK: i64 = 0x5072_6f6b;
/// How long a server may be silent. One that is stopped, or behind a broken network, must not hold a request for ever.
pub(crate) const SILENCE_MAX: Duration = Duration::from_secs(10);
/// What a session of ours starts with; options of the connection string come later and win. A lock that somebody else keeps (a stopped node, a backup) is waited for two seconds, and a
/// node of ours that stops in the middle of a transaction lets go after ten. The committer's retries are written for `read committed`.
const SESSION: &str = "-c lock_timeout=2000 -c idle_in_transaction_session_timeout=10000 -c default_transaction_isolation=read\\ committed";
/// Answered 2xx is on the disk: a server, database or role set to `off` would take that back. Stronger settings stay.
const DURABLE: &str =
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";

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
    prepared: RwLock<HashMap<(usize, Hold), tokio_postgres::Statement>>,
    running: tokio::task::AbortHandle,
}

/// Who lets go of a connection closes it, also when an answer is still missing: the server then undoes what is open on it, instead of waiting with us.
impl Drop for Link {
    fn drop(&mut self) {
        self.running.abort();
    }
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link")
            .field("closed", &self.client.is_closed())
            .finish_non_exhaustive()
    }
}

/// Whether a connection was there before this use: one that was may have died unnoticed, and then the same on a new one is worth a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Age {
    /// Just opened.
    New,
    /// Kept from an earlier use.
    Kept,
}

impl Postgres {
    /// Reads the connection string; nothing is connected yet.
    pub(crate) fn new(url: &str) -> Result<Self, Fault> {
        let mut config: tokio_postgres::Config = url
            .parse()
            .map_err(|error: tokio_postgres::Error| Fault::Engine(error.to_string()))?;
        if config.get_application_name().is_none() {
            config.application_name("prokura");
        }
        let options = config
            .get_options()
            .map_or_else(|| SESSION.to_owned(), |theirs| format!("{SESSION} {theirs}"));
        config.options(options);
        config.connect_timeout(Duration::from_secs(5));
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(SILENCE_MAX); // a peer that vanished without a word is gone after this, not after a quarter of an hour
        }
        if config.get_keepalives_interval().is_none() && config.get_keepalives_retries().is_none() {
            config
                .keepalives_idle(SILENCE_MAX)
                .keepalives_interval(Duration::from_secs(3))
                .keepalives_retries(3);
        }
        Ok(Self {
            config,
            readers: (0..READERS).map(|_| Mutex::new(None)).collect(),
            turn: AtomicUsize::new(0),
        })
    }

    /// The same server for the committer, which keeps a connection of its own.
    pub(crate) fn clone_for_writer(&self) -> Self {
        Self {
            config: self.config.clone(),
            readers: Vec::new(),
            turn: AtomicUsize::new(0),
        }
    }

    /// Opens a connection.
    pub(crate) async fn connect(&self) -> Result<Arc<Link>, Fault> {
        let (client, connection) = in_time(self.config.connect(NoTls)).await?;
        let running = tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::warn!(%error, "connection to the database ended");
            }
        });
        Ok(Arc::new(Link {
            client,
            prepared: RwLock::new(HashMap::new()),
            running: running.abort_handle(),
        }))
    }

    /// Opens a connection whose commits are on the disk when they are answered.
    pub(crate) async fn connect_for_writing(&self) -> Result<Arc<Link>, Fault> {
        let link = self.connect().await?;
        in_time(link.client.batch_execute(DURABLE)).await?;
        Ok(link)
    }

    async fn reader(&self) -> Result<(Arc<Link>, Age), Fault> {
        let turn = self
            .turn
            .fetch_add(1, Ordering::Relaxed)
            .checked_rem(READERS)
            .unwrap_or(0);
        let slot = self.readers.get(turn).ok_or(Fault::Closed)?;
        let mut kept = slot.lock().await;
        if let Some(link) = kept.as_ref().filter(|link| !link.client.is_closed()) {
            return Ok((Arc::clone(link), Age::Kept));
        }
        let link = self.connect().await?;
        *kept = Some(Arc::clone(&link));
        Ok((link, Age::New))
    }

    /// Reads; once more on another connection if a kept one turns out to be gone.
    async fn rows(&self, statement: &'static Statement, args: &[Value<'_>]) -> Result<Vec<tokio_postgres::Row>, Fault> {
        for _ in 0..=READERS {
            let (link, age) = self.reader().await?;
            match (link.rows(statement, args).await, age) {
                (Err(Fault::Gone(_)), Age::Kept) => self.forget(&link).await,
                (found, _) => return found,
            }
        }
        Err(Fault::Gone("every connection broke".to_owned()))
    }

    /// Lets go of a connection that failed, even if it does not look closed yet.
    async fn forget(&self, link: &Arc<Link>) {
        for slot in &self.readers {
            let mut kept = slot.lock().await;
            if kept.as_ref().is_some_and(|kept| Arc::ptr_eq(kept, link)) {
                *kept = None;
            }
        }
    }

    pub(crate) async fn one<T>(
        &self,
        statement: &'static Statement,
        args: &[Value<'_>],
        read: impl Fn(&Row<'_>) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        self.rows(statement, args)
            .await?
            .first()
            .map(|row| read(&Row::Postgres(row)))
            .transpose()
    }

    pub(crate) async fn all<T>(
        &self,
        statement: &'static Statement,
        args: &[Value<'_>],
        read: impl Fn(&Row<'_>) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        self.rows(statement, args)
            .await?
            .iter()
            .map(|row| read(&Row::Postgres(row)))
            .collect()
    }

    /// Runs a sweep in a transaction of its own, apart from the committer: what holds its locks (a backup, another node's sweep) must not hold the changes behind it.
    pub(crate) async fn apart(&self, sweep: &Bound) -> Result<(), Fault> {
        let link = self.connect().await?;
        let prepared = link.prepare(sweep.statement, Hold::Share).await?;
        in_time(link.client.execute_raw(&prepared, borrowed(&sweep.args))).await?;
        Ok(())
    }

    pub(crate) async fn migrate(&self, steps: &[(i64, &str)]) -> Result<(), Fault> {
        let link = self.connect().await?;
        link.client.batch_execute("SET lock_timeout = 0").await?; // who starts beside a long step waits for its end
        link.client
            .execute("SELECT pg_advisory_lock($1)", &[&MIGRATION_LOCK])
            .await?;
        link.client.batch_execute(migrate::TABLE).await?;
        for (step, text) in steps {
            let taken = link
                .client
                .query_opt("SELECT step FROM schema_step WHERE step = $1", &[step])
                .await?
                .is_some();
            if !taken {
                let text = migrate::for_postgres(text);
                link.client
                    .batch_execute(&format!(
                        "BEGIN; {text} INSERT INTO schema_step (step) VALUES ({step}); COMMIT;"
                    ))
                    .await?;
            }
        }
        link.client
            .execute("SELECT pg_advisory_unlock($1)", &[&MIGRATION_LOCK])
            .await?;
        Ok(())
    }

    pub(crate) async fn explain(&self, statement: &'static Statement) -> Result<String, Fault> {
        let link = self.connect().await?;
        let prepared = link.prepare(statement, Hold::Share).await?;
        link.prepare(statement, Hold::Alone).await?;
        if prepared.params().len() != statement.args.len() {
            return Err(Fault::Arguments(statement.name));
        }
        Ok(String::new()) // the planner goes by table sizes, and these are empty: plans are judged on SQLite
    }
}

impl Link {
    /// The statement as this connection knows it, prepared with the types we state.
    pub(crate) async fn prepare(
        &self,
        statement: &'static Statement,
        hold: Hold,
    ) -> Result<tokio_postgres::Statement, Fault> {
        let key = (std::ptr::from_ref(statement).addr(), hold);
        let known = self
            .prepared
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&key)
            .cloned();
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
        let prepared = in_time(self.client.prepare_typed(statement.for_postgres(hold), &types)).await?;
        self.prepared
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key, prepared.clone());
        Ok(prepared)
    }

    /// Every row of a statement.
    pub(crate) async fn rows(
        &self,
        statement: &'static Statement,
        args: &[Value<'_>],
    ) -> Result<Vec<tokio_postgres::Row>, Fault> {
        let prepared = self.prepare(statement, Hold::Share).await?;
        in_time(self.client.query(&prepared, &borrowed(args))).await
    }
}

/// Waits for the server, but not for ever.
pub(crate) async fn in_time<T>(work: impl Future<Output = Result<T, tokio_postgres::Error>>) -> Result<T, Fault> {
    match tokio::time::timeout(SILENCE_MAX, work).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(Fault::Busy("the database does not answer")),
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
