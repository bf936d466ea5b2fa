//! Deferred Token Response (draft-ietf-oauth-deferred-token-response, as of its first editors' copy): a token request that cannot be answered at once is answered with
//! a deferral code, and the client asks again with it until people have answered.
//!
//! The second skin of [`crate::approval`]. Deferred are, and only for a client that says `completion_mode=deferred`:
//!
//! | request | when | who is asked |
//! |---|---|---|
//! | `client_credentials` | its scope, details and resource lie within no grant of the client | the approvers that an administrator named for the client, as many as their quorum |
//! | `refresh_token` | its scope or its details are more than was granted | the person of the line |
//!
//! The answer to the poll is what the request would have got. Nothing else of the request can change meanwhile: the poll has no parameters but the code. A refresh that
//! was deferred leaves its line as it is; the answer begins another one, as a second sign-in would.
//!
//! Beyond the draft: `binding_message`, the machine's own words for why it asks, shown as such (docs/divergences.md).
//!
//! Not covered: the callback (`deferred_client_notification_endpoint`), since polling is authoritative and nothing here sends yet; other grant types; progress texts.

mod request;
mod rules;
#[cfg(test)]
mod tests;

pub use request::{Completion, GRANT_TYPE, Request, TOKEN_TYPE};
pub use rules::decide;
pub(crate) use rules::{Deferral, deferred};
