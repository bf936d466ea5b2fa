//! The only place that knows status codes and how an answer looks on the wire.

use std::sync::{Arc, OnceLock};

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use bytes::Bytes;
use kernel::{Algorithm, Code, Pending, Reply, Waiting, Why};
use pages::{Problem, ProblemKind};
use proof::json;

use super::{cors, path};
use crate::{
    browser::{self, Browser},
    fault::Stop,
    routes::{Access, Endpoint, Route, TokenProof},
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
    (Code::ConstraintViolated, StatusCode::FORBIDDEN),
    (Code::LimitExceeded, StatusCode::FORBIDDEN),
    (Code::ApprovalRequired, StatusCode::FORBIDDEN),
    (Code::InvalidClientMetadata, StatusCode::BAD_REQUEST),
    (Code::AccessDenied, StatusCode::FORBIDDEN),
    (Code::LoginRequired, StatusCode::FORBIDDEN),
    (Code::ConsentRequired, StatusCode::FORBIDDEN),
    (Code::InvalidRequestObject, StatusCode::BAD_REQUEST),
    (Code::InvalidRequestUri, StatusCode::BAD_REQUEST),
    (Code::RequestNotSupported, StatusCode::BAD_REQUEST),
    (Code::UnmetAuthenticationRequirements, StatusCode::FORBIDDEN),
    (Code::InvalidAuthorizationDetails, StatusCode::BAD_REQUEST),
    (Code::AuthorizationPending, StatusCode::BAD_REQUEST),
    (Code::SlowDown, StatusCode::BAD_REQUEST),
    (Code::ExpiredToken, StatusCode::BAD_REQUEST),
    (Code::InteractionRequired, StatusCode::BAD_REQUEST),
    (Code::InvalidClientAttestation, StatusCode::UNAUTHORIZED),
    (Code::UseAttestationChallenge, StatusCode::BAD_REQUEST),
    (Code::InvalidRedirectUri, StatusCode::BAD_REQUEST),
    (Code::UnapprovedSoftwareStatement, StatusCode::BAD_REQUEST),
    (Code::TooManyRequests, StatusCode::TOO_MANY_REQUESTS),
    (Code::InvalidBody, StatusCode::BAD_REQUEST),
    (Code::Conflict, StatusCode::CONFLICT),
    (Code::Gone, StatusCode::GONE),
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
    /// What a page has around it, if the answer is for a person.
    pub(crate) visitor: Option<Visitor>,
    /// What whoever asked calls the request, where the answer must call it so too.
    pub(crate) named: Option<HeaderValue>,
}

/// A person's browser, as far as an answer needs it before anything else is known.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    /// The browser.
    pub(crate) browser: Browser,
    /// The path that was asked for.
    pub(crate) path: String,
    /// What stood behind it.
    pub(crate) query: Query,
    /// Who is signed in, as soon as that is known.
    pub(crate) greeted: Arc<OnceLock<Greeted>>,
    /// The tenant's name.
    pub(crate) tenant: String,
    /// The time.
    pub(crate) now: i64,
    /// Whether the request only looks: then somebody who is not signed in is sent to do so.
    pub(crate) looks: Looks,
}

/// What stands behind a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Query {
    /// Nothing, or the language that was chosen.
    Nothing,
    /// Something else.
    Something,
}

/// Who is signed in, for the head of a page.
#[derive(Debug)]
pub(crate) struct Greeted {
    /// What people call them.
    pub(crate) name: String,
    /// What they sign in with.
    pub(crate) login: String,
    /// The token of a form about nothing in particular.
    pub(crate) csrf: String,
}

