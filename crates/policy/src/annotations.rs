//! What a policy demands besides yes or no: annotations on it.

use std::collections::BTreeSet;

use cedar_policy::Policy;
use kernel::capability::Strength;

/// The annotations that mean something. Others are refused when policies are compiled: a slip of the pen must not switch a demand off.
pub const ANNOTATIONS: [&str; 7] = [
    "id",
    "description",
    "strength",
    "approvers",
    "quorum",
    "lifetime",
    "reason",
];

/// The most people who may be demanded.
const QUORUM_MAX: u8 = 20;
/// The shortest and longest lifetime that may be demanded, in seconds.
const LIFETIME_SECONDS: std::ops::RangeInclusive<u32> = 30..=31_536_000;

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
    /// Reads the annotations of a policy; what is wrong is told in a sentence.
    pub(crate) fn read(policy: &Policy) -> Result<Self, String> {
        let known = |name: &str| ANNOTATIONS.contains(&name);
        if let Some((name, _)) = policy.annotations().find(|(name, _)| !known(name)) {
            return Err(format!(
                "@{name} means nothing here; the annotations are {}",
                ANNOTATIONS.map(|name| format!("@{name}")).join(", ")
            ));
        }
        let strength = match policy.annotation("strength") {
            None => None,
            Some(name) => Some(Strength::from_name(name).ok_or("@strength is \"none\", \"session\" or \"biometric\"")?),
        };
        let quorum = match policy.annotation("quorum") {
            None => 1,
            Some(text) => text
                .parse()
                .ok()
                .filter(|quorum| (1..=QUORUM_MAX).contains(quorum))
                .ok_or(format!("@quorum is a number of people from 1 to {QUORUM_MAX}"))?,
        };
        let approvers = match policy.annotation("approvers") {
            None if policy.annotation("quorum").is_some() => {
                return Err("@quorum says how many of @approvers, which is missing".to_owned());
            }
            None => BTreeSet::new(),
            Some("") => return Err("@approvers is the id of a group or role".to_owned()),
            Some(group) => [Approvers {
                group: group.to_owned(),
                quorum,
            }]
            .into(),
        };
        let lifetime_seconds = match policy.annotation("lifetime") {
            None => None,
            Some(text) => Some(
                text.parse()
                    .ok()
                    .filter(|seconds| LIFETIME_SECONDS.contains(seconds))
                    .ok_or("@lifetime is a number of seconds from 30 to 31536000")?,
            ),
        };
        let reasons = policy.annotation("reason").map(str::to_owned).into_iter().collect();
        Ok(Self {
            strength,
            approvers,
            lifetime_seconds,
            reasons,
        })
    }

    /// The strictest of both.
    pub(crate) fn with(mut self, other: &Self) -> Self {
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
