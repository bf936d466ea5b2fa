//! What is answered.

use std::collections::{BTreeMap, BTreeSet};

use proof::{Time, json::Object};
use serde_json::{Map, Value, json};

use super::{EVALUATE, Evaluation, Named, Request};
use crate::{
    access_request::{self, Denial},
    approval::{Approval, Panel, State, Whom},
    authority::Audience,
    caller::{Caller, Who},
    capability::{CapabilityName, Strength},
    client::{Approvers, Client},
    decision::{Change, Decision, Reply, Touch},
    event::{Event, EventKind},
    id::{ClientId, GrantId},
    introspection::Known as Token,
    moment::Moment,
    policy::{Acted, Actor, Answer, Entity, EntityName, History, Policy, Question, Told, Verdict, person},
    power::Money,
    resource::ResourceUri,
    user::User,
    why::Why,
};

/// What was loaded for the questions.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The people whom questions name, by what they are called there: login or id.
    pub people: BTreeMap<String, User>,
    /// Who and what of ours is disabled, by type and what it is called: nothing is permitted to it, and nothing may be done with it.
    pub disabled: BTreeSet<EntityName>,
    /// What is remembered of those who want to do something, where policies look at it.
    pub histories: BTreeMap<Actor, History>,
    /// Whom clients that questions name have registered as their approvers, by what the clients are called there.
    pub approvers: BTreeMap<String, Approvers>,
    /// The approvals that questions refer to.
    pub approvals: BTreeMap<access_request::Reference, Approval>,
    /// Where denials are submitted; when it is not there, no denial says how.
    pub desk: Option<access_request::Desk>,
}

/// Whether a caller may ask at all: a machine, proved by a token of ours that counts here, with the scope of this door.
pub fn may_ask(caller: &Caller, token: Option<&Token>) -> Result<(), Why> {
    let (Who::PureMachine(_), Some(token)) = (&caller.who, token) else {
        return Err(Why::TokenMissing);
    };
    if token.record.scope.split(' ').any(|scope| scope == EVALUATE) {
        Ok(())
    } else {
        Err(Why::TokenWithoutScope(EVALUATE))
    }
}

/// Answers. Nothing changes; the entry goes to the journal.
pub fn answer(request: &Request, caller: &Caller, policy: &Policy, known: &Known, at: &Moment) -> Decision {
    let mut heard = Heard::default();
    let asking = Asking {
        client: caller.client(),
        policy,
        known,
        now: at.now,
    };
    let document = match request {
        Request::One(evaluation) => asking.one(evaluation, at.request_id(), &mut heard),
        Request::Many { items, semantic } => {
            let mut answers = Vec::new();
            for (place, item) in items.iter().enumerate() {
                let id = format!("{}.{place}", at.request_id());
                let answer = match item {
                    Ok(evaluation) => asking.one(evaluation, id, &mut heard),
                    Err(what) => {
                        let error = json!({ "status": 400, "message": what });
                        denied(id, Object::from_iter([("error".to_owned(), error)]))
                    }
                };
                let permitted = answer.get("decision") == Some(&Value::Bool(true));
                answers.push(Value::Object(answer));
                if semantic.ends_with(permitted) {
                    break;
                }
            }
            let mut document = Object::new();
            document.insert("evaluations".to_owned(), answers.into());
            document
        }
    };
    let event = Event::new(EventKind::DecisionMade, caller, at)
        .with("policy", json!({ "version": policy.version, "decisions": heard.told }));
    let change = Change {
        touches: heard.touches,
        events: vec![event],
        ..Change::default()
    };
    Decision::issue(Reply::Document(document), Vec::new(), change)
}

/// What the answers leave: what the log tells, and what is remembered of those who were permitted something.
#[derive(Default)]
struct Heard {
    told: Vec<Value>,
    touches: Vec<Touch>,
}

/// Who asks, and what is known for it.
struct Asking<'a> {
    client: Option<&'a Client>,
    policy: &'a Policy,
    known: &'a Known,
    now: Time,
}

