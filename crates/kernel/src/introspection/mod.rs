//! Token introspection (RFC 7662).
//!
//! A resource asks whether a token counts *now*: the signature, the record, the whole grant path, the client and the tenant are read again. Who may know is decided per
//! audience: a resource's own clients, or a client that may introspect everything. To all others every token is `{"active":false}`, as is a token that does not count.
//!
//! The answer is signed for whoever asks for it so (RFC 9701). Not covered: encrypted answers.

mod request;
mod rules;
#[cfg(test)]
mod tests;

pub use request::{Request, SIGNED_ANSWER};
pub use rules::{Facts, Known, decide, speaks_here};
pub(crate) use rules::{counts, lives, may_know};
