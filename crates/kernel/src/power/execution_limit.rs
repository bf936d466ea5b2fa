//! How often a token may be used for what (seed 001: fifteen reads and one write), as a client asks for it: a detail of a type of ours.
//!
//! `{"type": "execution_limit", "capability": "read_file", "max_executions": 15}`. A token with such details reaches those capabilities and no others, each so often, within everything that its
//! grant allows. They stand in the answer and in the token like other details.

use serde_json::{Value, json};

use super::Powers;
use crate::{authority::Scopes, detail::Details, policy::Policy, why::Why};

/// The type of such a detail; nobody can register another of this name.
pub const EXECUTION_LIMIT: &str = "execution_limit";

const FORM: &str = "execution_limit has a capability, a name, and max_executions, a number from 1 to 1000000000, and nothing else; each capability once";

/// The limits that a token is asked with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExecutionLimits {
    details: Details,
    powers: Powers,
}

impl ExecutionLimits {
    /// Whether there are none.
    pub fn is_none(&self) -> bool {
        self.powers.is_empty()
    }

    /// Takes them out of what is asked; what is left are details of registered types, if there are any.
    pub fn split(asked: Option<Details>) -> Result<(Option<Details>, Self), Why> {
        let Some(asked) = asked else {
            return Ok((None, Self::default()));
        };
        let is_limit: Vec<bool> = asked
            .iter()
            .map(|detail| detail.kind().as_str() == EXECUTION_LIMIT)
            .collect();
        let limits = asked.keeping(|place| is_limit.get(place) == Some(&true));
        if limits.is_empty() {
            return Ok((Some(asked), Self::default()));
        }
        let rest = asked.keeping(|place| is_limit.get(place) != Some(&true));
        let powers: Option<Vec<Value>> = limits
            .iter()
            .map(|detail| {
                let body = detail.body();
                let (capability, most) = (body.get("capability")?, body.get("max_executions")?);
                (body.len() == 3).then(|| json!({ "action": capability, "limits": { "max_executions": most } }))
            })
            .collect();
        let powers = powers.ok_or(Why::DetailsMalformed(FORM))?;
        let powers = Powers::read(&Value::Array(powers)).map_err(|_| Why::DetailsMalformed(FORM))?;
        if powers.names().len() != limits.len() {
            return Err(Why::DetailsMalformed(FORM));
        }
        let limits = Self {
            details: limits,
            powers,
        };
        Ok((Some(rest).filter(|rest| !rest.is_empty()), limits))
    }

    /// As the token's own powers.
    pub const fn powers(&self) -> &Powers {
        &self.powers
    }

    /// What the token says: its details, and these.
    #[must_use]
    pub fn beside(&self, details: &Details) -> Details {
        details.with(&self.details)
    }

    /// What a token with these limits has of the scopes it could have, when none were asked for: those that stand for what the limits name. A resource that books nothing still sees
    /// no more in it than it is for.
    pub fn scopes_of(&self, all: &Scopes, place: &str, policy: &Policy) -> Scopes {
        let names = self.powers.names();
        let stands_for_one = |scope: &&str| {
            let known = policy.named_by(scope, place);
            known.is_some_and(|known| names.contains(known.name.as_str()))
        };
        let left = all.iter().filter(stands_for_one);
        left.fold(Scopes::default(), |all, scope| all.with(&Scopes::one(scope)))
    }

    /// The same of details, when none were asked for. Those of other capabilities the token could not use, and issuing it would use them up.
    pub fn details_of(&self, all: &Details) -> Details {
        let names = self.powers.names();
        let kept: Vec<bool> = all
            .iter()
            .map(|detail| names.contains(detail.kind().as_str()))
            .collect();
        all.keeping(|place| kept.get(place) == Some(&true))
    }

    /// Whether every capability is one of these policies', and a token with these scopes and details, of a grant with these powers, reaches any of them: one that reaches nothing is good
    /// for nothing.
    pub fn are_meant(&self, policy: &Policy, scopes: &Scopes, details: &Details, grant: &Powers) -> Result<(), Why> {
        let names = self.powers.names();
        if !names.iter().all(|name| policy.capability(name).is_some()) {
            return Err(Why::CapabilityUnknown);
        }
        if self.reach(scopes, details, grant) {
            Ok(())
        } else {
            Err(Why::ScopeNotGranted)
        }
    }

    fn reach(&self, scopes: &Scopes, details: &Details, grant: &Powers) -> bool {
        let by_power = || grant.names().iter().any(|name| self.powers.names().contains(name));
        self.is_none() || !scopes.is_empty() || !details.is_empty() || by_power()
    }
}

/// The details of a token that are of registered types.
#[must_use]
pub fn registered(details: &Details) -> Details {
    let is_limit: Vec<bool> = details
        .iter()
        .map(|detail| detail.kind().as_str() == EXECUTION_LIMIT)
        .collect();
    details.keeping(|place| is_limit.get(place) != Some(&true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_with_limits_has_the_details_that_they_name_and_reaches_something_or_is_none() {
        let all = Details::parse(r#"[{"type":"purchase","amount":"50"},{"type":"calendar"}]"#).unwrap();
        let limits = |name: &str| {
            let asked = json!([{ "type": EXECUTION_LIMIT, "capability": name, "max_executions": 1 }]);
            ExecutionLimits::split(Some(Details::of(asked).unwrap())).unwrap().1
        };
        let left = limits("purchase").details_of(&all);
        assert_eq!(left, Details::parse(r#"[{"type":"purchase","amount":"50"}]"#).unwrap());
        assert!(limits("read_file").details_of(&all).is_empty());

        let (none, nothing) = (Scopes::default(), Details::default());
        let powers = Powers::read(&json!([{ "action": "purchase" }])).unwrap();
        for (name, scopes, details, powers, reaches) in [
            ("purchase", &none, &nothing, &powers, true),
            ("read_file", &none, &nothing, &powers, false),
            ("read_file", &Scopes::one("read"), &nothing, &powers, true),
            ("purchase", &none, &all, &Powers::default(), true),
            ("purchase", &none, &nothing, &Powers::default(), false),
        ] {
            assert_eq!(limits(name).reach(scopes, details, powers), reaches, "{name}");
        }
        assert!(ExecutionLimits::default().reach(&none, &nothing, &Powers::default()));
    }
}
