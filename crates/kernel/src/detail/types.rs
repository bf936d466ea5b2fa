//! A tenant's types as a decision sees them.

use std::collections::{BTreeMap, BTreeSet};

use super::{Detail, DetailType, Details, Guard};
use crate::{client::Client, decision, id::DetailTypeId, power::EXECUTION_LIMIT, why::Why};

/// In what a detail differs from what its type's schema admits. It says where by names of the schema, as in `amount.value`, and nothing of what came in; the name is empty
/// for the detail itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Breach {
    /// This member must be there, and is not.
    Missing(String),
    /// In this member there is one that the type does not know.
    Unknown(String),
    /// This member has a value that the type does not admit.
    Value(String),
}

impl Breach {
    /// What is wrong with the input of a capability.
    pub fn said_of_input(&self) -> String {
        match self {
            Self::Missing(name) if name.is_empty() => "a member is missing".to_owned(),
            Self::Missing(name) => format!("{name} is missing"),
            Self::Unknown(name) if name.is_empty() => "it has a member that the schema does not know".to_owned(),
            Self::Unknown(name) => format!("{name} has a member that the schema does not know"),
            Self::Value(name) if name.is_empty() => "it has a value that the schema does not admit".to_owned(),
            Self::Value(name) => format!("{name} has a value that the schema does not admit"),
        }
    }

    /// The end of a sentence for the caller that begins with the detail.
    pub fn said(&self) -> String {
        match self {
            Self::Missing(name) if name.is_empty() => "lacks a member that its type demands".to_owned(),
            Self::Missing(name) => format!("lacks a member that its type demands: {name}"),
            Self::Unknown(name) if name.is_empty() => "has a member that its type does not know".to_owned(),
            Self::Unknown(name) => format!("has a member that its type does not know, in {name}"),
            Self::Value(name) if name.is_empty() => "has a value that its type does not admit".to_owned(),
            Self::Value(name) => format!("has a value that its type does not admit: {name}"),
        }
    }
}

/// The types that are registered now, and what their schemas made of the details in question. Of a detail that no schema was asked about nothing is known, and it is refused.
#[derive(Clone, Debug, Default)]
pub struct Types {
    known: BTreeMap<DetailTypeId, DetailType>,
    judged: BTreeMap<String, Result<(), Breach>>,
}

impl Types {
    /// Types as they were loaded.
    pub fn of(types: impl IntoIterator<Item = DetailType>) -> Self {
        Self {
            known: types.into_iter().map(|kind| (kind.id.clone(), kind)).collect(),
            judged: BTreeMap::new(),
        }
    }

