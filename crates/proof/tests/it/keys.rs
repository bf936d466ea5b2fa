//! Which keys are taken, under which name and for which algorithm.

#![expect(clippy::arithmetic_side_effects, reason = "test arithmetic on small known values")]

use proof::{Algorithm, Malformed, PublicKey, base64url, jwk::KeySet};
use serde_json::{Value, json};

use crate::signer::{Signer, object};

fn read(jwk: Value) -> Result<PublicKey, Malformed> {
    PublicKey::from_jwk(&object(jwk))
}

fn with(mut jwk: Value, name: &str, value: Value) -> Value {
    jwk[name] = value;
    jwk
}

fn without(mut jwk: Value, name: &str) -> Value {
    jwk.as_object_mut().unwrap().remove(name).unwrap();
    jwk
}

/// A number of that many bits, high and low bit set.
fn modulus(bits: usize) -> String {
    let mut bytes = vec![0x5a; bits.div_ceil(8)];
    bytes[0] = match bits % 8 {
        0 => 0x80,
        rest => 1 << (rest - 1),
    };
    *bytes.last_mut().unwrap() |= 1;
    base64url::encode(&bytes)
}

#[test]
fn algorithms_have_their_registered_names() {
    for (algorithm, name) in [
        (Algorithm::EdDSA, "EdDSA"),
        (Algorithm::ES256, "ES256"),
        (Algorithm::RS256, "RS256"),
        (Algorithm::PS256, "PS256"),
    ] {
        assert_eq!(algorithm.to_string(), name);
        assert_eq!(Algorithm::from_name(name), Some(algorithm));
    }
    for name in [
        "none", "None", "NONE", "", "HS256", "RS384", "ES256K", "ES384", "es256", "EDDSA", "Ed448", "RSA1_5", " ES256",
    ] {
        assert_eq!(Algorithm::from_name(name), None, "{name}");
    }
}

#[test]
fn a_key_survives_being_written_and_read() {
    for signer in Signer::all() {
        let key = signer.key().with_kid("k1".to_owned());
        let jwk = key.to_jwk();
        assert_eq!(jwk["alg"], signer.algorithm().name());
        assert_eq!(jwk["use"], "sig");
        assert_eq!(jwk["kid"], "k1");
        let again = PublicKey::from_jwk(&jwk).unwrap();
        assert_eq!(
            (again.thumbprint(), again.kid(), again.algorithm()),
            (key.thumbprint(), Some("k1"), key.algorithm())
        );
        assert_eq!(again.to_jwk(), jwk);
        again.verify(b"message", &signer.sign(b"message")).unwrap();
        assert!(again.verify(b"another", &signer.sign(b"message")).is_err());
    }
    assert!(!Signer::ed25519(1).key().to_jwk().contains_key("kid"));
}

#[test]
fn debug_shows_the_thumbprint_and_no_more() {
    let key = Signer::ed25519(1).key().with_kid("secret-name".to_owned());
    assert_eq!(format!("{key:?}"), format!("PublicKey({:?})", key.thumbprint()));
}

#[test]
fn a_rsa_key_is_for_the_algorithm_it_names() {
    let bare = Signer::rsa(Algorithm::RS256).bare_jwk();
    assert_eq!(read(bare.clone()).unwrap().algorithm(), Algorithm::RS256);
    assert_eq!(
        read(with(bare.clone(), "alg", json!("RS256"))).unwrap().algorithm(),
        Algorithm::RS256
    );
    let pss = read(with(bare, "alg", json!("PS256"))).unwrap();
    assert_eq!(pss.algorithm(), Algorithm::PS256);
    // One key, two algorithms: neither verifies the other's signatures.
    assert!(pss.verify(b"m", &Signer::rsa(Algorithm::RS256).sign(b"m")).is_err());
    pss.verify(b"m", &Signer::rsa(Algorithm::PS256).sign(b"m")).unwrap();
}

