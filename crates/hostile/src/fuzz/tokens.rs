//! Tokens, keys, and what else is made of base64url.

use kernel::family;
use proof::{
    Algorithm, PublicKey, Secret, Time, access_token as access, assertion as client_assertion, base64url as b64,
    digest,
    dpop::{self as proofs, Expect},
    json,
    jwk::KeySet,
    jws::{Compact, TOKEN_BYTES_MAX},
    nonce as nonces,
};
use serde_json::Value;

use super::text;
use crate::vectors::{ISSUER, NOW, RESOURCE, TRUSTED_KEYS};

/// Keys whose private halves sign nothing here: RFC 7515 A.3 and RFC 8037 A.1.
const NOBODYS_KEYS: &str = r#"{"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

fn now() -> Time {
    Time::from_unix(NOW)
}

fn keys(text: &str) -> KeySet {
    KeySet::parse(text.as_bytes()).unwrap_or_default()
}

pub(super) fn base64url(data: &[u8]) {
    if let Some(text) = text(data)
        && let Ok(bytes) = b64::decode(text)
    {
        assert_eq!(b64::encode(&bytes), text, "one spelling");
    }
    assert_eq!(b64::decode(&b64::encode(data)).as_deref(), Ok(data));
}

pub(super) fn jws(data: &[u8]) {
    let Some(token) = text(data) else { return };
    let Ok(compact) = Compact::parse(token) else { return };
    assert!(token.len() <= TOKEN_BYTES_MAX);
    let parts: Vec<&str> = token.split('.').collect();
    assert_eq!(parts.len(), 3);
    for part in &parts {
        assert_eq!(
            b64::decode(part).map(|bytes| b64::encode(&bytes)).as_deref(),
            Ok(*part),
            "one spelling"
        );
    }
    let header = compact.header();
    assert!(!header.contains_key("crit") && !header.contains_key("b64"));
    let named = header.get("alg").and_then(Value::as_str).and_then(Algorithm::from_name);
    assert_eq!(named, Some(compact.algorithm()));
    assert_eq!(compact.kid(), header.get("kid").and_then(Value::as_str));
    assert_eq!(compact.typ(), header.get("typ").and_then(Value::as_str));
    if let Ok(claims) = compact.claims_unverified() {
        assert_eq!(
            json::parse_object(Value::Object(claims.clone()).to_string().as_bytes()),
            Ok(claims)
        );
    }
    assert!(compact.verify_with(&keys(NOBODYS_KEYS)).is_err(), "nobody signed this");
    // What verifies is what the trusted keys signed: any other signature over it does not.
    if compact.verify_with(&keys(TRUSTED_KEYS)).is_ok()
        && let Some((input, _)) = token.rsplit_once('.')
        && let Ok(unsigned) = Compact::parse(&[input, "."].concat())
    {
        assert!(unsigned.verify_with(&keys(TRUSTED_KEYS)).is_err());
    }
}

pub(super) fn jwk(data: &[u8]) {
    let Ok(object) = json::parse_object(data) else { return };
    if let Ok(key) = PublicKey::from_jwk(&object) {
        survives_writing(&key);
    }
}

/// A key that is written as JWK and read again is the same key.
fn survives_writing(key: &PublicKey) {
    let written = key.to_jwk();
    assert!(
        ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"]
            .iter()
            .all(|name| !written.contains_key(*name))
    );
    assert!(PublicKey::from_jwk(&written).is_ok_and(|again| {
        (again.thumbprint(), again.algorithm(), again.kid()) == (key.thumbprint(), key.algorithm(), key.kid())
            && again.to_jwk() == written
    }));
    assert!(b64::decode(key.thumbprint()).is_ok_and(|bytes| bytes.len() == 32));
    assert!(key.verify(b"nobody signed this", &[0; 64]).is_err());
}

pub(super) fn jwk_set(data: &[u8]) {
    let Ok(set) = KeySet::parse(data) else { return };
    assert!(data.len() <= KeySet::BYTES_MAX && set.keys().len() <= KeySet::KEYS_MAX);
    set.keys().iter().for_each(survives_writing);
    let entries: Vec<Value> = set.keys().iter().map(|key| Value::Object(key.to_jwk())).collect();
    let written = serde_json::json!({ "keys": entries }).to_string();
    // A set of many large keys may be larger when each says what it is.
    if written.len() <= KeySet::BYTES_MAX {
        let names =
            |set: &KeySet| -> Vec<String> { set.keys().iter().map(|key| key.thumbprint().to_owned()).collect() };
        assert!(KeySet::parse(written.as_bytes()).is_ok_and(|again| names(&again) == names(&set)));
    }
    for key in set.keys() {
        let found = set
            .find(key.kid(), key.algorithm())
            .any(|found| found.thumbprint() == key.thumbprint());
        assert!(found);
    }
}

pub(super) fn assertion(data: &[u8]) {
    let Some(token) = text(data) else { return };
    let Ok(compact) = Compact::parse(token) else { return };
    let check = |audience: &str, at: Time| client_assertion::check(&compact, &keys(TRUSTED_KEYS), audience, at);
    let Ok(passed) = check(ISSUER, now()) else { return };
    let passed = passed.into_inner();
    assert_eq!(client_assertion::named_client(&compact), Ok(passed.client_id));
    assert!((1..=client_assertion::JTI_BYTES_MAX).contains(&passed.jti.len()));
    let longest = client_assertion::LIFETIME_SECONDS_MAX.saturating_add(client_assertion::SKEW_SECONDS);
    assert!(passed.expires > now() && passed.expires.since(now()) <= longest);
    assert!(
        check("https://issuer.example/", now()).is_err(),
        "it is for one audience"
    );
    assert!(check(ISSUER, passed.expires).is_err(), "it ends");
    assert!(client_assertion::check(&compact, &keys(NOBODYS_KEYS), ISSUER, now()).is_err());
}

