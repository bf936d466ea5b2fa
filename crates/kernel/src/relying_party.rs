//! Apps that were told who is signed in by which browser session, and want to hear when it ends (OpenID Connect Back-Channel Logout 1.0).
//!
//! The note is written with the ID token. Whatever ends the session, a person, an administrator or time, a job finds the notes of sessions that are over and tells the apps;
//! a note goes when its app has answered, or after some tries.

use proof::{Time, json};
use serde_json::json;

use crate::{
    client::Client,
    decision::Unsigned,
    id::{BrowserSessionId, ClientId, UserId},
    moment::Moment,
    tenant::Tenant,
    token::TenantKeys,
};

/// How long a logout token counts, in seconds (Back-Channel Logout s2.4: two minutes are enough).
pub const LOGOUT_TOKEN_SECONDS: i64 = 120;
/// How often an app is tried before it is given up.
pub const TRIES_MAX: i64 = 6;
/// The event of a logout token (s2.4).
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// A note that an app knows of a browser session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelyingParty {
    /// Which session.
    pub session: BrowserSessionId,
    /// Which app.
    pub client: ClientId,
    /// Who is signed in by it.
    pub user: UserId,
    /// When the app was told.
    pub told: Time,
    /// How often it was tried to tell it of the end.
    pub tries: i64,
}

/// When to try again after so many tries, in seconds: soon at first, later less often.
pub const fn pause_seconds(tries: i64) -> i64 {
    match tries {
        0 | 1 => 5,
        2 => 30,
        3 => 300,
        _ => 3_600,
    }
}

/// The logout token for an app (Back-Channel Logout s2.4): both who and by which session, never a nonce.
pub fn logout_token(note: &RelyingParty, client: &Client, tenant: &Tenant, keys: &TenantKeys, at: &Moment) -> Unsigned {
    let label = format!("logout token {}", client.id); // one moment tells several apps
    let mut claims = json::Object::new();
    claims.insert("iss".to_owned(), tenant.issuer.as_str().into());
    claims.insert("sub".to_owned(), keys.subject_at(client, &note.user).into());
    claims.insert("aud".to_owned(), client.id.as_str().into());
    claims.insert("iat".to_owned(), at.now.unix().into());
    claims.insert("exp".to_owned(), at.now.plus(LOGOUT_TOKEN_SECONDS).unix().into());
    claims.insert("jti".to_owned(), at.secret(&label).into());
    claims.insert("sid".to_owned(), keys.session_at(client, &note.session).into());
    claims.insert("events".to_owned(), json!({ EVENT: {} }));
    Unsigned {
        typ: "logout+jwt",
        signing: client.further.id_token.unwrap_or_else(|| client.usual_signing(tenant)), // s2.4: as the ID tokens of this client
        claims,
        hash_of: None,
    }
}

/// What a change does to notes whether or not a row is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// The app knows of the session.
    Tell {
        /// Which session.
        session: BrowserSessionId,
        /// Which app.
        client: ClientId,
        /// Who is signed in.
        user: UserId,
        /// When.
        at: Time,
    },
    /// The app was told of its end, or is given up.
    Forget {
        /// Which session.
        session: BrowserSessionId,
        /// Which app.
        client: ClientId,
    },
    /// The app did not answer; it is tried again then.
    TryAgain {
        /// Which session.
        session: BrowserSessionId,
        /// Which app.
        client: ClientId,
        /// How often it was tried now.
        tries: i64,
        /// When next.
        at: Time,
    },
}
