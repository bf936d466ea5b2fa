//! What is issued, and what it relies on.

use super::*;
use crate::{client as registration, user};

/// What is made for a caller with this key.
fn redeemed(key: Option<&str>) -> Decision {
    let caller = key.map_or_else(by_app, |key| with_key(by_app(), key));
    world().redeem(&[], &caller)
}

#[test]
fn the_authorization_is_a_child_of_the_persons_yes_and_everything_hangs_on_it() {
    for key in [None, Some(JKT)] {
        let decision = redeemed(key);
        let days = if key.is_some() { 180 } else { 30 };
        let (grant, line, jti) = (
            at().id::<()>("authorization"),
            at().id::<()>("family"),
            at().id::<()>("token"),
        );
        let authorization = facts::grant(&json!({
            "id": grant.as_str(), "client_id": "app", "user_id": "alice", "scope": "read write", "resources": [HERE], "own_endpoints": false,
            "expires_at": NOW + days * 86_400, "depth": 3, "parent": "yes-1", "redeemed": true, "created_at": NOW,
        }));
        let family = people::family(&with(
            json!({
                "id": line.as_str(), "grant": grant.as_str(), "client_id": "app", "auth_time": NOW - 900, "generation": 0, "turned_at": NOW, "created_at": NOW,
            }),
            &json!({ "jkt": key }),
        ));
        let record = facts::record(&with(
            json!({
                "jti": jti.as_str(), "grant": grant.as_str(), "client_id": "app", "aud": HERE, "scope": "read write", "issued_at": NOW, "expires_at": NOW + 300,
            }),
            &json!({ "jkt": key }),
        ));
        let guards = [
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
            Guard::AuthorizationCode(crate::authorization_code::Guard::Redeem {
                id: facts::id("code-1"),
                grant: facts::id(grant.as_str()),
            }),
            Guard::Grant(grant::Guard::Create(Box::new(authorization))),
            Guard::Family(family::Guard::Create(Box::new(family))),
            Guard::Token(token::Guard::Create(Box::new(record))),
        ];
        assert_eq!(decision.change().guards, guards, "{key:?}");
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
            ]
        );
    }
}

#[test]
fn the_token_says_what_rfc_9068_wants_and_is_bound_to_the_key() {
    for key in [None, Some(JKT)] {
        let decision = redeemed(key);
        let mut claims = json!({
            "iss": ISSUER, "sub": people::any_tenant_keys().subject(&Audience::Resource(facts::uri(HERE)), &facts::id("alice")), "aud": HERE, "client_id": "app",
            "iat": NOW, "exp": NOW + 300, "jti": at().id::<()>("token").as_str(), "scope": "read write", "auth_time": NOW - 900,
            "acr": "phr", "amr": ["pop", "user", "mfa"], // RFC 9470 s6.2, RFC 8176 s2
        });
        if let Some(key) = key {
            claims["cnf"] = json!({ "jkt": key }); // RFC 9449 s6.1
        }
        let [unsigned] = decision.sign() else {
            panic!("one token")
        };
        assert_eq!((unsigned.typ, unsigned.signing.name()), ("at+jwt", "EdDSA"));
        assert_eq!(Value::from(unsigned.claims.clone()), claims);
        let kind = if key.is_some() {
            token::Kind::Dpop
        } else {
            token::Kind::Bearer
        };
        let refresh = family::write(&people::any_tenant_keys().refresh, &at().id("family"), 0);
        assert_eq!(reply(&decision), (kind, 300, "read write", Some(refresh.as_str())));
        let [event] = decision.change().events.as_slice() else {
            panic!("one event")
        };
        assert_eq!(
            (event.kind, event.actor.as_deref()),
            (EventKind::TokenIssued, Some("app"))
        );
        assert_eq!(
            Value::from(event.body.clone()),
            json!({ "grant": at().id::<()>("authorization").as_str(), "audience": HERE, "scope": "read write", "expires": NOW + 300, "bound": key.is_some(), "code": "code-1" })
        );
        let change = format!("{:?}", decision.change());
        assert!(
            !change.contains("SplxlOBe") && !change.contains(&refresh),
            "no row or entry holds what could be presented"
        );
    }
}

