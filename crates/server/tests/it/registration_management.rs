//! What a client that registered itself may do with its registration (RFC 7592), what others may not, and what people are told of it (S-24).

use serde_json::{Value, json};
use testkit::{Asking, Browser, Client};

use crate::{
    registration::{CALLBACK, app, call, least, nulls, own, public, register, registering, token},
    setup::{MCP, apart_from_request_id, refused, with},
};

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one table, and what it is for")]
async fn s_24_a_registration_is_managed_by_its_own_token_alone() {
    let world = registering("open").await;
    let (mine, other) = (register(&world, &least()).await, register(&world, &public()).await);
    let document = with(&least(), "client_name", "Stolen").to_string();
    let nobody = "/oauth2/register/nobody";
    let registered = Client::register(&world, "client_secret_basic", "", &[]).await;
    let by_administrator = format!("/oauth2/register/{}", registered.id);
    let no = [
        "",
        "x",
        token(&other),
        &token(&mine)[1..],
        &format!("{}x", token(&mine)),
        &token(&mine).to_uppercase(),
        mine.text_of("client_secret"),
        &world.admin_token,
    ];
    for method in ["GET", "PUT", "DELETE"] {
        let body = (method == "PUT").then_some(document.as_str());
        let unknown = call(&world, method, nobody, Some("x"), body).await;
        refused(&unknown, 401, "invalid_token", method);
        for wrong in no {
            for path in [&own(&mine), &by_administrator] {
                let answer = call(&world, method, path, Some(wrong), body).await;
                refused(&answer, 401, "invalid_token", &format!("{method} {path} with {wrong}"));
                assert_eq!(
                    apart_from_request_id(&answer),
                    apart_from_request_id(&unknown),
                    "wrong and unknown look the same"
                );
            }
        }
        for path in [&own(&mine), &by_administrator] {
            refused(
                &call(&world, method, path, None, body).await,
                401,
                "invalid_token",
                "no token",
            );
        }
        let basic = format!("Basic {}", token(&mine));
        let headers = [
            ("authorization", basic),
            ("content-type", "application/json".to_owned()),
        ];
        let answer = world.send(method, &own(&mine), &headers, body.map(str::to_owned)).await;
        assert_eq!(answer.status, 401, "another scheme: {answer:?}");
        let in_query = format!("{}?access_token={}", own(&mine), token(&mine));
        refused(
            &call(&world, method, &in_query, None, body).await,
            401,
            "invalid_token",
            "in the query",
        );
    }
    // Nothing of it changed.
    let read = call(&world, "GET", &own(&mine), Some(token(&mine)), None).await;
    assert_eq!((read.status, read.text_of("client_name")), (200, "Atlas"), "{read:?}");
    assert!(
        read.body.get("client_secret").is_none() && !nulls(&read.body),
        "{read:?}"
    );

    // Brute force is hopeless and cheap: 256 bits, and no row for a try.
    let events = world.events("request.refused").await;
    for n in 0..200 {
        let guess = proof::digest::sha256_b64(format!("guess {n}").as_bytes());
        refused(
            &call(&world, "GET", &own(&mine), Some(&guess), None).await,
            401,
            "invalid_token",
            "a guess",
        );
    }
    assert!(
        world.events("request.refused").await - events <= 200,
        "at most one line a guess"
    );

    // What its owner may do with it.
    let changed = json!({ "redirect_uris": ["https://app.example/other"], "client_name": "Atlas 2" });
    let put = call(
        &world,
        "PUT",
        &own(&mine),
        Some(token(&mine)),
        Some(&changed.to_string()),
    )
    .await;
    assert_eq!((put.status, put.text_of("client_name")), (200, "Atlas 2"), "{put:?}");
    assert_eq!(put.body["redirect_uris"], json!(["https://app.example/other"]));
    assert!(!nulls(&put.body), "{put:?}");
    for (what, body) in [
        ("another method", with(&changed, "token_endpoint_auth_method", "none")),
        (
            "a place it may not have",
            with(&changed, "redirect_uris", json!(["http://evil.example/"])),
        ),
    ] {
        let answer = call(&world, "PUT", &own(&mine), Some(token(&mine)), Some(&body.to_string())).await;
        assert_eq!(answer.status, 400, "{what}: {answer:?}");
    }
    let page = Browser::new(&world)
        .get(
            &world,
            &Asking::of(mine.text_of("client_id"), CALLBACK, None, None).path(),
        )
        .await;
    assert_eq!(
        (page.answer.status, page.location()),
        (400, None),
        "the old place is none any more: {page:?}"
    );
    let gone = call(&world, "DELETE", &own(&mine), Some(token(&mine)), None).await;
    assert_eq!((gone.status, gone.text.as_str()), (204, ""), "{gone:?}");
    for method in ["GET", "DELETE"] {
        refused(
            &call(&world, method, &own(&mine), Some(token(&mine)), None).await,
            401,
            "invalid_token",
            "it is over",
        );
    }
    let still = call(&world, "GET", &own(&other), Some(token(&other)), None).await;
    assert_eq!(still.status, 200, "the other is as it was: {still:?}");
}

