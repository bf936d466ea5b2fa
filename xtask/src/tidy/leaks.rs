//! Nothing about the machine a change was made on belongs into the repository.

use std::path::Path;

use super::{Complaint, Tree, has_extension};
use crate::surroundings;
use crate::workspace::Workspace;

/// Folders that every machine has: a checkout directly below one says nothing about the machine.
const SHARED: &[&str] = &["/", "/tmp", "/home", "/usr", "/opt", "/var", "/srv", "/mnt", "/etc"];

/// The folder above this checkout, and hidden folders of this account's home.
pub(super) fn of_this_machine(workspace: &Workspace) -> Vec<String> {
    let mut paths = Vec::new();
    let above = workspace.root.parent().and_then(Path::to_str);
    if let Some(above) = above.filter(|above| !SHARED.contains(above)) {
        paths.push(format!("{above}/"));
    }
    if let Some(home) = surroundings::variable("HOME").filter(|home| home != "/") {
        paths.push(format!("{home}/."));
    }
    paths
}

pub(super) fn machine_paths(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for text in tree.texts.iter().filter(|text| !has_extension(&text.path, "lock")) {
        for (index, line) in text.text.lines().enumerate() {
            let Some(path) = tree.machine_paths.iter().find(|path| line.contains(path.as_str())) else {
                continue;
            };
            complaints.push(Complaint {
                file: text.path.clone(),
                line: index.saturating_add(1),
                what: format!("the machine path `{path}`"),
                why: "it exists on one machine only".to_owned(),
                mend: "use a path relative to the repository, or a temporary folder made at run time".to_owned(),
            });
        }
    }
    complaints
}

pub(super) fn registry_hosts(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for text in tree
        .texts
        .iter()
        .filter(|text| text.path.ends_with("package-lock.json"))
    {
        let lines = text.text.lines().enumerate();
        let first = lines
            .map(|(index, line)| (index, line.replace(' ', "")))
            .find(|(_, line)| line.contains("\"resolved\":\"http"));
        if let Some((index, _)) = first {
            complaints.push(Complaint {
                file: text.path.clone(),
                line: index.saturating_add(1),
                what: "a lock file that names a registry host".to_owned(),
                why: "whoever installs from another mirror cannot reach it".to_owned(),
                mend: "write it again with `npm install --omit-lockfile-registry-resolved`".to_owned(),
            });
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::super::tests::places;
    use super::*;

    #[test]
    fn a_path_of_this_machine_is_found_in_any_text_but_lock_files() {
        let tree = Tree::of(&[
            ("docs/a.md", "one\nsee /checkouts/main/x"),
            ("Cargo.lock", "/checkouts/main"),
            ("a.json", "\"/home/somebody/.cargo\""),
            ("b.json", "\"/home/somebody/else\""),
        ]);
        assert_eq!(places(&machine_paths(&tree)), ["docs/a.md:2", "a.json:1"]);
    }

    #[test]
    fn a_lock_file_names_no_host() {
        let tree = Tree::of(&[
            (
                "interop/node/package-lock.json",
                "{\n\"resolved\": \"https://registry.test/x.tgz\"\n}",
            ),
            ("other/package-lock.json", "{ \"resolved\": \"../x\" }"),
        ]);
        assert_eq!(places(&registry_hosts(&tree)), ["interop/node/package-lock.json:2"]);
    }
}
