//! What the schemas of detail types make of details (RFC 9396 s5): JSON Schema draft 2020-12, compiled once and kept by what it says.
//!
//! Between loading and deciding: no I/O, and bounded work. A schema stands for itself. References are refused, those to its own parts too: without them a schema is a finite
//! tree, looked at once for each place of a detail, and nothing can be fetched, go round in circles or double at each step. Patterns are of the kind that takes linear
//! time; look-around and back references are refused when the type is registered.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use jsonschema::{Draft, PatternOptions, ValidationError, Validator, error::ValidationErrorKind};
use kernel::{
    TenantId, Why,
    detail::{Breach, Detail, DetailType, Types},
    policy::Policy,
};
use proof::json::Object;
use serde_json::Value;

/// Compiled schemas that are kept, of all tenants.
const KEPT_MAX: usize = 512;
/// The largest a compiled pattern may be, in bytes: a repetition of a repetition is refused, not built.
const PATTERN_BYTES_MAX: usize = 256 * 1024;

/// The meta-schema that a schema may name; it is the one that is read.
const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Compiled schemas, by the basis of their type: what is registered anew is another one.
#[derive(Debug, Default)]
pub(crate) struct Schemas {
    compiled: RwLock<BTreeMap<String, Arc<Validator>>>,
}

impl Schemas {
    /// Has each detail judged by its type's schema. Of what has no type there is nothing to say, and the rules refuse it.
    pub(crate) fn judge<'d>(&self, types: &mut Types, details: impl IntoIterator<Item = &'d Detail>) {
        for detail in details {
            let Some(kind) = types.get(detail.kind()) else {
                continue;
            };
            let verdict = match self.compiled(kind) {
                Some(schema) => verdict(&schema, detail),
                None => Err(Breach::Value(String::new())), // it was compiled when it was registered; what cannot be any more admits nothing
            };
            types.judge(detail, verdict);
        }
    }

    /// Whether an input is what a capability of a tenant's policies takes, and what is wrong with it otherwise; without a schema it takes nothing in particular.
    pub(crate) fn fits(&self, tenant: &TenantId, policy: &Policy, name: &str, input: &Object) -> Result<(), String> {
        let Some(schema) = policy.capability(name).and_then(|known| known.input.as_ref()) else {
            return Ok(());
        };
        // A version of policies is written once, with its catalogue.
        let basis = format!("capability {tenant} {} {name}", policy.version);
        let schema = self
            .kept(basis, schema)
            .ok_or("the schema of the capability admits nothing")?;
        let breach = schema
            .validate(&Value::Object(input.clone()))
            .map_err(|error| breach(&error));
        breach.map_err(|breach| breach.said_of_input())
    }

    fn compiled(&self, kind: &DetailType) -> Option<Arc<Validator>> {
        self.kept(kind.basis(), &kind.schema)
    }

    fn kept(&self, basis: String, schema: &Object) -> Option<Arc<Validator>> {
        if let Some(kept) = self.compiled.read().unwrap_or_else(PoisonError::into_inner).get(&basis) {
            return Some(Arc::clone(kept));
        }
        let compiled = Arc::new(compile(schema).ok()?);
        let mut all = self.compiled.write().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= KEPT_MAX {
            all.clear(); // they are compiled again as they are needed
        }
        all.insert(basis, Arc::clone(&compiled));
        Some(compiled)
    }
}

/// Whether a schema can be registered.
pub(crate) fn check(schema: &Object) -> Result<(), Why> {
    compile(schema).map(|_| ()).map_err(Why::Body)
}

fn compile(schema: &Object) -> Result<Validator, String> {
    if schema.get("$schema").is_some_and(|named| named != DRAFT) {
        return Err(format!("schema: $schema is {DRAFT}, or left out"));
    }
    if let Some(keyword) = reference(schema) {
        return Err(format!(
            "schema: {keyword} is not read; a schema stands for itself, without references"
        ));
    }
    let patterns = PatternOptions::regex()
        .size_limit(PATTERN_BYTES_MAX)
        .dfa_size_limit(PATTERN_BYTES_MAX);
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .offline()
        .should_validate_formats(true)
        .with_pattern_options(patterns)
        .build(&Value::Object(schema.clone()))
        .map_err(|error| {
            let place: String = error.instance_path().to_string();
            let place = if place.is_empty() { "/".to_owned() } else { place };
            let place: String = place.chars().filter(char::is_ascii_graphic).take(200).collect();
            format!("schema: not a JSON Schema of draft 2020-12 with patterns of linear time, at {place}")
        })
}

