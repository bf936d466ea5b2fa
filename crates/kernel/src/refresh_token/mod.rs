//! The refresh token grant (RFC 6749 s6, RFC 9700 s4.14.2) with rotation and reuse detection, for the line of tokens of one authorization (`family.rs`).
//!
//! The newest token turns the line. The one before it, shown again within ten seconds by the identical request, gets the same successor: stock MCP clients refresh in
//! parallel without a lock (product decision 2). Anything else that is genuine and not the newest is theft, or looks like it: the authorization dies, and every token of it.
//!
//! Not covered: lines that do not turn (FAPI), `authorization_details`; their issue comes.

mod request;
mod rules;
#[cfg(test)]
mod tests;

pub use request::Request;
pub use rules::{Facts, decide};
