//! Why a token is refused.

use thiserror::Error;

use crate::Malformed;

/// The rule a JWS broke; never says what was in it.
#[derive(Error, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejected {
    /// More than [`super::TOKEN_BYTES_MAX`] bytes.
    #[error("token is too large")]
    TooLarge,
    /// Not exactly three parts (RFC 7515 s7.1).
    #[error("token does not have three parts")]
    Parts,
    /// A part is not canonical base64url.
    #[error("token is not canonical base64url")]
    Base64url,
    /// The header is not a strict JSON object, or `alg`, `kid` or `typ` is not a string.
    #[error("token header: {0}")]
    Header(Malformed),
    /// `alg` is `none`, a MAC, or one we do not know (RFC 8725 s3.1).
    #[error("token algorithm is not supported")]
    Algorithm,
    /// `crit` is there; we understand no extension (RFC 7515 s4.1.11).
    #[error("token has critical extensions")]
    Critical,
    /// `b64` is there (RFC 7797).
    #[error("token payload encoding is not supported")]
    UnencodedPayload,
    /// The key is bound to another algorithm than the header names.
    #[error("token algorithm is not the key's")]
    WrongAlgorithm,
    /// No key with that key id and algorithm.
    #[error("token key is unknown")]
    UnknownKey,
    /// The signature does not verify.
    #[error("token signature does not verify")]
    Signature,
    /// The payload is not a strict JSON object (RFC 7519 s7.2).
    #[error("token claims: {0}")]
    Payload(Malformed),
}
