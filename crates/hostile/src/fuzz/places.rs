//! URLs: of clients, resources, documents and proofs.

use egress::ExternalUrl;
use kernel::{
    ClientId,
    client::ApplicationType,
    redirect_uri::{LocalhostPorts, REDIRECT_URI_BYTES_MAX, RedirectUri, matching},
    registration::{Address, address},
    resource::{RESOURCE_BYTES_MAX, ResourceUri},
};
use proof::dpop::same_endpoint;
use url::Url;

use super::{text, two_lines};
use crate::vectors::ISSUER;

pub(super) fn redirect_uri(data: &[u8]) {
    let Some(given) = text(data) else { return };
    let Some(uri) = RedirectUri::parse(given) else { return };
    assert_eq!(uri.as_str(), given, "it stays as it is");
    assert!(given.len() <= REDIRECT_URI_BYTES_MAX && given.bytes().all(|b| b.is_ascii_graphic()));
    assert!(!given.contains(['#', '*', '\\']));
    assert_eq!(
        matching(std::slice::from_ref(&uri), given, LocalhostPorts::Exact).as_ref(),
        Some(&uri)
    );
    assert!(uri.fits(ApplicationType::Native) && uri.fits(ApplicationType::Unsaid));
    assert_eq!(uri.fits(ApplicationType::Web), !uri.is_local());
    // A browser goes where we think it goes.
    let Ok(seen) = Url::parse(given) else {
        // What no browser can open leads nowhere: a port or an address that it does not take.
        return;
    };
    assert!(seen.username().is_empty() && seen.password().is_none() && seen.fragment().is_none());
    match seen.scheme() {
        "https" | "http" => {
            let host = seen.host_str().unwrap_or_default();
            let ours = uri.host();
            let ours = ours
                .rsplit_once(':')
                .filter(|(_, port)| !port.contains(']'))
                .map_or(ours, |(host, _)| host);
            assert!(host == ours || same_address(host, ours), "a browser goes to {host}");
            assert!(seen.scheme() == "https" || uri.is_local());
            // What is on this computer for a browser is on this computer for us: but for other spellings of it, which are names of web sites here and reach a program
            // only by `https`.
            assert!(!uri.is_local() || matches!(host, "127.0.0.1" | "[::1]" | "localhost"));
        }
        private => {
            assert!(private.contains('.'), "{private}");
            assert!(uri.is_local());
        }
    }
}

/// Whether two hosts are two spellings of one address.
fn same_address(one: &str, other: &str) -> bool {
    let of = |host: &str| {
        Url::parse(&format!("https://{host}/"))
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned))
    };
    of(one).is_some() && of(one) == of(other)
}

pub(super) fn redirect_match(data: &[u8]) {
    let Some((registered, asked)) = two_lines(data) else {
        return;
    };
    let Some(registered) = RedirectUri::parse(registered) else {
        return;
    };
    let known = std::slice::from_ref(&registered);
    let exact = matching(known, asked, LocalhostPorts::Exact);
    let varied = matching(known, asked, LocalhostPorts::Vary);
    assert!(
        exact.is_none() || exact == varied,
        "who may vary may do what who may not may"
    );
    let Some(used) = varied else {
        assert_ne!(registered.as_str(), asked, "the registered one is always good");
        return;
    };
    assert_eq!(used.as_str(), asked, "what is used is what was asked for");
    if used != registered {
        // The port alone, on this computer, by http.
        let parts = |uri: &str| {
            let url = Url::parse(uri).ok()?;
            Some((
                url.scheme().to_owned(),
                url.host_str().map(str::to_owned),
                url.path().to_owned(),
                url.query().map(str::to_owned),
            ))
        };
        let (Some(one), Some(other)) = (parts(registered.as_str()), parts(asked)) else {
            return;
        };
        assert_eq!(one, other);
        assert_eq!(one.0, "http");
        let localhost = one.1.as_deref() == Some("localhost");
        assert_eq!(
            exact.is_none(),
            localhost,
            "a name may vary for programs without a secret alone"
        );
    }
}

