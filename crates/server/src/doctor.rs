//! Whether the node is well: for probes, and in words for operators.

use serde_json::json;

use crate::{
    fault::Stop,
    http::{
        entrance::Inbound,
        render::{Document, Outgoing},
    },
    surroundings::Stopwatch,
};

/// Commits that the doctor times.
const COMMITS: usize = 20;

/// The process answers.
pub(crate) fn live() -> Outgoing {
    Outgoing::Document(Document::text("live\n".to_owned()))
}

/// The database can be read, the committer answers, and the default tenant can sign.
pub(crate) async fn ready(inbound: &Inbound) -> Result<Outgoing, Stop> {
    let app = &inbound.app;
    app.store.tenants().await?;
    let now = inbound.at.now;
    if app.ready_written.swap(now.unix(), std::sync::atomic::Ordering::Relaxed) != now.unix() {
        app.store.replace_fact("ready", &inbound.at.request_id()).await?; // an empty change would pass on a full disk
    }
    let ring = app.keyring.ring(app, inbound.tenant.tenant()).await?;
    for algorithm in kernel::client::TOKEN_ALGORITHMS {
        ring.signer(*algorithm, inbound.at.now)?;
    }
    Ok(Outgoing::Document(Document::text("ready\n".to_owned())))
}

/// Every check with what was found: `ok`, `warning` or `failed`, in words.
pub(crate) async fn examine(inbound: &Inbound) -> Result<Outgoing, Stop> {
    let app = &inbound.app;
    let mut checks = Vec::new();
    let mut check =
        |name: &str, state: &str, found: String| checks.push(json!({ "check": name, "state": state, "found": found }));

    let mut commits = Vec::with_capacity(COMMITS);
    for turn in 0..COMMITS {
        let watch = Stopwatch::start();
        app.store
            .replace_fact("doctor", &format!("{} {turn}", inbound.at.request_id()))
            .await?; // a new value: the same again would write nothing
        commits.push(watch.microseconds());
    }
    commits.sort_unstable();
    let median = commits.get(COMMITS / 2).copied().unwrap_or(0);
    check(
        "database commit",
        if median > 20_000 { "warning" } else { "ok" },
        format!("half of {COMMITS} commits took at most {median} microseconds"),
    );

    let ring = app.keyring.ring(app, inbound.tenant.tenant()).await?;
    for algorithm in kernel::client::TOKEN_ALGORITHMS {
        match ring.signer(*algorithm, inbound.at.now) {
            Ok(signer) => {
                let since = ring
                    .records()
                    .iter()
                    .find(|record| Some(record.kid.as_str()) == signer.public_key().kid())
                    .map_or(0, |record| inbound.at.now.since(record.active_from));
                check(
                    "signing key",
                    if since > 2 * 86_400 { "warning" } else { "ok" },
                    format!("{algorithm}: signs since {} hours", since / 3_600),
                );
            }
            Err(fault) => check("signing key", "failed", format!("{algorithm}: {fault}")),
        }
    }

    let holes = app.store.streams_with_holes().await?;
    check(
        "audit streams",
        if holes == 0 { "ok" } else { "failed" },
        format!("{holes} streams have a hole"),
    );
    let issuer = &inbound.tenant.tenant().issuer; // never the installation's: another tenant may be asking
    let https = issuer.starts_with("https://");
    check(
        "issuer",
        if https { "ok" } else { "warning" },
        format!(
            "{issuer}{}",
            if https {
                ""
            } else {
                " is plain http: for development only"
            }
        ),
    );

    let worst = if checks.iter().any(|check| check["state"] == "failed") {
        "failed"
    } else {
        "ok"
    };
    let mut document = proof::json::Object::new();
    document.insert("state".to_owned(), worst.into());
    document.insert("checks".to_owned(), checks.into());
    Ok(Outgoing::Document(Document::json(document)))
}
