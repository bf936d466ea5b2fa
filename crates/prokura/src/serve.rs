//! `prokura serve`: a node in production. It refuses to start in any way that would be unsafe, and says what it does when it starts.

use std::{
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use proof::Secret;
use server::{ClientAuthorities, OriginRule, Tls};
use store::Database;
use tokio::net::TcpListener;

use crate::{
    Environment,
    cli::{Exit, Failure},
    config::{self, Config, Transport},
    log,
    node::{Node, Parts, asked_to_end},
};

/// Arguments of `prokura serve`.
#[derive(Debug, clap::Args)]
pub(crate) struct ServeArguments {
    /// The configuration; `prokura config example` prints one
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Go on although the database was set up for another origin: every token issued so far ends, since tokens name their issuer
    #[arg(long)]
    accept_new_origin: bool,
}

/// Serves until the process is asked to end (SIGTERM, Ctrl-C); then running requests finish and everything is written.
pub(crate) async fn run(arguments: ServeArguments, environment: &Environment) -> Result<()> {
    let config = Config::load(&arguments.config, environment)?;
    log::start(&config.log, environment)?;
    let tls = tls(&config.transport)?;
    let rule = if arguments.accept_new_origin {
        OriginRule::Move
    } else {
        OriginRule::MustMatch
    };
    let parts = parts(&config, rule, environment)?;
    let database = config::shown(&parts.database);

    let ended = asked_to_end();
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("cannot listen on {}", config.listen))?;
    let listens = listener.local_addr()?;
    let node = start(parts).await?;
    let how = match config.transport {
        Transport::Https { .. } => "https",
        Transport::BehindProxy => "plain http, for the proxy only",
        Transport::Loopback => "plain http, on this machine only",
    };
    if config.transport == Transport::BehindProxy && listens.ip().is_unspecified() {
        tracing::warn!(%listens, "plain http on every address of this machine: make sure that only the proxy can reach it");
    }
    tracing::info!(version = env!("CARGO_PKG_VERSION"), %listens, speaks = how, origin = config.origin, database, "prokura serves");
    tracing::info!(
        metadata = format!("{}/.well-known/oauth-authorization-server", config.origin),
        "clients find everything by the metadata"
    );
    node.serve(listener, tls, ended).await?;
    tracing::info!("prokura ended; everything is written");
    Ok(())
}

/// The parts of a node, refusing what belongs to development and what is not safe.
pub(crate) fn parts(config: &Config, origin_rule: OriginRule, environment: &Environment) -> Result<Parts> {
    Ok(Parts {
        database: database(config, environment)?,
        kek: kek(config, environment)?,
        origin: config.origin.clone(),
        aliases: Vec::new(),
        origin_rule,
        rotation: config.rotation,
        egress: egress::Settings::default(),
        limits: config.limits,
        peers: config.peers.clone(),
        client_certificates: config.client_certificates(),
        client_authorities: client_authorities(config)?,
    })
}

/// Who vouches for the certificates of clients.
pub(crate) fn client_authorities(config: &Config) -> Result<ClientAuthorities> {
    let Some(file) = &config.client_authorities else {
        return Ok(ClientAuthorities::default());
    };
    let pem = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    ClientAuthorities::from_pem(&pem)
        .with_context(|| format!("{} cannot be used as tls.client_authorities", file.display()))
}

/// The database, if it is one for production.
pub(crate) fn database(config: &Config, environment: &Environment) -> Result<Database> {
    let database = config.database.resolve(environment)?;
    if let Database::Sqlite(file) = &database {
        refuse_development(file, "the database")?;
        let folder = file
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        if !folder.is_dir() {
            bail!(
                "the folder {} of the database is not there; make it, owned by the user that serves",
                folder.display()
            );
        }
    }
    Ok(database)
}

/// The key-encryption key, if nobody else can read it.
pub(crate) fn kek(config: &Config, environment: &Environment) -> Result<Secret<[u8; 32]>> {
    if let Some(file) = config.kek.file() {
        refuse_development(file, "the key-encryption key")?;
    }
    config.kek.read(environment)
}

/// Starts a node; what an operator can do about a refusal is said with it.
pub(crate) async fn start(parts: Parts) -> Result<Node> {
    let database = config::shown(&parts.database);
    if let Database::Sqlite(file) = &parts.database {
        for_us_alone(file)?;
    }
    Node::start(parts).await.map_err(|error| {
        let advice = match error.downcast_ref() {
            Some(server::Fault::WrongKek) => {
                "restore the key that this database was set up with, and configure that: a new one opens nothing"
            }
            Some(server::Fault::OriginMoved { .. }) => {
                "correct server.origin, or, if the installation really moves, give --accept-new-origin once"
            }
            Some(_) | None => "prokura doctor --config FILE looks at everything that a node needs",
        };
        Failure::new(Exit::Error, format!("a node cannot start on {database}"))
            .why(format!("{error:#}"))
            .advice(advice)
            .into()
    })
}

/// A new database file is made readable for its owner alone; SQLite would leave that to the umask. The files beside it follow its mode.
fn for_us_alone(file: &Path) -> Result<()> {
    match std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
    {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(error).with_context(|| format!("cannot make {}", file.display()))
        }
        Ok(_) | Err(_) => Ok(()),
    }
}

/// The secrets in a development directory are known: they must never guard anything.
fn refuse_development(file: &Path, what: &str) -> Result<()> {
    let folder = file.parent().unwrap_or(Path::new(""));
    if folder.join(DEVELOPMENT).exists() {
        bail!(
            "{what} {} lies in the data directory of prokura dev, whose secrets are for demonstration only; production starts with a new database and a new key",
            file.display()
        );
    }
    Ok(())
}

/// The file that `prokura dev` leaves in its data directory.
const DEVELOPMENT: &str = "DEVELOPMENT";

/// Certificate and key, if the node speaks https itself.
pub(crate) fn tls(transport: &Transport) -> Result<Tls> {
    match transport {
        Transport::BehindProxy | Transport::Loopback => Ok(Tls::Off),
        Transport::Https {
            certificate,
            key,
            clients,
        } => {
            let read = |path: &Path| std::fs::read(path).with_context(|| format!("cannot read {}", path.display()));
            let tls = Tls::from_pem(&read(certificate)?, &read(key)?, *clients);
            if everyone_reads(key) {
                tracing::warn!(file = %key.display(), "everyone on this machine can read the private key of the certificate; run: chmod 600");
            }
            tls.with_context(|| {
                format!(
                    "{} and {} cannot be used together",
                    certificate.display(),
                    key.display()
                )
            })
        }
    }
}

/// Whether a file is open to everyone on this machine.
pub(crate) fn everyone_reads(file: &Path) -> bool {
    std::fs::metadata(file).is_ok_and(|metadata| metadata.mode() & 0o007 != 0)
}
