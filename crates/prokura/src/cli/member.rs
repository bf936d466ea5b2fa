//! Reading members of the server's JSON for display. What is missing is shown as nothing: the server decides what there is.

use serde_json::Value;

/// A member as text: strings as they are, numbers and switches written out.
pub(super) fn text(document: &Value, name: &str) -> String {
    match document.get(name) {
        Some(Value::String(text)) => text.clone(),
        None | Some(Value::Null) => String::new(),
        Some(other) => other.to_string(),
    }
}

/// A member that holds a time, in seconds since 1970.
pub(super) fn time(document: &Value, name: &str) -> Option<i64> {
    document.get(name).and_then(Value::as_i64)
}

/// A member that is a list of texts, or the names of an object, separated by blanks.
pub(super) fn words(document: &Value, name: &str) -> String {
    let words: Vec<&str> = match document.get(name) {
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
        Some(Value::Object(members)) => members.keys().map(String::as_str).collect(),
        _ => Vec::new(),
    };
    words.join(" ")
}

/// Whether a member is `true`.
pub(super) fn is_set(document: &Value, name: &str) -> bool {
    document.get(name).and_then(Value::as_bool) == Some(true)
}

/// The items of a list.
pub(super) fn items<'a>(document: &'a Value, name: &str) -> &'a [Value] {
    document.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The sign of life of what can be disabled.
pub(super) fn state(document: &Value) -> &'static str {
    if time(document, "disabled_at").is_some() {
        "disabled"
    } else {
        "enabled"
    }
}
