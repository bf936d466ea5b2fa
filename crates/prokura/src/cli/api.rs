//! Asking the admin API: one request, one answer, refusals told in words.

use std::{ops::ControlFlow, time::Duration};

use anyhow::{Context, Result};
use reqwest::{
    Client, Method, StatusCode,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue},
    redirect,
};
use serde_json::Value;
use url::Url;

use super::{
    connection::{Connection, Target},
    failure::{Exit, Failure},
};

/// How long a connection and a whole answer may take.
const CONNECT_SECONDS_MAX: u64 = 5;
const ANSWER_SECONDS_MAX: u64 = 30;
/// The largest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Rows asked for at a time.
pub(super) const PAGE_ROWS: usize = 500;

/// A tenant's admin API.
#[derive(Debug)]
pub(super) struct Api {
    http: Client,
    connection: Connection,
}

/// One call of it.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    path: Vec<String>,
    query: Vec<(&'static str, String)>,
    pub(super) body: Option<Value>,
    /// Whether the body has a secret, which a dry run must not print.
    pub(super) showing: Showing,
    /// What is being done, as in `show client x`: errors start with "cannot".
    doing: String,
    /// What to do where something stands in the way.
    on_conflict: &'static str,
}

/// How much of a body may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Showing {
    /// All of it.
    Whole,
    /// All but the password.
    WithoutPassword,
}

impl Call {
    /// A read.
    pub(super) fn get(doing: impl Into<String>, path: &[&str]) -> Self {
        Self::new(Method::GET, doing, path)
    }

    /// A command.
    pub(super) fn post(doing: impl Into<String>, path: &[&str]) -> Self {
        Self::new(Method::POST, doing, path)
    }

    /// A change.
    pub(super) fn patch(doing: impl Into<String>, path: &[&str]) -> Self {
        Self::new(Method::PATCH, doing, path)
    }

    /// The same again, whole.
    pub(super) fn put(doing: impl Into<String>, path: &[&str]) -> Self {
        Self::new(Method::PUT, doing, path)
    }

    /// An end.
    pub(super) fn delete(doing: impl Into<String>, path: &[&str]) -> Self {
        Self::new(Method::DELETE, doing, path)
    }

    fn new(method: Method, doing: impl Into<String>, path: &[&str]) -> Self {
        Self {
            method,
            path: path.iter().map(|&segment| segment.to_owned()).collect(),
            query: Vec::new(),
            body: None,
            showing: Showing::Whole,
            doing: doing.into(),
            on_conflict: "choose another name, or change the one that exists",
        }
    }

    /// With other advice for what stands in the way than another name.
    pub(super) fn on_conflict(self, advice: &'static str) -> Self {
        Self {
            on_conflict: advice,
            ..self
        }
    }

    /// With a body.
    pub(super) fn body(self, body: Value) -> Self {
        Self {
            body: Some(body),
            ..self
        }
    }

    /// With a body that has a password.
    pub(super) fn secret_body(self, body: Value) -> Self {
        Self {
            showing: Showing::WithoutPassword,
            ..self.body(body)
        }
    }

    /// The body as it may be shown.
    pub(super) fn shown_body(&self) -> Option<Value> {
        let mut body = self.body.clone();
        if self.showing == Showing::WithoutPassword
            && let Some(password) = body.as_mut().and_then(|body| body.get_mut("password"))
        {
            *password = "...".into();
        }
        body
    }

    /// With a parameter of the query.
    pub(super) fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// Its address.
    pub(super) fn url(&self, target: &Target) -> Result<Url> {
        let mut url = target.server.clone();
        let tenant: Vec<&str> = target.tenant.iter().flat_map(|id| ["t", id.as_str()]).collect();
        {
            let mut segments = url
                .path_segments_mut()
                .map_err(|()| anyhow::anyhow!("the server's address has no path"))?;
            segments.clear().extend(tenant).extend(["admin", "v1"]);
            for segment in &self.path {
                // Ids have no other characters; "..", an empty one and the like would be another path.
                if !segment
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'~' | b'.'))
                    || segment.bytes().all(|b| b == b'.')
                {
                    return Err(Failure::new(Exit::NotFound, format!("cannot {}", self.doing))
                        .why("an id has only the characters A-Z a-z 0-9 - . _ ~")
                        .into());
                }
                segments.push(segment);
            }
        }
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        Ok(url)
    }
}

