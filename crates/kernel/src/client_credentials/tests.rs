//! Tables of RFC 6749 s4.4, RFC 8707 s2, RFC 9068 s2 and RFC 9449 s5.

mod detailed;
mod issued;
mod property;

use proof::Time;
use serde_json::json;

use super::*;
use crate::{
    authority::{Ask, Audience, Authority, Scopes},
    caller::{AdministratorCaller, BrowserUser, Caller, PublicClient, PureMachine, UserDelegatedMachine, Who},
    client::{Binding, Client},
    decision::{Answer, Decision, Guard, Reply, Touch},
    deferred::Completion,
    event::EventKind,
    form::Form,
    grant::{self, Grant, Status},
    moment::Moment,
    resource::Resource,
    tenant::{Reach, Settings, Tenant},
    token,
    vectors::{self, Outcome, Presented, facts, people},
    why::Why,
};

const NOW: i64 = 1_795_000_000;
const HERE: &str = "https://mcp.example/mcp";
const ISSUER: &str = "https://as.example";

#[test]
fn golden_vectors_of_client_credentials_hold() {
    vectors::golden("client_credentials", |vector| {
        let loaded = vector.facts(&[
            "tenant",
            "client",
            "resource",
            "grants",
            "policy",
            "detail_types",
            "admitted_details",
            "refused_details",
        ]);
        let tenant = facts::tenant(&loaded["tenant"]);
        let presented = Presented::read(&vector.request);
        let decided = presented.form(token::Request::REPEATABLE).and_then(|form| {
            let token::Request::ClientCredentials(request) = token::Request::parse(&form)? else {
                panic!("a client credentials request");
            };
            let client = loaded.get("client").map(facts::client);
            let caller = presented.caller(&form, client, &tenant, vector.at.now)?;
            let grants = loaded["grants"].as_array().unwrap().iter().map(facts::path).collect();
            let resource = loaded.get("resource").map(facts::resource);
            Ok(decide(
                &request,
                &caller,
                &Facts {
                    budgets: std::collections::BTreeMap::new(),
                    policy: vectors::policies::policy(loaded.get("policy")),
                    client_epoch: None,
                    keys: &people::any_tenant_keys(),
                    approvals: Vec::new(),
                    tenant: &tenant,
                    resource,
                    grants,
                    types: vectors::details::types(loaded),
                },
                &vector.at,
            ))
        });
        Outcome::from(decided)
    });
}

fn at() -> Moment {
    Moment {
        now: Time::from_unix(NOW),
        seed: [7; 32],
    }
}

fn tenant() -> Tenant {
    facts::tenant(&json!({ "id": "default", "issuer": ISSUER }))
}

fn machine() -> Client {
    facts::client(&json!({
        "client_id": "machine",
        "token_endpoint_auth_method": "client_secret_basic",
        "client_secret_digest": "a-digest-nobody-may-see",
        "grant_types": ["client_credentials"],
    }))
}

fn called_by(client: Client) -> Caller {
    Caller::plain(Who::PureMachine(PureMachine { client }))
}

fn bound(client: Client) -> Caller {
    Caller {
        key: Some(crate::Confirmation::Jkt(
            "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I".to_owned(),
        )),
        ..called_by(client)
    }
}

fn here() -> Resource {
    facts::resource(&json!({ "resource": HERE, "scopes": { "read": "see it", "write": "change it" } }))
}

fn root(id: &str, scope: &str) -> Grant {
    facts::grant(
        &json!({ "id": id, "client_id": "machine", "scope": scope, "resources": [HERE], "depth": 3, "epoch": 2 }),
    )
}

/// A child of `parent` with this scope, made the only way there is.
fn child(id: &str, parent: &Grant, scope: &str) -> Grant {
    let ask = Ask {
        details: crate::Details::default(),
        powers: crate::power::Powers::default(),
        scopes: Scopes::parse(scope).unwrap(),
        audiences: parent.authority.audiences().clone(),
        expires: None,
        depth: parent.authority.depth().saturating_sub(1),
    };
    Grant {
        id: facts::id(id),
        authority: parent
            .authority
            .narrow(
                &ask,
                &crate::detail::Types::default(),
                &crate::power::DataClasses::default(),
            )
            .unwrap(),
        parent: Some(parent.id.clone()),
        ..parent.clone()
    }
}

fn ask(body: &str) -> Result<Request, Why> {
    Request::parse(&Form::parse(body.as_bytes(), token::Request::REPEATABLE)?)
}

/// Asks with this body, by this caller, where these are registered and granted.
fn answered(body: &str, caller: &Caller, resource: Option<Resource>, grants: Vec<Vec<Grant>>) -> Decision {
    let tenant = &tenant();
    decide(
        &ask(body).unwrap(),
        caller,
        &Facts {
            budgets: std::collections::BTreeMap::new(),
            types: crate::detail::Types::default(),
            policy: crate::policy::Policy::built_in(),
            client_epoch: None,
            keys: &people::any_tenant_keys(),
            approvals: Vec::new(),
            tenant,
            resource,
            grants,
        },
        &at(),
    )
}

