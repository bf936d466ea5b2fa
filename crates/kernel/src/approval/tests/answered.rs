//! Who may answer, to what, and what their answer changes.

use super::*;
use crate::{
    client,
    decision::{Answer, Guard as AnyGuard, Write as AnyWrite},
    detail::Types,
    grant::{self, Holder, Source, Subject},
    why::Why,
};

fn resource() -> crate::resource::Resource {
    facts::resource(
        &json!({ "resource": HERE, "scopes": { "read": "Read", "write": "Write" }, "implied_scopes": { "write": ["read"] } }),
    )
}

pub(super) fn loaded(approval: Approval, changed: &Value) -> Facts<'static> {
    let people = approvals::people(Some(&approval), None);
    Facts {
        tenant: tenant(),
        types: Types::default(),
        client: Some(client(approval.client.as_str(), changed)),
        approval: Some(approval),
        resource: Some(resource()),
        rules: crate::policy::Rules::default(),
        grants: Vec::new(),
        known: crate::authzen::Known::default(),
        people,
        signature: Signature::Missing,
    }
}

fn of_alice(changed: &Value) -> Approval {
    of_device(&with(json!({ "whom": "person", "who": "alice" }), changed))
}

pub(super) fn approve(facts: &Facts<'_>, without: &str) -> Said {
    Said::Approve {
        without: crate::Scopes::parse(without).unwrap(),
        without_details: BTreeSet::new(),
        seen: seen(
            facts.approval.as_ref().unwrap(),
            facts.client.as_ref().unwrap(),
            &facts.types,
        ),
    }
}

pub(super) fn refusal(decision: &Decision) -> &Why {
    let Answer::Refuse(_, why) = decision.answer() else {
        panic!("a refusal, not {decision:?}")
    };
    assert!(decision.change().guards.is_empty() && decision.change().sure.is_empty());
    why
}

pub(super) fn made(decision: &Decision) -> Option<&grant::Grant> {
    decision.change().guards.iter().find_map(|guard| {
        let AnyGuard::Grant(grant::Guard::Create(grant)) = guard else {
            return None;
        };
        Some(grant.as_ref())
    })
}

#[test]
fn s_27_a_typed_code_is_claimed_by_whoever_typed_it_and_by_nobody_after_them() {
    let facts = loaded(of_device(&json!({})), &json!({}));
    let claimed = answer(&Said::Claim, &person("alice", &[]), &facts, &at());
    assert_eq!(advanced(&claimed).unwrap().whom, Whom::Person(id("alice")));
    assert_eq!(claimed.change().events[0].kind.name(), "approval.claimed");

    let hers = loaded(of_alice(&json!({})), &json!({}));
    let again = answer(&Said::Claim, &person("alice", &[]), &hers, &at());
    assert!(
        matches!(again.answer(), Answer::Issue(_)) && again.change().guards.is_empty(),
        "typed once more"
    );
    for (facts, claim) in [
        (hers, "claimed by somebody else"),
        (loaded(of_device(&json!({ "expires_at": NOW })), &json!({})), "over"),
        (
            loaded(
                of_device(&json!({ "state": "cancelled", "answer": { "at": NOW } })),
                &json!({}),
            ),
            "taken back",
        ),
        (
            Facts {
                approval: None,
                ..loaded(of_device(&json!({})), &json!({}))
            },
            "unknown",
        ),
    ] {
        assert_eq!(
            refusal(&answer(&Said::Claim, &person("eve", &[]), &facts, &at())),
            &Why::UserCodeUnknown,
            "{claim}"
        );
    }
}

#[test]
fn unknown_and_somebody_elses_look_the_same() {
    let facts = loaded(of_alice(&json!({})), &json!({}));
    let nothing = Facts {
        approval: None,
        ..loaded(of_alice(&json!({})), &json!({}))
    };
    let unclaimed = loaded(of_device(&json!({})), &json!({}));
    let finance = loaded(row(&json!({})), &json!({}));
    for (facts, caller, claim) in [
        (&facts, person("eve", &["finance"]), "hers"),
        (&nothing, person("alice", &[]), "unknown"),
        (&unclaimed, person("alice", &[]), "the id alone is no code"),
        (&finance, person("alice", &["sales"]), "another group's"),
    ] {
        assert_eq!(
            view(&caller, facts, &at()).unwrap_err(),
            Why::Absent("approval"),
            "{claim}"
        );
        for said in [
            Said::Deny,
            Said::Approve {
                without: crate::Scopes::default(),
                without_details: BTreeSet::new(),
                seen: String::new(),
            },
        ] {
            assert_eq!(
                refusal(&answer(&said, &caller, facts, &at())),
                &Why::Absent("approval"),
                "{claim}"
            );
        }
    }
    let nobody = Caller::plain(crate::Who::Anyone);
    assert_eq!(
        refusal(&answer(&Said::Deny, &nobody, &facts, &at())),
        &Why::SignInRequired
    );
}

