//! The plan `oidcc-rp-initiated-logout-certification-test-plan` (OpenID Connect RP-Initiated Logout 1.0).

use proof::{Algorithm, base64url};
use serde_json::{Value, json};
use testkit::{App, Browser, Key, Page, World};

use super::{Bench, SIGNED_OUT, endpoint, form_of, part, unsigned};
use crate::front::{is_signed_in, problem, refused_at};

/// A person who signed in for an app, in a browser.
pub(super) struct SignedIn {
    pub(super) bench: Bench,
    pub(super) app: App,
    pub(super) browser: Browser,
    pub(super) id_token: String,
    pub(super) claims: Value,
}

impl SignedIn {
    pub(super) async fn new(members: &Value) -> Self {
        let bench = Bench::new().await;
        let app = bench.app_with("client_secret_basic", members).await;
        let mut browser = Browser::new(&bench.world);
        let (answer, claims) = bench.flow_in(&mut browser, &app, &bench.asking(&app)).await;
        Self {
            id_token: answer.text_of("id_token").to_owned(),
            bench,
            app,
            browser,
            claims,
        }
    }

    pub(super) fn world(&self) -> &World {
        &self.bench.world
    }

    /// Sends the browser to the end session endpoint with these parameters.
    pub(super) async fn logout(&mut self, parameters: &[(&str, &str)]) -> Page {
        let path = endpoint(&self.bench.world, "end_session_endpoint").await;
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(parameters)
            .finish();
        let path = if query.is_empty() {
            path
        } else {
            format!("{path}?{query}")
        };
        self.browser.visit(&self.bench.world, &path).await
    }

    /// Nobody can be sent back silently: the person is signed out.
    pub(super) async fn is_over(&mut self) {
        assert!(!is_signed_in(&self.bench.world, &mut self.browser).await, "signed out");
        let asking = self.bench.asking(&self.app).with("prompt", Some("none"));
        let page = self.browser.visit(&self.bench.world, &asking.path()).await;
        refused_at(&page, &asking, "login_required", "after the logout");
    }

    /// An error page; the person is still signed in.
    async fn nothing_happens(&mut self, parameters: &[(&str, &str)], what: &str) {
        let page = self.logout(parameters).await;
        problem(&page, 400, "invalid_request", what);
        assert!(is_signed_in(&self.bench.world, &mut self.browser).await, "{what}");
    }

    /// The person is asked, says yes, and sees that they are signed out.
    async fn asked_and_out(&mut self, parameters: &[(&str, &str)]) {
        let page = self.logout(parameters).await;
        assert!(
            page.has_form("sign-out-page"),
            "a link alone signs nobody out: {page:?}"
        );
        assert!(is_signed_in(&self.bench.world, &mut self.browser).await);
        let page = self
            .browser
            .submit(&self.bench.world, &page, "sign-out-page", &[])
            .await;
        self.sees_it(page).await;
    }

    /// A page of ours says that it is over.
    async fn sees_it(&mut self, page: Page) {
        let page = self.browser.follow(&self.bench.world, page).await;
        assert_eq!(page.answer.status, 200, "{page:?}");
        assert!(page.answer.text.to_lowercase().contains("signed out"), "{page:?}");
        self.is_over().await;
    }
}

#[tokio::test]
async fn an_app_signs_people_out_and_hears_its_state() {
    let mut signed_in = SignedIn::new(&json!({})).await;
    let hint = signed_in.id_token.clone();
    let page = signed_in
        .logout(&[
            ("id_token_hint", &hint),
            ("post_logout_redirect_uri", SIGNED_OUT),
            ("state", "a state"),
        ])
        .await;
    assert!(
        page.location().unwrap().starts_with(&format!("{SIGNED_OUT}?")),
        "{page:?}"
    );
    assert_eq!(page.parameter("state").as_deref(), Some("a state"), "{page:?}");
    signed_in.is_over().await;
    signed_in.world().shows(&["oidcc-rp-initiated-logout"]);

    let mut signed_in = SignedIn::new(&json!({})).await;
    let hint = signed_in.id_token.clone();
    let page = signed_in
        .logout(&[("id_token_hint", &hint), ("post_logout_redirect_uri", SIGNED_OUT)])
        .await;
    assert_eq!(page.location(), Some(SIGNED_OUT), "no state where none was: {page:?}");
    signed_in.is_over().await;
    signed_in.world().shows(&["oidcc-rp-initiated-logout-no-state"]);
}

