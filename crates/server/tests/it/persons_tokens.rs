//! What acts for a person falls silent when anything that it stands on is taken away: at once, on every node, with everything warm (S-36, S-37).

use std::time::Duration;

use serde_json::{Value, json};
use server::Jobs;
use testkit::{Asking, Browser, Client, World};

use crate::{
    people::{CALLBACK, Cast, Tokens, tokens},
    setup::{MCP, introspect, refused},
};

/// How long a test waits for what a node reads anew every second.
const PATIENCE: Duration = Duration::from_secs(10);

/// A cast with a second node, and an authorization that both have just seen in use.
struct Warm {
    cast: Cast,
    second: World,
    held: Tokens,
}

impl Warm {
    async fn new(cast: Cast) -> Self {
        let second = cast.world.second_node().await;
        let mut held = cast.tokens(None).await;
        for node in [&cast.world, &second] {
            assert!(cast.counts_at(node, &held.access).await);
            held = tokens(&node.refresh(&cast.app, &held.refresh, &[], &[]).await);
            assert!(cast.counts_at(node, &held.access).await);
            assert!(!signed_out(node, &cast.browser).await);
        }
        Self { cast, second, held }
    }

    fn nodes(&self) -> [&World; 2] {
        [&self.second, &self.cast.world] // the one that was not told first
    }

    /// A call of administration, at the first node.
    async fn admin(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = (!body.is_null()).then_some(body);
        let answer = self.cast.world.admin(method, path, body).await;
        assert!((200..300).contains(&answer.status), "{answer:?}");
        answer.body
    }

    /// Both nodes, at the very next request: the access token does not count, and the line is refused like this.
    async fn is_silent(&self, status: u16, error: &str, what: &str) {
        for node in self.nodes() {
            let shown = introspect(node, &self.cast.gateway, &self.held.access).await;
            assert_eq!(shown, json!({ "active": false }), "{what}: RFC 7662 s2.2");
            let answer = node.refresh(&self.cast.app, &self.held.refresh, &[], &[]).await;
            refused(&answer, status, error, what);
        }
    }

    /// Both nodes: everything as before.
    async fn speaks(&mut self, what: &str) {
        for node in [&self.cast.world, &self.second] {
            assert!(self.cast.counts_at(node, &self.held.access).await, "{what}");
            self.held = tokens(&node.refresh(&self.cast.app, &self.held.refresh, &[], &[]).await);
        }
    }

    /// Does something on a page of alice's browser.
    async fn on_page(&self, path: &str, mark: &str) {
        let mut browser = self.cast.browser.clone();
        let page = browser.visit(&self.cast.world, path).await;
        let form = page.find_form(mark).unwrap_or_else(|| panic!("no {mark} on {page:?}"));
        let page = browser.post(&self.cast.world, &form, &[]).await;
        assert_eq!(page.answer.status, 303, "{page:?}");
    }
}

/// Whether a browser has to sign in first, at this node.
async fn signed_out(node: &World, browser: &Browser) -> bool {
    browser.clone().get(node, "/agents").await.location() == Some("/sign-in")
}

#[tokio::test]
async fn s_36_a_disabled_person_is_silent_on_every_node() {
    let mut warm = Warm::new(Cast::with("none").await).await;
    let path = format!("/admin/v1/users/{}", warm.cast.alice.id);
    warm.admin("PATCH", &path, &json!({ "disabled": true })).await;
    warm.is_silent(400, "invalid_grant", "the person").await;
    for node in warm.nodes() {
        assert!(signed_out(node, &warm.cast.browser).await);
        let mut browser = Browser::new(node);
        let page = browser.visit(node, "/sign-in").await;
        let alice = &warm.cast.alice;
        let page = browser.sign_in(node, &page, &alice.login, &alice.password).await;
        assert_eq!(page.answer.status, 403, "nor in anew: {page:?}");
    }
    warm.admin("PATCH", &path, &json!({ "disabled": false })).await;
    warm.speaks("enabled again: disabling takes nothing away").await;
    assert!(
        signed_out(&warm.second, &warm.cast.browser).await,
        "but whoever was signed in is out"
    );
    warm.second.end().await;
}

