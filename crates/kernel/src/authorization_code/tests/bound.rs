//! What tokens are bound to: a certificate (RFC 8705 s3), and what FAPI 2.0 demands; and codes that nobody needed a challenge for.

use super::*;
use crate::Confirmation;

/// The thumbprint of RFC 8705 App. A.
const X5T: &str = "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0";

fn by_certificate(client: Client) -> Caller {
    Caller {
        key: Some(Confirmation::Certificate(X5T.to_owned())),
        ..by(client)
    }
}

fn certified(changed: &Value) -> Client {
    let row = json!({
        "token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_dns": "app.example", "tls_client_certificate_bound_access_tokens": true,
    });
    client(&with(row, changed))
}

#[test]
fn a_token_of_a_certificate_says_so_and_is_shown_as_a_bearer_token() {
    let decision = world().redeem(&[], &by_certificate(certified(&json!({}))));
    assert_eq!(
        decision.sign()[0].claims["cnf"],
        json!({ "x5t#S256": X5T }),
        "RFC 8705 s3.1"
    );
    assert_eq!(
        reply(&decision).0,
        token::Kind::Bearer,
        "RFC 8705 s3: the connection shows the certificate"
    );
    let certificate = Some(Confirmation::Certificate(X5T.to_owned()));
    assert_eq!(line(&decision).unwrap().key, certificate);
    let record = decision.change().guards.iter().find_map(|guard| {
        let Guard::Token(token::Guard::Create(record)) = guard else {
            return None;
        };
        Some(record.key.clone())
    });
    assert_eq!(record, Some(certificate), "what introspection will say");
    assert_eq!(decision.change().events[0].body["bound"], true);
    assert_eq!(
        made(&decision).authority.expires(),
        Some(Time::from_unix(NOW + 180 * 86_400)),
        "a bound line lives as long as one of a proved key"
    );
}

#[test]
fn s_17_a_code_that_names_a_key_is_not_redeemed_with_a_certificate() {
    for key in [JKT, X5T] {
        let world = World {
            code: Some(code(&json!({ "dpop_jkt": key }))),
            ..world()
        };
        let decision = world.redeem(&[], &by_certificate(certified(&json!({}))));
        assert_eq!(
            why(&decision),
            Some(Why::KeyOther),
            "the same text is still another binding: {key}"
        );
        assert_changes_nothing(&decision);
    }
}

#[test]
fn s_17_a_client_gets_no_token_that_is_less_bound_than_it_or_the_profile_wants() {
    let secret = with_secret(&json!({}));
    let dpop = with_secret(&json!({ "dpop_bound_access_tokens": true }));
    let fapi = with_secret(&json!({ "security_profile": "fapi2" }));
    let signing = with_secret(&json!({ "security_profile": "fapi2_message_signing" }));
    let (no_proof, no_certificate) = (Some(Why::DpopMissing), Some(Why::CertificateMissing));
    // The client; what is said without a key, with a proof of one, with a certificate.
    let rows = [
        (secret.clone(), [None, None, None]),
        (dpop, [no_proof.clone(), None, no_proof.clone()]), // RFC 9449 s5.2
        (
            certified(&json!({})),
            [no_certificate.clone(), no_certificate.clone(), None],
        ), // RFC 8705 s3.4
        (fapi, [no_proof.clone(), None, None]),             // FAPI 2.0 s5.3.2.1: either way
        (signing, [no_proof.clone(), None, None]),
        (
            certified(&json!({ "security_profile": "fapi2" })),
            [no_certificate.clone(), no_certificate, None],
        ),
    ];
    let callers = |client: &Client| {
        [
            by(client.clone()),
            with_key(by(client.clone()), JKT),
            by_certificate(client.clone()),
        ]
    };
    for (client, expected) in rows {
        for (caller, expected) in callers(&client).into_iter().zip(expected) {
            let decision = world().redeem(&[], &caller);
            assert_eq!(why(&decision), expected, "{:?} {:?}", client.further, caller.key);
        }
    }
    let tenant = facts::tenant(&json!({ "id": "default", "issuer": ISSUER, "security_profile": "fapi2" }));
    let strict = World { tenant, ..world() };
    for (caller, expected) in callers(&secret).into_iter().zip([no_proof.clone(), None, None]) {
        assert_eq!(why(&strict.redeem(&[], &caller)), expected, "by the tenant's profile");
    }
    let tenant = facts::tenant(&json!({ "id": "default", "issuer": ISSUER, "dpop_required": true }));
    let bound = World { tenant, ..world() };
    for (caller, expected) in callers(&secret).into_iter().zip([no_proof, None, None]) {
        assert_eq!(why(&bound.redeem(&[], &caller)), expected, "by the tenant's rule");
    }
    assert_eq!(Why::DpopMissing.code().name(), "invalid_dpop_proof");
    assert_eq!(Why::CertificateMissing.code().name(), "invalid_request");
}

#[test]
fn s_04_a_verifier_for_a_code_without_challenge_is_a_downgrade_that_somebody_tried() {
    let let_off = World {
        code: Some(code(&json!({ "code_challenge": null }))),
        ..world()
    };
    let caller = || by(with_secret(&json!({})));
    for verifier in [VERIFIER, "x", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"] {
        let decision = let_off.redeem(&[("code_verifier", verifier)], &caller());
        assert_eq!(why(&decision), Some(Why::VerifierWrong), "RFC 9700 s4.8.2: {verifier}");
        assert_changes_nothing(&decision);
    }
    let decision = let_off.redeem(&[("code_verifier", "-")], &caller());
    assert_eq!(why(&decision), None, "as it was asked for");
    let with_challenge = world().redeem(&[("code_verifier", "-")], &caller());
    assert_eq!(
        why(&with_challenge),
        Some(Why::VerifierMissing),
        "a challenge is never left out afterwards"
    );
}
