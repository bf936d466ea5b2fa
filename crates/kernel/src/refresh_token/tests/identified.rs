//! The ID token of a refresh (OpenID Connect Core s12.2), and lines that are bound to a certificate (RFC 8705 s3).

use super::*;
use crate::Confirmation;

/// The thumbprint of RFC 8705 App. A.
const X5T: &str = "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0";

/// A line of an authorization at our own endpoints that says who somebody is.
fn openid(scope: &str) -> World {
    let own = json!({ "scope": scope, "resources": [], "own_endpoints": true });
    World {
        family: Some(family(&json!({ "browser_session": "browser-1", "method": "password" }))),
        path: vec![authorization(&own), yes(&own)],
        user: Some(alice(&json!({ "profile": { "email": "alice@demo.test" } }))),
        ..world()
    }
}

#[test]
fn a_refresh_tells_again_who_signed_in_then_and_repeats_no_nonce() {
    let keys = people::any_tenant_keys();
    let decision = openid("email openid").newest(&[], &by_app());
    let Answer::Issue(Reply::Token {
        access: 0,
        id_token: Some(1),
        ..
    }) = decision.answer()
    else {
        panic!("a token with an ID token, not {:?}", decision.answer());
    };
    let [access, id] = decision.sign() else {
        panic!("two tokens")
    };
    let client = client(&json!({}));
    // s12.2: same iss, sub, aud and auth_time, a new iat, no nonce.
    let expected = json!({
        "iss": ISSUER, "sub": keys.subject_at(&client, &facts::id("alice")), "aud": "app", "iat": NOW, "exp": NOW + 600, "auth_time": NOW - 4_000,
        "acr": "1", "amr": ["pwd"], "sid": keys.session_at(&client, &facts::id("browser-1")),
    });
    assert_eq!(Value::from(id.claims.clone()), expected);
    assert_eq!(
        (id.typ, id.signing.name(), id.hash_of),
        ("JWT", "RS256", Some(("at_hash", 0)))
    );
    assert_eq!(access.claims["auth_time"], NOW - 4_000, "nobody signed in since");
}

#[test]
fn a_refresh_for_less_tells_less() {
    for (asked, tokens) in [("openid", 2), ("email+openid", 2), ("email", 1)] {
        let decision = openid("email openid").newest(&[("scope", asked)], &by_app());
        assert_eq!(decision.sign().len(), tokens, "{asked}");
    }
    let forbidden = openid("email openid").ruled(&[json!({ "id": "r", "effect": "forbid", "scope": "openid" })]);
    let decision = forbidden.newest(&[], &by_app());
    assert_eq!((decision.sign().len(), reply(&decision).0), (1, "email"));
    assert_eq!(openid("email").newest(&[], &by_app()).sign().len(), 1);
}

#[test]
fn single_claims_stay_given_and_are_no_scope_that_is_spoken_of() {
    let decision = openid("claim:email openid").newest(&[], &by_app());
    assert_eq!(reply(&decision).0, "openid");
    assert_eq!(
        decision.sign()[0].claims["scope"],
        "claim:email openid",
        "our own endpoints read it"
    );
}

#[test]
fn s_16_a_line_of_a_certificate_turns_with_that_certificate_alone() {
    let bound = || World {
        family: Some(family(&json!({ "jkt": format!("x5t#S256:{X5T}") }))),
        ..world()
    };
    let certified = |key: Option<Confirmation>| Caller {
        key,
        ..by(client(&json!({ "tls_client_certificate_bound_access_tokens": true })))
    };
    let good = bound().newest(&[], &certified(Some(Confirmation::Certificate(X5T.to_owned()))));
    assert_eq!(good.sign()[0].claims["cnf"], json!({ "x5t#S256": X5T }));
    for other in [
        None,
        Some(Confirmation::Jkt(X5T.to_owned())),
        Some(Confirmation::Jkt(JKT.to_owned())),
        Some(Confirmation::Certificate(JKT.to_owned())),
    ] {
        let decision = bound().newest(&[], &certified(other.clone()));
        assert_eq!(why(&decision), Some(Why::KeyOther), "{other:?}");
        assert_changes_nothing(&decision);
    }
    let without = world().newest(&[], &certified(None));
    assert_eq!(
        why(&without),
        Some(Why::CertificateMissing),
        "RFC 8705 s3.4: also when the line is of before"
    );
    let fapi = by(client(&json!({ "security_profile": "fapi2" })));
    assert_eq!(
        why(&world().newest(&[], &fapi)),
        Some(Why::DpopMissing),
        "FAPI 2.0 s5.3.2.1"
    );
}
