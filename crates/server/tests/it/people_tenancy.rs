//! People, their browsers and the software that registers itself: nothing of one tenant or person is another's (S-35, S-38), and no URL comes from a request (S-43).

use std::collections::BTreeMap;

use kernel::CallerKind;
use serde_json::{Value, json};
use server::{Body, Face, Route};
use testkit::{Answer, App, Asking, Browser, Client, Page, PageForm, Person, Tenant, World};

use crate::{setup::refused, sites};

const CALLBACK: &str = "https://app.example/callback";

/// A tenant with two people in it, who use an app, and a client that registered itself.
struct Home {
    tenant: Tenant,
    app: App,
    resource: String,
    alice: Resident,
    bob: Resident,
    /// A client that registered itself, and its registration access token.
    registered: (String, String),
}

/// A person, where they are signed in, and what is theirs.
struct Resident {
    person: Person,
    browser: Browser,
    session: String,
    grant: String,
    refresh: String,
    /// A consent page that they have open.
    open: Page,
}

impl Home {
    async fn new(world: &World, tenant: Tenant) -> Self {
        let path = format!("/admin/v1/tenants/{}", tenant.id);
        let opened = world.admin("PATCH", &path, Some(&json!({ "registration": "open" }))).await;
        assert_eq!(opened.status, 200, "{opened:?}");
        let resource = tenant.resource(world, &format!("https://{}.mcp.example/mcp", tenant.id), &[]).await;
        let members = json!({ "client_id": format!("app-of-{}", tenant.id), "client_name": "Atlas", "token_endpoint_auth_method": "none",
            "redirect_uris": [CALLBACK], "grant_types": ["authorization_code", "refresh_token"] });
        let made = tenant.admin(world, "POST", "/admin/v1/clients", Some(&members)).await;
        assert_eq!(made.status, 201, "{made:?}");
        let client = Client { id: made.text_of("client_id").to_owned(), secret: None, key: None, method: "none", issuer: tenant.issuer.clone() };
        let app = App { client, redirect_uri: CALLBACK.to_owned() };
        let alice = Resident::new(world, &tenant, &app, &resource, "alice").await;
        let bob = Resident::new(world, &tenant, &app, &resource, "bob").await;
        let body = json!({ "client_name": "Itself", "redirect_uris": [CALLBACK] });
        let made = register(world, &tenant, &body, &[]).await;
        assert_eq!(made.status, 201, "{made:?}");
        let registered = (made.text_of("client_id").to_owned(), made.text_of("registration_access_token").to_owned());
        Self { tenant, app, resource, alice, bob, registered }
    }

    /// Two by path and one with an origin of its own.
    async fn three(world: &World) -> [Self; 3] {
        [
            Self::new(world, world.root_tenant().await).await,
            Self::new(world, world.tenant_by_path("acme").await).await,
            Self::new(world, world.tenant_by_origin("globex", "https://auth.globex.example").await).await,
        ]
    }

    /// What nobody elsewhere may ever read.
    fn secrets(&self) -> Vec<String> {
        let of = |resident: &Resident| [&resident.person.id, &resident.person.login, &resident.session, &resident.grant].map(Clone::clone);
        let mut all = vec![self.app.client.id.clone(), self.resource.clone(), self.registered.0.clone()];
        all.extend(of(&self.alice));
        all.extend(of(&self.bob));
        all
    }

    /// Everything of it that an administrator sees, but for the audit log.
    async fn snapshot(&self, world: &World) -> Vec<Value> {
        let mut all = Vec::new();
        for what in ["clients", "resources", "grants", "users", "groups", "browser-sessions", "consent-rules"] {
            let answer = self.tenant.admin(world, "GET", &format!("/admin/v1/{what}?limit=500"), None).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            all.push(answer.body);
        }
        for id in [&self.alice.person.id, &self.bob.person.id] {
            all.push(self.tenant.admin(world, "GET", &format!("/admin/v1/users/{id}"), None).await.body);
        }
        all
    }
}

impl Resident {
    async fn new(world: &World, tenant: &Tenant, app: &App, resource: &str, name: &str) -> Self {
        let (login, password) = (format!("{name}-{}@demo.test", tenant.id), format!("a long password of {name}"));
        let made = tenant.admin(world, "POST", "/admin/v1/users", Some(&json!({ "login": login, "password": password }))).await;
        assert_eq!(made.status, 201, "{made:?}");
        let person = Person { id: made.text_of("id").to_owned(), login, password };
        let mut browser = Browser::at(tenant);
        let asking = Asking::new(app, Some(resource), Some("read"));
        let back = browser.agree(world, &person, &asking).await;
        assert_eq!(back.parameter("iss").as_deref(), Some(tenant.issuer.as_str()), "{back:?}");
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
        Self { person, browser, session, grant, refresh, open }
    }

