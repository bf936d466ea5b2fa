//! What refuses a refresh and changes nothing.

use super::*;

/// One request that breaks every rule; each row repairs one more, so the rows are the order of the rules.
#[test]
fn the_first_broken_rule_is_the_one_that_is_told() {
    let mut world = World {
        client_epoch: Some(9),
        family: None,
        path: Vec::new(),
        resource: None,
        user: None,
        ..world()
    }
    .ruled(&[json!({ "id": "r", "effect": "forbid", "scope": "write" })]);
    world.tenant = facts::tenant(&json!({ "id": "default", "issuer": ISSUER, "dpop_required": true }));
    let mut shown = body(NEWEST, &[("scope", "write"), ("resource", "https://api.example/")])
        .replace(&token(NEWEST), token(NEWEST).get(1..).unwrap());
    let mut caller = Caller::plain(Who::Anyone);
    let told = |world: &World, shown: &str, caller: &Caller, expected: Why, code: &str| {
        let decision = world.shown(shown, caller);
        assert_eq!(why(&decision), Some(expected.clone()));
        assert_eq!(expected.code().name(), code, "{expected:?}");
        assert_changes_nothing(&decision);
        assert_eq!(decision.change().events[0].kind, EventKind::RequestRefused);
    };
    told(&world, &shown, &caller, Why::CredentialsMissing, "invalid_client");
    caller = by(client(&json!({ "grant_types": ["authorization_code"] })));
    told(&world, &shown, &caller, Why::ClientChanged, "invalid_client");
    world.client_epoch = Some(3);
    told(&world, &shown, &caller, Why::GrantTypeNotAllowed, "unauthorized_client");
    caller = by_app();
    told(&world, &shown, &caller, Why::RefreshUnknown, "invalid_grant");
    shown = body(NEWEST, &[("scope", "write"), ("resource", "https://api.example/")]);
    told(&world, &shown, &caller, Why::RefreshUnknown, "invalid_grant");
    let long_ago = NOW - 40 * 86_400;
    world.family = Some(family(
        &json!({ "client_id": "other", "jkt": JKT, "turned_at": long_ago, "generation": 9 }),
    ));
    told(&world, &shown, &caller, Why::RefreshOfAnother, "invalid_grant");
    world.family = Some(family(&json!({ "jkt": JKT, "turned_at": long_ago, "generation": 9 })));
    told(&world, &shown, &caller, Why::KeyOther, "invalid_grant");
    world.family = Some(family(&json!({ "turned_at": long_ago, "generation": 9 })));
    told(&world, &shown, &caller, Why::DpopMissing, "invalid_dpop_proof");
    caller = with_key(by_app(), JKT);
    told(&world, &shown, &caller, Why::GrantEnded, "invalid_grant");
    world.path = vec![authorization(&json!({})), yes(&json!({}))];
    told(&world, &shown, &caller, Why::RefreshExpired, "invalid_grant");
    world.family = Some(family(&json!({ "generation": 9 })));
    assert_kills(
        &world.shown(&shown, &caller),
        "an old token, whatever else is wrong with the request",
    );
    world.family = Some(family(&json!({})));
    told(&world, &shown, &caller, Why::ResourceNotGranted, "invalid_target");
    shown = body(NEWEST, &[("scope", "write")]);
    told(&world, &shown, &caller, Why::ResourceUnknown, "invalid_target");
    world.resource = Some(here(&json!({ "disabled_at": 1 })));
    told(&world, &shown, &caller, Why::ResourceDisabled, "invalid_target");
    world.resource = Some(here(&json!({})));
    told(&world, &shown, &caller, Why::UserDisabled, "invalid_grant");
    world.user = Some(alice(&json!({})));
    told(&world, &shown, &caller, Why::ScopeNotGranted, "invalid_scope");
    world.rules.consent.clear();
    assert_eq!(
        why(&world.shown(&shown, &caller)),
        None,
        "with nothing left to break it is issued"
    );
}

#[test]
fn s_14_what_we_did_not_write_is_nobodys_and_changes_nothing() {
    let good = token(NEWEST);
    let (id, rest) = good.split_once('.').unwrap();
    let mac = rest.split_once('.').unwrap().1;
    let of_another_tenant = family::write(&proof::Secret::new([9; 32]), &facts::id(FAMILY), NEWEST);
    let of_another_line = family::write(
        &people::any_tenant_keys().refresh,
        &facts::id("1123456789abcdefghijklmnop"),
        NEWEST,
    );
    let forged = [
        "x".to_owned(),
        "..".to_owned(),
        good.get(1..).unwrap().to_owned(),
        format!("{good}A"),
        format!("{id}.{}.{mac}", NEWEST + 1),
        format!("{id}.{}.{mac}", NEWEST - 1),
        format!("{id}.-1.{mac}"),
        format!("{id}.+4.{mac}"),
        format!("{id}.04.{mac}"),
        format!("{id}.99999999999999999999.{mac}"),
        format!("{id}.{NEWEST}.{}", "A".repeat(43)),
        format!("{}.{NEWEST}.{mac}", id.to_uppercase()),
        of_another_tenant,
        of_another_line,
        "eyJhbGciOiJub25lIn0.e30.".to_owned(),
    ];
    for token in forged {
        let form = body(NEWEST, &[]).replace(&good, &token.replace('+', "%2B"));
        let decision = world().shown(&form, &by_app());
        assert_eq!(why(&decision), Some(Why::RefreshUnknown), "{token}");
        assert_changes_nothing(&decision);
    }
}

