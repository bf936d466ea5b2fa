//! What was read of the database, as long as the database tells that nobody has written to it since.
//!
//! Whoever enforces decisions shows the same token and asks about the same things thousands of times. Nothing here ever answers with what is no longer so: each look begins with the database, and
//! with an engine that cannot tell, nothing is remembered.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, PoisonError, RwLock},
};

use store::Written;

/// Things that are remembered, at most.
const KEPT_MAX: usize = 1_024;

/// Things by their key, all read of one database in one state. What belongs to another state is forgotten at once: it may hold compiled policies that count no more.
#[derive(Debug)]
pub(crate) struct Memo<K, T> {
    read: RwLock<Read<K, T>>,
}

#[derive(Debug)]
struct Read<K, T> {
    of: Option<Written>,
    kept: HashMap<K, Arc<T>>,
}

impl<K, T> Default for Memo<K, T> {
    fn default() -> Self {
        Self {
            read: RwLock::new(Read {
                of: None,
                kept: HashMap::new(),
            }),
        }
    }
}

impl<K: Eq + Hash, T> Memo<K, T> {
    /// What is remembered, and what the database was like before that was read: it counts if the database is still so.
    pub(crate) fn peek(&self, key: &K) -> Option<(Written, Arc<T>)> {
        let read = self.read.read().unwrap_or_else(PoisonError::into_inner);
        read.of.zip(read.kept.get(key).cloned())
    }

    /// Remembers what was read after the database was like this. It may be newer; then the next look finds the database changed.
    pub(crate) fn keep(&self, written: Option<Written>, key: K, thing: &Arc<T>) {
        if written.is_none() {
            return;
        }
        let mut read = self.read.write().unwrap_or_else(PoisonError::into_inner);
        if read.of != written || read.kept.len() >= KEPT_MAX {
            read.of = written;
            read.kept.clear();
        }
        read.kept.insert(key, Arc::clone(thing));
    }
}
