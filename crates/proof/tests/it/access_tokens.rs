//! Our own access tokens as a resource server reads them (RFC 9068 s4).

use proof::{
    Malformed, Time,
    access_token::{AccessToken, AccessTokenError, check},
    jwk::KeySet,
    jws::{Compact, Rejected},
};
use serde_json::{Value, json};

use crate::signer::{Signer, object, with_raw};

const NOW: i64 = 1_700_000_000;
const ISSUER: &str = "https://as.example.test/t/demo";
const AUDIENCE: &str = "https://api.example.test";
/// The thumbprint of RFC 9449 s6.1.
const JKT: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";

fn claims() -> Value {
    json!({
        "iss": ISSUER, "sub": "user-1", "aud": AUDIENCE, "client_id": "client-1", "scope": "read write", "jti": "t-1",
        "iat": NOW - 10, "exp": NOW + 290, "cnf": {"jkt": JKT}, "act": {"sub": "agent-1"},
    })
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

fn header() -> Value {
    json!({"alg": "EdDSA", "kid": "k1", "typ": "at+jwt"})
}

fn checked_token(token: &str, now: i64, skew_seconds: i64) -> Result<AccessToken, AccessTokenError> {
    let keys = KeySet::from_keys(vec![Signer::ed25519(1).key().with_kid("k1".to_owned())]);
    let compact = Compact::parse(token).unwrap();
    check(
        &compact,
        &keys,
        ISSUER,
        Some(AUDIENCE),
        Time::from_unix(now),
        skew_seconds,
    )
    .map(proof::Verified::into_inner)
}

fn checked(claims: &Value) -> Result<AccessToken, AccessTokenError> {
    checked_token(&Signer::ed25519(1).jws(&header(), claims), NOW, 0)
}

fn refused(claims: &Value) -> AccessTokenError {
    checked(claims).unwrap_err()
}

fn malformed(why: Malformed) -> AccessTokenError {
    AccessTokenError::Malformed(why)
}

#[test]
fn a_good_token_says_all_it_holds() {
    let token = checked(&claims()).unwrap();
    assert_eq!(token.issuer, ISSUER);
    assert_eq!(token.subject, "user-1");
    assert_eq!(token.audience, AUDIENCE);
    assert_eq!(token.client_id, "client-1");
    assert_eq!(token.scopes, ["read", "write"]);
    assert_eq!(token.jti, "t-1");
    assert_eq!(
        (token.issued, token.expires),
        (Time::from_unix(NOW - 10), Time::from_unix(NOW + 290))
    );
    assert_eq!(token.jkt.as_deref(), Some(JKT));
    assert_eq!(token.claims, object(claims()));
    assert_eq!(checked(&without("scope")).unwrap().scopes, [""; 0]);
    assert_eq!(checked(&without("cnf")).unwrap().jkt, None);
    assert_eq!(checked(&with("aud", json!([AUDIENCE]))).unwrap().audience, AUDIENCE);
}

#[test]
fn other_types_of_tokens_are_no_access_tokens() {
    let typed = |typ: Value| {
        let mut header = header();
        header["typ"] = typ;
        checked_token(&Signer::ed25519(1).jws(&header, &claims()), NOW, 0).map(|_| ())
    };
    for typ in ["at+jwt", "AT+JWT", "application/at+jwt"] {
        assert_eq!(typed(json!(typ)), Ok(()), "{typ}");
    }
    for typ in [
        "",
        "JWT",
        "dpop+jwt",
        "id_token",
        "client-authentication+jwt",
        "rt+jwt",
        "at+jwt+jwt",
    ] {
        assert_eq!(typed(json!(typ)), Err(AccessTokenError::WrongType), "{typ}");
    }
    let untyped = Signer::ed25519(1).jws(&json!({"alg": "EdDSA", "kid": "k1"}), &claims());
    assert_eq!(
        checked_token(&untyped, NOW, 0).unwrap_err(),
        AccessTokenError::WrongType
    );
}

#[test]
fn a_token_is_from_the_issuer_by_its_key() {
    for issuer in [
        "https://as.example.test/t/demo/",
        "https://as.example.test/t/other",
        "https://AS.example.test/t/demo",
    ] {
        assert_eq!(
            refused(&with("iss", json!(issuer))),
            AccessTokenError::WrongIssuer,
            "{issuer}"
        );
    }
    let forged = Signer::ed25519(2).jws(&header(), &claims());
    assert_eq!(
        checked_token(&forged, NOW, 0).unwrap_err(),
        AccessTokenError::Jws(Rejected::Signature)
    );
    let mut header = header();
    header["kid"] = json!("k2");
    let unknown = Signer::ed25519(1).jws(&header, &claims());
    assert_eq!(
        checked_token(&unknown, NOW, 0).unwrap_err(),
        AccessTokenError::Jws(Rejected::UnknownKey)
    );
    // What a forger writes decides nothing: the signature is told before the claims are.
    let expired = Signer::ed25519(2).jws(&self::header(), &with("exp", json!(1)));
    assert_eq!(
        checked_token(&expired, NOW, 0).unwrap_err(),
        AccessTokenError::Jws(Rejected::Signature)
    );
}

#[test]
fn a_token_has_exactly_one_audience() {
    for audience in [
        json!("https://api.example.test/"),
        json!("https://other.example.test"),
        json!(""),
        json!([]),
        json!([AUDIENCE, AUDIENCE]),
        json!([AUDIENCE, "https://other.example.test"]),
        json!([1]),
        json!([[AUDIENCE]]),
        json!([null]),
    ] {
        assert_eq!(
            refused(&with("aud", audience.clone())),
            AccessTokenError::WrongAudience,
            "{audience}"
        );
    }
    for audience in [json!(null), json!(1), json!({}), json!(true)] {
        assert_eq!(refused(&with("aud", audience)), malformed(Malformed::WrongType("aud")));
    }
}

#[test]
fn without_an_expected_audience_the_one_there_is_told() {
    let keys = KeySet::from_keys(vec![Signer::ed25519(1).key().with_kid("k1".to_owned())]);
    let read = |audience: Value| {
        let token = Signer::ed25519(1).jws(&header(), &with("aud", audience));
        let compact = Compact::parse(&token).unwrap();
        check(&compact, &keys, ISSUER, None, Time::from_unix(NOW), 0).map(|token| token.audience.clone())
    };
    assert_eq!(
        read(json!("https://any.example.test")),
        Ok("https://any.example.test".to_owned())
    );
    assert_eq!(read(json!(["a", "b"])), Err(AccessTokenError::WrongAudience));
}

#[test]
fn a_token_is_good_for_its_time() {
    let token = Signer::ed25519(1).jws(&header(), &with("nbf", json!(NOW)));
    for (now, skew_seconds, expected) in [
        (NOW, 0, Ok(())),
        (NOW + 289, 0, Ok(())),
        (NOW + 290, 0, Err(AccessTokenError::Expired)),
        (NOW + 290, 1, Ok(())),
        (NOW + 319, 30, Ok(())),
        (NOW + 320, 30, Err(AccessTokenError::Expired)),
        (NOW - 1, 0, Err(AccessTokenError::NotYetValid)),
        (NOW - 1, 1, Ok(())),
        (NOW - 11, 5, Err(AccessTokenError::NotYetValid)),
        (i64::MAX, 60, Err(AccessTokenError::Expired)),
    ] {
        assert_eq!(
            checked_token(&token, now, skew_seconds).map(|_| ()),
            expected,
            "{now} {skew_seconds}"
        );
    }
    assert_eq!(refused(&with("iat", json!(NOW + 1))), AccessTokenError::NotYetValid);
}

#[test]
fn s_13_claims_are_there_and_have_their_types() {
    for name in ["iss", "sub", "aud", "client_id", "jti", "exp", "iat"] {
        assert_eq!(refused(&without(name)), malformed(Malformed::Missing(name)));
    }
    for name in ["iss", "sub", "client_id", "jti", "scope"] {
        for value in [json!(null), json!(1), json!(["a"]), json!({}), json!(true)] {
            assert_eq!(refused(&with(name, value)), malformed(Malformed::WrongType(name)));
        }
    }
    for name in ["iss", "sub", "client_id", "jti"] {
        assert_eq!(refused(&with(name, json!(""))), malformed(Malformed::Value(name)));
    }
    for name in ["exp", "iat", "nbf"] {
        for value in [
            json!(null),
            json!("1700000290"),
            json!(1_700_000_000.5),
            json!([NOW]),
            json!(false),
        ] {
            assert_eq!(refused(&with(name, value)), malformed(Malformed::WrongType(name)));
        }
        assert_eq!(refused(&with(name, json!(-1))), malformed(Malformed::Value(name)));
    }
    for scope in ["", " ", "read ", " read", "read  write"] {
        assert_eq!(
            refused(&with("scope", json!(scope))),
            malformed(Malformed::Value("scope")),
            "{scope:?}"
        );
    }
    let raw = |claims: &str| {
        let token = Signer::ed25519(1).raw(&header().to_string(), claims);
        checked_token(&token, NOW, 0).unwrap_err()
    };
    let payload = |why| AccessTokenError::Jws(Rejected::Payload(why));
    assert_eq!(raw(&with_raw(&claims(), "exp", "1e400")), payload(Malformed::Json));
    assert_eq!(
        raw(&with_raw(&claims(), "x", r#"1,"aud":"b""#)),
        payload(Malformed::Duplicate)
    );
    assert_eq!(raw("[]"), payload(Malformed::NotAnObject));
}

#[test]
fn a_confirmation_we_cannot_demand_refuses_the_token() {
    for cnf in [
        json!({}),
        json!({"jkt": JKT, "kid": "k1"}),
        json!({"x5t#S256": JKT, "x5t": JKT}),
        json!({"jkt": JKT, "x5t#S256": JKT, "jku": "https://a.example"}),
        json!({"x5t#S256": ""}),
        json!({"x5t#S256": "short"}),
        json!({"x5t#s256": JKT}),
        json!({"jkt": JKT, "x5t#S256": "short"}),
        json!({"jwk": Signer::ed25519(1).bare_jwk()}),
        json!({"kid": "k1"}),
        json!({"JKT": JKT}),
        json!({"jkt": ""}),
        json!({"jkt": "short"}),
        json!({"jkt": format!("{JKT}=")}),
        json!({"jkt": format!("{JKT}AA")}),
    ] {
        assert_eq!(
            refused(&with("cnf", cnf.clone())),
            AccessTokenError::Confirmation,
            "{cnf}"
        );
    }
    for cnf in [json!(null), json!("jkt"), json!([{"jkt": JKT}]), json!(1)] {
        assert_eq!(refused(&with("cnf", cnf)), malformed(Malformed::WrongType("cnf")));
    }
    for wrong in [json!(null), json!(1), json!([JKT])] {
        for name in ["jkt", "x5t#S256"] {
            assert_eq!(
                refused(&with("cnf", json!({name: wrong}))),
                malformed(Malformed::WrongType(name))
            );
        }
    }
}

#[test]
fn a_token_says_which_key_and_which_certificate_it_is_bound_to() {
    let other = "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"; // RFC 8705 App. A
    for (cnf, jkt, x5t) in [
        (json!({"jkt": JKT}), Some(JKT), None),
        (json!({"x5t#S256": other}), None, Some(other)),
        (json!({"jkt": JKT, "x5t#S256": other}), Some(JKT), Some(other)),
    ] {
        let token = Signer::ed25519(1).jws(&header(), &with("cnf", cnf));
        let token = checked_token(&token, NOW, 0).unwrap();
        assert_eq!((token.jkt.as_deref(), token.x5t.as_deref()), (jkt, x5t));
    }
}
