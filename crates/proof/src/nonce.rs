//! `DPoP` nonces (RFC 9449 s8, s9) that need no memory: a point in time and a MAC over it.
//!
//! base64url of 8 bytes big endian, the start of the bucket in which it was made, and of the first 16 bytes of
//! HMAC-SHA-256(key, `dpop-nonce` || those 8 bytes). Every node with the key makes and accepts the same ones.

use thiserror::Error;

use crate::{Time, base64url, digest};

/// How long the same nonce is handed out.
pub const BUCKET_SECONDS: i64 = 30;

/// How long a nonce is good after the start of its bucket.
pub const LIFETIME_SECONDS: i64 = 300;

/// Why a nonce is refused; either way the answer is `use_dpop_nonce` with a fresh one.
#[derive(Error, Debug, Clone, Copy, PartialEq, Eq)]
pub enum NonceError {
    /// Not made with this key.
    #[error("nonce is not ours")]
    Unknown,
    /// Ours, and too old, or from more than a bucket ahead.
    #[error("nonce is stale")]
    Stale,
}

/// The nonce of this moment.
pub fn current(key: &[u8; 32], now: Time) -> String {
    let bucket = now.minus(now.unix().rem_euclid(BUCKET_SECONDS)).unix().to_be_bytes();
    base64url::encode(&[&bucket[..], &mac(key, bucket)].concat())
}

/// Whether the nonce is one of ours and still good.
pub fn check(key: &[u8; 32], nonce: &str, now: Time) -> Result<(), NonceError> {
    let bytes: [u8; 24] = base64url::decode_array(nonce).map_err(|_| NonceError::Unknown)?;
    let (bucket, shown) = bytes.split_first_chunk().ok_or(NonceError::Unknown)?;
    if !digest::same(&mac(key, *bucket), shown) {
        return Err(NonceError::Unknown);
    }
    let age = now.since(Time::from_unix(i64::from_be_bytes(*bucket)));
    // A node whose clock is a little ahead may have made it.
    if (-BUCKET_SECONDS..LIFETIME_SECONDS).contains(&age) {
        Ok(())
    } else {
        Err(NonceError::Stale)
    }
}

fn mac(key: &[u8; 32], bucket: [u8; 8]) -> [u8; 16] {
    let whole = digest::hmac_sha256(key, &[b"dpop-nonce".as_slice(), &bucket].concat());
    let mut short = [0; 16];
    short.iter_mut().zip(whole).for_each(|(to, from)| *to = from);
    short
}
