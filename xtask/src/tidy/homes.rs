//! The clock, the random source and the environment are each read in one file of a crate, or nowhere in it.

use std::collections::BTreeMap;

use super::paths::{Named, named};
use super::{Complaint, Tree, room_of};

enum Home {
    /// This file only.
    File(&'static str),
    /// Any file, but only one.
    OneFile,
    /// Not a product crate: clippy watches over it.
    Tools,
}

const HOMES: &[(&str, Home)] = &[
    ("server", Home::File("crates/server/src/surroundings.rs")),
    ("prokura", Home::File("crates/prokura/src/main.rs")),
    // It makes keys and nonces.
    ("keys", Home::OneFile),
    // A library in somebody else's program: nobody passes it the time.
    ("verify", Home::OneFile),
    ("agent", Home::OneFile),
    ("testkit", Home::OneFile),
    ("bench", Home::Tools),
    ("xtask", Home::Tools),
];

const CALLS: &[&str] = &[
    "std::time::SystemTime::now",
    "std::time::Instant::now",
    "time::OffsetDateTime::now_utc",
    "time::OffsetDateTime::now_local",
    "time::UtcDateTime::now",
    "chrono::Utc::now",
    "std::env::var",
    "std::env::vars",
    "std::env::var_os",
    "std::env::vars_os",
    "std::env::set_var",
    "std::env::remove_var",
    "std::thread::sleep",
    "aws_lc_rs::rand::SystemRandom",
    "aws_lc_rs::rand::fill",
    "aws_lc_rs::rand::generate",
    "rand::rng",
    "rand::random",
    "rand::rngs",
    "getrandom",
    "fastrand",
    "uuid::Uuid::new_v4",
    "uuid::Uuid::now_v7",
];

pub(super) fn calls(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    // The first file of a crate with `Home::OneFile` that has such a call is its home.
    let mut chosen: BTreeMap<&str, &str> = BTreeMap::new();
    for source in &tree.sources {
        if !source.path.contains("/src/") || source.is_test_file() {
            continue;
        }
        let room = room_of(&source.path);
        for (line, call) in named(source)
            .iter()
            .filter_map(|named| Some((named.line, call(named)?)))
        {
            let home = match HOMES.iter().find(|(name, _)| *name == room) {
                Some((_, Home::Tools)) => continue,
                Some((_, Home::File(file))) => Some(*file),
                Some((_, Home::OneFile)) => Some(*chosen.entry(room).or_insert(&source.path)),
                None => None,
            };
            if home == Some(source.path.as_str()) {
                continue;
            }
            complaints.push(Complaint {
                file: source.path.clone(),
                line,
                what: format!("`{call}` outside its one file"),
                why: match home {
                    Some(file) => format!("{room} reads clock, chance and environment in {file} only"),
                    None => format!("{room} reads neither clock nor chance nor environment"),
                },
                mend: "take the value as an argument; a Moment carries time and seed".to_owned(),
            });
        }
    }
    complaints
}

fn call(named: &Named) -> Option<&'static str> {
    // A glob import of a whole module is a matter for the arrows: the call itself is seen where it is made.
    if named.path.last().is_some_and(|last| last == "*") {
        return None;
    }
    CALLS.iter().copied().find(|call| named.reaches(call))
}

#[cfg(test)]
mod tests {
    use super::super::tests::places;
    use super::*;

    #[test]
    fn the_server_reads_its_surroundings_in_one_file() {
        let tree = Tree::of(&[
            (
                "crates/server/src/surroundings.rs",
                "use std::time::SystemTime;\nfn now() { SystemTime::now(); }",
            ),
            (
                "crates/server/src/token.rs",
                "use std::time::{Duration, SystemTime as Clock};\nfn f() {\n    Clock::now();\n}",
            ),
            ("crates/server/src/jobs.rs", "fn f() { tokio::time::Instant::now(); }"),
        ]);
        assert_eq!(places(&calls(&tree)), ["crates/server/src/token.rs:3"]);
    }

    #[test]
    fn a_second_file_with_a_random_source_is_one_too_many() {
        let tree = Tree::of(&[
            (
                "crates/keys/src/chance.rs",
                "use aws_lc_rs::rand::SystemRandom;\nfn f() { SystemRandom::new(); }",
            ),
            (
                "crates/keys/src/seal.rs",
                "fn f() {\n    aws_lc_rs::rand::fill(&mut x);\n}",
            ),
        ]);
        assert_eq!(places(&calls(&tree)), ["crates/keys/src/seal.rs:2"]);
    }

    #[test]
    fn a_crate_without_a_home_makes_no_such_call_and_tests_may() {
        let tree = Tree::of(&[
            (
                "crates/store/src/a.rs",
                "fn f() { std::env::var(\"X\"); }\n#[cfg(test)]\nmod tests { fn f() { std::env::var(\"X\"); } }",
            ),
            ("crates/store/tests/it/main.rs", "fn f() { std::env::var(\"X\"); }"),
            ("xtask/src/main.rs", "fn f() { std::env::var(\"X\"); }"),
        ]);
        assert_eq!(places(&calls(&tree)), ["crates/store/src/a.rs:1"]);
    }
}
