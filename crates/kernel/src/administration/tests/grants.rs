//! Giving grants, narrowing them, revoking them; and the resources they name.

use serde_json::{Value, json};

use super::*;
use crate::{grant, power::Powers};

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
        (
            json!({ "scope": "pay", "resources": [THERE] }),
            Some(Excess::Scope(crate::Scopes::one("pay"))),
        ),
        (
            json!({ "resources": [THERE], "scope": "" }),
            Some(Excess::Audience(crate::Audience::Resource(facts::uri(THERE)))),
        ),
        (
            json!({ "expires_at": NOW.saturating_add(1001) }),
            Some(Excess::Expiry(Time::from_unix(NOW.saturating_add(1000)))),
        ),
        (json!({ "depth": 1 }), Some(Excess::Depth(0))),
    ];
    for (mut members, excess) in cases {
        members["parent"] = "parent".into();
        let decision = granting(&members, &loaded());
        assert_eq!(decision.change().guards.is_empty(), excess.is_some(), "{members}");
        assert_eq!(why(&decision), excess.map(Why::Excess), "{members}");
    }
    assert_eq!(Why::Excess(Excess::Detail).code().name(), "invalid_body");
    let mut facts = loaded();
    facts.path[0] = facts::grant(
        &json!({ "id": "parent", "client_id": "atlas", "scope": "read", "resources": [HERE], "parent": "top", "depth": 0 }),
    );
    assert_eq!(
        why(&granting(&json!({ "parent": "parent" }), &facts)),
        Some(Why::Excess(Excess::Depth(0))),
        "the last of its line"
    );
}

/// At most so many euros, so often a day.
fn purchase(most: &str, a_day: i64) -> Value {
    let constraint = json!({ "field": "amount", "op": "max", "value": most, "currency": "EUR" });
    json!({ "action": "purchase", "constraints": [constraint], "limits": { "daily_limit_count": a_day } })
}

#[test]
fn the_capabilities_of_a_grant_are_kept_told_in_words_and_named_in_the_log() {
    let powers = json!([purchase("50.00", 3), { "action": "read_profile" }]);
    let decision = granting(
        &json!({ "scope": "", "resources": [], "capabilities": powers }),
        &Facts {
            resources: Vec::new(),
            ..loaded()
        },
    );
    let kept = created_grant(&decision).authority.powers().clone();
    assert_eq!(kept, Powers::read(&powers).unwrap());
    let mut told = powers.clone();
    told[0]["constraints"][0]["value"] = "50".into();
    told[0]["words"] = "may purchase: amount at most 50.00 EUR; at most 3 a day".into();
    told[1]["words"] = "may read_profile: anything, without limits".into();
    assert_eq!(document(&decision)["capabilities"], told);
    let event = &decision.change().events[0];
    assert_eq!(event.body["capabilities"], json!(["purchase", "read_profile"]));
    let without = granting(&json!({}), &loaded());
    assert_eq!(document(&without).get("capabilities"), None);
    assert_eq!(without.change().events[0].body.get("capabilities"), None);
}

