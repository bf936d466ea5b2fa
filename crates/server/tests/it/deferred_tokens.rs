//! Deferred Token Response through the real pages: machines and their approvers, lines that want more, taking back; S-29.

use proof::Algorithm;
use serde_json::json;
use testkit::{App, Key, World};

use crate::{
    asked::{DEFERRED, defer, id_in, machine_with_approvers, newest, of_finance, poll_deferred, say, to},
    setup::{MCP, apart_from_request_id, refused},
};

async fn world() -> World {
    let world = World::new().await;
    world.resource(MCP, &[]).await;
    world
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story from the question to the token")]
async fn a_machine_waits_for_two_people_and_gets_its_token_once() {
    let world = world().await;
    let machine = machine_with_approvers(&world, 2).await;
    let (ann, bob) = (
        of_finance(&world, "ann@demo.test").await,
        of_finance(&world, "bob@demo.test").await,
    );
    let eve = world.person("eve@demo.test").await;
    let asked = defer(
        &world,
        &machine,
        "read",
        &[("binding_message", "for the report of <b>May</b>".to_owned())],
    )
    .await;
    refused(&asked, 400, "authorization_pending", "people are asked");
    assert_eq!(
        (&asked.body["expires_in"], &asked.body["interval"]),
        (&json!(3_600), &json!(5))
    );
    let code = asked.text_of("deferral_code").to_owned();
    refused(
        &poll_deferred(&world, &machine, &code, &[]).await,
        400,
        "authorization_pending",
        "nobody answered",
    );

    let mut browser = world.signed_in(&ann).await;
    let page = newest(&world, &mut browser).await;
    for said in [
        "Report maker",
        "wants to act by itself",
        "Read things",
        "0 of 2 said yes",
        "Finance",
        "for the report of &lt;b&gt;May&lt;/b&gt;",
        "24 hours",
    ] {
        assert!(page.answer.text.contains(said), "{said}: {}", page.answer.text);
    }
    assert!(
        !page.answer.text.contains("name=\"without\""),
        "several people say yes to one thing, whole"
    );
    let page = say(&world, &mut browser, &page, "allow", &[]).await;
    assert!(page.answer.text.contains("It waits for others"), "{}", page.answer.text);
    world.advance(5);
    refused(
        &poll_deferred(&world, &machine, &code, &[]).await,
        400,
        "authorization_pending",
        "one of two",
    );
    let list = browser.visit(&world, "/approvals").await;
    assert!(
        !list.answer.text.contains("id=\"waiting\"") && list.answer.text.contains("No request waits for you"),
        "what she answered waits no longer for her"
    );
    assert!(
        list.answer.text.contains("id=\"answered\"") && list.answer.text.contains("It waits for others now"),
        "and she sees how it goes on: {}",
        list.answer.text
    );

    let mut eves = world.signed_in(&eve).await;
    assert!(
        !eves
            .visit(&world, "/approvals")
            .await
            .answer
            .text
            .contains("data-approval")
    );
    let mut bobs = world.signed_in(&bob).await;
    let page = newest(&world, &mut bobs).await;
    assert!(page.answer.text.contains("1 of 2 said yes"));
    assert_eq!(
        eves.visit(&world, &page.form("approval").action).await.answer.status,
        404,
        "not hers to see"
    );
    let page = say(&world, &mut bobs, &page, "allow", &[]).await;
    assert!(page.answer.text.contains("The answer was yes"), "{}", page.answer.text);

    let token = poll_deferred(&world, &machine, &code, &[]).await;
    assert_eq!((token.status, token.text_of("scope")), (200, "read"), "{token:?}");
    assert!(token.body.get("refresh_token").is_none());
    refused(
        &poll_deferred(&world, &machine, &code, &[]).await,
        400,
        "invalid_grant",
        "fetched before",
    );
    let plain = [
        ("grant_type", "client_credentials".to_owned()),
        ("resource", MCP.to_owned()),
        ("scope", "read".to_owned()),
    ];
    assert_eq!(
        world.as_app(&machine, &plain, &[]).await.status,
        200,
        "what people gave counts for a day"
    );
    world.advance(86_400);
    refused(
        &world.as_app(&machine, &plain, &[]).await,
        400,
        "unauthorized_client",
        "and no longer",
    );
    assert_eq!(world.events("approval.given").await, 2);
}

#[tokio::test]
async fn one_no_is_enough_and_the_machine_is_not_heard_for_a_while() {
    let world = world().await;
    let machine = machine_with_approvers(&world, 2).await;
    let ann = of_finance(&world, "ann@demo.test").await;
    let code = defer(&world, &machine, "read", &[])
        .await
        .text_of("deferral_code")
        .to_owned();
    let mut browser = world.signed_in(&ann).await;
    let page = newest(&world, &mut browser).await;
    say(&world, &mut browser, &page, "deny", &[]).await;
    refused(
        &poll_deferred(&world, &machine, &code, &[]).await,
        400,
        "access_denied",
        "she said no",
    );
    let again = defer(&world, &machine, "read", &[]).await;
    assert_eq!(
        (again.status, again.error()),
        (429, "temporarily_unavailable"),
        "S-29: {again:?}"
    );
    assert_eq!(again.header("retry-after"), Some("60"));
    world.advance(60);
    let later = defer(&world, &machine, "read", &[]).await;
    refused(&later, 400, "authorization_pending", "it may ask again");
}

#[tokio::test]
async fn s_29_the_same_is_asked_once_three_wait_for_a_client_and_ten_for_a_group() {
    let world = world().await;
    let scopes = ["a", "b", "c", "d", "e"].map(|scope| (scope.to_owned(), json!("Do it")));
    let scopes: serde_json::Map<String, serde_json::Value> = scopes.into_iter().collect();
    let wide = json!({ "resource": "https://wide.example/", "resource_name": "Wide", "scopes": scopes });
    world.admin("POST", "/admin/v1/resources", Some(&wide)).await;
    let machine = machine_with_approvers(&world, 1).await;
    let wish = async |machine: &App, scope: &str| {
        let form = [
            ("grant_type", "client_credentials".to_owned()),
            ("resource", "https://wide.example/".to_owned()),
            ("scope", scope.to_owned()),
            ("completion_mode", "deferred".to_owned()),
        ];
        world.as_app(machine, &form, &[]).await
    };
    let first = wish(&machine, "a").await;
    let again = wish(&machine, "a").await;
    assert_eq!(first.text_of("deferral_code"), again.text_of("deferral_code"));
    assert_eq!(world.events("approval.asked").await, 1);
    for scope in ["b", "c"] {
        refused(&wish(&machine, scope).await, 400, "authorization_pending", scope);
    }
    assert_eq!(wish(&machine, "d").await.status, 429, "three of one client");
    for _ in 0..2 {
        let another = machine_with_approvers(&world, 1).await;
        for scope in ["a", "b", "c"] {
            assert_eq!(wish(&another, scope).await.status, 400);
        }
    }
    let fourth = machine_with_approvers(&world, 1).await;
    assert_eq!(wish(&fourth, "a").await.status, 400, "the tenth");
    assert_eq!(wish(&fourth, "b").await.status, 429, "ten for the same people");
    world.advance(3_600);
    assert_eq!(wish(&fourth, "b").await.status, 400, "what is over leaves its place");
}

#[tokio::test]
async fn without_the_wish_or_approvers_a_refusal_stays_what_it_was() {
    let world = world().await;
    let machine = machine_with_approvers(&world, 1).await;
    let form = [
        ("grant_type", "client_credentials".to_owned()),
        ("resource", MCP.to_owned()),
        ("scope", "read".to_owned()),
    ];
    refused(
        &world.as_app(&machine, &form, &[]).await,
        400,
        "unauthorized_client",
        "it does not wait",
    );
    let path = format!("/admin/v1/clients/{}", machine.client.id);
    let shown = world.admin("GET", &path, None).await;
    assert_eq!(
        (shown.text_of("approvers"), &shown.body["approval_quorum"]),
        ("finance", &json!(1))
    );
    world.admin("PATCH", &path, Some(&json!({ "approvers": "" }))).await;
    refused(
        &defer(&world, &machine, "read", &[]).await,
        400,
        "unauthorized_client",
        "nobody to ask",
    );
    let back = json!({ "approvers": "finance", "approval_quorum": 3 });
    assert_eq!(
        world.admin("PATCH", &path, Some(&back)).await.body["approval_quorum"],
        3
    );
    for bad in [
        json!({ "approvers": "nobody" }),
        json!({ "approvers": "finance", "approval_quorum": 0 }),
        json!({ "approval_quorum": 2 }),
    ] {
        assert!(world.admin("PATCH", &path, Some(&bad)).await.status >= 400, "{bad}");
    }
    world
        .admin(
            "PATCH",
            "/admin/v1/tenants/default",
            Some(&json!({ "deferred_token_response": false })),
        )
        .await;
    refused(
        &defer(&world, &machine, "read", &[]).await,
        400,
        "unauthorized_client",
        "the tenant has it off",
    );
    let metadata = world.get("/.well-known/openid-configuration").await.body;
    assert_eq!(metadata.get("deferred_token_response_supported"), None);
    refused(
        &poll_deferred(&world, &machine, "x", &[]).await,
        400,
        "unsupported_grant_type",
        "its door is shut",
    );
}

#[tokio::test]
async fn discovery_says_what_is_on() {
    let world = world().await;
    let metadata = world.get("/.well-known/oauth-authorization-server").await.body;
    assert_eq!(metadata["deferred_token_response_supported"], true);
    assert!(
        metadata["grant_types_supported"]
            .as_array()
            .unwrap()
            .contains(&json!(DEFERRED))
    );
    let types = metadata["revocation_endpoint_token_type_values_supported"]
        .as_array()
        .unwrap();
    assert!(types.contains(&json!("urn:ietf:params:oauth:token-type:deferral-code")));
}

#[tokio::test]
async fn a_poll_carries_nothing_but_its_code() {
    let world = world().await;
    let machine = machine_with_approvers(&world, 1).await;
    let code = defer(&world, &machine, "read", &[])
        .await
        .text_of("deferral_code")
        .to_owned();
    let form = [
        ("grant_type", DEFERRED.to_owned()),
        ("deferral_code", code),
        ("completion_mode", "deferred".to_owned()),
    ];
    refused(
        &world.as_app(&machine, &form, &[]).await,
        400,
        "invalid_request",
        "a poll is no new request",
    );
    refused(
        &world
            .as_app(&machine, &[("grant_type", DEFERRED.to_owned())], &[])
            .await,
        400,
        "invalid_request",
        "no code",
    );
    let bad = defer(&world, &machine, "write", &[("binding_message", "a\nb".to_owned())]).await;
    refused(&bad, 400, "invalid_request", "a message of two lines");
    assert_eq!(
        bad.text_of("error_description"),
        "binding_message is one line of at most 200 characters, without control characters"
    );
}

/// Takes a deferral back.
async fn cancel(world: &World, app: &App, code: &str) -> testkit::Answer {
    let form = [
        ("token", code.to_owned()),
        (
            "token_type_hint",
            "urn:ietf:params:oauth:token-type:deferral-code".to_owned(),
        ),
    ];
    to(world, "/oauth2/revoke", app, &form, &[]).await
}

#[tokio::test]
async fn a_client_takes_its_question_back_also_when_it_was_answered_and_nobody_elses() {
    let world = world().await;
    let machine = machine_with_approvers(&world, 1).await;
    let other = machine_with_approvers(&world, 1).await;
    let ann = of_finance(&world, "ann@demo.test").await;
    let code = defer(&world, &machine, "read", &[])
        .await
        .text_of("deferral_code")
        .to_owned();
    assert_eq!(
        cancel(&world, &other, &code).await.status,
        200,
        "RFC 7009 s2.2: nobody finds out by trying"
    );
    refused(
        &poll_deferred(&world, &machine, &code, &[]).await,
        400,
        "authorization_pending",
        "it stands",
    );
    assert_eq!(cancel(&world, &machine, &code).await.status, 200);
    refused(
        &poll_deferred(&world, &machine, &code, &[]).await,
        400,
        "access_denied",
        "taken back",
    );

    let code = defer(&world, &machine, "write", &[])
        .await
        .text_of("deferral_code")
        .to_owned();
    let mut browser = world.signed_in(&ann).await;
    let page = newest(&world, &mut browser).await;
    say(&world, &mut browser, &page, "allow", &[]).await;
    assert_eq!(cancel(&world, &machine, &code).await.status, 200);
    refused(
        &poll_deferred(&world, &machine, &code, &[]).await,
        400,
        "access_denied",
        "answered, not delivered",
    );
    let plain = [
        ("grant_type", "client_credentials".to_owned()),
        ("resource", MCP.to_owned()),
        ("scope", "write".to_owned()),
    ];
    refused(
        &world.as_app(&machine, &plain, &[]).await,
        400,
        "unauthorized_client",
        "and what it gave is taken back too",
    );
}

#[tokio::test]
async fn unknown_foreign_and_used_codes_look_the_same_and_a_key_stays_the_key() {
    let world = world().await;
    let machine = machine_with_approvers(&world, 1).await;
    let other = machine_with_approvers(&world, 1).await;
    let code = defer(&world, &machine, "read", &[])
        .await
        .text_of("deferral_code")
        .to_owned();
    let key = Key::new(Algorithm::ES256);
    let proof = world.dpop(&key, &world.dpop_claims().await).await;
    let form = [
        ("grant_type", "client_credentials".to_owned()),
        ("resource", MCP.to_owned()),
        ("scope", "write".to_owned()),
        ("completion_mode", "deferred".to_owned()),
    ];
    let bound = world
        .as_app(&machine, &form, &[("dpop", proof)])
        .await
        .text_of("deferral_code")
        .to_owned();
    let answers = [
        poll_deferred(&world, &machine, "nothing", &[]).await,
        poll_deferred(&world, &other, &code, &[]).await,
        poll_deferred(&world, &machine, &bound, &[]).await,
    ];
    for answer in &answers {
        refused(answer, 400, "invalid_grant", "S-17");
        assert_eq!(apart_from_request_id(answer), apart_from_request_id(&answers[0]));
    }
    let proof = world.dpop(&key, &world.dpop_claims().await).await;
    refused(
        &poll_deferred(&world, &machine, &bound, &[("dpop", proof)]).await,
        400,
        "authorization_pending",
        "its own key",
    );
}

#[tokio::test]
async fn a_line_that_wants_more_asks_its_person_and_stays_as_it_is() {
    let world = world().await;
    let app = App::public(&world, "https://app.example/cb").await;
    let alice = world.person("alice@demo.test").await;
    let tokens = world.tokens(&alice, &app, Some(MCP), Some("read")).await;
    let refresh = tokens.text_of("refresh_token").to_owned();
    let more = [("scope", "read write".to_owned())];
    refused(
        &world.refresh(&app, &refresh, &more, &[]).await,
        400,
        "invalid_scope",
        "it does not wait",
    );
    let waiting = [
        ("scope", "read write".to_owned()),
        ("completion_mode", "deferred".to_owned()),
    ];
    let asked = world.refresh(&app, &refresh, &waiting, &[]).await;
    refused(&asked, 400, "interaction_required", "its person is asked");
    let code = asked.text_of("deferral_code").to_owned();
    let uri = asked.text_of("interaction_uri").to_owned();
    let path = uri.strip_prefix(&world.issuer).unwrap();
    let still = world.refresh(&app, &refresh, &[], &[]).await;
    assert_eq!(
        (still.status, still.text_of("scope")),
        (200, "read"),
        "the line is as it was"
    );

    let mut stranger = testkit::Browser::new(&world);
    let page = stranger.visit(&world, path).await;
    assert!(page.has_form("sign-in"), "visiting it authorizes nothing");
    let page = stranger.sign_in(&world, &page, &alice.login, &alice.password).await;
    assert!(
        page.has_form("approval") && page.answer.text.contains("wants to do more for you"),
        "{}",
        page.answer.text
    );
    let list = stranger.visit(&world, "/approvals").await;
    assert_eq!(format!("/approvals/{}", id_in(&list)), path);
    say(&world, &mut stranger, &page, "allow", &[]).await;
    let given = poll_deferred(&world, &app, &code, &[]).await;
    assert_eq!((given.status, given.text_of("scope")), (200, "read write"), "{given:?}");
    let next = world.refresh(&app, given.text_of("refresh_token"), &[], &[]).await;
    assert_eq!((next.status, next.text_of("scope")), (200, "read write"));
}

#[tokio::test]
async fn s_16_a_line_that_is_stopped_meanwhile_gets_nothing() {
    let world = world().await;
    let app = App::public(&world, "https://app.example/cb").await;
    let alice = world.person("alice@demo.test").await;
    let tokens = world.tokens(&alice, &app, Some(MCP), Some("read")).await;
    let refresh = tokens.text_of("refresh_token").to_owned();
    let waiting = [
        ("scope", "write".to_owned()),
        ("completion_mode", "deferred".to_owned()),
    ];
    let code = world
        .refresh(&app, &refresh, &waiting, &[])
        .await
        .text_of("deferral_code")
        .to_owned();
    let mut browser = world.signed_in(&alice).await;
    let page = newest(&world, &mut browser).await;
    say(&world, &mut browser, &page, "allow", &[]).await;
    let form = [("token", refresh)];
    assert_eq!(to(&world, "/oauth2/revoke", &app, &form, &[]).await.status, 200);
    refused(
        &poll_deferred(&world, &app, &code, &[]).await,
        400,
        "invalid_grant",
        "the line is dead",
    );
}
