//! What a client and its tenant are held to: PKCE (product decision 28), pushed and signed requests (RFC 9126 s5 and s6, RFC 9101 s10.5), FAPI 2.0.

use super::*;

/// A tenant with these settings.
fn ruled(settings: &Value) -> Tenant {
    let mut row = json!({ "id": "default", "issuer": ISSUER });
    for (name, value) in settings.as_object().unwrap() {
        row[name] = value.clone();
    }
    facts::tenant(&row)
}

const NO_CHALLENGE: [(&str, &str); 3] = [
    ("code_challenge", "-"),
    ("code_challenge_method", "-"),
    ("scope", "openid"),
];

#[test]
fn s_04_a_challenge_may_be_left_out_only_by_a_proved_client_that_asks_who_is_there_and_is_let_off() {
    let let_off = json!({ "require_pkce": false });
    let public = json!({ "token_endpoint_auth_method": "none", "client_secret_digest": null });
    let both = |one: &Value, other: &Value| {
        let mut all = one.clone();
        all.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
        all
    };
    let itself = json!({ "registration_token_digest": "t" });
    let fapi =
        json!({ "security_profile": "fapi2", "token_endpoint_auth_method": "private_key_jwt", "jwks": { "keys": [] } });
    let none = json!({});
    // The tenant, the client, the scope, whether it may.
    let rows = [
        (&none, none.clone(), "openid", false, "nobody let it off"),
        (
            &none,
            let_off.clone(),
            "openid",
            true,
            "by the administrator who registered it",
        ),
        (&let_off, none.clone(), "openid", true, "by the tenant"),
        (
            &let_off,
            json!({ "require_pkce": true }),
            "openid",
            false,
            "it wants to be held to it",
        ),
        (&none, let_off.clone(), "read", false, "no ID token, no nonce"),
        (&let_off, none.clone(), "read", false, "no ID token, no nonce"),
        (&let_off, none.clone(), "openid_x", false, "no ID token, no nonce"),
        (&let_off, public.clone(), "openid", false, "a public client"),
        (&none, both(&public, &let_off), "openid", false, "a public client"),
        (&none, both(&itself, &let_off), "openid", false, "by itself"),
        (&let_off, both(&fapi, &let_off), "openid", false, "FAPI 2.0 s5.3.2.2"),
        (&none, both(&fapi, &let_off), "openid", false, "FAPI 2.0 s5.3.2.2"),
    ];
    for (settings, registered, scope, may, claim) in rows {
        let client = client(&registered);
        let pushed = Carried {
            pushed: Wish::Yes,
            ..Carried::PLAIN
        };
        let read = |more: &[(&str, &str)]| {
            let mut changed = NO_CHALLENGE.to_vec();
            changed.extend(more);
            changed.retain(|(name, _)| *name != "scope");
            changed.push(("scope", scope));
            read_at(&ruled(settings), &client, pushed, &changed).map(|asked| asked.challenge)
        };
        let expected = if may { Ok(None) } else { Err(Why::ChallengeMissing) };
        assert_eq!(read(&[]), expected, "{claim}: {settings} {registered} {scope}");
        let with_challenge = read_at(&ruled(settings), &client, pushed, &[("scope", scope)]);
        assert!(with_challenge.is_ok(), "{claim}");
    }
    let half = [("code_challenge", "-"), ("scope", "openid")];
    let refused = read_at(&ruled(&let_off), &web(), Carried::PLAIN, &half);
    assert_eq!(
        refused,
        Err(Why::ChallengeMissing),
        "a method without a challenge is a mistake, not an omission"
    );
    let plain = [("code_challenge_method", "plain"), ("scope", "openid")];
    let refused = read_at(&ruled(&let_off), &web(), Carried::PLAIN, &plain);
    assert_eq!(refused, Err(Why::ChallengeMethod), "who sends one sends S256");
}

