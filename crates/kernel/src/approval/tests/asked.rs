//! S-29: how much may be asked of people, and how often.

use super::*;
use crate::{decision::Guard as AnyGuard, why::Why};

/// A question of this client to these people, for this scope, with what was asked of them before.
fn put(client_id: &str, scope: &str, others: &[Approval]) -> Result<super::super::ask::Put, Why> {
    put_at(client_id, scope, others, &at())
}

fn put_at(client_id: &str, scope: &str, others: &[Approval], at: &Moment) -> Result<super::super::ask::Put, Why> {
    let client = client(client_id, &json!({}));
    let asking = Asking {
        door: Door::Deferred(Origin::ClientCredentials),
        client: &client,
        asks: Asks {
            once: false,
            strength: crate::capability::Strength::None,
            scopes: crate::Scopes::one(scope),
            details: Details::default(),
            audience: crate::Audience::Issuer,
            message: None,
            clarified: Vec::new(),
            question: None,
        },
        whom: Whom::Members(Panel::one(id("finance"), 2)),
        user_code_digest: None,
        started_from: None,
        lifetime_seconds: 3_600,
        submitted_as: None,
    };
    ask(asking, others, &people::by(client.clone()), at)
}

/// Somebody's question, that waits in these places.
fn waiting(n: usize, client: &str, of_client: i64, of_whom: i64) -> Approval {
    row(
        &json!({ "id": format!("w-{n}"), "client_id": client, "places": [of_client, of_whom], "asks": { "scope": format!("s{n}"), "audience": HERE } }),
    )
}

fn ended(n: usize, state: &str, ago: i64) -> Approval {
    let then = NOW.saturating_sub(ago);
    let answer = json!({ "by": "ann", "method": "password", "auth_time": NOW, "at": then });
    let answer = if state == "denied" {
        answer
    } else {
        json!({ "at": then })
    };
    row(&json!({ "id": format!("e-{n}"), "state": state, "answer": answer }))
}

#[test]
fn s_29_a_question_is_new_takes_free_places_and_is_written_down() {
    let put = put(
        "machine",
        "read",
        &[waiting(0, "machine", 0, 0), waiting(1, "other", 0, 2)],
    )
    .unwrap();
    assert_eq!(
        put.approval.places,
        Some(Places {
            of_client: 1,
            of_whom: 1
        })
    );
    assert_eq!(
        put.guards,
        [AnyGuard::Approval(Guard::Create(Box::new(put.approval.clone())))]
    );
    assert_eq!(put.events[0].kind.name(), "approval.asked");
    assert_eq!(put.events[0].body["payload_hash"], put.approval.payload_hash);
}

#[test]
fn s_29_the_same_question_is_asked_once() {
    let first = put("machine", "read", &[]).unwrap().approval;
    let again = put("machine", "read", std::slice::from_ref(&first)).unwrap();
    assert_eq!(again.approval, first, "the same question, and with it the same handle");
    assert!(again.guards.is_empty() && again.events.is_empty());
    let other_key = Approval {
        key: Some(crate::Confirmation::Jkt("k".to_owned())),
        ..first.clone()
    };
    assert!(
        !put("machine", "read", &[other_key]).unwrap().guards.is_empty(),
        "S-17: another key, another question"
    );
    assert!(!put("machine", "write", &[first]).unwrap().guards.is_empty());
}

#[test]
fn s_29_three_wait_for_a_client_and_ten_for_the_same_people() {
    let three: Vec<Approval> = (0..3)
        .map(|n| waiting(n, "machine", i64::try_from(n).unwrap(), i64::try_from(n).unwrap()))
        .collect();
    assert!(put("machine", "read", three.get(..2).unwrap()).is_ok());
    assert_eq!(
        put("machine", "read", &three).unwrap_err(),
        Why::TooMany("questions of this client that wait")
    );
    assert!(put("another", "read", &three).is_ok(), "another client has its own");
    let ten: Vec<Approval> = (0..10)
        .map(|n| waiting(n, &format!("c{n}"), 0, i64::try_from(n).unwrap()))
        .collect();
    assert!(put("machine", "read", ten.get(..9).unwrap()).is_ok());
    assert_eq!(
        put("machine", "read", &ten).unwrap_err(),
        Why::TooMany("questions that wait for these people")
    );
    assert_eq!(Why::TooMany("").code().name(), "too_many_requests");
}

#[test]
fn s_29_what_is_over_leaves_its_places_and_what_was_taken_back_counts_a_minute_longer() {
    let over = row(&json!({ "expires_at": NOW }));
    let put_after = put("machine", "read", std::slice::from_ref(&over)).unwrap();
    let expire = Guard::Expire {
        id: over.id.clone(),
        at: over.expires,
        yes: vec![],
    };
    let create = Guard::Create(Box::new(put_after.approval.clone()));
    assert_eq!(
        put_after.guards,
        [AnyGuard::Approval(expire), AnyGuard::Approval(create)],
        "in this order"
    );
    assert_eq!(put_after.approval.places.unwrap().of_client, 0);
    let back = |ago: i64| -> Vec<Approval> { (0..3).map(|n| ended(n, "cancelled", ago)).collect() };
    assert!(put("machine", "read", &back(59)).is_err());
    assert!(put("machine", "read", &back(60)).is_ok());
}

#[test]
fn s_29_after_a_no_the_client_is_not_heard_for_a_while_and_longer_after_each() {
    for (denials, pause) in [(1, 60), (2, 120), (3, 240), (4, 480), (11, 61_440), (40, 61_440)] {
        let others = |ago: i64| -> Vec<Approval> {
            (0..denials)
                .map(|n| ended(n, "denied", ago + i64::try_from(n).unwrap()))
                .collect()
        };
        let why = Why::TooMany("questions after a no");
        assert_eq!(
            put("machine", "read", &others(pause - 1)).unwrap_err(),
            why,
            "{denials}"
        );
        assert!(put("machine", "read", &others(pause)).is_ok(), "{denials}");
        assert!(put("another", "read", &others(0)).is_ok(), "another client is heard");
    }
}
