//! A yes that takes a passkey of now (S-33): who signed in by password cannot give it, nor who showed a passkey a while ago; the page leads to the passkey and back.

use serde_json::json;
use testkit::{App, Browser, Page, Person, World};

use crate::{
    asked::{defer, id_in, machine_with_approvers, newest, of_finance, poll_deferred, say},
    authenticator::{Alg, Authenticator},
    front::says,
    passkeys::{asked, good, register, show},
    setup::{MCP, refused},
};

/// A machine whose writing takes a passkey of its approver, who has one.
struct Vault {
    world: World,
    machine: App,
    ann: Person,
    key: Authenticator,
    code: String,
}

impl Vault {
    async fn new() -> Self {
        let world = World::new().await;
        world.resource(MCP, &[]).await;
        let machine = machine_with_approvers(&world, 1).await;
        let writes = |name: &str, strength: &str, scope: &str| json!({ "name": name, "description": "For tests", "approval_strength": strength, "scopes": [scope] });
        let set = json!({
            "policies": "@id(\"all\") permit(principal, action, resource);",
            "capabilities": [writes("write_file", "biometric", "write"), writes("read_file", "session", "read")],
        });
        let applied = world.admin("PUT", "/admin/v1/policies", Some(&set)).await;
        assert_eq!(applied.status, 201, "{applied:?}");
        let ann = of_finance(&world, "ann@demo.test").await;
        let key = Authenticator::new(Alg::Es256);
        let browser = world.signed_in(&ann).await;
        register(&world, &browser, &key, "Laptop").await;
        let waits = defer(&world, &machine, "write", &[]).await;
        refused(&waits, 400, "authorization_pending", "its people are asked");
        let code = waits.text_of("deferral_code").to_owned();
        Self {
            world,
            machine,
            ann,
            key,
            code,
        }
    }

    /// The person's passkey, shown at the page that the link of a question leads to.
    async fn verifies(&self, browser: &mut Browser, question: &Page, counter: u32) -> Page {
        let page = browser.visit(&self.world, &verify(question)).await;
        assert!(page.has_form("passkey"), "{page:?}");
        assert!(
            !page.has_form("sign-in") && !says(&page, "use-recovery-code"),
            "what is not enough is not offered: {page:?}"
        );
        let ceremony = asked(&page, "passkey");
        let assertion = good(&self.world, &self.key, &self.ann, &ceremony, counter).json(&self.key);
        let page = show(&self.world, browser, &ceremony, &assertion).await;
        assert!(
            page.location().unwrap_or_default().starts_with("/approvals/"),
            "{page:?}"
        );
        assert!(!page.location().unwrap_or_default().contains('?'), "{page:?}");
        browser.follow(&self.world, page).await
    }

    async fn fetched(&self) -> testkit::Answer {
        self.world.advance(30);
        poll_deferred(&self.world, &self.machine, &self.code, &[]).await
    }
}

/// Where the button of a question leads that wants a passkey.
fn verify(page: &Page) -> String {
    let after = |text: &'static str, rest: &str| rest.split_once(text).map(|(_, rest)| rest.to_owned());
    let rest = after("id=\"verify\"", &page.answer.text).and_then(|rest| after("href=\"", &rest));
    let rest = rest.unwrap_or_default();
    assert!(!rest.is_empty(), "no button: {page:?}");
    let href = rest.split('"').next().unwrap_or_default();
    href.replace("&amp;", "&")
}

fn wants_passkey(page: &Page) -> bool {
    says(page, "id=\"verify\"") && says(page, "id=\"deny\"") && !says(page, "value=\"allow\"")
}

#[tokio::test]
async fn s_33_a_password_says_no_yes_to_a_biometric_capability_and_a_passkey_of_now_does() {
    let vault = Vault::new().await;
    let world = &vault.world;
    let mut browser = world.signed_in(&vault.ann).await;
    let page = newest(world, &mut browser).await;
    assert!(
        wants_passkey(&page) && says(&page, "after your passkey has confirmed"),
        "{page:?}"
    );
    say(world, &mut browser, &page, "allow", &[]).await;
    refused(
        &vault.fetched().await,
        400,
        "authorization_pending",
        "a password gives nothing here",
    );

    let page = newest(world, &mut browser).await;
    let page = vault.verifies(&mut browser, &page, 1).await;
    assert!(!wants_passkey(&page) && says(&page, "value=\"allow\""), "{page:?}");
    say(world, &mut browser, &page, "allow", &[]).await;
    let answer = vault.fetched().await;
    assert_eq!(
        (answer.status, &answer.body["scope"]),
        (200, &json!("write")),
        "{answer:?}"
    );
}

