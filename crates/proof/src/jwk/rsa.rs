//! RSA keys of 2048 to 4096 bits (RFC 7518 s6.3).

use aws_lc_rs::signature::{
    ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaParameters, RsaPublicKeyComponents,
};
use serde_json::Value;

use crate::{
    Algorithm, Malformed, base64url,
    json::{self, Object},
    jwk::key::{Form, Material},
};

pub(super) fn from_jwk(object: &Object, algorithm: Algorithm) -> Result<Material, Malformed> {
    let n = json::required_text(object, "n")?;
    let e = json::required_text(object, "e")?;
    // Cheaper to refuse by the length of the text than after decoding it.
    if n.len() > MODULUS_TEXT_BYTES_MAX || e.len() > EXPONENT_TEXT_BYTES_MAX {
        return Err(Malformed::WeakKey);
    }
    build(
        &base64url::decode(n)?,
        &base64url::decode(e)?,
        n.to_owned(),
        e.to_owned(),
        algorithm,
    )
}

pub(super) fn from_der(der: &[u8], algorithm: Algorithm) -> Result<Material, Malformed> {
    let (n, e) = read_der(der).ok_or(Malformed::Key)?;
    from_components(n, e, algorithm)
}

pub(super) fn from_components(n: &[u8], e: &[u8], algorithm: Algorithm) -> Result<Material, Malformed> {
    build(n, e, base64url::encode(n), base64url::encode(e), algorithm)
}

pub(super) fn members(n: &str, e: &str) -> Object {
    Object::from_iter([
        ("kty".to_owned(), Value::from("RSA")),
        ("n".to_owned(), Value::from(n)),
        ("e".to_owned(), Value::from(e)),
    ])
}

const MODULUS_BITS_MIN: usize = 2048;
const MODULUS_BITS_MAX: usize = 4096;
const MODULUS_TEXT_BYTES_MAX: usize = 683;
const EXPONENT_TEXT_BYTES_MAX: usize = 7;
const EXPONENT_MAX: u64 = 1 << 32;

fn build(n: &[u8], e: &[u8], n_text: String, e_text: String, algorithm: Algorithm) -> Result<Material, Malformed> {
    let odd = |bytes: &[u8]| bytes.last().is_some_and(|low| low & 1 == 1);
    // Both are written in the fewest bytes (RFC 7518 s2, Base64urlUInt), so a key has one spelling.
    let minimal = |bytes: &[u8]| bytes.first().is_some_and(|high| *high != 0);
    if !minimal(n) || !minimal(e) || !odd(n) {
        return Err(Malformed::Key);
    }
    if !(MODULUS_BITS_MIN..=MODULUS_BITS_MAX).contains(&bit_length(n)) {
        return Err(Malformed::WeakKey);
    }
    if !odd(e) || !(3..=EXPONENT_MAX).contains(&integer(e)) {
        return Err(Malformed::WeakKey);
    }
    let parsed = parse(n, e, algorithm)?;
    let thumbprint_input = [r#"{"e":""#, &e_text, r#"","kty":"RSA","n":""#, &n_text, r#""}"#].concat();
    let form = Form::Rsa { n: n_text, e: e_text };
    Ok(Material::new(algorithm, parsed, form, &thumbprint_input))
}

fn parse(n: &[u8], e: &[u8], algorithm: Algorithm) -> Result<ParsedPublicKey, Malformed> {
    let parameters: &'static RsaParameters = match algorithm {
        Algorithm::RS256 => &RSA_PKCS1_2048_8192_SHA256,
        Algorithm::PS256 => &RSA_PSS_2048_8192_SHA256,
        Algorithm::EdDSA | Algorithm::ES256 => return Err(Malformed::Value("alg")),
    };
    RsaPublicKeyComponents { n, e }
        .to_parsed_public_key(parameters)
        .map_err(|_| Malformed::Key)
}

fn bit_length(minimal: &[u8]) -> usize {
    let unused = minimal.first().map_or(0, |high| high.leading_zeros() as usize);
    minimal.len().saturating_mul(8).saturating_sub(unused)
}

/// The big-endian number, or `u64::MAX` when it does not fit.
fn integer(bytes: &[u8]) -> u64 {
    if bytes.len() > 8 {
        return u64::MAX;
    }
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// `SEQUENCE { modulus INTEGER, publicExponent INTEGER }` and nothing after it, as modulus and exponent without the
/// zero byte that DER puts before a high bit.
fn read_der(der: &[u8]) -> Option<(&[u8], &[u8])> {
    const SEQUENCE: u8 = 0x30;
    let (body, rest) = read_value(SEQUENCE, der)?;
    let (n, e_value) = read_unsigned(body)?;
    let (e, after) = read_unsigned(e_value)?;
    (rest.is_empty() && after.is_empty()).then_some((n, e))
}

fn read_unsigned(der: &[u8]) -> Option<(&[u8], &[u8])> {
    const INTEGER: u8 = 0x02;
    let (value, rest) = read_value(INTEGER, der)?;
    match value {
        [0, unsigned @ ..] if unsigned.first().is_some_and(|high| high & 0x80 != 0) => Some((unsigned, rest)),
        [high, ..] if high & 0x80 == 0 => Some((value, rest)),
        _ => None,
    }
}

/// One DER value of that tag, and what follows it; lengths of up to two bytes suffice for 4096 bits.
fn read_value(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, body) = match der {
        [found, length @ ..=0x7f, body @ ..] if *found == tag => (usize::from(*length), body),
        [found, 0x81, length @ 0x80..=0xff, body @ ..] if *found == tag => (usize::from(*length), body),
        [found, 0x82, high @ 1..=0xff, low, body @ ..] if *found == tag => {
            (usize::from(u16::from_be_bytes([*high, *low])), body)
        }
        _ => return None,
    };
    body.split_at_checked(length)
}
