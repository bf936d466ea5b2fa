//! What a node would be started with: the configuration, the files it names, the database.

use std::{
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use proof::Secret;
use server::{OriginRule, Surroundings};
use store::{Database, Store};

use super::{Findings, State};
use crate::{
    cli::console::Console,
    config::{Config, Transport, shown},
    node::Parts,
    serve,
};

/// Examines a configuration.
pub(super) async fn examine(file: &Path, console: &Console<'_>, findings: &mut Findings) {
    let config = match Config::load(file, console.environment) {
        Ok(config) => config,
        Err(problems) => {
            problems.lines().into_iter().for_each(|line| findings.note("configuration", State::Failed, line));
            return;
        }
    };
    findings.note("configuration", State::Ok, format!("{}: origin {}, listens on {}", file.display(), config.origin, config.listen));
    transport(&config.transport, findings);
    match serve::parts(&config, OriginRule::MustMatch, console.environment) {
        Ok(parts) => {
            findings.note("key-encryption key", State::Ok, config.kek.file().map_or_else(|| "from a variable".to_owned(), |file| format!("{}: only its owner can read it", file.display())));
            database(parts, findings).await;
        }
        Err(error) => findings.note("key-encryption key and database", State::Failed, format!("{error:#}")),
    }
}

fn transport(transport: &Transport, findings: &mut Findings) {
    let (certificate, key) = match transport {
        Transport::BehindProxy => return findings.note("https", State::Ok, "spoken by the proxy in front; only the proxy may reach the node"),
        Transport::Loopback => return findings.note("https", State::Warning, "not spoken: the origin is plain http on this machine"),
        Transport::Https { certificate, key } => (certificate, key),
    };
    findings.note_result("https", serve::tls(transport).map(|_| format!("{} and its key fit together", certificate.display())));
    if let Ok(metadata) = std::fs::metadata(key)
        && metadata.mode() & 0o007 != 0
    {
        findings.note("https key", State::Failed, format!("{} can be read by everyone; run: chmod 600 {}", key.display(), key.display()));
    }
}

async fn database(parts: Parts, findings: &mut Findings) {
    let name = shown(&parts.database);
    if let Database::Sqlite(path) = &parts.database {
        if !path.exists() {
            return findings.note("database", State::Warning, format!("{name} is not there yet; serve makes it"));
        }
        readers(path, findings);
    }
    findings.note_result("database", opened(parts).await.map(|facts| format!("{name}: {facts}")));
}

fn readers(path: &PathBuf, findings: &mut Findings) {
    if let Ok(metadata) = std::fs::metadata(path)
        && metadata.mode() & 0o007 != 0
    {
        findings.note("database file", State::Warning, format!("{} can be read by everyone on this machine; run: chmod 600 {}", path.display(), path.display()));
    }
}

/// Opens the database as serve would, and compares what it remembers with the configuration.
async fn opened(parts: Parts) -> Result<String> {
    let at = Surroundings::System.moment()?;
    let settings = store::Settings { database: parts.database, stream: at.id::<()>("stream").as_str().to_owned() };
    let store = Store::open(settings).await.context("cannot be opened")?;
    let told = compared(&store, parts.kek, &parts.origin).await;
    store.close(&at).await?;
    told
}

async fn compared(store: &Store, kek: Secret<[u8; 32]>, origin: &str) -> Result<String> {
    let Some(check) = store.fact("kek_check").await? else {
        return Ok("opened; no node has started on it yet".to_owned());
    };
    let mine = proof::base64url::encode(&keys::Seal::new(kek)?.derive("installation check"));
    ensure!(proof::digest::same(check.as_bytes(), mine.as_bytes()), "the key-encryption key is not the one that this database was set up with");
    let tenants = store.tenants().await?;
    let issuer = tenants.iter().find(|tenant| tenant.id.as_str() == kernel::tenant::DEFAULT_TENANT).map(|tenant| tenant.issuer.as_str());
    ensure!(issuer.is_none_or(|issuer| issuer == origin), "it was set up for {}, and the configuration says {origin}", issuer.unwrap_or_default());
    Ok(format!("opened; {} tenants; the key-encryption key and the origin are its own", tenants.len()))
}
