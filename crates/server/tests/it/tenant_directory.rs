//! Where a tenant is found, and that a disabled one is not (S-35, S-36).

use std::sync::Mutex;

use serde_json::json;
use server::Tenancy;
use testkit::{Client, Tenant, World};

use crate::{
    setup::{apart_from_request_id, refused},
    sites::{self, Site, call, name, routes},
};

#[tokio::test]
async fn s_36_a_disabled_tenant_is_as_absent_as_one_that_never_was() {
    let world = World::new().await;
    let [root, acme, globex] = sites::three(&world).await;
    let switch = async |id: &str, disabled: bool| {
        world
            .admin(
                "PATCH",
                &format!("/admin/v1/tenants/{id}"),
                Some(&json!({ "disabled": disabled })),
            )
            .await
    };
    for site in [&acme, &globex] {
        assert_eq!(switch(&site.tenant.id, true).await.body["disabled_at"], world.now());
        let never = Tenant {
            prefix: if site.tenant.host.is_none() {
                "/t/never".to_owned()
            } else {
                String::new()
            },
            ..site.tenant.clone()
        };
        let nowhere = Site {
            tenant: never,
            ..Site::clone_names(site)
        };
        for route in routes().filter(|route| route.tenancy != Tenancy::Installation) {
            for header in [
                vec![],
                vec![("authorization", format!("Bearer {}", site.tenant.admin_token))],
                vec![("authorization", format!("Bearer {}", world.admin_token))],
                vec![site.client.basic()],
            ] {
                let answer = call(&world, route, site, site, &header).await;
                refused(
                    &answer,
                    404,
                    "not_found",
                    &format!("{} at {}", name(route), site.tenant.id),
                );
                let absent = call(&world, route, &nowhere, site, &header).await;
                assert_eq!(
                    apart_from_request_id(&answer),
                    apart_from_request_id(&absent),
                    "{}",
                    name(route)
                );
            }
        }
        // Its administrator is nobody elsewhere, and its tokens are nothing elsewhere.
        refused(
            &root
                .tenant
                .admin_as(&world, &site.tenant.admin_token, "GET", "/admin/v1/clients", None)
                .await,
            401,
            "invalid_token",
            "its administrator",
        );
        assert_eq!(switch(&site.tenant.id, false).await.status, 200);
        assert_eq!(
            site.tenant.token(&world, &site.client, &[], &[]).await.status,
            200,
            "enabled again, all of it is there again"
        );
    }
    refused(
        &switch("default", true).await,
        400,
        "invalid_body",
        "administration lives there",
    );
    refused(&switch("never", true).await, 404, "not_found", "no such tenant");
}

#[tokio::test]
async fn s_35_every_form_of_discovery_names_the_tenant_it_is_for() {
    let world = World::new().await;
    let [root, acme, globex] = sites::three(&world).await;
    let mut kids: Vec<String> = Vec::new();
    for site in [&root, &acme, &globex] {
        for document in [
            "/.well-known/oauth-authorization-server",
            "/.well-known/openid-configuration",
        ] {
            let mut forms = vec![site.tenant.get(&world, document).await];
            if !site.tenant.prefix.is_empty() {
                forms.push(world.get(&format!("{document}{}", site.tenant.prefix)).await); // RFC 8414 s3.1
            }
            for answer in &forms {
                assert_eq!(
                    (answer.status, answer.body["issuer"].as_str()),
                    (200, Some(site.tenant.issuer.as_str())),
                    "{answer:?}"
                );
                assert_eq!(answer.body, forms[0].body);
            }
        }
        let keys = site.tenant.get(&world, "/oauth2/jwks").await.body;
        kids.extend(
            keys["keys"]
                .as_array()
                .unwrap()
                .iter()
                .map(|key| key["kid"].as_str().unwrap().to_owned()),
        );
    }
    let count = kids.len();
    kids.sort();
    kids.dedup();
    assert_eq!((count, kids.len()), (12, 12), "no two tenants share a key");
    // A tenant is reached in one way: by its own host, or by its path at the installation's.
    let at_globex = |path: &str| {
        let path = path.to_owned();
        let world = &world;
        async move {
            world
                .send("GET", &path, &[("host", "auth.globex.example".to_owned())], None)
                .await
        }
    };
    for path in [
        "/t/acme",
        "/t/globex",
        "/t/default",
        "/.well-known/openid-configuration/t/globex",
        "/.well-known/openid-configuration/t/acme",
        "/t/globex/oauth2/jwks",
    ] {
        refused(&at_globex(path).await, 404, "not_found", path);
    }
    for path in [
        "/t/globex",
        "/t/default",
        "/t/default/oauth2/jwks",
        "/t/globex/oauth2/jwks",
        "/.well-known/openid-configuration/t/globex",
        "/.well-known/openid-configuration/t/default",
        "/t/never",
    ] {
        refused(&world.get(path).await, 404, "not_found", path);
    }
}

