//! What a resource may send, and what it is told of keys.

use super::*;

fn parse(kind: Kind, body: &str, header: Option<&str>) -> Result<Request, Why> {
    Request::parse(kind, &Form::parse(body.as_bytes(), &[])?, header)
}

#[test]
fn a_request_is_read_once_and_what_cannot_be_meant_is_refused() {
    let good = parse(
        Kind::Lease,
        "token=t&capability=read_notes&input=%7B%22a%22%3A1%7D&units=7&idempotency_key=k&expires_in=90",
        None,
    );
    let expected = Request {
        kind: Kind::Lease,
        token: "t".to_owned(),
        key: "k".to_owned(),
        units: 7,
        lifetime_seconds: 90,
        ..once("read_notes", json!({ "a": 1 }))
    };
    assert_eq!(good, Ok(expected));
    let usual = parse(Kind::Reserve, "token=t&capability=a&idempotency_key=k", None).unwrap();
    assert_eq!((usual.units, usual.lifetime_seconds, usual.input.len()), (1, 60, 0));
    let long = "k".repeat(129);
    for (change, expected) in [
        ("capability=a&idempotency_key=k", Why::ParameterMissing("token")),
        ("token=t&idempotency_key=k", Why::ParameterMissing("capability")),
        ("token=t&capability=a", Why::ParameterMissing("idempotency_key")),
        (
            "token=t&capability=a&idempotency_key=",
            Why::ParameterMissing("idempotency_key"),
        ),
        (
            "token=t&capability=1a&idempotency_key=k",
            Why::ParameterMalformed("capability"),
        ),
        (
            "token=t&capability=a%20b&idempotency_key=k",
            Why::ParameterMalformed("capability"),
        ),
        (
            "token=t&capability=a&idempotency_key=a%20b",
            Why::ParameterMalformed("idempotency_key"),
        ),
        (
            "token=t&capability=a&idempotency_key=%C3%A4",
            Why::ParameterMalformed("idempotency_key"),
        ),
        (
            &format!("token=t&capability=a&idempotency_key={long}"),
            Why::ParameterMalformed("idempotency_key"),
        ),
        (
            "token=t&capability=a&idempotency_key=k&input=1",
            Why::ParameterMalformed("input"),
        ),
        (
            "token=t&capability=a&idempotency_key=k&input=%5B%5D",
            Why::ParameterMalformed("input"),
        ),
        (
            "token=t&capability=a&idempotency_key=k&input=%7B%22a%22%3A1%2C%22a%22%3A2%7D",
            Why::ParameterMalformed("input"),
        ),
        (
            "token=t&capability=a&idempotency_key=k&units=0",
            Why::ParameterMalformed("units"),
        ),
        (
            "token=t&capability=a&idempotency_key=k&units=-1",
            Why::ParameterMalformed("units"),
        ),
        (
            "token=t&capability=a&idempotency_key=k&units=1.5",
            Why::ParameterMalformed("units"),
        ),
        (
            "token=t&capability=a&idempotency_key=k&units=1000001",
            Why::ParameterMalformed("units"),
        ),
        (
            "token=t&capability=a&idempotency_key=k&units=99999999999999999999",
            Why::ParameterMalformed("units"),
        ),
        (
            "token=t&capability=a&idempotency_key=k&expires_in=0",
            Why::ParameterMalformed("expires_in"),
        ),
        (
            "token=t&capability=a&idempotency_key=k&expires_in=3601",
            Why::ParameterMalformed("expires_in"),
        ),
        (
            "token=t&token=u&capability=a&idempotency_key=k",
            Why::UnknownParameterRepeated,
        ),
    ] {
        assert_eq!(
            parse(Kind::Reserve, change, None).err(),
            Some(expected.clone()),
            "{change}"
        );
        assert_eq!(expected.code().name(), "invalid_request");
    }
}

#[test]
fn what_is_asked_has_bounds_that_are_just_reached() {
    let whole = format!("token=t&capability=a&idempotency_key=k&units={UNITS_MAX}&expires_in={LIFETIME_SECONDS_MAX}");
    let most = parse(Kind::Lease, &whole, None).unwrap();
    assert_eq!((most.units, most.lifetime_seconds), (1_000_000, 3_600));
    let long = format!(
        "token=t&capability=a&idempotency_key=k&input=%7B%22a%22%3A%22{}%22%7D",
        "x".repeat(17_000)
    );
    assert_eq!(parse(Kind::Consume, &long, None), Err(Why::ParameterMalformed("input")));
}

