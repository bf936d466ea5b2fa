//! Opening the store.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use kernel::{Event, Moment, TenantId, Touch};
use tokio::sync::Mutex;

use crate::{
    committer::{Commit, Committer, Lost, Outcome, Writer},
    engine::{Engine, Postgres, Sqlite, Written},
    fault::Fault,
    journal::Journal,
    lower::Bound,
    mark, migrate,
    statement::{Kind, Statement, Value},
    touch::Touches,
};

/// Which database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Database {
    /// A file of ours.
    Sqlite(PathBuf),
    /// A server, by its connection string.
    Postgres(String),
}

/// How to open the store.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Which database.
    pub database: Database,
    /// The name of this process's stream of audit events: new for every process, in the order of time.
    pub stream: String,
}

/// The store: everything that is remembered.
#[derive(Debug)]
pub struct Store {
    engine: Engine,
    committer: Committer,
    writer: Mutex<Option<Writer>>,
    journal: Journal,
    touches: Touches,
    /// Marks of this period and earlier ones are refused: some node empties their table, or has.
    emptied_through: AtomicI64,
    /// The last period whose table this node emptied.
    emptied_here: AtomicI64,
    /// How far this node has looked through each tenant's lines of refresh tokens for those that are dead.
    families_seen: std::sync::Mutex<BTreeMap<String, String>>,
}

/// How long a database is tried that another process opens or migrates at this moment: SQLite refuses that at once, whatever its busy timeout says.
const OPEN_TIME_MAX: std::time::Duration = std::time::Duration::from_secs(10);
const OPEN_PAUSE: std::time::Duration = std::time::Duration::from_millis(25);

/// The engine, with its schema up to date.
async fn opened(database: &Database) -> Result<Engine, Fault> {
    let begun = tokio::time::Instant::now();
    loop {
        match open_once(database).await {
            // Looked at between two tries only: a try that is under way, a long migration say, is never cut off.
            Err(Fault::Busy(_)) if begun.elapsed() < OPEN_TIME_MAX => tokio::time::sleep(OPEN_PAUSE).await,
            opened => return opened,
        }
    }
}

async fn open_once(database: &Database) -> Result<Engine, Fault> {
    let engine = match database {
        Database::Sqlite(path) => Engine::Sqlite(Sqlite::open(path)?),
        Database::Postgres(url) => Engine::Postgres(Box::new(Postgres::new(url)?)),
    };
    migrate::run(&engine).await?;
    Ok(engine)
}

impl Store {
    /// Opens the database, brings its schema up to date, and starts the committer.
    pub async fn open(settings: Settings) -> Result<Arc<Self>, Fault> {
        let engine = opened(&settings.database).await?;
        let (committer, writer) = Committer::start(&engine, settings.stream)?;
        let store = Self {
            engine,
            committer,
            writer: Mutex::new(Some(writer)),
            journal: Journal::default(),
            touches: Touches::default(),
            emptied_through: AtomicI64::new(i64::MIN),
            emptied_here: AtomicI64::new(i64::MIN),
            families_seen: std::sync::Mutex::default(),
        };
        store.recall_marks().await?;
        Ok(Arc::new(store))
    }

    /// Commits a change: all of it or nothing, on the disk when this returns.
    pub async fn commit(&self, commit: Commit<'_>) -> Result<Outcome, Fault> {
        let emptied = self.emptied_through.load(Ordering::Acquire);
        if let Some(late) = commit.marks.iter().position(|one| mark::period(one.expires) <= emptied) {
            return Ok(Outcome::Lost(Lost::Mark(late))); // its table was emptied: whether it was used before can no longer be known
        }
        self.committer.commit(commit).await
    }

    /// What the database is like now; nothing where the engine cannot tell. Who remembers what was read after it, and finds it unchanged, need not read again.
    pub fn written(&self) -> Result<Option<Written>, Fault> {
        self.engine.written()
    }

    /// Takes an entry for the lossy journal.
    pub fn note(&self, tenant: &TenantId, event: Event) {
        self.journal.note(tenant, event);
    }

    /// Takes a lossy note.
    pub fn touch(&self, tenant: &TenantId, touch: Touch) {
        self.touches.note(tenant, touch);
    }

    /// Writes what is noted, answers what is queued, and ends the writer. Nothing can be committed afterwards.
    pub async fn close(&self, at: &Moment) -> Result<(), Fault> {
        let written = self.flush_all(at).await;
        self.committer.close().await; // also when the notes could not be written
        if let Some(writer) = self.writer.lock().await.take() {
            tokio::time::timeout(std::time::Duration::from_secs(5), writer.ended())
                .await
                .map_err(|_| Fault::Busy("the writer did not end in time"))?;
        }
        written
    }

    async fn flush_all(&self, at: &Moment) -> Result<(), Fault> {
        while !self.journal.is_empty() {
            self.flush(at).await?;
        }
        self.flush(at).await
    }

    /// Prepares a statement on this engine and tells how SQLite would find its rows: for the registry test.
    #[doc(hidden)]
    pub async fn explain(&self, statement: &'static Statement) -> Result<String, Fault> {
        self.engine.explain(statement).await
    }

    /// Runs a statement of the registry: reads tell how many rows they found, writes go through the committer. For the tests of the driver.
    #[doc(hidden)]
    pub async fn probe(&self, statement: &'static Statement, args: &[Value<'static>]) -> Result<usize, Fault> {
        match statement.kind {
            Kind::Read | Kind::Expect => Ok(self.engine.all(statement, args, |_| Ok(())).await?.len()),
            Kind::Write => self
                .maintain(vec![Bound::new(statement, args.to_vec(), "", "", "")])
                .await
                .map(|()| 0),
        }
    }

    /// Waits until the committer answers: an empty change goes the whole way.
    pub async fn ping(&self) -> Result<(), Fault> {
        self.maintain(Vec::new()).await
    }

    pub(crate) async fn maintain(&self, statements: Vec<Bound>) -> Result<(), Fault> {
        self.committer.maintain(statements, Vec::new()).await
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(crate) fn committer(&self) -> &Committer {
        &self.committer
    }

    pub(crate) fn journal(&self) -> &Journal {
        &self.journal
    }

    pub(crate) fn touches(&self) -> &Touches {
        &self.touches
    }

    pub(crate) fn emptied_through(&self) -> &AtomicI64 {
        &self.emptied_through
    }

    pub(crate) fn emptied_here(&self) -> &AtomicI64 {
        &self.emptied_here
    }

    pub(crate) fn families_seen(&self) -> &std::sync::Mutex<BTreeMap<String, String>> {
        &self.families_seen
    }
}
