//! Nothing crosses a tenant (S-35).

use std::sync::Mutex;

use serde_json::{Value, json};
use server::Route;
use testkit::{Client, Form, Tenant, World};

use crate::{
    setup::{apart_from_request_id, refused},
    sites::{self, Site, administration, call, name},
};

const LISTS: [&str; 14] = [
    "clients",
    "resources",
    "grants",
    "tenants",
    "keys",
    "users",
    "groups",
    "browser-sessions",
    "consent-rules",
    "detail-types",
    "approvals",
    "policies",
    "policies/versions",
    "capabilities",
];

async fn list(world: &World, tenant: &Tenant, token: &str, what: &str) -> Value {
    let answer = tenant
        .admin_as(world, token, "GET", &format!("/admin/v1/{what}?limit=500"), None)
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

/// Everything administration shows of a tenant, but for the audit log.
async fn snapshot(world: &World, site: &Site) -> Vec<Value> {
    let mut all = Vec::new();
    for what in LISTS {
        all.push(list(world, &site.tenant, &site.tenant.admin_token, what).await);
    }
    all
}

/// A site whose names are all well formed and all unknown.
fn unknown_like(site: &Site) -> Site {
    let client = Client {
        id: "nobody".to_owned(),
        secret: None,
        key: None,
        method: "client_secret_basic",
        issuer: String::new(),
    };
    let tenant = Tenant {
        id: "nowhere".to_owned(),
        ..site.tenant.clone()
    };
    Site {
        tenant,
        client,
        spare: "nobody".to_owned(),
        grant: "nothing".to_owned(),
        kept: "nothing".to_owned(),
        resource: "https://nowhere.example.com/mcp".to_owned(),
        administrator: "nobody".to_owned(),
        token: String::new(),
        user: "nobody".to_owned(),
        login: "nobody@demo.test".to_owned(),
        browser_session: "nothing".to_owned(),
        group: "nobodies".to_owned(),
        detail_type: "nothing".to_owned(),
        capability: "nothing".to_owned(),
        approval: "nothing".to_owned(),
        rule: Mutex::new("nothing".to_owned()),
    }
}

/// The routes whose path or body names something of the tenant.
fn naming() -> impl Iterator<Item = &'static Route> {
    let names = [
        "POST /admin/v1/clients",
        "PATCH /admin/v1/resources",
        "POST /admin/v1/grants",
        "POST /admin/v1/consent-rules",
    ];
    // Entering makes what is not there, and every tenant counts its versions from 1: `policies` tries these.
    let own = [
        "PUT /admin/v1/capabilities/{id}",
        "GET /admin/v1/policies/versions/{id}",
    ];
    let names_something = move |route: &&Route| route.path.contains("{id}") || names.contains(&name(route).as_str());
    administration().filter(move |route| names_something(route) && !own.contains(&name(route).as_str()))
}

#[tokio::test]
async fn s_35_things_of_another_tenant_are_not_there_for_anyone() {
    let world = World::new().await;
    let all = sites::three(&world).await;
    for (a, b) in [(0, 1), (1, 0), (1, 2), (2, 1), (0, 2), (2, 0)].map(|(a, b)| (&all[a], &all[b])) {
        let before = snapshot(&world, b).await;
        for token in [&a.tenant.admin_token, &world.admin_token] {
            let bearer = [("authorization", format!("Bearer {token}"))];
            for route in naming() {
                let of_tenants = route.path.starts_with("/admin/v1/tenants");
                if of_tenants && *token == world.admin_token {
                    continue; // those of the installation see every tenant
                }
                let foreign = call(&world, route, a, b, &bearer).await;
                let unknown = call(&world, route, a, &unknown_like(b), &bearer).await;
                let what = format!("{} at {} about {}", name(route), a.tenant.id, b.tenant.id);
                let (status, code) = if name(route) == "POST /admin/v1/clients" {
                    (400, "invalid_body")
                } else {
                    (404, "not_found")
                };
                refused(&foreign, status, code, &what);
                let (mut foreign, unknown) = (apart_from_request_id(&foreign), apart_from_request_id(&unknown));
                if let Some(detail) = foreign.2.get_mut("detail") {
                    *detail = detail
                        .as_str()
                        .unwrap()
                        .replace(&b.resource, "https://nowhere.example.com/mcp")
                        .replace(&b.spare, "nobody")
                        .into(); // what the caller wrote itself
                    foreign.1.retain(|(name, _)| name != "content-length");
                }
                let unknown_headers = unknown
                    .1
                    .iter()
                    .filter(|(name, _)| foreign.2.get("detail").is_none() || name != "content-length")
                    .cloned()
                    .collect();
                assert_eq!(
                    foreign,
                    (unknown.0, unknown_headers, unknown.2),
                    "{what}: forbidden and unknown look the same"
                );
            }
        }
        assert_eq!(snapshot(&world, b).await, before, "nothing of {} changed", b.tenant.id);
    }
}

