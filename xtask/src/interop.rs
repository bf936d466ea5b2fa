//! The part `interop`: clients that others wrote, from npm and PyPI, driven against the debug binary, and nginx in front of it.
//! `interop/README.md` says how a case is added.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::binaries;
use crate::counts::Counts;
use crate::node;
use crate::packages::{self, Missing};
use crate::run;
use crate::workspace::Workspace;

const PART: &str = "interop";
const PYTHON: Missing = Missing {
    what: "python3 with venv",
    debian: &["python3", "python3-venv"],
};

/// Makes the certificates of clients and servers.
const OPENSSL: Missing = Missing {
    what: "openssl",
    debian: &["openssl"],
};

const NGINX: Missing = Missing {
    what: "nginx",
    debian: &["nginx-light"],
};

pub(crate) fn part(workspace: &Workspace) -> Result<Counts> {
    let root = &workspace.root;
    let node = node::install(&root.join("interop/node"), PART)?;
    let python = python(root, &workspace.target().join("interop/venv"))?;
    if !run::exists("openssl", "version") {
        packages::install(&[OPENSSL], PART)?;
    }
    if !run::exists("nginx", "-v") {
        packages::install(&[NGINX], PART)?;
    }
    let prokura = binaries::prokura(workspace)?;

    let mut counts = Counts::default();
    for (program, script) in [
        (node, "interop/node/run.mjs"),
        (python.clone(), "interop/python/run.py"),
        (python, "interop/nginx/run.py"),
    ] {
        counts.add(run_script(
            Command::new(program)
                .arg(script)
                .current_dir(root)
                .env("PROKURA_BIN", &prokura),
        )?);
    }
    Ok(counts)
}

/// Runs a script that prints a line a case and ends with `N passed, N failed`.
pub(crate) fn run_script(command: &mut Command) -> Result<Counts> {
    let finished = run::tee(command)?;
    let Some(mut counts) = Counts::of_last_line(&finished.output) else {
        bail!("{command:?} ended without its line `N passed, N failed`");
    };
    if !finished.success() && counts.failed == 0 {
        counts.failed = 1;
    }
    Ok(counts)
}

/// A virtual environment with what the requirements file says; returns its Python.
fn python(root: &Path, folder: &Path) -> Result<PathBuf> {
    let requirements = root.join("interop/python/requirements.txt");
    let python = folder.join("bin/python");
    node::once(&requirements, &folder.join(".installed-from"), || {
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
