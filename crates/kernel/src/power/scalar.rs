//! What can be equal to something.

use serde_json::Value;

use crate::user::is_invisible;

/// A JSON text, integer or boolean. Each equals its own type only: the text `1` is not the integer 1, and a float is nothing here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scalar {
    /// A text.
    Text(String),
    /// An integer.
    Integer(i64),
    /// True or false.
    Truth(bool),
}

/// The longest text, in characters.
const TEXT_CHARS_MAX: usize = 256;

impl Scalar {
    /// Reads a value as a constraint may name it. Nobody can read a text of characters that are not seen, so none is taken.
    pub(super) fn read(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => {
                let seen = !text.chars().any(|c| c.is_control() || is_invisible(c));
                (seen && text.chars().count() <= TEXT_CHARS_MAX).then(|| Self::Text(text.clone()))
            }
            Value::Number(number) => number.as_i64().map(Self::Integer),
            Value::Bool(truth) => Some(Self::Truth(*truth)),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// As JSON.
    pub fn value(&self) -> Value {
        match self {
            Self::Text(text) => text.as_str().into(),
            Self::Integer(n) => (*n).into(),
            Self::Truth(truth) => (*truth).into(),
        }
    }

    /// Whether a value is this one.
    pub(super) fn is(&self, value: &Value) -> bool {
        match self {
            Self::Text(text) => value.as_str() == Some(text),
            Self::Integer(n) => value.as_i64() == Some(*n),
            Self::Truth(truth) => value.as_bool() == Some(*truth),
        }
    }

    /// Whether a value has the type of this one.
    pub(super) fn is_like(&self, value: &Value) -> bool {
        match self {
            Self::Text(_) => value.is_string(),
            Self::Integer(_) => value.is_i64(),
            Self::Truth(_) => value.is_boolean(),
        }
    }
}
