//! S-15: input made to be expensive is refused before it costs anything, in bytes and in time.

use allocation_counter::measure;
use proof::{
    Malformed, PublicKey, Time, assertion, base64url,
    dpop::{self, DpopError, Expect},
    json,
    jwk::KeySet,
    jws::{Compact, Rejected},
    webauthn,
};
use serde_json::{Value, json};

use crate::{
    authenticator::{Alg, Authenticator},
    signer::{Signer, object, unsigned},
    webauthn::hex,
};

/// Runs `attempt`, which must not hold more than that many bytes at a time, and must answer within the 50 ms of S-15.
fn within<T>(bytes_max: u64, attempt: impl Fn() -> T) -> T {
    let mut answer = None;
    let cost = measure(|| answer = Some(attempt()));
    assert!(cost.bytes_max <= bytes_max, "held {} bytes", cost.bytes_max);
    // The machine may be busy with something else: one quick run of five suffices.
    let quickest = (0..5).map(|_| seconds(&attempt)).fold(f64::INFINITY, f64::min);
    assert!(quickest < 0.05, "took {quickest} s");
    answer.unwrap()
}

#[expect(clippy::disallowed_methods, reason = "the limit of S-15 is a time")]
fn seconds<T>(attempt: impl Fn() -> T) -> f64 {
    let start = std::time::Instant::now();
    drop(attempt());
    start.elapsed().as_secs_f64()
}

fn parse(token: &str) -> Rejected {
    Compact::parse(token).unwrap_err()
}

#[test]
fn s_15_dots_and_length_cost_nothing() {
    for bytes in [1_000_000, 16 << 20] {
        let dots = ".".repeat(bytes);
        assert_eq!(within(0, || parse(&dots)), Rejected::TooLarge);
        let letters = "A".repeat(bytes);
        assert_eq!(within(0, || parse(&letters)), Rejected::TooLarge);
        let megabyte = Signer::ed25519(1).jws(&json!({"alg": "EdDSA"}), &json!({"x": letters}));
        assert_eq!(within(0, || parse(&megabyte)), Rejected::TooLarge);
    }
    let dots = ".".repeat(16_384);
    assert_eq!(within(0, || parse(&dots)), Rejected::Parts);
    let expect = Expect {
        method: "POST",
        url: "https://as.example.test/",
        now: Time::from_unix(1),
        access_token: None,
    };
    let proof = |token: &str| within(0, || dpop::check(token, &expect).unwrap_err());
    assert_eq!(proof(&dots), DpopError::Jws(Rejected::Parts));
    assert_eq!(proof(&".".repeat(1_000_000)), DpopError::Jws(Rejected::TooLarge));
}

