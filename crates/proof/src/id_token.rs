//! ID tokens of ours that come back as hints: `id_token_hint` at authorization (OIDC Core s3.1.2.1), at logout (OIDC
//! RP-Initiated Logout s2) and in CIBA (Core s7.1).
//!
//! A hint says whom an earlier sign-in was about; it authenticates nobody. So an expired one serves as well, as those
//! specifications ask, and other tokens of ours do not. Not checked here: that the client is an audience.

use serde_json::Value;
use thiserror::Error;

use crate::{
    Malformed, Time, Verified,
    json::{self, Object},
    jwk::KeySet,
    jws::{Compact, Rejected},
};

/// What a hint says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdTokenHint {
    /// The person, as that client knows them.
    pub sub: String,
    /// The clients it was for: at least one.
    pub aud: Vec<String>,
    /// The session it was issued in (OIDC Front-Channel Logout s3), if it names one.
    pub sid: Option<String>,
    /// When it was issued.
    pub iat: Time,
}

/// Why a hint is none of ours; never says what was in it.
#[derive(Error, Debug, Clone, Copy, PartialEq, Eq)]
pub enum HintError {
    /// `typ` says it is something else (RFC 8725 s3.11): an access token, a logout token.
    #[error("ID token hint has the wrong type")]
    WrongType,
    /// Not a JWS we read, or not signed by one of our keys.
    #[error("ID token hint: {0}")]
    Jws(Rejected),
    /// A claim is missing, has the wrong type or is empty.
    #[error("ID token hint claims: {0}")]
    Claims(Malformed),
    /// `iss` is another issuer.
    #[error("ID token hint is from another issuer")]
    WrongIssuer,
}

/// Checks that it is an ID token of `issuer`, signed by one of its keys. `exp` must be there, and may have passed.
pub fn check_hint(compact: &Compact<'_>, keys: &KeySet, issuer: &str) -> Result<Verified<IdTokenHint>, HintError> {
    if compact.typ().is_some() && !compact.typ_is("JWT") {
        return Err(HintError::WrongType);
    }
    let claims = compact.verify_ref(keys).map_err(HintError::Jws)?;
    if json::required_text(claims, "iss").map_err(HintError::Claims)? != issuer {
        return Err(HintError::WrongIssuer);
    }
    // An answer of the userinfo endpoint has neither of the two times.
    json::required_time(claims, "exp").map_err(HintError::Claims)?;
    let iat = json::required_time(claims, "iat").map_err(HintError::Claims)?;
    let sub = match json::required_text(claims, "sub") {
        Ok("") => return Err(HintError::Claims(Malformed::Value("sub"))),
        read => read.map_err(HintError::Claims)?,
    };
    let sid = json::text(claims, "sid").map_err(HintError::Claims)?;
    Ok(Verified::new(IdTokenHint {
        sub: sub.to_owned(),
        aud: audiences(claims).map_err(HintError::Claims)?,
        sid: sid.map(str::to_owned),
        iat,
    }))
}

fn audiences(claims: &Object) -> Result<Vec<String>, Malformed> {
    let named = match claims.get("aud") {
        None => return Err(Malformed::Missing("aud")),
        Some(Value::Array(audiences)) => audiences.as_slice(),
        Some(audience) => std::slice::from_ref(audience),
    };
    if named.is_empty() {
        return Err(Malformed::Value("aud"));
    }
    named
        .iter()
        .map(|audience| audience.as_str().map(str::to_owned))
        .collect::<Option<_>>()
        .ok_or(Malformed::WrongType("aud"))
}
