//! One arm a call: read the body, walk, render. Reads that decide nothing answer from the rows.

use std::sync::Arc;

use kernel::{
    AdministratorId, ClientId, GrantId, TenantId, Why,
    administration::{Command, NewTenant, decide, describe},
    key::SigningKey,
    tenant,
};

use super::{lists, types};
use crate::{
    doctor,
    fault::Stop,
    http::{
        entrance::Inbound,
        render::{Document, Outgoing},
    },
    routes::Admin,
    walk::Walker,
};

/// Keys that may be published when two more are made by hand: verifiers read at most 32 of a set, and rotation by the clock needs room of its own.
const KEYS_BEFORE_ROTATION_MAX: usize = proof::jwk::KeySet::KEYS_MAX / 2;

/// Answers a call of the admin API.
pub(crate) async fn call(call: Admin, inbound: Inbound) -> Result<Outgoing, Stop> {
    match call {
        Admin::ListClients => lists::clients(&inbound).await,
        Admin::ListResources => lists::resources(&inbound).await,
        Admin::ListGrants => lists::grants(&inbound).await,
        Admin::ListAdministrators => lists::administrators(&inbound).await,
        Admin::ListTenants => lists::tenants(&inbound).await,
        Admin::ListEvents => lists::events(&inbound).await,
        Admin::ListKeys => lists::keys(&inbound).await,
        Admin::Doctor => doctor::examine(&inbound).await,
        Admin::ShowClient => {
            let client = inbound
                .tenant
                .client(&client_id(&inbound)?)
                .await?
                .ok_or(Why::Absent("client"))?;
            Ok(Outgoing::Document(Document::json(describe::client(&client, None))))
        }
        Admin::ShowGrant => {
            let grant = inbound
                .tenant
                .grant(&grant_id(&inbound)?)
                .await?
                .ok_or(Why::Absent("grant"))?;
            Ok(Outgoing::Document(Document::json(describe::grant(&grant))))
        }
        Admin::CreateClient => {
            let new = types::read::<types::ClientBody>(&inbound.body)?.into_command()?;
            carry_out(inbound, Command::CreateClient(Box::new(new))).await
        }
        Admin::ChangeClient => {
            let change = types::read::<types::ClientChangeBody>(&inbound.body)?.into_command(client_id(&inbound)?)?;
            carry_out(inbound, Command::ChangeClient(Box::new(change))).await
        }
        Admin::RotateClientSecret => {
            let id = client_id(&inbound)?;
            carry_out(inbound, Command::RotateClientSecret(id)).await
        }
        Admin::CreateResource => {
            let new = types::read::<types::ResourceBody>(&inbound.body)?.into_command()?;
            carry_out(inbound, Command::CreateResource(Box::new(new))).await
        }
        Admin::ChangeResource => {
            let (uri, switch) = types::read::<types::ResourceChangeBody>(&inbound.body)?.into_parts()?;
            carry_out(inbound, Command::SetResourceDisabled(uri, switch)).await
        }
        Admin::CreateGrant => {
            let new = types::read::<types::GrantBody>(&inbound.body)?.into_command()?;
            carry_out(inbound, Command::CreateGrant(Box::new(new))).await
        }
        Admin::RevokeGrant => {
            let id = grant_id(&inbound)?;
            carry_out(inbound, Command::RevokeGrant(id)).await
        }
        Admin::CreateTenant => {
            let new = new_tenant(&inbound)?;
            carry_out(inbound, Command::CreateTenant(Box::new(new))).await
        }
        Admin::ChangeTenant => {
            let command = tenant_change(&inbound)?;
            carry_out(inbound, command).await
        }
        Admin::RotateKeys => {
            if inbound.tenant.signing_keys().await?.len() > KEYS_BEFORE_ROTATION_MAX {
                return Err(Why::Exists("keys").into());
            }
            let keys = inbound
                .app
                .keyring
                .successors(inbound.tenant.tenant(), inbound.at.now)?;
            let ring = inbound.app.keyring.ring(&inbound.app, inbound.tenant.tenant()).await?;
            let turn_is_taken =
                |key: &SigningKey| ring.records().iter().any(|known| known.active_from == key.active_from);
            if keys.iter().any(turn_is_taken) {
                return Err(Why::Exists("keys").into()); // made in this very second
            }
            let (app, tenant) = (Arc::clone(&inbound.app), Arc::clone(inbound.tenant.tenant()));
            let outgoing = carry_out(inbound, Command::RotateKeys(keys)).await?;
            app.keyring.tend(&app, &tenant).await?;
            Ok(outgoing)
        }
        Admin::CreateAdministrator => {
            let new = types::read::<types::AdministratorBody>(&inbound.body)?.into_command()?;
            carry_out(inbound, Command::CreateAdministrator(new)).await
        }
        Admin::EndAdministrator => {
            let id = AdministratorId::parse(inbound.param("id")?).ok_or(Why::Absent("administrator"))?;
            carry_out(inbound, Command::EndAdministrator(id)).await
        }
    }
}

