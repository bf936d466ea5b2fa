//! `docs/conformance.md`: which test shows which module of the suites that others run.
//!
//! `modules.toml` lists every module, with what it checks or why it does not apply. While the server's tests run, each of them writes down what it has shown
//! (`testkit`, `World::shows`); what the last run wrote is kept as `record.txt`, and the page is made of both. A run that shows anything else is a failure: a module
//! that no test shows any more, a test that was renamed, one that made no request.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::Verdict;
use crate::counts::{Counts, Good};
use crate::golden;
use crate::run;
use crate::workspace::Workspace;

const MODULES: &str = "crates/server/tests/it/conformance/modules.toml";
const RECORD: &str = "crates/server/tests/it/conformance/record.txt";
const PAGE: &str = "docs/conformance.md";
/// The variable by which tests are told where to write what they show.
const VARIABLE: &str = "PROKURA_CONFORMANCE";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    plan: Vec<Plan>,
}

/// A test plan of a suite.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Plan {
    name: String,
    about: String,
    /// Its modules that stand under a plan above.
    #[serde(default)]
    above: Vec<String>,
    #[serde(default)]
    module: Vec<Module>,
}

/// A module of a plan.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Module {
    name: String,
    checks: String,
    /// Why it does not apply here; otherwise a test shows it.
    not_applicable: Option<String>,
}

/// What tests showed: the tests of each module.
type Shown = BTreeMap<String, BTreeSet<String>>;

/// `cargo xtask conformance`: runs the server's tests, keeps what they showed, and makes the page.
pub(crate) fn command(workspace: &Workspace) -> Result<Verdict> {
    let file = begin(workspace)?;
    let mut tests = run::cargo(&workspace.root);
    tests.args(["test", "--package", "server", "--test", "it", "--locked"]);
    record_to(&mut tests, &file);
    if !run::succeeds(&mut tests)? {
        println!("a failed run shows nothing");
        return Ok(Verdict::Bad);
    }
    let shown = parse(&fs::read_to_string(&file)?)?;
    fs::write(workspace.root.join(RECORD), written(&shown))?;
    write_page(workspace)
}

/// A fresh file for a run's record.
pub(crate) fn begin(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.target();
    fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    let file = folder.join("conformance.txt");
    fs::write(&file, "").with_context(|| format!("emptying {}", file.display()))?;
    Ok(file)
}

/// Tells the tests of a command to write down what they show.
pub(crate) fn record_to(command: &mut Command, file: &Path) {
    command.env(VARIABLE, file);
}

/// Whether a run showed what the record says.
pub(crate) fn compared(workspace: &Workspace, file: &Path) -> Result<Good> {
    let shown = parse(&fs::read_to_string(file)?)?;
    let kept = fs::read_to_string(workspace.root.join(RECORD)).unwrap_or_default();
    let now = written(&shown);
    if now == kept {
        return Ok(Good::Yes);
    }
    for line in kept.lines().filter(|line| !now.contains(line)) {
        println!("conformance: shown before and not now: {line}");
    }
    for line in now.lines().filter(|line| !kept.contains(line)) {
        println!("conformance: shown now and not before: {line}");
    }
    println!("run `cargo xtask conformance` and read the difference of {RECORD} and {PAGE}");
    Ok(Good::No)
}

/// Writes the page of the record that is kept.
pub(crate) fn write_page(workspace: &Workspace) -> Result<Verdict> {
    let (text, problems) = page(workspace)?;
    fs::write(workspace.root.join(PAGE), text)?;
    Ok(told(&problems))
}

/// Whether the page is what the list and the record say, and nothing is missing.
pub(crate) fn page_is_fresh(workspace: &Workspace) -> Result<bool> {
    let (text, problems) = page(workspace)?;
    let fresh = fs::read_to_string(workspace.root.join(PAGE)).unwrap_or_default() == text;
    if !fresh {
        println!("{PAGE}: run `cargo xtask docs` and read the difference");
    }
    Ok(told(&problems) == Verdict::Good && fresh)
}

