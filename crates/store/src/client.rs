//! Clients: table `client`.

use std::collections::BTreeSet;

use kernel::{
    Algorithm, ClientId, GroupId, Time,
    client::{
        ApplicationType, Approvers, Authentication, AuthenticationMethod, Binding, Client, Further, GrantType, Guard,
        Introspects, Keys, Registration, Write,
    },
    redirect_uri::RedirectUri,
};

use crate::{
    engine_only,
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

pub(crate) const STATEMENTS: &[&Statement] = &[&ONE, &PAGE, &UNCHANGED, &CREATE, &PUT_DOCUMENT, &REPLACE, &DROP, &KEEP];

/// What rows call who says that a client exists.
const ADMINISTRATOR: &str = "administrator";
const DOCUMENT: &str = "document";
pub(crate) const ITSELF: &str = "itself";

static ONE: Statement = Statement::read(
    "client.one",
    &[Text, Text],
    "SELECT id, name, method, secret_digest, jwks, grant_types, token_algorithm, binding, introspects, epoch, created_at, disabled_at, registration_kind, registration, redirect_uris, application_type, uri, scope, unused_until, jwks_uri, further, approvers, approval_quorum
     FROM client
     WHERE tenant = $1 AND id = $2",
);

static PAGE: Statement = Statement::read(
    "client.page",
    &[Text, Text, Int],
    "SELECT c.id, c.name, c.method, c.secret_digest, c.jwks, c.grant_types, c.token_algorithm, c.binding, c.introspects, c.epoch, c.created_at, c.disabled_at, c.registration_kind, c.registration, c.redirect_uris, c.application_type, c.uri, c.scope, c.unused_until, c.jwks_uri, c.further, c.approvers, c.approval_quorum, u.used_at
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
    &[
        Text, Text, Text, Text, Text, Text, Text, Text, Text, Text, Int, Int, Text, Text, Text, Text, Text, Text, Int,
        Text, Text, Text, Text, Int, Int,
    ],
    "INSERT INTO client (tenant, id, name, method, secret_digest, jwks, grant_types, token_algorithm, binding, introspects, epoch, disabled_at, registration_kind, registration, redirect_uris, application_type, uri, scope, unused_until, basis, jwks_uri, further, approvers, approval_quorum, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)
     ON CONFLICT DO NOTHING",
);

/// The epoch rises when what a person's yes rests on is another; who disabled the client keeps it disabled.
static PUT_DOCUMENT: Statement = Statement::write(
    "client.put_document",
    &[
        Text, Text, Text, Text, Text, Text, Text, Text, Text, Text, Int, Int, Text, Text, Text, Text, Text, Text, Int,
        Text, Text, Text, Text, Int, Int, Text,
    ],
    "INSERT INTO client (tenant, id, name, method, secret_digest, jwks, grant_types, token_algorithm, binding, introspects, epoch, disabled_at, registration_kind, registration, redirect_uris, application_type, uri, scope, unused_until, basis, jwks_uri, further, approvers, approval_quorum, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)
     ON CONFLICT (tenant, id) DO UPDATE
     SET name = excluded.name, method = excluded.method, secret_digest = excluded.secret_digest, jwks = excluded.jwks, grant_types = excluded.grant_types, token_algorithm = excluded.token_algorithm, binding = excluded.binding, introspects = excluded.introspects, epoch = CASE WHEN client.basis = excluded.basis THEN client.epoch ELSE client.epoch + 1 END, registration = excluded.registration, redirect_uris = excluded.redirect_uris, application_type = excluded.application_type, uri = excluded.uri, scope = excluded.scope, unused_until = excluded.unused_until, basis = excluded.basis, jwks_uri = excluded.jwks_uri, further = excluded.further
     WHERE client.registration_kind = $26",
);

/// A client that was kept stays kept: whoever read it before that must not take it back.
static REPLACE: Statement = Statement::write(
    "client.replace",
    &[
        Text, Text, Text, Text, Text, Text, Text, Text, Text, Text, Int, Int, Text, Text, Text, Text, Text, Text, Int,
        Text, Text, Text, Text, Int, Int,
    ],
    "UPDATE client
     SET name = $3, method = $4, secret_digest = $5, jwks = $6, grant_types = $7, token_algorithm = $8, binding = $9, introspects = $10, epoch = $11, disabled_at = $12, registration_kind = $13, registration = $14, redirect_uris = $15, application_type = $16, uri = $17, scope = $18, unused_until = CASE WHEN unused_until IS NULL THEN unused_until ELSE $19 END, basis = $20, jwks_uri = $21, further = $22, approvers = $23, approval_quorum = $24
     WHERE tenant = $1 AND id = $2 AND epoch = $25",
);

static DROP: Statement = Statement::write(
    "client.drop",
    &[Text, Text, Int, Text, Text],
    "DELETE FROM client
     WHERE tenant = $1 AND id = $2 AND epoch = $3 AND registration_kind IN ($4, $5)",
);

static KEEP: Statement = Statement::write(
    "client.keep",
    &[Text, Text],
    "UPDATE client
     SET unused_until = NULL
     WHERE tenant = $1 AND id = $2 AND unused_until IS NOT NULL",
);

impl TenantDb {
    /// A client by its id.
    pub async fn client(&self, id: &ClientId) -> Result<Option<Client>, Fault> {
        self.one(&ONE, &[id.as_str().into()], read).await
    }

    /// Clients in the order of their ids, after one of them, each with when it was last used (at most a minute late).
    pub async fn clients_after(&self, after: &str, rows_max: i64) -> Result<Vec<(Client, Option<Time>)>, Fault> {
        self.all(&PAGE, &[after.into(), rows_max.into()], |row| {
            Ok((read(row)?, row.time_if_any(23)?))
        })
        .await
    }

    /// How many clients registered themselves and nobody ever said yes to.
    pub async fn unused_clients(&self) -> Result<i64, Fault> {
        let counted = self
            .one(&engine_only::CLIENTS_UNUSED, &[ITSELF.into()], |row| row.int(0))
            .await?;
        Ok(counted.unwrap_or(0))
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
        AuthenticationMethod::PrivateKeyJwt => Authentication::PrivateKeyJwt,
        AuthenticationMethod::Tls => Authentication::Tls,
        AuthenticationMethod::SelfSignedTls => Authentication::SelfSignedTls,
        AuthenticationMethod::Attestation => Authentication::Attestation,
        AuthenticationMethod::Nothing => Authentication::Nothing,
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
        keys: match (row.text_if_any(4)?, row.text_if_any(19)?) {
            (Some(jwks), _) => Some(Keys::Here(jwks)),
            (None, Some(address)) => Some(Keys::At(address)),
            (None, None) => None,
        },
        further: Further::from_row(&row.text(20)?).ok_or(Fault::Row("client.further"))?,
        grant_types,
        token_algorithm: algorithm(row.text_if_any(6)?)?,
        binding: binding(&row.text(7)?).ok_or(Fault::Row("client.binding"))?,
        introspects: match row.text(8)?.as_str() {
            "everything" => Introspects::Everything,
            "its_resources" => Introspects::ItsResources,
            _ => return Err(Fault::Row("client.introspects")),
        },
        approvers: approvers(row.text_if_any(21)?, row.int_if_any(22)?)?,
        registration: registration(&row.text(12)?, row.text_if_any(13)?).ok_or(Fault::Row("client.registration"))?,
        redirect_uris: row
            .text(14)?
            .split('\n')
            .filter(|line| !line.is_empty())
            .map(RedirectUri::parse)
            .collect::<Option<_>>()
            .ok_or(Fault::Row("client.redirect_uris"))?,
        application_type: ApplicationType::from_name(row.text_if_any(15)?.as_deref())
            .ok_or(Fault::Row("client.application_type"))?,
        uri: row.text_if_any(16)?,
        scope: row.text_if_any(17)?,
        expires: row.time_if_any(18)?,
        epoch: row.int(9)?,
        created: row.time(10)?,
        disabled: row.time_if_any(11)?,
    })
}

