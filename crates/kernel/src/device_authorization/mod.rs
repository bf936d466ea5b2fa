//! The device authorization endpoint (RFC 8628 s3.1 and s3.2): a device that has no browser of its own asks for a code, and a person types it at another device.
//!
//! The skin of [`crate::approval`] that asks. Who is asked is nobody yet: whoever is signed in and types the code claims the question, and from then on it is theirs alone
//! (S-27). The code is never filled in for them: there is no `verification_uri_complete`, so that nobody can send somebody a link to what a stranger started (S-28).
//!
//! Not covered: `verification_uri_complete` (s3.3.1, on purpose).

mod request;
mod rules;
#[cfg(test)]
mod tests;

pub use request::Request;
pub use rules::{Facts, LIFETIME_SECONDS, VERIFICATION_PATH, decide};
