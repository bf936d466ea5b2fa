//! Held against @simplewebauthn/server 14.0.3: some two hundred ceremonies with its verdicts, made by
//! `interop/node/vectors-webauthn.mjs`. Where the two differ, the specification decides, and says so here.

use proof::webauthn::{
    CredentialKey, Expect, Rejected, UserVerification, check_assertion, check_registration, parse_assertion,
};
use proof::{Malformed, base64url};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    name: String,
    origin: String,
    rp_id: String,
    user_verification: String,
    ceremony: String,
    challenge: String,
    response: String,
    key: Option<String>,
    counter: Option<u32>,
    theirs: String,
}

fn cases() -> Vec<Case> {
    serde_json::from_slice(include_bytes!("../vectors/webauthn_oracle.json")).unwrap()
}

fn ours(case: &Case) -> Result<(), Rejected> {
    let expect = Expect {
        challenge: &base64url::decode(&case.challenge).unwrap(),
        origin: &case.origin,
        rp_id: &case.rp_id,
        user_verification: match case.user_verification.as_str() {
            "required" => UserVerification::Required,
            "preferred" => UserVerification::Preferred,
            other => panic!("{other}"),
        },
    };
    match case.ceremony.as_str() {
        "registration" => check_registration(case.response.as_bytes(), &expect).map(drop),
        "assertion" => {
            let key = base64url::decode(case.key.as_ref().unwrap()).unwrap();
            let key = CredentialKey::from_cose(&key).unwrap();
            let assertion = parse_assertion(case.response.as_bytes())?;
            check_assertion(&assertion, &key, case.counter.unwrap(), &expect).map(drop)
        }
        other => panic!("{other}"),
    }
}

