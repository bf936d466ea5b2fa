//! Who may book what, before anything is counted: the token, the capability, the input, policies, and a human's yes.

use super::*;
use crate::caller::{AdministratorCaller, PublicClient};

fn known_but(change: impl FnOnce(&mut Known)) -> Known {
    let mut known = Token::of([json!([]), json!([])]).known();
    change(&mut known);
    known
}

#[test]
fn unknown_tokens_and_those_of_others_look_the_same() {
    let revoked = Status::Revoked {
        at: Time::from_unix(NOW),
    };
    let cases: Vec<(&str, Option<Known>)> = vec![
        ("no token of ours", None),
        (
            "a token for another resource",
            Some(known_but(|known| {
                known.resource.as_mut().unwrap().introspectors = vec![facts::id("other")];
            })),
        ),
        ("the resource is gone", Some(known_but(|known| known.resource = None))),
        (
            "the resource is disabled",
            Some(known_but(|known| {
                known.resource.as_mut().unwrap().disabled = Some(Time::from_unix(1));
            })),
        ),
        (
            "the token was revoked",
            Some(known_but(|known| known.record.revoked = Some(Time::from_unix(NOW)))),
        ),
        (
            "the token ends now",
            Some(known_but(|known| known.record.expires = Time::from_unix(NOW))),
        ),
        ("its client is gone", Some(known_but(|known| known.client = None))),
        (
            "its client is disabled",
            Some(known_but(|known| {
                known.client.as_mut().unwrap().disabled = Some(Time::from_unix(1));
            })),
        ),
        (
            "its grant was revoked",
            Some(known_but(|known| known.path[0].status = revoked)),
        ),
        (
            "its grant's parent was revoked",
            Some(known_but(|known| known.path[1].status = revoked)),
        ),
        (
            "the path ends before the root",
            Some(known_but(|known| known.path.truncate(1))),
        ),
        (
            "policies forbid what the token says",
            Some(known_but(|known| {
                known.rules.policy = policy_but(|all| all["says"]["write_notes"]["answer"] = "forbid".into());
            })),
        ),
    ];
    for (claim, known) in cases {
        let decision = decided(&Rows::default(), known, &resource(), &reading(), &at(0));
        assert_eq!(answered(&decision), Err(Why::PresentedUnknown), "{claim}");
        assert!(decision.change().guards.is_empty(), "{claim}");
    }
    assert_eq!(Why::PresentedUnknown.code().name(), "invalid_grant");
    assert!(asked(&Token::of([json!([]), json!([])]), &reading()).is_ok());
    let gateway = Client {
        introspects: Introspects::Everything,
        ..client("gate")
    };
    let seen = decided(
        &Rows::default(),
        Some(known_but(|_| {})),
        &by(gateway),
        &reading(),
        &at(0),
    );
    assert!(answered(&seen).is_ok(), "a gateway may know all");
}

#[test]
fn only_a_client_that_proved_itself_books_and_ends() {
    let callers = [
        Who::Anyone,
        Who::PublicClient(PublicClient { client: client("api") }),
        Who::Administrator(AdministratorCaller {
            expires: None,
            home: crate::TenantId::parse("acme").unwrap(),
            id: facts::id("a"),
            reach: crate::tenant::Reach::Installation,
        }),
    ];
    for who in callers {
        let caller = Caller::plain(who);
        let booking = decided(&Rows::default(), Some(known_but(|_| {})), &caller, &reading(), &at(0));
        assert_eq!(answered(&booking), Err(Why::CredentialsMissing));
        let end = closing(&Rows::default(), &[], &caller, &json!("b"), End::Void, 0);
        assert_eq!(answered(&end), Err(Why::CredentialsMissing));
    }
}

