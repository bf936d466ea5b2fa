//! Clients that register themselves: RFC 7591 and RFC 7592.

use std::sync::Arc;

use kernel::{
    ClientId, Reply, Who, Why,
    registration::{self, Command, Metadata, Said},
};
use proof::json;

use crate::{
    fault::Stop,
    http::{entrance::Inbound, render::Outgoing},
    routes::Registration,
    settle::Answered,
    throttle::{Trying, address_key},
    walk::Walker,
};

/// POST `/oauth2/register`, and GET, PUT, DELETE below it.
pub(crate) async fn registration(what: Registration, inbound: Inbound) -> Result<Outgoing, Stop> {
    let by_stranger = matches!(inbound.caller.who, Who::Anyone);
    if let (Registration::Register, true, Some(per_minute), Some(peer)) = (
        what,
        by_stranger,
        inbound.app.limits.registrations_per_minute,
        inbound.peer,
    ) {
        let key = address_key(inbound.tenant.id(), peer);
        inbound
            .app
            .throttle
            .take(Trying::Registration, &key, per_minute, inbound.at.now)?;
    }
    let command = match what {
        Registration::Register => Command::Register(Box::new(metadata(&inbound).await?)),
        Registration::Read => Command::Read(client_id(&inbound)?),
        Registration::Replace => Command::Replace(client_id(&inbound)?, Box::new(metadata(&inbound).await?)),
        Registration::Delete => Command::Delete(client_id(&inbound)?),
    };
    let (command, token) = (Arc::new(command), inbound.bearer.clone());
    let answered = inbound
        .walker()
        .walk(move |Walker { tenant, caller, at, .. }, _look| {
            let (command, token) = (Arc::clone(&command), token.clone());
            async move {
                let facts = store::flows::registration::load(&tenant, &command, token.as_deref()).await?;
                Ok(registration::decide(&command, &caller, &facts, &at))
            }
        })
        .await?;
    Ok(Outgoing::Answered(with_token(what, answered, inbound.bearer)))
}

/// An answer about a registration carries its access token (RFC 7592 s3). Ours is the one that was shown: rows have its digest only.
fn with_token(what: Registration, answered: Answered, shown: Option<String>) -> Answered {
    match (what, answered, shown) {
        (
            Registration::Read | Registration::Replace,
            Answered::Issue(Reply::Document(mut document), tokens),
            Some(shown),
        ) => {
            document.insert("registration_access_token".to_owned(), shown.into());
            Answered::Issue(Reply::Document(document), tokens)
        }
        (_, answered, _) => answered,
    }
}

async fn metadata(inbound: &Inbound) -> Result<Metadata, Stop> {
    const BROKEN: Why = Why::ClientMetadata(
        "the body is not one well-formed JSON object: no repeated members, at most 16 levels, numbers below 2^63",
    );
    let object = json::parse_object_to_depth(&inbound.body, 16).map_err(|_| BROKEN)?;
    let known = inbound.tenant.scopes_known().await?;
    let metadata = Metadata::read(&object, Said::Registration, &known)?;
    if let Some(address) = &metadata.further.sector_identifier_uri {
        sector(inbound, address, &metadata).await?;
    }
    Ok(metadata)
}

/// Whoever claims a sector is in its list with every place of answer (OpenID Connect Registration s5).
async fn sector(inbound: &Inbound, address: &str, metadata: &Metadata) -> Result<(), Why> {
    let listed = inbound
        .app
        .documents
        .sector(&inbound.app, address, inbound.at.now)
        .await?;
    let every = |uri: &kernel::redirect_uri::RedirectUri| listed.iter().any(|listed| listed == uri.as_str());
    if metadata.redirect_uris.iter().all(every) {
        Ok(())
    } else {
        Err(Why::ClientMetadata(
            "every redirect URI must be listed behind sector_identifier_uri",
        ))
    }
}

fn client_id(inbound: &Inbound) -> Result<ClientId, Why> {
    ClientId::parse(inbound.param("id")?).ok_or(Why::RegistrationUnproved)
}
