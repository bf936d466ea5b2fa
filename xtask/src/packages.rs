//! What a part of the tests needs besides Cargo: installed from Debian's packages where that is allowed, else named exactly.

use std::os::unix::fs::MetadataExt;
use std::process::Command;

use anyhow::{Result, bail};

use crate::run;

/// One thing that is missing on this machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Missing {
    pub(crate) what: &'static str,
    pub(crate) debian: &'static [&'static str],
}

/// Installs what is missing, or fails saying what it is, how to get it, and which part can be left out instead.
pub(crate) fn install(missing: &[Missing], part: &str) -> Result<()> {
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().flat_map(|missing| missing.debian).copied().collect();
    if may_install() {
        let apt = |arguments: &[&str]| {
            let mut command = Command::new("apt-get");
            command.env("DEBIAN_FRONTEND", "noninteractive").args(arguments);
            run::succeeds(&mut command)
        };
        let install = [&["install", "-y", "--no-install-recommends"], packages.as_slice()].concat();
        if apt(&["update"])? && apt(&install)? {
            return Ok(());
        }
    }
    let what: Vec<&str> = missing.iter().map(|missing| missing.what).collect();
    bail!(
        "missing: {}. Install it (Debian: `apt-get install -y --no-install-recommends {}`), or leave the part out with `--without {part}`",
        what.join("; "),
        packages.join(" ")
    )
}

fn may_install() -> bool {
    am_root() && run::exists("apt-get", "--version")
}

pub(crate) fn am_root() -> bool {
    // The owner of our own entry is who we are; reading it needs no foreign call.
    std::fs::metadata("/proc/self").is_ok_and(|entry| entry.uid() == 0)
}
