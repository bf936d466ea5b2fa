//! S-23 and S-44: which places are contacted. Every test that claims nobody was contacted asks a listener that would
//! know.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::process::Command;

use egress::{Network, PlainHttp, Refused, Settings};

use crate::stranger::{ANY, HOME, NEXT_DOOR, Script, Stranger, Told, door, homely, url};

const OK: &str = "HTTP/1.1 200 OK\nContent-Length: 2\n\n{}";

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// Every other setting as loose as in development, but no special-use network allowed.
fn strict() -> Settings {
    Settings {
        allowed_networks: Vec::new(),
        ..homely()
    }
}

/// Next door is allowed, home is not: stands for public and private without leaving the machine.
fn next_door_only() -> Settings {
    Settings {
        allowed_networks: vec!["127.0.0.2/32".parse().unwrap()],
        ..homely()
    }
}

/// Two strangers on the same port: next door, and at home.
async fn neighbours() -> (Stranger, Stranger) {
    let script = Script::Say(OK.replace('\n', "\r\n").into_bytes());
    loop {
        let next_door = Stranger::at(SocketAddr::new(NEXT_DOOR, 0), script.clone())
            .await
            .unwrap();
        if let Ok(home) = Stranger::at(SocketAddr::new(HOME, next_door.port()), script.clone()).await {
            return (next_door, home);
        }
    }
}

const LOOPBACK_IN_MANY_FORMS: &[(&str, &str)] = &[
    ("127.0.0.1", "loopback"),
    ("127.0.0.1.", "loopback"),
    ("127.1", "loopback"),
    ("2130706433", "loopback"),
    ("0x7f000001", "loopback"),
    ("0x7f.1", "loopback"),
    ("0177.0.0.1", "loopback"),
    ("017700000001", "loopback"),
    ("%31%32%37.0.0.1", "loopback"),
    ("127.255.255.254", "loopback"),
    ("0.0.0.0", "this network"),
    ("0", "this network"),
    ("[::1]", "loopback"),
    ("[0:0:0:0:0:0:0:1]", "loopback"),
    ("[::]", "unspecified"),
    ("[::ffff:127.0.0.1]", "IPv4-mapped"),
    ("[::ffff:7f00:1]", "IPv4-mapped"),
    ("[::127.0.0.1]", "IPv4-compatible"),
    ("[64:ff9b::127.0.0.1]", "loopback"),
    ("[2002:7f00:1::]", "6to4"),
    ("localhost", "loopback"),
    ("LOCALHOST", "loopback"),
    ("localhost.", "loopback"),
    ("a.localhost", "loopback"),
];

#[tokio::test]
async fn s_23_no_form_of_a_loopback_host_is_contacted() {
    let v4 = Stranger::says(OK).await;
    // A machine without IPv6 cannot be contacted over it either.
    let v6 = Stranger::at(
        SocketAddr::new(Ipv6Addr::LOCALHOST.into(), v4.port()),
        Script::Say(Vec::new()),
    )
    .await
    .ok();
    let door = door(strict());
    for (host, use_) in LOOPBACK_IN_MANY_FORMS {
        let refused = door.get(&url(&format!("https://{host}:{}/", v4.port())), &ANY).await;
        assert_eq!(refused, Err(Refused::SpecialUse(use_)), "{host}");
    }
    assert_eq!(v4.connections().await, 0);
    if let Some(v6) = v6 {
        assert_eq!(v6.connections().await, 0);
    }
}

/// The counterpart of the test above: the listener does notice, once the network is allowed.
#[tokio::test]
async fn an_allowed_network_is_contacted_in_the_same_forms() {
    let stranger = Stranger::says(OK).await;
    let door = door(homely());
    let forms = [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "localhost",
        "a.localhost",
        "localhost.",
    ];
    for host in forms {
        let fetched = door
            .get(&url(&format!("http://{host}:{}/", stranger.port())), &ANY)
            .await;
        assert_eq!(fetched.unwrap().body, "{}", "{host}");
    }
    assert_eq!(stranger.connections().await, forms.len());
}

#[tokio::test]
async fn s_23_a_name_with_an_address_of_special_use_is_not_contacted() {
    let stranger = Stranger::says(OK).await;
    let address = url(&format!("https://client.test:{}/", stranger.port()));
    for (answer, use_) in [
        ("127.0.0.1", "loopback"),
        ("::1", "loopback"),
        ("::ffff:127.0.0.1", "IPv4-mapped"),
        ("0.0.0.0", "this network"),
        ("169.254.169.254", "cloud metadata"),
        ("fd00:ec2::254", "cloud metadata"),
        ("100.64.0.1", "shared address space"),
        ("10.0.0.1", "private use"),
        ("172.16.0.1", "private use"),
        ("192.168.0.1", "private use"),
        ("fc00::1", "unique local"),
        ("fe80::1", "link-local"),
    ] {
        let told = Told::always(&[ip(answer)]);
        let door = door(Settings {
            resolver: told.clone(),
            ..strict()
        });
        assert_eq!(
            door.get(&address, &ANY).await,
            Err(Refused::SpecialUse(use_)),
            "{answer}"
        );
        assert_eq!(told.asked(), 1);
    }
    assert_eq!(stranger.connections().await, 0);
}

