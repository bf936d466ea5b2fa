//! RFC 8628 through the real pages: asking, typing, answering, fetching; S-17, S-27, S-28.

use proof::Algorithm;
use serde_json::json;
use testkit::{Browser, Key, World};

use crate::{
    asked::{DEVICE_CODE, allow, ask, codes, device_client, for_mcp, of, poll, say, to, typed},
    setup::{MCP, apart_from_request_id, refused},
};

async fn world() -> World {
    let world = World::new().await;
    world.resource(MCP, &[]).await;
    world
}

#[tokio::test]
async fn a_device_is_connected_and_its_tokens_act_for_the_person() {
    let world = world().await;
    let device = device_client(&world, "none").await;
    let answer = ask(&world, &device, &for_mcp(), &[]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let mut members: Vec<&str> = answer.body.as_object().unwrap().keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(
        members,
        ["device_code", "expires_in", "interval", "user_code", "verification_uri"],
        "S-28: no verification_uri_complete"
    );
    assert_eq!(answer.text_of("verification_uri"), format!("{}/device", world.issuer));
    let codes = of(&answer);

    let waits = poll(&world, &device, &codes.device, &[]).await;
    refused(&waits, 400, "authorization_pending", "nobody answered");
    assert_eq!(waits.body["interval"], 5);

    let alice = world.person("alice@demo.test").await;
    let mut browser = Browser::new(&world);
    let page = browser.visit(&world, "/device").await;
    assert!(page.has_form("sign-in"), "sign in first: {page:?}");
    let page = browser.sign_in(&world, &page, &alice.login, &alice.password).await;
    assert!(
        page.has_form("device"),
        "and then on to where they wanted to go: {page:?}"
    );
    let page = browser
        .submit(&world, &page, "device", &[("user_code", &codes.user)])
        .await;
    let page = browser.follow(&world, page).await;
    for said in [
        "Living room",
        "127.0.0.1",
        "Read things",
        "Change things",
        "Allow this only if you started it yourself",
    ] {
        assert!(page.answer.text.contains(said), "{said}: {}", page.answer.text);
    }
    let page = say(&world, &mut browser, &page, "allow", &["write"]).await;
    assert!(
        page.answer.text.contains("Go back to your device"),
        "{}",
        page.answer.text
    );

    let tokens = poll(&world, &device, &codes.device, &[]).await;
    assert_eq!((tokens.status, tokens.text_of("scope")), (200, "read"), "{tokens:?}");
    let refreshed = world.refresh(&device, tokens.text_of("refresh_token"), &[], &[]).await;
    assert_eq!(refreshed.status, 200, "{refreshed:?}");
    let agents = browser.visit(&world, "/agents").await;
    assert!(
        agents.answer.text.contains("Living room"),
        "it stands where it can be stopped"
    );

    refused(
        &poll(&world, &device, &codes.device, &[]).await,
        400,
        "invalid_grant",
        "fetched before",
    );
    for kind in ["approval.asked", "approval.claimed", "approval.given"] {
        assert_eq!(world.events(kind).await, 1, "{kind}");
    }
    world.shows(&["DocumentSupport/RFC8628Supported", "Features/DeviceFlowSupported"]);
}

#[tokio::test]
async fn a_device_asks_in_any_words_but_never_twice_and_its_code_cannot_be_guessed() {
    let world = world().await;
    let device = device_client(&world, "none").await;
    let mut codes = std::collections::BTreeSet::new();
    for n in 0..20 {
        let form = [for_mcp(), vec![("unheard_of", format!("{n}"))]].concat();
        let answer = ask(&world, &device, &form, &[]).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let code = of(&answer).device;
        let (_, secret) = code.split_once('.').unwrap();
        let bits = proof::base64url::decode(secret).unwrap().len() * 8;
        assert!(bits >= 128, "{bits} bits");
        assert!(codes.insert(code), "a code is given once");
        world.advance(10);
    }
    for name in ["resource", "scope", "client_id", "unheard_of"] {
        let form = [for_mcp(), vec![("unheard_of", "x".to_owned()), (name, "x".to_owned())]].concat();
        let answer = ask(&world, &device, &form, &[]).await;
        assert!(
            matches!(
                (answer.status, answer.error()),
                (400, "invalid_request" | "invalid_target")
            ),
            "{name} twice: {answer:?}"
        );
    }
    world.shows(&[
        "DeviceAuthEndpoint/SameParameterTwiceDisallowed",
        "DeviceAuthEndpoint/UnrecognizedParameterAllowed",
        "Tokens/DeviceCodeEntropy",
    ]);
}

#[tokio::test]
async fn an_id_token_says_who_said_yes_and_how() {
    let world = world().await;
    let device = device_client(&world, "none").await;
    let answer = ask(&world, &device, &[("scope", "openid profile".to_owned())], &[]).await;
    let codes = of(&answer);
    let alice = world.person("alice@demo.test").await;
    allow(&world, &alice, &codes.user).await;
    let tokens = poll(&world, &device, &codes.device, &[]).await;
    assert_eq!(tokens.status, 200, "{tokens:?}");
    let claims = tokens.text_of("id_token").split('.').nth(1).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&proof::base64url::decode(claims).unwrap()).unwrap();
    assert_eq!(
        (&claims["aud"], &claims["amr"]),
        (&json!(device.client.id), &json!(["pwd"]))
    );
}

