//! Scopes that somebody typed: a slip gives nothing and forbids nothing, and looks as if it did.

use std::collections::BTreeSet;

use anyhow::Result;
use serde_json::Value;

use super::{api::Call, console::Console};

/// Scopes of our own endpoints (OpenID Connect Core s5.4, s11); every other one belongs to a resource.
const OWN: &[&str] = &["openid", "profile", "email", "address", "phone", "offline_access"];

/// Says which of these scopes no registered resource has. It is no error: the resource may be registered later.
pub(super) async fn warn_of_unknown<'s>(
    scopes: impl IntoIterator<Item = &'s str>,
    console: &Console<'_>,
) -> Result<()> {
    let asked: BTreeSet<&str> = scopes.into_iter().filter(|scope| !OWN.contains(scope)).collect();
    if asked.is_empty() {
        return Ok(());
    }
    let resources = console
        .api()?
        .list(&Call::get("list resources", &["resources"]), "resources")
        .await?;
    let known: BTreeSet<&str> = resources
        .iter()
        .filter_map(|resource| resource.get("scopes").and_then(Value::as_object))
        .flat_map(|scopes| scopes.keys().map(String::as_str))
        .collect();
    let unknown: Vec<&str> = asked.difference(&known).copied().collect();
    if !unknown.is_empty() {
        console.say(&format!(
            "warning: no resource that is registered here has the scope {}; prokura resource list shows what there is",
            unknown.join(", ")
        ));
    }
    Ok(())
}
