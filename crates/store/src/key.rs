//! Signing keys: table `signing_key`, private halves sealed.

use kernel::{Algorithm, key::SigningKey};

use crate::{
    fault::Fault,
    lower::Bound,
    row::Row,
    statement::{
        Statement,
        Type::{Int, Text},
    },
    tenant_db::TenantDb,
};

pub(crate) const STATEMENTS: &[&Statement] = &[&ALL, &CREATE, &DROP];

static ALL: Statement = Statement::read(
    "key.all",
    &[Text],
    "SELECT kid, algorithm, created_at, active_from, public_jwk, sealed
     FROM signing_key
     WHERE tenant = $1
     ORDER BY algorithm, active_from",
);

static CREATE: Statement = Statement::write(
    "key.create",
    &[Text, Text, Text, Int, Int, Text, Text],
    "INSERT INTO signing_key (tenant, kid, algorithm, created_at, active_from, public_jwk, sealed)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT DO NOTHING",
);

static DROP: Statement = Statement::write(
    "key.drop",
    &[Text, Text],
    "DELETE FROM signing_key
     WHERE tenant = $1 AND kid = $2",
);

impl TenantDb {
    /// The tenant's signing keys.
    pub async fn signing_keys(&self) -> Result<Vec<SigningKey>, Fault> {
        self.all(&ALL, &[], read).await
    }
}

fn read(row: &Row<'_>) -> Result<SigningKey, Fault> {
    Ok(SigningKey {
        kid: row.text(0)?,
        algorithm: Algorithm::from_name(&row.text(1)?).ok_or(Fault::Row("signing_key.algorithm"))?,
        created: row.time(2)?,
        active_from: row.time(3)?,
        public_jwk: row.text(4)?,
        sealed: row.text(5)?,
    })
}

/// The row of a new key. Its place in the common order is its turn: two nodes that rotate at once collide there, not in the id.
pub(crate) fn lower_create(tenant: &str, key: &SigningKey) -> Bound {
    let args = vec![
        tenant.to_owned().into(),
        key.kid.clone().into(),
        key.algorithm.name().to_owned().into(),
        key.created.into(),
        key.active_from.into(),
        key.public_jwk.clone().into(),
        key.sealed.clone().into(),
    ];
    Bound::new(
        &CREATE,
        args,
        "signing_key",
        tenant,
        &format!("{} {}", key.algorithm.name(), key.active_from.unix()),
    )
}

/// The end of a key.
pub(crate) fn lower_drop(tenant: &str, kid: &str) -> Bound {
    Bound::new(
        &DROP,
        vec![tenant.to_owned().into(), kid.to_owned().into()],
        "signing_key",
        tenant,
        kid,
    )
}
