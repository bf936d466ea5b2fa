//! Which web pages may call: `Origin` is checked against rebinding of names (MCP 2026-07-28, Streamable HTTP), and the
//! Fetch standard's CORS headers let allowed pages read the answers.

use std::collections::BTreeSet;

use http::{
    HeaderMap, HeaderValue, Method, Response, StatusCode,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
        ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
    },
};
use url::Url;

use crate::{Reason, identifier::is_loopback};

/// The origins that may call.
#[derive(Clone, Debug)]
pub(crate) enum Origins {
    /// The resource's own, and every one of this machine.
    OwnAndLoopback(String),
    /// These and no others.
    Listed(BTreeSet<String>),
}

impl Origins {
    /// The origin a browser named, if it is allowed; nothing if the request does not come from a page.
    pub(crate) fn check<'a>(&self, headers: &'a HeaderMap) -> Result<Option<&'a HeaderValue>, Reason> {
        let mut values = headers.get_all(ORIGIN).iter();
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some(value), None) if value.to_str().is_ok_and(|origin| self.allow(origin)) => Ok(Some(value)),
            (Some(_), _) => Err(Reason::Origin),
        }
    }

    fn allow(&self, origin: &str) -> bool {
        match self {
            Origins::OwnAndLoopback(own) => {
                origin == own || parse(origin).is_some_and(|(url, printed)| printed == origin && is_loopback(&url))
            }
            Origins::Listed(origins) => origins.contains(origin),
        }
    }
}

/// A web origin as browsers print it (RFC 6454 s6.2); nothing if the text is something else or more.
pub(crate) fn normal_form(text: &str) -> Option<String> {
    let (url, printed) = parse(text)?;
    (url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty())
        .then_some(printed)
}

fn parse(text: &str) -> Option<(Url, String)> {
    let url = Url::parse(text).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let printed = url.origin().ascii_serialization();
    Some((url, printed))
}

/// Whether this is a browser asking before it asks (Fetch s3.2.2).
pub(crate) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    *method == Method::OPTIONS && headers.contains_key(ORIGIN) && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// The answer to it, for an allowed origin: whatever it asks, since the token decides and cookies are not sent.
pub(crate) fn preflight<B: Default>(asked: &HeaderMap, origin: &HeaderValue) -> Response<B> {
    let mut response = Response::new(B::default());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    let vary = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";
    headers.insert(VARY, HeaderValue::from_static(vary));
    for (question, answer) in [
        (ACCESS_CONTROL_REQUEST_METHOD, ACCESS_CONTROL_ALLOW_METHODS),
        (ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_ALLOW_HEADERS),
    ] {
        if let Some(value) = asked.get(question) {
            headers.insert(answer, value.clone());
        }
    }
    response
}

/// Lets the page at `origin` read this answer and the headers that clients need.
pub(crate) fn expose(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.append(VARY, HeaderValue::from_static("Origin"));
    headers.entry(ACCESS_CONTROL_ALLOW_ORIGIN).or_insert(origin);
    let exposed = HeaderValue::from_static("WWW-Authenticate, Mcp-Session-Id, DPoP-Nonce");
    headers.entry(ACCESS_CONTROL_EXPOSE_HEADERS).or_insert(exposed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_default_the_own_origin_and_this_machine_may_call() {
        let origins = Origins::OwnAndLoopback("https://api.example".to_owned());
        for (origin, expected) in [
            ("https://api.example", true),
            ("http://localhost:3000", true),
            ("http://localhost", true),
            ("https://tool.localhost", true),
            ("http://127.0.0.1:5173", true),
            ("http://[::1]:5173", true),
            ("https://api.example:8443", false),
            ("http://api.example", false),
            ("https://api.example.evil.example", false),
            ("http://localhost.evil.example", false),
            ("http://localhost@evil.example", false),
            ("http://localhost:3000/", false),
            ("http://LOCALHOST:3000", false),
            ("null", false),
            ("", false),
        ] {
            assert_eq!(origins.allow(origin), expected, "{origin}");
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        for (text, expected) in [
            ("https://app.example", Some("https://app.example")),
            ("https://APP.example:443/", Some("https://app.example")),
            ("http://localhost:3000", Some("http://localhost:3000")),
            ("https://app.example/path", None),
            ("https://app.example?x", None),
            ("https://u@app.example", None),
            ("null", None),
            ("*", None),
        ] {
            assert_eq!(normal_form(text).as_deref(), expected, "{text}");
        }
    }
}
