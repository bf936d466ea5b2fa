//! Attestation-based client authentication (draft-ietf-oauth-attestation-based-client-auth-10): an attester says which
//! instance of a client holds a key, and the instance proves that it holds it.
//!
//! Read are the shapes of draft 10 and of draft 07 (`iss`, `exp` and `nonce` in the proof, `iss` in the attestation), and
//! the combined form of s5.2, in which a `DPoP` proof stands for the proof of possession. MACs, which the drafts allow an
//! attester, are not read.
//!
//! Not checked here: whose attester the keys are and that the client trusts it, that there was one header field of each,
//! and, because it needs memory, that `jti` is new and that the challenge is one of ours.

mod check;
mod error;
mod possession;

pub use self::{
    check::{ClientAttestation, Expect, SKEW_SECONDS, check, named},
    error::ClientAttestationError,
    possession::{CHALLENGED_SECONDS, JTI_BYTES_MAX, Pop, Possession, WINDOW_SECONDS},
};
