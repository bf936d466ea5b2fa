//! Compact JWS: who signed it, with which key, for which algorithm.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use proof::{
    Algorithm, Malformed, Naming, PublicKey, base64url, digest,
    jwk::KeySet,
    jws::{Compact, Rejected, TOKEN_BYTES_MAX, assemble, signing_input, signing_input_named},
};
use serde_json::{Value, json};

use crate::{
    jose,
    signer::{Signer, object, unsigned},
};

fn rejected(token: &str) -> Rejected {
    Compact::parse(token).unwrap_err()
}

#[test]
fn what_we_write_we_read() {
    for signer in Signer::all() {
        let claims = object(json!({"iss": "https://as.example.test", "n": 1, "o": {"a": ["\u{e9}\""]}}));
        let input = signing_input(signer.algorithm(), "k \"1\"", "at+jwt", &claims);
        let signature = signer.sign(input.as_bytes());
        let token = assemble(input, &signature);
        let compact = Compact::parse(&token).unwrap();
        assert_eq!(compact.algorithm(), signer.algorithm());
        assert_eq!(compact.kid(), Some("k \"1\""));
        assert_eq!(compact.typ(), Some("at+jwt"));
        assert_eq!(
            compact.header(),
            &object(json!({"alg": signer.algorithm().name(), "kid": "k \"1\"", "typ": "at+jwt"}))
        );
        assert_eq!(compact.claims_unverified().unwrap(), claims);
        assert_eq!(compact.verify(&signer.key()).unwrap().into_inner(), claims);
    }
}

#[test]
fn the_header_we_write_has_alg_kid_typ_in_that_order() {
    let input = signing_input(Algorithm::EdDSA, "k1", "at+jwt", &object(json!({})));
    // {"alg":"EdDSA","kid":"k1","typ":"at+jwt"} and {}.
    assert_eq!(input, "eyJhbGciOiJFZERTQSIsImtpZCI6ImsxIiwidHlwIjoiYXQrand0In0.e30");
    assert_eq!(assemble(input.clone(), &[0xfb, 0xff]), input + ".-_8");
}

/// Ed25519 signatures are deterministic (RFC 8032 s5.1.6): the tokens that `jose` made with the key of RFC 8037 A.1 come
/// out byte for byte.
#[test]
fn ed25519_is_written_under_either_name() {
    let vectors = jose::vectors();
    let seed = base64url::decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
    let pair = Ed25519KeyPair::from_seed_unchecked(&seed).unwrap();
    for (naming, theirs) in [
        (Naming::Polymorphic, "rfc_8037_EdDSA"),
        (Naming::FullySpecified, "rfc_8037_Ed25519"),
    ] {
        let input = signing_input_named(Algorithm::EdDSA, naming, "k1", "JWT", &object(json!({"sub": "user-1"})));
        let signature = pair.sign(input.as_bytes());
        let token = assemble(input, signature.as_ref());
        assert_eq!(token, jose::token(&vectors, theirs));
        // Both names are read as one algorithm.
        assert_eq!(Compact::parse(&token).unwrap().algorithm(), Algorithm::EdDSA);
    }
    assert_eq!(Naming::default(), Naming::Polymorphic);
}

#[test]
fn only_ed25519_has_two_names() {
    for (algorithm, polymorphic, fully_specified) in [
        (Algorithm::EdDSA, "EdDSA", "Ed25519"),
        (Algorithm::ES256, "ES256", "ES256"),
        (Algorithm::RS256, "RS256", "RS256"),
        (Algorithm::PS256, "PS256", "PS256"),
    ] {
        assert_eq!(algorithm.named(Naming::Polymorphic), polymorphic);
        assert_eq!(algorithm.named(Naming::FullySpecified), fully_specified);
        assert_eq!(Algorithm::from_name(fully_specified), Some(algorithm));
    }
}

