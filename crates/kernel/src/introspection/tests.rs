//! RFC 7662 s2.2 and s4: what is said of a token, to whom, and everything that silences one.

use std::sync::Arc;

use proof::{
    Time, Verified,
    access_token::{self, AccessToken},
    jws::Compact,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{
    authorization::Wish,
    caller::{AdministratorCaller, BrowserUser, Caller, PublicClient, PureMachine, Who},
    client::{Client, Introspects},
    decision::{Answer, Change, Decision, Reply},
    event::EventKind,
    form::Form,
    grant::{Grant, Status},
    moment::Moment,
    tenant::Reach,
    vectors::{self, facts, people, signer},
    why::Why,
};

const NOW: i64 = 1_795_000_000;
const ISSUER: &str = "https://as.example";
const HERE: &str = "https://mcp.example/mcp";

#[test]
fn golden_vectors_of_introspection_hold() {
    vectors::golden("introspection", |vector| {
        let asked = vectors::token_in_question(vector, |form| Request::parse(form).map(|request| request.token));
        asked
            .map(|(caller, facts, tenant)| super::decide(&request(), &caller, &facts, &tenant, &vector.at))
            .into()
    });
}

/// A request for an answer that is not signed.
fn request() -> Request {
    Request {
        token: String::new(),
        signed: Wish::No,
    }
}

fn decide(caller: &Caller, facts: &Facts, at: &Moment) -> Decision {
    let tenant = facts::tenant(&json!({ "id": "default", "issuer": ISSUER }));
    super::decide(&request(), caller, facts, &tenant, at)
}

fn at() -> Moment {
    Moment {
        now: Time::from_unix(NOW),
        seed: [7; 32],
    }
}

fn claims() -> Value {
    json!({
        "iss": ISSUER,
        "sub": "agent",
        "aud": HERE,
        "client_id": "agent",
        "iat": NOW.saturating_sub(100),
        "exp": NOW.saturating_add(200),
        "jti": "token-1",
        "scope": "read",
    })
}

fn verified(claims: &Value) -> Verified<AccessToken> {
    let token = signer::signed(Some("at+jwt"), claims);
    access_token::check(
        &Compact::parse(&token).unwrap(),
        &signer::key_set(),
        ISSUER,
        None,
        at().now,
        0,
    )
    .unwrap()
}

fn client(id: &str) -> Client {
    facts::client(
        &json!({ "client_id": id, "token_endpoint_auth_method": "client_secret_basic", "client_secret_digest": "d" }),
    )
}

fn path() -> Vec<Grant> {
    facts::path(&json!([
        { "id": "leaf", "client_id": "agent", "scope": "read", "resources": [HERE], "parent": "root", "expires_at": NOW.saturating_add(200) },
        { "id": "root", "client_id": "agent", "scope": "read write", "resources": [HERE], "depth": 1, "expires_at": NOW.saturating_add(400) },
    ]))
}

/// A token that counts: everything it hangs on is as it should be.
fn known() -> Known {
    Known {
        types: crate::detail::Types::default(),
        token: verified(&claims()),
        record: facts::record(&json!({
            "jti": "token-1", "grant": "leaf", "client_id": "agent", "aud": HERE, "scope": "read",
            "issued_at": NOW.saturating_sub(100), "expires_at": NOW.saturating_add(200),
        })),
        path: path(),
        client: Some(client("agent")),
        resource: Some(facts::resource(&json!({
            "resource": HERE, "scopes": { "read": "see it" }, "introspection_clients": ["api", "gateway"],
        }))),
        user: None,
        rules: crate::policy::Rules::default(),
    }
}

fn known_but(change: impl FnOnce(&mut Known)) -> Facts {
    let mut known = known();
    change(&mut known);
    Facts::Known(Arc::new(known))
}

fn by(client: Client) -> Caller {
    Caller::plain(Who::PureMachine(PureMachine { client }))
}

fn answer(decision: &Decision) -> Value {
    let Answer::Issue(Reply::Document(document)) = decision.answer() else {
        panic!("a document, not {:?}", decision.answer());
    };
    document.clone().into()
}

fn active(caller: &Caller, facts: &Facts) -> bool {
    answer(&decide(caller, facts, &at()))["active"] == true
}

#[test]
fn the_token_is_the_only_parameter_that_counts() {
    let read = |body: &str| Request::parse(&Form::parse(body.as_bytes(), &[])?);
    let expected = Request {
        token: "2YotnFZFEjr1zCsicMWpAA".to_owned(),
        signed: Wish::No,
    };
    // RFC 7662 s2.1, both examples.
    assert_eq!(read("token=2YotnFZFEjr1zCsicMWpAA").as_ref(), Ok(&expected));
    assert_eq!(
        read("token=2YotnFZFEjr1zCsicMWpAA&token_type_hint=access_token").as_ref(),
        Ok(&expected)
    );
    assert_eq!(
        read("token=2YotnFZFEjr1zCsicMWpAA&token_type_hint=wrong").as_ref(),
        Ok(&expected),
        "a hint may be wrong"
    );
    for body in ["", "token=", "token_type_hint=access_token"] {
        assert_eq!(read(body), Err(Why::ParameterMissing("token")), "{body}");
    }
    assert_eq!(Why::ParameterMissing("token").code().name(), "invalid_request");
    assert_eq!(read("token=a&token=b"), Err(Why::UnknownParameterRepeated));
}

#[test]
fn a_token_that_counts_is_described_by_its_own_claims() {
    let decision = decide(&by(client("api")), &known_but(|_| {}), &at());
    let mut expected = claims();
    expected["active"] = true.into();
    expected["token_type"] = "Bearer".into();
    assert_eq!(answer(&decision), expected);
}

#[test]
fn a_bound_token_is_described_with_its_key_and_nothing_is_added_that_rfc_7662_does_not_name() {
    let cnf = json!({ "jkt": signer::ED25519_THUMBPRINT });
    let mut bound = claims();
    bound["cnf"] = cnf.clone();
    bound["act"] = json!({ "sub": "someone" });
    bound["acr"] = "phr".into();
    bound["amr"] = json!(["pop", "user", "mfa"]); // RFC 9470 s6.2
    bound["auth_time"] = NOW.into();
    bound["authorization_details"] = json!([{ "type": "payment" }]);
    let mut token = bound.clone();
    token["internal"] = "of no concern to a resource".into();
    let facts = known_but(|known| {
        known.token = verified(&token);
        known.record.key = Some(crate::Confirmation::Jkt(signer::ED25519_THUMBPRINT.to_owned()));
        let loaded = json!({ "detail_types": [{ "type": "payment" }], "admitted_details": [{ "type": "payment" }] });
        known.types = vectors::details::types(loaded.as_object().unwrap());
    });
    let mut expected = bound;
    expected["active"] = true.into();
    expected["token_type"] = "DPoP".into(); // RFC 9449 s6.2
    assert_eq!(answer(&decide(&by(client("api")), &facts, &at())), expected);
    let x5t = "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"; // RFC 8705 App. A
    let mut certified = claims();
    certified["cnf"] = json!({ "x5t#S256": x5t });
    let facts = known_but(|known| {
        known.token = verified(&certified);
        known.record.key = Some(crate::Confirmation::Certificate(x5t.to_owned()));
    });
    certified["active"] = true.into();
    certified["token_type"] = "Bearer".into(); // RFC 8705 s3.2
    assert_eq!(answer(&decide(&by(client("api")), &facts, &at())), certified);
    let mut no_scope = claims();
    no_scope.as_object_mut().unwrap().remove("scope");
    let answered = answer(&decide(
        &by(client("api")),
        &known_but(|known| known.token = verified(&no_scope)),
        &at(),
    ));
    assert_eq!(answered.get("scope"), None, "what the token does not say is not said");
}

#[test]
fn only_those_a_token_is_meant_for_may_know_of_it() {
    let listed = || known_but(|_| {});
    let for_us = || {
        known_but(|known| {
            known.record.audience = crate::Audience::Issuer;
            known.resource = None;
        })
    };
    let cases = [
        (
            "api",
            Introspects::ItsResources,
            listed(),
            true,
            "the resource names it",
        ),
        (
            "gateway",
            Introspects::ItsResources,
            listed(),
            true,
            "the resource names several",
        ),
        (
            "other",
            Introspects::ItsResources,
            listed(),
            false,
            "the resource does not name it",
        ),
        (
            "agent",
            Introspects::ItsResources,
            listed(),
            false,
            "not even the client that holds the token",
        ),
        (
            "API",
            Introspects::ItsResources,
            listed(),
            false,
            "ids are compared as they are",
        ),
        (
            "api",
            Introspects::ItsResources,
            for_us(),
            false,
            "no resource names anyone for our own endpoints",
        ),
        (
            "other",
            Introspects::Everything,
            listed(),
            true,
            "a gateway may know all",
        ),
        (
            "other",
            Introspects::Everything,
            for_us(),
            true,
            "tokens for our own endpoints too",
        ),
    ];
    for (id, introspects, facts, expected, claim) in cases {
        let caller = by(Client {
            introspects,
            ..client(id)
        });
        assert_eq!(active(&caller, &facts), expected, "{claim}");
    }
}

#[test]
fn everything_a_token_hangs_on_can_silence_it() {
    let revoked = Status::Revoked {
        at: Time::from_unix(NOW),
    };
    let ending = |grant: &Grant, end: i64| {
        let row = json!({ "id": grant.id.as_str(), "client_id": "agent", "scope": "read write", "resources": [HERE], "depth": 1, "expires_at": end });
        Grant {
            parent: grant.parent.clone(),
            ..facts::grant(&row)
        }
    };
    let later = NOW.saturating_add(1);
    let cases: Vec<(&str, Facts, bool)> = vec![
        ("nothing is wrong", known_but(|_| {}), true),
        ("no token of ours", Facts::Unknown, false),
        (
            "the token was revoked",
            known_but(|known| known.record.revoked = Some(Time::from_unix(NOW))),
            false,
        ),
        (
            "the token ends now",
            known_but(|known| known.record.expires = Time::from_unix(NOW)),
            false,
        ),
        (
            "the token has a second left",
            known_but(|known| known.record.expires = Time::from_unix(later)),
            true,
        ),
        ("the client is gone", known_but(|known| known.client = None), false),
        (
            "the client is disabled",
            known_but(|known| known.client.as_mut().unwrap().disabled = Some(Time::from_unix(1))),
            false,
        ),
        ("the resource is gone", known_but(|known| known.resource = None), false),
        (
            "the resource is disabled",
            known_but(|known| known.resource.as_mut().unwrap().disabled = Some(Time::from_unix(1))),
            false,
        ),
        (
            "the grant was revoked",
            known_but(|known| known.path[0].status = revoked),
            false,
        ),
        (
            "its parent was revoked",
            known_but(|known| known.path[1].status = revoked),
            false,
        ),
        (
            "the grant ends now",
            known_but(|known| known.path[0] = ending(&known.path[0], NOW)),
            false,
        ),
        (
            "its parent ends now",
            known_but(|known| known.path[1] = ending(&known.path[1], NOW)),
            false,
        ),
        (
            "its parent has a second left",
            known_but(|known| known.path[1] = ending(&known.path[1], later)),
            true,
        ),
        (
            "the path stops before the root",
            known_but(|known| known.path.truncate(1)),
            false,
        ),
        ("the grant is gone", known_but(|known| known.path.clear()), false),
        (
            "a grant stands between that is not its parent",
            known_but(|known| known.path[1].id = facts::id("other")),
            false,
        ),
    ];
    for (claim, facts, expected) in cases {
        // One that may know all, so that a missing resource cannot hide behind "may not know".
        let gateway = by(Client {
            introspects: Introspects::Everything,
            ..client("gateway")
        });
        assert_eq!(active(&gateway, &facts), expected, "{claim}");
        assert_eq!(active(&by(client("api")), &facts), expected, "{claim}");
    }
}

#[test]
fn unknown_forbidden_and_dead_look_the_same() {
    let nothing = json!({ "active": false }); // RFC 7662 s2.2: and nothing else
    let dead = known_but(|known| known.record.revoked = Some(Time::from_unix(1)));
    let answers = [
        decide(&by(client("api")), &Facts::Unknown, &at()),
        decide(&by(client("other")), &known_but(|_| {}), &at()),
        decide(&by(client("api")), &dead, &at()),
        decide(&by(client("other")), &dead, &at()),
    ];
    for decision in &answers {
        assert_eq!(answer(decision), nothing);
        assert_eq!(decision.answer(), answers[0].answer());
        assert!(decision.sign().is_empty());
    }
}

#[test]
fn asking_changes_nothing_but_the_journal() {
    let cases = [
        (client("api"), known_but(|_| {}), Some("token-1"), true),
        (client("other"), known_but(|_| {}), Some("token-1"), false),
        (client("api"), Facts::Unknown, None, false),
    ];
    for (client, facts, about, active) in cases {
        let actor = client.id.as_str().to_owned();
        let decision = decide(&by(client), &facts, &at());
        let change = decision.change();
        assert_eq!(
            Change {
                events: vec![],
                ..change.clone()
            },
            Change::default()
        );
        let [event] = change.events.as_slice() else {
            panic!("one event")
        };
        assert_eq!(
            (event.kind, event.actor.as_deref(), event.about.as_deref()),
            (EventKind::TokenIntrospected, Some(actor.as_str()), about)
        );
        assert_eq!(Value::from(event.body.clone()), json!({ "active": active }));
    }
}

#[test]
fn only_a_client_that_authenticated_may_ask() {
    let callers = [
        Who::Anyone,
        Who::PublicClient(PublicClient {
            client: Client {
                introspects: Introspects::Everything,
                ..client("api")
            },
        }),
        Who::BrowserUser(BrowserUser {
            user: people::user(&json!({ "id": "u" })),
            session: people::browser_session(&json!({ "id": "s", "user_id": "u", "signed_in_at": NOW })),
        }),
        Who::Administrator(AdministratorCaller {
            expires: None,
            home: crate::TenantId::parse("acme").unwrap(),
            id: facts::id("a"),
            reach: Reach::Installation,
        }),
    ];
    for who in callers {
        let decision = decide(&Caller::plain(who), &known_but(|_| {}), &at());
        assert_eq!(
            decision.answer(),
            &Answer::Refuse(Why::CredentialsMissing.code(), Why::CredentialsMissing),
            "RFC 7662 s2.1"
        );
        assert!(decision.change().guards.is_empty() && decision.change().sure.is_empty());
        assert_eq!(decision.change().events[0].kind, EventKind::RequestRefused);
    }
}

/// A token of a person that counts: an authorization below the person's yes.
fn of_alice(change: impl FnOnce(&mut Known)) -> Facts {
    known_but(|known| {
        known.path = facts::path(&json!([
            { "id": "leaf", "client_id": "agent", "user_id": "alice", "scope": "read", "resources": [HERE], "parent": "yes", "redeemed": true, "depth": 3 },
            { "id": "yes", "client_id": "agent", "user_id": "alice", "scope": "read write", "resources": [HERE], "depth": 4, "given_by_person": "basis" },
        ]));
        known.user = Some(people::user(&json!({ "id": "alice", "groups": ["finance"] })));
        change(known);
    })
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn a_persons_token_counts_while_the_person_is_there_and_nobody_forbids_it() {
    let ruled = |rules: &[Value]| rules.iter().map(people::rule).collect::<Vec<_>>();
    let forbid = |more: Value| {
        let mut rule = json!({ "id": "r", "effect": "forbid" });
        rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        ruled(&[rule])
    };
    let allow = || ruled(&[json!({ "id": "r", "effect": "allow", "scope": "read" })]);
    let by_organisation = |known: &mut Known| {
        known.path[1].source = crate::grant::Source::Organisation {
            basis: "basis".to_owned(),
        }
    };
    let cases: Vec<(&str, Facts, bool)> = vec![
        ("nothing is wrong", of_alice(|_| {}), true),
        ("the person is gone", of_alice(|known| known.user = None), false),
        (
            "the person is disabled",
            of_alice(|known| known.user.as_mut().unwrap().disabled = Some(Time::from_unix(1))),
            false,
        ),
        (
            "it is another person",
            of_alice(|known| known.user = Some(people::user(&json!({ "id": "bob" })))),
            false,
        ),
        (
            "its scope is forbidden",
            of_alice(|known| known.rules = forbid(json!({ "scope": "read" })).into()),
            false,
        ),
        (
            "all is forbidden for these people",
            of_alice(|known| known.rules = forbid(json!({ "group": "finance" })).into()),
            false,
        ),
        (
            "the client is forbidden",
            of_alice(|known| known.rules = forbid(json!({ "client_id": "agent" })).into()),
            false,
        ),
        (
            "the place is forbidden",
            of_alice(|known| known.rules = forbid(json!({ "resource": HERE })).into()),
            false,
        ),
        (
            "another scope is forbidden",
            of_alice(|known| known.rules = forbid(json!({ "scope": "write" })).into()),
            true,
        ),
        (
            "another place is forbidden",
            of_alice(|known| known.rules = forbid(json!({ "resource": "https://api.example/" })).into()),
            true,
        ),
        (
            "one of its two scopes is forbidden",
            of_alice(|known| {
                known.record.scope = "read write".to_owned();
                known.rules = forbid(json!({ "scope": "write" })).into();
            }),
            false,
        ),
        (
            "the organisation gave it and its rule stands",
            of_alice(|known| {
                by_organisation(known);
                known.rules = allow().into();
            }),
            true,
        ),
        (
            "the organisation gave it and its rule is gone",
            of_alice(by_organisation),
            false,
        ),
        (
            "it has no scope",
            of_alice(|known| known.record.scope = String::new()),
            true,
        ),
        (
            "it has no scope and the place is forbidden",
            of_alice(|known| {
                known.record.scope = String::new();
                known.rules = forbid(json!({ "resource": HERE })).into();
            }),
            false,
        ),
        (
            "the person's yes was revoked",
            of_alice(|known| known.path[1].status = Status::Revoked { at: Time::from_unix(1) }),
            false,
        ),
        ("the client is gone", of_alice(|known| known.client = None), false),
        (
            "a machine's token needs no person",
            known_but(|known| known.rules = forbid(json!({})).into()),
            true,
        ),
    ];
    for (claim, facts, expected) in cases {
        assert_eq!(active(&by(client("api")), &facts), expected, "{claim}");
    }
}

/// Of one node: revoked or not, seconds until its end, and whether the link to its parent is the right one.
fn nodes() -> impl Strategy<Value = Vec<(bool, Option<i64>, bool)>> {
    let node = (
        proptest::bool::weighted(0.15),
        proptest::option::weighted(0.4, -1_i64..6),
        proptest::bool::weighted(0.95),
    );
    proptest::collection::vec(node, 0..5)
}

proptest! {
    #[test]
    fn a_token_is_active_only_while_every_ancestor_lives(nodes in nodes(), rooted in proptest::bool::weighted(0.9), disabled: bool) {
        let last = nodes.len().saturating_sub(1);
        let grown = nodes.iter().enumerate().map(|(level, (revoked, end, linked))| {
            let mut row = json!({ "id": format!("g{level}"), "client_id": "agent", "scope": "read", "resources": [HERE] });
            if *revoked {
                row["revoked_at"] = 1.into();
            }
            if let Some(end) = end {
                row["expires_at"] = NOW.saturating_add(*end).into();
            }
            if level < last || !rooted {
                row["parent"] = if *linked { format!("g{}", level.saturating_add(1)) } else { "elsewhere".to_owned() }.into();
            }
            facts::grant(&row)
        });
        let path: Vec<Grant> = grown.collect();
        let alive = nodes.iter().all(|(revoked, end, _)| !revoked && end.is_none_or(|end| end > 0));
        let whole = !nodes.is_empty() && rooted && nodes.iter().take(last).all(|(_, _, linked)| *linked);
        let facts = known_but(|known| {
            known.path = path;
            known.client = Some(Client { disabled: disabled.then_some(Time::from_unix(1)), ..client("agent") });
        });
        prop_assert_eq!(active(&by(client("api")), &facts), alive && whole && !disabled);
    }
}
