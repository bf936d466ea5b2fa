//! Facts of the client credentials grant.

use std::collections::BTreeSet;

use kernel::{
    Caller, Details, GroupId, Time, Who,
    approval::Approval,
    client::Client,
    client_credentials::{Facts, Request},
    deferred::Completion,
    ledger,
    policy::Policy,
    token::TenantKeys,
    user::parse_group,
};

use super::Look;
use crate::{fault::Fault, tenant_db::TenantDb};

/// Loads the facts: the resource that is named, the client's own grants, and what waits for its approvers if it would wait for them.
pub async fn load<'a>(
    tenant: &'a TenantDb,
    keys: &'a TenantKeys,
    caller: &Caller,
    request: &Request,
    look: Look,
    now: Time,
) -> Result<Facts<'a>, Fault> {
    let resource = async {
        match &request.resource {
            Some(uri) => tenant.resource(uri).await,
            None => Ok(None),
        }
    };
    let grants = async {
        match &caller.who {
            Who::PureMachine(machine) => tenant.own_grants(&machine.client.id, now).await,
            Who::BrowserUser(_)
            | Who::UserDelegatedMachine(_)
            | Who::Agent(_)
            | Who::Administrator(_)
            | Who::PublicClient(_)
            | Who::Anyone => Ok(Vec::new()),
        }
    };
    let client_epoch = async {
        match (look, &caller.who) {
            (Look::Again, Who::PureMachine(machine)) => Ok(Some(
                tenant
                    .client(&machine.client.id)
                    .await?
                    .map_or(i64::MIN, |client| client.epoch),
            )),
            _ => Ok(None),
        }
    };
    let approvals = async {
        match (&request.completion, caller.client()) {
            (Completion::Deferred { .. }, Some(client)) => asked_of(tenant, client, now).await,
            (Completion::Deferred { .. } | Completion::Now, _) => Ok(Vec::new()),
        }
    };
    let (resource, grants, client_epoch, approvals) =
        futures_util::future::try_join4(resource, grants, client_epoch, Box::pin(approvals)).await?; // on PostgreSQL all travel together
    let granted = grants.iter().filter_map(|path| path.first());
    let in_question: Vec<&Details> = granted
        .map(|grant| grant.authority.details())
        .chain(&request.details)
        .collect();
    let types = tenant.types_for(&in_question).await?;
    let asked = request.details.as_ref().unwrap_or(Details::none());
    let charged = ledger::budgets_of_details(grants.iter().map(Vec::as_slice), asked, tenant.policy());
    let budgets = tenant.budgets(&charged).await?;
    Ok(Facts {
        tenant: tenant.tenant(),
        resource,
        client_epoch,
        grants,
        budgets,
        policy: policy(tenant, caller).await?,
        keys,
        approvals,
        types,
    })
}

/// The policies, with what is remembered of the client for itself.
async fn policy(tenant: &TenantDb, caller: &Caller) -> Result<Policy, Fault> {
    let policy = tenant.policy_of_now().await?;
    match caller.client() {
        Some(client) => tenant.policy_recalled(policy, &client.id, None).await,
        None => Ok(policy),
    }
}

/// What waits for those whom the client's registration names, and for those whom policies may demand.
async fn asked_of(tenant: &TenantDb, client: &Client, now: Time) -> Result<Vec<Approval>, Fault> {
    let by_policy = tenant
        .policy()
        .approvers()
        .iter()
        .filter_map(|demanded| parse_group(&demanded.group));
    let groups: BTreeSet<GroupId> = client
        .approvers
        .iter()
        .map(|approvers| approvers.group.clone())
        .chain(by_policy)
        .collect();
    let mut all = Vec::new();
    for group in groups {
        all.extend(tenant.approvals_lately_of_group(&group, now).await?);
    }
    all.sort_by(|a, b| b.id.cmp(&a.id)); // one that asks several groups came once by each
    all.dedup_by(|a, b| a.id == b.id);
    Ok(all)
}
