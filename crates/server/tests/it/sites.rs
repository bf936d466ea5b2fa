//! Tenants with something in them, and the requests that the route table can mean there: for the matrices of callers by route.

use std::sync::{
    Mutex,
    atomic::{AtomicU32, Ordering},
};

use kernel::CallerKind;
use serde_json::{Value, json};
use server::{Body, ROUTES, Route, Tenancy};
use testkit::{Answer, Browser, Client, Tenant, World};

/// A tenant, and one of everything in it.
pub(crate) struct Site {
    pub(crate) tenant: Tenant,
    /// A client with a secret and a grant.
    pub(crate) client: Client,
    /// A client that administration may change.
    pub(crate) spare: String,
    /// A grant of that client.
    pub(crate) grant: String,
    /// A grant that nobody takes back.
    pub(crate) kept: String,
    pub(crate) resource: String,
    /// An administrator whose token may be ended.
    pub(crate) administrator: String,
    /// A token of the client for the resource.
    pub(crate) token: String,
    /// A person who can sign in by [`PASSWORD`].
    pub(crate) user: String,
    pub(crate) login: String,
    /// Where that person signed in.
    pub(crate) browser_session: String,
    /// A group without people.
    pub(crate) group: String,
    /// A type of authorization details.
    pub(crate) detail_type: String,
    /// A capability of the catalogue.
    pub(crate) capability: String,
    /// What the other client waits for, with members of the group to say so.
    pub(crate) approval: String,
    /// A rule of central consent; another one when it was taken back.
    pub(crate) rule: Mutex<String>,
}

/// The password of every site's person.
pub(crate) const PASSWORD: &str = "four words make a sentence";

impl Site {
    pub(crate) async fn new(world: &World, tenant: Tenant) -> Self {
        let resource = tenant
            .resource(world, &format!("https://{}.mcp.example.com/mcp", tenant.id), &[])
            .await;
        let client = Client::register_at(world, &tenant, "client_secret_basic", "read write", &[&resource]).await;
        let spare_client = Client::register_at(world, &tenant, "client_secret_basic", "read", &[&resource]).await;
        let spare = spare_client.id.clone();
        let grants = tenant.admin(world, "GET", "/admin/v1/grants", None).await;
        let grant_of = |client: &str| {
            let mut all = grants.body["grants"].as_array().unwrap().iter();
            let found = all.find(|grant| grant["client_id"] == client).unwrap();
            found["id"].as_str().unwrap().to_owned()
        };
        let (grant, kept) = (grant_of(&spare), grant_of(&client.id));
        let answer = tenant
            .token(world, &client, &[("resource", resource.clone())], &[])
            .await;
        let token = crate::setup::access_token(&answer);
        let body = json!({ "name": "Spare", "reach": "tenant" });
        let made = tenant
            .admin(world, "POST", "/admin/v1/administrators", Some(&body))
            .await;
        let administrator = made.body["id"].as_str().unwrap().to_owned();
        let (group, login) = (
            format!("group-of-{}", tenant.id),
            format!("alice@{}.demo.test", tenant.id),
        );
        make_group(world, &tenant, &group).await;
        let detail_type = format!("payment-of-{}", tenant.id);
        make_detail_type(world, &tenant, &detail_type).await;
        let capability = format!("sell-of-{}", tenant.id);
        make_capability(world, &tenant, &capability).await;
        let approval = make_approval(world, &tenant, &spare_client, &group, &resource).await;
        let body = json!({ "login": login, "password": PASSWORD });
        let made = tenant.admin(world, "POST", "/admin/v1/users", Some(&body)).await;
        let user = made.body["id"].as_str().unwrap().to_owned();
        sign_in(world, &tenant, &login, PASSWORD).await;
        let path = format!("/admin/v1/browser-sessions?user={user}");
        let sessions = tenant.admin(world, "GET", &path, None).await;
        let browser_session = sessions.body["browser_sessions"][0]["id"].as_str().unwrap().to_owned();
        let rule = Mutex::new(make_rule(world, &tenant, &spare).await);
        Self {
            tenant,
            client,
            spare,
            grant,
            kept,
            resource,
            administrator,
            token,
            user,
            login,
            browser_session,
            group,
            detail_type,
            capability,
            approval,
            rule,
        }
    }

    /// Names of it that nobody elsewhere may ever read.
    pub(crate) fn secrets(&self) -> [String; 15] {
        [
            self.client.id.clone(),
            self.spare.clone(),
            self.grant.clone(),
            self.resource.clone(),
            self.tenant.issuer.clone(),
            self.tenant.admin_token.clone(),
            self.administrator.clone(),
            self.user.clone(),
            self.login.clone(),
            self.browser_session.clone(),
            self.group.clone(),
            self.detail_type.clone(),
            self.capability.clone(),
            self.approval.clone(),
            self.rule.lock().unwrap().clone(),
        ]
    }
}