#[test]
fn a_persons_yes_is_a_root_grant_like_that_of_the_consent_page_and_an_entry_that_says_how_they_proved_themselves() {
    let facts = loaded(of_alice(&json!({})), &json!({}));
    let decision = answer(&approve(&facts, ""), &person("alice", &[]), &facts, &at());
    let root = made(&decision).unwrap();
    assert_eq!(root.holder, Holder::Client(id("tv")));
    assert_eq!(root.subject, Subject::User(id("alice")));
    assert_eq!(
        root.source,
        Source::Person {
            basis: facts.client.as_ref().unwrap().basis()
        }
    );
    assert_eq!(
        (root.authority.scopes().joined().as_str(), root.authority.depth()),
        ("read write", 4)
    );
    assert_eq!(
        root.authority.expires(),
        Some(at().now.plus(crate::authorization::CONSENT_SECONDS))
    );
    let approved = advanced(&decision).unwrap();
    let State::Approved { yes, gift, .. } = &approved.state else {
        panic!("approved")
    };
    assert_eq!(
        (yes[0].by.as_str(), yes[0].presence.method),
        ("alice", Method::PasskeyVerified)
    );
    assert_eq!(gift, &Gift::New(root.id.clone()));
    for expected in [
        AnyGuard::User(crate::user::Guard::Unchanged {
            id: id("alice"),
            epoch: 5,
        }),
        AnyGuard::BrowserSession(crate::browser_session::Guard::Live(id("browser-1"))),
        AnyGuard::Client(client::Guard::Unchanged { id: id("tv"), epoch: 3 }),
    ] {
        assert!(decision.change().guards.contains(&expected), "{expected:?}");
    }
    let event = &decision.change().events[0];
    assert_eq!(
        (event.kind.name(), event.actor.as_deref(), event.about.as_deref()),
        ("approval.given", Some("alice"), Some("a-2"))
    );
    for (member, value) in [
        ("payload_hash", json!(approved.payload_hash)),
        ("method", json!("passkey_verified")),
        ("auth_time", json!(NOW - 30)),
        ("scope", json!("read write")),
        ("client", json!("tv")),
        ("grant", json!(root.id.as_str())),
        ("state", json!("approved")),
    ] {
        assert_eq!(event.body[member], value, "{member}");
    }
}

#[test]
fn leaving_out_a_part_leaves_out_the_whole_and_a_yes_to_nothing_is_a_no() {
    let facts = loaded(of_alice(&json!({})), &json!({}));
    let alice = person("alice", &[]);
    let narrower = answer(&approve(&facts, "write"), &alice, &facts, &at());
    assert_eq!(made(&narrower).unwrap().authority.scopes().joined(), "read");
    let nothing = answer(&approve(&facts, "read"), &alice, &facts, &at());
    assert_eq!(refusal(&nothing), &Why::PersonDenied, "write brings read");
}

#[test]
fn the_same_yes_said_lately_makes_no_second_grant() {
    let mut facts = loaded(of_alice(&json!({})), &json!({}));
    let basis = facts.client.as_ref().unwrap().basis();
    let mut before = json!([{
        "id": "yes-1", "client_id": "tv", "user_id": "alice", "scope": "read write", "resources": [HERE], "own_endpoints": false,
        "depth": 4, "given_by_person": basis, "epoch": 2, "created_at": NOW - 100,
    }]);
    facts.grants = vec![facts::path(&before)];
    let decision = answer(&approve(&facts, ""), &person("alice", &[]), &facts, &at());
    assert!(made(&decision).is_none());
    let State::Approved { gift, .. } = &advanced(&decision).unwrap().state else {
        panic!("approved")
    };
    assert_eq!(gift, &Gift::Standing(id("yes-1")));
    assert!(decision.change().guards.contains(&AnyGuard::Grant(grant::Guard::Live {
        id: id("yes-1"),
        epoch: 2
    })));
    before[0]["capabilities"] = json!([{ "action": "purchase" }]);
    facts.grants = vec![facts::path(&before)];
    let decision = answer(&approve(&facts, ""), &person("alice", &[]), &facts, &at());
    assert!(made(&decision).is_some(), "a yes that gave more is not the same");
}

