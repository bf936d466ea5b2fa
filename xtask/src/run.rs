//! Running other programs: shown as they are called, their output passed on, read, or both; with a deadline where one may hang.

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::surroundings::{self, Stopwatch};

/// What happens to the lines a program prints, beside being returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Echo {
    Lines,
    Nothing,
}

#[derive(Debug)]
pub(crate) struct Finished {
    /// None: it was still running at the deadline and was ended.
    pub(crate) status: Option<ExitStatus>,
    /// Standard output and standard error as one stream, in the order printed.
    pub(crate) output: String,
}

impl Finished {
    pub(crate) fn success(&self) -> bool {
        self.status.is_some_and(|status| status.success())
    }
}

/// Cargo, without what the Cargo that started us put into the environment for this package.
pub(crate) fn cargo(root: &Path) -> Command {
    let program = surroundings::variable("CARGO").unwrap_or_else(|| "cargo".to_owned());
    let mut command = Command::new(program);
    command.current_dir(root);
    for name in [
        "CARGO_MANIFEST_DIR",
        "CARGO_MANIFEST_PATH",
        "CARGO_PRIMARY_PACKAGE",
        "CARGO_PKG_NAME",
        "CARGO_PKG_VERSION",
    ] {
        command.env_remove(name);
    }
    // What a machine builds once is never built on: the notes for the next build would only fill its disk.
    if surroundings::variable("CI").is_some() {
        command.env("CARGO_INCREMENTAL", "0");
    }
    command
}

/// Shows the call, runs it with our own output, and says whether it succeeded.
pub(crate) fn succeeds(command: &mut Command) -> Result<bool> {
    show(command);
    let status = command
        .status()
        .with_context(|| format!("starting {}", name(command)))?;
    Ok(status.success())
}

/// Like [`succeeds`], where failure leaves nothing to go on with.
pub(crate) fn must(command: &mut Command) -> Result<()> {
    if succeeds(command)? {
        return Ok(());
    }
    bail!("`{}` failed", line(command))
}

/// Runs it silently and returns what it printed on standard output.
pub(crate) fn read(command: &mut Command) -> Result<String> {
    let output = command
        .output()
        .with_context(|| format!("starting {}", name(command)))?;
    if !output.status.success() {
        bail!(
            "`{}` failed: {}",
            line(command),
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{}` printed something that is not UTF-8", line(command)))
}

/// Runs it, passing its lines on as they come and returning them too.
pub(crate) fn tee(command: &mut Command) -> Result<Finished> {
    show(command);
    watch(command, Echo::Lines, None)
}

/// Runs it with a deadline; without one it may take as long as it likes.
pub(crate) fn watch(command: &mut Command, echo: Echo, deadline: Option<Duration>) -> Result<Finished> {
    let (reader, writer) = io::pipe().context("making a pipe")?;
    command
        .stdin(Stdio::null())
        .stdout(writer.try_clone().context("making a pipe")?)
        .stderr(writer);
    let child = command.spawn().with_context(|| format!("starting {}", name(command)));
    // `command` holds the writing ends until it is told otherwise, and the reader would never see the end.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = child?;

    let (sender, lines) = mpsc::channel::<String>();
    std::thread::spawn(move || {
        let mut reader = BufReader::new(reader);
        let mut bytes = Vec::new();
        while reader.read_until(b'\n', &mut bytes).is_ok_and(|count| count > 0) {
            if sender.send(String::from_utf8_lossy(&bytes).into_owned()).is_err() {
                break;
            }
            bytes.clear();
        }
    });

    let started = Stopwatch::start();
    let mut output = String::new();
    let mut status = None;
    let mut late = false;
    loop {
        match lines.recv_timeout(Duration::from_millis(200)) {
            Ok(text) => {
                if echo == Echo::Lines {
                    print!("{text}");
                    io::stdout().flush().context("writing to the terminal")?;
                }
                output.push_str(&text);
            }
            Err(RecvTimeoutError::Disconnected) => break,
            // Quiet for a while after its end: what still holds the pipe is a process it left behind, not itself.
            Err(RecvTimeoutError::Timeout) if status.is_some() => break,
            Err(RecvTimeoutError::Timeout) => {}
        }
        if status.is_none() {
            status = child.try_wait().context("waiting for a child process")?;
        }
        if status.is_none() && deadline.is_some_and(|deadline| started.elapsed() > deadline) {
            late = true;
            child.kill().context("ending a child process that is late")?;
        }
    }
    let status = child.wait().context("waiting for a child process")?;
    Ok(Finished {
        status: (!late).then_some(status),
        output,
    })
}

/// Whether a program answers to its name at all.
pub(crate) fn exists(program: impl AsRef<OsStr>, argument: &str) -> bool {
    Command::new(program)
        .arg(argument)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

pub(crate) fn show(command: &Command) {
    println!("$ {}", line(command));
}

fn name(command: &Command) -> String {
    let program = Path::new(command.get_program());
    program
        .file_name()
        .unwrap_or(command.get_program())
        .to_string_lossy()
        .into_owned()
}

fn line(command: &Command) -> String {
    let arguments = command
        .get_args()
        .map(|argument| format!(" {}", argument.to_string_lossy()));
    name(command) + &arguments.collect::<String>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, deadline: Option<Duration>) -> Finished {
        watch(Command::new("sh").args(["-c", script]), Echo::Nothing, deadline).unwrap()
    }

    #[test]
    fn both_outputs_are_one_stream_and_the_status_is_told() {
        let finished = shell("echo one; echo two >&2; echo three; exit 3", None);
        assert_eq!(finished.output, "one\ntwo\nthree\n");
        assert_eq!(finished.status.and_then(|status| status.code()), Some(3));
        assert!(!finished.success());
    }

    #[test]
    fn what_hangs_is_ended_at_its_deadline() {
        let finished = shell("echo begun; exec sleep 60", Some(Duration::from_millis(300)));
        assert_eq!(finished.output, "begun\n");
        assert!(finished.status.is_none());
    }

    #[test]
    fn a_process_left_behind_is_not_waited_for() {
        let watch = Stopwatch::start();
        assert!(shell("sleep 20 & echo done", None).success());
        assert!(watch.elapsed() < Duration::from_secs(15));
    }
}
