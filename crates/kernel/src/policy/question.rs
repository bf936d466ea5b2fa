//! What is asked of policies.

use std::collections::BTreeSet;

use proof::Time;
use serde_json::{Map, Value, json};

use super::Policy;
use crate::capability::CapabilityName;

/// The name of something that policies speak of: `User::"alice"`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityName {
    /// The entity type, as the schema has it: `User`, `Client`, `Resource`.
    pub kind: String,
    /// Its id; any text.
    pub id: String,
}

impl EntityName {
    /// A name.
    pub fn new(kind: impl Into<String>, id: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            id: id.into(),
        }
    }

    /// As documents write it: `Role::buyer`.
    pub fn written(&self) -> String {
        format!("{}::{}", self.kind, self.id)
    }

    /// Reads what [`Self::written`] wrote.
    pub fn read(text: &str) -> Option<Self> {
        let (kind, id) = text.split_once("::")?;
        (!kind.is_empty() && !id.is_empty()).then(|| Self::new(kind, id))
    }
}

/// Something that policies speak of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entity {
    /// Its name.
    pub name: EntityName,
    /// What it is directly in: groups and roles, the person it acts for.
    pub parents: Vec<EntityName>,
    /// What is known of it: texts, integers, truths, and lists and objects of these.
    pub attributes: Map<String, Value>,
}

/// Entities of one version, at most.
pub const ENTITIES_MAX: usize = 20_000;

impl Entity {
    /// Reads a document: `{"type": "record", "id": "record-1", "in": ["Group::sales"], "properties": {"status": "active"}}`.
    pub fn read(o: &Map<String, Value>) -> Result<Self, String> {
        let text = |name: &str| o.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let (Some(kind), Some(id)) = (text("type"), text("id")) else {
            return Err("each entity has a type and an id".to_owned());
        };
        let wrong = |what: &str| format!("{kind} {id}: {what}");
        if let Some(other) = o
            .keys()
            .find(|name| !["type", "id", "in", "properties"].contains(&name.as_str()))
        {
            let other: String = other.chars().filter(char::is_ascii_graphic).take(40).collect();
            return Err(wrong(&format!(
                "{other} is not a member; they are type, id, in, properties"
            )));
        }
        let parents = match o.get("in") {
            None => Some(Vec::new()),
            Some(Value::Array(all)) => all.iter().map(|one| EntityName::read(one.as_str()?)).collect(),
            Some(_) => None,
        };
        let attributes = match o.get("properties") {
            None => Some(Map::new()),
            Some(Value::Object(properties)) => Some(properties.clone()),
            Some(_) => None,
        };
        Ok(Self {
            name: EntityName::new(kind, id),
            parents: parents.ok_or_else(|| wrong("in: a list of names as in Group::sales"))?,
            attributes: attributes.ok_or_else(|| wrong("properties: an object"))?,
        })
    }

    /// Reads a list of them; names differ.
    pub fn read_all(list: &[Value]) -> Result<Vec<Self>, String> {
        if list.len() > ENTITIES_MAX {
            return Err(format!("entities: at most {ENTITIES_MAX}"));
        }
        let mut all = Vec::with_capacity(list.len());
        let mut names = BTreeSet::new();
        for one in list {
            let one = Self::read(one.as_object().ok_or("entities: each one is an object")?)?;
            if !names.insert(one.name.clone()) {
                return Err(format!("{}: two entities have this name", one.name.written()));
            }
            all.push(one);
        }
        Ok(all)
    }

    /// The document.
    pub fn document(&self) -> Value {
        let mut o = Map::new();
        o.insert("type".to_owned(), self.name.kind.as_str().into());
        o.insert("id".to_owned(), self.name.id.as_str().into());
        if !self.parents.is_empty() {
            o.insert("in".to_owned(), self.parents.iter().map(EntityName::written).collect());
        }
        if !self.attributes.is_empty() {
            o.insert("properties".to_owned(), Value::Object(self.attributes.clone()));
        }
        Value::Object(o)
    }

    /// Something of which nothing is known.
    pub fn named(kind: impl Into<String>, id: impl Into<String>) -> Self {
        Self {
            name: EntityName::new(kind, id),
            parents: Vec::new(),
            attributes: Map::new(),
        }
    }
}

