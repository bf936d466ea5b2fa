//! Facts of a refresh.

use kernel::{
    Audience, Caller, Details, Time,
    approval::{Approval, Whom},
    deferred::Completion,
    family::Family,
    grant::{Grant, Subject},
    ledger,
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
    now: Time,
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
    let (resource, (user, rules), types, approvals) = futures_util::future::try_join4(
        place(tenant, authorization),
        Box::pin(person::load(
            tenant,
            family.as_ref().map(|family| &family.client),
            authorization.map(|grant| &grant.subject),
        )),
        tenant.types_for(&in_question),
        Box::pin(asked_of(tenant, request, authorization, now)),
    )
    .await?;
    let asked = request
        .details
        .as_ref()
        .or_else(|| authorization.map(|grant| grant.authority.details()));
    let asked = asked.unwrap_or(Details::none());
    let charged = ledger::budgets_of_details([path.as_slice()], asked, tenant.policy());
    let budgets = tenant.budgets(&charged).await?;
    Ok(Facts {
        budgets,
        tenant: tenant.tenant(),
        keys,
        client_epoch,
        family,
        path,
        resource,
        user,
        rules,
        approvals,
        types,
    })
}

/// What waits for the person, if the client would wait for them too.
async fn asked_of(
    tenant: &TenantDb,
    request: &Request,
    authorization: Option<&Grant>,
    now: Time,
) -> Result<Vec<Approval>, Fault> {
    match (&request.completion, authorization.map(|grant| &grant.subject)) {
        (Completion::Deferred { .. }, Some(Subject::User(id))) => {
            tenant.approvals_lately(&Whom::Person(id.clone()), now).await
        }
        (Completion::Deferred { .. } | Completion::Now, _) => Ok(Vec::new()),
    }
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
