//! Administrators: table `administrator`, by the digest of their token.

use kernel::{
    AdministratorId, TenantId, Time,
    tenant::{Administrator, Reach},
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

pub(crate) const STATEMENTS: &[&Statement] = &[&BY_TOKEN, &ONE, &PAGE, &CREATE, &END];

static BY_TOKEN: Statement = Statement::read(
    "administrator.by_token",
    &[Text],
    "SELECT tenant, id, name, reach, created_at, expires_at
     FROM administrator
     WHERE token_digest = $1",
);

static ONE: Statement = Statement::read(
    "administrator.one",
    &[Text, Text],
    "SELECT tenant, id, name, reach, created_at, expires_at
     FROM administrator
     WHERE tenant = $1 AND id = $2",
);

static PAGE: Statement = Statement::read(
    "administrator.page",
    &[Text, Text, Int],
    "SELECT tenant, id, name, reach, created_at, expires_at
     FROM administrator
     WHERE tenant = $1 AND id > $2
     ORDER BY id
     LIMIT $3",
);

static END: Statement = Statement::write(
    "administrator.end",
    &[Text, Text, Int],
    "UPDATE administrator
     SET expires_at = $3
     WHERE tenant = $1 AND id = $2 AND (expires_at IS NULL OR expires_at > $3)",
);

static CREATE: Statement = Statement::write(
    "administrator.create",
    &[Text, Text, Text, Text, Text, Int, Int],
    "INSERT INTO administrator (tenant, id, name, reach, token_digest, created_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT DO NOTHING",
);

impl Store {
    /// Whose token this is, and of which tenant. The caller compares the tenant with the one the request is for.
    pub async fn administrator(&self, token_digest: &str) -> Result<Option<(TenantId, Administrator)>, Fault> {
        self.engine().one(&BY_TOKEN, &[token_digest.into()], read).await
    }
}

impl TenantDb {
    /// An administrator of the tenant by its id.
    pub async fn administrator(&self, id: &AdministratorId) -> Result<Option<Administrator>, Fault> {
        self.one(&ONE, &[id.as_str().into()], |row| Ok(read(row)?.1)).await
    }

    /// Administrators of the tenant in the order of their ids, after one of them.
    pub async fn administrators_after(&self, after: &str, rows_max: i64) -> Result<Vec<Administrator>, Fault> {
        self.all(&PAGE, &[after.into(), rows_max.into()], |row| Ok(read(row)?.1))
            .await
    }
}

fn read(row: &Row<'_>) -> Result<(TenantId, Administrator), Fault> {
    let administrator = Administrator {
        id: AdministratorId::parse(&row.text(1)?).ok_or(Fault::Row("administrator.id"))?,
        name: row.text(2)?,
        reach: match row.text(3)?.as_str() {
            "registration" => Reach::Registration,
            "tenant" => Reach::Tenant,
            "installation" => Reach::Installation,
            _ => return Err(Fault::Row("administrator.reach")),
        },
        created: row.time(4)?,
        expires: row.time_if_any(5)?,
    };
    Ok((
        TenantId::parse(&row.text(0)?).ok_or(Fault::Row("administrator.tenant"))?,
        administrator,
    ))
}

/// The row of a new administrator.
pub(crate) fn lower(tenant: &str, administrator: &Administrator, token_digest: &str) -> Bound {
    let reach = match administrator.reach {
        Reach::Registration => "registration",
        Reach::Tenant => "tenant",
        Reach::Installation => "installation",
    };
    let args = vec![
        tenant.to_owned().into(),
        administrator.id.as_str().to_owned().into(),
        administrator.name.clone().into(),
        reach.into(),
        token_digest.to_owned().into(),
        administrator.created.into(),
        administrator.expires.into(),
    ];
    Bound::new(&CREATE, args, "administrator", tenant, administrator.id.as_str())
}

/// The end of an administrator's token.
pub(crate) fn lower_end(tenant: &str, id: &AdministratorId, at: Time) -> Bound {
    Bound::new(
        &END,
        vec![tenant.to_owned().into(), id.as_str().to_owned().into(), at.into()],
        "administrator",
        tenant,
        id.as_str(),
    )
}
