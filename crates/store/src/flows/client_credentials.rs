//! Facts of the client credentials grant.

use kernel::{
    Caller, Details, Time, Who,
    approval::Whom,
    client_credentials::{Facts, Request},
    deferred::Completion,
    token::TenantKeys,
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
        match (
            &request.completion,
            caller.client().and_then(|client| client.approvers.as_ref()),
        ) {
            (Completion::Deferred { .. }, Some(approvers)) => {
                let whom = Whom::Members {
                    group: approvers.group.clone(),
                    quorum: approvers.quorum,
                };
                tenant.approvals_lately(&whom, now).await
            }
            (Completion::Deferred { .. }, None) | (Completion::Now, _) => Ok(Vec::new()),
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
    Ok(Facts {
        tenant: tenant.tenant(),
        resource,
        client_epoch,
        grants,
        keys,
        approvals,
        types,
    })
}
