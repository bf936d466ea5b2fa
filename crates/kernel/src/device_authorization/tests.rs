//! RFC 8628 s3.1 and s3.2.
use serde_json::{Value, json};

use super::*;
use crate::{
    approval::{self, Handle, UserCode, Whom},
    client::Client,
    decision::{Answer, Decision, Guard, Reply},
    detail::Types,
    form::Form,
    moment::Moment,
    token,
    vectors::{
        self, Outcome, Presented, facts,
        people::{self, by, with},
    },
    why::Why,
};

const NOW: i64 = 1_795_000_000;
const HERE: &str = "https://mcp.example/mcp";

#[test]
fn golden_vectors_of_device_authorization_hold() {
    vectors::golden("device_authorization", |vector| {
        let loaded = vector.facts(&[
            "tenant",
            "keys",
            "client",
            "resource",
            "from",
            "detail_types",
            "admitted_details",
            "refused_details",
        ]);
        let (tenant, keys) = (facts::tenant(&loaded["tenant"]), people::tenant_keys(&loaded["keys"]));
        let presented = Presented::read(&vector.request);
        let decided = presented.form(token::Request::REPEATABLE).and_then(|form| {
            let request = Request::parse(&form)?;
            let client = loaded.get("client").map(facts::client);
            let caller = presented.caller(&form, client, &tenant, vector.at.now)?;
            let facts = Facts {
                tenant: &tenant,
                keys: &keys,
                client_epoch: None,
                resource: loaded.get("resource").map(facts::resource),
                types: vectors::details::types(loaded),
                from: loaded.get("from").and_then(Value::as_str).map(str::to_owned),
            };
            Ok(decide(&request, &caller, &facts, &vector.at))
        });
        Outcome::from(decided)
    });
}

fn at() -> Moment {
    people::moment(NOW, 7)
}

fn tv(changed: &Value) -> Client {
    let row = json!({
        "client_id": "tv", "token_endpoint_auth_method": "none", "epoch": 3, "grant_types": ["urn:ietf:params:oauth:grant-type:device_code"],
    });
    facts::client(&with(row, changed))
}

fn ask_as(tenant: &Value, client: Client, body: &str) -> Decision {
    ask_with(tenant, client, body, Types::default())
}

fn ask_with(tenant: &Value, client: Client, body: &str, types: Types) -> Decision {
    let tenant = facts::tenant(&with(
        json!({ "id": "default", "issuer": "https://as.example/t/acme" }),
        tenant,
    ));
    let facts = Facts {
        tenant: &tenant,
        keys: &people::any_tenant_keys(),
        client_epoch: None,
        resource: Some(facts::resource(&json!({
            "resource": HERE, "scopes": { "read": "Read", "write": "Write" }, "implied_scopes": { "write": ["read"] },
        }))),
        types,
        from: Some("192.0.2.7".to_owned()),
    };
    let request = Request::parse(&Form::parse(body.as_bytes(), token::Request::REPEATABLE).unwrap()).unwrap();
    decide(&request, &by(client), &facts, &at())
}

fn put(decision: &Decision) -> &approval::Approval {
    let created = decision.change().guards.iter().find_map(|guard| {
        let Guard::Approval(approval::Guard::Create(approval)) = guard else {
            return None;
        };
        Some(approval.as_ref())
    });
    created.expect("a question")
}

#[test]
fn a_device_gets_two_codes_a_place_a_time_and_an_interval_and_nothing_that_fills_the_code_in() {
    let decision = ask_as(
        &json!({}),
        tv(&json!({})),
        "scope=write&resource=https%3A%2F%2Fmcp.example%2Fmcp",
    );
    let Answer::Issue(Reply::Document(document)) = decision.answer() else {
        panic!("{decision:?}")
    };
    let mut members: Vec<&str> = document.keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(
        members,
        ["device_code", "expires_in", "interval", "user_code", "verification_uri"],
        "S-28: no verification_uri_complete"
    );
    assert_eq!(document["verification_uri"], "https://as.example/t/acme/device");
    assert_eq!(
        (&document["expires_in"], &document["interval"]),
        (&json!(600), &json!(5))
    );
    let approval = put(&decision);
    let keys = people::any_tenant_keys();
    assert_eq!(
        Handle::read(&keys.approvals, document["device_code"].as_str().unwrap())
            .unwrap()
            .id(),
        &approval.id
    );
    let code = UserCode::parse(document["user_code"].as_str().unwrap()).unwrap();
    assert_eq!(approval.user_code_digest, Some(code.digest(&keys.approvals)));
    assert_eq!(
        (approval.asks.scopes.joined().as_str(), approval.asks.audience.as_row()),
        ("read write", HERE),
        "with what it brings"
    );
    assert_eq!((&approval.whom, approval.places), (&Whom::WhoeverHasTheCode, None));
    assert_eq!(approval.started_from.as_deref(), Some("192.0.2.7"));
    assert_eq!(approval.expires, at().now.plus(600));
}

