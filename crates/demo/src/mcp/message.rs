//! One JSON-RPC message, read once, and the answers of this layer to what cannot go on.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use rmcp::model::{ErrorCode, ProtocolVersion};
use serde_json::{Map, Value, json};
use verify::Denied;

/// A message, as far as this layer understands it.
#[derive(Debug)]
pub(crate) struct Message(Map<String, Value>);

/// Why a message does not go on.
#[derive(Debug)]
pub(crate) enum Refused {
    /// The caller lacks a scope of the tool.
    Denied(Denied),
    /// The body has more than [`BODY_BYTES_MAX`] bytes.
    TooLarge,
    /// The body ended early.
    Cut,
    /// Not JSON (JSON-RPC 2.0 s5.1).
    Unreadable,
    /// JSON, but not one message: batches are gone since 2025-06-18.
    NotOneMessage,
    /// More than one version header, or one that is not text (MCP 2026-07-28, Streamable HTTP).
    VersionHeader(Value),
    /// A version that nobody knows (MCP 2026-07-28, versioning).
    Version {
        /// The id of the message.
        id: Value,
        /// What was asked for.
        requested: String,
    },
}

/// How large a body may be.
pub(crate) const BODY_BYTES_MAX: usize = 256 * 1024;

/// Reads a body of [`BODY_BYTES_MAX`] bytes or less.
pub(crate) async fn read_body(body: Body) -> Result<Bytes, Refused> {
    match Limited::new(body, BODY_BYTES_MAX).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Refused::TooLarge),
        Err(_) => Err(Refused::Cut),
    }
}

impl Message {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Refused> {
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(members)) => Ok(Message(members)),
            Ok(_) => Err(Refused::NotOneMessage),
            Err(_) => Err(Refused::Unreadable),
        }
    }

    /// The message as it was understood here; of members that occurred twice, the one that counted.
    pub(crate) fn into_bytes(self) -> Bytes {
        Bytes::from(Value::Object(self.0).to_string())
    }

    /// The name of the tool that is called, if this is a call.
    pub(crate) fn called_tool(&self) -> Option<&str> {
        match self.method() {
            Some("tools/call") => self.0.get("params")?.get("name")?.as_str(),
            _ => None,
        }
    }

    /// Refuses what the SDK would answer in plain words or not see: see the module's table.
    pub(crate) fn check_version(&self, headers: &HeaderMap) -> Result<(), Refused> {
        let mut values = headers.get_all(PROTOCOL_VERSION).iter();
        let version = match (values.next(), values.next()) {
            (None, _) => return Ok(()),
            (Some(value), None) => value.to_str().map_err(|_| Refused::VersionHeader(self.id()))?,
            (Some(_), Some(_)) => return Err(Refused::VersionHeader(self.id())),
        };
        // `initialize` negotiates, and a message that names its version itself is compared by the SDK.
        let compared = self.method() == Some("initialize") || self.has_own_version();
        if compared || supported().any(|known| known == version) {
            return Ok(());
        }
        Err(Refused::Version {
            id: self.id(),
            requested: version.to_owned(),
        })
    }

    fn method(&self) -> Option<&str> {
        self.0.get("method")?.as_str()
    }

    fn has_own_version(&self) -> bool {
        let meta = self.0.get("params").and_then(|params| params.get("_meta"));
        meta.is_some_and(|meta| meta.get("io.modelcontextprotocol/protocolVersion").is_some())
    }

    /// The id to answer to; null when there is none that JSON-RPC allows.
    fn id(&self) -> Value {
        match self.0.get("id") {
            Some(id @ (Value::String(_) | Value::Number(_))) => id.clone(),
            _ => Value::Null,
        }
    }
}

impl Refused {
    pub(crate) fn response(self) -> Response {
        let (status, id, code, message, data) = match self {
            Refused::Denied(denied) => return denied.response().into_response(),
            Refused::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                Value::Null,
                ErrorCode::INVALID_REQUEST,
                "the message is too large",
                None,
            ),
            Refused::Cut => (
                StatusCode::BAD_REQUEST,
                Value::Null,
                ErrorCode::PARSE_ERROR,
                "the message ends early",
                None,
            ),
            Refused::Unreadable => (
                StatusCode::BAD_REQUEST,
                Value::Null,
                ErrorCode::PARSE_ERROR,
                "the body is not JSON",
                None,
            ),
            Refused::NotOneMessage => (
                StatusCode::BAD_REQUEST,
                Value::Null,
                ErrorCode::INVALID_REQUEST,
                "the body is not one message",
                None,
            ),
            Refused::VersionHeader(id) => {
                let message = "not exactly one MCP-Protocol-Version";
                (StatusCode::BAD_REQUEST, id, ErrorCode::HEADER_MISMATCH, message, None)
            }
            Refused::Version { id, requested } => {
                let supported: Vec<&str> = supported().collect();
                let data = json!({ "requested": requested, "supported": supported });
                let message = "Unsupported protocol version";
                (
                    StatusCode::BAD_REQUEST,
                    id,
                    ErrorCode::UNSUPPORTED_PROTOCOL_VERSION,
                    message,
                    Some(data),
                )
            }
        };
        let mut error = json!({ "code": code.0, "message": message });
        if let Some(data) = data
            && let Value::Object(error) = &mut error
        {
            error.insert("data".to_owned(), data);
        }
        let body = json!({ "jsonrpc": "2.0", "id": id, "error": error });
        let content_type = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        (status, [content_type], Body::from(body.to_string())).into_response()
    }
}

const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");

/// The versions the SDK answers.
fn supported() -> impl Iterator<Item = &'static str> {
    ProtocolVersion::KNOWN_VERSIONS.iter().map(ProtocolVersion::as_str)
}
