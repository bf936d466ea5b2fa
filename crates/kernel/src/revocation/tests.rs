//! RFC 7009 s2: who may take a token back, and that nobody else learns anything.

use proof::{Time, access_token, jws::Compact};
use serde_json::{Value, json};

use super::*;
use crate::{
    caller::{AdministratorCaller, Caller, PublicClient, PureMachine, UserDelegatedMachine, Who},
    client::{Client, Introspects},
    decision::{Answer, Change, Reply, Write},
    event::EventKind,
    grant,
    introspection::{Facts as Token, Known},
    moment::Moment,
    tenant::Reach,
    token,
    vectors::{self, facts, people, signer},
    why::Why,
};

const NOW: i64 = 1_795_000_000;
const ISSUER: &str = "https://as.example";
const HERE: &str = "https://mcp.example/mcp";

#[test]
fn golden_vectors_of_revocation_hold() {
    vectors::golden("revocation", |vector| {
        let asked = vectors::token_in_question(vector, |form| Request::parse(form).map(|request| request.token));
        asked
            .map(|(caller, token, _)| decide(&caller, &Facts::Access(token), &vector.at))
            .into()
    });
}

fn at() -> Moment {
    Moment {
        now: Time::from_unix(NOW),
        seed: [7; 32],
    }
}

fn client(id: &str) -> Client {
    facts::client(
        &json!({ "client_id": id, "token_endpoint_auth_method": "client_secret_basic", "client_secret_digest": "d" }),
    )
}

fn by(id: &str) -> Caller {
    Caller::plain(Who::PureMachine(PureMachine { client: client(id) }))
}

/// A token of the client `agent`; its record with these members changed.
fn token_of_agent(changed: &Value) -> Facts {
    let claims = json!({
        "iss": ISSUER, "sub": "agent", "aud": HERE, "client_id": "agent", "jti": "token-1", "scope": "read",
        "iat": NOW.saturating_sub(100), "exp": NOW.saturating_add(200),
    });
    let mut record = json!({
        "jti": "token-1", "grant": "leaf", "client_id": "agent", "aud": HERE, "scope": "read",
        "issued_at": NOW.saturating_sub(100), "expires_at": NOW.saturating_add(200),
    });
    for (name, value) in changed.as_object().unwrap() {
        record[name] = value.clone();
    }
    let token = signer::signed(Some("at+jwt"), &claims);
    let token = access_token::check(
        &Compact::parse(&token).unwrap(),
        &signer::key_set(),
        ISSUER,
        None,
        at().now,
        0,
    )
    .unwrap();
    let resource = json!({ "resource": HERE, "introspection_clients": ["api"] });
    Facts::Access(Token::Known(std::sync::Arc::new(Known {
        types: crate::detail::Types::default(),
        token,
        record: facts::record(&record),
        path: facts::path(&json!([{ "id": "leaf", "client_id": "agent", "scope": "read", "resources": [HERE] }])),
        client: Some(client("agent")),
        resource: Some(facts::resource(&resource)),
        user: None,
        rules: crate::policy::Rules::default(),
    })))
}

fn revoked() -> Write {
    Write::Token(token::Write::EnsureRevoked {
        id: facts::id("token-1"),
        at: at().now,
    })
}

#[test]
fn a_client_takes_back_its_own_token() {
    let decision = decide(&by("agent"), &token_of_agent(&json!({})), &at());
    assert_eq!(decision.answer(), &Answer::Issue(Reply::Done));
    assert_eq!(decision.change().sure, [revoked()]);
    assert!(
        decision.change().guards.is_empty(),
        "no race can be lost: taking back twice is taking back"
    );
    let [event] = decision.change().events.as_slice() else {
        panic!("one event")
    };
    assert_eq!(
        (event.kind, event.actor.as_deref(), event.about.as_deref()),
        (EventKind::TokenRevoked, Some("agent"), Some("token-1"))
    );
    assert_eq!(Value::from(event.body.clone()), json!({ "grant": "leaf" }));
}

#[test]
fn taking_back_again_is_fine() {
    let decision = decide(
        &by("agent"),
        &token_of_agent(&json!({ "revoked_at": NOW.saturating_sub(10) })),
        &at(),
    );
    assert_eq!(decision.answer(), &Answer::Issue(Reply::Done));
    assert_eq!(decision.change().sure, [revoked()]);
}

#[test]
fn the_token_of_another_client_stays_as_it_is() {
    let everything = Client {
        introspects: Introspects::Everything,
        ..client("gateway")
    };
    let callers = [
        (by("other"), "other", "a stranger"),
        (by("api"), "api", "the resource that the token is for"),
        (
            Caller::plain(Who::PureMachine(PureMachine { client: everything })),
            "gateway",
            "one that may know of it",
        ),
        (by("agen"), "agen", "a name that nearly fits"),
    ];
    for (caller, actor, claim) in callers {
        let decision = decide(&caller, &token_of_agent(&json!({})), &at());
        let change = decision.change();
        assert_eq!(
            Change {
                events: vec![],
                ..change.clone()
            },
            Change::default(),
            "{claim}"
        );
        let [event] = change.events.as_slice() else {
            panic!("one event")
        };
        assert_eq!(
            (event.kind, event.actor.as_deref()),
            (EventKind::RequestRefused, Some(actor)),
            "{claim}"
        );
        assert_eq!(event.about.as_deref(), Some("token-1"), "{claim}");
        assert_eq!(event.body["reason"], "token of another client", "{claim}");
    }
}

