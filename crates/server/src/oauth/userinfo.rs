//! GET and POST at the userinfo endpoint (OpenID Connect Core s5.3).

use kernel::userinfo;

use crate::{
    fault::Stop,
    http::{entrance::Inbound, render::Outgoing},
    walk::Walker,
};

/// Tells an app who the person of its token is.
pub(crate) async fn userinfo(inbound: Inbound) -> Result<Outgoing, Stop> {
    let token = inbound.token.clone();
    let answered = inbound
        .walker()
        .walk(move |walker, _look| {
            let token = token.clone();
            async move {
                let facts =
                    super::introspect::facts(&walker.app, &walker.tenant, token.as_deref(), walker.at.now).await?;
                let Walker {
                    app,
                    tenant,
                    caller,
                    at,
                } = walker;
                let keys = app.page_keys.of_tenant(tenant.id());
                Ok(userinfo::decide(&caller, &facts, tenant.tenant(), &keys, &at))
            }
        })
        .await?;
    Ok(Outgoing::Answered(answered))
}
