//! The server under test, on a free port, with a clock that the test moves.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use kernel::Time;
use proof::Secret;
use serde_json::{Value, json};
use server::{
    App, ClientAuthorities, ClientCertificates, Limits, OriginRule, Peers, Script, Settings, Surroundings, Tls,
};
use store::Store;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use crate::{
    certificate::{Certificate, ServerCertificate},
    client::{Client, unique},
    database::{Fresh, fresh},
    key::Key,
};

/// When every world begins, in seconds since 1970.
pub const START: i64 = 1_795_000_000;
/// The key-encryption key of every world.
const KEK: [u8; 32] = [7; 32];

/// An answer of the server.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers, in order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as JSON, `null` when it is none.
    pub body: Value,
    /// The body as text.
    pub text: String,
}

impl Answer {
    /// A header, if it is there.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// The error code of the body.
    pub fn error(&self) -> &str {
        self.text_of("error")
    }

    /// A text member of the body; empty when it is not there.
    pub fn text_of(&self, member: &str) -> &str {
        self.body.get(member).and_then(Value::as_str).unwrap_or_default()
    }
}

/// A server and what a test needs of it.
#[derive(Debug)]
pub struct World {
    /// The issuer of the default tenant.
    pub issuer: String,
    /// The token of an administrator of the installation.
    pub admin_token: String,
    /// The server's inside: for counting rows, never for asking.
    pub app: Arc<App>,
    authority: String,
    script: Arc<Script>,
    database: Arc<Fresh>,
    /// What the server is known by, when it speaks TLS.
    certificate: Option<ServerCertificate>,
    http: reqwest::Client,
    requests: AtomicU64,
    stop: watch::Sender<()>,
    served: JoinHandle<()>,
}

impl World {
    /// A new world.
    pub async fn new() -> Self {
        Self::on(
            Arc::new(fresh().await),
            Script::new(Time::from_unix(START), b"world"),
            None,
            None,
            |_| {},
        )
        .await
    }

    /// A new world with other settings than the usual ones: limits, say, or the way out.
    pub async fn with_settings(change: impl FnOnce(&mut Settings)) -> Self {
        let script = Script::new(Time::from_unix(START), b"world");
        Self::on(Arc::new(fresh().await), script, None, None, change).await
    }

    /// A new world whose server speaks TLS and takes certificates from clients, with other settings than the usual ones.
    pub async fn with_client_certificates(change: impl FnOnce(&mut Settings)) -> Self {
        let script = Script::new(Time::from_unix(START), b"world");
        let certificate = Some(ServerCertificate::new());
        Self::on(Arc::new(fresh().await), script, None, certificate, change).await
    }

    /// From now on requests show this certificate in the handshake, or none.
    ///
    /// # Panics
    /// When the server speaks no TLS.
    #[expect(clippy::expect_used, reason = "a test that shows a certificate to nobody is wrong")]
    pub fn show(&mut self, shown: Option<&Certificate>) {
        let certificate = self.certificate.as_ref().expect("a server that speaks TLS");
        self.http = http_client(Some(certificate.client(shown)));
    }

    /// A second node on the same database and clock: another process in all but name.
    pub async fn second_node(&self) -> Self {
        Self::on(
            Arc::clone(&self.database),
            Arc::clone(&self.script),
            Some(self.issuer.clone()),
            self.certificate.clone(),
            |_| {},
        )
        .await
    }

    /// The same world after its process ended and another one began.
    pub async fn restart(self) -> Self {
        let (database, script, issuer, certificate) = (
            Arc::clone(&self.database),
            Arc::clone(&self.script),
            self.issuer.clone(),
            self.certificate.clone(),
        );
        self.end().await;
        Self::on(database, script, Some(issuer), certificate, |_| {}).await
    }

    /// The same world after its process was killed: nothing was finished, nothing noted was written.
    pub async fn crash(self) -> Self {
        let Self {
            issuer,
            script,
            database,
            certificate,
            served,
            ..
        } = self;
        served.abort();
        drop(served.await);
        Self::on(database, script, Some(issuer), certificate, |_| {}).await
    }

    /// The clock, the chance and the gate of this world.
    pub fn script(&self) -> &Script {
        &self.script
    }

