//! What can be wrong with bytes before any signature is looked at.

use thiserror::Error;

/// Why a text, a JSON object or a key could not be read; says which rule, never what was in the input.
#[derive(Error, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    /// Not JSON (RFC 8259), or something follows it.
    #[error("not valid JSON")]
    Json,
    /// Not CTAP2 canonical CBOR (CTAP 2.1 s8), not a map where one belongs, or something follows it.
    #[error("not canonical CBOR")]
    Cbor,
    /// JSON, but not an object where one belongs.
    #[error("not a JSON object")]
    NotAnObject,
    /// A member name occurs twice in one object (RFC 7515 s4 lets us refuse it; we do).
    #[error("a member occurs twice")]
    Duplicate,
    /// Objects and arrays nest deeper than the limit.
    #[error("nested too deeply")]
    TooDeep,
    /// A number whose magnitude is 2^63 or more.
    #[error("a number is out of range")]
    Number,
    /// Padding, a foreign character, or trailing bits that are not zero (RFC 4648 s3.5, s5).
    #[error("not canonical base64url")]
    Base64url,
    /// The member is required.
    #[error("member {0} is missing")]
    Missing(&'static str),
    /// The member is there with another JSON type than its own; null counts.
    #[error("member {0} has the wrong type")]
    WrongType(&'static str),
    /// The member has the right type and a value that breaks a rule.
    #[error("member {0} has a value that is not allowed")]
    Value(&'static str),
    /// A key for something this crate does not do, named by the member that says so; key sets skip such entries.
    #[error("key is not supported because of its {0}")]
    Unsupported(&'static str),
    /// Private or symmetric key members where only a public key belongs.
    #[error("private key material in a public key")]
    PrivateKey,
    /// An RSA modulus outside 2048 to 4096 bits or with a bad exponent, or an Ed25519 point of small order.
    #[error("key is too weak or too large")]
    WeakKey,
    /// Coordinates or DER that are not a public key of their kind.
    #[error("not a valid public key")]
    Key,
    /// More entries than a key set may have.
    #[error("too many keys")]
    TooManyKeys,
    /// More bytes than the limit.
    #[error("too large")]
    TooLarge,
}