    /// Posts to a form of ours as this person, with the token of their own pages.
    async fn posts(&self, world: &World, action: &str, fields: &[(&str, &str)]) -> Page {
        let mut browser = self.browser.clone();
        let page = browser.visit(world, "/agents").await;
        let mut form = page.form("stop-all");
        form.fields.retain(|(name, _)| name == "csrf");
        form.action = action.to_owned();
        browser.post(world, &form, fields).await
    }
}

async fn register(world: &World, tenant: &Tenant, body: &Value, headers: &[(&str, String)]) -> Answer {
    let mut all = vec![("content-type", "application/json".to_owned())];
    all.extend(headers.iter().cloned());
    tenant.send(world, "POST", "/oauth2/register", &all, Some(body.to_string())).await
}

/// The routes for people and for software that registers itself.
fn new_routes() -> impl Iterator<Item = &'static Route> {
    sites::routes().filter(|route| route.face != Face::Program || route.path.starts_with("/oauth2/register"))
}

/// What of an answer can differ between two that must look the same: the names of the request, and what is drawn for each page.
fn looks(page: &Page) -> (u16, Option<String>, Option<String>, usize) {
    (page.answer.status, page.location().map(str::to_owned), page.problem(), page.answer.text.len())
}

fn nothing_of(answer: &Answer, home: &Home, what: &str) {
    for secret in home.secrets() {
        assert!(!answer.text.contains(&secret), "{what} shows {secret}: {answer:?}");
        assert!(!answer.headers.iter().any(|(_, value)| value.contains(&secret)), "{what} shows {secret}: {answer:?}");
    }
}

/// A browser of one tenant brought to another: the same cookies, under the names that the other reads.
fn renamed(of: &Browser, to: &Browser) -> Browser {
    let mut moved = to.clone();
    moved.cookies.clear();
    for kind in ["browser", "session"] {
        let name = |browser: &Browser| browser.cookies.keys().find(|name| name.contains(&format!("prokura-{kind}"))).unwrap().clone();
        moved.cookies.insert(name(to), of.cookies[&name(of)].clone());
    }
    moved
}

/// A browser with other cookies.
fn holding(browser: &Browser, cookies: BTreeMap<String, String>) -> Browser {
    let mut browser = browser.clone();
    browser.cookies = cookies;
    browser
}

