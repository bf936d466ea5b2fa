//! A signing key in this process's memory.

use std::fmt;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
    RsaEncoding, RsaKeyPair,
};
use proof::{Algorithm, Malformed, PublicKey, Secret, base64url, json};
use serde_json::Value;

use crate::{Fault, SignFuture, Signer, random};

/// RSA keys that we make have 2048 bits: what FAPI 2.0 s5.4 asks at least, and the 112-bit strength of NIST SP 800-57 part 1, table 2, for keys that sign for a day and tokens
/// that count for minutes. 3072 bits would cost each signature three times as much.
const RSA_SIZE: KeySize = KeySize::Rsa2048;

/// A private key kept in memory, parsed once; its `kid` is its RFC 7638 thumbprint.
pub struct SoftwareKey {
    private: Private,
    public: PublicKey,
}

enum Private {
    Ed25519(Ed25519KeyPair),
    P256(EcdsaKeyPair),
    Rsa(RsaKeyPair, &'static dyn RsaEncoding),
}

impl SoftwareKey {
    /// Makes a new key and returns it with its PKCS#8 form (RFC 5208), which is to be sealed and stored.
    pub fn generate(algorithm: Algorithm) -> Result<(Self, Secret<Vec<u8>>), Fault> {
        let pkcs8 = generate_pkcs8(algorithm)?;
        let key = Self::from_pkcs8(algorithm, pkcs8.reveal())?;
        Ok((key, pkcs8))
    }

    /// Reads a PKCS#8 private key and binds it to one algorithm.
    pub fn from_pkcs8(algorithm: Algorithm, pkcs8: &[u8]) -> Result<Self, Fault> {
        let unreadable = |source| Fault::Unreadable { algorithm, source };
        let private = match algorithm {
            Algorithm::EdDSA => Private::Ed25519(Ed25519KeyPair::from_pkcs8(pkcs8).map_err(unreadable)?),
            Algorithm::ES256 => {
                Private::P256(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).map_err(unreadable)?)
            }
            Algorithm::RS256 => Private::Rsa(RsaKeyPair::from_pkcs8(pkcs8).map_err(unreadable)?, &RSA_PKCS1_SHA256),
            Algorithm::PS256 => Private::Rsa(RsaKeyPair::from_pkcs8(pkcs8).map_err(unreadable)?, &RSA_PSS_SHA256),
        };
        let public = public_half(algorithm, &private).map_err(|source| Fault::Public { algorithm, source })?;
        let kid = public.thumbprint().to_owned();
        Ok(Self {
            private,
            public: public.with_kid(kid),
        })
    }

    /// Reads a private JWK: what [`crate::private_jwk`] gave to a client. `EdDSA` and ES256.
    pub fn from_private_jwk(jwk: &json::Object) -> Result<Self, Fault> {
        let mut public = jwk.clone();
        let private = public.remove("d");
        let named = PublicKey::from_jwk(&public).map_err(Fault::Jwk)?;
        let algorithm = named.algorithm();
        let broken = || Fault::PrivateJwk(algorithm);
        let secret = Secret::new(bytes_of(private.as_ref()).ok_or_else(broken)?);
        let x = bytes_of(public.get("x")).ok_or_else(broken)?;
        let private = match algorithm {
            Algorithm::EdDSA => {
                Private::Ed25519(Ed25519KeyPair::from_seed_and_public_key(secret.reveal(), &x).map_err(|_| broken())?)
            }
            Algorithm::ES256 => {
                let y = bytes_of(public.get("y")).ok_or_else(broken)?;
                let point = [&[4], x.as_slice(), y.as_slice()].concat();
                Private::P256(
                    EcdsaKeyPair::from_private_key_and_public_key(
                        &ECDSA_P256_SHA256_FIXED_SIGNING,
                        secret.reveal(),
                        &point,
                    )
                    .map_err(|_| broken())?,
                )
            }
            Algorithm::RS256 | Algorithm::PS256 => return Err(broken()),
        };
        let kid = named.thumbprint().to_owned();
        Ok(Self {
            private,
            public: named.with_kid(kid),
        })
    }

