//! The one file of xtask that reads the environment and the clock, and that waits.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

#[expect(
    clippy::disallowed_methods,
    reason = "a tool: this is its one place that reads the environment"
)]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// A stopwatch, for the times that are printed and for deadlines of child processes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(
        clippy::disallowed_methods,
        reason = "a tool: this is its one place that reads the clock"
    )]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }

    pub(crate) fn seconds(self) -> String {
        format!("{:.1} s", self.elapsed().as_secs_f64())
    }
}

/// A number that differs from run to run, short enough to be typed again.
#[expect(
    clippy::disallowed_methods,
    reason = "a tool: this is its one place that reads the clock"
)]
pub(crate) fn fresh_seed() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

#[expect(
    clippy::disallowed_methods,
    reason = "a tool that waits for a child process has nothing else to do"
)]
pub(crate) fn pause(duration: Duration) {
    std::thread::sleep(duration);
}
