//! Which room may depend on which, and what a room never contains. The table is the one of ARCHITECTURE.md.

use super::paths::named;
use super::{Complaint, Tree, room_of};
use crate::workspace::Package;

struct Room {
    name: &'static str,
    /// Crates of ours it may depend on.
    may: &'static [&'static str],
    /// What it never imports, in groups with the reason.
    never: &'static [&'static Group],
    /// Whether its tests may use any crate of ours; else they keep to `may`.
    tests: Tests,
}

#[derive(PartialEq, Eq)]
enum Tests {
    UseWhatTheyLike,
    KeepTheArrows,
}

struct Group {
    paths: &'static [&'static str],
    why: &'static str,
}

const CLOCK: Group = Group {
    paths: &[
        "std::time::SystemTime",
        "std::time::Instant",
        "std::time::UNIX_EPOCH",
        "chrono",
    ],
    why: "time is an argument here",
};
const SURROUNDINGS: Group = Group {
    paths: &["std::env"],
    why: "what the environment says is passed in",
};
const IO: Group = Group {
    paths: &[
        "std::fs",
        "std::net::TcpStream",
        "std::net::TcpListener",
        "std::net::UdpSocket",
        "std::process",
        "std::thread",
    ],
    why: "this room does no input or output",
};
const ASYNC: Group = Group {
    paths: &["tokio", "futures_util", "futures"],
    why: "what decides does not wait",
};
const RANDOM: Group = Group {
    paths: &["rand", "getrandom", "aws_lc_rs::rand"],
    why: "randomness is an argument here",
};
const HTTP_TYPES: Group = Group {
    paths: &["http", "hyper", "hyper_util", "axum", "tower"],
    why: "HTTP belongs to server and verify",
};
const HTTP_CLIENT: Group = Group {
    paths: &["reqwest"],
    why: "asking strangers is egress's job",
};
const SQL: Group = Group {
    paths: &["rusqlite", "tokio_postgres"],
    why: "all SQL is in store",
};
const LOGGING: Group = Group {
    paths: &["tracing", "log"],
    why: "values must not reach a log from here",
};
const CRYPTO: Group = Group {
    paths: &["aws_lc_rs"],
    why: "signatures are checked in proof and made in keys",
};
const UNORDERED: Group = Group {
    paths: &[
        "std::collections::HashMap",
        "std::collections::HashSet",
        "std::collections::hash_map",
        "std::collections::hash_set",
    ],
    why: "iteration order must never decide anything",
};
const WEB_SERVER: Group = Group {
    paths: &["axum"],
    why: "the web framework belongs to server",
};
const HEAVY_FOR_USERS: Group = Group {
    paths: &["axum", "cedar_policy"],
    why: "it would be dragged into every build that uses the SDK",
};