#[test]
fn a_capability_is_reached_by_a_scope_by_a_power_or_by_the_very_detail() {
    let none = json!([]);
    let paid = json!({ "type": "purchase", "item": "book" });
    let for_book = || once("purchase", json!({ "item": "book" }));
    let not = Err(Why::CapabilityNotGranted);
    let of_purchase = power("purchase", &json!({}));
    let of_reading = power("read_notes", &json!({}));
    let cases: Vec<(&str, Token, Request, Result<(), Why>)> = vec![
        (
            "a scope stands for it",
            Token::of([none.clone()]).scope("read"),
            reading(),
            Ok(()),
        ),
        (
            "another scope does not",
            Token::of([none.clone()]).scope("write"),
            reading(),
            not.clone(),
        ),
        (
            "a power of the grant",
            Token::of([of_purchase.clone()]),
            for_book(),
            Ok(()),
        ),
        (
            "a power of the child alone does not: it may limit what a scope gives",
            Token::of([of_purchase.clone(), none.clone()]),
            for_book(),
            not.clone(),
        ),
        (
            "a power of an ancestor alone does not: the child says nothing of it",
            Token::of([none.clone(), of_purchase.clone()]),
            for_book(),
            not.clone(),
        ),
        (
            "where scopes stand for it, a power does not replace them: a token that was asked for with less reaches less",
            Token::of([of_reading]).scope("write"),
            reading(),
            not.clone(),
        ),
        (
            "the very detail",
            Token::of([none.clone()]).details(json!([paid])),
            for_book(),
            Ok(()),
        ),
        (
            "a detail that differs does not: a yes to a book is none to a car",
            Token::of([none.clone()]).details(json!([paid])),
            once("purchase", json!({ "item": "car" })),
            not.clone(),
        ),
        (
            "nor one that says less or more",
            Token::of([none.clone()]).details(json!([paid])),
            once("purchase", json!({ "item": "book", "gift": true })),
            not.clone(),
        ),
        (
            "nor nothing",
            Token::of([none.clone()]).details(json!([paid])),
            once("purchase", json!({})),
            not.clone(),
        ),
        ("nothing names it", Token::of([none.clone()]), for_book(), not),
        (
            "the catalogue does not know it",
            Token::of([none]),
            once("teleport", json!({})),
            Err(Why::CapabilityUnknown),
        ),
    ];
    for (claim, token, request, expected) in cases {
        assert_eq!(asked(&token, &request).map(|_| ()), expected, "{claim}");
    }
    assert_eq!(Why::CapabilityNotGranted.code().name(), "insufficient_scope");
    assert_eq!(Why::CapabilityUnknown.code().name(), "invalid_request");
}

#[test]
fn an_input_that_is_none_is_refused_before_anything_is_counted() {
    let token = Token::of([power("read_notes", &json!({ "max_executions": 1 }))]);
    let facts = Facts {
        ended: false,
        known: Some(std::sync::Arc::new(token.known())),
        budgets: std::collections::BTreeMap::new(),
        booked: None,
        fits: Err("properties.a is not of its form".to_owned()),
    };
    let why = answered(&decide(&reading(), &resource(), &facts, &at(0))).unwrap_err();
    assert_eq!(why, Why::InputUnfit("properties.a is not of its form".to_owned()));
    assert_eq!(why.code().name(), "invalid_request");
    assert_eq!(
        why.said(),
        "input is not what the capability takes: properties.a is not of its form"
    );
}

#[test]
fn s_34_what_policies_do_not_allow_is_refused_and_so_is_what_they_cannot_judge() {
    let with = |answer: &str| {
        let token =
            Token::of([power("purchase", &json!({}))]).policy(|all| all["says"]["purchase"]["answer"] = answer.into());
        asked(&token, &once("purchase", json!({}))).map_err(|why| why.code().name())
    };
    assert!(with("permit").is_ok());
    for answer in ["forbid", "silence", "unfit"] {
        assert_eq!(with(answer).unwrap_err(), "access_denied", "{answer}");
    }
    let unread = Token {
        policy: Policy::unread(3),
        ..Token::of([power("purchase", &json!({}))])
    };
    assert!(
        asked(&unread, &once("purchase", json!({}))).is_err(),
        "policies that cannot be read"
    );
    let told = Token::of([power("purchase", &json!({}))]).policy(|all| {
        all["says"]["purchase"] =
            json!({ "answer": "forbid", "decided": ["no-shopping"], "reason": "Ask your manager" });
    });
    let why = asked(&told, &once("purchase", json!({}))).unwrap_err();
    assert!(why.said().ends_with("Ask your manager"), "{}", why.said());
    assert!(why.told().contains("no-shopping"), "{}", why.told());
}

#[test]
fn where_a_human_must_say_so_the_token_names_exactly_this() {
    let wire = |amount: &str| {
        once(
            "wire",
            json!({ "to": "bob", "amount": { "value": amount, "currency": "EUR" } }),
        )
    };
    let detail =
        |amount: &str| json!({ "type": "wire", "to": "bob", "amount": { "value": amount, "currency": "EUR" } });
    let of_power = || Token::of([power("wire", &json!({}))]);
    let need = Err(Why::ApprovalRequired);
    assert_eq!(asked(&of_power(), &wire("50")), need, "a power is no yes");
    assert_eq!(Why::ApprovalRequired.code().name(), "approval_required");
    let said = of_power().details(json!([detail("50")]));
    assert!(asked(&said, &wire("50")).is_ok());
    for other in ["50.00", "5", "500"] {
        assert_eq!(
            asked(&said, &wire(other)),
            need,
            "{other} was not said yes to, as it is written"
        );
    }
    for raised in [
        json!({ "strength": "biometric" }),
        json!({ "approvers": "board", "quorum": 2 }),
    ] {
        let token = Token::of([power("purchase", &json!({}))]).policy(|all| {
            let purchase = all["says"]["purchase"].as_object_mut().unwrap();
            purchase.extend(raised.as_object().unwrap().clone());
        });
        assert_eq!(asked(&token, &once("purchase", json!({}))), need, "{raised}");
        let said = token.details(json!([{ "type": "purchase" }]));
        assert!(asked(&said, &once("purchase", json!({}))).is_ok(), "{raised}");
    }
}

