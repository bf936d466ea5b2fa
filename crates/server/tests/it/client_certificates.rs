//! Certificates of clients in the handshake: whose they are, how many, and which authorities vouch for them (RFC 8705).

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{Router, extract::Request};
use bytes::Bytes;
use kernel::Time;
use rustls::{ClientConfig, HandshakeKind, pki_types::ServerName};
use server::{ClientAuthorities, ClientCertificates, Peer, PeerCertificates};
use testkit::{Authority, Certificate, ServerCertificate};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsConnector;

/// A server that says who is at the other end, and counts how often it was asked.
struct Mirror {
    address: SocketAddr,
    certificate: ServerCertificate,
    asked: Arc<AtomicUsize>,
}

impl Mirror {
    async fn new(clients: ClientCertificates) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, certificate) = (listener.local_addr().unwrap(), ServerCertificate::new());
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&asked);
        let router = Router::new().fallback(move |request: Request| {
            counted.fetch_add(1, Ordering::SeqCst);
            async move { reflection(&request) }
        });
        let tls = certificate.tls(clients);
        tokio::spawn(server::serve(listener, tls, router, std::future::pending()));
        Self {
            address,
            certificate,
            asked,
        }
    }

    /// What so many requests on one connection hear, and how the handshake went.
    async fn ask(&self, config: Arc<ClientConfig>, requests: usize) -> std::io::Result<(Vec<String>, HandshakeKind)> {
        let stream = TcpStream::connect(self.address).await?;
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let mut stream = TlsConnector::from(config).connect(name, stream).await?;
        let mut heard = Vec::new();
        for _ in 0..requests {
            stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await?;
            let mut answer = Vec::new();
            while !answer.ends_with(b"\n.\n") {
                let mut piece = [0; 4096];
                let count = stream.read(&mut piece).await?;
                if count == 0 {
                    return Err(std::io::ErrorKind::UnexpectedEof.into());
                }
                answer.extend_from_slice(&piece[..count]);
            }
            let answer = String::from_utf8(answer).unwrap();
            heard.push(answer.split_once("\r\n\r\n").unwrap().1.to_owned());
        }
        Ok((heard, stream.get_ref().1.handshake_kind().unwrap()))
    }

    async fn ask_showing(&self, shown: Option<&Certificate>) -> std::io::Result<String> {
        let config = Arc::new(self.certificate.client(shown));
        self.ask(config, 1).await.map(|(mut heard, _)| heard.remove(0))
    }

    /// A client that speaks this version of TLS only.
    fn client(&self, shown: Option<&Certificate>, version: &'static rustls::SupportedProtocolVersion) -> ClientConfig {
        self.certificate.client_of(shown, &[version])
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn reflection(request: &Request) -> String {
    let peer = request.extensions().get::<Peer>().unwrap().0;
    let shown = request.extensions().get::<PeerCertificates>();
    said(peer, shown.map(|shown| &*shown.0))
}

fn said(peer: impl std::fmt::Display, shown: Option<&[Bytes]>) -> String {
    let lines: Vec<String> = shown
        .unwrap_or_default()
        .iter()
        .map(|certificate| format!("{}\n", proof::digest::sha256_b64(certificate)))
        .collect();
    format!("{peer}\n{}.\n", lines.concat())
}

const VERSIONS: [&rustls::SupportedProtocolVersion; 2] = [&rustls::version::TLS12, &rustls::version::TLS13];

#[tokio::test]
async fn the_certificates_of_a_handshake_are_with_each_request_of_its_connection() {
    let mirror = Mirror::new(ClientCertificates::Optional).await;
    let authority = Authority::new("A");
    let issued = authority.issue("client", |_| {}).followed_by([authority.own().clone()]);
    let own = Certificate::self_signed("client");
    for version in VERSIONS {
        for shown in [&issued, &own] {
            let config = Arc::new(mirror.client(Some(shown), version));
            let (heard, _) = mirror.ask(config, 2).await.unwrap();
            let expected = said("127.0.0.1", Some(&shown.chain));
            assert_eq!(heard, [expected.clone(), expected], "{version:?}");
        }
    }
}

#[tokio::test]
async fn who_has_no_certificate_comes_in_too() {
    for clients in [ClientCertificates::Optional, ClientCertificates::Off] {
        let mirror = Mirror::new(clients).await;
        assert_eq!(mirror.ask_showing(None).await.unwrap(), said("127.0.0.1", None));
    }
    let mirror = Mirror::new(ClientCertificates::Off).await;
    let own = Certificate::self_signed("client");
    assert_eq!(
        mirror.ask_showing(Some(&own)).await.unwrap(),
        said("127.0.0.1", None),
        "nobody asked for it"
    );
}

#[tokio::test]
async fn rfc_8705_a_certificate_without_its_key_is_nobodys() {
    let mirror = Mirror::new(ClientCertificates::Optional).await;
    let (victim, thief) = (Certificate::self_signed("victim"), Certificate::self_signed("thief"));
    for version in VERSIONS {
        let stolen = Arc::new(mirror.client(Some(&victim.with_the_key_of(&thief)), version));
        mirror.ask(stolen, 1).await.expect_err("the handshake fails");
        assert_eq!(mirror.asked(), 0, "{version:?}");
    }
    for version in VERSIONS {
        let honest = Arc::new(mirror.client(Some(&victim), version));
        mirror.ask(honest, 1).await.unwrap();
    }
}

#[tokio::test]
async fn rfc_8705_a_chain_has_at_most_ten_certificates_of_16_kib() {
    let mirror = Mirror::new(ClientCertificates::Optional).await;
    let own = || Certificate::self_signed("client");
    let filler = |bytes: usize| Bytes::from(vec![7; bytes]);
    let longest = own().followed_by(vec![filler(100); 9]);
    let largest = own().followed_by([filler(16 * 1024)]);
    for shown in [longest, largest] {
        let expected = said("127.0.0.1", Some(&shown.chain));
        assert_eq!(mirror.ask_showing(Some(&shown)).await.unwrap(), expected);
    }
    let asked = mirror.asked();
    let too_long = own().followed_by(vec![filler(100); 10]);
    let too_large = own().followed_by([filler(16 * 1024 + 1)]);
    let own_too_large = Authority::new("A").issue("client", |params| {
        let content = vec![7; 16 * 1024];
        let extension = rcgen::CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 55555, 1], content);
        params.custom_extensions.push(extension);
    });
    for shown in [too_long, too_large, own_too_large] {
        mirror.ask_showing(Some(&shown)).await.expect_err("the handshake fails");
        assert_eq!(mirror.asked(), asked);
    }
}