/// Whether a request only looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Looks {
    /// GET.
    Only,
    /// A form.
    Acts,
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
    /// Members in order of their names, whatever the build: who reads two answers side by side sees what differs.
    pub(crate) fn json(object: json::Object) -> Self {
        let mut value = serde_json::Value::Object(object);
        value.sort_all_objects();
        Self {
            content_type: "application/json",
            bytes: Bytes::from(value.to_string()),
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
    /// A page.
    Page(PageAnswer),
    /// Go on there, with GET (RFC 9110 s15.4.4): whatever was posted is not posted again.
    SeeOther(SeeOther),
}

/// A page that is ready to go.
#[derive(Debug)]
pub(crate) struct PageAnswer {
    /// What went wrong, if something did: it decides the status.
    pub(crate) why: Option<Why>,
    /// The page.
    pub(crate) html: String,
    /// What the page may do.
    pub(crate) policy: Policy,
    /// `Set-Cookie` lines.
    pub(crate) cookies: Vec<String>,
}

/// What a page may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    /// Its forms stay here.
    Stays,
    /// Its form may end in a redirect to an app, and browsers hold a form's redirects to `form-action`.
    LeadsAway,
}

/// A redirect that is ready to go.
#[derive(Debug)]
pub(crate) struct SeeOther {
    /// Where to.
    pub(crate) location: String,
    /// `Set-Cookie` lines.
    pub(crate) cookies: Vec<String>,
}