    /// The type of this name.
    pub fn get(&self, id: &DetailTypeId) -> Option<&DetailType> {
        self.known.get(id)
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &DetailTypeId> {
        self.known.keys()
    }

    /// Notes what its type's schema made of a detail.
    pub fn judge(&mut self, detail: &Detail, verdict: Result<(), Breach>) {
        self.judged.insert(detail.digest(), verdict);
    }

    /// Whether a detail, the n-th of those that are asked, is of a type that is registered, and of the form that it has now.
    pub fn admit(&self, n: usize, detail: &Detail) -> Result<(), Why> {
        if detail.kind().as_str() == EXECUTION_LIMIT {
            return Err(Why::DetailOfToken(n));
        }
        if !self.known.contains_key(detail.kind()) {
            return Err(Why::DetailTypeUnknown(n));
        }
        match self.judged.get(&detail.digest()) {
            Some(Ok(())) => Ok(()),
            Some(Err(breach)) => Err(Why::DetailRefused(n, breach.clone())),
            None => Err(Why::DetailRefused(n, Breach::Value(String::new()))), // nobody looked: it fails closed
        }
    }

    /// Whether all of them still count: a type that is gone, or whose schema no longer admits what was granted, silences like a revocation.
    pub fn still_admit(&self, details: &Details) -> bool {
        details.iter().all(|detail| self.admit(0, detail).is_ok())
    }

    /// Whether these may be asked by this client at this place (RFC 9396 s5): each of a type that is registered and that the client may use, in its form, and for there.
    pub fn askable(&self, details: &Details, client: &Client, place: &str) -> Result<(), Why> {
        let mut each = details.iter().enumerate();
        each.try_for_each(|(n, detail)| self.check(n, detail, client, place))
    }

    fn check(&self, n: usize, detail: &Detail, client: &Client, place: &str) -> Result<(), Why> {
        self.admit(n, detail)?;
        let allowed = client.further.detail_types.as_ref();
        if allowed.is_some_and(|names| !names.iter().any(|name| name == detail.kind().as_str())) {
            return Err(Why::DetailTypeNotAllowed(n));
        }
        if !detail.is_for(place) {
            return Err(Why::DetailElsewhere(n));
        }
        Ok(())
    }

    /// What a token gets of what was granted: all of it, or what is asked of it (RFC 9396 s6); and all of that still counts.
    pub fn of_granted(
        &self,
        asked: Option<&Details>,
        granted: &Details,
        client: &Client,
        place: &str,
    ) -> Result<Details, Why> {
        let Some(asked) = asked else {
            self.askable(granted, client, place).map_err(|_| Why::GrantEnded)?;
            return Ok(granted.clone());
        };
        self.askable(asked, client, place)?;
        if !self.within(asked, granted) {
            return Err(Why::DetailNotGranted);
        }
        Ok(asked.clone())
    }

    /// What of these counts at this place for this client.
    pub fn counting(&self, details: &Details, client: &Client, place: &str) -> Details {
        let over: BTreeSet<String> = details
            .iter()
            .filter(|detail| self.check(0, detail, client, place).is_err())
            .map(Detail::digest)
            .collect();
        details.without(&over)
    }

    /// Whether what is asked lies within what was granted: each asked detail within a granted one of its own, so that one purchase never becomes two.
    pub fn within(&self, asked: &Details, granted: &Details) -> bool {
        let fits: Vec<Vec<usize>> = asked
            .iter()
            .map(|asked| {
                let rules = self.known.get(asked.kind()).map(|kind| &kind.narrowing);
                let lies = |granted: &Detail| rules.is_some_and(|rules| rules.within(asked, granted));
                let places = granted.iter().enumerate();
                places.filter(|(_, granted)| lies(granted)).map(|(n, _)| n).collect()
            })
            .collect();
        let mut taken = BTreeMap::new();
        (0..fits.len()).all(|n| seat(n, &fits, &mut taken, &mut BTreeSet::new()))
    }

    /// What of these lies within what was granted: one after the other, as long as each finds a granted one of its own. One of a type that is gone stays: whoever uses it asks whether
    /// its type counts, and refuses all of it.
    pub fn part_within(&self, details: &Details, granted: &Details) -> Details {
        let known: Vec<bool> = details.iter().map(|one| self.known.contains_key(one.kind())).collect();
        let is_known = |place: usize| known.get(place) == Some(&true);
        let kept = (0..details.len()).fold(BTreeSet::new(), |mut kept, place| {
            kept.insert(place);
            if !self.within(
                &details.keeping(|other| kept.contains(&other) && is_known(other)),
                granted,
            ) {
                kept.remove(&place);
            }
            kept
        });
        details.keeping(|place| kept.contains(&place))
    }

    /// What a decision about these details relied on.
    pub fn relied_on(&self, details: &Details) -> Vec<decision::Guard> {
        let kinds: BTreeSet<&DetailTypeId> = details.iter().map(Detail::kind).collect();
        let known = kinds.into_iter().filter_map(|id| self.known.get(id));
        known
            .map(|kind| {
                decision::Guard::DetailType(Guard::Unchanged {
                    id: kind.id.clone(),
                    basis: kind.basis(),
                })
            })
            .collect()
    }

    /// What a page shows when it shows these details: the details and the words they are shown in. A yes is to that and to nothing else (S-30).
    pub fn shown(&self, details: &Details) -> String {
        let kinds: BTreeSet<&DetailTypeId> = details.iter().map(Detail::kind).collect();
        let bases = kinds
            .into_iter()
            .map(|id| self.known.get(id).map_or_else(String::new, DetailType::basis));
        details.digests().into_iter().chain(bases).collect::<Vec<_>>().join(" ")
    }
}

/// Finds a place for an asked detail, moving others to another of theirs where that makes room.
fn seat(asked: usize, fits: &[Vec<usize>], taken: &mut BTreeMap<usize, usize>, tried: &mut BTreeSet<usize>) -> bool {
    for place in fits.get(asked).into_iter().flatten() {
        if !tried.insert(*place) {
            continue;
        }
        let free = match taken.get(place).copied() {
            None => true,
            Some(other) => seat(other, fits, taken, tried),
        };
        if free {
            taken.insert(*place, asked);
            return true;
        }
    }
    false
}
