//! Verifying an authentication assertion (WebAuthn s7.2).

use crate::{
    Verified,
    webauthn::{
        Backup, CredentialKey, Expect, Rejected, UserVerified,
        authenticator_data::AuthenticatorData,
        client_data::{self, Ceremony},
        response::Response,
    },
};

/// How long a user handle may be (WebAuthn s5.4.3).
pub const USER_HANDLE_BYTES_MAX: usize = 64;

/// An assertion as it was sent. Nothing of it is proven; the id and the user handle say where to look for the key.
#[derive(Clone, Debug)]
pub struct Assertion {
    /// The credential it is said to be made with, 1 to [`super::CREDENTIAL_ID_BYTES_MAX`] bytes.
    pub credential_id: Vec<u8>,
    /// Whose credential it is said to be, 1 to [`USER_HANDLE_BYTES_MAX`] bytes. No signature covers it: it must name the
    /// account that the credential was registered for (s7.2 step 6).
    pub user_handle: Option<Vec<u8>>,
    client_data: Vec<u8>,
    authenticator_data: Vec<u8>,
    signature: Vec<u8>,
}

/// An assertion's own bytes, for whoever wants to check it once more: with the public key they suffice (s7.2 steps 19 and 20).
#[derive(Clone, Copy, Debug)]
pub struct Bytes<'a> {
    /// What the browser said of the ceremony, with its challenge: JSON (s5.8.1).
    pub client_data: &'a [u8],
    /// What the authenticator said (s6.1).
    pub authenticator_data: &'a [u8],
    /// Its signature over the authenticator's data and the SHA-256 of the browser's.
    pub signature: &'a [u8],
}

impl Assertion {
    /// As they were sent.
    pub fn bytes(&self) -> Bytes<'_> {
        Bytes {
            client_data: &self.client_data,
            authenticator_data: &self.authenticator_data,
            signature: &self.signature,
        }
    }
}

/// What a passkey proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asserted {
    /// The credential that was looked up.
    pub credential_id: Vec<u8>,
    /// What it signed: the challenge of the ceremony (s7.2 step 11).
    pub challenge: Vec<u8>,
    /// The signature counter to store (s7.2 step 24).
    pub counter: u32,
    /// The flag UV.
    pub user_verified: UserVerified,
    /// The flags BE and BS; the caller compares BE with the record's (s7.2 step 19) and stores BS (step 24).
    pub backup: Backup,
}

/// Reads an `AuthenticationResponseJSON` (s5.1).
pub fn parse_assertion(response_json: &[u8]) -> Result<Assertion, Rejected> {
    let response = Response::read(response_json)?;
    let user_handle = response.optional_bytes("userHandle")?;
    if user_handle
        .as_ref()
        .is_some_and(|handle| !(1..=USER_HANDLE_BYTES_MAX).contains(&handle.len()))
    {
        return Err(Rejected::UserHandleLength);
    }
    Ok(Assertion {
        client_data: response.bytes("clientDataJSON")?,
        authenticator_data: response.bytes("authenticatorData")?,
        signature: response.bytes("signature")?,
        credential_id: response.id,
        user_handle,
    })
}

/// Checks an assertion against the ceremony that was asked for (s7.2 steps 7 to 22).
///
/// `key` and `stored_counter` are those of the credential that `assertion.credential_id` names.
pub fn check_assertion(
    assertion: &Assertion,
    key: &CredentialKey,
    stored_counter: u32,
    expect: &Expect<'_>,
) -> Result<Verified<Asserted>, Rejected> {
    // Steps 8 to 14, and 20.
    let client_data_hash = client_data::check(&assertion.client_data, Ceremony::Get, expect)?;
    let data = AuthenticatorData::read(&assertion.authenticator_data)?;
    // s6.1: an authenticator must not put a credential into an assertion.
    if data.attested.is_some() {
        return Err(Rejected::UnexpectedCredential);
    }
    // Steps 15 to 18; 19 is the caller's, with `backup`.
    let (user_verified, backup) = data.check(expect)?;
    // Step 21.
    let message = [assertion.authenticator_data.as_slice(), &client_data_hash].concat();
    key.verify(&message, &assertion.signature)
        .map_err(|_| Rejected::Signature)?;
    // Step 22: we take the signal of a clone as a clone.
    let counted = data.counter != 0 || stored_counter != 0;
    if counted && data.counter <= stored_counter {
        return Err(Rejected::CounterWentBack);
    }
    Ok(Verified::new(Asserted {
        credential_id: assertion.credential_id.clone(),
        challenge: expect.challenge.to_vec(),
        counter: data.counter,
        user_verified,
        backup,
    }))
}
