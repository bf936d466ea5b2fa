//! Deferred Token Response: when a request is deferred, when it is not, and what its answer is.
use proof::Time;
use serde_json::{Value, json};

use super::*;
use crate::{
    approval::{self, Approval, Panel, Pending as Loaded, Whom},
    caller::Caller,
    client::Client,
    client_credentials,
    decision::{Answer, Decision, Guard, Pending, Waiting},
    detail::Types,
    form::Form,
    moment::Moment,
    refresh_token, token,
    vectors::{
        self, Outcome, Presented, approvals, facts,
        people::{self, by, with},
    },
    why::Why,
};

const NOW: i64 = 1_795_000_000;
const HERE: &str = "https://mcp.example/mcp";

#[test]
fn golden_vectors_of_deferred_hold() {
    vectors::golden("deferred", |vector| {
        let loaded = vector.facts(&[
            "tenant",
            "keys",
            "client",
            "resource",
            "grants",
            "family",
            "path",
            "user",
            "rules",
            "policy",
            "approval",
            "approvals",
            "line",
            "polled",
            "detail_types",
            "admitted_details",
            "refused_details",
        ]);
        let (tenant, keys) = (facts::tenant(&loaded["tenant"]), people::tenant_keys(&loaded["keys"]));
        let presented = Presented::read(&vector.request);
        let decided = presented.form(token::Request::REPEATABLE).and_then(|form| {
            let client = loaded.get("client").map(facts::client);
            let caller = presented.caller(&form, client, &tenant, vector.at.now)?;
            let list = |name: &str| loaded.get(name).and_then(Value::as_array).into_iter().flatten();
            let path = |name: &str| loaded.get(name).map(facts::path).unwrap_or_default();
            let resource = loaded.get("resource").map(facts::resource);
            let user = loaded.get("user").map(people::user);
            let rules = vectors::policies::ruled(loaded);
            let approvals: Vec<Approval> = list("approvals").map(approvals::approval).collect();
            Ok(match token::Request::parse(&form)? {
                token::Request::ClientCredentials(request) => {
                    let facts = client_credentials::Facts {
                        budgets: std::collections::BTreeMap::new(),
                        policy: rules.policy.clone(),
                        client_epoch: None,
                        tenant: &tenant,
                        resource,
                        grants: list("grants").map(facts::path).collect(),
                        keys: &keys,
                        types: vectors::details::types(loaded),
                        approvals,
                    };
                    client_credentials::decide(&request, &caller, &facts, &vector.at)
                }
                token::Request::RefreshToken(request) => {
                    let facts = refresh_token::Facts {
                        budgets: std::collections::BTreeMap::new(),
                        tenant: &tenant,
                        keys: &keys,
                        client_epoch: None,
                        family: loaded.get("family").map(people::family),
                        path: path("path"),
                        resource,
                        user,
                        rules,
                        types: vectors::details::types(loaded),
                        approvals,
                    };
                    refresh_token::decide(&request, &caller, &facts, &vector.at)
                }
                token::Request::Deferred(request) => {
                    let facts = Loaded {
                        budgets: std::collections::BTreeMap::new(),
                        tenant: &tenant,
                        keys: &keys,
                        client_epoch: None,
                        people: approvals::people(
                            loaded.get("approval").map(approvals::approval).as_ref(),
                            loaded.get("people"),
                        ),
                        approval: loaded.get("approval").map(approvals::approval),
                        path: path("path"),
                        line: path("line"),
                        resource,
                        user,
                        rules,
                        types: vectors::details::types(loaded),
                        polled: loaded.get("polled").and_then(Value::as_i64).map(Time::from_unix),
                    };
                    decide(&request, &caller, &facts, &vector.at)
                }
                other @ (token::Request::AuthorizationCode(_) | token::Request::DeviceCode(_)) => {
                    panic!("nothing that is deferred: {other:?}")
                }
            })
        });
        Outcome::from(decided)
    });
}

fn at() -> Moment {
    people::moment(NOW, 7)
}

/// A machine whose approvers are two of finance, but for these members.
fn machine(changed: &Value) -> Client {
    let row = json!({
        "client_id": "machine", "token_endpoint_auth_method": "client_secret_basic", "client_secret_digest": "d", "grant_types": ["client_credentials"],
        "approvers": "finance", "approval_quorum": 2, "epoch": 3,
    });
    facts::client(&with(row, changed))
}