/// The walk of a command. What changes tenants is seen by this node at once, by others within a second.
async fn carry_out(inbound: Inbound, command: Command) -> Result<Outgoing, Stop> {
    let about_tenants = matches!(
        command,
        Command::CreateTenant(_) | Command::SetTenantDisabled(..) | Command::SetTenantSettings(..)
    );
    let (app, command) = (Arc::clone(&inbound.app), Arc::new(command));
    let answered = inbound
        .walker()
        .walk(move |Walker { tenant, caller, at, .. }, _look| {
            let command = Arc::clone(&command);
            async move {
                let facts = store::flows::administration::load(&tenant, &command).await?;
                Ok(decide(&command, &caller, &facts, &at))
            }
        })
        .await?;
    if about_tenants {
        app.tenants.refresh(&app.store).await?;
    }
    Ok(Outgoing::Answered(answered))
}

fn client_id(inbound: &Inbound) -> Result<ClientId, Why> {
    ClientId::parse(inbound.param("id")?).ok_or(Why::Absent("client"))
}

fn grant_id(inbound: &Inbound) -> Result<GrantId, Why> {
    GrantId::parse(inbound.param("id")?).ok_or(Why::Absent("grant"))
}

fn new_tenant(inbound: &Inbound) -> Result<NewTenant, Why> {
    let body: types::TenantBody = types::read(&inbound.body)?;
    let id = tenant::parse_id(&body.id)?;
    let issuer = match body.origin {
        None => format!("{}/t/{id}", inbound.app.origin()),
        Some(origin) => {
            let parsed = url::Url::parse(&origin)
                .ok()
                .filter(|url| matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == origin);
            parsed.ok_or_else(|| {
                Why::Body("origin: scheme, host and port only, as in https://auth.acme.example".to_owned())
            })?;
            origin
        }
    };
    let settings = types::settings(body.dpop_nonce_required, body.access_token_seconds).of(tenant::Settings::default());
    Ok(NewTenant {
        id,
        name: types::name(body.name, "name")?,
        issuer,
        settings,
    })
}

/// A tenant's administrator may change its own tenant; only those of the installation see others.
fn tenant_change(inbound: &Inbound) -> Result<Command, Why> {
    let id = TenantId::parse(inbound.param("id")?).ok_or(Why::Absent("tenant"))?;
    if !lists::reaches_installation(inbound) && id != *inbound.tenant.id() {
        return Err(Why::AdministratorReach);
    }
    let body: types::TenantChangeBody = types::read(&inbound.body)?;
    match (body.disabled, body.dpop_nonce_required, body.access_token_seconds) {
        (Some(disabled), None, None) => Ok(Command::SetTenantDisabled(id, types::switch(disabled))),
        (None, None, None) => Err(Why::Body("nothing to change".to_owned())),
        (None, nonce, seconds) => Ok(Command::SetTenantSettings(id, types::settings(nonce, seconds))),
        (Some(_), _, _) => Err(Why::Body("disabled: change it alone".to_owned())),
    }
}
