use super::*;

#[test]
fn fields_are_names_separated_by_dots() {
    let long = "a".repeat(64);
    for good in ["a", "amount.value", "_x.y-1.Z9", "a.b.c.d.e.f.g.h", &long] {
        assert_eq!(Field::parse(good).map(|field| field.to_string()).as_deref(), Some(good));
    }
    let longer = "a".repeat(65);
    for bad in [
        "",
        ".",
        "a.",
        ".a",
        "a..b",
        "a.b.c.d.e.f.g.h.i",
        "1a",
        "-a",
        "a b",
        "a[0]",
        "a.0",
        "ä",
        "a\n",
        &longer,
    ] {
        assert_eq!(Field::parse(bad), None, "{bad:?}");
    }
}

/// Asserts that a good constraint with these members instead is refused where it stands, with this rule.
fn assert_refused(cases: &[(Value, &str)]) {
    let good = json!({ "field": "x", "op": "eq", "value": "a" });
    for (change, told) in cases {
        let mut bad = object(good.clone());
        bad.extend(object(change.clone()));
        let error = Constraints::read(&json!([good, good, bad])).unwrap_err();
        assert!(error.starts_with(&format!("constraints[2]: {told}")), "{error}");
    }
}

#[test]
fn what_cannot_be_meant_is_refused_with_the_place_and_the_rule() {
    assert_refused(&[
        (json!({ "op": "lt" }), "op: one of eq, in, max, min, not_in, max_change"),
        (json!({ "op": "Eq" }), "op: one of"),
        (json!({ "op": null }), "op: one of"),
        (json!({ "field": "a..b" }), "field: 1 to 8 names"),
        (json!({ "field": ["x"] }), "field: 1 to 8 names"),
        (json!({ "operator": "eq" }), "operator: not a member of a constraint"),
        (json!({ "values": ["a"] }), "values: does not go with eq"),
        (json!({ "per_sec": 1 }), "per_sec: does not go with eq"),
        (json!({ "value": null }), "value: a text of at most 256"),
        (json!({ "value": 1.5 }), "value: a text of at most 256"),
        (json!({ "value": ["a"] }), "value: a text of at most 256"),
        (json!({ "value": "a\u{202e}b" }), "value: a text of at most 256"),
        (json!({ "value": "x".repeat(257) }), "value: a text of at most 256"),
        (
            json!({ "value": "5", "currency": "eur" }),
            "currency: three capital letters",
        ),
        (
            json!({ "value": "5", "currency": null }),
            "currency: three capital letters",
        ),
        (json!({ "value": "5", "unit": "" }), "unit: 1 to 32 visible characters"),
        (
            json!({ "value": "5", "unit": "m s" }),
            "unit: 1 to 32 visible characters",
        ),
        (
            json!({ "value": "5", "unit": "m".repeat(33) }),
            "unit: 1 to 32 visible characters",
        ),
        (
            json!({ "value": "5", "unit": "m", "currency": "EUR" }),
            "currency, unit, order: at most one",
        ),
        (
            json!({ "value": "5", "unit": "m", "order": "data_class" }),
            "currency, unit, order: at most one",
        ),
        (json!({ "value": "a", "currency": "EUR" }), "value: a decimal number"),
        (json!({ "value": "internal", "order": "size" }), "order: data_class"),
        (
            json!({ "value": "so secret", "order": "data_class" }),
            "value: the name of a class",
        ),
        (json!({ "op": "max", "value": "a" }), "value: a decimal number"),
        (json!({ "op": "max", "value": 1.5 }), "value: a decimal number"),
        (json!({ "op": "min", "value": "1e3" }), "value: a decimal number"),
        (json!({ "op": "in" }), "value: does not go with in"),
    ]);
}

