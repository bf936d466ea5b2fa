//! `prokura policy`: Cedar files, checked, tested and explained without a server.

use serde_json::{Value, json};

use crate::command::{Desk, typed};

const SHOP: &str = r#"
@id("buyers")
permit(principal in Role::"buyer", action == Action::"purchase", resource)
when { context.input.amount.value.lessThanOrEqual(decimal("100.00")) };

@id("dear") @strength("biometric") @approvers("finance") @quorum("2") @lifetime("300")
permit(principal in Role::"buyer", action == Action::"purchase", resource)
when { context.input.amount.value.greaterThan(decimal("100.00")) };

@id("no-casino") @reason("no gambling")
forbid(principal, action == Action::"purchase", resource)
when { context.input.merchant like "*casino*" };
"#;

fn question(value: &str, merchant: &str) -> Value {
    json!({
        "principal": { "type": "User", "id": "alice", "in": ["Role::buyer"] }, "action": "purchase",
        "resource": { "type": "Resource", "id": "https://shop.example" },
        "input": { "amount": { "value": value, "currency": "EUR" }, "merchant": merchant },
    })
}

fn desk() -> Desk {
    let desk = Desk::new();
    desk.write("shop.cedar", SHOP);
    desk
}

#[test]
fn good_policies_are_counted_and_bad_ones_told_with_line_and_name() {
    let desk = desk();
    let good = desk.run(&typed("policy check shop.cedar")).expect(0);
    assert_eq!(
        good.out,
        "shop.cedar: 3 policies over 4 capabilities, nothing is wrong\n"
    );
    desk.write(
        "bad.cedar",
        &SHOP
            .replace("input.merchant", "input.shop")
            .replace("@strength", "@strenght"),
    );
    let bad = desk.run(&typed("policy check bad.cedar")).expect(1);
    for said in [
        "bad.cedar does not hold",
        "policy dear: @strenght means nothing here",
        "policy no-casino: ",
        "`input.shop`",
    ] {
        assert!(bad.out.is_empty() && bad.err.contains(said), "{said}: {bad:?}");
    }
    let absent = desk.run(&typed("policy check absent.cedar")).expect(1);
    assert!(absent.err.contains("cannot read absent.cedar"), "{absent:?}");
}

#[test]
fn tests_of_policies_pass_or_say_what_was_said_instead() {
    let desk = desk();
    let of = |name: &str, value: &str, expect: Value| json!({ "name": name, "question": question(value, "Lamps"), "expect": expect });
    let good = json!({ "tests": [
        of("a lamp", "20.00", json!({ "answer": "permit", "decided": ["buyers"], "strength": null })),
        of("a boat", "2000.00", json!({ "answer": "permit", "strength": "biometric", "approvers": [{ "group": "finance", "quorum": 2 }], "lifetime": 300 })),
    ] });
    desk.write("good.json", &good.to_string());
    let passed = desk.run(&typed("policy test shop.cedar --tests good.json")).expect(0);
    assert!(passed.err.contains("2 passed, 0 failed"), "{passed:?}");
    let bad = json!({ "tests": [of("a boat", "2000.00", json!({ "answer": "permit", "strength": "session" }))] });
    desk.write("bad.json", &bad.to_string());
    let failed = desk.run(&typed("policy test shop.cedar --tests bad.json")).expect(1);
    assert!(
        failed.out.contains("strength: expected \"session\", not \"biometric\""),
        "{failed:?}"
    );
    for (text, why) in [
        (json!({}), "there is no list"),
        (json!({ "tests": [{ "name": "x" }] }), "x: there is no question"),
        (json!({ "tests": [of("x", "1.00", json!({}))] }), "has no \"answer\""),
        (
            json!({ "tests": [of("x", "1.00", json!({ "answer": "permit", "anser": 1 }))] }),
            "anser",
        ),
    ] {
        desk.write("wrong.json", &text.to_string());
        let refused = desk.run(&typed("policy test shop.cedar --tests wrong.json")).expect(1);
        assert!(refused.err.contains(why), "{why}: {refused:?}");
    }
}

#[test]
fn one_question_is_explained_for_people_and_programs() {
    let desk = desk();
    desk.write("q.json", &question("20.00", "grand casino").to_string());
    let told = desk
        .run(&typed("policy explain shop.cedar --question q.json"))
        .expect(0);
    assert_eq!(
        told.out,
        "answer      forbid\ndecided by  no-casino\nreason      no gambling\nlooked at   3 of 3 policies\n"
    );
    let json = desk.json(&typed("policy explain shop.cedar --question q.json"));
    assert_eq!(
        (&json["answer"], &json["decided"]),
        (&json!("forbid"), &json!(["no-casino"]))
    );
    let mut strange = question("20.00", "Lamps");
    strange["principle"] = json!({});
    desk.write("q.json", &strange.to_string());
    let refused = desk
        .run(&typed("policy explain shop.cedar --question q.json"))
        .expect(1);
    assert!(
        refused.err.contains("principle is not a member of a question"),
        "{refused:?}"
    );
}

#[test]
fn a_catalogue_of_ones_own_and_a_schema_of_ones_own_are_checked_against() {
    let desk = desk();
    let catalogue = desk.run(&typed("policy catalogue")).expect(0).out;
    desk.write("capabilities.json", &catalogue);
    desk.run(&typed("policy check shop.cedar --catalogue capabilities.json"))
        .expect(0);
    let schema = desk
        .run(&typed("policy schema --catalogue capabilities.json"))
        .expect(0)
        .out;
    assert!(schema.contains("action \"purchase\" appliesTo"), "{schema}");
    desk.write("capabilities.json", &catalogue.replace("purchase", "acquire"));
    let other = desk
        .run(&typed("policy check shop.cedar --catalogue capabilities.json"))
        .expect(1);
    assert!(other.err.contains("purchase"), "{other:?}");
    desk.write("capabilities.json", &catalogue.replace("biometric", "fingerprint"));
    let broken = desk
        .run(&typed("policy check shop.cedar --catalogue capabilities.json"))
        .expect(1);
    assert!(broken.err.contains("purchase: approval_strength"), "{broken:?}");
    desk.write("own.cedarschema", "entity todo { ownerID: String };\naction can_update_todo appliesTo { principal: [User], resource: [todo], context: {} };");
    desk.write(
        "todo.cedar",
        "permit(principal, action == Action::\"can_update_todo\", resource) when { resource.ownerID == \"alice\" };",
    );
    desk.run(&typed("policy check todo.cedar --schema own.cedarschema"))
        .expect(0);
    desk.run(&typed("policy check todo.cedar")).expect(1);
}
