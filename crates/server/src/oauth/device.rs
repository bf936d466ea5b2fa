//! POST to the device authorization endpoint (RFC 8628 s3.1).

use std::sync::Arc;

use kernel::device_authorization::{self, Request};

use crate::{
    fault::Stop,
    http::{entrance::Inbound, render::Outgoing},
    throttle::{Trying, address_key},
    walk::Walker,
};

/// Puts a question that whoever types its code may answer. Clients without credential may ask it too, so what one address may put into the table is counted.
pub(crate) async fn device_authorization(inbound: Inbound) -> Result<Outgoing, Stop> {
    let request = Arc::new(Request::parse(&inbound.form)?);
    let (app, now) = (&inbound.app, inbound.at.now);
    if let (Some(per_minute), Some(peer)) = (app.limits.device_codes_per_minute, inbound.peer) {
        let key = address_key(inbound.tenant.id(), peer);
        app.throttle.take(Trying::DeviceAuthorization, &key, per_minute, now)?;
    }
    let from = inbound.peer.map(|peer| peer.to_canonical().to_string());
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
                let (request, from) = (Arc::clone(&request), from.clone());
                async move {
                    let keys = app.page_keys.of_tenant(tenant.id());
                    let mut facts =
                        store::flows::device_authorization::load(&tenant, &keys, &caller, &request, from, look).await?;
                    app.schemas.judge(&mut facts.types, &request.details);
                    Ok(device_authorization::decide(&request, &caller, &facts, &at))
                }
            },
        )
        .await?;
    Ok(Outgoing::Answered(answered))
}
