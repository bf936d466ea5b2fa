//! Policies at the doors: what is forbidden falls silent everywhere at once, what a policy demands is demanded, and the audit log says which one it was (product s3).

use serde_json::{Value, json};
use testkit::{Answer, App, Asking, Client, World};

use crate::{
    asked::{defer, device_client, machine_with_approvers, newest, of_finance, poll, poll_deferred, say, typed},
    authorization_details::{detail_boxes, detailed, front, pay},
    front::{Front, boxes, code, redeemed, refused_at, says},
    people::{Cast, tokens},
    setup::{MCP, introspect, machine, machine_and_gateway, refused},
};

/// What counts before anything is applied, written out.
pub(crate) const OPEN: &str = "@id(\"open\") permit(principal, action, resource);";

/// The capabilities that stand for the scopes of the test resource.
pub(crate) fn reading_and_writing() -> Value {
    json!([
        { "name": "read_things", "description": "Read things", "approval_strength": "session", "scopes": ["read"] },
        { "name": "write_things", "description": "Write things", "approval_strength": "session", "scopes": [{ "scope": "write", "resource": MCP }] },
    ])
}

/// Applies policies over these capabilities, and says how that was answered.
pub(crate) async fn try_to_apply(world: &World, policies: &str) -> Answer {
    let body = json!({ "policies": policies, "capabilities": reading_and_writing() });
    world.admin("PUT", "/admin/v1/policies", Some(&body)).await
}

/// The same when it is right; the version.
pub(crate) async fn apply(world: &World, policies: &str) -> i64 {
    let answer = try_to_apply(world, policies).await;
    assert!(matches!(answer.status, 200 | 201), "{answer:?}");
    answer.body["version"].as_i64().unwrap()
}

/// A forbid of everything beside the permit of everything.
fn closed() -> String {
    format!("{OPEN}\n@id(\"secret-freeze\") @reason(\"audit week\") forbid(principal, action, resource);")
}

/// The newest entry of the audit log of a kind.
async fn entry(world: &World, kind: &str) -> Value {
    world.flush().await;
    let log = world.admin("GET", "/admin/v1/events?limit=100", None).await;
    let all = log.body["events"].as_array().unwrap();
    let found = all.iter().find(|entry| entry["kind"] == kind);
    found.unwrap_or_else(|| panic!("no {kind}: {all:?}")).clone()
}

async fn machines_token(world: &World, client: &Client, scope: Option<&str>) -> Answer {
    let mut form = vec![("resource", MCP.to_owned())];
    form.extend(scope.map(|scope| ("scope", scope.to_owned())));
    world.token(client, &form, &[]).await
}

#[tokio::test]
async fn a_forbid_silences_a_machine_at_once_and_a_permit_wakes_it() {
    let (world, client, gateway) = machine_and_gateway("client_secret_basic").await;
    let before = machines_token(&world, &client, None).await;
    assert_eq!(before.text_of("scope"), "read write");
    let token = before.text_of("access_token");
    assert_eq!(introspect(&world, &gateway, token).await["active"], true);

    assert_eq!(apply(&world, &closed()).await, 1);
    refused(
        &machines_token(&world, &client, None).await,
        400,
        "invalid_scope",
        "nothing is left",
    );
    assert_eq!(
        introspect(&world, &gateway, token).await,
        json!({ "active": false }),
        "RFC 7662 s2.2"
    );

    assert_eq!(apply(&world, OPEN).await, 2);
    assert_eq!(introspect(&world, &gateway, token).await["active"], true);
    assert_eq!(machines_token(&world, &client, None).await.status, 200);

    // One scope: what was not named loses it, what names it is refused.
    apply(
        &world,
        &format!("{OPEN}\nforbid(principal, action == Action::\"write_things\", resource);"),
    )
    .await;
    assert_eq!(machines_token(&world, &client, None).await.text_of("scope"), "read");
    assert_eq!(machines_token(&world, &client, Some("read")).await.status, 200);
    refused(
        &machines_token(&world, &client, Some("read write")).await,
        400,
        "invalid_scope",
        "it names it",
    );
    assert_eq!(
        introspect(&world, &gateway, token).await,
        json!({ "active": false }),
        "a token with it counts no longer"
    );
}

