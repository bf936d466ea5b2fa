//! A point in time, handed in by the caller: this crate reads no clock.

/// Seconds since 1970-01-01T00:00:00Z, the `NumericDate` of RFC 7519 s2 without fractions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

impl Time {
    /// The time `seconds` after the epoch.
    pub const fn from_unix(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds after the epoch.
    pub const fn unix(self) -> i64 {
        self.0
    }

    /// This time moved forward; stops at the ends of the range instead of overflowing.
    #[must_use]
    pub const fn plus(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// This time moved back; stops at the ends of the range instead of overflowing.
    #[must_use]
    pub const fn minus(self, seconds: i64) -> Self {
        Self(self.0.saturating_sub(seconds))
    }

    /// Seconds that passed since `earlier`: negative when `earlier` is later, saturating.
    pub const fn since(self, earlier: Time) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}