const ROOMS: &[Room] = &[
    Room {
        name: "proof",
        may: &[],
        never: &[
            &CLOCK,
            &SURROUNDINGS,
            &IO,
            &ASYNC,
            &RANDOM,
            &HTTP_TYPES,
            &HTTP_CLIENT,
            &SQL,
            &LOGGING,
        ],
        tests: Tests::KeepTheArrows,
    },
    Room {
        name: "kernel",
        may: &["proof"],
        never: &[
            &CLOCK,
            &SURROUNDINGS,
            &IO,
            &ASYNC,
            &RANDOM,
            &HTTP_TYPES,
            &HTTP_CLIENT,
            &SQL,
            &LOGGING,
            &CRYPTO,
            &UNORDERED,
        ],
        tests: Tests::KeepTheArrows,
    },
    Room {
        name: "policy",
        may: &["proof", "kernel"],
        never: &[
            &CLOCK,
            &SURROUNDINGS,
            &IO,
            &ASYNC,
            &RANDOM,
            &HTTP_TYPES,
            &HTTP_CLIENT,
            &SQL,
        ],
        tests: Tests::KeepTheArrows,
    },
    Room {
        name: "keys",
        may: &["proof"],
        never: &[&CLOCK, &SURROUNDINGS, &HTTP_TYPES, &HTTP_CLIENT, &SQL],
        tests: Tests::KeepTheArrows,
    },
    Room {
        name: "evidence",
        may: &["proof"],
        never: &[&CLOCK, &HTTP_TYPES, &HTTP_CLIENT, &SQL],
        tests: Tests::KeepTheArrows,
    },
    Room {
        name: "egress",
        may: &["proof"],
        never: &[&WEB_SERVER, &SQL],
        tests: Tests::KeepTheArrows,
    },
    // `keys` for one thing: what lies in the database is sealed with it.
    Room {
        name: "store",
        may: &["proof", "kernel", "keys"],
        never: &[&HTTP_TYPES, &HTTP_CLIENT],
        tests: Tests::UseWhatTheyLike,
    },
    Room {
        name: "login",
        may: &["proof", "kernel", "egress", "pages"],
        never: &[&WEB_SERVER, &SQL],
        tests: Tests::UseWhatTheyLike,
    },
    // What people see knows nothing of how it is asked for or what it rests on.
    Room {
        name: "pages",
        may: &[],
        never: &[
            &CLOCK,
            &SURROUNDINGS,
            &IO,
            &ASYNC,
            &RANDOM,
            &HTTP_TYPES,
            &HTTP_CLIENT,
            &SQL,
            &LOGGING,
            &CRYPTO,
        ],
        tests: Tests::KeepTheArrows,
    },
    Room {
        name: "server",
        may: &[
            "proof", "kernel", "policy", "keys", "evidence", "egress", "store", "login", "pages", "ca",
        ],
        never: &[&SQL, &HTTP_CLIENT],
        tests: Tests::UseWhatTheyLike,
    },
    Room {
        name: "verify",
        may: &["proof", "evidence"],
        never: &[&HEAVY_FOR_USERS, &SQL],
        tests: Tests::UseWhatTheyLike,
    },
    Room {
        name: "agent",
        may: &["proof", "egress"],
        never: &[&WEB_SERVER, &SQL],
        tests: Tests::UseWhatTheyLike,
    },
    Room {
        name: "demo",
        may: &["proof", "verify"],
        never: &[&SQL],
        tests: Tests::UseWhatTheyLike,
    },
    Room {
        name: "prokura",
        may: &[
            "proof", "kernel", "policy", "keys", "evidence", "egress", "store", "login", "ca", "server", "verify",
            "agent", "demo",
        ],
        never: &[&SQL],
        tests: Tests::UseWhatTheyLike,
    },
    Room {
        name: "testkit",
        may: &[
            "proof", "kernel", "policy", "keys", "evidence", "egress", "store", "login", "ca", "server", "verify",
            "agent",
        ],
        never: &[],
        tests: Tests::UseWhatTheyLike,
    },
    // Worlds from seeds: the clock and the chance are the script's.
    Room {
        name: "sim",
        may: &["proof", "server", "testkit"],
        never: &[&CLOCK, &RANDOM, &HTTP_TYPES, &HTTP_CLIENT, &SQL, &CRYPTO],
        tests: Tests::UseWhatTheyLike,
    },
    // What strangers send, decided without a server around it.
    Room {
        name: "hostile",
        may: &["proof", "kernel", "egress", "pages"],
        never: &[
            &CLOCK,
            &SURROUNDINGS,
            &IO,
            &ASYNC,
            &RANDOM,
            &HTTP_TYPES,
            &HTTP_CLIENT,
            &SQL,
            &LOGGING,
            &CRYPTO,
        ],
        tests: Tests::UseWhatTheyLike,
    },
    Room {
        name: "bench",
        may: &["proof", "kernel", "policy", "keys", "login"],
        never: &[],
        tests: Tests::UseWhatTheyLike,
    },
    Room {
        name: "xtask",
        may: &[],
        never: &[],
        tests: Tests::KeepTheArrows,
    },
];

const MEND: &str = "pass the value in, or move the code to the room whose job it is (ARCHITECTURE.md)";

pub(super) fn imports(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for source in &tree.sources {
        let Some(room) = room(room_of(&source.path)) else {
            continue;
        };
        let own_code = source.path.contains("/src/") && !source.is_test_file();
        if !own_code || room.never.is_empty() {
            continue;
        }
        for named in named(source) {
            let hit = room.never.iter().find_map(|group| {
                let path = group.paths.iter().find(|path| named.reaches(path))?;
                Some((path, group.why))
            });
            if let Some((path, why)) = hit {
                complaints.push(Complaint {
                    file: source.path.clone(),
                    line: named.line,
                    what: format!("{} uses `{path}`", room.name),
                    why: why.to_owned(),
                    mend: MEND.to_owned(),
                });
            }
        }
    }
    complaints.dedup();
    complaints
}

pub(super) fn manifests(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for package in &tree.packages {
        let Some(room) = room(&package.name) else {
            complaints.push(Complaint {
                file: package.manifest_path.clone(),
                line: 1,
                what: format!("the crate `{}` has no place in the table of arrows", package.name),
                why: "a crate that no arrow names may depend on anything".to_owned(),
                mend: "add it to ROOMS in xtask/src/tidy/arrows.rs and to ARCHITECTURE.md".to_owned(),
            });
            continue;
        };
        let manifest = tree.text(&package.manifest_path).unwrap_or_default();
        for (name, kind) in dependencies(package) {
            if let Some(why) = forbidden(tree, room, &name, &kind) {
                complaints.push(Complaint {
                    file: package.manifest_path.clone(),
                    line: line_of(manifest, &name),
                    what: format!("{} depends on `{name}`", room.name),
                    why,
                    mend: MEND.to_owned(),
                });
            }
        }
    }
    complaints
}

#[derive(PartialEq, Eq)]
enum For {
    Product,
    Tests,
}