struct Asked {
    tenant: Value,
    types: Types,
    client: Client,
    grants: Value,
    approvals: Vec<Approval>,
    key: Option<crate::Confirmation>,
}

impl Default for Asked {
    fn default() -> Self {
        Self {
            tenant: json!({ "id": "default", "issuer": "https://as.example" }),
            types: Types::default(),
            client: machine(&json!({})),
            grants: json!([]),
            approvals: Vec::new(),
            key: None,
        }
    }
}

impl Asked {
    fn ask(&self, body: &str) -> Decision {
        let form = Form::parse(body.as_bytes(), token::Request::REPEATABLE).unwrap();
        let token::Request::ClientCredentials(request) = token::Request::parse(&form).unwrap() else {
            panic!("client credentials")
        };
        let facts = client_credentials::Facts {
            budgets: std::collections::BTreeMap::new(),
            policy: crate::policy::Policy::built_in(),
            client_epoch: None,
            tenant: &facts::tenant(&self.tenant),
            resource: Some(facts::resource(
                &json!({ "resource": HERE, "scopes": { "read": "Read", "write": "Write" } }),
            )),
            grants: self.grants.as_array().unwrap().iter().map(facts::path).collect(),
            keys: &people::any_tenant_keys(),
            types: self.types.clone(),
            approvals: self.approvals.clone(),
        };
        let caller = Caller {
            key: self.key.clone(),
            ..by(self.client.clone())
        };
        client_credentials::decide(&request, &caller, &facts, &at())
    }
}

const BEGIN: &str = "grant_type=client_credentials&scope=write&resource=https%3A%2F%2Fmcp.example%2Fmcp";

fn deferring(more: &str) -> String {
    format!("{BEGIN}&completion_mode=deferred{more}")
}

fn waits(decision: &Decision) -> &Waiting {
    let Answer::Wait(Pending::Approval(waiting)) = decision.answer() else {
        panic!("a deferral, not {decision:?}")
    };
    waiting
}

fn put(decision: &Decision) -> &Approval {
    let created = decision.change().guards.iter().find_map(|guard| {
        let Guard::Approval(approval::Guard::Create(approval)) = guard else {
            return None;
        };
        Some(approval.as_ref())
    });
    created.expect("a new question")
}

#[test]
fn a_machine_that_waits_is_deferred_to_its_approvers() {
    let decision = Asked::default().ask(&deferring("&binding_message=for+the+report+of+May"));
    let waiting = waits(&decision);
    assert_eq!(
        (
            waiting.code.name(),
            waiting.expires_in_seconds,
            waiting.interval_seconds
        ),
        ("authorization_pending", 3_600, 5)
    );
    assert!(
        waiting.deferral_code.as_ref().is_some_and(|code| code.len() >= 22),
        "at least 128 bits"
    );
    assert_eq!(waiting.interaction, None);
    let approval = put(&decision);
    assert_eq!(approval.whom, Whom::Members(Panel::one(facts::id("finance"), 2)));
    assert_eq!(
        (approval.asks.scopes.joined().as_str(), approval.asks.audience.as_row()),
        ("write", HERE)
    );
    assert_eq!(approval.asks.message.as_deref(), Some("for the report of May"));
    assert!(decision.sign().is_empty());
}

