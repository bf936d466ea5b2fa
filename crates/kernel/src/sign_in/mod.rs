//! Signing in: from what a person showed, checked by the login provider, to a browser session.
//!
//! A new session for each sign-in, and the one before it ends: nobody can plant a cookie and wait (S-08). What was wrong is said exactly where that helps the person and
//! tells a stranger nothing: an unknown login and a wrong password are one and the same refusal (S-41).

mod rules;
#[cfg(test)]
mod tests;

pub use rules::{Browser, Facts, Known, Shown, decide, sign_out};
