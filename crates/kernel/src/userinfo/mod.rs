//! The userinfo endpoint (OpenID Connect Core s5.3): what an app may know of the person its access token acts for, now.
//!
//! The token is one of ours for our own endpoints, with `openid` among its scopes, and it counts at this moment as at introspection. The answer is JSON, or a JWT signed for
//! the client when it registered `userinfo_signed_response_alg`.
//!
//! Not covered: encrypted answers, aggregated and distributed claims (s5.6).

mod rules;
#[cfg(test)]
mod tests;

pub use rules::decide;
