//! A certificate as a proxy in front of us hands it on. Only such a proxy may be believed: anybody can write a header.

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{
    certificate::{CERTIFICATE_BYTES_MAX, CertificateError},
    hex,
};

/// The DER in a `Client-Cert` field: a byte sequence of RFC 8941 s3.3.5, `:base64:`, without parameters (RFC 9440 s2.1).
pub fn from_client_cert_header(field: &str) -> Result<Vec<u8>, CertificateError> {
    refuse_large_text(field)?;
    let base64 = field
        .trim_matches(' ')
        .strip_prefix(':')
        .and_then(|rest| rest.strip_suffix(':'))
        .ok_or(CertificateError::StructuredField)?;
    decode(base64, CertificateError::StructuredField)
}

/// The DER in a percent-encoded PEM certificate, as nginx writes it into `$ssl_client_escaped_cert`: exactly one, with
/// nothing around it.
pub fn from_escaped_pem(text: &str) -> Result<Vec<u8>, CertificateError> {
    refuse_large_text(text)?;
    let pem = unescaped(text.as_bytes()).ok_or(CertificateError::Pem)?;
    let base64 = pem
        .trim_ascii()
        .strip_prefix("-----BEGIN CERTIFICATE-----")
        .and_then(|rest| rest.strip_suffix("-----END CERTIFICATE-----"))
        .ok_or(CertificateError::Pem)?;
    let lines: String = base64.chars().filter(|letter| !matches!(letter, '\r' | '\n')).collect();
    decode(&lines, CertificateError::Pem)
}

/// Each byte becomes at most three of a percent-encoding of four thirds of it.
const TEXT_BYTES_MAX: usize = 4 * CERTIFICATE_BYTES_MAX;

fn refuse_large_text(text: &str) -> Result<(), CertificateError> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(CertificateError::TooLarge);
    }
    Ok(())
}

fn decode(base64: &str, broken: CertificateError) -> Result<Vec<u8>, CertificateError> {
    let der = STANDARD.decode(base64).map_err(|_| broken)?;
    if der.is_empty() {
        return Err(broken);
    }
    Ok(der)
}

/// Text without percent signs (RFC 3986 s2.1). A plus sign stands for itself: base64 has it.
fn unescaped(mut text: &[u8]) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    while let [byte, rest @ ..] = text {
        let (octet, rest) = match (byte, rest) {
            (b'%', [high, low, rest @ ..]) => (hex::octet(*high, *low)?, rest),
            (b'%', _) => return None,
            (octet, rest) => (*octet, rest),
        };
        // PEM is ASCII.
        if !octet.is_ascii() {
            return None;
        }
        out.push(char::from(octet));
        text = rest;
    }
    Some(out)
}