    #[expect(clippy::expect_used, reason = "a test world that cannot be built must fail its test")]
    async fn on(
        database: Arc<Fresh>,
        script: Arc<Script>,
        issuer: Option<String>,
        certificate: Option<ServerCertificate>,
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let authority = format!("127.0.0.1:{}", listener.local_addr().expect("an address").port());
        let (scheme, tls, http) = match &certificate {
            None => ("http", Tls::Off, http_client(None)),
            Some(certificate) => (
                "https",
                certificate.tls(ClientCertificates::Optional),
                http_client(Some(certificate.client(None))),
            ),
        };
        let issuer = issuer.unwrap_or_else(|| format!("{scheme}://{authority}"));
        let surroundings = Surroundings::Scripted(Arc::clone(&script));
        let stream = surroundings
            .moment()
            .expect("a moment")
            .id::<()>("stream")
            .as_str()
            .to_owned();
        let store = Store::open(store::Settings {
            database: database.database.clone(),
            stream,
        })
        .await
        .expect("the store opens");
        let mut settings = Settings {
            origin: issuer.clone(),
            aliases: vec![authority.clone()],
            origin_rule: OriginRule::MustMatch,
            seal: keys::Seal::new(Secret::new(KEK)).expect("a seal"),
            rotation: keys::rotation::Schedule::default(),
            surroundings,
            egress: egress::Settings {
                allowed_networks: egress::Network::LOOPBACK.to_vec(),
                plain_http: egress::PlainHttp::LoopbackOnly,
                ..egress::Settings::default()
            },
            passwords: login::Settings::default(),
            limits: Limits {
                sign_ins_per_minute: Some(10_000),
                registrations_per_minute: Some(10_000),
                failures_per_login_per_minute: 10_000,
                device_codes_per_minute: None,
                wrong_user_codes_per_minute: 5,
                wrong_user_codes_of_tenant_per_minute: 100,
                requests_per_address_per_minute: None,
                requests_per_client_per_minute: None,
                requests_per_tenant_per_minute: None,
            },
            peers: Peers::Connected,
            client_certificates: ClientCertificates::Off,
            client_authorities: ClientAuthorities::default(),
        };
        change(&mut settings);
        let app = App::start(settings, store).await.expect("the server starts");
        let admin_token = app
            .bootstrap("Test")
            .await
            .expect("an administrator")
            .administrator_token;
        let (stop, mut stopped) = watch::channel(());
        let router = server::router(&app);
        let served = tokio::spawn(async move {
            let ended = async move { drop(stopped.changed().await) };
            server::serve(listener, tls, router, ended)
                .await
                .expect("serving ends well");
        });
        Self {
            issuer,
            admin_token,
            app,
            authority,
            script,
            database,
            certificate,
            http,
            requests: AtomicU64::new(0),
            stop,
            served,
        }
    }

    /// Ends the process: what runs is finished, what is noted is written.
    ///
    /// # Panics
    /// When it does not end well.
    #[expect(clippy::expect_used, reason = "a test world that cannot be ended must fail its test")]
    pub async fn end(self) {
        drop(self.stop);
        drop(self.http);
        self.served.await.expect("the server ends");
        let at = self.app.moment().expect("a moment");
        self.app.store().close(&at).await.expect("the store closes");
    }

    /// `host:port` of this node.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Every byte that the database keeps on the disk, if it is a file.
    pub fn database_bytes(&self) -> Option<Vec<u8>> {
        let store::Database::Sqlite(path) = &self.database.database else {
            return None;
        };
        let beside =
            |end: &str| path.with_file_name(format!("{}{end}", path.file_name().unwrap_or_default().display()));
        let files = [path.clone(), beside("-wal"), beside("-journal")];
        Some(
            files
                .iter()
                .filter_map(|file| std::fs::read(file).ok())
                .flatten()
                .collect(),
        )
    }

    /// The time, in seconds since 1970.
    pub fn now(&self) -> i64 {
        self.script.now().unix()
    }

    /// Moves the clock, either way.
    pub fn advance(&self, seconds: i64) {
        self.script.advance(seconds);
    }

    /// Writes the journal, as the background job would.
    ///
    /// # Panics
    /// When it cannot.
    #[expect(clippy::expect_used, reason = "a test world that cannot write must fail its test")]
    pub async fn flush(&self) {
        let at = self.app.moment().expect("a moment");
        self.app.store().flush(&at).await.expect("the journal is written");
    }

    /// Ends the bookings of the ledger whose time is over, as the background job would.
    ///
    /// # Panics
    /// When it cannot.
    #[expect(clippy::expect_used, reason = "a test world that cannot write must fail its test")]
    pub async fn end_bookings(&self) {
        self.app.end_bookings().await.expect("the ends are written");
    }

    /// How many events of a kind the default tenant's log has, the journal included.
    ///
    /// # Panics
    /// When they cannot be counted.
    #[expect(clippy::expect_used, reason = "a test world that cannot read must fail its test")]
    pub async fn events(&self, kind: &str) -> i64 {
        self.flush().await;
        self.app
            .default_tenant()
            .expect("the tenant")
            .event_count(kind)
            .await
            .expect("a count")
    }

