//! In what a number counts: money in its currency, a quantity in its unit.

use proof::json::Object;
use serde_json::Value;

use super::Decimal;
use crate::user::is_invisible;

/// A currency: three capital letters, as ISO 4217 has them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Currency(String);

impl Currency {
    /// Reads it.
    pub fn parse(text: &str) -> Option<Self> {
        let well_formed = text.len() == 3 && text.bytes().all(|b| b.is_ascii_uppercase());
        well_formed.then(|| Self(text.to_owned()))
    }

    /// As it travels.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A unit, as in `m/s`: 1 to 32 visible characters. Units are compared, never converted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unit(String);

/// The longest unit, in characters.
const UNIT_CHARS_MAX: usize = 32;

impl Unit {
    /// Reads it.
    pub fn parse(text: &str) -> Option<Self> {
        let unseen = |c: char| c.is_control() || c.is_whitespace() || is_invisible(c);
        let well_formed = (1..=UNIT_CHARS_MAX).contains(&text.chars().count()) && !text.chars().any(unseen);
        well_formed.then(|| Self(text.to_owned()))
    }

    /// As it travels.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How a number is written down in what is asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// Bare: `"20"` or `20`.
    Plain,
    /// As an amount of money: `{"value": "20", "currency": "EUR"}`.
    Currency(Currency),
    /// As a quantity: `{"value": "20", "unit": "m/s"}`.
    Unit(Unit),
}

/// The member with the number.
pub(super) const VALUE: &str = "value";
/// The member with the currency.
pub(super) const CURRENCY: &str = "currency";
/// The member with the unit.
pub(super) const UNIT: &str = "unit";

impl Measure {
    /// The number of a value in this measure; none for any other.
    pub(super) fn number(&self, value: &Value) -> Option<Decimal> {
        let within = |named: &str, wanted: &str, other: &str| {
            let object = value.as_object()?;
            let meant = object.get(named)?.as_str() == Some(wanted) && !object.contains_key(other); // EUR a kilogram is not EUR
            Decimal::of_value(object.get(VALUE)?).filter(|_| meant)
        };
        match self {
            Self::Plain => Decimal::of_value(value),
            Self::Currency(currency) => within(CURRENCY, currency.as_str(), UNIT),
            Self::Unit(unit) => within(UNIT, unit.as_str(), CURRENCY),
        }
    }

    /// Adds the member that names it.
    pub(super) fn write(&self, o: &mut Object) {
        match self {
            Self::Plain => None,
            Self::Currency(currency) => o.insert(CURRENCY.to_owned(), currency.as_str().into()),
            Self::Unit(unit) => o.insert(UNIT.to_owned(), unit.as_str().into()),
        };
    }

    /// A number in it, for people.
    pub(super) fn said(&self, number: Decimal) -> String {
        match self {
            Self::Plain => number.to_string(),
            Self::Currency(currency) => format!("{} {}", number.as_price(), currency.as_str()),
            Self::Unit(unit) => format!("{number} {}", unit.as_str()),
        }
    }
}

/// An amount of money, not below zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Money {
    value: Decimal,
    currency: Currency,
}

/// A member `amount` that is no amount of money: nobody can say what it would spend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AmountMalformed;

impl AmountMalformed {
    /// The sentence for whoever asked.
    pub const fn said(self) -> &'static str {
        "amount has a value, a decimal number as text that is not negative, and a currency of three capital letters"
    }
}

impl Money {
    /// An amount; none below zero.
    pub fn new(value: Decimal, currency: Currency) -> Option<Self> {
        (!value.is_negative()).then_some(Self { value, currency })
    }

    /// What is asked to be spent: its member `amount`, `{"value": "29.99", "currency": "EUR"}`. None where there is no such member; an error where there is one and it is not
    /// exactly that, for a use that cannot be counted must not pass as one that spends nothing (S-32).
    pub fn of_input(input: &Object) -> Option<Result<Self, AmountMalformed>> {
        let amount = input.get("amount")?;
        let currency = amount.get(CURRENCY).and_then(Value::as_str).and_then(Currency::parse);
        let money = currency.and_then(|currency| {
            let value = Measure::Currency(currency.clone()).number(amount)?;
            Self::new(value, currency)
        });
        Some(money.ok_or(AmountMalformed))
    }

    /// How much.
    pub const fn value(&self) -> Decimal {
        self.value
    }

    /// The document.
    pub fn document(&self) -> Value {
        let mut o = Object::new();
        o.insert(VALUE.to_owned(), self.value.to_string().into());
        o.insert(CURRENCY.to_owned(), self.currency.as_str().into());
        Value::Object(o)
    }

    /// So many parts of it out of so many, rounded up: what cannot be divided counts as spent.
    #[must_use]
    pub fn share(&self, parts: u32, of: u32) -> Self {
        let whole = i128::from(self.value.ten_thousandths());
        let of = i128::from(of.max(1));
        let share = whole
            .saturating_mul(i128::from(parts))
            .saturating_add(of.saturating_sub(1))
            .div_euclid(of);
        let share = i64::try_from(share.min(whole)).unwrap_or(self.value.ten_thousandths());
        Self {
            value: Decimal::from_ten_thousandths(share),
            currency: self.currency.clone(),
        }
    }

    /// Of what.
    pub const fn currency(&self) -> &Currency {
        &self.currency
    }
}
