//! Signed request objects (RFC 9101, OIDC Core s6): an authorization request as a JWT of the client's.
//!
//! Checked here: everything the object says about itself, and under [`Rules::MessageSigning`] what FAPI 2.0 Message
//! Signing s5.3.1 adds. Not checked here: what the parameters mean, and, because it needs memory, that `jti` is new; RFC
//! 9101 asks for no one-time use. Encrypted and unsigned objects are not read.

use serde_json::Value;
use thiserror::Error;

use crate::{
    Algorithm, Malformed, Time, Verified,
    json::{self, Object},
    jwk::KeySet,
    jws::{Compact, Rejected},
};

/// How far `iat` and `nbf` may lie ahead, for clocks that disagree.
pub const SKEW_SECONDS: i64 = 10;

/// How far back `nbf` may lie, and how long after it `exp`, under [`Rules::MessageSigning`].
pub const LIFETIME_SECONDS_MAX: i64 = 3600;

/// How long `jti` may be; replay tables may store it.
pub const JTI_BYTES_MAX: usize = 256;

/// Who must have made the object, for whom, and under which rules.
#[derive(Clone, Copy, Debug)]
pub struct Expect<'a> {
    /// The client that sent it: the `client_id` beside the object, or the client that authenticated.
    pub client_id: &'a str,
    /// Our issuer identifier.
    pub issuer: &'a str,
    /// When the request arrived.
    pub now: Time,
    /// What must be there.
    pub rules: Rules,
}

/// How much an object must say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rules {
    /// RFC 9101: `client_id` is required; the rest is checked when it is there.
    Plain,
    /// FAPI 2.0 Message Signing s5.3.1: `iss`, `aud`, `nbf` and `exp` are required and lives are short; RS256 does not
    /// count (FAPI 2.0 Security Profile s5.4.1).
    MessageSigning,
}

/// A request object that passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestObject {
    /// The claims that are request parameters: all but `iss`, `aud`, `exp`, `nbf`, `iat`, `jti` and `sub`.
    pub parameters: Object,
    /// The unique identifier, 1 to [`JTI_BYTES_MAX`] bytes, if it has one.
    pub jti: Option<String>,
}

/// The rule a request object broke; never says what was in it.
#[derive(Error, Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestObjectError {
    /// Not a JWS we read, or not signed by a key of the client's.
    #[error("request object: {0}")]
    Jws(Rejected),
    /// `typ` says it is something else (RFC 8725 s3.11).
    #[error("request object has the wrong type")]
    WrongType,
    /// RS256 under [`Rules::MessageSigning`].
    #[error("request object is signed with an algorithm its rules do not allow")]
    Algorithm,
    /// A claim is missing or has the wrong type.
    #[error("request object claims: {0}")]
    Claims(Malformed),
    /// `iss` or `client_id` is not the client (RFC 9101 s4, s5).
    #[error("request object is another client's")]
    Client,
    /// `sub` is the client and the type does not say what this is: a client assertion could look like that (RFC 9101
    /// s10.8).
    #[error("request object could be a client assertion")]
    Subject,
    /// `aud` does not contain our issuer.
    #[error("request object is for another audience")]
    Audience,
    /// `request` or `request_uri` is inside (RFC 9101 s4).
    #[error("request object refers to a request object")]
    Nested,
    /// `exp` has passed, or `nbf` lies too far back.
    #[error("request object has expired")]
    Expired,
    /// `exp` is more than [`LIFETIME_SECONDS_MAX`] after `nbf`.
    #[error("request object lives too long")]
    TooLong,
    /// `iat` or `nbf` is more than [`SKEW_SECONDS`] ahead.
    #[error("request object is from the future")]
    FromTheFuture,
    /// `jti` is empty or longer than [`JTI_BYTES_MAX`].
    #[error("request object identifier has a length that is not allowed")]
    Identifier,
}

/// The client the object names, unverified: whose keys to load where nothing beside the object says so (CIBA Core
/// s7.1.1).
pub fn named_client(compact: &Compact<'_>) -> Result<String, RequestObjectError> {
    let claims = compact.claims().map_err(RequestObjectError::Jws)?;
    json::required_text(claims, "client_id")
        .map(str::to_owned)
        .map_err(RequestObjectError::Claims)
}

