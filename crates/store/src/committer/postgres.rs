//! The committer on PostgreSQL: one connection a node, a batch as one pipeline, no savepoints.
//!
//! Statements of a batch run in one common order (table, tenant, id), so that two nodes never wait for each other in a circle. When row counts show that changes lost,
//! the transaction is rolled back and run again without them, and they are answered only after that commit. One that lost only because of the effect of another
//! loser, now undone, runs again too. A lost statement has no effect, so 63 racers behind one winner are all told at once.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use futures_util::future::join_all;
use tokio::sync::mpsc;

use super::{Lost, Message, Outcome, Unit, answer, gather};
use crate::{
    engine::{Link, Postgres},
    event,
    fault::Fault,
    lower::Bound,
    statement::{Kind, Value},
};

/// Starts the task.
pub(super) fn start(postgres: Postgres, mut changes: mpsc::Receiver<Message>, stream: String) -> tokio::task::JoinHandle<()> {
    let mut writer = Writer { postgres, link: None, stream, next: 1 };
    tokio::spawn(async move {
        while let Some(first) = changes.recv().await {
            writer.run(gather(first, &mut changes)).await;
        }
    })
}

struct Writer {
    postgres: Postgres,
    link: Option<Arc<Link>>,
    stream: String,
    next: i64,
}

impl Writer {
    async fn run(&mut self, batch: Vec<Unit>) {
        match self.settle(&batch).await {
            Ok(outcomes) => batch.into_iter().zip(outcomes).for_each(|(unit, outcome)| answer(unit, Ok(outcome))),
            Err(fault) => {
                self.link = None; // whatever state it is in, the next one starts clean
                if batch.len() == 1 || matches!(fault, Fault::Gone(_) | Fault::Unknown(_)) {
                    tracing::error!(%fault, changes = batch.len(), "changes failed");
                    let detail = fault.to_string();
                    for unit in batch {
                        answer(unit, Err(same_class(&fault, &detail)));
                    }
                } else {
                    for unit in batch {
                        Box::pin(self.run(vec![unit])).await;
                    }
                }
            }
        }
    }

    /// Runs the batch until everything in it is committed or finally lost.
    async fn settle(&mut self, batch: &[Unit]) -> Result<Vec<Outcome>, Fault> {
        let link = match self.link.as_ref().filter(|link| !link.client.is_closed()) {
            Some(link) => Arc::clone(link),
            None => Arc::clone(self.link.insert(self.postgres.connect().await?)),
        };
        let mut outcomes: Vec<Option<Outcome>> = batch.iter().map(|_| None).collect();
        loop {
            let open: Vec<usize> = outcomes.iter().enumerate().filter(|(_, outcome)| outcome.is_none()).map(|(n, _)| n).collect();
            if open.is_empty() {
                break;
            }
            let attempt = attempt(&link, batch, &open, &self.stream, self.next).await?;
            if attempt.lost.is_empty() {
                link.client.batch_execute("COMMIT").await.map_err(|error| Fault::Unknown(error.to_string()))?;
                self.next = attempt.next;
                set(&mut outcomes, open.iter().map(|n| (*n, Outcome::Committed)));
            } else {
                link.client.batch_execute("ROLLBACK").await?;
                set(&mut outcomes, attempt.lost.into_iter().map(|(n, lost)| (n, Outcome::Lost(lost))));
            }
        }
        Ok(outcomes.into_iter().flatten().collect())
    }
}

fn set(outcomes: &mut [Option<Outcome>], new: impl Iterator<Item = (usize, Outcome)>) {
    for (n, outcome) in new {
        if let Some(slot) = outcomes.get_mut(n) {
            *slot = Some(outcome);
        }
    }
}

struct Attempt {
    /// Changes that are finally lost. Empty when every open change found its rows.
    lost: BTreeMap<usize, Lost>,
    next: i64,
}

