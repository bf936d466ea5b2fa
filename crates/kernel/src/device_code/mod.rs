//! The device grant at the token endpoint (RFC 8628 s3.4 and s3.5): a device asks again and again whether the person has answered, and gets its tokens once.
//!
//! The skin of [`crate::approval`] that fetches: client, key and time are checked there. The key of the device authorization request, if it proved one, is the key of
//! every poll; without one, the key of the poll that gets the tokens is theirs.

mod request;
mod rules;
#[cfg(test)]
mod tests;

pub use request::Request;
pub use rules::decide;
