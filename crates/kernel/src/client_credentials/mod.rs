//! The client credentials grant (RFC 6749 s4.4) with resource indicators (RFC 8707), JWT access tokens (RFC 9068) and sender-constrained tokens (RFC 9449 s5).
//! Also the MCP extension `io.modelcontextprotocol/oauth-client-credentials`.
//!
//! A machine asks in its own name. What it may get is what an administrator granted it; the token is a projection of that grant for one audience.
//! Without `resource` the audience is our issuer, and the token is good at our own machine endpoints only.
//!
//! Details (RFC 9396) are those of the grant when nothing is asked, and what is asked within them when something is.
//!
//! Not covered: several audiences in one token (RFC 8707 s2 allows the refusal).

mod request;
mod rules;
#[cfg(test)]
mod tests;

pub use request::Request;
pub use rules::{Facts, decide};
