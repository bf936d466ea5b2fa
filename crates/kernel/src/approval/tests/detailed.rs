//! RFC 9396 in what is asked of people: shown and answered as on the consent page, and fetched as long as it counts (S-30).

use super::*;
use crate::{
    decision::{Answer, Guard as AnyGuard, Reply},
    detail::{self, Breach, DetailType, Details, Types},
    grant,
    vectors::details as written,
    why::Why,
};

const PAY: &str = r#"{"amount":50,"payee":"Acme","type":"payment"}"#;
const LOOK: &str = r#"{"actions":["look"],"type":"files"}"#;

fn details(items: &[&str]) -> Details {
    if items.is_empty() {
        return Details::default();
    }
    Details::parse(&format!("[{}]", items.join(","))).unwrap()
}

fn kind(name: &str, words: &str) -> DetailType {
    written::kind(&json!({ "type": name, "words": { "en": words }, "narrowing": { "amount": "at_most" } }))
}

/// Both types, payments in these words; their schemas admit what is asked here.
fn types_with(words: &str) -> Types {
    let mut types = Types::of([kind("payment", words), kind("files", "use")]);
    details(&[PAY, LOOK])
        .iter()
        .for_each(|detail| types.judge(detail, Ok(())));
    types
}

fn types() -> Types {
    types_with("pay")
}

fn asks(scope: &str) -> Value {
    json!({ "asks": { "scope": scope, "audience": HERE, "details": details(&[PAY, LOOK]).row() } })
}

fn of_alice(scope: &str) -> Approval {
    of_device(&with(json!({ "whom": "person", "who": "alice" }), &asks(scope)))
}

fn loaded(approval: Approval, types: Types) -> Facts<'static> {
    Facts {
        tenant: tenant(),
        client: Some(client(approval.client.as_str(), &json!({}))),
        approval: Some(approval),
        resource: Some(facts::resource(
            &json!({ "resource": HERE, "scopes": { "read": "Read", "write": "Write" } }),
        )),
        rules: crate::policy::Rules::default(),
        types,
        grants: Vec::new(),
        known: crate::authzen::Known::default(),
        people: Vec::new(),
        signature: Signature::Missing,
    }
}

/// A yes to the page as these facts show it, without these.
fn yes_without(facts: &Facts<'_>, scope: &str, left_out: &[&str]) -> Said {
    Said::Approve {
        without: crate::Scopes::parse(scope).unwrap(),
        without_details: details(left_out).digests().into_iter().collect(),
        seen: seen(
            facts.approval.as_ref().unwrap(),
            facts.client.as_ref().unwrap(),
            &facts.types,
        ),
    }
}

fn why(decision: &Decision) -> &Why {
    let Answer::Refuse(_, why) = decision.answer() else {
        panic!("a refusal, not {decision:?}")
    };
    assert!(decision.change().guards.is_empty() && decision.change().sure.is_empty());
    why
}

fn made(decision: &Decision) -> Option<&grant::Grant> {
    decision.change().guards.iter().find_map(|guard| {
        let AnyGuard::Grant(grant::Guard::Create(grant)) = guard else {
            return None;
        };
        Some(grant.as_ref())
    })
}

fn relies_on_payment(decision: &Decision) -> bool {
    let expected = AnyGuard::DetailType(detail::Guard::Unchanged {
        id: id("payment"),
        basis: kind("payment", "pay").basis(),
    });
    decision.change().guards.contains(&expected)
}

#[test]
fn s_30_each_detail_can_be_left_out_by_the_person_whose_question_it_is() {
    let alice = person("alice", &[]);
    for (scope, left_out, expected) in [
        ("", vec![], ("read", vec![PAY, LOOK])),
        ("", vec![PAY], ("read", vec![LOOK])),
        ("read", vec![LOOK], ("", vec![PAY])),
        ("", vec![PAY, LOOK], ("read", vec![])),
    ] {
        let facts = loaded(of_alice("read"), types());
        let decision = answer(&yes_without(&facts, scope, &left_out), &alice, &facts, &at());
        let root = made(&decision).unwrap();
        let given = (root.authority.scopes().joined(), root.authority.details().clone());
        assert_eq!(given, (expected.0.to_owned(), details(&expected.1)), "{left_out:?}");
        let approved = advanced(&decision).unwrap();
        assert_eq!(approved.state.agreed().details, given.1, "{left_out:?}");
        let told = decision.change().events[0].body.get("details").cloned();
        assert_eq!(told.unwrap_or(json!([])), json!(given.1.digests()), "{left_out:?}");
        assert_eq!(
            relies_on_payment(&decision),
            expected.1.contains(&PAY),
            "what is given is relied on: {left_out:?}"
        );
    }
    let facts = loaded(of_alice("read"), types());
    let nothing = answer(&yes_without(&facts, "read", &[PAY, LOOK]), &alice, &facts, &at());
    assert_eq!(why(&nothing), &Why::PersonDenied, "a yes to nothing");
    let alone = loaded(of_alice(""), types());
    let given = answer(&yes_without(&alone, "", &[LOOK]), &alice, &alone, &at());
    assert_eq!(made(&given).unwrap().authority.scopes().joined(), "");
    let nothing = answer(&yes_without(&alone, "", &[PAY, LOOK]), &alice, &alone, &at());
    assert_eq!(why(&nothing), &Why::PersonDenied, "of details alone");
}

