//! States and transitions.

use proof::digest;

use super::*;

/// One approval in each state, all of them claimed and asked of two members of finance.
fn every_state() -> Vec<Approval> {
    let answered = json!([{ "by": "ann", "scope": "read write", "payload_hash": row(&json!({})).payload_hash, "at": NOW, "method": "password", "auth_time": NOW }]);
    let both = json!([answered[0], with(answered[0].clone(), &json!({ "by": "bob" }))]);
    [
        ("asked", json!({})),
        ("clarifying", json!({ "by": "ann", "question": "which?", "at": NOW })),
        ("partly_approved", json!({ "yes": answered })),
        ("approved", json!({ "yes": both, "grant": "g", "at": NOW })),
        (
            "denied",
            json!({ "by": "ann", "method": "password", "auth_time": NOW, "at": NOW }),
        ),
        ("cancelled", json!({ "at": NOW })),
        ("expired", json!({ "at": NOW })),
        ("redeemed", json!({ "yes": both, "grant": "g", "at": NOW })),
    ]
    .map(|(state, answer)| row(&json!({ "state": state, "answer": answer, "epoch": 4 })))
    .into()
}

#[test]
fn every_state_admits_exactly_the_transitions_of_the_drawing() {
    type Transition = fn(Approval) -> Result<Approval, Unfit>;
    let transitions: [(&str, Transition); 8] = [
        ("claim", |approval| approval.claim(&id("eve"))),
        ("ask back", |approval| approval.ask_back(&id("cleo"), "why?", at().now)),
        ("clarify", |approval| approval.clarify("because")),
        ("approve", |approval| {
            let yes = yes("cleo", &approval);
            approval.approve(yes, |_| Gift::New(id("g")))
        }),
        ("deny", |approval| approval.deny(&id("cleo"), presence(), at().now)),
        ("cancel", |approval| approval.cancel(at().now)),
        ("expire", |approval| approval.expire(at().now)),
        ("redeem", |approval| approval.redeem(at().now)),
    ];
    // Rows: states. Columns: the transitions above, each with the state it leads to; "-" is no way.
    let table = [
        (
            "asked",
            [
                "-",
                "clarifying",
                "-",
                "partly_approved",
                "denied",
                "cancelled",
                "expired",
                "-",
            ],
        ),
        (
            "clarifying",
            ["-", "-", "asked", "-", "denied", "cancelled", "expired", "-"],
        ),
        (
            "partly_approved",
            [
                "-",
                "clarifying",
                "-",
                "approved",
                "denied",
                "cancelled",
                "expired",
                "-",
            ],
        ),
        (
            "approved",
            ["-", "-", "-", "-", "-", "cancelled", "expired", "redeemed"],
        ),
        ("denied", ["-"; 8]),
        ("cancelled", ["-"; 8]),
        ("expired", ["-"; 8]),
        ("redeemed", ["-"; 8]),
    ];
    for (approval, (state, expected)) in every_state().into_iter().zip(table) {
        assert_eq!(approval.state.name(), state);
        for ((name, transition), to) in transitions.iter().zip(expected) {
            let after = transition(approval.clone());
            let reached = after.as_ref().map_or("-", |after| after.state.name());
            assert_eq!(reached, to, "{state}, {name}");
            if let Ok(after) = after {
                assert_eq!(after.epoch, 5, "{state}, {name}: a transition is one step");
            }
        }
        assert_eq!(
            approval.state.is_end(),
            expected == ["-"; 8],
            "{state}: nothing comes after an end"
        );
    }
}

#[test]
fn s_27_nobody_answers_a_code_that_nobody_typed_and_it_is_claimed_once() {
    let unclaimed = of_device(&json!({}));
    let yes = yes("ann", &unclaimed);
    assert_eq!(
        unclaimed.clone().approve(yes, |_| Gift::New(id("g"))).unwrap_err(),
        Unfit::Unclaimed
    );
    assert_eq!(
        unclaimed.clone().deny(&id("ann"), presence(), at().now).unwrap_err(),
        Unfit::Unclaimed
    );
    assert_eq!(
        unclaimed.clone().ask_back(&id("ann"), "?", at().now).unwrap_err(),
        Unfit::Unclaimed
    );
    let claimed = unclaimed.claim(&id("ann")).unwrap();
    assert_eq!(
        (claimed.whom.clone(), &claimed.state),
        (Whom::Person(id("ann")), &State::Asked)
    );
    assert_eq!(claimed.claim(&id("eve")).unwrap_err(), Unfit::Claimed);
}

#[test]
fn a_quorum_is_of_different_people_and_gives_what_all_of_them_said_yes_to() {
    let first = yes("ann", &row(&json!({})));
    let partly = row(&json!({}))
        .approve(first.clone(), |_| panic!("one of two gives nothing"))
        .unwrap();
    assert_eq!(
        partly.clone().approve(first, |_| Gift::New(id("g"))).unwrap_err(),
        Unfit::SaidBefore
    );
    let narrower = Yes {
        scopes: crate::Scopes::one("read"),
        ..yes("bob", &partly)
    };
    let mut agreed = crate::authorization::Given::default();
    let approved = partly
        .approve(narrower, |given| {
            agreed = given.clone();
            Gift::New(id("g"))
        })
        .unwrap();
    assert_eq!(agreed.scopes.joined(), "read");
    assert_eq!(approved.state.agreed(), agreed);
    assert_eq!(approved.state.yes().len(), 2);
}

