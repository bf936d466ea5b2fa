//! Reading a body: of the right type, of a bounded size, in a bounded time.

use std::time::Duration;

use axum::{
    body::Body as HttpBody,
    http::{HeaderMap, header},
};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use kernel::Why;

use crate::routes::Body;

/// How long a body may take to arrive.
const BODY_SECONDS_MAX: u64 = 10;

/// Reads what the route takes. A body on a route that takes none is read past and ignored, within the same bounds; so is one of another type.
pub(crate) async fn read(takes: Body, bytes_max: usize, headers: &HeaderMap, body: HttpBody) -> Result<Bytes, Why> {
    let whole = whole(bytes_max, headers, body).await?; // first: a connection with an unread body ends under the client (RFC 9112 s9.3)
    let of_type = |wanted: &str| {
        let shown = headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("");
        shown
            .split(';')
            .next()
            .unwrap_or("")
            .trim()
            .eq_ignore_ascii_case(wanted)
    };
    match takes {
        Body::None => Ok(whole),
        Body::Form if of_type("application/x-www-form-urlencoded") => Ok(whole),
        // Nothing has no type: userinfo by POST with the token in the header is so (OpenID Connect Core s5.3.1).
        Body::Form if whole.is_empty() && !headers.contains_key(header::CONTENT_TYPE) => Ok(whole),
        Body::Form => Err(Why::FormType),
        Body::Json | Body::Question if of_type("application/json") => Ok(whole),
        Body::Json => Err(Why::ContentType),
        Body::Question => Err(Why::Body("content type: application/json".to_owned())),
    }
}

async fn whole(bytes_max: usize, headers: &HeaderMap, body: HttpBody) -> Result<Bytes, Why> {
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse::<usize>().ok());
    if announced.is_some_and(|bytes| bytes > bytes_max) {
        return Err(Why::BodyTooLarge);
    }
    let collected = tokio::time::timeout(
        Duration::from_secs(BODY_SECONDS_MAX),
        Limited::new(body, bytes_max).collect(),
    )
    .await;
    match collected {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(error)) if error.downcast_ref::<LengthLimitError>().is_some() => Err(Why::BodyTooLarge),
        Ok(Err(_)) => Err(Why::FormMalformed),
        Err(_) => Err(Why::BodySlow),
    }
}