#[tokio::test]
async fn no_two_tenants_answer_at_one_place() {
    let world = World::new().await;
    world.tenant_by_path("acme").await;
    world.tenant_by_origin("globex", "https://auth.globex.example").await;
    let own_by_tls = world.issuer.replace("http://", "https://");
    let cases = [
        json!({ "id": "acme", "name": "Again" }),
        json!({ "id": "default", "name": "Again" }),
        json!({ "id": "globex", "name": "Again" }),
        json!({ "id": "other", "name": "Other", "origin": "https://auth.globex.example" }),
        json!({ "id": "other", "name": "Other", "origin": "http://auth.globex.example" }),
        json!({ "id": "other", "name": "Other", "origin": world.issuer }),
        json!({ "id": "other", "name": "Other", "origin": own_by_tls }),
    ];
    for body in cases {
        refused(
            &world.admin("POST", "/admin/v1/tenants", Some(&body)).await,
            409,
            "conflict",
            &body.to_string(),
        );
    }
    for origin in [
        "https://auth.acme.example/",
        "https://auth.acme.example/t",
        "https://AUTH.acme.example",
        "https://auth.acme.example:443",
        "ftp://auth.acme.example",
        "auth.acme.example",
        "https://u@auth.acme.example",
        "https://auth.acme.example?x",
        "https://auth.acme.example#x",
        "",
        "https://",
    ] {
        let body = json!({ "id": "other", "name": "Other", "origin": origin });
        refused(
            &world.admin("POST", "/admin/v1/tenants", Some(&body)).await,
            400,
            "invalid_body",
            origin,
        );
    }
    for id in ["", "A", "a_b", "-a", "a-", "a.b", "a/b", "a%2fb", "..", &"a".repeat(64)] {
        refused(
            &world
                .admin("POST", "/admin/v1/tenants", Some(&json!({ "id": id, "name": "Other" })))
                .await,
            400,
            "invalid_body",
            id,
        );
    }
}

impl Site {
    /// The same names, for another tenant to be asked about.
    fn clone_names(site: &Self) -> Self {
        let client = Client {
            id: site.client.id.clone(),
            secret: site.client.secret.clone(),
            key: None,
            method: site.client.method,
            issuer: site.client.issuer.clone(),
        };
        Self {
            detail_type: site.detail_type.clone(),
            capability: site.capability.clone(),
            approval: site.approval.clone(),
            tenant: site.tenant.clone(),
            client,
            spare: site.spare.clone(),
            grant: site.grant.clone(),
            kept: site.kept.clone(),
            resource: site.resource.clone(),
            administrator: site.administrator.clone(),
            token: site.token.clone(),
            user: site.user.clone(),
            login: site.login.clone(),
            browser_session: site.browser_session.clone(),
            group: site.group.clone(),
            rule: Mutex::new(site.rule.lock().unwrap().clone()),
        }
    }
}
