//! Compiled policies, and the one function that asks them.

use std::collections::{BTreeMap, HashMap, HashSet};

use cedar_policy::{
    Authorizer, Context, Decision, Effect, Entities, EntityId, EntityTypeName, EntityUid, PolicyId, PolicySet, Request,
    Response, RestrictedExpression, Schema, ValidationMode, Validator,
};
use miette::Diagnostic;
use serde_json::{Map, Value};

use crate::{
    Catalogue, EntityName, Problem, Question,
    annotations::Demands,
    index::Index,
    problem::line_at,
    shape::{Misfit, Shape},
};

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
    /// How many policies were looked at.
    pub looked_at: usize,
}

/// A verdict, and the version of the policies that gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The verdict.
    pub verdict: Verdict,
    /// The version, as the tenant counts.
    pub version: i64,
}

/// An action that policies may speak of.
#[derive(Debug)]
struct Action {
    uid: EntityUid,
    /// How its input looks; the members of an action of the tenant's own schema stand in the context itself, typed by what they are.
    input: Input,
}

#[derive(Debug)]
enum Input {
    None,
    Shaped(Shape),
    Own,
}

/// A tenant's policies, ready to be asked.
#[derive(Debug)]
pub struct Policies {
    index: Index,
    names: HashMap<PolicyId, Named>,
    actions: HashMap<String, Action>,
    kinds: HashMap<String, EntityTypeName>,
    authorizer: Authorizer,
}

#[derive(Debug)]
struct Named {
    effect: Effect,
    demands: Demands,
}

impl Policies {
    /// Parses, checks against the schema of the catalogue, and sorts. All that is wrong is told at once.
    pub fn compile(text: &str, catalogue: &Catalogue) -> Result<Self, Vec<Problem>> {
        let schema = schema(catalogue)?;
        let (policies, mut problems) = named(text)?;
        let mut names = HashMap::new();
        for policy in policies.policies() {
            match Demands::read(policy) {
                Ok(demands) => {
                    let effect = policy.effect();
                    names.insert(policy.id().clone(), Named { effect, demands });
                }
                Err(says) => problems.push(Problem::of(policy.id().as_ref(), None, says)),
            }
        }
        let actions = actions(&schema, catalogue);
        let kinds = schema
            .entity_types()
            .map(|kind| (kind.to_string(), kind.clone()))
            .collect();
        let checked = Validator::new(schema).validate(&policies, ValidationMode::Strict);
        for error in checked.validation_errors() {
            let line = offset(error).map(|at| line_at(text, at));
            problems.push(Problem::of(error.policy_id().as_ref(), line, told(error)));
        }
        if !problems.is_empty() {
            problems.sort_by_key(|problem| problem.line);
            return Err(problems);
        }
        let index =
            Index::of(policies.policies().cloned()).map_err(|error| vec![Problem::general(error.to_string())])?;
        Ok(Self {
            index,
            names,
            actions,
            kinds,
            authorizer: Authorizer::new(),
        })
    }

    /// How many policies there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are none: then nothing is permitted.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Asks them.
    pub fn judge(&self, question: &Question<'_>) -> Verdict {
        match self.asked(question) {
            Ok(asked) => self.decide(&asked),
            Err(Misfit(what)) => Verdict {
                answer: Answer::Unfit,
                decided: Vec::new(),
                demands: Demands::default(),
                failed: Vec::new(),
                unfit: Some(what),
                looked_at: 0,
            },
        }
    }

    fn decide(&self, asked: &Asked) -> Verdict {
        let look = |policies: &PolicySet| self.authorizer.is_authorized(&asked.request, policies, &asked.entities);
        let mut heard = Heard::default();
        heard.hear(self.index.always(), &look(self.index.always()));
        for policies in self.index.of_named(&asked.names) {
            heard.hear(policies, &look(policies));
        }
        heard.verdict(&self.names)
    }

    /// The question in Cedar's own terms.
    fn asked(&self, question: &Question<'_>) -> Result<Asked, Misfit> {
        let action = question.action.as_str();
        let action = self
            .actions
            .get(action)
            .ok_or_else(|| Misfit(format!("the action {action} is not in the catalogue")))?;
        let principal = self.uid(&question.principal.name)?;
        let resource = self.uid(&question.resource.name)?;
        let context = Self::context(question, &action.input)?;

        let all = [question.principal, question.resource]
            .into_iter()
            .chain(question.ancestors);
        let mut names = vec![principal.clone()];
        let mut entities = Vec::with_capacity(question.ancestors.len().saturating_add(2));
        let mut seen = HashSet::new();
        for (place, entity) in all.enumerate() {
            let uid = self.uid(&entity.name)?;
            let parents = entity
                .parents
                .iter()
                .map(|name| self.uid(name))
                .collect::<Result<HashSet<_>, _>>()?;
            if place != 1 {
                // Whatever the principal is in; what the resource is in names no principal.
                names.extend(parents.iter().cloned());
                names.push(uid.clone());
            }
            if !seen.insert(uid.clone()) {
                continue; // somebody who acts on themselves, or a group on the way twice
            }
            entities.push(of_attributes(uid, &entity.attributes, parents)?);
        }
        names.sort_unstable();
        names.dedup();
        let misfit = |error: &dyn std::fmt::Display| Misfit(error.to_string());
        let entities = Entities::from_entities(entities, None).map_err(|error| misfit(&error))?;
        let request =
            Request::new(principal, action.uid.clone(), resource, context, None).map_err(|error| misfit(&error))?;
        Ok(Asked {
            request,
            entities,
            names,
        })
    }

