//! Tenants in which people live: who is signed in, what they gave to an app, and a client that registered itself.

use serde_json::{Value, json};
use server::{Face, Route};
use testkit::{Answer, App, Asking, Browser, Client, Page, Person, Tenant, World};

use crate::sites;

pub(crate) const CALLBACK: &str = "https://app.example/callback";

/// A tenant with two people in it, who use an app, and a client that registered itself.
pub(crate) struct Home {
    pub(crate) tenant: Tenant,
    pub(crate) app: App,
    pub(crate) resource: String,
    pub(crate) alice: Resident,
    pub(crate) bob: Resident,
    /// A client that registered itself, and its registration access token.
    pub(crate) registered: (String, String),
}

/// A person, where they are signed in, and what is theirs.
pub(crate) struct Resident {
    pub(crate) person: Person,
    pub(crate) browser: Browser,
    pub(crate) session: String,
    pub(crate) grant: String,
    pub(crate) refresh: String,
    /// A consent page that they have open.
    pub(crate) open: Page,
}

impl Home {
    pub(crate) async fn new(world: &World, tenant: Tenant) -> Self {
        let path = format!("/admin/v1/tenants/{}", tenant.id);
        let opened = world
            .admin("PATCH", &path, Some(&json!({ "registration": "open" })))
            .await;
        assert_eq!(opened.status, 200, "{opened:?}");
        let resource = tenant
            .resource(world, &format!("https://{}.mcp.example/mcp", tenant.id), &[])
            .await;
        let members = json!({ "client_id": format!("app-of-{}", tenant.id), "client_name": "Atlas", "token_endpoint_auth_method": "none",
            "redirect_uris": [CALLBACK], "grant_types": ["authorization_code", "refresh_token"] });
        let made = tenant.admin(world, "POST", "/admin/v1/clients", Some(&members)).await;
        assert_eq!(made.status, 201, "{made:?}");
        let client = Client {
            id: made.text_of("client_id").to_owned(),
            secret: None,
            key: None,
            method: "none",
            issuer: tenant.issuer.clone(),
        };
        let app = App {
            client,
            redirect_uri: CALLBACK.to_owned(),
        };
        let alice = Resident::new(world, &tenant, &app, &resource, "alice").await;
        let bob = Resident::new(world, &tenant, &app, &resource, "bob").await;
        let body = json!({ "client_name": "Itself", "redirect_uris": [CALLBACK] });
        let made = register(world, &tenant, &body, &[]).await;
        assert_eq!(made.status, 201, "{made:?}");
        let registered = (
            made.text_of("client_id").to_owned(),
            made.text_of("registration_access_token").to_owned(),
        );
        Self {
            tenant,
            app,
            resource,
            alice,
            bob,
            registered,
        }
    }

    /// Two by path and one with an origin of its own.
    pub(crate) async fn three(world: &World) -> [Self; 3] {
        [
            Self::new(world, world.root_tenant().await).await,
            Self::new(world, world.tenant_by_path("acme").await).await,
            Self::new(
                world,
                world.tenant_by_origin("globex", "https://auth.globex.example").await,
            )
            .await,
        ]
    }

    /// What nobody elsewhere may ever read.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let of = |resident: &Resident| {
            [
                &resident.person.id,
                &resident.person.login,
                &resident.session,
                &resident.grant,
            ]
            .map(Clone::clone)
        };
        let mut all = vec![
            self.app.client.id.clone(),
            self.resource.clone(),
            self.registered.0.clone(),
        ];
        all.extend(of(&self.alice));
        all.extend(of(&self.bob));
        all
    }

    /// Everything of it that an administrator sees, but for the audit log.
    pub(crate) async fn snapshot(&self, world: &World) -> Vec<Value> {
        let mut all = Vec::new();
        for what in [
            "clients",
            "resources",
            "grants",
            "users",
            "groups",
            "browser-sessions",
            "consent-rules",
            "detail-types",
            "approvals",
        ] {
            let answer = self
                .tenant
                .admin(world, "GET", &format!("/admin/v1/{what}?limit=500"), None)
                .await;
            assert_eq!(answer.status, 200, "{answer:?}");
            all.push(answer.body);
        }
        for id in [&self.alice.person.id, &self.bob.person.id] {
            all.push(
                self.tenant
                    .admin(world, "GET", &format!("/admin/v1/users/{id}"), None)
                    .await
                    .body,
            );
        }
        all
    }
}

