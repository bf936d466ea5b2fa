//! A flow folder in the kernel is complete: its page for newcomers, its tests, its vectors and its page in docs/.

use super::{Complaint, Tree};

const FLOWS: &str = "crates/kernel/src/";

pub(super) fn complete(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    let flows = tree
        .files
        .iter()
        .filter_map(|file| file.strip_prefix(FLOWS)?.strip_suffix("/rules.rs"));
    for flow in flows {
        let page = format!("docs/flows/{}.md", flow.replace(['_', '/'], "-"));
        let folder = format!("{FLOWS}{flow}");
        let mut missing = Vec::new();
        for file in [format!("{folder}/mod.rs"), format!("{folder}/tests.rs"), page] {
            if !tree.files.contains(&file) {
                missing.push(file);
            }
        }
        let vectors = format!("{folder}/vectors/");
        if !tree.files.iter().any(|file| file.starts_with(&vectors)) {
            missing.push(format!("{vectors}*.json"));
        }
        complaints.extend(
            missing.into_iter().map(|file| Complaint {
                file: format!("{folder}/rules.rs"),
                line: 1,
                what: format!("the flow `{flow}` has no {file}"),
                why: "a flow is one folder with what it covers, its tests and vectors, and one page with examples"
                    .to_owned(),
                mend: format!("write {file}"),
            }),
        );
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flow_folder_without_vectors_or_page_is_incomplete() {
        let tree = Tree::of(&[
            ("crates/kernel/src/token_exchange/mod.rs", ""),
            ("crates/kernel/src/token_exchange/rules.rs", ""),
            ("crates/kernel/src/token_exchange/tests.rs", ""),
            ("crates/kernel/src/ciba/mod.rs", ""),
            ("crates/kernel/src/ciba/rules.rs", ""),
            ("crates/kernel/src/ciba/tests.rs", ""),
            ("crates/kernel/src/ciba/vectors/a.json", "{}"),
            ("crates/kernel/src/grant/mod.rs", ""),
            ("docs/flows/ciba.md", ""),
        ]);
        let mended: Vec<String> = complete(&tree).into_iter().map(|complaint| complaint.mend).collect();
        let expected = [
            "write docs/flows/token-exchange.md",
            "write crates/kernel/src/token_exchange/vectors/*.json",
        ];
        assert_eq!(mended, expected);
    }
}
