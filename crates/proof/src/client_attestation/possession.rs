//! The proof that the instance holds the attested key (s5, s7.2, s7.3).

use serde_json::Value;

use crate::{
    Malformed, PublicKey, Time,
    client_attestation::{ClientAttestationError, Expect, SKEW_SECONDS},
    digest,
    json::{self, Object},
    jwk,
    jws::Compact,
};

/// How far in the past `iat` may lie.
pub const WINDOW_SECONDS: i64 = 60;

/// How far in the past `iat` may lie when there is a challenge, which the caller dates more exactly: as long as a nonce
/// of ours lives.
pub const CHALLENGED_SECONDS: i64 = crate::nonce::LIFETIME_SECONDS;

/// How long `jti` may be; replay tables store it.
pub const JTI_BYTES_MAX: usize = 256;

/// What shows that the caller holds the attested key.
#[derive(Clone, Copy, Debug)]
pub enum Possession<'a> {
    /// A proof of its own, from the `OAuth-Client-Attestation-PoP` field (s5.1).
    Pop(&'a Compact<'a>),
    /// The combined form (s5.2): a `DPoP` proof of the same request, which passed its own check.
    Dpop {
        /// The thumbprint of the key that made it.
        jkt: &'a str,
    },
}

/// A proof of possession that passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pop {
    /// The unique identifier, 1 to [`JTI_BYTES_MAX`] bytes; the caller refuses a second use by the same key.
    pub jti: String,
    /// Until when the identifier must be remembered.
    pub expires: Time,
    /// `challenge`, or `nonce` of draft 07, unchecked: whether it is one of ours the caller knows.
    pub challenge: Option<String>,
}

/// What the attestation says that the proof must fit.
pub(super) struct Attested<'a> {
    pub(super) client_id: &'a str,
    pub(super) jwk: &'a Object,
}

/// The thumbprint of the key, and the proof if there is one of its own.
pub(super) fn check_possession(
    possession: Possession<'_>,
    attested: &Attested<'_>,
    expect: &Expect<'_>,
) -> Result<(String, Option<Pop>), ClientAttestationError> {
    match possession {
        Possession::Pop(compact) => {
            let mut jwk = attested.jwk.clone();
            jwk::complete(&mut jwk, compact.algorithm());
            let key = PublicKey::from_jwk(&jwk).map_err(ClientAttestationError::Key)?;
            let pop = check_pop(compact, &key, attested.client_id, expect)?;
            Ok((key.thumbprint().to_owned(), Some(pop)))
        }
        Possession::Dpop { jkt } => {
            let key = PublicKey::from_jwk(attested.jwk).map_err(ClientAttestationError::Key)?;
            if !digest::same(key.thumbprint().as_bytes(), jkt.as_bytes()) {
                return Err(ClientAttestationError::DpopKey);
            }
            Ok((key.thumbprint().to_owned(), None))
        }
    }
}

fn check_pop(
    compact: &Compact<'_>,
    key: &PublicKey,
    client_id: &str,
    expect: &Expect<'_>,
) -> Result<Pop, ClientAttestationError> {
    if !compact.typ_is("oauth-client-attestation-pop+jwt") {
        return Err(ClientAttestationError::PopType);
    }
    let claims = compact.verify(key).map_err(ClientAttestationError::Pop)?;
    let optional = |name| json::text(&claims, name).map_err(ClientAttestationError::PopClaims);
    if optional("iss")?.is_some_and(|issuer| issuer != client_id) {
        return Err(ClientAttestationError::PopClient);
    }
    check_audience(&claims, expect.issuer)?;
    let jti = json::required_text(&claims, "jti").map_err(ClientAttestationError::PopClaims)?;
    if jti.is_empty() || jti.len() > JTI_BYTES_MAX {
        return Err(ClientAttestationError::PopIdentifier);
    }
    let challenge = match (optional("challenge")?, optional("nonce")?) {
        (Some(challenge), Some(nonce)) if challenge != nonce => {
            return Err(ClientAttestationError::PopClaims(Malformed::Value("nonce")));
        }
        (challenge, nonce) => challenge.or(nonce),
    };
    let window_seconds = if challenge.is_some() {
        CHALLENGED_SECONDS
    } else {
        WINDOW_SECONDS
    };
    Ok(Pop {
        jti: jti.to_owned(),
        expires: check_times(&claims, expect.now, window_seconds)?,
        challenge: challenge.map(str::to_owned),
    })
}

/// An array, even of one, is refused: a proof is for a single audience (s5.1).
fn check_audience(claims: &Object, issuer: &str) -> Result<(), ClientAttestationError> {
    match claims.get("aud") {
        None => Err(ClientAttestationError::PopClaims(Malformed::Missing("aud"))),
        Some(Value::String(audience)) if audience == issuer => Ok(()),
        Some(Value::String(_) | Value::Array(_)) => Err(ClientAttestationError::PopAudience),
        Some(_) => Err(ClientAttestationError::PopClaims(Malformed::WrongType("aud"))),
    }
}

/// `iat` is required in draft 10; in older drafts a proof could have `exp` alone, which must then be near.
fn check_times(claims: &Object, now: Time, window_seconds: i64) -> Result<Time, ClientAttestationError> {
    let optional = |name| json::time(claims, name).map_err(ClientAttestationError::PopClaims);
    let (issued, expires, not_before) = (optional("iat")?, optional("exp")?, optional("nbf")?);
    let latest = now.plus(SKEW_SECONDS);
    if issued.is_some_and(|time| time > latest) || not_before.is_some_and(|time| time > latest) {
        return Err(ClientAttestationError::PopFromTheFuture);
    }
    if expires.is_some_and(|time| time <= now) || issued.is_some_and(|time| now.since(time) > window_seconds) {
        return Err(ClientAttestationError::PopTooOld);
    }
    match (issued, expires) {
        (Some(issued), _) => Ok(issued.plus(window_seconds)),
        (None, Some(expires)) if expires.since(latest) > window_seconds => Err(ClientAttestationError::PopTooLong),
        (None, Some(expires)) => Ok(expires),
        (None, None) => Err(ClientAttestationError::PopClaims(Malformed::Missing("iat"))),
    }
}
