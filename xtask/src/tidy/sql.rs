//! SQL text stands in `store` only.

use super::{Complaint, Tree, room_of};

const VERBS: &[&str] = &["SELECT", "INSERT", "UPDATE", "DELETE", "CREATE"];
/// `testkit` gives each test a database of its own; `bench` measures the floor.
const ROOMS_WITH_SQL: &[&str] = &["store", "bench", "testkit"];

pub(super) fn outside_the_store(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for source in tree
        .sources
        .iter()
        .filter(|source| !ROOMS_WITH_SQL.contains(&room_of(&source.path)))
    {
        let strings = source.strings.iter().filter(|string| !source.is_test(string.line));
        for string in strings.filter(|string| is_sql(&string.text)) {
            complaints.push(Complaint {
                file: source.path.clone(),
                line: string.line,
                what: "SQL text outside crates/store".to_owned(),
                why: "statements are prepared, counted and checked for their tenant where they all stand".to_owned(),
                mend: "give store a function that says what is wanted".to_owned(),
            });
        }
    }
    complaints
}

fn is_sql(text: &str) -> bool {
    let text = text.trim_start();
    VERBS.iter().any(|verb| {
        text.strip_prefix(verb)
            .is_some_and(|rest| rest.starts_with(char::is_whitespace))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::places;
    use super::*;

    #[test]
    fn a_statement_outside_the_store_is_found() {
        let tree = Tree::of(&[
            (
                "crates/server/src/a.rs",
                "const A: &str = \"\n  SELECT id\n  FROM grants\";\n#[cfg(test)]\nmod tests { const B: &str = \"DELETE FROM x\"; }",
            ),
            ("crates/store/src/a.rs", "const A: &str = \"SELECT 1\";"),
            (
                "crates/kernel/src/a.rs",
                "const A: &str = \"Select a client\"; const B: &str = \"CREATED\"; const C: &str = \"UPDATE\";",
            ),
        ]);
        assert_eq!(places(&outside_the_store(&tree)), ["crates/server/src/a.rs:1"]);
    }
}
