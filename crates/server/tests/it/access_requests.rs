//! From a denial to a human and back (`AuthZEN` Access Request and Approval Profile): what may be submitted, who answers, and what a yes is worth afterwards.

use serde_json::{Value, json};
use testkit::{Answer, App, Client, Page, Person, World};

use crate::{
    asked::{defer, newest, of_finance, poll_deferred, say},
    authenticator::{Alg, Authenticator},
    front::says,
    passkeys::{asked, good, register, show},
    setup::{MCP, access_token, refused},
};

const SCHEMA: &str = r"
entity record { owner?: String };
action read, write appliesTo { principal: [User, Client], resource: [record], context: { soft?: Bool } };
";

const POLICIES: &str = r#"
@id("basics") permit(principal, action == Action::"access", resource);
@id("read") @strength("biometric") permit(principal, action == Action::"read", resource is record);
@id("write") @approvers("finance") permit(principal, action == Action::"write", resource is record);
@id("never") forbid(principal, action == Action::"write", resource == record::"sealed");
"#;

/// A tenant with a program that asks, a person whom it asks about, and people who decide.
struct Desk {
    world: World,
    gateway: App,
    alice: Person,
}

impl Desk {
    async fn new() -> Self {
        let world = World::new().await;
        let group = json!({ "id": "finance", "kind": "role", "name": "Finance" });
        world.admin("POST", "/admin/v1/groups", Some(&group)).await;
        let desk = Self {
            gateway: gateway(&world).await,
            alice: world.person("alice@demo.test").await,
            world,
        };
        desk.apply(POLICIES).await;
        desk
    }

    /// A token of now: they live for minutes.
    async fn token(&self) -> String {
        token_of(&self.world, &self.gateway.client).await
    }

    async fn apply(&self, policies: &str) {
        let set = json!({ "policies": policies, "schema": SCHEMA, "capabilities": [] });
        let applied = self.world.admin("PUT", "/admin/v1/policies", Some(&set)).await;
        assert_eq!(applied.status, 201, "{applied:?}");
    }

    async fn call(&self, method: &str, path: &str, token: &str, body: Option<&Value>, key: Option<&str>) -> Answer {
        let mut headers = vec![("authorization", format!("Bearer {token}"))];
        headers.extend(body.map(|_| ("content-type", "application/json".to_owned())));
        headers.extend(key.map(|key| ("idempotency-key", key.to_owned())));
        self.world
            .send(method, path, &headers, body.map(Value::to_string))
            .await
    }

    /// The answer to a question.
    async fn evaluate(&self, question: &Value) -> Value {
        let answer = self
            .call(
                "POST",
                "/access/v1/evaluation",
                &self.token().await,
                Some(question),
                None,
            )
            .await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    }

    /// The question, as it is submitted after its denial.
    async fn denied(&self, question: &Value) -> Value {
        let said = self.evaluate(question).await;
        assert_eq!(said["decision"], false, "{said}");
        let context = &said["context"];
        let endpoint = format!("{}/access/v1/requests", self.world.issuer);
        assert_eq!(context["access_request"]["endpoint"], json!(endpoint), "{said}");
        let mut submission = question.clone();
        submission["denial"] = json!({
            "evaluation_id": context["evaluation_id"], "reason": context["reason"],
            "expires_at": context["access_request"]["expires_at"],
        });
        submission
    }

    async fn submit(&self, submission: &Value, key: Option<&str>) -> Answer {
        self.call(
            "POST",
            "/access/v1/requests",
            &self.token().await,
            Some(submission),
            key,
        )
        .await
    }

