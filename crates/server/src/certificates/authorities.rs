//! Whose certificates the installation believes: the trust anchors of `tls_client_auth` (RFC 8705 s2.1).

use std::{fmt, time::Duration};

use bytes::Bytes;
use kernel::Time;
use rustls::{
    crypto::{WebPkiSupportedAlgorithms, aws_lc_rs},
    pki_types::{CertificateDer, TrustAnchor, UnixTime, pem::PemObject},
};
use webpki::{EndEntityCert, KeyUsage};

use super::within_bounds;
use crate::fault::Fault;

/// The authorities that vouch for clients. The default is none: nobody is believed.
#[derive(Clone, Default)]
pub struct ClientAuthorities {
    anchors: Vec<TrustAnchor<'static>>,
}

impl ClientAuthorities {
    /// From the authorities' certificates, PEM. A certificate that is not an authority's is refused: as an anchor its key could make certificates for everybody.
    pub fn from_pem(pem: &[u8]) -> Result<Self, Fault> {
        let mut anchors = Vec::new();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let place = anchors.len().saturating_add(1);
            let wrong = |what: String| Fault::Tls(format!("authority {place}: {what}"));
            let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
            let anchor = webpki::anchor_from_trusted_cert(&certificate).map_err(|error| wrong(error.to_string()))?;
            if !may_issue(&certificate) {
                return Err(wrong(
                    "not a certificate authority's (its basic constraints do not say CA)".to_owned(),
                ));
            }
            anchors.push(anchor.to_owned());
        }
        if anchors.is_empty() {
            return Err(Fault::Tls("no certificate authority in PEM form".to_owned()));
        }
        Ok(Self { anchors })
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.anchors.len()
    }

    /// Whether a path leads from a client's chain, its own certificate first, to one of the authorities at this time, for the authentication of clients
    /// (RFC 5280 s6, s4.2.1.12). Revocation lists are not asked.
    pub fn trusts(&self, chain: &[Bytes], now: Time) -> bool {
        let Some((own, others)) = chain.split_first() else {
            return false;
        };
        let Ok(seconds) = u64::try_from(now.unix()) else {
            return false;
        };
        if !within_bounds(chain.iter().map(Bytes::len)) {
            return false;
        }
        let own = CertificateDer::from(own.as_ref());
        let others: Vec<CertificateDer<'_>> = others
            .iter()
            .map(|other| CertificateDer::from(other.as_ref()))
            .collect();
        let Ok(own) = EndEntityCert::try_from(&own) else {
            return false;
        };
        let time = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        own.verify_for_usage(
            algorithms().all,
            &self.anchors,
            &others,
            time,
            KeyUsage::client_auth(),
            None,
            None,
        )
        .is_ok()
    }
}

impl fmt::Debug for ClientAuthorities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientAuthorities")
            .field("count", &self.count())
            .finish_non_exhaustive()
    }
}

/// The signatures that are understood, in certificates and in handshakes.
pub(crate) fn algorithms() -> WebPkiSupportedAlgorithms {
    aws_lc_rs::default_provider().signature_verification_algorithms
}

/// Whether the certificate is one that may issue others, as the path building that never takes an authority for a client sees it. A certificate of version 1
/// says nothing of that, and is an operator's word.
fn may_issue(certificate: &CertificateDer<'_>) -> bool {
    let Ok(as_client) = EndEntityCert::try_from(certificate) else {
        return true;
    };
    let judged = |time| {
        as_client
            .verify_for_usage(&[], &[], &[], time, KeyUsage::client_auth(), None, None)
            .err()
    };
    // Validity is looked at first: asked at its own beginning, the certificate is valid.
    let judgement = match judged(UnixTime::since_unix_epoch(Duration::ZERO)) {
        Some(webpki::Error::CertNotValidYet { not_before, .. }) => judged(not_before),
        other => other,
    };
    judgement == Some(webpki::Error::CaUsedAsEndEntity)
}
