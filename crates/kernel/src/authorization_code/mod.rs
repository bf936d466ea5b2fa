//! The authorization code grant at the token endpoint (RFC 6749 s4.1.3, OAuth 2.1 s4.1.3) with PKCE (RFC 7636, S256 only), resource indicators (RFC 8707) and
//! sender-constrained tokens (RFC 9449 s5 and s10), and the code as a row.
//!
//! A code is good once, for a minute, for the client that asked, for the one that knows the verifier, and for the key that was named, if one was. Redeeming it narrows the
//! person's grant to a child of its own: one authorization of one installation. A second use kills that child and with it every token that came of the code (S-07).
//!
//! Details (RFC 9396) are those of the code, or less of them where the client asks for less (s6).
//!
//! A client that asked for `openid` gets an ID token beside (OpenID Connect Core s3.1.3.3).

mod request;
mod rules;
#[cfg(test)]
mod tests;

pub use request::Request;
pub use rules::{Facts, decide};
pub(crate) use rules::{issued_event, key_shown, own_key_shown, place, proved_client, relied_on, told, used};

use std::collections::BTreeSet;

use proof::{Time, digest};

use crate::{
    authority::{Audience, Scopes},
    browser_session::Presence,
    detail::Details,
    id::{ClientId, CodeId, GrantId, UserId},
    moment::Moment,
    redirect_uri::RedirectUri,
};

/// How long a code lives, in seconds (S-07).
pub const LIFETIME_SECONDS: i64 = 60;
/// How long the row of a code is kept after its end, in seconds: so long a replay is recognised, and so long the request that led to it counts as answered.
pub const KEPT_SECONDS: i64 = 86_400;

/// An authorization code as a row. It holds the digest of the secret part only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationCode {
    /// Its id, in the order of time.
    pub id: CodeId,
    /// `base64url(SHA-256(secret part))`.
    pub digest: String,
    /// The id of the authorization request that it answers: a request is answered once.
    pub request: String,
    /// Whose it is.
    pub client: ClientId,
    /// Who said yes.
    pub user: UserId,
    /// The grant that it projects.
    pub grant: GrantId,
    /// What of it.
    pub scopes: Scopes,
    /// What exactly: what the page showed, and what tokens are made from (S-30).
    pub details: Details,
    /// Where.
    pub audience: Audience,
    /// Where it was sent.
    pub redirect_uri: RedirectUri,
    /// The PKCE challenge, S256 (RFC 7636 s4.2), if there was one.
    pub challenge: Option<String>,
    /// The key it is bound to (RFC 9449 s10 `dpop_jkt`).
    pub key: Option<String>,
    /// How the person proved themselves.
    pub presence: Presence,
    /// What the ID token repeats (OpenID Connect Core s3.1.2.1 `nonce`).
    pub nonce: Option<String>,
    /// The claims that the ID token itself was asked to have (s5.5).
    pub id_claims: BTreeSet<String>,
    /// When it was made.
    pub created: Time,
    /// The grant that came of it, when it was used.
    pub redeemed: Option<GrantId>,
}

impl AuthorizationCode {
    /// When it ends.
    pub fn expires(&self) -> Time {
        self.created.plus(LIFETIME_SECONDS)
    }
}

/// A new code: its id, what the client gets, and the digest for the row.
pub(crate) fn fresh(at: &Moment) -> (CodeId, String, String) {
    let id: CodeId = at.id("authorization code");
    let secret = at.secret("authorization code");
    let digest = digest::sha256_b64(secret.as_bytes());
    (id.clone(), format!("{id}.{secret}"), digest)
}

/// What a change may do to a code, and may find no row for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Guard {
    /// It is new, and so is the answer to its request.
    Create(Box<AuthorizationCode>),
    /// It was not used before, and is from now on; this grant comes of it.
    Redeem {
        /// Which.
        id: CodeId,
        /// The grant that comes of it.
        grant: GrantId,
    },
}
