//! What is permitted, by whom, and what is demanded besides.

use super::*;
use crate::{Answer, Approvers};

const SHOP: &str = r#"
@id("buyers")
permit(principal in Role::"buyer", action == Action::"purchase", resource)
when { context.input.amount.currency == "EUR" && context.input.amount.value.lessThanOrEqual(decimal("100.00")) };

@id("dear")
@strength("biometric") @approvers("finance") @quorum("2") @lifetime("300")
permit(principal in Role::"buyer", action == Action::"purchase", resource)
when { context.input.amount.value.greaterThan(decimal("20.00")) && context.input.amount.value.lessThanOrEqual(decimal("500.00")) };

@id("no-casino") @reason("no gambling")
forbid(principal, action == Action::"purchase", resource)
when { context.input.merchant like "*casino*" };

@id("everybody-reads")
permit(principal, action == Action::"read_profile", resource);
"#;

#[test]
fn a_permit_that_holds_permits_a_forbid_goes_before_it_and_silence_is_no_yes() {
    let shop = policies(SHOP);
    let bob = Entity::named("User", "bob");
    let rows = [
        (alice(), "10.00", "lamps", Answer::Permit, vec!["buyers"]),
        (alice(), "20.01", "lamps", Answer::Permit, vec!["buyers", "dear"]),
        (alice(), "100.01", "lamps", Answer::Permit, vec!["dear"]),
        (alice(), "500.01", "lamps", Answer::Silence, vec![]),
        (alice(), "10.00", "grand casino", Answer::Forbid, vec!["no-casino"]),
        (bob.clone(), "10.00", "lamps", Answer::Silence, vec![]),
    ];
    for (who, value, merchant, answer, decided) in rows {
        let verdict = said(&shop, &who, "purchase", Some(&purchase(value, merchant)));
        assert_eq!(
            (verdict.answer, verdict.decided),
            (answer, decided.iter().map(ToString::to_string).collect()),
            "{value} {merchant}"
        );
    }
    assert_eq!(said(&shop, &bob, "read_profile", None).answer, Answer::Permit);
}

#[test]
fn amounts_are_compared_as_amounts() {
    let shop = policies(SHOP);
    for (value, answer) in [
        ("9", Answer::Permit),
        ("99.9999", Answer::Permit),
        ("100", Answer::Permit),
        ("-5", Answer::Permit),
        ("1000", Answer::Silence),
    ] {
        assert_eq!(
            said(&shop, &alice(), "purchase", Some(&purchase(value, "lamps"))).answer,
            answer,
            "{value}"
        );
    }
    for value in [
        "1e3",
        "",
        ".",
        "1.",
        ".5",
        "0x10",
        "1,000",
        "10.00000",
        "NaN",
        "٣",
        " 1",
        "999999999999999999999",
    ] {
        let verdict = said(&shop, &alice(), "purchase", Some(&purchase(value, "lamps")));
        assert_eq!(verdict.answer, Answer::Unfit, "{value}: {verdict:?}");
    }
}

#[test]
fn all_that_decided_demand_together_and_the_strictest_counts() {
    let all = policies(
        r#"
        @id("a") @strength("session") @approvers("finance") @lifetime("600")
        permit(principal, action, resource);
        @id("b") @strength("biometric") @approvers("finance") @quorum("3") @reason("b")
        permit(principal, action, resource);
        @id("c") @strength("none") @approvers("finance legal") @quorum("2") @lifetime("3600")
        permit(principal, action, resource);
        @id("d") @strength("biometric") @lifetime("30")
        permit(principal == User::"nobody", action, resource);
        "#,
    );
    let verdict = said(&all, &alice(), "read_profile", None);
    assert_eq!(verdict.decided, ["a", "b", "c"]);
    let demands = verdict.demands;
    assert_eq!(
        (demands.strength, demands.lifetime_seconds),
        (Some(Strength::Biometric), Some(600))
    );
    let approvers = |group: &str, quorum| Approvers {
        group: group.to_owned(),
        quorum,
    };
    assert_eq!(
        demands.approvers,
        [approvers("finance", 3), approvers("legal", 2)].into()
    );
    assert_eq!(demands.reasons, ["b".to_owned()].into());
}

#[test]
fn s_34_a_forbid_that_fails_forbids_and_a_permit_that_fails_permits_nothing() {
    // Overflow is an error of evaluation that no schema sees.
    let overflow = "context.now + 9223372036854775807 > 0";
    let forbids = policies(&format!(
        "@id(\"yes\") permit(principal, action, resource);\n@id(\"late\") forbid(principal, action, resource) when {{ {overflow} }};"
    ));
    let verdict = said(&forbids, &alice(), "read_profile", None);
    assert_eq!(
        (verdict.answer, verdict.decided, verdict.failed),
        (Answer::Forbid, vec!["late".to_owned()], vec!["late".to_owned()])
    );
    let permits = policies(&format!(
        "@id(\"maybe\") permit(principal, action, resource) when {{ {overflow} }};"
    ));
    let verdict = said(&permits, &alice(), "read_profile", None);
    assert_eq!(
        (verdict.answer, verdict.failed),
        (Answer::Silence, vec!["maybe".to_owned()])
    );
}

