use proptest::prelude::*;

use super::*;
use crate::power::arbitrary;

/// Asserts of a child's and a parent's test on one field whether the one implies the other.
fn assert_implied(cases: &[(Value, Value, bool)]) {
    for (child, parent, expected) in cases {
        let on_x = |test: &Value| {
            let mut o = object(test.clone());
            o.insert("field".to_owned(), "x".into());
            constraints(&json!([o]))
        };
        let implied = on_x(child).imply(&on_x(parent), &DataClasses::default());
        assert_eq!(implied, *expected, "{child} {parent}");
    }
}

#[test]
fn of_listed_values_fewer_are_less_and_of_unwanted_ones_more() {
    let eq = |value: Value| json!({ "op": "eq", "value": value });
    let some = |values: Value| json!({ "op": "in", "values": values });
    let none = |values: Value| json!({ "op": "not_in", "values": values });
    assert_implied(&[
        (eq(json!("a")), eq(json!("a")), true),
        (eq(json!(1)), eq(json!("1")), false),
        (some(json!(["a"])), eq(json!("a")), true),
        (some(json!(["a", "b"])), eq(json!("a")), false),
        (eq(json!("a")), some(json!(["a", "b"])), true),
        (some(json!(["b", "a"])), some(json!(["a", "b", "c"])), true),
        (some(json!(["a", "d"])), some(json!(["a", "b", "c"])), false),
        (none(json!(["a"])), some(json!(["b"])), false),
        (none(json!(["a", "b"])), none(json!(["a"])), true),
        (none(json!(["a"])), none(json!(["a", "b"])), false),
        (none(json!(["a", 1])), none(json!(["a"])), false),
        (eq(json!("b")), none(json!(["a"])), true),
        (eq(json!(1)), none(json!(["a"])), false),
        (some(json!(["a", "b"])), none(json!(["a"])), false),
    ]);
}

#[test]
fn of_numbers_those_within_the_limit_and_the_measure_are_less() {
    let bound = |op: &str, value: &str| json!({ "op": op, "value": value });
    let euros = |op: &str, value: &str| json!({ "op": op, "value": value, "currency": "EUR" });
    let dollars = |op: &str, value: &str| json!({ "op": op, "value": value, "currency": "USD" });
    let metres = |op: &str, value: &str| json!({ "op": op, "value": value, "unit": "m" });
    let some = |values: Value| json!({ "op": "in", "values": values });
    assert_implied(&[
        (bound("max", "4"), bound("max", "5"), true),
        (bound("max", "5.0001"), bound("max", "5"), false),
        (bound("min", "6"), bound("min", "5"), true),
        (bound("min", "4"), bound("min", "5"), false),
        (bound("max", "4"), bound("min", "3"), false),
        (bound("eq", "4.5"), bound("max", "5"), true),
        (some(json!(["4.5", 5])), bound("max", "5"), true),
        (some(json!(["4.5", "six"])), bound("max", "5"), false),
        (euros("max", "4"), euros("max", "5"), true),
        (euros("eq", "4"), euros("max", "5"), true),
        (euros("max", "4"), euros("eq", "4"), false),
        (dollars("max", "4"), euros("max", "5"), false),
        (bound("max", "4"), euros("max", "5"), false),
        (euros("max", "4"), bound("max", "5"), false),
        (metres("max", "4"), euros("max", "5"), false),
    ]);
}

#[test]
fn of_classes_those_on_the_same_side_are_less_and_unknown_ones_never() {
    let class = |op: &str, value: &str| json!({ "op": op, "value": value, "order": "data_class" });
    let some = |values: Value| json!({ "op": "in", "values": values });
    assert_implied(&[
        (class("max", "public"), class("max", "internal"), true),
        (class("eq", "public"), class("max", "internal"), true),
        (class("max", "restricted"), class("max", "internal"), false),
        (class("min", "restricted"), class("min", "internal"), true),
        (class("min", "public"), class("max", "internal"), false),
        (class("max", "cosmic"), class("max", "internal"), false),
        (class("max", "public"), class("max", "cosmic"), false),
        (some(json!(["public", "internal"])), class("max", "internal"), true),
        (some(json!(["public", "cosmic"])), class("max", "internal"), false),
    ]);
}

#[test]
fn of_paces_the_slower_with_the_smaller_step_is_less() {
    let pace = |value: &str, per: i64| json!({ "op": "max_change", "value": value, "per_sec": per });
    let from = |from: &str| json!({ "op": "max_change", "value": "1", "per_sec": 1, "from": from });
    let metres = json!({ "op": "max_change", "value": "1", "per_sec": 1, "unit": "m" });
    assert_implied(&[
        (pace("1", 2), pace("1", 1), true),
        (pace("1", 1), pace("2", 3), false),  // the step is smaller, the pace is not
        (pace("2", 20), pace("1", 1), false), // the pace is slower, the step is not smaller
        (pace("1", 3), pace("2", 3), true),
        (from("0"), from("0"), true),
        (pace("1", 1), from("0"), true),
        (from("0"), pace("1", 1), false),
        (from("1"), from("0"), false),
        (pace("1", 1), metres.clone(), false),
        (metres, pace("1", 1), false),
        (pace("0", 1), json!({ "op": "max", "value": "5" }), false),
    ]);
}

