//! A refusal and its response.

use std::sync::Arc;

use bytes::Bytes;
use http::{
    HeaderName, HeaderValue, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
};
use http_body_util::Full;
use thiserror::Error;

use crate::{
    Reason,
    challenge::{Challenges, Resource},
    reason::Verdict,
    sign_in::SignIn,
};

/// A request that may not pass.
#[derive(Error, Clone, Debug)]
#[error("{}", .0.reason)]
pub struct Denied(Box<Refusal>);

#[derive(Clone, Debug)]
struct Refusal {
    reason: Reason,
    needed: Vec<String>,
    sign_in: SignIn,
    resource: Arc<Resource>,
    nonce: Option<String>,
}

impl Denied {
    pub(crate) fn new(reason: Reason, needed: Vec<String>, resource: Arc<Resource>, nonce: Option<String>) -> Self {
        Denied(Box::new(Refusal {
            reason,
            needed,
            sign_in: SignIn::default(),
            resource,
            nonce,
        }))
    }

    /// The same, saying which sign-in would do.
    pub(crate) fn wanting(mut self, sign_in: SignIn) -> Self {
        self.0.sign_in = sign_in;
        self
    }

    /// The rule that was broken.
    pub fn reason(&self) -> Reason {
        self.0.reason
    }

    /// The scopes the operation needs, all of them, whichever of them are missing.
    pub fn needed(&self) -> &[String] {
        &self.0.needed
    }

    /// The status of the response.
    pub fn status(&self) -> StatusCode {
        match self.0.reason.verdict() {
            Verdict::Unauthenticated
            | Verdict::InvalidToken
            | Verdict::InvalidProof
            | Verdict::UseNonce
            | Verdict::InsufficientSignIn => StatusCode::UNAUTHORIZED,
            Verdict::InvalidRequest => StatusCode::BAD_REQUEST,
            Verdict::InsufficientScope | Verdict::Origin => StatusCode::FORBIDDEN,
            Verdict::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The response: status, challenges (RFC 6750 s3, RFC 9449 s7.1, RFC 9728 s5.1) and a small JSON body.
    pub fn response(&self) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(self.body()));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        match self.0.reason.verdict() {
            Verdict::Origin => {}
            Verdict::Unavailable => {
                headers.insert(RETRY_AFTER, HeaderValue::from(RETRY_SECONDS));
            }
            Verdict::Unauthenticated
            | Verdict::InvalidRequest
            | Verdict::InvalidToken
            | Verdict::InvalidProof
            | Verdict::UseNonce
            | Verdict::InsufficientScope
            | Verdict::InsufficientSignIn => {
                let challenges = Challenges {
                    reason: self.0.reason,
                    needed: &self.0.needed,
                    sign_in: &self.0.sign_in,
                    resource: &self.0.resource,
                };
                // Clients join the two lines and look at the first scheme; many know only Bearer.
                headers.append(WWW_AUTHENTICATE, challenges.bearer());
                headers.append(WWW_AUTHENTICATE, challenges.dpop());
            }
        }
        if let Some(nonce) = self
            .0
            .nonce
            .as_deref()
            .and_then(|nonce| HeaderValue::from_str(nonce).ok())
        {
            headers.insert(DPOP_NONCE, nonce);
        }
        response
    }

    fn body(&self) -> Bytes {
        let error = error_code(self.0.reason.verdict());
        let body = serde_json::json!({ "error": error, "error_description": self.0.reason.description() });
        Bytes::from(body.to_string())
    }
}

/// Where a nonce travels (RFC 9449 s8.1).
pub(crate) const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// When it is worth coming back: failed fetches of keys are repeated this often.
pub(crate) const RETRY_SECONDS: u32 = 10;

/// The error code of the body (RFC 6750 s3.1, RFC 9449 s7.1, s9, RFC 9470 s3; RFC 6749 s4.1.2.1 for the unavailable one). The first
/// and the last but one are ours: RFC 6750 wants no code in the challenge when no token was sent.
pub(crate) const fn error_code(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Unauthenticated => "unauthorized",
        Verdict::InvalidRequest => "invalid_request",
        Verdict::InvalidToken => "invalid_token",
        Verdict::InvalidProof => "invalid_dpop_proof",
        Verdict::UseNonce => "use_dpop_nonce",
        Verdict::InsufficientScope => "insufficient_scope",
        Verdict::InsufficientSignIn => "insufficient_user_authentication",
        Verdict::Origin => "origin_not_allowed",
        Verdict::Unavailable => "temporarily_unavailable",
    }
}
