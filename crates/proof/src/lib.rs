//! Is this signature real, and whose key made it?
//!
//! JOSE (RFC 7515, 7517, 7518, 7638, 8037), `DPoP` proofs (RFC 9449), client assertions (RFC 7523) and our own access
//! tokens (RFC 9068), over one crypto backend. Everything hostile is parsed once, strictly, under size and depth caps;
//! what passed a check is a [`Verified`] value, which nothing else can make.
//!
//! Never contains a clock, randomness, I/O, logging, policy or HTTP framework types: time is an argument, and
//! no function here fetches anything.

pub mod access_token;
mod algorithm;
pub mod assertion;
pub mod base64url;
pub mod digest;
pub mod dpop;
pub mod json;
pub mod jwk;
pub mod jws;
mod malformed;
pub mod nonce;
mod secret;
mod time;
mod verified;

pub use crate::{
    algorithm::Algorithm, jwk::PublicKey, malformed::Malformed, secret::Secret, time::Time, verified::Verified,
};
