//! `bench spend`: 256 clients on one budget. Uses one by one and in blocks, on one node and on two, beside the row update that anybody would write; and whether it is ever overspent.

use std::{
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::json;
use tokio_postgres::NoTls;

use crate::{
    clock,
    generator::{Feed, Pace, Seen, run as generate},
    peer::{free_address, wait_for},
    process::{Server, cores, cpu_of_named, load_average},
    prokura::{Machine, Prokura, member},
    token::binary,
};

/// What to measure.
#[derive(Debug)]
pub(crate) struct Options {
    seconds: u64,
    clients: usize,
    postgres: Option<String>,
}

impl Options {
    pub(crate) fn parse(words: &[&str]) -> Result<Self> {
        let mut options = Self {
            seconds: 6,
            clients: 256,
            postgres: None,
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match *word {
                "--seconds" => options.seconds = words.next().context("--seconds N")?.parse()?,
                "--clients" => options.clients = words.next().context("--clients N")?.parse()?,
                "--postgres" => options.postgres = Some((*words.next().context("--postgres URL")?).to_owned()),
                other => bail!("{other}: not an option of this benchmark"),
            }
        }
        ensure!(options.clients >= 2, "--clients: at least 2");
        Ok(options)
    }
}

/// The power that is used.
const POWER: &str = "file_read";
const RESOURCE: &str = "https://files.bench.example/api";
/// More than anybody uses here.
const PLENTY: u64 = 1_000_000_000;
/// Uses in a block.
const BLOCK: u64 = 100;

/// A grant with a limited power, a token by it, and the resource that books its uses.
#[derive(Debug)]
pub(crate) struct Budget {
    pub(crate) grant: String,
    token: String,
    gateway: Machine,
    next: AtomicU64,
}

impl Budget {
    /// With more uses than a benchmark needs, and these policies beside the one that permits it.
    pub(crate) fn new(world: &Prokura, policies: &str) -> Result<Self> {
        let capability = json!({ "name": POWER, "description": "Reads a file", "approval_strength": "session", "scopes": ["files:read"] });
        let set = json!({
            "policies": format!("{policies}@id(\"rest\") permit(principal, action in [Action::\"{POWER}\", Action::\"access\"], resource);\n"),
            "capabilities": [capability, crate::decide::purchase()],
            "entities": [{ "type": "Client", "id": "agent", "in": ["Group::finance", "Role::buyer"] }],
        });
        world.admin("PUT", "/admin/v1/policies", &set)?;
        let gateway = world.machine("Files", "")?;
        let resource = json!({
            "resource": RESOURCE, "resource_name": "Files", "introspection_clients": [gateway.id],
            "scopes": { "files:read": "Read files" },
        });
        world.admin("POST", "/admin/v1/resources", &resource)?;
        Self::of(world, gateway, PLENTY)
    }

    /// Another one of so many uses, at the same resource.
    fn of(world: &Prokura, gateway: Machine, uses: u64) -> Result<Self> {
        let agent = world.machine("Agent", "")?;
        let grant = json!({
            "client_id": agent.id, "scope": "files:read", "resources": [RESOURCE],
            "capabilities": [{ "action": POWER, "limits": { "max_executions": uses } }],
        });
        let grant = world.admin("POST", "/admin/v1/grants", &grant)?;
        let token = world.token(&agent, &[("scope", "files:read"), ("resource", RESOURCE)])?;
        Ok(Self {
            grant: member(&grant, "/id")?,
            token,
            gateway,
            next: AtomicU64::new(0),
        })
    }

    /// So many requests for one use each.
    pub(crate) fn consumes(&self, world: &Prokura, count: usize) -> Feed {
        self.feed(world, "/oauth2/consume", 1, count)
    }

    fn feed(&self, world: &Prokura, path: &str, units: u64, count: usize) -> Feed {
        let header = self.gateway.header();
        let requests = (0..count).map(|_| {
            let key = self.next.fetch_add(1, Ordering::Relaxed);
            let body = format!(
                "token={}&capability={POWER}&units={units}&idempotency_key={}-{key}",
                self.token, self.grant
            );
            world.request(path, &header, "application/x-www-form-urlencoded", &body)
        });
        Feed::Each(Arc::new(requests.collect()))
    }
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let world = Prokura::start(folder.path(), options.postgres.as_deref())?;
    println!(
        "{} cores, load {}; {} clients on one budget, {}; the servers on core 0",
        cores(),
        load_average(),
        options.clients,
        world.engine
    );
    println!(
        "{:<46} {:>10} {:>10} {:>9} {:>9} {:>9} {:>9}",
        "case", "units/s", "answers/s", "p50 ms", "p99 ms", "CPU us", "DB us"
    );
    let budget = Budget::new(&world, "")?;
    let time = Duration::from_secs(options.seconds);
    let one = [world.address];
    let mut taken = 0;
    taken += saturated(
        "one by one, one node",
        &world,
        &one,
        &budget,
        ("/oauth2/consume", 1),
        options,
    )?;
    taken += saturated(
        "blocks of 100, one node",
        &world,
        &one,
        &budget,
        ("/oauth2/lease", BLOCK),
        options,
    )?;
    if let Some(url) = &options.postgres {
        let second = second_node(&world, folder.path(), url)?;
        let both = [world.address, second.1];
        taken += saturated(
            "one by one, two nodes",
            &world,
            &both,
            &budget,
            ("/oauth2/consume", 1),
            options,
        )?;
        taken += saturated(
            "blocks of 100, two nodes",
            &world,
            &both,
            &budget,
            ("/oauth2/lease", BLOCK),
            options,
        )?;
        naive(url, options.clients, time)?;
        sums(url, &budget, taken)?;
        overspent(&world, &both, budget.gateway.clone(), options, url)?;
        second.0.end()?;
    }
    println!("load {} at the end", load_average());
    world.server.end()
}

/// Drives nodes together; how many units were handed out.
fn saturated(
    name: &str,
    world: &Prokura,
    nodes: &[SocketAddr],
    budget: &Budget,
    (path, units): (&str, u64),
    options: &Options,
) -> Result<u64> {
    let many = 16_000 * usize::try_from(options.seconds)? / nodes.len();
    let feeds: Vec<Feed> = nodes.iter().map(|_| budget.feed(world, path, units, many)).collect();
    let (before, database) = (world.server.cpu()?, cpu_of_named("postgres"));
    let seen = all(nodes, &feeds, options.clients, Duration::from_secs(options.seconds))?;
    let cpu = world.server.cpu()?.saturating_sub(before);
    let database = cpu_of_named("postgres").saturating_sub(database);
    ensure!(
        seen.bad == 0,
        "{name}: {} answers were not 200, the first one: {}",
        seen.bad,
        seen.complaint.unwrap_or_default()
    );
    #[expect(clippy::cast_precision_loss, reason = "counts of requests are far below 2^52")]
    let (per, rate) = (
        |time: Duration| time.as_secs_f64() * 1e6 / (seen.good as f64).max(1.0),
        seen.rate() * units as f64,
    );
    println!(
        "{name:<46} {rate:>10.0} {:>10.0} {:>9.2} {:>9.2} {:>9.1} {:>9.1}",
        seen.rate(),
        seen.quantile(0.5),
        seen.quantile(0.99),
        per(cpu),
        per(database)
    );
    Ok(seen.good * units)
}

fn all(nodes: &[SocketAddr], feeds: &[Feed], clients: usize, time: Duration) -> Result<Seen> {
    let each = clients / nodes.len();
    let parts = std::thread::scope(|scope| {
        let threads: Vec<_> = nodes
            .iter()
            .zip(feeds)
            .map(|(node, feed)| scope.spawn(move || generate(*node, feed, each, Pace::Closed, time)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().map_err(|_| anyhow::anyhow!("a generator failed"))?)
            .collect::<Result<Vec<Seen>>>()
    })?;
    let mut seen = Seen::default();
    for part in parts {
        seen.good += part.good;
        seen.bad += part.bad;
        seen.elapsed = seen.elapsed.max(part.elapsed);
        seen.latencies.extend(part.latencies);
        seen.complaint = seen.complaint.or(part.complaint);
    }
    seen.latencies.sort_unstable();
    Ok(seen)
}

/// A second node in all but the machine: another process, the same database and keys, production's way to start.
fn second_node(world: &Prokura, folder: &Path, url: &str) -> Result<(Server, SocketAddr)> {
    let address = free_address()?;
    let kek = folder.join("kek");
    std::fs::copy(folder.join("prokura/kek"), &kek)?;
    let config = folder.join("second.toml");
    std::fs::write(
        &config,
        format!(
            "[server]\norigin = \"{}\"\nlisten = \"{address}\"\n[database]\nurl = \"env:SECOND_DATABASE\"\n[keys]\nkek = \"file:{}\"\n[limits]\nrequests_per_address_per_minute = 0\nrequests_per_client_per_minute = 0\n[log]\nlevel = \"warn\"\n",
            world.issuer,
            kek.display()
        ),
    )?;
    let server = Server::start(
        &binary()?,
        &["serve", "--config", &config.to_string_lossy()],
        &[("SECOND_DATABASE", url.to_owned())],
    )?;
    wait_for(address)?;
    Ok((server, address))
}

/// What anybody would write: a row, updated where there is room, each on a connection of its own.
fn naive(url: &str, clients: usize, time: Duration) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let before = cpu_of_named("postgres");
    let (spent, elapsed) = runtime.block_on(async {
        let first = connected(url).await?;
        first
            .batch_execute(
                "CREATE TABLE naive (id INT PRIMARY KEY, used BIGINT NOT NULL); INSERT INTO naive VALUES (1, 0)",
            )
            .await?;
        let mut clients_of = Vec::new();
        for _ in 0..clients {
            clients_of.push(connected(url).await?);
        }
        let begun = clock::now();
        let work = clients_of.into_iter().map(|client| async move {
            let update = client
                .prepare("UPDATE naive SET used = used + 1 WHERE id = 1 AND used + 1 <= 1000000000")
                .await?;
            let mut done = 0_u64;
            while clock::now().saturating_duration_since(begun) < time {
                done += client.execute(&update, &[]).await?;
            }
            Ok::<u64, anyhow::Error>(done)
        });
        let spent: u64 = futures_util::future::try_join_all(work).await?.into_iter().sum();
        let elapsed = clock::now().saturating_duration_since(begun);
        first.batch_execute("DROP TABLE naive").await?;
        Ok::<_, anyhow::Error>((spent, elapsed))
    })?;
    let database = cpu_of_named("postgres").saturating_sub(before);
    #[expect(clippy::cast_precision_loss, reason = "counts of updates are far below 2^52")]
    let count = spent as f64;
    let rate = count / elapsed.as_secs_f64();
    println!(
        "{:<46} {rate:>10.0} {rate:>10.0} {:>9} {:>9} {:>9} {:>9.1}",
        "naive: the row alone, no HTTP, no ledger",
        "",
        "",
        "",
        database.as_secs_f64() * 1e6 / count.max(1.0)
    );
    Ok(())
}

async fn connected(url: &str) -> Result<tokio_postgres::Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// What the rows say of a budget: uses in the ledger, and in the row that limits them.
fn rows_of(url: &str, budget: &Budget) -> Result<(u64, u64)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (ledger, used): (i64, i64) = runtime.block_on(async {
        let client = connected(url).await?;
        let ledger = client
            .query_one(
                "SELECT COALESCE(SUM(units), 0)::BIGINT FROM ledger WHERE grant_id = $1",
                &[&budget.grant],
            )
            .await?;
        let used = client
            .query_one(
                "SELECT COALESCE(SUM(executions), 0)::BIGINT FROM budget WHERE id LIKE '%' || $1 || '%'",
                &[&budget.grant],
            )
            .await?;
        Ok::<_, anyhow::Error>((ledger.get(0), used.get(0)))
    })?;
    Ok((u64::try_from(ledger)?, u64::try_from(used)?))
}

