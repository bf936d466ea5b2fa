//! `cargo xtask mutants`: proves that each attack's test goes red when its check is off (docs/decisions/0003-mutants-by-switch.md).
//!
//! All mutants of `xtask/mutants.toml` are written into one copy of the workspace, each behind a switch that reads the environment at
//! run time; the copy is built once, then the named tests run once a mutant.

mod switch;
mod tree;

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::Verdict;
use crate::binaries::{self, Built};
use crate::counts::{Counts, Good, names_of_rust};
use crate::run::{self, Echo};
use crate::workspace::Workspace;

const LIST: &str = "xtask/mutants.toml";
/// A mutant may make its test hang; that is noticed, too.
const RUN_MAX: Duration = Duration::from_mins(3);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    #[serde(default)]
    mutant: Vec<Mutant>,
}

/// One check that is switched off, and the tests that must notice.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mutant {
    id: String,
    /// The attack that the check stops, by its id in the catalogue, or the spec's clause.
    attack: String,
    file: String,
    find: String,
    replace: String,
    /// The package whose tests are run.
    package: String,
    /// Parts of test names; at least one such test must fail.
    tests: Vec<String>,
}

pub(crate) fn command(workspace: &Workspace, arguments: &[String]) -> Result<Verdict> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let only = match arguments.as_slice() {
        [] => Vec::new(),
        ["--list"] => {
            for mutant in read(workspace)? {
                println!("  {:<40} {:<10} {}", mutant.id, mutant.attack, mutant.file);
            }
            return Ok(Verdict::Good);
        }
        ["--only", ids] => ids.split(',').collect(),
        _ => bail!("`mutants` takes --only id,id or --list"),
    };
    let counts = hunt(workspace, &only)?;
    println!("{counts}");
    Ok(if counts.failed == 0 {
        Verdict::Good
    } else {
        Verdict::Bad
    })
}

pub(crate) fn part(workspace: &Workspace) -> Result<Counts> {
    hunt(workspace, &[])
}

/// Whether every mutant still finds the one place that it changes: a moved check is noticed at once, and not when the tests have run.
pub(crate) fn all_find_their_place(workspace: &Workspace) -> Result<bool> {
    mutated(workspace, &read(workspace)?)?;
    Ok(true)
}

fn read(workspace: &Workspace) -> Result<Vec<Mutant>> {
    let text = fs::read_to_string(workspace.root.join(LIST)).with_context(|| format!("reading {LIST}"))?;
    parse(&text).with_context(|| LIST.to_owned())
}

fn parse(text: &str) -> Result<Vec<Mutant>> {
    let List { mutant: mutants } = toml::from_str(text)?;
    let mut seen = Vec::new();
    for Mutant { id, tests, .. } in &mutants {
        if id.is_empty()
            || !id
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        {
            bail!("`{id}` is no id; lower case letters, digits and dashes make one");
        }
        if seen.contains(&id) {
            bail!("there are two mutants `{id}`");
        }
        if tests.is_empty() || tests.iter().any(String::is_empty) {
            bail!("`{id}` names no test");
        }
        seen.push(id);
    }
    Ok(mutants)
}

/// Every mutant is written and built, whichever are tried: so the copy stays the same from run to run and is not built anew.
fn hunt(workspace: &Workspace, only: &[&str]) -> Result<Counts> {
    let mutants = read(workspace)?;
    if mutants.is_empty() {
        bail!("{LIST} lists no mutant: no check is proved to be tested");
    }
    if let Some(id) = only.iter().find(|id| !mutants.iter().any(|mutant| mutant.id == **id)) {
        bail!("{LIST} has no mutant `{id}`");
    }
    let tree = workspace.target().join("mutants/tree");
    tree::copy(workspace, &tree, &mutated(workspace, &mutants)?)?;
    // A target folder of its own: in ours, the binary with switches would take the place of ours.
    let built = binaries::build(&tree, &workspace.target().join("mutants/target"))?;

    let mut counts = Counts::default();
    let mut unharmed = BTreeMap::new();
    for mutant in mutants
        .iter()
        .filter(|mutant| only.is_empty() || only.contains(&mutant.id.as_str()))
    {
        if !unharmed.contains_key(&mutant.package) {
            unharmed.insert(mutant.package.clone(), run_unharmed(&built, &mutant.package, &mutants)?);
        }
        let fate = match unharmed.get(&mutant.package).and_then(|names| names.as_ref().ok()) {
            Some(names) => try_one(&built, mutant, names)?,
            None => Fate::NotTried("its tests fail with the check on".to_owned()),
        };
        let (id, attack) = (&mutant.id, &mutant.attack);
        match &fate {
            Fate::Killed(by) => println!("killed {id} ({attack}) by {by}"),
            Fate::Survived => println!("SURVIVED {id} ({attack}): no test matching {:?} went red", mutant.tests),
            Fate::NotTried(why) => println!("SURVIVED {id} ({attack}): not tried, {why}"),
        }
        counts.add(Counts::one(id, Good::from(matches!(fate, Fate::Killed(_)))));
    }
    Ok(counts)
}

