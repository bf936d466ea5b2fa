//! What a policy demands besides yes or no: annotations on it.

use std::collections::BTreeSet;

use cedar_policy::{Effect, Policy};
use kernel::{
    capability::Strength,
    policy::{Approvers, Demands},
    user::parse_group,
};

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

/// The most people of a group who may be demanded.
const QUORUM_MAX: u8 = 20;
/// The most groups that one policy may demand.
const GROUPS_MAX: usize = 5;
/// The shortest and longest lifetime that may be demanded, in seconds.
const LIFETIME_SECONDS: std::ops::RangeInclusive<u32> = 30..=31_536_000;

/// The longest reason, in bytes.
const REASON_BYTES_MAX: usize = 200;

/// Whether a denied caller can be told this: what `error_description` may be (RFC 6749 s5.2).
fn is_reason(text: &str) -> bool {
    let may_be_told = |b: u8| (b' '..=b'~').contains(&b) && !matches!(b, b'"' | b'\\');
    (1..=REASON_BYTES_MAX).contains(&text.len()) && text.bytes().all(may_be_told)
}

/// So many of each of these groups, all different.
fn asked(groups: &str, quorum: u8) -> Option<BTreeSet<Approvers>> {
    let read = |group: &str| {
        parse_group(group).map(|group| Approvers {
            group: group.as_str().to_owned(),
            quorum,
        })
    };
    let asked = groups.split(' ').map(read).collect::<Option<BTreeSet<_>>>()?;
    (asked.len() <= GROUPS_MAX && asked.len() == groups.split(' ').count()).then_some(asked)
}

/// Reads the annotations of a policy; what is wrong is told in a sentence.
pub(crate) fn read(policy: &Policy) -> Result<Demands, String> {
    let known = |name: &str| ANNOTATIONS.contains(&name);
    if let Some((name, _)) = policy.annotations().find(|(name, _)| !known(name)) {
        return Err(format!(
            "@{name} means nothing here; the annotations are {}",
            ANNOTATIONS.map(|name| format!("@{name}")).join(", ")
        ));
    }
    let demands = ["strength", "approvers", "quorum", "lifetime"];
    let of_no = demands.iter().find(|name| policy.annotation(name).is_some());
    if let (Effect::Forbid, Some(name)) = (policy.effect(), of_no) {
        return Err(format!("@{name} demands something of a yes, and a forbid gives none"));
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
        Some(groups) => asked(groups, quorum).ok_or(format!(
            "@approvers is the id of a group or role, or up to {GROUPS_MAX} of them with one space between"
        ))?,
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
    let reasons = match policy.annotation("reason") {
        None => BTreeSet::new(),
        Some(text) if is_reason(text) => [text.to_owned()].into(),
        Some(_) => {
            return Err(format!(
                "@reason is one line of 1 to {REASON_BYTES_MAX} characters of ASCII, without \" and \\"
            ));
        }
    };
    Ok(Demands {
        strength,
        approvers,
        lifetime_seconds,
        reasons,
    })
}