#[test]
fn s_30_a_yes_to_another_payload_or_another_client_than_this_is_now_does_not_count() {
    let facts = loaded(of_alice(&json!({})), &json!({}));
    let alice = person("alice", &[]);
    let shown = approve(&facts, "");
    let renamed = loaded(of_alice(&json!({})), &json!({ "client_name": "Your bank" }));
    assert_eq!(refusal(&answer(&shown, &alice, &renamed, &at())), &Why::AnswerStale);
    let more = loaded(
        of_alice(&json!({ "asks": { "scope": "read", "audience": HERE } })),
        &json!({}),
    );
    assert_eq!(refusal(&answer(&shown, &alice, &more, &at())), &Why::AnswerStale);
    let blind = Said::Approve {
        without: crate::Scopes::default(),
        without_details: BTreeSet::new(),
        seen: String::new(),
    };
    assert_eq!(refusal(&answer(&blind, &alice, &facts, &at())), &Why::AnswerStale);
}

#[test]
fn what_the_organisation_forbids_nobody_allows() {
    let rules = |scope: Option<&str>| {
        let rule = json!({ "id": "r", "effect": "forbid", "clients": "every" });
        let mut rule = rule;
        rule.as_object_mut().unwrap().remove("clients");
        if let Some(scope) = scope {
            rule["scope"] = scope.into();
        }
        people::rules(Some(&json!([rule])))
    };
    let some = Facts {
        rules: rules(Some("write")),
        ..loaded(of_alice(&json!({})), &json!({}))
    };
    let given = answer(&approve(&some, ""), &person("alice", &[]), &some, &at());
    assert_eq!(made(&given).unwrap().authority.scopes().joined(), "read");
    assert_eq!(view(&person("alice", &[]), &some, &at()).unwrap().open, Open::YesOrNo);

    let all = Facts {
        rules: rules(None),
        ..loaded(of_alice(&json!({})), &json!({}))
    };
    assert_eq!(
        refusal(&answer(&approve(&all, ""), &person("alice", &[]), &all, &at())),
        &Why::ForbiddenByRule
    );
    assert_eq!(view(&person("alice", &[]), &all, &at()).unwrap().open, Open::NoOnly);
    assert!(
        matches!(
            answer(&Said::Deny, &person("alice", &[]), &all, &at()).answer(),
            Answer::Issue(_)
        ),
        "a no is always possible"
    );

    let part_for_machine = Facts {
        rules: rules(Some("write")),
        ..loaded(row(&json!({})), &json!({}))
    };
    let ann = person("ann", &["finance"]);
    assert_eq!(
        refusal(&answer(&approve(&part_for_machine, ""), &ann, &part_for_machine, &at())),
        &Why::ForbiddenByRule
    );
    assert_eq!(view(&ann, &part_for_machine, &at()).unwrap().open, Open::NoOnly);
}

#[test]
fn the_last_yes_of_a_quorum_gives_the_machine_a_grant_of_its_own_for_a_day() {
    let facts = loaded(row(&json!({})), &json!({}));
    let first = answer(&approve(&facts, ""), &person("ann", &["finance"]), &facts, &at());
    assert!(made(&first).is_none());
    assert_eq!(first.change().events[0].body["state"], "partly_approved");
    let partly = advanced(&first).unwrap().clone();
    let facts = loaded(partly, &json!({}));
    assert_eq!(
        view(&person("ann", &["finance"]), &facts, &at()).unwrap().open,
        Open::Answered,
        "she said yes already"
    );
    assert_eq!(
        refusal(&answer(
            &approve(&facts, ""),
            &person("ann", &["finance"]),
            &facts,
            &at()
        )),
        &Why::AlreadyAnswered
    );
    let second = answer(&approve(&facts, ""), &person("bob", &["finance"]), &facts, &at());
    let root = made(&second).unwrap();
    assert_eq!(
        (&root.holder, &root.subject),
        (&Holder::Client(id("machine")), &Subject::Nobody)
    );
    assert_eq!(root.source, Source::Approval(id("a-1")));
    assert_eq!(root.authority.scopes().joined(), "read write");
    assert_eq!(root.authority.expires(), Some(at().now.plus(86_400)));
    assert_eq!(advanced(&second).unwrap().state.name(), "approved");
    let narrower = answer(&approve(&facts, "write"), &person("bob", &["finance"]), &facts, &at());
    assert_eq!(
        refusal(&narrower),
        &Why::ForbiddenByRule,
        "several people say yes to one thing, whole"
    );
}

#[test]
fn one_no_ends_it_and_what_is_over_is_not_answered() {
    let facts = loaded(row(&json!({})), &json!({}));
    let denied = answer(&Said::Deny, &person("ann", &["finance"]), &facts, &at());
    assert_eq!(advanced(&denied).unwrap().state.name(), "denied");
    assert_eq!(denied.change().events[0].kind.name(), "approval.denied");
    assert_eq!(denied.change().events[0].body["auth_time"], json!(NOW - 30));
    for (changed, why) in [
        (json!({ "expires_at": NOW }), Why::PageExpired),
        (
            json!({ "state": "cancelled", "answer": { "at": NOW } }),
            Why::AlreadyAnswered,
        ),
        (
            json!({ "state": "redeemed", "answer": { "yes": [], "grant": "g", "at": NOW } }),
            Why::AlreadyAnswered,
        ),
    ] {
        let facts = loaded(row(&changed), &json!({}));
        for said in [Said::Deny, approve(&facts, "")] {
            assert_eq!(
                refusal(&answer(&said, &person("ann", &["finance"]), &facts, &at())),
                &why,
                "{changed}"
            );
        }
    }
}

