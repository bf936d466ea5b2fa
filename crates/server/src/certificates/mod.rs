//! Certificates of clients (RFC 8705): what a request shows, where that comes from, and which authorities vouch for whom.
//!
//! A certificate comes from the connection, whose handshake proved its key ([`handshake`]), or from a proxy that says in a header what it was shown ([`header`]). Either way
//! it is bytes with a bound, and nothing is said yet of who issued it: clients with certificates of their own making bring no issuer (s2.2), and for the
//! others [`ClientAuthorities`] are asked when a client is registered for that (s2.1).

mod authorities;
mod handshake;
mod header;

use std::sync::Arc;

pub use authorities::ClientAuthorities;
use bytes::Bytes;
pub(crate) use handshake::AnyClientCertificate;
pub use header::{CertificateFormat, CertificateHeader, Unusable};
use rustls::pki_types::CertificateDer;

/// Certificates in a chain, at most.
pub(crate) const CERTIFICATES_MAX: usize = 10;
/// The largest certificate, in bytes.
pub(crate) const CERTIFICATE_BYTES_MAX: usize = 16 * 1024;

/// The certificate that a request came with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    /// In DER, the client's own first. Never empty.
    pub chain: Arc<[Bytes]>,
    /// Who saw the proof of its key.
    pub from: CertificateSource,
}

/// Who saw that the client has the certificate's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateSource {
    /// We: it was shown in the handshake of this connection.
    Connection,
    /// A proxy whose word counts: it was shown in the handshake with the proxy.
    Proxy,
}

impl ClientCertificate {
    /// Of a chain within the bounds whose first certificate can be read; `None` for any other.
    pub(crate) fn new(chain: Arc<[Bytes]>, from: CertificateSource) -> Option<Self> {
        let bounded = within_bounds(chain.iter().map(Bytes::len));
        let readable = chain
            .first()
            .is_some_and(|own| webpki::EndEntityCert::try_from(&CertificateDer::from(own.as_ref())).is_ok());
        (bounded && readable).then_some(Self { chain, from })
    }

    /// The client's own certificate, in DER.
    pub fn own(&self) -> &[u8] {
        self.chain.first().map_or(&[], |own| own.as_ref())
    }

    /// The thumbprint of the client's own certificate: `x5t#S256` (RFC 8705 s3.1).
    pub fn thumbprint(&self) -> String {
        proof::digest::sha256_b64(self.own())
    }
}

impl CertificateSource {
    /// The word for the audit log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::Proxy => "proxy",
        }
    }
}

/// Whether a chain of certificates of these lengths is one that is looked at.
pub(crate) fn within_bounds(lengths: impl ExactSizeIterator<Item = usize>) -> bool {
    lengths.len() <= CERTIFICATES_MAX && { lengths }.all(|length| length <= CERTIFICATE_BYTES_MAX)
}
