//! What a door asks, and what the answers leave.

use proof::Time;
use serde_json::{Map, Value, json};

use super::{Acted, Actor, Answer, Demands, Entity, EntityName, Policy, Question, Verdict, access};
use crate::{
    authority::{Audience, Scopes},
    capability::{Capability, CapabilityName, Strength},
    client::Client,
    decision::Touch,
    detail::{Detail, Details},
    event::Event,
    grant::{self, Grant},
    id::GrantId,
    power::Money,
    user::User,
    why::{Refused, Why},
};

/// The door's own word for what no capability names: using a place at all, with these scopes and details.
pub const ACCESS: &str = "access";

/// Who acts, where and when: the same for everything that a door asks.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// The policies.
    pub policy: &'a Policy,
    /// The client that acts.
    pub client: &'a Client,
    /// For whom; for itself when absent.
    pub user: Option<&'a User>,
    /// Where, for the rules of central consent.
    pub audience: &'a Audience,
    /// Where, as policies call it: the `aud` of a token for there ([`crate::tenant::Tenant::place_of`]).
    pub place: &'a str,
    /// When.
    pub now: Time,
}

/// Something that is asked as one: a capability by scopes or by a detail, or what is left over.
#[derive(Clone, Debug)]
struct Item {
    scopes: Scopes,
    details: Vec<usize>,
    answer: Answer,
    strength: Strength,
    demands: Demands,
    of_risk: bool,
}

/// One question and its answer, for the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The question, as a document.
    pub question: Map<String, Value>,
    /// The answer.
    pub answer: Answer,
    /// The policies that decided.
    pub decided: Vec<String>,
    /// The policies that could not be evaluated.
    pub failed: Vec<String>,
    /// What did not fit.
    pub unfit: Option<String>,
    /// What decided that is no policy.
    pub beside: Option<String>,
}

/// Every question that was asked, with its answer, and the version that answered.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Record {
    version: i64,
    told: Vec<Told>,
}

/// What policies leave of what is wanted, and what they demand.
#[derive(Clone, Debug)]
pub struct Ruling {
    items: Vec<Item>,
    record: Record,
    /// What is remembered of it once it is given, where policies look at that.
    acted: Option<Acted>,
}

/// That policies do not allow something, and what was asked of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forbidden {
    refused: Refused,
    reasons: String,
    record: Record,
    of_risk: bool,
    fallen: Vec<GrantId>,
}