/// Renders an answer.
pub(crate) fn outgoing(outgoing: Outgoing, context: &Context) -> Response {
    match outgoing {
        Outgoing::Document(document) => respond(StatusCode::OK, Some(document), context),
        Outgoing::Answered(Answered::Issue(reply, tokens)) => reply_with(reply, &tokens, context),
        Outgoing::Page(page) => page_with(page, context),
        Outgoing::SeeOther(other) => see_other(other, context),
        Outgoing::Answered(Answered::Wait(Pending::Approval(waiting))) => waits(&waiting, context),
        // Questions to the person at the browser are pages, and their doors make them.
        Outgoing::Answered(Answered::Wait(Pending::SignIn(_) | Pending::Consent(_) | Pending::SignOut { .. })) => {
            refusal(&Why::Fault, context)
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

/// What a machine is told while people are asked: an error, as RFC 8628 s3.5 and Deferred Token Response have it, with what it needs to ask again.
fn waits(waiting: &Waiting, context: &Context) -> Response {
    let said = if waiting.code == Code::InteractionRequired {
        "send the person to interaction_uri, and ask again for their answer"
    } else {
        "people are being asked; ask again for their answer"
    };
    let mut body = json::Object::new();
    body.insert("error".to_owned(), waiting.code.name().into());
    body.insert("error_description".to_owned(), said.into());
    if let Some(code) = &waiting.deferral_code {
        body.insert("deferral_code".to_owned(), code.as_str().into());
    }
    if let Some(uri) = &waiting.interaction {
        body.insert("interaction_uri".to_owned(), uri.as_str().into());
    }
    body.insert("expires_in".to_owned(), waiting.expires_in_seconds.into());
    body.insert("interval".to_owned(), waiting.interval_seconds.into());
    body.insert("request_id".to_owned(), context.request_id.as_str().into());
    respond(status(waiting.code), Some(Document::json(body)), context)
}

fn reply_with(reply: Reply, tokens: &[String], context: &Context) -> Response {
    match reply {
        Reply::Token {
            access,
            kind,
            expires_in_seconds,
            scope,
            details,
            refresh,
            id_token,
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
            if !details.is_empty() {
                body.insert("authorization_details".to_owned(), details.value()); // RFC 9396 s7
            }
            if let Some(refresh) = refresh {
                body.insert("refresh_token".to_owned(), refresh.into());
            }
            if let Some(token) = id_token.and_then(|place| tokens.get(place)) {
                body.insert("id_token".to_owned(), token.as_str().into());
            }
            respond(StatusCode::OK, Some(Document::json(body)), context)
        }
        Reply::Document(body) => respond(StatusCode::OK, Some(Document::json(body)), context),
        Reply::Jwt { typ } => {
            let bytes = Bytes::from(tokens.first().cloned().unwrap_or_default());
            let document = Document {
                content_type: typ,
                bytes,
            };
            respond(StatusCode::OK, Some(document), context)
        }
        Reply::Accepted { body, location } => {
            let mut response = respond(StatusCode::ACCEPTED, Some(Document::json(body)), context);
            if let Ok(location) = HeaderValue::from_str(&location) {
                response.headers_mut().insert(header::LOCATION, location);
            }
            response
        }
        Reply::Created(body) => respond(StatusCode::CREATED, Some(Document::json(body)), context),
        Reply::Done => respond(StatusCode::OK, None, context),
        Reply::Gone => respond(StatusCode::NO_CONTENT, None, context),
        // These are for browsers, and their doors turn them into pages.
        Reply::Authorization(_) | Reply::SignedIn { .. } | Reply::SignedOut { .. } | Reply::RecoveryCodes(_) => {
            refusal(&Why::Fault, context)
        }
    }
}

/// When a limit has room again, where it ever has.
fn rest_of(why: &Why) -> Option<(HeaderName, HeaderValue)> {
    let Why::LimitExceeded {
        seconds: Some(seconds), ..
    } = why
    else {
        return None;
    };
    Some((header::RETRY_AFTER, HeaderValue::from(*seconds)))
}

/// The document of a refusal; that of an access request is a problem too (RFC 9457), beside our own members.
fn told(mut body: json::Object, why: &Why, status: StatusCode) -> Document {
    let Why::AccessRequest(problem) = why else {
        return Document::json(body);
    };
    body.insert("type".to_owned(), problem.urn().into());
    body.insert("title".to_owned(), problem.title().into());
    body.insert("status".to_owned(), status.as_u16().into());
    body.insert("detail".to_owned(), problem.said().into());
    Document {
        content_type: "application/problem+json",
        ..Document::json(body)
    }
}

/// A refusal to a program; to a person it is a page.
fn refusal(why: &Why, context: &Context) -> Response {
    if let Some(visitor) = &context.visitor {
        return page_refusal(why, visitor, context);
    }
    let code = why.code();
    let by_token = context.route.is_some_and(|route| route.token != TokenProof::Ignored);
    let status = match (code, by_token) {
        (Code::InvalidDpopProof | Code::UseDpopNonce, true) => StatusCode::UNAUTHORIZED, // RFC 9449 s7.1 and s9
        (Code::AccessDenied, _) if context.route.is_some_and(Route::is_of_machines) => StatusCode::BAD_REQUEST, // RFC 6749 s5.2
        (code, _) => status(code),
    };
    let mut body = json::Object::new();
    // Clients of OAuth keep their grant when they read this one, whatever the status (product s7).
    let later = code == Code::TooManyRequests && context.route.is_some_and(Route::is_of_machines);
    let name = if later {
        Code::TemporarilyUnavailable.name()
    } else {
        code.name()
    };
    body.insert("error".to_owned(), name.into());
    body.insert("error_description".to_owned(), why.said().into());
    body.insert("request_id".to_owned(), context.request_id.as_str().into());
    if let Why::Body(detail) | Why::AbsentHere(detail) = why {
        body.insert("detail".to_owned(), detail.as_str().into()); // administrators only: no other route says it
    }
    let mut response = respond(status, Some(told(body, why, status)), context);
    let headers = response.headers_mut();
    match code {
        Code::InvalidToken | Code::InsufficientScope | Code::InvalidDpopProof | Code::UseDpopNonce if by_token => {
            challenge(headers, why, code);
        }
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
        Code::UseAttestationChallenge => {
            let challenge = context
                .nonce
                .as_deref()
                .and_then(|nonce| HeaderValue::from_str(nonce).ok());
            if let Some(challenge) = challenge {
                headers.insert(HeaderName::from_static("oauth-client-attestation-challenge"), challenge);
            }
        }
        Code::TemporarilyUnavailable | Code::TooManyRequests => {
            headers.insert(header::RETRY_AFTER, retry_after(why));
        }
        Code::LimitExceeded => headers.extend(rest_of(why)),
        Code::InvalidRequest
        | Code::ConstraintViolated
        | Code::ApprovalRequired
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
        | Code::Gone
        | Code::NotFound
        | Code::MethodNotAllowed
        | Code::ContentTooLarge
        | Code::UnsupportedMediaType
        | Code::RequestTimeout
        | Code::MisdirectedRequest
        | Code::LoginRequired
        | Code::ConsentRequired
        | Code::InvalidRequestObject
        | Code::InvalidRequestUri
        | Code::RequestNotSupported
        | Code::UnmetAuthenticationRequirements
        | Code::InvalidAuthorizationDetails
        | Code::AuthorizationPending
        | Code::SlowDown
        | Code::ExpiredToken
        | Code::InteractionRequired
        | Code::InvalidClientAttestation
        | Code::InvalidRedirectUri
        | Code::UnapprovedSoftwareStatement
        | Code::ServerError => {}
    }
    if matches!(code, Code::ContentTooLarge | Code::RequestTimeout) {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close")); // the rest of the body is not read
    }
    response
}

/// What a caller must show (RFC 6750 s3, RFC 9449 s7.1): both schemes are taken. Without any token nothing is said of an error.
fn challenge(headers: &mut HeaderMap, why: &Why, code: Code) {
    let error = if *why == Why::TokenMissing {
        String::new()
    } else {
        format!(", error=\"{}\"", code.name())
    };
    let algorithms = Algorithm::PROOF_NAMES.join(" ");
    // What is wrong with a proof is wrong with that scheme alone (RFC 9449 s7.1).
    let of_proof = matches!(code, Code::InvalidDpopProof | Code::UseDpopNonce);
    let bearer_error = if of_proof { "" } else { error.as_str() };
    for challenge in [
        format!("DPoP realm=\"prokura\", algs=\"{algorithms}\"{error}"),
        format!("Bearer realm=\"prokura\"{bearer_error}"),
    ] {
        if let Ok(value) = HeaderValue::from_str(&challenge) {
            headers.append(header::WWW_AUTHENTICATE, value);
        }
    }
}

fn status(code: Code) -> StatusCode {
    RESPONSES
        .iter()
        .find(|(known, _)| *known == code)
        .map_or(StatusCode::INTERNAL_SERVER_ERROR, |(_, status)| *status)
}

fn retry_after(why: &Why) -> HeaderValue {
    if let Why::Throttled { seconds, .. } = why {
        HeaderValue::from(*seconds)
    } else if matches!(why, Why::TooMany(_)) {
        HeaderValue::from_static("60")
    } else {
        HeaderValue::from_static("1")
    }
}

/// A refusal to a person: a page that says what happened and what to do, or the way to the sign-in.
fn page_refusal(why: &Why, visitor: &Visitor, context: &Context) -> Response {
    let browser = &visitor.browser;
    if *why == Why::SignInRequired && visitor.looks == Looks::Only {
        let other = SeeOther {
            location: browser::sign_in_for(browser, &visitor.path),
            cookies: browser.cookies(),
        };
        return see_other(other, context);
    }
    let frame = pages::Frame {
        language: browser.language,
        base: &browser.base,
        tenant: &visitor.tenant,
        person: visitor.greeted.get().map(|greeted| pages::Person {
            name: &greeted.name,
            login: &greeted.login,
            csrf: &greeted.csrf,
        }),
        now: visitor.now,
        here: address_again(visitor, context.route),
    };
    let said = why.said();
    let mut told = problem(why, &said, &context.request_id);
    let at_sign_out = context
        .route
        .is_some_and(|route| matches!(route.endpoint, Endpoint::EndSession));
    if at_sign_out && !matches!(told.kind, ProblemKind::Busy | ProblemKind::OurFault) {
        told.kind = ProblemKind::SignOutUnknown; // nothing was asked for that could be allowed: the page says that nobody was signed out
    }
    let page = PageAnswer {
        why: Some(why.clone()),
        html: pages::problem(&frame, &told),
        policy: Policy::Stays,
        cookies: browser.cookies(),
    };
    page_with(page, context)
}

/// Where a problem page could be read once more in another language; "" where it cannot. No refusal repeats what came in with the request, which anybody may have put there:
/// what is left are addresses that are the same for everybody, and those of nothing at all.
fn address_again<'v>(visitor: &'v Visitor, route: Option<&Route>) -> &'v str {
    let fixed = route.is_none_or(|route| matches!(route.endpoint, Endpoint::Page(_)) && !route.path.contains('{'));
    // A form is not sent again to read its refusal; and a path that is not plain could be another host in a link.
    let again = visitor.looks == Looks::Only && visitor.query == Query::Nothing && path::is_plain(&visitor.path);
    let path = visitor.path.strip_prefix(visitor.browser.base.as_str());
    path.filter(|_| fixed && again).unwrap_or("")
}

/// What went wrong, for a page.
pub(crate) fn problem<'a>(why: &'a Why, said: &'a str, request_id: &'a str) -> Problem<'a> {
    Problem {
        code: why.code().name(),
        kind: problem_kind(why),
        said,
        request_id,
        detail: None,
    }
}