/// The first keyword that refers to something, wherever it stands as a keyword.
fn reference(schema: &Object) -> Option<&'static str> {
    const REFERENCES: &[&str] = &["$ref", "$dynamicRef", "$recursiveRef"];
    // Below these, names are of members and not of keywords, or values are data.
    const NAMED: &[&str] = &["properties", "patternProperties", "dependentSchemas", "$defs"];
    const DATA: &[&str] = &["const", "enum", "default", "examples", "required", "dependentRequired"];
    let found = REFERENCES
        .iter()
        .find(|keyword| schema.contains_key(**keyword))
        .copied();
    found.or_else(|| {
        schema.iter().find_map(|(keyword, value)| match value {
            _ if DATA.contains(&keyword.as_str()) => None,
            Value::Object(members) if NAMED.contains(&keyword.as_str()) => {
                members.values().filter_map(Value::as_object).find_map(reference)
            }
            Value::Object(below) => reference(below),
            Value::Array(items) => items.iter().filter_map(Value::as_object).find_map(reference),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        })
    })
}

fn verdict(schema: &Validator, detail: &Detail) -> Result<(), Breach> {
    let body = Value::Object(detail.body().clone());
    schema.validate(&body).map_err(|error| breach(&error))
}

fn breach(error: &ValidationError<'_>) -> Breach {
    let kind = error.kind();
    let unknown = matches!(
        kind,
        ValidationErrorKind::AdditionalProperties { .. }
            | ValidationErrorKind::UnevaluatedProperties { .. }
            | ValidationErrorKind::PropertyNames { .. }
    );
    let place = place(error.schema_path().as_str());
    if let ValidationErrorKind::Required { property } = kind {
        let name = property.as_str().unwrap_or_default();
        Breach::Missing(plain(place.into_iter().chain([name.to_owned()])))
    } else if unknown {
        Breach::Unknown(plain(place))
    } else {
        Breach::Value(plain(place))
    }
}

/// Which members of a schema lead to a place in it: those behind `properties` of a JSON Pointer (RFC 6901). What came in has no part in it.
fn place(pointer: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut segments = pointer.split('/');
    while let Some(segment) = segments.next() {
        if segment == "properties" {
            names.extend(segments.next().map(|name| name.replace("~1", "/").replace("~0", "~")));
        }
    }
    names
}

