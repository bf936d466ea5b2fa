//! Why a ceremony is refused.

use thiserror::Error;

use crate::Malformed;

/// The rule of WebAuthn a response broke; never says what was in it.
#[derive(Error, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejected {
    /// More than [`super::RESPONSE_BYTES_MAX`] bytes.
    #[error("passkey response is too large")]
    TooLarge,
    /// Not the JSON of a public key credential (s5.1), or a member is not canonical base64url.
    #[error("passkey response: {0}")]
    Response(Malformed),
    /// `id`, `rawId` and the credential id in the authenticator data are not the same (s5.1, s6.5.1).
    #[error("passkey response names two credentials")]
    CredentialId,
    /// A credential id that is empty or longer than [`super::CREDENTIAL_ID_BYTES_MAX`] (s7.1 step 25).
    #[error("passkey identifier has a length that is not allowed")]
    CredentialIdLength,
    /// `userHandle` is empty or longer than [`super::USER_HANDLE_BYTES_MAX`] (s5.4.3).
    #[error("passkey user handle has a length that is not allowed")]
    UserHandleLength,
    /// `clientDataJSON` is not a strict JSON object with the members of s5.8.1.
    #[error("passkey client data: {0}")]
    ClientData(Malformed),
    /// `type` is that of another ceremony (s7.1 step 7, s7.2 step 10).
    #[error("passkey response is of another ceremony")]
    CeremonyType,
    /// `challenge` is another one, or ours is too short to be one (s7.1 step 8, s7.2 step 11).
    #[error("passkey response answers another challenge")]
    Challenge,
    /// `origin` is not ours (s7.1 step 9, s7.2 step 12).
    #[error("passkey response is for another origin")]
    Origin,
    /// `crossOrigin` is true (s7.1 step 10, s7.2 step 13).
    #[error("passkey was used inside a foreign frame")]
    CrossOrigin,
    /// `topOrigin` is there (s7.1 step 11, s7.2 step 14).
    #[error("passkey was used below another origin")]
    TopOrigin,
    /// The attestation object is not the CBOR of s6.5.4 (s7.1 step 13).
    #[error("passkey attestation object: {0}")]
    AttestationObject(Malformed),
    /// The authenticator data ends before its last field (s6.1).
    #[error("passkey authenticator data is too short")]
    AuthenticatorData,
    /// Bytes follow the last field of the authenticator data (s6.1).
    #[error("passkey authenticator data is too long")]
    TrailingData,
    /// The ED flag announces extension outputs that are not a CBOR map (s6.1).
    #[error("passkey extension data: {0}")]
    Extensions(Malformed),
    /// `rpIdHash` is not that of our RP ID (s7.1 step 14, s7.2 step 15).
    #[error("passkey response is for another RP ID")]
    RpId,
    /// The UP flag is not set (s7.1 step 15, s7.2 step 16).
    #[error("passkey was used without its user present")]
    UserAbsent,
    /// The UV flag is required and not set (s7.1 step 16, s7.2 step 17).
    #[error("passkey did not verify its user")]
    UserNotVerified,
    /// The BS flag is set without the BE flag (s7.1 step 17, s7.2 step 18).
    #[error("passkey claims a backup it cannot have")]
    BackupState,
    /// A registration without attested credential data (s6.1, AT flag).
    #[error("passkey registration has no credential")]
    NoCredential,
    /// An assertion with attested credential data (s6.1, AT flag).
    #[error("passkey assertion carries a credential")]
    UnexpectedCredential,
    /// The credential public key is not one of ours to verify (s6.5.1, s7.1 step 20).
    #[error("passkey key: {0}")]
    CredentialKey(Malformed),
    /// The attestation statement format, named if it is a registered one, is not taken (s7.1 step 21).
    #[error("passkey attestation format {0} is not supported")]
    AttestationFormat(&'static str),
    /// `packed` attestation by certificates, `x5c`, is not taken (s8.2).
    #[error("passkey attestation by certificates is not supported")]
    AttestationCertificates,
    /// The attestation statement does not have the members of its format (s8.2, s8.7).
    #[error("passkey attestation statement: {0}")]
    AttestationStatement(Malformed),
    /// Self attestation names another algorithm than the credential's (s8.2).
    #[error("passkey attestation algorithm is not the key's")]
    AttestationAlgorithm,
    /// The self attestation does not verify (s8.2).
    #[error("passkey attestation signature does not verify")]
    AttestationSignature,
    /// The assertion signature does not verify (s7.2 step 21).
    #[error("passkey signature does not verify")]
    Signature,
    /// The signature counter did not grow although it is in use (s7.2 step 22, s6.1.1).
    #[error("passkey signature counter went back")]
    CounterWentBack,
}
