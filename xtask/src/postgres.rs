//! A PostgreSQL server of our own, for as long as a value lives: fresh data folder, a port nobody else has, only on 127.0.0.1,
//! with a password, with fsync as in production. It ends with the value, and if we die, with us.

use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{DirBuilderExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::packages::{self, Missing};
use crate::run;
use crate::surroundings::{self, Stopwatch};

const USER: &str = "prokura";
/// Somebody else may take the port between our choosing it and the server's binding it.
const ATTEMPTS: usize = 3;
const START_SECONDS_MAX: u64 = 60;
const MISSING: Missing = Missing {
    what: "a PostgreSQL server (initdb, postgres)",
    debian: &["postgresql"],
};

#[derive(Debug)]
pub(crate) struct Postgres {
    server: Child,
    programs: PathBuf,
    account: Option<Account>,
    folder: PathBuf,
    url: String,
}

/// Whom the server runs as, since it refuses to run as root.
#[derive(Clone, Copy, Debug)]
struct Account {
    user: u32,
    group: u32,
}

impl Postgres {
    /// Starts one, installing the server first where that is allowed. `part` is what can be left out instead.
    pub(crate) fn start(part: &str) -> Result<Self> {
        let programs = if let Some(programs) = find_programs() {
            programs
        } else {
            packages::install(&[MISSING], part)?;
            find_programs().context("PostgreSQL was installed, yet /usr/lib/postgresql/*/bin/initdb is not there")?
        };
        let account = if packages::am_root() {
            Some(account("postgres")?)
        } else {
            None
        };
        let folder = new_folder(account)?;
        let started =
            prepare(&programs, account, &folder).and_then(|password| launch(&programs, account, &folder, &password));
        match started {
            Ok((server, url)) => Ok(Self {
                server,
                programs,
                account,
                folder,
                url,
            }),
            Err(error) => {
                let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
                let tail: Vec<&str> = log.lines().rev().take(12).collect();
                let tail: Vec<&str> = tail.into_iter().rev().collect();
                remove(&folder);
                Err(error.context(format!("starting PostgreSQL; its log ends:\n{}", tail.join("\n"))))
            }
        }
    }

    /// `postgres://user:password@127.0.0.1:port/postgres`, a superuser's.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let data = self.folder.join("data");
        let mut stop = as_account(&self.programs.join("pg_ctl"), self.account);
        stop.args(["--mode", "fast", "--wait", "--silent", "--pgdata"])
            .arg(&data)
            .arg("stop");
        let stopped = stop.current_dir("/").status().is_ok_and(|status| status.success());
        if !stopped && let Err(error) = self.server.kill() {
            println!("PostgreSQL could not be ended: {error}");
        }
        if let Err(error) = self.server.wait() {
            println!("PostgreSQL could not be awaited: {error}");
        }
        remove(&self.folder);
    }
}

fn remove(folder: &Path) {
    if let Err(error) = fs::remove_dir_all(folder) {
        println!("{} is left behind: {error}", folder.display());
    }
}

/// Debian's newest version, else what the path offers.
fn find_programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok().into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, programs)| programs.join("initdb").is_file())
        .collect();
    found.sort();
    if let Some((_, programs)) = found.pop() {
        return Some(programs);
    }
    let listed = run::read(Command::new("pg_config").arg("--bindir")).ok()?;
    let programs = PathBuf::from(listed.trim());
    programs.join("initdb").is_file().then_some(programs)
}

fn account(name: &str) -> Result<Account> {
    let accounts = fs::read_to_string("/etc/passwd").context("reading /etc/passwd")?;
    let fields = accounts.lines().map(|line| line.split(':').collect::<Vec<_>>());
    for fields in fields {
        if let [found, _, user, group, ..] = fields.as_slice()
            && *found == name
        {
            return Ok(Account {
                user: user.parse()?,
                group: group.parse()?,
            });
        }
    }
    bail!("PostgreSQL refuses to run as root, and there is no account `{name}` to run it as")
}

