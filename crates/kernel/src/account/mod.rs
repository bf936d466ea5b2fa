//! What people do for themselves on their own pages: passkeys, password, recovery codes, browser sessions, and stopping what acts for them.
//!
//! Whatever concerns the ways to sign in wants a sign-in of the last ten minutes; stopping never does.

mod rules;
#[cfg(test)]
mod tests;

pub(crate) use rules::recovery_codes;
pub use rules::{Command, Facts, Give, decide, is_givable, limitable};
