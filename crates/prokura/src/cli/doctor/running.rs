//! A running server: does it answer, does it know its own name, do its clock and ours agree, and what does its own doctor say.

use anyhow::Result;
use reqwest::header::DATE;
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc2822};

use super::{Findings, State};
use crate::cli::{
    api::{Api, Call, http, unreachable},
    connection::{self, Target},
    console::Console,
    failure::{Exit, Failure, brief},
    member::{items, text},
};

/// How far two clocks may be apart before proofs and assertions fail.
const CLOCK_SECONDS_MAX: u64 = 5;

/// Examines the server that is named.
pub(super) async fn examine(console: &Console<'_>, findings: &mut Findings) -> Result<()> {
    let target = connection::target(console)?;
    if !ready(&target, console, findings).await? {
        return Ok(());
    }
    metadata(&target, findings).await?;
    let (asked, without_token) = match console.api() {
        Ok(api) => (own_checks(&api, findings).await, State::Failed),
        Err(error) => (Err(error), State::Warning),
    };
    if let Err(error) = asked {
        let state = match error.downcast_ref::<Failure>().map(|failure| failure.exit) {
            Some(Exit::Unavailable) => State::Silent,
            Some(Exit::Denied) => without_token,
            Some(_) | None => State::Failed,
        };
        findings.note("its own checks", state, brief(&error));
    }
    Ok(())
}

async fn ready(target: &Target, console: &Console<'_>, findings: &mut Findings) -> Result<bool> {
    let url = target.server.join("/health/ready")?;
    let answer = match http()?.get(url).send().await {
        Ok(answer) => answer,
        Err(error) => {
            findings.note(
                "server",
                State::Silent,
                brief(&unreachable("ask the server", target, &error).into()),
            );
            return Ok(false);
        }
    };
    let server = target.server.origin().ascii_serialization();
    let status = answer.status();
    if !status.is_success() {
        let document: Value = answer
            .text()
            .await
            .ok()
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default();
        let said = text(&document, "error_description");
        findings.note(
            "server",
            State::Failed,
            format!(
                "{server} answers, and is not ready: HTTP status {}{}{said}",
                status.as_u16(),
                if said.is_empty() { "" } else { ": " }
            ),
        );
        return Ok(true);
    }
    findings.note("server", State::Ok, format!("{server} is ready"));
    let date = answer
        .headers()
        .get(DATE)
        .and_then(|date| date.to_str().ok())
        .and_then(|date| OffsetDateTime::parse(date, &Rfc2822).ok());
    if let Some(date) = date {
        let apart = date.unix_timestamp().abs_diff(console.now);
        findings.note(
            "clocks",
            if apart > CLOCK_SECONDS_MAX {
                State::Warning
            } else {
                State::Ok
            },
            format!("the server's and this machine's are {apart} seconds apart"),
        );
    }
    Ok(true)
}

/// Clients compare the issuer with the address they asked, byte for byte (RFC 8414 s3.3).
async fn metadata(target: &Target, findings: &mut Findings) -> Result<()> {
    let server = target.server.origin().ascii_serialization();
    let issuer = target
        .tenant
        .as_ref()
        .map_or_else(|| server.clone(), |id| format!("{server}/t/{id}"));
    let path = target.tenant.as_ref().map_or_else(String::new, |id| format!("/t/{id}"));
    let url = target
        .server
        .join(&format!("/.well-known/oauth-authorization-server{path}"))?;
    let document: Option<Value> = match http()?.get(url).send().await {
        Ok(answer) if answer.status().is_success() => answer
            .text()
            .await
            .ok()
            .and_then(|text| serde_json::from_str(&text).ok()),
        Ok(_) | Err(_) => None,
    };
    match document.map(|document| text(&document, "issuer")) {
        Some(named) if named == issuer => findings.note("metadata", State::Ok, format!("names {issuer}")),
        Some(named) => findings.note(
            "metadata",
            State::Warning,
            format!("asked under {issuer}, it names {named}; clients must use that one"),
        ),
        None => findings.note("metadata", State::Failed, format!("there is none for {issuer}")),
    }
    Ok(())
}

async fn own_checks(api: &Api, findings: &mut Findings) -> Result<()> {
    let document = api.send(&Call::get("ask the server's doctor", &["doctor"])).await?;
    for check in items(&document, "checks") {
        let state = match text(check, "state").as_str() {
            "ok" => State::Ok,
            "warning" => State::Warning,
            _ => State::Failed,
        };
        findings.note(text(check, "check"), state, text(check, "found"));
    }
    Ok(())
}
