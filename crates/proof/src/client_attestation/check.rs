//! The attestation itself (s4, s7.1).

use serde_json::Value;

use crate::{
    Malformed, Time, Verified,
    client_attestation::{
        ClientAttestationError, Pop, Possession,
        possession::{Attested, check_possession},
    },
    json::{self, Object},
    jwk::KeySet,
    jws::Compact,
};

/// How far clocks may disagree.
pub const SKEW_SECONDS: i64 = 10;

/// For whom it must be, and when.
#[derive(Clone, Copy, Debug)]
pub struct Expect<'a> {
    /// Our issuer identifier.
    pub issuer: &'a str,
    /// When the request arrived.
    pub now: Time,
}

/// An attestation that passed, with the proof that its key is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientAttestation {
    /// The client that the instance is one of: `sub`.
    pub client_id: String,
    /// The thumbprint of the instance's key, `cnf.jwk` (RFC 7638); refresh tokens are bound to it (s10).
    pub instance_thumbprint: String,
    /// When the attestation ends.
    pub expires: Time,
    /// The proof of possession; none in the combined form, where the `DPoP` proof has its own `jti` and nonce.
    pub pop: Option<Pop>,
    /// All claims of the attestation: what the attester says about the instance, for policies to weigh.
    pub claims: Object,
}

/// The client and, if it is named (draft 07), the attester, unverified: whose keys to load.
pub fn named(attestation: &Compact<'_>) -> Result<(String, Option<String>), ClientAttestationError> {
    let claims = attestation.claims().map_err(ClientAttestationError::Attestation)?;
    let attester = json::text(claims, "iss").map_err(ClientAttestationError::AttestationClaims)?;
    Ok((client(claims)?.to_owned(), attester.map(str::to_owned)))
}

/// Checks an attestation against the attester's keys, and the proof of possession against the key it attests.
pub fn check(
    attestation: &Compact<'_>,
    attesters: &KeySet,
    possession: Possession<'_>,
    expect: &Expect<'_>,
) -> Result<Verified<ClientAttestation>, ClientAttestationError> {
    if !attestation.typ_is("oauth-client-attestation+jwt") {
        return Err(ClientAttestationError::AttestationType);
    }
    let claims = attestation
        .verify_ref(attesters)
        .map_err(ClientAttestationError::Attestation)?;
    json::text(claims, "iss").map_err(ClientAttestationError::AttestationClaims)?;
    let client_id = client(claims)?;
    check_audience(claims, expect.issuer)?;
    let expires = check_times(claims, expect.now)?;
    let attested = Attested {
        client_id,
        jwk: confirmation_key(claims).map_err(ClientAttestationError::Key)?,
    };
    let (instance_thumbprint, pop) = check_possession(possession, &attested, expect)?;
    Ok(Verified::new(ClientAttestation {
        client_id: client_id.to_owned(),
        instance_thumbprint,
        expires,
        pop,
        claims: claims.clone(),
    }))
}

fn client(claims: &Object) -> Result<&str, ClientAttestationError> {
    match json::required_text(claims, "sub") {
        Ok("") => Err(ClientAttestationError::AttestationClaims(Malformed::Value("sub"))),
        read => read.map_err(ClientAttestationError::AttestationClaims),
    }
}

/// The drafts give an attestation no audience; one that has some is for them only.
fn check_audience(claims: &Object, issuer: &str) -> Result<(), ClientAttestationError> {
    let ours = match claims.get("aud") {
        None => true,
        Some(Value::String(audience)) => audience == issuer,
        Some(Value::Array(audiences)) => audiences.iter().any(|audience| audience == issuer),
        Some(_) => return Err(ClientAttestationError::AttestationClaims(Malformed::WrongType("aud"))),
    };
    ours.then_some(()).ok_or(ClientAttestationError::AttestationAudience)
}

fn check_times(claims: &Object, now: Time) -> Result<Time, ClientAttestationError> {
    let optional = |name| json::time(claims, name).map_err(ClientAttestationError::AttestationClaims);
    let expires = json::required_time(claims, "exp").map_err(ClientAttestationError::AttestationClaims)?;
    let (issued, not_before) = (optional("iat")?, optional("nbf")?);
    if expires <= now {
        return Err(ClientAttestationError::AttestationExpired);
    }
    let latest = now.plus(SKEW_SECONDS);
    if issued.is_some_and(|time| time > latest) || not_before.is_some_and(|time| time > latest) {
        return Err(ClientAttestationError::AttestationFromTheFuture);
    }
    Ok(expires)
}

/// Other members of `cnf` are the attester's words about the key; only `jwk` says which it is.
fn confirmation_key(claims: &Object) -> Result<&Object, Malformed> {
    let cnf = match claims.get("cnf") {
        Some(Value::Object(cnf)) => cnf,
        Some(_) => return Err(Malformed::WrongType("cnf")),
        None => return Err(Malformed::Missing("cnf")),
    };
    match cnf.get("jwk") {
        Some(Value::Object(jwk)) => Ok(jwk),
        Some(_) => Err(Malformed::WrongType("jwk")),
        None => Err(Malformed::Missing("jwk")),
    }
}
