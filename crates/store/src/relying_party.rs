//! Which app knows of which browser session: table `relying_party`.

use kernel::{
    BrowserSessionId, ClientId, Time, UserId,
    relying_party::{RelyingParty, Write},
};

use crate::{
    fault::Fault,
    lower::Bound,
    row::Row,
    statement::{
        Statement,
        Type::{Int, Text},
        Value,
    },
    tenant_db::TenantDb,
};

pub(crate) const STATEMENTS: &[&Statement] = &[&OF_ENDED, &OF_EXPIRED, &TELL, &FORGET, &TRY_AGAIN];

/// How long after the end of a session its apps are told of it, in seconds: as long as the pauses between tries, and a while for a node that was down.
pub(crate) const TOLD_FOR_SECONDS: i64 = 6 * 3_600;
/// Notes that one look finds.
pub(crate) const NOTES_MAX: i64 = 100;

static OF_ENDED: Statement = Statement::read(
    "relying_party.of_ended",
    &[Text, Int, Int, Int],
    "SELECT r.browser_session, r.client, r.user_id, r.told_at, r.tries
     FROM browser_session b
     JOIN relying_party r ON r.tenant = b.tenant AND r.browser_session = b.id
     WHERE b.tenant = $1 AND b.ended_at IS NOT NULL AND b.ended_at > $2 AND r.next_try_at <= $3
     ORDER BY b.ended_at
     LIMIT $4",
);

static OF_EXPIRED: Statement = Statement::read(
    "relying_party.of_expired",
    &[Text, Int, Int, Int],
    "SELECT r.browser_session, r.client, r.user_id, r.told_at, r.tries
     FROM browser_session b
     JOIN relying_party r ON r.tenant = b.tenant AND r.browser_session = b.id
     WHERE b.tenant = $1 AND b.expires_at > $2 AND b.expires_at <= $3 AND b.ended_at IS NULL AND r.next_try_at <= $3
     ORDER BY b.expires_at
     LIMIT $4",
);

static TELL: Statement = Statement::write(
    "relying_party.tell",
    &[Text, Text, Text, Text, Int],
    "INSERT INTO relying_party (tenant, browser_session, client, user_id, told_at)
     VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT DO NOTHING",
);

static FORGET: Statement = Statement::write(
    "relying_party.forget",
    &[Text, Text, Text],
    "DELETE FROM relying_party
     WHERE tenant = $1 AND browser_session = $2 AND client = $3",
);

static TRY_AGAIN: Statement = Statement::write(
    "relying_party.try_again",
    &[Text, Text, Text, Int, Int],
    "UPDATE relying_party
     SET tries = $4, next_try_at = $5
     WHERE tenant = $1 AND browser_session = $2 AND client = $3",
);

impl TenantDb {
    /// Notes whose browser session is over, and whose time to be told has come.
    pub async fn relying_parties_to_tell(&self, now: Time) -> Result<Vec<RelyingParty>, Fault> {
        let args: [Value<'_>; 3] = [now.minus(TOLD_FOR_SECONDS).into(), now.into(), NOTES_MAX.into()];
        let mut notes = self.all(&OF_ENDED, &args, read).await?;
        notes.extend(self.all(&OF_EXPIRED, &args, read).await?);
        Ok(notes)
    }
}

fn read(row: &Row<'_>) -> Result<RelyingParty, Fault> {
    Ok(RelyingParty {
        session: BrowserSessionId::parse(&row.text(0)?).ok_or(Fault::Row("relying_party.browser_session"))?,
        client: ClientId::parse(&row.text(1)?).ok_or(Fault::Row("relying_party.client"))?,
        user: UserId::parse(&row.text(2)?).ok_or(Fault::Row("relying_party.user_id"))?,
        told: row.time(3)?,
        tries: row.int(4)?,
    })
}

/// The row of a write.
pub(crate) fn lower_write(tenant: &str, write: &Write) -> Bound {
    let bound = |statement, session: &BrowserSessionId, client: &ClientId, more: Vec<Value<'static>>| {
        let mut args: Vec<Value<'static>> = vec![
            tenant.to_owned().into(),
            session.as_str().to_owned().into(),
            client.as_str().to_owned().into(),
        ];
        args.extend(more);
        let id = format!("{session} {client}");
        Bound::new(statement, args, "relying_party", tenant, &id)
    };
    match write {
        Write::Tell {
            session,
            client,
            user,
            at,
        } => bound(
            &TELL,
            session,
            client,
            vec![user.as_str().to_owned().into(), (*at).into()],
        ),
        Write::Forget { session, client } => bound(&FORGET, session, client, Vec::new()),
        Write::TryAgain {
            session,
            client,
            tries,
            at,
        } => bound(&TRY_AGAIN, session, client, vec![(*tries).into(), (*at).into()]),
    }
}
