//! The two identifiers everything is compared with: the issuer's and the resource's.

use thiserror::Error;
use url::{Host, Url};

/// Why an issuer or resource identifier cannot be used.
#[derive(Error, Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadIdentifier {
    /// Not an absolute URL with a host.
    #[error("it is not an absolute http or https URL")]
    NotAUrl,
    /// Written in another way than URLs are normally printed, so that equal things would differ as strings.
    #[error("it is not in normal form (lower-case scheme and host, no default port, no dot segments)")]
    NotNormal,
    /// It has user information, a query or a fragment (RFC 8414 s2, RFC 9728 s1.2).
    #[error("it has user information, a query or a fragment")]
    Parts,
    /// Plain http, and the host is not loopback.
    #[error("plain http is for loopback hosts only")]
    PlainHttp,
}

/// An identifier that is also a URL; compared as a string, byte for byte.
#[derive(Clone, Debug)]
pub(crate) struct Identifier {
    text: String,
    url: Url,
}

impl Identifier {
    pub(crate) fn parse(text: &str) -> Result<Self, BadIdentifier> {
        let url = Url::parse(text).map_err(|_| BadIdentifier::NotAUrl)?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(BadIdentifier::NotAUrl);
        }
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
            return Err(BadIdentifier::Parts);
        }
        // `https://host` is printed with a slash; the identifier stands as it was given.
        if url.as_str() != text && url.as_str().strip_suffix('/') != Some(text) {
            return Err(BadIdentifier::NotNormal);
        }
        if url.scheme() == "http" && !is_loopback(&url) {
            return Err(BadIdentifier::PlainHttp);
        }
        Ok(Identifier {
            text: text.to_owned(),
            url,
        })
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Scheme, host and port as browsers print them (RFC 6454 s6.2).
    pub(crate) fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// The path; nothing when it is only the slash after the host.
    pub(crate) fn path(&self) -> &str {
        match self.url.path() {
            "/" => "",
            path => path,
        }
    }

    /// `path` under the origin of this identifier.
    pub(crate) fn at(&self, path: &str) -> String {
        [&self.origin(), path].concat()
    }

    /// Whether this identifier may name `url` as another address to ask: https, or plain http from plain http on loopback.
    pub(crate) fn may_name(&self, url: &Url) -> bool {
        match url.scheme() {
            "https" => url.host().is_some(),
            "http" => self.url.scheme() == "http" && is_loopback(url),
            _ => false,
        }
    }
}

/// Whether the host can only be this machine (RFC 6761 s6.3 for names).
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_taken_or_refused() {
        for (text, expected) in [
            ("https://as.example", Ok(())),
            ("https://as.example/", Ok(())),
            ("https://as.example/t/acme", Ok(())),
            ("https://as.example:8443/t1", Ok(())),
            ("http://localhost:8460", Ok(())),
            ("http://mcp.localhost:8460", Ok(())),
            ("http://127.0.0.1:8460/mcp", Ok(())),
            ("http://[::1]:8460/mcp", Ok(())),
            ("http://as.example", Err(BadIdentifier::PlainHttp)),
            ("http://localhost.evil.example", Err(BadIdentifier::PlainHttp)),
            ("http://notlocalhost", Err(BadIdentifier::PlainHttp)),
            ("http://10.0.0.1", Err(BadIdentifier::PlainHttp)),
            ("https://AS.example", Err(BadIdentifier::NotNormal)),
            ("HTTPS://as.example", Err(BadIdentifier::NotNormal)),
            ("https://as.example:443", Err(BadIdentifier::NotNormal)),
            ("https://as.example/a/../b", Err(BadIdentifier::NotNormal)),
            (" https://as.example", Err(BadIdentifier::NotNormal)),
            ("https://user@as.example", Err(BadIdentifier::Parts)),
            ("https://as.example?x=1", Err(BadIdentifier::Parts)),
            ("https://as.example/#", Err(BadIdentifier::Parts)),
            ("ftp://as.example", Err(BadIdentifier::NotAUrl)),
            ("urn:example:mcp", Err(BadIdentifier::NotAUrl)),
            ("as.example", Err(BadIdentifier::NotAUrl)),
            ("", Err(BadIdentifier::NotAUrl)),
        ] {
            assert_eq!(Identifier::parse(text).map(|_| ()), expected, "{text}");
        }
    }

    #[test]
    fn a_secure_issuer_never_sends_us_to_plain_http() {
        let secure = Identifier::parse("https://as.example").unwrap();
        let local = Identifier::parse("http://localhost:8460").unwrap();
        for (url, by_secure, by_local) in [
            ("https://keys.example/jwks", true, true),
            ("http://127.0.0.1:8460/jwks", false, true),
            ("http://as.example/jwks", false, false),
            ("file:///etc/passwd", false, false),
        ] {
            let url = Url::parse(url).unwrap();
            assert_eq!(
                (secure.may_name(&url), local.may_name(&url)),
                (by_secure, by_local),
                "{url}"
            );
        }
    }
}
