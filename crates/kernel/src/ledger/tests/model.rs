//! The rows of the ledger in memory: what the statements of the store say, said once more in another language. The store's tests include this file and compare.

use std::collections::BTreeMap;

use super::{BookingId, Budget, BudgetId, Currency, Decimal, Entry, Guard, Last, Time, Used, Write};

/// A row of `budget`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) executions: i64,
    pub(crate) day: i64,
    pub(crate) day_count: i64,
    pub(crate) minute: i64,
    pub(crate) minute_count: i64,
    pub(crate) last_at: i64,
    pub(crate) turn: i64,
    pub(crate) pace: String,
}

/// The three tables, of one tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rows {
    pub(crate) budgets: BTreeMap<BudgetId, Row>,
    /// The day, and what was spent on it.
    pub(crate) amounts: BTreeMap<(BudgetId, Currency), (i64, i64)>,
    pub(crate) entries: BTreeMap<BookingId, Entry>,
}

impl Rows {
    /// All of a change, or nothing of it.
    pub(crate) fn commit(&mut self, guards: &[Guard], writes: &[Write]) -> bool {
        let mut after = self.clone();
        if !guards.iter().all(|guard| after.guarded(guard)) {
            return false;
        }
        for write in writes {
            after.write(write);
        }
        *self = after;
        true
    }

    fn guarded(&mut self, guard: &Guard) -> bool {
        match guard {
            Guard::Append(entry) => {
                let new = !self.entries.contains_key(&entry.id);
                self.entries
                    .entry(entry.id.clone())
                    .or_insert_with(|| Entry::clone(entry));
                new
            }
            Guard::Spend(spend) => {
                let at = spend.at.unix();
                let (day, minute) = (at.div_euclid(86_400), at.div_euclid(60));
                let (turn, pace) = match &spend.pace {
                    None => (-1, None),
                    Some((turn, values)) => (*turn, Some(values.row())),
                };
                let Some(row) = self.budgets.get(&spend.budget) else {
                    let room = [spend.executions_max, spend.day_max, spend.minute_max];
                    let fits = room.iter().all(|most| spend.units <= *most);
                    if fits {
                        let row = Row {
                            executions: spend.units,
                            day,
                            day_count: spend.units,
                            minute,
                            minute_count: spend.units,
                            last_at: at,
                            turn: 1,
                            pace: pace.unwrap_or_default(),
                        };
                        self.budgets.insert(spend.budget.clone(), row);
                    }
                    return fits;
                };
                let after = Row {
                    executions: row.executions + spend.units,
                    day: row.day.max(day),
                    day_count: if row.day >= day { row.day_count } else { 0 } + spend.units,
                    minute: row.minute.max(minute),
                    minute_count: if row.minute >= minute { row.minute_count } else { 0 } + spend.units,
                    last_at: row.last_at.max(at),
                    turn: row.turn + 1,
                    pace: pace.unwrap_or_else(|| row.pace.clone()),
                };
                let rested = spend.cooldown_seconds.is_none_or(|rest| row.last_at <= at - rest);
                let fits = after.executions <= spend.executions_max
                    && after.day_count <= spend.day_max
                    && after.minute_count <= spend.minute_max
                    && rested
                    && (turn < 0 || turn == row.turn);
                if fits {
                    self.budgets.insert(spend.budget.clone(), after);
                }
                fits
            }
            Guard::SpendAmount(spend) => {
                let day = spend.at.unix().div_euclid(86_400);
                let key = (spend.budget.clone(), spend.money.currency().clone());
                let (on, total) = self.amounts.get(&key).copied().unwrap_or((day, 0));
                let before = if on >= day { total } else { 0 };
                let after = before + spend.money.value().ten_thousandths();
                let fits = after <= spend.day_max;
                if fits {
                    self.amounts.insert(key, (on.max(day), after));
                }
                fits
            }
        }
    }

    fn write(&mut self, write: &Write) {
        match write {
            Write::Return(back) => {
                let at = back.charged.unix();
                if let Some(row) = self.budgets.get_mut(&back.budget) {
                    row.executions -= back.units;
                    if row.day == at.div_euclid(86_400) {
                        row.day_count -= back.units;
                    }
                    if row.minute == at.div_euclid(60) {
                        row.minute_count -= back.units;
                    }
                }
            }
            Write::ReturnAmount(back) => {
                let key = (back.budget.clone(), back.currency.clone());
                if let Some((day, spent)) = self.amounts.get_mut(&key)
                    && *day == back.charged.unix().div_euclid(86_400)
                {
                    *spent -= back.value;
                }
            }
        }
    }

    /// What was used of a power, as a booking reads it.
    pub(crate) fn budget(&self, id: &BudgetId) -> Option<Budget> {
        let row = self.budgets.get(id)?;
        let amounts = self.amounts.iter().filter(|((of, _), _)| of == id);
        Some(Budget {
            used: Used {
                executions: row.executions,
                day: row.day,
                day_count: row.day_count,
                minute: row.minute,
                minute_count: row.minute_count,
                last: Some(Time::from_unix(row.last_at)),
                amounts: amounts
                    .map(|((_, currency), (day, spent))| {
                        (currency.clone(), (*day, Decimal::from_ten_thousandths(*spent)))
                    })
                    .collect(),
                values: Last::from_row(&row.pace).unwrap(),
            },
            turn: row.turn,
        })
    }

    /// Bookings whose time is over, and that have no end.
    pub(crate) fn over(&self, now: Time) -> Vec<Entry> {
        let over = |entry: &&Entry| entry.expires.is_some_and(|end| end <= now);
        let open = |entry: &&Entry| !self.entries.contains_key(&entry.end_id());
        self.entries.values().filter(over).filter(open).cloned().collect()
    }
}
