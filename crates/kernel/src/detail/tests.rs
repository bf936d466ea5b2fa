//! Tables: what is read, what is less than what, what is said, what can be registered.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;
use crate::{vectors, why::Why};

mod askable;
mod narrowed;
mod read;
mod registered;
mod words;

fn details(value: Value) -> Details {
    Details::of(value).unwrap()
}

/// A type of this name with these rules.
fn kind(name: &str, narrowing: Value) -> DetailType {
    vectors::details::kind(&json!({ "type": name, "words": { "en": "do it" }, "narrowing": narrowing }))
}

/// Types whose schemas admit these.
fn admitting(types: Vec<DetailType>, details: &[&Details]) -> Types {
    let mut types = Types::of(types);
    for detail in details.iter().copied().flatten() {
        types.judge(detail, Ok(()));
    }
    types
}
