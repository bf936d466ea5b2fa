//! Whether a request is kept, and whether it may be opened.

use proof::{digest, json};

use super::{Guard as PushedGuard, LIFETIME_SECONDS, PushedRequest, fresh, named};
use crate::{
    authorization::Asked,
    authorization_code::proved_client,
    caller::Caller,
    client,
    confirmation::Confirmation,
    decision::{Change, Decision, Guard, Reply},
    event::{Event, EventKind},
    id::ClientId,
    moment::Moment,
    why::Why,
};

/// What was loaded for the question.
#[derive(Debug)]
pub struct Facts {
    /// The epoch of the client's registration as it is now: read again when somebody moved first, `None` at the first look.
    pub client_epoch: Option<i64>,
}

/// Keeps a request that was read.
pub fn decide(asked: Result<Asked, Why>, caller: &Caller, facts: &Facts, at: &Moment) -> Decision {
    consider(asked, caller, facts, at).unwrap_or_else(|why| {
        let event = Event::refused(&why, caller, at);
        Decision::refuse(why, Vec::new(), vec![event])
    })
}

fn consider(asked: Result<Asked, Why>, caller: &Caller, facts: &Facts, at: &Moment) -> Result<Decision, Why> {
    // 1. The client, as at the token endpoint (RFC 9126 s2).
    let client = proved_client(caller, facts.client_epoch)?;
    let asked = asked?;

    // 2. A proof on the request binds the code to its key; a key that is named beside must be that one (RFC 9449 s10.1).
    let proved = match &caller.key {
        Some(Confirmation::Jkt(thumbprint)) => Some(thumbprint.clone()),
        Some(Confirmation::Certificate(_)) | None => None,
    };
    if asked.key.is_some() && proved.is_some() && asked.key != proved {
        return Err(Why::DpopOtherKey);
    }
    let asked = Asked {
        key: asked.key.or(proved),
        ..asked
    };

    // 3. The row, and its name.
    let (request_uri, digest) = fresh(&asked.id, at);
    let mut document = json::Object::new();
    document.insert("request_uri".to_owned(), request_uri.into());
    document.insert("expires_in".to_owned(), LIFETIME_SECONDS.into());
    let event = Event::new(EventKind::RequestPushed, caller, at)
        .about(&asked.id)
        .with("client", client.id.as_str());
    let guards = vec![
        Guard::Client(client::Guard::Unchanged {
            id: client.id.clone(),
            epoch: client.epoch,
        }),
        Guard::PushedRequest(PushedGuard::Create(Box::new(PushedRequest {
            digest,
            client: client.id.clone(),
            asked,
            expires: at.now.plus(LIFETIME_SECONDS),
        }))),
    ];
    let change = Change {
        guards,
        events: vec![event],
        ..Change::default()
    };
    Ok(Decision::issue(Reply::Created(document), Vec::new(), change))
}

/// The request behind a name, for the client that the browser's request names (RFC 9126 s4). An unknown one, another client's and one that is over look the same.
pub fn opened(request_uri: &str, client: &ClientId, row: Option<PushedRequest>, at: &Moment) -> Result<Asked, Why> {
    let (id, secret) = named(request_uri).ok_or(Why::RequestUriUnknown)?;
    let row = row.ok_or(Why::RequestUriUnknown)?;
    let whole = digest::same(digest::sha256_b64(secret.as_bytes()).as_bytes(), row.digest.as_bytes());
    if row.asked.id != id || !whole || row.client != *client || row.expires <= at.now {
        return Err(Why::RequestUriUnknown);
    }
    // From now on the person has as long as with any other request, and who signs in again does it after now.
    Ok(Asked {
        created: at.now,
        ..row.asked
    })
}