#[test]
fn the_der_of_a_rsa_key_is_read_strictly() {
    // RSAPublicKey of RFC 8017 A.1.1, with a modulus of 2048 bits and the exponent 65537.
    let n = base64url::decode(&modulus(2048)).unwrap();
    let good = [
        &[0x30, 0x82, 0x01, 0x0a, 0x02, 0x82, 0x01, 0x01, 0x00],
        &n[..],
        &[0x02, 0x03, 0x01, 0x00, 0x01],
    ]
    .concat();
    let key = PublicKey::from_rsa_der(&good, Algorithm::PS256).unwrap();
    assert_eq!(
        key.thumbprint(),
        read(json!({"kty": "RSA", "n": modulus(2048), "e": "AQAB"}))
            .unwrap()
            .thumbprint()
    );
    let long_form = [
        &[0x30, 0x82, 0x01, 0x0b, 0x02, 0x82, 0x01, 0x01, 0x00],
        &n[..],
        &[0x02, 0x81, 0x03, 0x01, 0x00, 0x01],
    ];
    let negative = [
        &[0x30, 0x82, 0x01, 0x09, 0x02, 0x82, 0x01, 0x00],
        &n[..],
        &[0x02, 0x03, 0x01, 0x00, 0x01],
    ];
    let padded = [
        &[0x30, 0x82, 0x01, 0x0b, 0x02, 0x82, 0x01, 0x01, 0x00],
        &n[..],
        &[0x02, 0x04, 0x00, 0x01, 0x00, 0x01],
    ];
    let three = [
        &[0x30, 0x82, 0x01, 0x0d, 0x02, 0x82, 0x01, 0x01, 0x00],
        &n[..],
        &[0x02, 0x03, 0x01, 0x00, 0x01, 0x02, 0x01, 0x05],
    ];
    for (what, der) in [
        ("empty", Vec::new()),
        ("trailing byte", [&good[..], &[0]].concat()),
        ("cut", good[..good.len() - 1].to_vec()),
        ("a length in a longer form than needed", long_form.concat()),
        ("a negative modulus", negative.concat()),
        ("an exponent with a needless zero", padded.concat()),
        ("a third number", three.concat()),
        ("a sequence of nothing", vec![0x30, 0x00]),
        ("another type", [&[0x31], &good[1..]].concat()),
        ("a length beyond the end", vec![0x30, 0x82, 0xff, 0xff, 0x02]),
        ("indefinite length", vec![0x30, 0x80, 0x00, 0x00]),
    ] {
        assert_eq!(
            PublicKey::from_rsa_der(&der, Algorithm::RS256).unwrap_err(),
            Malformed::Key,
            "{what}"
        );
    }
    for algorithm in [Algorithm::EdDSA, Algorithm::ES256] {
        assert_eq!(
            PublicKey::from_rsa_der(&good, algorithm).unwrap_err(),
            Malformed::Value("alg")
        );
    }
}

#[test]
fn private_members_are_refused_in_every_key() {
    for signer in Signer::all() {
        for name in ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"] {
            for value in [json!("AQAB"), json!(null)] {
                assert_eq!(
                    read(with(signer.bare_jwk(), name, value)).unwrap_err(),
                    Malformed::PrivateKey,
                    "{name}"
                );
            }
        }
    }
    assert_eq!(
        read(json!({"kty": "oct", "k": "AQAB"})).unwrap_err(),
        Malformed::PrivateKey
    );
}

