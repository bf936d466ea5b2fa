//! Moments and spans in words: absolute and relative at once, "27 Nov 2026 09:00 UTC (in 14 hours)".

use time::OffsetDateTime;

use crate::markup::Markup;
use crate::words::{Filling, Words};

/// The moment with its distance from now.
pub(crate) fn moment(say: Words, now: i64, at: i64) -> Markup {
    let at = at.clamp(0, LAST);
    let mut date = Markup::new();
    date.tag("<time dir=\"auto\" datetime=\"");
    date.text(&rfc_3339(at));
    date.tag("\">");
    date.markup(&say.rich("moment-date", &fields(say, at)));
    date.tag("</time>");
    let mut away = Markup::new();
    away.tag("<span class=\"away\">");
    away.markup(&distance(say, now, at));
    away.tag("</span>");
    say.rich(
        "moment",
        &[("date", Filling::Piece(date)), ("distance", Filling::Piece(away))],
    )
}

/// The day alone, as text: a name for what was made on it.
pub(crate) fn day(say: Words, at: i64) -> String {
    say.rich("moment-day", &fields(say, at)).to_string()
}

/// "30 days".
pub(crate) fn span(say: Words, seconds: i64) -> Markup {
    let (unit, count) = promised(seconds.unsigned_abs());
    let key = match unit {
        Unit::Less => "span-moment",
        Unit::Minutes => "span-minutes",
        Unit::Hours => "span-hours",
        Unit::Days => "span-days",
        Unit::Months => "span-months",
        Unit::Years => "span-years",
    };
    say.rich(key, &[("count", Filling::Count(count))])
}

fn distance(say: Words, now: i64, at: i64) -> Markup {
    let away = now.abs_diff(at);
    let (unit, count) = if at > now { promised(away) } else { measured(away) };
    let key = match (unit, at > now) {
        (Unit::Less, true) => "in-moment",
        (Unit::Less, false) => "ago-moment",
        (Unit::Minutes, true) => "in-minutes",
        (Unit::Minutes, false) => "ago-minutes",
        (Unit::Hours, true) => "in-hours",
        (Unit::Hours, false) => "ago-hours",
        (Unit::Days, true) => "in-days",
        (Unit::Days, false) => "ago-days",
        (Unit::Months, true) => "in-months",
        (Unit::Months, false) => "ago-months",
        (Unit::Years, true) => "in-years",
        (Unit::Years, false) => "ago-years",
    };
    say.rich(key, &[("count", Filling::Count(count))])
}

#[derive(Clone, Copy)]
enum Unit {
    Less,
    Minutes,
    Hours,
    Days,
    Months,
    Years,
}

/// The last second of the year 9999: what is later, or before 1970, is nobody's moment and shows as the nearest that is.
const LAST: i64 = 253_402_300_799;
const MINUTE: u64 = 60;
const HOUR: u64 = 3_600;
const DAY: u64 = 86_400;
/// A twelfth of the mean year of the Gregorian calendar, 365.2425 days.
const MONTH: u64 = 2_629_746;
const YEAR: u64 = 31_556_952;

/// A unit of which there are not too many, rounded down: nobody is told that something lasts longer than it does. Hours count up to two days, days up to a
/// quarter, since that is how people set limits ("48 hours", "90 days").
fn measured(seconds: u64) -> (Unit, i64) {
    let (unit, whole) = match seconds {
        s if s < MINUTE => (Unit::Less, 0),
        s if s < HOUR => (Unit::Minutes, s / MINUTE),
        s if s < 48 * HOUR => (Unit::Hours, s / HOUR),
        s if s < 93 * DAY => (Unit::Days, s / DAY),
        s if s < 24 * MONTH => (Unit::Months, s / MONTH),
        s => (Unit::Years, s / YEAR),
    };
    (unit, i64::try_from(whole).unwrap_or(i64::MAX))
}

/// The same for what is to come: a promise is kept to the day, "180 days", and not rounded to months while they pass.
fn promised(seconds: u64) -> (Unit, i64) {
    match i64::try_from(seconds / DAY) {
        Ok(days @ 2..=400) => (Unit::Days, days),
        Ok(_) | Err(_) => measured(seconds),
    }
}

fn fields(say: Words, at: i64) -> [(&'static str, Filling<'static>); 4] {
    let at = calendar(at);
    let piece = |text: &str| {
        let mut piece = Markup::new();
        piece.text(text);
        Filling::Piece(piece)
    };
    [
        ("day", piece(&at.day().to_string())),
        ("month", piece(&say.text(month(at.month())))),
        ("year", piece(&at.year().to_string())),
        ("time", piece(&format!("{:02}:{:02}", at.hour(), at.minute()))),
    ]
}

/// For machines that read the page (HTML `datetime`).
fn rfc_3339(at: i64) -> String {
    let at = calendar(at);
    let (date, (hour, minute, second)) = (at.date(), at.to_hms());
    format!("{date}T{hour:02}:{minute:02}:{second:02}Z")
}

fn calendar(at: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(at).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

fn month(month: time::Month) -> &'static str {
    match month {
        time::Month::January => "month-01",
        time::Month::February => "month-02",
        time::Month::March => "month-03",
        time::Month::April => "month-04",
        time::Month::May => "month-05",
        time::Month::June => "month-06",
        time::Month::July => "month-07",
        time::Month::August => "month-08",
        time::Month::September => "month-09",
        time::Month::October => "month-10",
        time::Month::November => "month-11",
        time::Month::December => "month-12",
    }
}
