//! RFC 8628 s3.4 and s3.5: the door; what waits behind it is tested with the machine.

use proof::Time;
use serde_json::{Value, json};

use super::*;
use crate::{
    approval::Pending,
    decision::Answer,
    detail::Types,
    form::Form,
    token,
    vectors::{
        self, Outcome, Presented, approvals, facts,
        people::{self, by},
    },
    why::Why,
};

#[test]
fn golden_vectors_of_device_code_hold() {
    vectors::golden("device_code", |vector| {
        let loaded = vector.facts(&[
            "tenant",
            "keys",
            "client",
            "approval",
            "path",
            "resource",
            "user",
            "rules",
            "policy",
            "polled",
            "detail_types",
            "admitted_details",
            "refused_details",
        ]);
        let (tenant, keys) = (facts::tenant(&loaded["tenant"]), people::tenant_keys(&loaded["keys"]));
        let presented = Presented::read(&vector.request);
        let decided = presented.form(token::Request::REPEATABLE).and_then(|form| {
            let token::Request::DeviceCode(request) = token::Request::parse(&form)? else {
                panic!("a poll of a device")
            };
            let client = loaded.get("client").map(facts::client);
            let caller = presented.caller(&form, client, &tenant, vector.at.now)?;
            let facts = Pending {
                budgets: std::collections::BTreeMap::new(),
                tenant: &tenant,
                keys: &keys,
                client_epoch: None,
                people: Vec::new(), // the user is who said yes
                approval: loaded.get("approval").map(approvals::approval),
                path: loaded.get("path").map(facts::path).unwrap_or_default(),
                line: Vec::new(),
                resource: loaded.get("resource").map(facts::resource),
                user: loaded.get("user").map(people::user),
                rules: vectors::policies::ruled(loaded),
                types: vectors::details::types(loaded),
                polled: loaded.get("polled").and_then(Value::as_i64).map(Time::from_unix),
            };
            Ok(decide(&request, &caller, &facts, &vector.at))
        });
        Outcome::from(decided)
    });
}

#[test]
fn a_poll_names_its_code_and_keeps_it_out_of_logs() {
    let read = |body: &str| Request::parse(&Form::parse(body.as_bytes(), &[]).unwrap());
    assert_eq!(read("device_code=x").map(|request| request.code), Ok("x".to_owned()));
    assert_eq!(read("user_code=x"), Err(Why::ParameterMissing("device_code")));
    assert_eq!(format!("{:?}", read("device_code=secret").unwrap()), "Request { .. }");
}

#[test]
fn the_door_is_shut_where_the_tenant_or_the_registration_says_so() {
    let polls = |tenant: Value, client: Value| {
        let facts = Pending {
            budgets: std::collections::BTreeMap::new(),
            tenant: &facts::tenant(&tenant),
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
        let decision = decide(
            &request,
            &by(facts::client(&client)),
            &facts,
            &people::moment(1_795_000_000, 7),
        );
        let Answer::Refuse(_, why) = decision.answer() else {
            panic!("{decision:?}")
        };
        why.clone()
    };
    let tenant = json!({ "id": "default", "issuer": "https://as.example" });
    let off = json!({ "id": "default", "issuer": "https://as.example", "device_grant": false });
    let tv = json!({ "client_id": "tv", "token_endpoint_auth_method": "none", "grant_types": ["urn:ietf:params:oauth:grant-type:device_code"] });
    let app = json!({ "client_id": "tv", "token_endpoint_auth_method": "none", "grant_types": ["authorization_code"] });
    assert_eq!(polls(off, tv.clone()), Why::GrantTypeUnknown);
    assert_eq!(polls(tenant.clone(), app), Why::GrantTypeNotAllowed);
    assert_eq!(polls(tenant, tv), Why::HandleUnknown);
}
