//! Statements that differ between the engines, each with its reason.

use crate::{
    lower::Bound,
    mark::Slot,
    statement::{
        Statement,
        Type::{Int, Text},
    },
};

pub(crate) const STATEMENTS: &[&Statement] = &[&EMPTY_A, &EMPTY_B, &SWEEP_TOKENS, &GRANTS_HELD];

// A DELETE without WHERE is SQLite's truncate: it drops the pages. On PostgreSQL the same DELETE would leave millions of dead rows, and TRUNCATE does not exist on SQLite.
static EMPTY_A: Statement = Statement::write("mark.empty_a", &[], "DELETE FROM mark_a").on_postgres("TRUNCATE mark_a");
static EMPTY_B: Statement = Statement::write("mark.empty_b", &[], "DELETE FROM mark_b").on_postgres("TRUNCATE mark_b");

// Every node sweeps. On PostgreSQL two of them would delete the same rows in different orders and wait for each other in a circle: each takes the rows that nobody else has.
static SWEEP_TOKENS: Statement = Statement::write(
    "token.sweep",
    &[Text, Text, Int],
    "DELETE FROM token
     WHERE tenant = $1 AND id IN (SELECT id FROM token WHERE tenant = $1 AND id < $2 ORDER BY id LIMIT $3)",
)
.on_postgres(
    "DELETE FROM token
     WHERE tenant = $1 AND id IN (SELECT id FROM token WHERE tenant = $1 AND id < $2 ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED)",
);

/// Deletes the oldest records of tokens before `floor` (an id), at most `rows_max` of them.
pub(crate) fn lower_token_sweep(tenant: &str, floor: String, rows_max: i64) -> Bound {
    Bound::new(
        &SWEEP_TOKENS,
        vec![tenant.to_owned().into(), floor.into(), rows_max.into()],
        "token",
        tenant,
        "",
    )
}

/// Empties a table of marks.
pub(crate) fn lower_empty(slot: Slot) -> Bound {
    match slot {
        Slot::A => Bound::new(&EMPTY_A, Vec::new(), "mark_a", "", ""),
        Slot::B => Bound::new(&EMPTY_B, Vec::new(), "mark_b", "", ""),
    }
}

/// What a holder has for itself and has not ended, oldest first, in pages of 64 after an id.
// SQLite believes, without statistics, that a tenant has ten rows, and would read all of its grants by the primary key for each token. PostgreSQL keeps statistics.
pub(crate) static GRANTS_HELD: Statement = Statement::read(
    "grant.held",
    &[Text, Text, Text, Text, Int],
    "SELECT id, holder_kind, holder, subject, scope, audiences, depth, expires_at, parent, source_kind, source, revoked_at, epoch, created_at
     FROM grants INDEXED BY grants_holder
     WHERE tenant = $1 AND holder_kind = $2 AND holder = $3 AND id > $4 AND subject IS NULL AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $5)
     ORDER BY id
     LIMIT 64",
)
.on_postgres(
    "SELECT id, holder_kind, holder, subject, scope, audiences, depth, expires_at, parent, source_kind, source, revoked_at, epoch, created_at
     FROM grants
     WHERE tenant = $1 AND holder_kind = $2 AND holder = $3 AND id > $4 AND subject IS NULL AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $5)
     ORDER BY id
     LIMIT 64",
);

/// Rows of a page of [`GRANTS_HELD`], and living grants of one holder that are looked at.
pub(crate) const GRANTS_HELD_MAX: usize = 64;