#[tokio::test]
async fn what_is_no_certificate_fails_the_handshake() {
    let mirror = Mirror::new(ClientCertificates::Optional).await;
    let mut shown = Certificate::self_signed("client");
    shown.chain[0] = Bytes::from_static(b"no certificate at all");
    mirror.ask_showing(Some(&shown)).await.expect_err("the handshake fails");
    assert_eq!(mirror.asked(), 0);
}

#[tokio::test]
async fn rfc_8705_every_connection_proves_its_key_anew() {
    for version in VERSIONS {
        for (clients, second) in [
            (ClientCertificates::Optional, HandshakeKind::Full),
            (ClientCertificates::Off, HandshakeKind::Resumed), // so that the line above says something
        ] {
            let mirror = Mirror::new(clients).await;
            let own = Certificate::self_signed("client");
            let config = Arc::new(mirror.client(Some(&own), version)); // one client, which remembers sessions
            let shown = (clients == ClientCertificates::Optional).then_some(own.chain.as_slice());
            for expected in [HandshakeKind::Full, second] {
                let (heard, kind) = mirror.ask(Arc::clone(&config), 2).await.unwrap();
                assert_eq!(kind, expected, "{version:?} {clients:?}");
                assert_eq!(heard[1], said("127.0.0.1", shown), "{version:?} {clients:?}");
            }
        }
    }
}

fn trusting(authorities: &[&Authority]) -> ClientAuthorities {
    let pem: String = authorities.iter().map(|authority| authority.pem()).collect();
    ClientAuthorities::from_pem(pem.as_bytes()).unwrap()
}

/// 2020-06-01T00:00:00Z.
const JUNE_2020: i64 = 1_590_969_600;

fn in_2020(params: &mut rcgen::CertificateParams) {
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2021, 1, 1);
}

