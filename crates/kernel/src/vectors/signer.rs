//! An independent signer: `jsonwebtoken` with the keys that RFCs print, so that no test checks our own signatures with our own code.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use proof::{
    Time, Verified, base64url,
    dpop::{self, DpopProof, Expect},
    jwk::KeySet,
};
use serde_json::{Value, json};

/// The thumbprint of [`ed25519`], as RFC 8037 App. A.3 prints it.
pub(crate) const ED25519_THUMBPRINT: &str = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";

/// RFC 8037 App. A.2: the public key.
pub(crate) fn ed25519_jwk() -> Value {
    json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" })
}

/// RFC 7515 App. A.3.1: the public key.
pub(crate) fn p256_jwk() -> Value {
    json!({
        "kty": "EC",
        "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    })
}

/// Both public keys as a JWK Set, in text as a registration has it.
pub(crate) fn jwks() -> String {
    json!({ "keys": [ed25519_jwk(), p256_jwk()] }).to_string()
}

/// The same, parsed.
pub(crate) fn key_set() -> KeySet {
    KeySet::parse(jwks().as_bytes()).unwrap()
}

/// A JWT of that type, signed with the Ed25519 key.
pub(crate) fn signed(typ: Option<&str>, claims: &Value) -> String {
    let mut header = Header::new(Algorithm::EdDSA);
    header.typ = typ.map(str::to_owned);
    jsonwebtoken::encode(&header, claims, &ed25519()).unwrap()
}

/// A proof of the Ed25519 key for `POST` to this URL, checked (RFC 9449 s4.2).
pub(crate) fn dpop(url: &str, jti: &str, issued: Time, now: Time) -> Verified<DpopProof> {
    let mut header = Header::new(Algorithm::EdDSA);
    header.typ = Some("dpop+jwt".to_owned());
    header.jwk = Some(serde_json::from_value(ed25519_jwk()).unwrap());
    let claims = json!({ "jti": jti, "htm": "POST", "htu": url, "iat": issued.unix() });
    let proof = jsonwebtoken::encode(&header, &claims, &ed25519()).unwrap();
    dpop::check(
        &proof,
        &Expect {
            method: "POST",
            url,
            now,
            access_token: None,
        },
    )
    .unwrap()
}

/// RFC 8037 App. A.1: the private key, in the PKCS #8 form of RFC 8410 s7.
fn ed25519() -> EncodingKey {
    let mut der = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20".to_vec();
    der.extend(base64url::decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap());
    EncodingKey::from_ed_der(&der)
}
