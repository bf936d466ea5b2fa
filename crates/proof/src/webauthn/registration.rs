//! Registering a new credential (WebAuthn s7.1).

use crate::{
    Verified,
    webauthn::{
        Backup, CredentialKey, Expect, Rejected, UserVerified,
        attestation::AttestationObject,
        authenticator_data::AuthenticatorData,
        client_data::{self, Ceremony},
        response::Response,
    },
};

/// A passkey as it was registered: the credential record of WebAuthn s4.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// The credential id, 1 to [`super::CREDENTIAL_ID_BYTES_MAX`] bytes; the caller refuses one it knows (s7.1 step 26).
    pub id: Vec<u8>,
    /// The credential public key.
    pub key: CredentialKey,
    /// The signature counter to start from (s6.1.1).
    pub counter: u32,
    /// The flags BE and BS.
    pub backup: Backup,
    /// The flag UV: `uvInitialized` of the record.
    pub user_verified: UserVerified,
    /// The authenticator's model, as it says itself; zeros where it does not say.
    pub aaguid: [u8; 16],
    /// How the authenticator can be reached, as the client says: known words only (s5.8.4), each once.
    pub transports: Vec<String>,
}

/// Checks a `RegistrationResponseJSON` (s5.1) against the ceremony that was asked for (s7.1 steps 3 to 25, 27).
pub fn check_registration(response_json: &[u8], expect: &Expect<'_>) -> Result<Verified<Credential>, Rejected> {
    // Steps 3 to 12.
    let response = Response::read(response_json)?;
    let client_data_hash = client_data::check(&response.bytes("clientDataJSON")?, Ceremony::Create, expect)?;
    // Step 13.
    let attestation_object = response.bytes("attestationObject")?;
    let attestation = AttestationObject::read(&attestation_object)?;
    let data = AuthenticatorData::read(attestation.authenticator_data)?;
    // Steps 14 to 17; 18 and 19 are the caller's, with `backup`.
    let (user_verified, backup) = data.check(expect)?;
    let attested = data.attested.ok_or(Rejected::NoCredential)?;
    if attested.credential_id != response.id {
        return Err(Rejected::CredentialId);
    }
    // Step 20.
    let key = CredentialKey::from_cose(attested.key).map_err(Rejected::CredentialKey)?;
    // Steps 21 to 24. Step 25 was checked where the id was read.
    attestation.check_statement(&key, &client_data_hash)?;
    // Step 27; 26 is the caller's.
    Ok(Verified::new(Credential {
        transports: response.transports()?,
        id: response.id,
        key,
        counter: data.counter,
        backup,
        user_verified,
        aaguid: attested.aaguid,
    }))
}
