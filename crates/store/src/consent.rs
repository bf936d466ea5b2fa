//! Rules of central consent: table `consent_rule`.

use kernel::{
    AdministratorId, ClientId, GroupId, RuleId,
    consent::{Clients, Effect, Guard, RULES_MAX, Rule, Write},
    resource::ResourceUri,
};

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

pub(crate) const STATEMENTS: &[&Statement] = &[&ALL, &ONE, &CREATE, &DROP];

/// The names of effects are in the order of the alphabet: backwards, what forbids comes first, and is never among what a limit cuts off.
static ALL: Statement = Statement::read(
    "consent_rule.all",
    &[Text, Int],
    "SELECT id, client_kind, client, scope, resource, group_id, effect, by_administrator, created_at
     FROM consent_rule
     WHERE tenant = $1
     ORDER BY effect DESC, id DESC
     LIMIT $2",
);

static ONE: Statement = Statement::read(
    "consent_rule.one",
    &[Text, Text],
    "SELECT id, client_kind, client, scope, resource, group_id, effect, by_administrator, created_at
     FROM consent_rule
     WHERE tenant = $1 AND id = $2",
);

static CREATE: Statement = Statement::write(
    "consent_rule.create",
    &[Text, Text, Text, Text, Text, Text, Text, Text, Text, Int],
    "INSERT INTO consent_rule (tenant, id, client_kind, client, scope, resource, group_id, effect, by_administrator, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     ON CONFLICT DO NOTHING",
);

static DROP: Statement = Statement::write(
    "consent_rule.drop",
    &[Text, Text],
    "DELETE FROM consent_rule
     WHERE tenant = $1 AND id = $2",
);

impl TenantDb {
    /// The tenant's rules of central consent, those that forbid first, the newest of each first; at most [`RULES_MAX`].
    pub async fn consent_rules(&self) -> Result<Vec<Rule>, Fault> {
        let rules_max = i64::try_from(RULES_MAX).unwrap_or(i64::MAX);
        self.all(&ALL, &[rules_max.into()], read).await
    }

    /// A rule of central consent by its id.
    pub async fn consent_rule(&self, id: &RuleId) -> Result<Option<Rule>, Fault> {
        self.one(&ONE, &[id.as_str().into()], read).await
    }
}

fn read(row: &Row<'_>) -> Result<Rule, Fault> {
    let clients = match (row.text(1)?.as_str(), row.text_if_any(2)?) {
        ("every", None) => Some(Clients::Every),
        ("unregistered", None) => Some(Clients::Unregistered),
        ("one", Some(id)) => ClientId::parse(&id).map(Clients::One),
        _ => None,
    };
    let resource = row
        .text_if_any(4)?
        .map(|uri| ResourceUri::parse(&uri).ok_or(Fault::Row("consent_rule.resource")))
        .transpose()?;
    let group = row
        .text_if_any(5)?
        .map(|id| GroupId::parse(&id).ok_or(Fault::Row("consent_rule.group_id")))
        .transpose()?;
    Ok(Rule {
        id: RuleId::parse(&row.text(0)?).ok_or(Fault::Row("consent_rule.id"))?,
        clients: clients.ok_or(Fault::Row("consent_rule.client"))?,
        scope: row.text_if_any(3)?,
        resource,
        group,
        effect: Effect::from_name(&row.text(6)?).ok_or(Fault::Row("consent_rule.effect"))?,
        by: AdministratorId::parse(&row.text(7)?).ok_or(Fault::Row("consent_rule.by_administrator"))?,
        created: row.time(8)?,
    })
}

/// The row of a new rule.
pub(crate) fn lower(tenant: &str, guard: &Guard) -> Bound {
    let Guard::Create(rule) = guard;
    let (kind, client) = match &rule.clients {
        Clients::Every => ("every", None),
        Clients::Unregistered => ("unregistered", None),
        Clients::One(id) => ("one", Some(id.as_str().to_owned())),
    };
    let args = vec![
        tenant.to_owned().into(),
        rule.id.as_str().to_owned().into(),
        kind.into(),
        client.into(),
        rule.scope.clone().into(),
        rule.resource.as_ref().map(|uri| uri.as_str().to_owned()).into(),
        rule.group.as_ref().map(|id| id.as_str().to_owned()).into(),
        rule.effect.name().into(),
        rule.by.as_str().to_owned().into(),
        rule.created.into(),
    ];
    Bound::new(&CREATE, args, "consent_rule", tenant, rule.id.as_str())
}

/// The row of a write.
pub(crate) fn lower_write(tenant: &str, write: &Write) -> Bound {
    let Write::Drop(id) = write;
    let args = vec![tenant.to_owned().into(), id.as_str().to_owned().into()];
    Bound::new(&DROP, args, "consent_rule", tenant, id.as_str())
}