impl Api {
    /// A client for a connection.
    pub(super) fn new(connection: Connection) -> Result<Self> {
        Ok(Self {
            http: http()?,
            connection,
        })
    }

    /// The server and tenant that are asked.
    pub(super) fn target(&self) -> &Target {
        &self.connection.target
    }

    /// Sends a call and reads the answer.
    pub(super) async fn send(&self, call: &Call) -> Result<Value> {
        let mut bearer = HeaderValue::from_str(&format!("Bearer {}", self.connection.token.reveal()))
            .context("the token cannot be sent")?;
        bearer.set_sensitive(true);
        let mut request = self
            .http
            .request(call.method.clone(), call.url(self.target())?)
            .header(AUTHORIZATION, bearer)
            .header(ACCEPT, "application/json");
        if let Some(body) = &call.body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
        }
        let failed = |error: reqwest::Error| unreachable(&call.doing, self.target(), &error);
        let mut answer = request.send().await.map_err(failed)?;
        let status = answer.status();
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(failed)? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > ANSWER_BYTES_MAX {
                return Err(Failure::new(Exit::Error, format!("cannot {}", call.doing))
                    .why("the answer is larger than any of ours")
                    .into());
            }
        }
        let document: Option<Value> = if bytes.is_empty() {
            Some(Value::Null)
        } else {
            serde_json::from_slice(&bytes).ok()
        };
        match document {
            Some(document) if status.is_success() => Ok(document),
            document => Err(refused(call, status, &document.unwrap_or(Value::Null), self.target()).into()),
        }
    }

    /// Every row of a list.
    pub(super) async fn list(&self, call: &Call, name: &str) -> Result<Vec<Value>> {
        let mut rows = Vec::new();
        self.pages(call, name, |page| {
            rows.extend(page);
            ControlFlow::Continue(())
        })
        .await?;
        Ok(rows)
    }

    /// How many rows of a list are wanted; it stops counting at `enough`.
    pub(super) async fn count(
        &self,
        call: &Call,
        name: &str,
        wanted: impl Fn(&Value) -> bool + Send + Sync,
        enough: u64,
    ) -> Result<u64> {
        let mut found = 0_u64;
        self.pages(call, name, |page| {
            for _ in page.iter().filter(|row| wanted(row)) {
                found = found.saturating_add(1);
            }
            if found < enough {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        })
        .await?;
        Ok(found)
    }

    /// Page by page, until there is no `next` or enough was seen.
    async fn pages(
        &self,
        call: &Call,
        name: &str,
        mut seen: impl FnMut(Vec<Value>) -> ControlFlow<()> + Send,
    ) -> Result<()> {
        let mut after: Option<String> = None;
        loop {
            let mut page = call.clone().query("limit", PAGE_ROWS.to_string());
            if let Some(after) = &after {
                page = page.query("after", after.as_str());
            }
            let mut document = self.send(&page).await?;
            let enough = match document.get_mut(name).map(Value::take) {
                Some(Value::Array(items)) => seen(items).is_break(),
                Some(_) | None => false,
            };
            let next = document.get("next").and_then(Value::as_str).map(str::to_owned);
            if enough || next.is_none() || next == after {
                return Ok(());
            }
            after = next;
        }
    }
}

/// The HTTP client of the commands: the server was named by the user, so no address is refused; nothing is followed and nothing waits for ever.
#[expect(
    clippy::disallowed_methods,
    reason = "egress is for addresses that strangers name; this one is the operator's own server, often on loopback"
)]
pub(super) fn http() -> Result<Client> {
    Client::builder()
        .redirect(redirect::Policy::none())
        .no_proxy()
        .connect_timeout(Duration::from_secs(CONNECT_SECONDS_MAX))
        .timeout(Duration::from_secs(ANSWER_SECONDS_MAX))
        .user_agent(concat!("prokura/", env!("CARGO_PKG_VERSION")))
        .build()
        .context("the HTTP client cannot be set up")
}

