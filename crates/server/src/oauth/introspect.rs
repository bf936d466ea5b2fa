//! POST to the introspection and revocation endpoints. Both look at a token the same way.

use std::sync::Arc;

use kernel::{
    family::Presented,
    introspection::{self, Request},
    revocation,
};
use proof::{
    Verified,
    access_token::{self, AccessToken},
    jws::Compact,
};

use crate::{
    fault::{Fault, Stop},
    http::{entrance::Inbound, render::Outgoing},
    walk::Walker,
};

/// RFC 7662 s2.
pub(crate) async fn introspection(inbound: Inbound) -> Result<Outgoing, Stop> {
    let request = Arc::new(Request::parse(&inbound.form)?);
    let answered = inbound
        .walker()
        .walk(move |walker, _look| {
            let request = Arc::clone(&request);
            async move {
                let token = verified(&walker, &request.token).await?;
                let facts = store::flows::introspection::load(&walker.tenant, token).await?;
                Ok(introspection::decide(&walker.caller, &facts, &walker.at))
            }
        })
        .await?;
    Ok(Outgoing::Answered(answered))
}

/// RFC 7009 s2. A token of either kind: what has the form of a refresh token and is genuine is one.
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
                let facts = if let Some(family) = family {
                    revocation::Facts::Refresh(Box::new(family))
                } else {
                    let token = verified(&walker, &request.token).await?;
                    revocation::Facts::Access(store::flows::introspection::load(&walker.tenant, token).await?)
                };
                Ok(revocation::decide(&walker.caller, &facts, &walker.at))
            }
        })
        .await?;
    Ok(Outgoing::Answered(answered))
}

/// The token, if it is one of ours and has not ended. A key that this node does not know may be newer than its ring, so the ring is read once more.
async fn verified(walker: &Walker, token: &str) -> Result<Option<Verified<AccessToken>>, Fault> {
    let Ok(compact) = Compact::parse(token) else {
        return Ok(None);
    };
    let tenant = walker.tenant.tenant();
    let mut ring = walker.app.keyring.ring(&walker.app, tenant).await?;
    let known = |kid: &str| ring.key_set.keys().iter().any(|key| key.kid() == Some(kid));
    if compact.kid().is_some_and(|kid| !known(kid)) {
        ring = walker.app.keyring.reread(&walker.app, tenant).await?;
    }
    Ok(access_token::check(&compact, &ring.key_set, &tenant.issuer, None, walker.at.now, 0).ok())
}
