//! Details in their one form.

use std::collections::BTreeSet;

use proof::{digest, json};
use serde_json::Value;

use crate::{id::DetailTypeId, why::Why};

/// Details of one request, at most.
pub const DETAILS_MAX: usize = 16;
/// The longest list of details, in bytes as it is sent and as it is kept: a token that carries it stays below the 16 KiB that are read of one (S-15).
pub const BYTES_MAX: usize = 8 * 1024;
/// How many objects and arrays of one detail may be open at once, its own included.
pub const DEPTH_MAX: usize = 6;
/// The longest name of a member.
const NAME_BYTES_MAX: usize = 64;
/// From here on an integer is no longer exact in the number type most JSON readers use (RFC 8259 s6).
const INTEGER_END: u64 = 1 << 53;

/// The member that names the type (RFC 9396 s2).
pub(super) const TYPE: &str = "type";
/// The member that names the places where a detail counts (RFC 9396 s2.2).
const LOCATIONS: &str = "locations";

const FORM: &str = "authorization_details is a JSON array of 1 to 16 objects in at most 8192 bytes, no member repeated, at most 6 levels each";
const NO_TYPE: &str = "each of authorization_details has a type, a text of visible ASCII characters";
const NUMBER: &str =
    "numbers in authorization_details are integers below 2^53; write anything with a fraction or an exponent as text";
const NAME: &str =
    "names of members in authorization_details are 1 to 64 visible ASCII characters without . { } quote and backslash";
const TEXT: &str = "texts in authorization_details have no control characters";
const PLACES: &str = "locations in authorization_details is a list of at least one text";
const TWICE: &str = "one of authorization_details stands there twice";

/// One thing that is asked or granted: a JSON object with a `type` (RFC 9396 s2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    kind: DetailTypeId,
    body: json::Object,
    text: String,
}

impl Detail {
    fn of(mut value: Value) -> Result<Self, Why> {
        value.sort_all_objects(); // from here on, whoever goes through its members goes in order
        let text = json::canonical(&value);
        let Value::Object(body) = value else {
            return Err(Why::DetailsMalformed(FORM));
        };
        let kind = match body.get(TYPE) {
            Some(Value::String(kind)) => DetailTypeId::parse(kind),
            Some(_) | None => None,
        };
        let kind = kind.ok_or(Why::DetailsMalformed(NO_TYPE))?;
        members(&body)?;
        if let Some(places) = body.get(LOCATIONS) {
            let texts = places.as_array().filter(|places| !places.is_empty());
            if !texts.is_some_and(|places| places.iter().all(Value::is_string)) {
                return Err(Why::DetailsMalformed(PLACES));
            }
        }
        Ok(Self { kind, body, text })
    }

    /// Its type.
    pub fn kind(&self) -> &DetailTypeId {
        &self.kind
    }

    /// Its members, `type` among them.
    pub fn body(&self) -> &json::Object {
        &self.body
    }

    /// Its one form: the JSON Canonicalization Scheme's (RFC 8785), which for what is admitted here is sorted members and no white space.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// `base64url(SHA-256(text))`: what a page, a log and an approval call it by.
    pub fn digest(&self) -> String {
        digest::sha256_b64(self.text.as_bytes())
    }

    /// Whether it counts at this place: everywhere, or there among others (RFC 9396 s2.2).
    pub fn is_for(&self, place: &str) -> bool {
        match self.body.get(LOCATIONS) {
            Some(Value::Array(places)) => places.iter().any(|known| known.as_str() == Some(place)),
            Some(_) | None => true,
        }
    }
}

fn members(body: &json::Object) -> Result<(), Why> {
    let plain = |b: u8| b.is_ascii_graphic() && !matches!(b, b'.' | b'{' | b'}' | b'"' | b'\\');
    for (name, value) in body {
        if !(1..=NAME_BYTES_MAX).contains(&name.len()) || !name.bytes().all(plain) {
            return Err(Why::DetailsMalformed(NAME)); // in ASCII every order of names is the same, and no name looks like another
        }
        checked(value)?;
    }
    Ok(())
}