#[tokio::test]
async fn whoever_is_refused_reads_the_reason_and_never_the_policy() {
    let (world, client) = machine("client_secret_basic").await;
    apply(&world, &closed()).await;
    let answer = machines_token(&world, &client, Some("write")).await;
    refused(&answer, 400, "invalid_scope", "forbidden");
    assert!(
        answer.text_of("error_description").ends_with(": audit week"),
        "{answer:?}"
    );
    assert!(!answer.text.contains("secret-freeze"), "{answer:?}");

    // The audit log has all of it, as for a yes.
    let refusal = entry(&world, "request.refused").await;
    let reason = refusal["body"]["reason"].as_str().unwrap();
    assert_eq!(reason, "policy: write_things: forbid by secret-freeze");
    let policy = &refusal["body"]["policy"];
    assert_eq!(policy["version"], 1);
    let decision = &policy["decisions"][0];
    assert_eq!(
        (&decision["answer"], &decision["decided"]),
        (&json!("forbid"), &json!(["secret-freeze"]))
    );
    let question = &decision["question"];
    assert_eq!(
        (
            &question["action"],
            &question["principal"]["id"],
            &question["resource"]["id"]
        ),
        (&json!("write_things"), &json!(client.id), &json!(MCP))
    );

    apply(&world, OPEN).await;
    assert_eq!(machines_token(&world, &client, Some("write")).await.status, 200);
    let issued = entry(&world, "token.issued").await;
    let policy = &issued["body"]["policy"];
    assert_eq!(
        (&policy["version"], &policy["decisions"][0]["decided"]),
        (&json!(2), &json!(["open"]))
    );
}

#[tokio::test]
async fn a_forbid_silences_what_acts_for_a_person_at_every_door_and_a_permit_wakes_it() {
    let cast = Cast::with("client_secret_basic").await;
    let held = cast.tokens(None).await;
    let (asking, code) = cast.code().await; // a code that waits
    let openid = Asking::new(&cast.app, None, Some("openid profile"));
    let id_code = cast.code_for(&openid).await;
    let known = cast.world.redeem(&cast.app, &openid, &id_code, &[]).await;
    let bearer = [("authorization", format!("Bearer {}", known.text_of("access_token")))];
    let userinfo = async || cast.world.send("GET", "/oauth2/userinfo", &bearer, None).await;
    assert_eq!(userinfo().await.status, 200);

    apply(&cast.world, &closed()).await;
    assert!(!cast.counts(&held.access).await, "introspection");
    let refresh = cast.world.refresh(&cast.app, &held.refresh, &[], &[]).await;
    refused(&refresh, 400, "invalid_grant", "refresh");
    refused(&userinfo().await, 401, "invalid_token", "userinfo");
    let redeemed = cast.world.redeem(&cast.app, &asking, &code, &[]).await;
    refused(&redeemed, 400, "invalid_grant", "a code");
    let another = cast.asking();
    let page = cast.browser.clone().visit(&cast.world, &another.path()).await;
    refused_at(&page, &another, "access_denied", "authorize");
    assert!(
        page.parameter("error_description")
            .is_some_and(|said| said.ends_with(": audit week")),
        "{page:?}"
    );

    apply(&cast.world, OPEN).await;
    let held = cast.lives(&held, "the line was not touched").await;
    assert_eq!(userinfo().await.status, 200);
    assert!(cast.counts(&held.access).await);
    let redeemed = cast.world.redeem(&cast.app, &asking, &code, &[]).await;
    assert_eq!(redeemed.status, 200, "a refusal does not use a code up: {redeemed:?}");
}

#[tokio::test]
async fn policies_speak_of_the_person_and_their_groups_when_a_client_acts_for_them() {
    let cast = Cast::with("client_secret_basic").await;
    let group = json!({ "id": "interns", "kind": "group", "name": "Interns" });
    cast.world.admin("POST", "/admin/v1/groups", Some(&group)).await;
    let held = cast.tokens(None).await;
    apply(
        &cast.world,
        &format!("{OPEN}\nforbid(principal in Group::\"interns\", action == Action::\"write_things\", resource);"),
    )
    .await;
    let held = cast.lives(&held, "alice is no intern").await;
    let path = format!("/admin/v1/users/{}", cast.alice.id);
    let change = json!({ "groups": ["interns"] });
    cast.world.admin("PATCH", &path, Some(&change)).await;
    assert!(!cast.counts(&held.access).await, "it has write");
    let answer = cast.world.refresh(&cast.app, &held.refresh, &[], &[]).await;
    assert_eq!((answer.status, answer.text_of("scope")), (200, "read"), "what is left");
    let by_role = format!("{OPEN}\nforbid(principal in Role::\"interns\", action, resource);");
    apply(&cast.world, &by_role).await;
    let answer = cast
        .world
        .refresh(&cast.app, answer.text_of("refresh_token"), &[], &[])
        .await;
    refused(&answer, 400, "invalid_grant", "a membership counts as a role too");
}

