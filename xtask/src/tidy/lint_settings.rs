//! A crate's own clippy.toml replaces the root's instead of adding to it, so the kernel's repeats every entry of the root's.

use std::collections::BTreeSet;

use super::{Complaint, Tree};

const ROOT: &str = "clippy.toml";
const KERNEL: &str = "crates/kernel/clippy.toml";

pub(super) fn kernel_repeats_the_root(tree: &Tree) -> Vec<Complaint> {
    let (Some(root), Some(kernel)) = (tree.text(ROOT), tree.text(KERNEL)) else {
        return vec![complaint(format!("{ROOT} or {KERNEL} is missing"))];
    };
    match (root.parse::<toml::Table>(), kernel.parse::<toml::Table>()) {
        (Ok(root), Ok(kernel)) => {
            let has = entries(&kernel);
            let missing = entries(&root).into_iter().filter(|entry| !has.contains(entry));
            missing
                .map(|entry| complaint(format!("it lacks `{entry}` of the root's")))
                .collect()
        }
        (Err(error), _) | (_, Err(error)) => vec![complaint(format!("not TOML: {}", error.message()))],
    }
}

fn complaint(what: String) -> Complaint {
    Complaint {
        file: KERNEL.to_owned(),
        line: 1,
        what,
        why: "what the root forbids would be allowed in the kernel, of all places".to_owned(),
        mend: format!("copy the entry from {ROOT}"),
    }
}

/// `key = value` for plain settings, `key: path` for each element of a list.
fn entries(table: &toml::Table) -> BTreeSet<String> {
    let mut entries = BTreeSet::new();
    for (key, value) in table {
        let Some(list) = value.as_array() else {
            entries.insert(format!("{key} = {value}"));
            continue;
        };
        for element in list {
            let path = element
                .get("path")
                .and_then(toml::Value::as_str)
                .or_else(|| element.as_str());
            entries.insert(format!("{key}: {}", path.unwrap_or_default()));
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_of_the_root_stands_in_the_kernels_too() {
        let root = "allow-unwrap-in-tests = true\ndisallowed-methods = [{ path = \"a::b\", reason = \"x\" }, \"c::d\"]";
        let tree = |kernel: &str| Tree::of(&[(ROOT, root), (KERNEL, kernel)]);
        let same = format!("{root}\ndisallowed-types = [\"e::F\"]");
        assert!(kernel_repeats_the_root(&tree(&same)).is_empty());
        let less = kernel_repeats_the_root(&tree("allow-unwrap-in-tests = false\ndisallowed-methods = [\"a::b\"]"));
        let what: Vec<&str> = less.iter().map(|complaint| complaint.what.as_str()).collect();
        assert_eq!(
            what,
            [
                "it lacks `allow-unwrap-in-tests = true` of the root's",
                "it lacks `disallowed-methods: c::d` of the root's"
            ]
        );
    }
}
