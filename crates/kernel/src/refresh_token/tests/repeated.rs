//! The identical request a moment later gets the same successor; everything else that is genuine and old is reuse (S-16).

#![expect(clippy::arithmetic_side_effects, reason = "test arithmetic on small known values")]

use super::*;

/// The line after the token of the generation before was shown in this request by this caller, so many seconds ago.
fn turned(body: &str, caller: &Caller, ago: i64, key: Option<&str>) -> World {
    let request = read(body).unwrap().digest(caller);
    World {
        family: Some(family(
            &json!({ "request": request, "turned_at": NOW - ago, "jkt": key }),
        )),
        ..world()
    }
}

fn before(more: &[(&str, &str)]) -> String {
    body(NEWEST - 1, more)
}

#[test]
fn s_16_the_identical_request_gets_the_same_successor_for_ten_seconds() {
    // The clocks of two nodes differ a little; one that jumped back opens no window.
    for ago in [0, 1, 9, 10, -1, -10] {
        let decision = turned(&before(&[]), &by_app(), ago, None).shown(&before(&[]), &by_app());
        assert_eq!(reply(&decision), ("read write", token(NEWEST).as_str()), "{ago} s");
        let current = family::Guard::Current {
            id: facts::id(FAMILY),
            generation: NEWEST,
        };
        assert_eq!(turn(&decision), &current, "the line does not turn");
        let [event] = decision.change().events.as_slice() else {
            panic!("one event")
        };
        assert_eq!(
            (&event.body["repeated"], &event.body["generation"]),
            (&json!(true), &json!(NEWEST))
        );
    }
    for ago in [11, 12, 3_600, -11, -3_600] {
        assert_kills(
            &turned(&before(&[]), &by_app(), ago, None).shown(&before(&[]), &by_app()),
            &format!("{ago} s"),
        );
    }
}

#[test]
fn s_16_whatever_differs_is_no_repetition() {
    let cases: [(&[(&str, &str)], &str); 6] = [
        (&[("scope", "read")], "less scope"),
        (&[("scope", "read+write")], "all of the scope, but said"),
        (&[("resource", HERE)], "the resource, but said"),
        (&[("anything", "else")], "a parameter that nobody knows"),
        (&[("scope", "admin")], "a scope that would be refused"),
        (
            &[("resource", "https://api.example/v1")],
            "a resource that would be refused",
        ),
    ];
    for (more, claim) in cases {
        let world = turned(&before(&[]), &by_app(), 1, None);
        assert_kills(&world.shown(&before(more), &by_app()), claim);
        let other_way = turned(&before(more), &by_app(), 1, None);
        assert_kills(&other_way.shown(&before(&[]), &by_app()), claim);
    }
}

#[test]
fn s_16_a_repetition_with_another_key_kills_a_bearer_line() {
    let world = turned(&before(&[]), &with_key(by_app(), JKT), 1, None);
    assert_kills(&world.shown(&before(&[]), &by_app()), "no key now");
    assert_kills(
        &world.shown(&before(&[]), &with_key(by_app(), "another-key")),
        "another key",
    );
    let decision = world.shown(&before(&[]), &with_key(by_app(), JKT));
    assert_eq!(reply(&decision).1, token(NEWEST));
}

#[test]
fn s_16_two_generations_back_kills_within_the_window() {
    for back in [2, 3, NEWEST] {
        let old = body(NEWEST - back, &[]);
        assert_kills(
            &turned(&old, &by_app(), 1, None).shown(&old, &by_app()),
            &format!("{back} back"),
        );
    }
    let next = body(NEWEST + 1, &[]);
    assert_kills(
        &turned(&next, &by_app(), 1, None).shown(&next, &by_app()),
        "one that was never handed out",
    );
}

#[test]
fn s_16_a_line_that_never_turned_has_nothing_to_repeat() {
    let first = World {
        family: Some(family(
            &json!({ "generation": 0, "request": null, "turned_at": NOW - 1 }),
        )),
        ..world()
    };
    assert_eq!(reply(&first.shown(&body(0, &[]), &by_app())).1, token(1));
    assert_kills(&first.shown(&body(1, &[]), &by_app()), "ahead of the first");
}

