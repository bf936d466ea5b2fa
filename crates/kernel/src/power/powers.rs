//! A power, and all of a grant's.

use std::collections::{BTreeMap, BTreeSet};

use proof::json::{self, Object};
use serde_json::Value;

use super::{
    Constraint, Constraints, DataClasses, Limits,
    read::{list, only, text},
};
use crate::{capability::CapabilityName, policy::Policy};

/// Powers of one grant, at most.
pub const POWERS_MAX: usize = 64;
/// The longest list of powers, in bytes as a row keeps it.
pub const BYTES_MAX: usize = 16 * 1024;
/// How deep a row is nested: the list, a power, its constraints, one of them, its values.
const ROW_DEPTH: usize = 5;

/// What a grant allows of one capability: `{"action": "purchase", "constraints": [...], "limits": {...}}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Power {
    /// The capability.
    pub capability: CapabilityName,
    /// What holds of everything that is asked by it.
    pub constraints: Constraints,
    /// How often and how much.
    pub limits: Limits,
}

const ACTION: &str = "action";
const CONSTRAINTS: &str = "constraints";
const LIMITS: &str = "limits";

impl Power {
    /// Reads a document. What is wrong is told in a sentence that begins with the place.
    pub fn read(o: &Object) -> Result<Self, String> {
        only(o, "a capability of a grant", &[ACTION, CONSTRAINTS, LIMITS])?;
        let capability = text(o, ACTION).and_then(CapabilityName::parse);
        Ok(Self {
            capability: capability.ok_or(
                "action: the name of a capability: a letter, then letters, digits and _ - . : /, at most 64 in all",
            )?,
            constraints: o
                .get(CONSTRAINTS)
                .map(Constraints::read)
                .transpose()?
                .unwrap_or_default(),
            limits: o.get(LIMITS).map(Limits::read).transpose()?.unwrap_or_default(),
        })
    }

    /// Everything of a capability.
    pub(crate) fn unlimited(capability: CapabilityName) -> Self {
        Self {
            capability,
            constraints: Constraints::default(),
            limits: Limits::default(),
        }
    }

    /// The document; what there is none of is left out.
    pub fn document(&self) -> Object {
        let mut o = Object::new();
        o.insert(ACTION.to_owned(), self.capability.as_str().into());
        if !self.constraints.is_empty() {
            o.insert(CONSTRAINTS.to_owned(), self.constraints.value());
        }
        if !self.limits.is_empty() {
            o.insert(LIMITS.to_owned(), Value::Object(self.limits.document()));
        }
        o
    }

    /// Whether it allows nothing that `parent` does not.
    pub fn within(&self, parent: &Self, order: &DataClasses) -> bool {
        self.capability == parent.capability
            && self.constraints.imply(&parent.constraints, order)
            && self.limits.within(&parent.limits)
    }

    /// What is left when somebody makes this of it; none where that would be more. Limits that are not stated stay.
    fn edited(&self, to: &Self, order: &DataClasses) -> Option<Self> {
        to.within(self, order).then(|| Self {
            limits: to.limits.or_those_of(&self.limits),
            ..to.clone()
        })
    }
}

/// The powers of a grant. Several may be of one capability: any of them suffices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Powers(Vec<Power>);

impl Powers {
    /// Reads a list. What is wrong is told in a sentence that begins with the place: `capabilities[0]: constraints[2]: op: ...`.
    pub fn read(value: &Value) -> Result<Self, String> {
        let powers = Self(list(value, "capabilities", POWERS_MAX, Power::read)?);
        if powers.row().len() > BYTES_MAX {
            return Err(format!("capabilities: at most {BYTES_MAX} bytes in all"));
        }
        Ok(powers)
    }

    /// The documents.
    pub fn value(&self) -> Value {
        self.0.iter().map(Power::document).collect()
    }

    /// The documents, each with the member `words`: the sentence for people.
    pub fn told(&self) -> Value {
        let told = |power: &Power| {
            let mut o = power.document();
            o.insert("words".to_owned(), power.words().into());
            o
        };
        self.0.iter().map(told).collect()
    }

