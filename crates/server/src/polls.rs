//! When each client asked last for an answer that waits: in memory, for each node by itself. A poll is no write; one that came too soon is (kernel `approval::poll`).

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use kernel::{ApprovalId, ClientId, TenantId, Time};

/// Notes that are kept; when there are more, those that no interval reaches any more go, and then all.
const NOTES_MAX: usize = 100_000;
/// Longer than any interval that an honest client comes to, in seconds.
const KEPT_SECONDS: i64 = 600;

/// The notes of a node.
#[derive(Debug, Default)]
pub(crate) struct Polls {
    last: Mutex<BTreeMap<(TenantId, ClientId, ApprovalId), Time>>,
}

impl Polls {
    /// When this client asked last, if it did and was told to wait.
    pub(crate) fn last(&self, tenant: &TenantId, client: &ClientId, id: &ApprovalId) -> Option<Time> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.get(&(tenant.clone(), client.clone(), id.clone())).copied()
    }

    /// Notes a poll that was told to wait. One that was refused, for its key say, is not noted: nobody slows somebody else down.
    pub(crate) fn note(&self, tenant: &TenantId, client: &ClientId, id: &ApprovalId, now: Time) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.len() >= NOTES_MAX {
            last.retain(|_, at| now.since(*at) < KEPT_SECONDS);
        }
        if last.len() >= NOTES_MAX {
            last.clear();
        }
        last.insert((tenant.clone(), client.clone(), id.clone()), now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_is_noted_by_itself_and_notes_are_bounded() {
        let polls = Polls::default();
        let tenant = TenantId::parse("t").unwrap();
        let named = |client: &str, id: &str| (ClientId::parse(client).unwrap(), ApprovalId::parse(id).unwrap());
        let note = |client: &str, id: &str, second| {
            let (client, id) = named(client, id);
            polls.note(&tenant, &client, &id, Time::from_unix(second));
        };
        let last = |client: &str, id: &str| {
            let (client, id) = named(client, id);
            polls.last(&tenant, &client, &id)
        };
        note("a", "x", 10);
        assert_eq!(last("b", "x"), None, "another client's note is its own");
        note("a", "x", 12);
        assert_eq!(last("a", "x"), Some(Time::from_unix(12)));
        for n in 0..NOTES_MAX + 10 {
            note("a", &n.to_string(), 14);
        }
        assert!(polls.last.lock().unwrap().len() <= NOTES_MAX);
    }
}