fn told(problems: &[String]) -> Verdict {
    for problem in problems {
        println!("conformance: {problem}");
    }
    if problems.is_empty() {
        Verdict::Good
    } else {
        Verdict::Bad
    }
}

fn page(workspace: &Workspace) -> Result<(String, Vec<String>)> {
    let list = fs::read_to_string(workspace.root.join(MODULES)).with_context(|| format!("reading {MODULES}"))?;
    let list: List = toml::from_str(&list).with_context(|| format!("reading {MODULES}"))?;
    let shown = parse_kept(&fs::read_to_string(workspace.root.join(RECORD)).unwrap_or_default())?;
    let mut problems = problems(&list, &shown);
    for test in shown.values().flatten() {
        let there = fs::read_to_string(workspace.root.join(file_of(test))).unwrap_or_default();
        let name = test.rsplit("::").next().unwrap_or(test);
        if !there.contains(&format!("fn {name}(")) {
            problems.push(format!("there is no test {test}"));
        }
    }
    Ok((text(&list, &shown), problems))
}

/// The lines of a run: module, test, how many requests the world had got.
fn parse(record: &str) -> Result<Shown> {
    let mut shown = Shown::new();
    for line in record.lines() {
        let mut parts = line.split('\t');
        let (Some(module), Some(test), Some(requests), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            bail!("a record has lines of three parts, not `{line}`");
        };
        if requests.parse::<u64>().is_ok_and(|requests| requests > 0) {
            shown.entry(module.to_owned()).or_default().insert(test.to_owned());
        } else {
            bail!("{test} made no request for {module}");
        }
    }
    Ok(shown)
}

/// The lines of the record that is kept: module and test. Counts of requests would differ from run to run where tests race.
fn parse_kept(record: &str) -> Result<Shown> {
    let mut shown = Shown::new();
    for line in record.lines() {
        let Some((module, test)) = line.split_once('\t') else {
            bail!("{RECORD} has lines of two parts, not `{line}`");
        };
        shown.entry(module.to_owned()).or_default().insert(test.to_owned());
    }
    Ok(shown)
}

fn written(shown: &Shown) -> String {
    let mut text = String::new();
    for (module, tests) in shown {
        for test in tests {
            line(&mut text, format_args!("{module}\t{test}"));
        }
    }
    text
}

fn problems(list: &List, shown: &Shown) -> Vec<String> {
    let mut problems = Vec::new();
    let mut known = BTreeSet::new();
    for plan in &list.plan {
        for name in &plan.above {
            if !known.contains(name.as_str()) {
                problems.push(format!("{}: {name} does not stand above", plan.name));
            }
        }
        for module in &plan.module {
            if !known.insert(module.name.as_str()) {
                problems.push(format!("{} stands twice", module.name));
            }
            match (&module.not_applicable, shown.get(&module.name)) {
                (None, None) => problems.push(format!("no test shows {}", module.name)),
                (Some(_), Some(_)) => problems.push(format!("{} does not apply, and is shown", module.name)),
                (Some(_), None) | (None, Some(_)) => {}
            }
        }
    }
    for module in shown.keys().filter(|module| !known.contains(module.as_str())) {
        problems.push(format!("no plan has {module}"));
    }
    problems
}

/// Where a test of the server's binary stands.
fn file_of(test: &str) -> String {
    let (place, _) = test.rsplit_once("::").unwrap_or((test, ""));
    format!("crates/server/tests/it/{}.rs", place.replace("::", "/"))
}

