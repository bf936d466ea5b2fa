//! Asking the issuer whether a token still counts (RFC 7662), for resources that must see a revocation at once.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use proof::{Malformed, Secret, Time, digest, json};
use thiserror::Error;
use url::Url;

use crate::{
    Reason,
    fetch::{FetchError, Http},
};

/// Our credentials at the issuer, and the tokens it lately said yes to.
#[derive(Debug)]
pub(crate) struct Introspection {
    client_id: String,
    secret: Secret<String>,
    cache_seconds: i64,
    active: Mutex<HashMap<[u8; 32], Time>>,
}

impl Introspection {
    pub(crate) fn new(client_id: String, secret: Secret<String>, cache_seconds: i64) -> Self {
        Introspection {
            client_id,
            secret,
            cache_seconds,
            active: Mutex::default(),
        }
    }

    /// Whether the token, already checked, is active. What the issuer does not clearly affirm is refused.
    pub(crate) async fn check(
        &self,
        http: &Http,
        endpoint: Option<&Url>,
        token: &str,
        now: Time,
    ) -> Result<(), Reason> {
        let key = digest::sha256(token.as_bytes());
        if self.is_remembered(&key, now) {
            return Ok(());
        }
        match self.ask(http, endpoint, token).await {
            Ok(true) => {
                self.remember(key, now);
                Ok(())
            }
            Ok(false) => Err(Reason::Inactive),
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the issuer was not asked about a token"
                );
                Err(Reason::IntrospectionUnavailable)
            }
        }
    }

    async fn ask(&self, http: &Http, endpoint: Option<&Url>, token: &str) -> Result<bool, IntrospectionError> {
        let endpoint = endpoint.ok_or(IntrospectionError::NoEndpoint)?;
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("token", token)
            .append_pair("token_type_hint", "access_token")
            .finish();
        let answer = http
            .post_form(endpoint, &self.client_id, self.secret.reveal(), form, ANSWER_BYTES_MAX)
            .await
            .map_err(IntrospectionError::Fetch)?;
        let answer = json::parse_object(&answer.body).map_err(IntrospectionError::Malformed)?;
        match answer.get("active") {
            Some(serde_json::Value::Bool(active)) => Ok(*active),
            Some(_) => Err(IntrospectionError::Malformed(Malformed::WrongType("active"))),
            None => Err(IntrospectionError::Malformed(Malformed::Missing("active"))),
        }
    }

    fn is_remembered(&self, key: &[u8; 32], now: Time) -> bool {
        let active = self.active.lock().unwrap_or_else(PoisonError::into_inner);
        active
            .get(key)
            .is_some_and(|since| (0..self.cache_seconds).contains(&now.since(*since)))
    }

    fn remember(&self, key: [u8; 32], now: Time) {
        if self.cache_seconds == 0 {
            return;
        }
        let mut active = self.active.lock().unwrap_or_else(PoisonError::into_inner);
        if active.len() >= REMEMBERED_MAX {
            active.clear();
        }
        active.insert(key, now);
    }
}

const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Beyond this many the cache starts anew; it is a cache.
const REMEMBERED_MAX: usize = 10_000;

#[derive(Error, Debug)]
enum IntrospectionError {
    #[error("the issuer has no introspection endpoint")]
    NoEndpoint,
    #[error("introspection")]
    Fetch(#[source] FetchError),
    #[error("introspection: {0}")]
    Malformed(Malformed),
}
