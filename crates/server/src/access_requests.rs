//! Access requests: where a denial of the decision point becomes a question to people (`AuthZEN` Access Request and Approval Profile).

use std::sync::Arc;

use kernel::{
    TenantId, Why,
    access_request::{self, Desk, Facts, Submission},
    approval::{Approval, Handle},
    authzen,
    tenant::Tenant,
};
use proof::json;
use store::{TenantDb, flows::Look};

use crate::{
    app::App,
    authzen::{DEPTH_MAX, known_of, may_ask, misfit},
    fault::{Fault, Stop},
    http::{
        entrance::Inbound,
        render::{Document, Outgoing},
    },
    walk::Walker,
};

/// Where denials of a tenant are submitted.
pub(crate) fn desk(app: &App, tenant: &Tenant) -> Desk {
    Desk {
        endpoint: endpoint(tenant),
        key: key(app, &tenant.id),
    }
}

/// The address, for the metadata too.
pub(crate) fn endpoint(tenant: &Tenant) -> String {
    format!("{}/access/v1/requests", tenant.issuer)
}

fn key(app: &App, tenant: &TenantId) -> proof::Secret<[u8; 32]> {
    app.page_keys.approvals_of(tenant)
}

/// POST `/access/v1/requests`.
pub(crate) async fn submit(inbound: Inbound) -> Result<Outgoing, Stop> {
    may_ask(&inbound)?;
    let body = json::parse_object_to_depth(&inbound.body, DEPTH_MAX)
        .map_err(|_| Why::Body("a JSON object, no member twice, at most 16 levels".to_owned()))?;
    let submission = Arc::new(Submission::read(&body, inbound.idempotency_key.as_deref())?);
    let answered = inbound
        .walker()
        .walk(
            move |Walker {
                      app,
                      tenant,
                      caller,
                      at,
                  },
                  look| {
                let mut submission = Submission::clone(&submission);
                async move {
                    let policy = tenant.policy_of_now().await?;
                    submission.evaluation.misfit = misfit(&app, tenant.id(), &policy, &submission.evaluation);
                    let known = known_of(&tenant, &submission.evaluation).await?;
                    let client = caller.client();
                    let epoch = match (look, client) {
                        (Look::Again, Some(client)) => {
                            let row = tenant.client(&client.id).await?;
                            Some(row.map_or(i64::MIN, |client| client.epoch))
                        }
                        (Look::First, _) | (Look::Again, None) => None,
                    };
                    let submitted_as = client.and_then(|client| submission.submitted_as(&client.id));
                    let facts = Facts {
                        desk: desk(&app, tenant.tenant()),
                        keyed: match &submitted_as {
                            Some(submitted_as) => tenant.approval_of_request(submitted_as).await?,
                            None => None,
                        },
                        others: match authzen::asked_of(&submission.evaluation, &policy, &known, at.now) {
                            Some(whom) => tenant.approvals_lately(&whom, at.now).await?,
                            None => Vec::new(),
                        },
                        client_epoch: epoch,
                        policy,
                        known,
                    };
                    Ok(access_request::submit(&submission, &caller, &facts, &at))
                }
            },
        )
        .await?;
    Ok(Outgoing::Answered(answered))
}

/// GET `/access/v1/requests/{id}`.
pub(crate) async fn status(inbound: Inbound) -> Result<Outgoing, Stop> {
    may_ask(&inbound)?;
    let desk = desk(&inbound.app, inbound.tenant.tenant());
    let approval = named(&inbound.tenant, &inbound.app, inbound.param("id")?).await?;
    let task = access_request::status(approval, &inbound.caller, &desk, &inbound.at)?;
    Ok(Outgoing::Document(Document::json(task)))
}

/// POST `/access/v1/requests/{id}/cancel`. The reason that may stand in the body is nobody's to act on.
pub(crate) async fn cancel(inbound: Inbound) -> Result<Outgoing, Stop> {
    may_ask(&inbound)?;
    let id = Arc::new(inbound.param("id")?.to_owned());
    let answered = inbound
        .walker()
        .walk(
            move |Walker {
                      app,
                      tenant,
                      caller,
                      at,
                  },
                  _look| {
                let id = Arc::clone(&id);
                async move {
                    let approval = named(&tenant, &app, &id).await?;
                    let desk = desk(&app, tenant.tenant());
                    Ok(access_request::cancel(approval, &caller, &desk, &at))
                }
            },
        )
        .await?;
    Ok(Outgoing::Answered(answered))
}

async fn named(tenant: &TenantDb, app: &App, handle: &str) -> Result<Option<Approval>, Fault> {
    match Handle::read(&key(app, tenant.id()), handle).map(|handle| handle.id().clone()) {
        Some(id) => Ok(tenant.approval(&id).await?),
        None => Ok(None),
    }
}
