//! The refresh token grant (RFC 6749 s6, RFC 9700 s4.14.2) with rotation and reuse detection, for the line of tokens of one authorization (`family.rs`).
//!
//! The newest token turns the line. The one before it, shown again within ten seconds by the identical request, gets the same successor: stock MCP clients refresh in
//! parallel without a lock (product decision 2). Anything else that is genuine and not the newest is theft, or looks like it: the authorization dies, and every token of it.
//!
//! Under FAPI the token stays the same (FAPI 2.0 s5.3.2.1). Who asked for `openid` gets an ID token again (OpenID Connect Core s12.2).

mod request;
mod rules;
#[cfg(test)]
mod tests;

pub use request::Request;
pub use rules::{Facts, decide};