#[tokio::test]
async fn the_consent_page_does_not_offer_what_policies_forbid() {
    let front = Front::new().await;
    apply(
        &front.world,
        &format!("{OPEN}\nforbid(principal, action == Action::\"write_things\", resource);"),
    )
    .await;
    let mut browser = front.browser().await;
    let asking = front.asking("read write");
    let page = front.consent_page(&mut browser, &asking).await;
    assert!(says(&page, "Read things"), "{page:?}");
    assert!(!boxes(&page).contains(&"write".to_owned()), "{page:?}");
    assert!(says(&page, "organisation"), "who does not allow it: {page:?}");
    let page = front.answer(&mut browser, &page, &[("decision", "allow")]).await;
    let (scope, _) = redeemed(&front, &front.app, &asking, &page).await;
    assert_eq!(scope, "read");
    let given = entry(&front.world, "authorization.given").await;
    assert_eq!(given["body"]["policy"]["version"], 1, "{given}");
}

#[tokio::test]
async fn a_device_and_a_machine_that_waited_get_nothing_that_was_forbidden_meanwhile() {
    let world = World::new().await;
    world.resource(MCP, &[]).await;
    let alice = world.person("alice@demo.test").await;
    let device = device_client(&world, "none").await;
    let codes = crate::asked::codes(&world, &device).await;
    crate::asked::allow(&world, &alice, &codes.user).await;
    let machine = machine_with_approvers(&world, 1).await;
    let ann = of_finance(&world, "ann@demo.test").await;
    let deferral = defer(&world, &machine, "read", &[]).await;
    let mut browser = world.signed_in(&ann).await;
    let page = newest(&world, &mut browser).await;
    say(&world, &mut browser, &page, "allow", &[]).await;

    apply(&world, &closed()).await;
    world.advance(5);
    refused(
        &poll(&world, &device, &codes.device, &[]).await,
        400,
        "invalid_grant",
        "the device",
    );
    let code = deferral.text_of("deferral_code");
    refused(
        &poll_deferred(&world, &machine, code, &[]).await,
        400,
        "invalid_grant",
        "the machine",
    );
    apply(&world, OPEN).await;
    world.advance(10);
    assert_eq!(poll(&world, &device, &codes.device, &[]).await.status, 200);
    assert_eq!(
        poll_deferred(&world, &machine, code, &[]).await.text_of("scope"),
        "read"
    );

    // Nothing forbidden is asked about.
    apply(&world, &closed()).await;
    let asked = defer(&world, &machine, "write", &[]).await;
    refused(
        &asked,
        400,
        "invalid_scope",
        "what nobody granted is not asked of people who could not give it",
    );
    let codes = crate::asked::codes(&world, &device).await;
    let mut browser = world.signed_in(&alice).await;
    let page = typed(&world, &mut browser, &codes.user).await;
    let page = say(&world, &mut browser, &page, "allow", &[]).await;
    assert_eq!(page.problem().as_deref(), Some("access_denied"), "{page:?}");
    world.advance(5);
    let answer = poll(&world, &device, &codes.device, &[]).await;
    refused(&answer, 400, "authorization_pending", "she can still say no");
}

#[tokio::test]
async fn a_detail_is_judged_by_what_is_asked_with_it() {
    let front = front().await;
    let input = json!({
        "type": "object", "required": ["amount"],
        "properties": { "amount": { "type": "object", "required": ["value"], "properties": { "value": { "type": "string", "format": "decimal" } } } },
    });
    let body = json!({
        "policies": format!("{OPEN}\n@id(\"dear\") forbid(principal, action == Action::\"payment\", resource) when {{ context.input.amount.value.greaterThan(decimal(\"100.00\")) }};"),
        "capabilities": [{ "name": "payment", "description": "Pay", "approval_strength": "session", "input_schema": input }],
    });
    front.admin("PUT", "/admin/v1/policies", &body).await;
    let mut alice = front.browser().await;
    let details = json!([pay("29.99", "Acme"), pay("200.00", "Acme"), pay("a lot", "Acme")]);
    let asking =
        Asking::new(&front.app, Some(MCP), Some("read")).with("authorization_details", Some(&details.to_string()));
    let page = front.consent_page(&mut alice, &asking).await;
    assert_eq!(detail_boxes(&page).len(), 1, "{page:?}");
    let page = front.answer(&mut alice, &page, &[("decision", "allow")]).await;
    let answer = front.world.redeem(&front.app, &asking, &code(&page), &[]).await;
    assert_eq!(
        detailed(&answer),
        json!([pay("29.99", "Acme")]),
        "what is no amount is no question"
    );
    let given = entry(&front.world, "authorization.given").await;
    let decisions = given["body"]["policy"]["decisions"].as_array().unwrap();
    let answers: Vec<&Value> = decisions.iter().map(|one| &one["answer"]).collect();
    assert_eq!(answers, ["permit", "forbid", "unfit", "permit"], "{given}");
    assert_eq!(decisions[1]["question"]["input"]["amount"]["value"], "200.00");
}

