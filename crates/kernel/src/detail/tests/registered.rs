use super::*;

fn payment() -> Value {
    json!({
        "type": "payment",
        "words": { "en": "pay {amount.value} to {payee}" },
        "narrowing": { "amount.value": "at_most" },
        "schema": {
            "properties": {
                "type": { "const": "payment" },
                "amount": { "properties": { "value": { "type": "string" } } },
                "payee": true,
            },
            "additionalProperties": false,
        },
    })
}

fn changed(place: &str, value: Value) -> Result<(), String> {
    let mut body = payment();
    *body.pointer_mut(place).unwrap() = value;
    vectors::details::kind(&body).check()
}

#[test]
fn a_schema_is_closed_and_knows_its_type_and_every_member_that_is_spoken_of() {
    assert_eq!(vectors::details::kind(&payment()).check(), Ok(()));
    let refused = [
        ("/schema", json!({}), "properties"),
        ("/schema/additionalProperties", json!(true), "additionalProperties"),
        ("/schema/properties/type", json!({ "const": "other" }), "const"),
        ("/schema/properties/type", json!({ "type": "string" }), "const"),
        ("/words", json!({ "de": "zahlen" }), "en"),
        ("/words/en", json!("pay {amount.value} to {who}"), "who"),
        ("/words/en", json!("pay {amount.currency}"), "amount.currency"),
        ("/narrowing", json!({ "amount.valeu": "at_most" }), "amount.valeu"),
        (
            "/schema/properties/payee",
            json!({ "const": "x".repeat(16_400) }),
            "16384",
        ),
        ("/type", json!("x".repeat(129)), "128"),
    ];
    for (place, value, told) in refused {
        let error = changed(place, value).unwrap_err();
        assert!(error.contains(told), "{place}: {error}");
    }
    let elsewhere = json!({ "allOf": [{ "properties": { "value": true } }] });
    assert_eq!(
        changed("/schema/properties/amount", elsewhere),
        Ok(()),
        "said by means that are not followed"
    );
    assert_eq!(
        changed("/schema/properties/amount", json!(true)),
        Ok(()),
        "anything may stand there"
    );
    let unevaluated = json!({ "properties": { "type": { "const": "payment" }, "amount": true, "payee": true }, "unevaluatedProperties": false });
    assert_eq!(changed("/schema", unevaluated), Ok(()));
}

#[test]
fn words_and_rules_are_read_with_a_reason_for_whoever_wrote_them() {
    let object = |value: Value| value.as_object().unwrap().clone();
    for (words, told) in [
        (json!({ "en": 1 }), "words: a text"),
        (json!({ "EN": "do" }), "words: languages"),
        (json!({ "en": "do {" }), "words: en: a brace"),
    ] {
        assert!(
            DetailType::words_from_row(&object(words))
                .unwrap_err()
                .starts_with(told),
            "{told}"
        );
    }
    for (rules, told) in [
        (json!({ "a": "least" }), "narrowing: each rule"),
        (json!({ "a": 1 }), "narrowing: each rule"),
        (json!({ "a..b": "equal" }), "narrowing: members"),
    ] {
        assert!(
            DetailType::narrowing_from_row(&object(rules))
                .unwrap_err()
                .starts_with(told),
            "{told}"
        );
    }
}

#[test]
fn s_30_the_basis_changes_with_all_that_a_person_or_a_schema_relied_on() {
    let basis = |place: &str, value: Value| {
        let mut body = payment();
        *body.pointer_mut(place).unwrap() = value;
        vectors::details::kind(&body).basis()
    };
    let bases = [
        vectors::details::kind(&payment()).basis(),
        basis("/words/en", json!("pay {payee}")),
        basis("/narrowing/amount.value", json!("equal")),
        basis("/schema/properties/payee", json!(false)),
        basis("/type", json!("other")),
    ];
    assert_eq!(bases.iter().collect::<BTreeSet<_>>().len(), bases.len());
    let mut later = vectors::details::kind(&payment());
    later.created = proof::Time::from_unix(99);
    assert_eq!(later.basis(), bases[0], "when it was registered is nobody's concern");
}
