//! What can go wrong with a key: always unexpected, never the fault of a caller of the protocol.

use aws_lc_rs::error::KeyRejected;
use proof::{Algorithm, Malformed};

/// A failed step of key handling; its text names the step and never a key.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The crypto backend made no key.
    #[error("generating a {0} key failed")]
    Generate(Algorithm),
    /// The stored bytes are not a PKCS#8 private key of the algorithm they are stored for.
    #[error("the stored {algorithm} private key cannot be read")]
    Unreadable {
        /// The algorithm the key was stored for.
        algorithm: Algorithm,
        /// What the crypto backend disliked.
        source: KeyRejected,
    },
    /// The public half is outside what `proof` accepts, for example an RSA key below 2048 bits.
    #[error("the public half of the {algorithm} key is not acceptable")]
    Public {
        /// The algorithm of the key.
        algorithm: Algorithm,
        /// What the parser of public keys disliked.
        source: Malformed,
    },
    /// The signature could not be made.
    #[error("signing with {0} failed")]
    Sign(Algorithm),
    /// Private JWKs are written and read for `EdDSA` and ES256 only, and their halves must fit.
    #[error("not a private JWK of an EdDSA or ES256 key: {0}")]
    PrivateJwk(Algorithm),
    /// The JWK is not one of a key we read.
    #[error("the JWK cannot be read: {0}")]
    Jwk(Malformed),
    /// The operating system's source of randomness failed.
    #[error("the operating system gave no randomness")]
    Random,
    /// Encryption under the key-encryption key failed.
    #[error("sealing under the key-encryption key failed")]
    Seal,
    /// The text is not one that `Seal` writes, or was written by a later version.
    #[error("the sealed text is damaged or of a version this program does not know")]
    SealFormat,
    /// The seal does not hold: another key-encryption key, another place, or changed bytes.
    #[error("the seal does not open here: check that the key-encryption key is the one it was sealed with")]
    SealBroken,
    /// The rotation settings contradict each other.
    #[error("rotation schedule: {0}")]
    Schedule(&'static str),
}
