//! The URL of a stranger.

use std::fmt;

use url::{Host, Url};

use crate::Refused;

/// A URL that somebody else named, well-formed enough to be judged; whether its host may be contacted is asked at each
/// fetch.
///
/// It keeps the text it was made from byte for byte, since protocols compare such URLs as strings.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExternalUrl {
    text: String,
    url: Url,
}

impl ExternalUrl {
    /// The longest URL taken.
    pub const BYTES_MAX: usize = 2048;

    /// Takes an absolute `https` URL without user and fragment; `http` only if its host is loopback by name.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        if text.len() > Self::BYTES_MAX {
            return Err(Refused::TooLong);
        }
        // Checked before parsing: the WHATWG parser mends what it can (strips tabs, turns `\` into `/`), so it would
        // see another URL than the reader of the text.
        if !text.bytes().all(known_to_rfc_3986) {
            return Err(Refused::Character);
        }
        if text.contains('#') {
            return Err(Refused::Fragment);
        }
        let (scheme, rest) = text.split_once("://").ok_or(Refused::Scheme)?;
        let plain = match scheme.to_ascii_lowercase().as_str() {
            "https" => false,
            "http" => true,
            _ => return Err(Refused::Scheme),
        };
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        if authority.contains('@') {
            return Err(Refused::UserInfo);
        }
        if authority.is_empty() {
            return Err(Refused::Host);
        }
        let url = Url::parse(text).map_err(|error| {
            if error == url::ParseError::InvalidPort {
                Refused::Port
            } else {
                Refused::Host
            }
        })?;
        if url.port() == Some(0) {
            return Err(Refused::Port);
        }
        let parsed = Self {
            text: text.to_owned(),
            url,
        };
        if plain && !parsed.names_loopback() {
            return Err(Refused::Scheme);
        }
        Ok(parsed)
    }

    /// The text as it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host in normal form: lower case, `0x7f.1` as `127.0.0.1`, IPv6 in brackets.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// The port, named or implied.
    pub fn port(&self) -> u16 {
        self.url.port_or_known_default().unwrap_or(443)
    }

    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    pub(crate) fn is_plain_http(&self) -> bool {
        self.url.scheme() == "http"
    }

    fn names_loopback(&self) -> bool {
        match self.url.host() {
            Some(Host::Domain(name)) => is_localhost(name),
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            None => false,
        }
    }
}

impl fmt::Display for ExternalUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// `localhost` and all below it (RFC 6761 s6.3).
pub(crate) fn is_localhost(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name == "localhost" || name.ends_with(".localhost")
}

/// unreserved, gen-delims, sub-delims and the percent sign (RFC 3986 s2).
fn known_to_rfc_3986(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte)
}
