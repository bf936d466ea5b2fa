//! Proofs that were used: bounded memory, emptied whole by time.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use proof::{
    digest,
    dpop::{DpopProof, FUTURE_SECONDS, WINDOW_SECONDS},
};

use crate::Reason;

/// Which proofs were used, in two halves that take turns.
///
/// A proof belongs to the half its own `iat` chooses. Proofs that pass at one moment have `iat` in at most two
/// neighbouring spans, and a half is emptied only for a proof two spans later, when everything in it has died.
#[derive(Debug)]
pub(crate) struct Replay {
    halves: Mutex<[Half; 2]>,
    half_entries_max: usize,
}

impl Replay {
    pub(crate) fn new(entries_max: usize) -> Self {
        Replay {
            halves: Mutex::default(),
            half_entries_max: entries_max.div_ceil(2),
        }
    }

    /// Remembers a proof, or says why it may not be used.
    pub(crate) fn remember(&self, proof: &DpopProof) -> Result<(), Reason> {
        let span = proof.iat.unix().div_euclid(SPAN_SECONDS);
        let mut halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        let [even, odd] = &mut *halves;
        let half = if span.rem_euclid(2) == 0 { even } else { odd };
        if half.span.is_some_and(|known| span < known) {
            return Err(Reason::Forgotten);
        }
        if half.span != Some(span) {
            half.used.clear();
            half.span = Some(span);
        }
        let mark = mark(proof);
        if half.used.contains(&mark) {
            return Err(Reason::Replayed);
        }
        if half.used.len() >= self.half_entries_max {
            return Err(Reason::MemoryFull);
        }
        half.used.insert(mark);
        Ok(())
    }
}

#[derive(Debug, Default)]
struct Half {
    span: Option<i64>,
    used: HashSet<[u8; 16]>,
}

/// As many seconds as there are values of `iat` that pass at one moment.
const SPAN_SECONDS: i64 = WINDOW_SECONDS + FUTURE_SECONDS + 1;

/// Half a digest is enough: who finds two proofs with one mark has only used up a proof of their own.
fn mark(proof: &DpopProof) -> [u8; 16] {
    let whole = digest::sha256([&proof.jkt, "\0", &proof.jti].concat().as_bytes());
    let mut mark = [0; 16];
    mark.iter_mut().zip(whole).for_each(|(to, from)| *to = from);
    mark
}
