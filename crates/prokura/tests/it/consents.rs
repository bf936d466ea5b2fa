//! `prokura consent`, and what lets clients ask people: redirect URIs, documents, registration.

use serde_json::{Value, json};
use testkit::World;

use crate::command::{Desk, RESOURCE, typed, world_with_resource};

const DOCUMENT: &str = "https://editor.example.com/client.json";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_decided_centrally_is_made_listed_and_taken_back() {
    let (world, desk) = world_with_resource().await;
    let nothing = desk.run(&["consent", "list"]).expect(0);
    assert!(
        nothing.out.is_empty() && nothing.err.contains("each person is asked"),
        "{nothing:?}"
    );
    desk.run(&["group", "create", "finance", "--name", "Finance"]).expect(0);
    desk.run(&typed("client create --name Atlas --id atlas")).expect(0);
    let allowed = desk
        .run(&typed(&format!(
            "consent allow --client atlas --scope read --resource {RESOURCE} --group finance"
        )))
        .expect(0);
    let lines = ["effect", "clients", "scope", "resource", "people"].map(|name| allowed.line(name));
    assert_eq!(lines, ["allow", "atlas", "read", RESOURCE, "finance"]);
    let forbidden = desk.run(&typed("consent forbid --unregistered")).expect(0);
    let lines = ["effect", "clients", "scope", "resource", "people"].map(|name| forbidden.line(name));
    assert_eq!(
        lines,
        [
            "forbid",
            "unregistered clients",
            "every scope",
            "everywhere",
            "everybody"
        ]
    );
    let of_document = desk.json(&typed(&format!("consent forbid --client {DOCUMENT} --scope write")));
    assert_eq!(
        (
            &of_document["client_id"],
            &of_document["scope"],
            of_document.get("group")
        ),
        (&json!(DOCUMENT), &json!("write"), None)
    );
    let listed = desk.json(&["consent", "list"]);
    assert_eq!(listed["consent_rules"].as_array().unwrap().len(), 3);
    let table = desk.run(&["consent", "list"]).expect(0);
    assert!(
        table.out.lines().count() == 4 && table.out.starts_with("RULE "),
        "{table:?}"
    );

    let id = allowed.line("rule");
    desk.run(&["consent", "remove", id]).expect(0);
    desk.run(&["consent", "remove", id]).expect(3);
    let left = desk.json(&["consent", "list"]);
    let left: Vec<&Value> = left["consent_rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| &rule["effect"])
        .collect();
    assert_eq!(left, ["forbid", "forbid"]);

    desk.run(&typed("consent allow --client nobody")).expect(3);
    desk.run(&typed("consent allow --group nobodies")).expect(3);
    desk.run(&typed("consent allow --resource https://nobody.example.com/"))
        .expect(1);
    desk.run(&["consent", "forbid", "--scope", "read write"]).expect(1);
    desk.run(&typed("consent forbid --client atlas --unregistered"))
        .expect(2);
    for word in ["allow", "forbid"] {
        let all = desk.run(&["consent", word]).expect(2);
        assert!(all.err.contains("--everything"), "{all:?}");
        let planned = desk.json(&["consent", word, "--everything", "--dry-run"]);
        assert_eq!(planned["body"], json!({ "effect": word }));
    }
    let slip = format!("consent allow --client atlas --scope nosuch --resource {RESOURCE}");
    let refused = desk.run(&typed(&slip)).expect(1);
    assert!(
        refused.err.contains("nosuch is no scope of that resource"),
        "{refused:?}"
    );
    let warned = desk
        .run(&typed("consent forbid --client atlas --scope nosuch"))
        .expect(0);
    assert!(
        warned
            .err
            .contains("warning: no resource that is registered here has the scope nosuch"),
        "{warned:?}"
    );
    let gone = desk.run(&["consent", "remove", warned.line("rule")]).expect(0);
    assert!(gone.err.contains("took back rule"), "{gone:?}");
    let dry = desk.json(&typed("consent forbid --unregistered --scope read --dry-run"));
    assert_eq!(
        dry,
        json!({
            "method": "POST", "url": format!("{}/admin/v1/consent-rules", world.issuer),
            "body": { "effect": "forbid", "clients": "unregistered", "scope": "read" },
        })
    );
    assert_eq!(world.events("rule.created").await, 4);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_asks_people_is_made_and_changed() {
    let (world, desk) = world_with_resource().await;
    let native = desk
        .run(&typed(
            "client create --name Notes --id notes --public --native --redirect-uri http://127.0.0.1/callback",
        ))
        .expect(0);
    let lines = ["signs in with", "grant types", "answered at"].map(|name| native.line(name));
    assert_eq!(
        lines,
        ["none", "authorization_code refresh_token", "http://127.0.0.1/callback"]
    );
    assert!(!native.all().contains("secret"), "{native:?}");

    let web = desk.json(&typed(
        "client create --name Web --id web --web --client-uri https://web.example.com/ --redirect-uri https://web.example.com/a --redirect-uri https://web.example.com/b",
    ));
    assert_eq!(
        (
            &web["token_endpoint_auth_method"],
            &web["application_type"],
            &web["redirect_uris"]
        ),
        (
            &json!("client_secret_basic"),
            &json!("web"),
            &json!(["https://web.example.com/a", "https://web.example.com/b"])
        )
    );
    assert!(web["client_secret"].is_string());
    let both = desk.json(&[
        "client",
        "create",
        "--name",
        "Both",
        "--redirect-uri",
        "https://both.example.com/",
        "--scope",
        "read",
        "--resource",
        RESOURCE,
    ]);
    assert_eq!(
        both["grant_types"],
        json!(["authorization_code", "client_credentials", "refresh_token"])
    );
    let changed = desk.json(&typed("client change web --redirect-uri https://web.example.com/c"));
    assert_eq!(changed["redirect_uris"], json!(["https://web.example.com/c"]));
    let shown = desk.run(&["client", "show", "web"]).expect(0);
    assert!(shown.out.contains("when somebody says yes"), "{shown:?}");

    desk.run(&typed(
        "client create --name x --native --web --redirect-uri https://x.example.com/",
    ))
    .expect(2);
    desk.run(&typed("client create --name x --public --method client_secret_post"))
        .expect(2);
    desk.run(&typed(
        "client create --name x --web --redirect-uri http://127.0.0.1/callback",
    ))
    .expect(1);
    desk.run(&typed("client create --name x --public --scope read"))
        .expect(1);
    desk.run(&typed("client create --name x --grant-type authorization_code"))
        .expect(1);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_is_named_by_the_address_of_its_document() {
    let (world, desk) = world_with_resource().await;
    let made = desk.json(&[
        "client",
        "create",
        "--name",
        "Editor",
        "--id",
        DOCUMENT,
        "--redirect-uri",
        "https://editor.example.com/callback",
    ]);
    assert_eq!(
        (&made["client_id"], &made["token_endpoint_auth_method"]),
        (&json!(DOCUMENT), &json!("none"))
    );
    assert_eq!(desk.json(&["client", "show", DOCUMENT]), made);
    assert_eq!(
        desk.json(&["client", "change", DOCUMENT, "--name", "Web editor"])["client_name"],
        "Web editor"
    );
    assert!(desk.json(&["client", "disable", DOCUMENT])["disabled_at"].is_i64());
    desk.run(&["client", "rotate-secret", DOCUMENT]).expect(1);
    desk.run(&["client", "show", "https://nobody.example.com/client.json"])
        .expect(3);
    desk.run(&typed(&format!(
        "client create --name x --id {DOCUMENT} --method client_secret_basic"
    )))
    .expect(5);
    // By Python's base64.urlsafe_b64encode.
    let dry = desk.json(&["client", "enable", DOCUMENT, "--dry-run"]);
    assert_eq!(
        dry["url"],
        format!(
            "{}/admin/v1/clients/~aHR0cHM6Ly9lZGl0b3IuZXhhbXBsZS5jb20vY2xpZW50Lmpzb24",
            world.issuer
        )
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_is_told_what_strangers_may_do() {
    let world = World::new().await;
    let desk = Desk::of(&world);
    let changed = desk.json(&typed(
        "tenant change default --registration initial_token --client-documents false --dpop-required true",
    ));
    assert_eq!(
        (
            &changed["registration"],
            &changed["client_documents"],
            &changed["dpop_required"]
        ),
        (&json!("initial_token"), &json!(false), &json!(true))
    );
    desk.run(&typed("tenant change default --registration sometimes"))
        .expect(2);
    let shown = desk.run(&typed("tenant change default --registration off")).expect(0);
    assert!(shown.line("registration").starts_with("off"), "{shown:?}");

    let made = desk
        .run(&typed(
            "administrator create --name runners --reach registration --expires-in 1d",
        ))
        .expect(0);
    let token = made.out.trim();
    assert!(made.err.contains("can register clients"), "{made:?}");
    Desk::with(&world.issuer, token).run(&["client", "list"]).expect(4);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resource_says_which_scopes_bring_others() {
    let world = World::new().await;
    let desk = Desk::of(&world);
    let made = desk
        .run(&[
            "resource",
            "create",
            RESOURCE,
            "--name",
            "Files",
            "--scope",
            "read=Read your files",
            "--scope",
            "write=Change your files",
            "--implies",
            "write=read",
        ])
        .expect(0);
    assert!(made.out.contains("write  Change your files (brings read)"), "{made:?}");
    assert_eq!(
        desk.json(&["resource", "list"])["resources"][0]["implied_scopes"],
        json!({ "write": ["read"] })
    );
    let other = "https://other.example.com/";
    desk.run(&typed(&format!(
        "resource create {other} --name x --implies write=read"
    )))
    .expect(1);
    desk.run(&typed(&format!("resource create {other} --name x --implies write")))
        .expect(2);
    world.end().await;
}
