//! Browser sessions: table `browser_session`, found by the digest of the cookie.

use kernel::{
    BrowserSessionId, UserId,
    browser_session::{BrowserSession, Guard, Method, Write},
};

use crate::{
    engine_only,
    fault::Fault,
    lower::Bound,
    row::Row,
    statement::{
        Statement,
        Type::{Int, Text},
    },
    tenant_db::TenantDb,
};

pub(crate) const STATEMENTS: &[&Statement] = &[&BY_DIGEST, &ONE, &PAGE, &LIVE, &CREATE, &END];

static BY_DIGEST: Statement = Statement::read(
    "browser_session.by_digest",
    &[Text, Text],
    "SELECT id, digest, user_id, method, authenticated_at, agent, expires_at, seen_at, ended_at
     FROM browser_session
     WHERE tenant = $1 AND digest = $2",
);

static ONE: Statement = Statement::read(
    "browser_session.one",
    &[Text, Text],
    "SELECT id, digest, user_id, method, authenticated_at, agent, expires_at, seen_at, ended_at
     FROM browser_session
     WHERE tenant = $1 AND id = $2",
);

static PAGE: Statement = Statement::read(
    "browser_session.page",
    &[Text, Text, Int],
    "SELECT id, digest, user_id, method, authenticated_at, agent, expires_at, seen_at, ended_at
     FROM browser_session
     WHERE tenant = $1 AND id > $2
     ORDER BY id
     LIMIT $3",
);

static LIVE: Statement = Statement::expect(
    "browser_session.live",
    &[Text, Text],
    "SELECT 1
     FROM browser_session
     WHERE tenant = $1 AND id = $2 AND ended_at IS NULL",
);

static CREATE: Statement = Statement::write(
    "browser_session.create",
    &[Text, Text, Text, Text, Text, Int, Text, Int, Int, Int],
    "INSERT INTO browser_session (tenant, id, digest, user_id, method, authenticated_at, agent, expires_at, seen_at, ended_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     ON CONFLICT DO NOTHING",
);

static END: Statement = Statement::write(
    "browser_session.end",
    &[Text, Text, Int],
    "UPDATE browser_session
     SET ended_at = $3
     WHERE tenant = $1 AND id = $2 AND ended_at IS NULL",
);

impl TenantDb {
    /// A browser session by the digest of its cookie, whether it counts or not.
    pub async fn browser_session(&self, digest: &str) -> Result<Option<BrowserSession>, Fault> {
        self.one(&BY_DIGEST, &[digest.into()], read).await
    }

    /// A browser session by its id, whether it counts or not.
    pub async fn browser_session_by_id(&self, id: &BrowserSessionId) -> Result<Option<BrowserSession>, Fault> {
        self.one(&ONE, &[id.as_str().into()], read).await
    }

    /// The browser sessions of a person that were not ended, newest first, at most 100. Some may be over by their time.
    pub async fn browser_sessions_of(&self, user: &UserId) -> Result<Vec<BrowserSession>, Fault> {
        self.all(&engine_only::SESSIONS_OF_USER, &[user.as_str().into()], read)
            .await
    }

    /// Browser sessions of everybody in the order of their ids, after one of them.
    pub async fn browser_sessions_after(&self, after: &str, rows_max: i64) -> Result<Vec<BrowserSession>, Fault> {
        self.all(&PAGE, &[after.into(), rows_max.into()], read).await
    }
}

fn read(row: &Row<'_>) -> Result<BrowserSession, Fault> {
    Ok(BrowserSession {
        id: BrowserSessionId::parse(&row.text(0)?).ok_or(Fault::Row("browser_session.id"))?,
        digest: row.text(1)?,
        user: UserId::parse(&row.text(2)?).ok_or(Fault::Row("browser_session.user_id"))?,
        method: Method::from_name(&row.text(3)?).ok_or(Fault::Row("browser_session.method"))?,
        authenticated: row.time(4)?,
        agent: row.text(5)?,
        expires: row.time(6)?,
        seen: row.time(7)?,
        ended: row.time_if_any(8)?,
    })
}

/// Where sessions stand in the common order: behind the person's row. Whoever changes the locks moves that row on and then ends the sessions there are; whoever signs in
/// looks at it and then begins one. So either the sign-in finds the row moved, or its session is there to be ended (S-37).
const BEGUN: &str = "user_account, sessions begun";
const STANDING: &str = "user_account, sessions standing";

/// The rows of a guard.
pub(crate) fn lower(tenant: &str, guard: &Guard) -> Bound {
    match guard {
        Guard::Create(session) => {
            let args = vec![
                tenant.to_owned().into(),
                session.id.as_str().to_owned().into(),
                session.digest.clone().into(),
                session.user.as_str().to_owned().into(),
                session.method.name().into(),
                session.authenticated.into(),
                session.agent.clone().into(),
                session.expires.into(),
                session.seen.into(),
                session.ended.into(),
            ];
            Bound::new(&CREATE, args, BEGUN, tenant, session.id.as_str())
        }
        Guard::Live(id) => Bound::new(
            &LIVE,
            vec![tenant.to_owned().into(), id.as_str().to_owned().into()],
            STANDING,
            tenant,
            id.as_str(),
        ),
    }
}

/// The rows of a write. One that ends several rows comes before all that touch one of them: it asks for the strongest lock at once, and never after others share it.
pub(crate) fn lower_write(tenant: &str, write: &Write) -> Bound {
    match write {
        Write::End { id, at } => Bound::new(
            &END,
            vec![tenant.to_owned().into(), id.as_str().to_owned().into(), (*at).into()],
            STANDING,
            tenant,
            id.as_str(),
        ),
        Write::EndOthers { user, keep, at } => {
            let keep = keep.as_ref().map_or("", kernel::Id::as_str); // no id is empty
            let args = vec![
                tenant.to_owned().into(),
                user.as_str().to_owned().into(),
                keep.to_owned().into(),
                (*at).into(),
            ];
            Bound::new(&engine_only::END_OTHER_SESSIONS, args, STANDING, tenant, "")
        }
    }
}
