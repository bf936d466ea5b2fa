use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::vectors::{facts, people};

const HERE: &str = "https://mcp.example/mcp";

fn client(changed: &Value) -> Client {
    let mut row = json!({ "client_id": "app", "token_endpoint_auth_method": "none" });
    row.as_object_mut()
        .unwrap()
        .extend(changed.as_object().unwrap().clone());
    facts::client(&row)
}

fn alice() -> User {
    people::user(&json!({ "id": "alice", "groups": ["finance", "approver"] }))
}

fn here() -> Audience {
    Audience::Resource(facts::uri(HERE))
}

fn scopes(text: &str) -> Scopes {
    Scopes::parse(text).unwrap()
}

/// Whether this rule speaks of the scope `read` of this client at this place for a person of finance.
fn speaks(rule: &Value, client: &Client, audience: &Audience) -> bool {
    let mut row = json!({ "id": "r", "effect": "forbid" });
    row.as_object_mut().unwrap().extend(rule.as_object().unwrap().clone());
    let judgement = judge(&[people::rule(&row)], client, &alice(), audience, &scopes("read"));
    assert!(judgement.decided.is_empty());
    judgement.forbidden == scopes("read")
}

#[test]
fn an_allow_for_every_client_is_for_those_that_an_administrator_registered() {
    let strangers = [
        client(&json!({ "client_id": "https://agent.example/c", "document_fetched_at": 1 })),
        client(&json!({ "registration_token_digest": "t" })),
    ];
    let decided = |rule: &Value, client: &Client| {
        judge(&[people::rule(rule)], client, &alice(), &here(), &scopes("read")).decided == scopes("read")
    };
    let every = json!({ "id": "r", "effect": "allow" });
    assert!(decided(&every, &client(&json!({}))));
    for stranger in &strangers {
        assert!(!decided(&every, stranger), "{}", stranger.id);
        let unregistered = json!({ "id": "r", "effect": "allow", "clients": "unregistered" });
        assert!(decided(&unregistered, stranger), "said of them: {}", stranger.id);
        let named = json!({ "id": "r", "effect": "allow", "client_id": stranger.id.as_str() });
        assert!(decided(&named, stranger), "said of this one: {}", stranger.id);
    }
}

#[test]
fn a_rule_speaks_of_the_client_the_scope_the_place_and_the_people_it_names() {
    let registered = client(&json!({}));
    let document = client(&json!({ "client_id": "https://agent.example/c", "document_fetched_at": 1 }));
    let itself = client(&json!({ "registration_token_digest": "t" }));
    let rows = [
        (json!({}), [true, true, true], "everything"),
        (json!({ "clients": "unregistered" }), [false, true, true], "strangers"),
        (json!({ "client_id": "app" }), [true, false, true], "one client"),
        (
            json!({ "client_id": "https://agent.example/c" }),
            [false, true, false],
            "one by its address",
        ),
        (
            json!({ "client_id": "APP" }),
            [false, false, false],
            "ids are compared as they are",
        ),
        (json!({ "scope": "read" }), [true, true, true], "this scope"),
        (json!({ "scope": "write" }), [false, false, false], "another scope"),
        (json!({ "scope": "rea" }), [false, false, false], "half of its name"),
        (json!({ "resource": HERE }), [true, true, true], "this place"),
        (
            json!({ "resource": "https://mcp.example/mcp/" }),
            [false, false, false],
            "another place",
        ),
        (json!({ "group": "finance" }), [true, true, true], "these people"),
        (json!({ "group": "approver" }), [true, true, true], "their role"),
        (json!({ "group": "others" }), [false, false, false], "other people"),
        (
            json!({ "client_id": "app", "scope": "read", "resource": HERE, "group": "finance" }),
            [true, false, true],
            "all of them fit",
        ),
        (
            json!({ "client_id": "app", "scope": "read", "resource": HERE, "group": "others" }),
            [false, false, false],
            "all but one fit",
        ),
    ];
    for (rule, expected, claim) in rows {
        let is = [&registered, &document, &itself].map(|client| speaks(&rule, client, &here()));
        assert_eq!(is, expected, "{claim}");
    }
    assert!(
        speaks(&json!({}), &registered, &Audience::Issuer),
        "a rule for every place is for our own endpoints too"
    );
    assert!(!speaks(&json!({ "resource": HERE }), &registered, &Audience::Issuer));
}