#[test]
fn s_16_sixty_four_identical_requests_make_one_line() {
    let mut world = World {
        family: Some(family(&json!({}))),
        ..world()
    };
    let request = body(NEWEST, &[]);
    let mut successors = Vec::new();
    for _ in 0..64 {
        let decision = world.shown(&request, &by_app());
        if let family::Guard::Turn { from, request, at, .. } = turn(&decision) {
            assert_eq!(*from, NEWEST);
            world.family = Some(Family {
                generation: from + 1,
                request: Some(request.clone()),
                turned: *at,
                ..family(&json!({}))
            });
        }
        successors.push(reply(&decision).1.to_owned());
    }
    assert!(
        successors.iter().all(|successor| *successor == token(NEWEST + 1)),
        "one successor, one living line"
    );
    assert_eq!(world.family.unwrap().generation, NEWEST + 1);
}

#[test]
fn a_repetition_is_refused_like_any_other_when_what_it_hangs_on_fell_silent() {
    let world = || turned(&before(&[]), &by_app(), 1, None);
    let forbidden = world().ruled(&[json!({ "id": "r", "effect": "forbid" })]);
    let disabled = World {
        user: Some(alice(&json!({ "disabled_at": 1 }))),
        ..world()
    };
    let gone = World {
        resource: None,
        ..world()
    };
    for (world, expected) in [
        (forbidden, Why::GrantForbidden),
        (disabled, Why::UserDisabled),
        (gone, Why::ResourceUnknown),
    ] {
        let decision = world.shown(&before(&[]), &by_app());
        assert_eq!(why(&decision), Some(expected));
        assert_changes_nothing(&decision);
    }
}

#[test]
fn identical_means_the_parameters_the_client_and_the_key_and_no_proofs() {
    let digest = |body: &str, caller: &Caller| read(body).unwrap().digest(caller);
    let (plain, more) = (
        "grant_type=refresh_token&refresh_token=x",
        "grant_type=refresh_token&refresh_token=x&scope=a&resource=https://a.example",
    );
    let same = [
        (plain, "refresh_token=x&grant_type=refresh_token", "another order"),
        (
            more,
            "resource=https://a.example&scope=a&refresh_token=x&grant_type=refresh_token",
            "another order of more",
        ),
        (
            plain,
            "grant_type=refresh_token&refresh_token=x&client_id=app",
            "the name in the body",
        ),
        (
            plain,
            "grant_type=refresh_token&refresh_token=x&client_secret=s",
            "a secret",
        ),
        (
            plain,
            "grant_type=refresh_token&refresh_token=x&client_assertion=a.b.c&client_assertion_type=t",
            "an assertion",
        ),
        (
            plain,
            "grant_type=refresh%5Ftoken&refresh_token=%78",
            "another spelling of the same letters",
        ),
        (
            plain,
            "grant_type=refresh_token&refresh_token=x&scope=",
            "what has no value is not there",
        ),
    ];
    for (one, other, claim) in same {
        assert_eq!(digest(one, &by_app()), digest(other, &by_app()), "{claim}");
    }
    let differ = [
        (plain, "grant_type=refresh_token&refresh_token=y", "another token"),
        (plain, more, "more"),
        (
            more,
            "grant_type=refresh_token&refresh_token=x&scope=a+b&resource=https://a.example",
            "another scope",
        ),
        (
            "refresh_token=x&a=b&c=d",
            "refresh_token=x&a=b%26c%3Dd",
            "what runs together when joined",
        ),
        (
            "refresh_token=x&a=1:b",
            "refresh_token=x&a=1&b=",
            "a length that pretends",
        ),
        ("refresh_token=x&a=bc", "refresh_token=x&ab=c", "a border that moves"),
    ];
    for (one, other, claim) in differ {
        assert_ne!(digest(one, &by_app()), digest(other, &by_app()), "{claim}");
    }
    let other_client = by(client(&json!({ "client_id": "other" })));
    assert_ne!(digest(plain, &by_app()), digest(plain, &other_client));
    assert_ne!(digest(plain, &by_app()), digest(plain, &with_key(by_app(), JKT)));
    assert_ne!(
        digest(plain, &with_key(by_app(), "k")),
        digest(plain, &with_key(by_app(), JKT))
    );
}
