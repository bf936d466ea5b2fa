//! How a batch travels to PostgreSQL: what is sent, in which order, how strongly expectations hold their rows, and what the row counts say. Nothing is done here.

use std::collections::{BTreeMap, BTreeSet};

use super::{Lost, Step, Unit};
use crate::{
    lower::Bound,
    statement::{Hold, Kind},
};

/// The statements of some changes of a batch, ready to be sent.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    /// What is sent, in this order.
    pub(super) sent: Vec<Sent<'a>>,
    /// Every step of the changes in the common order, with the statement that answers it.
    steps: Vec<Placed<'a>>,
}

/// A statement that is sent.
#[derive(Debug)]
pub(super) struct Sent<'a> {
    /// The statement.
    pub(super) bound: &'a Bound,
    /// How strongly an expectation holds its row.
    pub(super) hold: Hold,
    /// Whose it is: the place of the change in the batch, the first one if several share it.
    pub(super) unit: usize,
}

#[derive(Debug)]
struct Placed<'a> {
    unit: usize,
    step: &'a Step,
    sent: usize,
}

impl<'a> Plan<'a> {
    /// Plans the changes at these places of the batch.
    ///
    /// Rows are touched in the order (table, tenant, id). INVARIANT: on one row, who came first is first (sorting is stable), so the first loser of a batch lost for good:
    /// whoever touched a row before it came before it, and before it nobody lost. Each attempt therefore answers somebody.
    pub(super) fn of(batch: &'a [Unit], open: &[usize]) -> Self {
        let units = open.iter().filter_map(|n| batch.get(*n).map(|unit| (*n, unit)));
        let mut steps: Vec<(usize, &Step)> = units.flat_map(|(n, unit)| unit.steps.iter().map(move |step| (n, step))).collect();
        steps.sort_by(|(_, a), (_, b)| a.bound.order.cmp(&b.bound.order));

        let mut plan = Self { sent: Vec::with_capacity(steps.len()), steps: Vec::with_capacity(steps.len()) };
        for row in steps.chunk_by(|(_, a), (_, b)| a.bound.order == b.bound.order) {
            plan.add_row(row);
        }
        plan
    }

    /// Plans what happens to one row. The same expectation is sent once between two writes: a thousand tokens of one grant ask once whether it lives.
    fn add_row(&mut self, row: &[(usize, &'a Step)]) {
        let written = row.iter().any(|(_, step)| step.bound.statement.kind == Kind::Write);
        let hold = if written { Hold::Alone } else { Hold::Share };
        let mut expected: Vec<usize> = Vec::new();
        for (unit, step) in row {
            let bound = &step.bound;
            let asked = expected.iter().copied().find(|sent| self.sent.get(*sent).is_some_and(|sent| same(sent.bound, bound)));
            let sent = asked.unwrap_or(self.sent.len());
            if asked.is_none() {
                match bound.statement.kind {
                    Kind::Read | Kind::Expect => expected.push(sent),
                    Kind::Write => expected.clear(),
                }
                self.sent.push(Sent { bound, hold, unit: *unit });
            }
            self.steps.push(Placed { unit: *unit, step, sent });
        }
    }

    /// What the row counts of the sent statements say. Empty: every change found its rows, and the transaction may be committed.
    pub(super) fn losers(&self, counts: &[u64]) -> BTreeMap<usize, Lost> {
        let mut losers: BTreeMap<usize, Lost> = BTreeMap::new();
        for placed in &self.steps {
            if let (Some(lost), 0) = (placed.step.lost, placed.rows(counts)) {
                let first = losers.entry(placed.unit).or_insert(lost);
                *first = sooner(*first, lost);
            }
        }
        losers
    }

    /// Who of the losers lost for good. Doubtful are those who found no row that somebody had touched before them whose effect may not stay: another loser, or one
    /// who built on a loser's effect. They run again.
    pub(super) fn for_good(&self, losers: BTreeMap<usize, Lost>, counts: &[u64]) -> BTreeMap<usize, Lost> {
        let mut shaky: BTreeSet<usize> = losers.keys().copied().collect();
        let mut doubtful: BTreeSet<usize> = BTreeSet::new();
        loop {
            let known = shaky.len();
            for row in self.steps.chunk_by(|a, b| a.step.bound.order == b.step.bound.order) {
                let mut touched: BTreeSet<usize> = BTreeSet::new();
                for placed in row {
                    let rows = placed.rows(counts);
                    if touched.iter().any(|other| *other != placed.unit) {
                        shaky.insert(placed.unit);
                        if rows == 0 && placed.step.lost.is_some() {
                            doubtful.insert(placed.unit);
                        }
                    }
                    if rows > 0 && placed.step.bound.statement.kind == Kind::Write && shaky.contains(&placed.unit) {
                        touched.insert(placed.unit);
                    }
                }
            }
            if shaky.len() == known {
                break;
            }
        }
        losers.into_iter().filter(|(n, _)| !doubtful.contains(n)).collect()
    }
}

impl Placed<'_> {
    fn rows(&self, counts: &[u64]) -> u64 {
        counts.get(self.sent).copied().unwrap_or(0)
    }
}

fn same(a: &Bound, b: &Bound) -> bool {
    std::ptr::eq(a.statement, b.statement) && a.args == b.args
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
