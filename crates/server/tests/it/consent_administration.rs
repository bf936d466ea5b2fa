//! Administration of what is decided centrally, of clients that bring a document, and of what a tenant lets strangers do.

use serde_json::{Value, json};
use testkit::{Client, World};

use crate::{
    setup::{MCP, refused, with, without},
    sites::Site,
};

const DOCUMENT: &str = "https://app.example.com/client.json";
/// The same as it stands in a path, by Python's `base64.urlsafe_b64encode`.
const DOCUMENT_IN_PATH: &str = "~aHR0cHM6Ly9hcHAuZXhhbXBsZS5jb20vY2xpZW50Lmpzb24";

async fn rule(world: &World, body: &Value) -> Value {
    let made = world.admin("POST", "/admin/v1/consent-rules", Some(body)).await;
    assert_eq!(made.status, 201, "{made:?}");
    made.body
}

#[tokio::test]
async fn rules_are_made_listed_and_taken_back() {
    let world = World::new().await;
    world.resource(MCP, &[]).await;
    let client = Client::register(&world, "client_secret_basic", "read", &[MCP]).await.id;
    let group = json!({ "id": "finance", "kind": "group", "name": "Finance" });
    world.admin("POST", "/admin/v1/groups", Some(&group)).await;
    let bodies = [
        json!({ "effect": "allow", "client_id": client, "scope": "read", "resource": MCP, "group": "finance" }),
        json!({ "effect": "forbid", "clients": "unregistered", "scope": "write" }),
        json!({ "effect": "forbid", "client_id": DOCUMENT }), // nobody registered it, and nobody needs to
        json!({ "effect": "allow" }),
    ];
    let mut made = Vec::new();
    for body in &bodies {
        let rule = rule(&world, body).await;
        assert!(rule["made_by"].is_string(), "{rule}");
        let told = without(&without(&rule, "id"), "made_by");
        assert_eq!(
            told,
            with(body, "created_at", world.now()),
            "what is not named is left out"
        );
        made.push(rule);
    }
    let listed = async || {
        let answer = world.admin("GET", "/admin/v1/consent-rules", None).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body["consent_rules"].as_array().unwrap().clone()
    };
    let all = listed().await;
    assert!(
        all.len() == made.len() && made.iter().all(|rule| all.contains(rule)),
        "{all:?}"
    );

    let path = format!("/admin/v1/consent-rules/{}", made[0]["id"].as_str().unwrap());
    let dropped = world.admin("DELETE", &path, None).await;
    assert_eq!((dropped.status, &dropped.body), (200, &made[0]));
    refused(
        &world.admin("DELETE", &path, None).await,
        404,
        "not_found",
        "it is gone",
    );
    let left = listed().await;
    assert!(left.len() == 3 && !left.contains(&made[0]), "{left:?}");
    assert_eq!(
        (world.events("rule.created").await, world.events("rule.dropped").await),
        (4, 1)
    );
}

#[tokio::test]
async fn a_rule_names_what_is_there() {
    let world = World::new().await;
    world.resource(MCP, &[]).await;
    for (body, status, code) in [
        (json!({ "effect": "forbid", "client_id": "nobody" }), 404, "not_found"),
        (json!({ "effect": "forbid", "group": "nobodies" }), 404, "not_found"),
        (
            json!({ "effect": "forbid", "resource": "https://nobody.example.com/" }),
            400,
            "invalid_body",
        ),
        (
            json!({ "effect": "forbid", "scope": "read write" }),
            400,
            "invalid_body",
        ),
        (json!({ "effect": "forbid", "clients": "every" }), 400, "invalid_body"),
        (
            json!({ "effect": "forbid", "clients": "unregistered", "client_id": DOCUMENT }),
            400,
            "invalid_body",
        ),
        (json!({ "effect": "allow", "made_by": "somebody" }), 400, "invalid_body"),
        (json!({ "effect": "allow", "id": "chosen" }), 400, "invalid_body"),
        (json!({ "effect": "allow", "created_at": 0 }), 400, "invalid_body"),
        (json!({}), 400, "invalid_body"),
    ] {
        let answer = world.admin("POST", "/admin/v1/consent-rules", Some(&body)).await;
        refused(&answer, status, code, &body.to_string());
    }
    let listed = world.admin("GET", "/admin/v1/consent-rules", None).await;
    assert_eq!(listed.body, json!({ "consent_rules": [] }));
}

