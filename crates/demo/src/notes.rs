//! The notes that the tools and the API write: in memory, bounded, each seen by its writer only.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use serde_json::{Value, json};

/// All notes; the oldest make room.
#[derive(Debug, Default)]
pub(crate) struct Notes(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    next_number: u64,
    notes: VecDeque<Note>,
}

#[derive(Debug)]
struct Note {
    number: u64,
    subject: String,
    text: String,
}

/// A note is empty or longer than [`NOTE_BYTES_MAX`].
#[derive(Debug)]
pub(crate) struct BadNote;

impl Notes {
    /// Keeps a note of this person.
    pub(crate) fn write(&self, subject: &str, text: &str) -> Result<Value, BadNote> {
        if text.is_empty() || text.len() > NOTE_BYTES_MAX {
            return Err(BadNote);
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let note = Note {
            number: kept.next_number,
            subject: subject.to_owned(),
            text: text.to_owned(),
        };
        kept.next_number = kept.next_number.saturating_add(1);
        let shown = note.shown();
        if kept.notes.len() >= NOTES_MAX {
            kept.notes.pop_front();
        }
        kept.notes.push_back(note);
        Ok(shown)
    }

    /// Forgets the notes of this person.
    pub(crate) fn erase(&self, subject: &str) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.notes.retain(|note| note.subject != subject);
    }

    /// The notes of this person, oldest first.
    pub(crate) fn of(&self, subject: &str) -> Vec<Value> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.notes
            .iter()
            .filter(|note| note.subject == subject)
            .map(Note::shown)
            .collect()
    }
}

impl Note {
    fn shown(&self) -> Value {
        json!({ "id": self.number, "text": self.text })
    }
}

const NOTES_MAX: usize = 1000;

/// How long one note may be.
pub(crate) const NOTE_BYTES_MAX: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_bounded_in_number_and_length_and_belong_to_one_person() {
        let notes = Notes::default();
        notes.write("alice", "first").unwrap();
        for _ in 0..NOTES_MAX {
            notes.write("bob", &"x".repeat(NOTE_BYTES_MAX)).unwrap();
        }
        assert!(notes.write("bob", "").is_err());
        assert!(notes.write("bob", &"x".repeat(NOTE_BYTES_MAX + 1)).is_err());
        assert_eq!(notes.of("bob").len(), NOTES_MAX);
        assert!(notes.of("alice").is_empty(), "the oldest made room");
    }
}
