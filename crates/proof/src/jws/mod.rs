//! JWS Compact Serialization (RFC 7515 s3.1): reading what others signed, writing what we sign.
//!
//! The header of a token is data, not instruction: `alg` is compared with the key's, `kid` is looked up in the
//! issuer's own set only, `jku`, `x5u`, `x5c` and `jwk` are not followed, `crit` and `b64` are refused (RFC 8725 s3.1, s3.10).

mod compact;
mod rejected;
mod signing;

pub use self::{
    compact::{Compact, TOKEN_BYTES_MAX},
    rejected::Rejected,
    signing::{assemble, signing_input, signing_input_named},
};
