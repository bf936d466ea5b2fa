//! `prokura event`: the audit log, listed and followed.

use std::{collections::BTreeSet, time::Duration};

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::Value;

use super::{
    api::{Api, Call, PAGE_ROWS},
    arguments::{Format, number},
    console::{self, Console},
    failure::{Exit, Failure},
    member::{items, text, time},
    table::Table,
    visible, when,
};

#[derive(Debug, Subcommand)]
pub(super) enum EventCommand {
    /// List the latest entries of the audit log, the newest last
    #[command(after_help = "\
Examples:
  prokura event list --about report-agent
  prokura event list --kind token. --limit 500
  prokura event list --watch --output json")]
    List(ListArguments),
}

#[derive(Debug, Args)]
pub(super) struct ListArguments {
    /// How many entries at most
    #[arg(long, value_name = "N", value_parser = number::<usize>, default_value_t = 50)]
    limit: usize,
    /// Only entries whose kind starts so, as in token.issued or client.
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// Only entries that are about this id, or whose actor has it
    #[arg(long, value_name = "ID")]
    about: Option<String>,
    /// Go on printing new entries as they come, until interrupted; JSON is one entry a line then
    #[arg(long)]
    watch: bool,
}

/// How often the log is asked for news.
const PAUSE: Duration = Duration::from_millis(500);

pub(super) async fn run(command: EventCommand, console: &Console<'_>) -> Result<()> {
    let EventCommand::List(arguments) = command;
    let api = console.api()?;
    if !arguments.watch {
        let events = latest(&api, &arguments).await?;
        let table = table(&events);
        return console.list("events", events, &table, "no such entries");
    }
    let mut seen = Seen::default();
    seen.news(&api).await?; // where to begin
    for event in latest(&api, &arguments).await? {
        seen.see(&event);
        print(&event, console)?;
    }
    let mut silent = false;
    loop {
        tokio::time::sleep(PAUSE).await;
        match seen.news(&api).await {
            Ok(events) => {
                silent = false;
                for event in events.iter().filter(|event| arguments.wants(event)) {
                    print(event, console)?;
                }
            }
            // A server that starts again is worth waiting for.
            Err(error)
                if error
                    .downcast_ref::<Failure>()
                    .is_some_and(|failure| failure.exit == Exit::Unavailable) =>
            {
                if !silent {
                    console.say(&format!("{error}; waiting for it"));
                }
                silent = true;
            }
            Err(error) => return Err(error),
        }
    }
}

impl ListArguments {
    fn wants(&self, event: &Value) -> bool {
        let kind = self
            .kind
            .as_ref()
            .is_none_or(|kind| text(event, "kind").starts_with(kind));
        let about = self
            .about
            .as_ref()
            .is_none_or(|id| text(event, "about") == *id || text(event, "actor") == *id);
        kind && about
    }
}

/// The latest entries that are wanted, oldest first.
async fn latest(api: &Api, arguments: &ListArguments) -> Result<Vec<Value>> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let (events, next) = page(api, after.as_deref(), PAGE_ROWS.min(arguments.limit.max(1))).await?;
        found.extend(events.into_iter().filter(|event| arguments.wants(event)));
        if found.len() >= arguments.limit || next.is_none() {
            break;
        }
        after = next;
    }
    found.truncate(arguments.limit);
    found.reverse();
    Ok(found)
}

/// One page, newest first, and where the next one starts.
async fn page(api: &Api, after: Option<&str>, rows: usize) -> Result<(Vec<Value>, Option<String>)> {
    let mut call = Call::get("read the audit log", &["events"]).query("limit", rows.to_string());
    if let Some(after) = after {
        call = call.query("after", after);
    }
    let document = api.send(&call).await?;
    let next = document.get("next").and_then(Value::as_str).map(str::to_owned);
    Ok((items(&document, "events").to_vec(), next))
}

/// Entries of the last seconds that were seen. The log is listed by time, and a node whose clock is a little behind, or whose commit took a while,
/// still writes below the newest entry: so a short stretch is read again, and what was seen is left out.
#[derive(Debug, Default)]
struct Seen {
    places: BTreeSet<(i64, Option<(String, i64)>)>,
}

/// How far back is read again, in seconds.
const OVERLAP_SECONDS: i64 = 5;

impl Seen {
    /// What came since the last time, in the order of time.
    async fn news(&mut self, api: &Api) -> Result<Vec<Value>> {
        let floor = self.floor();
        let mut found = Vec::new();
        let mut after = None;
        loop {
            let (events, next) = page(api, after.as_deref(), 100).await?;
            let old = |event: &Value| time(event, "at").is_none_or(|at| at < floor);
            let reached = events.last().is_none_or(old);
            found.extend(events.into_iter().filter(|event| !old(event) && self.see(event)));
            if reached || next.is_none() || floor == i64::MIN {
                break; // at the first look, the newest page says where to begin
            }
            after = next;
        }
        let floor = self.floor();
        self.places.retain(|(at, _)| *at >= floor);
        found.sort_by_key(|event| (time(event, "at"), place(event)));
        Ok(found)
    }

    /// Notes an entry; whether it is new.
    fn see(&mut self, event: &Value) -> bool {
        self.places.insert((time(event, "at").unwrap_or(0), place(event)))
    }

    /// From when on entries can still be new.
    fn floor(&self) -> i64 {
        self.places
            .last()
            .map_or(i64::MIN, |(newest, _)| newest.saturating_sub(OVERLAP_SECONDS))
    }
}

fn place(event: &Value) -> Option<(String, i64)> {
    let place = event.get("place")?.as_str()?;
    let (stream, n) = place.rsplit_once(':')?;
    Some((stream.to_owned(), n.parse().ok()?))
}

fn print(event: &Value, console: &Console<'_>) -> Result<()> {
    match console.global.output {
        Format::Json => console::print(&console::line(event)),
        Format::Table => {
            let [at, kind, actor, about, details] = cells(event);
            let line = format!("{at}  {kind:<22}  {actor:<24}  {about:<24}  {details}");
            console::print(&format!("{}\n", visible(line.trim_end())))
        }
    }
}

fn table(events: &[Value]) -> Table {
    let mut table = Table::new(&["TIME", "KIND", "ACTOR", "ABOUT", "DETAILS"]);
    for event in events {
        table.row(&cells(event));
    }
    table
}

fn cells(event: &Value) -> [String; 5] {
    let details = event.get("body").and_then(Value::as_object).map(|body| {
        // Text of one word stands as it is; anything else as JSON, so that it has a beginning and an end.
        let word = |value: &Value| {
            value
                .as_str()
                .filter(|text| !text.is_empty() && !text.contains([' ', '"']))
                .map(str::to_owned)
        };
        let told = body
            .iter()
            .map(|(name, value)| format!("{name}={}", word(value).unwrap_or_else(|| value.to_string())));
        told.collect::<Vec<_>>().join(" ")
    });
    [
        time(event, "at").map(when::stamp).unwrap_or_default(),
        text(event, "kind"),
        text(event, "actor"),
        text(event, "about"),
        details.unwrap_or_default(),
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::place;

    #[test]
    fn a_place_is_a_stream_and_a_number() {
        assert_eq!(place(&json!({ "place": "a:b:12" })), Some(("a:b".to_owned(), 12)));
        assert_eq!(place(&json!({ "place": "none" })), None);
    }
}
