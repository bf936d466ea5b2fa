use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::power::arbitrary;

const DAY: i64 = 86_400;

fn limits(value: &Value) -> Limits {
    Limits::read(value).unwrap()
}

fn money(value: &str, of: &str) -> Money {
    Money::new(decimal(value), currency(of)).unwrap()
}

/// A row at day 10, its first minute: three uses that day, two in that minute, the last one in its fifth second, 60 euros spent.
fn used() -> Used {
    Used {
        executions: 7,
        day: 10,
        day_count: 3,
        minute: 10 * 1440,
        minute_count: 2,
        last: Some(at(10 * DAY + 5)),
        amounts: [(currency("EUR"), (10, decimal("60")))].into(),
        values: Last::default(),
    }
}

const NOW: i64 = 10 * DAY + 30;

#[test]
fn each_limit_has_room_until_it_is_reached() {
    let tomorrow = Some(at(11 * DAY));
    let next_minute = Some(at(10 * DAY + 60));
    for (limit, units, expected) in [
        (json!({}), 1, Ok(())),
        (json!({ "max_executions": 8 }), 1, Ok(())),
        (json!({ "max_executions": 7 }), 1, Err(Exceeded::Executions)),
        (json!({ "max_executions": 8 }), 2, Err(Exceeded::Executions)),
        (json!({ "daily_limit_count": 4 }), 1, Ok(())),
        (json!({ "daily_limit_count": 4 }), 0, Ok(())),
        (
            json!({ "daily_limit_count": 3 }),
            1,
            Err(Exceeded::Day { until: tomorrow }),
        ),
        (
            json!({ "daily_limit_count": 3 }),
            0,
            Err(Exceeded::Day { until: tomorrow }),
        ),
        (json!({ "daily_limit_count": 4 }), 5, Err(Exceeded::Day { until: None })),
        (json!({ "max_per_minute": 3 }), 1, Ok(())),
        (
            json!({ "max_per_minute": 2 }),
            1,
            Err(Exceeded::Minute { until: next_minute }),
        ),
        (json!({ "max_per_minute": 2 }), 3, Err(Exceeded::Minute { until: None })),
        (json!({ "cooldown_sec": 25 }), 1, Ok(())),
        (
            json!({ "cooldown_sec": 26 }),
            1,
            Err(Exceeded::Cooldown {
                until: Some(at(NOW + 1)),
            }),
        ),
        (
            json!({ "cooldown_sec": 1 }),
            2,
            Err(Exceeded::Cooldown { until: None }), // no second lies between two at once
        ),
    ] {
        let room = limits(&limit).room(&used(), units, None, at(NOW));
        assert_eq!(room, expected, "{limit} {units}");
    }
}

#[test]
fn s_32_only_what_a_limit_names_is_spent_and_no_more_of_it() {
    let both = json!({ "daily_limit_amount": { "EUR": "100.00", "USD": "20" } });
    let tomorrow = Some(at(11 * DAY));
    for (amount, expected) in [
        (Some(money("40", "EUR")), Ok(())),
        (Some(money("40.0001", "EUR")), Err(Exceeded::Amount { until: tomorrow })),
        (Some(money("100.0001", "EUR")), Err(Exceeded::Amount { until: None })),
        (
            Some(money("99999999999999.9999", "EUR")),
            Err(Exceeded::Amount { until: None }),
        ),
        (Some(money("20", "USD")), Ok(())),
        (Some(money("20.01", "USD")), Err(Exceeded::Amount { until: None })),
        (Some(money("0", "CHF")), Err(Exceeded::Currency)),
        (None, Err(Exceeded::Currency)),
    ] {
        assert_eq!(
            limits(&both).room(&used(), 1, amount.as_ref(), at(NOW)),
            expected,
            "{amount:?}"
        );
    }
    assert_eq!(
        limits(&json!({})).room(&used(), 1, Some(&money("5", "CHF")), at(NOW)),
        Ok(())
    );
    let full = Used {
        amounts: [(currency("EUR"), (10, Decimal::from_ten_thousandths(i64::MAX)))].into(),
        ..used()
    };
    assert!(
        limits(&both)
            .room(&full, 1, Some(&money("0.0001", "EUR")), at(NOW))
            .is_err(),
        "no sum turns over"
    );
}