async fn make_group(world: &World, tenant: &Tenant, id: &str) {
    let body = json!({ "id": id, "kind": "group", "name": "People" });
    let made = tenant.admin(world, "POST", "/admin/v1/groups", Some(&body)).await;
    assert_eq!(made.status, 201, "{made:?}");
}

async fn make_detail_type(world: &World, tenant: &Tenant, id: &str) {
    let mut body = detail_type(id);
    body["type"] = id.into();
    let made = tenant.admin(world, "POST", "/admin/v1/detail-types", Some(&body)).await;
    assert_eq!(made.status, 201, "{made:?}");
}

/// What is registered for a type of authorization details, but for its name.
fn detail_type(id: &str) -> Value {
    let schema = json!({ "properties": { "type": { "const": id }, "amount": true }, "additionalProperties": false });
    json!({ "name": "Payment", "words": { "en": "pay {amount}" }, "schema": schema, "narrowing": { "amount": "at_most" } })
}

async fn make_capability(world: &World, tenant: &Tenant, name: &str) {
    let path = format!("/admin/v1/capabilities/{name}");
    let made = tenant.admin(world, "PUT", &path, Some(&capability())).await;
    assert_eq!(made.status, 200, "{made:?}");
}

/// What is entered for a capability, but for its name.
fn capability() -> Value {
    json!({ "description": "Sell things", "approval_strength": "session", "input_schema": { "type": "object" } })
}

/// A set of policies that nothing else is, with the capability of a site.
fn policies(about: &Site) -> Value {
    let mut capability = capability();
    capability["name"] = about.capability.as_str().into();
    let text = format!("@id(\"{}\") permit(principal, action, resource);", new_name());
    json!({ "policies": text, "capabilities": [capability] })
}

/// The client asks for more than its grant says, and would wait.
async fn make_approval(world: &World, tenant: &Tenant, client: &Client, group: &str, resource: &str) -> String {
    let path = format!("/admin/v1/clients/{}", client.id);
    let approvers = json!({ "approvers": group });
    let changed = tenant.admin(world, "PATCH", &path, Some(&approvers)).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    let form = [
        ("resource", resource.to_owned()),
        ("scope", "write".to_owned()),
        ("completion_mode", "deferred".to_owned()),
    ];
    let answer = tenant.token(world, client, &form, &[]).await;
    assert_eq!(answer.error(), "authorization_pending", "{answer:?}");
    let listed = tenant.admin(world, "GET", "/admin/v1/approvals", None).await;
    listed.body["approvals"][0]["id"].as_str().unwrap().to_owned()
}

async fn make_rule(world: &World, tenant: &Tenant, client: &str) -> String {
    let body = json!({ "effect": "allow", "client_id": client, "scope": "read" });
    let made = tenant
        .admin(world, "POST", "/admin/v1/consent-rules", Some(&body))
        .await;
    assert_eq!(made.status, 201, "{made:?}");
    made.body["id"].as_str().unwrap().to_owned()
}

/// Signs a person in, and says what their browser's `Cookie` header is then.
pub(crate) async fn sign_in(world: &World, tenant: &Tenant, login: &str, password: &str) -> String {
    let (browser, answer) = try_to_sign_in(world, tenant, login, password).await;
    assert_eq!(answer.status, 303, "{answer:?}");
    browser.cookie_header().unwrap()
}

