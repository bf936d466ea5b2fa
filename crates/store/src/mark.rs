//! One-time marks: tables `mark_a` and `mark_b`, used in turn by the marks' own expiry and emptied whole.

use kernel::{Mark, Time};

use crate::{
    lower::Bound,
    statement::{Statement, Type::Text},
};

pub(crate) const STATEMENTS: &[&Statement] = &[&TAKE_A, &TAKE_B];

static TAKE_A: Statement = Statement::write(
    "mark.take_a",
    &[Text, Text],
    "INSERT INTO mark_a (tenant, digest)
     VALUES ($1, $2)
     ON CONFLICT DO NOTHING",
);

static TAKE_B: Statement = Statement::write(
    "mark.take_b",
    &[Text, Text],
    "INSERT INTO mark_b (tenant, digest)
     VALUES ($1, $2)
     ON CONFLICT DO NOTHING",
);

/// Marks that end within the same period share a table. A period is twice the longest a mark can live, so that while one table fills the other can be emptied.
pub(crate) const PERIOD_SECONDS: i64 = 2 * kernel::mark::MARK_SECONDS_MAX;

/// Which of the two tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    A,
    B,
}

/// The period in which a mark ends.
pub(crate) const fn period(expires: Time) -> i64 {
    expires.unix().div_euclid(PERIOD_SECONDS)
}

/// The table of a period.
pub(crate) const fn slot(period: i64) -> Slot {
    if period.rem_euclid(2) == 0 { Slot::A } else { Slot::B }
}

/// The row of a mark.
pub(crate) fn lower(tenant: &str, mark: &Mark) -> Bound {
    let (statement, table) = match slot(period(mark.expires)) {
        Slot::A => (&TAKE_A, "mark_a"),
        Slot::B => (&TAKE_B, "mark_b"),
    };
    Bound::new(
        statement,
        vec![tenant.to_owned().into(), mark.digest.clone().into()],
        table,
        tenant,
        &mark.digest,
    )
}

/// Which period's table may be emptied at this time, if any: the one before, and only while no mark of the period after, which shares the table, can be made yet.
///
/// The margin covers clocks of other nodes. Missing the time does no harm: the table is emptied one turn later.
pub(crate) fn emptiable(now: Time) -> Option<i64> {
    const MARGIN_SECONDS: i64 = 30;
    let current = period(now);
    let into = now.unix().rem_euclid(PERIOD_SECONDS);
    let last = PERIOD_SECONDS
        .saturating_sub(kernel::mark::MARK_SECONDS_MAX)
        .saturating_sub(MARGIN_SECONDS);
    (MARGIN_SECONDS..last)
        .contains(&into)
        .then(|| current.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_emptied_only_when_every_mark_in_it_is_over() {
        for t in (1_795_000_000..1_795_000_000 + 4 * PERIOD_SECONDS).step_by(7) {
            let Some(done) = emptiable(Time::from_unix(t)) else {
                continue;
            };
            let emptied = slot(done);
            for skew in [-30, 0, 30] {
                for ahead in 0..=kernel::mark::MARK_SECONDS_MAX {
                    // A mark that a node with this clock could make now, and that still counts, must not be in the emptied table.
                    let expires = Time::from_unix(t + skew + ahead);
                    assert!(slot(period(expires)) != emptied, "at {t}, skew {skew}, {ahead} ahead");
                }
            }
        }
    }

    #[test]
    fn every_period_has_a_time_to_be_emptied() {
        let start = 1_795_000_000_i64.div_euclid(PERIOD_SECONDS) * PERIOD_SECONDS;
        let done: Vec<i64> = (start..start + PERIOD_SECONDS)
            .filter_map(|t| emptiable(Time::from_unix(t)))
            .collect();
        assert!(
            done.len() > 240,
            "a job that runs once a minute must hit it: {}",
            done.len()
        );
    }
}
