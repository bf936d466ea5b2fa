//! Tokens made by npm `jose` 6.2.18, with fresh keys whose private halves were not kept (and, where it says so, with the
//! key of RFC 8037 A.1); they are valid at 1700000000.

use proof::jwk::KeySet;
use serde_json::Value;

pub(crate) fn vectors() -> Value {
    serde_json::from_slice(include_bytes!("../vectors/jwts_jose.json")).unwrap()
}

pub(crate) fn key_set(vectors: &Value, name: &str) -> KeySet {
    KeySet::parse(vectors[name].to_string().as_bytes()).unwrap()
}

pub(crate) fn token<'a>(vectors: &'a Value, name: &str) -> &'a str {
    vectors[name].as_str().unwrap()
}
