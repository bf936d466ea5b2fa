use serde_json::json;

use super::{Known, Request, Semantic, answer};
use crate::{
    Caller, Why,
    caller::{PureMachine, Who},
    policy::EntityName,
    vectors::{self, Presented, Vector, facts, policies},
};

fn gateway(vector: &Vector) -> Caller {
    let client = facts::client(&vector.facts(&["client", "policy", "disabled"])["client"]);
    Caller {
        who: Who::PureMachine(PureMachine { client }),
        key: None,
        instance: None,
        marks: Vec::new(),
    }
}

#[test]
fn golden_vectors_of_decisions_hold() {
    vectors::golden("authzen", |vector| {
        let caller = gateway(vector);
        let disabled = vector.facts.get("disabled").and_then(serde_json::Value::as_array);
        let disabled = disabled.into_iter().flatten();
        let known = Known {
            disabled: disabled
                .map(|name| EntityName::read(name.as_str().unwrap()).unwrap())
                .collect(),
            ..Known::default()
        };
        let presented = Presented::read(&vector.request);
        let body = presented.document();
        let request = match presented.path("https://as.example") {
            "/access/v1/evaluation" => Request::one(&body),
            _ => Request::many(&body),
        };
        let policy = policies::policy(vector.facts.get("policy"));
        request
            .map(|request| answer(&request, &caller, &policy, &known, &vector.at))
            .into()
    });
}

#[test]
fn what_is_no_question_says_where() {
    let good = json!({ "subject": { "type": "user", "id": "a" }, "action": { "name": "read" }, "resource": { "type": "r", "id": "1" } });
    assert!(Request::one(good.as_object().unwrap()).is_ok());
    for (pointer, value, said) in [
        ("/subject", json!("alice"), "subject: an object"),
        ("/subject/type", json!(7), "subject.type: a text"),
        ("/subject/id", json!(""), "subject.id is missing"),
        ("/action/name", json!(null), "action.name: a text"),
        ("/resource", json!(null), "resource: an object"),
        ("/resource/id", json!(["1"]), "resource.id: a text"),
    ] {
        let mut body = good.clone();
        *body.pointer_mut(pointer).unwrap() = value;
        let refused = Request::one(body.as_object().unwrap());
        assert_eq!(refused, Err(Why::Body(said.to_owned())), "{pointer}");
    }
    for (name, said) in [
        ("subject", "subject is missing"),
        ("action", "action is missing"),
        ("resource", "resource is missing"),
    ] {
        let mut body = good.as_object().unwrap().clone();
        body.remove(name);
        assert_eq!(Request::one(&body), Err(Why::Body(said.to_owned())));
    }
}

#[test]
fn several_end_where_their_semantic_says() {
    let ends = Semantic::ALL.map(|semantic| [true, false].map(|permitted| semantic.ends_with(permitted)));
    assert_eq!(ends, [[false, false], [false, true], [true, false]]);
}

/// A member of its own stands whole, and takes from the default only the `type`, `id` or `name` that it leaves out: properties of the default belong to another thing.
#[test]
fn a_default_gives_no_properties_to_a_member_that_is_there() {
    let body = json!({
        "subject": { "type": "user", "id": "a" }, "action": { "name": "read" },
        "resource": { "type": "r", "id": "1", "properties": { "status": "open" } },
        "evaluations": [{ "resource": { "id": "2" } }, {}],
    });
    let request = Request::many(body.as_object().unwrap()).unwrap();
    let resources: Vec<_> = request.evaluations().map(|one| one.resource.clone()).collect();
    assert_eq!((resources[0].kind.as_str(), resources[0].id.as_str()), ("r", "2"));
    assert!(resources[0].properties.is_empty());
    assert_eq!((resources[1].id.as_str(), resources[1].properties.len()), ("1", 1));
}
