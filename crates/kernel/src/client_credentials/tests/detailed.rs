//! RFC 9396 s6: a machine's own grant may have details.

use serde_json::Value;

use super::*;
use crate::{Details, decision::Reply, detail::Types, vectors};

const FIFTY: &str = r#"{"amount":50,"type":"payment"}"#;
const TEN: &str = r#"{"amount":10,"type":"payment"}"#;
const THERE: &str = r#"{"locations":["https://elsewhere.example"],"type":"payment"}"#;

fn details(items: &[&str]) -> Details {
    Details::parse(&format!("[{}]", items.join(","))).unwrap()
}

fn types() -> Types {
    let rules = json!({ "type": "payment", "words": { "en": "pay" }, "narrowing": { "amount": "at_most" } });
    let mut types = Types::of([vectors::details::kind(&rules)]);
    details(&[FIFTY, TEN, THERE])
        .iter()
        .for_each(|detail| types.judge(detail, Ok(())));
    types
}

fn with(id: &str, scope: &str, items: &[&str]) -> Vec<Grant> {
    let details: Vec<Value> = items.iter().map(|item| serde_json::from_str(item).unwrap()).collect();
    let mut row = json!({ "id": id, "client_id": "machine", "scope": scope, "resources": [HERE] });
    if !details.is_empty() {
        row["authorization_details"] = details.into();
    }
    vec![facts::grant(&row)]
}

fn answered_by(body: &str, grants: Vec<Vec<Grant>>, types: Types) -> Decision {
    let tenant = tenant();
    let facts = Facts {
        budgets: std::collections::BTreeMap::new(),
        keys: &people::any_tenant_keys(),
        approvals: Vec::new(),
        tenant: &tenant,
        resource: Some(here()),
        policy: crate::policy::Policy::built_in(),
        client_epoch: None,
        grants,
        types,
    };
    let body = format!("{body}&resource={HERE}");
    decide(&ask(&body).unwrap(), &called_by(machine()), &facts, &at())
}

/// Grant, scope and details of the token.
fn had(decision: &Decision) -> (String, String, Details) {
    let Answer::Issue(Reply::Token { details, scope, .. }) = decision.answer() else {
        panic!("a token, not {:?}", decision.answer());
    };
    assert_eq!(
        claims(decision).get("authorization_details").cloned(),
        (!details.is_empty()).then(|| details.value())
    );
    (
        record(decision).grant.as_str().to_owned(),
        scope.clone(),
        details.clone(),
    )
}

fn asking(items: &[&str]) -> String {
    format!("authorization_details=[{}]", items.join(","))
}

#[test]
fn what_is_asked_decides_what_the_token_has() {
    let grants = || vec![with("g", "read write", &[FIFTY])];
    let of = |body: &str| had(&answered_by(body, grants(), types()));
    let got = |scope: &str, items: &[&str]| {
        let details = if items.is_empty() {
            Details::default()
        } else {
            details(items)
        };
        ("g".to_owned(), scope.to_owned(), details)
    };
    assert_eq!(of("x=1"), got("read write", &[FIFTY]), "nothing asked: everything");
    assert_eq!(
        of("scope=read"),
        got("read", &[]),
        "a scope asked: nobody asked for a payment"
    );
    assert_eq!(
        of(&asking(&[TEN])),
        got("", &[TEN]),
        "a detail asked: nobody asked for a scope"
    );
    assert_eq!(of(&format!("scope=read&{}", asking(&[FIFTY]))), got("read", &[FIFTY]));
}

#[test]
fn s_31_one_grant_has_all_of_it_or_it_is_refused() {
    let refused = |body: &str, grants: Vec<Vec<Grant>>| why(&answered_by(body, grants, types()));
    assert_eq!(
        refused(&asking(&[FIFTY]), vec![with("g", "read", &[TEN])]),
        Some(Why::DetailNotGranted)
    );
    assert_eq!(
        refused(&asking(&[TEN]), vec![with("g", "read", &[])]),
        Some(Why::DetailNotGranted)
    );
    assert_eq!(
        refused(
            &format!("scope=write&{}", asking(&[TEN])),
            vec![with("a", "write", &[]), with("b", "read", &[FIFTY])]
        ),
        Some(Why::DetailNotGranted),
        "two halves are no whole"
    );
    let either = answered_by(
        &asking(&[TEN]),
        vec![with("a", "read", &[]), with("b", "", &[FIFTY])],
        types(),
    );
    assert_eq!(had(&either).0, "b");
    assert_eq!(
        refused(&asking(&[r#"{"type":"other"}"#]), vec![with("g", "read", &[FIFTY])]),
        Some(Why::DetailTypeUnknown(0))
    );
}

#[test]
fn by_default_only_what_counts_here_and_now_is_given() {
    let decision = answered_by("x=1", vec![with("g", "read", &[FIFTY, THERE])], types());
    assert_eq!(had(&decision).2, details(&[FIFTY]), "not what is for another place");
    let gone = answered_by("x=1", vec![with("g", "read", &[FIFTY])], Types::default());
    assert_eq!(
        had(&gone),
        ("g".to_owned(), "read".to_owned(), Details::default()),
        "not what nobody can judge"
    );
    let asked = answered_by(&asking(&[THERE]), vec![with("g", "read", &[THERE])], types());
    assert_eq!(why(&asked), Some(Why::DetailElsewhere(0)));
}
