//! Private keys at rest: AES-256-GCM under a key-encryption key that never enters the database.
//!
//! A sealed text is base64url of `version (1 byte) || nonce (12 bytes) || ciphertext || tag (16 bytes)`. The nonce is
//! random, which NIST SP 800-38D s8.3 allows for 2^32 seals under one key: at one key a day for each of a thousand
//! tenants, that is eleven thousand years.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use proof::{Secret, base64url, digest};
use zeroize::Zeroizing;

use crate::{Fault, random};

const VERSION: u8 = 1;

/// Encrypts and opens what the database must not be able to read, under one key-encryption key.
pub struct Seal {
    kek: Secret<[u8; 32]>,
    cipher: LessSafeKey,
}

impl Seal {
    /// Takes the key-encryption key: 32 bytes of full entropy, not a password.
    pub fn new(kek: Secret<[u8; 32]>) -> Result<Self, Fault> {
        let cipher = UnboundKey::new(&AES_256_GCM, kek.reveal()).map_err(|_| Fault::Seal)?;
        Ok(Self {
            kek,
            cipher: LessSafeKey::new(cipher),
        })
    }

    /// Seals `plain` for one place, such as `signing-key/<tenant>/<kid>`: it opens with the same `context` only.
    ///
    /// So a row copied over another row, or into another tenant, is refused. The context is not stored.
    pub fn seal(&self, context: &str, plain: &[u8]) -> Result<String, Fault> {
        let nonce: [u8; NONCE_LEN] = random()?;
        // Room for the tag, so that growing leaves no copy of the plain bytes behind.
        let mut text = Zeroizing::new(Vec::with_capacity(plain.len().saturating_add(AES_256_GCM.tag_len())));
        text.extend_from_slice(plain);
        self.cipher
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(context.as_bytes()),
                &mut *text,
            )
            .map_err(|_| Fault::Seal)?;
        Ok(base64url::encode(
            &[&[VERSION], nonce.as_slice(), text.as_slice()].concat(),
        ))
    }

    /// Opens what [`Seal::seal`] sealed for the same `context`; any changed bit is refused.
    pub fn open(&self, context: &str, text: &str) -> Result<Secret<Vec<u8>>, Fault> {
        let bytes = base64url::decode(text).map_err(|_| Fault::SealFormat)?;
        let Some((&VERSION, rest)) = bytes.split_first() else {
            return Err(Fault::SealFormat);
        };
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_LEN>().ok_or(Fault::SealFormat)?;
        let mut sealed = Zeroizing::new(sealed.to_vec());
        let plain = self
            .cipher
            .open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                Aad::from(context.as_bytes()),
                &mut sealed,
            )
            .map_err(|_| Fault::SealBroken)?;
        Ok(Secret::new(plain.to_vec()))
    }

    /// A key of its own for each purpose, the same on every node: HMAC-SHA256 of `label` under the key-encryption key.
    pub fn derive(&self, label: &str) -> [u8; 32] {
        digest::hmac_sha256(self.kek.reveal(), label.as_bytes())
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seal").finish_non_exhaustive()
    }
}
