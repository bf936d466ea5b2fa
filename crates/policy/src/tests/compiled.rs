//! What is refused when policies are written, and how it is told.

use super::*;

fn problems(text: &str) -> Vec<String> {
    match compile(text) {
        Ok(policies) => panic!("{policies:?}"),
        Err(problems) => problems.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn what_is_wrong_is_told_with_its_line_and_policy() {
    let rows = [
        ("permit(principal, action, resource)", "line 1: "),
        ("\n\npermit(principal action, resource);", "line 3: "),
        (
            "@id(\"buy\")\npermit(principal, action == Action::\"purchase\", resource)\nwhen { context.input.amont.value == decimal(\"1.0\") };",
            "line 3: policy buy: ",
        ),
        (
            "@id(\"buy\")\npermit(principal, action == Action::\"purchas\", resource);",
            "policy buy: ",
        ),
        (
            "permit(principal == Person::\"alice\", action, resource);",
            "policy policy0: ",
        ),
        ("permit(principal == ?principal, action, resource);", "templates"),
        (
            "@id(\"a\")\npermit(principal, action, resource);\n@id(\"a\")\nforbid(principal, action, resource);",
            "policy a: two policies have this @id",
        ),
    ];
    for (text, expected) in rows {
        let told = problems(text);
        assert!(told.iter().any(|told| told.contains(expected)), "{text}: {told:?}");
    }
}

#[test]
fn a_comparison_of_an_amount_with_a_text_or_a_float_is_refused_before_it_misleads() {
    for condition in [
        "context.input.amount.value < \"100\"",
        "context.input.amount.value == \"100.00\"",
        "context.input.weight < 3", // a number with a fraction is nothing that policies can compare
        "context.input.merchant < \"b\"",
        "context.input.express",           // it may be missing
        "context.input.items.contains(1)", // a list of texts
    ] {
        let text = format!("permit(principal, action == Action::\"purchase\", resource) when {{ {condition} }};");
        assert!(!problems(&text).is_empty(), "{condition}");
    }
    for condition in [
        "context.input.amount.value.lessThan(decimal(\"100.00\"))",
        "context.input has express && context.input.express",
        "context.input has items && context.input.items.contains(\"lamp\")",
        "context.hour >= 8 && context.hour < 18 && context.weekday <= 5",
        "!context.risk.unusual_hour && context.risk.velocity < 10",
        "context.risk has amount_percent && context.risk.amount_percent < 300",
    ] {
        policies(&format!(
            "permit(principal, action == Action::\"purchase\", resource) when {{ {condition} }};"
        ));
    }
}

#[test]
fn s_34_a_slip_of_the_pen_in_an_annotation_is_refused() {
    let with = |annotation: &str| format!("@id(\"a\")\n{annotation}\npermit(principal, action, resource);");
    for annotation in [
        "@strenght(\"biometric\")",
        "@strength(\"biometrical\")",
        "@strength(\"\")",
        "@quorum(\"2\")", // of whom?
        "@approvers(\"finance\") @quorum(\"0\")",
        "@approvers(\"finance\") @quorum(\"two\")",
        "@approvers(\"finance\") @quorum(\"21\")",
        "@approvers(\"\")",
        "@lifetime(\"0\")",
        "@lifetime(\"5 minutes\")",
        "@lifetime(\"-1\")",
        "@advice(\"x\")",
        "@approvers(\"Not a group\")",
        "@approvers(\"Finance\")",
        "@approvers(\"finance finance\")",
        "@approvers(\"finance  legal\")",
        "@approvers(\"a b c d e f\")",
        "@reason(\"\")",
        "@reason(\"kein Gl\u{fc}cksspiel\")",
        "@reason(\"two\\nlines\")",
        "@reason(\"a \\\"quoted\\\" word\")",
        &format!("@reason(\"{}\")", "x".repeat(201)),
    ] {
        assert!(
            problems(&with(annotation))
                .iter()
                .all(|told| told.contains("policy a: ")),
            "{annotation}"
        );
    }
    let forbids = "@id(\"a\") @approvers(\"finance\") forbid(principal, action, resource);";
    assert!(
        problems(forbids)
            .iter()
            .all(|told| told.contains("a forbid gives none")),
        "a demand of a forbid would be silently none"
    );
    for annotation in [
        "@strength(\"biometric\") @approvers(\"finance\") @quorum(\"2\") @lifetime(\"300\") @reason(\"ask finance\") @description(\"x\")",
        "@approvers(\"finance legal\") @quorum(\"2\")",
        "",
    ] {
        assert_eq!(policies(&with(annotation)).len(), 1);
    }
}

#[test]
fn a_tenant_adds_to_the_schema_and_cannot_break_it() {
    let own = "entity todo { ownerID: String };\naction can_update_todo appliesTo { principal: [User], resource: [todo], context: {} };";
    let catalogue = |schema: &str| Catalogue {
        schema: Some(schema.to_owned()),
        ..catalogue()
    };
    let text = "permit(principal is User, action == Action::\"can_update_todo\", resource is todo) when { resource.ownerID == \"x\" };";
    assert_eq!(Policies::compile(text, &catalogue(own)).unwrap().len(), 1);
    for broken in [
        "entity",
        "entity User;",
        "action \"purchase\" appliesTo { principal: [User], resource: [Resource] };",
    ] {
        let problems = Policies::compile(text, &catalogue(broken)).unwrap_err();
        assert!(problems[0].says.starts_with("schema: "), "{problems:?}");
    }
}

#[test]
fn s_34_names_in_a_catalogue_write_nothing_into_the_schema() {
    let hostile =
        "x\": Long }, }; action \"purchase2\" appliesTo { principal: [User], resource: [Resource], context: { \"y";
    let mut strange = catalogue();
    let properties =
        json!({ hostile: { "type": "string" }, "a\\\"b\n": { "type": "integer" }, "💶": { "type": "boolean" } });
    strange.capabilities[0].input = Some(object(json!({ "type": "object", "properties": properties })));
    strange.capabilities[1].description = "ends here\n} entity Hidden; //\r entity Hidden2;".to_owned();
    let text = "permit(principal, action == Action::\"purchase\", resource) when { context.input has \"💶\" && context.input[\"💶\"] };";
    let policies = Policies::compile(text, &strange).unwrap();
    assert_eq!(policies.len(), 1);
    for made_up in [
        "permit(principal, action == Action::\"purchase2\", resource);",
        "permit(principal is Hidden, action, resource);",
    ] {
        assert!(Policies::compile(made_up, &strange).is_err(), "{made_up}");
    }
    let input = object(json!({ "💶": true, hostile: "x" }));
    assert_eq!(
        said(&policies, &alice(), "purchase", Some(&input)).answer,
        crate::Answer::Permit
    );
}

#[test]
fn s_34_a_policy_has_a_name_that_can_stand_in_every_entry() {
    for name in [String::new(), "x".repeat(129), "a\\nb".to_owned()] {
        let told = problems(&format!("@id(\"{name}\")\npermit(principal, action, resource);"));
        assert!(told.iter().all(|told| told.contains("@id is a name")), "{told:?}");
    }
    assert_eq!(
        policies(&format!(
            "@id(\"{}\") permit(principal, action, resource);",
            "x".repeat(128)
        ))
        .len(),
        1
    );
}

#[test]
fn whether_anything_could_permit_what_no_capability_names() {
    for (text, could) in [
        ("permit(principal, action, resource);", true),
        ("permit(principal, action, resource) when { false };", true), // it is not asked, only read
        ("permit(principal, action == Action::\"access\", resource);", true),
        (
            "permit(principal, action in [Action::\"purchase\", Action::\"access\"], resource);",
            true,
        ),
        ("permit(principal, action == Action::\"purchase\", resource);", false),
        ("permit(principal, action in [Action::\"purchase\"], resource);", false),
        ("forbid(principal, action == Action::\"access\", resource);", false),
        ("", false),
    ] {
        assert_eq!(policies(text).permits_access(), could, "{text}");
    }
}

/// On a stack of the size that threads of the server have.
fn on_a_usual_stack(work: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(2 * 1024 * 1024).spawn(work);
    thread.unwrap().join().unwrap();
}

#[test]
fn s_34_nothing_that_is_nested_or_long_ends_the_process() {
    let nested = |open: &str, middle: &str, close: &str, times: usize| {
        format!("{}{middle}{}", open.repeat(times), close.repeat(times))
    };
    let of =
        |condition: &str| format!("permit(principal, action == Action::\"access\", resource) when {{ {condition} }};");
    let ifs = |times: usize| nested("if true then ", "true", " else false", times);
    let rows = [
        // As deep as it may be, all at once.
        (of(&nested("(", &ifs(50), ")", 23)), true),
        (of(&format!("{} == 1", nested("{\"a\": [", "1", "]}", 11))), false), // types that do not fit
        (of(&format!("1{} == 1", " + 1".repeat(2_000))), true),
        (of(&format!("true{}", " && true".repeat(50_000))), true),
        (
            format!(
                "permit(principal, action, resource){};",
                " when { true }".repeat(20_000)
            ),
            true,
        ),
        // Deeper.
        (of(&nested("(", "true", ")", 10_000)), false),
        ("(".repeat(100_000), false),
        (of(&nested("[", "1", "]", 10_000)), false),
        (of(&ifs(10_000)), false),
        (of(&format!("context{} == 1", ".a".repeat(100_000))), false),
        (of(&format!("context{} == 1", "[\"a\"]".repeat(100_000))), false),
        (of(&format!("1{} == 1", " * 1".repeat(100_000))), false),
        (of(&format!("{}true", "!".repeat(10_000))), false),
    ];
    on_a_usual_stack(move || {
        for (text, good) in rows {
            let head: String = text.chars().take(120).collect();
            let compiled = compile(&text);
            assert_eq!(compiled.is_ok(), good, "{head}: {:?}", compiled.err());
            let Ok(compiled) = compiled else { continue };
            let input = object(json!({ "scopes": [], "types": [] }));
            said(&compiled, &alice(), "access", Some(&input)); // it is judged, one way or the other
        }
    });
}

#[test]
fn s_34_what_would_be_checked_for_too_many_actions_is_refused() {
    let capabilities: Vec<Capability> = (0..500)
        .map(|n| {
            Capability::read(&object(
                json!({ "name": format!("c{n}"), "description": "x", "approval_strength": "none" }),
            ))
            .unwrap()
        })
        .collect();
    let catalogue = Catalogue {
        capabilities,
        schema: None,
    };
    let text = "permit(principal, action, resource);\n".repeat(10_000);
    let problems = Policies::compile(&text, &catalogue).unwrap_err();
    assert!(problems[0].says.contains("over 2004 combinations"), "{problems:?}");
    assert!(Policies::compile("permit(principal, action, resource);", &catalogue).is_ok());
}
