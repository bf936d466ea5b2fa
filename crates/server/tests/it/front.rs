//! What the tests of the front channel share: a person, an app, and how a page and an answer must look.

use serde_json::{Value, json};
use testkit::{App, Asking, Browser, Page, Person, World};

use crate::setup::MCP;

/// Where an app on a web site is answered.
pub(crate) const WEB: &str = "https://app.example/cb";
/// Where a program on the person's computer is answered.
pub(crate) const LOOPBACK: &str = "http://127.0.0.1:3456/callback";

/// A world with a resource, a person, and an app without secret on a web site.
pub(crate) struct Front {
    pub(crate) world: World,
    pub(crate) alice: Person,
    pub(crate) app: App,
}

impl Front {
    pub(crate) async fn new() -> Self {
        Self::answered_at(WEB).await
    }

    /// The same with an app that is answered here.
    pub(crate) async fn answered_at(redirect_uri: &str) -> Self {
        let world = World::new().await;
        world.resource(MCP, &[]).await;
        let alice = world.person("alice@demo.test").await;
        let app = App::public(&world, redirect_uri).await;
        Self { world, alice, app }
    }

    /// A good request of the app for these scopes of the resource.
    pub(crate) fn asking(&self, scope: &str) -> Asking {
        Asking::new(&self.app, Some(MCP), Some(scope))
    }

    /// A browser in which Alice is signed in.
    pub(crate) async fn browser(&self) -> Browser {
        self.world.signed_in(&self.alice).await
    }

    /// What the consent page says to a request, in a browser where somebody is signed in.
    pub(crate) async fn consent_page(&self, browser: &mut Browser, asking: &Asking) -> Page {
        let page = browser.visit(&self.world, &asking.path()).await;
        assert!(page.has_form("consent"), "{page:?}");
        page
    }

    /// Posts the consent page's form with an answer; follows nothing.
    pub(crate) async fn answer(&self, browser: &mut Browser, page: &Page, changes: &[(&str, &str)]) -> Page {
        browser.submit(&self.world, page, "consent", changes).await
    }

    /// A call of the admin API that succeeds.
    pub(crate) async fn admin(&self, method: &str, path: &str, body: &Value) -> Value {
        let answer = self.world.admin(method, path, Some(body)).await;
        assert!((200..300).contains(&answer.status), "{method} {path}: {answer:?}");
        answer.body
    }

    /// A rule of central consent; its id.
    pub(crate) async fn rule(&self, body: &Value) -> String {
        let made = self.admin("POST", "/admin/v1/consent-rules", body).await;
        made["id"].as_str().unwrap().to_owned()
    }

    /// An app that registered itself; its id.
    pub(crate) async fn self_registered(&self, members: &Value) -> String {
        let open = json!({ "registration": "open" });
        self.admin("PATCH", "/admin/v1/tenants/default", &open).await;
        let headers = [("content-type", "application/json".to_owned())];
        let answer = self
            .world
            .send("POST", "/oauth2/register", &headers, Some(members.to_string()))
            .await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.text_of("client_id").to_owned()
    }
}

/// The app is answered with a code.
pub(crate) fn code(page: &Page) -> String {
    assert_eq!(page.answer.status, 303, "{page:?}");
    let code = page.parameter("code").unwrap_or_default();
    assert!(code.len() >= 43, "a code of at least 256 bits: {page:?}");
    code
}

/// A page of ours that says what is wrong, with this status and code. Nobody is sent anywhere.
pub(crate) fn problem(page: &Page, status: u16, code: &str, what: &str) {
    assert_eq!(page.location(), None, "{what}: nobody is sent anywhere: {page:?}");
    assert_eq!(
        (page.answer.status, page.problem().as_deref()),
        (status, Some(code)),
        "{what}: {page:?}"
    );
}

/// The app is answered with an error, at its own place, with its state.
pub(crate) fn refused_at(page: &Page, asking: &Asking, code: &str, what: &str) {
    assert_eq!(page.answer.status, 303, "{what}: {page:?}");
    let location = page.location().unwrap_or_default();
    let place = format!("{}?", asking.get("redirect_uri"));
    assert!(location.starts_with(&place), "{what}: {location}");
    assert_eq!(page.parameter("error").as_deref(), Some(code), "{what}: {location}");
    assert_eq!(
        page.parameter("state").unwrap_or_default(),
        asking.get("state"),
        "{what}: {location}"
    );
    assert_eq!(page.parameter("code"), None, "{what}");
}

/// The page that is shown when a form did not come from a page of ours.
pub(crate) fn forged(page: &Page, what: &str) {
    problem(page, 403, "access_denied", what);
    assert!(
        page.answer.text.contains("this came from a page that is not ours"),
        "{what}: {page:?}"
    );
}

/// Whether somebody is signed in, in this browser.
pub(crate) async fn is_signed_in(world: &World, browser: &mut Browser) -> bool {
    let page = browser.get(world, "/agents").await;
    match page.answer.status {
        200 => true,
        303 => false,
        _ => panic!("{page:?}"),
    }
}

/// The name of the session cookie that a browser holds, and its value.
pub(crate) fn session_cookie(browser: &Browser) -> Option<(String, String)> {
    let mut found = browser.cookies.iter().filter(|(name, _)| name.contains("session"));
    found.next().map(|(name, value)| (name.clone(), value.clone()))
}

/// How many living grants administration lists.
pub(crate) async fn grants(world: &World) -> usize {
    let answer = world.admin("GET", "/admin/v1/grants?limit=500", None).await;
    let all = answer.body["grants"].as_array().unwrap().clone();
    all.iter().filter(|grant| grant["status"] == "active").count()
}

/// Redeems the code of a page: scope and refresh token of the answer.
pub(crate) async fn redeemed(front: &Front, app: &App, asking: &Asking, page: &Page) -> (String, String) {
    let answer = front.world.redeem(app, asking, &code(page), &[]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    (
        answer.text_of("scope").to_owned(),
        answer.text_of("refresh_token").to_owned(),
    )
}

/// The scopes that a consent page lets a person leave out.
pub(crate) fn boxes(page: &Page) -> Vec<String> {
    let pieces = page.answer.text.split("name=\"without\" value=\"").skip(1);
    pieces
        .filter_map(|rest| rest.split('"').next())
        .map(str::to_owned)
        .collect()
}

pub(crate) fn says(page: &Page, text: &str) -> bool {
    page.answer.text.contains(text)
}

/// The grants that the page of agents lists, by id.
pub(crate) fn listed(page: &Page) -> Vec<String> {
    let pieces = page.answer.text.split("data-grant=\"").skip(1);
    pieces
        .filter_map(|rest| rest.split('"').next())
        .map(str::to_owned)
        .collect()
}

pub(crate) async fn refreshes(front: &Front, app: &App, refresh: &str) -> bool {
    let answer = front.world.refresh(app, refresh, &[], &[]).await;
    match (answer.status, answer.error()) {
        (200, _) => true,
        (400, "invalid_grant") => false,
        _ => panic!("{answer:?}"),
    }
}

/// A yes to an app, redeemed: its refresh token.
pub(crate) async fn acting(front: &Front, browser: &mut Browser, person: &Person, app: &App, scope: &str) -> String {
    let asking = Asking::new(app, Some(MCP), Some(scope));
    let page = browser.agree(&front.world, person, &asking).await;
    redeemed(front, app, &asking, &page).await.1
}