    fn uid(&self, name: &EntityName) -> Result<EntityUid, Misfit> {
        let kind = self
            .kinds
            .get(&name.kind)
            .ok_or_else(|| Misfit(format!("the schema has no entity type {}", name.kind)))?;
        Ok(EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(&name.id)))
    }

    fn context(question: &Question<'_>, input: &Input) -> Result<Context, Misfit> {
        let nothing = Map::new();
        let given = question.input.unwrap_or(&nothing);
        let mut pairs: BTreeMap<String, RestrictedExpression> = BTreeMap::new();
        match input {
            Input::None => {}
            Input::Shaped(shape) => {
                let value = shape
                    .value(&Value::Object(given.clone()))
                    .map_err(|Misfit(what)| Misfit(format!("input: {what}")))?;
                pairs.insert("input".to_owned(), value);
            }
            Input::Own => {
                for (name, value) in given {
                    pairs.insert(
                        name.clone(),
                        dynamic(value).map_err(|Misfit(what)| Misfit(format!("{name}: {what}")))?,
                    );
                }
            }
        }
        let days = question.now.unix().div_euclid(86_400);
        let second = question.now.unix().rem_euclid(86_400);
        pairs.insert("now".to_owned(), RestrictedExpression::new_long(question.now.unix()));
        pairs.insert(
            "hour".to_owned(),
            RestrictedExpression::new_long(second.div_euclid(3_600)),
        );
        // 1 is Monday: day 0 was a Thursday.
        let weekday = days.saturating_add(3).rem_euclid(7).saturating_add(1);
        pairs.insert("weekday".to_owned(), RestrictedExpression::new_long(weekday));
        pairs.insert("risk".to_owned(), risk(question)?);
        Context::from_pairs(pairs).map_err(|error| Misfit(error.to_string()))
    }
}

/// A question in Cedar's own terms.
struct Asked {
    request: Request,
    entities: Entities,
    /// The principal and whatever it is in.
    names: Vec<EntityUid>,
}

/// What was heard so far: permits and forbids that hold, and policies that failed.
#[derive(Default)]
struct Heard {
    permit: Vec<PolicyId>,
    forbid: Vec<PolicyId>,
    failed: Vec<PolicyId>,
    looked_at: usize,
}

impl Heard {
    fn hear(&mut self, policies: &PolicySet, response: &Response) {
        let reasons = response.diagnostics().reason().cloned();
        match response.decision() {
            Decision::Allow => self.permit.extend(reasons),
            Decision::Deny => self.forbid.extend(reasons),
        }
        let failed = response.diagnostics().errors().map(|error| {
            let cedar_policy::AuthorizationError::PolicyEvaluationError(error) = error;
            error.policy_id().clone()
        });
        self.failed.extend(failed);
        self.looked_at = self.looked_at.saturating_add(policies.num_of_policies());
    }

    fn verdict(self, names: &HashMap<PolicyId, Named>) -> Verdict {
        let forbids = |id: &&PolicyId| names.get(*id).is_none_or(|named| named.effect == Effect::Forbid);
        let failed_to_forbid = self.failed.iter().filter(forbids).cloned();
        let forbid: Vec<PolicyId> = self.forbid.iter().cloned().chain(failed_to_forbid).collect();
        let (answer, decided) = match (forbid.is_empty(), self.permit.is_empty()) {
            (false, _) => (Answer::Forbid, forbid),
            (true, false) => (Answer::Permit, self.permit),
            (true, true) => (Answer::Silence, Vec::new()),
        };
        let demands = decided
            .iter()
            .filter_map(|id| names.get(id))
            .fold(Demands::default(), |all, named| all.with(&named.demands));
        let sorted = |ids: Vec<PolicyId>| {
            let mut ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
            ids.sort_unstable();
            ids.dedup();
            ids
        };
        Verdict {
            answer,
            decided: sorted(decided),
            demands,
            failed: sorted(self.failed),
            unfit: None,
            looked_at: self.looked_at,
        }
    }
}

