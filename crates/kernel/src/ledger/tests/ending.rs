//! Settled, taken back, or over by itself: what goes back, once.

use super::*;

fn booked(rows: &mut Rows, token: &Token, kind: Kind, units: u32, amount: Option<&str>) -> Value {
    let input = amount.map_or(
        json!({}),
        |value| json!({ "amount": { "value": value, "currency": "EUR" } }),
    );
    let request = Request {
        kind,
        units,
        ..once("purchase", input)
    };
    ask(rows, token, &request, 0).unwrap()["id"].clone()
}

fn limited() -> Token {
    Token::of([power(
        "purchase",
        &json!({ "max_executions": 10, "daily_limit_count": 10, "max_per_minute": 10, "daily_limit_amount": { "EUR": "100" } }),
    )])
}

fn counted() -> Token {
    Token::of([power(
        "purchase",
        &json!({ "max_executions": 10, "daily_limit_count": 10, "max_per_minute": 10 }),
    )])
}

/// Uses in all, of the day and of the minute, and ten-thousandths of euros.
fn charged(rows: &Rows) -> [i64; 4] {
    let row = rows.budgets.values().next().unwrap();
    let spent = rows.amounts.values().next().map_or(0, |(_, spent)| *spent);
    [row.executions, row.day_count, row.minute_count, spent]
}

#[test]
fn money_of_what_is_used_in_part_goes_back_in_part_and_what_cannot_be_divided_counts_as_spent() {
    for (units, used, amount, spent, counts) in [
        (3, 1, "10", "3.3334", 33_334),
        (3, 2, "10", "6.6667", 66_667),
        (3, 3, "10", "10", 100_000),
        (3, 0, "10", "0", 0),
        (7, 1, "0.0001", "0.0001", 1),
        (2, 1, "0", "0", 0),
    ] {
        for kind in [Kind::Lease, Kind::Reserve] {
            let (mut rows, token) = (Rows::default(), limited());
            let id = booked(&mut rows, &token, kind, units, Some(amount));
            let answer = finish(&mut rows, &token.path, &id, End::Settle(Some(used)), 1).unwrap();
            let expected =
                json!({ "id": id, "kind": "settle", "units": used, "amount": { "value": spent, "currency": "EUR" } });
            assert_eq!(answer, expected);
            let used = i64::from(used);
            assert_eq!(charged(&rows), [used, used, used, counts], "{units} {amount}");
        }
    }
}

#[test]
fn all_is_settled_when_nothing_is_said_and_nothing_counts_of_what_is_taken_back() {
    let (mut rows, token) = (Rows::default(), limited());
    let settled = booked(&mut rows, &token, Kind::Lease, 4, Some("1"));
    let void = booked(&mut rows, &token, Kind::Reserve, 5, Some("20"));
    assert_eq!(charged(&rows), [9, 9, 9, 210_000]);
    let answer = finish(&mut rows, &token.path, &settled, End::Settle(None), 1).unwrap();
    assert_eq!(
        answer,
        json!({ "id": settled, "kind": "settle", "units": 4, "amount": { "value": "1", "currency": "EUR" } })
    );
    let answer = finish(&mut rows, &token.path, &void, End::Void, 1).unwrap();
    assert_eq!(
        answer,
        json!({ "id": void, "kind": "void", "units": 0, "amount": { "value": "0", "currency": "EUR" } })
    );
    assert_eq!(charged(&rows), [4, 4, 4, 10_000]);
}

#[test]
fn a_booking_ends_once_and_the_same_end_once_more_is_answered_the_same() {
    let (mut rows, token) = (Rows::default(), counted());
    let id = booked(&mut rows, &token, Kind::Lease, 4, None);
    let first = finish(&mut rows, &token.path, &id, End::Settle(Some(3)), 1).unwrap();
    let kept = rows.clone();
    assert_eq!(
        finish(&mut rows, &token.path, &id, End::Settle(Some(3)), 500),
        Ok(first)
    );
    for other in [
        End::Settle(Some(2)),
        End::Settle(Some(4)),
        End::Settle(None),
        End::Settle(Some(0)),
        End::Void,
    ] {
        assert_eq!(
            finish(&mut rows, &token.path, &id, other, 1),
            Err(Why::BookingEnded),
            "{other:?}"
        );
    }
    assert_eq!(
        finish(&mut rows, &token.path, &id, End::Settle(Some(5)), 1),
        Err(Why::SettledBeyond)
    );
    assert_eq!(rows, kept);
    assert_eq!(sweep(&mut rows, 500), 0, "what has ended is over");
    assert_eq!(
        (Why::BookingEnded.code().name(), Why::SettledBeyond.code().name()),
        ("conflict", "invalid_request")
    );
    let again = closing(&rows, &token.path, &resource(), &id, End::Settle(Some(3)), 500);
    assert!(again.change().guards.is_empty() && again.change().sure.is_empty());
    assert_eq!(again.change().events[0].body["repeated"], true);
}