#[test]
fn a_token_has_three_parts_of_canonical_base64url() {
    let signer = Signer::ed25519(1);
    let good = signer.jws(&json!({"alg": "EdDSA"}), &json!({}));
    assert!(Compact::parse(&good).is_ok());
    let [header, payload, signature]: [&str; 3] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
    for (token, expected) in [
        (String::new(), Rejected::Parts),
        ("e30".to_owned(), Rejected::Parts),
        (format!("{header}.{payload}"), Rejected::Parts),
        (format!("{good}."), Rejected::Parts),
        (format!(".{good}"), Rejected::Parts),
        // Five parts are a JWE.
        (format!("{good}.e30.e30"), Rejected::Parts),
        ("..".to_owned(), Rejected::Header(Malformed::Json)),
        (format!("{header}=.{payload}.{signature}"), Rejected::Base64url),
        (format!("{header}.{payload}=.{signature}"), Rejected::Base64url),
        (format!("{header}.{payload}.{signature}=="), Rejected::Base64url),
        (format!("{header}.{payload}.{signature}\n"), Rejected::Base64url),
        (format!(" {good}"), Rejected::Base64url),
        (format!("{header}.{payload} .{signature}"), Rejected::Base64url),
        (format!("{header}.{payload}.+/+/"), Rejected::Base64url),
        (format!("{header}.{payload}.\u{e9}"), Rejected::Base64url),
        // The last character of 64 bytes carries four bits that must be zero.
        (
            format!("{header}.{payload}.{}", "A".repeat(85) + "B"),
            Rejected::Base64url,
        ),
    ] {
        assert_eq!(rejected(&token), expected, "{token:.80}");
    }
}

