//! What policies say.

mod compiled;
mod judged;
mod sliced;

use kernel::{
    Time,
    capability::{Capability, CapabilityName, Strength},
};
use serde_json::{Map, Value, json};

use crate::{Catalogue, Entity, EntityName, Policies, Problem, Question, Risk, Verdict};

/// Thursday, 26 November 2026, 09:30 UTC.
const NOW: i64 = 1_795_685_400;

fn name(text: &str) -> CapabilityName {
    CapabilityName::parse(text).unwrap()
}

fn object(value: Value) -> Map<String, Value> {
    let Value::Object(object) = value else {
        panic!("an object")
    };
    object
}

/// A purchase with an amount, and something that takes nothing.
fn catalogue() -> Catalogue {
    let input = json!({
        "type": "object", "required": ["amount", "merchant"],
        "properties": {
            "amount": {
                "type": "object", "required": ["value", "currency"],
                "properties": { "value": { "type": "string", "format": "decimal" }, "currency": { "type": "string" } },
            },
            "merchant": { "type": "string" },
            "items": { "type": "array", "items": { "type": "string" } },
            "express": { "type": "boolean" },
            "weight": { "type": "number" },
        },
    });
    let capability = |named: &str, input: Option<Value>| Capability {
        name: name(named),
        description: "for tests".to_owned(),
        input: input.map(object),
        output: None,
        strength: Strength::Session,
        scopes: Vec::new(),
    };
    Catalogue {
        capabilities: vec![capability("purchase", Some(input)), capability("read_profile", None)],
        schema: None,
    }
}

fn compile(text: &str) -> Result<Policies, Vec<Problem>> {
    Policies::compile(text, &catalogue())
}

fn policies(text: &str) -> Policies {
    compile(text).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// Alice, who is in finance, which is in nothing.
fn alice() -> Entity {
    Entity {
        parents: vec![EntityName::new("Group", "finance"), EntityName::new("Role", "buyer")],
        ..Entity::named("User", "alice")
    }
}

fn purchase(value: &str, merchant: &str) -> Map<String, Value> {
    object(json!({ "amount": { "value": value, "currency": "EUR" }, "merchant": merchant }))
}

/// What policies say to this principal, who wants this with that.
fn said(policies: &Policies, principal: &Entity, action: &str, input: Option<&Map<String, Value>>) -> Verdict {
    said_at(policies, principal, action, input, Risk::default())
}

fn said_at(
    policies: &Policies,
    principal: &Entity,
    action: &str,
    input: Option<&Map<String, Value>>,
    risk: Risk,
) -> Verdict {
    policies.judge(&Question {
        principal,
        ancestors: &[],
        action: &name(action),
        resource: &Entity::named("Resource", "https://shop.example"),
        input,
        risk,
        now: Time::from_unix(NOW),
    })
}