#[test]
fn s_32_two_ends_at_once_give_back_once() {
    let (mut rows, token) = (Rows::default(), limited());
    let id = booked(&mut rows, &token, Kind::Lease, 4, Some("8"));
    let [part, void] =
        [End::Settle(Some(1)), End::Void].map(|end| closing(&rows, &token.path, &resource(), &id, end, 1));
    let swept = expire(&rows.entries.values().next().unwrap().clone(), &resource(), &at(60)).unwrap();
    assert!(committed(&mut rows, &part));
    assert!(!committed(&mut rows, &void), "the other end was first");
    let (guards, writes) = of_the_ledger(&swept);
    assert!(!rows.commit(&guards, &writes), "and the sweep is not the second one");
    assert_eq!(charged(&rows), [1, 1, 1, 20_000]);
}

#[test]
fn after_its_time_a_booking_cannot_be_ended_whether_it_was_swept_or_not() {
    for kind in [Kind::Lease, Kind::Reserve] {
        let (mut rows, token) = (Rows::default(), counted());
        let id = booked(&mut rows, &token, kind, 4, None);
        for end in [End::Settle(None), End::Void] {
            assert!(
                answered(&closing(&rows, &token.path, &resource(), &id, end, 59)).is_ok(),
                "a second before"
            );
            assert_eq!(finish(&mut rows, &token.path, &id, end, 60), Err(Why::BookingEnded));
        }
        assert_eq!(sweep(&mut rows, 60), 1);
        for end in [End::Settle(None), End::Void] {
            assert_eq!(finish(&mut rows, &token.path, &id, end, 61), Err(Why::BookingEnded));
        }
    }
}

#[test]
fn a_reservation_that_is_over_goes_back_and_a_lease_counts_whole() {
    for (kind, counts, spent) in [(Kind::Reserve, 0, 0), (Kind::Lease, 4, 80_000)] {
        let (mut rows, token) = (Rows::default(), limited());
        booked(&mut rows, &token, kind, 4, Some("8"));
        assert_eq!(sweep(&mut rows, 59), 0);
        assert_eq!(sweep(&mut rows, 60), 1);
        assert_eq!(sweep(&mut rows, 60), 0, "once");
        assert_eq!(charged(&rows), [counts, counts, counts, spent], "{kind:?}");
        let end = rows.entries.values().find(|entry| entry.kind == Kind::Expire).unwrap();
        assert_eq!((i64::from(end.units), end.expires), (counts, None));
    }
    let (mut rows, token) = (Rows::default(), counted());
    ask(&mut rows, &token, &once("purchase", json!({})), 0).unwrap();
    let done = rows.entries.values().next().unwrap();
    assert_eq!(expire(done, &resource(), &at(DAY)), None, "what was done stays done");
}

#[test]
fn what_goes_back_goes_into_the_windows_of_its_charge_and_into_no_later_one() {
    let (mut rows, token) = (Rows::default(), limited());
    let id = booked(&mut rows, &token, Kind::Lease, 4, Some("8"));
    let later = Request {
        units: 2,
        ..spending("5", "EUR")
    };
    ask(&mut rows, &token, &later, 30).unwrap();
    assert_eq!(charged(&rows), [6, 6, 2, 130_000], "another minute has begun");
    finish(&mut rows, &token.path, &id, End::Void, 31).unwrap();
    assert_eq!(charged(&rows), [2, 2, 2, 50_000]);

    let (mut rows, token) = (Rows::default(), limited());
    let lease = Request {
        kind: Kind::Lease,
        units: 4,
        lifetime_seconds: 3_600,
        ..spending("8", "EUR")
    };
    let before_midnight = 46_400 - 5;
    let id = ask(&mut rows, &token, &lease, before_midnight).unwrap()["id"].clone();
    ask(&mut rows, &token, &spending("5", "EUR"), 46_400).unwrap();
    finish(&mut rows, &token.path, &id, End::Void, 46_401).unwrap();
    assert_eq!(charged(&rows), [1, 1, 1, 50_000], "yesterday's is of no use today");
}

