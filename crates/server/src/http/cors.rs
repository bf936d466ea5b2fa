//! Which answers scripts of other origins may read. Never with cookies: nothing here uses any.

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::routes::{Access, ROUTES, Route};

const ALLOWED_HEADERS: &str = "authorization, content-type, dpop, mcp-protocol-version";
const EXPOSED_HEADERS: &str = "dpop-nonce, www-authenticate, x-request-id, retry-after";

/// Marks an answer as readable.
pub(super) fn open(access: Access, headers: &mut HeaderMap) {
    if access == Access::AnyOrigin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        headers.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static(EXPOSED_HEADERS),
        );
    }
}

/// The answer to a preflight request (Fetch s3.2.2).
pub(super) fn preflight(route: &Route) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    open(route.access, headers);
    let here = ROUTES
        .iter()
        .filter(|other| other.path == route.path && other.access == Access::AnyOrigin);
    let methods: Vec<&str> = here.map(|other| other.method.as_str()).chain(["OPTIONS"]).collect();
    if let Ok(methods) = HeaderValue::from_str(&methods.join(", ")) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
    }
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static(ALLOWED_HEADERS),
    );
    headers.insert(
        HeaderName::from_static("access-control-max-age"),
        HeaderValue::from_static("600"),
    );
    response
}
