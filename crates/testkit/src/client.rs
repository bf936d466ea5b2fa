//! A client as its developer would write it.

use std::sync::atomic::{AtomicU64, Ordering};

use base64::{Engine, engine::general_purpose::STANDARD};
use proof::Algorithm;
use serde_json::{Value, json};

use crate::{
    key::Key,
    tenant::Tenant,
    world::{Answer, World},
};

/// A form body: parameters in order, repeated or not.
pub type Form<'a> = Vec<(&'a str, String)>;

/// A registered client and its credential.
#[derive(Debug)]
pub struct Client {
    /// Its id.
    pub id: String,
    /// Its secret, for the secret methods.
    pub secret: Option<String>,
    /// Its key, for `private_key_jwt`.
    pub key: Option<Key>,
    /// `token_endpoint_auth_method`.
    pub method: &'static str,
    /// The issuer of its tenant: the audience of its assertions.
    pub issuer: String,
}

impl Client {
    /// Registers a client of the default tenant through the admin API, with these scopes and resources.
    ///
    /// # Panics
    /// When the registration is refused.
    pub async fn register(world: &World, method: &'static str, scope: &str, resources: &[&str]) -> Self {
        let key = (method == "private_key_jwt").then(|| Key::new(Algorithm::ES256));
        let body = registration(method, scope, resources, key.as_ref());
        let answer = world.admin("POST", "/admin/v1/clients", Some(&body)).await;
        Self::registered(&answer, method, key, &world.issuer)
    }

    /// Registers a client of a tenant, by the tenant's own administrator.
    ///
    /// # Panics
    /// When the registration is refused.
    pub async fn register_at(
        world: &World,
        tenant: &Tenant,
        method: &'static str,
        scope: &str,
        resources: &[&str],
    ) -> Self {
        let key = (method == "private_key_jwt").then(|| Key::new(Algorithm::ES256));
        let body = registration(method, scope, resources, key.as_ref());
        let answer = tenant.admin(world, "POST", "/admin/v1/clients", Some(&body)).await;
        Self::registered(&answer, method, key, &tenant.issuer)
    }

    /// Registers a client with these members beside (or instead of) the usual ones, and this key.
    ///
    /// # Panics
    /// When the registration is refused.
    pub async fn register_with(world: &World, method: &'static str, members: &Value, key: Option<Key>) -> Self {
        let mut body = registration(method, "", &[], key.as_ref());
        if let (Some(body), Some(members)) = (body.as_object_mut(), members.as_object()) {
            body.extend(members.clone());
        }
        let answer = world.admin("POST", "/admin/v1/clients", Some(&body)).await;
        Self::registered(&answer, method, key, &world.issuer)
    }

    /// The same at a tenant, by the tenant's own administrator.
    ///
    /// # Panics
    /// When the registration is refused.
    pub async fn register_with_at(
        world: &World,
        tenant: &Tenant,
        method: &'static str,
        members: &Value,
        key: Option<Key>,
    ) -> Self {
        let mut body = registration(method, "", &[], key.as_ref());
        if let (Some(body), Some(members)) = (body.as_object_mut(), members.as_object()) {
            body.extend(members.clone());
        }
        let answer = tenant.admin(world, "POST", "/admin/v1/clients", Some(&body)).await;
        Self::registered(&answer, method, key, &tenant.issuer)
    }

    fn registered(answer: &Answer, method: &'static str, key: Option<Key>, issuer: &str) -> Self {
        assert_eq!(answer.status, 201, "{answer:?}");
        let secret = Some(answer.text_of("client_secret").to_owned());
        Self {
            id: answer.text_of("client_id").to_owned(),
            secret: secret.filter(|secret| !secret.is_empty()),
            key,
            method,
            issuer: issuer.to_owned(),
        }
    }

    /// The Basic header of a client with a secret.
    pub fn basic(&self) -> (&'static str, String) {
        let pair = format!("{}:{}", self.id, self.secret.as_deref().unwrap_or_default());
        ("authorization", format!("Basic {}", STANDARD.encode(pair)))
    }

    /// The claims of a client assertion that is right in every way.
    pub fn assertion_claims(&self, world: &World) -> Value {
        let now = world.now();
        json!({ "iss": self.id, "sub": self.id, "aud": self.issuer, "jti": unique(), "iat": now, "exp": now.saturating_add(60) })
    }

    /// A client assertion with these claims.
    ///
    /// # Panics
    /// When the client has no key.
    #[expect(
        clippy::expect_used,
        reason = "a test that asks a client without key for an assertion is wrong"
    )]
    pub async fn assertion(&self, claims: &Value) -> String {
        let key = self.key.as_ref().expect("a client with a key");
        key.sign(
            &json!({ "alg": key.algorithm().name(), "kid": key.thumbprint() }),
            claims,
        )
        .await
    }

    /// Headers and parameters that authenticate it now.
    pub async fn credentials(&self, world: &World) -> (Vec<(&'static str, String)>, Form<'static>) {
        match self.method {
            "client_secret_basic" => (vec![self.basic()], vec![]),
            "client_secret_post" => (
                vec![],
                vec![
                    ("client_id", self.id.clone()),
                    ("client_secret", self.secret.clone().unwrap_or_default()),
                ],
            ),
            _ => (
                vec![],
                assertion_form(&self.assertion(&self.assertion_claims(world)).await),
            ),
        }
    }
}

fn registration(method: &str, scope: &str, resources: &[&str], key: Option<&Key>) -> Value {
    let mut body = json!({
        "client_name": "Test client", "token_endpoint_auth_method": method, "grant_types": ["client_credentials"],
        "scope": scope, "resources": resources,
    });
    if let (Some(key), Some(members)) = (key, body.as_object_mut()) {
        members.insert("jwks".to_owned(), json!({ "keys": [key.public_jwk()] }));
    }
    body
}

/// The two parameters of a client assertion.
pub fn assertion_form(assertion: &str) -> Form<'static> {
    vec![
        (
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer".to_owned(),
        ),
        ("client_assertion", assertion.to_owned()),
    ]
}

/// A `jti` that no other proof of this process has.
pub fn unique() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("jti-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}