#[tokio::test]
async fn s_36_a_disabled_client_or_resource_is_silent_on_every_node() {
    for method in ["none", "private_key_jwt"] {
        let mut warm = Warm::new(Cast::with(method).await).await;
        let path = format!("/admin/v1/clients/{}", warm.cast.app.client.id);
        warm.admin("PATCH", &path, &json!({ "disabled": true })).await;
        warm.is_silent(401, "invalid_client", "the client").await;
        warm.admin("PATCH", &path, &json!({ "disabled": false })).await;
        warm.speaks("the client, enabled again").await;
        let place = |disabled: bool| json!({ "resource": MCP, "disabled": disabled });
        warm.admin("PATCH", "/admin/v1/resources", &place(true)).await;
        warm.is_silent(400, "invalid_target", "the resource").await;
        warm.admin("PATCH", "/admin/v1/resources", &place(false)).await;
        warm.speaks("the resource, enabled again").await;
        warm.second.end().await;
    }
}

#[tokio::test]
async fn s_37_a_revoked_grant_is_silent_on_every_node_root_or_child() {
    for of_what in ["consent", "authorization"] {
        let warm = Warm::new(Cast::with("none").await).await;
        let beside = warm.cast.tokens(None).await;
        let grants = warm
            .admin(
                "GET",
                &format!("/admin/v1/users/{}/grants", warm.cast.alice.id),
                &Value::Null,
            )
            .await;
        let line = kernel::FamilyId::parse(warm.held.refresh.split('.').next().unwrap()).unwrap();
        let line = warm
            .cast
            .world
            .app
            .default_tenant()
            .unwrap()
            .family(&line)
            .await
            .unwrap()
            .unwrap();
        let child = grants["grants"]
            .as_array()
            .unwrap()
            .iter()
            .find(|grant| grant["id"] == line.grant.as_str());
        let grant = match of_what {
            "consent" => child.unwrap()["parent"].as_str().unwrap(),
            _ => line.grant.as_str(),
        };
        warm.admin("POST", &format!("/admin/v1/grants/{grant}/revoke"), &Value::Null)
            .await;
        warm.is_silent(400, "invalid_grant", of_what).await;
        if of_what == "consent" {
            warm.cast.is_dead(&beside, "another line of the same consent").await;
        } else {
            warm.cast.lives(&beside, "another line of the same consent").await;
        }
        warm.second.end().await;
    }
}

#[tokio::test]
async fn s_37_what_is_stopped_on_the_agents_page_is_silent_on_every_node() {
    for mark in ["class=\"stop-grant", "class=\"stop-agent", "id=\"stop-all\""] {
        let warm = Warm::new(Cast::with("none").await).await;
        warm.on_page("/agents", mark).await;
        warm.is_silent(400, "invalid_grant", mark).await;
        assert!(
            !signed_out(&warm.second, &warm.cast.browser).await,
            "stopping signs nobody out"
        );
        // Nothing of it stands: the app is asked about anew.
        let page = warm
            .cast
            .browser
            .clone()
            .visit(&warm.second, &warm.cast.asking().path())
            .await;
        assert!(page.has_form("consent"), "{mark}: {page:?}");
        warm.second.end().await;
    }
}

#[tokio::test]
async fn s_37_a_new_rule_silences_what_it_forbids_on_every_node() {
    let everything = json!({ "effect": "forbid" });
    for (what, more) in [
        ("everything", json!({})),
        ("this client", json!({ "client_id": "THE-APP" })),
        ("this place", json!({ "resource": MCP })),
    ] {
        let mut warm = Warm::new(Cast::with("none").await).await;
        let mut rule = everything.clone();
        rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        if rule.get("client_id").is_some() {
            rule["client_id"] = warm.cast.app.client.id.as_str().into();
        }
        let made = warm.admin("POST", "/admin/v1/consent-rules", &rule).await;
        warm.is_silent(400, "invalid_grant", what).await;
        let path = format!("/admin/v1/consent-rules/{}", made["id"].as_str().unwrap());
        assert_eq!(warm.cast.world.admin("DELETE", &path, None).await.status, 200);
        warm.speaks("taken back").await;
        warm.second.end().await;
    }
}

#[tokio::test]
async fn s_37_a_rule_about_one_scope_silences_what_has_it_and_leaves_the_rest() {
    let warm = Warm::new(Cast::with("none").await).await;
    let rule = json!({ "effect": "forbid", "scope": "write" });
    warm.admin("POST", "/admin/v1/consent-rules", &rule).await;
    for node in warm.nodes() {
        assert!(
            !warm.cast.counts_at(node, &warm.held.access).await,
            "it says more than is allowed"
        );
    }
    let answer = warm.second.refresh(&warm.cast.app, &warm.held.refresh, &[], &[]).await;
    assert_eq!(answer.text_of("scope"), "read", "{answer:?}");
    assert!(warm.cast.counts(answer.text_of("access_token")).await);
    let refresh = answer.text_of("refresh_token");
    let more = [("scope", "read write".to_owned())];
    let answer = warm.second.refresh(&warm.cast.app, refresh, &more, &[]).await;
    refused(&answer, 400, "invalid_scope", "asked for in words");
    warm.second.end().await;
}

