//! Client authentication (RFC 6749 s2.3, RFC 7523 s2.2 with draft-ietf-oauth-rfc7523bis-11, RFC 8705 for certificates, draft-ietf-oauth-attestation-based-client-auth-10 for
//! attested instances, RFC 9449 for the key).
//!
//! The request shows credentials; [`Credentials::parse`] says which kind, the server loads the client they name, and [`prove`] says whether they hold.
//! Everything that fails here is `invalid_client` with one and the same sentence: nobody learns which clients exist.
//!
//! Not here: `client_secret_jwt` (never).

mod request;
mod rules;
#[cfg(test)]
mod tests;

pub use request::{ASSERTION_TYPE, Attested, Credentials, Evidence};
pub use rules::{Facts, ShownCertificate, Vouched, dpop_mark, prove, shown_without_client};
