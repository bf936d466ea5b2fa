//! The accept loop of our own: limits per connection, TLS when configured, an end that lets requests finish.

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::{Router, http::Request};
use bytes::Bytes;
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
    service::TowerToHyperService,
};
use rustls::pki_types::CertificateDer;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use crate::{certificates::AnyClientCertificate, fault::Fault};

/// How long a connection may take to send its request's head.
const HEAD_SECONDS_MAX: u64 = 10;
/// The largest head of a request, in bytes.
const HEAD_BYTES_MAX: usize = 32 * 1024;
/// Header lines of a request, at most.
const HEADERS_MAX: usize = 64;
/// How long requests may take to finish when the node ends.
const DRAIN_SECONDS_MAX: u64 = 10;

/// How connections are secured.
#[derive(Clone)]
pub enum Tls {
    /// By something in front of us, or not at all (development).
    Off,
    /// By us.
    On(Arc<rustls::ServerConfig>),
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Off => "Off",
            Self::On(_) => "On",
        })
    }
}

/// Whether clients are asked for certificates in the handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientCertificates {
    /// No.
    Off,
    /// Yes, and who has none comes in too.
    Optional,
}

impl Tls {
    /// From a certificate chain and its private key, both PEM.
    pub fn from_pem(chain: &[u8], key: &[u8], clients: ClientCertificates) -> Result<Self, Fault> {
        use rustls::pki_types::{PrivateKeyDer, pem::PemObject};
        let chain = CertificateDer::pem_slice_iter(chain)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| Fault::Tls(format!("certificate: {error}")))?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| Fault::Tls(format!("private key: {error}")))?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| Fault::Tls(error.to_string()))?;
        let builder = match clients {
            ClientCertificates::Off => builder.with_no_client_auth(),
            ClientCertificates::Optional => builder.with_client_cert_verifier(Arc::new(AnyClientCertificate)),
        };
        let mut config = builder
            .with_single_cert(chain, key)
            .map_err(|error| Fault::Tls(error.to_string()))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        if clients == ClientCertificates::Optional {
            // A resumed session would show the certificate of an earlier connection, whichever the client means now: every connection proves its key anew.
            config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
        Ok(Self::On(Arc::new(config)))
    }
}

/// Serves a router until `ended`, then lets running requests finish.
pub async fn serve(
    listener: TcpListener,
    tls: Tls,
    router: Router,
    ended: impl Future<Output = ()>,
) -> Result<(), Fault> {
    let acceptor = match tls {
        Tls::Off => None,
        Tls::On(config) => Some(TlsAcceptor::from(config)),
    };
    let graceful = Arc::new(GracefulShutdown::new());
    tokio::pin!(ended);
    loop {
        let (stream, peer) = tokio::select! {
            () = &mut ended => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, or the peer went away: neither ends the server.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(10)).await;
                    continue;
                }
            },
        };
        let (router, acceptor, watcher) = (router.clone(), acceptor.clone(), graceful.watcher());
        tokio::spawn(async move {
            if let Err(error) = connection(stream, peer.ip().to_canonical(), acceptor, router, watcher).await {
                tracing::debug!(%error, "a connection ended early");
            }
        });
    }
    drop(listener);
    if let Some(graceful) = Arc::into_inner(graceful) {
        drop(tokio::time::timeout(Duration::from_secs(DRAIN_SECONDS_MAX), graceful.shutdown()).await); // what is late is cut
    }
    Ok(())
}

/// Who is at the other end of the connection; in the extensions of each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// The certificates that the other end showed in the handshake, in DER, its own first; it proved that it has that one's key. In the extensions of each request
/// of such a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerCertificates(pub Arc<[Bytes]>);

impl PeerCertificates {
    fn of(shown: &[CertificateDer<'_>]) -> Self {
        Self(
            shown
                .iter()
                .map(|certificate| Bytes::copy_from_slice(certificate))
                .collect(),
        )
    }
}

type Ended = Box<dyn std::error::Error + Send + Sync>;

async fn connection(
    stream: TcpStream,
    peer: IpAddr,
    acceptor: Option<TlsAcceptor>,
    router: Router,
    watcher: Watcher,
) -> Result<(), Ended> {
    stream.set_nodelay(true)?;
    let Some(acceptor) = acceptor else {
        return requests(stream, Peer(peer), None, router, watcher).await;
    };
    let stream = tokio::time::timeout(Duration::from_secs(HEAD_SECONDS_MAX), acceptor.accept(stream)).await??;
    let shown = stream.get_ref().1.peer_certificates().map(PeerCertificates::of);
    requests(stream, Peer(peer), shown, router, watcher).await
}

async fn requests(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: Peer,
    shown: Option<PeerCertificates>,
    router: Router,
    watcher: Watcher,
) -> Result<(), Ended> {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(HEAD_SECONDS_MAX))
        .max_buf_size(HEAD_BYTES_MAX)
        .max_headers(HEADERS_MAX)
        .keep_alive(true);
    let service = TowerToHyperService::new(router.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        if let Some(shown) = &shown {
            request.extensions_mut().insert(shown.clone());
        }
        request
    }));
    watcher
        .watch(builder.serve_connection(TokioIo::new(stream), service))
        .await?;
    Ok(())
}
