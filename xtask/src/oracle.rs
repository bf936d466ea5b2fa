//! The part `oracle`: the passkey ceremonies of proof's tests, judged by webauthn-rs. `interop/webauthn-rs` is a workspace of its own, and
//! built apart, since it brings crypto crates that have no place beside ours.

use anyhow::{Result, bail};

use crate::counts::Counts;
use crate::run;
use crate::workspace::Workspace;

const MANIFEST: &str = "interop/webauthn-rs/Cargo.toml";

pub(crate) fn part(workspace: &Workspace) -> Result<Counts> {
    let mut cargo = run::cargo(&workspace.root);
    cargo
        .args(["run", "--locked", "--manifest-path", MANIFEST, "--target-dir"])
        .arg(workspace.target().join("oracle"));
    let finished = run::tee(&mut cargo)?;
    let Some(mut counts) = Counts::of_last_line(&finished.output) else {
        bail!("{MANIFEST} was not built, or ended without its line `N passed, N failed`");
    };
    if !finished.success() && counts.failed == 0 {
        counts.failed = 1;
    }
    Ok(counts)
}
