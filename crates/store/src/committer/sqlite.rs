//! The committer on SQLite: one thread, one connection, a savepoint a change (about a microsecond).

use rusqlite::{Connection, Transaction, TransactionBehavior, params_from_iter};
use tokio::sync::mpsc;

use super::{Lost, Message, Outcome, Step, Unit, answer, gather};
use crate::{event, fault::Fault, lower::Bound, statement::Kind};

/// Starts the thread.
pub(super) fn start(connection: Connection, mut changes: mpsc::Receiver<Message>, stream: String) -> Result<std::thread::JoinHandle<()>, Fault> {
    let mut writer = Writer { connection, stream, next: 1 };
    std::thread::Builder::new()
        .name("committer".to_owned())
        .spawn(move || {
            while let Some(first) = changes.blocking_recv() {
                writer.run(gather(first, &mut changes));
            }
        })
        .map_err(|error| Fault::Engine(error.to_string()))
}

struct Writer {
    connection: Connection,
    stream: String,
    /// The place of the next event. Raised by a commit only, so that the stream has no holes.
    next: i64,
}

impl Writer {
    fn run(&mut self, batch: Vec<Unit>) {
        match self.commit(&batch) {
            Ok(outcomes) => batch.into_iter().zip(outcomes).for_each(|(unit, outcome)| answer(unit, Ok(outcome))),
            Err(fault) if batch.len() == 1 => batch.into_iter().for_each(|unit| {
                tracing::error!(%fault, "a change failed");
                answer(unit, Err(clone(&fault)));
            }),
            // One bad change must harm nobody else: each one for itself.
            Err(_) => batch.into_iter().for_each(|unit| self.run(vec![unit])),
        }
    }

    fn commit(&mut self, batch: &[Unit]) -> Result<Vec<Outcome>, Fault> {
        let mut next = self.next;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut outcomes = Vec::with_capacity(batch.len());
        for unit in batch {
            outcomes.push(change(&transaction, unit, &self.stream, &mut next)?);
        }
        transaction.commit()?;
        self.next = next;
        Ok(outcomes)
    }
}

/// One change inside a savepoint: all of it, or nothing.
fn change(transaction: &Transaction<'_>, unit: &Unit, stream: &str, next: &mut i64) -> Result<Outcome, Fault> {
    transaction.prepare_cached("SAVEPOINT change")?.execute([])?;
    for step in &unit.steps {
        if let Some(lost) = run(transaction, step)? {
            transaction.prepare_cached("ROLLBACK TO change")?.execute([])?;
            transaction.prepare_cached("RELEASE change")?.execute([])?;
            return Ok(Outcome::Lost(lost));
        }
    }
    let mut place = *next;
    for line in &unit.lines {
        let rows = transaction.prepare_cached(event::APPEND.for_sqlite())?.execute(params_from_iter(&line.at(stream, place)))?;
        if rows != 1 {
            return Err(Fault::Row("event: another process writes to this stream"));
        }
        place = place.saturating_add(1);
    }
    transaction.prepare_cached("RELEASE change")?.execute([])?;
    *next = place;
    Ok(Outcome::Committed)
}

/// Runs a statement; tells what is lost if it had to find a row and found none.
fn run(transaction: &Transaction<'_>, step: &Step) -> Result<Option<Lost>, Fault> {
    let Bound { statement, args, .. } = &step.bound;
    let mut prepared = transaction.prepare_cached(statement.for_sqlite())?;
    let found = match statement.kind {
        Kind::Read | Kind::Expect => prepared.exists(params_from_iter(args))?,
        Kind::Write => prepared.execute(params_from_iter(args))? > 0,
    };
    Ok(if found { None } else { step.lost })
}

fn clone(fault: &Fault) -> Fault {
    match fault {
        Fault::Busy(what) => Fault::Busy(what),
        Fault::Full(detail) => Fault::Full(detail.clone()),
        Fault::Gone(detail) => Fault::Gone(detail.clone()),
        Fault::Unknown(detail) => Fault::Unknown(detail.clone()),
        Fault::Row(what) => Fault::Row(what),
        Fault::Arguments(what) => Fault::Arguments(what),
        Fault::Engine(detail) => Fault::Engine(detail.clone()),
        Fault::Closed => Fault::Closed,
    }
}
