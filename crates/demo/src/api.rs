//! The HTTP API: `GET`, `POST` and `DELETE /api/notes`.

use std::sync::Arc;

use axum::{
    Extension, Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, State},
    response::{IntoResponse, Response},
    routing,
};
use http::{HeaderValue, Method, StatusCode, header};
use proof::json;
use serde_json::{Value, json};
use verify::{Access, Guard, SignIn};

use crate::{
    notes::{NOTE_BYTES_MAX, Notes},
    settings::{API_READ, API_WRITE},
};

/// The routes, for this guard to stand in front of: what a handler still asks of an admitted caller, it asks the same guard.
pub(crate) fn routes(guard: Guard, notes: Arc<Notes>) -> Router {
    Router::new()
        .route("/api/notes", routing::get(list).post(write).delete(erase))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(Extension(guard))
        .with_state(notes)
}

/// What a request needs.
pub(crate) fn needs(method: &Method) -> &'static [&'static str] {
    match *method {
        Method::GET | Method::HEAD => &[API_READ],
        _ => &[API_WRITE],
    }
}

/// A note as JSON may take more room than the note: every byte of it can be written as `\u00xx`.
const BODY_BYTES_MAX: usize = 8 * NOTE_BYTES_MAX;

async fn list(State(notes): State<Arc<Notes>>, Extension(access): Extension<Access>) -> Response {
    answer(StatusCode::OK, &json!({ "notes": notes.of(access.subject()) }))
}

async fn write(State(notes): State<Arc<Notes>>, Extension(access): Extension<Access>, body: Bytes) -> Response {
    let Ok(asked) = json::parse_object(&body) else {
        return refuse("the body is not a JSON object");
    };
    let Ok(Some(text)) = json::text(&asked, "text") else {
        return refuse("the note has no text");
    };
    match notes.write(access.subject(), text) {
        Ok(note) => answer(StatusCode::CREATED, &note),
        Err(_) => refuse("a note has between 1 and 1024 bytes"),
    }
}

/// Erasing cannot be undone: it wants the person by a passkey (`phr`), and lately.
async fn erase(
    State(notes): State<Arc<Notes>>,
    Extension(guard): Extension<Guard>,
    Extension(access): Extension<Access>,
) -> Response {
    let wanted = SignIn::default().level("phr").within(ERASE_WITHIN_SECONDS);
    match guard.demand_sign_in(&access, &wanted) {
        Ok(()) => {
            notes.erase(access.subject());
            StatusCode::NO_CONTENT.into_response()
        }
        Err(denied) => denied.response().map(Body::new),
    }
}

/// How long ago the passkey may have been shown.
const ERASE_WITHIN_SECONDS: u32 = 300;

fn refuse(description: &'static str) -> Response {
    answer(
        StatusCode::BAD_REQUEST,
        &json!({ "error": "invalid_request", "error_description": description }),
    )
}

fn answer(status: StatusCode, body: &Value) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (status, headers, Body::from(body.to_string())).into_response()
}
