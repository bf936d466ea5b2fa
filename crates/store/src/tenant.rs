//! Tenants: table `tenant`. Who may read it: the directory that finds a request's tenant, and administration of the installation.

use kernel::{
    TenantId,
    client::SecurityProfile,
    tenant::{Documents, NonceRule, Offered, PkceRule, PushedRequests, RegistrationRule, Settings, Tenant, Write},
};

use crate::{
    administrator,
    client::{binding, binding_name},
    fault::Fault,
    lower::Bound,
    open::Store,
    row::Row,
    statement::{
        Statement,
        Type::{Int, Text},
        Value,
    },
};

pub(crate) const STATEMENTS: &[&Statement] = &[&ALL, &CREATE, &SET_DISABLED, &SET_SETTINGS, &SET_NAME, &SET_ISSUER];

static ALL: Statement = Statement::read(
    "tenant.all",
    &[],
    "SELECT id, name, issuer, dpop_nonce, access_token_seconds, created_at, disabled_at, client_documents, registration, binding, security_profile, pushed_requests, pkce, device_grant, deferred, policy_version
     FROM tenant
     ORDER BY id",
);

static CREATE: Statement = Statement::write(
    "tenant.create",
    &[
        Text, Text, Text, Text, Int, Int, Text, Text, Text, Text, Text, Text, Text, Text,
    ],
    "INSERT INTO tenant (id, name, issuer, dpop_nonce, access_token_seconds, created_at, client_documents, registration, binding, security_profile, pushed_requests, pkce, device_grant, deferred)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
     ON CONFLICT DO NOTHING",
);

static SET_DISABLED: Statement = Statement::write(
    "tenant.set_disabled",
    &[Text, Int],
    "UPDATE tenant
     SET disabled_at = $2
     WHERE id = $1",
);

static SET_SETTINGS: Statement = Statement::write(
    "tenant.set_settings",
    &[Text, Text, Int, Text, Text, Text, Text, Text, Text, Text, Text],
    "UPDATE tenant
     SET dpop_nonce = COALESCE($2, dpop_nonce), access_token_seconds = COALESCE($3, access_token_seconds), client_documents = COALESCE($4, client_documents), registration = COALESCE($5, registration), binding = COALESCE($6, binding), security_profile = COALESCE($7, security_profile), pushed_requests = COALESCE($8, pushed_requests), pkce = COALESCE($9, pkce), device_grant = COALESCE($10, device_grant), deferred = COALESCE($11, deferred)
     WHERE id = $1",
);

static SET_NAME: Statement = Statement::write(
    "tenant.set_name",
    &[Text, Text],
    "UPDATE tenant
     SET name = $2
     WHERE id = $1",
);

static SET_ISSUER: Statement = Statement::write(
    "tenant.set_issuer",
    &[Text, Text],
    "UPDATE tenant
     SET issuer = $2
     WHERE id = $1",
);

impl Store {
    /// Every tenant, in the order of their ids.
    pub async fn tenants(&self) -> Result<Vec<Tenant>, Fault> {
        self.engine().all(&ALL, &[], read).await
    }

    /// Gives a tenant another issuer: only when the installation's own origin changed. Tokens under the old one end.
    pub async fn move_tenant(&self, id: &TenantId, issuer: &str) -> Result<(), Fault> {
        let args = vec![id.as_str().to_owned().into(), issuer.to_owned().into()];
        self.maintain(vec![Bound::new(&SET_ISSUER, args, "tenant", "", id.as_str())])
            .await
    }
}

