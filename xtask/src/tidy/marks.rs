//! Marks that something is unfinished. A mark with an issue and the condition that removes it is fine; a naked one is not.
//! The words are put together here, so that no search for them finds this file.

use super::{Complaint, Tree, has_extension};

const FIRST: &str = concat!("TO", "DO");
const WORDS: &[&str] = &[FIRST, concat!("FIX", "ME"), concat!("XX", "X")];
const CODE: &[&str] = &[
    concat!("to", "do!("),
    concat!("unimplement", "ed!("),
    concat!("#[", "ignore"),
];
const EXTENSIONS: &[&str] = &[
    "rs", "toml", "md", "sql", "html", "css", "js", "mjs", "ts", "py", "sh", "yml",
];

pub(super) fn naked(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for text in tree
        .texts
        .iter()
        .filter(|text| EXTENSIONS.iter().any(|extension| has_extension(&text.path, extension)))
    {
        for (index, line) in text.text.lines().enumerate() {
            let Some(mark) = mark(line, has_extension(&text.path, "rs")) else {
                continue;
            };
            complaints.push(Complaint {
                file: text.path.clone(),
                line: index.saturating_add(1),
                what: format!("a naked `{mark}`"),
                why: "nobody can tell when it is done".to_owned(),
                mend: format!("do it now, or write `{FIRST}(#issue): condition that removes it`"),
            });
        }
    }
    complaints
}

fn mark(line: &str, is_rust: bool) -> Option<&'static str> {
    let code = CODE.iter().copied().find(|mark| is_rust && line.contains(mark));
    code.or_else(|| WORDS.iter().copied().find(|word| is_naked(line, word)))
}

fn is_naked(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line.get(..at).and_then(|before| before.chars().next_back());
        let after = line.get(at.saturating_add(word.len())..).unwrap_or_default();
        let inside = |c: char| c.is_alphanumeric() || c == '_';
        let is_word = !before.is_some_and(inside) && !after.starts_with(inside);
        let explained = word == FIRST && after.starts_with("(#") && after.contains("): ");
        is_word && !explained
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::places;
    use super::*;

    #[test]
    fn a_mark_needs_an_issue_and_a_condition() {
        let text = format!(
            "// {FIRST}: later\n// {FIRST}(#12): once the draft is published\n// {}\nfn f() {{ {}) }}\nconst METHOD: u8 = 1; // {FIRST}S {FIRST}(#1)",
            WORDS[1], CODE[0]
        );
        let page = FIRST.to_owned();
        let tree = Tree::of(&[
            ("crates/x/src/a.rs", &text),
            ("docs/a.md", &page),
            ("docs/a.json", &page),
        ]);
        let expected = [
            "crates/x/src/a.rs:1",
            "crates/x/src/a.rs:3",
            "crates/x/src/a.rs:4",
            "crates/x/src/a.rs:5",
            "docs/a.md:1",
        ];
        assert_eq!(places(&naked(&tree)), expected);
    }
}