#[tokio::test]
async fn s_35_a_rule_of_another_tenant_is_not_there_and_names_nothing_of_another() {
    let world = World::new().await;
    let acme = Site::new(&world, world.tenant_by_path("acme").await).await;
    let globex = Site::new(&world, world.tenant_by_path("globex").await).await;
    let at_acme = async |method: &str, path: &str, body: Option<Value>| {
        acme.tenant.admin(&world, method, path, body.as_ref()).await
    };
    let theirs = globex.rule.lock().unwrap().clone();
    let path = format!("/admin/v1/consent-rules/{theirs}");
    refused(&at_acme("DELETE", &path, None).await, 404, "not_found", "their rule");
    for (body, status) in [
        (json!({ "effect": "allow", "client_id": globex.spare }), 404),
        (json!({ "effect": "allow", "group": globex.group }), 404),
        (json!({ "effect": "allow", "resource": globex.resource }), 400),
    ] {
        let answer = at_acme("POST", "/admin/v1/consent-rules", Some(body.clone())).await;
        assert_eq!(answer.status, status, "{body}: {answer:?}");
    }
    let listed = at_acme("GET", "/admin/v1/consent-rules", None).await;
    assert!(!listed.text.contains(&theirs), "{listed:?}");
}

#[tokio::test]
async fn a_client_whose_id_is_an_address_is_pinned_and_named_in_paths_by_base64url() {
    let world = World::new().await;
    let body = json!({
        "client_id": DOCUMENT, "client_name": "Web editor", "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"], "redirect_uris": ["https://app.example.com/callback"],
        "application_type": "web", "client_uri": "https://app.example.com/about",
    });
    let made = world.admin("POST", "/admin/v1/clients", Some(&body)).await;
    let mut expected = body.clone();
    for (member, value) in [
        ("dpop_bound_access_tokens", json!(false)),
        ("introspects_everything", json!(false)),
        ("registered_by", json!("administrator")),
        ("created_at", json!(world.now())),
    ] {
        expected[member] = value;
    }
    assert_eq!((made.status, &made.body), (201, &expected), "no secret");
    let path = format!("/admin/v1/clients/{DOCUMENT_IN_PATH}");
    let shown = world.admin("GET", &path, None).await;
    assert_eq!((shown.status, &shown.body), (200, &expected));

    let change = json!({ "redirect_uris": ["https://app.example.com/new"], "client_name": "Editor" });
    let changed = world.admin("PATCH", &path, Some(&change)).await;
    expected["redirect_uris"] = change["redirect_uris"].clone();
    expected["client_name"] = "Editor".into();
    assert_eq!((changed.status, &changed.body), (200, &expected));
    refused(
        &world.admin("POST", &format!("{path}/secret"), None).await,
        400,
        "invalid_client_metadata",
        "there is nobody to share a secret with",
    );
    for uris in [
        json!([]),
        json!(["http://127.0.0.1/callback"]),
        json!(["https://app.example.com/#f"]),
    ] {
        let answer = world
            .admin("PATCH", &path, Some(&json!({ "redirect_uris": uris })))
            .await;
        refused(&answer, 400, "invalid_redirect_uri", &uris.to_string());
    }
    for other in [
        "/admin/v1/clients/~",
        "/admin/v1/clients/~aHR0cHM6Ly9hcHAuZXhhbXBsZS9j",
        "/admin/v1/clients/aHR0cHM6Ly9hcHAuZXhhbXBsZS5jb20vY2xpZW50Lmpzb24",
        "/admin/v1/clients/https:%2F%2Fapp.example.com%2Fclient.json",
    ] {
        refused(&world.admin("GET", other, None).await, 404, "not_found", other);
    }
    for (method, why) in [("client_secret_basic", "a secret"), ("client_secret_post", "a secret")] {
        let other = with(
            &with(&body, "client_id", "https://other.example.com/c"),
            "token_endpoint_auth_method",
            method,
        );
        let answer = world.admin("POST", "/admin/v1/clients", Some(&other)).await;
        refused(&answer, 400, "invalid_client_metadata", why);
    }
}

#[tokio::test]
async fn a_native_app_is_registered_without_a_secret() {
    let world = World::new().await;
    let body = json!({
        "client_name": "Notes app", "token_endpoint_auth_method": "none", "grant_types": ["authorization_code"],
        "redirect_uris": ["http://127.0.0.1/callback", "com.example.notes:/callback"], "application_type": "native",
    });
    let made = world.admin("POST", "/admin/v1/clients", Some(&body)).await;
    assert_eq!(
        (made.status, &made.body["redirect_uris"]),
        (201, &body["redirect_uris"])
    );
    assert!(made.body.get("client_secret").is_none(), "{made:?}");
    for (change, code) in [
        (json!({ "scope": "read" }), "invalid_client_metadata"),
        (
            json!({ "grant_types": ["client_credentials"] }),
            "invalid_client_metadata",
        ),
        (json!({ "grant_types": ["refresh_token"] }), "invalid_client_metadata"),
        (json!({ "application_type": "web" }), "invalid_redirect_uri"),
        (json!({ "redirect_uris": [] }), "invalid_redirect_uri"),
    ] {
        let mut other = body.clone();
        other
            .as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        let answer = world.admin("POST", "/admin/v1/clients", Some(&other)).await;
        refused(&answer, 400, code, &change.to_string());
    }
}