#[test]
fn a_pace_that_cannot_be_meant_is_refused() {
    assert_refused(&[
        (
            json!({ "op": "max_change", "value": "-1", "per_sec": 1 }),
            "value: not below zero",
        ),
        (
            json!({ "op": "max_change", "value": "1" }),
            "per_sec: an integer from 1 to 86400",
        ),
        (
            json!({ "op": "max_change", "value": "1", "per_sec": 0 }),
            "per_sec: an integer from 1 to 86400",
        ),
        (
            json!({ "op": "max_change", "value": "1", "per_sec": 86_401 }),
            "per_sec: an integer from 1 to 86400",
        ),
        (
            json!({ "op": "max_change", "value": "1", "per_sec": 1, "from": "x" }),
            "from: a decimal number",
        ),
        (
            json!({ "op": "max_change", "value": "1", "per_sec": 1, "from": null }),
            "from: a decimal number",
        ),
        (
            json!({ "op": "max_change", "value": "1", "per_sec": 1, "order": "data_class" }),
            "order: does not go with max_change",
        ),
        (
            json!({ "op": "max_change", "value": "1", "per_sec": 1, "unit": "m", "currency": "EUR" }),
            "currency, unit: at most one",
        ),
    ]);
}

#[test]
fn lists_of_values_that_cannot_be_meant_are_refused() {
    let many: Vec<i64> = (0..65).collect();
    for (values, told) in [
        (json!([]), "values: a list of 1 to 64"),
        (json!(many), "values: a list of 1 to 64"),
        (json!("a"), "values: a list of 1 to 64"),
        (json!(["a", null]), "values: each one a text"),
        (json!(["a", 1.0]), "values: each one a text"),
        (json!([["a"]]), "values: each one a text"),
    ] {
        for op in ["in", "not_in"] {
            let error = Constraints::read(&json!([{ "field": "x", "op": op, "values": values }])).unwrap_err();
            assert!(error.starts_with(&format!("constraints[0]: {told}")), "{error}");
        }
    }
}

#[test]
fn limits_that_cannot_be_meant_are_refused() {
    for (limits, told) in [
        (json!([]), "limits: an object"),
        (json!(null), "limits: an object"),
        (json!({ "daily_limit": 1 }), "limits: daily_limit: not a member"),
        (
            json!({ "daily_limit_count": 0 }),
            "limits: daily_limit_count: an integer from 1 to 1000000000",
        ),
        (
            json!({ "daily_limit_count": 1_000_000_001 }),
            "limits: daily_limit_count: an integer",
        ),
        (
            json!({ "daily_limit_count": "10" }),
            "limits: daily_limit_count: an integer",
        ),
        (
            json!({ "daily_limit_count": null }),
            "limits: daily_limit_count: an integer",
        ),
        (json!({ "max_per_minute": -1 }), "limits: max_per_minute: an integer"),
        (json!({ "max_executions": 1.0 }), "limits: max_executions: an integer"),
        (
            json!({ "cooldown_sec": 2_592_001 }),
            "limits: cooldown_sec: an integer from 1 to 2592000",
        ),
        (
            json!({ "daily_limit_amount": {} }),
            "limits: daily_limit_amount: an object of 1 to 16",
        ),
        (
            json!({ "daily_limit_amount": "100 EUR" }),
            "limits: daily_limit_amount: an object of 1 to 16",
        ),
        (
            json!({ "daily_limit_amount": { "euro": "1" } }),
            "limits: daily_limit_amount: by currency",
        ),
        (
            json!({ "daily_limit_amount": { "EUR": "0" } }),
            "limits: daily_limit_amount: by currency",
        ),
        (
            json!({ "daily_limit_amount": { "EUR": "-1" } }),
            "limits: daily_limit_amount: by currency",
        ),
        (
            json!({ "daily_limit_amount": { "EUR": 1.5 } }),
            "limits: daily_limit_amount: by currency",
        ),
    ] {
        let error = Power::read(&object(json!({ "action": "purchase", "limits": limits }))).unwrap_err();
        assert!(error.starts_with(told), "{error}");
    }
}

