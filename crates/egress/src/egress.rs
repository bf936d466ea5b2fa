//! The door.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HOST, TRANSFER_ENCODING, USER_AGENT,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use reqwest::{Client, Response};
use rustls::{ClientConfig, RootCertStore};

use crate::admission::Admission;
use crate::cache::cache_seconds;
use crate::resolve::{Pinned, judged};
use crate::{ExternalUrl, Fault, Limits, Refused, Settings};

/// The one client for URLs that others named.
#[derive(Debug)]
pub struct Egress {
    settings: Settings,
    tls: ClientConfig,
    admission: Admission,
}

/// An answer that passed every rule; its content is a stranger's word all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The body, at most `body_bytes_max` bytes.
    pub body: Bytes,
    /// The media type in lower case, without parameters.
    pub content_type: Option<String>,
    /// How long the sender says it may be kept: `max-age` less `Age`, 0 for `no-store`, nothing if it is silent.
    pub cache_seconds: Option<u64>,
}

/// What is sent.
enum Question<'a> {
    Get,
    Post {
        content_type: &'a str,
        body: Bytes,
        headers: HeaderMap,
    },
}

impl Egress {
    /// Checks the settings and prepares TLS.
    pub fn new(settings: Settings) -> Result<Self, Fault> {
        settings.check()?;
        let admission = Admission::new(settings.fetches_max, settings.fetches_per_host_max);
        let egress = Self {
            tls: tls(&settings)?,
            settings,
            admission,
        };
        // Whether the HTTP client takes these settings shows now, not at the first fetch.
        egress
            .client(Pinned {
                host: String::new(),
                addresses: Vec::new(),
            })
            .map_err(Fault::Client)?;
        Ok(egress)
    }

    /// Fetches a document; only status 200 is an answer.
    pub async fn get(&self, url: &ExternalUrl, limits: &Limits) -> Result<Fetched, Refused> {
        self.ask(url, Question::Get, limits).await
    }

    /// Delivers `body`, with `headers` besides our own; 200, 202 and 204 are answers, and only 200 has a body that is
    /// read.
    ///
    /// Receivers say "taken" in these ways: 204 or 200 (CIBA Core s10.2), 202 (RFC 8935 s2.2), 200 (`OpenID` Back-Channel
    /// Logout s2.8).
    pub async fn post(
        &self,
        url: &ExternalUrl,
        content_type: &str,
        body: Bytes,
        headers: HeaderMap,
        limits: &Limits,
    ) -> Result<Fetched, Refused> {
        self.ask(
            url,
            Question::Post {
                content_type,
                body,
                headers,
            },
            limits,
        )
        .await
    }

    async fn ask(&self, url: &ExternalUrl, question: Question<'_>, limits: &Limits) -> Result<Fetched, Refused> {
        let _seat = self.admission.take(url.host())?;
        let total = Duration::from_secs(self.settings.total_seconds_max);
        let exchange = async {
            let addresses = judged(url, &self.settings).await?;
            let client = self
                .client(Pinned {
                    host: url.host().to_owned(),
                    addresses,
                })
                .map_err(|_| Refused::Broken)?;
            let delivery = matches!(question, Question::Post { .. });
            let request = request(&client, url, question, limits)?;
            let response = client.execute(request).await.map_err(|error| classify(&error))?;
            match response.status() {
                StatusCode::OK => read(response, limits).await,
                StatusCode::ACCEPTED | StatusCode::NO_CONTENT if delivery => Ok(Fetched::nothing()),
                status if status.is_redirection() => Err(Refused::Redirect),
                status => Err(Refused::Status(status.as_u16())),
            }
        };
        tokio::time::timeout(total, exchange)
            .await
            .map_err(|_| Refused::TimedOut)?
    }

    /// A client for one fetch; see "Decisions" in the crate's documentation.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place where the HTTP client is built"
    )]
    fn client(&self, pinned: Pinned) -> Result<Client, reqwest::Error> {
        Client::builder()
            .tls_backend_preconfigured(self.tls.clone())
            .dns_resolver(Arc::new(pinned))
            .connect_timeout(Duration::from_secs(self.settings.connect_seconds_max))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .referer(false)
            .http1_only()
            // Without these features compiled in they do nothing; with one, that some other crate asked for, they keep
            // it off.
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd()
            .build()
    }
}