#[tokio::test]
async fn s_35_every_new_route_for_every_caller_is_of_its_own_tenant() {
    let world = World::new().await;
    let all = Home::three(&world).await;
    for (a, b) in [(0, 1), (1, 0), (1, 2), (2, 0)].map(|(a, b)| (&all[a], &all[b])) {
        let before = b.snapshot(&world).await;
        let of_b = [
            ("request", b.alice.open.form("consent").fields.iter().find(|(name, _)| name == "request").unwrap().1.clone()),
            ("user", b.alice.person.id.clone()),
            ("session", b.alice.session.clone()),
            ("grant", b.alice.grant.clone()),
            ("client", b.app.client.id.clone()),
            ("client_id", b.app.client.id.clone()),
            ("passkey", b.alice.person.id.clone()),
            ("tenant", b.tenant.id.clone()),
        ];
        let bearer = |token: &str| vec![("authorization", format!("Bearer {token}"))];
        let plain = Browser::at(&a.tenant);
        let callers: [(&str, Browser, Vec<(&str, String)>, bool); 8] = [
            ("no cookie", plain.clone(), vec![], false),
            ("A's person", a.alice.browser.clone(), vec![], true),
            ("A's other person", a.bob.browser.clone(), vec![], true),
            ("B's person", holding(&plain, b.alice.browser.cookies.clone()), vec![], false),
            ("B's person under the names of A", renamed(&b.alice.browser, &a.alice.browser), vec![], false),
            ("A's administrator", plain.clone(), bearer(&a.tenant.admin_token), false),
            ("B's administrator", plain.clone(), bearer(&b.tenant.admin_token), false),
            ("B's registered client", plain, bearer(&b.registered.1), false),
        ];
        for (who, browser, headers, signed_in) in callers {
            for route in new_routes() {
                let what = format!("{} at {} by {who} with names of {}", sites::name(route), a.tenant.id, b.tenant.id);
                let query: Vec<String> = of_b
                    .iter()
                    .filter(|(name, _)| *name != "request" || route.path != "/sign-out")
                    .map(|(name, value)| format!("{name}={}", value.replace(':', "%3A").replace('/', "%2F")))
                    .collect();
                let query = query.join("&");
                let path = route.path.replace("{id}", &b.registered.0).replace("{name}", "nothing.css");
                let mut browser = browser.clone();
                let mut headers = headers.clone();
                let (path, body) = match route.body {
                    Body::Form => (path, Some(query)),
                    Body::Json => {
                        headers.push(("content-type", "application/json".to_owned()));
                        (path, Some(json!({ "client_name": "New", "redirect_uris": [CALLBACK], "tenant": b.tenant.id, "client_id": b.registered.0 }).to_string()))
                    }
                    Body::None => (format!("{path}?{query}"), None),
                };
                let page = browser.send(&world, route.method.as_str(), &path, &headers, body).await;
                let answer = &page.answer;
                let own_page = route.admits == [CallerKind::BrowserUser];
                match (route.face, own_page, route.method.as_str()) {
                    (Face::Page, true, "GET") if !signed_in => assert_eq!(answer.status, 303, "{what}: {answer:?}"),
                    (Face::Page, true, "GET") => assert_eq!(answer.status, 200, "{what}: {answer:?}"),
                    (Face::OwnForm, true, _) if !signed_in => assert_eq!(answer.status, 401, "{what}: {answer:?}"),
                    (Face::OwnForm, ..) => assert_eq!((answer.status, page.location()), (page_status(&page), None), "{what}: {answer:?}"),
                    (Face::Program, _, "POST") if who == "A's administrator" => assert_eq!(answer.status, 201, "{what}: {answer:?}"),
                    (Face::Program, _, "POST") if headers.iter().any(|(name, _)| *name == "authorization") => assert_eq!(answer.status, 401, "{what}: {answer:?}"),
                    (Face::Program, _, "POST") => assert_eq!(answer.status, 201, "{what}: {answer:?}"),
                    (Face::Program, ..) => refused(answer, 401, "invalid_token", &what),
                    (Face::Page, ..) => assert!(answer.status < 500, "{what}: {answer:?}"),
                }
                if let Some(location) = page.location() {
                    let here = if a.tenant.prefix.is_empty() { "/" } else { a.tenant.prefix.as_str() };
                    assert!(location.starts_with(here), "{what} leads to {location}");
                }
                // What was sent comes back nowhere, and what lies at B even less.
                if sites::name(route) != "POST /oauth2/authorize" {
                    nothing_of(answer, b, &what);
                }
            }
        }
        assert_eq!(b.snapshot(&world).await, before, "nothing of {} changed", b.tenant.id);
    }
}

/// A form without a token of ours is refused as forged, or as of another browser: nothing else is looked at.
fn page_status(page: &Page) -> u16 {
    assert!(matches!(page.problem().as_deref(), Some("access_denied" | "invalid_request")), "{page:?}");
    assert!(matches!(page.answer.status, 400 | 403), "{page:?}");
    page.answer.status
}

