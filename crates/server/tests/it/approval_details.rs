//! Authorization details (RFC 9396) in what waits for people: devices, machines with approvers, lines that want more (S-30, S-31).

use serde_json::{Value, json};
use testkit::{Answer, App, Asking, Browser, Page};

use crate::{
    asked::{
        Codes, ask, defer_for, device_client, machine_with_approvers, newest, of, of_finance, poll, poll_deferred, say,
        typed,
    },
    authorization_details::{CALENDAR, agreed, detail_boxes, detailed, front, hours, introspected, pay, payment},
    front::{Front, says},
    setup::{MCP, refused},
};

/// Asks for these details at the test resource, with this scope or none.
fn wish(scope: Option<&'static str>, details: &Value) -> Vec<(&'static str, String)> {
    let mut form = vec![
        ("resource", MCP.to_owned()),
        ("authorization_details", details.to_string()),
    ];
    form.extend(scope.map(|scope| ("scope", scope.to_owned())));
    form
}

/// A device asks; its codes.
async fn device_asks(front: &Front, device: &App, scope: Option<&'static str>, details: &Value) -> Codes {
    of(&ask(&front.world, device, &wish(scope, details), &[]).await)
}

/// What Alice sees when she types the code of a device.
async fn question(front: &Front, codes: &Codes) -> (Browser, Page) {
    let mut alice = front.browser().await;
    let page = typed(&front.world, &mut alice, &codes.user).await;
    assert!(page.has_form("approval"), "{page:?}");
    (alice, page)
}

/// Says yes on the page of a question, without these details.
async fn allow_without(front: &Front, browser: &mut Browser, page: &Page, details: &[&str]) -> Page {
    let mut changes = vec![("decision", "allow")];
    changes.extend(details.iter().map(|digest| ("without_detail", *digest)));
    let page = browser.submit(&front.world, page, "approval", &changes).await;
    browser.follow(&front.world, page).await
}

/// A refresh that asks for these details, or for what there is.
async fn refresh(front: &Front, app: &App, tokens: &Answer, details: Option<&Value>) -> Answer {
    let more = details.map(|details| ("authorization_details", details.to_string()));
    let more: Vec<(&str, String)> = more.into_iter().collect();
    let token = tokens.text_of("refresh_token").to_owned();
    front.world.refresh(app, &token, &more, &[]).await
}

fn too_much(answer: &Answer, what: &str) {
    assert_eq!(
        (answer.status, answer.error()),
        (400, "invalid_authorization_details"),
        "{what}: {answer:?}"
    );
}

async fn change_type(front: &Front, change: impl FnOnce(&mut Value)) {
    let mut body = payment();
    body.as_object_mut().unwrap().remove("type");
    change(&mut body);
    front.admin("PUT", "/admin/v1/detail-types/payment", &body).await;
}

#[tokio::test]
async fn s_30_a_person_reads_what_a_device_asks_and_leaves_one_out() {
    let front = front().await;
    let device = device_client(&front.world, "none").await;
    let mut asked = pay("29.99", "Acme\u{200b}");
    asked["purpose"] = "desk lamp".into();
    let codes = device_asks(
        &front,
        &device,
        Some("read"),
        &json!([asked, hours(&["look", "enter"])]),
    )
    .await;
    let (mut alice, page) = question(&front, &codes).await;
    for text in [
        "pay <b><bdi>29.99</bdi></b> <b><bdi>EUR</bdi></b> to <b><bdi>Acme[U+200B]</bdi></b>",
        "<dt>purpose</dt><dd>\u{201C}<bdi>desk lamp</bdi>\u{201D}</dd>",
        "use your calendar: <b><bdi>look</bdi></b>, <b><bdi>enter</bdi></b>",
        "Payment",
        "Read things",
        "{&quot;amount&quot;:{&quot;currency&quot;:&quot;EUR&quot;,&quot;value&quot;:&quot;29.99&quot;}",
    ] {
        assert!(says(&page, text), "{text}: {page:?}");
    }
    let boxes = detail_boxes(&page);
    assert_eq!(boxes.len(), 2);
    let list = alice.visit(&front.world, "/approvals").await;
    for text in ["pay <b><bdi>29.99</bdi></b>", "<bdi>desk lamp</bdi>", "Read things"] {
        assert!(says(&list, text), "the list says what is asked, too: {text}: {list:?}");
    }
    let page = allow_without(&front, &mut alice, &page, &[&boxes[1]]).await;
    assert!(says(&page, "Go back to your device"), "{page:?}");

    let tokens = poll(&front.world, &device, &codes.device, &[]).await;
    assert_eq!(detailed(&tokens), json!([asked]));
    assert_eq!(tokens.text_of("scope"), "read");
    let told = introspected(&front, &tokens).await;
    assert_eq!(told["authorization_details"], json!([asked]), "RFC 9396 s9.2");
    let agents = alice.visit(&front.world, "/agents").await;
    assert!(says(&agents, "pay <b><bdi>29.99</bdi></b>"), "{agents:?}");
    let listed = front.world.admin("GET", "/admin/v1/approvals", None).await;
    let row = &listed.body["approvals"][0];
    assert_eq!(row["authorization_details"].as_array().unwrap().len(), 2);
    assert_eq!(row["approved_by"][0]["authorization_details"], json!([asked]));

    // The line has what was agreed to: less of it when asked, never what was left out.
    let left_out = refresh(&front, &device, &tokens, Some(&json!([hours(&["look"])]))).await;
    too_much(&left_out, "what was left out");
    let mut less = asked.clone();
    less["amount"]["value"] = "10".into();
    let smaller = refresh(&front, &device, &tokens, Some(&json!([less]))).await;
    assert_eq!(detailed(&smaller), json!([less]));
    let whole = refresh(&front, &device, &smaller, None).await;
    assert_eq!(detailed(&whole), json!([asked]));
}

