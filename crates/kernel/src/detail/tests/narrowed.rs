use proptest::prelude::*;

use super::*;

fn payment(value: &str) -> Value {
    json!({ "type": "payment", "amount": { "value": value, "currency": "EUR" }, "payee": "Acme" })
}

fn types() -> Types {
    Types::of([
        kind("payment", json!({ "amount.value": "at_most" })),
        kind(
            "files",
            json!({ "actions": "subset", "limit": "at_most", "name": "equal" }),
        ),
    ])
}

#[test]
fn each_comparator_says_what_is_less() {
    let files =
        |actions: Value, limit: Value| json!({ "type": "files", "actions": actions, "limit": limit, "name": "a" });
    let cases = [
        (payment("50"), payment("50"), true, "the same"),
        (payment("49.99"), payment("50.00"), true, "less"),
        (payment("9"), payment("10"), true, "fewer digits"),
        (payment("50.0"), payment("50"), true, "the same number"),
        (payment("0"), payment("50"), true, "nothing"),
        (payment("50.01"), payment("50"), false, "more"),
        (payment("100"), payment("99"), false, "more digits"),
        (payment("-1"), payment("50"), false, "below zero"),
        (payment("+1"), payment("50"), false, "a sign"),
        (payment("1e1"), payment("50"), false, "an exponent"),
        (payment("01"), payment("50"), false, "a leading zero"),
        (payment(".5"), payment("50"), false, "nothing before the point"),
        (payment("5."), payment("50"), false, "nothing behind the point"),
        (payment("\u{ff11}"), payment("50"), false, "digits that are not ours"),
        (payment("1 "), payment("50"), false, "white space"),
        (payment("NaN"), payment("50"), false, "no number"),
        (payment("NaN"), payment("NaN"), true, "no number, but the same"),
        (
            json!({ "type": "payment", "amount": { "value": 1, "currency": "EUR" }, "payee": "Acme" }),
            payment("50"),
            false,
            "a number for a text",
        ),
        (
            json!({ "type": "payment", "amount": { "value": "1", "currency": "USD" }, "payee": "Acme" }),
            payment("50"),
            false,
            "another currency",
        ),
        (
            json!({ "type": "payment", "amount": { "value": "1", "currency": "EUR" }, "payee": "Emca" }),
            payment("50"),
            false,
            "another payee",
        ),
        (
            json!({ "type": "payment", "amount": { "value": "1", "currency": "EUR" } }),
            payment("50"),
            false,
            "a member less may mean all",
        ),
        (
            json!({ "type": "payment", "amount": { "value": "1", "currency": "EUR" }, "payee": "Acme", "also": 1 }),
            payment("50"),
            false,
            "a member more",
        ),
        (
            files(json!(["read"]), json!(1)),
            files(json!(["read", "write"]), json!(5)),
            true,
            "some of it",
        ),
        (
            files(json!(["write", "read"]), json!(5)),
            files(json!(["read", "write"]), json!(5)),
            true,
            "in another order",
        ),
        (
            files(json!([]), json!(1)),
            files(json!(["read"]), json!(5)),
            false,
            "an empty list may mean all",
        ),
        (
            files(json!([]), json!(1)),
            files(json!([]), json!(5)),
            true,
            "the same empty list",
        ),
        (
            files(json!(["delete"]), json!(1)),
            files(json!(["read"]), json!(5)),
            false,
            "another one",
        ),
        (
            files(json!("read"), json!(1)),
            files(json!(["read"]), json!(5)),
            false,
            "no list",
        ),
        (
            files(json!([["read"]]), json!(1)),
            files(json!(["read"]), json!(5)),
            false,
            "a list in it",
        ),
        (
            files(json!(["read"]), json!(6)),
            files(json!(["read"]), json!(5)),
            false,
            "more",
        ),
        (
            files(json!(["read"]), json!(-1)),
            files(json!(["read"]), json!(5)),
            false,
            "below zero",
        ),
        (
            files(json!(["read"]), json!(null)),
            files(json!(["read"]), json!(5)),
            false,
            "nothing is not less",
        ),
        (
            json!({ "type": "payment", "a": 1 }),
            json!({ "type": "files", "a": 1 }),
            false,
            "another type",
        ),
        (
            json!({ "type": "gone", "a": 1 }),
            json!({ "type": "gone", "a": 1 }),
            false,
            "of a type that is gone not even the same",
        ),
    ];
    for (asked, granted, expected, claim) in cases {
        let (asked, granted) = (details(json!([asked])), details(json!([granted])));
        assert_eq!(
            types().within(&asked, &granted),
            expected,
            "{claim}: {asked:?} of {granted:?}"
        );
    }
}

