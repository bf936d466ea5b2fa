//! `prokura event`: the audit log, listed and followed.

use std::{collections::BTreeMap, time::Duration};

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::Value;

use super::{
    api::{Api, Call, PAGE_ROWS},
    arguments::Format,
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
    #[arg(long, value_name = "N", default_value_t = 50)]
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
/// How many streams are followed; each process of the server writes one of its own.
const STREAMS_MAX: usize = 8;

pub(super) async fn run(command: EventCommand, console: &Console<'_>) -> Result<()> {
    let EventCommand::List(arguments) = command;
    let api = console.api()?;
    if !arguments.watch {
        let events = latest(&api, &arguments).await?;
        let table = table(&events);
        return console.list("events", events, &table, "no such entries");
    }
    let mut heads = Heads::find(&api).await?;
    for event in latest(&api, &arguments).await? {
        heads.see(&event);
        print(&event, console)?;
    }
    let mut silent = false;
    loop {
        tokio::time::sleep(PAUSE).await;
        match heads.news(&api).await {
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

/// The last entry seen of each stream that is followed. Streams are named in the order of their processes' starts, and the log is listed from the
/// newest stream back, so an older process that still writes must be asked for by its name; and one whose clock is behind may start below the newest.
#[derive(Debug, Default)]
struct Heads {
    seen: BTreeMap<String, i64>,
    asked: u32,
}

/// After so many questions it is looked whether a stream has begun below the newest.
const DISCOVER_EVERY: u32 = 20;

impl Heads {
    async fn find(api: &Api) -> Result<Self> {
        Ok(Self {
            seen: newest_streams(api).await?,
            asked: 0,
        })
    }

    /// Notes that an entry was seen, and with it all before it in its stream.
    fn see(&mut self, event: &Value) {
        if let Some((stream, n)) = place(event) {
            let last = self.seen.entry(stream).or_insert(n);
            *last = n.max(*last);
        }
    }

    /// What came since the last time, in the order of time.
    async fn news(&mut self, api: &Api) -> Result<Vec<Value>> {
        let newest = self.seen.last_key_value().map(|(stream, n)| (stream.clone(), *n));
        let mut found = back_to(api, None, |stream, n| {
            newest
                .as_ref()
                .is_some_and(|(known, last)| (stream, n) <= (known.as_str(), *last))
        })
        .await?;
        self.asked = self.asked.wrapping_add(1);
        if self.asked.is_multiple_of(DISCOVER_EVERY) {
            for stream in newest_streams(api).await?.into_keys() {
                self.seen.entry(stream).or_insert(0);
            }
        }
        for (stream, last) in self
            .seen
            .iter()
            .filter(|(stream, _)| newest.as_ref().is_none_or(|(known, _)| known != *stream))
        {
            found.extend(
                back_to(api, Some(format!("{stream}:{}", i64::MAX)), |other, n| {
                    other != stream || n <= *last
                })
                .await?,
            );
        }
        for event in &found {
            self.see(event);
        }
        while self.seen.len() > STREAMS_MAX {
            self.seen.pop_first();
        }
        found.sort_by_key(|event| (time(event, "at"), place(event)));
        found.dedup_by_key(|event| place(event));
        Ok(found)
    }
}

/// The newest streams, each with its last entry.
async fn newest_streams(api: &Api) -> Result<BTreeMap<String, i64>> {
    let mut found = BTreeMap::new();
    let mut before = None;
    while found.len() < STREAMS_MAX {
        let (events, _) = page(api, before.as_deref(), 1).await?;
        let Some((stream, n)) = events.first().and_then(place) else {
            break;
        };
        before = Some(format!("{stream}:1"));
        found.insert(stream, n);
    }
    Ok(found)
}

/// Entries from a place back until one is known.
async fn back_to(api: &Api, from: Option<String>, known: impl Fn(&str, i64) -> bool) -> Result<Vec<Value>> {
    let mut found = Vec::new();
    let mut after = from;
    loop {
        let (events, next) = page(api, after.as_deref(), 100).await?;
        for event in events {
            match place(&event) {
                Some((stream, n)) if !known(&stream, n) => found.push(event),
                Some(_) | None => return Ok(found),
            }
        }
        if next.is_none() {
            return Ok(found);
        }
        after = next;
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
