//! Decimal numbers, exact.

use std::fmt;

use serde_json::Value;

/// A number of at most four places behind the point, kept in ten-thousandths. It is read from text, `29.99`, and where JSON integers are taken from those; never from a float.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decimal(i64);

/// Ten-thousandths in one.
const ONE: u64 = 10_000;
/// Digits before the point; with four behind it the largest number stays below 2^63 ten-thousandths.
const WHOLE_DIGITS_MAX: usize = 14;
/// Digits behind the point.
const PLACES: usize = 4;

impl Decimal {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// Reads `-?[0-9]{1,14}(\.[0-9]{1,4})?`: no exponent, no plus, no space, nothing that stands for a number without being one.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, places) = match digits.split_once('.') {
            Some((whole, places)) => (whole, Some(places)),
            None => (digits, None),
        };
        let well_formed =
            |text: &str, most| (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        if !well_formed(whole, WHOLE_DIGITS_MAX) || !places.is_none_or(|places| well_formed(places, PLACES)) {
            return None;
        }
        let whole: u64 = whole.parse().ok()?;
        let places: u64 = format!("{:0<PLACES$}", places.unwrap_or_default()).parse().ok()?;
        let size = i64::try_from(whole.checked_mul(ONE)?.checked_add(places)?).ok()?;
        let negative = text.starts_with('-');
        Some(Self(if negative { size.checked_neg()? } else { size }))
    }

    /// Reads a decimal text or a JSON integer of at most 14 digits. A JSON number that was written with a fraction or an exponent is a float, and none.
    pub fn of_value(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Self::parse(text),
            Value::Number(number) => Self::parse(&number.as_i64()?.to_string()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// From ten-thousandths.
    pub const fn from_ten_thousandths(n: i64) -> Self {
        Self(n)
    }

    /// In ten-thousandths.
    pub const fn ten_thousandths(self) -> i64 {
        self.0
    }

    /// The sum, if it can be written down.
    pub const fn plus(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }

    /// The difference, if it can be written down.
    pub const fn minus(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(difference) => Some(Self(difference)),
            None => None,
        }
    }

    /// How far apart two numbers are, in ten-thousandths.
    pub const fn distance(self, other: Self) -> u64 {
        self.0.abs_diff(other.0)
    }

    /// Whether it lies below zero.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// With two places at least, as prices are read: `50.00`.
    pub(super) fn as_price(self) -> String {
        let text = self.to_string();
        match text.split_once('.') {
            None => format!("{text}.00"),
            Some((_, places)) if places.len() == 1 => format!("{text}0"),
            Some(_) => text,
        }
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.0.unsigned_abs();
        let (whole, places) = (size / ONE, size % ONE);
        if self.is_negative() {
            f.write_str("-")?;
        }
        write!(f, "{whole}")?;
        if places == 0 {
            return Ok(());
        }
        write!(f, ".{}", format!("{places:0>PLACES$}").trim_end_matches('0'))
    }
}
