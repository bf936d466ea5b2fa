//! Policies and capabilities.

use kernel::{
    Why,
    administration::NewPolicies,
    capability::{Capability, CapabilityName},
    policy::Entity,
};
use proof::json::Object;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// Policies and the catalogue that they speak of: all of it, as the next version.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::admin) struct PoliciesBody {
    /// The policies, in Cedar; at most 4 MiB.
    policies: String,
    /// Entity types and actions of the tenant's own, in Cedar's schema language.
    schema: Option<String>,
    /// The catalogue, whole: `name`, `description`, `approval_strength`, and `input_schema`, `output_schema`, `scopes` where there are some.
    capabilities: Vec<Object>,
    /// What policies know by name: `type`, `id`, and `in`, `properties` where there are some.
    #[serde(default)]
    entities: Vec<Object>,
    /// The version that it was made from: refused when another one counts by now.
    replaces: Option<i64>,
}

/// Policies that might be applied, to be asked what was asked lately.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::admin) struct ReplayBody {
    /// The policies, in Cedar; at most 4 MiB.
    policies: String,
    /// Entity types and actions of the tenant's own, in Cedar's schema language.
    schema: Option<String>,
    /// The catalogue, whole.
    capabilities: Vec<Object>,
    /// What policies know by name.
    #[serde(default)]
    entities: Vec<Object>,
    /// How many decisions of the audit log, from the newest back.
    #[schemars(range(min = 1, max = 10_000))]
    #[serde(default = "usual_last")]
    last: u32,
}

/// A question.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::admin) struct ExplainBody {
    /// `principal`, `action`, `resource`, and `input`, `ancestors`, `risk`, `at` where they matter, as the audit log has questions too.
    pub(in crate::admin) question: Object,
    /// Policies to ask instead of those that count.
    policies: Option<String>,
    /// A schema of the tenant's own instead of the one that counts.
    schema: Option<String>,
    /// A catalogue instead of the one that counts.
    capabilities: Option<Vec<Object>>,
}

/// A capability: a named kind of action.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::admin) struct CapabilityBody {
    /// What it is, in a sentence of at most 200 characters.
    description: String,
    /// How strongly a human must say so when one is asked: `none`, `session` or `biometric`.
    approval_strength: String,
    /// JSON Schema of what is asked with it, if it takes anything.
    input_schema: Option<Object>,
    /// JSON Schema of what comes of it, if anything does.
    output_schema: Option<Object>,
    /// The scopes that stand for it: tokens, or objects with `scope` and `resource`.
    #[serde(default)]
    scopes: Vec<Value>,
}

/// The most decisions that are replayed.
pub(in crate::admin) const LAST_MAX: u32 = 10_000;

const fn usual_last() -> u32 {
    1_000
}

impl PoliciesBody {
    pub(in crate::admin) fn into_command(self) -> Result<NewPolicies, Why> {
        Ok(NewPolicies {
            policies: self.policies,
            schema: text_if_any(self.schema),
            capabilities: catalogue(self.capabilities)?,
            entities: entities(self.entities)?,
            replaces: self.replaces,
        })
    }
}

impl ReplayBody {
    pub(in crate::admin) fn into_parts(self) -> Result<(NewPolicies, u32), Why> {
        if !(1..=LAST_MAX).contains(&self.last) {
            return Err(Why::Body("last: 1 to 10000".to_owned()));
        }
        let candidate = PoliciesBody {
            policies: self.policies,
            schema: self.schema,
            capabilities: self.capabilities,
            entities: self.entities,
            replaces: None,
        };
        Ok((candidate.into_command()?, self.last))
    }
}

impl ExplainBody {
    /// What is asked instead of what counts, if anything is: what it leaves out stays.
    pub(in crate::admin) fn candidate(&mut self, counts: NewPolicies) -> Result<Option<NewPolicies>, Why> {
        let (policies, schema, capabilities) = (self.policies.take(), self.schema.take(), self.capabilities.take());
        if policies.is_none() && schema.is_none() && capabilities.is_none() {
            return Ok(None);
        }
        Ok(Some(NewPolicies {
            policies: policies.unwrap_or(counts.policies),
            schema: schema.map_or(counts.schema, |text| text_if_any(Some(text))),
            capabilities: capabilities.map_or(Ok(counts.capabilities), catalogue)?,
            entities: counts.entities,
            replaces: None,
        }))
    }
}

impl CapabilityBody {
    pub(in crate::admin) fn into_capability(self, name: &CapabilityName) -> Result<Capability, Why> {
        let mut o = Object::new();
        o.insert("name".to_owned(), name.as_str().into());
        o.insert("description".to_owned(), self.description.into());
        o.insert("approval_strength".to_owned(), self.approval_strength.into());
        o.insert("scopes".to_owned(), self.scopes.into());
        let schemas = [
            ("input_schema", self.input_schema),
            ("output_schema", self.output_schema),
        ];
        for (member, schema) in schemas {
            o.extend(schema.map(|schema| (member.to_owned(), Value::Object(schema))));
        }
        Capability::read(&o).map_err(Why::Body)
    }
}

fn catalogue(all: Vec<Object>) -> Result<Vec<Capability>, Why> {
    let mut o = Object::new();
    let all = all.into_iter().map(Value::Object).collect();
    o.insert("capabilities".to_owned(), all);
    Capability::read_all(&o).map_err(Why::Body)
}

fn entities(all: Vec<Object>) -> Result<Vec<Entity>, Why> {
    let all: Vec<Value> = all.into_iter().map(Value::Object).collect();
    Entity::read_all(&all).map_err(Why::Body)
}

fn text_if_any(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

/// Reads the name of a capability in a path. One that a path cannot hold is written as `~` and its base64url (RFC 4648 s5).
pub(in crate::admin) fn in_path(text: &str) -> Option<CapabilityName> {
    let plain = |name: &CapabilityName| {
        let unreserved = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
        name.as_str().bytes().all(unreserved)
    };
    match text.strip_prefix('~') {
        Some(encoded) => {
            let bytes = proof::base64url::decode(encoded).ok()?;
            CapabilityName::parse(std::str::from_utf8(&bytes).ok()?).filter(|name| !plain(name))
        }
        None => CapabilityName::parse(text),
    }
}