#[test]
fn an_authorization_ends_with_the_yes_it_comes_of() {
    for (key, yes_ends, expected) in [
        (None, None, 30 * 86_400),
        (None, Some(30 * 86_400 + 1), 30 * 86_400),
        (None, Some(86_400), 86_400),
        (Some(JKT), None, 180 * 86_400),
        (Some(JKT), Some(86_400), 86_400),
        (Some(JKT), Some(10), 10),
    ] {
        let yes = yes(&json!({ "expires_at": yes_ends.map(|seconds| NOW + seconds) }));
        let caller = key.map_or_else(by_app, |key| with_key(by_app(), key));
        let decision = World {
            path: vec![yes],
            ..world()
        }
        .redeem(&[], &caller);
        assert_eq!(
            made(&decision).authority.expires(),
            Some(Time::from_unix(NOW + expected)),
            "{key:?} {yes_ends:?}"
        );
        assert_eq!(reply(&decision).1, expected.min(300), "and so does the token");
    }
}

#[test]
fn a_client_that_did_not_register_for_refreshing_gets_no_refresh_token() {
    let once = client(&json!({ "grant_types": ["authorization_code"] }));
    let decision = world().redeem(&[], &by(once));
    assert_eq!((reply(&decision).3, line(&decision)), (None, None));
    let rules = world().redeem(&[], &by_app());
    assert!(
        line(&rules).is_some(),
        "whatever the scope says: offline_access is not asked for"
    );
}

#[test]
fn a_persons_name_differs_from_place_to_place_and_not_from_client_to_client() {
    let named = |client_id: &str, place: &str| {
        let client = client(&json!({ "client_id": client_id }));
        let world = World {
            code: Some(code(&json!({ "client_id": client_id, "aud": place }))),
            path: vec![yes(&json!({ "client_id": client_id, "resources": [place] }))],
            resource: Some(here(&json!({ "resource": place }))),
            ..world()
        };
        world.redeem(&[], &by(client)).sign()[0].claims["sub"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let (one, two) = ("https://mcp.example/mcp", "https://api.example/v1");
    assert_eq!(
        named("app", one),
        named("other", one),
        "product decision 10: pairwise by audience"
    );
    assert_ne!(named("app", one), named("app", two));
    assert_ne!(named("app", one), named("app", "https://mcp.example/mcp/"));
    for name in [named("app", one), named("app", two)] {
        assert!(!name.contains("alice") && name.len() == 43);
    }
    let keys = |pairwise: u8| TenantKeys {
        pairwise: proof::Secret::new([pairwise; 32]),
        ..people::any_tenant_keys()
    };
    let here = Audience::Resource(facts::uri(one));
    assert_ne!(
        keys(3).subject(&here, &facts::id("alice")),
        keys(4).subject(&here, &facts::id("alice")),
        "nor can two tenants match theirs"
    );
    assert_ne!(
        keys(3).subject(&here, &facts::id("alice")),
        keys(3).subject(&here, &facts::id("bob"))
    );
}

#[test]
fn two_redemptions_at_once_want_the_same_row_and_make_different_grants() {
    let request = read(&body(&[])).unwrap();
    let world = world();
    let decisions = [7, 8].map(|seed| decide(&request, &by_app(), &world.facts(), &people::moment(NOW, seed)));
    let redeems = |decision: &Decision| {
        let redeem = decision.change().guards.iter().find_map(|guard| {
            let Guard::AuthorizationCode(crate::authorization_code::Guard::Redeem { id, grant }) = guard else {
                return None;
            };
            Some((id.clone(), grant.clone()))
        });
        redeem.unwrap()
    };
    let (first, second) = (redeems(&decisions[0]), redeems(&decisions[1]));
    assert_eq!(first.0, second.0);
    assert_ne!(first.1, second.1);
    assert_eq!(&first.1, &made(&decisions[0]).id);
    let lost = World {
        code: Some(code(&json!({ "redeemed": first.1.as_str() }))),
        ..world
    };
    let again = decide(&request, &by_app(), &lost.facts(), &people::moment(NOW, 8));
    assert_eq!(
        why(&again),
        Some(Why::CodeReplayed),
        "S-07: who loses the race is a replay, and the winner dies with it"
    );
    assert_eq!(again.change().sure.len(), 1);
}

#[test]
fn an_authorization_keeps_what_its_root_allows_of_each_capability() {
    let powers = json!([{ "action": "purchase", "limits": { "max_executions": 3 } }]);
    let world = World {
        path: vec![yes(&json!({ "capabilities": powers }))],
        ..world()
    };
    let decision = world.redeem(&[], &by_app());
    let kept = decision.change().guards.iter().find_map(|guard| {
        let Guard::Grant(grant::Guard::Create(grant)) = guard else {
            return None;
        };
        Some(grant.authority.powers().value())
    });
    assert_eq!(kept, Some(powers));
}
