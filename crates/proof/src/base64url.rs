//! base64url without padding (RFC 4648 s5, RFC 7515 s2), one text for each byte string.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::Malformed;

/// Encodes without padding.
pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes; refuses padding, white space, foreign characters and trailing bits that are not zero.
pub fn decode(text: &str) -> Result<Vec<u8>, Malformed> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Malformed::Base64url)
}

/// Appends the encoding to `out`.
pub(crate) fn encode_onto(bytes: &[u8], out: &mut String) {
    URL_SAFE_NO_PAD.encode_string(bytes, out);
}

/// Decodes exactly `N` bytes without allocating.
pub(crate) fn decode_array<const N: usize>(text: &str) -> Result<[u8; N], Malformed> {
    let mut out = [0; N];
    match URL_SAFE_NO_PAD.decode_slice(text, &mut out) {
        Ok(length) if length == N => Ok(out),
        _ => Err(Malformed::Base64url),
    }
}
