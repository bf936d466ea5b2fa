//! A wire between the store and its server that breaks at the worst moment: around a COMMIT.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::oneshot,
};

/// What happens to the next COMMIT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It passes.
    Passes,
    /// The wire breaks before it: it never happens.
    CutBefore,
    /// The wire breaks behind it: it happens, and nobody is told.
    CutBehind,
    /// The wire breaks, and the server reads it later: when [`Proxy::deliver`] says so.
    Late,
    /// It is swallowed, and the wire stays silent.
    Silent,
}

/// The wire.
pub(crate) struct Proxy {
    /// The server behind the wire.
    pub(crate) url: String,
    state: Arc<State>,
}

struct State {
    fate: Mutex<Fate>,
    late: Mutex<Option<oneshot::Sender<()>>>,
    met: AtomicUsize,
    cut_at_next: AtomicBool,
}

impl Proxy {
    /// Lays a wire to the server of this connection string.
    pub(crate) async fn to(url: &str) -> Self {
        let (before, rest) = url.split_once('@').unwrap();
        let (authority, after) = rest.split_once('/').unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let state = Arc::new(State {
            fate: Mutex::new(Fate::Passes),
            late: Mutex::new(None),
            met: AtomicUsize::new(0),
            cut_at_next: AtomicBool::new(false),
        });
        let proxy = Self {
            url: format!("{before}@{}/{after}", listener.local_addr().unwrap()),
            state: Arc::clone(&state),
        };
        let server = authority.to_owned();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&server).await.unwrap();
                tokio::spawn(carry(client, server, Arc::clone(&state)));
            }
        });
        proxy
    }

    /// Decides the fate of the next COMMIT.
    pub(crate) fn next_commit(&self, fate: Fate) {
        *self.state.fate.lock().unwrap() = fate;
    }

    /// Breaks the wire under the next thing that is said on it, unheard. Nobody can notice before.
    pub(crate) fn cut_at_next_message(&self) {
        self.state.cut_at_next.store(true, Ordering::Release);
    }

    /// How many COMMITs have met their fate.
    pub(crate) fn met(&self) -> usize {
        self.state.met.load(Ordering::Acquire)
    }

    /// Delivers the one that is late.
    pub(crate) fn deliver(&self) {
        self.state.late.lock().unwrap().take().unwrap().send(()).unwrap();
    }
}

impl State {
    fn meet(&self) -> Fate {
        std::mem::replace(&mut *self.fate.lock().unwrap(), Fate::Passes)
    }

    fn met(&self) {
        self.met.fetch_add(1, Ordering::AcqRel);
    }
}

async fn carry(client: TcpStream, server: TcpStream, state: Arc<State>) {
    client.set_nodelay(true).unwrap();
    server.set_nodelay(true).unwrap();
    let (mut from_client, to_client) = client.into_split();
    let (from_server, mut to_server) = server.into_split();
    let cut = Arc::new(AtomicBool::new(false));
    let mut back = tokio::spawn(carry_back(from_server, to_client, Arc::clone(&cut)));
    let mut chunk = vec![0; 65_536];
    loop {
        let read = from_client.read(&mut chunk).await.unwrap_or(0);
        let sent = &chunk[..read];
        if read > 0 && state.cut_at_next.swap(false, Ordering::AcqRel) {
            back.abort();
            drop((back.await, from_client));
            return state.met();
        }
        // The committer sends COMMIT alone, when everything before was answered.
        let fate = if sent.ends_with(b"COMMIT\0") {
            state.meet()
        } else {
            Fate::Passes
        };
        match fate {
            Fate::Passes => {
                if read == 0 || to_server.write_all(sent).await.is_err() {
                    return;
                }
            }
            Fate::CutBefore => {
                back.abort();
                drop((back.await, from_client));
                return state.met();
            }
            Fate::CutBehind => {
                cut.store(true, Ordering::Release);
                to_server.write_all(sent).await.unwrap();
                (&mut back).await.unwrap(); // the server has answered, and nobody heard it
                drop(from_client);
                return state.met();
            }
            Fate::Late => {
                back.abort();
                let (deliver, delivered) = oneshot::channel();
                *state.late.lock().unwrap() = Some(deliver);
                drop((back.await, from_client));
                state.met();
                delivered.await.unwrap();
                return to_server.write_all(sent).await.unwrap();
            }
            Fate::Silent => {
                state.met();
                while from_client.read(&mut [0; 1_024]).await.unwrap_or(0) > 0 {}
                return;
            }
        }
    }
}

/// Carries answers until the wire is cut; the answer behind the cut is heard here and told to nobody.
async fn carry_back(mut from_server: OwnedReadHalf, mut to_client: OwnedWriteHalf, cut: Arc<AtomicBool>) {
    let mut chunk = vec![0; 65_536];
    loop {
        let read = from_server.read(&mut chunk).await.unwrap_or(0);
        if read == 0 || cut.load(Ordering::Acquire) || to_client.write_all(&chunk[..read]).await.is_err() {
            return;
        }
    }
}