#[test]
fn without_the_wish_the_approvers_or_the_switch_the_refusal_is_what_it_was() {
    let off = json!({ "id": "default", "issuer": "https://as.example", "deferred_token_response": false });
    let nobody = machine(&json!({}));
    let without = |mut client: Client| {
        client.approvers = None;
        client
    };
    let unknown_scope = deferring("").replace("scope=write", "scope=fly");
    let no_scope = deferring("").replace("&scope=write", "");
    let identity = deferring("").replace("scope=write", "scope=openid");
    for (asked, body, why, claim) in [
        (Asked::default(), BEGIN.to_owned(), Why::NoGrant, "it does not wait"),
        (
            Asked::default(),
            format!("{BEGIN}&completion_mode=later+pushed"),
            Why::NoGrant,
            "unknown modes are ignored",
        ),
        (
            Asked {
                client: without(nobody),
                ..Asked::default()
            },
            deferring(""),
            Why::NoGrant,
            "nobody to ask",
        ),
        (
            Asked {
                tenant: off,
                ..Asked::default()
            },
            deferring(""),
            Why::NoGrant,
            "the tenant has it off",
        ),
        (
            Asked::default(),
            unknown_scope,
            Why::NoGrant,
            "words that mean nothing there",
        ),
        (Asked::default(), no_scope, Why::NoGrant, "a question about everything"),
        (Asked::default(), identity, Why::NoGrant, "a machine is nobody"),
    ] {
        let decision = asked.ask(&body);
        assert_eq!(decision.answer(), &Answer::Refuse(why.code(), why), "{claim}");
        assert!(
            decision.change().guards.is_empty() && decision.change().sure.is_empty(),
            "{claim}"
        );
    }
}

#[test]
fn what_is_granted_is_given_at_once_and_only_what_is_not_is_asked() {
    let grants =
        json!([[{ "id": "g", "client_id": "machine", "scope": "write", "resources": [HERE], "own_endpoints": false }]]);
    let decision = Asked {
        grants,
        ..Asked::default()
    }
    .ask(&deferring(""));
    assert!(matches!(decision.answer(), Answer::Issue(_)));
    let less =
        json!([[{ "id": "g", "client_id": "machine", "scope": "read", "resources": [HERE], "own_endpoints": false }]]);
    assert!(matches!(
        Asked {
            grants: less,
            ..Asked::default()
        }
        .ask(&deferring(""))
        .answer(),
        Answer::Wait(_)
    ));
}