    /// The address of a new task.
    async fn task(&self, question: &Value) -> String {
        let submission = self.denied(question).await;
        let answer = self.submit(&submission, None).await;
        assert_eq!(
            (answer.status, &answer.body["task"]["status"]),
            (202, &json!("pending")),
            "{answer:?}"
        );
        let address = answer.body["task"]["status_endpoint"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        assert_eq!(answer.header("location"), Some(address.as_str()));
        address
    }

    async fn look(&self, task: &str) -> Answer {
        self.call("GET", self.path(task), &self.token().await, None, None).await
    }

    fn path<'t>(&self, address: &'t str) -> &'t str {
        address.strip_prefix(&self.world.issuer).unwrap_or(address)
    }

    /// The question again, with the approval of a task.
    async fn again(&self, question: &Value, task: &str) -> Value {
        let looked = self.look(task).await;
        let mut question = question.clone();
        question["context"]["approval"] = looked.body["result"]["approval"].clone();
        self.evaluate(&question).await
    }

    /// A member of finance says this to the newest question.
    async fn finance_says(&self, login: &str, decision: &str) -> Page {
        let person = of_finance(&self.world, login).await;
        let mut browser = self.world.signed_in(&person).await;
        let page = newest(&self.world, &mut browser).await;
        say(&self.world, &mut browser, &page, decision, &[]).await
    }
}

async fn gateway(world: &World) -> App {
    App {
        client: Client::register(world, "client_secret_basic", "authzen:evaluate", &[]).await,
        redirect_uri: String::new(),
    }
}

async fn token_of(world: &World, client: &Client) -> String {
    access_token(&world.token(client, &[], &[]).await)
}

fn question(action: &str, record: &str) -> Value {
    json!({ "subject": { "type": "User", "id": "alice@demo.test" }, "action": { "name": action }, "resource": { "type": "record", "id": record } })
}

fn problem(answer: &Answer) -> (u16, String) {
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json"),
        "{answer:?}"
    );
    assert_eq!(answer.body["status"], json!(answer.status));
    assert!(answer.body["detail"].is_string() && answer.body["request_id"].is_string());
    let urn = answer.text_of("type");
    let name = urn.strip_prefix("urn:openid:authzen:access-request:error:");
    (answer.status, name.unwrap_or(urn).to_owned())
}

#[tokio::test]
async fn the_approvers_of_a_policy_say_yes_and_the_same_question_is_permitted_for_minutes() {
    let desk = Desk::new().await;
    let write = question("write", "r-1");
    let mut submission = desk.denied(&write).await;
    submission["context"] = json!({ "business_justification": "the customer asked for it" });
    let answer = desk.submit(&submission, None).await;
    let task = answer.body["task"]["status_endpoint"].as_str().unwrap().to_owned();
    assert_eq!(desk.look(&task).await.body["task"]["status"], "pending");

    // What the approver sees is all that is asked, and whose words stand in it.
    let ann = of_finance(&desk.world, "ann@demo.test").await;
    let mut browser = desk.world.signed_in(&ann).await;
    let page = newest(&desk.world, &mut browser).await;
    for word in [
        "alice@demo.test",
        "write",
        "r-1",
        "the customer asked for it",
        "5 minutes",
    ] {
        assert!(says(&page, word), "{word}: {page:?}");
    }
    let page = say(&desk.world, &mut browser, &page, "allow", &[]).await;
    assert!(says(&page, "for exactly this"), "{page:?}");

    let looked = desk.look(&task).await.body;
    assert_eq!(
        (&looked["task"]["status"], &looked["result"]["mode"]),
        (&json!("approved"), &json!("reevaluate"))
    );
    let said = desk.again(&write, &task).await;
    assert_eq!(
        (&said["decision"], &said["context"]["approval"]["id"]),
        (&json!(true), &looked["result"]["approval"]["id"])
    );
    assert_eq!(
        desk.evaluate(&write).await["decision"],
        false,
        "without it nothing has changed"
    );

    // It is about this question and ends by itself.
    for (other, said) in [
        (question("write", "r-2"), "out_of_scope"),
        (question("read", "r-1"), "out_of_scope"),
        (question("write", "sealed"), "policy_denied"),
    ] {
        let answer = desk.again(&other, &task).await;
        assert_eq!(
            (&answer["decision"], &answer["context"]["reason"]),
            (&json!(false), &json!(said)),
            "{answer}"
        );
    }
    desk.world.advance(301);
    let late = desk.again(&write, &task).await;
    assert_eq!(late["decision"], false, "{late}");
    assert_eq!(desk.look(&task).await.body["task"]["status"], "expired");

    let log = desk.world.admin("GET", "/admin/v1/approvals", None).await;
    let shown = &log.body["approvals"][0];
    assert_eq!(
        (&shown["door"], &shown["question"]["resource"]["id"]),
        (&json!("access request"), &json!("r-1"))
    );
}

