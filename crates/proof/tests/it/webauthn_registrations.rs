//! Which registrations are taken, and the rule that refuses each other one (WebAuthn s7.1).

use proof::{
    Malformed,
    webauthn::{Backup, Expect, Rejected, UserVerification, UserVerified, check_registration},
};
use serde_json::{Value, json};

use crate::{
    authenticator::{AT, Alg, Authenticator, BE, BS, ED, Registration, UP, UV, b64, cbor::Cbor, text},
    webauthn::{CHALLENGE, ORIGIN, RP_ID, expect, register, registration},
};

fn with(change: impl FnOnce(&mut Registration)) -> Result<proof::webauthn::Credential, Rejected> {
    let authenticator = Authenticator::new(Alg::Es256);
    let mut parts = registration(&authenticator);
    change(&mut parts);
    register(&parts.json())
}

fn refused(change: impl FnOnce(&mut Registration)) -> Rejected {
    with(change).unwrap_err()
}

#[test]
fn a_registration_gives_the_credential_record() {
    for alg in Alg::ALL {
        let authenticator = Authenticator::new(alg);
        let credential = register(&authenticator.register(CHALLENGE, ORIGIN, RP_ID)).unwrap();
        assert_eq!(credential.id, authenticator.credential_id);
        assert_eq!(credential.aaguid, authenticator.aaguid);
        assert_eq!(credential.key.to_cose(), authenticator.cose().encode());
        assert_eq!((credential.counter, credential.backup), (0, Backup::SingleDevice));
        assert_eq!(credential.user_verified, UserVerified::Yes);
        assert_eq!(credential.transports, ["hybrid", "internal"]);
    }
}

#[test]
fn flags_say_backup_and_verification() {
    for (flags, backup) in [
        (0, Backup::SingleDevice),
        (BE, Backup::Eligible),
        (BE | BS, Backup::BackedUp),
    ] {
        let credential = with(|parts| parts.data.flags |= flags).unwrap();
        assert_eq!(credential.backup, backup);
        assert_eq!(credential.backup.is_eligible(), flags & BE != 0);
    }
    let preferred = Expect {
        user_verification: UserVerification::Preferred,
        ..expect()
    };
    let mut parts = registration(&Authenticator::new(Alg::Es256));
    parts.data.flags &= !UV;
    let credential = check_registration(parts.json().as_bytes(), &preferred).unwrap();
    assert_eq!(credential.user_verified, UserVerified::No);
}

#[test]
fn an_unverified_user_is_refused_where_verification_is_required() {
    assert_eq!(refused(|parts| parts.data.flags &= !UV), Rejected::UserNotVerified);
}

#[test]
fn an_absent_user_is_refused() {
    assert_eq!(refused(|parts| parts.data.flags &= !UP), Rejected::UserAbsent);
}

#[test]
fn a_backup_of_what_cannot_be_backed_up_is_refused() {
    assert_eq!(refused(|parts| parts.data.flags |= BS), Rejected::BackupState);
}

#[test]
fn reserved_flags_are_ignored() {
    with(|parts| parts.data.flags |= 0x22).unwrap();
}

#[test]
fn an_assertion_is_no_registration() {
    assert_eq!(
        refused(|parts| parts.client_data["type"] = "webauthn.get".into()),
        Rejected::CeremonyType
    );
}

#[test]
fn another_challenge_is_refused() {
    for challenge in [
        b64(&[8; 32]),
        b64(&[7; 31]),
        b64(&[7; 33]),
        String::new(),
        format!("{}=", b64(CHALLENGE)),
    ] {
        assert_eq!(
            refused(|parts| parts.client_data["challenge"] = challenge.into()),
            Rejected::Challenge
        );
    }
}

#[test]
fn a_challenge_too_short_to_be_one_fits_nothing() {
    for (bytes, fits) in [(0, false), (15, false), (16, true), (64, true)] {
        let challenge = vec![7; bytes];
        let json = Authenticator::new(Alg::EdDsa).register(&challenge, ORIGIN, RP_ID);
        let expect = Expect {
            challenge: &challenge,
            ..expect()
        };
        let checked = check_registration(json.as_bytes(), &expect).map(drop);
        assert_eq!(checked, if fits { Ok(()) } else { Err(Rejected::Challenge) }, "{bytes}");
    }
}