#[tokio::test]
async fn what_no_capability_names_is_taken_scope_by_scope() {
    let cast = Cast::with("client_secret_basic").await;
    let held = cast.tokens(None).await;
    let freeze = "@id(\"freeze\") forbid(principal, action == Action::\"access\", resource) when { context.input.scopes.contains(\"write\") };";
    let body = json!({ "policies": format!("{OPEN}\n{freeze}"), "capabilities": [] });
    let applied = cast.world.admin("PUT", "/admin/v1/policies", Some(&body)).await;
    assert_eq!(applied.status, 201, "{applied:?}");
    // What is not named is left out, and what is asked for less is not refused for the rest.
    let answer = cast.world.refresh(&cast.app, &held.refresh, &[], &[]).await;
    assert_eq!((answer.status, answer.text_of("scope")), (200, "read"), "{answer:?}");
    let less = [("scope", "read".to_owned())];
    let answer = cast
        .world
        .refresh(&cast.app, answer.text_of("refresh_token"), &less, &[])
        .await;
    assert_eq!((answer.status, answer.text_of("scope")), (200, "read"), "{answer:?}");
    let page = cast.browser.clone().visit(&cast.world, &cast.asking().path()).await;
    assert!(
        page.location().is_none_or(|back| !back.contains("error=")),
        "the page says what is not given: {page:?}"
    );
    let machine = Client::register_with(
        &cast.world,
        "client_secret_basic",
        &json!({ "client_name": "Both", "scope": "read write", "resources": [MCP] }),
        None,
    )
    .await;
    assert_eq!(
        machines_token(&cast.world, &machine, None).await.text_of("scope"),
        "read"
    );
    refused(
        &machines_token(&cast.world, &machine, Some("write")).await,
        400,
        "invalid_scope",
        "named",
    );
}

#[tokio::test]
async fn s_32_what_may_not_be_together_is_not_given_in_parts_at_once() {
    let (world, client, gateway) = machine_and_gateway("client_secret_basic").await;
    let held = machines_token(&world, &client, None).await;
    let apart = r#"@id("apart") forbid(principal, action == Action::"access", resource)
        when { context.input.scopes.contains("read") && context.input.scopes.contains("write") };"#;
    let body = json!({ "policies": format!("{OPEN}\n{apart}"), "capabilities": [] });
    let applied = world.admin("PUT", "/admin/v1/policies", Some(&body)).await;
    assert_eq!(applied.status, 201, "{applied:?}");
    for both in [None, Some("read write")] {
        let answer = machines_token(&world, &client, both).await;
        refused(&answer, 400, "invalid_scope", "each alone may be, both may not");
    }
    for one in ["read", "write"] {
        let answer = machines_token(&world, &client, Some(one)).await;
        assert_eq!((answer.status, answer.text_of("scope")), (200, one), "{answer:?}");
    }
    let shown = introspect(&world, &gateway, held.text_of("access_token")).await;
    assert_eq!(shown, json!({ "active": false }), "a token of both is silent");
}

#[tokio::test]
async fn a_lifetime_caps_what_is_given() {
    let cast = Cast::with("client_secret_basic").await;
    let machine = Client::register(&cast.world, "client_secret_basic", "read", &[MCP]).await;
    let usual = machines_token(&cast.world, &machine, None).await;
    assert_eq!(usual.body["expires_in"], 300);
    apply(
        &cast.world,
        "@id(\"brief\") @lifetime(\"60\") permit(principal, action, resource);",
    )
    .await;
    let brief = machines_token(&cast.world, &machine, None).await;
    assert_eq!(brief.body["expires_in"], 60);
    let (asking, code) = cast.code().await;
    let redeemed = cast.world.redeem(&cast.app, &asking, &code, &[]).await;
    assert_eq!(redeemed.body["expires_in"], 60);
    let refreshed = cast
        .world
        .refresh(&cast.app, redeemed.text_of("refresh_token"), &[], &[])
        .await;
    assert_eq!(refreshed.body["expires_in"], 60);
}

