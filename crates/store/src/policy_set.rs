//! Policies and capabilities: table `policy_set`, and the version that counts in `tenant`.

use kernel::{
    AdministratorId, Time,
    capability::Capability,
    policy::{Entity, Guard, PolicySet},
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

pub(crate) const STATEMENTS: &[&Statement] = &[&VERSION, &ONE, &APPLIED, &PAGE, &CREATE, &ADVANCE, &UNCHANGED];

static VERSION: Statement = Statement::read(
    "policy_set.version",
    &[Text],
    "SELECT policy_version
     FROM tenant
     WHERE id = $1",
);

static ONE: Statement = Statement::read(
    "policy_set.one",
    &[Text, Int],
    "SELECT version, policies, own_schema, capabilities, applied_by, created_at, entities
     FROM policy_set
     WHERE tenant = $1 AND version = $2",
);

static APPLIED: Statement = Statement::read(
    "policy_set.applied",
    &[Text, Int],
    "SELECT created_at
     FROM policy_set
     WHERE tenant = $1 AND version = $2",
);

static PAGE: Statement = Statement::read(
    "policy_set.page",
    &[Text, Int, Int],
    "SELECT version, applied_by, created_at
     FROM policy_set
     WHERE tenant = $1 AND version < $2
     ORDER BY version DESC
     LIMIT $3",
);

static CREATE: Statement = Statement::write(
    "policy_set.create",
    &[Text, Int, Text, Text, Text, Text, Int, Text],
    "INSERT INTO policy_set (tenant, version, policies, own_schema, capabilities, applied_by, created_at, entities)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT DO NOTHING",
);

static ADVANCE: Statement = Statement::write(
    "policy_set.advance",
    &[Text, Int, Int],
    "UPDATE tenant
     SET policy_version = $3
     WHERE id = $1 AND policy_version = $2",
);

static UNCHANGED: Statement = Statement::expect(
    "policy_set.unchanged",
    &[Text, Int],
    "SELECT 1
     FROM tenant
     WHERE id = $1 AND policy_version = $2",
);

/// A version without its texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The version.
    pub version: i64,
    /// Who applied it.
    pub by: String,
    /// When.
    pub at: kernel::Time,
}

impl TenantDb {
    /// When a version was applied, if there is one.
    pub async fn policy_applied(&self, version: i64) -> Result<Option<Time>, Fault> {
        self.one(&APPLIED, &[version.into()], |row| row.time(0)).await
    }

    /// The version of the tenant's policies that counts now; 0 before it applied any.
    pub async fn policy_version(&self) -> Result<i64, Fault> {
        let version = self.one(&VERSION, &[], |row| row.int(0)).await?;
        version.ok_or(Fault::Row("tenant.policy_version"))
    }

    /// A version.
    pub async fn policy_set(&self, version: i64) -> Result<Option<PolicySet>, Fault> {
        self.one(&ONE, &[version.into()], read).await
    }

    /// Versions, the newest first, before one of them.
    pub async fn policy_sets_before(&self, before: i64, rows_max: i64) -> Result<Vec<Applied>, Fault> {
        self.all(&PAGE, &[before.into(), rows_max.into()], |row| {
            Ok(Applied {
                version: row.int(0)?,
                by: row.text(1)?,
                at: row.time(2)?,
            })
        })
        .await
    }
}

fn read(row: &Row<'_>) -> Result<PolicySet, Fault> {
    let capabilities = json::parse_object_to_depth(row.text(3)?.as_bytes(), kernel::detail::SCHEMA_DEPTH_MAX)
        .ok()
        .and_then(|o| Capability::read_all(&o).ok());
    let entities = json::parse_value_to_depth(row.text(6)?.as_bytes(), kernel::detail::SCHEMA_DEPTH_MAX)
        .ok()
        .and_then(|list| Entity::read_all(list.as_array()?).ok());
    Ok(PolicySet {
        entities: entities.ok_or(Fault::Row("policy_set.entities"))?,
        version: row.int(0)?,
        policies: row.text(1)?,
        schema: row.text_if_any(2)?,
        capabilities: capabilities.ok_or(Fault::Row("policy_set.capabilities"))?,
        by: AdministratorId::parse(&row.text(4)?).ok_or(Fault::Row("policy_set.applied_by"))?,
        created: row.time(5)?,
    })
}

/// The row of a guard.
pub(crate) fn lower(tenant: &str, guard: &Guard) -> Bound {
    match guard {
        Guard::Unchanged { version } => {
            let args = vec![tenant.to_owned().into(), (*version).into()];
            Bound::new(&UNCHANGED, args, "tenant", "", tenant)
        }
        Guard::Advance { from, to } => {
            let args = vec![tenant.to_owned().into(), (*from).into(), (*to).into()];
            Bound::new(&ADVANCE, args, "tenant", "", tenant)
        }
        Guard::Create(set) => {
            let args = vec![
                tenant.to_owned().into(),
                set.version.into(),
                set.policies.clone().into(),
                set.schema.clone().into(),
                Capability::write_all(&set.capabilities).into(),
                set.by.as_str().to_owned().into(),
                set.created.into(),
                json::canonical(&set.entities.iter().map(Entity::document).collect()).into(),
            ];
            Bound::new(&CREATE, args, "policy_set", tenant, &format!("{:020}", set.version))
        }
    }
}
