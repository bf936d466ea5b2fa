//! What a person says yes to when the client is a document (S-23): its host, its name, its places and keys, as they were shown.

use serde_json::json;
use testkit::{App, Asking, Browser, Client, Page, Person, World};

use crate::{
    client_documents::{CALLBACK, app, document},
    document_host::{DocumentHost, Says},
    setup::{MCP, refused, with},
};

/// Through sign-in and consent, as an agreeable person; the way is `ways`: which pages were seen.
async fn ways(world: &World, browser: &mut Browser, person: &Person, asking: &Asking) -> (Page, bool) {
    let mut page = browser.visit(world, &asking.path()).await;
    if page.has_form("sign-in") {
        page = browser.sign_in(world, &page, &person.login, &person.password).await;
    }
    let was_asked = page.has_form("consent");
    (page, was_asked)
}

async fn allow(world: &World, browser: &mut Browser, page: &Page) -> String {
    let back = browser.submit(world, page, "consent", &[("decision", "allow")]).await;
    let code = back.parameter("code").unwrap_or_default();
    assert!(
        back.location().is_some_and(|url| url.starts_with(CALLBACK)) && !code.is_empty(),
        "{back:?}"
    );
    code
}

#[tokio::test]
async fn s_23_a_document_makes_a_client_whose_host_the_person_reads() {
    let (world, host) = (World::new().await, DocumentHost::new().await);
    world.resource(MCP, &[]).await;
    let alice = world.person("alice@demo.test").await;
    let id = host.id("client.json");
    host.serves("client.json", &with(&document(&id), "client_name", "Google"), &[]);
    let rows = async || world.admin("GET", "/admin/v1/clients?limit=500", None).await.body["clients"].clone();
    let app = app(&world, &id);
    let asking = Asking::new(&app, Some(MCP), Some("read"));
    let mut browser = Browser::new(&world);
    let (page, was_asked) = ways(&world, &mut browser, &alice, &asking).await;
    assert!(was_asked, "{page:?}");
    for shown in [
        "Proved by the host",
        &format!("localhost:{}", host.port),
        &id,
        "app.example",
        "Google",
    ] {
        assert!(page.answer.text.contains(shown), "{shown}: {page:?}");
    }
    assert!(!page.answer.text.contains("Registered by an administrator"), "{page:?}");
    assert_eq!(rows().await, json!([]), "a stranger fills no table");
    let code = allow(&world, &mut browser, &page).await;
    let row = &rows().await[0];
    assert_eq!(
        (row["client_id"].as_str(), row["client_name"].as_str()),
        (Some(id.as_str()), Some("Google"))
    );
    assert_eq!(host.asked("client.json"), 1, "one reading serves the whole way");

    // From here on the document is not needed, and never fetched.
    drop(page);
    let answer = world.redeem(&app, &asking, &code, &[]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    host.says("client.json", Says::Bytes(b"HTTP/1.1 500 Gone\r\n\r\n".to_vec()));
    world.advance(100_000);
    let answer = world.refresh(&app, answer.text_of("refresh_token"), &[], &[]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(host.asked("client.json"), 1);
}

#[tokio::test]
async fn s_23_a_changed_document_is_asked_about_again() {
    let (world, host) = (World::new().await, DocumentHost::new().await);
    world.resource(MCP, &[]).await;
    let alice = world.person("alice@demo.test").await;
    let mut browser = world.signed_in(&alice).await;
    let id = host.id("client.json");
    let (old, new) = (
        testkit::Key::new(proof::Algorithm::ES256),
        testkit::Key::new(proof::Algorithm::ES256),
    );
    let keyed = with(&document(&id), "token_endpoint_auth_method", "private_key_jwt");
    let first = with(&keyed, "jwks", json!({ "keys": [old.public_jwk()] }));
    let evil = "https://evil.example/callback";
    let steps = [
        (
            "redirect_uris",
            with(&first, "redirect_uris", json!([CALLBACK, evil])),
            "It sends you back to another place than before.",
        ),
        (
            "jwks",
            with(&first, "jwks", json!({ "keys": [new.public_jwk()] })),
            "It proves itself with other keys than before.",
        ),
        ("client_name", with(&first, "client_name", "Atlas Pro"), "Its name was"),
        ("method", document(&id), "It proves itself with other keys than before."),
    ];
    let app = app(&world, &id);
    for (what, changed, said) in steps {
        host.serves("client.json", &first, &[]);
        world.advance(400);
        let (page, _) = ways(
            &world,
            &mut browser,
            &alice,
            &Asking::new(&app, Some(MCP), Some("read")),
        )
        .await;
        if page.has_form("consent") {
            allow(&world, &mut browser, &page).await;
        }
        // The same again: no question, whatever else the document says now.
        host.serves(
            "client.json",
            &with(&with(&first, "logo_uri", "https://app.example/x"), "scope", "read"),
            &[],
        );
        world.advance(400);
        let silent = browser
            .visit(&world, &Asking::new(&app, Some(MCP), Some("read")).path())
            .await;
        assert!(
            silent.parameter("code").is_some(),
            "{what}: a yes that stands: {silent:?}"
        );

        host.serves("client.json", &changed, &[]);
        world.advance(400);
        let to = if what == "redirect_uris" { evil } else { CALLBACK };
        let asking = Asking::of(&id, to, Some(MCP), Some("read"));
        let page = browser.visit(&world, &asking.path()).await;
        assert!(page.has_form("consent"), "{what}: no silent code: {page:?}");
        assert!(
            page.answer.text.contains("Something is different") && page.answer.text.contains(said),
            "{what}: {page:?}"
        );
        let silent = browser
            .visit(&world, &asking.clone().with("prompt", Some("none")).path())
            .await;
        assert_eq!(
            silent.parameter("error").as_deref(),
            Some("consent_required"),
            "{what}: {silent:?}"
        );
    }
}

#[tokio::test]
async fn s_23_s_30_what_is_allowed_is_what_was_shown() {
    let (world, host) = (World::new().await, DocumentHost::new().await);
    world.resource(MCP, &[]).await;
    let alice = world.person("alice@demo.test").await;
    let mut browser = world.signed_in(&alice).await;
    let id = host.id("client.json");
    host.serves("client.json", &document(&id), &["cache-control: no-store"]);
    let asking = Asking::new(&app(&world, &id), Some(MCP), Some("read"));
    let (page, was_asked) = ways(&world, &mut browser, &alice, &asking).await;
    assert!(was_asked, "{page:?}");
    // While the person reads, the document becomes another one.
    let evil = with(
        &document(&id),
        "redirect_uris",
        json!([CALLBACK, "https://evil.example/callback"]),
    );
    host.serves(
        "client.json",
        &with(&evil, "client_name", "Totally Atlas"),
        &["cache-control: no-store"],
    );
    world.advance(31);
    let again = browser.submit(&world, &page, "consent", &[("decision", "allow")]).await;
    assert!(
        again.has_form("consent") && again.answer.status == 200,
        "asked again: {again:?}"
    );
    assert!(again.answer.text.contains("Totally Atlas"), "{again:?}");
    assert_eq!(world.events("authorization.given").await, 0, "nothing was given");
    let code = allow(&world, &mut browser, &again).await;
    assert!(!code.is_empty());
    // No is no, whatever the document says now.
    let asking = Asking::new(&app(&world, &id), Some(MCP), Some("read write"));
    let (page, _) = ways(&world, &mut browser, &alice, &asking).await;
    host.serves("client.json", &document(&id), &["cache-control: no-store"]);
    world.advance(31);
    let denied = browser.submit(&world, &page, "consent", &[("decision", "deny")]).await;
    assert_eq!(
        denied.parameter("error").as_deref(),
        Some("access_denied"),
        "{denied:?}"
    );
}

#[tokio::test]
async fn s_23_a_pinned_document_is_never_fetched() {
    let (world, trap) = (World::new().await, DocumentHost::everywhere().await);
    world.resource(MCP, &[]).await;
    let alice = world.person("alice@demo.test").await;
    for id in [
        format!("https://localhost:{}/client.json", trap.port),
        trap.id("client.json"),
    ] {
        trap.serves("client.json", &with(&document(&id), "client_name", "Not this one"), &[]);
        let members = json!({ "client_id": id, "client_name": "Pinned", "redirect_uris": [CALLBACK], "grant_types": ["authorization_code", "refresh_token"] });
        let pinned = App::registered(&world, "none", &members, CALLBACK).await;
        assert_eq!(pinned.client.id, id);
        let asking = Asking::new(&pinned, Some(MCP), Some("read"));
        let mut browser = Browser::new(&world);
        let (page, was_asked) = ways(&world, &mut browser, &alice, &asking).await;
        assert!(was_asked && page.answer.text.contains("Pinned"), "{page:?}");
        assert!(page.answer.text.contains("Registered by an administrator"), "{page:?}");
        let code = allow(&world, &mut browser, &page).await;
        let answer = world.redeem(&pinned, &asking, &code, &[]).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let answer = world.refresh(&pinned, answer.text_of("refresh_token"), &[], &[]).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    assert_eq!(trap.connections().await, 0, "{:?}", trap.requests());
}

#[tokio::test]
async fn a_document_with_keys_is_a_client_that_proves_itself() {
    let (world, host) = (World::new().await, DocumentHost::new().await);
    world.resource(MCP, &[]).await;
    let alice = world.person("alice@demo.test").await;
    for inline in [true, false] {
        let name = if inline { "inline.json" } else { "linked.json" };
        let id = host.id(name);
        let key = testkit::Key::new(proof::Algorithm::ES256);
        let keys = json!({ "keys": [key.public_jwk()] });
        let body = with(&document(&id), "token_endpoint_auth_method", "private_key_jwt");
        let body = if inline {
            with(&body, "jwks", keys.clone())
        } else {
            with(&body, "jwks_uri", host.id("jwks.json"))
        };
        host.serves("jwks.json", &keys, &["content-type: application/jwk-set+json"]);
        host.serves(name, &body, &[]);
        let proving = |key| App {
            client: Client {
                id: id.clone(),
                secret: None,
                key: Some(key),
                method: "private_key_jwt",
                issuer: world.issuer.clone(),
            },
            redirect_uri: CALLBACK.to_owned(),
        };
        let code = async |asking: &Asking| {
            let page = Browser::new(&world).agree(&world, &alice, asking).await;
            page.parameter("code").unwrap()
        };
        let asking = Asking::of(&id, CALLBACK, Some(MCP), Some("read"));
        let first = code(&asking).await;
        // Without its key it is nobody, although a public client would be somebody by its name.
        refused(
            &world.redeem(&app(&world, &id), &asking, &first, &[]).await,
            401,
            "invalid_client",
            name,
        );
        let forged = proving(testkit::Key::new(proof::Algorithm::ES256));
        refused(
            &world.redeem(&forged, &asking, &first, &[]).await,
            401,
            "invalid_client",
            name,
        );
        let right = proving(key);
        let answer = world.redeem(&right, &asking, &first, &[]).await;
        assert_eq!(answer.status, 200, "{name}: {answer:?}");
        let refresh = answer.text_of("refresh_token").to_owned();
        refused(
            &world.refresh(&app(&world, &id), &refresh, &[], &[]).await,
            401,
            "invalid_client",
            name,
        );

        // Rotation: the row has the keys of the last yes; the next yes brings the new ones, and the old are out.
        let key = testkit::Key::new(proof::Algorithm::ES256);
        let keys = json!({ "keys": [key.public_jwk()] });
        host.serves("jwks.json", &keys, &["content-type: application/jwk-set+json"]);
        if inline {
            host.serves(name, &with(&body, "jwks", keys), &[]);
        }
        world.advance(400);
        let asking = Asking::of(&id, CALLBACK, Some(MCP), Some("read"));
        let second = code(&asking).await;
        refused(
            &world.redeem(&right, &asking, &second, &[]).await,
            401,
            "invalid_client",
            "the old key",
        );
        let rotated = proving(key);
        assert_eq!(
            world.redeem(&rotated, &asking, &second, &[]).await.status,
            200,
            "{name}"
        );
    }
}
