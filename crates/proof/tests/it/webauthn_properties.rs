//! What must hold for any bytes where a passkey's belong.

use std::sync::OnceLock;

use proof::webauthn::{CredentialKey, Rejected, check_assertion, check_registration, parse_assertion};
use proptest::prelude::{any, prop, prop_assert, prop_assert_eq, proptest};
use serde_json::Value;

use crate::{
    authenticator::{Alg, Authenticator, b64},
    webauthn::{CHALLENGE, ORIGIN, RP_ID, assertion, expect, key_of, registration},
};

fn authenticators() -> &'static [Authenticator; 3] {
    static ALL: OnceLock<[Authenticator; 3]> = OnceLock::new();
    ALL.get_or_init(|| Alg::ALL.map(Authenticator::new))
}

/// The bytes with some of them changed, at least one.
fn bent(bytes: &[u8], changes: &[(prop::sample::Index, u8)]) -> Vec<u8> {
    let mut bent = bytes.to_vec();
    for (at, mask) in changes {
        bent[at.index(bytes.len())] ^= mask;
    }
    bent
}

fn changes() -> impl proptest::strategy::Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    prop::collection::vec((any::<prop::sample::Index>(), 1u8..), 1..4)
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(check_registration(&bytes, &expect()).is_err());
        prop_assert!(parse_assertion(&bytes).is_err());
        prop_assert!(CredentialKey::from_cose(&bytes).is_err());
    }

    #[test]
    fn bent_json_passes_only_where_no_signature_covers_it(alg in 0usize..3, changes in changes()) {
        let authenticator = &authenticators()[alg];
        let json = authenticator.assert(CHALLENGE, ORIGIN, RP_ID, b"handle");
        let other = bent(json.as_bytes(), &changes);
        let checked = parse_assertion(&other)
            .and_then(|parsed| check_assertion(&parsed, &key_of(authenticator), 0, &expect()));
        if checked.is_ok() {
            let [was, is]: [Value; 2] = [json.as_bytes(), &other].map(|json| serde_json::from_slice(json).unwrap());
            for name in ["clientDataJSON", "authenticatorData", "signature"] {
                prop_assert_eq!(&was["response"][name], &is["response"][name]);
            }
        }
        let json = registration(authenticator).packed(authenticator).json();
        let other = bent(json.as_bytes(), &changes);
        if check_registration(&other, &expect()).is_ok() {
            let [was, is]: [Value; 2] = [json.as_bytes(), &other].map(|json| serde_json::from_slice(json).unwrap());
            prop_assert_eq!(&was["id"], &is["id"]);
            for name in ["clientDataJSON", "attestationObject"] {
                prop_assert_eq!(&was["response"][name], &is["response"][name]);
            }
        }
    }

    #[test]
    fn bent_authenticator_data_never_verify(alg in 0usize..3, changes in changes()) {
        let authenticator = &authenticators()[alg];
        let parts = assertion(authenticator);
        let mut value = parts.value(&authenticator.sign(&parts.signed()));
        let data = parts.data.encode();
        let other = bent(&data, &changes);
        value["response"]["authenticatorData"] = b64(&other).into();
        let parsed = parse_assertion(value.to_string().as_bytes()).unwrap();
        let checked = check_assertion(&parsed, &key_of(authenticator), 0, &expect());
        prop_assert_eq!(checked.is_ok(), other == data);
    }

    #[test]
    fn bent_client_data_never_verify(alg in 0usize..3, changes in changes()) {
        let authenticator = &authenticators()[alg];
        let parts = assertion(authenticator);
        let mut value = parts.value(&authenticator.sign(&parts.signed()));
        let data = parts.client_data.to_string();
        let other = bent(data.as_bytes(), &changes);
        value["response"]["clientDataJSON"] = b64(&other).into();
        let parsed = parse_assertion(value.to_string().as_bytes()).unwrap();
        let checked = check_assertion(&parsed, &key_of(authenticator), 0, &expect());
        prop_assert_eq!(checked.is_ok(), other == data.as_bytes());
    }

    #[test]
    fn bent_signatures_never_verify(alg in 0usize..3, changes in changes()) {
        let authenticator = &authenticators()[alg];
        let parts = assertion(authenticator);
        let signature = authenticator.sign(&parts.signed());
        let other = bent(&signature, &changes);
        let parsed = parse_assertion(parts.value(&other).to_string().as_bytes()).unwrap();
        match check_assertion(&parsed, &key_of(authenticator), 0, &expect()) {
            Ok(_) => prop_assert_eq!(&other, &signature),
            Err(why) => prop_assert_eq!(why, Rejected::Signature),
        }
    }

    #[test]
    fn bent_self_attestations_never_verify(alg in 0usize..3, changes in changes()) {
        let authenticator = &authenticators()[alg];
        let parts = registration(authenticator).packed(authenticator);
        let object = parts.object().encode();
        let other = bent(&object, &changes);
        let mut value = parts.value();
        value["response"]["attestationObject"] = b64(&other).into();
        let checked = check_registration(value.to_string().as_bytes(), &expect());
        prop_assert_eq!(checked.is_ok(), other == object);
    }

    #[test]
    fn cut_attestation_objects_never_pass(alg in 0usize..3, at in any::<prop::sample::Index>()) {
        let parts = registration(&authenticators()[alg]);
        let object = parts.object().encode();
        let mut value = parts.value();
        value["response"]["attestationObject"] = b64(&object[..at.index(object.len())]).into();
        prop_assert!(check_registration(value.to_string().as_bytes(), &expect()).is_err());
    }
}
