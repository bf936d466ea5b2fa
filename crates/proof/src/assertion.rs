//! Client assertions (RFC 7523 s3, OIDC Core s9 `private_key_jwt`) with the rules of draft-ietf-oauth-rfc7523bis: the
//! audience is our issuer and nothing else, lives are short, types are explicit.
//!
//! Not checked here, because it needs memory: that `jti` is new.

use serde_json::Value;
use thiserror::Error;

use crate::{
    Malformed, Time, Verified,
    json::{self, Object},
    jwk::KeySet,
    jws::{Compact, Rejected},
};

/// How far ahead `exp` may lie, and how far after `iat`.
pub const LIFETIME_SECONDS_MAX: i64 = 300;

/// How far clocks may disagree.
pub const SKEW_SECONDS: i64 = 10;

/// How long `jti` may be; replay tables store it.
pub const JTI_BYTES_MAX: usize = 256;

/// An assertion that passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientAssertion {
    /// Who it speaks for: `iss` and `sub`.
    pub client_id: String,
    /// The unique identifier, 1 to [`JTI_BYTES_MAX`] bytes; the caller refuses a second use.
    pub jti: String,
    /// Until when the identifier must be remembered.
    pub expires: Time,
}

/// The rule a client assertion broke; never says what was in it.
#[derive(Error, Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssertionError {
    /// Not a JWS we read, or not signed by a key of the client's.
    #[error("client assertion: {0}")]
    Jws(Rejected),
    /// `typ` says it is something else (RFC 8725 s3.11).
    #[error("client assertion has the wrong type")]
    WrongType,
    /// A claim is missing or has the wrong type.
    #[error("client assertion claims: {0}")]
    Claims(Malformed),
    /// `iss` and `sub` differ, or are empty (RFC 7523 s3 rules 1 and 2).
    #[error("client assertion issuer and subject are not one client")]
    Subject,
    /// `aud` is not exactly our issuer as one string (draft-ietf-oauth-rfc7523bis).
    #[error("client assertion is for another audience")]
    Audience,
    /// `exp` has passed.
    #[error("client assertion has expired")]
    Expired,
    /// `exp` is more than [`LIFETIME_SECONDS_MAX`] ahead of now or of `iat`.
    #[error("client assertion lives too long")]
    TooLong,
    /// `iat` or `nbf` is more than [`SKEW_SECONDS`] ahead.
    #[error("client assertion is from the future")]
    FromTheFuture,
    /// `jti` is empty or longer than [`JTI_BYTES_MAX`].
    #[error("client assertion identifier has a length that is not allowed")]
    Identifier,
}

/// The client the assertion names, unverified: whose keys to load.
pub fn named_client(compact: &Compact<'_>) -> Result<String, AssertionError> {
    let claims = compact.claims().map_err(AssertionError::Jws)?;
    one_client(claims).map(str::to_owned)
}

/// Checks an assertion against the client's keys and our issuer identifier.
pub fn check(
    compact: &Compact<'_>,
    keys: &KeySet,
    audience: &str,
    now: Time,
) -> Result<Verified<ClientAssertion>, AssertionError> {
    if compact.typ().is_some() && !TYPES.iter().any(|name| compact.typ_is(name)) {
        return Err(AssertionError::WrongType);
    }
    let claims = compact.verify_ref(keys).map_err(AssertionError::Jws)?;
    let client_id = one_client(claims)?;
    check_audience(claims, audience)?;
    let expires = check_times(claims, now)?;
    let jti = json::required_text(claims, "jti").map_err(AssertionError::Claims)?;
    if jti.is_empty() || jti.len() > JTI_BYTES_MAX {
        return Err(AssertionError::Identifier);
    }
    Ok(Verified::new(ClientAssertion {
        client_id: client_id.to_owned(),
        jti: jti.to_owned(),
        expires,
    }))
}

/// The types an assertion may have when it has one.
const TYPES: [&str; 2] = ["JWT", "client-authentication+jwt"];

fn one_client(claims: &Object) -> Result<&str, AssertionError> {
    let issuer = json::required_text(claims, "iss").map_err(AssertionError::Claims)?;
    let subject = json::required_text(claims, "sub").map_err(AssertionError::Claims)?;
    if issuer.is_empty() || issuer != subject {
        return Err(AssertionError::Subject);
    }
    Ok(issuer)
}

/// An array, even of one, is refused: whoever may add an audience could replay the assertion there.
fn check_audience(claims: &Object, audience: &str) -> Result<(), AssertionError> {
    match claims.get("aud") {
        None => Err(AssertionError::Claims(Malformed::Missing("aud"))),
        Some(Value::String(named)) if named == audience => Ok(()),
        Some(Value::String(_) | Value::Array(_)) => Err(AssertionError::Audience),
        Some(_) => Err(AssertionError::Claims(Malformed::WrongType("aud"))),
    }
}

fn check_times(claims: &Object, now: Time) -> Result<Time, AssertionError> {
    let optional = |name| json::time(claims, name).map_err(AssertionError::Claims);
    let expires = json::required_time(claims, "exp").map_err(AssertionError::Claims)?;
    let (issued, not_before) = (optional("iat")?, optional("nbf")?);
    if expires <= now {
        return Err(AssertionError::Expired);
    }
    let latest = now.plus(SKEW_SECONDS);
    if issued.is_some_and(|time| time > latest) || not_before.is_some_and(|time| time > latest) {
        return Err(AssertionError::FromTheFuture);
    }
    if expires.since(latest) > LIFETIME_SECONDS_MAX
        || issued.is_some_and(|issued| expires.since(issued) > LIFETIME_SECONDS_MAX)
    {
        return Err(AssertionError::TooLong);
    }
    Ok(expires)
}
