//! Attestation objects (WebAuthn s6.5.4) of the formats `none` (s8.7) and `packed` without certificates (s8.2).

use crate::{
    Malformed,
    webauthn::{
        CredentialKey, Rejected,
        cbor::{Item, Map},
    },
};

/// An attestation object, its statement not yet checked.
pub(super) struct AttestationObject<'a> {
    format: &'a str,
    statement: Map<'a>,
    pub(super) authenticator_data: &'a [u8],
}

impl<'a> AttestationObject<'a> {
    /// s7.1 step 13.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Rejected> {
        Self::members(bytes).map_err(Rejected::AttestationObject)
    }

    fn members(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let map = Map::parse(bytes)?;
        let format = match map.get(Item::Text("fmt")) {
            Some(Item::Text(format)) => format,
            Some(_) => return Err(Malformed::WrongType("fmt")),
            None => return Err(Malformed::Missing("fmt")),
        };
        let statement = match map.get(Item::Text("attStmt")) {
            Some(Item::Map(statement)) => statement,
            Some(_) => return Err(Malformed::WrongType("attStmt")),
            None => return Err(Malformed::Missing("attStmt")),
        };
        let authenticator_data = bytes_member(map, "authData")?;
        if map.len() != 3 {
            return Err(Malformed::Cbor);
        }
        Ok(AttestationObject {
            format,
            statement,
            authenticator_data,
        })
    }

    /// s7.1 steps 21, 22 and 24: no attestation and self attestation are good enough for us.
    pub(super) fn check_statement(&self, key: &CredentialKey, client_data_hash: &[u8; 32]) -> Result<(), Rejected> {
        match self.format {
            "none" if self.statement.len() == 0 => Ok(()),
            "none" => Err(Rejected::AttestationStatement(Malformed::Value("attStmt"))),
            "packed" => self.check_self_attestation(key, client_data_hash),
            other => Err(Rejected::AttestationFormat(
                REGISTERED.into_iter().find(|name| *name == other).unwrap_or("unknown"),
            )),
        }
    }

    /// The verification procedure of s8.2 without `x5c`.
    fn check_self_attestation(&self, key: &CredentialKey, client_data_hash: &[u8; 32]) -> Result<(), Rejected> {
        if self.statement.get(Item::Text("x5c")).is_some() {
            return Err(Rejected::AttestationCertificates);
        }
        let (algorithm, signature) = packed_members(self.statement).map_err(Rejected::AttestationStatement)?;
        if algorithm != key.cose_algorithm() {
            return Err(Rejected::AttestationAlgorithm);
        }
        let message = [self.authenticator_data, client_data_hash].concat();
        key.verify(&message, signature)
            .map_err(|_| Rejected::AttestationSignature)
    }
}

/// The other formats of the IANA registry (RFC 8809 s2.1) and of WebAuthn s8.
const REGISTERED: [&str; 6] = [
    "tpm",
    "android-key",
    "android-safetynet",
    "fido-u2f",
    "apple",
    "compound",
];

fn packed_members(statement: Map<'_>) -> Result<(i64, &[u8]), Malformed> {
    let algorithm = match statement.get(Item::Text("alg")) {
        Some(Item::Integer(algorithm)) => algorithm,
        Some(_) => return Err(Malformed::WrongType("alg")),
        None => return Err(Malformed::Missing("alg")),
    };
    let signature = bytes_member(statement, "sig")?;
    if statement.len() != 2 {
        return Err(Malformed::Value("attStmt"));
    }
    Ok((algorithm, signature))
}

fn bytes_member<'a>(map: Map<'a>, name: &'static str) -> Result<&'a [u8], Malformed> {
    match map.get(Item::Text(name)) {
        Some(Item::Bytes(value)) => Ok(value),
        Some(_) => Err(Malformed::WrongType(name)),
        None => Err(Malformed::Missing(name)),
    }
}