impl Asking<'_> {
    fn one(&self, evaluation: &Evaluation, id: String, heard: &mut Heard) -> Object {
        let (policy, known, now) = (self.policy, self.known, self.now);
        let (verdict, question) = judged(evaluation, policy, known, now);
        let is_silent = is_silent(evaluation, policy, &verdict);
        let by_approval = (!is_silent).then(|| self.by_approval(evaluation, &verdict)).flatten();
        let input = question.get("input").and_then(Value::as_object);
        let money = input.and_then(Money::of_input).and_then(Result::ok);
        let mut told = entry(question, &verdict);
        let mut document = Object::new();
        let yes = match &by_approval {
            Some(Ok(approval)) => {
                told.insert("approval".to_owned(), approval.id.as_str().into());
                let desk = known.desk.as_ref();
                let reference = desk.map(|desk| access_request::approval_of(&approval.id, desk, approval.expires));
                document.insert("context".to_owned(), json!({ "approval": reference }));
                true
            }
            Some(Err(_)) | None => is_silent,
        };
        heard.told.push(Value::Object(told));
        document.insert("decision".to_owned(), yes.into());
        if let Some(actor) = actor_of(&evaluation.subject, policy, known).filter(|_| yes) {
            heard.touches.push(Touch::Acted(Box::new(Acted {
                actor,
                amounts: money.into_iter().collect(),
                at: now,
            })));
        }
        if yes {
            return document;
        }
        let (reason, said) = reason(&verdict);
        let mut context = Object::new();
        context.insert("reason".to_owned(), reason.into());
        context.insert("reason_user".to_owned(), json!({ "en": said }));
        if let (Some(Err(lapsed)), true) = (by_approval, verdict.answer != Answer::Unfit) {
            context.insert("reason".to_owned(), lapsed.name().into());
            context.insert("next_action".to_owned(), lapsed.next_action().into());
        }
        match self.requestable(evaluation, &verdict, &id) {
            Some((denial, how)) => {
                context.insert("access_request".to_owned(), how);
                denied(denial.evaluation_id().to_owned(), context)
            }
            None => denied(id, context),
        }
    }

    /// How this denial may be submitted, if somebody could turn it into a yes.
    fn requestable(&self, evaluation: &Evaluation, verdict: &Verdict, id: &str) -> Option<(Denial, Value)> {
        let (desk, client) = (self.known.desk.as_ref()?, self.client?);
        whom(evaluation, self.policy, self.known, verdict)?;
        let denial = Denial::of(id, evaluation, self.policy, &client.id, desk, self.now);
        let how = json!({ "endpoint": desk.endpoint, "expires_at": denial.expires.rfc3339() });
        Some((denial, how))
    }

    /// Whether a yes of people that the question refers to is enough now; nothing where it refers to none.
    fn by_approval(&self, evaluation: &Evaluation, verdict: &Verdict) -> Option<Result<Approval, Lapsed>> {
        let reference = access_request::Reference::of(evaluation)?;
        let found = self.known.approvals.get(&reference);
        let theirs = found.filter(|approval| Some(&approval.client) == self.client.map(|client| &client.id));
        let asked = theirs.and_then(|approval| approval.asks.question.as_ref());
        let (Some(approval), Some(asked)) = (theirs, asked) else {
            return Some(Err(Lapsed::Unverifiable));
        };
        if !matches!(verdict.answer, Answer::Permit) {
            return Some(Err(Lapsed::Policy));
        }
        if access_request::bound(evaluation, self.policy) != asked.evaluation {
            return Some(Err(Lapsed::OutOfScope));
        }
        let approval = approval.clone().as_of(self.now);
        let strength = strength(evaluation, self.policy, verdict);
        Some(match &approval.state {
            State::Approved { .. } if approval.is_enough(verdict, strength) => Ok(approval),
            State::Approved { .. } => Err(Lapsed::OutOfScope), // policies demand more by now
            State::Asked | State::Clarifying { .. } | State::PartlyApproved { .. } => Err(Lapsed::Pending),
            State::Denied { .. } | State::Redeemed { .. } => Err(Lapsed::Unverifiable),
            State::Cancelled { .. } | State::Expired { .. } => Err(Lapsed::Expired),
        })
    }
}