#[test]
fn s_30_a_yes_to_another_payload_is_none_and_an_answer_of_the_machine_makes_another_payload() {
    let asked = row(&json!({}));
    let partly = asked
        .clone()
        .approve(yes("ann", &asked), |_| Gift::New(id("g")))
        .unwrap();
    let clarified = partly
        .ask_back(&id("bob"), "which?", at().now)
        .unwrap()
        .clarify("the one of May")
        .unwrap();
    assert_ne!(clarified.payload_hash, asked.payload_hash);
    assert_eq!(
        clarified.state,
        State::Asked,
        "what was said yes to before was said without that answer"
    );
    assert_eq!(
        clarified
            .clone()
            .approve(yes("ann", &asked), |_| Gift::New(id("g")))
            .unwrap_err(),
        Unfit::OtherPayload
    );
    assert!(
        clarified
            .clone()
            .approve(yes("ann", &clarified), |_| Gift::New(id("g")))
            .is_ok()
    );
}

#[test]
fn s_30_the_payload_is_canonical_json_and_its_hash_is_what_openssl_says() {
    let asks = |text: &str| Asks::from_row(text).unwrap();
    let (client, door) = (id("machine"), Door::Deferred(Origin::ClientCredentials));
    let what = asks(r#"{"scope":"write read","audience":"https://mcp.example/mcp","message":"for \"May\""}"#);
    assert_eq!(
        Approval::payload(&client, &door, &what),
        r#"{"audience":"https://mcp.example/mcp","client_id":"machine","door":"deferred client_credentials","message":"for \"May\"","scope":"read write"}"#,
        "RFC 8785: members in order, no white space"
    );
    assert_eq!(
        Approval::hash(&client, &door, &what),
        "E3qP44us4bA6IzNYwtc8jF7naG73vtL7TrZAsKqiAZ0"
    );
    let exact = asks(r#"{"scope":"","audience":"-","details":"[{\"type\":\"pay\",\"payee\":\"Acme\",\"amount\":5}]"}"#);
    assert_eq!(
        Approval::payload(&client, &Door::Device, &exact),
        r#"{"audience":"-","authorization_details":[{"amount":5,"payee":"Acme","type":"pay"}],"client_id":"machine","door":"device","scope":""}"#,
        "details are members of it, in their one form"
    );
    let device = asks(r#"{"scope":"profile","audience":"-"}"#);
    assert_eq!(
        Approval::hash(&id("tv"), &Door::Device, &device),
        "fC7663epsmzypfeJgbTHcKEL3hVQ4QUTnZkRCcNXYvM"
    );
}

#[test]
fn what_is_over_by_time_is_over_whatever_the_row_says() {
    let ends = NOW + 3_540;
    for approval in every_state() {
        let (before, was_end) = (approval.state.name(), approval.state.is_end());
        assert_eq!(approval.clone().as_of(Time::from_unix(ends - 1)).state.name(), before);
        let after = approval.as_of(Time::from_unix(ends)).state;
        assert_eq!(after.name(), if was_end { before } else { "expired" });
    }
}

#[test]
fn handles_and_codes_are_ours_or_nothing() {
    let key = |byte| proof::Secret::new([byte; 32]);
    let good = Handle::write(&key(1), &id("0123456789abcdefghijklmnop"));
    assert_eq!(
        Handle::read(&key(1), &good).unwrap().id().as_str(),
        "0123456789abcdefghijklmnop"
    );
    assert!(Handle::read(&key(2), &good).is_none(), "another tenant's");
    for n in 0..good.len() {
        assert!(Handle::read(&key(1), good.get(..n).unwrap()).is_none(), "cut to {n}");
    }
    for (n, c) in good.char_indices() {
        let other = if c == 'A' { 'B' } else { 'A' };
        let altered: String = good
            .char_indices()
            .map(|(m, old)| if m == n { other } else { old })
            .collect();
        assert!(Handle::read(&key(1), &altered).is_none(), "altered at {n}");
    }
}

#[test]
fn s_27_a_code_has_more_than_forty_bits_and_is_read_as_people_type() {
    assert!(20_f64.log2() * 10.0 >= 40.0);
    let mut letters = std::collections::BTreeSet::new();
    for seed in 0..=255 {
        let shown = UserCode::draw(&people::moment(NOW, seed)).shown();
        assert_eq!((shown.len(), shown.find('-')), (11, Some(5)), "{shown}");
        letters.extend(shown.chars().filter(|c| *c != '-'));
    }
    assert_eq!(
        letters.iter().collect::<String>(),
        "BCDFGHJKLMNPQRSTVWXZ",
        "RFC 8628 s6.1"
    );
    let code = UserCode::parse("BCDFG-HJKLM").unwrap();
    for typed in [
        "bcdfghjklm",
        " BCDFG HJKLM ",
        "b-c-d-f-g-h-j-k-l-m",
        "BCDFG\u{2013}HJKLM",
    ] {
        assert_eq!(UserCode::parse(typed).as_ref(), Some(&code), "{typed:?}");
    }
    for wrong in [
        "",
        "BCDFG-HJKL",
        "BCDFG-HJKLMN",
        "ACDFG-HJKLM",
        "BCDF0-HJKLM",
        "\u{212a}CDFG-HJKLM",
        &"B".repeat(10_000),
    ] {
        assert!(UserCode::parse(wrong).is_none());
    }
    let key = |byte| proof::Secret::new([byte; 32]);
    assert_ne!(code.digest(&key(1)), code.digest(&key(2)));
    assert_ne!(
        code.digest(&key(1)),
        digest::sha256_b64(b"BCDFGHJKLM"),
        "a plain digest of 43 bits can be turned back"
    );
    assert_eq!(format!("{code:?}"), "UserCode(..)");
}
