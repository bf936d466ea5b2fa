//! `prokura config`.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::json;

use super::{
    console::{Console, print},
    table::Table,
};
use crate::config::{Config, EXAMPLE};

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Check a configuration, and print every value with where it comes from
    #[command(
        after_help = "It reads the file and the environment, and opens nothing that they name: prokura doctor --config FILE does."
    )]
    Check(CheckArguments),
    /// Print a configuration with comments, to start from
    Example,
}

#[derive(Debug, Args)]
pub(super) struct CheckArguments {
    /// The configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

pub(super) fn run(command: ConfigCommand, console: &Console<'_>) -> Result<()> {
    match command {
        ConfigCommand::Example => print(EXAMPLE),
        ConfigCommand::Check(CheckArguments { config: file }) => {
            let config = Config::load(&file, console.environment)?;
            let mut table = Table::new(&["KEY", "VALUE", "FROM"]);
            let mut settings = Vec::new();
            for one in config.effective {
                settings.push(json!({ "key": one.key, "value": one.shown, "from": one.origin }));
                table.row(&[one.key, one.shown, one.origin]);
            }
            console.show(
                &json!({ "file": file.display().to_string(), "settings": settings }),
                &table.text(),
            )?;
            console.say(&format!("{} is fine", file.display()));
            Ok(())
        }
    }
}
