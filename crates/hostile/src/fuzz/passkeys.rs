//! Passkeys: what authenticators answer, and their CBOR.

use proof::{
    base64url,
    webauthn::{
        CREDENTIAL_ID_BYTES_MAX, CredentialKey, Expect, USER_HANDLE_BYTES_MAX, UserVerification, check_assertion,
        check_registration, parse_assertion,
    },
};
use serde_json::{Value, json};

/// The ceremony that is asked for here; the seeds of the corpus are answers to it.
const CHALLENGE: [u8; 32] = [7; 32];

fn expect() -> Expect<'static> {
    Expect {
        challenge: &CHALLENGE,
        origin: "https://auth.example",
        rp_id: "auth.example",
        user_verification: UserVerification::Preferred,
    }
}

pub(super) fn cose_key(data: &[u8]) {
    let Ok(key) = CredentialKey::from_cose(data) else {
        return;
    };
    assert_eq!(key.to_cose(), data, "one spelling");
    assert!(CredentialKey::from_cose(key.to_cose()).is_ok_and(|again| again.algorithm() == key.algorithm()));
    assert!(key.verify(b"nobody signed this", &[0; 64]).is_err());
}

pub(super) fn registration(data: &[u8]) {
    answered(data);
    // The attestation object alone, so that the fuzzer need not find base64 in JSON first.
    let client_data = json!({ "type": "webauthn.create", "challenge": base64url::encode(&CHALLENGE), "origin": "https://auth.example", "crossOrigin": false });
    let id = data.get(..16).unwrap_or(b"id");
    let id = base64url::encode(id);
    let response = json!({
        "id": id, "rawId": id, "type": "public-key",
        "response": { "clientDataJSON": base64url::encode(client_data.to_string().as_bytes()), "attestationObject": base64url::encode(data) },
    });
    answered(response.to_string().as_bytes());
    let id = embedded_id(data);
    let id = base64url::encode(id);
    let mut with_its_own_id = response;
    for name in ["id", "rawId"] {
        if let Some(member) = with_its_own_id.get_mut(name) {
            *member = Value::from(id.clone());
        }
    }
    answered(with_its_own_id.to_string().as_bytes());
}

/// The credential id where a registration of a short key has it: behind the hash, the flags, the counter, the model and its own length.
fn embedded_id(object: &[u8]) -> &[u8] {
    const NAME: &[u8] = b"authData";
    let at = object.windows(NAME.len()).position(|window| window == NAME);
    at.and_then(|at| object.get(at..))
        .and_then(|rest| rest.get(8 + 2 + 32 + 1 + 4 + 16 + 2..))
        .and_then(|rest| rest.get(..32))
        .unwrap_or(b"id")
}

fn answered(data: &[u8]) {
    let Ok(credential) = check_registration(data, &expect()) else {
        return;
    };
    let credential = credential.into_inner();
    assert!((1..=CREDENTIAL_ID_BYTES_MAX).contains(&credential.id.len()));
    assert!(CredentialKey::from_cose(credential.key.to_cose()).is_ok());
    assert!(credential.transports.is_sorted());
    let other = Expect {
        origin: "https://evil.example",
        ..expect()
    };
    assert!(check_registration(data, &other).is_err(), "it is for one origin");
    let other = Expect {
        challenge: &[8; 32],
        ..expect()
    };
    assert!(check_registration(data, &other).is_err(), "it is for one ceremony");
    let other = Expect {
        rp_id: "evil.example",
        ..expect()
    };
    assert!(check_registration(data, &other).is_err(), "it is for one site");
}

/// A key that signs nothing here: RFC 8037 A.1, as COSE.
const NOBODYS_KEY: [u8; 42] = [
    0xa4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21, 0x58, 0x20, 0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5,
    0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a, 0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68,
    0xf7, 0x07, 0x51, 0x1a,
];

pub(super) fn assertion(data: &[u8]) {
    let Ok(assertion) = parse_assertion(data) else { return };
    assert!((1..=CREDENTIAL_ID_BYTES_MAX).contains(&assertion.credential_id.len()));
    assert!(
        assertion
            .user_handle
            .as_ref()
            .is_none_or(|handle| (1..=USER_HANDLE_BYTES_MAX).contains(&handle.len()))
    );
    let key = CredentialKey::from_cose(&NOBODYS_KEY);
    assert!(
        key.is_ok_and(|key| check_assertion(&assertion, &key, 0, &expect()).is_err()),
        "nobody signed this"
    );
}
