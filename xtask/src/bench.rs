//! `cargo xtask bench`: load runs against the release binary. `bench` without a name lists what it can do.

use anyhow::Result;

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
    let release = workspace.target().join("release");
    let mut bench = Command::new(release.join("bench"));
    bench
        .args(arguments)
        .env("PROKURA_BIN", release.join("prokura"))
        .current_dir(&workspace.root);
    Ok(if run::succeeds(&mut bench)? {
        Verdict::Good
    } else {
        Verdict::Bad
    })
}