#[test]
fn a_window_that_is_over_counts_nothing_and_one_ahead_counts_as_this_one() {
    let all = limits(
        &json!({ "daily_limit_count": 3, "max_per_minute": 2, "cooldown_sec": 5, "daily_limit_amount": { "EUR": "60" } }),
    );
    let euro = money("1", "EUR");
    let room = |now: i64| all.room(&used(), 1, Some(&euro), at(now));
    assert_eq!(room(11 * DAY), Ok(()), "the next day");
    let behind = 9 * DAY; // this node's clock lies a day behind the one that wrote the row
    assert_eq!(
        room(behind),
        Err(Exceeded::Day {
            until: Some(at(11 * DAY))
        })
    );
    for (limit, expected) in [
        (
            json!({ "max_per_minute": 2 }),
            Exceeded::Minute {
                until: Some(at(10 * DAY + 60)),
            },
        ),
        (
            json!({ "cooldown_sec": 5 }),
            Exceeded::Cooldown {
                until: Some(at(behind + 5)),
            },
        ),
        (
            json!({ "daily_limit_amount": { "EUR": "60" } }),
            Exceeded::Amount {
                until: Some(at(11 * DAY)),
            },
        ),
    ] {
        assert_eq!(
            limits(&limit).room(&used(), 1, Some(&euro), at(behind)),
            Err(expected),
            "{limit}"
        );
    }
    let minute = limits(&json!({ "max_per_minute": 2 }));
    assert_eq!(
        minute.room(&used(), 1, None, at(10 * DAY + 59)),
        Err(Exceeded::Minute {
            until: Some(at(10 * DAY + 60))
        })
    );
    assert_eq!(
        minute.room(&used(), 1, None, at(10 * DAY + 60)),
        Ok(()),
        "a minute of the clock, not sixty seconds since"
    );
    assert_eq!(
        minute.room(&used(), 1, None, at(i64::MIN)),
        Err(Exceeded::Minute {
            until: Some(at(10 * DAY + 60))
        })
    );
}

#[test]
fn a_use_is_booked_in_every_window() {
    let all = limits(&json!({ "daily_limit_amount": { "EUR": "100" } }));
    let after = all.booked(&used(), 2, Some(&money("1.5", "EUR")), at(NOW + 60));
    assert_eq!(
        after,
        Used {
            executions: 9,
            day: 10,
            day_count: 5,
            minute: 10 * 1440 + 1,
            minute_count: 2,
            last: Some(at(NOW + 60)),
            amounts: [(currency("EUR"), (10, decimal("61.5")))].into(),
            values: Last::default(),
        }
    );
    let next = all.booked(&after, 1, Some(&money("2", "EUR")), at(11 * DAY));
    assert_eq!(
        (next.day, next.day_count, next.amounts.get(&currency("EUR"))),
        (11, 1, Some(&(11, decimal("2"))))
    );
    let behind = all.booked(&after, 1, Some(&money("2", "EUR")), at(9 * DAY));
    assert_eq!(
        (behind.day, behind.day_count, behind.last),
        (10, 6, after.last),
        "a clock behind takes nothing back"
    );
    assert_eq!(behind.amounts.get(&currency("EUR")), Some(&(10, decimal("63.5"))));
    let other = all.booked(&used(), 1, Some(&money("2", "CHF")), at(NOW));
    assert_eq!(other.amounts, used().amounts, "whoever asks cannot grow the row");
}