#[test]
fn a_client_or_place_that_is_gone_or_off_gets_no_yes() {
    let alice = person("alice", &[]);
    let off = loaded(of_alice(&json!({})), &json!({ "disabled_at": 1 }));
    assert_eq!(
        refusal(&answer(&approve(&off, ""), &alice, &off, &at())),
        &Why::ClientDisabled
    );
    let nowhere = Facts {
        resource: None,
        ..loaded(of_alice(&json!({})), &json!({}))
    };
    assert_eq!(
        refusal(&answer(&approve(&nowhere, ""), &alice, &nowhere, &at())),
        &Why::ResourceUnknown
    );
    let shut = crate::resource::Resource {
        disabled: Some(at().now),
        ..resource()
    };
    let shut = Facts {
        resource: Some(shut),
        ..loaded(of_alice(&json!({})), &json!({}))
    };
    assert_eq!(
        refusal(&answer(&approve(&shut, ""), &alice, &shut, &at())),
        &Why::ResourceDisabled
    );
}

#[test]
fn taking_back_what_was_answered_takes_back_what_it_gave() {
    let caller = people::by(client("machine", &json!({})));
    let yes = json!([{ "by": "ann", "scope": "read", "payload_hash": "h", "at": NOW, "method": "password", "auth_time": NOW }]);
    let approved = row(&json!({ "state": "approved", "answer": { "yes": yes, "grant": "g", "at": NOW } }));
    let change = cancelled(&approved, &caller, &at()).unwrap();
    assert_eq!(
        change.sure,
        [AnyWrite::Grant(grant::Write::EnsureRevoked {
            id: id("g"),
            at: at().now
        })]
    );
    let standing = row(&json!({ "state": "approved", "answer": { "yes": yes, "standing_grant": "g", "at": NOW } }));
    assert!(
        cancelled(&standing, &caller, &at()).unwrap().sure.is_empty(),
        "what the person had given before stays"
    );
    for state in ["cancelled", "expired"] {
        assert!(
            cancelled(
                &row(&json!({ "state": state, "answer": { "at": NOW } })),
                &caller,
                &at()
            )
            .is_none()
        );
    }
    assert!(cancelled(&row(&json!({ "expires_at": NOW })), &caller, &at()).is_none());
}

#[test]
fn s_33_whoever_is_no_approver_any_more_takes_their_yes_along() {
    let first = row(&json!({}));
    let yes_of_ann = Yes {
        of: [id("finance")].into(),
        ..yes("ann", &first)
    };
    let partly = first.approve(yes_of_ann, |_| Gift::New(id("given"))).unwrap();
    let bob = person("bob", &["finance"]);
    for (ann, counts) in [
        (json!([{ "id": "ann", "groups": ["finance"] }]), true),
        (json!([{ "id": "ann", "groups": ["sales"] }]), false),
        (
            json!([{ "id": "ann", "groups": ["finance"], "disabled_at": NOW - 1 }]),
            false,
        ),
        (json!([]), false), // she is not here any more
    ] {
        let facts = Facts {
            people: ann.as_array().unwrap().iter().map(people::user).collect(),
            ..loaded(partly.clone(), &json!({}))
        };
        let seen = view(&bob, &facts, &at()).unwrap();
        assert_eq!(seen.approval.state.yes().len(), usize::from(counts), "{ann}");
        let given = answer(&approve(&facts, ""), &bob, &facts, &at());
        let after = advanced(&given).unwrap().state.name();
        assert_eq!(after, if counts { "approved" } else { "partly_approved" }, "{ann}");
        assert_eq!(made(&given).is_some(), counts, "{ann}");
    }
}

#[test]
fn s_33_a_yes_that_was_said_more_weakly_than_is_demanded_now_can_be_said_anew() {
    let weakly = row(&json!({}));
    let said = Yes {
        of: [id("finance")].into(),
        ..yes("ann", &weakly)
    };
    let mut strong = weakly.approve(said, |_| Gift::New(id("given"))).unwrap();
    strong.asks.strength = Strength::Biometric;
    let facts = loaded(strong, &json!({}));
    let seen = view(&person("ann", &["finance"]), &facts, &at()).unwrap();
    assert_eq!((seen.open, seen.approval.state.name()), (Open::YesByPasskey, "asked"));
}
