//! What is asked of policies.

use kernel::{Time, capability::CapabilityName};
use serde_json::{Map, Value};

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
}

/// Something that policies speak of.
#[derive(Clone, Debug, PartialEq)]
pub struct Entity {
    /// Its name.
    pub name: EntityName,
    /// What it is directly in: groups and roles, the host of a session.
    pub parents: Vec<EntityName>,
    /// What is known of it: texts, integers, truths, and lists and objects of these.
    pub attributes: Map<String, Value>,
}

impl Entity {
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
    /// Whether the principal is not active at this hour of the day otherwise.
    pub unusual_hour: bool,
    /// How many questions the principal asked in the last minute.
    pub velocity: i64,
    /// The amount in hundredths of the largest of the principal's last thirty days; nothing without an amount or a history.
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
    /// With what: as the input schema of the capability has it; for an action of the tenant's own schema, the members of `context`.
    pub input: Option<&'a Map<String, Value>>,
    /// What looks unusual.
    pub risk: Risk,
    /// The time.
    pub now: Time,
}
