//! Which URLs are taken at all, and what a network is.

use std::net::IpAddr;

use egress::{ExternalUrl, Network, Refused};

#[test]
fn a_url_keeps_its_text_and_shows_its_place() {
    for (text, host, port) in [
        ("https://client.test", "client.test", 443),
        ("https://client.test/", "client.test", 443),
        ("https://Client.Test/Path?q=a%20b&r=[1]", "client.test", 443),
        ("HTTPS://client.test/x", "client.test", 443),
        ("https://client.test:443/x", "client.test", 443),
        ("https://client.test:8443/x", "client.test", 8443),
        ("https://client.test/a/../b", "client.test", 443),
        ("https://client.test/?to=https://a@b/", "client.test", 443),
        ("https://xn--bcher-kva.test/", "xn--bcher-kva.test", 443),
        ("https://0x7f.1/", "127.0.0.1", 443),
        ("https://[2001:DB8:0::1]/", "[2001:db8::1]", 443),
        ("http://localhost/", "localhost", 80),
        ("http://a.localhost:3000/cb", "a.localhost", 3000),
        ("http://127.0.0.1:8080/", "127.0.0.1", 8080),
        ("http://[::1]/", "[::1]", 80),
    ] {
        let url = ExternalUrl::parse(text).unwrap();
        assert_eq!((url.as_str(), url.host(), url.port()), (text, host, port));
        assert_eq!(url.to_string(), text);
    }
}

#[test]
fn two_spellings_of_a_place_are_two_urls() {
    let of = |text| ExternalUrl::parse(text).unwrap();
    assert_ne!(of("https://client.test/x"), of("https://client.test:443/x"));
    assert_ne!(of("https://client.test/x"), of("https://CLIENT.test/x"));
    assert_eq!(of("https://client.test/x"), of("https://client.test/x"));
}

#[test]
fn s_23_a_url_that_could_be_read_in_two_ways_is_refused() {
    let long = format!("https://client.test/{}", "a".repeat(2048));
    for (text, refused) in [
        ("", Refused::Scheme),
        ("client.test", Refused::Scheme),
        ("/path", Refused::Scheme),
        ("//client.test/", Refused::Scheme),
        ("https:client.test", Refused::Scheme),
        ("https:/client.test", Refused::Scheme),
        ("https:///client.test/", Refused::Host),
        ("https://", Refused::Host),
        ("https://?q", Refused::Host),
        ("https://:443/", Refused::Host),
        ("ftp://client.test/", Refused::Scheme),
        ("file:///etc/passwd", Refused::Scheme),
        ("javascript://client.test/", Refused::Scheme),
        ("data:text/html,x", Refused::Scheme),
        ("http://client.test/", Refused::Scheme),
        ("http://localhost.test/", Refused::Scheme),
        ("http://notlocalhost/", Refused::Scheme),
        ("http://10.0.0.1/", Refused::Scheme),
        ("http://[::ffff:127.0.0.1]/", Refused::Scheme),
        ("https://user@client.test/", Refused::UserInfo),
        ("https://user:pass@client.test/", Refused::UserInfo),
        ("https://@client.test/", Refused::UserInfo),
        ("https://client.test:443@evil.test/", Refused::UserInfo),
        ("https://client.test/#", Refused::Fragment),
        ("https://client.test/#part", Refused::Fragment),
        ("https://client.test#@evil.test/", Refused::Fragment),
        ("https://client.test:0/", Refused::Port),
        ("https://client.test:65536/", Refused::Port),
        ("https://client.test:a/", Refused::Port),
        ("https://client.test\\@evil.test/", Refused::Character),
        ("https:\\\\client.test/", Refused::Character),
        ("https://client.test/a b", Refused::Character),
        (" https://client.test/", Refused::Character),
        ("https://client.test/\n", Refused::Character),
        ("https://cli\tent.test/", Refused::Character),
        ("https://client.test/\r\nHost: evil.test", Refused::Character),
        ("https://client.test/\0", Refused::Character),
        ("https://client.test/\x7f", Refused::Character),
        ("https://b\u{fc}cher.test/", Refused::Character),
        ("https://127\u{3002}0\u{3002}0\u{3002}1/", Refused::Character),
        ("https://\u{ff11}27.0.0.1/", Refused::Character),
        ("https://client.test/<>", Refused::Character),
        ("https://client.test/{id}", Refused::Character),
        ("https://256.0.0.1/", Refused::Host),
        ("https://[::1/", Refused::Host),
        ("https://[fe80::1%25eth0]/", Refused::Host),
        ("https://a%00b.test/", Refused::Host),
        ("https://a%2fb.test/", Refused::Host),
        (&long, Refused::TooLong),
    ] {
        assert_eq!(ExternalUrl::parse(text).err(), Some(refused), "{text:?}");
    }
}

#[test]
fn a_refusal_says_what_to_do_in_ascii() {
    for refused in [
        Refused::TooLong,
        Refused::Character,
        Refused::Scheme,
        Refused::SpecialUse("loopback"),
        Refused::Status(404),
        Refused::TooLarge { body_bytes_max: 5 },
    ] {
        let text = refused.to_string();
        assert!(text.is_ascii() && text.len() > 20, "{text}");
    }
}

#[test]
fn a_network_contains_its_addresses() {
    for (network, address, inside) in [
        ("10.0.0.0/8", "10.0.0.0", true),
        ("10.0.0.0/8", "10.255.255.255", true),
        ("10.0.0.0/8", "11.0.0.0", false),
        ("0.0.0.0/0", "255.255.255.255", true),
        ("0.0.0.0/0", "::1", false),
        ("192.0.2.1/32", "192.0.2.1", true),
        ("192.0.2.1/32", "192.0.2.2", false),
        ("fc00::/7", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true),
        ("fc00::/7", "fe00::", false),
        ("::/0", "ffff::", true),
        ("::/0", "10.0.0.1", false),
        ("::1/128", "::1", true),
        ("127.0.0.0/8", "::ffff:127.0.0.1", false),
    ] {
        let parsed: Network = network.parse().unwrap();
        assert_eq!(parsed.to_string(), network);
        assert_eq!(
            parsed.contains(address.parse::<IpAddr>().unwrap()),
            inside,
            "{network} {address}"
        );
    }
}

#[test]
fn what_is_not_a_network_is_refused() {
    for text in [
        "",
        "10.0.0.0",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.1/8",
        "::1/129",
        "::1/64",
        "10.0.0.0/+8",
        "localhost/8",
        "10/8",
        "/8",
        "10.0.0.0/256",
        "10.0.0.1/0",
    ] {
        assert!(text.parse::<Network>().is_err(), "{text}");
    }
}