impl Scene<'_> {
    /// Names the capabilities, and has each judged. First the details, each by its type; then scopes by the resource's map; what no capability names is [`ACCESS`].
    pub fn rule(&self, scopes: &Scopes, details: &Details) -> Ruling {
        let mut ruling = self.unasked();
        let cast = (!self.policy.permits_everything()).then(|| self.cast());
        let cast = cast.as_ref();
        let mut unnamed_details = Vec::new();
        for (place, detail) in details.iter().enumerate() {
            match self.policy.capability(detail.kind().as_str()) {
                Some(capability) => {
                    let input = input_of(detail);
                    self.ask(
                        cast,
                        capability,
                        Some(&input),
                        Scopes::default(),
                        vec![place],
                        &mut ruling,
                    );
                }
                None => unnamed_details.push((place, detail)),
            }
        }
        let mut unnamed = Scopes::default();
        let mut denied = Scopes::default();
        let mut named: Vec<(&Capability, Scopes)> = Vec::new();
        for scope in scopes.iter() {
            let one = Scopes::one(scope);
            let capability = self.named_by(scope);
            if let Some(grant) = self.scope_denied_by(scope, capability) {
                let action = capability.map_or(access(), |known| &known.name);
                ruling.record.told.push(Told::denied(action, Some(scope), grant));
                denied = denied.with(&one);
                continue;
            }
            match capability {
                Some(capability) => match named.iter_mut().find(|(known, _)| known.name == capability.name) {
                    Some((_, together)) => *together = together.with(&one),
                    None => named.push((capability, one)),
                },
                None => unnamed = unnamed.with(&one),
            }
        }
        for (capability, scopes) in named {
            self.ask(cast, capability, None, scopes, Vec::new(), &mut ruling);
        }
        if !denied.is_empty() {
            ruling.items.push(Item::denied(denied));
        }
        if !unnamed.is_empty() || !unnamed_details.is_empty() || ruling.items.is_empty() {
            self.ask_access(cast, &unnamed, &unnamed_details, &mut ruling);
        }
        ruling
    }

    fn unasked(&self) -> Ruling {
        Ruling {
            items: Vec::new(),
            record: Record {
                version: self.policy.version,
                told: Vec::new(),
            },
            acted: self.policy.looks_at_risk().then(|| Acted {
                actor: self.actor(),
                amounts: Vec::new(),
                at: self.now,
            }),
        }
    }

    /// Whose history this is about.
    fn actor(&self) -> Actor {
        Actor {
            principal: EntityName::new("Client", self.client.id.as_str()),
            person: self.user.map(|user| user.id.clone()),
        }
    }

    /// Has one use of a capability judged, with what is asked.
    pub fn rule_one(&self, capability: &Capability, input: &Map<String, Value>) -> Ruling {
        let mut ruling = self.unasked();
        let cast = (!self.policy.permits_everything()).then(|| self.cast());
        let input = capability.input.is_some().then_some(input);
        self.ask(
            cast.as_ref(),
            capability,
            input,
            Scopes::default(),
            Vec::new(),
            &mut ruling,
        );
        ruling
    }

    /// The same of what nobody knows any more: a policy that looks at the input cannot be evaluated.
    pub fn rule_unseen(&self, capability: &Capability) -> Ruling {
        let mut ruling = self.unasked();
        let cast = (!self.policy.permits_everything()).then(|| self.cast());
        self.ask(
            cast.as_ref(),
            capability,
            None,
            Scopes::default(),
            Vec::new(),
            &mut ruling,
        );
        ruling
    }

    /// The capability that a scope stands for here.
    fn named_by(&self, scope: &str) -> Option<&Capability> {
        self.policy.named_by(scope, self.place)
    }

    fn ask(
        &self,
        cast: Option<&Cast>,
        capability: &Capability,
        input: Option<&Map<String, Value>>,
        scopes: Scopes,
        details: Vec<usize>,
        ruling: &mut Ruling,
    ) {
        let item = self.asked(cast, &capability.name, capability.strength, input, ruling);
        ruling.items.push(Item {
            scopes,
            details,
            ..item
        });
    }

    /// What no capability names is one question. Where that is not permitted, each scope and detail is asked about alone, and what is permitted alone is asked about together: one of them takes
    /// nothing from the others, and what may not be together stays refused.
    fn ask_access(&self, cast: Option<&Cast>, scopes: &Scopes, details: &[(usize, &Detail)], ruling: &mut Ruling) {
        let told_before = ruling.record.told.len();
        let whole = self.access(cast, scopes.clone(), details, ruling);
        if whole.permitted() {
            ruling.items.push(whole);
            return;
        }
        let mut left = Scopes::default();
        for scope in scopes.iter() {
            let alone = Scopes::one(scope);
            if self.access(cast, alone.clone(), &[], ruling).permitted() {
                left = left.with(&alone);
            }
        }
        let mut left_details = Vec::new();
        for detail in details {
            let alone = std::slice::from_ref(detail);
            if self.access(cast, Scopes::default(), alone, ruling).permitted() {
                left_details.push(*detail);
            }
        }
        let something = !left.is_empty() || !left_details.is_empty();
        let together = something.then(|| self.access(cast, left, &left_details, ruling));
        let Some(together) = together.filter(Item::permitted) else {
            ruling.record.told.truncate(told_before.saturating_add(1)); // nothing that the whole question did not say
            ruling.items.push(whole);
            return;
        };
        let rest = whole.details.iter().filter(|place| !together.details.contains(place));
        ruling.items.push(Item {
            scopes: scopes.without(&together.scopes),
            details: rest.copied().collect(),
            ..whole.clone()
        });
        ruling.items.push(together);
    }

    fn access(&self, cast: Option<&Cast>, scopes: Scopes, details: &[(usize, &Detail)], ruling: &mut Ruling) -> Item {
        let types: Vec<&str> = details.iter().map(|(_, detail)| detail.kind().as_str()).collect();
        let mut input = Map::new();
        input.insert("scopes".to_owned(), scopes.iter().collect());
        input.insert("types".to_owned(), types.into());
        let item = self.asked(cast, access(), Strength::Session, Some(&input), ruling);
        Item {
            scopes,
            details: details.iter().map(|(place, _)| *place).collect(),
            ..item
        }
    }

    fn asked(
        &self,
        cast: Option<&Cast>,
        action: &CapabilityName,
        strength: Strength,
        input: Option<&Map<String, Value>>,
        ruling: &mut Ruling,
    ) -> Item {
        let mut item = Item {
            scopes: Scopes::default(),
            details: Vec::new(),
            answer: Answer::Permit,
            strength,
            demands: Demands::default(),
            of_risk: false,
        };
        if let Some(grant) = self.denied_by(action) {
            ruling.record.told.push(Told::denied(action, None, grant));
            item.answer = Answer::Forbid;
            return item;
        }
        let Some(cast) = cast else {
            return item; // there is nothing to ask
        };
        let question = Question {
            principal: &cast.principal,
            ancestors: &cast.ancestors,
            action,
            resource: &cast.resource,
            input,
            risk: self.policy.risk(input, self.now),
            now: self.now,
        };
        let mut verdict = self.policy.judge(&question);
        item.answer = verdict.answer;
        item.of_risk = verdict.of_risk;
        item.strength = strength.max(verdict.demands.strength.unwrap_or(Strength::None)); // a policy raises, it never lowers
        item.demands = std::mem::take(&mut verdict.demands);
        if let (true, Some(acted)) = (item.permitted(), &mut ruling.acted) {
            let money = input.and_then(Money::of_input);
            acted.amounts.extend(money.and_then(Result::ok));
        }
        ruling.record.told.push(Told::of(question.document(), verdict));
        item
    }

    /// A client that acts for somebody is in them for the question: what is permitted to a person, or to their groups and roles, is permitted to whoever acts for them, as far as
    /// their grant goes; and what is forbidden to them is forbidden to it. A membership counts as group and as role: their ids are one space.
    fn cast(&self) -> Cast {
        let mut principal = Entity::named("Client", self.client.id.as_str());
        principal
            .attributes
            .insert("name".to_owned(), self.client.name.as_str().into());
        let ancestors: Vec<Entity> = self
            .user
            .map(|user| self.policy.known(person(user)))
            .into_iter()
            .collect();
        principal.parents = ancestors.iter().map(|person| person.name.clone()).collect();
        Cast {
            principal: self.policy.known(principal),
            ancestors,
            resource: self.policy.known(Entity::named("Resource", self.place)),
        }
    }
}

