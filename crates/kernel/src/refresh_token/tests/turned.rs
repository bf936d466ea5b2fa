//! The newest token turns its line.

use super::*;
use crate::{authority::Audience, client as registration, user};

#[test]
fn the_form_is_read_as_rfc_6749_section_6_says() {
    let whole = read(&body(7, &[("scope", "write+read"), ("resource", HERE)])).unwrap();
    assert_eq!(whole.token, family::Presented::parse(&token(7)));
    assert_eq!(whole.scopes, Some(crate::Scopes::parse("read write").unwrap()));
    assert_eq!(whole.resource, Some(facts::uri(HERE)));
    let short = read(&body(7, &[("scope", ""), ("resource", "")])).unwrap();
    assert_eq!(
        (short.scopes, short.resource),
        (None, None),
        "without a value is omitted"
    );
    for (body, expected) in [
        ("", Why::ParameterMissing("refresh_token")),
        ("refresh_token=", Why::ParameterMissing("refresh_token")),
        ("refresh_token=x&scope=%22", Why::ScopeMalformed),
        ("refresh_token=x&resource=mcp", Why::ResourceUnknown),
        (
            "refresh_token=x&resource=https://a.example&resource=https://b.example",
            Why::ResourceRepeated,
        ),
        ("refresh_token=x&refresh_token=x", Why::UnknownParameterRepeated),
    ] {
        assert_eq!(read(body), Err(expected), "{body}");
    }
}

#[test]
fn the_newest_turns_the_line_and_relies_on_all_it_hangs_on() {
    let decision = world().newest(&[], &by_app());
    let record = facts::record(&json!({
        "jti": at().id::<()>("token").as_str(), "grant": "authorization-1", "client_id": "app", "aud": HERE, "scope": "read write",
        "issued_at": NOW, "expires_at": NOW + 300,
    }));
    let request = read(&body(NEWEST, &[])).unwrap().digest(&by_app());
    let guards = [
        Guard::Grant(grant::Guard::Live {
            id: facts::id("authorization-1"),
            epoch: 1,
        }),
        Guard::Grant(grant::Guard::Live {
            id: facts::id("yes-1"),
            epoch: 2,
        }),
        Guard::Client(registration::Guard::Unchanged {
            id: facts::id("app"),
            epoch: 3,
        }),
        Guard::User(user::Guard::Unchanged {
            id: facts::id("alice"),
            epoch: 5,
        }),
        Guard::Policy(crate::policy::Guard::Unchanged { version: 0 }),
        Guard::Family(family::Guard::Turn {
            id: facts::id(FAMILY),
            from: NEWEST,
            request,
            at: at().now,
        }),
        Guard::Token(token::Guard::Create(Box::new(record))),
    ];
    assert_eq!(decision.change().guards, guards);
    assert_eq!(decision.change().sure, []);
    assert_eq!(
        decision.change().touches,
        [
            Touch::ClientUsed {
                id: facts::id("app"),
                at: at().now
            },
            Touch::GrantUsed {
                id: facts::id("yes-1"),
                at: at().now
            },
        ],
        "the person's yes was used"
    );
    let answer = Answer::Issue(Reply::Token {
        details: crate::Details::default(),
        access: 0,
        kind: token::Kind::Bearer,
        expires_in_seconds: 300,
        scope: "read write".to_owned(),
        refresh: Some(token(NEWEST + 1)),
        id_token: None,
    });
    assert_eq!(decision.answer(), &answer);
    let sub = people::any_tenant_keys().subject(&Audience::Resource(facts::uri(HERE)), &facts::id("alice"));
    let claims = json!({
        "iss": ISSUER, "sub": sub, "aud": HERE, "client_id": "app", "iat": NOW, "exp": NOW + 300, "jti": at().id::<()>("token").as_str(),
        "scope": "read write", "auth_time": NOW - 4_000, "acr": "phr", "amr": ["pop", "user", "mfa"],
    });
    let [unsigned] = decision.sign() else {
        panic!("one token")
    };
    assert_eq!(
        (unsigned.typ, Value::from(unsigned.claims.clone())),
        ("at+jwt", claims),
        "auth_time is the sign-in's, not the refresh's"
    );
    let [event] = decision.change().events.as_slice() else {
        panic!("one event")
    };
    assert_eq!(
        Value::from(event.body.clone()),
        json!({ "grant": "authorization-1", "audience": HERE, "scope": "read write", "expires": NOW + 300, "bound": false, "family": FAMILY, "generation": 5 })
    );
    assert!(
        !format!("{:?}", decision.change()).contains(token(NEWEST + 1).get(29..).unwrap()),
        "no row or entry holds what could be presented"
    );
}

#[test]
fn a_bound_line_makes_bound_tokens() {
    let world = World {
        family: Some(family(&json!({ "jkt": JKT }))),
        ..world()
    };
    let decision = world.newest(&[], &with_key(by_app(), JKT));
    assert!(matches!(
        decision.answer(),
        Answer::Issue(Reply::Token {
            kind: token::Kind::Dpop,
            ..
        })
    ));
    assert_eq!(decision.sign()[0].claims["cnf"], json!({ "jkt": JKT }));
}

#[test]
fn a_refresh_may_ask_for_less_and_never_for_more() {
    let rows = [
        ("", Ok("read write")),
        ("read", Ok("read")),
        ("write read", Ok("read write")),
        ("admin", Err(Why::ScopeNotGranted)), // in the person's yes, not in this authorization
        ("read admin", Err(Why::ScopeNotGranted)),
        ("unheard", Err(Why::ScopeNotGranted)),
    ];
    for (scope, expected) in rows {
        let scope = scope.replace(' ', "+");
        let decision = world().newest(&[("scope", &scope)], &by_app());
        match expected {
            Ok(given) => assert_eq!(reply(&decision), (given, token(NEWEST + 1).as_str()), "{scope}"),
            Err(expected) => {
                assert_eq!(why(&decision), Some(expected), "{scope}");
                assert_changes_nothing(&decision);
            }
        }
    }
    assert_eq!(Why::ScopeNotGranted.code().name(), "invalid_scope");
}

#[test]
fn the_place_is_that_of_the_authorization() {
    assert_eq!(why(&world().newest(&[("resource", HERE)], &by_app())), None);
    for other in ["https://api.example/v1", "https://mcp.example/mcp/", ISSUER] {
        let decision = world().newest(&[("resource", other)], &by_app());
        assert_eq!(why(&decision), Some(Why::ResourceNotGranted), "{other}");
        assert_changes_nothing(&decision);
    }
    let own = json!({ "resources": [], "own_endpoints": true });
    let world = World {
        path: vec![authorization(&own), yes(&own)],
        resource: None,
        ..world()
    };
    assert_eq!(world.newest(&[], &by_app()).sign()[0].claims["aud"], ISSUER);
    assert_eq!(
        why(&world.newest(&[("resource", HERE)], &by_app())),
        Some(Why::ResourceNotGranted)
    );
}

#[test]
fn a_token_ends_with_its_authorization() {
    let world = World {
        path: vec![authorization(&json!({ "expires_at": NOW + 17 })), yes(&json!({}))],
        ..world()
    };
    assert_eq!(world.newest(&[], &by_app()).sign()[0].claims["exp"], NOW + 17);
}
