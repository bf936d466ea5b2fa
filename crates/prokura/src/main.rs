//! The binary: `dev`, `serve`, and the commands that administer a server. Thin: what can be decided is decided in other rooms.
//!
//! This file reads the environment, and no other file of the crate does.

mod cli;
mod config;
mod dev;
mod log;
mod node;
mod serve;

use std::{collections::BTreeMap, fmt, process::ExitCode};

/// Requests are many small allocations: with the system's allocator they were an eighth of a token's cost.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let environment = Environment::read();
    let arguments = match cli::parse() {
        Ok(arguments) => arguments,
        Err(ended) => return ended,
    };
    // It fails only when a provider is installed already, and there is only this one.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let format = arguments.format();
    let outcome = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(cli::run(arguments, &environment)),
        Err(error) => Err(error.into()),
    };
    cli::finish(outcome, format)
}

/// What the environment said when the process started.
#[derive(Clone, Default)]
pub(crate) struct Environment {
    variables: BTreeMap<String, String>,
    program: String,
}

impl Environment {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the environment"
    )]
    fn read() -> Self {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self {
            variables: std::env::vars_os().filter_map(text).collect(),
            program: std::env::args().next().unwrap_or_else(|| "prokura".to_owned()),
        }
    }

    /// What the person typed to start us: hints repeat it, so that they can be copied.
    pub(crate) fn program(&self) -> &str {
        &self.program
    }

    /// A variable; an empty one counts as not set.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// The variables whose names start so, in the order of their names.
    pub(crate) fn starting_with(&self, prefix: &str) -> impl Iterator<Item = (&str, &str)> {
        self.variables
            .iter()
            .filter(move |(name, _)| name.starts_with(prefix))
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment").finish_non_exhaustive() // variables hold secrets
    }
}

#[cfg(test)]
impl Environment {
    /// An environment that exists only in a test.
    pub(crate) fn of(variables: &[(&str, &str)]) -> Self {
        Self {
            variables: variables
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            program: "prokura".to_owned(),
        }
    }
}
