use super::*;

fn uris(texts: &[&str]) -> Vec<RedirectUri> {
    texts.iter().map(|text| RedirectUri::parse(text).unwrap()).collect()
}

#[test]
fn s_02_schemes_are_an_allow_list() {
    for good in [
        "https://app.example/cb",
        "https://app.example",
        "https://app.example:8443/cb?x=1",
        "https://127.0.0.1/cb",
        "http://127.0.0.1/callback",
        "http://127.0.0.1:3456/callback",
        "http://[::1]:3456/",
        "http://localhost:3456/callback",
        "com.example.app:/oauth",
        "com.example.app://oauth/cb",
        "https://[2001:db8::1]/cb",
    ] {
        assert!(RedirectUri::parse(good).is_some(), "{good}");
    }
    for bad in [
        "",
        "cb",
        "/cb",
        "https:",
        "https://",
        "https:///cb",
        "https:/app.example",
        "http://app.example/cb",
        "http://127.0.0.2/cb",
        "http://127.0.0.1.evil.example/cb",
        "http://localhost.evil.example/cb",
        "http://localhost:0/cb",
        "http://localhost:65536/cb",
        "http://localhost:03/cb",
        "http://user@localhost/cb",
        "https://user:pw@app.example/cb",
        "https://app.example@evil.example/cb",
        "https://app.example/cb#f",
        "https://app.example/a b",
        "https://app.example/a\tb",
        "https://app.example/a\nb",
        "https://app.example\\@evil.example/",
        "https://*.app.example/cb",
        "https://app.example/*",
        "https://app.example/../x",
        "https://app.example/./x",
        "https://App.Example/cb",
        "HTTPS://app.example/cb",
        "https://app.example./cb",
        "https://-app.example/cb",
        "https://\u{e4}pp.example/cb",
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "blob:https://app.example/x",
        "file:///etc/passwd",
        "myapp:/cb",
        "urn:ietf:wg:oauth:2.0:oob",
        "about:blank",
    ] {
        assert!(RedirectUri::parse(bad).is_none(), "{bad:?}");
    }
    assert!(RedirectUri::parse(&format!("https://app.example/{}", "x".repeat(2_000))).is_none());
}

#[test]
fn s_01_only_the_registered_string_matches() {
    let registered = uris(&["https://app.example/cb"]);
    let matches = |asked: &str| matching(&registered, asked, LocalhostPorts::Vary).is_some();
    assert!(matches("https://app.example/cb"));
    for asked in [
        "https://app.example/cb/",
        "https://app.example//cb",
        "https://app.example/x/../cb",
        "https://app.example/%63b",
        "https://app.example/cb?x",
        "https://app.example/cb?",
        "https://app.example/cb#f",
        "https://app.example/CB",
        "https://app.example/cbx",
        "https://app.example/c",
        "https://app.example",
        "https://app.example:443/cb",
        "https://app.example:8443/cb",
        "HTTPS://app.example/cb",
        "https://APP.example/cb",
        "https://app.example./cb",
        "https://app.example@evil.example/cb",
        "https://evil.example/app.example/cb",
        "https://app.example.evil.example/cb",
        "https://evilapp.example/cb",
        "https://app.example\\.evil.example/cb",
        "https://app.example/cb\t",
        " https://app.example/cb",
        "http://app.example/cb",
        "//app.example/cb",
        "https://xn--pp-xka.example/cb",
        "",
    ] {
        assert!(!matches(asked), "{asked:?}");
    }
}

#[test]
fn s_01_on_this_computer_the_port_alone_may_differ_each_host_only_with_itself() {
    let registered = uris(&["http://127.0.0.1/callback"]);
    let matches = |asked: &str| matching(&registered, asked, LocalhostPorts::Vary).is_some();
    for asked in [
        "http://127.0.0.1/callback",
        "http://127.0.0.1:1/callback",
        "http://127.0.0.1:65535/callback",
    ] {
        assert!(matches(asked), "{asked}");
    }
    for asked in [
        "http://localhost:1/callback",
        "http://[::1]:1/callback",
        "http://127.0.0.1:1/callback/",
        "http://127.0.0.1:1/callback?x=1",
        "http://127.0.0.1:1/other",
        "http://127.0.0.1:0/callback",
        "http://127.0.0.1:/callback",
        "http://127.0.0.1:01/callback",
        "http://127.0.0.1:99999/callback",
        "http://127.0.0.1:1@evil.example/callback",
        "http://127.0.0.1.evil.example/callback",
        "https://127.0.0.1:1/callback",
    ] {
        assert!(!matches(asked), "{asked}");
    }
    let exact = uris(&["https://127.0.0.1:8443/cb"]);
    assert!(
        matching(&exact, "https://127.0.0.1:8444/cb", LocalhostPorts::Vary).is_none(),
        "RFC 8252 s7.3 speaks of http"
    );
}

#[test]
fn s_01_the_port_of_localhost_may_differ_for_programs_without_a_secret_only() {
    let registered = uris(&["http://localhost:3456/callback"]);
    let asked = "http://localhost:4567/callback";
    assert!(matching(&registered, asked, LocalhostPorts::Vary).is_some());
    assert!(matching(&registered, asked, LocalhostPorts::Exact).is_none());
    assert!(matching(&registered, "http://localhost:3456/callback", LocalhostPorts::Exact).is_some());
}

#[test]
fn a_web_site_has_no_redirect_to_the_persons_computer() {
    let fits = |text: &str, kind| RedirectUri::parse(text).unwrap().fits(kind);
    for local in [
        "http://localhost/cb",
        "http://127.0.0.1/cb",
        "https://localhost/cb",
        "com.example.app:/cb",
    ] {
        assert!(!fits(local, ApplicationType::Web), "{local}");
        assert!(fits(local, ApplicationType::Native), "{local}");
        assert!(
            fits(local, ApplicationType::Unsaid),
            "stock clients do not say: {local}"
        );
    }
    assert!(fits("https://app.example/cb", ApplicationType::Web));
}

#[test]
fn people_see_where_they_are_sent() {
    let host = |text: &str| RedirectUri::parse(text).unwrap().host().to_owned();
    assert_eq!(host("https://app.example:8443/cb?x=1"), "app.example:8443");
    assert_eq!(host("http://localhost:3456/callback"), "localhost:3456");
    assert_eq!(host("com.example.app:/oauth"), "com.example.app");
}
