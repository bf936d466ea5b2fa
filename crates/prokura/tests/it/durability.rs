//! What was answered is on the disk: counted after a load that ended well, and after one that was killed in the middle.

use std::{
    collections::BTreeSet,
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use kernel::{TokenId, tenant::Tenant};
use serde_json::Value;
use store::{Database, Store, TenantDb};

/// A development server in a directory of its own.
struct Dev {
    child: Child,
    issuer: String,
    basic: String,
    resource: String,
}

impl Dev {
    async fn start(folder: &Path) -> Self {
        let ready = folder.join("ready.json");
        let child = Command::new(env!("CARGO_BIN_EXE_prokura"))
            .args(["dev", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder.join("data"))
            .arg("--ready-file")
            .arg(&ready)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut text = None;
        for _ in 0..600 {
            text = std::fs::read_to_string(&ready).ok();
            if text.is_some() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let text = text.expect("the server is ready within 30 seconds");
        let ready: Value = serde_json::from_str(&text).unwrap();
        let client = ready["clients"]
            .as_array()
            .unwrap()
            .iter()
            .find(|client| client["client_id"] == "demo-machine-basic")
            .unwrap()
            .clone();
        let pair = format!(
            "{}:{}",
            client["client_id"].as_str().unwrap(),
            client["client_secret"].as_str().unwrap()
        );
        Self {
            child,
            issuer: ready["issuer"].as_str().unwrap().to_owned(),
            basic: base64::Engine::encode(&base64::engine::general_purpose::STANDARD, pair),
            resource: ready["resources"][0]["resource"].as_str().unwrap().to_owned(),
        }
    }

    /// Asks for tokens from eight connections until `ended`, or until nobody answers; tells the ids of all tokens that were answered.
    fn load(&self, ended: &Arc<AtomicBool>) -> Vec<std::thread::JoinHandle<Vec<String>>> {
        let port = self.issuer.rsplit(':').next().unwrap();
        let address = format!("127.0.0.1:{port}");
        let body = format!(
            "grant_type=client_credentials&resource={}",
            self.resource.replace(':', "%3A").replace('/', "%2F")
        );
        let request = format!(
            "POST /oauth2/token HTTP/1.1\r\nHost: localhost:{port}\r\nAuthorization: Basic {}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            self.basic,
            body.len()
        );
        (0..8)
            .map(|_| {
                let (address, request, ended) = (address.clone(), request.clone(), Arc::clone(ended));
                std::thread::spawn(move || {
                    let mut answered = Vec::new();
                    let mut stream = TcpStream::connect(address).unwrap();
                    while !ended.load(Ordering::Relaxed) {
                        match exchange(&mut stream, &request) {
                            Some(id) => answered.push(id),
                            None => break, // the server is gone: what has no answer promises nothing
                        }
                    }
                    answered
                })
            })
            .collect()
    }
}

/// One request; the id of the token in its answer.
fn exchange(stream: &mut TcpStream, request: &str) -> Option<String> {
    stream.write_all(request.as_bytes()).ok()?;
    let mut seen = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let read = stream.read(&mut chunk).ok().filter(|read| *read > 0)?;
        seen.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8_lossy(&seen);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length: usize = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .unwrap()
            .parse()
            .unwrap();
        if body.len() >= length {
            assert!(head.starts_with("HTTP/1.1 200"), "{text}");
            let answer: Value = serde_json::from_str(body).unwrap();
            let claims = answer["access_token"]
                .as_str()
                .unwrap()
                .split('.')
                .nth(1)
                .unwrap()
                .to_owned();
            let claims: Value = serde_json::from_slice(&proof::base64url::decode(&claims).unwrap()).unwrap();
            return Some(claims["jti"].as_str().unwrap().to_owned());
        }
    }
}

/// What the database of an ended server holds: token rows, `token.issued` events, whether each of these ids has its row, and streams with holes.
async fn counted(folder: &Path, answered: &BTreeSet<String>) -> (i64, i64, usize, i64) {
    let database = Database::Sqlite(folder.join("data/prokura.db"));
    let store = Store::open(store::Settings {
        database,
        stream: "zz-counting".to_owned(),
    })
    .await
    .unwrap();
    let tenant: Tenant = store
        .tenants()
        .await
        .unwrap()
        .into_iter()
        .find(|tenant| tenant.id.as_str() == "default")
        .unwrap();
    let db = TenantDb::new(Arc::clone(&store), Arc::new(tenant));
    let mut missing = BTreeSet::new();
    for id in answered {
        if db.token(&TokenId::parse(id).unwrap()).await.unwrap().is_none() {
            missing.insert(id);
        }
    }
    (
        db.token_count().await.unwrap(),
        db.event_count("token.issued").await.unwrap(),
        missing.len(),
        store.streams_with_holes().await.unwrap(),
    )
}

fn joined(threads: Vec<std::thread::JoinHandle<Vec<String>>>) -> BTreeSet<String> {
    threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
}

#[tokio::test]
async fn after_a_drained_load_rows_are_events_are_answers() {
    let folder = tempfile::tempdir().unwrap();
    let mut dev = Dev::start(folder.path()).await;
    let ended = Arc::new(AtomicBool::new(false));
    let threads = dev.load(&ended);
    tokio::time::sleep(Duration::from_secs(1)).await;
    ended.store(true, Ordering::Relaxed);
    let answered = joined(threads);
    assert!(
        Command::new("kill")
            .args(["-TERM", &dev.child.id().to_string()])
            .status()
            .unwrap()
            .success()
    );
    assert!(dev.child.wait().unwrap().success(), "SIGTERM ends it well");

    assert!(answered.len() > 100, "a load worth counting: {}", answered.len());
    let expected = i64::try_from(answered.len()).unwrap();
    assert_eq!(counted(folder.path(), &answered).await, (expected, expected, 0, 0));
}

#[tokio::test]
async fn after_a_kill_in_the_middle_every_answer_has_its_row_and_rows_are_events() {
    let folder = tempfile::tempdir().unwrap();
    let mut all = BTreeSet::new();
    for round in 0..3 {
        let mut dev = Dev::start(folder.path()).await;
        std::fs::remove_file(folder.path().join("ready.json")).unwrap();
        let ended = Arc::new(AtomicBool::new(false));
        let threads = dev.load(&ended);
        tokio::time::sleep(Duration::from_millis(300 + 137 * round)).await;
        dev.child.kill().unwrap(); // SIGKILL
        dev.child.wait().unwrap();
        all.extend(joined(threads));
    }
    assert!(all.len() > 100, "a load worth counting: {}", all.len());
    let (rows, events, missing, holes) = counted(folder.path(), &all).await;
    assert_eq!((rows, missing, holes), (events, 0, 0));
    assert!(
        rows >= i64::try_from(all.len()).unwrap(),
        "{rows} rows for {} answers",
        all.len()
    );
}
