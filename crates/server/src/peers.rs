//! Who asks: whose word counts on the address and the certificate of whoever is at the far end (S-39, S-43).

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;
use egress::Network;

use crate::{
    certificates::{CertificateHeader, CertificateSource, ClientCertificate, Unusable},
    listen::PeerCertificates,
};

/// What stands between this node and whoever asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peers {
    /// Nothing: the other end of the connection asks; headers say nothing.
    Connected,
    /// A proxy, which alone reaches the node: whoever connects is it. The last entry of `X-Forwarded-For` is the one that it wrote itself; entries before it are
    /// hearsay.
    Forwarded,
    /// Proxies at known addresses; anybody else may reach the node too, and speaks for nobody but themselves.
    Listed(Proxies),
}

/// Proxies at known addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxies {
    /// Where they are. An entry of `X-Forwarded-For` that is one of them is passed over: it was a hop.
    pub addresses: Vec<Network>,
    /// The header in which they say what certificate a client showed them.
    pub certificate: Option<CertificateHeader>,
}

impl Peers {
    /// The address of whoever asks. `None` where nobody whose word counts says it: then there is no address to count by.
    pub fn address(&self, connected: Option<IpAddr>, headers: &HeaderMap) -> Option<IpAddr> {
        match self {
            Self::Connected => connected,
            Self::Forwarded => forwarded(headers, |_| false),
            Self::Listed(proxies) => match connected {
                Some(peer) if proxies.have(peer) => forwarded(headers, |hop| proxies.have(hop)),
                other => other,
            },
        }
    }

    /// The certificate of whoever asks. A proxy's connection shows the proxy's own certificate, if any: that is never a client's. A header that does not count
    /// leaves the request without any certificate.
    pub fn certificate(
        &self,
        connected: Option<IpAddr>,
        shown: Option<&PeerCertificates>,
        headers: &HeaderMap,
    ) -> Result<Option<ClientCertificate>, Unusable> {
        let own = || ClientCertificate::new(shown?.0.clone(), CertificateSource::Connection);
        match self {
            Self::Connected => Ok(own()),
            Self::Forwarded => Ok(None),
            Self::Listed(proxies) => {
                let from_proxy = connected.is_some_and(|address| proxies.have(address));
                match &proxies.certificate {
                    Some(header) if from_proxy => header.read(headers),
                    Some(header) if header.is_in(headers) => Err(Unusable::Stranger),
                    None if from_proxy => Ok(None),
                    Some(_) | None => Ok(own()),
                }
            }
        }
    }
}

impl Proxies {
    fn have(&self, address: IpAddr) -> bool {
        self.addresses.iter().any(|network| network.contains(address))
    }
}

/// The last entry of `X-Forwarded-For` that is no hop; the first one, when all are.
fn forwarded(headers: &HeaderMap, is_hop: impl Fn(IpAddr) -> bool) -> Option<IpAddr> {
    let mut furthest = None;
    for line in headers.get_all("x-forwarded-for").iter().rev() {
        for entry in line.to_str().ok()?.rsplit(',') {
            let address = address(entry.trim())?;
            if !is_hop(address) {
                return Some(address);
            }
            furthest = Some(address);
        }
    }
    furthest
}

/// One entry: an address, which some proxies write with its port.
fn address(entry: &str) -> Option<IpAddr> {
    let with_port = || entry.parse::<SocketAddr>().ok().map(|address| address.ip());
    let address: IpAddr = entry.parse().ok().or_else(with_port)?;
    Some(address.to_canonical()) // an IPv4 address is one in either form
}