#[test]
fn s_32_what_the_catalogue_does_not_know_is_never_permitted() {
    let open = policies("permit(principal, action, resource);");
    let whole = purchase("1", "lamps");
    assert_eq!(said(&open, &alice(), "purchase", Some(&whole)).answer, Answer::Permit);
    let unfit = |principal: &Entity, action: &str, input: Option<&Map<String, Value>>| {
        let verdict = said(&open, principal, action, input);
        assert_eq!(
            (verdict.answer, verdict.decided.len()),
            (Answer::Unfit, 0),
            "{verdict:?}"
        );
        verdict.unfit.unwrap()
    };
    assert_eq!(unfit(&alice(), "sell", None), "the action sell is not in the catalogue");
    assert_eq!(
        unfit(&Entity::named("Robot", "r2"), "read_profile", None),
        "the schema has no entity type Robot"
    );
    assert_eq!(
        unfit(&Entity::named("Group", "finance"), "read_profile", None),
        "the action read_profile is none of Group and Resource: the schema has it for Client or Host or Session or User and Resource"
    );
    for (name, value) in [
        ("merchant", json!(7)),
        ("amount", json!("10.00")),
        ("items", json!(["a", 1])),
        ("express", json!("yes")),
        ("merchant", json!(null)),
    ] {
        let mut input = whole.clone();
        input.insert(name.to_owned(), value);
        assert!(unfit(&alice(), "purchase", Some(&input)).starts_with(&format!("input: {name}: ")));
    }
    let strange = Entity {
        attributes: object(json!({ "login": 1.5 })),
        ..alice()
    };
    assert_eq!(unfit(&strange, "read_profile", None), "User::alice: login: a text");
}

#[test]
fn s_32_without_input_what_looks_at_it_permits_nothing_and_a_forbid_forbids() {
    let whole = purchase("1.00", "lamps");
    let by = |text: &str, input: Option<&Map<String, Value>>| {
        let verdict = said(&policies(text), &alice(), "purchase", input);
        (verdict.answer, verdict.decided, verdict.failed, verdict.unfit)
    };
    let named = |name: &str| vec![name.to_owned()];
    // A permit that looks at it, with and without.
    let cheap = "@id(\"cheap\") permit(principal, action == Action::\"purchase\", resource) when { context.input.amount.value.lessThan(decimal(\"5.00\")) };";
    assert_eq!(by(cheap, Some(&whole)), (Answer::Permit, named("cheap"), vec![], None));
    assert_eq!(by(cheap, None), (Answer::Silence, vec![], named("cheap"), None));
    // A forbid that looks at it.
    let all = "@id(\"all\") permit(principal, action, resource);\n";
    let dear = format!(
        "{all}@id(\"dear\") forbid(principal, action == Action::\"purchase\", resource) when {{ context.input.amount.value.greaterThan(decimal(\"5.00\")) }};"
    );
    assert_eq!(by(&dear, Some(&whole)), (Answer::Permit, named("all"), vec![], None));
    assert_eq!(by(&dear, None), (Answer::Forbid, named("dear"), named("dear"), None));
    // What does not look at it is asked as ever.
    assert_eq!(by(all, None), (Answer::Permit, named("all"), vec![], None));
}

