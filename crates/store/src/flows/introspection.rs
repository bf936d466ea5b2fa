//! Facts of introspection and revocation.

use kernel::{
    Audience, ClientId, TokenId,
    introspection::{Facts, Known},
};
use proof::{Verified, access_token::AccessToken};

use super::person;
use crate::{fault::Fault, tenant_db::TenantDb};

/// Loads everything a token hangs on; `Unknown` when the token did not pass, or has no record.
pub async fn load(tenant: &TenantDb, token: Option<Verified<AccessToken>>) -> Result<Facts, Fault> {
    let Some(token) = token else { return Ok(Facts::Unknown) };
    let (Some(id), Some(client)) = (TokenId::parse(&token.jti), ClientId::parse(&token.client_id)) else {
        return Ok(Facts::Unknown);
    };
    let Some(record) = tenant.token(&id).await? else {
        return Ok(Facts::Unknown);
    };
    let resource = async {
        match &record.audience {
            Audience::Issuer => Ok(None),
            Audience::Resource(uri) => tenant.resource(uri).await,
        }
    };
    let (path, client, resource) =
        futures_util::future::try_join3(tenant.grant_path(&record.grant), tenant.client(&client), resource).await?;
    let (user, rules) = person::load(tenant, path.first().map(|grant| &grant.subject)).await?;
    let details = Known::details(&token).unwrap_or_default();
    let types = tenant.types_for(&[&details]).await?;
    Ok(Facts::Known(Box::new(Known {
        token,
        record,
        path,
        client,
        resource,
        user,
        rules,
        types,
    })))
}
