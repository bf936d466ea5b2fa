//! Tokens: table `token`, in the order of their ids, which is the order of their times.

use kernel::{
    Audience, ClientId, Confirmation, GrantId, TokenId,
    power::Powers,
    token::{Guard, Record, Write},
};

use crate::{
    fault::Fault,
    lower::Bound,
    open::Store,
    row::Row,
    statement::{
        Statement,
        Type::{Int, Text},
    },
    tenant_db::TenantDb,
};

pub(crate) const STATEMENTS: &[&Statement] = &[&ONE, &COUNT, &BEFORE, &CREATE, &ENSURE_REVOKED];

static ONE: Statement = Statement::read(
    "token.one",
    &[Text, Text],
    "SELECT id, grant_id, client, audience, scope, key_thumbprint, issued_at, expires_at, revoked_at, powers
     FROM token
     WHERE tenant = $1 AND id = $2",
);

static COUNT: Statement = Statement::read(
    "token.count",
    &[Text],
    "SELECT CAST(COUNT(*) AS BIGINT)
     FROM token
     WHERE tenant = $1",
);

static BEFORE: Statement = Statement::read(
    "token.before",
    &[Text, Text],
    "SELECT id
     FROM token
     WHERE tenant = $1 AND id < $2
     ORDER BY id
     LIMIT 1",
);

static CREATE: Statement = Statement::write(
    "token.create",
    &[Text, Text, Text, Text, Text, Text, Text, Int, Int, Text],
    "INSERT INTO token (tenant, id, grant_id, client, audience, scope, key_thumbprint, issued_at, expires_at, powers)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     ON CONFLICT DO NOTHING",
);

static ENSURE_REVOKED: Statement = Statement::write(
    "token.ensure_revoked",
    &[Text, Text, Int],
    "UPDATE token
     SET revoked_at = $3
     WHERE tenant = $1 AND id = $2 AND revoked_at IS NULL",
);

impl TenantDb {
    /// The record of a token.
    pub async fn token(&self, id: &TokenId) -> Result<Option<Record>, Fault> {
        self.one(&ONE, &[id.as_str().into()], read).await
    }

    /// How many token records there are.
    pub async fn token_count(&self) -> Result<i64, Fault> {
        Ok(self.one(&COUNT, &[], |row| row.int(0)).await?.unwrap_or(0))
    }
}

fn read(row: &Row<'_>) -> Result<Record, Fault> {
    Ok(Record {
        id: TokenId::parse(&row.text(0)?).ok_or(Fault::Row("token.id"))?,
        grant: GrantId::parse(&row.text(1)?).ok_or(Fault::Row("token.grant_id"))?,
        client: ClientId::parse(&row.text(2)?).ok_or(Fault::Row("token.client"))?,
        audience: Audience::from_row(&row.text(3)?).ok_or(Fault::Row("token.audience"))?,
        scope: row.text(4)?,
        key: row.text_if_any(5)?.as_deref().map(Confirmation::from_row),
        issued: row.time(6)?,
        expires: row.time(7)?,
        revoked: row.time_if_any(8)?,
        powers: Powers::from_row(&row.text(9)?).ok_or(Fault::Row("token.powers"))?,
    })
}

/// The row of a new token.
pub(crate) fn lower(tenant: &str, guard: &Guard) -> Bound {
    let Guard::Create(record) = guard;
    let args = vec![
        tenant.to_owned().into(),
        record.id.as_str().to_owned().into(),
        record.grant.as_str().to_owned().into(),
        record.client.as_str().to_owned().into(),
        record.audience.as_row().to_owned().into(),
        record.scope.clone().into(),
        record.key.as_ref().map(Confirmation::as_row).into(),
        record.issued.into(),
        record.expires.into(),
        record.powers.row().into(),
    ];
    Bound::new(&CREATE, args, "token", tenant, record.id.as_str())
}

/// The row of a write.
pub(crate) fn lower_write(tenant: &str, write: &Write) -> Bound {
    let Write::EnsureRevoked { id, at } = write;
    Bound::new(
        &ENSURE_REVOKED,
        vec![tenant.to_owned().into(), id.as_str().to_owned().into(), (*at).into()],
        "token",
        tenant,
        id.as_str(),
    )
}

/// Whether there is a record before `floor` (an id).
pub(crate) async fn any_before(store: &Store, tenant: &str, floor: &str) -> Result<bool, Fault> {
    Ok(store
        .engine()
        .one(&BEFORE, &[tenant.into(), floor.into()], |row| row.text(0))
        .await?
        .is_some())
}
