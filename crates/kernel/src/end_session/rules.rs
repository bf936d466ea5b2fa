//! Whether a session ends at once, after a question, or not; and where the person goes.

use proof::id_token::IdTokenHint;

use super::Request;
use crate::{
    authorization::ResponseMode,
    browser_session,
    caller::Caller,
    client::Client,
    decision::{Change, Decision, Pending, Reply, Return, Write},
    event::{Event, EventKind},
    id::ClientId,
    moment::Moment,
    token::TenantKeys,
    why::Why,
};

/// What was loaded for the question.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The tenant's keys, for the names that clients know people and sessions by.
    pub keys: &'a TenantKeys,
    /// What the ID token of the request says, if it is one of ours; it may have expired.
    pub hint: Option<&'a IdTokenHint>,
    /// The client that the request or the ID token names, if there is one.
    pub client: Option<&'a Client>,
}

/// Which client a request is about: the one it names, which must be one that the ID token was for, or the only one that it was for (s2).
pub fn named_client(request: &Request, hint: Option<&IdTokenHint>) -> Result<Option<ClientId>, Why> {
    match (&request.client, hint) {
        (Some(id), Some(hint)) if !hint.aud.iter().any(|aud| aud == id.as_str()) => Err(Why::HintOfAnother),
        (Some(id), _) => Ok(Some(id.clone())),
        (None, Some(hint)) => match hint.aud.as_slice() {
            [only] => Ok(ClientId::parse(only)),
            _ => Ok(None),
        },
        (None, None) => Ok(None),
    }
}

/// Decides a request for logout.
pub fn decide(request: &Request, caller: &Caller, facts: &Facts<'_>, at: &Moment) -> Decision {
    consider(request, caller, facts, at).unwrap_or_else(|why| {
        let event = Event::refused(&why, caller, at);
        Decision::refuse(why, Vec::new(), vec![event])
    })
}

fn consider(request: &Request, caller: &Caller, facts: &Facts<'_>, at: &Moment) -> Result<Decision, Why> {
    // 1. What was shown as a hint is one of our ID tokens, or the request is nobody's (s4).
    if request.hint.is_some() && facts.hint.is_none() {
        return Err(Why::HintUnknown);
    }

    // 2. Where the person goes afterwards: a place that this client registered, byte for byte (s3; S-02).
    let back = match (&request.redirect_uri, facts.client) {
        (None, _) => None,
        (Some(_), None) => return Err(Why::PostLogoutUnknown),
        (Some(asked), Some(client)) => {
            let place = client
                .further
                .post_logout_redirect_uris
                .iter()
                .find(|uri| uri.as_str() == asked)
                .filter(|_| client.disabled.is_none());
            Some(Return {
                redirect_uri: place.ok_or(Why::PostLogoutUnknown)?.clone(),
                mode: ResponseMode::Query,
                parameters: request
                    .state
                    .clone()
                    .map(|state| ("state", state))
                    .into_iter()
                    .collect(),
                signed: None,
            })
        }
    };

    // 3. Nobody is there: whoever shows an ID token of ours is sent on, a mere link is not.
    let Some(person) = caller.person() else {
        let back = back.filter(|_| facts.hint.is_some());
        return Ok(Decision::issue(
            Reply::SignedOut { back },
            Vec::new(),
            Change::default(),
        ));
    };

    // 4. The ID token tells of this very session: it ends. Anything else asks the person (s2, s6).
    let of_this_session = match (facts.hint, facts.client) {
        (Some(hint), Some(client)) => {
            hint.sub == facts.keys.subject_at(client, &person.user.id)
                && hint
                    .sid
                    .as_ref()
                    .is_some_and(|sid| *sid == facts.keys.session_at(client, &person.session.id))
        }
        (Some(_) | None, _) => false,
    };
    if !of_this_session {
        return Ok(Decision::wait(
            Pending::SignOut {
                client: facts.client.map(|client| Box::new(client.clone())),
                back,
            },
            Vec::new(),
            Change::default(),
        ));
    }
    let event = Event::new(EventKind::UserSignedOut, caller, at).about(person.session.id.as_str());
    let event = match facts.client {
        Some(client) => event.with("client", client.id.as_str()),
        None => event,
    };
    let change = Change {
        sure: vec![Write::BrowserSession(browser_session::Write::End {
            id: person.session.id.clone(),
            at: at.now,
        })],
        events: vec![event],
        ..Change::default()
    };
    Ok(Decision::issue(Reply::SignedOut { back }, Vec::new(), change))
}
