//! What deny.toml allows, checked by ourselves: cargo-deny is not on every machine, and these rules should hold on each.
//!
//! Sources are read from Cargo.lock; bans and licences from the graph that Cargo builds for this platform, since the lock file also
//! lists options that nobody turned on.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use toml::Value;

use crate::run;
use crate::workspace::{Workspace, read_toml};

/// How Cargo spells the crates.io registry in a lock file, whatever mirror it downloads from.
const REGISTRIES: &[(&str, &str)] = &[
    (
        "https://github.com/rust-lang/crates.io-index",
        "registry+https://github.com/rust-lang/crates.io-index",
    ),
    (
        "https://github.com/rust-lang/crates.io-index",
        "sparse+https://index.crates.io/",
    ),
];

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Built {
    name: String,
    version: String,
    licence: String,
}

pub(crate) fn allowed(workspace: &Workspace) -> Result<bool> {
    let rules = read_toml(&workspace.root.join("deny.toml"))?;
    let lock = read_toml(&workspace.root.join("Cargo.lock"))?;
    let packages = workspace.packages()?;
    let ours: Vec<&str> = packages.iter().map(|package| package.name.as_str()).collect();

    // One line a package, no network once the tree was built.
    let mut tree = run::cargo(&workspace.root);
    tree.args([
        "tree",
        "--workspace",
        "--all-features",
        "--edges",
        "all",
        "--prefix",
        "none",
        "--locked",
    ]);
    let listing = run::read(tree.args(["--format", "{p}\t{l}"])).context("listing the dependency tree")?;
    let built = listed(&listing);

    let mut complaints = sources(&rules, &lock, &ours);
    complaints.extend(bans(&rules, &built));
    complaints.extend(licences(&rules, &built));
    for complaint in &complaints {
        println!("dependencies: {complaint}");
    }
    println!(
        "dependencies: {} crates built on this platform, {} complaints",
        built.len(),
        complaints.len()
    );
    Ok(complaints.is_empty())
}

/// `name v1.2.3 (proc-macro)<tab>MIT OR Apache-2.0 (*)`
fn listed(listing: &str) -> BTreeSet<Built> {
    let mut built = BTreeSet::new();
    for line in listing.lines() {
        let Some((package, licence)) = line.split_once('\t') else {
            continue;
        };
        let mut words = package.split(' ');
        let (Some(name), Some(version)) = (words.next(), words.next()) else {
            continue;
        };
        let licence = licence.trim_end_matches("(*)").trim();
        built.insert(Built {
            name: name.to_owned(),
            version: version.to_owned(),
            licence: licence.to_owned(),
        });
    }
    built
}

fn sources(rules: &toml::Table, lock: &toml::Table, ours: &[&str]) -> Vec<String> {
    let allowed = strings(rules, "sources", "allow-registry");
    let mut complaints = Vec::new();
    for package in lock.get("package").and_then(Value::as_array).into_iter().flatten() {
        let name = package.get("name").and_then(Value::as_str).unwrap_or_default();
        match package.get("source").and_then(Value::as_str) {
            None if ours.contains(&name) => {}
            None => complaints.push(format!(
                "{name} comes from a path outside this workspace; publish it or take it in"
            )),
            Some(source) => {
                let known = REGISTRIES
                    .iter()
                    .any(|(registry, spelled)| *spelled == source && allowed.contains(registry));
                if !known {
                    complaints.push(format!(
                        "{name} comes from {source}; only the registries of deny.toml are allowed"
                    ));
                }
            }
        }
    }
    complaints
}

fn bans(rules: &toml::Table, built: &BTreeSet<Built>) -> Vec<String> {
    let mut complaints = Vec::new();
    for ban in list(rules, "bans", "deny") {
        let name = ban
            .get("crate")
            .and_then(Value::as_str)
            .or_else(|| ban.as_str())
            .unwrap_or_default();
        let reason = ban.get("reason").and_then(Value::as_str).unwrap_or("deny.toml says no");
        let versions: BTreeSet<&str> = built
            .iter()
            .filter(|built| built.name == name)
            .map(|built| built.version.as_str())
            .collect();
        let one_is_fine = ban
            .get("deny-multiple-versions")
            .and_then(Value::as_bool)
            .unwrap_or_default();
        if versions.len() > usize::from(one_is_fine) {
            let versions: Vec<&str> = versions.into_iter().collect();
            complaints.push(format!(
                "{name} {} is built: {reason}; `cargo tree --workspace --edges all --invert {name}` says for whom",
                versions.join(", ")
            ));
        }
    }
    complaints
}

fn licences(rules: &toml::Table, built: &BTreeSet<Built>) -> Vec<String> {
    let allowed = strings(rules, "licenses", "allow");
    let mut excepted: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for exception in list(rules, "licenses", "exceptions") {
        let name = exception.get("crate").and_then(Value::as_str).unwrap_or_default();
        let more = exception
            .get("allow")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str);
        excepted.entry(name).or_default().extend(more);
    }
    let mut complaints = Vec::new();
    for Built { name, version, licence } in built {
        let more = excepted.get(name.as_str()).map(Vec::as_slice).unwrap_or_default();
        if !satisfied(licence, &|licence| {
            allowed.contains(&licence) || more.contains(&licence)
        }) {
            complaints.push(format!(
                "{name} {version} has the licence `{licence}`, which deny.toml does not allow"
            ));
        }
    }
    complaints
}

