//! One arm a call: read the body, walk, render. Reads that decide nothing answer from the rows.

use std::sync::Arc;

use kernel::{
    ApprovalId, ClientId, GrantId, Why,
    administration::{Command, decide, describe},
    ledger,
    power::{DataClasses, Powers},
};
use proof::json::Object;

use super::{details, lists, people, policies, tenants, types};
use crate::{
    attorney, doctor,
    fault::Stop,
    http::{
        entrance::Inbound,
        render::{Document, Outgoing},
    },
    routes::Admin,
    walk::Walker,
};

/// Answers a call of the admin API.
pub(crate) async fn call(call: Admin, inbound: Inbound) -> Result<Outgoing, Stop> {
    match call {
        Admin::ListClients => lists::clients(&inbound).await,
        Admin::ShowClient => show_client(&inbound).await,
        Admin::CreateClient => create_client(inbound).await,
        Admin::ChangeClient => change_client(inbound).await,
        Admin::RotateClientSecret => rotate_client_secret(inbound).await,
        Admin::ListResources => lists::resources(&inbound).await,
        Admin::CreateResource => create_resource(inbound).await,
        Admin::ChangeResource => change_resource(inbound).await,
        Admin::ListGrants => lists::grants(&inbound).await,
        Admin::ShowGrant => show_grant(&inbound).await,
        Admin::CreateGrant => create_grant(inbound).await,
        Admin::EditGrant => edit_grant(inbound).await,
        Admin::RevokeGrant => revoke_grant(inbound).await,
        Admin::ListBookings => lists::bookings(&inbound).await,
        Admin::ShowBudgets => show_budgets(&inbound).await,
        Admin::ListUsers => lists::users(&inbound).await,
        Admin::ShowUser => people::show(&inbound).await,
        Admin::CreateUser => people::create(inbound).await,
        Admin::ChangeUser => people::change(inbound).await,
        Admin::SetUserPassword => people::set_password(inbound).await,
        Admin::GiveRecoveryCode => people::give_recovery_code(inbound).await,
        Admin::ListUserGrants => lists::grants_of_user(&inbound).await,
        Admin::EndUserSessions => people::end_sessions(inbound).await,
        Admin::ListGroups => lists::groups(&inbound).await,
        Admin::CreateGroup => people::create_group(inbound).await,
        Admin::DropGroup => people::drop_group(inbound).await,
        Admin::ListBrowserSessions => lists::browser_sessions(&inbound).await,
        Admin::EndBrowserSession => people::end_session(inbound).await,
        Admin::ListConsentRules => lists::consent_rules(&inbound).await,
        Admin::CreateConsentRule => people::create_rule(inbound).await,
        Admin::DropConsentRule => people::drop_rule(inbound).await,
        Admin::ListApprovals => lists::approvals(&inbound).await,
        Admin::ShowApproval => show_approval(&inbound).await,
        Admin::CancelApproval => cancel_approval(inbound).await,
        Admin::ListDetailTypes => details::list(&inbound).await,
        Admin::CreateDetailType => details::create(inbound).await,
        Admin::ShowDetailType => details::show(&inbound).await,
        Admin::ReplaceDetailType => details::replace(inbound).await,
        Admin::DropDetailType => details::drop(inbound).await,
        Admin::ShowPolicies => policies::show(&inbound).await,
        Admin::ApplyPolicies => policies::apply(inbound).await,
        Admin::ListPolicyVersions => lists::policy_versions(&inbound).await,
        Admin::ShowPolicyVersion => policies::show_version(&inbound).await,
        Admin::ReplayPolicies => policies::replay(&inbound).await,
        Admin::ExplainPolicies => policies::explain(&inbound).await,
        Admin::ListCapabilities => policies::list_capabilities(&inbound).await,
        Admin::PutCapability => policies::put_capability(inbound).await,
        Admin::DropCapability => policies::drop_capability(inbound).await,
        Admin::ListTenants => lists::tenants(&inbound).await,
        Admin::CreateTenant => tenants::create(inbound).await,
        Admin::ChangeTenant => tenants::change(inbound).await,
        Admin::ListKeys => lists::keys(&inbound).await,
        Admin::RotateKeys => tenants::rotate_keys(inbound).await,
        Admin::ListAdministrators => lists::administrators(&inbound).await,
        Admin::CreateAdministrator => tenants::create_administrator(inbound).await,
        Admin::EndAdministrator => tenants::end_administrator(inbound).await,
        Admin::ListEvents => lists::events(&inbound).await,
        Admin::Doctor => doctor::examine(&inbound).await,
    }
}

/// The walk of a command. What changes tenants is seen by this node at once, by others within a second.
pub(super) async fn carry_out(inbound: Inbound, command: Command) -> Result<Outgoing, Stop> {
    let about_tenants = matches!(
        command,
        Command::CreateTenant(_)
            | Command::SetTenantDisabled(..)
            | Command::ChangeTenant { .. }
            | Command::ApplyPolicies(_)
    );
    let (app, command) = (Arc::clone(&inbound.app), Arc::new(command));
    let answered = inbound
        .walker()
        .walk(
            move |Walker {
                      app,
                      tenant,
                      caller,
                      at,
                  },
                  _look| {
                let command = Arc::clone(&command);
                async move {
                    let mut facts = store::flows::administration::load(&tenant, &command).await?;
                    app.schemas.judge(&mut facts.types, command.details());
                    Ok(decide(&command, &caller, &facts, &at))
                }
            },
        )
        .await?;
    if about_tenants {
        app.tenants.refresh(&app.store).await?;
    }
    Ok(Outgoing::Answered(answered))
}

