//! Who is there, and what must happen before there is an answer.

use super::*;

#[test]
fn who_is_not_signed_in_signs_in_first_and_the_request_is_carried_along() {
    let request = asked(&[]);
    let carried = sent_to_sign_in(&request);
    let expected = Decision::wait(Pending::SignIn(Box::new(carried)), vec![], Change::default());
    assert_eq!(world().begin(&request, &nobody()), expected);
    let machine = Caller::plain(Who::PureMachine(crate::caller::PureMachine { client: web() }));
    assert_eq!(
        world().begin(&request, &machine),
        expected,
        "a client is nobody in a browser"
    );
}

#[test]
fn prompt_says_whether_somebody_may_be_asked() {
    let (before, same) = (signed_in_at(NOW - 1), signed_in_at(NOW));
    let rows = [
        ("-", &nobody(), "sign in"),
        ("login", &nobody(), "sign in"),
        ("consent", &nobody(), "sign in"),
        ("none", &nobody(), "nobody is signed in"),
        ("-", &before, "ask: read"),
        ("consent", &before, "ask: read"),
        ("login", &before, "sign in"),
        ("login", &same, "sign in"), // who comes back from the sign-in page: `assured`
        ("select_account", &before, "sign in"),
        ("login consent", &before, "sign in"),
        ("none", &before, "a person must be asked"),
    ];
    for (prompt, caller, expected) in rows {
        let decision = world().begin(&asked(&[("prompt", prompt)]), caller);
        match expected {
            "nobody is signed in" => assert_eq!(why(&decision), Some(Why::LoginRequired), "{prompt}"),
            "a person must be asked" => assert_eq!(why(&decision), Some(Why::ConsentRequired), "{prompt}"),
            other => assert_eq!(outcome(&decision), other, "{prompt}"),
        }
    }
    assert_eq!(
        Why::LoginRequired.code().name(),
        "login_required",
        "OpenID Connect Core s3.1.2.6"
    );
    assert_eq!(Why::ConsentRequired.code().name(), "consent_required");
}

#[test]
fn what_is_not_there_is_refused_before_anybody_is_asked_and_changes_nothing() {
    let disabled_resource = Resource {
        disabled: Some(Time::from_unix(1)),
        ..here()
    };
    let rows = [
        (
            World {
                client: None,
                ..world()
            },
            asked(&[]),
            Why::ClientUnknown,
            "invalid_client",
        ),
        (
            of(&client(&json!({ "disabled_at": 1 }))),
            asked(&[]),
            Why::ClientDisabled,
            "invalid_client",
        ),
        (
            of(&client(&json!({ "redirect_uris": ["https://app.example/other"] }))),
            asked(&[]),
            Why::RedirectUriUnknown,
            "invalid_request",
        ),
        (
            World {
                resource: None,
                ..world()
            },
            asked(&[]),
            Why::ResourceUnknown,
            "invalid_target",
        ),
        (
            World {
                resource: Some(disabled_resource),
                ..world()
            },
            asked(&[]),
            Why::ResourceDisabled,
            "invalid_target",
        ),
        (
            world(),
            asked(&[("scope", "unheard")]),
            Why::ScopeUnknown,
            "invalid_scope",
        ),
        (
            World {
                answered: Answered::Before,
                ..world()
            },
            asked(&[]),
            Why::AlreadyAnswered,
            "invalid_request",
        ),
    ];
    for (world, request, expected, code) in rows {
        for caller in [nobody(), by_alice()] {
            let decision = world.begin(&request, &caller);
            assert_eq!(why(&decision), Some(expected.clone()));
            assert_eq!(expected.code().name(), code);
            assert_changes_nothing(&decision);
            assert_eq!(decision.change().events[0].kind, crate::EventKind::RequestRefused);
        }
    }
}

#[test]
fn a_request_ends_after_half_an_hour() {
    let request = asked(&[]);
    let later = |seconds: i64| begin(&request, &nobody(), &world().facts(), &people::moment(NOW + seconds, 8));
    assert_eq!(outcome(&later(1_799)), "sign in");
    assert_eq!(
        why(&later(1_800)),
        Some(Why::PageExpired),
        "the first second in which it no longer counts"
    );
    assert_eq!(why(&later(1_801)), Some(Why::PageExpired));
}

