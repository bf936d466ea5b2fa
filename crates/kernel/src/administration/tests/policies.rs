//! Policies and capabilities, applied as a whole.

use super::*;
use crate::{
    capability::Capability,
    policy::{self, PolicySet},
};

fn capability(name: &str) -> Value {
    json!({ "name": name, "description": "Do it", "approval_strength": "session" })
}

fn applying(policies: &str, replaces: Option<i64>) -> Value {
    let mut new = json!({ "policies": policies, "capabilities": [capability("sell")] });
    if let Some(replaces) = replaces {
        new["replaces"] = replaces.into();
    }
    json!({ "apply_policies": new })
}

fn set(version: i64, policies: &str) -> PolicySet {
    PolicySet {
        version,
        policies: policies.to_owned(),
        schema: None,
        capabilities: vec![Capability::read(capability("sell").as_object().unwrap()).unwrap()],
        entities: Vec::new(),
        by: crate::AdministratorId::parse("admin").unwrap(),
        created: at().now,
    }
}

fn counting(set: PolicySet) -> Facts {
    Facts {
        policy_version: set.version,
        policies: Some(set),
        ..loaded()
    }
}

#[test]
fn each_version_takes_the_place_of_the_one_before_and_the_same_is_none() {
    let first = run(&applying("// a", None), &loaded());
    let guards = |from: i64, set: PolicySet| {
        let to = set.version;
        [
            Guard::Policy(policy::Guard::Create(Box::new(set))),
            Guard::Policy(policy::Guard::Advance { from, to }),
        ]
    };
    assert_eq!(first.change().guards, guards(0, set(1, "// a")));
    assert_eq!(document(&first), Value::from(describe::policy_set(&set(1, "// a"))));
    let [event] = first.change().events.as_slice() else {
        panic!("one event")
    };
    assert_eq!(
        (
            event.kind,
            &event.body["version"],
            &event.body["replaces"],
            &event.body["capabilities"]
        ),
        (EventKind::PoliciesApplied, &json!(1), &json!(0), &json!(["sell"]))
    );

    let there = || counting(set(4, "// a"));
    let next = run(&applying("// b", Some(4)), &there());
    assert_eq!(next.change().guards, guards(4, set(5, "// b")));
    let same = run(&applying("// a", None), &there());
    assert_eq!(same.change(), &Change::default(), "nothing is new");
    assert_eq!(document(&same), Value::from(describe::policy_set(&set(4, "// a"))));
}

#[test]
fn one_that_was_made_from_another_version_is_refused() {
    for replaces in [0, 3, 5] {
        let refused = run(&applying("// b", Some(replaces)), &counting(set(4, "// a")));
        assert_eq!(why(&refused), Some(Why::VersionReplaced(4)), "{replaces}");
    }
}

#[test]
fn s_34_texts_are_of_bounded_length_and_such_as_a_database_takes() {
    let of = |member: &str, value: Value| {
        let mut new = applying("// a", None);
        new["apply_policies"][member] = value;
        why(&run(&new, &loaded()))
    };
    let mib = 1024 * 1024;
    assert_eq!(of("policies", "x".repeat(4 * mib).into()), None);
    assert_eq!(of("schema", "x".repeat(mib / 4).into()), None);
    let many = |n: usize| (0..n).map(|n| capability(&format!("c{n}"))).collect::<Value>();
    assert_eq!(of("capabilities", many(500)), None);
    let mut long = capability("sell");
    long["input_schema"] = json!({ "type": "object", "description": "x".repeat(2 * mib) });
    let mut deep = capability("sell");
    let nested = (0..10).fold(json!({}), |below, _| json!({ "not": below }));
    deep["input_schema"] = json!({ "type": "object", "not": nested });
    for (member, value, told) in [
        ("policies", "x".repeat(4 * mib + 1).into(), "policies: at most 4 MiB"),
        ("schema", "x".repeat(mib / 4 + 1).into(), "schema: at most 256 KiB"),
        ("capabilities", many(501), "capabilities: at most 500"),
        ("capabilities", json!([long]), "capabilities: at most 2 MiB in all"),
        (
            "capabilities",
            json!([deep]),
            "capabilities: schemas are nested too deep",
        ),
        (
            "policies",
            json!("\0"),
            "policies and schema: texts without the character U+0000",
        ),
        (
            "schema",
            json!("\0"),
            "policies and schema: texts without the character U+0000",
        ),
    ] {
        assert_eq!(of(member, value), Some(Why::Body(told.to_owned())));
    }
}