#[test]
fn every_constraint_of_the_parent_is_kept_on_its_own_field() {
    let merchant = json!({ "field": "merchant", "op": "eq", "value": "Acme" });
    let item = json!({ "field": "item", "op": "eq", "value": "Acme" });
    for (child, parent, expected) in [
        (json!([merchant, item]), json!([merchant]), true),
        (json!([merchant]), json!([merchant, item]), false),
        (json!([item]), json!([merchant]), false),
        (json!([]), json!([merchant]), false),
        (json!([merchant]), json!([]), true),
        (json!([]), json!([]), true),
    ] {
        let implied = constraints(&child).imply(&constraints(&parent), &DataClasses::default());
        assert_eq!(implied, expected, "{child} {parent}");
    }
}

#[test]
fn s_32_a_child_that_drops_or_adds_the_currency_of_an_amount_is_not_less() {
    let bare = json!({ "field": "amount.value", "op": "max", "value": "50" });
    let less = json!({ "field": "amount.value", "op": "max", "value": "20" });
    let exactly = json!({ "field": "amount.value", "op": "eq", "value": "20" });
    let euros = json!({ "field": "amount.currency", "op": "eq", "value": "EUR" });
    let either = json!({ "field": "amount.currency", "op": "in", "values": ["EUR", "USD"] });
    let not = json!({ "field": "amount.currency", "op": "not_in", "values": ["USD"] });
    for (child, parent, expected) in [
        (json!([less, euros]), json!([bare, euros]), true),
        (json!([less, euros]), json!([bare, either]), true),
        (json!([exactly, euros]), json!([bare, either]), true),
        (json!([less]), json!([bare, euros]), false),
        (json!([less, either]), json!([bare, euros]), false),
        (json!([less, not]), json!([bare, euros]), false),
        (json!([less]), json!([bare]), true),
        (json!([less, euros]), json!([bare]), false),
        (json!([exactly]), json!([bare]), false),
    ] {
        let implied = constraints(&child).imply(&constraints(&parent), &DataClasses::default());
        assert_eq!(implied, expected, "{child} {parent}");
    }
}

/// Asserts that a parent whose constraints are implied admits whatever the child admits, of these and of what lies near the child's limits.
fn assert_sound(
    child: &Constraints,
    parent: &Constraints,
    inputs: &[(Object, Last, i64)],
) -> Result<(), TestCaseError> {
    let order = DataClasses::default();
    if !child.imply(parent, &order) {
        return Ok(());
    }
    for (n, (input, last, now)) in inputs.iter().enumerate() {
        for input in [input, &arbitrary::toward(child, last, input.clone(), n)] {
            if child.hold(input, last, at(*now), &order).is_ok() {
                let parents = parent.hold(input, last, at(*now), &order);
                prop_assert_eq!(parents, Ok(()), "{} {} {:?}", child.value(), parent.value(), input);
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2048, ..ProptestConfig::default() })]

    #[test]
    fn s_31_whatever_a_child_admits_its_parent_admits(
        child in arbitrary::constraints(4), parent in arbitrary::constraints(2),
        inputs in proptest::collection::vec((arbitrary::input(), arbitrary::last(), 0_i64..20), 12),
    ) {
        assert_sound(&child, &parent, &inputs)?;
    }

    #[test]
    fn s_31_on_one_field_whatever_a_child_admits_its_parent_admits(
        some in proptest::collection::vec(arbitrary::constraint(), 8), parent in arbitrary::constraint(), like in proptest::option::weighted(0.7, 0_u8..255),
        pin in proptest::option::weighted(0.3, arbitrary::constraint()), inputs in proptest::collection::vec((arbitrary::input(), arbitrary::last(), 0_i64..14), 16),
    ) {
        let mut child = like.map_or_else(|| some[0].clone(), |own| arbitrary::alike(&parent, &some, own)).document();
        child.insert("field".to_owned(), parent.field().to_string().into());
        let child: Value = std::iter::once(child).chain(pin.map(|pin| pin.document())).collect();
        let (child, parent) = (constraints(&child), constraints(&json!([parent.document()])));
        assert_sound(&child, &parent, &inputs)?;
    }

    #[test]
    fn what_is_the_same_is_implied_and_reads_back_as_the_same(one in arbitrary::powers(), order in proptest::bool::ANY) {
        let order = if order { DataClasses::default() } else { DataClasses::of(vec!["other".to_owned()]).unwrap() };
        prop_assert!(one.within(&one, &order));
        prop_assert_eq!(Powers::from_row(&one.row()), Some(one));
    }
}
