//! Which key is created, which signs, and which is dropped: plain functions of the time.
//!
//! ```text
//!            created       active_from            successor active        dropped
//!               |-- ahead --|------- every -----------|---- lifetime + 60 s --|
//!  published    ###############################################################
//!  signs                    ###########################
//! ```
//!
//! - A key is published `publish_ahead_seconds` before it signs, so that whoever caches our key set has it in time.
//!   **There are two exceptions**: the first key of an algorithm, before which nothing was signed, and a clock that
//!   went back behind every key there is; both need a key this instant.
//! - An outage does not shorten that time. After one, the newest key signs on until the next has been published long
//!   enough, so a key signs for at most `rotate_every + outage + publish_ahead`.
//! - A key stays published until the last token it signed has expired, and a minute more for clocks that differ.
//! - An algorithm that was switched off keeps its newest key for the longest time it can have signed, plus a token's
//!   life. That holds while [`plan`] runs at least once in `publish_ahead_seconds`.
//! - A key further ahead than one whole period was made by a clock that ran ahead. It is left in place, but does not
//!   hold up its successors.

use std::collections::BTreeSet;

use proof::{Algorithm, Time};

use crate::Fault;

/// How long a relying party may keep our key set (`Cache-Control: max-age` of the JWKS answer).
pub const JWKS_CACHE_SECONDS: i64 = 300;

/// What a key stays published beyond the life of its last token, for clocks that differ.
pub const GRACE_SECONDS: i64 = 60;

/// When keys change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// How long a key signs before its successor takes over.
    pub rotate_every_seconds: i64,
    /// How long a key is published before it signs.
    pub publish_ahead_seconds: i64,
    /// The longest life of any token signed with these keys.
    pub token_lifetime_seconds_max: i64,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            rotate_every_seconds: 86_400,
            publish_ahead_seconds: 3_600,
            token_lifetime_seconds_max: 3_600,
        }
    }
}

impl Schedule {
    /// The schedule itself if its numbers can work together.
    pub fn validated(self) -> Result<Self, Fault> {
        if self.publish_ahead_seconds < JWKS_CACHE_SECONDS {
            return Err(Fault::Schedule(
                "publish_ahead_seconds must be at least 300, the time others may cache our keys",
            ));
        }
        if self.publish_ahead_seconds >= self.rotate_every_seconds {
            return Err(Fault::Schedule(
                "publish_ahead_seconds must be less than rotate_every_seconds",
            ));
        }
        if self.token_lifetime_seconds_max < 1 {
            return Err(Fault::Schedule("token_lifetime_seconds_max must be at least 1"));
        }
        Ok(self)
    }
}

/// A key as rotation sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The key's id.
    pub kid: String,
    /// The algorithm it signs with.
    pub algorithm: Algorithm,
    /// From when it signs, until a newer key of its algorithm does.
    pub active_from: Time,
}

/// One thing to do to the set of keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Make a key, publish it at once, sign with it from `active_from`.
    Create {
        /// The algorithm of the new key.
        algorithm: Algorithm,
        /// The `active_from` of its slot.
        active_from: Time,
    },
    /// Forget a key: no token signed with it is alive.
    Drop {
        /// The key's id.
        kid: String,
    },
}

/// What must be done to `slots` at `now` so that each of `algorithms` has a key to sign with; nothing is left to do
/// once it is done.
pub fn plan(now: Time, algorithms: &[Algorithm], slots: &[Slot], schedule: &Schedule) -> Vec<Step> {
    let wanted: BTreeSet<Algorithm> = algorithms.iter().copied().collect();
    let present: BTreeSet<Algorithm> = slots.iter().map(|slot| slot.algorithm).collect();
    let mut steps = Vec::new();
    for &algorithm in &wanted {
        let line = oldest_first(algorithm, slots);
        steps.extend(due(now, &line, schedule).map(|active_from| Step::Create { algorithm, active_from }));
    }
    for &algorithm in &present {
        let line = oldest_first(algorithm, slots);
        steps.extend(dead(now, &line, schedule));
        if !wanted.contains(&algorithm) {
            steps.extend(retired(now, &line, schedule));
        }
    }
    steps
}

/// The key that signs at `now`: the newest of its algorithm that is active.
pub fn signing(now: Time, algorithm: Algorithm, slots: &[Slot]) -> Option<&Slot> {
    oldest_first(algorithm, slots)
        .into_iter()
        .rfind(|slot| slot.active_from <= now)
}

/// The keys to show in the key set: all that were not dropped, those that do not sign yet and those that sign no more
/// included.
pub fn published(slots: &[Slot]) -> impl Iterator<Item = &Slot> {
    slots.iter()
}

/// From when a new key of this line must sign, if one is to be made now.
fn due(now: Time, line: &[&Slot], schedule: &Schedule) -> Option<Time> {
    if !line.iter().any(|slot| slot.active_from <= now) {
        return Some(now);
    }
    let credible = now
        .plus(schedule.rotate_every_seconds)
        .plus(schedule.publish_ahead_seconds);
    let newest = line.iter().rfind(|slot| slot.active_from <= credible)?;
    let takes_over = newest.active_from.plus(schedule.rotate_every_seconds);
    let published_enough = now.plus(schedule.publish_ahead_seconds);
    (takes_over <= published_enough).then_some(published_enough)
}

/// The keys whose successor has signed for so long that their last token has expired.
fn dead<'a>(now: Time, line: &'a [&'a Slot], schedule: &'a Schedule) -> impl Iterator<Item = Step> + 'a {
    line.iter()
        .zip(line.iter().skip(1))
        .filter_map(move |(slot, successor)| {
            let last_token_expires = successor.active_from.plus(schedule.token_lifetime_seconds_max);
            (last_token_expires.plus(GRACE_SECONDS) <= now).then(|| Step::Drop { kid: slot.kid.clone() })
        })
}

/// The newest key of an algorithm that is no longer wanted, once its last token has expired.
fn retired(now: Time, line: &[&Slot], schedule: &Schedule) -> Option<Step> {
    let newest = line.last()?;
    // While its algorithm was wanted, a successor was made at the latest one planning interval after `rotate_every -
    // publish_ahead`.
    let last_signature = newest
        .active_from
        .plus(schedule.rotate_every_seconds)
        .plus(schedule.publish_ahead_seconds);
    let last_token_expires = last_signature.plus(schedule.token_lifetime_seconds_max);
    (last_token_expires.plus(GRACE_SECONDS) <= now).then(|| Step::Drop {
        kid: newest.kid.clone(),
    })
}

/// One algorithm's keys in the order in which they sign; the kid decides between two nodes that created at the same
/// second.
fn oldest_first(algorithm: Algorithm, slots: &[Slot]) -> Vec<&Slot> {
    let mut line: Vec<&Slot> = slots.iter().filter(|slot| slot.algorithm == algorithm).collect();
    line.sort_by(|a, b| (a.active_from, &a.kid).cmp(&(b.active_from, &b.kid)));
    line
}
