//! What a node does in the background: notes, journal, expired rows. Each is called by the server's clock; the store has none.

use std::sync::atomic::Ordering;

use kernel::{Moment, Time, moment};

use crate::{engine::Engine, engine_only, fault::Fault, installation, lower::Bound, mark, open::Store, token, touch};

/// The fact that remembers which period of marks was emptied last.
const EMPTIED: &str = "marks_emptied_through";
/// How long a token's record is kept after it was issued, in seconds: its life and a day in which support can look it up.
const TOKEN_KEPT_SECONDS: i64 = 3_600 + 86_400;
/// Rows that one statement deletes, so that no change waits long behind it.
const SWEEP_ROWS_MAX: i64 = 2_000;
/// Statements of one sweep for one tenant. A sweep runs twice a minute, so this keeps up with 30,000 tokens a second.
const SWEEPS_MAX: usize = 512;

impl Store {
    /// Writes the journal and the notes. When they cannot be written, the entries are counted and the notes kept for the next time.
    pub async fn flush(&self, at: &Moment) -> Result<(), Fault> {
        let taken = self.journal().take(at);
        let notes = self.touches().take();
        if taken.lines.is_empty() && notes.is_empty() {
            return Ok(());
        }
        let written = self.committer().maintain(touch::lower(&notes), taken.lines).await;
        if written.is_ok() {
            self.touches().written(&notes);
        } else {
            self.journal().give_back(taken.stands_for);
            self.touches().give_back(&notes);
        }
        written
    }

    /// Empties a table of marks when its time has come, and remembers it: marks of an emptied period are never taken again, whatever the clock does.
    ///
    /// The memory comes first. If the table then cannot be emptied, the next sweep tries again, and the marks in it do no harm.
    pub async fn sweep_marks(&self, now: Time) -> Result<(), Fault> {
        self.recall_marks().await?; // another node may have emptied one that this node's clock does not know of
        let Some(period) = mark::emptiable(now) else {
            return Ok(());
        };
        if self.emptied_here().load(Ordering::Acquire) >= period {
            return Ok(());
        }
        if self.emptied_through().load(Ordering::Acquire) < period {
            self.maintain(vec![installation::lower_set(EMPTIED, period.to_string())])
                .await?; // if this fails, nothing is emptied
            self.emptied_through().fetch_max(period, Ordering::AcqRel);
        }
        self.sweep(engine_only::lower_empty(mark::slot(period))).await?;
        self.emptied_here().fetch_max(period, Ordering::AcqRel);
        Ok(())
    }

    /// Deletes token records that nobody needs any more, and what was used of their own limits, a bounded number at a time.
    pub async fn sweep_tokens(&self, now: Time) -> Result<(), Fault> {
        let floor = moment::id_floor(now.minus(TOKEN_KEPT_SECONDS));
        for tenant in self.tenants().await? {
            for _ in 0..SWEEPS_MAX {
                if !token::any_before(self, tenant.id.as_str(), &floor).await? {
                    break;
                }
                for sweep in engine_only::lower_token_sweep(tenant.id.as_str(), &floor, SWEEP_ROWS_MAX) {
                    self.sweep(sweep).await?;
                }
            }
        }
        Ok(())
    }

    /// SQLite has one writer; on PostgreSQL a sweep stays out of the committer's way.
    pub(crate) async fn sweep(&self, sweep: Bound) -> Result<(), Fault> {
        match self.engine() {
            Engine::Sqlite(_) => self.maintain(vec![sweep]).await,
            Engine::Postgres(postgres) => postgres.apart(&sweep).await,
        }
    }

    /// Reads what was remembered, at the start and before each sweep.
    pub(crate) async fn recall_marks(&self) -> Result<(), Fault> {
        if let Some(period) = self.fact(EMPTIED).await?.and_then(|text| text.parse().ok()) {
            self.emptied_through().fetch_max(period, Ordering::AcqRel);
        }
        Ok(())
    }
}