#[tokio::test]
async fn what_must_be_verified_is_never_silent() {
    let world = World::new().await;
    world.resource(MCP, &[]).await;
    let group = json!({ "id": "finance", "kind": "role", "name": "Finance" });
    world.admin("POST", "/admin/v1/groups", Some(&group)).await;
    let members =
        json!({ "client_name": "Report maker", "approvers": "finance", "scope": "read write", "resources": [MCP] });
    let machine = App {
        client: Client::register_with(&world, "client_secret_basic", &members, None).await,
        redirect_uri: String::new(),
    };
    let ask = async |scope: &str| machines_token(&world, &machine.client, Some(scope)).await;
    assert_eq!(ask("write").await.status, 200);
    apply(
        &world,
        &format!("{OPEN}\n@strength(\"biometric\") permit(principal, action == Action::\"write_things\", resource);"),
    )
    .await;
    assert_eq!(ask("read").await.status, 200, "of reading nobody said so");
    refused(&ask("write").await, 400, "invalid_scope", "it takes no deferral");
    let waits = defer(&world, &machine, "write", &[]).await;
    refused(&waits, 400, "authorization_pending", "its people are asked");

    // A yes of somebody whom no passkey verified is not enough.
    let ann = of_finance(&world, "ann@demo.test").await;
    let mut browser = world.signed_in(&ann).await;
    let page = newest(&world, &mut browser).await;
    say(&world, &mut browser, &page, "allow", &[]).await;
    world.advance(5);
    let answer = poll_deferred(&world, &machine, waits.text_of("deferral_code"), &[]).await;
    assert_ne!(answer.status, 200, "{answer:?}");
}

#[tokio::test]
async fn s_32_a_token_falls_silent_when_policies_come_to_demand_more_than_its_person_showed() {
    let cast = Cast::with("client_secret_basic").await;
    let held = cast.tokens(None).await; // signed in by password
    for demanded in ["@strength(\"biometric\")", "@approvers(\"finance\")"] {
        let stricter = format!("{demanded} permit(principal, action == Action::\"write_things\", resource);");
        apply(&cast.world, &format!("{OPEN}\n{stricter}")).await;
        assert!(!cast.counts(&held.access).await, "{demanded}: it has write");
        apply(&cast.world, OPEN).await;
        assert!(cast.counts(&held.access).await);
    }
    apply(
        &cast.world,
        &format!("{OPEN}\n@strength(\"session\") permit(principal, action, resource);"),
    )
    .await;
    assert!(cast.counts(&held.access).await, "that much was shown");
}

#[tokio::test]
async fn a_refresh_leaves_out_what_a_human_must_say_each_time() {
    let cast = Cast::with("client_secret_basic").await;
    let held = cast.tokens(None).await;
    let strong = "@strength(\"biometric\") permit(principal, action == Action::\"write_things\", resource);";
    apply(&cast.world, &format!("{OPEN}\n{strong}")).await;
    let answer = cast.world.refresh(&cast.app, &held.refresh, &[], &[]).await;
    assert_eq!((answer.status, answer.text_of("scope")), (200, "read"), "{answer:?}");
    apply(
        &cast.world,
        "@strength(\"biometric\") permit(principal, action, resource);",
    )
    .await;
    let answer = cast
        .world
        .refresh(&cast.app, answer.text_of("refresh_token"), &[], &[])
        .await;
    refused(&answer, 400, "invalid_grant", "nothing of it is silent");
}

