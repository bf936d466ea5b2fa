//! Is this signature real, and whose key made it?
//!
//! JOSE (RFC 7515, 7517, 7518, 7638, 8037), `DPoP` proofs (RFC 9449), client assertions (RFC 7523), client certificates
//! (RFC 8705), attestations of clients, request objects (RFC 9101), passkeys (WebAuthn), our own access tokens (RFC 9068)
//! and ID tokens as hints, over one crypto backend. Everything hostile is parsed once, strictly, under size and depth
//! caps; what passed a check is a [`Verified`] value, which nothing else can make.
//!
//! ```
//! use proof::{PublicKey, json, jws::{Compact, Rejected}};
//!
//! let jwk = json::parse_object(br#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#)?;
//! let key = PublicKey::from_jwk(&jwk)?;
//! assert_eq!(key.thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"); // RFC 8037 A.3
//!
//! let unsigned = Compact::parse("eyJhbGciOiJFZERTQSJ9.e30.AA")?;
//! assert!(unsigned.claims_unverified()?.is_empty());
//! assert_eq!(unsigned.verify(&key).unwrap_err(), Rejected::Signature);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Never contains a clock, randomness, I/O, logging, policy or HTTP framework types: time is an argument, and
//! no function here fetches anything.

pub mod access_token;
mod algorithm;
pub mod assertion;
pub mod base64url;
pub mod certificate;
pub mod client_attestation;
pub mod digest;
pub mod dpop;
mod hex;
pub mod id_token;
pub mod json;
pub mod jwk;
pub mod jws;
mod malformed;
pub mod nonce;
pub mod request_object;
mod secret;
mod time;
mod verified;
pub mod webauthn;

pub use crate::{
    algorithm::{Algorithm, Naming},
    jwk::PublicKey,
    malformed::Malformed,
    secret::Secret,
    time::Time,
    verified::Verified,
};
