//! The one file of the generator that reads the clock and sleeps.

use std::time::{Duration, Instant};

#[expect(clippy::disallowed_methods, reason = "a load generator measures time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Seconds since 1970.
#[expect(clippy::disallowed_methods, reason = "proofs carry the time")]
pub(crate) fn unix() -> i64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

/// Sleeps until a moment; the last stretch is spun away, so that arrivals are on time.
#[expect(
    clippy::disallowed_methods,
    reason = "an open-loop generator waits for the next arrival"
)]
pub(crate) fn sleep_until(moment: Instant) {
    loop {
        let left = moment.saturating_duration_since(now());
        if left.is_zero() {
            return;
        }
        if left > Duration::from_micros(80) {
            std::thread::sleep(left.saturating_sub(Duration::from_micros(60)));
        } else {
            std::hint::spin_loop();
        }
    }
}
