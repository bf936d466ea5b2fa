//! What the authenticator says (WebAuthn s6.1).

use crate::{
    digest,
    webauthn::{
        Expect, Rejected, UserVerification,
        cbor::{self, Map},
        response::credential_id_length_allowed,
    },
};

/// How long a credential id may be (WebAuthn s7.1 step 25).
pub const CREDENTIAL_ID_BYTES_MAX: usize = 1023;

/// Whether other devices can have the credential (WebAuthn s6.1.3, flags BE and BS).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backup {
    /// It never leaves its device.
    SingleDevice,
    /// It may be backed up and is not at present.
    Eligible,
    /// It is backed up at present.
    BackedUp,
}

impl Backup {
    /// The BE flag, which never changes in a credential's life (WebAuthn s7.2 step 19).
    pub fn is_eligible(self) -> bool {
        match self {
            Backup::SingleDevice => false,
            Backup::Eligible | Backup::BackedUp => true,
        }
    }
}

/// Whether the authenticator verified its user, by PIN or biometry (WebAuthn s6.1, flag UV).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserVerified {
    /// UV is set.
    Yes,
    /// UV is not set: somebody was present.
    No,
}

/// Authenticator data whose length fits; nothing in it was held against anything yet.
pub(super) struct AuthenticatorData<'a> {
    rp_id_hash: [u8; 32],
    flags: u8,
    pub(super) counter: u32,
    pub(super) attested: Option<Attested<'a>>,
}

/// Attested credential data (WebAuthn s6.5.1).
pub(super) struct Attested<'a> {
    pub(super) aaguid: [u8; 16],
    /// 1 to [`CREDENTIAL_ID_BYTES_MAX`] bytes.
    pub(super) credential_id: &'a [u8],
    /// One CBOR map.
    pub(super) key: &'a [u8],
}

impl<'a> AuthenticatorData<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Rejected> {
        let (rp_id_hash, rest) = split(bytes)?;
        let ([flags], rest) = split(rest)?;
        let (counter, mut rest) = split(rest)?;
        let mut attested = None;
        if flags & AT != 0 {
            let (data, after) = Attested::read(rest)?;
            (attested, rest) = (Some(data), after);
        }
        if flags & ED != 0 {
            (_, rest) = Map::parse_first(rest).map_err(Rejected::Extensions)?;
        }
        if !rest.is_empty() {
            return Err(Rejected::TrailingData);
        }
        Ok(AuthenticatorData {
            rp_id_hash,
            flags,
            counter: u32::from_be_bytes(counter),
            attested,
        })
    }

    /// s7.1 steps 14 to 17, s7.2 steps 15 to 18; reserved flags are ignored.
    pub(super) fn check(&self, expect: &Expect<'_>) -> Result<(UserVerified, Backup), Rejected> {
        if self.rp_id_hash != digest::sha256(expect.rp_id.as_bytes()) {
            return Err(Rejected::RpId);
        }
        if !self.has(UP) {
            return Err(Rejected::UserAbsent);
        }
        let user_verified = match (self.has(UV), expect.user_verification) {
            (true, _) => UserVerified::Yes,
            (false, UserVerification::Preferred) => UserVerified::No,
            (false, UserVerification::Required) => return Err(Rejected::UserNotVerified),
        };
        let backup = match (self.has(BE), self.has(BS)) {
            (false, false) => Backup::SingleDevice,
            (true, false) => Backup::Eligible,
            (true, true) => Backup::BackedUp,
            (false, true) => return Err(Rejected::BackupState),
        };
        Ok((user_verified, backup))
    }

    fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

const UP: u8 = 1;
const UV: u8 = 1 << 2;
const BE: u8 = 1 << 3;
const BS: u8 = 1 << 4;
const AT: u8 = 1 << 6;
const ED: u8 = 1 << 7;

impl<'a> Attested<'a> {
    fn read(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), Rejected> {
        let (aaguid, rest) = split(bytes)?;
        let (length, rest) = split(rest)?;
        let (credential_id, rest) = rest
            .split_at_checked(usize::from(u16::from_be_bytes(length)))
            .ok_or(Rejected::AuthenticatorData)?;
        if !credential_id_length_allowed(credential_id) {
            return Err(Rejected::CredentialIdLength);
        }
        let (_, after) = Map::parse_first(rest).map_err(Rejected::CredentialKey)?;
        let attested = Attested {
            aaguid,
            credential_id,
            key: cbor::before(rest, after),
        };
        Ok((attested, after))
    }
}

fn split<const N: usize>(bytes: &[u8]) -> Result<([u8; N], &[u8]), Rejected> {
    let (head, rest) = bytes.split_first_chunk::<N>().ok_or(Rejected::AuthenticatorData)?;
    Ok((*head, rest))
}
