//! From a name to addresses: asked once, judged as a whole, then fixed.

use std::fmt::Debug;
use std::future::{Future, ready};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::Semaphore;
use url::Host;

use crate::url::is_localhost;
use crate::{ExternalUrl, PlainHttp, Refused, Settings, special_use};

/// The answer of a resolver on its way.
pub type Resolved<'a> = Pin<Box<dyn Future<Output = Result<Vec<SocketAddr>, io::Error>> + Send + 'a>>;

/// Turns a DNS name into addresses; asked once per fetch, never for address literals and names below `localhost`.
pub trait Resolve: Send + Sync + Debug {
    /// All addresses of `host`; their ports are ignored.
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Resolved<'a>;
}

/// The operating system's resolver.
#[derive(Debug)]
pub struct SystemResolver {
    running: Arc<Semaphore>,
}

/// A new [`SystemResolver`].
pub fn system() -> Arc<dyn Resolve> {
    Arc::new(SystemResolver::default())
}

impl SystemResolver {
    /// A lookup holds a thread until the system gives up, long after the fetch did: so many may hang at once.
    const LOOKUPS_MAX: usize = 64;
}

impl Default for SystemResolver {
    fn default() -> Self {
        Self { running: Arc::new(Semaphore::new(Self::LOOKUPS_MAX)) }
    }
}

impl Resolve for SystemResolver {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Resolved<'a> {
        let running = Arc::clone(&self.running);
        let host = host.to_owned();
        Box::pin(async move {
            let permit = running.try_acquire_owned().map_err(io::Error::other)?;
            // A task of its own, so that a fetch that ran out of time does not hand on its permit while the thread still waits.
            let lookup = tokio::spawn(async move {
                let answer = tokio::net::lookup_host((host, port)).await.map(Iterator::collect);
                drop(permit);
                answer
            });
            lookup.await.map_err(io::Error::other)?
        })
    }
}

/// The addresses to which a fetch of `url` may connect: all the host has, if all of them are allowed.
pub(crate) async fn judged(url: &ExternalUrl, settings: &Settings) -> Result<Vec<SocketAddr>, Refused> {
    if url.is_plain_http() && settings.plain_http == PlainHttp::Refused {
        return Err(Refused::PlainHttp);
    }
    let port = url.port();
    let addresses: Vec<IpAddr> = match url.url().host() {
        None => return Err(Refused::Host),
        Some(Host::Ipv4(ip)) => vec![ip.into()],
        Some(Host::Ipv6(ip)) => vec![ip.into()],
        // RFC 6761 s6.3: these mean loopback, whatever a resolver says.
        Some(Host::Domain(name)) if is_localhost(name) => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
        Some(Host::Domain(name)) => {
            let answer = settings.resolver.resolve(name, port).await.map_err(|_| Refused::Unresolved)?;
            answer.iter().map(SocketAddr::ip).collect()
        }
    };
    if addresses.is_empty() {
        return Err(Refused::Unresolved);
    }
    for &address in &addresses {
        judge(address, settings)?;
        if url.is_plain_http() && !address.is_loopback() {
            return Err(Refused::PlainHttp);
        }
    }
    Ok(addresses.into_iter().map(|ip| SocketAddr::new(ip, port)).collect())
}

fn judge(address: IpAddr, settings: &Settings) -> Result<(), Refused> {
    match special_use(address) {
        Some(_) if settings.allowed_networks.iter().any(|network| network.contains(address)) => Ok(()),
        Some(use_) => Err(Refused::SpecialUse(use_)),
        None => Ok(()),
    }
}

/// What the HTTP client of one fetch takes for DNS: the judged addresses of one host, and no way to learn any others.
#[derive(Debug)]
pub(crate) struct Pinned {
    pub(crate) host: String,
    pub(crate) addresses: Vec<SocketAddr>,
}

impl reqwest::dns::Resolve for Pinned {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let answer: Result<reqwest::dns::Addrs, _> = if name.as_str() == self.host {
            Ok(Box::new(self.addresses.clone().into_iter()))
        } else {
            Err("a name that was not judged".into())
        };
        Box::pin(ready(answer))
    }
}
