//! What readers of documents share: an error is a sentence that begins with the place.

use proof::json::Object;
use serde_json::Value;

/// That every member is one of these.
pub(super) fn only(o: &Object, what: &str, members: &[&str]) -> Result<(), String> {
    match o.keys().find(|name| !members.contains(&name.as_str())) {
        None => Ok(()),
        Some(other) => {
            let other: String = other.chars().filter(char::is_ascii_graphic).take(40).collect();
            Err(format!(
                "{other}: not a member of {what}; they are {}",
                members.join(", ")
            ))
        }
    }
}

/// A member that must be a text.
pub(super) fn text<'a>(o: &'a Object, name: &str) -> Option<&'a str> {
    o.get(name)?.as_str()
}

/// A member that must be an integer from 1 to `most`, if it is there.
pub(super) fn count(o: &Object, name: &str, most: i64) -> Result<Option<i64>, String> {
    match o.get(name) {
        None => Ok(None),
        Some(value) => match value.as_i64() {
            Some(n) if (1..=most).contains(&n) => Ok(Some(n)),
            Some(_) | None => Err(format!("{name}: an integer from 1 to {most}")),
        },
    }
}

/// A list of objects, each read by itself; its sentence gets the place in front.
pub(super) fn list<T>(
    value: &Value,
    name: &str,
    most: usize,
    read: impl Fn(&Object) -> Result<T, String>,
) -> Result<Vec<T>, String> {
    let items = value.as_array().filter(|items| items.len() <= most);
    let items = items.ok_or_else(|| format!("{name}: a list of at most {most} objects"))?;
    let one = |(n, item): (usize, &Value)| {
        let object = item.as_object().ok_or_else(|| format!("{name}[{n}]: an object"))?;
        read(object).map_err(|wrong| format!("{name}[{n}]: {wrong}"))
    };
    items.iter().enumerate().map(one).collect()
}
