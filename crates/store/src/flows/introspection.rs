//! Facts of introspection and revocation.

use kernel::{Audience, ClientId, TokenId, introspection::Known};
use proof::{Verified, access_token::AccessToken};

use super::person;
use crate::{fault::Fault, tenant_db::TenantDb};

/// Loads everything a token hangs on; nothing when it has no record.
pub async fn load(tenant: &TenantDb, token: Verified<AccessToken>) -> Result<Option<Known>, Fault> {
    let (Some(id), Some(client)) = (TokenId::parse(&token.jti), ClientId::parse(&token.client_id)) else {
        return Ok(None);
    };
    let Some(record) = tenant.token(&id).await? else {
        return Ok(None);
    };
    let resource = async {
        match &record.audience {
            Audience::Issuer => Ok(None),
            Audience::Resource(uri) => tenant.resource(uri).await,
        }
    };
    let acting = client.clone();
    let (path, client, resource) =
        futures_util::future::try_join3(tenant.grant_path(&record.grant), tenant.client(&client), resource).await?;
    let (user, rules) = person::load(tenant, Some(&acting), path.first().map(|grant| &grant.subject)).await?;
    let details = Known::details(&token).unwrap_or_default();
    let types = tenant.types_for(&[&details]).await?;
    Ok(Some(Known {
        token,
        record,
        path,
        client,
        resource,
        user,
        rules,
        types,
    }))
}
