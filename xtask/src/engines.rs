//! The part `store-postgres`: what passed on SQLite passes on PostgreSQL, test for test; and what only PostgreSQL has, several processes on one database.

use anyhow::{Result, bail};

use crate::binaries::{self, Built};
use crate::counts::{Counts, names_of_rust};
use crate::postgres::Postgres;
use crate::run::{self, Echo};
use crate::workspace::Workspace;

const VARIABLE: &str = "PROKURA_TEST_POSTGRES";
/// The tests of the binary that are others on PostgreSQL; the rest of them asks nothing of a database that the server's tests do not.
const PROCESSES: &str = "two_nodes::";

pub(crate) fn part(workspace: &Workspace) -> Result<Counts> {
    let built = binaries::build(&workspace.root, &workspace.target())?;
    let embedded = run_package(&built, "store", "", None, Echo::Nothing)?;
    if embedded.counts.passed == 0 || embedded.counts.failed > 0 {
        bail!("the store's tests on SQLite, to compare with: {}", embedded.counts);
    }

    let postgres = Postgres::start("store-postgres")?;
    println!("PostgreSQL runs");
    let store = run_package(&built, "store", "", Some(&postgres), Echo::Lines)?;
    let server = run_package(&built, "server", "", Some(&postgres), Echo::Lines)?;
    let processes = run_package(&built, "prokura", PROCESSES, Some(&postgres), Echo::Lines)?;
    drop(postgres);

    let mut counts = store.counts.clone();
    counts.add(server.counts);
    counts.add(processes.counts);
    if processes.names.is_empty() {
        println!("no test of prokura is called {PROCESSES}");
        counts.failed = counts.failed.saturating_add(1);
    }
    // An engine that some tests quietly leave out is not the same store.
    let left_out: Vec<&String> = embedded
        .names
        .iter()
        .filter(|name| !store.names.contains(name))
        .collect();
    if store.counts.failed == 0 && (store.counts.passed != embedded.counts.passed || !left_out.is_empty()) {
        println!(
            "the store passed {} tests on SQLite and {} on PostgreSQL; not run there: {left_out:?}",
            embedded.counts.passed, store.counts.passed
        );
        counts.failed = counts.failed.saturating_add(1);
    }
    Ok(counts)
}

struct Run {
    counts: Counts,
    names: Vec<String>,
}

/// Runs the tests of a package whose names have `filter` in them.
fn run_package(built: &Built, package: &str, filter: &str, postgres: Option<&Postgres>, echo: Echo) -> Result<Run> {
    let mut run = Run {
        counts: Counts::default(),
        names: Vec::new(),
    };
    for binary in built.of(package) {
        let mut command = binary.call();
        command.arg(filter);
        match postgres {
            Some(postgres) => command.env(VARIABLE, postgres.url()),
            None => command.env_remove(VARIABLE),
        };
        let finished = run::watch(&mut command, echo, None)?;
        let mut counts = Counts::of_rust(&finished.output);
        if !finished.success() && counts.failed == 0 {
            println!("{}: the test process failed without naming a test", binary.package);
            counts.failed = 1;
        }
        run.counts.add(counts);
        run.names
            .extend(names_of_rust(&finished.output).into_iter().map(str::to_owned));
    }
    Ok(run)
}
