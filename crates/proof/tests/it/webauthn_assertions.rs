//! Which assertions are taken, and the rule that refuses each other one (WebAuthn s7.2).

#![expect(clippy::arithmetic_side_effects, reason = "test arithmetic on small known values")]

use proof::{
    Malformed,
    webauthn::{Asserted, Backup, Expect, Rejected, UserVerification, UserVerified, check_assertion, parse_assertion},
};
use serde_json::{Value, json};

use crate::{
    authenticator::{AT, Alg, Assertion, Authenticator, BE, BS, ED, UP, UV, b64},
    webauthn::{CHALLENGE, ORIGIN, RP_ID, assert_with, assertion, expect, key_of, register},
};

/// Bends an assertion before it is signed.
fn with(change: impl FnOnce(&mut Assertion)) -> Result<Asserted, Rejected> {
    let authenticator = Authenticator::new(Alg::Es256);
    let mut parts = assertion(&authenticator);
    change(&mut parts);
    assert_with(&authenticator, &parts.json(&authenticator), 0)
}

fn refused(change: impl FnOnce(&mut Assertion)) -> Rejected {
    with(change).unwrap_err()
}

/// Bends the JSON after it was signed.
fn around(change: impl FnOnce(&mut Value)) -> Result<Asserted, Rejected> {
    let authenticator = Authenticator::new(Alg::EdDsa);
    let parts = assertion(&authenticator);
    let mut value = parts.value(&authenticator.sign(&parts.signed()));
    change(&mut value);
    assert_with(&authenticator, &value.to_string(), 0)
}

#[test]
fn a_registered_passkey_signs_in() {
    for alg in Alg::ALL {
        let authenticator = Authenticator::new(alg);
        let credential = register(&authenticator.register(CHALLENGE, ORIGIN, RP_ID)).unwrap();
        let json = authenticator.assert(CHALLENGE, ORIGIN, RP_ID, b"handle");
        let parsed = parse_assertion(json.as_bytes()).unwrap();
        assert_eq!(parsed.credential_id, credential.id);
        assert_eq!(parsed.user_handle.as_deref(), Some(&b"handle"[..]));
        let asserted = check_assertion(&parsed, &credential.key, credential.counter, &expect()).unwrap();
        assert_eq!(
            asserted.into_inner(),
            Asserted {
                credential_id: credential.id,
                challenge: CHALLENGE.to_vec(),
                counter: 0,
                user_verified: UserVerified::Yes,
                backup: Backup::SingleDevice,
            }
        );
    }
}

#[test]
fn another_key_is_refused() {
    for alg in Alg::ALL {
        let (authenticator, other) = (Authenticator::new(alg), Authenticator::new(Alg::EdDsa));
        let json = authenticator.assert(CHALLENGE, ORIGIN, RP_ID, b"handle");
        assert_eq!(assert_with(&other, &json, 0).unwrap_err(), Rejected::Signature);
    }
}

#[test]
fn what_was_signed_cannot_be_changed() {
    for alg in Alg::ALL {
        let authenticator = Authenticator::new(alg);
        let parts = assertion(&authenticator);
        let signature = authenticator.sign(&parts.signed());
        let bent = |change: &dyn Fn(&mut Assertion)| {
            let mut parts = parts.clone();
            change(&mut parts);
            assert_with(&authenticator, &parts.value(&signature).to_string(), 0).unwrap_err()
        };
        assert_eq!(bent(&|parts| parts.data.counter = 1), Rejected::Signature);
        assert_eq!(bent(&|parts| parts.data.flags |= BE), Rejected::Signature);
        assert_eq!(
            bent(&|parts| parts.client_data["later"] = 1.into()),
            Rejected::Signature
        );
        assert_eq!(
            bent(&|parts| {
                parts.data.flags |= ED;
                parts.data.rest = vec![0xa0];
            }),
            Rejected::Signature
        );
    }
}

#[test]
fn a_signature_has_one_form() {
    let authenticator = Authenticator::new(Alg::Es256);
    let parts = assertion(&authenticator);
    let good = authenticator.sign(&parts.signed());
    let (r, s) = r_and_s(&good);
    let long = [&[0x30, 0x81], &good[1..]].concat();
    let trailing = [&good[..], &[0]].concat();
    let fixed = [r, s].concat();
    let zeros = vec![0x30, 0x06, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00];
    for signature in [
        long,
        trailing,
        fixed,
        zeros,
        Vec::new(),
        good[..good.len() - 1].to_vec(),
    ] {
        let json = parts.value(&signature).to_string();
        assert_eq!(
            assert_with(&authenticator, &json, 0).unwrap_err(),
            Rejected::Signature,
            "{signature:02x?}"
        );
    }
    assert_with(&authenticator, &parts.value(&good).to_string(), 0).unwrap();
}