#[test]
fn the_person_is_asked_about_what_is_open_and_told_what_is_not() {
    let world = world().ruled(&[forbid("write"), allow("mail")]);
    let request = asked(&[("scope", "write mail")]);
    let expected = Pending::Consent(Box::new(ConsentAsk {
        asked: request.clone(),
        open: scopes("read"),
        decided: scopes("mail"),
        forbidden: scopes("write"),
        details: crate::detail::Details::default(),
        before: Before::Nothing,
    }));
    assert_eq!(
        world.begin(&request, &by_alice()),
        Decision::wait(expected, vec![], Change::default())
    );
}

#[test]
fn what_is_asked_is_cut_to_what_the_place_knows_with_all_that_it_brings() {
    let own = World {
        resource: None,
        ..world()
    };
    let rows = vec![
        (world(), "read", HERE, "ask: read"),
        (world(), "write", HERE, "ask: read write"),
        (world(), "admin", HERE, "ask: admin read write"),
        (world(), "read unheard", HERE, "ask: read"),
        (world(), "-", HERE, "ask: admin mail read write"), // all of it (RFC 6749 s3.3)
        (
            World {
                resource: Some(bare()),
                ..world()
            },
            "-",
            HERE,
            "ask: ",
        ),
        (
            World {
                resource: Some(bare()),
                ..world()
            },
            "anything",
            HERE,
            "ask: ",
        ),
        (world(), "profile email", HERE, "ask: admin mail read write"), // nothing of this place: as if nothing was asked
        (world(), "openid offline_access read", HERE, "ask: openid read"), // who is there may be asked with any place (OpenID Connect Core s3.1.2.1)
        (world(), "openid write profile", HERE, "ask: openid read write"),
        (own, "-", "-", "ask: profile"), // product decision 24
        (world(), "openid", "-", "ask: openid"),
        (world(), "openid email", "-", "ask: email openid"),
        (world(), "email", "-", "ask: email"),
        (world(), "profile email read", "-", "ask: email profile"),
    ];
    for (world, scope, resource, expected) in rows {
        let decision = world.begin(&asked(&[("scope", scope), ("resource", resource)]), &by_alice());
        assert_eq!(outcome(&decision), expected, "{scope} at {resource}");
    }
    let nothing_left = world().begin(&asked(&[("scope", "read"), ("resource", "-")]), &by_alice());
    assert_eq!(why(&nothing_left), Some(Why::ScopeUnknown));
}

#[test]
fn a_scope_that_brings_itself_or_what_is_not_there_brings_nothing() {
    let resource = facts::resource(&json!({
        "resource": HERE, "scopes": { "a": "", "b": "" }, "implied_scopes": { "a": ["b", "a", "gone"], "b": ["a"] },
    }));
    let world = World {
        resource: Some(resource),
        ..world()
    };
    assert_eq!(
        outcome(&world.begin(&asked(&[("scope", "b")]), &by_alice())),
        "ask: a b"
    );
}

#[test]
fn s_23_a_place_without_scopes_is_not_given_without_a_question() {
    let bare = |client: &Client| World {
        resource: Some(bare()),
        ..of(client)
    };
    for client in [web(), stranger()] {
        for prompt in ["-", "consent"] {
            let decision = bare(&client).begin(&asked_by(&client, &[("prompt", prompt)]), &by_alice());
            assert_eq!(
                outcome(&decision),
                "ask: ",
                "nobody decided anything about {}",
                client.id
            );
        }
        let quiet = bare(&client).begin(&asked_by(&client, &[("prompt", "none")]), &by_alice());
        assert_eq!(why(&quiet), Some(Why::ConsentRequired));
    }
    let said = bare(&web()).answer(&asked(&[]), &yes_but(""));
    assert_eq!(outcome(&said), "code: ", "a yes to the place itself");
    let standing = bare(&web()).granted("", &web().basis());
    assert_eq!(outcome(&standing.begin(&asked(&[]), &by_alice())), "code: ");
}

