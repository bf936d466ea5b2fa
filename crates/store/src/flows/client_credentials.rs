//! Facts of the client credentials grant.

use kernel::{
    Caller, Details, Time, Who,
    client_credentials::{Facts, Request},
};

use super::Look;
use crate::{fault::Fault, tenant_db::TenantDb};

/// Loads the facts: the resource that is named, and the client's own grants.
pub async fn load<'a>(
    tenant: &'a TenantDb,
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
    let (resource, grants, client_epoch) = futures_util::future::try_join3(resource, grants, client_epoch).await?; // on PostgreSQL both travel together
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
        types,
    })
}
