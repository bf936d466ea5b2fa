//! Compiled policies, and the one function that asks them.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    iter,
};

use cedar_policy::{
    ActionConstraint, Authorizer, Context, Decision, Effect, Entities, EntityId, EntityTypeName, EntityUid, Policy,
    PolicyId, PolicySet, Request, Response, RestrictedExpression, Schema, SchemaFragment, ValidationMode, Validator,
};
use miette::Diagnostic;
use serde_json::{Map, Value};

use kernel::{
    capability::CapabilityName,
    policy::{ACCESS, Answer, Approvers, Demands, Entity, EntityName, Judge, OUR_KINDS, Question, Verdict, is_meant},
};

use crate::{
    Catalogue, Problem, annotations, bounds,
    declared::Declared,
    index::Index,
    problem::line_at,
    shape::{Misfit, Shape},
};

/// An action that policies may speak of.
#[derive(Debug)]
struct Action {
    /// The types of those who do it.
    principals: Vec<String>,
    /// The types of what it is done to.
    resources: Vec<String>,
    uid: EntityUid,
    /// How its input looks; the members of an action of the tenant's own schema stand in the context itself, typed by what they are.
    input: Input,
}

impl Action {
    /// Whether the schema has it for these types: Cedar itself asks policies about anything, and one that names no type would answer.
    fn applies_to(&self, question: &Question<'_>) -> Result<(), Misfit> {
        let (principal, resource) = (&question.principal.name.kind, &question.resource.name.kind);
        if self.principals.contains(principal) && self.resources.contains(resource) {
            return Ok(());
        }
        Err(Misfit(format!(
            "the action {} is none of {principal} and {resource}: the schema has it for {} and {}",
            question.action.as_str(),
            self.principals.join(" or "),
            self.resources.join(" or ")
        )))
    }
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
    /// The actions for each pair of types.
    applicable: BTreeMap<(String, String), Vec<CapabilityName>>,
    declared: Declared,
    authorizer: Authorizer,
    /// Whom any of them demands.
    approvers: Vec<Approvers>,
    permits_access: bool,
    looks_at_risk: bool,
}

#[derive(Debug)]
struct Named {
    effect: Effect,
    demands: Demands,
    reads_risk: bool,
}

