//! POST to the token endpoint: the walk that every later grant takes too.

use std::sync::Arc;

use kernel::{authorization_code, client_credentials, refresh_token, token::Request};

use crate::{
    fault::Stop,
    http::{entrance::Inbound, render::Outgoing},
    walk::Walker,
};

/// One arm a grant type: load, have the details judged by their schemas, decide.
pub(crate) async fn token(inbound: Inbound) -> Result<Outgoing, Stop> {
    let request = Arc::new(Request::parse(&inbound.form)?);
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
                                store::flows::client_credentials::load(&tenant, &caller, request, look, at.now).await?;
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
                    })
                }
            },
        )
        .await?;
    Ok(Outgoing::Answered(answered))
}
