//! Audit events: table `event`. A row's place is `(stream, n)`: each process numbers a stream of its own at commit, so that a reader can follow it without gaps.

use kernel::{Event, TenantId, Time};

use crate::{
    engine::Link,
    fault::Fault,
    open::Store,
    row::Row,
    statement::{
        Statement,
        Type::{Int, Text},
        Value,
    },
    tenant_db::TenantDb,
};

pub(crate) const STATEMENTS: &[&Statement] = &[&APPEND, &LAST_PLACE, &COUNT_KIND, &LATEST, &STREAM, &HOLES];

/// Appends an event at its place.
pub(crate) static APPEND: Statement = Statement::write(
    "event.append",
    &[Text, Int, Text, Text, Text, Int, Text, Text, Text, Text],
    "INSERT INTO event (stream, n, tenant, id, kind, at, request_id, actor, about, body)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     ON CONFLICT DO NOTHING",
);

static LAST_PLACE: Statement = Statement::read(
    "event.last_place",
    &[Text],
    "SELECT n
     FROM event
     WHERE stream = $1
     ORDER BY n DESC
     LIMIT 1",
);

static COUNT_KIND: Statement = Statement::read(
    "event.count_kind",
    &[Text, Text],
    "SELECT CAST(COUNT(*) AS BIGINT)
     FROM event
     WHERE tenant = $1 AND kind = $2",
);

static LATEST: Statement = Statement::read(
    "event.latest",
    &[Text, Int, Text, Int, Int],
    "SELECT stream, n, id, kind, at, request_id, actor, about, body
     FROM event
     WHERE tenant = $1 AND at <= $2 AND (at < $2 OR stream < $3 OR (stream = $3 AND n < $4))
     ORDER BY at DESC, stream DESC, n DESC
     LIMIT $5",
);

static STREAM: Statement = Statement::read(
    "event.stream",
    &[Text, Text, Int, Int],
    "SELECT stream, n, id, kind, at, request_id, actor, about, body
     FROM event
     WHERE tenant = $1 AND stream = $2 AND n < $3
     ORDER BY n DESC
     LIMIT $4",
);

static HOLES: Statement = Statement::read(
    "event.holes",
    &[],
    "SELECT CAST(COUNT(*) AS BIGINT)
     FROM (SELECT stream, COUNT(*) AS rows_in, MAX(n) AS last_n FROM event GROUP BY stream) AS streams
     WHERE rows_in <> last_n",
);

/// An audit event as a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its stream.
    pub stream: String,
    /// Its place in the stream, from 1.
    pub n: i64,
    /// Its id.
    pub id: String,
    /// What happened.
    pub kind: String,
    /// When.
    pub at: Time,
    /// In which request.
    pub request_id: String,
    /// Who did it.
    pub actor: Option<String>,
    /// What it is about.
    pub about: Option<String>,
    /// The rest, as JSON text.
    pub body: String,
}

impl TenantDb {
    /// How many events of a kind there are.
    pub async fn event_count(&self, kind: &str) -> Result<i64, Fault> {
        Ok(self
            .one(&COUNT_KIND, &[kind.into()], |row| row.int(0))
            .await?
            .unwrap_or(0))
    }

    /// Events of all nodes by their time, from the newest back, before one of them (or from the end when there is none).
    pub async fn events_before(&self, before: Option<(Time, &str, i64)>, rows_max: i64) -> Result<Vec<Entry>, Fault> {
        let (at, stream, n) = before.unwrap_or((Time::from_unix(i64::MAX), "~", i64::MAX)); // "~" sorts behind every stream's name
        self.all(&LATEST, &[at.into(), stream.into(), n.into(), rows_max.into()], read)
            .await
    }

    /// Events of one stream, that is of one process, from the newest back, before a place in it.
    pub async fn stream_before(&self, stream: &str, n: i64, rows_max: i64) -> Result<Vec<Entry>, Fault> {
        self.all(&STREAM, &[stream.into(), n.into(), rows_max.into()], read)
            .await
    }
}

impl Store {
    /// How many streams have a hole. A hole is evidence.
    pub async fn streams_with_holes(&self) -> Result<i64, Fault> {
        Ok(self.engine().one(&HOLES, &[], |row| row.int(0)).await?.unwrap_or(0))
    }
}

/// The place behind the last event of a stream, asked on the committer's own connection: for after a commit of unknown outcome.
pub(crate) async fn next_place(link: &Link, stream: &str) -> Result<i64, Fault> {
    let rows = link.rows(&LAST_PLACE, &[stream.into()]).await?;
    let last = rows.first().map_or(Ok(0), |row| Row::Postgres(row).int(0))?;
    Ok(last.saturating_add(1))
}

fn read(row: &Row<'_>) -> Result<Entry, Fault> {
    Ok(Entry {
        stream: row.text(0)?,
        n: row.int(1)?,
        id: row.text(2)?,
        kind: row.text(3)?,
        at: row.time(4)?,
        request_id: row.text(5)?,
        actor: row.text_if_any(6)?,
        about: row.text_if_any(7)?,
        body: row.text(8)?,
    })
}

/// An event ready for its place.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    tenant: String,
    event: Event,
    body: String,
}

impl Line {
    /// Writes the body now, outside the committer.
    pub(crate) fn new(tenant: &TenantId, event: Event) -> Self {
        let body = serde_json::Value::Object(event.body.clone()).to_string();
        Self {
            tenant: tenant.as_str().to_owned(),
            event,
            body,
        }
    }

    /// Whose it is.
    pub(crate) fn tenant(&self) -> &str {
        &self.tenant
    }

    /// The arguments of [`APPEND`] at a place.
    pub(crate) fn at<'a>(&'a self, stream: &'a str, n: i64) -> [Value<'a>; 10] {
        [
            stream.into(),
            n.into(),
            self.tenant.as_str().into(),
            self.event.id.as_str().into(),
            self.event.kind.name().into(),
            self.event.at.into(),
            self.event.request_id.as_str().into(),
            self.event.actor.as_deref().into(),
            self.event.about.as_deref().into(),
            self.body.as_str().into(),
        ]
    }
}