#[tokio::test]
async fn the_group_that_a_policy_names_is_asked_and_as_many_of_it() {
    let world = World::new().await;
    world.resource(MCP, &[]).await;
    let group = json!({ "id": "finance", "kind": "role", "name": "Finance" });
    world.admin("POST", "/admin/v1/groups", Some(&group)).await;
    let client = Client::register(&world, "client_secret_basic", "read write", &[MCP]).await;
    let machine = App {
        client,
        redirect_uri: String::new(),
    };
    apply(
        &world,
        "@id(\"four-eyes\") @approvers(\"finance\") @quorum(\"2\") permit(principal, action == Action::\"write_things\", resource);\n@id(\"read\") permit(principal, action == Action::\"read_things\", resource);",
    )
    .await;
    assert_eq!(
        machines_token(&world, &machine.client, None).await.text_of("scope"),
        "read"
    );
    let (ann, bob) = (
        of_finance(&world, "ann@demo.test").await,
        of_finance(&world, "bob@demo.test").await,
    );
    let waits = defer(&world, &machine, "write", &[]).await;
    refused(
        &waits,
        400,
        "authorization_pending",
        "finance is asked, though the client has no approvers",
    );
    for (person, said) in [(&ann, "0 of 2 said yes"), (&bob, "1 of 2 said yes")] {
        let mut browser = world.signed_in(person).await;
        let page = newest(&world, &mut browser).await;
        assert!(says(&page, said) && says(&page, "Finance"), "{page:?}");
        say(&world, &mut browser, &page, "allow", &[]).await;
    }
    world.advance(5);
    let code = waits.text_of("deferral_code");
    let answer = poll_deferred(&world, &machine, code, &[]).await;
    assert_eq!((answer.status, answer.text_of("scope")), (200, "write"), "{answer:?}");
    let given = entry(&world, "approval.given").await;
    assert_eq!(given["body"]["policy"]["decisions"][0]["decided"], json!(["four-eyes"]));
}

#[tokio::test]
async fn what_no_capability_names_is_access_with_its_scopes_and_types() {
    let (world, client) = machine("client_secret_basic").await;
    let body = json!({
        "policies": "@id(\"read-only\") permit(principal, action == Action::\"access\", resource) when { [\"read\"].containsAll(context.input.scopes) };",
        "capabilities": [],
    });
    let applied = world.admin("PUT", "/admin/v1/policies", Some(&body)).await;
    assert_eq!(applied.status, 201, "{applied:?}");
    assert_eq!(machines_token(&world, &client, Some("read")).await.status, 200);
    refused(
        &machines_token(&world, &client, Some("read write")).await,
        400,
        "invalid_scope",
        "more than read",
    );

    // Without a permit of it nothing is given that no capability names.
    let body = json!({ "policies": "permit(principal, action == Action::\"sell\", resource);", "capabilities": [{ "name": "sell", "description": "Sell", "approval_strength": "none" }] });
    world.admin("PUT", "/admin/v1/policies", Some(&body)).await;
    let answer = machines_token(&world, &client, Some("read")).await;
    refused(&answer, 400, "invalid_scope", "silence is no yes");
    let refusal = entry(&world, "request.refused").await;
    assert_eq!(refusal["body"]["reason"], "policy: access: silence by no policy");
}

#[tokio::test]
async fn s_37_a_node_with_the_version_before_issues_nothing_by_it() {
    let cast = Cast::with("client_secret_basic").await;
    let machine = Client::register(&cast.world, "client_secret_basic", "read write", &[MCP]).await;
    let second = cast.world.second_node().await; // nobody tells it anything, and it looks once a second at most
    apply(&cast.world, OPEN).await;
    let warm = async |node: &World| machines_token(node, &machine, None).await;
    let token = warm(&second).await; // its first look is stale, and the commit notices
    assert_eq!(token.status, 200, "{token:?}");
    let held = cast.tokens(None).await;
    let held = tokens(&second.refresh(&cast.app, &held.refresh, &[], &[]).await);

    apply(&cast.world, &closed()).await;
    for (node, which) in [(&second, "the other node"), (&cast.world, "the node itself")] {
        refused(&warm(node).await, 400, "invalid_scope", which);
        let answer = node.refresh(&cast.app, &held.refresh, &[], &[]).await;
        refused(&answer, 400, "invalid_grant", which);
        assert!(!cast.counts_at(node, &held.access).await, "{which}: introspection");
    }
    apply(&cast.world, OPEN).await;
    for node in [&second, &cast.world] {
        assert_eq!(warm(node).await.status, 200, "a permit counts at every node too");
        assert!(cast.counts_at(node, &held.access).await);
    }
    second.end().await;
}

#[tokio::test]
async fn the_yes_of_a_person_is_judged_when_it_is_said() {
    let front = Front::new().await;
    let mut browser = front.browser().await;
    let asking = front.asking("read");
    let page = front.consent_page(&mut browser, &asking).await;
    apply(&front.world, &closed()).await;
    let page = front.answer(&mut browser, &page, &[("decision", "allow")]).await;
    refused_at(&page, &asking, "access_denied", "forbidden since the page was shown");
    apply(&front.world, OPEN).await;
    let page = front.consent_page(&mut browser, &front.asking("read")).await;
    code(&front.answer(&mut browser, &page, &[("decision", "allow")]).await);
}