#[tokio::test]
async fn a_no_is_told_and_what_nobody_answers_expires() {
    let world = world().await;
    let device = device_client(&world, "none").await;
    let alice = world.person("alice@demo.test").await;
    let denied = codes(&world, &device).await;
    let mut browser = world.signed_in(&alice).await;
    let page = typed(&world, &mut browser, &denied.user).await;
    let page = say(&world, &mut browser, &page, "deny", &[]).await;
    assert!(page.answer.text.contains("The answer was no"), "{}", page.answer.text);
    refused(
        &poll(&world, &device, &denied.device, &[]).await,
        400,
        "access_denied",
        "RFC 8628 s3.5",
    );

    let forgotten = codes(&world, &device).await;
    let late = codes(&world, &device).await;
    allow(&world, &alice, &late.user).await;
    world.advance(600);
    refused(
        &poll(&world, &device, &forgotten.device, &[]).await,
        400,
        "expired_token",
        "nobody typed it",
    );
    refused(
        &poll(&world, &device, &late.device, &[]).await,
        400,
        "expired_token",
        "nobody fetched it",
    );
    let mut browser = world.signed_in(&alice).await;
    let page = typed(&world, &mut browser, &forgotten.user).await;
    assert!(page.answer.text.contains("No device waits"), "{}", page.answer.text);
}

#[tokio::test]
async fn who_polls_too_fast_waits_five_seconds_longer_for_good() {
    let world = world().await;
    let device = device_client(&world, "none").await;
    let codes = codes(&world, &device).await;
    let at = async |seconds: i64| {
        world.advance(seconds);
        poll(&world, &device, &codes.device, &[]).await
    };
    refused(&at(0).await, 400, "authorization_pending", "the first");
    refused(&at(5).await, 400, "authorization_pending", "in time");
    refused(&at(4).await, 400, "slow_down", "a second too soon");
    let waits = at(10).await;
    refused(&waits, 400, "authorization_pending", "ten from now on");
    assert_eq!(waits.body["interval"], 10);
    refused(&at(9).await, 400, "slow_down", "five is no longer enough, nor is nine");
    assert_eq!(at(15).await.body["interval"], 15);
    assert_eq!(
        world.events("request.refused").await,
        0,
        "no line in the log for each impatient device"
    );

    let another = device_client(&world, "none").await;
    for _ in 0..3 {
        refused(
            &poll(&world, &another, &codes.device, &[]).await,
            400,
            "invalid_grant",
            "somebody else's",
        );
    }
    refused(
        &at(15).await,
        400,
        "authorization_pending",
        "nobody slows another client down",
    );
    let alice = world.person("alice@demo.test").await;
    allow(&world, &alice, &codes.user).await;
    assert_eq!(at(0).await.status, 200, "what is there is given, however soon");
}