impl Fetched {
    fn nothing() -> Self {
        Self {
            body: Bytes::new(),
            content_type: None,
            cache_seconds: None,
        }
    }
}

/// Mozilla's roots and the operator's; aws-lc-rs; TLS 1.2 and 1.3.
fn tls(settings: &Settings) -> Result<ClientConfig, Fault> {
    let mut roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    for root in &settings.extra_roots {
        roots.add(root.clone()).map_err(Fault::Root)?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let mut tls = builder
        .map_err(Fault::Tls)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    tls.resumption = rustls::client::Resumption::disabled();
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(tls)
}

fn request(
    client: &Client,
    url: &ExternalUrl,
    question: Question<'_>,
    limits: &Limits,
) -> Result<reqwest::Request, Refused> {
    let (method, mut headers, body) = match question {
        Question::Get => (Method::GET, HeaderMap::new(), None),
        Question::Post {
            content_type,
            body,
            mut headers,
        } => {
            headers.insert(
                CONTENT_TYPE,
                HeaderValue::from_str(content_type).map_err(|_| Refused::ContentType)?,
            );
            (Method::POST, headers, Some(body))
        }
    };
    // How the message is framed and to whom it goes follows from the URL and the body alone.
    for ours in [HOST, CONTENT_LENGTH, TRANSFER_ENCODING] {
        headers.remove(ours);
    }
    if !limits.content_types.is_empty() {
        headers.insert(
            ACCEPT,
            HeaderValue::from_str(&limits.content_types.join(", ")).map_err(|_| Refused::ContentType)?,
        );
    }
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    headers.insert(USER_AGENT, HeaderValue::from_static("prokura"));
    let request = client.request(method, url.url().clone()).headers(headers);
    match body {
        Some(body) => request.body(body),
        None => request,
    }
    .build()
    .map_err(|_| Refused::Broken)
}

/// Reads an answer, the cheap rules first.
async fn read(mut response: Response, limits: &Limits) -> Result<Fetched, Refused> {
    let body_bytes_max = limits.body_bytes_max;
    if response
        .headers()
        .get_all(CONTENT_ENCODING)
        .iter()
        .any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"))
    {
        return Err(Refused::Encoded);
    }
    let content_type = media_type(response.headers(), limits)?;
    let cache_seconds = cache_seconds(response.headers());
    if response
        .content_length()
        .is_some_and(|length| usize::try_from(length).map_or(true, |length| length > body_bytes_max))
    {
        return Err(Refused::TooLarge { body_bytes_max });
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| classify(&error))? {
        if body.len().saturating_add(chunk.len()) > body_bytes_max {
            return Err(Refused::TooLarge { body_bytes_max });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Fetched {
        body: body.freeze(),
        content_type,
        cache_seconds,
    })
}

/// The one media type of the answer, if it is among those asked for.
fn media_type(headers: &HeaderMap, limits: &Limits) -> Result<Option<String>, Refused> {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let media_type = match (values.next(), values.next()) {
        (None, _) => None,
        (Some(value), None) => {
            let value = value.to_str().map_err(|_| Refused::ContentType)?;
            Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
        }
        (Some(_), Some(_)) => return Err(Refused::ContentType),
    };
    let taken = limits.content_types.is_empty()
        || media_type
            .as_deref()
            .is_some_and(|name| limits.content_types.contains(&name));
    if taken {
        Ok(media_type)
    } else {
        Err(Refused::ContentType)
    }
}

/// Which rule a failure of the HTTP client stands for.
fn classify(error: &reqwest::Error) -> Refused {
    if failed_in_tls(error) {
        Refused::Tls
    } else if error.is_timeout() {
        Refused::TimedOut
    } else if error.is_connect() {
        Refused::Unreachable
    } else {
        Refused::Broken
    }
}

fn failed_in_tls(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.is::<rustls::Error>() {
            return true;
        }
        // An `io::Error` counts its inner error's source as its own, so the inner error itself must be asked for.
        next = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    false
}
