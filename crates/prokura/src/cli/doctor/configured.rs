//! What a node would be started with: the configuration, the files it names, the database.

use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};
use proof::Secret;
use server::{ClientCertificates, Peers, Surroundings};
use store::{Database, Store};

use super::{Findings, State};
use crate::{
    cli::{console::Console, failure::brief},
    config::{Config, Transport, shown},
    serve,
};

/// Examines a configuration.
pub(super) async fn examine(file: &Path, console: &Console<'_>, findings: &mut Findings) {
    let config = match Config::load(file, console.environment) {
        Ok(config) => config,
        Err(problems) => {
            problems
                .lines()
                .into_iter()
                .for_each(|line| findings.note("configuration", State::Failed, line));
            return;
        }
    };
    findings.note(
        "configuration",
        State::Ok,
        format!(
            "{}: origin {}, listens on {}",
            file.display(),
            config.origin,
            config.listen
        ),
    );
    transport(&config.transport, findings);
    client_certificates(&config, findings);
    let kek = serve::kek(&config, console.environment);
    let place = config.kek.file().map_or_else(
        || "from a variable".to_owned(),
        |file| format!("{}: only its owner can read it", file.display()),
    );
    findings.note_result(
        "key-encryption key",
        kek.as_ref().map(|_| place).map_err(|error| anyhow!("{}", brief(error))),
    );
    match serve::database(&config, console.environment) {
        Ok(database) => examine_database(database, kek.ok(), &config.origin, findings).await,
        Err(error) => findings.note("database", State::Failed, brief(&error)),
    }
}

fn transport(transport: &Transport, findings: &mut Findings) {
    let (certificate, key) = match transport {
        Transport::BehindProxy => {
            return findings.note(
                "https",
                State::Ok,
                "spoken by the proxy in front; only the proxy may reach the node",
            );
        }
        Transport::Loopback => {
            return findings.note(
                "https",
                State::Warning,
                "not spoken: the origin is plain http on this machine",
            );
        }
        Transport::Https { certificate, key, .. } => (certificate, key),
    };
    findings.note_result(
        "https",
        serve::tls(transport).map(|_| format!("{} and its key fit together", certificate.display())),
    );
    if serve::everyone_reads(key) {
        findings.note(
            "https key",
            State::Failed,
            format!(
                "{} can be read by everyone on this machine; run: chmod 600 {}",
                key.display(),
                key.display()
            ),
        );
    }
}

/// How certificates of clients reach the node, and who vouches for them.
fn client_certificates(config: &Config, findings: &mut Findings) {
    let asks = matches!(
        &config.transport,
        Transport::Https {
            clients: ClientCertificates::Optional,
            ..
        }
    );
    let header = matches!(&config.peers, Peers::Listed(proxies) if proxies.certificate.is_some());
    let how = match (asks, header) {
        (false, false) => return,
        (true, false) => "asked for in the handshake",
        (false, true) => "taken from a header of the listed proxies",
        (true, true) => "asked for in the handshake, and taken from a header of the listed proxies",
    };
    let found = serve::client_authorities(config).map(|authorities| match authorities.count() {
        0 => format!("{how}; no authority vouches for them, so they count by their own keys only"),
        1 => format!("{how}; one authority vouches for them"),
        many => format!("{how}; {many} authorities vouch for them"),
    });
    findings.note_result("client certificates", found);
}

async fn examine_database(database: Database, kek: Option<Secret<[u8; 32]>>, origin: &str, findings: &mut Findings) {
    let name = shown(&database);
    if let Database::Sqlite(path) = &database {
        if !path.exists() {
            return findings.note(
                "database",
                State::Warning,
                format!("{name} is not there yet; serve makes it"),
            );
        }
        if serve::everyone_reads(path) {
            findings.note(
                "database file",
                State::Warning,
                format!(
                    "{} can be read by everyone on this machine; run: chmod 600 {}",
                    path.display(),
                    path.display()
                ),
            );
        }
    }
    findings.note_result(
        "database",
        opened(database, kek, origin)
            .await
            .map(|facts| format!("{name}: {facts}")),
    );
}

/// Opens the database as serve would, and compares what it remembers with the configuration.
async fn opened(database: Database, kek: Option<Secret<[u8; 32]>>, origin: &str) -> Result<String> {
    let at = Surroundings::System.moment()?;
    let settings = store::Settings {
        database,
        stream: at.id::<()>("stream").as_str().to_owned(),
    };
    let store = Store::open(settings).await.context("cannot be opened")?;
    let told = compared(&store, kek, origin).await;
    store.close(&at).await?;
    told
}

async fn compared(store: &Store, kek: Option<Secret<[u8; 32]>>, origin: &str) -> Result<String> {
    let Some(check) = store.fact("kek_check").await? else {
        return Ok("opened; no node has started on it yet".to_owned());
    };
    let tenants = store.tenants().await?;
    let default = tenants
        .iter()
        .find(|tenant| tenant.id.as_str() == kernel::tenant::DEFAULT_TENANT);
    if let Some(default) = default {
        ensure!(
            default.issuer == origin,
            "it was set up for {}, and the configuration says {origin}",
            default.issuer
        );
    }
    let Some(kek) = kek else {
        return Ok("opened; it was set up for this origin".to_owned());
    };
    let mine = proof::base64url::encode(&keys::Seal::new(kek)?.derive("installation check"));
    ensure!(
        proof::digest::same(check.as_bytes(), mine.as_bytes()),
        "the key-encryption key is not the one that this database was set up with"
    );
    Ok("opened; it was set up for this origin and this key-encryption key".to_owned())
}
