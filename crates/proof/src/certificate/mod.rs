//! Client certificates (RFC 8705): what a certificate says about the client that showed it.
//!
//! Read here: the thumbprint that tokens are bound to (s3.1), the subject and the alternative names that a registered
//! client is recognised by (s2.1.2), the public key that a registered JWK is compared with (s2.2.2), and the validity.
//! Not checked here: that the caller holds the key, which TLS proved, and that a certificate authority vouches for the
//! names, which whoever ended TLS checked. So a [`Certificate`] is not [`crate::Verified`]: it is text of the caller's
//! until the hop it came from is known to be ours.

mod name;
mod parsed;
mod text;

use thiserror::Error;

pub use self::{
    parsed::{CERTIFICATE_BYTES_MAX, Certificate},
    text::{from_client_cert_header, from_escaped_pem},
};

/// Why bytes are no certificate for us; never says what was in them.
#[derive(Error, Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateError {
    /// More than [`CERTIFICATE_BYTES_MAX`] bytes, or the text of so many.
    #[error("certificate is too large")]
    TooLarge,
    /// Not exactly one certificate in DER (RFC 5280 s4.1).
    #[error("not a certificate in DER")]
    Der,
    /// A part of the subject, or a validity, that cannot be read.
    #[error("certificate fields cannot be read")]
    Field,
    /// The alternative names cannot be read, or stand there twice (RFC 5280 s4.2).
    #[error("certificate alternative names cannot be read")]
    AlternativeNames,
    /// Not one byte sequence between colons (RFC 9440 s2.1, RFC 8941 s3.3.5).
    #[error("not a certificate in a structured field")]
    StructuredField,
    /// Not one percent-encoded PEM certificate (RFC 3986 s2.1, RFC 7468 s5).
    #[error("not a percent-encoded PEM certificate")]
    Pem,
}
