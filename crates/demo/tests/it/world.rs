//! Both demo servers and an issuer, on free ports of 127.0.0.1.

use std::{
    io,
    sync::atomic::{AtomicU64, Ordering},
};

use demo::{Settings, api_resource, mcp_resource};
use http::{HeaderMap, Method, StatusCode};
use reqwest::Client;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use crate::issuer::Issuer;

pub(crate) struct World {
    pub(crate) issuer: Issuer,
    pub(crate) mcp: String,
    pub(crate) api: String,
    pub(crate) client: Client,
    pub(crate) stop: oneshot::Sender<()>,
    pub(crate) served: JoinHandle<io::Result<()>>,
}

/// Status, headers and body of an answer; the body is null if it is not JSON.
pub(crate) type Answer = (StatusCode, HeaderMap, Value);

impl World {
    pub(crate) async fn new() -> Self {
        World::with(None).await
    }

    pub(crate) async fn with(introspection: Option<(String, String)>) -> Self {
        let issuer = Issuer::start("").await;
        let (mcp, api) = (listener().await, listener().await);
        let (mcp_port, api_port) = (mcp.local_addr().unwrap().port(), api.local_addr().unwrap().port());
        let host = "localhost".to_owned();
        let settings = Settings {
            issuer: issuer.url.clone(),
            mcp,
            api,
            host,
            introspection,
        };
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(demo::serve(settings, async { drop(stopped.await) }));
        World {
            issuer,
            mcp: mcp_resource("localhost", mcp_port),
            api: api_resource("localhost", api_port),
            client: client(),
            stop,
            served,
        }
    }

    /// A good token of alice for this resource with these scopes.
    pub(crate) fn token(&self, resource: &str, scope: &str) -> String {
        self.token_of("alice@demo.test", resource, scope)
    }

    pub(crate) fn token_of(&self, subject: &str, resource: &str, scope: &str) -> String {
        self.token_saying(json!({ "sub": subject, "aud": resource, "scope": scope }))
    }

    /// A good token that says this, too.
    pub(crate) fn token_saying(&self, said: Value) -> String {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        // Made long ago and good for decades: no test here is about time.
        let mut claims = json!({
            "iss": self.issuer.url, "client_id": "client-1", "iat": 1_700_000_000, "exp": 4_000_000_000_i64,
            "jti": NEXT.fetch_add(1, Ordering::SeqCst).to_string(),
        });
        let Value::Object(said) = said else {
            panic!("claims are an object")
        };
        claims.as_object_mut().unwrap().extend(said);
        self.issuer.key().sign("at+jwt", &claims)
    }

    /// Asks any URL with a token for it, if there is one.
    pub(crate) async fn ask(
        &self,
        method: Method,
        url: &str,
        token: Option<&str>,
        headers: &[(&str, &str)],
        body: String,
    ) -> Answer {
        let mut request = self.client.request(method, url);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.body(body).send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default();
        (status, headers, body)
    }

    /// Posts a body to the MCP server as its clients do, with a token that may read.
    pub(crate) async fn post(&self, headers: &[(&str, &str)], body: &Value) -> Answer {
        let token = self.token(&self.mcp, "tools:read");
        self.post_with(&token, headers, &body.to_string()).await
    }

    pub(crate) async fn post_with(&self, token: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let usual = [
            ("content-type", "application/json"),
            ("accept", "application/json, text/event-stream"),
        ];
        let headers = [&usual, headers].concat();
        self.ask(Method::POST, &self.mcp, Some(token), &headers, body.to_owned())
            .await
    }
}

pub(crate) async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

#[expect(clippy::disallowed_methods, reason = "tests ask their own servers on 127.0.0.1")]
pub(crate) fn client() -> Client {
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap();
    let tls = tls
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .build()
        .unwrap()
}

/// A request of 2025-11-25 and before.
pub(crate) fn old(method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })
}

/// A request of 2026-07-28, which says everything in each request.
pub(crate) fn new(method: &str, params: &Value) -> Value {
    let mut params = params.clone();
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    json!({ "jsonrpc": "2.0", "id": "one", "method": method, "params": params })
}

/// The headers that belong to a request of 2026-07-28.
pub(crate) fn new_headers<'a>(method: &'a str, name: Option<&'a str>) -> Vec<(&'a str, &'a str)> {
    let named = name.map(|name| ("mcp-name", name));
    [("mcp-protocol-version", "2026-07-28"), ("mcp-method", method)]
        .into_iter()
        .chain(named)
        .collect()
}

pub(crate) const OLD: &[(&str, &str)] = &[("mcp-protocol-version", "2025-11-25")];
