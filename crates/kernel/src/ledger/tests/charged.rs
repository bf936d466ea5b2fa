//! Constraints and limits: any power of a grant suffices, every grant of the path must have one.

use super::*;

fn refused(token: &Token, request: &Request) -> Option<Why> {
    asked(token, request).err()
}

/// The sentence and `Retry-After` of a limit.
fn limited(why: Option<Why>) -> (String, Option<i64>) {
    match why {
        Some(Why::LimitExceeded { limit, seconds }) => (limit.said().to_owned(), seconds),
        other => panic!("a limit, not {other:?}"),
    }
}

#[test]
fn each_operator_holds_or_names_the_field_and_itself_and_no_value() {
    for (constraint, good, bad) in [
        (
            json!({ "field": "merchant", "op": "eq", "value": "Acme" }),
            json!({ "merchant": "Acme" }),
            json!({ "merchant": "Evil" }),
        ),
        (
            json!({ "field": "merchant", "op": "in", "values": ["Acme", "Beta"] }),
            json!({ "merchant": "Beta" }),
            json!({}),
        ),
        (
            json!({ "field": "merchant", "op": "not_in", "values": ["Evil"] }),
            json!({ "merchant": "Acme" }),
            json!({ "merchant": "Evil" }),
        ),
        (
            json!({ "field": "amount", "op": "max", "value": "50", "currency": "EUR" }),
            json!({ "amount": { "value": "50.00", "currency": "EUR" } }),
            json!({ "amount": { "value": "49", "currency": "USD" } }),
        ),
        (
            json!({ "field": "pieces", "op": "min", "value": 2 }),
            json!({ "pieces": 2 }),
            json!({ "pieces": 1 }),
        ),
        (
            json!({ "field": "speed", "op": "max_change", "value": "5", "per_sec": 1, "from": "0" }),
            json!({ "speed": 5 }),
            json!({ "speed": 6 }),
        ),
    ] {
        let token = Token::of([json!([{ "action": "purchase", "constraints": [constraint] }])]);
        assert_eq!(refused(&token, &once("purchase", good)), None, "{constraint}");
        let why = refused(&token, &once("purchase", bad)).unwrap();
        assert_eq!(why.code().name(), "constraint_violated", "{constraint}");
        let (field, op) = (
            constraint["field"].as_str().unwrap(),
            constraint["op"].as_str().unwrap(),
        );
        assert_eq!(why.said(), format!("{field}: not within what was granted ({op})"));
    }
}

#[test]
fn each_limit_refuses_with_the_seconds_after_which_it_has_room_again() {
    let usual = || once("purchase", json!({}));
    let often = |units| Request { units, ..usual() };
    let (minute, day) = (Some(20), Some(46_400));
    for (limits, before, after, seconds) in [
        (json!({ "max_executions": 2 }), often(2), usual(), None),
        (json!({ "daily_limit_count": 2 }), often(2), usual(), day),
        (json!({ "daily_limit_count": 2 }), often(1), often(3), None),
        (json!({ "max_per_minute": 2 }), often(2), usual(), minute),
        (json!({ "max_per_minute": 2 }), often(1), often(3), None),
        (json!({ "cooldown_sec": 90 }), usual(), usual(), Some(90)),
        (json!({ "cooldown_sec": 90 }), usual(), often(2), None),
        (
            json!({ "daily_limit_amount": { "EUR": "100" } }),
            spending("60", "EUR"),
            spending("40.0001", "EUR"),
            day,
        ),
        (
            json!({ "daily_limit_amount": { "EUR": "100" } }),
            spending("60", "EUR"),
            spending("100.01", "EUR"),
            None,
        ),
        (
            json!({ "daily_limit_amount": { "EUR": "100" } }),
            spending("60", "EUR"),
            spending("1", "USD"),
            None,
        ),
        (
            json!({ "daily_limit_amount": { "EUR": "100" } }),
            spending("60", "EUR"),
            usual(),
            None,
        ),
    ] {
        let token = Token::of([power("purchase", &limits)]);
        let mut rows = Rows::default();
        ask(&mut rows, &token, &before, 0).unwrap();
        let kept = rows.clone();
        let why = ask(&mut rows, &token, &after, 0).unwrap_err();
        assert_eq!(why.code().name(), "limit_exceeded", "{limits}");
        assert_eq!(limited(Some(why)).1, seconds, "{limits} {after:?}");
        assert_eq!(rows, kept, "nothing was charged");
        if let Some(seconds) = seconds {
            assert!(
                ask(&mut kept.clone(), &token, &after, seconds - 1).is_err(),
                "{limits}: a second before"
            );
            assert!(ask(&mut rows, &token, &after, seconds).is_ok(), "{limits}: then");
        }
    }
}

