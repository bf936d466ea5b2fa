//! Facts of approvals: of those who answer, and of machines that fetch.

use kernel::{
    Audience, Caller, Time,
    approval::{Approval, Facts, Handle, Pending, State},
    detail::Types,
    resource::Resource,
    token::TenantKeys,
};

use super::{Look, again};
use crate::{fault::Fault, tenant_db::TenantDb};

/// Loads what somebody at a browser answers: the approval as it was named, and what it hangs on.
pub async fn load<'a>(
    tenant: &'a TenantDb,
    caller: &Caller,
    approval: Option<Approval>,
    now: Time,
) -> Result<Facts<'a>, Fault> {
    let Some(approval) = approval else {
        return Ok(Facts {
            tenant: tenant.tenant(),
            approval: None,
            client: None,
            resource: None,
            rules: Vec::new(),
            types: Types::default(),
            grants: Vec::new(),
        });
    };
    let grants = async {
        match caller.person() {
            Some(person) => tenant.grants_to_client(&person.user.id, &approval.client, now).await,
            None => Ok(Vec::new()),
        }
    };
    let in_question = [&approval.asks.details];
    let (client, resource, rules, types, grants) = futures_util::future::try_join5(
        tenant.client(&approval.client),
        Box::pin(place(tenant, &approval)),
        tenant.consent_rules(),
        Box::pin(tenant.types_for(&in_question)),
        Box::pin(grants),
    )
    .await?; // on PostgreSQL all travel together
    Ok(Facts {
        tenant: tenant.tenant(),
        approval: Some(approval),
        client,
        resource,
        rules,
        types,
        grants,
    })
}

/// Loads what a machine fetches. `polled` is this node's memory of when it asked last.
pub async fn load_pending<'a>(
    tenant: &'a TenantDb,
    keys: &'a TenantKeys,
    caller: &Caller,
    handle: &str,
    polled: Option<Time>,
    look: Look,
) -> Result<Pending<'a>, Fault> {
    let id = Handle::read(&keys.approvals, handle).map(|handle| handle.id().clone());
    let approval = async {
        match &id {
            Some(id) => tenant.approval(id).await,
            None => Ok(None),
        }
    };
    let (approval, client_epoch) =
        futures_util::future::try_join(approval, again::client_epoch(tenant, caller, look)).await?;
    let facts = Pending {
        tenant: tenant.tenant(),
        keys,
        client_epoch,
        approval: None,
        path: Vec::new(),
        line: Vec::new(),
        resource: None,
        user: None,
        rules: Vec::new(),
        types: Types::default(),
        polled,
    };
    match approval {
        Some(approval) => Box::pin(hung_on(tenant, approval, facts)).await,
        None => Ok(facts),
    }
}

/// What an answer hangs on: read only when there is one, for most polls find nobody who answered.
async fn hung_on<'a>(tenant: &TenantDb, approval: Approval, facts: Pending<'a>) -> Result<Pending<'a>, Fault> {
    let State::Approved { gift, yes, .. } = &approval.state else {
        return Ok(Pending {
            approval: Some(approval),
            ..facts
        });
    };
    let line = async {
        match approval.door.authorization() {
            Some(id) => tenant.grant_path(id).await,
            None => Ok(Vec::new()),
        }
    };
    let user = async {
        match yes.first() {
            Some(yes) => tenant.user(&yes.by).await,
            None => Ok(None),
        }
    };
    let in_question = [&approval.asks.details];
    let who = futures_util::future::try_join3(user, tenant.consent_rules(), tenant.types_for(&in_question));
    let (path, line, resource, (user, rules, types)) = futures_util::future::try_join4(
        tenant.grant_path(gift.grant()),
        Box::pin(line),
        place(tenant, &approval),
        Box::pin(who),
    )
    .await?;
    Ok(Pending {
        path,
        line,
        resource,
        user,
        rules,
        types,
        approval: Some(approval),
        ..facts
    })
}

async fn place(tenant: &TenantDb, approval: &Approval) -> Result<Option<Resource>, Fault> {
    match &approval.asks.audience {
        Audience::Resource(uri) => tenant.resource(uri).await,
        Audience::Issuer => Ok(None),
    }
}
