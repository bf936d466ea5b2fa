use super::*;

/// One constraint on `x`, for each operator, and a value that meets it.
fn one_of_each() -> [(Value, Value); 9] {
    [
        (json!({ "op": "eq", "value": "a" }), json!("a")),
        (json!({ "op": "in", "values": ["a", 1] }), json!(1)),
        (json!({ "op": "not_in", "values": ["a"] }), json!("b")),
        (json!({ "op": "max", "value": "5" }), json!("5.00")),
        (json!({ "op": "min", "value": "5" }), json!(5)),
        (
            json!({ "op": "max", "value": "5", "currency": "EUR" }),
            json!({ "value": "5", "currency": "EUR" }),
        ),
        (
            json!({ "op": "min", "value": "5", "unit": "m/s" }),
            json!({ "value": 5, "unit": "m/s" }),
        ),
        (
            json!({ "op": "max", "value": "internal", "order": "data_class" }),
            json!("public"),
        ),
        (
            json!({ "op": "max_change", "value": "1", "per_sec": 1, "from": "0" }),
            json!("1"),
        ),
    ]
}

fn on(field: &str, test: &Value) -> Value {
    let mut constraint = object(test.clone());
    constraint.insert("field".to_owned(), field.into());
    json!([constraint])
}

#[test]
fn a_missing_field_fails_every_operator() {
    for (test, good) in one_of_each() {
        assert!(holds(on("x", &test), json!({ "x": good })), "{test}");
        for without in [
            json!({}),
            json!({ "X": good }),
            json!({ "y": { "x": good } }),
            json!({ "x": null }),
            json!({ "x": [] }),
            json!({ "x": [[]] }),
        ] {
            assert!(!holds(on("x", &test), without.clone()), "{test} {without}");
        }
        for without in [
            json!({ "x": good }),
            json!({ "x": { "y": {} } }),
            json!({ "x": { "y": null } }),
            json!({ "x": [] }),
            json!({ "x": [{ "y": { "z": good } }, {}] }),
        ] {
            assert!(!holds(on("x.y.z", &test), without.clone()), "{test} {without}");
        }
    }
}

#[test]
fn a_value_of_another_type_fails_every_operator() {
    for (test, good) in one_of_each() {
        for wrong in [
            json!(null),
            json!({}),
            json!({ "value": "5" }),
            json!(1.0),
            json!(1.5),
            json!(-1e300),
            json!([null]),
        ] {
            assert!(!holds(on("x", &test), json!({ "x": wrong })), "{test} {wrong}");
        }
        assert!(!holds(on("x", &test), json!({ "x": [good, null] })), "{test}");
    }
    for (test, wrong) in [
        (json!({ "op": "eq", "value": "1" }), json!(1)),
        (json!({ "op": "eq", "value": 1 }), json!("1")),
        (json!({ "op": "eq", "value": true }), json!("true")),
        (json!({ "op": "eq", "value": 1 }), json!(true)),
        (json!({ "op": "in", "values": ["1", "2"] }), json!(1)),
        (json!({ "op": "not_in", "values": ["1"] }), json!(1)),
        (json!({ "op": "not_in", "values": [1] }), json!("2")),
        (json!({ "op": "not_in", "values": ["a"] }), json!(false)),
        (json!({ "op": "not_in", "values": ["a"] }), json!({ "name": "a" })),
        (json!({ "op": "max", "value": "5" }), json!("4 EUR")),
        (json!({ "op": "max", "value": "5" }), json!("1e0")),
        (json!({ "op": "max", "value": "5" }), json!(true)),
        (
            json!({ "op": "max", "value": "5" }),
            json!({ "value": "4", "currency": "EUR" }),
        ),
        (json!({ "op": "max", "value": "5", "currency": "EUR" }), json!("4")),
    ] {
        assert!(!holds(on("x", &test), json!({ "x": wrong })), "{test} {wrong}");
    }
}

#[test]
fn each_operator_says_where_its_limit_lies() {
    for (test, value, expected) in [
        (json!({ "op": "eq", "value": "a" }), json!("A"), false),
        (json!({ "op": "eq", "value": 7 }), json!(7), true),
        (json!({ "op": "eq", "value": false }), json!(false), true),
        (json!({ "op": "in", "values": ["a", "b"] }), json!("c"), false),
        (json!({ "op": "not_in", "values": ["a", "b"] }), json!("b"), false),
        (json!({ "op": "max", "value": "50.00" }), json!("50.0001"), false),
        (json!({ "op": "max", "value": "50.00" }), json!(50), true),
        (json!({ "op": "max", "value": 50 }), json!("-1000"), true),
        (json!({ "op": "max", "value": "-5" }), json!("-4.9999"), false),
        (json!({ "op": "min", "value": "50.00" }), json!("49.9999"), false),
        (json!({ "op": "min", "value": "50.00" }), json!("50"), true),
        (json!({ "op": "max", "value": "50" }), json!("100000000000000"), false),
        (json!({ "op": "max", "value": "50" }), json!(u64::MAX), false),
    ] {
        assert_eq!(holds(on("x", &test), json!({ "x": value })), expected, "{test} {value}");
    }
}

