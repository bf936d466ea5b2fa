//! `WWW-Authenticate`: one line for Bearer (RFC 6750 s3), one for `DPoP` (RFC 9449 s7.1), both with the address of our
//! metadata (RFC 9728 s5.1). Every value is quoted.

use http::HeaderValue;
use proof::Algorithm;

use crate::{Reason, denied::error_code, reason::Verdict, scopes::is_scope, sign_in::SignIn};

/// What challenges say of the resource itself.
#[derive(Clone, Debug)]
pub(crate) struct Resource {
    pub(crate) metadata_url: String,
}

/// The two challenges of one refusal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Challenges<'a> {
    pub(crate) reason: Reason,
    pub(crate) needed: &'a [String],
    pub(crate) sign_in: &'a SignIn,
    pub(crate) resource: &'a Resource,
}

impl Challenges<'_> {
    pub(crate) fn bearer(self) -> HeaderValue {
        let error = match self.reason.verdict() {
            Verdict::InvalidRequest
            | Verdict::InvalidToken
            | Verdict::InsufficientScope
            | Verdict::InsufficientSignIn => Some(self.error()),
            // Who failed at DPoP is not told to fall back to Bearer.
            Verdict::InvalidProof
            | Verdict::UseNonce
            | Verdict::Unauthenticated
            | Verdict::Origin
            | Verdict::Unavailable => None,
        };
        header("Bearer", error.into_iter().flatten().chain(self.common()))
    }

    pub(crate) fn dpop(self) -> HeaderValue {
        let error = match self.reason.verdict() {
            Verdict::InvalidRequest
            | Verdict::InvalidToken
            | Verdict::InsufficientScope
            | Verdict::InsufficientSignIn
            | Verdict::InvalidProof
            | Verdict::UseNonce => Some(self.error()),
            Verdict::Unauthenticated | Verdict::Origin | Verdict::Unavailable => None,
        };
        let algs = ("algs", Algorithm::PROOF_NAMES.join(" "));
        header("DPoP", error.into_iter().flatten().chain([algs]).chain(self.common()))
    }

    fn error(self) -> [(&'static str, String); 2] {
        let code = error_code(self.reason.verdict()).to_owned();
        [
            ("error", code),
            ("error_description", self.reason.description().to_owned()),
        ]
    }

    fn common(self) -> impl Iterator<Item = (&'static str, String)> {
        let metadata = ("resource_metadata", self.resource.metadata_url.clone());
        // A scope that may not stand here is still needed; nobody can have it.
        let scopes: Vec<&str> = self
            .needed
            .iter()
            .map(String::as_str)
            .filter(|scope| is_scope(scope))
            .collect();
        let scope = (!scopes.is_empty()).then(|| ("scope", scopes.join(" ")));
        [metadata].into_iter().chain(scope).chain(self.sign_in.parameters())
    }
}

fn header(scheme: &'static str, parameters: impl Iterator<Item = (&'static str, String)>) -> HeaderValue {
    let parameters: Vec<String> = parameters
        .map(|(name, value)| [name, "=\"", &value, "\""].concat())
        .collect();
    // INVARIANT: our own words, a URL in normal form and scopes: none has a quote, a backslash or a control character.
    HeaderValue::try_from([scheme, " ", &parameters.join(", ")].concat())
        .unwrap_or_else(|_| HeaderValue::from_static(scheme))
}
