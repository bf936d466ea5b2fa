//! Statements that differ between the engines, each with its reason.

use crate::{
    lower::Bound,
    mark::Slot,
    statement::Statement,
};

pub(crate) const STATEMENTS: &[&Statement] = &[&EMPTY_A, &EMPTY_B];

// A DELETE without WHERE is SQLite's truncate: it drops the pages. On PostgreSQL the same DELETE would leave millions of dead rows, and TRUNCATE does not exist on SQLite.
static EMPTY_A: Statement = Statement::write("mark.empty_a", &[], "DELETE FROM mark_a").on_postgres("TRUNCATE mark_a");
static EMPTY_B: Statement = Statement::write("mark.empty_b", &[], "DELETE FROM mark_b").on_postgres("TRUNCATE mark_b");

/// Empties a table of marks.
pub(crate) fn lower_empty(slot: Slot) -> Bound {
    match slot {
        Slot::A => Bound::new(&EMPTY_A, Vec::new(), "mark_a", "", ""),
        Slot::B => Bound::new(&EMPTY_B, Vec::new(), "mark_b", "", ""),
    }
}
