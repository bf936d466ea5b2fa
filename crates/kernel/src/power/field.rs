//! Where a constraint looks.

use std::fmt;

use proof::json::Object;
use serde_json::Value;

/// Names of members below one another, `amount.value`, in what is asked.
///
/// It goes through lists: what stands there is then every element of them, and an empty list is as good as nothing there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Field {
    above: Vec<String>,
    name: String,
}

/// Names in one field.
const NAMES_MAX: usize = 8;
/// The longest name.
const NAME_BYTES_MAX: usize = 64;

impl Field {
    /// Reads 1 to 8 names of `[A-Za-z_][A-Za-z0-9_-]{0,63}`, separated by dots.
    pub fn parse(text: &str) -> Option<Self> {
        let mut names: Vec<String> = text.split('.').map(str::to_owned).collect();
        let well_formed = names.len() <= NAMES_MAX && names.iter().all(|name| is_name(name));
        let name = names.pop().filter(|_| well_formed)?;
        Some(Self { above: names, name })
    }

    /// Every value that stands there; none if one is missing.
    pub(super) fn values<'a>(&self, input: &'a Object) -> Option<Vec<&'a Value>> {
        let mut found = Vec::new();
        for object in self.objects(input)? {
            unfold(object.get(&self.name)?, &mut found)?;
        }
        Some(found)
    }

    /// The objects whose member it is, one at least; none if one is missing or is no object.
    pub(super) fn objects<'a>(&self, input: &'a Object) -> Option<Vec<&'a Object>> {
        let mut here = vec![input];
        for name in &self.above {
            let mut below = Vec::new();
            for object in here {
                unfold(object.get(name)?, &mut below)?;
            }
            here = below.into_iter().map(Value::as_object).collect::<Option<_>>()?;
        }
        Some(here)
    }

    /// Whether a JSON Schema demands it wherever the objects stand whose member it is.
    pub(super) fn is_demanded_by(&self, schema: &Object) -> bool {
        let below = |schema: &Object, name: &str| {
            let mut found = schema.get("properties")?.get(name)?;
            while found.get("type").is_some_and(|kind| kind == "array") {
                found = found.get("items")?;
            }
            found.as_object().cloned()
        };
        let holder = self
            .above
            .iter()
            .try_fold(schema.clone(), |schema, name| below(&schema, name));
        let required = holder.as_ref().and_then(|schema| schema.get("required")?.as_array());
        required.is_some_and(|names| names.iter().any(|name| name == self.name.as_str()))
    }

    /// The last name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The field of another name in the same object.
    pub(super) fn beside(&self, name: &str) -> Self {
        Self {
            above: self.above.clone(),
            name: name.to_owned(),
        }
    }
}

/// What a value is, lists taken apart; nothing for an empty one.
fn unfold<'a>(value: &'a Value, found: &mut Vec<&'a Value>) -> Option<()> {
    match value {
        Value::Array(items) if items.is_empty() => None,
        Value::Array(items) => items.iter().try_for_each(|item| unfold(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            found.push(value);
            Some(())
        }
    }
}

/// Whether it is a name as fields and classes have them.
pub(super) fn is_name(text: &str) -> bool {
    let first = text
        .bytes()
        .next()
        .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    let rest = text
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    first && rest && text.len() <= NAME_BYTES_MAX
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for name in &self.above {
            write!(f, "{name}.")?;
        }
        f.write_str(&self.name)
    }
}