/// The words for a person; where there are none of their own, the code decides.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "most reasons have the words of their code"
)]
fn problem_kind(why: &Why) -> ProblemKind {
    match why {
        Why::RedirectUriUnknown => return ProblemKind::RedirectUri,
        Why::ClientUnknown => return ProblemKind::ClientUnknown,
        Why::ClientDisabled => return ProblemKind::Disabled,
        Why::PageExpired | Why::CeremonyReplayed | Why::AnswerStale => return ProblemKind::Expired,
        Why::PageForeign => return ProblemKind::OtherBrowser,
        Why::Forged => return ProblemKind::Forged,
        Why::AlreadyAnswered => return ProblemKind::AlreadyAnswered,
        Why::ForbiddenByRule | Why::PersonDenied => return ProblemKind::NotAllowed,
        _ => {}
    }
    match why.code() {
        Code::InvalidClientMetadata => ProblemKind::ClientDocument,
        Code::NotFound => ProblemKind::NotFound,
        Code::TemporarilyUnavailable | Code::TooManyRequests => ProblemKind::Busy,
        Code::ServerError => ProblemKind::OurFault,
        Code::AccessDenied | Code::LoginRequired => ProblemKind::NotAllowed,
        _ => ProblemKind::BadRequest,
    }
}

fn page_with(page: PageAnswer, context: &Context) -> Response {
    let code = page.why.as_ref().map(Why::code);
    let document = Document {
        content_type: "text/html; charset=utf-8",
        bytes: Bytes::from(page.html),
    };
    // A 401 names a scheme of HTTP authentication (RFC 9110 s15.5.2), and a browser would ask the person for it.
    let status = match code.map_or(StatusCode::OK, status) {
        StatusCode::UNAUTHORIZED => StatusCode::BAD_REQUEST,
        other => other,
    };
    let mut response = respond(status, Some(document), context);
    let policy = match page.policy {
        Policy::Stays => pages::CONTENT_SECURITY_POLICY,
        Policy::LeadsAway => pages::CONTENT_SECURITY_POLICY_THAT_LEADS_AWAY,
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    if let (Some(Code::TemporarilyUnavailable | Code::TooManyRequests), Some(why)) = (code, &page.why) {
        headers.insert(header::RETRY_AFTER, retry_after(why));
    }
    personal(headers, page.cookies);
    response
}

fn see_other(other: SeeOther, context: &Context) -> Response {
    let mut response = respond(StatusCode::SEE_OTHER, None, context);
    let headers = response.headers_mut();
    if let Ok(location) = HeaderValue::from_str(&other.location) {
        headers.insert(header::LOCATION, location);
    }
    personal(headers, other.cookies);
    response
}

/// What every answer to a person carries: no other page may frame it, open it with a hold on it, or learn where the person came from (S-09).
fn personal(headers: &mut HeaderMap, cookies: Vec<String>) {
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    );
    headers.insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    );
    headers.insert(
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("publickey-credentials-get=(self), publickey-credentials-create=(self), camera=(), microphone=(), geolocation=()"),
    );
    // `no-referrer` would make browsers send `Origin: null` with our own forms (Fetch, "append a request Origin header"), and those are refused (S-45).
    // This tells other origins just as little: nothing.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(header::VARY, HeaderValue::from_static("cookie, accept-language"));
    for cookie in cookies {
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            headers.append(header::SET_COOKIE, cookie);
        }
    }
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
    let ours = || HeaderValue::from_str(&context.request_id).ok();
    if let Some(id) = context.named.clone().or_else(ours) {
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
