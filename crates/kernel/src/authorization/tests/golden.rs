//! The golden vectors: a query that comes (`begin`), or the form of the consent page (`answer`), and where a refusal goes.
//!
//! The page carries the request sealed; a vector of an answer has it as it opens, in the fact `asked`.

use super::*;
use crate::vectors::{self, Outcome, Presented, Vector};

#[test]
fn golden_vectors_of_authorization_hold() {
    vectors::golden("authorization", |vector| {
        let loaded = vector.facts(&[
            "tenant",
            "client",
            "resource",
            "rules",
            "policy",
            "grants",
            "user",
            "browser_session",
            "asked",
            "answered",
            "detail_types",
            "admitted_details",
            "refused_details",
        ]);
        let tenant = facts::tenant(&loaded["tenant"]);
        let keys = people::any_tenant_keys();
        let grants = loaded.get("grants").and_then(Value::as_array).into_iter().flatten();
        let facts = Facts {
            tenant: &tenant,
            keys: &keys,
            client: loaded.get("client").map(facts::client),
            resource: loaded.get("resource").map(facts::resource),
            rules: vectors::policies::ruled(loaded),
            types: vectors::details::types(loaded),
            grants: grants.map(facts::path).collect(),
            answered: match loaded.get("answered") {
                None | Some(Value::Bool(false)) => Answered::NotYet,
                Some(Value::Bool(true)) => Answered::Before,
                Some(other) => panic!("answered or not, not {other}"),
            },
        };
        let caller = people::at_browser(loaded, vector.at.now);
        match loaded.get("asked") {
            None => begun(vector, &caller, &facts),
            Some(asked) => answered(vector, asked, &caller, &facts),
        }
    });
}

/// A query at the authorization endpoint, read in the order in which the server reads it: nothing is redirected before the place of the answer is proved.
fn begun(vector: &Vector, caller: &Caller, facts: &Facts<'_>) -> Outcome {
    let presented = Presented::read(&vector.request);
    assert_eq!(
        (presented.method(), presented.path(&facts.tenant.issuer)),
        ("GET", "/oauth2/authorize")
    );
    let named = presented
        .query(REPEATABLE)
        .and_then(|form| Ok((named_client(&form)?, returns(&form, facts.client.as_ref())?, form)));
    let (id, returns, form) = match named {
        Ok(named) => named,
        Err(why) => return Outcome::Delivered(Box::new(Outcome::Stopped(why)), Delivery::Page),
    };
    let client = facts.client.as_ref().unwrap();
    assert_eq!(
        client.id, id,
        "the client among the facts is the one that the request names"
    );
    match Asked::parse(&form, client, facts.tenant, returns.clone(), Carried::PLAIN, &vector.at) {
        Ok(asked) => {
            let decision = begin(&asked, caller, facts, &vector.at);
            delivered(decision, &asked, caller, facts, &vector.at)
        }
        Err(why) => {
            let goes = delivery(
                &why,
                Asking::Form(&form),
                &returns,
                client,
                caller,
                &facts.grants,
                facts.tenant,
                &vector.at,
            );
            Outcome::Delivered(Box::new(Outcome::Stopped(why)), goes)
        }
    }
}

/// The form of the consent page: `decision`, and what is left out in `without` and `without_detail`; it shows the details as they are among the facts.
fn answered(vector: &Vector, asked: &Value, caller: &Caller, facts: &Facts<'_>) -> Outcome {
    let presented = Presented::read(&vector.request);
    assert_eq!(
        (presented.method(), presented.path(&facts.tenant.issuer)),
        ("POST", "/consent")
    );
    let form = presented.form(&["without", "without_detail"]).unwrap();
    let read = Asked::from_json(asked.as_object().unwrap()).unwrap();
    let said = match form.text("decision") {
        Some("allow") => Said::Allow {
            without: scopes(&form.all("without").collect::<Vec<_>>().join(" ")),
            details: Chosen {
                shown: facts.types.shown(&read.details),
                without: form.all("without_detail").map(str::to_owned).collect(),
            },
        },
        Some("deny") => Said::Deny,
        other => panic!("a yes or a no, not {other:?}"),
    };
    assert_eq!(Value::from(read.to_json()), *asked, "the request is whole");
    let decision = answer(&read, &said, caller, facts, &vector.at);
    delivered(decision, &read, caller, facts, &vector.at)
}

fn delivered(decision: Decision, asked: &Asked, caller: &Caller, facts: &Facts<'_>, at: &Moment) -> Outcome {
    let goes = match (decision.answer(), &facts.client) {
        (Answer::Refuse(_, why), Some(client)) => delivery(
            why,
            Asking::Asked(asked),
            &asked.returns,
            client,
            caller,
            &facts.grants,
            facts.tenant,
            at,
        ),
        (Answer::Refuse(..), None) => Delivery::Page,
        (Answer::Issue(_) | Answer::Wait(_), _) => return Outcome::Decided(decision),
    };
    Outcome::Delivered(Box::new(Outcome::Decided(decision)), goes)
}