#[tokio::test]
async fn unknown_foreign_used_and_unproved_codes_look_the_same() {
    let world = world().await;
    let (device, other) = (device_client(&world, "none").await, device_client(&world, "none").await);
    let key = Key::new(Algorithm::ES256);
    let alice = world.person("alice@demo.test").await;
    let used = codes(&world, &device).await;
    allow(&world, &alice, &used.user).await;
    assert_eq!(poll(&world, &device, &used.device, &[]).await.status, 200);
    let open = codes(&world, &device).await;
    let proof = proof_for(&world, &key, "/oauth2/device_authorization").await;
    let bound = of(&ask(&world, &device, &for_mcp(), &[("dpop", proof)]).await);
    allow(&world, &alice, &bound.user).await;
    let forged = format!("{}A", open.device.get(..open.device.len() - 1).unwrap());
    let answers = [
        poll(&world, &device, "nothing", &[]).await,
        poll(&world, &device, &forged, &[]).await,
        poll(&world, &other, &open.device, &[]).await,
        poll(&world, &device, &used.device, &[]).await,
        poll(&world, &device, &bound.device, &[]).await,
    ];
    for answer in &answers {
        refused(answer, 400, "invalid_grant", "RFC 6749 s5.2");
        assert_eq!(apart_from_request_id(answer), apart_from_request_id(&answers[0]));
    }
}

async fn proof_for(world: &World, key: &Key, path: &str) -> String {
    let mut claims = world.dpop_claims().await;
    claims["htu"] = format!("{}{path}", world.issuer).into();
    world.dpop(key, &claims).await
}

#[tokio::test]
async fn s_17_a_key_that_asked_is_the_key_of_every_poll_and_a_key_that_polls_binds() {
    let world = world().await;
    let device = device_client(&world, "none").await;
    let alice = world.person("alice@demo.test").await;
    let (key, thief) = (Key::new(Algorithm::ES256), Key::new(Algorithm::ES256));
    let proof = proof_for(&world, &key, "/oauth2/device_authorization").await;
    let bound = of(&ask(&world, &device, &for_mcp(), &[("dpop", proof)]).await);
    let with = async |key: &Key, code: &str| {
        let proof = proof_for(&world, key, "/oauth2/token").await;
        poll(&world, &device, code, &[("dpop", proof)]).await
    };
    refused(&with(&thief, &bound.device).await, 400, "invalid_grant", "another key");
    refused(
        &with(&key, &bound.device).await,
        400,
        "authorization_pending",
        "its own",
    );
    allow(&world, &alice, &bound.user).await;
    refused(
        &with(&thief, &bound.device).await,
        400,
        "invalid_grant",
        "another key, now that there is something",
    );
    let tokens = with(&key, &bound.device).await;
    assert_eq!(
        (tokens.status, tokens.text_of("token_type")),
        (200, "DPoP"),
        "{tokens:?}"
    );

    let loose = codes(&world, &device).await;
    allow(&world, &alice, &loose.user).await;
    let tokens = with(&key, &loose.device).await;
    assert_eq!(
        (tokens.status, tokens.text_of("token_type")),
        (200, "DPoP"),
        "bound by the poll alone"
    );
}

#[tokio::test]
async fn s_27_a_code_belongs_to_who_typed_it_first_and_to_nobody_else() {
    let world = world().await;
    let device = device_client(&world, "none").await;
    let codes = codes(&world, &device).await;
    let (alice, eve) = (
        world.person("alice@demo.test").await,
        world.person("eve@demo.test").await,
    );
    let (mut hers, mut eves) = (world.signed_in(&alice).await, world.signed_in(&eve).await);
    let page = typed(&world, &mut hers, &codes.user.to_lowercase().replace('-', " ")).await;
    assert!(page.has_form("approval"));
    let path = page.form("approval").action;
    let stolen = typed(&world, &mut eves, &codes.user).await;
    assert!(
        stolen.answer.text.contains("No device waits under this code"),
        "taken looks like unknown"
    );
    assert_eq!(stolen.answer.status, 400);
    let unknown = eves.visit(&world, "/approvals/nothing").await;
    let foreign = eves.visit(&world, &path).await;
    assert_eq!(
        (unknown.answer.status, foreign.answer.status),
        (404, 404),
        "somebody else's page is not there"
    );
    let mut form = page.form("approval");
    form.fields.retain(|(name, _)| name != "csrf");
    let csrf = eves.visit(&world, "/device").await.form("device");
    let csrf = csrf.fields.into_iter().find(|(name, _)| name == "csrf").unwrap();
    form.fields = vec![csrf, ("decision".to_owned(), "allow".to_owned())];
    let answered = eves.post(&world, &form, &[]).await;
    assert_eq!(answered.answer.status, 404, "nor can it be answered: {answered:?}");
    let again = typed(&world, &mut hers, &codes.user).await;
    assert!(again.has_form("approval"), "who claimed it may type it again");
    assert_eq!(say(&world, &mut hers, &page, "allow", &[]).await.answer.status, 200);
    assert_eq!(poll(&world, &device, &codes.device, &[]).await.status, 200);
}