#[test]
fn through_a_list_every_element_must_satisfy() {
    for (test, items, expected) in [
        (
            json!({ "op": "in", "values": ["a", "b"] }),
            json!([{ "name": "a" }, { "name": "b" }]),
            true,
        ),
        (
            json!({ "op": "in", "values": ["a", "b"] }),
            json!([{ "name": "a" }, { "name": "c" }]),
            false,
        ),
        (
            json!({ "op": "not_in", "values": ["x"] }),
            json!([{ "name": "a" }, { "name": "b" }]),
            true,
        ),
        (
            json!({ "op": "not_in", "values": ["x"] }),
            json!([{ "name": "a" }, { "name": "x" }]),
            false,
        ),
        (
            json!({ "op": "not_in", "values": ["x"] }),
            json!([{ "name": "a" }, { "other": "b" }]),
            false,
        ),
        (
            json!({ "op": "not_in", "values": ["x"] }),
            json!([{ "name": "a" }, "b"]),
            false,
        ),
        (
            json!({ "op": "not_in", "values": ["x"] }),
            json!([{ "name": ["a", "b"] }, { "name": [["c"]] }]),
            true,
        ),
        (
            json!({ "op": "not_in", "values": ["x"] }),
            json!([{ "name": ["a", "b"] }, { "name": [["x"]] }]),
            false,
        ),
        (json!({ "op": "not_in", "values": ["x"] }), json!([]), false),
        (
            json!({ "op": "max", "value": "5" }),
            json!([{ "name": 1 }, { "name": "5" }]),
            true,
        ),
        (
            json!({ "op": "max", "value": "5" }),
            json!([{ "name": 1 }, { "name": "6" }]),
            false,
        ),
    ] {
        assert_eq!(
            holds(on("items.name", &test), json!({ "items": items })),
            expected,
            "{test} {items}"
        );
    }
}

#[test]
fn s_32_an_amount_counts_in_its_own_currency_only() {
    let most = json!([{ "field": "amount", "op": "max", "value": "50.00", "currency": "EUR" }]);
    for (amount, expected) in [
        (json!({ "value": "50", "currency": "EUR" }), true),
        (json!({ "value": 50, "currency": "EUR", "note": "with tip" }), true),
        (json!({ "value": "50", "currency": "USD" }), false),
        (json!({ "value": "50", "currency": "eur" }), false),
        (json!({ "value": "50" }), false),
        (json!({ "value": "50", "currency": null }), false),
        (json!({ "value": "50", "currency": ["EUR"] }), false),
        (json!({ "value": "50", "unit": "EUR" }), false),
        (json!({ "value": "50", "currency": "EUR", "unit": "1000" }), false),
        (json!({ "value": 50.0, "currency": "EUR" }), false),
        (json!({ "value": "50.01", "currency": "EUR" }), false),
        (json!("50"), false),
        (
            json!([{ "value": "1", "currency": "EUR" }, { "value": "1", "currency": "USD" }]),
            false,
        ),
    ] {
        assert_eq!(holds(most.clone(), json!({ "amount": amount })), expected, "{amount}");
    }
}

#[test]
fn s_32_an_amount_without_its_currency_fails() {
    let bare = |op: &str| json!({ "field": "amount.value", "op": op, "value": "50" });
    let is = json!({ "field": "amount.currency", "op": "eq", "value": "EUR" });
    let some = json!({ "field": "amount.currency", "op": "in", "values": ["EUR", "CHF"] });
    let not = json!({ "field": "amount.currency", "op": "not_in", "values": ["USD"] });
    let elsewhere = json!({ "field": "fee.currency", "op": "eq", "value": "EUR" });
    let euros = |value: &str| json!({ "amount": { "value": value, "currency": "EUR" }, "fee": { "currency": "EUR" } });
    for op in ["max", "min"] {
        for (list, input, expected) in [
            (json!([bare(op)]), euros("50"), false),
            (json!([bare(op), is]), euros("50"), true),
            (json!([some, bare(op)]), euros("50"), true),
            (json!([bare(op), not]), euros("50"), false),
            (json!([bare(op), elsewhere]), euros("50"), false),
            (
                json!([bare(op), is]),
                json!({ "amount": { "value": "50", "currency": "USD" } }),
                false,
            ),
            (json!([bare(op)]), json!({ "amount": { "value": "50" } }), true),
            (
                json!([bare(op)]),
                json!({ "amount": { "value": "50", "currency": null } }),
                false,
            ),
            (
                json!([bare(op)]),
                json!({ "amount": [{ "value": "50" }, { "value": "50", "currency": "EUR" }] }),
                false,
            ),
            (
                json!([{ "field": "value", "op": op, "value": "50" }]),
                json!({ "value": "50", "currency": "EUR" }),
                false,
            ),
            (
                json!([{ "field": "value", "op": op, "value": "50" }]),
                json!({ "value": "50" }),
                true,
            ),
        ] {
            assert_eq!(holds(list.clone(), input.clone()), expected, "{list} {input}");
        }
    }
    let pace = json!({ "field": "amount.value", "op": "max_change", "value": "50", "per_sec": 1, "from": "50" });
    assert!(!holds(json!([pace]), euros("50")));
    assert!(holds(json!([pace, is]), euros("50")));
}

