//! What the modules of public test plans ask of a server, asked over HTTP: a world as a bench has it, apps as the plans register them, and what came back checked by the texts of
//! the specifications. The tests below say which module each of them shows (`modules.toml` lists them all).

mod backchannel_logout;
mod fapi2_message_signing;
mod fapi2_security;
mod financial;
mod oauch;
mod oidc_basic;
mod oidc_config;
mod oidc_dynamic;
mod rp_logout;

use jsonwebtoken::{DecodingKey, Validation, jwk::Jwk};
use proof::{Algorithm, base64url};
use serde_json::{Value, json};
use testkit::{Answer, App, Asking, Browser, Client, Form, Key, Page, Person, World, unique};

/// Where a bench is answered.
pub(crate) const CALLBACK: &str = "https://suite.example/test/a/prokura/callback";
/// Where a bench sends people after they signed out.
pub(crate) const SIGNED_OUT: &str = "https://suite.example/test/a/prokura/post_logout_redirect";

/// A world as a bench for OpenID Connect has it: a person whose profile says everything, PKCE left to apps, registration open.
pub(crate) struct Bench {
    pub(crate) world: World,
    pub(crate) alice: Person,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        let world = World::new().await;
        let settings = json!({ "require_pkce": false, "registration": "open" });
        let answer = world.admin("PATCH", "/admin/v1/tenants/default", Some(&settings)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let alice = person(&world, "alice@demo.test").await;
        Self { world, alice }
    }

    /// An app that an administrator registered, as a plan with static clients has it.
    pub(crate) async fn app(&self, method: &'static str) -> App {
        self.app_with(method, &json!({})).await
    }

    /// The same with these members of metadata.
    pub(crate) async fn app_with(&self, method: &'static str, members: &Value) -> App {
        let key = (method == "private_key_jwt").then(|| Key::new(Algorithm::ES256));
        let mut all = json!({
            "client_name": "Suite", "redirect_uris": [CALLBACK], "post_logout_redirect_uris": [SIGNED_OUT],
            "grant_types": ["authorization_code", "refresh_token"],
        });
        extend(&mut all, members);
        App {
            client: Client::register_with(&self.world, method, &all, key).await,
            redirect_uri: CALLBACK.to_owned(),
        }
    }

    /// An app that registers itself, as a plan with dynamic clients has it.
    pub(crate) async fn registers(&self, members: &Value) -> Answer {
        let mut all = json!({
            "client_name": "Suite", "redirect_uris": [CALLBACK], "response_types": ["code"],
            "grant_types": ["authorization_code", "refresh_token"], "post_logout_redirect_uris": [SIGNED_OUT],
        });
        extend(&mut all, members);
        let headers = [("content-type", "application/json".to_owned())];
        let path = self.endpoint("registration_endpoint").await;
        self.world.send("POST", &path, &headers, Some(all.to_string())).await
    }

    /// The app of such an answer.
    pub(crate) fn registered(&self, answer: &Answer, key: Option<Key>) -> App {
        assert_eq!(answer.status, 201, "{answer:?}");
        let method = match answer.text_of("token_endpoint_auth_method") {
            "client_secret_basic" => "client_secret_basic",
            "client_secret_post" => "client_secret_post",
            "private_key_jwt" => "private_key_jwt",
            other => panic!("{other}"),
        };
        App {
            client: Client {
                id: answer.text_of("client_id").to_owned(),
                secret: answer.body["client_secret"].as_str().map(str::to_owned),
                key,
                method,
                issuer: self.world.issuer.clone(),
            },
            redirect_uri: answer.body["redirect_uris"][0].as_str().unwrap().to_owned(),
        }
    }

    /// A request of a bench: `openid`, a state, a nonce, no PKCE.
    pub(crate) fn asking(&self, app: &App) -> Asking {
        self.asking_for(app, "openid")
    }

    /// The same for these scopes.
    pub(crate) fn asking_for(&self, app: &App, scope: &str) -> Asking {
        plain(Asking::new(app, None, Some(scope))).with("nonce", Some(&unique()))
    }

    /// Goes through the pages in a fresh browser; the redirect to the app.
    pub(crate) async fn authorized(&self, asking: &Asking) -> Page {
        self.authorized_in(&mut Browser::new(&self.world), asking).await
    }

    /// Goes through the pages; the redirect to the app, whose state and issuer are right.
    pub(crate) async fn authorized_in(&self, browser: &mut Browser, asking: &Asking) -> Page {
        let page = browser.agree(&self.world, &self.alice, asking).await;
        self.answers(&page, asking);
        page
    }

    /// Goes through the pages in a fresh browser, wherever the answer goes.
    pub(crate) async fn agrees(&self, asking: &Asking) -> Page {
        let (world, mut browser) = (&self.world, self.world.signed_in(&self.alice).await);
        let page = browser.visit(world, &asking.path()).await;
        if page.has_form("consent") {
            return browser.submit(world, &page, "consent", &[("decision", "allow")]).await;
        }
        page
    }