#[tokio::test]
async fn a_tenant_decides_about_documents_registration_and_bound_tokens() {
    let world = World::new().await;
    let shown = async || {
        let listed = world.admin("GET", "/admin/v1/tenants", None).await;
        let tenant = listed.body["tenants"][0].clone();
        json!([
            tenant["client_documents"],
            tenant["registration"],
            tenant["dpop_required"]
        ])
    };
    assert_eq!(shown().await, json!([true, "off", false]));
    let change = async |body: Value| {
        let answer = world.admin("PATCH", "/admin/v1/tenants/default", Some(&body)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    };
    change(json!({ "registration": "initial_token" })).await;
    change(json!({ "client_documents": false })).await;
    assert_eq!(
        shown().await,
        json!([false, "initial_token", false]),
        "what is not named stays"
    );
    change(json!({ "dpop_required": true, "registration": "open" })).await;
    assert_eq!(shown().await, json!([false, "open", true]));
    let both = json!({ "disabled": true, "registration": "off" });
    refused(
        &world.admin("PATCH", "/admin/v1/tenants/default", Some(&both)).await,
        400,
        "invalid_body",
        "a switch goes alone",
    );
    let new = json!({ "id": "acme", "name": "Acme", "registration": "open", "client_documents": false, "dpop_required": true });
    let made = world.admin("POST", "/admin/v1/tenants", Some(&new)).await;
    assert_eq!(
        (
            &made.body["registration"],
            &made.body["client_documents"],
            &made.body["dpop_required"]
        ),
        (&json!("open"), &json!(false), &json!(true))
    );
}

#[tokio::test]
async fn a_resource_says_which_scopes_bring_others() {
    let world = World::new().await;
    let body = json!({
        "resource": MCP, "resource_name": "Files", "scopes": { "read": "Read", "write": "Change", "admin": "All" },
        "implied_scopes": { "write": ["read"], "admin": ["read", "write"] },
    });
    let made = world.admin("POST", "/admin/v1/resources", Some(&body)).await;
    assert_eq!(
        (made.status, &made.body["implied_scopes"]),
        (201, &body["implied_scopes"])
    );
    let listed = world.admin("GET", "/admin/v1/resources", None).await;
    assert_eq!(listed.body["resources"][0]["implied_scopes"], body["implied_scopes"]);
    for implied in [
        json!({ "write": ["delete"] }),
        json!({ "delete": ["read"] }),
        json!({ "write": "read" }),
    ] {
        let other = with(
            &with(&body, "resource", "https://b.example.com/"),
            "implied_scopes",
            implied.clone(),
        );
        let answer = world.admin("POST", "/admin/v1/resources", Some(&other)).await;
        refused(&answer, 400, "invalid_body", &implied.to_string());
    }
}

#[tokio::test]
async fn s_35_an_initial_access_token_registers_and_opens_no_door_of_administration() {
    let world = World::new().await;
    let body = json!({ "name": "Runners", "reach": "registration", "lifetime_seconds": 3_600 });
    let made = world.admin("POST", "/admin/v1/administrators", Some(&body)).await;
    assert_eq!((made.status, &made.body["reach"]), (201, &json!("registration")));
    let token = made.body["token"].as_str().unwrap();
    for (method, path, body) in [
        ("GET", "/admin/v1/clients", None),
        ("GET", "/admin/v1/users", None),
        ("POST", "/admin/v1/users", Some(json!({ "login": "bob@demo.test" }))),
        (
            "POST",
            "/admin/v1/administrators",
            Some(json!({ "name": "Me", "reach": "tenant" })),
        ),
    ] {
        let answer = world.admin_as(token, method, path, body.as_ref()).await;
        refused(&answer, 401, "invalid_token", path);
    }
    let client = json!({ "client_name": "Runner", "redirect_uris": ["https://runner.example.com/callback"] });
    let register = async || world.admin_as(token, "POST", "/oauth2/register", Some(&client)).await;
    refused(&register().await, 403, "access_denied", "registration is off");
    world
        .admin(
            "PATCH",
            "/admin/v1/tenants/default",
            Some(&json!({ "registration": "initial_token" })),
        )
        .await;
    assert_eq!(register().await.status, 201);
    let stranger = world
        .send(
            "POST",
            "/oauth2/register",
            &[("content-type", "application/json".to_owned())],
            Some(client.to_string()),
        )
        .await;
    refused(&stranger, 401, "invalid_token", "without the token");
}
