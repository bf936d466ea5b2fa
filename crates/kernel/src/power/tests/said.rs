use super::*;

#[test]
fn a_power_is_one_plain_sentence_and_says_all_of_it() {
    let said = |value: Value| Power::read(&object(value)).unwrap().words();
    assert_eq!(
        said(json!({
            "action": "purchase",
            "constraints": [
                { "field": "amount", "op": "max", "value": "50.00", "currency": "EUR" },
                { "field": "merchant", "op": "in", "values": ["Beta", "Acme"] },
            ],
            "limits": { "daily_limit_count": 3, "daily_limit_amount": { "EUR": "100.00" } },
        })),
        "may purchase: amount at most 50.00 EUR, merchant one of Acme, Beta; at most 3 a day, at most 100.00 EUR a day"
    );
    assert_eq!(
        said(json!({
            "action": "drive",
            "constraints": [
                { "field": "speed", "op": "max_change", "value": "0.5", "per_sec": 1, "unit": "m/s", "from": "0" },
                { "field": "turns", "op": "min", "value": "-2.5" },
                { "field": "room", "op": "not_in", "values": ["server room", "1", 1, true, "true"] },
                { "field": "log", "op": "eq", "value": "internal", "order": "data_class" },
                { "field": "note", "op": "eq", "value": "x, merchant anything" },
            ],
            "limits": { "cooldown_sec": 1, "max_per_minute": 2, "max_executions": 15 },
        })),
        "may drive: speed changes by at most 0.5 m/s in 1 second starting from 0 m/s, turns at least -2.5, room none of \"1\", \"server room\", \"true\", 1, true, \
         log exactly internal as a class of data, note is \"x, merchant anything\"; at most 2 a minute, at least 1 second apart, at most 15 in all"
    );
    assert_eq!(
        said(json!({ "action": "read_profile" })),
        "may read_profile: anything, without limits"
    );
    assert_eq!(
        said(json!({ "action": "read_profile", "limits": { "daily_limit_count": 1 } })),
        "may read_profile: at most 1 a day"
    );
}
