//! `cargo xtask`: the one entrance to everything that is done to this repository. It needs nothing but Cargo; parts that need
//! more (PostgreSQL, Node.js, Python, Chromium) install it where they may, else say exactly what is missing.
#![expect(clippy::print_stdout, reason = "a command line tool: printing is its job")]

mod bench;
mod binaries;
mod browser;
mod check;
mod conformance;
mod counts;
mod dependencies;
mod engines;
mod fuzz;
mod golden;
mod interop;
mod mutants;
mod node;
mod oracle;
mod packages;
mod pages;
mod parts;
mod postgres;
mod run;
mod sim;
mod surroundings;
mod tidy;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;

use crate::workspace::Workspace;

struct Command {
    name: &'static str,
    arguments: &'static str,
    about: &'static str,
    run: fn(&Workspace, &[String]) -> Result<Verdict>,
}

/// What a command found; a command that could not do its work returns an error instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Good,
    Bad,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "check",
        arguments: "",
        about: "format, clippy, tidy, places of mutants, generated pages, dependencies",
        run: |workspace, _| Ok(check::command(workspace)),
    },
    Command {
        name: "tidy",
        arguments: "",
        about: "the house rules that text can show, in under two seconds",
        run: |workspace, _| tidy::command(workspace),
    },
    Command {
        name: "test",
        arguments: "[--only a,b] [--without a,b] [--list]",
        about: "everything CI runs, in named parts; ends with `N passed, N failed`",
        run: parts::command,
    },
    Command {
        name: "mutants",
        arguments: "[--only id,id] [--list]",
        about: "switches each security check off in turn: the attack's test must go red",
        run: mutants::command,
    },
    Command {
        name: "golden",
        arguments: "",
        about: "rewrites every golden file; read the diff like code",
        run: |workspace, _| golden::command(workspace),
    },
    Command {
        name: "docs",
        arguments: "[--check]",
        about: "rewrites (or compares) the generated pages below docs/",
        run: golden::docs_command,
    },
    Command {
        name: "conformance",
        arguments: "",
        about: "runs the server's tests and keeps what they show of test suites",
        run: |workspace, _| conformance::command(workspace),
    },
    Command {
        name: "fuzz",
        arguments: "[NAME [--seconds N]]",
        about: "one fuzz target under libFuzzer, for a minute; without NAME, which there are",
        run: fuzz::command,
    },
    Command {
        name: "sim",
        arguments: "[SEED] [--worlds N]",
        about: "requests that interleave, fail and die, in worlds from seeds; with SEED, one world again",
        run: sim::command,
    },
    Command {
        name: "bench",
        arguments: "[NAME [arguments]]",
        about: "a load run against the release binary; without NAME, which there are",
        run: bench::command,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = arguments.split_first() else {
        list();
        return ExitCode::SUCCESS;
    };
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        list();
        eprintln!("\nxtask: there is no command `{name}`");
        return ExitCode::FAILURE;
    };
    if command.arguments.is_empty() && !rest.is_empty() {
        eprintln!("xtask: `{name}` takes no arguments");
        return ExitCode::FAILURE;
    }
    match Workspace::find().and_then(|workspace| (command.run)(&workspace, rest)) {
        Ok(Verdict::Good) => ExitCode::SUCCESS,
        Ok(Verdict::Bad) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask {name}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn list() {
    println!("cargo xtask COMMAND");
    for command in COMMANDS {
        let call = format!("{} {}", command.name, command.arguments);
        println!("  {:<46} {}", call.trim_end(), command.about);
    }
}
