//! What must hold for any input at all.

use proof::{
    Algorithm, PublicKey, Time, access_token, assertion, base64url,
    dpop::{self, Expect},
    json::{self, Object},
    jwk::KeySet,
    jws::{Compact, assemble, signing_input},
    nonce,
};
use proptest::prelude::{Just, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};
use serde_json::Value;

use crate::signer::{Signer, object};

fn expect() -> Expect<'static> {
    Expect {
        method: "POST",
        url: "https://as.example.test/token",
        now: Time::from_unix(1),
        access_token: Some("t"),
    }
}

/// Any JSON within the depth limit, numbers within their range.
fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e15..1e15).prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(".{0,6}", inner, 0..4).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn json_object() -> impl Strategy<Value = Object> {
    prop::collection::btree_map(".{0,6}", json_value(), 0..6).prop_map(|map| map.into_iter().collect())
}

/// An object that looks like a header, a claims set or a key often enough to reach the rules behind the types.
fn plausible_object() -> impl Strategy<Value = Object> {
    let name = prop::sample::select(vec![
        "alg",
        "typ",
        "kid",
        "jwk",
        "crit",
        "kty",
        "crv",
        "x",
        "y",
        "n",
        "e",
        "d",
        "use",
        "key_ops",
        "keys",
        "iss",
        "sub",
        "aud",
        "exp",
        "iat",
        "nbf",
        "jti",
        "htm",
        "htu",
        "ath",
        "nonce",
        "cnf",
        "jkt",
        "scope",
        "client_id",
    ]);
    let text = prop::sample::select(vec![
        "EdDSA",
        "ES256",
        "RS256",
        "PS256",
        "none",
        "HS256",
        "dpop+jwt",
        "at+jwt",
        "JWT",
        "OKP",
        "EC",
        "RSA",
        "Ed25519",
        "P-256",
        "sig",
        "verify",
        "AQAB",
        "POST",
        "https://as.example.test/token",
        "a b",
        "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    ]);
    let value =
        prop_oneof![4 => text.prop_map(Value::from), 1 => (0_i64..600).prop_map(Value::from), 1 => json_value()];
    let flat = prop::collection::btree_map(name.clone().prop_map(str::to_owned), value.clone(), 0..8);
    let nested = prop::collection::btree_map(name.prop_map(str::to_owned), value, 0..6);
    (flat, nested).prop_map(|(flat, nested)| {
        let mut object: Object = flat.into_iter().collect();
        if object.contains_key("jwk") {
            object.insert("jwk".to_owned(), Value::Object(nested.into_iter().collect()));
        }
        object
    })
}

const PRIVATE: [&str; 9] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"];

/// Whether the member says something of a key of this type.
fn relevant(jwk: &Object, name: &str) -> bool {
    let members: &[&str] = match jwk["kty"].as_str() {
        Some("OKP") => &["kty", "crv", "x", "kid"],
        Some("EC") => &["kty", "crv", "x", "y", "kid"],
        _ => &["kty", "n", "e", "kid"],
    };
    members.contains(&name)
}

/// Reads the token in every way there is.
fn read_all_ways(token: &str) {
    let keys = KeySet::from_keys(vec![Signer::ed25519(1).key()]);
    if let Ok(compact) = Compact::parse(token) {
        let claims = compact.claims_unverified();
        assert_eq!(compact.claims_unverified(), claims);
        // Nobody signed it.
        assert!(compact.verify_with(&keys).is_err());
        assert!(assertion::check(&compact, &keys, "https://as.example.test", Time::from_unix(1)).is_err());
        assert!(access_token::check(&compact, &keys, "https://as.example.test", None, Time::from_unix(1), 0).is_err());
        drop(assertion::named_client(&compact));
        assert!(!format!("{compact:?}").is_empty());
    }
    assert!(dpop::check(token, &expect()).is_err());
}

proptest! {
    #[test]
    fn no_text_makes_a_reader_panic(token in ".{0,200}") {
        read_all_ways(&token);
        prop_assert!(nonce::check(&[7; 32], &token, Time::from_unix(1)).is_err());
    }

    #[test]
    fn no_parts_make_a_reader_panic(token in "[A-Za-z0-9_-]{0,60}(\\.[A-Za-z0-9_=-]{0,60}){0,4}") {
        read_all_ways(&token);
    }

    #[test]
    fn no_plausible_token_passes_unsigned(
        header in plausible_object(),
        claims in plausible_object(),
        signature in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        let parts = [&header, &claims].map(|part| base64url::encode(serde_json::to_string(part).unwrap().as_bytes()));
        read_all_ways(&assemble(parts.join("."), &signature));
    }

    #[test]
    fn no_bytes_make_the_json_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        drop(json::parse_object(&bytes));
        drop(KeySet::parse(&bytes));
    }

    #[test]
    fn json_we_read_means_the_same_to_another_reader(text in "[{}\\[\\]\",:a0-9eE.+\\\\u-]{0,40}") {
        let wrapped = format!("{{\"a\":{text}}}");
        for text in [text, wrapped] {
            if let Ok(ours) = json::parse_object(text.as_bytes()) {
                prop_assert_eq!(Value::Object(ours), serde_json::from_str::<Value>(&text).unwrap());
            }
        }
    }

    #[test]
    fn json_written_is_read_back(object in json_object()) {
        let text = serde_json::to_string(&object).unwrap();
        prop_assert_eq!(json::parse_object(text.as_bytes()), Ok(object));
    }

    #[test]
    fn a_key_that_is_read_is_written_as_the_same_key(which in 0_usize..4, change in plausible_object()) {
        let mut jwk = object(Signer::all()[which].bare_jwk());
        // At most two members of a real key are replaced or added, so that many are still keys.
        jwk.extend(change.into_iter().take(2));
        if let Ok(key) = PublicKey::from_jwk(&jwk) {
            let again = PublicKey::from_jwk(&key.to_jwk()).unwrap();
            prop_assert_eq!(again.thumbprint(), key.thumbprint());
            prop_assert_eq!(again.algorithm(), key.algorithm());
            prop_assert_eq!(again.kid(), key.kid());
            prop_assert!(PRIVATE.iter().all(|name| !jwk.contains_key(*name)));
            for name in ["kty", "crv", "x", "y", "n", "e", "kid"] {
                prop_assert_eq!(key.to_jwk().get(name).cloned(), jwk.get(name).cloned().filter(|_| relevant(&jwk, name)));
            }
        }
    }

    #[test]
    fn no_bytes_make_a_key_panic(point in prop::collection::vec(any::<u8>(), 0..70), seed in any::<[u8; 32]>()) {
        drop(PublicKey::from_p256(&point));
        drop(PublicKey::from_rsa_der(&point, Algorithm::RS256));
        if let Ok(key) = PublicKey::from_ed25519(&seed) {
            prop_assert!(key.verify(&point, &point).is_err());
        }
    }

    #[test]
    fn base64url_is_one_to_one(bytes in prop::collection::vec(any::<u8>(), 0..100), text in "[A-Za-z0-9_=+/-]{0,20}") {
        let encoded = base64url::encode(&bytes);
        prop_assert!(encoded.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        prop_assert_eq!(base64url::decode(&encoded), Ok(bytes));
        if let Ok(decoded) = base64url::decode(&text) {
            prop_assert_eq!(base64url::encode(&decoded), text);
        }
    }

    #[test]
    fn any_claims_we_sign_come_back(claims in json_object(), kid in ".{0,20}", typ in ".{0,20}") {
        let signer = Signer::ed25519(1);
        let input = signing_input(Algorithm::EdDSA, &kid, &typ, &claims);
        let signature = signer.sign(input.as_bytes());
        let token = assemble(input, &signature);
        let compact = Compact::parse(&token).unwrap();
        prop_assert_eq!(compact.verify(&signer.key()).unwrap().into_inner(), claims);
        prop_assert_eq!((compact.kid(), compact.typ()), (Some(kid.as_str()), Some(typ.as_str())));
    }

    #[test]
    fn a_proof_with_any_byte_changed_is_refused(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let signer = Signer::ed25519(1);
        let header = serde_json::json!({"typ": "dpop+jwt", "alg": "EdDSA", "jwk": signer.bare_jwk()});
        let claims = serde_json::json!({"jti": "j", "htm": "POST", "htu": expect().url, "iat": 1});
        let expect = Expect { access_token: None, ..expect() };
        let proof = signer.jws(&header, &claims);
        prop_assert!(dpop::check(&proof, &expect).is_ok());
        let mut changed = proof.clone().into_bytes();
        let at = at.index(changed.len());
        changed[at] = byte;
        if let Ok(changed) = String::from_utf8(changed) && changed != proof {
            prop_assert!(dpop::check(&changed, &expect).is_err());
        }
    }

    #[test]
    fn a_nonce_is_good_for_its_lifetime(now in 0_i64..1 << 40, later in 0_i64..600) {
        let (made, now) = (nonce::current(&[7; 32], Time::from_unix(now)), Time::from_unix(now));
        let good = nonce::check(&[7; 32], &made, now.plus(later)).is_ok();
        // At least ten buckets less one, at most ten.
        if later < 270 { prop_assert!(good) } else if later >= 300 { prop_assert!(!good) }
    }
}
