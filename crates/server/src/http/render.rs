//! The only place that knows status codes and how an answer looks on the wire.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use bytes::Bytes;
use kernel::{Code, Reply, Why};
use proof::json;
use serde_json::json;

use super::cors;
use crate::{
    fault::Stop,
    routes::{Access, Route},
    settle::Answered,
};

/// Status, and what else belongs to a code. The one table; `docs/errors.md` is printed from it.
pub(crate) const RESPONSES: &[(Code, StatusCode)] = &[
    (Code::InvalidRequest, StatusCode::BAD_REQUEST),
    (Code::InvalidClient, StatusCode::UNAUTHORIZED),
    (Code::InvalidGrant, StatusCode::BAD_REQUEST),
    (Code::UnauthorizedClient, StatusCode::BAD_REQUEST),
    (Code::UnsupportedGrantType, StatusCode::BAD_REQUEST),
    (Code::UnsupportedResponseType, StatusCode::BAD_REQUEST),
    (Code::InvalidScope, StatusCode::BAD_REQUEST),
    (Code::InvalidTarget, StatusCode::BAD_REQUEST),
    (Code::UnsupportedTokenType, StatusCode::BAD_REQUEST),
    (Code::InvalidDpopProof, StatusCode::BAD_REQUEST),
    (Code::UseDpopNonce, StatusCode::BAD_REQUEST),
    (Code::InvalidToken, StatusCode::UNAUTHORIZED),
    (Code::InsufficientScope, StatusCode::FORBIDDEN),
    (Code::InvalidClientMetadata, StatusCode::BAD_REQUEST),
    (Code::AccessDenied, StatusCode::FORBIDDEN),
    (Code::InvalidBody, StatusCode::BAD_REQUEST),
    (Code::Conflict, StatusCode::CONFLICT),
    (Code::NotFound, StatusCode::NOT_FOUND),
    (Code::MethodNotAllowed, StatusCode::METHOD_NOT_ALLOWED),
    (Code::ContentTooLarge, StatusCode::PAYLOAD_TOO_LARGE),
    (Code::UnsupportedMediaType, StatusCode::UNSUPPORTED_MEDIA_TYPE),
    (Code::RequestTimeout, StatusCode::REQUEST_TIMEOUT),
    (Code::MisdirectedRequest, StatusCode::MISDIRECTED_REQUEST),
    (Code::ServerError, StatusCode::INTERNAL_SERVER_ERROR),
    (Code::TemporarilyUnavailable, StatusCode::SERVICE_UNAVAILABLE),
];

/// What every answer to a request carries.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    /// The name of the request.
    pub(crate) request_id: String,
    /// The route, if the request had one.
    pub(crate) route: Option<&'static Route>,
    /// A fresh DPoP nonce, if the request had a proof (RFC 9449 s8.2).
    pub(crate) nonce: Option<String>,
    /// Whether the client showed itself in the `Authorization` header: then a 401 must name the scheme (RFC 6749 s5.2).
    pub(crate) basic: Shown,
}

/// By what a caller showed itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// The `Authorization` header.
    Header,
    /// Something else, or nothing.
    Otherwise,
}

/// A body that is ready to go.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) content_type: &'static str,
    pub(crate) bytes: Bytes,
}

impl Document {
    pub(crate) fn json(object: json::Object) -> Self {
        Self {
            content_type: "application/json",
            bytes: Bytes::from(serde_json::Value::Object(object).to_string()),
        }
    }

    pub(crate) fn text(text: String) -> Self {
        Self {
            content_type: "text/plain; charset=utf-8",
            bytes: Bytes::from(text),
        }
    }
}

/// What an endpoint hands back.
#[derive(Debug)]
pub(crate) enum Outgoing {
    /// The answer of a walk.
    Answered(Answered),
    /// A document that needed no decision.
    Document(Document),
}

/// Renders an answer.
pub(crate) fn outgoing(outgoing: Outgoing, context: &Context) -> Response {
    match outgoing {
        Outgoing::Document(document) => respond(StatusCode::OK, Some(document), context),
        Outgoing::Answered(Answered::Issue(reply, tokens)) => reply_with(reply, &tokens, context),
        Outgoing::Answered(Answered::Wait(pending)) => {
            let body = json!({ "handle": pending.handle, "interval": pending.interval_seconds, "expires_at": pending.expires.unix() });
            respond(
                StatusCode::ACCEPTED,
                body.as_object().cloned().map(Document::json),
                context,
            )
        }
        Outgoing::Answered(Answered::Refuse(why)) => refusal(&why, context),
    }
}

