//! The committer on SQLite: one thread, one connection, a savepoint a change (about a microsecond).

use std::{collections::BTreeMap, time::Duration};

use rusqlite::{Connection, Transaction, TransactionBehavior, ffi, params_from_iter};
use tokio::sync::mpsc;

use super::{Lost, Message, Outcome, Step, Unit, answer, gather, log_faults};
use crate::{event, fault::Fault, lower::Bound, statement::Kind};

/// How long the writer waits for another process that writes: so many turns of so long. SQLite's own pauses grow to 100 ms, and a process that writes all the time frees the
/// file for some microseconds only: who asks ten times a second is never let in.
const TURNS_MAX: u32 = 500;
const TURN: Duration = Duration::from_millis(4);

/// Starts the thread.
pub(super) fn start(
    connection: Connection,
    mut changes: mpsc::Receiver<Message>,
    stream: String,
) -> Result<std::thread::JoinHandle<()>, Fault> {
    connection.busy_timeout(TURN)?;
    let mut writer = Writer {
        connection,
        stream,
        next: 1,
    };
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

/// Why a transaction ended without a commit.
enum Ended {
    /// The engine undid it because of the change at this place.
    By(usize, Fault),
    /// Nobody's change is to blame.
    Failed(Fault),
}

impl Writer {
    fn run(&mut self, batch: Vec<Unit>) {
        let mut answers = self.settle(&batch);
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

    /// Runs the batch until each change is committed, lost or failed: one that the engine cannot bear is left out, and harms nobody else.
    fn settle(&mut self, batch: &[Unit]) -> BTreeMap<usize, Result<Outcome, Fault>> {
        let mut failed: BTreeMap<usize, Result<Outcome, Fault>> = BTreeMap::new();
        loop {
            let open: Vec<(usize, &Unit)> = batch
                .iter()
                .enumerate()
                .filter(|(n, _)| !failed.contains_key(n))
                .collect();
            if open.is_empty() {
                return failed;
            }
            match self.transact(&open) {
                Ok(answers) => return answers.into_iter().chain(failed).collect(),
                Err(Ended::By(n, fault)) => drop(failed.insert(n, Err(fault))),
                Err(Ended::Failed(fault)) => {
                    return open
                        .into_iter()
                        .map(|(n, _)| (n, Err(fault.again())))
                        .chain(failed)
                        .collect();
                }
            }
        }
    }

    fn transact(&mut self, open: &[(usize, &Unit)]) -> Result<BTreeMap<usize, Result<Outcome, Fault>>, Ended> {
        let mut next = self.next;
        let transaction = begin(&self.connection).map_err(Ended::Failed)?;
        let mut answers = BTreeMap::new();
        for (n, unit) in open {
            let outcome = change(&transaction, unit, &self.stream, &mut next);
            match outcome {
                // Disk full, input or output error, no memory: SQLite has rolled everything back.
                Err(fault) if transaction.is_autocommit() => {
                    return Err(if everybodys(&fault) {
                        Ended::Failed(fault)
                    } else {
                        Ended::By(*n, fault)
                    });
                }
                outcome => drop(answers.insert(*n, outcome)),
            }
        }
        transaction
            .commit()
            .map_err(|error| Ended::Failed(uncommitted(error)))?;
        self.next = next;
        Ok(answers)
    }
}

/// Opens a transaction that may write.
fn begin(connection: &Connection) -> Result<Transaction<'_>, Fault> {
    let mut waited = 0;
    loop {
        match Transaction::new_unchecked(connection, TransactionBehavior::Immediate).map_err(Fault::from) {
            Err(Fault::Busy(_)) if waited < TURNS_MAX => waited = waited.saturating_add(1),
            begun => return begun,
        }
    }
}

/// One change inside a savepoint: all of it, or nothing.
fn change(transaction: &Transaction<'_>, unit: &Unit, stream: &str, next: &mut i64) -> Result<Outcome, Fault> {
    transaction.prepare_cached("SAVEPOINT change")?.execute([])?;
    let mut place = *next;
    let outcome = steps(transaction, unit, stream, &mut place);
    match outcome {
        Ok(Outcome::Committed) => *next = place,
        Err(_) if transaction.is_autocommit() => return outcome, // there is no savepoint any more
        Ok(Outcome::Lost(_)) | Err(_) => drop(transaction.prepare_cached("ROLLBACK TO change")?.execute([])?),
    }
    transaction.prepare_cached("RELEASE change")?.execute([])?;
    outcome
}

fn steps(transaction: &Transaction<'_>, unit: &Unit, stream: &str, place: &mut i64) -> Result<Outcome, Fault> {
    for step in &unit.steps {
        if let Some(lost) = run(transaction, step)? {
            return Ok(Outcome::Lost(lost));
        }
    }
    for line in &unit.lines {
        let rows = transaction
            .prepare_cached(event::APPEND.for_sqlite())?
            .execute(params_from_iter(&line.at(stream, *place)))?;
        if rows != 1 {
            return Err(Fault::Row("event: another process writes to this stream"));
        }
        *place = place.saturating_add(1);
    }
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

/// Whether the next change would meet the same failure.
fn everybodys(fault: &Fault) -> bool {
    match fault {
        Fault::Busy(_) | Fault::Full(_) | Fault::Gone(_) | Fault::Unknown(_) | Fault::Closed => true,
        Fault::Row(_) | Fault::Arguments(_) | Fault::Engine(_) => false,
    }
}

/// A commit that failed. When it was the sync that failed, its pages are in the log: after a crash it may turn out to have happened.
fn uncommitted(error: rusqlite::Error) -> Fault {
    match error.sqlite_error().map(|known| known.extended_code) {
        Some(ffi::SQLITE_IOERR_FSYNC) => Fault::Unknown(error.to_string()),
        Some(_) | None => error.into(),
    }
}
