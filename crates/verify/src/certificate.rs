//! Does the caller have the certificate the token is bound to (RFC 8705 s3)?

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, request::Parts};
use percent_encoding::percent_decode;
use rustls::pki_types::{CertificateDer, pem::PemObject};

use crate::Reason;

/// The certificate, in DER, that the client showed in the handshake of this connection, where it proved that it has the key.
///
/// The server that embeds the guard puts it into the extensions of each request of the connection, before the layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerCertificate(pub Bytes);

/// Where certificates come from.
#[derive(Clone, Debug, Default)]
pub(crate) enum Certificates {
    /// The connection: a [`PeerCertificate`] in the extensions.
    #[default]
    Connection,
    /// A header that a proxy sets; the connection's certificate is the proxy's own then.
    Header(HeaderName),
}

impl Certificates {
    /// Checks that the request shows the certificate with this thumbprint.
    pub(crate) fn check(&self, parts: &Parts, x5t: &str) -> Result<(), Reason> {
        let shown = match self {
            Self::Connection => parts.extensions.get::<PeerCertificate>().map(|shown| shown.0.clone()),
            Self::Header(name) => in_header(&parts.headers, name)?,
        };
        let shown = shown.ok_or(Reason::NoCertificate)?;
        if proof::digest::sha256_b64(&shown) == x5t {
            Ok(())
        } else {
            Err(Reason::ForeignCertificate)
        }
    }
}

/// The certificate of a header that stands once; none when it is absent or empty, which is how a proxy says that it was shown none.
fn in_header(headers: &HeaderMap, name: &HeaderName) -> Result<Option<Bytes>, Reason> {
    let mut lines = headers.get_all(name).iter();
    match (lines.next(), lines.next()) {
        (None, _) => Ok(None),
        (Some(line), None) if line.is_empty() => Ok(None),
        (Some(line), None) => read(line).map(Some).ok_or(Reason::CertificateHeader),
        (Some(_), Some(_)) => Err(Reason::CertificateHeader),
    }
}

/// A byte sequence between colons (RFC 9440 s2.1), or percent-encoded PEM. No text is both.
fn read(line: &HeaderValue) -> Option<Bytes> {
    if let Some(rest) = line.as_bytes().strip_prefix(b":") {
        return BASE64.decode(rest.strip_suffix(b":")?).ok().map(Bytes::from);
    }
    let pem: Vec<u8> = percent_decode(line.as_bytes()).collect();
    let own = CertificateDer::from_pem_slice(&pem).ok()?;
    Some(Bytes::copy_from_slice(&own))
}

/// RFC 9651 s4.2.7: parsers should take base64 without its padding too.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