#[test]
fn s_31_one_purchase_never_becomes_two() {
    let granted = details(json!([payment("50")]));
    let asked = |values: &[&str]| details(values.iter().map(|value| payment(value)).collect());
    assert!(types().within(&asked(&["49"]), &granted));
    assert!(
        !types().within(&asked(&["49", "48"]), &granted),
        "together more than was granted"
    );
    // Each has a place of its own even where the first choice takes another's.
    let two = details(json!([payment("50"), payment("10")]));
    for pair in [["9", "50"], ["50", "9"], ["10", "11"], ["11", "10"]] {
        assert!(types().within(&asked(&pair), &two), "{pair:?}");
    }
    assert!(!types().within(&asked(&["11", "12"]), &two));
    assert!(
        types().within(&Details::default(), &granted),
        "nothing is within everything"
    );
    assert!(!types().within(&granted, &Details::default()));
}

/// A detail of one of three types, one of which nobody registered.
fn any_detail() -> impl Strategy<Value = Value> {
    let value = prop_oneof!["[0-9]{1,2}", "[0-9]\\.[0-9]", "-?[a-z]"];
    (
        prop_oneof![Just("payment"), Just("files"), Just("gone")],
        value,
        proptest::collection::vec(prop_oneof![Just("read"), Just("write"), Just("delete")], 0..4),
        -2_i64..6,
        proptest::option::of("[ab]"),
    )
        .prop_map(|(kind, value, actions, limit, name)| {
            let mut body = json!({ "type": kind, "amount": { "value": value }, "actions": actions, "limit": limit });
            if let Some(name) = name {
                body["name"] = name.into();
            }
            body
        })
}

/// What authority a detail is, where that can be told: at most this much, some of these. Told by another way than the comparators' own.
fn reach(detail: &Detail) -> (Option<f64>, BTreeSet<String>, Option<i64>) {
    let body = detail.body();
    let amount = body["amount"]["value"].as_str().and_then(|text| text.parse().ok());
    let actions = body["actions"]
        .as_array()
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect();
    (amount, actions, body["limit"].as_i64())
}

pub(crate) fn any_details() -> impl Strategy<Value = Details> {
    proptest::collection::vec(any_detail(), 0..4).prop_map(|items| {
        let mut seen = Vec::new();
        for item in items {
            if !seen.contains(&item) {
                seen.push(item);
            }
        }
        if seen.is_empty() {
            Details::default()
        } else {
            Details::of(Value::Array(seen)).unwrap()
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn s_31_within_within_is_within_and_never_reaches_further(root in any_details(), asks in proptest::collection::vec(any_details(), 1..6)) {
        let types = types();
        let mut chain = vec![root];
        for ask in asks {
            if types.within(&ask, chain.last().unwrap()) {
                chain.push(ask);
            }
        }
        let last = chain.last().unwrap().clone();
        for ancestor in chain.iter().rev().skip(1) {
            prop_assert!(types.within(&last, ancestor));
            prop_assert!(last.len() <= ancestor.len());
            for detail in &last {
                let (amount, actions, limit) = reach(detail);
                let covered = ancestor.iter().map(reach).any(|(most, all, top)| {
                    let less = match (amount, most) {
                        (Some(amount), Some(most)) => amount <= most,
                        (None, _) | (_, None) => true, // no number: compared as a text, and equal
                    };
                    less && actions.is_subset(&all) && limit <= top
                });
                prop_assert!(covered, "{:?} of {:?}", detail, ancestor);
            }
        }
    }

    #[test]
    fn what_is_asked_whole_is_within_unless_its_type_is_gone(all in any_details()) {
        let gone = all.iter().any(|detail| detail.kind().as_str() == "gone");
        prop_assert_eq!(types().within(&all, &all), !gone);
    }
}
