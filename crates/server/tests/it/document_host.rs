//! A web server of the test's own, on which clients put their documents: it says what it is told to, and counts who came.

use std::{
    collections::BTreeMap,
    future::ready,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// What is said at a path.
#[derive(Clone, Debug)]
pub(crate) enum Says {
    /// These bytes, and then the connection is closed.
    Bytes(Vec<u8>),
    /// Nothing, until the other side leaves.
    Nothing,
    /// These bytes, when so much time has passed.
    Later(Duration, Vec<u8>),
    /// A good head, and then letters without end.
    Endless,
}

#[derive(Debug, Default)]
struct Seen {
    connections: AtomicUsize,
    requests: Mutex<Vec<String>>,
    bodies: Mutex<Vec<(String, String)>>,
    says: Mutex<BTreeMap<String, Says>>,
}

/// The server.
#[derive(Debug)]
pub(crate) struct DocumentHost {
    pub(crate) port: u16,
    home: IpAddr,
    seen: Arc<Seen>,
    probes: AtomicUsize,
    task: JoinHandle<()>,
}

impl DocumentHost {
    /// On 127.0.0.1.
    pub(crate) async fn new() -> Self {
        Self::at(Ipv4Addr::LOCALHOST.into()).await
    }

    /// At one address of this machine.
    pub(crate) async fn at(home: IpAddr) -> Self {
        Self::listen(TcpListener::bind(SocketAddr::new(home, 0)).await.unwrap(), home)
    }

    /// At every address that this machine has: whoever connects to it by any of them is seen.
    pub(crate) async fn everywhere() -> Self {
        let all = TcpListener::bind(SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), 0)).await; // both families
        let listener = match all {
            Ok(listener) => listener,
            Err(_) => TcpListener::bind("0.0.0.0:0").await.unwrap(), // a machine without IPv6 has no ::1 to attack
        };
        Self::listen(listener, Ipv4Addr::LOCALHOST.into())
    }

    fn listen(listener: TcpListener, home: IpAddr) -> Self {
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Seen::default());
        let of_task = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                of_task.connections.fetch_add(1, SeqCst);
                let seen = Arc::clone(&of_task);
                tokio::spawn(async move { drop(answer(stream, &seen).await) }); // what fails is the other side leaving
            }
        });
        Self {
            port,
            home,
            seen,
            probes: AtomicUsize::new(0),
            task,
        }
    }

    /// `http://localhost:port/name`, as a developer has it.
    pub(crate) fn id(&self, name: &str) -> String {
        format!("http://localhost:{}/{name}", self.port)
    }

    /// Says something at a path from now on.
    pub(crate) fn says(&self, name: &str, says: Says) {
        self.seen.says.lock().unwrap().insert(format!("/{name}"), says);
    }

    /// Serves a document as it should be, with these header lines more.
    pub(crate) fn serves(&self, name: &str, document: &Value, lines: &[&str]) {
        self.says(name, Says::Bytes(served(document.to_string().as_bytes(), lines)));
    }

    /// How often a path was asked for.
    pub(crate) fn asked(&self, name: &str) -> usize {
        let line = format!("GET /{name} ");
        let requests = self.seen.requests.lock().unwrap();
        requests.iter().filter(|request| request.starts_with(&line)).count()
    }

    /// Everything that was asked.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.seen.requests.lock().unwrap().clone()
    }

    /// What was posted to a path: each head with its body.
    pub(crate) fn posted(&self, name: &str) -> Vec<(String, String)> {
        let line = format!("POST /{name} ");
        let bodies = self.seen.bodies.lock().unwrap();
        bodies
            .iter()
            .filter(|(head, _)| head.starts_with(&line))
            .cloned()
            .collect()
    }

    /// How many connected. A connection of our own is accepted behind all that were made before it, so once it is answered they are all counted.
    pub(crate) async fn connections(&self) -> usize {
        let mut probe = TcpStream::connect((self.home, self.port)).await.unwrap();
        probe.write_all(b"PROBE / HTTP/1.1\r\n\r\n").await.unwrap();
        assert_eq!(probe.read(&mut [0; 1]).await.unwrap(), 1);
        let mine = self.probes.fetch_add(1, SeqCst) + 1;
        self.seen.connections.load(SeqCst) - mine
    }
}

impl Drop for DocumentHost {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A good answer with this body.
pub(crate) fn served(body: &[u8], lines: &[&str]) -> Vec<u8> {
    let typed = lines
        .iter()
        .any(|line| line.to_ascii_lowercase().starts_with("content-type"));
    let mut head = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n",
        body.len()
    );
    if !typed {
        head.push_str("content-type: application/json\r\n");
    }
    for line in lines {
        head.push_str(line);
        head.push_str("\r\n");
    }
    [head.as_bytes(), b"\r\n", body].concat()
}

async fn answer(mut stream: TcpStream, seen: &Seen) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.first() != Some(&22) {
        head.push(stream.read_u8().await?); // 22 begins TLS (RFC 8446 s5.1): that was a connection, and there is nothing to say
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or("").to_owned();
    if head.starts_with("PROBE") {
        return stream.write_all(b"!").await;
    }
    if head.starts_with("POST ") {
        let length = head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .and_then(|(_, value)| value.trim().parse().ok())
            .unwrap_or(0);
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await?;
        let body = String::from_utf8_lossy(&body).into_owned();
        seen.bodies.lock().unwrap().push((head.clone(), body));
    }
    seen.requests.lock().unwrap().push(head);
    let says = seen.says.lock().unwrap().get(&path).cloned();
    match says {
        None => {
            let nothing = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            stream.write_all(nothing).await?;
        }
        Some(Says::Bytes(bytes)) => stream.write_all(&bytes).await?,
        Some(Says::Nothing) => while stream.read(&mut [0; 64]).await? > 0 {},
        Some(Says::Later(time, bytes)) => {
            tokio::time::sleep(time).await;
            stream.write_all(&bytes).await?;
        }
        Some(Says::Endless) => {
            let head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
            stream.write_all(head).await?;
            let chunk = [b"1000\r\n".as_slice(), &[b' '; 0x1000], b"\r\n"].concat();
            loop {
                stream.write_all(&chunk).await?;
            }
        }
    }
    stream.shutdown().await
}

/// A resolver that says what a test told it: every name has these addresses.
#[derive(Debug, Default)]
pub(crate) struct Names(pub(crate) BTreeMap<String, Vec<IpAddr>>);

impl Names {
    /// These names, and no others.
    pub(crate) fn of(names: &[(&str, &[&str])]) -> Arc<Self> {
        let names = names.iter().map(|(name, addresses)| {
            let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
            ((*name).to_owned(), addresses)
        });
        Arc::new(Self(names.collect()))
    }
}

impl egress::Resolve for Names {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> egress::Resolved<'a> {
        let known = self.0.get(host).cloned().unwrap_or_default();
        Box::pin(ready(Ok(known
            .into_iter()
            .map(|address| SocketAddr::new(address, port))
            .collect())))
    }
}