#[test]
fn a_header_is_a_strict_object_with_the_right_types() {
    for (header, expected) in [
        ("[]", Rejected::Header(Malformed::NotAnObject)),
        ("null", Rejected::Header(Malformed::NotAnObject)),
        ("{}", Rejected::Header(Malformed::Missing("alg"))),
        (r#"{"alg":"EdDSA"}}"#, Rejected::Header(Malformed::Json)),
        (
            r#"{"alg":"EdDSA","alg":"EdDSA"}"#,
            Rejected::Header(Malformed::Duplicate),
        ),
        (
            r#"{"alg":"EdDSA","\u0061lg":"ES256"}"#,
            Rejected::Header(Malformed::Duplicate),
        ),
        (r#"{"alg":null}"#, Rejected::Header(Malformed::WrongType("alg"))),
        (r#"{"alg":["EdDSA"]}"#, Rejected::Header(Malformed::WrongType("alg"))),
        (r#"{"alg":1}"#, Rejected::Header(Malformed::WrongType("alg"))),
        (
            r#"{"alg":"EdDSA","typ":1}"#,
            Rejected::Header(Malformed::WrongType("typ")),
        ),
        (
            r#"{"alg":"EdDSA","typ":null}"#,
            Rejected::Header(Malformed::WrongType("typ")),
        ),
        (
            r#"{"alg":"EdDSA","x":{"x":{"x":{"x":{"x":{"x":{"x":{"x":{}}}}}}}}}"#,
            Rejected::Header(Malformed::TooDeep),
        ),
        (r#"{"alg":"EdDSA","x":1e400}"#, Rejected::Header(Malformed::Json)),
    ] {
        assert_eq!(rejected(&Signer::ed25519(1).raw(header, "{}")), expected, "{header}");
    }
}

#[test]
fn the_payload_is_a_strict_object_once_the_signature_holds() {
    let signer = Signer::ed25519(1);
    for (claims, expected) in [
        ("", Malformed::Json),
        ("[]", Malformed::NotAnObject),
        (r#""text""#, Malformed::NotAnObject),
        (r#"{"aud":"a","aud":"b"}"#, Malformed::Duplicate),
        (r#"{"exp":9223372036854775808}"#, Malformed::Number),
    ] {
        let token = signer.raw(r#"{"alg":"EdDSA"}"#, claims);
        let compact = Compact::parse(&token).unwrap();
        assert_eq!(
            compact.verify(&signer.key()).unwrap_err(),
            Rejected::Payload(expected),
            "{claims}"
        );
        assert_eq!(
            compact.claims_unverified().unwrap_err(),
            Rejected::Payload(expected),
            "{claims}"
        );
        // Asked again, it says the same; and a wrong key is told before a bad payload.
        assert_eq!(
            compact.verify(&signer.key()).unwrap_err(),
            Rejected::Payload(expected),
            "{claims}"
        );
        assert_eq!(
            compact.verify(&Signer::ed25519(2).key()).unwrap_err(),
            Rejected::Signature
        );
    }
}

#[test]
fn the_type_is_compared_as_a_media_type() {
    let is = |typ: &str, name: &str| {
        let token = Signer::ed25519(1).jws(&json!({"alg": "EdDSA", "typ": typ}), &json!({}));
        Compact::parse(&token).unwrap().typ_is(name)
    };
    for typ in ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"] {
        assert!(is(typ, "at+jwt"), "{typ}");
    }
    for typ in [
        "",
        "jwt",
        "at+jwt ",
        "text/at+jwt",
        "application/",
        "application/application/at+jwt",
        "at+jwt;v=1",
        "\u{e9}pplication/at+jwt",
    ] {
        assert!(!is(typ, "at+jwt"), "{typ}");
    }
    // Only a type without a slash stands for one with the prefix.
    assert!(is("text/plain", "text/plain") && !is("application/text/plain", "text/plain"));
    let untyped = Signer::ed25519(1).jws(&json!({"alg": "EdDSA"}), &json!({}));
    assert!(!Compact::parse(&untyped).unwrap().typ_is(""));
}

#[test]
fn s_11_none_and_macs_are_not_algorithms() {
    let claims = r#"{"sub":"admin"}"#;
    for name in [
        "none", "None", "NONE", "nOnE", "", "HS256", "HS384", "HS512", "hs256", "eddsa", "ES256 ", "RS384", "RS1",
        "dir",
    ] {
        let input = unsigned(&json!({"alg": name}).to_string(), claims);
        for signature in ["", "AA"] {
            assert_eq!(
                rejected(&format!("{input}.{signature}")),
                Rejected::Algorithm,
                "{name:?}"
            );
        }
    }
}

#[test]
fn s_11_a_mac_keyed_by_the_public_key_is_refused() {
    for signer in Signer::all() {
        let jwk = Value::Object(signer.key().to_jwk()).to_string();
        let bare = signer.bare_jwk().to_string();
        let x = signer
            .bare_jwk()
            .get("x")
            .map_or_else(Vec::new, |x| base64url::decode(x.as_str().unwrap()).unwrap());
        for key in [
            jwk.as_bytes(),
            bare.as_bytes(),
            &x,
            signer.key().thumbprint().as_bytes(),
            b"",
        ] {
            // Under its own name it is no algorithm of ours; under the key's name it is no signature.
            let input = unsigned(r#"{"alg":"HS256"}"#, "{}");
            let mac = digest::hmac_sha256(key, input.as_bytes());
            assert_eq!(rejected(&assemble(input, &mac)), Rejected::Algorithm);
            let input = unsigned(&json!({"alg": signer.algorithm().name()}).to_string(), "{}");
            let mac = digest::hmac_sha256(key, input.as_bytes());
            let token = assemble(input, &mac);
            assert_eq!(
                Compact::parse(&token).unwrap().verify(&signer.key()).unwrap_err(),
                Rejected::Signature
            );
        }
    }
}

#[test]
fn s_11_es256_with_zero_or_group_order_is_refused() {
    // n, the order of P-256 (FIPS 186-4 D.1.2.3).
    const N: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6,
        0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];
    let signer = Signer::p256();
    let one: [u8; 32] = std::array::from_fn(|at| u8::from(at == 31));
    let input = unsigned(r#"{"alg":"ES256"}"#, "{}");
    for r in [[0; 32], one, N, [0xff; 32]] {
        for s in [[0; 32], one, N, [0xff; 32]] {
            let token = assemble(input.clone(), &[r, s].concat());
            assert_eq!(
                Compact::parse(&token).unwrap().verify(&signer.key()).unwrap_err(),
                Rejected::Signature
            );
        }
    }
}

#[test]
fn s_11_an_ecdsa_signature_is_64_bytes_and_not_der() {
    let der = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, crate::signer::p256_pkcs8()).unwrap();
    let signer = Signer::p256();
    let input = unsigned(r#"{"alg":"ES256"}"#, "{}");
    let good = signer.sign(input.as_bytes());
    assert_eq!(good.len(), 64);
    let der_signature = der_sign(&der, input.as_bytes());
    let long = [&good[..], &[0]].concat();
    let padded = [&[0][..], &good[..32], &[0], &good[32..]].concat();
    for signature in [&der_signature[..], &long, &padded, &good[..63], &good[1..], &[]] {
        let token = assemble(input.clone(), signature);
        assert_eq!(
            Compact::parse(&token).unwrap().verify(&signer.key()).unwrap_err(),
            Rejected::Signature
        );
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the backend takes a source of randomness as its first argument"
)]
fn der_sign(pair: &EcdsaKeyPair, message: &[u8]) -> Vec<u8> {
    pair.sign(&aws_lc_rs::rand::SystemRandom::new(), message)
        .unwrap()
        .as_ref()
        .to_vec()
}

#[test]
fn s_11_the_key_decides_the_algorithm() {
    for signer in Signer::all() {
        for other in Signer::all()
            .into_iter()
            .filter(|other| other.algorithm() != signer.algorithm())
        {
            // The key's owner signs honestly and names another algorithm.
            let token = signer.jws(&json!({"alg": other.algorithm().name()}), &json!({}));
            let compact = Compact::parse(&token).unwrap();
            assert_eq!(compact.verify(&signer.key()).unwrap_err(), Rejected::WrongAlgorithm);
            assert_eq!(compact.verify(&other.key()).unwrap_err(), Rejected::Signature);
        }
    }
}

#[test]
fn s_11_a_rsa_signature_under_the_name_of_an_eddsa_key_is_refused() {
    let (ed, rsa) = (Signer::ed25519(1), Signer::rsa(Algorithm::RS256));
    let keys = KeySet::from_keys(vec![
        ed.key().with_kid("ed".to_owned()),
        rsa.key().with_kid("rsa".to_owned()),
    ]);
    let verify = |signer: &Signer, alg: &str, kid: &str| {
        let token = signer.jws(&json!({"alg": alg, "kid": kid}), &json!({}));
        Compact::parse(&token).unwrap().verify_with(&keys).map(|_| ())
    };
    assert_eq!(verify(&rsa, "RS256", "ed"), Err(Rejected::WrongAlgorithm));
    assert_eq!(verify(&rsa, "EdDSA", "ed"), Err(Rejected::Signature));
    assert_eq!(verify(&rsa, "EdDSA", "rsa"), Err(Rejected::WrongAlgorithm));
    assert_eq!(verify(&rsa, "PS256", "rsa"), Err(Rejected::WrongAlgorithm));
    assert_eq!(verify(&ed, "RS256", "rsa"), Err(Rejected::Signature));
    assert_eq!(verify(&rsa, "RS256", "rsa"), Ok(()));
    assert_eq!(verify(&ed, "EdDSA", "ed"), Ok(()));
}

#[test]
fn a_set_is_asked_by_name_and_else_by_algorithm() {
    let (first, second, stranger) = (Signer::ed25519(1), Signer::ed25519(2), Signer::ed25519(3));
    let keys = KeySet::from_keys(vec![
        first.key().with_kid("1".to_owned()),
        second.key().with_kid("2".to_owned()),
    ]);
    let verify = |signer: &Signer, header: Value| {
        let token = signer.jws(&header, &json!({}));
        Compact::parse(&token).unwrap().verify_with(&keys).map(|_| ())
    };
    assert_eq!(verify(&second, json!({"alg": "EdDSA", "kid": "2"})), Ok(()));
    assert_eq!(verify(&second, json!({"alg": "EdDSA"})), Ok(()));
    assert_eq!(
        verify(&second, json!({"alg": "EdDSA", "kid": "1"})),
        Err(Rejected::Signature)
    );
    assert_eq!(
        verify(&second, json!({"alg": "EdDSA", "kid": "3"})),
        Err(Rejected::UnknownKey)
    );
    assert_eq!(verify(&stranger, json!({"alg": "EdDSA"})), Err(Rejected::Signature));
    assert_eq!(
        verify(&Signer::p256(), json!({"alg": "ES256"})),
        Err(Rejected::UnknownKey)
    );
    let token = first.jws(&json!({"alg": "EdDSA"}), &json!({}));
    assert_eq!(
        Compact::parse(&token)
            .unwrap()
            .verify_with(&KeySet::default())
            .unwrap_err(),
        Rejected::UnknownKey
    );
}

#[test]
fn s_12_keys_and_addresses_in_the_header_are_not_followed() {
    let (owner, thief) = (Signer::ed25519(1), Signer::ed25519(2));
    let keys = KeySet::from_keys(vec![owner.key().with_kid("owner".to_owned())]);
    for (name, value) in [
        ("jwk", thief.bare_jwk()),
        ("jku", json!("https://thief.example.test/jwks.json")),
        ("x5u", json!("file:///etc/passwd")),
        ("x5c", json!(["MIIB"])),
        ("x5t#S256", json!("AA")),
    ] {
        for kid in [json!("owner"), json!("thief")] {
            let header = json!({"alg": "EdDSA", "kid": kid, name: value});
            let forged = thief.jws(&header, &json!({"sub": "admin"}));
            let expected = if kid == "owner" {
                Rejected::Signature
            } else {
                Rejected::UnknownKey
            };
            assert_eq!(
                Compact::parse(&forged).unwrap().verify_with(&keys).unwrap_err(),
                expected,
                "{name}"
            );
        }
        // They change nothing for an honest token either.
        let honest = owner.jws(
            &json!({"alg": "EdDSA", "kid": "owner", name: value}),
            &json!({"sub": "me"}),
        );
        assert_eq!(
            Compact::parse(&honest).unwrap().verify_with(&keys).unwrap()["sub"],
            "me"
        );
    }
}

#[test]
fn s_12_critical_extensions_and_unencoded_payloads_are_refused() {
    for (header, expected) in [
        (json!({"alg": "EdDSA", "crit": ["exp"], "exp": 1}), Rejected::Critical),
        (
            json!({"alg": "EdDSA", "crit": ["b64"], "b64": false}),
            Rejected::Critical,
        ),
        (json!({"alg": "EdDSA", "crit": ["unheard-of"]}), Rejected::Critical),
        (json!({"alg": "EdDSA", "crit": []}), Rejected::Critical),
        (json!({"alg": "EdDSA", "crit": null}), Rejected::Critical),
        (json!({"alg": "EdDSA", "crit": "alg"}), Rejected::Critical),
        (json!({"alg": "EdDSA", "b64": false}), Rejected::UnencodedPayload),
        (json!({"alg": "EdDSA", "b64": true}), Rejected::UnencodedPayload),
    ] {
        assert_eq!(
            rejected(&Signer::ed25519(1).jws(&header, &json!({}))),
            expected,
            "{header}"
        );
    }
}

#[test]
fn s_12_a_key_id_is_a_string_that_names_one_of_our_keys() {
    let signer = Signer::ed25519(1);
    let keys = KeySet::from_keys(vec![signer.key().with_kid("k1".to_owned())]);
    for kid in [
        "../../etc/passwd",
        "' OR 1=1 --",
        "k1\0",
        "K1",
        "k1 ",
        "",
        "/dev/null",
        "https://thief.example.test/k1",
    ] {
        let token = signer.jws(&json!({"alg": "EdDSA", "kid": kid}), &json!({}));
        assert_eq!(
            Compact::parse(&token).unwrap().verify_with(&keys).unwrap_err(),
            Rejected::UnknownKey,
            "{kid:?}"
        );
    }
    for kid in [json!(null), json!(1), json!(["k1"]), json!({"k1": 1}), json!(true)] {
        let token = signer.jws(&json!({"alg": "EdDSA", "kid": kid}), &json!({}));
        assert_eq!(rejected(&token), Rejected::Header(Malformed::WrongType("kid")), "{kid}");
    }
    let huge = signer.jws(&json!({"alg": "EdDSA", "kid": "k".repeat(1 << 20)}), &json!({}));
    assert_eq!(rejected(&huge), Rejected::TooLarge);
}

#[test]
fn s_15_a_token_has_at_most_16_kib() {
    assert_eq!(TOKEN_BYTES_MAX, 16_384);
    let signer = Signer::ed25519(1);
    // The payload grows by four characters for three bytes.
    let token = |filler: usize| signer.jws(&json!({"alg": "EdDSA"}), &json!({"x": "x".repeat(filler)}));
    let longest = (12_000..12_300)
        .rev()
        .map(token)
        .find(|token| token.len() <= TOKEN_BYTES_MAX)
        .unwrap();
    assert!(longest.len() > TOKEN_BYTES_MAX - 4);
    assert!(Compact::parse(&longest).unwrap().verify(&signer.key()).is_ok());
    assert_eq!(rejected(&format!("{longest}AAAA")), Rejected::TooLarge);
}

#[test]
fn a_changed_token_does_not_verify() {
    let signer = Signer::ed25519(1);
    let token = signer.jws(&json!({"alg": "EdDSA", "kid": "k"}), &json!({"sub": "user-1", "n": 1}));
    for at in 0..token.len() {
        let mut changed = token.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        let verified = Compact::parse(&changed).and_then(|compact| compact.verify(&signer.key()));
        assert!(verified.is_err(), "byte {at}");
    }
}

#[test]
fn debug_and_display_show_nothing_of_the_token() {
    let secret = "do-not-print";
    let token = Signer::ed25519(1).jws(
        &json!({"alg": "EdDSA", "kid": secret, "typ": secret}),
        &json!({"sub": secret}),
    );
    assert_eq!(
        format!("{:?}", Compact::parse(&token).unwrap()),
        "Compact { algorithm: EdDSA, .. }"
    );
    let key: Result<PublicKey, _> = PublicKey::from_jwk(&object(json!({"kty": secret})));
    let errors = [
        rejected(secret).to_string(),
        rejected(&Signer::ed25519(1).jws(&json!({"alg": secret}), &json!({}))).to_string(),
        rejected(&Signer::ed25519(1).raw(&format!(r#"{{"{secret}":1,"{secret}":1}}"#), "{}")).to_string(),
        key.unwrap_err().to_string(),
    ];
    for error in errors {
        assert!(
            error.is_ascii() && error.len() < 80 && !error.contains(secret),
            "{error}"
        );
    }
}