    /// The answer is one with a code, for this request (RFC 6749 s4.1.2, RFC 9207 s2).
    pub(crate) fn answers(&self, page: &Page, asking: &Asking) {
        assert_eq!(page.parameter("error"), None, "{page:?}");
        assert!(page.parameter("code").is_some(), "{page:?}");
        assert_eq!(page.parameter("state").unwrap_or_default(), asking.get("state"));
        assert_eq!(page.parameter("iss").as_deref(), Some(self.world.issuer.as_str()));
    }

    /// The tokens for a code.
    pub(crate) async fn tokens(&self, app: &App, asking: &Asking, page: &Page) -> Answer {
        let answer = self.redeem(app, asking, &page.parameter("code").unwrap()).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        // RFC 6749 s5.1: what must be there, and that nothing keeps it.
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert!(answer.body["expires_in"].as_u64().is_some_and(|seconds| seconds > 0));
        assert!(
            answer.text_of("token_type").eq_ignore_ascii_case("bearer"),
            "{answer:?}"
        );
        answer
    }

    /// A request for tokens with a code.
    pub(crate) async fn redeem(&self, app: &App, asking: &Asking, code: &str) -> Answer {
        let mut form = vec![
            ("grant_type", "authorization_code".to_owned()),
            ("code", code.to_owned()),
            ("redirect_uri", app.redirect_uri.clone()),
        ];
        if !asking.get("code_challenge").is_empty() {
            form.push(("code_verifier", asking.verifier.clone()));
        }
        self.world.as_app(app, &form, &[]).await
    }

    /// Everything: pages, code, tokens, the ID token checked. The answer of the token endpoint and the claims of the ID token.
    pub(crate) async fn flow(&self, app: &App, asking: &Asking) -> (Answer, Value) {
        self.flow_in(&mut Browser::new(&self.world), app, asking).await
    }

    /// The same in this browser.
    pub(crate) async fn flow_in(&self, browser: &mut Browser, app: &App, asking: &Asking) -> (Answer, Value) {
        let page = self.authorized_in(browser, asking).await;
        let answer = self.tokens(app, asking, &page).await;
        let claims = self.id_token(app, asking, &answer).await;
        (answer, claims)
    }

    /// Checks the ID token of an answer as a relying party must (OpenID Connect Core s3.1.3.7), signed with RS256 as who says nothing wants it (s15.1).
    pub(crate) async fn id_token(&self, app: &App, asking: &Asking, answer: &Answer) -> Value {
        id_token(&self.world, app, asking, answer, "RS256").await
    }

    /// What userinfo says to a token.
    pub(crate) async fn userinfo(&self, access: &str) -> Value {
        let answer = self.ask_userinfo("GET", access).await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, Some("application/json")),
            "{answer:?}"
        );
        answer.body
    }

    /// Asks userinfo, the token in the header.
    pub(crate) async fn ask_userinfo(&self, method: &str, access: &str) -> Answer {
        let headers = [("authorization", format!("Bearer {access}"))];
        let path = self.endpoint("userinfo_endpoint").await;
        self.world.send(method, &path, &headers, None).await
    }

    /// The path of an endpoint, from the discovery document.
    pub(crate) async fn endpoint(&self, name: &str) -> String {
        endpoint(&self.world, name).await
    }

    /// A request that is answered by a page of ours that says what is wrong: nobody is sent anywhere.
    pub(crate) async fn stays(&self, asking: &Asking, code: &str, what: &str) {
        let page = Browser::new(&self.world).visit(&self.world, &asking.path()).await;
        crate::front::problem(&page, 400, code, what);
    }
}

/// A person whose profile says everything.
pub(crate) async fn person(world: &World, login: &str) -> Person {
    let person = world.person(login).await;
    let path = format!("/admin/v1/users/{}", person.id);
    let body = json!({ "profile": profile() });
    let answer = world.admin("PATCH", &path, Some(&body)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    person
}

/// A profile with every claim of OpenID Connect Core s5.1 that a profile may have.
pub(crate) fn profile() -> Value {
    json!({
        "name": "Alice Example", "given_name": "Alice", "family_name": "Example", "middle_name": "Q", "nickname": "Al",
        "preferred_username": "alice", "profile": "https://alice.example/", "picture": "https://alice.example/me.png",
        "website": "https://alice.example/", "gender": "female", "birthdate": "1990-01-02", "zoneinfo": "Europe/Vienna",
        "locale": "de-AT", "email": "alice@demo.test", "email_verified": true, "phone_number": "+43 1 5550100",
        "phone_number_verified": false,
        "address": { "formatted": "Ring 1\n1010 Wien", "street_address": "Ring 1", "locality": "Wien", "postal_code": "1010", "country": "AT" },
    })
}

/// A request as older clients make it: without PKCE.
pub(crate) fn plain(asking: Asking) -> Asking {
    asking.with("code_challenge", None).with("code_challenge_method", None)
}

/// Members into an object, over those of the same name.
pub(crate) fn extend(to: &mut Value, from: &Value) {
    let to = to.as_object_mut().unwrap();
    for (name, value) in from.as_object().unwrap() {
        to.insert(name.clone(), value.clone());
    }
}

/// What the discovery document says.
pub(crate) async fn metadata(world: &World) -> Value {
    let answer = world.get("/.well-known/openid-configuration").await;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, Some("application/json")),
        "{answer:?}"
    );
    answer.body
}