impl Resident {
    pub(crate) async fn new(world: &World, tenant: &Tenant, app: &App, resource: &str, name: &str) -> Self {
        let (login, password) = (
            format!("{name}-{}@demo.test", tenant.id),
            format!("a long password of {name}"),
        );
        let made = tenant
            .admin(
                world,
                "POST",
                "/admin/v1/users",
                Some(&json!({ "login": login, "password": password })),
            )
            .await;
        assert_eq!(made.status, 201, "{made:?}");
        let person = Person {
            id: made.text_of("id").to_owned(),
            login,
            password,
        };
        let mut browser = Browser::at(tenant);
        let asking = Asking::new(app, Some(resource), Some("read"));
        let back = browser.agree(world, &person, &asking).await;
        assert_eq!(
            back.parameter("iss").as_deref(),
            Some(tenant.issuer.as_str()),
            "{back:?}"
        );
        let form = [
            ("grant_type", "authorization_code".to_owned()),
            ("client_id", app.client.id.clone()),
            ("code", back.parameter("code").unwrap()),
            ("redirect_uri", CALLBACK.to_owned()),
            ("code_verifier", asking.verifier.clone()),
        ];
        let tokens = tenant.post(world, "/oauth2/token", &[], &form).await;
        assert_eq!(tokens.status, 200, "{tokens:?}");
        let list = async |path: String| tenant.admin(world, "GET", &path, None).await;
        let sessions = list(format!("/admin/v1/browser-sessions?user={}", person.id)).await;
        let session = sessions.body["browser_sessions"][0]["id"].as_str().unwrap().to_owned();
        let agents = browser.visit(world, "/agents").await;
        let (_, rest) = agents.answer.text.split_once("data-grant=\"").unwrap();
        let grant = rest.split_once('"').unwrap().0.to_owned();
        let wider = Asking::new(app, Some(resource), Some("read write"));
        let open = browser.visit(world, &wider.path()).await;
        assert!(open.has_form("consent"), "{open:?}");
        let refresh = tokens.text_of("refresh_token").to_owned();
        Self {
            person,
            browser,
            session,
            grant,
            refresh,
            open,
        }
    }

    /// Posts to a form of ours as this person, with the token of their own pages.
    pub(crate) async fn posts(&self, world: &World, action: &str, fields: &[(&str, &str)]) -> Page {
        let mut browser = self.browser.clone();
        let page = browser.visit(world, "/agents").await;
        let mut form = page.form("stop-all");
        form.fields.retain(|(name, _)| name == "csrf");
        form.action = action.to_owned();
        browser.post(world, &form, fields).await
    }
}

pub(crate) async fn register(world: &World, tenant: &Tenant, body: &Value, headers: &[(&str, String)]) -> Answer {
    let mut all = vec![("content-type", "application/json".to_owned())];
    all.extend(headers.iter().cloned());
    tenant
        .send(world, "POST", "/oauth2/register", &all, Some(body.to_string()))
        .await
}

/// The routes for people and for software that registers itself.
pub(crate) fn new_routes() -> impl Iterator<Item = &'static Route> {
    sites::routes().filter(|route| route.face != Face::Program || route.path.starts_with("/oauth2/register"))
}

pub(crate) fn nothing_of(answer: &Answer, home: &Home, what: &str) {
    for secret in home.secrets() {
        assert!(!answer.text.contains(&secret), "{what} shows {secret}: {answer:?}");
        assert!(
            !answer.headers.iter().any(|(_, value)| value.contains(&secret)),
            "{what} shows {secret}: {answer:?}"
        );
    }
}
