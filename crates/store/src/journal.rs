//! The lossy journal: refusals that changed nothing and pure decisions are written up to a second later, and a flood of them is counted, not listed.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use kernel::{Caller, Event, EventKind, Moment, TenantId, Who};

use crate::event::Line;

/// Entries kept until the next flush; more are counted. At a flush every quarter of a second and some 400 bytes each this stays below 1 MB/s.
const ENTRIES_MAX: usize = 512;
/// Entries of callers who proved nothing, among them: a flood of strangers takes no place from those who are known.
const STRANGERS_MAX: usize = 128;

/// Entries that are not written yet.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    lines: Vec<Line>,
    strangers: usize,
    counted: BTreeMap<String, i64>,
}

/// What a flush writes.
#[derive(Debug)]
pub(crate) struct Taken {
    /// The rows.
    pub(crate) lines: Vec<Line>,
    /// For how many entries of each tenant they stand.
    pub(crate) stands_for: BTreeMap<String, i64>,
}

impl Journal {
    /// Takes an entry, or counts it when there are too many.
    pub(crate) fn note(&self, tenant: &TenantId, event: Event) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let stranger = event.actor.is_none();
        let room = if stranger {
            held.strangers < STRANGERS_MAX
        } else {
            held.lines.len().saturating_sub(held.strangers) < ENTRIES_MAX.saturating_sub(STRANGERS_MAX)
        };
        if room {
            held.strangers = held.strangers.saturating_add(usize::from(stranger));
            held.lines.push(Line::new(tenant, event));
        } else {
            add(&mut held.counted, tenant.as_str(), 1);
        }
    }

    /// Takes everything: the entries, and one entry a tenant for those that were counted.
    pub(crate) fn take(&self, at: &Moment) -> Taken {
        let Held { mut lines, counted, .. } =
            std::mem::take(&mut *self.held.lock().unwrap_or_else(PoisonError::into_inner));
        let mut stands_for = counted.clone();
        for line in &lines {
            add(&mut stands_for, line.tenant(), 1);
        }
        lines.extend(counted.into_iter().filter_map(|(tenant, count)| {
            let event = Event::new(EventKind::EntriesCounted, &Caller::plain(Who::Anyone), at).with("count", count);
            TenantId::parse(&tenant).map(|tenant| Line::new(&tenant, event))
        }));
        Taken { lines, stands_for }
    }

    /// Counts entries that were taken and could not be written, so that the log says at least how many there were.
    pub(crate) fn give_back(&self, stands_for: BTreeMap<String, i64>) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        for (tenant, count) in stands_for {
            add(&mut held.counted, &tenant, count);
        }
    }

    /// Whether there is nothing to write.
    pub(crate) fn is_empty(&self) -> bool {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.lines.is_empty() && held.counted.is_empty()
    }
}

fn add(counted: &mut BTreeMap<String, i64>, tenant: &str, more: i64) {
    let count = counted.entry(tenant.to_owned()).or_default();
    *count = count.saturating_add(more);
}