#[tokio::test]
async fn s_35_grants_and_clients_cannot_reach_across_by_names_in_bodies() {
    let world = World::new().await;
    let [root, acme, _] = sites::three(&world).await;
    let post = async |path: &str, body: Value| acme.tenant.admin(&world, "POST", path, Some(&body)).await;
    let grant = |client: &str, resource: &str, parent: Option<&str>| {
        let mut body = json!({ "client_id": client, "scope": "read", "resources": [resource] });
        if let Some(parent) = parent {
            body["parent"] = parent.into();
        }
        body
    };
    refused(
        &post("/admin/v1/grants", grant(&root.spare, &acme.resource, None)).await,
        404,
        "not_found",
        "a client of another tenant",
    );
    refused(
        &post("/admin/v1/grants", grant(&acme.spare, &root.resource, None)).await,
        400,
        "invalid_body",
        "a resource of another tenant",
    );
    refused(
        &post(
            "/admin/v1/grants",
            grant(&acme.spare, &acme.resource, Some(&root.grant)),
        )
        .await,
        404,
        "not_found",
        "a parent of another tenant",
    );
    // The same names may exist in two tenants, and are two things.
    let twin = json!({ "client_id": root.client.id, "client_name": "Twin", "token_endpoint_auth_method": "client_secret_basic", "grant_types": ["client_credentials"], "scope": "read" });
    let made = post("/admin/v1/clients", twin).await;
    assert_eq!(made.status, 201, "{made:?}");
    let same_resource = json!({ "resource": root.resource, "resource_name": "Twin", "scopes": { "read": "Read" } });
    assert_eq!(post("/admin/v1/resources", same_resource).await.status, 201);
    refused(
        &acme.tenant.token(&world, &root.client, &[], &[]).await,
        401,
        "invalid_client",
        "the secret of the one is not that of the other",
    );
    let introspected = root
        .tenant
        .post(
            &world,
            "/oauth2/introspect",
            &[root.client.basic()],
            &[("token", root.token.clone())],
        )
        .await;
    assert_eq!(introspected.status, 200);
}

#[tokio::test]
async fn s_35_lists_and_logs_hold_nothing_of_another_tenant() {
    let world = World::new().await;
    let all = sites::three(&world).await;
    world.flush().await;
    for (n, mine) in all.iter().enumerate() {
        for what in LISTS.iter().chain(&["events", "doctor"]) {
            for query in [
                "?limit=500",
                "?limit=500&after=",
                "?limit=500&tenant=acme",
                "?limit=500&filter=acme",
            ] {
                let answer = mine
                    .tenant
                    .admin(&world, "GET", &format!("/admin/v1/{what}{query}"), None)
                    .await;
                assert_eq!(answer.status, 200, "{answer:?}");
                for other in all.iter().enumerate().filter(|(m, _)| *m != n).map(|(_, other)| other) {
                    // The issuer of the installation is part of every issuer below it, and its own log says which tenants were made.
                    let issuer_is_known = mine.tenant.issuer.starts_with(&other.tenant.issuer)
                        || (mine.tenant.id == "default" && *what == "events");
                    for secret in other
                        .secrets()
                        .into_iter()
                        .filter(|secret| !(issuer_is_known && **secret == other.tenant.issuer))
                    {
                        assert!(
                            !answer.text.contains(&secret),
                            "{what} of {} shows {secret} of {}",
                            mine.tenant.id,
                            other.tenant.id
                        );
                    }
                }
            }
        }
        let tenants = list(&world, &mine.tenant, &mine.tenant.admin_token, "tenants").await;
        assert_eq!(
            tenants["tenants"].as_array().unwrap().len(),
            1,
            "a tenant's administrator sees its own tenant"
        );
    }
    // A cursor of another tenant shows nothing of it either.
    let [root, acme, _] = &all;
    let places = root.tenant.admin(&world, "GET", "/admin/v1/events", None).await;
    for cursor in [
        root.spare.clone(),
        root.grant.clone(),
        root.resource.replace(':', "%3A"),
        places.body["events"][0]["place"].as_str().unwrap().to_owned(),
    ] {
        for what in LISTS
            .iter()
            .chain(&["events"])
            .filter(|what| **what == "events" || !cursor.contains(':'))
        {
            let answer = acme
                .tenant
                .admin(&world, "GET", &format!("/admin/v1/{what}?after={cursor}"), None)
                .await;
            assert!(matches!(answer.status, 200 | 400), "{answer:?}");
            for secret in root
                .secrets()
                .into_iter()
                .filter(|secret| *secret != root.tenant.issuer)
            {
                assert!(!answer.text.contains(&secret), "{what} after {cursor}");
            }
        }
    }
    let everything = list(&world, &root.tenant, &world.admin_token, "tenants").await;
    assert_eq!(
        everything["tenants"].as_array().unwrap().len(),
        3,
        "those of the installation see all"
    );
}

