//! Reading our own access tokens, the JWT profile of RFC 9068, at resource servers and at introspection.
//!
//! Not checked here: revocation, and whether the caller proved the key of `cnf.jkt` or showed the certificate of `cnf["x5t#S256"]`.

use serde_json::Value;
use thiserror::Error;

use crate::{
    Malformed, Time, Verified, base64url,
    json::{self, Object},
    jwk::KeySet,
    jws::{Compact, Rejected},
};

/// An access token that passed.
#[derive(Clone, Debug)]
pub struct AccessToken {
    /// `iss`.
    pub issuer: String,
    /// `sub`.
    pub subject: String,
    /// `aud`: exactly one.
    pub audience: String,
    /// `client_id`.
    pub client_id: String,
    /// `scope`, split; empty when there is none.
    pub scopes: Vec<String>,
    /// `jti`.
    pub jti: String,
    /// `iat`.
    pub issued: Time,
    /// `exp`.
    pub expires: Time,
    /// `cnf.jkt` (RFC 9449 s6.1): the bearer must prove this key. With neither this nor `x5t`, it is a bearer token.
    pub jkt: Option<String>,
    /// `cnf["x5t#S256"]` (RFC 8705 s3.1): the bearer must show this certificate.
    pub x5t: Option<String>,
    /// All claims, for those this struct does not name.
    pub claims: Object,
}

/// The rule an access token broke; never says what was in it.
#[derive(Error, Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessTokenError {
    /// `typ` is not `at+jwt` (RFC 9068 s4).
    #[error("access token has the wrong type")]
    WrongType,
    /// Not a JWS we read, or not signed by one of the issuer's keys.
    #[error("access token: {0}")]
    Jws(Rejected),
    /// A claim is missing, has the wrong type or a form that is not allowed.
    #[error("access token claims: {0}")]
    Malformed(Malformed),
    /// `iss` is another issuer.
    #[error("access token is from another issuer")]
    WrongIssuer,
    /// `aud` is another audience, or more than one.
    #[error("access token is for another audience")]
    WrongAudience,
    /// `exp` has passed.
    #[error("access token has expired")]
    Expired,
    /// `iat` or `nbf` lies ahead.
    #[error("access token is not valid yet")]
    NotYetValid,
    /// `cnf` asks for a proof other than `jkt` and `x5t#S256`, which we could not demand (RFC 7800 s3.1).
    #[error("access token confirmation is not understood")]
    Confirmation,
}

/// Checks a token of `issuer` (RFC 9068 s4). Without `audience` any single audience passes: the caller compares it.
pub fn check(
    compact: &Compact<'_>,
    keys: &KeySet,
    issuer: &str,
    audience: Option<&str>,
    now: Time,
    skew_seconds: i64,
) -> Result<Verified<AccessToken>, AccessTokenError> {
    if !compact.typ_is("at+jwt") {
        return Err(AccessTokenError::WrongType);
    }
    let claims = compact.verify_with(keys).map_err(AccessTokenError::Jws)?.into_inner();
    let text = |name| match json::required_text(&claims, name) {
        Ok("") => Err(AccessTokenError::Malformed(Malformed::Value(name))),
        read => read.map(str::to_owned).map_err(AccessTokenError::Malformed),
    };
    let named_issuer = text("iss")?;
    if named_issuer != issuer {
        return Err(AccessTokenError::WrongIssuer);
    }
    let named_audience = one_audience(&claims)?;
    if audience.is_some_and(|audience| audience != named_audience) {
        return Err(AccessTokenError::WrongAudience);
    }
    let times = check_times(&claims, now, skew_seconds)?;
    let confirmation = confirmation(&claims)?;
    Ok(Verified::new(AccessToken {
        issuer: named_issuer,
        subject: text("sub")?,
        audience: named_audience.to_owned(),
        client_id: text("client_id")?,
        scopes: scopes(&claims)?,
        jti: text("jti")?,
        issued: times.issued,
        expires: times.expires,
        jkt: confirmation.jkt,
        x5t: confirmation.x5t,
        claims,
    }))
}

fn one_audience(claims: &Object) -> Result<&str, AccessTokenError> {
    match claims.get("aud") {
        None => Err(AccessTokenError::Malformed(Malformed::Missing("aud"))),
        Some(Value::String(audience)) => Ok(audience),
        Some(Value::Array(audiences)) => match audiences.as_slice() {
            [Value::String(audience)] => Ok(audience),
            _ => Err(AccessTokenError::WrongAudience),
        },
        Some(_) => Err(AccessTokenError::Malformed(Malformed::WrongType("aud"))),
    }
}

struct Times {
    issued: Time,
    expires: Time,
}

fn check_times(claims: &Object, now: Time, skew_seconds: i64) -> Result<Times, AccessTokenError> {
    let expires = json::required_time(claims, "exp").map_err(AccessTokenError::Malformed)?;
    let issued = json::required_time(claims, "iat").map_err(AccessTokenError::Malformed)?;
    let not_before = json::time(claims, "nbf").map_err(AccessTokenError::Malformed)?;
    if expires.plus(skew_seconds) <= now {
        return Err(AccessTokenError::Expired);
    }
    let latest = now.plus(skew_seconds);
    if issued > latest || not_before.is_some_and(|time| time > latest) {
        return Err(AccessTokenError::NotYetValid);
    }
    Ok(Times { issued, expires })
}

/// Splits `scope` at single spaces (RFC 6749 s3.3).
fn scopes(claims: &Object) -> Result<Vec<String>, AccessTokenError> {
    let Some(scope) = json::text(claims, "scope").map_err(AccessTokenError::Malformed)? else {
        return Ok(Vec::new());
    };
    let scopes: Vec<String> = scope.split(' ').map(str::to_owned).collect();
    if scopes.iter().any(String::is_empty) {
        return Err(AccessTokenError::Malformed(Malformed::Value("scope")));
    }
    Ok(scopes)
}

/// What the bearer must prove.
#[derive(Default)]
struct Confirmation {
    jkt: Option<String>,
    x5t: Option<String>,
}

/// What to prove. A `cnf` we do not understand refuses the token: it would otherwise pass as a bearer token.
fn confirmation(claims: &Object) -> Result<Confirmation, AccessTokenError> {
    let cnf = match claims.get("cnf") {
        None => return Ok(Confirmation::default()),
        Some(Value::Object(cnf)) => cnf,
        Some(_) => return Err(AccessTokenError::Malformed(Malformed::WrongType("cnf"))),
    };
    let thumbprint = |name| match json::text(cnf, name).map_err(AccessTokenError::Malformed)? {
        Some(text) if base64url::decode_array::<32>(text).is_ok() => Ok(Some(text.to_owned())),
        Some(_) => Err(AccessTokenError::Confirmation),
        None => Ok(None),
    };
    let confirmation = Confirmation {
        jkt: thumbprint("jkt")?,
        x5t: thumbprint("x5t#S256")?,
    };
    let understood = [&confirmation.jkt, &confirmation.x5t].into_iter().flatten().count();
    if understood == cnf.len() && understood > 0 {
        Ok(confirmation)
    } else {
        Err(AccessTokenError::Confirmation)
    }
}
