//! Facts of the client credentials grant.

use kernel::{Caller, Who, client_credentials::{Facts, Request}};

use crate::{fault::Fault, tenant_db::TenantDb};

/// Loads the facts: the resource that is named, and the client's own grants.
pub async fn load<'a>(tenant: &'a TenantDb, caller: &Caller, request: &Request) -> Result<Facts<'a>, Fault> {
    let resource = async {
        match &request.resource {
            Some(uri) => tenant.resource(uri).await,
            None => Ok(None),
        }
    };
    let grants = async {
        match &caller.who {
            Who::PureMachine(machine) => tenant.own_grants(&machine.client.id).await,
            Who::BrowserUser(_) | Who::UserDelegatedMachine(_) | Who::Agent(_) | Who::Administrator(_) | Who::PublicClient(_) | Who::Anyone => Ok(Vec::new()),
        }
    };
    let (resource, grants) = futures_util::future::try_join(resource, grants).await?; // on PostgreSQL both travel together
    Ok(Facts { tenant: tenant.tenant(), resource, grants })
}
