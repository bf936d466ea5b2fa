//! Authorization details and their types, and powers, as readable JSON.

use proof::{Time, json::Object};
use serde_json::{Value, json};

use super::facts::{Row, id};
use crate::{
    detail::{Breach, DetailType, Details, Guard, Narrowing, Types},
    power::Powers,
};

/// The member `authorization_details` of a row; none when it is left out.
pub(crate) fn details(row: &Object) -> Details {
    row.get("authorization_details")
        .map_or_else(Details::default, |value| Details::of(value.clone()).unwrap())
}

/// Writes it back, if there are any.
pub(crate) fn write(row: &mut Object, details: &Details) {
    if !details.is_empty() {
        row.insert("authorization_details".to_owned(), details.value());
    }
}

/// The member `capabilities` of a row; none when it is left out.
pub(crate) fn powers(row: &Object) -> Powers {
    row.get("capabilities")
        .map_or_else(Powers::default, |value| Powers::read(value).unwrap())
}

/// Writes it back, if there are any.
pub(crate) fn write_powers(row: &mut Object, powers: &Powers) {
    if !powers.is_empty() {
        row.insert("capabilities".to_owned(), powers.value());
    }
}

/// The facts `detail_types`, and what their schemas made of the details in question: of those in `admitted_details` nothing is wrong, those in `refused_details` lack something.
pub(crate) fn types(loaded: &Object) -> Types {
    let list = |name: &str| loaded.get(name).and_then(Value::as_array).into_iter().flatten();
    let mut types = Types::of(list("detail_types").map(kind));
    for (name, verdict) in [
        ("admitted_details", Ok(())),
        ("refused_details", Err(Breach::Missing(String::new()))),
    ] {
        for detail in list(name) {
            let details = Details::of(json!([detail])).unwrap();
            details.iter().for_each(|detail| types.judge(detail, verdict.clone()));
        }
    }
    types
}

/// A type; its schema is the least that can be registered when it is left out.
pub(crate) fn kind(value: &Value) -> DetailType {
    let row = Row::of(value, &["type", "name", "words", "schema", "narrowing", "created_at"]);
    let object = |name: &str| row.0.get(name).and_then(Value::as_object).cloned();
    let name = row.required("type");
    let least = json!({ "properties": { "type": { "const": name } }, "additionalProperties": false });
    DetailType {
        id: id(name),
        name: row.text("name").unwrap_or(name).to_owned(),
        words: DetailType::words_from_row(&object("words").unwrap_or_default()).unwrap(),
        schema: object("schema").unwrap_or_else(|| least.as_object().unwrap().clone()),
        narrowing: object("narrowing").map_or_else(Narrowing::default, |rules| {
            DetailType::narrowing_from_row(&rules).unwrap()
        }),
        created: row.time("created_at").unwrap_or(Time::from_unix(0)),
    }
}

pub(super) fn guard(guard: &Guard) -> Value {
    match guard {
        Guard::Create(kind) => json!({ "create_detail_type": row(kind) }),
        Guard::Replace { kind, basis } => json!({ "replace_detail_type": { "type": row(kind), "was": basis } }),
        Guard::Unchanged { id, basis } => json!({ "unchanged_detail_type": { "type": id.as_str(), "basis": basis } }),
    }
}

fn row(kind: &DetailType) -> Value {
    let DetailType {
        id,
        name,
        words: _,
        schema,
        narrowing: _,
        created,
    } = kind;
    json!({
        "type": id.as_str(), "name": name, "words": kind.words_row(), "schema": schema, "narrowing": kind.narrowing_row(), "created_at": created.unix(),
    })
}

#[test]
fn what_is_written_of_a_type_reads_back_as_the_same() {
    let value = json!({
        "type": "payment", "name": "Payment", "words": { "en": "pay {amount}" }, "narrowing": { "amount": "at_most" }, "created_at": 7,
        "schema": { "properties": { "type": { "const": "payment" }, "amount": true }, "additionalProperties": false },
    });
    assert_eq!(row(&kind(&value)), value);
}
