//! Attestation-based client authentication, draft-ietf-oauth-attestation-based-client-auth-10 and -07: S-12 to S-14, S-18
//! and S-19.

use proof::{
    Algorithm, Malformed, Time,
    client_attestation::{ClientAttestation, ClientAttestationError, Expect, Pop, Possession, check, named},
    jwk::KeySet,
    jws::{Compact, Rejected},
};
use serde_json::{Value, json};

use crate::{
    jose,
    signer::{Signer, object},
};

const NOW: i64 = 1_700_000_000;
const ISSUER: &str = "https://as.example.test/t/demo";

fn attester() -> Signer {
    Signer::ed25519(1)
}

fn instance() -> Signer {
    Signer::ed25519(2)
}

fn attestation_header() -> Value {
    json!({"alg": "EdDSA", "kid": "k1", "typ": "oauth-client-attestation+jwt"})
}

fn attestation_claims() -> Value {
    json!({
        "sub": "client-1", "exp": NOW + 3600, "iat": NOW - 100, "cnf": {"jwk": instance().bare_jwk()},
        "agent_instance": "runner-7",
    })
}

fn pop_header() -> Value {
    json!({"alg": "EdDSA", "typ": "oauth-client-attestation-pop+jwt"})
}

fn pop_claims() -> Value {
    json!({"aud": ISSUER, "jti": "p-1", "iat": NOW})
}

fn changed(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims
}

fn without(mut claims: Value, name: &str) -> Value {
    claims.as_object_mut().unwrap().remove(name).unwrap();
    claims
}

fn checked(attestation: &str, possession: Possession<'_>) -> Result<ClientAttestation, ClientAttestationError> {
    let keys = KeySet::from_keys(vec![attester().key().with_kid("k1".to_owned())]);
    let expect = Expect {
        issuer: ISSUER,
        now: Time::from_unix(NOW),
    };
    check(&Compact::parse(attestation).unwrap(), &keys, possession, &expect).map(proof::Verified::into_inner)
}

fn checked_pair(attestation: &str, pop: &str) -> Result<ClientAttestation, ClientAttestationError> {
    checked(attestation, Possession::Pop(&Compact::parse(pop).unwrap()))
}

fn good_attestation() -> String {
    attester().jws(&attestation_header(), &attestation_claims())
}

fn good_pop() -> String {
    instance().jws(&pop_header(), &pop_claims())
}

/// With these claims in the attestation, and a good proof of either kind.
fn attested(claims: &Value) -> Result<(), ClientAttestationError> {
    let attestation = attester().jws(&attestation_header(), claims);
    let separate = checked_pair(&attestation, &good_pop()).map(drop);
    let jkt = instance().key().thumbprint().to_owned();
    let combined = checked(&attestation, Possession::Dpop { jkt: &jkt }).map(drop);
    assert_eq!(separate, combined, "{claims}");
    separate
}

/// With these claims in the proof, and a good attestation.
fn popped(claims: &Value) -> Result<Pop, ClientAttestationError> {
    checked_pair(&good_attestation(), &instance().jws(&pop_header(), claims)).map(|passed| passed.pop.unwrap())
}

fn attestation_malformed(why: Malformed) -> Result<(), ClientAttestationError> {
    Err(ClientAttestationError::AttestationClaims(why))
}

fn pop_malformed(why: Malformed) -> Result<Pop, ClientAttestationError> {
    Err(ClientAttestationError::PopClaims(why))
}

#[test]
fn a_good_pair_says_which_instance_of_which_client() {
    let expected = ClientAttestation {
        client_id: "client-1".to_owned(),
        instance_thumbprint: instance().key().thumbprint().to_owned(),
        expires: Time::from_unix(NOW + 3600),
        pop: Some(Pop {
            jti: "p-1".to_owned(),
            expires: Time::from_unix(NOW + 60),
            challenge: None,
        }),
        claims: object(attestation_claims()),
    };
    assert_eq!(checked_pair(&good_attestation(), &good_pop()), Ok(expected));
}

