//! A token we make. The signature itself is made elsewhere: this crate holds no private key.

use serde::Serialize;

use crate::{Algorithm, Naming, base64url, json::Object};

/// What is signed, `base64url(header).base64url(claims)` (RFC 7515 s5.1); the header is `alg`, `kid`, `typ`.
pub fn signing_input(algorithm: Algorithm, kid: &str, typ: &str, claims: &Object) -> String {
    signing_input_named(algorithm, Naming::Polymorphic, kid, typ, claims)
}

/// Like [`signing_input`], with the algorithm under a name of the caller's choice (RFC 9864 s2.2).
pub fn signing_input_named(algorithm: Algorithm, naming: Naming, kid: &str, typ: &str, claims: &Object) -> String {
    let header = json_bytes(&Header {
        alg: algorithm.named(naming),
        kid,
        typ,
    });
    let payload = json_bytes(claims);
    // Room for the signature of a curve key as well, so that `assemble` need not copy.
    let mut out = String::with_capacity(text_bytes(&[header.len(), payload.len(), SIGNATURE_BYTES]));
    base64url::encode_onto(&header, &mut out);
    out.push('.');
    base64url::encode_onto(&payload, &mut out);
    out
}

/// The finished token: the signing input with its signature appended (RFC 7515 s7.1).
pub fn assemble(signing_input: String, signature: &[u8]) -> String {
    let mut token = signing_input;
    token.push('.');
    base64url::encode_onto(signature, &mut token);
    token
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'a str,
    kid: &'a str,
    typ: &'a str,
}

/// Of `EdDSA` and ES256, the algorithms we sign most with.
const SIGNATURE_BYTES: usize = 64;

fn json_bytes(value: &impl Serialize) -> Vec<u8> {
    // INVARIANT: strings and JSON objects always serialise. An empty part would be refused by every reader, ours first.
    serde_json::to_vec(value).unwrap_or_default()
}

/// The bytes of these parts as base64url, each with its dot.
fn text_bytes(parts: &[usize]) -> usize {
    parts.iter().fold(0, |sum, bytes| {
        bytes
            .div_ceil(3)
            .saturating_mul(4)
            .saturating_add(1)
            .saturating_add(sum)
    })
}
