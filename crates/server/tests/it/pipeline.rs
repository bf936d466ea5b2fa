//! The table of how a question is decided (`vectors/pipeline.json`), row by row through the token endpoint: what is silent, what people are asked about and how strongly, and what is refused.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use testkit::{Answer, App, Browser, World};

use crate::{
    asked::{defer_for, machine_with_approvers, newest, of_finance, poll_deferred, say},
    setup::MCP,
};

const TABLE: &str = include_str!("../../../../vectors/pipeline.json");

#[derive(Debug, Deserialize)]
struct Table {
    rows: Vec<Row>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    #[serde(rename = "source")]
    _source: String,
    /// Beside the one that permits everything.
    policies: Option<String>,
    /// Instead of it.
    only_policies: Option<String>,
    powers: Value,
    other_grant: Option<Value>,
    #[serde(default)]
    withdrawn: bool,
    #[serde(default)]
    before: Vec<Map<String, Value>>,
    asks: Map<String, Value>,
    is: Outcome,
    code: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Silent,
    Ask,
    AskWithPasskey,
    Refuse,
}

/// A world as a row has it, a machine in it, and somebody of its approvers who signed in with a password.
struct Scene {
    world: World,
    machine: App,
    /// Once somebody is needed.
    approver: Option<Browser>,
}

impl Scene {
    async fn new(row: &Row) -> Self {
        let world = World::new().await;
        for (kind, words, members) in [
            (
                "order",
                "order for {amount.value} {amount.currency} at {merchant}",
                json!({
                    "amount": { "type": "object", "required": ["value", "currency"], "additionalProperties": false,
                        "properties": { "value": { "type": "string", "format": "decimal" }, "currency": { "type": "string" } } },
                    "merchant": { "type": "string" },
                }),
            ),
            ("look", "look", json!({})),
            ("sell_shares", "sell shares", json!({})),
            ("memo", "write a memo", json!({})),
        ] {
            let mut properties = members.clone();
            properties["type"] = json!({ "const": kind });
            let schema = json!({ "type": "object", "properties": properties, "additionalProperties": false });
            let body = json!({ "type": kind, "name": kind, "words": { "en": words }, "schema": schema });
            let made = world.admin("POST", "/admin/v1/detail-types", Some(&body)).await;
            assert_eq!(made.status, 201, "{made:?}");
        }
        let capability =
            |name: &str, strength: &str| json!({ "name": name, "description": name, "approval_strength": strength });
        let mut order = capability("order", "session");
        order["input_schema"] = json!({
            "type": "object", "required": ["amount", "merchant"], "additionalProperties": false,
            "properties": {
                "amount": { "type": "object", "required": ["value", "currency"], "additionalProperties": false,
                    "properties": { "value": { "type": "string", "format": "decimal" }, "currency": { "type": "string" } } },
                "merchant": { "type": "string" },
            },
        });
        let open = "@id(\"open\") permit(principal, action, resource);";
        let text = row
            .only_policies
            .clone()
            .unwrap_or_else(|| open.to_owned() + row.policies.as_deref().unwrap_or(""));
        let set = json!({
            "policies": text,
            "capabilities": [order, capability("look", "none"), capability("sell_shares", "biometric")],
        });
        let applied = world.admin("PUT", "/admin/v1/policies", Some(&set)).await;
        assert_eq!(applied.status, 201, "{applied:?}");
        world.resource(MCP, &[]).await;
        let machine = machine_with_approvers(&world, 1).await;
        for powers in [Some(&row.powers), row.other_grant.as_ref()].into_iter().flatten() {
            let grant =
                json!({ "client_id": machine.client.id, "scope": "read", "resources": [MCP], "capabilities": powers });
            let given = world.admin("POST", "/admin/v1/grants", Some(&grant)).await;
            assert_eq!(given.status, 201, "{given:?}");
            if row.withdrawn {
                let path = format!("/admin/v1/grants/{}/revoke", given.text_of("id"));
                assert_eq!(world.admin("POST", &path, None).await.status, 200);
            }
        }
        Self {
            world,
            machine,
            approver: None,
        }
    }

    async fn asks(&self, what: &Map<String, Value>) -> Answer {
        let mut form = vec![("resource", MCP.to_owned())];
        match what.get("scope") {
            Some(scope) => form.push(("scope", scope.as_str().unwrap().to_owned())),
            None => form.push(("authorization_details", json!([detail(what)]).to_string())),
        }
        defer_for(&self.world, &self.machine, &form).await
    }

    /// The approver says yes with nothing but the password they signed in with; whether that was enough.
    async fn is_enough(&mut self, asked: &Answer) -> bool {
        if self.approver.is_none() {
            let person = of_finance(&self.world, "fay@acme.test").await;
            self.approver = Some(self.world.signed_in(&person).await);
        }
        let approver = self.approver.as_mut().unwrap();
        let page = newest(&self.world, approver).await;
        if page.has_form("approval") {
            say(&self.world, approver, &page, "allow", &[]).await;
        }
        self.world.advance(6);
        let code = asked.text_of("deferral_code").to_owned();
        let polled = poll_deferred(&self.world, &self.machine, &code, &[]).await;
        if polled.status == 200 {
            return true;
        }
        assert_eq!(polled.error(), "authorization_pending", "{polled:?}");
        false
    }

    async fn outcome(&mut self, answer: &Answer) -> Outcome {
        if !answer.text_of("access_token").is_empty() {
            return Outcome::Silent;
        }
        if answer.text_of("deferral_code").is_empty() {
            return Outcome::Refuse;
        }
        if self.is_enough(answer).await {
            Outcome::Ask
        } else {
            Outcome::AskWithPasskey
        }
    }
}

fn detail(what: &Map<String, Value>) -> Value {
    let (kind, value) = what.iter().find(|(name, _)| *name != "asked").unwrap();
    match value.as_str().and_then(|text| text.split_once(' ')) {
        Some((value, currency)) => {
            json!({ "type": kind, "amount": { "value": value, "currency": currency }, "merchant": "Acme" })
        }
        None => json!({ "type": kind }),
    }
}

#[tokio::test]
async fn s_32_every_row_of_the_pipeline() {
    let table: Table = serde_json::from_str(TABLE).unwrap();
    let mut wrong = Vec::new();
    for row in &table.rows {
        let mut scene = Scene::new(row).await;
        for before in &row.before {
            let answer = scene.asks(before).await;
            let expected = if before.contains_key("asked") {
                Outcome::Ask
            } else {
                Outcome::Silent
            };
            assert_eq!(
                scene.outcome(&answer).await,
                expected,
                "{}: before: {answer:?}",
                row.name
            );
        }
        let answer = scene.asks(&row.asks).await;
        let outcome = scene.outcome(&answer).await;
        let code = (outcome == Outcome::Refuse).then(|| answer.error().to_owned());
        if (outcome, &code) != (row.is, &row.code) {
            wrong.push(format!("{}: {outcome:?} {code:?} {answer:?}", row.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(table.rows.len() >= 26);
}