#[test]
fn a_key_for_something_else_is_told_apart_from_a_broken_one() {
    let (ed, ec, rsa) = (
        Signer::ed25519(1).bare_jwk(),
        Signer::p256().bare_jwk(),
        Signer::rsa(Algorithm::RS256).bare_jwk(),
    );
    for (jwk, expected) in [
        // Well-formed for something we do not do.
        (json!({"kty": "AKP", "pub": "AQAB"}), Malformed::Unsupported("kty")),
        (with(ec.clone(), "kty", json!("ec")), Malformed::Unsupported("kty")),
        (with(ec.clone(), "crv", json!("P-384")), Malformed::Unsupported("crv")),
        (
            with(ec.clone(), "crv", json!("secp256k1")),
            Malformed::Unsupported("crv"),
        ),
        (with(ed.clone(), "crv", json!("X25519")), Malformed::Unsupported("crv")),
        (with(ed.clone(), "crv", json!("Ed448")), Malformed::Unsupported("crv")),
        (with(ed.clone(), "use", json!("enc")), Malformed::Unsupported("use")),
        (
            with(rsa.clone(), "alg", json!("RSA-OAEP")),
            Malformed::Unsupported("alg"),
        ),
        (with(rsa.clone(), "alg", json!("RS512")), Malformed::Unsupported("alg")),
        (with(rsa.clone(), "alg", json!("HS256")), Malformed::Unsupported("alg")),
        (with(ec.clone(), "alg", json!("none")), Malformed::Unsupported("alg")),
        (
            with(ec.clone(), "key_ops", json!(["sign"])),
            Malformed::Unsupported("key_ops"),
        ),
        (
            with(ec.clone(), "key_ops", json!([])),
            Malformed::Unsupported("key_ops"),
        ),
        // Broken.
        (without(ec.clone(), "kty"), Malformed::Missing("kty")),
        (with(ec.clone(), "kty", json!(["EC"])), Malformed::WrongType("kty")),
        (without(ec.clone(), "crv"), Malformed::Missing("crv")),
        (with(ec.clone(), "crv", json!(null)), Malformed::WrongType("crv")),
        (with(ed.clone(), "alg", json!("ES256")), Malformed::Value("alg")),
        (with(ec.clone(), "alg", json!("RS256")), Malformed::Value("alg")),
        (with(rsa.clone(), "alg", json!("EdDSA")), Malformed::Value("alg")),
        (with(rsa.clone(), "alg", json!(["RS256"])), Malformed::WrongType("alg")),
        (with(rsa.clone(), "use", json!(1)), Malformed::WrongType("use")),
        (with(rsa.clone(), "kid", json!(1)), Malformed::WrongType("kid")),
        (with(rsa.clone(), "kid", json!(null)), Malformed::WrongType("kid")),
        (
            with(rsa.clone(), "key_ops", json!("verify")),
            Malformed::WrongType("key_ops"),
        ),
        (
            with(rsa.clone(), "key_ops", json!(["verify", 1])),
            Malformed::WrongType("key_ops"),
        ),
        (without(ed.clone(), "x"), Malformed::Missing("x")),
        (without(ec.clone(), "y"), Malformed::Missing("y")),
        (without(rsa.clone(), "n"), Malformed::Missing("n")),
        (without(rsa.clone(), "e"), Malformed::Missing("e")),
        (with(ed.clone(), "x", json!(7)), Malformed::WrongType("x")),
        (with(ec.clone(), "x", json!(null)), Malformed::WrongType("x")),
        (with(rsa.clone(), "n", json!({})), Malformed::WrongType("n")),
    ] {
        assert_eq!(read(jwk.clone()).unwrap_err(), expected, "{jwk}");
    }
    for operations in [json!(["verify"]), json!(["sign", "verify"])] {
        assert!(read(with(ec.clone(), "key_ops", operations)).is_ok());
    }
}

#[test]
fn curve_points_have_one_spelling_and_lie_on_the_curve() {
    let (ed, ec) = (Signer::ed25519(1).bare_jwk(), Signer::p256().bare_jwk());
    let x = base64url::decode(ec["x"].as_str().unwrap()).unwrap();
    let text = |bytes: &[u8]| json!(base64url::encode(bytes));
    for (what, jwk, expected) in [
        (
            "a leading zero byte",
            with(ec.clone(), "x", text(&[&[0][..], &x].concat())),
            Malformed::Base64url,
        ),
        (
            "a byte short",
            with(ec.clone(), "x", text(&x[1..])),
            Malformed::Base64url,
        ),
        (
            "padding",
            with(ec.clone(), "x", json!(base64url::encode(&x) + "=")),
            Malformed::Base64url,
        ),
        ("empty", with(ec.clone(), "x", json!("")), Malformed::Base64url),
        ("off the curve", with(ec.clone(), "x", text(&[1; 32])), Malformed::Key),
        (
            "x and y swapped",
            with(with(ec.clone(), "x", ec["y"].clone()), "y", ec["x"].clone()),
            Malformed::Key,
        ),
        (
            "the origin",
            with(with(ec.clone(), "x", text(&[0; 32])), "y", text(&[0; 32])),
            Malformed::Key,
        ),
        (
            "a coordinate beyond the field",
            with(ec.clone(), "x", text(&[0xff; 32])),
            Malformed::Key,
        ),
        ("31 bytes", with(ed.clone(), "x", text(&[9; 31])), Malformed::Base64url),
        ("33 bytes", with(ed.clone(), "x", text(&[9; 33])), Malformed::Base64url),
    ] {
        assert_eq!(read(jwk).unwrap_err(), expected, "{what}");
    }
    let point = [&[0x04][..], &x, &base64url::decode(ec["y"].as_str().unwrap()).unwrap()].concat();
    assert!(PublicKey::from_p256(&point).is_ok());
    assert_eq!(
        PublicKey::from_p256(&[&point[..], &[0]].concat()).unwrap_err(),
        Malformed::Key
    );
    // Compressed, hybrid and infinite points are other spellings.
    for point in [&[0x02; 33][..], &[0x06; 65], &[0x00], &[], &[0x04; 64], &[0x04; 66]] {
        assert_eq!(PublicKey::from_p256(point).unwrap_err(), Malformed::Key);
    }
}