#[test]
fn pairs_made_by_jose_pass_in_the_shapes_of_drafts_07_and_10() {
    let vectors = jose::vectors();
    let keys = jose::key_set(&vectors, "attester_keys");
    let expect = Expect {
        issuer: ISSUER,
        now: Time::from_unix(NOW),
    };
    let mut seen = Vec::new();
    for (attestation, pop) in [
        ("attestation_10", "pop_10"),
        ("attestation_10", "pop_10_challenge"),
        ("attestation_07", "pop_07"),
        ("attestation_07", "pop_10"),
        ("attestation_10", "pop_07"),
    ] {
        let pop = Compact::parse(jose::token(&vectors, pop)).unwrap();
        let attestation = Compact::parse(jose::token(&vectors, attestation)).unwrap();
        let passed = check(&attestation, &keys, Possession::Pop(&pop), &expect).unwrap();
        assert_eq!(passed.client_id, "client-1");
        assert_eq!(passed.instance_thumbprint, jose::token(&vectors, "instance_thumbprint"));
        assert_eq!(passed.claims["agent_instance"], "runner-7");
        seen.push(passed.into_inner().pop.unwrap());
    }
    let pop = |jti: &str, expires, challenge: Option<&str>| Pop {
        jti: jti.to_owned(),
        expires: Time::from_unix(expires),
        challenge: challenge.map(str::to_owned),
    };
    assert_eq!(
        seen,
        [
            pop("p-10", NOW + 57, None),
            pop("p-10c", NOW + 100, Some("c-1")),
            pop("p-07", NOW + 297, Some("c-2")),
            pop("p-10", NOW + 57, None),
            pop("p-07", NOW + 297, Some("c-2")),
        ]
    );
}

/// The examples of draft 10, s4 and s5.1. The attester's key is not printed there, so the claims are signed anew; the
/// proof is theirs.
#[test]
fn the_proof_of_the_draft_passes() {
    let claims = json!({
        "sub": "https://client.example.com", "iat": 1_772_487_595, "exp": 2_529_866_394_i64,
        "cnf": {"jwk": {
            "kty": "EC", "use": "sig", "crv": "P-256",
            "x": "VcKVNBZ4IaBAYW3jxM4w3TJFVA7myeUGQyGt-g_yvpQ", "y": "f-E-hYE3TAWKwhVv9pej9NABs9SX9XsNO80x57jFTyU",
        }},
    });
    let theirs = concat!(
        "eyJ0eXAiOiJvYXV0aC1jbGllbnQtYXR0ZXN0YXRpb24tcG9wK2p3dCIsImFsZyI6IkVTMjU2In0.eyJhdWQiOiJodHRwczovL2FzLmV4YW1wb",
        "GUuY29tIiwianRpIjoiZDI1ZDAwYWItNTUyYi00NmZjLWFlMTktOThmNDQwZjI1MDY0IiwiaWF0IjoxNzcyNDg3NTk1LCJjaGFsbGVuZ2UiOiI",
        "1YzFhOWUxMC0yOWZmLTRjMmItYWU3My01N2MwOTU3YzA5YzQifQ.M4Uc4rWVAqaLlmDDUXQKkKPbAQKj0JrTizLgWhZndmbkvM3VL8y-w_QJr7",
        "Z0HZlH94E64cLa8L5fSjJItYv0jg",
    );
    let attestation = attester().jws(&attestation_header(), &claims);
    let keys = KeySet::from_keys(vec![attester().key().with_kid("k1".to_owned())]);
    let expect = Expect {
        issuer: "https://as.example.com",
        now: Time::from_unix(1_772_487_600),
    };
    let possession = Compact::parse(theirs).unwrap();
    let passed = check(
        &Compact::parse(&attestation).unwrap(),
        &keys,
        Possession::Pop(&possession),
        &expect,
    );
    let passed = passed.unwrap().into_inner();
    assert_eq!(passed.client_id, "https://client.example.com");
    assert_eq!(
        passed.pop,
        Some(Pop {
            jti: "d25d00ab-552b-46fc-ae19-98f440f25064".to_owned(),
            expires: Time::from_unix(1_772_487_595 + 300),
            challenge: Some("5c1a9e10-29ff-4c2b-ae73-57c0957c09c4".to_owned()),
        })
    );
}

#[test]
fn in_the_combined_form_the_dpop_key_is_the_attested_one() {
    let by = |jkt: &str| checked(&good_attestation(), Possession::Dpop { jkt });
    let passed = by(instance().key().thumbprint()).unwrap();
    assert_eq!(passed.pop, None);
    assert_eq!(passed.instance_thumbprint, instance().key().thumbprint());
    for jkt in [attester().key().thumbprint(), ""] {
        assert_eq!(by(jkt), Err(ClientAttestationError::DpopKey));
    }
}

