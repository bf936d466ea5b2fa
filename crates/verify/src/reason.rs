//! Why a request is refused: for logs, in full; for the caller, what helps and gives nothing away.

use proof::{access_token::AccessTokenError, dpop::DpopError, nonce::NonceError};
use thiserror::Error;

/// The rule a request broke; names no value of the request.
#[derive(Error, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The `Origin` is not one of ours (MCP 2026-07-28, security considerations of Streamable HTTP).
    #[error("the origin is not allowed")]
    Origin,
    /// No `Authorization` header, or one with another scheme.
    #[error("no access token was sent")]
    NoToken,
    /// More than one `Authorization` header.
    #[error("more than one Authorization header")]
    TwoAuthorizations,
    /// The header is not a scheme and one token (RFC 9110 s11.4).
    #[error("the Authorization header is malformed")]
    Authorization,
    /// The token does not pass.
    #[error("{0}")]
    Token(AccessTokenError),
    /// The token is bound to a key and was sent as `Bearer` (RFC 9449 s7.2).
    #[error("the access token is bound to a key and was sent as Bearer")]
    BoundAsBearer,
    /// The token is bound to no key and was sent as `DPoP` (RFC 9449 s7.1).
    #[error("the access token is bound to no key and was sent as DPoP")]
    BearerAsBound,
    /// The token is bound to a certificate, and the request shows none (RFC 8705 s3).
    #[error("the access token is bound to a certificate and none was shown")]
    NoCertificate,
    /// The token is bound to another certificate than the request shows.
    #[error("the access token is bound to another certificate")]
    ForeignCertificate,
    /// The header with the certificate stands twice, or cannot be read.
    #[error("the header with the client's certificate cannot be read")]
    CertificateHeader,
    /// No `DPoP` header, or more than one, or one that is not ASCII (RFC 9449 s4.3 step 1).
    #[error("not exactly one DPoP header")]
    ProofHeader,
    /// The proof does not pass.
    #[error("{0}")]
    Proof(DpopError),
    /// The proof was made by another key than the token is bound to.
    #[error("the DPoP proof was made by another key")]
    ForeignKey,
    /// The proof has no nonce, and we ask for one (RFC 9449 s9).
    #[error("the DPoP proof has no nonce")]
    NoNonce,
    /// The nonce is not ours, or too old.
    #[error("DPoP {0}")]
    Nonce(NonceError),
    /// The proof was used before (RFC 9449 s11.1).
    #[error("the DPoP proof was used before")]
    Replayed,
    /// The proof is of a time whose used proofs are already forgotten: the clock went back.
    #[error("the DPoP proof is older than the memory of used proofs")]
    Forgotten,
    /// No room to remember another proof.
    #[error("the memory of used DPoP proofs is full")]
    MemoryFull,
    /// The issuer says the token counts no longer (RFC 7662 s2.2).
    #[error("the issuer says the token is not active")]
    Inactive,
    /// The token lacks a scope the operation needs.
    #[error("a scope is missing")]
    Scope,
    /// The person's sign-in is not strong enough for the operation, or too long ago (RFC 9470 s3).
    #[error("the sign-in does not suffice")]
    SignIn,
    /// No keys of the issuer, neither fresh nor recent.
    #[error("the issuer's keys cannot be had")]
    KeysUnavailable,
    /// The issuer could not be asked about the token, or did not answer as RFC 7662 says.
    #[error("the issuer cannot be asked about the token")]
    IntrospectionUnavailable,
}

