//! Facts of administration.

use std::collections::BTreeSet;

use kernel::{
    ClientId, GrantId,
    administration::{Command, Facts},
    resource::{Resource, ResourceUri},
    tenant::Tenant,
};

use crate::{fault::Fault, tenant_db::TenantDb};

/// Loads whatever a command names.
pub async fn load(tenant: &TenantDb, command: &Command) -> Result<Facts, Fault> {
    let mut facts = Facts::default();
    match command {
        Command::CreateClient(new) => {
            facts.client = client(tenant, new.id.as_ref()).await?;
            facts.resources = resources(tenant, &new.resources).await?;
        }
        Command::ChangeClient(change) => facts.client = client(tenant, Some(&change.id)).await?,
        Command::RotateClientSecret(id) => facts.client = client(tenant, Some(id)).await?,
        Command::CreateResource(new) => {
            facts.resources = tenant.resource(&new.uri).await?.into_iter().collect();
            facts.tenant = Some(tenant.tenant().as_ref().clone());
        }
        Command::SetResourceDisabled(uri, _) => facts.resources = tenant.resource(uri).await?.into_iter().collect(),
        Command::CreateGrant(new) => {
            facts.client = client(tenant, Some(&new.client)).await?;
            facts.resources = resources(tenant, &new.resources).await?;
            facts.path = path(tenant, new.parent.as_ref()).await?;
        }
        Command::RevokeGrant(id) => facts.path = path(tenant, Some(id)).await?,
        Command::CreateTenant(new) => {
            facts.tenant = named(tenant, |known| {
                known.id == new.id || without_scheme(&known.issuer) == without_scheme(&new.issuer)
            })
            .await?;
        }
        Command::SetTenantDisabled(id, _) | Command::SetTenantSettings(id, _) => {
            facts.tenant = named(tenant, |known| known.id == *id).await?;
        }
        Command::EndAdministrator(id) => facts.administrator = tenant.administrator(id).await?,
        Command::CreateAdministrator(_) | Command::RotateKeys(_) => {}
    }
    Ok(facts)
}

async fn client(tenant: &TenantDb, id: Option<&ClientId>) -> Result<Option<kernel::client::Client>, Fault> {
    match id {
        Some(id) => tenant.client(id).await,
        None => Ok(None),
    }
}

async fn path(tenant: &TenantDb, id: Option<&GrantId>) -> Result<Vec<kernel::grant::Grant>, Fault> {
    match id {
        Some(id) => tenant.grant_path(id).await,
        None => Ok(Vec::new()),
    }
}

async fn resources(tenant: &TenantDb, wanted: &BTreeSet<ResourceUri>) -> Result<Vec<Resource>, Fault> {
    let mut found = Vec::with_capacity(wanted.len());
    for uri in wanted {
        found.extend(tenant.resource(uri).await?);
    }
    Ok(found)
}

/// Two issuers that differ in their scheme alone would be reached under the same host.
fn without_scheme(issuer: &str) -> &str {
    issuer.split_once("://").map_or(issuer, |(_, rest)| rest)
}

async fn named(tenant: &TenantDb, is: impl Fn(&Tenant) -> bool) -> Result<Option<Tenant>, Fault> {
    Ok(tenant.store().tenants().await?.into_iter().find(|known| is(known)))
}
