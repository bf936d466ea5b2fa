//! How a batch travels to PostgreSQL: what is sent, in which order, how strongly expectations hold their rows, and what the row counts say. Nothing is done here.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

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
    /// The statement; of charges that travel together, their sum.
    pub(super) bound: Cow<'a, Bound>,
    /// How strongly an expectation holds its row.
    pub(super) hold: Hold,
    /// Whose it is: the place of the change in the batch, the first one if several share it.
    pub(super) unit: usize,
    /// Whether it is the sum of several: then nobody knows which of them found no room.
    summed: bool,
}

/// Whether charges of one row travel as one statement.
///
/// PostgreSQL keeps each version of a row that a transaction writes, and every later write of it walks along them all: five hundred uses of one budget in one batch would cost
/// a hundred thousand steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Charges {
    /// As their sum, as long as there is room for all.
    Summed,
    /// Each by itself: who came first has what is left.
    OneByOne,
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
    pub(super) fn of(batch: &'a [Unit], open: &[usize], charges: Charges) -> Self {
        let units = open.iter().filter_map(|n| batch.get(*n).map(|unit| (*n, unit)));
        let mut steps: Vec<(usize, &Step)> = units
            .flat_map(|(n, unit)| unit.steps.iter().map(move |step| (n, step)))
            .collect();
        steps.sort_by(|(_, a), (_, b)| a.bound.order.cmp(&b.bound.order));

        let mut plan = Self {
            sent: Vec::with_capacity(steps.len()),
            steps: Vec::with_capacity(steps.len()),
        };
        for row in steps.chunk_by(|(_, a), (_, b)| a.bound.order == b.bound.order) {
            plan.add_row(row, charges);
        }
        plan
    }

    /// Plans what happens to one row. The same expectation is sent once between two writes: a thousand tokens of one grant ask once whether it lives.
    fn add_row(&mut self, row: &[(usize, &'a Step)], charges: Charges) {
        let written = row.iter().any(|(_, step)| step.bound.statement.kind == Kind::Write);
        let hold = if written { Hold::Alone } else { Hold::Share };
        let mut expected: Vec<usize> = Vec::new();
        let begun = self.sent.len();
        for (unit, step) in row {
            let bound = &step.bound;
            if charges == Charges::Summed && self.sum(begun, bound) {
                self.steps.push(Placed {
                    unit: *unit,
                    step,
                    sent: self.sent.len().saturating_sub(1),
                });
                continue;
            }
            let asked = expected
                .iter()
                .copied()
                .find(|sent| self.sent.get(*sent).is_some_and(|sent| same(&sent.bound, bound)));
            let sent = asked.unwrap_or(self.sent.len());
            if asked.is_none() {
                match bound.statement.kind {
                    Kind::Read | Kind::Expect => expected.push(sent),
                    Kind::Write => expected.clear(),
                }
                self.sent.push(Sent {
                    bound: Cow::Borrowed(bound),
                    hold,
                    unit: *unit,
                    summed: false,
                });
            }
            self.steps.push(Placed {
                unit: *unit,
                step,
                sent,
            });
        }
    }

    /// Adds a charge to the one that was sent last, if that is of the same row and nothing but the amount differs.
    fn sum(&mut self, begun: usize, bound: &Bound) -> bool {
        let last = self.sent.get_mut(begun..).and_then(<[Sent<'_>]>::last_mut);
        let Some((last, both)) = last.and_then(|last| last.bound.with(bound).map(|both| (last, both))) else {
            return false;
        };
        last.bound = Cow::Owned(both);
        last.summed = true;
        true
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

    /// Who of the losers lost for good. Doubtful are those who looked at a row that somebody had touched before them whose effect may not stay: another loser, or one
    /// who built on a loser's effect. Without it they may win, or lose something else first. So are those whose charges travelled as one sum. They run again.
    pub(super) fn for_good(&self, losers: BTreeMap<usize, Lost>, counts: &[u64]) -> BTreeMap<usize, Lost> {
        let mut shaky: BTreeSet<usize> = losers.keys().copied().collect();
        let mut doubtful: BTreeSet<usize> = BTreeSet::new();
        for placed in &self.steps {
            if self.sent.get(placed.sent).is_some_and(|sent| sent.summed) && placed.rows(counts) == 0 {
                doubtful.insert(placed.unit);
            }
        }
        loop {
            let known = shaky.len();
            for row in self.steps.chunk_by(|a, b| a.step.bound.order == b.step.bound.order) {
                let mut touched: BTreeSet<usize> = BTreeSet::new();
                for placed in row {
                    if touched.iter().any(|other| *other != placed.unit) {
                        shaky.insert(placed.unit);
                        if placed.step.lost.is_some() {
                            doubtful.insert(placed.unit);
                        }
                    }
                    if placed.rows(counts) > 0
                        && placed.step.bound.statement.kind == Kind::Write
                        && shaky.contains(&placed.unit)
                    {
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

#[cfg(test)]
mod tests {
    use kernel::{GrantId, Guard, Mark, Time, Write, grant, ledger, mark::Stands};
    use tokio::sync::oneshot;

    use super::*;
    use crate::{lower, mark, statement::Value};

    fn live(id: &str, epoch: i64) -> Bound {
        lower::guard(
            "acme",
            &Guard::Grant(grant::Guard::Live {
                id: GrantId::parse(id).unwrap(),
                epoch,
            }),
        )
    }

    fn revoke(id: &str) -> Bound {
        lower::write(
            "acme",
            &Write::Grant(grant::Write::EnsureRevoked {
                id: GrantId::parse(id).unwrap(),
                at: Time::from_unix(0),
            }),
        )
    }

    fn take(jti: &str) -> Bound {
        mark::lower("acme", &Mark::new(Stands::DpopProof, "owner", jti, Time::from_unix(0)))
    }

    /// A batch of changes, each of these statements, every one of them a guard.
    fn batch(changes: Vec<Vec<Bound>>) -> Vec<Unit> {
        let unit = |bounds: Vec<Bound>| {
            let steps = bounds
                .into_iter()
                .enumerate()
                .map(|(n, bound)| Step {
                    bound,
                    lost: Some(Lost::Guard(n)),
                })
                .collect();
            Unit {
                steps,
                lines: Vec::new(),
                answer: oneshot::channel().0,
            }
        };
        changes.into_iter().map(unit).collect()
    }

    fn everyone(batch: &[Unit]) -> Vec<usize> {
        (0..batch.len()).collect()
    }

    fn said(plan: &Plan<'_>) -> Vec<(&'static str, Hold, usize)> {
        plan.sent
            .iter()
            .map(|sent| (sent.bound.statement.name, sent.hold, sent.unit))
            .collect()
    }

    #[test]
    fn a_thousand_equal_expectations_are_sent_once_and_answer_everybody() {
        let batch = batch((0..1_000).map(|_| vec![live("g", 1)]).collect());
        let plan = Plan::of(&batch, &everyone(&batch), Charges::Summed);
        assert_eq!(said(&plan), [("grant.live", Hold::Share, 0)]);
        assert!(plan.losers(&[1]).is_empty());
        let losers = plan.losers(&[0]);
        assert_eq!(losers.len(), 1_000);
        assert_eq!(plan.for_good(losers, &[0]).len(), 1_000, "nobody's effect is in doubt");
    }

    #[test]
    fn expectations_that_differ_are_each_sent() {
        let batch = batch(vec![
            vec![live("g", 1)],
            vec![live("g", 2)],
            vec![live("h", 1)],
            vec![live("g", 1)],
        ]);
        let plan = Plan::of(&batch, &everyone(&batch), Charges::Summed);
        assert_eq!(
            said(&plan),
            [
                ("grant.live", Hold::Share, 0),
                ("grant.live", Hold::Share, 1),
                ("grant.live", Hold::Share, 2)
            ]
        );
        assert_eq!(plan.losers(&[1, 0, 1]).into_keys().collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn a_write_between_two_expectations_makes_the_second_one_ask_again_and_the_first_one_hold_the_row_alone() {
        let batch = batch(vec![
            vec![live("g", 1)],
            vec![live("g", 1)],
            vec![revoke("g")],
            vec![live("g", 1)],
            vec![live("other", 1)],
        ]);
        let plan = Plan::of(&batch, &everyone(&batch), Charges::Summed);
        let expected = [
            ("grant.live", Hold::Alone, 0),
            ("grant.ensure_revoked", Hold::Alone, 2),
            ("grant.live", Hold::Alone, 3),
            ("grant.live", Hold::Share, 4),
        ];
        assert_eq!(said(&plan), expected);
    }

    #[test]
    fn rows_are_touched_in_one_order_whoever_wants_them_and_on_one_row_who_came_first_is_first() {
        let there = batch(vec![
            vec![take("b"), revoke("z"), take("a")],
            vec![revoke("a"), take("b"), revoke("z")],
        ]);
        let back = batch(vec![
            vec![revoke("z"), take("b"), revoke("a")],
            vec![take("a"), take("b"), revoke("z")],
        ]);
        let places = |batch: &[Unit]| {
            let plan = Plan::of(batch, &everyone(batch), Charges::Summed);
            let order: Vec<_> = plan.sent.iter().map(|sent| sent.bound.order.clone()).collect();
            assert!(order.is_sorted(), "{order:?}");
            let same_row = plan
                .sent
                .windows(2)
                .filter(|two| two[0].bound.order == two[1].bound.order)
                .all(|two| two[0].unit < two[1].unit);
            assert!(same_row);
            order
        };
        assert_eq!(places(&there), places(&back));
    }

    fn charge(units: i64, max: i64, cooldown: Option<i64>) -> Bound {
        let spend = ledger::Spend {
            budget: ledger::BudgetId::from_row("g pay 0").unwrap(),
            units,
            executions_max: max,
            day_max: i64::MAX,
            minute_max: i64::MAX,
            cooldown_seconds: cooldown,
            pace: None,
            at: Time::from_unix(9),
        };
        lower::guard("acme", &Guard::Ledger(ledger::Guard::Spend(Box::new(spend))))
    }

    #[test]
    fn charges_of_one_budget_travel_as_their_sum_and_only_those_that_are_alike() {
        let batch = batch(vec![
            vec![charge(1, 100, None)],
            vec![charge(2, 100, None)],
            vec![charge(4, 90, None)],
            vec![charge(8, 90, Some(5))],
            vec![charge(16, 90, Some(5))],
        ]);
        let summed = Plan::of(&batch, &everyone(&batch), Charges::Summed);
        let units = |plan: &Plan<'_>| {
            plan.sent
                .iter()
                .map(|sent| sent.bound.args[2].clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(units(&summed), [3, 4, 8, 16].map(Value::Int));
        assert!(summed.losers(&[1, 1, 1, 1]).is_empty());
        let alone = Plan::of(&batch, &everyone(&batch), Charges::OneByOne);
        assert_eq!(units(&alone), [1, 2, 4, 8, 16].map(Value::Int));
    }

    #[test]
    fn of_a_sum_without_room_nobody_has_lost_for_good() {
        let batch = batch(vec![vec![charge(1, 1, None)], vec![charge(1, 1, None)]]);
        let plan = Plan::of(&batch, &everyone(&batch), Charges::Summed);
        let losers = plan.losers(&[0]);
        assert_eq!(losers.len(), 2);
        assert!(plan.for_good(losers, &[0]).is_empty(), "one of them has room");
        let plan = Plan::of(&batch, &everyone(&batch), Charges::OneByOne);
        let losers = plan.losers(&[1, 0]);
        assert_eq!(plan.for_good(losers, &[1, 0]).into_keys().collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn a_change_that_is_answered_takes_no_part() {
        let batch = batch(vec![vec![take("m")], vec![take("m")], vec![take("m")]]);
        assert_eq!(
            said(&Plan::of(&batch, &[2], Charges::Summed)),
            [("mark.take_a", Hold::Alone, 2)]
        );
        assert!(Plan::of(&batch, &[], Charges::Summed).sent.is_empty());
    }

    #[test]
    fn a_lost_mark_is_said_before_a_lost_guard_and_the_first_before_the_second() {
        let cases = [
            (Lost::Mark(1), Lost::Mark(0), Lost::Mark(0)),
            (Lost::Guard(0), Lost::Mark(5), Lost::Mark(5)),
            (Lost::Guard(3), Lost::Guard(2), Lost::Guard(2)),
        ];
        for (a, b, first) in cases {
            assert_eq!((sooner(a, b), sooner(b, a)), (first, first));
        }
    }
}
