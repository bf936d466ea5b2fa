//! One pass, one meaning: what two JSON readers could take differently is refused.

use proof::{
    Malformed, Time,
    json::{self, DEPTH_MAX, parse_object, parse_object_to_depth},
};
use serde_json::json;

use crate::signer::object;

#[test]
fn an_ordinary_object_is_read_whole() {
    let text =
        br#" { "s" : "a\u00e9\n\uD83D\uDE00", "i": -5, "u": 9007199254740993, "f": 1.5, "e": 1e3, "t": true, "n": null,
        "o": {"s": "other"}, "a": [1, "x", [], {}] } "#;
    assert_eq!(
        parse_object(text),
        Ok(object(json!({
            "s": "a\u{e9}\n\u{1F600}", "i": -5, "u": 9_007_199_254_740_993_i64, "f": 1.5, "e": 1000.0, "t": true, "n": null,
            "o": {"s": "other"}, "a": [1, "x", [], {}],
        })))
    );
    assert_eq!(parse_object(b"{}"), Ok(object(json!({}))));
}

#[test]
fn duplicate_members_are_refused_at_any_depth() {
    for text in [
        r#"{"aud":"a","aud":"a"}"#,
        r#"{"aud":"a","b":1,"aud":"b"}"#,
        r#"{"":1,"":2}"#,
        r#"{"o":{"x":1,"x":1}}"#,
        r#"{"a":[1,{"o":{"x":null,"x":null}}]}"#,
        // The same name, spelled with an escape.
        r#"{"aud":"a","\u0061ud":"b"}"#,
    ] {
        assert_eq!(parse_object(text.as_bytes()), Err(Malformed::Duplicate), "{text}");
    }
    assert!(parse_object(br#"{"x":1,"X":2,"o":{"x":3},"p":[{"x":4},{"x":5}]}"#).is_ok());
}

#[test]
fn nesting_beyond_the_limit_is_refused() {
    let objects = |depth: usize| format!("{}{}", r#"{"a":"#.repeat(depth - 1), "{}") + &"}".repeat(depth - 1);
    let arrays = |depth: usize| format!(r#"{{"a":{}{}}}"#, "[".repeat(depth - 1), "]".repeat(depth - 1));
    assert_eq!(DEPTH_MAX, 8);
    for text in [objects(8), arrays(8)] {
        assert!(parse_object(text.as_bytes()).is_ok(), "{text}");
    }
    for text in [objects(9), arrays(9), objects(100_000), arrays(100_000)] {
        assert_eq!(parse_object(text.as_bytes()), Err(Malformed::TooDeep), "{text:.60}");
    }
    assert!(parse_object_to_depth(b"{}", 1).is_ok());
    assert_eq!(parse_object_to_depth(b"{}", 0), Err(Malformed::TooDeep));
    assert_eq!(parse_object_to_depth(br#"{"a":[]}"#, 1), Err(Malformed::TooDeep));
    assert!(parse_object_to_depth(objects(20).as_bytes(), 20).is_ok());
}

#[test]
fn numbers_outside_the_range_are_refused() {
    for number in [
        "9223372036854775808",
        "18446744073709551615",
        "18446744073709551616",
        "-9223372036854775809",
        "100000000000000000000000000000000000000000",
        "1e19",
        "-1e19",
        "1e308",
    ] {
        assert_eq!(
            parse_object(format!(r#"{{"exp":{number}}}"#).as_bytes()),
            Err(Malformed::Number),
            "{number}"
        );
    }
    // These the JSON reader itself cannot hold.
    for number in ["1e400", "-1e400", "1e99999999999"] {
        assert_eq!(
            parse_object(format!(r#"{{"exp":{number}}}"#).as_bytes()),
            Err(Malformed::Json),
            "{number}"
        );
    }
    for number in [
        "9223372036854775807",
        "-9223372036854775808",
        "1e18",
        "-0",
        "1e-400",
        "0.1",
    ] {
        assert!(
            parse_object(format!(r#"{{"exp":{number}}}"#).as_bytes()).is_ok(),
            "{number}"
        );
    }
}

#[test]
fn only_one_object_and_nothing_else_is_read() {
    for text in ["[]", r#""a""#, "1", "-1", "1.5", "true", "null", r#"[{"a":1}]"#] {
        assert_eq!(parse_object(text.as_bytes()), Err(Malformed::NotAnObject), "{text}");
    }
    for text in [
        &b""[..],
        b" ",
        b"{",
        b"}",
        b"{}{}",
        b"{} x",
        b"{},",
        b"\xef\xbb\xbf{}",
        b"{}\0",
        br#"{"a":1,}"#,
        br#"{"a"}"#,
        br"{a:1}",
        br"{'a':1}",
        br#"{"a":01}"#,
        br#"{"a":+1}"#,
        br#"{"a":.5}"#,
        br#"{"a":NaN}"#,
        br#"{"a":Infinity}"#,
        br#"{"a":undefined}"#,
        br#"{"a":"b}"#,
        br#"{"a":"\x41"}"#,
        br#"{"a":"\uD800"}"#,
        br#"{"a":"\uDC00\uD800"}"#,
        b"{\"a\":\"line\nbreak\"}",
        b"{\"a\":\"\xff\"}",
        b"{\"a\":\"\xc0\xaf\"}",
        b"{\"a\xff\":1}",
        b"{} // comment",
        b"/**/{}",
        b"{\"a\":1} ]",
    ] {
        assert_eq!(
            parse_object(text),
            Err(Malformed::Json),
            "{:?}",
            String::from_utf8_lossy(text)
        );
    }
}

#[test]
fn a_member_of_the_wrong_type_is_never_taken_for_absent() {
    let read =
        object(json!({"s": "text", "empty": "", "null": null, "one": 1, "list": ["text"], "o": {}, "flag": false}));
    assert_eq!(json::text(&read, "s"), Ok(Some("text")));
    assert_eq!(json::text(&read, "empty"), Ok(Some("")));
    assert_eq!(json::text(&read, "absent"), Ok(None));
    for name in ["null", "one", "list", "o", "flag"] {
        assert_eq!(json::text(&read, name), Err(Malformed::WrongType(name)));
    }
}

#[test]
fn a_time_is_a_whole_number_of_seconds() {
    let read = parse_object(
        br#"{"zero":0,"now":1700000000,"last":9007199254740991,"beyond":9007199254740992,"minus":-1,"fraction":1700000000.5,
        "point":1700000000.0,"exponent":17e8,"text":"1700000000","null":null,"list":[1700000000],"o":{},"flag":true}"#,
    )
    .unwrap();
    let time = |name| json::time(&read, name);
    assert_eq!(time("absent"), Ok(None));
    assert_eq!(time("zero"), Ok(Some(Time::from_unix(0))));
    assert_eq!(time("now"), Ok(Some(Time::from_unix(1_700_000_000))));
    assert_eq!(time("last"), Ok(Some(Time::from_unix((1 << 53) - 1))));
    for name in ["beyond", "minus"] {
        assert_eq!(time(name), Err(Malformed::Value(name)));
    }
    for name in ["fraction", "point", "exponent", "text", "null", "list", "o", "flag"] {
        assert_eq!(time(name), Err(Malformed::WrongType(name)));
    }
}

#[test]
fn the_canonical_text_is_the_same_whatever_the_order_and_the_build() {
    // RFC 8785 s3.2.3, for names in ASCII: members in order at every depth, lists as they are, no white space.
    let texts = [
        r#"{"b":[{"z":1,"a":"x"},2],"a":{"d":null,"c":true}}"#,
        r#"{ "a": {"c": true, "d": null}, "b": [ {"a": "x", "z": 1}, 2 ] }"#,
    ];
    for text in texts {
        let value = proof::json::parse_value_to_depth(text.as_bytes(), 8).unwrap();
        assert_eq!(
            proof::json::canonical(&value),
            r#"{"a":{"c":true,"d":null},"b":[{"a":"x","z":1},2]}"#
        );
    }
}
