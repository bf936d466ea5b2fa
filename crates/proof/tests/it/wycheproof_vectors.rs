//! Project Wycheproof: signatures made to be mistaken.

#![expect(clippy::arithmetic_side_effects, reason = "test arithmetic on small known values")]

use proof::{PublicKey, base64url, digest, webauthn::CredentialKey};
use serde_json::{Value, json};
use wycheproof::{HashFunction, TestResult, ecdsa, eddsa, mac, rsa_pkcs1_verify, rsa_pss_verify};

use crate::signer::object;

/// How the vectors fell out; a test says how many it expects, so that it cannot pass on none.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    valid: usize,
    invalid: usize,
    acceptable: usize,
}

impl Tally {
    fn all(&self) -> usize {
        self.valid + self.invalid + self.acceptable
    }

    fn check(&mut self, key: &PublicKey, message: &[u8], signature: &[u8], expected: TestResult, what: &str) {
        self.count(key.verify(message, signature).is_ok(), expected, what);
    }

    fn count(&mut self, verified: bool, expected: TestResult, what: &str) {
        match expected {
            TestResult::Valid => {
                assert!(verified, "refused: {what}");
                self.valid += 1;
            }
            TestResult::Invalid => {
                assert!(!verified, "accepted: {what}");
                self.invalid += 1;
            }
            // Legacy forms that a strict verifier may refuse. Ours does.
            TestResult::Acceptable => {
                assert!(!verified, "accepted: {what}");
                self.acceptable += 1;
            }
        }
    }
}

fn key(jwk: Value) -> PublicKey {
    PublicKey::from_jwk(&object(jwk)).unwrap()
}

/// As a JWK has it: no leading zeros.
fn unsigned(bytes: &[u8]) -> String {
    base64url::encode(&bytes[bytes.iter().position(|byte| *byte != 0).unwrap()..])
}

#[test]
fn ecdsa_p256_sha256_in_jose_form() {
    let set = ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256P1363).unwrap();
    let mut tally = Tally::default();
    for group in &set.test_groups {
        let key = PublicKey::from_p256(&group.key.key).unwrap();
        for test in &group.tests {
            tally.check(
                &key,
                &test.msg,
                &test.sig,
                test.result,
                &format!("{} {}", test.tc_id, test.comment),
            );
        }
    }
    assert_eq!(tally.all(), set.number_of_tests);
    assert!(tally.valid > 100 && tally.invalid > 50, "{tally:?}");
}

#[test]
fn ecdsa_p256_sha256_in_webauthn_form() {
    let set = ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256).unwrap();
    let mut tally = Tally::default();
    for group in &set.test_groups {
        let (x, y) = group.key.key[1..].split_at(32);
        let head = [0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32];
        let cose = [&head, x, &[0x22, 0x58, 32], y].concat();
        let key = CredentialKey::from_cose(&cose).unwrap();
        for test in &group.tests {
            let verified = key.verify(&test.msg, &test.sig).is_ok();
            tally.count(verified, test.result, &format!("{} {}", test.tc_id, test.comment));
        }
    }
    assert_eq!(tally.all(), set.number_of_tests);
    assert!(tally.valid > 100 && tally.invalid > 50, "{tally:?}");
}

#[test]
fn ed25519() {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
    let mut tally = Tally::default();
    for group in &set.test_groups {
        let key = key(json!({"kty": "OKP", "crv": "Ed25519", "x": base64url::encode(&group.key.pk)}));
        for test in &group.tests {
            tally.check(
                &key,
                &test.msg,
                &test.sig,
                test.result,
                &format!("{} {}", test.tc_id, test.comment),
            );
        }
    }
    assert_eq!(tally.all(), set.number_of_tests);
    assert!(tally.valid > 50 && tally.invalid > 50, "{tally:?}");
}