#[test]
fn s_30_members_say_yes_to_all_of_it_and_the_machine_has_that_for_a_day() {
    let facts = loaded(row(&with(asks("read"), &json!({ "quorum": 1 }))), types());
    let ann = person("ann", &["finance"]);
    let part = answer(&yes_without(&facts, "", &[PAY]), &ann, &facts, &at());
    assert_eq!(
        why(&part),
        &Why::ForbiddenByRule,
        "several people say yes to one thing, whole"
    );
    let whole = answer(&yes_without(&facts, "", &[]), &ann, &facts, &at());
    let root = made(&whole).unwrap();
    assert_eq!(root.authority.details(), &details(&[PAY, LOOK]));
    assert_eq!(root.authority.expires(), Some(at().now.plus(GIVEN_TO_MACHINE_SECONDS)));
}

#[test]
fn s_30_a_quorum_gives_what_everybody_said_yes_to() {
    let asked = row(&asks("read"));
    let all = yes("ann", &asked);
    let less = Yes {
        details: details(&[LOOK]),
        ..yes("bob", &asked)
    };
    let partly = asked.approve(all, |_| Gift::New(id("g"))).unwrap();
    let approved = partly.approve(less, |_| Gift::New(id("g"))).unwrap();
    assert_eq!(approved.state.agreed().details, details(&[LOOK]));
    assert_eq!(approved.state.agreed().scopes.joined(), "read");
}

#[test]
fn s_30_a_yes_to_other_details_or_in_other_words_does_not_count() {
    let alice = person("alice", &[]);
    let facts = loaded(of_alice("read"), types());
    let shown = yes_without(&facts, "", &[]);
    let other_words = loaded(of_alice("read"), types_with("have a look at"));
    assert_eq!(why(&answer(&shown, &alice, &other_words, &at())), &Why::AnswerStale);
    let fewer = of_device(
        &json!({ "whom": "person", "who": "alice", "asks": { "scope": "read", "audience": HERE, "details": details(&[LOOK]).row() } }),
    );
    assert_ne!(
        fewer.payload_hash,
        of_alice("read").payload_hash,
        "details are in the hash"
    );
    assert_ne!(fewer.twin(), of_alice("read").twin(), "and it is another question");
    let fewer = loaded(fewer, types());
    assert_eq!(why(&answer(&shown, &alice, &fewer, &at())), &Why::AnswerStale);
}

#[test]
fn what_ended_or_was_tightened_while_it_waited_nobody_gives() {
    let alice = person("alice", &[]);
    let gone = Types::of([kind("files", "use")]);
    let mut tight = types();
    tight.judge(
        details(&[PAY]).iter().next().unwrap(),
        Err(Breach::Missing(String::new())),
    );
    for (types, expected) in [
        (gone, Why::DetailTypeUnknown(0)),
        (tight, Why::DetailRefused(0, Breach::Missing(String::new()))),
    ] {
        let facts = loaded(of_alice("read"), types);
        assert_eq!(view(&alice, &facts, &at()).unwrap().open, Open::NoOnly);
        let decision = answer(&yes_without(&facts, "", &[]), &alice, &facts, &at());
        assert_eq!(why(&decision), &expected);
        assert!(
            matches!(answer(&Said::Deny, &alice, &facts, &at()).answer(), Answer::Issue(_)),
            "a no is always possible"
        );
    }
    let mut elsewhere = loaded(of_alice("read"), types());
    elsewhere.client = Some(client("tv", &json!({ "authorization_details_types": ["files"] })));
    let decision = answer(&yes_without(&elsewhere, "", &[]), &alice, &elsewhere, &at());
    assert_eq!(why(&decision), &Why::DetailTypeNotAllowed(0));
}

#[test]
fn a_persons_yes_to_details_is_a_grant_of_its_own_each_time() {
    let mut facts = loaded(of_alice("read"), types());
    let basis = facts.client.as_ref().unwrap().basis();
    let before = json!([{
        "id": "yes-1", "client_id": "tv", "user_id": "alice", "scope": "read", "resources": [HERE], "own_endpoints": false,
        "depth": 4, "given_by_person": basis, "created_at": NOW - 100, "authorization_details": details(&[PAY, LOOK]).value(),
    }]);
    facts.grants = vec![facts::path(&before)];
    let again = answer(&yes_without(&facts, "", &[]), &person("alice", &[]), &facts, &at());
    assert!(made(&again).is_some(), "to pay once is not to pay twice");
}