#[test]
fn rfc_8705_a_path_leads_to_an_authority_or_nobody_vouches() {
    let (root, other) = (Authority::new("Root"), Authority::new("Root")); // of the same name
    let below = root.below("Below", |_| {});
    let no_authority = root.below("No authority", |params| params.is_ca = rcgen::IsCa::ExplicitNoCa);
    let for_servers = |params: &mut rcgen::CertificateParams| {
        params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    };
    let chain = |certificate: Certificate, others: &[&Authority]| {
        certificate
            .followed_by(others.iter().map(|other| other.own().clone()))
            .chain
    };
    let plain = |_: &mut rcgen::CertificateParams| {};
    let unrestricted = |params: &mut rcgen::CertificateParams| params.extended_key_usages = Vec::new();
    let trusts = trusting(&[&root]);
    let now = Time::from_unix(JUNE_2020);
    for (what, chain, expected) in [
        ("issued by the root", chain(root.issue("c", plain), &[]), true),
        (
            "the root may be sent along",
            chain(root.issue("c", plain), &[&root]),
            true,
        ),
        ("issued below the root", chain(below.issue("c", plain), &[&below]), true),
        (
            "RFC 5280 s4.2.1.12: without extended key usage any use is meant",
            chain(root.issue("c", unrestricted), &[]),
            true,
        ),
        ("the one between is missing", chain(below.issue("c", plain), &[]), false),
        (
            "another root of the same name",
            chain(other.issue("c", plain), &[]),
            false,
        ),
        ("that root sent along", chain(other.issue("c", plain), &[&other]), false),
        ("for servers only", chain(root.issue("c", for_servers), &[]), false),
        (
            "issued by somebody who is no authority",
            chain(no_authority.issue("c", plain), &[&no_authority]),
            false,
        ),
        ("of the client's own making", Certificate::self_signed("c").chain, false),
        ("the root itself", vec![root.own().clone()], false),
        ("an authority below it", vec![below.own().clone()], false),
        (
            "the authority first",
            chain(below.issue("c", plain), &[&below]).into_iter().rev().collect(),
            false,
        ),
        ("nothing", Vec::new(), false),
        ("no certificate", vec![Bytes::from_static(b"x")], false),
        (
            "eleven certificates",
            chain(root.issue("c", plain), &[&root; 10]),
            false,
        ),
    ] {
        assert_eq!(trusts.trusts(&chain, now), expected, "{what}");
    }
    let good = chain(root.issue("c", plain), &[]);
    assert!(trusting(&[&other, &root]).trusts(&good, now), "one of two");
    assert!(!trusting(&[&other]).trusts(&good, now));
    assert!(
        !ClientAuthorities::default().trusts(&good, now),
        "nobody is believed by default"
    );
    assert_eq!(ClientAuthorities::default().count(), 0);
}

#[test]
fn rfc_8705_certificates_count_in_their_time_alone() {
    // 2020-01-01T00:00:00Z and 2021-01-01T00:00:00Z, both included (RFC 5280 s4.1.2.5).
    let (begin, end) = (1_577_836_800, 1_609_459_200);
    let root = Authority::new("Root");
    let trusts = trusting(&[&root]);
    let own = root.issue("c", in_2020).chain;
    let below = root.below("Below", in_2020);
    let through = below.issue("c", |_| {}).followed_by([below.own().clone()]).chain;
    for chain in [own, through] {
        for (at, expected) in [
            (begin - 1, false),
            (begin, true),
            (JUNE_2020, true),
            (end, true),
            (end + 1, false),
            (-1, false),
        ] {
            assert_eq!(trusts.trusts(&chain, Time::from_unix(at)), expected, "{at}");
        }
    }
}

#[test]
fn only_authorities_vouch() {
    let root = Authority::new("Root");
    let told = |pem: &str| ClientAuthorities::from_pem(pem.as_bytes()).map_err(|fault| fault.to_string());
    assert_eq!(told(&root.pem()).unwrap().count(), 1);
    assert_eq!(
        told(&format!("{}{}", root.pem(), Authority::new("B").pem()))
            .unwrap()
            .count(),
        2
    );
    let passed = root.below("Passed", in_2020);
    assert_eq!(
        told(&passed.pem()).unwrap().count(),
        1,
        "an anchor has no end (RFC 5280 s6.1.1)"
    );
    for (pem, problem) in [
        (String::new(), "no certificate authority in PEM form"),
        ("nonsense".to_owned(), "no certificate authority in PEM form"),
        (
            Certificate::self_signed("c").pem(),
            "authority 1: not a certificate authority's",
        ),
        (
            format!("{}{}", root.pem(), root.issue("c", |_| {}).pem()),
            "authority 2: not a certificate authority's",
        ),
        (
            "-----BEGIN CERTIFICATE-----\neA==\n-----END CERTIFICATE-----\n".to_owned(),
            "authority 1: ",
        ),
    ] {
        let error = told(&pem).unwrap_err();
        assert!(error.contains(problem), "{error}");
    }
}
