//! Each step refuses by its own reason and changes nothing; a second use changes one thing.

use super::*;
use crate::vectors::people::{browser_session, signed_in};

#[test]
fn the_form_is_read_as_rfc_6749_section_4_1_3_says() {
    let whole = read(&body(&[("resource", HERE)])).unwrap();
    let expected = Request {
        details: None,
        limits: crate::power::ExecutionLimits::default(),
        code: Some((facts::id("code-1"), "SplxlOBeZQQYbYS6WxSbIA".to_owned())),
        redirect_uri: Some(BACK.to_owned()),
        verifier: Some(VERIFIER.to_owned()),
        resource: Some(facts::uri(HERE)),
    };
    assert_eq!(whole, expected);
    let short = read("code=code-1.x&redirect_uri=&code_verifier=&resource=").unwrap();
    assert_eq!(
        (short.redirect_uri, short.verifier, short.resource),
        (None, None, None),
        "without a value is omitted"
    );
    for (body, expected) in [
        ("", Why::ParameterMissing("code")),
        ("code=", Why::ParameterMissing("code")),
        ("code=a.b&resource=mcp", Why::ResourceUnknown),
        (
            "code=a.b&resource=https://a.example&resource=https://b.example",
            Why::ResourceRepeated,
        ),
        ("code=a.b&code=a.b", Why::UnknownParameterRepeated),
        (
            "code=a.b&code_verifier=x&code_verifier=y",
            Why::UnknownParameterRepeated,
        ),
    ] {
        assert_eq!(read(body), Err(expected), "{body}");
    }
    for formless in ["x", "x.", ".x", "a%20b.x", "SplxlOBeZQQYbYS6WxSbIA"] {
        let decision = world().redeem(&[("code", formless)], &by_app());
        assert_eq!(why(&decision), Some(Why::CodeUnknown), "{formless}");
    }
}

/// One request that breaks every rule; each row repairs one more, so the rows are the order of the rules.
#[test]
fn the_first_broken_rule_is_the_one_that_is_told() {
    let mut world = World {
        client_epoch: Some(9),
        code: None,
        path: Vec::new(),
        resource: None,
        user: None,
        ..world()
    }
    .ruled(&[json!({ "id": "r", "effect": "forbid" })]);
    world.tenant = facts::tenant(&json!({ "id": "default", "issuer": ISSUER, "dpop_required": true }));
    let mut caller = Caller::plain(Who::Anyone);
    let mut changed = vec![
        ("code_verifier", "-"),
        ("redirect_uri", "https://app.example/other"),
        ("resource", "https://api.example/"),
    ];
    let told = |world: &World, changed: &[(&str, &str)], caller: &Caller, expected: Why, code: &str| {
        let decision = world.redeem(changed, caller);
        assert_eq!(why(&decision), Some(expected.clone()));
        assert_eq!(expected.code().name(), code, "{expected:?}");
        assert_changes_nothing(&decision);
        assert_eq!(decision.change().events[0].kind, EventKind::RequestRefused);
    };
    told(&world, &changed, &caller, Why::CredentialsMissing, "invalid_client");
    caller = by(client(&json!({ "grant_types": ["refresh_token"] })));
    told(&world, &changed, &caller, Why::ClientChanged, "invalid_client");
    world.client_epoch = Some(3);
    told(
        &world,
        &changed,
        &caller,
        Why::GrantTypeNotAllowed,
        "unauthorized_client",
    );
    caller = by_app();
    told(&world, &changed, &caller, Why::CodeUnknown, "invalid_grant");
    let long_ago = NOW - 60;
    world.code = Some(code(
        &json!({ "client_id": "other", "created_at": long_ago, "dpop_jkt": JKT }),
    ));
    told(&world, &changed, &caller, Why::CodeOfAnother, "invalid_grant");
    world.code = Some(code(&json!({ "created_at": long_ago, "dpop_jkt": JKT })));
    told(&world, &changed, &caller, Why::CodeExpired, "invalid_grant");
    world.code = Some(code(&json!({ "created_at": NOW - 59, "dpop_jkt": JKT })));
    told(&world, &changed, &caller, Why::CodeRedirect, "invalid_grant");
    changed.retain(|(name, _)| *name != "redirect_uri");
    told(&world, &changed, &caller, Why::VerifierMissing, "invalid_grant");
    changed.retain(|(name, _)| *name != "code_verifier");
    changed.push(("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXK"));
    told(&world, &changed, &caller, Why::VerifierWrong, "invalid_grant");
    changed.retain(|(name, _)| *name != "code_verifier");
    told(&world, &changed, &caller, Why::KeyOther, "invalid_grant");
    world.code = Some(code(&json!({})));
    told(&world, &changed, &caller, Why::DpopMissing, "invalid_dpop_proof");
    caller = with_key(by_app(), JKT);
    told(&world, &changed, &caller, Why::ResourceNotGranted, "invalid_target");
    changed.clear();
    told(&world, &changed, &caller, Why::ResourceUnknown, "invalid_target");
    world.resource = Some(here(&json!({ "disabled_at": 1 })));
    told(&world, &changed, &caller, Why::ResourceDisabled, "invalid_target");
    world.resource = Some(here(&json!({})));
    told(&world, &changed, &caller, Why::UserDisabled, "invalid_grant");
    world.user = Some(alice(&json!({})));
    told(&world, &changed, &caller, Why::GrantEnded, "invalid_grant");
    world.path = vec![yes(&json!({}))];
    told(&world, &changed, &caller, Why::GrantForbidden, "invalid_grant");
    world.rules.consent.clear();
    assert_eq!(
        why(&world.redeem(&changed, &caller)),
        None,
        "with nothing left to break it is issued"
    );
}

