//! The bounded queue between requests and the threads that hash.
//!
//! Whoever finds all places taken is told so at once. A request that nobody waits for any more gives its place back at
//! once if no thread has begun with it, and when the thread is done otherwise: a hash cannot be interrupted.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::Refused;
use crate::hash::Memory;

/// The work of one request; what it returns hands over the answer, once the place is free again.
pub(crate) type Job = Box<dyn FnOnce(&mut Memory) -> Deliver + Send>;

/// Hands over an answer.
pub(crate) type Deliver = Box<dyn FnOnce() + Send>;

pub(crate) struct Queue {
    line: Mutex<Line>,
    changed: Condvar,
    places: usize,
}

struct Line {
    waiting: VecDeque<(Number, Job)>,
    running: usize,
    next: Number,
    open: Open,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Number(u64);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Yes,
    No,
}

impl Queue {
    /// A queue with so many places, those of running jobs included.
    pub(crate) fn new(places: usize) -> Self {
        Self {
            line: Mutex::new(Line {
                waiting: VecDeque::new(),
                running: 0,
                next: Number(0),
                open: Open::Yes,
            }),
            changed: Condvar::new(),
            places,
        }
    }

    /// Takes a place, for as long as the returned value lives or the job runs.
    pub(crate) fn join(&self, job: Job) -> Result<Place<'_>, Refused> {
        let mut line = self.line();
        if line.waiting.len().saturating_add(line.running) >= self.places {
            return Err(Refused::Busy);
        }
        let number = line.next;
        line.next = Number(number.0.wrapping_add(1));
        line.waiting.push_back((number, job));
        drop(line);
        self.changed.notify_one();
        Ok(Place { queue: self, number })
    }

    /// The next job, for the thread that asks; waits for one, and is `None` when the queue has been closed.
    pub(crate) fn next(&self) -> Option<Job> {
        let mut line = self
            .changed
            .wait_while(self.line(), |line| line.open == Open::Yes && line.waiting.is_empty())
            .unwrap_or_else(PoisonError::into_inner);
        if line.open == Open::No {
            return None;
        }
        let (_, job) = line.waiting.pop_front()?;
        line.running = line.running.saturating_add(1);
        Some(job)
    }

    /// A job that [`Queue::next`] gave out has run.
    pub(crate) fn done(&self) {
        let mut line = self.line();
        line.running = line.running.saturating_sub(1);
    }

    /// Sends all threads home.
    pub(crate) fn close(&self) {
        self.line().open = Open::No;
        self.changed.notify_all();
    }

    /// No code of others runs under this lock, so a poisoned one holds nothing half done.
    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the queue; dropping it takes a job that has not begun out of the line.
pub(crate) struct Place<'a> {
    queue: &'a Queue,
    number: Number,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut line = self.queue.line();
        let found = line.waiting.iter().position(|(number, _)| *number == self.number);
        let job = found.and_then(|index| line.waiting.remove(index));
        // The job wipes its password; that needs no lock.
        drop(line);
        drop(job);
    }
}