#[tokio::test]
async fn s_30_an_approval_is_worth_something_to_whoever_asked_for_it_alone() {
    let desk = Desk::new().await;
    let write = question("write", "r-1");
    let task = desk.task(&write).await;
    desk.finance_says("ann@demo.test", "allow").await;
    let approval = desk.look(&task).await.body["result"]["approval"].clone();
    let mut asked = write.clone();
    asked["context"] = json!({ "approval": approval });
    assert_eq!(desk.evaluate(&asked).await["decision"], true);

    // Another program, with the same words.
    let other = gateway(&desk.world).await;
    let other = token_of(&desk.world, &other.client).await;
    let said = desk
        .call("POST", "/access/v1/evaluation", &other, Some(&asked), None)
        .await
        .body;
    assert_eq!(
        (&said["decision"], &said["context"]["reason"]),
        (&json!(false), &json!("approval_unverifiable")),
        "{said}"
    );
    assert_eq!(
        problem(&desk.call("GET", desk.path(&task), &other, None, None).await),
        (404, "unknown_task".to_owned())
    );
    let taken = desk
        .call("POST", &format!("{}/cancel", desk.path(&task)), &other, None, None)
        .await;
    assert_eq!(problem(&taken), (404, "unknown_task".to_owned()));

    // Made up, cut, or the id without its MAC.
    let id = approval["id"].as_str().unwrap();
    for id in ["", "x", id.split('.').next().unwrap(), &id[..id.len() - 1]] {
        asked["context"]["approval"]["id"] = json!(id);
        let said = desk.evaluate(&asked).await;
        assert_eq!(
            (&said["decision"], &said["context"]["reason"]),
            (&json!(false), &json!("approval_unverifiable")),
            "{id}"
        );
    }
    // What policies could look at is part of the question, and the rest is not.
    asked["context"] = json!({ "approval": approval, "time": "noon" });
    assert_eq!(desk.evaluate(&asked).await["decision"], true);
    asked["context"]["soft"] = json!(false);
    assert_eq!(desk.evaluate(&asked).await["context"]["reason"], "out_of_scope");
}

#[tokio::test]
async fn s_33_what_takes_a_passkey_takes_the_persons_own_of_now() {
    let desk = Desk::new().await;
    let world = &desk.world;
    let read = question("read", "r-1");
    let task = desk.task(&read).await;
    let key = Authenticator::new(Alg::Es256);
    let mut browser = world.signed_in(&desk.alice).await;
    register(world, &browser, &key, "Laptop").await;
    let page = newest(world, &mut browser).await;
    let said = say(world, &mut browser, &page, "allow", &[]).await;
    assert_eq!(said.answer.status, 403, "{said:?}");
    assert_eq!(desk.look(&task).await.body["task"]["status"], "pending");

    let ceremony = asked(&page, "approval");
    let signature = good(world, &key, &desk.alice, &ceremony, 1).json(&key);
    show(world, &mut browser, &ceremony, &signature).await;
    assert_eq!(desk.again(&read, &task).await["decision"], true);

    // Policies may want more by then: those who were not asked did not say so.
    let stricter = POLICIES.replace(
        "@strength(\"biometric\")",
        "@strength(\"biometric\") @approvers(\"finance\")",
    );
    desk.apply(&stricter).await;
    let said = desk.again(&read, &task).await;
    assert_eq!(
        (&said["decision"], &said["context"]["reason"]),
        (&json!(false), &json!("out_of_scope")),
        "{said}"
    );
    assert_eq!(said["context"]["next_action"], "request");
    assert!(said["context"]["access_request"].is_object());
    desk.apply(&POLICIES.replace("resource == record::\"sealed\"", "resource"))
        .await; // and may forbid it
    assert_eq!(
        desk.again(&question("write", "r-1"), &task).await["context"]["reason"],
        "policy_denied"
    );
}

