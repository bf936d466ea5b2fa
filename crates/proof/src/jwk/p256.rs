//! EC keys on P-256 (RFC 7518 s6.2).

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};
use serde_json::Value;

use crate::{
    Algorithm, Malformed, base64url,
    json::{self, Object},
    jwk::key::{Form, Material},
};

pub(super) fn from_jwk(object: &Object) -> Result<Material, Malformed> {
    let x = json::required_text(object, "x")?;
    let y = json::required_text(object, "y")?;
    // Each coordinate has its full 32 bytes (RFC 7518 s6.2.1.2), so a key has one spelling.
    let point = [
        &[UNCOMPRESSED][..],
        &base64url::decode_array::<32>(x)?,
        &base64url::decode_array::<32>(y)?,
    ];
    build(&point.concat(), x, y)
}

pub(super) fn from_point(point: &[u8]) -> Result<Material, Malformed> {
    let (x, y) = coordinates(point).ok_or(Malformed::Key)?;
    build(point, &base64url::encode(x), &base64url::encode(y))
}

pub(super) fn members(point: &[u8]) -> Object {
    // INVARIANT: a parsed P-256 key keeps the 65 bytes it was made of.
    let (x, y) = coordinates(point).unwrap_or_default();
    Object::from_iter([
        ("kty".to_owned(), Value::from("EC")),
        ("crv".to_owned(), Value::from("P-256")),
        ("x".to_owned(), Value::from(base64url::encode(x))),
        ("y".to_owned(), Value::from(base64url::encode(y))),
    ])
}

/// Says that both coordinates follow (SEC 1 s2.3.3).
const UNCOMPRESSED: u8 = 0x04;

fn build(point: &[u8], x: &str, y: &str) -> Result<Material, Malformed> {
    // The backend refuses points that are not on the curve; P-256 has no others of small order.
    let parsed = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).map_err(|_| Malformed::Key)?;
    let thumbprint_input = [r#"{"crv":"P-256","kty":"EC","x":""#, x, r#"","y":""#, y, r#""}"#].concat();
    Ok(Material::new(Algorithm::ES256, parsed, Form::P256, &thumbprint_input))
}

fn coordinates(point: &[u8]) -> Option<(&[u8], &[u8])> {
    match point.split_first() {
        Some((&UNCOMPRESSED, both)) if both.len() == 64 => both.split_at_checked(32),
        _ => None,
    }
}