/// The integers of a DER signature in 32 bytes each.
fn r_and_s(der: &[u8]) -> ([u8; 32], [u8; 32]) {
    let fixed = |integer: &[u8]| {
        let mut bytes = [0; 64];
        bytes[64 - integer.len()..].copy_from_slice(integer);
        bytes[32..].try_into().unwrap()
    };
    let length = usize::from(der[3]);
    (fixed(&der[4..4 + length]), fixed(&der[6 + length..]))
}

#[test]
fn a_counter_that_does_not_grow_is_refused() {
    for (stored, new, passes) in [
        (0, 0, true),
        (0, 1, true),
        (5, 6, true),
        (5, 4_000_000_000, true),
        (u32::MAX - 1, u32::MAX, true),
        (5, 5, false),
        (5, 4, false),
        (5, 0, false),
        (1, 0, false),
        (u32::MAX, u32::MAX, false),
        (u32::MAX, 0, false),
    ] {
        let authenticator = Authenticator::new(Alg::EdDsa);
        let mut parts = assertion(&authenticator);
        parts.data.counter = new;
        let checked = assert_with(&authenticator, &parts.json(&authenticator), stored).map(|asserted| asserted.counter);
        let expected = if passes {
            Ok(new)
        } else {
            Err(Rejected::CounterWentBack)
        };
        assert_eq!(checked, expected, "{stored} then {new}");
    }
}

#[test]
fn a_forgery_is_called_a_forgery_whatever_its_counter() {
    let (authenticator, other) = (Authenticator::new(Alg::EdDsa), Authenticator::new(Alg::EdDsa));
    let json = assertion(&authenticator).json(&other);
    assert_eq!(assert_with(&authenticator, &json, 5).unwrap_err(), Rejected::Signature);
}

#[test]
fn a_registration_is_no_assertion() {
    assert_eq!(
        refused(|parts| parts.client_data["type"] = "webauthn.create".into()),
        Rejected::CeremonyType
    );
}

#[test]
fn an_assertion_for_another_challenge_is_refused() {
    for challenge in [b64(&[8; 32]), b64(&[7; 31]), String::new()] {
        assert_eq!(
            refused(|parts| parts.client_data["challenge"] = challenge.into()),
            Rejected::Challenge
        );
    }
    let json = Authenticator::new(Alg::EdDsa).assert(&[], ORIGIN, RP_ID, b"handle");
    let nothing = Expect {
        challenge: &[],
        ..expect()
    };
    let parsed = parse_assertion(json.as_bytes()).unwrap();
    let key = key_of(&Authenticator::new(Alg::EdDsa));
    assert_eq!(
        check_assertion(&parsed, &key, 0, &nothing).unwrap_err(),
        Rejected::Challenge
    );
}

#[test]
fn an_assertion_made_for_a_phishing_page_is_refused() {
    for origin in [
        "https://auth.example.evil.example",
        "http://auth.example",
        "https://auth.example:8443",
    ] {
        assert_eq!(
            refused(|parts| parts.client_data["origin"] = origin.into()),
            Rejected::Origin
        );
    }
    for rp_id in ["evil.example", "example"] {
        assert_eq!(refused(|parts| parts.data.rp_id = rp_id.to_owned()), Rejected::RpId);
    }
}

#[test]
fn an_assertion_made_in_a_frame_is_refused() {
    assert_eq!(
        refused(|parts| parts.client_data["crossOrigin"] = true.into()),
        Rejected::CrossOrigin
    );
    assert_eq!(
        refused(|parts| parts.client_data["topOrigin"] = ORIGIN.into()),
        Rejected::TopOrigin
    );
}

#[test]
fn flags_of_an_assertion_follow_their_rules() {
    assert_eq!(refused(|parts| parts.data.flags &= !UP), Rejected::UserAbsent);
    assert_eq!(refused(|parts| parts.data.flags &= !UV), Rejected::UserNotVerified);
    assert_eq!(refused(|parts| parts.data.flags |= BS), Rejected::BackupState);
    let backed_up = with(|parts| parts.data.flags |= BE | BS).unwrap();
    assert_eq!(backed_up.backup, Backup::BackedUp);
    with(|parts| parts.data.flags |= 0x22).unwrap();
}