/// What looks unusual, as numbers: policies say what they mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Risk {
    /// Whether the principal is known, and never acts at this hour of the day otherwise ([`super::History`]).
    pub unusual_hour: bool,
    /// How often something was permitted to the principal in the last minute.
    pub velocity: i64,
    /// The amount in hundredths of the largest of thirty days in its currency; nothing without an amount or a history.
    pub amount_percent: Option<i64>,
}

/// May this principal do this to that, now?
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Who wants to.
    pub principal: &'a Entity,
    /// What the principal is in, and what that is in: each with its own parents. What is only named as a parent has none.
    pub ancestors: &'a [Entity],
    /// What it wants to do.
    pub action: &'a CapabilityName,
    /// To what.
    pub resource: &'a Entity,
    /// With what: as the input schema of the capability has it; for an action of the tenant's own schema, the members of `context`. Without it, a policy that looks at it cannot be
    /// evaluated: it permits nothing, and forbids if it would forbid.
    pub input: Option<&'a Map<String, Value>>,
    /// What looks unusual.
    pub risk: Risk,
    /// The time.
    pub now: Time,
}

impl Question<'_> {
    /// The question as a document: what the audit log keeps, and what [`Asked::read`] reads. What the principal is in stands with it, all of it; of the rest nothing could be asked again.
    pub fn document(&self) -> Map<String, Value> {
        let entity = |entity: &Entity| {
            let mut all: Vec<EntityName> = entity.parents.clone();
            if entity.name == self.principal.name {
                let further = self.ancestors.iter().flat_map(|ancestor| ancestor.parents.clone());
                all.extend(further);
            }
            all.sort_unstable();
            all.dedup();
            let within: Vec<String> = all.iter().map(EntityName::written).collect();
            let mut o = Map::new();
            o.insert("type".to_owned(), entity.name.kind.as_str().into());
            o.insert("id".to_owned(), entity.name.id.as_str().into());
            if !within.is_empty() {
                o.insert("in".to_owned(), within.into());
            }
            if !entity.attributes.is_empty() {
                o.insert("attributes".to_owned(), Value::Object(entity.attributes.clone()));
            }
            Value::Object(o)
        };
        let mut o = Map::new();
        o.insert("principal".to_owned(), entity(self.principal));
        o.insert("action".to_owned(), self.action.as_str().into());
        o.insert("resource".to_owned(), entity(self.resource));
        if let Some(input) = self.input {
            o.insert("input".to_owned(), Value::Object(input.clone()));
        }
        if self.risk != Risk::default() {
            let mut risk = json!({ "unusual_hour": self.risk.unusual_hour, "velocity": self.risk.velocity });
            if let (Some(percent), Some(risk)) = (self.risk.amount_percent, risk.as_object_mut()) {
                risk.insert("amount_percent".to_owned(), percent.into());
            }
            o.insert("risk".to_owned(), risk);
        }
        o.insert("at".to_owned(), self.now.unix().into());
        o
    }
}

/// A question that was read from a document: a file, a call, the audit log.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    principal: Entity,
    ancestors: Vec<Entity>,
    action: CapabilityName,
    resource: Entity,
    input: Option<Map<String, Value>>,
    risk: Risk,
    now: Time,
}

/// The most that what is asked about may be in, directly and further.
const ANCESTORS_MAX: usize = 200;
const PARENTS_MAX: usize = 10_000;
/// The members of a document.
const MEMBERS: [&str; 7] = ["principal", "ancestors", "action", "resource", "input", "risk", "at"];