pub(super) fn access_token(data: &[u8]) {
    let Some(token) = text(data) else { return };
    let Ok(compact) = Compact::parse(token) else { return };
    let check = |audience: &str, at: Time| access::check(&compact, &keys(TRUSTED_KEYS), ISSUER, Some(audience), at, 0);
    let Ok(passed) = check(RESOURCE, now()) else { return };
    let passed = passed.into_inner();
    assert_eq!((passed.issuer.as_str(), passed.audience.as_str()), (ISSUER, RESOURCE));
    assert!(passed.issued <= now() && passed.expires > now());
    assert!(
        passed
            .scopes
            .iter()
            .all(|scope| !scope.is_empty() && !scope.contains(' '))
    );
    assert_eq!(
        passed.jkt.is_some(),
        passed.claims.contains_key("cnf"),
        "a confirmation is demanded or refused"
    );
    assert!(check(ISSUER, now()).is_err(), "it is for one audience");
    assert!(check(RESOURCE, passed.expires).is_err(), "it ends");
    assert!(
        client_assertion::check(&compact, &keys(TRUSTED_KEYS), ISSUER, now()).is_err(),
        "it is nothing else"
    );
}

pub(super) fn dpop(data: &[u8]) {
    let Some(proof) = text(data) else { return };
    let url = [ISSUER, "/oauth2/token"].concat();
    let expect = Expect {
        method: "POST",
        url: &url,
        now: now(),
        access_token: None,
    };
    let Ok(passed) = proofs::check(proof, &expect) else {
        return;
    };
    let passed = passed.into_inner();
    assert!((1..=proofs::JTI_BYTES_MAX).contains(&passed.jti.len()));
    assert_eq!(passed.jkt, passed.key.thumbprint());
    survives_writing(&passed.key);
    let age = now().since(passed.iat);
    assert!(age <= proofs::WINDOW_SECONDS && age >= proofs::FUTURE_SECONDS.saturating_neg());
    let other = [ISSUER, "/oauth2/introspect"].concat();
    for expect in [
        Expect {
            method: "GET",
            ..expect
        },
        Expect { url: &other, ..expect },
        Expect {
            now: passed.iat.plus(proofs::WINDOW_SECONDS).plus(1),
            ..expect
        },
        Expect {
            access_token: Some("a token that nobody has"),
            ..expect
        },
    ] {
        assert!(proofs::check(proof, &expect).is_err(), "it is for one request");
    }
}

/// The key of the nonces here: no input knows it.
const NONCE_KEY: [u8; 32] = [9; 32];

pub(super) fn nonce(data: &[u8]) {
    let Some(shown) = text(data) else { return };
    let ours = nonces::current(&NONCE_KEY, now());
    assert_eq!(nonces::check(&NONCE_KEY, &ours, now()), Ok(()));
    if nonces::check(&NONCE_KEY, shown, now()).is_ok() {
        let bucket = |ago: i64| nonces::current(&NONCE_KEY, now().minus(ago));
        let made = (-nonces::BUCKET_SECONDS..nonces::LIFETIME_SECONDS).any(|ago| bucket(ago) == shown);
        assert!(made, "a nonce that nobody made");
    }
}

/// The key of the refresh tokens here.
const LINE_KEY: [u8; 32] = [5; 32];

pub(super) fn refresh_token(data: &[u8]) {
    let Some(shown) = text(data) else { return };
    let Some(presented) = family::Presented::parse(shown) else {
        return;
    };
    assert!(presented.generation >= 0);
    let key = Secret::new(LINE_KEY);
    let ours = family::write(&key, &presented.family, presented.generation);
    assert_eq!(
        ours == shown,
        presented.is_genuine(&key),
        "what is genuine is what we write"
    );
    let again = family::Presented::parse(&ours);
    assert!(again.is_some_and(|again| {
        again.is_genuine(&key) && (&again.family, again.generation) == (&presented.family, presented.generation)
    }));
    let digest = digest::sha256_b64(shown.as_bytes());
    assert_eq!(digest.len(), 43);
}

pub(super) fn rsa_der(data: &[u8]) {
    for algorithm in Algorithm::ALL {
        let Ok(key) = PublicKey::from_rsa_der(data, algorithm) else {
            continue;
        };
        assert_eq!(key.algorithm(), algorithm);
        assert!(matches!(algorithm, Algorithm::RS256 | Algorithm::PS256));
        survives_writing(&key);
        // DER has one spelling: a byte more is another text.
        assert!(PublicKey::from_rsa_der(&[data, &[0]].concat(), algorithm).is_err());
    }
    if let Ok(key) = PublicKey::from_p256(data) {
        assert_eq!(data.len(), 65);
        survives_writing(&key);
    }
    if let Ok(bytes) = data.try_into()
        && let Ok(key) = PublicKey::from_ed25519(bytes)
    {
        survives_writing(&key);
    }
}
