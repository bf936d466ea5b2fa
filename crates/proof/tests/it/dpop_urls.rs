//! `htu`: which spellings of an endpoint are the endpoint (RFC 9449 s4.3 step 9, RFC 3986 s6.2).

use proof::{
    Malformed, Time,
    dpop::{DpopError, Expect, check},
};
use serde_json::{Value, json};

use crate::signer::Signer;

/// Whether a proof for `htu` passes at the endpoint `url`.
fn passes(htu: &Value, url: &str) -> Result<(), DpopError> {
    let signer = Signer::ed25519(1);
    let header = json!({"typ": "dpop+jwt", "alg": "EdDSA", "jwk": signer.bare_jwk()});
    let claims = json!({"jti": "j", "htm": "POST", "htu": htu, "iat": 1_700_000_000});
    let expect = Expect {
        method: "POST",
        url,
        now: Time::from_unix(1_700_000_000),
        access_token: None,
    };
    check(&signer.jws(&header, &claims), &expect).map(|_| ())
}

#[test]
fn spellings_of_the_same_endpoint_pass() {
    for (htu, url) in [
        ("https://as.example.test/token", "https://as.example.test/token"),
        // Query and fragment are ignored.
        ("https://as.example.test/token?a=b", "https://as.example.test/token"),
        ("https://as.example.test/token#f", "https://as.example.test/token"),
        (
            "https://as.example.test/token?a=/x#f?g",
            "https://as.example.test/token",
        ),
        ("https://as.example.test/token#f?a", "https://as.example.test/token"),
        // Scheme and host have no case.
        ("HTTPS://AS.Example.Test/token", "https://as.example.test/token"),
        ("https://as.example.test/token", "https://AS.example.test/token"),
        // The default port may be written, or its colon alone.
        ("https://as.example.test:443/token", "https://as.example.test/token"),
        ("https://as.example.test/token", "https://as.example.test:443/token"),
        ("https://as.example.test:/token", "https://as.example.test/token"),
        ("http://127.0.0.1:80/token", "http://127.0.0.1/token"),
        ("http://127.0.0.1:8080/token", "http://127.0.0.1:8080/token"),
        ("http://[::1]:8080/token", "http://[::1]:8080/token"),
        ("https://[2001:DB8::1]/token", "https://[2001:db8::1]:443/token"),
        // An empty path is the root.
        ("https://as.example.test", "https://as.example.test/"),
        ("https://as.example.test/", "https://as.example.test"),
        ("https://as.example.test?a=b", "https://as.example.test/"),
        // Escapes: what need not be escaped, and the case of the digits.
        (
            "https://as.example.test/%7Ea/%74oken",
            "https://as.example.test/~a/token",
        ),
        ("https://as.example.test/~a/token", "https://as.example.test/%7ea/token"),
        ("https://as.example.test/a%2fb", "https://as.example.test/a%2Fb"),
    ] {
        assert_eq!(passes(&json!(htu), url), Ok(()), "{htu} at {url}");
    }
}

#[test]
fn s_17_other_endpoints_are_refused() {
    let url = "https://as.example.test/t/demo/token";
    for htu in [
        "",
        "https://as.example.test/t/demo/Token",
        "https://as.example.test/T/demo/token",
        "https://as.example.test/t/other/token",
        "https://as.example.test/t/demo/token/",
        "https://as.example.test/t/demo/token%20",
        "https://as.example.test/t/demo//token",
        "https://as.example.test//t/demo/token",
        "https://as.example.test/t/demo/./token",
        "https://as.example.test/t/demo/par/../token",
        "https://as.example.test/t%2Fdemo/token",
        "https://as.example.test/t/demo",
        "https://as.example.test/",
        "https://as.example.test",
        "http://as.example.test/t/demo/token",
        "http://as.example.test:443/t/demo/token",
        "https://as.example.test:8443/t/demo/token",
        "https://as.example.test:80/t/demo/token",
        "https://as.example.test:0443/t/demo/token",
        "https://other.example.test/t/demo/token",
        "https://as.example.test.thief.test/t/demo/token",
        "https://as.example.test./t/demo/token",
        "https://as.example.test@thief.test/t/demo/token",
        "https://thief.test@as.example.test/t/demo/token",
        "https://as.example.test\\@thief.test/t/demo/token",
        "https:/as.example.test/t/demo/token",
        "https:as.example.test/t/demo/token",
        "//as.example.test/t/demo/token",
        "/t/demo/token",
        "as.example.test/t/demo/token",
        " https://as.example.test/t/demo/token",
        "https://as.example.test/t/demo/token ",
        "https://as.example.test/t/demo/token\n",
        "ftp://as.example.test/t/demo/token",
        "https://?https://as.example.test/t/demo/token",
        "https://:443/t/demo/token",
        "https://",
        "?",
        "#",
    ] {
        assert_eq!(passes(&json!(htu), url), Err(DpopError::Url), "{htu:?}");
    }
    for (htu, url) in [
        ("http://[::1]:8080/token", "http://[::1]:8081/token"),
        ("http://[::1]/token", "http://[::2]/token"),
        ("http://[::1]:80/token", "http://[::1:80]/token"),
        ("https://as.example.test:443/token", "http://as.example.test:80/token"),
        // A percent sign that escapes nothing is only itself, and an escape is not what it stands for.
        ("https://as.example.test/%zz", "https://as.example.test/%ZZ"),
        ("https://as.example.test/%2", "https://as.example.test/%32"),
        ("https://as.example.test/a%2Fb", "https://as.example.test/a/b"),
        ("https://as.example.test/a%25b", "https://as.example.test/a%b"),
    ] {
        assert_eq!(passes(&json!(htu), url), Err(DpopError::Url), "{htu} at {url}");
    }
}

#[test]
fn s_17_a_url_is_a_string() {
    for htu in [
        json!(null),
        json!(1),
        json!(["https://as.example.test/token"]),
        json!({}),
        json!(false),
    ] {
        let refused = passes(&htu, "https://as.example.test/token");
        assert_eq!(refused, Err(DpopError::Claims(Malformed::WrongType("htu"))), "{htu}");
    }
}
