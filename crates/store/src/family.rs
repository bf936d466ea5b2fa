//! Lines of refresh tokens: table `refresh_family`, one row a line however often it turns, in the order of their ids, which is the order of their times.

use kernel::{
    BrowserSessionId, ClientId, Confirmation, FamilyId, GrantId,
    browser_session::{Method, Presence},
    family::{Family, Guard, Write},
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

pub(crate) const STATEMENTS: &[&Statement] = &[&ONE, &CURRENT, &CREATE, &TURN, &USED];

static ONE: Statement = Statement::read(
    "family.one",
    &[Text, Text],
    "SELECT id, grant_id, client, key_thumbprint, authenticated_at, generation, turned_at, request, created_at, browser_session, method, instance
     FROM refresh_family
     WHERE tenant = $1 AND id = $2",
);

static CURRENT: Statement = Statement::expect(
    "family.current",
    &[Text, Text, Int],
    "SELECT 1
     FROM refresh_family
     WHERE tenant = $1 AND id = $2 AND generation = $3",
);

static CREATE: Statement = Statement::write(
    "family.create",
    &[Text, Text, Text, Text, Text, Int, Int, Int, Text, Int, Text, Text, Text],
    "INSERT INTO refresh_family (tenant, id, grant_id, client, key_thumbprint, authenticated_at, generation, turned_at, request, created_at, browser_session, method, instance)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
     ON CONFLICT DO NOTHING",
);

static TURN: Statement = Statement::write(
    "family.turn",
    &[Text, Text, Int, Int, Text, Int],
    "UPDATE refresh_family
     SET generation = $4, request = $5, turned_at = $6
     WHERE tenant = $1 AND id = $2 AND generation = $3",
);

static USED: Statement = Statement::write(
    "family.used",
    &[Text, Text, Int],
    "UPDATE refresh_family
     SET turned_at = $3
     WHERE tenant = $1 AND id = $2 AND turned_at < $3",
);

impl TenantDb {
    /// A line of refresh tokens by its id.
    pub async fn family(&self, id: &FamilyId) -> Result<Option<Family>, Fault> {
        self.one(&ONE, &[id.as_str().into()], read).await
    }
}

fn read(row: &Row<'_>) -> Result<Family, Fault> {
    Ok(Family {
        id: FamilyId::parse(&row.text(0)?).ok_or(Fault::Row("refresh_family.id"))?,
        grant: GrantId::parse(&row.text(1)?).ok_or(Fault::Row("refresh_family.grant_id"))?,
        client: ClientId::parse(&row.text(2)?).ok_or(Fault::Row("refresh_family.client"))?,
        key: row.text_if_any(3)?.as_deref().map(Confirmation::from_row),
        instance: row.text_if_any(11)?,
        presence: Presence {
            session: row
                .text_if_any(9)?
                .map(|id| BrowserSessionId::parse(&id).ok_or(Fault::Row("refresh_family.browser_session")))
                .transpose()?,
            authenticated: row.time(4)?,
            method: Method::from_name(&row.text(10)?).ok_or(Fault::Row("refresh_family.method"))?,
        },
        generation: row.int(5)?,
        turned: row.time(6)?,
        request: row.text_if_any(7)?,
        created: row.time(8)?,
    })
}

/// The rows of a guard.
pub(crate) fn lower(tenant: &str, guard: &Guard) -> Bound {
    match guard {
        Guard::Create(family) => {
            let args = vec![
                tenant.to_owned().into(),
                family.id.as_str().to_owned().into(),
                family.grant.as_str().to_owned().into(),
                family.client.as_str().to_owned().into(),
                family.key.as_ref().map(Confirmation::as_row).into(),
                family.presence.authenticated.into(),
                family.generation.into(),
                family.turned.into(),
                family.request.clone().into(),
                family.created.into(),
                family.presence.session.as_ref().map(|id| id.as_str().to_owned()).into(),
                family.presence.method.name().into(),
                family.instance.clone().into(),
            ];
            Bound::new(&CREATE, args, "refresh_family", tenant, family.id.as_str())
        }
        Guard::Turn { id, from, request, at } => {
            let args = vec![
                tenant.to_owned().into(),
                id.as_str().to_owned().into(),
                (*from).into(),
                from.saturating_add(1).into(),
                request.clone().into(),
                (*at).into(),
            ];
            Bound::new(&TURN, args, "refresh_family", tenant, id.as_str())
        }
        Guard::Current { id, generation } => Bound::new(
            &CURRENT,
            vec![
                tenant.to_owned().into(),
                id.as_str().to_owned().into(),
                (*generation).into(),
            ],
            "refresh_family",
            tenant,
            id.as_str(),
        ),
    }
}

/// The row of a write.
pub(crate) fn lower_write(tenant: &str, write: &Write) -> Bound {
    let Write::Used { id, at } = write;
    let args = vec![tenant.to_owned().into(), id.as_str().to_owned().into(), (*at).into()];
    Bound::new(&USED, args, "refresh_family", tenant, id.as_str())
}