#[test]
fn the_key_stands_in_the_form_or_in_the_header_and_two_that_differ_are_none() {
    let read = |body: &str, header| parse(Kind::Consume, body, header).map(|request| request.key);
    let form = "token=t&capability=a&idempotency_key=k";
    assert_eq!(read(form, None).as_deref(), Ok("k"));
    assert_eq!(read("token=t&capability=a", Some("k")).as_deref(), Ok("k"));
    assert_eq!(read(form, Some("k")).as_deref(), Ok("k"));
    assert_eq!(
        read(form, Some("other")),
        Err(Why::ParameterMalformed("idempotency_key"))
    );
}

#[test]
fn the_end_of_a_booking_is_read_once_too() {
    let form = |body: &str| Form::parse(body.as_bytes(), &[]).unwrap();
    let id = BookingId::parse("b").unwrap();
    let settled = |units| {
        Ok(Finish {
            id: id.clone(),
            end: End::Settle(units),
        })
    };
    assert_eq!(Finish::settle(&form("id=b")), settled(None));
    assert_eq!(Finish::settle(&form("id=b&units=0")), settled(Some(0)));
    assert_eq!(Finish::settle(&form("id=b&units=12")), settled(Some(12)));
    assert_eq!(Finish::void(&form("id=b&units=7")).unwrap().end, End::Void);
    for wrong in [
        "id=b&units=-1",
        "id=b&units=1.0",
        "id=b&units=9999999999",
        "id=b&units=x",
    ] {
        assert_eq!(
            Finish::settle(&form(wrong)),
            Err(Why::ParameterMalformed("units")),
            "{wrong}"
        );
    }
    assert_eq!(Finish::settle(&form("units=1")), Err(Why::ParameterMissing("id")));
    assert_eq!(Finish::void(&form("id=%20")), Err(Why::Absent("booking")));
}

#[test]
fn s_32_the_same_key_is_the_same_booking_and_another_question_under_it_is_a_mistake() {
    let mut rows = Rows::default();
    let token = Token::of([power("read_notes", &json!({ "max_executions": 3 }))]);
    let request = Request {
        kind: Kind::Lease,
        units: 2,
        ..reading()
    };
    let first = ask(&mut rows, &token, &request, 0).unwrap();
    let again = ask(&mut rows, &token, &request, 5).unwrap();
    for member in ["id", "kind", "capability", "units", "expires_at"] {
        assert_eq!(first[member], again[member], "{member}");
    }
    assert_eq!(
        (&first["remaining"]["executions"], &again["repeated"]),
        (&json!(1), &json!(true))
    );
    assert_eq!(executions(&rows, &token.path[0], "read_notes"), 2, "charged once");
    let other = |change: fn(&mut Request)| {
        let mut other = request.clone();
        change(&mut other);
        other
    };
    for (claim, question) in [
        ("units", other(|one| one.units = 1)),
        ("kind", other(|one| one.kind = Kind::Reserve)),
        (
            "capability",
            other(|one| one.capability = once("purchase", json!({})).capability),
        ),
        ("input", other(|one| one.input = object(json!({ "a": 1 })))),
        ("token", other(|one| one.token = "another token".to_owned())),
        ("expires_in", other(|one| one.lifetime_seconds = 61)),
    ] {
        assert_eq!(ask(&mut rows, &token, &question, 5), Err(Why::KeyReused), "{claim}");
    }
    assert_eq!(Why::KeyReused.code().name(), "conflict");
    let member_order = once("purchase", json!({ "a": 1, "b": 2 }));
    let reordered = Request {
        input: proof::json::parse_object(b"{\"b\":2,\"a\":1}").unwrap(),
        ..member_order.clone()
    };
    assert_eq!(
        member_order.digest(),
        reordered.digest(),
        "JSON has no order of members"
    );
}

#[test]
fn a_repeated_booking_is_answered_as_then_also_when_the_token_has_ended_meanwhile_and_changes_nothing() {
    let mut rows = Rows::default();
    let token = Token::of([json!([])]);
    let request = reading();
    let first = ask(&mut rows, &token, &request, 0).unwrap();
    let decision = decided(&rows, None, &resource(), &request, &at(500));
    assert_eq!(answered(&decision).unwrap()["id"], first["id"]);
    assert!(decision.change().guards.is_empty() && decision.change().sure.is_empty());
    let [event] = decision.change().events.as_slice() else {
        panic!("one event")
    };
    assert_eq!(
        (event.kind, event.about.as_deref()),
        (EventKind::LedgerBooked, first["id"].as_str())
    );
    let other = decided(&rows, None, &by(client("gateway")), &request, &at(500));
    assert_eq!(answered(&other), Err(Why::PresentedUnknown), "a key is of one resource");
}

