//! The private JWK of a key, for handing a demonstration client its own.

use aws_lc_rs::encoding::{AsBigEndian as _, Curve25519SeedBin, EcPrivateKeyBin};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use proof::json::Object;
use proof::{Algorithm, base64url};
use serde_json::Value;

use crate::{Fault, Signer as _, SoftwareKey};

/// The JWK with its private member `d` (RFC 8037 s2, RFC 7518 s6.2.2.1) and `kid`, for `EdDSA` and ES256; the caller must
/// treat it as a secret.
pub fn private_jwk(algorithm: Algorithm, pkcs8: &[u8]) -> Result<Object, Fault> {
    let mut jwk = SoftwareKey::from_pkcs8(algorithm, pkcs8)?.public_key().to_jwk();
    jwk.insert("d".to_owned(), Value::String(private_member(algorithm, pkcs8)?));
    Ok(jwk)
}

fn private_member(algorithm: Algorithm, pkcs8: &[u8]) -> Result<String, Fault> {
    let unreadable = |source| Fault::Unreadable { algorithm, source };
    let unsupported = |_| Fault::PrivateJwk(algorithm);
    match algorithm {
        Algorithm::EdDSA => {
            let pair = Ed25519KeyPair::from_pkcs8(pkcs8).map_err(unreadable)?;
            let seed: Curve25519SeedBin<'_> = pair.seed().and_then(|seed| seed.as_be_bytes()).map_err(unsupported)?;
            Ok(base64url::encode(seed.as_ref()))
        }
        Algorithm::ES256 => {
            let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).map_err(unreadable)?;
            let scalar: EcPrivateKeyBin<'_> = pair.private_key().as_be_bytes().map_err(unsupported)?;
            Ok(base64url::encode(scalar.as_ref()))
        }
        Algorithm::RS256 | Algorithm::PS256 => Err(Fault::PrivateJwk(algorithm)),
    }
}
