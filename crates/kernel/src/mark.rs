//! One-time marks: what makes a proof good for one request only.

use proof::{Time, digest};

use crate::why::Why;

/// The mark a proof leaves behind when it is used. Two uses leave the same mark, and the second one finds it taken.
///
/// Marks are digests, so the table holds nothing that could be replayed; they are kept until the proof would be too old anyway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// `base64url(SHA-256(kind || 0 || owner || 0 || jti))`.
    pub digest: String,
    /// The last second in which the proof itself could still be accepted.
    pub expires: Time,
    /// What the second user hears.
    pub stands_for: Stands,
}

/// Which proof a mark stands for, and so which refusal its replay gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    /// A client assertion (RFC 7523 s3 item 7): replay is `invalid_client`.
    ClientAssertion,
    /// A `DPoP` proof (RFC 9449 s11.1): replay is `invalid_dpop_proof`.
    DpopProof,
    /// The proof of an attested instance (draft-ietf-oauth-attestation-based-client-auth s7.2): replay is `invalid_client_attestation`.
    AttestationProof,
    /// A passkey ceremony (WebAuthn s13.4.3): its challenge is good once.
    Ceremony,
}

impl Stands {
    /// What a replay is refused with.
    pub const fn why(self) -> Why {
        match self {
            Self::ClientAssertion => Why::AssertionReplayed,
            Self::DpopProof => Why::DpopReplayed,
            Self::AttestationProof => Why::AttestationReplayed,
            Self::Ceremony => Why::CeremonyReplayed,
        }
    }

    const fn kind(self) -> &'static str {
        match self {
            Self::ClientAssertion => "client-assertion",
            Self::DpopProof => "dpop",
            Self::AttestationProof => "attestation-proof",
            Self::Ceremony => "ceremony",
        }
    }
}

impl Mark {
    /// The mark of the proof `jti` made by `owner` (a client id, or a key's thumbprint).
    pub fn new(stands_for: Stands, owner: &str, jti: &str, expires: Time) -> Self {
        let text = format!("{}\0{owner}\0{jti}", stands_for.kind());
        Self {
            digest: digest::sha256_b64(text.as_bytes()),
            expires,
            stands_for,
        }
    }
}

/// The longest a proof of ours may live ahead of now, in seconds (client assertions: 300 and the skew).
pub const MARK_SECONDS_MAX: i64 = 360;