#[test]
fn a_row_of_values_reads_back_as_the_same_and_nothing_else_does() {
    let mut values = Last::default();
    for (field, measure) in [
        ("a", Measure::Plain),
        ("b.c", Measure::Unit(Unit::parse("m/s").unwrap())),
        ("d", Measure::Currency(currency("EUR"))),
    ] {
        let seen = Seen {
            value: decimal("-1.5"),
            measure,
            at: at(9),
        };
        values.note(Field::parse(field).unwrap(), seen);
    }
    for row in [Last::default(), values.clone()] {
        assert_eq!(Last::from_row(&row.row()), Some(row));
    }
    let good = values.row();
    for bad in [
        "null".to_owned(),
        "[]".to_owned(),
        good.replace("\"EUR\"", "\"euro\""),
        good.replace("\"at\":9", "\"at\":\"9\""),
        good.replace("\"-1.5\"", "\"x\""),
    ] {
        assert_eq!(Last::from_row(&bad), None, "{bad}");
    }
}

#[test]
fn a_child_may_leave_out_a_limit_and_never_widen_one() {
    let parent = json!({ "daily_limit_count": 5, "daily_limit_amount": { "EUR": "100", "USD": "50" }, "cooldown_sec": 60, "max_per_minute": 5, "max_executions": 10 });
    for (child, expected) in [
        (json!({}), true),
        (parent.clone(), true),
        (json!({ "daily_limit_count": 4 }), true),
        (json!({ "daily_limit_count": 6 }), false),
        (json!({ "max_per_minute": 6 }), false),
        (json!({ "max_executions": 11 }), false),
        (json!({ "cooldown_sec": 61 }), true),
        (json!({ "cooldown_sec": 59 }), false),
        (json!({ "daily_limit_amount": { "EUR": "100" } }), true),
        (json!({ "daily_limit_amount": { "EUR": "100.01" } }), false),
        (json!({ "daily_limit_amount": { "EUR": "1", "CHF": "1" } }), false),
    ] {
        assert_eq!(limits(&child).within(&limits(&parent)), expected, "{child}");
        assert!(limits(&child).within(&Limits::default()), "{child}");
    }
}

#[test]
fn s_32_an_amount_that_cannot_be_counted_is_an_error_and_not_no_amount() {
    let of = |input: Value| Money::of_input(&object(input));
    assert_eq!(of(json!({})), None);
    assert_eq!(
        of(json!({ "amount": { "value": "29.99", "currency": "USD" } })),
        Some(Ok(money("29.99", "USD")))
    );
    assert_eq!(
        of(json!({ "amount": { "value": 0, "currency": "USD" } })),
        Some(Ok(money("0", "USD")))
    );
    for value in [
        json!("-0.01"),
        json!(-1),
        json!("0abc"),
        json!("0 "),
        json!("NaN"),
        json!("Infinity"),
        json!("1e9"),
        json!("1e999"),
        json!(1.5),
        json!(1e2),
        json!(f64::MIN_POSITIVE),
        json!("99999999999999999999"),
        json!(u64::MAX),
        json!("0.00001"),
        json!(null),
        json!(true),
        json!([]),
        json!(["1"]),
        json!({}),
    ] {
        assert_eq!(
            of(json!({ "amount": { "value": value, "currency": "USD" } })),
            Some(Err(AmountMalformed)),
            "{value}"
        );
    }
    for amount in [
        json!(null),
        json!("20"),
        json!(20),
        json!([{ "value": "1", "currency": "USD" }]),
        json!({ "value": "1" }),
        json!({ "currency": "USD" }),
        json!({ "value": "1", "currency": "usd" }),
        json!({ "value": "1", "currency": "EURO" }),
        json!({ "value": "1", "currency": 978 }),
        json!({ "value": "1", "currency": "USD", "unit": "million" }),
    ] {
        assert_eq!(of(json!({ "amount": amount })), Some(Err(AmountMalformed)), "{amount}");
    }
}

