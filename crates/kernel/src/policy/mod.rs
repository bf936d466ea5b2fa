//! May this ever be? What a door asks of a tenant's policies, and what their answer means (`product.md` s3, steps 2 and 3).
//!
//! Policies are read and compiled elsewhere (`policy`, Cedar); here are the words they are asked in, behind [`Judge`]. A door that gives something, or says that something given
//! still counts, makes a [`Scene`] and has it ruled ([`Scene::rule`]): capabilities are named, each is asked, and what is left, what is demanded and who said so come back.
//!
//! A tenant that applied no policies of its own has the built-in one: what grants allow is permitted.

mod denial;
mod history;
mod question;
mod scene;
mod set;
mod verdict;

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
    sync::{Arc, LazyLock},
};

pub use denial::Denial;
pub use history::{Acted, Actor, Habit, History, Remembered};
pub use question::{Asked, ENTITIES_MAX, Entity, EntityName, Question, Risk};
pub use scene::{ACCESS, Forbidden, Ruling, Scene, Told};
pub(crate) use scene::{input_of, person};
pub(crate) use set::CATALOGUE_BYTES_MAX;
pub use set::{BUILT_IN, CAPABILITIES_MAX, Guard, POLICIES_BYTES_MAX, PolicySet, SCHEMA_BYTES_MAX};
pub use verdict::{Answer, Approvers, Demands, Verdict};

use proof::Time;
use serde_json::{Map, Value};

use crate::{
    capability::{Capability, CapabilityName, Strength},
    consent::Rule,
    decision,
};

/// The entity types that every schema has.
pub const OUR_KINDS: [&str; 7] = ["Client", "Group", "Host", "Resource", "Role", "Session", "User"];
/// Those of them that act.
pub const PRINCIPALS: [&str; 4] = ["User", "Client", "Host", "Session"];

/// Whether a name means this type: the same, or with its first letter in small.
pub fn is_meant(kind: &str, named: &str) -> bool {
    let (mut of_kind, mut of_name) = (kind.chars(), named.chars());
    let first = match (of_kind.next(), of_name.next()) {
        (Some(kind), Some(name)) => kind == name || kind.to_ascii_lowercase() == name,
        (_, _) => false,
    };
    first && of_kind.eq(of_name)
}

/// Compiled policies: a pure function from question to verdict.
pub trait Judge: std::fmt::Debug + Send + Sync {
    /// Asks them.
    fn judge(&self, question: &Question<'_>) -> Verdict;

    /// The entity type that is meant by a name: the schema's own, or ours by its first letter in small (`user`).
    fn kind(&self, named: &str) -> Option<&str>;

    /// The actions that apply to entities of these types, in the order of their names.
    fn actions(&self, principal: &str, resource: &str) -> Vec<CapabilityName>;

    /// Whom any of them demands, so that what waits for these people is known before a question is put.
    fn approvers(&self) -> &[Approvers];

    /// Whether a member of the context of an action of the tenant's own schema is there for policies.
    fn declares(&self, action: &str, member: &str) -> bool;

    /// Whether any of them looks at `risk`: only then anything is remembered of those who act.
    fn looks_at_risk(&self) -> bool;
}

/// A tenant's policies and capabilities, as one version.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The version, as the tenant counts; 0 before it applied any.
    pub version: i64,
    catalogue: Arc<Catalogue>,
    entities: Arc<BTreeMap<EntityName, Entity>>,
    judge: Says,
    /// What clients are denied.
    denials: Arc<[Denial]>,
    /// What is remembered of whoever asks.
    history: Arc<History>,
}

/// The capabilities, and the ways to find one.
#[derive(Debug, Default)]
struct Catalogue {
    all: Vec<Capability>,
    by_name: BTreeMap<String, usize>,
    by_scope: BTreeMap<String, Vec<(Option<String>, usize)>>,
}

impl Catalogue {
    fn of(all: Vec<Capability>) -> Self {
        let mut by_scope: BTreeMap<String, Vec<(Option<String>, usize)>> = BTreeMap::new();
        let mut by_name = BTreeMap::new();
        for (place, capability) in all.iter().enumerate() {
            by_name.insert(capability.name.as_str().to_owned(), place);
            for one in &capability.scopes {
                let of_scope = by_scope.entry(one.scope.clone()).or_default();
                of_scope.push((one.resource.clone(), place));
            }
        }
        Self { all, by_name, by_scope }
    }
}

#[derive(Clone, Debug)]
enum Says {
    /// Everything that grants allow.
    Everything,
    /// Nothing: what should be asked is not there.
    Nothing,
    /// What policies say.
    Policies(Arc<dyn Judge>),
}

/// The capabilities that a tenant begins with, read once.
static SEEDED: LazyLock<Arc<Catalogue>> = LazyLock::new(|| Arc::new(Catalogue::of(Capability::seeded())));

