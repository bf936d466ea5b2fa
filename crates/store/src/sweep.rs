//! What a node does in the background: notes, journal, expired rows. Each is called by the server's clock; the store has none.

use std::sync::atomic::Ordering;

use kernel::{Moment, Time, moment};

use crate::{engine_only, fault::Fault, installation, mark, open::Store, token};

/// The fact that remembers which period of marks was emptied last.
const EMPTIED: &str = "marks_emptied_through";
/// How long a token's record is kept after it was issued, in seconds: its life and a day in which support can look it up.
const TOKEN_KEPT_SECONDS: i64 = 3_600 + 86_400;
/// Rows that one statement deletes, so that no change waits long behind it.
const SWEEP_ROWS_MAX: i64 = 2_000;

impl Store {
    /// Writes the journal and the notes.
    pub async fn flush(&self, at: &Moment) -> Result<(), Fault> {
        let lines = self.journal().take(at);
        let notes = self.touches().take();
        if lines.is_empty() && notes.is_empty() {
            return Ok(());
        }
        self.committer().maintain(notes, lines).await
    }

    /// Empties a table of marks when its time has come, and remembers it: marks of an emptied period are never taken again, whatever the clock does.
    pub async fn sweep_marks(&self, now: Time) -> Result<(), Fault> {
        let Some(period) = mark::emptiable(now) else { return Ok(()) };
        if self.emptied_through().load(Ordering::Acquire) >= period {
            return Ok(());
        }
        self.emptied_through().fetch_max(period, Ordering::AcqRel);
        self.maintain(vec![engine_only::lower_empty(mark::slot(period)), installation::lower_set(EMPTIED, period.to_string())]).await
    }

    /// Deletes token records that nobody needs any more.
    pub async fn sweep_tokens(&self, now: Time) -> Result<(), Fault> {
        let floor = moment::id_floor(now.minus(TOKEN_KEPT_SECONDS));
        let sweeps = self.tenants().await?.iter().map(|tenant| token::lower_sweep(tenant.id.as_str(), floor.clone(), SWEEP_ROWS_MAX)).collect();
        self.maintain(sweeps).await
    }

    /// Reads what was remembered, at the start.
    pub(crate) async fn recall_marks(&self) -> Result<(), Fault> {
        if let Some(period) = self.fact(EMPTIED).await?.and_then(|text| text.parse().ok()) {
            self.emptied_through().fetch_max(period, Ordering::AcqRel);
        }
        Ok(())
    }
}
