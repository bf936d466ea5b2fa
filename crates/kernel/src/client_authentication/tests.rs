//! RFC 6749 s2.3, RFC 7523 s3 with draft-ietf-oauth-rfc7523bis-11, RFC 8705 s2, RFC 9449 s4.3 and s11.1. Assertions are signed by an implementation that is not ours.

mod certificates;

use proof::{Secret, Time, Verified, assertion::AssertionError, digest, dpop::DpopProof, jwk::KeySet, jws::Rejected};
use serde_json::{Value, json};

use super::*;
use crate::{
    caller::{Caller, CallerKind},
    client::{AuthenticationMethod, Client, SecurityProfile},
    form::Form,
    mark::{Mark, Stands},
    tenant::Tenant,
    token,
    vectors::{self, Outcome, Presented, facts, signer},
    why::Why,
};

const NOW: i64 = 1_795_000_000;
const ISSUER: &str = "https://as.example";
const TOKEN_URL: &str = "https://as.example/oauth2/token";

#[test]
fn golden_vectors_of_client_authentication_hold() {
    vectors::golden("client_authentication", |vector| {
        let loaded = vector.facts(&["issuer", "client"]);
        let presented = Presented::read(&vector.request);
        let proved = presented.form(token::Request::REPEATABLE).and_then(|form| {
            let client = loaded.get("client").map(facts::client);
            presented.caller(
                &form,
                client,
                &tenant_of(loaded["issuer"].as_str().unwrap(), SecurityProfile::Baseline),
                vector.at.now,
            )
        });
        proved.map_or_else(Outcome::Stopped, |caller| Outcome::Proved(Box::new(caller)))
    });
}

fn tenant_of(issuer: &str, profile: SecurityProfile) -> Tenant {
    let mut tenant = facts::tenant(&json!({ "id": "default", "issuer": issuer }));
    tenant.settings.profile = profile;
    tenant
}

fn tenant(profile: SecurityProfile) -> Tenant {
    tenant_of(ISSUER, profile)
}

fn now() -> Time {
    Time::from_unix(NOW)
}

/// `id`, and `secret`, or what stands there instead.
fn read(basic: Option<&str>, body: &str) -> Result<(String, AuthenticationMethod, String), Why> {
    let form = Form::parse(body.as_bytes(), &[]).unwrap();
    Credentials::parse(basic, None, &form).map(|credentials| {
        let shown = match &credentials.evidence {
            Evidence::SecretBasic(secret) | Evidence::SecretPost(secret) => secret.reveal().clone(),
            Evidence::Assertion(assertion) => assertion.clone(),
            Evidence::Attestation(attested) => attested.attestation.clone(),
            Evidence::Name => String::new(),
        };
        (
            credentials.client.as_str().to_owned(),
            credentials.evidence.method(),
            shown,
        )
    })
}

#[test]
fn secrets_are_read_as_rfc_6749_section_2_3_1_says() {
    use AuthenticationMethod::{Nothing, SecretBasic, SecretPost};
    let good = [
        // s2.3.1: "Authorization: Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3", and the same client in the body.
        (
            Some("s6BhdRkqt3:7Fjfp0ZBr1KtDRbnfVdmIw"),
            "",
            ("s6BhdRkqt3", SecretBasic, "7Fjfp0ZBr1KtDRbnfVdmIw"),
        ),
        (
            None,
            "client_id=s6BhdRkqt3&client_secret=7Fjfp0ZBr1KtDRbnfVdmIw",
            ("s6BhdRkqt3", SecretPost, "7Fjfp0ZBr1KtDRbnfVdmIw"),
        ),
        // App. B: " %&+£€" is "+%25%26%2B%C2%A3%E2%82%AC" once encoded; both halves are (s2.3.1).
        (
            Some("a%3Ab%25:+%25%26%2B%C2%A3%E2%82%AC"),
            "",
            ("a:b%", SecretBasic, " %&+\u{a3}\u{20ac}"),
        ),
        // The first colon divides (RFC 7617 s2): a user-id cannot have one, a password can.
        (Some("machine:a:b"), "", ("machine", SecretBasic, "a:b")),
        (Some("machine:"), "", ("machine", SecretBasic, "")),
        // s3.2.1: a client without a credential gives its name; so does one that sends an empty secret (s3.1: without a value is omitted).
        (None, "client_id=s6BhdRkqt3", ("s6BhdRkqt3", Nothing, "")),
        (None, "client_id=s6BhdRkqt3&client_secret=", ("s6BhdRkqt3", Nothing, "")),
        // Naming oneself again is no second way to authenticate, if it is the same name.
        (Some("machine:x"), "client_id=machine", ("machine", SecretBasic, "x")),
    ];
    for (basic, body, (id, method, secret)) in good {
        let expected = (id.to_owned(), method, secret.to_owned());
        assert_eq!(read(basic, body), Ok(expected), "{basic:?} {body}");
    }
}

