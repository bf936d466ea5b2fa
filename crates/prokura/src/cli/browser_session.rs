//! `prokura browser-session`: where people are signed in.

use anyhow::Result;
use clap::{Args, Subcommand};
use kernel::browser_session::IDLE_SECONDS;
use serde_json::Value;

use super::{
    api::Call,
    arguments::Planned,
    console::Console,
    member::{text, time},
    person,
    table::Table,
    when,
};

#[derive(Debug, Subcommand)]
pub(super) enum BrowserSessionCommand {
    /// List where people are signed in
    List(ListArguments),
    /// End a browser session: whoever uses it must sign in again
    End(Named),
}

#[derive(Debug, Args)]
pub(super) struct ListArguments {
    /// Only those of this person
    #[arg(long, value_name = "LOGIN|ID")]
    user: Option<String>,
    /// Also those that have ended; not together with --user
    #[arg(long, conflicts_with = "user")]
    all: bool,
}

#[derive(Debug, Args)]
pub(super) struct Named {
    /// The id of the browser session
    #[arg(value_name = "SESSION")]
    id: String,
    #[command(flatten)]
    planned: Planned,
}

pub(super) async fn run(command: BrowserSessionCommand, console: &Console<'_>) -> Result<()> {
    match command {
        BrowserSessionCommand::List(arguments) => list(arguments, console).await,
        BrowserSessionCommand::End(Named { id, planned }) => {
            console.confirm(
                &format!("End browser session {id}? Whoever uses it must sign in again."),
                planned,
            )?;
            let call = Call::post(format!("end browser session {id}"), &["browser-sessions", &id, "end"]);
            match console.change(call, planned).await? {
                Some(document) => console.show(&document, &table(std::slice::from_ref(&document), console.now).text()),
                None => Ok(()),
            }
        }
    }
}

async fn list(arguments: ListArguments, console: &Console<'_>) -> Result<()> {
    let api = console.api()?;
    let doing = "list browser sessions";
    let mut call = Call::get(doing, &["browser-sessions"]);
    if let Some(user) = &arguments.user {
        call = call.query("user", person::id(&api, doing, user).await?);
    }
    let mut sessions = api.list(&call, "browser_sessions").await?;
    if !arguments.all {
        sessions.retain(|session| is_open(session, console.now));
    }
    let table = table(&sessions, console.now);
    console.list("browser_sessions", sessions, &table, "nobody is signed in")
}

/// Browser sessions as a table.
pub(super) fn table(sessions: &[Value], now: i64) -> Table {
    let mut table = Table::new(&[
        "SESSION",
        "USER",
        "SIGNED IN BY",
        "SIGNED IN",
        "LAST SEEN",
        "BROWSER",
        "STATE",
    ]);
    let ago = |session: &Value, name: &str| {
        time(session, name)
            .map(|at| when::relative(at, now))
            .unwrap_or_default()
    };
    for session in sessions {
        table.row(&[
            text(session, "id"),
            text(session, "user_id"),
            text(session, "method").replace('_', " "),
            ago(session, "signed_in_at"),
            ago(session, "last_seen_at"),
            text(session, "browser"),
            if is_open(session, now) { "open" } else { "ended" }.to_owned(),
        ]);
    }
    table
}

/// Whether it counts: it was not ended, and has not ended by itself.
pub(super) fn is_open(session: &Value, now: i64) -> bool {
    let seen = time(session, "last_seen_at").unwrap_or(now);
    time(session, "ended_at").is_none()
        && time(session, "expires_at").is_none_or(|end| end > now)
        && seen.saturating_add(IDLE_SECONDS) > now
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::is_open;

    #[test]
    fn a_session_is_open_until_it_was_ended_is_over_or_was_long_unused() {
        let session = json!({ "last_seen_at": 1_000, "expires_at": 2_000_000 });
        let mut ended = session.clone();
        ended["ended_at"] = 1_001.into();
        // A day without use ends it (86,400 s).
        for (session, now, open) in [
            (&session, 1_001, true),
            (&session, 87_399, true),
            (&session, 87_400, false),
            (&session, 2_000_000, false),
            (&ended, 1_001, false),
        ] {
            assert_eq!(is_open(session, now), open, "{session} at {now}");
        }
    }
}
