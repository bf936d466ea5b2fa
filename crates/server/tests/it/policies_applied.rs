//! Policies and capabilities as administrators apply them: whole versions, one after the other, tried before they count.

use serde_json::{Value, json};
use testkit::{Answer, Client, World};

use crate::{
    policies::{OPEN, apply, reading_and_writing, try_to_apply},
    setup::{MCP, machine, refused},
};

async fn get(world: &World, path: &str) -> Answer {
    world.admin("GET", &format!("/admin/v1/{path}"), None).await
}

async fn put(world: &World, body: &Value) -> Answer {
    world.admin("PUT", "/admin/v1/policies", Some(body)).await
}

#[tokio::test]
async fn before_anything_is_applied_version_0_counts() {
    let world = World::new().await;
    let shown = get(&world, "policies").await.body;
    assert_eq!(
        (&shown["version"], &shown["policies"]),
        (
            &json!(0),
            &json!("@id(\"built-in\")\npermit(principal, action, resource);\n")
        )
    );
    let names: Vec<&str> = shown["capabilities"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        ["purchase", "read_profile", "check_compliance", "request_approval"]
    );
    assert_eq!(shown.get("applied_by"), None);
    assert_eq!(get(&world, "policies/versions/0").await.body, shown);
    assert_eq!(get(&world, "policies/versions").await.body, json!({ "versions": [] }));
    assert_eq!(
        get(&world, "capabilities").await.body["capabilities"],
        shown["capabilities"]
    );
    refused(&get(&world, "policies/versions/1").await, 404, "not_found", "not yet");
    refused(&get(&world, "policies/versions/x").await, 404, "not_found", "no number");
    for other in ["00", "+0", "-0", "0x0"] {
        refused(
            &get(&world, &format!("policies/versions/{other}")).await,
            404,
            "not_found",
            "a version has one name",
        );
    }
    let same = json!({ "policies": shown["policies"], "capabilities": shown["capabilities"], "replaces": 0 });
    let applied = put(&world, &same).await;
    assert_eq!(
        (applied.status, &applied.body["version"]),
        (201, &json!(1)),
        "what is shown can be applied"
    );
}

#[tokio::test]
async fn the_same_twice_is_one_version_and_one_that_was_made_from_an_old_one_is_refused() {
    let world = World::new().await;
    let first = try_to_apply(&world, OPEN).await;
    assert_eq!((first.status, &first.body["version"]), (201, &json!(1)));
    assert_eq!(first.body["created_at"], world.now());
    let again = try_to_apply(&world, OPEN).await;
    assert_eq!((again.status, &again.body), (200, &first.body));
    assert_eq!(world.events("policies.applied").await, 1);

    let body = |replaces: i64, id: &str| json!({ "policies": format!("@id(\"{id}\") permit(principal, action, resource);"), "capabilities": reading_and_writing(), "replaces": replaces });
    assert_eq!(put(&world, &body(1, "b")).await.status, 201);
    let late = put(&world, &body(1, "c")).await;
    refused(&late, 409, "conflict", "somebody was quicker");
    assert!(
        late.text_of("error_description").contains("version 2 counts now"),
        "{late:?}"
    );
    assert_eq!(get(&world, "policies").await.body["version"], 2);

    // All of them can be looked at, a page at a time.
    assert_eq!(put(&world, &body(2, "c")).await.status, 201);
    let page = get(&world, "policies/versions?limit=2").await.body;
    let versions = |page: &Value| -> Vec<i64> {
        let all = page["versions"].as_array().unwrap().iter();
        all.map(|one| one["version"].as_i64().unwrap()).collect()
    };
    assert_eq!((versions(&page), &page["next"]), (vec![3, 2], &json!("2")));
    let rest = get(&world, "policies/versions?limit=2&after=2").await.body;
    assert_eq!((versions(&rest), rest.get("next")), (vec![1], None));
    assert_eq!(
        get(&world, "policies/versions/1").await.body,
        first.body,
        "as it was applied"
    );
    refused(
        &get(&world, "policies/versions?after=x").await,
        400,
        "invalid_body",
        "no cursor of ours",
    );
}

