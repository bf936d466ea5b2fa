//! Test binaries: built once for the whole workspace and run by ourselves, so that asking for one package does not rebuild its
//! dependencies with other features.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::run;
use crate::workspace::{Workspace, read_toml};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TestBinary {
    pub(crate) package: String,
    pub(crate) executable: PathBuf,
    /// Where Cargo would run it.
    folder: PathBuf,
}

impl TestBinary {
    /// A call of this binary as Cargo would make it.
    pub(crate) fn call(&self) -> Command {
        let mut command = Command::new(&self.executable);
        command
            .current_dir(&self.folder)
            .env("CARGO_MANIFEST_DIR", &self.folder);
        command
    }
}

#[derive(Debug)]
pub(crate) struct Built {
    pub(crate) tests: Vec<TestBinary>,
}

impl Built {
    pub(crate) fn of(&self, package: &str) -> Vec<&TestBinary> {
        self.tests.iter().filter(|binary| binary.package == package).collect()
    }
}

#[derive(Deserialize)]
struct Message {
    reason: String,
    manifest_path: Option<PathBuf>,
    executable: Option<PathBuf>,
    profile: Option<Profile>,
}

#[derive(Deserialize)]
struct Profile {
    test: bool,
}

/// Builds the tests of the workspace at `root` (which may be a copy) into `target`.
pub(crate) fn build(root: &Path, target: &Path) -> Result<Built> {
    let mut command = run::cargo(root);
    command.args([
        "test",
        "--workspace",
        "--locked",
        "--no-run",
        "--message-format",
        "json-render-diagnostics",
    ]);
    command
        .env("CARGO_TARGET_DIR", target)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit());
    run::show(&command);
    let output = command.output().context("starting cargo")?;
    if !output.status.success() {
        bail!("the tests do not build");
    }
    let mut tests = Vec::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let Ok(message) = serde_json::from_str::<Message>(line) else {
            continue;
        };
        if message.reason != "compiler-artifact" || !message.profile.is_some_and(|profile| profile.test) {
            continue;
        }
        if let (Some(executable), Some(manifest)) = (message.executable, message.manifest_path) {
            tests.push(TestBinary {
                package: package_name(&manifest)?,
                executable,
                folder: manifest.parent().context("a manifest without a folder")?.to_path_buf(),
            });
        }
    }
    Ok(Built { tests })
}

/// Builds the debug `prokura`. With the tests in the same call, since features are resolved for all that is asked for: alone it would
/// take some twenty dependencies with other features, and build them again.
pub(crate) fn prokura(workspace: &Workspace) -> Result<PathBuf> {
    run::must(run::cargo(&workspace.root).args(["build", "--workspace", "--locked", "--bin", "prokura", "--tests"]))?;
    Ok(workspace.target().join("debug/prokura"))
}

fn package_name(manifest: &Path) -> Result<String> {
    let manifest = read_toml(manifest)?;
    let name = manifest
        .get("package")
        .and_then(|package| package.get("name"))
        .and_then(toml::Value::as_str);
    Ok(name.context("a manifest without a package name")?.to_owned())
}
