//! One test on one field.

use std::collections::BTreeSet;

use proof::{Time, json::Object};
use serde_json::Value;

use super::{
    Currency, DataClasses, Decimal, Field, Last, Measure, Scalar, Unit,
    field::is_name,
    measure::{CURRENCY, UNIT, VALUE},
    read::{count, only, text},
};

/// Values that one constraint names, at most.
pub const VALUES_MAX: usize = 64;
/// The longest window of `max_change`, in seconds: a day.
pub const PER_SECONDS_MAX: i64 = 86_400;

/// The operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// It is this.
    Eq,
    /// It is one of these.
    In,
    /// It is not above this.
    Max,
    /// It is not below this.
    Min,
    /// It is none of these, and of their type.
    NotIn,
    /// It moves no faster than this.
    MaxChange,
}

impl Op {
    const ALL: [Self; 6] = [Self::Eq, Self::In, Self::Max, Self::Min, Self::NotIn, Self::MaxChange];

    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::In => "in",
            Self::Max => "max",
            Self::Min => "min",
            Self::NotIn => "not_in",
            Self::MaxChange => "max_change",
        }
    }

    /// The operator of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|op| op.name() == name)
    }

    /// The members that go with it beside `field` and `op`.
    const fn members(self) -> &'static [&'static str] {
        match self {
            Self::Eq | Self::Max | Self::Min => &[VALUE, CURRENCY, UNIT, ORDER],
            Self::In | Self::NotIn => &[VALUES],
            Self::MaxChange => &[VALUE, CURRENCY, UNIT, PER_SEC, FROM],
        }
    }
}

/// A constraint: `{"field": "amount.value", "op": "max", "value": "50.00"}`.
///
/// Through a list every element must meet it, whatever the operator; a field that is missing, `null` or of a type that the operator does not know meets none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constraint {
    pub(super) field: Field,
    pub(super) test: Test,
}

/// What a value must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Test {
    Is(Scalar),
    In(BTreeSet<Scalar>),
    NotIn(BTreeSet<Scalar>),
    Number {
        bound: Bound,
        measure: Measure,
        limit: Decimal,
    },
    Class {
        bound: Bound,
        class: String,
    },
    Change(Change),
}

/// On which side of a limit a value must lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    Exactly,
    AtMost,
    AtLeast,
}

/// How fast a number may move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) measure: Measure,
    /// So far in one window, and in one step, however long ago the last one was.
    pub(super) most: Decimal,
    /// The window.
    pub(super) per_seconds: i64,
    /// What the first value is measured against.
    pub(super) from: Option<Decimal>,
}

const FIELD: &str = "field";
const OP: &str = "op";
const VALUES: &str = "values";
const ORDER: &str = "order";
const PER_SEC: &str = "per_sec";
const FROM: &str = "from";
const MEMBERS: [&str; 9] = [FIELD, OP, VALUE, VALUES, CURRENCY, UNIT, ORDER, PER_SEC, FROM];
/// The one order that there is.
const DATA_CLASS: &str = "data_class";

const DECIMAL: &str = "a decimal number as text, as in \"50.00\", or an integer; at most 14 digits and four places";

impl Constraint {
    /// Reads a document. What is wrong is told in a sentence that begins with the member.
    pub fn read(o: &Object) -> Result<Self, String> {
        only(o, "a constraint", &MEMBERS)?;
        let field = text(o, FIELD).and_then(Field::parse).ok_or(
            "field: 1 to 8 names separated by dots, each a letter or _, then letters, digits, _ and -, at most 64 in all",
        )?;
        let op = text(o, OP)
            .and_then(Op::from_name)
            .ok_or_else(|| format!("op: one of {}", Op::ALL.map(Op::name).join(", ")))?;
        let goes = |name: &&String| [FIELD, OP].contains(&name.as_str()) || op.members().contains(&name.as_str());
        if let Some(name) = o.keys().find(|name| !goes(name)) {
            return Err(format!("{name}: does not go with {}", op.name()));
        }
        let test = match op {
            Op::Eq => Self::bounded(o, Bound::Exactly)?,
            Op::Max => Self::bounded(o, Bound::AtMost)?,
            Op::Min => Self::bounded(o, Bound::AtLeast)?,
            Op::In => Test::In(values(o)?),
            Op::NotIn => Test::NotIn(values(o)?),
            Op::MaxChange => Test::Change(Change::read(o)?),
        };
        Ok(Self { field, test })
    }