#[test]
fn the_record_decides_whose_token_it_is() {
    let decision = decide(&by("agent"), &token_of_agent(&json!({ "client_id": "other" })), &at());
    assert!(decision.change().sure.is_empty());
    let decision = decide(&by("other"), &token_of_agent(&json!({ "client_id": "other" })), &at());
    assert_eq!(decision.change().sure, [revoked()]);
}

#[test]
fn unknown_and_forbidden_look_the_same_as_done() {
    let answers = [
        decide(&by("agent"), &token_of_agent(&json!({})), &at()),
        decide(&by("agent"), &Facts::Access(Token::Unknown), &at()),
        decide(&by("other"), &token_of_agent(&json!({})), &at()),
    ];
    for decision in &answers {
        assert_eq!(
            decision.answer(),
            &Answer::Issue(Reply::Done),
            "RFC 7009 s2.2: 200 for an invalid token too"
        );
        assert!(decision.sign().is_empty());
    }
    let [event] = answers[1].change().events.as_slice() else {
        panic!("one event")
    };
    assert_eq!((event.kind, event.about.as_deref()), (EventKind::RequestRefused, None));
    assert_eq!(event.body["reason"], "no such token");
}

#[test]
fn only_a_client_that_authenticated_may_ask() {
    let callers = [
        Who::Anyone,
        Who::PublicClient(PublicClient {
            client: client("agent"),
        }),
        Who::UserDelegatedMachine(UserDelegatedMachine {
            client: facts::id("agent"),
            user: facts::id("u"),
        }),
        Who::Administrator(AdministratorCaller {
            expires: None,
            home: crate::TenantId::parse("acme").unwrap(),
            id: facts::id("a"),
            reach: Reach::Installation,
        }),
    ];
    for who in callers {
        let decision = decide(&Caller::plain(who), &token_of_agent(&json!({})), &at());
        assert_eq!(
            decision.answer(),
            &Answer::Refuse(Why::CredentialsMissing.code(), Why::CredentialsMissing),
            "RFC 7009 s2.1"
        );
        assert_eq!(
            Change {
                events: vec![],
                ..decision.change().clone()
            },
            Change::default()
        );
        assert_eq!(decision.change().events[0].kind, EventKind::RequestRefused);
    }
}

/// A line of refresh tokens of this client.
fn line_of(client: &str) -> Facts {
    Facts::Refresh(Box::new(people::family(&json!({
        "id": "family-1", "grant": "authorization-1", "client_id": client, "auth_time": NOW - 100, "generation": 3, "turned_at": NOW - 50, "created_at": NOW - 100,
    }))))
}

fn public(id: &str) -> Caller {
    let client = facts::client(&json!({ "client_id": id, "token_endpoint_auth_method": "none" }));
    Caller::plain(Who::PublicClient(PublicClient { client }))
}

#[test]
fn a_refresh_token_takes_the_whole_authorization_back() {
    for caller in [by("agent"), public("agent")] {
        let decision = decide(&caller, &line_of("agent"), &at());
        assert_eq!(decision.answer(), &Answer::Issue(Reply::Done));
        let revoked = Write::Grant(grant::Write::EnsureRevoked {
            id: facts::id("authorization-1"),
            at: at().now,
        });
        assert_eq!(
            decision.change().sure,
            [revoked],
            "RFC 7009 s2.1: and every token of it"
        );
        assert!(decision.change().guards.is_empty(), "no race can be lost");
        let [event] = decision.change().events.as_slice() else {
            panic!("one event")
        };
        assert_eq!(
            (event.kind, event.about.as_deref(), &event.body["grant"]),
            (EventKind::TokenRevoked, Some("family-1"), &json!("authorization-1"))
        );
    }
}

#[test]
fn the_refresh_token_of_another_client_stays_as_it_is() {
    for caller in [by("other"), public("other"), by("api")] {
        let decision = decide(&caller, &line_of("agent"), &at());
        assert_eq!(
            decision.answer(),
            &Answer::Issue(Reply::Done),
            "RFC 7009 s2.2: nobody finds out by trying"
        );
        assert_eq!(
            Change {
                events: vec![],
                ..decision.change().clone()
            },
            Change::default()
        );
        let [event] = decision.change().events.as_slice() else {
            panic!("one event")
        };
        assert_eq!(
            (event.kind, &event.body["reason"]),
            (EventKind::RequestRefused, &json!("refresh token of another client"))
        );
    }
}

#[test]
fn a_client_without_credential_takes_back_its_own_token_by_name() {
    let decision = decide(&public("agent"), &token_of_agent(&json!({})), &at());
    assert_eq!(decision.change().sure, [revoked()], "RFC 7009 s2.1");
    let decision = decide(&public("other"), &token_of_agent(&json!({})), &at());
    assert_eq!(
        (decision.answer(), decision.change().sure.len()),
        (&Answer::Issue(Reply::Done), 0)
    );
    let named_only = Caller::plain(Who::PublicClient(PublicClient {
        client: client("agent"),
    }));
    let decision = decide(&named_only, &line_of("agent"), &at());
    assert_eq!(
        decision.answer(),
        &Answer::Refuse(Why::CredentialsMissing.code(), Why::CredentialsMissing),
        "one with a secret shows it"
    );
}
