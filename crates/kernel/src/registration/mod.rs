//! Clients that nobody registered: by a metadata document at their own address (draft-ietf-oauth-client-id-metadata-document-02), or by registering themselves
//! (RFC 7591, and RFC 7592 for what comes after).
//!
//! Both speak the same metadata; what it says is the claim of a stranger. Unknown members are ignored and not echoed, unknown scopes are cut, nothing they say gives them
//! anything: what a client gets, a person or an administrator gives it.
//!
//! Not covered: software statements (no issuer is trusted, so one is refused as unapproved).

mod document;
mod metadata;
mod rules;
#[cfg(test)]
mod tests;

pub use document::{Address, address, document, keys_address};
pub use metadata::{Claimed, Metadata, Said};
pub(crate) use metadata::{checked_keys, held_by, needed_for, sector};
pub(crate) use rules::keys;
pub use rules::{Command, Facts, Known, decide, registration_document};

/// How long a client that registered itself is kept when nobody ever says yes to it, in seconds (S-24).
pub const UNUSED_SECONDS: i64 = 86_400;
/// Clients of a tenant that registered themselves and nobody ever said yes to, at most.
pub const UNUSED_MAX: i64 = 10_000;
/// The largest client metadata document, in bytes (the draft recommends to read at least 5 KiB).
pub const DOCUMENT_BYTES_MAX: usize = 10 * 1024;
