//! One case on one server: warm up, saturate with a crowd, hold a share of that, then one client alone.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Result, ensure};

use crate::{
    generator::{Feed, Pace, Seen, run},
    process::{Server, cpu_of_named},
};

/// How requests of a case are made: so many of them, now.
pub(crate) type Make<'a> = dyn Fn(usize) -> Result<Feed> + 'a;

/// Figures of a case.
#[derive(Debug)]
pub(crate) struct Figures {
    pub(crate) name: String,
    /// CPU microseconds a request at saturation.
    pub(crate) cpu_us: f64,
    /// The same of the database's processes.
    pub(crate) database_cpu_us: f64,
    pub(crate) saturated: Seen,
    /// How it answers at a share of that rate.
    pub(crate) held: Seen,
    /// That share, in percent.
    pub(crate) held_percent: u8,
    pub(crate) alone: Seen,
    pub(crate) resident_kib: u64,
}

/// How hard a case is driven.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Drive {
    pub(crate) seconds: u64,
    pub(crate) connections: usize,
    /// The share of the saturated rate that is held afterwards, in percent.
    pub(crate) held_percent: u8,
}

/// More requests than any server here answers in a second, to size what is made beforehand.
const RATE_MAX: usize = 30_000;

/// Drives a case.
pub(crate) fn drive(
    name: &str,
    server: &Server,
    address: SocketAddr,
    make: &Make<'_>,
    drive: Drive,
) -> Result<Figures> {
    let time = Duration::from_secs(drive.seconds);
    let many = RATE_MAX.saturating_mul(usize::try_from(drive.seconds)?);
    let warm = run(
        address,
        &make(RATE_MAX)?,
        drive.connections,
        Pace::Closed,
        Duration::from_secs(2),
    )?;
    ensure!(
        warm.bad == 0,
        "{name}: {} answers were not 200, the first one: {}",
        warm.bad,
        warm.complaint.unwrap_or_default()
    );
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rate is small and positive"
    )]
    let enough = ((warm.rate() * 1.6 * time.as_secs_f64()) as usize).min(many);

    let feed = make(enough)?;
    let (before, database_before) = (server.cpu()?, cpu_of_named("postgres"));
    let saturated = run(address, &feed, drive.connections, Pace::Closed, time)?;
    let (cpu, database_cpu) = (
        server.cpu()?.saturating_sub(before),
        cpu_of_named("postgres").saturating_sub(database_before),
    );
    ensure!(
        saturated.bad == 0,
        "{name}: {} answers were not 200, the first one: {}",
        saturated.bad,
        saturated.complaint.unwrap_or_default()
    );
    let resident_kib = server.resident_kib()?;

    let feed = make(enough)?;
    let held = run(
        address,
        &feed,
        drive.connections,
        Pace::Open(saturated.rate() * f64::from(drive.held_percent) / 100.0),
        time,
    )?;
    ensure!(
        held.bad == 0,
        "{name}: {} answers were not 200 at {} % of the rate",
        held.bad,
        drive.held_percent
    );
    let alone = run(address, &make(RATE_MAX)?, 1, Pace::Closed, Duration::from_secs(2))?;

    #[expect(clippy::cast_precision_loss, reason = "counts of requests are far below 2^52")]
    let per_request = |time: Duration| time.as_secs_f64() * 1e6 / (saturated.good as f64).max(1.0);
    Ok(Figures {
        name: name.to_owned(),
        cpu_us: per_request(cpu),
        database_cpu_us: per_request(database_cpu),
        saturated,
        held,
        held_percent: drive.held_percent,
        alone,
        resident_kib,
    })
}
