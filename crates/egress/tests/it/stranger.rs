//! Strangers: small servers that follow a script and remember who came, and resolvers that say what they were told to.

use std::collections::VecDeque;
use std::future::ready;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use egress::{Egress, ExternalUrl, Limits, Network, PlainHttp, Resolve, Resolved, Settings};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;

pub(crate) const HOME: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A second address of this machine: it plays the stranger whose address is allowed where `HOME` is not.
pub(crate) const NEXT_DOOR: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

pub(crate) const ANY: Limits = Limits {
    body_bytes_max: 1024,
    content_types: &[],
};

/// What a stranger does once it has read a request.
#[derive(Clone)]
pub(crate) enum Script {
    /// Says this and closes.
    Say(Vec<u8>),
    /// Says this and waits until the other side leaves.
    SayAndHold(Vec<u8>),
    /// Says this once it is told to.
    SayWhen(Arc<Notify>, Vec<u8>),
    /// Says this, then chunk after chunk until the other side leaves.
    Flood(Vec<u8>),
}

#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    requests: Mutex<Vec<String>>,
    names: Mutex<Vec<Option<String>>>,
    asked: Notify,
    left: Notify,
}

/// A server on a free port.
pub(crate) struct Stranger {
    pub(crate) address: SocketAddr,
    seen: Arc<Seen>,
    probes: AtomicUsize,
    task: tokio::task::JoinHandle<()>,
}

impl Stranger {
    pub(crate) async fn start(script: Script) -> Self {
        Self::at(SocketAddr::new(HOME, 0), script).await.unwrap()
    }

    pub(crate) async fn says(answer: &str) -> Self {
        Self::start(Script::Say(answer.replace('\n', "\r\n").into_bytes())).await
    }

    pub(crate) async fn at(address: SocketAddr, script: Script) -> io::Result<Self> {
        Self::listen(TcpListener::bind(address).await?, None, script)
    }

    pub(crate) async fn with_tls(acceptor: TlsAcceptor, script: Script) -> Self {
        Self::listen(
            TcpListener::bind(SocketAddr::new(HOME, 0)).await.unwrap(),
            Some(acceptor),
            script,
        )
        .unwrap()
    }

    fn listen(listener: TcpListener, acceptor: Option<TlsAcceptor>, script: Script) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let seen = Arc::new(Seen::default());
        let task = tokio::spawn(accept(listener, acceptor, script, Arc::clone(&seen)));
        Ok(Self {
            address,
            seen,
            probes: AtomicUsize::new(0),
            task,
        })
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// `http://localhost:port/document`.
    pub(crate) fn url(&self) -> ExternalUrl {
        url(&format!("http://localhost:{}/document", self.port()))
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.seen.requests.lock().unwrap().clone()
    }

    /// The names that TLS clients asked for.
    pub(crate) fn names(&self) -> Vec<Option<String>> {
        self.seen.names.lock().unwrap().clone()
    }

    /// How many came. A connection of our own is queued behind all that were made before, so once it is served they are
    /// all counted.
    pub(crate) async fn connections(&self) -> usize {
        let mut probe = TcpStream::connect(self.address).await.unwrap();
        probe.write_all(b"PROBE\r\n\r\n").await.unwrap();
        assert_eq!(probe.read(&mut [0; 1]).await.unwrap(), 1);
        self.seen
            .connections
            .load(SeqCst)
            .saturating_sub(self.probes.fetch_add(1, SeqCst).saturating_add(1))
    }

    /// Waits until a request has arrived.
    pub(crate) async fn was_asked(&self) {
        self.seen.asked.notified().await;
    }