/// A person as policies know them.
pub(crate) fn person(user: &User) -> Entity {
    let mut entity = Entity::named("User", user.id.as_str());
    entity.attributes.insert("login".to_owned(), user.login.as_str().into());
    entity.parents = user
        .memberships
        .iter()
        .flat_map(|group| ["Group", "Role"].map(|kind| EntityName::new(kind, group.as_str())))
        .collect();
    entity
}

/// Who and what a scene's questions are about.
#[derive(Debug)]
struct Cast {
    principal: Entity,
    ancestors: Vec<Entity>,
    resource: Entity,
}

/// What is asked with a detail: all of it but its type.
pub(crate) fn input_of(detail: &Detail) -> Map<String, Value> {
    let body = detail.body().iter().filter(|(name, _)| name.as_str() != "type");
    body.map(|(name, value)| (name.clone(), value.clone())).collect()
}

impl Item {
    /// What a denied grant names: no policy is asked.
    fn denied(scopes: Scopes) -> Self {
        Self {
            scopes,
            details: Vec::new(),
            answer: Answer::Forbid,
            strength: Strength::None,
            demands: Demands::default(),
            of_risk: false,
        }
    }

    const fn permitted(&self) -> bool {
        matches!(self.answer, Answer::Permit)
    }

    /// Whether nobody need be asked, as far as policy and capability say (seed 003, what auto-approval can never do).
    fn may_be_silent(&self) -> bool {
        self.permitted() && self.strength < Strength::Biometric && self.demands.approvers.is_empty()
    }
}

impl Ruling {
    /// The scopes that policies do not allow.
    pub fn forbidden(&self) -> Scopes {
        self.scopes_of(|item| !item.permitted())
    }

    /// The scopes that nobody can be given without being asked.
    pub fn not_silent(&self) -> Scopes {
        self.scopes_of(|item| !item.may_be_silent())
    }

    fn scopes_of(&self, of: impl Fn(&Item) -> bool) -> Scopes {
        self.items
            .iter()
            .filter(|item| of(item))
            .fold(Scopes::default(), |all, item| all.with(&item.scopes))
    }

    /// Whether everything is allowed.
    pub fn permits(&self) -> bool {
        self.items.iter().all(Item::permitted)
    }

    /// What of the input does not fit, if the question could not be put because of it.
    pub(crate) fn unfit(&self) -> Option<&str> {
        self.record.told.iter().find_map(|told| told.unfit.as_deref())
    }

    /// Whether everything is allowed, and nobody need be asked.
    pub fn is_silent(&self) -> bool {
        self.items.iter().all(Item::may_be_silent)
    }

    /// Whether the detail at this place is allowed.
    pub fn permits_detail(&self, place: usize) -> bool {
        self.items
            .iter()
            .all(|item| item.permitted() || !item.details.contains(&place))
    }

    /// The details of these that nobody need be asked about.
    pub fn silent_details(&self, details: &Details) -> Details {
        let silent = |place: usize| {
            self.items
                .iter()
                .all(|item| item.may_be_silent() || !item.details.contains(&place))
        };
        details.keeping(silent)
    }

    /// How strongly a human must say so at least, to all of what is allowed.
    pub fn strength(&self) -> Strength {
        let permitted = self.items.iter().filter(|item| item.permitted());
        permitted.map(|item| item.strength).max().unwrap_or(Strength::None)
    }

