//! `prokura policy`: Cedar policies as files, checked, tested and explained before anybody is held to them; and applied.

mod applied;
mod sources;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Result;
use clap::{Args, Subcommand};
use kernel::{
    Time,
    capability::Capability,
    policy::{Asked, Policy},
};
use policy::{Answer, Catalogue, Demands, Policies, Verdict};
use serde_json::{Map, Value, json};

use self::sources::Sources;
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
Without FILE, the policies that count at the server are asked. Besides: \"ancestors\": [{\"type\": …, \"id\": …, \"in\": […]}], \"risk\": {\"unusual_hour\": false, \"velocity\": 0, \"amount_percent\": 100}, \"at\": seconds since 1970.")]
    Explain(Explained),
    /// Print the schema that policies are checked against, in Cedar's language, for editors
    Schema(OfCatalogue),
    /// Print the capabilities that a tenant begins with, to start a catalogue from
    Catalogue,
    /// Apply policies at the server, as its next version: every door judges by it from then on
    #[command(after_help = "\
All policies of the tenant are applied together. What the files do not say is gone; what is not given (capabilities, schema) stays.

Examples:
  prokura policy apply shop.cedar --dry-run
  prokura policy apply shop.cedar people.cedar --catalogue capabilities.json")]
    Apply(applied::ApplyArguments),
    /// Print the policies that count, or counted
    Show(applied::ShowArguments),
    /// List the versions that were applied, the newest first
    History,
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
    /// The policies, Cedar files; several count as one text, in this order
    #[arg(value_name = "FILE", required = true)]
    policies: Vec<PathBuf>,
    #[command(flatten)]
    of: OfCatalogue,
    /// A JSON file with what policies know by name: who is in which group, what is what
    #[arg(long, value_name = "FILE")]
    entities: Option<PathBuf>,
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
    /// The policies, Cedar files; without any, those that count at the server
    #[arg(value_name = "FILE")]
    policies: Vec<PathBuf>,
    #[command(flatten)]
    of: OfCatalogue,
    /// A JSON file with what policies know by name: who is in which group, what is what
    #[arg(long, value_name = "FILE")]
    entities: Option<PathBuf>,
    /// The question, a JSON file
    #[arg(long, value_name = "FILE")]
    question: PathBuf,
}

pub(super) async fn run(command: PolicyCommand, console: &Console<'_>) -> Result<Exit> {
    match command {
        PolicyCommand::Check(checked) => check(&checked, console),
        PolicyCommand::Test(tested) => test(&tested, console),
        PolicyCommand::Explain(explained) => explain(explained, console).await,
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
        PolicyCommand::Apply(arguments) => applied::apply(arguments, console).await.map(|()| Exit::Done),
        PolicyCommand::Show(arguments) => applied::show(arguments, console).await.map(|()| Exit::Done),
        PolicyCommand::History => applied::history(console).await.map(|()| Exit::Done),
    }
}

fn check(checked: &Checked, console: &Console<'_>) -> Result<Exit> {
    let Compiled { names, count, policy } = compiled(checked)?;
    let capabilities = policy.capabilities().len();
    let document = json!({ "policies": count, "capabilities": capabilities });
    let said = if count == 0 {
        "nothing is wrong, and nothing would be permitted"
    } else {
        "nothing is wrong"
    };
    let text = format!("{names}: {count} policies over {capabilities} capabilities, {said}\n");
    console.show(&document, &text)?;
    Ok(Exit::Done)
}

