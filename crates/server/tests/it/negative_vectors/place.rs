//! A world that vectors are sent to: whom they speak of is there, and each kind of input has its way in.

use std::collections::BTreeMap;

use hostile::vectors::{self, Body, ClientKind, Form, Input, Route, TokenKind};
use serde_json::{Value, json};
use testkit::{Answer, App, Asking, Browser, Client, Page, World, assertion_form};

/// A place that vectors are sent to.
pub(super) struct Place {
    pub(super) world: World,
    machine: Client,
    apps: BTreeMap<(ClientKind, Vec<String>), App>,
    alice: Option<(testkit::Person, Browser)>,
    codes: BTreeMap<(ClientKind, String), (Asking, String)>,
}

/// What came back, whatever way it came.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) status: u16,
    /// The code of an error; empty when there is none.
    pub(super) error: String,
    pub(super) answer: Answer,
}

/// Where the app of most authorization requests is answered.
const CALLBACK: &str = "https://app.example/cb";
const PUBLIC_AND_CONFIDENTIAL: [(ClientKind, &str); 2] = [
    (ClientKind::Public, "none"),
    (ClientKind::Confidential, "client_secret_basic"),
];

impl Place {
    /// Where signed vectors are for: the issuer has the name that they say.
    pub(super) async fn of_the_issuer() -> Self {
        Self::on(World::with_settings(|settings| vectors::ISSUER.clone_into(&mut settings.origin)).await).await
    }

    /// Where browsers are: the issuer has the name of its port.
    pub(super) async fn of_browsers() -> Self {
        Self::on(World::new().await).await
    }

