//! Facts of the redemption of a code.

use std::collections::BTreeMap;

use kernel::{
    Audience, Caller, Details, Time,
    authorization_code::{AuthorizationCode, Facts, Request},
    detail::Types,
    grant::Subject,
    ledger,
    token::TenantKeys,
};

use super::{Look, again, person};
use crate::{fault::Fault, tenant_db::TenantDb};

/// Loads the facts: the code, and what it hangs on.
pub async fn load<'a>(
    tenant: &'a TenantDb,
    keys: &'a TenantKeys,
    caller: &Caller,
    request: &Request,
    look: Look,
    _now: Time,
) -> Result<Facts<'a>, Fault> {
    let code = async {
        match &request.code {
            Some((id, _)) => tenant.authorization_code(id).await,
            None => Ok(None),
        }
    };
    let (code, client_epoch) = futures_util::future::try_join(code, again::client_epoch(tenant, caller, look)).await?;
    let facts = Facts {
        tenant: tenant.tenant(),
        keys,
        client_epoch,
        code: None,
        path: Vec::new(),
        resource: None,
        user: None,
        rules: tenant.rules_for_nobody().await?,
        budgets: BTreeMap::new(),
        types: Types::default(),
    };
    match code {
        Some(code) => {
            let details = code.details.clone();
            let in_question = [&details, request.details.as_ref().unwrap_or(Details::none())];
            let types = tenant.types_for(&in_question);
            let (types, facts) = futures_util::future::try_join(types, Box::pin(hung_on(tenant, code, facts))).await?;
            let asked = request.details.as_ref().unwrap_or(&details);
            let charged = ledger::budgets_of_details([facts.path.as_slice()], asked, tenant.policy());
            let budgets = tenant.budgets(&charged).await?;
            Ok(Facts {
                types,
                budgets,
                ..facts
            })
        }
        None => Ok(facts),
    }
}

async fn hung_on<'a>(tenant: &TenantDb, code: AuthorizationCode, facts: Facts<'a>) -> Result<Facts<'a>, Fault> {
    let resource = async {
        match &code.audience {
            Audience::Issuer => Ok(None),
            Audience::Resource(uri) => tenant.resource(uri).await,
        }
    };
    let subject = Subject::User(code.user.clone());
    let (path, resource, (user, rules)) = futures_util::future::try_join3(
        tenant.grant_path(&code.grant),
        resource,
        Box::pin(person::load(tenant, Some(&code.client), Some(&subject))),
    )
    .await?;
    Ok(Facts {
        code: Some(code),
        path,
        resource,
        user,
        rules,
        ..facts
    })
}