impl Policy {
    /// What a tenant has before it applies policies of its own.
    pub fn built_in() -> Self {
        Self {
            version: 0,
            catalogue: Arc::clone(&SEEDED),
            entities: Arc::default(),
            judge: Says::Everything,
            denials: Arc::default(),
            history: Arc::default(),
        }
    }

    /// A version that this node has not read: until it has, nothing is permitted.
    pub fn unread(version: i64) -> Self {
        if version == 0 {
            return Self::built_in();
        }
        Self {
            version,
            catalogue: Arc::default(),
            entities: Arc::default(),
            judge: Says::Nothing,
            denials: Arc::default(),
            history: Arc::default(),
        }
    }

    /// A version that was applied.
    pub fn applied(version: i64, capabilities: Vec<Capability>, entities: Vec<Entity>, judge: Arc<dyn Judge>) -> Self {
        let by_name = entities.into_iter().map(|entity| (entity.name.clone(), entity));
        Self {
            version,
            catalogue: Arc::new(Catalogue::of(capabilities)),
            entities: Arc::new(by_name.collect()),
            judge: Says::Policies(judge),
            denials: Arc::default(),
            history: Arc::default(),
        }
    }

    /// The same, with what clients are denied beside it.
    #[must_use]
    pub fn denying(self, denials: Vec<Denial>) -> Self {
        Self {
            denials: denials.into(),
            ..self
        }
    }

    /// The same, with what is remembered of whoever asks.
    #[must_use]
    pub fn remembering(self, history: History) -> Self {
        Self {
            history: Arc::new(history),
            ..self
        }
    }

    /// Something that the tenant's policies were applied with.
    pub fn entity(&self, name: &EntityName) -> Option<&Entity> {
        self.entities.get(name)
    }