    /// As rows hold them: a JSON array.
    pub fn row(&self) -> String {
        json::canonical(&self.value())
    }

    /// Reads what [`Self::row`] wrote; none for anything else. A row that cannot be read is a fault, not a grant without powers, nor a power without constraints.
    pub fn from_row(text: &str) -> Option<Self> {
        let value = json::parse_value_to_depth(text.as_bytes(), ROW_DEPTH).ok()?;
        Self::read(&value).ok()
    }

    /// The capabilities of those that lie within none of these, for people.
    pub(crate) fn beyond(&self, others: &Self, order: &DataClasses) -> String {
        let is_within = |power: &Power| others.0.iter().any(|other| power.within(other, order));
        let beyond = self.0.iter().filter(|power| !is_within(power));
        let names: BTreeSet<&str> = beyond.map(|power| power.capability.as_str()).collect();
        names.into_iter().collect::<Vec<_>>().join(", ")
    }

    /// One after the other.
    pub fn iter(&self) -> std::slice::Iter<'_, Power> {
        self.0.iter()
    }

    /// Those of one capability.
    pub fn of<'a>(&'a self, capability: &'a CapabilityName) -> impl Iterator<Item = &'a Power> {
        self.0.iter().filter(move |power| power.capability == *capability)
    }

    /// The names of their capabilities, each once.
    pub fn names(&self) -> BTreeSet<&str> {
        self.0.iter().map(|power| power.capability.as_str()).collect()
    }

    /// What of it means nothing here, in a sentence: a capability that the catalogue does not have, a class of data that no order has, a number of no currency. It would be written and never hold.
    pub fn means_nothing(&self, policy: &Policy, order: &DataClasses) -> Option<String> {
        self.0.iter().find_map(|power| {
            let name = power.capability.as_str();
            let Some(known) = policy.capability(name) else {
                return Some(format!(
                    "{name} is not in the catalogue of capabilities; enter it first"
                ));
            };
            let open = known.input.as_ref().and_then(|schema| power.constraints.never_holds(schema));
            if let Some((place, constraint, currency)) = open {
                return Some(format!(
                    "{name}: constraints[{place}]: {} counts in a currency, and nothing says in which: add a constraint on {currency}",
                    constraint.field
                ));
            }
            let mut classes = power.constraints.iter().filter_map(Constraint::class);
            let unknown = classes.find(|class| order.rank(class).is_none())?;
            let known: Vec<&str> = order.iter().collect();
            Some(format!(
                "{name}: {unknown} is no class of data; they are {}",
                known.join(", ")
            ))
        })
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether each of them lies within one of the parent's.
    pub fn within(&self, parent: &Self, order: &DataClasses) -> bool {
        let somewhere = |power: &Power| parent.iter().any(|theirs| power.within(theirs, order));
        self.0.iter().all(somewhere)
    }

    /// What is left when somebody makes these of them; none where that would be more.
    ///
    /// The n-th of a capability becomes the n-th of it: uses are counted by place, so a power that moved would be used anew, and one that was split would be used twice. Some are
    /// never made none, for a grant without powers says nothing of capabilities.
    pub(crate) fn edited(&self, to: &Self, order: &DataClasses) -> Option<Self> {
        if self.is_empty() {
            return Some(to.clone()); // limits to what scopes and details give
        }
        let mut places: BTreeMap<&CapabilityName, usize> = BTreeMap::new();
        let edited = to.0.iter().map(|power| {
            let place = places.entry(&power.capability).or_default();
            let before = self.of(&power.capability).nth(*place)?;
            *place = place.saturating_add(1);
            before.edited(power, order)
        });
        let edited: Option<Vec<Power>> = edited.collect();
        edited.filter(|left| !left.is_empty()).map(Self)
    }
}

impl FromIterator<Power> for Powers {
    fn from_iter<I: IntoIterator<Item = Power>>(powers: I) -> Self {
        Self(powers.into_iter().collect())
    }
}

impl<'a> IntoIterator for &'a Powers {
    type Item = &'a Power;
    type IntoIter = std::slice::Iter<'a, Power>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
