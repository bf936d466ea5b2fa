//! One certificate, taken apart.

use std::{fmt, net::IpAddr};

use x509_parser::{
    certificate::X509Certificate, extensions::GeneralName, prelude::FromDer, x509::SubjectPublicKeyInfo,
};

use crate::{
    Algorithm, PublicKey, Time,
    certificate::{CertificateError, name::Name},
    digest,
    jwk::KeySet,
};

/// How large a certificate may be.
pub const CERTIFICATE_BYTES_MAX: usize = 16 * 1024;

/// A certificate somebody showed, parsed once. Nothing about its signature is known.
#[derive(Clone)]
pub struct Certificate {
    thumbprint: String,
    key: Option<PublicKey>,
    subject: Name,
    names: Vec<AlternativeName>,
    not_before: Time,
    not_after: Time,
}

impl Certificate {
    /// Reads one certificate and nothing after it.
    pub fn parse(der: &[u8]) -> Result<Certificate, CertificateError> {
        if der.len() > CERTIFICATE_BYTES_MAX {
            return Err(CertificateError::TooLarge);
        }
        let (rest, certificate) = X509Certificate::from_der(der).map_err(|_| CertificateError::Der)?;
        if !rest.is_empty() {
            return Err(CertificateError::Der);
        }
        let validity = certificate.validity();
        Ok(Certificate {
            thumbprint: digest::sha256_b64(der),
            key: public_key(certificate.public_key()),
            subject: Name::of(certificate.subject()).ok_or(CertificateError::Field)?,
            names: alternative_names(&certificate)?,
            not_before: Time::from_unix(validity.not_before.timestamp()),
            not_after: Time::from_unix(validity.not_after.timestamp()),
        })
    }

    /// base64url of the SHA-256 of the DER: `x5t#S256` (RFC 8705 s3.1).
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// The public key if it is one we could read as JWK: Ed25519, P-256, or RSA of 2048 to 4096 bits.
    ///
    /// A certificate names no JOSE algorithm: an RSA key is given as one for RS256. Compare thumbprints, which leave the
    /// algorithm out (RFC 7638 s3.2).
    pub fn public_key(&self) -> Option<&PublicKey> {
        self.key.as_ref()
    }

    /// Whether the key is one of these, whatever `alg` they have: `self_signed_tls_client_auth` (RFC 8705 s2.2.2).
    ///
    /// A registered `x5c` is not looked at: its first certificate must hold the key that its JWK spells out (RFC 7517
    /// s4.7), so a client whose certificate is in its set has the key there, too. Entries that [`KeySet::parse`] skips,
    /// such as those for encryption, do not count.
    pub fn has_key_in(&self, keys: &KeySet) -> bool {
        let Some(ours) = &self.key else { return false };
        keys.keys().iter().any(|key| key.thumbprint() == ours.thumbprint())
    }

    /// The subject as RFC 4514 writes it: the most specific part first, the reverse of the certificate's order.
    pub fn subject_dn(&self) -> &str {
        self.subject.text()
    }

    /// Whether `dn`, in the notation of RFC 4514, is the subject: `tls_client_auth_subject_dn` (RFC 8705 s2.1.2).
    ///
    /// Names of attribute types are known in any case and as numbers; escapes are decoded; the parts must stand in RFC
    /// 4514 order, and those joined by `+` in any. Values are compared exactly, stricter than the caseIgnoreMatch of RFC
    /// 4517 s4.2.11, so that two subjects of one certificate authority never stand for one client. An empty name matches
    /// nothing.
    pub fn subject_is(&self, dn: &str) -> bool {
        self.subject.is(dn)
    }

    /// Whether this DNS name is an alternative name, wildcards not interpreted: `tls_client_auth_san_dns`.
    pub fn has_dns(&self, name: &str) -> bool {
        self.has(|found| matches!(found, AlternativeName::Dns(dns) if dns.eq_ignore_ascii_case(name)))
    }

    /// Whether this URI, letter for letter, is an alternative name: `tls_client_auth_san_uri`.
    pub fn has_uri(&self, uri: &str) -> bool {
        self.has(|found| matches!(found, AlternativeName::Uri(found) if found == uri))
    }