fn schema(catalogue: &Catalogue) -> Result<Schema, Vec<Problem>> {
    match Schema::from_cedarschema_str(&catalogue.cedarschema()) {
        Ok((schema, _warnings)) => Ok(schema),
        Err(error) => Err(vec![Problem::general(format!("schema: {}", told(&error)))]),
    }
}

/// The policies of a text under their own names (`@id`), else under the places they have in it.
fn named(text: &str) -> Result<(PolicySet, Vec<Problem>), Vec<Problem>> {
    let parsed: PolicySet = text.parse().map_err(|errors: cedar_policy::ParseErrors| {
        errors
            .iter()
            .map(|error| Problem {
                policy: None,
                line: offset(error).map(|at| line_at(text, at)),
                says: told(error),
            })
            .collect::<Vec<_>>()
    })?;
    let mut problems = Vec::new();
    if parsed.num_of_templates() > 0 {
        problems.push(Problem::general(
            "templates with slots (?principal, ?resource) are not taken; write the policy out",
        ));
    }
    let mut policies = PolicySet::new();
    for policy in parsed.policies() {
        let named = match policy.annotation("id") {
            Some("") => {
                problems.push(Problem::of(policy.id().as_ref(), None, "@id is a name"));
                continue;
            }
            Some(name) => policy.new_id(PolicyId::new(name)),
            None => policy.clone(),
        };
        let name = named.id().to_string();
        if policies.add(named).is_err() {
            problems.push(Problem::of(&name, None, "two policies have this @id"));
        }
    }
    Ok((policies, problems))
}

fn actions(schema: &Schema, catalogue: &Catalogue) -> HashMap<String, Action> {
    let shape = |name: &str| {
        let capability = catalogue
            .capabilities
            .iter()
            .find(|capability| capability.name.as_str() == name)?;
        Some(match &capability.input {
            Some(input) => Input::Shaped(Shape::of_schema(input)),
            None => Input::None,
        })
    };
    schema
        .actions()
        .map(|uid| {
            let name = uid.id().unescaped().to_owned();
            let input = shape(&name).unwrap_or(Input::Own);
            let uid = uid.clone();
            (name, Action { uid, input })
        })
        .collect()
}

fn risk(question: &Question<'_>) -> Result<RestrictedExpression, Misfit> {
    let risk = question.risk;
    let mut pairs = vec![
        (
            "unusual_hour".to_owned(),
            RestrictedExpression::new_bool(risk.unusual_hour),
        ),
        ("velocity".to_owned(), RestrictedExpression::new_long(risk.velocity)),
    ];
    pairs.extend(
        risk.amount_percent
            .map(|percent| ("amount_percent".to_owned(), RestrictedExpression::new_long(percent))),
    );
    RestrictedExpression::new_record(pairs).map_err(|error| Misfit(error.to_string()))
}

fn of_attributes(
    uid: EntityUid,
    attributes: &Map<String, Value>,
    parents: HashSet<EntityUid>,
) -> Result<cedar_policy::Entity, Misfit> {
    if attributes.is_empty() {
        return Ok(cedar_policy::Entity::new_no_attrs(uid, parents));
    }
    let attributes = attributes
        .iter()
        .map(|(name, value)| {
            let value = dynamic(value).map_err(|Misfit(what)| Misfit(format!("{name}: {what}")))?;
            Ok((name.clone(), value))
        })
        .collect::<Result<HashMap<_, _>, Misfit>>()?;
    cedar_policy::Entity::new(uid, attributes, parents).map_err(|error| Misfit(error.to_string()))
}

/// A value of which nobody said the type.
fn dynamic(value: &Value) -> Result<RestrictedExpression, Misfit> {
    match value {
        Value::String(text) => Ok(RestrictedExpression::new_string(text.clone())),
        Value::Bool(truth) => Ok(RestrictedExpression::new_bool(*truth)),
        Value::Number(number) => number
            .as_i64()
            .map(RestrictedExpression::new_long)
            .ok_or_else(|| Misfit("a number is an integer of 64 bits".to_owned())),
        Value::Array(values) => {
            let values = values.iter().map(dynamic).collect::<Result<Vec<_>, _>>()?;
            Ok(RestrictedExpression::new_set(values))
        }
        Value::Object(members) => {
            let members = members
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| Ok((name.clone(), dynamic(value)?)))
                .collect::<Result<Vec<_>, Misfit>>()?;
            RestrictedExpression::new_record(members).map_err(|error| Misfit(error.to_string()))
        }
        Value::Null => Err(Misfit("null is no value".to_owned())),
    }
}

/// What a diagnostic says, with what would help.
fn told(error: &(impl Diagnostic + ?Sized)) -> String {
    match error.help() {
        Some(help) => format!("{error} ({help})"),
        None => error.to_string(),
    }
}

fn offset(error: &(impl Diagnostic + ?Sized)) -> Option<usize> {
    error.labels()?.next().map(|label| label.offset())
}
