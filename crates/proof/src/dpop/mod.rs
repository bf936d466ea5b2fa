//! `DPoP` proofs (RFC 9449 s4.3): a signed statement "I hold this key and make this request now".
//!
//! Checked here: everything one proof says about itself and the request. Not checked here, because it needs memory:
//! that there was exactly one `DPoP` header field (step 1), that `jti` is new (s11.1), that `nonce` is one of ours
//! ([`crate::nonce`]), and that the key is the one a token or a code is bound to (step 12, `jkt`).

mod error;
mod proof;
mod url;

pub use self::{
    error::DpopError,
    proof::{DpopProof, Expect, FUTURE_SECONDS, JTI_BYTES_MAX, WINDOW_SECONDS, check, check_with},
    url::same_endpoint,
};
