//! What was used of a power so far.

use std::collections::BTreeMap;

use proof::{
    Time,
    json::{self, Object},
};
use serde_json::Value;

use super::{
    Currency, Decimal, Field, Measure, Unit,
    measure::{CURRENCY, UNIT, VALUE},
};

/// The last accepted values of fields whose pace is bounded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Last(BTreeMap<Field, Seen>);

/// One accepted value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The number.
    pub value: Decimal,
    /// In what it counts.
    pub measure: Measure,
    /// When it was accepted.
    pub at: Time,
}

impl Last {
    /// The last one of a field.
    pub fn get(&self, field: &Field) -> Option<&Seen> {
        self.0.get(field)
    }

    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Remembers one. Its time never goes back: another node's clock gives nobody more room.
    pub fn note(&mut self, field: Field, mut seen: Seen) {
        if let Some(before) = self.0.get(&field) {
            seen.at = seen.at.max(before.at);
        }
        self.0.insert(field, seen);
    }

    /// Remembers several.
    pub fn note_all(&mut self, newer: Self) {
        for (field, seen) in newer.0 {
            self.note(field, seen);
        }
    }

    /// As a row holds it; nothing is empty.
    pub fn row(&self) -> String {
        if self.0.is_empty() {
            return String::new();
        }
        let seen = |seen: &Seen| {
            let mut o = Object::new();
            o.insert(VALUE.to_owned(), seen.value.to_string().into());
            o.insert("at".to_owned(), seen.at.unix().into());
            seen.measure.write(&mut o);
            Value::Object(o)
        };
        let values = self.0.iter().map(|(field, one)| (field.to_string(), seen(one)));
        json::canonical(&Value::Object(values.collect()))
    }

    /// Reads what [`Self::row`] wrote; none for anything else, so that nothing unreadable counts as nothing seen.
    pub fn from_row(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::default());
        }
        let seen = |(field, seen): (&String, &Value)| {
            let seen = seen.as_object()?;
            let measure = match (seen.get(CURRENCY), seen.get(UNIT)) {
                (None, None) => Measure::Plain,
                (Some(currency), None) => Measure::Currency(Currency::parse(currency.as_str()?)?),
                (None, Some(unit)) => Measure::Unit(Unit::parse(unit.as_str()?)?),
                (Some(_), Some(_)) => return None,
            };
            let value = Decimal::of_value(seen.get(VALUE)?)?;
            let at = seen.get("at")?.as_i64().map(Time::from_unix)?;
            Some((Field::parse(field)?, Seen { value, measure, at }))
        };
        let o = json::parse_object(text.as_bytes()).ok()?;
        o.iter().map(seen).collect::<Option<_>>().map(Self)
    }
}

/// What was used of a power: the row that limits are read from, written in the transaction of each use.
///
/// A day is a calendar day in UTC and a minute a minute of the clock, both counted from the epoch. A count stands for the window beside it; in a later one it is nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Uses in all.
    pub executions: i64,
    /// The day of `day_count`, in days since 1970-01-01.
    pub day: i64,
    /// Uses on that day.
    pub day_count: i64,
    /// The minute of `minute_count`, in minutes since 1970-01-01T00:00Z.
    pub minute: i64,
    /// Uses in that minute.
    pub minute_count: i64,
    /// When the last use was, if there was one.
    pub last: Option<Time>,
    /// What was spent, by currency: the day, and how much on it.
    pub amounts: BTreeMap<Currency, (i64, Decimal)>,
    /// The last accepted values of fields whose pace is bounded.
    pub values: Last,
}