#[test]
fn a_yes_is_for_one_use_however_many_keys_it_is_asked_by() {
    let wire = |to: &str| once("wire", json!({ "to": to }));
    let detail = |to: &str| json!({ "type": "wire", "to": to });
    let token = Token::of([json!([])]).details(json!([detail("bob"), detail("eve")]));
    let mut rows = Rows::default();
    assert!(ask(&mut rows, &token, &wire("bob"), 0).is_ok());
    assert_eq!(
        ask(&mut rows, &token, &wire("bob"), 0),
        Err(Why::ApprovalRequired),
        "bob again"
    );
    assert!(
        ask(&mut rows, &token, &wire("eve"), 0).is_ok(),
        "the other one is another yes"
    );
    assert_eq!(ask(&mut rows, &token, &wire("eve"), 400), Err(Why::ApprovalRequired));
    let many = Request {
        units: 2,
        ..wire("bob")
    };
    assert_eq!(asked(&token, &many), Err(Why::ApprovalRequired), "nor for two at once");

    let mut rows = Rows::default();
    let reserve = Request {
        kind: Kind::Reserve,
        ..wire("bob")
    };
    let booked = ask(&mut rows, &token, &reserve, 0).unwrap();
    assert_eq!(ask(&mut rows, &token, &wire("bob"), 0), Err(Why::ApprovalRequired));
    finish(&mut rows, &token.path, &booked["id"], End::Void, 1).unwrap();
    assert!(
        ask(&mut rows, &token, &wire("bob"), 2).is_ok(),
        "what was taken back can be done"
    );
}

/// What is silent needs no yes; where one was given all the same (a limit was used up, say), it is one use too, and no more than one.
#[test]
fn s_31_a_yes_to_what_would_be_silent_is_one_use_and_no_overdraft() {
    let book = || once("purchase", json!({ "item": "book" }));
    let token = Token::of([json!([])]).details(json!([{ "type": "purchase", "item": "book" }]));
    let mut rows = Rows::default();
    assert!(ask(&mut rows, &token, &book(), 0).is_ok());
    assert_eq!(
        ask(&mut rows, &token, &book(), 1),
        Err(Why::ApprovalRequired),
        "by its token"
    );
    let other = token.again("token-2");
    assert_eq!(
        ask(&mut rows, &other, &book(), 1),
        Err(Why::ApprovalRequired),
        "by another token of the same yes"
    );
}

/// A detail that an administrator granted is one use for each token, and is nobody's yes once policies want one.
#[test]
fn s_32_a_detail_is_one_use_and_what_an_administrator_granted_is_nobodys_yes() {
    let book = || once("purchase", json!({ "item": "book" }));
    let token = Token::of([json!([])])
        .details(json!([{ "type": "purchase", "item": "book" }]))
        .unasked();
    let mut rows = Rows::default();
    assert!(ask(&mut rows, &token, &book(), 0).is_ok());
    let why = ask(&mut rows, &token, &book(), 1).unwrap_err();
    assert_eq!(why.code().name(), "limit_exceeded");
    let tightened = token.policy(|all| all["says"]["purchase"]["strength"] = "biometric".into());
    assert_eq!(
        asked(&tightened, &book()),
        Err(Why::PresentedUnknown),
        "nobody was asked, and now somebody must be: the token counts no more"
    );
}

#[test]
fn s_31_what_was_taken_back_is_not_handed_out_again_by_its_key() {
    let token = Token::of([power("read_notes", &json!({ "max_executions": 9 }))]);
    let lease = Request {
        kind: Kind::Lease,
        units: 5,
        ..reading()
    };
    let mut rows = Rows::default();
    let out = ask(&mut rows, &token, &lease, 0).unwrap();
    finish(&mut rows, &token.path, &out["id"], End::Void, 1).unwrap();
    assert_eq!(ask(&mut rows, &token, &lease, 2), Err(Why::BookingEnded));
}