#[tokio::test]
async fn all_that_is_wrong_is_told_at_once_and_nothing_is_applied() {
    let world = World::new().await;
    let wrong = "@id(\"a\")\npermit(principal, action == Action::\"buy\", resource);\n\n@id(\"b\") @strenght(\"biometric\")\nforbid(principal, action, resource)\nwhen { context.input.x == 1 };";
    let answer = try_to_apply(&world, wrong).await;
    refused(&answer, 400, "invalid_body", "two policies are wrong");
    for said in [
        "policy a: ",
        "policy b: @strenght means nothing here",
        "line 6: policy b: ",
    ] {
        assert!(answer.text_of("detail").contains(said), "{said}: {answer:?}");
    }
    let syntax = try_to_apply(
        &world,
        "permit(principal, action, resource);\npermit(principal action, resource);",
    )
    .await;
    assert!(syntax.text_of("detail").contains("line 2: "), "{syntax:?}");
    let schema = json!({ "policies": OPEN, "capabilities": [{ "name": "buy", "description": "Buy", "approval_strength": "session", "input_schema": { "type": "object", "$ref": "https://evil.example/" } }] });
    let answer = put(&world, &schema).await;
    refused(&answer, 400, "invalid_body", "a schema that refers");
    assert!(
        answer.text_of("detail").starts_with("buy: input_schema: $ref"),
        "{answer:?}"
    );
    let twice = json!({ "policies": OPEN, "capabilities": [reading_and_writing()[0], reading_and_writing()[0]] });
    let answer = put(&world, &twice).await;
    assert!(
        answer.text_of("detail").contains("read_things: two capabilities"),
        "{answer:?}"
    );
    assert_eq!(get(&world, "policies").await.body["version"], 0);
}

#[tokio::test]
async fn a_schema_of_the_tenants_own_is_kept_with_the_version() {
    let world = World::new().await;
    let body = json!({
        "policies": "permit(principal, action == Action::\"update\", resource) when { resource.owner == \"alice\" };",
        "schema": "entity Todo { owner: String };\naction update appliesTo { principal: [User], resource: [Todo], context: {} };",
        "capabilities": [],
    });
    let applied = put(&world, &body).await;
    assert_eq!(
        (applied.status, &applied.body["schema"]),
        (201, &body["schema"]),
        "{applied:?}"
    );
    let question = |owner: &str| {
        json!({ "question": {
        "principal": { "type": "User", "id": "alice" }, "action": "update",
        "resource": { "type": "Todo", "id": "1", "attributes": { "owner": owner } },
    } })
    };
    for (owner, answer) in [("alice", "permit"), ("bob", "silence")] {
        let said = world
            .admin("POST", "/admin/v1/policies/explain", Some(&question(owner)))
            .await;
        assert_eq!(said.body["answer"], answer, "{said:?}");
    }
}

#[tokio::test]
async fn one_capability_makes_the_next_version_of_everything() {
    let world = World::new().await;
    apply(&world, "permit(principal, action == Action::\"write_things\", resource);\npermit(principal, action == Action::\"access\", resource);").await;
    let sell = json!({ "description": "Sell things", "approval_strength": "biometric", "scopes": ["sell"] });
    let made = world.admin("PUT", "/admin/v1/capabilities/sell", Some(&sell)).await;
    assert_eq!(made.status, 200, "{made:?}");
    let mut expected = sell.clone();
    expected["name"] = "sell".into();
    expected["version"] = 2.into();
    assert_eq!(made.body, expected);
    let again = world.admin("PUT", "/admin/v1/capabilities/sell", Some(&sell)).await;
    assert_eq!(again.body, expected, "the same is no further version");
    let listed = get(&world, "capabilities").await;
    let names: Vec<&Value> = listed.body["capabilities"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["name"])
        .collect();
    assert_eq!(names, ["read_things", "write_things", "sell"]);

    // A policy that would break is named, and nothing changes.
    let drop = async |name: &str| {
        world
            .admin("DELETE", &format!("/admin/v1/capabilities/{name}"), None)
            .await
    };
    let refusal = drop("write_things").await;
    refused(&refusal, 400, "invalid_body", "its scope would need nothing any more");
    assert!(refusal.text_of("detail").starts_with("scopes: write "), "{refusal:?}");
    let bare = json!({ "description": "Write things", "approval_strength": "session" });
    let made = world
        .admin("PUT", "/admin/v1/capabilities/write_things", Some(&bare))
        .await;
    assert_eq!(made.body["version"], 3, "{made:?}");
    let refusal = drop("write_things").await;
    refused(&refusal, 400, "invalid_body", "a policy speaks of it");
    assert!(refusal.text_of("detail").contains("policy policy0: "), "{refusal:?}");
    assert_eq!(get(&world, "policies").await.body["version"], 3);
    let mut claims = sell.clone();
    claims["scopes"] = json!(["read"]);
    let refusal = world.admin("PUT", "/admin/v1/capabilities/other", Some(&claims)).await;
    refused(&refusal, 400, "invalid_body", "one of the two would be of no effect");
    assert!(
        refusal
            .text_of("detail")
            .contains("the scope read stands for read_things there"),
        "{refusal:?}"
    );
    if sell.get("scopes").is_some() {
        let mut bare = sell.clone();
        bare["scopes"] = json!([]);
        world.admin("PUT", "/admin/v1/capabilities/sell", Some(&bare)).await;
    }
    let before = get(&world, "policies").await.body["version"].as_i64().unwrap();
    let gone = drop("sell").await;
    assert_eq!(
        (gone.status, &gone.body["version"]),
        (200, &json!(before + 1)),
        "{gone:?}"
    );
    refused(&drop("sell").await, 404, "not_found", "it is gone");
    for name in ["access", "1st", "a b"] {
        let path = format!("/admin/v1/capabilities/{}", name.replace(' ', "%20"));
        let refusal = world.admin("PUT", &path, Some(&sell)).await;
        assert!(matches!(refusal.status, 400 | 404), "{name}: {refusal:?}");
    }
    // A name with characters that a path keeps for itself.
    let path = format!("/admin/v1/capabilities/~{}", proof::base64url::encode(b"shop:sell/2"));
    let made = world.admin("PUT", &path, Some(&sell)).await;
    assert_eq!((made.status, made.text_of("name")), (200, "shop:sell/2"), "{made:?}");
}

