//! Resources: table `resource`.

use std::collections::BTreeMap;

use kernel::{
    ClientId, Time,
    resource::{Resource, ResourceUri},
};

use crate::{
    client::algorithm,
    fault::Fault,
    lower::Bound,
    row::Row,
    statement::{
        Statement,
        Type::{Int, Text},
    },
    tenant_db::TenantDb,
};

pub(crate) const STATEMENTS: &[&Statement] = &[&ONE, &PAGE, &CREATE, &SET_DISABLED];

static ONE: Statement = Statement::read(
    "resource.one",
    &[Text, Text],
    "SELECT uri, name, scopes, token_algorithm, introspectors, created_at, disabled_at
     FROM resource
     WHERE tenant = $1 AND uri = $2",
);

static PAGE: Statement = Statement::read(
    "resource.page",
    &[Text, Text, Int],
    "SELECT uri, name, scopes, token_algorithm, introspectors, created_at, disabled_at
     FROM resource
     WHERE tenant = $1 AND uri > $2
     ORDER BY uri
     LIMIT $3",
);

static CREATE: Statement = Statement::write(
    "resource.create",
    &[Text, Text, Text, Text, Text, Text, Int, Int],
    "INSERT INTO resource (tenant, uri, name, scopes, token_algorithm, introspectors, created_at, disabled_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT DO NOTHING",
);

static SET_DISABLED: Statement = Statement::write(
    "resource.set_disabled",
    &[Text, Text, Int],
    "UPDATE resource
     SET disabled_at = $3
     WHERE tenant = $1 AND uri = $2",
);

impl TenantDb {
    /// A resource by its identifier.
    pub async fn resource(&self, uri: &ResourceUri) -> Result<Option<Resource>, Fault> {
        self.one(&ONE, &[uri.as_str().into()], read).await
    }

    /// Resources in the order of their identifiers, after one of them.
    pub async fn resources_after(&self, after: &str, rows_max: i64) -> Result<Vec<Resource>, Fault> {
        self.all(&PAGE, &[after.into(), rows_max.into()], read).await
    }
}

fn read(row: &Row<'_>) -> Result<Resource, Fault> {
    let scopes: BTreeMap<String, String> =
        serde_json::from_str(&row.text(2)?).map_err(|_| Fault::Row("resource.scopes"))?;
    let introspectors: Vec<String> =
        serde_json::from_str(&row.text(4)?).map_err(|_| Fault::Row("resource.introspectors"))?;
    Ok(Resource {
        uri: ResourceUri::parse(&row.text(0)?).ok_or(Fault::Row("resource.uri"))?,
        name: row.text(1)?,
        scopes,
        token_algorithm: algorithm(row.text_if_any(3)?)?,
        introspectors: introspectors
            .iter()
            .map(|id| ClientId::parse(id))
            .collect::<Option<_>>()
            .ok_or(Fault::Row("resource.introspectors"))?,
        created: row.time(5)?,
        disabled: row.time_if_any(6)?,
    })
}

/// The row of a new resource.
pub(crate) fn lower_create(tenant: &str, resource: &Resource) -> Bound {
    let introspectors: Vec<&str> = resource.introspectors.iter().map(kernel::Id::as_str).collect();
    let args = vec![
        tenant.to_owned().into(),
        resource.uri.as_str().to_owned().into(),
        resource.name.clone().into(),
        serde_json::json!(resource.scopes).to_string().into(),
        resource
            .token_algorithm
            .map(|algorithm| algorithm.name().to_owned())
            .into(),
        serde_json::json!(introspectors).to_string().into(),
        resource.created.into(),
        resource.disabled.into(),
    ];
    Bound::new(&CREATE, args, "resource", tenant, resource.uri.as_str())
}

/// The row of a disabled or enabled resource.
pub(crate) fn lower_set_disabled(tenant: &str, uri: &ResourceUri, at: Option<Time>) -> Bound {
    let args = vec![tenant.to_owned().into(), uri.as_str().to_owned().into(), at.into()];
    Bound::new(&SET_DISABLED, args, "resource", tenant, uri.as_str())
}
