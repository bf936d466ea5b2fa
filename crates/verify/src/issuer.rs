//! The issuer: its metadata (RFC 8414, OpenID Connect Discovery 1.0) and its keys (RFC 7517), fetched at need.
//!
//! One fetch runs at a time, in a task of its own, so that a caller who hangs up cannot stop it. While it runs, others go
//! on with the keys that are held, if there are any.

use std::sync::{Arc, PoisonError, RwLock};

use proof::{Malformed, Time, json, jwk::KeySet};
use thiserror::Error;
use tokio::sync::{Mutex, OwnedMutexGuard};
use url::Url;

use crate::{
    Reason,
    clock::Clock,
    denied::RETRY_SECONDS,
    fetch::{FetchError, Http},
    identifier::Identifier,
};

/// An issuer and what is known of it.
#[derive(Debug)]
pub(crate) struct Issuer {
    pub(crate) identifier: Identifier,
    pub(crate) http: Http,
    pub(crate) clock: Clock,
    held: RwLock<Option<Arc<Known>>>,
    pace: Arc<Mutex<Pace>>,
}

/// What one successful fetch found.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) keys: KeySet,
    pub(crate) introspection_endpoint: Option<Url>,
    fetched: Time,
    fresh_until: Time,
}

impl Issuer {
    pub(crate) fn new(identifier: Identifier, http: Http, clock: Clock) -> Self {
        Issuer {
            identifier,
            http,
            clock,
            held: RwLock::default(),
            pace: Arc::default(),
        }
    }

    /// The keys to check a token with: fresh ones, or else the last good ones within their grace.
    pub(crate) async fn known(self: &Arc<Self>) -> Result<Arc<Known>, Reason> {
        let now = self.clock.now();
        let held = self.held();
        match held {
            Some(known) if known.is_fresh(now) => return Ok(known),
            Some(known) if known.is_usable(now) => {
                // One asks, the others go on with what is held.
                if let Ok(pace) = Arc::clone(&self.pace).try_lock_owned() {
                    self.refresh(pace, Cause::Age).await;
                }
            }
            Some(_) | None => {
                let pace = Arc::clone(&self.pace).lock_owned().await;
                self.refresh(pace, Cause::Age).await;
            }
        }
        self.held()
            .filter(|known| known.is_usable(now))
            .ok_or(Reason::KeysUnavailable)
    }

    /// Newer keys than `seen`, in which a key id was not found: at most one fetch in ten seconds, whoever asks.
    pub(crate) async fn newer_than(self: &Arc<Self>, seen: &Arc<Known>) -> Option<Arc<Known>> {
        let pace = Arc::clone(&self.pace).lock_owned().await;
        if self.held().is_some_and(|held| Arc::ptr_eq(&held, seen)) {
            self.refresh(pace, Cause::UnknownKey).await;
        }
        self.held().filter(|held| !Arc::ptr_eq(held, seen))
    }

