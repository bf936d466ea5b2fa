//! What a schema declares of entities and contexts. Nothing else can be spoken of by a policy that was checked, so nothing else needs a form that policies understand; and what is declared has
//! its type, or the question is none: a text where a list of texts was sent would be absent to a policy that forbids by it.

use std::collections::BTreeMap;

use kernel::policy::Entity;
use serde_json::{Map, Value};

/// How deep common types may stand in one another.
const DEPTH_MAX: usize = 16;

/// The attributes by entity type, and the members of the context by action, each with its type. What is not there may have any.
#[derive(Debug, Default)]
pub(crate) struct Declared {
    entities: BTreeMap<String, Members>,
    contexts: BTreeMap<String, Members>,
}

/// Names and types.
type Members = BTreeMap<String, Type>;

/// A type, as far as JSON can show it.
#[derive(Clone, Debug)]
enum Type {
    Text,
    Integer,
    Truth,
    List(Box<Type>),
    Record(Members),
    /// One that no JSON value shows: an entity, a decimal. Policies see what was sent, which is none of it.
    Other,
}

impl Type {
    /// Whether a value is of it; where it is not, what it should be.
    fn check(&self, value: &Value) -> Result<(), &'static str> {
        match (self, value) {
            (Self::Text, Value::String(_)) | (Self::Truth, Value::Bool(_)) | (Self::Other, _) => Ok(()),
            (Self::Integer, Value::Number(number)) if number.is_i64() => Ok(()),
            (Self::List(of), Value::Array(all)) => all.iter().try_for_each(|one| of.check(one)),
            (Self::Record(members), Value::Object(given)) => {
                let known = given.iter().filter(|(_, value)| !value.is_null());
                let mut typed = known.filter_map(|(name, value)| Some((members.get(name)?, value)));
                typed.try_for_each(|(kind, value)| kind.check(value))
            }
            (Self::Text, _) => Err("a text"),
            (Self::Integer, _) => Err("an integer"),
            (Self::Truth, _) => Err("true or false"),
            (Self::List(_), _) => Err("a list"),
            (Self::Record(_), _) => Err("an object"),
        }
    }
}

/// A schema's common types, as they are written.
struct Common<'s> {
    namespace: &'s str,
    all: &'s Value,
}

impl Common<'_> {
    fn read(&self, written: &Value, depth: usize) -> Type {
        let name = written.get("type").and_then(Value::as_str).unwrap_or_default();
        let named = written.get("name").and_then(Value::as_str);
        match (name, named) {
            ("Set", _) => {
                let element = written.get("element");
                Type::List(Box::new(element.map_or(Type::Other, |of| self.read(of, depth))))
            }
            ("Record", _) => self.members(written, depth).map_or(Type::Other, Type::Record),
            ("EntityOrCommon", Some(name)) | (name, _) => self.named(name, depth),
        }
    }

    fn named(&self, name: &str, depth: usize) -> Type {
        match name.strip_prefix("__cedar::").unwrap_or(name) {
            "String" => Type::Text,
            "Long" => Type::Integer,
            "Bool" | "Boolean" => Type::Truth,
            name => match (self.common(name), depth.checked_sub(1)) {
                (Some(written), Some(depth)) => self.read(written, depth),
                (_, _) => Type::Other,
            },
        }
    }

    /// A common type by its name, of this namespace or in full.
    fn common(&self, name: &str) -> Option<&Value> {
        let (namespace, short) = name.rsplit_once("::").unwrap_or((self.namespace, name));
        let of = |namespace: &str| self.all.get(namespace)?.get("commonTypes")?.get(short);
        of(namespace).or_else(|| of(""))
    }

    /// The members of a record; nothing when it is open or is written in a way that is not known here, nowhere when it is not written at all.
    fn members(&self, shape: &Value, depth: usize) -> Option<Members> {
        let Some(attributes) = shape.get("attributes").and_then(Value::as_object) else {
            let name = shape
                .get("name")
                .or_else(|| shape.get("type"))
                .and_then(Value::as_str)?;
            let depth = depth.checked_sub(1)?;
            return self.members(self.common(name)?, depth);
        };
        let open = shape.get("additionalAttributes").and_then(Value::as_bool) == Some(true);
        let typed = |(name, written): (&String, &Value)| (name.clone(), self.read(written, depth));
        (!open).then(|| attributes.iter().map(typed).collect())
    }
}

impl Declared {
    /// Reads the JSON form of a schema.
    pub(crate) fn of(schema: &Value) -> Self {
        let mut declared = Self::default();
        for (namespace, parts) in schema.as_object().into_iter().flatten() {
            let common = Common { namespace, all: schema };
            let named = |name: &str| {
                if namespace.is_empty() {
                    name.to_owned()
                } else {
                    format!("{namespace}::{name}")
                }
            };
            let record = |shape: Option<&Value>| match shape {
                None => Some(Members::new()),
                Some(shape) => common.members(shape, DEPTH_MAX),
            };
            let members = |part: &str| parts.get(part).and_then(Value::as_object).into_iter().flatten();
            for (name, entity) in members("entityTypes") {
                if let Some(members) = record(entity.get("shape")) {
                    declared.entities.insert(named(name), members);
                }
            }
            for (name, action) in members("actions") {
                let context = action.get("appliesTo").and_then(|applies| applies.get("context"));
                if let Some(members) = record(context) {
                    declared.contexts.insert(name.clone(), members);
                }
            }
        }
        declared
    }

    /// What of an entity policies can speak of; what is not declared is not there. What has another type than is declared is told in a sentence.
    pub(crate) fn of_entity<'e>(&self, entity: &'e Entity) -> Result<Vec<(&'e String, &'e Value)>, String> {
        present(&entity.attributes, self.entities.get(&entity.name.kind))
    }

    /// An attribute of an entity that no policy can speak of.
    pub(crate) fn unknown_to<'e>(&self, entity: &'e Entity) -> Option<&'e String> {
        let members = self.entities.get(&entity.name.kind)?;
        entity.attributes.keys().find(|name| !members.contains_key(*name))
    }

    /// Whether a member of the context of an action is there for policies.
    pub(crate) fn has_context(&self, action: &str, member: &str) -> bool {
        let members = self.contexts.get(action);
        members.is_none_or(|members| members.contains_key(member))
    }

    /// The same as [`Self::of_entity`] of the context of an action.
    pub(crate) fn of_context<'c>(
        &self,
        action: &str,
        given: &'c Map<String, Value>,
    ) -> Result<Vec<(&'c String, &'c Value)>, String> {
        present(given, self.contexts.get(action))
    }
}

fn present<'v>(
    values: &'v Map<String, Value>,
    members: Option<&Members>,
) -> Result<Vec<(&'v String, &'v Value)>, String> {
    let mut there = Vec::with_capacity(values.len());
    for (name, value) in values.iter().filter(|(_, value)| !value.is_null()) {
        match members.map(|members| members.get(name)) {
            None => there.push((name, value)),
            Some(None) => {}
            Some(Some(kind)) => {
                kind.check(value).map_err(|what| format!("{name}: {what}"))?;
                there.push((name, value));
            }
        }
    }
    Ok(there)
}