fn checked(value: &Value) -> Result<(), Why> {
    match value {
        Value::Number(number) => {
            let exact = number.as_i64().is_some_and(|n| n.unsigned_abs() < INTEGER_END);
            exact.then_some(()).ok_or(Why::DetailsMalformed(NUMBER))
        }
        Value::String(text) if text.chars().any(char::is_control) => Err(Why::DetailsMalformed(TEXT)),
        Value::Null | Value::Bool(_) | Value::String(_) => Ok(()),
        Value::Array(items) => items.iter().try_for_each(checked),
        Value::Object(body) => members(body),
    }
}

/// Details in the order in which they were asked, no two the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details(Vec<Detail>);

impl Details {
    /// No details.
    pub fn none() -> &'static Self {
        static NONE: Details = Details(Vec::new());
        &NONE
    }

    /// Those at the places for which this holds.
    #[must_use]
    pub fn keeping(&self, keep: impl Fn(usize) -> bool) -> Self {
        let kept = self.0.iter().enumerate().filter(|(place, _)| keep(*place));
        Self(kept.map(|(_, detail)| detail.clone()).collect())
    }

    /// Both, one after the other.
    #[must_use]
    pub(crate) fn with(&self, other: &Self) -> Self {
        Self(self.0.iter().chain(&other.0).cloned().collect())
    }

    /// Reads the parameter `authorization_details` (RFC 9396 s2): a JSON array of at least one object.
    pub fn parse(text: &str) -> Result<Self, Why> {
        if text.len() > BYTES_MAX {
            return Err(Why::DetailsMalformed(FORM));
        }
        let depth_max = DEPTH_MAX.saturating_add(1); // the array itself
        let value = json::parse_value_to_depth(text.as_bytes(), depth_max).map_err(|error| {
            Why::DetailsMalformed(if error == proof::Malformed::Number {
                NUMBER
            } else {
                FORM
            })
        })?;
        Self::of(value)
    }

    /// The same from a value that was read strictly elsewhere.
    pub fn of(value: Value) -> Result<Self, Why> {
        let Value::Array(items) = value else {
            return Err(Why::DetailsMalformed(FORM));
        };
        if !(1..=DETAILS_MAX).contains(&items.len()) {
            return Err(Why::DetailsMalformed(FORM));
        }
        let mut details = Vec::with_capacity(items.len());
        for item in items {
            let detail = Detail::of(item)?;
            if details.contains(&detail) {
                return Err(Why::DetailsMalformed(TWICE)); // twice the same purchase is two purchases to one reader and one to another
            }
            details.push(detail);
        }
        let details = Self(details);
        if details.row().len() > BYTES_MAX {
            return Err(Why::DetailsMalformed(FORM));
        }
        Ok(details)
    }

    /// As rows and sealed requests hold them: a JSON array, or nothing.
    pub fn row(&self) -> String {
        if self.0.is_empty() {
            String::new()
        } else {
            self.value().to_string()
        }
    }

    /// Reads what [`Self::row`] wrote.
    pub fn from_row(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::default());
        }
        Self::parse(text).ok()
    }

    /// As tokens and answers have them.
    pub fn value(&self) -> Value {
        Value::Array(self.0.iter().map(|detail| Value::Object(detail.body.clone())).collect())
    }

    /// One after the other.
    pub fn iter(&self) -> std::slice::Iter<'_, Detail> {
        self.0.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// What is left when those of these digests are left out.
    #[must_use]
    pub fn without(&self, digests: &BTreeSet<String>) -> Self {
        let stays = |detail: &&Detail| !digests.contains(&detail.digest());
        Self(self.0.iter().filter(stays).cloned().collect())
    }

    /// Those that stand in both.
    #[must_use]
    pub fn shared_with(&self, other: &Self) -> Self {
        let in_both = |detail: &&Detail| other.0.contains(detail);
        Self(self.0.iter().filter(in_both).cloned().collect())
    }

    /// The digests, for the audit log.
    pub fn digests(&self) -> Vec<String> {
        self.0.iter().map(Detail::digest).collect()
    }
}

impl<'a> IntoIterator for &'a Details {
    type Item = &'a Detail;
    type IntoIter = std::slice::Iter<'a, Detail>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