#[tokio::test]
async fn an_app_may_post_the_request() {
    let mut signed_in = SignedIn::new(&json!({})).await;
    let path = endpoint(signed_in.world(), "end_session_endpoint").await;
    let asking = signed_in.bench.asking(&signed_in.app); // only for its escaping
    let form = testkit::Asking {
        parameters: vec![
            ("id_token_hint".to_owned(), signed_in.id_token.clone()),
            ("post_logout_redirect_uri".to_owned(), SIGNED_OUT.to_owned()),
        ],
        ..asking
    };
    assert_eq!(form_of(&form).len(), 2);
    let body = form.path().split_once('?').unwrap().1.to_owned();
    let page = signed_in
        .browser
        .send(&signed_in.bench.world, "POST", &path, &[], Some(body))
        .await;
    let page = signed_in.browser.follow(&signed_in.bench.world, page).await;
    assert_eq!(page.location(), Some(SIGNED_OUT), "{page:?}");
    signed_in.is_over().await;
}

#[tokio::test]
async fn nobody_is_sent_to_a_place_that_the_app_did_not_register() {
    let mut signed_in = SignedIn::new(&json!({})).await;
    let hint = signed_in.id_token.clone();
    for (module, place) in [
        (
            "oidcc-rp-initiated-logout-bad-post-logout-redirect-uri",
            "https://suite.example/elsewhere".to_owned(),
        ),
        (
            "oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri",
            format!("{SIGNED_OUT}?foo=bar"),
        ),
    ] {
        let parameters = [
            ("id_token_hint", hint.as_str()),
            ("post_logout_redirect_uri", &place),
            ("state", "s"),
        ];
        signed_in.nothing_happens(&parameters, module).await;
        signed_in.world().shows(&[module]);
    }
    let alone = [("post_logout_redirect_uri", SIGNED_OUT), ("state", "s")];
    signed_in.nothing_happens(&alone, "nobody says which app asks").await;
    signed_in.world().shows(&["oidcc-rp-initiated-logout-no-id-token-hint"]);
}

#[tokio::test]
async fn an_id_token_of_nobody_s_is_no_hint() {
    let mut signed_in = SignedIn::new(&json!({})).await;
    let stranger = Key::new(Algorithm::RS256);
    let header = part(&signed_in.id_token, 0);
    let (_, rest) = signed_in.id_token.split_once('.').unwrap();
    let claims = part(&signed_in.id_token, 1);
    let modified = unsigned(&claims);
    let with_signature = format!("{}.{rest}", base64url::encode(br#"{"alg":"none"}"#));
    let foreign = stranger.sign(&header, &claims).await;
    for (module, hint) in [
        ("oidcc-rp-initiated-logout-modified-id-token-hint", modified),
        ("oidcc-rp-initiated-logout-modified-id-token-hint", with_signature),
        ("oidcc-rp-initiated-logout-bad-id-token-hint", foreign),
    ] {
        let parameters = [
            ("id_token_hint", hint.as_str()),
            ("post_logout_redirect_uri", SIGNED_OUT),
            ("state", "s"),
        ];
        signed_in.nothing_happens(&parameters, module).await;
        signed_in.world().shows(&[module]);
    }
}

#[tokio::test]
async fn people_are_signed_out_without_a_place_to_go_to() {
    let mut signed_in = SignedIn::new(&json!({})).await;
    signed_in.asked_and_out(&[]).await;
    signed_in.world().shows(&["oidcc-rp-initiated-logout-no-params"]);

    let mut signed_in = SignedIn::new(&json!({})).await;
    signed_in.asked_and_out(&[("state", "a state")]).await;
    signed_in.world().shows(&["oidcc-rp-initiated-logout-only-state"]);

    let mut signed_in = SignedIn::new(&json!({})).await;
    let hint = signed_in.id_token.clone();
    let page = signed_in.logout(&[("id_token_hint", &hint), ("state", "s")]).await;
    signed_in.sees_it(page).await;
    signed_in
        .world()
        .shows(&["oidcc-rp-initiated-logout-no-post-logout-redirect-uri"]);
}
