//! Which attestation objects and statements are taken (WebAuthn s6.5.4, s8.2, s8.7).

use proof::{Malformed, webauthn::Rejected};

use crate::{
    authenticator::{Alg, Authenticator, Registration, b64, cbor::Cbor, text},
    webauthn::{register, registration},
};

#[test]
fn self_attestation_passes_for_every_algorithm() {
    for alg in Alg::ALL {
        let authenticator = Authenticator::new(alg);
        register(&registration(&authenticator).packed(&authenticator).json()).unwrap();
    }
}

fn refused(change: impl FnOnce(&mut Registration)) -> Rejected {
    let mut parts = registration(&Authenticator::new(Alg::Es256));
    change(&mut parts);
    register(&parts.json()).unwrap_err()
}

#[test]
fn attestation_of_another_format_is_refused_by_name() {
    for (format, named) in [
        ("tpm", "tpm"),
        ("android-key", "android-key"),
        ("android-safetynet", "android-safetynet"),
        ("fido-u2f", "fido-u2f"),
        ("apple", "apple"),
        ("compound", "compound"),
        ("evil\n<b>", "unknown"),
        ("None", "unknown"),
        ("", "unknown"),
    ] {
        let why = refused(|parts| parts.format = format);
        assert_eq!(why, Rejected::AttestationFormat(named));
        assert_eq!(
            why.to_string(),
            format!("passkey attestation format {named} is not supported")
        );
    }
}

#[test]
fn no_attestation_has_no_statement() {
    assert_eq!(
        refused(|parts| parts.statement = Cbor::Map(vec![(text("a"), Cbor::Integer(1))])),
        Rejected::AttestationStatement(Malformed::Value("attStmt"))
    );
}

/// A packed statement made from the good one.
fn packed(change: impl FnOnce(&mut Vec<(Cbor, Cbor)>)) -> Rejected {
    let authenticator = Authenticator::new(Alg::Es256);
    let mut parts = registration(&authenticator).packed(&authenticator);
    change(parts.statement.entries());
    register(&parts.json()).unwrap_err()
}

#[test]
fn self_attestation_has_exactly_algorithm_and_signature() {
    let broken = Rejected::AttestationStatement;
    assert_eq!(
        packed(|entries| drop(entries.remove(0))),
        broken(Malformed::Missing("alg"))
    );
    assert_eq!(
        packed(|entries| drop(entries.remove(1))),
        broken(Malformed::Missing("sig"))
    );
    assert_eq!(
        packed(|entries| entries[0].1 = text("ES256")),
        broken(Malformed::WrongType("alg"))
    );
    assert_eq!(
        packed(|entries| entries[1].1 = text("sig")),
        broken(Malformed::WrongType("sig"))
    );
    assert_eq!(
        packed(|entries| entries.push((text("ecdaaKeyId"), Cbor::Bytes(vec![1])))),
        broken(Malformed::Value("attStmt"))
    );
}

#[test]
fn attestation_by_certificates_is_refused_even_when_there_are_none() {
    for certificates in [
        Cbor::Array(Vec::new()),
        Cbor::Array(vec![Cbor::Bytes(vec![0x30, 0])]),
        Cbor::Integer(0),
    ] {
        assert_eq!(
            packed(|entries| entries.push((text("x5c"), certificates))),
            Rejected::AttestationCertificates
        );
    }
}

#[test]
fn self_attestation_under_another_algorithm_is_refused() {
    for algorithm in [-8, -257, -9, -35, 7] {
        assert_eq!(
            packed(|entries| entries[0].1 = Cbor::Integer(algorithm)),
            Rejected::AttestationAlgorithm
        );
    }
}

#[test]
fn self_attestation_by_another_key_or_over_other_data_is_refused() {
    for alg in Alg::ALL {
        let (authenticator, other) = (Authenticator::new(alg), Authenticator::new(Alg::Es256));
        if alg == Alg::Es256 {
            let stolen = registration(&authenticator).packed(&other);
            assert_eq!(register(&stolen.json()).unwrap_err(), Rejected::AttestationSignature);
        }
        let mut parts = registration(&authenticator).packed(&authenticator);
        parts.data.counter = 1;
        assert_eq!(register(&parts.json()).unwrap_err(), Rejected::AttestationSignature);
        let mut parts = registration(&authenticator).packed(&authenticator);
        parts.client_data["later"] = 1.into();
        assert_eq!(register(&parts.json()).unwrap_err(), Rejected::AttestationSignature);
        let mut parts = registration(&authenticator).packed(&authenticator);
        parts.statement.entries()[1].1 = Cbor::Bytes(Vec::new());
        assert_eq!(register(&parts.json()).unwrap_err(), Rejected::AttestationSignature);
    }
}

/// Changes the members of the attestation object.
fn object(change: impl FnOnce(&mut Vec<(Cbor, Cbor)>)) -> Rejected {
    let parts = registration(&Authenticator::new(Alg::EdDsa));
    let mut object = parts.object();
    change(object.entries());
    let mut value = parts.value();
    value["response"]["attestationObject"] = b64(&object.encode()).into();
    register(&value.to_string()).unwrap_err()
}

#[test]
fn an_attestation_object_has_three_members_in_their_order() {
    let broken = Rejected::AttestationObject;
    for (at, name) in [(0, "fmt"), (1, "attStmt"), (2, "authData")] {
        assert_eq!(
            object(|entries| drop(entries.remove(at))),
            broken(Malformed::Missing(name))
        );
        assert_eq!(
            object(|entries| entries[at].1 = Cbor::Integer(1)),
            broken(Malformed::WrongType(name))
        );
    }
    assert_eq!(object(|entries| entries.swap(0, 1)), broken(Malformed::Cbor));
    assert_eq!(
        object(|entries| entries.push((text("later0000"), Cbor::Integer(1)))),
        broken(Malformed::Cbor)
    );
    assert_eq!(
        object(|entries| entries.insert(0, (text("fmt"), text("none")))),
        broken(Malformed::Duplicate)
    );
}
