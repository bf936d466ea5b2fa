//! From where a client's document may be fetched, and what it names (S-23): a host of the test, at every address of this machine, proves that nothing connects.

use std::time::Duration;

use serde_json::json;
use testkit::World;
use tokio::time::Instant;

use crate::{
    client_documents::{document, not_taken, taken},
    document_host::{DocumentHost, Names, Says},
    setup::with,
};

/// A world in which nothing on this machine may be asked, as in the product; these names have these addresses.
async fn closed(names: &[(&str, &[&str])]) -> World {
    let resolver = Names::of(names);
    World::with_settings(|settings| {
        settings.egress = egress::Settings {
            resolver,
            ..egress::Settings::default()
        };
    })
    .await
}

/// A world in which the second address of this machine may be asked, and the first may not.
async fn next_door() -> (World, DocumentHost) {
    let host = DocumentHost::at("127.0.0.2".parse().unwrap()).await;
    let world = World::with_settings(|settings| {
        settings.egress = egress::Settings {
            allowed_networks: vec!["127.0.0.2/32".parse().unwrap()],
            plain_http: egress::PlainHttp::LoopbackOnly,
            resolver: Names::of(&[
                ("home.test", &["127.0.0.1"]),
                ("both.test", &["127.0.0.2", "127.0.0.1"]),
            ]),
            ..egress::Settings::default()
        };
    })
    .await;
    (world, host)
}

/// Every way to write an address of this machine or of a network that is not the Internet, at this port.
fn places(port: u16) -> Vec<String> {
    let hosts = [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0x7F.1",
        "0177.0.0.1",
        "017700000001",
        "0177.0x0.0.1",
        "127.0.0.1.",
        "127.255.255.254",
        "0.0.0.0",
        "0",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "169.254.169.254",
        "0xa9fea9fe",
        "2852039166",
        "100.64.0.1",
        "100.127.255.255",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "a.localhost",
        "a.b.localhost.",
        "home.test",
        "six.test",
        "mapped.test",
        "metadata.test",
        "shared.test",
        "nowhere.test",
        "both.test",
        "unknown.test",
    ];
    hosts.iter().map(|host| format!("{host}:{port}")).collect()
}

#[tokio::test]
async fn s_23_nothing_on_this_machine_is_reached_where_loopback_is_closed() {
    assert!(
        egress::Settings::default().total_seconds_max <= 5,
        "answered within 5 s"
    );
    let trap = DocumentHost::everywhere().await;
    let world = closed(&[
        ("home.test", &["127.0.0.1"]),
        ("six.test", &["::1"]),
        ("mapped.test", &["::ffff:127.0.0.1"]),
        ("metadata.test", &["169.254.169.254"]),
        ("shared.test", &["100.64.0.1"]),
        ("nowhere.test", &["0.0.0.0"]),
        ("both.test", &["192.0.1.1", "127.0.0.1"]), // the first is an ordinary address: one bad one refuses all
    ])
    .await;
    for place in places(trap.port) {
        for scheme in ["https", "http"] {
            let id = format!("{scheme}://{place}/client.json");
            trap.serves("client.json", &document(&id), &[]);
            let asked = Instant::now();
            not_taken(&world, &id, &id).await;
            assert!(asked.elapsed() < Duration::from_secs(5), "{id}");
        }
    }
    assert_eq!(trap.connections().await, 0, "{:?}", trap.requests());
}