    /// Whether this address, in dotted decimals or in the notation of RFC 5952, is an alternative name:
    /// `tls_client_auth_san_ip`.
    pub fn has_ip(&self, address: &str) -> bool {
        let octets = match address.parse() {
            Ok(IpAddr::V4(address)) => address.octets().to_vec(),
            Ok(IpAddr::V6(address)) => address.octets().to_vec(),
            Err(_) => return false,
        };
        self.has(|found| matches!(found, AlternativeName::Ip(found) if *found == octets))
    }

    /// Whether this mailbox is an alternative name, the case of its host aside (RFC 5280 s7.5):
    /// `tls_client_auth_san_email`.
    pub fn has_email(&self, mailbox: &str) -> bool {
        self.has(|found| matches!(found, AlternativeName::Email(found) if same_mailbox(found, mailbox)))
    }

    /// From when on it is valid.
    pub fn not_before(&self) -> Time {
        self.not_before
    }

    /// Until when it is valid, this second included.
    pub fn not_after(&self) -> Time {
        self.not_after
    }

    /// Whether the time lies in the validity, both ends included (RFC 5280 s4.1.2.5).
    pub fn valid_at(&self, now: Time) -> bool {
        self.not_before <= now && now <= self.not_after
    }

    fn has(&self, wanted: impl Fn(&AlternativeName) -> bool) -> bool {
        self.names.iter().any(wanted)
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Certificate").field(&self.thumbprint).finish()
    }
}

/// The kinds of names a client is registered by; others are skipped.
#[derive(Clone)]
enum AlternativeName {
    Dns(String),
    Uri(String),
    Ip(Vec<u8>),
    Email(String),
}

fn alternative_names(certificate: &X509Certificate<'_>) -> Result<Vec<AlternativeName>, CertificateError> {
    let extension = certificate
        .subject_alternative_name()
        .map_err(|_| CertificateError::AlternativeNames)?;
    let Some(extension) = extension else {
        return Ok(Vec::new());
    };
    let mut names = Vec::new();
    for name in &extension.value.general_names {
        names.extend(match name {
            GeneralName::DNSName(name) => Some(AlternativeName::Dns((*name).to_owned())),
            GeneralName::URI(uri) => Some(AlternativeName::Uri((*uri).to_owned())),
            GeneralName::IPAddress(octets) => Some(AlternativeName::Ip((*octets).to_vec())),
            GeneralName::RFC822Name(mailbox) => Some(AlternativeName::Email((*mailbox).to_owned())),
            GeneralName::OtherName(..)
            | GeneralName::X400Address(_)
            | GeneralName::DirectoryName(_)
            | GeneralName::EDIPartyName(_)
            | GeneralName::RegisteredID(_) => None,
            GeneralName::Invalid(..) => return Err(CertificateError::AlternativeNames),
        });
    }
    Ok(names)
}

fn same_mailbox(one: &str, other: &str) -> bool {
    match (one.rsplit_once('@'), other.rsplit_once('@')) {
        (Some((local, host)), Some((other_local, other_host))) => {
            local == other_local && host.eq_ignore_ascii_case(other_host)
        }
        _ => false,
    }
}

/// RFC 8410 s3 and s4, RFC 5480 s2.1.1 and s2.2, RFC 3279 s2.3.1.
fn public_key(info: &SubjectPublicKeyInfo<'_>) -> Option<PublicKey> {
    const ED25519: &str = "1.3.101.112";
    const EC: &str = "1.2.840.10045.2.1";
    const P256: &str = "1.2.840.10045.3.1.7";
    const RSA: &str = "1.2.840.113549.1.1.1";
    if info.subject_public_key.unused_bits != 0 {
        return None;
    }
    let bytes: &[u8] = &info.subject_public_key.data;
    let parameters = info.algorithm.parameters.as_ref();
    let key = match info.algorithm.algorithm.to_id_string().as_str() {
        ED25519 if parameters.is_none() => PublicKey::from_ed25519(bytes.try_into().ok()?),
        EC if parameters?.as_oid().ok()?.to_id_string() == P256 => PublicKey::from_p256(bytes),
        RSA => PublicKey::from_rsa_der(bytes, Algorithm::RS256),
        _ => return None,
    };
    key.ok()
}
