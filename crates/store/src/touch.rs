//! Lossy notes, kept in memory and written in the background: tables `client_use` and `grant_use`, and when a browser session was seen.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use kernel::{TenantId, Time, Touch};

use crate::{
    lower::Bound,
    statement::{
        Statement,
        Type::{Int, Text},
    },
};

pub(crate) const STATEMENTS: &[&Statement] = &[&CLIENT_USED, &GRANT_USED, &BROWSER_SESSION_SEEN];

static CLIENT_USED: Statement = Statement::write(
    "client_use.used",
    &[Text, Text, Int],
    "INSERT INTO client_use (tenant, id, used_at)
     VALUES ($1, $2, $3)
     ON CONFLICT (tenant, id) DO UPDATE SET used_at = excluded.used_at
     WHERE client_use.used_at < excluded.used_at",
);

static GRANT_USED: Statement = Statement::write(
    "grant_use.used",
    &[Text, Text, Int],
    "INSERT INTO grant_use (tenant, id, used_at)
     VALUES ($1, $2, $3)
     ON CONFLICT (tenant, id) DO UPDATE SET used_at = excluded.used_at
     WHERE grant_use.used_at < excluded.used_at",
);

static BROWSER_SESSION_SEEN: Statement = Statement::write(
    "browser_session.seen",
    &[Text, Text, Int],
    "UPDATE browser_session
     SET seen_at = $3
     WHERE tenant = $1 AND id = $2 AND seen_at < $3",
);

/// Notes that are not written yet: one a thing, however often it was used.
#[derive(Debug, Default)]
pub(crate) struct Touches {
    held: Mutex<Notes>,
}

/// When each thing of each tenant was last used.
pub(crate) type Notes = BTreeMap<(Thing, String, String), Time>;

/// What is noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Thing {
    Client,
    Grant,
    BrowserSession,
}

impl Touches {
    /// Takes a note. Requests that run at once may note out of order; the newest time counts.
    pub(crate) fn note(&self, tenant: &TenantId, touch: Touch) {
        let tenant = tenant.as_str().to_owned();
        let (thing, at) = match touch {
            Touch::ClientUsed { id, at } => ((Thing::Client, tenant, id.to_string()), at),
            Touch::GrantUsed { id, at } => ((Thing::Grant, tenant, id.to_string()), at),
            Touch::BrowserSessionSeen { id, at } => ((Thing::BrowserSession, tenant, id.to_string()), at),
        };
        self.give_back(Notes::from([(thing, at)]));
    }

    /// When something was last used, as far as that is not written yet.
    pub(crate) fn noted(&self, thing: Thing, tenant: &TenantId, id: &str) -> Option<Time> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.get(&(thing, tenant.as_str().to_owned(), id.to_owned())).copied()
    }

    /// Takes everything that was noted.
    pub(crate) fn take(&self) -> Notes {
        std::mem::take(&mut *self.held.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes notes that could not be written.
    pub(crate) fn give_back(&self, notes: Notes) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        for (thing, at) in notes {
            let last = held.entry(thing).or_insert(at);
            *last = at.max(*last);
        }
    }
}

/// The rows of notes.
pub(crate) fn lower(notes: &Notes) -> Vec<Bound> {
    let row = |((thing, tenant, id), at): (&(Thing, String, String), &Time)| {
        let args = vec![tenant.clone().into(), id.clone().into(), (*at).into()];
        let (statement, table) = match thing {
            Thing::Client => (&CLIENT_USED, "client_use"),
            Thing::Grant => (&GRANT_USED, "grant_use"),
            Thing::BrowserSession => (&BROWSER_SESSION_SEEN, "browser_session"),
        };
        Bound::new(statement, args, table, tenant, id)
    };
    notes.iter().map(row).collect()
}