#[tokio::test]
async fn s_23_one_forbidden_address_among_allowed_ones_refuses_all() {
    let (next_door, home) = neighbours().await;
    let address = url(&format!("https://client.test:{}/", home.port()));
    for answer in [[NEXT_DOOR, HOME], [HOME, NEXT_DOOR]] {
        let door = door(Settings {
            resolver: Told::always(&answer),
            ..next_door_only()
        });
        assert_eq!(door.get(&address, &ANY).await, Err(Refused::SpecialUse("loopback")));
    }
    assert_eq!((next_door.connections().await, home.connections().await), (0, 0));
}

#[tokio::test]
async fn s_23_a_second_dns_answer_is_never_asked_for() {
    let (next_door, home) = neighbours().await;
    let told = Told::turns([&[NEXT_DOOR], &[HOME]]);
    let door = door(Settings {
        resolver: told.clone(),
        ..next_door_only()
    });
    // Plain text where TLS is spoken: what counts is who was contacted.
    let refused = door
        .get(&url(&format!("https://client.test:{}/", home.port())), &ANY)
        .await;
    assert_eq!(refused, Err(Refused::Tls));
    assert_eq!(
        (next_door.connections().await, home.connections().await, told.asked()),
        (1, 0, 1)
    );
}

#[tokio::test]
async fn s_23_a_dead_first_address_does_not_lead_to_a_second_question() {
    let home = Stranger::says(OK).await;
    let told = Told::turns([&[NEXT_DOOR], &[HOME]]);
    let door = door(Settings {
        resolver: told.clone(),
        ..next_door_only()
    });
    let refused = door
        .get(&url(&format!("https://client.test:{}/", home.port())), &ANY)
        .await;
    assert_eq!(refused, Err(Refused::Unreachable));
    assert_eq!((home.connections().await, told.asked()), (0, 1));
}

#[tokio::test]
async fn s_23_each_fetch_asks_and_judges_anew() {
    let (next_door, home) = neighbours().await;
    let told = Told::turns([&[NEXT_DOOR], &[HOME]]);
    let door = door(Settings {
        resolver: told.clone(),
        ..next_door_only()
    });
    let address = url(&format!("https://client.test:{}/", home.port()));
    assert_eq!(door.get(&address, &ANY).await, Err(Refused::Tls));
    assert_eq!(door.get(&address, &ANY).await, Err(Refused::SpecialUse("loopback")));
    assert_eq!(
        (next_door.connections().await, home.connections().await, told.asked()),
        (1, 0, 2)
    );
}

#[tokio::test]
async fn s_23_a_redirect_is_refused_and_its_target_not_contacted() {
    let target = Stranger::says(OK).await;
    for status in [
        "301 Moved",
        "302 Found",
        "303 See Other",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let location = format!("HTTP/1.1 {status}\nLocation: {}\nContent-Length: 0\n\n", target.url());
        let stranger = Stranger::says(&location).await;
        assert_eq!(
            door(homely()).get(&stranger.url(), &ANY).await,
            Err(Refused::Redirect),
            "{status}"
        );
        assert_eq!(stranger.connections().await, 1);
    }
    assert_eq!(target.connections().await, 0);
}

#[tokio::test]
async fn a_host_without_an_address_is_refused() {
    assert_eq!(
        door(homely()).get(&url("https://client.test/"), &ANY).await,
        Err(Refused::Unresolved)
    );
}

#[tokio::test]
async fn plain_http_is_refused_unless_the_settings_allow_it() {
    let stranger = Stranger::says(OK).await;
    let settings = Settings {
        plain_http: PlainHttp::Refused,
        ..homely()
    };
    assert_eq!(door(settings).get(&stranger.url(), &ANY).await, Err(Refused::PlainHttp));
    let settings = Settings {
        plain_http: PlainHttp::LoopbackOnly,
        ..strict()
    };
    assert_eq!(
        door(settings).get(&stranger.url(), &ANY).await,
        Err(Refused::SpecialUse("loopback"))
    );
    assert_eq!(stranger.connections().await, 0);
}

#[tokio::test]
async fn the_default_allows_no_special_use_and_no_plain_http() {
    let settings = Settings::default();
    assert_eq!(settings.allowed_networks, [] as [Network; 0]);
    assert_eq!(settings.plain_http, PlainHttp::Refused);
    assert_eq!(settings.total_seconds_max, 5);
    let stranger = Stranger::says(OK).await;
    let address = url(&format!("https://localhost:{}/", stranger.port()));
    assert_eq!(
        door(settings).get(&address, &ANY).await,
        Err(Refused::SpecialUse("loopback"))
    );
    assert_eq!(stranger.connections().await, 0);
}

#[tokio::test]
async fn a_fetch_goes_straight_to_its_stranger() {
    let stranger = Stranger::says(OK).await;
    door(homely()).get(&stranger.url(), &ANY).await.unwrap();
    assert_eq!(stranger.connections().await, 1);
}

/// Runs the test above again in a process whose environment names a proxy.
#[test]
fn s_44_a_proxy_named_by_the_environment_is_not_used() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let proxy = runtime.block_on(Stranger::says(OK));
    let address = format!("http://{}", proxy.address);
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "places::a_fetch_goes_straight_to_its_stranger"]);
    for variable in [
        "http_proxy",
        "HTTP_PROXY",
        "https_proxy",
        "HTTPS_PROXY",
        "all_proxy",
        "ALL_PROXY",
    ] {
        child.env(variable, &address);
    }
    child
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .env_remove("REQUEST_METHOD");
    let output = child.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    assert_eq!(runtime.block_on(proxy.connections()), 0);
}