/// The same, whether or not they are let in.
pub(crate) async fn try_to_sign_in(world: &World, tenant: &Tenant, login: &str, password: &str) -> (Browser, Answer) {
    let mut browser = Browser::at(tenant);
    let page = browser.visit(world, "/sign-in").await;
    let typed = [("login", login), ("password", password)];
    let answer = browser.submit(world, &page, "sign-in", &typed).await.answer;
    (browser, answer)
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
        "POST /access/v1/requests" => json(json!({
            "subject": { "type": "client", "id": about.client.id }, "action": { "name": "access" }, "resource": { "type": "resource", "id": about.resource },
            "denial": { "evaluation_id": "none", "expires_at": "2026-11-18T12:00:00Z" },
        })),
        _ if route.path.starts_with("/access/v1/") && route.body == Body::Question => json(json!({
            "subject": { "type": "client", "id": about.client.id }, "action": { "name": "access" }, "resource": { "type": "resource", "id": about.resource },
        })),
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
        "PATCH /admin/v1/grants/{id}" => json(json!({ "depth": 0 })),
        "POST /admin/v1/tenants" => json(json!({ "id": new_name(), "name": "New" })),
        "PATCH /admin/v1/tenants/{id}" => json(json!({ "access_token_seconds": 300 })),
        "POST /admin/v1/administrators" => json(json!({ "name": "New", "reach": "tenant" })),
        "POST /admin/v1/users" => json(json!({ "login": format!("{}@demo.test", new_name()) })),
        "PATCH /admin/v1/users/{id}" => json(json!({ "profile": { "nickname": "Al" } })),
        "POST /admin/v1/users/{id}/password" => json(json!({ "password": PASSWORD })),
        "POST /admin/v1/groups" => json(json!({ "id": new_name(), "kind": "role", "name": "New" })),
        "POST /admin/v1/consent-rules" => json(json!({ "effect": "allow", "client_id": about.spare, "scope": "read" })),
        "POST /admin/v1/detail-types" => {
            let id = new_name();
            let mut body = detail_type(&id);
            body["type"] = id.into();
            json(body)
        }
        "PUT /admin/v1/detail-types/{id}" => json(detail_type(&about.detail_type)),
        "PUT /admin/v1/policies" | "POST /admin/v1/policies/replay" => json(policies(about)),
        "POST /admin/v1/policies/explain" => json(json!({ "question": {
            "principal": { "type": "Client", "id": about.client.id }, "action": "access",
            "resource": { "type": "Resource", "id": about.resource }, "input": { "scopes": ["read"], "types": [] },
        } })),
        "PUT /admin/v1/capabilities/{id}" => json(capability()),
        "POST /oauth2/register" | "PUT /oauth2/register/{id}" => {
            json(json!({ "client_name": "New", "redirect_uris": ["https://new.example.com/callback"] }))
        }
        "POST /oauth2/authorize" => Some((FORM, "client_id=nobody".to_owned())),
        "POST /oauth2/logout" => Some((FORM, "state=x".to_owned())),
        "POST /oauth2/userinfo" => Some((FORM, String::new())), // the token stands in the header
        _ if route.body == Body::Form => Some((FORM, "a=b".to_owned())), // of a page: without its token nothing else is read
        _ => {
            let without_body = route.method == "GET"
                || route.method == "DELETE"
                || [
                    "/secret",
                    "/revoke",
                    "/rotate",
                    "/recovery-code",
                    "/sign-out",
                    "/end",
                    "/cancel",
                    "/attestation-challenge",
                ]
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
    let rule = about.rule.lock().unwrap();
    let id = match route.path.split('/').nth(3) {
        Some("clients") => about.spare.as_str(),
        Some("{id}") if route.path.starts_with("/oauth2/register") => about.spare.as_str(),
        _ if route.path.starts_with("/access/v1/requests/") => about.approval.as_str(),
        Some("grants") if route.method == "PATCH" => about.kept.as_str(),
        Some("grants") => about.grant.as_str(),
        Some("{id}") if route.path.starts_with("/agents/grants/") => about.grant.as_str(),
        Some("administrators") if route.path.contains('{') => about.administrator.as_str(),
        Some("tenants") => about.tenant.id.as_str(),
        Some("users") => about.user.as_str(),
        Some("groups") => about.group.as_str(),
        Some("browser-sessions") => about.browser_session.as_str(),
        Some("consent-rules") => rule.as_str(),
        Some("detail-types") => about.detail_type.as_str(),
        Some("capabilities") => about.capability.as_str(),
        Some("policies") => "1",
        Some("approvals") => about.approval.as_str(),
        None if route.path.starts_with("/approvals/") => about.approval.as_str(),
        _ => "",
    };
    assert!(
        !route.path.contains("{id}") || !id.is_empty(),
        "{}: whose id is that?",
        route.path
    );
    route.path.replace("{id}", id).replace("{name}", "nothing.css")
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
    let answer = at
        .tenant
        .send(world, route.method.as_str(), &path, &headers, text)
        .await;
    if answer.status == 200 && route.method == "DELETE" {
        replace(world, route, about).await;
    }
    answer
}

/// What was deleted is made again, for whoever asks next.
async fn replace(world: &World, route: &Route, about: &Site) {
    match name(route).as_str() {
        "DELETE /admin/v1/groups/{id}" => make_group(world, &about.tenant, &about.group).await,
        "DELETE /admin/v1/detail-types/{id}" => make_detail_type(world, &about.tenant, &about.detail_type).await,
        "DELETE /admin/v1/capabilities/{id}" => make_capability(world, &about.tenant, &about.capability).await,
        "DELETE /admin/v1/consent-rules/{id}" => {
            let rule = make_rule(world, &about.tenant, &about.spare).await;
            *about.rule.lock().unwrap() = rule;
        }
        other => panic!("{other}: this test does not know what was deleted"),
    }
}

/// Every route, in the order of the table.
pub(crate) fn routes() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter()
}

/// The routes of administration.
pub(crate) fn administration() -> impl Iterator<Item = &'static Route> {
    routes().filter(|route| route.admits == [CallerKind::Administrator])
}