#[test]
fn every_algorithm_serves_the_attester_and_the_instance() {
    for signer in Signer::all() {
        let alg = signer.algorithm().name();
        let header = |typ: &str| json!({"alg": alg, "typ": typ});
        let claims = changed(attestation_claims(), "cnf", json!({"jwk": signer.bare_jwk()}));
        let attestation = signer.jws(&header("oauth-client-attestation+jwt"), &claims);
        let pop = signer.jws(&header("oauth-client-attestation-pop+jwt"), &pop_claims());
        let keys = KeySet::from_keys(vec![signer.key()]);
        let expect = Expect {
            issuer: ISSUER,
            now: Time::from_unix(NOW),
        };
        let (attestation, pop) = (Compact::parse(&attestation).unwrap(), Compact::parse(&pop).unwrap());
        for possession in [
            Possession::Pop(&pop),
            Possession::Dpop {
                jkt: signer.key().thumbprint(),
            },
        ] {
            let passed = check(&attestation, &keys, possession, &expect).unwrap();
            assert_eq!(passed.instance_thumbprint, signer.key().thumbprint(), "{alg}");
        }
    }
}

#[test]
fn client_and_attester_are_known_before_the_keys_are() {
    let named = |claims: &Value| named(&Compact::parse(&attester().jws(&attestation_header(), claims)).unwrap());
    assert_eq!(named(&attestation_claims()), Ok(("client-1".to_owned(), None)));
    assert_eq!(
        named(&changed(
            attestation_claims(),
            "iss",
            json!("https://attester.example.test")
        )),
        Ok(("client-1".to_owned(), Some("https://attester.example.test".to_owned())))
    );
    assert_eq!(
        named(&without(attestation_claims(), "sub")),
        Err(ClientAttestationError::AttestationClaims(Malformed::Missing("sub")))
    );
}

#[test]
fn s_14_both_types_are_exact() {
    let typed = |header: Value, signer: &Signer, claims: &Value, typ: &str| {
        signer.jws(&changed(header, "typ", json!(typ)), claims)
    };
    for typ in [
        "",
        "JWT",
        "at+jwt",
        "dpop+jwt",
        "client-authentication+jwt",
        "oauth-client-attestation",
        "wallet-attestation+jwt",
    ] {
        let attestation = typed(attestation_header(), &attester(), &attestation_claims(), typ);
        let pop = typed(pop_header(), &instance(), &pop_claims(), typ);
        assert_eq!(
            checked_pair(&attestation, &good_pop()),
            Err(ClientAttestationError::AttestationType),
            "{typ}"
        );
        assert_eq!(
            checked_pair(&good_attestation(), &pop),
            Err(ClientAttestationError::PopType),
            "{typ}"
        );
    }
    // Neither stands for the other, and neither goes without.
    let pop = typed(pop_header(), &instance(), &pop_claims(), "oauth-client-attestation+jwt");
    assert_eq!(
        checked_pair(&good_attestation(), &pop),
        Err(ClientAttestationError::PopType)
    );
    let attestation = attester().jws(&json!({"alg": "EdDSA", "kid": "k1"}), &attestation_claims());
    assert_eq!(
        checked_pair(&attestation, &good_pop()),
        Err(ClientAttestationError::AttestationType)
    );
    let pop = instance().jws(&json!({"alg": "EdDSA"}), &pop_claims());
    assert_eq!(
        checked_pair(&good_attestation(), &pop),
        Err(ClientAttestationError::PopType)
    );
}

#[test]
fn s_12_the_attester_signs_the_one_and_the_attested_key_the_other() {
    let thief = Signer::ed25519(3);
    let forged = thief.jws(&attestation_header(), &attestation_claims());
    assert_eq!(
        checked_pair(&forged, &good_pop()),
        Err(ClientAttestationError::Attestation(Rejected::Signature))
    );
    let unknown = changed(attestation_header(), "kid", json!("k2"));
    assert_eq!(
        checked_pair(&attester().jws(&unknown, &attestation_claims()), &good_pop()),
        Err(ClientAttestationError::Attestation(Rejected::UnknownKey))
    );
    for signer in [thief, attester()] {
        let with_its_key = changed(pop_header(), "jwk", signer.bare_jwk());
        for header in [pop_header(), with_its_key] {
            assert_eq!(
                checked_pair(&good_attestation(), &signer.jws(&header, &pop_claims())),
                Err(ClientAttestationError::Pop(Rejected::Signature))
            );
        }
    }
    let other_algorithm = Signer::p256().jws(&changed(pop_header(), "alg", json!("ES256")), &pop_claims());
    assert_eq!(
        checked_pair(&good_attestation(), &other_algorithm),
        Err(ClientAttestationError::Pop(Rejected::WrongAlgorithm))
    );
}

