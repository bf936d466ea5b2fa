//! What a request shows: all that authentication may look at.

use axum::http::{HeaderMap, Method, Uri, header};
use kernel::{Why, client_authentication::Attested, tenant::Tenant};

use crate::certificates::ClientCertificate;

/// The shown part of a request.
#[derive(Clone, Debug)]
pub(crate) struct Presented {
    /// The method.
    pub(crate) method: Method,
    /// The public URL, from the tenant's issuer and the path: never from the `Host` header (S-43).
    pub(crate) url: String,
    /// The certificate that it came with (RFC 8705).
    pub(crate) certificate: Option<ClientCertificate>,
    headers: HeaderMap,
}

impl Presented {
    /// Of a request for a tenant. The path of a tenant by name starts with `/t/{tenant}`, which its issuer already has.
    pub(crate) fn new(
        method: Method,
        uri: &Uri,
        headers: HeaderMap,
        tenant: &Tenant,
        certificate: Option<ClientCertificate>,
    ) -> Self {
        let path = uri.path();
        let below = tenant
            .issuer
            .split_once("://")
            .and_then(|(_, rest)| rest.find('/').map(|at| rest.split_at(at).1))
            .unwrap_or("");
        let url = format!("{}{}", tenant.issuer, path.strip_prefix(below).unwrap_or(path));
        Self {
            method,
            url,
            certificate,
            headers,
        }
    }

    /// The `Authorization` header: none, or exactly one that can be read.
    pub(crate) fn authorization(&self) -> Result<Option<&str>, Why> {
        let mut all = self.headers.get_all(header::AUTHORIZATION).iter();
        match (all.next(), all.next()) {
            (None, _) => Ok(None),
            (Some(one), None) => one.to_str().map(Some).map_err(|_| Why::AuthorizationMalformed),
            (Some(_), Some(_)) => Err(Why::CredentialsTwice),
        }
    }

    /// What an attested client shows: exactly one header of each (draft-ietf-oauth-attestation-based-client-auth s7).
    pub(crate) fn attested(&self) -> Result<Option<Attested>, Why> {
        let one = |name: &str| {
            let mut all = self.headers.get_all(name).iter();
            match (all.next(), all.next()) {
                (None, _) => Ok(None),
                (Some(one), None) => one
                    .to_str()
                    .ok()
                    .filter(|text| !text.contains(','))
                    .map(|text| Some(text.to_owned()))
                    .ok_or(Why::AttestationUnproved),
                (Some(_), Some(_)) => Err(Why::AttestationUnproved),
            }
        };
        let (attestation, pop) = (one("oauth-client-attestation")?, one("oauth-client-attestation-pop")?);
        match attestation {
            Some(attestation) => Ok(Some(Attested { attestation, pop })),
            None if pop.is_some() => Err(Why::AttestationUnproved),
            None => Ok(None),
        }
    }

    /// The `Accept` header, in one line.
    pub(crate) fn accept(&self) -> Option<String> {
        let lines: Vec<&str> = self
            .headers
            .get_all(header::ACCEPT)
            .iter()
            .filter_map(|line| line.to_str().ok())
            .collect();
        (!lines.is_empty()).then(|| lines.join(","))
    }

    /// The name that a request to do something once has for it; of several none.
    pub(crate) fn idempotency_key(&self) -> Option<String> {
        let mut lines = self.headers.get_all("idempotency-key").iter();
        match (lines.next(), lines.next()) {
            (Some(line), None) => line.to_str().ok().map(str::to_owned),
            (_, _) => None,
        }
    }

    /// Every header.
    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The token of an `Authorization` header and under which scheme it came, if there is one (RFC 6750 s2.1, RFC 9449 s7.1).
    pub(crate) fn token(&self) -> Result<Option<(Scheme, String)>, Why> {
        let shown = self.authorization()?.and_then(|header| {
            let (name, token) = header.split_once(' ')?;
            let scheme = Scheme::from_name(name)?;
            Some((scheme, token.trim_start_matches(' ').to_owned()))
        });
        Ok(shown)
    }

    /// The `DPoP` header: none, or exactly one (RFC 9449 s4.3 step 1). Two in one line are two.
    pub(crate) fn dpop(&self) -> Result<Option<&str>, Why> {
        let mut all = self.headers.get_all("dpop").iter();
        match (all.next(), all.next()) {
            (None, _) => Ok(None),
            (Some(one), None) => match one.to_str() {
                Ok(text) if !text.contains(',') => Ok(Some(text)),
                Ok(_) | Err(_) => Err(Why::DpopTwice),
            },
            (Some(_), Some(_)) => Err(Why::DpopTwice),
        }
    }
}

/// How a token is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// By whoever holds it.
    Bearer,
    /// With a proof of its key.
    Dpop,
}

impl Scheme {
    fn from_name(name: &str) -> Option<Self> {
        if name.eq_ignore_ascii_case("bearer") {
            Some(Self::Bearer)
        } else if name.eq_ignore_ascii_case("dpop") {
            Some(Self::Dpop)
        } else {
            None
        }
    }
}

/// The authority a request is for: of the one `Host` header (RFC 9112 s3.2). A target in absolute form must name the same one: two names are two readings (S-43).
pub(crate) fn authority<'a>(uri: &Uri, headers: &'a HeaderMap) -> Result<&'a str, Why> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(one), None) => one.to_str().map_err(|_| Why::HostForm)?,
        (None, _) | (Some(_), Some(_)) => return Err(Why::HostForm),
    };
    let named_twice_the_same = uri.authority().is_none_or(|target| target.as_str() == host);
    if named_twice_the_same {
        Ok(host)
    } else {
        Err(Why::HostUnknown)
    }
}