#[test]
fn what_is_exceeded_is_said_with_when_it_makes_sense_to_ask_again() {
    let all = [
        (Exceeded::Executions, None),
        (Exceeded::Day { until: Some(at(5)) }, Some(at(5))),
        (Exceeded::Minute { until: None }, None),
        (Exceeded::Cooldown { until: Some(at(7)) }, Some(at(7))),
        (Exceeded::Cooldown { until: None }, None),
        (Exceeded::Amount { until: Some(at(8)) }, Some(at(8))),
        (Exceeded::Currency, None),
    ];
    let said: std::collections::BTreeSet<&str> = all.iter().map(|(exceeded, _)| exceeded.said()).collect();
    assert_eq!(said.len(), 6, "each kind has its sentence");
    for (exceeded, retry) in all {
        assert_eq!(exceeded.retry_after(), retry, "{exceeded:?}");
        assert!(exceeded.said().is_ascii());
    }
}

proptest! {
    #[test]
    fn s_32_no_sequence_of_uses_passes_any_limit(
        limits in arbitrary::limits(),
        uses in proptest::collection::vec((0_i64..4 * DAY, 0_u32..3, proptest::option::of((0_i64..60_000, proptest::bool::ANY))), 1..60),
    ) {
        let mut uses = uses;
        uses.sort_by_key(|(now, _, _)| *now / 7_000); // mostly forward, with clocks that differ
        let mut row = Used::default();
        let (mut in_all, mut days, mut minutes) = (0_i64, BTreeMap::<i64, i64>::new(), BTreeMap::<i64, i64>::new());
        let mut spent = BTreeMap::<(i64, Currency), i64>::new();
        let mut last = None::<i64>;
        for (now, units, amount) in uses {
            let amount = amount.map(|(n, euros)| Money::new(Decimal::from_ten_thousandths(n), currency(if euros { "EUR" } else { "USD" })).unwrap());
            if limits.room(&row, units, amount.as_ref(), at(now)).is_err() {
                continue;
            }
            row = limits.booked(&row, units, amount.as_ref(), at(now));
            let units = i64::from(units.max(1));
            in_all = in_all.saturating_add(units);
            // By a clock that is behind, the window that another one has begun counts: what was counted there is what is limited.
            let (day, minute) = (row.day, row.minute);
            prop_assert!(day >= now / DAY && minute >= now / 60);
            for count in [days.entry(day).or_default(), minutes.entry(minute).or_default()] {
                *count = count.saturating_add(units);
            }
            prop_assert!(limits.executions.is_none_or(|most| in_all <= most));
            prop_assert!(limits.daily_count.is_none_or(|most| days[&day] <= most));
            prop_assert!(limits.per_minute.is_none_or(|most| minutes[&minute] <= most));
            prop_assert!(limits.cooldown_seconds.is_none_or(|rest| last.is_none_or(|last| now.saturating_sub(last) >= rest)));
            last = Some(now);
            if let Some(amount) = &amount {
                // Each currency has its own window: by a clock that is behind, the one that this currency has begun counts, and not one of another.
                if !limits.daily_amount.is_empty() {
                    let (day, counted) = row.amounts[amount.currency()];
                    prop_assert!(day >= now / DAY);
                    let sum = spent.entry((day, amount.currency().clone())).or_default();
                    *sum = sum.saturating_add(amount.value().ten_thousandths());
                    prop_assert!(*sum <= limits.daily_amount[amount.currency()].ten_thousandths());
                    prop_assert_eq!(*sum, counted.ten_thousandths(), "what was spent is what is counted");
                }
            }
            prop_assert!(limits.daily_amount.is_empty() || amount.is_some());
        }
    }

    #[test]
    fn s_32_no_row_and_no_amount_panics(executions: i64, day: i64, minute: i64, count: i64, spent: i64, now: i64, units: u32, last: Option<i64>, amount in 0..i64::MAX, limits in arbitrary::limits()) {
        let row = Used {
            executions, day, day_count: count, minute, minute_count: count,
            last: last.map(at),
            amounts: [(currency("EUR"), (day, Decimal::from_ten_thousandths(spent)))].into(),
            values: Last::default(),
        };
        let amount = Money::new(Decimal::from_ten_thousandths(amount), currency("EUR"));
        let _room = limits.room(&row, units, amount.as_ref(), at(now));
        let after = limits.booked(&row, units, amount.as_ref(), at(now));
        prop_assert!(after.day >= day && after.minute >= minute && after.executions >= executions);
    }
}