#[test]
fn s_15_encrypted_and_compressed_tokens_are_not_opened() {
    let header =
        json!({"alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "zip": "DEF", "p2c": 2_147_483_647, "p2s": "AA"});
    let jwe = format!("{}.AA.AA.AA", unsigned(&header.to_string(), "x"));
    assert_eq!(within(0, || parse(&jwe)), Rejected::Parts);
    let three = format!("{}.AA", unsigned(&header.to_string(), "x"));
    assert_eq!(within(4_096, || parse(&three)), Rejected::Algorithm);
}

#[test]
fn s_15_a_key_of_16384_bits_is_refused_unread() {
    let jwk = json!({"kty": "RSA", "n": base64url::encode(&[0xc1; 2048]), "e": "AQAB"});
    let read = object(jwk.clone());
    assert_eq!(
        within(0, || PublicKey::from_jwk(&read).unwrap_err()),
        Malformed::WeakKey
    );
    let set = json!({"keys": [jwk]}).to_string();
    assert_eq!(
        within(16_384, || KeySet::parse(set.as_bytes()).unwrap_err()),
        Malformed::WeakKey
    );
    // In a proof as well.
    let header = json!({"typ": "dpop+jwt", "alg": "RS256", "jwk": read});
    let proof = Signer::ed25519(1).jws(&header, &json!({}));
    let expect = Expect {
        method: "POST",
        url: "https://as.example.test/",
        now: Time::from_unix(1),
        access_token: None,
    };
    let refused = within(16_384, || dpop::check(&proof, &expect).unwrap_err());
    assert_eq!(refused, DpopError::Key(Malformed::WeakKey));
}

#[test]
fn s_15_ten_thousand_keys_are_not_read() {
    let jwk = Signer::ed25519(1).bare_jwk().to_string();
    let set = |entry: &str| format!(r#"{{"keys":[{}]}}"#, vec![entry; 10_000].join(","));
    let keys = set(&jwk);
    assert_eq!(
        within(0, || KeySet::parse(keys.as_bytes()).unwrap_err()),
        Malformed::TooLarge
    );
    // Small enough for the limit of bytes: read as JSON, which is bounded by it, and no further.
    let empty = set("{}");
    assert_eq!(
        within(2 << 20, || KeySet::parse(empty.as_bytes()).unwrap_err()),
        Malformed::TooManyKeys
    );
}

#[test]
fn s_15_deep_json_is_left_at_the_limit() {
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        let deep = format!(r#"{{"a":{}1{}}}"#, open.repeat(100_000), close.repeat(100_000));
        assert_eq!(
            within(8_192, || json::parse_object(deep.as_bytes()).unwrap_err()),
            Malformed::TooDeep
        );
        let unclosed = format!(r#"{{"a":{}"#, open.repeat(100_000));
        assert_eq!(
            within(8_192, || json::parse_object(unclosed.as_bytes()).unwrap_err()),
            Malformed::TooDeep
        );
    }
    // A huge value of another kind at the top is left at its first byte.
    let array = format!("[{}1]", "1,".repeat(500_000));
    assert_eq!(
        within(1_024, || json::parse_object(array.as_bytes()).unwrap_err()),
        Malformed::NotAnObject
    );
}

#[test]
fn s_15_ten_thousand_audiences_do_not_fit() {
    let signer = Signer::ed25519(1);
    let token = |count: usize| {
        signer.jws(
            &json!({"alg": "EdDSA"}),
            &json!({"iss": "c", "sub": "c", "aud": vec!["a"; count]}),
        )
    };
    let large = token(10_000);
    assert_eq!(within(0, || parse(&large)), Rejected::TooLarge);
    // As many as fit: refused as an audience, within a bound.
    let keys = KeySet::from_keys(vec![signer.key()]);
    let most = token(2_900);
    let refused = within(1 << 20, || {
        let compact = Compact::parse(&most).unwrap();
        assertion::check(&compact, &keys, "https://as.example.test", Time::from_unix(1)).unwrap_err()
    });
    assert_eq!(refused, assertion::AssertionError::Audience);
}

#[test]
fn s_15_passkey_responses_cost_no_more_than_their_size() {
    let large = vec![b' '; 16 << 20];
    let passkey = |json: &[u8]| webauthn::check_registration(json, &crate::webauthn::expect()).map(drop);
    assert_eq!(within(0, || passkey(&large)), Err(webauthn::Rejected::TooLarge));
    let parsed = within(0, || webauthn::parse_assertion(&large).map(drop));
    assert_eq!(parsed, Err(webauthn::Rejected::TooLarge));
    // Lengths beyond all bytes, nesting, and as many items as fit: all refused as CBOR, without a tree being built.
    let good = crate::webauthn::registration(&Authenticator::new(Alg::EdDsa)).value();
    for (object, why) in [
        (hex("bbffffffffffffffff"), Malformed::Cbor),
        (hex("a1009bffffffffffffffff"), Malformed::Cbor),
        (hex("a1005bffffffffffffffff"), Malformed::Cbor),
        (vec![0x81; 40_000], Malformed::TooDeep),
        ([hex("a10099ffff"), vec![0x80; 40_000]].concat(), Malformed::Cbor),
        (
            [hex("a1009999c0"), vec![0x80; 0x99c0]].concat(),
            Malformed::Missing("fmt"),
        ),
    ] {
        let mut value = good.clone();
        value["response"]["attestationObject"] = base64url::encode(&object).into();
        let json = value.to_string();
        let refused = within(256 * 1024, || passkey(json.as_bytes()));
        assert_eq!(refused, Err(webauthn::Rejected::AttestationObject(why)));
    }
}

/// The token endpoint checks two of these within its 100 microseconds: these are ceilings against a second parse or a
/// needless copy, not measurements.
#[test]
fn a_proof_and_an_assertion_are_checked_with_few_allocations() {
    let signer = Signer::ed25519(1);
    let header = json!({"typ": "dpop+jwt", "alg": "EdDSA", "jwk": signer.bare_jwk()});
    let claims = json!({"jti": "j-1", "htm": "POST", "htu": "https://as.example.test/", "iat": 1, "nonce": "n"});
    let proof = signer.jws(&header, &claims);
    let expect = Expect {
        method: "POST",
        url: "https://as.example.test/",
        now: Time::from_unix(1),
        access_token: None,
    };
    let cost = measure(|| assert!(dpop::check(&proof, &expect).is_ok()));
    assert!(cost.count_total <= 40, "{} allocations", cost.count_total);

    let keys = KeySet::from_keys(vec![signer.key()]);
    let claims: Value =
        json!({"iss": "c", "sub": "c", "aud": "https://as.example.test", "exp": 60, "iat": 1, "jti": "j-1"});
    let token = signer.jws(&json!({"alg": "EdDSA"}), &claims);
    let cost = measure(|| {
        let compact = Compact::parse(&token).unwrap();
        assert!(assertion::named_client(&compact).is_ok());
        assert!(assertion::check(&compact, &keys, "https://as.example.test", Time::from_unix(1)).is_ok());
    });
    assert!(cost.count_total <= 24, "{} allocations", cost.count_total);
}
