//! `cargo xtask golden` and `cargo xtask docs`: golden files are written and compared by ordinary tests whose names contain `golden`.
//! With `PROKURA_GOLDEN=write` in the environment such a test writes its file instead of comparing it; those that write below `docs/`
//! are called `golden_docs_…`.

use std::process::Command;

use anyhow::{Result, bail};

use crate::Verdict;
use crate::conformance;
use crate::counts::{Counts, Good};
use crate::run;
use crate::workspace::{Workspace, has_extension};

const VARIABLE: &str = "PROKURA_GOLDEN";
const ALL: &str = "golden";
const PAGES: &str = "golden_docs_";

#[derive(Clone, Copy, Debug)]
pub(crate) enum Mode {
    Compare,
    Write,
}

pub(crate) fn command(workspace: &Workspace) -> Result<Verdict> {
    rewrite(workspace, ALL)
}

pub(crate) fn docs_command(workspace: &Workspace, arguments: &[String]) -> Result<Verdict> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] => {
            let conforms = conformance::docs(workspace, Mode::Write)?;
            let rest = rewrite(workspace, PAGES)?;
            Ok(if conforms { rest } else { Verdict::Bad })
        }
        ["--check"] => Ok(if pages_are_fresh(workspace)? {
            Verdict::Good
        } else {
            Verdict::Bad
        }),
        _ => bail!("`docs` takes --check or nothing"),
    }
}

/// Whether every generated page is what its test would write now.
pub(crate) fn pages_are_fresh(workspace: &Workspace) -> Result<bool> {
    let conforms = conformance::docs(workspace, Mode::Compare)?;
    Ok(run_tests(workspace, PAGES, Mode::Compare)? == Good::Yes && conforms)
}

fn rewrite(workspace: &Workspace, filter: &str) -> Result<Verdict> {
    let good = run_tests(workspace, filter, Mode::Write)?;
    if run::exists("git", "--version") {
        run::must(
            Command::new("git")
                .args(["diff", "--stat"])
                .current_dir(&workspace.root),
        )?;
    }
    Ok(if good == Good::Yes { Verdict::Good } else { Verdict::Bad })
}

fn run_tests(workspace: &Workspace, filter: &str, mode: Mode) -> Result<Good> {
    if !any_test(workspace, filter)? {
        println!("no test is called {filter}… yet");
        return Ok(Good::Yes);
    }
    let mut command = run::cargo(&workspace.root);
    match mode {
        Mode::Compare => command.env_remove(VARIABLE),
        Mode::Write => command.env(VARIABLE, "write"),
    };
    let finished = run::tee(command.args(["test", "--workspace", "--quiet", "--lib", "--bins", "--tests", filter]))?;
    let counts = Counts::of_rust(&finished.output);
    println!("{counts}");
    Ok(Good::from(finished.success() && counts.passed > 0))
}

fn any_test(workspace: &Workspace, filter: &str) -> Result<bool> {
    for file in workspace.files()? {
        let is_rust = has_extension(&file, "rs") && !file.starts_with("xtask/");
        if is_rust && std::fs::read_to_string(workspace.root.join(&file))?.contains(&format!("fn {filter}")) {
            return Ok(true);
        }
    }
    Ok(false)
}
