//! Certificates of clients, good ones and others, and of the server they are shown to.

#![expect(clippy::expect_used, reason = "a test world that cannot be built must fail its test")]

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::{
    ClientConfig, RootCertStore, SignatureScheme,
    client::ResolvesClientCert,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer},
    sign::CertifiedKey,
};
use server::{ClientCertificates, Tls};

use crate::world::{Answer, answer_to, escape, http_client};

/// A certificate that a client shows, with the key to prove it.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// In DER, its own first.
    pub chain: Vec<Bytes>,
    key: Vec<u8>,
}

impl Certificate {
    /// One that the client made itself (RFC 8705 s2.2).
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn self_signed(name: &str) -> Self {
        let key = KeyPair::generate().expect("a key");
        let own = params(name).self_signed(&key).expect("a certificate");
        Self {
            chain: vec![Bytes::copy_from_slice(own.der())],
            key: key.serialize_der(),
        }
    }

    /// This certificate with the key of another one: what somebody shows who has seen it, and not its key.
    #[must_use]
    pub fn with_the_key_of(&self, other: &Self) -> Self {
        Self {
            chain: self.chain.clone(),
            key: other.key.clone(),
        }
    }

    /// With more certificates behind its own.
    #[must_use]
    pub fn followed_by(mut self, others: impl IntoIterator<Item = Bytes>) -> Self {
        self.chain.extend(others);
        self
    }

    /// Its own certificate, in DER.
    pub fn own(&self) -> &[u8] {
        self.chain.first().map_or(&[], |own| own.as_ref())
    }

    /// `x5t#S256` (RFC 8705 s3.1).
    pub fn thumbprint(&self) -> String {
        proof::digest::sha256_b64(self.own())
    }

    /// As a proxy writes it in `Client-Cert` (RFC 9440 s2.2).
    pub fn rfc9440(&self) -> String {
        format!(":{}:", STANDARD.encode(self.own()))
    }

    /// As a proxy writes the rest of the chain in `Client-Cert-Chain` (RFC 9440 s2.3).
    pub fn rfc9440_chain(&self) -> String {
        let others: Vec<String> = self
            .chain
            .iter()
            .skip(1)
            .map(|other| format!(":{}:", STANDARD.encode(other)))
            .collect();
        others.join(", ")
    }

    /// PEM of the whole chain.
    pub fn pem(&self) -> String {
        self.chain.iter().map(|certificate| pem(certificate)).collect()
    }

    /// As nginx writes it for `$ssl_client_escaped_cert`: its own certificate alone.
    pub fn escaped_pem(&self) -> String {
        escape(&pem(self.own()))
    }

    /// Its private key, PEM.
    pub fn key_pem(&self) -> String {
        armoured("PRIVATE KEY", &self.key)
    }
}

/// Somebody who makes certificates for clients.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    own: Bytes,
}

impl Authority {
    /// A root.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn new(name: &str) -> Self {
        let (key, params) = (KeyPair::generate().expect("a key"), authority(name));
        let own = Bytes::copy_from_slice(params.self_signed(&key).expect("a certificate").der());
        Self {
            issuer: Issuer::new(params, key),
            own,
        }
    }

    /// An authority below this one, with a certificate changed as wanted.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn below(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let (key, mut params) = (KeyPair::generate().expect("a key"), authority(name));
        change(&mut params);
        let own = params.signed_by(&key, &self.issuer).expect("a certificate");
        let own = Bytes::copy_from_slice(own.der());
        Self {
            issuer: Issuer::new(params, key),
            own,
        }
    }

    /// A client's certificate, for the authentication of clients, changed as wanted; the authority's own does not follow it.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn issue(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Certificate {
        let (key, mut params) = (KeyPair::generate().expect("a key"), params(name));
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        change(&mut params);
        let own = params.signed_by(&key, &self.issuer).expect("a certificate");
        Certificate {
            chain: vec![Bytes::copy_from_slice(own.der())],
            key: key.serialize_der(),
        }
    }

    /// Its certificate, in DER.
    pub fn own(&self) -> &Bytes {
        &self.own
    }

    /// Its certificate, PEM.
    pub fn pem(&self) -> String {
        pem(&self.own)
    }
}

/// How a server on 127.0.0.1 is known to the clients of a test.
#[derive(Clone, Debug)]
pub struct ServerCertificate {
    certificate: Certificate,
}

impl ServerCertificate {
    /// A new one.
    ///
    /// # Panics
    /// When it cannot be made.
    #[expect(
        clippy::new_without_default,
        reason = "each is another one: a default would look like a constant"
    )]
    pub fn new() -> Self {
        let key = KeyPair::generate().expect("a key");
        let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
        let own = CertificateParams::new(names).expect("names").self_signed(&key);
        Self {
            certificate: Certificate {
                chain: vec![Bytes::copy_from_slice(own.expect("a certificate").der())],
                key: key.serialize_der(),
            },
        }
    }

    /// The server's end of TLS.
    ///
    /// # Panics
    /// When it is refused.
    pub fn tls(&self, clients: ClientCertificates) -> Tls {
        let (chain, key) = (self.certificate.pem(), self.certificate.key_pem());
        Tls::from_pem(chain.as_bytes(), key.as_bytes(), clients).expect("TLS")
    }

    /// Its certificate and key, PEM.
    pub fn pem(&self) -> (String, String) {
        (self.certificate.pem(), self.certificate.key_pem())
    }

    /// What a server with this certificate at a port of `localhost` answers to whoever shows this.
    ///
    /// # Panics
    /// When no answer comes.
    pub async fn ask(&self, port: u16, shown: Option<&Certificate>, method: &str, path: &str) -> Answer {
        let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
        let client = http_client(Some(self.client(shown)));
        answer_to(client.request(method, format!("https://localhost:{port}{path}"))).await
    }

    /// A client's end of TLS: trusts this server, and shows a certificate, if it has one, whoever the server names.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn client(&self, shown: Option<&Certificate>) -> ClientConfig {
        self.client_of(shown, rustls::DEFAULT_VERSIONS)
    }

    /// The same for these versions of TLS.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn client_of(
        &self,
        shown: Option<&Certificate>,
        versions: &[&'static rustls::SupportedProtocolVersion],
    ) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        let root = CertificateDer::from(self.certificate.own().to_vec());
        roots.add(root).expect("a root");
        let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(versions)
            .expect("versions")
            .with_root_certificates(roots);
        match shown {
            None => builder.with_no_client_auth(),
            Some(shown) => builder.with_client_cert_resolver(Arc::new(Always(Arc::new(certified(shown))))),
        }
    }
}

/// Shows a certificate whatever is asked, and whether or not the key is its own.
#[derive(Debug)]
struct Always(Arc<CertifiedKey>);

impl ResolvesClientCert for Always {
    fn resolve(&self, _root_hint_subjects: &[&[u8]], _sigschemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

fn certified(shown: &Certificate) -> CertifiedKey {
    let chain = shown
        .chain
        .iter()
        .map(|certificate| CertificateDer::from(certificate.to_vec()))
        .collect();
    let key = PrivateKeyDer::try_from(shown.key.clone()).expect("a key");
    let key = aws_lc_rs::sign::any_supported_type(&key).expect("a key that signs");
    CertifiedKey::new(chain, key)
}

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).expect("no names");
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

fn authority(name: &str) -> CertificateParams {
    let mut params = params(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

fn pem(der: &[u8]) -> String {
    armoured("CERTIFICATE", der)
}

/// RFC 7468 s2: lines of 64.
fn armoured(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap_or_default())
        .collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}
