//! What a person said before (S-23, RFC 8252 s8.6).

use super::*;
use crate::grant::Source;

fn ask_before(world: &World, changed: &[(&str, &str)]) -> Option<Before> {
    let decision = world.begin(&asked(changed), &by_alice());
    let Answer::Wait(Pending::Consent(ask)) = decision.answer() else {
        return None;
    };
    Some(ask.before.clone())
}

fn last() -> Time {
    Time::from_unix(NOW - 100)
}

#[test]
fn a_yes_that_stands_gives_the_code_without_a_question() {
    let world = world().granted("admin mail read write", &web().basis());
    let decision = world.begin(&asked(&[("scope", "read")]), &by_alice());
    assert_eq!(
        outcome(&decision),
        "code: read",
        "what was asked, not all that was given before"
    );
    assert_eq!(made(&decision), None, "no new grant");
    assert_eq!(code(&decision).unwrap().grant.as_str(), "yes-1");
    assert_eq!(
        decision.change().guards[0],
        Guard::Grant(grant::Guard::Live {
            id: facts::id("yes-1"),
            epoch: 2
        }),
        "and it relies on the old one"
    );
    assert_eq!(decision.change().events[0].body["by"], "standing consent");
    assert_eq!(
        decision.change().touches,
        [Touch::BrowserSessionSeen {
            id: facts::id("browser-1"),
            at: at().now
        }],
        "a grant is used when a token comes of it, not by a code that nobody may redeem"
    );
    assert_eq!(
        outcome(&world.begin(&asked(&[("prompt", "none")]), &by_alice())),
        "code: read"
    );
    assert_eq!(
        ask_before(&world, &[("prompt", "consent")]),
        Some(Before::Same { at: last() }),
        "unless the client wants it"
    );
}

#[test]
fn a_yes_to_less_revoked_ended_or_elsewhere_is_no_yes() {
    let basis = web().basis();
    let with = |changed: &Value| {
        let mut row = json!({
            "id": "yes-1", "client_id": "app", "user_id": "alice", "scope": "read write", "resources": [HERE], "own_endpoints": false, "depth": 4,
            "expires_at": NOW + 1, "given_by_person": basis, "created_at": NOW - 100,
        });
        for (name, value) in changed.as_object().unwrap() {
            row[name] = value.clone();
        }
        row.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        World {
            grants: vec![vec![facts::grant(&row)]],
            ..world()
        }
    };
    let rows = [
        (json!({}), None, "it stands"),
        (
            json!({ "scope": "read" }),
            Some(Before::Less { at: last() }),
            "narrower",
        ),
        (json!({ "revoked_at": NOW - 10 }), Some(Before::Nothing), "revoked"),
        (json!({ "expires_at": NOW }), Some(Before::Nothing), "ended"),
        (
            json!({ "resources": ["https://api.example/"] }),
            Some(Before::Nothing),
            "for another place",
        ),
        (
            json!({ "resources": [], "own_endpoints": true }),
            Some(Before::Nothing),
            "for our own endpoints",
        ),
        (
            json!({ "given_by_person": null, "given_by_organisation": basis }),
            Some(Before::Nothing),
            "by the organisation: it counts as long as its rules do",
        ),
        (
            json!({ "given_by_person": null, "given_by": "admin" }),
            Some(Before::Nothing),
            "by an administrator",
        ),
        (
            json!({ "given_by_person": null, "redeemed": true }),
            Some(Before::Nothing),
            "an authorization is no yes",
        ),
        (json!({ "parent": "gone" }), Some(Before::Nothing), "without its root"),
    ];
    for (changed, expected, claim) in rows {
        assert_eq!(ask_before(&with(&changed), &[("scope", "write")]), expected, "{claim}");
    }
}

#[test]
fn two_halves_of_a_yes_are_no_yes_but_the_person_is_told_that_they_know_it() {
    let half = |id: &str, scope: &str| Grant {
        id: facts::id(id),
        ..yes(scope, &web().basis())
    };
    let world = World {
        grants: vec![vec![half("a", "read")], vec![half("b", "mail")]],
        ..world()
    };
    assert_eq!(
        ask_before(&world, &[("scope", "read mail")]),
        Some(Before::Same { at: last() })
    );
    assert_eq!(ask_before(&world, &[("scope", "read")]), None);
    assert_eq!(
        ask_before(&world, &[("scope", "write")]),
        Some(Before::Less { at: last() })
    );
}

