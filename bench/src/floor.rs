//! The floor: what a token cannot avoid, done as directly as it can be done. HTTP, the digest of a secret, the signatures, two rows on the disk by group commit.
//! It checks nothing, so no server that checks can be below it.

use std::{convert::Infallible, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use keys::{Signer, SoftwareKey};
use proof::{Algorithm, PublicKey, base64url, digest};
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
};

use crate::{
    clock,
    generator::Feed,
    load,
    peer::{free_address, wait_for},
    process::Server,
    token::secret_request,
};

/// What a floor server does for each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    /// A secret's digest, one `EdDSA` signature, two rows.
    Secret,
    /// The same with two ES256 verifications and two rows more.
    KeyAndProof,
    /// HTTP alone.
    Hello,
}

struct Floor {
    work: Work,
    signer: SoftwareKey,
    client: PublicKey,
    signature: Vec<u8>,
    rows: mpsc::Sender<(String, oneshot::Sender<()>)>,
}

/// Runs a floor server until it is killed.
pub(crate) fn serve(address: &str, database: &str, work: &str) -> Result<()> {
    let work = match work {
        "secret" => Work::Secret,
        "key" => Work::KeyAndProof,
        "hello" => Work::Hello,
        _ => bail!("no such work"),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let (rows, queue) = mpsc::channel(8_192);
        let connection = open(Path::new(database))?;
        std::thread::spawn(move || committer(connection, queue));
        let (signer, _) = SoftwareKey::generate(Algorithm::EdDSA)?;
        let (client, _) = SoftwareKey::generate(Algorithm::ES256)?;
        let signature = client.sign(MESSAGE.as_bytes()).await?;
        let floor = Arc::new(Floor {
            work,
            signer,
            client: client.public_key().clone(),
            signature,
            rows,
        });
        let listener = TcpListener::bind(address.parse::<SocketAddr>()?).await?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let floor = Arc::clone(&floor);
            tokio::spawn(async move {
                let service = service_fn(move |request| answer(Arc::clone(&floor), request));
                drop(
                    http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await,
                );
            });
        }
    })
}

/// Drives one of these.
pub(crate) fn drive(name: &str, work: &str, folder: &Path, how: load::Drive) -> Result<load::Figures> {
    let address = free_address()?;
    let program = std::env::current_exe()?;
    let database = folder.join(format!("floor-{work}.db"));
    let server = Server::start(
        &program.to_string_lossy(),
        &["floor-server", &address.to_string(), &database.to_string_lossy(), work],
        &[],
    )?;
    wait_for(address)?;
    let secret = secret_request(
        address,
        "/",
        ("demo-machine-basic", "0123456789012345678901234567890123456789012"),
        "http://localhost:8461/mcp",
        "tools:read",
    );
    load::drive(name, &server, address, &|_| Ok(Feed::Same(secret.clone())), how)
}

/// As long as the claims of an access token.
const MESSAGE: &str = "eyJhbGciOiJFZERTQSIsImtpZCI6IjAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIiLCJ0eXAiOiJhdCtqd3QifQ.eyJpc3MiOiJodHRwOi8vMTI3LjAuMC4xOjg0NjAiLCJzdWIiOiJkZW1vLW1hY2hpbmUiLCJhdWQiOiJodHRwOi8vMTI3LjAuMC4xOjg0NjEvbWNwIiwiY2xpZW50X2lkIjoiZGVtby1tYWNoaW5lIiwiaWF0IjoxNzk1MDAwMDAwLCJleHAiOjE3OTUwMDAzMDAsImp0aSI6IjAxMjM0NTY3ODlhYmNkZWZnaGlqa2xtbm9wIiwic2NvcGUiOiJ0b29sczpyZWFkIn0";

async fn answer(floor: Arc<Floor>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let body = request
        .into_body()
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes)
        .unwrap_or_default();
    if floor.work == Work::Hello {
        return Ok(Response::new(Full::new(Bytes::from_static(b"hello"))));
    }
    std::hint::black_box(digest::sha256(&body));
    if floor.work == Work::KeyAndProof {
        for _ in 0..2 {
            std::hint::black_box(floor.client.verify(MESSAGE.as_bytes(), &floor.signature).is_ok());
        }
    }
    let signature = floor.signer.sign(MESSAGE.as_bytes()).await.unwrap_or_default();
    let token = format!("{MESSAGE}.{}", base64url::encode(&signature));
    let (done, on_disk) = oneshot::channel();
    if floor.rows.send((token.clone(), done)).await.is_ok() {
        drop(on_disk.await);
    }
    Ok(Response::new(Full::new(Bytes::from(format!(
        "{{\"access_token\":\"{token}\",\"token_type\":\"Bearer\",\"expires_in\":300}}"
    )))))
}