#[test]
fn a_phishing_origin_is_refused() {
    for origin in [
        "https://auth.example.evil.example",
        "https://evil.example",
        "https://auth.example/",
        "https://auth.example:443",
        "https://auth.example:8443",
        "http://auth.example",
        "https://AUTH.example",
        "https://xauth.example",
        "null",
        "",
    ] {
        let mut parts = registration(&Authenticator::new(Alg::EdDsa));
        parts.client_data["origin"] = origin.into();
        assert_eq!(register(&parts.json()).unwrap_err(), Rejected::Origin, "{origin}");
    }
}

#[test]
fn a_local_origin_with_a_port_is_as_good_as_any() {
    let expect = Expect {
        origin: "http://localhost:8460",
        rp_id: "localhost",
        ..expect()
    };
    let json = Authenticator::new(Alg::EdDsa).register(CHALLENGE, "http://localhost:8460", "localhost");
    check_registration(json.as_bytes(), &expect).unwrap();
}

#[test]
fn a_frame_of_a_stranger_is_refused() {
    assert_eq!(
        refused(|parts| parts.client_data["crossOrigin"] = true.into()),
        Rejected::CrossOrigin
    );
    for top in [json!("https://evil.example"), json!(ORIGIN), Value::Null] {
        assert_eq!(
            refused(|parts| parts.client_data["topOrigin"] = top),
            Rejected::TopOrigin
        );
    }
    with(|parts| drop(parts.client_data.as_object_mut().unwrap().remove("crossOrigin"))).unwrap();
}

#[test]
fn client_data_of_wrong_types_are_refused() {
    for name in ["type", "challenge", "origin"] {
        assert_eq!(
            refused(|parts| parts.client_data[name] = 7.into()),
            Rejected::ClientData(Malformed::WrongType(name))
        );
        assert_eq!(
            refused(|parts| drop(parts.client_data.as_object_mut().unwrap().remove(name))),
            Rejected::ClientData(Malformed::Missing(name))
        );
    }
    for value in [json!("false"), json!(0), Value::Null] {
        assert_eq!(
            refused(|parts| parts.client_data["crossOrigin"] = value),
            Rejected::ClientData(Malformed::WrongType("crossOrigin"))
        );
    }
}

