//! Rules of central consent.

use serde_json::json;

use super::*;
use crate::consent;

/// Everything that a rule can name.
fn all_there() -> Facts {
    Facts {
        client: loaded().client,
        resources: loaded().resources[..1].to_vec(),
        ..of_people()
    }
}

#[test]
fn a_rule_is_made_as_it_was_asked_for() {
    let requests = [
        json!({ "effect": "forbid" }),
        json!({ "effect": "allow", "clients": "unregistered" }),
        json!({ "effect": "forbid", "client_id": "atlas", "scope": "read", "resource": HERE, "group": "finance" }),
        json!({ "effect": "allow", "client_id": "https://agent.example/client.json" }),
    ];
    for request in requests {
        let decision = run(&json!({ "create_rule": request }), &all_there());
        let id = at().id::<()>("rule");
        let mut row = request.clone();
        row["id"] = id.as_str().into();
        row["made_by"] = "admin".into();
        row["created_at"] = NOW.into();
        let expected = Guard::Consent(consent::Guard::Create(Box::new(people::rule(&row))));
        assert_eq!(decision.change().guards.last(), Some(&expected), "{request}");
        assert_eq!(
            decision.change().guards.len() - 1,
            usize::from(request.get("group").is_some()),
            "and the group is there still"
        );
        assert_eq!(document(&decision), row, "what is left out is every one");
        assert_eq!(events(&decision), [("rule.created", Some(id.as_str()))]);
        let mut told = row;
        told.as_object_mut().unwrap().remove("id");
        assert_eq!(
            serde_json::Value::from(decision.change().events[0].body.clone()),
            told,
            "the log says what was decided"
        );
    }
}

#[test]
fn a_rule_names_what_is_there() {
    let nothing = Facts::default;
    let rows = vec![
        (
            json!({ "effect": "forbid", "client_id": "atlas" }),
            nothing(),
            Some("not_found"),
        ),
        (
            json!({ "effect": "forbid", "client_id": "https://agent.example/client.json" }),
            nothing(),
            None,
        ), // nobody registered it, and nobody has to
        (
            json!({ "effect": "forbid", "resource": HERE }),
            nothing(),
            Some("invalid_body"),
        ),
        (
            json!({ "effect": "forbid", "group": "finance" }),
            nothing(),
            Some("not_found"),
        ),
        (
            json!({ "effect": "allow", "scope": "unheard", "resource": HERE }),
            all_there(),
            Some("invalid_body"),
        ), // a slip: that place has no such scope
        (
            json!({ "effect": "forbid", "scope": "read write" }),
            all_there(),
            Some("invalid_body"),
        ),
        (
            json!({ "effect": "forbid", "scope": "" }),
            all_there(),
            Some("invalid_body"),
        ),
        (
            json!({ "effect": "forbid", "scope": " read" }),
            all_there(),
            Some("invalid_body"),
        ),
        (
            json!({ "effect": "forbid", "scope": "\"" }),
            all_there(),
            Some("invalid_body"),
        ),
        (json!({ "effect": "forbid", "scope": "unheard" }), all_there(), None), // a scope may come later
    ];
    for (request, facts, expected) in rows {
        let decision = run(&json!({ "create_rule": request }), &facts);
        assert_eq!(why(&decision).map(|why| why.code().name()), expected, "{request}");
    }
}

#[test]
fn rules_are_read_whole_so_there_are_at_most_500() {
    for (rules, expected) in [(0, None), (499, None), (500, Some("conflict")), (501, Some("conflict"))] {
        let decision = run(
            &json!({ "create_rule": { "effect": "forbid" } }),
            &Facts {
                rules,
                ..Facts::default()
            },
        );
        assert_eq!(why(&decision).map(|why| why.code().name()), expected, "{rules}");
    }
}

#[test]
fn a_rule_is_taken_back() {
    let decision = run(&json!({ "drop_rule": { "id": "rule-1" } }), &of_people());
    assert_eq!(
        decision.change().sure,
        [Write::Consent(consent::Write::Drop(facts::id("rule-1")))]
    );
    assert_eq!(events(&decision), [("rule.dropped", Some("rule-1"))]);
    assert_eq!(document(&decision)["effect"], "forbid");
}