#[test]
fn a_place_without_scopes_is_forbidden_by_a_rule_for_every_scope() {
    let rows = [
        (json!({ "id": "r", "effect": "forbid" }), true, "everything"),
        (
            json!({ "id": "r", "effect": "forbid", "resource": HERE }),
            true,
            "everything here",
        ),
        (
            json!({ "id": "r", "effect": "forbid", "client_id": "app", "group": "finance" }),
            true,
            "everything of this client for these",
        ),
        (
            json!({ "id": "r", "effect": "forbid", "group": "others" }),
            false,
            "everything for others",
        ),
        (
            json!({ "id": "r", "effect": "forbid", "resource": "https://api.example/" }),
            false,
            "everything elsewhere",
        ),
        (
            json!({ "id": "r", "effect": "forbid", "clients": "unregistered" }),
            false,
            "strangers",
        ),
        (
            json!({ "id": "r", "effect": "forbid", "scope": "read" }),
            false,
            "a scope that is not there",
        ),
        (
            json!({ "id": "r", "effect": "allow" }),
            false,
            "what is allowed for every scope needs a scope: it is asked",
        ),
    ];
    for (rule, forbidden, claim) in rows {
        let world = World {
            resource: Some(bare()),
            ..world()
        }
        .ruled(&[rule]);
        let expected = forbidden.then_some(Why::ForbiddenByRule);
        assert_eq!(why(&world.begin(&asked(&[]), &by_alice())), expected, "{claim}");
        assert_eq!(why(&world.answer(&asked(&[]), &yes_but(""))), expected, "{claim}");
    }
}

#[test]
fn rules_forbid_decide_and_leave_open() {
    let group = |effect: &str, group: &str| json!({ "id": "r", "effect": effect, "group": group });
    let rows = [
        (vec![forbid("read")], "read", "access_denied"),
        (vec![json!({ "id": "r", "effect": "forbid" })], "admin", "access_denied"),
        (vec![group("forbid", "finance")], "read", "access_denied"),
        (vec![group("forbid", "others")], "read", "ask: read"),
        (vec![forbid("write")], "write", "ask: read"),
        (vec![allow("read")], "read", "code: read"),
        (vec![group("allow", "finance")], "write", "code: read write"),
        (vec![group("allow", "others")], "read", "ask: read"),
        (vec![allow("write")], "write", "ask: read"),
        (vec![allow("write"), forbid("read")], "write", "code: write"),
        (vec![allow("read"), forbid("read")], "read", "access_denied"),
        (vec![forbid("read"), allow("read")], "read", "access_denied"),
    ];
    for (rules, scope, expected) in rows {
        let decision = world().ruled(&rules).begin(&asked(&[("scope", scope)]), &by_alice());
        let is = why(&decision).map_or_else(|| outcome(&decision), |why| why.code().name().to_owned());
        assert_eq!(is, expected, "{rules:?} {scope}");
    }
}

#[test]
fn central_consent_gives_silently_unless_the_client_wants_the_question() {
    let world = || world().ruled(&[allow("read")]);
    for (prompt, expected) in [("-", "code: read"), ("none", "code: read"), ("consent", "ask: ")] {
        assert_eq!(
            outcome(&world().begin(&asked(&[("prompt", prompt)]), &by_alice())),
            expected,
            "{prompt}"
        );
    }
    let decision = world().begin(&asked(&[]), &by_alice());
    let given = facts::grant(&json!({
        "id": at().id::<()>("grant").as_str(), "client_id": "app", "user_id": "alice", "scope": "read", "resources": [HERE], "own_endpoints": false,
        "depth": 4, "expires_at": NOW + 180 * 86_400, "given_by_organisation": web().basis(), "created_at": NOW,
    }));
    assert_eq!(made(&decision), Some(&given));
    let [event] = decision.change().events.as_slice() else {
        panic!("one event")
    };
    assert_eq!(event.kind, crate::EventKind::AuthorizationGiven);
    assert_eq!(
        Value::from(event.body.clone()),
        json!({ "client": "app", "audience": HERE, "scope": "read", "by": "central consent", "rules": ["allow-read"] })
    );
}
