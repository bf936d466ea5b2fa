//! RFC 9396 s2.1: types of authorization details, and grants that have some.

use super::*;
use crate::{
    decision::Write,
    detail::{self, Types},
};

fn payment(words: &str) -> Value {
    json!({
        "type": "payment", "name": "Payment", "words": { "en": words }, "narrowing": { "amount": "at_most" },
        "schema": { "properties": { "type": { "const": "payment" }, "amount": true, "locations": true }, "additionalProperties": false },
    })
}

fn kind(words: &str, created: i64) -> detail::DetailType {
    let mut row = payment(words);
    row["created_at"] = created.into();
    vectors::details::kind(&row)
}

fn knowing(types: Vec<detail::DetailType>) -> Facts {
    Facts {
        types: Types::of(types),
        ..loaded()
    }
}

#[test]
fn a_type_is_registered_once_changed_whole_and_ended() {
    let created = run(
        &json!({ "create_detail_type": payment("pay {amount}") }),
        &knowing(vec![]),
    );
    let expected = kind("pay {amount}", NOW);
    let guard = Guard::DetailType(detail::Guard::Create(Box::new(expected.clone())));
    assert_eq!(created.change().guards, [guard]);
    assert_eq!(document(&created), Value::from(describe::detail_type(&expected)));
    assert_eq!(events(&created), [("detail_type.created", Some("payment"))]);
    assert_eq!(created.change().events[0].body["basis"], expected.basis());

    let there = || knowing(vec![kind("pay {amount}", 7)]);
    let twice = run(&json!({ "create_detail_type": payment("pay {amount}") }), &there());
    assert_eq!(why(&twice), Some(Why::Exists("detail type")));

    let replaced = run(&json!({ "replace_detail_type": payment("pay it") }), &there());
    let guard = Guard::DetailType(detail::Guard::Replace {
        kind: Box::new(kind("pay it", 7)),
        basis: kind("pay {amount}", 7).basis(),
    });
    assert_eq!(
        replaced.change().guards,
        [guard],
        "it was registered when it was, and nobody moved first"
    );
    assert_eq!(events(&replaced), [("detail_type.changed", Some("payment"))]);
    let absent = run(&json!({ "replace_detail_type": payment("pay it") }), &knowing(vec![]));
    assert_eq!(why(&absent), Some(Why::Absent("detail type")));

    let dropped = run(&json!({ "drop_detail_type": { "type": "payment" } }), &there());
    let write = Write::DetailType(detail::Write::Drop(facts::id("payment")));
    assert_eq!(
        (dropped.change().sure.clone(), dropped.change().guards.clone()),
        (vec![write], vec![])
    );
    assert_eq!(events(&dropped), [("detail_type.dropped", Some("payment"))]);
    let absent = run(&json!({ "drop_detail_type": { "type": "payment" } }), &knowing(vec![]));
    assert_eq!(why(&absent), Some(Why::Absent("detail type")));
}

#[test]
fn what_cannot_be_registered_is_told_and_a_tenant_has_a_hundred() {
    let wrong = run(&json!({ "create_detail_type": payment("pay {who}") }), &knowing(vec![]));
    assert!(matches!(why(&wrong), Some(Why::Body(told)) if told.starts_with("words:")));
    let wrong = run(
        &json!({ "replace_detail_type": payment("pay {who}") }),
        &knowing(vec![kind("pay", 7)]),
    );
    assert!(matches!(why(&wrong), Some(Why::Body(_))));
    let many = |n: usize| {
        let kinds =
            (0..n).map(|n| vectors::details::kind(&json!({ "type": format!("t{n}"), "words": { "en": "do" } })));
        knowing(kinds.collect())
    };
    let create = json!({ "create_detail_type": payment("pay") });
    assert_eq!(why(&run(&create, &many(99))), None);
    assert_eq!(why(&run(&create, &many(100))), Some(Why::Exists("detail types")));
}

#[test]
fn a_grant_has_details_of_known_types_for_its_places_within_its_parents() {
    let grant = |detail: &Value, parent: Option<&str>| {
        let mut body =
            json!({ "client_id": "atlas", "scope": "read", "resources": [HERE], "authorization_details": [detail] });
        if let Some(parent) = parent {
            body["parent"] = parent.into();
        }
        json!({ "create_grant": body })
    };
    let facts_with = |above: &Value, detail: &Value| {
        let details = crate::Details::of(json!([detail])).unwrap();
        let mut facts = knowing(vec![kind("pay", 7)]);
        details.iter().for_each(|detail| facts.types.judge(detail, Ok(())));
        facts.path = facts::path(&json!([
            { "id": "parent", "client_id": "atlas", "scope": "read", "resources": [HERE], "depth": 1, "authorization_details": [above] },
        ]));
        facts
    };
    let pay = |amount: i64| json!({ "type": "payment", "amount": amount });
    let ten = pay(10);
    let made = run(&grant(&ten, None), &facts_with(&ten, &ten));
    assert_eq!(document(&made)["authorization_details"], json!([ten]));
    let relied = Guard::DetailType(detail::Guard::Unchanged {
        id: facts::id("payment"),
        basis: kind("pay", 7).basis(),
    });
    assert!(made.change().guards.contains(&relied));
    assert_eq!(
        why(&run(&grant(&ten, Some("parent")), &facts_with(&pay(11), &ten))),
        None,
        "less than its parent's"
    );
    assert_eq!(
        why(&run(&grant(&ten, Some("parent")), &facts_with(&pay(9), &ten))),
        Some(Why::Excess(crate::Excess::Detail))
    );
    let elsewhere = json!({ "type": "payment", "locations": ["https://c.example"] });
    assert_eq!(
        why(&run(&grant(&elsewhere, None), &facts_with(&ten, &elsewhere))),
        Some(Why::DetailElsewhere(0))
    );
    let unknown = json!({ "type": "other" });
    assert_eq!(
        why(&run(&grant(&unknown, None), &facts_with(&ten, &unknown))),
        Some(Why::DetailTypeUnknown(0))
    );
}
