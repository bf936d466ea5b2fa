//! A tenant's signing key as a row: the public half to publish, the private half sealed.

use proof::{Algorithm, Time};

/// A signing key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKey {
    /// Its id: the RFC 7638 thumbprint.
    pub kid: String,
    /// The one algorithm it signs with.
    pub algorithm: Algorithm,
    /// When it was made; it is published from then on.
    pub created: Time,
    /// From when it signs.
    pub active_from: Time,
    /// The public JWK, as JSON text.
    pub public_jwk: String,
    /// The private key (PKCS #8), sealed under the installation's key-encryption key.
    pub sealed: String,
}
