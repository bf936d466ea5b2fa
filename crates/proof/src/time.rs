//! A point in time, handed in by the caller: this crate reads no clock.

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

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

    /// As people and documents of other protocols write it (RFC 3339), in UTC. What has no such form, before the year 0 and after 9999, is the nearest that has one.
    pub fn rfc3339(self) -> String {
        const FIRST: i64 = -62_167_219_200;
        const LAST: i64 = 253_402_300_799;
        OffsetDateTime::from_unix_timestamp(self.0.clamp(FIRST, LAST))
            .ok()
            .and_then(|time| time.format(&Rfc3339).ok())
            .unwrap_or_default()
    }

    /// Reads what [`Self::rfc3339`] writes, with any offset; parts of a second are left out.
    pub fn from_rfc3339(text: &str) -> Option<Self> {
        let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        Some(Self(time.unix_timestamp()))
    }
}

#[cfg(test)]
mod tests {
    use super::Time;

    #[test]
    fn times_are_written_and_read_as_rfc_3339_has_them() {
        // RFC 3339 s5.8, and the ends of what it can write.
        for (text, unix) in [
            ("1996-12-20T00:39:57Z", 851_042_397),
            ("1970-01-01T00:00:00Z", 0),
            ("1969-12-31T23:59:59Z", -1),
            ("0000-01-01T00:00:00Z", -62_167_219_200),
            ("9999-12-31T23:59:59Z", 253_402_300_799),
        ] {
            assert_eq!(Time::from_unix(unix).rfc3339(), text);
            assert_eq!(Time::from_rfc3339(text), Some(Time::from_unix(unix)));
        }
        assert_eq!(
            Time::from_rfc3339("1996-12-19T16:39:57-08:00"),
            Some(Time::from_unix(851_042_397))
        );
        assert_eq!(
            Time::from_rfc3339("1985-04-12T23:20:50.52Z"),
            Some(Time::from_unix(482_196_050))
        );
        assert_eq!(Time::from_unix(i64::MAX).rfc3339(), "9999-12-31T23:59:59Z");
        assert_eq!(Time::from_unix(i64::MIN).rfc3339(), "0000-01-01T00:00:00Z");
        for wrong in ["", "tomorrow", "1996-12-20", "1996-12-20T00:39:57", "851042397"] {
            assert_eq!(Time::from_rfc3339(wrong), None, "{wrong}");
        }
    }
}
