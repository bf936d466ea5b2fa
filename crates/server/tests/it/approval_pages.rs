//! The pages of approvals: forms of ours only, nothing hostile on them, and what administrators see and end.

use serde_json::json;
use testkit::{Browser, World};

use crate::{
    asked::{
        allow, codes, defer, device_client, machine_with_approvers, newest, of_finance, poll, poll_deferred, say, typed,
    },
    setup::{MCP, refused},
};

async fn world() -> World {
    let world = World::new().await;
    world.resource(MCP, &[]).await;
    world
}

#[tokio::test]
async fn s_45_a_foreign_form_answers_nothing_and_claims_nothing() {
    let world = world().await;
    let device = device_client(&world, "none").await;
    let alice = world.person("alice@demo.test").await;
    let codes = codes(&world, &device).await;
    let mut browser = world.signed_in(&alice).await;
    let page = browser.visit(&world, "/device").await;
    let changes = [("user_code", codes.user.as_str()), ("csrf", "x")];
    assert_eq!(
        browser.submit(&world, &page, "device", &changes).await.answer.status,
        403
    );
    let page = typed(&world, &mut browser, &codes.user).await;
    for changes in [
        vec![("decision", "allow"), ("csrf", "x")],
        vec![("decision", "allow"), ("request", "another page's")],
    ] {
        let answered = browser.submit(&world, &page, "approval", &changes).await;
        assert_eq!(answered.answer.status, 403, "{changes:?}");
    }
    let form = page.form("approval");
    let body = form
        .fields
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect::<Vec<_>>()
        .join("&");
    let foreign = [("origin", "https://evil.example".to_owned())];
    let answered = browser
        .send(
            &world,
            "POST",
            &form.action,
            &foreign,
            Some(format!("{body}&decision=allow")),
        )
        .await;
    assert_eq!(answered.answer.status, 403);
    refused(
        &poll(&world, &device, &codes.device, &[]).await,
        400,
        "authorization_pending",
        "nothing was allowed",
    );
    let nonsense = browser
        .submit(&world, &page, "approval", &[("decision", "perhaps")])
        .await;
    assert_eq!(nonsense.answer.status, 400);
}

#[tokio::test]
async fn s_02_a_sign_in_leads_to_pages_of_ours_and_nowhere_else() {
    let world = world().await;
    let alice = world.person("alice@demo.test").await;
    for bad in [
        "//evil.example",
        "/\\evil.example",
        "/agents/../x",
        "/approvals/a%2Fb",
        "/approvals//evil.example",
        "/device?x",
        "/device?code",
        "/approvals/",
        "/approvals/a?x",
        "/account?x",
        "/account?request=",
        "/account?request=a/b",
        "/account?request=//evil.example",
        "/account?request=a&next=//evil.example",
        "/sign-out",
    ] {
        let mut browser = Browser::new(&world);
        let query: String = bad
            .bytes()
            .flat_map(|b| format!("%{b:02X}").into_bytes())
            .map(char::from)
            .collect();
        let page = browser.get(&world, &format!("/sign-in?request={query}")).await;
        assert_eq!(page.answer.status, 400, "{bad}");
    }
    let mut browser = Browser::new(&world);
    let page = browser.visit(&world, "/approvals").await;
    let page = browser.sign_in(&world, &page, &alice.login, &alice.password).await;
    assert!(
        page.answer.text.contains("Requests that wait for you"),
        "{}",
        page.answer.text
    );
    let mut form = Browser::new(&world).visit(&world, "/device").await.form("sign-in");
    assert!(
        form.fields
            .iter()
            .any(|(name, value)| name == "request" && value == "/device")
    );
    form.fields.clear();
}

#[tokio::test]
async fn s_10_hostile_texts_of_machines_stand_on_the_page_as_texts() {
    let world = world().await;
    let machine = machine_with_approvers(&world, 1).await;
    let hostile = "<img src=x onerror=alert(1)>\u{202e}evil \u{200b}\"'>";
    let path = format!("/admin/v1/clients/{}", machine.client.id);
    world
        .admin("PATCH", &path, Some(&json!({ "client_name": "<script>x</script>" })))
        .await;
    let asked = defer(&world, &machine, "read", &[("binding_message", hostile.to_owned())]).await;
    refused(&asked, 400, "authorization_pending", "asked");
    let ann = of_finance(&world, "ann@demo.test").await;
    let mut browser = world.signed_in(&ann).await;
    for page in [
        browser.visit(&world, "/approvals").await,
        newest(&world, &mut browser).await,
    ] {
        let text = &page.answer.text;
        for raw in ["<img src=x", "<script>x", "\u{202e}", "\u{200b}"] {
            assert!(!text.contains(raw), "{raw:?}: {text}");
        }
    }
}

