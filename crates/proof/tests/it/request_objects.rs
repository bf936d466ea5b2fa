//! Signed request objects: RFC 9101, FAPI 2.0 Message Signing s5.3.1, S-12 to S-15 and S-19.

use proof::{
    Algorithm, Malformed, Time,
    jwk::KeySet,
    jws::{Compact, Rejected},
    request_object::{Expect, RequestObject, RequestObjectError, Rules, check, named_client},
};
use serde_json::{Value, json};

use crate::{
    jose,
    signer::{Signer, object, with_raw},
};

const NOW: i64 = 1_700_000_000;
const ISSUER: &str = "https://as.example.test/t/demo";
const BOTH: [Rules; 2] = [Rules::Plain, Rules::MessageSigning];

fn claims() -> Value {
    json!({
        "iss": "client-1", "aud": ISSUER, "client_id": "client-1", "exp": NOW + 60, "nbf": NOW, "iat": NOW, "jti": "j-1",
        "response_type": "code", "redirect_uri": "https://client.example.test/cb", "state": "s",
    })
}

fn parameters() -> Value {
    json!({
        "client_id": "client-1", "response_type": "code", "redirect_uri": "https://client.example.test/cb", "state": "s",
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

fn expect(rules: Rules) -> Expect<'static> {
    Expect {
        client_id: "client-1",
        issuer: ISSUER,
        now: Time::from_unix(NOW),
        rules,
    }
}

fn checked_raw(header: &str, claims: &str, rules: Rules) -> Result<RequestObject, RequestObjectError> {
    let signer = Signer::ed25519(1);
    let keys = KeySet::from_keys(vec![signer.key().with_kid("k1".to_owned())]);
    let token = signer.raw(header, claims);
    check(&Compact::parse(&token).unwrap(), &keys, &expect(rules)).map(proof::Verified::into_inner)
}

const HEADER: &str = r#"{"alg":"EdDSA","kid":"k1"}"#;

fn outcome(claims: &Value, rules: Rules) -> Result<(), RequestObjectError> {
    checked_raw(HEADER, &claims.to_string(), rules).map(drop)
}

fn outcomes(claims: &Value) -> [Result<(), RequestObjectError>; 2] {
    BOTH.map(|rules| outcome(claims, rules))
}

fn missing(name: &'static str) -> RequestObjectError {
    RequestObjectError::Claims(Malformed::Missing(name))
}

fn wrong_type(name: &'static str) -> RequestObjectError {
    RequestObjectError::Claims(Malformed::WrongType(name))
}

#[test]
fn a_good_object_gives_its_parameters_and_nothing_about_itself() {
    let expected = RequestObject {
        parameters: object(parameters()),
        jti: Some("j-1".to_owned()),
    };
    for rules in BOTH {
        assert_eq!(
            checked_raw(HEADER, &claims().to_string(), rules),
            Ok(expected.clone()),
            "{rules:?}"
        );
        assert_eq!(
            checked_raw(HEADER, &with("sub", json!("user-1")).to_string(), rules),
            Ok(expected.clone()),
            "{rules:?}"
        );
    }
    assert_eq!(
        checked_raw(HEADER, r#"{"client_id":"client-1"}"#, Rules::Plain),
        Ok(RequestObject {
            parameters: object(json!({"client_id": "client-1"})),
            jti: None,
        })
    );
}

#[test]
fn objects_made_by_jose_pass() {
    let vectors = jose::vectors();
    let keys = jose::key_set(&vectors, "request_object_keys");
    let mut seen = Vec::new();
    for case in vectors["request_objects"].as_array().unwrap() {
        let alg = case["alg"].as_str().unwrap();
        let compact = Compact::parse(case["token"].as_str().unwrap()).unwrap();
        let read = check(&compact, &keys, &expect(Rules::Plain)).unwrap();
        assert_eq!(read.jti, Some(format!("jti-{alg}")));
        assert_eq!(
            read.parameters,
            object(json!({
                "client_id": "client-1", "response_type": "code", "redirect_uri": "https://client.example.test/cb",
                "scope": "openid payments", "max_age": 600,
                "authorization_details":
                    [{"type": "payment", "to": {"bank": {"account": {"holder": {"name": "Ada"}}}}, "amount": 12.5}],
                "claims": {"id_token": {"acr": {"essential": true, "values": ["a"]}}},
            }))
        );
        let strict = check(&compact, &keys, &expect(Rules::MessageSigning)).map(drop);
        seen.push((alg, strict));
    }
    assert_eq!(
        seen,
        [
            ("EdDSA", Ok(())),
            ("ES256", Ok(())),
            ("RS256", Err(RequestObjectError::Algorithm)),
            ("PS256", Ok(())),
        ]
    );
}

#[test]
fn the_named_client_is_known_before_its_keys_are() {
    let named = |claims: &str| {
        let token = Signer::ed25519(1).raw(r#"{"alg":"EdDSA"}"#, claims);
        named_client(&Compact::parse(&token).unwrap())
    };
    assert_eq!(named(&claims().to_string()), Ok("client-1".to_owned()));
    assert_eq!(named(&without("client_id").to_string()), Err(missing("client_id")));
    assert_eq!(named(r#"{"client_id":1}"#), Err(wrong_type("client_id")));
    assert_eq!(
        named("[]"),
        Err(RequestObjectError::Jws(Rejected::Payload(Malformed::NotAnObject)))
    );
}

#[test]
fn s_13_types_of_request_objects() {
    let typed = |typ: &str| {
        let header = json!({"alg": "EdDSA", "kid": "k1", "typ": typ}).to_string();
        BOTH.map(|rules| checked_raw(&header, &claims().to_string(), rules).map(drop))
    };
    for typ in [
        "JWT",
        "jwt",
        "oauth-authz-req+jwt",
        "application/oauth-authz-req+jwt",
        "OAuth-Authz-Req+JWT",
    ] {
        assert_eq!(typed(typ), [Ok(()); 2], "{typ}");
    }
    for typ in [
        "",
        "client-authentication+jwt",
        "at+jwt",
        "dpop+jwt",
        "oauth-client-attestation+jwt",
        "oauth-client-attestation-pop+jwt",
        "authorization-grant+jwt",
        "logout+jwt",
        "JWT ",
        "+jwt",
    ] {
        assert_eq!(typed(typ), [Err(RequestObjectError::WrongType); 2], "{typ}");
    }
}

/// RFC 9101 s10.8: whoever sees an assertion must not be able to send it as a request.
#[test]
fn s_14_what_could_be_a_client_assertion_is_no_request_object() {
    let like_an_assertion = with("sub", json!("client-1")).to_string();
    let typed = |typ: Option<&str>| {
        let mut header = json!({"alg": "EdDSA", "kid": "k1"});
        if let Some(typ) = typ {
            header["typ"] = json!(typ);
        }
        BOTH.map(|rules| checked_raw(&header.to_string(), &like_an_assertion, rules).map(drop))
    };
    assert_eq!(typed(None), [Err(RequestObjectError::Subject); 2]);
    assert_eq!(typed(Some("JWT")), [Err(RequestObjectError::Subject); 2]);
    assert_eq!(typed(Some("oauth-authz-req+jwt")), [Ok(()); 2]);
    let assertion = json!({"iss": "client-1", "sub": "client-1", "aud": ISSUER, "exp": NOW + 60, "jti": "j"});
    assert_eq!(outcomes(&assertion), [Err(missing("client_id")); 2]);
}

#[test]
fn s_14_a_request_object_is_no_client_assertion() {
    let signer = Signer::ed25519(1);
    let keys = KeySet::from_keys(vec![signer.key()]);
    let token = signer.jws(
        &json!({"alg": "EdDSA", "typ": "oauth-authz-req+jwt"}),
        &with("sub", json!("client-1")),
    );
    let outcome = proof::assertion::check(&Compact::parse(&token).unwrap(), &keys, ISSUER, Time::from_unix(NOW));
    assert_eq!(outcome.unwrap_err(), proof::assertion::AssertionError::WrongType);
}

#[test]
fn an_object_is_its_clients_own() {
    for (name, value) in [
        ("iss", json!("client-2")),
        ("iss", json!("")),
        ("iss", json!("client-1 ")),
        ("client_id", json!("client-2")),
        ("client_id", json!("Client-1")),
        ("client_id", json!("")),
    ] {
        assert_eq!(
            outcomes(&with(name, value.clone())),
            [Err(RequestObjectError::Client); 2],
            "{name} {value}"
        );
    }
    let mut both = with("iss", json!("client-2"));
    both["client_id"] = json!("client-2");
    assert_eq!(outcomes(&both), [Err(RequestObjectError::Client); 2]);
    assert_eq!(outcomes(&without("client_id")), [Err(missing("client_id")); 2]);
    assert_eq!(outcomes(&without("iss")), [Ok(()), Err(missing("iss"))]);
}

#[test]
fn s_19_our_issuer_is_an_audience() {
    for audience in [
        json!(ISSUER),
        json!([ISSUER]),
        json!(["https://other.example.test", ISSUER]),
    ] {
        assert_eq!(outcomes(&with("aud", audience.clone())), [Ok(()); 2], "{audience}");
    }
    for audience in [
        json!("https://as.example.test/t/demo/"),
        json!("https://as.example.test/t/demo/oauth2/par"),
        json!("https://as.example.test/t/demo/oauth2/authorize"),
        json!("https://as.example.test/t/other"),
        json!("https://AS.example.test/t/demo"),
        json!("https://as.example.test"),
        json!(""),
        json!([]),
        json!(["https://other.example.test"]),
    ] {
        assert_eq!(
            outcomes(&with("aud", audience.clone())),
            [Err(RequestObjectError::Audience); 2],
            "{audience}"
        );
    }
    for audience in [json!(null), json!(1), json!({}), json!([ISSUER, 1]), json!([[ISSUER]])] {
        assert_eq!(
            outcomes(&with("aud", audience.clone())),
            [Err(wrong_type("aud")); 2],
            "{audience}"
        );
    }
    assert_eq!(outcomes(&without("aud")), [Ok(()), Err(missing("aud"))]);
}

#[test]
fn nothing_is_nested() {
    for name in ["request", "request_uri"] {
        for value in [json!("urn:example:1"), json!(null), json!("")] {
            assert_eq!(
                outcomes(&with(name, value.clone())),
                [Err(RequestObjectError::Nested); 2],
                "{name} {value}"
            );
        }
    }
}

#[test]
fn an_object_is_valid_now() {
    for (name, value, expected) in [
        ("exp", NOW, Err(RequestObjectError::Expired)),
        ("exp", NOW - 1, Err(RequestObjectError::Expired)),
        ("exp", NOW + 1, Ok(())),
        ("iat", NOW + 10, Ok(())),
        ("iat", NOW + 11, Err(RequestObjectError::FromTheFuture)),
        ("iat", NOW - 100_000, Ok(())),
        ("nbf", NOW + 10, Ok(())),
        ("nbf", NOW + 11, Err(RequestObjectError::FromTheFuture)),
    ] {
        assert_eq!(outcomes(&with(name, json!(value))), [expected; 2], "{name} {value}");
    }
    assert_eq!(outcomes(&without("exp")), [Ok(()), Err(missing("exp"))]);
    assert_eq!(outcomes(&without("nbf")), [Ok(()), Err(missing("nbf"))]);
    assert_eq!(outcomes(&without("iat")), [Ok(()); 2]);
}

#[test]
fn under_message_signing_a_life_is_at_most_an_hour() {
    let lives = |not_before: i64, expires: i64| {
        let mut claims = with("nbf", json!(not_before));
        claims["exp"] = json!(expires);
        outcomes(&claims)
    };
    assert_eq!(lives(NOW, NOW + 3600), [Ok(()); 2]);
    assert_eq!(lives(NOW, NOW + 3601), [Ok(()), Err(RequestObjectError::TooLong)]);
    assert_eq!(lives(NOW - 3599, NOW + 1), [Ok(()); 2]);
    assert_eq!(lives(NOW - 3600, NOW + 1), [Ok(()), Err(RequestObjectError::TooLong)]);
    assert_eq!(lives(NOW - 3601, NOW + 1), [Ok(()), Err(RequestObjectError::Expired)]);
}

#[test]
fn s_13_wrong_types_are_refused() {
    for name in ["exp", "iat", "nbf"] {
        for value in [
            json!("text"),
            json!(null),
            json!([NOW]),
            json!(true),
            json!(1_700_000_060.5),
        ] {
            assert_eq!(outcomes(&with(name, value)), [Err(wrong_type(name)); 2], "{name}");
        }
    }
    for name in ["iss", "client_id", "jti", "sub"] {
        for value in [json!(null), json!(1), json!(["client-1"]), json!({}), json!(false)] {
            assert_eq!(outcomes(&with(name, value)), [Err(wrong_type(name)); 2], "{name}");
        }
    }
}

#[test]
fn an_identifier_can_be_remembered() {
    for length in [0, 257] {
        assert_eq!(
            outcomes(&with("jti", json!("j".repeat(length)))),
            [Err(RequestObjectError::Identifier); 2]
        );
    }
    assert_eq!(outcomes(&with("jti", json!("j".repeat(256)))), [Ok(()); 2]);
    assert_eq!(outcomes(&without("jti")), [Ok(()); 2]);
}

/// The object is the first level, so that a parameter may have seven of its own.
#[test]
fn s_15_parameters_nest_to_a_limit() {
    let nested = |depth: usize| {
        let value = format!("{}1{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
        checked_raw(HEADER, &with_raw(&claims(), "claims", &value), Rules::Plain).map(drop)
    };
    for depth in 1..=7 {
        assert_eq!(nested(depth), Ok(()), "{depth}");
    }
    let too_deep = Err(RequestObjectError::Jws(Rejected::Payload(Malformed::TooDeep)));
    assert_eq!(nested(8), too_deep);
    assert_eq!(nested(1000), too_deep);
}

#[test]
fn s_12_an_object_is_signed_by_a_key_of_the_client() {
    let (client, thief) = (Signer::ed25519(1), Signer::ed25519(2));
    let keys = KeySet::from_keys(vec![client.key().with_kid("k1".to_owned())]);
    let outcome = |signer: &Signer, header: Value| {
        let token = signer.jws(&header, &claims());
        check(&Compact::parse(&token).unwrap(), &keys, &expect(Rules::Plain)).map(drop)
    };
    assert_eq!(outcome(&client, json!({"alg": "EdDSA", "kid": "k1"})), Ok(()));
    for (header, expected) in [
        (json!({"alg": "EdDSA", "kid": "k1"}), Rejected::Signature),
        (json!({"alg": "EdDSA", "kid": "k2"}), Rejected::UnknownKey),
        (json!({"alg": "EdDSA", "jwk": thief.bare_jwk()}), Rejected::Signature),
        (json!({"alg": "RS256", "kid": "k1"}), Rejected::WrongAlgorithm),
    ] {
        assert_eq!(
            outcome(&thief, header.clone()),
            Err(RequestObjectError::Jws(expected)),
            "{header}"
        );
    }
}

#[test]
fn rs256_signs_plain_objects_only() {
    for signer in Signer::all() {
        let token = signer.jws(&json!({"alg": signer.algorithm().name()}), &claims());
        let keys = KeySet::from_keys(vec![signer.key()]);
        let outcome = |rules| check(&Compact::parse(&token).unwrap(), &keys, &expect(rules)).map(drop);
        let strict = match signer.algorithm() {
            Algorithm::RS256 => Err(RequestObjectError::Algorithm),
            Algorithm::EdDSA | Algorithm::ES256 | Algorithm::PS256 => Ok(()),
        };
        assert_eq!(
            (outcome(Rules::Plain), outcome(Rules::MessageSigning)),
            (Ok(()), strict)
        );
    }
}