fn test(tested: &Tested, console: &Console<'_>) -> Result<Exit> {
    let policy = compiled(&tested.checked)?.policy;
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
    if tests.is_empty() {
        return Err(wrong("the list \"tests\" is empty: nothing was tried".to_owned()).into());
    }
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
        let asked = asked(question, console.now).map_err(of_this)?.known_to(&policy);
        let verdict = policy.judge(&asked.question());
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
    let answer = expected
        .get("answer")
        .ok_or("\"expect\" has no \"answer\": permit, forbid, silence or unfit")?;
    if answer.as_str().and_then(Answer::from_name).is_none() {
        return Err(format!(
            "{answer} is no answer; they are permit, forbid, silence and unfit"
        ));
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

async fn explain(explained: Explained, console: &Console<'_>) -> Result<Exit> {
    let Explained {
        policies,
        of,
        entities,
        question,
    } = explained;
    let document = file::json(&question, "a question")?;
    let asked = asked(&document, console.now).map_err(|why| {
        Failure::new(Exit::Error, format!("cannot ask what {} says", question.display()))
            .why(why)
            .advice("prokura policy explain --help shows the form")
    })?;
    if policies.is_empty() {
        if of.catalogue.is_some() || of.schema.is_some() || entities.is_some() {
            let what = "--catalogue, --schema and --entities go with policies of yours";
            return Err(Failure::new(Exit::Usage, what)
                .advice("name their files; without any, those that count at the server are asked")
                .into());
        }
        return applied::explain(document, console).await.map(|()| Exit::Done);
    }
    let Compiled { count, policy, .. } = compiled(&Checked { policies, of, entities })?;
    let asked = asked.known_to(&policy);
    let verdict = policy.judge(&asked.question());
    let list = |names: &[String]| (!names.is_empty()).then(|| names.join(", "));
    let record = Record::default()
        .line("answer", in_words(&verdict))
        .line_if("decided by", list(&verdict.decided));
    let record = demanded(&verdict.demands)
        .into_iter()
        .fold(record, |record, (name, value)| record.line(name, value))
        .line_if("could not be evaluated", list(&verdict.failed))
        .line_if(
            "besides",
            policy.takes_a_human(asked.action(), &verdict).then(|| HUMAN.to_owned()),
        )
        .line("looked at", format!("{} of {count} policies", verdict.looked_at));
    console.show(&Value::Object(told(&verdict)), &record.text())?;
    Ok(Exit::Done)
}

/// What a permit means that is not silent.
const HUMAN: &str = "a human must say so, as the capability or policies demand";

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

/// Policies of files, ready to be asked.
struct Compiled {
    /// The files.
    names: String,
    count: usize,
    policy: Policy,
}

fn compiled(checked: &Checked) -> Result<Compiled> {
    let catalogue = catalogue(&checked.of)?;
    let sources = Sources::read(&checked.policies)?;
    let names = sources.names();
    let policies = Policies::compile(&sources.text, &catalogue).map_err(|problems| {
        sources
            .failure(&format!("{names} does not hold"), &problems)
            .advice("prokura policy schema prints what policies may speak of; capabilities of your own are in --catalogue FILE, types in --schema FILE")
    })?;
    let entities = match &checked.entities {
        Some(file) => sources::entities(file)?.1,
        None => Vec::new(),
    };
    let problems = policies.check_entities(&entities);
    if !problems.is_empty() {
        let all = problems.iter().map(ToString::to_string).collect();
        return Err(Failure::new(Exit::Error, "the entities do not hold")
            .problems(all)
            .into());
    }
    Ok(Compiled {
        names,
        count: policies.len(),
        policy: Policy::applied(1, catalogue.capabilities, entities, Arc::new(policies)),
    })
}

fn catalogue(of: &OfCatalogue) -> Result<Catalogue> {
    let capabilities = match &of.catalogue {
        None => Capability::seeded(),
        Some(file) => capabilities(file)?,
    };
    let schema = of.schema.as_deref().map(file::text).transpose()?;
    Ok(Catalogue { capabilities, schema })
}

/// The capabilities of a file.
fn capabilities(file: &Path) -> Result<Vec<Capability>> {
    let wrong = |why: String| {
        Failure::new(Exit::Error, format!("{} is no catalogue", file.display()))
            .why(why)
            .advice("prokura policy catalogue prints one to start from")
    };
    let document = file::json(file, "a list of capabilities")?;
    let document = document
        .as_object()
        .ok_or_else(|| wrong("it is not an object".to_owned()))?;
    Ok(Capability::read_all(document).map_err(wrong)?)
}

/// A question from a file.
fn asked(document: &Value, now: i64) -> Result<Asked, String> {
    let o = document.as_object().ok_or("a question is an object")?;
    Asked::read(o, Time::from_unix(now))
}
