//! SHA-256, HMAC-SHA-256 and comparison that does not tell where two values differ.

use aws_lc_rs::{digest, hmac};
use subtle::ConstantTimeEq;

use crate::base64url;

/// SHA-256 (FIPS 180-4).
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    to_array(digest::digest(&digest::SHA256, bytes).as_ref())
}

/// SHA-512 (FIPS 180-4): what Ed25519 hashes with, and so the hash that belongs to it (OpenID Connect Core s3.1.3.6).
pub fn sha512(bytes: &[u8]) -> [u8; 64] {
    let mut out = [0; 64];
    let digest = digest::digest(&digest::SHA512, bytes);
    out.iter_mut().zip(digest.as_ref()).for_each(|(to, from)| *to = *from);
    out
}

/// base64url of SHA-256: the form of `ath` (RFC 9449 s4.2), S256 (RFC 7636 s4.2) and thumbprints (RFC 7638 s3).
pub fn sha256_b64(bytes: &[u8]) -> String {
    base64url::encode(digest::digest(&digest::SHA256, bytes).as_ref())
}

/// HMAC-SHA-256 (RFC 2104).
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    to_array(hmac::sign(&key, message).as_ref())
}

/// Whether both are equal, in a time that depends on the lengths only; different lengths are unequal.
pub fn same(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

fn to_array(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    out
}
