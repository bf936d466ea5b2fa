//! The committer on PostgreSQL: one connection a node, a batch as one pipeline, no savepoints.
//!
//! Statements of a batch run in one common order (table, tenant, id), so that two nodes never wait for each other in a circle. When row counts show that changes lost,
//! the transaction is rolled back and run again without them, and they are answered only after that commit. One that lost only because of the effect of another
//! loser, now undone, runs again too. A lost statement has no effect, so 63 racers behind one winner are all told at once. A change whose statement fails is told so, and
//! the others run again without it.

use std::{collections::BTreeMap, pin::Pin, sync::Arc};

use tokio::sync::mpsc;
use tokio_postgres::Error;

use super::{
    Lost, Message, Outcome, Unit, answer, gather, log_faults,
    plan::{Charges, Plan},
};
use crate::{
    engine::{Age, Link, Postgres, SILENCE_MAX, borrowed},
    event,
    fault::{self, Fault},
    statement::{Hold, Value},
};

/// How often a batch runs again because the database, not a change of it, asked for it.
const AGAIN_MAX: usize = 4;
/// How many changes of a batch may fail before the rest run one by one.
const BROKEN_MAX: usize = 8;

/// Starts the task.
pub(super) fn start(
    postgres: Postgres,
    mut changes: mpsc::Receiver<Message>,
    stream: String,
) -> tokio::task::JoinHandle<()> {
    let mut writer = Writer {
        postgres,
        link: None,
        stream: stream.into(),
        next: Place::Known(1),
    };
    tokio::spawn(async move {
        while let Some(first) = changes.recv().await {
            writer.run(gather(first, &mut changes)).await;
        }
    })
}

struct Writer {
    postgres: Postgres,
    link: Option<Arc<Link>>,
    stream: Arc<str>,
    next: Place,
}

/// The place of the next event.
#[derive(Clone, Copy)]
enum Place {
    /// Every commit was answered; it is raised by commits only, so that the stream has no holes.
    Known(i64),
    /// A commit was sent and not answered: only the rows know. Until the next commit is answered they are asked each time, since the unanswered one may still happen.
    InDoubt,
}

/// How an attempt at a transaction ended. Nothing of it is in the rows unless it says so.
enum Ended {
    /// Everything is in the rows.
    Committed,
    /// These changes are lost for good; the others may run again.
    Lost(BTreeMap<usize, Lost>),
    /// The statement of this change failed.
    Broken(usize, Fault),
    /// The database asks for the same once more.
    Again(Fault),
    /// Nobody's change is to blame.
    Failed(Fault),
}

impl Writer {
    async fn run(&mut self, batch: Vec<Unit>) {
        let everyone: Vec<usize> = (0..batch.len()).collect();
        let mut answers: BTreeMap<usize, Result<Outcome, Fault>> = self.settle(&batch, everyone).await;
        log_faults(answers.values());
        for (n, unit) in batch.into_iter().enumerate() {
            answer(
                unit,
                answers
                    .remove(&n)
                    .unwrap_or(Err(Fault::Row("committer: a change without an answer"))),
            );
        }
    }

    /// Runs the changes at these places until each is committed, lost or failed.
    async fn settle(&mut self, batch: &[Unit], mut open: Vec<usize>) -> BTreeMap<usize, Result<Outcome, Fault>> {
        let mut answers = BTreeMap::new();
        let (mut again, mut broken) = (0_usize, 0_usize);
        let mut charges = Charges::Summed;
        while !open.is_empty() {
            match self.attempt(batch, &open, charges).await {
                Ended::Committed => answers.extend(open.drain(..).map(|n| (n, Ok(Outcome::Committed)))),
                Ended::Lost(lost) => {
                    charges = Charges::OneByOne; // a sum may have found no room where some of it would have
                    open.retain(|n| !lost.contains_key(n));
                    answers.extend(lost.into_iter().map(|(n, lost)| (n, Ok(Outcome::Lost(lost)))));
                }
                Ended::Broken(n, fault) => {
                    open.retain(|other| *other != n);
                    answers.insert(n, Err(fault));
                    broken = broken.saturating_add(1);
                    if broken > BROKEN_MAX {
                        for n in open.drain(..) {
                            answers.extend(Box::pin(self.settle(batch, vec![n])).await);
                        }
                    }
                }
                Ended::Again(_) if again < AGAIN_MAX => again = again.saturating_add(1),
                Ended::Again(fault) | Ended::Failed(fault) => {
                    answers.extend(open.drain(..).map(|n| (n, Err(fault.again()))));
                }
            }
        }
        answers
    }