/// A cast in which the organisation allowed alice's group the app: nobody asks her.
async fn decided(cast: &mut Cast) -> String {
    let group = json!({ "id": "staff", "kind": "group", "name": "Staff" });
    assert_eq!(
        cast.world.admin("POST", "/admin/v1/groups", Some(&group)).await.status,
        201
    );
    let path = format!("/admin/v1/users/{}", cast.alice.id);
    let joins = json!({ "groups": ["staff"] });
    assert_eq!(cast.world.admin("PATCH", &path, Some(&joins)).await.status, 200);
    let rule = json!({ "effect": "allow", "group": "staff", "client_id": cast.app.client.id, "resource": MCP });
    let made = cast.world.admin("POST", "/admin/v1/consent-rules", Some(&rule)).await;
    assert_eq!(made.status, 201, "{made:?}");
    let page = cast.browser.clone().visit(&cast.world, &cast.asking().path()).await;
    assert!(page.parameter("code").is_some(), "nobody is asked: {page:?}");
    made.text_of("id").to_owned()
}

#[tokio::test]
async fn s_37_what_the_organisation_allowed_is_silent_when_it_no_longer_does() {
    for what in ["the rule is dropped", "she leaves the group", "the group is dropped"] {
        let mut cast = Cast::with("none").await;
        let rule = decided(&mut cast).await;
        let warm = Warm::new(cast).await;
        let user = format!("/admin/v1/users/{}", warm.cast.alice.id);
        match what {
            "the rule is dropped" => {
                warm.admin("DELETE", &format!("/admin/v1/consent-rules/{rule}"), &Value::Null)
                    .await;
            }
            "she leaves the group" => {
                warm.admin("PATCH", &user, &json!({ "groups": [] })).await;
            }
            _ => {
                warm.admin("DELETE", "/admin/v1/groups/staff", &Value::Null).await;
            }
        }
        warm.is_silent(400, "invalid_grant", what).await;
        warm.second.end().await;
    }
}

#[tokio::test]
async fn s_37_an_ended_browser_session_is_ended_on_every_node() {
    for how in [
        "sign-out",
        "by herself elsewhere",
        "administrator",
        "administrator, everywhere",
        "password",
        "her own password",
    ] {
        let warm = Warm::new(Cast::with("none").await).await;
        let cast = &warm.cast;
        let elsewhere = cast.world.signed_in(&cast.alice).await;
        let mut browser = elsewhere.clone();
        let account = browser.visit(&cast.world, "/account").await;
        let ends = account.find_form("name=\"session\"").unwrap(); // the other one's; one's own is signed out of
        let first = ends
            .fields
            .iter()
            .find(|(name, _)| name == "session")
            .unwrap()
            .1
            .clone();
        let user = format!("/admin/v1/users/{}", cast.alice.id);
        match how {
            "sign-out" => warm.on_page("/account", "id=\"sign-out\"").await,
            "by herself elsewhere" => {
                browser.post(&cast.world, &ends, &[]).await;
            }
            "administrator" => {
                warm.admin("POST", &format!("/admin/v1/browser-sessions/{first}/end"), &Value::Null)
                    .await;
            }
            "administrator, everywhere" => {
                warm.admin("POST", &format!("{user}/sign-out"), &Value::Null).await;
            }
            "password" => {
                let body = json!({ "password": "entirely another one" });
                warm.admin("POST", &format!("{user}/password"), &body).await;
            }
            _ => {
                let fields = [
                    ("current", cast.alice.password.as_str()),
                    ("password", "entirely another one"),
                ];
                let page = browser.submit(&cast.world, &account, "change-password", &fields).await;
                assert_eq!(page.location(), Some("/account?password-changed"), "{page:?}");
            }
        }
        for node in warm.nodes() {
            assert!(signed_out(node, &cast.browser).await, "{how}");
            let page = cast.browser.clone().visit(node, &cast.asking().path()).await;
            assert!(page.has_form("sign-in"), "{how}: no code for that cookie: {page:?}");
        }
        let others_end = matches!(how, "administrator, everywhere" | "password");
        assert_eq!(
            signed_out(&warm.second, &elsewhere).await,
            others_end,
            "{how}: the other browser"
        );
        assert!(
            cast.counts_at(&warm.second, &warm.held.access).await,
            "what acts for her goes on"
        );
        warm.second.end().await;
    }
}

