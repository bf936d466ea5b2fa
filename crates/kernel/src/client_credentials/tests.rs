//! Tables of RFC 6749 s4.4, RFC 8707 s2, RFC 9068 s2 and RFC 9449 s5; then what holds for every request.

use proof::{Algorithm, Time};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{
    authority::{Ask, Audience, Authority, Scopes},
    caller::{AdministratorCaller, BrowserUser, Caller, PublicClient, PureMachine, UserDelegatedMachine, Who},
    client::{Binding, Client},
    decision::{Answer, Decision, Guard, Reply, Touch},
    event::EventKind,
    form::Form,
    grant::{self, Grant, Status},
    moment::Moment,
    resource::Resource,
    tenant::{Reach, Settings, Tenant},
    token,
    vectors::{self, Outcome, Presented, facts},
    why::Why,
};

const NOW: i64 = 1_795_000_000;
const HERE: &str = "https://mcp.example/mcp";
const ISSUER: &str = "https://as.example";

#[test]
fn golden_vectors_of_client_credentials_hold() {
    vectors::golden("client_credentials", |vector| {
        let loaded = vector.facts(&["tenant", "client", "resource", "grants"]);
        let tenant = facts::tenant(&loaded["tenant"]);
        let presented = Presented::read(&vector.request);
        let decided = presented.form(token::Request::REPEATABLE).and_then(|form| {
            let token::Request::ClientCredentials(request) = token::Request::parse(&form)?;
            let client = loaded.get("client").map(facts::client);
            let caller = presented.caller(&form, client, &tenant.issuer, vector.at.now)?;
            let grants = loaded["grants"].as_array().unwrap().iter().map(facts::path).collect();
            let resource = loaded.get("resource").map(facts::resource);
            Ok(decide(
                &request,
                &caller,
                &Facts {
                    tenant: &tenant,
                    resource,
                    grants,
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
        key: Some("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I".to_owned()),
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
        scopes: Scopes::parse(scope).unwrap(),
        audiences: parent.authority.audiences().clone(),
        expires: None,
        depth: parent.authority.depth().saturating_sub(1),
    };
    Grant {
        id: facts::id(id),
        authority: parent.authority.narrow(&ask).unwrap(),
        parent: Some(parent.id.clone()),
        ..parent.clone()
    }
}

fn ask(body: &str) -> Result<Request, Why> {
    Request::parse(&Form::parse(body.as_bytes(), token::Request::REPEATABLE)?)
}

/// Asks for a token at the resource, with these grants.
fn asked(scope: &str, grants: Vec<Vec<Grant>>) -> Decision {
    let request = ask(&format!("scope={scope}&resource={HERE}")).unwrap();
    let tenant = tenant();
    decide(
        &request,
        &called_by(machine()),
        &Facts {
            tenant: &tenant,
            resource: Some(here()),
            grants,
        },
        &at(),
    )
}

/// Asks for a token with this body, by this caller, of a tenant with one grant of `read write`.
fn with_one_grant(body: &str, caller: &Caller, resource: Option<Resource>) -> Decision {
    let tenant = tenant();
    let grants = vec![vec![root("g", "read write admin")]];
    decide(
        &ask(body).unwrap(),
        caller,
        &Facts {
            tenant: &tenant,
            resource,
            grants,
        },
        &at(),
    )
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
    match decision.answer() {
        Answer::Issue(Reply::Token {
            access: 0,
            kind,
            expires_in_seconds,
            ..
        }) => (*kind, *expires_in_seconds),
        other => panic!("a token, not {other:?}"),
    }
}

#[test]
fn the_form_is_read_as_rfc_6749_and_rfc_8707_say() {
    let read = |scope: Option<&str>, resource: Option<&str>| {
        Ok(Request {
            scopes: scope.map(|text| Scopes::parse(text).unwrap()),
            resource: resource.map(facts::uri),
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
        scopes: None,
        resource: None,
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
    let tenant = tenant();
    let request = ask(&format!("scope=admin&resource={HERE}")).unwrap();
    let disabled = Resource {
        disabled: Some(Time::from_unix(1)),
        ..here()
    };
    let nothing = Client {
        grant_types: [].into(),
        binding: Binding::Required,
        ..machine()
    };
    let registered = Client {
        grant_types: machine().grant_types,
        ..nothing.clone()
    };
    let dead = Grant {
        status: Status::Revoked { at: Time::from_unix(1) },
        ..root("g", "read")
    };
    let elsewhere = facts::grant(&json!({ "id": "g", "client_id": "machine", "scope": "read" }));
    let public = Caller::plain(Who::PublicClient(PublicClient {
        client: nothing.clone(),
    }));
    let rows = [
        (public, None, dead.clone(), Why::CredentialsMissing, "invalid_client"),
        (
            called_by(nothing),
            None,
            dead.clone(),
            Why::GrantTypeNotAllowed,
            "unauthorized_client",
        ),
        (
            called_by(registered.clone()),
            None,
            dead.clone(),
            Why::DpopMissing,
            "invalid_dpop_proof",
        ),
        (
            bound(registered.clone()),
            None,
            dead.clone(),
            Why::ResourceUnknown,
            "invalid_target",
        ),
        (
            bound(registered.clone()),
            Some(disabled),
            dead.clone(),
            Why::ResourceDisabled,
            "invalid_target",
        ),
        (
            bound(registered.clone()),
            Some(here()),
            dead,
            Why::NoGrant,
            "unauthorized_client",
        ),
        (
            bound(registered.clone()),
            Some(here()),
            elsewhere,
            Why::ResourceNotGranted,
            "invalid_target",
        ),
        (
            bound(registered.clone()),
            Some(here()),
            root("g", "read"),
            Why::ScopeNotGranted,
            "invalid_scope",
        ),
    ];
    for (caller, resource, grant, expected, code) in rows {
        let decision = decide(
            &request,
            &caller,
            &Facts {
                tenant: &tenant,
                resource,
                grants: vec![vec![grant]],
            },
            &at(),
        );
        assert_eq!(decision.answer(), &Answer::Refuse(expected.code(), expected.clone()));
        assert_eq!(expected.code().name(), code, "{expected:?}");
    }
    let knows_it = facts::resource(&json!({ "resource": HERE, "scopes": { "admin": "everything" } }));
    let grants = vec![vec![root("g", "admin")]];
    let decision = decide(
        &request,
        &bound(registered),
        &Facts {
            tenant: &tenant,
            resource: Some(knows_it),
            grants,
        },
        &at(),
    );
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
            user: facts::id("u"),
            browser_session: facts::id("s"),
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
    let cases: [(&[(&str, &str)], &str, &str, &str); 6] = [
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
fn without_scope_the_token_gets_what_the_grant_and_the_place_share() {
    let resource = || Some(here());
    let at_resource = format!("resource={HERE}");
    let cases = [
        (
            at_resource.as_str(),
            resource(),
            vec![("g1", "admin read write")],
            "read write",
            "g1",
            "the resource knows no admin",
        ),
        (
            "",
            None,
            vec![("g1", "admin read write")],
            "admin read write",
            "g1",
            "our own endpoints know every scope",
        ),
        (
            at_resource.as_str(),
            resource(),
            vec![("g1", "admin"), ("g2", "read")],
            "read",
            "g2",
            "a grant that gives nothing is passed over",
        ),
        (
            at_resource.as_str(),
            resource(),
            vec![("g1", "admin"), ("g2", "")],
            "",
            "g1",
            "unless all give nothing",
        ),
    ];
    for (body, resource, grants, scope, grant, claim) in cases {
        let tenant = tenant();
        let grants = grants.iter().map(|(id, scope)| vec![root(id, scope)]).collect();
        let facts = Facts {
            tenant: &tenant,
            resource,
            grants,
        };
        let decision = decide(&ask(body).unwrap(), &called_by(machine()), &facts, &at());
        let made = record(&decision);
        assert_eq!((made.scope.as_str(), made.grant.as_str()), (scope, grant), "{claim}");
        let claimed = claims(&decision).get("scope").and_then(Value::as_str);
        assert_eq!(
            claimed,
            Some(scope).filter(|scope| !scope.is_empty()),
            "no empty scope claim (RFC 9068 s2.2.3): {claim}"
        );
    }
}

#[test]
fn without_resource_the_token_is_for_our_own_endpoints() {
    let decision = with_one_grant("scope=admin", &called_by(machine()), None);
    assert_eq!(record(&decision).audience, Audience::Issuer);
    assert_eq!(claims(&decision)["aud"], ISSUER);
    let tenant = tenant();
    let elsewhere = facts::grant(&json!({
        "id": "g", "client_id": "machine", "scope": "admin", "resources": [HERE], "own_endpoints": false,
    }));
    let facts = Facts {
        tenant: &tenant,
        resource: None,
        grants: vec![vec![elsewhere]],
    };
    let decision = decide(&ask("").unwrap(), &called_by(machine()), &facts, &at());
    assert_eq!(
        why(&decision),
        Some(Why::ResourceNotGranted),
        "a grant for a resource alone does not reach us"
    );
}

#[test]
fn the_token_lives_as_the_tenant_says_and_never_longer_than_its_grant() {
    let cases = [
        (300, None, 300, "the tenant's lifetime"),
        (60, None, 60, "the shortest a tenant may choose"),
        (3_600, None, 3_600, "the longest a tenant may choose"),
        (300, Some(301), 300, "the grant outlives it"),
        (300, Some(300), 300, "both end together"),
        (300, Some(299), 299, "the grant ends first"),
        (300, Some(1), 1, "a second is left"),
    ];
    for (access_token_seconds, left, expected, claim) in cases {
        let tenant = Tenant {
            settings: Settings {
                access_token_seconds,
                ..tenant().settings
            },
            ..tenant()
        };
        let mut row = json!({ "id": "g", "client_id": "machine", "scope": "read", "resources": [HERE] });
        if let Some(left) = left {
            row["expires_at"] = NOW.saturating_add(left).into();
        }
        let facts = Facts {
            tenant: &tenant,
            resource: None,
            grants: vec![vec![facts::grant(&row)]],
        };
        let decision = decide(&ask("").unwrap(), &called_by(machine()), &facts, &at());
        let end = NOW.saturating_add(expected);
        assert_eq!(kind_and_life(&decision).1, expected, "{claim}");
        assert_eq!(record(&decision).expires.unix(), end, "{claim}");
        assert_eq!(claims(&decision)["exp"], end, "{claim}");
    }
}

#[test]
fn the_algorithm_is_the_clients_choice_then_the_resources_then_eddsa() {
    let (ed, es) = (Algorithm::EdDSA, Algorithm::ES256);
    let cases = [
        (None, None, ed),
        (None, Some(es), es),
        (None, Some(ed), ed),
        (Some(es), None, es),
        (Some(es), Some(ed), es),
        (Some(ed), Some(es), ed),
    ];
    for (of_client, of_resource, expected) in cases {
        let caller = called_by(Client {
            token_algorithm: of_client,
            ..machine()
        });
        let resource = Resource {
            token_algorithm: of_resource,
            ..here()
        };
        let decision = with_one_grant(&format!("resource={HERE}"), &caller, Some(resource));
        assert_eq!(
            decision.sign()[0].algorithm,
            expected,
            "client {of_client:?}, resource {of_resource:?}"
        );
    }
}

#[test]
fn the_token_is_bound_exactly_when_a_key_was_proved() {
    let required = Client {
        binding: Binding::Required,
        ..machine()
    };
    let key = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
    for caller in [bound(machine()), bound(required)] {
        let decision = with_one_grant("", &caller, None);
        assert_eq!(claims(&decision)["cnf"], json!({ "jkt": key }), "RFC 9449 s6.1");
        assert_eq!(record(&decision).key.as_deref(), Some(key));
        assert_eq!(kind_and_life(&decision).0.name(), "DPoP", "RFC 9449 s5");
        assert_eq!(decision.change().events[0].body["bound"], true);
    }
    let decision = with_one_grant("", &called_by(machine()), None);
    assert_eq!(claims(&decision).get("cnf"), None);
    assert_eq!(record(&decision).key, None);
    assert_eq!(kind_and_life(&decision).0.name(), "Bearer", "RFC 6750");
    assert_eq!(decision.change().events[0].body["bound"], false);
}

#[test]
fn the_claims_are_those_of_rfc_9068_and_no_others() {
    let decision = with_one_grant(&format!("scope=read&resource={HERE}"), &bound(machine()), Some(here()));
    let expected = json!({
        "iss": ISSUER,
        "sub": "machine",
        "aud": HERE,
        "client_id": "machine",
        "iat": NOW,
        "exp": 1_795_000_300_i64,
        "jti": record(&decision).id.as_str(),
        "scope": "read",
        "cnf": { "jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" },
    });
    assert_eq!(Value::from(claims(&decision).clone()), expected);
    assert_eq!(decision.sign().len(), 1);
    assert_eq!(decision.sign()[0].typ, "at+jwt", "RFC 9068 s2.1");
}

#[test]
fn the_answer_relies_on_every_grant_of_the_path_and_on_a_new_token() {
    let top = Grant {
        epoch: 5,
        ..root("r", "read write")
    };
    let leaf = Grant {
        epoch: 9,
        ..child("l", &top, "read")
    };
    let other = vec![root("other", "write")];
    let decision = asked("read", vec![other, vec![leaf, top]]);
    let live = |id: &str, epoch| {
        Guard::Grant(grant::Guard::Live {
            id: facts::id(id),
            epoch,
        })
    };
    let made = record(&decision).clone();
    let expected = [
        live("l", 9),
        live("r", 5),
        Guard::Token(token::Guard::Create(Box::new(made.clone()))),
    ];
    assert_eq!(decision.change().guards, expected);
    assert_eq!(
        made,
        token::Record {
            id: at().id("token"),
            grant: facts::id("l"),
            client: facts::id("machine"),
            audience: Audience::Resource(facts::uri(HERE)),
            scope: "read".to_owned(),
            key: None,
            issued: at().now,
            expires: Time::from_unix(1_795_000_300),
            revoked: None,
        }
    );
    assert!(decision.change().sure.is_empty());
    let used = Touch::ClientUsed {
        id: facts::id("machine"),
        at: at().now,
    };
    assert_eq!(decision.change().touches, [used]);
}

#[test]
fn the_audit_entry_names_the_token_the_grant_the_place_and_the_end() {
    let decision = with_one_grant(
        &format!("scope=write&resource={HERE}"),
        &called_by(machine()),
        Some(here()),
    );
    let [event] = decision.change().events.as_slice() else {
        panic!("one event")
    };
    assert_eq!(event.kind.name(), "token.issued");
    assert_eq!(event.actor.as_deref(), Some("machine"));
    assert_eq!(event.about.as_deref(), Some(record(&decision).id.as_str()));
    assert_eq!(event.request_id, at().request_id());
    let expected =
        json!({ "grant": "g", "audience": HERE, "scope": "write", "expires": 1_795_000_300_i64, "bound": false });
    assert_eq!(Value::from(event.body.clone()), expected);
}

#[test]
fn nothing_of_the_decision_holds_a_secret() {
    let seed = Moment {
        now: at().now,
        seed: *b"canary-canary-canary-canary-seed",
    };
    let tenant = tenant();
    for (scope, grants) in [
        ("read", vec![vec![root("g", "read")]]),
        ("write", vec![vec![root("g", "read")]]),
    ] {
        let request = ask(&format!("scope={scope}&resource={HERE}")).unwrap();
        let facts = Facts {
            tenant: &tenant,
            resource: Some(here()),
            grants,
        };
        let decision = format!("{:?}", decide(&request, &bound(machine()), &facts, &seed));
        for secret in ["a-digest-nobody-may-see", "canary", &format!("{:?}", seed.seed)] {
            assert!(!decision.contains(secret), "{secret} in {decision}");
        }
    }
}

/// A step down the tree: what is asked of the parent, and whether the child was revoked.
type Step = (Vec<String>, Vec<u8>, Option<i64>, bool);

fn place(n: u8) -> Audience {
    match n {
        0 => Audience::Issuer,
        n => Audience::Resource(facts::uri(&format!("https://r{n}.example/api"))),
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let scopes = proptest::collection::vec("[abc]", 0..4);
    let places = proptest::collection::vec(0_u8..3, 0..4);
    let end = proptest::option::weighted(0.3, -2_i64..400);
    proptest::collection::vec((scopes, places, end, proptest::bool::weighted(0.2)), 1..4)
}

/// A root and what could be narrowed from it, as a path from the last to the root.
fn grown(number: usize, steps: &[Step]) -> Vec<Grant> {
    let mut path: Vec<Grant> = Vec::new();
    for (level, (scopes, places, end, revoked)) in steps.iter().enumerate() {
        let ask = Ask {
            scopes: Scopes::parse(&scopes.join(" ")).unwrap(),
            audiences: places.iter().map(|n| place(*n)).collect(),
            expires: end.map(|end| Time::from_unix(NOW).plus(end)),
            depth: u8::try_from(4_usize.saturating_sub(level)).unwrap(),
        };
        let parent = path.first();
        let Some(authority) = parent.map_or(Some(Authority::root(ask.clone())), |parent| {
            parent.authority.narrow(&ask).ok()
        }) else {
            continue;
        };
        let status = if *revoked {
            Status::Revoked {
                at: Time::from_unix(NOW),
            }
        } else {
            Status::Active
        };
        let parent = parent.map(|parent| parent.id.clone());
        let grant = Grant {
            id: facts::id(&format!("g{number}.{level}")),
            authority,
            parent,
            status,
            ..root("g", "")
        };
        path.insert(0, grant);
    }
    path
}

proptest! {
    #[test]
    fn whatever_is_issued_lies_within_one_living_grant_and_never_outlives_it(
        trees in proptest::collection::vec(steps(), 0..4),
        wanted in proptest::option::of("[abc]( [abc])?"),
        target in proptest::option::of(1_u8..3),
        known in proptest::collection::vec("[abc]", 0..4),
        access_token_seconds in 60_i64..=3_600,
    ) {
        let at = at();
        let tenant = Tenant { settings: Settings { access_token_seconds, ..tenant().settings }, ..tenant() };
        let audience = target.map_or(Audience::Issuer, place);
        let resource = match &audience {
            Audience::Issuer => None,
            Audience::Resource(uri) => Some(Resource {
                uri: uri.clone(),
                scopes: known.iter().map(|scope| (scope.clone(), String::new())).collect(),
                ..here()
            }),
        };
        let scopes = wanted.as_deref().map(|text| Scopes::parse(text).unwrap());
        let request = Request { scopes: scopes.clone(), resource: resource.as_ref().map(|resource| resource.uri.clone()) };
        let grants: Vec<Vec<Grant>> = trees.iter().enumerate().map(|(number, steps)| grown(number, steps)).collect();
        let knows = |scope: &str| resource.as_ref().is_none_or(|resource| resource.scopes.contains_key(scope));

        // What the definitions say, in other words than the rule's.
        let suffices = |path: &&Vec<Grant>| {
            let alive = path.iter().all(|node| {
                node.status == Status::Active && node.authority.expires().is_none_or(|end| end > at.now)
            });
            let wanted = scopes.iter().flat_map(Scopes::iter).all(|scope| knows(scope) && path[0].authority.scopes().contains(scope));
            alive && wanted && path[0].authority.audiences().contains(&audience)
        };
        let possible: Vec<&str> = grants.iter().filter(suffices).map(|path| path[0].id.as_str()).collect();

        let decision = decide(&request, &called_by(machine()), &Facts { tenant: &tenant, resource: resource.clone(), grants: grants.clone() }, &at);
        prop_assert_eq!(why(&decision).is_none(), !possible.is_empty(), "issued exactly when one grant suffices");
        if possible.is_empty() {
            return Ok(());
        }

        let made = record(&decision);
        prop_assert!(possible.contains(&made.grant.as_str()));
        let path = grants.iter().find(|path| path[0].id == made.grant).unwrap();
        let given = Scopes::parse(&made.scope).unwrap();
        prop_assert!(made.expires > at.now && made.expires <= at.now.plus(access_token_seconds));
        for node in path {
            prop_assert!(node.authority.scopes().covers(&given));
            prop_assert!(node.authority.audiences().contains(&made.audience));
            prop_assert!(node.authority.expires().is_none_or(|end| made.expires <= end));
        }
        prop_assert!(given.iter().all(knows));
        prop_assert!(scopes.is_none_or(|wanted| wanted == given), "exactly what was asked");
        prop_assert_eq!(&made.audience, &audience);

        // The token says what its record says.
        let claims = claims(&decision);
        prop_assert_eq!(claims["exp"].as_i64(), Some(made.expires.unix()));
        prop_assert_eq!(claims.get("scope").and_then(Value::as_str).unwrap_or_default(), &made.scope);
        prop_assert_eq!(claims["aud"].as_str(), Some(if audience == Audience::Issuer { ISSUER } else { made.audience.as_row() }));
    }
}