    /// With what the tenant's policies were applied with: its properties, where we know nothing ourselves, and everything that it is in, however far up. A person may be named there by
    /// what they sign in with.
    pub fn known(&self, entity: Entity) -> Entity {
        let mut known = entity;
        let login = known.attributes.get("login").and_then(Value::as_str);
        let login = login.filter(|_| known.name.kind == "User");
        let by_login = login.and_then(|login| self.entity(&EntityName::new("User", login)));
        for written in self.entity(&known.name).into_iter().chain(by_login) {
            known.parents.extend(written.parents.iter().cloned());
            for (name, value) in &written.attributes {
                known.attributes.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        let mut seen = BTreeSet::new();
        let mut open = known.parents.clone();
        while let Some(name) = open.pop() {
            if let Some(above) = self.entity(&name).filter(|_| !seen.contains(&name)) {
                open.extend(above.parents.iter().cloned());
            }
            seen.insert(name);
        }
        known.parents = seen.into_iter().collect();
        known
    }

    /// Those of a type, in the order of their ids, after one of them.
    pub fn entities_after<'p>(&'p self, kind: &'p str, after: &str) -> impl Iterator<Item = &'p Entity> {
        let from = EntityName::new(kind, after);
        let all = self.entities.range((Bound::Excluded(from), Bound::Unbounded));
        all.map(|(_, entity)| entity)
            .take_while(move |entity| entity.name.kind == kind)
    }

    /// The entity type that is meant by a name.
    pub fn kind(&self, named: &str) -> Option<&str> {
        match &self.judge {
            Says::Policies(judge) => judge.kind(named),
            Says::Everything => OUR_KINDS.into_iter().find(|kind| is_meant(kind, named)),
            Says::Nothing => None,
        }
    }

    /// The actions that apply to entities of the types meant by these names, in the order of their names.
    pub fn actions(&self, principal: &str, resource: &str) -> Vec<CapabilityName> {
        let (Some(principal), Some(resource)) = (self.kind(principal), self.kind(resource)) else {
            return Vec::new();
        };
        match &self.judge {
            Says::Policies(judge) => judge.actions(principal, resource),
            Says::Everything if PRINCIPALS.contains(&principal) && resource == "Resource" => {
                self.capabilities().iter().map(|known| known.name.clone()).collect()
            }
            Says::Everything | Says::Nothing => Vec::new(),
        }
    }

    /// The capabilities, in the order of the catalogue.
    pub fn capabilities(&self) -> &[Capability] {
        &self.catalogue.all
    }

    /// The capability of that name.
    pub fn capability(&self, name: &str) -> Option<&Capability> {
        let place = self.catalogue.by_name.get(name)?;
        self.catalogue.all.get(*place)
    }

    /// Whether something that is permitted by this verdict takes a human's yes: a passkey, or approvers.
    pub fn takes_a_human(&self, action: &CapabilityName, verdict: &Verdict) -> bool {
        let of_capability = self.capability(action.as_str()).map(|known| known.strength);
        let strength = of_capability.max(verdict.demands.strength);
        let asks = strength >= Some(Strength::Biometric) || !verdict.demands.approvers.is_empty();
        verdict.answer == Answer::Permit && asks
    }

    /// The capability that a scope stands for at a place: one that names the place comes before one that names every place.
    pub fn named_by(&self, scope: &str, place: &str) -> Option<&Capability> {
        let of_scope = self.catalogue.by_scope.get(scope)?;
        let here = of_scope.iter().find(|(resource, _)| resource.as_deref() == Some(place));
        let (_, found) = here.or_else(|| of_scope.iter().find(|(resource, _)| resource.is_none()))?;
        self.catalogue.all.get(*found)
    }

    /// The capabilities that a scope stands for, wherever that is.
    fn stands_for(&self, scope: &str) -> impl Iterator<Item = &Capability> {
        let of_scope = self.catalogue.by_scope.get(scope).into_iter().flatten();
        of_scope.filter_map(|(_, place)| self.catalogue.all.get(*place))
    }

    /// Whether it was read: whoever has one that was not is told no.
    pub fn is_read(&self) -> bool {
        !matches!(self.judge, Says::Nothing)
    }

    /// Whether there is nothing to ask: the built-in policy permits, and no decision needs to tell of it.
    pub fn permits_everything(&self) -> bool {
        matches!(self.judge, Says::Everything)
    }

    /// Asks.
    pub fn judge(&self, question: &Question<'_>) -> Verdict {
        match &self.judge {
            Says::Everything => {
                let known = self.capability(question.action.as_str()).is_some() || question.action == access();
                let kinds = PRINCIPALS.contains(&question.principal.name.kind.as_str())
                    && question.resource.name.kind == "Resource";
                match (known, kinds) {
                    (true, true) => Verdict::plain(Answer::Permit, &["built-in"]),
                    (false, _) => {
                        let action = question.action.as_str();
                        Verdict::unfit(format!("the action {action} is not in the catalogue"))
                    }
                    (true, false) => Verdict::unfit("the action does not apply to these types".to_owned()),
                }
            }
            Says::Nothing => Verdict::unfit("the policies of this tenant could not be read".to_owned()),
            Says::Policies(judge) => judge.judge(question),
        }
    }

    /// Whom policies may demand.
    pub fn approvers(&self) -> &[Approvers] {
        match &self.judge {
            Says::Everything | Says::Nothing => &[],
            Says::Policies(judge) => judge.approvers(),
        }
    }

    /// Whether policies could look at this member of the context that a program asks with: `input` of a capability, and what the tenant's schema declares of its own actions.
    pub fn looks_at(&self, action: &str, member: &str) -> bool {
        match &self.judge {
            _ if self.capability(action).is_some() => member == "input",
            Says::Policies(judge) => judge.declares(action, member),
            Says::Everything | Says::Nothing => false,
        }
    }

    /// Whether any of them looks at `risk`.
    pub fn looks_at_risk(&self) -> bool {
        match &self.judge {
            Says::Everything | Says::Nothing => false,
            Says::Policies(judge) => judge.looks_at_risk(),
        }
    }

    /// What looks unusual in what is asked now by whomever [`Self::remembering`] was about.
    pub(crate) fn risk(&self, input: Option<&Map<String, Value>>, now: Time) -> Risk {
        if self.looks_at_risk() {
            self.history.risk(input, now)
        } else {
            Risk::default()
        }
    }

    /// What a decision that asked relied on: the tenant has no other version meanwhile.
    pub fn relied_on(&self) -> decision::Guard {
        decision::Guard::Policy(Guard::Unchanged { version: self.version })
    }
}

/// The name of what doors ask when no capability is named: see [`ACCESS`].
fn access() -> &'static CapabilityName {
    static NAME: LazyLock<CapabilityName> = LazyLock::new(|| CapabilityName::own(ACCESS));
    &NAME
}

/// What an organisation decided, all of it: rules of central consent, and policies.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Its rules of central consent.
    pub consent: Vec<Rule>,
    /// Its policies.
    pub policy: Policy,
}

impl Default for Rules {
    /// None of its own.
    fn default() -> Self {
        Self {
            consent: Vec::new(),
            policy: Policy::built_in(),
        }
    }
}

impl From<Vec<Rule>> for Rules {
    /// Rules of central consent alone.
    fn from(consent: Vec<Rule>) -> Self {
        Self {
            consent,
            ..Self::default()
        }
    }
}

#[cfg(test)]
impl FromIterator<Rule> for Rules {
    fn from_iter<I: IntoIterator<Item = Rule>>(rules: I) -> Self {
        rules.into_iter().collect::<Vec<Rule>>().into()
    }
}
