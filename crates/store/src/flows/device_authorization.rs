//! Facts of the device authorization endpoint.

use kernel::{
    Caller,
    device_authorization::{Facts, Request},
    token::TenantKeys,
};

use super::{Look, again};
use crate::{fault::Fault, tenant_db::TenantDb};

/// Loads the facts. `from` is the address that the request came from, as far as the server knows.
pub async fn load<'a>(
    tenant: &'a TenantDb,
    keys: &'a TenantKeys,
    caller: &Caller,
    request: &Request,
    from: Option<String>,
    look: Look,
) -> Result<Facts<'a>, Fault> {
    let resource = async {
        match &request.resource {
            Some(uri) => tenant.resource(uri).await,
            None => Ok(None),
        }
    };
    let in_question = [&request.details];
    let (resource, client_epoch, types) = futures_util::future::try_join3(
        resource,
        again::client_epoch(tenant, caller, look),
        tenant.types_for(&in_question),
    )
    .await?;
    Ok(Facts {
        tenant: tenant.tenant(),
        keys,
        client_epoch,
        resource,
        types,
        from,
    })
}