/// Asks for this scope at the resource, with these grants.
fn asked(scope: &str, grants: Vec<Vec<Grant>>) -> Decision {
    let body = format!("scope={scope}&resource={HERE}");
    answered(&body, &called_by(machine()), Some(here()), grants)
}

/// Asks with this body, with one grant of everything.
fn with_one_grant(body: &str, caller: &Caller, resource: Option<Resource>) -> Decision {
    answered(body, caller, resource, vec![vec![root("g", "read write admin")]])
}

fn why(decision: &Decision) -> Option<Why> {
    match decision.answer() {
        Answer::Refuse(_, why) => Some(why.clone()),
        Answer::Issue(_) | Answer::Wait(_) => None,
    }
}

/// The record of the token that is created, if one is.
fn created(decision: &Decision) -> Option<&token::Record> {
    decision.change().guards.iter().find_map(|guard| {
        let Guard::Token(token::Guard::Create(record)) = guard else {
            return None;
        };
        Some(record.as_ref())
    })
}

fn record(decision: &Decision) -> &token::Record {
    created(decision).unwrap_or_else(|| panic!("a token, not {:?}", decision.answer()))
}

fn claims(decision: &Decision) -> &proof::json::Object {
    &decision.sign()[0].claims
}

fn kind_and_life(decision: &Decision) -> (token::Kind, i64) {
    let Answer::Issue(Reply::Token {
        access: 0,
        kind,
        expires_in_seconds,
        ..
    }) = decision.answer()
    else {
        panic!("a token, not {:?}", decision.answer());
    };
    (*kind, *expires_in_seconds)
}

#[test]
fn the_form_is_read_as_rfc_6749_and_rfc_8707_say() {
    let read = |scope: Option<&str>, resource: Option<&str>| {
        Ok(Request {
            limits: crate::power::ExecutionLimits::default(),
            details: None,
            scopes: scope.map(|text| Scopes::parse(text).unwrap()),
            resource: resource.map(facts::uri),
            completion: Completion::Now,
        })
    };
    let cases = [
        ("", read(None, None), "both are optional"),
        (
            "scope=&resource=",
            read(None, None),
            "without a value is omitted (RFC 6749 s3.1)",
        ),
        ("scope=+", read(None, None), "a list of nothing is no list"),
        (
            "scope=write+read",
            read(Some("read write"), None),
            "space-separated, order without meaning (s3.3)",
        ),
        (
            "resource=https%3A%2F%2Fmcp.example%2Fmcp",
            read(None, Some(HERE)),
            "RFC 8707 s2",
        ),
        (
            "scope=a%22b",
            Err(Why::ScopeMalformed),
            "a quote is no scope character (s3.3)",
        ),
        (
            "resource=mcp",
            Err(Why::ResourceUnknown),
            "an absolute URI (RFC 8707 s2)",
        ),
        (
            "resource=https%3A%2F%2Fmcp.example%2F%23here",
            Err(Why::ResourceUnknown),
            "without fragment (RFC 8707 s2)",
        ),
        (
            "resource=https://a.example&resource=https://b.example",
            Err(Why::ResourceRepeated),
            "one audience",
        ),
        (
            "scope=a&scope=b",
            Err(Why::UnknownParameterRepeated),
            "never twice (RFC 6749 s3.2)",
        ),
    ];
    for (body, expected, claim) in cases {
        assert_eq!(ask(body), expected, "{claim}: {body}");
    }
}

#[test]
fn the_grant_type_is_named_and_known() {
    let cases = [
        ("", Why::ParameterMissing("grant_type"), "invalid_request"),
        ("grant_type=", Why::ParameterMissing("grant_type"), "invalid_request"),
        ("grant_type=password", Why::GrantTypeUnknown, "unsupported_grant_type"),
        (
            "grant_type=Client_Credentials",
            Why::GrantTypeUnknown,
            "unsupported_grant_type",
        ),
        (
            "grant_type=client_credentials&resource=x",
            Why::ResourceUnknown,
            "invalid_target",
        ),
        (
            "grant_type=client_credentials&scope=%5C",
            Why::ScopeMalformed,
            "invalid_scope",
        ),
    ];
    for (body, expected, code) in cases {
        let form = Form::parse(body.as_bytes(), token::Request::REPEATABLE).unwrap();
        assert_eq!(token::Request::parse(&form), Err(expected.clone()), "{body}");
        assert_eq!(expected.code().name(), code, "{body}");
    }
    let form = Form::parse(b"grant_type=client_credentials&unknown=x", token::Request::REPEATABLE).unwrap();
    let expected = token::Request::ClientCredentials(Request {
        limits: crate::power::ExecutionLimits::default(),
        details: None,
        scopes: None,
        resource: None,
        completion: Completion::Now,
    });
    assert_eq!(
        token::Request::parse(&form),
        Ok(expected),
        "unknown parameters are ignored (RFC 6749 s3.2)"
    );
}