#[test]
fn the_attested_key_is_a_public_key() {
    let key = |why| Err(ClientAttestationError::Key(why));
    let with = |jwk: Value| changed(attestation_claims(), "cnf", json!({"jwk": jwk}));
    assert_eq!(
        attested(&without(attestation_claims(), "cnf")),
        key(Malformed::Missing("cnf"))
    );
    for cnf in [json!(null), json!("x"), json!([])] {
        assert_eq!(
            attested(&changed(attestation_claims(), "cnf", cnf)),
            key(Malformed::WrongType("cnf"))
        );
    }
    let jkt = instance().key().thumbprint().to_owned();
    assert_eq!(
        attested(&changed(attestation_claims(), "cnf", json!({"jkt": jkt}))),
        key(Malformed::Missing("jwk"))
    );
    assert_eq!(attested(&with(json!("x"))), key(Malformed::WrongType("jwk")));
    let private = changed(instance().bare_jwk(), "d", json!("AAAA"));
    assert_eq!(attested(&with(private)), key(Malformed::PrivateKey));
    let secret = json!({"kty": "oct", "k": "AAAA"});
    assert_eq!(attested(&with(secret)), key(Malformed::PrivateKey));
    let more = json!({"jwk": instance().bare_jwk(), "key_type": "STRONGBOX"});
    assert_eq!(attested(&changed(attestation_claims(), "cnf", more)), Ok(()));
}

#[test]
fn an_attestation_is_valid_now() {
    for (name, value, expected) in [
        ("exp", NOW + 1, Ok(())),
        ("exp", NOW, Err(ClientAttestationError::AttestationExpired)),
        ("exp", NOW - 1, Err(ClientAttestationError::AttestationExpired)),
        ("iat", NOW + 10, Ok(())),
        ("iat", NOW + 11, Err(ClientAttestationError::AttestationFromTheFuture)),
        ("nbf", NOW + 10, Ok(())),
        ("nbf", NOW + 11, Err(ClientAttestationError::AttestationFromTheFuture)),
    ] {
        assert_eq!(
            attested(&changed(attestation_claims(), name, json!(value))),
            expected,
            "{name} {value}"
        );
    }
    assert_eq!(attested(&without(attestation_claims(), "iat")), Ok(()));
    for name in ["exp", "sub"] {
        assert_eq!(
            attested(&without(attestation_claims(), name)),
            attestation_malformed(Malformed::Missing(name))
        );
    }
}

#[test]
fn an_attestation_for_others_is_not_for_us() {
    let with = |audience| attested(&changed(attestation_claims(), "aud", audience));
    for audience in [json!(ISSUER), json!(["https://other.example.test", ISSUER])] {
        assert_eq!(with(audience), Ok(()));
    }
    for audience in [json!("https://other.example.test"), json!([]), json!(["x"]), json!("")] {
        assert_eq!(with(audience), Err(ClientAttestationError::AttestationAudience));
    }
    assert_eq!(with(json!(null)), attestation_malformed(Malformed::WrongType("aud")));
}

#[test]
fn s_13_wrong_types_in_an_attestation_are_refused() {
    for name in ["sub", "iss"] {
        for value in [json!(null), json!(1), json!(["client-1"])] {
            assert_eq!(
                attested(&changed(attestation_claims(), name, value)),
                attestation_malformed(Malformed::WrongType(name))
            );
        }
    }
    for name in ["exp", "iat", "nbf"] {
        for value in [json!("1700000060"), json!(null), json!([NOW]), json!(1_700_000_060.5)] {
            assert_eq!(
                attested(&changed(attestation_claims(), name, value)),
                attestation_malformed(Malformed::WrongType(name))
            );
        }
    }
    assert_eq!(
        attested(&changed(attestation_claims(), "sub", json!(""))),
        attestation_malformed(Malformed::Value("sub"))
    );
}

#[test]
fn s_13_wrong_types_in_a_proof_are_refused() {
    for name in ["jti", "iss", "challenge", "nonce"] {
        for value in [json!(null), json!(1), json!(["x"])] {
            assert_eq!(
                popped(&changed(pop_claims(), name, value)),
                pop_malformed(Malformed::WrongType(name))
            );
        }
    }
    for name in ["exp", "iat", "nbf"] {
        for value in [json!("1700000060"), json!(null), json!([NOW]), json!(1_700_000_060.5)] {
            assert_eq!(
                popped(&changed(pop_claims(), name, value)),
                pop_malformed(Malformed::WrongType(name))
            );
        }
    }
    for name in ["aud", "jti", "iat"] {
        assert_eq!(
            popped(&without(pop_claims(), name)),
            pop_malformed(Malformed::Missing(name))
        );
    }
}

