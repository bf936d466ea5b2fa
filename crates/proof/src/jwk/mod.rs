//! Public keys: JSON Web Key (RFC 7517), its thumbprint (RFC 7638) and sets of keys.
//!
//! A key is parsed once and bound to exactly one [`crate::Algorithm`]; a token's header never chooses the algorithm.
//! OKP/Ed25519 (RFC 8037), EC/P-256 and RSA of 2048 to 4096 bits (RFC 7518 s6). Private members are refused everywhere.

mod ed25519;
mod key;
mod p256;
mod rsa;
mod set;

pub(crate) use self::key::{complete, refuse_private};
pub use self::{
    key::{BadSignature, PublicKey},
    set::{Candidates, KeySet},
};
