//! `cargo xtask check`: everything that can be said without running the tests.

use anyhow::Result;

use crate::counts::{Counts, Good};
use crate::run;
use crate::workspace::Workspace;
use crate::{Verdict, dependencies, golden, mutants, tidy};

type Step = (&'static str, fn(&Workspace) -> Result<bool>);

const STEPS: &[Step] = &[
    ("format", |workspace| {
        run::succeeds(run::cargo(&workspace.root).args(["fmt", "--all", "--check"]))
    }),
    ("clippy", clippy),
    ("tidy", |workspace| Ok(tidy::command(workspace)? == Verdict::Good)),
    ("mutants find their places", mutants::all_find_their_place),
    ("generated pages", golden::pages_are_fresh),
    ("dependencies", dependencies::allowed),
    ("cargo-deny", cargo_deny),
];

pub(crate) fn command(workspace: &Workspace) -> Verdict {
    let counts = part(workspace);
    println!("{counts}");
    if counts.failed == 0 {
        Verdict::Good
    } else {
        Verdict::Bad
    }
}

/// Runs every step, also after one failed: each is news of its own.
pub(crate) fn part(workspace: &Workspace) -> Counts {
    let mut counts = Counts::default();
    for (name, step) in STEPS {
        let good = match step(workspace) {
            Ok(good) => good,
            Err(error) => {
                println!("{error:#}");
                false
            }
        };
        counts.add(Counts::one(name, Good::from(good)));
    }
    if !counts.red.is_empty() {
        println!("check failed: {}", counts.red.join(", "));
    }
    counts
}

fn clippy(workspace: &Workspace) -> Result<bool> {
    let arguments = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "-D",
        "warnings",
    ];
    run::succeeds(run::cargo(&workspace.root).args(arguments))
}

/// For every platform, where it is installed; `dependencies` has looked at this one.
fn cargo_deny(workspace: &Workspace) -> Result<bool> {
    if !run::exists("cargo-deny", "--version") {
        println!("cargo-deny is not installed: only what is built on this platform was looked at");
        return Ok(true);
    }
    let arguments = ["deny", "--offline", "check", "bans", "licenses", "sources"];
    run::succeeds(run::cargo(&workspace.root).args(arguments))
}