impl Asked {
    /// Reads a document; without `at` it is asked now. What is wrong is told in a sentence.
    pub fn read(o: &Map<String, Value>, now: Time) -> Result<Self, String> {
        if let Some(other) = o.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
            let other: String = other.chars().filter(char::is_ascii_graphic).take(40).collect();
            return Err(format!(
                "{other} is not a member of a question; they are {}",
                MEMBERS.join(", ")
            ));
        }
        let action = o.get("action").and_then(Value::as_str).and_then(CapabilityName::parse);
        let ancestors = match o.get("ancestors") {
            None => Vec::new(),
            Some(Value::Array(all)) if all.len() <= ANCESTORS_MAX => all
                .iter()
                .map(|one| entity(Some(one), "ancestors"))
                .collect::<Result<_, _>>()?,
            Some(_) => return Err("ancestors: a list of at most 200 objects with type and id".to_owned()),
        };
        let input = match o.get("input") {
            None => None,
            Some(Value::Object(input)) => Some(input.clone()),
            Some(_) => return Err("input: an object".to_owned()),
        };
        let now = match o.get("at") {
            None => now,
            Some(at) => Time::from_unix(at.as_i64().ok_or("at: seconds since 1970")?),
        };
        Ok(Self {
            principal: entity(o.get("principal"), "principal")?,
            ancestors,
            action: action.ok_or("action: the name of a capability")?,
            resource: entity(o.get("resource"), "resource")?,
            input,
            risk: risk(o.get("risk"))?,
            now,
        })
    }

    /// As it would be asked if these policies knew by name what `before` knew when it was asked: what `before` says of each is taken away, and what `after` says is added.
    #[must_use]
    pub fn as_if_known(self, before: &Policy, after: &Policy) -> Self {
        let again = |entity: Entity| {
            let login = entity.attributes.get_key_value("login");
            let said = before.known(Entity {
                attributes: login
                    .map(|(name, login)| (name.clone(), login.clone()))
                    .into_iter()
                    .collect(),
                parents: Vec::new(),
                ..entity.clone()
            });
            let mut entity = entity;
            entity.parents.retain(|parent| !said.parents.contains(parent));
            entity
                .attributes
                .retain(|name, value| name == "login" || said.attributes.get(name) != Some(value));
            after.known(entity)
        };
        Self {
            principal: again(self.principal),
            ancestors: self.ancestors.into_iter().map(again).collect(),
            resource: again(self.resource),
            ..self
        }
    }

    /// What is to be done.
    pub const fn action(&self) -> &CapabilityName {
        &self.action
    }

    /// With what policies know by name of those in it.
    #[must_use]
    pub fn known_to(self, policy: &Policy) -> Self {
        Self {
            principal: policy.known(self.principal),
            ancestors: self.ancestors.into_iter().map(|one| policy.known(one)).collect(),
            resource: policy.known(self.resource),
            ..self
        }
    }

    /// The question.
    pub fn question(&self) -> Question<'_> {
        Question {
            principal: &self.principal,
            ancestors: &self.ancestors,
            action: &self.action,
            resource: &self.resource,
            input: self.input.as_ref(),
            risk: self.risk,
            now: self.now,
        }
    }
}

fn entity(value: Option<&Value>, what: &str) -> Result<Entity, String> {
    let o = value
        .and_then(Value::as_object)
        .ok_or_else(|| format!("{what}: an object with type and id"))?;
    let text = |name: &str| o.get(name).and_then(Value::as_str);
    let (Some(kind), Some(id)) = (text("type"), text("id")) else {
        return Err(format!("{what}: type and id are texts"));
    };
    let parents = match o.get("in") {
        None => &[][..],
        Some(Value::Array(parents)) if parents.len() <= PARENTS_MAX => parents,
        Some(_) => return Err(format!("{what}: in: a list of at most {PARENTS_MAX} texts")),
    };
    let parents = parents
        .iter()
        .map(|parent| EntityName::read(parent.as_str()?))
        .collect::<Option<Vec<_>>>();
    Ok(Entity {
        parents: parents.ok_or_else(|| format!("{what}: in: texts as Group::finance"))?,
        attributes: o
            .get("attributes")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default(),
        ..Entity::named(kind, id)
    })
}

fn risk(value: Option<&Value>) -> Result<Risk, String> {
    let Some(value) = value else {
        return Ok(Risk::default());
    };
    let o = value.as_object().ok_or("risk: an object")?;
    let number = |name: &str| o.get(name).and_then(Value::as_i64);
    Ok(Risk {
        unusual_hour: o.get("unusual_hour") == Some(&Value::Bool(true)),
        velocity: number("velocity").unwrap_or(0),
        amount_percent: number("amount_percent"),
    })
}