#[test]
fn a_booking_says_everything_in_its_event_and_relies_on_what_it_saw() {
    let mut rows = Rows::default();
    let token = Token::of([json!([]), json!([])]);
    let request = once(
        "read_notes",
        json!({ "amount": { "value": "29.99", "currency": "EUR" } }),
    );
    let decision = decided(&rows, Some(token.known()), &resource(), &request, &at(0));
    let Change {
        guards, sure, events, ..
    } = decision.change().clone();
    let live = |grant: &Grant| {
        AnyGuard::Grant(grant::Guard::Live {
            id: grant.id.clone(),
            epoch: 1,
        })
    };
    assert!(sure.is_empty() && committed(&mut rows, &decision));
    let entry = rows.entries.values().next().unwrap().clone();
    let expected = [
        live(&token.path[0]),
        live(&token.path[1]),
        AnyGuard::Policy(policy::Guard::Unchanged { version: 3 }),
        AnyGuard::Ledger(Guard::Append(Box::new(entry.clone()))),
    ];
    assert_eq!(guards, expected);
    assert_eq!(
        (entry.by.as_str(), entry.client.as_str(), entry.budgets.len()),
        ("api", "agent", 0)
    );
    let [event] = events.as_slice() else {
        panic!("one event")
    };
    for (member, expected) in [
        ("kind", json!("consume")),
        ("capability", json!("read_notes")),
        ("units", json!(1)),
        ("grant", json!("grant-0")),
        ("client", json!("agent")),
        ("token", json!("token-1")),
        ("amount", json!({ "value": "29.99", "currency": "EUR" })),
    ] {
        assert_eq!(event.body[member], expected, "{member}");
    }
    assert_eq!(event.body["policy"]["version"], 3);
}

#[test]
fn a_refusal_is_told_to_the_log_and_changes_nothing() {
    let token = Token::of([json!([])]).scope("read");
    let decision = decided(
        &Rows::default(),
        Some(token.known()),
        &resource(),
        &once("write_notes", json!({})),
        &at(0),
    );
    assert_eq!(answered(&decision), Err(Why::CapabilityNotGranted));
    assert!(decision.change().guards.is_empty() && decision.change().sure.is_empty());
    let [event] = decision.change().events.as_slice() else {
        panic!("one event")
    };
    assert_eq!(
        (event.kind, event.about.as_deref()),
        (EventKind::RequestRefused, Some("token-1"))
    );
    assert_eq!(event.body["capability"], "write_notes");
}

#[test]
fn ids_of_rows_and_bookings_read_back_and_nothing_else_does() {
    let id = BudgetId {
        grant: facts::id("g1"),
        capability: once("read:notes/x", json!({})).capability,
        place: 3,
    };
    assert_eq!(id.row(), "g1 read:notes/x 3");
    assert_eq!(BudgetId::from_row(&id.row()), Some(id));
    for wrong in [
        "",
        "g1",
        "g1 a",
        "g1 a b",
        "g1 a -1",
        "g1 a 1 2",
        "g1  1",
        "g1 a 1 ",
        "g1 a 4294967296",
    ] {
        assert_eq!(BudgetId::from_row(wrong), None, "{wrong}");
    }
    for currency in [None, Currency::parse("EUR")] {
        let debit = Debit {
            budget: BudgetId::from_row("g1 read:notes/x 3").unwrap(),
            currency,
        };
        assert_eq!(Debit::from_row(&debit.row()), Some(debit));
    }
    for wrong in ["", "g1 a", "g1 a 1 EURO", "g1 a 1 eur", "g1 a 1 EUR USD"] {
        assert_eq!(Debit::from_row(wrong), None, "{wrong}");
    }
    for kind in Kind::ALL {
        assert_eq!(Kind::from_name(kind.name()), Some(kind));
    }
    assert_eq!(Kind::from_name("leases"), None);
    let by = ClientId::parse("api").unwrap();
    let booking = reading().booking(&by);
    assert_ne!(booking, reading().booking(&by), "keys differ");
    assert!(!booking.as_str().contains('.'), "no key makes the id of an end");
}