#[test]
fn s_32_euros_never_count_against_dollars() {
    let both = power(
        "purchase",
        &json!({ "daily_limit_amount": { "EUR": "100", "USD": "100" } }),
    );
    let token = Token::of([both]);
    let mut rows = Rows::default();
    for (value, currency, expected) in [
        ("100", "EUR", true),
        ("0.0001", "EUR", false),
        ("99.99", "USD", true),
        ("0.01", "USD", true),
        ("0.0001", "USD", false),
        ("0", "EUR", true),
        ("1", "CHF", false),
    ] {
        let answer = ask(&mut rows, &token, &spending(value, currency), 0);
        assert_eq!(answer.is_ok(), expected, "{value} {currency}");
    }
    let spent: Vec<i64> = rows.amounts.values().map(|(_, spent)| *spent).collect();
    assert_eq!(spent, [1_000_000, 1_000_000], "each its own");
}

#[test]
fn s_32_an_amount_that_cannot_be_counted_is_refused_whether_it_is_limited_or_not() {
    for powers in [
        power("purchase", &json!({})),
        power("purchase", &json!({ "daily_limit_amount": { "EUR": "100" } })),
    ] {
        let token = Token::of([powers]);
        for amount in [
            json!({ "value": "-0.01", "currency": "EUR" }),
            json!({ "value": -1, "currency": "EUR" }),
            json!({ "value": "NaN", "currency": "EUR" }),
            json!({ "value": "Infinity", "currency": "EUR" }),
            json!({ "value": "1e999", "currency": "EUR" }),
            json!({ "value": 0.1, "currency": "EUR" }),
            json!({ "value": "99999999999999999999", "currency": "EUR" }),
            json!({ "value": u64::MAX, "currency": "EUR" }),
            json!({ "value": "0.00001", "currency": "EUR" }),
            json!({ "value": "1", "currency": "eur" }),
            json!({ "value": "1" }),
            json!("1 EUR"),
            json!(null),
        ] {
            let why = refused(&token, &once("purchase", json!({ "amount": amount }))).unwrap();
            assert_eq!(why, Why::AmountMalformed, "{amount}");
            assert_eq!(why.code().name(), "invalid_request");
        }
    }
    let most = power(
        "purchase",
        &json!({ "daily_limit_amount": { "EUR": "99999999999999.9999" } }),
    );
    let token = Token::of([most]);
    let mut rows = Rows::default();
    assert!(ask(&mut rows, &token, &spending("99999999999999.9999", "EUR"), 0).is_ok());
    let why = ask(&mut rows, &token, &spending("99999999999999.9999", "EUR"), 0).unwrap_err();
    assert_eq!(why.code().name(), "limit_exceeded", "no sum turns over");
}

#[test]
fn of_two_powers_either_suffices_and_the_one_that_is_used_is_charged() {
    let limits = json!({ "max_executions": 1 });
    let of = |merchant: &str| json!({ "action": "purchase", "limits": limits, "constraints": [{ "field": "merchant", "op": "eq", "value": merchant }] });
    let token = Token::of([json!([of("Acme"), of("Beta")])]);
    let from = |merchant: &str| once("purchase", json!({ "merchant": merchant }));
    let mut rows = Rows::default();
    assert!(ask(&mut rows, &token, &from("Beta"), 0).is_ok());
    let places: Vec<u32> = rows.budgets.keys().map(|id| id.place).collect();
    assert_eq!(places, [1]);
    assert!(ask(&mut rows, &token, &from("Acme"), 0).is_ok());
    let why = ask(&mut rows, &token, &from("Acme"), 0).unwrap_err();
    assert_eq!(
        why.code().name(),
        "limit_exceeded",
        "its constraints held: the limit is told"
    );
    let why = ask(&mut rows, &token, &from("Other"), 0).unwrap_err();
    assert_eq!(why.code().name(), "constraint_violated");
    let same = Token::of([
        json!([{ "action": "purchase", "limits": { "max_executions": 1 } }, { "action": "purchase", "limits": { "daily_limit_count": 2 } }]),
    ]);
    let mut rows = Rows::default();
    for _ in 0..3 {
        ask(&mut rows, &same, &from("Acme"), 0).unwrap();
    }
    let (_, seconds) = limited(ask(&mut rows, &same, &from("Acme"), 0).err());
    assert_eq!(
        seconds,
        Some(46_400),
        "the one that has room again is told, not the one that is used up for good"
    );
}

