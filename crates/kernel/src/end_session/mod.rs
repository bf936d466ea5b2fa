//! RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0): an app sends a person here to be signed out, and may get them back.
//!
//! ```text
//!  id_token_hint of this browser session ──────────────── ended ── back to a registered place, or a page
//!  anything else, and somebody is signed in ── asked ─┬── ended ── back, or a page
//!                                                     └── stays
//!  nobody is signed in ────────────────────────────────── back for whoever shows one of our ID tokens, else a page
//! ```
//!
//! A link alone ends nothing: only an ID token that tells of this very browser session does (s2, s6). Nothing is redirected but to a place that the client registered (s3).
//!
//! Not covered: nothing of RP-Initiated Logout; `logout_hint` is read and changes nothing, since a browser has one session.

mod request;
mod rules;
#[cfg(test)]
mod tests;

pub use request::Request;
pub use rules::{Facts, decide, named_client};