/// What it accepts and we refuse. There is nothing that it refuses and we accept.
const STRICTER: &[(&str, Rejected, &str)] = &[
    (
        "assertion es256 with a byte after the signature",
        Rejected::Signature,
        "s6.5.5: an ASN.1 DER Ecdsa-Sig-Value; nothing follows one",
    ),
    (
        "assertion: signature in DER with a long length",
        Rejected::Signature,
        "s6.5.5: DER has one form for each length",
    ),
    (
        "registration: crossOrigin true",
        Rejected::CrossOrigin,
        "s7.1 step 10: we expect no frames",
    ),
    (
        "assertion: crossOrigin true",
        Rejected::CrossOrigin,
        "s7.2 step 13: we expect no frames",
    ),
    (
        "registration: crossOrigin a string",
        Rejected::ClientData(Malformed::WrongType("crossOrigin")),
        "s5.8.1: a boolean",
    ),
    (
        "assertion: crossOrigin a string",
        Rejected::ClientData(Malformed::WrongType("crossOrigin")),
        "s5.8.1: a boolean",
    ),
    (
        "registration: crossOrigin true and topOrigin",
        Rejected::CrossOrigin,
        "s7.1 step 10: we expect no frames",
    ),
    (
        "registration: topOrigin alone",
        Rejected::TopOrigin,
        "s7.1 step 11: we expect no frames",
    ),
    (
        "registration: client data with a second origin before the right one",
        Rejected::ClientData(Malformed::Duplicate),
        "s5.8.1.1: each member is written once; two readers could see two origins",
    ),
    (
        "assertion: client data with a second origin before the right one",
        Rejected::ClientData(Malformed::Duplicate),
        "s5.8.1.1: each member is written once; two readers could see two origins",
    ),
    (
        "registration: extension data that are not a map",
        Rejected::Extensions(Malformed::Cbor),
        "s6.1: a CBOR map",
    ),
    (
        "assertion: extension data that are not a map",
        Rejected::Extensions(Malformed::Cbor),
        "s6.1: a CBOR map",
    ),
    (
        "registration: a padded id",
        Rejected::Response(Malformed::Base64url),
        "s3: base64url without padding",
    ),
    (
        "assertion: a padded id",
        Rejected::Response(Malformed::Base64url),
        "s3: base64url without padding",
    ),
    (
        "registration: client data in padded base64url",
        Rejected::Response(Malformed::Base64url),
        "s3: base64url without padding",
    ),
    (
        "assertion: client data in padded base64url",
        Rejected::Response(Malformed::Base64url),
        "s3: base64url without padding",
    ),
    (
        "registration: attestation object padded",
        Rejected::Response(Malformed::Base64url),
        "s3: base64url without padding",
    ),
    (
        "assertion: signature padded",
        Rejected::Response(Malformed::Base64url),
        "s3: base64url without padding",
    ),
    (
        "registration: another credential id inside",
        Rejected::CredentialId,
        "s5.1, s6.5.1: the id is that of the attested credential",
    ),
    (
        "registration: an id of 1024 bytes",
        Rejected::CredentialIdLength,
        "s7.1 step 25: no more than 1023 bytes",
    ),
    (
        "registration: key type OKP with ES256",
        Rejected::CredentialKey(Malformed::Value("alg")),
        "s5.8.5, RFC 9053 s2.1: ES256 keys are EC2",
    ),
    (
        "registration: key type unknown",
        Rejected::CredentialKey(Malformed::Unsupported("kty")),
        "RFC 9053 s7: 4 is a symmetric key",
    ),
    (
        "registration: key algorithm RS256 on a P-256 key",
        Rejected::CredentialKey(Malformed::Value("alg")),
        "RFC 8812 s2: RS256 keys are RSA",
    ),
    (
        "registration: key on P-384",
        Rejected::CredentialKey(Malformed::Unsupported("crv")),
        "s5.8.5: ES256 is on P-256",
    ),
    (
        "registration: key x of 31 bytes",
        Rejected::CredentialKey(Malformed::Key),
        "RFC 9053 s7.1.1: leading zeros are kept",
    ),
    (
        "registration: key off the curve",
        Rejected::CredentialKey(Malformed::Key),
        "s5.8.5: check that the point is on the curve",
    ),
    (
        "registration: key without y",
        Rejected::CredentialKey(Malformed::Missing("y")),
        "RFC 9053 s7.1.1: y is required",
    ),
    (
        "registration: key with a compressed point",
        Rejected::CredentialKey(Malformed::WrongType("y")),
        "s5.8.5: no compressed points",
    ),
    (
        "registration: key with a key id",
        Rejected::CredentialKey(Malformed::Unsupported("optional members")),
        "s6.5.1: no other optional parameters",
    ),
    (
        "registration: key with its members in another order",
        Rejected::CredentialKey(Malformed::Cbor),
        "s2, s6.5.1: CTAP2 canonical CBOR",
    ),
    (
        "registration: statement of none that is an array",
        Rejected::AttestationObject(Malformed::WrongType("attStmt")),
        "s8.7: an empty map",
    ),
    (
        "registration: packed with an unknown member",
        Rejected::AttestationStatement(Malformed::Value("attStmt")),
        "s8.2: the CDDL has two members",
    ),
    (
        "registration: object in another order",
        Rejected::AttestationObject(Malformed::Cbor),
        "s2: CTAP2 canonical CBOR",
    ),
    (
        "registration: object with an unknown member",
        Rejected::AttestationObject(Malformed::Cbor),
        "s6.5.4: the CDDL has three members",
    ),
    (
        "registration: object with a byte after it",
        Rejected::AttestationObject(Malformed::Cbor),
        "s6.5.4: one map",
    ),
    (
        "registration: object cut short",
        Rejected::AttestationObject(Malformed::Cbor),
        "RFC 8949 s3: a byte string has its whole length",
    ),
    (
        "registration: transports that are a string",
        Rejected::Response(Malformed::WrongType("transports")),
        "s5.1: a sequence",
    ),
    (
        "registration: Ed25519 key on X25519",
        Rejected::CredentialKey(Malformed::Unsupported("crv")),
        "s5.8.5: EdDSA is on Ed25519",
    ),
    (
        "registration: Ed25519 key of small order",
        Rejected::CredentialKey(Malformed::WeakKey),
        "RFC 8032 s5.1.7: one signature would fit (almost) every message",
    ),
    (
        "registration: RSA key of 1024 bits",
        Rejected::CredentialKey(Malformed::WeakKey),
        "RFC 8812 s2: 2048 bits or more",
    ),
    (
        "registration: RSA key with a leading zero",
        Rejected::CredentialKey(Malformed::Key),
        "RFC 8230 s4: the minimum number of octets",
    ),
    (
        "registration: RSA key with exponent 1",
        Rejected::CredentialKey(Malformed::WeakKey),
        "RFC 8017 s3.1: 3 or more",
    ),
    (
        "assertion: a credential in it",
        Rejected::UnexpectedCredential,
        "s6.1: the AT flag must not be set in assertions",
    ),
    (
        "assertion: a user handle of 65 bytes",
        Rejected::UserHandleLength,
        "s5.4.3: no more than 64 bytes",
    ),
];

#[test]
fn both_give_the_same_verdict_or_the_specification_says_ours() {
    let mut differ = Vec::new();
    for case in cases() {
        let stricter = STRICTER.iter().find(|(name, ..)| *name == case.name);
        match (ours(&case), case.theirs.as_str(), stricter) {
            (Ok(()), "accepts", None) | (Err(_), "refuses", None) => {}
            (Err(why), "accepts", Some((_, expected, _))) if why == *expected => {}
            (ours, theirs, _) => differ.push(format!("{}: they {theirs}, we {ours:?}", case.name)),
        }
    }
    assert!(differ.is_empty(), "{differ:#?}");
}

#[test]
fn the_table_covers_both_verdicts_of_both_ceremonies() {
    let cases = cases();
    for (ceremony, verdict) in [
        ("registration", "accepts"),
        ("registration", "refuses"),
        ("assertion", "accepts"),
        ("assertion", "refuses"),
    ] {
        let both = |case: &&Case| case.ceremony == ceremony && case.theirs == verdict;
        assert!(cases.iter().filter(both).count() >= 25, "{ceremony} {verdict}");
    }
    for (name, _, why) in STRICTER {
        assert_eq!(
            cases.iter().filter(|case| case.name == *name).count(),
            1,
            "{name}: {why}"
        );
    }
}