#[test]
fn a_rule_that_forbids_the_place_forbids_details_there() {
    let mut facts = loaded(of_alice(""), types());
    facts.rules = people::rules(Some(&json!([{ "id": "r", "effect": "forbid", "resource": HERE }])));
    let alice = person("alice", &[]);
    assert_eq!(view(&alice, &facts, &at()).unwrap().open, Open::NoOnly);
    let decision = answer(&yes_without(&facts, "", &[]), &alice, &facts, &at());
    assert_eq!(why(&decision), &Why::ForbiddenByRule);
    facts.rules = people::rules(Some(&json!([{ "id": "r", "effect": "forbid", "scope": "read" }])));
    let decision = answer(&yes_without(&facts, "", &[]), &alice, &facts, &at());
    assert_eq!(made(&decision).unwrap().authority.details().len(), 2);
}

/// What a poll finds: people agreed to these, and to no scope.
fn agreed(door: &str, items: &[&str]) -> (Approval, Vec<grant::Grant>) {
    let machine = door == "deferred client_credentials";
    let by = if machine { "ann" } else { "alice" };
    let yes = json!([{ "by": by, "scope": "", "details": details(items).row(), "payload_hash": "h", "at": NOW - 10, "method": "password", "auth_time": NOW - 30 }]);
    let changed = with(
        asks(""),
        &json!({ "state": "approved", "quorum": 1, "answer": { "yes": yes, "grant": "g-1", "at": NOW - 10 } }),
    );
    let mut given = json!({
        "id": "g-1", "scope": "", "resources": [HERE], "own_endpoints": false, "created_at": NOW - 10, "authorization_details": details(items).value(),
    });
    let approval = if machine {
        given = with(
            given,
            &json!({ "client_id": "machine", "given_by_approval": "a-1", "depth": 1 }),
        );
        row(&changed)
    } else {
        let more = json!({ "client_id": "tv", "user_id": "alice", "given_by_person": "basis", "depth": 4 });
        given = with(given, &more);
        of_device(&with(changed, &json!({ "whom": "person", "who": "alice" })))
    };
    (approval, facts::path(&json!([given])))
}

fn fetched((approval, path): (Approval, Vec<grant::Grant>), types: Types) -> Decision {
    let keys = people::any_tenant_keys();
    let skin = if approval.door == Door::Device {
        Skin::Device
    } else {
        Skin::Deferred
    };
    let facts = Pending {
        budgets: std::collections::BTreeMap::new(),
        tenant: tenant(),
        keys: &keys,
        client_epoch: None,
        people: approvals::people(Some(&approval), None),
        approval: Some(approval.clone()),
        path,
        line: Vec::new(),
        resource: Some(facts::resource(
            &json!({ "resource": HERE, "scopes": { "read": "Read" } }),
        )),
        user: Some(people::user(&json!({ "id": "alice", "epoch": 5 }))),
        rules: crate::policy::Rules::default(),
        types,
        polled: None,
    };
    let caller = people::by(client(approval.client.as_str(), &json!({})));
    poll(
        &Handle::write(&keys.approvals, &approval.id),
        skin,
        &caller,
        &facts,
        &at(),
    )
}

#[test]
fn what_was_agreed_to_is_in_the_token_the_answer_and_the_authorization() {
    for door in ["device", "deferred client_credentials"] {
        let decision = fetched(agreed(door, &[PAY]), types());
        let Answer::Issue(Reply::Token { details: told, .. }) = decision.answer() else {
            panic!("{door}: a token, not {decision:?}")
        };
        assert_eq!(told, &details(&[PAY]), "{door}: not what was left out");
        assert_eq!(
            decision.sign()[0].claims["authorization_details"],
            told.value(),
            "{door}"
        );
        assert!(relies_on_payment(&decision), "{door}");
        if door == "device" {
            assert_eq!(made(&decision).unwrap().authority.details(), told, "the line has them");
        }
    }
}

#[test]
fn what_ended_or_was_tightened_since_the_yes_is_not_fetched() {
    let mut tight = types();
    tight.judge(
        details(&[PAY]).iter().next().unwrap(),
        Err(Breach::Value(String::new())),
    );
    for door in ["device", "deferred client_credentials"] {
        let gone = Types::of([kind("files", "use")]);
        assert_eq!(why(&fetched(agreed(door, &[PAY]), gone)), &Why::GrantEnded, "{door}");
        assert_eq!(
            why(&fetched(agreed(door, &[PAY, LOOK]), tight.clone())),
            &Why::GrantEnded,
            "{door}"
        );
        let other = fetched(agreed(door, &[LOOK]), tight.clone());
        assert!(
            matches!(other.answer(), Answer::Issue(_)),
            "{door}: what was left out is no matter"
        );
    }
}