    /// One transaction with everything that is open.
    async fn attempt(&mut self, batch: &[Unit], open: &[usize], charges: Charges) -> Ended {
        let (link, age) = match self.link.take().filter(|link| !link.client.is_closed()) {
            Some(link) => (link, Age::Kept),
            None => match self.postgres.connect_for_writing().await {
                Ok(link) => (link, Age::New),
                Err(fault) => return Ended::Failed(fault),
            },
        };
        let stream = Arc::clone(&self.stream);
        let (ended, state) = self
            .on(&link, Plan::of(batch, open, charges), batch, open, &stream)
            .await;
        match (&ended, state) {
            // A kept connection had died unnoticed, or leads to a server that no longer writes; nothing was committed on it.
            (Ended::Failed(Fault::Gone(detail)), _) if age == Age::Kept => {
                return Ended::Again(Fault::Gone(detail.clone()));
            }
            (Ended::Failed(Fault::Gone(_)), _) | (_, State::Unclear) => {} // dropped: the server undoes what is open on it
            (_, State::Clean) => self.link = Some(link),
        }
        ended
    }

    async fn on(
        &mut self,
        link: &Link,
        plan: Plan<'_>,
        batch: &[Unit],
        open: &[usize],
        stream: &str,
    ) -> (Ended, State) {
        let ready = match Ready::new(link, plan, batch, open, stream, self.next).await {
            Ok(ready) => ready,
            Err(fault) => return (Ended::Failed(fault), State::Unclear),
        };
        let Ok(answered) = tokio::time::timeout(SILENCE_MAX, ready.send(link)).await else {
            return (
                Ended::Failed(Fault::Busy("the database does not answer")),
                State::Unclear,
            );
        };
        let ended = match answered {
            Ok(counts) => match ready.judge(&counts) {
                None => return self.commit(link, ready.next).await,
                Some(lost) => Ended::Lost(lost),
            },
            Err(Trouble::Begin(error)) => return (self.not_begun(error), State::Unclear),
            Err(Trouble::Statement(_, error)) if fault::asks_again(&error) => Ended::Again(error.into()),
            Err(Trouble::Statement(unit, error)) => match Fault::from(error) {
                fault @ (Fault::Engine(_) | Fault::Row(_) | Fault::Arguments(_)) => Ended::Broken(unit, fault),
                fault @ (Fault::Busy(_) | Fault::Full(_) | Fault::Gone(_) | Fault::Unknown(_) | Fault::Closed) => {
                    Ended::Failed(fault)
                }
            },
            Err(Trouble::Taken) => match self.next {
                Place::InDoubt => Ended::Again(Fault::Row(FOREIGN)), // the commit in doubt has happened after all
                Place::Known(_) => Ended::Failed(Fault::Row(FOREIGN)),
            },
        };
        (ended, roll_back(link).await)
    }

    async fn commit(&mut self, link: &Link, next: i64) -> (Ended, State) {
        let fault = match tokio::time::timeout(SILENCE_MAX, link.client.batch_execute("COMMIT")).await {
            Ok(Ok(())) => {
                self.next = Place::Known(next);
                return (Ended::Committed, State::Clean);
            }
            Ok(Err(error)) if fault::refuses(&error) => {
                let ended = if fault::asks_again(&error) {
                    Ended::Again(error.into())
                } else {
                    Ended::Failed(error.into())
                };
                return (ended, State::Unclear);
            }
            Ok(Err(error)) => Fault::Unknown(error.to_string()),
            Err(_) => Fault::Unknown("the database does not answer".to_owned()),
        };
        self.next = Place::InDoubt;
        (Ended::Failed(fault), State::Unclear)
    }

    /// BEGIN failed. If the connection broke, nothing happened. If the server refused it and went on, each statement behind it was a transaction of its own.
    fn not_begun(&mut self, error: Error) -> Ended {
        if !fault::refuses(&error) {
            return Ended::Failed(error.into());
        }
        self.next = Place::InDoubt;
        Ended::Failed(Fault::Unknown(error.to_string()))
    }
}

const FOREIGN: &str = "event: another process writes to this stream";