#[tokio::test]
async fn s_35_what_is_another_persons_is_not_there() {
    let world = World::new().await;
    let all = Home::three(&world).await;
    // Of another tenant, and of the neighbour in the same one; and the other way round.
    let pairs = [
        (&all[0].alice, &all[1].alice, &all[1]),
        (&all[1].alice, &all[0].bob, &all[0]),
        (&all[2].alice, &all[1].bob, &all[1]),
        (&all[1].alice, &all[1].bob, &all[1]),
        (&all[1].bob, &all[1].alice, &all[1]),
        (&all[0].bob, &all[0].alice, &all[0]),
    ];
    let lives = async |home: &Home, resident: &Resident| {
        let mut browser = resident.browser.clone();
        assert!(browser.visit(&world, "/agents").await.answer.text.contains(&resident.grant), "the grant lives");
        let form = [
            ("grant_type", "refresh_token".to_owned()),
            ("client_id", home.app.client.id.clone()),
            ("refresh_token", resident.refresh.clone()),
        ];
        let tokens = home.tenant.post(&world, "/oauth2/token", &[], &form).await; // the same request again within its window
        assert_eq!(tokens.status, 200, "{tokens:?}");
    };
    for (me, other, home) in pairs {
        for (action, field, theirs, nothing) in [
            ("/agents/stop", "grant", other.grant.as_str(), "d0000000000000000000000000"),
            ("/account/sessions/end", "session", &other.session, "d0000000000000000000000000"),
            ("/account/passkeys/remove", "passkey", &other.session, "d0000000000000000000000000"),
        ] {
            let foreign = me.posts(&world, action, &[(field, theirs)]).await;
            let unknown = me.posts(&world, action, &[(field, nothing)]).await;
            assert_eq!(looks(&foreign), looks(&unknown), "{action}: foreign and unknown look the same: {foreign:?} {unknown:?}");
            assert!(foreign.answer.status != 200, "{foreign:?}");
        }
        // Everything of an app, and everything at all, is everything of one's own. What would say whose it is, is not read (S-38).
        let whose = [
            ("user", other.person.id.as_str()),
            ("user_id", &other.person.id),
            ("userId", &other.person.id),
            ("subject", &other.person.id),
            ("login", &other.person.login),
            ("tenant", &home.tenant.id),
            ("role", "admin"),
        ];
        for (action, own) in [("/agents/stop", ("client", "app-of-nobody")), ("/account/sessions/end", ("session", other.session.as_str()))] {
            let mut fields = vec![own];
            fields.extend(whose);
            me.posts(&world, action, &fields).await;
        }
        let mut browser = other.browser.clone();
        assert_eq!(browser.get(&world, "/account").await.answer.status, 200, "still signed in");
        lives(home, other).await;
    }
}