/// Whoever leaves out the input that a permit looks at does not get around what it demands: the permit of everything is not enough alone.
#[test]
fn s_34_what_a_permit_demands_that_cannot_be_evaluated_is_demanded() {
    let text = "@id(\"all\") permit(principal, action, resource);
        @id(\"dear\") @strength(\"biometric\") @approvers(\"finance\") permit(principal, action == Action::\"purchase\", resource) when { context.input.amount.value.greaterThan(decimal(\"100.00\")) };";
    let policies = policies(text);
    let (cheap, dear) = (purchase("1.00", "lamps"), purchase("101.00", "lamps"));
    let demanded = |input: Option<&Map<String, Value>>| {
        let verdict = said(&policies, &alice(), "purchase", input);
        assert_eq!(verdict.answer, Answer::Permit);
        (verdict.demands.strength, verdict.demands.approvers.len())
    };
    assert_eq!(demanded(Some(&cheap)), (None, 0));
    assert_eq!(demanded(Some(&dear)), (Some(Strength::Biometric), 1));
    assert_eq!(demanded(None), (Some(Strength::Biometric), 1));
}

#[test]
fn the_time_and_what_is_unusual_are_there() {
    let office = policies(
        "permit(principal, action, resource) when { context.hour == 9 && context.weekday == 4 && context.now == 1795685400 };",
    );
    assert_eq!(said(&office, &alice(), "read_profile", None).answer, Answer::Permit);
    let calm = policies(
        "permit(principal, action, resource) unless { context.risk.unusual_hour || context.risk.velocity > 5 || (context.risk has amount_percent && context.risk.amount_percent > 200) };",
    );
    let risk = |unusual_hour, velocity, amount_percent| Risk {
        unusual_hour,
        velocity,
        amount_percent,
    };
    for (risk, answer) in [
        (risk(false, 5, None), Answer::Permit),
        (risk(false, 5, Some(200)), Answer::Permit),
        (risk(true, 0, None), Answer::Silence),
        (risk(false, 6, None), Answer::Silence),
        (risk(false, 0, Some(201)), Answer::Silence),
    ] {
        assert_eq!(
            said_at(&calm, &alice(), "read_profile", None, risk).answer,
            answer,
            "{risk:?}"
        );
    }
}

#[test]
fn an_agent_is_in_its_host_and_in_whom_it_acts_for() {
    let agents = policies(
        r#"
        @id("of-finance") permit(principal is Session in Group::"finance", action, resource);
        @id("of-this-host") permit(principal in Host::"laptop", action, resource);
        "#,
    );
    let session = |host: &str| Entity {
        parents: vec![EntityName::new("Host", host)],
        ..Entity::named("Session", "s")
    };
    let host = |id: &str, user: &str| Entity {
        parents: vec![EntityName::new("User", user)],
        ..Entity::named("Host", id)
    };
    let judge = |session: &Entity, ancestors: &[Entity]| {
        agents.judge(&Question {
            principal: session,
            ancestors,
            action: &name("read_profile"),
            resource: &Entity::named("Resource", "r"),
            input: None,
            risk: Risk::default(),
            now: Time::from_unix(NOW),
        })
    };
    let hers = judge(&session("laptop"), &[host("laptop", "alice"), alice()]);
    assert_eq!(hers.decided, ["of-finance", "of-this-host"]);
    let elsewhere = judge(&session("phone"), &[host("phone", "alice"), alice()]);
    assert_eq!(elsewhere.decided, ["of-finance"]);
    let nobodys = judge(&session("phone"), &[host("phone", "bob"), Entity::named("User", "bob")]);
    assert_eq!(nobodys.answer, Answer::Silence);
}

#[test]
fn s_32_whoever_asks_cannot_say_what_time_it_is_or_that_nothing_is_unusual() {
    // The members of an own action's context are the caller's; those of ours beside them are not.
    let own = "action probe appliesTo { principal: [User], resource: [Resource], context: { now: Long, hour: Long, weekday: Long, mine: String, risk: { unusual_hour: Bool, velocity: Long, amount_percent?: Long } } };";
    let catalogue = Catalogue {
        schema: Some(own.to_owned()),
        ..catalogue()
    };
    let claimed = object(json!({
        "mine": "x", "now": 1, "hour": 0, "weekday": 1, "risk": { "unusual_hour": false, "velocity": 0 },
    }));
    let unusual = Risk {
        unusual_hour: true,
        ..Risk::default()
    };
    for (condition, answer) in [
        ("context.mine == \"x\"", Answer::Permit),
        ("!context.risk.unusual_hour", Answer::Silence),
        ("context.now == 1", Answer::Silence),
        ("context.hour == 0", Answer::Silence),
        ("context.weekday == 1", Answer::Silence),
    ] {
        let text = format!("permit(principal, action == Action::\"probe\", resource) when {{ {condition} }};");
        let policies = Policies::compile(&text, &catalogue).unwrap();
        let verdict = said_at(&policies, &alice(), "probe", Some(&claimed), unusual);
        assert_eq!(verdict.answer, answer, "{condition}");
    }
}

#[test]
fn a_no_for_what_is_unusual_is_told_from_others() {
    for (condition, of_risk) in [
        ("when { context.risk.velocity >= 0 }", true),
        ("unless { context.risk.unusual_hour }", true),
        ("when { [context.risk.velocity].contains(0) }", true),
        ("when { !(context.risk has amount_percent) }", true),
        ("when { context[\"risk\"].velocity >= 0 }", true),
        ("when { context has \"risk\" }", true),
        ("when { context.input.merchant == \"risk\" } // context.risk\n", false),
        ("when { context.input has merchant && context has hour }", false),
        ("", false),
    ] {
        let text = format!(
            "@id(\"risk\") @reason(\"context.risk\") forbid(principal, action == Action::\"purchase\", resource) {condition};\n@id(\"all\") permit(principal, action, resource);"
        );
        let verdict = said(&policies(&text), &alice(), "purchase", Some(&purchase("1.00", "risk")));
        assert_eq!(
            (verdict.answer, verdict.of_risk),
            (Answer::Forbid, of_risk),
            "{condition}"
        );
    }
    let permits = "@id(\"calm\") permit(principal, action, resource) when { context.risk.velocity < 5 };";
    let verdict = said(&policies(permits), &alice(), "purchase", Some(&purchase("1.00", "m")));
    assert_eq!((verdict.answer, verdict.of_risk), (Answer::Permit, false));
}
