//! Tables: what is read, what holds, what is less than what, what has room, what is said.

use proof::{Time, json::Object};
use serde_json::{Value, json};

use super::*;

mod change;
mod decimals;
mod holding;
mod implying;
mod limited;
mod read;
mod said;

fn object(value: Value) -> Object {
    let Value::Object(o) = value else { panic!("an object") };
    o
}

fn constraints(value: &Value) -> Constraints {
    Constraints::read(value).unwrap()
}

fn currency(text: &str) -> Currency {
    Currency::parse(text).unwrap()
}

fn decimal(text: &str) -> Decimal {
    Decimal::parse(text).unwrap()
}

fn at(seconds: i64) -> Time {
    Time::from_unix(seconds)
}

/// Whether a list of constraints holds of what is asked, nothing having been accepted before.
#[expect(clippy::needless_pass_by_value, reason = "written beside `json!`")]
fn holds(list: Value, input: Value) -> bool {
    constraints(&list)
        .hold(&object(input), &Last::default(), at(0), &DataClasses::default())
        .is_ok()
}
