//! A Prokura as development starts it, and its administrator: what every benchmark of the product begins with.

use std::{net::SocketAddr, path::Path};

use anyhow::{Context, Result, ensure};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::{
    browser::Browser,
    process::Server,
    token::{binary, escape, text, wait_ready},
};

/// A server with the demo's people, clients and resources.
#[derive(Debug)]
pub(crate) struct Prokura {
    pub(crate) server: Server,
    pub(crate) address: SocketAddr,
    pub(crate) issuer: String,
    /// What it says when it is ready.
    pub(crate) ready: Value,
    /// What it keeps everything in.
    pub(crate) engine: &'static str,
}

/// A client with a secret.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    pub(crate) id: String,
    pub(crate) secret: String,
}

impl Prokura {
    /// Starts it with a data directory `prokura` in this folder, on SQLite or on this PostgreSQL.
    pub(crate) fn start(folder: &Path, postgres: Option<&str>) -> Result<Self> {
        let (data, ready_file) = (folder.join("prokura"), folder.join("ready.json"));
        let (data, ready_text) = (data.to_string_lossy(), ready_file.to_string_lossy());
        let mut arguments = vec!["dev", "--listen", "127.0.0.1:0", "--data", &data];
        arguments.extend(["--ready-file", &ready_text]);
        if let Some(url) = postgres {
            arguments.extend(["--database", url]);
        }
        let server = Server::start(&binary()?, &arguments, &[("RUST_LOG", "warn".to_owned())])?;
        let ready = wait_ready(&ready_file)?;
        let issuer = member(&ready, "/issuer")?;
        let port = issuer.rsplit(':').next().context("a port")?;
        Ok(Self {
            server,
            address: format!("127.0.0.1:{port}").parse()?,
            issuer,
            ready,
            engine: if postgres.is_some() {
                "PostgreSQL"
            } else {
                "SQLite FULL"
            },
        })
    }

    /// What an administrator does; the document of the answer.
    pub(crate) fn admin(&self, method: &str, path: &str, body: &Value) -> Result<Value> {
        let token = member(&self.ready, "/admin/token")?;
        let mut program = Browser::new(self.address, &self.issuer)?;
        let header = format!("Authorization: Bearer {token}\r\n");
        let answer = program.json(method, path, &header, &body.to_string())?;
        let good = (200..300).contains(&answer.status);
        ensure!(good, "{method} {path}: {} {}", answer.status, answer.body);
        Ok(serde_json::from_str(&answer.body)?)
    }

    /// Registers a machine with a secret that may have these scopes for itself.
    pub(crate) fn machine(&self, name: &str, scope: &str) -> Result<Machine> {
        let mut body = json!({ "client_name": name, "token_endpoint_auth_method": "client_secret_basic", "grant_types": ["client_credentials"] });
        if let Some(body) = body.as_object_mut().filter(|_| !scope.is_empty()) {
            body.insert("scope".to_owned(), scope.into());
        }
        let made = self.admin("POST", "/admin/v1/clients", &body)?;
        Ok(Machine {
            id: member(&made, "/client_id")?,
            secret: member(&made, "/client_secret")?,
        })
    }

    /// An access token of a machine for this.
    pub(crate) fn token(&self, machine: &Machine, form: &[(&str, &str)]) -> Result<String> {
        let mut body = "grant_type=client_credentials".to_owned();
        for (name, value) in form {
            body.push('&');
            body.push_str(name);
            body.push('=');
            body.push_str(&escape(value));
        }
        let mut program = Browser::new(self.address, &self.issuer)?;
        let answer = program.post("/oauth2/token", &machine.header(), &body)?;
        ensure!(answer.status == 200, "no token: {}", answer.body);
        member(&serde_json::from_str(&answer.body)?, "/access_token")
    }

    /// A request as the generator sends it.
    pub(crate) fn request(&self, path: &str, headers: &str, kind: &str, body: &str) -> bytes::Bytes {
        bytes::Bytes::from(format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: {kind}\r\n{headers}Content-Length: {}\r\n\r\n{body}",
            self.issuer.trim_start_matches("http://"),
            body.len()
        ))
    }
}

impl Machine {
    /// Its credentials.
    pub(crate) fn header(&self) -> String {
        let pair = STANDARD.encode(format!("{}:{}", self.id, self.secret));
        format!("Authorization: Basic {pair}\r\n")
    }
}

/// A text in a document, by its pointer.
pub(crate) fn member(value: &Value, pointer: &str) -> Result<String> {
    text(value.pointer(pointer).unwrap_or(&Value::Null)).with_context(|| format!("{pointer} is not there"))
}
