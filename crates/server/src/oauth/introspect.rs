//! POST to the introspection and revocation endpoints. Both look at a token the same way.

use std::sync::Arc;

use kernel::{
    Time,
    approval::Handle,
    family::Presented,
    introspection::{self, Request},
    revocation,
};
use proof::{
    Verified,
    access_token::{self, AccessToken},
    jws::Compact,
};

use store::TenantDb;

use crate::{
    app::App,
    fault::{Fault, Stop},
    http::{entrance::Inbound, render::Outgoing},
};

/// RFC 7662 s2.
pub(crate) async fn introspection(inbound: Inbound) -> Result<Outgoing, Stop> {
    let request = Arc::new(Request::parse(&inbound.form)?.accepting(inbound.accept.as_deref()));
    let answered = inbound
        .walker()
        .walk(move |walker, _look| {
            let request = Arc::clone(&request);
            async move {
                let facts = facts(&walker.app, &walker.tenant, Some(&request.token), walker.at.now).await?;
                Ok(introspection::decide(
                    &request,
                    &walker.caller,
                    &facts,
                    walker.tenant.tenant(),
                    &walker.at,
                ))
            }
        })
        .await?;
    Ok(Outgoing::Answered(answered))
}

/// RFC 7009 s2. A token of any kind: what has the form of a refresh token or of a deferral code, and is genuine, is one.
pub(crate) async fn revocation(inbound: Inbound) -> Result<Outgoing, Stop> {
    let request = Arc::new(Request::parse(&inbound.form)?);
    let answered = inbound
        .walker()
        .walk(move |walker, _look| {
            let request = Arc::clone(&request);
            async move {
                let keys = walker.app.page_keys.of_tenant(walker.tenant.id());
                let refresh = Presented::parse(&request.token).filter(|shown| shown.is_genuine(&keys.refresh));
                let family = match refresh {
                    Some(shown) => walker.tenant.family(&shown.family).await?,
                    None => None,
                };
                let approval = match Handle::read(&keys.approvals, &request.token) {
                    Some(handle) => walker.tenant.approval(handle.id()).await?,
                    None => None,
                };
                let facts = if let Some(approval) = approval {
                    revocation::Facts::Approval(Box::new(approval))
                } else if let Some(family) = family {
                    revocation::Facts::Refresh(Box::new(family))
                } else {
                    let facts = facts(&walker.app, &walker.tenant, Some(&request.token), walker.at.now).await?;
                    revocation::Facts::Access(facts)
                };
                Ok(revocation::decide(&walker.caller, &facts, &walker.at))
            }
        })
        .await?;
    Ok(Outgoing::Answered(answered))
}

/// What a token hangs on, if it is one of ours and has not ended.
pub(crate) async fn facts(
    app: &Arc<App>,
    tenant: &TenantDb,
    token: Option<&str>,
    now: Time,
) -> Result<introspection::Facts, Fault> {
    let token = match token {
        Some(text) => verified(app, tenant, text, now).await?,
        None => None,
    };
    let mut facts = store::flows::introspection::load(tenant, token).await?;
    if let introspection::Facts::Known(known) = &mut facts {
        let details = introspection::Known::details(&known.token).unwrap_or_default();
        app.schemas.judge(&mut known.types, &details);
    }
    Ok(facts)
}

/// The token, if it is one of ours and has not ended. A key that this node does not know may be newer than its ring, so the ring is read once more.
async fn verified(
    app: &Arc<App>,
    tenant: &TenantDb,
    token: &str,
    now: Time,
) -> Result<Option<Verified<AccessToken>>, Fault> {
    let Ok(compact) = Compact::parse(token) else {
        return Ok(None);
    };
    let tenant = tenant.tenant();
    let mut ring = app.keyring.ring(app, tenant).await?;
    let known = |kid: &str| ring.key_set.keys().iter().any(|key| key.kid() == Some(kid));
    if compact.kid().is_some_and(|kid| !known(kid)) {
        ring = app.keyring.reread(app, tenant).await?;
    }
    Ok(access_token::check(&compact, &ring.key_set, &tenant.issuer, None, now, 0).ok())
}
