//! Policies among the facts: a table of what they say to each action. What Cedar makes of a text is tried elsewhere.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;

use super::facts::Row;
use crate::{
    capability::{Capability, CapabilityName, Strength},
    policy::{Answer, Approvers, Demands, Entity, Judge, Policy, Question, Rules, Verdict},
};

/// What is said, by action; nothing else is permitted.
#[derive(Debug)]
struct Table {
    says: BTreeMap<String, Verdict>,
    approvers: Vec<Approvers>,
    looks_at_risk: bool,
}

impl Judge for Table {
    fn judge(&self, question: &Question<'_>) -> Verdict {
        let said = self.says.get(question.action.as_str()).cloned();
        said.unwrap_or_else(|| Verdict::plain(Answer::Silence, &[]))
    }

    fn kind(&self, named: &str) -> Option<&str> {
        crate::policy::OUR_KINDS
            .into_iter()
            .find(|kind| crate::policy::is_meant(kind, named))
    }

    fn actions(&self, _principal: &str, _resource: &str) -> Vec<CapabilityName> {
        self.says
            .keys()
            .filter_map(|name| CapabilityName::parse(name))
            .collect()
    }

    fn approvers(&self) -> &[Approvers] {
        &self.approvers
    }

    fn declares(&self, _action: &str, _member: &str) -> bool {
        false
    }

    fn looks_at_risk(&self) -> bool {
        self.looks_at_risk
    }
}

/// The policy among the facts; the built-in one when it is left out.
pub(crate) fn policy(value: Option<&Value>) -> Policy {
    let Some(value) = value else {
        return Policy::built_in();
    };
    let row = Row::of(value, &["version", "capabilities", "says", "entities", "looks_at_risk"]);
    let capabilities = row.0.get("capabilities").and_then(Value::as_array);
    let capabilities = match capabilities {
        None => Capability::seeded(),
        Some(all) => all
            .iter()
            .map(|one| Capability::read(one.as_object().unwrap()).unwrap())
            .collect(),
    };
    let says: BTreeMap<String, Verdict> = row
        .0
        .get("says")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(action, said)| (action.clone(), verdict(said)))
        .collect();
    let approvers = says
        .values()
        .flat_map(|verdict| verdict.demands.approvers.iter().cloned())
        .collect();
    let version = row.number("version").unwrap_or(1);
    let entities = row.0.get("entities").and_then(Value::as_array);
    let entities = entities.map_or_else(Vec::new, |all| Entity::read_all(all).unwrap());
    let table = Table {
        says,
        approvers,
        looks_at_risk: row.is("looks_at_risk") == Some(true),
    };
    Policy::applied(version, capabilities, entities, Arc::new(table))
}

/// Central consent and policy, as they stand among the facts.
pub(crate) fn ruled(loaded: &serde_json::Map<String, Value>) -> Rules {
    Rules {
        policy: policy(loaded.get("policy")),
        ..super::people::rules(loaded.get("rules"))
    }
}

fn verdict(value: &Value) -> Verdict {
    let members = [
        "answer",
        "decided",
        "strength",
        "approvers",
        "quorum",
        "lifetime_seconds",
        "reason",
    ];
    let row = Row::of(value, &members);
    let decided: Vec<&str> = row.list("decided").collect();
    let answer = Answer::from_name(row.required("answer")).unwrap();
    let quorum = row.number("quorum").unwrap_or(1);
    let approvers = row.text("approvers").map(|group| Approvers {
        group: group.to_owned(),
        quorum: u8::try_from(quorum).unwrap(),
    });
    Verdict {
        demands: Demands {
            strength: row.text("strength").map(|name| Strength::from_name(name).unwrap()),
            approvers: approvers.into_iter().collect(),
            lifetime_seconds: row.number("lifetime_seconds").map(|n| u32::try_from(n).unwrap()),
            reasons: row.text("reason").map(str::to_owned).into_iter().collect(),
        },
        ..Verdict::plain(answer, &decided)
    }
}
