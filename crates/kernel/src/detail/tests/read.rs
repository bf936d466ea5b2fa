use super::*;

/// The example of RFC 9396 s2, Figure 1.
const FIGURE_1: &str = r#"[
   {
      "type": "payment_initiation",
      "locations": [
         "https://example.com/payments"
      ],
      "actions": [
         "initiate",
         "status",
         "cancel"
      ],
      "instructedAmount": {
         "currency": "EUR",
         "amount": "123.50"
      },
      "creditorName": "Merchant A",
      "creditorAccount": {
         "iban": "DE02100100109307118603"
      },
      "remittanceInformationUnstructured": "Ref Number Merchant"
   }
]"#;

#[test]
fn the_example_of_rfc_9396_section_2_is_read_into_its_canonical_form() {
    let read = Details::parse(FIGURE_1).unwrap();
    // Its one form, and the digest of it, by Python's json.dumps(sort_keys=True, separators=(',', ':')) and hashlib.
    let canonical = r#"{"actions":["initiate","status","cancel"],"creditorAccount":{"iban":"DE02100100109307118603"},"creditorName":"Merchant A","instructedAmount":{"amount":"123.50","currency":"EUR"},"locations":["https://example.com/payments"],"remittanceInformationUnstructured":"Ref Number Merchant","type":"payment_initiation"}"#;
    let detail = read.iter().next().unwrap();
    assert_eq!(detail.text(), canonical);
    assert_eq!(detail.digest(), "bOQ01wnQQMSuaNiwfxhp8XPmz8khORossL7moDK1aUA");
    assert_eq!(read.row(), format!("[{canonical}]"));
    assert_eq!(Details::from_row(&read.row()), Some(read));
    assert_eq!(Details::from_row(""), Some(Details::default()));
    assert_eq!(Details::default().row(), "");
}

#[test]
fn s_30_two_spellings_of_the_same_are_the_same_and_two_meanings_are_not() {
    let read = |text: &str| Details::parse(text).unwrap();
    assert_eq!(
        read(r#"[{"type":"t","b":1,"a":"x"}]"#),
        read("[ { \"a\" : \"\\u0078\", \"type\":\"\\u0074\",\n\"b\":1 } ]")
    );
    assert_ne!(
        read(r#"[{"type":"t","a":"é"}]"#),
        read("[{\"type\":\"t\",\"a\":\"e\u{301}\"}]"),
        "no text is changed into another"
    );
    assert_ne!(read(r#"[{"type":"t","a":"1"}]"#), read(r#"[{"type":"t","a":1}]"#));
}

#[test]
fn s_15_what_is_not_a_short_flat_list_of_typed_objects_is_refused() {
    let deep = |levels: usize| {
        format!(
            "[{{\"type\":\"t\",\"a\":{}{}}}]",
            "[".repeat(levels - 1),
            "]".repeat(levels - 1)
        )
    };
    let many = |n: usize| {
        let items: Vec<String> = (0..n).map(|n| format!("{{\"type\":\"t\",\"n\":{n}}}")).collect();
        format!("[{}]", items.join(","))
    };
    let long = |bytes: usize| {
        let frame = r#"[{"a":"","type":"t"}]"#.len();
        format!(r#"[{{"a":"{}","type":"t"}}]"#, "x".repeat(bytes - frame))
    };
    for good in [
        deep(6),
        many(16),
        long(8_192),
        r#"[{"type":"https://bank.example/payment"}]"#.to_owned(),
    ] {
        assert!(Details::parse(&good).is_ok(), "{good:.80}");
    }
    for bad in [
        deep(7),
        deep(100_000),
        many(17),
        many(200),
        many(10_000),
        long(8_193),
        "[]".to_owned(),
        "{}".to_owned(),
        String::new(),
        "null".to_owned(),
        r#"{"type":"t"}"#.to_owned(),
        "[1]".to_owned(),
        "[[]]".to_owned(),
        r#"[{"type":"t"}]x"#.to_owned(),
        r#"[{"type":"t"}],"x":[1]"#.to_owned(),
        r#"[{"a":1}]"#.to_owned(),
        r#"[{"type":""}]"#.to_owned(),
        r#"[{"type":1}]"#.to_owned(),
        r#"[{"type":["t"]}]"#.to_owned(),
        r#"[{"type":"two words"}]"#.to_owned(),
        "[{\"type\":\"p\u{430}yment\"}]".to_owned(), // a Cyrillic letter
        r#"[{"type":"t","type":"t"}]"#.to_owned(),
        r#"[{"type":"t","a":{"b":1,"b":2}}]"#.to_owned(),
        r#"[{"type":"t","a":1},{"a":1,"type":"t"}]"#.to_owned(),
        r#"[{"type":"t","":1}]"#.to_owned(),
        r#"[{"type":"t","a.b":1}]"#.to_owned(),
        "[{\"type\":\"t\",\"\u{430}mount\":1}]".to_owned(),
        r#"[{"type":"t","a":"x\u0000"}]"#.to_owned(),
        r#"[{"type":"t","a":"x\ny"}]"#.to_owned(),
        r#"[{"type":"t","locations":[]}]"#.to_owned(),
        r#"[{"type":"t","locations":"https://a.example"}]"#.to_owned(),
        r#"[{"type":"t","locations":[1]}]"#.to_owned(),
    ] {
        assert!(
            matches!(Details::parse(&bad), Err(Why::DetailsMalformed(_))),
            "{bad:.80}"
        );
    }
}

#[test]
fn s_32_numbers_are_integers_that_every_reader_reads_the_same() {
    for good in ["0", "-1", "9007199254740991", "-9007199254740991"] {
        assert!(
            Details::parse(&format!(r#"[{{"type":"t","n":{good}}}]"#)).is_ok(),
            "{good}"
        );
    }
    for bad in [
        "1.0",
        "0.1",
        "1e2",
        "-0.0",
        "9007199254740992",
        "1e400",
        "18446744073709551616",
        "NaN",
    ] {
        assert!(
            Details::parse(&format!(r#"[{{"type":"t","n":{bad}}}]"#)).is_err(),
            "{bad}"
        );
    }
    // A request object's number was read by another reader first (RFC 9101): what is no integer there is none here.
    assert!(Details::of(json!([{ "type": "t", "n": 1.0 }])).is_err());
}

#[test]
fn s_46_a_refusal_says_the_rule_and_nothing_of_what_came_in() {
    for bad in [
        "[4111111111111111]",
        r#"[{"type":"t","n":4111.1}]"#,
        r#"[{"type":"4111 1"}]"#,
    ] {
        let why = Details::parse(bad).unwrap_err();
        assert!(!why.said().contains("4111") && !why.told().contains("4111"), "{why:?}");
        assert!(why.said().is_ascii());
        assert_eq!(why.code(), crate::Code::InvalidAuthorizationDetails);
    }
}

#[test]
fn leaving_out_is_by_digest() {
    let two = details(json!([{ "type": "t", "n": 1 }, { "type": "t", "n": 2 }]));
    let first = two.digests().remove(0);
    assert_eq!(
        two.without(&BTreeSet::from([first])),
        details(json!([{ "type": "t", "n": 2 }]))
    );
    assert_eq!(two.without(&BTreeSet::from(["something else".to_owned()])), two);
}
