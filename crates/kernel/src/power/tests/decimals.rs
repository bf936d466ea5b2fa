use proptest::prelude::*;

use super::*;

#[test]
fn decimals_are_read_exactly_and_said_shortest() {
    for (text, ten_thousandths, said) in [
        ("29.99", 299_900, "29.99"),
        ("20", 200_000, "20"),
        ("20.0000", 200_000, "20"),
        ("0.0001", 1, "0.0001"),
        ("-0.5", -5_000, "-0.5"),
        ("-0", 0, "0"),
        ("007", 70_000, "7"),
        ("99999999999999.9999", 999_999_999_999_999_999, "99999999999999.9999"),
        ("-99999999999999.9999", -999_999_999_999_999_999, "-99999999999999.9999"),
    ] {
        let number = Decimal::parse(text).unwrap();
        assert_eq!(
            (number.ten_thousandths(), number.to_string().as_str()),
            (ten_thousandths, said),
            "{text}"
        );
    }
}

#[test]
fn s_32_texts_that_only_look_like_numbers_are_none() {
    for text in [
        "",
        "-",
        ".",
        "-.",
        "1.",
        ".5",
        "+1",
        "--1",
        "1e3",
        "1E3",
        "1,5",
        "1.2.3",
        " 1",
        "1 ",
        "1_000",
        "0x10",
        "NaN",
        "inf",
        "Infinity",
        "-inf",
        "٣",
        "1\u{200b}",
        "1.00000",
        "100000000000000",
        "9223372036854775808",
        "99999999999999999999999999999999999999",
        "0abc",
        "0 EUR",
    ] {
        assert_eq!(Decimal::parse(text), None, "{text:?}");
    }
    for value in [
        json!(1.0),
        json!(1.5),
        json!(1e3),
        json!(f64::MAX),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(100_000_000_000_000_i64),
        json!(null),
        json!(true),
        json!(["1"]),
        json!({ "value": "1" }),
    ] {
        assert_eq!(Decimal::of_value(&value), None, "{value}");
    }
    assert_eq!(Decimal::of_value(&json!(-20)), Decimal::parse("-20"));
}

#[test]
fn s_32_arithmetic_at_the_ends_says_no_instead_of_turning_over() {
    let (most, least) = (
        Decimal::from_ten_thousandths(i64::MAX),
        Decimal::from_ten_thousandths(i64::MIN),
    );
    assert_eq!(most.plus(decimal("0.0001")), None);
    assert_eq!(least.minus(decimal("0.0001")), None);
    assert_eq!(most.distance(least), u64::MAX);
    assert_eq!(least.to_string(), "-922337203685477.5808");
    assert_eq!(decimal("1.5").plus(decimal("-2")), Decimal::parse("-0.5"));
}

proptest! {
    #[test]
    fn s_32_no_text_panics_and_what_is_read_is_said_the_same(text in "-?[0-9.e+-]{0,24}", n in -999_999_999_999_999_999_i64..=999_999_999_999_999_999) {
        let again = Decimal::parse(&text).map(|number| Decimal::parse(&number.to_string()) == Some(number));
        prop_assert_ne!(again, Some(false));
        let number = Decimal::from_ten_thousandths(n);
        prop_assert_eq!(Decimal::parse(&number.to_string()), Some(number));
    }
}