#[tokio::test]
async fn s_33_nobody_approves_for_a_group_what_they_ask_for_themselves() {
    let desk = Desk::new().await;
    let path = format!("/admin/v1/users/{}", desk.alice.id);
    desk.world
        .admin("PATCH", &path, Some(&json!({ "groups": ["finance"] })))
        .await;
    let task = desk.task(&question("write", "r-1")).await;
    let mut browser = desk.world.signed_in(&desk.alice).await;
    let page = newest(&desk.world, &mut browser).await;
    assert!(
        !says(&page, "value=\"allow\"") && says(&page, "value=\"deny\""),
        "{page:?}"
    );
    assert!(says(&page, "This is about yourself"), "{page:?}");
    say(&desk.world, &mut browser, &page, "allow", &[]).await;
    assert_eq!(desk.look(&task).await.body["task"]["status"], "pending");
    desk.finance_says("ann@demo.test", "allow").await;
    assert_eq!(desk.look(&task).await.body["task"]["status"], "approved");
}

#[tokio::test]
async fn s_31_a_handle_opens_its_own_door_and_no_other() {
    let desk = Desk::new().await;
    let world = &desk.world;
    world.resource(MCP, &[]).await;
    let members = json!({ "client_name": "Both", "scope": "authzen:evaluate", "approvers": "finance" });
    let both = App {
        client: Client::register_with(world, "client_secret_basic", &members, None).await,
        redirect_uri: String::new(),
    };
    let waits = defer(world, &both, "read", &[]).await;
    let code = waits.text_of("deferral_code");
    let token = token_of(world, &both.client).await;
    // What waits for a token is no task, also for the client that waits for it.
    let path = format!("/access/v1/requests/{code}");
    let looked = desk.call("GET", &path, &token, None, None).await;
    assert_eq!(problem(&looked), (404, "unknown_task".to_owned()));
    let cancelled = desk.call("POST", &format!("{path}/cancel"), &token, None, None).await;
    assert_eq!(problem(&cancelled), (404, "unknown_task".to_owned()));
    world.advance(5);
    refused(
        &poll_deferred(world, &both, code, &[]).await,
        400,
        "authorization_pending",
        "it waits on",
    );

    // And what was approved as a question gives nobody a token.
    let task = desk.task(&question("write", "r-1")).await;
    desk.finance_says("ann@demo.test", "allow").await;
    let handle = task.rsplit('/').next().unwrap();
    refused(
        &poll_deferred(world, &desk.gateway, handle, &[]).await,
        400,
        "invalid_grant",
        "a yes to a question is evidence",
    );
}

#[tokio::test]
async fn a_no_is_denied_what_is_taken_back_is_cancelled_and_what_nobody_answers_expires() {
    let desk = Desk::new().await;
    let write = question("write", "r-1");
    let task = desk.task(&write).await;
    let cancel = async |task: &str| {
        desk.call(
            "POST",
            &format!("{}/cancel", desk.path(task)),
            &desk.token().await,
            None,
            None,
        )
        .await
    };
    desk.finance_says("ann@demo.test", "deny").await;
    assert_eq!(desk.look(&task).await.body["task"]["status"], "denied");
    assert_eq!(desk.look(&task).await.body.get("result"), None);
    assert_eq!(problem(&cancel(&task).await), (409, "invalid_task_state".to_owned()));

    desk.world.advance(600); // after a no the client is not heard for a while
    let task = desk.task(&write).await;
    let cancelled = cancel(&task).await;
    assert_eq!(
        (cancelled.status, &cancelled.body["task"]["status"]),
        (200, &json!("cancelled")),
        "{cancelled:?}"
    );
    assert_eq!(problem(&cancel(&task).await), (409, "invalid_task_state".to_owned()));

    desk.world.advance(600);
    let task = desk.task(&write).await;
    desk.world.advance(3_600);
    assert_eq!(desk.look(&task).await.body["task"]["status"], "expired");

    // An administrator takes back what was approved: the next question hears of it.
    let task = desk.task(&write).await;
    desk.finance_says("bea@demo.test", "allow").await;
    assert_eq!(desk.again(&write, &task).await["decision"], true);
    let approval = desk.look(&task).await.body["result"]["approval"].clone();
    let (id, _) = approval["id"].as_str().unwrap().split_once('.').unwrap();
    let ended = desk
        .world
        .admin("POST", &format!("/admin/v1/approvals/{id}/cancel"), None)
        .await;
    assert_eq!(ended.status, 200, "{ended:?}");
    let mut asked = write.clone();
    asked["context"] = json!({ "approval": approval });
    assert_eq!(desk.evaluate(&asked).await["context"]["reason"], "approval_expired");
}

