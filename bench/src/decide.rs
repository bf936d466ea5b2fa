//! `bench decide`: what a question to policies costs at any count of policies and grants: in process beside Cedar itself with and without slicing, and over HTTP beside HTTP alone, in the
//! same run.

mod served;

use std::{
    collections::{HashMap, HashSet},
    time::Instant,
};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use cedar_policy::{Authorizer, Context, Decision, Entities, EntityUid, PolicySet, Request};
use kernel::{
    Time,
    capability::{Capability, CapabilityName},
};
use policy::{Answer, Catalogue, Entity, EntityName, Policies, Question, Risk};
use serde_json::{Map, Value, json};

use crate::{clock, load::Drive};

/// What to measure.
#[derive(Debug)]
pub(crate) struct Options {
    questions: usize,
    drive: Drive,
    /// In process alone, or over HTTP too.
    over_http: bool,
}

impl Options {
    pub(crate) fn parse(words: &[&str]) -> Result<Self> {
        let mut options = Self {
            questions: 20_000,
            drive: Drive {
                seconds: 5,
                connections: 32,
                held_percent: 50, // the bar is at half load (product s6)
            },
            over_http: true,
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match *word {
                "--questions" => options.questions = words.next().context("--questions N")?.parse()?,
                "--seconds" => options.drive.seconds = words.next().context("--seconds N")?.parse()?,
                "--connections" => options.drive.connections = words.next().context("--connections N")?.parse()?,
                "--in-process" => options.over_http = false,
                other => bail!("{other}: not an option of this benchmark"),
            }
        }
        ensure!(options.questions >= 100, "--questions: at least 100");
        Ok(options)
    }
}

/// Four that speak of the principal, the last of them to everybody.
const OWN: &str = r#"
@id("own-1") permit(principal in Group::"finance", action == Action::"purchase", resource)
when { context.input.amount.currency == "EUR" && context.input.amount.value.lessThanOrEqual(decimal("100.00")) };
@id("own-2") @strength("biometric") permit(principal in Role::"buyer", action == Action::"purchase", resource)
when { context.input.amount.value.greaterThan(decimal("500.00")) };
@id("own-3") permit(principal == Client::"agent", action, resource) when { context.risk.velocity < 100 };
@id("own-4") forbid(principal, action, resource) when { context.risk.unusual_hour };
"#;

fn policies(count: usize) -> String {
    let others = (4..count).map(|n| {
        format!(
            "@id(\"other-{n}\") permit(principal == Client::\"other-{n}\", action == Action::\"purchase\", resource) when {{ context.input.amount.value.lessThan(decimal(\"{}.00\")) }};\n",
            n % 1_000
        )
    });
    OWN.to_owned() + &others.collect::<String>()
}

pub(crate) fn run(options: &Options) -> Result<()> {
    println!(
        "one thread, {} questions a row; a question is built and checked each time",
        options.questions
    );
    println!(
        "{:<34} {:>9} {:>9} {:>9} {:>12}",
        "case", "p50 us", "p99 us", "looked at", "compiled ms"
    );
    for count in [100, 1_000, 10_000] {
        let text = policies(count);
        let started = clock::now();
        let catalogue = Catalogue {
            capabilities: Capability::seeded(),
            schema: None,
        };
        let ours = Policies::compile(&text, &catalogue).map_err(|problems| anyhow!("{problems:?}"))?;
        let compiled = started.elapsed().as_secs_f64() * 1_000.0;
        let asked = Asked::new()?;
        let (times, looked_at) = measured(options.questions, || {
            let verdict = ours.judge(&asked.question());
            ensure!(verdict.answer == Answer::Permit, "{verdict:?}");
            Ok(verdict.looked_at)
        })?;
        row(&format!("prokura, {count} policies"), &times, looked_at, Some(compiled));

        let full: PolicySet = text.parse()?;
        let (times, _) = measured(options.questions.min(4_000_000 / count), || raw(&full, &asked))?;
        row(&format!("Cedar unsliced, {count} policies"), &times, count, None);
    }
    let slice: PolicySet = OWN.parse()?;
    let asked = Asked::new()?;
    let (times, _) = measured(options.questions, || raw(&slice, &asked))?;
    row("Cedar, those four alone", &times, 4, None);
    if options.over_http {
        served::run(options.drive)?;
    }
    Ok(())
}

