//! One public key.

use std::{fmt, sync::Arc};

use aws_lc_rs::signature::ParsedPublicKey;
use serde_json::{Value, map::Entry};
use thiserror::Error;

use crate::{
    Algorithm, Malformed, digest,
    json::{self, Object},
    jwk::{ed25519, p256, rsa},
};

/// The signature was not made over this message by this key.
#[derive(Error, Debug, Clone, Copy, PartialEq, Eq)]
#[error("signature does not verify")]
pub struct BadSignature;

/// A public signature key, parsed once and bound to one algorithm; cloning shares it.
#[derive(Clone)]
pub struct PublicKey {
    material: Arc<Material>,
    kid: Option<Arc<str>>,
}

impl PublicKey {
    /// Reads a JWK (RFC 7517 s4). `alg`, `use` and `key_ops` must fit a verification key when they are present.
    ///
    /// An RSA key without `alg` is taken for RS256.
    pub fn from_jwk(object: &Object) -> Result<PublicKey, Malformed> {
        refuse_private(object)?;
        let kid = json::text(object, "kid")?.map(Arc::from);
        let key_type = KeyType::of(object)?;
        refuse_other_use(object)?;
        let algorithm = key_type.algorithm(named_algorithm(object)?)?;
        let material = match key_type {
            KeyType::Ed25519 => ed25519::from_jwk(object)?,
            KeyType::P256 => p256::from_jwk(object)?,
            KeyType::Rsa => rsa::from_jwk(object, algorithm)?,
        };
        Ok(PublicKey {
            material: Arc::new(material),
            kid,
        })
    }

    /// An Ed25519 key from its 32 bytes (RFC 8032 s5.1.5).
    pub fn from_ed25519(bytes: &[u8; 32]) -> Result<PublicKey, Malformed> {
        ed25519::from_bytes(bytes).map(PublicKey::without_kid)
    }

    /// A P-256 key from its uncompressed point, `04 || x || y` (SEC 1 s2.3.3).
    pub fn from_p256(uncompressed_point: &[u8]) -> Result<PublicKey, Malformed> {
        p256::from_point(uncompressed_point).map(PublicKey::without_kid)
    }

    /// An RSA key from the DER of `RSAPublicKey` (RFC 8017 A.1.1), for RS256 or PS256.
    pub fn from_rsa_der(der: &[u8], algorithm: Algorithm) -> Result<PublicKey, Malformed> {
        rsa::from_der(der, KeyType::Rsa.algorithm(Some(algorithm))?).map(PublicKey::without_kid)
    }

    /// An RSA key from modulus and exponent, each big-endian in the fewest bytes (RFC 8230 s4).
    pub(crate) fn from_rsa_components(n: &[u8], e: &[u8], algorithm: Algorithm) -> Result<PublicKey, Malformed> {
        rsa::from_components(n, e, KeyType::Rsa.algorithm(Some(algorithm))?).map(PublicKey::without_kid)
    }

    /// The one algorithm this key verifies.
    pub fn algorithm(&self) -> Algorithm {
        self.material.algorithm
    }

    /// The SHA-256 thumbprint as base64url (RFC 7638): the `jkt` of RFC 9449.
    pub fn thumbprint(&self) -> &str {
        &self.material.thumbprint
    }

    /// The key id its JWK had, or that was given to it.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The same key under another key id.
    #[must_use]
    pub fn with_kid(self, kid: String) -> Self {
        PublicKey {
            kid: Some(kid.into()),
            ..self
        }
    }

    /// The key as JWK: its public members, `alg`, `use` `sig`, and `kid` if it has one.
    pub fn to_jwk(&self) -> Object {
        let mut object = self.material.form.members(self.material.parsed.as_ref());
        let kid = self.kid().map(|kid| ("kid", kid));
        for (name, value) in [("alg", self.algorithm().name()), ("use", "sig")]
            .into_iter()
            .chain(kid)
        {
            object.insert(name.to_owned(), Value::from(value));
        }
        object
    }

    /// Checks a signature in its JOSE form (RFC 7518 s3): ECDSA as `r || s` of 64 bytes.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        self.material
            .parsed
            .verify_sig(message, signature)
            .map_err(|_| BadSignature)
    }

    fn without_kid(material: Material) -> Self {
        PublicKey {
            material: Arc::new(material),
            kid: None,
        }
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PublicKey").field(&self.thumbprint()).finish()
    }
}

