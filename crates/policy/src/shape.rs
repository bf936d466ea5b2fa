//! The types of values that policies compare, made from JSON Schema, and the way of a value into Cedar.
//!
//! Cedar has no floats, and a decimal is written `decimal("29.99")`. A text of `"format": "decimal"` becomes one, so that `29.9 < 29.99` is a comparison of amounts and not of letters.

use std::collections::BTreeMap;

use cedar_policy::RestrictedExpression;

use serde_json::{Map, Value};

/// How deep values go.
const DEPTH_MAX: usize = 8;

/// A type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Text,
    Integer,
    Truth,
    Decimal,
    Set(Box<Shape>),
    Record(BTreeMap<String, Member>),
}

/// A member of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) shape: Shape,
    pub(crate) required: bool,
}

/// A value is not of its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Misfit(pub(crate) String);

impl Shape {
    /// The shape of what a JSON Schema admits, as far as policies can speak of it; members of other types are not there for them.
    pub(crate) fn of_schema(schema: &Map<String, Value>) -> Self {
        Self::object(schema, DEPTH_MAX).unwrap_or_else(|| Self::Record(BTreeMap::new()))
    }

    fn object(schema: &Map<String, Value>, depth: usize) -> Option<Self> {
        let depth = depth.checked_sub(1)?;
        let members = schema.get("properties").and_then(Value::as_object)?;
        let required: Vec<&str> = schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let members = members.iter().filter_map(|(name, schema)| {
            let shape = Self::any(schema, depth)?;
            let required = required.contains(&name.as_str());
            Some((name.clone(), Member { shape, required }))
        });
        Some(Self::Record(members.collect()))
    }

    fn any(schema: &Value, depth: usize) -> Option<Self> {
        let schema = schema.as_object()?;
        let texts = |value: &Value| matches!(value, Value::String(_));
        if schema.get("const").is_some_and(texts)
            || schema
                .get("enum")
                .and_then(Value::as_array)
                .is_some_and(|all| all.iter().all(texts))
        {
            return Some(Self::Text);
        }
        match schema.get("type").and_then(Value::as_str)? {
            "string" if schema.get("format").and_then(Value::as_str) == Some("decimal") => Some(Self::Decimal),
            "string" => Some(Self::Text),
            "integer" => Some(Self::Integer),
            "boolean" => Some(Self::Truth),
            "array" => {
                let depth = depth.checked_sub(1)?;
                Self::any(schema.get("items")?, depth).map(|items| Self::Set(Box::new(items)))
            }
            "object" => Self::object(schema, depth),
            _ => None,
        }
    }

    /// As Cedar's schema language writes it.
    pub(crate) fn cedar(&self) -> String {
        match self {
            Self::Text => "String".to_owned(),
            Self::Integer => "Long".to_owned(),
            Self::Truth => "Bool".to_owned(),
            Self::Decimal => "decimal".to_owned(),
            Self::Set(items) => format!("Set<{}>", items.cedar()),
            Self::Record(members) => {
                let members: Vec<String> = members
                    .iter()
                    .map(|(name, member)| {
                        let optional = if member.required { "" } else { "?" };
                        format!("{}{optional}: {}", quoted(name), member.shape.cedar())
                    })
                    .collect();
                format!("{{ {} }}", members.join(", "))
            }
        }
    }

    /// A value of this type for Cedar. Members that the type does not know are left out: no policy can speak of them.
    pub(crate) fn value(&self, value: &Value) -> Result<RestrictedExpression, Misfit> {
        let misfit = |what: &str| Misfit(format!("what stands there is not {what}"));
        match (self, value) {
            (Self::Text, Value::String(text)) => Ok(RestrictedExpression::new_string(text.clone())),
            (Self::Integer, Value::Number(number)) => {
                let number = number.as_i64().ok_or_else(|| misfit("an integer of 64 bits"))?;
                Ok(RestrictedExpression::new_long(number))
            }
            (Self::Truth, Value::Bool(truth)) => Ok(RestrictedExpression::new_bool(*truth)),
            (Self::Decimal, Value::String(text)) => {
                decimal(text).ok_or_else(|| misfit("a decimal number with at most four digits after the point"))
            }
            (Self::Set(items), Value::Array(values)) => {
                let values: Vec<RestrictedExpression> = values
                    .iter()
                    .map(|value| items.value(value))
                    .collect::<Result<_, _>>()?;
                Ok(RestrictedExpression::new_set(values))
            }
            (Self::Record(members), Value::Object(values)) => {
                let mut pairs = Vec::with_capacity(members.len());
                for (name, member) in members {
                    match values.get(name) {
                        Some(value) => {
                            let value = member
                                .shape
                                .value(value)
                                .map_err(|Misfit(what)| Misfit(format!("{name}: {what}")))?;
                            pairs.push((name.clone(), value));
                        }
                        None if member.required => return Err(Misfit(format!("{name} is missing"))),
                        None => {}
                    }
                }
                RestrictedExpression::new_record(pairs).map_err(|error| Misfit(error.to_string()))
            }
            (Self::Text, _) => Err(misfit("a text")),
            (Self::Integer, _) => Err(misfit("an integer")),
            (Self::Truth, _) => Err(misfit("true or false")),
            (Self::Decimal, _) => Err(misfit("a decimal number as a text")),
            (Self::Set(_), _) => Err(misfit("a list")),
            (Self::Record(_), _) => Err(misfit("an object")),
        }
    }
}

/// A decimal as Cedar has it: `-?[0-9]+\.[0-9]{1,4}`, within what 64 bits of ten-thousandths hold. `20` means `20.0`.
fn decimal(text: &str) -> Option<RestrictedExpression> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let fits = all_digits(whole) && all_digits(fraction) && fraction.len() <= 4 && whole.len() <= 14;
    let sign = if text.starts_with('-') { "-" } else { "" };
    fits.then(|| RestrictedExpression::new_decimal(format!("{sign}{whole}.{fraction}")))
}

/// A name in Cedar's schema language, quoted whatever it is.
pub(crate) fn quoted(name: &str) -> String {
    let mut text = String::from("\"");
    for c in name.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            c if c.is_control() => text.extend(format!("\\u{{{:x}}}", u32::from(c)).chars()),
            c => text.push(c),
        }
    }
    text.push('"');
    text
}
