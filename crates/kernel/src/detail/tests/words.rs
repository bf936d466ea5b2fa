use super::*;

fn only(value: Value) -> Detail {
    details(json!([value])).iter().next().unwrap().clone()
}

fn words(text: &str) -> Piece {
    Piece::Words(text.to_owned())
}

fn value(text: &str) -> Piece {
    Piece::Value(text.to_owned())
}

fn remark(path: &str, values: &[&str]) -> Remark {
    Remark {
        path: path.to_owned(),
        values: values.iter().map(|text| (*text).to_owned()).collect(),
    }
}

#[test]
fn s_30_a_sentence_and_what_it_leaves_out_say_all_of_a_detail() {
    let template = Template::parse("pay {amount.value} {amount.currency} to {payee}").unwrap();
    let full = only(json!({
        "type": "payment", "amount": { "value": "12.50", "currency": "EUR", "tip": 2 }, "payee": "Acme",
        "hidden": { "deep": { "er": true } }, "list": ["a, b", "c"], "nothing": null, "empty": {}, "none": [], "blank": " ", "objects": [{ "a": 1 }],
    }));
    assert_eq!(
        template.sentence(&full),
        [
            words("pay "),
            value("12.50"),
            words(" "),
            value("EUR"),
            words(" to "),
            value("Acme")
        ]
    );
    assert_eq!(
        template.remarks(&full),
        [
            remark("amount.tip", &["2"]),
            remark("blank", &["\" \""]),
            remark("empty", &["{}"]),
            remark("hidden.deep.er", &["true"]),
            remark("list", &["a, b", "c"]),
            remark("none", &["[]"]),
            remark("nothing", &["null"]),
            remark("objects", &["{\"a\":1}"]),
        ],
        "every member but the type, to the last leaf"
    );
}

#[test]
fn a_place_without_its_member_says_so_and_a_list_says_each() {
    let template = Template::parse("{actions} the {what.name}{gone}").unwrap();
    let detail = only(json!({ "type": "t", "actions": ["read", "write"], "what": "x" }));
    assert_eq!(
        template.sentence(&detail),
        [
            value("read"),
            words(", "),
            value("write"),
            words(" the "),
            Piece::Missing("what.name".to_owned()),
            Piece::Missing("gone".to_owned()),
        ]
    );
    assert_eq!(
        template.remarks(&detail),
        [remark("what", &["x"])],
        "what has another form is said beneath"
    );
}

#[test]
fn a_place_for_a_part_leaves_the_rest_to_be_said() {
    let template = Template::parse("use {a}").unwrap();
    let detail = only(json!({ "type": "t", "a": { "b": 1, "c": 2 } }));
    assert_eq!(template.sentence(&detail), [words("use "), value("{\"b\":1,\"c\":2}")]);
    assert_eq!(template.remarks(&detail), []);
    let part = Template::parse("use {a.b}").unwrap();
    assert_eq!(part.remarks(&detail), [remark("a.c", &["2"])]);
}

#[test]
fn templates_are_whole_or_refused() {
    for good in ["do it", "{a}", "a {b.c} d", "{a}{b}"] {
        assert!(Template::parse(good).is_ok(), "{good}");
    }
    let places = "{a}".repeat(17);
    let long = "x".repeat(301);
    for bad in [
        "", " ", "a {b", "a b}", "{}", "{a.}", "{.a}", "{a b}", "{a{b}}", "a\nb", &places, &long,
    ] {
        assert!(Template::parse(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn words_are_those_of_the_page_or_english() {
    let kind = vectors::details::kind(&json!({ "type": "t", "words": { "en": "do it", "de": "es tun" } }));
    let detail = only(json!({ "type": "t", "a": 1 }));
    assert_eq!(kind.sentence(&detail, "de"), [words("es tun")]);
    assert_eq!(kind.sentence(&detail, "fr"), [words("do it")]);
    assert_eq!(kind.remarks(&detail, "fr"), [remark("a", &["1"])]);
}
