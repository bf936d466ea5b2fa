//! What the tests of passkeys share: one ceremony, and a way to ask for it.

use proof::{
    Verified,
    webauthn::{
        Asserted, Credential, CredentialKey, Expect, Rejected, UserVerification, check_assertion, check_registration,
        parse_assertion,
    },
};

use crate::authenticator::{Assertion, Authenticator, Registration};

pub(crate) const CHALLENGE: &[u8] = &[7; 32];
pub(crate) const ORIGIN: &str = "https://auth.example";
pub(crate) const RP_ID: &str = "auth.example";

pub(crate) fn expect() -> Expect<'static> {
    Expect {
        challenge: CHALLENGE,
        origin: ORIGIN,
        rp_id: RP_ID,
        user_verification: UserVerification::Required,
    }
}

pub(crate) fn registration(by: &Authenticator) -> Registration {
    by.registration(CHALLENGE, ORIGIN, RP_ID)
}

pub(crate) fn assertion(by: &Authenticator) -> Assertion {
    by.assertion(CHALLENGE, ORIGIN, RP_ID)
}

pub(crate) fn register(json: &str) -> Result<Credential, Rejected> {
    check_registration(json.as_bytes(), &expect()).map(Verified::into_inner)
}

/// Checks an assertion against the authenticator's own key and a stored counter.
pub(crate) fn assert_with(by: &Authenticator, json: &str, stored_counter: u32) -> Result<Asserted, Rejected> {
    let assertion = parse_assertion(json.as_bytes())?;
    check_assertion(&assertion, &key_of(by), stored_counter, &expect()).map(Verified::into_inner)
}

pub(crate) fn key_of(by: &Authenticator) -> CredentialKey {
    CredentialKey::from_cose(&by.cose().encode()).unwrap()
}

pub(crate) fn hex(text: &str) -> Vec<u8> {
    text.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}
