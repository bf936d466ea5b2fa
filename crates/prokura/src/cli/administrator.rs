//! `prokura administrator`.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value, json};
use server::OriginRule;

use super::{
    api::Call,
    arguments::Planned,
    client::insert_if,
    console::Console,
    failure::{Exit, Failure},
    member::{text, time},
    secret::{Secrets, TokenUse},
    table::Table,
    when,
};
use crate::{config::Config, node::Node, serve};

#[derive(Debug, Subcommand)]
pub(super) enum AdministratorCommand {
    /// Make an administrator's token, printed this once
    #[command(after_help = "\
Examples:
  prokura --tenant acme administrator create --name ops --expires-in 90d --out acme.token
  prokura administrator create --name 'CI runners' --reach registration --expires-in 30d --out initial.token")]
    Create(CreateArguments),
    /// List the administrators of a tenant, those whose token has ended too
    List,
    /// End an administrator's token now
    Revoke(Named),
    /// Make the first administrator of an installation, straight in its database; printed this once
    #[command(after_help = "\
For whoever holds the configuration: it needs the database and the key-encryption key, and no server.
The token reaches the whole installation.

Example:
  prokura administrator bootstrap --config prokura.toml --name ops --out admin.token")]
    Bootstrap(BootstrapArguments),
}

#[derive(Debug, Args)]
pub(super) struct Named {
    /// The administrator's id
    administrator: String,
    #[command(flatten)]
    planned: Planned,
}

#[derive(Debug, Args)]
pub(super) struct CreateArguments {
    /// A name, for people
    #[arg(long, value_name = "NAME")]
    name: String,
    #[arg(
        long,
        value_enum,
        value_name = "REACH",
        default_value = "tenant",
        help = "How far it reaches: the tenant that --tenant names (or the default one); every tenant and tenants themselves; or registration, an initial access token (RFC 7591), by which clients of the tenant register themselves and nothing else can be done"
    )]
    reach: Reach,
    /// When the token ends, as in 12h or 90d from now; never if absent
    #[arg(long, value_name = "TIME", value_parser = when::duration)]
    expires_in: Option<i64>,
    #[command(flatten)]
    secrets: Secrets,
    #[command(flatten)]
    planned: Planned,
}

#[derive(Debug, Args)]
pub(super) struct BootstrapArguments {
    /// The configuration of the installation
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// A name, for people
    #[arg(long, value_name = "NAME")]
    name: String,
    #[command(flatten)]
    secrets: Secrets,
}

/// How far an administrator reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Reach {
    Registration,
    Tenant,
    Installation,
}

pub(super) async fn run(command: AdministratorCommand, console: &Console<'_>) -> Result<()> {
    match command {
        AdministratorCommand::Create(arguments) => create(arguments, console).await,
        AdministratorCommand::List => list(console).await,
        AdministratorCommand::Revoke(Named { administrator, planned }) => {
            let question =
                format!("End the token of administrator {administrator}? Whoever uses it is locked out at once.");
            console.confirm(&question, planned)?;
            let doing = format!("revoke administrator {administrator}");
            let call = Call::post(doing, &["administrators", &administrator, "revoke"]);
            match console.change(call, planned).await? {
                Some(document) => console.show(&document, &table(std::slice::from_ref(&document), console.now).text()),
                None => Ok(()),
            }
        }
        AdministratorCommand::Bootstrap(arguments) => bootstrap(arguments, console).await,
    }
}

async fn create(arguments: CreateArguments, console: &Console<'_>) -> Result<()> {
    let CreateArguments {
        name,
        reach,
        expires_in,
        secrets,
        planned,
    } = arguments;
    let mut body = Map::new();
    body.insert("name".to_owned(), name.as_str().into());
    let (reach_name, use_of_it) = match reach {
        Reach::Registration => ("registration", REGISTERS),
        Reach::Tenant => ("tenant", ADMINISTERS),
        Reach::Installation => ("installation", ADMINISTERS),
    };
    body.insert("reach".to_owned(), reach_name.into());
    insert_if(&mut body, "lifetime_seconds", expires_in.map(Value::from));
    let place = secrets.reserve(planned)?;
    let call = Call::post(format!("create administrator {name}"), &["administrators"]).body(Value::Object(body));
    let Some(document) = place.or_give_up(console.change(call, planned).await)? else {
        return Ok(());
    };
    let ends = time(&document, "expires_at").map_or_else(
        || "never ends".to_owned(),
        |at| format!("ends {}", when::both(at, console.now)),
    );
    console.say(&format!(
        "administrator {} ({}), reach {}, {ends}",
        text(&document, "id"),
        text(&document, "name"),
        text(&document, "reach")
    ));
    place.token(&document, &text(&document, "token"), use_of_it, console)
}

const ADMINISTERS: TokenUse = TokenUse {
    power: "administers what it reaches",
    by: "use it with --token-file",
};
const REGISTERS: TokenUse = TokenUse {
    power: "can register clients, where the tenant's rule is initial_token or open",
    by: "a client sends it to /oauth2/register as Authorization: Bearer",
};

async fn list(console: &Console<'_>) -> Result<()> {
    let call = Call::get("list administrators", &["administrators"]);
    let found = console.api()?.list(&call, "administrators").await?;
    let table = table(&found, console.now);
    console.list(
        "administrators",
        found,
        &table,
        "no administrators; one of the installation belongs to the default tenant",
    )
}

fn table(administrators: &[Value], now: i64) -> Table {
    let mut table = Table::new(&["ADMINISTRATOR", "NAME", "REACH", "CREATED", "ENDS"]);
    for one in administrators {
        table.row(&[
            text(one, "id"),
            text(one, "name"),
            text(one, "reach"),
            time(one, "created_at")
                .map(|at| when::relative(at, now))
                .unwrap_or_default(),
            match time(one, "expires_at") {
                None => "never".to_owned(),
                Some(at) if at <= now => format!("ended {}", when::relative(at, now)),
                Some(at) => when::relative(at, now),
            },
        ]);
    }
    table
}

async fn bootstrap(arguments: BootstrapArguments, console: &Console<'_>) -> Result<()> {
    let BootstrapArguments { config, name, secrets } = arguments;
    if name.trim().is_empty() || name.chars().count() > 128 || name.chars().any(char::is_control) {
        return Err(Failure::new(Exit::Usage, "--name has 1 to 128 characters, and no control characters").into());
    }
    let config = Config::load(&config, console.environment)?;
    let parts = serve::parts(&config, OriginRule::MustMatch, console.environment)?;
    let place = secrets.reserve(Planned { dry_run: false })?;
    let node = place.or_give_up(serve::start(parts).await)?;
    let made = node.app.bootstrap(&name).await;
    let finished = Node::finish(node).await;
    let made = place.or_give_up(made.map_err(anyhow::Error::from))?;
    place.or_give_up(finished)?;
    console.say(&format!(
        "administrator {name} of the whole installation {}",
        config.origin
    ));
    place.token(
        &json!({ "name": name, "reach": "installation", "token": made.administrator_token }),
        &made.administrator_token,
        ADMINISTERS,
        console,
    )
}
