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
    secret::Secrets,
    when,
};
use crate::{config::Config, node::Node, serve};

#[derive(Debug, Subcommand)]
pub(super) enum AdministratorCommand {
    /// Make an administrator's token, printed this once
    #[command(after_help = "\
Example:
  prokura --tenant acme administrator create --name ops --expires-in 90d --out acme.token")]
    Create(CreateArguments),
    /// Make the first administrator of an installation, straight in its database; printed this once
    #[command(after_help = "\
For whoever holds the configuration: it needs the database and the key-encryption key, and no server.
The token reaches the whole installation.

Example:
  prokura administrator bootstrap --config prokura.toml --name ops --out admin.token")]
    Bootstrap(BootstrapArguments),
}

#[derive(Debug, Args)]
pub(super) struct CreateArguments {
    /// A name, for people
    #[arg(long, value_name = "NAME")]
    name: String,
    /// How far it reaches: the tenant that --tenant names (or the default one), or every tenant and tenants themselves
    #[arg(long, value_enum, value_name = "REACH", default_value = "tenant")]
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
    Tenant,
    Installation,
}

pub(super) async fn run(command: AdministratorCommand, console: &Console<'_>) -> Result<()> {
    match command {
        AdministratorCommand::Create(arguments) => create(arguments, console).await,
        AdministratorCommand::Bootstrap(arguments) => bootstrap(arguments, console).await,
    }
}

async fn create(arguments: CreateArguments, console: &Console<'_>) -> Result<()> {
    let CreateArguments { name, reach, expires_in, secrets, planned } = arguments;
    let mut body = Map::new();
    body.insert("name".to_owned(), name.as_str().into());
    let reach = match reach {
        Reach::Tenant => "tenant",
        Reach::Installation => "installation",
    };
    body.insert("reach".to_owned(), reach.into());
    insert_if(&mut body, "lifetime_seconds", expires_in.map(Value::from));
    let place = secrets.reserve(planned)?;
    let call = Call::post(format!("create administrator {name}"), &["administrators"]).body(Value::Object(body));
    let Some(document) = place.or_give_up(console.change(call, planned).await)? else { return Ok(()) };
    let ends = time(&document, "expires_at").map_or_else(|| "never ends".to_owned(), |at| format!("ends {}", when::both(at, console.now)));
    console.say(&format!("administrator {} ({}), reach {}, {ends}", text(&document, "id"), text(&document, "name"), text(&document, "reach")));
    place.token(&document, &text(&document, "token"), console)
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
    console.say(&format!("administrator {name} of the whole installation {}", config.origin));
    place.token(&json!({ "name": name, "reach": "installation", "token": made.administrator_token }), &made.administrator_token, console)
}
