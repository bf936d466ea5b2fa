//! A tenant as its people reach it: by a path below the installation, or by an origin of its own.

use serde_json::{Value, json};

use crate::{
    client::Client,
    world::{Answer, World, leak},
};

/// A tenant and one administrator who reaches nothing else.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// Its id.
    pub id: String,
    /// Its issuer.
    pub issuer: String,
    /// The token of an administrator of this tenant alone.
    pub admin_token: String,
    /// What stands in front of its paths: empty, or `/t/{id}`.
    pub prefix: String,
    /// The `Host` it is reached under, if it is not the installation's.
    pub host: Option<String>,
}

impl World {
    /// The tenant at the root of the installation.
    pub async fn root_tenant(&self) -> Tenant {
        let mut tenant = Tenant {
            id: "default".to_owned(),
            issuer: self.issuer.clone(),
            admin_token: String::new(),
            prefix: String::new(),
            host: None,
        };
        tenant.admin_token = administrator(self, &tenant).await;
        tenant
    }

    /// Makes a tenant below `/t/{id}`.
    pub async fn tenant_by_path(&self, id: &str) -> Tenant {
        let (issuer, prefix) = (format!("{}/t/{id}", self.issuer), format!("/t/{id}"));
        make(self, json!({ "id": id, "name": id }), issuer, prefix, None).await
    }

    /// Makes a tenant with an origin of its own.
    pub async fn tenant_by_origin(&self, id: &str, origin: &str) -> Tenant {
        let host = origin.split_once("://").map(|(_, host)| host.to_owned());
        make(
            self,
            json!({ "id": id, "name": id, "origin": origin }),
            origin.to_owned(),
            String::new(),
            host,
        )
        .await
    }
}

async fn make(world: &World, body: Value, issuer: String, prefix: String, host: Option<String>) -> Tenant {
    let answer = world.admin("POST", "/admin/v1/tenants", Some(&body)).await;
    assert_eq!(
        (answer.status, answer.text_of("issuer")),
        (201, issuer.as_str()),
        "{answer:?}"
    );
    let id = answer.text_of("id").to_owned();
    let mut tenant = Tenant {
        id,
        issuer,
        admin_token: String::new(),
        prefix,
        host,
    };
    tenant.admin_token = administrator(world, &tenant).await;
    tenant
}

async fn administrator(world: &World, tenant: &Tenant) -> String {
    let body = json!({ "name": "Administrator of one tenant", "reach": "tenant" });
    let answer = tenant
        .admin_as(
            world,
            &world.admin_token,
            "POST",
            "/admin/v1/administrators",
            Some(&body),
        )
        .await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.text_of("token").to_owned()
}

impl Tenant {
    /// One of its paths, as it stands in a request.
    pub fn path(&self, path: &str) -> String {
        if path == "/" && !self.prefix.is_empty() {
            self.prefix.clone()
        } else {
            format!("{}{path}", self.prefix)
        }
    }

    /// Sends a request for one of its paths.
    pub async fn send(
        &self,
        world: &World,
        method: &str,
        path: &str,
        headers: &[(&str, String)],
        body: Option<String>,
    ) -> Answer {
        let mut all: Vec<(&str, String)> = headers.to_vec();
        all.extend(self.host.iter().map(|host| ("host", host.clone())));
        world.send(method, &self.path(path), &all, body).await
    }

    /// GET.
    pub async fn get(&self, world: &World, path: &str) -> Answer {
        self.send(world, "GET", path, &[], None).await
    }

    /// POST of a form.
    pub async fn post(&self, world: &World, path: &str, headers: &[(&str, String)], form: &[(&str, String)]) -> Answer {
        let mut all: Vec<(&str, String)> = headers.to_vec();
        all.extend(self.host.iter().map(|host| ("host", host.clone())));
        world.post(&self.path(path), &all, form).await
    }

    /// A call of its admin API by its own administrator.
    pub async fn admin(&self, world: &World, method: &str, path: &str, body: Option<&Value>) -> Answer {
        self.admin_as(world, &self.admin_token, method, path, body).await
    }

    /// A call of its admin API by somebody.
    pub async fn admin_as(&self, world: &World, token: &str, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let mut headers = vec![("authorization", format!("Bearer {token}"))];
        if body.is_some() {
            headers.push(("content-type", "application/json".to_owned()));
        }
        self.send(world, method, path, &headers, body.map(Value::to_string))
            .await
    }

    /// Registers a resource with the scopes `read` and `write`.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn resource(&self, world: &World, uri: &str, introspectors: &[&str]) -> String {
        let body = crate::world::resource_body(uri, introspectors);
        let answer = self.admin(world, "POST", "/admin/v1/resources", Some(&body)).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        uri.to_owned()
    }

    /// A token request of one of its clients.
    pub async fn token(
        &self,
        world: &World,
        client: &Client,
        form: &[(&str, String)],
        headers: &[(&str, String)],
    ) -> Answer {
        let (mut all_headers, mut all) = client.credentials(world).await;
        all.push(("grant_type", "client_credentials".to_owned()));
        all.extend(form.iter().map(|(name, value)| (leak(name), value.clone())));
        all_headers.extend(headers.iter().map(|(name, value)| (leak(name), value.clone())));
        self.post(world, "/oauth2/token", &all_headers, &all).await
    }
}