fn read(row: &Row<'_>) -> Result<Tenant, Fault> {
    Ok(Tenant {
        id: TenantId::parse(&row.text(0)?).ok_or(Fault::Row("tenant.id"))?,
        name: row.text(1)?,
        issuer: row.text(2)?,
        settings: Settings {
            dpop_nonce: match row.text(3)?.as_str() {
                "demanded" => NonceRule::Demanded,
                "accepted" => NonceRule::Accepted,
                _ => return Err(Fault::Row("tenant.dpop_nonce")),
            },
            access_token_seconds: row.int(4)?,
            client_documents: match row.text(7)?.as_str() {
                "accepted" => Documents::Accepted,
                "refused" => Documents::Refused,
                _ => return Err(Fault::Row("tenant.client_documents")),
            },
            registration: RegistrationRule::from_name(&row.text(8)?).ok_or(Fault::Row("tenant.registration"))?,
            binding: binding(&row.text(9)?).ok_or(Fault::Row("tenant.binding"))?,
            profile: SecurityProfile::from_name(&row.text(10)?).ok_or(Fault::Row("tenant.security_profile"))?,
            pushed_requests: match row.text(11)?.as_str() {
                "required" => PushedRequests::Required,
                "accepted" => PushedRequests::Accepted,
                _ => return Err(Fault::Row("tenant.pushed_requests")),
            },
            pkce: match row.text(12)?.as_str() {
                "always" => PkceRule::Always,
                "openid_may_omit" => PkceRule::OpenIdMayOmit,
                _ => return Err(Fault::Row("tenant.pkce")),
            },
            device_grant: offered(&row.text(13)?).ok_or(Fault::Row("tenant.device_grant"))?,
            deferred: offered(&row.text(14)?).ok_or(Fault::Row("tenant.deferred"))?,
        },
        policy_version: row.int(15)?,
        created: row.time(5)?,
        disabled: row.time_if_any(6)?,
    })
}

fn nonce_rule(rule: NonceRule) -> &'static str {
    match rule {
        NonceRule::Demanded => "demanded",
        NonceRule::Accepted => "accepted",
    }
}

fn documents(rule: Documents) -> &'static str {
    match rule {
        Documents::Accepted => "accepted",
        Documents::Refused => "refused",
    }
}

fn pushed_requests(rule: PushedRequests) -> &'static str {
    match rule {
        PushedRequests::Required => "required",
        PushedRequests::Accepted => "accepted",
    }
}

fn offered_name(offered: Offered) -> &'static str {
    match offered {
        Offered::On => "on",
        Offered::Off => "off",
    }
}

fn offered(name: &str) -> Option<Offered> {
    [Offered::On, Offered::Off]
        .into_iter()
        .find(|offered| offered_name(*offered) == name)
}

fn pkce(rule: PkceRule) -> &'static str {
    match rule {
        PkceRule::Always => "always",
        PkceRule::OpenIdMayOmit => "openid_may_omit",
    }
}

/// The row of a new tenant. Its place in the common order is the table: two changes collide in the id or in the issuer, and each must see the other.
pub(crate) fn lower_create(tenant: &Tenant) -> Bound {
    let args = vec![
        tenant.id.as_str().to_owned().into(),
        tenant.name.clone().into(),
        tenant.issuer.clone().into(),
        nonce_rule(tenant.settings.dpop_nonce).into(),
        tenant.settings.access_token_seconds.into(),
        tenant.created.into(),
        documents(tenant.settings.client_documents).into(),
        tenant.settings.registration.name().into(),
        binding_name(tenant.settings.binding).into(),
        tenant.settings.profile.name().into(),
        pushed_requests(tenant.settings.pushed_requests).into(),
        pkce(tenant.settings.pkce).into(),
        offered_name(tenant.settings.device_grant).into(),
        offered_name(tenant.settings.deferred).into(),
    ];
    Bound::new(&CREATE, args, "tenant", "", "")
}

/// The row of a write.
pub(crate) fn lower_write(tenant: &str, write: &Write) -> Bound {
    match write {
        Write::SetDisabled { id, at } => Bound::new(
            &SET_DISABLED,
            vec![id.as_str().to_owned().into(), (*at).into()],
            "tenant",
            "",
            id.as_str(),
        ),
        Write::SetSettings { id, change } => {
            let args = vec![
                id.as_str().to_owned().into(),
                change.dpop_nonce.map(nonce_rule).into(),
                change.access_token_seconds.map_or(Value::NoInt, Value::Int),
                change.client_documents.map(documents).into(),
                change.registration.map(RegistrationRule::name).into(),
                change.binding.map(binding_name).into(),
                change.profile.map(SecurityProfile::name).into(),
                change.pushed_requests.map(pushed_requests).into(),
                change.pkce.map(pkce).into(),
                change.device_grant.map(offered_name).into(),
                change.deferred.map(offered_name).into(),
            ];
            Bound::new(&SET_SETTINGS, args, "tenant", "", id.as_str())
        }
        Write::SetName { id, name } => Bound::new(
            &SET_NAME,
            vec![id.as_str().to_owned().into(), name.clone().into()],
            "tenant",
            "",
            id.as_str(),
        ),
        Write::EndAdministrator { id, at } => administrator::lower_end(tenant, id, *at),
    }
}