    fn bounded(o: &Object, bound: Bound) -> Result<Test, String> {
        let scale = [CURRENCY, UNIT, ORDER];
        if scale.iter().filter(|name| o.contains_key(**name)).count() > 1 {
            return Err("currency, unit, order: at most one of them".to_owned());
        }
        if let Some(order) = o.get(ORDER) {
            if order.as_str() != Some(DATA_CLASS) {
                return Err(format!("{ORDER}: {DATA_CLASS}"));
            }
            let class = text(o, VALUE).filter(|name| is_name(name));
            let class = class.ok_or("value: the name of a class of data")?.to_owned();
            return Ok(Test::Class { bound, class });
        }
        let measure = measure(o)?;
        if bound == Bound::Exactly && measure == Measure::Plain {
            let value = o
                .get(VALUE)
                .and_then(Scalar::read)
                .ok_or_else(|| format!("{VALUE}: {SCALAR}"))?;
            return Ok(Test::Is(value));
        }
        let limit = decimal(o, VALUE)?;
        Ok(Test::Number { bound, measure, limit })
    }

    /// The document.
    pub fn document(&self) -> Object {
        let mut o = Object::new();
        o.insert(FIELD.to_owned(), self.field.to_string().into());
        o.insert(OP.to_owned(), self.op().name().into());
        let listed = |values: &BTreeSet<Scalar>| values.iter().map(Scalar::value).collect::<Value>();
        match &self.test {
            Test::Is(value) => {
                o.insert(VALUE.to_owned(), value.value());
            }
            Test::In(values) | Test::NotIn(values) => {
                o.insert(VALUES.to_owned(), listed(values));
            }
            Test::Number { measure, limit, .. } => {
                o.insert(VALUE.to_owned(), limit.to_string().into());
                measure.write(&mut o);
            }
            Test::Class { class, .. } => {
                o.insert(VALUE.to_owned(), class.as_str().into());
                o.insert(ORDER.to_owned(), DATA_CLASS.into());
            }
            Test::Change(change) => change.write(&mut o),
        }
        o
    }

    /// The class of data that it names, if it names one.
    pub(super) fn class(&self) -> Option<&str> {
        match &self.test {
            Test::Class { class, .. } => Some(class),
            Test::Is(_) | Test::In(_) | Test::NotIn(_) | Test::Number { .. } | Test::Change(_) => None,
        }
    }

    /// Where it looks.
    pub fn field(&self) -> &Field {
        &self.field
    }

    /// Its operator.
    pub const fn op(&self) -> Op {
        match &self.test {
            Test::Is(_) => Op::Eq,
            Test::In(_) => Op::In,
            Test::NotIn(_) => Op::NotIn,
            Test::Number { bound, .. } | Test::Class { bound, .. } => match bound {
                Bound::Exactly => Op::Eq,
                Bound::AtMost => Op::Max,
                Bound::AtLeast => Op::Min,
            },
            Test::Change(_) => Op::MaxChange,
        }
    }

    /// Whether what is asked meets it by itself.
    pub(super) fn holds(&self, input: &Object, last: &Last, now: Time, order: &DataClasses) -> bool {
        let Some(values) = self.field.values(input) else {
            return false;
        };
        let every = |test: &dyn Fn(&Value) -> bool| values.iter().all(|value| test(value));
        match &self.test {
            Test::Is(wanted) => every(&|value| wanted.is(value)),
            Test::In(wanted) => every(&|value| wanted.iter().any(|one| one.is(value))),
            Test::NotIn(unwanted) => every(&|value| {
                let known = unwanted.iter().any(|one| one.is_like(value));
                known && !unwanted.iter().any(|one| one.is(value))
            }),
            Test::Number { bound, measure, limit } => {
                every(&|value| measure.number(value).is_some_and(|number| bound.admits(&number, limit)))
            }
            Test::Class { bound, class } => every(&|value| {
                let ranks = (value.as_str().and_then(|name| order.rank(name)), order.rank(class));
                matches!(ranks, (Some(rank), Some(limit)) if bound.admits(&rank, &limit))
            }),
            // Of several values at once nobody could say which is the last one.
            Test::Change(change) => match values.as_slice() {
                [value] => change.holds(&self.field, value, last, now),
                _ => false,
            },
        }
    }

    /// Whether it bounds something that moves: a quantity in a unit, or a pace.
    pub(super) const fn bounds_what_moves(&self) -> bool {
        matches!(
            &self.test,
            Test::Change(_)
                | Test::Number {
                    measure: Measure::Unit(_),
                    ..
                }
        )
    }