/// One request that breaks every rule; each row repairs one more, so the rows are the order of the rules.
#[test]
fn the_first_broken_rule_is_the_one_that_is_told() {
    let body = format!("scope=admin&resource={HERE}");
    let registered = || Client {
        binding: Binding::Required,
        ..machine()
    };
    let nothing = || Client {
        grant_types: [].into(),
        ..registered()
    };
    let public = || Caller::plain(Who::PublicClient(PublicClient { client: nothing() }));
    let with_key = || bound(registered());
    let disabled = || Resource {
        disabled: Some(Time::from_unix(1)),
        ..here()
    };
    let dead = || facts::grant(&json!({ "id": "g", "client_id": "machine", "scope": "read", "revoked_at": 1 }));
    let elsewhere = || facts::grant(&json!({ "id": "g", "client_id": "machine", "scope": "read" }));
    let short = || root("g", "read");
    let rows = [
        (public(), None, dead(), Why::CredentialsMissing, "invalid_client"),
        (
            called_by(nothing()),
            None,
            dead(),
            Why::GrantTypeNotAllowed,
            "unauthorized_client",
        ),
        (
            called_by(registered()),
            None,
            dead(),
            Why::DpopMissing,
            "invalid_dpop_proof",
        ),
        (with_key(), None, dead(), Why::ResourceUnknown, "invalid_target"),
        (
            with_key(),
            Some(disabled()),
            dead(),
            Why::ResourceDisabled,
            "invalid_target",
        ),
        (with_key(), Some(here()), dead(), Why::NoGrant, "unauthorized_client"),
        (
            with_key(),
            Some(here()),
            elsewhere(),
            Why::ResourceNotGranted,
            "invalid_target",
        ),
        (with_key(), Some(here()), short(), Why::ScopeNotGranted, "invalid_scope"),
    ];
    for (caller, resource, grant, expected, code) in rows {
        let decision = answered(&body, &caller, resource, vec![vec![grant]]);
        assert_eq!(decision.answer(), &Answer::Refuse(expected.code(), expected.clone()));
        assert_eq!(expected.code().name(), code, "{expected:?}");
    }
    let knows_it = facts::resource(&json!({ "resource": HERE, "scopes": { "admin": "everything" } }));
    let decision = answered(&body, &with_key(), Some(knows_it), vec![vec![root("g", "admin")]]);
    assert_eq!(
        record(&decision).scope,
        "admin",
        "with nothing left to break it is issued"
    );
}

#[test]
fn only_a_client_that_authenticated_may_ask() {
    let callers = [
        Who::Anyone,
        Who::PublicClient(PublicClient { client: machine() }),
        Who::BrowserUser(BrowserUser {
            user: people::user(&json!({ "id": "u" })),
            session: people::browser_session(&json!({ "id": "s", "user_id": "u", "signed_in_at": NOW })),
        }),
        Who::UserDelegatedMachine(UserDelegatedMachine {
            client: facts::id("machine"),
            user: facts::id("u"),
        }),
        Who::Agent(crate::caller::Agent {
            host: facts::id("h"),
            session: None,
        }),
        Who::Administrator(AdministratorCaller {
            expires: None,
            home: crate::TenantId::parse("acme").unwrap(),
            id: facts::id("a"),
            reach: Reach::Installation,
        }),
    ];
    for who in callers {
        let caller = Caller::plain(who);
        let decision = with_one_grant("", &caller, None);
        assert_eq!(
            why(&decision),
            Some(Why::CredentialsMissing),
            "{}",
            caller.kind().name()
        );
    }
}

#[test]
fn a_refusal_changes_nothing_and_says_why_in_one_event() {
    let decision = with_one_grant(
        &format!("scope=unheard&resource={HERE}"),
        &called_by(machine()),
        Some(here()),
    );
    let change = decision.change();
    assert!(
        decision.sign().is_empty() && change.guards.is_empty() && change.sure.is_empty() && change.touches.is_empty()
    );
    let [event] = change.events.as_slice() else {
        panic!("one event")
    };
    assert_eq!(
        (event.kind, event.actor.as_deref(), event.at),
        (EventKind::RequestRefused, Some("machine"), at().now)
    );
    assert_eq!(event.body["error"], "invalid_scope");
    assert_eq!(event.body["reason"], Why::ScopeNotGranted.told());
}

