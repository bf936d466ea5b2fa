//! `cargo xtask fuzz`: one fuzz target under libFuzzer, with the toolchain that builds everything else. `fuzz` without a name lists them.
//!
//! libFuzzer is instrumented by a pass that the stable compiler has; sanitizers need a nightly one and would find little, since there is no `unsafe` of ours.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::workspace::{Workspace, read_toml};
use crate::{Verdict, run};

/// How long a target runs when nobody says.
const SECONDS: u64 = 60;
/// Longer inputs are refused by length, or are more of the same.
const INPUT_BYTES_MAX: usize = 8 * 1024;
/// An input that takes longer is a find.
const INPUT_SECONDS_MAX: u64 = 5;
const MEMORY_MEGABYTES_MAX: u64 = 1024;

/// Coverage of edges in counters of eight bits, and of what is compared with what: the instrumentation that libFuzzer reads.
const FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

pub(crate) fn command(workspace: &Workspace, arguments: &[String]) -> Result<Verdict> {
    let targets = targets(&workspace.root.join("fuzz"))?;
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (name, seconds) = match arguments.as_slice() {
        [] => {
            println!("{}", targets.join("\n"));
            return Ok(Verdict::Good);
        }
        [name] => (*name, SECONDS),
        [name, "--seconds", seconds] => (*name, seconds.parse().context("--seconds takes a number")?),
        _ => bail!("`fuzz` takes a target's name and --seconds N"),
    };
    if !targets.iter().any(|target| target == name) {
        bail!("there is no fuzz target `{name}`; `cargo xtask fuzz` lists them");
    }
    one(workspace, name, seconds)
}

fn targets(folder: &Path) -> Result<Vec<String>> {
    let manifest = read_toml(&folder.join("Cargo.toml"))?;
    let programs = manifest.get("bin").and_then(toml::Value::as_array);
    let names = programs
        .into_iter()
        .flatten()
        .filter_map(|program| program.get("name")?.as_str());
    Ok(names.map(str::to_owned).collect())
}

fn one(workspace: &Workspace, name: &str, seconds: u64) -> Result<Verdict> {
    let output = workspace.target().join("fuzz");
    let host = host(workspace)?;
    let mut build = run::cargo(&workspace.root.join("fuzz"));
    // Naming the machine keeps the instrumentation out of build scripts and macros.
    build
        .args([
            "build",
            "--release",
            "--locked",
            "--bin",
            name,
            "--target",
            &host,
            "--target-dir",
        ])
        .arg(&output)
        .env("RUSTFLAGS", FLAGS);
    run::must(&mut build)?;

    // What is new goes into the first folder, which no checkout has; what is committed is read beside it.
    let grown = output.join("corpus").join(name);
    let finds = output.join("finds").join(name);
    for folder in [&grown, &finds] {
        fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    }
    let mut fuzz = Command::new(output.join(&host).join("release").join(name));
    fuzz.arg(&grown)
        .arg(workspace.root.join("fuzz/corpus").join(name))
        .arg(format!("-artifact_prefix={}/", finds.display()))
        .args([
            format!("-max_total_time={seconds}"),
            format!("-max_len={INPUT_BYTES_MAX}"),
            format!("-timeout={INPUT_SECONDS_MAX}"),
            format!("-rss_limit_mb={MEMORY_MEGABYTES_MAX}"),
            "-print_final_stats=1".to_owned(),
        ]);
    Ok(if run::succeeds(&mut fuzz)? {
        Verdict::Good
    } else {
        println!("what it found is in {}", finds.display());
        Verdict::Bad
    })
}

/// The machine that this toolchain builds for.
fn host(workspace: &Workspace) -> Result<String> {
    let told = run::read(Command::new("rustc").arg("-vV").current_dir(&workspace.root))?;
    told.lines()
        .find_map(|line| line.strip_prefix("host: "))
        .map(str::to_owned)
        .context("`rustc -vV` names no host")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_targets_are_those_of_the_manifest() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
        let targets = targets(&root).unwrap();
        assert!(targets.iter().any(|name| name == "jws"), "{targets:?}");
        for name in targets {
            assert!(root.join(format!("targets/{name}.rs")).is_file(), "{name}");
            assert!(root.join(format!("corpus/{name}")).is_dir(), "{name}");
        }
    }
}