#[test]
fn client_data_with_two_readings_are_refused() {
    let mut value = registration(&Authenticator::new(Alg::EdDsa)).value();
    let good = format!(
        r#"{{"type":"webauthn.create","challenge":"{}","origin":"{ORIGIN}""#,
        b64(CHALLENGE)
    );
    for (tail, why) in [
        (r#","origin":"https://evil.example"}"#, Some(Malformed::Duplicate)),
        (r#","\u006frigin":"https://evil.example"}"#, Some(Malformed::Duplicate)),
        ("} {}", Some(Malformed::Json)),
        (",}", Some(Malformed::Json)),
        (r#","a":[[[[[[[[1]]]]]]]]}"#, Some(Malformed::TooDeep)),
        (
            r#","later":{"a":[1,null]},"tokenBinding":{"status":"supported"}}"#,
            None,
        ),
    ] {
        value["response"]["clientDataJSON"] = b64([&good, tail].concat().as_bytes()).into();
        let checked = register(&value.to_string()).map(drop);
        assert_eq!(
            checked,
            why.map_or(Ok(()), |why| Err(Rejected::ClientData(why))),
            "{tail}"
        );
    }
    let mut not_utf8 = good.clone().into_bytes();
    not_utf8.extend(b",\"a\":\"\xff\"}");
    value["response"]["clientDataJSON"] = b64(&not_utf8).into();
    assert_eq!(
        register(&value.to_string()).unwrap_err(),
        Rejected::ClientData(Malformed::Json)
    );
}

#[test]
fn one_byte_order_mark_is_dropped_from_client_data() {
    let mut value = registration(&Authenticator::new(Alg::EdDsa)).value();
    let good = json!({"type": "webauthn.create", "challenge": b64(CHALLENGE), "origin": ORIGIN}).to_string();
    value["response"]["clientDataJSON"] = b64(format!("\u{feff}{good}").as_bytes()).into();
    register(&value.to_string()).unwrap();
    value["response"]["clientDataJSON"] = b64(format!("\u{feff}\u{feff}{good}").as_bytes()).into();
    assert_eq!(
        register(&value.to_string()).unwrap_err(),
        Rejected::ClientData(Malformed::Json)
    );
}

#[test]
fn another_relying_party_is_refused() {
    for rp_id in ["evil.example", "example", "AUTH.example", "auth.example.", ORIGIN, ""] {
        assert_eq!(
            refused(|parts| parts.data.rp_id = rp_id.to_owned()),
            Rejected::RpId,
            "{rp_id}"
        );
    }
}

#[test]
fn a_registration_without_a_credential_is_refused() {
    assert_eq!(
        refused(|parts| {
            parts.data.flags &= !AT;
            parts.data.credential = None;
        }),
        Rejected::NoCredential
    );
    assert_eq!(refused(|parts| parts.data.flags &= !AT), Rejected::TrailingData);
}

#[test]
fn a_credential_under_a_strangers_id_is_refused() {
    assert_eq!(refused(|parts| parts.id = vec![1; 32]), Rejected::CredentialId);
    for name in ["id", "rawId"] {
        let mut value = registration(&Authenticator::new(Alg::EdDsa)).value();
        value[name] = b64(&[1; 32]).into();
        assert_eq!(register(&value.to_string()).unwrap_err(), Rejected::CredentialId);
    }
}

#[test]
fn credential_ids_have_1_to_1023_bytes() {
    for (bytes, taken) in [(0, false), (1, true), (1023, true), (1024, false)] {
        let mut authenticator = Authenticator::new(Alg::EdDsa);
        authenticator.credential_id = vec![1; bytes];
        let checked = register(&authenticator.register(CHALLENGE, ORIGIN, RP_ID)).map(drop);
        assert_eq!(
            checked,
            if taken {
                Ok(())
            } else {
                Err(Rejected::CredentialIdLength)
            },
            "{bytes}"
        );
    }
    // The same inside the authenticator data alone, where the length is another field.
    for bytes in [0, 1024, 60_000] {
        let bent = refused(|parts| parts.data.credential.as_mut().unwrap().1 = vec![1; bytes]);
        let too_large = bytes == 60_000;
        assert_eq!(
            bent,
            if too_large {
                Rejected::TooLarge
            } else {
                Rejected::CredentialIdLength
            }
        );
    }
}

#[test]
fn authenticator_data_end_where_they_say() {
    let whole = registration(&Authenticator::new(Alg::EdDsa));
    let bytes = whole.data.encode();
    for length in 0..bytes.len() {
        let mut value = whole.value();
        let object = Cbor::Map(vec![
            (text("fmt"), text("none")),
            (text("attStmt"), Cbor::Map(Vec::new())),
            (text("authData"), Cbor::Bytes(bytes[..length].to_vec())),
        ]);
        value["response"]["attestationObject"] = b64(&object.encode()).into();
        let why = register(&value.to_string()).unwrap_err();
        // Up to the id the fields are counted, the key is CBOR.
        let counted = 37 + 16 + 2 + 32;
        let expected = if length < counted {
            Rejected::AuthenticatorData
        } else {
            Rejected::CredentialKey(Malformed::Cbor)
        };
        assert_eq!(why, expected, "{length}");
    }
    assert_eq!(refused(|parts| parts.data.rest = vec![0]), Rejected::TrailingData);
}

#[test]
fn extension_data_are_read_over() {
    let extensions = Cbor::Map(vec![
        (
            text("uvm"),
            Cbor::Array(vec![Cbor::Array(vec![Cbor::Integer(2), Cbor::Integer(4)])]),
        ),
        (text("credProtect"), Cbor::Integer(2)),
        (text("hmac-secret"), Cbor::Raw(vec![0xf5])),
    ]);
    with(|parts| {
        parts.data.flags |= ED;
        parts.data.rest = extensions.encode();
    })
    .unwrap();
    with(|parts| {
        parts.data.flags |= ED;
        parts.data.rest = vec![0xa0];
    })
    .unwrap();
}

#[test]
fn extension_data_that_are_not_a_canonical_map_are_refused() {
    for (rest, why) in [
        (vec![], Rejected::Extensions(Malformed::Cbor)),
        (vec![0x01], Rejected::Extensions(Malformed::Cbor)),
        (vec![0xbf, 0xff], Rejected::Extensions(Malformed::Cbor)),
        (vec![0xa1, 0x61, b'a'], Rejected::Extensions(Malformed::Cbor)),
        (
            vec![0xa2, 0x01, 0x01, 0x01, 0x01],
            Rejected::Extensions(Malformed::Duplicate),
        ),
        (
            vec![0xa1, 0x01, 0x81, 0x81, 0x81, 0x80],
            Rejected::Extensions(Malformed::TooDeep),
        ),
        (vec![0xa0, 0x00], Rejected::TrailingData),
    ] {
        let bent = refused(|parts| {
            parts.data.flags |= ED;
            parts.data.rest.clone_from(&rest);
        });
        assert_eq!(bent, why, "{rest:?}");
    }
}
