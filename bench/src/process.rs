//! A server as a child process, pinned to the first core, and what it costs.

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail};

use crate::clock;

/// A child that is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
}

impl Server {
    /// Starts a program on the first core; the generator has the others.
    pub(crate) fn start(program: &str, arguments: &[&str], variables: &[(&str, String)]) -> Result<Self> {
        let mut command = if cores() > 1 {
            let mut pinned = Command::new("taskset");
            pinned.args(["-c", "0", program]);
            pinned
        } else {
            Command::new(program)
        };
        command
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::inherit());
        for (name, value) in variables {
            command.env(name, value);
        }
        Ok(Self {
            child: command.spawn().with_context(|| format!("cannot start {program}"))?,
        })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// CPU time of the process so far.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        cpu_of(self.pid())
    }

    /// Resident memory, in KiB.
    pub(crate) fn resident_kib(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()))?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .context("VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    }

    /// Asks it to end, and waits.
    pub(crate) fn end(mut self) -> Result<()> {
        let asked = Command::new("kill").args(["-TERM", &self.pid().to_string()]).status()?;
        if !asked.success() {
            bail!("the server had ended by itself");
        }
        let until = clock::now() + Duration::from_secs(15);
        while self.child.try_wait()?.is_none() {
            if clock::now() > until {
                bail!("the server did not end within 15 seconds");
            }
            clock::sleep_until(clock::now() + Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn cpu_of(pid: u32) -> Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let fields: Vec<&str> = stat.rsplit_once(')').context("stat")?.1.split_whitespace().collect();
    let ticks = |n: usize| fields.get(n).and_then(|text| text.parse::<u64>().ok()).context("stat");
    let ticks = ticks(11)?.saturating_add(ticks(12)?);
    Ok(Duration::from_millis(ticks.saturating_mul(10))) // USER_HZ is 100 on Linux
}

/// CPU time of every process of a user-visible name: for a database beside the server.
pub(crate) fn cpu_of_named(name: &str) -> Duration {
    let mut sum = Duration::ZERO;
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|text| text.parse::<u32>().ok()) else {
            continue;
        };
        let called = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        if called.trim() == name {
            sum += cpu_of(pid).unwrap_or_default();
        }
    }
    sum
}

/// Cores of the machine.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// The load of the machine over the last minute: how far to trust the figures.
pub(crate) fn load_average() -> String {
    std::fs::read_to_string("/proc/loadavg")
        .ok()
        .and_then(|text| text.split(' ').next().map(str::to_owned))
        .unwrap_or_default()
}
