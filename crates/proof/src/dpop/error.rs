//! Why a proof is refused.

use thiserror::Error;

use crate::{Malformed, jws::Rejected};

/// The rule of RFC 9449 s4.3 a `DPoP` proof broke; never says what was in it.
#[derive(Error, Debug, Clone, Copy, PartialEq, Eq)]
pub enum DpopError {
    /// Not a JWS we read, signed by an algorithm we do not know, or by another key (steps 2, 5, 6).
    #[error("DPoP proof: {0}")]
    Jws(Rejected),
    /// `typ` is not `dpop+jwt` (step 4).
    #[error("DPoP proof has the wrong type")]
    WrongType,
    /// `jwk` is missing, not an object, private, weak or not a key (steps 3, 5, 7).
    #[error("DPoP proof key: {0}")]
    Key(Malformed),
    /// A claim is missing or has the wrong type (step 3).
    #[error("DPoP proof claims: {0}")]
    Claims(Malformed),
    /// `jti` is empty or longer than [`super::JTI_BYTES_MAX`].
    #[error("DPoP proof identifier has a length that is not allowed")]
    Identifier,
    /// `htm` is another method (step 8).
    #[error("DPoP proof is for another method")]
    Method,
    /// `htu` is another URL (step 9).
    #[error("DPoP proof is for another URL")]
    Url,
    /// `iat` is more than [`super::WINDOW_SECONDS`] ago, or `exp` has passed (step 11; RFC 7519 s4.1.4).
    #[error("DPoP proof is too old")]
    TooOld,
    /// `iat` or `nbf` is more than [`super::FUTURE_SECONDS`] ahead (step 11; RFC 7519 s4.1.5).
    #[error("DPoP proof is from the future")]
    FromTheFuture,
    /// `ath` is missing or belongs to another access token (step 12).
    #[error("DPoP proof is for another access token")]
    AccessToken,
}