    /// What policies demand besides, for all of what is allowed.
    pub fn demands(&self) -> Demands {
        let permitted = self.items.iter().filter(|item| item.permitted());
        permitted.fold(Demands::default(), |all, item| all.with(&item.demands))
    }

    /// Why what is not allowed is refused: the caller hears what a policy lets them hear, the audit log hears all.
    pub fn refusal(&self, refused: Refused) -> Why {
        let not_permitted = || self.items.iter().filter(|item| !item.permitted());
        let reasons = not_permitted()
            .fold(Demands::default(), |all, item| all.with(&item.demands))
            .reasons;
        Why::PolicyForbids(Box::new(Forbidden {
            refused,
            reasons: reasons.into_iter().collect::<Vec<_>>().join("; "),
            record: self.record.clone(),
            of_risk: self.items.iter().any(|item| item.of_risk),
            fallen: Vec::new(),
        }))
    }

    /// The note that giving this leaves.
    pub(crate) fn noted(&self) -> impl Iterator<Item = Touch> {
        self.acted.clone().map(Box::new).map(Touch::Acted).into_iter()
    }

    /// Names what decided in an entry of the audit log: the version, and each question with its answer. The built-in policy is not told of.
    pub fn on(&self, event: Event) -> Event {
        self.record.on(event)
    }
}

impl Record {
    fn on(&self, event: Event) -> Event {
        if self.told.is_empty() {
            return event;
        }
        let decisions: Vec<Value> = self.told.iter().map(Told::document).map(Value::Object).collect();
        event.with("policy", json!({ "version": self.version, "decisions": decisions }))
    }
}

impl Forbidden {
    /// What was refused.
    pub const fn refused(&self) -> Refused {
        self.refused
    }

    /// What a policy lets the caller know, in its own words; empty where none does.
    pub fn reasons(&self) -> &str {
        &self.reasons
    }

    /// That it was asked under a grant with this path: what falls when something unusual is refused falls.
    pub(crate) fn under(&mut self, path: &[Grant]) {
        if self.of_risk {
            self.fallen = grant::at_risk(path);
        }
    }

    /// The grants that fall with it.
    pub(crate) fn fallen(&self) -> &[GrantId] {
        &self.fallen
    }

    /// Which policies, for the audit log.
    pub(crate) fn told(&self) -> String {
        let not_permitted = self.record.told.iter().filter(|told| told.answer != Answer::Permit);
        not_permitted.map(Told::line).collect::<Vec<_>>().join("; ")
    }

    /// Names what decided in an entry of the audit log, as [`Ruling::on`] does for what is allowed.
    pub(crate) fn on(&self, event: Event) -> Event {
        self.record.on(event)
    }
}

impl Told {
    /// That a grant denies this: no policy was asked.
    fn denied(action: &CapabilityName, scope: Option<&str>, grant: &GrantId) -> Self {
        let mut question = Map::new();
        question.insert("action".to_owned(), action.as_str().into());
        question.extend(scope.map(|scope| ("scope".to_owned(), scope.into())));
        Self {
            question,
            answer: Answer::Forbid,
            decided: Vec::new(),
            failed: Vec::new(),
            unfit: None,
            beside: Some(format!("the denied grant {grant}")),
        }
    }

    /// A question and what was said to it.
    pub(crate) fn of(question: Map<String, Value>, verdict: Verdict) -> Self {
        Self {
            question,
            answer: verdict.answer,
            decided: verdict.decided,
            failed: verdict.failed,
            unfit: verdict.unfit,
            beside: verdict.beside,
        }
    }

    fn line(&self) -> String {
        let action = self.question.get("action").and_then(Value::as_str).unwrap_or_default();
        let by = match (self.decided.as_slice(), self.unfit.as_ref().or(self.beside.as_ref())) {
            ([], None) => "no policy".to_owned(),
            ([], Some(what)) => what.clone(),
            (names, _) => names.join(", "),
        };
        format!("{action}: {} by {by}", self.answer.name())
    }

    /// As the audit log has it.
    pub(crate) fn document(&self) -> Map<String, Value> {
        let mut o = Map::new();
        o.insert("question".to_owned(), Value::Object(self.question.clone()));
        o.insert("answer".to_owned(), self.answer.name().into());
        o.insert("decided".to_owned(), self.decided.clone().into());
        if !self.failed.is_empty() {
            o.insert("failed".to_owned(), self.failed.clone().into());
        }
        if let Some(what) = &self.unfit {
            o.insert("unfit".to_owned(), what.as_str().into());
        }
        if let Some(what) = &self.beside {
            o.insert("beside".to_owned(), what.as_str().into());
        }
        o
    }
}
