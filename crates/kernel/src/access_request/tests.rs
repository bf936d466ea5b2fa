use proof::{Secret, Time, base64url, digest};
use serde_json::{Value, json};

use super::{APPROVED_SECONDS, DENIAL_SECONDS, Desk, Facts, Problem, Submission, submit};
use crate::{
    Caller, Moment, Why,
    approval::State,
    authzen::{Evaluation, Known, Request, answer},
    caller::{PureMachine, Who},
    client::Approvers,
    decision::{Answer, Reply},
    policy::Policy,
    vectors::{self, Presented, facts, policies},
};

const NOW: i64 = 1_795_000_000;
const ENDPOINT: &str = "https://as.example/access/v1/requests";

fn desk() -> Desk {
    Desk {
        endpoint: ENDPOINT.to_owned(),
        key: Secret::new([7; 32]),
    }
}

fn gateway(id: &str) -> Caller {
    let client = facts::client(
        &json!({ "client_id": id, "token_endpoint_auth_method": "client_secret_basic", "client_secret_digest": "x", "grant_types": ["client_credentials"] }),
    );
    Caller {
        who: Who::PureMachine(PureMachine { client }),
        key: None,
        instance: None,
        marks: Vec::new(),
    }
}

fn policy(says: &Value) -> Policy {
    let capability = json!({ "name": "buy", "description": "Buys", "approval_strength": "biometric", "input_schema": { "type": "object" } });
    policies::policy(Some(&json!({ "says": { "buy": says }, "capabilities": [capability] })))
}

fn permit() -> Policy {
    policy(&json!({ "answer": "permit", "approvers": "finance", "quorum": 2 }))
}

fn moment(seconds: i64) -> Moment {
    Moment {
        now: Time::from_unix(NOW.saturating_add(seconds)),
        seed: [1; 32],
    }
}

fn question() -> Value {
    json!({
        "subject": { "type": "Client", "id": "agent" }, "action": { "name": "buy" }, "resource": { "type": "Resource", "id": "https://shop.example/" },
        "context": { "input": { "amount": 50 }, "time": "noon" },
    })
}

/// The denial of a question, as an answer has it.
fn denial(question: &Value, caller: &Caller, policy: &Policy) -> Value {
    let known = Known {
        desk: Some(desk()),
        ..Known::default()
    };
    let request = Request::one(question.as_object().unwrap()).unwrap();
    let decision = answer(&request, caller, policy, &known, &moment(0));
    let Answer::Issue(Reply::Document(document)) = decision.answer() else {
        panic!("{decision:?}");
    };
    assert_eq!(document["decision"], false);
    let context = &document["context"];
    json!({ "evaluation_id": context["evaluation_id"], "expires_at": context["access_request"]["expires_at"] })
}

fn submission(question: &Value, denial: &Value, key: Option<&str>) -> Submission {
    let mut body = question.clone();
    body["denial"] = denial.clone();
    Submission::read(body.as_object().unwrap(), key).unwrap()
}

fn loaded(policy: Policy) -> Facts {
    Facts {
        policy,
        known: Known::default(),
        desk: desk(),
        keyed: None,
        others: Vec::new(),
        client_epoch: None,
    }
}

fn problem(submission: &Submission, caller: &Caller, facts: &Facts, at: i64) -> Option<Problem> {
    match submit(submission, caller, facts, &moment(at)).answer() {
        Answer::Refuse(_, Why::AccessRequest(problem)) => Some(*problem),
        Answer::Issue(Reply::Accepted { .. }) => None,
        other @ (Answer::Issue(_) | Answer::Wait(_) | Answer::Refuse(..)) => panic!("{other:?}"),
    }
}

#[test]
fn golden_vectors_of_access_requests_hold() {
    vectors::golden("access_request", |vector| {
        let loaded = vector.facts(&["client", "policy", "approvers"]);
        let caller = Caller {
            who: Who::PureMachine(PureMachine {
                client: facts::client(&loaded["client"]),
            }),
            key: None,
            instance: None,
            marks: Vec::new(),
        };
        let approvers = loaded.get("approvers").and_then(Value::as_object);
        let approvers = approvers.into_iter().flatten().map(|(client, group)| {
            let approvers = Approvers {
                group: crate::user::parse_group(group.as_str().unwrap()).unwrap(),
                quorum: 1,
            };
            (client.clone(), approvers)
        });
        let facts = Facts {
            policy: policies::policy(loaded.get("policy")),
            known: Known {
                approvers: approvers.collect(),
                ..Known::default()
            },
            desk: desk(),
            keyed: None,
            others: Vec::new(),
            client_epoch: None,
        };
        let presented = Presented::read(&vector.request);
        Submission::read(&presented.document(), None)
            .map(|submission| submit(&submission, &caller, &facts, &vector.at))
            .into()
    });
}