/// No answer came.
pub(super) fn unreachable(doing: &str, target: &Target, error: &reqwest::Error) -> Failure {
    let mut causes = Vec::new();
    let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(error);
    while let Some(one) = cause {
        causes.push(one.to_string());
        cause = one.source();
    }
    causes.dedup();
    let why = if error.is_timeout() {
        "no answer in time".to_owned()
    } else {
        causes
            .last()
            .cloned()
            .unwrap_or_else(|| "the connection ended early".to_owned())
    };
    let server = target.server.origin().ascii_serialization();
    let of_trust = causes.iter().any(|cause| cause.contains("certificate"));
    let advice = if of_trust {
        "trust its certificate authority on this machine, or name its PEM file in SSL_CERT_FILE"
    } else {
        "check that the server runs and that its address is right; prokura doctor --config FILE looks without it"
    };
    Failure::new(Exit::Unavailable, format!("cannot {doing}: {server} does not answer"))
        .why(why)
        .advice(advice)
}

/// The server answered with no.
fn refused(call: &Call, status: StatusCode, document: &Value, target: &Target) -> Failure {
    let member = |name: &str| document.get(name).and_then(Value::as_str);
    let why = match (member("detail"), member("error_description"), member("error")) {
        // The server tells a token that is missing and one that does not count alike; a command always sends one.
        (_, _, Some(code @ "invalid_token")) => {
            format!("the administrator's token is not known here, was ended, or has expired ({code})")
        }
        (Some(detail), _, Some(code)) => format!("{detail} ({code})"),
        (None, Some(said), Some(code)) => format!("{said} ({code})"),
        _ => format!(
            "the answer is HTTP status {}, and not from Prokura's admin API",
            status.as_u16()
        ),
    };
    let (exit, advice) = match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => (Exit::Denied, denied(target)),
        StatusCode::NOT_FOUND => (Exit::NotFound, "check the name and --tenant (list shows what there is); what reaches beyond a tenant needs an administrator of the installation".to_owned()),
        StatusCode::CONFLICT => (Exit::Conflict, call.on_conflict.to_owned()),
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT | StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => {
            (Exit::Unavailable, "try again in a moment".to_owned())
        }
        StatusCode::MISDIRECTED_REQUEST => (Exit::Error, "use the address that the server's configuration has as its origin".to_owned()),
        _ if status.is_redirection() => (Exit::Error, "the server sends elsewhere; name the address of its issuer with --server".to_owned()),
        _ if status.is_server_error() => (Exit::Error, "look for the request id in the server's log".to_owned()),
        _ => (Exit::Error, "correct what is named; --help of this command shows what it takes".to_owned()),
    };
    Failure::new(exit, format!("cannot {}", call.doing))
        .why(why)
        .advice(advice)
        .request(member("request_id"))
}

fn denied(target: &Target) -> String {
    match &target.tenant {
        None => "use the token of an administrator of the installation; a tenant's own administrator names the tenant with --tenant".to_owned(),
        Some(id) => format!("use the token of an administrator of the installation or of tenant {id}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Call, Exit, StatusCode, Target, refused};
    use crate::cli::failure::brief;

    #[test]
    fn what_stands_in_the_way_is_met_with_the_advice_of_the_call() {
        let target = Target {
            server: "https://auth.example.com".parse().unwrap(),
            tenant: None,
        };
        let told = |call: &Call, status: StatusCode, code: &str| {
            let document = json!({ "error": code, "error_description": "it is over" });
            let failure = refused(call, status, &document, &target);
            (failure.exit, format!("{failure:?}"), brief(&failure.into()))
        };
        let named = Call::post("create client x", &["clients"]);
        let (exit, all, _) = told(&named, StatusCode::CONFLICT, "conflict");
        assert!(exit == Exit::Conflict && all.contains("choose another name"), "{all}");
        let cancel = Call::post("cancel approval x", &["approvals", "x", "cancel"]).on_conflict("look at it");
        let (exit, all, _) = told(&cancel, StatusCode::CONFLICT, "conflict");
        assert!(
            exit == Exit::Conflict && all.contains("look at it") && !all.contains("another name"),
            "{all}"
        );
        let (exit, _, line) = told(&named, StatusCode::UNAUTHORIZED, "invalid_token");
        assert!(
            exit == Exit::Denied && line.contains("is not known here, was ended, or has expired"),
            "{line}"
        );
    }
}
