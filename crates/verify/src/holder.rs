//! Does the caller hold what the token is bound to: a key (RFC 9449 s7), a certificate (RFC 8705 s3), both?

use http::{HeaderMap, HeaderName, request::Parts};
use proof::{
    Secret, Time,
    access_token::AccessToken,
    dpop::{self, Expect},
    nonce,
};

use crate::{
    Reason,
    certificate::Certificates,
    credentials::{Credentials, Scheme},
    replay::Replay,
};

/// The rules for proofs of one resource, and its memory of used ones.
#[derive(Debug)]
pub(crate) struct Holder {
    /// The origin of the resource identifier: what clients see, whatever `Host` says.
    pub(crate) origin: String,
    pub(crate) nonce_key: Option<Secret<[u8; 32]>>,
    pub(crate) replay: Replay,
    pub(crate) certificates: Certificates,
}

impl Holder {
    pub(crate) fn check(
        &self,
        parts: &Parts,
        shown: Credentials<'_>,
        token: &AccessToken,
        now: Time,
    ) -> Result<(), Reason> {
        // The certificate first: a proof is used up once it passes.
        if let Some(x5t) = &token.x5t {
            self.certificates.check(parts, x5t)?;
        }
        match (shown.scheme, &token.jkt) {
            (Scheme::Bearer, None) => Ok(()),
            (Scheme::Bearer, Some(_)) => Err(Reason::BoundAsBearer),
            (Scheme::Dpop, None) => Err(Reason::BearerAsBound),
            (Scheme::Dpop, Some(jkt)) => self.check_proof(parts, shown.token, jkt, now),
        }
    }

    fn check_proof(&self, parts: &Parts, token: &str, jkt: &str, now: Time) -> Result<(), Reason> {
        let url = [&self.origin, parts.uri.path()].concat();
        let expect = Expect {
            method: parts.method.as_str(),
            url: &url,
            now,
            access_token: Some(token),
        };
        let proof = dpop::check(one_proof(&parts.headers)?, &expect).map_err(Reason::Proof)?;
        if proof.jkt != jkt {
            return Err(Reason::ForeignKey);
        }
        if let Some(key) = &self.nonce_key {
            let shown = proof.nonce.as_deref().ok_or(Reason::NoNonce)?;
            nonce::check(key.reveal(), shown, now).map_err(Reason::Nonce)?;
        }
        // Last, so that only a proof that would have passed takes up memory.
        self.replay.remember(&proof)
    }

    /// The nonce to hand out now, if nonces are asked for.
    pub(crate) fn nonce(&self, now: Time) -> Option<String> {
        self.nonce_key.as_ref().map(|key| nonce::current(key.reveal(), now))
    }
}

/// Where the proof travels (RFC 9449 s4.1).
pub(crate) const DPOP: HeaderName = HeaderName::from_static("dpop");

fn one_proof(headers: &HeaderMap) -> Result<&str, Reason> {
    let mut values = headers.get_all(DPOP).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().map_err(|_| Reason::ProofHeader),
        _ => Err(Reason::ProofHeader),
    }
}
