//! One generator for every server: threads with a connection each, requests made beforehand, latency from the time a request was due.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use bytes::Bytes;

use crate::clock;

/// Requests, ready to be sent: one for ever, or each once.
#[derive(Clone, Debug)]
pub(crate) enum Feed {
    Same(Bytes),
    Each(Arc<Vec<Bytes>>),
}

impl Feed {
    fn get(&self, n: usize) -> Option<&Bytes> {
        match self {
            Self::Same(request) => Some(request),
            Self::Each(requests) => requests.get(n),
        }
    }
}

/// When requests are sent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pace {
    /// Each connection as soon as it has its answer: saturation.
    Closed,
    /// So many a second, whatever the server does.
    Open(f64),
}

/// What was seen.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) good: u64,
    pub(crate) bad: u64,
    pub(crate) elapsed: Duration,
    /// Microseconds, sorted.
    pub(crate) latencies: Vec<u32>,
    /// The first answer that was not 200.
    pub(crate) complaint: Option<String>,
}

impl Seen {
    pub(crate) fn rate(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "counts of requests are far below 2^52")]
        let good = self.good as f64;
        good / self.elapsed.as_secs_f64().max(1e-9)
    }

    /// A quantile in milliseconds.
    pub(crate) fn quantile(&self, part: f64) -> f64 {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an index into a list of requests"
        )]
        let at = ((self.latencies.len() as f64) * part) as usize;
        let last = self.latencies.len().saturating_sub(1);
        self.latencies
            .get(at.min(last))
            .map_or(0.0, |micros| f64::from(*micros) / 1_000.0)
    }
}

/// Sends from a feed for some time.
pub(crate) fn run(address: SocketAddr, feed: &Feed, connections: usize, pace: Pace, time: Duration) -> Result<Seen> {
    let next = Arc::new(AtomicUsize::new(0));
    let start = clock::now() + Duration::from_millis(50);
    let mut threads = Vec::with_capacity(connections);
    for _ in 0..connections {
        let (feed, next) = (feed.clone(), Arc::clone(&next));
        threads.push(std::thread::spawn(move || {
            connection(address, &feed, &next, pace, start, time)
        }));
    }
    let mut seen = Seen::default();
    for thread in threads {
        let part = thread
            .join()
            .map_err(|_| anyhow::anyhow!("a connection's thread failed"))??;
        seen.good = seen.good.saturating_add(part.good);
        seen.bad = seen.bad.saturating_add(part.bad);
        seen.elapsed = seen.elapsed.max(part.elapsed);
        seen.latencies.extend(part.latencies);
        seen.complaint = seen.complaint.or(part.complaint);
    }
    seen.latencies.sort_unstable();
    Ok(seen)
}

fn connection(
    address: SocketAddr,
    feed: &Feed,
    next: &AtomicUsize,
    pace: Pace,
    start: Instant,
    time: Duration,
) -> Result<Seen> {
    let mut stream = TcpStream::connect(address).context("cannot connect")?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut seen = Seen::default();
    let mut buffer = Vec::with_capacity(8_192);
    clock::sleep_until(start);
    loop {
        let n = next.fetch_add(1, Ordering::Relaxed);
        let due = match pace {
            Pace::Closed => clock::now(),
            Pace::Open(rate) => {
                #[expect(clippy::cast_precision_loss, reason = "counts of requests are far below 2^52")]
                let due = start + Duration::from_secs_f64(n as f64 / rate);
                due
            }
        };
        if due.saturating_duration_since(start) >= time {
            break;
        }
        if matches!(pace, Pace::Open(_)) {
            clock::sleep_until(due);
        }
        let Some(request) = feed.get(n) else { break };
        stream.write_all(request)?;
        let status = answer(&mut stream, &mut buffer)?;
        seen.latencies
            .push(u32::try_from(clock::now().saturating_duration_since(due).as_micros()).unwrap_or(u32::MAX));
        if status == 200 {
            seen.good = seen.good.saturating_add(1);
        } else {
            seen.bad = seen.bad.saturating_add(1);
            seen.complaint
                .get_or_insert_with(|| String::from_utf8_lossy(&buffer).into_owned());
        }
    }
    seen.elapsed = clock::now().saturating_duration_since(start);
    Ok(seen)
}

/// Reads one answer into the buffer: head, then as much body as `Content-Length` says.
fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<u16> {
    buffer.clear();
    let mut chunk = [0_u8; 8_192];
    loop {
        let read = stream.read(&mut chunk)?;
        anyhow::ensure!(read > 0, "the server closed the connection");
        buffer.extend_from_slice(chunk.get(..read).unwrap_or_default());
        let Some(head_end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") else {
            continue;
        };
        let head =
            std::str::from_utf8(buffer.get(..head_end).unwrap_or_default()).context("a head that is not text")?;
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|text| text.parse().ok())
            .context("no status")?;
        let length = head.lines().find_map(|line| {
            line.split_once(':')
                .filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                .map(|(_, value)| value.trim())
        });
        let length: usize = length.unwrap_or("0").parse()?;
        if buffer.len() >= head_end.saturating_add(4).saturating_add(length) {
            return Ok(status);
        }
    }
}