#[test]
fn an_evaluation_id_is_a_mac_over_who_was_denied_what_until_when() {
    let told = denial(&question(), &gateway("gateway"), &permit());
    let id = told["evaluation_id"].as_str().unwrap();
    let (rest, mac) = id.rsplit_once('~').unwrap();
    let (request, expires) = rest.rsplit_once('~').unwrap();
    assert_eq!(expires, (NOW + DENIAL_SECONDS).to_string());
    // What policies could look at of a capability's context is its input: the time of day is nobody's question.
    let bound = r#"{"action":{"name":"buy"},"context":{"input":{"amount":50}},"resource":{"id":"https://shop.example/","type":"Resource"},"subject":{"id":"agent","type":"Client"}}"#;
    let text = format!(
        "denial\0gateway\0{request}\0{expires}\0{}",
        digest::sha256_b64(bound.as_bytes())
    );
    assert_eq!(mac, base64url::encode(&digest::hmac_sha256(&[7; 32], text.as_bytes())));
}

#[test]
fn s_30_only_what_was_denied_is_submitted_by_whom_it_was_denied_to() {
    let caller = gateway("gateway");
    let told = denial(&question(), &caller, &permit());
    let facts = loaded(permit());
    assert_eq!(problem(&submission(&question(), &told, None), &caller, &facts, 1), None);

    // Members that policies could not look at may be added and differ: the words of the request stand there.
    let mut with_words = question();
    with_words["context"]["business_justification"] = json!("for the office");
    with_words["context"]["time"] = json!("evening");
    assert_eq!(problem(&submission(&with_words, &told, None), &caller, &facts, 1), None);

    for (pointer, value) in [
        ("/subject/id", json!("other")),
        ("/subject/type", json!("User")),
        ("/resource/id", json!("https://shop.example/other")),
        ("/action/name", json!("buy_more")),
        ("/context/input/amount", json!(5_000)),
        ("/context/input/amount", json!("50")),
    ] {
        let mut other = question();
        *other.pointer_mut(pointer).unwrap() = value;
        let wrong = problem(&submission(&other, &told, None), &caller, &facts, 1);
        assert_eq!(wrong, Some(Problem::InvalidDenialBinding), "{pointer}");
    }
    let mut properties = question();
    properties["subject"]["properties"] = json!({ "role": "admin" });
    let mut without = question();
    without["context"].as_object_mut().unwrap().remove("input");
    for other in [properties, without] {
        let wrong = problem(&submission(&other, &told, None), &caller, &facts, 1);
        assert_eq!(wrong, Some(Problem::InvalidDenialBinding));
    }
    let wrong = problem(&submission(&question(), &told, None), &gateway("another"), &facts, 1);
    assert_eq!(wrong, Some(Problem::InvalidDenialBinding), "another client's");

    // The profile leaves the actor out of what is bound.
    let mut acted = question();
    acted["subject"]["properties"] = json!({ "act": { "sub": "robot" } });
    let told_of_actor = denial(&acted, &caller, &permit());
    assert_eq!(
        problem(&submission(&question(), &told_of_actor, None), &caller, &facts, 1),
        None
    );
}

#[test]
fn s_30_a_denial_is_submitted_in_time_and_its_end_is_not_ones_own_to_say() {
    let caller = gateway("gateway");
    let told = denial(&question(), &caller, &permit());
    let facts = loaded(permit());
    let in_time = submission(&question(), &told, None);
    assert_eq!(problem(&in_time, &caller, &facts, DENIAL_SECONDS - 1), None);
    assert_eq!(
        problem(&in_time, &caller, &facts, DENIAL_SECONDS),
        Some(Problem::ExpiredDenial)
    );

    let later = Time::from_unix(NOW + 2 * DENIAL_SECONDS);
    let id = told["evaluation_id"].as_str().unwrap();
    let longer = id.replace(&(NOW + DENIAL_SECONDS).to_string(), &later.unix().to_string());
    for (id, expires) in [(id, later.rfc3339()), (longer.as_str(), later.rfc3339())] {
        let own = json!({ "evaluation_id": id, "expires_at": expires });
        let wrong = problem(&submission(&question(), &own, None), &caller, &facts, 1);
        assert_eq!(wrong, Some(Problem::InvalidDenialBinding));
    }
    for id in ["", "x", "~", "a~b~c", "a~1~"] {
        let own = json!({ "evaluation_id": id, "expires_at": told["expires_at"] });
        let wrong = problem(&submission(&question(), &own, None), &caller, &facts, 1);
        assert_eq!(wrong, Some(Problem::InvalidDenialBinding), "{id}");
    }
}

#[test]
fn s_29_nobody_is_asked_to_read_a_book_or_for_what_is_over() {
    let caller = gateway("gateway");
    let facts = loaded(permit());
    let why = |question: &Value, until: Option<&str>| {
        let told = denial(question, &caller, &permit());
        let mut submission = submission(question, &told, None);
        submission.until = until.and_then(Time::from_rfc3339);
        match submit(&submission, &caller, &facts, &moment(1)).answer() {
            Answer::Refuse(_, Why::Body(what)) => Some(what.clone()),
            Answer::Refuse(..) | Answer::Issue(_) | Answer::Wait(_) => None,
        }
    };
    let mut long = question();
    for (bytes, said) in [(15_000, None), (17_000, Some("the question has more than 16384 bytes"))] {
        long["context"]["input"]["note"] = json!("x".repeat(bytes));
        let why = why(&long, None);
        assert_eq!(why.is_some(), said.is_some(), "{bytes}: {why:?}");
        assert!(why.unwrap_or_default().starts_with(said.unwrap_or_default()));
    }
    // What policies could not look at is not kept, however long.
    let mut beside = question();
    beside["context"]["log"] = json!("x".repeat(50_000));
    assert_eq!(why(&beside, None), None);
    let over = why(&question(), Some("2026-11-18T11:06:40Z"));
    assert_eq!(
        over.as_deref(),
        Some("requested_access.requested_until: lies in the past")
    );
    assert_eq!(why(&question(), Some("2026-11-18T11:07:40Z")), None);
}

