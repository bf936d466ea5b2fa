//! Kinds of action, by name: what a question is about before anybody asks whether it may be.
//!
//! `product.md` s2. A tenant has a catalogue of them; the `type` of an authorization detail and the scopes of a resource name one each.

use std::collections::BTreeMap;

use proof::json::{self, Object};
use serde_json::Value;

use crate::{authority::Scopes, policy::ACCESS, resource::ResourceUri};

/// The longest name, in bytes.
pub const NAME_BYTES_MAX: usize = 64;

/// The name of a capability: `purchase`, `read_profile`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CapabilityName(String);

impl CapabilityName {
    /// Reads a name: letters, digits and `_ - . : /`, first a letter, at most [`NAME_BYTES_MAX`] bytes.
    pub fn parse(text: &str) -> Option<Self> {
        let first = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
        let rest = text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-.:/".contains(&byte));
        (first && rest && text.len() <= NAME_BYTES_MAX).then(|| Self(text.to_owned()))
    }

    /// A name that this crate wrote itself.
    pub(crate) fn own(text: &'static str) -> Self {
        Self(text.to_owned())
    }

    /// The name as it travels.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How strongly a human must say so when one is asked. The order is the strength.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strength {
    /// Nobody need be asked for it.
    None,
    /// Somebody who is signed in.
    #[default]
    Session,
    /// Somebody whom a passkey verified at the moment of the yes, over what is asked.
    Biometric,
}

impl Strength {
    /// The name in files, rows and documents.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Session => "session",
            Self::Biometric => "biometric",
        }
    }

    /// Reads a name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::None, Self::Session, Self::Biometric]
            .into_iter()
            .find(|strength| strength.name() == name)
    }
}

/// A kind of action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capability {
    /// Its name.
    pub name: CapabilityName,
    /// What it is, in a sentence.
    pub description: String,
    /// JSON Schema of what is asked with it, if it takes anything.
    pub input: Option<Object>,
    /// JSON Schema of what comes of it, if anything does.
    pub output: Option<Object>,
    /// How strongly a human must say so when one is asked.
    pub strength: Strength,
    /// The scopes that stand for it.
    pub scopes: Vec<ScopeOf>,
}

/// A scope that stands for a capability: everywhere, or at one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeOf {
    /// The scope token.
    pub scope: String,
    /// The resource's identifier; every place when absent.
    pub resource: Option<String>,
}