#[test]
fn s_19_a_proof_is_for_our_issuer_as_one_string() {
    for audience in [
        json!("https://as.example.test/t/demo/"),
        json!("https://as.example.test/t/demo/oauth2/token"),
        json!("https://as.example.test/t/other"),
        json!(""),
        json!([]),
        json!([ISSUER]),
        json!([ISSUER, "https://other.example.test"]),
    ] {
        assert_eq!(
            popped(&changed(pop_claims(), "aud", audience.clone())),
            Err(ClientAttestationError::PopAudience),
            "{audience}"
        );
    }
    assert_eq!(
        popped(&changed(pop_claims(), "aud", json!(1))),
        pop_malformed(Malformed::WrongType("aud"))
    );
}

#[test]
fn s_18_a_proof_is_fresh() {
    let expires = |claims: &Value| popped(claims).map(|pop| pop.expires.unix());
    let issued = |iat: i64| changed(pop_claims(), "iat", json!(iat));
    assert_eq!(expires(&issued(NOW - 60)), Ok(NOW));
    assert_eq!(expires(&issued(NOW - 61)), Err(ClientAttestationError::PopTooOld));
    assert_eq!(expires(&issued(NOW + 10)), Ok(NOW + 70));
    assert_eq!(
        expires(&issued(NOW + 11)),
        Err(ClientAttestationError::PopFromTheFuture)
    );
    // The challenge dates the proof; `iat` only has to be near.
    for name in ["challenge", "nonce"] {
        let challenged = |iat: i64| changed(issued(iat), name, json!("c"));
        assert_eq!(expires(&challenged(NOW - 300)), Ok(NOW));
        assert_eq!(expires(&challenged(NOW - 301)), Err(ClientAttestationError::PopTooOld));
        assert_eq!(
            expires(&challenged(NOW + 11)),
            Err(ClientAttestationError::PopFromTheFuture)
        );
    }
    assert_eq!(
        expires(&changed(pop_claims(), "nbf", json!(NOW + 11))),
        Err(ClientAttestationError::PopFromTheFuture)
    );
}

#[test]
fn s_18_exp_of_an_older_proof_counts() {
    let expires = |claims: &Value| popped(claims).map(|pop| pop.expires.unix());
    let until = |exp: i64| changed(pop_claims(), "exp", json!(exp));
    assert_eq!(expires(&until(NOW + 1)), Ok(NOW + 60));
    assert_eq!(expires(&until(NOW)), Err(ClientAttestationError::PopTooOld));
    let alone = |exp: i64| without(until(exp), "iat");
    assert_eq!(expires(&alone(NOW + 70)), Ok(NOW + 70));
    assert_eq!(expires(&alone(NOW + 71)), Err(ClientAttestationError::PopTooLong));
    assert_eq!(expires(&alone(NOW)), Err(ClientAttestationError::PopTooOld));
}

#[test]
fn s_18_an_identifier_can_be_remembered() {
    for length in [0, 257] {
        assert_eq!(
            popped(&changed(pop_claims(), "jti", json!("j".repeat(length)))),
            Err(ClientAttestationError::PopIdentifier)
        );
    }
    let longest = popped(&changed(pop_claims(), "jti", json!("j".repeat(256)))).unwrap();
    assert_eq!(longest.jti.len(), 256);
}

#[test]
fn a_proof_is_its_clients_own() {
    let by = |issuer: &str| popped(&changed(pop_claims(), "iss", json!(issuer))).map(drop);
    assert_eq!(by("client-1"), Ok(()));
    for issuer in ["client-2", "", "https://attester.example.test"] {
        assert_eq!(by(issuer), Err(ClientAttestationError::PopClient));
    }
}

#[test]
fn a_challenge_has_one_value() {
    let both = |nonce: &str| {
        let claims = changed(pop_claims(), "challenge", json!("c"));
        popped(&changed(claims, "nonce", json!(nonce)))
    };
    assert_eq!(both("c").unwrap().challenge.as_deref(), Some("c"));
    assert_eq!(both("d"), pop_malformed(Malformed::Value("nonce")));
}

#[test]
fn a_key_named_for_another_algorithm_verifies_no_proof() {
    let rsa = Signer::rsa(Algorithm::PS256);
    let named = changed(rsa.bare_jwk(), "alg", json!("RS256"));
    let claims = changed(attestation_claims(), "cnf", json!({"jwk": named}));
    let attestation = attester().jws(&attestation_header(), &claims);
    let pop = rsa.jws(&changed(pop_header(), "alg", json!("PS256")), &pop_claims());
    assert_eq!(
        checked_pair(&attestation, &pop),
        Err(ClientAttestationError::Pop(Rejected::WrongAlgorithm))
    );
}
