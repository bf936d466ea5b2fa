//! Strict JSON objects, read in one pass: what two parsers could read differently is refused (RFC 8725 s2.4, RFC 7493).
//!
//! Refused: duplicate members at any depth, nesting beyond the limit, trailing data, numbers of magnitude 2^63 and more
//! (`1e400` among them), invalid UTF-8 and lone surrogates.

use std::{cell::Cell, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value, map::Entry};

use crate::{Malformed, Time};

/// A JSON object. In which order its members are kept is up to the build (`serde_json`'s `preserve_order`, which any crate of a program can turn on): what is hashed or compared as a
/// text is made by [`canonical`].
pub type Object = serde_json::Map<String, Value>;

/// How many objects and arrays may be open at once, the outermost included.
pub const DEPTH_MAX: usize = 8;

/// Reads one object of depth [`DEPTH_MAX`] or less.
pub fn parse_object(bytes: &[u8]) -> Result<Object, Malformed> {
    parse_object_to_depth(bytes, DEPTH_MAX)
}

/// Reads one object of depth `depth_max` or less; beyond 127 the JSON reader's own limit applies.
pub fn parse_object_to_depth(bytes: &[u8], depth_max: usize) -> Result<Object, Malformed> {
    let broken = Cell::new(Malformed::Json);
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let root = Root(Strict {
        depth_left: depth_max,
        broken: &broken,
    });
    let object = root.deserialize(&mut reader).map_err(|_| broken.get())?;
    reader.end().map_err(|_| Malformed::Json)?;
    Ok(object)
}

/// Reads any value of depth `depth_max` or less, as strictly.
pub fn parse_value_to_depth(bytes: &[u8], depth_max: usize) -> Result<Value, Malformed> {
    let broken = Cell::new(Malformed::Json);
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Strict {
        depth_left: depth_max,
        broken: &broken,
    };
    let value = value.deserialize(&mut reader).map_err(|_| broken.get())?;
    reader.end().map_err(|_trailing| Malformed::Json)?;
    Ok(value)
}

/// The one text of a value: members in order of their names, no white space. For names in ASCII, texts and integers that is RFC 8785.
pub fn canonical(value: &Value) -> String {
    let mut value = value.clone();
    value.sort_all_objects();
    value.to_string()
}

/// Reads a string member; absent is `None`, any other type is an error.
pub fn text<'a>(object: &'a Object, name: &'static str) -> Result<Option<&'a str>, Malformed> {
    match object.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Malformed::WrongType(name)),
    }
}

/// Reads a `NumericDate` member (RFC 7519 s2): a non-negative integer below 2^53, written without fraction or exponent.
pub fn time(object: &Object, name: &'static str) -> Result<Option<Time>, Malformed> {
    let Some(value) = object.get(name) else { return Ok(None) };
    match value.as_i64() {
        Some(seconds) if (0..TIME_END).contains(&seconds) => Ok(Some(Time::from_unix(seconds))),
        Some(_) => Err(Malformed::Value(name)),
        None => Err(Malformed::WrongType(name)),
    }
}

/// A string member that must be there.
pub(crate) fn required_text<'a>(object: &'a Object, name: &'static str) -> Result<&'a str, Malformed> {
    text(object, name)?.ok_or(Malformed::Missing(name))
}

/// A `NumericDate` member that must be there.
pub(crate) fn required_time(object: &Object, name: &'static str) -> Result<Time, Malformed> {
    time(object, name)?.ok_or(Malformed::Missing(name))
}

/// From here on an integer is no longer exact in the number type most JSON readers use.
const TIME_END: i64 = 1 << 53;

/// Floats from here on stand for integers that i64 cannot hold; exactly 2^63.
const FLOAT_END: f64 = 9_223_372_036_854_775_808.0;

/// Reads any value; knows how deep it may still go and where to leave the reason of a refusal.
#[derive(Clone, Copy)]
struct Strict<'a> {
    depth_left: usize,
    broken: &'a Cell<Malformed>,
}

/// Reads an object and nothing else, so that a huge array at the top is refused at its first byte.
struct Root<'a>(Strict<'a>);

impl Strict<'_> {
    fn refuse<T, E: Error>(self, why: Malformed) -> Result<T, E> {
        self.broken.set(why);
        Err(E::custom(why))
    }

    fn deeper<E: Error>(self) -> Result<Self, E> {
        match self.depth_left.checked_sub(1) {
            Some(depth_left) => Ok(Self { depth_left, ..self }),
            None => self.refuse(Malformed::TooDeep),
        }
    }

    fn object<'de, A: MapAccess<'de>>(self, mut members: A) -> Result<Object, A::Error> {
        let inner = self.deeper()?;
        let mut object = Object::new();
        while let Some(name) = members.next_key::<String>()? {
            // The entry is looked up before its value is read: a duplicate costs nothing more.
            match object.entry(name) {
                Entry::Vacant(entry) => entry.insert(members.next_value_seed(inner)?),
                Entry::Occupied(_) => return self.refuse(Malformed::Duplicate),
            };
        }
        Ok(object)
    }
}

impl<'de> DeserializeSeed<'de> for Root<'_> {
    type Value = Object;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Object, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Root<'_> {
    type Value = Object;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Object, A::Error> {
        self.0.object(members)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Object, A::Error> {
        self.0.refuse(Malformed::NotAnObject)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Object, E> {
        self.0.refuse(Malformed::NotAnObject)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Object, E> {
        self.0.refuse(Malformed::NotAnObject)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Object, E> {
        self.0.refuse(Malformed::NotAnObject)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Object, E> {
        self.0.refuse(Malformed::NotAnObject)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Object, E> {
        self.0.refuse(Malformed::NotAnObject)
    }

    fn visit_unit<E: Error>(self) -> Result<Object, E> {
        self.0.refuse(Malformed::NotAnObject)
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Value, A::Error> {
        self.object(members).map(Value::Object)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut array = Vec::new();
        while let Some(element) = elements.next_element_seed(inner)? {
            array.push(element);
        }
        Ok(Value::Array(array))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        match i64::try_from(number) {
            Ok(number) => Ok(Value::Number(number.into())),
            Err(_) => self.refuse(Malformed::Number),
        }
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        // An integer too long for 64 bits arrives here rounded, so its value decides and not its spelling.
        match Number::from_f64(number) {
            Some(exact) if number.abs() < FLOAT_END => Ok(Value::Number(exact)),
            _ => self.refuse(Malformed::Number),
        }
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
}