#[test]
fn along_the_path_every_grant_with_powers_must_have_one_and_each_is_charged() {
    let open = power("purchase", &json!({}));
    let capped = power("purchase", &json!({ "max_executions": 2 }));
    let other = power("wire", &json!({}));
    let not = Err(Why::CapabilityNotGranted);
    let usual = || once("purchase", json!({}));
    assert_eq!(
        asked(&Token::of([open.clone(), other.clone()]), &usual()).map(|_| ()),
        not,
        "the parent lacks it"
    );
    assert_eq!(
        asked(&Token::of([open.clone(), open.clone(), other]), &usual()).map(|_| ()),
        not,
        "the root lacks it"
    );
    let read = power("read_notes", &json!({}));
    assert!(
        asked(&Token::of([read, json!([]), json!([])]), &reading()).is_ok(),
        "who has none says nothing"
    );

    let first = Token::named("first", [open.clone(), capped.clone()]);
    let second = Token::named("second", [open, capped]);
    let mut rows = Rows::default();
    ask(&mut rows, &first, &usual(), 0).unwrap();
    let answer = ask(&mut rows, &second, &usual(), 0).unwrap();
    assert_eq!(
        answer["remaining"],
        json!({ "executions": 0 }),
        "of each limit the least along the path"
    );
    assert_eq!(rows.budgets.len(), 3, "each child's, and the parent's once");
    for token in [&first, &second] {
        let why = ask(&mut rows, token, &usual(), 0).unwrap_err();
        assert_eq!(
            why.code().name(),
            "limit_exceeded",
            "children spend what their parent has"
        );
    }
}

#[test]
fn what_remains_is_told_for_each_limit_the_least_along_the_path() {
    let leaf = power(
        "purchase",
        &json!({ "max_executions": 9, "max_per_minute": 2, "daily_limit_amount": { "EUR": "100" } }),
    );
    let root = power(
        "purchase",
        &json!({ "max_executions": 20, "daily_limit_count": 3, "max_per_minute": 9, "daily_limit_amount": { "EUR": "50.5", "USD": "1" } }),
    );
    let answer = asked(&Token::of([leaf, root]), &spending("10.25", "EUR")).unwrap();
    assert_eq!(
        answer["remaining"],
        json!({ "executions": 8, "day": 2, "minute": 1, "amount": { "value": "40.25", "currency": "EUR" } })
    );
    let unlimited = asked(&Token::of([power("purchase", &json!({}))]), &spending("10.25", "EUR")).unwrap();
    assert_eq!(unlimited["remaining"], json!({}));
    assert_eq!(unlimited["amount"], json!({ "value": "10.25", "currency": "EUR" }));
}

#[test]
fn s_32_whoever_looked_before_another_booked_finds_no_room_in_the_rows() {
    for (limits, request) in [
        (json!({ "max_executions": 1 }), once("purchase", json!({}))),
        (json!({ "daily_limit_count": 1 }), once("purchase", json!({}))),
        (json!({ "max_per_minute": 1 }), once("purchase", json!({}))),
        (json!({ "cooldown_sec": 1 }), once("purchase", json!({}))),
        (
            json!({ "daily_limit_amount": { "EUR": "100" } }),
            spending("50.01", "EUR"),
        ),
    ] {
        let token = Token::of([power("purchase", &limits)]);
        let empty = Rows::default();
        let again = Request {
            key: "another key".to_owned(),
            ..request.clone()
        };
        let [first, second] =
            [request, again].map(|request| decided(&empty, Some(token.known()), &resource(), &request, &at(0)));
        let mut rows = empty;
        assert!(committed(&mut rows, &first), "{limits}");
        let kept = rows.clone();
        assert!(answered(&second).is_ok() && !committed(&mut rows, &second), "{limits}");
        assert_eq!(rows, kept, "{limits}: all of a change, or nothing");
    }
}

#[test]
fn a_pace_is_measured_from_the_value_that_was_seen_and_is_of_what_is_done() {
    let pace = json!([{ "action": "purchase", "constraints": [{ "field": "speed", "op": "max_change", "value": "5", "per_sec": 1, "from": "0" }] }]);
    let token = Token::of([pace]);
    let to = |speed: i64| once("purchase", json!({ "speed": speed }));
    let mut rows = Rows::default();
    let raced = [to(5), to(-5)].map(|request| decided(&rows, Some(token.known()), &resource(), &request, &at(0)));
    assert!(committed(&mut rows, &raced[0]));
    assert!(
        !committed(&mut rows, &raced[1]),
        "ten apart, each five from what it saw"
    );
    assert!(ask(&mut rows, &token, &to(10), 1).is_ok());
    assert_eq!(
        ask(&mut rows, &token, &to(16), 2).unwrap_err().code().name(),
        "constraint_violated"
    );
    for kind in [Kind::Reserve, Kind::Lease] {
        let why = ask(&mut rows, &token, &Request { kind, ..to(12) }, 2).unwrap_err();
        assert_eq!(why, Why::PaceOfBooking, "a step that is taken back would have been one");
        assert_eq!(why.code().name(), "invalid_request");
    }
}