pub(super) fn resource_uri(data: &[u8]) {
    let Some(given) = text(data) else { return };
    let Some(uri) = ResourceUri::parse(given) else { return };
    assert_eq!(uri.as_str(), given, "it stays as it is");
    assert!(given.len() <= RESOURCE_BYTES_MAX && given.bytes().all(|b| b.is_ascii_graphic()));
    assert!(!given.contains(['#', '\\', '"']));
    if let Ok(seen) = Url::parse(given) {
        assert!(seen.fragment().is_none());
        assert!(!matches!(
            seen.scheme(),
            "javascript" | "data" | "vbscript" | "blob" | "file"
        ));
        // Whoever opens it goes where it seems to lead.
        assert!(!matches!(seen.scheme(), "http" | "https") || seen.username().is_empty());
    }
}

pub(super) fn document_address(data: &[u8]) {
    let Some(id) = text(data).and_then(ClientId::parse) else {
        return;
    };
    let given = id.as_str();
    match address(&id) {
        Address::Plain => assert!(!given.contains("://")),
        Address::Bad(_) => assert!(given.contains("://")),
        Address::Good => {
            let plain = given.starts_with("https://") || given.starts_with("http://");
            assert!(plain && !given.contains('#'));
            // Whoever fetches it asks for the path that stands there: nothing is resolved away.
            if let Ok(url) = ExternalUrl::parse(given)
                && let Ok(seen) = Url::parse(given)
            {
                assert_eq!(url.as_str(), given);
                assert!(given.contains(seen.path()), "{given} is fetched as {seen}");
            }
        }
    }
}

pub(super) fn external_url(data: &[u8]) {
    let Some(given) = text(data) else { return };
    let Ok(url) = ExternalUrl::parse(given) else { return };
    assert_eq!(url.as_str(), given, "it stays as it is");
    assert!(given.len() <= ExternalUrl::BYTES_MAX && !given.contains(['#', '\\']));
    assert_eq!(ExternalUrl::parse(given).as_ref(), Ok(&url));
    assert!(!url.host().is_empty() && url.port() > 0);
    let Ok(seen) = Url::parse(given) else { return };
    assert!(seen.username().is_empty() && seen.password().is_none());
    assert_eq!(seen.host_str(), Some(url.host()), "who is asked is who is judged");
    let loopback = matches!(url.host(), "[::1]" | "localhost")
        || url.host().starts_with("127.")
        || url.host().trim_end_matches('.').ends_with("localhost");
    assert!(
        seen.scheme() == "https" || (seen.scheme() == "http" && loopback),
        "{given}"
    );
}

pub(super) fn htu(data: &[u8]) {
    let Some(given) = text(data) else { return };
    let ours = [ISSUER, "/oauth2/token"].concat();
    let before = given.split(['?', '#']).next().unwrap_or_default();
    assert!(same_endpoint(given, before), "an URL names itself");
    assert_eq!(
        same_endpoint(given, &ours),
        same_endpoint(before, &ours),
        "query and fragment say nothing"
    );
    if same_endpoint(given, &ours) {
        let seen = Url::parse(before);
        assert!(
            seen.is_ok_and(|seen| {
                let path = seen.path().split('%').next() == Some(seen.path()) && seen.path() == "/oauth2/token";
                let escaped = unescaped(seen.path()) == "/oauth2/token";
                seen.scheme() == "https"
                    && seen.host_str() == Some("issuer.example")
                    && seen.port_or_known_default() == Some(443)
                    && seen.username().is_empty()
                    && seen.password().is_none()
                    && (path || escaped)
            }),
            "another parser sees another endpoint in it"
        );
    }
}

/// A path with its escapes of unreserved characters undone (RFC 3986 s6.2.2.2).
fn unescaped(path: &str) -> String {
    let mut out = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        match after
            .split_at_checked(2)
            .and_then(|(hex, _)| u8::from_str_radix(hex, 16).ok())
        {
            Some(byte) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                out.push(char::from(byte));
                rest = after.split_at_checked(2).map_or("", |(_, rest)| rest);
            }
            _ => {
                out.push('%');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}
