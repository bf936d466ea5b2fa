//! What a guard is told before it starts.

use std::{collections::BTreeSet, sync::Arc};

use http::HeaderName;
use proof::{Secret, Time};
use rustls::pki_types::CertificateDer;
use thiserror::Error;

use crate::{
    BadIdentifier, Guard,
    certificate::Certificates,
    challenge::Resource,
    clock::Clock,
    document::Document,
    fetch::Http,
    guard::Rules,
    holder::Holder,
    identifier::Identifier,
    introspection::Introspection,
    issuer::Issuer,
    origin::{self, Origins},
    replay::Replay,
    scopes::{Scopes, is_scope},
};

/// The settings of a [`Guard`]; everything but issuer and resource has a safe default.
#[derive(Debug)]
pub struct Builder {
    issuer: String,
    resource: String,
    name: Option<String>,
    scopes: Scopes,
    introspection: Option<(String, Secret<String>)>,
    introspection_cache_seconds: u32,
    allowed_origins: Option<Vec<String>>,
    nonce_key: Option<Secret<[u8; 32]>>,
    proofs_max: usize,
    certificate_header: Option<String>,
    trusted_roots: Vec<CertificateDer<'static>>,
    clock: Clock,
}

/// Why there is no guard.
#[derive(Error, Debug)]
pub enum BuildError {
    /// The issuer identifier cannot be used.
    #[error("issuer: {0}")]
    Issuer(BadIdentifier),
    /// The resource identifier cannot be used.
    #[error("resource: {0}")]
    Resource(BadIdentifier),
    /// A scope has a character that scopes cannot have (RFC 6749 s3.3).
    #[error("scope {0:?} has a character that scopes cannot have")]
    Scope(String),
    /// `offered` by a resource, `offline_access` would make clients ask for it always (MCP 2026-07-28, authorization).
    #[error("offline_access is not a scope of a resource")]
    OfflineAccess,
    /// Not a web origin.
    #[error("{0:?} is not a web origin")]
    Origin(String),
    /// Not the name of a header.
    #[error("{0:?} is not the name of a header")]
    CertificateHeader(String),
    /// A root certificate, or the TLS settings.
    #[error("TLS")]
    Tls(#[source] rustls::Error),
    /// The HTTP client.
    #[error("HTTP client")]
    Client(#[source] reqwest::Error),
}

impl Builder {
    pub(crate) fn new(issuer: String, resource: String) -> Self {
        Builder {
            issuer,
            resource,
            name: None,
            scopes: Scopes::default(),
            introspection: None,
            introspection_cache_seconds: 0,
            allowed_origins: None,
            nonce_key: None,
            proofs_max: PROOFS_MAX,
            certificate_header: None,
            trusted_roots: Vec::new(),
            clock: Clock::system(),
        }
    }

    /// What people call the resource: `resource_name` (RFC 9728 s2).
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// A scope of this resource and what it means in words; clients are told of the minimum for basic use.
    #[must_use]
    pub fn scope(mut self, name: impl Into<String>, words: impl Into<String>) -> Self {
        self.scopes.offered.push((name.into(), words.into()));
        self
    }

    /// A scope every request needs.
    #[must_use]
    pub fn require(mut self, scope: impl Into<String>) -> Self {
        self.scopes.required.push(scope.into());
        self
    }

    /// A broad scope stands for these narrow ones, and for what they stand for.
    #[must_use]
    pub fn implies<S: Into<String>>(mut self, broad: impl Into<String>, narrow: impl IntoIterator<Item = S>) -> Self {
        self.scopes
            .implied
            .entry(broad.into())
            .or_default()
            .extend(narrow.into_iter().map(Into::into));
        self
    }

    /// Asks the issuer about every token, as this client with this secret (RFC 7662): a revoked token ends at once.
    #[must_use]
    pub fn introspection(mut self, client_id: impl Into<String>, secret: impl Into<String>) -> Self {
        self.introspection = Some((client_id.into(), Secret::new(secret.into())));
        self
    }

    /// How long the issuer's yes is kept; 0, the default, asks at every request.
    #[must_use]
    pub fn introspection_cache_seconds(mut self, seconds: u32) -> Self {
        self.introspection_cache_seconds = seconds;
        self
    }

    /// The web origins that may call, instead of the resource's own and those of this machine.
    #[must_use]
    pub fn allowed_origins<S: Into<String>>(mut self, origins: impl IntoIterator<Item = S>) -> Self {
        self.allowed_origins = Some(origins.into_iter().map(Into::into).collect());
        self
    }

    /// Asks for a nonce in every `DPoP` proof (RFC 9449 s9); all nodes of the resource share the key.
    #[must_use]
    pub fn dpop_nonces(mut self, key: [u8; 32]) -> Self {
        self.nonce_key = Some(Secret::new(key));
        self
    }

    /// How many used proofs are remembered; beyond that `DPoP` requests get 503 for about a minute.
    #[must_use]
    pub fn dpop_proofs_max(mut self, proofs: usize) -> Self {
        self.proofs_max = proofs;
        self
    }

    /// Takes the client's certificate from this header, instead of a [`PeerCertificate`](crate::PeerCertificate): as RFC 9440 says (`Client-Cert`), or as
    /// percent-encoded PEM (`$ssl_client_escaped_cert` of nginx).
    ///
    /// Whoever can send it can be any client. Only where nobody but a proxy reaches this service, and the proxy sets or removes the header in every request.
    #[must_use]
    pub fn certificate_header(mut self, name: impl Into<String>) -> Self {
        self.certificate_header = Some(name.into());
        self
    }

    /// Trusts the issuer's TLS certificate under this root (DER) too, besides those of Mozilla.
    #[must_use]
    pub fn trust_root(mut self, der: Vec<u8>) -> Self {
        self.trusted_roots.push(CertificateDer::from(der));
        self
    }

    /// Where the time comes from, instead of the system clock.
    #[must_use]
    pub fn clock(mut self, read: impl Fn() -> Time + Send + Sync + 'static) -> Self {
        self.clock = Clock::new(read);
        self
    }

    /// Checks the settings; nothing is fetched before the first request.
    pub fn build(self) -> Result<Guard, BuildError> {
        let issuer = Identifier::parse(&self.issuer).map_err(BuildError::Issuer)?;
        let resource = Identifier::parse(&self.resource).map_err(BuildError::Resource)?;
        check_scopes(&self.scopes)?;
        let document = Document::new(&issuer, &resource, self.name.as_deref(), &self.scopes);
        let challenged = Resource {
            metadata_url: resource.at(document.path()),
        };
        let http = Http::new(&self.trusted_roots)?;
        let cache_seconds = i64::from(self.introspection_cache_seconds);
        Ok(Guard(Arc::new(Rules {
            origins: origins(self.allowed_origins, &resource)?,
            holder: Holder {
                origin: resource.origin(),
                nonce_key: self.nonce_key,
                replay: Replay::new(self.proofs_max),
                certificates: certificates(self.certificate_header)?,
            },
            introspection: self
                .introspection
                .map(|(client_id, secret)| Introspection::new(client_id, secret, cache_seconds)),
            issuer: Arc::new(Issuer::new(issuer, http, self.clock)),
            scopes: Arc::new(self.scopes),
            challenged: Arc::new(challenged),
            resource,
            document,
        })))
    }
}

/// About 10 MB when full: 3,700 different proofs a second.
const PROOFS_MAX: usize = 524_288;

fn check_scopes(scopes: &Scopes) -> Result<(), BuildError> {
    match scopes.names().find(|name| !is_scope(name)) {
        Some(bad) => Err(BuildError::Scope(bad.to_owned())),
        None if scopes.names().any(|name| name == "offline_access") => Err(BuildError::OfflineAccess),
        None => Ok(()),
    }
}

fn certificates(header: Option<String>) -> Result<Certificates, BuildError> {
    let Some(name) = header else {
        return Ok(Certificates::Connection);
    };
    match HeaderName::try_from(&name) {
        Ok(header) => Ok(Certificates::Header(header)),
        Err(_) => Err(BuildError::CertificateHeader(name)),
    }
}

fn origins(allowed: Option<Vec<String>>, resource: &Identifier) -> Result<Origins, BuildError> {
    let Some(allowed) = allowed else {
        return Ok(Origins::OwnAndLoopback(resource.origin()));
    };
    let read = |text: String| origin::normal_form(&text).ok_or(BuildError::Origin(text));
    allowed
        .into_iter()
        .map(read)
        .collect::<Result<BTreeSet<_>, _>>()
        .map(Origins::Listed)
}
