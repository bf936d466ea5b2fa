//! Facts of administration.

use std::collections::BTreeSet;

use kernel::{
    ClientId, Details, GrantId, GroupId, UserId,
    administration::{Command, Facts, NewRule},
    client::Approvers,
    consent::Clients,
    resource::{Resource, ResourceUri},
    tenant::Tenant,
    user::{Group, User},
};

use crate::{fault::Fault, tenant_db::TenantDb};

/// Loads whatever a command names.
pub async fn load(tenant: &TenantDb, command: &Command) -> Result<Facts, Fault> {
    let mut facts = Facts::default();
    match command {
        Command::CreateClient(new) => {
            facts.tenant = Some(tenant.tenant().as_ref().clone());
            facts.client = client(tenant, new.id.as_ref()).await?;
            facts.resources = resources(tenant, &new.resources).await?;
            facts.groups = approvers(tenant, new.approvers.as_ref()).await?;
        }
        Command::ChangeClient(change) => {
            facts.tenant = Some(tenant.tenant().as_ref().clone());
            facts.client = client(tenant, Some(&change.id)).await?;
            facts.groups = approvers(tenant, change.approvers.as_ref().and_then(Option::as_ref)).await?;
        }
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
            let of_path = facts
                .path
                .first()
                .map_or(Details::none(), |parent| parent.authority.details());
            facts.types = tenant.types_for(&[&new.details, of_path]).await?;
            facts.user = user(tenant, new.terms.owner.as_ref()).await?;
        }
        Command::EditGrant(edit) => {
            facts.path = path(tenant, Some(&edit.id)).await?;
            facts.user = user(tenant, edit.terms.owner.as_ref()).await?;
            if let Some(details) = &edit.details {
                facts.types = tenant.types_for(&[details]).await?;
            }
        }
        Command::RevokeGrant(id) => facts.path = path(tenant, Some(id)).await?,
        Command::CreateTenant(new) => {
            facts.tenant = named(tenant, |known| {
                known.id == new.id || without_scheme(&known.issuer) == without_scheme(&new.issuer)
            })
            .await?;
        }
        Command::SetTenantDisabled(id, _) | Command::ChangeTenant { id, .. } => {
            facts.tenant = named(tenant, |known| known.id == *id).await?;
        }
        Command::CreateUser(new) => {
            facts.login_taken_by = tenant.user_by_login(&new.login).await?;
            facts.groups = groups(tenant, &new.memberships).await?;
        }
        Command::ChangeUser(change) => {
            facts.user = tenant.user(&change.id).await?;
            if let Some(login) = &change.login {
                facts.login_taken_by = tenant.user_by_login(login).await?;
            }
            if let Some(memberships) = &change.memberships {
                facts.groups = groups(tenant, memberships).await?;
            }
        }
        Command::SetUserPassword { id, .. } | Command::GiveRecoveryCode { id, .. } | Command::EndUserSessions(id) => {
            facts.user = tenant.user(id).await?;
        }
        Command::EndBrowserSession(id) => facts.browser_session = tenant.browser_session_by_id(id).await?,
        Command::CreateGroup(new) => facts.groups = tenant.group(&new.id).await?.into_iter().collect(),
        Command::DropGroup(id) => facts.groups = tenant.group(id).await?.into_iter().collect(),
        Command::CreateRule(new) => of_rule(tenant, new, &mut facts).await?,
        Command::CancelApproval(id) => facts.approval = tenant.approval(id).await?,
        Command::CreateDetailType(_) | Command::ReplaceDetailType(_) | Command::DropDetailType(_) => {
            facts.types = tenant.types().await?;
        }
        Command::DropRule(id) => facts.rule = tenant.consent_rule(id).await?,
        Command::ApplyPolicies(_) => {
            facts.policy_version = tenant.policy_version().await?;
            facts.policies = tenant.policy_set(facts.policy_version).await?;
        }
        Command::EndAdministrator(id) => facts.administrator = tenant.administrator(id).await?,
        Command::CreateAdministrator(_) | Command::RotateKeys(_) => {}
    }
    Ok(facts)
}

/// What a new rule names, and how many there are.
async fn of_rule(tenant: &TenantDb, new: &NewRule, facts: &mut Facts) -> Result<(), Fault> {
    if let Clients::One(id) = &new.clients {
        facts.client = tenant.client(id).await?;
    }
    if let Some(uri) = &new.resource {
        facts.resources = tenant.resource(uri).await?.into_iter().collect();
    }
    if let Some(id) = &new.group {
        facts.groups = tenant.group(id).await?.into_iter().collect();
    }
    facts.rules = tenant.consent_rules().await?.len();
    Ok(())
}

/// The group of those who are asked, if it is there.
async fn approvers(tenant: &TenantDb, approvers: Option<&Approvers>) -> Result<Vec<Group>, Fault> {
    match approvers {
        Some(approvers) => Ok(tenant.group(&approvers.group).await?.into_iter().collect()),
        None => Ok(Vec::new()),
    }
}

async fn groups(tenant: &TenantDb, wanted: &BTreeSet<GroupId>) -> Result<Vec<Group>, Fault> {
    let mut found = Vec::with_capacity(wanted.len());
    for id in wanted {
        found.extend(tenant.group(id).await?);
    }
    Ok(found)
}

async fn client(tenant: &TenantDb, id: Option<&ClientId>) -> Result<Option<kernel::client::Client>, Fault> {
    match id {
        Some(id) => tenant.client(id).await,
        None => Ok(None),
    }
}

async fn user(tenant: &TenantDb, id: Option<&UserId>) -> Result<Option<User>, Fault> {
    match id {
        Some(id) => tenant.user(id).await,
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