#[tokio::test]
async fn s_29_what_is_submitted_again_is_the_same_task_and_floods_nobody() {
    let desk = Desk::new().await;
    let submission = desk.denied(&question("write", "r-1")).await;
    let first = desk.submit(&submission, Some("key-1")).await;
    assert_eq!(first.status, 202, "{first:?}");
    for key in [Some("key-1"), None] {
        let again = desk.submit(&submission, key).await;
        assert_eq!((again.status, &again.body), (202, &first.body), "{key:?}");
    }
    let mut other = submission.clone();
    other["context"] = json!({ "business_justification": "another reason" });
    assert_eq!(
        problem(&desk.submit(&other, Some("key-1")).await),
        (409, "duplicate_request".to_owned())
    );

    // A client has three questions at the same people, and no more.
    for n in 2..4 {
        desk.task(&question("write", &format!("r-{n}"))).await;
    }
    let fourth = desk.denied(&question("write", "r-4")).await;
    let flood = desk.submit(&fourth, None).await;
    assert_eq!(flood.status, 429, "{flood:?}");
    assert!(flood.header("retry-after").is_some());
}

#[tokio::test]
async fn what_cannot_be_submitted_is_refused_as_the_profile_says() {
    let desk = Desk::new().await;
    let submission = desk.denied(&question("write", "r-1")).await;
    let mut other = submission.clone();
    other["resource"]["id"] = json!("r-2");
    assert_eq!(
        problem(&desk.submit(&other, None).await),
        (400, "invalid_denial_binding".to_owned())
    );

    // What nobody can allow says nothing of a request, and is none.
    for hopeless in [question("write", "sealed"), question("sell", "r-1")] {
        let said = desk.evaluate(&hopeless).await;
        assert_eq!(said["context"].get("access_request"), None, "{said}");
    }
    let mut of_client = question("read", "r-1");
    of_client["subject"] = json!({ "type": "Client", "id": "nobody" });
    assert_eq!(
        desk.evaluate(&of_client).await["context"].get("access_request"),
        None,
        "there is nobody to ask"
    );
    desk.apply(&POLICIES.replace("resource == record::\"sealed\"", "resource"))
        .await;
    assert_eq!(
        problem(&desk.submit(&submission, None).await),
        (400, "not_requestable".to_owned())
    );
    desk.apply(POLICIES).await;

    let late = desk.denied(&question("write", "r-1")).await;
    desk.world.advance(600);
    assert_eq!(
        problem(&desk.submit(&late, None).await),
        (410, "expired_denial".to_owned())
    );

    // Only a machine with the scope submits, looks and takes back.
    for (method, path) in [
        ("POST", "/access/v1/requests"),
        ("GET", "/access/v1/requests/x"),
        ("POST", "/access/v1/requests/x/cancel"),
    ] {
        let body = (path == "/access/v1/requests").then_some(&late);
        assert_eq!(desk.call(method, path, "x", body, None).await.status, 401, "{path}");
    }
    assert_eq!(
        problem(
            &desk
                .call("GET", "/access/v1/requests/x", &desk.token().await, None, None)
                .await
        ),
        (404, "unknown_task".to_owned())
    );
    let metadata = desk.world.get("/.well-known/authzen-configuration").await.body;
    assert_eq!(
        metadata["access_request_endpoint"],
        json!(format!("{}/access/v1/requests", desk.world.issuer))
    );
    assert_eq!(
        metadata["capabilities"],
        json!(["urn:openid:authzen:capability:access-request"])
    );
}