#[tokio::test]
async fn s_23_in_development_no_other_place_than_loopback_is_open() {
    let trap = DocumentHost::everywhere().await;
    let world = World::with_settings(|settings| {
        settings.egress.resolver = Names::of(&[("nowhere.test", &["0.0.0.0"]), ("mapped.test", &["::ffff:127.0.0.1"])]);
    })
    .await;
    let loopback = |place: &str| {
        let host = place.rsplit_once(':').unwrap().0.to_ascii_lowercase();
        let url = url::Url::parse(&format!("https://{host}/")).unwrap();
        match url.host() {
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            Some(url::Host::Domain(name)) => name.trim_end_matches('.').ends_with("localhost"),
            None => false,
        }
    };
    for place in places(trap.port).into_iter().filter(|place| !loopback(place)) {
        for scheme in ["https", "http"] {
            let id = format!("{scheme}://{place}/client.json");
            trap.serves("client.json", &document(&id), &[]);
            not_taken(&world, &id, &id).await;
        }
    }
    assert_eq!(trap.connections().await, 0, "{:?}", trap.requests());
    let id = trap.id("client.json");
    trap.serves("client.json", &document(&id), &[]);
    taken(&world, &id, "http on localhost").await;
    assert_eq!(trap.connections().await, 1, "the trap works");
}

#[tokio::test]
async fn s_23_an_http_id_is_for_localhost_alone() {
    // A name that leads here is no localhost: plain http says nothing about who answers.
    let host = DocumentHost::new().await;
    let world = World::with_settings(|settings| {
        settings.egress.resolver = Names::of(&[("home.test", &["127.0.0.1"])]);
    })
    .await;
    let id = format!("http://home.test:{}/client.json", host.port);
    host.serves("client.json", &document(&id), &[]);
    not_taken(&world, &id, "plain http to a name").await;
    assert_eq!(host.connections().await, 0);
}

#[tokio::test]
async fn s_23_what_a_document_names_is_fetched_by_the_same_rules_or_not_at_all() {
    let (world, host) = next_door().await;
    let trap = DocumentHost::everywhere().await;
    let id = format!("http://127.0.0.2:{}/client.json", host.port);
    host.serves("client.json", &document(&id), &[]);
    taken(&world, &id, "next door is open").await;
    assert_eq!(host.asked("client.json"), 1);

    // Keys are fetched, from where a document could be, and from nowhere else.
    let keyed = |uri: &str| {
        with(
            &with(&document(&id), "token_endpoint_auth_method", "private_key_jwt"),
            "jwks_uri",
            uri,
        )
    };
    world.advance(400);
    for place in places(trap.port) {
        if place.starts_with("unknown") {
            continue;
        }
        for scheme in ["https", "http"] {
            let uri = format!("{scheme}://{place}/jwks.json");
            host.serves("client.json", &keyed(&uri), &[]);
            not_taken(&world, &id, &uri).await;
        }
    }
    for uri in [
        "ftp://127.0.0.2/jwks.json",
        "file:///etc/passwd",
        "jwks.json",
        "//127.0.0.1/jwks.json",
        "https://u@127.0.0.2/x",
    ] {
        host.serves("client.json", &keyed(uri), &[]);
        not_taken(&world, &id, uri).await;
    }
    assert_eq!(trap.connections().await, 0, "{:?}", trap.requests());

    // A redirect of the keys leads nowhere either.
    host.serves(
        "client.json",
        &keyed(&format!("http://127.0.0.2:{}/jwks.json", host.port)),
        &[],
    );
    let away = format!(
        "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:{}/jwks.json\r\ncontent-length: 0\r\n\r\n",
        trap.port
    );
    host.says("jwks.json", Says::Bytes(away.into_bytes()));
    not_taken(&world, &id, "keys that are somewhere else").await;
    assert_eq!(host.asked("jwks.json"), 1);

    // Nothing else in a document is ever fetched.
    let mut all = document(&id);
    let picture = format!("http://127.0.0.1:{}/picture", trap.port);
    for name in [
        "logo_uri",
        "client_uri",
        "policy_uri",
        "tos_uri",
        "sector_identifier_uri",
        "initiate_login_uri",
        "backchannel_logout_uri",
        "software_statement",
    ] {
        all[name] = picture.as_str().into();
    }
    all["request_uris"] = json!([picture]);
    host.serves("client.json", &all, &[]);
    taken(&world, &id, "members that are not looked at").await;
    assert_eq!(trap.connections().await, 0, "{:?}", trap.requests());
}
