//! A node from its parts: store, keys, server, background jobs, an end that loses nothing.

use std::{path::Path, sync::Arc};

use anyhow::{Context, Result, bail};
use proof::Secret;
use server::{
    App, ClientAuthorities, ClientCertificates, Jobs, Limits, OriginRule, Peers, Settings, Surroundings, Tls,
};
use store::{Database, Store};
use tokio::net::TcpListener;

/// What a node is made of.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) database: Database,
    pub(crate) kek: Secret<[u8; 32]>,
    pub(crate) origin: String,
    pub(crate) aliases: Vec<String>,
    pub(crate) origin_rule: OriginRule,
    pub(crate) rotation: keys::rotation::Schedule,
    pub(crate) egress: egress::Settings,
    pub(crate) limits: Limits,
    pub(crate) peers: Peers,
    pub(crate) client_certificates: ClientCertificates,
    pub(crate) client_authorities: ClientAuthorities,
}

/// A running node.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) app: Arc<App>,
    jobs: Jobs,
}

impl Node {
    /// Opens the store and starts the node; it does not listen yet.
    pub(crate) async fn start(parts: Parts) -> Result<Self> {
        let surroundings = Surroundings::System;
        let stream = surroundings.moment()?.id::<()>("stream").as_str().to_owned();
        let store = Store::open(store::Settings {
            database: parts.database,
            stream,
        })
        .await
        .context("cannot open the database")?;
        let settings = Settings {
            origin: parts.origin,
            aliases: parts.aliases,
            origin_rule: parts.origin_rule,
            seal: keys::Seal::new(parts.kek)?,
            rotation: parts.rotation.validated()?,
            surroundings,
            egress: parts.egress,
            passwords: login::Settings::default(),
            limits: parts.limits,
            peers: parts.peers,
            client_certificates: parts.client_certificates,
            client_authorities: parts.client_authorities,
        };
        let app = App::start(settings, store).await?;
        let jobs = Jobs::start(&app);
        Ok(Self { app, jobs })
    }

    /// Serves until `ended`, then finishes what runs and writes what is noted.
    pub(crate) async fn serve(self, listener: TcpListener, tls: Tls, ended: impl Future<Output = ()>) -> Result<()> {
        let router = server::router(&self.app);
        server::serve(listener, tls, router, ended).await?;
        self.finish().await
    }

    /// Ends a node that does not listen.
    pub(crate) async fn finish(self) -> Result<()> {
        self.jobs
            .finish(&self.app)
            .await
            .context("the store did not close cleanly")
    }
}

/// Resolves when the process is asked to end (Ctrl-C, SIGTERM). It listens for that from the call on, not from the first wait: whoever announces that it
/// serves calls this before, or an early signal would kill it in the middle.
pub(crate) fn asked_to_end() -> impl Future<Output = ()> {
    use tokio::signal::unix::{Signal, SignalKind, signal};
    async fn arrives(signal: std::io::Result<Signal>) {
        match signal {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    }
    let (terminate, interrupt) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    async {
        tokio::select! {
            () = arrives(terminate) => {}
            () = arrives(interrupt) => {}
        }
    }
}

/// Reads the key-encryption key: 32 bytes in base64url in a file that only its owner can read. `make` makes one when there is none.
pub(crate) fn kek(path: &Path, absent: WhenAbsent) -> Result<Secret<[u8; 32]>> {
    if !path.exists() {
        match absent {
            WhenAbsent::Make => write_secret(path, &proof::base64url::encode(&keys::random::<32>()?))?,
            WhenAbsent::Refuse => bail!(
                "there is no key-encryption key at {}; make one with: prokura key kek --out {}",
                path.display(),
                path.display()
            ),
        }
    }
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let bytes = proof::base64url::decode(text.trim())
        .ok()
        .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let bytes = bytes.with_context(|| format!("{} must hold 32 bytes in unpadded base64url", path.display()))?;
    Ok(Secret::new(bytes))
}

/// What to do when the key-encryption key is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WhenAbsent {
    /// Make it: development, or `prokura key kek`.
    Make,
    /// Refuse to start: a new key would open nothing.
    Refuse,
}

/// Writes a file that only its owner can read, whole or not at all.
pub(crate) fn write_secret(path: &Path, text: &str) -> Result<()> {
    use std::{
        io::Write,
        os::unix::fs::{OpenOptionsExt, PermissionsExt},
    };
    let half = path.with_extension(format!("partial-{}", proof::base64url::encode(&keys::random::<9>()?)));
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&half)
        .with_context(|| format!("cannot write {}", half.display()))?;
    file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&half, path).with_context(|| format!("cannot write {}", path.display()))
}
