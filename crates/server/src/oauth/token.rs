//! POST to the token endpoint: the walk that every later grant takes too.

use std::sync::Arc;

use kernel::{
    ApprovalId, Caller, ClientId, Pending, Time, Why, approval, authorization_code, client_credentials, deferred,
    device_code, refresh_token,
    token::{Request, TenantKeys},
};

use store::{TenantDb, flows::Look};

use crate::{
    app::App,
    fault::{Fault, Stop},
    http::{entrance::Inbound, render::Outgoing},
    settle::Answered,
    walk::Walker,
};

/// One arm a grant type: load, have the details judged by their schemas, decide.
pub(crate) async fn token(inbound: Inbound) -> Result<Outgoing, Stop> {
    let request = Arc::new(Request::parse(&inbound.form)?);
    let poll = poll(&inbound, &request);
    let polled = poll
        .as_ref()
        .and_then(|(client, id)| inbound.app.polls.last(inbound.tenant.id(), client, id));
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
                let request = Arc::clone(&request);
                async move {
                    let keys = app.page_keys.of_tenant(tenant.id());
                    Ok(match request.as_ref() {
                        Request::ClientCredentials(request) => {
                            let mut facts =
                                store::flows::client_credentials::load(&tenant, &keys, &caller, request, look, at.now)
                                    .await?;
                            let granted = facts.grants.iter().filter_map(|path| path.first());
                            let granted = granted.flat_map(|grant| grant.authority.details());
                            app.schemas
                                .judge(&mut facts.types, granted.chain(request.details.iter().flatten()));
                            client_credentials::decide(request, &caller, &facts, &at)
                        }
                        Request::AuthorizationCode(request) => {
                            let mut facts =
                                store::flows::authorization_code::load(&tenant, &keys, &caller, request, look, at.now)
                                    .await?;
                            let given = facts.code.iter().flat_map(|code| &code.details);
                            app.schemas
                                .judge(&mut facts.types, given.chain(request.details.iter().flatten()));
                            authorization_code::decide(request, &caller, &facts, &at)
                        }
                        Request::RefreshToken(request) => {
                            let mut facts =
                                store::flows::refresh_token::load(&tenant, &keys, &caller, request, look, at.now)
                                    .await?;
                            let given = facts.path.first().into_iter();
                            let given = given.flat_map(|grant| grant.authority.details());
                            app.schemas
                                .judge(&mut facts.types, given.chain(request.details.iter().flatten()));
                            refresh_token::decide(request, &caller, &facts, &at)
                        }
                        Request::DeviceCode(poll) => {
                            let facts = pending(&app, &tenant, &keys, &caller, &poll.code, polled, look).await?;
                            device_code::decide(poll, &caller, &facts, &at)
                        }
                        Request::Deferred(poll) => {
                            let facts = pending(&app, &tenant, &keys, &caller, &poll.code, polled, look).await?;
                            deferred::decide(poll, &caller, &facts, &at)
                        }
                    })
                }
            },
        )
        .await?;
    let told_to_wait = matches!(
        answered,
        Answered::Wait(Pending::Approval(_)) | Answered::Refuse(Why::PollTooSoon)
    );
    if let Some((client, id)) = poll.filter(|_| told_to_wait) {
        inbound
            .app
            .polls
            .note(inbound.tenant.id(), &client, &id, inbound.at.now);
    }
    Ok(Outgoing::Answered(answered))
}

/// What a machine fetches, the details that people agreed to judged by the schemas of now.
async fn pending<'a>(
    app: &App,
    tenant: &'a TenantDb,
    keys: &'a TenantKeys,
    caller: &Caller,
    code: &str,
    polled: Option<Time>,
    look: Look,
) -> Result<approval::Pending<'a>, Fault> {
    let mut facts = store::flows::approval::load_pending(tenant, keys, caller, code, polled, look).await?;
    let asked = facts.approval.iter().flat_map(|approval| &approval.asks.details);
    app.schemas.judge(&mut facts.types, asked);
    Ok(facts)
}

/// Whose poll this is, and for which answer. Handles that we did not write are nobody's.
fn poll(inbound: &Inbound, request: &Request) -> Option<(ClientId, ApprovalId)> {
    let client = inbound.caller.client()?.id.clone();
    let keys = inbound.app.page_keys.of_tenant(inbound.tenant.id());
    Some((client, approval::poller(&keys, request.handle()?)?))
}
