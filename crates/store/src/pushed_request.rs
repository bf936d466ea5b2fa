//! Pushed authorization requests: table `pushed_request`, in the order of their ids, which is the order of their times.

use kernel::{
    ClientId,
    authorization::Asked,
    pushed_authorization::{Guard, PushedRequest, Write},
};
use proof::json;

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

pub(crate) const STATEMENTS: &[&Statement] = &[&ONE, &CREATE, &END];

static ONE: Statement = Statement::read(
    "pushed_request.one",
    &[Text, Text],
    "SELECT digest, client, request, expires_at
     FROM pushed_request
     WHERE tenant = $1 AND id = $2",
);

static CREATE: Statement = Statement::write(
    "pushed_request.create",
    &[Text, Text, Text, Text, Text, Int],
    "INSERT INTO pushed_request (tenant, id, digest, client, request, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT DO NOTHING",
);

static END: Statement = Statement::write(
    "pushed_request.end",
    &[Text, Text],
    "DELETE FROM pushed_request
     WHERE tenant = $1 AND id = $2",
);

impl TenantDb {
    /// A pushed request by its id.
    pub async fn pushed_request(&self, id: &str) -> Result<Option<PushedRequest>, Fault> {
        self.one(&ONE, &[id.into()], read).await
    }
}

fn read(row: &Row<'_>) -> Result<PushedRequest, Fault> {
    let asked = json::parse_object(row.text(2)?.as_bytes())
        .ok()
        .and_then(|o| Asked::from_json(&o))
        .ok_or(Fault::Row("pushed_request.request"))?;
    Ok(PushedRequest {
        digest: row.text(0)?,
        client: ClientId::parse(&row.text(1)?).ok_or(Fault::Row("pushed_request.client"))?,
        asked,
        expires: row.time(3)?,
    })
}

/// The row of a new request.
pub(crate) fn lower(tenant: &str, guard: &Guard) -> Bound {
    let Guard::Create(pushed) = guard;
    let request = serde_json::Value::Object(pushed.asked.to_json()).to_string();
    let args = vec![
        tenant.to_owned().into(),
        pushed.asked.id.clone().into(),
        pushed.digest.clone().into(),
        pushed.client.as_str().to_owned().into(),
        request.into(),
        pushed.expires.into(),
    ];
    Bound::new(&CREATE, args, "pushed_request", tenant, &pushed.asked.id)
}

/// The row of a write.
pub(crate) fn lower_write(tenant: &str, write: &Write) -> Bound {
    let Write::End(id) = write;
    let args = vec![tenant.to_owned().into(), id.clone().into()];
    Bound::new(&END, args, "pushed_request", tenant, id)
}