#[tokio::test]
async fn s_27_five_wrong_codes_a_minute_and_a_cap_on_everybody_together() {
    let world = World::with_settings(|settings| settings.limits.wrong_user_codes_of_tenant_per_minute = 8).await;
    world.resource(MCP, &[]).await;
    let device = device_client(&world, "none").await;
    let alice = world.person("alice@demo.test").await;
    let mut browser = world.signed_in(&alice).await;
    for n in 0..5 {
        let page = typed(&world, &mut browser, "BBBBB-BBBBB").await;
        assert!(page.answer.text.contains("No device waits"), "{n}");
    }
    let codes = codes(&world, &device).await;
    let page = typed(&world, &mut browser, &codes.user).await;
    assert_eq!(
        (page.answer.status, page.has_form("approval")),
        (429, false),
        "the right one too"
    );
    assert!(page.answer.header("retry-after").is_some());
    world.advance(12);
    assert!(
        typed(&world, &mut browser, &codes.user).await.has_form("approval"),
        "one try comes back"
    );

    // The address is the same for everybody here, so the tries come back before the next person's.
    world.advance(60);
    for (n, login) in ["bob@demo.test", "cleo@demo.test"].into_iter().enumerate() {
        let person = world.person(login).await;
        let mut browser = world.signed_in(&person).await;
        for _ in 0..4 {
            typed(&world, &mut browser, "BBBBB-BBBBB").await;
        }
        if n == 0 {
            world.advance(1);
        }
    }
    let dora = world.person("dora@demo.test").await;
    let mut browser = world.signed_in(&dora).await;
    assert_eq!(
        typed(&world, &mut browser, "BBBBB-BBBBB").await.answer.status,
        429,
        "together they are done"
    );
}

#[tokio::test]
async fn s_28_no_link_fills_the_code_in_and_looking_allows_nothing() {
    let world = world().await;
    let device = device_client(&world, "none").await;
    let codes = codes(&world, &device).await;
    let alice = world.person("alice@demo.test").await;
    let mut browser = world.signed_in(&alice).await;
    for query in ["user_code", "code"] {
        let page = browser.visit(&world, &format!("/device?{query}={}", codes.user)).await;
        assert!(!page.answer.text.contains(&codes.user), "{query}");
        let typed = page
            .form("device")
            .fields
            .into_iter()
            .find(|(name, _)| name == "user_code");
        assert_eq!(typed, Some(("user_code".to_owned(), String::new())), "{query}");
    }
    typed(&world, &mut browser, &codes.user).await;
    refused(
        &poll(&world, &device, &codes.device, &[]).await,
        400,
        "authorization_pending",
        "seen is not allowed",
    );
}

#[tokio::test]
async fn only_clients_that_an_administrator_registered_for_it_where_the_tenant_has_it() {
    let world = world().await;
    let app = testkit::App::public(&world, "https://app.example/cb").await;
    refused(
        &ask(&world, &app, &[], &[]).await,
        400,
        "unauthorized_client",
        "another grant type",
    );
    let open = json!({ "registration": "open" });
    world.admin("PATCH", "/admin/v1/tenants/default", Some(&open)).await;
    let body = json!({ "client_name": "x", "redirect_uris": ["https://a.example/cb"], "grant_types": ["authorization_code", DEVICE_CODE] });
    let headers = [("content-type", "application/json".to_owned())];
    let itself = world
        .send("POST", "/oauth2/register", &headers, Some(body.to_string()))
        .await;
    assert_eq!(itself.body["grant_types"], json!(["authorization_code"]), "{itself:?}");

    let device = device_client(&world, "client_secret_basic").await;
    let codes = codes(&world, &device).await;
    let unproved = [("client_id", device.client.id.clone())];
    refused(
        &world.post("/oauth2/device_authorization", &[], &unproved).await,
        401,
        "invalid_client",
        "by name alone",
    );
    let document = |answer: testkit::Answer| answer.body;
    let metadata = document(world.get("/.well-known/oauth-authorization-server").await);
    assert_eq!(
        metadata["device_authorization_endpoint"],
        format!("{}/oauth2/device_authorization", world.issuer)
    );
    assert!(
        metadata["grant_types_supported"]
            .as_array()
            .unwrap()
            .contains(&json!(DEVICE_CODE))
    );

    world
        .admin(
            "PATCH",
            "/admin/v1/tenants/default",
            Some(&json!({ "device_grant": false })),
        )
        .await;
    let metadata = document(world.get("/.well-known/oauth-authorization-server").await);
    assert_eq!(metadata.get("device_authorization_endpoint"), None);
    assert!(
        !metadata["grant_types_supported"]
            .as_array()
            .unwrap()
            .contains(&json!(DEVICE_CODE))
    );
    refused(
        &ask(&world, &device, &[], &[]).await,
        400,
        "unsupported_grant_type",
        "off",
    );
    refused(
        &poll(&world, &device, &codes.device, &[]).await,
        400,
        "unsupported_grant_type",
        "what waits waits in vain",
    );
}

