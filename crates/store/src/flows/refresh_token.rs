//! Facts of a refresh.

use kernel::{
    Audience, Caller, Details, Time,
    family::Family,
    grant::Grant,
    refresh_token::{Facts, Request},
    resource::Resource,
    token::TenantKeys,
};

use super::{Look, again, person};
use crate::{fault::Fault, tenant_db::TenantDb};

/// Loads the facts: the line, and what it hangs on.
pub async fn load<'a>(
    tenant: &'a TenantDb,
    keys: &'a TenantKeys,
    caller: &Caller,
    request: &Request,
    look: Look,
    _now: Time,
) -> Result<Facts<'a>, Fault> {
    let family = async {
        match &request.token {
            Some(shown) => tenant.family(&shown.family).await,
            None => Ok(None),
        }
    };
    let (family, client_epoch) =
        futures_util::future::try_join(family, again::client_epoch(tenant, caller, look)).await?;
    let path = path(tenant, family.as_ref()).await?;
    let authorization = path.first();
    let in_question = [
        authorization.map_or(Details::none(), |grant| grant.authority.details()),
        request.details.as_ref().unwrap_or(Details::none()),
    ];
    let (resource, (user, rules), types) = futures_util::future::try_join3(
        place(tenant, authorization),
        Box::pin(person::load(tenant, authorization.map(|grant| &grant.subject))),
        tenant.types_for(&in_question),
    )
    .await?;
    Ok(Facts {
        tenant: tenant.tenant(),
        keys,
        client_epoch,
        family,
        path,
        resource,
        user,
        rules,
        types,
    })
}

async fn path(tenant: &TenantDb, family: Option<&Family>) -> Result<Vec<Grant>, Fault> {
    match family {
        Some(family) => tenant.grant_path(&family.grant).await,
        None => Ok(Vec::new()),
    }
}

/// The resource of an authorization; it has one place.
async fn place(tenant: &TenantDb, authorization: Option<&Grant>) -> Result<Option<Resource>, Fault> {
    match authorization.and_then(|grant| grant.authority.audiences().first()) {
        Some(Audience::Resource(uri)) => tenant.resource(uri).await,
        Some(Audience::Issuer) | None => Ok(None),
    }
}
