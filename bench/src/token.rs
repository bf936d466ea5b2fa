//! `bench token`: the token endpoint, with a secret and with `private_key_jwt` + DPoP; beside the floor and a peer.

#![expect(
    clippy::indexing_slicing,
    reason = "JSON values: a missing member reads as null, and a null where a text must be is an error"
)]

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result, bail};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use keys::{Signer, SoftwareKey};
use proof::{Algorithm, jws};
use serde_json::{Value, json};

use crate::{
    clock, floor,
    generator::Feed,
    load::{Drive, Figures, drive},
    peer::{self, Peer},
    process::{cores, load_average},
    prokura::Prokura,
    report,
};

/// What to measure.
#[derive(Debug)]
pub(crate) struct Options {
    drive: Drive,
    postgres: Option<String>,
    with_peer: Beside,
    /// Only cases whose name has this in it.
    only: String,
}

/// Whether the peer runs too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beside {
    Peer,
    Nobody,
}

impl Options {
    pub(crate) fn parse(words: &[&str]) -> Result<Self> {
        let mut options = Self {
            drive: Drive {
                seconds: 8,
                connections: 32,
                held_percent: 70,
            },
            postgres: None,
            with_peer: Beside::Peer,
            only: String::new(),
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match *word {
                "--seconds" => options.drive.seconds = words.next().context("--seconds N")?.parse()?,
                "--connections" => options.drive.connections = words.next().context("--connections N")?.parse()?,
                "--postgres" => options.postgres = Some((*words.next().context("--postgres URL")?).to_owned()),
                "--only" => options.only = String::from(*words.next().context("--only WORDS")?),
                "--no-peer" => options.with_peer = Beside::Nobody,
                other => bail!("{other}: not an option of this benchmark"),
            }
        }
        Ok(options)
    }
}

impl Options {
    fn wants(&self, name: &str) -> bool {
        name.contains(&self.only)
    }
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (sign, es256, eddsa) = floor::signatures()?;
    println!(
        "{} cores, load {}; the server on core 0, the generator on the others",
        cores(),
        load_average()
    );
    println!(
        "EdDSA sign {sign:.1} us, ES256 verify {es256:.1} us, EdDSA verify {eddsa:.1} us; half of the fsyncs take at most {} us",
        floor::fsync_median(folder.path())?
    );

    let mut rows = Vec::new();
    for (name, work) in [
        ("floor: HTTP alone", "hello"),
        ("floor: secret, 1 signature, 2 rows", "secret"),
        ("floor: key and proof, 3 signatures, 2 rows", "key"),
    ] {
        if options.wants(name) {
            rows.push(floor::drive(name, work, folder.path(), options.drive)?);
        }
    }
    of_prokura(&mut rows, folder.path(), options)?;
    let peer = if options.with_peer == Beside::Peer && options.wants("peer oidc-provider") {
        of_peer(&mut rows, options.drive)
    } else {
        Ok(())
    };
    println!("load {} at the end", load_average());
    report::table(&rows);
    println!();
    report::lines(&rows);
    peer // what was measured is printed, whatever became of the peer
}

