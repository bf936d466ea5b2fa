//! A token somebody sent.

use std::{fmt, sync::OnceLock};

use crate::{
    Algorithm, Malformed, PublicKey, Verified, base64url,
    json::{self, Object},
    jwk::KeySet,
    jws::Rejected,
};

/// How long a token may be.
pub const TOKEN_BYTES_MAX: usize = 16 * 1024;

/// A JWS in compact form (RFC 7515 s7.1), parsed and NOT verified.
pub struct Compact<'a> {
    signing_input: &'a str,
    header: Object,
    algorithm: Algorithm,
    payload: Vec<u8>,
    signature: Vec<u8>,
    /// Read at most once, however many ask: first to choose the key, then after the signature.
    claims: OnceLock<Result<Object, Malformed>>,
}

impl<'a> Compact<'a> {
    /// Takes a token apart: size, three parts, strict base64url, and a strict header with an algorithm we know.
    pub fn parse(token: &'a str) -> Result<Compact<'a>, Rejected> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(Rejected::TooLarge);
        }
        let (signing_input, signature) = token.rsplit_once('.').ok_or(Rejected::Parts)?;
        let (header, payload) = signing_input.split_once('.').ok_or(Rejected::Parts)?;
        if payload.contains('.') {
            return Err(Rejected::Parts);
        }
        let header = json::parse_object(&decode(header)?).map_err(Rejected::Header)?;
        let algorithm = read_header(&header)?;
        Ok(Compact {
            signing_input,
            header,
            algorithm,
            payload: decode(payload)?,
            signature: decode(signature)?,
            claims: OnceLock::new(),
        })
    }

    /// The algorithm the header names; one of ours, or parsing had failed.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The key id the header names (RFC 7515 s4.1.4).
    pub fn kid(&self) -> Option<&str> {
        self.header.get("kid")?.as_str()
    }

    /// The type the header names, as written (RFC 7515 s4.1.9).
    pub fn typ(&self) -> Option<&str> {
        self.header.get("typ")?.as_str()
    }

    /// Whether the type is `name`: case is ignored, and `application/` may be left out (RFC 7515 s4.1.9).
    pub fn typ_is(&self, name: &str) -> bool {
        const PREFIX: &str = "application/";
        self.typ().is_some_and(|typ| {
            let short = match typ.split_at_checked(PREFIX.len()) {
                // A further slash forbids leaving the prefix out.
                Some((prefix, short)) if prefix.eq_ignore_ascii_case(PREFIX) && !short.contains('/') => short,
                _ => typ,
            };
            short.eq_ignore_ascii_case(name)
        })
    }

    /// The protected header.
    pub fn header(&self) -> &Object {
        &self.header
    }

    /// The claims before any signature was checked: good for choosing the key and for nothing else.
    pub fn claims_unverified(&self) -> Result<Object, Rejected> {
        self.claims().cloned()
    }

    /// The claims, if the header names the key's algorithm and the key made the signature.
    pub fn verify(&self, key: &PublicKey) -> Result<Verified<Object>, Rejected> {
        self.check_signature(key)?;
        self.owned_claims().map(Verified::new)
    }

    /// The claims, if one of the keys made the signature: of the named key id and algorithm, or of the algorithm when
    /// no key id is named.
    pub fn verify_with(&self, keys: &KeySet) -> Result<Verified<Object>, Rejected> {
        self.check_signature_with(keys)?;
        self.owned_claims().map(Verified::new)
    }

    /// Like [`Compact::verify_with`], for checks of this crate that borrow the claims.
    pub(crate) fn verify_ref(&self, keys: &KeySet) -> Result<&Object, Rejected> {
        self.check_signature_with(keys)?;
        self.claims()
    }

    /// The claims, unverified, without copying them.
    pub(crate) fn claims(&self) -> Result<&Object, Rejected> {
        let claims = self.claims.get_or_init(|| json::parse_object(&self.payload));
        claims.as_ref().map_err(|why| Rejected::Payload(*why))
    }

    /// The protected header, for a check that completes it.
    pub(crate) fn header_mut(&mut self) -> &mut Object {
        &mut self.header
    }

    fn owned_claims(&self) -> Result<Object, Rejected> {
        match self.claims.get() {
            Some(read) => read.clone(),
            None => json::parse_object(&self.payload),
        }
        .map_err(Rejected::Payload)
    }

    fn check_signature(&self, key: &PublicKey) -> Result<(), Rejected> {
        if key.algorithm() != self.algorithm {
            return Err(Rejected::WrongAlgorithm);
        }
        key.verify(self.signing_input.as_bytes(), &self.signature)
            .map_err(|_| Rejected::Signature)
    }

    fn check_signature_with(&self, keys: &KeySet) -> Result<(), Rejected> {
        let kid = self.kid();
        let mut last = match kid {
            // A key of that name for another algorithm is not an unknown key: nobody should go and fetch keys anew.
            Some(_) if keys.keys().iter().any(|key| key.kid() == kid) => Rejected::WrongAlgorithm,
            _ => Rejected::UnknownKey,
        };
        for key in keys.find(kid, self.algorithm) {
            match self.check_signature(key) {
                Ok(()) => return Ok(()),
                Err(why) => last = why,
            }
        }
        Err(last)
    }
}

impl fmt::Debug for Compact<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compact")
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

fn decode(part: &str) -> Result<Vec<u8>, Rejected> {
    base64url::decode(part).map_err(|_| Rejected::Base64url)
}

fn read_header(header: &Object) -> Result<Algorithm, Rejected> {
    if header.contains_key("crit") {
        return Err(Rejected::Critical);
    }
    if header.contains_key("b64") {
        return Err(Rejected::UnencodedPayload);
    }
    for name in ["kid", "typ"] {
        json::text(header, name).map_err(Rejected::Header)?;
    }
    let name = json::required_text(header, "alg").map_err(Rejected::Header)?;
    Algorithm::from_name(name).ok_or(Rejected::Algorithm)
}
