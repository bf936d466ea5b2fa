//! Which server, and by what right: flags, then the environment, then the development server of this folder.

use std::{io::Read, path::Path};

use anyhow::{Context, Result};
use proof::Secret;
use serde_json::Value;
use url::Url;

use super::{
    arguments::Global,
    console::Console,
    failure::{Exit, Failure},
};
use crate::config::is_loopback;

/// A tenant's admin API, and the right to use it.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) target: Target,
    pub(super) token: Secret<String>,
}

/// A server, and the tenant that is meant.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// Scheme, host and port.
    pub(super) server: Url,
    /// `None` is the default tenant.
    pub(super) tenant: Option<String>,
}

/// Where `prokura dev` says how it can be reached.
const READY: &str = ".prokura/ready.json";

/// Finds server, tenant and token.
pub(super) fn find(console: &Console<'_>) -> Result<Connection> {
    let found = Found::of(console)?;
    if found.development {
        console.say(&format!(
            "using the development server {} (from ./{READY})",
            found.target.server.origin().ascii_serialization()
        ));
    }
    let token = match own_token(console)? {
        Some(token) => token,
        None => found.token.ok_or_else(|| {
            Failure::new(Exit::Denied, "there is no administrator's token to use")
                .advice("give --token-file FILE, or set PROKURA_TOKEN; the first one is made by: prokura administrator bootstrap --config FILE --name NAME")
        })?,
    };
    Ok(Connection {
        target: found.target,
        token: Secret::new(checked(&token)?),
    })
}

/// Finds the server alone: a dry run needs no token.
pub(super) fn target(console: &Console<'_>) -> Result<Target> {
    Ok(Found::of(console)?.target)
}

/// Whether any server is named, by flag, by variable or by a development server.
pub(super) fn is_named(console: &Console<'_>) -> bool {
    named(console).is_some() || Path::new(READY).exists()
}

struct Found {
    target: Target,
    development: bool,
    token: Option<String>,
}

impl Found {
    fn of(console: &Console<'_>) -> Result<Self> {
        if let Some((address, from)) = named(console) {
            let target = parse(address, console.global)
                .with_context(|| format!("{from} names no server"))
                .map_err(|error| usage(&error))?;
            return Ok(Self {
                target,
                development: false,
                token: None,
            });
        }
        let text = std::fs::read_to_string(READY).map_err(|_| {
            Failure::new(Exit::Usage, "no server is named")
                .why(format!(
                    "neither --server nor PROKURA_SERVER is given, and there is no ./{READY}"
                ))
                .advice("give --server https://auth.example.com, or start a development server here: prokura dev")
        })?;
        let ready: Value = serde_json::from_str(&text)
            .with_context(|| format!("./{READY} cannot be read; start prokura dev again"))?;
        let issuer = ready
            .get("issuer")
            .and_then(Value::as_str)
            .with_context(|| format!("./{READY} names no issuer"))?;
        let target = parse(issuer, console.global)?;
        // A file in the present folder must not be able to send a token anywhere else.
        if !is_loopback(&target.server) {
            return Err(Failure::new(
                Exit::Usage,
                format!("./{READY} names {issuer}, which is not on this machine"),
            )
            .advice("name the server with --server")
            .into());
        }
        let token = ready
            .get("admin")
            .and_then(|admin| admin.get("token"))
            .and_then(Value::as_str)
            .map(str::to_owned);
        Ok(Self {
            target,
            development: true,
            token,
        })
    }
}

fn named<'a>(console: &Console<'a>) -> Option<(&'a str, &'static str)> {
    let flag = console.global.server.as_deref().map(|server| (server, "--server"));
    flag.or_else(|| {
        console
            .environment
            .get("PROKURA_SERVER")
            .map(|server| (server, "PROKURA_SERVER"))
    })
}

/// `https://host[:port]`, or the issuer of a tenant below it; plain http only to this machine.
fn parse(address: &str, global: &Global) -> Result<Target> {
    let url = Url::parse(address)
        .ok()
        .filter(Url::has_host)
        .context("write it as in https://auth.example.com")?;
    let plain =
        url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    anyhow::ensure!(plain, "write it as in https://auth.example.com: no user, no query");
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        "http" => {
            anyhow::bail!("plain http would show the token to the whole way; use https (http is for this machine only)")
        }
        other => anyhow::bail!("{other} is not https"),
    }
    let path = url.path().trim_end_matches('/');
    let in_path = match path.strip_prefix("/t/") {
        Some(id) if !id.is_empty() && !id.contains('/') => Some(id.to_owned()),
        None if path.is_empty() => None,
        Some(_) | None => anyhow::bail!("it has a path; give scheme, host and port, and the tenant with --tenant"),
    };
    let tenant = match (&global.tenant, in_path) {
        (Some(flag), Some(path)) if *flag != path => anyhow::bail!("it is tenant {path}'s, but --tenant says {flag}"),
        (flag, path) => path.or_else(|| flag.clone()),
    };
    if let Some(id) = &tenant {
        let like_one = id
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !id.is_empty();
        anyhow::ensure!(
            like_one,
            "a tenant's id has lower-case letters, digits and hyphens only"
        );
    }
    let mut server = url;
    server.set_path("/");
    Ok(Target {
        server,
        tenant: tenant.filter(|id| id != kernel::tenant::DEFAULT_TENANT),
    })
}

fn usage(error: &anyhow::Error) -> Failure {
    let causes: Vec<String> = error.chain().skip(1).map(ToString::to_string).collect();
    Failure::new(Exit::Usage, error.to_string()).why(causes.join(": "))
}

/// The token that was given for this call, if one was: never an argument, since others on the machine can read those.
fn own_token(console: &Console<'_>) -> Result<Option<String>> {
    let Some(file) = &console.global.token_file else {
        return Ok(console.environment.get("PROKURA_TOKEN").map(str::to_owned));
    };
    let unreadable = |error: std::io::Error| {
        Failure::new(Exit::Usage, format!("cannot read the token from {}", file.display())).why(error.to_string())
    };
    if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin()
            .lock()
            .take(64 * 1024)
            .read_to_string(&mut text)
            .map_err(unreadable)?;
        return Ok(Some(text));
    }
    Ok(Some(std::fs::read_to_string(file).map_err(unreadable)?))
}

fn checked(token: &str) -> Result<String> {
    let token = token.trim();
    if token.is_empty() || !token.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(Failure::new(Exit::Usage, "what was given is no token")
            .why("a token is one word of printable ASCII")
            .advice("look into the file that --token-file names")
            .into());
    }
    Ok(token.to_owned())
}