/// What is read and shown as it is.
pub(super) fn shown(document: Object) -> Outgoing {
    Outgoing::Document(Document::json(document))
}

async fn show_client(inbound: &Inbound) -> Result<Outgoing, Stop> {
    let client = inbound.tenant.client(&client_id(inbound)?).await?;
    let client = client.ok_or(Why::Absent("client"))?;
    Ok(shown(describe::client(&client, None)))
}

async fn create_client(inbound: Inbound) -> Result<Outgoing, Stop> {
    let (body, further) = types::read_client::<types::ClientBody>(&inbound.body)?;
    let new = body.into_command(&further)?;
    carry_out(inbound, Command::CreateClient(Box::new(new))).await
}

async fn change_client(inbound: Inbound) -> Result<Outgoing, Stop> {
    let (body, further) = types::read_client::<types::ClientChangeBody>(&inbound.body)?;
    let change = body.into_command(client_id(&inbound)?, further)?;
    carry_out(inbound, Command::ChangeClient(Box::new(change))).await
}

async fn rotate_client_secret(inbound: Inbound) -> Result<Outgoing, Stop> {
    let id = client_id(&inbound)?;
    carry_out(inbound, Command::RotateClientSecret(id)).await
}

async fn create_resource(inbound: Inbound) -> Result<Outgoing, Stop> {
    let new = types::read::<types::ResourceBody>(&inbound.body)?.into_command()?;
    carry_out(inbound, Command::CreateResource(Box::new(new))).await
}

async fn change_resource(inbound: Inbound) -> Result<Outgoing, Stop> {
    let (uri, switch) = types::read::<types::ResourceChangeBody>(&inbound.body)?.into_parts()?;
    carry_out(inbound, Command::SetResourceDisabled(uri, switch)).await
}

async fn show_grant(inbound: &Inbound) -> Result<Outgoing, Stop> {
    let path = inbound.tenant.grant_path(&grant_id(inbound)?).await?;
    Ok(shown(attorney::document(inbound, &path).await?))
}

async fn show_budgets(inbound: &Inbound) -> Result<Outgoing, Stop> {
    let grant = inbound.tenant.grant(&grant_id(inbound)?).await?;
    let grant = grant.ok_or(Why::Absent("grant"))?;
    let used = inbound.tenant.budgets(&ledger::of_grant(&grant)).await?;
    let told = ledger::budgets(&grant, &used, inbound.at.now);
    Ok(shown(describe::list("budgets", told)))
}

async fn create_grant(inbound: Inbound) -> Result<Outgoing, Stop> {
    let new = types::read::<types::GrantBody>(&inbound.body)?.into_command()?;
    mean_something(&inbound, &new.powers).await?;
    carry_out(inbound, Command::CreateGrant(Box::new(new))).await
}

/// By the catalogue of now: another node may have entered the capability a moment ago.
async fn mean_something(inbound: &Inbound, powers: &Powers) -> Result<(), Stop> {
    if powers.is_empty() {
        return Ok(());
    }
    let tenant = inbound.app.policies.read_again(inbound.tenant.clone()).await?;
    match powers.means_nothing(tenant.policy(), &DataClasses::default()) {
        Some(what) => Err(Why::Body(format!("capabilities: {what}")).into()),
        None => Ok(()),
    }
}

async fn edit_grant(inbound: Inbound) -> Result<Outgoing, Stop> {
    let edit = types::read::<types::GrantEditBody>(&inbound.body)?.into_command(grant_id(&inbound)?)?;
    // Of a grant that is not there nothing is wrong but that.
    if let (Some(powers), true) = (&edit.powers, inbound.tenant.grant(&edit.id).await?.is_some()) {
        mean_something(&inbound, powers).await?;
    }
    carry_out(inbound, Command::EditGrant(Box::new(edit))).await
}

async fn revoke_grant(inbound: Inbound) -> Result<Outgoing, Stop> {
    let id = grant_id(&inbound)?;
    carry_out(inbound, Command::RevokeGrant(id)).await
}

async fn show_approval(inbound: &Inbound) -> Result<Outgoing, Stop> {
    let approval = inbound.tenant.approval(&approval_id(inbound)?).await?;
    let approval = approval.ok_or(Why::Absent("approval"))?;
    let approval = inbound.tenant.as_it_counts(approval).await?;
    Ok(shown(describe::approval(&approval, inbound.at.now)))
}

async fn cancel_approval(inbound: Inbound) -> Result<Outgoing, Stop> {
    let id = approval_id(&inbound)?;
    carry_out(inbound, Command::CancelApproval(id)).await
}

fn approval_id(inbound: &Inbound) -> Result<ApprovalId, Why> {
    ApprovalId::parse(inbound.param("id")?).ok_or(Why::Absent("approval"))
}

fn client_id(inbound: &Inbound) -> Result<ClientId, Why> {
    types::client_id_in_path(inbound.param("id")?).ok_or(Why::Absent("client"))
}

pub(super) fn grant_id(inbound: &Inbound) -> Result<GrantId, Why> {
    GrantId::parse(inbound.param("id")?).ok_or(Why::Absent("grant"))
}