/// What is to be bought.
fn input() -> Value {
    json!({ "amount": { "value": "29.99", "currency": "EUR" }, "merchant": "Lamps", "item": "lamp" })
}

/// The seeded capability, without the passkey that a purchase wants: a machine alone is answered.
pub(crate) fn purchase() -> Value {
    let seeded = Capability::seeded()
        .into_iter()
        .find(|one| one.name.as_str() == "purchase");
    let mut document = seeded.map_or(Value::Null, |capability| Value::Object(capability.document()));
    if let Some(members) = document.as_object_mut() {
        members.insert("approval_strength".to_owned(), "session".into());
    }
    document
}

/// The question, as the server would have it.
struct Asked {
    principal: Entity,
    ancestors: Vec<Entity>,
    action: CapabilityName,
    resource: Entity,
    input: Map<String, Value>,
}

impl Asked {
    fn new() -> Result<Self> {
        let input = input();
        let parent = |kind: &str, id: &str| EntityName::new(kind, id);
        Ok(Self {
            principal: Entity {
                parents: vec![parent("Group", "finance"), parent("Role", "buyer")],
                ..Entity::named("Client", "agent")
            },
            ancestors: vec![Entity::named("Group", "finance"), Entity::named("Role", "buyer")],
            action: CapabilityName::parse("purchase").context("a name")?,
            resource: Entity::named("Resource", "https://shop.example"),
            input: input.as_object().cloned().context("an object")?,
        })
    }

    fn question(&self) -> Question<'_> {
        Question {
            principal: &self.principal,
            ancestors: &self.ancestors,
            action: &self.action,
            resource: &self.resource,
            input: Some(&self.input),
            risk: Risk::default(),
            now: Time::from_unix(1_795_685_400),
        }
    }
}

/// Cedar by itself: the same question, built each time as its documentation has it, without a schema.
fn raw(policies: &PolicySet, asked: &Asked) -> Result<usize> {
    let uid = |kind: &str, id: &str| -> Result<EntityUid> {
        Ok(EntityUid::from_type_name_and_id(
            kind.parse()?,
            cedar_policy::EntityId::new(id),
        ))
    };
    let parents: HashSet<EntityUid> = [uid("Group", "finance")?, uid("Role", "buyer")?].into();
    let entities = Entities::from_entities(
        [
            cedar_policy::Entity::new(uid("Client", "agent")?, HashMap::new(), parents)?,
            cedar_policy::Entity::new_no_attrs(uid("Group", "finance")?, HashSet::new()),
            cedar_policy::Entity::new_no_attrs(uid("Role", "buyer")?, HashSet::new()),
        ],
        None,
    )?;
    let mut input = asked.input.clone();
    let amount = json!({ "value": { "__extn": { "fn": "decimal", "arg": "29.99" } }, "currency": "EUR" });
    input.insert("amount".to_owned(), amount);
    let context = json!({ "input": input, "now": 1_795_685_400, "hour": 9, "weekday": 4, "risk": { "unusual_hour": false, "velocity": 0 } });
    let request = Request::new(
        uid("Client", "agent")?,
        uid("Action", "purchase")?,
        uid("Resource", "https://shop.example")?,
        Context::from_json_value(context, None)?,
        None,
    )?;
    let response = Authorizer::new().is_authorized(&request, policies, &entities);
    ensure!(response.decision() == Decision::Allow, "{response:?}");
    Ok(policies.num_of_policies())
}

/// Microseconds of each question in order, and what the last one said.
fn measured(questions: usize, mut ask: impl FnMut() -> Result<usize>) -> Result<(Vec<f64>, usize)> {
    let mut said = 0;
    for _ in 0..questions / 10 {
        said = ask()?; // warm
    }
    let mut times = Vec::with_capacity(questions);
    for _ in 0..questions {
        let started: Instant = clock::now();
        said = ask()?;
        times.push(started.elapsed().as_secs_f64() * 1e6);
    }
    times.sort_by(f64::total_cmp);
    Ok((times, said))
}

fn row(case: &str, times: &[f64], looked_at: usize, compiled: Option<f64>) {
    let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or(f64::NAN);
    let compiled = compiled.map_or_else(String::new, |ms| format!("{ms:.0}"));
    println!(
        "{case:<34} {:>9.1} {:>9.1} {looked_at:>9} {compiled:>12}",
        at(50),
        at(99)
    );
}
