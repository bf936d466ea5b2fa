//! What a request shows of who it is.

use proof::{
    Secret,
    assertion::AssertionError,
    client_attestation::{self, ClientAttestationError},
};

use crate::{
    client::AuthenticationMethod,
    form::{Form, decode},
    id::ClientId,
    why::Why,
};

/// `client_assertion_type` (RFC 7523 s2.2).
pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The credentials of a request: who it says it is, and by what.
#[derive(Debug)]
pub struct Credentials {
    /// The client it names.
    pub client: ClientId,
    /// What it shows.
    pub evidence: Evidence,
}

/// What a request shows.
#[derive(Debug)]
pub enum Evidence {
    /// `Authorization: Basic` (RFC 6749 s2.3.1).
    SecretBasic(Secret<String>),
    /// `client_secret` in the body.
    SecretPost(Secret<String>),
    /// `client_assertion`, unverified (RFC 7523 s2.2).
    Assertion(String),
    /// What its attester says of the instance, unverified, and the instance's own proof; without one a `DPoP` proof stands for it
    /// (draft-ietf-oauth-attestation-based-client-auth s5.2).
    Attestation(Attested),
    /// Its name alone: enough for a client that registered without a credential (RFC 6749 s3.2.1).
    Name,
}

/// The two headers of an attested client, as they came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attested {
    /// `OAuth-Client-Attestation`.
    pub attestation: String,
    /// `OAuth-Client-Attestation-PoP`.
    pub pop: Option<String>,
}

impl Evidence {
    /// The method it is evidence for.
    pub const fn method(&self) -> AuthenticationMethod {
        match self {
            Self::SecretBasic(_) => AuthenticationMethod::SecretBasic,
            Self::SecretPost(_) => AuthenticationMethod::SecretPost,
            Self::Assertion(_) => AuthenticationMethod::PrivateKeyJwt,
            Self::Attestation(_) => AuthenticationMethod::Attestation,
            Self::Name => AuthenticationMethod::Nothing,
        }
    }
}

impl Credentials {
    /// The key that the assertion says it was made with: for looking it up, and for nothing else.
    pub fn key_id(&self) -> Option<String> {
        let signed = match &self.evidence {
            Evidence::Assertion(assertion) => assertion,
            Evidence::Attestation(attested) => &attested.attestation,
            Evidence::SecretBasic(_) | Evidence::SecretPost(_) | Evidence::Name => return None,
        };
        let compact = proof::jws::Compact::parse(signed).ok()?;
        compact.kid().map(str::to_owned)
    }

    /// Reads credentials from the decoded Basic pair (`id:secret`, still form-encoded as RFC 6749 s2.3.1 says) and the body. Exactly one way may be used.
    pub fn parse(basic: Option<&str>, attested: Option<Attested>, form: &Form) -> Result<Self, Why> {
        let secret = form.text("client_secret");
        let assertion = form.text("client_assertion");
        let named = form.text("client_id");
        if [
            basic.is_some(),
            secret.is_some(),
            assertion.is_some(),
            attested.is_some(),
        ]
        .iter()
        .filter(|shown| **shown)
        .count()
            > 1
        {
            return Err(Why::CredentialsTwice);
        }
        if let Some(pair) = basic {
            let (id, secret) = pair.split_once(':').ok_or(Why::AuthorizationMalformed)?;
            let id = decode(id.as_bytes()).map_err(|_| Why::AuthorizationMalformed)?;
            let secret = decode(secret.as_bytes()).map_err(|_| Why::AuthorizationMalformed)?;
            if named.is_some_and(|named| named != id) {
                return Err(Why::CredentialsTwice); // two names are two claims to be somebody
            }
            return Ok(Self {
                client: client(&id)?,
                evidence: Evidence::SecretBasic(Secret::new(secret)),
            });
        }
        if let Some(assertion) = assertion {
            if form.text("client_assertion_type") != Some(ASSERTION_TYPE) {
                return Err(Why::AssertionType);
            }
            let subject = subject(assertion)?;
            if named.is_some_and(|named| named != subject) {
                return Err(Why::AssertionOfAnother);
            }
            return Ok(Self {
                client: client(&subject)?,
                evidence: Evidence::Assertion(assertion.to_owned()),
            });
        }
        if let Some(attested) = attested {
            let subject = attested_client(&attested.attestation)?;
            if named.is_some_and(|id| id != subject) {
                return Err(Why::AttestationOfAnother);
            }
            return Ok(Self {
                client: client(&subject)?,
                evidence: Evidence::Attestation(attested),
            });
        }
        match (named, secret) {
            (Some(id), Some(secret)) => Ok(Self {
                client: client(id)?,
                evidence: Evidence::SecretPost(Secret::new(secret.to_owned())),
            }),
            (Some(id), None) => Ok(Self {
                client: client(id)?,
                evidence: Evidence::Name,
            }),
            (None, None | Some(_)) => Err(Why::CredentialsMissing),
        }
    }
}

fn client(id: &str) -> Result<ClientId, Why> {
    ClientId::parse(id).ok_or(Why::ClientUnknown)
}

/// Whose attestation it says it is: an unproved claim, good for the look-up only.
fn attested_client(attestation: &str) -> Result<String, Why> {
    let wrong = |rule| Why::Attestation(ClientAttestationError::Attestation(rule));
    let compact = proof::jws::Compact::parse(attestation).map_err(wrong)?;
    client_attestation::named(&compact)
        .map(|(client, _)| client)
        .map_err(Why::Attestation)
}

/// Whose keys an assertion wants to be checked with: an unproved claim, good for the look-up only.
fn subject(assertion: &str) -> Result<String, Why> {
    proof::jws::Compact::parse(assertion)
        .map_err(|rule| Why::Assertion(AssertionError::Jws(rule)))
        .and_then(|compact| proof::assertion::named_client(&compact).map_err(Why::Assertion))
}
