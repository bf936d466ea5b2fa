//! The copy of the workspace that mutants are written into, kept from run to run: only what changed is written, so that Cargo rebuilds
//! only that.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use toml::Value;

use crate::workspace::{Workspace, read_toml};

/// Makes `tree` the workspace's files, with the texts of `mutated` in place of theirs, and with every lint allowed, since a switch reads the
/// environment where the house forbids it.
pub(super) fn copy(workspace: &Workspace, tree: &Path, mutated: &BTreeMap<String, String>) -> Result<()> {
    let files: BTreeSet<String> = workspace.files()?.into_iter().collect();
    let root_manifest = permissive(read_toml(&workspace.root.join("Cargo.toml"))?)?;
    for file in &files {
        let content = match mutated.get(file) {
            Some(text) => text.clone().into_bytes(),
            None if file == "Cargo.toml" => root_manifest.clone().into_bytes(),
            None => fs::read(workspace.root.join(file)).with_context(|| format!("reading {file}"))?,
        };
        write_if_changed(&tree.join(file), &content)?;
    }
    remove_others(tree, tree, &files)
}

fn permissive(mut manifest: toml::Table) -> Result<String> {
    let allow = Value::Table(toml::Table::from_iter([(
        "warnings".to_owned(),
        Value::String("allow".to_owned()),
    )]));
    let lints = Value::Table(toml::Table::from_iter([("rust".to_owned(), allow)]));
    let workspace = manifest
        .get_mut("workspace")
        .and_then(Value::as_table_mut)
        .context("Cargo.toml has no [workspace]")?;
    workspace.insert("lints".to_owned(), lints);
    // Nobody debugs a mutant, and without debug information it links in half the time. The notes for an incremental build take twice the
    // room of what is built.
    let profiles = manifest
        .entry("profile")
        .or_insert_with(|| Value::Table(toml::Table::new()));
    let dev = profiles.as_table_mut().map(|profiles| {
        profiles
            .entry("dev")
            .or_insert_with(|| Value::Table(toml::Table::new()))
    });
    if let Some(dev) = dev.and_then(Value::as_table_mut) {
        for wasteful in ["debug", "incremental"] {
            dev.insert(wasteful.to_owned(), Value::Boolean(false));
        }
    }
    toml::to_string(&manifest).context("writing the copy's Cargo.toml")
}

fn write_if_changed(path: &Path, content: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|there| there == content) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    }
    fs::write(path, content).with_context(|| format!("writing {}", path.display()))
}

fn remove_others(tree: &Path, folder: &Path, files: &BTreeSet<String>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("listing {}", folder.display()))? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            remove_others(tree, &path, files)?;
            continue;
        }
        let known = path
            .strip_prefix(tree)
            .ok()
            .and_then(Path::to_str)
            .is_some_and(|file| files.contains(file));
        if !known {
            fs::remove_file(&path).with_context(|| format!("removing {}", path.display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copy_allows_every_lint_wastes_no_room_and_keeps_the_rest() {
        let manifest: toml::Table =
            "[workspace]\nmembers = [\"crates/*\"]\n[workspace.lints.clippy]\nall = \"deny\"\n[profile.dev]\ndebug = true\nopt-level = 1".parse().unwrap();
        let copied: toml::Table = permissive(manifest).unwrap().parse().unwrap();
        assert_eq!(
            copied["workspace"]["lints"].to_string(),
            "{ rust = { warnings = \"allow\" } }"
        );
        assert_eq!(copied["workspace"]["members"][0].as_str(), Some("crates/*"));
        assert_eq!(
            copied["profile"]["dev"].to_string(),
            "{ debug = false, incremental = false, opt-level = 1 }"
        );
    }
}