#[test]
fn only_a_client_redeems_and_only_as_far_as_it_can_be_proved() {
    let session = browser_session(&json!({ "id": "b", "user_id": "alice", "signed_in_at": NOW }));
    let callers = [
        Caller::plain(Who::Anyone),
        signed_in(&alice(&json!({})), &session),
        Caller::plain(Who::PublicClient(PublicClient {
            client: with_secret(&json!({})),
        })),
        Caller::plain(Who::UserDelegatedMachine(crate::caller::UserDelegatedMachine {
            client: facts::id("app"),
            user: facts::id("alice"),
        })),
        vectors::administrator(&json!({ "id": "admin", "reach": "installation" })),
    ];
    for caller in callers {
        let decision = world().redeem(&[], &caller);
        assert_eq!(
            why(&decision),
            Some(Why::CredentialsMissing),
            "{}",
            caller.kind().name()
        );
        assert_changes_nothing(&decision);
    }
    for caller in [by_app(), by(with_secret(&json!({})))] {
        assert_eq!(why(&world().redeem(&[], &caller)), None);
    }
}

#[test]
fn s_07_a_replayed_code_revokes_what_came_of_it_and_nothing_else() {
    let world = World {
        code: Some(code(&json!({ "redeemed": "authorization-1" }))),
        ..world()
    };
    let other = || by(client(&json!({ "client_id": "other" })));
    let cases = [
        (by_app(), vec![], "app", "by the client itself"),
        (other(), vec![], "other", "by another client"),
        (by_app(), vec![("code_verifier", "-")], "app", "without the verifier"),
        (
            by_app(),
            vec![("redirect_uri", "https://evil.example/")],
            "app",
            "with another redirect URI",
        ),
        (with_key(by_app(), "another-key"), vec![], "app", "with a key"),
    ];
    for (caller, changed, actor, claim) in cases {
        let decision = world.redeem(&changed, &caller);
        assert_eq!(why(&decision), Some(Why::CodeReplayed), "{claim}");
        assert_eq!(Why::CodeReplayed.code().name(), "invalid_grant");
        let revoked = Write::Grant(grant::Write::EnsureRevoked {
            id: facts::id("authorization-1"),
            at: at().now,
        });
        assert_eq!(
            decision.change().sure,
            [revoked],
            "the authorization, not the person's yes: {claim}"
        );
        assert!(
            decision.change().guards.is_empty() && decision.change().touches.is_empty() && decision.sign().is_empty()
        );
        let [event] = decision.change().events.as_slice() else {
            panic!("one event")
        };
        assert_eq!(
            (event.kind, event.actor.as_deref(), event.about.as_deref()),
            (EventKind::CodeReplayed, Some(actor), Some("authorization-1")),
            "{claim}"
        );
    }
    let late = decide(
        &read(&body(&[])).unwrap(),
        &by_app(),
        &world.facts(),
        &people::moment(NOW + 3_600, 8),
    );
    assert_eq!(
        why(&late),
        Some(Why::CodeReplayed),
        "also when the code has ended meanwhile"
    );
    assert_eq!(late.change().sure.len(), 1);
}

#[test]
fn s_07_a_right_id_with_a_wrong_secret_kills_nothing() {
    for redeemed in [json!({}), json!({ "redeemed": "authorization-1" })] {
        let world = World {
            code: Some(code(&redeemed)),
            ..world()
        };
        for wrong in [
            "code-1.",
            "code-1.x",
            "code-1.SplxlOBeZQQYbYS6WxSbI",
            "code-1.SplxlOBeZQQYbYS6WxSbIAA",
            "code-1.splxlobezqqybys6wxsbia",
            "code-1..SplxlOBeZQQYbYS6WxSbIA",
        ] {
            let decision = world.redeem(&[("code", wrong)], &by_app());
            assert_eq!(why(&decision), Some(Why::CodeUnknown), "{wrong}");
            assert_changes_nothing(&decision);
        }
        let digest = digest::sha256_b64(b"SplxlOBeZQQYbYS6WxSbIA");
        let stolen = world.redeem(&[("code", &format!("code-1.{digest}"))], &by_app());
        assert_eq!(
            why(&stolen),
            Some(Why::CodeUnknown),
            "what the database holds redeems nothing"
        );
        let of_another_row = world.redeem(&[("code", "code-2.SplxlOBeZQQYbYS6WxSbIA")], &by_app());
        assert_eq!(why(&of_another_row), Some(Why::CodeUnknown));
    }
}

