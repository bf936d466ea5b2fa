//! Lossy notes, kept in memory and written in the background: table `client_use`.

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

pub(crate) const STATEMENTS: &[&Statement] = &[&CLIENT_USED];

static CLIENT_USED: Statement = Statement::write(
    "client_use.used",
    &[Text, Text, Int],
    "INSERT INTO client_use (tenant, id, used_at)
     VALUES ($1, $2, $3)
     ON CONFLICT (tenant, id) DO UPDATE SET used_at = excluded.used_at
     WHERE client_use.used_at < excluded.used_at",
);

/// Notes that are not written yet: one a client, however often it was used.
#[derive(Debug, Default)]
pub(crate) struct Touches {
    clients: Mutex<Notes>,
}

/// When each client of each tenant was last used.
pub(crate) type Notes = BTreeMap<(String, String), Time>;

impl Touches {
    /// Takes a note. Requests that run at once may note out of order; the newest time counts.
    pub(crate) fn note(&self, tenant: &TenantId, touch: Touch) {
        let Touch::ClientUsed { id, at } = touch;
        self.give_back(Notes::from([(
            (tenant.as_str().to_owned(), id.as_str().to_owned()),
            at,
        )]));
    }

    /// Takes everything that was noted.
    pub(crate) fn take(&self) -> Notes {
        std::mem::take(&mut *self.clients.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes notes that could not be written.
    pub(crate) fn give_back(&self, notes: Notes) {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        for (client, at) in notes {
            let last = clients.entry(client).or_insert(at);
            *last = at.max(*last);
        }
    }
}

/// The rows of notes.
pub(crate) fn lower(notes: &Notes) -> Vec<Bound> {
    let row = |((tenant, id), at): (&(String, String), &Time)| {
        let args = vec![tenant.clone().into(), id.clone().into(), (*at).into()];
        Bound::new(&CLIENT_USED, args, "client_use", tenant, id)
    };
    notes.iter().map(row).collect()
}