fn registration(kind: &str, said: Option<String>) -> Option<Registration> {
    match (kind, said) {
        (ADMINISTRATOR, None) => Some(Registration::Administrator),
        (DOCUMENT, Some(seconds)) => Some(Registration::Document {
            fetched: Time::from_unix(seconds.parse().ok()?),
        }),
        (ITSELF, Some(said)) => {
            let (token_digest, key) = match said.split_once(' ') {
                Some((digest, key)) => (digest.to_owned(), Some(key.to_owned())),
                None => (said, None),
            };
            Some(Registration::Itself { token_digest, key })
        }
        _ => None,
    }
}

/// Who is asked: a group and how many of it, or nobody.
fn approvers(group: Option<String>, quorum: Option<i64>) -> Result<Option<Approvers>, Fault> {
    let Some(group) = group else { return Ok(None) };
    let approvers = GroupId::parse(&group)
        .zip(quorum)
        .and_then(|(group, quorum)| Approvers::new(group, quorum));
    approvers.map(Some).ok_or(Fault::Row("client.approvers"))
}

/// An algorithm's column.
pub(crate) fn algorithm(name: Option<String>) -> Result<Option<Algorithm>, Fault> {
    name.map(|name| Algorithm::from_name(&name).ok_or(Fault::Row("algorithm")))
        .transpose()
}

