//! What the operator decides about the door, and what each caller decides about one fetch.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;

use crate::resolve::{Resolve, system};
use crate::{Fault, Network};

/// The settings of an [`crate::Egress`]; the default is the safe one.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Certificate authorities trusted besides Mozilla's.
    pub extra_roots: Vec<CertificateDer<'static>>,
    /// Special-use networks that may be contacted all the same; each entry is a hole, so name single hosts where you
    /// can.
    pub allowed_networks: Vec<Network>,
    /// Who turns names into addresses.
    pub resolver: Arc<dyn Resolve>,
    /// Whether `http` is spoken at all.
    pub plain_http: PlainHttp,
    /// The longest time to connect and shake hands.
    pub connect_seconds_max: u64,
    /// The longest time for a whole fetch, from the DNS question to the last byte.
    pub total_seconds_max: u64,
    /// How many fetches may run at once.
    pub fetches_max: usize,
    /// How many fetches from the same host may run at once.
    pub fetches_per_host_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            extra_roots: Vec::new(),
            allowed_networks: Vec::new(),
            resolver: system(),
            plain_http: PlainHttp::Refused,
            connect_seconds_max: 3,
            total_seconds_max: 5,
            fetches_max: 64,
            fetches_per_host_max: 4,
        }
    }
}

impl Settings {
    pub(crate) fn check(&self) -> Result<(), Fault> {
        let counts = [
            ("fetches_max", self.fetches_max),
            ("fetches_per_host_max", self.fetches_per_host_max),
        ];
        let times = [
            ("connect_seconds_max", self.connect_seconds_max),
            ("total_seconds_max", self.total_seconds_max),
        ];
        let zero = counts.iter().find(|(_, count)| *count == 0).map(|(name, _)| *name);
        match zero.or_else(|| times.iter().find(|(_, seconds)| *seconds == 0).map(|(name, _)| *name)) {
            Some(name) => Err(Fault::Zero(name)),
            None => Ok(()),
        }
    }
}

/// Whether `http` is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlainHttp {
    /// Never.
    Refused,
    /// To hosts that are loopback by name and by every address, if `allowed_networks` has those addresses; for
    /// development.
    LoopbackOnly,
}

/// What one fetch may bring home.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The largest body taken.
    pub body_bytes_max: usize,
    /// The media types taken, in lower case and without parameters; empty takes any, and an answer without one.
    pub content_types: &'static [&'static str],
}
