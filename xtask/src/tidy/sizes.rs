//! Reported, never failed on: the largest files and functions, and file names that attract what belongs elsewhere.

use super::Tree;

const SHOWN: usize = 10;
const UNLUCKY_NAMES: &[&str] = &[
    "utils.rs",
    "util.rs",
    "helpers.rs",
    "helper.rs",
    "common.rs",
    "misc.rs",
    "manager.rs",
    "service.rs",
];

pub(super) fn report(tree: &Tree) {
    let mut files: Vec<(usize, &str)> = tree
        .sources
        .iter()
        .map(|source| (source.code.lines().count(), source.path.as_str()))
        .collect();
    files.sort_by(|a, b| b.cmp(a));
    println!("largest files (lines)");
    for (lines, path) in files.into_iter().take(SHOWN) {
        println!("  {lines:>5}  {path}");
    }

    let mut functions: Vec<(usize, String)> = Vec::new();
    for source in &tree.sources {
        for (name, line, lines) in source.functions() {
            functions.push((lines, format!("{}:{line} {name}", source.path)));
        }
    }
    functions.sort_by(|a, b| b.cmp(a));
    println!("largest functions (lines)");
    for (lines, place) in functions.into_iter().take(SHOWN) {
        println!("  {lines:>5}  {place}");
    }

    for file in &tree.files {
        let name = file.rsplit('/').next().unwrap_or(file);
        if UNLUCKY_NAMES.contains(&name) {
            println!("an unlucky name: {file} (say whose job it is, or put the function on the type it serves)");
        }
    }
}
