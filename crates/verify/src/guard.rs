//! The guard of one resource.

use std::sync::Arc;

use http::request::Parts;
use proof::{
    Time,
    access_token::{self, AccessToken, AccessTokenError},
    jws::{Compact, Rejected},
};
use serde_json::Value;

use crate::{
    Access, Builder, Denied, GuardLayer, Reason, SignIn,
    challenge::Resource,
    credentials::Credentials,
    document::Document,
    holder::Holder,
    identifier::Identifier,
    introspection::Introspection,
    issuer::{Issuer, Known},
    origin::Origins,
    reason::Verdict,
    scopes::Scopes,
};

/// Checks the requests to one resource against the tokens of one issuer. Cloning shares it.
#[derive(Clone, Debug)]
pub struct Guard(pub(crate) Arc<Rules>);

/// What a guard is made of.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(crate) resource: Identifier,
    pub(crate) scopes: Arc<Scopes>,
    pub(crate) document: Document,
    pub(crate) challenged: Arc<Resource>,
    pub(crate) origins: Origins,
    pub(crate) issuer: Arc<Issuer>,
    pub(crate) holder: Holder,
    pub(crate) introspection: Option<Introspection>,
}

impl Guard {
    /// Starts a guard for the resource with this identifier, whose tokens this issuer makes; both are compared as strings.
    pub fn builder(issuer: impl Into<String>, resource: impl Into<String>) -> Builder {
        Builder::new(issuer.into(), resource.into())
    }

    /// A layer that checks every request and serves the metadata.
    pub fn layer(&self) -> GuardLayer {
        GuardLayer::new(self.clone())
    }

    /// Checks a whole request for an operation that needs `scopes` besides what every request needs.
    ///
    /// Call it once a request: a `DPoP` proof passes once. For more scopes afterwards there is [`Guard::demand`].
    pub async fn check(&self, parts: &Parts, scopes: &[&str]) -> Result<Access, Denied> {
        let needed = self.0.scopes.needed(scopes);
        match self.0.judge(parts, &needed).await {
            Ok(access) => Ok(access),
            Err(reason) => Err(self.deny(reason, needed)),
        }
    }

    /// Checks that an admitted caller may do what needs `scopes` besides what every request needs.
    ///
    /// The error names the whole set, so that a client that asks for it need ask only once.
    pub fn demand(&self, access: &Access, scopes: &[&str]) -> Result<(), Denied> {
        let needed = self.0.scopes.needed(scopes);
        if needed.iter().all(|scope| access.has(scope)) {
            Ok(())
        } else {
            Err(self.deny(Reason::Scope, needed))
        }
    }

    /// Checks that the person behind an admitted caller signed in as strongly and as lately as the operation wants (RFC 9470 s3).
    ///
    /// The error tells the client which sign-in would do; it asks the authorization server for that, and comes back with another token. A token that says nothing of a sign-in
    /// (a machine's own) does not suffice.
    pub fn demand_sign_in(&self, access: &Access, wanted: &SignIn) -> Result<(), Denied> {
        if wanted.is_met(access, self.0.now()) {
            Ok(())
        } else {
            Err(self.deny(Reason::SignIn, Vec::new()).wanting(wanted.clone()))
        }
    }

    /// The metadata document (RFC 9728 s2) that the layer serves.
    pub fn metadata(&self) -> &Value {
        self.0.document.json()
    }

    /// Where the metadata document lies, as challenges name it.
    pub fn metadata_url(&self) -> &str {
        &self.0.challenged.metadata_url
    }

    /// The resource identifier: the audience of every token that passes.
    pub fn resource(&self) -> &str {
        self.0.resource.text()
    }

    /// The scopes of the resource and what they mean in words.
    pub fn scopes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .scopes
            .offered
            .iter()
            .map(|(name, words)| (name.as_str(), words.as_str()))
    }

    pub(crate) fn deny(&self, reason: Reason, needed: Vec<String>) -> Denied {
        let code = reason.code();
        match reason.verdict() {
            // How every client begins.
            Verdict::Unauthenticated => tracing::debug!(code, "request refused"),
            Verdict::Unavailable => tracing::warn!(code, %reason, "request refused"),
            Verdict::InvalidRequest
            | Verdict::InvalidToken
            | Verdict::InvalidProof
            | Verdict::UseNonce
            | Verdict::InsufficientScope
            | Verdict::InsufficientSignIn
            | Verdict::Origin => tracing::info!(code, %reason, "request refused"),
        }
        let nonce = matches!(reason, Reason::NoNonce | Reason::Nonce(_)).then(|| self.0.holder.nonce(self.0.now()));
        Denied::new(reason, needed, Arc::clone(&self.0.challenged), nonce.flatten())
    }
}

impl Rules {
    pub(crate) fn now(&self) -> Time {
        self.issuer.clock.now()
    }

    async fn judge(&self, parts: &Parts, needed: &[String]) -> Result<Access, Reason> {
        self.origins.check(&parts.headers)?;
        let shown = Credentials::read(&parts.headers)?;
        let (token, known) = self.token(shown.token).await?;
        self.holder.check(parts, shown, &token, self.now())?;
        if let Some(introspection) = &self.introspection {
            let endpoint = known.introspection_endpoint.as_ref();
            introspection
                .check(&self.issuer.http, endpoint, shown.token, self.now())
                .await?;
        }
        let access = Access::new(token, Arc::clone(&self.scopes));
        if needed.iter().all(|scope| access.has(scope)) {
            Ok(access)
        } else {
            Err(Reason::Scope)
        }
    }

    /// The token, if it is one of the issuer's for this resource. A key id that is not known may be new.
    async fn token(&self, token: &str) -> Result<(AccessToken, Arc<Known>), Reason> {
        let unreadable = |why| Reason::Token(AccessTokenError::Jws(why));
        let compact = Compact::parse(token).map_err(unreadable)?;
        let known = self.issuer.known().await?;
        match self.read(&compact, &known) {
            Err(AccessTokenError::Jws(Rejected::UnknownKey)) => {
                let newer = self
                    .issuer
                    .newer_than(&known)
                    .await
                    .ok_or(unreadable(Rejected::UnknownKey))?;
                self.read(&compact, &newer)
                    .map(|token| (token, newer))
                    .map_err(Reason::Token)
            }
            read => read.map(|token| (token, known)).map_err(Reason::Token),
        }
    }

    fn read(&self, compact: &Compact<'_>, known: &Known) -> Result<AccessToken, AccessTokenError> {
        let (issuer, resource) = (self.issuer.identifier.text(), self.resource.text());
        access_token::check(compact, &known.keys, issuer, Some(resource), self.now(), SKEW_SECONDS)
            .map(proof::Verified::into_inner)
    }
}

/// How far the issuer's clock and ours may disagree.
const SKEW_SECONDS: i64 = 5;