fn of_prokura(rows: &mut Vec<Figures>, folder: &Path, options: &Options) -> Result<()> {
    let Prokura {
        server,
        address,
        issuer,
        ready,
        engine,
    } = Prokura::start(folder, options.postgres.as_deref())?;
    let resource = text(&ready["resources"][0]["resource"])?;
    let scope = text(&ready["resources"][0]["scopes"][0])?;
    let client = |method: &str| {
        ready["clients"]
            .as_array()
            .and_then(|all| {
                all.iter()
                    .find(|client| client["token_endpoint_auth_method"] == method && client["scope"] != Value::Null)
            })
            .cloned()
            .context("a demo client")
    };

    let basic = client("client_secret_basic")?;
    let credentials = (text(&basic["client_id"])?, text(&basic["client_secret"])?);
    let secret = secret_request(
        address,
        "/oauth2/token",
        (&credentials.0, &credentials.1),
        &resource,
        &scope,
    );
    let name = format!("prokura: secret, {engine}");
    if options.wants(&name) {
        rows.push(drive(
            &name,
            &server,
            address,
            &|_| Ok(Feed::Same(secret.clone())),
            options.drive,
        )?);
    }

    let machine = client("private_key_jwt")?;
    let maker = Maker::new(
        &text(&machine["client_id"])?,
        private_key(&machine["jwk"])?,
        &issuer,
        &format!("{issuer}/oauth2/token"),
        address,
        "/oauth2/token",
        &resource,
        &scope,
    )?;
    let name = format!("prokura: private_key_jwt + DPoP, {engine}");
    if options.wants(&name) {
        rows.push(drive(&name, &server, address, &|n| maker.feed(n), options.drive)?);
    }
    server.end()
}

fn of_peer(rows: &mut Vec<Figures>, how: Drive) -> Result<()> {
    let (key, _) = SoftwareKey::generate(Algorithm::ES256)?;
    let jwks = json!({ "keys": [key.public_key().to_jwk()] }).to_string();
    let peer = Peer::start(&jwks)?;
    let secret = secret_request(peer.address, "/token", peer::CLIENT, peer::RESOURCE, "read");
    rows.push(drive(
        "peer oidc-provider: secret, in memory",
        &peer.server,
        peer.address,
        &|_| Ok(Feed::Same(secret.clone())),
        how,
    )?);
    let maker = Maker::new(
        peer::KEY_CLIENT,
        key,
        &peer.issuer,
        &format!("{}/token", peer.issuer),
        peer.address,
        "/token",
        peer::RESOURCE,
        "read",
    )?;
    rows.push(drive(
        "peer oidc-provider: private_key_jwt + DPoP",
        &peer.server,
        peer.address,
        &|n| maker.feed(n),
        how,
    )?);
    Ok(())
}

/// Makes requests with a client assertion and a DPoP proof of their own each.
struct Maker {
    client_id: String,
    key: SoftwareKey,
    dpop_key: SoftwareKey,
    audience: String,
    url: String,
    address: SocketAddr,
    path: &'static str,
    rest: String,
    runtime: tokio::runtime::Runtime,
    next: AtomicU64,
}

