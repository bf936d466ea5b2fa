//! The MCP server at `/mcp`: Streamable HTTP, stateless, for both eras of clients.
//!
//! | | who answers |
//! |---|---|
//! | 401, 403 for `tools:read`, the metadata, `Origin`, CORS | `verify`, before anything else is looked at |
//! | the body: size, JSON, one message; scopes of the tool that is called; a protocol version that nobody knows | this module |
//! | everything that is MCP | the SDK (`rmcp`) |
//!
//! **What the SDK does by itself** (read in the source of 3.11.0). *Until 2025-11-25*: `initialize` with negotiation down to
//! a version both know, `ping`, no session id when sessions are off, GET and DELETE answered 405. *2026-07-28*:
//! `server/discover` with `supportedVersions`, `capabilities` and server info in `_meta`; per-request `_meta`
//! (`io.modelcontextprotocol/protocolVersion`, `clientCapabilities`), missing members are `-32602` with HTTP 400; header against
//! `_meta`, `Mcp-Method`, `Mcp-Name` and `Mcp-Param-*` against the body, mismatch is `-32020` with 400; an unsupported version
//! in `_meta` is `-32022` with 400; unknown methods 404; `resultType`, `ttlMs` (0) and `cacheScope` (`private`) added for this
//! revision and left out for older ones. `Host` must be loopback, any port.
//!
//! **What this module adds.** More than one `MCP-Protocol-Version` header is `-32020`, where the SDK reads the first. A version
//! in the header that nobody knows, with none in `_meta`, is `-32022` and lists the supported ones, where the SDK answers in
//! plain words. A body that is not JSON is `-32700`, one that is not an object `-32600`, with 400, where the SDK answers 415.
//! The SDK gets the message as it was read here, so that a tool cannot have one name for the check and another for the call.
//!
//! Not covered: streams (nothing here sends notifications), subscriptions, elicitation, resources, prompts, tasks.

mod message;
mod server;
mod tool;

use std::sync::Arc;

use axum::{
    Extension, Router,
    body::Body,
    extract::{Request, State},
    response::Response,
    routing,
};
use bytes::Bytes;
use http::{Method, header::CONTENT_LENGTH};
use http_body_util::Full;
use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager,
};
use tower::ServiceExt;
use verify::{Access, Guard};

use self::{
    message::{BODY_BYTES_MAX, Message, Refused},
    server::Server,
    tool::Tool,
};
use crate::notes::Notes;

/// The routes, for the guard to stand in front of; `host` is a name clients use besides those of loopback.
pub(crate) fn routes(guard: Guard, notes: Arc<Notes>, host: &str) -> Router {
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(BODY_BYTES_MAX)
        .with_allowed_hosts([host, "localhost", "127.0.0.1", "::1"]);
    let server = Server {
        notes,
        guard: guard.clone(),
    };
    let sdk = StreamableHttpService::new(move || Ok(server.clone()), Arc::default(), config);
    Router::new()
        .route("/mcp", routing::any(answer))
        .with_state(App { guard, sdk })
}

#[derive(Clone)]
struct App {
    guard: Guard,
    sdk: StreamableHttpService<Server, NeverSessionManager>,
}

async fn answer(State(app): State<App>, Extension(access): Extension<Access>, request: Request) -> Response {
    if request.method() != Method::POST {
        return app.ask_sdk(request.map(|_| Full::default())).await;
    }
    match app.admit(&access, request).await {
        Ok(request) => app.ask_sdk(request).await,
        Err(refused) => refused.response(),
    }
}

impl App {
    /// Reads the message, and lets it go on if the caller may do what it asks.
    async fn admit(&self, access: &Access, request: Request) -> Result<Request<Full<Bytes>>, Refused> {
        let (mut parts, body) = request.into_parts();
        let message = Message::parse(&message::read_body(body).await?)?;
        message.check_version(&parts.headers)?;
        if let Some(tool) = message.called_tool().and_then(Tool::named) {
            self.guard.demand(access, tool.needs()).map_err(Refused::Denied)?;
        }
        parts.headers.remove(CONTENT_LENGTH);
        Ok(Request::from_parts(parts, Full::new(message.into_bytes())))
    }

    async fn ask_sdk(&self, request: Request<Full<Bytes>>) -> Response {
        match self.sdk.clone().oneshot(request).await {
            Ok(response) => response.map(Body::new),
            Err(never) => match never {},
        }
    }
}
