//! Why an attestation is refused.

use thiserror::Error;

use crate::{Malformed, jws::Rejected};

/// The rule an attestation or its proof of possession broke; never says what was in it.
#[derive(Error, Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAttestationError {
    /// The attestation is not a JWS we read, or not signed by a key of the attester's (s7.1 rules 3 and 4).
    #[error("client attestation: {0}")]
    Attestation(Rejected),
    /// `typ` of the attestation is not `oauth-client-attestation+jwt` (s4).
    #[error("client attestation has the wrong type")]
    AttestationType,
    /// A claim of the attestation is missing or has the wrong type (s7.1 rule 2).
    #[error("client attestation claims: {0}")]
    AttestationClaims(Malformed),
    /// `aud` of the attestation is there and does not contain our issuer (RFC 7519 s4.1.3).
    #[error("client attestation is for another audience")]
    AttestationAudience,
    /// `exp` of the attestation has passed (s4): a fresh one may be had.
    #[error("client attestation has expired")]
    AttestationExpired,
    /// `iat` or `nbf` of the attestation is more than [`super::SKEW_SECONDS`] ahead.
    #[error("client attestation is from the future")]
    AttestationFromTheFuture,
    /// `cnf.jwk` is missing, not an object, private, weak or not a key (s4, s7.1 rule 5).
    #[error("client attestation key: {0}")]
    Key(Malformed),
    /// The proof is not a JWS we read, or not signed by the key of `cnf` (s7.2 rules 3 and 4).
    #[error("client attestation proof: {0}")]
    Pop(Rejected),
    /// `typ` of the proof is not `oauth-client-attestation-pop+jwt` (s5.1).
    #[error("client attestation proof has the wrong type")]
    PopType,
    /// A claim of the proof is missing or has the wrong type (s7.2 rule 2).
    #[error("client attestation proof claims: {0}")]
    PopClaims(Malformed),
    /// `iss` of the proof is there and is not the client (draft 07).
    #[error("client attestation proof is another client's")]
    PopClient,
    /// `aud` of the proof is not exactly our issuer (s7.2 rule 7).
    #[error("client attestation proof is for another audience")]
    PopAudience,
    /// `iat` of the proof lies too far back, or its `exp` has passed (s7.2 rule 6).
    #[error("client attestation proof is too old")]
    PopTooOld,
    /// `exp` of a proof without `iat` lies too far ahead.
    #[error("client attestation proof lives too long")]
    PopTooLong,
    /// `iat` or `nbf` of the proof is more than [`super::SKEW_SECONDS`] ahead.
    #[error("client attestation proof is from the future")]
    PopFromTheFuture,
    /// `jti` of the proof is empty or longer than [`super::JTI_BYTES_MAX`].
    #[error("client attestation proof identifier has a length that is not allowed")]
    PopIdentifier,
    /// The `DPoP` proof was made by another key than that of `cnf` (s5.2 rule 2).
    #[error("DPoP proof is by another key than the attested one")]
    DpopKey,
}