#[test]
fn nobody_is_asked_what_nobody_can_allow_or_nobody_need_be_asked_about() {
    let caller = gateway("gateway");
    let told = denial(&question(), &caller, &permit());
    let asked = submission(&question(), &told, None);
    for says in [
        json!({ "answer": "forbid" }),
        json!({ "answer": "silence" }),
        json!({ "answer": "permit" }), // an agent without approvers: there is nobody
    ] {
        let facts = loaded(policy(&says));
        assert_eq!(
            problem(&asked, &caller, &facts, 1),
            Some(Problem::NotRequestable),
            "{says}"
        );
    }
}

#[test]
fn the_same_key_is_the_same_task_and_another_body_is_none() {
    let caller = gateway("gateway");
    let told = denial(&question(), &caller, &permit());
    let first = submission(&question(), &told, Some("key-1"));
    let decision = submit(&first, &caller, &loaded(permit()), &moment(1));
    let mut made = Vec::new();
    for guard in &decision.change().guards {
        if let crate::decision::Guard::Approval(crate::approval::Guard::Create(approval)) = guard {
            made.push(approval.as_ref().clone());
        }
    }
    let [approval] = made.as_slice() else {
        panic!("{decision:?}");
    };
    assert_eq!(approval.state, State::Asked);
    let keyed = || Facts {
        keyed: Some(approval.clone()),
        ..loaded(policy(&json!({ "answer": "forbid" }))) // whatever policies say by now
    };
    let again = submit(&first, &caller, &keyed(), &moment(5));
    assert_eq!(again.answer(), decision.answer());
    assert!(again.change().guards.is_empty());
    let mut other = question();
    other["context"]["business_justification"] = json!("for the office");
    let other = submission(&other, &told, Some("key-1"));
    assert_eq!(problem(&other, &caller, &keyed(), 5), Some(Problem::DuplicateRequest));
    let by = caller.client().map(|client| client.id.clone()).unwrap();
    let elsewhere = submission(&question(), &told, Some("key-2"));
    assert_ne!(first.submitted_as(&by), elsewhere.submitted_as(&by));
}

#[test]
fn what_is_no_submission_says_where() {
    let good = || {
        let mut body = question();
        body["denial"] = json!({ "evaluation_id": "e", "expires_at": "2026-11-18T12:00:00Z" });
        body
    };
    assert!(Submission::read(good().as_object().unwrap(), None).is_ok());
    for (pointer, value, said) in [
        ("/items", json!([]), "items: one question"),
        ("/callback", json!({}), "callback: nobody"),
        ("/subject", Value::Null, "subject: an object"),
        ("/denial", Value::Null, "denial: an object"),
        ("/denial/binding_token", json!("x"), "denial.binding_token: no denial"),
        ("/denial/evaluation_id", json!(7), "denial.evaluation_id: a text"),
        ("/denial/expires_at", json!("tomorrow"), "denial.expires_at: a time"),
        ("/requested_access", json!([]), "requested_access: an object"),
        (
            "/requested_access",
            json!({ "requested_until": "soon" }),
            "requested_access.requested_until: a time",
        ),
        (
            "/context/business_justification",
            json!("x".repeat(201)),
            "context.business_justification: at most 200",
        ),
    ] {
        let mut body = good();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        body.pointer_mut(parent).unwrap()[name] = value;
        let why = Submission::read(body.as_object().unwrap(), None).unwrap_err();
        assert!(
            matches!(&why, Why::Body(what) if what.starts_with(said)),
            "{pointer}: {why:?}"
        );
    }
    for name in ["evaluation_id", "expires_at"] {
        let mut body = good();
        body["denial"].as_object_mut().unwrap().remove(name);
        let why = Submission::read(body.as_object().unwrap(), None).unwrap_err();
        assert_eq!(why, Why::Body(format!("denial.{name} is missing")));
    }
    for key in ["", &"k".repeat(257)] {
        assert!(Submission::read(good().as_object().unwrap(), Some(key)).is_err());
    }
}

#[test]
fn a_question_is_kept_and_read_whole() {
    let evaluation = Evaluation::read(question().as_object().unwrap()).unwrap();
    for until in [None, Some(Time::from_unix(NOW))] {
        let asked = super::Asked {
            evaluation: evaluation.clone(),
            until,
        };
        let text = Value::Object(asked.document()).to_string();
        assert_eq!(super::Asked::from_row(&text), Some(asked));
    }
    const { assert!(APPROVED_SECONDS <= 600) };
}
