//! Lossy notes, kept in memory and written in the background: tables `client_use`, `grant_use` and `habit`, and when a browser session was seen.

use std::{
    collections::BTreeMap,
    iter,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use kernel::{
    TenantId, Time, Touch,
    policy::{Acted, Actor, Habit, Remembered},
};

use crate::{
    habit::{self, Held, Slot},
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
    held: Mutex<Noted>,
}

#[derive(Debug, Default)]
struct Noted {
    fresh: Notes,
    /// Those that are being written: until they are, they are to be seen nowhere else.
    leaving: Vec<Arc<Notes>>,
}

impl Noted {
    fn all(&self) -> impl Iterator<Item = &Notes> {
        iter::once(&self.fresh).chain(self.leaving.iter().map(Arc::as_ref))
    }

    fn drop_leaving(&mut self, notes: &Arc<Notes>) {
        self.leaving.retain(|other| !Arc::ptr_eq(other, notes));
    }
}

/// When each thing of each tenant was last used, and what is to be remembered of those who acted.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    used: BTreeMap<(Thing, String, String), Time>,
    habits: BTreeMap<Slot, Held>,
}

impl Notes {
    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.used.is_empty() && self.habits.is_empty()
    }

    fn used(&mut self, thing: (Thing, String, String), at: Time) {
        let last = self.used.entry(thing).or_insert(at);
        *last = at.max(*last);
    }

    fn acted(&mut self, tenant: &str, acted: &Acted) {
        for remembered in acted.remembered() {
            let until = remembered.until(acted.at);
            let Remembered { habit, slot, value } = remembered;
            self.remember(
                (tenant.to_owned(), acted.actor.clone(), habit, slot),
                Held { value, until },
            );
        }
    }

    fn remember(&mut self, slot: Slot, more: Held) {
        match self.habits.get_mut(&slot) {
            Some(held) => {
                held.value = slot.2.joined(held.value, more.value);
                held.until = held.until.max(more.until);
            }
            None => drop(self.habits.insert(slot, more)),
        }
    }
}

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
        let mut held = self.held();
        let (thing, at) = match touch {
            Touch::Acted(acted) => return held.fresh.acted(&tenant, &acted),
            Touch::ClientUsed { id, at } => ((Thing::Client, tenant, id.to_string()), at),
            Touch::GrantUsed { id, at } => ((Thing::Grant, tenant, id.to_string()), at),
            Touch::BrowserSessionSeen { id, at } => ((Thing::BrowserSession, tenant, id.to_string()), at),
        };
        held.fresh.used(thing, at);
    }

    /// Whether nothing is noted.
    pub(crate) fn is_empty(&self) -> bool {
        self.held().all().all(Notes::is_empty)
    }

    /// When something was last used, as far as that is not written yet.
    pub(crate) fn noted(&self, thing: Thing, tenant: &TenantId, id: &str) -> Option<Time> {
        let key = (thing, tenant.as_str().to_owned(), id.to_owned());
        self.held()
            .all()
            .filter_map(|notes| notes.used.get(&key).copied())
            .max()
    }

    /// What is to be remembered of somebody, as far as that is not written yet. What is being written may be read from the database too: then it is there twice.
    pub(crate) fn remembered(&self, tenant: &TenantId, actor: &Actor) -> Vec<Remembered> {
        let first = (tenant.as_str().to_owned(), actor.clone(), Habit::Hour, i64::MIN);
        let mut all = Vec::new();
        for notes in self.held().all() {
            let from_there = notes.habits.range(first.clone()..);
            let theirs = from_there.take_while(|((of, whose, ..), _)| of == tenant.as_str() && whose == actor);
            all.extend(theirs.map(|((_, _, habit, slot), noted)| Remembered {
                habit: habit.clone(),
                slot: *slot,
                value: noted.value,
            }));
        }
        all
    }

    /// Takes everything that was noted, to write it.
    pub(crate) fn take(&self) -> Arc<Notes> {
        let mut held = self.held();
        let notes = Arc::new(std::mem::take(&mut held.fresh));
        if !notes.is_empty() {
            held.leaving.push(Arc::clone(&notes));
        }
        notes
    }

    /// They are written.
    pub(crate) fn written(&self, notes: &Arc<Notes>) {
        self.held().drop_leaving(notes);
    }

    /// They could not be written: they are kept for the next time.
    pub(crate) fn give_back(&self, notes: &Arc<Notes>) {
        let mut held = self.held();
        held.drop_leaving(notes);
        for (thing, at) in &notes.used {
            held.fresh.used(thing.clone(), *at);
        }
        for (slot, more) in &notes.habits {
            held.fresh.remember(slot.clone(), *more);
        }
    }

    fn held(&self) -> MutexGuard<'_, Noted> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
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
    let of_habits = notes.habits.iter().map(|(slot, held)| habit::lower(slot, *held));
    notes.used.iter().map(row).chain(of_habits).collect()
}

#[cfg(test)]
mod tests {
    use kernel::GrantId;

    use super::*;

    #[test]
    fn what_is_being_written_is_seen_until_it_is() {
        let (touches, tenant) = (Touches::default(), TenantId::parse("acme").unwrap());
        let id = GrantId::parse("g").unwrap();
        let seen = || touches.noted(Thing::Grant, &tenant, "g").map(Time::unix);
        let note = |at: i64| {
            let (id, at) = (id.clone(), Time::from_unix(at));
            touches.note(&tenant, Touch::GrantUsed { id, at });
        };
        note(1);
        let first = touches.take();
        assert_eq!((seen(), touches.is_empty()), (Some(1), false));
        note(2);
        touches.give_back(&first);
        assert_eq!(seen(), Some(2), "the newest counts, also of what comes back");
        let second = touches.take();
        touches.written(&second);
        assert_eq!((seen(), touches.is_empty()), (None, true));
    }
}