#[test]
fn any_one_grant_suffices_but_it_must_hold_all_that_is_asked() {
    type Granted = [(&'static str, &'static str)];
    let cases: [(&Granted, &str, &str, &str); 6] = [
        (
            &[("g1", "read"), ("g2", "read write")],
            "read+write",
            "g2",
            "the first lacks one scope, the second has both",
        ),
        (
            &[("g1", "read write"), ("g2", "read write")],
            "read",
            "g1",
            "the first that suffices",
        ),
        (
            &[("g1", "read"), ("g2", "write")],
            "read+write",
            "none",
            "two halves are no whole",
        ),
        (
            &[("g1", "read")],
            "read+unheard",
            "none",
            "one scope too many refuses all",
        ),
        (
            &[("g1", "admin read")],
            "admin",
            "none",
            "granted, but no scope of this resource",
        ),
        (
            &[("g1", "read")],
            "write",
            "none",
            "a scope of the resource, but not granted",
        ),
    ];
    for (grants, scope, expected, claim) in cases {
        let decision = asked(scope, grants.iter().map(|(id, scope)| vec![root(id, scope)]).collect());
        let chosen = created(&decision).map_or("none", |record| record.grant.as_str());
        assert_eq!(chosen, expected, "{claim}");
        assert_eq!(
            why(&decision),
            (expected == "none").then_some(Why::ScopeNotGranted),
            "{claim}"
        );
    }
}

#[test]
fn a_grant_counts_only_while_it_and_every_ancestor_live() {
    let top = root("r", "read write");
    let middle = child("m", &top, "read write");
    let leaf = child("l", &middle, "read");
    let revoked = |grant: &Grant| Grant {
        status: Status::Revoked { at: at().now },
        ..grant.clone()
    };
    let ending = |grant: &Grant, end: i64| {
        let ask = Ask {
            details: crate::Details::default(),
            powers: crate::power::Powers::default(),
            scopes: grant.authority.scopes().clone(),
            audiences: grant.authority.audiences().clone(),
            expires: Some(Time::from_unix(end)),
            depth: grant.authority.depth(),
        };
        Grant {
            authority: Authority::root(ask),
            ..grant.clone()
        }
    };
    let cases = [
        (vec![leaf.clone(), middle.clone(), top.clone()], None, "all live"),
        (
            vec![revoked(&leaf), middle.clone(), top.clone()],
            Some(Why::NoGrant),
            "revoked itself",
        ),
        (
            vec![leaf.clone(), revoked(&middle), top.clone()],
            Some(Why::NoGrant),
            "the parent is revoked",
        ),
        (
            vec![leaf.clone(), middle.clone(), revoked(&top)],
            Some(Why::NoGrant),
            "the root is revoked",
        ),
        (
            vec![leaf.clone(), middle.clone(), ending(&top, NOW)],
            Some(Why::NoGrant),
            "the root ends now",
        ),
        (
            vec![leaf.clone(), middle.clone(), ending(&top, NOW.saturating_add(1))],
            None,
            "the root has a second left",
        ),
        (
            vec![leaf, middle],
            Some(Why::NoGrant),
            "a path without root fails closed",
        ),
        (vec![], Some(Why::NoGrant), "no path fails closed"),
    ];
    for (path, expected, claim) in cases {
        assert_eq!(why(&asked("read", vec![path.clone()])), expected, "{claim}");
        let other = vec![root("other", "read")];
        assert_eq!(
            why(&asked("read", vec![path, other])),
            None,
            "another grant lives: {claim}"
        );
    }
    assert_eq!(
        why(&asked("read", vec![])),
        Some(Why::NoGrant),
        "nothing was ever granted"
    );
}

#[test]
fn a_client_that_changed_meanwhile_is_refused_at_the_second_look() {
    let tenant = &tenant();
    for (epoch, expected) in [
        (None, None),
        (Some(0), None),
        (Some(1), Some(Why::ClientChanged)),
        (Some(i64::MIN), Some(Why::ClientChanged)),
    ] {
        let facts = Facts {
            budgets: std::collections::BTreeMap::new(),
            types: crate::detail::Types::default(),
            policy: crate::policy::Policy::built_in(),
            client_epoch: epoch,
            keys: &people::any_tenant_keys(),
            approvals: Vec::new(),
            tenant,
            resource: Some(here()),
            grants: vec![vec![root("g", "read")]],
        };
        let decision = decide(
            &ask(&format!("resource={HERE}")).unwrap(),
            &called_by(machine()),
            &facts,
            &at(),
        );
        match (decision.answer(), expected) {
            (Answer::Issue(_), None) => {}
            (Answer::Refuse(code, why), Some(expected)) => {
                assert_eq!((code.name(), why), ("invalid_client", &expected));
            }
            (answer, _) => panic!("{epoch:?}: {answer:?}"),
        }
    }
}
