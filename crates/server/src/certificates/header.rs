//! The header in which a proxy says what certificate it was shown.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use bytes::Bytes;
use percent_encoding::percent_decode;
use rustls::pki_types::{CertificateDer, pem::PemObject};

use super::{CERTIFICATES_MAX, CertificateSource, ClientCertificate};
use crate::fault::Fault;

/// A header with a client's certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateHeader {
    name: HeaderName,
    chain_name: HeaderName,
    format: CertificateFormat,
}

/// How the certificate is written in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateFormat {
    /// As RFC 9440 says: a byte sequence of DER between colons; the other certificates of the chain, where the proxy hands them on, in a header of the same name with `-Chain` behind it.
    Rfc9440,
    /// PEM, percent-encoded: `$ssl_client_escaped_cert` of nginx. More certificates may follow the client's own.
    EscapedPem,
}

impl CertificateHeader {
    /// A header of this name.
    pub fn new(name: &str, format: CertificateFormat) -> Result<Self, Fault> {
        let read = |name: &str| {
            HeaderName::try_from(name).map_err(|_| Fault::Setting(format!("{name}: not a name of a header")))
        };
        Ok(Self {
            name: read(name)?,
            chain_name: read(&format!("{name}-chain"))?,
            format,
        })
    }

    /// Whether a request has it.
    pub(crate) fn is_in(&self, headers: &HeaderMap) -> bool {
        headers.contains_key(&self.name)
    }

    /// The certificate that it says; `None` when it is not there or empty, which is how a proxy says that it was shown none.
    pub(crate) fn read(&self, headers: &HeaderMap) -> Result<Option<ClientCertificate>, Unusable> {
        let mut lines = headers.get_all(&self.name).iter();
        let line = match (lines.next(), lines.next()) {
            (None, _) => return Ok(None),
            (Some(line), None) if line.is_empty() => return Ok(None),
            (Some(line), None) => line,
            (Some(_), Some(_)) => return Err(Unusable::Twice),
        };
        let chain = match self.format {
            CertificateFormat::Rfc9440 => byte_sequence(line.as_bytes()).and_then(|own| {
                let mut chain = vec![own];
                chain.extend(self.others(headers)?);
                Some(chain)
            }),
            CertificateFormat::EscapedPem => escaped_pem(line),
        };
        chain
            .and_then(|chain| ClientCertificate::new(Arc::from(chain), CertificateSource::Proxy))
            .map(Some)
            .ok_or(Unusable::Unreadable)
    }

    /// RFC 9440 s2.3: a list (RFC 9651 s3.1), which may be spread over lines.
    fn others(&self, headers: &HeaderMap) -> Option<Vec<Bytes>> {
        let mut others = Vec::new();
        for line in headers.get_all(&self.chain_name) {
            for member in line.as_bytes().split(|byte| *byte == b',') {
                if others.len() >= CERTIFICATES_MAX {
                    return None;
                }
                others.push(byte_sequence(member.trim_ascii())?);
            }
        }
        Some(others)
    }
}

/// Why a certificate in a header does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// Whoever sent it is no proxy of ours.
    Stranger,
    /// It stands twice: one of them may be the client's.
    Twice,
    /// It cannot be read, or is too long.
    Unreadable,
}

impl Unusable {
    /// The word for the audit log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stranger => "not_from_a_proxy",
            Self::Twice => "sent_twice",
            Self::Unreadable => "unreadable",
        }
    }
}

/// RFC 9651 s4.2.7: parsers should take base64 without its padding too.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// `:base64:` (RFC 9440 s2.1).
fn byte_sequence(text: &[u8]) -> Option<Bytes> {
    let inner = text.strip_prefix(b":")?.strip_suffix(b":")?;
    BASE64.decode(inner).ok().map(Bytes::from)
}

fn escaped_pem(line: &HeaderValue) -> Option<Vec<Bytes>> {
    let pem: Vec<u8> = percent_decode(line.as_bytes()).collect();
    let mut chain = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        if chain.len() >= CERTIFICATES_MAX {
            return None;
        }
        chain.push(Bytes::copy_from_slice(certificate.ok()?.as_ref()));
    }
    Some(chain)
}
