//! Tenants with something in them, and the requests that the route table can mean there: for the matrices of callers by route.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};
use server::{ROUTES, Route, Tenancy};
use testkit::{Answer, Client, Tenant, World};

/// A tenant, and one of everything in it.
pub(crate) struct Site {
    pub(crate) tenant: Tenant,
    /// A client with a secret and a grant.
    pub(crate) client: Client,
    /// A client that administration may change.
    pub(crate) spare: String,
    /// A grant of that client.
    pub(crate) grant: String,
    pub(crate) resource: String,
    /// An administrator whose token may be ended.
    pub(crate) administrator: String,
    /// A token of the client for the resource.
    pub(crate) token: String,
}

impl Site {
    pub(crate) async fn new(world: &World, tenant: Tenant) -> Self {
        let resource = tenant
            .resource(world, &format!("https://{}.mcp.example.com/mcp", tenant.id), &[])
            .await;
        let client = Client::register_at(world, &tenant, "client_secret_basic", "read write", &[&resource]).await;
        let spare = Client::register_at(world, &tenant, "client_secret_basic", "read", &[&resource])
            .await
            .id;
        let grants = tenant.admin(world, "GET", "/admin/v1/grants", None).await;
        let grant = grants.body["grants"]
            .as_array()
            .unwrap()
            .iter()
            .find(|grant| grant["client_id"] == spare.as_str())
            .unwrap()["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let answer = tenant
            .token(world, &client, &[("resource", resource.clone())], &[])
            .await;
        let token = crate::setup::access_token(&answer);
        let body = json!({ "name": "Spare", "reach": "tenant" });
        let made = tenant
            .admin(world, "POST", "/admin/v1/administrators", Some(&body))
            .await;
        let administrator = made.body["id"].as_str().unwrap().to_owned();
        Self {
            tenant,
            client,
            spare,
            grant,
            resource,
            administrator,
            token,
        }
    }

    /// Names of it that nobody elsewhere may ever read.
    pub(crate) fn secrets(&self) -> [&str; 7] {
        [
            &self.client.id,
            &self.spare,
            &self.grant,
            &self.resource,
            &self.tenant.issuer,
            &self.tenant.admin_token,
            &self.administrator,
        ]
    }
}

/// The installation's own tenant, one by path, and one with an origin of its own.
pub(crate) async fn three(world: &World) -> [Site; 3] {
    let acme = world.tenant_by_path("acme").await;
    let globex = world.tenant_by_origin("globex", "https://auth.globex.example").await;
    [
        Site::new(world, world.root_tenant().await).await,
        Site::new(world, acme).await,
        Site::new(world, globex).await,
    ]
}

/// `POST /oauth2/token` and the like.
pub(crate) fn name(route: &Route) -> String {
    format!("{} {}", route.method, route.path)
}

/// A name that nothing has yet.
fn new_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("new-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// What a request of a route says, about the things of a site: the content type and the body. A route without a line here fails its tests, so none is forgotten.
pub(crate) fn body_of(route: &Route, about: &Site) -> Option<(&'static str, String)> {
    const FORM: &str = "application/x-www-form-urlencoded";
    let json = |value: Value| Some(("application/json", value.to_string()));
    let method = "client_secret_basic";
    match name(route).as_str() {
        "POST /oauth2/token" => Some((FORM, "grant_type=client_credentials".to_owned())),
        "POST /oauth2/introspect" | "POST /oauth2/revoke" => Some((FORM, format!("token={}", about.token))),
        "POST /admin/v1/clients" => json(
            json!({ "client_name": "New", "token_endpoint_auth_method": method, "grant_types": ["client_credentials"], "scope": "read", "resources": [about.resource] }),
        ),
        "PATCH /admin/v1/clients/{id}" => json(json!({ "client_name": "Renamed" })),
        "POST /admin/v1/resources" => {
            json(json!({ "resource": format!("https://{}.example.com/", new_name()), "resource_name": "New" }))
        }
        "PATCH /admin/v1/resources" => json(json!({ "resource": about.resource, "disabled": false })),
        "POST /admin/v1/grants" => {
            json(json!({ "client_id": about.spare, "scope": "read", "resources": [about.resource] }))
        }
        "POST /admin/v1/tenants" => json(json!({ "id": new_name(), "name": "New" })),
        "PATCH /admin/v1/tenants/{id}" => json(json!({ "access_token_seconds": 300 })),
        "POST /admin/v1/administrators" => json(json!({ "name": "New", "reach": "tenant" })),
        _ => {
            let without_body = route.method == "GET"
                || ["/secret", "/revoke", "/rotate"]
                    .iter()
                    .any(|end| route.path.ends_with(end));
            assert!(
                without_body,
                "{}: this test does not know what to say there",
                name(route)
            );
            None
        }
    }
}

/// The path of a route with the ids of a site in it.
pub(crate) fn path_of(route: &Route, about: &Site) -> String {
    let id = match route.path.split('/').nth(3) {
        Some("clients") => about.spare.as_str(),
        Some("grants") => about.grant.as_str(),
        Some("administrators") if route.path.contains('{') => about.administrator.as_str(),
        Some("tenants") => about.tenant.id.as_str(),
        _ => "",
    };
    assert_eq!(
        route.path.contains("{id}"),
        !id.is_empty() && route.path.contains('{'),
        "{}: whose id is that?",
        route.path
    );
    route.path.replace("{id}", id)
}

/// Calls a route at one site, about the things of a site (the same or another), with these headers.
pub(crate) async fn call(world: &World, route: &Route, at: &Site, about: &Site, headers: &[(&str, String)]) -> Answer {
    let mut headers = headers.to_vec();
    let body = body_of(route, about);
    headers.extend(body.iter().map(|(kind, _)| ("content-type", (*kind).to_owned())));
    let path = path_of(route, about);
    let text = body.map(|(_, text)| text);
    if route.tenancy == Tenancy::Installation {
        headers.extend(at.tenant.host.iter().map(|host| ("host", host.clone())));
        return world.send(route.method.as_str(), &path, &headers, text).await;
    }
    at.tenant
        .send(world, route.method.as_str(), &path, &headers, text)
        .await
}

/// Every route, in the order of the table.
pub(crate) fn routes() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter()
}
