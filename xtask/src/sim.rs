//! `cargo xtask sim`: the simulator on worlds that nobody has seen yet; with a seed, that world again, step by step as it was.

use anyhow::{Context, Result, bail};

use crate::counts::Counts;
use crate::workspace::Workspace;
use crate::{Verdict, run, surroundings};

/// How many worlds there are when nobody says: a minute or so.
const WORLDS: u64 = 15;

pub(crate) fn command(workspace: &Workspace, arguments: &[String]) -> Result<Verdict> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let number = |text: &str| text.parse::<u64>().with_context(|| format!("`{text}` is no number"));
    let (seed, worlds) = match arguments.as_slice() {
        [] => (surroundings::fresh_seed(), WORLDS),
        [seed] => (number(seed)?, 1),
        ["--worlds", worlds] => (surroundings::fresh_seed(), number(worlds)?),
        [seed, "--worlds", worlds] => (number(seed)?, number(worlds)?),
        _ => bail!("`sim` takes a seed, and --worlds N"),
    };
    let counts = worlds_from(workspace, seed, worlds)?;
    Ok(if counts.failed == 0 {
        Verdict::Good
    } else {
        Verdict::Bad
    })
}

pub(crate) fn part(workspace: &Workspace) -> Result<Counts> {
    worlds_from(workspace, surroundings::fresh_seed(), WORLDS)
}

fn worlds_from(workspace: &Workspace, seed: u64, worlds: u64) -> Result<Counts> {
    let mut cargo = run::cargo(&workspace.root);
    cargo.args(["run", "--locked", "-q", "-p", "sim", "--"]);
    cargo.args([seed.to_string(), worlds.to_string()]);
    let finished = run::tee(&mut cargo)?;
    let Some(mut counts) = Counts::of_last_line(&finished.output) else {
        bail!("the simulator was not built, or ended without its line `N passed, N failed`");
    };
    if !finished.success() && counts.failed == 0 {
        counts.failed = 1;
    }
    Ok(counts)
}
