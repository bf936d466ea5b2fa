//! Which certificate a request came with: the connection's, or what a proxy says it was shown, and never what anybody else says (S-43).

use std::net::{IpAddr, Ipv4Addr};

use serde_json::Value;
use server::{CertificateFormat, CertificateHeader, Peers, Proxies};
use testkit::{Authority, Certificate, World};

/// The proxy of these tests.
const PROXY: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 7));
const STRANGER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 8));

fn listed(addresses: &[&str], format: Option<CertificateFormat>) -> Peers {
    Peers::Listed(Proxies {
        addresses: addresses.iter().map(|text| text.parse().unwrap()).collect(),
        certificate: format.map(|format| CertificateHeader::new("Client-Cert", format).unwrap()),
    })
}

async fn behind(format: Option<CertificateFormat>) -> World {
    World::with_settings(|settings| settings.peers = listed(&["127.0.0.7/32"], format)).await
}

/// What the journal has of the certificate of the last refusal: thumbprint and source, or why none counts.
async fn journalled(world: &World) -> (Option<String>, Option<String>, Option<String>) {
    world.flush().await;
    let tenant = world.app.default_tenant().unwrap();
    let entries = tenant.events_before(None, 1_000).await.unwrap();
    let last = entries.iter().find(|entry| entry.kind == "request.refused").unwrap();
    let body: Value = serde_json::from_str(&last.body).unwrap();
    let text = |name: &str| body[name].as_str().map(str::to_owned);
    (
        text("certificate"),
        text("certificate_from"),
        text("certificate_ignored"),
    )
}

/// A request without credentials from an address, with these headers; what it came with.
async fn came_with(
    world: &World,
    from: IpAddr,
    headers: &[(&str, String)],
) -> (Option<String>, Option<String>, Option<String>) {
    let mut all = vec![("content-type", "application/x-www-form-urlencoded".to_owned())];
    all.extend(headers.iter().cloned());
    world.advance(1); // the newest of the journal is the one of this request
    let answer = world
        .send_from(from, "POST", "/oauth2/token", &all, "grant_type=client_credentials")
        .await;
    assert_eq!((answer.status, answer.error()), (401, "invalid_client"), "{answer:?}");
    journalled(world).await
}

fn from_proxy(certificate: &Certificate) -> (Option<String>, Option<String>, Option<String>) {
    (Some(certificate.thumbprint()), Some("proxy".to_owned()), None)
}

fn ignored(why: &str) -> (Option<String>, Option<String>, Option<String>) {
    (None, None, Some(why.to_owned()))
}

const NONE: (Option<String>, Option<String>, Option<String>) = (None, None, None);

#[tokio::test]
async fn s_43_a_proxy_says_what_certificate_it_was_shown_and_nobody_else_does() {
    let shown = Certificate::self_signed("client");
    for (format, value) in [
        (CertificateFormat::Rfc9440, shown.rfc9440()),
        (CertificateFormat::EscapedPem, shown.escaped_pem()),
    ] {
        let world = behind(Some(format)).await;
        let header = [("client-cert", value.clone())];
        assert_eq!(
            came_with(&world, PROXY, &header).await,
            from_proxy(&shown),
            "{format:?}"
        );
        assert_eq!(came_with(&world, STRANGER, &header).await, ignored("not_from_a_proxy"));
        assert_eq!(came_with(&world, PROXY, &[]).await, NONE);
        assert_eq!(came_with(&world, PROXY, &[("client-cert", String::new())]).await, NONE);
        assert_eq!(came_with(&world, STRANGER, &[]).await, NONE);
        // A forwarded address is no address to send the header from.
        let lie = [
            ("client-cert", value.clone()),
            ("x-forwarded-for", "127.0.0.7".to_owned()),
        ];
        assert_eq!(came_with(&world, STRANGER, &lie).await, ignored("not_from_a_proxy"));

        let world = behind(None).await;
        assert_eq!(came_with(&world, PROXY, &header).await, NONE, "no header is configured");
        let world = World::with_settings(|settings| settings.peers = Peers::Forwarded).await;
        assert_eq!(
            came_with(&world, PROXY, &header).await,
            NONE,
            "nobody is known as the proxy"
        );
        assert_eq!(came_with(&World::new().await, PROXY, &header).await, NONE);
    }
}