#[test]
fn s_31_one_yes_never_becomes_two_by_tokens_that_name_less_of_it() {
    let detail = |amount: &str| json!({ "type": "wire", "amount": { "value": amount, "currency": "EUR" } });
    let wire = |amount: &str| once("wire", json!({ "amount": { "value": amount, "currency": "EUR" } }));
    let part = |amount: &str| Token::of([json!([])]).details_of(json!([detail(amount)]), &json!([detail("100")]));
    let mut rows = Rows::default();
    assert!(ask(&mut rows, &part("60"), &wire("60"), 0).is_ok());
    assert_eq!(ask(&mut rows, &part("50"), &wire("50"), 0), Err(Why::ApprovalRequired));
    let stale = decided(
        &Rows::default(),
        Some(part("50").known()),
        &resource(),
        &wire("50"),
        &at(0),
    );
    assert!(answered(&stale).is_ok());
    assert!(
        !committed(&mut rows, &stale),
        "the rows know, also of somebody who looked before"
    );
}

#[test]
fn one_use_of_what_a_token_is_for_was_booked_when_it_was_issued_and_is_not_charged_again() {
    let book = json!({ "item": "book" });
    let detail = json!({ "type": "purchase", "item": "book" });
    let powers = power("purchase", &json!({ "max_executions": 2 }));
    let token = Token::of([powers.clone()]).details(json!([detail]));
    let mut rows = Rows::default();
    let done = ask(&mut rows, &token, &once("purchase", book.clone()), 0).unwrap();
    assert_eq!(
        (executions(&rows, &token.path[0], "purchase"), &done["remaining"]),
        (0, &json!({})),
        "its issue was"
    );
    for n in 1..=2 {
        ask(&mut rows, &token, &once("purchase", book.clone()), 0).unwrap();
        assert_eq!(
            executions(&rows, &token.path[0], "purchase"),
            n,
            "any further is one of its own"
        );
    }
    let why = ask(&mut rows, &token, &once("purchase", book.clone()), 0).unwrap_err();
    assert_eq!(why.code().name(), "limit_exceeded");
    let next = token.again("token-2");
    assert!(
        ask(&mut rows, &next, &once("purchase", book.clone()), 0).is_ok(),
        "another token was booked too"
    );
    let two = Request {
        units: 2,
        ..once("purchase", book.clone())
    };
    let mut rows = Rows::default();
    ask(&mut rows, &next, &two, 0).unwrap();
    assert_eq!(executions(&rows, &next.path[0], "purchase"), 2, "two are not the one");

    let mut rows = Rows::default();
    let raced = [(), ()].map(|()| {
        decided(
            &rows,
            Some(next.known()),
            &resource(),
            &once("purchase", book.clone()),
            &at(0),
        )
    });
    assert!(
        committed(&mut rows, &raced[0]) && !committed(&mut rows, &raced[1]),
        "once, whoever looked before"
    );
}

#[test]
fn seed_001_a_token_with_limits_of_its_own_reaches_what_they_name_each_so_often_within_its_grant() {
    let limits = |n: i64| json!([{ "action": "read_notes", "limits": { "max_executions": n } }]);
    let of_grant = power("read_notes", &json!({ "max_executions": 4 }));
    let token = Token::of([of_grant]).limited(limits(3));
    let mut rows = Rows::default();
    for left in (0..3).rev() {
        let done = ask(&mut rows, &token, &reading(), 0).unwrap();
        assert_eq!(done["remaining"]["executions"], left);
    }
    assert_eq!(
        ask(&mut rows, &token, &reading(), 0).unwrap_err().code().name(),
        "limit_exceeded"
    );
    assert_eq!(
        asked(&token, &once("write_notes", json!({}))),
        Err(Why::CapabilityNotGranted),
        "it names nothing else"
    );
    let next = token.again("token-2");
    assert!(
        ask(&mut rows, &next, &reading(), 0).is_ok(),
        "another token has its own"
    );
    assert!(ask(&mut rows, &next, &reading(), 0).is_err(), "and the grant has four");
    let both = Token::of([power("purchase", &json!({}))])
        .details(json!([{ "type": "purchase" }]))
        .limited(json!([{ "action": "purchase", "limits": { "max_executions": 1 } }]));
    let mut rows = Rows::default();
    assert!(ask(&mut rows, &both, &once("purchase", json!({})), 0).is_ok());
    let why = ask(&mut rows, &both, &once("purchase", json!({})), 0).unwrap_err();
    assert_eq!(
        why.code().name(),
        "limit_exceeded",
        "also where the use was booked at its issue"
    );
}