#[tokio::test]
async fn s_33_a_passkey_of_a_while_ago_is_shown_once_more() {
    let vault = Vault::new().await;
    let world = &vault.world;
    let mut browser = world.signed_in(&vault.ann).await;
    let question = newest(world, &mut browser).await;
    let open = vault.verifies(&mut browser, &question, 1).await;
    world.advance(121);
    let page = newest(world, &mut browser).await;
    assert!(wants_passkey(&page), "120 seconds are over: {page:?}");
    say(world, &mut browser, &open, "allow", &[]).await; // the page of then
    refused(
        &vault.fetched().await,
        400,
        "authorization_pending",
        "an old session gives nothing",
    );

    // Being signed in by a passkey spares nobody the page: it asks for one of now.
    let page = newest(world, &mut browser).await;
    let page = vault.verifies(&mut browser, &page, 2).await;
    say(world, &mut browser, &page, "allow", &[]).await;
    assert_eq!(vault.fetched().await.status, 200);
}

#[tokio::test]
async fn no_is_said_without_a_passkey() {
    let vault = Vault::new().await;
    let world = &vault.world;
    let mut browser = world.signed_in(&vault.ann).await;
    let page = newest(world, &mut browser).await;
    let there = browser.visit(world, &verify(&page)).await;
    assert!(says(&there, "Back to the question"), "{there:?}");
    say(world, &mut browser, &page, "deny", &[]).await;
    refused(&vault.fetched().await, 400, "access_denied", "the answer was no");
    let list = browser.visit(world, "/approvals").await;
    assert!(!id_in(&list).is_empty());
}

/// A robot's move: how fast.
fn moves(metres_per_second: &str) -> serde_json::Value {
    json!({ "type": "move_arm", "speed": { "value": metres_per_second, "unit": "m/s" } })
}

#[tokio::test]
async fn s_33_outside_the_envelope_of_what_moves_a_named_role_says_so_with_a_passkey() {
    let mut vault = Vault::new().await;
    let world = vault.world;
    let speed = json!({ "type": "object", "required": ["value", "unit"], "additionalProperties": false,
        "properties": { "value": { "type": "string", "format": "decimal" }, "unit": { "const": "m/s" } } });
    let kind = json!({ "type": "move_arm", "name": "Move", "words": { "en": "move the arm at {speed.value} {speed.unit}" }, "schema": {
        "type": "object", "required": ["speed"], "additionalProperties": false,
        "properties": { "type": { "const": "move_arm" }, "speed": speed } } });
    let made = world.admin("POST", "/admin/v1/detail-types", Some(&kind)).await;
    assert_eq!(made.status, 201, "{made:?}");
    let input = json!({ "type": "object", "required": ["speed"], "properties": { "type": { "const": "move_arm" }, "speed": speed } });
    let capability =
        json!({ "description": "Move the arm", "approval_strength": "session", "scopes": [], "input_schema": input });
    let made = world
        .admin("PUT", "/admin/v1/capabilities/move_arm", Some(&capability))
        .await;
    assert_eq!(made.status, 200, "{made:?}");
    let envelope = json!([{ "action": "move_arm", "constraints": [
        { "field": "speed", "op": "max", "value": "0.5", "unit": "m/s" },
        { "field": "speed", "op": "max_change", "value": "0.3", "unit": "m/s", "per_sec": 1, "from": "0.2" },
    ] }]);
    let grant =
        json!({ "client_id": vault.machine.client.id, "scope": "", "resources": [MCP], "capabilities": envelope });
    let made = world.admin("POST", "/admin/v1/grants", Some(&grant)).await;
    assert_eq!(made.status, 201, "{made:?}");

    let asks = |speed: &str| {
        [
            ("resource", MCP.to_owned()),
            ("authorization_details", json!([moves(speed)]).to_string()),
        ]
    };
    let within = world.token(&vault.machine.client, &asks("0.4"), &[]).await;
    assert_eq!(within.status, 200, "silent: {within:?}");
    for outside in ["0.8", "-0.5"] {
        refused(
            &world.token(&vault.machine.client, &asks(outside), &[]).await,
            403,
            "constraint_violated",
            "never silently",
        );
    }
    world.advance(1); // after the question of the vault
    let waits = crate::asked::defer_for(&world, &vault.machine, &asks("0.8")).await;
    refused(&waits, 400, "authorization_pending", "the role is asked");
    vault.code = waits.text_of("deferral_code").to_owned();
    let mut browser = world.signed_in(&vault.ann).await;
    let page = newest(&world, &mut browser).await;
    assert!(wants_passkey(&page) && says(&page, "0.8</bdi>"), "{page:?}");
    say(&world, &mut browser, &page, "allow", &[]).await;
    vault.world = world;
    refused(
        &vault.fetched().await,
        400,
        "authorization_pending",
        "a password gives nothing here",
    );
    let page = newest(&vault.world, &mut browser).await;
    let page = vault.verifies(&mut browser, &page, 1).await;
    say(&vault.world, &mut browser, &page, "allow", &[]).await;
    let given = vault.fetched().await;
    assert_eq!(given.body["authorization_details"], json!([moves("0.8")]), "{given:?}");
}