#[tokio::test]
async fn s_43_a_certificate_header_stands_once_and_is_one_certificate() {
    let (shown, injected) = (Certificate::self_signed("client"), Certificate::self_signed("victim"));
    let world = behind(Some(CertificateFormat::Rfc9440)).await;
    let line = |value: String| [("client-cert", value)];
    let twice = [line(injected.rfc9440()), line(shown.rfc9440())].concat();
    assert_eq!(came_with(&world, PROXY, &twice).await, ignored("sent_twice"));
    let good = shown.rfc9440();
    for bad in [
        format!("{}, {good}", injected.rfc9440()),
        good.trim_matches(':').to_owned(),
        good.trim_end_matches(':').to_owned(),
        format!("\"{good}\""),
        format!("{good};a"),
        ":Zm9v:".to_owned(),
        "::".to_owned(),
        ":".to_owned(),
        shown.escaped_pem(),
        // Base64url, and a byte behind the certificate.
        ":MIIB-_:".to_owned(),
        shown_with_a_tail(&shown),
    ] {
        assert_eq!(
            came_with(&world, PROXY, &line(bad.clone())).await,
            ignored("unreadable"),
            "{bad}"
        );
    }
    // RFC 9651 s4.2.7: without padding too.
    let bare = format!(":{}:", good.trim_matches(':').trim_end_matches('='));
    assert_eq!(came_with(&world, PROXY, &line(bare)).await, from_proxy(&shown));

    let world = behind(Some(CertificateFormat::EscapedPem)).await;
    for bad in [
        shown.rfc9440(),
        "nonsense".to_owned(),
        "-----BEGIN%20CERTIFICATE-----%0A".to_owned(),
    ] {
        assert_eq!(
            came_with(&world, PROXY, &line(bad.clone())).await,
            ignored("unreadable"),
            "{bad}"
        );
    }
    let twice = [line(injected.escaped_pem()), line(shown.escaped_pem())].concat();
    assert_eq!(came_with(&world, PROXY, &twice).await, ignored("sent_twice"));
}

/// The certificate of RFC 9440 App. A as s2.2 writes it; its SHA-256 is what `openssl dgst` says.
#[tokio::test]
async fn rfc_9440_the_example_is_read() {
    let world = behind(Some(CertificateFormat::Rfc9440)).await;
    let line = ":MIIBqDCCAU6gAwIBAgIBBzAKBggqhkjOPQQDAjA6MRswGQYDVQQKDBJMZXQncyBBdXRoZW50aWNhdGUxGzAZBgNVBAMMEkxBIEludGVybWVkaWF0ZSBDQTAeFw0yMDAxMTQyMjU1MzNaFw0yMTAxMjMyMjU1MzNaMA0xCzAJBgNVBAMMAkJDMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE8YnXXfaUgmnMtOXU/IncWalRhebrXmckC8vdgJ1p5Be5F/3YC8OthxM4+k1M6aEAEFcGzkJiNy6J84y7uzo9M6NyMHAwCQYDVR0TBAIwADAfBgNVHSMEGDAWgBRm3WjLa38lbEYCuiCPct0ZaSED2DAOBgNVHQ8BAf8EBAMCBsAwEwYDVR0lBAwwCgYIKwYBBQUHAwIwHQYDVR0RAQH/BBMwEYEPYmRjQGV4YW1wbGUuY29tMAoGCCqGSM49BAMCA0gAMEUCIBHda/r1vaL6G3VliL4/Di6YK0Q6bMjeSkC3dFCOOB8TAiEAx/kHSB4urmiZ0NX5r5XarmPk0wmuydBVoU4hBVZ1yhk=:";
    let expected = (
        Some("v68ffgcPn6jdYpBfFY2nP4ShE2Yk-6_Mk5PI9yh6aes".to_owned()),
        Some("proxy".to_owned()),
        None,
    );
    assert_eq!(
        came_with(&world, PROXY, &[("client-cert", line.to_owned())]).await,
        expected
    );
}

