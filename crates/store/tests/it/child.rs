//! Another process: this test binary once more. A test that finds its orders in the environment obeys them instead of testing, says what it did, and is perhaps killed.

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use store::Database;

/// The child's orders: engine, database, and what its tokens are called.
const ORDERS: &str = "PROKURA_TEST_CHILD";

/// A variable of the environment.
#[expect(
    clippy::disallowed_methods,
    reason = "a test binary that runs itself passes its orders in the environment"
)]
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// What the child was told, if this process is one.
pub(crate) fn orders() -> Option<(Database, String)> {
    let text = environment(ORDERS)?;
    let (engine, rest) = text.split_once(' ').unwrap();
    let (name, database) = rest.split_once(' ').unwrap();
    let database = match engine {
        "sqlite" => Database::Sqlite(PathBuf::from(database)),
        "postgres" => Database::Postgres(database.to_owned()),
        other => panic!("no engine {other}"),
    };
    Some((database, name.to_owned()))
}

/// Starts this binary again with the same test, through a shell that may first set limits.
pub(crate) fn start(test: &str, database: &Database, name: &str, limits: &str) -> Child {
    let orders = match database {
        Database::Sqlite(path) => format!("sqlite {name} {}", path.display()),
        Database::Postgres(url) => format!("postgres {name} {url}&application_name={name}"),
    };
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg(format!("{limits} exec \"$0\" \"$@\""))
        .arg(std::env::current_exe().unwrap());
    command.args([test, "--exact", "--nocapture"]).env(ORDERS, orders);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap()
}

/// The words behind `said ` on each whole line.
pub(crate) fn said(child: &mut Child) -> impl Iterator<Item = String> + use<> {
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let whole = move || {
        let mut line = String::new();
        let read = output.read_line(&mut line).unwrap();
        (read > 0).then_some(line)
    };
    std::iter::from_fn(whole).filter_map(|line| {
        line.strip_suffix('\n')?
            .split_once("said ")
            .map(|(_, word)| word.to_owned())
    })
}

/// A runtime of several threads, for tests that are two things.
pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .unwrap()
}
