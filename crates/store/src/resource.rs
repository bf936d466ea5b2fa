//! Resources: table `resource`.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{
    ClientId, Scopes, Time,
    authority::SCOPES_MAX,
    authorization::OWN_SCOPES,
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

pub(crate) const STATEMENTS: &[&Statement] = &[&ONE, &PAGE, &SCOPES, &CREATE, &SET_DISABLED];

static ONE: Statement = Statement::read(
    "resource.one",
    &[Text, Text],
    "SELECT uri, name, scopes, token_algorithm, introspectors, created_at, disabled_at, implied
     FROM resource
     WHERE tenant = $1 AND uri = $2",
);

static PAGE: Statement = Statement::read(
    "resource.page",
    &[Text, Text, Int],
    "SELECT uri, name, scopes, token_algorithm, introspectors, created_at, disabled_at, implied
     FROM resource
     WHERE tenant = $1 AND uri > $2
     ORDER BY uri
     LIMIT $3",
);

static SCOPES: Statement = Statement::read(
    "resource.scopes",
    &[Text],
    "SELECT scopes
     FROM resource
     WHERE tenant = $1 AND disabled_at IS NULL",
);

static CREATE: Statement = Statement::write(
    "resource.create",
    &[Text, Text, Text, Text, Text, Text, Int, Int, Text],
    "INSERT INTO resource (tenant, uri, name, scopes, token_algorithm, introspectors, created_at, disabled_at, implied)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
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

    /// Every scope that means something in the tenant: those of its enabled resources, and our own.
    pub async fn scopes_known(&self) -> Result<Scopes, Fault> {
        let of_resources = self.all(&SCOPES, &[], |row| scopes(&row.text(0)?)).await?;
        let names: BTreeSet<&str> = of_resources
            .iter()
            .flat_map(BTreeMap::keys)
            .map(String::as_str)
            .chain(OWN_SCOPES.iter().map(|(name, _)| *name))
            .collect();
        let names: Vec<&str> = names.into_iter().collect();
        let mut known = Scopes::default();
        for some in names.chunks(SCOPES_MAX) {
            let some = Scopes::parse(&some.join(" ")).map_err(|_| Fault::Row("resource.scopes"))?;
            known = known.with(&some);
        }
        Ok(known)
    }
}

fn read(row: &Row<'_>) -> Result<Resource, Fault> {
    let implied: BTreeMap<String, BTreeSet<String>> =
        serde_json::from_str(&row.text(7)?).map_err(|_| Fault::Row("resource.implied"))?;
    let introspectors: Vec<String> =
        serde_json::from_str(&row.text(4)?).map_err(|_| Fault::Row("resource.introspectors"))?;
    Ok(Resource {
        uri: ResourceUri::parse(&row.text(0)?).ok_or(Fault::Row("resource.uri"))?,
        name: row.text(1)?,
        scopes: scopes(&row.text(2)?)?,
        implied,
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

fn scopes(text: &str) -> Result<BTreeMap<String, String>, Fault> {
    serde_json::from_str(text).map_err(|_| Fault::Row("resource.scopes"))
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
        serde_json::json!(resource.implied).to_string().into(),
    ];
    Bound::new(&CREATE, args, "resource", tenant, resource.uri.as_str())
}

/// The row of a disabled or enabled resource.
pub(crate) fn lower_set_disabled(tenant: &str, uri: &ResourceUri, at: Option<Time>) -> Bound {
    let args = vec![tenant.to_owned().into(), uri.as_str().to_owned().into(), at.into()];
    Bound::new(&SET_DISABLED, args, "resource", tenant, uri.as_str())
}