impl ScopeOf {
    fn read(value: &Value) -> Option<Self> {
        let token = |text: &str| Scopes::parse(text).is_ok_and(|scopes| scopes.iter().eq([text]));
        let (scope, resource) = match value {
            Value::String(scope) => (scope.as_str(), None),
            Value::Object(o) if o.len() == 2 => {
                let uri = ResourceUri::parse(o.get("resource")?.as_str()?)?;
                (o.get("scope")?.as_str()?, Some(uri.as_str().to_owned()))
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => return None,
        };
        token(scope).then(|| Self {
            scope: scope.to_owned(),
            resource,
        })
    }

    fn document(&self) -> Value {
        match &self.resource {
            None => self.scope.as_str().into(),
            Some(resource) => serde_json::json!({ "resource": resource, "scope": self.scope }),
        }
    }
}

/// The longest description, in characters.
const DESCRIPTION_CHARS_MAX: usize = 200;
/// The members of a document.
const MEMBERS: [&str; 6] = [
    "name",
    "description",
    "approval_strength",
    "input_schema",
    "output_schema",
    "scopes",
];
/// Scopes that stand for one capability, at most.
const SCOPES_OF_ONE_MAX: usize = 64;

impl Capability {
    /// Reads a document, as catalogues and discovery have it (seed 003, capability discovery). What is wrong is told in a sentence.
    pub fn read(o: &Object) -> Result<Self, String> {
        let text = |name: &str| o.get(name).and_then(Value::as_str);
        let name = text("name")
            .and_then(CapabilityName::parse)
            .ok_or("name: a letter, then letters, digits and _ - . : /, at most 64 in all")?;
        let wrong = |what: &str| format!("{}: {what}", name.as_str());
        if let Some(other) = o.keys().find(|known| !MEMBERS.contains(&known.as_str())) {
            let other: String = other.chars().filter(char::is_ascii_graphic).take(40).collect();
            return Err(wrong(&format!(
                "{other} is not a member of a capability; they are {}",
                MEMBERS.join(", ")
            )));
        }
        let description = text("description").unwrap_or_default();
        let plain = !description.chars().any(char::is_control);
        if !plain || !(1..=DESCRIPTION_CHARS_MAX).contains(&description.chars().count()) {
            return Err(wrong("description: a sentence of at most 200 characters, in one line"));
        }
        let strength = text("approval_strength")
            .and_then(Strength::from_name)
            .ok_or_else(|| wrong("approval_strength: none, session or biometric"))?;
        let schema = |member: &str| match o.get(member) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(schema)) if schema.get("type").and_then(Value::as_str) == Some("object") => {
                Ok(Some(schema.clone()))
            }
            Some(_) => Err(wrong(&format!("{member}: a JSON Schema of \"type\": \"object\""))),
        };
        let scopes = match o.get("scopes") {
            None => Some(Vec::new()),
            Some(Value::Array(all)) if all.len() <= SCOPES_OF_ONE_MAX => all.iter().map(ScopeOf::read).collect(),
            Some(_) => None,
        };
        let scopes = scopes.ok_or_else(|| {
            wrong("scopes: a list of at most 64, each a scope token or {\"resource\": ..., \"scope\": ...}")
        })?;
        if name.as_str() == ACCESS {
            return Err(wrong(
                "this name is the word for what no capability names; choose another",
            ));
        }
        Ok(Self {
            scopes,
            description: description.to_owned(),
            input: schema("input_schema")?,
            output: schema("output_schema")?,
            strength,
            name,
        })
    }

    /// The document.
    pub fn document(&self) -> Object {
        let schema = |schema: &Option<Object>| schema.clone().map_or(Value::Null, Value::Object);
        let mut o = Object::new();
        o.insert("name".to_owned(), self.name.as_str().into());
        o.insert("description".to_owned(), self.description.as_str().into());
        o.insert("approval_strength".to_owned(), self.strength.name().into());
        o.insert("input_schema".to_owned(), schema(&self.input));
        o.insert("output_schema".to_owned(), schema(&self.output));
        if !self.scopes.is_empty() {
            o.insert("scopes".to_owned(), self.scopes.iter().map(ScopeOf::document).collect());
        }
        o
    }

    /// Reads a catalogue: `{"capabilities": [...]}`. Names differ.
    pub fn read_all(o: &Object) -> Result<Vec<Self>, String> {
        let list = o.get("capabilities").and_then(Value::as_array);
        let mut all: Vec<Self> = Vec::new();
        for one in list.ok_or("capabilities: a list of capabilities")? {
            let one = Self::read(one.as_object().ok_or("capabilities: each one is an object")?)?;
            if all.iter().any(|known| known.name == one.name) {
                return Err(format!("{}: two capabilities have this name", one.name.as_str()));
            }
            all.push(one);
        }
        match Self::contested(&all) {
            Some(what) => Err(what),
            None => Ok(all),
        }
    }

    /// What two of these claim both: a scope stands for one capability at a place, or one of the two would be of no effect there.
    pub fn contested(all: &[Self]) -> Option<String> {
        let mut seen: BTreeMap<(&str, Option<&str>), &str> = BTreeMap::new();
        for one in all {
            for scope in &one.scopes {
                let other = seen.insert((&scope.scope, scope.resource.as_deref()), one.name.as_str());
                if let Some(other) = other.filter(|other| *other != one.name.as_str()) {
                    let (scope, name) = (&scope.scope, one.name.as_str());
                    return Some(format!(
                        "{name}: the scope {scope} stands for {other} there; it can stand for one"
                    ));
                }
            }
        }
        None
    }

    /// Writes what [`Self::read_all`] reads, in its one form.
    pub fn write_all(all: &[Self]) -> String {
        let all: Vec<Value> = all.iter().map(|one| Value::Object(one.document())).collect();
        json::canonical(&serde_json::json!({ "capabilities": all }))
    }

    /// What no capability names: using a place at all, with these scopes and types of details. Every catalogue has it, unwritten.
    pub fn access() -> Self {
        let texts = serde_json::json!({ "type": "array", "items": { "type": "string" } });
        let input = serde_json::json!({
            "type": "object", "required": ["scopes", "types"], "properties": { "scopes": texts, "types": texts },
        });
        Self {
            name: CapabilityName::own(ACCESS),
            description: "What no capability names: using a place at all".to_owned(),
            input: input.as_object().cloned(),
            output: None,
            strength: Strength::Session,
            scopes: Vec::new(),
        }
    }

    /// The capabilities that a tenant begins with (seed 003, capability containment).
    ///
    /// # Panics
    /// Never: a test reads them.
    pub fn seeded() -> Vec<Self> {
        json::parse_object(SEEDED.as_bytes())
            .ok()
            .and_then(|o| Self::read_all(&o).ok())
            .unwrap_or_default()
    }
}

