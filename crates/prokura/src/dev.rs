//! `prokura dev`: a complete server with demo people, clients, resources and a demo MCP server, in one process, kept between starts.
//!
//! What it writes to the ready file is a contract that tools rely on; see README and `docs/dev.md`.

mod ready;
mod seed;

use std::{
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use server::{ClientAuthorities, ClientCertificates, Limits, OriginRule, Peers, Tls};
use store::Database;
use tokio::{net::TcpListener, sync::watch};

use crate::node::{Node, Parts, WhenAbsent, asked_to_end, kek, write_secret};

/// Arguments of `prokura dev`.
#[derive(Debug, clap::Args)]
pub(crate) struct DevArguments {
    /// Where to listen: a loopback address. Port 0 picks free ports; the demo servers take the two ports behind it.
    #[arg(long, default_value = "127.0.0.1:8460")]
    listen: SocketAddr,
    /// Where everything is kept between starts.
    #[arg(long, default_value = "./.prokura")]
    data: PathBuf,
    /// Where to write, as JSON, what a program needs to use this server, once it accepts requests.
    #[arg(long)]
    ready_file: Option<PathBuf>,
    /// Keep everything in this PostgreSQL (`postgres://...`) instead of a file in the data directory.
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// Never fetch documents of clients from loopback addresses.
    #[arg(long)]
    no_loopback_egress: bool,
}

/// Runs the development server until it is asked to end.
pub(crate) async fn run(arguments: DevArguments, program: &str) -> Result<()> {
    if !arguments.listen.ip().is_loopback() {
        bail!(
            "{} is not a loopback address: dev has known secrets and speaks plain http, so it listens on this machine only. For a server that others reach, use: prokura serve",
            arguments.listen
        );
    }
    let mut folder = std::fs::DirBuilder::new();
    std::os::unix::fs::DirBuilderExt::mode(folder.recursive(true), 0o700)
        .create(&arguments.data)
        .with_context(|| format!("cannot make {}", arguments.data.display()))?;
    let _alone = lock(&arguments.data)?;
    std::fs::write(
        arguments.data.join("DEVELOPMENT"),
        "Demo secrets are known to whoever can read this directory. prokura serve refuses it.\n",
    )?;

    let ended = asked_to_end(); // from now on: a signal that comes early must not kill
    let listener = TcpListener::bind(arguments.listen).await.with_context(|| {
        format!(
            "cannot listen on {}; is another prokura running? Choose another with --listen",
            arguments.listen
        )
    })?;
    let address = listener.local_addr()?;
    // Whoever names a port finds the demo servers right behind it; whoever does not finds them where they were.
    let before = seed::ports(&arguments.data).filter(|_| arguments.listen.port() == 0);
    let mcp = beside(address, 1, before.map(|(mcp, _)| mcp)).await?;
    let api = beside(address, 2, before.map(|(_, api)| api)).await?;
    let loopback = if arguments.no_loopback_egress {
        ready::Loopback::Refused
    } else {
        ready::Loopback::Allowed
    };
    let host = "localhost"; // passkeys need a host name, and MCP clients compare it as typed
    let issuer = format!("http://{host}:{}", address.port());

    let node = Node::start(Parts {
        database: match arguments.database {
            Some(url) => Database::Postgres(url),
            None => Database::Sqlite(arguments.data.join("prokura.db")),
        },
        kek: kek(&arguments.data.join("kek"), WhenAbsent::Make)?,
        origin: issuer.clone(),
        aliases: vec![
            format!("127.0.0.1:{}", address.port()),
            format!("[::1]:{}", address.port()),
        ],
        origin_rule: OriginRule::Move,
        rotation: keys::rotation::Schedule::default(),
        egress: egress(loopback),
        limits: LIMITS,
        peers: Peers::Connected,
        client_certificates: ClientCertificates::Off,
        client_authorities: ClientAuthorities::default(),
    })
    .await?;
    let mcp_resource = demo::mcp_resource(host, mcp.local_addr()?.port());
    let api_resource = demo::api_resource(host, api.local_addr()?.port());
    let seeded = seed::seed(&node.app, &arguments.data, &mcp_resource, &api_resource).await?;
    let introspection = seeded.introspection();

    let (stop, stopped) = watch::channel(());
    let demo_settings = demo::Settings {
        issuer: issuer.clone(),
        mcp,
        api,
        host: host.to_owned(),
        introspection,
    };
    let demo_servers = tokio::spawn(demo::serve(demo_settings, until(stopped.clone())));
    let served = tokio::spawn(node.serve(listener, Tls::Off, until(stopped)));

    let ready = ready::document(&issuer, &seeded, &mcp_resource, &api_resource, loopback);
    let text = format!("{}\n", serde_json::to_string_pretty(&ready)?);
    write_secret(&arguments.data.join("ready.json"), &text)?; // the CLI finds the server by it
    write_secret(
        &arguments.data.join("admin.token"),
        &format!("{}\n", seeded.admin_token),
    )?;
    if let Some(file) = &arguments.ready_file {
        write_secret(file, &text)?;
    }
    ready::say(
        &ready::Addresses {
            issuer: &issuer,
            listens_on: address,
            data: &arguments.data,
            mcp: &mcp_resource,
            api: &api_resource,
        },
        &seeded,
        program,
    );

    ended.await;
    drop(stop);
    served.await??;
    demo_servers.await?.context("the demo servers failed")
}

/// What development takes from one address: test suites sign in and register by the hundred.
const LIMITS: Limits = Limits {
    sign_ins_per_minute: Some(3_000),
    registrations_per_minute: Some(6_000),
    failures_per_login_per_minute: 3_000,
    device_codes_per_minute: Some(600),
    wrong_user_codes_per_minute: 5,
    wrong_user_codes_of_tenant_per_minute: 100,
    requests_per_address_per_minute: None,
    requests_per_client_per_minute: None,
    requests_per_tenant_per_minute: None,
};

/// Client documents come from anywhere public, and in development from this machine over plain http too, unless it was told not to.
fn egress(loopback: ready::Loopback) -> egress::Settings {
    match loopback {
        ready::Loopback::Refused => egress::Settings::default(),
        ready::Loopback::Allowed => egress::Settings {
            allowed_networks: egress::Network::LOOPBACK.to_vec(),
            plain_http: egress::PlainHttp::LoopbackOnly,
            ..egress::Settings::default()
        },
    }
}

/// A listener on the port it had before, so that resource identifiers and tokens for them stay good; else on the port `step` behind the server's; else on any free one.
async fn beside(address: SocketAddr, step: u16, before: Option<u16>) -> Result<TcpListener> {
    for port in before.into_iter().chain(address.port().checked_add(step)) {
        if let Ok(listener) = TcpListener::bind(SocketAddr::new(address.ip(), port)).await {
            return Ok(listener);
        }
    }
    let any: (IpAddr, u16) = (address.ip(), 0);
    TcpListener::bind(any)
        .await
        .context("no free port for the demo servers")
}

async fn until(mut stopped: watch::Receiver<()>) {
    drop(stopped.changed().await); // an error means that the sender is gone, which is the signal
}

/// Two servers on one directory would rotate each other's keys and print each other's ports.
fn lock(data: &Path) -> Result<std::fs::File> {
    let file = std::fs::File::create(data.join("lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(_) => bail!(
            "another prokura dev uses {}; stop it, or choose another directory with --data",
            data.display()
        ),
    }
}
