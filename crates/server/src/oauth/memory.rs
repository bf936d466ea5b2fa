//! What is remembered of access tokens: their signature, and what they hang on.
//!
//! A signature stays what it is; a key that is no longer published makes nothing verified. What the token hangs on (its record, its grants, its client, the policies) is read each time, except where
//! the database tells that nobody has written to it since.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicI64, Ordering},
    },
};

use kernel::{
    Moment, TenantId, Time,
    introspection::{self, Known},
};
use proof::{Verified, access_token::AccessToken, digest};
use store::Written;

use crate::memo::Memo;

/// Tokens that are remembered, at most.
const KEPT_MAX: usize = 4_096;

/// Checked tokens, by the digest of their text.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    checked: RwLock<HashMap<Key, Verified<AccessToken>>>,
    hangs: Memo<Key, Hangs>,
}

type Key = [u8; 32];

/// What a token hangs on.
#[derive(Debug)]
pub(crate) struct Hangs {
    /// Everything that was read about it.
    pub(crate) known: Arc<Known>,
    /// The key that signed it: no longer published, it makes nothing verified.
    pub(crate) kid: Option<String>,
    /// The last second at which it spoke for its client here: the same facts in the same second make the same answer.
    spoke: AtomicI64,
}

impl Hangs {
    pub(crate) const fn on(known: Arc<Known>, kid: Option<String>) -> Self {
        Self {
            known,
            kid,
            spoke: AtomicI64::new(i64::MIN),
        }
    }

    /// Whether a token that is shown at one of our own endpoints speaks for its client here.
    pub(crate) fn speaks_here(&self, at: &Moment) -> bool {
        if self.spoke.load(Ordering::Acquire) == at.now.unix() {
            return true;
        }
        let speaks = introspection::speaks_here(&self.known, at);
        if speaks {
            self.spoke.store(at.now.unix(), Ordering::Release);
        }
        speaks
    }
}

impl Memory {
    /// The token, if it was checked for this tenant and has not ended.
    pub(crate) fn recall(&self, tenant: &TenantId, text: &str, now: Time) -> Option<Verified<AccessToken>> {
        let kept = self.checked.read().unwrap_or_else(PoisonError::into_inner);
        kept.get(&key(tenant, text))
            .filter(|token| token.expires > now)
            .cloned()
    }

    /// Remembers one that was checked.
    pub(crate) fn keep(&self, tenant: &TenantId, text: &str, token: &Verified<AccessToken>, now: Time) {
        let mut kept = self.checked.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_MAX {
            kept.retain(|_, token| token.expires > now);
        }
        if kept.len() >= KEPT_MAX {
            kept.clear(); // they are checked again as they are shown
        }
        kept.insert(key(tenant, text), token.clone());
    }

    /// What the token hung on, and what the database was like before that was read: it counts if the database is still so.
    pub(crate) fn peek_hangs(&self, tenant: &TenantId, text: &str) -> Option<(Written, Arc<Hangs>)> {
        self.hangs.peek(&key(tenant, text))
    }

    /// Remembers what was read after the database was like this.
    pub(crate) fn keep_hangs(&self, written: Option<Written>, tenant: &TenantId, text: &str, hangs: &Arc<Hangs>) {
        self.hangs.keep(written, key(tenant, text), hangs);
    }
}

fn key(tenant: &TenantId, text: &str) -> Key {
    digest::sha256(format!("{tenant}\0{text}").as_bytes())
}
