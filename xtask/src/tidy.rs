//! `cargo xtask tidy`: the house rules that plain text can show, in under two seconds. Nothing is compiled.
//!
//! Fails on what is listed in `RULES`; reports the largest files and functions and unlucky file names without failing, so that growth is seen.

mod arrows;
mod flows;
mod generated;
mod homes;
mod leaks;
mod lint_settings;
mod marks;
mod paths;
mod sizes;
mod source;
mod sql;

use anyhow::Result;

use crate::Verdict;
use crate::surroundings::Stopwatch;
use crate::workspace::{Package, Workspace, has_extension};
use source::Source;

/// One thing that is wrong: where, what, why it matters, what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Complaint {
    file: String,
    line: usize,
    what: String,
    why: String,
    mend: String,
}

/// Everything the rules look at, read once.
#[derive(Debug)]
struct Tree {
    /// Rust sources, comments and strings apart from the code.
    sources: Vec<Source>,
    /// Every text file with its content.
    texts: Vec<Text>,
    /// Every file, texts or not.
    files: Vec<String>,
    packages: Vec<Package>,
    /// What must not appear in any file: where this checkout lies and what lies in this account.
    machine_paths: Vec<String>,
}

#[derive(Debug)]
struct Text {
    path: String,
    text: String,
}

type Rule = fn(&Tree) -> Vec<Complaint>;

const RULES: &[Rule] = &[
    arrows::imports,
    arrows::manifests,
    homes::calls,
    sql::outside_the_store,
    flows::complete,
    marks::naked,
    generated::orphans,
    lint_settings::kernel_repeats_the_root,
    leaks::machine_paths,
    leaks::registry_hosts,
];

pub(crate) fn command(workspace: &Workspace) -> Result<Verdict> {
    let started = Stopwatch::start();
    let tree = Tree::read(workspace)?;
    sizes::report(&tree);
    let complaints: Vec<Complaint> = RULES.iter().flat_map(|rule| rule(&tree)).collect();
    for complaint in &complaints {
        println!("{}:{}: {}", complaint.file, complaint.line, complaint.what);
        println!("    why: {}", complaint.why);
        println!("    do:  {}", complaint.mend);
    }
    println!(
        "tidy: {} complaints, {} files, {}",
        complaints.len(),
        tree.files.len(),
        started.seconds()
    );
    Ok(if complaints.is_empty() {
        Verdict::Good
    } else {
        Verdict::Bad
    })
}

impl Tree {
    fn read(workspace: &Workspace) -> Result<Self> {
        const BYTES_MAX: u64 = 4 * 1024 * 1024;
        let files = workspace.files()?;
        let mut texts = Vec::new();
        for path in &files {
            let full = workspace.root.join(path);
            if full.metadata()?.len() > BYTES_MAX {
                continue;
            }
            // A file that is not UTF-8 is not a text of ours.
            if let Ok(text) = String::from_utf8(std::fs::read(full)?) {
                texts.push(Text {
                    path: path.clone(),
                    text,
                });
            }
        }
        let rust = texts.iter().filter(|text| has_extension(&text.path, "rs"));
        let mut sources: Vec<Source> = rust.map(|text| Source::read(&text.path, &text.text)).collect();
        source::mark_test_modules(&mut sources);
        Ok(Self {
            sources,
            texts,
            files,
            packages: workspace.packages()?,
            machine_paths: leaks::of_this_machine(workspace),
        })
    }

    fn text(&self, path: &str) -> Option<&str> {
        self.texts
            .iter()
            .find(|text| text.path == path)
            .map(|text| text.text.as_str())
    }
}

/// The folder below `crates/` (or the top folder) that a file belongs to: `crates/kernel/src/x.rs` is of `kernel`.
fn room_of(path: &str) -> &str {
    let inside = path.strip_prefix("crates/").unwrap_or(path);
    inside.split('/').next().unwrap_or(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Tree {
        /// A tree that exists only in a test: paths with their texts.
        pub(super) fn of(texts: &[(&str, &str)]) -> Self {
            let texts: Vec<Text> = texts
                .iter()
                .map(|(path, text)| Text {
                    path: (*path).to_owned(),
                    text: (*text).to_owned(),
                })
                .collect();
            let rust = texts.iter().filter(|text| has_extension(&text.path, "rs"));
            let mut sources: Vec<Source> = rust.map(|text| Source::read(&text.path, &text.text)).collect();
            source::mark_test_modules(&mut sources);
            let packages = texts
                .iter()
                .filter(|text| text.path.ends_with("/Cargo.toml"))
                .map(|text| {
                    let manifest: toml::Table = text.text.parse().unwrap();
                    let name = manifest["package"]["name"].as_str().unwrap().to_owned();
                    Package {
                        name,
                        manifest_path: text.path.clone(),
                        manifest,
                    }
                });
            Self {
                packages: packages.collect(),
                sources,
                files: texts.iter().map(|text| text.path.clone()).collect(),
                texts,
                machine_paths: vec!["/checkouts/".to_owned(), "/home/somebody/.".to_owned()],
            }
        }
    }

    /// Where a rule complains, as `file:line`.
    pub(super) fn places(complaints: &[Complaint]) -> Vec<String> {
        complaints
            .iter()
            .map(|complaint| format!("{}:{}", complaint.file, complaint.line))
            .collect()
    }

    #[test]
    fn a_file_belongs_to_the_room_it_lies_in() {
        assert_eq!(room_of("crates/kernel/src/ciba/rules.rs"), "kernel");
        assert_eq!(room_of("xtask/src/main.rs"), "xtask");
    }
}
