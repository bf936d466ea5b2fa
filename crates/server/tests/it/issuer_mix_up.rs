//! Every answer says who gives it, so that an app that knows several servers cannot mix them up (S-06; RFC 9207).

use serde_json::json;
use testkit::{Asking, Browser, Page, Person, Tenant, World};

use crate::front::WEB;

const MCP: &str = "https://mcp.example.com/mcp";

/// A tenant with a resource, a person and an app.
struct Site {
    tenant: Tenant,
    person: Person,
    client: String,
}

impl Site {
    async fn new(world: &World, tenant: Tenant) -> Self {
        tenant.resource(world, MCP, &[]).await;
        let (login, password) = ("alice@demo.test".to_owned(), "four words make a sentence".to_owned());
        let body = json!({ "login": login, "password": password });
        let made = tenant.admin(world, "POST", "/admin/v1/users", Some(&body)).await;
        assert_eq!(made.status, 201, "{made:?}");
        let id = made.text_of("id").to_owned();
        let body = json!({
            "client_id": "atlas", "client_name": "Atlas", "token_endpoint_auth_method": "none", "redirect_uris": [WEB],
            "grant_types": ["authorization_code", "refresh_token"],
        });
        let made = tenant.admin(world, "POST", "/admin/v1/clients", Some(&body)).await;
        assert_eq!(made.status, 201, "{made:?}");
        Self {
            tenant,
            person: Person { id, login, password },
            client: made.text_of("client_id").to_owned(),
        }
    }

    fn asking(&self) -> Asking {
        Asking::of(&self.client, WEB, Some(MCP), Some("read"))
    }

    async fn browser(&self, world: &World) -> Browser {
        let mut browser = Browser::at(&self.tenant);
        let page = browser.visit(world, "/sign-in").await;
        let page = browser
            .sign_in(world, &page, &self.person.login, &self.person.password)
            .await;
        assert_eq!(page.answer.status, 200, "{page:?}");
        browser
    }
}

/// The installation's own tenant, one by path, one by origin.
async fn three(world: &World) -> [Site; 3] {
    let by_origin = world.tenant_by_origin("globex", "https://auth.globex.example").await;
    let by_path = world.tenant_by_path("acme").await;
    [
        Site::new(world, world.root_tenant().await).await,
        Site::new(world, by_path).await,
        Site::new(world, by_origin).await,
    ]
}

/// The answer says who gives it: once, and byte for byte the issuer of the discovery document.
fn says_who(page: &Page, site: &Site, asking: &Asking, what: &str) {
    let location = page.location().unwrap_or_else(|| panic!("{what}: {page:?}"));
    assert!(location.starts_with("https://app.example/cb?"), "{what}: {location}");
    let url = url(location);
    let all = |name: &str| {
        url.iter()
            .filter(|(known, _)| known == name)
            .map(|(_, value)| value.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(all("iss").join(" and "), site.tenant.issuer, "{what}: {location}");
    assert_eq!(all("state").join(" and "), asking.get("state"), "{what}: {location}");
}

/// The parameters of a URL's query.
fn url(location: &str) -> Vec<(String, String)> {
    let query = location.split_once('?').map_or("", |(_, query)| query);
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), kernel::form::decode(value.as_bytes()).unwrap()))
        .collect()
}

#[tokio::test]
async fn s_06_every_answer_of_every_kind_of_tenant_says_who_gives_it() {
    let world = World::new().await;
    for site in three(&world).await {
        let metadata = site.tenant.get(&world, "/.well-known/openid-configuration").await;
        assert_eq!(metadata.text_of("issuer"), site.tenant.issuer);
        assert_eq!(
            metadata.body["authorization_response_iss_parameter_supported"],
            json!(true)
        );
        let mut browser = site.browser(&world).await;

        // Errors.
        for (name, value, code) in [
            ("response_type", "token", "unsupported_response_type"),
            ("response_mode", "fragment", "invalid_request"),
            ("code_challenge_method", "plain", "invalid_request"),
            ("scope", "unheard-of", "invalid_scope"),
            ("resource", "https://elsewhere.example/mcp", "invalid_target"),
            ("prompt", "sometimes", "invalid_request"),
            ("prompt", "none", "consent_required"),
        ] {
            let asking = site.asking().with(name, Some(value));
            let page = browser.visit(&world, &asking.path()).await;
            assert_eq!(page.parameter("error").as_deref(), Some(code), "{name}: {page:?}");
            says_who(&page, &site, &asking, code);
        }
        let asking = site.asking().with("prompt", Some("none"));
        let page = Browser::at(&site.tenant).visit(&world, &asking.path()).await;
        assert_eq!(page.parameter("error").as_deref(), Some("login_required"), "{page:?}");
        says_who(&page, &site, &asking, "login_required");
        let asking = site.asking();
        let page = browser.visit(&world, &asking.path()).await;
        let page = browser.submit(&world, &page, "consent", &[("decision", "deny")]).await;
        assert_eq!(page.parameter("error").as_deref(), Some("access_denied"), "{page:?}");
        says_who(&page, &site, &asking, "access_denied");

        // A yes, and a yes that stands.
        for what in ["a yes", "a yes that stands"] {
            let asking = site.asking();
            let page = browser.agree(&world, &site.person, &asking).await;
            assert!(page.parameter("code").is_some(), "{page:?}");
            says_who(&page, &site, &asking, what);
        }

        // What an administrator decided, for and against.
        for (effect, key) in [("allow", "code"), ("forbid", "error")] {
            let rule = json!({ "effect": effect, "scope": "write" });
            let made = site
                .tenant
                .admin(&world, "POST", "/admin/v1/consent-rules", Some(&rule))
                .await;
            assert_eq!(made.status, 201, "{made:?}");
            let asking = site.asking().with("scope", Some("write"));
            let page = browser.visit(&world, &asking.path()).await;
            assert!(page.parameter(key).is_some(), "{effect}: {page:?}");
            says_who(&page, &site, &asking, effect);
        }
    }
}

#[tokio::test]
async fn s_06_no_request_says_who_answers() {
    let world = World::new().await;
    let [site, ..] = three(&world).await;
    let mut browser = site.browser(&world).await;
    let asking = site
        .asking()
        .with("iss", Some("https://evil.example"))
        .with("issuer", Some("https://evil.example"));
    let page = browser.agree(&world, &site.person, &asking).await;
    says_who(&page, &site, &asking, "a yes");
    let bad = asking.with("scope", Some("unheard-of"));
    let page = browser.visit(&world, &bad.path()).await;
    says_who(&page, &site, &bad, "an error");
}

#[tokio::test]
async fn s_06_a_code_is_good_where_it_comes_from_and_nowhere_else() {
    let world = World::new().await;
    let sites = three(&world).await;
    for from in &sites {
        let asking = from.asking();
        let page = from.browser(&world).await.agree(&world, &from.person, &asking).await;
        let code = page.parameter("code").unwrap();
        let form = [
            ("grant_type", "authorization_code".to_owned()),
            ("client_id", "atlas".to_owned()),
            ("code", code),
            ("redirect_uri", WEB.to_owned()),
            ("code_verifier", asking.verifier.clone()),
        ];
        for elsewhere in sites.iter().filter(|site| site.tenant.issuer != from.tenant.issuer) {
            let answer = elsewhere.tenant.post(&world, "/oauth2/token", &[], &form).await;
            assert_eq!((answer.status, answer.error()), (400, "invalid_grant"), "{answer:?}");
        }
        let answer = from.tenant.post(&world, "/oauth2/token", &[], &form).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}