#[tokio::test]
async fn administrators_see_what_was_asked_and_end_it() {
    let world = world().await;
    let machine = machine_with_approvers(&world, 1).await;
    let device = device_client(&world, "none").await;
    let alice = world.person("alice@demo.test").await;
    let code = defer(&world, &machine, "read", &[("binding_message", "why".to_owned())])
        .await
        .text_of("deferral_code")
        .to_owned();
    world.advance(1);
    let of_device = codes(&world, &device).await;
    allow(&world, &alice, &of_device.user).await;
    let list = world.admin("GET", "/admin/v1/approvals", None).await;
    let rows = list.body["approvals"].as_array().unwrap();
    assert_eq!(rows.len(), 2, "{list:?}");
    let (asked, given) = (&rows[0], &rows[1]);
    assert_eq!(
        (
            &asked["door"],
            &asked["state"],
            &asked["approvers"],
            &asked["binding_message"]
        ),
        (
            &json!("deferred client_credentials"),
            &json!("asked"),
            &json!("finance"),
            &json!("why")
        )
    );
    assert_eq!(given["approved_by"][0]["user_id"], json!(alice.id));
    assert_eq!(
        (&given["approved_by"][0]["method"], &given["state"]),
        (&json!("password"), &json!("approved"))
    );
    assert_eq!(given["approved_by"][0]["payload_hash"], given["payload_hash"]);
    for secret in [code.as_str(), of_device.device.as_str(), of_device.user.as_str()] {
        assert!(!list.text.contains(secret), "no handle and no code is told");
    }
    let path = format!("/admin/v1/approvals/{}", asked["id"].as_str().unwrap());
    assert_eq!(world.admin("GET", &path, None).await.body, *asked);
    let ended = world.admin("POST", &format!("{path}/cancel"), None).await;
    assert_eq!((ended.status, ended.text_of("state")), (200, "cancelled"));
    assert_eq!(
        world.admin("POST", &format!("{path}/cancel"), None).await.status,
        200,
        "twice is as once"
    );
    refused(
        &poll_deferred(&world, &machine, &code, &[]).await,
        400,
        "access_denied",
        "ended",
    );
    let path = format!("/admin/v1/approvals/{}/cancel", given["id"].as_str().unwrap());
    assert_eq!(world.admin("POST", &path, None).await.status, 200);
    refused(
        &poll(&world, &device, &of_device.device, &[]).await,
        400,
        "access_denied",
        "answered, ended, not delivered",
    );
    assert_eq!(
        world.admin("GET", "/admin/v1/approvals/nothing", None).await.status,
        404
    );
    let other = world.tenant_by_path("other").await;
    assert_eq!(
        other.admin(&world, "GET", "/admin/v1/approvals", None).await.body["approvals"],
        json!([])
    );
}

#[tokio::test]
async fn a_rule_against_it_leaves_only_no() {
    let world = world().await;
    let device = device_client(&world, "none").await;
    let alice = world.person("alice@demo.test").await;
    let codes = codes(&world, &device).await;
    world
        .admin(
            "POST",
            "/admin/v1/consent-rules",
            Some(&json!({ "effect": "forbid", "client_id": device.client.id })),
        )
        .await;
    let mut browser = world.signed_in(&alice).await;
    let page = typed(&world, &mut browser, &codes.user).await;
    assert!(
        page.answer.text.contains("the only answer is no") && !page.answer.text.contains("id=\"allow\""),
        "{}",
        page.answer.text
    );
    let answered = browser
        .submit(&world, &page, "approval", &[("decision", "allow")])
        .await;
    assert_eq!(answered.answer.status, 403);
    let page = say(&world, &mut browser, &page, "deny", &[]).await;
    assert_eq!(page.answer.status, 200);
    refused(
        &poll(&world, &device, &codes.device, &[]).await,
        400,
        "access_denied",
        "she said no",
    );
}

#[tokio::test]
async fn a_no_that_comes_too_late_says_so() {
    let world = world().await;
    let machine = machine_with_approvers(&world, 1).await;
    let ann = of_finance(&world, "ann@demo.test").await;
    let bob = of_finance(&world, "bob@demo.test").await;
    let waits = defer(&world, &machine, "read", &[]).await;
    refused(&waits, 400, "authorization_pending", "its people are asked");
    let mut slow = world.signed_in(&bob).await;
    let open = newest(&world, &mut slow).await;
    let mut quick = world.signed_in(&ann).await;
    let page = newest(&world, &mut quick).await;
    say(&world, &mut quick, &page, "allow", &[]).await;
    let late = slow.submit(&world, &open, "approval", &[("decision", "deny")]).await;
    assert!(
        late.answer.text.contains("came too late") && late.answer.text.contains("The answer was yes"),
        "{}",
        late.answer.text
    );
    let again = quick.submit(&world, &page, "approval", &[("decision", "allow")]).await;
    assert!(
        again.location().is_some(),
        "their own yes once more is no news: {again:?}"
    );
}
