//! What people prove themselves by: passkeys, a password, recovery codes. Rows hold public keys and digests, never a secret.

use proof::{Time, digest, webauthn::Asserted};

use crate::id::{PasskeyId, UserId};

/// Passkeys of one person, at most.
pub const PASSKEYS_MAX: usize = 20;

/// A passkey as a row (WebAuthn s4, credential record).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passkey {
    /// Its id for pages and administrators.
    pub id: PasskeyId,
    /// Whose it is.
    pub user: UserId,
    /// The credential id, base64url.
    pub credential: String,
    /// The public key, a `COSE_Key` in base64url.
    pub public_key: String,
    /// The signature counter as last seen.
    pub counter: i64,
    /// Where the authenticator says it can be reached, for the browser: known words only.
    pub transports: Vec<String>,
    /// What the person calls it.
    pub name: String,
    /// When it was registered.
    pub created: Time,
    /// When it was last used, if it was.
    pub used: Option<Time>,
}

impl Passkey {
    /// That it was used for what it asserted; or the rule that this breaks. WebAuthn s7.2 step 22 once more, by the row as it is at this look: two signatures may have come
    /// at once.
    pub(crate) fn used(&self, asserted: &Asserted, at: Time) -> Result<Guard, &'static str> {
        let counted = asserted.counter != 0 || self.counter != 0;
        if counted && i64::from(asserted.counter) <= self.counter {
            return Err("the passkey's counter went back");
        }
        Ok(Guard::UsePasskey {
            id: self.id.clone(),
            from: self.counter,
            to: i64::from(asserted.counter),
            at,
        })
    }
}

/// A person's password as a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Password {
    /// The Argon2id hash as a PHC string.
    pub hash: String,
    /// When it was set.
    pub changed: Time,
}

/// What the row of a recovery code is found by: with the person in it, so that whoever steals the table attacks one person at a time. A code has 80 bits, so a fast
/// digest is enough.
pub fn recovery_digest(user: &UserId, code: &str) -> String {
    digest::sha256_b64(format!("{user}\0{code}").as_bytes())
}

/// What a change may do to credentials, and may find no row for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Guard {
    /// The passkey is new: its credential id is known to nobody in the tenant.
    CreatePasskey(Box<Passkey>),
    /// The passkey was used: its counter is still the one that was read, and moves on.
    UsePasskey {
        /// Which.
        id: PasskeyId,
        /// The counter that was read.
        from: i64,
        /// The counter that was shown.
        to: i64,
        /// When.
        at: Time,
    },
    /// The recovery code was not used before, and is from now on.
    UseRecoveryCode {
        /// Whose.
        user: UserId,
        /// See [`recovery_digest`].
        digest: String,
        /// When.
        at: Time,
    },
    /// The recovery code is new.
    CreateRecoveryCode {
        /// Whose.
        user: UserId,
        /// See [`recovery_digest`].
        digest: String,
        /// The set it belongs to.
        set: String,
        /// When.
        at: Time,
    },
}

/// What a change does to credentials whether or not a row is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// The person's password is this one.
    SetPassword {
        /// Whose.
        user: UserId,
        /// The Argon2id hash as a PHC string.
        hash: String,
        /// When.
        at: Time,
    },
    /// The person has no password any more.
    DropPassword {
        /// Whose.
        user: UserId,
    },
    /// The same password under better parameters: only if the hash is still the one that was checked.
    Rehash {
        /// Whose.
        user: UserId,
        /// The hash that was checked.
        from: String,
        /// The new one.
        to: String,
    },
    /// The passkey is gone.
    DropPasskey {
        /// Whose.
        user: UserId,
        /// Which.
        id: PasskeyId,
    },
    /// Recovery codes of other sets are gone.
    DropOtherRecoveryCodes {
        /// Whose.
        user: UserId,
        /// The set that stays.
        keep: String,
    },
}
