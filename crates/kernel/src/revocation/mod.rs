//! Token revocation (RFC 7009).
//!
//! A client takes back a token that was issued to it. The answer is 200 whatever the token was: unknown, ended, revoked before, or somebody else's, which stays as it is.
//! An administrator revokes grants instead, and with a grant everything projected from it: see `administration`.

mod rules;
#[cfg(test)]
mod tests;

pub use crate::introspection::Request;
pub use rules::{Facts, decide};