#[test]
fn a_request_comes_by_the_way_that_client_and_tenant_want() {
    let keys = json!({ "token_endpoint_auth_method": "private_key_jwt", "client_secret_digest": null, "jwks": { "keys": [] } });
    let with = |more: Value| {
        let mut all = keys.clone();
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        client(&all)
    };
    let (push, sign) = (Some(Why::PushRequired), Some(Why::RequestUnsigned));
    // The tenant, the client; what is said to a plain request, a pushed one, a signed one, and one that is both.
    let rows = [
        (json!({}), with(json!({})), [None, None, None, None]),
        (
            json!({ "require_pushed_authorization_requests": true }),
            with(json!({})),
            [push.clone(), None, push.clone(), None],
        ),
        (
            json!({}),
            with(json!({ "require_pushed_authorization_requests": true })),
            [push.clone(), None, push.clone(), None],
        ),
        (
            json!({}),
            with(json!({ "require_signed_request_object": true })),
            [sign.clone(), sign.clone(), None, None],
        ),
        (
            json!({ "security_profile": "fapi2" }),
            with(json!({})),
            [push.clone(), None, push.clone(), None], // FAPI 2.0 s5.3.2.2: only by PAR
        ),
        (
            json!({}),
            with(json!({ "security_profile": "fapi2" })),
            [push.clone(), None, push.clone(), None],
        ),
        (
            json!({ "security_profile": "fapi2" }),
            with(json!({ "security_profile": "fapi2_message_signing" })),
            [push.clone(), sign.clone(), push.clone(), None], // FAPI 2.0 Message Signing s5.3.1
        ),
        (
            json!({ "security_profile": "fapi2_message_signing" }),
            with(json!({ "security_profile": "baseline" })),
            [push.clone(), sign, push, None],
        ),
    ];
    for (settings, client, expected) in rows {
        let ways = [
            (Wish::No, Wish::No),
            (Wish::Yes, Wish::No),
            (Wish::No, Wish::Yes),
            (Wish::Yes, Wish::Yes),
        ];
        for ((pushed, signed), expected) in ways.into_iter().zip(expected) {
            let read = read_at(&ruled(&settings), &client, Carried { pushed, signed }, &[]);
            assert_eq!(
                read.as_ref().err(),
                expected.as_ref(),
                "{settings} {:?} {pushed:?} {signed:?}",
                client.further.profile
            );
            if let Ok(asked) = read {
                assert_eq!(asked.pushed, pushed);
            }
        }
    }
    assert_eq!(Why::PushRequired.code().name(), "invalid_request", "RFC 9126 s5");
    assert_eq!(Why::RequestUnsigned.code().name(), "invalid_request", "RFC 9101 s10.5");
}

#[test]
fn under_fapi_a_client_proves_itself_by_a_key() {
    let pushed = Carried {
        pushed: Wish::Yes,
        ..Carried::PLAIN
    };
    let rows = [
        ("client_secret_basic", json!("d"), false),
        ("client_secret_post", json!("d"), false),
        ("none", Value::Null, false),
        ("attest_jwt_client_auth", Value::Null, false),
        ("private_key_jwt", Value::Null, true),
        ("tls_client_auth", Value::Null, true),
        ("self_signed_tls_client_auth", Value::Null, true),
    ];
    for (method, digest, accepted) in rows {
        let client = client(&json!({ "token_endpoint_auth_method": method, "client_secret_digest": digest }));
        for (settings, expected) in [
            (json!({}), None),
            (
                json!({ "security_profile": "fapi2" }),
                (!accepted).then_some(Why::ProfileUnmet),
            ),
        ] {
            let refused = read_at(&ruled(&settings), &client, pushed, &[]).err();
            assert_eq!(refused, expected, "FAPI 2.0 s5.3.2.1: {method} {settings}");
        }
    }
    assert_eq!(Why::ProfileUnmet.code().name(), "unauthorized_client");
}

#[test]
fn a_no_ends_a_pushed_request_and_nothing_else_does() {
    let pushed = Asked {
        pushed: Wish::Yes,
        ..asked(&[])
    };
    let end = crate::Write::PushedRequest(crate::pushed_authorization::Write::End(pushed.id.clone()));
    let said_no = world().answer(&pushed, &Said::Deny);
    assert_eq!(why(&said_no), Some(Why::PersonDenied));
    assert_eq!(
        said_no.change().sure,
        std::slice::from_ref(&end),
        "the same request is not asked again"
    );
    let nothing = world().answer(&pushed, &yes_but("read"));
    assert_eq!(
        (why(&nothing), &nothing.change().sure),
        (Some(Why::PersonDenied), &vec![end]),
        "a yes to nothing"
    );
    let through_the_browser = world().answer(&asked(&[]), &Said::Deny);
    assert_eq!(through_the_browser.change().sure, [], "there is no row of it");
    for decision in [
        world().answer(&pushed, &yes_but("")), // the row of the code says that it was answered
        World {
            resource: None,
            ..world()
        }
        .answer(&pushed, &Said::Deny),
        answer(&pushed, &Said::Deny, &nobody(), &world().facts(), &at()),
    ] {
        assert_eq!(decision.change().sure, [], "{:?}", decision.answer());
    }
}
