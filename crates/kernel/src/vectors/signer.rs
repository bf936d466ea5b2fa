//! An independent signer: `jsonwebtoken` with the keys that RFCs print, so that no test checks our own signatures with our own code.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use proof::{
    Time, Verified, base64url, digest,
    dpop::{self, DpopProof, Expect},
    jwk::KeySet,
    webauthn::{self, Asserted, Assertion, Credential, CredentialKey, UserVerification},
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

/// The `COSE_Key` of the Ed25519 key (RFC 9053 s7.2).
pub(crate) fn cose_key() -> Vec<u8> {
    let mut key = vec![0xa4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21, 0x58, 0x20]; // kty OKP, alg EdDSA, crv Ed25519, x
    key.extend(base64url::decode(ed25519_jwk()["x"].as_str().unwrap()).unwrap());
    key
}

/// The credential id of [`passkey`] and [`asserted`].
pub(crate) const CREDENTIAL_ID: [u8; 16] = [9; 16];
const CHALLENGE: [u8; 32] = [5; 32];
const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const ATTESTED: u8 = 0x40;

const fn ceremony(challenge: &[u8]) -> webauthn::Expect<'_> {
    webauthn::Expect {
        challenge,
        origin: "https://as.example",
        rp_id: "as.example",
        user_verification: UserVerification::Preferred,
    }
}

/// A passkey of the Ed25519 key as it is registered (WebAuthn s7.1), with this counter.
pub(crate) fn passkey(counter: u32) -> Verified<Credential> {
    let mut data = authenticator_data(PRESENT | VERIFIED | ATTESTED, counter);
    data.extend([0; 16]); // AAGUID
    data.extend([0, 16]);
    data.extend(CREDENTIAL_ID);
    data.extend(cose_key());
    let mut object = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec();
    object.push(u8::try_from(data.len()).unwrap());
    object.extend(data);
    let response = json!({
        "clientDataJSON": base64url::encode(client_data("webauthn.create", &CHALLENGE).as_bytes()),
        "attestationObject": base64url::encode(&object),
        "transports": ["internal", "hybrid", "by pigeon"],
    });
    webauthn::check_registration(public_key_credential(&response).as_bytes(), &ceremony(&CHALLENGE)).unwrap()
}

/// What that passkey asserts (WebAuthn s7.2), with this counter, and whether it verified its user.
pub(crate) fn asserted(counter: u32, verified: bool) -> Verified<Asserted> {
    asserted_over(&CHALLENGE, counter, verified).1
}

/// The same over this challenge, with the assertion itself.
pub(crate) fn asserted_over(challenge: &[u8], counter: u32, verified: bool) -> (Assertion, Verified<Asserted>) {
    let data = authenticator_data(if verified { PRESENT | VERIFIED } else { PRESENT }, counter);
    let client_data = client_data("webauthn.get", challenge);
    let message = [data.as_slice(), &digest::sha256(client_data.as_bytes())].concat();
    let signature = jsonwebtoken::crypto::sign(&message, &ed25519(), Algorithm::EdDSA).unwrap();
    let response = json!({
        "clientDataJSON": base64url::encode(client_data.as_bytes()),
        "authenticatorData": base64url::encode(&data),
        "signature": signature,
    });
    let assertion = webauthn::parse_assertion(public_key_credential(&response).as_bytes()).unwrap();
    let key = CredentialKey::from_cose(&cose_key()).unwrap();
    let asserted = webauthn::check_assertion(&assertion, &key, 0, &ceremony(challenge)).unwrap();
    (assertion, asserted)
}

fn authenticator_data(flags: u8, counter: u32) -> Vec<u8> {
    let mut data = digest::sha256(b"as.example").to_vec();
    data.push(flags);
    data.extend(counter.to_be_bytes());
    data
}

fn client_data(kind: &str, challenge: &[u8]) -> String {
    json!({ "type": kind, "challenge": base64url::encode(challenge), "origin": "https://as.example" }).to_string()
}

fn public_key_credential(response: &Value) -> String {
    let id = base64url::encode(&CREDENTIAL_ID);
    json!({ "id": id, "rawId": id, "type": "public-key", "response": response }).to_string()
}

/// RFC 8037 App. A.1: the private key, in the PKCS #8 form of RFC 8410 s7.
fn ed25519() -> EncodingKey {
    let mut der = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20".to_vec();
    der.extend(base64url::decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap());
    EncodingKey::from_ed_der(&der)
}
