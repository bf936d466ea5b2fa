//! The public key of a passkey: a `COSE_Key` (WebAuthn s6.5.1; RFC 9052 s7, RFC 9053 s7, RFC 8230 s4).

use std::{fmt, sync::Arc};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ParsedPublicKey};

use crate::{
    Algorithm, Malformed, PublicKey,
    jwk::BadSignature,
    webauthn::cbor::{Item, Map},
};

/// A credential public key, parsed once and bound to one algorithm; cloning shares it.
#[derive(Clone)]
pub struct CredentialKey(Arc<Material>);

impl CredentialKey {
    /// What a server lists as `pubKeyCredParams` (WebAuthn s5.4), best first: `EdDSA`, ES256, RS256.
    pub const COSE_ALGORITHMS: [i64; 3] = [EDDSA, ES256, RS256];

    /// Reads a `COSE_Key` in its only canonical form: exactly the members its type requires, no compressed point.
    pub fn from_cose(bytes: &[u8]) -> Result<CredentialKey, Malformed> {
        if bytes.len() > COSE_BYTES_MAX {
            return Err(Malformed::TooLarge);
        }
        let map = Map::parse(bytes)?;
        let (algorithm, verifier) = match (integer(map, KTY, "kty")?, integer(map, ALG, "alg")?) {
            (EC2, ES256) => (Algorithm::ES256, p256(map)?),
            (OKP, EDDSA) => (Algorithm::EdDSA, ed25519(map)?),
            (RSA, RS256) => (Algorithm::RS256, rsa(map)?),
            (EC2 | OKP | RSA, ES256 | EDDSA | RS256) => return Err(Malformed::Value("alg")),
            (EC2 | OKP | RSA, _) => return Err(Malformed::Unsupported("alg")),
            _ => return Err(Malformed::Unsupported("kty")),
        };
        Ok(CredentialKey(Arc::new(Material {
            algorithm,
            verifier,
            cose: bytes.to_vec(),
        })))
    }

    /// The bytes of the `COSE_Key`; a key has no second spelling.
    pub fn to_cose(&self) -> &[u8] {
        &self.0.cose
    }

    /// The one algorithm this key verifies.
    pub fn algorithm(&self) -> Algorithm {
        self.0.algorithm
    }

    /// Checks a signature in its WebAuthn form (s6.5.5): ECDSA as ASN.1 DER.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        match &self.0.verifier {
            Verifier::P256(key) => key.verify_sig(message, signature).map_err(|_| BadSignature),
            Verifier::Jose(key) => key.verify(message, signature),
        }
    }

    /// The COSE number of the algorithm.
    pub(super) fn cose_algorithm(&self) -> i64 {
        match self.0.algorithm {
            Algorithm::EdDSA => EDDSA,
            Algorithm::ES256 => ES256,
            // INVARIANT: PS256 is not among the algorithms `from_cose` knows.
            Algorithm::RS256 | Algorithm::PS256 => RS256,
        }
    }
}

impl PartialEq for CredentialKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.cose == other.0.cose
    }
}

impl Eq for CredentialKey {}

impl fmt::Debug for CredentialKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CredentialKey").field(&self.0.algorithm).finish()
    }
}

struct Material {
    algorithm: Algorithm,
    verifier: Verifier,
    cose: Vec<u8>,
}

enum Verifier {
    /// Takes ASN.1 signatures, which [`PublicKey`] does not.
    P256(ParsedPublicKey),
    /// Algorithms whose signatures JOSE and WebAuthn write alike.
    Jose(PublicKey),
}

/// An RSA key of 4096 bits has some 530.
const COSE_BYTES_MAX: usize = 1024;

// RFC 9052 s7.1, RFC 9053 s7.1: labels of COSE keys; the negative ones mean another thing for each type.
const KTY: i64 = 1;
const ALG: i64 = 3;
const CRV: i64 = -1;
const X: i64 = -2;
const Y: i64 = -3;
const N: i64 = -1;
const E: i64 = -2;

// RFC 9053 s7, RFC 8230 s4: key types.
const OKP: i64 = 1;
const EC2: i64 = 2;
const RSA: i64 = 3;

// RFC 9053 s2, RFC 8812 s2: algorithms.
const ES256: i64 = -7;
const EDDSA: i64 = -8;
const RS256: i64 = -257;

// RFC 9053 s7.1: curves.
const P256: i64 = 1;
const ED25519: i64 = 6;

fn p256(map: Map<'_>) -> Result<Verifier, Malformed> {
    const UNCOMPRESSED: u8 = 0x04;
    only_members(map, 5)?;
    if integer(map, CRV, "crv")? != P256 {
        return Err(Malformed::Unsupported("crv"));
    }
    let x: [u8; 32] = bytes(map, X, "x")?.try_into().map_err(|_| Malformed::Key)?;
    let y: [u8; 32] = bytes(map, Y, "y")?.try_into().map_err(|_| Malformed::Key)?;
    let point = [&[UNCOMPRESSED][..], &x, &y].concat();
    // The backend refuses points that are not on the curve.
    let key = ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).map_err(|_| Malformed::Key)?;
    Ok(Verifier::P256(key))
}

fn ed25519(map: Map<'_>) -> Result<Verifier, Malformed> {
    only_members(map, 4)?;
    if integer(map, CRV, "crv")? != ED25519 {
        return Err(Malformed::Unsupported("crv"));
    }
    let x: [u8; 32] = bytes(map, X, "x")?.try_into().map_err(|_| Malformed::Key)?;
    PublicKey::from_ed25519(&x).map(Verifier::Jose)
}

fn rsa(map: Map<'_>) -> Result<Verifier, Malformed> {
    only_members(map, 4)?;
    let (n, e) = (bytes(map, N, "n")?, bytes(map, E, "e")?);
    PublicKey::from_rsa_components(n, e, Algorithm::RS256).map(Verifier::Jose)
}

/// Refuses members beyond the required ones, all of which are read besides (WebAuthn s6.5.1).
fn only_members(map: Map<'_>, required: usize) -> Result<(), Malformed> {
    if map.len() > required {
        return Err(Malformed::Unsupported("optional members"));
    }
    Ok(())
}

fn integer(map: Map<'_>, label: i64, name: &'static str) -> Result<i64, Malformed> {
    match map.get(Item::Integer(label)) {
        Some(Item::Integer(value)) => Ok(value),
        Some(_) => Err(Malformed::WrongType(name)),
        None => Err(Malformed::Missing(name)),
    }
}

fn bytes<'a>(map: Map<'a>, label: i64, name: &'static str) -> Result<&'a [u8], Malformed> {
    match map.get(Item::Integer(label)) {
        Some(Item::Bytes(value)) => Ok(value),
        Some(_) => Err(Malformed::WrongType(name)),
        None => Err(Malformed::Missing(name)),
    }
}
