//! The only file that reads the clock and the random numbers.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use kernel::{Moment, Time};
use proof::digest;
use tokio::sync::{mpsc, oneshot};

use crate::fault::Fault;

/// Where time and chance come from.
#[derive(Clone, Debug)]
pub enum Surroundings {
    /// The system's clock and the operating system's randomness.
    System,
    /// What a test says: a clock that it moves, and numbers that repeat.
    Scripted(Arc<Script>),
}

/// Scripted time and chance.
#[derive(Debug)]
pub struct Script {
    now: AtomicI64,
    drawn: Mutex<(Vec<u8>, u64)>,
    gate: Mutex<Option<mpsc::UnboundedSender<Held>>>,
}

/// Where the walk of a request can be held in a scripted world: between its steps, as another request or the end of the process could come between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Point {
    /// Before it reads the facts: the first time, or once more.
    Look,
    /// What it answers is signed; nothing is written.
    Signed,
    /// What it changed is on the disk; nobody has heard of it.
    Committed,
}

/// What happens to a walk that was held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It goes on.
    GoesOn,
    /// The database does not answer.
    Fails,
    /// It never goes on: the process ended.
    Dies,
}

/// A walk that waits for its fate.
#[derive(Debug)]
pub struct Held {
    /// Where.
    pub point: Point,
    /// Who waits for it. Dropped, it is as dead as by [`Fate::Dies`].
    pub fate: oneshot::Sender<Fate>,
}

impl Script {
    /// Starts at a time, with a seed.
    pub fn new(now: Time, seed: &[u8]) -> Arc<Self> {
        Arc::new(Self {
            now: AtomicI64::new(now.unix()),
            drawn: Mutex::new((seed.to_vec(), 0)),
            gate: Mutex::new(None),
        })
    }

    /// The scripted time.
    pub fn now(&self) -> Time {
        Time::from_unix(self.now.load(Ordering::SeqCst))
    }

    /// Moves the clock, either way.
    pub fn advance(&self, seconds: i64) {
        self.now.fetch_add(seconds, Ordering::SeqCst);
    }

    /// From now on every walk is held at every point, and handed here; or none is.
    pub fn hold(&self, gate: Option<mpsc::UnboundedSender<Held>>) {
        *self.gate.lock().unwrap_or_else(PoisonError::into_inner) = gate;
    }

    async fn reached(&self, point: Point) -> Result<(), Fault> {
        let gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(gate) = gate else { return Ok(()) };
        let (fate, told) = oneshot::channel();
        if gate.send(Held { point, fate }).is_err() {
            return Ok(()); // nobody holds walks any more
        }
        match told.await {
            Ok(Fate::GoesOn) => Ok(()),
            Ok(Fate::Fails) => Err(Fault::Store(store::Fault::Closed)),
            Ok(Fate::Dies) | Err(_) => std::future::pending().await,
        }
    }

    fn next(&self) -> [u8; 32] {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        drawn.1 = drawn.1.wrapping_add(1);
        digest::hmac_sha256(&drawn.0, &drawn.1.to_be_bytes())
    }
}

impl Surroundings {
    /// The moment of a request: the only clock and random number read of its walk.
    pub fn moment(&self) -> Result<Moment, Fault> {
        match self {
            Self::System => Ok(Moment {
                now: system_now(),
                seed: keys::random()?,
            }),
            Self::Scripted(script) => Ok(Moment {
                now: script.now(),
                seed: script.next(),
            }),
        }
    }

    /// A walk came to a point between two of its steps. Nothing happens here but in a script that holds walks.
    pub(crate) async fn reached(&self, point: Point) -> Result<(), Fault> {
        match self {
            Self::System => Ok(()),
            Self::Scripted(script) => script.reached(point).await,
        }
    }

    /// The time alone.
    pub fn now(&self) -> Time {
        match self {
            Self::System => system_now(),
            Self::Scripted(script) => script.now(),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
fn system_now() -> Time {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    Time::from_unix(i64::try_from(since).unwrap_or(i64::MAX))
}

/// A stopwatch for logs and the doctor, in microseconds.
#[derive(Debug)]
pub(crate) struct Stopwatch(std::time::Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    pub(crate) fn start() -> Self {
        Self(std::time::Instant::now())
    }

    pub(crate) fn microseconds(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}
