//! `prokura policy`: Cedar files, checked, tested and explained without a server, and applied at one; `prokura capability`.

use serde_json::{Value, json};
use testkit::Client;

use crate::command::{Desk, RESOURCE, typed, world_with_resource};

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
        (json!({ "tests": [] }), "nothing was tried"),
        (
            json!({ "tests": [of("x", "1.00", json!({ "answer": "deny" }))] }),
            "\"deny\" is no answer",
        ),
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

const TEAM: &str =
    "@id(\"team\") permit(principal in Group::\"team\", action == Action::\"read_profile\", resource);\n";
const REPORTER: &str = r#"[{ "type": "Client", "id": "reporter", "in": ["Group::team"] }]"#;

fn reporter_reads() -> Value {
    json!({
        "principal": { "type": "Client", "id": "reporter" }, "action": "read_profile",
        "resource": { "type": "Resource", "id": "https://shop.example" },
    })
}

#[test]
fn several_files_count_as_one_and_policies_know_by_name_what_is_in_the_file_of_entities() {
    let desk = desk();
    desk.write("team.cedar", TEAM);
    desk.write("team.json", REPORTER);
    desk.write("q.json", &reporter_reads().to_string());
    let both = desk.run(&typed("policy check shop.cedar team.cedar")).expect(0);
    assert_eq!(
        both.out,
        "shop.cedar, team.cedar: 4 policies over 4 capabilities, nothing is wrong\n"
    );
    let stranger = desk
        .run(&typed("policy explain shop.cedar team.cedar --question q.json"))
        .expect(0);
    assert!(stranger.line("answer").starts_with("silence"), "{stranger:?}");
    let typed_out = "policy explain shop.cedar team.cedar --entities team.json --question q.json";
    let known = desk.run(&typed(typed_out)).expect(0);
    assert_eq!((known.line("answer"), known.line("decided by")), ("permit", "team"));
    let tests = json!({ "tests": [{ "name": "team", "question": reporter_reads(), "expect": { "answer": "permit", "decided": ["team"] } }] });
    desk.write("tests.json", &tests.to_string());
    desk.run(&typed("policy test shop.cedar team.cedar --tests tests.json"))
        .expect(1);
    desk.run(&typed(
        "policy test shop.cedar team.cedar --entities team.json --tests tests.json",
    ))
    .expect(0);
    desk.write(
        "bad.cedar",
        "@id(\"x\") permit(principal, action, resource)\nwhen { context.input.shop == 1 };",
    );
    let bad = desk.run(&typed("policy check team.cedar bad.cedar")).expect(1);
    assert!(bad.err.contains("bad.cedar:2"), "{bad:?}");
    desk.run(&typed("policy explain --entities team.json --question q.json"))
        .expect(2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_files_what_counts_at_the_server_explains_itself() {
    let (world, desk) = world_with_resource().await;
    desk.write("open.cedar", TEAM);
    desk.write("team.json", REPORTER);
    desk.write("q.json", &reporter_reads().to_string());
    let built_in = desk.run(&typed("policy explain --question q.json")).expect(0);
    assert_eq!(
        (
            built_in.line("answer"),
            built_in.line("decided by"),
            built_in.line("version")
        ),
        ("permit", "built-in", "0")
    );
    desk.run(&typed("policy apply open.cedar --entities team.json --quiet"))
        .expect(0);
    let applied = desk.run(&typed("policy explain --question q.json")).expect(0);
    assert_eq!(
        (
            applied.line("answer"),
            applied.line("decided by"),
            applied.line("version")
        ),
        ("permit", "team", "1"),
        "whom policies know by name"
    );
    world.end().await;
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

const OPEN: &str = "@id(\"open\")\npermit(principal, action, resource);\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn policies_are_applied_shown_and_listed() {
    let (world, desk) = world_with_resource().await;
    let nothing = desk.run(&typed("policy history")).expect(0);
    assert!(nothing.err.contains("no policies were applied"), "{nothing:?}");
    let built_in = desk.run(&typed("policy show")).expect(0);
    assert_eq!(
        built_in.out,
        "@id(\"built-in\")\npermit(principal, action, resource);\n"
    );
    assert!(built_in.err.starts_with("version 0, built in"), "{built_in:?}");

    desk.write("open.cedar", OPEN);
    desk.write("shop.cedar", SHOP);
    let applied = desk.run(&typed("policy apply open.cedar shop.cedar")).expect(0);
    let lines = ["version", "state", "policies", "capabilities"].map(|name| applied.line(name));
    assert_eq!(lines, ["1", "counts from now on", "4", "4"]);
    assert!(
        applied
            .err
            .contains("approvers of finance are demanded, and there is no such group"),
        "{applied:?}"
    );
    desk.run(&typed("group create finance --name Finance")).expect(0);
    let again = desk.run(&typed("policy apply open.cedar shop.cedar")).expect(0);
    assert_eq!((again.line("version"), again.line("state")), ("1", "counted already"));
    assert!(!again.err.contains("warning"), "{again:?}");
    let shown = desk.run(&typed("policy show")).expect(0);
    assert_eq!(shown.out, format!("{OPEN}{SHOP}"), "as it was written");

    // Without a permit of what no capability names, whoever applies it is told.
    let closed = desk.run(&typed("policy apply shop.cedar --quiet")).expect(0);
    assert_eq!((closed.line("version"), closed.err.as_str()), ("2", ""));
    let told = desk.run(&typed("policy apply shop.cedar")).expect(0);
    assert!(told.err.contains("no policy permits the action \"access\""), "{told:?}");

    let late = desk.run(&typed("policy apply open.cedar --replaces 1")).expect(5);
    assert!(late.err.contains("version 2 counts now"), "{late:?}");
    let history = desk.run(&typed("policy history")).expect(0);
    let first: Vec<&str> = history.out.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(first, ["VERSION", "2", "1"]);
    let old = desk.json(&typed("policy show --version 1"));
    assert_eq!(old["policies"], format!("{OPEN}{SHOP}"));
    desk.run(&typed("policy show --version 9")).expect(3);
    desk.run(&typed("policy apply")).expect(2);
    desk.run(&typed("policy apply open.cedar --last 5")).expect(2);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_policies_know_by_name_is_applied_from_a_file_and_stays() {
    let (world, desk) = world_with_resource().await;
    desk.write("open.cedar", OPEN);
    desk.write("shop.cedar", SHOP);
    desk.write(
        "team.json",
        r#"[{ "type": "Client", "id": "reporter", "in": ["Group::team"] }]"#,
    );
    desk.write(
        "wrong.json",
        r#"[{ "type": "Client", "id": "reporter", "group": "team" }]"#,
    );
    let wrong = desk
        .run(&typed("policy apply open.cedar --entities wrong.json"))
        .expect(1);
    for said in ["wrong.json is no list of entities", "group is not a member"] {
        assert!(wrong.out.is_empty() && wrong.err.contains(said), "{said}: {wrong:?}");
    }
    desk.run(&typed("policy apply open.cedar --entities team.json"))
        .expect(0);
    desk.run(&typed("policy apply open.cedar shop.cedar")).expect(0);
    let shown = desk.json(&typed("policy show"));
    assert_eq!(shown["version"], 2);
    let team = json!([{ "type": "Client", "id": "reporter", "in": ["Group::team"] }]);
    assert_eq!(shown["entities"], team, "what a file does not replace stays");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_is_told_with_the_line_of_its_file_and_nothing_is_applied() {
    let (world, desk) = world_with_resource().await;
    desk.write("open.cedar", OPEN);
    desk.write("bad.cedar", "permit(principal, action, resource)\nwhen { context.input.shop == \"x\" };\n@id(\"x\") @strenght(\"none\")\npermit(principal, action, resource);");
    let bad = desk.run(&typed("policy apply open.cedar bad.cedar")).expect(1);
    for said in [
        "nothing was applied",
        "\n  bad.cedar:2: policy policy1: ",
        "\n  bad.cedar:3: policy x: @strenght means nothing here",
    ] {
        assert!(bad.out.is_empty() && bad.err.contains(said), "{said}: {bad:?}");
    }
    let json = desk
        .run(&typed("policy apply open.cedar bad.cedar --output json"))
        .expect(1);
    let failure: Value = serde_json::from_str(&json.err).unwrap();
    assert!(
        failure["problems"].as_array().is_some_and(|all| all.len() >= 2),
        "{failure}"
    );
    assert_eq!(desk.json(&typed("policy show"))["version"], 0);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_says_what_would_be_other_and_changes_nothing() {
    let (world, desk) = world_with_resource().await;
    let client = Client::register(&world, "client_secret_basic", "read write", &[RESOURCE]).await;
    desk.write("open.cedar", OPEN);
    desk.write("closed.cedar", "@id(\"no\") forbid(principal, action, resource);");
    let early = desk.run(&typed("policy apply closed.cedar --dry-run")).expect(0);
    assert!(
        early.out.is_empty() && early.err.contains("no decision is on record yet"),
        "{early:?}"
    );
    desk.run(&typed("policy apply open.cedar")).expect(0);
    let form = [("resource", RESOURCE.to_owned())];
    assert_eq!(world.token(&client, &form, &[]).await.status, 200);
    let dry = desk.run(&typed("policy apply closed.cedar --dry-run")).expect(0);
    let row = dry.out.lines().nth(1).unwrap_or_default();
    for said in [client.id.as_str(), "access", RESOURCE, "permit open", "forbid no"] {
        assert!(row.contains(said), "{said}: {dry:?}");
    }
    assert!(dry.err.contains("1 of the last 1 decisions would be others"), "{dry:?}");
    let same = desk.run(&typed("policy apply open.cedar --dry-run --last 5")).expect(0);
    assert!(same.out.is_empty() && same.err.contains("0 of the last 1"), "{same:?}");
    assert_eq!(desk.json(&typed("policy show"))["version"], 1);
    assert_eq!(world.token(&client, &form, &[]).await.status, 200);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn capabilities_are_entered_shown_and_taken_out() {
    let (world, desk) = world_with_resource().await;
    let table = desk.run(&typed("capability list")).expect(0);
    assert!(
        table.out.starts_with("NAME ") && table.out.lines().count() == 5,
        "{table:?}"
    );
    let mut sell = json!({ "name": "shop:sell", "description": "Sell things", "approval_strength": "session", "scopes": ["sell", { "resource": RESOURCE, "scope": "write" }] });
    desk.write("sell.json", &sell.to_string());
    let plan = desk.run(&typed("capability put sell.json --dry-run")).expect(0);
    assert!(
        plan.out.starts_with("PUT ") && plan.out.contains("/capabilities/~"),
        "{plan:?}"
    );
    let made = desk.run(&typed("capability put sell.json")).expect(0);
    let lines = ["name", "strength", "scopes", "version"].map(|name| made.line(name));
    assert_eq!(
        lines,
        ["shop:sell", "session", &format!("sell, write at {RESOURCE}"), "1"]
    );
    assert_eq!(desk.json(&typed("capability show shop:sell")), sell);
    desk.write(
        "sell.cedar",
        "@id(\"s\") permit(principal, action == Action::\"shop:sell\", resource);",
    );
    desk.run(&typed("policy apply sell.cedar")).expect(0);
    let scoped = desk.run(&typed("capability drop shop:sell")).expect(1);
    assert!(
        scoped.err.contains("scopes: sell, write would be judged as access"),
        "{scoped:?}"
    );
    let mut bare = sell.clone();
    bare["scopes"] = json!([]);
    desk.write("bare.json", &bare.to_string());
    desk.run(&typed("capability put bare.json")).expect(0);
    let used = desk.run(&typed("capability drop shop:sell")).expect(1);
    assert!(used.err.contains("policy s: "), "{used:?}");
    desk.write("open.cedar", OPEN);
    desk.run(&typed("policy apply open.cedar")).expect(0);
    let gone = desk.run(&typed("capability drop shop:sell")).expect(0);
    assert!(gone.err.contains("took out the capability shop:sell"), "{gone:?}");
    desk.run(&typed("capability drop shop:sell")).expect(3);
    desk.run(&typed("capability show shop:sell")).expect(3);
    sell.as_object_mut().unwrap().remove("name");
    desk.write("sell.json", &sell.to_string());
    let nameless = desk.run(&typed("capability put sell.json")).expect(1);
    assert!(nameless.err.contains("there is no text \"name\""), "{nameless:?}");

    // A catalogue of files takes the place of the one that counts; a schema of one's own stays until it is empty.
    let catalogue = desk.run(&typed("policy catalogue")).expect(0).out;
    desk.write("all.json", &catalogue);
    desk.write(
        "own.cedarschema",
        "entity Todo;\naction update appliesTo { principal: [User], resource: [Todo], context: {} };",
    );
    desk.run(&typed(
        "policy apply open.cedar --catalogue all.json --schema own.cedarschema",
    ))
    .expect(0);
    assert!(desk.json(&typed("policy apply open.cedar"))["schema"].is_string());
    desk.write("empty", "");
    assert_eq!(
        desk.json(&typed("policy apply open.cedar --schema empty"))
            .get("schema"),
        None
    );
    world.end().await;
}
