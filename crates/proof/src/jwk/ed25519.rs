//! OKP keys on Ed25519 (RFC 8037 s2).

use aws_lc_rs::signature::{ED25519, ParsedPublicKey};
use serde_json::Value;

use crate::{
    Algorithm, Malformed, base64url,
    json::{self, Object},
    jwk::key::{Form, Material},
};

pub(super) fn from_jwk(object: &Object) -> Result<Material, Malformed> {
    let x = json::required_text(object, "x")?;
    build(&base64url::decode_array(x)?, x)
}

pub(super) fn from_bytes(bytes: &[u8; 32]) -> Result<Material, Malformed> {
    build(bytes, &base64url::encode(bytes))
}

pub(super) fn members(bytes: &[u8]) -> Object {
    Object::from_iter([
        ("kty".to_owned(), Value::from("OKP")),
        ("crv".to_owned(), Value::from("Ed25519")),
        ("x".to_owned(), Value::from(base64url::encode(bytes))),
    ])
}

fn build(bytes: &[u8; 32], x: &str) -> Result<Material, Malformed> {
    refuse_bad_point(bytes)?;
    let parsed = ParsedPublicKey::new(&ED25519, bytes).map_err(|_| Malformed::Key)?;
    let thumbprint_input = [r#"{"crv":"Ed25519","kty":"OKP","x":""#, x, r#""}"#].concat();
    Ok(Material::new(
        Algorithm::EdDSA,
        parsed,
        Form::Ed25519,
        &thumbprint_input,
    ))
}

/// Refuses what the backend lets pass: under a key of small order, one signature fits (almost) every message, and a
/// coordinate of p or more is a second spelling of a key (RFC 8032 s5.1.3, s5.1.7).
fn refuse_bad_point(bytes: &[u8; 32]) -> Result<(), Malformed> {
    let mut y = *bytes;
    // The top bit is the sign of x, not part of y.
    if let Some(top) = y.last_mut() {
        *top &= 0x7f;
    }
    if SMALL_ORDER_Y.contains(&y) {
        return Err(Malformed::WeakKey);
    }
    if y.iter().rev().ge(P.iter().rev()) {
        return Err(Malformed::Key);
    }
    Ok(())
}

/// p = 2^255 - 19, little endian.
const P: [u8; 32] = end_of_field(0xed);

/// The y coordinates of the eight points whose order divides 8, and the two spellings beyond p.
const SMALL_ORDER_Y: [[u8; 32]; 7] = [
    small(0),
    small(1),
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf,
        0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20,
        0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
    end_of_field(0xec),
    P,
    end_of_field(0xee),
];

const fn small(y: u8) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[0] = y;
    bytes
}

const fn end_of_field(low: u8) -> [u8; 32] {
    let mut bytes = [0xff; 32];
    bytes[0] = low;
    bytes[31] = 0x7f;
    bytes
}
