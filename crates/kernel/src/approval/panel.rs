//! The groups and roles that are asked together, and whether enough different people of each have said yes.

use std::collections::{BTreeMap, BTreeSet};

use crate::{client, id::GroupId, policy::Approvers, user::parse_group};

/// So many different people of each of these groups or roles: one group or more. Nobody stands for two: who is a member of several counts where that lets more people count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panel(BTreeMap<GroupId, u8>);

impl Panel {
    /// So many of one group.
    pub fn one(group: GroupId, quorum: u8) -> Self {
        Self([(group, quorum)].into())
    }

    /// Those whom a client's registration names.
    pub fn registered(approvers: &client::Approvers) -> Self {
        Self::one(approvers.group.clone(), approvers.quorum)
    }

    /// Those whom policies demand; none where they demand nobody, or a group that cannot be.
    pub fn demanded(approvers: &BTreeSet<Approvers>) -> Option<Self> {
        let groups = approvers
            .iter()
            .map(|one| Some((parse_group(&one.group)?, one.quorum)))
            .collect::<Option<BTreeMap<_, _>>>()?;
        (!groups.is_empty()).then_some(Self(groups))
    }

    /// The groups, each with how many of it must say yes.
    pub fn iter(&self) -> impl Iterator<Item = (&GroupId, u8)> {
        self.0.iter().map(|(group, quorum)| (group, *quorum))
    }

    /// The group, if it is only one.
    pub fn only(&self) -> Option<(&GroupId, u8)> {
        let mut groups = self.iter();
        groups.next().filter(|_| groups.next().is_none())
    }

    /// How many different people must say yes.
    pub fn seats(&self) -> u8 {
        self.0.values().fold(0, |all, quorum| all.saturating_add(*quorum))
    }

    /// Whether it has so many of this group at least.
    pub(crate) fn covers(&self, demanded: &Approvers) -> bool {
        self.iter()
            .any(|(group, quorum)| group.as_str() == demanded.group && quorum >= demanded.quorum)
    }

    /// The groups of it that somebody belongs to.
    pub fn of_person(&self, memberships: &BTreeSet<GroupId>) -> BTreeSet<GroupId> {
        self.0
            .keys()
            .filter(|group| memberships.contains(*group))
            .cloned()
            .collect()
    }

    /// How many of each group have said yes, when each of these people counts for one of their groups and as many as possible count.
    pub fn seated(&self, people: &[&BTreeSet<GroupId>]) -> BTreeMap<&GroupId, usize> {
        let mut sits: BTreeMap<&GroupId, Vec<usize>> = self.0.keys().map(|group| (group, Vec::new())).collect();
        for person in 0..people.len() {
            self.seat(person, people, &mut sits, &mut BTreeSet::new());
        }
        sits.into_iter().map(|(group, seated)| (group, seated.len())).collect()
    }

    /// Finds a seat for somebody, moving others to another group of theirs where that makes room.
    fn seat<'s>(
        &'s self,
        person: usize,
        people: &[&BTreeSet<GroupId>],
        sits: &mut BTreeMap<&'s GroupId, Vec<usize>>,
        tried: &mut BTreeSet<&'s GroupId>,
    ) -> bool {
        let Some(groups) = people.get(person) else {
            return false;
        };
        for (group, quorum) in self.iter() {
            // Where one group alone is asked, whoever said yes is of it.
            let theirs = groups.contains(group) || self.only().is_some();
            if !theirs || !tried.insert(group) {
                continue;
            }
            let seated = sits.get(group).cloned().unwrap_or_default();
            if seated.len() < usize::from(quorum) {
                sits.entry(group).or_default().push(person);
                return true;
            }
            for (chair, other) in seated.into_iter().enumerate() {
                if self.seat(other, people, sits, tried) {
                    if let Some(chair) = sits.get_mut(group).and_then(|chairs| chairs.get_mut(chair)) {
                        *chair = person;
                    }
                    return true;
                }
            }
        }
        false
    }

    /// As rows keep it: one group by its id, its quorum beside it; several with their quorums.
    pub(super) fn row(&self) -> String {
        if let Some((group, _)) = self.only() {
            return group.as_str().to_owned();
        }
        let groups = self.iter().map(|(group, quorum)| format!("{group}={quorum}"));
        groups.collect::<Vec<_>>().join(" ")
    }

    /// Reads several groups as rows keep them.
    pub(super) fn from_row(text: &str) -> Option<Self> {
        let read = |part: &str| {
            let (group, quorum) = part.split_once('=')?;
            Some((parse_group(group)?, quorum.parse().ok().filter(|quorum| *quorum > 0)?))
        };
        let groups = text.split(' ').map(read).collect::<Option<BTreeMap<_, _>>>()?;
        (groups.len() > 1).then_some(Self(groups))
    }
}
