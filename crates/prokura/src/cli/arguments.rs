//! What can be typed.

use std::{path::PathBuf, process::ExitCode, str::FromStr};

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use super::{
    administrator::AdministratorCommand, approval::ApprovalCommand, browser_session::BrowserSessionCommand,
    capability::CapabilityCommand, client::ClientCommand, configuration::ConfigCommand, consent::ConsentCommand,
    detail_type::DetailTypeCommand, docs::DocsArguments, doctor::DoctorArguments, event::EventCommand,
    failure::EXIT_CODES, grant::GrantCommand, group::GroupCommand, key::KeyCommand, policy::PolicyCommand,
    resource::ResourceCommand, tenant::TenantCommand, user::UserCommand,
};
use crate::{dev::DevArguments, serve::ServeArguments};

/// Prokura: who may act for whom, how far, and whether it still stands. An authorization server for AI agents.
#[derive(Debug, Parser)]
#[command(
    name = "prokura",
    version,
    about = "An authorization server for AI agents: who may act for whom, how far, and whether it still stands",
    after_help = EXIT_CODES,
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

impl Arguments {
    /// How data and errors are printed.
    pub(crate) const fn format(&self) -> Format {
        self.global.output
    }
}

/// What every command takes.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Global {
    #[arg(
        long,
        global = true,
        value_name = "URL",
        help = "The server to administer [env: PROKURA_SERVER]; without it, the development server of this folder"
    )]
    pub(super) server: Option<String>,
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help = "A file with an administrator's token, - for standard input [env: PROKURA_TOKEN, the token itself]"
    )]
    pub(super) token_file: Option<PathBuf>,
    /// The tenant to administer; the default one if absent
    #[arg(long, global = true, value_name = "ID")]
    pub(super) tenant: Option<String>,
    /// How to print: tables for people, JSON with stable members for programs (errors too, on standard error)
    #[arg(long, global = true, value_name = "FORMAT", value_enum, default_value = "table")]
    pub(super) output: Format,
    /// Say nothing but data and errors
    #[arg(long, short, global = true)]
    pub(super) quiet: bool,
    /// Do not ask before something that hurts; only at a terminal is anything asked
    #[arg(long, short, global = true)]
    pub(super) yes: bool,
}

/// How data is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    // Possible values have no documentation of their own: clap would then print every option of a command twice as long.
    Table,
    Json,
}

/// What every change takes.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct Planned {
    /// Print the request that would be sent, and send nothing
    #[arg(long)]
    pub(super) dry_run: bool,
}

/// Reads a whole number.
pub(super) fn number<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse()
        .map_err(|_| "a whole number, as in 5, within its limits".to_owned())
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Start a complete server on this machine, with demo clients and a demo MCP server, to try things out
    Dev(DevArguments),
    /// Start a server in production, from a configuration
    Serve(ServeArguments),
    /// Check a configuration, or print an example of one
    #[command(subcommand, subcommand_required = true, arg_required_else_help = true)]
    Config(ConfigCommand),
    /// Register clients (the agents and programs that get tokens), and change, disable or show them
    #[command(subcommand, subcommand_required = true, arg_required_else_help = true)]
    Client(ClientCommand),
    /// Register resources (the APIs and MCP servers that tokens are for), and disable or list them
    #[command(subcommand, subcommand_required = true, arg_required_else_help = true)]
    Resource(ResourceCommand),
    /// Give a client power to act, narrow it, show it, take it back
    #[command(subcommand, subcommand_required = true, arg_required_else_help = true)]
    Grant(GrantCommand),
    /// Enter people, change, disable or show them, and give them a way to sign in
    #[command(subcommand, subcommand_required = true, arg_required_else_help = true)]
    User(UserCommand),
    /// Make groups and roles of people, list and remove them
    #[command(subcommand, subcommand_required = true, arg_required_else_help = true)]
    Group(GroupCommand),
    /// Decide for everybody or a group what clients may do: allow without asking, or forbid
    #[command(subcommand, subcommand_required = true, arg_required_else_help = true)]
    Consent(ConsentCommand),
    /// Show what was asked of people and their answers, and end what waits
    #[command(subcommand, subcommand_required = true, arg_required_else_help = true)]
    Approval(ApprovalCommand),
    /// Register types of authorization details (what exactly is asked, RFC 9396): their form, their words for people, and what is less than what
    #[command(subcommand, subcommand_required = true, arg_required_else_help = true)]
    DetailType(DetailTypeCommand),
    /// Check, test and explain Cedar policies before anybody is held to them, and apply them
    #[command(subcommand, subcommand_required = true, arg_required_else_help = true)]
    Policy(PolicyCommand),
    /// List, enter and take out capabilities (the named kinds of action that policies speak of)
    #[command(subcommand, subcommand_required = true, arg_required_else_help = true)]
    Capability(CapabilityCommand),
    /// List where people are signed in, and end it
    #[command(subcommand, subcommand_required = true, arg_required_else_help = true)]
    BrowserSession(BrowserSessionCommand),
    /// Make tenants (isolated worlds with their own issuer, keys and clients), and change, disable or list them
    #[command(subcommand, subcommand_required = true, arg_required_else_help = true)]
    Tenant(TenantCommand),
    /// List and rotate signing keys, or make the key that encrypts them
    #[command(subcommand, subcommand_required = true, arg_required_else_help = true)]
    Key(KeyCommand),
    /// Read the audit log, or watch it
    #[command(subcommand, subcommand_required = true, arg_required_else_help = true)]
    Event(EventCommand),
    /// Make administrators' tokens (the first one straight from the configuration), list and end them
    #[command(subcommand, subcommand_required = true, arg_required_else_help = true)]
    Administrator(AdministratorCommand),
    /// Look whether a server, or a configuration, is well
    Doctor(DoctorArguments),
    /// Write the pages that are generated from the code
    #[command(hide = true)]
    Docs(DocsArguments),
}

/// Reads the command line; help, version and wrong usage end the process here.
pub(crate) fn parse() -> Result<Arguments, ExitCode> {
    let parsed = command()
        .try_get_matches()
        .and_then(|mut matches| Arguments::from_arg_matches_mut(&mut matches));
    parsed.map_err(|ended| {
        let code = u8::try_from(ended.exit_code()).unwrap_or(2);
        drop(ended.print()); // nobody is left to tell
        ExitCode::from(code)
    })
}

/// The grammar. What starts a server has no use for the options that say which server to ask: its help leaves them out.
fn command() -> clap::Command {
    let top = Arguments::command();
    let hidden: Vec<clap::Arg> = top
        .get_arguments()
        .filter(|one| one.is_global_set())
        .map(|one| one.clone().hide(true))
        .collect();
    ["dev", "serve", "config"]
        .into_iter()
        .fold(top, |top, name| top.mut_subcommand(name, |one| one.args(&hidden)))
}

#[cfg(test)]
mod tests {

    #[test]
    fn the_grammar_is_sound_and_every_command_and_option_says_what_it_does() {
        let mut top = super::command();
        top.build();
        top.clone().debug_assert();
        let mut left = vec![top];
        while let Some(command) = left.pop() {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            for argument in command.get_arguments() {
                assert!(
                    argument.get_help().is_some(),
                    "{} {}",
                    command.get_name(),
                    argument.get_id()
                );
            }
            left.extend(command.get_subcommands().cloned());
        }
    }
}
