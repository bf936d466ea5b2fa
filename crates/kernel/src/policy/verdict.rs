//! What policies say.

use std::collections::BTreeSet;

use crate::capability::Strength;

/// What policies say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// One permits it, and none forbids it.
    Permit,
    /// One forbids it, or could not be evaluated and would have.
    Forbid,
    /// None permits it.
    Silence,
    /// The question is not one that the schema knows: an unknown action or entity type, or an input that does not fit.
    Unfit,
}

impl Answer {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Permit => "permit",
            Self::Forbid => "forbid",
            Self::Silence => "silence",
            Self::Unfit => "unfit",
        }
    }

    /// The answer of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Permit, Self::Forbid, Self::Silence, Self::Unfit]
            .into_iter()
            .find(|answer| answer.name() == name)
    }
}

/// What policies say, and which of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What they say.
    pub answer: Answer,
    /// The policies that decided, by name, in order.
    pub decided: Vec<String>,
    /// What these demand besides.
    pub demands: Demands,
    /// Policies that could not be evaluated, by name, in order.
    pub failed: Vec<String>,
    /// What does not fit, when something does not.
    pub unfit: Option<String>,
    /// What decided that is no policy: a grant that denies, or that somebody is disabled. No other policies would say otherwise.
    pub beside: Option<String>,
    /// Whether a policy forbids it that looks at what is unusual.
    pub of_risk: bool,
    /// How many policies were looked at.
    pub looked_at: usize,
}

impl Verdict {
    /// A no that no policy said.
    pub fn refused(beside: impl Into<String>) -> Self {
        Self {
            beside: Some(beside.into()),
            ..Self::plain(Answer::Forbid, &[])
        }
    }

    /// An answer without demands, decided by these.
    pub fn plain(answer: Answer, decided: &[&str]) -> Self {
        Self {
            answer,
            decided: decided.iter().map(|name| (*name).to_owned()).collect(),
            demands: Demands::default(),
            failed: Vec::new(),
            unfit: None,
            beside: None,
            of_risk: false,
            looked_at: decided.len(),
        }
    }

    /// The question is none.
    pub fn unfit(what: String) -> Self {
        Self {
            unfit: Some(what),
            ..Self::plain(Answer::Unfit, &[])
        }
    }
}

/// So many different people of a group or role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Approvers {
    /// The group or role.
    pub group: String,
    /// How many of them.
    pub quorum: u8,
}

/// What the policies that decided demand, all together: the strictest of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Demands {
    /// How strongly a human must say so at least, if policies say.
    pub strength: Option<Strength>,
    /// Who must say so, besides whoever would be asked anyway.
    pub approvers: BTreeSet<Approvers>,
    /// How long what is given lasts at most, in seconds.
    pub lifetime_seconds: Option<u32>,
    /// What a denied caller may be told, in the words of whoever wrote the policy.
    pub reasons: BTreeSet<String>,
}

impl Demands {
    /// The strictest of both.
    #[must_use]
    pub fn with(mut self, other: &Self) -> Self {
        self.strength = self.strength.max(other.strength);
        for approvers in &other.approvers {
            let same: Vec<Approvers> = self
                .approvers
                .iter()
                .filter(|known| known.group == approvers.group)
                .cloned()
                .collect();
            let quorum = same
                .iter()
                .map(|known| known.quorum)
                .max()
                .unwrap_or(0)
                .max(approvers.quorum);
            self.approvers.retain(|known| known.group != approvers.group);
            self.approvers.insert(Approvers {
                group: approvers.group.clone(),
                quorum,
            });
        }
        self.lifetime_seconds = match (self.lifetime_seconds, other.lifetime_seconds) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        self.reasons.extend(other.reasons.iter().cloned());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_demands_the_strictest_of_each_counts_whichever_comes_first() {
        let demands = |strength, quorum, lifetime_seconds| Demands {
            strength,
            approvers: [Approvers {
                group: "finance".to_owned(),
                quorum,
            }]
            .into(),
            lifetime_seconds,
            reasons: BTreeSet::new(),
        };
        let mild = demands(Some(Strength::Session), 1, None);
        let strict = demands(Some(Strength::Biometric), 2, Some(300));
        assert_eq!(mild.clone().with(&strict), strict);
        assert_eq!(strict.clone().with(&mild), strict);
        assert_eq!(Demands::default().with(&strict), strict);
        assert_eq!(strict.clone().with(&Demands::default()), strict);
    }
}
