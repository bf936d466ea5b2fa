//! The policy decision point (`AuthZEN` Authorization API 1.0): a fixture in the shape of the public certification scenario, all its levels, every malformed request, and who may ask.

use serde_json::{Value, json};
use testkit::{Answer, Client, World};

use crate::setup::{MCP, access_token};

const SCHEMA: &str = "
entity user { role?: String, clearance?: Long };
entity record { status?: String };
action read, write appliesTo { principal: [user], resource: [record], context: {} };
action \"delete\" appliesTo { principal: [user], resource: [record], context: { soft?: Bool } };
";

const POLICIES: &str = r#"
@id("basics") permit(principal, action == Action::"access", resource);
@id("alice-reads") permit(principal == user::"alice", action == Action::"read", resource is record);
@id("bob-reads") permit(principal == user::"bob", action == Action::"read", resource is record);
@id("alice-writes") permit(principal == user::"alice", action == Action::"write", resource is record)
unless { resource has status && resource.status == "archived" };
@id("admins-keep-the-archive") permit(principal is user, action == Action::"write", resource is record)
when { principal has role && principal.role == "admin" && resource has status && resource.status == "archived" };
@id("alice-deletes-softly") permit(principal == user::"alice", action == Action::"delete", resource is record)
when { context has soft && context.soft };
@id("nobody-on-strike") @reason("on strike") forbid(principal == user::"striker", action, resource);
@id("with-a-passkey") @strength("biometric") permit(principal == user::"alice", action == Action::"write", resource == record::"vault");
"#;

fn entities() -> Value {
    json!([
        { "type": "user", "id": "alice" },
        { "type": "user", "id": "bob", "properties": { "role": "admin" } },
        { "type": "record", "id": "record-1", "properties": { "status": "active" } },
        { "type": "record", "id": "record-2", "properties": { "status": "archived" } },
    ])
}

/// A tenant with the fixture, and a token of a program that asks.
struct Point {
    world: World,
    token: String,
}

impl Point {
    async fn new() -> Self {
        let world = World::new().await;
        let set = json!({ "policies": POLICIES, "schema": SCHEMA, "capabilities": [], "entities": entities() });
        let applied = world.admin("PUT", "/admin/v1/policies", Some(&set)).await;
        assert_eq!(applied.status, 201, "{applied:?}");
        let gateway = Client::register(&world, "client_secret_basic", "authzen:evaluate", &[]).await;
        let token = access_token(&world.token(&gateway, &[], &[]).await);
        Self { world, token }
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(path, "application/json", &body.to_string(), &[]).await
    }

