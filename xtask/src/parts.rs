//! `cargo xtask test`: everything CI runs, as named parts. CI runs nothing else, so what is green here is green there.

use anyhow::{Result, bail};

use crate::counts::Counts;
use crate::surroundings::Stopwatch;
use crate::workspace::Workspace;
use crate::{Verdict, browser, check, conformance, engines, interop, mutants, oracle, pages, run, sim};

struct Part {
    name: &'static str,
    about: &'static str,
    run: fn(&Workspace) -> Result<Counts>,
}

const PARTS: &[Part] = &[
    Part {
        name: "check",
        about: "format, clippy, tidy, places of mutants, generated pages, dependencies",
        run: |workspace| Ok(check::part(workspace)),
    },
    Part {
        name: "rust",
        about: "every test of the workspace, on SQLite",
        run: rust,
    },
    Part {
        name: "store-postgres",
        about: "the store's and server's tests again, and several processes, on a PostgreSQL of their own",
        run: engines::part,
    },
    Part {
        name: "sim",
        about: "the simulator, on worlds that nobody has seen yet",
        run: sim::part,
    },
    Part {
        name: "interop",
        about: "clients that others wrote, against `prokura dev`",
        run: interop::part,
    },
    Part {
        name: "browser",
        about: "a real Chromium on every page: people, attacks, axe",
        run: browser::part,
    },
    Part {
        name: "oracle",
        about: "passkey ceremonies, judged by webauthn-rs too",
        run: oracle::part,
    },
    Part {
        name: "mutants",
        about: "each security check switched off in turn: a test must go red",
        run: mutants::part,
    },
    Part {
        name: "docs",
        about: "the examples in README.md and docs/ that are marked as tested",
        run: pages::part,
    },
];

enum End {
    Ran(Counts, String),
    LeftOut,
}

pub(crate) fn command(workspace: &Workspace, arguments: &[String]) -> Result<Verdict> {
    let choice = Choice::read(arguments)?;
    if choice.list {
        for part in PARTS {
            println!("  {:<16} {}", part.name, part.about);
        }
        return Ok(Verdict::Good);
    }

    let all = Stopwatch::start();
    let mut ends = Vec::new();
    for part in PARTS {
        if !choice.takes(part.name) {
            ends.push((part, End::LeftOut));
            continue;
        }
        println!("\n=== {}: {}", part.name, part.about);
        let watch = Stopwatch::start();
        let counts = (part.run)(workspace).unwrap_or_else(|error| {
            println!("{}: {error:#}", part.name);
            Counts {
                failed: 1,
                red: vec![format!("{error:#}")],
                ..Counts::default()
            }
        });
        println!("--- {}: {counts}, {}", part.name, watch.seconds());
        ends.push((part, End::Ran(counts, watch.seconds())));
    }

    let mut sum = Counts::default();
    println!(
        "\n{:<16} {:>8} {:>8} {:>8} {:>10}",
        "part", "passed", "failed", "skipped", "time"
    );
    for (part, end) in ends {
        match end {
            End::Ran(counts, time) => {
                println!(
                    "{:<16} {:>8} {:>8} {:>8} {time:>10}",
                    part.name, counts.passed, counts.failed, counts.skipped
                );
                sum.add(Counts {
                    red: counts.red.iter().map(|name| format!("{}: {name}", part.name)).collect(),
                    ..counts
                });
            }
            End::LeftOut => println!("{:<16} left out", part.name),
        }
    }
    for name in &sum.red {
        println!("FAILED {name}");
    }
    println!("in all {}", all.seconds());
    println!("{sum}");
    Ok(if sum.failed == 0 && sum.passed > 0 {
        Verdict::Good
    } else {
        Verdict::Bad
    })
}

/// Debug build, every package, the runner's own lines.
fn rust(workspace: &Workspace) -> Result<Counts> {
    let record = conformance::begin(workspace)?;
    let mut tests = run::cargo(&workspace.root);
    tests.args(["test", "--workspace", "--locked", "--no-fail-fast"]);
    conformance::record_to(&mut tests, &record);
    let finished = run::tee(&mut tests)?;
    let mut counts = Counts::of_rust(&finished.output);
    // A build that fails, or a test process that dies, has no failed test to show.
    if !finished.success() && counts.failed == 0 {
        counts.failed = 1;
    }
    counts.add(conformance::count(workspace, &record));
    Ok(counts)
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Choice {
    only: Vec<String>,
    without: Vec<String>,
    list: bool,
}

impl Choice {
    fn read(arguments: &[String]) -> Result<Self> {
        let mut choice = Self::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let (flag, value) = match argument.split_once('=') {
                Some((flag, value)) => (flag, Some(value)),
                None => (argument.as_str(), None),
            };
            let names = match flag {
                "--list" => {
                    choice.list = true;
                    continue;
                }
                "--only" => &mut choice.only,
                "--without" => &mut choice.without,
                _ => bail!("`{argument}` is not known; there are --only, --without and --list"),
            };
            let Some(value) = value.or_else(|| rest.next().map(String::as_str)) else {
                bail!("`{flag}` needs the names of parts, separated by commas");
            };
            for name in value.split(',').filter(|name| !name.is_empty()) {
                if !PARTS.iter().any(|part| part.name == name) {
                    bail!("there is no part `{name}`; `cargo xtask test --list` shows them");
                }
                names.push(name.to_owned());
            }
        }
        Ok(choice)
    }

    fn takes(&self, name: &str) -> bool {
        let named = |names: &[String]| names.iter().any(|one| one == name);
        (self.only.is_empty() || named(&self.only)) && !named(&self.without)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(arguments: &[&str]) -> Vec<&'static str> {
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let choice = Choice::read(&arguments).unwrap();
        PARTS
            .iter()
            .map(|part| part.name)
            .filter(|name| choice.takes(name))
            .collect()
    }

    #[test]
    fn parts_are_chosen_by_name() {
        assert_eq!(taken(&[]).len(), PARTS.len());
        assert_eq!(taken(&["--only", "rust,mutants"]), ["rust", "mutants"]);
        assert_eq!(taken(&["--only=rust,mutants", "--without", "mutants"]), ["rust"]);
        assert_eq!(taken(&["--without", "interop"]).len(), PARTS.len() - 1);
    }

    #[test]
    fn an_unknown_part_is_an_error_and_not_an_empty_run() {
        for arguments in [["--only", "rusty"], ["--without", "rusty"], ["--onyl", "rust"]] {
            assert!(Choice::read(&arguments.map(str::to_owned)).is_err());
        }
        assert!(Choice::read(&["--only".to_owned()]).is_err());
    }
}