fn open(path: &Path) -> Result<rusqlite::Connection> {
    let connection = rusqlite::Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute_batch(
        "CREATE TABLE token (id INTEGER NOT NULL PRIMARY KEY, body TEXT NOT NULL) STRICT;
         CREATE TABLE event (id INTEGER NOT NULL PRIMARY KEY, body TEXT NOT NULL) STRICT;",
    )?;
    Ok(connection)
}

fn committer(mut connection: rusqlite::Connection, mut queue: mpsc::Receiver<(String, oneshot::Sender<()>)>) {
    let mut batch = Vec::new();
    while let Some(first) = queue.blocking_recv() {
        batch.push(first);
        while let Ok(more) = queue.try_recv() {
            batch.push(more);
        }
        if let Err(error) = write(&mut connection, &batch) {
            println!("floor: {error}");
            return;
        }
        for (_, done) in batch.drain(..) {
            std::hint::black_box(done.send(()).is_ok());
        }
    }
}

fn write(connection: &mut rusqlite::Connection, batch: &[(String, oneshot::Sender<()>)]) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    for (body, _) in batch {
        let row = body.get(..300).unwrap_or(body);
        transaction
            .prepare_cached("INSERT INTO token (body) VALUES (?1)")?
            .execute([row])?;
        transaction
            .prepare_cached("INSERT INTO event (body) VALUES (?1)")?
            .execute([row])?;
    }
    transaction.commit()
}

/// Half of some small appends to the disk, each with its own fsync, take at most this long, in microseconds.
pub(crate) fn fsync_median(folder: &Path) -> Result<u128> {
    use std::io::Write;
    let mut file = std::fs::File::create(folder.join("fsync"))?;
    let mut taken = Vec::new();
    for _ in 0..200 {
        let start = clock::now();
        file.write_all(&[7; 4_096])?;
        file.sync_data()?;
        taken.push(clock::now().saturating_duration_since(start));
    }
    taken.sort_unstable();
    Ok(taken.get(100).copied().unwrap_or(Duration::ZERO).as_micros())
}

/// Seconds that one password hash takes, the best of a few: nobody signs in by password for less.
pub(crate) fn password_hash() -> Result<f64> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let one = std::num::NonZeroUsize::MIN;
    let pool = login::Passwords::start(login::Settings { threads: one })?;
    let mut best = f64::MAX;
    for salt in 0..8_u8 {
        let password = login::Password::parse("the floor of a password")?;
        let start = clock::now();
        runtime
            .block_on(pool.hash(password, [salt; 16]))
            .map_err(|refused| anyhow::anyhow!("{refused}"))?;
        best = best.min(clock::now().saturating_duration_since(start).as_secs_f64());
    }
    Ok(best)
}

/// What signatures cost on this core, in microseconds: `EdDSA` sign, ES256 verify, `EdDSA` verify.
pub(crate) fn signatures() -> Result<(f64, f64, f64)> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let (eddsa, _) = SoftwareKey::generate(Algorithm::EdDSA)?;
    let (es256, _) = SoftwareKey::generate(Algorithm::ES256)?;
    let eddsa_signature = runtime.block_on(eddsa.sign(MESSAGE.as_bytes()))?;
    let es256_signature = runtime.block_on(es256.sign(MESSAGE.as_bytes()))?;
    let sign = time(|| runtime.block_on(eddsa.sign(MESSAGE.as_bytes())).is_ok())?;
    let es256_verify = time(|| es256.public_key().verify(MESSAGE.as_bytes(), &es256_signature).is_ok())?;
    let eddsa_verify = time(|| eddsa.public_key().verify(MESSAGE.as_bytes(), &eddsa_signature).is_ok())?;
    Ok((sign, es256_verify, eddsa_verify))
}

/// The best of five rounds: what the work takes when nothing disturbs it.
fn time(work: impl Fn() -> bool) -> Result<f64> {
    const TURNS: u32 = 2_000;
    let mut best = Duration::MAX;
    for _ in 0..5 {
        let start = clock::now();
        for _ in 0..TURNS {
            std::hint::black_box(work());
        }
        best = best.min(clock::now().saturating_duration_since(start));
    }
    let one = best.checked_div(TURNS).context("no turns")?;
    Ok(one.as_secs_f64() * 1e6)
}
