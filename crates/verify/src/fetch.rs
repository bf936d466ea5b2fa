//! The one HTTP client: asks the issuer and nobody else.

use std::{sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, USER_AGENT},
};
use reqwest::{Client, RequestBuilder};
use rustls::{ClientConfig, RootCertStore, pki_types::CertificateDer};
use thiserror::Error;
use url::Url;

use crate::BuildError;

/// The client and its limits.
#[derive(Clone, Debug)]
pub(crate) struct Http(Client);

/// An answer with status 200.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) body: Bytes,
    /// `max-age`; zero when the answer forbids keeping it, nothing when it is silent (RFC 9111 s5.2.2).
    pub(crate) max_age_seconds: Option<i64>,
}

/// Why there is no answer; never says what was sent.
#[derive(Error, Debug)]
pub(crate) enum FetchError {
    #[error("the request failed")]
    Failed(#[source] reqwest::Error),
    #[error("the answer has status {0}")]
    Status(StatusCode),
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
}

impl Http {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place of this crate where an HTTP client is built"
    )]
    pub(crate) fn new(extra_roots: &[CertificateDer<'static>]) -> Result<Self, BuildError> {
        Client::builder()
            .tls_backend_preconfigured(tls(extra_roots)?)
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TOTAL_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .referer(false)
            .build()
            .map(Http)
            .map_err(BuildError::Client)
    }

    pub(crate) async fn get(&self, url: &Url, body_bytes_max: usize) -> Result<Answer, FetchError> {
        ask(self.0.get(url.clone()), body_bytes_max).await
    }

    /// Posts a form, as the client named by `client_id` and `secret` (RFC 6749 s2.3.1: both form-encoded first).
    pub(crate) async fn post_form(
        &self,
        url: &Url,
        client_id: &str,
        secret: &str,
        form: String,
        body_bytes_max: usize,
    ) -> Result<Answer, FetchError> {
        let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let request = self
            .0
            .post(url.clone())
            .basic_auth(encoded(client_id), Some(encoded(secret)))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form);
        ask(request, body_bytes_max).await
    }
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const TOTAL_TIMEOUT: Duration = Duration::from_secs(5);

async fn ask(request: RequestBuilder, body_bytes_max: usize) -> Result<Answer, FetchError> {
    let request = request
        .header(ACCEPT, "application/json")
        .header(USER_AGENT, "prokura-verify");
    let failed = |error: reqwest::Error| FetchError::Failed(error.without_url());
    let mut response = request.send().await.map_err(failed)?;
    if response.status() != StatusCode::OK {
        return Err(FetchError::Status(response.status()));
    }
    let max_age_seconds = max_age_seconds(response.headers());
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len().saturating_add(chunk.len()) > body_bytes_max {
            return Err(FetchError::TooLarge(body_bytes_max));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer {
        body: body.freeze(),
        max_age_seconds,
    })
}

/// Mozilla's roots and the operator's, over aws-lc-rs: the verdict does not depend on the image the service runs in.
fn tls(extra_roots: &[CertificateDer<'static>]) -> Result<ClientConfig, BuildError> {
    let mut roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    for root in extra_roots {
        roots.add(root.clone()).map_err(BuildError::Tls)?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    Ok(builder
        .map_err(BuildError::Tls)?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

fn max_age_seconds(headers: &HeaderMap) -> Option<i64> {
    let lines = headers
        .get_all(CACHE_CONTROL)
        .iter()
        .filter_map(|line: &HeaderValue| line.to_str().ok());
    let mut max_age = None;
    for directive in lines.flat_map(|line| line.split(',')) {
        let (name, argument) = directive.split_once('=').unwrap_or((directive, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "no-store" | "no-cache" => return Some(0),
            "max-age" => max_age = Some(argument.trim().trim_matches('"').parse().unwrap_or(0)),
            _ => {}
        }
    }
    max_age
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_an_answer_may_be_kept() {
        for (line, expected) in [
            ("max-age=600", Some(600)),
            ("public, Max-Age=60, must-revalidate", Some(60)),
            ("max-age=\"60\"", Some(60)),
            ("max-age=600, no-cache", Some(0)),
            ("no-store", Some(0)),
            ("max-age=x", Some(0)),
            ("public", None),
        ] {
            let headers = HeaderMap::from_iter([(CACHE_CONTROL, HeaderValue::from_static(line))]);
            assert_eq!(max_age_seconds(&headers), expected, "{line}");
        }
    }
}
