//! TLS is verified for the original name, against Mozilla's roots and the operator's.

use std::sync::Arc;

use egress::{Refused, Settings};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::stranger::{ANY, HOME, Script, Stranger, Told, door, homely, url};

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    root: CertificateDer<'static>,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = params.self_signed(&key).unwrap().der().clone();
        Self {
            issuer: Issuer::new(params, key),
            root,
        }
    }

    /// A server's end of TLS, with a certificate for `right.test` changed as wanted.
    fn acceptor(&self, change: impl FnOnce(&mut CertificateParams)) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["right.test".to_owned()]).unwrap();
        change(&mut params);
        let certificate = params.signed_by(&key, &self.issuer).unwrap().der().clone();
        let private = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], private)
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }

    async fn stranger(&self, change: impl FnOnce(&mut CertificateParams)) -> Stranger {
        let answer = Script::Say(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}".to_vec());
        Stranger::with_tls(self.acceptor(change), answer).await
    }
}

fn trusting(roots: &[&Authority]) -> Settings {
    Settings {
        extra_roots: roots.iter().map(|authority| authority.root.clone()).collect(),
        resolver: Told::always(&[HOME]),
        ..homely()
    }
}

#[tokio::test]
async fn the_right_name_under_a_known_root_is_fetched() {
    let authority = Authority::new();
    let stranger = authority.stranger(|_| {}).await;
    let door = door(trusting(&[&authority]));
    for _ in 0..2 {
        let fetched = door
            .get(&url(&format!("https://right.test:{}/", stranger.port())), &ANY)
            .await;
        assert_eq!(fetched.unwrap().body, "{}");
    }
    assert_eq!(
        stranger.names(),
        vec![Some("right.test".to_owned()); 2],
        "the name in TLS is the original one"
    );
    for request in stranger.requests() {
        assert!(
            request
                .to_lowercase()
                .contains(&format!("host: right.test:{}\r\n", stranger.port())),
            "{request}"
        );
    }
}

#[tokio::test]
async fn the_wrong_name_is_refused() {
    let authority = Authority::new();
    let stranger = authority.stranger(|_| {}).await;
    let door = door(trusting(&[&authority]));
    for host in ["wrong.test", "sub.right.test", "right.test.wrong.test", "127.0.0.1"] {
        let refused = door
            .get(&url(&format!("https://{host}:{}/", stranger.port())), &ANY)
            .await;
        assert_eq!(refused, Err(Refused::Tls), "{host}");
    }
    assert_eq!(stranger.requests(), [] as [String; 0], "no request was sent");
}

#[tokio::test]
async fn an_unknown_root_is_refused() {
    let (authority, other) = (Authority::new(), Authority::new());
    let stranger = authority.stranger(|_| {}).await;
    let address = url(&format!("https://right.test:{}/", stranger.port()));
    assert_eq!(door(trusting(&[])).get(&address, &ANY).await, Err(Refused::Tls));
    assert_eq!(door(trusting(&[&other])).get(&address, &ANY).await, Err(Refused::Tls));
    assert_eq!(
        door(trusting(&[&other, &authority]))
            .get(&address, &ANY)
            .await
            .unwrap()
            .body,
        "{}"
    );
}

#[tokio::test]
async fn an_expired_or_future_certificate_is_refused() {
    let authority = Authority::new();
    let expired = authority
        .stranger(|params| params.not_after = date_time_ymd(2020, 1, 1))
        .await;
    let future = authority
        .stranger(|params| params.not_before = date_time_ymd(4000, 1, 1))
        .await;
    let door = door(trusting(&[&authority]));
    for stranger in [expired, future] {
        let refused = door
            .get(&url(&format!("https://right.test:{}/", stranger.port())), &ANY)
            .await;
        assert_eq!(refused, Err(Refused::Tls));
    }
}

#[tokio::test]
async fn https_to_a_server_without_tls_is_refused() {
    let stranger = Stranger::says("HTTP/1.1 200 OK\nContent-Length: 2\n\n{}").await;
    let refused = door(homely())
        .get(&url(&format!("https://localhost:{}/", stranger.port())), &ANY)
        .await;
    assert_eq!(refused, Err(Refused::Tls));
}