/// What rows call a rule about keys.
pub(crate) const fn binding_name(binding: Binding) -> &'static str {
    match binding {
        Binding::Required => "required",
        Binding::WhenProved => "when_proved",
    }
}

/// The rule about keys of that name.
pub(crate) fn binding(name: &str) -> Option<Binding> {
    [Binding::Required, Binding::WhenProved]
        .into_iter()
        .find(|binding| binding_name(*binding) == name)
}

/// The rows of a guard.
pub(crate) fn lower(tenant: &str, guard: &Guard) -> Bound {
    let bound = |statement, id: &ClientId, args| Bound::new(statement, args, "client", tenant, id.as_str());
    match guard {
        Guard::Unchanged { id, epoch } => {
            let mut args = named(tenant, id);
            args.push((*epoch).into());
            bound(&UNCHANGED, id, args)
        }
        Guard::Create(client) => bound(&CREATE, &client.id, new(tenant, client)),
        Guard::PutDocument(client) => {
            let mut args = new(tenant, client);
            args.push(DOCUMENT.into());
            bound(&PUT_DOCUMENT, &client.id, args)
        }
        Guard::Drop { id, epoch } => {
            let mut args = named(tenant, id);
            args.extend([(*epoch).into(), ITSELF.into(), DOCUMENT.into()]);
            bound(&DROP, id, args)
        }
        Guard::Replace { client, epoch } => {
            let mut args = described(tenant, client);
            args.push((*epoch).into());
            bound(&REPLACE, &client.id, args)
        }
    }
}

/// The row of a write.
pub(crate) fn lower_write(tenant: &str, write: &Write) -> Bound {
    let Write::Keep(id) = write;
    Bound::new(&KEEP, named(tenant, id), "client", tenant, id.as_str())
}

fn named(tenant: &str, id: &ClientId) -> Vec<Value<'static>> {
    vec![tenant.to_owned().into(), id.as_str().to_owned().into()]
}

/// Everything of a new row.
fn new(tenant: &str, client: &Client) -> Vec<Value<'static>> {
    let mut args = described(tenant, client);
    args.push(client.created.into());
    args
}

/// Everything that can change, behind the key.
fn described(tenant: &str, client: &Client) -> Vec<Value<'static>> {
    let (jwks, jwks_uri) = match &client.keys {
        Some(Keys::Here(jwks)) => (Some(jwks.clone()), None),
        Some(Keys::At(address)) => (None, Some(address.clone())),
        None => (None, None),
    };
    let (kind, said) = match &client.registration {
        Registration::Administrator => (ADMINISTRATOR, None),
        Registration::Document { fetched } => (DOCUMENT, Some(fetched.unix().to_string())),
        Registration::Itself {
            token_digest,
            key: None,
        } => (ITSELF, Some(token_digest.clone())),
        Registration::Itself {
            token_digest,
            key: Some(key),
        } => (ITSELF, Some(format!("{token_digest} {key}"))),
    };
    let grant_types: Vec<&str> = client.grant_types.iter().map(|grant_type| grant_type.name()).collect();
    let redirect_uris: Vec<&str> = client.redirect_uris.iter().map(RedirectUri::as_str).collect();
    let algorithm = client.token_algorithm.map(Algorithm::name);
    let approvers = client.approvers.as_ref();
    let mut args = named(tenant, &client.id);
    args.extend([
        client.name.clone().into(),
        client.authentication.method().name().into(),
        client.authentication.secret_digest().map(str::to_owned).into(),
        jwks.into(),
        grant_types.join(" ").into(),
        algorithm.into(),
        binding_name(client.binding).into(),
        introspects(client).into(),
        client.epoch.into(),
        client.disabled.into(),
        kind.into(),
        said.into(),
        redirect_uris.join("\n").into(),
        client.application_type.name().into(),
        client.uri.clone().into(),
        client.scope.clone().into(),
        client.expires.into(),
        client.basis().into(),
        jwks_uri.into(),
        client.further.row().into(),
        approvers.map(|approvers| approvers.group.as_str().to_owned()).into(),
        approvers.map_or(Value::NoInt, |approvers| Value::Int(approvers.quorum.into())),
    ]);
    args
}

fn introspects(client: &Client) -> &'static str {
    match client.introspects {
        Introspects::Everything => "everything",
        Introspects::ItsResources => "its_resources",
    }
}