    /// Waits until someone has hung up on this stranger.
    pub(crate) async fn was_left(&self) {
        self.seen.left.notified().await;
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, acceptor: Option<TlsAcceptor>, script: Script, seen: Arc<Seen>) {
    while let Ok((stream, _)) = listener.accept().await {
        seen.connections.fetch_add(1, SeqCst);
        let (acceptor, script, seen) = (acceptor.clone(), script.clone(), Arc::clone(&seen));
        tokio::spawn(async move {
            let played = match acceptor {
                None => play(stream, script, &seen).await,
                Some(acceptor) => match acceptor.accept(stream).await {
                    Ok(stream) => {
                        seen.names
                            .lock()
                            .unwrap()
                            .push(stream.get_ref().1.server_name().map(str::to_owned));
                        play(stream, script, &seen).await
                    }
                    Err(error) => Err(error),
                },
            };
            // What fails here is the other side leaving, which is what many tests want.
            drop(played);
        });
    }
}

async fn play(mut stream: impl AsyncRead + AsyncWrite + Unpin, script: Script, seen: &Seen) -> io::Result<()> {
    let Some(request) = request(&mut stream).await? else {
        // Someone speaks TLS to a server without it: answer as common servers do.
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await?;
        while stream.read(&mut [0; 64]).await.is_ok_and(|length| length > 0) {}
        return Ok(());
    };
    if request.starts_with("PROBE") {
        return stream.write_all(b"!").await;
    }
    seen.requests.lock().unwrap().push(request);
    seen.asked.notify_one();
    match script {
        Script::Say(answer) => {
            stream.write_all(&answer).await?;
            stream.shutdown().await
        }
        Script::SayWhen(signal, answer) => {
            signal.notified().await;
            stream.write_all(&answer).await?;
            stream.shutdown().await
        }
        Script::SayAndHold(answer) => {
            stream.write_all(&answer).await?;
            while stream.read(&mut [0; 64]).await.is_ok_and(|length| length > 0) {}
            seen.left.notify_one();
            Ok(())
        }
        Script::Flood(answer) => {
            stream.write_all(&answer).await?;
            let chunk = [b"4000\r\n".as_slice(), &[b'x'; 0x4000], b"\r\n"].concat();
            while stream.write_all(&chunk).await.is_ok() {}
            seen.left.notify_one();
            Ok(())
        }
    }
}

/// Head and body as text; nothing if it is not HTTP but a TLS handshake (RFC 8446 s5.1: content type 22).
async fn request(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<String>> {
    let mut bytes = vec![stream.read_u8().await?];
    if bytes == [22] {
        return Ok(None);
    }
    while !bytes.ends_with(b"\r\n\r\n") {
        bytes.push(stream.read_u8().await?);
    }
    let head = String::from_utf8(bytes).map_err(io::Error::other)?;
    let length = head
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).await?;
    Ok(Some(head + &String::from_utf8(body).map_err(io::Error::other)?))
}

/// Answers in turn, the last one again and again, and counts the questions.
#[derive(Debug)]
pub(crate) struct Told {
    answers: Mutex<VecDeque<Vec<IpAddr>>>,
    asked: AtomicUsize,
}

impl Told {
    pub(crate) fn always(answer: &[IpAddr]) -> Arc<Self> {
        Self::turns([answer])
    }

    pub(crate) fn turns<const N: usize>(answers: [&[IpAddr]; N]) -> Arc<Self> {
        let answers = answers.into_iter().map(<[IpAddr]>::to_vec).collect();
        Arc::new(Self {
            answers: Mutex::new(answers),
            asked: AtomicUsize::new(0),
        })
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(SeqCst)
    }
}

impl Resolve for Told {
    fn resolve<'a>(&'a self, _host: &'a str, _port: u16) -> Resolved<'a> {
        self.asked.fetch_add(1, SeqCst);
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.len() > 1 {
            answers.pop_front()
        } else {
            answers.front().cloned()
        };
        // Port 1 shows that the port comes from the URL.
        Box::pin(ready(Ok(answer
            .unwrap_or_default()
            .into_iter()
            .map(|ip| SocketAddr::new(ip, 1))
            .collect())))
    }
}

pub(crate) fn url(text: &str) -> ExternalUrl {
    ExternalUrl::parse(text).unwrap()
}

/// Settings for talking to strangers on this machine.
pub(crate) fn homely() -> Settings {
    Settings {
        allowed_networks: Network::LOOPBACK.to_vec(),
        plain_http: PlainHttp::LoopbackOnly,
        resolver: Told::always(&[]),
        ..Settings::default()
    }
}

pub(crate) fn door(settings: Settings) -> Egress {
    Egress::new(settings).unwrap()
}
