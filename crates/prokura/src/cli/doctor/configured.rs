//! What a node would be started with: the configuration, the files it names, the database.

use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};
use proof::{Secret, certificate::Certificate};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use server::{ClientCertificates, Peers, Surroundings};
use store::{Database, Store};
use url::Url;

use super::{Findings, State};
use crate::{
    cli::{console::Console, failure::brief, when},
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
    let certificate = transport(&config, findings);
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
        Ok(database) => {
            let issuers = examine_database(database, kek.ok(), &config.origin, findings).await;
            if let Some(certificate) = certificate {
                own_hosts(&certificate, &config.origin, &issuers, findings);
            }
        }
        Err(error) => findings.note("database", State::Failed, brief(&error)),
    }
}

/// How the node speaks https, and with which certificate, if it does that itself.
fn transport(config: &Config, findings: &mut Findings) -> Option<Certificate> {
    let transport = &config.transport;
    let (file, key) = match transport {
        Transport::BehindProxy => {
            findings.note(
                "https",
                State::Ok,
                "spoken by the proxy in front; only the proxy may reach the node",
            );
            return None;
        }
        Transport::Loopback => {
            findings.note(
                "https",
                State::Warning,
                "not spoken: the origin is plain http on this machine",
            );
            return None;
        }
        Transport::Https { certificate, key, .. } => (certificate, key),
    };
    let fits = serve::tls(transport).map(|_| format!("{} and its key fit together", file.display()));
    let good = fits.is_ok();
    findings.note_result("https", fits);
    let certificate = if good { presented(file, config, findings) } else { None };
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
    certificate
}

/// The certificate that clients are shown: for the host of the origin, and valid now. Whether they trust who issued it, they decide.
fn presented(file: &Path, config: &Config, findings: &mut Findings) -> Option<Certificate> {
    const CHECK: &str = "https certificate";
    let read = std::fs::read(file)
        .ok()
        .and_then(|pem| CertificateDer::from_pem_slice(&pem).ok())
        .and_then(|der| Certificate::parse(&der).ok());
    let Some(certificate) = read else {
        findings.note(
            CHECK,
            State::Failed,
            format!("{} cannot be read as X.509", file.display()),
        );
        return None;
    };
    let host = host_of(&config.origin);
    if !is_for(&certificate, &host) {
        let what = format!(
            "{} is not for {host}: clients will refuse it; get one whose alternative names have that host",
            file.display()
        );
        findings.note(CHECK, State::Failed, what);
    }
    let now = Surroundings::System.now();
    let (from, until) = (certificate.not_before(), certificate.not_after());
    let (state, found) = if now < from {
        (State::Failed, format!("not valid before {}", when::stamp(from.unix())))
    } else if until < now {
        (
            State::Failed,
            format!("has expired: {}; renew it", when::both(until.unix(), now.unix())),
        )
    } else if until < now.plus(WARN_BEFORE_SECONDS) {
        let ends = when::both(until.unix(), now.unix());
        (
            State::Warning,
            format!("ends {ends}; renew it, and start the node again"),
        )
    } else {
        (
            State::Ok,
            format!("valid until {}", when::both(until.unix(), now.unix())),
        )
    };
    findings.note(CHECK, state, found);
    Some(certificate)
}

/// How long before its end a certificate is warned about: 14 days.
const WARN_BEFORE_SECONDS: i64 = 14 * 86_400;

/// Tenants with an origin of their own are reached under that host, with the same certificate.
fn own_hosts(certificate: &Certificate, origin: &str, issuers: &[String], findings: &mut Findings) {
    let own = host_of(origin);
    for host in issuers.iter().map(|issuer| host_of(issuer)).filter(|host| *host != own) {
        if !is_for(certificate, &host) {
            let what = format!("not for {host}, which is the origin of a tenant: its clients will refuse it");
            findings.note("https certificate", State::Failed, what);
        }
    }
}

/// The host of an address, as it stands in certificates.
fn host_of(address: &str) -> String {
    let host = Url::parse(address)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned));
    host.unwrap_or_default().trim_matches(['[', ']']).to_owned()
}

/// Whether a certificate is for a host: by name, by a wildcard for its first label (RFC 9525 s6.3), or by address.
fn is_for(certificate: &Certificate, host: &str) -> bool {
    let by_wildcard = || {
        host.split_once('.')
            .is_some_and(|(_, parent)| certificate.has_dns(&format!("*.{parent}")))
    };
    certificate.has_ip(host) || certificate.has_dns(host) || by_wildcard()
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

/// Examines the database; the issuers of its tenants, as far as it can be read.
async fn examine_database(
    database: Database,
    kek: Option<Secret<[u8; 32]>>,
    origin: &str,
    findings: &mut Findings,
) -> Vec<String> {
    let name = shown(&database);
    if let Database::Sqlite(path) = &database {
        if !path.exists() {
            findings.note(
                "database",
                State::Warning,
                format!("{name} is not there yet; serve makes it"),
            );
            return Vec::new();
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
    let mut issuers = Vec::new();
    let told = opened(database, kek, origin, &mut issuers).await;
    findings.note_result("database", told.map(|facts| format!("{name}: {facts}")));
    issuers
}

/// Opens the database as serve would, and compares what it remembers with the configuration.
async fn opened(
    database: Database,
    kek: Option<Secret<[u8; 32]>>,
    origin: &str,
    issuers: &mut Vec<String>,
) -> Result<String> {
    let at = Surroundings::System.moment()?;
    let settings = store::Settings {
        database,
        stream: at.id::<()>("stream").as_str().to_owned(),
    };
    let store = Store::open(settings).await.context("cannot be opened")?;
    let told = compared(&store, kek, origin, issuers).await;
    store.close(&at).await?;
    told
}

async fn compared(
    store: &Store,
    kek: Option<Secret<[u8; 32]>>,
    origin: &str,
    issuers: &mut Vec<String>,
) -> Result<String> {
    let Some(check) = store.fact("kek_check").await? else {
        return Ok("opened; no node has started on it yet".to_owned());
    };
    let tenants = store.tenants().await?;
    issuers.extend(tenants.iter().map(|tenant| tenant.issuer.clone()));
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
