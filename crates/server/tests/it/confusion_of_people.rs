//! Every artifact of people, their browsers and the apps that act for them, at every place that takes something (S-14).

use proof::Algorithm;
use serde_json::json;
use testkit::{Answer, Asking, Browser, Client, Key, Page, World, assertion_form};

use crate::{
    people::{CALLBACK, Cast, Tokens},
    setup::refused,
};

/// What somebody may hold, by name, and whoever holds it.
struct Holding {
    cast: Cast,
    all: Vec<(&'static str, String)>,
    /// The request of the unused code.
    asking: Asking,
    held: Tokens,
    /// A client that registered itself: its id.
    registered: String,
    post: Client,
}

impl Holding {
    async fn new() -> Self {
        let cast = Cast::with("none").await;
        let world = &cast.world;
        let rule = json!({ "registration": "initial_token" });
        assert_eq!(
            world
                .admin("PATCH", "/admin/v1/tenants/default", Some(&rule))
                .await
                .status,
            200
        );
        let initial = json!({ "name": "Onboarding", "reach": "registration" });
        let initial = world.admin("POST", "/admin/v1/administrators", Some(&initial)).await;
        let initial = initial.text_of("token").to_owned();
        let metadata = json!({ "client_name": "Itself", "redirect_uris": [CALLBACK] }).to_string();
        let itself = register(world, &initial, &metadata).await;
        assert_eq!(itself.status, 201, "{itself:?}");
        let (post, keyed) = (
            Client::register(world, "client_secret_post", "", &[]).await,
            Client::register(world, "private_key_jwt", "", &[]).await,
        );
        let (asking, code) = cast.code().await;
        let held = cast.tokens(None).await;
        let given = world
            .admin(
                "POST",
                &format!("/admin/v1/users/{}/recovery-code", cast.alice.id),
                None,
            )
            .await;
        let mut door = Browser::new(world);
        let sign_in = door.visit(world, &cast.asking().path()).await;
        let field = |page: &Page, form: &str, name: &str| {
            let form = page.form(form);
            form.fields.iter().find(|(known, _)| known == name).unwrap().1.clone()
        };
        let account = cast.browser.clone().visit(world, "/account").await;
        let cookie = |browser: &Browser, what: &str| browser.cookies[&format!("prokura-{what}")].clone();
        let key = Key::new(Algorithm::ES256);
        let all = vec![
            ("authorization code", code),
            ("refresh token", held.refresh.clone()),
            ("access token", held.access.clone()),
            ("PKCE verifier", asking.verifier.clone()),
            ("PKCE challenge", asking.get("code_challenge").to_owned()),
            ("state", asking.get("state").to_owned()),
            ("session cookie", cookie(&cast.browser, "session")),
            ("browser cookie", cookie(&cast.browser, "browser")),
            ("sealed request", field(&sign_in, "sign-in", "request")),
            ("ceremony of signing in", field(&sign_in, "passkey", "ceremony")),
            ("ceremony of registering", field(&account, "add-passkey", "ceremony")),
            ("form token of a stranger", field(&sign_in, "sign-in", "csrf")),
            ("form token", field(&account, "make-codes", "csrf")),
            ("password", cast.alice.password.clone()),
            ("recovery code", given.text_of("recovery_code").to_owned()),
            ("initial access token", initial),
            (
                "registration access token",
                itself.text_of("registration_access_token").to_owned(),
            ),
            ("administrator's token", world.admin_token.clone()),
            ("client secret", post.secret.clone().unwrap()),
            (
                "secret of who registered itself",
                itself.text_of("client_secret").to_owned(),
            ),
            (
                "client assertion",
                keyed.assertion(&keyed.assertion_claims(world)).await,
            ),
            ("DPoP proof", world.dpop(&key, &world.dpop_claims().await).await),
            ("DPoP nonce", world.nonce().await),
            ("key", key.thumbprint().to_owned()),
            ("id of the person", cast.alice.id.clone()),
            ("id of the app", cast.app.client.id.clone()),
        ];
        assert!(all.iter().all(|(_, text)| !text.is_empty()), "{all:?}");
        Self {
            registered: itself.text_of("client_id").to_owned(),
            cast,
            all,
            asking,
            held,
            post,
        }
    }
}

async fn register(world: &World, token: &str, metadata: &str) -> Answer {
    let headers = [
        ("authorization", format!("Bearer {token}")),
        ("content-type", "application/json".to_owned()),
    ];
    world
        .send("POST", "/oauth2/register", &headers, Some(metadata.to_owned()))
        .await
}

/// A place of the machines' doors: its name, what it takes, and how everything else is answered there.
type Place = (&'static str, &'static [&'static str], u16, &'static str);

const MACHINE_PLACES: &[Place] = &[
    ("code", &["authorization code"], 400, "invalid_grant"),
    ("code_verifier", &["PKCE verifier"], 400, "invalid_grant"),
    ("refresh_token", &["refresh token"], 400, "invalid_grant"),
    ("client_id", &["id of the app"], 401, "invalid_client"),
    ("client_secret", &["client secret"], 401, "invalid_client"),
    ("client_assertion", &["client assertion"], 401, "invalid_client"),
    ("bearer at the token endpoint", &[], 401, "invalid_client"),
    ("dpop", &["DPoP proof"], 400, "invalid_dpop_proof"),
    ("administrator", &["administrator's token"], 401, "invalid_token"),
    (
        "registering",
        &["initial access token", "administrator's token"],
        401,
        "invalid_token",
    ),
    ("its registration", &["registration access token"], 401, "invalid_token"),
    (
        "its registration, to end it",
        &["registration access token"],
        401,
        "invalid_token",
    ),
];

async fn show(holding: &Holding, place: &str, shown: &str) -> Answer {
    let (cast, world) = (&holding.cast, &holding.cast.world);
    let shown = shown.to_owned();
    let client_id = ("client_id", cast.app.client.id.clone());
    let refreshing = |token: String| vec![("grant_type", "refresh_token".to_owned()), ("refresh_token", token)];
    let redeeming = |code: String, verifier: String| {
        vec![
            ("grant_type", "authorization_code".to_owned()),
            ("code", code),
            ("code_verifier", verifier),
        ]
    };
    let code = holding.all[0].1.clone();
    let bearer = ("authorization", format!("Bearer {shown}"));
    let form = |mut form: Vec<(&'static str, String)>, more: (&'static str, String)| {
        form.push(more);
        form
    };
    match place {
        "code" => {
            let form = form(redeeming(shown, holding.asking.verifier.clone()), client_id);
            world.post("/oauth2/token", &[], &form).await
        }
        "code_verifier" => {
            world
                .post("/oauth2/token", &[], &form(redeeming(code, shown), client_id))
                .await
        }
        "refresh_token" => {
            world
                .post("/oauth2/token", &[], &form(refreshing(shown), client_id))
                .await
        }
        "client_id" => {
            let form = form(refreshing("x.0.x".to_owned()), ("client_id", shown));
            world.post("/oauth2/token", &[], &form).await
        }
        "client_secret" => {
            let mut form = form(refreshing("x.0.x".to_owned()), ("client_id", holding.post.id.clone()));
            form.push(("client_secret", shown));
            world.post("/oauth2/token", &[], &form).await
        }
        "client_assertion" => {
            let mut form = refreshing("x.0.x".to_owned());
            form.extend(assertion_form(&shown));
            world.post("/oauth2/token", &[], &form).await
        }
        "bearer at the token endpoint" => {
            world
                .post("/oauth2/token", &[bearer], &refreshing("x.0.x".to_owned()))
                .await
        }
        "dpop" => {
            let form = form(redeeming(code, "x".repeat(43)), client_id);
            world.post("/oauth2/token", &[("dpop", shown)], &form).await
        }
        "administrator" => world.send("GET", "/admin/v1/users", &[bearer], None).await,
        "registering" => register(world, &shown, r#"{"redirect_uris":["https://app.example.com/x"]}"#).await,
        "its registration" | "its registration, to end it" => {
            let method = if place.ends_with("it") { "DELETE" } else { "GET" };
            let path = format!("/oauth2/register/{}", holding.registered);
            world.send(method, &path, &[bearer], None).await
        }
        other => panic!("no such place: {other}"),
    }
}

#[tokio::test]
async fn s_14_what_people_and_their_apps_hold_is_refused_wherever_it_is_not_for() {
    let holding = Holding::new().await;
    let mut tried = 0;
    for (place, takes, status, error) in MACHINE_PLACES {
        for (name, artifact) in holding.all.iter().filter(|(name, _)| !takes.contains(name)) {
            let answer = show(&holding, place, artifact).await;
            refused(&answer, *status, error, &format!("{name} as {place}"));
            tried += 1;
        }
    }
    let right: usize = MACHINE_PLACES.iter().map(|(_, takes, ..)| takes.len()).sum();
    assert_eq!(
        tried,
        MACHINE_PLACES.len() * holding.all.len() - right,
        "every pair but the right ones"
    );
    let Holding { cast, asking, held, .. } = &holding;
    cast.lives(held, "nothing was harmed by that").await;
    let answer = cast.world.redeem(&cast.app, asking, &holding.all[0].1, &[]).await;
    assert_eq!(answer.status, 200, "nor used up: {answer:?}");
}

#[tokio::test]
async fn s_14_introspection_and_revocation_of_what_people_hold() {
    let holding = Holding::new().await;
    let everything = json!({ "introspects_everything": true });
    let everything = Client::register_with(&holding.cast.world, "client_secret_basic", &everything, None).await;
    for (name, artifact) in &holding.all {
        for hint in ["access_token", "refresh_token", "authorization_code"] {
            let form = [("token", artifact.clone()), ("token_type_hint", hint.to_owned())];
            let answer = holding
                .cast
                .world
                .post("/oauth2/introspect", &[everything.basic()], &form)
                .await;
            assert_eq!(answer.status, 200, "{name}");
            let expected = *name == "access token"; // a refresh token is its client's business (RFC 7662 s4)
            assert_eq!(answer.body["active"], expected, "{name} {hint}");
        }
        let own = [
            ("token", artifact.clone()),
            ("client_id", holding.cast.app.client.id.clone()),
        ];
        let by = [vec![everything.basic()], vec![]];
        let other = [("token", artifact.clone())];
        let answer = holding.cast.world.post("/oauth2/revoke", &by[0], &other).await;
        assert_eq!((answer.status, answer.text.as_str()), (200, ""), "{name}, by another");
        if !matches!(*name, "access token" | "refresh token") {
            let answer = holding.cast.world.post("/oauth2/revoke", &by[1], &own).await;
            assert_eq!(
                (answer.status, answer.text.as_str()),
                (200, ""),
                "{name}, by the app itself"
            );
        }
    }
    let Holding { cast, asking, held, .. } = &holding;
    cast.lives(held, "nothing was revoked by that").await;
    let answer = cast.world.redeem(&cast.app, asking, &holding.all[0].1, &[]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// How a page that takes nothing of the kind answers.
async fn on_pages(holding: &Holding, name: &str, artifact: &str) {
    let (cast, world) = (&holding.cast, &holding.cast.world);
    let encoded: String = url::form_urlencoded::byte_serialize(artifact.as_bytes()).collect();

    // Cookies.
    if name != "session cookie" {
        let mut browser = cast.browser.clone();
        browser
            .cookies
            .insert("prokura-session".to_owned(), artifact.replace([' ', ','], ""));
        let page = browser.get(world, "/agents").await;
        assert_eq!(
            page.location(),
            Some("/sign-in"),
            "{name} as the session cookie: {page:?}"
        );
    }
    if name != "browser cookie" {
        let mut browser = cast.browser.clone();
        let page = browser.visit(world, "/account").await;
        browser
            .cookies
            .insert("prokura-browser".to_owned(), artifact.replace([' ', ','], ""));
        let page = browser.submit(world, &page, "make-codes", &[]).await;
        assert!(
            matches!(page.answer.status, 400 | 403),
            "{name} as the browser cookie: {page:?}"
        );
    }

    // The sealed request, in the query and in forms. That of another browser is as bad as none.
    for path in ["/sign-in", "/consent", "/sign-in/recovery"] {
        let page = cast
            .browser
            .clone()
            .get(world, &format!("{path}?request={encoded}"))
            .await;
        assert_eq!(page.answer.status, 400, "{name} as the request of {path}: {page:?}");
    }
    let mut browser = Browser::new(world);
    let door = browser.visit(world, "/sign-in").await;
    for form in ["sign-in", "passkey"] {
        let page = browser.submit(world, &door, form, &[("request", artifact)]).await;
        assert!(
            matches!(page.answer.status, 400 | 403),
            "{name} as the request of {form}: {page:?}"
        );
    }

    // The token of a form, and what the forms take.
    let mut browser = cast.browser.clone();
    let account = browser.visit(world, "/account").await;
    if name != "form token" {
        let page = browser
            .submit(world, &account, "make-codes", &[("csrf", artifact)])
            .await;
        assert_eq!(page.answer.status, 403, "{name} as the token of a form: {page:?}");
    }
    let fields = [("ceremony", artifact), ("credential", artifact)];
    let page = browser.submit(world, &account, "add-passkey", &fields).await;
    assert_eq!(page.answer.status, 400, "{name} as a passkey's: {page:?}");
    let mut browser = Browser::new(world);
    let door = browser.visit(world, "/sign-in").await;
    let page = browser.submit(world, &door, "passkey", &fields).await;
    assert_eq!(page.answer.status, 400, "{name} as a ceremony: {page:?}");
    let page = browser
        .submit(world, &door, "passkey", &[("credential", artifact)])
        .await;
    assert_eq!(page.answer.status, 403, "{name} as a credential: {page:?}");
    if name != "password" {
        let fields = [("login", cast.alice.login.as_str()), ("password", artifact)];
        let page = browser.submit(world, &door, "sign-in", &fields).await;
        assert_eq!(page.answer.status, 403, "{name} as the password: {page:?}");
    }
    if name != "recovery code" {
        let page = browser.visit(world, "/sign-in/recovery").await;
        let fields = [("login", cast.alice.login.as_str()), ("code", artifact)];
        let page = browser.submit(world, &page, "recovery", &fields).await;
        assert_eq!(page.answer.status, 403, "{name} as the recovery code: {page:?}");
    }
    // What the authorization endpoint takes.
    for parameter in ["client_id", "redirect_uri"] {
        if (parameter, name) == ("client_id", "id of the app") {
            continue;
        }
        let page = cast
            .browser
            .clone()
            .get(world, &cast.asking().with(parameter, Some(artifact)).path())
            .await;
        assert!(
            matches!(page.answer.status, 400 | 401),
            "{name} as {parameter}: {page:?}"
        );
        assert_eq!(page.location(), None);
    }
}

#[tokio::test]
async fn s_14_what_people_and_their_apps_hold_opens_no_page_it_is_not_for() {
    let holding = Holding::new().await;
    for (name, artifact) in &holding.all {
        on_pages(&holding, name, artifact).await;
    }
    let Holding { cast, held, .. } = &holding;
    cast.lives(held, "nothing was harmed by that").await;
    assert_eq!(
        cast.browser.clone().get(&cast.world, "/agents").await.answer.status,
        200
    );
}