#[tokio::test]
async fn s_37_browser_sessions_end_unused_and_end_altogether() {
    let cast = Cast::with("none").await;
    cast.world.advance(24 * 3_600 - 1);
    assert!(
        !signed_out(&cast.world, &cast.browser).await,
        "a day without use, but for a second"
    );
    cast.world.flush().await;
    for _ in 0..13 {
        cast.world.advance(24 * 3_600 - 60);
        assert!(!signed_out(&cast.world, &cast.browser).await);
        cast.world.flush().await;
    }
    cast.world.advance(testkit::START + 14 * 86_400 - cast.world.now());
    assert!(
        signed_out(&cast.world, &cast.browser).await,
        "two weeks, however much it was used"
    );
    let idle = cast.world.signed_in(&cast.alice).await;
    cast.world.advance(24 * 3_600);
    assert!(signed_out(&cast.world, &idle).await, "a day without use");
}

#[tokio::test]
async fn s_36_a_disabled_tenant_is_silent_on_every_node_within_a_second() {
    let world = World::new().await;
    let second = world.second_node().await;
    let jobs = [Jobs::start(&world.app), Jobs::start(&second.app)];
    let tenant = world.tenant_by_path("acme").await;
    let gateway = Client::register_at(&world, &tenant, "client_secret_basic", "", &[]).await;
    tenant.resource(&world, MCP, &[&gateway.id]).await;
    let members = json!({
        "client_name": "Atlas", "token_endpoint_auth_method": "none", "redirect_uris": [CALLBACK],
        "grant_types": ["authorization_code", "refresh_token"],
    });
    let app = tenant.admin(&world, "POST", "/admin/v1/clients", Some(&members)).await;
    let client = app.text_of("client_id").to_owned();
    let alice = json!({ "login": "alice@demo.test", "password": "long enough, alice" });
    assert_eq!(
        tenant
            .admin(&world, "POST", "/admin/v1/users", Some(&alice))
            .await
            .status,
        201
    );
    let asking = Asking::of(&client, CALLBACK, Some(MCP), Some("read"));
    let mut browser = Browser::at(&tenant);
    let page = browser.visit(&world, &asking.path()).await;
    let page = browser
        .sign_in(&world, &page, "alice@demo.test", "long enough, alice")
        .await;
    let page = browser.submit(&world, &page, "consent", &[("decision", "allow")]).await;
    let form = [
        ("grant_type", "authorization_code".to_owned()),
        ("client_id", client.clone()),
        ("code", page.parameter("code").unwrap()),
        ("code_verifier", asking.verifier.clone()),
    ];
    let held = tokens(&tenant.post(&world, "/oauth2/token", &[], &form).await);
    let refresh = [
        ("grant_type", "refresh_token".to_owned()),
        ("client_id", client),
        ("refresh_token", held.refresh.clone()),
    ];
    let wait_for = async |status: u16| {
        let asking = async {
            while tenant.post(&second, "/oauth2/token", &[], &refresh).await.status != status {
                tokio::task::yield_now().await;
            }
        };
        assert!(
            tokio::time::timeout(PATIENCE, asking).await.is_ok(),
            "still not {status}"
        );
    };
    wait_for(200).await;
    let switch = json!({ "disabled": true });
    assert_eq!(
        world
            .admin("PATCH", "/admin/v1/tenants/acme", Some(&switch))
            .await
            .status,
        200
    );
    wait_for(404).await;
    for node in [&world, &second] {
        let answer = tenant.post(node, "/oauth2/token", &[], &refresh).await;
        refused(&answer, 404, "not_found", "the tenant is not there");
        let asked = [("token", held.access.clone())];
        let answer = tenant
            .post(node, "/oauth2/introspect", &[gateway.basic()], &asked)
            .await;
        refused(&answer, 404, "not_found", "nor does anybody tell of its tokens");
        for path in ["/agents", "/account", "/sign-in", &asking.path()] {
            assert_eq!(browser.clone().get(node, path).await.answer.status, 404, "{path}");
        }
    }
    for (jobs, node) in jobs.into_iter().zip([&world, &second]) {
        jobs.finish(&node.app).await.unwrap();
    }
}
