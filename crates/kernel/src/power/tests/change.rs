use super::*;

fn last(value: &str, measure: Measure, seconds: i64) -> Last {
    let mut last = Last::default();
    let seen = Seen {
        value: decimal(value),
        measure,
        at: at(seconds),
    };
    last.note(Field::parse("speed").unwrap(), seen);
    last
}

#[expect(clippy::needless_pass_by_value, reason = "written beside `json!`")]
fn moves(rest: Value, input: Value, last: &Last, now: i64) -> bool {
    let mut constraint = object(rest);
    constraint.insert("field".to_owned(), "speed".into());
    constraint.insert("op".to_owned(), "max_change".into());
    constraints(&json!([constraint]))
        .hold(
            &object(json!({ "speed": input })),
            last,
            at(now),
            &DataClasses::default(),
        )
        .is_ok()
}

#[test]
fn a_value_moves_by_its_share_of_the_window_and_never_by_more_than_one() {
    let two_in_ten = json!({ "value": "2", "per_sec": 10 });
    let before = last("5", Measure::Plain, 100);
    for (value, now, expected, claim) in [
        ("5", 100, true, "no time, no change"),
        ("5.0001", 100, false, "no time, any change"),
        ("5.2", 101, true, "a tenth of it in a tenth of the time"),
        ("5.2001", 101, false, "no more than that"),
        ("4.8", 101, true, "downwards the same"),
        ("4.7999", 101, false, "downwards no more"),
        ("7", 110, true, "all of it in all of the time"),
        ("7.0001", 110, false, "no more in a whole window"),
        ("7", 100_000, true, "long after"),
        (
            "7.0001",
            100_000,
            false,
            "one step is never larger, however long ago the last one was",
        ),
        ("5", 50, true, "a clock that went back: the same value"),
        ("5.0001", 50, false, "a clock that went back gives no room"),
        ("5", i64::MIN, true, "as far back as it goes"),
        ("7", i64::MAX, true, "as far ahead as it goes"),
        ("99999999999999", i64::MAX, false, "the largest number"),
    ] {
        assert_eq!(
            moves(two_in_ten.clone(), json!(value), &before, now),
            expected,
            "{claim}"
        );
    }
    let third = json!({ "value": "0.0010", "per_sec": 3 });
    let before = last("0", Measure::Plain, 0);
    assert!(
        moves(third.clone(), json!("0.0003"), &before, 1),
        "3.33 ten-thousandths are 3"
    );
    assert!(
        !moves(third, json!("0.0004"), &before, 1),
        "rounding is against whoever asks"
    );
}

#[test]
fn a_first_value_is_measured_against_from_or_fails() {
    let from = json!({ "value": "2", "per_sec": 10, "from": "1" });
    let none = Last::default();
    for (value, expected) in [("3", true), ("-1", true), ("3.0001", false), ("-1.0001", false)] {
        assert_eq!(moves(from.clone(), json!(value), &none, 0), expected, "{value}");
    }
    assert!(
        !moves(json!({ "value": "2", "per_sec": 10 }), json!("0"), &none, 0),
        "nothing to measure it against"
    );
    assert!(
        !moves(from, json!("1"), &last("9", Measure::Plain, 0), 5),
        "a last value counts, not `from`"
    );
}

#[test]
fn a_change_is_measured_within_one_unit_and_one_value() {
    let metres = json!({ "value": "2", "per_sec": 10, "unit": "m/s", "from": "0" });
    let unit = |text: &str| Measure::Unit(Unit::parse(text).unwrap());
    let input = json!({ "value": "1", "unit": "m/s" });
    assert!(moves(metres.clone(), input.clone(), &Last::default(), 0));
    assert!(moves(metres.clone(), input.clone(), &last("1", unit("m/s"), 0), 0));
    for other in [unit("km/h"), Measure::Plain, Measure::Currency(currency("EUR"))] {
        assert!(
            !moves(metres.clone(), input.clone(), &last("1", other.clone(), 0), 10),
            "{other:?}"
        );
    }
    assert!(!moves(
        metres.clone(),
        json!({ "value": "1", "unit": "km/h" }),
        &Last::default(),
        0
    ));
    assert!(
        moves(metres.clone(), json!([input]), &Last::default(), 0),
        "a list of one"
    );
    assert!(
        !moves(metres, json!([input, input]), &Last::default(), 0),
        "of several nobody knows the last"
    );
}

#[test]
fn what_was_accepted_is_remembered_and_its_time_never_goes_back() {
    let list = constraints(&json!([
        { "field": "speed", "op": "max_change", "value": "2", "per_sec": 10, "unit": "m/s", "from": "0" },
        { "field": "lamp", "op": "max_change", "value": "1", "per_sec": 1 },
        { "field": "room", "op": "eq", "value": "hall" },
    ]));
    let input = object(json!({ "speed": { "value": "1.5", "unit": "m/s" }, "room": "hall" }));
    let speed = Field::parse("speed").unwrap();
    let mut kept = list.readings(&input, at(50));
    let seen = |value: &str, seconds| Seen {
        value: decimal(value),
        measure: Measure::Unit(Unit::parse("m/s").unwrap()),
        at: at(seconds),
    };
    assert_eq!(kept.get(&speed), Some(&seen("1.5", 50)));
    assert_eq!(kept.get(&Field::parse("lamp").unwrap()), None);
    assert_eq!(kept.get(&Field::parse("room").unwrap()), None);
    kept.note_all(list.readings(&object(json!({ "speed": { "value": "1", "unit": "m/s" } })), at(40)));
    assert_eq!(kept.get(&speed), Some(&seen("1", 50)), "an earlier clock gives no room");
}
