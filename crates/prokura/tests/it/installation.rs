//! An installation as an operator sets it up: a folder, a key, a configuration, a process.

use std::{
    io,
    net::{Shutdown, TcpListener, TcpStream},
    process::{Child, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
    time::Duration,
};

use store::Database;

use crate::command::{Desk, Ran};

/// An installation that an operator set up, and perhaps started.
pub(crate) struct Installation {
    pub(crate) desk: Desk,
    door: Door,
    child: Option<Child>,
}

impl Installation {
    /// Configuration, folder and key, behind a door.
    pub(crate) fn new() -> Self {
        let desk = Desk::new();
        std::fs::create_dir(desk.path("data")).unwrap();
        desk.run(&["key", "kek", "--out", "kek"]).expect(0);
        let mut installation = Self {
            desk,
            door: Door::open(),
            child: None,
        };
        installation.move_away();
        installation
    }

    /// On a database that other nodes may share, and without limits on how often anybody asks: these are of a node, and a load would meet them.
    pub(crate) fn on(database: &Database) -> Self {
        let installation = Self::new();
        let url = match database {
            Database::Sqlite(file) => format!("sqlite:{}", file.display()),
            Database::Postgres(url) => url.clone(),
        };
        installation.desk.write("database", &url);
        installation.configure(&format!(
            "[server]\norigin = \"{}\"\nlisten = \"127.0.0.1:0\"\n[database]\nurl = \"file:database\"\n[keys]\nkek = \"file:kek\"\n[limits]\nrequests_per_address_per_minute = 0\nrequests_per_client_per_minute = 0\n",
            installation.server()
        ));
        installation
    }

    /// Another node of an installation on a database that can be shared: with the same key, for the same address. The door does not lead to it.
    pub(crate) fn second_node(&self) -> Self {
        let desk = Desk::new();
        for file in ["kek", "database", "prokura.toml"] {
            desk.write(file, &self.desk.read(file));
        }
        Self {
            desk,
            door: Door {
                port: self.port(),
                leads_to: Arc::default(),
            },
            child: None,
        }
    }

    /// To a new address.
    pub(crate) fn move_away(&mut self) {
        self.door = Door::open();
        let port = self.port();
        self.configure(&format!(
            "[server]\norigin = \"http://localhost:{port}\"\nlisten = \"127.0.0.1:0\"\n{REST}"
        ));
    }

    /// The port of its public address.
    pub(crate) fn port(&self) -> u16 {
        self.door.port
    }

    /// The port where it listens itself: another one after each start, 0 after a kill.
    pub(crate) fn listens_on(&self) -> Arc<AtomicU16> {
        Arc::clone(&self.door.leads_to)
    }

    pub(crate) fn configure(&self, text: &str) {
        self.desk.write("prokura.toml", text);
    }

    pub(crate) fn server(&self) -> String {
        format!("http://localhost:{}", self.port())
    }

    /// Starts it and waits until it is ready.
    pub(crate) async fn start(&mut self) {
        self.start_with(&[]).await;
    }

    pub(crate) async fn start_with(&mut self, arguments: &[&str]) {
        let log = std::fs::File::create(self.desk.path("log")).unwrap();
        let mut child = self
            .desk
            .command(&[&["serve", "--config", "prokura.toml"], arguments].concat())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        for _ in 0..600 {
            let log = self.desk.read("log");
            if let Some(port) = listening_port(&log) {
                self.door.leads_to.store(port, Ordering::SeqCst);
                self.child = Some(child);
                return;
            }
            assert!(
                child.try_wait().unwrap().is_none(),
                "it ended: {}",
                self.desk.read("log")
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        drop(child.kill());
        drop(child.wait());
        panic!("it is not ready in 30 seconds: {}", self.desk.read("log"));
    }

    /// Asks it to end, and says how it ended.
    pub(crate) fn end(&mut self) -> Option<i32> {
        let mut child = self.child.take().unwrap();
        let asked = std::process::Command::new("kill")
            .args(["-TERM", &child.id().to_string()])
            .status()
            .unwrap();
        assert!(asked.success());
        child.wait().unwrap().code()
    }

    /// Kills it: it finishes nothing.
    pub(crate) fn kill(&mut self) {
        self.door.leads_to.store(0, Ordering::SeqCst); // first: whoever comes again must not find somebody else at its port
        let mut child = self.child.take().unwrap();
        child.kill().unwrap(); // SIGKILL
        child.wait().unwrap();
    }

    /// The first administrator's desk.
    pub(crate) fn bootstrap(&self) -> Desk {
        let made = self
            .desk
            .run(&[
                "administrator",
                "bootstrap",
                "--config",
                "prokura.toml",
                "--name",
                "ops",
            ])
            .expect(0);
        let token = made.out.trim_end();
        assert!(
            token.starts_with("pka_") && !token.contains(char::is_whitespace),
            "{made:?}"
        );
        assert!(!made.err.contains(token), "the token is printed once");
        Desk::with(&self.server(), token)
    }

    /// Tries to serve what must be refused; a server that does start is ended after a while, and the test fails.
    pub(crate) async fn refused(&self, arguments: &[&str]) -> Ran {
        let mut command = self
            .desk
            .command(&[&["serve", "--config", "prokura.toml"], arguments].concat());
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        for _ in 0..600 {
            if child.try_wait().unwrap().is_some() {
                return Ran::of(child.wait_with_output().unwrap()).expect(1);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        child.kill().unwrap();
        panic!("it serves: {:?}", Ran::of(child.wait_with_output().unwrap()));
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

/// What every configuration here ends with.
pub(crate) const REST: &str = "[database]\nurl = \"sqlite:data/p.db\"\n[keys]\nkek = \"file:kek\"\n";

/// The port that a server says it listens on, once it serves.
fn listening_port(log: &str) -> Option<u16> {
    let line = log.lines().find(|line| line.contains("prokura serves"))?;
    let (_, rest) = line.split_once("127.0.0.1:")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// The public address: a port that is held for the whole test and leads to the server, wherever that listens. An origin must be known before its server
/// starts, and a port that is let go for the server to take could be taken by somebody else.
struct Door {
    port: u16,
    leads_to: Arc<AtomicU16>,
}

impl Door {
    fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let leads_to = Arc::new(AtomicU16::new(0));
        let target = Arc::clone(&leads_to);
        std::thread::spawn(move || {
            for outside in listener.incoming().map_while(Result::ok) {
                let port = target.load(Ordering::SeqCst);
                if let Ok(inside) = TcpStream::connect(("127.0.0.1", port)) {
                    carry(&outside, &inside);
                    carry(&inside, &outside);
                }
            }
        });
        Self { port, leads_to }
    }
}

/// Carries bytes one way until they end.
fn carry(from: &TcpStream, to: &TcpStream) {
    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
    std::thread::spawn(move || {
        drop(io::copy(&mut from, &mut to));
        drop(to.shutdown(Shutdown::Write));
    });
}