#[test]
fn rsa_pkcs1_2048_sha256() {
    let set = rsa_pkcs1_verify::TestSet::load(rsa_pkcs1_verify::TestName::Rsa2048Sha256).unwrap();
    let mut tally = Tally::default();
    for group in &set.test_groups {
        let jwk = json!({"kty": "RSA", "n": unsigned(&group.key.n), "e": unsigned(&group.key.e)});
        for key in [
            key(jwk),
            PublicKey::from_rsa_der(&group.asn_key, proof::Algorithm::RS256).unwrap(),
        ] {
            for test in &group.tests {
                tally.check(
                    &key,
                    &test.msg,
                    &test.sig,
                    test.result,
                    &format!("{} {}", test.tc_id, test.comment),
                );
            }
        }
    }
    // Each once under the key read from its JWK, once under the key read from its DER.
    assert_eq!(tally.all(), 2 * set.number_of_tests);
    assert!(tally.valid > 10 && tally.invalid > 200, "{tally:?}");
}

#[test]
fn rsa_pss_2048_sha256_with_a_salt_of_32_bytes() {
    let set = rsa_pss_verify::TestSet::load(rsa_pss_verify::TestName::RsaPss2048Sha256Mgf1SaltLen32).unwrap();
    let mut tally = Tally::default();
    for group in &set.test_groups {
        let jwk = json!({"kty": "RSA", "alg": "PS256", "n": unsigned(&group.key.n), "e": unsigned(&group.key.e)});
        let key = key(jwk);
        for test in &group.tests {
            tally.check(
                &key,
                &test.msg,
                &test.sig,
                test.result,
                &format!("{} {}", test.tc_id, test.comment),
            );
        }
    }
    assert_eq!(tally.all(), set.number_of_tests);
    assert!(tally.valid > 50 && tally.invalid > 10, "{tally:?}");
}

/// PS256 fixes hash, mask function and salt length (RFC 7518 s3.5): valid signatures with others are not PS256.
#[test]
fn rsa_pss_with_other_parameters_is_refused() {
    let (mut accepted, mut refused) = (0, 0);
    for name in [
        rsa_pss_verify::TestName::RsaPssmisc,
        rsa_pss_verify::TestName::RsaPss2048Sha256Mgf1SaltLen0,
        rsa_pss_verify::TestName::RsaPss2048Sha256Mgf1Sha1_20,
        rsa_pss_verify::TestName::RsaPss2048Sha384Mgf1SaltLen48,
    ] {
        for group in &rsa_pss_verify::TestSet::load(name).unwrap().test_groups {
            let jwk = json!({"kty": "RSA", "alg": "PS256", "n": unsigned(&group.key.n), "e": unsigned(&group.key.e)});
            let key = key(jwk);
            let hashes = (group.hash, group.mgf_hash);
            let ours = hashes == (HashFunction::Sha2_256, Some(HashFunction::Sha2_256)) && group.salt_size == 32;
            for test in group.tests.iter().filter(|test| test.result == TestResult::Valid) {
                let verified = key.verify(&test.msg, &test.sig).is_ok();
                assert_eq!(verified, ours, "{name:?} {} {}", test.tc_id, test.comment);
                *if ours { &mut accepted } else { &mut refused } += 1;
            }
        }
    }
    assert_eq!(accepted, 1);
    assert!(refused > 300, "{refused}");
}

#[test]
fn hmac_sha256() {
    let set = mac::TestSet::load(mac::TestName::HmacSha256).unwrap();
    let mut compared = 0;
    for group in &set.test_groups {
        for test in &group.tests {
            // Some groups ask for a truncated tag.
            let tag = digest::hmac_sha256(&test.key, &test.msg);
            let equal = digest::same(&tag[..group.tag_size / 8], &test.tag);
            assert_eq!(equal, !test.result.must_fail(), "{} {}", test.tc_id, test.comment);
            compared += 1;
        }
    }
    assert_eq!(compared, set.number_of_tests);
    assert!(compared > 100, "{compared}");
}
