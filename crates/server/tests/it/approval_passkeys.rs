//! A yes that takes a passkey is its signature over what the page shows (S-30, S-33): who signed in by password cannot give it, nor who signed in by a passkey, and it is a yes
//! to nothing else.

use serde_json::json;
use testkit::{App, Browser, Page, Person, World};

use crate::{
    asked::{codes, defer, device_client, machine_with_approvers, newest, of_finance, poll, poll_deferred, say, typed},
    authenticator::{Alg, Authenticator},
    front::says,
    passkeys::{asked, at_the_door, good, is_in, register, show},
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

    /// Yes, signed by the person's passkey with this counter.
    async fn signs(&self, browser: &mut Browser, question: &Page, counter: u32) -> Page {
        let signature = self.signature(question, counter);
        let page = browser
            .submit(&self.world, question, "approval", &[("credential", &signature)])
            .await;
        browser.follow(&self.world, page).await
    }

    /// The passkey's signature over what this page asks.
    fn signature(&self, question: &Page, counter: u32) -> String {
        let ceremony = asked(question, "approval");
        good(&self.world, &self.key, &self.ann, &ceremony, counter).json(&self.key)
    }

    async fn pending(&self, claim: &str) {
        refused(&self.fetched().await, 400, "authorization_pending", claim);
    }

    async fn fetched(&self) -> testkit::Answer {
        self.world.advance(30);
        poll_deferred(&self.world, &self.machine, &self.code, &[]).await
    }
}

fn wants_passkey(page: &Page) -> bool {
    says(page, "data-ceremony=\"sign\"") && says(page, "id=\"deny\"") && !says(page, "value=\"allow\" class")
}

/// The page again, for a yes that was not signed: nothing is allowed, and it can be tried once more.
fn is_unsigned(page: &Page) -> bool {
    page.answer.status == 403 && says(page, "this passkey did not sign it") && wants_passkey(page)
}

#[tokio::test]
async fn s_33_a_password_says_no_yes_to_a_biometric_capability_and_the_signature_of_a_passkey_does() {
    let vault = Vault::new().await;
    let world = &vault.world;
    let mut browser = world.signed_in(&vault.ann).await;
    let page = newest(world, &mut browser).await;
    assert!(
        wants_passkey(&page) && says(&page, "Your yes is signed with your passkey") && says(&page, "for this one time"),
        "{page:?}"
    );
    let ids: Vec<_> = asked(&page, "approval").options["allowCredentials"]
        .as_array()
        .unwrap()
        .clone();
    assert_eq!(ids.len(), 1, "their own passkeys");
    let page = say(world, &mut browser, &page, "allow", &[]).await;
    assert!(is_unsigned(&page), "{page:?}");
    vault.pending("a password gives nothing here").await;

    vault.signs(&mut browser, &page, 1).await;
    let answer = vault.fetched().await;
    assert_eq!(
        (answer.status, &answer.body["scope"]),
        (200, &json!("write")),
        "{answer:?}"
    );
}

#[tokio::test]
async fn s_33_being_signed_in_by_a_passkey_is_no_signature() {
    let vault = Vault::new().await;
    let world = &vault.world;
    let (mut browser, door) = at_the_door(world).await;
    let credential = good(world, &vault.key, &vault.ann, &door, 1).json(&vault.key);
    assert!(is_in(&show(world, &mut browser, &door, &credential).await));
    let page = newest(world, &mut browser).await;
    assert!(wants_passkey(&page), "{page:?}");
    for (changes, claim) in [
        (vec![], "nothing is signed"),
        (
            vec![("credential", credential.as_str())],
            "the signature of the sign-in",
        ),
        (vec![("credential", "{}")], "no response"),
    ] {
        let said = browser.submit(world, &page, "approval", &changes).await;
        assert!(is_unsigned(&said), "{claim}: {said:?}");
    }
    let door_ceremony = [
        ("credential", credential.as_str()),
        (
            "ceremony",
            door.form
                .fields
                .iter()
                .find(|(name, _)| name == "ceremony")
                .unwrap()
                .1
                .as_str(),
        ),
    ];
    let said = browser.submit(world, &page, "approval", &door_ceremony).await;
    assert_eq!(
        said.answer.status, 400,
        "the ceremony of a sign-in opens nothing here: {said:?}"
    );
    vault.pending("nothing was allowed").await;

    let page = newest(world, &mut browser).await;
    let signature = vault.signature(&page, 2);
    world.advance(301);
    let late = browser
        .submit(world, &page, "approval", &[("credential", &signature)])
        .await;
    assert_eq!(late.answer.status, 400);
    assert!(says(&late, "open for too long") && wants_passkey(&late), "{late:?}");
    vault.signs(&mut browser, &late, 3).await;
    assert_eq!(vault.fetched().await.status, 200);
}