/// Sends BEGIN and every statement of the open changes in one go, and judges the row counts.
async fn attempt(link: &Link, batch: &[Unit], open: &[usize], stream: &str, next: i64) -> Result<Attempt, Fault> {
    // The common order. Sorting is stable: on one row, who came first is first.
    let mut steps: Vec<(usize, &super::Step)> =
        open.iter().filter_map(|n| batch.get(*n).map(|unit| (*n, unit))).flat_map(|(n, unit)| unit.steps.iter().map(move |step| (n, step))).collect();
    steps.sort_by(|(_, a), (_, b)| a.bound.order.cmp(&b.bound.order));

    let mut prepared = Vec::with_capacity(steps.len());
    for (_, step) in &steps {
        prepared.push(link.prepare(step.bound.statement).await?);
    }
    let append = link.prepare(&event::APPEND).await?;
    let mut place = next;
    let mut lines: Vec<[Value<'_>; 10]> = Vec::new();
    for line in open.iter().filter_map(|n| batch.get(*n)).flat_map(|unit| &unit.lines) {
        lines.push(line.at(stream, place));
        place = place.saturating_add(1);
    }

    // One pipeline: futures are polled in order, so their messages leave in order.
    let begin = link.client.batch_execute("BEGIN");
    let counts = join_all(steps.iter().zip(&prepared).map(|((_, step), statement)| rows(link, statement, &step.bound)));
    let events = join_all(lines.iter().map(|line| execute(link, &append, line)));
    let (begun, counts, events) = in_order(begin, counts, events).await;
    begun?;
    let counts = counts.into_iter().collect::<Result<Vec<u64>, Fault>>()?;
    if events.into_iter().collect::<Result<Vec<u64>, Fault>>()?.iter().any(|rows| *rows != 1) {
        return Err(Fault::Row("event: another process writes to this stream"));
    }
    Ok(Attempt { lost: finally_lost(&steps, &counts), next: place })
}

/// Who lost for good: those whose lost row no other loser had touched with effect before them. The rest run again.
fn finally_lost(steps: &[(usize, &super::Step)], counts: &[u64]) -> BTreeMap<usize, Lost> {
    let mut losers: BTreeMap<usize, Lost> = BTreeMap::new();
    for ((n, step), rows) in steps.iter().zip(counts) {
        if let (Some(lost), 0) = (step.lost, *rows) {
            let first = losers.entry(*n).or_insert(lost);
            *first = sooner(*first, lost);
        }
    }
    let mut touched: BTreeSet<(&(&'static str, String, String), usize)> = BTreeSet::new();
    let mut doubtful: BTreeSet<usize> = BTreeSet::new();
    for ((n, step), rows) in steps.iter().zip(counts) {
        let row = &step.bound.order;
        if !losers.contains_key(n) {
            continue;
        }
        if *rows > 0 {
            if step.bound.statement.kind == Kind::Write {
                touched.insert((row, *n));
            }
        } else if touched.iter().any(|(other, who)| *other == row && who != n) {
            doubtful.insert(*n);
        }
    }
    losers.retain(|n, _| !doubtful.contains(n));
    losers
}

/// A lost mark is said before a lost guard: a replayed proof hears its own code.
fn sooner(a: Lost, b: Lost) -> Lost {
    match (a, b) {
        (Lost::Mark(x), Lost::Mark(y)) => Lost::Mark(x.min(y)),
        (Lost::Mark(_), Lost::Guard(_)) => a,
        (Lost::Guard(_), Lost::Mark(_)) => b,
        (Lost::Guard(x), Lost::Guard(y)) => Lost::Guard(x.min(y)),
    }
}

async fn rows(link: &Link, statement: &tokio_postgres::Statement, bound: &Bound) -> Result<u64, Fault> {
    execute(link, statement, &bound.args).await
}

async fn execute(link: &Link, statement: &tokio_postgres::Statement, args: &[Value<'_>]) -> Result<u64, Fault> {
    Ok(link.client.execute_raw(statement, crate::engine::borrowed(args)).await?)
}

/// Polls three futures together, the first one first.
async fn in_order<A: Future, B: Future, C: Future>(a: A, b: B, c: C) -> (A::Output, B::Output, C::Output) {
    tokio::join!(biased; a, b, c)
}

fn same_class(fault: &Fault, detail: &str) -> Fault {
    match fault {
        Fault::Busy(what) => Fault::Busy(what),
        Fault::Full(_) => Fault::Full(detail.to_owned()),
        Fault::Gone(_) => Fault::Gone(detail.to_owned()),
        Fault::Unknown(_) => Fault::Unknown(detail.to_owned()),
        Fault::Row(what) => Fault::Row(what),
        Fault::Arguments(what) => Fault::Arguments(what),
        Fault::Engine(_) => Fault::Engine(detail.to_owned()),
        Fault::Closed => Fault::Closed,
    }
}