/// All encodings, canonical or not, of the eight points whose order divides 8; worked out from the curve equation with
/// a separate program.
const SMALL_ORDER: [&str; 14] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
];

#[test]
fn s_11_ed25519_points_of_small_order_are_refused() {
    for hex in SMALL_ORDER {
        let digit = |at: usize| u8::try_from(char::from(hex.as_bytes()[at]).to_digit(16).unwrap()).unwrap();
        let point: [u8; 32] = std::array::from_fn(|at| digit(2 * at) << 4 | digit(2 * at + 1));
        assert_eq!(
            PublicKey::from_ed25519(&point).unwrap_err(),
            Malformed::WeakKey,
            "{hex}"
        );
        let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": base64url::encode(&point)});
        assert_eq!(read(jwk).unwrap_err(), Malformed::WeakKey, "{hex}");
    }
}

#[test]
fn ed25519_coordinates_beyond_the_field_are_a_second_spelling() {
    // p is 2^255 - 19: these spell y = 2 to 18 once more (RFC 8032 s5.1.3 step 1).
    for low in 0xef..=0xff {
        for top in [0x7f, 0xff] {
            let mut point = [0xff; 32];
            (point[0], point[31]) = (low, top);
            assert_eq!(
                PublicKey::from_ed25519(&point).unwrap_err(),
                Malformed::Key,
                "{low:x} {top:x}"
            );
        }
    }
}

#[test]
fn s_15_rsa_keys_have_2048_to_4096_bits_and_a_sane_exponent() {
    let jwk = |n: String, e: &[u8]| json!({"kty": "RSA", "n": n, "e": base64url::encode(e)});
    for bits in [2048, 2049, 3072, 4095, 4096] {
        assert!(read(jwk(modulus(bits), &[1, 0, 1])).is_ok(), "{bits}");
    }
    for bits in [8, 512, 1024, 2040, 2047, 4097, 4104, 8192, 16_384] {
        assert_eq!(
            read(jwk(modulus(bits), &[1, 0, 1])).unwrap_err(),
            Malformed::WeakKey,
            "{bits}"
        );
    }
    for e in [&[3][..], &[17], &[1, 0, 1], &[0xff, 0xff, 0xff, 0xff]] {
        assert!(read(jwk(modulus(2048), e)).is_ok(), "{e:?}");
    }
    for e in [
        &[1][..],
        &[2],
        &[1, 0, 0],
        &[1, 0, 0, 0, 0],
        &[1, 0, 0, 0, 1],
        &[1, 0, 0, 0, 0, 0, 0, 0, 1],
        &[7; 300],
    ] {
        assert_eq!(read(jwk(modulus(2048), e)).unwrap_err(), Malformed::WeakKey, "{e:?}");
    }
    let n = base64url::decode(&modulus(2048)).unwrap();
    let even = base64url::encode(&[&n[..255], &[0x5a]].concat());
    let zero_first = base64url::encode(&[&[0][..], &n].concat());
    for (what, jwk) in [
        ("an even modulus", jwk(even, &[1, 0, 1])),
        ("a modulus with a leading zero", jwk(zero_first, &[1, 0, 1])),
        ("an exponent with a leading zero", jwk(modulus(2048), &[0, 1, 0, 1])),
        ("an empty modulus", jwk(String::new(), &[1, 0, 1])),
        ("an empty exponent", jwk(modulus(2048), &[])),
    ] {
        assert_eq!(read(jwk).unwrap_err(), Malformed::Key, "{what}");
    }
}