#[test]
fn s_31_a_child_never_has_a_capability_beyond_its_parents() {
    use crate::Excess;
    let mut facts = loaded();
    facts.path[0] = facts::grant(&json!({
        "id": "parent", "client_id": "atlas", "scope": "read", "resources": [HERE], "parent": "top", "depth": 1, "capabilities": [purchase("50.00", 3)],
    }));
    let power = |names: &str| Excess::Power(names.to_owned());
    for (powers, excess) in [
        (json!([]), None),
        (json!([purchase("50", 3)]), None),
        (json!([purchase("20", 1), purchase("10", 2)]), None),
        (json!([purchase("50.01", 3)]), Some(power("purchase"))),
        (json!([purchase("50", 4)]), Some(power("purchase"))),
        (json!([{ "action": "purchase" }]), Some(power("purchase"))),
        (
            json!([purchase("50", 3), { "action": "read_profile" }]),
            Some(power("read_profile")),
        ),
    ] {
        let decision = granting(&json!({ "parent": "parent", "capabilities": powers }), &facts);
        assert_eq!(why(&decision), excess.map(Why::Excess), "{powers}");
    }
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

/// An edit of the grant that was loaded, whose ancestor lives too.
fn editing(mut members: Value, facts: &Facts) -> Decision {
    members["id"] = "parent".into();
    run(&json!({ "edit_grant": members }), facts)
}

#[test]
fn an_edit_takes_away_and_raises_the_epoch_that_it_read() {
    let decision = editing(
        json!({ "scope": "read", "expires_at": NOW.saturating_add(500), "depth": 0 }),
        &loaded(),
    );
    let [Guard::Grant(grant::Guard::Narrow(narrowed))] = decision.change().guards.as_slice() else {
        panic!("an edit: {decision:?}")
    };
    let before = &loaded().path[0];
    assert_eq!(
        (
            narrowed.id.as_str(),
            narrowed.from_epoch,
            narrowed.authority.scopes().joined().as_str()
        ),
        ("parent", before.epoch, "read")
    );
    assert_eq!(narrowed.authority.audiences(), before.authority.audiences());
    assert_eq!(narrowed.after(before).epoch, before.epoch.saturating_add(1));
    assert_eq!(document(&decision)["scope"], "read");
    assert_eq!(document(&decision)["expires_at"], NOW.saturating_add(500));
    let [event] = decision.change().events.as_slice() else {
        panic!("one event")
    };
    assert_eq!(
        (event.kind, event.about.as_deref()),
        (EventKind::GrantNarrowed, Some("parent"))
    );
    assert_eq!(event.body["scope"], "read");
}

#[test]
fn an_edit_never_widens_and_never_leaves_nothing() {
    use crate::Excess;
    let body = |text: &str| Some(Why::Body(text.to_owned()));
    for (members, refused) in [
        (
            json!({ "scope": "read pay" }),
            Some(Why::Widens(Excess::Scope(crate::Scopes::one("pay")))),
        ),
        (
            json!({ "resources": [THERE] }),
            Some(Why::Widens(Excess::Audience(crate::Audience::Resource(facts::uri(
                THERE,
            ))))),
        ),
        (
            json!({ "expires_at": NOW.saturating_add(1001) }),
            Some(Why::Widens(Excess::Expiry(Time::from_unix(NOW.saturating_add(1000))))),
        ),
        (json!({ "depth": 8 }), Some(Why::Widens(Excess::Depth(1)))),
        (json!({ "scope": "read", "resources": [HERE] }), None),
        (
            json!({ "scope": "", "resources": [] }),
            body("nothing would be left: revoke the grant instead"),
        ),
        (
            json!({}),
            body(
                "name what is left: scope, resources, authorization_details, capabilities, expires_at, depth or revocation",
            ),
        ),
        (
            json!({ "expires_at": NOW }),
            body("expires_at: lies in the past; revoke the grant to end it now"),
        ),
    ] {
        assert_eq!(why(&editing(members.clone(), &loaded())), refused, "{members}");
    }
    assert_eq!(Why::Widens(Excess::Detail).code().name(), "invalid_body");
    let revoked = grant::Status::Revoked { at: Time::from_unix(1) };
    for node in 0..2 {
        let mut facts = loaded();
        facts.path[node].status = revoked;
        let dead = body("this grant was revoked or has ended, or one above it: give a new one");
        assert_eq!(why(&editing(json!({ "scope": "read" }), &facts)), dead);
    }
}

#[test]
fn powers_are_edited_in_their_places_and_no_limit_is_dropped() {
    use crate::Excess;
    let mut facts = loaded();
    facts.path[0] = facts::grant(&json!({
        "id": "parent", "client_id": "atlas", "scope": "read", "resources": [HERE], "parent": "top", "depth": 1,
        "capabilities": [purchase("50.00", 3), purchase("20", 9), { "action": "read_profile" }],
    }));
    let widens = |names: &str| Some(Why::Widens(Excess::Power(names.to_owned())));
    let without_limits = json!({ "action": "purchase", "constraints": purchase("40", 0)["constraints"] });
    for (powers, refused) in [
        (json!([purchase("40", 2)]), None),
        (json!([without_limits]), None),
        (json!([purchase("50", 3), purchase("20", 8)]), None),
        (json!([{ "action": "read_profile" }]), None),
        (json!([purchase("20", 9)]), widens("")),
        (json!([purchase("10", 1), purchase("30", 1)]), widens("")),
        (
            json!([purchase("10", 1), purchase("10", 1), purchase("10", 1)]),
            widens(""),
        ),
        (json!([{ "action": "purchase" }]), widens("purchase")),
        (json!([]), widens("")),
    ] {
        let decision = editing(json!({ "capabilities": powers }), &facts);
        assert_eq!(why(&decision), refused, "{powers}");
    }
    let decision = editing(json!({ "capabilities": [without_limits] }), &facts);
    let told = &document(&decision)["capabilities"];
    assert_eq!(
        told[0]["limits"],
        json!({ "daily_limit_count": 3 }),
        "what is not stated stays"
    );
}
