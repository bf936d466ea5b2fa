//! The only file of this crate that reads the clock.

use std::{fmt, sync::Arc, time::UNIX_EPOCH};

use proof::Time;

/// Where the time comes from: the system, or a test.
#[derive(Clone)]
pub(crate) struct Clock(Arc<dyn Fn() -> Time + Send + Sync>);

impl Clock {
    pub(crate) fn new(read: impl Fn() -> Time + Send + Sync + 'static) -> Self {
        Clock(Arc::new(read))
    }

    pub(crate) fn system() -> Self {
        Clock::new(system_time)
    }

    pub(crate) fn now(&self) -> Time {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one clock read of the crate; tests hand in their own"
)]
fn system_time() -> Time {
    // A clock before 1970 reads as 1970: every token then is from the future and refused.
    let since = std::time::SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Time::from_unix(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}