/// Whether an SPDX expression can be satisfied with allowed licences. `AND` binds tighter than `OR`; `/` is an old way to write `OR`.
fn satisfied(expression: &str, allowed: &dyn Fn(&str) -> bool) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut words = spaced.split_whitespace().peekable();
    let result = any_of(&mut words, allowed);
    result && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any_of(words: &mut Words<'_>, allowed: &dyn Fn(&str) -> bool) -> bool {
    let mut result = all_of(words, allowed);
    while words.next_if_eq(&"OR").is_some() {
        result |= all_of(words, allowed);
    }
    result
}

fn all_of(words: &mut Words<'_>, allowed: &dyn Fn(&str) -> bool) -> bool {
    let mut result = one(words, allowed);
    while words.next_if_eq(&"AND").is_some() {
        result &= one(words, allowed);
    }
    result
}

fn one(words: &mut Words<'_>, allowed: &dyn Fn(&str) -> bool) -> bool {
    match words.next() {
        Some("(") => {
            let result = any_of(words, allowed);
            words.next_if_eq(&")").is_some() && result
        }
        Some(licence) if words.next_if_eq(&"WITH").is_some() => words
            .next()
            .is_some_and(|exception| allowed(&format!("{licence} WITH {exception}"))),
        Some(licence) => allowed(licence),
        None => false,
    }
}

fn list<'a>(rules: &'a toml::Table, section: &str, key: &str) -> &'a [Value] {
    rules
        .get(section)
        .and_then(|section| section.get(key))
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
}

fn strings<'a>(rules: &'a toml::Table, section: &str, key: &str) -> Vec<&'a str> {
    list(rules, section, key).iter().filter_map(Value::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_licence_expression_is_satisfied_by_one_branch_of_or_and_every_branch_of_and() {
        let allowed = |licence: &str| ["MIT", "Apache-2.0", "ISC"].contains(&licence);
        let yes = [
            "MIT",
            "GPL-3.0 OR MIT",
            "MIT/GPL-3.0",
            "(MIT OR GPL-3.0) AND ISC",
            "GPL-3.0 AND X OR MIT AND ISC",
        ];
        let no = [
            "",
            "GPL-3.0",
            "MIT AND GPL-3.0",
            "MIT AND (GPL-3.0 OR X)",
            "Apache-2.0 WITH LLVM-exception",
            "MIT MIT",
            "(MIT",
        ];
        for expression in yes {
            assert!(satisfied(expression, &allowed), "{expression}");
        }
        for expression in no {
            assert!(!satisfied(expression, &allowed), "{expression}");
        }
    }

    #[test]
    fn a_banned_crate_that_is_built_and_a_second_copy_of_a_single_one_are_refused() {
        let rules: toml::Table =
            "[bans]\ndeny = [\"native-tls\", { crate = \"ring\", reason = \"one backend\" }, { crate = \"tokio\", deny-multiple-versions = true }]"
                .parse()
                .unwrap();
        let built = |listing: &str| bans(&rules, &listed(listing));
        assert!(built("tokio v1.0.0\tMIT\ntokio v1.0.0\tMIT (*)\nring-like v1.0.0\tMIT").is_empty());
        assert_eq!(built("ring v0.17.0\tMIT\nnative-tls v0.2.0\tMIT").len(), 2);
        assert_eq!(built("tokio v1.0.0\tMIT\ntokio v2.0.0 (proc-macro)\tMIT").len(), 1);
    }

    #[test]
    fn every_crate_comes_from_the_registry_or_is_ours() {
        let rules: toml::Table = "[sources]\nallow-registry = [\"https://github.com/rust-lang/crates.io-index\"]"
            .parse()
            .unwrap();
        let lock: toml::Table = "[[package]]\nname = \"ours\"\n[[package]]\nname = \"theirs\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n\
             [[package]]\nname = \"odd\"\nsource = \"git+https://git.test/odd\"\n[[package]]\nname = \"stray\"\n"
            .parse()
            .unwrap();
        let complaints = sources(&rules, &lock, &["ours"]);
        assert_eq!(complaints.len(), 2, "{complaints:?}");
    }

    #[test]
    fn an_exception_holds_for_its_crate_only() {
        let rules: toml::Table =
            "[licenses]\nallow = [\"MIT\"]\nexceptions = [{ crate = \"roots\", allow = [\"CDLA-Permissive-2.0\"] }]"
                .parse()
                .unwrap();
        assert!(licences(&rules, &listed("roots v1.0.0\tCDLA-Permissive-2.0")).is_empty());
        assert_eq!(licences(&rules, &listed("other v1.0.0\tCDLA-Permissive-2.0")).len(), 1);
    }
}