/// Whether a connection may be used again.
#[derive(Clone, Copy)]
enum State {
    /// No transaction is open on it.
    Clean,
    /// Nobody knows.
    Unclear,
}

async fn roll_back(link: &Link) -> State {
    match tokio::time::timeout(SILENCE_MAX, link.client.batch_execute("ROLLBACK")).await {
        Ok(Ok(())) => State::Clean,
        Ok(Err(_)) | Err(_) => State::Unclear,
    }
}

/// A transaction that only needs to be sent.
struct Ready<'a> {
    plan: Plan<'a>,
    prepared: Vec<tokio_postgres::Statement>,
    append: tokio_postgres::Statement,
    /// Events with whose they are.
    lines: Vec<(usize, [Value<'a>; 10])>,
    next: i64,
}

/// What went wrong first.
enum Trouble {
    /// No transaction was opened: what followed may stand alone.
    Begin(Error),
    /// A statement of this change failed.
    Statement(usize, Error),
    /// The place of an event is taken.
    Taken,
}

impl<'a> Ready<'a> {
    /// Prepares every statement, and asks for the next place of the stream if it is in doubt.
    async fn new(
        link: &Link,
        plan: Plan<'a>,
        batch: &'a [Unit],
        open: &[usize],
        stream: &'a str,
        place: Place,
    ) -> Result<Self, Fault> {
        let mut prepared = Vec::with_capacity(plan.sent.len());
        for sent in &plan.sent {
            prepared.push(link.prepare(sent.bound.statement, sent.hold).await?);
        }
        let append = link.prepare(&event::APPEND, Hold::Share).await?;
        let mut next = match place {
            Place::Known(next) => next,
            Place::InDoubt => event::next_place(link, stream).await?,
        };
        let mut lines = Vec::new();
        for (n, unit) in open.iter().filter_map(|n| batch.get(*n).map(|unit| (*n, unit))) {
            for line in &unit.lines {
                lines.push((n, line.at(stream, next)));
                next = next.saturating_add(1);
            }
        }
        Ok(Self {
            plan,
            prepared,
            append,
            lines,
            next,
        })
    }

    /// Sends BEGIN, every statement and every event in one go, and reads the row counts.
    async fn send(&self, link: &Link) -> Result<Vec<u64>, Trouble> {
        // A message leaves when its future is polled first; the answers come in the same order.
        let begin = sent(link.client.batch_execute("BEGIN")).await;
        let mut steps = Vec::with_capacity(self.plan.sent.len());
        for (statement, prepared) in self.plan.sent.iter().zip(&self.prepared) {
            steps.push((
                statement.unit,
                sent(link.client.execute_raw(prepared, borrowed(&statement.bound.args))).await,
            ));
        }
        let mut events = Vec::with_capacity(self.lines.len());
        for (unit, line) in &self.lines {
            events.push((*unit, sent(link.client.execute_raw(&self.append, borrowed(line))).await));
        }

        begin.answer().await.map_err(Trouble::Begin)?;
        let mut counts = Vec::with_capacity(steps.len());
        for (unit, step) in steps {
            counts.push(step.answer().await.map_err(|error| Trouble::Statement(unit, error))?);
        }
        for (unit, event) in events {
            if event.answer().await.map_err(|error| Trouble::Statement(unit, error))? != 1 {
                return Err(Trouble::Taken);
            }
        }
        Ok(counts)
    }

    /// Who lost for good; `None` when nobody lost at all.
    fn judge(&self, counts: &[u64]) -> Option<BTreeMap<usize, Lost>> {
        let losers = self.plan.losers(counts);
        if losers.is_empty() {
            None
        } else {
            Some(self.plan.for_good(losers, counts))
        }
    }
}

/// A request that has left, and perhaps its answer already.
enum Sent<F: Future> {
    Answered(F::Output),
    Waiting(Pin<Box<F>>),
}

/// Lets a request leave by polling it once.
async fn sent<F: Future>(request: F) -> Sent<F> {
    let mut request = Box::pin(request);
    match std::future::poll_fn(|context| std::task::Poll::Ready(request.as_mut().poll(context))).await {
        std::task::Poll::Ready(answer) => Sent::Answered(answer),
        std::task::Poll::Pending => Sent::Waiting(request),
    }
}

impl<F: Future> Sent<F> {
    async fn answer(self) -> F::Output {
        match self {
            Self::Answered(answer) => answer,
            Self::Waiting(request) => request.await,
        }
    }
}
