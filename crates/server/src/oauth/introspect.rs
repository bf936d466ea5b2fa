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
    oauth::memory::Hangs,
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

/// What a token hangs on, if it is one of ours and has not ended; for answers that commit nothing which would notice another version of policies: whoever asks hears what counts now, at every
/// node.
pub(crate) async fn facts(
    app: &Arc<App>,
    tenant: &TenantDb,
    token: Option<&str>,
    now: Time,
) -> Result<introspection::Facts, Fault> {
    let Some(text) = token else {
        return Ok(introspection::Facts::Unknown);
    };
    let hangs = hangs(app, tenant, text, now).await?;
    Ok(hangs.map_or(introspection::Facts::Unknown, |hangs| {
        introspection::Facts::Known(Arc::clone(&hangs.known))
    }))
}

/// The same, for whoever asks one thing more of it than what it is.
pub(crate) async fn hangs(
    app: &Arc<App>,
    tenant: &TenantDb,
    token: &str,
    now: Time,
) -> Result<Option<Arc<Hangs>>, Fault> {
    // Notes first, and then the database: what is written between the two is seen there.
    let peeked = app.checked_tokens.peek_hangs(tenant.id(), token);
    let peeked = peeked.filter(|(_, hangs)| tenant.is_all_written(&hangs.known));
    let written = tenant.store().written()?; // before anything is read: what is read may be newer, and then the next one reads again
    if let Some((of, hangs)) = peeked
        && written == Some(of)
        && still_verified(app, tenant, &hangs, now).await?
    {
        return Ok(Some(hangs));
    }
    let tenant = app.policies.read_again(tenant.clone()).await?;
    let introspection::Facts::Known(known) = facts_of_token(app, &tenant, token, now).await? else {
        return Ok(None);
    };
    let kid = Compact::parse(token)
        .ok()
        .and_then(|compact| compact.kid().map(str::to_owned));
    let hangs = Arc::new(Hangs::on(known, kid));
    if tenant.is_all_written(&hangs.known) {
        app.checked_tokens.keep_hangs(written, tenant.id(), token, &hangs);
    }
    Ok(Some(hangs))
}

/// Whether a token that was verified still is: in time, of this issuer, by a key that is published.
async fn still_verified(app: &Arc<App>, tenant: &TenantDb, hangs: &Hangs, now: Time) -> Result<bool, Fault> {
    let tenant = tenant.tenant();
    let token = &hangs.known.token;
    let ring = app.keyring.ring(app, tenant).await?;
    let published = ring.key_set.keys().iter().any(|key| key.kid() == hangs.kid.as_deref());
    let issuer = token.claims.get("iss").and_then(serde_json::Value::as_str);
    Ok(token.expires > now && published && issuer == Some(tenant.issuer.as_str()))
}

/// The same by the policies that this node knows.
pub(crate) async fn facts_of_token(
    app: &Arc<App>,
    tenant: &TenantDb,
    token: &str,
    now: Time,
) -> Result<introspection::Facts, Fault> {
    let Some(token) = verified(app, tenant, token, now).await? else {
        return Ok(introspection::Facts::Unknown);
    };
    let Some(mut known) = store::flows::introspection::load(tenant, token).await? else {
        return Ok(introspection::Facts::Unknown);
    };
    let details = introspection::Known::details(&known.token).unwrap_or_default();
    app.schemas.judge(&mut known.types, &details);
    Ok(introspection::Facts::Known(Arc::new(known)))
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
    let published = compact
        .kid()
        .is_some_and(|kid| ring.key_set.keys().iter().any(|key| key.kid() == Some(kid)));
    if let Some(checked) = app.checked_tokens.recall(&tenant.id, token, now).filter(|_| published) {
        return Ok(Some(checked));
    }
    let checked = access_token::check(&compact, &ring.key_set, &tenant.issuer, None, now, 0).ok();
    if let Some(checked) = &checked {
        app.checked_tokens.keep(&tenant.id, token, checked, now);
    }
    Ok(checked)
}
