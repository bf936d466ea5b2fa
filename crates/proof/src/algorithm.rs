//! The signature algorithms we speak. `none`, HMAC and everything else is not a value of this type.

use std::fmt;

/// A JWS algorithm (RFC 7518 s3.1, RFC 8037 s3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// `EdDSA` with Ed25519 only.
    EdDSA,
    /// ECDSA with P-256 and SHA-256.
    ES256,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RS256,
    /// RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt of 32 bytes.
    PS256,
}

impl Algorithm {
    /// All of them, in the order we prefer them.
    pub const ALL: [Algorithm; 4] = [Algorithm::EdDSA, Algorithm::ES256, Algorithm::RS256, Algorithm::PS256];

    /// The name in the IANA JOSE registry.
    pub const fn name(self) -> &'static str {
        match self {
            Algorithm::EdDSA => "EdDSA",
            Algorithm::ES256 => "ES256",
            Algorithm::RS256 => "RS256",
            Algorithm::PS256 => "PS256",
        }
    }

    /// The algorithm of that exact name; case counts (RFC 7515 s4.1.1). `Ed25519` is what RFC 9864 s2.2 calls what we do under `EdDSA`.
    pub fn from_name(name: &str) -> Option<Algorithm> {
        if name == Algorithm::ED25519 {
            return Some(Algorithm::EdDSA);
        }
        Algorithm::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// What a header of ours calls it in this naming.
    pub const fn named(self, naming: Naming) -> &'static str {
        match (self, naming) {
            (Algorithm::EdDSA, Naming::FullySpecified) => Algorithm::ED25519,
            (Algorithm::EdDSA | Algorithm::ES256 | Algorithm::RS256 | Algorithm::PS256, _) => self.name(),
        }
    }

    /// The fully specified name of [`Algorithm::EdDSA`] (RFC 9864 s2.2): read everywhere, written where [`Naming`] says so.
    pub const ED25519: &'static str = "Ed25519";

    /// Every name that a proof made for us may carry, in the order we prefer them.
    pub const PROOF_NAMES: [&'static str; 5] = ["EdDSA", Algorithm::ED25519, "ES256", "RS256", "PS256"];
}

/// Which of its two names a header of ours gives the algorithm of Ed25519 keys; the signature is the same.
///
/// RFC 9864 s2.2 registers `Ed25519` and deprecates `EdDSA`, which leaves the curve to the key. Readers that compare a
/// JWK's `alg` with the header's find a key under one of the names only: whoever signs under both must publish the key
/// without `alg`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Naming {
    /// `EdDSA` (RFC 8037 s3.1), which every reader knows.
    #[default]
    Polymorphic,
    /// `Ed25519` (RFC 9864 s2.2).
    FullySpecified,
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
