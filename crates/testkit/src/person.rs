//! People, the apps they use, and the way from an authorization request to tokens.

use proof::digest;
use serde_json::{Value, json};

use crate::{
    browser::{Browser, Page},
    client::{Client, unique},
    world::{Answer, World, form_body},
};

/// A person with a password.
#[derive(Clone, Debug)]
pub struct Person {
    /// Their id.
    pub id: String,
    /// What they sign in by.
    pub login: String,
    /// Their password.
    pub password: String,
}

impl World {
    /// Enters a person with a password.
    ///
    /// # Panics
    /// When that is refused.
    pub async fn person(&self, login: &str) -> Person {
        let password = format!("long enough, {login}");
        let body = json!({ "login": login, "password": password, "profile": { "name": login } });
        let answer = self.admin("POST", "/admin/v1/users", Some(&body)).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        Person {
            id: answer.text_of("id").to_owned(),
            login: login.to_owned(),
            password,
        }
    }

    /// A browser in which the person is signed in.
    ///
    /// # Panics
    /// When the sign-in fails.
    pub async fn signed_in(&self, person: &Person) -> Browser {
        let mut browser = Browser::new(self);
        let page = browser.visit(self, "/sign-in").await;
        let page = browser.sign_in(self, &page, &person.login, &person.password).await;
        assert_eq!(page.answer.status, 200, "{page:?}");
        assert!(
            browser.cookies.keys().any(|name| name.contains("session")),
            "{browser:?}"
        );
        browser
    }
}

/// An app that sends people here: a client of the authorization code grant.
#[derive(Debug)]
pub struct App {
    /// Its registration and credential; one without either is public.
    pub client: Client,
    /// Where it is answered.
    pub redirect_uri: String,
}

impl App {
    /// A public app that an administrator registered, answered at this URI.
    ///
    /// # Panics
    /// When the registration is refused.
    pub async fn public(world: &World, redirect_uri: &str) -> Self {
        let members = json!({ "client_name": "Atlas", "redirect_uris": [redirect_uri] });
        Self::registered(world, "none", &members, redirect_uri).await
    }

    /// An app with a secret.
    ///
    /// # Panics
    /// When the registration is refused.
    pub async fn confidential(world: &World, redirect_uri: &str) -> Self {
        let members = json!({ "client_name": "Atlas", "redirect_uris": [redirect_uri] });
        Self::registered(world, "client_secret_basic", &members, redirect_uri).await
    }

    /// An app with these members of client metadata.
    ///
    /// # Panics
    /// When the registration is refused.
    pub async fn registered(world: &World, method: &'static str, members: &Value, redirect_uri: &str) -> Self {
        let mut all = json!({ "grant_types": ["authorization_code", "refresh_token"] });
        if let (Some(all), Some(members)) = (all.as_object_mut(), members.as_object()) {
            all.extend(members.clone());
        }
        Self {
            client: Client::register_with(world, method, &all, None).await,
            redirect_uri: redirect_uri.to_owned(),
        }
    }
}

/// An authorization request with its PKCE verifier.
#[derive(Clone, Debug)]
pub struct Asking {
    /// The parameters, in order.
    pub parameters: Vec<(String, String)>,
    /// The PKCE verifier.
    pub verifier: String,
}

impl Asking {
    /// What a good app asks: a code, PKCE S256, a state, for a resource and a scope.
    pub fn new(app: &App, resource: Option<&str>, scope: Option<&str>) -> Self {
        Self::of(&app.client.id, &app.redirect_uri, resource, scope)
    }

    /// The same for a client by its id.
    pub fn of(client_id: &str, redirect_uri: &str, resource: Option<&str>, scope: Option<&str>) -> Self {
        let verifier = proof::base64url::encode(&digest::sha256(unique().as_bytes()));
        let mut parameters = vec![
            ("response_type".to_owned(), "code".to_owned()),
            ("client_id".to_owned(), client_id.to_owned()),
            ("redirect_uri".to_owned(), redirect_uri.to_owned()),
            ("state".to_owned(), unique()),
            ("code_challenge".to_owned(), digest::sha256_b64(verifier.as_bytes())),
            ("code_challenge_method".to_owned(), "S256".to_owned()),
        ];
        parameters.extend(resource.map(|uri| ("resource".to_owned(), uri.to_owned())));
        parameters.extend(scope.map(|scope| ("scope".to_owned(), scope.to_owned())));
        Self { parameters, verifier }
    }