/// Checks a request object against the client's keys.
pub fn check(
    compact: &Compact<'_>,
    keys: &KeySet,
    expect: &Expect<'_>,
) -> Result<Verified<RequestObject>, RequestObjectError> {
    let explicit = compact.typ_is(TYPE);
    if compact.typ().is_some() && !explicit && !compact.typ_is("JWT") {
        return Err(RequestObjectError::WrongType);
    }
    if expect.rules == Rules::MessageSigning && compact.algorithm() == Algorithm::RS256 {
        return Err(RequestObjectError::Algorithm);
    }
    let claims = compact.verify_ref(keys).map_err(RequestObjectError::Jws)?;
    check_client(claims, expect)?;
    // `JWT` names no purpose, so it counts as no type: an assertion with a `client_id` among its claims would pass here.
    let subject = json::text(claims, "sub").map_err(RequestObjectError::Claims)?;
    if subject == Some(expect.client_id) && !explicit {
        return Err(RequestObjectError::Subject);
    }
    check_audience(claims, expect)?;
    if NESTED.iter().any(|name| claims.contains_key(*name)) {
        return Err(RequestObjectError::Nested);
    }
    check_times(claims, expect)?;
    let jti = json::text(claims, "jti").map_err(RequestObjectError::Claims)?;
    if jti.is_some_and(|jti| jti.is_empty() || jti.len() > JTI_BYTES_MAX) {
        return Err(RequestObjectError::Identifier);
    }
    Ok(Verified::new(RequestObject {
        parameters: parameters(claims),
        jti: jti.map(str::to_owned),
    }))
}

/// The explicit type (RFC 9101 s10.8).
const TYPE: &str = "oauth-authz-req+jwt";

/// What an object must not contain.
const NESTED: [&str; 2] = ["request", "request_uri"];

/// The claims about the object itself.
const ENVELOPE: [&str; 7] = ["iss", "aud", "exp", "nbf", "iat", "jti", "sub"];

fn check_client(claims: &Object, expect: &Expect<'_>) -> Result<(), RequestObjectError> {
    let issuer = match expect.rules {
        Rules::Plain => json::text(claims, "iss"),
        Rules::MessageSigning => json::required_text(claims, "iss").map(Some),
    }
    .map_err(RequestObjectError::Claims)?;
    let client_id = json::required_text(claims, "client_id").map_err(RequestObjectError::Claims)?;
    if client_id != expect.client_id || issuer.is_some_and(|issuer| issuer != expect.client_id) {
        return Err(RequestObjectError::Client);
    }
    Ok(())
}

/// Unlike an assertion an object may have several audiences: replayed elsewhere it is still only this client's request.
fn check_audience(claims: &Object, expect: &Expect<'_>) -> Result<(), RequestObjectError> {
    let wrong_type = || RequestObjectError::Claims(Malformed::WrongType("aud"));
    let ours = match claims.get("aud") {
        None if expect.rules == Rules::Plain => return Ok(()),
        None => return Err(RequestObjectError::Claims(Malformed::Missing("aud"))),
        Some(Value::String(audience)) => audience == expect.issuer,
        Some(Value::Array(audiences)) if audiences.iter().all(Value::is_string) => {
            audiences.iter().any(|audience| audience == expect.issuer)
        }
        Some(_) => return Err(wrong_type()),
    };
    ours.then_some(()).ok_or(RequestObjectError::Audience)
}

fn check_times(claims: &Object, expect: &Expect<'_>) -> Result<(), RequestObjectError> {
    let optional = |name| json::time(claims, name).map_err(RequestObjectError::Claims);
    let (expires, not_before, issued) = (optional("exp")?, optional("nbf")?, optional("iat")?);
    if expires.is_some_and(|time| time <= expect.now) {
        return Err(RequestObjectError::Expired);
    }
    let latest = expect.now.plus(SKEW_SECONDS);
    if issued.is_some_and(|time| time > latest) || not_before.is_some_and(|time| time > latest) {
        return Err(RequestObjectError::FromTheFuture);
    }
    match expect.rules {
        Rules::Plain => Ok(()),
        Rules::MessageSigning => check_life(not_before, expires, expect.now),
    }
}

/// FAPI 2.0 Message Signing s5.3.1 items 3 and 4.
fn check_life(not_before: Option<Time>, expires: Option<Time>, now: Time) -> Result<(), RequestObjectError> {
    let required = |time: Option<Time>, name| time.ok_or(RequestObjectError::Claims(Malformed::Missing(name)));
    let (not_before, expires) = (required(not_before, "nbf")?, required(expires, "exp")?);
    if now.since(not_before) > LIFETIME_SECONDS_MAX {
        return Err(RequestObjectError::Expired);
    }
    if expires.since(not_before) > LIFETIME_SECONDS_MAX {
        return Err(RequestObjectError::TooLong);
    }
    Ok(())
}

fn parameters(claims: &Object) -> Object {
    claims
        .iter()
        .filter(|(name, _)| !ENVELOPE.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
