//! Where an answer may go (S-01, S-02).

use super::*;

/// What the redirect URI of a request is answered with.
fn place(client: &Client, asked: &str) -> Result<String, Why> {
    returns(&query(&[("redirect_uri", asked)]), Some(client)).map(|returns| returns.redirect_uri.as_str().to_owned())
}

#[test]
fn s_01_the_redirect_uri_is_the_registered_one_byte_for_byte() {
    let variants = [
        "https://app.example",
        "https://app.example/",
        "https://app.example/cb/",
        "https://app.example//cb",
        "https://app.example/./cb",
        "https://app.example/x/../cb",
        "https://app.example/%2e/cb",
        "https://app.example/x/%2e%2e/cb",
        "https://app.example/c%62",
        "https://app.example/cb%00",
        "https://app.example/cb%0d%0aSet-Cookie:x",
        "https://app.example/cb?",
        "https://app.example/cb?x=1",
        "https://app.example/cb#",
        "https://app.example/cb#f",
        "https://app.example/cb;x",
        "https://app.example/cb ",
        " https://app.example/cb",
        "https://app.example/cb\t",
        "https://app.example/cb\n",
        "https://app.example/cb\r\nx",
        "https://app.example/CB",
        "https://app.example/cbx",
        "https://app.example/c",
        "https://app.example/cb/evil",
        "https://app.example/cb.evil",
        "https://APP.example/cb",
        "https://app.Example/cb",
        "HTTPS://app.example/cb",
        "Https://app.example/cb",
        "http://app.example/cb",
        "https:app.example/cb",
        "https:/app.example/cb",
        "https:///app.example/cb",
        "https:\\\\app.example\\cb",
        "//app.example/cb",
        "app.example/cb",
        "/cb",
        "https://app.example:443/cb",
        "https://app.example:8443/cb",
        "https://app.example:/cb",
        "https://app.example./cb",
        "https://evil.example/cb",
        "https://app.example.evil.example/cb",
        "https://evil.example/app.example/cb",
        "https://evilapp.example/cb",
        "https://x.app.example/cb",
        "https://app.example@evil.example/cb",
        "https://user@app.example/cb",
        "https://user:pw@app.example/cb",
        "https://evil.example\\@app.example/cb",
        "https://evil.example#@app.example/cb",
        "https://evil.example/?https://app.example/cb",
        "https://xn--pp-xia.example/cb",
        "https://\u{430}pp.example/cb",
        "https://app\u{3002}example/cb",
        "https://app.example\u{2215}cb",
        "https://127.0.0.1/cb",
        "https://localhost/cb",
        "https://*.example/cb",
        "https://app.example/*",
        "*",
        "javascript:alert(1)",
        "data:text/html,x",
        "com.example.app:/cb",
        "https://app.example/cb,https://evil.example/cb",
        "https://app.example/cb https://evil.example/cb",
    ];
    assert!(variants.len() >= 60);
    for client in [web(), public(BACK), stranger()] {
        assert_eq!(place(&client, BACK).as_deref(), Ok(BACK));
        for variant in variants {
            assert_eq!(place(&client, variant), Err(Why::RedirectUriUnknown), "{variant:?}");
        }
        assert_eq!(
            place(&client, "-"),
            Err(Why::RedirectUriUnknown),
            "named even when there is one alone"
        );
        assert_eq!(place(&client, ""), Err(Why::RedirectUriUnknown));
    }
}

#[test]
fn s_01_any_of_several_registered_uris_will_do() {
    let client = client(&json!({ "redirect_uris": [BACK, "https://app.example/cb2?x=1"] }));
    assert_eq!(place(&client, BACK).as_deref(), Ok(BACK));
    assert_eq!(
        place(&client, "https://app.example/cb2?x=1").as_deref(),
        Ok("https://app.example/cb2?x=1")
    );
    assert_eq!(place(&client, "https://app.example/cb2"), Err(Why::RedirectUriUnknown));
}