impl Policies {
    /// Parses, checks against the schema of the catalogue, and sorts. All that is wrong is told at once.
    pub fn compile(text: &str, catalogue: &Catalogue) -> Result<Self, Vec<Problem>> {
        let one = |problem| vec![problem];
        bounds::policies(text).map_err(one)?;
        bounds::schema(catalogue.schema.as_deref().unwrap_or_default()).map_err(one)?;
        let (schema, declared) = schema(catalogue)?;
        bounds::work(text, schema.request_envs().count()).map_err(one)?;
        let (policies, mut problems) = named(text)?;
        let mut names = HashMap::new();
        for policy in policies.policies() {
            match annotations::read(policy) {
                Ok(demands) => {
                    let effect = policy.effect();
                    let reads_risk = bounds::reads_risk(&policy.to_string());
                    let entry = Named {
                        effect,
                        demands,
                        reads_risk,
                    };
                    names.insert(policy.id().clone(), entry);
                }
                Err(says) => {
                    let name = policy.id().as_ref();
                    let line = text.find(&format!("@id(\"{name}\")")).map(|at| line_at(text, at));
                    problems.push(Problem::of(name, line, says));
                }
            }
        }
        let permits_access = policies.policies().any(could_permit_access);
        let looks_at_risk = policies.policies().any(|policy| policy.to_string().contains("risk")); // or says so otherwise: then more is remembered than is looked at
        let actions = actions(&schema, catalogue);
        let kinds = schema
            .entity_types()
            .map(|kind| (kind.to_string(), kind.clone()))
            .collect();
        let applicable = applicable(&schema);
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
        let demanded = names
            .values()
            .flat_map(|named: &Named| named.demands.approvers.iter().cloned());
        let approvers: BTreeSet<Approvers> = demanded.collect();
        Ok(Self {
            approvers: approvers.into_iter().collect(),
            permits_access,
            looks_at_risk,
            index,
            names,
            actions,
            kinds,
            applicable,
            declared,
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

    /// Whether any of them could permit what no capability names: where none does, no token without a capability is given.
    pub const fn permits_access(&self) -> bool {
        self.permits_access
    }

    /// What is wrong with what they are to know by name: types that the schema does not have, properties that no policy could look at or that are of another type, and circles of
    /// memberships.
    pub fn check_entities(&self, entities: &[Entity]) -> Vec<Problem> {
        let circles = in_circles(entities);
        let wrong = entities.iter().filter_map(|entity| {
            let says = self.wrong_with(entity, &circles)?;
            Some(Problem::general(format!("entity {}: {says}", entity.name.written())))
        });
        wrong.collect()
    }

    fn wrong_with(&self, entity: &Entity, circles: &HashSet<&EntityName>) -> Option<String> {
        let mut kinds = iter::once(&entity.name).chain(&entity.parents);
        if let Some(name) = kinds.find(|name| !self.kinds.contains_key(&name.kind)) {
            return Some(format!("the schema has no entity type {}", name.kind));
        }
        if let Some(name) = self.declared.unknown_to(entity) {
            return Some(format!(
                "{name}: the schema has no such attribute of {}",
                entity.name.kind
            ));
        }
        if let Err(what) = self.declared.of_entity(entity) {
            return Some(what);
        }
        circles
            .contains(&entity.name)
            .then(|| "its memberships go round in a circle".to_owned())
    }

    /// Asks them.
    pub fn judge(&self, question: &Question<'_>) -> Verdict {
        match self.asked(question) {
            Ok(asked) => self.decide(&asked),
            Err(Misfit(what)) => Verdict::unfit(what),
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
        action.applies_to(question)?;
        let context = self.context(question, &action.input)?;

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
            let attributes = self
                .declared
                .of_entity(entity)
                .map_err(|what| Misfit(format!("{}: {what}", entity.name.written())))?;
            entities.push(of_attributes(uid, attributes.into_iter(), parents)?);
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

    fn context(&self, question: &Question<'_>, input: &Input) -> Result<Context, Misfit> {
        let nothing = Map::new();
        let given = question.input.unwrap_or(&nothing);
        let mut pairs: BTreeMap<String, RestrictedExpression> = BTreeMap::new();
        match input {
            Input::None => {}
            Input::Shaped(_) if question.input.is_none() => {} // what looks at it cannot be evaluated: a permit permits nothing, a forbid forbids
            Input::Shaped(shape) => {
                let value = shape
                    .value(&Value::Object(given.clone()))
                    .map_err(|Misfit(what)| Misfit(format!("input: {what}")))?;
                pairs.insert("input".to_owned(), value);
            }
            Input::Own => {
                let context = self.declared.of_context(question.action.as_str(), given);
                for (name, value) in context.map_err(Misfit)? {
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

/// Those whose memberships lead back to themselves, or from one such circle to another: whoever is in nothing that is left is taken out, and then whoever has nobody left in them. Each
/// membership is looked at twice, however long the chains are.
fn in_circles(entities: &[Entity]) -> HashSet<&EntityName> {
    let memberships = || {
        entities
            .iter()
            .flat_map(|entity| entity.parents.iter().map(|parent| (&entity.name, parent)))
    };
    let mut left: HashSet<&EntityName> = entities.iter().map(|entity| &entity.name).collect();
    take_out(&mut left, memberships());
    take_out(&mut left, memberships().map(|(child, parent)| (parent, child)));
    left
}

/// Takes out whoever has no edge to anybody that is left, until all have one.
fn take_out<'e>(left: &mut HashSet<&'e EntityName>, edges: impl Iterator<Item = (&'e EntityName, &'e EntityName)>) {
    let mut count: HashMap<&EntityName, usize> = left.iter().map(|name| (*name, 0)).collect();
    let mut back: HashMap<&EntityName, Vec<&EntityName>> = HashMap::new();
    for (from, to) in edges.filter(|(from, to)| left.contains(from) && left.contains(to)) {
        let edges = count.entry(from).or_default();
        *edges = edges.saturating_add(1);
        back.entry(to).or_default().push(from);
    }
    let mut open: Vec<&EntityName> = count
        .iter()
        .filter(|(_, edges)| **edges == 0)
        .map(|(name, _)| *name)
        .collect();
    while let Some(name) = open.pop() {
        left.remove(name);
        for from in back.remove(name).unwrap_or_default() {
            let Some(edges) = count.get_mut(from) else { continue };
            *edges = edges.saturating_sub(1);
            if *edges == 0 {
                open.push(from);
            }
        }
    }
}

impl Judge for Policies {
    fn judge(&self, question: &Question<'_>) -> Verdict {
        Self::judge(self, question)
    }

    fn kind(&self, named: &str) -> Option<&str> {
        let exactly = self.kinds.get_key_value(named).map(|(kind, _)| kind.as_str());
        exactly.or_else(|| OUR_KINDS.into_iter().find(|kind| is_meant(kind, named)))
    }

    fn actions(&self, principal: &str, resource: &str) -> Vec<CapabilityName> {
        let pair = (principal.to_owned(), resource.to_owned());
        self.applicable.get(&pair).cloned().unwrap_or_default()
    }

    fn approvers(&self) -> &[Approvers] {
        &self.approvers
    }

    fn declares(&self, action: &str, member: &str) -> bool {
        self.declared.has_context(action, member)
    }

    fn looks_at_risk(&self) -> bool {
        self.looks_at_risk
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
        let of_risk = self
            .forbid
            .iter()
            .filter_map(|id| names.get(id))
            .any(|named| named.reads_risk);
        let (answer, decided) = match (forbid.is_empty(), self.permit.is_empty()) {
            (false, _) => (Answer::Forbid, forbid),
            (true, false) => (Answer::Permit, self.permit),
            (true, true) => (Answer::Silence, Vec::new()),
        };
        // What a permit demands that could not be evaluated is demanded: whoever leaves out the input that it looks at must not get around it.
        let unheard = self.failed.iter().filter(|_| answer == Answer::Permit);
        let demands = decided
            .iter()
            .chain(unheard)
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
            beside: None,
            of_risk: answer == Answer::Forbid && of_risk,
            looked_at: self.looked_at,
        }
    }
}

/// Whether a policy is a permit whose head admits the action [`ACCESS`].
fn could_permit_access(policy: &Policy) -> bool {
    let access = |uid: &EntityUid| uid.id().unescaped() == ACCESS && uid.type_name().to_string() == "Action";
    let admitted = match policy.action_constraint() {
        ActionConstraint::Any => true,
        ActionConstraint::Eq(uid) => access(&uid),
        ActionConstraint::In(all) => all.iter().any(access),
    };
    policy.effect() == Effect::Permit && admitted
}

fn schema(catalogue: &Catalogue) -> Result<(Schema, Declared), Vec<Problem>> {
    let wrong = |error: &dyn std::fmt::Display| vec![Problem::general(format!("schema: {error}"))];
    let (fragment, _warnings) =
        SchemaFragment::from_cedarschema_str(&catalogue.cedarschema()).map_err(|error| wrong(&told(&error)))?;
    let declared = fragment.clone().to_json_value().map_err(|error| wrong(&error))?;
    let schema = Schema::from_schema_fragments([fragment]).map_err(|error| wrong(&told(&error)))?;
    Ok((schema, Declared::of(&declared)))
}

/// Which actions apply to which types.
fn applicable(schema: &Schema) -> BTreeMap<(String, String), Vec<CapabilityName>> {
    let mut all: BTreeMap<(String, String), Vec<CapabilityName>> = BTreeMap::new();
    for action in schema.actions() {
        let Some(name) = CapabilityName::parse(action.id().unescaped()) else {
            continue; // nobody can ask for it
        };
        let principals = schema.principals_for_action(action).into_iter().flatten();
        for principal in principals {
            for resource in schema.resources_for_action(action).into_iter().flatten() {
                let pair = (principal.to_string(), resource.to_string());
                all.entry(pair).or_default().push(name.clone());
            }
        }
    }
    for names in all.values_mut() {
        names.sort_unstable();
    }
    all
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
            Some(name) if !is_name(name) => {
                let says = format!("@id is a name of 1 to {NAME_CHARS_MAX} characters, without control characters");
                problems.push(Problem::of(policy.id().as_ref(), None, says));
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

/// The longest name of a policy: it stands in the audit log each time that it decides.
const NAME_CHARS_MAX: usize = 128;

fn is_name(text: &str) -> bool {
    (1..=NAME_CHARS_MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

fn actions(schema: &Schema, catalogue: &Catalogue) -> HashMap<String, Action> {
    let shape = |name: &str| {
        let capability = catalogue.all().find(|capability| capability.name.as_str() == name)?;
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
            let named = |kinds: Vec<&EntityTypeName>| {
                let mut names: Vec<String> = kinds.iter().map(ToString::to_string).collect();
                names.sort_unstable();
                names
            };
            let action = Action {
                principals: named(schema.principals_for_action(uid).into_iter().flatten().collect()),
                resources: named(schema.resources_for_action(uid).into_iter().flatten().collect()),
                uid: uid.clone(),
                input,
            };
            (name, action)
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

fn of_attributes<'a>(
    uid: EntityUid,
    attributes: impl Iterator<Item = (&'a String, &'a Value)>,
    parents: HashSet<EntityUid>,
) -> Result<cedar_policy::Entity, Misfit> {
    let attributes = attributes
        .map(|(name, value)| {
            let value = dynamic(value).map_err(|Misfit(what)| Misfit(format!("{name}: {what}")))?;
            Ok((name.clone(), value))
        })
        .collect::<Result<HashMap<_, _>, Misfit>>()?;
    if attributes.is_empty() {
        return Ok(cedar_policy::Entity::new_no_attrs(uid, parents));
    }
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
