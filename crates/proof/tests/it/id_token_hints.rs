//! ID tokens as hints: OIDC Core s3.1.2.1, RP-Initiated Logout s2, and S-14.

use proof::{
    Malformed, Time,
    id_token::{HintError, IdTokenHint, check_hint},
    jwk::KeySet,
    jws::{Compact, Rejected},
};
use serde_json::{Value, json};

use crate::{jose, signer::Signer};

const NOW: i64 = 1_700_000_000;
const ISSUER: &str = "https://as.example.test/t/demo";

fn claims() -> Value {
    json!({"iss": ISSUER, "sub": "user-1", "aud": "client-1", "exp": NOW + 300, "iat": NOW, "sid": "s-1", "nonce": "n"})
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

fn without(name: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(name).unwrap();
    claims
}

fn checked_as(header: &Value, claims: &Value) -> Result<IdTokenHint, HintError> {
    let keys = KeySet::from_keys(vec![Signer::ed25519(1).key().with_kid("k1".to_owned())]);
    let token = Signer::ed25519(1).jws(header, claims);
    check_hint(&Compact::parse(&token).unwrap(), &keys, ISSUER).map(proof::Verified::into_inner)
}

fn checked(claims: &Value) -> Result<IdTokenHint, HintError> {
    checked_as(&json!({"alg": "EdDSA", "kid": "k1", "typ": "JWT"}), claims)
}

fn refused(claims: &Value) -> HintError {
    checked(claims).unwrap_err()
}

#[test]
fn tokens_made_by_jose_are_read_although_they_have_expired() {
    let vectors = jose::vectors();
    let keys = jose::key_set(&vectors, "id_token_keys");
    let read = |name| {
        let compact = Compact::parse(jose::token(&vectors, name)).unwrap();
        check_hint(&compact, &keys, ISSUER).map(proof::Verified::into_inner)
    };
    let hint = |aud: &[&str], sid: Option<&str>| IdTokenHint {
        sub: "user-1".to_owned(),
        aud: aud.iter().map(|aud| (*aud).to_owned()).collect(),
        sid: sid.map(str::to_owned),
        iat: Time::from_unix(NOW - 1300),
    };
    assert_eq!(read("id_token"), Ok(hint(&["client-1"], Some("s-1"))));
    assert_eq!(read("id_token_untyped"), Ok(hint(&["client-1", "client-2"], None)));
    assert_eq!(read("access_token"), Err(HintError::WrongType));
}

#[test]
fn s_14_other_tokens_of_ours_are_no_hints() {
    let typed = |typ: &str| checked_as(&json!({"alg": "EdDSA", "kid": "k1", "typ": typ}), &claims()).map(drop);
    for typ in ["JWT", "jwt", "application/jwt"] {
        assert_eq!(typed(typ), Ok(()), "{typ}");
    }
    assert_eq!(
        checked_as(&json!({"alg": "EdDSA", "kid": "k1"}), &claims()).map(drop),
        Ok(())
    );
    for typ in [
        "",
        "at+jwt",
        "application/at+jwt",
        "logout+jwt",
        "secevent+jwt",
        "token-introspection+jwt",
        "txntoken+jwt",
        "oauth-id-jag+jwt",
        "dpop+jwt",
        "client-authentication+jwt",
    ] {
        assert_eq!(typed(typ), Err(HintError::WrongType), "{typ}");
    }
    // A signed answer of the userinfo endpoint, and one of the authorization endpoint (JARM).
    let userinfo = json!({"iss": ISSUER, "aud": "client-1", "sub": "user-1", "name": "Ada"});
    assert_eq!(refused(&userinfo), HintError::Claims(Malformed::Missing("exp")));
    let response = json!({"iss": ISSUER, "aud": "client-1", "exp": NOW + 60, "code": "c", "iat": NOW});
    assert_eq!(refused(&response), HintError::Claims(Malformed::Missing("sub")));
}

#[test]
fn a_hint_is_ours() {
    for issuer in [
        "https://as.example.test/t/demo/",
        "https://as.example.test/t/other",
        "https://AS.example.test/t/demo",
        "",
    ] {
        assert_eq!(refused(&with("iss", json!(issuer))), HintError::WrongIssuer, "{issuer}");
    }
    let keys = KeySet::from_keys(vec![Signer::ed25519(1).key().with_kid("k1".to_owned())]);
    for (kid, expected) in [("k1", Rejected::Signature), ("k2", Rejected::UnknownKey)] {
        let forged = Signer::ed25519(2).jws(&json!({"alg": "EdDSA", "kid": kid, "typ": "JWT"}), &claims());
        assert_eq!(
            check_hint(&Compact::parse(&forged).unwrap(), &keys, ISSUER).unwrap_err(),
            HintError::Jws(expected)
        );
    }
}

#[test]
fn an_expired_hint_serves_but_needs_its_times() {
    for exp in [0, 1, NOW - 1, NOW + 300] {
        assert_eq!(checked(&with("exp", json!(exp))).map(drop), Ok(()), "{exp}");
    }
    for name in ["exp", "iat", "iss", "sub", "aud"] {
        assert_eq!(refused(&without(name)), HintError::Claims(Malformed::Missing(name)));
    }
    for name in ["exp", "iat"] {
        for value in [json!("1700000060"), json!(null), json!([NOW]), json!(1_700_000_060.5)] {
            assert_eq!(
                refused(&with(name, value)),
                HintError::Claims(Malformed::WrongType(name))
            );
        }
        assert_eq!(
            refused(&with(name, json!(-1))),
            HintError::Claims(Malformed::Value(name))
        );
    }
}

#[test]
fn s_13_wrong_types_are_refused() {
    for name in ["iss", "sub", "sid"] {
        for value in [json!(null), json!(1), json!(["x"])] {
            assert_eq!(
                refused(&with(name, value)),
                HintError::Claims(Malformed::WrongType(name))
            );
        }
    }
    for value in [
        json!(null),
        json!(1),
        json!({}),
        json!(["client-1", 1]),
        json!([["client-1"]]),
    ] {
        assert_eq!(
            refused(&with("aud", value)),
            HintError::Claims(Malformed::WrongType("aud"))
        );
    }
    assert_eq!(
        refused(&with("aud", json!([]))),
        HintError::Claims(Malformed::Value("aud"))
    );
    assert_eq!(
        refused(&with("sub", json!(""))),
        HintError::Claims(Malformed::Value("sub"))
    );
}