#[test]
fn a_quantity_counts_in_its_own_unit_only() {
    let most = json!([{ "field": "speed", "op": "max", "value": "0.5", "unit": "m/s" }]);
    let exactly = json!([{ "field": "speed", "op": "eq", "value": "0.5", "unit": "m/s" }]);
    for (speed, at_most, equal) in [
        (json!({ "value": "0.5", "unit": "m/s" }), true, true),
        (json!({ "value": "0.50", "unit": "m/s" }), true, true),
        (json!({ "value": "0.4", "unit": "m/s" }), true, false),
        (json!({ "value": "0.5", "unit": "km/s" }), false, false),
        (json!({ "value": "0.5", "unit": "m/s " }), false, false),
        (json!({ "value": "0.5", "currency": "m/s" }), false, false),
        (json!({ "value": "0.5" }), false, false),
        (json!("0.5"), false, false),
    ] {
        assert_eq!(holds(most.clone(), json!({ "speed": speed })), at_most, "{speed}");
        assert_eq!(holds(exactly.clone(), json!({ "speed": speed })), equal, "{speed}");
    }
}

#[test]
fn classes_of_data_have_their_order_and_nothing_else_has() {
    let on = |op: &str, class: &str| json!([{ "field": "class", "op": op, "value": class, "order": "data_class" }]);
    for (op, limit, class, expected) in [
        ("max", "internal", "public", true),
        ("max", "internal", "internal", true),
        ("max", "internal", "confidential", false),
        ("max", "internal", "secret", false),
        ("max", "internal", "Public", false),
        ("max", "secret", "public", false),
        ("max", "secret", "secret", false),
        ("min", "internal", "restricted", true),
        ("min", "internal", "public", false),
        ("min", "internal", "secret", false),
        ("eq", "internal", "internal", true),
        ("eq", "internal", "public", false),
        ("eq", "secret", "secret", false),
    ] {
        assert_eq!(
            holds(on(op, limit), json!({ "class": class })),
            expected,
            "{op} {limit} {class}"
        );
    }
    let own = DataClasses::of(["open", "secret"].map(str::to_owned).to_vec()).unwrap();
    let held = |class: &str| {
        constraints(&on("max", "secret")).hold(&object(json!({ "class": class })), &Last::default(), at(0), &own)
    };
    assert!(held("open").is_ok() && held("public").is_err());
    for bad in [vec![], vec!["a", "b", "a"], vec!["a b"], vec![""]] {
        assert_eq!(
            DataClasses::of(bad.iter().map(|name| (*name).to_owned()).collect()),
            None,
            "{bad:?}"
        );
    }
}

#[test]
fn all_constraints_hold_or_the_first_that_does_not_is_named() {
    let list = constraints(&json!([
        { "field": "merchant", "op": "in", "values": ["Acme", "Beta"] },
        { "field": "amount.value", "op": "max", "value": "50.00" },
        { "field": "amount.currency", "op": "eq", "value": "EUR" },
    ]));
    let held = |merchant: &str, value: &str| {
        let input = object(json!({ "merchant": merchant, "amount": { "value": value, "currency": "EUR" } }));
        list.hold(&input, &Last::default(), at(0), &DataClasses::default())
    };
    assert_eq!(held("Acme", "29.99"), Ok(()));
    let unmet = Unmet {
        place: 1,
        field: Field::parse("amount.value").unwrap(),
        op: Op::Max,
        moves: false,
    };
    assert_eq!(unmet.to_string(), "constraints[1]: max on amount.value does not hold");
    assert_eq!(held("Acme", "50.01"), Err(unmet));
    assert_eq!(held("Gamma", "50.01").unwrap_err().place, 0);
    assert_eq!(
        Constraints::default().hold(&Object::new(), &Last::default(), at(0), &DataClasses::default()),
        Ok(())
    );
}