    /// The field of the currency that this one leaves out: it bounds the bare number of an amount.
    pub(super) fn leaves_out(&self) -> Option<Field> {
        let bare = |measure: &Measure| !matches!(measure, Measure::Currency(_));
        let bounds = match &self.test {
            Test::Number { bound, measure, .. } => *bound != Bound::Exactly && bare(measure),
            Test::Change(change) => bare(&change.measure),
            Test::Is(_) | Test::In(_) | Test::NotIn(_) | Test::Class { .. } => false,
        };
        (bounds && self.field.name() == VALUE).then(|| self.field.beside(CURRENCY))
    }

    /// Whether it says which of a few values this field has.
    pub(super) fn pins(&self, field: &Field) -> bool {
        matches!(self.test, Test::Is(_) | Test::In(_)) && self.field == *field
    }
}

impl Bound {
    pub(super) fn admits<T: Ord>(self, value: &T, limit: &T) -> bool {
        match self {
            Self::Exactly => value == limit,
            Self::AtMost => value <= limit,
            Self::AtLeast => value >= limit,
        }
    }
}

impl Change {
    fn read(o: &Object) -> Result<Self, String> {
        if o.contains_key(CURRENCY) && o.contains_key(UNIT) {
            return Err("currency, unit: at most one of them".to_owned());
        }
        let most = decimal(o, VALUE)?;
        if most.is_negative() {
            return Err(format!("{VALUE}: not below zero"));
        }
        let per_seconds = count(o, PER_SEC, PER_SECONDS_MAX)?;
        Ok(Self {
            measure: measure(o)?,
            most,
            per_seconds: per_seconds.ok_or_else(|| format!("{PER_SEC}: an integer from 1 to {PER_SECONDS_MAX}"))?,
            from: o.contains_key(FROM).then(|| decimal(o, FROM)).transpose()?,
        })
    }

    fn write(&self, o: &mut Object) {
        o.insert(VALUE.to_owned(), self.most.to_string().into());
        o.insert(PER_SEC.to_owned(), self.per_seconds.into());
        if let Some(from) = self.from {
            o.insert(FROM.to_owned(), from.to_string().into());
        }
        self.measure.write(o);
    }

    fn holds(&self, field: &Field, value: &Value, last: &Last, now: Time) -> bool {
        let Some(number) = self.measure.number(value) else {
            return false;
        };
        match (last.get(field), self.from) {
            (Some(seen), _) => {
                seen.measure == self.measure && number.distance(seen.value) <= self.room(now.since(seen.at))
            }
            (None, Some(from)) => number.distance(from) <= self.most.ten_thousandths().unsigned_abs(),
            (None, None) => false, // nothing to measure it against
        }
    }

    /// How far it may have moved after so many seconds, in ten-thousandths, rounded down: its share of the window, and no more than one window's.
    fn room(&self, elapsed_seconds: i64) -> u64 {
        let elapsed = i128::from(elapsed_seconds.clamp(0, self.per_seconds)); // a clock that went back has not moved
        let share = i128::from(self.most.ten_thousandths())
            .checked_mul(elapsed)
            .and_then(|product| product.checked_div(i128::from(self.per_seconds)));
        share.and_then(|share| u64::try_from(share).ok()).unwrap_or(0)
    }
}

const SCALAR: &str = "a text of at most 256 visible characters, an integer, or true or false";

fn values(o: &Object) -> Result<BTreeSet<Scalar>, String> {
    let items = o.get(VALUES).and_then(Value::as_array);
    let items = items.filter(|items| (1..=VALUES_MAX).contains(&items.len()));
    let read: Option<BTreeSet<Scalar>> = items
        .ok_or_else(|| format!("{VALUES}: a list of 1 to {VALUES_MAX}"))?
        .iter()
        .map(Scalar::read)
        .collect();
    read.ok_or_else(|| format!("{VALUES}: each one {SCALAR}"))
}

fn decimal(o: &Object, name: &str) -> Result<Decimal, String> {
    o.get(name)
        .and_then(Decimal::of_value)
        .ok_or_else(|| format!("{name}: {DECIMAL}"))
}

fn measure(o: &Object) -> Result<Measure, String> {
    match (o.get(CURRENCY), o.get(UNIT)) {
        (Some(currency), _) => currency
            .as_str()
            .and_then(Currency::parse)
            .map(Measure::Currency)
            .ok_or_else(|| format!("{CURRENCY}: three capital letters")),
        (None, Some(unit)) => unit
            .as_str()
            .and_then(Unit::parse)
            .map(Measure::Unit)
            .ok_or_else(|| format!("{UNIT}: 1 to 32 visible characters")),
        (None, None) => Ok(Measure::Plain),
    }
}
