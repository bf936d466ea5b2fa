//! An issuer made by hand: a listener on 127.0.0.1, a few keys, and what it is told to answer.

#![expect(clippy::arithmetic_side_effects, reason = "test arithmetic on small known values")]

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use aws_lc_rs::{
    digest,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// A signing key and its public JWK.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) kid: String,
    pub(crate) algorithm: Algorithm,
    encoding: EncodingKey,
    members: Value,
}

impl Key {
    pub(crate) fn ed25519(kid: &str) -> Self {
        let pair = Ed25519KeyPair::generate().unwrap();
        let x = base64url(pair.public_key().as_ref());
        Key {
            kid: kid.to_owned(),
            algorithm: Algorithm::EdDSA,
            encoding: EncodingKey::from_ed_der(pair.to_pkcs8v1().unwrap().as_ref()),
            members: json!({ "crv": "Ed25519", "kty": "OKP", "x": x }),
        }
    }

    pub(crate) fn p256(kid: &str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let point = pair.public_key().as_ref();
        let (x, y) = (base64url(&point[1..33]), base64url(&point[33..]));
        Key {
            kid: kid.to_owned(),
            algorithm: Algorithm::ES256,
            encoding: EncodingKey::from_ec_der(pair.to_pkcs8v1().unwrap().as_ref()),
            members: json!({ "crv": "P-256", "kty": "EC", "x": x, "y": y }),
        }
    }

    /// The same key under another key id.
    pub(crate) fn named(self, kid: &str) -> Self {
        Key {
            kid: kid.to_owned(),
            ..self
        }
    }

    /// The public members and nothing else.
    pub(crate) fn bare_jwk(&self) -> Value {
        self.members.clone()
    }

    /// The key as it stands in a JWK Set.
    pub(crate) fn jwk(&self) -> Value {
        let mut jwk = self.members.clone();
        jwk["kid"] = json!(self.kid);
        jwk["use"] = json!("sig");
        jwk
    }

    /// RFC 7638: the required members in the order of their names, which is how `serde_json` writes them.
    pub(crate) fn thumbprint(&self) -> String {
        base64url(digest::digest(&digest::SHA256, self.members.to_string().as_bytes()).as_ref())
    }

    /// Signs any header over any payload, whether it is JSON or not.
    pub(crate) fn sign_raw(&self, header: &str, payload: &str) -> String {
        let input = [base64url(header.as_bytes()), base64url(payload.as_bytes())].join(".");
        let signature = jsonwebtoken::crypto::sign(input.as_bytes(), &self.encoding, self.algorithm).unwrap();
        [input, signature].join(".")
    }

    pub(crate) fn sign(&self, typ: &str, claims: &Value) -> String {
        let header = json!({ "typ": typ, "alg": self.algorithm, "kid": self.kid });
        self.sign_raw(&header.to_string(), &claims.to_string())
    }
}

pub(crate) fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What the issuer answers, changed by tests as they go.
pub(crate) struct Script {
    pub(crate) keys: Vec<Key>,
    /// Status of every answer about keys and metadata.
    pub(crate) status: u16,
    /// `Cache-Control` of the key set.
    pub(crate) cache_control: Option<&'static str>,
    /// The key set has moved to `/moved`, says a redirect.
    pub(crate) moved: bool,
    /// Members of the metadata that replace the usual ones; null removes.
    pub(crate) metadata: Value,
    /// Only the OpenID form of discovery exists.
    pub(crate) openid_only: bool,
    /// Status and body of introspection.
    pub(crate) introspection: (u16, String),
    /// Requests so far, by path.
    pub(crate) asked: BTreeMap<String, usize>,
    /// The last request to the introspection endpoint, head and body.
    pub(crate) last_introspection: String,
}

/// The issuer.
#[derive(Clone)]
pub(crate) struct Issuer {
    pub(crate) url: String,
    script: Arc<Mutex<Script>>,
}

impl Issuer {
    /// Starts an issuer whose identifier has this path.
    pub(crate) async fn start(path: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = Issuer {
            url: format!("http://{}{path}", listener.local_addr().unwrap()),
            script: Arc::new(Mutex::new(Script {
                keys: vec![Key::ed25519("key-1")],
                status: 200,
                cache_control: None,
                moved: false,
                metadata: json!({}),
                openid_only: false,
                introspection: (200, r#"{"active":true}"#.to_owned()),
                asked: BTreeMap::new(),
                last_introspection: String::new(),
            })),
        };
        let (served, path) = (issuer.clone(), path.to_owned());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (issuer, path) = (served.clone(), path.clone());
                tokio::spawn(async move { issuer.serve(stream, &path).await });
            }
        });
        issuer
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Script)) {
        change(&mut self.script.lock().unwrap());
    }

    pub(crate) fn key(&self) -> Key {
        self.script.lock().unwrap().keys[0].clone()
    }

    /// How often the key set was fetched.
    pub(crate) fn key_fetches(&self) -> usize {
        self.asked("/jwks")
    }

    pub(crate) fn asked(&self, path: &str) -> usize {
        self.script.lock().unwrap().asked.get(path).copied().unwrap_or(0)
    }

    pub(crate) fn last_introspection(&self) -> String {
        self.script.lock().unwrap().last_introspection.clone()
    }

    async fn serve(&self, mut stream: TcpStream, path: &str) {
        let Some(request) = read_request(&mut stream).await else {
            return;
        };
        let target = request.split(' ').nth(1).unwrap_or_default().to_owned();
        let (status, cache_control, body) = self.answer(&target, &request, path);
        let cache_control = cache_control
            .map(|value| format!("cache-control: {value}\r\n"))
            .unwrap_or_default();
        let answer = format!(
            "HTTP/1.1 {status} Answer\r\ncontent-type: application/json\r\nlocation: /moved\r\n{cache_control}content-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        // Whoever asked may have hung up.
        let written = stream.write_all(answer.as_bytes()).await;
        if written.is_ok() {
            stream.shutdown().await.ok();
        }
    }

    fn answer(&self, target: &str, request: &str, path: &str) -> (u16, Option<&'static str>, String) {
        let mut script = self.script.lock().unwrap();
        *script.asked.entry(target.to_owned()).or_default() += 1;
        let inserted = format!("/.well-known/oauth-authorization-server{path}");
        let appended = format!("{path}/.well-known/openid-configuration");
        if target == "/introspect" {
            script.last_introspection = request.to_owned();
            return (script.introspection.0, None, script.introspection.1.clone());
        }
        if target == "/jwks" && script.moved {
            return (302, None, String::new());
        }
        if target == "/jwks" || target == "/moved" {
            let keys: Vec<Value> = script.keys.iter().map(Key::jwk).collect();
            return (script.status, script.cache_control, json!({ "keys": keys }).to_string());
        }
        if target == appended || (target == inserted && !script.openid_only) {
            return (script.status, None, self.metadata(&script).to_string());
        }
        (404, None, "{}".to_owned())
    }

    fn metadata(&self, script: &Script) -> Value {
        let origin = self.url.split('/').take(3).collect::<Vec<_>>().join("/");
        let mut metadata = json!({
            "issuer": self.url,
            "jwks_uri": format!("{origin}/jwks"),
            "introspection_endpoint": format!("{origin}/introspect"),
        });
        for (name, value) in script.metadata.as_object().unwrap() {
            metadata[name] = value.clone();
        }
        metadata.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        metadata
    }
}

/// The head and, as far as `content-length` says, the body.
async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return Some(text);
            }
        }
    }
}