/// The path of an endpoint, from the discovery document.
pub(crate) async fn endpoint(world: &World, name: &str) -> String {
    let metadata = metadata(world).await;
    let url = metadata[name].as_str().unwrap_or_else(|| panic!("no {name}"));
    url.strip_prefix(&world.issuer).unwrap().to_owned()
}

/// Checks the ID token of an answer as a relying party must (OpenID Connect Core s3.1.3.7).
pub(crate) async fn id_token(world: &World, app: &App, asking: &Asking, answer: &Answer, algorithm: &str) -> Value {
    let claims = verified(world, answer.text_of("id_token"), algorithm).await;
    assert_eq!(claims["iss"], world.issuer, "{claims}");
    assert_eq!(claims["aud"], app.client.id, "{claims}");
    assert!(claims.get("azp").is_none_or(|azp| azp == &app.client.id), "{claims}");
    let sub = claims["sub"].as_str().unwrap();
    assert!((1..=255).contains(&sub.len()) && sub.is_ascii(), "s2: {sub}");
    let time = |name: &str| claims[name].as_i64().unwrap_or_else(|| panic!("no {name} in {claims}"));
    let now = world.now();
    assert!(
        time("exp") > now && time("iat") <= now && time("iat") > now - 60,
        "{claims}"
    );
    assert!(time("auth_time") <= now, "{claims}");
    let nonce = asking.get("nonce");
    assert_eq!(
        claims.get("nonce").and_then(Value::as_str),
        (!nonce.is_empty()).then_some(nonce),
        "s2: as it was asked, and only then"
    );
    assert!(algorithm.ends_with("256"), "only SHA-256 is computed here: {algorithm}");
    let whole = proof::digest::sha256(answer.text_of("access_token").as_bytes());
    assert_eq!(claims["at_hash"], base64url::encode(&whole[..16]), "s3.1.3.6");
    claims
}

/// The claims of a token of ours, by another implementation of JOSE and the keys that are published. It must be signed with this algorithm.
pub(crate) async fn verified(world: &World, token: &str, algorithm: &str) -> Value {
    let header = part(token, 0);
    assert_eq!(header["alg"], algorithm, "{header}");
    let keys = world.get(&endpoint(world, "jwks_uri").await).await;
    let kid = header["kid"].as_str().expect("a kid");
    let found: Vec<&Value> = keys.body["keys"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|key| key["kid"] == kid)
        .collect();
    assert_eq!(found.len(), 1, "one key of that id: {keys:?}");
    let jwk: Jwk = serde_json::from_value(found[0].clone()).unwrap();
    let known = match algorithm {
        "Ed25519" | "EdDSA" => jsonwebtoken::Algorithm::EdDSA,
        "ES256" => jsonwebtoken::Algorithm::ES256,
        "RS256" => jsonwebtoken::Algorithm::RS256,
        "PS256" => jsonwebtoken::Algorithm::PS256,
        other => panic!("{other}"),
    };
    let mut validation = Validation::new(known);
    validation.validate_exp = false; // the clock of the world is not the machine's
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let decoded = jsonwebtoken::decode::<Value>(token, &DecodingKey::from_jwk(&jwk).unwrap(), &validation);
    decoded.unwrap_or_else(|error| panic!("{error}: {token}")).claims
}

/// A part of a compact JWS, unverified.
pub(crate) fn part(token: &str, n: usize) -> Value {
    let part = token.split('.').nth(n).unwrap_or_else(|| panic!("no JWS: {token}"));
    serde_json::from_slice(&base64url::decode(part).unwrap()).unwrap()
}

/// An unsigned JWS (RFC 7515 App. A.5).
pub(crate) fn unsigned(claims: &Value) -> String {
    let encode = |value: &Value| base64url::encode(value.to_string().as_bytes());
    format!("{}.{}.", encode(&json!({ "alg": "none" })), encode(claims))
}

/// A request as the claims of a request object.
pub(crate) fn claims_of(asking: &Asking) -> Value {
    let members = asking
        .parameters
        .iter()
        .map(|(name, value)| (name.clone(), Value::from(value.as_str())));
    Value::Object(members.collect())
}

/// A request as a form.
pub(crate) fn form_of(asking: &Asking) -> Form<'_> {
    asking
        .parameters
        .iter()
        .map(|(name, value)| (name.as_str(), value.clone()))
        .collect()
}