#[test]
fn s_16_another_client_or_another_key_gets_nothing_and_kills_nothing() {
    let other = by(client(&json!({ "client_id": "other" })));
    let bound = World {
        family: Some(family(&json!({ "jkt": JKT }))),
        ..world()
    };
    for generation in [NEWEST, NEWEST - 1, NEWEST - 2, 0] {
        let rows = [
            (world().shown(&body(generation, &[]), &other), Why::RefreshOfAnother),
            (bound.shown(&body(generation, &[]), &by_app()), Why::KeyOther),
            (
                bound.shown(&body(generation, &[]), &with_key(by_app(), "another-key")),
                Why::KeyOther,
            ),
        ];
        for (decision, expected) in rows {
            assert_eq!(why(&decision), Some(expected), "generation {generation}");
            assert_changes_nothing(&decision);
        }
    }
}

#[test]
fn s_16_a_dead_line_says_so_whichever_of_its_tokens_is_shown() {
    let revoked = json!({ "revoked_at": NOW - 5 });
    let dead = [
        vec![authorization(&revoked), yes(&json!({}))],
        vec![authorization(&json!({})), yes(&revoked)],
        vec![authorization(&json!({ "expires_at": NOW })), yes(&json!({}))],
        vec![authorization(&json!({}))],
        vec![authorization(&json!({ "id": "authorization-2" })), yes(&json!({}))],
        vec![],
    ];
    for path in dead {
        let world = World { path, ..world() };
        for generation in [NEWEST, NEWEST - 1, 0] {
            let decision = world.shown(&body(generation, &[]), &by_app());
            assert_eq!(why(&decision), Some(Why::GrantEnded), "generation {generation}");
            assert_changes_nothing(&decision);
        }
    }
}

#[test]
fn a_line_ends_when_it_is_idle_or_old() {
    let day = 86_400;
    let rows = [
        // bound, days since it was made, days since it turned, whether it still turns
        (false, 7, 7, false),
        (false, 6, 6, true),
        (false, 29, 1, true),
        (false, 30, 1, false),
        (true, 29, 29, true),
        (true, 30, 30, false),
        (true, 179, 1, true),
        (true, 180, 1, false),
    ];
    for (bound, made, turned, turns) in rows {
        let line = family(
            &json!({ "jkt": bound.then_some(JKT), "created_at": NOW - made * day, "turned_at": NOW - turned * day }),
        );
        let caller = if bound { with_key(by_app(), JKT) } else { by_app() };
        let decision = World {
            family: Some(line),
            ..world()
        }
        .newest(&[], &caller);
        assert_eq!(
            why(&decision),
            (!turns).then_some(Why::RefreshExpired),
            "{bound} {made} {turned}"
        );
    }
    let last = family(&json!({ "created_at": NOW - 7 * day + 1, "turned_at": NOW - 7 * day + 1 }));
    assert_eq!(last.expires(), Time::from_unix(NOW + 1));
    assert_eq!(
        why(&World {
            family: Some(last),
            ..world()
        }
        .newest(&[], &by_app())),
        None,
        "one second left"
    );
}

#[test]
fn a_rule_or_a_disabled_person_silences_the_line_and_does_not_kill_it() {
    let forbid = |scope: &str| json!({ "id": format!("f-{scope}"), "effect": "forbid", "scope": scope });
    let allow = |scope: &str| json!({ "id": format!("a-{scope}"), "effect": "allow", "scope": scope });
    let organisation = || World {
        path: vec![
            authorization(&json!({})),
            yes(&json!({ "given_by_person": null, "given_by_organisation": "basis" })),
        ],
        ..world()
    };
    let rows = [
        (world().ruled(&[forbid("write")]), Ok("read"), "part of it"),
        (
            world().ruled(&[forbid("read"), forbid("write")]),
            Err(Why::GrantForbidden),
            "all of it",
        ),
        (
            world().ruled(&[json!({ "id": "f", "effect": "forbid", "client_id": "app" })]),
            Err(Why::GrantForbidden),
            "the client",
        ),
        (
            world().ruled(&[json!({ "id": "f", "effect": "forbid", "group": "finance" })]),
            Err(Why::GrantForbidden),
            "for these people",
        ),
        (
            world().ruled(&[json!({ "id": "f", "effect": "forbid", "group": "others" })]),
            Ok("read write"),
            "for others",
        ),
        (
            organisation().ruled(&[allow("read"), allow("write")]),
            Ok("read write"),
            "the rules stand",
        ),
        (organisation().ruled(&[allow("read")]), Ok("read"), "one is gone"),
        (organisation(), Err(Why::GrantForbidden), "all are gone"),
        (
            World { user: None, ..world() },
            Err(Why::UserDisabled),
            "the person is gone",
        ),
        (
            World {
                user: Some(alice(&json!({ "disabled_at": NOW - 1 }))),
                ..world()
            },
            Err(Why::UserDisabled),
            "the person is disabled",
        ),
        (
            World {
                user: Some(alice(&json!({ "id": "bob" }))),
                ..world()
            },
            Err(Why::UserDisabled),
            "another person",
        ),
    ];
    for (world, expected, claim) in rows {
        let decision = world.newest(&[], &by_app());
        match expected {
            Ok(scope) => assert_eq!(reply(&decision).0, scope, "{claim}"),
            Err(expected) => {
                assert_eq!(why(&decision), Some(expected), "{claim}");
                assert_changes_nothing(&decision);
            }
        }
    }
}

#[test]
fn a_place_without_scopes_falls_silent_by_a_rule_for_every_scope() {
    let nothing = json!({ "scope": "" });
    let world = || World {
        path: vec![authorization(&nothing), yes(&nothing)],
        ..world()
    };
    assert_eq!(reply(&world().newest(&[], &by_app())).0, "");
    let forbidden = world().ruled(&[json!({ "id": "r", "effect": "forbid", "resource": HERE })]);
    assert_eq!(why(&forbidden.newest(&[], &by_app())), Some(Why::GrantForbidden));
}