#[test]
fn credentials_are_refused_when_they_are_two_ways_or_none() {
    let assertion = assertion(&json!({}));
    let of_another = format!("client_id=other&client_assertion_type={ASSERTION_TYPE}&client_assertion={assertion}");
    let untyped = format!("client_assertion={assertion}");
    let saml = format!(
        "client_assertion_type=urn:ietf:params:oauth:client-assertion-type:saml2-bearer&client_assertion={assertion}"
    );
    let with_secret = format!(
        "client_assertion_type={ASSERTION_TYPE}&client_assertion={assertion}&client_secret=x&client_id=machine"
    );
    let too_long = format!("client_id={}&client_secret=x", "m".repeat(513));
    let cases = [
        // RFC 6749 s2.3: "The client MUST NOT use more than one authentication method in each request."
        (
            Some("machine:x"),
            "client_id=machine&client_secret=x",
            Why::CredentialsTwice,
            "invalid_request",
        ),
        (
            Some("machine:x"),
            untyped.as_str(),
            Why::CredentialsTwice,
            "invalid_request",
        ),
        (None, with_secret.as_str(), Why::CredentialsTwice, "invalid_request"),
        (
            Some("machine:x"),
            "client_id=other",
            Why::CredentialsTwice,
            "invalid_request",
        ),
        (Some("machine"), "", Why::AuthorizationMalformed, "invalid_request"),
        (Some("machine%:x"), "", Why::AuthorizationMalformed, "invalid_request"),
        (Some("machine:%zz"), "", Why::AuthorizationMalformed, "invalid_request"),
        (Some("machine:%ff"), "", Why::AuthorizationMalformed, "invalid_request"),
        (Some(":x"), "", Why::ClientUnknown, "invalid_client"),
        (Some("a b:x"), "", Why::ClientUnknown, "invalid_client"),
        (None, too_long.as_str(), Why::ClientUnknown, "invalid_client"),
        (None, "", Why::CredentialsMissing, "invalid_client"),
        (None, "client_secret=x", Why::CredentialsMissing, "invalid_client"),
        // RFC 7523 s2.2: the type is this one; RFC 7521 s4.2: client_id may stand beside it, and then it is the subject.
        (None, untyped.as_str(), Why::AssertionType, "invalid_client"),
        (None, saml.as_str(), Why::AssertionType, "invalid_client"),
        (None, of_another.as_str(), Why::AssertionOfAnother, "invalid_client"),
    ];
    for (basic, body, expected, code) in cases {
        assert_eq!(read(basic, body), Err(expected.clone()), "{basic:?} {body}");
        assert_eq!(expected.code().name(), code, "{basic:?} {body}");
    }
    let typed = "client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer&client_id=machine";
    assert_eq!(
        read(None, typed),
        Ok(("machine".to_owned(), AuthenticationMethod::Nothing, String::new())),
        "a type without an assertion shows nothing but the name"
    );
}

#[test]
fn an_assertion_names_its_client_or_is_refused_before_any_key_is_loaded() {
    let shown = |assertion: &str| {
        read(
            None,
            &format!("client_assertion_type={ASSERTION_TYPE}&client_assertion={assertion}"),
        )
    };
    let good = assertion(&json!({}));
    assert_eq!(
        shown(&good),
        Ok(("machine".to_owned(), AuthenticationMethod::PrivateKeyJwt, good))
    );
    let none = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJtYWNoaW5lIiwic3ViIjoibWFjaGluZSJ9."; // {"alg":"none"}, RFC 8725 s2.1
    let cases = [
        ("x".to_owned(), AssertionError::Jws(Rejected::Parts)),
        (none.to_owned(), AssertionError::Jws(Rejected::Algorithm)),
        (assertion(&json!({ "sub": "other" })), AssertionError::Subject),
        (assertion(&json!({ "iss": "", "sub": "" })), AssertionError::Subject),
    ];
    for (assertion, expected) in cases {
        assert_eq!(shown(&assertion), Err(Why::Assertion(expected)), "{assertion}");
    }
}

