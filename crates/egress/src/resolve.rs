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
        Self {
            running: Arc::new(Semaphore::new(Self::LOOKUPS_MAX)),
        }
    }
}

impl Resolve for SystemResolver {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Resolved<'a> {
        let running = Arc::clone(&self.running);
        let host = host.to_owned();
        Box::pin(async move {
            let permit = running.try_acquire_owned().map_err(io::Error::other)?;
            // A task of its own, so that a fetch that ran out of time does not hand on its permit while the thread
            // still waits.
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
            let answer = settings
                .resolver
                .resolve(name, port)
                .await
                .map_err(|_| Refused::Unresolved)?;
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
        Some(_)
            if settings
                .allowed_networks
                .iter()
                .any(|network| network.contains(address)) =>
        {
            Ok(())
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct OnePublic;

    impl Resolve for OnePublic {
        fn resolve<'a>(&'a self, _host: &'a str, _port: u16) -> Resolved<'a> {
            Box::pin(ready(Ok(vec![
                "192.0.1.1:1".parse().unwrap(),
                "[2000::1]:2".parse().unwrap(),
            ])))
        }
    }

    #[tokio::test]
    async fn the_port_comes_from_the_url_and_not_from_the_resolver() {
        let settings = Settings {
            resolver: Arc::new(OnePublic),
            ..Settings::default()
        };
        for (text, port) in [("https://client.test/", 443), ("https://client.test:8443/", 8443)] {
            let addresses = judged(&ExternalUrl::parse(text).unwrap(), &settings).await.unwrap();
            let expected = [format!("192.0.1.1:{port}"), format!("[2000::1]:{port}")];
            assert_eq!(
                addresses.iter().map(SocketAddr::to_string).collect::<Vec<_>>(),
                expected
            );
        }
    }

    #[tokio::test]
    async fn the_system_resolver_knows_this_machine() {
        let addresses = SystemResolver::default().resolve("localhost", 443).await.unwrap();
        assert!(
            !addresses.is_empty() && addresses.iter().all(|address| address.ip().is_loopback()),
            "{addresses:?}"
        );
    }

    #[tokio::test]
    async fn the_system_resolver_does_not_queue_lookups() {
        let resolver = SystemResolver::default();
        let all = u32::try_from(SystemResolver::LOOKUPS_MAX).unwrap();
        let permits = Arc::clone(&resolver.running).acquire_many_owned(all).await.unwrap();
        assert!(resolver.resolve("localhost", 443).await.is_err());
        drop(permits);
        assert!(resolver.resolve("localhost", 443).await.is_ok());
        assert_eq!(resolver.running.available_permits(), SystemResolver::LOOKUPS_MAX);
    }
}