    /// Sends a request to this node.
    ///
    /// # Panics
    /// When no answer comes.
    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, String)], body: Option<String>) -> Answer {
        self.send_bytes(method, path, headers, body.map(String::into_bytes))
            .await
    }

    /// The same with a body that may be no text.
    ///
    /// # Panics
    /// When no answer comes.
    #[expect(clippy::expect_used, reason = "a request without any answer fails its test")]
    pub async fn send_bytes(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, String)],
        body: Option<Vec<u8>>,
    ) -> Answer {
        let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
        let scheme = if self.certificate.is_some() { "https" } else { "http" };
        let mut request = self
            .http
            .request(method, format!("{scheme}://{}{path}", self.authority));
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        self.count();
        answer_to(request).await
    }

    /// A request is on its way.
    pub(crate) fn count(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// How many requests were sent to this node.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], None).await
    }

    /// POST of a form.
    pub async fn post(&self, path: &str, headers: &[(&str, String)], form: &[(&str, String)]) -> Answer {
        let mut all = vec![("content-type", "application/x-www-form-urlencoded".to_owned())];
        all.extend(headers.iter().map(|(name, value)| (*name, value.clone())));
        self.send("POST", path, &all, Some(form_body(form))).await
    }

    /// A call of the admin API by the administrator of the installation.
    pub async fn admin(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        self.admin_as(&self.admin_token, method, path, body).await
    }

    /// A call of the admin API by somebody.
    pub async fn admin_as(&self, token: &str, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let mut headers = vec![("authorization", format!("Bearer {token}"))];
        if body.is_some() {
            headers.push(("content-type", "application/json".to_owned()));
        }
        self.send(method, path, &headers, body.map(Value::to_string)).await
    }

    /// Registers a resource with two scopes, `read` and `write`, and says its identifier.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn resource(&self, uri: &str, introspectors: &[&str]) -> String {
        let body = resource_body(uri, introspectors);
        let answer = self.admin("POST", "/admin/v1/resources", Some(&body)).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        uri.to_owned()
    }

    /// A token request of a client, with these parameters beside its credentials and these headers.
    pub async fn token(&self, client: &Client, form: &[(&str, String)], headers: &[(&str, String)]) -> Answer {
        let (mut all_headers, mut all) = client.credentials(self).await;
        all.push(("grant_type", "client_credentials".to_owned()));
        all.extend(form.iter().map(|(name, value)| (leak(name), value.clone())));
        all_headers.extend(headers.iter().map(|(name, value)| (leak(name), value.clone())));
        self.post("/oauth2/token", &all_headers, &all).await
    }

    /// The claims of a DPoP proof for the token endpoint that is right in every way, nonce included.
    pub async fn dpop_claims(&self) -> Value {
        json!({ "jti": unique(), "htm": "POST", "htu": format!("{}/oauth2/token", self.issuer), "iat": self.now(), "nonce": self.nonce().await })
    }

    /// A nonce, got as a client gets one: by a proof without.
    ///
    /// # Panics
    /// When the server gives none.
    #[expect(clippy::expect_used, reason = "a test that gets no nonce fails")]
    pub async fn nonce(&self) -> String {
        let answer = self.post("/oauth2/token", &[("dpop", "x".to_owned())], &[]).await;
        answer.header("dpop-nonce").expect("a nonce").to_owned()
    }

    /// A DPoP proof with these claims.
    pub async fn dpop(&self, key: &Key, claims: &Value) -> String {
        key.sign(
            &json!({ "typ": "dpop+jwt", "alg": key.algorithm().name(), "jwk": key.public_jwk() }),
            claims,
        )
        .await
    }
}

/// Sends a request and reads the answer.
#[expect(clippy::expect_used, reason = "a request without any answer fails its test")]
pub(crate) async fn answer_to(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.expect("an answer");
    let status = response.status().as_u16();
    let headers = response
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), value.to_str().unwrap_or("").to_owned()))
        .collect();
    let text = response.text().await.expect("a body");
    Answer {
        status,
        headers,
        body: serde_json::from_str(&text).unwrap_or_default(),
        text,
    }
}

/// A resource with two scopes.
pub(crate) fn resource_body(uri: &str, introspectors: &[&str]) -> Value {
    json!({
        "resource": uri, "resource_name": "Test resource", "introspection_clients": introspectors,
        "scopes": { "read": "Read things", "write": "Change things" },
    })
}

/// A form as it travels.
pub(crate) fn form_body(form: &[(&str, String)]) -> String {
    form.iter()
        .map(|(name, value)| format!("{}={}", escape(name), escape(value)))
        .collect::<Vec<_>>()
        .join("&")
}

/// Names of parameters and headers come from literals of tests; a few bytes a request are nothing there.
pub(crate) fn leak(name: &str) -> &'static str {
    Box::leak(name.to_owned().into_boxed_str())
}

/// Percent-encodes everything but unreserved characters.
pub(crate) fn escape(text: &str) -> String {
    text.bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() || b"-._~".contains(&b) {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect()
}

#[expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "the client of the tests talks to the server under test and to nobody else"
)]
pub(crate) fn http_client(tls: Option<rustls::ClientConfig>) -> reqwest::Client {
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default()); // the second world of a process finds it installed
    let builder = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(30));
    match tls {
        None => builder,
        Some(tls) => builder.tls_backend_preconfigured(tls),
    }
    .build()
    .expect("an HTTP client")
}
