//! Golden vectors: what people do with a question.

use crate::{
    approval::{Facts, Said, Signature, answer},
    vectors::{self, Outcome, approvals, facts, facts::Row, people},
};

#[test]
fn golden_vectors_of_approval_hold() {
    vectors::golden("approval", |vector| {
        let loaded = vector.facts(&[
            "user",
            "browser_session",
            "approval",
            "client",
            "resource",
            "rules",
            "policy",
            "grants",
            "tenant",
            "detail_types",
            "admitted_details",
            "refused_details",
            "people",
        ]);
        let tenant = loaded
            .get("tenant")
            .map_or_else(|| super::tenant().clone(), facts::tenant);
        let (name, value) = vector
            .request
            .as_object()
            .and_then(|request| request.iter().next())
            .unwrap();
        let said = match name.as_str() {
            "claim" => Said::Claim,
            "deny" => Said::Deny,
            "approve" => {
                let row = Row::of(value, &["without", "without_details", "seen"]);
                Said::Approve {
                    without: crate::Scopes::parse(row.text("without").unwrap_or("")).unwrap(),
                    without_details: row.list("without_details").map(str::to_owned).collect(),
                    seen: row.required("seen").to_owned(),
                }
            }
            other => panic!("no such answer: {other}"),
        };
        let facts = Facts {
            people: approvals::people(
                loaded.get("approval").map(approvals::approval).as_ref(),
                loaded.get("people"),
            ),
            known: crate::authzen::Known::default(),
            signature: Signature::Missing,
            tenant: &tenant,
            types: vectors::details::types(loaded),
            approval: loaded.get("approval").map(approvals::approval),
            client: loaded.get("client").map(facts::client),
            resource: loaded.get("resource").map(facts::resource),
            rules: vectors::policies::ruled(loaded),
            grants: loaded
                .get("grants")
                .and_then(serde_json::Value::as_array)
                .into_iter()
                .flatten()
                .map(facts::path)
                .collect(),
        };
        let caller = people::at_browser(loaded, vector.at.now);
        Outcome::Decided(answer(&said, &caller, &facts, &vector.at))
    });
}
