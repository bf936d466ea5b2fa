//! What is less than what: each type says it for itself, member by member (RFC 9396 s6 leaves it to the type).

use std::{collections::BTreeMap, fmt};

use proof::json;
use serde_json::Value;

use super::Detail;

/// Members below one another: `amount.value`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path(Vec<String>);

impl Path {
    /// Reads names separated by dots.
    pub fn parse(text: &str) -> Option<Self> {
        let names: Vec<String> = text.split('.').map(str::to_owned).collect();
        let plain = |b: u8| b.is_ascii_graphic() && !matches!(b, b'{' | b'}' | b'"' | b'\\');
        let is_plain = |name: &String| !name.is_empty() && name.bytes().all(plain);
        names.iter().all(is_plain).then_some(Self(names))
    }

    /// The path of a member below this one.
    pub(super) fn below(&self, name: &str) -> Self {
        let mut names = self.0.clone();
        names.push(name.to_owned());
        Self(names)
    }

    /// The path of nothing: the detail itself.
    pub(super) const fn root() -> Self {
        Self(Vec::new())
    }

    /// What stands there.
    pub(super) fn value<'a>(&self, body: &'a json::Object) -> Option<&'a Value> {
        let mut names = self.0.iter();
        let first = body.get(names.next()?)?;
        names.try_fold(first, |value, name| value.as_object()?.get(name))
    }

    /// Whether a schema says that there is such a member. Where it says so by means that are not followed here (`$ref`, `anyOf` and the like), it counts as said.
    pub(super) fn is_declared(&self, schema: &json::Object) -> bool {
        let mut here = schema;
        for name in &self.0 {
            if !here.contains_key("properties") {
                return here.keys().any(|keyword| FOLLOWED_NOWHERE.contains(&keyword.as_str()));
            }
            let below = here.get("properties").and_then(|members| members.get(name));
            match below {
                Some(Value::Object(below)) => here = below,
                Some(Value::Bool(true)) => return true,
                Some(_) | None => return false,
            }
        }
        true
    }
}

/// Keywords by which a schema says something of members elsewhere.
const FOLLOWED_NOWHERE: &[&str] = &[
    "$ref",
    "$dynamicRef",
    "allOf",
    "anyOf",
    "oneOf",
    "if",
    "patternProperties",
    "additionalProperties",
];

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("."))
    }
}

/// How what is asked of a member is compared with what was granted. What is equal is always within.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparator {
    /// Nothing else is within. It is the rule of every member that has no other.
    Equal,
    /// A list of texts, some of those that were granted; at least one, for to many APIs an empty list means all (RFC 9396 s6).
    Subset,
    /// An integer, or a decimal number written as text, not below zero and not above the one that was granted. Its unit is another member, and equal.
    AtMost,
}

impl Comparator {
    /// Every comparator.
    pub const ALL: &'static [Self] = &[Self::Equal, Self::Subset, Self::AtMost];

    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Subset => "subset",
            Self::AtMost => "at_most",
        }
    }

    /// The comparator of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|comparator| comparator.name() == name)
    }

    fn within(self, asked: &Value, granted: &Value) -> bool {
        if asked == granted {
            return true;
        }
        match self {
            Self::Equal => false,
            Self::Subset => match (texts(asked), texts(granted)) {
                (Some(asked), Some(granted)) => !asked.is_empty() && asked.iter().all(|text| granted.contains(text)),
                (_, _) => false,
            },
            Self::AtMost => match (asked, granted) {
                (Value::Number(asked), Value::Number(granted)) => match (asked.as_i64(), granted.as_i64()) {
                    (Some(asked), Some(granted)) => (0..=granted).contains(&asked),
                    (_, _) => false,
                },
                (Value::String(asked), Value::String(granted)) => {
                    matches!((Decimal::parse(asked), Decimal::parse(granted)), (Some(asked), Some(granted)) if asked <= granted)
                }
                (_, _) => false,
            },
        }
    }
}

fn texts(value: &Value) -> Option<Vec<&str>> {
    value.as_array()?.iter().map(Value::as_str).collect()
}

/// A decimal number that is not negative, compared digit by digit: `12`, `12.50`. No sign, no exponent, no leading zero.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Decimal<'a> {
    // The order of these three is the order of numbers: more digits before the point is more, then digit by digit. Behind it, what ends in zeros ends before them.
    length: usize,
    whole: &'a str,
    fraction: &'a str,
}

impl<'a> Decimal<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (whole, fraction) = match text.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (text, None),
        };
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let leading = whole.len() > 1 && whole.starts_with('0');
        if !digits(whole) || leading || !fraction.is_none_or(digits) {
            return None;
        }
        Some(Self {
            length: whole.len(),
            whole,
            fraction: fraction.unwrap_or("").trim_end_matches('0'),
        })
    }
}

/// The comparators of a type, by path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Narrowing(BTreeMap<Path, Comparator>);

impl Narrowing {
    /// The rules of some members; all others must be equal.
    pub fn of(rules: BTreeMap<Path, Comparator>) -> Self {
        Self(rules)
    }

    /// The rules one after the other.
    pub fn iter(&self) -> impl Iterator<Item = (&Path, Comparator)> {
        self.0.iter().map(|(path, comparator)| (path, *comparator))
    }

    /// Whether what is asked lies within what was granted: the same type, the same members, and each of them within its own. What is left out is no less than what is
    /// there, for to many APIs it means all.
    pub(super) fn within(&self, asked: &Detail, granted: &Detail) -> bool {
        asked.kind() == granted.kind() && self.object(&Path::root(), asked.body(), granted.body())
    }

    fn object(&self, at: &Path, asked: &json::Object, granted: &json::Object) -> bool {
        asked.len() == granted.len()
            && asked.iter().all(|(name, asked)| {
                granted
                    .get(name)
                    .is_some_and(|granted| self.member(&at.below(name), asked, granted))
            })
    }

    fn member(&self, at: &Path, asked: &Value, granted: &Value) -> bool {
        match (self.0.get(at), asked, granted) {
            (Some(comparator), _, _) => comparator.within(asked, granted),
            (None, Value::Object(asked), Value::Object(granted)) => self.object(at, asked, granted),
            (None, _, _) => asked == granted,
        }
    }
}
