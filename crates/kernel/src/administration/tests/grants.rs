//! Giving grants, narrowing them, revoking them; and the resources they name.

use serde_json::{Value, json};

use super::*;
use crate::grant;

#[test]
fn the_scopes_of_a_resource_are_scope_tokens() {
    let with = |scopes: Value| {
        let resource =
            json!({ "resource": HERE, "resource_name": "Files", "scopes": scopes, "introspection_clients": ["api"] });
        run(&json!({ "create_resource": resource }), &Facts::default())
    };
    let many = |count: usize| -> Value {
        (0..count)
            .map(|n| (format!("s{n}"), json!("words")))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    for good in [json!({}), json!({ "read": "see it", "tools:call": "" }), many(128)] {
        let decision = with(good.clone());
        let [Guard::CreateResource(resource)] = decision.change().guards.as_slice() else {
            panic!("a resource: {good}")
        };
        let row = json!({ "resource": HERE, "resource_name": "Files", "scopes": good, "introspection_clients": ["api"], "created_at": NOW });
        assert_eq!(**resource, facts::resource(&row));
    }
    let bad = [
        json!({ "": "nothing" }),
        json!({ "read write": "two in one" }),
        json!({ "read write": "two in one", "write": "and one of them again" }),
        json!({ "": "nothing", "read write": "two in one" }),
        json!({ " read": "a space before" }),
        json!({ "re\"ad": "a quote" }),
        json!({ "l\u{e4}s": "not ASCII" }),
        json!({ "x".repeat(257): "too long" }),
        many(129),
    ];
    for scopes in bad {
        assert_eq!(
            why(&with(scopes.clone())).unwrap().code().name(),
            "invalid_body",
            "{scopes}"
        );
    }
}

#[test]
fn a_resource_is_switched_without_a_race_to_lose() {
    for (disabled, since) in [(true, Some(Time::from_unix(NOW))), (false, None)] {
        let decision = run(
            &json!({ "set_resource_disabled": { "resource": HERE, "disabled": disabled } }),
            &loaded(),
        );
        assert_eq!(
            decision.change().sure,
            [Write::SetResourceDisabled {
                uri: facts::uri(HERE),
                at: since
            }]
        );
        assert!(decision.change().guards.is_empty());
        assert_eq!(
            document(&decision).get("disabled_at"),
            since.map(|at| json!(at.unix())).as_ref()
        );
        assert_eq!(decision.change().events[0].body["disabled"], disabled);
    }
}

/// A grant for Atlas with these members.
fn granting(members: &Value, facts: &Facts) -> Decision {
    let mut grant = json!({ "client_id": "atlas", "scope": "read", "resources": [HERE] });
    for (name, value) in members.as_object().unwrap() {
        grant[name] = value.clone();
    }
    let facts = naming(&grant, facts);
    run(&json!({ "create_grant": grant }), &facts)
}

#[test]
fn a_grant_names_only_what_is_registered() {
    let elsewhere = "https://mcp.example/MCP";
    let cases = [
        (
            json!({ "resources": [elsewhere] }),
            true,
            "identifiers are compared byte for byte",
        ),
        (
            json!({ "resources": [HERE, elsewhere] }),
            true,
            "one that is known does not excuse another",
        ),
        (json!({ "scope": "raed" }), true, "a misspelt scope"),
        (
            json!({ "scope": "read pay" }),
            true,
            "a scope of none of the resources named",
        ),
        (
            json!({ "resources": [HERE, THERE], "scope": "read pay" }),
            false,
            "several resources",
        ),
        (json!({ "scope": "" }), false, "none is none"),
    ];
    for (members, refused, claim) in cases {
        let decision = granting(&members, &loaded());
        let code = why(&decision).map(|why| why.code().name());
        assert_eq!(code, refused.then_some("invalid_body"), "{claim}");
        let mut client = json!({ "client_name": "x", "token_endpoint_auth_method": "client_secret_basic", "grant_types": ["client_credentials"], "scope": "read", "resources": [HERE] });
        for (name, value) in members.as_object().unwrap() {
            client[name] = value.clone();
        }
        let facts = naming(&client, &new_client());
        let decision = run(&json!({ "create_client": client }), &facts);
        assert_eq!(
            why(&decision).is_some(),
            refused,
            "the same for the first grant of a client: {claim}"
        );
    }
    let for_us = Facts {
        resources: vec![],
        ..loaded()
    };
    assert_eq!(
        why(&granting(&json!({ "resources": [], "scope": "anything" }), &for_us)),
        None,
        "our own endpoints know every scope"
    );
}

#[test]
fn a_grant_ends_in_the_future_or_never() {
    for (end, refused) in [
        (NOW.saturating_sub(1), true),
        (NOW, true),
        (NOW.saturating_add(1), false),
    ] {
        let decision = granting(&json!({ "expires_at": end }), &loaded());
        assert_eq!(
            why(&decision),
            refused.then(|| Why::Body("expires_at: lies in the past".to_owned())),
            "{end}"
        );
    }
    assert_eq!(
        created_grant(&granting(&json!({}), &loaded())).authority.expires(),
        None
    );
}

#[test]
fn a_root_is_what_was_asked_and_our_own_endpoints() {
    let decision = granting(
        &json!({ "scope": "write read", "expires_at": NOW.saturating_add(60), "depth": 3 }),
        &loaded(),
    );
    let id = at().id::<crate::id::GrantKind>("grant");
    let expected = facts::grant(&json!({
        "id": id.as_str(), "client_id": "atlas", "scope": "read write", "resources": [HERE], "own_endpoints": true,
        "expires_at": NOW.saturating_add(60), "depth": 3, "given_by": "admin", "created_at": NOW,
    }));
    assert_eq!(
        decision.change().guards,
        [Guard::Grant(grant::Guard::Create(Box::new(expected)))]
    );
    let described = json!({
        "id": id.as_str(), "client_id": "atlas", "scope": "read write", "resources": [HERE], "own_endpoints": true, "depth": 3,
        "expires_at": NOW.saturating_add(60), "given_by": "admin", "created_at": NOW, "status": "active",
    });
    assert_eq!(document(&decision), described);
    let deep = created_grant(&granting(&json!({ "depth": 200 }), &loaded()))
        .authority
        .depth();
    assert_eq!(deep, 8, "chains are short");
}

#[test]
fn a_child_is_narrowed_from_its_parent_and_relies_on_the_whole_path() {
    let decision = granting(&json!({ "parent": "parent" }), &loaded());
    let id = at().id::<crate::id::GrantKind>("grant");
    let expected = facts::grant(&json!({
        "id": id.as_str(), "client_id": "atlas", "scope": "read", "resources": [HERE], "own_endpoints": true, "parent": "parent",
        "expires_at": NOW.saturating_add(1000), "depth": 0, "given_by": "admin", "created_at": NOW,
    }));
    let live = |id: &str, epoch| {
        Guard::Grant(grant::Guard::Live {
            id: facts::id(id),
            epoch,
        })
    };
    let guards = [
        live("parent", 1),
        live("top", 2),
        Guard::Grant(grant::Guard::Create(Box::new(expected))),
    ];
    assert_eq!(decision.change().guards, guards, "no end of its own: the parent's");
    assert_eq!(document(&decision)["parent"], "parent");
}

#[test]
fn a_child_never_reaches_further_than_its_parent() {
    use crate::Excess;
    let cases = [
        (
            json!({ "scope": "read write", "expires_at": NOW.saturating_add(1000) }),
            None,
        ),
        (json!({ "scope": "pay", "resources": [THERE] }), Some(Excess::Scope)),
        (json!({ "resources": [THERE], "scope": "" }), Some(Excess::Audience)),
        (json!({ "expires_at": NOW.saturating_add(1001) }), Some(Excess::Expiry)),
        (json!({ "depth": 1 }), Some(Excess::Depth)),
    ];
    for (mut members, excess) in cases {
        members["parent"] = "parent".into();
        let decision = granting(&members, &loaded());
        assert_eq!(why(&decision), excess.map(Why::Excess), "{members}");
        assert_eq!(decision.change().guards.is_empty(), excess.is_some(), "{members}");
    }
    assert_eq!(Why::Excess(Excess::Scope).code().name(), "invalid_body");
    let mut facts = loaded();
    facts.path[0] = facts::grant(
        &json!({ "id": "parent", "client_id": "atlas", "scope": "read", "resources": [HERE], "parent": "top", "depth": 0 }),
    );
    assert_eq!(
        why(&granting(&json!({ "parent": "parent" }), &facts)),
        Some(Why::Excess(Excess::Depth)),
        "the last of its line"
    );
}

#[test]
fn nothing_is_narrowed_from_a_dead_grant() {
    let revoked = grant::Status::Revoked { at: Time::from_unix(1) };
    let of = |change: fn(&mut Facts, grant::Status)| {
        let mut facts = loaded();
        change(&mut facts, revoked);
        why(&granting(&json!({ "parent": "parent" }), &facts))
    };
    let dead = Some(Why::Absent("grant"));
    assert_eq!(
        of(|facts, revoked| facts.path[0].status = revoked),
        dead,
        "the parent is revoked"
    );
    assert_eq!(
        of(|facts, revoked| facts.path[1].status = revoked),
        dead,
        "the parent's parent is revoked"
    );
    assert_eq!(of(|facts, _| facts.path.truncate(1)), dead, "the path is not whole");
    assert_eq!(of(|facts, _| facts.path.clear()), dead, "there is none of that name");
    assert_eq!(of(|_, _| ()), None);
}

#[test]
fn revoking_a_grant_is_one_write_however_often_it_is_done() {
    let write = Write::Grant(grant::Write::EnsureRevoked {
        id: facts::id("parent"),
        at: at().now,
    });
    let mut again = loaded();
    again.path[0].status = grant::Status::Revoked { at: Time::from_unix(5) };
    for (facts, revoked_at, claim) in [
        (loaded(), NOW, "the first time"),
        (again, 5, "and again: it says since when"),
    ] {
        let decision = run(&json!({ "revoke_grant": { "id": "parent" } }), &facts);
        assert_eq!(decision.change().sure, std::slice::from_ref(&write), "{claim}");
        assert!(decision.change().guards.is_empty(), "{claim}");
        let document = document(&decision);
        assert_eq!(
            (&document["status"], &document["revoked_at"]),
            (&json!("revoked"), &json!(revoked_at)),
            "{claim}"
        );
        assert_eq!(events(&decision), [("grant.revoked", Some("parent"))], "{claim}");
    }
}
