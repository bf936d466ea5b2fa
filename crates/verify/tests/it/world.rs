//! One issuer, one guard, one clock.

#![expect(clippy::arithmetic_side_effects, reason = "test arithmetic on small known values")]

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use http::{HeaderMap, Request, header::WWW_AUTHENTICATE, request::Parts};
use serde_json::{Value, json};
use verify::{Access, Builder, Denied, Guard, Reason, Time};

use crate::issuer::{Issuer, Key, base64url};

pub(crate) const RESOURCE: &str = "https://mcp.example/mcp";

/// Some moment; all tests begin here.
pub(crate) const START: i64 = 1_900_000_000;

pub(crate) struct World {
    pub(crate) issuer: Issuer,
    pub(crate) guard: Guard,
    pub(crate) clock: TestClock,
}

#[derive(Clone)]
pub(crate) struct TestClock(Arc<AtomicI64>);

impl TestClock {
    pub(crate) fn now(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl World {
    /// A guard that asks for nothing but a good token.
    pub(crate) async fn new() -> Self {
        World::with(|builder| builder).await
    }

    pub(crate) async fn with(settings: impl FnOnce(Builder) -> Builder) -> Self {
        World::at("", settings).await
    }

    /// Like `with`, and the issuer identifier has a path.
    pub(crate) async fn at(path: &str, settings: impl FnOnce(Builder) -> Builder) -> Self {
        let issuer = Issuer::start(path).await;
        let clock = TestClock(Arc::new(AtomicI64::new(START)));
        let read = clock.clone();
        let builder = Guard::builder(&issuer.url, RESOURCE).clock(move || Time::from_unix(read.now()));
        World {
            guard: settings(builder).build().unwrap(),
            issuer,
            clock,
        }
    }

    /// The claims of a good token (RFC 9068 s2.2).
    pub(crate) fn claims(&self) -> Value {
        json!({
            "iss": self.issuer.url, "aud": RESOURCE, "sub": "user-1", "client_id": "client-1",
            "iat": self.clock.now(), "exp": self.clock.now() + 300, "jti": unique(), "scope": "read",
        })
    }

    /// A good token, with these claims instead; null removes one.
    pub(crate) fn token(&self, claims: &Value) -> String {
        self.issuer.key().sign("at+jwt", &merged(self.claims(), claims))
    }

    /// A good token bound to this key.
    pub(crate) fn bound_token(&self, holder: &Key) -> String {
        self.token(&json!({ "cnf": { "jkt": holder.thumbprint() } }))
    }

    /// A good proof for POST at the resource, with these claims instead.
    pub(crate) fn proof(&self, holder: &Key, token: &str, claims: &Value) -> String {
        let good = json!({
            "jti": unique(), "htm": "POST", "htu": RESOURCE, "iat": self.clock.now(), "ath": ath(token),
        });
        proof_with(holder, &merged(good, claims))
    }

    pub(crate) async fn bearer(&self, token: &str) -> Result<Access, Denied> {
        self.check(&[("authorization", &format!("Bearer {token}"))]).await
    }

    pub(crate) async fn dpop(&self, token: &str, proof: &str) -> Result<Access, Denied> {
        self.check(&[("authorization", &format!("DPoP {token}")), ("dpop", proof)])
            .await
    }

    pub(crate) async fn check(&self, headers: &[(&str, &str)]) -> Result<Access, Denied> {
        self.guard.check(&post(headers), &[]).await
    }

    /// Why this token is refused as Bearer.
    pub(crate) async fn refusal(&self, token: &str) -> Reason {
        self.bearer(token).await.expect_err("the token passed").reason()
    }
}

pub(crate) fn post(headers: &[(&str, &str)]) -> Parts {
    let request = headers.iter().fold(Request::post("/mcp"), |request, (name, value)| {
        request.header(*name, *value)
    });
    request.body(()).unwrap().into_parts().0
}

pub(crate) fn merged(mut good: Value, other: &Value) -> Value {
    for (name, value) in other.as_object().unwrap() {
        good[name] = value.clone();
    }
    good.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    good
}

pub(crate) fn proof_with(holder: &Key, claims: &Value) -> String {
    let header = json!({ "typ": "dpop+jwt", "alg": holder.algorithm, "jwk": holder.bare_jwk() });
    holder.sign_raw(&header.to_string(), &claims.to_string())
}

/// RFC 9449 s4.2.
pub(crate) fn ath(token: &str) -> String {
    base64url(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes()).as_ref())
}

pub(crate) fn unique() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("unique-{}", NEXT.fetch_add(1, Ordering::SeqCst))
}

pub(crate) fn challenges(headers: &HeaderMap) -> Vec<String> {
    headers
        .get_all(WWW_AUTHENTICATE)
        .iter()
        .map(|value| value.to_str().unwrap().to_owned())
        .collect()
}