/// What the key is, without the name somebody gave it.
pub(super) struct Material {
    algorithm: Algorithm,
    parsed: ParsedPublicKey,
    thumbprint: String,
    form: Form,
}

impl Material {
    /// `thumbprint_input` is the JSON of RFC 7638 s3: required members only, ordered, no white space.
    pub(super) fn new(algorithm: Algorithm, parsed: ParsedPublicKey, form: Form, thumbprint_input: &str) -> Self {
        let thumbprint = digest::sha256_b64(thumbprint_input.as_bytes());
        Material {
            algorithm,
            parsed,
            thumbprint,
            form,
        }
    }
}

/// How the key is written; the bytes of the curve keys live in the parsed key.
pub(super) enum Form {
    Ed25519,
    P256,
    Rsa { n: String, e: String },
}

impl Form {
    fn members(&self, bytes: &[u8]) -> Object {
        match self {
            Form::Ed25519 => ed25519::members(bytes),
            Form::P256 => p256::members(bytes),
            Form::Rsa { n, e } => rsa::members(n, e),
        }
    }
}

/// The key types we take (RFC 7518 s6.1, RFC 8037 s2).
#[derive(Clone, Copy)]
enum KeyType {
    Ed25519,
    P256,
    Rsa,
}

impl KeyType {
    fn of(object: &Object) -> Result<KeyType, Malformed> {
        match json::required_text(object, "kty")? {
            "OKP" => match json::required_text(object, "crv")? {
                "Ed25519" => Ok(KeyType::Ed25519),
                _ => Err(Malformed::Unsupported("crv")),
            },
            "EC" => match json::required_text(object, "crv")? {
                "P-256" => Ok(KeyType::P256),
                _ => Err(Malformed::Unsupported("crv")),
            },
            "RSA" => Ok(KeyType::Rsa),
            _ => Err(Malformed::Unsupported("kty")),
        }
    }

    fn algorithm(self, named: Option<Algorithm>) -> Result<Algorithm, Malformed> {
        match (self, named) {
            (KeyType::Ed25519, None | Some(Algorithm::EdDSA)) => Ok(Algorithm::EdDSA),
            (KeyType::P256, None | Some(Algorithm::ES256)) => Ok(Algorithm::ES256),
            (KeyType::Rsa, None | Some(Algorithm::RS256)) => Ok(Algorithm::RS256),
            (KeyType::Rsa, Some(Algorithm::PS256)) => Ok(Algorithm::PS256),
            (KeyType::Ed25519 | KeyType::P256 | KeyType::Rsa, Some(_)) => Err(Malformed::Value("alg")),
        }
    }
}

/// Members that hold a secret in some key type (RFC 7518 s6.2.2, s6.3.2, s6.4; `priv` of the newer AKP keys).
const PRIVATE: [&str; 9] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"];

pub(crate) fn refuse_private(object: &Object) -> Result<(), Malformed> {
    if PRIVATE.iter().any(|name| object.contains_key(*name)) {
        return Err(Malformed::PrivateKey);
    }
    Ok(())
}

/// Gives an RSA `jwk` without `alg` the algorithm of the proof it came with: such a key is shown once and for that proof.
pub(crate) fn complete(jwk: &mut Object, algorithm: Algorithm) {
    if matches!(algorithm, Algorithm::RS256 | Algorithm::PS256)
        && jwk.get("kty").is_some_and(|kty| kty == "RSA")
        && let Entry::Vacant(alg) = jwk.entry("alg")
    {
        alg.insert(Value::from(algorithm.name()));
    }
}

fn named_algorithm(object: &Object) -> Result<Option<Algorithm>, Malformed> {
    match json::text(object, "alg")? {
        None => Ok(None),
        Some(name) => Algorithm::from_name(name)
            .map(Some)
            .ok_or(Malformed::Unsupported("alg")),
    }
}

fn refuse_other_use(object: &Object) -> Result<(), Malformed> {
    match json::text(object, "use")? {
        None | Some("sig") => {}
        Some(_) => return Err(Malformed::Unsupported("use")),
    }
    match object.get("key_ops") {
        None => Ok(()),
        Some(Value::Array(operations)) if operations.iter().all(Value::is_string) => {
            if operations.iter().any(|operation| operation == "verify") {
                Ok(())
            } else {
                Err(Malformed::Unsupported("key_ops"))
            }
        }
        Some(_) => Err(Malformed::WrongType("key_ops")),
    }
}