/// A call of one of PostgreSQL's programs as the account it runs as. `setpriv` also passes our death on, so that no server outlives us.
fn as_account(program: &Path, account: Option<Account>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "INT"]);
    if let Some(Account { user, group }) = account {
        command
            .arg(format!("--reuid={user}"))
            .arg(format!("--regid={group}"))
            .arg("--clear-groups");
    }
    command.arg("--").arg(program);
    command
}

fn new_folder(account: Option<Account>) -> Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!("prokura-postgres-{}-{}", std::process::id(), unguessable()));
    fs::DirBuilder::new()
        .mode(0o700)
        .create(&folder)
        .with_context(|| format!("making {}", folder.display()))?;
    own(&folder, account)?;
    Ok(folder)
}

fn own(path: &Path, account: Option<Account>) -> Result<()> {
    if let Some(Account { user, group }) = account {
        chown(path, Some(user), Some(group))
            .with_context(|| format!("giving {} to the server's account", path.display()))?;
    }
    Ok(())
}

/// Makes the database files and returns the password.
fn prepare(programs: &Path, account: Option<Account>, folder: &Path) -> Result<String> {
    let password = unguessable();
    let password_file = folder.join("password");
    fs::write(&password_file, &password).context("writing the password file")?;
    own(&password_file, account)?;
    let mut initdb = as_account(&programs.join("initdb"), account);
    initdb
        .args([
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--username",
            USER,
            "--pwfile",
        ])
        .arg(&password_file);
    // Test data may live in the page cache, but what `initdb` itself writes need not be synced file by file.
    initdb
        .arg("--no-sync")
        .arg("--pgdata")
        .arg(folder.join("data"))
        .current_dir("/");
    run::read(&mut initdb)?;
    fs::remove_file(&password_file).context("removing the password file")?;
    Ok(password)
}

fn launch(programs: &Path, account: Option<Account>, folder: &Path, password: &str) -> Result<(Child, String)> {
    let mut last = None;
    for _ in 0..ATTEMPTS {
        let port = free_port()?;
        let log = fs::File::create(folder.join("log")).context("making the server's log")?;
        let mut postgres = as_account(&programs.join("postgres"), account);
        postgres
            .arg("-D")
            .arg(folder.join("data"))
            .args(["-p", &port.to_string()]);
        for setting in [
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "fsync=on",
            "max_connections=400",
        ] {
            postgres.args(["-c", setting]);
        }
        postgres
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        let mut server = postgres.spawn().context("starting postgres")?;
        match await_ready(programs, &mut server, port) {
            Ok(()) => {
                return Ok((
                    server,
                    format!("postgres://{USER}:{password}@127.0.0.1:{port}/postgres"),
                ));
            }
            Err(error) => {
                // Ending what has ended already is no failure.
                server.kill().context("ending a server that did not come up")?;
                server.wait().context("waiting for a server that did not come up")?;
                last = Some(error);
            }
        }
    }
    Err(last.unwrap_or_else(|| anyhow::anyhow!("it was never tried")))
}

/// The port opens before the server lets anybody in, so its own program asks: a connection alone is refused with "starting up" for a while.
fn await_ready(programs: &Path, server: &mut Child, port: u16) -> Result<()> {
    let watch = Stopwatch::start();
    while watch.elapsed() < Duration::from_secs(START_SECONDS_MAX) {
        if let Some(status) = server.try_wait().context("waiting for postgres")? {
            bail!("postgres ended with {status}");
        }
        let mut asks = Command::new(programs.join("pg_isready"));
        asks.args(["--quiet", "--host=127.0.0.1", "--port", &port.to_string()]);
        if asks.status().context("starting pg_isready")?.success() {
            return Ok(());
        }
        surroundings::pause(Duration::from_millis(50));
    }
    bail!("postgres was not ready within {START_SECONDS_MAX} s")
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("asking for a free port")?;
    Ok(listener.local_addr()?.port())
}

/// 32 hexadecimal digits from the seed that the standard library takes from the operating system.
fn unguessable() -> String {
    let [a, b] = [0, 1].map(|half| RandomState::new().hash_one(half));
    format!("{a:016x}{b:016x}")
}
