//! Times for people: RFC 3339, and how long ago.

use proof::Time;

/// A time as `2026-11-23T12:00:00Z`.
pub(super) fn stamp(unix: i64) -> String {
    Time::from_unix(unix).rfc3339()
}

/// A time and how far it is from now.
pub(super) fn both(unix: i64, now: i64) -> String {
    format!("{} ({})", stamp(unix), relative(unix, now))
}

/// How far a time may lie ahead and still be now, in seconds.
const AHEAD_SECONDS: i64 = -2;

/// How far a time is from now, in its largest unit.
pub(super) fn relative(unix: i64, now: i64) -> String {
    let past = Some(now.saturating_sub(unix))
        .filter(|past| !(AHEAD_SECONDS..0).contains(past)) // what was made just now has the time of the server's clock
        .unwrap_or(0);
    let seconds = past.unsigned_abs();
    let units = [(31_557_600, "y"), (86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let largest = units.iter().find_map(|(length, name)| {
        seconds
            .checked_div(*length)
            .filter(|n| *n > 0)
            .map(|n| format!("{n} {name}"))
    });
    match largest {
        None => "now".to_owned(),
        Some(text) if past > 0 => format!("{text} ago"),
        Some(text) => format!("in {text}"),
    }
}

/// Reads `90s`, `15m`, `12h`, `30d`, or seconds alone.
pub(super) fn duration(text: &str) -> Result<i64, String> {
    let wrong = || "a number with s, m, h or d behind it, as in 90d".to_owned();
    let unit = match text.chars().last() {
        Some('s') => 1,
        Some('m') => 60,
        Some('h') => 3_600,
        Some('d') => 86_400,
        Some(last) if last.is_ascii_digit() => return text.parse().ok().filter(|n: &i64| *n > 0).ok_or_else(wrong),
        Some(_) | None => return Err(wrong()),
    };
    let number: i64 = text
        .strip_suffix(['s', 'm', 'h', 'd'])
        .unwrap_or(text)
        .parse()
        .map_err(|_| wrong())?;
    number
        .checked_mul(unit)
        .filter(|seconds| *seconds > 0)
        .ok_or_else(wrong)
}

/// Reads `2026-11-23T12:00:00Z`.
pub(super) fn moment(text: &str) -> Result<i64, String> {
    Time::from_rfc3339(text)
        .map(Time::unix)
        .ok_or_else(|| "a time as in 2026-11-23T12:00:00Z".to_owned())
}

#[cfg(test)]
mod tests {
    use super::{both, duration, moment, relative};

    #[test]
    fn a_time_is_told_both_ways() {
        assert_eq!(both(1_700_000_000, 1_700_010_800), "2023-11-14T22:13:20Z (3 h ago)");
    }

    #[test]
    fn the_largest_unit_counts() {
        for (unix, text) in [
            (1_000, "now"),
            (999, "1 s ago"),
            (940, "1 min ago"),
            (-2_600, "1 h ago"),
            (1_001, "now"),
            (1_002, "now"),
            (1_003, "in 3 s"),
            (1_059, "in 59 s"),
            (1_000 + 2 * 86_400, "in 2 d"),
            (1_000 - 63_115_200, "2 y ago"),
        ] {
            assert_eq!(relative(unix, 1_000), text);
        }
    }

    #[test]
    fn durations_have_a_unit_or_are_seconds() {
        for (text, seconds) in [
            ("90s", 90),
            ("15m", 900),
            ("12h", 43_200),
            ("30d", 2_592_000),
            ("60", 60),
        ] {
            assert_eq!(duration(text), Ok(seconds));
        }
        for text in ["", "d", "1w", "-1d", "0s", "1.5h", "9999999999999999999d", "1dd"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_moment_is_rfc_3339() {
        assert_eq!(moment("1970-01-02T00:00:00Z"), Ok(86_400));
        assert!(moment("tomorrow").is_err());
    }
}