#[test]
fn s_01_the_port_varies_on_loopback_addresses_and_on_localhost_for_public_clients_alone() {
    let secret = |uri: &str| client(&json!({ "redirect_uris": [uri] }));
    // What is registered, what is asked, whether a public client gets it, whether one with a secret gets it (RFC 8252 s7.3).
    let rows = [
        ("http://127.0.0.1/cb", "http://127.0.0.1:3456/cb", true, true),
        ("http://127.0.0.1:8080/cb", "http://127.0.0.1:3456/cb", true, true),
        ("http://127.0.0.1:8080/cb", "http://127.0.0.1/cb", true, true),
        ("http://[::1]/cb", "http://[::1]:3456/cb", true, true),
        ("http://localhost/cb", "http://localhost/cb", true, true),
        ("http://localhost/cb", "http://localhost:3456/cb", true, false),
        ("http://localhost:8080/cb", "http://localhost:3456/cb", true, false),
        ("http://127.0.0.1/cb", "http://localhost/cb", false, false),
        ("http://localhost/cb", "http://127.0.0.1/cb", false, false),
        ("http://127.0.0.1/cb", "http://[::1]/cb", false, false),
        ("http://127.0.0.1/cb", "http://127.0.0.1:3456/other", false, false),
        ("http://127.0.0.1/cb", "http://127.0.0.1:3456/cb?x=1", false, false),
        ("http://127.0.0.1/cb", "http://127.0.0.1:0/cb", false, false),
        ("http://127.0.0.1/cb", "http://127.0.0.1:65536/cb", false, false),
        (
            "http://127.0.0.1/cb",
            "http://127.0.0.1:3456@evil.example/cb",
            false,
            false,
        ),
        ("http://127.0.0.1/cb", "https://127.0.0.1:3456/cb", false, false),
        ("https://127.0.0.1/cb", "https://127.0.0.1:3456/cb", false, false),
        ("https://app.example/cb", "https://app.example:3456/cb", false, false),
        ("com.example.app:/cb", "com.example.app:/cb", true, true),
        ("com.example.app:/cb", "com.example.app:/cb2", false, false),
    ];
    for (registered, asked, for_public, for_secret) in rows {
        let expected = |fits: bool| {
            if fits {
                Ok(asked.to_owned())
            } else {
                Err(Why::RedirectUriUnknown)
            }
        };
        assert_eq!(
            place(&public(registered), asked),
            expected(for_public),
            "public: {registered} {asked}"
        );
        assert_eq!(
            place(&secret(registered), asked),
            expected(for_secret),
            "with a secret: {registered} {asked}"
        );
    }
}

#[test]
fn s_02_nothing_is_returned_to_a_client_that_is_not_there() {
    assert_eq!(returns(&query(&[]), None), Err(Why::ClientUnknown));
    let disabled = client(&json!({ "disabled_at": 1 }));
    assert_eq!(returns(&query(&[]), Some(&disabled)), Err(Why::ClientDisabled));
    assert_eq!(named_client(&query(&[])), Ok(facts::id("app")));
    assert_eq!(
        named_client(&query(&[("client_id", "-")])),
        Err(Why::ParameterMissing("client_id"))
    );
    for bad in ["a b", "\u{e9}", "a\0", &"x".repeat(513)] {
        assert_eq!(
            named_client(&query(&[("client_id", bad)])),
            Err(Why::ClientUnknown),
            "{bad:?}"
        );
    }
}

#[test]
fn s_46_a_state_that_cannot_travel_is_refused() {
    let state = |value: &str| returns(&query(&[("state", value)]), Some(&web())).map(|returns| returns.state);
    let longest = "s".repeat(4_096);
    for good in ["xyz", " ", "a&b=c#d", "\u{1f512}", "{\"csrf\":\"1\"}", longest.as_str()] {
        assert_eq!(state(good), Ok(Some(good.to_owned())), "byte for byte: {good}");
    }
    assert_eq!(state("-"), Ok(None), "RFC 6749 s4.1.1: recommended, not required");
    assert_eq!(state(""), Ok(None));
    for bad in [
        "a\0",
        "a\r\nLocation: x",
        "a\tb",
        "\u{7f}",
        "\u{85}",
        "\u{1b}[31m",
        &"s".repeat(4_097),
        &"s".repeat(5_000),
    ] {
        assert_eq!(state(bad), Err(Why::ParameterMalformed("state")), "{bad:?}");
    }
}
