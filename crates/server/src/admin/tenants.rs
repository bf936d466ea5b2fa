//! Calls about tenants, their keys and their administrators.

use std::sync::Arc;

use kernel::{
    AdministratorId, TenantId, Why,
    administration::{Command, NewTenant},
    key::SigningKey,
    tenant::{self, SettingsChange},
};

use super::{calls::carry_out, lists, types};
use crate::{
    fault::Stop,
    http::{entrance::Inbound, render::Outgoing},
};

/// Keys that may be published when two more are made by hand: verifiers read at most 32 of a set, and rotation by the clock needs room of its own.
const KEYS_BEFORE_ROTATION_MAX: usize = proof::jwk::KeySet::KEYS_MAX / 2;

pub(super) async fn create(inbound: Inbound) -> Result<Outgoing, Stop> {
    let new = new_tenant(&inbound)?;
    carry_out(inbound, Command::CreateTenant(Box::new(new))).await
}

fn new_tenant(inbound: &Inbound) -> Result<NewTenant, Why> {
    let body: types::TenantBody = types::read(&inbound.body)?;
    let settings = body.settings()?.of(tenant::Settings::default());
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
    Ok(NewTenant {
        id,
        name: types::name(body.name, "name")?,
        issuer,
        settings,
    })
}

/// A tenant's administrator may change its own tenant; only those of the installation see others.
pub(super) async fn change(inbound: Inbound) -> Result<Outgoing, Stop> {
    let id = TenantId::parse(inbound.param("id")?).ok_or(Why::Absent("tenant"))?;
    if !lists::reaches_installation(&inbound) && id != *inbound.tenant.id() {
        return Err(Why::AdministratorReach.into());
    }
    let body: types::TenantChangeBody = types::read(&inbound.body)?;
    let settings = body.settings()?;
    let name = body.name.map(|text| types::name(text, "name")).transpose()?;
    let nothing = settings == SettingsChange::default() && name.is_none();
    let command = match body.disabled {
        Some(disabled) if nothing => Command::SetTenantDisabled(id, types::switch(disabled)),
        Some(_) => return Err(Why::Body("disabled: change it alone".to_owned()).into()),
        None if nothing => return Err(Why::Body("nothing to change".to_owned()).into()),
        None => Command::ChangeTenant { id, name, settings },
    };
    carry_out(inbound, command).await
}

pub(super) async fn rotate_keys(inbound: Inbound) -> Result<Outgoing, Stop> {
    if inbound.tenant.signing_keys().await?.len() > KEYS_BEFORE_ROTATION_MAX {
        return Err(Why::Exists("keys").into());
    }
    let (app, tenant) = (Arc::clone(&inbound.app), Arc::clone(inbound.tenant.tenant()));
    let ring = app.keyring.ring(&app, &tenant).await?;
    let keys = app.keyring.successors(&tenant, &ring.algorithms(), inbound.at.now)?;
    let turn_is_taken = |key: &SigningKey| ring.records().iter().any(|known| known.active_from == key.active_from);
    if keys.iter().any(turn_is_taken) {
        return Err(Why::Exists("keys").into()); // made in this very second
    }
    let outgoing = carry_out(inbound, Command::RotateKeys(keys)).await?;
    app.keyring.tend(&app, &tenant).await?;
    Ok(outgoing)
}

pub(super) async fn create_administrator(inbound: Inbound) -> Result<Outgoing, Stop> {
    let new = types::read::<types::AdministratorBody>(&inbound.body)?.into_command()?;
    carry_out(inbound, Command::CreateAdministrator(new)).await
}

pub(super) async fn end_administrator(inbound: Inbound) -> Result<Outgoing, Stop> {
    let id = AdministratorId::parse(inbound.param("id")?).ok_or(Why::Absent("administrator"))?;
    carry_out(inbound, Command::EndAdministrator(id)).await
}
