//! What is read anew of the caller when somebody moved first.

use kernel::Caller;

use super::Look;
use crate::{fault::Fault, tenant_db::TenantDb};

/// The epoch of the calling client's registration as it is now: nothing at the first look, and one that no registration has when it is gone.
pub async fn client_epoch(tenant: &TenantDb, caller: &Caller, look: Look) -> Result<Option<i64>, Fault> {
    match (look, caller.client()) {
        (Look::Again, Some(client)) => {
            let now = tenant.client(&client.id).await?;
            Ok(Some(now.map_or(i64::MIN, |client| client.epoch)))
        }
        (Look::Again, None) | (Look::First, _) => Ok(None),
    }
}
