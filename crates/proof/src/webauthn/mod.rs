//! Passkeys: the checks a relying party makes (W3C Web Authentication Level 3, s7.1 registration, s7.2 authentication).
//!
//! Taken: ES256, `EdDSA` and RS256 keys; attestation `none` and `packed` self attestation (s8.2, s8.7); ceremonies in our
//! own pages only, so `crossOrigin` and `topOrigin` are refused (s7.1 steps 10, 11; s7.2 steps 13, 14).
//!
//! Not checked here, because it needs memory or policy: that the challenge is ours, fresh and used once (s13.4.3), that a
//! credential id is new (s7.1 step 26), that the credential was asked for and belongs to the user handle's account (s7.2
//! steps 5, 6), and that backup eligibility is what it was at registration (s7.2 step 19, [`Backup::is_eligible`]).
//! Extension outputs are ignored (s7.2 step 23). The server asks for what [`CredentialKey::COSE_ALGORITHMS`] lists
//! (s7.1 step 20).

mod assertion;
mod attestation;
mod authenticator_data;
mod cbor;
mod client_data;
mod credential_key;
mod expect;
mod registration;
mod rejected;
mod response;

pub use self::{
    assertion::{Asserted, Assertion, Bytes, USER_HANDLE_BYTES_MAX, check_assertion, parse_assertion},
    authenticator_data::{Backup, CREDENTIAL_ID_BYTES_MAX, UserVerified},
    credential_key::CredentialKey,
    expect::{CHALLENGE_BYTES_MIN, Expect, UserVerification},
    registration::{Credential, check_registration},
    rejected::Rejected,
    response::RESPONSE_BYTES_MAX,
};
