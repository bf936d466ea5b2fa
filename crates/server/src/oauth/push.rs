//! POST to the endpoint for pushed authorization requests (RFC 9126).

use std::sync::Arc;

use kernel::{
    Why, authorization,
    pushed_authorization::{self, Facts},
};

use super::asked::{Door, asked, parameters};
use crate::{
    fault::Stop,
    http::{entrance::Inbound, render::Outgoing},
    walk::Walker,
};

/// Keeps a request, and names it.
pub(crate) async fn push(inbound: Inbound) -> Result<Outgoing, Stop> {
    let client = inbound.caller.client().cloned().ok_or(Why::CredentialsMissing)?;
    let (app, tenant, at) = (&inbound.app, &inbound.tenant, &inbound.at);
    let form = inbound.form.clone();
    let read = async {
        let parameters = parameters(app, tenant, &client, form, Door::Push, at).await?;
        let returns = authorization::returns(&parameters.form, Some(&client))?;
        asked(app, tenant, &client, &parameters, returns, Door::Push, at).await
    };
    let read = match read.await {
        Ok(asked) => Ok(asked),
        Err(Stop::Refuse(why)) => Err(why), // decided like every refusal of a client that is proved
        Err(fault @ Stop::Fault(_)) => return Err(fault),
    };
    let read = Arc::new(read);
    let answered = inbound
        .walker()
        .walk(move |Walker { tenant, caller, at, .. }, look| {
            let read = Arc::clone(&read);
            async move {
                let client_epoch = store::flows::again::client_epoch(&tenant, &caller, look).await?;
                Ok(pushed_authorization::decide(
                    read.as_ref().clone(),
                    &caller,
                    &Facts { client_epoch },
                    &at,
                ))
            }
        })
        .await?;
    Ok(Outgoing::Answered(answered))
}
