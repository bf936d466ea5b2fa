//! Signatures, checked by `proof`, by `jsonwebtoken`, and against the vectors of the RFCs.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use keys::{Fault, Seal, Signer, SoftwareKey, private_jwk};
use proof::jwk::KeySet;
use proof::{Algorithm, PublicKey, Secret, base64url, json, jws};
use serde_json::{Value, json};

/// A software key never waits, so one poll is enough.
fn signed(key: &dyn Signer, input: &[u8]) -> Vec<u8> {
    let mut signing = pin!(key.sign(input));
    match signing.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(signature) => signature.unwrap(),
        Poll::Pending => panic!("a software key waited"),
    }
}

fn token(key: &dyn Signer) -> String {
    let claims = json::parse_object(br#"{"sub": "alice@demo.test", "exp": 4000000000}"#).unwrap();
    let input = jws::signing_input(key.algorithm(), key.public_key().kid().unwrap(), "at+jwt", &claims);
    let signature = signed(key, input.as_bytes());
    jws::assemble(input, &signature)
}

/// What `jsonwebtoken` says about a token, given the public key as JSON text: its own parsing, its own idea of each
/// algorithm.
fn oracle(key: &PublicKey, token: &str) -> Result<Value, jsonwebtoken::errors::Error> {
    let jwk: jsonwebtoken::jwk::Jwk = serde_json::from_str(&serde_json::to_string(&key.to_jwk()).unwrap()).unwrap();
    let algorithm = match key.algorithm() {
        Algorithm::EdDSA => jsonwebtoken::Algorithm::EdDSA,
        Algorithm::ES256 => jsonwebtoken::Algorithm::ES256,
        Algorithm::RS256 => jsonwebtoken::Algorithm::RS256,
        Algorithm::PS256 => jsonwebtoken::Algorithm::PS256,
    };
    let decoding = jsonwebtoken::DecodingKey::from_jwk(&jwk)?;
    jsonwebtoken::decode::<Value>(token, &decoding, &jsonwebtoken::Validation::new(algorithm)).map(|data| data.claims)
}

#[test]
fn every_algorithm_signs_what_others_verify() {
    for algorithm in Algorithm::ALL {
        let (key, _) = SoftwareKey::generate(algorithm).unwrap();
        let token = token(&key);

        let keys = KeySet::from_keys(vec![key.public_key().clone()]);
        let claims = jws::Compact::parse(&token).unwrap().verify_with(&keys).unwrap();
        assert_eq!(claims.get("sub"), Some(&json!("alice@demo.test")), "{algorithm}");

        assert_eq!(
            oracle(key.public_key(), &token).unwrap()["sub"],
            "alice@demo.test",
            "{algorithm}"
        );
    }
}

#[test]
fn a_signature_of_another_key_is_refused() {
    for algorithm in Algorithm::ALL {
        let (key, _) = SoftwareKey::generate(algorithm).unwrap();
        let (other, _) = SoftwareKey::generate(algorithm).unwrap();
        let signature = signed(&key, b"input");
        assert!(key.public_key().verify(b"input", &signature).is_ok(), "{algorithm}");
        assert!(other.public_key().verify(b"input", &signature).is_err(), "{algorithm}");
        assert!(key.public_key().verify(b"inpuT", &signature).is_err(), "{algorithm}");
        assert!(oracle(other.public_key(), &token(&key)).is_err(), "{algorithm}");
    }
}

#[test]
fn a_key_read_from_pkcs8_is_the_key_that_was_generated() {
    for algorithm in Algorithm::ALL {
        let (key, pkcs8) = SoftwareKey::generate(algorithm).unwrap();
        let again = SoftwareKey::from_pkcs8(algorithm, pkcs8.reveal()).unwrap();
        assert_eq!(again.algorithm(), algorithm);
        assert_eq!(again.public_key().to_jwk(), key.public_key().to_jwk());
        assert!(
            key.public_key().verify(b"input", &signed(&again, b"input")).is_ok(),
            "{algorithm}"
        );
    }
}

#[test]
fn generated_keys_differ() {
    for algorithm in Algorithm::ALL {
        let (one, _) = SoftwareKey::generate(algorithm).unwrap();
        let (two, _) = SoftwareKey::generate(algorithm).unwrap();
        assert_ne!(
            one.public_key().thumbprint(),
            two.public_key().thumbprint(),
            "{algorithm}"
        );
    }
}

#[test]
fn a_key_is_bound_to_the_algorithm_it_is_stored_for() {
    for stored in Algorithm::ALL {
        let (_, pkcs8) = SoftwareKey::generate(stored).unwrap();
        for asked in Algorithm::ALL {
            let same_kind = stored == asked
                || matches!(
                    (stored, asked),
                    (Algorithm::RS256 | Algorithm::PS256, Algorithm::RS256 | Algorithm::PS256)
                );
            match SoftwareKey::from_pkcs8(asked, pkcs8.reveal()) {
                Ok(key) => {
                    assert!(same_kind, "{stored} key accepted for {asked}");
                    assert_eq!(key.public_key().algorithm(), asked);
                }
                Err(Fault::Unreadable { algorithm, .. }) => {
                    assert!(!same_kind, "{stored} key refused for {asked}");
                    assert_eq!(algorithm, asked);
                }
                Err(other) => panic!("{stored} for {asked}: {other}"),
            }
        }
    }
}

#[test]
fn damaged_pkcs8_is_refused() {
    for algorithm in Algorithm::ALL {
        let (_, pkcs8) = SoftwareKey::generate(algorithm).unwrap();
        let (_, cut) = pkcs8.reveal().split_last().unwrap();
        for bytes in [b"".as_slice(), b"not a key", cut] {
            assert!(
                matches!(SoftwareKey::from_pkcs8(algorithm, bytes), Err(Fault::Unreadable { .. })),
                "{algorithm}"
            );
        }
    }
}

#[test]
fn an_rsa_key_has_2048_bits() {
    let (key, _) = SoftwareKey::generate(Algorithm::PS256).unwrap();
    let jwk = key.public_key().to_jwk();
    assert_eq!(base64url::decode(jwk["n"].as_str().unwrap()).unwrap().len(), 256);
    assert_eq!(jwk["e"], "AQAB");
}

/// Keys made by `openssl genpkey -algorithm RSA` and `openssl pkcs8 -topk8 -nocrypt -outform DER`, version 3.0.19.
const RSA_2048: &[u8] = include_bytes!("../vectors/rsa_2048_openssl.pkcs8.der");
const RSA_1024: &[u8] = include_bytes!("../vectors/rsa_1024_openssl.pkcs8.der");

#[test]
fn an_rsa_key_of_2048_bits_made_elsewhere_signs_under_both_names() {
    for algorithm in [Algorithm::RS256, Algorithm::PS256] {
        let key = SoftwareKey::from_pkcs8(algorithm, RSA_2048).unwrap();
        assert_eq!(signed(&key, b"input").len(), 256, "{algorithm}");
        assert_eq!(
            oracle(key.public_key(), &token(&key)).unwrap()["sub"],
            "alice@demo.test",
            "{algorithm}"
        );
    }
}

/// RSASSA-PKCS1-v1_5 has one signature for each message (RFC 8017 s8.2.1); this one is `openssl dgst -sha256 -sign`'s.
#[test]
fn the_rs256_signature_of_another_implementation_comes_out() {
    let key = SoftwareKey::from_pkcs8(Algorithm::RS256, RSA_2048).unwrap();
    let expected = concat!(
        "YUR9utl43Nni2Rc7jAYhS82qP-teEYifW40dKC8eNW0uxTqdyP1p-Uv35QGUbtt-KMa15aYxwPsMljXcyN0D79",
        "MEIkXzukth2k7pk4TSaFX3IwEb2ojUYWuypxzKGLiC6_sV7F5EaxHNVeF015fhHNOCRUq2NxIZKLSJfCcKKOqY",
        "KAUbdeSITOiEejN3gAnMjPli37p5YJdnpEAxZPO2iWLe-LExHX5V5sx5gt41y4Vdyr6WvaUO4415vzvjIXuRa5",
        "zt7Hrmp1iio3XKu2dOPLpYQtgnkj6grvAtLqAVYA-s3wqXnin6iTRDK4kEm-HVAJKDeeE9EavzB27T-R5jNA",
    );
    assert_eq!(base64url::encode(&signed(&key, b"input")), expected);
}

#[test]
fn a_ps256_signature_is_salted() {
    let key = SoftwareKey::from_pkcs8(Algorithm::PS256, RSA_2048).unwrap();
    let (one, two) = (signed(&key, b"input"), signed(&key, b"input"));
    assert_ne!(one, two);
    for signature in [one, two] {
        assert!(key.public_key().verify(b"input", &signature).is_ok());
    }
}

#[test]
fn an_rsa_key_below_2048_bits_is_refused() {
    for algorithm in [Algorithm::RS256, Algorithm::PS256] {
        assert!(
            matches!(
                SoftwareKey::from_pkcs8(algorithm, RSA_1024),
                Err(Fault::Unreadable { .. } | Fault::Public { .. })
            ),
            "{algorithm}"
        );
    }
}

#[test]
fn a_sealed_key_of_each_algorithm_signs_again() {
    let seal = Seal::new(Secret::new([7; 32])).unwrap();
    for algorithm in Algorithm::ALL {
        let (key, pkcs8) = SoftwareKey::generate(algorithm).unwrap();
        let place = format!("signing-key/acme/{}", key.public_key().kid().unwrap());
        let sealed = seal.seal(&place, pkcs8.reveal()).unwrap();
        let again = SoftwareKey::from_pkcs8(algorithm, seal.open(&place, &sealed).unwrap().reveal()).unwrap();
        assert_eq!(again.public_key().to_jwk(), key.public_key().to_jwk(), "{algorithm}");
        assert!(oracle(key.public_key(), &token(&again)).is_ok(), "{algorithm}");
    }
}

#[test]
fn an_es256_signature_is_r_and_s_of_32_bytes_each() {
    let (key, _) = SoftwareKey::generate(Algorithm::ES256).unwrap();
    for _ in 0..64 {
        assert_eq!(signed(&key, b"input").len(), 64);
    }
}

/// RFC 8037 appendix A.1: the seed of RFC 8032 test 1, here inside the PKCS#8 shape of RFC 8410 s7.
fn rfc_8037_pkcs8() -> Vec<u8> {
    let seed = base64url::decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
    [
        &[
            0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
        ],
        seed.as_slice(),
    ]
    .concat()
}

#[test]
fn the_signature_of_rfc_8037_a_4_comes_out() {
    let key = SoftwareKey::from_pkcs8(Algorithm::EdDSA, &rfc_8037_pkcs8()).unwrap();
    let input = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    assert_eq!(
        base64url::encode(&signed(&key, input.as_bytes())),
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    );
}

#[test]
fn the_kid_is_the_thumbprint_of_rfc_8037_a_3() {
    let key = SoftwareKey::from_pkcs8(Algorithm::EdDSA, &rfc_8037_pkcs8()).unwrap();
    assert_eq!(
        key.public_key().kid(),
        Some("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")
    );
    assert_eq!(
        key.public_key().thumbprint(),
        "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    );
}

#[test]
fn the_private_jwk_of_rfc_8037_a_1_comes_out() {
    let jwk = private_jwk(Algorithm::EdDSA, &rfc_8037_pkcs8()).unwrap();
    assert_eq!(
        Value::Object(jwk),
        json!({
            "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig",
            "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
            "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
        })
    );
}

/// The key of RFC 7515 appendix A.3, inside the PKCS#8 shape of RFC 5208 and RFC 5915.
#[test]
fn the_private_jwk_of_rfc_7515_a_3_comes_out() {
    let (x, y, d) = (
        "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI",
    );
    let of = |text| base64url::decode(text).unwrap();
    let pkcs8 = [
        &[
            0x30, 0x81, 0x87, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
            0x08,
        ],
        [
            0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x04, 0x6d, 0x30, 0x6b, 0x02, 0x01, 0x01, 0x04, 0x20,
        ]
        .as_slice(),
        &of(d),
        &[0xa1, 0x44, 0x03, 0x42, 0x00, 0x04],
        &of(x),
        &of(y),
    ]
    .concat();
    let jwk = private_jwk(Algorithm::ES256, &pkcs8).unwrap();
    let members: Vec<_> = ["kty", "crv", "x", "y", "d"]
        .into_iter()
        .map(|name| jwk[name].as_str().unwrap())
        .collect();
    assert_eq!(members, ["EC", "P-256", x, y, d]);
}

#[test]
fn a_private_jwk_is_refused_for_rsa_and_never_passes_for_a_public_one() {
    let (_, rsa) = SoftwareKey::generate(Algorithm::PS256).unwrap();
    assert!(matches!(
        private_jwk(Algorithm::PS256, rsa.reveal()),
        Err(Fault::PrivateJwk(Algorithm::PS256))
    ));
    let (_, pkcs8) = SoftwareKey::generate(Algorithm::ES256).unwrap();
    let jwk: json::Object = private_jwk(Algorithm::ES256, pkcs8.reveal()).unwrap();
    assert!(PublicKey::from_jwk(&jwk).is_err());
}

#[test]
fn nothing_private_is_printed() {
    for algorithm in [Algorithm::EdDSA, Algorithm::ES256] {
        let (key, pkcs8) = SoftwareKey::generate(algorithm).unwrap();
        let d = private_jwk(algorithm, pkcs8.reveal()).unwrap()["d"]
            .as_str()
            .unwrap()
            .to_owned();
        let bytes = base64url::decode(&d).unwrap();
        let printed = format!("{key:?} {pkcs8:?}");
        assert!(!printed.contains(&d), "{printed}");
        assert!(!printed.contains(&format!("{bytes:?}")), "{printed}");
        assert!(printed.contains(key.public_key().thumbprint()), "{printed}");
    }
}

#[test]
fn a_private_jwk_is_read_back_to_a_key_that_signs_for_the_same_public_half() {
    for algorithm in [Algorithm::EdDSA, Algorithm::ES256] {
        let (key, pkcs8) = SoftwareKey::generate(algorithm).unwrap();
        let mut jwk = private_jwk(algorithm, pkcs8.reveal()).unwrap();
        let again = SoftwareKey::from_private_jwk(&jwk).unwrap();
        let signature = signed(&again, b"message");
        key.public_key().verify(b"message", &signature).unwrap();

        let (_, other) = SoftwareKey::generate(algorithm).unwrap();
        let foreign = private_jwk(algorithm, other.reveal()).unwrap();
        jwk.insert("d".to_owned(), foreign["d"].clone());
        assert!(
            SoftwareKey::from_private_jwk(&jwk).is_err(),
            "{algorithm}: halves of two keys"
        );
        jwk.remove("d");
        assert!(
            SoftwareKey::from_private_jwk(&jwk).is_err(),
            "{algorithm}: no private half"
        );
    }
}