#[tokio::test]
async fn details_alone_ask_for_no_scope_and_leaving_all_of_them_out_is_a_no() {
    let front = front().await;
    let device = device_client(&front.world, "client_secret_basic").await;
    let codes = device_asks(&front, &device, None, &json!([pay("5", "Acme")])).await;
    let (mut alice, page) = question(&front, &codes).await;
    assert!(!says(&page, "Read things"), "{page:?}");
    say(&front.world, &mut alice, &page, "allow", &[]).await;
    let tokens = poll(&front.world, &device, &codes.device, &[]).await;
    assert_eq!(
        (detailed(&tokens), tokens.text_of("scope")),
        (json!([pay("5", "Acme")]), "")
    );

    // The same once more is asked once more, and can be refused.
    let codes = device_asks(&front, &device, None, &json!([pay("5", "Acme")])).await;
    let (mut alice, page) = question(&front, &codes).await;
    assert!(
        detail_boxes(&page).is_empty() && says(&page, "<span>Allow: pay <b><bdi>5</bdi></b>"),
        "one thing alone is refused by no, and the button says what it allows: {page:?}"
    );
    let only = kernel::Details::parse(&json!([pay("5", "Acme")]).to_string()).unwrap();
    let answered = allow_without(&front, &mut alice, &page, &[&only.digests()[0]]).await;
    assert_eq!(answered.answer.status, 403, "a yes to nothing: {answered:?}");
    say(&front.world, &mut alice, &page, "deny", &[]).await;
    let polled = poll(&front.world, &device, &codes.device, &[]).await;
    refused(&polled, 400, "access_denied", "she said no");
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_at_both_doors_and_nothing_is_echoed() {
    let front = front().await;
    let members = json!({ "authorization_details_types": [CALENDAR] });
    let limited = device_client(&front.world, "none").await;
    let path = format!("/admin/v1/clients/{}", limited.client.id);
    front.admin("PATCH", &path, &members).await;
    let device = device_client(&front.world, "none").await;
    let machine = machine_with_approvers(&front.world, 1).await;
    let mut elsewhere = pay("1", "secret4111");
    elsewhere["locations"] = json!(["https://other.example/"]);
    let mut unknown = pay("1", "Acme");
    unknown["secret4111"] = 1.into();
    for (details, what) in [
        (json!([{ "type": "secret4111" }]), "an unknown type"),
        (
            json!([{ "type": "payment", "payee": "secret4111" }]),
            "a missing member",
        ),
        (json!([unknown]), "an unknown member"),
        (json!([elsewhere]), "for another place"),
        (json!([]), "none"),
        (json!([pay("1", "A"), pay("1", "A")]), "twice the same"),
    ] {
        let answer = ask(&front.world, &device, &wish(Some("read"), &details), &[]).await;
        too_much(&answer, what);
        assert!(!answer.text.contains("4111"), "{answer:?}");
        let answer = defer_for(&front.world, &machine, &wish(None, &details)).await;
        too_much(&answer, what);
        assert!(!answer.text.contains("4111"), "{answer:?}");
    }
    let answer = ask(&front.world, &limited, &wish(None, &json!([pay("1", "Acme")])), &[]).await;
    too_much(&answer, "a type that the client did not register for");
    assert_eq!(front.world.events("approval.asked").await, 0);
}

#[tokio::test]
async fn s_30_when_the_words_change_the_question_is_shown_again_and_when_the_type_ends_only_no_is_left() {
    let front = front().await;
    let device = device_client(&front.world, "none").await;
    let codes = device_asks(&front, &device, Some("read"), &json!([pay("5", "Acme")])).await;
    let (mut alice, page) = question(&front, &codes).await;
    change_type(&front, |body| {
        body["words"] = json!({ "en": "give {amount.value} {amount.currency} away to {payee}" });
    })
    .await;
    let again = say(&front.world, &mut alice, &page, "allow", &[]).await;
    assert!(again.has_form("approval") && says(&again, "give <b>"), "{again:?}");
    let polled = poll(&front.world, &device, &codes.device, &[]).await;
    refused(&polled, 400, "authorization_pending", "nothing was given");

    let ended = front
        .world
        .admin("DELETE", "/admin/v1/detail-types/payment", None)
        .await;
    assert_eq!(ended.status, 200);
    let gone = say(&front.world, &mut alice, &again, "allow", &[]).await;
    assert!(says(&gone, "the only answer is no"), "{gone:?}");
    assert!(!gone.answer.text.contains("id=\"allow\""), "{gone:?}");
    assert!(detail_boxes(&gone).is_empty());
    say(&front.world, &mut alice, &gone, "deny", &[]).await;
    front.world.advance(10);
    let polled = poll(&front.world, &device, &codes.device, &[]).await;
    refused(&polled, 400, "access_denied", "she said no");
}

#[tokio::test]
async fn s_31_what_ended_or_was_tightened_since_the_yes_is_not_fetched() {
    let front = front().await;
    let device = device_client(&front.world, "none").await;
    let codes = device_asks(&front, &device, Some("read"), &json!([pay("5", "Acme")])).await;
    let (mut alice, page) = question(&front, &codes).await;
    say(&front.world, &mut alice, &page, "allow", &[]).await;
    change_type(&front, |body| {
        body["schema"]["properties"]["payee"] = json!({ "enum": ["Somebody else"] });
    })
    .await;
    let polled = poll(&front.world, &device, &codes.device, &[]).await;
    refused(&polled, 400, "invalid_grant", "its form admits it no longer");
    change_type(&front, |_| {}).await;
    let polled = poll(&front.world, &device, &codes.device, &[]).await;
    assert_eq!(detailed(&polled), json!([pay("5", "Acme")]), "nothing was used up");
}

#[tokio::test]
async fn a_quorum_allows_a_machine_a_payment_whole_and_for_a_day() {
    let front = front().await;
    let machine = machine_with_approvers(&front.world, 2).await;
    let (ann, bob) = (
        of_finance(&front.world, "ann@demo.test").await,
        of_finance(&front.world, "bob@demo.test").await,
    );
    let small = json!({ "client_id": machine.client.id, "resources": [MCP], "authorization_details": [pay("5", "Acme")], "depth": 1 });
    front.admin("POST", "/admin/v1/grants", &small).await;
    let within = defer_for(&front.world, &machine, &wish(None, &json!([pay("4", "Acme")]))).await;
    assert_eq!(
        detailed(&within),
        json!([pay("4", "Acme")]),
        "what it has is given at once"
    );

    let details = json!([pay("50", "Acme"), hours(&["look"])]);
    let asked = defer_for(&front.world, &machine, &wish(None, &details)).await;
    refused(&asked, 400, "authorization_pending", "people are asked");
    let twin = defer_for(&front.world, &machine, &wish(None, &details)).await;
    assert_eq!(asked.text_of("deferral_code"), twin.text_of("deferral_code"));
    let deferral = asked.text_of("deferral_code").to_owned();
    for (person, sees) in [(&ann, "0 of 2 said yes"), (&bob, "1 of 2 said yes")] {
        let mut browser = front.world.signed_in(person).await;
        let page = newest(&front.world, &mut browser).await;
        assert!(says(&page, sees) && says(&page, "pay <b><bdi>50</bdi></b>"), "{page:?}");
        assert!(
            detail_boxes(&page).is_empty(),
            "several people say yes to one thing, whole"
        );
        let forged = allow_without(&front, &mut browser, &page, &[&digest(&pay("50", "Acme"))]).await;
        assert_eq!(forged.answer.status, 403, "{forged:?}");
        say(&front.world, &mut browser, &page, "allow", &[]).await;
    }
    let token = poll_deferred(&front.world, &machine, &deferral, &[]).await;
    assert_eq!((detailed(&token), token.text_of("scope")), (details.clone(), ""));
    assert_eq!(
        introspected(&front, &token).await["authorization_details"],
        details,
        "RFC 9396 s9.2"
    );

    // What people gave counts for a day: the same or less is answered at once, more is asked anew.
    let again = defer_for(&front.world, &machine, &wish(None, &details)).await;
    assert_eq!(detailed(&again), details);
    let less = defer_for(&front.world, &machine, &wish(None, &json!([pay("49", "Acme")]))).await;
    assert_eq!(detailed(&less), json!([pay("49", "Acme")]));
    let more = defer_for(&front.world, &machine, &wish(None, &json!([pay("51", "Acme")]))).await;
    refused(&more, 400, "authorization_pending", "a cent more is another question");
    front.world.advance(86_400);
    let later = defer_for(&front.world, &machine, &wish(None, &details)).await;
    refused(&later, 400, "authorization_pending", "and no longer");
}

fn digest(detail: &Value) -> String {
    proof::digest::sha256_b64(detail.to_string().as_bytes())
}

#[tokio::test]
async fn a_line_that_wants_to_pay_more_asks_its_person() {
    let front = front().await;
    let mut alice = front.browser().await;
    let asking = Asking::new(&front.app, Some(MCP), Some("read"))
        .with("authorization_details", Some(&json!([pay("5", "Acme")]).to_string()));
    let code = agreed(&front, &mut alice, &asking).await;
    let tokens = front.world.redeem(&front.app, &asking, &code, &[]).await;
    let wider = |value: &str| {
        vec![
            ("authorization_details", json!([pay(value, "Acme")]).to_string()),
            ("completion_mode", "deferred".to_owned()),
        ]
    };
    let token = tokens.text_of("refresh_token").to_owned();
    let asked = front.world.refresh(&front.app, &token, &wider("6"), &[]).await;
    refused(&asked, 400, "interaction_required", "Alice is asked");
    let page = newest(&front.world, &mut alice).await;
    assert!(
        says(&page, "pay <b><bdi>6</bdi></b>") && says(&page, "Read things"),
        "with the scope that the line has: {page:?}"
    );
    say(&front.world, &mut alice, &page, "allow", &[]).await;
    let deferral = asked.text_of("deferral_code").to_owned();
    let given = poll_deferred(&front.world, &front.app, &deferral, &[]).await;
    assert_eq!(
        (detailed(&given), given.text_of("scope")),
        (json!([pay("6", "Acme")]), "read")
    );
    let line = refresh(&front, &front.app, &tokens, None).await;
    assert_eq!(
        detailed(&line),
        json!([pay("5", "Acme")]),
        "the line that asked stays as it is"
    );
    let other = refresh(&front, &front.app, &given, None).await;
    assert_eq!(detailed(&other), json!([pay("6", "Acme")]));
}

#[tokio::test]
async fn a_detail_in_another_form_is_told_so_and_not_that_nothing_is_granted() {
    let front = front().await;
    let machine = machine_with_approvers(&front.world, 1).await;
    change_type(&front, |body| {
        body["schema"]["properties"]["amount"]["properties"]["value"]["pattern"] = "^[0-9]+(\\.[0-9]+)?$".into();
    })
    .await;
    let amount = json!({ "type": "object", "required": ["value", "currency"], "properties": {
        "value": { "type": "string", "format": "decimal" }, "currency": { "type": "string" } } });
    let capability = json!({ "name": "payment", "description": "Pay", "approval_strength": "session", "scopes": [],
        "input_schema": { "type": "object", "properties": { "amount": amount } } });
    let set = json!({ "policies": "@id(\"all\") permit(principal, action, resource);", "capabilities": [capability] });
    front.admin("PUT", "/admin/v1/policies", &set).await;
    let odd = defer_for(&front.world, &machine, &wish(None, &json!([pay("1e3", "Acme")]))).await;
    too_much(&odd, "its form is wrong, whoever could be asked");
    let good = defer_for(&front.world, &machine, &wish(None, &json!([pay("3", "Acme")]))).await;
    refused(&good, 400, "authorization_pending", "people are asked");
}
