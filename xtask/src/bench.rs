//! `cargo xtask bench`: load runs against the release binary. `bench` without a name lists what it can do.
//!
//! `--postgres` without an address starts a PostgreSQL for the run.

use anyhow::Result;

use crate::postgres::Postgres;
use crate::workspace::Workspace;
use crate::{Verdict, run};
use std::process::Command;

pub(crate) fn command(workspace: &Workspace, arguments: &[String]) -> Result<Verdict> {
    let mut build = run::cargo(&workspace.root);
    build.args(["build", "--release", "--locked", "-p", "bench"]);
    // The list needs no server.
    if !arguments.is_empty() {
        build.args(["-p", "prokura"]);
    }
    run::must(&mut build)?;
    let mut arguments = arguments.to_vec();
    let unnamed = arguments.iter().position(|word| word == "--postgres").filter(|at| {
        let next = arguments.get(at.saturating_add(1));
        next.is_none_or(|word| word.starts_with("--"))
    });
    let own = match unnamed {
        Some(at) => {
            let started = Postgres::start("bench")?;
            arguments.insert(at.saturating_add(1), started.url().to_owned());
            Some(started)
        }
        None => None,
    };
    let release = workspace.target().join("release");
    let mut bench = Command::new(release.join("bench"));
    bench
        .args(&arguments)
        .env("PROKURA_BIN", release.join("prokura"))
        .current_dir(&workspace.root);
    let good = run::succeeds(&mut bench)?;
    drop(own); // the server ends with the run, whatever came of it
    Ok(if good { Verdict::Good } else { Verdict::Bad })
}