#[tokio::test]
async fn s_38_nothing_on_a_page_says_for_whom_it_is() {
    let world = World::new().await;
    let home = Home::new(&world, world.tenant_by_path("acme").await).await;
    let (alice, bob) = (&home.alice, &home.bob);
    let whose = |resident: &Resident| {
        [("user", resident.person.id.clone()), ("userId", resident.person.id.clone()), ("login", resident.person.login.clone()), ("session", resident.session.clone())]
    };
    fn with<'a>(mut fields: Vec<(&'a str, &'a str)>, whose: &'a [(&'static str, String); 4]) -> Vec<(&'a str, &'a str)> {
        fields.extend(whose.iter().map(|(name, value)| (*name, value.as_str())));
        fields
    }
    let of_bob = whose(bob);

    // A new password and new recovery codes are the signed-in person's.
    let done = alice.posts(&world, "/account/password", &with(vec![("current", &alice.person.password), ("password", "another long password")], &of_bob)).await;
    assert!(done.location().is_some_and(|to| to.ends_with("password-changed")), "{done:?}");
    let mut fresh = Browser::at(&home.tenant);
    let page = fresh.visit(&world, "/sign-in").await;
    fresh.sign_in(&world, &page, &bob.person.login, &bob.person.password).await;
    assert!(fresh.cookies.keys().any(|name| name.contains("session")), "bob's password is what it was");
    let made = alice.posts(&world, "/account/recovery-codes", &with(vec![], &of_bob)).await;
    assert_eq!(made.answer.status, 200, "{made:?}");
    let left = async |resident: &Resident| {
        let tenant = world.app.default_tenant().unwrap();
        let acme = tenant.store().tenants().await.unwrap().into_iter().find(|tenant| tenant.id.as_str() == "acme").unwrap();
        let acme = store::TenantDb::new(std::sync::Arc::clone(tenant.store()), std::sync::Arc::new(acme));
        acme.recovery_codes_left(&kernel::UserId::parse(&resident.person.id).unwrap()).await.unwrap()
    };
    assert_eq!(left(bob).await, 0);
    assert!(left(alice).await > 0);

    // A yes is the yes of whoever is signed in, to what was sealed and to nothing beside it.
    let mut browser = alice.browser.clone();
    let form = alice.open.form("consent");
    let mut fields = with(vec![("decision", "allow"), ("scope", "admin"), ("client_id", "another"), ("redirect_uri", "https://evil.example/"), ("resource", "https://evil.example/"), ("grant", &bob.grant)], &of_bob);
    fields.push(("status", "active"));
    fields.push(("basis", "x"));
    let back = browser.post(&world, &form, &fields).await;
    assert!(back.location().is_some_and(|url| url.starts_with(CALLBACK)) && back.parameter("code").is_some(), "{back:?}");
    let grants = async |resident: &Resident| {
        let path = format!("/admin/v1/users/{}/grants?limit=100", resident.person.id);
        let answer = home.tenant.admin(&world, "GET", &path, None).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body["grants"].as_array().unwrap().clone()
    };
    let newest = grants(alice).await.into_iter().find(|grant| grant["scope"] == "read write").unwrap();
    assert_eq!((newest["client_id"].as_str(), newest["resources"][0].as_str()), (Some(home.app.client.id.as_str()), Some(home.resource.as_str())), "{newest}");
    assert!(!grants(bob).await.iter().any(|grant| grant["scope"] == "read write"), "bob gave nothing");

    // Bob's open page is of no use in alice's browser, and hers of none in his.
    for (mine, theirs) in [(alice, bob), (bob, alice)] {
        let mut browser = mine.browser.clone();
        let stolen = browser.post(&world, &theirs.open.form("consent"), &[("decision", "allow")]).await;
        assert_eq!((stolen.answer.status, stolen.location()), (403, None), "{stolen:?}");
        let PageForm { fields, .. } = theirs.open.form("consent");
        let request = &fields.iter().find(|(name, _)| name == "request").unwrap().1;
        for path in ["/consent", "/sign-in"] {
            let page = browser.get(&world, &format!("{path}?request={request}")).await;
            assert_eq!((page.answer.status, page.location()), (400, None), "{path}: {page:?}");
            assert!(!page.has_form("consent"), "{page:?}");
        }
    }
}

#[tokio::test]
async fn s_35_cookies_of_tenants_on_one_origin_do_not_mix() {
    let world = World::new().await;
    let root = Home::new(&world, world.root_tenant().await).await;
    let acme = Home::new(&world, world.tenant_by_path("acme").await).await;
    // One browser at one origin: every tenant below it gets all the cookies.
    let jar = |homes: [&Home; 2]| -> BTreeMap<String, String> {
        homes.iter().flat_map(|home| home.alice.browser.cookies.clone()).collect()
    };
    let both = jar([&root, &acme]);
    assert_eq!(both.len(), root.alice.browser.cookies.len() + acme.alice.browser.cookies.len(), "no name is used twice: {both:?}");
    let at = |home: &Home| holding(&home.alice.browser, both.clone());
    for (home, other) in [(&root, &acme), (&acme, &root)] {
        let page = at(home).get(&world, "/account").await;
        assert_eq!(page.answer.status, 200, "{page:?}");
        assert!(page.answer.text.contains(&home.alice.person.login), "{page:?}");
        nothing_of(&page.answer, other, "the account page");
        // With the cookies of the other tenant alone nobody is there.
        let mut browser = holding(&home.alice.browser, other.alice.browser.cookies.clone());
        let page = browser.get(&world, "/account").await;
        assert!(page.location().is_some_and(|to| to.ends_with("/sign-in")), "{page:?}");
    }
    // To sign out of the one is not to sign out of the other.
    let mut browser = at(&acme);
    let page = browser.get(&world, "/sign-out").await;
    let form = page.find_form("/sign-out\"").unwrap();
    assert_eq!(browser.post(&world, &form, &[]).await.answer.status, 303);
    let mut browser = holding(&root.alice.browser, browser.cookies.clone());
    assert_eq!(browser.get(&world, "/account").await.answer.status, 200, "still signed in at the root");
    let page = at(&acme).get(&world, "/account").await;
    assert_eq!(page.answer.status, 303, "signed out at acme, whoever kept the cookie: {page:?}");
    // What one tenant sealed or signed, another does not open: the same browser, the same key, another tenant.
    let request = &root.alice.open.form("consent").fields.iter().find(|(name, _)| name == "request").unwrap().1.clone();
    let mut names = both.clone();
    names.insert("prokura-browser-acme".to_owned(), both["prokura-browser"].clone());
    let mut browser = holding(&acme.bob.browser, names);
    for path in ["/consent", "/sign-in"] {
        let page = browser.get(&world, &format!("{path}?request={request}")).await;
        assert_eq!((page.answer.status, page.location()), (400, None), "{path}: {page:?}");
    }
    let form = root.alice.open.form("consent");
    let moved = PageForm { action: "/t/acme/consent".to_owned(), ..form };
    let page = browser.post(&world, &moved, &[("decision", "allow")]).await;
    assert_eq!((page.answer.status, page.location()), (403, None), "{page:?}");
}

const LIARS: &[(&str, &str)] = &[
    ("x-forwarded-host", "evil.example"),
    ("x-forwarded-proto", "gopher"),
    ("x-forwarded-prefix", "/evil.example"),
    ("x-forwarded-port", "666"),
    ("x-forwarded-server", "evil.example"),
    ("forwarded", "host=evil.example;proto=gopher"),
    ("x-host", "evil.example"),
    ("x-original-host", "evil.example"),
    ("x-original-url", "https://evil.example/"),
    ("referer", "https://evil.example/"),
];

#[tokio::test]
async fn s_43_no_url_of_a_page_or_an_answer_comes_from_the_request() {
    let world = World::with_settings(|settings| settings.aliases.push("alias.test".to_owned())).await;
    let all = Home::three(&world).await;
    for home in &all {
        for alias in [false, true] {
            if alias && home.tenant.host.is_some() {
                continue; // the alias is another name of the installation's own origin
            }
            let mut lies: Vec<(&str, String)> = LIARS.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
            if alias {
                lies.push(("host", "alias.test".to_owned()));
            }
            let honest = |page: &Page, what: &str| {
                for lie in ["evil.example", "gopher", ":666", "alias.test"] {
                    assert!(!page.answer.text.contains(lie), "{what}: {page:?}");
                    assert!(!page.answer.headers.iter().any(|(_, value)| value.contains(lie)), "{what}: {page:?}");
                }
                for url in page.answer.text.split("http").skip(1).filter_map(|rest| rest.split(['"', '<', '&', ' ']).next()) {
                    let url = format!("http{url}");
                    let known = [home.tenant.issuer.as_str(), &home.resource, CALLBACK, "http://www.w3.org/"];
                    assert!(!url.contains("://") || known.iter().any(|known| url.starts_with(known)), "{what}: {url}");
                }
            };
            let asking = Asking::new(&home.app, Some(&home.resource), Some("read write")).with("prompt", Some("consent"));
            let mut stranger = Browser::at(&home.tenant);
            let mut path = asking.path();
            for step in ["authorize", "sign-in"] {
                let page = stranger.send(&world, "GET", &path, &lies, None).await;
                honest(&page, step);
                if let Some(location) = page.location() {
                    assert!(location.starts_with(&format!("{}/sign-in?request=", home.tenant.prefix)), "a path of ours: {location}");
                    path = location.to_owned();
                }
            }
            let mut browser = home.alice.browser.clone();
            for path in ["/", "/agents", "/account", "/sign-out", "/sign-in/recovery", "/consent?request=x", "/oauth2/authorize?client_id=nobody"] {
                honest(&browser.send(&world, "GET", path, &lies, None).await, path);
            }
            let page = browser.send(&world, "GET", &asking.path(), &lies, None).await;
            let page = browser.send(&world, "GET", page.location().unwrap(), &lies, None).await;
            honest(&page, "consent");
            if !alias {
                let back = browser.submit(&world, &page, "consent", &[("decision", "allow")]).await;
                assert_eq!(back.parameter("iss").as_deref(), Some(home.tenant.issuer.as_str()), "{back:?}");
            }
            let quiet = Asking::new(&home.app, Some(&home.resource), Some("read write")).with("prompt", Some("none"));
            let back = Browser::at(&home.tenant).send(&world, "GET", &quiet.path(), &lies, None).await;
            assert_eq!(back.parameter("iss").as_deref(), Some(home.tenant.issuer.as_str()), "{back:?}");

            let body = json!({ "client_name": "New", "redirect_uris": [CALLBACK] });
            let made = register(&world, &home.tenant, &body, &lies).await;
            assert_eq!(made.status, 201, "{made:?}");
            let uri = format!("{}/oauth2/register/{}", home.tenant.issuer, made.text_of("client_id"));
            assert_eq!(made.text_of("registration_client_uri"), uri);
            assert!(!made.text.contains("evil.example"), "{made:?}");
        }
    }
    // Under a name that is not ours, none of it is there.
    let home = &all[1];
    for host in ["evil.example", "auth.globex.example.evil.example", "localhost", ""] {
        for route in new_routes() {
            let path = home.tenant.path(&route.path.replace("{id}", &home.registered.0).replace("{name}", "x"));
            let mut browser = holding(&Browser::new(&world), home.alice.browser.cookies.clone());
            let answer = browser.send(&world, route.method.as_str(), &path, &[("host", host.to_owned())], None).await.answer;
            assert!(matches!(answer.status, 400 | 421), "{host} {path}: {answer:?}");
            nothing_of(&answer, home, &path);
        }
    }
}