/// Why an approval that a question refers to is of no use.
#[derive(Clone, Copy, Debug)]
enum Lapsed {
    /// There is none by that name for whoever asks, or people said no.
    Unverifiable,
    /// Its time is over, or it was taken back.
    Expired,
    /// It is about something else, or not enough for what is demanded now.
    OutOfScope,
    /// People have not answered.
    Pending,
    /// Policies forbid it, whatever people say.
    Policy,
}

impl Lapsed {
    const fn name(self) -> &'static str {
        match self {
            Self::Unverifiable => "approval_unverifiable",
            Self::Expired => "approval_expired",
            Self::OutOfScope => "out_of_scope",
            Self::Pending => "grant_pending",
            Self::Policy => "policy_denied",
        }
    }

    const fn next_action(self) -> &'static str {
        match self {
            Self::Unverifiable | Self::Policy => "none",
            Self::Expired | Self::OutOfScope => "request",
            Self::Pending => "retry",
        }
    }
}

/// Who would be asked about this now, if somebody would.
pub fn asked_of(evaluation: &Evaluation, policy: &Policy, known: &Known, now: Time) -> Option<Whom> {
    let (verdict, _) = judged(evaluation, policy, known, now);
    whom(evaluation, policy, known, &verdict).filter(|_| !is_silent(evaluation, policy, &verdict))
}

/// Who could turn a no into a yes: those whom policies demand; else the person themself, or whoever is registered with the client as its approvers.
pub(crate) fn whom(evaluation: &Evaluation, policy: &Policy, known: &Known, verdict: &Verdict) -> Option<Whom> {
    if verdict.answer != Answer::Permit {
        return None;
    }
    let demanded = &verdict.demands.approvers;
    if !demanded.is_empty() {
        return Panel::demanded(demanded).map(Whom::Members);
    }
    let called = &evaluation.subject.id;
    match policy.kind(&evaluation.subject.kind)? {
        "User" => known.people.get(called).map(|person| Whom::Person(person.id.clone())),
        "Client" => known
            .approvers
            .get(called)
            .map(|approvers| Whom::Members(Panel::registered(approvers))),
        _ => None,
    }
}

/// Asks about this; with the question as a document when it is one.
pub(crate) fn judged(
    evaluation: &Evaluation,
    policy: &Policy,
    known: &Known,
    now: Time,
) -> (Verdict, Map<String, Value>) {
    let Evaluation {
        subject,
        action,
        resource,
        context,
        misfit,
    } = evaluation;
    let unfit = |what: String| {
        let mut question = Map::new();
        question.insert("action".to_owned(), action.name.as_str().into());
        (Verdict::unfit(what), question)
    };
    let Some(name) = CapabilityName::parse(&action.name) else {
        return unfit(format!("the action {} is not in the catalogue", plain(&action.name)));
    };
    let (Some(principal), Some(object)) = (entity(subject, policy, known), entity(resource, policy, known)) else {
        return unfit("a type of entity is not in the schema".to_owned());
    };
    if let Some(what) = misfit {
        return unfit(format!("input: {what}"));
    }
    let input = if policy.capability(name.as_str()).is_some() {
        match evaluation.input() {
            Ok(input) => input.cloned(),
            Err(what) => return unfit(format!("input: {what}")),
        }
    } else {
        let mut all = context.clone();
        all.extend(action.properties.clone());
        Some(all)
    };
    let history = known.histories.get(&actor(&principal));
    let question = Question {
        principal: &principal,
        ancestors: &[],
        action: &name,
        resource: &object,
        input: input.as_ref(),
        risk: history
            .map(|history| history.risk(input.as_ref(), now))
            .unwrap_or_default(),
        now,
    };
    let is_disabled = |named: &Named, of: &Entity| {
        known
            .disabled
            .contains(&EntityName::new(of.name.kind.as_str(), named.id.as_str()))
    };
    let refused = |reason: &str, beside: String| {
        let mut verdict = Verdict::refused(beside);
        verdict.demands.reasons.insert(reason.to_owned());
        verdict
    };
    let verdict = if is_disabled(subject, &principal) || is_disabled(resource, &object) {
        refused("it is disabled", "somebody or something that is disabled".to_owned())
    } else if let Some(grant) = denied_by(&principal, &object, &name, policy, now) {
        refused("an administrator denied this", format!("the denied grant {grant}"))
    } else {
        policy.judge(&question)
    };
    (verdict, question.document())
}