#[test]
fn what_is_asked_is_read_as_at_the_authorization_endpoint() {
    for (body, expected) in [
        ("", "profile"),
        ("scope=openid", "openid"),
        ("resource=https%3A%2F%2Fmcp.example%2Fmcp", "read write"),
        (
            "scope=openid&resource=https%3A%2F%2Fmcp.example%2Fmcp",
            "openid read write",
        ),
    ] {
        let decision = ask_as(&json!({}), tv(&json!({})), body);
        assert_eq!(put(&decision).asks.scopes.joined(), expected, "{body}");
    }
}

#[test]
fn rfc_9396_details_are_read_as_at_the_authorization_endpoint() {
    let types = |admitted: &str| {
        vectors::details::types(
            json!({ "detail_types": [{ "type": "pay", "words": { "en": "pay" } }], "admitted_details": [serde_json::from_str::<Value>(admitted).unwrap()] })
                .as_object()
                .unwrap(),
        )
    };
    let (plain, elsewhere) = (
        r#"{"n":1,"type":"pay"}"#,
        r#"{"locations":["https://other.example/"],"type":"pay"}"#,
    );
    let ask = |client: &Value, scope: &str, detail: &str, admitted: &str| {
        let body = format!("{scope}authorization_details=[{detail}]&resource=https%3A%2F%2Fmcp.example%2Fmcp");
        ask_with(&json!({}), tv(client), &body, types(admitted))
    };
    for (scope, expected) in [("", ""), ("scope=read&", "read")] {
        let decision = ask(&json!({}), scope, plain, plain);
        let asks = &put(&decision).asks;
        assert_eq!(
            (asks.scopes.joined().as_str(), asks.details.row()),
            (expected, format!("[{plain}]")),
            "where details are asked and no scope, no scope is given"
        );
        let event = &decision.change().events[0];
        assert_eq!(event.body["details"], json!(asks.details.digests()));
    }
    let another = r#"{"type":"unheard_of"}"#;
    for (client, detail, admitted, why) in [
        (json!({}), another, another, Why::DetailTypeUnknown(0)),
        (
            json!({}),
            plain,
            another,
            Why::DetailRefused(0, crate::detail::Breach::Value(String::new())),
        ),
        (json!({}), elsewhere, elsewhere, Why::DetailElsewhere(0)),
        (
            json!({ "authorization_details_types": [] }),
            plain,
            plain,
            Why::DetailTypeNotAllowed(0),
        ),
    ] {
        let decision = ask(&client, "scope=read&", detail, admitted);
        assert_eq!(why.code().name(), "invalid_authorization_details");
        assert_eq!(decision.answer(), &Answer::Refuse(why.code(), why), "{detail}");
        assert!(decision.change().guards.is_empty());
    }
}

#[test]
fn who_is_not_registered_for_it_or_may_not_gets_no_code() {
    let fapi = json!({ "security_profile": "fapi2" });
    let elsewhere = "resource=https%3A%2F%2Fother.example%2F";
    for (tenant, client, body, why) in [
        (
            json!({}),
            tv(&json!({ "grant_types": ["authorization_code"] })),
            "",
            Why::GrantTypeNotAllowed,
        ),
        (
            json!({ "device_grant": false }),
            tv(&json!({})),
            "",
            Why::GrantTypeUnknown,
        ),
        (fapi.clone(), tv(&json!({})), "", Why::ProfileUnmet),
        (json!({}), tv(&fapi), "", Why::ProfileUnmet),
        (json!({}), tv(&json!({})), "scope=fly", Why::ScopeUnknown),
    ] {
        let decision = ask_as(&tenant, client, body);
        assert_eq!(decision.answer(), &Answer::Refuse(why.code(), why));
        assert!(decision.change().guards.is_empty());
    }
    let request = |body: &str| Request::parse(&Form::parse(body.as_bytes(), token::Request::REPEATABLE).unwrap());
    assert_eq!(request(&format!("{elsewhere}&{elsewhere}")), Err(Why::ResourceRepeated));
    assert_eq!(request("resource=x"), Err(Why::ResourceUnknown));
}