fn shown_with_a_tail(shown: &Certificate) -> String {
    let mut tailed = shown.clone();
    tailed.chain[0] = [shown.own(), &[0]].concat().into();
    tailed.rfc9440()
}

#[tokio::test]
async fn rfc_9440_the_rest_of_the_chain_has_a_header_of_its_own_and_a_bound() {
    let authority = Authority::new("A");
    let shown = authority.issue("client", |_| {}).followed_by([authority.own().clone()]);
    let world = behind(Some(CertificateFormat::Rfc9440)).await;
    let own = ("client-cert", shown.rfc9440());
    let chain = |value: &str| ("client-cert-chain", value.to_owned());
    let one = shown.rfc9440_chain();
    for good in [
        vec![own.clone(), chain(&one)],
        vec![own.clone(), chain(&format!("{one},{one}"))],
        vec![own.clone(), chain(&one), chain(&one)],
        vec![own.clone(), chain(&[one.as_str(); 9].join(", "))],
    ] {
        assert_eq!(came_with(&world, PROXY, &good).await, from_proxy(&shown), "{good:?}");
    }
    for bad in [
        vec![own.clone(), chain("x")],
        vec![own.clone(), chain(&format!("{one},"))],
        vec![own.clone(), chain(&[one.as_str(); 10].join(", "))],
    ] {
        assert_eq!(came_with(&world, PROXY, &bad).await, ignored("unreadable"), "{bad:?}");
    }
    assert_eq!(
        came_with(&world, PROXY, &[chain(&one)]).await,
        NONE,
        "a chain of nobody"
    );
    assert_eq!(came_with(&world, STRANGER, &[chain(&one)]).await, NONE);
}

/// A request over TLS without credentials, with these headers; what it came with.
async fn came_with_over_tls(
    world: &World,
    headers: &[(&str, String)],
) -> (Option<String>, Option<String>, Option<String>) {
    world.advance(1);
    let form = [("grant_type", "client_credentials".to_owned())];
    let answer = world.post("/oauth2/token", headers, &form).await;
    assert_eq!((answer.status, answer.error()), (401, "invalid_client"), "{answer:?}");
    journalled(world).await
}

#[tokio::test]
async fn the_certificate_of_the_connection_is_the_requests() {
    let shown = Certificate::self_signed("client");
    let header = [("client-cert", Certificate::self_signed("victim").rfc9440())];
    let by_connection = (Some(shown.thumbprint()), Some("connection".to_owned()), None);
    let mut world = World::with_client_certificates(|_| {}).await;
    assert_eq!(came_with_over_tls(&world, &[]).await, NONE);
    world.show(Some(&shown));
    assert_eq!(came_with_over_tls(&world, &[]).await, by_connection);
    assert_eq!(
        came_with_over_tls(&world, &header).await,
        by_connection,
        "no header is configured"
    );

    let elsewhere = listed(&["127.0.0.7/32"], Some(CertificateFormat::Rfc9440));
    let mut world = World::with_client_certificates(|settings| settings.peers = elsewhere).await;
    world.show(Some(&shown));
    assert_eq!(came_with_over_tls(&world, &[]).await, by_connection);
    assert_eq!(
        came_with_over_tls(&world, &header).await,
        ignored("not_from_a_proxy"),
        "who says another one has none"
    );
}

#[tokio::test]
async fn s_43_a_proxys_own_certificate_is_no_clients() {
    let (proxys, clients) = (Certificate::self_signed("proxy"), Certificate::self_signed("client"));
    for format in [None, Some(CertificateFormat::Rfc9440)] {
        let peers = listed(&["127.0.0.0/8"], format);
        let mut world = World::with_client_certificates(|settings| settings.peers = peers).await;
        world.show(Some(&proxys));
        assert_eq!(came_with_over_tls(&world, &[]).await, NONE, "{format:?}");
        let header = [("client-cert", clients.rfc9440())];
        let expected = if format.is_some() { from_proxy(&clients) } else { NONE };
        assert_eq!(came_with_over_tls(&world, &header).await, expected, "{format:?}");
    }
}
