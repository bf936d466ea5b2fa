//! Facts of approvals: of those who answer, and of machines that fetch.

use std::collections::BTreeMap;

use kernel::{
    Audience, Caller, Time,
    approval::{Approval, Facts, Handle, Pending, Signature, State},
    authzen::Known,
    detail::Types,
    ledger,
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
            rules: tenant.rules_for_nobody().await?,
            types: Types::default(),
            grants: Vec::new(),
            known: Known::default(),
            people: Vec::new(),
            signature: Signature::Missing,
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
        tenant.rules(),
        Box::pin(tenant.types_for(&in_question)),
        Box::pin(grants),
    )
    .await?; // on PostgreSQL all travel together
    let person = caller.person().map(|person| &person.user.id);
    let rules = tenant.recalled(rules, &approval.client, person).await?;
    let people = tenant.who_said_yes(&approval).await?;
    Ok(Facts {
        tenant: tenant.tenant(),
        approval: Some(approval),
        client,
        resource,
        rules,
        types,
        grants,
        known: Known::default(),
        people,
        signature: Signature::Missing,
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
        people: Vec::new(),
        rules: tenant.rules_for_nobody().await?,
        budgets: BTreeMap::new(),
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
    let given = async {
        match gift.grant() {
            Some(id) => tenant.grant_path(id).await,
            None => Ok(Vec::new()),
        }
    };
    let in_question = [&approval.asks.details];
    let who = futures_util::future::try_join3(user, tenant.rules(), tenant.types_for(&in_question));
    let (path, line, resource, (user, rules, types)) =
        futures_util::future::try_join4(Box::pin(given), Box::pin(line), place(tenant, &approval), Box::pin(who))
            .await?;
    let by = user.as_ref().map(|user| &user.id);
    let rules = tenant.recalled(rules, &approval.client, by).await?;
    let charged = ledger::budgets_of_details([path.as_slice()], &approval.asks.details, tenant.policy());
    let budgets = tenant.budgets(&charged).await?;
    let people = tenant.who_said_yes(&approval).await?;
    Ok(Pending {
        people,
        budgets,
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