#[test]
fn a_key_set_skips_what_it_does_not_know_and_keeps_the_order() {
    let entry = |signer: &Signer, kid: &str| with(signer.bare_jwk(), "kid", json!(kid));
    let (ed, ec) = (Signer::ed25519(1), Signer::p256());
    let set = json!({"keys": [
        {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AQAB"},
        entry(&ed, "a"),
        with(entry(&ec, "b"), "use", json!("enc")),
        {"kty": "EC", "crv": "P-521", "x": "AQAB", "y": "AQAB"},
        entry(&ec, "b"),
        with(Signer::rsa(Algorithm::RS256).bare_jwk(), "alg", json!("RSA-OAEP-256")),
    ], "unknown": 1});
    let set = KeySet::parse(set.to_string().as_bytes()).unwrap();
    let thumbprints: Vec<_> = set.keys().iter().map(PublicKey::thumbprint).collect();
    assert_eq!(thumbprints, [ed.key().thumbprint(), ec.key().thumbprint()]);
    assert!(KeySet::parse(br#"{"keys":[]}"#).unwrap().keys().is_empty());
}

#[test]
fn a_key_set_is_found_in_by_name_and_algorithm() {
    let keys = vec![
        Signer::ed25519(1).key().with_kid("a".to_owned()),
        Signer::ed25519(2).key().with_kid("b".to_owned()),
        Signer::p256().key().with_kid("a".to_owned()),
        Signer::ed25519(3).key(),
    ];
    let set = KeySet::from_keys(keys.clone());
    let found = |kid, algorithm| {
        let at = |key: &PublicKey| {
            keys.iter()
                .position(|other| other.thumbprint() == key.thumbprint())
                .unwrap()
        };
        set.find(kid, algorithm).map(at).collect::<Vec<_>>()
    };
    assert_eq!(found(Some("a"), Algorithm::EdDSA), [0]);
    assert_eq!(found(Some("a"), Algorithm::ES256), [2]);
    assert_eq!(found(Some("b"), Algorithm::ES256), [0; 0]);
    assert_eq!(found(Some("A"), Algorithm::EdDSA), [0; 0]);
    assert_eq!(found(Some(""), Algorithm::EdDSA), [0; 0]);
    assert_eq!(found(None, Algorithm::EdDSA), [0, 1, 3]);
    assert_eq!(found(None, Algorithm::RS256), [0; 0]);
}

#[test]
fn one_broken_entry_refuses_the_set() {
    let good = Signer::ed25519(1).bare_jwk();
    for (broken, expected) in [
        (json!({"kty": "oct", "k": "AQAB"}), Malformed::PrivateKey),
        (with(good.clone(), "d", json!("AQAB")), Malformed::PrivateKey),
        (with(good.clone(), "x", json!("AQAB")), Malformed::Base64url),
        (
            json!({"kty": "RSA", "n": modulus(1024), "e": "AQAB"}),
            Malformed::WeakKey,
        ),
        (
            json!({"kty": "RSA", "n": modulus(16_384), "e": "AQAB"}),
            Malformed::WeakKey,
        ),
        (json!({}), Malformed::Missing("kty")),
        (json!("key"), Malformed::WrongType("keys")),
        (json!(null), Malformed::WrongType("keys")),
    ] {
        let set = json!({"keys": [good.clone(), broken]}).to_string();
        assert_eq!(KeySet::parse(set.as_bytes()).unwrap_err(), expected, "{set}");
    }
    for (set, expected) in [
        ("{}", Malformed::Missing("keys")),
        (r#"{"keys":{}}"#, Malformed::WrongType("keys")),
        (r#"{"keys":null}"#, Malformed::WrongType("keys")),
        ("[]", Malformed::NotAnObject),
        (r#"{"keys":[],"keys":[]}"#, Malformed::Duplicate),
        (r#"{"keys":[{"kty":"AKP","kty":"AKP"}]}"#, Malformed::Duplicate),
        ("", Malformed::Json),
    ] {
        assert_eq!(KeySet::parse(set.as_bytes()).unwrap_err(), expected, "{set}");
    }
}

#[test]
fn s_15_a_key_set_has_at_most_32_keys_and_64_kib() {
    let set = |count| json!({"keys": vec![Signer::ed25519(1).bare_jwk(); count]}).to_string();
    assert_eq!(KeySet::parse(set(32).as_bytes()).unwrap().keys().len(), 32);
    assert_eq!(KeySet::parse(set(33).as_bytes()).unwrap_err(), Malformed::TooManyKeys);
    // Skipped entries count as well.
    let unknown = json!({"keys": vec![json!({"kty": "AKP"}); 33]}).to_string();
    assert_eq!(KeySet::parse(unknown.as_bytes()).unwrap_err(), Malformed::TooManyKeys);
    let padded = |bytes: usize| [" ".repeat(bytes - 11), r#"{"keys":[]}"#.to_owned()].concat();
    assert!(KeySet::parse(padded(65_536).as_bytes()).is_ok());
    assert_eq!(
        KeySet::parse(padded(65_537).as_bytes()).unwrap_err(),
        Malformed::TooLarge
    );
}
