//! Schema steps: numbered files inside the binary, forward only, each in one transaction.

use crate::{engine::Engine, fault::Fault};

/// The steps, in order. A step that has been released is never edited.
const STEPS: &[(i64, &str)] = &[
    (1, include_str!("migrations/0001_house.sql")),
    (2, include_str!("migrations/0002_people.sql")),
    (3, include_str!("migrations/0003_openid.sql")),
    (4, include_str!("migrations/0004_approvals.sql")),
    (5, include_str!("migrations/0005_details.sql")),
    (6, include_str!("migrations/0006_policy.sql")),
    (7, include_str!("migrations/0007_powers.sql")),
    (8, include_str!("migrations/0008_ledger.sql")),
    (9, include_str!("migrations/0009_token_limits.sql")),
    (10, include_str!("migrations/0010_grants.sql")),
    (11, include_str!("migrations/0011_habits.sql")),
    (12, include_str!("migrations/0012_access_requests.sql")),
    (13, include_str!("migrations/0013_panels_and_risk.sql")),
];

/// What one engine calls the table of steps that were taken.
pub(crate) const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_step (step BIGINT NOT NULL PRIMARY KEY)";

/// Takes the steps that are missing. Two nodes that start together wait for each other; the second finds nothing to do.
pub(crate) async fn run(engine: &Engine) -> Result<(), Fault> {
    engine.migrate(STEPS).await
}

/// The text of a step for PostgreSQL: texts are compared byte by byte as SQLite does, whatever language the database was made for. Pages, cursors and floors of ids rely on it.
pub(crate) fn for_postgres(step: &str) -> String {
    step.replace(" TEXT", " TEXT COLLATE \"C\"")
}

/// The text of a step for SQLite: integers of 64 bits, and tables that check their types and are stored by their key.
pub(crate) fn for_sqlite(step: &str) -> String {
    step.replace("BIGINT", "INTEGER")
        .replace("\n);", "\n) STRICT, WITHOUT ROWID;")
}
