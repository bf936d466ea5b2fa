//! Policies and capabilities, applied as a whole.

use proof::{digest, json};

use super::{NewPolicies, describe, rules::Facts};
use crate::{
    caller::{AdministratorCaller, Caller},
    capability::Capability,
    decision::{Change, Decision, Guard, Reply},
    detail::SCHEMA_DEPTH_MAX,
    event::{Event, EventKind},
    moment::Moment,
    policy::{self, CAPABILITIES_MAX, CATALOGUE_BYTES_MAX, POLICIES_BYTES_MAX, PolicySet, SCHEMA_BYTES_MAX},
    why::Why,
};

/// Applies them: from the commit on every door judges by the new version. The same once more changes nothing.
pub(super) fn apply(
    new: &NewPolicies,
    administrator: &AdministratorCaller,
    caller: &Caller,
    facts: &Facts,
    at: &Moment,
) -> Result<Decision, Why> {
    let from = facts.policy_version;
    if new.replaces.is_some_and(|version| version != from) {
        return Err(Why::VersionReplaced(from));
    }
    new.check()?;
    let to = from.saturating_add(1);
    let set = PolicySet {
        version: to,
        policies: new.policies.clone(),
        schema: new.schema.clone(),
        capabilities: new.capabilities.clone(),
        entities: new.entities.clone(),
        by: administrator.id.clone(),
        created: at.now,
    };
    let same = |known: &PolicySet| {
        known.policies == set.policies
            && known.schema == set.schema
            && known.entities == set.entities
            && Capability::write_all(&known.capabilities) == Capability::write_all(&set.capabilities)
    };
    if let Some(known) = facts.policies.as_ref().filter(|known| same(known)) {
        let document = describe::policy_set(known);
        return Ok(Decision::issue(
            Reply::Document(document),
            Vec::new(),
            Change::default(),
        ));
    }
    let document = describe::policy_set(&set);
    let names: Vec<&str> = set.capabilities.iter().map(|one| one.name.as_str()).collect();
    let event = Event::new(EventKind::PoliciesApplied, caller, at)
        .with("version", to)
        .with("replaces", from)
        .with("policies", digest::sha256_b64(set.policies.as_bytes()))
        .with("capabilities", names);
    let change = Change {
        guards: vec![
            Guard::Policy(policy::Guard::Create(Box::new(set))),
            Guard::Policy(policy::Guard::Advance { from, to }),
        ],
        events: vec![event],
        ..Change::default()
    };
    Ok(Decision::issue(Reply::Created(document), Vec::new(), change))
}

impl NewPolicies {
    /// Whether its texts have a length that is read again and again, and are such as a database takes.
    pub fn check(&self) -> Result<(), Why> {
        let schema = self.schema.as_deref().unwrap_or_default();
        let catalogue = Capability::write_all(&self.capabilities);
        let is_read_again = || json::parse_object_to_depth(catalogue.as_bytes(), SCHEMA_DEPTH_MAX).is_ok();
        if let Some(what) = Capability::contested(&self.capabilities) {
            return Err(Why::Body(what));
        }
        let wrong = if self.policies.len() > POLICIES_BYTES_MAX {
            "policies: at most 4 MiB"
        } else if schema.len() > SCHEMA_BYTES_MAX {
            "schema: at most 256 KiB"
        } else if self.capabilities.len() > CAPABILITIES_MAX {
            "capabilities: at most 500"
        } else if catalogue.len() > CATALOGUE_BYTES_MAX {
            "capabilities: at most 2 MiB in all"
        } else if !is_read_again() {
            "capabilities: schemas are nested too deep"
        } else if self.policies.contains('\0') || schema.contains('\0') {
            "policies and schema: texts without the character U+0000"
        } else {
            return Ok(());
        };
        Err(Why::Body(wrong.to_owned()))
    }
}