/// Names as they may stand in an answer, joined by dots; none where one has other characters than those that members of details have.
fn plain(names: impl IntoIterator<Item = String>) -> String {
    let names: Vec<String> = names.into_iter().collect();
    let is_plain = |name: &String| name.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'\\'));
    if names.iter().all(is_plain) {
        names.join(".")
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use kernel::{DetailTypeId, Details};
    use proof::Time;
    use serde_json::json;

    use super::*;

    #[expect(clippy::needless_pass_by_value, reason = "written beside `json!`")]
    fn object(value: Value) -> Object {
        value.as_object().unwrap().clone()
    }

    fn kind(schema: Value) -> DetailType {
        DetailType {
            id: DetailTypeId::parse("t").unwrap(),
            name: "T".to_owned(),
            words: DetailType::words_from_row(&object(json!({ "en": "do it" }))).unwrap(),
            schema: object(schema),
            narrowing: DetailType::narrowing_from_row(&Object::new()).unwrap(),
            created: Time::from_unix(0),
        }
    }

    #[expect(clippy::needless_pass_by_value, reason = "written beside `json!`")]
    fn judged(schema: Value, detail: Value) -> Result<(), Why> {
        let details = Details::of(json!([detail])).unwrap();
        let mut types = Types::of([kind(schema)]);
        Schemas::default().judge(&mut types, &details);
        types.admit(0, details.iter().next().unwrap())
    }

    #[test]
    fn what_is_wrong_with_a_detail_is_told_by_kind() {
        let schema = json!({
            "type": "object",
            "properties": { "type": { "const": "t" }, "n": { "type": "integer", "maximum": 9 }, "day": { "type": "string", "format": "date" },
                "to": { "type": "object", "properties": { "bank": { "type": "integer" } }, "required": ["bank"], "additionalProperties": false } },
            "required": ["n"],
            "additionalProperties": false,
        });
        for (detail, expected) in [
            (json!({ "type": "t", "n": 9 }), Ok(())),
            (json!({ "type": "t", "n": 9, "day": "2026-02-28" }), Ok(())),
            (json!({ "type": "t" }), Err(Breach::Missing("n".to_owned()))),
            (
                json!({ "type": "t", "n": 1, "m": 1 }),
                Err(Breach::Unknown(String::new())),
            ),
            (json!({ "type": "t", "n": 10 }), Err(Breach::Value("n".to_owned()))),
            (json!({ "type": "t", "n": "1" }), Err(Breach::Value("n".to_owned()))),
            (
                json!({ "type": "t", "n": 1, "day": "2026-02-30" }),
                Err(Breach::Value("day".to_owned())),
            ),
            (
                json!({ "type": "t", "n": 1, "to": {} }),
                Err(Breach::Missing("to.bank".to_owned())),
            ),
            (
                json!({ "type": "t", "n": 1, "to": { "bank": 1, "x": 1 } }),
                Err(Breach::Unknown("to".to_owned())),
            ),
        ] {
            assert_eq!(
                judged(schema.clone(), detail.clone()),
                expected.map_err(|breach| Why::DetailRefused(0, breach)),
                "{detail}"
            );
        }
    }

    #[test]
    fn s_15_a_schema_that_refers_anywhere_is_refused_before_it_is_read() {
        for refused in [
            json!({ "$ref": "https://evil.example/schema.json" }),
            json!({ "$ref": "#" }),
            json!({ "properties": { "a": { "$dynamicRef": "#a" } } }),
            json!({ "allOf": [{ "items": { "$ref": "#/$defs/x" } }] }),
            json!({ "$defs": { "x": { "not": { "$ref": "file:///etc/passwd" } } } }),
            json!({ "$schema": "https://evil.example/meta" }),
            json!({ "$schema": "http://json-schema.org/draft-07/schema#" }),
        ] {
            assert!(
                matches!(check(&object(refused.clone())), Err(Why::Body(_))),
                "{refused}"
            );
        }
        let named_so = json!({ "properties": { "$ref": { "const": { "$ref": "data" } } }, "$schema": DRAFT });
        assert_eq!(
            check(&object(named_so)),
            Ok(()),
            "a member of that name, and data, refer to nothing"
        );
    }

    #[test]
    fn s_15_patterns_take_linear_time_or_are_refused() {
        for refused in ["(?=a)b", r"(a)\1", "(", "((a{1000}){1000}){1000}"] {
            let schema = object(json!({ "properties": { "a": { "pattern": refused } } }));
            assert!(check(&schema).is_err(), "{refused}");
        }
        let schema = json!({ "properties": { "a": { "pattern": "^(a+)+$" } } });
        let answer = judged(schema, json!({ "type": "t", "a": format!("{}!", "a".repeat(8_000)) }));
        assert_eq!(
            answer,
            Err(Why::DetailRefused(0, Breach::Value("a".to_owned()))),
            "a backtracking engine would never say it"
        );
    }

    #[test]
    fn a_schema_is_compiled_once_and_anew_when_it_changes() {
        let schemas = Schemas::default();
        let details = Details::of(json!([{ "type": "t", "n": 1 }])).unwrap();
        let admits = |maximum: i64| {
            let mut types = Types::of([kind(json!({ "properties": { "n": { "maximum": maximum } } }))]);
            schemas.judge(&mut types, &details);
            types.still_admit(&details)
        };
        assert_eq!((admits(1), admits(1), admits(0), admits(1)), (true, true, false, true));
        assert_eq!(schemas.compiled.read().unwrap().len(), 2);
    }

    #[test]
    fn of_a_type_that_is_gone_nothing_is_admitted() {
        let details = Details::of(json!([{ "type": "gone" }])).unwrap();
        let mut types = Types::default();
        Schemas::default().judge(&mut types, &details);
        assert!(!types.still_admit(&details));
    }
}