#[tokio::test]
async fn s_30_what_was_signed_for_one_question_is_a_yes_to_no_other() {
    let vault = Vault::new().await;
    let world = &vault.world;
    let mut browser = world.signed_in(&vault.ann).await;
    let first = newest(world, &mut browser).await;
    world.advance(1);
    let more = defer(
        world,
        &vault.machine,
        "write",
        &[("binding_message", "And all the rest".to_owned())],
    )
    .await;
    refused(&more, 400, "authorization_pending", "another question");
    let second = newest(world, &mut browser).await;
    assert!(says(&second, "And all the rest"), "{second:?}");

    let signature = vault.signature(&first, 1);
    let ceremony = first.form("approval");
    let ceremony = &ceremony.fields.iter().find(|(name, _)| name == "ceremony").unwrap().1;
    let said = browser
        .submit(
            world,
            &second,
            "approval",
            &[("credential", &signature), ("ceremony", ceremony)],
        )
        .await;
    assert!(is_unsigned(&said), "{said:?}");
    let poll = poll_deferred(world, &vault.machine, more.text_of("deferral_code"), &[]).await;
    refused(&poll, 400, "authorization_pending", "nothing was allowed");
    vault.signs(&mut browser, &first, 1).await; // to what it was made for it is one
    assert_eq!(vault.fetched().await.status, 200);
}

#[tokio::test]
async fn s_33_nobody_signs_for_somebody_else() {
    let vault = Vault::new().await;
    let world = &vault.world;
    let bea = of_finance(world, "bea@demo.test").await;
    let mut browser = world.signed_in(&bea).await;
    let page = newest(world, &mut browser).await;
    assert!(
        page.has_form("approval") && !wants_passkey(&page) && says(&page, "id=\"add-one\""),
        "who has no passkey hears how to get one: {page:?}"
    );
    let hers = Authenticator::new(Alg::Es256);
    register(world, &browser, &hers, "Phone").await;
    let page = newest(world, &mut browser).await;
    let said = vault.signs(&mut browser, &page, 1).await;
    assert!(is_unsigned(&said), "the passkey of a colleague: {said:?}");
    let mut ann = world.signed_in(&vault.ann).await;
    let signature = vault.signature(&page, 1);
    let said = ann
        .submit(world, &page, "approval", &[("credential", &signature)])
        .await;
    assert_eq!(said.answer.status, 403, "the page of another browser: {said:?}");
    vault.pending("nothing was allowed").await;

    let mut assertion = good(world, &hers, &bea, &asked(&page, "approval"), 1);
    assertion.user_handle = None; // authenticators leave it out where they are told which passkey (WebAuthn s6.3.3)
    let signature = assertion.json(&hers);
    let said = browser
        .submit(world, &page, "approval", &[("credential", &signature)])
        .await;
    assert!(said.location().is_some(), "{said:?}");
    assert_eq!(vault.fetched().await.status, 200);
}

#[tokio::test]
async fn s_33_a_yes_of_somebody_signed_in_by_a_passkey_is_none_once_its_signature_is_demanded() {
    let vault = Vault::new().await;
    let world = &vault.world;
    let (mut browser, door) = at_the_door(world).await;
    let credential = good(world, &vault.key, &vault.ann, &door, 1).json(&vault.key);
    assert!(is_in(&show(world, &mut browser, &door, &credential).await));
    let demand = async |name: &str, scope: &str, strength: &str| {
        let body = json!({ "description": "For tests", "approval_strength": strength, "scopes": [scope] });
        let path = format!("/admin/v1/capabilities/{name}");
        let put = world.admin("PUT", &path, Some(&body)).await;
        assert_eq!(put.status, 200, "{put:?}");
    };
    demand("write_file", "write", "session").await;
    let device = device_client(world, "none").await;
    let codes = codes(world, &device).await;
    let page = typed(world, &mut browser, &codes.user).await;
    say(world, &mut browser, &page, "allow", &[]).await; // it takes no passkey yet
    for (name, scope) in [("read_file", "read"), ("write_file", "write")] {
        demand(name, scope, "biometric").await;
    }
    world.advance(10);
    let polled = poll(world, &device, &codes.device, &[]).await;
    refused(&polled, 400, "invalid_grant", "nobody signed it");
}

#[tokio::test]
async fn no_is_said_without_a_passkey() {
    let vault = Vault::new().await;
    let world = &vault.world;
    let mut browser = world.signed_in(&vault.ann).await;
    let page = newest(world, &mut browser).await;
    let said = browser.submit(world, &page, "no", &[("decision", "deny")]).await;
    assert!(said.location().is_some(), "{said:?}");
    refused(&vault.fetched().await, 400, "access_denied", "the answer was no");
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
    let said = say(&world, &mut browser, &page, "allow", &[]).await;
    assert!(is_unsigned(&said), "{said:?}");
    vault.world = world;
    vault.pending("a password gives nothing here").await;
    vault.signs(&mut browser, &said, 1).await;
    let given = vault.fetched().await;
    assert_eq!(given.body["authorization_details"], json!([moves("0.8")]), "{given:?}");

    // For this one time: the next move beyond the envelope is asked about anew, and one within it never was.
    let world = &vault.world;
    let again = world.token(&vault.machine.client, &asks("0.8"), &[]).await;
    refused(&again, 403, "constraint_violated", "one yes is one token");
    let within = world.token(&vault.machine.client, &asks("0.4"), &[]).await;
    assert_eq!(within.status, 200, "{within:?}");
    let anew = crate::asked::defer_for(world, &vault.machine, &asks("0.8")).await;
    refused(&anew, 400, "authorization_pending", "the role is asked once more");
    assert_ne!(anew.text_of("deferral_code"), vault.code);
}