fn mutated(workspace: &Workspace, mutants: &[Mutant]) -> Result<BTreeMap<String, String>> {
    let mut by_file: BTreeMap<&str, Vec<switch::Change<'_>>> = BTreeMap::new();
    for Mutant {
        id,
        file,
        find,
        replace,
        ..
    } in mutants
    {
        by_file
            .entry(file)
            .or_default()
            .push(switch::Change { id, find, replace });
    }
    let mut mutated = BTreeMap::new();
    for (file, changes) in by_file {
        let text = fs::read_to_string(workspace.root.join(file)).with_context(|| format!("{LIST} names {file}"))?;
        mutated.insert(
            file.to_owned(),
            switch::apply(&text, &changes).with_context(|| format!("{LIST}, {file}"))?,
        );
    }
    Ok(mutated)
}

enum Fate {
    /// With the first test that failed.
    Killed(String),
    Survived,
    NotTried(String),
}

/// The package's tests that any mutant names, with every check on: their names, or an error when one fails.
fn run_unharmed(built: &Built, package: &str, mutants: &[Mutant]) -> Result<Result<Vec<String>>> {
    let mut filters: Vec<&String> = mutants
        .iter()
        .filter(|mutant| mutant.package == package)
        .flat_map(|mutant| &mutant.tests)
        .collect();
    filters.sort();
    filters.dedup();
    let mut names = Vec::new();
    for binary in built.of(package) {
        let finished = run::watch(
            binary.call().args(&filters).env_remove(switch::VARIABLE),
            Echo::Nothing,
            Some(RUN_MAX),
        )?;
        if !finished.success() {
            println!("{}", finished.output);
            return Ok(Err(anyhow::anyhow!("the tests of {package} fail")));
        }
        names.extend(names_of_rust(&finished.output).into_iter().map(str::to_owned));
    }
    Ok(Ok(names))
}

fn try_one(built: &Built, mutant: &Mutant, names: &[String]) -> Result<Fate> {
    if let Some(test) = mutant
        .tests
        .iter()
        .find(|test| !names.iter().any(|name| name.contains(test.as_str())))
    {
        return Ok(Fate::NotTried(format!(
            "the package `{}` has no test `{test}`",
            mutant.package
        )));
    }
    for binary in built.of(&mutant.package) {
        let finished = run::watch(
            binary.call().args(&mutant.tests).env(switch::VARIABLE, &mutant.id),
            Echo::Nothing,
            Some(RUN_MAX),
        )?;
        if finished.status.is_none() {
            return Ok(Fate::Killed(format!(
                "a test still running after {} s",
                RUN_MAX.as_secs()
            )));
        }
        if !finished.success() {
            let red = finished
                .output
                .lines()
                .find_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... FAILED"));
            return Ok(Fate::Killed(red.unwrap_or("a test that ended its process").to_owned()));
        }
    }
    Ok(Fate::Survived)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "[[mutant]]\nid = \"a\"\nattack = \"S-13\"\nfile = \"f\"\nfind = '''\nx &&\n    y'''\nreplace = \"true\"\npackage = \"p\"\ntests = [\"s_13_\"]\n";

    #[test]
    fn a_mutant_may_span_lines() {
        let mutants = parse(ONE).unwrap();
        assert_eq!(mutants[0].find, "x &&\n    y");
        assert!(parse("").unwrap().is_empty());
    }

    #[test]
    fn a_list_that_could_prove_nothing_is_refused() {
        assert!(parse(&format!("{ONE}{ONE}")).is_err(), "two of one id");
        assert!(parse(&ONE.replace("\"s_13_\"", "")).is_err(), "no test");
        assert!(
            parse(&ONE.replace("\"s_13_\"", "\"\"")).is_err(),
            "a test that is every test"
        );
        assert!(
            parse(&ONE.replace("\"a\"", "\"A b\"")).is_err(),
            "an id that is no word"
        );
        assert!(parse(&format!("{ONE}teste = 1\n")).is_err(), "an unknown key");
    }
}
