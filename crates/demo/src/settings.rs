//! Where the demo resources are, and what they are called.

use std::fmt;

use tokio::net::TcpListener;

/// What the demo resources are told.
pub struct Settings {
    /// The issuer whose tokens count.
    pub issuer: String,
    /// Where the MCP server listens; loopback only.
    pub mcp: TcpListener,
    /// Where the HTTP API listens; loopback only.
    pub api: TcpListener,
    /// The host name in the resource identifiers, normally `localhost`: what people are told to use.
    pub host: String,
    /// Client id and secret with which the issuer is asked about every token (RFC 7662), so that a revocation shows at once.
    pub introspection: Option<(String, String)>,
}

/// The resource identifier of the MCP server, which is also its URL.
pub fn mcp_resource(host: &str, port: u16) -> String {
    format!("http://{host}:{port}/mcp")
}

/// The resource identifier of the HTTP API.
pub fn api_resource(host: &str, port: u16) -> String {
    format!("http://{host}:{port}/api")
}

/// The scopes of the MCP server and what they mean in words.
pub const MCP_SCOPES: &[(&str, &str)] = &[
    (TOOLS_READ, "Look things up with the demo tools"),
    (TOOLS_WRITE, "Change notes with the demo tools"),
];

/// The scopes of the HTTP API and what they mean in words.
pub const API_SCOPES: &[(&str, &str)] = &[(API_READ, "Read your demo notes"), (API_WRITE, "Write demo notes")];

pub(crate) const TOOLS_READ: &str = "tools:read";
pub(crate) const TOOLS_WRITE: &str = "tools:write";
pub(crate) const API_READ: &str = "api:read";
pub(crate) const API_WRITE: &str = "api:write";

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("issuer", &self.issuer)
            .field("mcp", &self.mcp)
            .field("api", &self.api)
            .field("host", &self.host)
            .field(
                "introspection",
                &self.introspection.as_ref().map(|(client_id, _)| client_id),
            )
            .finish()
    }
}