/// A good assertion of the client `machine`, but for these claims; `null` leaves one out.
fn assertion(changed: &Value) -> String {
    signer::signed(Some("client-authentication+jwt"), &assertion_claims(changed))
}

fn assertion_claims(changed: &Value) -> Value {
    let mut claims = json!({
        "iss": "machine",
        "sub": "machine",
        "aud": ISSUER,
        "jti": "assertion-1",
        "iat": NOW,
        "exp": NOW.saturating_add(60),
    });
    for (name, value) in changed.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

/// The methods whose credential stands in the request itself. Certificates are `certificates.rs`.
const SHOWN: [AuthenticationMethod; 4] = [
    AuthenticationMethod::SecretBasic,
    AuthenticationMethod::SecretPost,
    AuthenticationMethod::PrivateKeyJwt,
    AuthenticationMethod::Nothing,
];

/// A client of that method; a secret is `7Fjfp0ZBr1KtDRbnfVdmIw`.
fn registered(method: AuthenticationMethod) -> Client {
    let row = match method {
        AuthenticationMethod::PrivateKeyJwt => json!({
            "client_id": "machine",
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks": { "keys": [signer::ed25519_jwk()] },
        }),
        AuthenticationMethod::SecretBasic | AuthenticationMethod::SecretPost => json!({
            "client_id": "machine",
            "token_endpoint_auth_method": method.name(),
            "client_secret_digest": digest::sha256_b64(b"7Fjfp0ZBr1KtDRbnfVdmIw"),
        }),
        AuthenticationMethod::Nothing => json!({ "client_id": "machine", "token_endpoint_auth_method": "none" }),
        AuthenticationMethod::Tls | AuthenticationMethod::SelfSignedTls | AuthenticationMethod::Attestation => {
            panic!("not shown in the request")
        }
    };
    facts::client(&row)
}

/// What a client of that method shows: the right credential.
fn showing(method: AuthenticationMethod) -> Credentials {
    let secret = || Secret::new("7Fjfp0ZBr1KtDRbnfVdmIw".to_owned());
    let evidence = match method {
        AuthenticationMethod::SecretBasic => Evidence::SecretBasic(secret()),
        AuthenticationMethod::SecretPost => Evidence::SecretPost(secret()),
        AuthenticationMethod::PrivateKeyJwt => Evidence::Assertion(assertion(&json!({}))),
        AuthenticationMethod::Nothing => Evidence::Name,
        AuthenticationMethod::Tls | AuthenticationMethod::SelfSignedTls | AuthenticationMethod::Attestation => {
            panic!("not shown in the request")
        }
    };
    Credentials {
        client: facts::id("machine"),
        evidence,
    }
}

fn proved(credentials: &Credentials, client: Option<Client>, dpop: Option<Verified<DpopProof>>) -> Result<Caller, Why> {
    let keys = signer::key_set();
    prove(
        credentials,
        Facts {
            client,
            keys: Some(&keys),
            tenant: &tenant(SecurityProfile::Baseline),
            nonce_key: &[9; 32],
            certificate: None,
        },
        dpop,
        now(),
    )
}

fn by_assertion(assertion: String) -> Result<Caller, Why> {
    let credentials = Credentials {
        client: facts::id("machine"),
        evidence: Evidence::Assertion(assertion),
    };
    proved(
        &credentials,
        Some(registered(AuthenticationMethod::PrivateKeyJwt)),
        None,
    )
}

fn dpop_proof() -> Verified<DpopProof> {
    signer::dpop(TOKEN_URL, "proof-1", Time::from_unix(NOW).minus(5), now())
}

#[test]
fn a_client_proves_itself_by_the_method_it_registered_and_by_no_other() {
    for shown in &SHOWN {
        for method in &SHOWN {
            let result = proved(&showing(*shown), Some(registered(*method)), None);
            let claim = format!("{} shown, {} registered", shown.name(), method.name());
            if shown == method {
                let caller = result.unwrap();
                let kind = match method {
                    AuthenticationMethod::Nothing => CallerKind::PublicClient, // named, not authenticated
                    AuthenticationMethod::SecretBasic
                    | AuthenticationMethod::SecretPost
                    | AuthenticationMethod::PrivateKeyJwt
                    | AuthenticationMethod::Tls
                    | AuthenticationMethod::SelfSignedTls
                    | AuthenticationMethod::Attestation => CallerKind::PureMachine,
                };
                assert_eq!((caller.kind(), caller.name()), (kind, Some("machine")), "{claim}");
                assert_eq!(caller.key, None, "{claim}");
            } else {
                assert_eq!(result.unwrap_err(), Why::AuthenticationMethod, "{claim}");
            }
        }
    }
    let no_keys = Facts {
        client: Some(registered(AuthenticationMethod::PrivateKeyJwt)),
        keys: None,
        tenant: &tenant(SecurityProfile::Baseline),
        nonce_key: &[9; 32],
        certificate: None,
    };
    let result = prove(&showing(AuthenticationMethod::PrivateKeyJwt), no_keys, None, now());
    assert_eq!(
        result.unwrap_err(),
        Why::AuthenticationMethod,
        "a client without keys proves nothing by a signature"
    );
}

#[test]
fn only_the_whole_secret_is_the_secret() {
    for secret in [
        "",
        "7Fjfp0ZBr1KtDRbnfVdmI",
        "7Fjfp0ZBr1KtDRbnfVdmIw ",
        "7fjfp0zbr1ktdrbnfvdmiw",
        "x",
    ] {
        for method in [AuthenticationMethod::SecretBasic, AuthenticationMethod::SecretPost] {
            let secret = Secret::new(secret.to_owned());
            let evidence = match method {
                AuthenticationMethod::SecretBasic => Evidence::SecretBasic(secret),
                AuthenticationMethod::SecretPost
                | AuthenticationMethod::PrivateKeyJwt
                | AuthenticationMethod::Tls
                | AuthenticationMethod::SelfSignedTls
                | AuthenticationMethod::Attestation
                | AuthenticationMethod::Nothing => Evidence::SecretPost(secret),
            };
            let credentials = Credentials {
                client: facts::id("machine"),
                evidence,
            };
            let result = proved(&credentials, Some(registered(method)), None);
            assert_eq!(result.unwrap_err(), Why::SecretWrong);
        }
    }
    let digest = digest::sha256_b64(b"7Fjfp0ZBr1KtDRbnfVdmIw");
    let stolen = Credentials {
        client: facts::id("machine"),
        evidence: Evidence::SecretBasic(Secret::new(digest)),
    };
    let result = proved(&stolen, Some(registered(AuthenticationMethod::SecretBasic)), None);
    assert_eq!(
        result.unwrap_err(),
        Why::SecretWrong,
        "what the database holds opens nothing"
    );
}

#[test]
fn a_disabled_client_is_refused_after_it_proved_itself_and_only_then_by_that_reason() {
    for method in &SHOWN {
        let disabled = Client {
            disabled: Some(Time::from_unix(1)),
            ..registered(*method)
        };
        assert_eq!(
            proved(&showing(*method), Some(disabled.clone()), None).unwrap_err(),
            Why::ClientDisabled
        );
        let wrong = match method {
            AuthenticationMethod::SecretBasic => Evidence::SecretBasic(Secret::new("x".to_owned())),
            AuthenticationMethod::SecretPost | AuthenticationMethod::Nothing => {
                Evidence::SecretPost(Secret::new("x".to_owned()))
            }
            AuthenticationMethod::PrivateKeyJwt => {
                Evidence::Assertion(assertion(&json!({ "aud": "https://other.example" })))
            }
            AuthenticationMethod::Tls | AuthenticationMethod::SelfSignedTls | AuthenticationMethod::Attestation => {
                panic!("not shown in the request")
            }
        };
        let wrong = Credentials {
            client: facts::id("machine"),
            evidence: wrong,
        };
        assert_ne!(proved(&wrong, Some(disabled), None).unwrap_err(), Why::ClientDisabled);
    }
}

#[test]
fn nobody_learns_which_clients_exist_or_how_they_sign_in() {
    let methods = SHOWN.iter();
    let mut reasons: Vec<Why> = methods
        .map(|method| proved(&showing(*method), None, None).unwrap_err())
        .collect();
    assert_eq!(reasons, SHOWN.iter().map(|_| Why::ClientUnknown).collect::<Vec<_>>());
    reasons.extend([
        Why::SecretWrong,
        Why::AuthenticationMethod,
        Why::ClientDisabled,
        Why::TenantDisabled,
        Why::CredentialsMissing,
    ]);
    reasons.extend([
        Why::AssertionReplayed,
        Why::AssertionType,
        Why::AssertionOfAnother,
        Why::Assertion(AssertionError::Expired),
    ]);
    for reason in &reasons {
        assert_eq!(
            (reason.code().name(), reason.said()),
            ("invalid_client", Why::ClientUnknown.said()),
            "{reason:?}"
        );
    }
    let mut told: Vec<String> = reasons.iter().skip(3).map(Why::told).collect();
    told.sort();
    told.dedup();
    assert_eq!(told.len(), 10, "the operator can tell them apart");
}

#[test]
fn each_proof_leaves_its_mark_until_it_is_too_old_to_be_accepted() {
    // What a mark is made of: `kind || 0 || owner || 0 || jti`. The client owns its assertion, the key its DPoP proof.
    let of_assertion = Mark {
        digest: digest::sha256_b64(b"client-assertion\0machine\0assertion-1"),
        expires: Time::from_unix(NOW).plus(60 + 10), // its `exp` and 10 s for clocks that disagree
        stands_for: Stands::ClientAssertion,
    };
    let of_proof = Mark {
        digest: digest::sha256_b64(format!("dpop\0{}\0proof-1", signer::ED25519_THUMBPRINT).as_bytes()),
        expires: Time::from_unix(NOW).plus(-5 + 60 + 10), // its `iat`, the window of 60 s, and the same 10 s
        stands_for: Stands::DpopProof,
    };
    let cases = [
        (AuthenticationMethod::SecretBasic, false, vec![]),
        (AuthenticationMethod::SecretPost, false, vec![]),
        (AuthenticationMethod::PrivateKeyJwt, false, vec![of_assertion.clone()]),
        (AuthenticationMethod::SecretBasic, true, vec![of_proof.clone()]),
        (AuthenticationMethod::SecretPost, true, vec![of_proof.clone()]),
        (AuthenticationMethod::PrivateKeyJwt, true, vec![of_assertion, of_proof]),
    ];
    for (method, with_dpop, marks) in cases {
        let caller = proved(&showing(method), Some(registered(method)), with_dpop.then(dpop_proof)).unwrap();
        assert_eq!(caller.marks, marks, "{} {with_dpop}", method.name());
        assert_eq!(
            caller.key.as_ref().map(crate::Confirmation::as_row).as_deref(),
            with_dpop.then_some(signer::ED25519_THUMBPRINT),
            "RFC 9449 s6.1"
        );
    }
}

#[test]
fn a_replay_is_told_by_the_code_of_the_proof_that_was_replayed() {
    let cases = [
        (Stands::ClientAssertion, Why::AssertionReplayed, "invalid_client"), // RFC 7523 s3 item 7
        (Stands::DpopProof, Why::DpopReplayed, "invalid_dpop_proof"),        // RFC 9449 s5, s11.1
    ];
    for (stands_for, why, code) in cases {
        assert_eq!((stands_for.why(), stands_for.why().code().name()), (why, code));
    }
}

#[test]
fn s_18_the_same_assertion_leaves_the_same_mark_and_another_leaves_another() {
    let mark = |assertion: String| by_assertion(assertion).unwrap().marks.remove(0);
    let first = mark(assertion(&json!({})));
    assert_eq!(
        mark(assertion(&json!({}))),
        first,
        "sent twice: the second finds the mark taken"
    );
    let longer = mark(assertion(&json!({ "exp": NOW.saturating_add(120) })));
    assert_eq!(
        longer.digest, first.digest,
        "an identifier used twice is a replay, whatever else is new in it"
    );
    assert_ne!(mark(assertion(&json!({ "jti": "assertion-2" }))).digest, first.digest);
    let of_another = Mark::new(Stands::ClientAssertion, "other", "assertion-1", first.expires);
    assert_ne!(
        of_another.digest, first.digest,
        "clients do not use up each other's identifiers"
    );
    let of_a_proof = Mark::new(Stands::DpopProof, "machine", "assertion-1", first.expires);
    assert_ne!(of_a_proof.digest, first.digest, "nor one kind of proof another's");
}

#[test]
fn s_18_an_assertion_that_cannot_be_remembered_is_refused() {
    use AssertionError::{Claims, Expired, FromTheFuture, Identifier, TooLong};
    let later = |seconds: i64| NOW.saturating_add(seconds);
    let cases = [
        (json!({ "jti": null }), Claims(proof::Malformed::Missing("jti"))),
        (json!({ "jti": "" }), Identifier),
        (json!({ "jti": "j".repeat(257) }), Identifier),
        (json!({ "exp": null }), Claims(proof::Malformed::Missing("exp"))),
        (json!({ "exp": NOW }), Expired),
        (json!({ "exp": later(301) }), TooLong),
        (json!({ "iat": null, "exp": later(311) }), TooLong),
        (json!({ "iat": later(11) }), FromTheFuture),
        (json!({ "nbf": later(11) }), FromTheFuture),
    ];
    for (changed, expected) in cases {
        assert_eq!(
            by_assertion(assertion(&changed)).unwrap_err(),
            Why::Assertion(expected),
            "{changed}"
        );
    }
    let longest = by_assertion(assertion(&json!({ "iat": null, "exp": later(310) }))).unwrap();
    assert!(
        longest.marks[0].expires.since(now()) <= crate::mark::MARK_SECONDS_MAX,
        "the mark tables keep it long enough"
    );
}

#[test]
fn s_19_only_our_issuer_alone_is_the_audience_of_an_assertion() {
    use AssertionError::{Audience, Claims};
    let refused = [
        (json!(TOKEN_URL), Audience),
        (json!("https://as.example/oauth2/par"), Audience),
        (json!("https://as.example/"), Audience),
        (json!("https://AS.example"), Audience),
        (json!("https://as.example/t/other"), Audience),
        (json!("http://as.example"), Audience),
        (json!([ISSUER, "https://evil.example"]), Audience),
        (json!([ISSUER]), Audience),
        (json!([]), Audience),
        (json!(""), Audience),
        (json!({ ISSUER: true }), Claims(proof::Malformed::WrongType("aud"))),
        (Value::Null, Claims(proof::Malformed::Missing("aud"))),
    ];
    for (audience, expected) in refused {
        let result = by_assertion(assertion(&json!({ "aud": audience })));
        assert_eq!(result.unwrap_err(), Why::Assertion(expected), "{audience}");
    }
    assert!(by_assertion(assertion(&json!({ "aud": ISSUER }))).is_ok());
}

#[test]
fn s_14_a_token_of_another_type_is_no_assertion() {
    for typ in ["at+jwt", "dpop+jwt", "application/at+jwt", "agent+jwt"] {
        let result = by_assertion(signer::signed(Some(typ), &assertion_claims(&json!({}))));
        assert_eq!(result.unwrap_err(), Why::Assertion(AssertionError::WrongType), "{typ}");
    }
    for typ in [None, Some("JWT"), Some("client-authentication+jwt")] {
        assert!(
            by_assertion(signer::signed(typ, &assertion_claims(&json!({})))).is_ok(),
            "{typ:?}"
        );
    }
}

#[test]
fn an_assertion_is_checked_with_the_keys_of_the_client_it_names() {
    let client = || Some(registered(AuthenticationMethod::PrivateKeyJwt));
    let shown = showing(AuthenticationMethod::PrivateKeyJwt);
    let p256 = json!({ "keys": [signer::p256_jwk()] }).to_string();
    let others = KeySet::parse(p256.as_bytes()).unwrap();
    let result = prove(
        &shown,
        Facts {
            client: client(),
            keys: Some(&others),
            tenant: &tenant(SecurityProfile::Baseline),
            nonce_key: &[9; 32],
            certificate: None,
        },
        None,
        now(),
    );
    assert_eq!(
        result.unwrap_err(),
        Why::Assertion(AssertionError::Jws(Rejected::UnknownKey))
    );
    let other = client().map(|client| Client {
        id: facts::id("other"),
        ..client
    });
    let result = proved(&shown, other, None);
    assert_eq!(
        result.unwrap_err(),
        Why::AssertionOfAnother,
        "even when both registered the same key"
    );
}

#[test]
fn s_11_an_assertion_is_signed_as_the_client_registered_and_as_its_profile_allows() {
    let rsa = json!({ "kty": "RSA", "n": RSA_MODULUS, "e": "AQAB", "alg": "RS256" });
    let keys = json!({ "keys": [signer::ed25519_jwk(), rsa] }).to_string();
    let keys = KeySet::parse(keys.as_bytes()).unwrap();
    let shown = |by_rsa: bool| Credentials {
        client: facts::id("machine"),
        evidence: Evidence::Assertion(if by_rsa {
            // No signature of that key: whether the algorithm may be used is asked first, and told apart from a wrong signature.
            let part = |value: Value| proof::base64url::encode(value.to_string().as_bytes());
            let header = part(json!({ "alg": "RS256", "typ": "client-authentication+jwt" }));
            format!("{header}.{}.{}", part(assertion_claims(&json!({}))), "A".repeat(342))
        } else {
            assertion(&json!({}))
        }),
    };
    let (not_so, no_signature) = (Some(Rejected::WrongAlgorithm), Some(Rejected::Signature));
    // What the client registered, the tenant's profile; what is said to EdDSA, and to RS256 without a signature.
    let rows = [
        (json!({}), SecurityProfile::Baseline, None, no_signature),
        (
            json!({ "token_endpoint_auth_signing_alg": "EdDSA" }),
            SecurityProfile::Baseline,
            None,
            not_so,
        ),
        (
            json!({ "token_endpoint_auth_signing_alg": "RS256" }),
            SecurityProfile::Baseline,
            not_so,
            no_signature,
        ),
        (
            json!({ "token_endpoint_auth_signing_alg": "ES256" }),
            SecurityProfile::Baseline,
            not_so,
            not_so,
        ),
        (
            json!({ "security_profile": "fapi2" }),
            SecurityProfile::Baseline,
            None,
            not_so,
        ), // FAPI 2.0 s5.4.1
        (json!({}), SecurityProfile::Fapi2, None, not_so),
        (json!({}), SecurityProfile::Fapi2MessageSigning, None, not_so),
        (
            json!({ "token_endpoint_auth_signing_alg": "RS256" }),
            SecurityProfile::Fapi2,
            not_so,
            not_so,
        ),
    ];
    for (registered, profile, by_eddsa, by_rs256) in rows {
        let mut row = json!({ "client_id": "machine", "token_endpoint_auth_method": "private_key_jwt" });
        row.as_object_mut()
            .unwrap()
            .extend(registered.as_object().unwrap().clone());
        for (by_rsa, expected) in [(false, by_eddsa), (true, by_rs256)] {
            let facts = Facts {
                client: Some(facts::client(&row)),
                keys: Some(&keys),
                tenant: &tenant(profile),
                nonce_key: &[9; 32],
                certificate: None,
            };
            let refused = prove(&shown(by_rsa), facts, None, now()).err();
            let expected = expected.map(|rejected| Why::Assertion(AssertionError::Jws(rejected)));
            assert_eq!(refused, expected, "{registered} {profile:?} {by_rsa}");
        }
    }
}

/// RFC 7515 App. A.2.1: the modulus of the RSA key.
const RSA_MODULUS: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";

#[test]
fn a_shown_secret_is_never_printed() {
    for method in [AuthenticationMethod::SecretBasic, AuthenticationMethod::SecretPost] {
        let printed = format!("{:?}", showing(method));
        assert!(printed.contains("machine") && !printed.contains("7Fjfp0"), "{printed}");
    }
}
