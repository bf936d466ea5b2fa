//! Running the binary: with nothing of the test's own environment that it would listen to, in a folder of its own.

use std::{
    ffi::OsStr,
    io::Write,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;
use testkit::World;
use tokio::net::TcpSocket;

/// A folder to work in, and what every command is told.
pub(crate) struct Desk {
    pub(crate) folder: TempDir,
    given: Vec<(&'static str, String)>,
    standard: Vec<String>,
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Desk {
    /// A desk that knows no server.
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            given: Vec::new(),
            standard: Vec::new(),
        }
    }

    /// The desk of the administrator of a world's installation.
    pub(crate) fn of(world: &World) -> Self {
        Self::with(&world.issuer, &world.admin_token)
    }

    /// A desk with a server and a token.
    pub(crate) fn with(server: &str, token: &str) -> Self {
        let desk = Self::new();
        desk.write("token", token);
        let token_file = desk.path("token").display().to_string();
        Self {
            standard: vec![
                "--server".to_owned(),
                server.to_owned(),
                "--token-file".to_owned(),
                token_file,
            ],
            ..desk
        }
    }

    /// With a variable of the environment.
    pub(crate) fn variable(mut self, name: &'static str, value: &str) -> Self {
        self.given.push((name, value.to_owned()));
        self
    }

    /// A file on the desk.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file that only its owner can read.
    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
        std::fs::set_permissions(self.path(name), std::fs::Permissions::from_mode(0o600)).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn mode(&self, name: &str) -> u32 {
        std::fs::metadata(self.path(name)).unwrap().permissions().mode() & 0o777
    }

    /// The command, ready to start.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = bare(self.folder.path());
        command
            .args(&self.standard)
            .args(arguments)
            .envs(self.given.iter().cloned());
        command
    }

    /// Runs it to its end.
    pub(crate) fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Ran {
        ran(&mut self.command(arguments), "")
    }

    /// Runs it with something on standard input.
    pub(crate) fn run_with_input<S: AsRef<OsStr>>(&self, arguments: &[S], input: &str) -> Ran {
        ran(&mut self.command(arguments), input)
    }

    /// Runs it, expects success, and reads its JSON.
    pub(crate) fn json<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Value {
        let mut command = self.command(arguments);
        let ran = ran(command.args(["--output", "json"]), "");
        assert_eq!(ran.code, 0, "{ran:?}");
        serde_json::from_str(&ran.out).unwrap()
    }
}

fn bare(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_prokura"));
    command.env_clear().current_dir(folder);
    command
}

fn ran(command: &mut Command, input: &str) -> Ran {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    Ran::of(child.wait_with_output().unwrap())
}

/// DER as PEM (RFC 7468).
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let text = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, der);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

impl Ran {
    /// What an ended process left.
    pub(crate) fn of(output: std::process::Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Everything that was printed.
    pub(crate) fn all(&self) -> String {
        format!("{}{}", self.out, self.err)
    }

    /// The value behind a name in a record.
    pub(crate) fn line(&self, name: &str) -> &str {
        let line = self
            .out
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix("  "));
        line.unwrap_or_else(|| panic!("no line {name} in {self:?}")).trim()
    }

    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }
}

/// A world with a resource, and its administrator's desk.
pub(crate) async fn world_with_resource() -> (World, Desk) {
    let world = World::new().await;
    world.resource(RESOURCE, &[]).await;
    let desk = Desk::of(&world);
    (world, desk)
}

/// The resource of [`world_with_resource`]; its scopes are `read` and `write`.
pub(crate) const RESOURCE: &str = "https://api.example.com/v1";

/// An address where nobody listens and, as long as the socket is held, nobody else can.
pub(crate) fn nobody() -> (TcpSocket, String) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = format!("http://{}", socket.local_addr().unwrap());
    (socket, address)
}

/// Arguments as they are typed, when none has a blank in it.
pub(crate) fn typed(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}
