//! Keys that sign what the tests need, well-formed or not. The crate itself holds no private key.

use std::sync::OnceLock;

use aws_lc_rs::{
    encoding::AsDer,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
        RsaKeyPair,
    },
};
use proof::{Algorithm, PublicKey, base64url, json::Object};
use serde_json::Value;

pub(crate) enum Signer {
    Ed25519(Box<Ed25519KeyPair>),
    P256(Box<EcdsaKeyPair>),
    Rsa(Box<RsaKeyPair>, Algorithm),
}

impl Signer {
    /// The same key for the same seed.
    pub(crate) fn ed25519(seed: u8) -> Self {
        Signer::Ed25519(Box::new(Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()))
    }

    pub(crate) fn p256() -> Self {
        Signer::P256(Box::new(
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, p256_pkcs8()).unwrap(),
        ))
    }

    pub(crate) fn rsa(algorithm: Algorithm) -> Self {
        Signer::Rsa(Box::new(RsaKeyPair::from_pkcs8(rsa_pkcs8()).unwrap()), algorithm)
    }

    /// One of each algorithm.
    pub(crate) fn all() -> [Self; 4] {
        [
            Self::ed25519(7),
            Self::p256(),
            Self::rsa(Algorithm::RS256),
            Self::rsa(Algorithm::PS256),
        ]
    }

    pub(crate) fn algorithm(&self) -> Algorithm {
        match self {
            Signer::Ed25519(_) => Algorithm::EdDSA,
            Signer::P256(_) => Algorithm::ES256,
            Signer::Rsa(_, algorithm) => *algorithm,
        }
    }

    pub(crate) fn key(&self) -> PublicKey {
        match self {
            Signer::Ed25519(pair) => PublicKey::from_ed25519(pair.public_key().as_ref().try_into().unwrap()),
            Signer::P256(pair) => PublicKey::from_p256(pair.public_key().as_ref()),
            Signer::Rsa(pair, algorithm) => PublicKey::from_rsa_der(pair.public_key().as_ref(), *algorithm),
        }
        .unwrap()
    }

    /// The public key as a `DPoP` proof shows it: required members only.
    pub(crate) fn bare_jwk(&self) -> Value {
        let mut jwk = self.key().to_jwk();
        jwk.retain(|name, _| !["alg", "use"].contains(&name.as_str()));
        Value::Object(jwk)
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the backend takes a source of randomness as its second argument"
    )]
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Signer::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
            Signer::P256(pair) => pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec(),
            Signer::Rsa(pair, algorithm) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                let encoding = match algorithm {
                    Algorithm::PS256 => &RSA_PSS_SHA256,
                    Algorithm::RS256 | Algorithm::EdDSA | Algorithm::ES256 => &RSA_PKCS1_SHA256,
                };
                pair.sign(encoding, &SystemRandom::new(), message, &mut signature)
                    .unwrap();
                signature
            }
        }
    }

    /// Signs header and claims as they stand.
    pub(crate) fn jws(&self, header: &Value, claims: &Value) -> String {
        self.raw(&header.to_string(), &claims.to_string())
    }

    /// Signs two texts that need not be JSON.
    pub(crate) fn raw(&self, header: &str, claims: &str) -> String {
        let input = unsigned(header, claims);
        let signature = self.sign(input.as_bytes());
        proof::jws::assemble(input, &signature)
    }
}

pub(crate) fn p256_pkcs8() -> &'static [u8] {
    static PKCS8: OnceLock<Vec<u8>> = OnceLock::new();
    PKCS8.get_or_init(|| {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        pair.to_pkcs8v1().unwrap().as_ref().to_vec()
    })
}

pub(crate) fn rsa_pkcs8() -> &'static [u8] {
    static PKCS8: OnceLock<Vec<u8>> = OnceLock::new();
    PKCS8.get_or_init(|| {
        RsaKeyPair::generate(KeySize::Rsa2048)
            .unwrap()
            .as_der()
            .unwrap()
            .as_ref()
            .to_vec()
    })
}

pub(crate) fn unsigned(header: &str, claims: &str) -> String {
    [
        base64url::encode(header.as_bytes()),
        base64url::encode(claims.as_bytes()),
    ]
    .join(".")
}

pub(crate) fn object(value: Value) -> Object {
    let Value::Object(object) = value else {
        panic!("not an object: {value}")
    };
    object
}

/// The JSON of `object` with one member replaced or added by raw text that need not be valid.
pub(crate) fn with_raw(object: &Value, name: &str, raw: &str) -> String {
    let mut rest = object.clone();
    rest.as_object_mut().unwrap().remove(name);
    let text = rest.to_string();
    format!(r#"{},"{name}":{raw}}}"#, text.strip_suffix('}').unwrap())
}