/// The grant that denies this to the client that asks.
fn denied_by<'p>(
    principal: &Entity,
    object: &Entity,
    name: &CapabilityName,
    policy: &'p Policy,
    now: Time,
) -> Option<&'p GrantId> {
    let client = ClientId::parse(&principal.name.id).filter(|_| principal.name.kind == "Client");
    let place = ResourceUri::parse(&object.name.id).filter(|_| object.name.kind == "Resource");
    policy.denied_by(&client?, place.map(Audience::Resource).as_ref(), name, now)
}

/// How strongly a human must say so at least.
pub(crate) fn strength(evaluation: &Evaluation, policy: &Policy, verdict: &Verdict) -> Strength {
    let of_capability = policy.capability(&evaluation.action.name).map(|known| known.strength);
    of_capability.max(verdict.demands.strength).unwrap_or(Strength::None)
}

/// Whether it is permitted without asking anybody.
pub(crate) fn is_silent(evaluation: &Evaluation, policy: &Policy, verdict: &Verdict) -> bool {
    let strength = strength(evaluation, policy, verdict);
    verdict.answer == Answer::Permit && strength < Strength::Biometric && verdict.demands.approvers.is_empty()
}

/// Whose history a question of this principal is about: the same as that of tokens which a client has for itself.
fn actor(principal: &Entity) -> Actor {
    Actor {
        principal: principal.name.clone(),
        person: None,
    }
}

/// Whose history matters to an evaluation, in a tenant whose policies look at any.
pub fn actor_of(subject: &Named, policy: &Policy, known: &Known) -> Option<Actor> {
    let principal = policy.looks_at_risk().then(|| entity(subject, policy, known))??;
    Some(actor(&principal))
}

/// What it is for policies: of a type that the schema knows, with what is known here, and what the asking program says. What we know of people it cannot say otherwise.
pub(super) fn entity(named: &Named, policy: &Policy, known: &Known) -> Option<Entity> {
    let kind = policy.kind(&named.kind)?;
    let person_known = known.people.get(&named.id).filter(|_| kind == "User");
    let entity = person_known.map_or_else(|| Entity::named(kind, named.id.as_str()), person);
    let mut entity = policy.known(entity);
    let is_ours = matches!(kind, "User" | "Client");
    for (name, value) in &named.properties {
        let theirs_to_say = !is_ours || !entity.attributes.contains_key(name);
        if theirs_to_say && !value.is_null() {
            entity.attributes.insert(name.clone(), value.clone());
        }
    }
    Some(entity)
}

/// What the audit log tells of a question and its answer.
pub(crate) fn entry(question: Map<String, Value>, verdict: &Verdict) -> Map<String, Value> {
    Told::of(question, verdict.clone()).document()
}

fn denied(id: String, context: Object) -> Object {
    let mut all = context;
    all.insert("evaluation_id".to_owned(), id.into());
    let mut document = Object::new();
    document.insert("decision".to_owned(), false.into());
    document.insert("context".to_owned(), Value::Object(all));
    document
}

/// Why not, for whoever is denied: never which policy.
fn reason(verdict: &Verdict) -> (&'static str, String) {
    let reasons: Vec<&str> = verdict.demands.reasons.iter().map(String::as_str).collect();
    let said = |otherwise: &str| {
        if reasons.is_empty() {
            otherwise.to_owned()
        } else {
            reasons.join("; ")
        }
    };
    match (verdict.answer, &verdict.unfit) {
        (Answer::Permit, _) => ("approval_required", said("a human must say so")),
        (Answer::Forbid, _) => ("policy_denied", said("the organisation's policies forbid this")),
        (Answer::Silence, _) => ("policy_denied", said("no policy of the organisation permits this")),
        (Answer::Unfit, Some(what)) => ("not_understood", what.clone()),
        (Answer::Unfit, None) => ("not_understood", "this is no question for these policies".to_owned()),
    }
}

/// A name of a stranger in a sentence.
fn plain(text: &str) -> String {
    text.chars().filter(char::is_ascii_graphic).take(64).collect()
}
