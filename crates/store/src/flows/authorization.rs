//! Facts of the authorization endpoint.

use kernel::{
    Caller, Time,
    authorization::{Answered, Asked, Facts},
    client::{Client, Registration},
    grant::Grant,
    policy::Rules,
    token::TenantKeys,
};

use super::Look;
use crate::{fault::Fault, tenant_db::TenantDb};

/// Loads the facts. The client is what its id was resolved to; what was granted and the rules are read when somebody is signed in, for nobody else is judged by them.
pub async fn load<'a>(
    tenant: &'a TenantDb,
    keys: &'a TenantKeys,
    caller: &Caller,
    asked: &Asked,
    client: Option<Client>,
    look: Look,
    now: Time,
) -> Result<Facts<'a>, Fault> {
    let resource = async {
        match &asked.resource {
            Some(uri) => tenant.resource(uri).await,
            None => Ok(None),
        }
    };
    let (client, resource, (rules, grants), answer, types) = futures_util::future::try_join5(
        Box::pin(as_it_is(tenant, client, look)),
        Box::pin(resource),
        Box::pin(said(tenant, caller, asked, now)),
        Box::pin(tenant.authorization_code_of_request(&asked.id)),
        Box::pin(tenant.types_for(&[&asked.details])),
    )
    .await?; // on PostgreSQL all travel together
    Ok(Facts {
        tenant: tenant.tenant(),
        keys,
        client,
        resource,
        rules,
        types,
        grants,
        answered: answer.map_or(Answered::NotYet, |_| Answered::Before),
    })
}

/// What the organisation decided, and what was granted to the client, when somebody is signed in.
async fn said(tenant: &TenantDb, caller: &Caller, asked: &Asked, now: Time) -> Result<(Rules, Vec<Vec<Grant>>), Fault> {
    match caller.person() {
        Some(person) => {
            let grants = tenant.grants_to_client(&person.user.id, &asked.client, now);
            let (rules, grants) = futures_util::future::try_join(tenant.rules(), grants).await?;
            let rules = tenant.recalled(rules, &asked.client, Some(&person.user.id)).await?;
            Ok((rules, grants))
        }
        None => Ok((tenant.rules_for_nobody().await?, Vec::new())),
    }
}

/// The client at this look. What a document says was read by whoever gave it to us; its row knows only whether it was disabled, and whether an administrator has pinned it.
async fn as_it_is(tenant: &TenantDb, client: Option<Client>, look: Look) -> Result<Option<Client>, Fault> {
    let Some(given) = client else { return Ok(None) };
    if look == Look::First {
        return Ok(Some(given));
    }
    let row = tenant.client(&given.id).await?;
    Ok(match (&given.registration, row) {
        (Registration::Document { .. }, None) => Some(given),
        (Registration::Document { .. }, Some(row)) if matches!(row.registration, Registration::Document { .. }) => {
            Some(Client {
                disabled: row.disabled,
                ..given
            })
        }
        (_, row) => row,
    })
}
