//! Held against another JOSE implementation: it signs and we verify, we sign and it verifies.

use std::collections::HashSet;

use aws_lc_rs::signature::Ed25519KeyPair;
use jsonwebtoken::{
    DecodingKey, EncodingKey, Header, Validation, decode, encode,
    jwk::{Jwk, ThumbprintHash},
};
use proof::{
    Algorithm, Time,
    dpop::{Expect, check},
    jwk::KeySet,
    jws::{Compact, Rejected, assemble, signing_input},
};
use serde_json::{Value, json};

use crate::signer::{Signer, object, p256_pkcs8, rsa_pkcs8};

fn foreign(algorithm: Algorithm) -> jsonwebtoken::Algorithm {
    match algorithm {
        Algorithm::EdDSA => jsonwebtoken::Algorithm::EdDSA,
        Algorithm::ES256 => jsonwebtoken::Algorithm::ES256,
        Algorithm::RS256 => jsonwebtoken::Algorithm::RS256,
        Algorithm::PS256 => jsonwebtoken::Algorithm::PS256,
    }
}

fn encoding_key(signer: &Signer) -> EncodingKey {
    match signer {
        Signer::Ed25519(pair) => EncodingKey::from_ed_der(pair.to_pkcs8().unwrap().as_ref()),
        Signer::P256(_) => EncodingKey::from_ec_der(p256_pkcs8()),
        // RSAPrivateKey follows the 26 bytes that PKCS #8 puts before it for a key of this size.
        Signer::Rsa(..) => EncodingKey::from_rsa_der(&rsa_pkcs8()[26..]),
    }
}

fn foreign_jwk(signer: &Signer) -> Jwk {
    serde_json::from_value(Value::Object(signer.key().with_kid("k1".to_owned()).to_jwk())).unwrap()
}

#[test]
fn what_it_signs_we_verify() {
    for signer in Signer::all() {
        let claims = json!({"iss": "client-1", "exp": 1_700_000_060, "list": [1, "\u{e9}"]});
        let mut header = Header::new(foreign(signer.algorithm()));
        header.kid = Some("k1".to_owned());
        let token = encode(&header, &claims, &encoding_key(&signer)).unwrap();
        let compact = Compact::parse(&token).unwrap();
        assert_eq!(
            (compact.algorithm(), compact.kid(), compact.typ()),
            (signer.algorithm(), Some("k1"), Some("JWT"))
        );
        let keys = KeySet::from_keys(vec![signer.key().with_kid("k1".to_owned())]);
        assert_eq!(compact.verify_with(&keys).unwrap().into_inner(), object(claims));
        let other = KeySet::from_keys(vec![signer.key().with_kid("k2".to_owned())]);
        assert_eq!(compact.verify_with(&other).unwrap_err(), Rejected::UnknownKey);
    }
}

#[test]
fn what_we_sign_it_verifies() {
    for signer in Signer::all() {
        let claims = json!({"iss": "https://as.example.test", "aud": "a", "exp": 1_700_000_060, "o": {"x": null}});
        let input = signing_input(signer.algorithm(), "k1", "at+jwt", &object(claims.clone()));
        let signature = signer.sign(input.as_bytes());
        let token = assemble(input, &signature);
        let mut validation = Validation::new(foreign(signer.algorithm()));
        (validation.validate_exp, validation.validate_aud) = (false, false);
        validation.required_spec_claims = HashSet::new();
        let key = DecodingKey::from_jwk(&foreign_jwk(&signer)).unwrap();
        let read = decode::<Value>(&token, &key, &validation).unwrap();
        assert_eq!(read.claims, claims);
        assert_eq!(
            (read.header.kid.as_deref(), read.header.typ.as_deref()),
            (Some("k1"), Some("at+jwt"))
        );
    }
}

#[test]
fn both_name_a_key_by_the_same_thumbprint() {
    for signer in Signer::all() {
        let theirs = foreign_jwk(&signer).thumbprint(ThumbprintHash::SHA256).unwrap();
        assert_eq!(signer.key().thumbprint(), theirs);
    }
}

#[test]
fn a_proof_it_signs_passes() {
    let signer = Signer::p256();
    let mut header = Header::new(jsonwebtoken::Algorithm::ES256);
    header.typ = Some("dpop+jwt".to_owned());
    header.jwk = Some(serde_json::from_value(signer.bare_jwk()).unwrap());
    let claims = json!({"jti": "j-1", "htm": "GET", "htu": "https://api.example.test/things", "iat": 1_700_000_000});
    let proof = encode(&header, &claims, &encoding_key(&signer)).unwrap();
    let expect = Expect {
        method: "GET",
        url: "https://api.example.test/things",
        now: Time::from_unix(1_700_000_000),
        access_token: None,
    };
    assert_eq!(check(&proof, &expect).unwrap().jkt, signer.key().thumbprint());
}

#[test]
fn the_test_keys_are_what_they_seem() {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    assert_eq!(pair.sign(b"m").as_ref(), Signer::ed25519(7).sign(b"m"));
}
