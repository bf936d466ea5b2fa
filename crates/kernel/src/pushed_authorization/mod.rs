//! Pushed authorization requests (RFC 9126): the client itself hands over what it will ask, authenticated, and gets a name for it that is good in a browser for a minute and
//! a half.
//!
//! ```text
//!  client ── authenticate ── Asked (as at the authorization endpoint) ── row ── request_uri
//!  browser ── client_id, request_uri ── the same client, in time ── Asked ── authorization
//! ```
//!
//! The name may be opened again until the request is answered (RFC 9126 s7.3: a reload is no attack): the row of the answer carries the request's id, so it is answered once.
//!
//! Not covered: nothing of RFC 9126.

mod rules;
#[cfg(test)]
mod tests;

pub use rules::{Facts, decide, opened};

use proof::{Time, digest};

use crate::{authorization::Asked, id::ClientId, moment::Moment};

/// How long a request may be opened, in seconds (RFC 9126 s2.2: 5 to 600).
pub const LIFETIME_SECONDS: i64 = 90;
/// What the name of a request begins with (RFC 9126 s2.2).
pub const URN: &str = "urn:ietf:params:oauth:request_uri:";

/// A pushed request as a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushedRequest {
    /// `base64url(SHA-256(secret part of its name))`.
    pub digest: String,
    /// Whose it is.
    pub client: ClientId,
    /// What it asks; its id is the row's.
    pub asked: Asked,
    /// When it can no longer be opened.
    pub expires: Time,
}

/// The name of a request as it was presented, in its two parts: the row's id and the secret. Nothing when it has not the form of one of ours.
pub fn named(request_uri: &str) -> Option<(&str, &str)> {
    request_uri.strip_prefix(URN)?.split_once('.')
}

/// A new name: what the client gets, and the digest for the row.
pub(crate) fn fresh(id: &str, at: &Moment) -> (String, String) {
    let secret = at.secret("pushed request");
    let digest = digest::sha256_b64(secret.as_bytes());
    (format!("{URN}{id}.{secret}"), digest)
}

/// What a change may do to pushed requests, and may find no row for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Guard {
    /// It is new.
    Create(Box<PushedRequest>),
}

/// What a change does to pushed requests whether or not a row is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// It cannot be opened any more.
    End(String),
}