    async fn on(world: World) -> Self {
        let rules = json!({ "registration": "open", "dpop_nonce_required": false });
        let answer = world.admin("PATCH", "/admin/v1/tenants/default", Some(&rules)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        world.resource(vectors::RESOURCE, &[]).await;
        let members = |id: &str| json!({ "client_id": id, "scope": "read write", "resources": [vectors::RESOURCE] });
        let machine = Client::register_with(&world, "client_secret_basic", &members("machine"), None).await;
        let mut by_key = members(vectors::CLIENT);
        by_key["jwks"] = serde_json::from_str(vectors::TRUSTED_KEYS).unwrap();
        Client::register_with(&world, "private_key_jwt", &by_key, None).await;
        Self {
            world,
            machine,
            apps: BTreeMap::new(),
            alice: None,
            codes: BTreeMap::new(),
        }
    }

    /// Sends an input, by the way of its kind.
    pub(super) async fn send(&mut self, input: &Input) -> Told {
        match input {
            Input::Token {
                artifact: TokenKind::ClientAssertion,
                token,
            } => {
                let mut form = asking();
                form.extend(assertion_form(token));
                told(self.world.post("/oauth2/token", &[], &form).await)
            }
            Input::Token { .. } => panic!("an access token of another issuer's keys has no endpoint here"),
            Input::Keys { jwks, .. } => {
                let metadata = json!({ "client_name": "Vector", "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "private_key_jwt", "jwks": jwks });
                told(self.register(metadata.to_string().into_bytes()).await)
            }
            Input::Proofs { proofs, .. } => {
                let mut headers = vec![self.machine.basic()];
                headers.extend(proofs.iter().map(|proof| ("dpop", proof.clone())));
                told(self.world.post("/oauth2/token", &headers, &asking()).await)
            }
            Input::Redirect {
                client,
                registered,
                asked,
            } => self.ask_for_a_place(*client, registered, asked).await,
            Input::Register {
                register,
                application_type,
            } => {
                let mut metadata =
                    json!({ "client_name": "Vector", "redirect_uris": register, "token_endpoint_auth_method": "none" });
                if let Some(kind) = application_type {
                    metadata["application_type"] = kind.as_str().into();
                }
                told(self.register(metadata.to_string().into_bytes()).await)
            }
            Input::Challenge { client, parameters } => self.ask_with(*client, parameters).await,
            Input::Verifier {
                client,
                challenge,
                verifier,
            } => told(self.redeem(*client, challenge, verifier.as_deref()).await),
            Input::Body(body) => told(self.send_body(body).await),
            Input::Form(form) => told(self.send_form(form).await),
        }
    }

    async fn register(&self, body: Vec<u8>) -> Answer {
        let headers = [("content-type", "application/json".to_owned())];
        self.world
            .send_bytes("POST", "/oauth2/register", &headers, Some(body))
            .await
    }

    async fn app(&mut self, client: ClientKind, registered: &[String]) -> &App {
        let name = (client, registered.to_vec());
        if !self.apps.contains_key(&name) {
            let (_, method) = PUBLIC_AND_CONFIDENTIAL
                .into_iter()
                .find(|(kind, _)| *kind == client)
                .unwrap();
            let members = json!({ "client_name": "Vector", "redirect_uris": registered });
            let app = App::registered(&self.world, method, &members, &registered[0]).await;
            self.apps.insert(name.clone(), app);
        }
        &self.apps[&name]
    }

    /// A request for an answer at a place, by somebody who is not signed in.
    async fn ask_for_a_place(&mut self, client: ClientKind, registered: &[String], asked: &str) -> Told {
        let app = self.app(client, registered).await;
        let asking = Asking::new(app, Some(vectors::RESOURCE), Some("read")).with("redirect_uri", Some(asked));
        let page = Browser::new(&self.world).get(&self.world, &asking.path()).await;
        let sent_on = page
            .location()
            .is_some_and(|location| location.contains("error=") || location.contains("code="));
        assert!(!sent_on, "nobody is sent anywhere: {page:?}");
        told_by(page)
    }

    async fn alice(&mut self) -> (testkit::Person, Browser) {
        if self.alice.is_none() {
            let person = self.world.person("alice@demo.test").await;
            let mut browser = self.world.signed_in(&person).await;
            for (client, _) in PUBLIC_AND_CONFIDENTIAL {
                let app = self.app(client, &[CALLBACK.to_owned()]).await;
                let asking = Asking::new(app, Some(vectors::RESOURCE), Some("read"));
                browser.agree(&self.world, &person, &asking).await;
            }
            self.alice = Some((person, browser));
        }
        self.alice.clone().unwrap()
    }

    /// A request with these parameters of PKCE, by somebody who said yes before: the app is answered at once.
    async fn ask_with(&mut self, client: ClientKind, parameters: &BTreeMap<String, String>) -> Told {
        let (_, mut alice) = self.alice().await;
        let app = self.app(client, &[CALLBACK.to_owned()]).await;
        let mut asking = Asking::new(app, Some(vectors::RESOURCE), Some("read"))
            .with("code_challenge", None)
            .with("code_challenge_method", None);
        for (name, value) in parameters {
            asking = asking.with(name, Some(value));
        }
        let page = alice.get(&self.world, &asking.path()).await;
        let location = page.location().unwrap_or_default().to_owned();
        assert!(
            location.starts_with(CALLBACK),
            "the app is answered at its place: {page:?}"
        );
        let told = Told {
            status: if page.parameter("code").is_some() { 200 } else { 400 },
            error: page.parameter("error").unwrap_or_default(),
            answer: page.answer,
        };
        assert_eq!(told.error.is_empty(), told.status == 200, "{told:?}");
        told
    }

    /// A code of this challenge, redeemed with this verifier. A wrong one leaves the code as it is, so that the next has it too.
    async fn redeem(&mut self, client: ClientKind, challenge: &str, verifier: Option<&str>) -> Answer {
        let (_, mut alice) = self.alice().await;
        let name = (client, challenge.to_owned());
        if !self.codes.contains_key(&name) {
            let app = self.app(client, &[CALLBACK.to_owned()]).await;
            let asking =
                Asking::new(app, Some(vectors::RESOURCE), Some("read")).with("code_challenge", Some(challenge));
            let page = alice.get(&self.world, &asking.path()).await;
            let code = page.parameter("code").unwrap_or_else(|| panic!("a code: {page:?}"));
            self.codes.insert(name.clone(), (asking, code));
        }
        let (asking, code) = self.codes[&name].clone();
        let mut form = vec![
            ("grant_type", "authorization_code".to_owned()),
            ("code", code),
            ("redirect_uri", asking.get("redirect_uri").to_owned()),
        ];
        form.extend(verifier.map(|verifier| ("code_verifier", verifier.to_owned())));
        self.app(client, &[CALLBACK.to_owned()]).await;
        let app = &self.apps[&(client, vec![CALLBACK.to_owned()])];
        self.world.as_app(app, &form, &[]).await
    }

    async fn send_body(&self, body: &Body) -> Answer {
        let path = match body.route {
            Route::Registration => return self.register(body.bytes()).await,
            Route::Client => "/admin/v1/clients",
            Route::Resource => "/admin/v1/resources",
            Route::User => "/admin/v1/users",
            Route::Group => "/admin/v1/groups",
            Route::Tenant => "/admin/v1/tenants",
        };
        let headers = [
            ("authorization", format!("Bearer {}", self.world.admin_token)),
            ("content-type", "application/json".to_owned()),
        ];
        self.world.send_bytes("POST", path, &headers, Some(body.bytes())).await
    }

    async fn send_form(&self, form: &Form) -> Answer {
        let mut headers = Vec::new();
        let form_type = Some(Some("application/x-www-form-urlencoded".to_owned()));
        let content_type = form.content_type.clone().or(form_type).flatten();
        headers.extend(content_type.map(|text| ("content-type", text)));
        match &form.credentials {
            _ if form.by_the_machine() => headers.push(self.machine.basic()),
            Some(text) => headers.push(("authorization", text.clone())),
            None => {}
        }
        let query = form.query.as_ref().map_or(String::new(), |query| format!("?{query}"));
        let path = format!("{}{query}", form.path);
        match String::from_utf8(form.bytes()) {
            // The server may have answered and closed before it has read so much.
            Ok(text) if text.len() > 60_000 => self.world.send_raw("POST", &path, &headers, &text).await,
            read => {
                let bytes = read.map_or_else(std::string::FromUtf8Error::into_bytes, String::into_bytes);
                self.world.send_bytes("POST", &path, &headers, Some(bytes)).await
            }
        }
    }

    /// How much was issued, made or allowed so far.
    pub(super) async fn issued(&self) -> i64 {
        let mut sum = 0;
        for kind in [
            "token.issued",
            "authorization.given",
            "client.created",
            "resource.created",
            "user.created",
            "group.created",
            "tenant.created",
            "grant.created",
        ] {
            sum += self.world.events(kind).await;
        }
        sum
    }

    /// Registers, signs in and asks for everything that vectors of these inputs rest on, so that what is issued later is issued to them.
    pub(super) async fn prepare(&mut self, inputs: &[&Input]) {
        for input in inputs {
            match input {
                Input::Redirect { client, registered, .. } => {
                    self.app(*client, registered).await;
                }
                Input::Challenge { client, .. } => {
                    self.alice().await;
                    self.app(*client, &[CALLBACK.to_owned()]).await;
                }
                Input::Verifier { client, challenge, .. } => {
                    let refused = self.redeem(*client, challenge, None).await;
                    assert_eq!(refused.error(), "invalid_grant", "{refused:?}");
                }
                Input::Token { .. }
                | Input::Keys { .. }
                | Input::Proofs { .. }
                | Input::Register { .. }
                | Input::Body(_)
                | Input::Form(_) => {}
            }
        }
    }
}

/// The parameters of a token request, without credentials.
fn asking() -> testkit::Form<'static> {
    vec![
        ("grant_type", "client_credentials".to_owned()),
        ("resource", vectors::RESOURCE.to_owned()),
    ]
}

fn told(answer: Answer) -> Told {
    assert!(
        answer.status >= 400 || answer.error().is_empty(),
        "an error has a status of its own: {answer:?}"
    );
    let given = |name: &str| answer.body.get(name).is_some_and(|value| *value != Value::Null);
    assert!(
        answer.status < 400 || !(given("access_token") || given("client_secret") || given("code")),
        "a refusal gives nothing: {answer:?}"
    );
    Told {
        status: answer.status,
        error: answer.error().to_owned(),
        answer,
    }
}

fn told_by(page: Page) -> Told {
    Told {
        status: page.answer.status,
        error: page.problem().unwrap_or_default(),
        answer: page.answer,
    }
}