#[test]
fn s_07_a_code_lives_a_minute() {
    for (age, expected) in [
        (0, None),
        (59, None),
        (60, Some(Why::CodeExpired)),
        (61, Some(Why::CodeExpired)),
        (3_600, Some(Why::CodeExpired)),
    ] {
        let world = World {
            code: Some(code(&json!({ "created_at": NOW - age }))),
            ..world()
        };
        assert_eq!(why(&world.redeem(&[], &by_app())), expected, "{age} s");
    }
}

#[test]
fn s_04_the_verifier_fits_the_challenge_and_has_its_form() {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    let (shortest, longest) = ("a".repeat(43), "z".repeat(128));
    let (too_short, too_long) = ("a".repeat(42), "z".repeat(129));
    for (verifier, fits) in [
        (VERIFIER, true),
        (shortest.as_str(), true),
        (longest.as_str(), true),
        (alphabet, true),
        (too_short.as_str(), false), // RFC 7636 s4.1: 43 to 128
        (too_long.as_str(), false),
        ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa%2B", false),
        ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa%2F", false),
        ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa%3D", false),
        ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa%20", false),
        ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa%C3%A9", false),
        ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa%00", false),
    ] {
        let plain = String::from_utf8(crate::form::decode(verifier.as_bytes()).unwrap().into_bytes()).unwrap();
        let challenge = digest::sha256_b64(plain.as_bytes());
        let world = World {
            code: Some(code(&json!({ "code_challenge": challenge }))),
            ..world()
        };
        let expected = (!fits).then_some(Why::VerifierWrong);
        assert_eq!(
            why(&world.redeem(&[("code_verifier", verifier)], &by_app())),
            expected,
            "{verifier}"
        );
    }
    assert_eq!(digest::sha256_b64(VERIFIER.as_bytes()), CHALLENGE, "RFC 7636 App. B");
}

#[test]
fn s_04_no_client_redeems_without_a_verifier_or_with_that_of_another_flow() {
    for caller in [by_app(), by(with_secret(&json!({}))), with_key(by_app(), JKT)] {
        for (verifier, expected) in [
            ("-", Why::VerifierMissing),
            ("", Why::VerifierMissing),
            (CHALLENGE, Why::VerifierWrong), // the challenge is no plain verifier
            ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", Why::VerifierWrong),
        ] {
            let decision = world().redeem(&[("code_verifier", verifier)], &caller);
            assert_eq!(why(&decision), Some(expected), "{verifier}");
            assert_changes_nothing(&decision);
        }
    }
}

#[test]
fn the_redirect_uri_may_be_left_out_and_must_not_differ() {
    for (repeated, expected) in [
        (BACK, None),
        ("-", None), // OAuth 2.1 s4.1.3 leaves it out
        ("", None),
        ("https://app.example/cb/", Some(Why::CodeRedirect)),
        ("https://APP.example/cb", Some(Why::CodeRedirect)),
        ("https://app.example/cb?x", Some(Why::CodeRedirect)),
    ] {
        assert_eq!(
            why(&world().redeem(&[("redirect_uri", repeated)], &by_app())),
            expected,
            "{repeated}"
        );
    }
}

#[test]
fn a_code_that_names_a_key_is_good_for_that_key_alone() {
    let world = |named: Option<&str>| World {
        code: Some(code(&json!({ "dpop_jkt": named }))),
        ..world()
    };
    let rows = [
        (Some(JKT), Some(JKT), None),
        (Some(JKT), Some("another-key"), Some(Why::KeyOther)), // RFC 9449 s10
        (Some(JKT), None, Some(Why::KeyOther)),
        (None, Some(JKT), None),
        (None, None, None),
    ];
    for (named, proved, expected) in rows {
        for client in [client(&json!({})), with_secret(&json!({}))] {
            let caller = proved.map_or_else(|| by(client.clone()), |key| with_key(by(client.clone()), key));
            let decision = world(named).redeem(&[], &caller);
            assert_eq!(why(&decision), expected, "{named:?} {proved:?}");
        }
    }
}

