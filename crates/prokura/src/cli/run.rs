//! From arguments to a command, and from its outcome to an exit code.

use std::process::ExitCode;

use anyhow::Result;
use server::Surroundings;

use super::{
    administrator, approval,
    arguments::{Arguments, Command, Format},
    browser_session, capability, client, configuration, consent,
    console::{Console, complain},
    detail_type, docs, doctor, event,
    failure::{Exit, reader_left, told},
    grant, group, key, policy, resource, tenant, user,
};
use crate::{
    Environment,
    config::{LogFormat, LogSettings},
    dev, log, serve,
};

/// Runs a command.
pub(crate) async fn run(arguments: Arguments, environment: &Environment) -> Result<Exit> {
    let console = Console {
        global: &arguments.global,
        environment,
        now: Surroundings::System.now().unix(),
    };
    match arguments.command {
        Command::Serve(arguments) => serve::run(arguments, environment).await?,
        Command::Dev(arguments) => {
            warnings_only(environment)?;
            dev::run(arguments, environment.program()).await?;
        }
        Command::Config(command) => configuration::run(command, &console)?,
        Command::Client(command) => client::run(command, &console).await?,
        Command::Resource(command) => resource::run(command, &console).await?,
        Command::Grant(command) => grant::run(command, &console).await?,
        Command::User(command) => user::run(command, &console).await?,
        Command::Group(command) => group::run(command, &console).await?,
        Command::Consent(command) => consent::run(command, &console).await?,
        Command::Approval(command) => approval::run(command, &console).await?,
        Command::DetailType(command) => detail_type::run(command, &console).await?,
        Command::Policy(command) => return policy::run(command, &console).await,
        Command::Capability(command) => capability::run(command, &console).await?,
        Command::BrowserSession(command) => browser_session::run(command, &console).await?,
        Command::Tenant(command) => tenant::run(command, &console).await?,
        Command::Key(command) => key::run(command, &console).await?,
        Command::Event(command) => event::run(command, &console).await?,
        Command::Administrator(command) => {
            warnings_only(environment)?;
            administrator::run(command, &console).await?;
        }
        Command::Doctor(arguments) => {
            warnings_only(environment)?;
            return doctor::run(arguments, &console).await;
        }
        Command::Docs(arguments) => docs::run(&arguments)?,
    }
    Ok(Exit::Done)
}

/// Logs of commands that run parts of a server but are read by people.
fn warnings_only(environment: &Environment) -> Result<()> {
    log::start(
        &LogSettings {
            format: LogFormat::Text,
            level: "warn".to_owned(),
        },
        environment,
    )
}

/// Tells how it ended.
pub(crate) fn finish(outcome: Result<Exit>, format: Format) -> ExitCode {
    match outcome {
        Ok(exit) => ExitCode::from(exit as u8),
        Err(error) if reader_left(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let (exit, text) = told(&error, format);
            complain(&text);
            ExitCode::from(exit as u8)
        }
    }
}