fn sums(url: &str, budget: &Budget, taken: u64) -> Result<()> {
    let (ledger, used) = rows_of(url, budget)?;
    println!("handed out {taken}, in the ledger {ledger}, in the budget's row {used}");
    ensure!(taken == ledger && ledger == used, "they differ");
    Ok(())
}

/// A budget that is too small for everybody: what was handed out of it.
fn overspent(world: &Prokura, nodes: &[SocketAddr], gateway: Machine, options: &Options, url: &str) -> Result<()> {
    const CAP: u64 = 3_000;
    let small = Budget::of(world, gateway, CAP)?;
    let feeds: Vec<Feed> = nodes
        .iter()
        .map(|_| small.feed(world, "/oauth2/consume", 1, 2_500))
        .collect();
    let seen = all(nodes, &feeds, options.clients, Duration::from_mins(1))?; // it ends with the requests
    let (ledger, used) = rows_of(url, &small)?;
    println!(
        "a budget of {CAP} on {} nodes: handed out {}, refused {}, in the ledger {ledger}, in the row {used}; overspent by {}",
        nodes.len(),
        seen.good,
        seen.bad,
        seen.good.saturating_sub(CAP)
    );
    ensure!(
        seen.good == CAP && ledger == CAP && used == CAP,
        "it must be exactly {CAP}"
    );
    Ok(())
}