    fn held(&self) -> Option<Arc<Known>> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Fetches, unless somebody just did or it is too soon.
    async fn refresh(self: &Arc<Self>, mut pace: OwnedMutexGuard<Pace>, cause: Cause) {
        let now = self.clock.now();
        let needless = matches!(cause, Cause::Age) && self.held().is_some_and(|known| known.is_fresh(now));
        if needless || !pace.allows(cause, now) {
            return;
        }
        let issuer = Arc::clone(self);
        let task = tokio::spawn(async move {
            let fetched = issuer.fetch(now).await;
            pace.failed = fetched.is_err().then_some(now);
            match fetched {
                Ok(known) => {
                    *issuer.held.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(known));
                }
                Err(error) => {
                    let issuer = issuer.identifier.text();
                    tracing::warn!(
                        issuer,
                        error = &error as &dyn std::error::Error,
                        "the issuer's keys were not fetched"
                    );
                }
            }
        });
        if task.await.is_err() {
            tracing::warn!("the fetch of the issuer's keys was cut off");
        }
    }

    async fn fetch(&self, now: Time) -> Result<Known, DiscoveryError> {
        let metadata = self.metadata().await?;
        let keys_url = self.named_url(&metadata, "jwks_uri")?.ok_or(DiscoveryError::NoKeys)?;
        let introspection_endpoint = self.named_url(&metadata, "introspection_endpoint")?;
        let answer = self
            .http
            .get(&keys_url, KeySet::BYTES_MAX)
            .await
            .map_err(DiscoveryError::Keys)?;
        let keys = KeySet::parse(&answer.body).map_err(DiscoveryError::BadKeys)?;
        let seconds = answer
            .max_age_seconds
            .unwrap_or(FRESH_SECONDS)
            .clamp(FRESH_SECONDS_MIN, FRESH_SECONDS_MAX);
        Ok(Known {
            keys,
            introspection_endpoint,
            fetched: now,
            fresh_until: now.plus(seconds),
        })
    }

    /// The metadata by RFC 8414 s3, or else by OpenID Connect Discovery s4; whichever is read must name this issuer.
    async fn metadata(&self) -> Result<json::Object, DiscoveryError> {
        let path = self.identifier.path().trim_end_matches('/');
        let inserted = self
            .identifier
            .at(&["/.well-known/oauth-authorization-server", path].concat());
        let appended = self
            .identifier
            .at(&[path, "/.well-known/openid-configuration"].concat());
        match self.metadata_at(&inserted).await {
            Ok(metadata) => Ok(metadata),
            Err(first) => self.metadata_at(&appended).await.map_err(|_| first),
        }
    }

    async fn metadata_at(&self, url: &str) -> Result<json::Object, DiscoveryError> {
        let url = Url::parse(url).map_err(|_| DiscoveryError::Url("issuer"))?;
        let answer = self
            .http
            .get(&url, METADATA_BYTES_MAX)
            .await
            .map_err(DiscoveryError::Metadata)?;
        let metadata = json::parse_object(&answer.body).map_err(DiscoveryError::BadMetadata)?;
        match json::text(&metadata, "issuer").map_err(DiscoveryError::BadMetadata)? {
            Some(issuer) if issuer == self.identifier.text() => Ok(metadata),
            _ => Err(DiscoveryError::OtherIssuer),
        }
    }

    fn named_url(&self, metadata: &json::Object, name: &'static str) -> Result<Option<Url>, DiscoveryError> {
        let Some(text) = json::text(metadata, name).map_err(DiscoveryError::BadMetadata)? else {
            return Ok(None);
        };
        let url = Url::parse(text).map_err(|_| DiscoveryError::Url(name))?;
        if self.identifier.may_name(&url) {
            Ok(Some(url))
        } else {
            Err(DiscoveryError::Url(name))
        }
    }
}

impl Known {
    fn is_fresh(&self, now: Time) -> bool {
        self.fetched <= now && now < self.fresh_until
    }

    fn is_usable(&self, now: Time) -> bool {
        now < self.fresh_until.plus(GRACE_SECONDS)
    }
}

/// How long keys are fresh when the issuer does not say, and the bounds of what it may say.
const FRESH_SECONDS: i64 = 300;
const FRESH_SECONDS_MIN: i64 = 60;
const FRESH_SECONDS_MAX: i64 = 3600;

/// How long keys that are no longer fresh serve while new ones cannot be had.
const GRACE_SECONDS: i64 = 3600;

const METADATA_BYTES_MAX: usize = 64 * 1024;

/// Why keys are fetched.
#[derive(Clone, Copy, Debug)]
enum Cause {
    Age,
    UnknownKey,
}

/// When we last asked, so that strangers cannot make us ask often.
#[derive(Debug, Default)]
struct Pace {
    failed: Option<Time>,
    unknown_key: Option<Time>,
}

impl Pace {
    fn allows(&mut self, cause: Cause, now: Time) -> bool {
        // A time ahead of now means that the clock went back: nothing to wait for.
        let soon = |last: Option<Time>| last.is_some_and(|last| (0..RETRY_SECONDS.into()).contains(&now.since(last)));
        match cause {
            Cause::Age => !soon(self.failed),
            Cause::UnknownKey if soon(self.failed) || soon(self.unknown_key) => false,
            Cause::UnknownKey => {
                self.unknown_key = Some(now);
                true
            }
        }
    }
}

#[derive(Error, Debug)]
enum DiscoveryError {
    #[error("metadata")]
    Metadata(#[source] FetchError),
    #[error("metadata: {0}")]
    BadMetadata(Malformed),
    #[error("metadata names another issuer")]
    OtherIssuer,
    #[error("metadata names no jwks_uri")]
    NoKeys,
    #[error("{0} is not a URL that may be asked")]
    Url(&'static str),
    #[error("keys")]
    Keys(#[source] FetchError),
    #[error("keys: {0}")]
    BadKeys(Malformed),
}