#[tokio::test]
async fn one_address_gets_so_many_codes_a_minute() {
    let world = World::with_settings(|settings| settings.limits.device_codes_per_minute = Some(3)).await;
    let device = device_client(&world, "none").await;
    for _ in 0..3 {
        assert_eq!(ask(&world, &device, &[], &[]).await.status, 200);
    }
    let answer = ask(&world, &device, &[], &[]).await;
    assert_eq!(answer.status, 429, "{answer:?}");
    assert!(answer.header("retry-after").is_some());
}

#[tokio::test]
async fn s_30_the_client_of_the_page_is_the_client_of_the_yes() {
    let world = world().await;
    let device = device_client(&world, "none").await;
    let codes = codes(&world, &device).await;
    let alice = world.person("alice@demo.test").await;
    let mut browser = world.signed_in(&alice).await;
    let page = typed(&world, &mut browser, &codes.user).await;
    let path = format!("/admin/v1/clients/{}", device.client.id);
    world
        .admin("PATCH", &path, Some(&json!({ "client_name": "Your bank" })))
        .await;
    let shown = say(&world, &mut browser, &page, "allow", &[]).await;
    assert!(
        shown.has_form("approval") && shown.answer.text.contains("Your bank"),
        "it is asked anew"
    );
    refused(
        &poll(&world, &device, &codes.device, &[]).await,
        400,
        "authorization_pending",
        "nothing was allowed",
    );
    say(&world, &mut browser, &shown, "allow", &[]).await;
    assert_eq!(poll(&world, &device, &codes.device, &[]).await.status, 200);
}

#[tokio::test]
async fn what_is_stopped_between_yes_and_fetch_is_not_given() {
    let world = world().await;
    let device = device_client(&world, "none").await;
    let alice = world.person("alice@demo.test").await;
    let codes = codes(&world, &device).await;
    let mut browser = allow(&world, &alice, &codes.user).await;
    let page = browser.visit(&world, "/agents").await;
    browser.submit(&world, &page, "stop-all", &[]).await;
    refused(
        &poll(&world, &device, &codes.device, &[]).await,
        400,
        "invalid_grant",
        "stopped",
    );
}

#[tokio::test]
async fn another_tenant_knows_nothing_of_it() {
    let world = world().await;
    let device = device_client(&world, "none").await;
    let codes = codes(&world, &device).await;
    let other = world.tenant_by_path("other").await;
    let body = json!({ "client_name": "x", "token_endpoint_auth_method": "none", "client_id": device.client.id, "grant_types": [DEVICE_CODE] });
    assert_eq!(
        other
            .admin(&world, "POST", "/admin/v1/clients", Some(&body))
            .await
            .status,
        201
    );
    let form = [
        ("client_id", device.client.id.clone()),
        ("grant_type", DEVICE_CODE.to_owned()),
        ("device_code", codes.device.clone()),
    ];
    let answer = other.post(&world, "/oauth2/token", &[], &form).await;
    refused(&answer, 400, "invalid_grant", "its namesake in another tenant");
    let asked = to(&world, "/t/other/oauth2/device_authorization", &device, &[], &[]).await;
    assert_eq!(
        asked.text_of("verification_uri"),
        format!("{}/t/other/device", world.issuer)
    );
}