#[test]
fn unknown_bookings_those_of_others_and_what_waits_for_no_end_look_the_same() {
    let (mut rows, token) = (Rows::default(), counted());
    let id = booked(&mut rows, &token, Kind::Lease, 4, None);
    let consumed = booked(&mut rows, &token, Kind::Consume, 1, None);
    let absent = Err(Why::Absent("booking"));
    for end in [End::Settle(None), End::Void] {
        let other = closing(&rows, &token.path, &by(client("gateway")), &id, end, 1);
        assert_eq!(answered(&other), absent, "another resource's");
        let [event] = other.change().events.as_slice() else {
            panic!("one event")
        };
        assert_eq!(
            (event.kind, event.about.as_deref()),
            (EventKind::RequestRefused, id.as_str())
        );
        assert_eq!(finish(&mut rows, &token.path, &json!("nothing"), end, 1), absent);
        assert_eq!(finish(&mut rows, &token.path, &consumed, end, 1), absent, "it was done");
    }
    finish(&mut rows, &token.path, &id, End::Void, 1).unwrap();
    let its_end = json!(format!("{}.end", id.as_str().unwrap()));
    assert_eq!(
        finish(&mut rows, &token.path, &its_end, End::Void, 1),
        absent,
        "an end has no end"
    );
    assert_eq!(Why::Absent("booking").code().name(), "not_found");
}

#[test]
fn what_was_reserved_by_a_grant_that_is_gone_cannot_be_used_any_more_only_taken_back() {
    let revoked = Status::Revoked {
        at: Time::from_unix(NOW),
    };
    for dead in [0, 1] {
        let powers = power("purchase", &json!({ "max_executions": 4 }));
        let token = Token::of([powers.clone(), powers]);
        let mut path = token.path.clone();
        path[dead].status = revoked;
        let mut rows = Rows::default();
        let reserved = booked(&mut rows, &token, Kind::Reserve, 1, None);
        let leased = booked(&mut rows, &token, Kind::Lease, 2, None);
        assert_eq!(
            finish(&mut rows, &path, &reserved, End::Settle(None), 1),
            Err(Why::BookingSilenced)
        );
        assert_eq!(
            finish(&mut rows, &[], &reserved, End::Settle(None), 1),
            Err(Why::BookingSilenced)
        );
        let edited = Token::of([power("wire", &json!({})), power("purchase", &json!({}))]).path;
        assert_eq!(
            finish(&mut rows, &edited, &reserved, End::Settle(None), 1),
            Err(Why::BookingSilenced),
            "the power was taken away"
        );
        assert!(finish(&mut rows, &path, &reserved, End::Void, 1).is_ok());
        assert!(
            finish(&mut rows, &path, &leased, End::Settle(Some(1)), 1).is_ok(),
            "it was used before: what is told is true"
        );
        assert_eq!(executions(&rows, &token.path[0], "purchase"), 1);
    }
    assert_eq!(Why::BookingSilenced.code().name(), "invalid_grant");
    let (mut rows, token) = (Rows::default(), counted());
    let reserved = booked(&mut rows, &token, Kind::Reserve, 1, None);
    let settled = closing(&rows, &token.path, &resource(), &reserved, End::Settle(None), 1);
    let relied = AnyGuard::Grant(grant::Guard::Live {
        id: token.path[0].id.clone(),
        epoch: 1,
    });
    assert!(
        settled.change().guards.contains(&relied),
        "also when it goes at the same moment"
    );
}

#[test]
fn s_32_a_limit_that_a_grant_was_given_since_gets_nothing_back_of_what_it_was_never_charged() {
    let before = Token::of([power("purchase", &json!({}))]);
    let after = limited(); // the same grant, edited
    let mut rows = Rows::default();
    let reserved = booked(&mut rows, &before, Kind::Reserve, 1, Some("100"));
    ask(&mut rows, &after, &spending("100", "EUR"), 1).unwrap();
    finish(&mut rows, &after.path, &reserved, End::Void, 2).unwrap();
    assert_eq!(charged(&rows), [1, 1, 1, 1_000_000]);
    assert!(
        ask(&mut rows, &after, &spending("0.01", "EUR"), 3).is_err(),
        "a hundred a day were spent"
    );
}