#[test]
fn an_unverified_user_is_told_apart_where_verification_is_preferred() {
    let authenticator = Authenticator::new(Alg::EdDsa);
    let mut parts = assertion(&authenticator);
    parts.data.flags &= !UV;
    let parsed = parse_assertion(parts.json(&authenticator).as_bytes()).unwrap();
    let preferred = Expect {
        user_verification: UserVerification::Preferred,
        ..expect()
    };
    let asserted = check_assertion(&parsed, &key_of(&authenticator), 0, &preferred).unwrap();
    assert_eq!(asserted.user_verified, UserVerified::No);
}

#[test]
fn an_assertion_carries_no_credential() {
    let authenticator = Authenticator::new(Alg::Es256);
    let mut parts = assertion(&authenticator);
    parts.data.flags |= AT;
    assert_eq!(
        assert_with(&authenticator, &parts.json(&authenticator), 0).unwrap_err(),
        Rejected::AuthenticatorData
    );
    parts.data.credential = Some(([0; 16], vec![1; 16], authenticator.cose().encode()));
    assert_eq!(
        assert_with(&authenticator, &parts.json(&authenticator), 0).unwrap_err(),
        Rejected::UnexpectedCredential
    );
    parts.data.flags &= !AT;
    assert_eq!(
        assert_with(&authenticator, &parts.json(&authenticator), 0).unwrap_err(),
        Rejected::TrailingData
    );
}

#[test]
fn authenticator_data_of_an_assertion_have_37_bytes_or_extensions() {
    let authenticator = Authenticator::new(Alg::EdDsa);
    let bytes = assertion(&authenticator).data.encode();
    for length in 0..37 {
        let cut = around(|value| value["response"]["authenticatorData"] = b64(&bytes[..length]).into());
        assert_eq!(cut.unwrap_err(), Rejected::AuthenticatorData, "{length}");
    }
    assert_eq!(refused(|parts| parts.data.rest = vec![0]), Rejected::TrailingData);
    assert_eq!(
        refused(|parts| parts.data.flags |= ED),
        Rejected::Extensions(Malformed::Cbor)
    );
    with(|parts| {
        parts.data.flags |= ED;
        parts.data.rest = vec![0xa1, 0x61, b'a', 0xf6];
    })
    .unwrap();
}

#[test]
fn a_user_handle_has_1_to_64_bytes_or_is_absent() {
    for (bytes, taken) in [(0, false), (1, true), (64, true), (65, false)] {
        let json = Authenticator::new(Alg::EdDsa).assert(CHALLENGE, ORIGIN, RP_ID, &vec![1; bytes]);
        let parsed = parse_assertion(json.as_bytes()).map(|parsed| parsed.user_handle.unwrap().len());
        assert_eq!(
            parsed,
            if taken {
                Ok(bytes)
            } else {
                Err(Rejected::UserHandleLength)
            }
        );
    }
    for bad in [json!(7), Value::Null] {
        let why = around(|value| value["response"]["userHandle"] = bad).unwrap_err();
        assert_eq!(why, Rejected::Response(Malformed::WrongType("userHandle")));
    }
    let json = assertion(&Authenticator::new(Alg::EdDsa)).value(&[1]).to_string();
    assert_eq!(parse_assertion(json.as_bytes()).unwrap().user_handle, None);
}

#[test]
fn the_json_of_an_assertion_is_strict_where_it_is_read() {
    for name in ["clientDataJSON", "authenticatorData", "signature"] {
        let remove = |value: &mut Value| drop(value["response"].as_object_mut().unwrap().remove(name));
        assert_eq!(
            around(remove).unwrap_err(),
            Rejected::Response(Malformed::Missing(name))
        );
        for bad in ["a", "AA==", "+/+/", "AB"] {
            let why = around(|value| value["response"][name] = bad.into()).unwrap_err();
            assert_eq!(why, Rejected::Response(Malformed::Base64url), "{bad}");
        }
    }
    assert_eq!(
        around(|value| value["id"] = b64(&[1; 32]).into()).unwrap_err(),
        Rejected::CredentialId
    );
    for (bytes, why) in [(0, Rejected::CredentialIdLength), (1024, Rejected::CredentialIdLength)] {
        let bent = around(|value| {
            value["id"] = b64(&vec![1; bytes]).into();
            value["rawId"] = b64(&vec![1; bytes]).into();
        });
        assert_eq!(bent.unwrap_err(), why);
    }
    assert_eq!(
        parse_assertion(&vec![b' '; 64 * 1024 + 1]).unwrap_err(),
        Rejected::TooLarge
    );
}
