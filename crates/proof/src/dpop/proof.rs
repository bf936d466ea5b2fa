//! The check of one proof.

use serde_json::Value;

use crate::{
    Algorithm, Malformed, PublicKey, Time, Verified, digest,
    dpop::{DpopError, url},
    json::{self, Object},
    jwk,
    jws::Compact,
};

/// How far in the past `iat` may lie.
pub const WINDOW_SECONDS: i64 = 60;

/// How far in the future `iat` may lie, for clocks that disagree.
pub const FUTURE_SECONDS: i64 = 10;

/// How long `jti` may be; replay tables store it.
pub const JTI_BYTES_MAX: usize = 256;

/// The request the proof must be for.
#[derive(Clone, Copy, Debug)]
pub struct Expect<'a> {
    /// The method as received, case kept.
    pub method: &'a str,
    /// Our public URL of the endpoint, without query and fragment: configured, never taken from `Host`.
    pub url: &'a str,
    /// When the request arrived.
    pub now: Time,
    /// The access token that came along: then `ath` must be its hash (RFC 9449 s4.3 step 12).
    pub access_token: Option<&'a str>,
}

/// A proof that passed.
#[derive(Clone, Debug)]
pub struct DpopProof {
    /// The thumbprint of the key, as in `cnf.jkt` (RFC 9449 s6.1).
    pub jkt: String,
    /// The unique identifier, 1 to [`JTI_BYTES_MAX`] bytes; the caller refuses a second use.
    pub jti: String,
    /// When the proof was made.
    pub iat: Time,
    /// The nonce it carries, unchecked: see [`crate::nonce::check`].
    pub nonce: Option<String>,
    /// The key that made it.
    pub key: PublicKey,
}

/// Checks a proof against a request (RFC 9449 s4.3 steps 2 to 11, and `ath` of step 12).
pub fn check(proof: &str, expect: &Expect<'_>) -> Result<Verified<DpopProof>, DpopError> {
    check_with(proof, expect, &mut PublicKey::from_jwk)
}

/// Like [`check`], with keys from a cache of the caller's.
///
/// `keys` is given the `jwk` member after private members were refused; it must answer as [`PublicKey::from_jwk`]
/// would. An RSA `jwk` without `alg` is given the header's, so that the object alone says which key is meant.
pub fn check_with(
    proof: &str,
    expect: &Expect<'_>,
    keys: &mut dyn FnMut(&Object) -> Result<PublicKey, Malformed>,
) -> Result<Verified<DpopProof>, DpopError> {
    // Steps 2, 3 and 5: a JWS, its header, an asymmetric algorithm of ours.
    let mut compact = Compact::parse(proof).map_err(DpopError::Jws)?;
    // Step 4.
    if !compact.typ_is("dpop+jwt") {
        return Err(DpopError::WrongType);
    }
    // Step 7 before step 6: a private key must not even be used.
    let algorithm = compact.algorithm();
    let key = embedded_key(compact.header_mut(), algorithm, keys).map_err(DpopError::Key)?;
    // Step 6.
    let claims = compact.verify(&key).map_err(DpopError::Jws)?;
    let (jti, nonce, iat) = check_claims(&claims, expect)?;
    Ok(Verified::new(DpopProof {
        jkt: key.thumbprint().to_owned(),
        jti,
        iat,
        nonce,
        key,
    }))
}

fn embedded_key(
    header: &mut Object,
    algorithm: Algorithm,
    keys: &mut dyn FnMut(&Object) -> Result<PublicKey, Malformed>,
) -> Result<PublicKey, Malformed> {
    let jwk = match header.get_mut("jwk") {
        Some(Value::Object(jwk)) => jwk,
        Some(_) => return Err(Malformed::WrongType("jwk")),
        None => return Err(Malformed::Missing("jwk")),
    };
    jwk::refuse_private(jwk)?;
    jwk::complete(jwk, algorithm);
    keys(jwk)
}

fn check_claims(claims: &Object, expect: &Expect<'_>) -> Result<(String, Option<String>, Time), DpopError> {
    // Step 3: the required claims, and the right type of each optional one.
    let required = |name| json::required_text(claims, name).map_err(DpopError::Claims);
    let optional = |name| json::text(claims, name).map_err(DpopError::Claims);
    let jti = required("jti")?;
    if jti.is_empty() || jti.len() > JTI_BYTES_MAX {
        return Err(DpopError::Identifier);
    }
    // Step 8.
    if required("htm")? != expect.method {
        return Err(DpopError::Method);
    }
    // Step 9.
    if !url::same_endpoint(required("htu")?, expect.url) {
        return Err(DpopError::Url);
    }
    // Step 10 is the caller's, with `nonce`.
    let nonce = optional("nonce")?;
    // Step 11.
    let iat = check_times(claims, expect.now)?;
    // Step 12, first half.
    let ath = optional("ath")?;
    if let Some(access_token) = expect.access_token {
        let hash = digest::sha256_b64(access_token.as_bytes());
        if !ath.is_some_and(|ath| digest::same(ath.as_bytes(), hash.as_bytes())) {
            return Err(DpopError::AccessToken);
        }
    }
    Ok((jti.to_owned(), nonce.map(str::to_owned), iat))
}

fn check_times(claims: &Object, now: Time) -> Result<Time, DpopError> {
    let optional = |name| json::time(claims, name).map_err(DpopError::Claims);
    let iat = json::required_time(claims, "iat").map_err(DpopError::Claims)?;
    if now.since(iat) > WINDOW_SECONDS || optional("exp")?.is_some_and(|exp| exp <= now) {
        return Err(DpopError::TooOld);
    }
    let latest = now.plus(FUTURE_SECONDS);
    if iat > latest || optional("nbf")?.is_some_and(|nbf| nbf > latest) {
        return Err(DpopError::FromTheFuture);
    }
    Ok(iat)
}