#[test]
fn rfc_9396_a_machine_waits_for_details_that_no_grant_has_and_gets_what_one_has_at_once() {
    let known = |details: &[&str]| {
        let read = |text: &&str| serde_json::from_str::<Value>(text).unwrap();
        let facts = json!({
            "detail_types": [{ "type": "pay", "words": { "en": "pay" }, "narrowing": { "n": "at_most" } }],
            "admitted_details": details.iter().map(read).collect::<Value>(),
        });
        vectors::details::types(facts.as_object().unwrap())
    };
    let (five, six) = (r#"{"n":5,"type":"pay"}"#, r#"{"n":6,"type":"pay"}"#);
    let grants = json!([[{
        "id": "g", "client_id": "machine", "scope": "write", "resources": [HERE], "own_endpoints": false,
        "authorization_details": [{ "n": 5, "type": "pay" }],
    }]]);
    let asked = |types: Types| Asked {
        types,
        grants: grants.clone(),
        ..Asked::default()
    };
    let body = |scope: &str, detail: &str| {
        deferring("").replace("&scope=write", scope) + &format!("&authorization_details=[{detail}]")
    };
    let all = || known(&[five, six]);
    assert!(matches!(
        asked(all()).ask(&body("&scope=write", five)).answer(),
        Answer::Issue(_)
    ));
    for (scope, expected) in [("&scope=write", "write"), ("", "")] {
        let decision = asked(all()).ask(&body(scope, six));
        let asks = &put(&decision).asks;
        assert_eq!(
            (asks.scopes.joined().as_str(), asks.details.row()),
            (expected, format!("[{six}]"))
        );
    }
    for (types, detail, why) in [
        (all(), r#"{"type":"unheard_of"}"#, Why::DetailTypeUnknown(0)),
        (
            known(&[five]),
            six,
            Why::DetailRefused(0, crate::detail::Breach::Value(String::new())),
        ),
    ] {
        for grants in [grants.clone(), json!([])] {
            let asked = Asked {
                grants,
                ..asked(types.clone())
            };
            let decision = asked.ask(&body("", detail));
            assert_eq!(
                decision.answer(),
                &Answer::Refuse(why.code(), why.clone()),
                "nobody is asked about what nobody could give"
            );
        }
    }
    let now = body("", six).replace("&completion_mode=deferred", "");
    assert_eq!(
        asked(all()).ask(&now).answer(),
        &Answer::Refuse(Why::DetailNotGranted.code(), Why::DetailNotGranted),
        "it does not wait"
    );
}

#[test]
fn asking_the_same_again_gets_the_same_code_and_another_key_another_one() {
    let first = Asked::default().ask(&deferring(""));
    let approvals = vec![put(&first).clone()];
    let again = Asked {
        approvals: approvals.clone(),
        ..Asked::default()
    }
    .ask(&deferring(""));
    assert_eq!(waits(&again).deferral_code, waits(&first).deferral_code);
    assert_eq!(again.change().guards.len(), 1, "only that the client is as it was");
    let key = Some(crate::Confirmation::Jkt("k".to_owned()));
    let bound = Asked {
        approvals,
        key: key.clone(),
        ..Asked::default()
    }
    .ask(&deferring(""));
    assert_eq!(put(&bound).key, key, "S-17");
}

#[test]
fn s_29_a_fourth_question_is_refused_as_too_many() {
    let waiting = |n: usize| {
        let row = json!({
            "id": format!("w-{n}"), "door": "deferred client_credentials", "client_id": "machine", "asks": { "scope": format!("s{n}"), "audience": HERE },
            "whom": "members", "who": "finance", "quorum": 2, "places": [n, n], "expires_at": NOW + 100, "created_at": NOW,
        });
        approvals::approval(&row)
    };
    let asked = Asked {
        approvals: (0..3).map(waiting).collect(),
        ..Asked::default()
    };
    let decision = asked.ask(&deferring(""));
    let Answer::Refuse(code, _) = decision.answer() else {
        panic!("{decision:?}")
    };
    assert_eq!(code.name(), "too_many_requests");
}

#[test]
fn a_poll_has_no_parameter_but_its_code() {
    let read = |body: &str| Request::parse(&Form::parse(body.as_bytes(), &[]).unwrap());
    assert_eq!(read("deferral_code=x").map(|request| request.code), Ok("x".to_owned()));
    assert_eq!(read(""), Err(Why::ParameterMissing("deferral_code")));
    assert_eq!(
        read("deferral_code=x&completion_mode=deferred"),
        Err(Why::ParameterMalformed("completion_mode")),
        "a poll is no new request"
    );
    assert_eq!(format!("{:?}", read("deferral_code=secret").unwrap()), "Request { .. }");
}

#[test]
fn a_message_is_short_and_plain() {
    let read = |body: &str| Completion::parse(&Form::parse(body.as_bytes(), &[]).unwrap());
    let deferred = |message: Option<&str>| Completion::Deferred {
        message: message.map(str::to_owned),
    };
    assert_eq!(read("completion_mode=pushed+deferred"), Ok(deferred(None)));
    assert_eq!(
        read("completion_mode=deferred&binding_message=caf%C3%A9"),
        Ok(deferred(Some("caf\u{e9}")))
    );
    assert_eq!(
        read("completion_mode=deferredly&binding_message=x"),
        Ok(Completion::Now)
    );
    assert_eq!(
        read(&format!(
            "completion_mode=deferred&binding_message={}",
            "%C3%A9".repeat(200)
        )),
        Ok(deferred(Some(&"\u{e9}".repeat(200))))
    );
    for bad in [&"a".repeat(201), "a%0Ab", "a%00b"] {
        let body = format!("completion_mode=deferred&binding_message={bad}");
        assert_eq!(read(&body), Err(Why::ParameterMalformed("binding_message")));
    }
}

#[test]
fn a_tenant_that_has_it_off_answers_no_poll() {
    let tenant =
        facts::tenant(&json!({ "id": "default", "issuer": "https://as.example", "deferred_token_response": false }));
    let facts = Loaded {
        budgets: std::collections::BTreeMap::new(),
        tenant: &tenant,
        keys: &people::any_tenant_keys(),
        client_epoch: None,
        people: Vec::new(),
        approval: None,
        path: Vec::new(),
        line: Vec::new(),
        resource: None,
        user: None,
        rules: crate::policy::Rules::default(),
        types: Types::default(),
        polled: None,
    };
    let request = Request { code: "x".to_owned() };
    let decision = decide(&request, &by(machine(&json!({}))), &facts, &at());
    assert_eq!(
        decision.answer(),
        &Answer::Refuse(Why::GrantTypeUnknown.code(), Why::GrantTypeUnknown)
    );
}