fn text(list: &List, shown: &Shown) -> String {
    let mut text = "# Conformance\n\nEvery module of the public test plans of the OpenID Foundation that this server is made for, and every check of OAuch: the test that shows it over HTTP, or why it does not apply.\nThe tests are written from the specifications and from what the modules check; a suite itself is run from outside.\n\nGenerated by `cargo xtask docs` from what the tests wrote down in a run (`cargo xtask conformance`). A run that shows anything else fails.\n".to_owned();
    let all = || list.plan.iter().flat_map(|plan| &plan.module);
    let excused = all().filter(|module| module.not_applicable.is_some()).count();
    let modules = all().count();
    line(
        &mut text,
        format_args!(
            "\n{modules} modules and checks: {} shown, {excused} that do not apply.",
            modules.saturating_sub(excused)
        ),
    );
    for plan in &list.plan {
        line(&mut text, format_args!("\n## `{}`\n\n{}", plan.name, plan.about));
        if !plan.above.is_empty() {
            let names: Vec<String> = plan.above.iter().map(|name| format!("`{name}`")).collect();
            line(&mut text, format_args!("\nAlso, from above: {}.", names.join(", ")));
        }
        if plan.module.is_empty() {
            continue;
        }
        text.push_str("\n| module | what it checks | shown by |\n|---|---|---|\n");
        for module in &plan.module {
            let by = match (&module.not_applicable, shown.get(&module.name)) {
                (Some(reason), _) => format!("does not apply: {reason}"),
                (None, Some(tests)) => tests.iter().map(|test| link(test)).collect::<Vec<_>>().join(", "),
                (None, None) => "nothing".to_owned(),
            };
            line(
                &mut text,
                format_args!("| `{}` | {} | {by} |", module.name, module.checks),
            );
        }
    }
    text
}

fn link(test: &str) -> String {
    format!("[`{test}`](../{})", file_of(test))
}

fn line(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    text.push_str(&arguments.to_string());
    text.push('\n');
}

/// The page among the others of `cargo xtask docs`.
pub(crate) fn docs(workspace: &Workspace, pages: golden::Mode) -> Result<bool> {
    match pages {
        golden::Mode::Compare => page_is_fresh(workspace),
        golden::Mode::Write => Ok(write_page(workspace)? == Verdict::Good),
    }
}

/// One more test of the part `rust`.
pub(crate) fn count(workspace: &Workspace, file: &Path) -> Counts {
    let good = compared(workspace, file).unwrap_or_else(|error| {
        println!("conformance: {error:#}");
        Good::No
    });
    Counts::one("the record of what was shown of public test plans", good)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> List {
        let text = r#"
            [[plan]]
            name = "p"
            about = "A plan."
            [[plan.module]]
            name = "a"
            checks = "It does."
            [[plan.module]]
            name = "b"
            checks = "It does not."
            not_applicable = "there is none"
            [[plan]]
            name = "q"
            about = "Another."
            above = ["a"]
        "#;
        toml::from_str(text).unwrap()
    }

    #[test]
    fn a_module_is_shown_or_excused_and_nothing_else() {
        let shown = parse("a\tx::y\t3\na\tx::y\t4\n").unwrap();
        assert_eq!(problems(&list(), &shown), Vec::<String>::new());
        assert_eq!(problems(&list(), &Shown::new()), ["no test shows a"]);
        let too_much = parse("a\tx::y\t3\nb\tx::y\t3\nc\tx::y\t3\n").unwrap();
        assert_eq!(
            problems(&list(), &too_much),
            ["b does not apply, and is shown", "no plan has c"]
        );
    }

    #[test]
    fn a_test_without_a_request_shows_nothing() {
        assert!(parse("a\tx::y\t0\n").is_err());
        assert!(parse("a\tx::y\n").is_err());
        assert!(parse("a\tx::y\tmany\n").is_err());
    }

    #[test]
    fn what_is_kept_is_read_again() {
        let shown = parse("b\tz::y\t1\na\tx::y\t3\na\tx::y\t9\n").unwrap();
        assert_eq!(written(&shown), "a\tx::y\nb\tz::y\n");
        assert_eq!(parse_kept(&written(&shown)).unwrap(), shown);
    }

    #[test]
    fn the_page_names_the_test_and_where_it_stands() {
        let shown = parse("a\tx::z::y\t3\n").unwrap();
        let text = text(&list(), &shown);
        assert!(
            text.contains("| `a` | It does. | [`x::z::y`](../crates/server/tests/it/x/z.rs) |"),
            "{text}"
        );
        assert!(
            text.contains("| `b` | It does not. | does not apply: there is none |"),
            "{text}"
        );
        assert!(text.contains("Also, from above: `a`."), "{text}");
        assert!(
            text.contains("2 modules and checks: 1 shown, 1 that do not apply."),
            "{text}"
        );
    }
}
