//! `prokura policy`: Cedar policies as files, checked, tested and explained before anybody is held to them.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand};
use kernel::{
    Time,
    capability::{Capability, CapabilityName},
};
use policy::{Answer, Catalogue, Demands, Entity, EntityName, Policies, Question, Risk, Verdict};
use serde_json::{Map, Value, json};

use super::{
    console::{Console, pretty},
    failure::{Exit, Failure},
    file,
    table::{Record, Table},
};

#[derive(Debug, Subcommand)]
pub(super) enum PolicyCommand {
    /// Check policies: their grammar, their types, their annotations; all that is wrong is told at once
    #[command(after_help = "\
Policies are Cedar (https://www.cedarpolicy.com). Annotations demand more than a yes:
  @id(\"name\")  @description(\"…\")  @reason(\"what a denied caller may be told\")
  @strength(\"none|session|biometric\")  @approvers(\"GROUP\") @quorum(\"2\")  @lifetime(\"SECONDS\")

Example:
  prokura policy check shop.cedar --catalogue capabilities.json")]
    Check(Checked),
    /// Run the tests of policies: questions, and what must be said to them
    #[command(after_help = "\
The file is JSON: {\"tests\": [{\"name\": …, \"question\": {…}, \"expect\": {\"answer\": \"permit\", \"decided\": [\"buyers\"], \"strength\": \"biometric\"}}]}.
A question is what `prokura policy explain` takes. In `expect`, only `answer` must be there.")]
    Test(Tested),
    /// Say what policies answer to one question, which of them decided, and what these demand
    #[command(after_help = "\
The question is JSON:
  {\"principal\": {\"type\": \"User\", \"id\": \"alice\", \"in\": [\"Role::buyer\"]}, \"action\": \"purchase\",
   \"resource\": {\"type\": \"Resource\", \"id\": \"https://shop.example\"},
   \"input\": {\"amount\": {\"value\": \"20.00\", \"currency\": \"EUR\"}, \"merchant\": \"Lamps\"}}
Besides: \"ancestors\": [{\"type\": …, \"id\": …, \"in\": […]}], \"risk\": {\"unusual_hour\": false, \"velocity\": 0, \"amount_percent\": 100}, \"at\": seconds since 1970.")]
    Explain(Explained),
    /// Print the schema that policies are checked against, in Cedar's language, for editors
    Schema(OfCatalogue),
    /// Print the capabilities that a tenant begins with, to start a catalogue from
    Catalogue,
}

#[derive(Debug, Args)]
pub(super) struct OfCatalogue {
    /// A JSON file with the tenant's capabilities; those that a tenant begins with if absent
    #[arg(long, value_name = "FILE")]
    catalogue: Option<PathBuf>,
    /// A file in Cedar's schema language with entity types and actions of the tenant's own
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Checked {
    /// The policies, a Cedar file
    #[arg(value_name = "FILE")]
    policies: PathBuf,
    #[command(flatten)]
    of: OfCatalogue,
}

#[derive(Debug, Args)]
pub(super) struct Tested {
    #[command(flatten)]
    checked: Checked,
    /// The tests, a JSON file
    #[arg(long, value_name = "FILE")]
    tests: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Explained {
    #[command(flatten)]
    checked: Checked,
    /// The question, a JSON file
    #[arg(long, value_name = "FILE")]
    question: PathBuf,
}

pub(super) fn run(command: PolicyCommand, console: &Console<'_>) -> Result<Exit> {
    match command {
        PolicyCommand::Check(checked) => check(&checked, console),
        PolicyCommand::Test(tested) => test(&tested, console),
        PolicyCommand::Explain(explained) => explain(&explained, console),
        PolicyCommand::Schema(of) => {
            let text = catalogue(&of)?.cedarschema();
            console.show(&json!({ "schema": text }), &text)?;
            Ok(Exit::Done)
        }
        PolicyCommand::Catalogue => {
            let seeded: Vec<Value> = Capability::seeded().iter().map(|one| one.document().into()).collect();
            let document = json!({ "capabilities": seeded });
            console.show(&document, &pretty(&document))?;
            Ok(Exit::Done)
        }
    }
}

fn check(checked: &Checked, console: &Console<'_>) -> Result<Exit> {
    let (policies, catalogue) = compiled(checked)?;
    let document = json!({ "policies": policies.len(), "capabilities": catalogue.capabilities.len() });
    let file = checked.policies.display();
    let text = format!(
        "{file}: {} policies over {} capabilities, nothing is wrong\n",
        policies.len(),
        catalogue.capabilities.len()
    );
    console.show(&document, &text)?;
    Ok(Exit::Done)
}

fn test(tested: &Tested, console: &Console<'_>) -> Result<Exit> {
    let (policies, _) = compiled(&tested.checked)?;
    let document = file::json(&tested.tests, "the tests")?;
    let wrong = |what: String| {
        Failure::new(
            Exit::Error,
            format!("cannot run the tests of {}", tested.tests.display()),
        )
        .why(what)
        .advice("prokura policy test --help shows the form")
    };
    let tests = document.get("tests").and_then(Value::as_array);
    let tests = tests.ok_or_else(|| wrong("there is no list \"tests\"".to_owned()))?;
    let mut table = Table::new(&["", "TEST", "SAID", "BY"]);
    let mut rows = Vec::new();
    let mut failed = 0_usize;
    for (n, one) in tests.iter().enumerate() {
        let name = one
            .get("name")
            .and_then(Value::as_str)
            .map_or_else(|| format!("test {n}"), str::to_owned);
        let of_this = |what: String| wrong(format!("{name}: {what}"));
        let question = one
            .get("question")
            .ok_or_else(|| of_this("there is no question".to_owned()))?;
        let asked = Asked::read(question, console.now).map_err(of_this)?;
        let verdict = asked.judged(&policies);
        let expected = one.get("expect").and_then(Value::as_object);
        let expected = expected.ok_or_else(|| of_this("there is no object \"expect\"".to_owned()))?;
        let differences = differences(expected, &verdict).map_err(of_this)?;
        failed = failed.saturating_add(usize::from(!differences.is_empty()));
        let mark = if differences.is_empty() { "ok" } else { "NOT OK" };
        let said = [&[named(verdict.answer).to_owned()][..], &differences]
            .concat()
            .join("; ");
        table.row(&[mark.to_owned(), name.clone(), said, verdict.decided.join(" ")]);
        rows.push(json!({ "name": name, "passed": differences.is_empty(), "differences": differences, "said": told(&verdict) }));
    }
    console.show(&json!({ "tests": rows, "failed": failed }), &table.text())?;
    let passed = tests.len().saturating_sub(failed);
    console.say(&format!("{passed} passed, {failed} failed"));
    Ok(if failed == 0 { Exit::Done } else { Exit::Error })
}

/// What was said otherwise than expected.
fn differences(expected: &Map<String, Value>, verdict: &Verdict) -> Result<Vec<String>, String> {
    let said = told(verdict);
    let mut differences = Vec::new();
    if !expected.contains_key("answer") {
        return Err("\"expect\" has no \"answer\": permit, forbid, silence or unfit".to_owned());
    }
    for (name, value) in expected {
        let Some(actual) = said.get(name) else {
            let names: Vec<&str> = said.keys().map(String::as_str).collect();
            return Err(format!(
                "\"expect\" has {name:?}; what can be expected is {}",
                names.join(", ")
            ));
        };
        if actual != value {
            differences.push(format!("{name}: expected {value}, not {actual}"));
        }
    }
    Ok(differences)
}

fn explain(explained: &Explained, console: &Console<'_>) -> Result<Exit> {
    let (policies, _) = compiled(&explained.checked)?;
    let document = file::json(&explained.question, "a question")?;
    let asked = Asked::read(&document, console.now).map_err(|why| {
        Failure::new(
            Exit::Error,
            format!("cannot ask what {} says", explained.question.display()),
        )
        .why(why)
        .advice("prokura policy explain --help shows the form")
    })?;
    let verdict = asked.judged(&policies);
    let list = |names: &[String]| (!names.is_empty()).then(|| names.join(", "));
    let record = Record::default()
        .line("answer", in_words(&verdict))
        .line_if("decided by", list(&verdict.decided));
    let record = demanded(&verdict.demands)
        .into_iter()
        .fold(record, |record, (name, value)| record.line(name, value))
        .line_if("could not be evaluated", list(&verdict.failed))
        .line(
            "looked at",
            format!("{} of {} policies", verdict.looked_at, policies.len()),
        );
    console.show(&Value::Object(told(&verdict)), &record.text())?;
    Ok(Exit::Done)
}

fn in_words(verdict: &Verdict) -> String {
    match (verdict.answer, &verdict.unfit) {
        (Answer::Permit, _) => "permit".to_owned(),
        (Answer::Forbid, _) => "forbid".to_owned(),
        (Answer::Silence, _) => "silence: no policy permits it, so it may not be".to_owned(),
        (Answer::Unfit, Some(what)) => format!("unfit: {what}"),
        (Answer::Unfit, None) => "unfit".to_owned(),
    }
}

/// What the policies that decided demand besides, for people.
fn demanded(demands: &Demands) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    if let Some(strength) = demands.strength {
        rows.push(("strength", strength.name().to_owned()));
    }
    if !demands.approvers.is_empty() {
        let approvers = demands
            .approvers
            .iter()
            .map(|one| format!("{} of {}", one.quorum, one.group));
        rows.push(("approvers", approvers.collect::<Vec<_>>().join(", ")));
    }
    if let Some(seconds) = demands.lifetime_seconds {
        rows.push(("lifetime", format!("{seconds} s at most")));
    }
    rows.extend(demands.reasons.iter().map(|reason| ("reason", reason.clone())));
    rows
}

const fn named(answer: Answer) -> &'static str {
    match answer {
        Answer::Permit => "permit",
        Answer::Forbid => "forbid",
        Answer::Silence => "silence",
        Answer::Unfit => "unfit",
    }
}

/// A verdict as programs read it, and as tests expect it.
fn told(verdict: &Verdict) -> Map<String, Value> {
    let demands = &verdict.demands;
    let approvers: Vec<Value> = demands
        .approvers
        .iter()
        .map(|one| json!({ "group": one.group, "quorum": one.quorum }))
        .collect();
    let mut o = Map::new();
    o.insert("answer".to_owned(), named(verdict.answer).into());
    o.insert("decided".to_owned(), json!(verdict.decided));
    o.insert(
        "strength".to_owned(),
        json!(demands.strength.map(kernel::capability::Strength::name)),
    );
    o.insert("approvers".to_owned(), approvers.into());
    o.insert("lifetime".to_owned(), json!(demands.lifetime_seconds));
    o.insert("reasons".to_owned(), json!(demands.reasons));
    o.insert("failed".to_owned(), json!(verdict.failed));
    o.insert("unfit".to_owned(), json!(verdict.unfit));
    o
}

fn compiled(checked: &Checked) -> Result<(Policies, Catalogue)> {
    let catalogue = catalogue(&checked.of)?;
    let file = &checked.policies;
    let text = file::text(file)?;
    let policies = Policies::compile(&text, &catalogue).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Failure::new(Exit::Error, format!("{} does not hold", file.display()))
            .why(lines.join("; "))
            .advice("prokura policy schema prints what policies may speak of")
    })?;
    Ok((policies, catalogue))
}

fn catalogue(of: &OfCatalogue) -> Result<Catalogue> {
    let capabilities = match &of.catalogue {
        None => Capability::seeded(),
        Some(file) => {
            let wrong = |why: String| {
                Failure::new(Exit::Error, format!("{} is no catalogue", file.display()))
                    .why(why)
                    .advice("prokura policy catalogue prints one to start from")
            };
            let document = file::json(file, "a list of capabilities")?;
            let document = document
                .as_object()
                .ok_or_else(|| wrong("it is not an object".to_owned()))?;
            Capability::read_all(document).map_err(wrong)?
        }
    };
    let schema = of.schema.as_deref().map(file::text).transpose()?;
    Ok(Catalogue { capabilities, schema })
}

/// A question from a file.
struct Asked {
    principal: Entity,
    ancestors: Vec<Entity>,
    action: CapabilityName,
    resource: Entity,
    input: Option<Map<String, Value>>,
    risk: Risk,
    now: Time,
}

impl Asked {
    fn read(document: &Value, now: i64) -> Result<Self, String> {
        let o = document.as_object().ok_or("a question is an object")?;
        let members = ["principal", "ancestors", "action", "resource", "input", "risk", "at"];
        if let Some(other) = o.keys().find(|name| !members.contains(&name.as_str())) {
            return Err(format!(
                "{other} is not a member of a question; they are {}",
                members.join(", ")
            ));
        }
        let action = o.get("action").and_then(Value::as_str).and_then(CapabilityName::parse);
        let ancestors = o.get("ancestors").and_then(Value::as_array);
        let risk = o.get("risk").and_then(Value::as_object);
        let number = |name: &str| risk.and_then(|risk| risk.get(name)).and_then(Value::as_i64);
        Ok(Self {
            principal: entity(o.get("principal"), "principal")?,
            ancestors: ancestors
                .into_iter()
                .flatten()
                .map(|one| entity(Some(one), "ancestors"))
                .collect::<Result<_, _>>()?,
            action: action.ok_or("action: the name of a capability")?,
            resource: entity(o.get("resource"), "resource")?,
            input: o.get("input").and_then(Value::as_object).cloned(),
            risk: Risk {
                unusual_hour: risk.and_then(|risk| risk.get("unusual_hour")) == Some(&Value::Bool(true)),
                velocity: number("velocity").unwrap_or(0),
                amount_percent: number("amount_percent"),
            },
            now: Time::from_unix(o.get("at").and_then(Value::as_i64).unwrap_or(now)),
        })
    }

    fn judged(&self, policies: &Policies) -> Verdict {
        policies.judge(&Question {
            principal: &self.principal,
            ancestors: &self.ancestors,
            action: &self.action,
            resource: &self.resource,
            input: self.input.as_ref(),
            risk: self.risk,
            now: self.now,
        })
    }
}

fn entity(value: Option<&Value>, what: &str) -> Result<Entity, String> {
    let o = value
        .and_then(Value::as_object)
        .ok_or_else(|| format!("{what}: an object with type and id"))?;
    let text = |name: &str| o.get(name).and_then(Value::as_str);
    let (Some(kind), Some(id)) = (text("type"), text("id")) else {
        return Err(format!("{what}: type and id are texts"));
    };
    let parent = |value: &Value| {
        let (kind, id) = value.as_str()?.split_once("::")?;
        Some(EntityName::new(kind, id))
    };
    let parents = o.get("in").and_then(Value::as_array).into_iter().flatten();
    let parents = parents.map(parent).collect::<Option<Vec<_>>>();
    Ok(Entity {
        parents: parents.ok_or_else(|| format!("{what}: in: texts as Group::finance"))?,
        attributes: o
            .get("attributes")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default(),
        ..Entity::named(kind, id)
    })
}
