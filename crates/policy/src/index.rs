//! Which policies could speak of a principal.
//!
//! A `permit` whose head names its principal (`principal == User::"alice"`, `principal in Group::"finance"`) can be satisfied only by that entity or something in it. So it lies under
//! that name, and everything else is looked at always: every `forbid`, and every `permit` whose principal is not named. A slice that lost one of these would widen access.

use std::collections::HashMap;

use cedar_policy::{Effect, EntityUid, Policy, PolicySet, PolicySetError, PrincipalConstraint};

/// Policies by the principal that they name.
#[derive(Debug)]
pub(crate) struct Index {
    always: PolicySet,
    named: HashMap<EntityUid, PolicySet>,
}

impl Index {
    /// Sorts policies, whose ids differ.
    pub(crate) fn of(policies: impl IntoIterator<Item = Policy>) -> Result<Self, Box<PolicySetError>> {
        let mut index = Self {
            always: PolicySet::new(),
            named: HashMap::new(),
        };
        for policy in policies {
            match named(&policy) {
                Some(principal) => index.named.entry(principal).or_default().add(policy)?,
                None => index.always.add(policy)?,
            }
        }
        Ok(index)
    }

    /// What is looked at whoever asks; every `forbid` is here.
    pub(crate) const fn always(&self) -> &PolicySet {
        &self.always
    }

    /// The permits of these, the principal and its ancestors, as far as there are any.
    pub(crate) fn of_named<'a>(&'a self, names: &'a [EntityUid]) -> impl Iterator<Item = &'a PolicySet> {
        names.iter().filter_map(|name| self.named.get(name))
    }
}

/// Under which name a policy lies, if it need not be looked at always.
fn named(policy: &Policy) -> Option<EntityUid> {
    match (policy.effect(), policy.principal_constraint()) {
        (Effect::Forbid, _) | (Effect::Permit, PrincipalConstraint::Any | PrincipalConstraint::Is(_)) => None,
        (
            Effect::Permit,
            PrincipalConstraint::Eq(name) | PrincipalConstraint::In(name) | PrincipalConstraint::IsIn(_, name),
        ) => Some(name),
    }
}