impl Reason {
    /// A short name that does not change, for counting and for alerts.
    pub const fn code(self) -> &'static str {
        match self {
            Reason::Origin => "origin",
            Reason::NoToken => "no_token",
            Reason::TwoAuthorizations => "two_authorizations",
            Reason::Authorization => "authorization_malformed",
            Reason::Token(error) => token_code(error),
            Reason::BoundAsBearer => "bound_token_as_bearer",
            Reason::BearerAsBound => "bearer_token_as_dpop",
            Reason::NoCertificate => "certificate_missing",
            Reason::ForeignCertificate => "certificate_of_another",
            Reason::CertificateHeader => "certificate_header",
            Reason::ProofHeader => "proof_header",
            Reason::Proof(_) => "proof",
            Reason::ForeignKey => "proof_foreign_key",
            Reason::NoNonce => "proof_without_nonce",
            Reason::Nonce(_) => "proof_nonce",
            Reason::Replayed => "proof_replayed",
            Reason::Forgotten => "proof_forgotten",
            Reason::MemoryFull => "proof_memory_full",
            Reason::Inactive => "token_inactive",
            Reason::Scope => "scope",
            Reason::SignIn => "sign_in",
            Reason::KeysUnavailable => "keys_unavailable",
            Reason::IntrospectionUnavailable => "introspection_unavailable",
        }
    }

    /// What the caller is told.
    pub(crate) const fn verdict(self) -> Verdict {
        match self {
            Reason::Origin => Verdict::Origin,
            Reason::NoToken => Verdict::Unauthenticated,
            Reason::TwoAuthorizations | Reason::Authorization => Verdict::InvalidRequest,
            // RFC 8705 s3: 401 with invalid_token, whatever is wrong with the certificate.
            Reason::Token(_)
            | Reason::BoundAsBearer
            | Reason::BearerAsBound
            | Reason::NoCertificate
            | Reason::ForeignCertificate
            | Reason::CertificateHeader
            | Reason::Inactive => Verdict::InvalidToken,
            Reason::ProofHeader | Reason::Proof(_) | Reason::ForeignKey | Reason::Replayed | Reason::Forgotten => {
                Verdict::InvalidProof
            }
            Reason::NoNonce | Reason::Nonce(_) => Verdict::UseNonce,
            Reason::Scope => Verdict::InsufficientScope,
            Reason::SignIn => Verdict::InsufficientSignIn,
            Reason::MemoryFull | Reason::KeysUnavailable | Reason::IntrospectionUnavailable => Verdict::Unavailable,
        }
    }

    /// The `error_description`.
    pub(crate) const fn description(self) -> &'static str {
        match self {
            Reason::Origin => "requests from this origin are not allowed",
            Reason::NoToken => "an access token is needed",
            Reason::TwoAuthorizations => "more than one Authorization header",
            Reason::Authorization => "the Authorization header is malformed",
            Reason::Token(AccessTokenError::Expired) => "the access token has expired",
            Reason::Token(AccessTokenError::WrongAudience) => "the access token is for another resource",
            Reason::Token(AccessTokenError::WrongIssuer) => "the access token is from another issuer",
            Reason::Token(_) => "the access token is not valid",
            Reason::BoundAsBearer => "the access token is bound to a key: send it as DPoP, with a proof",
            Reason::BearerAsBound => "the access token is bound to no key: send it as Bearer",
            Reason::NoCertificate | Reason::CertificateHeader => {
                "the access token is bound to a certificate: show it in the TLS handshake"
            }
            Reason::ForeignCertificate => "the access token is bound to another certificate",
            Reason::ProofHeader => "exactly one DPoP header is needed",
            Reason::Proof(_) => "the DPoP proof is not valid for this request",
            Reason::ForeignKey => "the DPoP proof was made by another key than the access token is bound to",
            Reason::NoNonce | Reason::Nonce(_) => "the DPoP proof must carry the nonce of the DPoP-Nonce header",
            Reason::Replayed => "the DPoP proof was used before",
            Reason::Forgotten => "the DPoP proof is too old",
            Reason::Inactive => "the access token is no longer active",
            Reason::SignIn => "the operation needs a stronger or a later sign-in of the person",
            Reason::Scope => "the operation needs more scopes than the access token has",
            Reason::MemoryFull | Reason::KeysUnavailable | Reason::IntrospectionUnavailable => {
                "the access token cannot be checked at the moment"
            }
        }
    }
}

/// The few answers a caller can get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Unauthenticated,
    InvalidRequest,
    InvalidToken,
    InvalidProof,
    UseNonce,
    InsufficientScope,
    InsufficientSignIn,
    Origin,
    Unavailable,
}

const fn token_code(error: AccessTokenError) -> &'static str {
    match error {
        AccessTokenError::WrongType => "token_type",
        AccessTokenError::Jws(_) => "token_signature",
        AccessTokenError::Malformed(_) => "token_claims",
        AccessTokenError::WrongIssuer => "token_issuer",
        AccessTokenError::WrongAudience => "token_audience",
        AccessTokenError::Expired => "token_expired",
        AccessTokenError::NotYetValid => "token_not_yet_valid",
        AccessTokenError::Confirmation => "token_confirmation",
    }
}