    fn signature(&self, input: &[u8]) -> Result<Vec<u8>, Fault> {
        let failed = |_| Fault::Sign(self.algorithm());
        match &self.private {
            Private::Ed25519(pair) => Ok(pair.try_sign(input).map_err(failed)?.as_ref().to_vec()),
            Private::P256(pair) => Ok(pair.sign(&random::source(), input).map_err(failed)?.as_ref().to_vec()),
            Private::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*encoding, &random::source(), input, &mut signature)
                    .map_err(failed)?;
                Ok(signature)
            }
        }
    }
}

/// The bytes of a base64url member.
fn bytes_of(value: Option<&Value>) -> Option<Vec<u8>> {
    base64url::decode(value?.as_str()?).ok()
}

impl Signer for SoftwareKey {
    fn algorithm(&self) -> Algorithm {
        self.public.algorithm()
    }

    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn sign<'a>(&'a self, input: &'a [u8]) -> SignFuture<'a> {
        Box::pin(async move { self.signature(input) })
    }
}

impl fmt::Debug for SoftwareKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SoftwareKey")
            .field("public", &self.public)
            .finish_non_exhaustive()
    }
}

/// The backend draws from its own generator, which the operating system seeds. Version 1 of PKCS#8 is what all tools
/// read.
fn generate_pkcs8(algorithm: Algorithm) -> Result<Secret<Vec<u8>>, Fault> {
    let failed = |_| Fault::Generate(algorithm);
    let bytes = match algorithm {
        Algorithm::EdDSA => {
            let document = Ed25519KeyPair::generate()
                .and_then(|pair| pair.to_pkcs8v1())
                .map_err(failed)?;
            document.as_ref().to_vec()
        }
        Algorithm::ES256 => {
            let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(failed)?;
            pair.to_pkcs8v1().map_err(failed)?.as_ref().to_vec()
        }
        Algorithm::RS256 | Algorithm::PS256 => {
            let document: Pkcs8V1Der<'_> = RsaKeyPair::generate(RSA_SIZE)
                .and_then(|pair| pair.as_der())
                .map_err(failed)?;
            document.as_ref().to_vec()
        }
    };
    Ok(Secret::new(bytes))
}

fn public_half(algorithm: Algorithm, private: &Private) -> Result<PublicKey, Malformed> {
    let mut jwk = match private {
        Private::Ed25519(pair) => json::Object::from_iter([
            member("kty", "OKP"),
            member("crv", "Ed25519"),
            member("x", base64url::encode(pair.public_key().as_ref())),
        ]),
        Private::P256(pair) => {
            // SEC 1 s2.3.3: 0x04 || x || y, 32 bytes each.
            let point = pair.public_key().as_ref().strip_prefix(&[4]).unwrap_or_default();
            let (x, y) = point.split_at_checked(32).unwrap_or_default();
            json::Object::from_iter([
                member("kty", "EC"),
                member("crv", "P-256"),
                member("x", base64url::encode(x)),
                member("y", base64url::encode(y)),
            ])
        }
        Private::Rsa(pair, _) => {
            let public = pair.public_key();
            json::Object::from_iter([
                member("kty", "RSA"),
                member(
                    "n",
                    base64url::encode(public.modulus().big_endian_without_leading_zero()),
                ),
                member(
                    "e",
                    base64url::encode(public.exponent().big_endian_without_leading_zero()),
                ),
            ])
        }
    };
    jwk.extend([member("alg", algorithm.name()), member("use", "sig")]);
    PublicKey::from_jwk(&jwk)
}

fn member(name: &str, text: impl Into<String>) -> (String, Value) {
    (name.to_owned(), Value::String(text.into()))
}
