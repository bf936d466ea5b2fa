//! Tells apps that a browser session ended (OpenID Connect Back-Channel Logout 1.0 s2.5): whatever ended it, a note says which apps know of it.
//!
//! Every node does this. A note that two nodes find at once is told twice, which s2.6 bears: the second token has an identifier of its own, and ends what has ended.

use std::sync::Arc;

use bytes::Bytes;
use egress::{ExternalUrl, Limits, Refused};
use kernel::{
    Change, Event, EventKind, Moment, Write,
    relying_party::{self, RelyingParty, TRIES_MAX, logout_token, pause_seconds},
};
use store::TenantDb;

use crate::{
    app::{App, installation},
    fault::Fault,
    settle,
};

/// Nothing of the answer is read but its status.
const ANSWER: Limits = Limits {
    body_bytes_max: 64 * 1024,
    content_types: &[],
};

/// Tells every app whose turn it is. What fails is tried again later.
pub async fn tell(app: &Arc<App>, at: &Moment) -> Result<(), Fault> {
    for tenant in app.tenants.all() {
        let tenant = TenantDb::new(Arc::clone(&app.store), tenant);
        for (n, note) in tenant.relying_parties_to_tell(at.now).await?.into_iter().enumerate() {
            tell_one(app, &tenant, &note, n, at).await?;
        }
    }
    Ok(())
}

async fn tell_one(app: &Arc<App>, tenant: &TenantDb, note: &RelyingParty, n: usize, at: &Moment) -> Result<(), Fault> {
    let client = tenant
        .client(&note.client)
        .await?
        .filter(|client| client.disabled.is_none());
    let address = client
        .as_ref()
        .and_then(|client| client.further.backchannel_logout_uri.as_deref());
    let (Some(client), Some(address)) = (&client, address) else {
        return settle_note(tenant, note, Outcome::NobodyThere, n, at).await; // it no longer wants to hear
    };
    let keys = app.page_keys.of_tenant(tenant.id());
    let unsigned = logout_token(note, client, tenant.tenant(), &keys, at);
    let token = settle::sign(app, tenant, unsigned, at).await?;
    let body = Bytes::from(format!("logout_token={token}")); // a JWT has unreserved characters and dots only
    let outcome = match ExternalUrl::parse(address) {
        Ok(url) => match app.documents.post(&url, body, &ANSWER).await {
            Ok(()) => Outcome::Told,
            Err(refused) => {
                tracing::info!(client = %client.id, reason = %refused, "an app was not told of a logout");
                Outcome::NotTold
            }
        },
        Err(refused) => {
            tracing::info!(client = %client.id, reason = %refused, "an app's address for logouts cannot be used");
            Outcome::NobodyThere
        }
    };
    settle_note(tenant, note, outcome, n, at).await
}

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Told,
    NotTold,
    NobodyThere,
}

async fn settle_note(
    tenant: &TenantDb,
    note: &RelyingParty,
    outcome: Outcome,
    n: usize,
    at: &Moment,
) -> Result<(), Fault> {
    let tries = note.tries.saturating_add(1);
    let (session, client) = (note.session.clone(), note.client.clone());
    let given_up = outcome == Outcome::NobodyThere || (outcome == Outcome::NotTold && tries >= TRIES_MAX);
    let write = if outcome == Outcome::Told || given_up {
        relying_party::Write::Forget { session, client }
    } else {
        relying_party::Write::TryAgain {
            session,
            client,
            tries,
            at: at.now.plus(pause_seconds(tries)),
        }
    };
    let event = Event::new(EventKind::LogoutTold, &installation()?, at)
        .about(note.session.as_str())
        .with("client", note.client.as_str())
        .with("told", outcome == Outcome::Told)
        .with("given_up", given_up);
    let event = Event {
        id: format!("{}.{n}", event.id),
        ..event
    };
    let change = Change {
        sure: vec![Write::RelyingParty(write)],
        events: vec![event],
        ..Change::default()
    };
    settle::job(tenant, change).await.map(|_| ())
}

/// Whether an answer is one, whatever its body is: the status came first.
pub(crate) const fn is_answer(refused: &Refused) -> bool {
    matches!(
        refused,
        Refused::ContentType | Refused::Encoded | Refused::TooLarge { .. }
    )
}