#[tokio::test]
async fn s_35_tokens_count_in_their_tenant_only() {
    let world = World::new().await;
    let all = sites::three(&world).await;
    for (a, b) in [(0, 1), (1, 0), (1, 2), (2, 1), (0, 2), (2, 0)].map(|(a, b)| (&all[a], &all[b])) {
        let everything = json!({ "client_name": "Gateway", "token_endpoint_auth_method": "client_secret_post", "introspects_everything": true });
        let gateway = |tenant: &Tenant| {
            let (tenant, everything) = (tenant.clone(), everything.clone());
            let world = &world;
            async move {
                let made = tenant
                    .admin(world, "POST", "/admin/v1/clients", Some(&everything))
                    .await
                    .body;
                vec![
                    ("client_id", made["client_id"].as_str().unwrap().to_owned()),
                    ("client_secret", made["client_secret"].as_str().unwrap().to_owned()),
                ]
            }
        };
        let ask = async |tenant: &Tenant, credentials: &Form<'static>, path: &str, token: &str| {
            let mut form = credentials.clone();
            form.push(("token", token.to_owned()));
            tenant.post(&world, path, &[], &form).await
        };
        let (at_a, at_b) = (gateway(&a.tenant).await, gateway(&b.tenant).await);
        let what = format!("a token of {} at {}", a.tenant.id, b.tenant.id);
        assert_eq!(
            ask(&b.tenant, &at_b, "/oauth2/introspect", &a.token).await.body,
            json!({ "active": false }),
            "{what}"
        );
        refused(
            &ask(&b.tenant, &at_a, "/oauth2/introspect", &b.token).await,
            401,
            "invalid_client",
            "a gateway of another tenant",
        );
        assert_eq!(ask(&b.tenant, &at_b, "/oauth2/revoke", &a.token).await.status, 200);
        let by_its_client = b
            .tenant
            .post(
                &world,
                "/oauth2/revoke",
                &[a.client.basic()],
                &[("token", a.token.clone())],
            )
            .await;
        refused(
            &by_its_client,
            401,
            "invalid_client",
            "its own client, at the wrong tenant",
        );
        assert_eq!(
            ask(&a.tenant, &at_a, "/oauth2/introspect", &a.token).await.body["active"],
            true,
            "{what} changed nothing"
        );
    }
}

#[tokio::test]
async fn s_35_an_administrator_of_a_tenant_does_not_reach_the_installation() {
    let world = World::new().await;
    let [root, acme, globex] = sites::three(&world).await;
    for site in [&root, &acme, &globex] {
        let attempt =
            async |method: &str, path: &str, body: Value| site.tenant.admin(&world, method, path, Some(&body)).await;
        refused(
            &attempt(
                "POST",
                "/admin/v1/administrators",
                json!({ "name": "Me", "reach": "installation" }),
            )
            .await,
            404,
            "not_found",
            "more reach",
        );
        refused(
            &attempt("POST", "/admin/v1/tenants", json!({ "id": "mine", "name": "Mine" })).await,
            404,
            "not_found",
            "a tenant",
        );
        for id in ["default", "acme", "globex"] {
            for body in [json!({ "disabled": true }), json!({ "disabled": false })] {
                refused(
                    &attempt("PATCH", &format!("/admin/v1/tenants/{id}"), body).await,
                    404,
                    "not_found",
                    "a switch",
                );
            }
            let settings = attempt(
                "PATCH",
                &format!("/admin/v1/tenants/{id}"),
                json!({ "access_token_seconds": 300 }),
            )
            .await;
            assert_eq!(
                settings.status,
                if id == site.tenant.id { 200 } else { 404 },
                "{settings:?}"
            );
        }
    }
    // An administrator of acme whose token ended is nobody, to the second.
    let body = json!({ "name": "For a minute", "reach": "tenant", "lifetime_seconds": 60 });
    let token = acme
        .tenant
        .admin(&world, "POST", "/admin/v1/administrators", Some(&body))
        .await
        .body["token"]
        .as_str()
        .unwrap()
        .to_owned();
    world.advance(59);
    assert_eq!(
        acme.tenant
            .admin_as(&world, &token, "GET", "/admin/v1/clients", None)
            .await
            .status,
        200
    );
    world.advance(1);
    refused(
        &acme
            .tenant
            .admin_as(&world, &token, "GET", "/admin/v1/clients", None)
            .await,
        401,
        "invalid_token",
        "ended",
    );
}