impl Maker {
    #[expect(
        clippy::too_many_arguments,
        reason = "a client, its server and what it asks for: each is used once, here"
    )]
    fn new(
        client_id: &str,
        key: SoftwareKey,
        audience: &str,
        url: &str,
        address: SocketAddr,
        path: &'static str,
        resource: &str,
        scope: &str,
    ) -> Result<Self> {
        let (dpop_key, _) = SoftwareKey::generate(Algorithm::ES256)?;
        let rest = format!(
            "grant_type=client_credentials&scope={}&resource={}&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer",
            escape(scope),
            escape(resource)
        );
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        Ok(Self {
            client_id: client_id.to_owned(),
            key,
            dpop_key,
            audience: audience.to_owned(),
            url: url.to_owned(),
            address,
            path,
            rest,
            runtime,
            next: AtomicU64::new(0),
        })
    }

    fn feed(&self, count: usize) -> Result<Feed> {
        let nonce = self.nonce()?;
        let requests = (0..count)
            .map(|_| self.request(nonce.as_deref()))
            .collect::<Result<Vec<_>>>()?;
        Ok(Feed::Each(Arc::new(requests)))
    }

    /// The server's nonce, if it wants one.
    fn nonce(&self) -> Result<Option<String>> {
        let answer = exchange(self.address, &self.request(None)?)?;
        Ok(answer.lines().find_map(|line| {
            line.split_once(':')
                .filter(|(name, _)| name.eq_ignore_ascii_case("dpop-nonce"))
                .map(|(_, value)| value.trim().to_owned())
        }))
    }

    fn request(&self, nonce: Option<&str>) -> Result<Bytes> {
        let n = self.next.fetch_add(1, Ordering::Relaxed);
        let now = clock::unix();
        let id = format!(
            "{}-{n}-{}",
            std::process::id(),
            &self.dpop_key.public_key().thumbprint()
        );
        let assertion = json!({ "iss": self.client_id, "sub": self.client_id, "aud": self.audience, "jti": id, "iat": now, "exp": now.saturating_add(240) });
        let assertion = self.sign(&self.key, "JWT", &assertion, None)?;
        let mut proof = json!({ "htm": "POST", "htu": self.url, "jti": format!("{id}-p"), "iat": now });
        if let Some(nonce) = nonce {
            proof["nonce"] = nonce.into();
        }
        let proof = self.sign(
            &self.dpop_key,
            "dpop+jwt",
            &proof,
            Some(Value::Object(self.dpop_key.public_key().to_jwk())),
        )?;
        let body = format!(
            "{}&client_id={}&client_assertion={assertion}",
            self.rest, self.client_id
        );
        Ok(post(self.address, self.path, &format!("DPoP: {proof}\r\n"), &body))
    }

    fn sign(&self, key: &SoftwareKey, typ: &str, claims: &Value, jwk: Option<Value>) -> Result<String> {
        let mut header = json!({ "alg": key.algorithm().name(), "typ": typ });
        match jwk {
            Some(jwk) => header["jwk"] = jwk,
            None => header["kid"] = key.public_key().thumbprint().into(),
        }
        let input = format!(
            "{}.{}",
            proof::base64url::encode(header.to_string().as_bytes()),
            proof::base64url::encode(claims.to_string().as_bytes())
        );
        let signature = self.runtime.block_on(key.sign(input.as_bytes()))?;
        Ok(jws::assemble(input, &signature))
    }
}

pub(crate) fn secret_request(
    address: SocketAddr,
    path: &str,
    client: (&str, &str),
    resource: &str,
    scope: &str,
) -> Bytes {
    let basic = STANDARD.encode(format!("{}:{}", client.0, client.1));
    let body = format!(
        "grant_type=client_credentials&scope={}&resource={}",
        escape(scope),
        escape(resource)
    );
    post(address, path, &format!("Authorization: Basic {basic}\r\n"), &body)
}

fn post(address: SocketAddr, path: &str, headers: &str, body: &str) -> Bytes {
    Bytes::from(format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/x-www-form-urlencoded\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    ))
}

/// One request on a connection of its own; the answer's head and the start of its body.
fn exchange(address: SocketAddr, request: &[u8]) -> Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.write_all(request)?;
    let mut answer = vec![0; 8_192];
    let read = stream.read(&mut answer)?;
    answer.truncate(read);
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

pub(crate) fn wait_ready(file: &Path) -> Result<Value> {
    let until = clock::now() + Duration::from_secs(30);
    loop {
        if let Ok(text) = std::fs::read_to_string(file) {
            return Ok(serde_json::from_str(&text)?);
        }
        if clock::now() > until {
            bail!("the server was not ready after 30 seconds");
        }
        clock::sleep_until(clock::now() + Duration::from_millis(20));
    }
}

/// A private JWK back to a key that signs.
fn private_key(jwk: &Value) -> Result<SoftwareKey> {
    let object = jwk.as_object().context("a private JWK")?;
    Ok(SoftwareKey::from_private_jwk(object)?)
}

#[expect(clippy::disallowed_methods, reason = "xtask names the binary by this variable")]
pub(crate) fn binary() -> Result<String> {
    std::env::var("PROKURA_BIN").context("PROKURA_BIN names the server; use: cargo xtask bench")
}

pub(crate) fn text(value: &Value) -> Result<String> {
    value.as_str().map(str::to_owned).context("a text in the ready file")
}

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
