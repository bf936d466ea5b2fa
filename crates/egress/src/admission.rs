//! How many fetches may run at once: in all, and from one host.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::Refused;

#[derive(Debug)]
pub(crate) struct Admission {
    all: Arc<Semaphore>,
    per_host_max: usize,
    hosts: Arc<Mutex<BTreeMap<String, usize>>>,
}

/// The right to run one fetch, given back when dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    host: String,
    hosts: Arc<Mutex<BTreeMap<String, usize>>>,
    _one_of_all: OwnedSemaphorePermit,
}

impl Admission {
    pub(crate) fn new(all_max: usize, per_host_max: usize) -> Self {
        let all = Arc::new(Semaphore::new(all_max.min(Semaphore::MAX_PERMITS)));
        Self {
            all,
            per_host_max,
            hosts: Arc::default(),
        }
    }

    /// A seat now or not at all: nobody queues for a stranger.
    pub(crate) fn take(&self, host: &str) -> Result<Seat, Refused> {
        let one_of_all = Arc::clone(&self.all).try_acquire_owned().map_err(|_| Refused::Busy)?;
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let running = hosts.get(host).copied().unwrap_or(0);
        if running >= self.per_host_max {
            return Err(Refused::HostBusy);
        }
        hosts.insert(host.to_owned(), running.saturating_add(1));
        Ok(Seat {
            host: host.to_owned(),
            hosts: Arc::clone(&self.hosts),
            _one_of_all: one_of_all,
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        match hosts.get(&self.host).copied() {
            Some(running) if running > 1 => {
                hosts.insert(self.host.clone(), running.saturating_sub(1));
            }
            // The last one takes the name with it, so that names do not pile up.
            Some(_) | None => {
                hosts.remove(&self.host);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_are_limited_per_host_and_in_all_and_given_back() {
        let admission = Admission::new(3, 2);
        let one = admission.take("a").unwrap();
        let two = admission.take("a").unwrap();
        assert_eq!(admission.take("a").unwrap_err(), Refused::HostBusy);
        let three = admission.take("b").unwrap();
        assert_eq!(admission.take("c").unwrap_err(), Refused::Busy);
        drop(one);
        let one = admission.take("a").unwrap();
        drop((one, two, three));
        assert!(admission.hosts.lock().unwrap().is_empty(), "no name stays behind");
        assert_eq!(admission.all.available_permits(), 3);
    }
}