#[test]
fn s_23_a_yes_is_void_when_the_client_has_another_name_place_key_or_method() {
    let keyed = |key: &Value| json!({ "token_endpoint_auth_method": "private_key_jwt", "client_secret_digest": null, "jwks": { "keys": [key] } });
    let (first, second) = (
        crate::vectors::signer::ed25519_jwk(),
        crate::vectors::signer::p256_jwk(),
    );
    let rows = [
        (json!({}), json!({}), true, "the same"),
        (
            json!({}),
            json!({ "epoch": 9, "client_uri": "https://app.example/", "scope": "x", "client_secret_digest": "new" }),
            true,
            "what the yes does not rest on",
        ),
        (json!({}), json!({ "client_name": "App 2" }), false, "another name"),
        (
            json!({}),
            json!({ "redirect_uris": [BACK, "https://evil.example/cb"] }),
            false,
            "one more place of answer",
        ),
        (
            json!({ "redirect_uris": [BACK, "https://app.example/2"] }),
            json!({}),
            false,
            "one place less",
        ),
        (keyed(&first), keyed(&first), true, "the same key"),
        (keyed(&first), keyed(&second), false, "another key"),
        (
            json!({}),
            json!({ "token_endpoint_auth_method": "client_secret_post" }),
            false,
            "another method",
        ),
        (
            json!({ "client_name": "A", "redirect_uris": [BACK] }),
            json!({ "client_name": "A\0client_secret_basic", "redirect_uris": [BACK] }),
            false,
            "a name that pretends",
        ),
    ];
    for (before, now, stands, claim) in rows {
        let world = of(&client(&now)).granted("read", &client(&before).basis());
        let expected = (!stands).then_some(Before::AnotherClient { at: last() });
        assert_eq!(ask_before(&world, &[]), expected, "{claim}");
        let quiet = world.begin(&asked(&[("prompt", "none")]), &by_alice());
        assert_eq!(why(&quiet), (!stands).then_some(Why::ConsentRequired), "{claim}");
    }
}

#[test]
fn whoever_could_be_anybody_on_the_persons_computer_is_asked_each_time() {
    let rows = [
        (
            public("http://127.0.0.1/cb"),
            "ask: read",
            "a loopback address of a client without credential (RFC 8252 s8.6)",
        ),
        (public("http://localhost/cb"), "ask: read", "localhost"),
        (public("http://[::1]/cb"), "ask: read", "IPv6"),
        (
            public("com.example.app:/cb"),
            "ask: read",
            "a scheme that any program can take",
        ),
        (public("https://127.0.0.1/cb"), "ask: read", "https on this computer"),
        (public(BACK), "code: read", "a web site has its host"),
        (
            client(&json!({ "redirect_uris": ["http://127.0.0.1/cb"] })),
            "code: read",
            "a secret proves it when the code is redeemed",
        ),
    ];
    for (client, expected, claim) in rows {
        let request = asked_by(&client, &[]);
        let world = of(&client).granted("read", &client.basis());
        assert_eq!(outcome(&world.begin(&request, &by_alice())), expected, "{claim}");
    }
    let client = public("http://127.0.0.1/cb");
    let quiet = of(&client)
        .granted("read", &client.basis())
        .begin(&asked_by(&client, &[("prompt", "none")]), &by_alice());
    assert_eq!(why(&quiet), Some(Why::ConsentRequired));
    let decided = of(&client)
        .ruled(&[allow("read")])
        .begin(&asked_by(&client, &[]), &by_alice());
    assert_eq!(
        outcome(&decided),
        "code: read",
        "the organisation decided for everybody"
    );
}

#[test]
fn what_was_said_yes_to_and_is_forbidden_now_is_not_given() {
    let world = world().granted("read write", &web().basis()).ruled(&[forbid("write")]);
    assert_eq!(
        outcome(&world.begin(&asked(&[("scope", "write")]), &by_alice())),
        "code: read"
    );
    let all = world.ruled(&[json!({ "id": "r", "effect": "forbid", "client_id": "app" })]);
    assert_eq!(
        why(&all.begin(&asked(&[("scope", "write")]), &by_alice())),
        Some(Why::ForbiddenByRule)
    );
}

#[test]
fn the_same_yes_again_is_the_same_grant_and_any_other_is_another() {
    let app = public("http://127.0.0.1/callback");
    let again = |given: &str, basis: &str, days: i64| {
        let mut world = of(&app);
        let grant = Grant {
            created: Time::from_unix(NOW - days * 86_400),
            ..yes(given, basis)
        };
        world.grants = vec![vec![grant]];
        let decision = world.answer(&asked_by(&app, &[("scope", "read")]), &yes_but(""));
        assert_eq!(outcome(&decision), "code: read");
        assert_eq!(decision.change().events[0].body["by"], "person");
        made(&decision).is_none()
    };
    assert!(
        again("read", &app.basis(), 1),
        "a program on this computer is asked each time; what it was given is one line"
    );
    assert!(again("read", &app.basis(), 89));
    assert!(!again("read", &app.basis(), 91), "an old yes is renewed by a new one");
    assert!(
        !again("read write", &app.basis(), 1),
        "less than before is what was said now"
    );
    assert!(!again("read", &web().basis(), 1), "another client than it was (S-23)");

    let decided = |source| {
        let mut world = world().ruled(&[allow("read")]);
        world.grants = vec![vec![Grant {
            source,
            ..yes("read", "")
        }]];
        made(&world.begin(&asked(&[("scope", "read")]), &by_alice())).is_none()
    };
    let basis = web().basis();
    assert!(
        decided(Source::Organisation { basis: basis.clone() }),
        "the organisation's yes makes no line a day either"
    );
    assert!(!decided(Source::Organisation { basis: String::new() }));
}
