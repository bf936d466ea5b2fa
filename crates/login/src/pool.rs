//! Passwords are hashed on threads of their own, so that a flood of sign-ins leaves tokens alone (S-40).
//!
//! A hash takes tens of milliseconds and 19 MiB. Half the cores may be busy with it, at low priority; each thread keeps
//! its memory. Four requests for each thread may wait, the next is refused at once: it would only grow old.

use std::fmt;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};

use tokio::sync::oneshot;

use crate::hash::{self, Done, Memory, SALT_BYTES, Stored};
use crate::queue::{Job, Queue};
use crate::{Fault, Password, Refused};

/// Requests that may wait, for each thread.
const WAITING_PER_THREAD: usize = 4;

/// How far the threads step back behind the others, in the nice values of setpriority(2).
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// The settings of [`Passwords`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How many passwords are hashed at the same time; each takes a core and 19 MiB.
    pub threads: NonZeroUsize,
}

impl Settings {
    /// Half of so many cores, and one at least.
    pub fn for_cores(cores: NonZeroUsize) -> Self {
        Self {
            threads: NonZeroUsize::new(cores.get() / 2).unwrap_or(NonZeroUsize::MIN),
        }
    }
}

impl Default for Settings {
    /// Half of the cores that this process may use.
    fn default() -> Self {
        Self::for_cores(thread::available_parallelism().unwrap_or(NonZeroUsize::MIN))
    }
}

/// Hashes and checks passwords; needs no runtime. Dropping it ends its threads, after the hash that each is at.
pub struct Passwords {
    queue: Arc<Queue>,
    threads: Vec<JoinHandle<()>>,
    done: Arc<Done>,
}

/// What a check says.
#[derive(Debug)]
pub enum Outcome {
    /// It is the user's password.
    Right {
        /// Whether to hash it once more.
        rehash: Rehash,
    },
    /// It is not, or there is no such user, or the user has no password.
    Wrong,
}

/// Whether the stored hash is the one that would be made today.
#[derive(Debug)]
pub enum Rehash {
    /// It is.
    NotWanted,
    /// Its parameters are others: store a new hash of this password.
    Wanted(Password),
}

/// What was computed since the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    /// How many hashes.
    pub hashes: u64,
    /// How much memory they filled, every pass counted.
    pub memory_kib: u64,
}

impl Passwords {
    /// Starts the threads.
    pub fn start(settings: Settings) -> Result<Self, Fault> {
        let count = settings.threads.get();
        let places = count.saturating_mul(WAITING_PER_THREAD.saturating_add(1));
        let mut passwords = Self {
            queue: Arc::new(Queue::new(places)),
            threads: Vec::new(),
            done: Arc::default(),
        };
        for _ in 0..count {
            let queue = Arc::clone(&passwords.queue);
            let memory = Memory::new(Arc::clone(&passwords.done))?;
            let thread = thread::Builder::new()
                .name("password".to_owned())
                .spawn(move || work(&queue, memory))
                .map_err(Fault::Thread)?;
            passwords.threads.push(thread);
        }
        Ok(passwords)
    }

    /// Checks a password against the PHC string stored for the user; `None` says that there is none, be it that the
    /// user is unknown or has no password.
    ///
    /// `None` costs the same hash and is answered with [`Outcome::Wrong`] (S-41). A future that is dropped gives its place
    /// in the queue back.
    pub async fn verify(&self, password: Password, stored: Option<String>) -> Result<Outcome, Refused> {
        let (against, whose) = match stored {
            Some(text) => (Stored::parse(&text)?, Whose::Somebody),
            None => (Stored::of_nobody()?, Whose::Nobody),
        };
        let checked = self
            .ask(move |memory| {
                let outcome = if against.matches(memory, &password)? {
                    right(password, &against)
                } else {
                    Outcome::Wrong
                };
                Ok(whose.hears(outcome))
            })
            .await?;
        checked.map_err(Refused::Fault)
    }

    /// The PHC string of a password, to be stored: Argon2id with 19 MiB, two passes and one lane, of 16 random bytes.
    pub async fn hash(&self, password: Password, salt: [u8; SALT_BYTES]) -> Result<String, Refused> {
        let hashed = self.ask(move |memory| hash::hash(memory, &password, salt)).await?;
        hashed.map_err(Refused::Fault)
    }

    /// What was computed since the start, for metrics.
    pub fn work(&self) -> Work {
        Work {
            hashes: self.done.hashes.load(Ordering::Relaxed),
            memory_kib: self.done.memory_kib.load(Ordering::Relaxed),
        }
    }

    /// Lets a thread do something, and waits for what it says.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, Refused> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |memory| {
            let said = question(memory);
            // Nobody may be listening any more.
            Box::new(move || drop(answer.send(said)))
        });
        let _place = self.queue.join(job)?;
        answered.await.map_err(|_| Refused::Fault(Fault::Unanswered))
    }
}

impl Drop for Passwords {
    fn drop(&mut self) {
        self.queue.close();
        for thread in self.threads.drain(..) {
            // A thread that panicked has ended too.
            drop(thread.join());
        }
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passwords")
            .field("threads", &self.threads.len())
            .finish_non_exhaustive()
    }
}

/// Whose password is checked.
enum Whose {
    Somebody,
    Nobody,
}

impl Whose {
    /// Nobody never hears that the password is right, whatever it was checked against.
    fn hears(self, outcome: Outcome) -> Outcome {
        match self {
            Self::Somebody => outcome,
            Self::Nobody => Outcome::Wrong,
        }
    }
}

fn right(password: Password, stored: &Stored) -> Outcome {
    let rehash = if stored.is_current() {
        Rehash::NotWanted
    } else {
        Rehash::Wanted(password)
    };
    Outcome::Right { rehash }
}

/// What each thread does.
fn work(queue: &Queue, mut memory: Memory) {
    step_back();
    while let Some(job) = queue.next() {
        // A panic costs its request an answer, not the program a thread. The next hash overwrites the memory.
        let deliver = catch_unwind(AssertUnwindSafe(|| job(&mut memory)));
        queue.done();
        if let Ok(deliver) = deliver {
            deliver();
        }
        memory.wipe();
    }
}

/// Lowers the priority of this thread. Where a sandbox forbids even that, sign-ins compete with tokens for half the
/// cores, which is no reason not to start.
#[cfg(target_os = "linux")]
fn step_back() {
    use rustix::process::{getpriority_process, setpriority_process};

    // On Linux "this process" is the calling thread; setpriority(2), "C library/kernel differences".
    if getpriority_process(None).is_ok_and(|nice| nice < NICE) {
        setpriority_process(None, NICE).ok();
    }
}

/// Elsewhere the call would slow down the whole process.
#[cfg(not(target_os = "linux"))]
fn step_back() {}

#[cfg(test)]
mod tests;
