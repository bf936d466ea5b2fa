//! Client assertions: S-13, S-18 and S-19, and the rules of draft-ietf-oauth-rfc7523bis.

use proof::{
    Malformed, Time,
    assertion::{AssertionError, ClientAssertion, check, named_client},
    jwk::KeySet,
    jws::{Compact, Rejected},
};
use serde_json::{Value, json};

use crate::signer::{Signer, with_raw};

const NOW: i64 = 1_700_000_000;
const ISSUER: &str = "https://as.example.test/t/demo";

fn claims() -> Value {
    json!({"iss": "client-1", "sub": "client-1", "aud": ISSUER, "exp": NOW + 60, "iat": NOW, "jti": "j-1"})
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

fn checked_raw(header: &str, claims: &str) -> Result<ClientAssertion, AssertionError> {
    let signer = Signer::ed25519(1);
    let keys = KeySet::from_keys(vec![signer.key().with_kid("k1".to_owned())]);
    let token = signer.raw(header, claims);
    let compact = Compact::parse(&token).unwrap();
    check(&compact, &keys, ISSUER, Time::from_unix(NOW)).map(proof::Verified::into_inner)
}

fn checked(claims: &Value) -> Result<ClientAssertion, AssertionError> {
    checked_raw(r#"{"alg":"EdDSA","kid":"k1"}"#, &claims.to_string())
}

fn refused(claims: &Value) -> AssertionError {
    checked(claims).unwrap_err()
}

fn wrong_type(name: &'static str) -> AssertionError {
    AssertionError::Claims(Malformed::WrongType(name))
}

#[test]
fn a_good_assertion_says_who_until_when_and_which() {
    let expected = ClientAssertion {
        client_id: "client-1".to_owned(),
        jti: "j-1".to_owned(),
        expires: Time::from_unix(NOW + 60),
    };
    assert_eq!(checked(&claims()), Ok(expected.clone()));
    assert_eq!(checked(&without("iat")), Ok(expected.clone()));
    assert_eq!(checked(&with("nbf", json!(NOW + 10))), Ok(expected.clone()));
    assert_eq!(checked(&with("other", json!({"a": [null]}))), Ok(expected));
}

#[test]
fn every_algorithm_serves() {
    for signer in Signer::all() {
        let token = signer.jws(&json!({"alg": signer.algorithm().name()}), &claims());
        let compact = Compact::parse(&token).unwrap();
        let keys = KeySet::from_keys(vec![signer.key()]);
        assert_eq!(
            check(&compact, &keys, ISSUER, Time::from_unix(NOW)).unwrap().client_id,
            "client-1"
        );
    }
}

#[test]
fn the_named_client_is_known_before_its_keys_are() {
    let named = |claims: &str| {
        let token = Signer::ed25519(1).raw(r#"{"alg":"EdDSA"}"#, claims);
        named_client(&Compact::parse(&token).unwrap())
    };
    assert_eq!(named(&claims().to_string()), Ok("client-1".to_owned()));
    assert_eq!(
        named(&without("iss").to_string()),
        Err(AssertionError::Claims(Malformed::Missing("iss")))
    );
    assert_eq!(
        named(&without("sub").to_string()),
        Err(AssertionError::Claims(Malformed::Missing("sub")))
    );
    assert_eq!(
        named(&with("sub", json!("client-2")).to_string()),
        Err(AssertionError::Subject)
    );
    assert_eq!(named(r#"{"iss":"","sub":""}"#), Err(AssertionError::Subject));
    assert_eq!(named(r#"{"iss":1,"sub":1}"#), Err(wrong_type("iss")));
    assert_eq!(
        named("[]"),
        Err(AssertionError::Jws(Rejected::Payload(Malformed::NotAnObject)))
    );
}

#[test]
fn s_13_types_of_assertions() {
    let typed = |typ: Value| {
        let header = json!({"alg": "EdDSA", "kid": "k1", "typ": typ}).to_string();
        checked_raw(&header, &claims().to_string()).map(|_| ())
    };
    for typ in [
        "JWT",
        "jwt",
        "client-authentication+jwt",
        "application/client-authentication+jwt",
        "Client-Authentication+JWT",
    ] {
        assert_eq!(typed(json!(typ)), Ok(()), "{typ}");
    }
    for typ in [
        "",
        "at+jwt",
        "dpop+jwt",
        "host+jwt",
        "agent+jwt",
        "id_token+jwt",
        "authorization-grant+jwt",
        "JWT ",
        "+jwt",
    ] {
        assert_eq!(typed(json!(typ)), Err(AssertionError::WrongType), "{typ}");
    }
}

#[test]
fn s_13_wrong_types_are_refused() {
    let values = [
        json!("text"),
        json!(null),
        json!([NOW]),
        json!({"v": NOW}),
        json!(true),
        json!(1_700_000_060.5),
    ];
    for name in ["exp", "iat", "nbf"] {
        for value in &values {
            assert_eq!(refused(&with(name, value.clone())), wrong_type(name), "{name} {value}");
        }
        assert_eq!(refused(&with(name, json!((NOW + 60).to_string()))), wrong_type(name));
        assert_eq!(
            refused(&with(name, json!(-1))),
            AssertionError::Claims(Malformed::Value(name))
        );
        assert_eq!(
            refused(&with(name, json!(1_i64 << 53))),
            AssertionError::Claims(Malformed::Value(name))
        );
    }
    for name in ["iss", "sub", "jti"] {
        for value in [json!(null), json!(1), json!(["client-1"]), json!({}), json!(false)] {
            assert_eq!(refused(&with(name, value)), wrong_type(name));
        }
    }
    for value in [json!(null), json!(1), json!({}), json!(true)] {
        assert_eq!(refused(&with("aud", value)), wrong_type("aud"));
    }
}

#[test]
fn s_13_missing_claims_are_refused() {
    for name in ["iss", "sub", "aud", "exp", "jti"] {
        assert_eq!(
            refused(&without(name)),
            AssertionError::Claims(Malformed::Missing(name))
        );
    }
    assert_eq!(refused(&json!({})), AssertionError::Claims(Malformed::Missing("iss")));
}

#[test]
fn s_13_impossible_json_is_refused() {
    let header = r#"{"alg":"EdDSA","kid":"k1"}"#;
    let payload = |why| Err(AssertionError::Jws(Rejected::Payload(why)));
    for (name, raw, expected) in [
        ("exp", "1e400", Malformed::Json),
        ("exp", "9223372036854775808", Malformed::Number),
        ("exp", "18446744073709551616", Malformed::Number),
        ("exp", "01700000060", Malformed::Json),
        ("exp", "NaN", Malformed::Json),
        ("x", "[[[[[[[[]]]]]]]]", Malformed::TooDeep),
    ] {
        assert_eq!(
            checked_raw(header, &with_raw(&claims(), name, raw)),
            payload(expected),
            "{name} {raw}"
        );
    }
    for name in ["iss", "sub", "aud", "exp", "iat", "jti"] {
        let doubled = with_raw(&claims(), "again", &format!(r#"1,"{name}":{}"#, claims()[name]));
        assert_eq!(checked_raw(header, &doubled), payload(Malformed::Duplicate), "{name}");
    }
    // A chain of actors as deep as the token is long.
    let act = format!("{}1{}", r#"{"act":"#.repeat(1_000), "}".repeat(1_000));
    assert_eq!(
        checked_raw(header, &with_raw(&claims(), "act", &act)),
        payload(Malformed::TooDeep)
    );
}

#[test]
fn s_13_expiry_is_near() {
    for (exp, expected) in [
        (0, AssertionError::Expired),
        (NOW - 1, AssertionError::Expired),
        (NOW, AssertionError::Expired),
        (NOW + 311, AssertionError::TooLong),
        (NOW + 86_400, AssertionError::TooLong),
        ((1 << 53) - 1, AssertionError::TooLong),
    ] {
        let mut late = with("exp", json!(exp));
        late.as_object_mut().unwrap().remove("iat");
        assert_eq!(refused(&late), expected, "{exp}");
    }
    let mut last = with("exp", json!(NOW + 310));
    last.as_object_mut().unwrap().remove("iat");
    assert!(checked(&last).is_ok());
    assert!(checked(&with("exp", json!(NOW + 1))).is_ok());
}

#[test]
fn s_18_a_life_is_at_most_300_seconds() {
    let lives = |issued: i64, expires: i64| {
        let mut claims = with("iat", json!(issued));
        claims["exp"] = json!(expires);
        checked(&claims).map(|_| ())
    };
    assert_eq!(lives(NOW, NOW + 300), Ok(()));
    assert_eq!(lives(NOW, NOW + 301), Err(AssertionError::TooLong));
    assert_eq!(lives(NOW - 290, NOW + 10), Ok(()));
    assert_eq!(lives(NOW - 290, NOW + 11), Err(AssertionError::TooLong));
    assert_eq!(lives(NOW + 10, NOW + 310), Ok(()));
    assert_eq!(lives(0, NOW + 10), Err(AssertionError::TooLong));
    assert_eq!(lives(NOW + 11, NOW + 60), Err(AssertionError::FromTheFuture));
    assert_eq!(refused(&with("nbf", json!(NOW + 11))), AssertionError::FromTheFuture);
}

#[test]
fn s_18_an_identifier_can_be_remembered() {
    assert_eq!(refused(&with("jti", json!(""))), AssertionError::Identifier);
    assert_eq!(
        refused(&with("jti", json!("j".repeat(257)))),
        AssertionError::Identifier
    );
    assert_eq!(checked(&with("jti", json!("j".repeat(256)))).unwrap().jti.len(), 256);
}

#[test]
fn s_19_the_audience_is_our_issuer_as_one_string() {
    for audience in [
        json!("https://as.example.test/t/demo/"),
        json!("https://as.example.test/t/demo/oauth2/token"),
        json!("https://as.example.test/t/demo/oauth2/par"),
        json!("https://as.example.test/t/other"),
        json!("https://as.example.test/t/Demo"),
        json!("https://AS.example.test/t/demo"),
        json!("https://as.example.test"),
        json!("https://as.example.test:443/t/demo"),
        json!(" https://as.example.test/t/demo"),
        json!(""),
        json!([]),
        json!([ISSUER]),
        json!([ISSUER, ISSUER]),
        json!([ISSUER, "https://evil.example.test"]),
        json!(["https://evil.example.test", ISSUER]),
        json!(vec!["a"; 2_000]),
    ] {
        assert_eq!(
            refused(&with("aud", audience.clone())),
            AssertionError::Audience,
            "{audience:.80}"
        );
    }
}

#[test]
fn an_assertion_is_signed_by_a_key_of_the_client() {
    let (client, thief) = (Signer::ed25519(1), Signer::ed25519(2));
    let keys = KeySet::from_keys(vec![client.key().with_kid("k1".to_owned())]);
    let outcome = |signer: &Signer, header: Value| {
        let token = signer.jws(&header, &claims());
        check(&Compact::parse(&token).unwrap(), &keys, ISSUER, Time::from_unix(NOW)).map(|_| ())
    };
    assert_eq!(outcome(&client, json!({"alg": "EdDSA", "kid": "k1"})), Ok(()));
    assert_eq!(outcome(&client, json!({"alg": "EdDSA"})), Ok(()));
    for (header, expected) in [
        (json!({"alg": "EdDSA", "kid": "k1"}), Rejected::Signature),
        (json!({"alg": "EdDSA"}), Rejected::Signature),
        (json!({"alg": "EdDSA", "kid": "k2"}), Rejected::UnknownKey),
        (
            json!({"alg": "EdDSA", "kid": "k1", "jwk": thief.bare_jwk()}),
            Rejected::Signature,
        ),
        (json!({"alg": "RS256", "kid": "k1"}), Rejected::WrongAlgorithm),
    ] {
        assert_eq!(
            outcome(&thief, header.clone()),
            Err(AssertionError::Jws(expected)),
            "{header}"
        );
    }
}

#[test]
fn naming_the_client_first_changes_no_outcome() {
    let signer = Signer::ed25519(1);
    let keys = KeySet::from_keys(vec![Signer::ed25519(2).key()]);
    let token = signer.jws(&json!({"alg": "EdDSA"}), &claims());
    let compact = Compact::parse(&token).unwrap();
    assert_eq!(named_client(&compact), Ok("client-1".to_owned()));
    let refused = check(&compact, &keys, ISSUER, Time::from_unix(NOW)).unwrap_err();
    assert_eq!(refused, AssertionError::Jws(Rejected::Signature));
    let keys = KeySet::from_keys(vec![signer.key()]);
    assert_eq!(check(&compact, &keys, ISSUER, Time::from_unix(NOW)).unwrap().jti, "j-1");
}