#[test]
fn a_judgement_names_each_rule_that_decided_once() {
    let rules: Vec<Rule> = [
        json!({ "id": "allow-all", "effect": "allow" }),
        json!({ "id": "forbid-mail", "effect": "forbid", "scope": "mail" }),
        json!({ "id": "forbid-mail-again", "effect": "forbid", "scope": "mail" }),
        json!({ "id": "of-others", "effect": "forbid", "group": "others" }),
    ]
    .iter()
    .map(people::rule)
    .collect();
    let judgement = judge(
        &rules,
        &client(&json!({})),
        &alice(),
        &here(),
        &scopes("mail read write"),
    );
    let expected = Judgement {
        forbidden: scopes("mail"),
        decided: scopes("read write"),
        open: Scopes::default(),
        rules: vec![facts::id("forbid-mail"), facts::id("allow-all")],
    };
    assert_eq!(judgement, expected);
    let open = judge(&[], &client(&json!({})), &alice(), &here(), &scopes("mail read"));
    assert_eq!(
        open,
        Judgement {
            open: scopes("mail read"),
            ..Judgement::default()
        }
    );
}

fn rule() -> impl Strategy<Value = Value> {
    let of = |values: Vec<Option<&'static str>>| proptest::sample::select(values);
    (
        any::<bool>(),
        of(vec![None, Some("unregistered")]),
        of(vec![None, Some("app"), Some("other")]),
        of(vec![None, Some("a"), Some("b"), Some("c")]),
        of(vec![None, Some(HERE), Some("https://api.example/v1")]),
        of(vec![None, Some("finance"), Some("others")]),
    )
        .prop_map(|(forbid, clients, client_id, scope, resource, group)| {
            let mut row = json!({ "id": "r", "effect": if forbid { "forbid" } else { "allow" } });
            let members = [
                ("clients", clients),
                ("client_id", client_id.filter(|_| clients.is_none())),
                ("scope", scope),
                ("resource", resource),
                ("group", group),
            ];
            for (name, value) in members {
                if let Some(value) = value {
                    row[name] = value.into();
                }
            }
            row
        })
}

proptest! {
    #[test]
    fn a_forbid_always_beats_and_every_scope_is_judged_once(
        rows in proptest::collection::vec(rule(), 0..8), wanted in proptest::collection::vec("[abc]", 0..4), own: bool, stranger: bool, extra in rule(),
    ) {
        let audience = if own { Audience::Issuer } else { here() };
        let client = if stranger { client(&json!({ "document_fetched_at": 1 })) } else { client(&json!({})) };
        let rules: Vec<Rule> = rows.iter().map(people::rule).collect();
        let wanted = scopes(&wanted.join(" "));
        let judgement = judge(&rules, &client, &alice(), &audience, &wanted);

        // The three lists are a partition of what was asked.
        prop_assert_eq!(judgement.forbidden.with(&judgement.decided).with(&judgement.open), wanted.clone());
        prop_assert!(judgement.forbidden.shared_with(judgement.decided.iter()).is_empty());
        prop_assert!(judgement.open.shared_with(judgement.forbidden.with(&judgement.decided).iter()).is_empty());

        // Said again, member by member of the row.
        let fits = |row: &Value, scope: &str| {
            let named = |name: &str, is: &str| row.get(name).is_none_or(|value| value == is);
            named("scope", scope)
                && named("client_id", "app")
                && if row.get("clients").is_some() { stranger } else { !stranger || row.get("client_id").is_some() || row["effect"] == "forbid" }
                && row.get("resource").is_none_or(|place| !own && place == HERE)
                && named("group", "finance")
        };
        for scope in wanted.iter() {
            let speaking = |effect: &str| rows.iter().any(|row| row["effect"] == effect && fits(row, scope));
            prop_assert_eq!(judgement.forbidden.contains(scope), speaking("forbid"));
            prop_assert_eq!(judgement.decided.contains(scope), speaking("allow") && !speaking("forbid"));
        }

        // The order of rules means nothing, and one more rule never takes a forbid back.
        let backwards: Vec<Rule> = rules.iter().rev().cloned().collect();
        let again = judge(&backwards, &client, &alice(), &audience, &wanted);
        prop_assert_eq!((&again.forbidden, &again.decided, &again.open), (&judgement.forbidden, &judgement.decided, &judgement.open));
        let mut more = rules;
        more.push(people::rule(&extra));
        prop_assert!(judge(&more, &client, &alice(), &audience, &wanted).forbidden.covers(&judgement.forbidden));

        // Where nothing was forbidden for every scope, a place without scopes is open.
        let whole = rows.iter().any(|row| row["effect"] == "forbid" && row.get("scope").is_none() && fits(row, "any"));
        prop_assert_eq!(forbids_the_place(&backwards, &client, &alice(), &audience), whole);
    }
}
