//! Lossy notes, kept in memory and written in the background: table `client_use`.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use kernel::{TenantId, Time, Touch};

use crate::{
    lower::Bound,
    statement::{Statement, Type::{Int, Text}},
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
    clients: Mutex<BTreeMap<(String, String), Time>>,
}

impl Touches {
    /// Takes a note.
    pub(crate) fn note(&self, tenant: &TenantId, touch: Touch) {
        let Touch::ClientUsed { id, at } = touch;
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        clients.insert((tenant.as_str().to_owned(), id.as_str().to_owned()), at);
    }

    /// Takes everything that was noted, as statements.
    pub(crate) fn take(&self) -> Vec<Bound> {
        let clients = std::mem::take(&mut *self.clients.lock().unwrap_or_else(PoisonError::into_inner));
        let lower = |((tenant, id), at): ((String, String), Time)| Bound::new(&CLIENT_USED, vec![tenant.clone().into(), id.clone().into(), at.into()], "client_use", &tenant, &id);
        clients.into_iter().map(lower).collect()
    }
}
