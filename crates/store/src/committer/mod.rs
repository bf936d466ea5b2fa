//! Where changes become rows: what is queued goes into one transaction, one fsync, audit events in it, and then each change is answered.
//!
//! The committer takes what is there, at most [`BATCH_MAX`], and never waits for more: while the disk syncs, the next batch gathers by itself.

mod plan;
mod postgres;
mod sqlite;

use kernel::{Event, Guard, Mark, TenantId, Write};
use tokio::sync::{mpsc, oneshot};

use crate::{
    engine::Engine,
    event::Line,
    fault::Fault,
    lower::{self, Bound},
    mark,
};

/// Changes in one transaction, at most.
const BATCH_MAX: usize = 512;
/// Changes that may wait; more is overload, and is said at once.
const QUEUE_MAX: usize = 8_192;

/// A change with the marks of the request that makes it.
#[derive(Debug)]
pub struct Commit<'a> {
    /// Whose rows.
    pub tenant: &'a TenantId,
    /// One-time marks to take.
    pub marks: &'a [Mark],
    /// Writes and expectations that may find no row.
    pub guards: &'a [Guard],
    /// Idempotent writes.
    pub sure: &'a [Write],
    /// Audit events.
    pub events: Vec<Event>,
}

/// How a commit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything is in the rows, and on the disk.
    Committed,
    /// Nothing is: someone moved first.
    Lost(Lost),
}

/// What found no row: the first mark, else the first guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// The mark at this place was taken before.
    Mark(usize),
    /// The guard at this place found no row.
    Guard(usize),
}

/// A change on its way.
#[derive(Debug)]
struct Unit {
    steps: Vec<Step>,
    lines: Vec<Line>,
    answer: oneshot::Sender<Result<Outcome, Fault>>,
}

/// One statement of a change.
#[derive(Debug)]
struct Step {
    bound: Bound,
    /// What is lost when it finds no row; `None` when no row is fine.
    lost: Option<Lost>,
}

/// What goes through the queue.
#[derive(Debug)]
enum Message {
    Change(Unit),
    /// Answer what is queued, take nothing more, end.
    Close,
}

/// The queue's entrance.
#[derive(Debug)]
pub(crate) struct Committer {
    queue: mpsc::Sender<Message>,
}

impl Committer {
    /// Starts the writer behind an engine, with a stream of its own for events.
    pub(crate) fn start(engine: &Engine, stream: String) -> Result<(Self, Writer), Fault> {
        let (queue, changes) = mpsc::channel(QUEUE_MAX);
        let writer = match engine {
            Engine::Sqlite(sqlite) => Writer::Thread(sqlite::start(sqlite.writer()?, changes, stream)?),
            Engine::Postgres(postgres) => Writer::Task(postgres::start(postgres.clone_for_writer(), changes, stream)),
        };
        Ok((Self { queue }, writer))
    }

    /// Commits a change, and waits until it is on the disk or lost.
    pub(crate) async fn commit(&self, commit: Commit<'_>) -> Result<Outcome, Fault> {
        let tenant = commit.tenant.as_str();
        let marks = commit.marks.iter().enumerate().map(|(n, one)| Step {
            bound: mark::lower(tenant, one),
            lost: Some(Lost::Mark(n)),
        });
        let guards = commit.guards.iter().enumerate().map(|(n, one)| Step {
            bound: lower::guard(tenant, one),
            lost: Some(Lost::Guard(n)),
        });
        let sure = commit.sure.iter().map(|one| Step {
            bound: lower::write(tenant, one),
            lost: None,
        });
        let steps = marks.chain(guards).chain(sure).collect();
        let lines = commit
            .events
            .into_iter()
            .map(|event| Line::new(commit.tenant, event))
            .collect();
        self.submit(steps, lines).await
    }

    /// Runs statements that are nobody's change: sweeps, notes.
    pub(crate) async fn maintain(&self, statements: Vec<Bound>, lines: Vec<Line>) -> Result<(), Fault> {
        let steps = statements.into_iter().map(|bound| Step { bound, lost: None }).collect();
        self.submit(steps, lines).await.map(|_| ())
    }

    async fn submit(&self, steps: Vec<Step>, lines: Vec<Line>) -> Result<Outcome, Fault> {
        for step in &steps {
            step.bound.statement.check(&step.bound.args)?;
        }
        let (answer, outcome) = oneshot::channel();
        self.queue
            .try_send(Message::Change(Unit { steps, lines, answer }))
            .map_err(|refused| match refused {
                mpsc::error::TrySendError::Full(_) => Fault::Busy("the queue to the disk is full"),
                mpsc::error::TrySendError::Closed(_) => Fault::Closed,
            })?;
        outcome.await.map_err(|_| Fault::Closed)?
    }

    /// Tells the writer to end once everything queued is answered.
    pub(crate) async fn close(&self) {
        drop(self.queue.send(Message::Close).await); // an error means that it has ended
    }
}

/// What runs behind the queue; it ends when the queue is closed and empty.
#[derive(Debug)]
pub(crate) enum Writer {
    /// SQLite's thread.
    Thread(std::thread::JoinHandle<()>),
    /// PostgreSQL's task.
    Task(tokio::task::JoinHandle<()>),
}

impl Writer {
    /// Waits until everything queued is answered.
    pub(crate) async fn ended(self) {
        let ended = match self {
            Self::Thread(thread) => tokio::task::spawn_blocking(move || thread.join().is_ok())
                .await
                .unwrap_or(false),
            Self::Task(task) => task.await.is_ok(),
        };
        if !ended {
            tracing::error!("the committer ended badly");
        }
    }
}

/// Takes what is queued, without waiting for more.
fn gather(first: Message, changes: &mut mpsc::Receiver<Message>) -> Vec<Unit> {
    let mut batch = Vec::new();
    let mut next = Some(first);
    while let Some(message) = next {
        match message {
            Message::Change(unit) => batch.push(unit),
            Message::Close => changes.close(),
        }
        next = if batch.len() < BATCH_MAX {
            changes.try_recv().ok()
        } else {
            None
        };
    }
    batch
}

/// One line a batch, not one a change: a database that is gone fails thousands of them.
fn log_faults<'a>(answers: impl Iterator<Item = &'a Result<Outcome, Fault>>) {
    let mut faults = answers.filter_map(|answer| answer.as_ref().err());
    if let Some(fault) = faults.next() {
        tracing::error!(%fault, more = faults.count(), "changes failed");
    }
}

/// Answers a change. Its caller may have gone; then nobody listens, and the rows say what happened.
fn answer(unit: Unit, outcome: Result<Outcome, Fault>) {
    drop(unit.answer.send(outcome));
}