#[tokio::test]
async fn s_37_edits_of_the_catalogue_at_once_are_all_made() {
    let world = World::new().await;
    let put = |n: usize| {
        let world = &world;
        async move {
            let body = json!({ "description": "For tests", "approval_strength": "session" });
            let path = format!("/admin/v1/capabilities/c{n}");
            world.admin("PUT", &path, Some(&body)).await.status
        }
    };
    let all = futures_util::future::join_all((0..4).map(put)).await;
    assert_eq!(all, [200; 4]);
    let listed = get(&world, "capabilities").await.body["capabilities"].to_string();
    for n in 0..4 {
        assert!(listed.contains(&format!("\"c{n}\"")), "{listed}");
    }
}

#[tokio::test]
async fn what_was_decided_is_asked_again_of_policies_that_do_not_count() {
    let (world, client) = machine("client_secret_basic").await;
    let ask = async |scope: &str| {
        let form = [("resource", MCP.to_owned()), ("scope", scope.to_owned())];
        world.token(&client, &form, &[]).await.status
    };
    assert_eq!(ask("read").await, 200, "under the built-in policy nothing is recorded");
    apply(
        &world,
        &format!("{OPEN}\n@id(\"no-write\") forbid(principal, action == Action::\"write_things\", resource);"),
    )
    .await;
    world.advance(1);
    assert_eq!((ask("read").await, ask("write").await), (200, 400));
    world.advance(1);
    assert_eq!(ask("read").await, 200);
    world.flush().await;

    let replay = async |policies: &str, last: Option<i64>| {
        let mut body = json!({ "policies": policies, "capabilities": reading_and_writing() });
        if let Some(last) = last {
            body["last"] = last.into();
        }
        let answer = world.admin("POST", "/admin/v1/policies/replay", Some(&body)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    };
    let same = replay(
        &format!("{OPEN}\n@id(\"other-name\") forbid(principal, action == Action::\"write_things\", resource);"),
        None,
    )
    .await;
    assert_eq!(
        same,
        json!({ "replayed": 3, "flips": 0, "would_flip": [], "complete": true, "compared_to_version": 1 }),
        "what the same is said to is no flip"
    );
    let other = replay(
        "@id(\"w\") permit(principal, action == Action::\"write_things\", resource);",
        None,
    )
    .await;
    assert_eq!((&other["replayed"], &other["flips"]), (&json!(3), &json!(3)));
    let flips = other["would_flip"].as_array().unwrap();
    let told: Vec<(&Value, &Value, &Value)> = flips
        .iter()
        .map(|flip| (&flip["question"]["action"], &flip["was"], &flip["would_be"]))
        .collect();
    let (read, write) = (json!("read_things"), json!("write_things"));
    let (permit, forbid, silence) = (json!("permit"), json!("forbid"), json!("silence"));
    assert_eq!(told[0], (&read, &permit, &silence), "the newest first");
    assert!(
        told.contains(&(&write, &forbid, &permit)),
        "a refusal is on record too: {told:?}"
    );
    let refusal = flips.iter().find(|flip| flip["was"] == "forbid").unwrap();
    assert_eq!(
        (&refusal["decided_was"], &refusal["decided_would_be"]),
        (&json!(["no-write"]), &json!(["w"]))
    );
    assert_eq!(refusal["request_id"].as_str().unwrap().len(), 26);
    let one = replay("", Some(1)).await;
    assert_eq!((&one["replayed"], &one["flips"]), (&json!(1), &json!(1)));
    // What a question was asked with is asked again: the client's name too.
    let by_name = replay("permit(principal, action, resource) when { principal is Client && principal has name && principal.name like \"*\" };", None).await;
    assert_eq!(by_name["flips"], 1, "the refusal alone: {by_name}");
    assert_eq!(get(&world, "policies").await.body["version"], 1, "nothing was applied");

    // What takes a human is another answer than a silent one.
    let human = replay(
        "@id(\"four-eyes\") @approvers(\"finance\") permit(principal, action, resource);",
        None,
    )
    .await;
    let to_human = human["would_flip"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|flip| flip["was"] == "permit");
    let told: Vec<(&Value, &Value)> = to_human
        .map(|flip| (&flip["human_was"], &flip["human_would_be"]))
        .collect();
    assert_eq!(told, [(&json!(false), &json!(true)); 2], "{human}");

    // So is what policies would know by name.
    let banned = "@id(\"open\") permit(principal, action, resource); @id(\"ban\") forbid(principal in Role::\"banned\", action, resource);";
    let knowing = async |entities: Value| {
        let body = json!({ "policies": banned, "capabilities": reading_and_writing(), "entities": entities });
        let answer = world.admin("POST", "/admin/v1/policies/replay", Some(&body)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body["flips"].clone()
    };
    let in_it = json!([{ "type": "Client", "id": client.id, "in": ["Role::banned"] }]);
    assert_eq!(knowing(json!([])).await, json!(1), "the refusal alone");
    assert_eq!(knowing(in_it).await, json!(2), "and both permits");

    for (last, what) in [(0, "none"), (10_001, "too many")] {
        let body = json!({ "policies": OPEN, "capabilities": reading_and_writing(), "last": last });
        let answer = world.admin("POST", "/admin/v1/policies/replay", Some(&body)).await;
        refused(&answer, 400, "invalid_body", what);
    }
    let broken = json!({ "policies": "permit", "capabilities": [] });
    let answer = world.admin("POST", "/admin/v1/policies/replay", Some(&broken)).await;
    refused(&answer, 400, "invalid_body", "it does not compile");
}

#[tokio::test]
async fn one_question_is_explained_by_what_counts_or_by_a_candidate() {
    let world = World::new().await;
    let question = json!({
        "principal": { "type": "Client", "id": "c", "in": ["User::alice", "Role::finance"] }, "action": "write_things",
        "resource": { "type": "Resource", "id": MCP },
    });
    let explain = async |body: Value| world.admin("POST", "/admin/v1/policies/explain", Some(&body)).await;
    let built_in = json!({ "principal": { "type": "Client", "id": "c" }, "action": "read_profile", "resource": { "type": "Resource", "id": MCP } });
    let said = explain(json!({ "question": built_in })).await.body;
    assert_eq!(
        (&said["answer"], &said["decided"], &said["version"]),
        (&json!("permit"), &json!(["built-in"]), &json!(0))
    );

    apply(
        &world,
        "@id(\"f\") @strength(\"biometric\") @approvers(\"finance\") @quorum(\"2\") @lifetime(\"300\") @reason(\"ask finance\") permit(principal in Role::\"finance\", action, resource);",
    )
    .await;
    let said = explain(json!({ "question": question })).await;
    assert_eq!(
        said.body,
        json!({
            "answer": "permit", "decided": ["f"], "failed": [], "looked_at": 1, "takes_a_human": true, "version": 1,
            "demands": { "strength": "biometric", "approvers": [{ "group": "finance", "quorum": 2 }], "lifetime_seconds": 300, "reasons": ["ask finance"] },
        })
    );
    let candidate = json!({ "question": question, "policies": "@id(\"n\") forbid(principal, action, resource);" });
    assert_eq!(explain(candidate).await.body["decided"], json!(["n"]));
    let unknown = json!({ "question": question, "capabilities": [] });
    let said = explain(unknown).await.body;
    assert_eq!(
        (&said["answer"], &said["unfit"]),
        (
            &json!("unfit"),
            &json!("the action write_things is not in the catalogue")
        )
    );
    for wrong in [
        json!({}),
        json!({ "principle": {} }),
        json!({ "principal": { "type": "User" }, "action": "a", "resource": { "type": "Resource", "id": "r" } }),
        json!({ "principal": { "type": "User", "id": "u" }, "action": "1 2", "resource": { "type": "Resource", "id": "r" } }),
        json!({ "principal": { "type": "User", "id": "u", "in": ["finance"] }, "action": "a", "resource": { "type": "Resource", "id": "r" } }),
    ] {
        let answer = explain(json!({ "question": wrong })).await;
        refused(&answer, 400, "invalid_body", &wrong.to_string());
        assert!(answer.text_of("detail").starts_with("question: "), "{answer:?}");
    }
    assert_eq!(get(&world, "policies").await.body["version"], 1, "nothing was applied");
}

#[tokio::test]
async fn s_35_a_tenant_sees_and_changes_its_own_policies_alone() {
    let world = World::new().await;
    let (acme, globex) = (world.tenant_by_path("acme").await, world.tenant_by_path("globex").await);
    let set = |id: &str| json!({ "policies": format!("@id(\"{id}\") permit(principal, action, resource);"), "capabilities": [{ "name": format!("sell-{id}"), "description": "Sell", "approval_strength": "none" }] });
    for (tenant, id) in [(&acme, "of-acme"), (&globex, "of-globex")] {
        let made = tenant.admin(&world, "PUT", "/admin/v1/policies", Some(&set(id))).await;
        assert_eq!(
            (made.status, &made.body["version"]),
            (201, &json!(1)),
            "each counts from 1"
        );
    }
    for (tenant, mine, other) in [(&acme, "of-acme", "of-globex"), (&globex, "of-globex", "of-acme")] {
        for path in ["policies", "policies/versions/1", "capabilities"] {
            let shown = tenant.admin(&world, "GET", &format!("/admin/v1/{path}"), None).await;
            assert!(
                shown.text.contains(mine) && !shown.text.contains(other),
                "{path}: {shown:?}"
            );
        }
        let path = format!("/admin/v1/capabilities/sell-{other}");
        let gone = tenant.admin(&world, "DELETE", &path, None).await;
        refused(&gone, 404, "not_found", "another's");
    }
    // A forbid in one is nothing to the other, and nobody reaches another's with a token of their own.
    acme.resource(&world, MCP, &[]).await;
    globex.resource(&world, MCP, &[]).await;
    let clients = [
        Client::register_at(&world, &acme, "client_secret_basic", "read", &[MCP]).await,
        Client::register_at(&world, &globex, "client_secret_basic", "read", &[MCP]).await,
    ];
    let shut = json!({ "policies": "forbid(principal, action, resource);", "capabilities": [] });
    let foreign = globex
        .admin_as(&world, &acme.admin_token, "PUT", "/admin/v1/policies", Some(&shut))
        .await;
    refused(&foreign, 401, "invalid_token", "no administrator there");
    acme.admin(&world, "PUT", "/admin/v1/policies", Some(&shut)).await;
    let form = [("resource", MCP.to_owned())];
    assert_eq!(acme.token(&world, &clients[0], &form, &[]).await.status, 400);
    assert_eq!(globex.token(&world, &clients[1], &form, &[]).await.status, 200);
    let replayed = json!({ "policies": "", "capabilities": [], "last": 100 });
    let found = acme
        .admin(&world, "POST", "/admin/v1/policies/replay", Some(&replayed))
        .await;
    assert!(!found.text.contains(&clients[1].id), "another's decisions: {found:?}");
}

/// What a denied grant or a disabled client decided, no policies would decide otherwise: it is on record with what decided it, and no candidate is blamed for it.
#[tokio::test]
async fn what_no_policy_decided_is_on_record_and_is_not_asked_again() {
    let (world, machine, _) = crate::setup::machine_and_gateway("client_secret_basic").await;
    crate::policies::apply(&world, crate::policies::OPEN).await;
    let denial = json!({ "client_id": machine.id, "denied": true, "scope": "read write" });
    let denied = world.admin("POST", "/admin/v1/grants", Some(&denial)).await;
    assert_eq!(denied.status, 201, "{denied:?}");
    let form = [("resource", crate::setup::MCP.to_owned()), ("scope", "read".to_owned())];
    assert_eq!(world.token(&machine, &form, &[]).await.status, 400);
    world.flush().await;
    let log = world.admin("GET", "/admin/v1/events?limit=100", None).await;
    let text = log.body.to_string();
    assert!(
        text.contains(&format!("the denied grant {}", denied.text_of("id"))),
        "{text}"
    );
    let candidate =
        json!({ "policies": crate::policies::OPEN, "capabilities": crate::policies::reading_and_writing() });
    let replayed = world.admin("POST", "/admin/v1/policies/replay", Some(&candidate)).await;
    assert_eq!(
        (replayed.status, &replayed.body["flips"]),
        (200, &json!(0)),
        "{replayed:?}"
    );
}