const SEEDED: &str = include_str!("seeded.json");

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Object {
        let Value::Object(o) = value else { panic!("an object") };
        o
    }

    #[test]
    fn the_seeded_capabilities_have_the_strengths_of_the_seed() {
        let seeded = Capability::seeded();
        let told: Vec<(&str, &str)> = seeded
            .iter()
            .map(|one| (one.name.as_str(), one.strength.name()))
            .collect();
        assert_eq!(
            told,
            [
                ("purchase", "biometric"),
                ("read_profile", "session"),
                ("check_compliance", "none"),
                ("request_approval", "session"),
            ]
        );
        for one in &seeded {
            assert_eq!(Capability::read(&one.document()).as_ref(), Ok(one));
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_the_name_and_the_rule() {
        let good = json!({ "name": "buy", "description": "Buy things", "approval_strength": "session" });
        assert!(Capability::read(&object(good.clone())).is_ok());
        for (member, value, told) in [
            ("name", json!("access"), "access: this name"),
            ("scopes", json!("a"), "buy: scopes"),
            ("scopes", json!(["a b"]), "buy: scopes"),
            ("scopes", json!([{ "scope": "a" }]), "buy: scopes"),
            ("name", json!("1buy"), "name: "),
            ("name", json!("b uy"), "name: "),
            ("name", json!("b".repeat(65)), "name: "),
            ("description", json!(""), "buy: description"),
            ("description", json!("two\nlines"), "buy: description"),
            ("approval_strength", json!("fingerprint"), "buy: approval_strength"),
            ("approval_strength", json!(null), "buy: approval_strength"),
            ("input_schema", json!({ "type": "string" }), "buy: input_schema"),
            ("input_schema", json!([]), "buy: input_schema"),
            ("output_schema", json!(true), "buy: output_schema"),
            ("strength", json!("none"), "buy: strength is not a member"),
        ] {
            let mut bad = object(good.clone());
            bad.insert(member.to_owned(), value);
            let error = Capability::read(&bad).unwrap_err();
            assert!(error.starts_with(told), "{error}");
        }
        let mut mapped = object(good.clone());
        mapped.insert(
            "scopes".to_owned(),
            json!(["a", { "resource": "https://r.example", "scope": "b" }]),
        );
        let read = Capability::read(&mapped).unwrap();
        assert_eq!(read.scopes.len(), 2);
        assert_eq!(Capability::read(&read.document()).unwrap(), read);
        let twice = json!({ "capabilities": [good, good] });
        assert_eq!(
            Capability::read_all(&object(twice)).unwrap_err(),
            "buy: two capabilities have this name"
        );
    }
}