#[test]
fn a_key_is_proved_where_the_client_or_the_tenant_demands_it() {
    let bound = client(&json!({ "dpop_bound_access_tokens": true }));
    assert_eq!(
        why(&world().redeem(&[], &by(bound.clone()))),
        Some(Why::DpopMissing),
        "RFC 9449 s5.2"
    );
    assert_eq!(why(&world().redeem(&[], &with_key(by(bound), JKT))), None);
    let mut strict = world();
    strict.tenant = facts::tenant(&json!({ "id": "default", "issuer": ISSUER, "dpop_required": true }));
    assert_eq!(why(&strict.redeem(&[], &by_app())), Some(Why::DpopMissing));
    assert_eq!(why(&strict.redeem(&[], &with_key(by_app(), JKT))), None);
}

#[test]
fn the_place_is_the_codes_own() {
    let own = || World {
        code: Some(code(&json!({ "aud": "-", "scope": "profile" }))),
        path: vec![yes(
            &json!({ "scope": "profile", "resources": [], "own_endpoints": true }),
        )],
        resource: None,
        ..world()
    };
    assert_eq!(why(&world().redeem(&[("resource", HERE)], &by_app())), None, "repeated");
    assert_eq!(
        why(&world().redeem(&[("resource", "https://mcp.example/mcp/")], &by_app())),
        Some(Why::ResourceNotGranted)
    );
    assert_eq!(
        why(&own().redeem(&[("resource", HERE)], &by_app())),
        Some(Why::ResourceNotGranted),
        "RFC 8707 s2.2: not wider than at authorize"
    );
    let decision = own().redeem(&[], &by_app());
    assert_eq!(decision.sign()[0].claims["aud"], ISSUER, "product decision 24");
}

#[test]
fn the_yes_still_stands_when_the_code_is_redeemed() {
    let revoked = json!({ "revoked_at": NOW - 5 });
    let cases = [
        (vec![yes(&revoked)], "revoked meanwhile"),
        (vec![yes(&json!({ "expires_at": NOW }))], "ended"),
        (
            vec![yes(&json!({ "parent": "root" }))],
            "a path without root fails closed",
        ),
        (vec![yes(&json!({ "id": "yes-2" }))], "another grant"),
        (vec![yes(&json!({ "depth": 0 }))], "one that may not be handed on"),
        (vec![yes(&json!({ "scope": "read" }))], "one that shrank"),
        (
            vec![yes(&json!({ "resources": ["https://api.example/"] }))],
            "one for another place",
        ),
        (vec![], "none"),
    ];
    for (path, claim) in cases {
        let decision = World { path, ..world() }.redeem(&[], &by_app());
        assert_eq!(why(&decision), Some(Why::GrantEnded), "{claim}");
        assert_changes_nothing(&decision);
    }
}

#[test]
fn a_person_who_is_disabled_gone_or_somebody_else_gives_nothing() {
    for user in [
        None,
        Some(alice(&json!({ "disabled_at": NOW - 1 }))),
        Some(alice(&json!({ "id": "bob" }))),
    ] {
        let decision = World { user, ..world() }.redeem(&[], &by_app());
        assert_eq!(why(&decision), Some(Why::UserDisabled));
        assert_changes_nothing(&decision);
    }
}

#[test]
fn what_the_rules_take_meanwhile_is_not_issued() {
    let forbid = |scope: &str| json!({ "id": format!("f-{scope}"), "effect": "forbid", "scope": scope });
    let allow = |scope: &str| json!({ "id": format!("a-{scope}"), "effect": "allow", "scope": scope });
    let organisation = || World {
        path: vec![yes(
            &json!({ "given_by_person": null, "given_by_organisation": "basis" }),
        )],
        ..world()
    };
    let rows = [
        (world(), vec![], Some("read write")),
        (world(), vec![forbid("write")], Some("read")),
        (world(), vec![forbid("read"), forbid("write")], None),
        (
            world(),
            vec![json!({ "id": "f", "effect": "forbid", "group": "finance" })],
            None,
        ),
        (
            world(),
            vec![json!({ "id": "f", "effect": "forbid", "group": "others" })],
            Some("read write"),
        ),
        (organisation(), vec![allow("read"), allow("write")], Some("read write")),
        (organisation(), vec![allow("read")], Some("read")),
        (organisation(), vec![allow("read"), forbid("read")], None),
        (organisation(), vec![], None), // it counts as long as the rules do
    ];
    for (world, rules, expected) in rows {
        let decision = world.ruled(&rules).redeem(&[], &by_app());
        match expected {
            Some(scope) => {
                assert_eq!(reply(&decision).2, scope, "{rules:?}");
                assert_eq!(made(&decision).authority.scopes().joined(), scope, "{rules:?}");
            }
            None => assert_eq!(why(&decision), Some(Why::GrantForbidden), "{rules:?}"),
        }
    }
}