    async fn send(&self, path: &str, kind: &str, body: &str, more: &[(&'static str, String)]) -> Answer {
        let mut headers = vec![
            ("authorization", format!("Bearer {}", self.token)),
            ("content-type", kind.to_owned()),
        ];
        headers.extend(more.iter().cloned());
        self.world
            .send("POST", &format!("/access/v1/{path}"), &headers, Some(body.to_owned()))
            .await
    }

    async fn says(&self, body: &Value) -> bool {
        let answer = self.post("evaluation", body).await;
        assert_eq!(answer.status, 200, "{body}: {answer:?}");
        answer.body["decision"].as_bool().unwrap()
    }

    async fn found(&self, what: &str, body: &Value) -> Vec<Value> {
        let answer = self.post(&format!("search/{what}"), body).await;
        assert_eq!(answer.status, 200, "{body}: {answer:?}");
        assert!(answer.body["page"]["next_token"].is_string());
        answer.body["results"].as_array().unwrap().clone()
    }
}

fn user(id: &str) -> Value {
    json!({ "type": "user", "id": id })
}

fn record(id: &str) -> Value {
    json!({ "type": "record", "id": id })
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "both stand in the question that is made of them"
)]
fn asks(subject: Value, action: &str, resource: Value) -> Value {
    json!({ "subject": subject, "action": { "name": action }, "resource": resource })
}

#[tokio::test]
async fn basic_level_the_eight_decisions_of_the_scenario() {
    let point = Point::new().await;
    let archived = json!({ "type": "record", "id": "record-2", "properties": { "status": "archived" } });
    let admin = json!({ "type": "user", "id": "bob", "properties": { "role": "admin" } });
    let deletes = |soft: bool| json!({ "subject": user("alice"), "action": { "name": "delete", "properties": { "soft": soft } }, "resource": record("record-1") });
    for (n, (question, expected)) in [
        (asks(user("alice"), "read", record("record-1")), true),
        (asks(user("alice"), "write", record("record-1")), true),
        (asks(user("bob"), "read", record("record-1")), true),
        (asks(user("bob"), "write", record("record-1")), false),
        (asks(user("alice"), "write", archived.clone()), false),
        (asks(admin, "write", archived), true),
        (deletes(true), true),
        (deletes(false), false),
    ]
    .into_iter()
    .enumerate()
    {
        for _ in 0..2 {
            assert_eq!(point.says(&question).await, expected, "rule {}", n + 1);
        }
    }
}

#[tokio::test]
async fn basic_level_what_is_not_known_is_ignored() {
    let point = Point::new().await;
    let mut question = asks(user("alice"), "read", record("record-1"));
    question["context"] =
        json!({ "time": "2025-06-27T18:03-07:00", "ip": "192.168.1.1", "load": 1.5, "nothing": null });
    question["foo"] = json!("bar");
    question["futureField"] = json!({ "nested": true });
    assert!(point.says(&question).await);
    let full = json!({
        "subject": { "type": "user", "id": "alice", "properties": { "department": "Sales", "role": "manager", "height": 1.8 } },
        "action": { "name": "read", "properties": { "method": "GET" } },
        "resource": { "type": "record", "id": "record-1", "properties": { "status": "active", "owner": "bob" } },
    });
    assert!(point.says(&full).await);
}

#[tokio::test]
async fn a_denied_scope_is_a_denial_of_the_capability_that_it_stands_for() {
    let point = Point::new().await;
    let file = |name: &str, scope: &str| json!({ "name": name, "description": name, "approval_strength": "none", "scopes": [scope] });
    let set = json!({
        "policies": "@id(\"open\") permit(principal, action, resource);",
        "capabilities": [file("read_file", "read"), file("write_file", "write")],
    });
    let applied = point.world.admin("PUT", "/admin/v1/policies", Some(&set)).await;
    assert_eq!(applied.status, 201, "{applied:?}");
    point.world.resource(MCP, &[]).await;
    let agent = Client::register(&point.world, "client_secret_basic", "read write", &[]).await;
    let asks = |action: &str, place: &str| json!({ "subject": { "type": "Client", "id": agent.id }, "action": { "name": action }, "resource": { "type": "Resource", "id": place } });
    assert!(point.says(&asks("write_file", MCP)).await);
    let denial = json!({ "client_id": agent.id, "scope": "write", "resources": [MCP], "denied": true });
    let made = point.world.admin("POST", "/admin/v1/grants", Some(&denial)).await;
    assert_eq!(made.status, 201, "{made:?}");
    assert!(
        !point.says(&asks("write_file", MCP)).await,
        "by whatever name it is asked"
    );
    assert!(point.says(&asks("read_file", MCP)).await);
    assert!(
        point.says(&asks("write_file", "https://elsewhere.example/")).await,
        "denied there only"
    );
}

#[tokio::test]
async fn s_34_what_a_capability_does_not_take_is_not_understood() {
    let point = Point::new().await;
    let input = json!({
        "type": "object", "required": ["amount"], "additionalProperties": false,
        "properties": { "amount": { "type": "integer", "minimum": 1 }, "to": { "enum": ["bob", "carol"] } },
    });
    let set = json!({
        "policies": "@id(\"open\") permit(principal, action, resource);",
        "capabilities": [{ "name": "pay", "description": "Pay", "approval_strength": "none", "input_schema": input }],
    });
    let applied = point.world.admin("PUT", "/admin/v1/policies", Some(&set)).await;
    assert_eq!(applied.status, 201, "{applied:?}");
    let pays = |properties: &Value| {
        json!({
            "subject": { "type": "Client", "id": "agent" }, "resource": { "type": "Resource", "id": "https://bank.example/" },
            "action": { "name": "pay", "properties": properties },
        })
    };
    for good in [json!({ "amount": 1 }), json!({ "amount": 9, "to": "bob" })] {
        assert!(point.says(&pays(&good)).await, "{good}");
        let in_context = json!({ "subject": pays(&good)["subject"], "resource": pays(&good)["resource"],
            "action": { "name": "pay" }, "context": { "input": good } });
        assert!(point.says(&in_context).await, "{good}");
    }
    for (bad, said) in [
        (json!({ "to": "bob" }), "input: amount is missing"),
        (
            json!({ "amount": 0 }),
            "input: amount has a value that the schema does not admit",
        ),
        (
            json!({ "amount": 1, "to": "mallory" }),
            "input: to has a value that the schema does not admit",
        ),
        (
            json!({ "amount": 1, "tip": 5 }),
            "input: it has a member that the schema does not know",
        ),
    ] {
        let asked = [
            pays(&bad),
            json!({ "subject": pays(&bad)["subject"], "resource": pays(&bad)["resource"],
                "action": { "name": "pay" }, "context": { "input": bad } }),
        ];
        for question in asked {
            let context = point.post("evaluation", &question).await.body["context"].clone();
            assert_eq!(context["reason"], "not_understood", "{question}");
            assert_eq!(context["reason_user"]["en"], said, "{question}");
            assert!(
                context.get("access_request").is_none(),
                "nobody can allow what is no question"
            );
        }
    }
    // Without an input it is asked with nothing, as a booking would be.
    for input in [json!(null), json!("x"), json!([1]), json!({})] {
        let question = json!({ "subject": pays(&input)["subject"], "resource": pays(&input)["resource"],
            "action": { "name": "pay" }, "context": { "input": input } });
        let context = point.post("evaluation", &question).await.body["context"].clone();
        assert_eq!(context["reason"], "not_understood", "{question}");
    }
    let absent = json!({ "subject": pays(&json!(0))["subject"], "resource": pays(&json!(0))["resource"], "action": { "name": "pay" },
        "context": { "approval": { "id": "no", "approved_until": "2030-01-01T00:00:00Z" } } });
    let context = point.post("evaluation", &absent).await.body["context"].clone();
    assert_eq!(
        (&context["reason"], &context["reason_user"]["en"]),
        (&json!("not_understood"), &json!("input: amount is missing"))
    );
    // Nobody is found who may do what is no question.
    for (input, found) in [(json!({ "amount": 1 }), true), (json!({ "amount": 0 }), false)] {
        let search = json!({ "subject": { "type": "Client" }, "resource": pays(&input)["resource"], "action": pays(&input)["action"] });
        let answer = point.post("search/subject", &search).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(
            !answer.body["results"].as_array().unwrap().is_empty(),
            found,
            "{input}: {answer:?}"
        );
    }
    let batch = json!({ "evaluations": [pays(&json!({ "amount": 1 })), pays(&json!({ "amount": 0 }))] });
    let answers = point.post("evaluations", &batch).await.body["evaluations"].clone();
    assert_eq!(
        (&answers[0]["decision"], &answers[1]["decision"]),
        (&json!(true), &json!(false))
    );
}

#[tokio::test]
async fn s_34_what_is_declared_has_its_type_or_the_question_is_none() {
    let point = Point::new().await;
    let forbids = r#"
@id("basics") permit(principal, action == Action::"access", resource);
@id("open") permit(principal is user, action, resource is record);
@id("kept") forbid(principal, action == Action::"write", resource) when { resource has status && resource.status == "archived" };
@id("hard") forbid(principal, action == Action::"delete", resource) when { context has soft && !context.soft };
"#;
    let set = json!({ "policies": forbids, "schema": SCHEMA, "capabilities": [], "entities": entities() });
    assert_eq!(
        point.world.admin("PUT", "/admin/v1/policies", Some(&set)).await.status,
        201
    );
    let reason = async |question: Value| {
        let answer = point.post("evaluation", &question).await.body;
        assert_eq!(answer["decision"], false, "{question}");
        answer["context"]["reason"].as_str().unwrap().to_owned()
    };
    // A list, a number or an object in the place of a text does not make what was applied go away, nor itself.
    assert_eq!(
        reason(asks(user("alice"), "write", record("record-2"))).await,
        "policy_denied"
    );
    for status in [json!(["archived"]), json!(5), json!(true), json!({ "a": 1 })] {
        let mut archived = record("record-2");
        archived["properties"] = json!({ "status": status });
        assert_eq!(
            reason(asks(user("alice"), "write", archived)).await,
            "not_understood",
            "{status}"
        );
    }
    let mut deletes = asks(user("alice"), "delete", record("record-1"));
    for soft in [json!("false"), json!([false]), json!(0)] {
        deletes["context"] = json!({ "soft": soft });
        assert_eq!(reason(deletes.clone()).await, "not_understood", "{soft}");
        deletes["context"] = json!({});
        deletes["action"]["properties"] = json!({ "soft": soft });
        assert_eq!(reason(deletes.clone()).await, "not_understood", "{soft}");
    }
    // What is not declared is nobody's to look at, whatever it is; null is nothing.
    let mut question = asks(user("alice"), "write", record("record-1"));
    question["resource"]["properties"] = json!({ "colour": ["red"], "status": null });
    question["context"] = json!({ "load": [1.5] });
    assert!(point.says(&question).await);
}

#[tokio::test]
async fn every_malformed_request_is_400_and_says_what_and_where() {
    let point = Point::new().await;
    let good = asks(user("alice"), "read", record("record-1"));
    for (change, expected) in [
        (json!({ "subject": null }), "subject: an object"),
        (json!({ "subject": "alice" }), "subject: an object"),
        (json!({ "subject": { "id": "alice" } }), "subject.type is missing"),
        (json!({ "subject": { "type": "user" } }), "subject.id is missing"),
        (
            json!({ "subject": { "type": "user", "id": "" } }),
            "subject.id is missing",
        ),
        (json!({ "subject": { "type": "user", "id": 7 } }), "subject.id: a text"),
        (
            json!({ "subject": { "type": "user", "id": "a", "properties": [] } }),
            "subject.properties: an object",
        ),
        (json!({ "action": {} }), "action.name is missing"),
        (json!({ "action": { "name": 123 } }), "action.name: a text"),
        (json!({ "action": [] }), "action: an object"),
        (json!({ "resource": { "id": "record-1" } }), "resource.type is missing"),
        (json!({ "resource": { "type": "record" } }), "resource.id is missing"),
        (json!({ "context": "here" }), "context: an object"),
    ] {
        let mut question = good.clone();
        question
            .as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        let answer = point.post("evaluation", &question).await;
        assert_eq!(answer.status, 400, "{question}: {answer:?}");
        assert!(answer.body.to_string().contains(expected), "{expected}: {answer:?}");
    }
    for member in ["subject", "action", "resource"] {
        let mut question = good.clone();
        question.as_object_mut().unwrap().remove(member);
        let answer = point.post("evaluation", &question).await;
        assert_eq!(answer.status, 400, "{answer:?}");
        assert!(
            answer.body.to_string().contains(&format!("{member} is missing")),
            "{answer:?}"
        );
    }
    for (kind, body) in [
        ("application/json", ""),
        ("application/json", "{"),
        ("application/json", "[]"),
        ("application/json", "{\"subject\":{},\"subject\":{}}"),
        ("text/plain", &good.to_string()),
        ("application/x-www-form-urlencoded", "subject=alice"),
    ] {
        let answer = point.send("evaluation", kind, body, &[]).await;
        assert_eq!(answer.status, 400, "{kind} {body}: {answer:?}");
    }
    let deep = format!("{}1{}", "{\"a\":".repeat(40), "}".repeat(40));
    assert_eq!(
        point.send("evaluation", "application/json", &deep, &[]).await.status,
        400
    );
    for (what, change) in [
        (json!({ "evaluations": {} }), "evaluations: a list"),
        (json!({ "evaluations": [{}], "options": [] }), "options: an object"),
        (
            json!({ "evaluations": [{}], "options": { "evaluations_semantic": "as_you_like" } }),
            "execute_all, deny_on_first_deny, permit_on_first_permit",
        ),
        (json!({ "evaluations": [{}], "subject": "alice" }), "subject: an object"),
        (json!({ "evaluations": vec![json!({}); 257] }), "at most 256"),
    ] {
        let answer = point.post("evaluations", &what).await;
        assert_eq!(answer.status, 400, "{answer:?}");
        assert!(answer.body.to_string().contains(change), "{answer:?}");
    }
}

#[tokio::test]
async fn the_name_of_a_request_comes_back_with_its_answer() {
    let point = Point::new().await;
    let question = asks(user("alice"), "read", record("record-1")).to_string();
    let named = [("x-request-id", "bfe9eb29-ab87-4ca3-be83-a1d5d8305716".to_owned())];
    let answer = point.send("evaluation", "application/json", &question, &named).await;
    assert_eq!(
        answer.header("x-request-id"),
        Some("bfe9eb29-ab87-4ca3-be83-a1d5d8305716")
    );
    let answer = point.send("evaluation", "application/json", "{", &named).await;
    assert_eq!(
        (answer.status, answer.header("x-request-id")),
        (400, Some("bfe9eb29-ab87-4ca3-be83-a1d5d8305716"))
    );
    let answer = point.send("evaluation", "application/json", &question, &[]).await;
    assert!(answer.header("x-request-id").is_some_and(|id| !id.is_empty()));
}

#[tokio::test]
async fn batch_level_defaults_order_semantics_and_errors_of_one_item() {
    let point = Point::new().await;
    let decisions = |answer: &Answer| -> Vec<bool> {
        let all = answer.body["evaluations"].as_array().unwrap();
        assert!(answer.body.get("decision").is_none());
        all.iter().map(|one| one["decision"].as_bool().unwrap()).collect()
    };
    let status = |id: &str, status: &str| json!({ "resource": { "type": "record", "id": id, "properties": { "status": status } } });
    for (request, expected) in [
        (
            json!({ "subject": user("bob"), "resource": record("record-1"), "evaluations": [{ "action": { "name": "read" } }, { "action": { "name": "write" } }] }),
            vec![true, false],
        ),
        (
            json!({ "subject": user("alice"), "action": { "name": "write" }, "evaluations": [status("record-1", "active"), status("record-2", "archived")] }),
            vec![true, false],
        ),
        (
            json!({ "action": { "name": "write" }, "resource": { "type": "record", "id": "record-2", "properties": { "status": "archived" } },
                "evaluations": [{ "subject": user("alice") }, { "subject": { "type": "user", "id": "bob", "properties": { "role": "admin" } } }] }),
            vec![false, true],
        ),
        (
            json!({ "evaluations": [asks(user("alice"), "read", record("record-1")), asks(user("bob"), "write", record("record-1"))] }),
            vec![true, false],
        ),
        // A member of an item takes the place of the default, but for the type or id that it leaves out.
        (
            json!({ "subject": user("alice"), "action": { "name": "write" }, "resource": { "type": "record" },
                "evaluations": [{ "resource": { "id": "record-1", "properties": { "status": "active" } } }, status("record-2", "archived")] }),
            vec![true, false],
        ),
        (
            json!({ "subject": user("alice"), "action": { "name": "read" }, "evaluations": [{ "resource": record("record-1") }, {}, "x", { "resource": record("record-2") }] }),
            vec![true, false, false, true],
        ),
        (
            json!({ "subject": user("bob"), "resource": record("record-1"), "options": { "evaluations_semantic": "deny_on_first_deny" },
                "evaluations": [{ "action": { "name": "read" } }, { "action": { "name": "write" } }, { "action": { "name": "read" } }] }),
            vec![true, false],
        ),
        (
            json!({ "subject": user("bob"), "resource": record("record-1"), "options": { "evaluations_semantic": "permit_on_first_permit" },
                "evaluations": [{ "action": { "name": "write" } }, { "action": { "name": "read" } }, { "action": { "name": "read" } }] }),
            vec![false, true],
        ),
    ] {
        let answer = point.post("evaluations", &request).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(decisions(&answer), expected, "{request}");
    }
    let broken = json!({ "subject": user("alice"), "action": { "name": "read" }, "evaluations": [{}] });
    let answer = point.post("evaluations", &broken).await;
    assert_eq!(
        answer.body["evaluations"][0]["context"]["error"],
        json!({ "status": 400, "message": "resource is missing" })
    );
    // Without any, it is one.
    for evaluations in [None, Some(json!([]))] {
        let mut alone = asks(user("alice"), "read", record("record-1"));
        alone
            .as_object_mut()
            .unwrap()
            .extend(evaluations.map(|none| ("evaluations".to_owned(), none)));
        let answer = point.post("evaluations", &alone).await;
        assert_eq!(
            (answer.status, &answer.body["decision"]),
            (200, &json!(true)),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn search_level_finds_whoever_may_and_nobody_else() {
    let point = Point::new().await;
    let (alice, bob) = (user("alice"), user("bob"));
    let reads = |subject: Value, resource: Value| asks(subject, "read", resource);
    assert_eq!(
        point
            .found("subject", &reads(json!({ "type": "user" }), record("record-1")))
            .await,
        [alice.clone(), bob.clone()]
    );
    let archive = json!({ "type": "record", "id": "record-2", "properties": { "status": "archived" } });
    assert_eq!(
        point
            .found("subject", &asks(json!({ "type": "user" }), "write", archive.clone()))
            .await,
        std::slice::from_ref(&bob)
    );
    assert_eq!(
        point
            .found("resource", &reads(alice.clone(), json!({ "type": "record" })))
            .await,
        [record("record-1"), record("record-2")]
    );
    let admin = json!({ "type": "user", "id": "bob", "properties": { "role": "admin" } });
    assert_eq!(
        point
            .found("resource", &asks(admin.clone(), "write", json!({ "type": "record" })))
            .await,
        [record("record-2")]
    );
    let actions = |subject: Value, resource: Value| json!({ "subject": subject, "resource": resource, "context": { "ip": "10.0.0.1" } });
    assert_eq!(
        point.found("action", &actions(alice, record("record-1"))).await,
        [json!({ "name": "read" }), json!({ "name": "write" })]
    );
    assert_eq!(
        point.found("action", &actions(admin, archive)).await,
        [json!({ "name": "read" }), json!({ "name": "write" })]
    );
    // Nobody and nothing are no errors.
    assert!(
        point
            .found("action", &actions(user("nonexistent-user"), record("record-1")))
            .await
            .is_empty()
    );
    assert!(
        point
            .found("subject", &reads(json!({ "type": "spaceship" }), record("record-1")))
            .await
            .is_empty()
    );
    assert!(
        point
            .found("resource", &reads(user("alice"), json!({ "type": "spaceship" })))
            .await
            .is_empty()
    );
    for (what, body) in [
        (
            "subject",
            json!({ "subject": { "type": "user" }, "resource": record("record-1") }),
        ),
        ("subject", reads(json!({ "type": "user" }), json!({ "type": "record" }))),
        ("subject", reads(json!({}), record("record-1"))),
        (
            "resource",
            json!({ "action": { "name": "read" }, "resource": { "type": "record" } }),
        ),
        (
            "resource",
            reads(json!({ "type": "user" }), json!({ "type": "record" })),
        ),
        ("action", json!({ "subject": user("alice") })),
        ("action", json!({ "resource": record("record-1") })),
    ] {
        let answer = point.post(&format!("search/{what}"), &body).await;
        assert_eq!(answer.status, 400, "{what} {body}: {answer:?}");
    }
}

#[tokio::test]
async fn a_search_goes_on_where_the_page_before_ended_and_only_as_the_same_search() {
    let point = Point::new().await;
    let mut search = asks(json!({ "type": "user" }), "read", record("record-1"));
    search["page"] = json!({ "limit": 1 });
    let first = point.post("search/subject", &search).await;
    assert_eq!(first.body["results"], json!([user("alice")]));
    let token = first.body["page"]["next_token"].as_str().unwrap().to_owned();
    assert!(!token.is_empty());
    search["page"] = json!({ "limit": 1, "token": token });
    let second = point.post("search/subject", &search).await;
    assert_eq!(second.body["results"], json!([user("bob")]));
    let mut found = second.body["results"].as_array().unwrap().len();
    let mut token = second.body["page"]["next_token"].as_str().unwrap().to_owned();
    while !token.is_empty() {
        search["page"] = json!({ "limit": 1, "token": token });
        let next = point.post("search/subject", &search).await;
        found += next.body["results"].as_array().unwrap().len();
        token = next.body["page"]["next_token"].as_str().unwrap().to_owned();
    }
    assert_eq!(found, 1, "bob was the last");
    let mut other = asks(json!({ "type": "user" }), "write", record("record-1"));
    other["page"] = json!({ "token": first.body["page"]["next_token"] });
    assert_eq!(point.post("search/subject", &other).await.status, 400, "another search");
    for page in [
        json!({ "token": "e30" }),
        json!({ "token": 7 }),
        json!({ "limit": 0 }),
        json!({ "limit": "1" }),
        json!([]),
    ] {
        let mut bad = asks(json!({ "type": "user" }), "read", record("record-1"));
        bad["page"] = page.clone();
        assert_eq!(point.post("search/subject", &bad).await.status, 400, "{page}");
    }
}

#[tokio::test]
async fn discovery_level_metadata_says_where_everything_is_and_is_signed() {
    let world = World::new().await;
    let acme = world.tenant_by_path("acme").await;
    for (path, issuer) in [
        ("/.well-known/authzen-configuration".to_owned(), world.issuer.clone()),
        (
            "/.well-known/authzen-configuration/t/acme".to_owned(),
            acme.issuer.clone(),
        ),
        (
            "/t/acme/.well-known/authzen-configuration".to_owned(),
            acme.issuer.clone(),
        ),
    ] {
        let answer = world.get(&path).await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, Some("application/json")),
            "{path}"
        );
        let at = |path: &str| json!(format!("{issuer}/access/v1/{path}"));
        let plain = json!({
            "policy_decision_point": issuer, "access_evaluation_endpoint": at("evaluation"), "access_evaluations_endpoint": at("evaluations"),
            "search_subject_endpoint": at("search/subject"), "search_resource_endpoint": at("search/resource"), "search_action_endpoint": at("search/action"),
            "access_request_endpoint": at("requests"), "capabilities": ["urn:openid:authzen:capability:access-request"],
        });
        let mut body = answer.body.clone();
        let signed = body.as_object_mut().unwrap().remove("signed_metadata").unwrap();
        assert_eq!(body, plain);
        let keys = if issuer == world.issuer {
            "/oauth2/jwks".to_owned()
        } else {
            acme.path("/oauth2/jwks")
        };
        let keys: jsonwebtoken::jwk::JwkSet = serde_json::from_value(world.get(&keys).await.body).unwrap();
        let header = jsonwebtoken::decode_header(signed.as_str().unwrap()).unwrap();
        let key = keys.find(header.kid.as_deref().unwrap()).unwrap();
        let mut checks = jsonwebtoken::Validation::new(header.alg);
        checks.set_issuer(&[&issuer]);
        checks.required_spec_claims = ["iss".to_owned()].into();
        checks.validate_aud = false;
        let key = jsonwebtoken::DecodingKey::from_jwk(key).unwrap();
        let claims = jsonwebtoken::decode::<Value>(signed.as_str().unwrap(), &key, &checks)
            .unwrap()
            .claims;
        assert_eq!(
            claims["access_evaluation_endpoint"],
            plain["access_evaluation_endpoint"]
        );
        assert!(claims.get("signed_metadata").is_none());
    }
}

#[tokio::test]
async fn s_34_only_a_machine_with_the_scope_may_ask_and_hears_no_policy() {
    let point = Point::new().await;
    let world = &point.world;
    let question = asks(user("alice"), "read", record("record-1")).to_string();
    let json_type = ("content-type", "application/json".to_owned());
    let path = "/access/v1/evaluation";
    let without = world
        .send("POST", path, std::slice::from_ref(&json_type), Some(question.clone()))
        .await;
    assert_eq!(without.status, 401, "{without:?}");
    assert!(without.header("www-authenticate").is_some());
    let other = Client::register(world, "client_secret_basic", "read", &[]).await;
    let weak = access_token(&world.token(&other, &[], &[]).await);
    for (header, status) in [
        (format!("Bearer {weak}"), 403),
        ("Bearer nonsense".to_owned(), 401),
        (other.basic().1, 401),
    ] {
        let headers = [json_type.clone(), ("authorization", header.clone())];
        let answer = world.send("POST", path, &headers, Some(question.clone())).await;
        assert_eq!(answer.status, status, "{header}: {answer:?}");
    }
    // A tenant's token asks nothing of another tenant.
    let acme = world.tenant_by_path("acme").await;
    let headers = [json_type, ("authorization", format!("Bearer {}", point.token))];
    let across = acme.send(world, "POST", path, &headers, Some(question)).await;
    assert_eq!(across.status, 401, "{across:?}");
    // What is denied is denied in words that name no policy.
    for (question, reason, said) in [
        (
            asks(user("striker"), "read", record("record-1")),
            "policy_denied",
            "on strike",
        ),
        (
            asks(user("bob"), "write", record("record-1")),
            "policy_denied",
            "no policy of the organisation permits this",
        ),
        (
            asks(user("alice"), "write", record("vault")),
            "approval_required",
            "a human must say so",
        ),
        (
            asks(user("alice"), "sell", record("record-1")),
            "not_understood",
            "the action sell is not in the catalogue",
        ),
        (
            asks(user("alice"), "read", json!({ "type": "ship", "id": "1" })),
            "not_understood",
            "a type of entity is not in the schema",
        ),
    ] {
        let answer = point.post("evaluation", &question).await;
        assert_eq!(
            (answer.status, &answer.body["decision"]),
            (200, &json!(false)),
            "{answer:?}"
        );
        assert_eq!(answer.body["context"]["reason"], reason, "{answer:?}");
        assert_eq!(answer.body["context"]["reason_user"]["en"], said, "{answer:?}");
        for policy in ["nobody-on-strike", "with-a-passkey", "alice-writes"] {
            assert!(!answer.body.to_string().contains(policy), "{answer:?}");
        }
    }
    // The audit log hears which.
    world.flush().await;
    let events = world
        .admin("GET", "/admin/v1/events?limit=50", None)
        .await
        .body
        .to_string();
    assert!(
        events.contains("decision.made") && events.contains("nobody-on-strike"),
        "{events}"
    );
}

#[tokio::test]
async fn our_own_people_are_known_by_their_login_with_their_roles() {
    let world = World::new().await;
    let policies = r#"
        @id("basics") permit(principal, action == Action::"access", resource);
        @id("buyers") permit(principal in Role::"buyer", action == Action::"check_compliance", resource);
    "#;
    let set = json!({ "policies": policies, "capabilities": [{ "name": "check_compliance", "description": "Check", "approval_strength": "none" }] });
    assert_eq!(world.admin("PUT", "/admin/v1/policies", Some(&set)).await.status, 201);
    let gateway = Client::register(&world, "client_secret_basic", "authzen:evaluate", &[]).await;
    let token = access_token(&world.token(&gateway, &[], &[]).await);
    let point = Point { world, token };
    let role = json!({ "id": "buyer", "kind": "role", "name": "Buyers" });
    assert_eq!(
        point.world.admin("POST", "/admin/v1/groups", Some(&role)).await.status,
        201
    );
    for (login, groups) in [("ann@example.org", json!(["buyer"])), ("ben@example.org", json!([]))] {
        let person = json!({ "login": login, "groups": groups });
        let entered = point.world.admin("POST", "/admin/v1/users", Some(&person)).await;
        assert_eq!(entered.status, 201, "{entered:?}");
    }
    let shop = json!({ "type": "resource", "id": "https://shop.example" });
    assert!(
        point
            .says(&asks(user("ann@example.org"), "check_compliance", shop.clone()))
            .await
    );
    assert!(
        !point
            .says(&asks(user("ben@example.org"), "check_compliance", shop.clone()))
            .await
    );
    let says_so = json!({ "type": "user", "id": "ben@example.org", "properties": { "login": "ann@example.org", "roles": ["buyer"] } });
    assert!(
        !point.says(&asks(says_so, "check_compliance", shop.clone())).await,
        "what we know of people nobody else says"
    );
    assert_eq!(
        point
            .found("subject", &asks(json!({ "type": "user" }), "check_compliance", shop))
            .await,
        [user("ann@example.org")]
    );
}

/// What is forbidden to a group is forbidden to whoever is in it, however far up it stands: at the decision point, and at the token door.
#[tokio::test]
async fn s_34_who_is_in_a_group_of_a_group_is_in_it() {
    let world = World::new().await;
    world.resource(crate::setup::MCP, &[]).await;
    let (machine, other) = (
        Client::register(&world, "client_secret_basic", "read", &[crate::setup::MCP]).await,
        Client::register(&world, "client_secret_basic", "read", &[crate::setup::MCP]).await,
    );
    let gateway = Client::register(&world, "client_secret_basic", "authzen:evaluate", &[]).await;
    let set = json!({
        "policies": "@id(\"all\") permit(principal, action, resource); @id(\"frozen\") forbid(principal in Group::\"company\", action, resource in Group::\"tools\");",
        "entities": [
            { "type": "Client", "id": machine.id, "in": ["Group::team"] },
            { "type": "Group", "id": "team", "in": ["Group::department"] },
            { "type": "Group", "id": "department", "in": ["Group::company"] },
            { "type": "Resource", "id": crate::setup::MCP, "in": ["Group::mcp"] },
            { "type": "Group", "id": "mcp", "in": ["Group::tools"] },
        ],
        "capabilities": [{ "name": "look", "description": "Looks", "approval_strength": "session", "scopes": ["read"] }],
    });
    let applied = world.admin("PUT", "/admin/v1/policies", Some(&set)).await;
    assert_eq!(applied.status, 201, "{applied:?}");
    let token = access_token(&world.token(&gateway, &[], &[]).await);
    let point = Point { world, token };
    let asks = |client: &Client, resource: &str| {
        asks(
            json!({ "type": "Client", "id": client.id }),
            "look",
            json!({ "type": "Resource", "id": resource }),
        )
    };
    assert!(!point.says(&asks(&machine, crate::setup::MCP)).await);
    assert!(point.says(&asks(&other, crate::setup::MCP)).await);
    assert!(point.says(&asks(&machine, "https://elsewhere.example")).await);
    let at = [("resource", crate::setup::MCP.to_owned())];
    let refused = point.world.token(&machine, &at, &[]).await;
    assert_eq!(
        (refused.status, refused.text_of("error")),
        (400, "invalid_scope"),
        "{refused:?}"
    );
    assert_eq!(point.world.token(&other, &at, &[]).await.status, 200);
}

#[tokio::test]
async fn a_person_is_known_by_name_by_their_id_and_by_their_login() {
    let point = Point::new().await;
    let carol = point.world.person("carol@acme.test").await;
    for name in ["carol@acme.test", &carol.id] {
        let set = json!({
            "policies": "@id(\"all\") permit(principal, action, resource); @id(\"out\") forbid(principal in Group::\"out\", action == Action::\"look\", resource);",
            "entities": [{ "type": "User", "id": name, "in": ["Group::out"] }],
            "capabilities": [{ "name": "look", "description": name, "approval_strength": "none" }],
        });
        let applied = point.world.admin("PUT", "/admin/v1/policies", Some(&set)).await;
        assert_eq!(applied.status, 201, "{applied:?}");
        for called in ["carol@acme.test", &carol.id] {
            let question = asks(
                json!({ "type": "User", "id": called }),
                "look",
                json!({ "type": "Resource", "id": MCP }),
            );
            assert!(!point.says(&question).await, "{name} called {called}");
        }
    }
}

#[tokio::test]
async fn s_32_what_policies_are_to_know_by_name_is_of_their_schema_or_is_refused() {
    let point = Point::new().await;
    for (entities, said) in [
        (
            json!([{ "type": "ship", "id": "1" }]),
            "entity ship::1: the schema has no entity type ship",
        ),
        (
            json!([{ "type": "Client", "id": "c", "in": ["Nope::x"] }]),
            "entity Client::c: the schema has no entity type Nope",
        ),
        (
            json!([{ "type": "record", "id": "1", "properties": { "colour": "red" } }]),
            "entity record::1: colour: the schema has no such attribute of record",
        ),
        (
            json!([{ "type": "record", "id": "1", "properties": { "status": 5 } }]),
            "entity record::1: status: a text",
        ),
        (
            json!([{ "type": "Group", "id": "a", "in": ["Group::a"] }]),
            "entity Group::a: its memberships go round in a circle",
        ),
        (
            json!([
                { "type": "Group", "id": "below", "in": ["Group::a"] }, { "type": "Group", "id": "a", "in": ["Group::b", "Group::above"] },
                { "type": "Group", "id": "b", "in": ["Group::a"] }, { "type": "Group", "id": "above" },
            ]),
            "entity Group::a: its memberships go round in a circle; entity Group::b: its memberships go round in a circle",
        ),
    ] {
        let set = json!({ "policies": POLICIES, "schema": SCHEMA, "capabilities": [], "entities": entities });
        let answer = point.world.admin("PUT", "/admin/v1/policies", Some(&set)).await;
        assert_eq!(
            (answer.status, answer.text_of("detail")),
            (400, said),
            "{entities}: {answer:?}"
        );
    }
    assert!(
        point.says(&asks(user("alice"), "read", record("record-1"))).await,
        "nothing was applied"
    );
}

/// Whoever is disabled may nothing, whatever policies permit; and a search finds each of ours once, also one that entities speak of.
#[tokio::test]
async fn s_32_to_whom_or_what_is_disabled_nothing_is_permitted() {
    let world = World::new().await;
    world.resource(crate::setup::MCP, &[]).await;
    let agent = Client::register(&world, "client_secret_basic", "", &[]).await;
    let gateway = Client::register(&world, "client_secret_basic", "authzen:evaluate", &[]).await;
    let alice = world.person("alice@acme.test").await;
    let set = json!({
        "policies": "@id(\"all\") permit(principal, action, resource);",
        "entities": [{ "type": "Client", "id": agent.id }, { "type": "User", "id": alice.id }, { "type": "Resource", "id": crate::setup::MCP }],
        "capabilities": [{ "name": "look", "description": "Looks", "approval_strength": "session" }],
    });
    let applied = world.admin("PUT", "/admin/v1/policies", Some(&set)).await;
    assert_eq!(applied.status, 201, "{applied:?}");
    let token = access_token(&world.token(&gateway, &[], &[]).await);
    let point = Point { world, token };
    let of = |kind: &str, id: &str| {
        asks(
            json!({ "type": kind, "id": id }),
            "look",
            json!({ "type": "Resource", "id": crate::setup::MCP }),
        )
    };
    let questions = [
        of("User", "alice@acme.test"),
        of("User", &alice.id),
        of("Client", &agent.id),
    ];
    for question in &questions {
        assert!(point.says(question).await, "{question}");
    }
    let search = |kind: &str| json!({ "subject": { "type": kind }, "action": { "name": "look" }, "resource": { "type": "Resource", "id": crate::setup::MCP } });
    let clients = point.found("subject", &search("Client")).await;
    assert_eq!(
        clients.iter().filter(|one| one["id"] == agent.id.as_str()).count(),
        1,
        "{clients:?}"
    );
    assert_eq!(
        point.found("subject", &search("User")).await,
        [json!({ "type": "User", "id": "alice@acme.test" })]
    );

    let off = json!({ "disabled": true });
    for path in [format!("users/{}", alice.id), format!("clients/{}", agent.id)] {
        let answer = point
            .world
            .admin("PATCH", &format!("/admin/v1/{path}"), Some(&off))
            .await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    for question in &questions {
        let answer = point.post("evaluation", question).await;
        assert_eq!(answer.body["decision"], false, "{question}: {answer:?}");
        assert_eq!(answer.body["context"]["reason_user"]["en"], "it is disabled");
    }
    assert!(point.found("subject", &search("User")).await.is_empty());
    assert!(
        !point
            .found("subject", &search("Client"))
            .await
            .iter()
            .any(|one| one["id"] == agent.id.as_str())
    );

    let other = of("Client", &gateway.id);
    assert!(point.says(&other).await);
    let off = json!({ "resource": crate::setup::MCP, "disabled": true });
    let answer = point.world.admin("PATCH", "/admin/v1/resources", Some(&off)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(!point.says(&other).await);

    // No policies would have said otherwise: a candidate is not blamed for it.
    point.world.flush().await;
    let replayed = point.world.admin("POST", "/admin/v1/policies/replay", Some(&set)).await;
    assert_eq!(
        (replayed.status, &replayed.body["flips"]),
        (200, &json!(0)),
        "{replayed:?}"
    );
}

#[tokio::test]
async fn s_32_what_an_administrator_denied_a_client_is_denied_at_the_decision_point() {
    let world = World::new().await;
    world.resource(crate::setup::MCP, &[]).await;
    let agent = Client::register(&world, "client_secret_basic", "", &[]).await;
    let gateway = Client::register(&world, "client_secret_basic", "authzen:evaluate", &[]).await;
    let set = json!({
        "policies": "@id(\"all\") permit(principal, action, resource);",
        "capabilities": [{ "name": "look", "description": "Looks", "approval_strength": "session" }],
        "entities": [{ "type": "Client", "id": agent.id, "properties": { "name": "Agent" } }],
    });
    assert_eq!(world.admin("PUT", "/admin/v1/policies", Some(&set)).await.status, 201);
    let token = access_token(&world.token(&gateway, &[], &[]).await);
    let point = Point { world, token };
    let of = |resource: &str| {
        asks(
            json!({ "type": "Client", "id": agent.id }),
            "look",
            json!({ "type": "Resource", "id": resource }),
        )
    };
    assert!(point.says(&of(crate::setup::MCP)).await);
    let denial = json!({ "client_id": agent.id, "denied": true, "resources": [crate::setup::MCP], "capabilities": [{ "action": "look" }] });
    let made = point.world.admin("POST", "/admin/v1/grants", Some(&denial)).await;
    assert_eq!(made.status, 201, "{made:?}");
    assert!(!point.says(&of(crate::setup::MCP)).await);
    assert!(
        point.says(&of("https://elsewhere.example")).await,
        "it was denied there alone"
    );
}

/// What questions share is judged, and told to the audit log, for each of them.
#[tokio::test]
async fn s_34_what_is_shared_by_many_questions_is_bounded() {
    let point = Point::new().await;
    let mut many = asks(user("alice"), "read", record("record-1"));
    many["context"] = json!({ "long": "x".repeat(60_000) });
    for (questions, expected) in [(16, 200), (20, 400)] {
        many["evaluations"] = vec![json!({}); questions].into();
        let answer = point.post("evaluations", &many).await;
        assert_eq!(answer.status, expected, "{questions}: {}", answer.text);
    }
}

/// Of clients and people the asking program says nothing that we know better.
#[tokio::test]
async fn s_32_what_is_known_of_a_client_nobody_says_otherwise() {
    let world = World::new().await;
    let gateway = Client::register(&world, "client_secret_basic", "authzen:evaluate", &[]).await;
    let set = json!({
        "policies": "@id(\"all\") permit(principal, action, resource); @id(\"no\") forbid(principal, action == Action::\"look\", resource) when { principal has name && principal.name == \"Blocked\" };",
        "capabilities": [{ "name": "look", "description": "Looks", "approval_strength": "session" }],
        "entities": [{ "type": "Client", "id": "agent", "properties": { "name": "Blocked" } }],
    });
    let applied = world.admin("PUT", "/admin/v1/policies", Some(&set)).await;
    assert_eq!(applied.status, 201, "{applied:?}");
    let token = access_token(&world.token(&gateway, &[], &[]).await);
    let point = Point { world, token };
    let named = |id: &str| json!({ "type": "Client", "id": id, "properties": { "name": "Free" } });
    let resource = || json!({ "type": "Resource", "id": "https://a.example" });
    assert!(!point.says(&asks(named("agent"), "look", resource())).await);
    assert!(point.says(&asks(named("other"), "look", resource())).await);
}