/// Renders an end before any decision. A failure is logged here, with everything; the caller gets the request id.
pub(crate) fn stop(stop: &Stop, context: &Context) -> Response {
    match stop {
        Stop::Refuse(why) => refusal(why, context),
        Stop::Fault(fault) => {
            tracing::error!(request_id = %context.request_id, error = %fault, "a request failed");
            refusal(&fault.why(), context)
        }
    }
}

fn reply_with(reply: Reply, tokens: &[String], context: &Context) -> Response {
    match reply {
        Reply::Token {
            access,
            kind,
            expires_in_seconds,
            scope,
        } => {
            let mut body = json::Object::new();
            body.insert(
                "access_token".to_owned(),
                tokens.get(access).map(String::as_str).unwrap_or_default().into(),
            );
            body.insert("token_type".to_owned(), kind.name().into());
            body.insert("expires_in".to_owned(), expires_in_seconds.into());
            if !scope.is_empty() {
                body.insert("scope".to_owned(), scope.into());
            }
            respond(StatusCode::OK, Some(Document::json(body)), context)
        }
        Reply::Document(body) => respond(StatusCode::OK, Some(Document::json(body)), context),
        Reply::Created(body) => respond(StatusCode::CREATED, Some(Document::json(body)), context),
        Reply::Done => respond(StatusCode::OK, None, context),
    }
}

fn refusal(why: &Why, context: &Context) -> Response {
    let code = why.code();
    let status = RESPONSES
        .iter()
        .find(|(known, _)| *known == code)
        .map_or(StatusCode::INTERNAL_SERVER_ERROR, |(_, status)| *status);
    let mut body = json::Object::new();
    body.insert("error".to_owned(), code.name().into());
    body.insert("error_description".to_owned(), why.said().into());
    body.insert("request_id".to_owned(), context.request_id.as_str().into());
    if let Why::Body(detail) = why {
        body.insert("detail".to_owned(), detail.as_str().into()); // administrators only: no other route reads JSON
    }
    let mut response = respond(status, Some(Document::json(body)), context);
    let headers = response.headers_mut();
    match code {
        Code::InvalidClient if context.basic == Shown::Header => {
            headers.insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Basic realm=\"prokura\", charset=\"UTF-8\""),
            );
        }
        Code::InvalidToken => {
            let challenge = match context.basic {
                Shown::Header => "Bearer realm=\"prokura administration\", error=\"invalid_token\"",
                Shown::Otherwise => "Bearer realm=\"prokura administration\"",
            };
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        Code::TemporarilyUnavailable => {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        Code::InvalidRequest
        | Code::InvalidClient
        | Code::InvalidGrant
        | Code::UnauthorizedClient
        | Code::UnsupportedGrantType
        | Code::UnsupportedResponseType
        | Code::InvalidScope
        | Code::InvalidTarget
        | Code::UnsupportedTokenType
        | Code::InvalidDpopProof
        | Code::UseDpopNonce
        | Code::InsufficientScope
        | Code::InvalidClientMetadata
        | Code::AccessDenied
        | Code::InvalidBody
        | Code::Conflict
        | Code::NotFound
        | Code::MethodNotAllowed
        | Code::ContentTooLarge
        | Code::UnsupportedMediaType
        | Code::RequestTimeout
        | Code::MisdirectedRequest
        | Code::ServerError => {}
    }
    if matches!(code, Code::ContentTooLarge | Code::RequestTimeout) {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close")); // the rest of the body is not read
    }
    response
}

fn respond(status: StatusCode, document: Option<Document>, context: &Context) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    if let Some(document) = document {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(document.content_type));
        *response.body_mut() = Body::from(document.bytes);
    }
    decorate(response.headers_mut(), status, context);
    response
}

/// What every answer carries.
pub(super) fn decorate(headers: &mut HeaderMap, status: StatusCode, context: &Context) {
    let access = context.route.map_or(Access::SameOrigin, |route| route.access);
    let keep = context
        .route
        .filter(|_| status == StatusCode::OK)
        .map_or(0, |route| route.cache_seconds);
    let cache = if keep > 0 {
        HeaderValue::from_str(&format!("public, max-age={keep}")).ok()
    } else {
        None
    };
    headers.insert(
        header::CACHE_CONTROL,
        cache.unwrap_or(HeaderValue::from_static("no-store")),
    );
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    );
    if let Ok(id) = HeaderValue::from_str(&context.request_id) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    if let Some(nonce) = context
        .nonce
        .as_deref()
        .and_then(|nonce| HeaderValue::from_str(nonce).ok())
    {
        headers.insert(HeaderName::from_static("dpop-nonce"), nonce);
    }
    cors::open(access, headers);
}