fn forbidden(tree: &Tree, room: &Room, name: &str, kind: &For) -> Option<String> {
    let ours = tree.packages.iter().any(|package| package.name == name);
    if ours {
        let allowed = room.may.contains(&name) || (*kind == For::Tests && room.tests == Tests::UseWhatTheyLike);
        let arrows = if room.may.is_empty() {
            "no crate of ours".to_owned()
        } else {
            room.may.join(", ")
        };
        return (!allowed).then(|| format!("the arrows let {} depend on {arrows}", room.name));
    }
    // Tests may use what the room itself never contains: an oracle, say.
    if *kind == For::Tests {
        return None;
    }
    let import = name.replace('-', "_");
    let group = room.never.iter().find(|group| group.paths.contains(&import.as_str()))?;
    Some(group.why.to_owned())
}

fn dependencies(package: &Package) -> Vec<(String, For)> {
    let mut found = Vec::new();
    let mut tables = vec![&package.manifest];
    let targets = package.manifest.get("target").and_then(toml::Value::as_table);
    tables.extend(
        targets
            .into_iter()
            .flatten()
            .filter_map(|(_, target)| target.as_table()),
    );
    for table in tables {
        for section in ["dependencies", "build-dependencies", "dev-dependencies"] {
            for (key, value) in table.get(section).and_then(toml::Value::as_table).into_iter().flatten() {
                // A renamed dependency counts under its real name.
                let name = value.get("package").and_then(toml::Value::as_str).unwrap_or(key);
                let kind = if section == "dev-dependencies" {
                    For::Tests
                } else {
                    For::Product
                };
                found.push((name.to_owned(), kind));
            }
        }
    }
    found
}

fn line_of(manifest: &str, name: &str) -> usize {
    let found = manifest.lines().position(|line| {
        line.strip_prefix(name)
            .is_some_and(|rest| rest.starts_with(['.', ' ', '=']))
    });
    found.map_or(1, |index| index.saturating_add(1))
}

fn room(name: &str) -> Option<&'static Room> {
    ROOMS.iter().find(|room| room.name == name)
}

#[cfg(test)]
mod tests {
    use super::super::tests::places;
    use super::*;

    #[test]
    fn the_kernel_reads_no_clock_and_orders_nothing_by_chance() {
        let tree = Tree::of(&[
            (
                "crates/kernel/src/a.rs",
                "use std::time::{Duration, Instant};\nuse std::collections::BTreeMap;",
            ),
            (
                "crates/kernel/src/b.rs",
                "fn f() -> std::collections::HashMap<u8, u8> { x }",
            ),
            (
                "crates/kernel/src/c.rs",
                "use std::time::*;\n// use tokio::x;\nconst A: &str = \"std::env::var\";",
            ),
        ]);
        assert_eq!(
            places(&imports(&tree)),
            [
                "crates/kernel/src/a.rs:1",
                "crates/kernel/src/b.rs:1",
                "crates/kernel/src/c.rs:1"
            ]
        );
    }

    #[test]
    fn tests_of_a_pure_room_may_use_what_it_does_not() {
        let tree = Tree::of(&[
            (
                "crates/proof/src/lib.rs",
                "fn a() {}\n#[cfg(test)]\nmod tests { use rand::Rng; }",
            ),
            ("crates/proof/tests/it/main.rs", "use std::fs;"),
        ]);
        assert!(imports(&tree).is_empty());
    }

    #[test]
    fn the_server_holds_no_sql_driver_and_tokio_time_is_no_clock() {
        let tree = Tree::of(&[
            ("crates/server/src/a.rs", "use rusqlite::Connection;"),
            (
                "crates/keys/src/a.rs",
                "use tokio::time::Instant;\nfn f() { Instant::now(); }",
            ),
        ]);
        assert_eq!(places(&imports(&tree)), ["crates/server/src/a.rs:1"]);
    }

    #[test]
    fn manifests_keep_the_arrows() {
        let manifest = |name: &str, rest: &str| format!("[package]\nname = \"{name}\"\n{rest}");
        let kernel = manifest(
            "kernel",
            "[dependencies]\nproof.workspace = true\nserver.workspace = true\ntokio.workspace = true\n",
        );
        let verify = manifest(
            "verify",
            "[dependencies]\nx = { package = \"axum\", version = \"1\" }\n[dev-dependencies]\nserver.workspace = true\n",
        );
        let server = manifest(
            "server",
            "[target.'cfg(unix)'.dependencies]\nrusqlite.workspace = true\n",
        );
        let stranger = manifest("stranger", "");
        let proof = manifest("proof", "");
        let tree = Tree::of(&[
            ("crates/kernel/Cargo.toml", &kernel),
            ("crates/verify/Cargo.toml", &verify),
            ("crates/server/Cargo.toml", &server),
            ("crates/stranger/Cargo.toml", &stranger),
            ("crates/proof/Cargo.toml", &proof),
        ]);
        let expected = [
            "crates/kernel/Cargo.toml:5",
            "crates/kernel/Cargo.toml:6",
            "crates/verify/Cargo.toml:1",
            "crates/server/Cargo.toml:4",
            "crates/stranger/Cargo.toml:1",
        ];
        assert_eq!(places(&manifests(&tree)), expected);
    }
}
