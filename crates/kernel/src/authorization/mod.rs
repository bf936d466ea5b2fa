//! The authorization endpoint (RFC 6749 s4.1.1, OAuth 2.1 s4.1) with PKCE S256 (RFC 7636), resource indicators (RFC 8707), `iss` in every answer (RFC 9207), `dpop_jkt`
//! (RFC 9449 s10), and OpenID Connect Core s3.1.2 and s5.5.
//!
//! ```text
//!  query ── named client ── Return (proved) ── Asked ──┬── SignIn ── sign_in ──┐
//!            │ page            │ page            │       └───────────────────────┤
//!            └ no redirect     └ no redirect     │                               ▼
//!                                                └ refusal: page until somebody  Consent ──┬── deny ── Return with access_denied
//!                                                  is signed in, then Return     │         └── allow ─┐
//!                                                                                └ standing yes ──────┴── code, Return
//! ```
//!
//! Between the steps a request lives in the page, sealed for one tenant and one browser: what was checked once cannot be changed (S-05), nothing is stored for strangers,
//! and it is answered once, since the row of its code carries its id.
//!
//! What exactly is asked may stand in `authorization_details` (RFC 9396 s3). A person is asked about details each time, each one of them refusable: a yes that stands and the
//! rules of central consent are about scopes, and never say yes to a payment (docs/flows/authorization-details.md).
//!
//! Requests that were pushed (RFC 9126) or signed (RFC 9101) are the same once they are read; answers travel as the client wants them: in the query, as a form, signed (JARM).
//! How sure the client wants us to be of who is there (`max_age`, `acr_values`, RFC 9470) is part of the question, and asked again when it is answered.
//!
//! Not covered: front-channel tokens (OAuth 2.1 has none), encrypted requests and answers.

mod own_scopes;
mod request;
mod rules;
#[cfg(test)]
mod tests;
mod wanted;

pub use own_scopes::{OWN_SCOPES, words};
pub use request::{Asked, Carried, Demand, Prompt, REPEATABLE, ResponseMode, Returns, Wish, named_client, returns};
pub use rules::{
    Answered, Asking, CONSENT_SECONDS, Chosen, Delivery, Facts, Said, answer, askable, begin, delivery, error,
};
pub use wanted::Given;
pub(crate) use wanted::{Acting, Judged, Wanted, lives_as_read};

/// How long a sealed request may be answered, in seconds.
pub const REQUEST_SECONDS: i64 = 1_800;
