//! Clients: table `client`.

use std::collections::BTreeSet;

use kernel::{
    Algorithm, ClientId, Time,
    client::{Authentication, AuthenticationMethod, Binding, Client, GrantType, Guard, Introspects},
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

pub(crate) const STATEMENTS: &[&Statement] = &[&ONE, &PAGE, &UNCHANGED, &CREATE, &REPLACE];

static ONE: Statement = Statement::read(
    "client.one",
    &[Text, Text],
    "SELECT id, name, method, secret_digest, jwks, grant_types, token_algorithm, binding, introspects, epoch, created_at, disabled_at
     FROM client
     WHERE tenant = $1 AND id = $2",
);

static PAGE: Statement = Statement::read(
    "client.page",
    &[Text, Text, Int],
    "SELECT c.id, c.name, c.method, c.secret_digest, c.jwks, c.grant_types, c.token_algorithm, c.binding, c.introspects, c.epoch, c.created_at, c.disabled_at, u.used_at
     FROM client c
     LEFT JOIN client_use u ON u.tenant = c.tenant AND u.id = c.id
     WHERE c.tenant = $1 AND c.id > $2
     ORDER BY c.id
     LIMIT $3",
);

static UNCHANGED: Statement = Statement::expect(
    "client.unchanged",
    &[Text, Text, Int],
    "SELECT 1
     FROM client
     WHERE tenant = $1 AND id = $2 AND epoch = $3 AND disabled_at IS NULL",
);

static CREATE: Statement = Statement::write(
    "client.create",
    &[Text, Text, Text, Text, Text, Text, Text, Text, Text, Text, Int, Int, Int],
    "INSERT INTO client (tenant, id, name, method, secret_digest, jwks, grant_types, token_algorithm, binding, introspects, epoch, created_at, disabled_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
     ON CONFLICT DO NOTHING",
);

static REPLACE: Statement = Statement::write(
    "client.replace",
    &[Text, Text, Int, Text, Text, Text, Text, Text, Text, Text, Text, Int, Int],
    "UPDATE client
     SET name = $4, method = $5, secret_digest = $6, jwks = $7, grant_types = $8, token_algorithm = $9, binding = $10, introspects = $11, epoch = $12, disabled_at = $13
     WHERE tenant = $1 AND id = $2 AND epoch = $3",
);

impl TenantDb {
    /// A client by its id.
    pub async fn client(&self, id: &ClientId) -> Result<Option<Client>, Fault> {
        self.one(&ONE, &[id.as_str().into()], read).await
    }

    /// Clients in the order of their ids, after one of them, each with when it was last used (at most a minute late).
    pub async fn clients_after(&self, after: &str, rows_max: i64) -> Result<Vec<(Client, Option<Time>)>, Fault> {
        self.all(&PAGE, &[after.into(), rows_max.into()], |row| {
            Ok((read(row)?, row.time_if_any(12)?))
        })
        .await
    }
}

fn read(row: &Row<'_>) -> Result<Client, Fault> {
    let method = AuthenticationMethod::from_name(&row.text(2)?).ok_or(Fault::Row("client.method"))?;
    let secret_digest = || row.text_if_any(3)?.ok_or(Fault::Row("client.secret_digest"));
    let authentication = match method {
        AuthenticationMethod::SecretBasic => Authentication::SecretBasic {
            secret_digest: secret_digest()?,
        },
        AuthenticationMethod::SecretPost => Authentication::SecretPost {
            secret_digest: secret_digest()?,
        },
        AuthenticationMethod::PrivateKeyJwt => Authentication::PrivateKeyJwt {
            jwks: row.text_if_any(4)?.ok_or(Fault::Row("client.jwks"))?,
        },
    };
    let grant_types = row
        .text(5)?
        .split(' ')
        .filter(|name| !name.is_empty())
        .map(GrantType::from_name)
        .collect::<Option<BTreeSet<_>>>()
        .ok_or(Fault::Row("client.grant_types"))?;
    Ok(Client {
        id: ClientId::parse(&row.text(0)?).ok_or(Fault::Row("client.id"))?,
        name: row.text(1)?,
        authentication,
        grant_types,
        token_algorithm: algorithm(row.text_if_any(6)?)?,
        binding: match row.text(7)?.as_str() {
            "required" => Binding::Required,
            "when_proved" => Binding::WhenProved,
            _ => return Err(Fault::Row("client.binding")),
        },
        introspects: match row.text(8)?.as_str() {
            "everything" => Introspects::Everything,
            "its_resources" => Introspects::ItsResources,
            _ => return Err(Fault::Row("client.introspects")),
        },
        epoch: row.int(9)?,
        created: row.time(10)?,
        disabled: row.time_if_any(11)?,
    })
}

/// An algorithm's column.
pub(crate) fn algorithm(name: Option<String>) -> Result<Option<Algorithm>, Fault> {
    name.map(|name| Algorithm::from_name(&name).ok_or(Fault::Row("algorithm")))
        .transpose()
}

/// The rows of a guard.
pub(crate) fn lower(tenant: &str, guard: &Guard) -> Bound {
    match guard {
        Guard::Unchanged { id, epoch } => Bound::new(
            &UNCHANGED,
            vec![tenant.to_owned().into(), id.as_str().to_owned().into(), (*epoch).into()],
            "client",
            tenant,
            id.as_str(),
        ),
        Guard::Create(client) => {
            let (secret, jwks) = credentials(&client.authentication);
            let args = vec![
                tenant.to_owned().into(),
                client.id.as_str().to_owned().into(),
                client.name.clone().into(),
                client.authentication.method().name().to_owned().into(),
                secret,
                jwks,
                grant_types(client).into(),
                client
                    .token_algorithm
                    .map(|algorithm| algorithm.name().to_owned())
                    .into(),
                binding(client).to_owned().into(),
                introspects(client).to_owned().into(),
                client.epoch.into(),
                client.created.into(),
                client.disabled.into(),
            ];
            Bound::new(&CREATE, args, "client", tenant, client.id.as_str())
        }
        Guard::Replace { client, epoch } => {
            let (secret, jwks) = credentials(&client.authentication);
            let args = vec![
                tenant.to_owned().into(),
                client.id.as_str().to_owned().into(),
                (*epoch).into(),
                client.name.clone().into(),
                client.authentication.method().name().to_owned().into(),
                secret,
                jwks,
                grant_types(client).into(),
                client
                    .token_algorithm
                    .map(|algorithm| algorithm.name().to_owned())
                    .into(),
                binding(client).to_owned().into(),
                introspects(client).to_owned().into(),
                client.epoch.into(),
                client.disabled.into(),
            ];
            Bound::new(&REPLACE, args, "client", tenant, client.id.as_str())
        }
    }
}

fn credentials(authentication: &Authentication) -> (Value<'static>, Value<'static>) {
    match authentication {
        Authentication::SecretBasic { secret_digest } | Authentication::SecretPost { secret_digest } => {
            (secret_digest.clone().into(), Value::NoText)
        }
        Authentication::PrivateKeyJwt { jwks } => (Value::NoText, jwks.clone().into()),
    }
}

fn grant_types(client: &Client) -> String {
    client
        .grant_types
        .iter()
        .map(|grant_type| grant_type.name())
        .collect::<Vec<_>>()
        .join(" ")
}

fn binding(client: &Client) -> &'static str {
    match client.binding {
        Binding::Required => "required",
        Binding::WhenProved => "when_proved",
    }
}

fn introspects(client: &Client) -> &'static str {
    match client.introspects {
        Introspects::Everything => "everything",
        Introspects::ItsResources => "its_resources",
    }
}