#[tokio::test]
async fn s_24_a_disabled_client_manages_nothing_and_a_deleted_one_has_no_tokens() {
    let world = registering("open").await;
    world.resource(MCP, &[]).await;
    let alice = world.person("alice@demo.test").await;
    let made = register(&world, &public()).await;
    let app = app(&world, &made, CALLBACK);
    let answer = world.tokens(&alice, &app, Some(MCP), Some("read")).await;
    let refresh = answer.text_of("refresh_token").to_owned();
    let switch = async |off: bool| {
        let path = format!("/admin/v1/clients/{}", app.client.id);
        let answer = world.admin("PATCH", &path, Some(&json!({ "disabled": off }))).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    };
    switch(true).await;
    for method in ["GET", "PUT", "DELETE"] {
        let body = (method == "PUT").then(|| public().to_string());
        refused(
            &call(&world, method, &own(&made), Some(token(&made)), body.as_deref()).await,
            401,
            "invalid_token",
            method,
        );
    }
    switch(false).await;
    assert_eq!(
        call(&world, "DELETE", &own(&made), Some(token(&made)), None)
            .await
            .status,
        204
    );
    refused(
        &world.refresh(&app, &refresh, &[], &[]).await,
        401,
        "invalid_client",
        "the client is gone",
    );
    let page = Browser::new(&world)
        .get(&world, &Asking::new(&app, Some(MCP), None).path())
        .await;
    assert_eq!(page.problem().as_deref(), Some("invalid_client"), "{page:?}");
    // What was given to it is still shown to the person, and can be stopped.
    let mut browser = world.signed_in(&alice).await;
    let page = browser.visit(&world, "/agents").await;
    assert!(page.answer.text.contains(&app.client.id), "{page:?}");
}

#[tokio::test]
async fn s_24_s_10_a_stolen_name_is_shown_as_a_claim() {
    let world = registering("open").await;
    world.resource(MCP, &[]).await;
    let alice = world.person("alice@demo.test").await;
    for name in ["Google", "Registered by an administrator", "<b>Google</b>"] {
        let made = register(&world, &with(&public(), "client_name", name)).await;
        let app = app(&world, &made, CALLBACK);
        let mut browser = world.signed_in(&alice).await;
        let page = browser
            .visit(&world, &Asking::new(&app, Some(MCP), Some("read")).path())
            .await;
        assert!(page.has_form("consent"), "{page:?}");
        let text = &page.answer.text;
        assert!(
            text.contains("Not verified by anyone. Any program can use this name."),
            "{name}: {text}"
        );
        assert!(text.contains("An app that calls itself"), "{name}: {text}");
        assert!(
            !text.contains("<b>Google") && !text.contains("Registered by an administrator of"),
            "{name}: {text}"
        );
        // On the sign-in page its name does not stand at all.
        let mut nobody = Browser::new(&world);
        let page = nobody
            .visit(&world, &Asking::new(&app, Some(MCP), Some("read")).path())
            .await;
        assert!(
            page.answer.text.contains("Sign in to see what an app asks of you"),
            "{page:?}"
        );
    }
}

#[tokio::test]
async fn s_24_a_changed_registration_is_asked_about_again() {
    let world = registering("open").await;
    world.resource(MCP, &[]).await;
    let alice = world.person("alice@demo.test").await;
    let made = register(&world, &public()).await;
    let app = app(&world, &made, CALLBACK);
    let mut browser = world.signed_in(&alice).await;
    browser
        .agree(&world, &alice, &Asking::new(&app, Some(MCP), Some("read")))
        .await;
    let silent = browser
        .visit(&world, &Asking::new(&app, Some(MCP), Some("read")).path())
        .await;
    assert!(silent.parameter("code").is_some(), "a yes that stands: {silent:?}");
    let evil = "https://app.example/elsewhere";
    let put = async |body: Value| {
        let answer = call(&world, "PUT", &own(&made), Some(token(&made)), Some(&body.to_string())).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    };
    put(with(&public(), "redirect_uris", json!([CALLBACK, evil]))).await;
    for to in [evil, CALLBACK] {
        let page = browser
            .visit(&world, &Asking::of(&app.client.id, to, Some(MCP), Some("read")).path())
            .await;
        assert!(
            page.has_form("consent") && page.answer.text.contains("Something is different"),
            "{page:?}"
        );
    }
    put(with(&public(), "client_name", "Atlas 2")).await;
    let page = browser
        .visit(&world, &Asking::new(&app, Some(MCP), Some("read")).path())
        .await;
    assert!(page.has_form("consent"), "another name: {page:?}");

    // Changed while the person reads: what is allowed is what was shown (S-30).
    put(with(
        &with(&public(), "client_name", "Atlas 3"),
        "redirect_uris",
        json!([CALLBACK, evil]),
    ))
    .await;
    let again = browser.submit(&world, &page, "consent", &[("decision", "allow")]).await;
    assert!(
        again.has_form("consent") && again.answer.text.contains("Atlas 3"),
        "{again:?}"
    );
    let back = browser
        .submit(&world, &again, "consent", &[("decision", "allow")])
        .await;
    assert!(back.parameter("code").is_some(), "{back:?}");
}
