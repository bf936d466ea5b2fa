//! Nothing is answered from memory that is no longer so (product decision 27's promise online: a revocation counts at the next question).

use serde_json::{Value, json};
use testkit::{Answer, Client, World};

use crate::setup::access_token;

/// A program that asks about two clients, and has asked so often that everything it needs is remembered.
struct Warm {
    world: World,
    gateway: Client,
    agent: Client,
    token: String,
}

impl Warm {
    async fn new(policies: &str) -> Self {
        let world = World::new().await;
        let counts = world.admin("GET", "/admin/v1/policies", None).await.body;
        let body = json!({ "policies": policies, "capabilities": counts["capabilities"] });
        let applied = world.admin("PUT", "/admin/v1/policies", Some(&body)).await;
        assert_eq!(applied.status, 201, "{applied:?}");
        let gateway = Client::register(&world, "client_secret_basic", "authzen:evaluate", &[]).await;
        let agent = Client::register(&world, "client_secret_basic", "read", &[]).await;
        let token = access_token(&world.token(&gateway, &[], &[]).await);
        let warm = Self {
            world,
            gateway,
            agent,
            token,
        };
        warm.world.flush().await; // nothing is noted any more, so that memory may be used
        for _ in 0..3 {
            assert_eq!(warm.says(&warm.world).await, Some(true));
        }
        warm.world.flush().await;
        for _ in 0..3 {
            assert_eq!(warm.says(&warm.world).await, Some(true));
        }
        warm
    }

    async fn asks(&self, node: &World, about: &Client) -> Answer {
        let question = json!({
            "subject": { "type": "Client", "id": about.id }, "resource": { "type": "Resource", "id": "https://shop.example/" },
            "action": { "name": "read_profile" },
        });
        let headers = [
            ("authorization", format!("Bearer {}", self.token)),
            ("content-type", "application/json".to_owned()),
        ];
        node.send("POST", "/access/v1/evaluation", &headers, Some(question.to_string()))
            .await
    }

    /// What is said about the agent; nothing when the token of who asks counts no more.
    async fn says(&self, node: &World) -> Option<bool> {
        let answer = self.asks(node, &self.agent).await;
        assert!([200, 401].contains(&answer.status), "{answer:?}");
        answer.body.get("decision").and_then(Value::as_bool)
    }
}

const OPEN: &str = r#"@id("open") permit(principal, action, resource);"#;

#[tokio::test]
async fn s_35_what_another_node_wrote_counts_at_the_next_question() {
    let warm = Warm::new(OPEN).await;
    let second = warm.world.second_node().await;
    let disabled = json!({ "disabled": true });
    let path = format!("/admin/v1/clients/{}", warm.agent.id);
    let changed = second.admin("PATCH", &path, Some(&disabled)).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_eq!(
        warm.says(&warm.world).await,
        Some(false),
        "who is asked about is disabled"
    );
    let changed = second.admin("PATCH", &path, Some(&json!({ "disabled": false }))).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_eq!(warm.says(&warm.world).await, Some(true));

    let counts = second.admin("GET", "/admin/v1/policies", None).await.body;
    let closed = r#"@id("open") permit(principal, action == Action::"access", resource);"#;
    let closed = json!({ "policies": closed, "capabilities": counts["capabilities"] });
    let applied = second.admin("PUT", "/admin/v1/policies", Some(&closed)).await;
    assert_eq!(applied.status, 201, "{applied:?}");
    assert_eq!(warm.says(&warm.world).await, Some(false), "policies say something else");

    let form = [("token", warm.token.clone())];
    let revoked = second.post("/oauth2/revoke", &[warm.gateway.basic()], &form).await;
    assert_eq!(revoked.status, 200, "{revoked:?}");
    assert_eq!(warm.says(&warm.world).await, None, "the token of who asks is revoked");
}

#[tokio::test]
async fn s_35_what_was_true_a_second_ago_is_asked_again() {
    let until = World::new().await.now() + 30;
    let policies = format!(r#"@id("open") permit(principal, action, resource) when {{ context.now < {until} }};"#);
    let warm = Warm::new(&policies).await;
    warm.world.advance(31);
    assert_eq!(warm.says(&warm.world).await, None, "nobody wrote, and time has passed");
}

#[tokio::test]
async fn s_32_what_is_noted_and_not_written_yet_counts_too() {
    let policies = r#"@id("open") permit(principal, action, resource);
        @id("fast") forbid(principal, action, resource) when { context.risk.velocity >= 12 };"#;
    let warm = Warm::new(policies).await;
    let mut asked = 0;
    while asked < 40 {
        let answer = warm.asks(&warm.world, &warm.gateway).await;
        match (answer.status, answer.body.get("decision")) {
            (200, _) => asked += 1,
            (401, _) => break,
            _ => panic!("{answer:?}"),
        }
    }
    assert!(
        (10..=13).contains(&asked),
        "its own token fell silent after {asked} acts of its own"
    );
}