#[test]
fn powers_that_cannot_be_meant_are_refused_with_the_place() {
    let constraint = json!({ "field": "x", "op": "eq", "value": "a" });
    let power = json!({ "action": "purchase" });
    let long: Vec<String> = (0..64).map(|n| format!("{n:0>255}")).collect();
    for (value, told) in [
        (json!({}), "capabilities: a list of at most 64 objects"),
        (json!(null), "capabilities: a list of at most 64 objects"),
        (
            json!(vec![power.clone(); 65]),
            "capabilities: a list of at most 64 objects",
        ),
        (json!([power, "purchase"]), "capabilities[1]: an object"),
        (json!([power, {}]), "capabilities[1]: action: the name of a capability"),
        (
            json!([{ "action": "1x" }]),
            "capabilities[0]: action: the name of a capability",
        ),
        (
            json!([{ "action": "x", "effect": "allow" }]),
            "capabilities[0]: effect: not a member of a capability of a grant",
        ),
        (
            json!([{ "action": "x", "constraints": null }]),
            "capabilities[0]: constraints: a list of at most 64 objects",
        ),
        (
            json!([{ "action": "x", "constraints": {} }]),
            "capabilities[0]: constraints: a list of at most 64 objects",
        ),
        (
            json!([{ "action": "x", "constraints": vec![constraint.clone(); 65] }]),
            "capabilities[0]: constraints: a list of at most 64 objects",
        ),
        (
            json!([{ "action": "x", "constraints": [constraint, { "field": "x", "op": "is", "value": 1 }] }]),
            "capabilities[0]: constraints[1]: op: one of",
        ),
        (
            json!([{ "action": "x", "constraints": [{ "field": "x", "op": "in", "values": long }] }]),
            "capabilities: at most 16384 bytes in all",
        ),
    ] {
        let error = Powers::read(&value).unwrap_err();
        assert!(error.starts_with(told), "{error}");
    }
}

#[test]
fn a_row_that_cannot_be_read_is_neither_no_powers_nor_a_power_without_constraints() {
    let value = json!([
        { "action": "purchase", "constraints": [{ "field": "merchant", "op": "eq", "value": "Acme" }], "limits": { "max_executions": 3 } },
        { "action": "purchase", "constraints": [{ "field": "item", "op": "in", "values": ["Widget"] }] },
        { "action": "read_profile" },
    ]);
    let powers = Powers::read(&value).unwrap();
    assert_eq!(powers.value(), value);
    let row = powers.row();
    assert_eq!(Powers::from_row(&row), Some(powers));
    assert_eq!(Powers::default().row(), "[]");
    assert_eq!(Powers::from_row("[]"), Some(Powers::default()));
    for bad in [
        String::new(),
        "null".to_owned(),
        "{}".to_owned(),
        row.trim_end_matches(']').to_owned(),
        format!("{row}]"),
        row.replace("\"eq\"", "\"is\""),
        row.replace("\"constraints\"", "\"conditions\""),
        row.replace("\"limits\"", "\"limit\""),
        row.replace("\"Acme\"", "1.5"),
        row.replace("\"op\":\"eq\"", "\"op\":\"eq\",\"op\":\"not_in\""),
        row.replace("\"max_executions\":3", "\"max_executions\":0"),
    ] {
        assert_eq!(Powers::from_row(&bad), None, "{bad}");
    }
}

#[test]
fn the_powers_of_a_child_lie_each_within_one_of_its_parents() {
    let power = |action: &str, most: i64, executions: i64| {
        let constraint = json!({ "field": "n", "op": "max", "value": most });
        json!({ "action": action, "constraints": [constraint], "limits": { "max_executions": executions } })
    };
    let parent = Powers::read(&json!([power("buy", 5, 10), power("buy", 9, 1), power("read", 9, 9)])).unwrap();
    for (child, expected) in [
        (json!([]), true),
        (json!([power("buy", 5, 10)]), true),
        (
            json!([power("buy", 4, 9), power("buy", 8, 1), power("read", 1, 1)]),
            true,
        ),
        (json!([power("buy", 8, 2)]), false),
        (json!([power("buy", 5, 11)]), false),
        (json!([power("buy", 4, 9), power("sell", 1, 1)]), false),
        (json!([{ "action": "buy" }]), false),
        (
            json!([{ "action": "Buy", "constraints": [{ "field": "n", "op": "max", "value": 1 }] }]),
            false,
        ),
    ] {
        let within = Powers::read(&child).unwrap().within(&parent, &DataClasses::default());
        assert_eq!(within, expected, "{child}");
    }
    let buy = crate::capability::CapabilityName::parse("buy").unwrap();
    assert_eq!(parent.of(&buy).count(), 2);
    assert_eq!(parent.names().into_iter().collect::<Vec<_>>(), ["buy", "read"]);
}