    /// The request with a parameter set to another value, or left out.
    #[must_use]
    pub fn with(mut self, name: &str, value: Option<&str>) -> Self {
        self.parameters.retain(|(known, _)| known != name);
        self.parameters
            .extend(value.map(|value| (name.to_owned(), value.to_owned())));
        self
    }

    /// A parameter.
    pub fn get(&self, name: &str) -> &str {
        self.parameters
            .iter()
            .find(|(known, _)| known == name)
            .map_or("", |(_, value)| value.as_str())
    }

    /// The path to send a browser to.
    pub fn path(&self) -> String {
        let pairs: Vec<(&str, String)> = self
            .parameters
            .iter()
            .map(|(name, value)| (name.as_str(), value.clone()))
            .collect();
        format!("/oauth2/authorize?{}", form_body(&pairs))
    }
}

impl Browser {
    /// Goes through an authorization as an agreeable person: signs in if asked, says yes if asked. The page that leads back to the app.
    ///
    /// # Panics
    /// When it does not end with a redirect to the app.
    pub async fn agree(&mut self, world: &World, person: &Person, asking: &Asking) -> Page {
        let mut page = self.visit(world, &asking.path()).await;
        if page.has_form("sign-in") {
            page = self.sign_in(world, &page, &person.login, &person.password).await;
        }
        if page.has_form("consent") {
            page = self.submit(world, &page, "consent", &[("decision", "allow")]).await;
        }
        assert!(
            page.location()
                .is_some_and(|url| url.starts_with(asking.get("redirect_uri"))),
            "{page:?}"
        );
        page
    }
}

impl World {
    /// A token request with a code: the app's credentials, and these headers (a DPoP proof, say).
    pub async fn redeem(&self, app: &App, asking: &Asking, code: &str, headers: &[(&str, String)]) -> Answer {
        let form = [
            ("grant_type", "authorization_code".to_owned()),
            ("code", code.to_owned()),
            ("redirect_uri", asking.get("redirect_uri").to_owned()),
            ("code_verifier", asking.verifier.clone()),
        ];
        self.as_app(app, &form, headers).await
    }

    /// A refresh, with these parameters more.
    pub async fn refresh(&self, app: &App, token: &str, more: &[(&str, String)], headers: &[(&str, String)]) -> Answer {
        let mut form = vec![
            ("grant_type", "refresh_token".to_owned()),
            ("refresh_token", token.to_owned()),
        ];
        form.extend(more.iter().map(|(name, value)| (*name, value.clone())));
        self.as_app(app, &form, headers).await
    }

    /// A request at the token endpoint with an app's credentials, or its name if it has none.
    pub async fn as_app(&self, app: &App, form: &[(&str, String)], headers: &[(&str, String)]) -> Answer {
        let (mut all_headers, mut all) = match app.client.method {
            "none" => (vec![], vec![("client_id", app.client.id.clone())]),
            _ => app.client.credentials(self).await,
        };
        all.extend(
            form.iter()
                .map(|(name, value)| (crate::world::leak(name), value.clone())),
        );
        all_headers.extend(
            headers
                .iter()
                .map(|(name, value)| (crate::world::leak(name), value.clone())),
        );
        self.post("/oauth2/token", &all_headers, &all).await
    }

    /// Everything from the request to the tokens, for a person who agrees.
    ///
    /// # Panics
    /// When a step fails.
    pub async fn tokens(&self, person: &Person, app: &App, resource: Option<&str>, scope: Option<&str>) -> Answer {
        let asking = Asking::new(app, resource, scope);
        let page = Browser::new(self).agree(self, person, &asking).await;
        let code = page.parameter("code").unwrap_or_default();
        let answer = self.redeem(app, &asking, &code, &[]).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer
    }
}
